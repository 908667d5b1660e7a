/* Signatures, digests, authenticated encryption. */
#include "wolf.h"

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/signature.h>

#include <stdlib.h>
#include <string.h>

#define AEAD_TAG_LEN 16

struct hash_row {
	otls_hash hash;
	enum wc_HashType type;
	int mgf;
};

static const struct hash_row *
find_hash(otls_hash hash)
{
	static const struct hash_row rows[] = {
		{ OTLS_HASH_MD5, WC_HASH_TYPE_MD5, WC_MGF1NONE },
		{ OTLS_HASH_SHA1, WC_HASH_TYPE_SHA, WC_MGF1SHA1 },
		{ OTLS_HASH_SHA224, WC_HASH_TYPE_SHA224, WC_MGF1SHA224 },
		{ OTLS_HASH_SHA256, WC_HASH_TYPE_SHA256, WC_MGF1SHA256 },
		{ OTLS_HASH_SHA384, WC_HASH_TYPE_SHA384, WC_MGF1SHA384 },
		{ OTLS_HASH_SHA512, WC_HASH_TYPE_SHA512, WC_MGF1SHA512 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* A hash that was left out of the build has no size. */
		if (rows[i].hash == hash && wc_HashGetDigestSize(rows[i].type) > 0)
			return &rows[i];
	}
	return NULL;
}

static otls_status
refuse_hash(otls_report *report)
{
	return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wc_HashGetDigestSize", "hash not in this build");
}

static bool
all_fit(const otls_bytes *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len > WOLF_LENGTH_MAX)
			return false;
	}
	return true;
}

otls_status
wolf_hash(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	const struct hash_row *row = find_hash(hash);
	wc_HashAlg state;
	int ret;

	if (row == NULL)
		return refuse_hash(report);
	if (!all_fit(parts, n))
		return wolf_refuse(report, OTLS_E_LIMIT, "wc_HashUpdate", "too long");
	if ((ret = wc_HashInit(&state, row->type)) != 0)
		return wolf_fail_as(report, OTLS_E_BACKEND, "wc_HashInit", ret);
	for (size_t i = 0; i < n && ret == 0; i++) {
		if (parts[i].len > 0)
			ret = wc_HashUpdate(&state, row->type, parts[i].data, (word32)parts[i].len);
	}
	if (ret == 0)
		ret = wc_HashFinal(&state, row->type, out);
	wc_HashFree(&state, row->type);
	if (ret != 0)
		return wolf_fail_as(report, OTLS_E_BACKEND, "wc_HashUpdate", ret);
	*len = (size_t)wc_HashGetDigestSize(row->type);
	return OTLS_OK;
}

otls_status
wolf_hmac(
    otls_hash hash, otls_bytes key, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	const struct hash_row *row = find_hash(hash);
	Hmac state;
	int ret;

	if (row == NULL)
		return refuse_hash(report);
	if (!all_fit(parts, n) || !all_fit(&key, 1))
		return wolf_refuse(report, OTLS_E_LIMIT, "wc_HmacUpdate", "too long");
	if ((ret = wc_HmacInit(&state, NULL, INVALID_DEVID)) != 0)
		return wolf_fail_as(report, OTLS_E_BACKEND, "wc_HmacInit", ret);
	ret = wc_HmacSetKey(&state, (int)row->type, key.len > 0 ? key.data : (const byte *)"", (word32)key.len);
	for (size_t i = 0; i < n && ret == 0; i++) {
		if (parts[i].len > 0)
			ret = wc_HmacUpdate(&state, parts[i].data, (word32)parts[i].len);
	}
	if (ret == 0)
		ret = wc_HmacFinal(&state, out);
	wc_HmacFree(&state);
	if (ret != 0)
		return wolf_fail_as(report, OTLS_E_BACKEND, "wc_HmacUpdate", ret);
	*len = (size_t)wc_HashGetDigestSize(row->type);
	return OTLS_OK;
}

/* == encrypted keys == */

otls_status
wolf_pbkdf2(otls_hash hash, otls_bytes passphrase, otls_bytes salt, uint32_t iterations, uint8_t *out, size_t len,
    otls_report *report)
{
	const struct hash_row *row = find_hash(hash);
	int ret;

	if (row == NULL)
		return refuse_hash(report);
	if (!all_fit(&passphrase, 1) || !all_fit(&salt, 1) || len > INT_MAX || iterations > INT_MAX)
		return wolf_refuse(report, OTLS_E_BACKEND, "wc_PBKDF2", "too long");
	ret = wc_PBKDF2(out, passphrase.len > 0 ? passphrase.data : (const byte *)"", (int)passphrase.len, salt.data,
	    (int)salt.len, (int)iterations, (int)len, (int)row->type);
	return ret != 0 ? wolf_fail_as(report, OTLS_E_BACKEND, "wc_PBKDF2", ret) : OTLS_OK;
}

static int
decrypt_aes(otls_bytes key, const uint8_t *iv, otls_bytes data, uint8_t *out)
{
	Aes aes;
	int ret = wc_AesInit(&aes, NULL, INVALID_DEVID);

	if (ret == 0)
		ret = wc_AesSetKey(&aes, key.data, (word32)key.len, iv, AES_DECRYPTION);
	if (ret == 0)
		ret = wc_AesCbcDecrypt(&aes, out, data.data, (word32)data.len);
	wc_AesFree(&aes);
	return ret;
}

static int
decrypt_3des(otls_bytes key, const uint8_t *iv, otls_bytes data, uint8_t *out)
{
#ifndef NO_DES3
	Des3 des;
	int ret = wc_Des3Init(&des, NULL, INVALID_DEVID);

	if (ret == 0)
		ret = wc_Des3_SetKey(&des, key.data, iv, DES_DECRYPTION);
	if (ret == 0)
		ret = wc_Des3_CbcDecrypt(&des, out, data.data, (word32)data.len);
	wc_Des3Free(&des);
	return ret;
#else
	(void)key, (void)iv, (void)data, (void)out;
	return NOT_COMPILED_IN;
#endif
}

otls_status
wolf_cbc_decrypt(
    otls_block_cipher cipher, otls_bytes key, const uint8_t *iv, otls_bytes data, uint8_t *out, otls_report *report)
{
	bool aes = cipher == OTLS_BLOCK_AES;
	int ret;

	if (!all_fit(&data, 1))
		return wolf_refuse(report, OTLS_E_BACKEND, "wc_AesCbcDecrypt", "too long");
	if (aes ? key.len != 16 && key.len != 24 && key.len != 32 : key.len != 24)
		return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wc_AesCbcDecrypt", "no such cipher");
	ret = aes ? decrypt_aes(key, iv, data, out) : decrypt_3des(key, iv, data, out);
	if (ret == 0)
		return OTLS_OK;
	return wolf_fail_as(report, ret == NOT_COMPILED_IN ? OTLS_E_UNSUPPORTED : OTLS_E_BACKEND,
	    aes ? "wc_AesCbcDecrypt" : "wc_Des3_CbcDecrypt", ret);
}

static otls_status
start_aead(Aes *aes, const uint8_t key[32], otls_report *report)
{
	int ret = wc_AesInit(aes, NULL, INVALID_DEVID);

	if (ret == 0)
		ret = wc_AesGcmSetKey(aes, key, 32);
	return ret == 0 ? OTLS_OK : wolf_fail_as(report, OTLS_E_BACKEND, "wc_AesGcmSetKey", ret);
}

otls_status
wolf_aead_seal(
    const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes plain, uint8_t *out, otls_report *report)
{
	otls_status status = OTLS_ERROR;
	Aes aes;
	int ret;

	memset(&aes, 0, sizeof(aes));
	if (!all_fit(&aad, 1) || !all_fit(&plain, 1))
		return wolf_refuse(report, OTLS_E_LIMIT, "wc_AesGcmEncrypt", "too long");
	if (start_aead(&aes, key, report) != OTLS_OK)
		goto out;
	ret = wc_AesGcmEncrypt(&aes, out, plain.data, (word32)plain.len, nonce, 12, out + plain.len, AEAD_TAG_LEN,
	    aad.data, (word32)aad.len);
	if (ret != 0) {
		wolf_fail_as(report, OTLS_E_BACKEND, "wc_AesGcmEncrypt", ret);
		goto out;
	}
	status = OTLS_OK;
out:
	wc_AesFree(&aes);
	wolf_wipe(&aes, sizeof(aes));
	return status;
}

otls_status
wolf_aead_open(const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes sealed, uint8_t *out,
    otls_report *report)
{
	otls_status status = OTLS_ERROR;
	size_t len;
	Aes aes;
	int ret;

	memset(&aes, 0, sizeof(aes));
	if (sealed.len < AEAD_TAG_LEN)
		return wolf_refuse(report, OTLS_E_FORMAT, "wc_AesGcmDecrypt", "shorter than its tag");
	if (!all_fit(&aad, 1) || !all_fit(&sealed, 1))
		return wolf_refuse(report, OTLS_E_LIMIT, "wc_AesGcmDecrypt", "too long");
	if (start_aead(&aes, key, report) != OTLS_OK)
		goto out;
	len = sealed.len - AEAD_TAG_LEN;
	ret = wc_AesGcmDecrypt(
	    &aes, out, sealed.data, (word32)len, nonce, 12, sealed.data + len, AEAD_TAG_LEN, aad.data, (word32)aad.len);
	if (ret != 0) {
		wolf_fail_as(report, OTLS_E_FORMAT, "wc_AesGcmDecrypt", ret);
		goto out;
	}
	status = OTLS_OK;
out:
	wc_AesFree(&aes);
	wolf_wipe(&aes, sizeof(aes));
	return status;
}

/* == verifying == */

/* wc_SignatureVerify would hash once more. */
static otls_status
verify_rsa_pkcs1(
    struct wolf_key *key, const struct hash_row *row, otls_bytes digest, otls_bytes signature, otls_report *report)
{
	uint8_t info[MAX_DER_DIGEST_SZ];
	word32 len = wc_EncodeSignature(info, digest.data, (word32)digest.len, wc_HashGetOID(row->type));
	int ret = wc_SignatureVerifyHash(row->type, WC_SIGNATURE_TYPE_RSA_W_ENC, info, len, signature.data,
	    (word32)signature.len, &key->u.rsa, sizeof(key->u.rsa));

	if (ret == 0)
		return OTLS_OK;
	/* 5.9 refuses SHA-1 and MD5 by this number; lengths were looked at before. */
	if (ret == BAD_FUNC_ARG)
		return wolf_fail(report, OTLS_E_UNSUPPORTED, "wc_SignatureVerifyHash", ret);
	return wolf_fail_as(report, OTLS_E_VERIFY, "wc_SignatureVerifyHash", ret);
}

static otls_status
verify_rsa_pss(struct wolf_key *key, const otls_signature_algorithm *algorithm, const struct hash_row *row,
    otls_bytes digest, otls_bytes signature, otls_report *report)
{
	const struct hash_row *mgf = find_hash(algorithm->mgf_hash);
	uint8_t copy[WOLF_RSA_MAX_BITS / 8];
	byte *encoded = NULL;
	int salt, ret;

	if (mgf == NULL || mgf->mgf == WC_MGF1NONE || algorithm->salt_len > sizeof(copy))
		return refuse_hash(report);
	salt = (int)algorithm->salt_len;
	memcpy(copy, signature.data, signature.len);
	ret = wc_RsaPSS_VerifyInline_ex(copy, (word32)signature.len, &encoded, row->type, mgf->mgf, salt, &key->u.rsa);
	if (ret < 0)
		return wolf_fail_as(report, OTLS_E_VERIFY, "wc_RsaPSS_VerifyInline_ex", ret);
	ret = wc_RsaPSS_CheckPadding_ex(
	    digest.data, (word32)digest.len, encoded, (word32)ret, row->type, salt, mp_count_bits(&key->u.rsa.n));
	if (ret != 0)
		return wolf_fail_as(report, OTLS_E_VERIFY, "wc_RsaPSS_CheckPadding_ex", ret);
	return OTLS_OK;
}

static otls_status
verify_rsa(struct wolf_key *key, const otls_signature_algorithm *algorithm, const struct hash_row *row,
    otls_bytes digest, otls_bytes signature, otls_report *report)
{
	int size = wc_RsaEncryptSize(&key->u.rsa);

	if (size <= 0 || signature.len != (size_t)size)
		return wolf_refuse(report, OTLS_E_VERIFY, "wc_RsaEncryptSize", "signature of another length");
	return algorithm->kind == OTLS_SIGNATURE_RSA_PSS
		   ? verify_rsa_pss(key, algorithm, row, digest, signature, report)
		   : verify_rsa_pkcs1(key, row, digest, signature, report);
}

static otls_status
verify_edwards(struct wolf_key *key, otls_bytes tbs, otls_bytes signature, otls_report *report)
{
	int good = 0, ret = NOT_COMPILED_IN;

	if (key->kind == WOLF_KEY_ED25519)
		ret = wc_ed25519_verify_msg(
		    signature.data, (word32)signature.len, tbs.data, (word32)tbs.len, &good, &key->u.ed25519);
#if WOLF_ED448
	if (key->kind == WOLF_KEY_ED448)
		ret = wc_ed448_verify_msg(
		    signature.data, (word32)signature.len, tbs.data, (word32)tbs.len, &good, &key->u.ed448, NULL, 0);
#endif
	if (ret == 0 && good == 1)
		return OTLS_OK;
	return wolf_fail_as(report, OTLS_E_VERIFY, "wc_ed25519_verify_msg", ret);
}

static otls_status
verify_ecdsa(struct wolf_key *key, otls_bytes digest, otls_bytes signature, otls_report *report)
{
	int good = 0;
	int ret = wc_ecc_verify_hash(
	    signature.data, (word32)signature.len, digest.data, (word32)digest.len, &good, &key->u.ec);

	if (ret == 0 && good == 1)
		return OTLS_OK;
	return wolf_fail_as(report, OTLS_E_VERIFY, "wc_ecc_verify_hash", ret);
}

static bool
kind_fits(enum wolf_key_kind key, otls_signature_kind signature)
{
	switch (signature) {
	case OTLS_SIGNATURE_RSA_PKCS1:
	case OTLS_SIGNATURE_RSA_PSS:
		return key == WOLF_KEY_RSA;
	case OTLS_SIGNATURE_ECDSA:
		return key == WOLF_KEY_EC;
	case OTLS_SIGNATURE_ED25519:
		return key == WOLF_KEY_ED25519;
	case OTLS_SIGNATURE_ED448:
		return key == WOLF_KEY_ED448;
	case OTLS_SIGNATURE_UNKNOWN:
		break;
	}
	return false;
}

static bool
is_edwards(enum wolf_key_kind kind)
{
	return kind == WOLF_KEY_ED25519 || kind == WOLF_KEY_ED448;
}

static otls_status
verify_with(struct wolf_key *key, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	uint8_t digest[OTLS_HASH_MAX];
	const struct hash_row *row;
	size_t len = 0;

	if (is_edwards(key->kind))
		return verify_edwards(key, tbs, signature, report);
	if ((row = find_hash(algorithm->hash)) == NULL)
		return refuse_hash(report);
	if (wolf_hash(algorithm->hash, &tbs, 1, digest, &len, report) != OTLS_OK)
		return OTLS_ERROR;
	if (key->kind == WOLF_KEY_RSA)
		return verify_rsa(key, algorithm, row, (otls_bytes){ digest, len }, signature, report);
	return verify_ecdsa(key, (otls_bytes){ digest, len }, signature, report);
}

otls_status
wolf_verify_signature(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	struct wolf_key key = { .kind = WOLF_KEY_NONE };
	otls_status status = OTLS_ERROR;

	if (!all_fit(&tbs, 1) || !all_fit(&signature, 1) || signature.len == 0)
		return wolf_refuse(report, OTLS_E_FORMAT, "wc_SignatureVerify", "no length for a signature");
	if (tbs.len == 0)
		tbs.data = (const uint8_t *)"";
	if (wolf_key_open_spki(&key, spki, report) != OTLS_OK)
		goto out;
	if (!kind_fits(key.kind, algorithm->kind)) {
		wolf_refuse(report, OTLS_E_UNSUPPORTED, "wc_SignatureVerify", "key and signature of different kinds");
		goto out;
	}
	status = verify_with(&key, algorithm, tbs, signature, report);
out:
	wolf_key_close_public(&key);
	return status;
}

/* A DigestInfo around the digest, which is compared with what is in the signature. */
static otls_status
verify_pkcs1_digest(
    struct wolf_key *key, const struct hash_row *row, otls_bytes digest, otls_bytes signature, otls_report *report)
{
	uint8_t want[MAX_DER_DIGEST_SZ], got[WOLF_RSA_MAX_BITS / 8];
	word32 want_len = wc_EncodeSignature(want, digest.data, (word32)digest.len, wc_HashGetOID(row->type));
	int ret = wc_RsaSSL_Verify(signature.data, (word32)signature.len, got, sizeof(got), &key->u.rsa);

	if (ret > 0 && (word32)ret == want_len && memcmp(got, want, want_len) == 0)
		return OTLS_OK;
	return wolf_fail(report, OTLS_E_VERIFY, "wc_RsaSSL_Verify", ret < 0 ? ret : SIG_VERIFY_E);
}

otls_status
wolf_verify_digest(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes digest, otls_bytes signature,
    otls_report *report)
{
	const struct hash_row *row = find_hash(algorithm->hash);
	struct wolf_key key = { .kind = WOLF_KEY_NONE };
	otls_status status = OTLS_ERROR;

	if (row == NULL || digest.len != (size_t)wc_HashGetDigestSize(row->type))
		return refuse_hash(report);
	if (!all_fit(&signature, 1) || signature.len == 0)
		return wolf_refuse(report, OTLS_E_FORMAT, "wc_SignatureVerify", "no length for a signature");
	if (wolf_key_open_spki(&key, spki, report) != OTLS_OK)
		goto out;
	if (!kind_fits(key.kind, algorithm->kind))
		wolf_refuse(report, OTLS_E_UNSUPPORTED, "wc_SignatureVerify", "key and signature of different kinds");
	else if (algorithm->kind == OTLS_SIGNATURE_ECDSA)
		status = verify_ecdsa(&key, digest, signature, report);
	else if (signature.len != (size_t)wc_RsaEncryptSize(&key.u.rsa))
		wolf_refuse(report, OTLS_E_VERIFY, "wc_RsaEncryptSize", "signature of another length");
	else if (algorithm->kind == OTLS_SIGNATURE_RSA_PSS)
		status = verify_rsa_pss(&key, algorithm, row, digest, signature, report);
	else
		status = verify_pkcs1_digest(&key, row, digest, signature, report);
out:
	wolf_key_close_public(&key);
	return status;
}

/* == signing == */

struct scheme_row {
	uint16_t scheme;
	enum wolf_key_kind key;
	otls_hash hash;
	bool pss;
};

static const struct scheme_row *
find_scheme(uint16_t scheme)
{
	static const struct scheme_row rows[] = {
		{ 0x0201, WOLF_KEY_RSA, OTLS_HASH_SHA1, false },
		{ 0x0401, WOLF_KEY_RSA, OTLS_HASH_SHA256, false },
		{ 0x0501, WOLF_KEY_RSA, OTLS_HASH_SHA384, false },
		{ 0x0601, WOLF_KEY_RSA, OTLS_HASH_SHA512, false },
		{ 0x0804, WOLF_KEY_RSA, OTLS_HASH_SHA256, true },
		{ 0x0805, WOLF_KEY_RSA, OTLS_HASH_SHA384, true },
		{ 0x0806, WOLF_KEY_RSA, OTLS_HASH_SHA512, true },
		{ 0x0809, WOLF_KEY_RSA, OTLS_HASH_SHA256, true },
		{ 0x080a, WOLF_KEY_RSA, OTLS_HASH_SHA384, true },
		{ 0x080b, WOLF_KEY_RSA, OTLS_HASH_SHA512, true },
		{ 0x0203, WOLF_KEY_EC, OTLS_HASH_SHA1, false },
		{ 0x0403, WOLF_KEY_EC, OTLS_HASH_SHA256, false },
		{ 0x0503, WOLF_KEY_EC, OTLS_HASH_SHA384, false },
		{ 0x0603, WOLF_KEY_EC, OTLS_HASH_SHA512, false },
		{ 0x0807, WOLF_KEY_ED25519, OTLS_HASH_NONE, false },
		{ 0x0808, WOLF_KEY_ED448, OTLS_HASH_NONE, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].scheme == scheme)
			return &rows[i];
	}
	return NULL;
}

/* Signs into out, which holds *len bytes.  A generator lives no longer than one signature: the library's does not
 * notice a fork, and would give parent and child the same nonces. */
static int
sign_with(struct wolf_key *key, const struct scheme_row *row, otls_bytes tbs, otls_bytes digest, WC_RNG *rng,
    uint8_t *out, word32 *len)
{
	const struct hash_row *hash = find_hash(row->hash);
	int ret;

	switch (key->kind) {
	case WOLF_KEY_RSA:
		if (!row->pss)
			return wc_SignatureGenerate(hash->type, WC_SIGNATURE_TYPE_RSA_W_ENC, tbs.data, (word32)tbs.len,
			    out, len, &key->u.rsa, sizeof(key->u.rsa), rng);
		ret = wc_RsaPSS_Sign_ex(digest.data, (word32)digest.len, out, *len, hash->type, hash->mgf,
		    (int)digest.len, &key->u.rsa, rng);
		if (ret > 0)
			*len = (word32)ret;
		return ret > 0 ? 0 : ret;
	case WOLF_KEY_EC:
		return wc_ecc_sign_hash(digest.data, (word32)digest.len, out, len, rng, &key->u.ec);
	case WOLF_KEY_ED25519:
		return wc_ed25519_sign_msg(tbs.data, (word32)tbs.len, out, len, &key->u.ed25519);
#if WOLF_ED448
	case WOLF_KEY_ED448:
		return wc_ed448_sign_msg(tbs.data, (word32)tbs.len, out, len, &key->u.ed448, NULL, 0);
#endif
	default:
		return NOT_COMPILED_IN;
	}
}

otls_status
wolf_key_sign(const otls_engine_key *key, uint16_t scheme, otls_bytes tbs, uint8_t *out, size_t cap, size_t *len,
    otls_report *report)
{
	const struct scheme_row *row = find_scheme(scheme);
	struct wolf_key live = { .kind = WOLF_KEY_NONE };
	uint8_t digest[OTLS_HASH_MAX];
	uint8_t signature[WOLF_RSA_MAX_BITS / 8];
	word32 signature_len = sizeof(signature);
	otls_status status = OTLS_ERROR;
	bool has_rng = false;
	size_t digest_len = 0;
	WC_RNG rng;
	int ret;

	if (row == NULL || row->key != key->kind || key->signer != NULL)
		return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wc_SignatureGenerate", "no scheme for this key");
	if (!all_fit(&tbs, 1))
		return wolf_refuse(report, OTLS_E_LIMIT, "wc_SignatureGenerate", "too long");
	if (tbs.len == 0)
		tbs.data = (const uint8_t *)"";
	if (!is_edwards(key->kind) && wolf_hash(row->hash, &tbs, 1, digest, &digest_len, report) != OTLS_OK)
		return OTLS_ERROR;
	if ((ret = wc_InitRng(&rng)) != 0) {
		wolf_fail_as(report, OTLS_E_BACKEND, "wc_InitRng", ret);
		goto out;
	}
	has_rng = true;
	if (wolf_key_open(&live, key, report) != OTLS_OK)
		goto out;
	ret = sign_with(&live, row, tbs, (otls_bytes){ digest, digest_len }, &rng, signature, &signature_len);
	if (ret != 0) {
		wolf_fail_as(report, OTLS_E_BACKEND, "wc_SignatureGenerate", ret);
		goto out;
	}
	*len = signature_len;
	if (signature_len > cap) {
		wolf_refuse(report, OTLS_E_LIMIT, "wc_SignatureGenerate", "no room for the signature");
		goto out;
	}
	memcpy(out, signature, signature_len);
	status = OTLS_OK;
out:
	wolf_key_close(&live);
	if (has_rng)
		wc_FreeRng(&rng);
	return status;
}
