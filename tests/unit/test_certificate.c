/* Certificates: what is read, what is refused, what is kept as a defect, and what the getters say. */
#include "backend.h"
#include "error.h"
#include "make_der.h"
#include "x509/certificate.h"
#include "x509/der.h"
#include "x509/text.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BASIC_CONSTRAINTS  "\x55\x1d\x13"
#define KEY_USAGE          "\x55\x1d\x0f"
#define EXTENDED_KEY_USAGE "\x55\x1d\x25"
#define ALT_NAMES          "\x55\x1d\x11"
#define NAME_CONSTRAINTS   "\x55\x1d\x1e"
#define SUBJECT_KEY_ID     "\x55\x1d\x0e"
#define AUTHORITY_KEY_ID   "\x55\x1d\x23"
#define POLICIES           "\x55\x1d\x20"
#define POLICY_MAPPINGS    "\x55\x1d\x21"
#define POLICY_CONSTRAINTS "\x55\x1d\x24"
#define ISSUER_NAMES       "\x55\x1d\x12"
#define INHIBIT_ANY_POLICY "\x55\x1d\x36"
#define INFORMATION_ACCESS "\x2b\x06\x01\x05\x05\x07\x01\x01"
#define NO_CHECK           "\x2b\x06\x01\x05\x05\x07\x30\x01\x05"
#define TLS_FEATURE        "\x2b\x06\x01\x05\x05\x07\x01\x18"
#define UNHEARD_OF         "\x2a\x03\x04"
#define SAN(...)           EXTENSION(ALT_NAMES, DER(0x30, __VA_ARGS__))

static otls_certificate *
parse(const make_certificate *parts)
{
	otls_certificate *cert = NULL;

	if (otls__certificate_parse(make_whole(parts), "test", &cert) != OTLS_OK)
		fail_msg("%s", otls_error_message(otls_error_last()));
	return cert;
}

static otls_certificate *
parse_with(otls_bytes extensions)
{
	make_certificate parts = make_parts();

	parts.extensions = extensions;
	return parse(&parts);
}

static void
assert_refused(const make_certificate *parts)
{
	otls_certificate *cert = NULL;

	assert_int_equal(otls__certificate_parse(make_whole(parts), "test", &cert), OTLS_ERROR);
	assert_null(cert);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FORMAT);
}

static void
test_fields(void **state)
{
	make_certificate parts = make_parts();
	otls_certificate *cert = parse(&parts);

	(void)state;
	assert_int_equal(cert->version, 3);
	assert_string_equal(otls_certificate_serial(cert), "0180");
	assert_true(otls__bytes_equal(cert->issuer, parts.issuer));
	assert_true(otls__bytes_equal(cert->subject, parts.subject));
	assert_true(otls__bytes_equal(cert->spki.der, parts.spki));
	assert_int_equal(otls_certificate_not_before(cert), 1577934245);
	assert_int_equal(otls_certificate_not_after(cert), 1893553445);
	assert_string_equal(otls_certificate_subject(cert), "CN=subject");
	assert_string_equal(otls_certificate_issuer(cert), "CN=issuer");
	assert_string_equal(otls_certificate_common_name(cert), "subject");
	assert_string_equal(otls_certificate_key_type(cert), "Ed25519");
	assert_string_equal(otls_certificate_signature_algorithm(cert), "ecdsa-with-SHA256");
	assert_true(cert->signature_algorithms_equal);
	assert_true(otls__bytes_equal(cert->signature, RAW("\xab\xcd")));
	assert_int_equal(cert->tbs.data[0], 0x30); /* the whole value, up to the outer algorithm */
	assert_memory_equal(cert->tbs.data + cert->tbs.len, parts.outer_algorithm.data, parts.outer_algorithm.len);
	assert_int_equal(cert->path_length, -1);
	assert_null(cert->defect);
	assert_false(cert->unknown_critical);
	otls_certificate_free(cert);
}

static void
test_versions(void **state)
{
	make_certificate parts = make_parts();
	otls_certificate *cert;

	(void)state;
	parts.version = NOTHING;
	cert = parse(&parts);
	assert_int_equal(cert->version, 1);
	assert_null(cert->defect);
	otls_certificate_free(cert);

	parts.extensions = EXTENSION(BASIC_CONSTRAINTS, RAW("\x30\x00"));
	cert = parse(&parts);
	assert_non_null(cert->defect); /* extensions, and version 1 */
	otls_certificate_free(cert);

	parts.extensions = NOTHING;
	parts.version = VERSION("\x00");
	cert = parse(&parts);
	assert_non_null(cert->defect); /* the default, written out */
	otls_certificate_free(cert);

	parts.version = VERSION("\x03");
	assert_refused(&parts);
}

static void
test_serials_are_read_loosely(void **state)
{
	make_certificate parts = make_parts();
	otls_certificate *cert;

	(void)state;
	parts.serial = RAW("\x02\x01\x00");
	cert = parse(&parts);
	assert_string_equal(otls_certificate_serial(cert), "00");
	assert_null(cert->defect);
	otls_certificate_free(cert);

	parts.serial = RAW("\x02\x02\xfb\xce");
	cert = parse(&parts);
	assert_string_equal(otls_certificate_serial(cert), "FBCE");
	assert_null(cert->defect);
	otls_certificate_free(cert);

	parts.serial = TEXT(0x02, "a serial number of more than twenty bytes");
	cert = parse(&parts);
	assert_null(cert->defect);
	otls_certificate_free(cert);

	parts.serial = RAW("\x02\x00");
	assert_refused(&parts);
}

/* Each with its twin: the parts without the change are a good certificate. */
static void
test_malformed(void **state)
{
	const make_certificate good = make_parts();
	make_certificate parts = good;

	(void)state;
	parts.issuer = RAW("\x30\x02\x31\x00");
	assert_refused(&parts);
	parts = good;
	parts.subject = RAW("\x31\x00");
	assert_refused(&parts);
	parts = good;
	parts.not_after = TEXT(0x17, "3001020304Z");
	assert_refused(&parts);
	parts = good;
	parts.not_after = TEXT(0x0c, "300102030405Z");
	assert_refused(&parts);
	/* curl CVE-2026-87866: with wolfSSL, a second reader of the certificate took the key that was pinned out of what stood
	 * behind the dates. */
	parts = good;
	parts.not_after = JOIN(good.not_after, good.spki);
	assert_refused(&parts);
	parts = good;
	parts.signature = RAW("\x03\x02\x01\x00");
	assert_refused(&parts);
	parts = good;
	parts.signature = JOIN(good.signature, RAW("\x05\x00"));
	assert_refused(&parts);
	parts = good;
	parts.unique_ids = RAW("\x05\x00");
	assert_refused(&parts);
	parts = good;
	parts.extensions = RAW("\x30\x05\x06\x03\x2a\x03\x04");
	assert_refused(&parts);
	parts = good;
	parts.extensions = EXTENSION("\x2a\x80\x04", RAW("\x05\x00"));
	assert_refused(&parts);
	parts = good;
	parts.spki = DER(0x30, RAW("\x30\x05\x06\x03\x2b\x65\x70"));
	assert_refused(&parts);
}

static void
test_offsets(void **state)
{
	make_certificate parts = make_parts();
	otls_certificate *cert = NULL;
	otls_bytes whole = NOTHING;

	(void)state;
	parts.version = RAW("\xa0\x03\x04\x01\x02");
	whole = make_whole(&parts);
	assert_int_equal(otls__certificate_parse(whole, "leaf.pem, line 7", &cert), OTLS_ERROR);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "leaf.pem, line 7: byte 8 of the certificate"));

	parts = make_parts();
	whole = JOIN(make_whole(&parts), RAW("x"));
	assert_int_equal(otls__certificate_parse(whole, "x", &cert), OTLS_ERROR);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "more data"));
}

/* Cut anywhere, and with any one byte changed: no crash, and never a certificate where bytes are missing. */
static void
test_every_cut_and_change(void **state)
{
	make_certificate parts = make_parts();
	otls_certificate *cert = NULL;
	otls_bytes whole;
	uint8_t *copy;

	(void)state;
	parts.extensions = JOIN(SAN(TEXT(0x82, "a.test"), RAW("\x87\x04\x7f\x00\x00\x01")),
	    EXTENSION(EXTENDED_KEY_USAGE, DER(0x30, RAW("\x06\x03\x2a\x03\x04"))));
	whole = make_whole(&parts);
	for (size_t len = 0; len < whole.len; len++) {
		copy = otls__memdup(whole.data, len);
		assert_int_equal(otls__certificate_parse(otls__bytes(copy, len), "cut", &cert), OTLS_ERROR);
		otls__free(copy);
	}
	for (size_t i = 0; i < whole.len * 8; i++) {
		copy = otls__memdup(whole.data, whole.len);
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
		if (otls__certificate_parse(otls__bytes(copy, whole.len), "changed", &cert) == OTLS_OK) {
			assert_non_null(otls_certificate_subject(cert));
			(void)otls_certificate_san_at(cert, 0, NULL);
			(void)otls_certificate_extended_key_usage_at(cert, 0);
			otls_certificate_free(cert);
		}
		otls__free(copy);
	}
}

/* == extensions == */

static void
test_extensions(void **state)
{
	otls_certificate *cert = parse_with(
	    JOIN(CRITICAL_EXTENSION(BASIC_CONSTRAINTS, RAW("\x30\x06\x01\x01\xff\x02\x01\x03")),
		CRITICAL_EXTENSION(KEY_USAGE, RAW("\x03\x02\x01\x06")),
		EXTENSION(EXTENDED_KEY_USAGE,
		    DER(0x30, RAW("\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"), RAW("\x06\x04\x55\x1d\x25\x00"))),
		CRITICAL_EXTENSION(NAME_CONSTRAINTS, RAW("\x30\x02\xa0\x00")),
		EXTENSION(SUBJECT_KEY_ID, TEXT(0x04, "me")), EXTENSION(AUTHORITY_KEY_ID, DER(0x30, TEXT(0x80, "you"))),
		CRITICAL_EXTENSION(POLICY_CONSTRAINTS, RAW("\x30\x03\x80\x01\x00")),
		CRITICAL_EXTENSION(INHIBIT_ANY_POLICY, RAW("\x02\x01\x02")),
		CRITICAL_EXTENSION(POLICIES, RAW("\x30\x06\x30\x04\x06\x02\x2a\x03")),
		CRITICAL_EXTENSION(TLS_FEATURE, RAW("\x30\x03\x02\x01\x05"))));
	uint64_t usage = 0;
	int path_length = 0;

	(void)state;
	assert_null(cert->defect);
	assert_false(cert->unknown_critical);
	assert_true(otls_certificate_is_ca(cert, &path_length));
	assert_int_equal(path_length, 3);
	assert_true(cert->basic_constraints_critical);
	assert_true(otls_certificate_key_usage(cert, &usage));
	assert_int_equal(usage, OTLS_KEY_USAGE_KEY_CERT_SIGN | OTLS_KEY_USAGE_CRL_SIGN);
	assert_string_equal(otls_certificate_extended_key_usage_at(cert, 0), "1.3.6.1.5.5.7.3.1");
	assert_string_equal(otls_certificate_extended_key_usage_at(cert, 1), "2.5.29.37.0");
	assert_null(otls_certificate_extended_key_usage_at(cert, 2));
	assert_true(otls__bytes_equal(cert->subject_key_id, RAW("me")));
	assert_true(otls__bytes_equal(cert->authority_key_id, RAW("you")));
	assert_true(otls__bytes_equal(cert->name_constraints, RAW("\xa0\x00")));
	assert_int_equal(cert->require_policy, 0);
	assert_int_equal(cert->inhibit_mapping, -1);
	assert_int_equal(cert->inhibit_any_policy, 2);
	assert_true(otls__bytes_equal(cert->tls_feature, RAW("\x02\x01\x05")));
	otls_certificate_free(cert);
}

static void
test_unknown_critical(void **state)
{
	otls_certificate *cert = parse_with(EXTENSION(UNHEARD_OF, RAW("anything")));

	(void)state;
	assert_false(cert->unknown_critical);
	otls_certificate_free(cert);
	cert = parse_with(CRITICAL_EXTENSION(UNHEARD_OF, RAW("anything")));
	assert_true(cert->unknown_critical);
	assert_null(cert->defect);
	otls_certificate_free(cert);
}

static void
test_good_extensions(void **state)
{
	const otls_bytes good[] = {
		EXTENSION(BASIC_CONSTRAINTS, RAW("\x30\x00")),
		EXTENSION(BASIC_CONSTRAINTS, RAW("\x30\x03\x01\x01\x00")), /* common, though not DER */
		EXTENSION(AUTHORITY_KEY_ID, RAW("\x30\x00")),
		EXTENSION(AUTHORITY_KEY_ID, RAW("\x30\x0a\xa1\x05\x82\x03"
						"abc\x82\x01\x05")),
		EXTENSION(INFORMATION_ACCESS, DER(0x30, DER(0x30, RAW("\x06\x02\x2a\x03"), TEXT(0x86, "http://a/")))),
		SAN(TEXT(0x82, "b\xc3\xbc.test"),
		    TEXT(0x82, "a.test\0b.test")), /* they match nothing, and that is all */
		EXTENSION(KEY_USAGE, RAW("\x03\x02\x07\x80")),
		SAN(TEXT(0x82, "*.a.test"), TEXT(0x81, "a@b.test"), TEXT(0x86, "urn:x"), RAW("\x88\x02\x2a\x03"),
		    DER(0xa4, NAME("d")), RAW("\xa0\x08\x06\x02\x2a\x03\xa0\x02\x05\x00")),
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(good); i++) {
		otls_certificate *cert = parse_with(good[i]);

		if (cert->defect != NULL)
			fail_msg("%zu: %s", i, cert->defect);
		otls_certificate_free(cert);
	}
}

static void
test_defects(void **state)
{
	const otls_bytes bad[] = {
		JOIN(EXTENSION(UNHEARD_OF, RAW("a")), EXTENSION(UNHEARD_OF, RAW("b"))),  /* twice */
		DER(0x30, TEXT(0x06, UNHEARD_OF), RAW("\x01\x01\x00"), RAW("\x04\x00")), /* FALSE, written out */
		DER(0x30, TEXT(0x06, UNHEARD_OF), RAW("\x01\x01\x01"), RAW("\x04\x00")), /* TRUE, not ff */
		EXTENSION(BASIC_CONSTRAINTS, RAW("\x30\x03\x02\x01\x00")),               /* a path length and no CA */
		EXTENSION(BASIC_CONSTRAINTS, RAW("\x30\x06\x01\x01\xff\x02\x01\xff")),
		EXTENSION(BASIC_CONSTRAINTS, RAW("\x30\x03\x01\x01\x01")),
		EXTENSION(BASIC_CONSTRAINTS, RAW("\x30\x00\x05\x00")), /* data behind the value */
		EXTENSION(BASIC_CONSTRAINTS, NOTHING),
		EXTENSION(KEY_USAGE, RAW("\x03\x02\x00\x00")), /* no bit is set */
		EXTENSION(KEY_USAGE, RAW("\x03\x01\x01")),
		EXTENSION(EXTENDED_KEY_USAGE, RAW("\x30\x00")),
		EXTENSION(EXTENDED_KEY_USAGE, RAW("\x30\x02\x05\x00")),
		EXTENSION(ALT_NAMES, RAW("\x30\x00")),
		EXTENSION(ALT_NAMES, RAW("a.test")),
		SAN(RAW("\x87\x05\x7f\x00\x00\x01\x00")),
		SAN(TEXT(0x82, "")),
		SAN(TEXT(0x86, "urn:\xff")),
		SAN(TEXT(0x89, "what?")),
		SAN(DER(0xa4, RAW("\x30\x02\x31\x00"))),
		SAN(RAW("\xa0\x04\x06\x02\x2a\x03")),
		SAN(RAW("\xa0\x06\x06\x02\x2a\x03\xa0\x00")),
		SAN(RAW("\xa0\x0a\x06\x02\x2a\x03\xa0\x04\x05\x00\x05\x00")),
		SAN(RAW("\xa0\x0a\x06\x02\x2a\x03\xa0\x02\x05\x00\x05\x00")),
		SAN(RAW("\x88\x00")),
		SAN(RAW("\x88\x02\x80\x03")),
		SAN(RAW("\x88\x02\x2a\x83")),
		EXTENSION(INFORMATION_ACCESS, DER(0x30, DER(0x30, RAW("\x05\x00")))),
		EXTENSION(INFORMATION_ACCESS, DER(0x30, DER(0x30, RAW("\x06\x02\x2a\x03")))),
		EXTENSION(INFORMATION_ACCESS,
		    DER(0x30, DER(0x30, RAW("\x06\x02\x2a\x03"), TEXT(0x86, "a"), TEXT(0x86, "a")))),
		EXTENSION(POLICIES, RAW("\x05\x00")),
		EXTENSION(POLICIES, RAW("\x30\x02\x30\x00")),
		EXTENSION(POLICY_MAPPINGS, DER(0x30, DER(0x30, RAW("\x05\x00")))),
		EXTENSION(POLICY_MAPPINGS, DER(0x30, DER(0x30, RAW("\x06\x01\x2a\x06\x01\x2b\x05\x00")))),
		EXTENSION(NO_CHECK, RAW("\x30\x00")),
		EXTENSION(NO_CHECK, RAW("\x05\x01\x00")),
		CRITICAL_EXTENSION(SUBJECT_KEY_ID, TEXT(0x04, "me")),
		CRITICAL_EXTENSION(AUTHORITY_KEY_ID, DER(0x30, TEXT(0x80, "you"))),
		EXTENSION(AUTHORITY_KEY_ID, RAW("\x30\x03\x82\x01\x05")), /* a serial number without its issuer */
		CRITICAL_EXTENSION(
		    INFORMATION_ACCESS, DER(0x30, DER(0x30, RAW("\x06\x02\x2a\x03"), TEXT(0x86, "http://a/")))),
		EXTENSION(INFORMATION_ACCESS, RAW("\x30\x00")),
		EXTENSION(INFORMATION_ACCESS, RAW("malformed")),
		EXTENSION(POLICY_CONSTRAINTS, RAW("\x30\x03\x80\x01\x00")), /* not critical */
		CRITICAL_EXTENSION(POLICY_CONSTRAINTS, RAW("\x30\x00")),
		EXTENSION(INHIBIT_ANY_POLICY, RAW("\x02\x01\x02")),
		CRITICAL_EXTENSION(INHIBIT_ANY_POLICY, RAW("\x02\x01\xff")),
		EXTENSION(POLICIES, RAW("\x30\x00")),
		EXTENSION(POLICIES, RAW("\x30\x02\x05\x00")),
		EXTENSION(NAME_CONSTRAINTS, RAW("\x31\x00")),
		EXTENSION(BASIC_CONSTRAINTS, RAW("\x30\x05\x01\x01\xff\x05\x00")),
		EXTENSION(ISSUER_NAMES, RAW("\x30\x00")),
		EXTENSION(ISSUER_NAMES, RAW("names")),
		EXTENSION(SUBJECT_KEY_ID, RAW("\x05\x00")),
		EXTENSION(AUTHORITY_KEY_ID, RAW("\x05\x00")),
		EXTENSION(AUTHORITY_KEY_ID, RAW("\x30\x02\x80\x05")), /* lengths that end outside */
		EXTENSION(AUTHORITY_KEY_ID, RAW("\x30\x02\xa1\x05")),
		EXTENSION(AUTHORITY_KEY_ID, RAW("\x30\x02\x82\x05")),
		EXTENSION(AUTHORITY_KEY_ID, RAW("\x30\x02\x05\x00")),
		EXTENSION(AUTHORITY_KEY_ID, RAW("\x30\x05\xa1\x00\x82\x01\x05")), /* an issuer without names */
		EXTENSION(AUTHORITY_KEY_ID, RAW("\x30\x08\xa1\x03\x89\x01x\x82\x01\x05")),
		EXTENSION(POLICY_MAPPINGS, RAW("\x05\x00")),
		EXTENSION(POLICY_MAPPINGS, RAW("\x30\x00")),
		EXTENSION(POLICY_MAPPINGS, RAW("\x30\x06\x30\x04\x06\x02\x2a\x03")), /* half a pair */
		EXTENSION(POLICY_MAPPINGS,
		    RAW("\x30\x0c\x30\x0a\x06\x02\x2a\x03\x06\x04\x55\x1d\x20\x00")), /* to any policy */
		EXTENSION(POLICY_CONSTRAINTS, RAW("\x05\x00")),
		CRITICAL_EXTENSION(POLICY_CONSTRAINTS, RAW("\x30\x02\x80\x00")),
		CRITICAL_EXTENSION(POLICY_CONSTRAINTS, RAW("\x30\x03\x81\x01\xff")),
		CRITICAL_EXTENSION(POLICY_CONSTRAINTS, RAW("\x30\x02\x05\x00")),
		EXTENSION(TLS_FEATURE, RAW("\x05\x00")),
		EXTENSION(TLS_FEATURE, RAW("\x30\x02\x05\x00")),
		EXTENSION(INFORMATION_ACCESS, RAW("\x30\x02\x05\x00")),
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(bad); i++) {
		otls_certificate *cert = parse_with(bad[i]);

		if (cert->defect == NULL)
			fail_msg("%zu: no defect", i);
		otls_certificate_free(cert);
	}
}

static void
test_name_rules(void **state)
{
	make_certificate parts = make_parts();
	otls_certificate *cert;

	(void)state;
	parts.issuer = RAW("\x30\x00");
	cert = parse(&parts);
	assert_non_null(cert->defect);
	assert_string_equal(otls_certificate_issuer(cert), "");
	otls_certificate_free(cert);

	parts = make_parts();
	parts.subject = RAW("\x30\x00");
	cert = parse(&parts);
	assert_non_null(cert->defect);
	otls_certificate_free(cert);

	parts.extensions = SAN(TEXT(0x82, "a.test"));
	cert = parse(&parts);
	assert_non_null(cert->defect);
	otls_certificate_free(cert);

	parts.extensions = CRITICAL_EXTENSION(ALT_NAMES, DER(0x30, TEXT(0x82, "a.test")));
	cert = parse(&parts);
	assert_null(cert->defect);
	otls_certificate_free(cert);
}

/* Defects that are about more than one field, by their words. */
static void
test_defect_texts(void **state)
{
	const otls_bytes authority = CRITICAL_EXTENSION(BASIC_CONSTRAINTS, RAW("\x30\x03\x01\x01\xff"));
	const struct row {
		otls_bytes version, subject, unique_ids, extensions;
		const char *says;
	} rows[] = {
		{ NOTHING, NAME("subject"), RAW("\x81\x02\x00\x01"), NOTHING,
		    "it has unique identifiers and is of version 1" },
		{ VERSION("\x01"), NAME("subject"), RAW("\x81\x02\x00\x01\x82\x02\x00\x01"), NOTHING, NULL },
		{ VERSION("\x02"), NAME("subject"), RAW("\x82\x02\x00\x01"), NOTHING, NULL },
		{ VERSION("\x02"), RAW("\x30\x00"), NOTHING, authority,
		    "it is an authority without a name (RFC 5280, section 4.1.2.6)" },
		{ VERSION("\x02"), NAME("subject"), RAW("\xa3\x02\x30\x00"), NOTHING,
		    "it has an empty list of extensions (RFC 5280, section 4.1.2.9)" },
		{ VERSION("\x01"), NAME("subject"), NOTHING, authority, "it has extensions and is not of version 3" },
		{ VERSION("\x02"), NAME("subject"), NOTHING, EXTENSION(BASIC_CONSTRAINTS, RAW("\x05\x00")),
		    "its basic constraints are malformed" },
		{ VERSION("\x02"), NAME("subject"), NOTHING,
		    EXTENSION(BASIC_CONSTRAINTS, RAW("\x30\x06\x01\x01\xff\x05\x00\x00")),
		    "its basic constraints are malformed" },
		{ VERSION("\x02"), NAME("subject"), NOTHING,
		    EXTENSION(BASIC_CONSTRAINTS, RAW("\x30\x08\x01\x01\xff\x02\x01\x01\x05\x00")),
		    "its basic constraints are malformed" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		make_certificate parts = make_parts();
		otls_certificate *cert;

		parts.version = rows[i].version;
		parts.subject = rows[i].subject;
		parts.unique_ids = rows[i].unique_ids;
		parts.extensions = rows[i].extensions;
		cert = parse(&parts);
		if (rows[i].says == NULL ? cert->defect != NULL
					 : cert->defect == NULL || strstr(cert->defect, rows[i].says) == NULL)
			fail_msg("%zu: %s", i, cert->defect != NULL ? cert->defect : "no defect");
		otls_certificate_free(cert);
	}
}

static void
test_malformed_unique_ids(void **state)
{
	make_certificate parts = make_parts();

	(void)state;
	parts.unique_ids = RAW("\x81\x7f");
	assert_refused(&parts);
}

static void
test_critical_issuer_names(void **state)
{
	otls_certificate *cert = parse_with(CRITICAL_EXTENSION(ISSUER_NAMES, DER(0x30, TEXT(0x82, "a.test"))));

	(void)state;
	assert_true(cert->unknown_critical);
	assert_null(cert->defect);
	otls_certificate_free(cert);
}

static void
test_too_many_extensions(void **state)
{
	uint8_t oid[] = { 0x2a, 0x03, 0x00, 0x00 };
	otls_bytes all = NOTHING;
	make_certificate parts = make_parts();

	(void)state;
	for (unsigned i = 0; i < 128; i++) {
		oid[2] = (uint8_t)(0x81 + i / 64);
		oid[3] = (uint8_t)(i % 64);
		all = JOIN(all, DER(0x30, DER(0x06, otls__bytes(oid, sizeof(oid))), RAW("\x04\x00")));
	}
	otls_certificate_free(parse_with(all));
	parts.extensions = JOIN(all, EXTENSION("\x2a\x04", NOTHING));
	assert_refused(&parts);
}

static void
test_signature_algorithms(void **state)
{
	make_certificate parts = make_parts();
	otls_certificate *cert;

	(void)state;
	parts.outer_algorithm = RAW("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03");
	cert = parse(&parts);
	assert_false(cert->signature_algorithms_equal);
	otls_certificate_free(cert);

	/* RSA without its NULL is let pass; ECDSA with one is not known. */
	parts.outer_algorithm = RAW("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b");
	cert = parse(&parts);
	assert_int_equal(cert->signature_algorithm.kind, OTLS_SIGNATURE_RSA_PKCS1);
	assert_int_equal(cert->signature_algorithm.hash, OTLS_HASH_SHA256);
	otls_certificate_free(cert);
	parts.outer_algorithm = RAW("\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00");
	cert = parse(&parts);
	assert_int_equal(cert->signature_algorithm.kind, OTLS_SIGNATURE_UNKNOWN);
	assert_string_equal(otls_certificate_signature_algorithm(cert), "1.2.840.10045.4.3.2");
	otls_certificate_free(cert);
}

#define PSS_OID "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
#define SHA384  "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02"
#define MGF1    "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"

static void
test_pss(void **state)
{
	otls_bytes full = DER(0x30, RAW(PSS_OID),
	    DER(0x30, DER(0xa0, RAW(SHA384)), DER(0xa1, DER(0x30, RAW(MGF1), RAW(SHA384))),
		RAW("\xa2\x03\x02\x01\x30")));
	otls_bytes trailer = DER(0x30, RAW(PSS_OID), DER(0x30, RAW("\xa3\x03\x02\x01\x02")));
	const otls_bytes malformed[] = {
		RAW("\x31\x00"),
		DER(0x30, RAW("\xa0\x00")),                                            /* no hash */
		DER(0x30, RAW("\xa0\x06\x30\x04\x06\x02\x2a\x03")),                    /* one that is not known */
		DER(0x30, DER(0xa0, RAW(SHA384), RAW("\x05\x00"))),                    /* and more */
		DER(0x30, RAW("\xa1\x00")),                                            /* no mask */
		DER(0x30, DER(0xa1, DER(0x30, RAW("\x06\x02\x2a\x03"), RAW(SHA384)))), /* another one */
		DER(0x30, DER(0xa1, DER(0x30, RAW(MGF1)))),                            /* without its hash */
		DER(0x30, RAW("\xa2\x03\x02\x01\xff")),                                /* a negative salt */
		DER(0x30, RAW("\xa3\x02\x05\x00")),
		DER(0x30, RAW("\x05\x00")),
	};
	otls_signature_algorithm algorithm;
	otls_bytes oid = NOTHING;

	(void)state;
	assert_true(otls__signature_algorithm_parse(full, &algorithm, &oid));
	assert_int_equal(algorithm.kind, OTLS_SIGNATURE_RSA_PSS);
	assert_int_equal(algorithm.hash, OTLS_HASH_SHA384);
	assert_int_equal(algorithm.mgf_hash, OTLS_HASH_SHA384);
	assert_int_equal(algorithm.salt_len, 48);

	assert_true(otls__signature_algorithm_parse(DER(0x30, RAW(PSS_OID), RAW("\x30\x00")), &algorithm, &oid));
	assert_int_equal(algorithm.hash, OTLS_HASH_SHA1);
	assert_int_equal(algorithm.salt_len, 20);

	for (size_t i = 0; i < OTLS_COUNT(malformed); i++) {
		assert_true(otls__signature_algorithm_parse(DER(0x30, RAW(PSS_OID), malformed[i]), &algorithm, &oid));
		assert_int_equal(algorithm.kind, OTLS_SIGNATURE_UNKNOWN);
	}
	assert_true(otls__signature_algorithm_parse(trailer, &algorithm, &oid));
	assert_int_equal(algorithm.kind, OTLS_SIGNATURE_UNKNOWN);
	assert_true(otls__signature_algorithm_parse(DER(0x30, RAW(PSS_OID)), &algorithm, &oid));
	assert_int_equal(algorithm.kind, OTLS_SIGNATURE_UNKNOWN);
}

/* == keys == */

#define RSA_ID  RAW("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00")
#define P256_ID RAW("\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07")

static otls_bytes
rsa_key(otls_bytes modulus, otls_bytes exponent)
{
	return DER(0x30, RSA_ID, DER(0x03, RAW("\0"), DER(0x30, modulus, exponent)));
}

static void
test_rsa_keys(void **state)
{
	static const struct row {
		otls_bytes modulus, exponent;
		unsigned bits;
		bool sound;
	} rows[] = {
		{ OTLS_OID_INIT("\x02\x03\x00\x80\x01"), OTLS_OID_INIT("\x02\x03\x01\x00\x01"), 16, true },
		{ OTLS_OID_INIT("\x02\x03\x00\x80\x01"), OTLS_OID_INIT("\x02\x01\x03"), 16, true },
		{ OTLS_OID_INIT("\x02\x03\x00\x80\x02"), OTLS_OID_INIT("\x02\x01\x03"), 16, false }, /* even */
		{ OTLS_OID_INIT("\x02\x02\x40\x01"), OTLS_OID_INIT("\x02\x01\x03"), 15, false },     /* 15 bits */
		{ OTLS_OID_INIT("\x02\x03\x00\x80\x01"), OTLS_OID_INIT("\x02\x01\x01"), 16, false },
		{ OTLS_OID_INIT("\x02\x03\x00\x80\x01"), OTLS_OID_INIT("\x02\x01\x04"), 16, false },
		{ OTLS_OID_INIT("\x02\x03\x00\x80\x01"), OTLS_OID_INIT("\x02\x05\x00\xff\xff\xff\xff"), 16, true },
		{ OTLS_OID_INIT("\x02\x03\x00\x80\x01"), OTLS_OID_INIT("\x02\x05\x01\x00\x00\x00\x01"), 16, false },
		{ OTLS_OID_INIT("\x02\x02\x80\x01"), OTLS_OID_INIT("\x02\x01\x03"), 0, false }, /* negative */
		{ OTLS_OID_INIT("\x02\x01\x00"), OTLS_OID_INIT("\x02\x01\x03"), 0, false },
		{ OTLS_OID_INIT("\x02\x03\x00\x80\x01"), OTLS_OID_INIT("\x02\x01\x83"), 16, false },
		{ OTLS_OID_INIT("\x02\x03\x00\x80\x01"), OTLS_OID_INIT("\x02\x01\x00"), 16, false },
	};
	otls_spki spki;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		assert_true(otls__spki_parse(rsa_key(rows[i].modulus, rows[i].exponent), &spki));
		assert_int_equal(spki.type, OTLS_KEY_TYPE_RSA);
		assert_int_equal(spki.bits, rows[i].bits);
		assert_int_equal(spki.sound, rows[i].sound);
	}
	assert_false(otls__spki_parse(DER(0x30, RSA_ID, RAW("\x03\x03\x00\x05\x00")), &spki));
	assert_false(otls__spki_parse(DER(0x30, RSA_ID, RAW("\x03\x05\x00\x30\x00\x05\x00")), &spki));
	assert_false(otls__spki_parse(rsa_key(RAW("\x05\x00"), RAW("\x02\x01\x03")), &spki));
	assert_false(otls__spki_parse(rsa_key(RAW("\x02\x01\x7f"), NOTHING), &spki));
	assert_false(otls__spki_parse(rsa_key(RAW("\x02\x01\x7f"), RAW("\x02\x01\x03\x05\x00")), &spki));
}

static void
test_ec_keys(void **state)
{
	static const uint8_t point[66] = { 0, 4 }; /* the unused-bits byte, and an uncompressed point of zeros */
	otls_spki spki;

	(void)state;
	assert_true(otls__spki_parse(DER(0x30, P256_ID, DER(0x03, otls__bytes(point, 66))), &spki));
	assert_int_equal(spki.type, OTLS_KEY_TYPE_EC);
	assert_int_equal(spki.group, 0x0017);
	assert_int_equal(spki.bits, 256);
	assert_true(spki.sound);
	assert_true(otls__spki_parse(DER(0x30, P256_ID, DER(0x03, otls__bytes(point, 65))), &spki));
	assert_false(spki.sound);
	assert_true(otls__spki_parse(DER(0x30, P256_ID, DER(0x03, RAW("\0\x02"), otls__bytes(point, 32))), &spki));
	assert_false(spki.sound); /* compressed */
	assert_true(otls__spki_parse(DER(0x30, P256_ID, DER(0x03, RAW("\0\x06"), otls__bytes(point + 2, 64))), &spki));
	assert_false(spki.sound); /* hybrid */

	/* Another curve, explicit parameters, and none. */
	assert_true(
	    otls__spki_parse(DER(0x30, RAW("\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a"),
				 DER(0x03, otls__bytes(point, 66))),
		&spki));
	assert_int_equal(spki.group, 0);
	assert_true(otls__spki_parse(
	    DER(0x30, RAW("\x30\x0b\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x30\x00"), DER(0x03, otls__bytes(point, 66))),
	    &spki));
	assert_int_equal(spki.group, 0);
	assert_false(spki.sound);
	assert_false(otls__spki_parse(DER(0x30, RAW("\x30\x0c\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x01\x80"),
					  DER(0x03, otls__bytes(point, 66))),
	    &spki)); /* an OID that is none */
	assert_false(otls__spki_parse(
	    DER(0x30, RAW("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"), DER(0x03, otls__bytes(point, 66))), &spki));
}

static void
test_other_keys(void **state)
{
	otls_spki spki;

	(void)state;
	assert_true(otls__spki_parse(make_ed25519(), &spki));
	assert_int_equal(spki.type, OTLS_KEY_TYPE_ED25519);
	assert_true(spki.sound);
	assert_true(otls__spki_parse(DER(0x30, RAW("\x30\x05\x06\x03\x2b\x65\x70"), RAW("\x03\x02\x00\x01")), &spki));
	assert_false(spki.sound);
	assert_true(otls__spki_parse(DER(0x30, RAW("\x30\x04\x06\x02\x2a\x03"), RAW("\x03\x02\x00\x01")), &spki));
	assert_int_equal(spki.type, OTLS_KEY_TYPE_UNKNOWN);
	assert_false(otls__spki_parse(JOIN(make_ed25519(), RAW("\x05\x00")), &spki));
}

/* Keys that are marked for RSA-PSS (RFC 4055): with parameters, without any, and with what is none. */
static void
test_rsa_pss_keys(void **state)
{
	const otls_bytes parameters = DER(
	    0x30, DER(0xa0, RAW(SHA384)), DER(0xa1, DER(0x30, RAW(MGF1), RAW(SHA384))), RAW("\xa2\x03\x02\x01\x30"));
	const otls_bytes key = DER(
	    0x03, RAW("\0"), DER(0x30, RAW("\x02\x03\x00\x80\x01"), RAW("\x02\x03\x01\x00\x01")));
	otls_spki spki;

	(void)state;
	assert_true(otls__spki_parse(DER(0x30, DER(0x30, RAW(PSS_OID)), key), &spki));
	assert_int_equal(spki.type, OTLS_KEY_TYPE_RSA_PSS);
	assert_int_equal(spki.pss.kind, OTLS_SIGNATURE_UNKNOWN);
	assert_int_equal(spki.bits, 16);
	assert_true(otls__spki_parse(DER(0x30, DER(0x30, RAW(PSS_OID), parameters), key), &spki));
	assert_int_equal(spki.pss.kind, OTLS_SIGNATURE_RSA_PSS);
	assert_int_equal(spki.pss.hash, OTLS_HASH_SHA384);
	assert_int_equal(spki.pss.salt_len, 48);
	assert_int_equal(otls__spki_kind(&spki), OTLS_SIGNATURE_RSA_PSS);
	assert_false(otls__spki_parse(DER(0x30, DER(0x30, RAW(PSS_OID), RAW("\x05\x00")), key), &spki));
	assert_false(otls__spki_parse(DER(0x30, DER(0x30, RAW(PSS_OID), RAW("\x31\x00")), key), &spki));
}

static void
test_what_keys_sign(void **state)
{
	static const otls_signature_kind kinds[] = {
		[OTLS_KEY_TYPE_UNKNOWN] = OTLS_SIGNATURE_UNKNOWN,
		[OTLS_KEY_TYPE_RSA] = OTLS_SIGNATURE_RSA_PKCS1,
		[OTLS_KEY_TYPE_RSA_PSS] = OTLS_SIGNATURE_RSA_PSS,
		[OTLS_KEY_TYPE_EC] = OTLS_SIGNATURE_ECDSA,
		[OTLS_KEY_TYPE_ED25519] = OTLS_SIGNATURE_ED25519,
		[OTLS_KEY_TYPE_ED448] = OTLS_SIGNATURE_ED448,
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(kinds); i++) {
		otls_spki spki = { .type = (otls_key_type)i };

		assert_int_equal(otls__spki_kind(&spki), kinds[i]);
	}
}

/* == texts == */

#define ATTRIBUTE(oid, ...) DER(0x31, DER(0x30, TEXT(0x06, oid), __VA_ARGS__))

static void
test_name_text(void **state)
{
	const struct row {
		otls_bytes rdns;
		const char *text;
	} rows[] = {
		{ JOIN(ATTRIBUTE("\x55\x04\x06", TEXT(0x13, "NL")), ATTRIBUTE("\x55\x04\x0a", TEXT(0x13, "Example")),
		      CN("www")),
		    "CN=www,O=Example,C=NL" },
		{ DER(0x31, DER(0x30, RAW("\x06\x03\x55\x04\x03"), TEXT(0x0c, "a")),
		      DER(0x30, RAW("\x06\x03\x55\x04\x0b"), TEXT(0x0c, "b"))),
		    "CN=a+OU=b" },
		{ CN(" a, \"b\"+c;<d>\\ #"), "CN=\\ a\\, \\\"b\\\"\\+c\\;\\<d\\>\\\\ #" },
		{ CN("#a "), "CN=\\#a\\ " },
		{ CN(" "), "CN=\\ " },
		{ CN("a=b"), "CN=a=b" },
		{ CN("a\0b\n\x7f"), "CN=a\\00b\\0A\\7F" },
		{ CN("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "CN=\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ CN("\xc0\x80"), "CN=#0C02C080" },             /* overlong */
		{ CN("\xed\xa0\x80"), "CN=#0C03EDA080" },       /* a surrogate */
		{ CN("\xf4\x90\x80\x80"), "CN=#0C04F4908080" }, /* above U+10FFFF */
		{ CN("a\xc3"), "CN=#0C0261C3" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1e\x04\x00\x41\x20\xac")), "CN=A\xe2\x82\xac" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1e\x04\xd8\x3d\xde\x00")), "CN=\xf0\x9f\x98\x80" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1e\x02\xd8\x3d")), "CN=#1E02D83D" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1e\x01\x41")), "CN=#1E0141" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1e\x04\xd7\xff\xe0\x00")), "CN=\xed\x9f\xbf\xee\x80\x80" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1e\x04\xdc\x00\x00\x41")), "CN=#1E04DC000041" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1e\x04\xd8\x00\xdb\xff")), "CN=#1E04D800DBFF" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1e\x04\xdb\xff\xe0\x00")), "CN=#1E04DBFFE000" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1e\x04\xdb\xff\xdf\xff")), "CN=\xf4\x8f\xbf\xbf" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1c\x03\x00\x00\x41")), "CN=#1C03000041" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1c\x04\x00\x11\x00\x00")), "CN=#1C0400110000" },
		{ CN("\xe0\x80\x80"), "CN=#0C03E08080" }, /* overlong, in three bytes */
		{ CN("\xf0\x80\x80\x80"), "CN=#0C04F0808080" },
		{ CN("\x7f\xc2\x80\xc2\x9f\xc2\xa0"), "CN=\\7F\\C2\\80\\C2\\9F\xc2\xa0" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1c\x04\x00\x01\xf6\x00")), "CN=\xf0\x9f\x98\x80" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x1c\x04\x00\x00\xd8\x00")), "CN=#1C040000D800" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x14\x01\xe9")), "CN=\xc3\xa9" },
		{ ATTRIBUTE("\x55\x04\x03", RAW("\x02\x01\x05")), "CN=#020105" },
		{ ATTRIBUTE("\x2a\x03\x04", TEXT(0x0c, "x")), "1.2.3.4=#0C0178" },
		{ ATTRIBUTE("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", TEXT(0x16, "org")), "DC=org" },
		{ ATTRIBUTE("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", TEXT(0x16, "a@b")), "emailAddress=a@b" },
	};
	make_certificate parts = make_parts();

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_certificate *cert;

		parts.subject = DER(0x30, rows[i].rdns);
		cert = parse(&parts);
		assert_string_equal(otls_certificate_subject(cert), rows[i].text);
		otls_certificate_free(cert);
	}
}

static void
test_common_name(void **state)
{
	make_certificate parts = make_parts();
	otls_certificate *cert;

	(void)state;
	parts.subject = DER(0x30, CN("first"), CN("a, b"), ATTRIBUTE("\x55\x04\x0a", TEXT(0x13, "o")));
	cert = parse(&parts);
	assert_string_equal(otls_certificate_common_name(cert), "a, b");
	otls_certificate_free(cert);
	parts.subject = DER(0x30, ATTRIBUTE("\x55\x04\x0a", TEXT(0x13, "o")));
	cert = parse(&parts);
	assert_string_equal(otls_certificate_common_name(cert), "");
	otls_certificate_free(cert);
}

static void
assert_part(const otls_certificate *cert, size_t i, const char *type, const char *value, size_t value_len)
{
	const char *name = NULL;
	size_t len = 0;
	const char *text = otls_certificate_subject_part_at(cert, i, &name, &len);

	assert_non_null(text);
	assert_string_equal(name, type);
	assert_int_equal(len, value_len);
	assert_memory_equal(text, value, len + 1); /* and the NUL behind it */
}

static void
test_name_parts(void **state)
{
	make_certificate parts = make_parts();
	otls_certificate *cert;
	const char *type = "";
	size_t len = 1;

	(void)state;
	parts.subject = DER(0x30, ATTRIBUTE("\x55\x04\x06", TEXT(0x13, "NL")),
	    DER(0x31, DER(0x30, RAW("\x06\x03\x55\x04\x0a"), TEXT(0x14, "Caf\xe9")),
		DER(0x30, RAW("\x06\x03\x55\x04\x0b"),
		    RAW("\x0c\x03"
			"a\0b"))),
	    ATTRIBUTE("\x2a\x03\x04", TEXT(0x0c, "x, \\y")), CN("#1"), ATTRIBUTE("\x55\x04\x04", RAW("\x0c\x01\xff")));
	cert = parse(&parts);
	assert_part(cert, 0, "C", "NL", 2);
	assert_part(cert, 1, "O", "Caf\xc3\xa9", 5);
	assert_part(cert, 2, "OU", "a\0b", 3);
	assert_part(cert, 3, "1.2.3.4", "x, \\y", 5);
	assert_part(cert, 4, "CN", "#1", 2);
	assert_part(cert, 5, "SN", "#0C01FF", 7);
	assert_null(otls_certificate_subject_part_at(cert, 6, &type, &len));
	assert_null(type);
	assert_int_equal(len, 0);
	assert_string_equal(otls_certificate_issuer_part_at(cert, 0, NULL, NULL), "issuer");
	assert_null(otls_certificate_issuer_part_at(cert, 1, &type, NULL));
	otls_certificate_free(cert);
	assert_null(otls_certificate_subject_part_at(NULL, 0, &type, &len));
	assert_null(otls_certificate_issuer_part_at(NULL, 0, NULL, NULL));
}

static void
test_oid_text(void **state)
{
	static const struct row {
		otls_bytes oid;
		const char *text;
	} rows[] = {
		{ OTLS_OID_INIT("\x00"), "0.0" },
		{ OTLS_OID_INIT("\x27"), "0.39" },
		{ OTLS_OID_INIT("\x28"), "1.0" },
		{ OTLS_OID_INIT("\x4f"), "1.39" },
		{ OTLS_OID_INIT("\x50"), "2.0" },
		{ OTLS_OID_INIT("\x78"), "2.40" },
		{ OTLS_OID_INIT("\x81\x34"), "2.100" },
		{ OTLS_OID_INIT("\x88\x37\x03"), "2.999.3" },
		{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d"), "1.2.840.113549" },
		{ OTLS_OID_INIT("\x69\x83\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
		    "2.25.340282366920938463463374607431768211455" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_certificate *cert = parse_with(EXTENSION(EXTENDED_KEY_USAGE, DER(0x30, DER(0x06, rows[i].oid))));

		assert_string_equal(otls_certificate_extended_key_usage_at(cert, 0), rows[i].text);
		otls_certificate_free(cert);
	}
}

/* Forms that are not what they should be are shown by their bytes; text of what is no name is empty. */
static void
test_malformed_texts(void **state)
{
	otls_certificate *cert = parse_with(
	    SAN(DER(0xa4, RAW("\x30\x02\x31\x00")), RAW("\x87\x05\x7f\x00\x00\x01\x00")));
	otls_buffer text = { 0 };
	otls_text_list list = { 0 };

	(void)state;
	assert_string_equal(otls_certificate_san_at(cert, 0, NULL), "a40430023100");
	assert_int_equal(otls_certificate_san_kind(cert, 0), OTLS_SAN_OTHER);
	assert_string_equal(otls_certificate_san_at(cert, 1, NULL), "87057f00000100");
	assert_null(otls_certificate_san_at(cert, 2, NULL));
	otls_certificate_free(cert);
	assert_true(otls__name_text(RAW("\x05\x00"), &text));
	assert_true(otls__common_name_text(RAW("\x05\x00"), &text));
	assert_int_equal(text.len, 0);
	assert_true(otls__name_texts(RAW("\x05\x00"), &list));
	assert_int_equal(otls__text_count(&list), 0);
}

/* Above 10^48 it is no number that anybody writes; its bytes are. */
static void
test_oid_without_end(void **state)
{
	otls_certificate *cert = parse_with(EXTENSION(EXTENDED_KEY_USAGE,
	    DER(0x30, RAW("\x06\x02\x2a\x03"),
		TEXT(0x06, "\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
			   "\xff\xff\x7f"))));

	(void)state;
	assert_string_equal(otls_certificate_extended_key_usage_at(cert, 0), "1.2.3");
	assert_string_equal(
	    otls_certificate_extended_key_usage_at(cert, 1), "2affffffffffffffffffffffffffffffffffffffffffffff7f");
	assert_null(otls_certificate_extended_key_usage_at(cert, 2));
	otls_certificate_free(cert);
}

static void
assert_fingerprint(const otls_certificate *cert, otls_hash hash, const char *text)
{
	const otls_engine *engine = otls__engine_any();
	otls_bytes der = otls__bytes(cert->der, cert->der_len);
	otls_report report = otls__report();
	uint8_t digest[OTLS_HASH_MAX];
	otls_buffer hex = { 0 };
	size_t len;

	if (engine == NULL) {
		assert_string_equal(text, "");
		return;
	}
	assert_int_equal(engine->hash(hash, &der, 1, digest, &len, &report), OTLS_OK);
	assert_true(
	    otls__hex_text(otls__bytes(digest, len), otls__lower_hex, &hex) && otls__buffer_append(&hex, "", 1));
	assert_string_equal(text, (const char *)hex.data);
	otls__buffer_fini(&hex);
}

static void
test_fingerprints(void **state)
{
	otls_certificate *cert = parse_with(NOTHING);

	(void)state;
	assert_fingerprint(cert, OTLS_HASH_SHA256, otls_certificate_sha256(cert));
	assert_fingerprint(cert, OTLS_HASH_SHA1, otls_certificate_sha1(cert));
	assert_ptr_equal(otls_certificate_sha256(cert), otls_certificate_sha256(cert));
	assert_int_equal(otls_certificate_key_bits(cert), cert->spki.bits);
	otls_certificate_free(cert);
}

static void
test_sans(void **state)
{
	otls_certificate *cert = parse_with(SAN(TEXT(0x82, "a.test"), RAW("\x87\x04\xc0\x00\x02\x01"),
	    RAW("\x87\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"), TEXT(0x82, "b\0.test"), TEXT(0x81, "m@a.test"),
	    TEXT(0x86, "urn:x"), DER(0xa4, NAME("dir, name")), RAW("\x88\x02\x2a\x03"), TEXT(0x82, "c.test"),
	    TEXT(0x82, "\xff")));
	static const struct row {
		otls_san_kind kind;
		const char *text;
		size_t len;
	} rows[] = {
		{ OTLS_SAN_DNS, "a.test", 6 },
		{ OTLS_SAN_IP, "192.0.2.1", 9 },
		{ OTLS_SAN_IP, "2001:db8::1", 11 },
		{ OTLS_SAN_DNS, "b\0.test", 7 },
		{ OTLS_SAN_EMAIL, "m@a.test", 8 },
		{ OTLS_SAN_URI, "urn:x", 5 },
		{ OTLS_SAN_DIRNAME, "CN=dir\\, name", 13 },
		{ OTLS_SAN_OTHER, "88022a03", 8 },
		{ OTLS_SAN_DNS, "c.test", 6 },
		{ OTLS_SAN_OTHER, "8201ff", 6 },
	};
	size_t at = 0;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		const char *text = otls_certificate_san_at(cert, i, &len);

		assert_int_equal(otls_certificate_san_kind(cert, i), rows[i].kind);
		assert_int_equal(len, rows[i].len);
		assert_memory_equal(text, rows[i].text, len + 1);
	}
	assert_null(otls_certificate_san_at(cert, OTLS_COUNT(rows), &len));
	assert_int_equal(len, 0);
	assert_int_equal(otls_certificate_san_kind(cert, OTLS_COUNT(rows)), 0);
	/* The one with NUL inside is left out. */
	assert_string_equal(otls_certificate_san_next(cert, OTLS_SAN_DNS, &at), "a.test");
	assert_string_equal(otls_certificate_san_next(cert, OTLS_SAN_DNS, &at), "c.test");
	assert_null(otls_certificate_san_next(cert, OTLS_SAN_DNS, &at));
	otls_certificate_free(cert);
}

/* PEM out is PEM in, and texts are the same object every time. */
static void
test_pem_and_back(void **state)
{
	make_certificate parts = make_parts();
	otls_certificate *cert = parse(&parts);
	otls_certificate *again = NULL;
	const char *pem = otls_certificate_pem(cert);
	size_t len = 0;

	(void)state;
	assert_ptr_equal(pem, otls_certificate_pem(cert));
	assert_int_equal(otls_certificate_new(pem, strlen(pem), OTLS_FILETYPE_PEM, &again), OTLS_OK);
	assert_memory_equal(otls_certificate_der(again, &len), cert->der, cert->der_len);
	assert_int_equal(len, cert->der_len);
	otls_certificate_free(again);
	assert_int_equal(otls_certificate_new(cert->der, cert->der_len, OTLS_FILETYPE_ASN1, &again), OTLS_OK);
	otls_certificate_free(again);
	assert_int_equal(otls_certificate_new(cert->der, cert->der_len, OTLS_FILETYPE_PEM, &again), OTLS_ERROR);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "this is DER, not PEM"));
	assert_int_equal(otls_certificate_new(pem, strlen(pem), OTLS_FILETYPE_ASN1, &again), OTLS_ERROR);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "this is PEM, not DER"));
	assert_int_equal(otls_certificate_new(pem, strlen(pem), (otls_filetype)3, &again), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_BAD_ARGUMENT);
	otls_certificate_free(cert);
}

static void
test_null_objects(void **state)
{
	otls_certificate *cert = NULL;
	uint64_t bits;
	int length;
	size_t i = 0;

	(void)state;
	assert_null(otls_certificate_ref(NULL));
	otls_certificate_free(NULL);
	assert_string_equal(otls_certificate_subject(NULL), "");
	assert_string_equal(otls_certificate_issuer(NULL), "");
	assert_string_equal(otls_certificate_common_name(NULL), "");
	assert_string_equal(otls_certificate_serial(NULL), "");
	assert_string_equal(otls_certificate_pem(NULL), "");
	assert_string_equal(otls_certificate_sha256(NULL), "");
	assert_string_equal(otls_certificate_sha1(NULL), "");
	assert_string_equal(otls_certificate_spki_pin(NULL), "");
	assert_int_equal(otls_certificate_not_before(NULL), 0);
	assert_int_equal(otls_certificate_not_after(NULL), 0);
	assert_int_equal(otls_certificate_key_bits(NULL), 0);
	assert_int_equal(otls_certificate_san_kind(NULL, 0), 0);
	assert_null(otls_certificate_san_next(NULL, OTLS_SAN_DNS, NULL));
	assert_false(otls_certificate_matches_name(NULL, "a.test"));
	assert_string_equal(otls_certificate_signature_algorithm(NULL), "");
	assert_string_equal(otls_certificate_key_type(NULL), "");
	assert_null(otls_certificate_san_at(NULL, 0, NULL));
	assert_null(otls_certificate_san_next(NULL, OTLS_SAN_DNS, &i));
	assert_null(otls_certificate_extended_key_usage_at(NULL, 0));
	length = 5;
	bits = 5;
	assert_false(otls_certificate_is_ca(NULL, &length));
	assert_int_equal(length, -1);
	assert_false(otls_certificate_key_usage(NULL, &bits));
	assert_int_equal(bits, 0);
	assert_null(otls_certificate_der(NULL, &i));
	assert_int_equal(i, 0);
	assert_false(otls_certificate_is_ca(NULL, NULL));
	assert_false(otls_certificate_key_usage(NULL, NULL));
	assert_null(otls_certificate_der(NULL, NULL));
	assert_int_equal(otls_certificate_new("x", 1, OTLS_FILETYPE_PEM, NULL), OTLS_ERROR);
	assert_int_equal(otls_certificate_new(NULL, 1, OTLS_FILETYPE_PEM, &cert), OTLS_ERROR);
	assert_int_equal(otls_certificate_new_file(NULL, OTLS_FILETYPE_PEM, &cert), OTLS_ERROR);
	assert_int_equal(otls_certificate_new_file("x", OTLS_FILETYPE_PEM, NULL), OTLS_ERROR);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "cert"));
}

static void
test_size_limit(void **state)
{
	static uint8_t large[(1 << 20) + 1];
	otls_certificate *cert = NULL;

	(void)state;
	assert_int_equal(otls_certificate_new(large, sizeof(large), OTLS_FILETYPE_ASN1, &cert), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_LIMIT);
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
	make_certificate parts = make_parts();
	otls_certificate *cert = NULL;
	otls_bytes whole;
	otls_status status = OTLS_ERROR;
	unsigned n;

	(void)state;
	parts.extensions = JOIN(
	    SAN(TEXT(0x82, "a.test")), EXTENSION(EXTENDED_KEY_USAGE, DER(0x30, RAW("\x06\x02\x2a\x03"))));
	whole = make_whole(&parts);
	otls__alloc_trap = trap;
	for (n = 0; status != OTLS_OK; n++) {
		allowed = n;
		status = otls__certificate_parse(whole, "test", &cert);
		assert_true(status == OTLS_OK || otls_error_code(otls_error_last()) == OTLS_E_MEMORY);
	}
	assert_true(n > 2);
	allowed = 0;
	assert_string_equal(otls_certificate_subject(cert), "");
	assert_null(otls_certificate_san_at(cert, 0, NULL));
	assert_null(otls_certificate_extended_key_usage_at(cert, 0));
	for (n = 0; otls_certificate_subject(cert)[0] == '\0'; n++)
		allowed = n;
	for (n = 0; otls_certificate_san_at(cert, 0, NULL) == NULL; n++)
		allowed = n;
	for (n = 0; otls_certificate_extended_key_usage_at(cert, 0) == NULL; n++)
		allowed = n;
	otls__alloc_trap = NULL;
	assert_string_equal(otls_certificate_subject(cert), "CN=subject");
	assert_string_equal(otls_certificate_san_at(cert, 0, NULL), "a.test");
	otls_certificate_free(cert);
}

typedef const char *(*text_getter)(const otls_certificate *cert);

static const char *
first_subject_part(const otls_certificate *cert)
{
	return otls_certificate_subject_part_at(cert, 0, NULL, NULL);
}

static const char *
first_issuer_part(const otls_certificate *cert)
{
	return otls_certificate_issuer_part_at(cert, 0, NULL, NULL);
}

static const char *
first_san(const otls_certificate *cert)
{
	return otls_certificate_san_at(cert, 0, NULL);
}

static const char *
first_purpose(const otls_certificate *cert)
{
	return otls_certificate_extended_key_usage_at(cert, 0);
}

static const text_getter getters[] = { otls_certificate_subject, otls_certificate_issuer, otls_certificate_common_name,
	otls_certificate_serial, otls_certificate_pem, otls_certificate_sha256, otls_certificate_sha1,
	otls_certificate_spki_pin, otls_certificate_signature_algorithm, first_subject_part, first_issuer_part,
	first_san, first_purpose };

/* Long, and with everything in it that is written in a way of its own. */
static otls_certificate *
talkative(void)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	otls_bytes long_name = NOTHING;
	make_certificate parts = make_parts();

	for (int i = 0; i < 20; i++)
		long_name = JOIN(long_name, RAW(letters));
	parts.subject = parts.issuer = DER(0x30, ATTRIBUTE("\x55\x04\x03", DER(0x0c, RAW("a,\n"), long_name)),
	    ATTRIBUTE("\x2a\x03\x04", DER(0x0c, long_name)),
	    ATTRIBUTE("\x55\x04\x0a", DER(0x0c, RAW("\xff"), long_name)),
	    ATTRIBUTE("\x55\x04\x03", DER(0x0c, RAW("\n+"), long_name)));
	parts.algorithm = parts.outer_algorithm = RAW("\x30\x06\x06\x04\x2a\x03\x04\x05");
	parts.extensions = JOIN(SAN(DER(0x82, long_name), RAW("\x87\x04\xc0\x00\x02\x01"), DER(0xa4, parts.subject),
				    RAW("\x88\x02\x2a\x03")),
	    EXTENSION(EXTENDED_KEY_USAGE, DER(0x30, RAW("\x06\x02\x2a\x03"), RAW("\x06\x02\x2a\x04"))));
	return parse(&parts);
}

/* Every text comes in the end, and before that is "" or NULL. */
static void
test_texts_without_memory(void **state)
{
	otls_certificate *cert = talkative();

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(getters); i++) {
		const char *text = NULL;
		unsigned n = 0;

		for (; text == NULL || text[0] == '\0'; n++) {
			assert_true(n < 1000);
			allowed = n;
			otls__alloc_trap = trap;
			text = getters[i](cert);
			otls__alloc_trap = NULL;
		}
		assert_true(n > 1);
	}
	otls_certificate_free(cert);
}

static text_getter racing;
static const otls_certificate *raced;
static const char *winner;

/* Another thread, as it were, that asks for the same text and has it first. */
static bool
race(void)
{
	otls__alloc_trap = NULL;
	winner = racing(raced);
	return true;
}

static void
test_races(void **state)
{
	(void)state;
	raced = talkative();
	for (size_t i = 0; i < OTLS_COUNT(getters); i++) {
		const char *text;

		racing = getters[i];
		otls__alloc_trap = race;
		text = racing(raced);
		assert_null(otls__alloc_trap);
		assert_ptr_equal(text, winner);
	}
	otls_certificate_free((otls_certificate *)(uintptr_t)raced);
}

static void
test_reasons(void **state)
{
	(void)state;
	assert_string_equal(otls_verify_reason_name(OTLS_REASON_HOSTNAME_MISMATCH), "HOSTNAME_MISMATCH");
	assert_string_equal(otls_verify_reason_text(OTLS_REASON_EXPIRED), "the certificate has expired");
	for (int i = 0; i <= OTLS_REASON_LAST_; i++)
		assert_string_not_equal(otls_verify_reason_name(i), "UNKNOWN");
	assert_string_equal(otls_verify_reason_name(-1), "UNKNOWN");
	assert_string_equal(otls_verify_reason_name(OTLS_REASON_LAST_ + 1), "UNKNOWN");
	assert_string_equal(otls_verify_reason_name(INT_MAX), "UNKNOWN");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_serials_are_read_loosely),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_every_cut_and_change),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_unknown_critical),
		cmocka_unit_test(test_good_extensions),
		cmocka_unit_test(test_defects),
		cmocka_unit_test(test_name_rules),
		cmocka_unit_test(test_defect_texts),
		cmocka_unit_test(test_malformed_unique_ids),
		cmocka_unit_test(test_critical_issuer_names),
		cmocka_unit_test(test_too_many_extensions),
		cmocka_unit_test(test_signature_algorithms),
		cmocka_unit_test(test_pss),
		cmocka_unit_test(test_rsa_keys),
		cmocka_unit_test(test_ec_keys),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_rsa_pss_keys),
		cmocka_unit_test(test_what_keys_sign),
		cmocka_unit_test(test_name_text),
		cmocka_unit_test(test_common_name),
		cmocka_unit_test(test_name_parts),
		cmocka_unit_test(test_oid_text),
		cmocka_unit_test(test_malformed_texts),
		cmocka_unit_test(test_oid_without_end),
		cmocka_unit_test(test_fingerprints),
		cmocka_unit_test(test_sans),
		cmocka_unit_test(test_pem_and_back),
		cmocka_unit_test(test_null_objects),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_texts_without_memory),
		cmocka_unit_test(test_races),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
