/* PEM texts: blocks, what stands around them, what is wrong with them and on which line; certificates and keys in them. */
#include "error.h"
#include "make_der.h"
#include "x509/base64.h"
#include "x509/certificate.h"
#include "x509/pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
assert_error(otls_code code, const char *part)
{
	const char *message = otls_error_message(otls_error_last());

	assert_int_equal(otls_error_code(otls_error_last()), code);
	if (strstr(message, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, message);
}

/* == BASE64 == */

static void
test_base64(void **state)
{
	static const struct row {
		otls_bytes bytes;
		const char *text;
	} rows[] = {
		{ { (const uint8_t *)"", 0 }, "" },
		{ { (const uint8_t *)"f", 1 }, "Zg==" },
		{ { (const uint8_t *)"fo", 2 }, "Zm8=" },
		{ { (const uint8_t *)"foo", 3 }, "Zm9v" },
		{ { (const uint8_t *)"foobar", 6 }, "Zm9vYmFy" },
		{ { (const uint8_t *)"\xfb\xff\x00", 3 }, "+/8A" },
	};
	char text[16];
	uint8_t bytes[16];
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_base64 base64 = { 0 };
		size_t text_len = strlen(rows[i].text);

		assert_int_equal(OTLS_BASE64_LEN(rows[i].bytes.len), text_len);
		otls__base64_encode(rows[i].bytes, text);
		assert_memory_equal(text, rows[i].text, text_len);
		len = 0;
		assert_true(otls__base64_decode(&base64, otls__bytes(rows[i].text, text_len), bytes, &len));
		assert_true(otls__base64_complete(&base64));
		assert_true(otls__bytes_equal(otls__bytes(bytes, len), rows[i].bytes));
	}
}

static void
test_bad_base64(void **state)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "=",
		"Zm9v=", "Zg==Zg==", "Zm-v", "Zm 9v", "Zg=a" };
	uint8_t bytes[16];

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(bad); i++) {
		otls_base64 base64 = { 0 };
		size_t len = 0;
		bool good = otls__base64_decode(&base64, otls__bytes(bad[i], strlen(bad[i])), bytes, &len) &&
			    otls__base64_complete(&base64);

		if (good)
			fail_msg("%s", bad[i]);
	}
}

/* == blocks == */

static void
test_blocks(void **state)
{
	otls_bytes text = RAW("words\0 and NUL\n-----BEGIN ONE-----\nZm9v\nYmFy\n-----END ONE-----\n\n"
			      "more -----BEGIN words-----\r\n"
			      "\t-----BEGIN TWO THREE----- \r\n\r\n Zg==\t\r\n-----END TWO THREE-----\r\ntail");
	otls_pem_block block;
	size_t pos = 0;

	(void)state;
	assert_int_equal(otls__pem_next(text, &pos, "t", &block), OTLS_OK);
	assert_string_equal(block.label, "ONE");
	assert_int_equal(block.line, 2);
	assert_false(block.encrypted);
	assert_int_equal(block.der_len, 6);
	assert_memory_equal(block.der, "foobar", 6);
	assert_memory_equal(block.text.data, "-----BEGIN ONE", 14);
	otls__pem_fini(&block);
	assert_int_equal(otls__pem_next(text, &pos, "t", &block), OTLS_OK);
	assert_string_equal(block.label, "TWO THREE");
	assert_int_equal(block.line, 8);
	assert_int_equal(block.der_len, 1);
	assert_memory_equal(block.text.data, "-----BEGIN TWO", 14);
	otls__pem_fini(&block);
	assert_int_equal(otls__pem_next(text, &pos, "t", &block), OTLS_EOF);
	assert_int_equal(otls__pem_next(text, &pos, "t", &block), OTLS_EOF);
}

static void
test_line_ends(void **state)
{
	static const char *const texts[] = { "-----BEGIN A-----\rZm9v\r-----END A-----",
		"-----BEGIN A-----\nZm9v\n-----END A-----",
		"\xef\xbb\xbf-----BEGIN A-----\r\nZm9v\r\n-----END A-----\r\n",
		"-----BEGIN A-----\nZ\nm9\n\nv\n-----END A-----\n" };
	otls_pem_block block;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(texts); i++) {
		size_t pos = 0;

		assert_int_equal(otls__pem_next(otls__bytes(texts[i], strlen(texts[i])), &pos, "t", &block), OTLS_OK);
		assert_int_equal(block.der_len, 3);
		assert_memory_equal(block.der, "foo", 3);
		otls__pem_fini(&block);
	}
}

static void
test_headers(void **state)
{
	otls_bytes text = RAW("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\n"
			      "not to be read here\n-----END RSA PRIVATE KEY-----\n"
			      "-----BEGIN X-----\nComment: a\n  long one\n\nZm9v\n-----END X-----\n");
	otls_pem_block block;
	size_t pos = 0;

	(void)state;
	assert_int_equal(otls__pem_next(text, &pos, "t", &block), OTLS_OK);
	assert_true(block.encrypted);
	assert_null(block.der);
	assert_int_equal(block.text.len, pos);
	otls__pem_fini(&block);
	assert_int_equal(otls__pem_next(text, &pos, "t", &block), OTLS_OK);
	assert_false(block.encrypted);
	assert_int_equal(block.der_len, 3);
	otls__pem_fini(&block);
}

static void
test_damage(void **state)
{
	static const struct row {
		const char *text, *message;
	} rows[] = {
		{ "\n-----BEGIN A-----\nZm9v\n", "t, line 2: BEGIN A without an END line" },
		{ "-----BEGIN A-----", "t, line 1: BEGIN A without an END line" },
		{ "-----BEGIN A-----\nZm9v\n-----END B-----\n",
		    "t, line 3: END B, but the block began as A on line 1" },
		{ "-----BEGIN A-----\nZm9v\n-----END A--\n", "t, line 3: a damaged END line" },
		{ "-----BEGIN A----\nZm9v\n-----END A-----\n", "t, line 1: a damaged BEGIN line" },
		{ "-----BEGIN A-----\nZm9v\n-----BEGIN A-----\n", "t, line 3: a BEGIN line inside" },
		{ "\n\n-----END A-----\n", "t, line 3: an END line without" },
		{ "-----BEGIN A-----\nZm9v\nZm!v\n-----END A-----\n", "t, line 3: not BASE64" },
		{ "-----BEGIN A-----\nX: y\n\nZ: x\nZm9v\n-----END A-----\n", "t, line 4: not BASE64" },
		{ "-----BEGIN A-----\nZm9v\nZm9 v\n-----END A-----\n", "t, line 3: not BASE64" },
		{ "-----BEGIN A-----\nZg==\nZm9v\n-----END A-----\n", "t, line 3: not BASE64" },
		{ "-----BEGIN A-----\nZm9v\nZm9\n-----END A-----\n",
		    "t, line 4: the BASE64 above this line is cut short" },
		{ "-----BEGIN A-----\n-----END A-----\n", "t, line 2: the BASE64 above this line is cut short" },
		{ "-----BEGIN A\tB-----\nZm9v\n-----END A\tB-----\n", "t, line 1: a damaged BEGIN line" },
		{ "-----BEGIN A\x7f-----\nZm9v\n-----END A\x7f-----\n", "t, line 1: a damaged BEGIN line" },
		{ "-----BEGIN 0123456789012345678901234567890123456789012345678901234567890123-----\nZm9v\n",
		    "t, line 1: a damaged BEGIN line" },
		{ "-----BEGIN A-----\nProc-Type:\n\nZm!v\n-----END A-----\n", "t, line 4: not BASE64" },
		{ "-----BEGIN A-----\nProc-Type: 4,MIC-ONLY\n\nZm!v\n-----END A-----\n", "t, line 4: not BASE64" },
	};
	otls_pem_block block;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		size_t pos = 0;

		assert_int_equal(
		    otls__pem_next(otls__bytes(rows[i].text, strlen(rows[i].text)), &pos, "t", &block), OTLS_ERROR);
		assert_error(OTLS_E_FORMAT, rows[i].message);
		assert_null(block.der);
	}
}

/* == certificates == */

/* One block as text; lives until the program ends. */
static otls_bytes
block_of(const char *label, otls_bytes der)
{
	char *base64 = (char *)make_room(OTLS_BASE64_LEN(der.len) + 1);
	otls_bytes word = otls__bytes(label, strlen(label));

	otls__base64_encode(der, base64);
	return JOIN(RAW("-----BEGIN "), word, RAW("-----\n"), otls__bytes(base64, OTLS_BASE64_LEN(der.len)),
	    RAW("\n-----END "), word, RAW("-----\n"));
}

#define A_KEY block_of("PRIVATE KEY", pkcs8())

static otls_bytes
pkcs8(void)
{
	return DER(0x30, RAW("\x02\x01\x00"), RAW("\x30\x05\x06\x03\x2b\x65\x70"), TEXT(0x04, "secret"));
}

static void
test_certificates(void **state)
{
	otls_bytes text = JOIN(block_of("CERTIFICATE", make_leaf("one")), A_KEY,
	    block_of("X509 CERTIFICATE", make_leaf("two")), RAW("the end"));
	otls_certificate **certs = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(otls__pem_certificates(text, "t", &certs, &count), OTLS_OK);
	assert_int_equal(count, 2);
	assert_string_equal(otls_certificate_subject(certs[0]), "CN=one");
	assert_string_equal(otls_certificate_subject(certs[1]), "CN=two");
	otls__certificates_free(certs, count);
}

static void
test_not_certificates(void **state)
{
	otls_bytes good = block_of("CERTIFICATE", make_leaf("good"));
	const struct row {
		otls_bytes text;
		const char *message;
	} rows[] = {
		{ NOTHING, "t: no CERTIFICATE block" },
		{ RAW("\0\1\2\3"), "t: no CERTIFICATE block" },
		{ A_KEY, "t: no CERTIFICATE block" },
		{ make_leaf("der"), "t: this is DER, not PEM" },
		{ JOIN(good, block_of("TRUSTED CERTIFICATE", make_leaf("x"))), "t, line 4: a TRUSTED CERTIFICATE" },
		{ JOIN(good, block_of("CERTIFICATE", RAW("\x30\x00"))), "t, line 4: byte 2 of the certificate" },
		{ JOIN(good, RAW("-----BEGIN CERTIFICATE-----\n")), "t, line 4: BEGIN CERTIFICATE without" },
		{ JOIN(good, RAW("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nZm9v\n"
				 "-----END CERTIFICATE-----\n")),
		    "t, line 4: an encrypted certificate" },
	};
	otls_certificate **certs = NULL;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		assert_int_equal(otls__pem_certificates(rows[i].text, "t", &certs, &count), OTLS_ERROR);
		assert_error(OTLS_E_FORMAT, rows[i].message);
		assert_null(certs);
		assert_int_equal(count, 0);
	}
}

static void
test_policies(void **state)
{
	otls_bytes good = block_of("CERTIFICATE", make_leaf("good"));
	otls_bytes text = JOIN(good, A_KEY);
	otls_certificate **certs = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(otls__pem_certificates_by(text, "t", OTLS_PEM_ANCHORS, &certs, &count), OTLS_ERROR);
	assert_error(OTLS_E_FORMAT, "t, line 4: a PRIVATE KEY among trusted certificates");
	text = JOIN(block_of("CERTIFICATE", RAW("\x30\x00")), RAW("-----END X-----\n-----BEGIN CERTIFICATE-----\n%\n"),
	    block_of("TRUSTED CERTIFICATE", make_leaf("x")), good);
	assert_int_equal(otls__pem_certificates_by(text, "t", OTLS_PEM_SYSTEM, &certs, &count), OTLS_OK);
	assert_int_equal(count, 1);
	assert_string_equal(otls_certificate_subject(certs[0]), "CN=good");
	otls__certificates_free(certs, count);
}

/* The first block counts, whatever comes behind it. */
static void
test_first_certificate(void **state)
{
	otls_bytes text = JOIN(A_KEY, block_of("CERTIFICATE", make_leaf("one")), RAW("-----BEGIN CERTIFICATE-----\n%"));
	otls_certificate *cert = NULL;

	(void)state;
	assert_int_equal(otls_certificate_new(text.data, text.len, OTLS_FILETYPE_PEM, &cert), OTLS_OK);
	assert_string_equal(otls_certificate_subject(cert), "CN=one");
	otls_certificate_free(cert);
	assert_int_equal(otls_certificate_new(text.data + 1, 4, OTLS_FILETYPE_PEM, &cert), OTLS_ERROR);
	assert_null(cert);
}

static void
test_files(void **state)
{
	char path[] = "/tmp/otls-test-pem-XXXXXX";
	otls_bytes text = block_of("CERTIFICATE", make_leaf("file"));
	otls_certificate *cert = NULL;
	FILE *file = fdopen(mkstemp(path), "w");

	(void)state;
	assert_non_null(file);
	assert_int_equal(otls_certificate_new_file(path, OTLS_FILETYPE_PEM, &cert), OTLS_ERROR);
	assert_error(OTLS_E_FILE, path); /* empty */
	assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
	fclose(file);
	assert_int_equal(otls_certificate_new_file(path, OTLS_FILETYPE_PEM, &cert), OTLS_OK);
	assert_string_equal(otls_certificate_subject(cert), "CN=file");
	otls_certificate_free(cert);
	assert_int_equal(otls_certificate_new_file(path, OTLS_FILETYPE_ASN1, &cert), OTLS_ERROR);
	assert_error(OTLS_E_FORMAT, "this is PEM, not DER");
	remove(path);
	assert_int_equal(otls_certificate_new_file(path, OTLS_FILETYPE_PEM, &cert), OTLS_ERROR);
	assert_error(OTLS_E_FILE, path);
	assert_int_equal(otls_certificate_new_file("/tmp", OTLS_FILETYPE_PEM, &cert), OTLS_ERROR);
	assert_error(OTLS_E_FILE, "/tmp");
}

/* == keys == */

#define NUMBER RAW("\x02\x01\x05")

static otls_bytes
pkcs1(void)
{
	return DER(0x30, RAW("\x02\x01\x00"), NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER);
}

static otls_bytes
sec1(void)
{
	return DER(0x30, RAW("\x02\x01\x01"), TEXT(0x04, "secret"));
}

static otls_bytes
pkcs8_encrypted(void)
{
	return DER(0x30, RAW("\x30\x05\x06\x03\x2a\x03\x04"), TEXT(0x04, "sealed"));
}

static void
test_keys(void **state)
{
	const struct row {
		const char *label;
		otls_bytes der;
		otls_key_form form;
		otls_key_wrap wrap;
	} rows[] = {
		{ "PRIVATE KEY", pkcs8(), OTLS_KEY_PKCS8, OTLS_WRAP_NONE },
		{ "ENCRYPTED PRIVATE KEY", pkcs8_encrypted(), OTLS_KEY_PKCS8, OTLS_WRAP_PKCS8 },
		{ "RSA PRIVATE KEY", pkcs1(), OTLS_KEY_PKCS1, OTLS_WRAP_NONE },
		{ "EC PRIVATE KEY", sec1(), OTLS_KEY_SEC1, OTLS_WRAP_NONE },
	};
	otls_key_form form;
	otls_key_wrap wrap;
	uint8_t *key = NULL;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_bytes pem = JOIN(block_of("CERTIFICATE", make_leaf("x")),
		    block_of("EC PARAMETERS", RAW("\x06\x01\x2a")), block_of(rows[i].label, rows[i].der));
		assert_int_equal(
		    otls__key_decode(rows[i].der, OTLS_FILETYPE_ASN1, "t", &form, &wrap, &key, &len), OTLS_OK);
		assert_int_equal(form, rows[i].form);
		assert_int_equal(wrap, rows[i].wrap);
		assert_true(otls__bytes_equal(otls__bytes(key, len), rows[i].der));
		otls__free_secret(key, len);
		assert_int_equal(otls__key_decode(pem, OTLS_FILETYPE_PEM, "t", &form, &wrap, &key, &len), OTLS_OK);
		assert_int_equal(form, rows[i].form);
		assert_int_equal(wrap, rows[i].wrap);
		assert_true(otls__bytes_equal(otls__bytes(key, len), rows[i].der));
		otls__free_secret(key, len);
		/* Under another label it is refused. */
		pem = block_of(rows[(i + 1) % OTLS_COUNT(rows)].label, rows[i].der);
		assert_int_equal(otls__key_decode(pem, OTLS_FILETYPE_PEM, "t", &form, &wrap, &key, &len), OTLS_ERROR);
		assert_error(OTLS_E_FORMAT, "t, line 1: the block holds no ");
		/* Cut, it is told where. */
		pem = block_of(rows[i].label, otls__bytes(rows[i].der.data, rows[i].der.len - 1));
		assert_int_equal(otls__key_decode(pem, OTLS_FILETYPE_PEM, "t", &form, &wrap, &key, &len), OTLS_ERROR);
		assert_error(OTLS_E_FORMAT, "at byte ");
	}
}

static void
test_encrypted_pem_key(void **state)
{
	static const char block[] = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X\n\nZm9v\n"
				    "-----END EC PRIVATE KEY-----\n";
	otls_key_form form;
	otls_key_wrap wrap;
	uint8_t *key = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(
	    otls__key_decode(JOIN(RAW("text\n"), RAW(block)), OTLS_FILETYPE_PEM, "t", &form, &wrap, &key, &len),
	    OTLS_OK);
	assert_int_equal(form, OTLS_KEY_SEC1);
	assert_int_equal(wrap, OTLS_WRAP_PEM);
	assert_int_equal(len, strlen(block));
	assert_memory_equal(key, block, len);
	otls__free_secret(key, len);
}

static void
test_not_keys(void **state)
{
	const struct row {
		otls_filetype type;
		otls_bytes data;
		const char *message;
	} rows[] = {
		{ OTLS_FILETYPE_PEM, NOTHING, "t: no PEM block of a private key" },
		{ OTLS_FILETYPE_PEM, pkcs8(), "t: this is DER, not PEM" },
		{ OTLS_FILETYPE_PEM, block_of("PUBLIC KEY", make_ed25519()), "but a public key" },
		{ OTLS_FILETYPE_PEM, block_of("CERTIFICATE", make_leaf("x")), "but a certificate" },
		{ OTLS_FILETYPE_PEM, block_of("OPENSSH PRIVATE KEY", RAW("openssh-key-v1")), "but an OpenSSH key" },
		{ OTLS_FILETYPE_PEM, block_of("DSA PRIVATE KEY", RAW("\x30\x00")), "but a DSA key" },
		{ OTLS_FILETYPE_PEM, block_of("CERTIFICATE REQUEST", RAW("\x30\x00")), "but a certificate request" },
		{ OTLS_FILETYPE_ASN1, A_KEY, "t: this is PEM, not DER" },
		{ OTLS_FILETYPE_ASN1, make_ed25519(), "t: this is a public key" },
		{ OTLS_FILETYPE_ASN1, make_leaf("x"), "t: this is a certificate" },
		{ OTLS_FILETYPE_ASN1, DER(0x30, RAW("\x02\x01\x00"), NUMBER, NUMBER, NUMBER, NUMBER, NUMBER),
		    "a DSA key" },
		{ OTLS_FILETYPE_ASN1, DER(0x30, RAW("\x02\x01\x03"), RAW("\x30\x00")), "a PKCS#12 file" },
		{ OTLS_FILETYPE_ASN1, JOIN(pkcs8(), RAW("x")), "not one DER value" },
		{ OTLS_FILETYPE_ASN1, RAW("garbage"), "not one DER value" },
		{ OTLS_FILETYPE_PEM, block_of("SOMETHING ELSE", RAW("\x30\x00")), "t: no PEM block of a private key" },
		{ OTLS_FILETYPE_ASN1, RAW("\x30\x00"), "t: this is no private key" },
		{ OTLS_FILETYPE_ASN1, DER(0x30, RAW("\x02\x01\xff")), "t: this is no private key" },
		{ OTLS_FILETYPE_ASN1, DER(0x30, RAW("\x02\x01\x00"), NUMBER), "t: this is no private key" },
		{ OTLS_FILETYPE_ASN1, DER(0x30, RAW("\x02\x01\x00"), NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER),
		    "t: this is no private key" },
		{ OTLS_FILETYPE_ASN1, DER(0x30, RAW("\x30\x00"), NUMBER), "t: this is no private key" },
		{ OTLS_FILETYPE_ASN1, DER(0x30, RAW("\x30\x03\x06\x01\x2a"), NUMBER), "t: this is no private key" },
	};
	otls_key_form form;
	otls_key_wrap wrap;
	uint8_t *key = NULL;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		assert_int_equal(
		    otls__key_decode(rows[i].data, rows[i].type, "t", &form, &wrap, &key, &len), OTLS_ERROR);
		assert_error(OTLS_E_FORMAT, rows[i].message);
		assert_null(key);
	}
}

/* == memory == */

static unsigned allowed;

static bool
trap(void)
{
	return allowed > 0 && allowed-- > 0;
}

static void
test_no_memory(void **state)
{
	otls_bytes text = JOIN(
	    A_KEY, block_of("CERTIFICATE", make_leaf("one")), block_of("CERTIFICATE", make_leaf("two")));
	otls_certificate **certs = NULL;
	otls_key_form form;
	otls_key_wrap wrap;
	uint8_t *key = NULL;
	size_t count = 0;
	size_t len = 0;
	unsigned n = 0;

	(void)state;
	otls__alloc_trap = trap;
	while (otls__pem_certificates_by(text, "t", OTLS_PEM_SYSTEM, &certs, &count) != OTLS_OK) {
		assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_MEMORY);
		allowed = ++n;
	}
	assert_true(n > 6);
	assert_int_equal(count, 2);
	otls__certificates_free(certs, count);
	allowed = n = 0;
	while (otls__key_decode(text, OTLS_FILETYPE_PEM, "t", &form, &wrap, &key, &len) != OTLS_OK) {
		assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_MEMORY);
		allowed = ++n;
	}
	otls__alloc_trap = NULL;
	assert_int_equal(n, 2);
	otls__free_secret(key, len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_bad_base64),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_not_certificates),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_first_certificate),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_encrypted_pem_key),
		cmocka_unit_test(test_not_keys),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
