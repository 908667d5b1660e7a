/* PKCS#12 files (RFC 7292): a private key and certificates, under one passphrase. */
#include "keys/keys.h"

#include "error.h"
#include "x509/pem.h"

#define BAGS_DEPTH_MAX 4

static const otls_bytes oid_data = OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01");
static const otls_bytes oid_encrypted_data = OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06");

void
otls__pkcs12_fini(otls_pkcs12 *pkcs12)
{
	otls__secret_fini(&pkcs12->key);
	otls__certificates_free(pkcs12->certs, pkcs12->count);
	*pkcs12 = (otls_pkcs12){ 0 };
}

/* == the MAC == */

static otls_hash
digest_hash(otls_bytes oid)
{
	static const struct {
		otls_bytes oid;
		otls_hash hash;
	} rows[] = {
		{ OTLS_OID_INIT("\x2b\x0e\x03\x02\x1a"), OTLS_HASH_SHA1 },
		{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), OTLS_HASH_SHA256 },
		{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), OTLS_HASH_SHA384 },
		{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), OTLS_HASH_SHA512 },
		{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x04"), OTLS_HASH_SHA224 },
	};

	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		if (otls__bytes_equal(rows[i].oid, oid))
			return rows[i].hash;
	return OTLS_HASH_NONE;
}

static size_t
hash_len(otls_hash hash)
{
	switch (hash) {
	case OTLS_HASH_SHA1:
		return 20;
	case OTLS_HASH_SHA224:
		return 28;
	case OTLS_HASH_SHA256:
		return 32;
	case OTLS_HASH_SHA384:
		return 48;
	default:
		return 64;
	}
}

/* How the MAC is made: MacData, read. */
struct mac {
	otls_hash hash;
	otls_bytes value, salt;
	int rounds;
	otls_bytes pbkdf2; /* PBMAC1 (RFC 9579): the contents of the parameters; data NULL: PKCS#12's own way */
	otls_der_fault *fault;
};

static bool
read_pbmac1(otls_der *params, struct mac *out)
{
	otls_der both, derivation, scheme;
	otls_bytes oid;

	if (!otls__der_enter(params, OTLS_DER_SEQUENCE, &both) ||
	    !otls__der_enter(&both, OTLS_DER_SEQUENCE, &derivation) || !otls__der_oid(&derivation, &oid) ||
	    (!otls__bytes_equal(oid, OTLS_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c")) &&
		!otls__der_fail(&derivation, "a derivation other than PBKDF2")) ||
	    !otls__der_read(&derivation, OTLS_DER_SEQUENCE, &out->pbkdf2) ||
	    !otls__der_enter(&both, OTLS_DER_SEQUENCE, &scheme) || !otls__der_oid(&scheme, &oid))
		return false;
	out->hash = otls__prf_hash(oid);
	return true;
}

static bool
read_mac(otls_der *data, struct mac *out)
{
	otls_der all, info, algorithm;
	otls_bytes oid;
	bool good;

	*out = (struct mac){ .rounds = 1, .fault = data->fault };
	if (!otls__der_enter(data, OTLS_DER_SEQUENCE, &all) || !otls__der_enter(&all, OTLS_DER_SEQUENCE, &info) ||
	    !otls__der_enter(&info, OTLS_DER_SEQUENCE, &algorithm) || !otls__der_oid(&algorithm, &oid) ||
	    !otls__der_read(&info, OTLS_DER_OCTET_STRING, &out->value) ||
	    !otls__der_read(&all, OTLS_DER_OCTET_STRING, &out->salt))
		return false;
	if (otls__der_more(&all))
		otls__der_number(&all, &out->rounds);
	good = otls__der_done(&all);
	if (otls__bytes_equal(oid, OTLS_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e")))
		return good && read_pbmac1(&algorithm, out);
	out->hash = digest_hash(oid);
	return good && (out->rounds > 0 || otls__der_fail(&all, "no number of iterations"));
}

static otls_status
mac_key(const otls_opening *opening, const struct mac *mac, otls_bytes password, uint8_t *key)
{
	otls_der params = otls__der(mac->pbkdf2, mac->fault);

	if (mac->pbkdf2.data != NULL)
		return otls__pbkdf2_derive(opening, &params, key, hash_len(mac->hash));
	if (otls__opening_spend(opening, (uint64_t)mac->rounds) != OTLS_OK)
		return OTLS_ERROR;
	return otls__pkcs12_derive(
	    opening, mac->hash, OTLS_PKCS12_MAC, password, mac->salt, (uint32_t)mac->rounds, key, hash_len(mac->hash));
}

/* OK: it fits.  EOF: it does not. */
static otls_status
try_mac(const otls_opening *opening, const struct mac *mac, otls_bytes content)
{
	uint8_t key[OTLS_HASH_MAX], value[OTLS_HASH_MAX];
	otls_report report = otls__report();
	otls_secret password = { 0 };
	otls_status status = otls__pkcs12_password(opening, &password);
	size_t len = 0;

	if (status == OTLS_OK)
		status = mac_key(opening, mac, otls__secret_view(&password), key);
	otls__secret_fini(&password);
	if (status == OTLS_OK && opening->engine->hmac(mac->hash, otls__bytes(key, hash_len(mac->hash)), &content, 1,
				     value, &len, &report) != OTLS_OK)
		status = otls__fail_report(otls__library_code(&report), &report, "%s: the MAC", opening->where);
	otls__wipe(key, sizeof(key));
	if (status == OTLS_OK && !otls__bytes_equal(otls__bytes(value, len), mac->value))
		status = OTLS_EOF;
	return status;
}

/* No passphrase is written in two ways; the MAC tells which. */
static otls_status
check_mac(otls_opening *opening, otls_der *data, otls_bytes content)
{
	struct mac mac;
	otls_status status;

	if (!read_mac(data, &mac))
		return otls__opening_malformed(opening, "the MAC cannot be read", data->fault);
	if (mac.hash == OTLS_HASH_NONE)
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: the algorithm of the MAC", opening->where);
	status = try_mac(opening, &mac, content);
	if (status == OTLS_EOF && opening->passphrase.len == 0) {
		opening->no_text = true;
		status = try_mac(opening, &mac, content);
	}
	return status == OTLS_EOF ? otls__opening_wrong(opening) : status;
}

/* == bags == */

static otls_status
take_key(const otls_opening *opening, otls_bytes info, bool encrypted, otls_pkcs12 *out)
{
	if (out->key.data != NULL)
		return OTLS_OK;
	if (encrypted)
		return otls__pkcs8_open(opening, info, &out->key);
	if ((out->key.data = otls__memdup(info.data, info.len)) == NULL)
		return otls__fail_memory();
	out->key.len = info.len;
	return OTLS_OK;
}

/* Certificates of other kinds than X.509 are passed over. */
static otls_status
take_certificate(const otls_opening *opening, otls_der *bag, otls_pkcs12 *out)
{
	otls_der inside, wrapped;
	otls_certificate **grown;
	otls_bytes oid, cert;

	if (!otls__der_enter(bag, OTLS_DER_SEQUENCE, &inside) || !otls__der_oid(&inside, &oid))
		return otls__opening_malformed(opening, "a certificate in it cannot be read", bag->fault);
	if (!otls__bytes_equal(oid, OTLS_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01")))
		return OTLS_OK;
	if (!otls__der_enter(&inside, OTLS_DER_CONTEXT_CONSTRUCTED(0), &wrapped) ||
	    !otls__der_read(&wrapped, OTLS_DER_OCTET_STRING, &cert))
		return otls__opening_malformed(opening, "a certificate in it cannot be read", bag->fault);
	if (out->count == OTLS_PKCS12_CERTIFICATES_MAX)
		return otls__fail(
		    OTLS_E_LIMIT, "%s: more than %d certificates", opening->where, OTLS_PKCS12_CERTIFICATES_MAX);
	grown = otls__realloc(out->certs, (out->count + 1) * sizeof(otls_certificate *));
	if (grown == NULL)
		return otls__fail_memory();
	out->certs = grown;
	if (otls__certificate_parse(cert, opening->where, &grown[out->count]) != OTLS_OK)
		return OTLS_ERROR;
	out->count++;
	return OTLS_OK;
}

enum { BAG_KEY = 1, BAG_SHROUDED_KEY = 2, BAG_CERTIFICATE = 3, BAG_SAFE = 6 };

/* The last number of pkcs-12 bagtypes; 0: none of those. */
static unsigned
bag_type(otls_bytes oid)
{
	static const char start[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01";

	if (oid.len != sizeof(start) || memcmp(oid.data, start, sizeof(start) - 1) != 0)
		return 0;
	return oid.data[sizeof(start) - 1];
}

static otls_status take_bags(const otls_opening *opening, otls_der *safe, unsigned depth, otls_pkcs12 *out);

/* Revocation lists and other secrets are passed over. */
static otls_status
take_bag(const otls_opening *opening, unsigned type, otls_der *value, unsigned depth, otls_pkcs12 *out)
{
	switch (type) {
	case BAG_KEY:
	case BAG_SHROUDED_KEY:
		return take_key(opening, otls__bytes(value->data, value->len), type == BAG_SHROUDED_KEY, out);
	case BAG_CERTIFICATE:
		return take_certificate(opening, value, out);
	case BAG_SAFE:
		return take_bags(opening, value, depth + 1, out);
	default:
		return OTLS_OK;
	}
}

/* A reader of the one value that there is, its tag included. */
static bool
read_value(otls_der *wrapped, otls_der *value)
{
	otls_bytes whole;

	if (!otls__der_any(wrapped, NULL, NULL, &whole) || !otls__der_done(wrapped))
		return false;
	*value = otls__der(whole, wrapped->fault);
	return true;
}

/* safe: SafeContents and nothing else. */
static otls_status
take_bags(const otls_opening *opening, otls_der *safe, unsigned depth, otls_pkcs12 *out)
{
	otls_der bags, bag, wrapped, value;
	otls_status status = OTLS_OK;
	otls_bytes oid;

	if ((depth > BAGS_DEPTH_MAX && !otls__der_fail(safe, "bags nested too deeply")) ||
	    !otls__der_enter(safe, OTLS_DER_SEQUENCE, &bags) || !otls__der_done(safe))
		return otls__opening_malformed(opening, "what is in it cannot be read", safe->fault);
	while (otls__der_more(&bags) && status == OTLS_OK) {
		if (!otls__der_enter(&bags, OTLS_DER_SEQUENCE, &bag) || !otls__der_oid(&bag, &oid) ||
		    !otls__der_enter(&bag, OTLS_DER_CONTEXT_CONSTRUCTED(0), &wrapped) || !read_value(&wrapped, &value))
			return otls__opening_malformed(opening, "what is in it cannot be read", safe->fault);
		status = take_bag(opening, bag_type(oid), &value, depth, out);
	}
	return status;
}

/* == safes == */

/* [0] IMPLICIT OCTET STRING, in one piece or, as BER may have it, in several. */
static otls_status
read_sealed(const otls_opening *opening, otls_der *content, otls_buffer *sealed)
{
	otls_der pieces;
	otls_bytes piece;
	bool good = true;

	if (otls__der_next_is(content, OTLS_DER_CONTEXT(0))) {
		otls__der_read(content, OTLS_DER_CONTEXT(0), &piece);
		good = otls__buffer_append(sealed, piece.data, piece.len);
	} else if (otls__der_enter(content, OTLS_DER_CONTEXT_CONSTRUCTED(0), &pieces)) {
		while (good && otls__der_more(&pieces) && otls__der_read(&pieces, OTLS_DER_OCTET_STRING, &piece))
			good = otls__buffer_append(sealed, piece.data, piece.len);
		if (good && !otls__der_done(&pieces))
			return otls__opening_malformed(opening, "what is encrypted cannot be read", content->fault);
	}
	if (!good)
		return otls__fail_memory();
	if (!otls__der_done(content))
		return otls__opening_malformed(opening, "what is encrypted cannot be read", content->fault);
	return OTLS_OK;
}

static otls_status
decrypt_safe(const otls_opening *opening, otls_der *wrapped, otls_secret *plain)
{
	otls_der data, content;
	otls_bytes type, algorithm;
	otls_buffer sealed = { 0 };
	int version = 0;
	otls_status status;

	if (!otls__der_enter(wrapped, OTLS_DER_SEQUENCE, &data) || !otls__der_number(&data, &version) ||
	    !otls__der_enter(&data, OTLS_DER_SEQUENCE, &content) || !otls__der_oid(&content, &type) ||
	    !otls__der_read_whole(&content, OTLS_DER_SEQUENCE, &algorithm))
		return otls__opening_malformed(opening, "what is encrypted cannot be read", wrapped->fault);
	status = read_sealed(opening, &content, &sealed);
	if (status == OTLS_OK)
		status = otls__scheme_decrypt(opening, algorithm, otls__buffer_view(&sealed), plain);
	otls__buffer_fini(&sealed);
	return status;
}

static otls_status
take_plain(const otls_opening *opening, otls_bytes safe, otls_pkcs12 *out)
{
	otls_secret der;
	otls_status status = otls__ber_to_der(opening, safe, &der);
	otls_der_fault fault = { .start = der.data };
	otls_der bags = otls__der(otls__secret_view(&der), &fault);

	if (status == OTLS_OK)
		status = take_bags(opening, &bags, 0, out);
	otls__secret_fini(&der);
	return status;
}

/* A ContentInfo of the AuthenticatedSafe. */
static otls_status
take_safe(const otls_opening *opening, otls_der *info, otls_pkcs12 *out)
{
	otls_secret plain = { 0 };
	otls_bytes oid, safe;
	otls_der wrapped;
	otls_status status;

	if (!otls__der_oid(info, &oid) || !otls__der_enter(info, OTLS_DER_CONTEXT_CONSTRUCTED(0), &wrapped))
		return otls__opening_malformed(opening, "what is in it cannot be read", info->fault);
	if (otls__bytes_equal(oid, oid_data))
		return otls__der_read(&wrapped, OTLS_DER_OCTET_STRING, &safe)
			   ? take_plain(opening, safe, out)
			   : otls__opening_malformed(opening, "what is in it cannot be read", info->fault);
	if (!otls__bytes_equal(oid, oid_encrypted_data))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: it is encrypted for a public key", opening->where);
	status = decrypt_safe(opening, &wrapped, &plain);
	if (status == OTLS_OK && (plain.len == 0 || plain.data[0] != OTLS_DER_SEQUENCE))
		status = otls__opening_wrong(opening); /* in a file without MAC */
	if (status == OTLS_OK)
		status = take_plain(opening, otls__secret_view(&plain), out);
	otls__secret_fini(&plain);
	return status;
}

static otls_status
take_safes(const otls_opening *opening, otls_bytes content, otls_pkcs12 *out)
{
	otls_secret der;
	otls_der whole, safes, info;
	otls_status status = otls__ber_to_der(opening, content, &der);
	otls_der_fault fault = { .start = der.data };

	if (status != OTLS_OK)
		return status;
	whole = otls__der(otls__secret_view(&der), &fault);
	if (!otls__der_enter(&whole, OTLS_DER_SEQUENCE, &safes) || !otls__der_done(&whole))
		status = otls__opening_malformed(opening, "what is in it cannot be read", &fault);
	while (status == OTLS_OK && otls__der_more(&safes))
		status = otls__der_enter(&safes, OTLS_DER_SEQUENCE, &info)
			     ? take_safe(opening, &info, out)
			     : otls__opening_malformed(opening, "what is in it cannot be read", &fault);
	otls__secret_fini(&der);
	return status;
}

/* == the file == */

static otls_status
open_der(otls_opening *opening, otls_bytes file, otls_pkcs12 *out)
{
	otls_der_fault fault = { .start = file.data };
	otls_der whole = otls__der(file, &fault), pfx, info, wrapped;
	otls_bytes oid, content;
	int version = 0;

	if (!otls__der_enter(&whole, OTLS_DER_SEQUENCE, &pfx) || !otls__der_done(&whole) ||
	    !otls__der_number(&pfx, &version) ||
	    (version != 3 && !otls__der_fail(&pfx, "a version that is not known")) ||
	    !otls__der_enter(&pfx, OTLS_DER_SEQUENCE, &info) || !otls__der_oid(&info, &oid) ||
	    !otls__der_enter(&info, OTLS_DER_CONTEXT_CONSTRUCTED(0), &wrapped))
		return otls__opening_malformed(opening, "no PKCS#12 file", &fault);
	if (!otls__bytes_equal(oid, oid_data))
		return otls__fail(OTLS_E_UNSUPPORTED,
		    "%s: a PKCS#12 file that is signed, not protected by a passphrase", opening->where);
	if (!otls__der_read(&wrapped, OTLS_DER_OCTET_STRING, &content))
		return otls__opening_malformed(opening, "no PKCS#12 file", &fault);
	if (otls__der_more(&pfx) && check_mac(opening, &pfx, content) != OTLS_OK)
		return OTLS_ERROR;
	return take_safes(opening, content, out);
}

otls_status
otls__pkcs12_open(const otls_opening *opening, otls_bytes file, otls_pkcs12 *pkcs12)
{
	uint64_t rounds_left = OTLS_DERIVE_ROUNDS_MAX;
	otls_opening mine = *opening;
	otls_secret der;
	otls_status status;

	*pkcs12 = (otls_pkcs12){ 0 };
	mine.rounds_left = &rounds_left;
	if (otls__looks_like_pem(file))
		return otls__opening_damaged(opening, "this is PEM, not PKCS#12");
	status = otls__ber_to_der(opening, file, &der);
	if (status == OTLS_OK)
		status = open_der(&mine, otls__secret_view(&der), pkcs12);
	otls__secret_fini(&der);
	if (status != OTLS_OK)
		otls__pkcs12_fini(pkcs12);
	return status;
}
