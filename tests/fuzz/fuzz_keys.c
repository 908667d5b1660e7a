/* Encrypted keys and PKCS#12 files, with an engine that decrypts by copying, so that what is inside is tried as well. */
#include "keys/keys.h"
#include "patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static otls_status
copy_hash(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	static unsigned calls;

	(void)parts, (void)n, (void)report;
	memset(out, 0, OTLS_HASH_MAX);
	*len = hash == OTLS_HASH_SHA1 ? 20 : hash == OTLS_HASH_MD5 ? 16 : 32;
	return ++calls % 5000 != 0 ? OTLS_OK : OTLS_ERROR; /* nobody waits for millions of rounds */
}

static otls_status
zero_hmac(
    otls_hash hash, otls_bytes key, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	(void)hash, (void)key, (void)parts, (void)n, (void)report;
	memset(out, 0, OTLS_HASH_MAX);
	*len = 20;
	return OTLS_OK;
}

static otls_status
zero_pbkdf2(otls_hash hash, otls_bytes passphrase, otls_bytes salt, uint32_t iterations, uint8_t *out, size_t len,
    otls_report *report)
{
	(void)hash, (void)passphrase, (void)salt, (void)report;
	memset(out, 0, len);
	return iterations > 1 ? OTLS_OK : OTLS_ERROR; /* scrypt asks for one, and its table takes its time */
}

static otls_status
copy_decrypt(
    otls_block_cipher cipher, otls_bytes key, const uint8_t *iv, otls_bytes data, uint8_t *out, otls_report *report)
{
	(void)cipher, (void)key, (void)iv, (void)report;
	memcpy(out, data.data, data.len);
	return OTLS_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const otls_engine engine = { .library = "none",
		.hash = copy_hash,
		.hmac = zero_hmac,
		.pbkdf2 = zero_pbkdf2,
		.cbc_decrypt = copy_decrypt };
	const otls_opening opening = { .engine = &engine, .passphrase = { (const uint8_t *)"x", 1 }, .where = "file" };
	otls_key_form form;
	otls_secret plain = { 0 };
	otls_pkcs12 file;

	if (otls__pkcs8_open(&opening, otls__bytes(data, size), &plain) != OTLS_OK && plain.data != NULL)
		abort();
	otls__secret_fini(&plain);
	(void)otls__pem_key_open(&opening, otls__bytes(data, size), &form, &plain);
	otls__secret_fini(&plain);
	if (otls__pkcs12_open(&opening, otls__bytes(data, size), &file) != OTLS_OK && file.certs != NULL)
		abort();
	otls__pkcs12_fini(&file);
	return 0;
}
