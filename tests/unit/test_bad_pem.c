/* PEM that is cut, changed, long, or of a hundred thousand blocks: refused with a reason and the line, in one pass. */
#include "bad_input.h"
#include "x509/certificate.h"
#include "x509/pem.h"

/* Bytes that core may ask for beside one for every byte that is read. */
#define FLOOR_COST 8192

static otls_certificate *cert; /* what was read last */

static otls_status
read_pem(otls_bytes text)
{
	otls_certificate **certs = NULL;
	size_t count = 0;
	otls_status status;

	otls_certificate_free(cert);
	cert = NULL;
	status = otls__pem_certificates(text, "x", &certs, &count);
	if (status == OTLS_OK)
		cert = otls_certificate_ref(certs[0]);
	otls__certificates_free(certs, count);
	return status;
}

static otls_status
measure(const char *what, otls_bytes text)
{
	otls_status status;

	bad_meter_start();
	status = read_pem(text);
	otls__alloc_meter = NULL;
	if (bad_asked > text.len + FLOOR_COST)
		fail_msg("%s: %zu bytes asked for to read %zu", what, bad_asked, text.len);
	return status;
}

static void
refuse(const char *what, otls_bytes text, const char *says)
{
	bad_expect_refused("PEM", what, measure(what, text));
	if (strstr(otls_error_message(otls_error_last()), says) == NULL)
		fail_msg("%s: \"%s\" wanted: %s", what, says, otls_error_message(otls_error_last()));
}

static void
accept(const char *what, otls_bytes text)
{
	if (measure(what, text) != OTLS_OK)
		fail_msg("%s: %s", what, otls_error_message(otls_error_last()));
	assert_string_equal(otls_certificate_common_name(cert), "ca");
}

/* A certificate as PEM, with a block of its own. */
static otls_bytes
good_text(void)
{
	otls_certificate *made = NULL;
	const char *pem;
	otls_bytes text;

	assert_int_equal(otls__certificate_parse(make_leaf("ca"), "x", &made), OTLS_OK);
	pem = otls_certificate_pem(made);
	text = bad_repeat(otls__bytes(pem, strlen(pem)), 1);
	otls_certificate_free(made);
	return text;
}

/* Damage to the BEGIN line makes text of it, and then there is no block at all. */
static void
try_damaged_pem(const char *what, otls_bytes text, void *arg)
{
	const bool *must_fail = arg;
	const char *says = NULL;

	if (measure(what, text) == OTLS_OK) {
		if (*must_fail)
			fail_msg("PEM: %s is accepted", what);
		return;
	}
	says = otls_error_message(otls_error_last());
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FORMAT);
	if (!bad_has_place(says, "line") && strstr(says, "no CERTIFICATE block in it") == NULL)
		fail_msg("PEM: %s: no place: %s", what, says);
}

static void
damaged_pem(void **state)
{
	bool must_fail = true;
	otls_bytes text = good_text();

	(void)state;
	accept("undamaged", text);
	bad_truncate(
	    otls__bytes(text.data, text.len - 1), try_damaged_pem, &must_fail); /* all but the last line's end */
	must_fail = false;
	bad_flip(text, try_damaged_pem, &must_fail);
	bad_shift(text, try_damaged_pem, &must_fail);
	bad_free(text);
}

static void
many_blocks(void **state)
{
	otls_bytes other = RAW("-----BEGIN X-----\nMAA=\n-----END X-----\n"), text;
	otls_bytes empty = RAW("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
	otls_bytes good = good_text();

	(void)state;
	text = bad_between(NOTHING, bad_repeat(other, BAD_MANY), good);
	bad_free(good);
	accept("blocks of another kind", text);
	bad_free(text);
	text = bad_between(NOTHING, bad_repeat(other, BAD_MANY), empty);
	refuse("a damaged one behind them", text, "x, line 300001: byte 2 of the certificate: ");
	bad_free(text);
	text = bad_repeat(RAW("-----BEGIN CERTIFICATE-----\n"), BAD_MANY);
	refuse("beginnings", text, "x, line 2: a BEGIN line inside of a block");
	bad_free(text);
	text = bad_between(RAW("-----BEGIN CERTIFICATE-----\n"), bad_repeat(RAW("A: b\n"), BAD_MANY), NOTHING);
	refuse("headers", text, "x, line 1: BEGIN CERTIFICATE without an END line");
	bad_free(text);
	text = bad_between(RAW("-----BEGIN CERTIFICATE-----\n"), bad_repeat(RAW("AAAA"), BAD_LONG / 4), NOTHING);
	refuse("a line of 10 MB", text, "x, line 1: BEGIN CERTIFICATE without an END line");
	bad_free(text);
	text = bad_repeat(RAW("-"), BAD_LONG);
	assert_int_equal(measure("10 MB of dashes", text), OTLS_ERROR);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "no CERTIFICATE block in it"));
	bad_free(text);
}

static int
release(void **state)
{
	(void)state;
	otls_certificate_free(cert);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_pem),
		cmocka_unit_test(many_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
