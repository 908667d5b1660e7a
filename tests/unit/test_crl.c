/* Revocation lists as bytes: what is no list is refused, and where it breaks; what is one that cannot be used is kept, with
 * what is wrong with it. */
#include "error.h"
#include "make_der.h"
#include "scarce.h"
#include "x509/crl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define TIME                      TEXT(0x17, "231114221320Z")
#define SIGNED                    RAW("\x03\x03\x00\xab\xcd")
#define NULL_TLV                  RAW("\x05\x00")
/* An extension by the last byte of its OID (2.5.29). */
#define EXT(last, value)          EXTENSION("\x55\x1d" last, RAW(value))
#define CRITICAL_EXT(last, value) CRITICAL_EXTENSION("\x55\x1d" last, RAW(value))

/* The parts of a list, each a whole TLV. */
typedef struct parts {
	otls_bytes version, algorithm, issuer, this_update, next_update, entries, extensions, more;
	otls_bytes outer_algorithm, signature;
} parts;

static parts
usual(void)
{
	return (parts){
		.version = RAW("\x02\x01\x01"),
		.algorithm = ECDSA_SHA256,
		.issuer = NAME("issuer"),
		.this_update = TIME,
		.next_update = TEXT(0x17, "231214221320Z"),
		.entries = NOTHING,
		.extensions = NOTHING,
		.more = NOTHING,
		.outer_algorithm = ECDSA_SHA256,
		.signature = SIGNED,
	};
}

static otls_bytes
whole(const parts *p)
{
	otls_bytes extensions = p->extensions.len > 0 ? DER(0xa0, DER(0x30, p->extensions)) : NOTHING;

	return DER(0x30,
	    DER(0x30, p->version, p->algorithm, p->issuer, p->this_update, p->next_update, p->entries, extensions,
		p->more),
	    p->outer_algorithm, p->signature);
}

static otls_bytes
with_entries(otls_bytes entries)
{
	parts p = usual();

	p.entries = entries;
	return whole(&p);
}

static otls_bytes
with_extensions(otls_bytes extensions)
{
	parts p = usual();

	p.extensions = extensions;
	return whole(&p);
}

static otls_crl *
read_good(otls_bytes der)
{
	otls_crl *crl = NULL;

	if (otls__crl_parse(der, "list", &crl) != OTLS_OK)
		fail_msg("%s", otls_error_message(otls_error_last()));
	return crl;
}

static void
expect_refused(otls_bytes der, const char *text)
{
	otls_crl *crl = NULL;

	assert_int_equal(otls__crl_parse(der, "list", &crl), OTLS_ERROR);
	assert_null(crl);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FORMAT);
	if (strstr(otls_error_message(otls_error_last()), text) == NULL)
		fail_msg("%s wanted: %s", text, otls_error_message(otls_error_last()));
	assert_non_null(strstr(otls_error_message(otls_error_last()), "list: not a revocation list: "));
	assert_non_null(strstr(otls_error_message(otls_error_last()), " at byte "));
}

#define ENTRY(serial, ...) DER(0x30, RAW(serial), __VA_ARGS__)

static void
entries(void **state)
{
	otls_crl *crl;

	(void)state;
	otls__crl_free(read_good(with_entries(RAW("\x30\x00")))); /* no list at all would be right (section 5.1.2.6) */
	crl = read_good(with_entries(DER(0x30, ENTRY("\x02\x01\x07", TIME), ENTRY("\x02\x01\x05", TIME),
	    ENTRY("\x02\x02\x01\x05", TIME, DER(0x30, EXT("\x15", "\x0a\x01\x04"))))));
	assert_int_equal(crl->count, 3);
	assert_null(crl->defect);
	assert_int_equal(otls__crl_find(crl, RAW("\x05"))->when, 1700000000);
	assert_int_equal(otls__crl_find(crl, RAW("\x05"))->reason, -1);
	assert_int_equal(otls__crl_find(crl, RAW("\x01\x05"))->reason, 4);
	assert_null(otls__crl_find(crl, RAW("\x06")));
	assert_null(otls__crl_find(crl, RAW("\x01\x07")));
	otls__crl_free(crl);
}

static void
malformed(void **state)
{
	parts p[15];
	size_t n = 0;
	otls_crl *crl;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(p); i++)
		p[i] = usual();
	p[n++].version = RAW("\x02\x01\x02"); /* version 3 */
	p[n++].version = RAW("\x02\x01\x00"); /* 1 is said by saying nothing */
	p[n++].algorithm = NOTHING;
	p[n++].issuer = NULL_TLV;
	p[n++].issuer = RAW("\x30\x02\x31\x00");
	p[n++].this_update = TEXT(0x17, "231314221320Z");
	p[n++].next_update = TEXT(0x17, "231114");
	p[n++].this_update = TEXT(0x18, "20231114221320Z");
	p[n++].next_update = TEXT(0x18, "20491231235959Z");
	p[n++].next_update = NOTHING;
	p[n++].more = NULL_TLV;
	p[n++].outer_algorithm = RAW("\x30\x00");
	p[n++].outer_algorithm = NULL_TLV;
	p[n++].signature = NOTHING;
	p[n++].signature = RAW("\x03\x03\x01\xab\xcd");
	assert_int_equal(n, OTLS_COUNT(p));
	for (size_t i = 0; i < n; i++)
		expect_refused(whole(&p[i]), "");
	expect_refused(NULL_TLV, "at byte 0");
	expect_refused(JOIN(with_entries(NOTHING), NULL_TLV), "");
	expect_refused(whole(&p[0]), "a version that is not known at byte 7");
	expect_refused(whole(&p[4]), "a malformed name");
	expect_refused(whole(&p[7]), "a year before 2050");
	expect_refused(whole(&p[8]), "a year before 2050");
	expect_refused(whole(&p[9]), "no date of the next list");
	expect_refused(whole(&p[11]), "a malformed signature algorithm");
	p[9].next_update = TEXT(0x18, "20500101000000Z");
	crl = read_good(whole(&p[9]));
	assert_int_equal(crl->next_update, 2524608000);
	otls__crl_free(crl);
}

static void
malformed_entries(void **state)
{
	const otls_bytes rows[] = {
		NULL_TLV,
		ENTRY("\x02\x01\x05", NOTHING),
		ENTRY("\x02\x01\x05", NULL_TLV),
		ENTRY("\x04\x01\x05", TIME),
		ENTRY("\x02\x00", TIME),
		ENTRY("\x02\x01\x05", TIME, NULL_TLV),
		ENTRY("\x02\x01\x05", TIME, RAW("\x30\x00"), NULL_TLV),
		ENTRY("\x02\x01\x05", TIME, DER(0x30, NULL_TLV)),
		ENTRY("\x02\x01\x05", TIME, DER(0x30, RAW("\x30\x00"))),
		ENTRY("\x02\x01\x05", TIME, DER(0x30, DER(0x30, RAW("\x06\x01\x2a\x01\x01\x01\x04\x00")))),
		ENTRY("\x02\x01\x05", TIME, DER(0x30, DER(0x30, RAW("\x06\x01\x2a")))),
		ENTRY("\x02\x01\x05", TIME, DER(0x30, DER(0x30, RAW("\x06\x01\x2a\x04\x00\x05\x00")))),
		RAW("\x30\x05"),
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		expect_refused(with_entries(DER(0x30, rows[i])), "");
}

static void
malformed_extensions(void **state)
{
	const otls_bytes rows[] = {
		NULL_TLV,
		RAW("\x30\x00"),
		DER(0x30, RAW("\x06\x01\x2a\x01\x01\x01\x04\x00")),
		DER(0x30, RAW("\x06\x01\x2a")),
	};
	parts p = usual();

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		expect_refused(with_extensions(rows[i]), "");
	p.more = RAW("\xa0\x00");
	expect_refused(whole(&p), "");
	p.more = RAW("\xa0\x02\x05\x00");
	expect_refused(whole(&p), "");
	p.more = RAW("\xa0\x04\x30\x00\x05\x00");
	expect_refused(whole(&p), "");
}

/* What is a list, and cannot be used. */
static void
defects(void **state)
{
	parts differ = usual();
	const struct row {
		otls_bytes der;
		const char *says;
	} rows[] = {
		{ with_extensions(EXT("\x23", "\x05\x00")), "its authority key identifier is malformed" },
		{ with_extensions(EXT("\x23", "\x30\x01\x80")), "its authority key identifier is malformed" },
		{ with_extensions(EXT("\x14", "\x05\x00")), "its number is malformed" },
		{ with_extensions(EXT("\x14", "\x02\x01\xff")), "its number is malformed" },
		{ with_extensions(EXT("\x14", "\x02\x01\x01\x05\x00")), "its number is malformed" },
		{ with_extensions(CRITICAL_EXT("\x1b", "\x02\x01\x01")), "it is a delta" },
		{ with_extensions(EXT("\x1b", "\x02\x01\x01")), "it is a delta" },
		{ with_extensions(CRITICAL_EXT("\x1c", "\x30\x00")), "it is a part of a list" },
		{ with_extensions(CRITICAL_EXT("\x63", "\x30\x00")), "a critical extension that is not known" },
		{ with_entries(DER(0x30, ENTRY("\x02\x01\x05", TIME, DER(0x30, EXT("\x15", "\x0a\x01\xff"))))),
		    "a reason for a revocation that is malformed" },
		{ with_entries(DER(0x30, ENTRY("\x02\x01\x05", TIME, DER(0x30, EXT("\x15", "\x0a\x01\x01\x00"))))),
		    "a reason for a revocation that is malformed" },
		{ with_entries(DER(0x30, ENTRY("\x02\x01\x05", TIME, DER(0x30, CRITICAL_EXT("\x1d", "\x30\x00"))))),
		    "one of its entries has a critical extension" },
		{ (differ.outer_algorithm = RAW("\x30\x05\x06\x03\x2b\x65\x70"), whole(&differ)),
		    "its two signature algorithms differ" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_crl *crl = read_good(rows[i].der);

		if (crl->defect == NULL || strstr(crl->defect, rows[i].says) == NULL)
			fail_msg("%s wanted: %s", rows[i].says, crl->defect);
		otls__crl_free(crl);
	}
}

static void
good_extensions(void **state)
{
	otls_crl *crl = read_good(with_extensions(JOIN(EXT("\x23", "\x30\x04\x80\x02xy"),
	    EXT("\x14", "\x02\x09\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), EXT("\x63", "\x05\x00"))));

	(void)state;
	assert_null(crl->defect);
	assert_true(crl->has_number);
	assert_true(otls__bytes_equal(crl->authority_key_id, RAW("xy")));
	otls__crl_free(crl);
	crl = read_good(with_extensions(EXT("\x23", "\x30\x00")));
	assert_null(crl->authority_key_id.data);
	assert_null(crl->defect);
	otls__crl_free(crl);
}

static void
first_defect_counts(void **state)
{
	otls_crl *crl = read_good(with_extensions(JOIN(EXT("\x14", "\x05\x00"), EXT("\x23", "\x05\x00"))));

	(void)state;
	assert_string_equal(crl->defect, "its number is malformed");
	otls__crl_free(crl);
}

static void
reasons(void **state)
{
	(void)state;
	assert_string_equal(otls__crl_reason_text(0), "unspecified");
	assert_string_equal(otls__crl_reason_text(10), "aACompromise");
	assert_null(otls__crl_reason_text(7));
	assert_null(otls__crl_reason_text(11));
	assert_null(otls__crl_reason_text(-1));
}

/* == files == */

static void
too_large(void **state)
{
	size_t len = ((size_t)16 << 20) + 1;
	uint8_t *der = calloc(1, len);
	otls_crl **crls;
	size_t count;

	(void)state;
	assert_non_null(der);
	der[0] = 0x30;
	assert_int_equal(otls__crls_read(otls__bytes(der, len), "list", &crls, &count), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_LIMIT);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "list: a revocation list of more than 16 MiB"));
	assert_int_equal(otls__crls_read(otls__bytes(der, len - 1), "list", &crls, &count), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FORMAT);
	free(der);
}

static void
blocks(void **state)
{
	static const struct row {
		const char *text, *says;
	} rows[] = {
		{ "", "no X509 CRL block" },
		{ "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n", "list, line 1: not a revocation list" },
		{ "x\n-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n", "list, line 2: not a" },
		{ "-----BEGIN X509 CRL-----\nMAA\n-----END X509 CRL-----\n", "list, line" },
		{ "-----BEGIN OTHER-----\nMAA=\n-----END OTHER-----\n", "no X509 CRL block" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_bytes text = otls__bytes(rows[i].text, strlen(rows[i].text));
		otls_crl **crls;
		size_t count;

		assert_int_equal(otls__crls_read(text, "list", &crls, &count), OTLS_ERROR);
		assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FORMAT);
		if (strstr(otls_error_message(otls_error_last()), rows[i].says) == NULL)
			fail_msg("%s wanted: %s", rows[i].says, otls_error_message(otls_error_last()));
		assert_null(crls);
		assert_int_equal(count, 0);
	}
}

/* == memory == */

static void
without_memory(void **state)
{
	otls_bytes der = with_entries(DER(0x30, ENTRY("\x02\x01\x07", TIME)));
	otls_status status = OTLS_ERROR;
	otls_crl **crls;
	size_t count;
	long n = 0;

	(void)state;
	for (; status != OTLS_OK; n++) {
		allocations_left = n;
		otls__alloc_trap = allow;
		status = otls__crls_read(der, "list", &crls, &count);
		otls__alloc_trap = NULL;
		if (status != OTLS_OK)
			assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_MEMORY);
	}
	assert_int_equal(n, 5); /* the array, the list, its bytes, its entries; and the one that works */
	assert_int_equal(count, 1);
	otls__crls_free(crls, count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries),
		cmocka_unit_test(malformed),
		cmocka_unit_test(malformed_entries),
		cmocka_unit_test(malformed_extensions),
		cmocka_unit_test(defects),
		cmocka_unit_test(good_extensions),
		cmocka_unit_test(first_defect_counts),
		cmocka_unit_test(reasons),
		cmocka_unit_test(too_large),
		cmocka_unit_test(blocks),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
