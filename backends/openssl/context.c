/* What this build of the library can do, and contexts. */
#include "ossl.h"

#include <openssl/crypto.h>
#include <openssl/objects.h>

#include <stdio.h>
#include <string.h>

#define CHAIN_BYTES_MAX ((size_t)256 * 1024) /* of a peer's Certificate message */
#define SUITES_MAX      512

/* Names for the library's list setters, with ":" between them. */
typedef struct names {
	char text[8192];
	size_t len;
} names;

/* == what the library has: found out once, by asking it == */

typedef struct group {
	uint16_t id;
	int nid; /* NID_undef: the library knows it by name only */
	const char *name;
} group;

static const group groups[] = {
	{ 0x0017, NID_X9_62_prime256v1, "P-256" },
	{ 0x0018, NID_secp384r1, "P-384" },
	{ 0x0019, NID_secp521r1, "P-521" },
	{ 0x001d, NID_X25519, "X25519" },
	{ 0x001e, NID_X448, "X448" },
	{ 0x0100, NID_ffdhe2048, "ffdhe2048" },
	{ 0x0101, NID_ffdhe3072, "ffdhe3072" },
	{ 0x0102, NID_ffdhe4096, "ffdhe4096" },
	{ 0x0103, NID_ffdhe6144, "ffdhe6144" },
	{ 0x0104, NID_ffdhe8192, "ffdhe8192" },
	{ 0x11eb, NID_undef, "SecP256r1MLKEM768" },
	{ 0x11ec, NID_undef, "X25519MLKEM768" },
	{ 0x11ed, NID_undef, "SecP384r1MLKEM1024" },
};

static const ossl_scheme schemes[] = {
	{ 0x0201, "rsa_pkcs1_sha1", OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA1, EVP_PKEY_RSA },
	{ 0x0203, "ECDSA+SHA1", OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA1, EVP_PKEY_EC },
	{ 0x0401, "rsa_pkcs1_sha256", OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA256, EVP_PKEY_RSA },
	{ 0x0501, "rsa_pkcs1_sha384", OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA384, EVP_PKEY_RSA },
	{ 0x0601, "rsa_pkcs1_sha512", OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA512, EVP_PKEY_RSA },
	{ 0x0403, "ecdsa_secp256r1_sha256", OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA256, EVP_PKEY_EC },
	{ 0x0503, "ecdsa_secp384r1_sha384", OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA384, EVP_PKEY_EC },
	{ 0x0603, "ecdsa_secp521r1_sha512", OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA512, EVP_PKEY_EC },
	{ 0x0804, "rsa_pss_rsae_sha256", OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_SHA256, EVP_PKEY_RSA },
	{ 0x0805, "rsa_pss_rsae_sha384", OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_SHA384, EVP_PKEY_RSA },
	{ 0x0806, "rsa_pss_rsae_sha512", OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_SHA512, EVP_PKEY_RSA },
	{ 0x0807, "ed25519", OTLS_SIGNATURE_ED25519, OTLS_HASH_NONE, EVP_PKEY_ED25519 },
	{ 0x0808, "ed448", OTLS_SIGNATURE_ED448, OTLS_HASH_NONE, EVP_PKEY_ED448 },
	{ 0x0809, "rsa_pss_pss_sha256", OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_SHA256, EVP_PKEY_RSA_PSS },
	{ 0x080a, "rsa_pss_pss_sha384", OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_SHA384, EVP_PKEY_RSA_PSS },
	{ 0x080b, "rsa_pss_pss_sha512", OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_SHA512, EVP_PKEY_RSA_PSS },
};

#define GROUP_COUNT  (sizeof(groups) / sizeof(groups[0]))
#define SCHEME_COUNT (sizeof(schemes) / sizeof(schemes[0]))

/* Written by init, only read afterwards. */
static struct {
	const SSL_CIPHER *suite[SUITES_MAX];
	size_t suite_count;
	bool group[GROUP_COUNT];
	bool scheme[SCHEME_COUNT];
	bool tls12, tls13, static_rsa;
} library;

/* What the lists do not name, core has refused; only the size of a server's DH group stands on no list. */
static int
on_security(const SSL *ssl, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *arg)
{
	const otls_engine_config *config = arg;

	(void)ssl, (void)ctx, (void)nid, (void)other;
	if (op == SSL_SECOP_TMP_DH)
		return bits >=
		       (config != NULL && config->dh_bits > 2048 ? 128 : 112); /* 3072 or 2048 bits of modulus */
	return op != SSL_SECOP_COMPRESSION;
}

static bool
is_tls13(const SSL_CIPHER *suite)
{
	return SSL_CIPHER_get_kx_nid(suite) == NID_kx_any;
}

/* PSK and SRP need callbacks that this engine does not install; keys for DSS are not loaded. */
static bool
is_served(const SSL_CIPHER *suite)
{
	int kx = SSL_CIPHER_get_kx_nid(suite);

	return (kx == NID_kx_any || kx == NID_kx_ecdhe || kx == NID_kx_dhe || kx == NID_kx_rsa) &&
	       SSL_CIPHER_get_auth_nid(suite) != NID_auth_dss;
}

static void
note_suite(const SSL_CIPHER *suite)
{
	if (!is_served(suite) || library.suite_count == SUITES_MAX)
		return;
	library.suite[library.suite_count++] = suite;
	if (is_tls13(suite))
		library.tls13 = true;
	else
		library.tls12 = true;
	if (SSL_CIPHER_get_kx_nid(suite) == NID_kx_rsa)
		library.static_rsa = true;
}

static bool
ask_for_suites(SSL_CTX *ctx)
{
	STACK_OF(SSL_CIPHER) *list = NULL;

	if (SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:"
					  "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256") != 1 ||
	    SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL") != 1)
		return false;
	list = SSL_CTX_get_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(list); i++)
		note_suite(sk_SSL_CIPHER_value(list, i));
	return true;
}

static bool
add_name(names *list, const char *name)
{
	int n = snprintf(
	    list->text + list->len, sizeof(list->text) - list->len, "%s%s", list->len > 0 ? ":" : "", name);

	if (n < 0 || (size_t)n >= sizeof(list->text) - list->len)
		return false;
	list->len += (size_t)n;
	return true;
}

static void
ask_for_the_rest(SSL_CTX *ctx)
{
	for (size_t i = 0; i < GROUP_COUNT; i++) {
		names list = { .len = 0 };

		library.group[i] = add_name(&list, groups[i].name) && SSL_CTX_set1_groups_list(ctx, list.text) == 1;
	}
	for (size_t i = 0; i < SCHEME_COUNT; i++) {
		names list = { .len = 0 };

		library.scheme[i] = add_name(&list, schemes[i].name) && SSL_CTX_set1_sigalgs_list(ctx, list.text) == 1;
	}
}

otls_status
ossl_init(otls_report *report)
{
	otls_status status = OTLS_ERROR;
	SSL_CTX *ctx = NULL;

	ossl_begin();
	if (OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL) != 1)
		goto out;
	ctx = SSL_CTX_new(TLS_method());
	if (ctx == NULL)
		goto out;
	SSL_CTX_set_security_callback(ctx, on_security);
	if (!ask_for_suites(ctx) || !ossl_bio_init() || !ossl_remote_init())
		goto out;
	ask_for_the_rest(ctx);
	ERR_clear_error();
	status = OTLS_OK;
out:
	SSL_CTX_free(ctx);
	return status == OTLS_OK ? OTLS_OK : ossl_fail_because(report, OTLS_E_BACKEND, "init", "does not start");
}

/* == identity == */

const char *
ossl_version_text(otls_backend_text which)
{
	switch (which) {
	case OTLS_BACKEND_LIBRARY:
		return OpenSSL_version(OPENSSL_VERSION);
	case OTLS_BACKEND_CFLAGS:
		return OpenSSL_version(OPENSSL_CFLAGS);
	case OTLS_BACKEND_BUILT_ON:
		return OpenSSL_version(OPENSSL_BUILT_ON);
	case OTLS_BACKEND_PLATFORM:
		return OpenSSL_version(OPENSSL_PLATFORM);
	case OTLS_BACKEND_DIR:
		return OpenSSL_version(OPENSSL_DIR);
	case OTLS_BACKEND_BUILT_WITH:
#if OSSL_HAS_VERSION_STR
		return OPENSSL_VERSION_STR;
#else
		return "1.1.1";
#endif
	}
	return "";
}

/* 3.0 moved the patch number: 0xMNNFFPPS before, 0xMNN00PP0 since. */
uint32_t
ossl_version_number(void)
{
	unsigned long number = OpenSSL_version_num();
	uint32_t major = (uint32_t)(number >> 28);
	uint32_t minor = (uint32_t)(number >> 20) & 0xff;
	uint32_t patch = (uint32_t)(number >> (major >= 3 ? 4 : 12)) & 0xff;

	return major << 24 | minor << 16 | patch << 8;
}

bool
ossl_has(otls_capability capability)
{
	switch (capability) {
	case OTLS_CAP_TLS1_2:
		return library.tls12;
	case OTLS_CAP_TLS1_3:
		return library.tls13;
	case OTLS_CAP_KEY_UPDATE:
	case OTLS_CAP_POST_HANDSHAKE_AUTH:
	case OTLS_CAP_CLIENT_CA_TLS1_3:
		return OSSL_HAS_TLS1_3;
	case OTLS_CAP_STATIC_RSA:
		return library.static_rsa;
	case OTLS_CAP_OCSP_CLIENT:
	case OTLS_CAP_OCSP_SERVER:
		return OSSL_HAS_OCSP;
	case OTLS_CAP_KEYLOG:
	case OTLS_CAP_MASTER_SECRET:
	case OTLS_CAP_EXPORTER:
	case OTLS_CAP_FINISHED:
	case OTLS_CAP_EXACT_OFFER:
	case OTLS_CAP_EXACT_ALERT:
	case OTLS_CAP_ALPN_ANY:
	case OTLS_CAP_ALPN_BYTES:
	case OTLS_CAP_FALLBACK_SIGNAL:
	case OTLS_CAP_AEAD:
	case OTLS_CAP_KEY_DECRYPT:
	case OTLS_CAP_GENERATE_KEY:
	case OTLS_CAP_NATIVE_VERIFY:
	case OTLS_CAP_PEER_SCHEME:
	case OTLS_CAP_OWN_SCHEMES:
	case OTLS_CAP_PSS_KEYS:
	case OTLS_CAP_SESSION:
	case OTLS_CAP_NAME_UNDERSCORE:
	case OTLS_CAP_CHOICE_PENDING: /* SSL_ERROR_WANT_X509_LOOKUP */
		return true;
	case OTLS_CAP_KEY_CALLBACK:
	case OTLS_CAP_SIGN_EDWARDS:
		return OSSL_HAS_PROVIDERS;
	case OTLS_CAP_SIGN_PENDING: /* ASYNC jobs cannot be resumed by another thread, and have small stacks */
	case OTLS_CAP_OCSP_ALERT:   /* the status callback has one alert */
	case OTLS_CAP_TLS1_0:
	case OTLS_CAP_TLS1_1:
	case OTLS_CAP_RENEGOTIATION:
	case OTLS_CAP_NPN:
	case OTLS_CAP_EARLY_DATA:
	case OTLS_CAP_PSK:
		return false;
	}
	return false;
}

uint64_t
ossl_limit(otls_limit which)
{
	switch (which) {
	case OTLS_LIMIT_CHAIN_BYTES:
		return CHAIN_BYTES_MAX;
	case OTLS_LIMIT_RSA_BITS:
		return 16384; /* OPENSSL_RSA_MAX_MODULUS_BITS */
	case OTLS_LIMIT_CHAIN_COUNT:
	case OTLS_LIMIT_ALPN_COUNT:
	case OTLS_LIMIT_ALPN_NAME_BYTES:
	case OTLS_LIMIT_RSA_BITS_MIN:
		return 0;
	}
	return 0;
}

static const SSL_CIPHER *
suite_by_id(uint16_t id)
{
	for (size_t i = 0; i < library.suite_count; i++) {
		if (SSL_CIPHER_get_protocol_id(library.suite[i]) == id)
			return library.suite[i];
	}
	return NULL;
}

static const group *
group_by_id(uint16_t id)
{
	for (size_t i = 0; i < GROUP_COUNT; i++) {
		if (groups[i].id == id && library.group[i])
			return &groups[i];
	}
	return NULL;
}

const ossl_scheme *
ossl_scheme_by_id(uint16_t id)
{
	for (size_t i = 0; i < SCHEME_COUNT; i++) {
		if (schemes[i].id == id && library.scheme[i])
			return &schemes[i];
	}
	return NULL;
}

bool
ossl_supports(otls_kind kind, uint16_t id)
{
	switch (kind) {
	case OTLS_KIND_VERSION:
		return (id == TLS1_2_VERSION && library.tls12) || (id == TLS1_3_VERSION && library.tls13);
	case OTLS_KIND_SUITE:
		return suite_by_id(id) != NULL;
	case OTLS_KIND_GROUP:
		return group_by_id(id) != NULL;
	case OTLS_KIND_SCHEME:
		return ossl_scheme_by_id(id) != NULL;
	}
	return false;
}

/* A group that has no NID of its own is told as its id with this bit. */
uint16_t
ossl_group_of(int nid)
{
	if (nid == NID_undef)
		return 0;
	for (size_t i = 0; i < GROUP_COUNT; i++) {
		if (groups[i].nid == nid)
			return groups[i].id;
	}
	return (nid & TLSEXT_nid_unknown) != 0 ? (uint16_t)(nid & 0xffff) : 0;
}

/* The library calls both kinds of PSS scheme by the same type: the key tells them apart. */
uint16_t
ossl_scheme_of(int signature_type, int hash_nid, int key_type)
{
	for (size_t i = 0; i < SCHEME_COUNT; i++) {
		bool pss = schemes[i].kind == OTLS_SIGNATURE_RSA_PSS;
		const EVP_MD *md = ossl_digest(schemes[i].hash);

		if (signature_type == (pss ? EVP_PKEY_RSA_PSS : schemes[i].key_type) &&
		    hash_nid == (md != NULL ? EVP_MD_type(md) : NID_undef) && (!pss || key_type == schemes[i].key_type))
			return schemes[i].id;
	}
	return 0;
}

/* == lists == */

static bool
name_suites(names *tls13, names *tls12, const uint16_t *suites, size_t count)
{
	*tls13 = (names){ .len = 0 };
	*tls12 = (names){ .len = 0 };
	for (size_t i = 0; i < count; i++) {
		const SSL_CIPHER *suite = suite_by_id(suites[i]);

		if (suite == NULL || !add_name(is_tls13(suite) ? tls13 : tls12, SSL_CIPHER_get_name(suite)))
			return false;
	}
	/* An empty TLS 1.2 list is no list to the library: this one takes all of them out, which it calls a failure. */
	return tls12->len > 0 || add_name(tls12, "-ALL");
}

static bool
suites_are(const STACK_OF(SSL_CIPHER) * list, const uint16_t *suites, size_t count)
{
	if (sk_SSL_CIPHER_num(list) != (int)count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(list, (int)i)) != suites[i])
			return false;
	}
	return true;
}

/* Both setters' answers say less than the list itself does afterwards. */
static bool
context_suites(SSL_CTX *ctx, const uint16_t *suites, size_t count)
{
	names tls13;
	names tls12;

	if (!name_suites(&tls13, &tls12, suites, count))
		return false;
	(void)SSL_CTX_set_ciphersuites(ctx, tls13.text);
	(void)SSL_CTX_set_cipher_list(ctx, tls12.text);
	return suites_are(SSL_CTX_get_ciphers(ctx), suites, count);
}

bool
ossl_connection_suites(SSL *ssl, const uint16_t *suites, size_t count)
{
	names tls13;
	names tls12;

	if (!name_suites(&tls13, &tls12, suites, count))
		return false;
	(void)SSL_set_ciphersuites(ssl, tls13.text);
	(void)SSL_set_cipher_list(ssl, tls12.text);
	return suites_are(SSL_get_ciphers(ssl), suites, count);
}

static bool
name_groups(names *list, const uint16_t *ids, size_t count)
{
	*list = (names){ .len = 0 };
	for (size_t i = 0; i < count; i++) {
		const group *row = group_by_id(ids[i]);

		if (row == NULL || !add_name(list, row->name))
			return false;
	}
	return true;
}

static bool
context_groups(SSL_CTX *ctx, const uint16_t *ids, size_t count)
{
	names list;

	return name_groups(&list, ids, count) && SSL_CTX_set1_groups_list(ctx, list.text) == 1;
}

bool
ossl_connection_groups(SSL *ssl, const uint16_t *ids, size_t count)
{
	names list;

	return name_groups(&list, ids, count) && SSL_set1_groups_list(ssl, list.text) == 1;
}

/* The second list is what a server asks of clients; a system's configuration may have set it on its own. */
static bool
context_schemes(SSL_CTX *ctx, const uint16_t *ids, size_t count)
{
	names list = { .len = 0 };

	for (size_t i = 0; i < count; i++) {
		const ossl_scheme *row = ossl_scheme_by_id(ids[i]);

		if (row == NULL || !add_name(&list, row->name))
			return false;
	}
	return SSL_CTX_set1_sigalgs_list(ctx, list.text) == 1 && SSL_CTX_set1_client_sigalgs_list(ctx, list.text) == 1;
}

/* == own certificate, names of CAs == */

static X509 *
parse_certificate(otls_bytes der)
{
	const unsigned char *p = der.data;
	X509 *certificate = d2i_X509(NULL, &p, (long)der.len);

	if (certificate == NULL || p == der.data + der.len)
		return certificate;
	X509_free(certificate);
	return NULL;
}

bool
ossl_parse_chain(const otls_engine_identity *identity, X509 **leaf, STACK_OF(X509) * *rest)
{
	X509 *certificate = NULL;

	*leaf = parse_certificate(identity->chain[0]);
	*rest = sk_X509_new_null();
	if (*leaf == NULL || *rest == NULL)
		goto fail;
	for (size_t i = 1; i < identity->chain_len; i++) {
		certificate = parse_certificate(identity->chain[i]);
		if (certificate == NULL || sk_X509_push(*rest, certificate) == 0)
			goto fail;
	}
	return true;
fail:
	X509_free(certificate);
	X509_free(*leaf);
	sk_X509_pop_free(*rest, X509_free);
	return false;
}

/* The key in another envelope: PKCS#8 says what it is for, and the library goes by that. */
static EVP_PKEY *
mark_for_pss(EVP_PKEY *plain)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(plain), *marked = PKCS8_PRIV_KEY_INFO_new();
	const unsigned char *inside = NULL;
	unsigned char *copy = NULL;
	EVP_PKEY *pkey = NULL;
	int len = 0;

	if (info == NULL || marked == NULL || PKCS8_pkey_get0(NULL, &inside, &len, NULL, info) != 1 ||
	    (copy = OPENSSL_memdup(inside, (size_t)len)) == NULL)
		goto out;
	if (PKCS8_pkey_set0(marked, OBJ_nid2obj(NID_rsassaPss), 0, V_ASN1_UNDEF, NULL, copy, len) != 1) {
		OPENSSL_clear_free(copy, (size_t)len);
		goto out;
	}
	pkey = EVP_PKCS82PKEY(marked);
out:
	PKCS8_PRIV_KEY_INFO_free(info);
	PKCS8_PRIV_KEY_INFO_free(marked);
	return pkey;
}

/* A certificate that is marked for RSA-PSS, and a key that is stored as plain RSA, do not match in the library's eyes. */
EVP_PKEY *
ossl_key_for(X509 *leaf, EVP_PKEY *pkey)
{
	bool pss = EVP_PKEY_base_id(X509_get0_pubkey(leaf)) == EVP_PKEY_RSA_PSS;

	if (pss && EVP_PKEY_base_id(pkey) == EVP_PKEY_RSA)
		return mark_for_pss(pkey);
	return EVP_PKEY_up_ref(pkey) == 1 ? pkey : NULL;
}

static bool
context_identity(SSL_CTX *ctx, const otls_engine_identity *identity)
{
	STACK_OF(X509) *rest = NULL;
	EVP_PKEY *pkey = NULL;
	X509 *leaf = NULL;
	bool ok = false;

	if (identity == NULL || identity->key->signer != NULL)
		return true; /* none, or one that each connection is given */
	if (!ossl_parse_chain(identity, &leaf, &rest))
		return false;
	pkey = ossl_key_for(leaf, identity->key->pkey);
	ok = pkey != NULL && SSL_CTX_use_cert_and_key(ctx, leaf, pkey, rest, 1) == 1;
	EVP_PKEY_free(pkey);
	X509_free(leaf);
	sk_X509_pop_free(rest, X509_free);
	return ok;
}

static bool
context_client_ca(SSL_CTX *ctx, const otls_bytes *ca_names, size_t count)
{
	STACK_OF(X509_NAME) *list = sk_X509_NAME_new_null();
	X509_NAME *name = NULL;

	if (list == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		const unsigned char *p = ca_names[i].data;

		name = d2i_X509_NAME(NULL, &p, (long)ca_names[i].len);
		if (name == NULL || p != ca_names[i].data + ca_names[i].len || sk_X509_NAME_push(list, name) == 0)
			goto fail;
	}
	SSL_CTX_set_client_CA_list(ctx, list);
	return true;
fail:
	X509_NAME_free(name);
	sk_X509_NAME_pop_free(list, X509_NAME_free);
	return false;
}

/* == contexts == */

/* Nothing of what a system's openssl.cnf has set is left; what this engine wants stands here.  Caches and
 * renegotiation are off, and tickets until ossl_context_sessions. */
static void
set_options(SSL_CTX *ctx, const otls_engine_config *config)
{
	SSL_CTX_clear_options(ctx, SSL_CTX_get_options(ctx));
	SSL_CTX_set_options(
	    ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
	if (config->server_preference)
		SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
#if OSSL_HAS_CERTIFICATE_COMPRESSION
	/* A compressed certificate would pass the message callback unread. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_TX_CERTIFICATE_COMPRESSION | SSL_OP_NO_RX_CERTIFICATE_COMPRESSION);
#endif
	SSL_CTX_clear_mode(ctx, SSL_CTX_get_mode(ctx));
	SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY | SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(ctx, 0);
	SSL_CTX_set_quiet_shutdown(ctx, 0);
	SSL_CTX_set_max_cert_list(ctx, (long)CHAIN_BYTES_MAX);
}

int
ossl_verify_mode(otls_client_auth client_auth)
{
	switch (client_auth) {
	case OTLS_CLIENT_AUTH_NONE:
		return SSL_VERIFY_NONE;
	case OTLS_CLIENT_AUTH_OPTIONAL:
		return SSL_VERIFY_PEER;
	case OTLS_CLIENT_AUTH_REQUIRED:
		return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	}
	return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

static void
set_callbacks(SSL_CTX *ctx, const otls_engine_config *config)
{
	SSL_CTX_set_msg_callback(ctx, ossl_on_message);
	SSL_CTX_set_verify(
	    ctx, config->role == OTLS_ROLE_CLIENT ? SSL_VERIFY_PEER : ossl_verify_mode(config->client_auth), NULL);
	SSL_CTX_set_cert_verify_callback(ctx, ossl_on_verify, NULL);
	if (config->role == OTLS_ROLE_SERVER)
		SSL_CTX_set_alpn_select_cb(ctx, ossl_on_alpn, NULL);
	if (config->role == OTLS_ROLE_CLIENT && config->choose_identity)
		SSL_CTX_set_cert_cb(ctx, ossl_on_identity, NULL);
#if OSSL_HAS_TLS1_3
	if (config->role == OTLS_ROLE_CLIENT)
		SSL_CTX_set_post_handshake_auth(ctx, config->post_handshake_auth);
#endif
	if (config->keylog)
		SSL_CTX_set_keylog_callback(ctx, ossl_on_secret);
#if OSSL_HAS_OCSP
	(void)SSL_CTX_set_tlsext_status_cb(ctx, ossl_on_status);
	if (config->role == OTLS_ROLE_CLIENT && config->request_status)
		(void)SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp);
#endif
}

/* RFC 6066 section 4: the four sizes that can be negotiated, and none. */
static bool
set_max_fragment(SSL_CTX *ctx, const otls_engine_config *config)
{
	uint8_t mode = TLSEXT_max_fragment_length_DISABLED;

	if (config->max_fragment == 0 || config->role == OTLS_ROLE_SERVER)
		return true;
	for (uint8_t i = TLSEXT_max_fragment_length_512; i <= TLSEXT_max_fragment_length_4096; i++) {
		if (config->max_fragment == 256 << i)
			mode = i;
	}
	return mode != TLSEXT_max_fragment_length_DISABLED && SSL_CTX_set_tlsext_max_fragment_length(ctx, mode) == 1;
}

static bool
set_role(SSL_CTX *ctx, const otls_engine_config *config)
{
	if (config->role == OTLS_ROLE_CLIENT)
		return true;
	return SSL_CTX_set_dh_auto(ctx, 1) == 1 && context_client_ca(ctx, config->client_ca, config->client_ca_count);
}

/* What could not be set; NULL: nothing. */
static const char *
configure(SSL_CTX *ctx, const otls_engine_config *config)
{
	SSL_CTX_set_security_callback(ctx, on_security);
	SSL_CTX_set0_security_ex_data(ctx, (void *)(uintptr_t)config);
	SSL_CTX_set_security_level(
	    ctx, config->dh_bits > 2048 ? 3 : 2); /* what dh_auto goes by; else the callback decides */
	set_options(ctx, config);
	set_callbacks(ctx, config);
	if (SSL_CTX_set_min_proto_version(ctx, config->min_version) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, config->max_version) != 1)
		return "protocol versions";
	if (!context_suites(ctx, config->suites, config->suite_count))
		return "cipher suites";
	if (!context_groups(ctx, config->groups, config->group_count))
		return "groups";
	if (!context_schemes(ctx, config->schemes, config->scheme_count))
		return "signature schemes";
	if (!context_identity(ctx, config->identity))
		return "certificate and key";
	if (!set_max_fragment(ctx, config))
		return "fragment size";
	if (!ossl_context_sessions(ctx, config))
		return "tickets";
	return set_role(ctx, config) ? NULL : "settings of a server";
}

otls_status
ossl_context_init(otls_engine_context *ctx, const otls_engine_config *config, otls_report *report)
{
	const char *missing = "context";

	ossl_begin();
	ctx->config = config;
	ctx->ssl_ctx = SSL_CTX_new(config->role == OTLS_ROLE_CLIENT ? TLS_client_method() : TLS_server_method());
	if (ctx->ssl_ctx != NULL)
		missing = configure(ctx->ssl_ctx, config);
	if (missing != NULL)
		return ossl_fail_because(report, OTLS_E_BACKEND, "context_init", missing);
	ERR_clear_error();
	return OTLS_OK;
}

void
ossl_context_fini(otls_engine_context *ctx)
{
	SSL_CTX_free(ctx->ssl_ctx);
	ctx->ssl_ctx = NULL;
}
