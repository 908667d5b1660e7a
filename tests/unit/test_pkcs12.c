/* PKCS#12 files and encrypted keys that are put together here: what nobody's tool writes is refused with a reason, and
 * so is what a library cannot do. */
#include "error.h"
#include "keys/keys.h"
#include "make_pkcs12.h"
#include "scarce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static otls_engine engine; /* a built one, to be tampered with */

static otls_opening
opening(void)
{
	return (otls_opening){ .engine = &engine, .passphrase = otls__bytes("secret", 6), .where = "file.p12" };
}

static void
expect_error(otls_status status, otls_code code, const char *text)
{
	assert_int_equal(status, OTLS_ERROR);
	if (otls_error_code(otls_error_last()) != code || strstr(otls_error_message(otls_error_last()), text) == NULL)
		fail_msg("%s wanted: %s", text, otls_error_message(otls_error_last()));
	assert_non_null(strstr(otls_error_message(otls_error_last()), "file.p12"));
}

static void
expect_refused(otls_bytes file, otls_code code, const char *text)
{
	otls_opening with = opening();
	otls_pkcs12 out;

	expect_error(otls__pkcs12_open(&with, file, &out), code, text);
	assert_null(out.key.data);
	assert_null(out.certs);
}

static otls_pkcs12
open_good(otls_bytes file)
{
	otls_opening with = opening();
	otls_pkcs12 out;

	if (otls__pkcs12_open(&with, file, &out) != OTLS_OK)
		fail_msg("%s", otls_error_message(otls_error_last()));
	return out;
}

/* == what is in it == */

/* A key in plain, a second one, which is passed over as revocation lists and other kinds of certificates are, and bags
 * within bags. */
static void
all_kinds_of_bags(void **state)
{
	otls_bytes leaf = make_leaf("one"), other = make_leaf("two");
	otls_pkcs12 out;

	(void)state;
	out = open_good(file_with_bags(JOIN(KEY_BAG, BAG("\x01", RAW("\x30\x03\x02\x01\x06")),
	    BAG("\x04", RAW("\x05\x00")), DER(0x30, RAW("\x06\x02\x2a\x03"), DER(0xa0, RAW("\x05\x00"))),
	    CERT_BAG(OID_X509, DER(0xa0, DER(0x04, leaf))), CERT_BAG(OID_SDSI, DER(0xa0, DER(0x16, RAW("sdsi")))),
	    BAG("\x06", DER(0x30, CERT_BAG(OID_X509, DER(0xa0, DER(0x04, other))))))));
	assert_int_equal(out.key.len, 5);
	assert_memory_equal(out.key.data, "\x30\x03\x02\x01\x05", 5);
	assert_int_equal(out.count, 2);
	assert_string_equal(otls_certificate_subject(out.certs[0]), "CN=one");
	assert_string_equal(otls_certificate_subject(out.certs[1]), "CN=two");
	otls__pkcs12_fini(&out);
}

static void
not_too_deep(void **state)
{
	otls_bytes bags = KEY_BAG;
	otls_pkcs12 out;

	(void)state;
	for (int i = 0; i < 4; i++)
		bags = BAG("\x06", DER(0x30, bags));
	out = open_good(file_with_bags(bags));
	assert_int_equal(out.key.len, 5);
	otls__pkcs12_fini(&out);
	expect_refused(file_with_bags(BAG("\x06", DER(0x30, bags))), OTLS_E_FORMAT, "what is in it cannot be read");
}

static void
malformed(void **state)
{
	const struct row {
		otls_bytes file;
		otls_code code;
		const char *says;
	} rows[] = {
		{ RAW("\x05\x00"), OTLS_E_FORMAT, "no PKCS#12 file" },
		{ DER(0x30, RAW("\x02\x01\x02"), DER(0x30, OID_DATA, DER(0xa0, RAW("\x04\x02\x30\x00")))),
		    OTLS_E_FORMAT, "no PKCS#12 file" },
		{ DER(0x30, RAW("\x02\x01\x03"), DER(0x30, OID_DATA, DER(0xa0, RAW("\x05\x00")))), OTLS_E_FORMAT,
		    "no PKCS#12 file" },
		{ DER(0x30, RAW("\x02\x01\x03"), DER(0x30, OID_SIGNED, DER(0xa0, RAW("\x05\x00")))), OTLS_E_UNSUPPORTED,
		    "signed, not protected by a passphrase" },
		{ file_of(RAW("\x05\x00"), NOTHING), OTLS_E_FORMAT, "what is in it cannot be read" },
		{ file_with(RAW("\x05\x00")), OTLS_E_FORMAT, "what is in it cannot be read" },
		{ file_with(RAW("\x30\x00")), OTLS_E_FORMAT, "what is in it cannot be read" },
		{ file_with(DER(0x30, OID_DATA)), OTLS_E_FORMAT, "what is in it cannot be read" },
		{ file_with(DER(0x30, OID_DATA, DER(0xa0, RAW("\x05\x00")))), OTLS_E_FORMAT,
		    "what is in it cannot be read" },
		{ file_with(DER(0x30, OID_DATA, DER(0xa0, DER(0x04, RAW("\x05\x00"))))), OTLS_E_FORMAT,
		    "what is in it cannot be read" },
		{ file_with(DER(0x30, OID_ENVELOPED, DER(0xa0, RAW("\x05\x00")))), OTLS_E_UNSUPPORTED,
		    "encrypted for a public key" },
		{ file_with_bags(RAW("\x05\x00")), OTLS_E_FORMAT, "what is in it cannot be read" },
		{ file_with_bags(RAW("\x30\x00")), OTLS_E_FORMAT, "what is in it cannot be read" },
		{ file_with_bags(BAG("\x01", RAW("\x05\x00"), RAW("\x05\x00"))), OTLS_E_FORMAT,
		    "what is in it cannot be read" },
		{ file_with_bags(BAG("\x06", RAW("\x05\x00"))), OTLS_E_FORMAT, "what is in it cannot be read" },
		{ file_with_bags(BAG("\x03", RAW("\x05\x00"))), OTLS_E_FORMAT, "a certificate in it cannot be read" },
		{ file_with_bags(CERT_BAG(RAW("\x05\x00"))), OTLS_E_FORMAT, "a certificate in it cannot be read" },
		{ file_with_bags(CERT_BAG(OID_X509)), OTLS_E_FORMAT, "a certificate in it cannot be read" },
		{ file_with_bags(CERT_BAG(OID_X509, DER(0xa0, RAW("\x05\x00")))), OTLS_E_FORMAT,
		    "a certificate in it cannot be read" },
		{ file_with_bags(CERT_BAG(OID_X509, DER(0xa0, RAW("\x04\x02\x30\x00")))), OTLS_E_FORMAT, "" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		expect_refused(rows[i].file, rows[i].code, rows[i].says);
}

/* == what is encrypted == */

static otls_bytes
pbes2(otls_bytes prf)
{
	return DER(0x30, OID_PBES2,
	    DER(0x30, DER(0x30, OID_PBKDF2, DER(0x30, SALT, RAW("\x02\x01\x05"), prf)), DER(0x30, OID_AES128, IV)));
}

static otls_bytes
encrypted(otls_bytes algorithm, otls_bytes sealed)
{
	return file_with(DER(
	    0x30, OID_ENCRYPTED, DER(0xa0, DER(0x30, RAW("\x02\x01\x00"), DER(0x30, OID_DATA, algorithm, sealed)))));
}

#define BLOCK "0123456789abcdef"

static void
sealed_malformed(void **state)
{
	const struct row {
		otls_bytes sealed;
		otls_code code;
		const char *says;
	} rows[] = {
		{ NOTHING, OTLS_E_FORMAT, "what is encrypted cannot be read" },
		{ RAW("\x80\x00"), OTLS_E_FORMAT, "not whole blocks" },
		{ RAW("\x80\x01x"), OTLS_E_FORMAT, "not whole blocks" },
		{ RAW("\x80\x10" BLOCK "\x05\x00"), OTLS_E_FORMAT, "what is encrypted cannot be read" },
		{ RAW("\xa0\x02\x05\x00"), OTLS_E_FORMAT, "what is encrypted cannot be read" },
		{ RAW("\x80\x10" BLOCK), OTLS_E_PASSPHRASE, "wrong passphrase" },
		{ RAW("\xa0\x14\x04\x08"
		      "01234567"
		      "\x04\x08"
		      "89abcdef"),
		    OTLS_E_PASSPHRASE, "wrong passphrase" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		expect_refused(encrypted(pbes2(HMAC_SHA256), rows[i].sealed), rows[i].code, rows[i].says);
	expect_refused(file_with(DER(0x30, OID_ENCRYPTED, DER(0xa0, RAW("\x30\x00")))), OTLS_E_FORMAT,
	    "what is encrypted cannot be read");
}

static otls_bytes
old(otls_bytes parameters)
{
	return DER(0x30, OID_3DES_OLD, parameters);
}

static otls_bytes
kdf(otls_bytes parameters)
{
	return DER(0x30, OID_PBES2, DER(0x30, DER(0x30, OID_PBKDF2, parameters), DER(0x30, OID_AES128, IV)));
}

static void
algorithms_malformed(void **state)
{
	const struct row {
		otls_bytes algorithm;
		otls_code code;
		const char *says;
	} rows[] = {
		{ RAW("\x30\x00"), OTLS_E_FORMAT, "how it is encrypted cannot be read" },
		{ DER(0x30, RAW("\x06\x02\x2a\x03")), OTLS_E_UNSUPPORTED, "encrypted with 1.2.3" },
		{ DER(0x30, OID_PBES2), OTLS_E_FORMAT, "the parameters of PBES2" },
		{ DER(0x30, OID_PBES2,
		      DER(0x30, DER(0x30, OID_PBKDF2, RAW("\x30\x00")), DER(0x30, RAW("\x06\x02\x2a\x03")))),
		    OTLS_E_UNSUPPORTED, "encrypted with 1.2.3" },
		{ DER(0x30, OID_PBES2, DER(0x30, DER(0x30, OID_PBKDF2, RAW("\x30\x00")), DER(0x30, OID_AES128))),
		    OTLS_E_FORMAT, "the parameters of the cipher" },
		{ DER(0x30, OID_PBES2,
		      DER(0x30, DER(0x30, RAW("\x06\x02\x2a\x04\x30\x00")), DER(0x30, OID_AES128, IV))),
		    OTLS_E_UNSUPPORTED, "a passphrase goes through 1.2.4" },
		{ kdf(RAW("\x30\x00")), OTLS_E_FORMAT, "the parameters of PBKDF2" },
		{ kdf(DER(0x30, SALT, RAW("\x02\x01\x01\x02\x01\x20"))), OTLS_E_FORMAT, "the parameters of PBKDF2" },
		{ kdf(DER(0x30, SALT, RAW("\x02\x01\x00"))), OTLS_E_FORMAT, "no number of iterations" },
		{ kdf(DER(0x30, SALT, RAW("\x02\x04\x01\x31\x2d\x01"))), OTLS_E_LIMIT, "20000001 iterations" },
		{ kdf(DER(0x30, SALT, RAW("\x02\x01\x01\x30\x04\x06\x02\x2a\x03"))), OTLS_E_UNSUPPORTED,
		    "PBKDF2 with 1.2.3" },
		{ old(RAW("\x05\x00")), OTLS_E_FORMAT, "the parameters of PKCS#12's encryption" },
		{ old(DER(0x30, SALT)), OTLS_E_FORMAT, "the parameters of PKCS#12's encryption" },
		{ old(DER(0x30, SALT, RAW("\x02\x01\x00"))), OTLS_E_FORMAT, "no number of iterations" },
		{ old(DER(0x30, SALT, RAW("\x02\x04\x01\x31\x2d\x01"))), OTLS_E_LIMIT, "20000001 iterations" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		expect_refused(encrypted(rows[i].algorithm, RAW("\x80\x10" BLOCK)), rows[i].code, rows[i].says);
}

/* RFC 7914's, with a number of its own for what it costs. */
static void
scrypt_malformed(void **state)
{
	const struct row {
		otls_bytes parameters;
		otls_code code;
		const char *says;
	} rows[] = {
		{ RAW("\x30\x00"), OTLS_E_FORMAT, "the parameters of scrypt" },
		{ DER(0x30, SALT, RAW("\x02\x01\x10\x02\x01\x01")), OTLS_E_FORMAT, "the parameters of scrypt" },
		{ DER(0x30, SALT, RAW("\x02\x01\x10\x02\x01\x01\x02\x01\x01\x02\x01\x20")), OTLS_E_FORMAT,
		    "the parameters of scrypt" },
		{ DER(0x30, SALT, RAW("\x02\x01\x11\x02\x01\x01\x02\x01\x01")), OTLS_E_FORMAT,
		    "the parameters of scrypt" },
		{ DER(0x30, SALT, RAW("\x02\x01\x10\x02\x02\x04\x01\x02\x01\x01")), OTLS_E_LIMIT,
		    "scrypt with cost 16, block size 1025 and parallelism 1" },
		{ DER(0x30, SALT, RAW("\x02\x01\x10\x02\x01\x01\x02\x01\x01\x02\x01\x10")), OTLS_E_PASSPHRASE,
		    "wrong passphrase" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		expect_refused(
		    encrypted(DER(0x30, OID_PBES2,
				  DER(0x30, DER(0x30, OID_SCRYPT, rows[i].parameters), DER(0x30, OID_AES128, IV))),
			RAW("\x80\x10" BLOCK)),
		    rows[i].code, rows[i].says);
}

/* The name of an algorithm has to be made first. */
static void
unsupported_without_memory(void **state)
{
	otls_bytes file = encrypted(DER(0x30, RAW("\x06\x02\x2a\x03")), RAW("\x80\x10" BLOCK));
	bool done = false;

	(void)state;
	for (long n = 0; !done; n++) {
		otls_opening with = opening();
		otls_pkcs12 out;

		allocations_left = n;
		otls__alloc_trap = allow;
		assert_int_equal(otls__pkcs12_open(&with, file, &out), OTLS_ERROR);
		otls__alloc_trap = NULL;
		done = otls_error_code(otls_error_last()) == OTLS_E_UNSUPPORTED;
		if (!done)
			assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_MEMORY);
		assert_true(n < 100);
	}
}

/* == MACs == */

/* What a MAC is over. */
static otls_bytes
usual_content(void)
{
	return content_of(safe_of(KEY_BAG));
}

static otls_bytes
mac_data(otls_bytes algorithm, otls_bytes value, otls_bytes rounds)
{
	return DER(0x30, DER(0x30, algorithm, DER(0x04, value)), SALT, rounds);
}

static otls_bytes
hmac_of(otls_hash hash, otls_bytes key, otls_bytes content)
{
	static uint8_t value[OTLS_HASH_MAX];
	otls_report report = otls__report();
	size_t len = 0;

	assert_int_equal(engine.hmac(hash, key, &content, 1, value, &len, &report), OTLS_OK);
	return otls__bytes(value, len);
}

static void
expect_opens(otls_bytes algorithm, otls_bytes value, otls_bytes rounds)
{
	otls_bytes content = usual_content();
	otls_pkcs12 out = open_good(file_of(content, mac_data(algorithm, value, rounds)));
	uint8_t changed[OTLS_HASH_MAX];

	assert_int_equal(out.key.len, 5);
	otls__pkcs12_fini(&out);
	memcpy(changed, value.data, value.len);
	changed[value.len - 1] ^= 1;
	expect_refused(file_of(content, mac_data(algorithm, otls__bytes(changed, value.len), rounds)),
	    OTLS_E_PASSPHRASE, "wrong passphrase");
}

/* PKCS#12's own, with hashes that few tools use; "secret" in UTF-16. */
static void
mac_by_length(void **state)
{
	static const struct row {
		otls_hash hash;
		size_t len;
	} rows[] = { { OTLS_HASH_SHA224, 28 }, { OTLS_HASH_SHA384, 48 } };
	otls_opening with = opening();

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_hash hash = rows[i].hash;
		uint8_t key[OTLS_HASH_MAX];

		if (otls__pkcs12_derive(&with, hash, OTLS_PKCS12_MAC, RAW("\0s\0e\0c\0r\0e\0t\0\0"), RAW("saltsalt"), 3,
			key, rows[i].len) != OTLS_OK) {
			assert_int_equal(hash, OTLS_HASH_SHA224); /* not in every build of every library */
			continue;
		}
		expect_opens(hash == OTLS_HASH_SHA224 ? DIGEST_SHA224 : DIGEST_SHA384,
		    hmac_of(hash, otls__bytes(key, rows[i].len), usual_content()), RAW("\x02\x01\x03"));
	}
}

static otls_bytes
pbmac1(otls_bytes derivation, otls_bytes scheme)
{
	return DER(0x30, OID_PBMAC1, DER(0x30, derivation, scheme));
}

/* RFC 9579: the key comes from PBKDF2 of the passphrase as it is. */
static void
mac_by_pbmac1(void **state)
{
	otls_bytes parameters = DER(0x30, SALT, RAW("\x02\x01\x07\x02\x01\x20"), HMAC_SHA384);
	otls_report report = otls__report();
	uint8_t key[32];

	(void)state;
	assert_int_equal(engine.pbkdf2(OTLS_HASH_SHA384, otls__bytes("secret", 6), otls__bytes("saltsalt", 8), 7, key,
			     sizeof(key), &report),
	    OTLS_OK);
	expect_opens(pbmac1(DER(0x30, OID_PBKDF2, parameters), HMAC_SHA256_3),
	    hmac_of(OTLS_HASH_SHA256, otls__bytes(key, sizeof(key)), usual_content()), NOTHING);
}

static void
macs_malformed(void **state)
{
	otls_bytes parameters = DER(0x30, SALT, RAW("\x02\x01\x07\x02\x01\x20"), HMAC_SHA384);
	otls_bytes derivation = DER(0x30, OID_PBKDF2, parameters), nobody = RAW("\x30\x04\x06\x02\x2a\x03");
	const struct row {
		otls_bytes mac;
		otls_code code;
		const char *says;
	} rows[] = {
		{ RAW("\x05\x00"), OTLS_E_FORMAT, "the MAC cannot be read" },
		{ RAW("\x30\x00"), OTLS_E_FORMAT, "the MAC cannot be read" },
		{ mac_data(DIGEST_SHA384, RAW("x"), RAW("\x02\x01\x00")), OTLS_E_FORMAT, "the MAC cannot be read" },
		{ mac_data(DIGEST_SHA384, RAW("x"), RAW("\x02\x01\x01\x05\x00")), OTLS_E_FORMAT,
		    "the MAC cannot be read" },
		{ mac_data(DIGEST_SHA384, RAW("x"), RAW("\x02\x04\x01\x31\x2d\x01")), OTLS_E_LIMIT,
		    "20000001 iterations" },
		{ mac_data(nobody, RAW("x"), NOTHING), OTLS_E_UNSUPPORTED, "the algorithm of the MAC" },
		{ mac_data(DER(0x30, OID_PBMAC1), RAW("x"), NOTHING), OTLS_E_FORMAT, "the MAC cannot be read" },
		{ mac_data(pbmac1(nobody, HMAC_SHA256_3), RAW("x"), NOTHING), OTLS_E_FORMAT, "the MAC cannot be read" },
		{ mac_data(pbmac1(derivation, RAW("\x30\x00")), RAW("x"), NOTHING), OTLS_E_FORMAT,
		    "the MAC cannot be read" },
		{ mac_data(pbmac1(derivation, nobody), RAW("x"), NOTHING), OTLS_E_UNSUPPORTED,
		    "the algorithm of the MAC" },
		{ mac_data(pbmac1(derivation, HMAC_SHA384), RAW("x"), NOTHING), OTLS_E_FORMAT,
		    "the parameters of PBKDF2" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		expect_refused(file_of(usual_content(), rows[i].mac), rows[i].code, rows[i].says);
}

/* == what a library cannot do == */

static otls_code failure;

static otls_status
report_failure(otls_report *report)
{
	report->code = failure;
	return OTLS_ERROR;
}

static otls_status
no_pbkdf2(otls_hash hash, otls_bytes password, otls_bytes salt, uint32_t rounds, uint8_t *key, size_t len,
    otls_report *report)
{
	(void)hash, (void)password, (void)salt, (void)rounds, (void)key, (void)len;
	return report_failure(report);
}

static otls_status
no_cbc(
    otls_block_cipher cipher, otls_bytes key, const uint8_t *iv, otls_bytes sealed, uint8_t *plain, otls_report *report)
{
	(void)cipher, (void)key, (void)iv, (void)sealed, (void)plain;
	return report_failure(report);
}

static otls_status
no_hash(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	(void)hash, (void)parts, (void)n, (void)out, (void)len;
	return report_failure(report);
}

static otls_status
no_hmac(
    otls_hash hash, otls_bytes key, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	(void)hash, (void)key, (void)parts, (void)n, (void)out, (void)len;
	return report_failure(report);
}

static const char envelope[] = "-----BEGIN RSA PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\n"
			       "DEK-Info: AES-128-CBC,00000000000000000000000000000000 \r\n\r\n"
			       "AAAAAAAAAAAAAAAAAAAAAA==\r\n-----END RSA PRIVATE KEY-----\r\n";

static void
library_fails(void **state)
{
	otls_bytes file = encrypted(pbes2(HMAC_SHA256), RAW("\x80\x10" BLOCK)), pem = RAW(envelope);
	static const otls_code codes[] = { OTLS_E_UNSUPPORTED, OTLS_E_BACKEND };
	otls_engine whole = engine;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(codes); i++) {
		otls_scrypt_params scrypt = { RAW("salt"), 16, 1, 1 };
		otls_opening with = opening();
		otls_key_form form;
		otls_secret plain;
		uint8_t key[16];

		failure = codes[i];
		engine.pbkdf2 = no_pbkdf2;
		expect_refused(file, codes[i], "PBKDF2");
		expect_error(otls__scrypt(&with, &scrypt, key, sizeof(key)), OTLS_E_BACKEND, "");
		engine = whole;
		engine.cbc_decrypt = no_cbc;
		expect_refused(file, codes[i], "file.p12");
		expect_error(otls__pem_key_open(&with, pem, &form, &plain), codes[i], "file.p12");
		engine = whole;
		engine.hash = no_hash;
		expect_error(otls__pem_key_open(&with, pem, &form, &plain), codes[i], "MD5");
		expect_refused(
		    file_of(usual_content(), mac_data(DIGEST_SHA384, RAW("x"), NOTHING)), OTLS_E_BACKEND, "");
		engine = whole;
		engine.hmac = no_hmac;
		expect_refused(
		    file_of(usual_content(), mac_data(DIGEST_SHA384, RAW("x"), NOTHING)), OTLS_E_BACKEND, "the MAC");
		engine = whole;
	}
}

/* Plain text with its padding, and no SEQUENCE in front. */
static otls_status
decrypts_to_nonsense(
    otls_block_cipher cipher, otls_bytes key, const uint8_t *iv, otls_bytes sealed, uint8_t *plain, otls_report *report)
{
	(void)cipher, (void)key, (void)iv, (void)report;
	memset(plain, 0x01, sealed.len);
	return OTLS_OK;
}

/* In a file without a MAC, one wrong passphrase in 256 has padding that is right. */
static void
padding_by_chance(void **state)
{
	otls_engine whole = engine;

	(void)state;
	engine.cbc_decrypt = decrypts_to_nonsense;
	expect_refused(encrypted(pbes2(HMAC_SHA256), RAW("\x80\x10" BLOCK)), OTLS_E_PASSPHRASE, "wrong passphrase");
	engine = whole;
}

/* == memory == */

static otls_status
open_file(otls_bytes file)
{
	otls_opening with = opening();
	otls_pkcs12 out;
	otls_status status = otls__pkcs12_open(&with, file, &out);

	otls__pkcs12_fini(&out);
	return status;
}

static otls_status
open_pem(otls_bytes text)
{
	otls_opening with = opening();
	otls_secret plain;
	otls_key_form form;
	otls_status status = otls__pem_key_open(&with, text, &form, &plain);

	otls__secret_fini(&plain);
	return status;
}

static otls_status
derive_by_scrypt(otls_bytes salt)
{
	otls_scrypt_params params = { salt, 16, 1, 1 };
	otls_opening with = opening();
	uint8_t key[16];

	return otls__scrypt(&with, &params, key, sizeof(key));
}

static otls_status
to_der(otls_bytes ber)
{
	otls_opening with = opening();
	otls_secret der;
	otls_status status = otls__ber_to_der(&with, ber, &der);

	otls__secret_fini(&der);
	return status;
}

/* Every allocation fails in turn: MEMORY, until there is enough for another answer. */
static void
fail_each(otls_status (*work)(otls_bytes input), otls_bytes input, long least)
{
	bool done = false;
	long n = 0;

	for (; !done; n++) {
		allocations_left = n;
		otls__alloc_trap = allow;
		done = work(input) == OTLS_OK || otls_error_code(otls_error_last()) != OTLS_E_MEMORY;
		otls__alloc_trap = NULL;
		assert_true(n < 1000);
	}
	assert_true(n > least);
}

static void
without_memory(void **state)
{
	static const char pieces[] = "\x24\x80\x04\x01x\x04\x82\x01\x00";
	static uint8_t ber[300];

	(void)state;
	memcpy(ber, pieces, sizeof(pieces) - 1); /* a second piece of 256 bytes, and the end of all */
	fail_each(
	    open_file, file_with_bags(JOIN(KEY_BAG, CERT_BAG(OID_X509, DER(0xa0, DER(0x04, make_leaf("x")))))), 5);
	fail_each(open_file,
	    encrypted(pbes2(HMAC_SHA256), RAW("\xa0\x14\x04\x08"
					      "01234567"
					      "\x04\x08"
					      "89abcdef")),
	    5);
	fail_each(open_pem, RAW(envelope), 2);
	fail_each(derive_by_scrypt, RAW("salt"), 2);
	fail_each(to_der, otls__bytes(ber, sizeof(pieces) - 1 + 256 + 2), 3);
	assert_int_equal(to_der(otls__bytes(ber, sizeof(pieces) - 1 + 256 + 2)), OTLS_OK);
}

/* What the label of an encrypted block says its key is. */
static void
forms_by_label(void **state)
{
	static const struct row {
		const char *label;
		otls_key_form form;
	} rows[] = {
		{ "RSA PRIVATE KEY", OTLS_KEY_PKCS1 },
		{ "EC PRIVATE KEY", OTLS_KEY_SEC1 },
		{ "PRIVATE KEY", OTLS_KEY_PKCS8 },
	};
	otls_opening with = opening();
	otls_secret plain;
	otls_key_form form;
	char text[400];

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		int len = snprintf(text, sizeof(text), "-----BEGIN %s-----%s", rows[i].label,
		    strchr(envelope, '\r')); /* the end's label does not matter */
		expect_error(otls__pem_key_open(&with, otls__bytes(text, (size_t)len), &form, &plain),
		    OTLS_E_PASSPHRASE, "wrong passphrase");
		assert_int_equal(form, rows[i].form);
	}
}

static int
run_with(const otls_backend *backend)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_of_bags),
		cmocka_unit_test(not_too_deep),
		cmocka_unit_test(malformed),
		cmocka_unit_test(sealed_malformed),
		cmocka_unit_test(algorithms_malformed),
		cmocka_unit_test(scrypt_malformed),
		cmocka_unit_test(unsupported_without_memory),
		cmocka_unit_test(mac_by_length),
		cmocka_unit_test(mac_by_pbmac1),
		cmocka_unit_test(macs_malformed),
		cmocka_unit_test(library_fails),
		cmocka_unit_test(padding_by_chance),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(forms_by_label),
	};

	return cmocka_run_group_tests_name(otls_backend_name(backend), tests, NULL, NULL);
}

int
main(void)
{
	const otls_backend *backend;
	int failures = 0;

	for (size_t i = 0; (backend = otls_backend_at(i)) != NULL; i++) {
		engine = *otls_backend_engine(backend);
		if (engine.has(OTLS_CAP_KEY_DECRYPT))
			failures += run_with(backend);
	}
	return failures;
}
