/* Primitives and private keys. */
#include "ossl.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>

#include <limits.h>
#include <string.h>

#define AEAD_TAG_LEN 16

/* == hashes == */

const EVP_MD *
ossl_digest(otls_hash hash)
{
	switch (hash) {
	case OTLS_HASH_NONE:
		return NULL;
	case OTLS_HASH_MD5:
		return EVP_md5();
	case OTLS_HASH_SHA1:
		return EVP_sha1();
	case OTLS_HASH_SHA224:
		return EVP_sha224();
	case OTLS_HASH_SHA256:
		return EVP_sha256();
	case OTLS_HASH_SHA384:
		return EVP_sha384();
	case OTLS_HASH_SHA512:
		return EVP_sha512();
	}
	return NULL;
}

otls_status
ossl_hash(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	const EVP_MD *md = ossl_digest(hash);
	otls_status status = OTLS_ERROR;
	EVP_MD_CTX *ctx = NULL;
	unsigned int digest_len = 0;

	*len = 0;
	if (md == NULL)
		return ossl_fail_because(report, OTLS_E_UNSUPPORTED, "hash", "no such hash");
	ossl_begin();
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL || EVP_DigestInit_ex(ctx, md, NULL) != 1)
		goto out;
	for (size_t i = 0; i < n; i++) {
		if (EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) != 1)
			goto out;
	}
	if (EVP_DigestFinal_ex(ctx, out, &digest_len) != 1)
		goto out;
	*len = digest_len;
	status = OTLS_OK;
out:
	EVP_MD_CTX_free(ctx);
	return status == OTLS_OK ? OTLS_OK : ossl_fail(report, OTLS_E_BACKEND);
}

/* The key type is the one interface to HMAC that neither 3.0 deprecates nor 1.1.1 lacks.  An empty key is the same
 * as one zero byte (RFC 2104 pads with zeros), and that is a key which every version takes. */
static EVP_PKEY *
hmac_key(otls_bytes key)
{
	static const uint8_t zero[1];

	if (key.len == 0)
		return EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, zero, sizeof(zero));
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, key.data, key.len);
}

otls_status
ossl_hmac(
    otls_hash hash, otls_bytes key, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	const EVP_MD *md = ossl_digest(hash);
	otls_status status = OTLS_ERROR;
	EVP_MD_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;
	size_t mac_len = OTLS_HASH_MAX;

	*len = 0;
	if (md == NULL)
		return ossl_fail_because(report, OTLS_E_UNSUPPORTED, "hmac", "no such hash");
	ossl_begin();
	ctx = EVP_MD_CTX_new();
	pkey = hmac_key(key);
	if (ctx == NULL || pkey == NULL || EVP_DigestSignInit(ctx, NULL, md, NULL, pkey) != 1)
		goto out;
	for (size_t i = 0; i < n; i++) {
		if (EVP_DigestSignUpdate(ctx, parts[i].data, parts[i].len) != 1)
			goto out;
	}
	if (EVP_DigestSignFinal(ctx, out, &mac_len) != 1)
		goto out;
	*len = mac_len;
	status = OTLS_OK;
out:
	EVP_PKEY_free(pkey);
	EVP_MD_CTX_free(ctx);
	return status == OTLS_OK ? OTLS_OK : ossl_fail(report, OTLS_E_BACKEND);
}

/* == AES-256-GCM == */

otls_status
ossl_aead_seal(
    const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes plain, uint8_t *out, otls_report *report)
{
	otls_status status = OTLS_ERROR;
	EVP_CIPHER_CTX *ctx = NULL;
	int len = 0;
	int last = 0;

	if (aad.len > INT_MAX || plain.len > INT_MAX - AEAD_TAG_LEN)
		return ossl_fail_because(report, OTLS_E_BACKEND, "aead_seal", "too large");
	ossl_begin();
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL || EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) != 1)
		goto out;
	if (aad.len > 0 && EVP_EncryptUpdate(ctx, NULL, &len, aad.data, (int)aad.len) != 1)
		goto out;
	len = 0;
	if (plain.len > 0 && EVP_EncryptUpdate(ctx, out, &len, plain.data, (int)plain.len) != 1)
		goto out;
	if (EVP_EncryptFinal_ex(ctx, out + len, &last) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN, out + plain.len) != 1)
		goto out;
	status = OTLS_OK;
out:
	EVP_CIPHER_CTX_free(ctx);
	return status == OTLS_OK ? OTLS_OK : ossl_fail(report, OTLS_E_BACKEND);
}

otls_status
ossl_aead_open(const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes sealed, uint8_t *out,
    otls_report *report)
{
	size_t plain_len = sealed.len - AEAD_TAG_LEN;
	otls_status status = OTLS_ERROR;
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t tag[AEAD_TAG_LEN];
	int len = 0;
	int last = 0;

	if (sealed.len < AEAD_TAG_LEN || sealed.len > INT_MAX || aad.len > INT_MAX)
		return ossl_fail_because(report, OTLS_E_BACKEND, "aead_open", "not a sealed record");
	memcpy(tag, sealed.data + plain_len, sizeof(tag));
	ossl_begin();
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL || EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) != 1)
		goto out;
	if (aad.len > 0 && EVP_DecryptUpdate(ctx, NULL, &len, aad.data, (int)aad.len) != 1)
		goto out;
	len = 0;
	if (plain_len > 0 && EVP_DecryptUpdate(ctx, out, &len, sealed.data, (int)plain_len) != 1)
		goto out;
	if (EVP_DecryptFinal_ex(ctx, out + len, &last) != 1)
		goto out;
	status = OTLS_OK;
out:
	EVP_CIPHER_CTX_free(ctx);
	if (status == OTLS_OK)
		return OTLS_OK;
	OPENSSL_cleanse(out, plain_len); /* nothing unauthenticated leaves */
	return ossl_fail_because(report, OTLS_E_BACKEND, "aead_open", "the tag does not match");
}

/* == signatures == */

static bool
is_known_key(int type)
{
	return type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS || type == EVP_PKEY_EC || type == EVP_PKEY_ED25519 ||
	       type == EVP_PKEY_ED448;
}

static bool
key_fits(const EVP_PKEY *pkey, otls_signature_kind kind)
{
	int type = EVP_PKEY_base_id(pkey);

	switch (kind) {
	case OTLS_SIGNATURE_UNKNOWN:
		return false;
	case OTLS_SIGNATURE_RSA_PKCS1:
		return type == EVP_PKEY_RSA;
	case OTLS_SIGNATURE_RSA_PSS:
		return type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS;
	case OTLS_SIGNATURE_ECDSA:
		return type == EVP_PKEY_EC;
	case OTLS_SIGNATURE_ED25519:
		return type == EVP_PKEY_ED25519;
	case OTLS_SIGNATURE_ED448:
		return type == EVP_PKEY_ED448;
	}
	return false;
}

/* == public keys == */

/* What the decoder of OpenSSL 3 does with a key takes longer than checking a signature with it; keys of the usual kinds
 * are put together here instead.  Whatever is unusual about one is left to the decoder, and to its errors. */
#if OSSL_HAS_PROVIDERS
EVP_PKEY *
ossl_public_key(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static bool
starts_with(otls_bytes bytes, const char *prefix, size_t len)
{
	return bytes.len > len && memcmp(bytes.data, prefix, len) == 0;
}

/* A point of P-256, uncompressed, behind an AlgorithmIdentifier of which there is but one encoding. */
static EVP_PKEY *
quick_p256(otls_bytes spki)
{
	static const char prefix[] = "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d"
				     "\x03\x01\x07\x03\x42\x00\x04";
	const size_t len = sizeof(prefix) - 1;
	OSSL_PARAM params[3];

	if (spki.len != len + 64 || !starts_with(spki, prefix, len))
		return NULL;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t) "P-256", 0);
	params[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)(spki.data + len - 1), 65);
	params[2] = OSSL_PARAM_construct_end();
	return ossl_public_key("EC", params);
}

/* RSA with 2048 bits and 65537, of which there is but one encoding, too. */
static EVP_PKEY *
quick_rsa_2048(otls_bytes spki)
{
	static const char prefix[] = "\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03"
				     "\x82\x01\x0f\x00\x30\x82\x01\x0a\x02\x82\x01\x01\x00";
	static const char suffix[] = "\x02\x03\x01\x00\x01";
	const size_t len = sizeof(prefix) - 1;
	unsigned char modulus[256]; /* in the order of this machine's bytes */
	unsigned long exponent = 65537;
	OSSL_PARAM params[3];
	BIGNUM *number;
	EVP_PKEY *pkey = NULL;

	if (spki.len != len + sizeof(modulus) + sizeof(suffix) - 1 || !starts_with(spki, prefix, len) ||
	    spki.data[len] < 0x80 || memcmp(spki.data + len + sizeof(modulus), suffix, sizeof(suffix) - 1) != 0)
		return NULL;
	number = BN_bin2bn(spki.data + len, sizeof(modulus), NULL);
	if (number != NULL && BN_bn2nativepad(number, modulus, sizeof(modulus)) == sizeof(modulus)) {
		params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus, sizeof(modulus));
		params[1] = OSSL_PARAM_construct_ulong(OSSL_PKEY_PARAM_RSA_E, &exponent);
		params[2] = OSSL_PARAM_construct_end();
		pkey = ossl_public_key("RSA", params);
	}
	BN_free(number);
	return pkey;
}

static EVP_PKEY *
quick_key(otls_bytes spki)
{
	EVP_PKEY *pkey = quick_p256(spki);

	return pkey != NULL ? pkey : quick_rsa_2048(spki);
}
#else
static EVP_PKEY *
quick_key(otls_bytes spki)
{
	(void)spki;
	return NULL;
}
#endif

/* The public key, which is *code's to explain when there is none.  The structure may be fine and the key in it not:
 * then the algorithm tells one that is malformed from one that this build does not know. */
static EVP_PKEY *
parse_spki(otls_bytes spki, otls_code *code)
{
	const unsigned char *p = spki.data;
	ASN1_OBJECT *algorithm = NULL;
	X509_PUBKEY *info = NULL;
	EVP_PKEY *pkey = NULL;

	*code = OTLS_E_FORMAT;
	if (spki.len > LONG_MAX)
		return NULL;
	if ((pkey = quick_key(spki)) != NULL)
		return pkey;
	ossl_begin();
	info = d2i_X509_PUBKEY(NULL, &p, (long)spki.len);
	if (info == NULL || p != spki.data + spki.len)
		goto out;
	pkey = X509_PUBKEY_get(info);
	if (pkey == NULL && X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, info) == 1 &&
	    !is_known_key(OBJ_obj2nid(algorithm)))
		*code = OTLS_E_UNSUPPORTED;
out:
	X509_PUBKEY_free(info);
	return pkey;
}

static bool
set_pss(EVP_PKEY_CTX *ctx, const otls_signature_algorithm *algorithm)
{
	const EVP_MD *mgf = ossl_digest(algorithm->mgf_hash);

	return mgf != NULL && algorithm->salt_len <= INT_MAX &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)algorithm->salt_len) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, mgf) == 1;
}

static bool
needs_digest(otls_signature_kind kind)
{
	return kind != OTLS_SIGNATURE_ED25519 && kind != OTLS_SIGNATURE_ED448;
}

otls_status
ossl_verify_signature(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	const EVP_MD *md = needs_digest(algorithm->kind) ? ossl_digest(algorithm->hash) : NULL;
	otls_code code = OTLS_E_UNSUPPORTED;
	EVP_PKEY_CTX *options = NULL; /* belongs to ctx */
	EVP_MD_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;
	int answer = 0;

	ossl_begin();
	if (algorithm->kind == OTLS_SIGNATURE_UNKNOWN || (needs_digest(algorithm->kind) && md == NULL))
		goto out;
	pkey = parse_spki(spki, &code);
	if (pkey == NULL)
		goto out;
	code = OTLS_E_VERIFY;
	if (!key_fits(pkey, algorithm->kind))
		goto out;
	code = OTLS_E_UNSUPPORTED;
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL || EVP_DigestVerifyInit(ctx, &options, md, NULL, pkey) != 1)
		goto out;
	if (algorithm->kind == OTLS_SIGNATURE_RSA_PSS && !set_pss(options, algorithm))
		goto out;
	answer = EVP_DigestVerify(ctx, signature.data, signature.len, tbs.data, tbs.len);
	code = answer == 1 ? OTLS_E_NONE : answer == 0 ? OTLS_E_VERIFY : OTLS_E_FORMAT;
out:
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return code == OTLS_E_NONE ? OTLS_OK : ossl_fail_because(report, code, "verify_signature", "not valid");
}

otls_status
ossl_verify_digest(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes digest, otls_bytes signature,
    otls_report *report)
{
	const EVP_MD *md = ossl_digest(algorithm->hash);
	otls_code code = OTLS_E_UNSUPPORTED;
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;
	int answer = 0;

	ossl_begin();
	if (md == NULL || (pkey = parse_spki(spki, &code)) == NULL)
		goto out;
	code = OTLS_E_VERIFY;
	if (!key_fits(pkey, algorithm->kind))
		goto out;
	code = OTLS_E_UNSUPPORTED;
	ctx = EVP_PKEY_CTX_new(pkey, NULL);
	if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1 || EVP_PKEY_CTX_set_signature_md(ctx, md) != 1 ||
	    (algorithm->kind == OTLS_SIGNATURE_RSA_PSS && !set_pss(ctx, algorithm)))
		goto out;
	answer = EVP_PKEY_verify(ctx, signature.data, signature.len, digest.data, digest.len);
	code = answer == 1 ? OTLS_E_NONE : answer == 0 ? OTLS_E_VERIFY : OTLS_E_FORMAT;
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return code == OTLS_E_NONE ? OTLS_OK : ossl_fail_because(report, code, "verify_digest", "not valid");
}

otls_status
ossl_key_sign(const otls_engine_key *key, uint16_t scheme, otls_bytes tbs, uint8_t *out, size_t cap, size_t *len,
    otls_report *report)
{
	const ossl_scheme *row = ossl_scheme_by_id(scheme);
	EVP_PKEY_CTX *options = NULL; /* belongs to ctx */
	otls_status status = OTLS_ERROR;
	EVP_MD_CTX *ctx = NULL;
	const EVP_MD *md = NULL;
	size_t made = cap;

	*len = 0;
	ossl_begin();
	if (row == NULL || key->signer != NULL || EVP_PKEY_base_id(key->pkey) != row->key_type)
		return ossl_fail_because(
		    report, OTLS_E_UNSUPPORTED, "key_sign", "the key does not sign with this scheme");
	if (cap < (size_t)EVP_PKEY_size(key->pkey)) {
		*len = (size_t)EVP_PKEY_size(key->pkey);
		return ossl_fail_because(report, OTLS_E_LIMIT, "key_sign", "the buffer is too small");
	}
	md = ossl_digest(row->hash);
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL || EVP_DigestSignInit(ctx, &options, md, NULL, key->pkey) != 1)
		goto out;
	if (row->kind == OTLS_SIGNATURE_RSA_PSS &&
	    (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1))
		goto out;
	if (EVP_DigestSign(ctx, out, &made, tbs.data, tbs.len) != 1)
		goto out;
	*len = made;
	status = OTLS_OK;
out:
	EVP_MD_CTX_free(ctx);
	return status == OTLS_OK ? OTLS_OK : ossl_fail(report, OTLS_E_BACKEND);
}

/* == encrypted keys == */

otls_status
ossl_pbkdf2(otls_hash hash, otls_bytes passphrase, otls_bytes salt, uint32_t iterations, uint8_t *out, size_t len,
    otls_report *report)
{
	const EVP_MD *md = ossl_digest(hash);

	if (md == NULL)
		return ossl_fail_because(report, OTLS_E_UNSUPPORTED, "pbkdf2", "no such hash");
	if (passphrase.len > INT_MAX || salt.len > INT_MAX || iterations > INT_MAX || len > INT_MAX)
		return ossl_fail_because(report, OTLS_E_BACKEND, "pbkdf2", "too long");
	ossl_begin();
	if (PKCS5_PBKDF2_HMAC((const char *)passphrase.data, (int)passphrase.len, salt.data, (int)salt.len,
		(int)iterations, md, (int)len, out) == 1)
		return OTLS_OK;
	return ossl_fail(report, OTLS_E_BACKEND);
}

static const EVP_CIPHER *
cbc_cipher(otls_block_cipher cipher, size_t key_len)
{
	if (cipher == OTLS_BLOCK_3DES)
		return key_len == 24 ? EVP_des_ede3_cbc() : NULL;
	return key_len == 16   ? EVP_aes_128_cbc()
	       : key_len == 24 ? EVP_aes_192_cbc()
	       : key_len == 32 ? EVP_aes_256_cbc()
			       : NULL;
}

otls_status
ossl_cbc_decrypt(
    otls_block_cipher cipher, otls_bytes key, const uint8_t *iv, otls_bytes data, uint8_t *out, otls_report *report)
{
	const EVP_CIPHER *type = cbc_cipher(cipher, key.len);
	EVP_CIPHER_CTX *ctx = NULL;
	bool good = false;
	int len = 0;

	if (type == NULL)
		return ossl_fail_because(report, OTLS_E_UNSUPPORTED, "cbc_decrypt", "no such cipher");
	if (data.len > INT_MAX)
		return ossl_fail_because(report, OTLS_E_BACKEND, "cbc_decrypt", "too long");
	ossl_begin();
	ctx = EVP_CIPHER_CTX_new();
	good = ctx != NULL && EVP_DecryptInit_ex(ctx, type, NULL, key.data, iv) == 1 &&
	       EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	       EVP_DecryptUpdate(ctx, out, &len, data.data, (int)data.len) == 1 && (size_t)len == data.len;
	EVP_CIPHER_CTX_free(ctx);
	return good ? OTLS_OK : ossl_fail(report, OTLS_E_BACKEND);
}

/* == private keys == */

static EVP_PKEY *
from_pkcs8_info(PKCS8_PRIV_KEY_INFO *info, otls_code *code)
{
	const ASN1_OBJECT *algorithm = NULL;
	EVP_PKEY *pkey = EVP_PKCS82PKEY(info);

	*code = OTLS_E_FORMAT;
	if (pkey == NULL && PKCS8_pkey_get0(&algorithm, NULL, NULL, NULL, info) == 1 &&
	    !is_known_key(OBJ_obj2nid(algorithm)))
		*code = OTLS_E_UNSUPPORTED;
	return pkey;
}

static EVP_PKEY *
from_pkcs8(otls_bytes data, otls_code *code)
{
	const unsigned char *p = data.data;
	PKCS8_PRIV_KEY_INFO *info = NULL;
	EVP_PKEY *pkey = NULL;

	*code = OTLS_E_FORMAT;
	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)data.len);
	if (info != NULL && p == data.data + data.len)
		pkey = from_pkcs8_info(info, code);
	PKCS8_PRIV_KEY_INFO_free(info);
	return pkey;
}

static EVP_PKEY *
from_traditional(int type, const unsigned char *data, size_t len, otls_code *code)
{
	const unsigned char *p = data;
	EVP_PKEY *pkey = d2i_PrivateKey(type, NULL, &p, (long)len);

	*code = OTLS_E_FORMAT;
	if (pkey == NULL || p == data + len)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

static EVP_PKEY *
load(otls_key_form form, otls_bytes data, otls_code *code)
{
	switch (form) {
	case OTLS_KEY_PKCS8:
		return from_pkcs8(data, code);
	case OTLS_KEY_PKCS1:
		return from_traditional(EVP_PKEY_RSA, data.data, data.len, code);
	case OTLS_KEY_SEC1:
		return from_traditional(EVP_PKEY_EC, data.data, data.len, code);
	}
	*code = OTLS_E_UNSUPPORTED;
	return NULL;
}

otls_status
ossl_key_load(otls_engine_key *key, otls_key_form form, otls_bytes data, otls_report *report)
{
	otls_code code = OTLS_E_FORMAT;
	EVP_PKEY *pkey = NULL;

	ossl_begin();
	if (data.len <= INT_MAX)
		pkey = load(form, data, &code);
	if (pkey == NULL)
		return ossl_fail_because(report, code, "key_load", "no key could be read");
	if (!is_known_key(EVP_PKEY_base_id(pkey))) {
		EVP_PKEY_free(pkey);
		return ossl_fail_because(report, OTLS_E_UNSUPPORTED, "key_load", "not a key that signs in TLS");
	}
	key->pkey = pkey;
	return OTLS_OK;
}

void
ossl_key_fini(otls_engine_key *key)
{
	EVP_PKEY_free(key->pkey);
	key->pkey = NULL;
}

otls_status
ossl_key_spki(const otls_engine_key *key, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	unsigned char *p = out;
	int size = 0;

	*len = 0;
	ossl_begin();
	size = i2d_PUBKEY(key->pkey, NULL);
	if (size <= 0)
		return ossl_fail(report, OTLS_E_BACKEND);
	*len = (size_t)size;
	if (cap < *len)
		return ossl_fail_because(report, OTLS_E_LIMIT, "key_spki", "the buffer is too small");
	return i2d_PUBKEY(key->pkey, &p) == size ? OTLS_OK : ossl_fail(report, OTLS_E_BACKEND);
}

/* == new keys == */

static int
generated_type(otls_key_kind kind)
{
	switch (kind) {
	case OTLS_KEY_EC_P256:
		return EVP_PKEY_EC;
	case OTLS_KEY_ED25519:
		return EVP_PKEY_ED25519;
	case OTLS_KEY_RSA_2048:
		return EVP_PKEY_RSA;
	}
	return EVP_PKEY_NONE;
}

static EVP_PKEY *
generate(otls_key_kind kind)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(generated_type(kind), NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1)
		goto out;
	if (kind == OTLS_KEY_EC_P256 && (EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1) != 1 ||
					    EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_NAMED_CURVE) != 1))
		goto out;
	if (kind == OTLS_KEY_RSA_2048 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) != 1)
		goto out;
	if (EVP_PKEY_keygen(ctx, &pkey) != 1)
		pkey = NULL;
out:
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

otls_status
ossl_key_generate(otls_key_kind kind, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	PKCS8_PRIV_KEY_INFO *info = NULL;
	otls_code code = OTLS_E_BACKEND;
	unsigned char *p = out;
	EVP_PKEY *pkey = NULL;
	int size = 0;

	*len = 0;
	ossl_begin();
	pkey = generate(kind);
	if (pkey == NULL)
		goto out;
	info = EVP_PKEY2PKCS8(pkey);
	size = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;
	if (size <= 0)
		goto out;
	*len = (size_t)size;
	code = OTLS_E_LIMIT;
	if (cap < *len)
		goto out;
	code = i2d_PKCS8_PRIV_KEY_INFO(info, &p) == size ? OTLS_E_NONE : OTLS_E_BACKEND;
out:
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(pkey);
	return code == OTLS_E_NONE ? OTLS_OK : ossl_fail_because(report, code, "key_generate", "no key was made");
}
