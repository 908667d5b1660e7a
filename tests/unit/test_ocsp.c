/* The reader of OCSP responses: what is one, what is none, and where it says so. */
#include "error.h"
#include "make_der.h"
#include "x509/ocsp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The values of a response, each a whole TLV. */
typedef struct parts {
	otls_bytes status, type, version, responder, produced_at, singles, extensions;
	otls_bytes algorithm, signature, certificates;
	otls_bytes behind_bytes, behind_basic, behind_data; /* what does not belong there */
} parts;

#define SHA1_ID    RAW("\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00")
#define SHA256_ID  RAW("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01")
#define HASH       TEXT(0x04, "12345678901234567890")
#define CERT_ID    DER(0x30, SHA1_ID, HASH, HASH, RAW("\x02\x02\x01\x80"))
#define GOOD       RAW("\x80\x00")
#define UNKNOWN    RAW("\x82\x00")
#define THIS       TEXT(0x18, "20240102030405Z")
#define NEXT       DER(0xa0, TEXT(0x18, "20240109030405Z"))
#define SINGLE     DER(0x30, CERT_ID, GOOD, THIS, NEXT)
#define NONCE      "\x2b\x06\x01\x05\x05\x07\x30\x01\x02"
#define NEWS       "\x2b\x06\x01\x05\x05\x07\x30\x01\x63"
#define IN_LIST(x) DER(0xa1, DER(0x30, x))

static parts
good_parts(void)
{
	return (parts){
		.status = RAW("\x0a\x01\x00"),
		.type = RAW("\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x01"),
		.version = NOTHING,
		.responder = DER(0xa1, NAME("responder")),
		.produced_at = THIS,
		.singles = DER(0x30, SINGLE),
		.extensions = NOTHING,
		.algorithm = ECDSA_SHA256,
		.signature = RAW("\x03\x03\x00\xab\xcd"),
		.certificates = NOTHING,
		.behind_bytes = NOTHING,
		.behind_basic = NOTHING,
		.behind_data = NOTHING,
	};
}

static otls_bytes
whole(const parts *p)
{
	otls_bytes data = DER(
	    0x30, p->version, p->responder, p->produced_at, p->singles, p->extensions, p->behind_data);
	otls_bytes basic = DER(0x30, data, p->algorithm, p->signature, p->certificates, p->behind_basic);

	return DER(0x30, p->status, DER(0xa0, DER(0x30, p->type, DER(0x04, basic), p->behind_bytes)));
}

static otls_bytes
with_single(otls_bytes single)
{
	parts p = good_parts();

	p.singles = DER(0x30, single);
	return whole(&p);
}

static otls_ocsp
read_good(otls_bytes der)
{
	otls_ocsp response;

	if (otls__ocsp_parse(der, "test", &response) != OTLS_OK)
		fail_msg("%s", otls_error_message(otls_error_last()));
	return response;
}

static otls_ocsp_single
first_single(const otls_ocsp *response)
{
	otls_der singles = otls__der(response->singles, NULL);
	otls_ocsp_single single;

	assert_true(otls__ocsp_next(&singles, &single));
	return single;
}

static void
expect_refusal(otls_bytes der, const char *text)
{
	otls_ocsp response;

	assert_int_equal(otls__ocsp_parse(der, "test", &response), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FORMAT);
	if (strstr(otls_error_message(otls_error_last()), text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, otls_error_message(otls_error_last()));
}

/* == what is read == */

static void
whole_response(void **state)
{
	parts p = good_parts();
	otls_bytes cert = make_leaf("signer");
	otls_ocsp response;
	otls_ocsp_single single;

	(void)state;
	p.certificates = DER(0xa0, DER(0x30, cert));
	response = read_good(whole(&p));
	assert_int_equal(response.status, OTLS_OCSP_SUCCESSFUL);
	assert_true(otls__bytes_equal(response.responder_name, NAME("responder")));
	assert_null(response.responder_key.data);
	assert_int_equal(response.algorithm.kind, OTLS_SIGNATURE_ECDSA);
	assert_true(otls__bytes_equal(response.signature, RAW("\xab\xcd")));
	assert_true(otls__bytes_equal(response.certificates, cert));
	assert_true(otls__bytes_equal(response.tbs, DER(0x30, p.responder, p.produced_at, p.singles)));
	assert_false(response.unknown_critical);

	single = first_single(&response);
	assert_int_equal(single.hash, OTLS_HASH_SHA1);
	assert_true(otls__bytes_equal(single.issuer_name_hash, RAW("12345678901234567890")));
	assert_true(otls__bytes_equal(single.issuer_key_hash, RAW("12345678901234567890")));
	assert_true(otls__bytes_equal(single.serial, RAW("\x01\x80")));
	assert_int_equal(single.state, OTLS_CERT_GOOD);
	assert_int_equal(single.this_update, 1704164645);
	assert_int_equal(single.next_update, 1704164645 + 7 * 86400);
	assert_int_equal(single.revocation_reason, -1);
	assert_false(single.unknown_critical);
}

static void
shapes_of_a_single(void **state)
{
	otls_bytes revoked = DER(0xa1, THIS), why = DER(0xa1, THIS, DER(0xa0, RAW("\x0a\x01\x04")));
	otls_bytes sha256 = DER(0x30, SHA256_ID, HASH, HASH, RAW("\x02\x01\x05"));
	otls_bytes other = DER(0x30, DER(0x30, TEXT(0x06, "\x2a\x03")), HASH, HASH, RAW("\x02\x01\x05"));
	otls_ocsp response;
	otls_ocsp_single single;

	(void)state;
	response = read_good(with_single(DER(0x30, CERT_ID, revoked, THIS)));
	single = first_single(&response);
	assert_int_equal(single.state, OTLS_CERT_REVOKED);
	assert_int_equal(single.revoked_at, 1704164645);
	assert_int_equal(single.revocation_reason, -1);
	assert_true(single.next_update == INT64_MAX);
	response = read_good(with_single(DER(0x30, CERT_ID, why, THIS)));
	assert_int_equal(first_single(&response).revocation_reason, 4);
	response = read_good(with_single(DER(0x30, sha256, UNKNOWN, THIS)));
	single = first_single(&response);
	assert_int_equal(single.state, OTLS_CERT_UNKNOWN);
	assert_int_equal(single.hash, OTLS_HASH_SHA256);
	response = read_good(with_single(DER(0x30, other, GOOD, THIS)));
	assert_int_equal(first_single(&response).hash, OTLS_HASH_NONE);
}

static void
extensions(void **state)
{
	otls_bytes lists[] = { EXTENSION(NEWS, RAW("\x05\x00")), CRITICAL_EXTENSION(NONCE, RAW("\x04\x01\x00")),
		CRITICAL_EXTENSION(NEWS, RAW("\x05\x00")) };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(lists); i++) {
		parts p = good_parts();
		otls_ocsp response;

		p.extensions = IN_LIST(lists[i]);
		response = read_good(whole(&p));
		assert_int_equal(response.unknown_critical, i == 2);
		response = read_good(with_single(DER(0x30, CERT_ID, GOOD, THIS, IN_LIST(lists[i]))));
		assert_false(response.unknown_critical);
		assert_int_equal(first_single(&response).unknown_critical, i == 2);
	}
}

static void
responder_by_key(void **state)
{
	parts p = good_parts();
	otls_ocsp response;

	(void)state;
	p.responder = DER(0xa2, HASH);
	p.version = RAW("\xa0\x03\x02\x01\x00");
	response = read_good(whole(&p));
	assert_null(response.responder_name.data);
	assert_true(otls__bytes_equal(response.responder_key, RAW("12345678901234567890")));
}

static void
statuses(void **state)
{
	(void)state;
	for (uint8_t status = 0; status < 10; status++) {
		uint8_t text[] = { 0x30, 0x03, 0x0a, 0x01, status };
		otls_ocsp response;

		if (status == 0 || status == 4 || status > 6) {
			expect_refusal(
			    otls__bytes(text, sizeof(text)), status == 0 ? "too early" : "a status that there is not");
			continue;
		}
		response = read_good(otls__bytes(text, sizeof(text)));
		assert_int_equal(response.status, status);
		assert_int_equal(response.singles.len + response.tbs.len, 0);
	}
}

/* == what is none == */

/* A response with one value changed is refused. */
#define REFUSE(field, value, text)                                                                                     \
	do {                                                                                                           \
		parts p = good_parts();                                                                                \
		p.field = value;                                                                                       \
		expect_refusal(whole(&p), text);                                                                       \
	} while (0)

static void
defects_of_a_response(void **state)
{
	(void)state;
	REFUSE(status, RAW("\x02\x01\x00"), "another tag");
	REFUSE(status, RAW("\x0a\x02\x00\x00"), "longer than it needs");
	REFUSE(status, RAW("\x0a\x01\xff"), "negative");
	REFUSE(status, RAW("\x0a\x01\x03"), "more data");
	REFUSE(type, RAW("\x06\x02\x2a\x03"), "a type of response that is not known");
	REFUSE(behind_bytes, RAW("\x05\x00"), "more data");
	REFUSE(behind_basic, RAW("\x05\x00"), "more data");
	REFUSE(behind_data, RAW("\x05\x00"), "more data");
	REFUSE(version, RAW("\xa0\x03\x02\x01\x01"), "a version that is not known");
	REFUSE(responder, DER(0xa1, RAW("\x30\x02\x31\x00")), "a malformed name");
	REFUSE(responder, DER(0xa1, NAME("a"), NAME("b")), "more data");
	REFUSE(responder, DER(0xa2, RAW("\x05\x00")), "another tag");
	REFUSE(responder, DER(0xa3, HASH), "another tag");
	REFUSE(produced_at, TEXT(0x17, "240102030405Z"), "a UTCTime");
	REFUSE(produced_at, TEXT(0x18, "20240102030405.5Z"), "YYYYMMDDHHMMSSZ");
	REFUSE(produced_at, TEXT(0x18, "20241302030405Z"), "malformed");
	REFUSE(singles, RAW("\x31\x00"), "another tag");
	REFUSE(extensions, DER(0xa1, RAW("\x30\x00")), "extensions without any");
	REFUSE(extensions, IN_LIST(DER(0x30, TEXT(0x06, NONCE))), "too early");
	REFUSE(extensions, IN_LIST(DER(0x30, TEXT(0x06, NONCE), RAW("\x01\x01\x01\x04\x00"))), "BOOLEAN");
	REFUSE(extensions, IN_LIST(RAW("\x05\x00")), "another tag");
	REFUSE(extensions, IN_LIST(RAW("\x30\x00")), "too early");
	REFUSE(extensions, IN_LIST(DER(0x30, TEXT(0x06, NONCE), RAW("\x04\x00\x05\x00"))), "more data");
	REFUSE(extensions, RAW("\xa1\x00"), "too early");
	REFUSE(algorithm, RAW("\x30\x00"), "a malformed signature algorithm");
	REFUSE(signature, RAW("\x03\x02\x04\xf0"), "whole bytes");
	REFUSE(certificates, DER(0xa0, RAW("\x05\x00")), "another tag");
	REFUSE(certificates, DER(0xa0, DER(0x30, RAW("\x05\x00"))), "another tag");
}

static void
defects_of_a_single(void **state)
{
	static const struct {
		const char *der, *text;
	} rows[] = { { "\x80\x01", "more data" }, { "\x82\x01", "more data" }, { "\x83", "another tag" },
		{ "\xa0", "another tag" }, { "\xa1\x02\x05", "another tag" } };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_bytes state_der = JOIN(otls__bytes(rows[i].der, strlen(rows[i].der)), RAW("\x00"));

		expect_refusal(with_single(DER(0x30, CERT_ID, state_der, THIS)), rows[i].text);
	}
	expect_refusal(with_single(DER(0x30, CERT_ID, GOOD)), "too early");
	expect_refusal(with_single(DER(0x30, CERT_ID, GOOD, THIS, DER(0xa0, NOTHING))), "too early");
	expect_refusal(with_single(DER(0x30, CERT_ID, GOOD, THIS, NEXT, NEXT)), "more data");
	expect_refusal(with_single(DER(0x30, CERT_ID, GOOD, TEXT(0x17, "240102030405Z"))), "a UTCTime");
	expect_refusal(with_single(DER(0x30, CERT_ID, DER(0xa1, TEXT(0x17, "240102030405Z")), THIS)), "a UTCTime");
	expect_refusal(
	    with_single(DER(0x30, DER(0x30, SHA1_ID, HASH, RAW("\x02\x01\x05")), GOOD, THIS)), "another tag");
	expect_refusal(
	    with_single(DER(0x30, CERT_ID, DER(0xa1, THIS, DER(0xa0, RAW("\x02\x01\x04"))), THIS)), "another tag");
	expect_refusal(with_single(DER(0x30, CERT_ID, DER(0xa1, THIS, DER(0xa0, RAW("\x0a\x01\x04\x05\x00"))), THIS)),
	    "more data");
	expect_refusal(with_single(DER(0x30, CERT_ID, DER(0xa1, THIS, RAW("\xa0\x00")), THIS)), "too early");
	expect_refusal(with_single(DER(0x30, CERT_ID, DER(0xa1, THIS, RAW("\x05\x00")), THIS)), "more data");
	expect_refusal(with_single(DER(0x30, DER(0x30, SHA1_ID, HASH, HASH, RAW("\x02\x00")), GOOD, THIS)),
	    "an INTEGER without contents");
}

/* == damage == */

static void
cut_short(void **state)
{
	parts p = good_parts();
	otls_bytes der;
	otls_ocsp response;

	(void)state;
	p.certificates = DER(0xa0, DER(0x30, make_leaf("signer")));
	p.extensions = IN_LIST(EXTENSION(NONCE, RAW("\x04\x01\x00")));
	der = whole(&p);
	(void)read_good(der);
	for (size_t len = 0; len < der.len; len++) {
		uint8_t *copy = malloc(len + 1);

		assert_non_null(copy);
		memcpy(copy, der.data, len);
		expect_refusal(otls__bytes(copy, len), " at byte ");
		free(copy);
	}
	assert_int_equal(otls__ocsp_parse(JOIN(der, RAW("\x00")), "test", &response), OTLS_ERROR);
}

/* Whatever comes of it, it ends, and what was read can be read again. */
static void
bits_flipped(void **state)
{
	otls_bytes der = with_single(DER(0x30, CERT_ID, DER(0xa1, THIS), THIS, NEXT));
	uint8_t *copy = malloc(der.len);
	otls_ocsp response;

	(void)state;
	assert_non_null(copy);
	for (size_t bit = 0; bit < 8 * der.len; bit++) {
		otls_der singles;
		otls_ocsp_single single;

		memcpy(copy, der.data, der.len);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (otls__ocsp_parse(otls__bytes(copy, der.len), "test", &response) != OTLS_OK)
			continue;
		singles = otls__der(response.singles, NULL);
		while (otls__der_more(&singles))
			assert_true(otls__ocsp_next(&singles, &single));
	}
	free(copy);
}

static void
too_large(void **state)
{
	static uint8_t huge[OTLS_OCSP_MAX + 1];
	otls_bytes single = SINGLE;
	parts p = good_parts();
	otls_ocsp response;

	(void)state;
	assert_int_equal(otls__ocsp_parse(otls__bytes(huge, sizeof(huge)), "test", &response), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_LIMIT);
	expect_refusal(otls__bytes(huge, sizeof(huge) - 1), "another tag");
	for (size_t i = 0; i <= OTLS_OCSP_ENTRIES_MAX; i++)
		memcpy(huge + i * single.len, single.data, single.len);
	p.singles = DER(0x30, otls__bytes(huge, OTLS_OCSP_ENTRIES_MAX * single.len));
	(void)read_good(whole(&p));
	p.singles = DER(0x30, otls__bytes(huge, (OTLS_OCSP_ENTRIES_MAX + 1) * single.len));
	expect_refusal(whole(&p), "more than 256");
}

/* Nothing here is read by recursion: a nest is refused at its second step, however deep it is. */
static void
nested(void **state)
{
	static uint8_t nest[40000];

	(void)state;
	for (size_t i = 0; i + 4 <= sizeof(nest); i += 4) {
		nest[i] = 0x30;
		nest[i + 1] = 0x82;
		otls__put16(nest + i + 2, (uint16_t)(sizeof(nest) - i - 4));
	}
	expect_refusal(otls__bytes(nest, sizeof(nest)), "another tag than there should be at byte 4");
	expect_refusal(with_single(otls__bytes(nest + 20000, 20000)), "another tag");
	expect_refusal(RAW("\x30\x84\xff\xff\xff\xff\x0a\x01\x00"), "past the end");
	expect_refusal(RAW("\x30\x80\x0a\x01\x03\x00\x00"), "indefinite");
}

/* == files == */

static void
files(void **state)
{
	static const char pem[] = "text before\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
				  "-----BEGIN OCSP RESPONSE-----\nMAMKAQM=\n-----END OCSP RESPONSE-----\n";
	static const char none[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
	static const char bad[] = "-----BEGIN OCSP RESPONSE-----\nMAMKAQ==\n-----END OCSP RESPONSE-----\n";
	otls_bytes der;

	(void)state;
	assert_int_equal(otls__ocsp_read(RAW(pem), "test", &der), OTLS_OK);
	assert_true(otls__bytes_equal(der, RAW("\x30\x03\x0a\x01\x03")));
	otls__free((void *)(uintptr_t)der.data);
	assert_int_equal(otls__ocsp_read(RAW("\x30\x03\x0a\x01\x03"), "test", &der), OTLS_OK);
	otls__free((void *)(uintptr_t)der.data);
	assert_int_equal(otls__ocsp_read(RAW(none), "a.pem", &der), OTLS_ERROR);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "a.pem: no OCSP RESPONSE block in it"));
	assert_null(der.data);
	assert_int_equal(otls__ocsp_read(RAW(bad), "a.pem", &der), OTLS_ERROR);
	assert_int_equal(otls__ocsp_read(NOTHING, "a.der", &der), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_response),
		cmocka_unit_test(shapes_of_a_single),
		cmocka_unit_test(extensions),
		cmocka_unit_test(responder_by_key),
		cmocka_unit_test(statuses),
		cmocka_unit_test(defects_of_a_response),
		cmocka_unit_test(defects_of_a_single),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(bits_flipped),
		cmocka_unit_test(too_large),
		cmocka_unit_test(nested),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
