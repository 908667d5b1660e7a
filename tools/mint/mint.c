#include "mint.h"

#include "der_out.h"
#include "parts.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(array)     (sizeof(array) / sizeof((array)[0]))
#define SIGNATURE_MAX    1024
#define DAY              (24 * 60 * 60)
#define LIFETIME_IN_DAYS 90

/* The identity with what its public pointers point to. */
struct minted {
	mint_identity identity;
	uint8_t *der, *subject;
	char *pem;
};

/* == signature algorithms == */
static const struct algorithm {
	uint16_t scheme;
	const char *oid;
	bool null_parameters; /* RSA's own algorithms have them (RFC 4055, section 5) */
} algorithms[] = {
	{ 0x0201, "1.2.840.113549.1.1.5", true },   /* rsa_pkcs1_sha1 */
	{ 0x0401, "1.2.840.113549.1.1.11", true },  /* rsa_pkcs1_sha256 */
	{ 0x0501, "1.2.840.113549.1.1.12", true },  /* rsa_pkcs1_sha384 */
	{ 0x0601, "1.2.840.113549.1.1.13", true },  /* rsa_pkcs1_sha512 */
	{ 0x0804, "1.2.840.113549.1.1.10", false }, /* rsa_pss_rsae_sha256 */
	{ 0x0203, "1.2.840.10045.4.1", false },     /* ecdsa_sha1 */
	{ 0x0403, "1.2.840.10045.4.3.2", false },   /* ecdsa_secp256r1_sha256 */
	{ 0x0503, "1.2.840.10045.4.3.3", false },   /* ecdsa_secp384r1_sha384 */
	{ 0x0603, "1.2.840.10045.4.3.4", false },   /* ecdsa_secp521r1_sha512 */
	{ 0x0807, "1.3.101.112", false },           /* ed25519 */
};

#define SCHEME_RSA_PSS_SHA256 0x0804

/* RSASSA-PSS-params: SHA-256 for both hashes, 32 bytes of salt (RFC 4055, section 3.1). */
static void
put_pss_parameters(struct der_out *out)
{
	der_open(out, DER_SEQUENCE);
	der_open(out, DER_CONTEXT_CONSTRUCTED | 0);
	der_open(out, DER_SEQUENCE);
	der_oid(out, "2.16.840.1.101.3.4.2.1");
	der_close(out);
	der_close(out);
	der_open(out, DER_CONTEXT_CONSTRUCTED | 1);
	der_open(out, DER_SEQUENCE);
	der_oid(out, "1.2.840.113549.1.1.8");
	der_open(out, DER_SEQUENCE);
	der_oid(out, "2.16.840.1.101.3.4.2.1");
	der_close(out);
	der_close(out);
	der_close(out);
	der_open(out, DER_CONTEXT_CONSTRUCTED | 2);
	der_small(out, 32);
	der_close(out);
	der_close(out);
}

void
mint_put_algorithm(struct der_out *out, uint16_t scheme)
{
	const struct algorithm *algorithm = NULL;

	for (size_t i = 0; i < COUNT(algorithms); i++)
		if (algorithms[i].scheme == scheme)
			algorithm = &algorithms[i];
	if (algorithm == NULL) {
		out->failed = true;
		return;
	}
	der_open(out, DER_SEQUENCE);
	der_oid(out, algorithm->oid);
	if (algorithm->null_parameters)
		der_value(out, DER_NULL, NULL, 0);
	if (scheme == SCHEME_RSA_PSS_SHA256)
		put_pss_parameters(out);
	der_close(out);
}

static bool
spki_holds(const mint_key *key, const char *oid)
{
	struct der_out out = { 0 };
	uint8_t *der = NULL;
	size_t len = 0;
	bool found = false;

	der_oid(&out, oid);
	if (!der_take(&out, &der, &len))
		return false;
	/* The algorithm stands in the first bytes, before the key itself. */
	for (size_t at = 0; !found && at + len <= key->spki_len && at < 32; at++)
		found = memcmp(key->spki + at, der, len) == 0;
	free(der);
	return found;
}

static bool
is_rsa(const mint_key *key)
{
	return spki_holds(key, "1.2.840.113549.1.1.1");
}

uint16_t
mint_natural_scheme(const mint_key *key)
{
	if (is_rsa(key))
		return 0x0401;
	if (spki_holds(key, "1.3.101.112"))
		return 0x0807;
	if (spki_holds(key, "1.3.132.0.34"))
		return 0x0503;
	if (spki_holds(key, "1.3.132.0.35"))
		return 0x0603;
	return 0x0403;
}

/* == names == */
static void
put_name(struct der_out *out, otls_bytes raw, const char *common_name)
{
	if (raw.len > 0) {
		der_raw(out, raw.data, raw.len);
		return;
	}
	der_open(out, DER_SEQUENCE);
	if (common_name != NULL) {
		der_open(out, DER_SET);
		der_open(out, DER_SEQUENCE);
		der_oid(out, "2.5.4.3");
		der_text(out, DER_UTF8_STRING, common_name);
		der_close(out);
		der_close(out);
	}
	der_close(out);
}

static void
put_general_name(struct der_out *out, otls_san_kind kind, const void *data, size_t len)
{
	static const int tags[] = {
		[OTLS_SAN_EMAIL] = DER_CONTEXT | 1,
		[OTLS_SAN_DNS] = DER_CONTEXT | 2,
		[OTLS_SAN_URI] = DER_CONTEXT | 6,
		[OTLS_SAN_IP] = DER_CONTEXT | 7,
		[OTLS_SAN_OTHER] = DER_CONTEXT_CONSTRUCTED,
	};

	der_value(out, tags[kind], data, len);
}

static void
put_text_name(struct der_out *out, const char *name)
{
	uint8_t address[16] = { 0 };

	if (inet_pton(AF_INET, name, address) == 1)
		put_general_name(out, OTLS_SAN_IP, address, 4);
	else if (inet_pton(AF_INET6, name, address) == 1)
		put_general_name(out, OTLS_SAN_IP, address, 16);
	else
		put_general_name(out, OTLS_SAN_DNS, name, strlen(name));
}

/* == extensions == */
static void
open_extension(struct der_out *out, const char *oid, bool critical)
{
	der_open(out, DER_SEQUENCE);
	der_oid(out, oid);
	if (critical)
		der_boolean(out, true);
	der_open(out, DER_OCTET_STRING);
}

static void
close_extension(struct der_out *out)
{
	der_close(out);
	der_close(out);
}

static void
put_basic_constraints(struct der_out *out, const mint_spec *spec)
{
	if (spec->no_basic_constraints)
		return;
	open_extension(out, "2.5.29.19", true);
	der_open(out, DER_SEQUENCE);
	if (spec->is_ca)
		der_boolean(out, true);
	if (spec->has_path_length)
		der_small(out, spec->path_length);
	der_close(out);
	close_extension(out);
}

static void
put_key_usage(struct der_out *out, const mint_spec *spec, const mint_key *key)
{
	unsigned usage = OTLS_KEY_USAGE_DIGITAL_SIGNATURE;

	if (spec->no_key_usage)
		return;
	if (is_rsa(key))
		usage |= OTLS_KEY_USAGE_KEY_ENCIPHERMENT;
	if (spec->is_ca)
		usage = OTLS_KEY_USAGE_KEY_CERT_SIGN | OTLS_KEY_USAGE_CRL_SIGN;
	if (spec->has_key_usage)
		usage = spec->key_usage;
	open_extension(out, "2.5.29.15", true);
	der_named_bits(out, usage);
	close_extension(out);
}

static void
put_purposes(struct der_out *out, const mint_spec *spec)
{
	static const char *const both[] = { MINT_SERVER_AUTH, MINT_CLIENT_AUTH, NULL };
	const char *const *purposes = spec->purposes != NULL ? spec->purposes : both;

	if (spec->no_purposes || (spec->is_ca && spec->purposes == NULL))
		return;
	open_extension(out, "2.5.29.37", false);
	der_open(out, DER_SEQUENCE);
	for (size_t i = 0; purposes[i] != NULL; i++)
		der_oid(out, purposes[i]);
	der_close(out);
	close_extension(out);
}

static void
put_alternative_names(struct der_out *out, const mint_spec *spec)
{
	bool some = spec->raw_name_count > 0 || (spec->names != NULL && spec->names[0] != NULL);

	if (!some)
		return;
	/* Critical where the subject is empty (RFC 5280, section 4.2.1.6). */
	open_extension(out, "2.5.29.17", spec->common_name == NULL && spec->subject.len == 0);
	der_open(out, DER_SEQUENCE);
	for (size_t i = 0; spec->names != NULL && spec->names[i] != NULL; i++)
		put_text_name(out, spec->names[i]);
	for (size_t i = 0; i < spec->raw_name_count; i++)
		put_general_name(out, spec->raw_names[i].kind, spec->raw_names[i].data, spec->raw_names[i].len);
	der_close(out);
	close_extension(out);
}

/* The first 20 bytes of the SHA-256 of a public key (RFC 7093, section 2). */
static bool
key_id(const mint_key *key, uint8_t id[OTLS_HASH_MAX])
{
	otls_report report = { .code = OTLS_E_BACKEND, .alert = -1 };
	otls_bytes spki = mint_key_spki(key);
	size_t len = 0;

	return key->engine->hash(OTLS_HASH_SHA256, &spki, 1, id, &len, &report) == OTLS_OK;
}

static void
put_authority_key_id(struct der_out *out, const mint_key *issuer)
{
	uint8_t id[OTLS_HASH_MAX] = { 0 };

	out->failed = out->failed || !key_id(issuer, id);
	open_extension(out, "2.5.29.35", false);
	der_open(out, DER_SEQUENCE);
	der_value(out, DER_CONTEXT | 0, id, 20);
	der_close(out);
	close_extension(out);
}

static void
put_key_ids(struct der_out *out, const mint_key *own, const mint_key *issuer)
{
	uint8_t id[OTLS_HASH_MAX] = { 0 };

	out->failed = out->failed || !key_id(own, id);
	open_extension(out, "2.5.29.14", false);
	der_value(out, DER_OCTET_STRING, id, 20);
	close_extension(out);
	put_authority_key_id(out, issuer);
}

void
mint_put_extensions(struct der_out *out, const mint_extension *extensions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		open_extension(out, extensions[i].oid, extensions[i].critical);
		der_raw(out, extensions[i].value, extensions[i].len);
		close_extension(out);
	}
}

static void
put_extensions(struct der_out *out, const mint_spec *spec, const mint_key *own, const mint_key *issuer)
{
	der_open(out, DER_CONTEXT_CONSTRUCTED | 3);
	der_open(out, DER_SEQUENCE);
	put_basic_constraints(out, spec);
	put_key_usage(out, spec, own);
	put_purposes(out, spec);
	put_alternative_names(out, spec);
	if (!spec->no_key_ids)
		put_key_ids(out, own, issuer);
	mint_put_extensions(out, spec->extensions, spec->extension_count);
	der_close(out);
	der_close(out);
}

/* == certificates == */
static void
put_serial(struct der_out *out, const mint_spec *spec, const mint_key *own, otls_bytes subject)
{
	otls_report report = { .code = OTLS_E_BACKEND, .alert = -1 };
	otls_bytes parts[2] = { mint_key_spki(own), subject };
	uint8_t digest[OTLS_HASH_MAX] = { 0 };
	size_t len = 0;

	if (spec->serial.len > 0) {
		der_unsigned(out, spec->serial.data, spec->serial.len);
		return;
	}
	if (own->engine->hash(OTLS_HASH_SHA256, parts, COUNT(parts), digest, &len, &report))
		out->failed = true;
	digest[0] = (digest[0] & 0x3f) | 0x40; /* 16 bytes, never negative, never shorter */
	der_unsigned(out, digest, 16);
}

static void
put_validity(struct der_out *out, const mint_spec *spec)
{
	int64_t from = spec->not_before, to = spec->not_after;

	if (from == 0 && to == 0) {
		from = (int64_t)time(NULL) - DAY;
		to = from + (int64_t)LIFETIME_IN_DAYS * DAY;
	}
	der_open(out, DER_SEQUENCE);
	der_time(out, from);
	der_time(out, to);
	der_close(out);
}

/* rsaEncryption with NULL, as an AlgorithmIdentifier, and the same for RSA-PSS without parameters. */
static const uint8_t rsa_algorithm[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
	0x05, 0x00 };
static const uint8_t pss_algorithm[] = { 0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a };

static void
put_key(struct der_out *out, const mint_key *key, bool rsa_pss)
{
	size_t at = 0;

	if (!rsa_pss) {
		der_raw(out, key->spki, key->spki_len);
		return;
	}
	while (at + sizeof(rsa_algorithm) <= key->spki_len &&
	       memcmp(key->spki + at, rsa_algorithm, sizeof(rsa_algorithm)) != 0)
		at++;
	at += sizeof(rsa_algorithm);
	if (at > key->spki_len) {
		out->failed = true;
		return;
	}
	der_open(out, DER_SEQUENCE);
	der_raw(out, pss_algorithm, sizeof(pss_algorithm));
	der_raw(out, key->spki + at, key->spki_len - at);
	der_close(out);
}

struct making {
	const mint_spec *spec;
	const mint_key *own, *issuer;
	otls_bytes subject, issuer_name;
	uint16_t scheme;
};

/* TBSCertificate (RFC 5280, section 4.1). */
static bool
make_tbs(const struct making *making, uint8_t **tbs, size_t *len)
{
	const mint_spec *spec = making->spec;
	struct der_out out = { 0 };

	der_open(&out, DER_SEQUENCE);
	if (spec->version != 1) {
		der_open(&out, DER_CONTEXT_CONSTRUCTED | 0);
		der_small(&out, 2);
		der_close(&out);
	}
	put_serial(&out, spec, making->own, making->subject);
	mint_put_algorithm(&out, making->scheme);
	der_raw(&out, making->issuer_name.data, making->issuer_name.len);
	put_validity(&out, spec);
	der_raw(&out, making->subject.data, making->subject.len);
	put_key(&out, making->own, spec->rsa_pss);
	if (spec->version != 1)
		put_extensions(&out, spec, making->own, making->issuer);
	der_close(&out);
	if (der_take(&out, tbs, len))
		return true;
	mint_fail("the certificate cannot be put together");
	return false;
}

bool
mint_put_signed(struct der_out *out, const mint_key *issuer, uint16_t scheme, otls_bytes tbs, bool damaged)
{
	otls_report report = { .code = OTLS_E_BACKEND, .alert = -1 };
	uint8_t signature[SIGNATURE_MAX] = { 0 };
	size_t len = 0;

	if (issuer->engine->key_sign(issuer->key, scheme, tbs, signature, sizeof(signature), &len, &report)) {
		mint_fail_report("the issuer's key cannot sign", &report);
		return false;
	}
	if (damaged)
		signature[len - 1] ^= 1;
	der_raw(out, tbs.data, tbs.len);
	mint_put_algorithm(out, scheme);
	der_bits(out, signature, len);
	return true;
}

/* A certificate or a revocation list. */
static bool
sign(const mint_key *issuer, uint16_t scheme, otls_bytes tbs, bool damaged, uint8_t **der, size_t *len)
{
	struct der_out out = { 0 };
	bool good;

	der_open(&out, DER_SEQUENCE);
	good = mint_put_signed(&out, issuer, scheme, tbs, damaged);
	der_close(&out);
	if (!der_take(&out, der, len)) {
		mint_fail("out of memory");
		return false;
	}
	if (!good)
		free(*der);
	return good;
}

static bool
make_signed(const struct making *making, uint8_t **der, size_t *len)
{
	uint8_t *tbs = NULL;
	size_t tbs_len = 0;
	bool good;

	if (!make_tbs(making, &tbs, &tbs_len))
		return false;
	good = sign(making->issuer, making->scheme, mint_bytes(tbs, tbs_len), making->spec->damaged, der, len);
	free(tbs);
	return good;
}

static mint_key *
own_key(const mint_spec *spec, const mint_identity *issuer)
{
	const otls_backend *backend = spec->backend;

	if (spec->key != NULL)
		return mint_key_ref(spec->key);
	if (backend == NULL && issuer != NULL)
		backend = issuer->key->backend;
	return mint_key_generate(backend, spec->key_kind != 0 ? spec->key_kind : OTLS_KEY_EC_P256);
}

mint_identity *
mint_certificate(const mint_spec *spec, const mint_identity *issuer)
{
	struct minted *minted = calloc(1, sizeof(*minted));
	struct making making = { .spec = spec };
	struct der_out name = { 0 };
	mint_identity *made = NULL;

	if (minted == NULL)
		return mint_fail("out of memory");
	made = &minted->identity;
	made->key = own_key(spec, issuer);
	if (made->key == NULL)
		goto failed;
	put_name(&name, spec->subject, spec->common_name);
	if (!der_take(&name, &minted->subject, &made->subject.len)) {
		mint_fail("out of memory");
		goto failed;
	}
	made->subject.data = minted->subject;
	making.own = made->key;
	making.issuer = issuer != NULL ? issuer->key : made->key;
	making.subject = made->subject;
	making.issuer_name = issuer != NULL ? issuer->subject : made->subject;
	if (spec->issuer.len > 0)
		making.issuer_name = spec->issuer;
	making.scheme = spec->scheme != 0 ? spec->scheme : mint_natural_scheme(making.issuer);
	if (!make_signed(&making, &minted->der, &made->certificate.len))
		goto failed;
	made->certificate.data = minted->der;
	minted->pem = mint_pem("CERTIFICATE", made->certificate);
	if (minted->pem == NULL)
		goto failed;
	made->pem = minted->pem;
	made->key_pem = mint_key_pem(made->key);
	return made;
failed:
	mint_free(made);
	return NULL;
}

void
mint_free(mint_identity *identity)
{
	/* The identity is the first member. */
	struct minted *minted = (struct minted *)identity;

	if (minted == NULL)
		return;
	mint_key_free(identity->key);
	free(minted->der);
	free(minted->subject);
	free(minted->pem);
	free(minted);
}

mint_identity *
mint_ca(const otls_backend *backend, const char *common_name)
{
	mint_spec spec = { .backend = backend, .common_name = common_name, .is_ca = true };

	return mint_certificate(&spec, NULL);
}

mint_identity *
mint_leaf(const mint_identity *ca, const char *const *names)
{
	mint_spec spec = { .common_name = names[0], .names = names };

	return mint_certificate(&spec, ca);
}

/* == revocation lists == */
static void
put_revoked(struct der_out *out, const mint_revoked *revoked)
{
	uint8_t reason = (uint8_t)revoked->reason;

	der_open(out, DER_SEQUENCE);
	der_unsigned(out, revoked->serial.data, revoked->serial.len);
	der_time(out, revoked->when);
	if (revoked->reason != 0 || revoked->extension_count > 0) {
		der_open(out, DER_SEQUENCE);
		if (revoked->reason != 0) {
			open_extension(out, "2.5.29.21", false);
			der_value(out, DER_ENUMERATED, &reason, 1);
			close_extension(out);
		}
		mint_put_extensions(out, revoked->extensions, revoked->extension_count);
		der_close(out);
	}
	der_close(out);
}

static void
put_list_extensions(struct der_out *out, const mint_crl_spec *spec, const mint_key *issuer)
{
	der_open(out, DER_CONTEXT_CONSTRUCTED | 0);
	der_open(out, DER_SEQUENCE);
	if (!spec->no_key_id)
		put_authority_key_id(out, issuer);
	if (!spec->no_number) {
		open_extension(out, "2.5.29.20", false);
		der_small(out, 1);
		close_extension(out);
	}
	mint_put_extensions(out, spec->extensions, spec->extension_count);
	der_close(out);
	der_close(out);
}

static bool
make_list(const mint_crl_spec *spec, const mint_identity *issuer, uint8_t **tbs, size_t *len)
{
	struct der_out out = { 0 };
	int64_t from = spec->this_update != 0 ? spec->this_update : (int64_t)time(NULL) - DAY;

	der_open(&out, DER_SEQUENCE);
	der_small(&out, 1);
	mint_put_algorithm(&out, mint_natural_scheme(issuer->key));
	der_raw(&out, issuer->subject.data, issuer->subject.len);
	der_time(&out, from);
	if (!spec->no_next_update)
		der_time(&out, spec->next_update != 0 ? spec->next_update : from + 8 * DAY);
	if (spec->revoked_count > 0) {
		der_open(&out, DER_SEQUENCE);
		for (size_t i = 0; i < spec->revoked_count; i++)
			put_revoked(&out, &spec->revoked[i]);
		der_close(&out);
	}
	put_list_extensions(&out, spec, issuer->key);
	der_close(&out);
	return der_take(&out, tbs, len);
}

otls_bytes
mint_crl(const mint_crl_spec *spec, const mint_identity *issuer)
{
	uint8_t *tbs = NULL, *der = NULL;
	size_t tbs_len = 0, len = 0;

	if (!make_list(spec, issuer, &tbs, &tbs_len)) {
		mint_fail("the revocation list cannot be put together");
		return mint_bytes(NULL, 0);
	}
	if (!sign(issuer->key, mint_natural_scheme(issuer->key), mint_bytes(tbs, tbs_len), spec->damaged, &der, &len))
		len = 0;
	free(tbs);
	return mint_bytes(der, len);
}
