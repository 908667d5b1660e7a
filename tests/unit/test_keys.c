/* Encrypted private keys and PKCS#12 files, opened by core with what each backend lends. */
#include "keys/keys.h"

#include "error.h"
#include "keys_samples.h"
#include "scarce.h"
#include "x509/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const otls_engine *engine;

static otls_bytes
decode(const char *base64)
{
	otls_base64 state = { 0 };
	size_t len = 0;
	uint8_t *out = malloc(strlen(base64));

	assert_non_null(out);
	assert_true(otls__base64_decode(&state, otls__bytes(base64, strlen(base64)), out, &len));
	assert_true(otls__base64_complete(&state));
	return otls__bytes(out, len);
}

static void
release(otls_bytes bytes)
{
	free((void *)(uintptr_t)bytes.data);
}

static otls_opening
opening(const char *passphrase)
{
	return (otls_opening){
		.engine = engine, .passphrase = otls__bytes(passphrase, strlen(passphrase)), .where = "file"
	};
}

static otls_code
last_code(void)
{
	return otls_error_code(otls_error_last());
}

static void
assert_hex(const uint8_t *bytes, const char *hex)
{
	for (size_t i = 0; hex[2 * i] != '\0'; i++) {
		unsigned byte = 0;
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		assert_int_equal(bytes[i], byte);
	}
}

/* == derivations: known answers == */

/* RFC 7914, section 12. */
static void
scrypt_answers(void **state)
{
	otls_opening pleaselet = opening("pleaseletmein"), empty = opening(""), password = opening("password");
	uint8_t out[64];

	(void)state;
	assert_int_equal(otls__scrypt(&empty, &(otls_scrypt_params){ otls__bytes("", 0), 16, 1, 1 }, out, 64), OTLS_OK);
	assert_hex(out, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
			"fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
	assert_int_equal(
	    otls__scrypt(&password, &(otls_scrypt_params){ otls__bytes("NaCl", 4), 1024, 8, 16 }, out, 64), OTLS_OK);
	assert_hex(out, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
			"2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
	assert_int_equal(
	    otls__scrypt(&pleaselet, &(otls_scrypt_params){ otls__bytes("SodiumChloride", 14), 16384, 8, 1 }, out, 64),
	    OTLS_OK);
	assert_hex(out, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
			"d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
}

static void
scrypt_limits(void **state)
{
	static const struct {
		uint32_t cost, block_size, parallel;
		otls_code code;
	} rows[] = {
		{ 0, 1, 1, OTLS_E_FORMAT },
		{ 1, 1, 1, OTLS_E_FORMAT },
		{ 17, 1, 1, OTLS_E_FORMAT },
		{ 16, 0, 1, OTLS_E_FORMAT },
		{ 16, 1, 0, OTLS_E_FORMAT },
		{ 1u << 30, 8, 1, OTLS_E_LIMIT },
		{ 16, 1025, 1, OTLS_E_LIMIT },
		{ 16, 1, 1025, OTLS_E_LIMIT },
		{ 1u << 18, 8, 100, OTLS_E_LIMIT },
	};
	otls_opening with = opening("x");
	uint8_t out[16];

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_scrypt_params params = { otls__bytes("salt", 4), rows[i].cost, rows[i].block_size,
			rows[i].parallel };
		assert_int_equal(otls__scrypt(&with, &params, out, sizeof(out)), OTLS_ERROR);
		assert_int_equal(last_code(), rows[i].code);
	}
}

/* The answers that `openssl kdf ... PKCS12KDF` gives: "smeg" with its terminator as UTF-16. */
static void
pkcs12_answers(void **state)
{
	otls_opening smeg = opening("smeg");
	const uint8_t salt[] = { 0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f };
	otls_secret password = { 0 };
	uint8_t out[40];

	(void)state;
	assert_int_equal(otls__pkcs12_password(&smeg, &password), OTLS_OK);
	assert_int_equal(password.len, 10);
	assert_hex(password.data, "0073006d006500670000");
	assert_int_equal(otls__pkcs12_derive(&smeg, OTLS_HASH_SHA1, OTLS_PKCS12_KEY, otls__secret_view(&password),
			     otls__bytes(salt, sizeof(salt)), 1, out, 24),
	    OTLS_OK);
	assert_hex(out, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3");
	assert_int_equal(otls__pkcs12_derive(&smeg, OTLS_HASH_SHA1, OTLS_PKCS12_IV, otls__secret_view(&password),
			     otls__bytes(salt, sizeof(salt)), 1, out, 8),
	    OTLS_OK);
	assert_hex(out, "79993dfe048d3b76");
	otls__secret_fini(&password);
}

static void
passwords_as_utf16(void **state)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
		{ "", "0000" },
		{ "a\xc3\xbc\xe2\x82\xac", "006100fc20ac0000" },
		{ "\xf0\x9f\x98\x80", "d83dde000000" },
		/* Not UTF-8: a lone byte, an overlong slash, a surrogate, cut short, not continued, above U+10FFFF. */
		{ "\xfc", "00fc0000" },
		{ "\xc0\xaf", "00c000af0000" },
		{ "\xed\xa0\x80", "00ed00a000800000" },
		{ "a\xe2\x82", "006100e200820000" },
		{ "\xc3(", "00c300280000" },
		{ "\xf4\x90\x80\x80", "00f40090008000800000" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_opening with = opening(rows[i].text);
		otls_secret password = { 0 };
		assert_int_equal(otls__pkcs12_password(&with, &password), OTLS_OK);
		assert_int_equal(password.len, strlen(rows[i].hex) / 2);
		assert_hex(password.data, rows[i].hex);
		otls__secret_fini(&password);
	}
}

/* == encrypted keys == */

static const char *const encrypted[] = { key_pbe3des, key_scrypt, key_sha224, key_sha384, key_aes_128_sha1,
	key_aes_192_sha256, key_aes_256_sha512, key_des3_sha1, key_des3_sha256 };

static void
pkcs8_opens(void **state)
{
	otls_bytes plain = decode(key_plain);

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(encrypted); i++) {
		otls_opening right = opening("secret"), wrong = opening("Secret"), empty = opening("");
		otls_bytes der = decode(encrypted[i]);
		otls_secret out = { 0 };

		if (otls__pkcs8_open(&right, der, &out) != OTLS_OK)
			fail_msg("%zu: %s", i, otls_error_message(otls_error_last()));
		assert_true(otls__bytes_equal(otls__secret_view(&out), plain));
		otls__secret_fini(&out);
		assert_int_equal(otls__pkcs8_open(&wrong, der, &out), OTLS_ERROR);
		assert_int_equal(last_code(), OTLS_E_PASSPHRASE);
		assert_int_equal(otls__pkcs8_open(&empty, der, &out), OTLS_ERROR);
		assert_int_equal(last_code(), OTLS_E_PASSPHRASE);
		assert_null(out.data);
		release(der);
	}
	release(plain);
}

static void
pkcs8_unsupported(void **state)
{
	static const struct {
		const char *key, *message;
	} rows[] = {
		{ key_camellia, "file: encrypted with 1.2.392.200011.61.1.1.1.4: not supported by this backend" },
		{ key_des, "file: encrypted with 1.2.840.113549.1.5.3: not supported by this backend" },
	};
	otls_opening right = opening("secret");

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_bytes der = decode(rows[i].key);
		otls_secret out = { 0 };
		assert_int_equal(otls__pkcs8_open(&right, der, &out), OTLS_ERROR);
		assert_int_equal(last_code(), OTLS_E_UNSUPPORTED);
		assert_string_equal(otls_error_message(otls_error_last()), rows[i].message);
		release(der);
	}
}

/* == damage == */

/* A damaged number may ask for millions of iterations, which is more than a test waits for. */
#define PATIENCE 2000

static unsigned hashes;

static otls_status
impatient_hash(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	return hashes++ < PATIENCE ? engine->hash(hash, parts, n, out, len, report) : OTLS_ERROR;
}

static otls_status
impatient_pbkdf2(otls_hash hash, otls_bytes passphrase, otls_bytes salt, uint32_t iterations, uint8_t *out, size_t len,
    otls_report *report)
{
	return iterations < PATIENCE ? engine->pbkdf2(hash, passphrase, salt, iterations, out, len, report)
				     : OTLS_ERROR;
}

static otls_engine impatient;

static otls_opening
impatient_opening(void)
{
	otls_opening with = opening("secret");

	impatient = *engine;
	impatient.hash = impatient_hash;
	impatient.pbkdf2 = impatient_pbkdf2;
	hashes = 0;
	with.engine = &impatient;
	return with;
}

/* Whatever comes of it, it is told, and nothing is read that is not there: each piece has a block of its own. */
static void
open_damaged(otls_status (*open)(otls_bytes), otls_bytes good, otls_bytes damaged)
{
	uint8_t *copy = malloc(damaged.len > 0 ? damaged.len : 1);

	assert_non_null(copy);
	if (damaged.len > 0)
		memcpy(copy, damaged.data, damaged.len);
	if (open(otls__bytes(copy, damaged.len)) == OTLS_OK)
		assert_true(damaged.len == good.len);
	free(copy);
}

static void
open_all_damages(otls_status (*open)(otls_bytes), otls_bytes good)
{
	uint8_t *copy = malloc(good.len);

	assert_non_null(copy);
	for (size_t len = 0; len < good.len; len++)
		open_damaged(open, good, otls__bytes(good.data, len));
	for (size_t i = 0; i < good.len; i++) {
		memcpy(copy, good.data, good.len);
		copy[i] ^= (uint8_t)(1 << i % 8);
		open_damaged(open, good, otls__bytes(copy, good.len));
	}
	free(copy);
}

static otls_status
open_key(otls_bytes der)
{
	otls_opening right = impatient_opening();
	otls_secret out = { 0 };
	otls_status status = otls__pkcs8_open(&right, der, &out);

	otls__secret_fini(&out);
	return status;
}

static void
pkcs8_damaged(void **state)
{
	static const char *const keys[] = { key_pbe3des, key_scrypt, key_aes_256_sha512 };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(keys); i++) {
		otls_bytes der = decode(keys[i]);
		open_all_damages(open_key, der);
		release(der);
	}
}

static void
pem_opens(void **state)
{
	static const char *const blocks[] = { pem_aes128, pem_aes192, pem_aes256, pem_des3 };
	otls_opening right = opening("secret"), wrong = opening("secre");

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(blocks); i++) {
		otls_bytes block = otls__bytes(blocks[i], strlen(blocks[i]));
		otls_key_form form = OTLS_KEY_PKCS8;
		otls_secret out = { 0 };

		assert_int_equal(otls__pem_key_open(&right, block, &form, &out), OTLS_OK);
		assert_int_equal(form, OTLS_KEY_SEC1);
		assert_int_equal(out.len, 121);
		assert_int_equal(out.data[0], OTLS_DER_SEQUENCE);
		otls__secret_fini(&out);
		if (otls__pem_key_open(&wrong, block, &form, &out) == OTLS_ERROR)
			assert_int_equal(last_code(), OTLS_E_PASSPHRASE);
		otls__secret_fini(&out);
	}
}

static void
pem_refused(void **state)
{
	static const struct {
		const char *block;
		otls_code code;
		const char *message;
	} rows[] = {
		{ pem_camellia, OTLS_E_UNSUPPORTED, "encrypted with CAMELLIA-256-CBC" },
		{ "", OTLS_E_FORMAT, "no block" },
		{ "-----BEGIN DSA PRIVATE KEY-----\n\n", OTLS_E_FORMAT, "no block" },
		{ "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nZm9v\n", OTLS_E_FORMAT, "no DEK-Info" },
		{ "-----BEGIN EC PRIVATE KEY-----\nDEK-Info: AES-128-CBC,00\n\nZm9v\n", OTLS_E_FORMAT,
		    "initial vector" },
		{ "-----BEGIN EC PRIVATE KEY-----\nDEK-Info: AES-128-CBC,0011223344556677889900aabbccddeg\n\nZm9v\n",
		    OTLS_E_FORMAT, "initial vector" },
		{ "-----BEGIN EC PRIVATE KEY-----\nDEK-Info: AES-128-CBC,0011223344556677889900aabbccddee\n\n%\n",
		    OTLS_E_FORMAT, "not BASE64" },
		{ "-----BEGIN EC PRIVATE KEY-----\nDEK-Info: AES-128-CBC,0011223344556677889900aabbccddee\n\nZm9\n",
		    OTLS_E_FORMAT, "ends too early" },
		{ "-----BEGIN EC PRIVATE KEY-----\nDEK-Info: AES-128-CBC,0011223344556677889900aabbccddee\n\nZm9v\n",
		    OTLS_E_FORMAT, "whole blocks" },
	};
	otls_opening right = opening("secret");

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_key_form form = OTLS_KEY_PKCS8;
		otls_secret out = { 0 };
		assert_int_equal(
		    otls__pem_key_open(&right, otls__bytes(rows[i].block, strlen(rows[i].block)), &form, &out),
		    OTLS_ERROR);
		assert_int_equal(last_code(), rows[i].code);
		if (strstr(otls_error_message(otls_error_last()), rows[i].message) == NULL)
			fail_msg("%zu: %s", i, otls_error_message(otls_error_last()));
	}
}

/* == PKCS#12 == */

static void
pkcs12_opens(void **state)
{
	static const struct {
		const char *file, *passphrase;
		size_t certs;
	} rows[] = {
		{ pkcs12_aes, "secret", 2 },
		{ pkcs12_3des, "secret", 1 },
		{ pkcs12_sha512, "secret", 1 },
		{ pkcs12_nomac, "secret", 1 },
		{ pkcs12_empty, "", 1 },
		{ pkcs12_null, "", 1 },
		{ pkcs12_utf8,
		    "Gr\xc3\xbc\xc3\x9f"
		    "e\xe2\x82\xac\xf0\x9f\x98\x80",
		    1 },
		{ pkcs12_nss, "swordfish", 2 },
		{ pkcs12_nokey, "secret", 1 },
		{ pkcs12_nocert, "secret", 0 },
	};
	otls_bytes plain = decode(key_plain);

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_opening right = opening(rows[i].passphrase), wrong = opening("wrong");
		otls_bytes file = decode(rows[i].file);
		otls_pkcs12 out;

		if (otls__pkcs12_open(&right, file, &out) != OTLS_OK)
			fail_msg("%zu: %s", i, otls_error_message(otls_error_last()));
		assert_int_equal(out.count, rows[i].certs);
		if (rows[i].file == pkcs12_nokey)
			assert_null(out.key.data);
		else if (rows[i].file != pkcs12_nss) /* which writes the attributes of a key otherwise */
			assert_true(out.key.len >= plain.len);
		otls__pkcs12_fini(&out);
		assert_int_equal(otls__pkcs12_open(&wrong, file, &out), OTLS_ERROR);
		assert_int_equal(last_code(), OTLS_E_PASSPHRASE);
		assert_null(out.key.data);
		assert_null(out.certs);
		release(file);
	}
	release(plain);
}

static void
pkcs12_refused(void **state)
{
	otls_opening right = opening("secret");
	otls_bytes file = decode(pkcs12_rc2);
	otls_pkcs12 out;

	(void)state;
	assert_int_equal(otls__pkcs12_open(&right, file, &out), OTLS_ERROR);
	assert_int_equal(last_code(), OTLS_E_UNSUPPORTED);
	release(file);
	assert_int_equal(otls__pkcs12_open(&right, otls__bytes(pem_des3, strlen(pem_des3)), &out), OTLS_ERROR);
	assert_int_equal(last_code(), OTLS_E_FORMAT);
	assert_int_equal(otls__pkcs12_open(&right, otls__bytes("", 0), &out), OTLS_ERROR);
	assert_int_equal(last_code(), OTLS_E_FORMAT);
}

static otls_status
open_pkcs12(otls_bytes file)
{
	otls_opening right = impatient_opening();
	otls_pkcs12 out;
	otls_status status = otls__pkcs12_open(&right, file, &out);

	otls__pkcs12_fini(&out);
	return status;
}

static void
pkcs12_damaged(void **state)
{
	static const char *const files[] = { pkcs12_3des, pkcs12_nomac, pkcs12_nocert };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(files); i++) {
		otls_bytes file = decode(files[i]);
		open_all_damages(open_pkcs12, file);
		release(file);
	}
}

/* == BER == */

static void
ber_becomes_der(void **state)
{
	static const struct {
		const char *ber, *der; /* hex; der NULL: refused */
	} rows[] = {
		{ "0500", "0500" },
		{ "30800201010000", "3003020101" },
		{ "30810302010a", "300302010a" },
		{ "308400000003020101", "3003020101" },
		{ "2480040161040262630000", "0403616263" },
		{ "24800401612480040262630000"
		  "0000",
		    "0403616263" },
		{ "a080040161040162"
		  "0000",
		    "a006040161040162" },
		{ "0201010500", "0201010500" },
		{ "", NULL },
		{ "30", NULL },
		{ "3080", NULL },
		{ "3080020101", NULL },
		{ "308002010100", NULL },
		{ "3003020101ff", NULL },
		{ "048004016100"
		  "00",
		    NULL },
		{ "2480020101"
		  "0000",
		    NULL },
		{ "3f0100", NULL },
		{ "3085ffffffffff", NULL },
		{ "3084ffffffff", NULL },
		{ "300402010a", NULL },
	};
	otls_opening with = opening("");

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		size_t len = strlen(rows[i].ber) / 2;
		uint8_t *ber = malloc(len + 1);
		otls_secret der = { 0 };
		otls_status status;

		assert_non_null(ber);
		for (size_t j = 0; j < len; j++) {
			unsigned byte = 0;
			assert_int_equal(sscanf(rows[i].ber + 2 * j, "%2x", &byte), 1);
			ber[j] = (uint8_t)byte;
		}
		status = otls__ber_to_der(&with, otls__bytes(ber, len), &der);
		if ((status == OTLS_OK) != (rows[i].der != NULL))
			fail_msg("%s", rows[i].ber);
		if (status == OTLS_OK) {
			assert_int_equal(der.len, strlen(rows[i].der) / 2);
			assert_hex(der.data, rows[i].der);
		}
		otls__secret_fini(&der);
		free(ber);
	}
}

static void
ber_is_not_too_deep(void **state)
{
	static uint8_t deep[200000];
	otls_opening with = opening("");
	otls_secret der = { 0 };

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(deep); i += 2) {
		deep[i] = 0x30;
		deep[i + 1] = 0x80;
	}
	assert_int_equal(otls__ber_to_der(&with, otls__bytes(deep, sizeof(deep)), &der), OTLS_ERROR);
	assert_int_equal(last_code(), OTLS_E_FORMAT);
}

/* == memory == */

/* Every allocation fails in turn: MEMORY each time, and nothing is lost. */
static void
memory_runs_out(void **state)
{
	static const char *const files[] = { pkcs12_aes, pkcs12_3des };
	otls_status status = OTLS_ERROR;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(files); i++) {
		otls_bytes file = decode(files[i]);
		for (long n = 0; n < 1000; n++) {
			otls_opening right = opening("secret");
			otls_pkcs12 out;

			allocations_left = n;
			otls__alloc_trap = allow;
			status = otls__pkcs12_open(&right, file, &out);
			otls__alloc_trap = NULL;
			otls__pkcs12_fini(&out);
			if (status == OTLS_OK)
				break;
			assert_int_equal(last_code(), OTLS_E_MEMORY);
		}
		assert_int_equal(status, OTLS_OK);
		release(file);
	}
}

static int
run_with(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scrypt_answers),
		cmocka_unit_test(scrypt_limits),
		cmocka_unit_test(pkcs12_answers),
		cmocka_unit_test(passwords_as_utf16),
		cmocka_unit_test(pkcs8_opens),
		cmocka_unit_test(pkcs8_unsupported),
		cmocka_unit_test(pkcs8_damaged),
		cmocka_unit_test(pem_opens),
		cmocka_unit_test(pem_refused),
		cmocka_unit_test(pkcs12_opens),
		cmocka_unit_test(pkcs12_refused),
		cmocka_unit_test(pkcs12_damaged),
		cmocka_unit_test(ber_becomes_der),
		cmocka_unit_test(ber_is_not_too_deep),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	const otls_backend *backend;
	int failures = 0;

	for (size_t i = 0; (backend = otls_backend_at(i)) != NULL; i++) {
		engine = otls_backend_engine(backend);
		if (engine != NULL && engine->has(OTLS_CAP_KEY_DECRYPT))
			failures += run_with(otls_backend_name(backend));
	}
	return failures;
}
