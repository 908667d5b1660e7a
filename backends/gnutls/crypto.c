/* Primitives and private keys. */
#include "gtls.h"

#include <string.h>

#define AEAD_TAG_LEN   16
#define AEAD_NONCE_LEN 12
#define AEAD_KEY_LEN   32

gnutls_datum_t
gtls_datum(const void *data, size_t len)
{
	gnutls_datum_t datum = { .size = (unsigned)len };

	memcpy(&datum.data, &data, sizeof(data));
	return datum;
}

static bool
too_long(otls_bytes bytes)
{
	return bytes.len > UINT32_MAX; /* the library's lengths are unsigned int */
}

/* Copies what the library made into out; wipes and frees the original.  LIMIT when it does not fit. */
static otls_status
hand_out(gnutls_datum_t *made, uint8_t *out, size_t cap, size_t *len, const char *function, otls_report *report)
{
	otls_status status = OTLS_OK;

	*len = made->size;
	if (made->size <= cap)
		memcpy(out, made->data, made->size);
	else
		status = gtls_refuse(report, OTLS_E_LIMIT, function, "the buffer is too small");
	gnutls_memset(made->data, 0, made->size);
	gnutls_free(made->data);
	return status;
}

/* == hashes == */

static gnutls_digest_algorithm_t
digest(otls_hash hash)
{
	switch (hash) {
	case OTLS_HASH_NONE:
		return GNUTLS_DIG_UNKNOWN;
	case OTLS_HASH_MD5:
		return GNUTLS_DIG_MD5;
	case OTLS_HASH_SHA1:
		return GNUTLS_DIG_SHA1;
	case OTLS_HASH_SHA224:
		return GNUTLS_DIG_SHA224;
	case OTLS_HASH_SHA256:
		return GNUTLS_DIG_SHA256;
	case OTLS_HASH_SHA384:
		return GNUTLS_DIG_SHA384;
	case OTLS_HASH_SHA512:
		return GNUTLS_DIG_SHA512;
	}
	return GNUTLS_DIG_UNKNOWN;
}

otls_status
gtls_hash(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	gnutls_hash_hd_t handle = NULL;
	int error;

	*len = 0;
	if (digest(hash) == GNUTLS_DIG_UNKNOWN) /* 3.7.9 leaks its handle when it is asked for one */
		return gtls_refuse(report, OTLS_E_UNSUPPORTED, "hash", "no such hash");
	if ((error = gnutls_hash_init(&handle, digest(hash))) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_hash_init", error);
	for (size_t i = 0; i < n && error >= 0; i++) {
		if (parts[i].len > 0)
			error = gnutls_hash(handle, parts[i].data, parts[i].len);
	}
	gnutls_hash_deinit(handle, error < 0 ? NULL : out);
	if (error < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_hash", error);
	*len = gnutls_hash_get_len(digest(hash));
	return OTLS_OK;
}

otls_status
gtls_hmac(
    otls_hash hash, otls_bytes key, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	/* The MACs have the numbers of their hashes: the header promises it. */
	gnutls_mac_algorithm_t mac = (gnutls_mac_algorithm_t)digest(hash);
	gnutls_hmac_hd_t handle = NULL;
	int error;

	*len = 0;
	if (digest(hash) == GNUTLS_DIG_UNKNOWN)
		return gtls_refuse(report, OTLS_E_UNSUPPORTED, "hmac", "no such hash");
	if ((error = gnutls_hmac_init(&handle, mac, key.len > 0 ? (const void *)key.data : "", key.len)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_hmac_init", error);
	for (size_t i = 0; i < n && error >= 0; i++) {
		if (parts[i].len > 0)
			error = gnutls_hmac(handle, parts[i].data, parts[i].len);
	}
	gnutls_hmac_deinit(handle, error < 0 ? NULL : out);
	if (error < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_hmac", error);
	*len = gnutls_hmac_get_len(mac);
	return OTLS_OK;
}

/* == AES-256-GCM == */

otls_status
gtls_aead_seal(
    const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes plain, uint8_t *out, otls_report *report)
{
	gnutls_datum_t secret = gtls_datum(key, AEAD_KEY_LEN);
	gnutls_aead_cipher_hd_t handle = NULL;
	size_t len = plain.len + AEAD_TAG_LEN;
	int error;

	if ((error = gnutls_aead_cipher_init(&handle, GNUTLS_CIPHER_AES_256_GCM, &secret)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_aead_cipher_init", error);
	error = gnutls_aead_cipher_encrypt(
	    handle, nonce, AEAD_NONCE_LEN, aad.data, aad.len, AEAD_TAG_LEN, plain.data, plain.len, out, &len);
	gnutls_aead_cipher_deinit(handle);
	return error < 0 ? gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_aead_cipher_encrypt", error) : OTLS_OK;
}

otls_status
gtls_aead_open(const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes sealed, uint8_t *out,
    otls_report *report)
{
	gnutls_datum_t secret = gtls_datum(key, AEAD_KEY_LEN);
	gnutls_aead_cipher_hd_t handle = NULL;
	size_t len;
	int error;

	if (sealed.len < AEAD_TAG_LEN)
		return gtls_refuse(report, OTLS_E_BACKEND, "aead_open", "not a sealed record");
	len = sealed.len - AEAD_TAG_LEN;
	if ((error = gnutls_aead_cipher_init(&handle, GNUTLS_CIPHER_AES_256_GCM, &secret)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_aead_cipher_init", error);
	error = gnutls_aead_cipher_decrypt(
	    handle, nonce, AEAD_NONCE_LEN, aad.data, aad.len, AEAD_TAG_LEN, sealed.data, sealed.len, out, &len);
	gnutls_aead_cipher_deinit(handle);
	if (error >= 0)
		return OTLS_OK;
	gnutls_memset(out, 0, sealed.len - AEAD_TAG_LEN); /* nothing unauthenticated leaves */
	return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_aead_cipher_decrypt", error);
}

/* == signatures == */

static gnutls_sign_algorithm_t
pss_algorithm(otls_hash hash)
{
	switch (hash) {
	case OTLS_HASH_SHA256:
		return GNUTLS_SIGN_RSA_PSS_SHA256;
	case OTLS_HASH_SHA384:
		return GNUTLS_SIGN_RSA_PSS_SHA384;
	case OTLS_HASH_SHA512:
		return GNUTLS_SIGN_RSA_PSS_SHA512;
	default:
		return GNUTLS_SIGN_UNKNOWN;
	}
}

static gnutls_sign_algorithm_t
sign_algorithm(const otls_signature_algorithm *algorithm)
{
	switch (algorithm->kind) {
	case OTLS_SIGNATURE_RSA_PKCS1:
		return gnutls_pk_to_sign(GNUTLS_PK_RSA, digest(algorithm->hash));
	case OTLS_SIGNATURE_RSA_PSS:
		return algorithm->mgf_hash == algorithm->hash ? pss_algorithm(algorithm->hash) : GNUTLS_SIGN_UNKNOWN;
	case OTLS_SIGNATURE_ECDSA:
		return gnutls_pk_to_sign(GNUTLS_PK_ECDSA, digest(algorithm->hash));
	case OTLS_SIGNATURE_ED25519:
		return GNUTLS_SIGN_EDDSA_ED25519;
	case OTLS_SIGNATURE_ED448:
		return GNUTLS_SIGN_EDDSA_ED448;
	case OTLS_SIGNATURE_UNKNOWN:
		break;
	}
	return GNUTLS_SIGN_UNKNOWN;
}

/* The salt's length is a parameter of the key here, and else that of the digest. */
static int
set_salt(gnutls_pubkey_t key, const otls_signature_algorithm *algorithm)
{
	gnutls_x509_spki_t spki = NULL;
	int error;

	if ((error = gnutls_x509_spki_init(&spki)) < 0)
		return error;
	gnutls_x509_spki_set_rsa_pss_params(spki, digest(algorithm->hash), algorithm->salt_len);
	error = gnutls_pubkey_set_spki(key, spki, 0);
	gnutls_x509_spki_deinit(spki);
	return error;
}

static otls_status
verify_failed(int error, otls_report *report)
{
	/* Ecdsa-Sig-Value that is none, and a number that cannot be a signature by this key. */
	bool malformed = error == GNUTLS_E_MPI_SCAN_FAILED || error == GNUTLS_E_PARSING_ERROR ||
			 (error <= GNUTLS_E_ASN1_ELEMENT_NOT_FOUND && error >= GNUTLS_E_ASN1_DER_OVERFLOW);
	otls_code code = OTLS_E_BACKEND;

	if (error == GNUTLS_E_PK_SIG_VERIFY_FAILED)
		code = OTLS_E_VERIFY;
	else if (malformed)
		code = OTLS_E_FORMAT;
	return gtls_fail_as(report, code, "gnutls_pubkey_verify_data2", error);
}

/* RFC 8032, section 5.2.7: a number below 2^446, so that the last of its 57 bytes is zero.  The library does not look at
 * that byte (3.7.9), and so would take 256 signatures for one. */
#define ED448_SIGNATURE_LEN 114

static bool
is_sound(const otls_signature_algorithm *algorithm, otls_bytes signature)
{
	return algorithm->kind != OTLS_SIGNATURE_ED448 ||
	       (signature.len == ED448_SIGNATURE_LEN && signature.data[ED448_SIGNATURE_LEN - 1] == 0);
}

/* Whether a hash is too weak is core's business. */
#define ANY_HASH (GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1)

typedef int (*verifier)(gnutls_pubkey_t key, gnutls_sign_algorithm_t sign, unsigned flags,
    const gnutls_datum_t *signed_, const gnutls_datum_t *signature);

static otls_status
verify(verifier check, otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	gnutls_sign_algorithm_t sign = sign_algorithm(algorithm);
	gnutls_datum_t der = gtls_datum(spki.data, spki.len);
	gnutls_datum_t data = gtls_datum(tbs.data, tbs.len);
	gnutls_datum_t sig = gtls_datum(signature.data, signature.len);
	otls_status status = OTLS_OK;
	gnutls_pubkey_t key = NULL;
	int error;

	if (too_long(spki) || too_long(tbs) || too_long(signature))
		return gtls_refuse(report, OTLS_E_FORMAT, "verify_signature", "too long");
	if (sign == GNUTLS_SIGN_UNKNOWN)
		return gtls_refuse(report, OTLS_E_UNSUPPORTED, "verify_signature", "no such algorithm");
	if (!is_sound(algorithm, signature))
		return gtls_refuse(report, OTLS_E_VERIFY, "verify_signature", "no signature by Ed448");
	if ((error = gnutls_pubkey_init(&key)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_pubkey_init", error);
	if ((error = gnutls_pubkey_import(key, &der, GNUTLS_X509_FMT_DER)) < 0)
		status = gtls_fail_as(report, OTLS_E_FORMAT, "gnutls_pubkey_import", error);
	else if (algorithm->kind == OTLS_SIGNATURE_RSA_PSS && (error = set_salt(key, algorithm)) < 0)
		status = gtls_fail_as(report, OTLS_E_UNSUPPORTED, "gnutls_pubkey_set_spki", error);
	else if ((error = check(key, sign, ANY_HASH, &data, &sig)) < 0)
		status = verify_failed(error, report);
	gnutls_pubkey_deinit(key);
	return status;
}

/* == encrypted keys == */

otls_status
gtls_pbkdf2(otls_hash hash, otls_bytes passphrase, otls_bytes salt, uint32_t iterations, uint8_t *out, size_t len,
    otls_report *report)
{
	gnutls_mac_algorithm_t mac = (gnutls_mac_algorithm_t)digest(hash);
	gnutls_datum_t secret = gtls_datum(passphrase.data, passphrase.len), salts = gtls_datum(salt.data, salt.len);
	int error;

	if (digest(hash) == GNUTLS_DIG_UNKNOWN)
		return gtls_refuse(report, OTLS_E_UNSUPPORTED, "pbkdf2", "no such hash");
	if (too_long(passphrase) || too_long(salt))
		return gtls_refuse(report, OTLS_E_BACKEND, "pbkdf2", "too long");
	if ((error = gnutls_pbkdf2(mac, &secret, &salts, iterations, out, len)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_pbkdf2", error);
	return OTLS_OK;
}

static gnutls_cipher_algorithm_t
cbc_cipher(otls_block_cipher cipher, size_t key_len)
{
	if (cipher == OTLS_BLOCK_3DES)
		return key_len == 24 ? GNUTLS_CIPHER_3DES_CBC : GNUTLS_CIPHER_UNKNOWN;
	switch (key_len) {
	case 16:
		return GNUTLS_CIPHER_AES_128_CBC;
	case 24:
		return GNUTLS_CIPHER_AES_192_CBC;
	case 32:
		return GNUTLS_CIPHER_AES_256_CBC;
	default:
		return GNUTLS_CIPHER_UNKNOWN;
	}
}

otls_status
gtls_cbc_decrypt(
    otls_block_cipher cipher, otls_bytes key, const uint8_t *iv, otls_bytes data, uint8_t *out, otls_report *report)
{
	gnutls_cipher_algorithm_t type = cbc_cipher(cipher, key.len);
	gnutls_datum_t secret = gtls_datum(key.data, key.len);
	gnutls_datum_t vector = gtls_datum(iv, cipher == OTLS_BLOCK_3DES ? 8 : 16);
	gnutls_cipher_hd_t handle = NULL;
	int error;

	if (type == GNUTLS_CIPHER_UNKNOWN)
		return gtls_refuse(report, OTLS_E_UNSUPPORTED, "cbc_decrypt", "no such cipher");
	if ((error = gnutls_cipher_init(&handle, type, &secret, &vector)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_cipher_init", error);
	error = gnutls_cipher_decrypt2(handle, data.data, data.len, out, data.len);
	gnutls_cipher_deinit(handle);
	return error < 0 ? gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_cipher_decrypt2", error) : OTLS_OK;
}

otls_status
gtls_verify_signature(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	return verify(gnutls_pubkey_verify_data2, spki, algorithm, tbs, signature, report);
}

otls_status
gtls_verify_digest(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes digest, otls_bytes signature,
    otls_report *report)
{
	return verify(gnutls_pubkey_verify_hash2, spki, algorithm, digest, signature, report);
}

/* == private keys == */

static bool
is_known_key(gnutls_x509_privkey_t key)
{
	switch (gnutls_x509_privkey_get_pk_algorithm(key)) {
	case GNUTLS_PK_RSA:
	case GNUTLS_PK_RSA_PSS:
	case GNUTLS_PK_ECDSA:
	case GNUTLS_PK_EDDSA_ED25519:
	case GNUTLS_PK_EDDSA_ED448:
		return true;
	default:
		return false;
	}
}

static otls_status
load_form(gnutls_x509_privkey_t key, otls_key_form form, const gnutls_datum_t *data, otls_report *report)
{
	const char *function = "";
	int error = GNUTLS_E_INVALID_REQUEST;

	switch (form) {
	case OTLS_KEY_PKCS8:
		function = "gnutls_x509_privkey_import_pkcs8";
		error = gnutls_x509_privkey_import_pkcs8(key, data, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN);
		break;
	case OTLS_KEY_PKCS1:
	case OTLS_KEY_SEC1:
		function = "gnutls_x509_privkey_import";
		error = gnutls_x509_privkey_import(key, data, GNUTLS_X509_FMT_DER);
		break;
	}
	return error < 0 ? gtls_fail_as(report, OTLS_E_FORMAT, function, error) : OTLS_OK;
}

otls_status
gtls_key_load(otls_engine_key *key, otls_key_form form, otls_bytes data, otls_report *report)
{
	gnutls_datum_t datum = gtls_datum(data.data, data.len);
	int error;

	if (too_long(data))
		return gtls_refuse(report, OTLS_E_FORMAT, "key_load", "too long");
	if ((error = gnutls_x509_privkey_init(&key->x509)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_x509_privkey_init", error);
	if (load_form(key->x509, form, &datum, report) != OTLS_OK)
		return OTLS_ERROR;
	if (!is_known_key(key->x509))
		return gtls_refuse(report, OTLS_E_UNSUPPORTED, "key_load", "a key of this kind");
	if ((error = gnutls_privkey_init(&key->key)) < 0 ||
	    (error = gnutls_privkey_import_x509(key->key, key->x509, 0)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_privkey_import_x509", error);
	return OTLS_OK;
}

void
gtls_key_fini(otls_engine_key *key)
{
	gnutls_privkey_deinit(key->key);
	gnutls_x509_privkey_deinit(key->x509);
	if (key->public != NULL)
		gnutls_pubkey_deinit(key->public);
	key->public = NULL;
	key->key = NULL;
	key->x509 = NULL;
}

otls_status
gtls_key_spki(const otls_engine_key *key, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	gnutls_pubkey_t public = NULL;
	gnutls_datum_t der = { 0 };
	int error;

	*len = 0;
	if (key->signer != NULL) {
		if ((error = gnutls_pubkey_export2(key->public, GNUTLS_X509_FMT_DER, &der)) < 0)
			return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_pubkey_export2", error);
		return hand_out(&der, out, cap, len, "key_spki", report);
	}
	if ((error = gnutls_pubkey_init(&public)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_pubkey_init", error);
	if ((error = gnutls_pubkey_import_privkey(public, key->key, 0, 0)) >= 0)
		error = gnutls_pubkey_export2(public, GNUTLS_X509_FMT_DER, &der);
	gnutls_pubkey_deinit(public);
	if (error < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_pubkey_export2", error);
	return hand_out(&der, out, cap, len, "key_spki", report);
}

/* A key that is stored as plain RSA signs for a certificate that is marked for PSS as well: the bytes are the same. */
static gnutls_sign_algorithm_t
fitting_algorithm(const gtls_scheme *scheme, int pk)
{
	if (scheme->kind == OTLS_SIGNATURE_RSA_PSS)
		return pk == GNUTLS_PK_RSA || pk == GNUTLS_PK_RSA_PSS ? pss_algorithm(scheme->hash)
								      : GNUTLS_SIGN_UNKNOWN;
	return gnutls_sign_supports_pk_algorithm(scheme->sign, (gnutls_pk_algorithm_t)pk) != 0 ? scheme->sign
											       : GNUTLS_SIGN_UNKNOWN;
}

otls_status
gtls_key_sign(const otls_engine_key *key, uint16_t scheme_id, otls_bytes tbs, uint8_t *out, size_t cap, size_t *len,
    otls_report *report)
{
	const gtls_scheme *scheme = gtls_scheme_by_id(scheme_id);
	gnutls_sign_algorithm_t sign = GNUTLS_SIGN_UNKNOWN;
	gnutls_datum_t data = gtls_datum(tbs.data, tbs.len);
	gnutls_datum_t made = { 0 };
	int error;

	*len = 0;
	if (scheme != NULL && key->signer == NULL)
		sign = fitting_algorithm(scheme, gnutls_privkey_get_pk_algorithm(key->key, NULL));
	if (sign == GNUTLS_SIGN_UNKNOWN || too_long(tbs))
		return gtls_refuse(report, OTLS_E_UNSUPPORTED, "key_sign", "the key does not sign like that");
	error = gnutls_privkey_sign_data2(key->key, sign, GNUTLS_PRIVKEY_FLAG_RSA_PSS_FIXED_SALT_LENGTH, &data, &made);
	if (error < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_privkey_sign_data2", error);
	return hand_out(&made, out, cap, len, "key_sign", report);
}

static int
generate(gnutls_x509_privkey_t key, otls_key_kind kind)
{
	switch (kind) {
	case OTLS_KEY_EC_P256:
		return gnutls_x509_privkey_generate(
		    key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	case OTLS_KEY_ED25519:
		return gnutls_x509_privkey_generate(
		    key, GNUTLS_PK_EDDSA_ED25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519), 0);
	case OTLS_KEY_RSA_2048:
		return gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0);
	}
	return GNUTLS_E_UNKNOWN_PK_ALGORITHM;
}

otls_status
gtls_key_generate(otls_key_kind kind, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_datum_t der = { 0 };
	int error;

	*len = 0;
	if ((error = gnutls_x509_privkey_init(&key)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_x509_privkey_init", error);
	if ((error = generate(key, kind)) >= 0)
		error = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN, &der);
	gnutls_x509_privkey_deinit(key);
	if (error < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_x509_privkey_generate", error);
	return hand_out(&der, out, cap, len, "key_generate", report);
}
