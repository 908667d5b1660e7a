/* From a passphrase to plain text: PBES2 (RFC 8018, section 6.2) with PBKDF2 or scrypt, and PKCS#12's own scheme with
 * 3DES (RFC 7292, appendix C). */
#include "error.h"
#include "keys/keys.h"
#include "x509/text.h"

#define BLOCK_MAX 16
#define KEY_MAX   32

void
otls__secret_fini(otls_secret *secret)
{
	otls__free_secret(secret->data, secret->len);
	*secret = (otls_secret){ 0 };
}

otls_status
otls__opening_damaged(const otls_opening *opening, const char *what)
{
	return otls__fail(OTLS_E_FORMAT, "%s: %s", opening->where, what);
}

otls_status
otls__opening_malformed(const otls_opening *opening, const char *what, const otls_der_fault *fault)
{
	if (fault == NULL || fault->what == NULL)
		return otls__opening_damaged(opening, what);
	return otls__fail(OTLS_E_FORMAT, "%s: %s: %s at byte %zu", opening->where, what, fault->what,
	    (size_t)(fault->at - fault->start));
}

otls_status
otls__opening_spend(const otls_opening *opening, uint64_t rounds)
{
	uint64_t left = opening->rounds_left != NULL ? *opening->rounds_left : OTLS_DERIVE_ROUNDS_MAX;

	if (rounds > left)
		return otls__fail(OTLS_E_LIMIT, "%s: %llu iterations, and %llu are %s", opening->where,
		    (unsigned long long)rounds, (unsigned long long)left,
		    left == OTLS_DERIVE_ROUNDS_MAX ? "what a passphrase is worth"
						   : "left of what a passphrase is worth");
	if (opening->rounds_left != NULL)
		*opening->rounds_left -= rounds;
	return OTLS_OK;
}

otls_status
otls__opening_wrong(const otls_opening *opening)
{
	return otls__fail(OTLS_E_PASSPHRASE, "%s: wrong passphrase", opening->where);
}

static otls_status
unsupported(const otls_opening *opening, const char *what, otls_bytes oid)
{
	otls_buffer text = { 0 };
	otls_status status;

	if (!otls__oid_text(oid, &text) || !otls__buffer_append(&text, "", 1))
		status = otls__fail_memory();
	else
		status = otls__fail(OTLS_E_UNSUPPORTED, "%s: %s %s", opening->where, what, (const char *)text.data);
	otls__buffer_fini(&text);
	return status;
}

/* == block ciphers == */

static size_t
block_len(otls_block_cipher cipher)
{
	return cipher == OTLS_BLOCK_3DES ? 8 : 16;
}

static bool
unpad(const uint8_t *data, size_t *len, size_t block)
{
	size_t padding = *len > 0 ? data[*len - 1] : 0;

	if (padding == 0 || padding > block || padding > *len)
		return false;
	for (size_t i = 0; i < padding; i++)
		if (data[*len - 1 - i] != padding)
			return false;
	*len -= padding;
	return true;
}

otls_status
otls__cbc_open(const otls_opening *opening, otls_block_cipher cipher, otls_bytes key, otls_bytes iv, otls_bytes sealed,
    otls_secret *plain)
{
	otls_report report = otls__report();
	size_t block = block_len(cipher), len = sealed.len;
	uint8_t *out;

	*plain = (otls_secret){ 0 };
	if (iv.len != block || len == 0 || len % block != 0)
		return otls__opening_damaged(opening, "what is encrypted is not whole blocks");
	if ((out = otls__alloc(len)) == NULL)
		return otls__fail_memory();
	*plain = (otls_secret){ .data = out, .len = len };
	if (opening->engine->cbc_decrypt(cipher, key, iv.data, sealed, out, &report) != OTLS_OK) {
		otls__secret_fini(plain);
		return otls__fail_report(
		    report.code == OTLS_E_UNSUPPORTED ? OTLS_E_UNSUPPORTED : otls__library_code(&report), &report, "%s",
		    opening->where);
	}
	if (unpad(out, &plain->len, block))
		return OTLS_OK;
	plain->len = len;
	otls__secret_fini(plain);
	return otls__opening_wrong(opening);
}

/* == PBES2 == */

otls_hash
otls__prf_hash(otls_bytes oid)
{
	static const struct {
		otls_bytes oid;
		otls_hash hash;
	} rows[] = {
		{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x02\x07"), OTLS_HASH_SHA1 },
		{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x02\x08"), OTLS_HASH_SHA224 },
		{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x02\x09"), OTLS_HASH_SHA256 },
		{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x02\x0a"), OTLS_HASH_SHA384 },
		{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x02\x0b"), OTLS_HASH_SHA512 },
	};

	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		if (otls__bytes_equal(rows[i].oid, oid))
			return rows[i].hash;
	return OTLS_HASH_NONE;
}

struct encryption {
	otls_block_cipher cipher;
	size_t key_len;
};

static bool
find_encryption(otls_bytes oid, struct encryption *found)
{
	static const struct {
		otls_bytes oid;
		struct encryption encryption;
	} rows[] = {
		{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x01\x02"), { OTLS_BLOCK_AES, 16 } },
		{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x01\x16"), { OTLS_BLOCK_AES, 24 } },
		{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x01\x2a"), { OTLS_BLOCK_AES, 32 } },
		{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x03\x07"), { OTLS_BLOCK_3DES, 24 } },
	};

	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		if (!otls__bytes_equal(rows[i].oid, oid))
			continue;
		*found = rows[i].encryption;
		return true;
	}
	return false;
}

static bool
read_rounds(otls_der *params, int *rounds)
{
	return otls__der_number(params, rounds) && (*rounds > 0 || otls__der_fail(params, "no number of iterations"));
}

otls_status
otls__pbkdf2_derive(const otls_opening *opening, otls_der *params, uint8_t *key, size_t len)
{
	otls_bytes salt, oid = { 0 };
	otls_report report = otls__report();
	otls_hash hash = OTLS_HASH_SHA1;
	otls_der prf;
	int rounds = 0, key_len = 0;

	otls__der_read(params, OTLS_DER_OCTET_STRING, &salt);
	read_rounds(params, &rounds);
	if (otls__der_next_is(params, OTLS_DER_INTEGER))
		otls__der_number(params, &key_len);
	if (otls__der_next_is(params, OTLS_DER_SEQUENCE) && otls__der_enter(params, OTLS_DER_SEQUENCE, &prf))
		hash = otls__der_oid(&prf, &oid) ? otls__prf_hash(oid) : OTLS_HASH_NONE;
	if (!otls__der_done(params) || (hash == OTLS_HASH_NONE && oid.data == NULL) ||
	    (key_len != 0 && (size_t)key_len != len))
		return otls__opening_malformed(opening, "the parameters of PBKDF2", params->fault);
	if (hash == OTLS_HASH_NONE)
		return unsupported(opening, "PBKDF2 with", oid);
	if (otls__opening_spend(opening, (uint64_t)rounds) != OTLS_OK)
		return OTLS_ERROR;
	if (opening->engine->pbkdf2(hash, opening->passphrase, salt, (uint32_t)rounds, key, len, &report) == OTLS_OK)
		return OTLS_OK;
	return otls__fail_report(report.code == OTLS_E_UNSUPPORTED ? OTLS_E_UNSUPPORTED : otls__library_code(&report),
	    &report, "%s: PBKDF2", opening->where);
}

/* RFC 7914, section 7. */
static otls_status
scrypt_derive(const otls_opening *opening, otls_der *params, uint8_t *key, size_t len)
{
	otls_scrypt_params numbers = { .cost = 0 };
	int cost = 0, block_size = 0, parallel = 0, key_len = 0;

	otls__der_read(params, OTLS_DER_OCTET_STRING, &numbers.salt);
	otls__der_number(params, &cost);
	otls__der_number(params, &block_size);
	otls__der_number(params, &parallel);
	numbers.cost = (uint32_t)cost;
	numbers.block_size = (uint32_t)block_size;
	numbers.parallel = (uint32_t)parallel;
	if (!params->failed && !otls__scrypt_possible(&numbers))
		otls__der_fail(params, "numbers that scrypt cannot have");
	if (otls__der_more(params))
		otls__der_number(params, &key_len);
	if (!otls__der_done(params) || (key_len != 0 && (size_t)key_len != len))
		return otls__opening_malformed(opening, "the parameters of scrypt", params->fault);
	return otls__scrypt(opening, &numbers, key, len);
}

static otls_status
derive(const otls_opening *opening, otls_bytes oid, otls_der *params, uint8_t *key, size_t len)
{
	if (otls__bytes_equal(oid, OTLS_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c")))
		return otls__pbkdf2_derive(opening, params, key, len);
	if (otls__bytes_equal(oid, OTLS_OID("\x2b\x06\x01\x04\x01\xda\x47\x04\x0b")))
		return scrypt_derive(opening, params, key, len);
	return unsupported(opening, "a passphrase goes through", oid);
}

static otls_status
pbes2_decrypt(const otls_opening *opening, otls_der *params, otls_bytes sealed, otls_secret *plain)
{
	otls_bytes derivation, cipher, iv;
	otls_der schemes, one, kdf, two;
	struct encryption encryption;
	uint8_t key[KEY_MAX];
	otls_status status;

	if (!otls__der_enter(params, OTLS_DER_SEQUENCE, &schemes) || !otls__der_done(params) ||
	    !otls__der_enter(&schemes, OTLS_DER_SEQUENCE, &one) || !otls__der_oid(&one, &derivation) ||
	    !otls__der_enter(&one, OTLS_DER_SEQUENCE, &kdf) || !otls__der_done(&one) ||
	    !otls__der_enter(&schemes, OTLS_DER_SEQUENCE, &two) || !otls__der_done(&schemes) ||
	    !otls__der_oid(&two, &cipher))
		return otls__opening_malformed(opening, "the parameters of PBES2", params->fault);
	if (!find_encryption(cipher, &encryption))
		return unsupported(opening, "encrypted with", cipher);
	if (!otls__der_read(&two, OTLS_DER_OCTET_STRING, &iv) || !otls__der_done(&two))
		return otls__opening_malformed(opening, "the parameters of the cipher", params->fault);
	status = derive(opening, derivation, &kdf, key, encryption.key_len);
	if (status == OTLS_OK)
		status = otls__cbc_open(
		    opening, encryption.cipher, otls__bytes(key, encryption.key_len), iv, sealed, plain);
	otls__wipe(key, sizeof(key));
	return status;
}

/* == PKCS#12's own == */

/* pbeWithSHAAnd3-KeyTripleDES-CBC. */
static otls_status
pkcs12_decrypt(const otls_opening *opening, otls_bytes password, otls_bytes salt, uint32_t rounds, otls_bytes sealed,
    otls_secret *plain)
{
	uint8_t key[24], iv[8];
	otls_status status;

	status = otls__pkcs12_derive(
	    opening, OTLS_HASH_SHA1, OTLS_PKCS12_KEY, password, salt, rounds, key, sizeof(key));
	if (status == OTLS_OK)
		status = otls__pkcs12_derive(
		    opening, OTLS_HASH_SHA1, OTLS_PKCS12_IV, password, salt, rounds, iv, sizeof(iv));
	if (status == OTLS_OK)
		status = otls__cbc_open(opening, OTLS_BLOCK_3DES, otls__bytes(key, sizeof(key)),
		    otls__bytes(iv, sizeof(iv)), sealed, plain);
	otls__wipe(key, sizeof(key));
	return status;
}

static otls_status
old_decrypt(const otls_opening *opening, otls_der *params, otls_bytes sealed, otls_secret *plain)
{
	otls_secret password = { 0 };
	otls_bytes salt;
	otls_der both;
	int rounds = 0;
	otls_status status;

	if (!otls__der_enter(params, OTLS_DER_SEQUENCE, &both) || !otls__der_done(params) ||
	    !otls__der_read(&both, OTLS_DER_OCTET_STRING, &salt) || !read_rounds(&both, &rounds) ||
	    !otls__der_done(&both))
		return otls__opening_malformed(opening, "the parameters of PKCS#12's encryption", params->fault);
	if (otls__opening_spend(opening, (uint64_t)rounds) != OTLS_OK ||
	    otls__pkcs12_password(opening, &password) != OTLS_OK)
		return OTLS_ERROR;
	status = pkcs12_decrypt(opening, otls__secret_view(&password), salt, (uint32_t)rounds, sealed, plain);
	otls__secret_fini(&password);
	return status;
}

otls_status
otls__scheme_decrypt(const otls_opening *opening, otls_bytes algorithm, otls_bytes sealed, otls_secret *plain)
{
	otls_der_fault fault = { .start = algorithm.data };
	otls_der der = otls__der(algorithm, &fault), inside;
	otls_bytes oid;

	*plain = (otls_secret){ 0 };
	if (!otls__der_enter(&der, OTLS_DER_SEQUENCE, &inside) || !otls__der_done(&der) ||
	    !otls__der_oid(&inside, &oid))
		return otls__opening_malformed(opening, "how it is encrypted cannot be read", &fault);
	if (otls__bytes_equal(oid, OTLS_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d")))
		return pbes2_decrypt(opening, &inside, sealed, plain);
	if (otls__bytes_equal(oid, OTLS_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03")))
		return old_decrypt(opening, &inside, sealed, plain);
	return unsupported(opening, "encrypted with", oid);
}
