/* The DER reader: what is DER is read, what is not is refused, at the right byte. */
#include "make_der.h"
#include "x509/der.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_lengths(void **state)
{
	static const struct row {
		otls_bytes der;
		bool good;
	} rows[] = {
		{ OTLS_OID_INIT("\x04\x00"), true },
		{ OTLS_OID_INIT("\x04\x01x"), true },
		{ OTLS_OID_INIT(""), false },
		{ OTLS_OID_INIT("\x04"), false },
		{ OTLS_OID_INIT("\x04\x01"), false },
		{ OTLS_OID_INIT("\x04\x02x"), false },
		{ OTLS_OID_INIT("\x04\x81\x01x"), false }, /* longer than needed */
		{ OTLS_OID_INIT("\x04\x82\x00\x01x"), false },
		{ OTLS_OID_INIT("\x04\x81"), false },
		{ OTLS_OID_INIT("\x04\x82\x01"), false },
		{ OTLS_OID_INIT("\x24\x80\x00\x00"), false }, /* indefinite */
		{ OTLS_OID_INIT("\x04\x84\xff\xff\xff\xff"), false },
		{ OTLS_OID_INIT("\x04\x85\x01\x00\x00\x00\x00x"), false },
		{ OTLS_OID_INIT("\x04\x89\x01\x01\x01\x01\x01\x01\x01\x01\x01"), false },
		{ OTLS_OID_INIT("\x1f\x01x"), false }, /* high tag numbers */
		{ OTLS_OID_INIT("\xbf\x81\x01\x01x"), false },
	};
	otls_bytes contents = { NULL, 0 };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_der der = otls__der(rows[i].der, NULL);

		assert_int_equal(otls__der_any(&der, NULL, &contents, NULL), rows[i].good);
		assert_int_equal(der.failed, !rows[i].good);
	}
}

static void
test_long_lengths(void **state)
{
	static uint8_t zeros[0x10000];
	static const size_t lens[] = { 0x7f, 0x80, 0xff, 0x100, 0xffff };
	otls_bytes contents = { NULL, 0 };
	otls_der der;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(lens); i++) {
		der = otls__der(DER(0x04, otls__bytes(zeros, lens[i])), NULL);
		assert_true(otls__der_read(&der, OTLS_DER_OCTET_STRING, &contents));
		assert_int_equal(contents.len, lens[i]);
		assert_true(otls__der_done(&der));
	}
}

static void
test_walk(void **state)
{
	otls_bytes whole = DER(0x30, RAW("\x02\x01\x05"), DER(0x30, RAW("\x05\x00")));
	otls_der der = otls__der(whole, NULL);
	otls_der list;
	otls_der inner;
	otls_bytes bytes = { NULL, 0 };
	int number = 0;
	uint8_t tag = 0;

	(void)state;
	assert_true(otls__der_next_is(&der, OTLS_DER_SEQUENCE));
	assert_false(otls__der_next_is(&der, OTLS_DER_SET));
	assert_true(otls__der_enter(&der, OTLS_DER_SEQUENCE, &list));
	assert_true(otls__der_done(&der));
	assert_true(otls__der_number(&list, &number));
	assert_int_equal(number, 5);
	assert_true(otls__der_enter(&list, OTLS_DER_SEQUENCE, &inner));
	assert_false(otls__der_more(&list));
	assert_true(otls__der_any(&inner, &tag, &bytes, NULL));
	assert_int_equal(tag, OTLS_DER_NULL);
	assert_int_equal(bytes.len, 0);

	der = otls__der(whole, NULL);
	assert_true(otls__der_read_whole(&der, OTLS_DER_SEQUENCE, &bytes));
	assert_true(otls__bytes_equal(bytes, whole));
}

/* A failure is final, keeps what the caller had, and says where it was. */
static void
test_fault(void **state)
{
	otls_bytes whole = DER(0x30, RAW("\x02\x01\x05"), RAW("\x02\x02\x00\x05"), RAW("\x02\x01\x06"));
	otls_der_fault fault = { .at = NULL };
	otls_der der = otls__der(whole, &fault);
	otls_der list;
	otls_bytes integer = { NULL, 0 };
	otls_bytes before = { NULL, 0 };

	(void)state;
	assert_true(otls__der_enter(&der, OTLS_DER_SEQUENCE, &list));
	assert_true(otls__der_integer(&list, &integer));
	before = integer;
	assert_null(fault.what);
	assert_false(otls__der_integer(&list, &integer));
	assert_ptr_equal(fault.at, whole.data + 7);
	assert_non_null(fault.what);
	assert_ptr_equal(integer.data, before.data);
	assert_false(otls__der_integer(&list, &integer));
	assert_false(otls__der_more(&list));
	assert_false(otls__der_done(&list));
	assert_ptr_equal(fault.at, whole.data + 7);
}

static void
test_rest_is_a_fault(void **state)
{
	otls_bytes two = RAW("\x05\x00\x05\x00");
	otls_der_fault fault = { .at = NULL };
	otls_der der = otls__der(two, &fault);

	(void)state;
	assert_true(otls__der_read(&der, OTLS_DER_NULL, NULL));
	assert_false(otls__der_done(&der));
	assert_ptr_equal(fault.at, two.data + 2);
}

static void
test_boolean(void **state)
{
	static const otls_bytes bad[] = { OTLS_OID_INIT("\x01\x01\x01"), OTLS_OID_INIT("\x01\x01\xfe"),
		OTLS_OID_INIT("\x01\x00"), OTLS_OID_INIT("\x01\x02\xff\xff"), OTLS_OID_INIT("\x02\x01\xff") };
	otls_der der = otls__der(RAW("\x01\x01\xff\x01\x01\x00"), NULL);
	bool value = false;

	(void)state;
	assert_true(otls__der_boolean(&der, &value));
	assert_true(value);
	assert_true(otls__der_boolean(&der, &value));
	assert_false(value);
	for (size_t i = 0; i < OTLS_COUNT(bad); i++) {
		der = otls__der(bad[i], NULL);
		assert_false(otls__der_boolean(&der, &value));
	}
}

static void
test_number(void **state)
{
	static const struct row {
		otls_bytes der;
		bool integer, number;
		int value;
	} rows[] = {
		{ OTLS_OID_INIT("\x02\x01\x00"), true, true, 0 },
		{ OTLS_OID_INIT("\x02\x01\x7f"), true, true, 127 },
		{ OTLS_OID_INIT("\x02\x02\x00\x80"), true, true, 128 },
		{ OTLS_OID_INIT("\x02\x04\x7f\xff\xff\xff"), true, true, INT_MAX },
		{ OTLS_OID_INIT("\x02\x05\x00\x80\x00\x00\x00"), true, true, INT_MAX },
		{ OTLS_OID_INIT("\x02\x0a\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01"), true, true, INT_MAX },
		{ OTLS_OID_INIT("\x02\x01\xff"), true, false, 0 },
		{ OTLS_OID_INIT("\x02\x02\xff\x7f"), true, false, 0 },
		{ OTLS_OID_INIT("\x02\x00"), false, false, 0 },
		{ OTLS_OID_INIT("\x02\x02\x00\x7f"), false, false, 0 },
		{ OTLS_OID_INIT("\x02\x02\xff\x80"), false, false, 0 },
		{ OTLS_OID_INIT("\x04\x01\x00"), false, false, 0 },
	};
	otls_bytes contents = { NULL, 0 };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_der one = otls__der(rows[i].der, NULL);
		otls_der other = otls__der(rows[i].der, NULL);
		int value = 0;

		assert_int_equal(otls__der_integer(&one, &contents), rows[i].integer);
		assert_int_equal(otls__der_number(&other, &value), rows[i].number);
		assert_int_equal(value, rows[i].value);
	}
}

static void
test_oid(void **state)
{
	static const otls_bytes good[] = { OTLS_OID_INIT("\x06\x01\x2a"), OTLS_OID_INIT("\x06\x03\x55\x1d\x11"),
		OTLS_OID_INIT("\x06\x04\x2a\x86\x48\x01") };
	static const otls_bytes bad[] = { OTLS_OID_INIT("\x06\x00"), OTLS_OID_INIT("\x06\x02\x2a\x86"),
		OTLS_OID_INIT("\x06\x03\x2a\x80\x01"), OTLS_OID_INIT("\x06\x02\x80\x01") };
	otls_bytes oid = { NULL, 0 };
	otls_der der;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(good); i++) {
		der = otls__der(good[i], NULL);
		assert_true(otls__der_oid(&der, &oid));
	}
	for (size_t i = 0; i < OTLS_COUNT(bad); i++) {
		der = otls__der(bad[i], NULL);
		assert_false(otls__der_oid(&der, &oid));
	}
}

static void
test_bit_string(void **state)
{
	static const struct row {
		otls_bytes der;
		bool octets, flags;
		uint16_t bits;
	} rows[] = {
		{ OTLS_OID_INIT("\x03\x01\x00"), true, true, 0 }, { OTLS_OID_INIT("\x03\x02\x00\x80"), true, true, 1 },
		{ OTLS_OID_INIT("\x03\x02\x05\xa0"), false, true, 5 },
		{ OTLS_OID_INIT("\x03\x03\x07\x06\x80"), false, true, 0x160 },
		{ OTLS_OID_INIT("\x03\x04\x00\x00\x01\xff"), true, true, 0x8000 },
		{ OTLS_OID_INIT("\x03\x00"), false, false, 0 }, { OTLS_OID_INIT("\x03\x01\x01"), false, false, 0 },
		{ OTLS_OID_INIT("\x03\x02\x08\x00"), false, false, 0 },
		{ OTLS_OID_INIT("\x03\x02\x05\xa1"), false, false, 0 }, /* an unused bit is set */
		{ OTLS_OID_INIT("\x23\x02\x00\x80"), false, false, 0 }, /* constructed */
	};
	otls_bytes contents = { NULL, 0 };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_der one = otls__der(rows[i].der, NULL);
		otls_der other = otls__der(rows[i].der, NULL);
		uint16_t bits = 0;

		assert_int_equal(otls__der_octets(&one, &contents), rows[i].octets);
		assert_int_equal(otls__der_flags(&other, &bits), rows[i].flags);
		assert_int_equal(bits, rows[i].bits);
	}
}

static void
test_time(void **state)
{
	static const struct row {
		uint8_t tag;
		const char *text;
		bool good;
		int64_t seconds;
	} rows[] = {
		{ OTLS_DER_UTC_TIME, "700101000000Z", true, 0 },
		{ OTLS_DER_UTC_TIME, "691231235959Z", true, -1 },
		{ OTLS_DER_UTC_TIME, "500101000000Z", true, -631152000 },
		{ OTLS_DER_UTC_TIME, "491231235959Z", true, 2524607999 },
		{ OTLS_DER_UTC_TIME, "000229120000Z", true, 951825600 },
		{ OTLS_DER_GENERALIZED_TIME, "20500101000000Z", true, 2524608000 },
		{ OTLS_DER_GENERALIZED_TIME, "20380119031408Z", true, INT64_C(2147483648) },
		{ OTLS_DER_GENERALIZED_TIME, "99991231235959Z", true, INT64_C(253402300799) },
		{ OTLS_DER_GENERALIZED_TIME, "00000101000000Z", true, INT64_C(-62167219200) },
		{ OTLS_DER_GENERALIZED_TIME, "21000301000000Z", true, INT64_C(4107542400) },
		{ OTLS_DER_UTC_TIME, "010229000000Z", false, 0 }, /* not a leap year */
		{ OTLS_DER_GENERALIZED_TIME, "21000229000000Z", false, 0 },
		{ OTLS_DER_UTC_TIME, "0001010000Z", false, 0 }, /* without seconds */
		{ OTLS_DER_UTC_TIME, "000101000000", false, 0 },
		{ OTLS_DER_UTC_TIME, "000101000000+0000", false, 0 },
		{ OTLS_DER_UTC_TIME, "000101000000z", false, 0 },
		{ OTLS_DER_UTC_TIME, "001301000000Z", false, 0 },
		{ OTLS_DER_UTC_TIME, "000001000000Z", false, 0 },
		{ OTLS_DER_UTC_TIME, "000100000000Z", false, 0 },
		{ OTLS_DER_UTC_TIME, "000431000000Z", false, 0 },
		{ OTLS_DER_UTC_TIME, "000101240000Z", false, 0 },
		{ OTLS_DER_UTC_TIME, "000101006000Z", false, 0 },
		{ OTLS_DER_UTC_TIME, "000101000060Z", false, 0 },
		{ OTLS_DER_UTC_TIME, "0001 1000000Z", false, 0 },
		{ OTLS_DER_UTC_TIME, "", false, 0 },
		{ OTLS_DER_UTC_TIME, "20000101000000Z", false, 0 },
		{ OTLS_DER_GENERALIZED_TIME, "700101000000Z", false, 0 },
		{ OTLS_DER_GENERALIZED_TIME, "20200101000000.5Z", false, 0 },
		{ OTLS_DER_GENERALIZED_TIME, "x0200101000000Z", false, 0 },
		{ OTLS_DER_PRINTABLE_STRING, "700101000000Z", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_bytes text = otls__bytes(rows[i].text, strlen(rows[i].text));
		otls_der der = otls__der(DER(rows[i].tag, text), NULL);
		int64_t seconds = 0;

		if (otls__der_time(&der, &seconds) != rows[i].good || seconds != rows[i].seconds)
			fail_msg("%s: %lld", rows[i].text, (long long)seconds);
	}
}

/* A reader that has failed reads nothing more, and stays where it is. */
static void
test_behind_a_failure(void **state)
{
	otls_der_fault fault = { .at = NULL };
	otls_der der = otls__der(RAW("\x05\x00\x02\x01\x05"), &fault);
	const uint8_t *at = der.data;
	otls_bytes contents;
	uint8_t tag;

	(void)state;
	assert_false(otls__der_read(&der, OTLS_DER_INTEGER, NULL));
	assert_non_null(strstr(fault.what, "another tag"));
	assert_false(otls__der_any(&der, &tag, &contents, NULL));
	assert_false(otls__der_read(&der, 0x05, NULL));
	assert_false(otls__der_more(&der));
	assert_false(otls__der_done(&der));
	assert_ptr_equal(fault.at, at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_long_lengths),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_rest_is_a_fault),
		cmocka_unit_test(test_boolean),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_oid),
		cmocka_unit_test(test_bit_string),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_behind_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
