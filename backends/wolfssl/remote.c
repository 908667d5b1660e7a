/* Keys whose signatures come from core: the library's own public-key callbacks.  They belong to a context, so that one
 * whose connections may have either kind of key signs with ordinary ones here, too. */
#include "wolf.h"

#include <string.h>

#if WOLF_REMOTE_KEY

#define REMOTE_DEVICE 0x6f746c73 /* of no registered device: the callbacks come before it */

/* == keys at rest == */

/* What the library takes for the size of a key that it has not got. */
static size_t
key_bytes(struct wolf_key *live)
{
	switch (live->kind) {
	case WOLF_KEY_RSA:
		return (size_t)wc_RsaEncryptSize(&live->u.rsa);
	case WOLF_KEY_EC:
		return (size_t)wc_ecc_size(&live->u.ec);
	default:
		return 0;
	}
}

otls_status
wolf_key_remote(otls_engine_key *key, otls_bytes spki, void *signer, otls_report *report)
{
	struct wolf_key live = { .kind = WOLF_KEY_NONE };
	otls_status status = wolf_key_open_spki(&live, spki, report);

	if (status == OTLS_OK && live.kind != WOLF_KEY_RSA && live.kind != WOLF_KEY_EC)
		status = wolf_refuse(report, OTLS_E_UNSUPPORTED, "wolfSSL_CTX_use_PrivateKey_id",
		    "RSA and EC keys alone can be elsewhere");
	if (status == OTLS_OK && spki.len > sizeof(key->spki))
		status = wolf_refuse(report, OTLS_E_UNSUPPORTED, "wolfSSL_CTX_use_PrivateKey_id", "key too long");
	if (status == OTLS_OK) {
		memcpy(key->spki, spki.data, spki.len);
		key->spki_len = spki.len;
		key->kind = live.kind;
		key->bytes = key_bytes(&live);
		key->signer = signer;
	}
	wolf_key_close(&live);
	return status;
}

int
wolf_use_remote_key(WOLFSSL_CTX *ctx, WOLFSSL *ssl, const otls_engine_key *key)
{
	static const unsigned char id[] = "omnitls";

	if (ssl != NULL)
		return wolfSSL_use_PrivateKey_id(ssl, id, sizeof(id), REMOTE_DEVICE, (long)key->bytes);
	return wolfSSL_CTX_use_PrivateKey_id(ctx, id, sizeof(id), REMOTE_DEVICE, (long)key->bytes);
}

/* == what the library asks for == */

/* A DigestInfo up to the digest itself (RFC 8017, section 9.2), and the schemes that sign by this hash. */
struct digest_row {
	size_t len;
	uint8_t info[19];
	enum wc_HashType type;
	int mgf;
	uint16_t pkcs1, pss, ecdsa;
};

static const struct digest_row digests[] = {
	{ 32,
	    { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
		0x04, 0x20 },
	    WC_HASH_TYPE_SHA256, WC_MGF1SHA256, 0x0401, 0x0804, 0x0403 },
	{ 48,
	    { 0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00,
		0x04, 0x30 },
	    WC_HASH_TYPE_SHA384, WC_MGF1SHA384, 0x0501, 0x0805, 0x0503 },
	{ 64,
	    { 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00,
		0x04, 0x40 },
	    WC_HASH_TYPE_SHA512, WC_MGF1SHA512, 0x0601, 0x0806, 0x0603 },
};

/* The library names the hash only by its length; no two that are allowed share one. */
static const struct digest_row *
digest_by_len(size_t len)
{
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		if (digests[i].len == len)
			return &digests[i];
	}
	return NULL;
}

static const struct digest_row *
digest_in_info(const uint8_t *info, size_t len)
{
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		if (len == sizeof(digests[i].info) + digests[i].len &&
		    memcmp(info, digests[i].info, sizeof(digests[i].info)) == 0)
			return &digests[i];
	}
	return NULL;
}

/* 0, or an error of the library's. */
static int
ask_core(WOLFSSL *ssl, uint16_t scheme, otls_bytes tbs, uint8_t *out, word32 *out_len)
{
	size_t len = 0;

	if (wolf_host_sign(ssl, scheme, tbs, out, *out_len, &len) != OTLS_OK)
		return BAD_FUNC_ARG;
	*out_len = (word32)len;
	return 0;
}

/* == an ordinary key in a context that has the callbacks == */

typedef int (*local_signature)(
    struct wolf_key *key, const struct digest_row *row, otls_bytes in, WC_RNG *rng, uint8_t *out, word32 *out_len);

static int
local_pkcs1(
    struct wolf_key *key, const struct digest_row *row, otls_bytes in, WC_RNG *rng, uint8_t *out, word32 *out_len)
{
	int ret = wc_RsaSSL_Sign(in.data, (word32)in.len, out, *out_len, &key->u.rsa, rng);

	(void)row;
	if (ret > 0)
		*out_len = (word32)ret;
	return ret > 0 ? 0 : ret;
}

static int
local_pss(struct wolf_key *key, const struct digest_row *row, otls_bytes in, WC_RNG *rng, uint8_t *out, word32 *out_len)
{
	int ret = wc_RsaPSS_Sign_ex(
	    in.data, (word32)in.len, out, *out_len, row->type, row->mgf, (int)in.len, &key->u.rsa, rng);

	if (ret > 0)
		*out_len = (word32)ret;
	return ret > 0 ? 0 : ret;
}

static int
local_ecdsa(
    struct wolf_key *key, const struct digest_row *row, otls_bytes in, WC_RNG *rng, uint8_t *out, word32 *out_len)
{
	(void)row;
	return wc_ecc_sign_hash(in.data, (word32)in.len, out, out_len, rng, &key->u.ec);
}

static int
sign_locally(const otls_engine_key *key, local_signature sign, const struct digest_row *row, otls_bytes in,
    uint8_t *out, word32 *out_len)
{
	struct wolf_key live = { .kind = WOLF_KEY_NONE };
	otls_report report = { .alert = -1 };
	WC_RNG rng;
	int ret = wc_InitRng(&rng);

	if (ret != 0)
		return ret;
	ret = BAD_FUNC_ARG;
	if (wolf_key_open(&live, key, &report) == OTLS_OK) {
#ifdef WC_RSA_BLINDING
		if (live.kind == WOLF_KEY_RSA)
			(void)wc_RsaSetRNG(&live.u.rsa, &rng);
#endif
		ret = sign(&live, row, in, &rng, out, out_len);
	}
	wolf_key_close(&live);
	wc_FreeRng(&rng);
	return ret;
}

/* == the callbacks == */

static int
on_ecdsa(WOLFSSL *ssl, const unsigned char *in, unsigned int in_len, unsigned char *out, word32 *out_len,
    const unsigned char *key_der, unsigned int key_len, void *arg)
{
	const struct digest_row *row = digest_by_len(in_len);
	const otls_engine_key *key = wolf_own_key(ssl);
	otls_bytes tbs = { in, in_len };

	(void)key_der, (void)key_len, (void)arg;
	if (key == NULL || row == NULL)
		return BAD_FUNC_ARG;
	return key->signer != NULL ? ask_core(ssl, row->ecdsa, tbs, out, out_len)
				   : sign_locally(key, local_ecdsa, row, tbs, out, out_len);
}

static int
on_pkcs1(WOLFSSL *ssl, const unsigned char *in, unsigned int in_len, unsigned char *out, word32 *out_len,
    const unsigned char *key_der, unsigned int key_len, void *arg)
{
	const struct digest_row *row = digest_in_info(in, in_len);
	const otls_engine_key *key = wolf_own_key(ssl);
	otls_bytes tbs = { NULL, 0 };

	(void)key_der, (void)key_len, (void)arg;
	if (key == NULL || row == NULL)
		return BAD_FUNC_ARG;
	tbs = (otls_bytes){ in + sizeof(row->info), row->len };
	return key->signer != NULL ? ask_core(ssl, row->pkcs1, tbs, out, out_len)
				   : sign_locally(key, local_pkcs1, row, (otls_bytes){ in, in_len }, out, out_len);
}

static int
on_pss(WOLFSSL *ssl, const unsigned char *in, unsigned int in_len, unsigned char *out, unsigned int *out_len, int hash,
    int mgf, const unsigned char *key_der, unsigned int key_len, void *arg)
{
	const struct digest_row *row = digest_by_len(in_len);
	const otls_engine_key *key = wolf_own_key(ssl);
	otls_bytes tbs = { in, in_len };

	(void)hash, (void)mgf, (void)key_der, (void)key_len, (void)arg;
	if (key == NULL || row == NULL)
		return BAD_FUNC_ARG;
	return key->signer != NULL ? ask_core(ssl, row->pss, tbs, out, out_len)
				   : sign_locally(key, local_pss, row, tbs, out, out_len);
}

/* The library looks at its own signature with the key, which it has not got here (5.5 crashes): the public half does.
 * Each answers the length of what is inside, and where it is. */
static int
check_pkcs1(WOLFSSL *ssl, unsigned char *sig, unsigned int sig_len, unsigned char **out, const unsigned char *key_der,
    unsigned int key_len, void *arg)
{
	struct wolf_key live = { .kind = WOLF_KEY_NONE };
	const otls_engine_key *key = wolf_own_key(ssl);
	otls_report report = { .alert = -1 };
	int ret = BAD_FUNC_ARG;

	(void)key_der, (void)key_len, (void)arg;
	if (key != NULL && wolf_key_open_spki(&live, (otls_bytes){ key->spki, key->spki_len }, &report) == OTLS_OK)
		ret = wc_RsaSSL_VerifyInline(sig, sig_len, out, &live.u.rsa);
	wolf_key_close(&live);
	return ret;
}

static int
check_pss(WOLFSSL *ssl, unsigned char *sig, unsigned int sig_len, unsigned char **out, int hash, int mgf,
    const unsigned char *key_der, unsigned int key_len, void *arg)
{
	struct wolf_key live = { .kind = WOLF_KEY_NONE };
	const otls_engine_key *key = wolf_own_key(ssl);
	otls_report report = { .alert = -1 };
	int ret = BAD_FUNC_ARG;

	(void)key_der, (void)key_len, (void)arg;
	if (key != NULL && wolf_key_open_spki(&live, (otls_bytes){ key->spki, key->spki_len }, &report) == OTLS_OK)
		ret = wc_RsaPSS_VerifyInline(sig, sig_len, out, wc_OidGetHash(hash), mgf, &live.u.rsa);
	wolf_key_close(&live);
	return ret;
}

void
wolf_set_signers(otls_engine_context *ctx)
{
	const otls_engine_config *config = ctx->config;
	bool remote = config->identity != NULL && config->identity->key->signer != NULL;

	if (!remote && !config->choose_identity)
		return;
	wolfSSL_CTX_SetEccSignCb(ctx->ctx, on_ecdsa);
	wolfSSL_CTX_SetRsaSignCb(ctx->ctx, on_pkcs1);
	wolfSSL_CTX_SetRsaSignCheckCb(ctx->ctx, check_pkcs1);
	wolfSSL_CTX_SetRsaPssSignCb(ctx->ctx, on_pss);
	wolfSSL_CTX_SetRsaPssSignCheckCb(ctx->ctx, check_pss);
}

#else

otls_status
wolf_key_remote(otls_engine_key *key, otls_bytes spki, void *signer, otls_report *report)
{
	(void)key, (void)spki, (void)signer;
	return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wolfSSL_CTX_use_PrivateKey_id", "not in this build");
}

int
wolf_use_remote_key(WOLFSSL_CTX *ctx, WOLFSSL *ssl, const otls_engine_key *key)
{
	(void)ctx, (void)ssl, (void)key;
	return NOT_COMPILED_IN;
}

void
wolf_set_signers(otls_engine_context *ctx)
{
	(void)ctx;
}

#endif
