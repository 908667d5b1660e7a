/* Certificates, revocation lists and OCSP responses that are cut, changed, deep, long, many, or hold odd numbers, times and
 * texts: refused with a reason and the byte, or read as what they say. */
#include "backend.h"
#include "bad_input.h"
#include "engine_material.h"
#include "x509/base64.h"
#include "x509/certificate.h"
#include "x509/crl.h"
#include "x509/ocsp.h"

#include <limits.h>
#include <omnitls/verification.h>

/* Bytes that core may ask for, for every byte that is read: a copy, and for a list its table; and the object itself. */
#define BYTE_COST  3
#define FLOOR_COST 8192

/* == the readers == */

static otls_certificate *cert; /* what was read last */
static otls_crl *crl;
static otls_ocsp ocsp;

static otls_status
read_certificate(otls_bytes der)
{
	otls_certificate_free(cert);
	return otls__certificate_parse(der, "x", &cert);
}

static otls_status
read_crl(otls_bytes der)
{
	otls__crl_free(crl);
	return otls__crl_parse(der, "x", &crl);
}

static otls_status
read_ocsp(otls_bytes der)
{
	return otls__ocsp_parse(der, "x", &ocsp);
}

/* == good ones, put together == */

#define CRL_TIME    TEXT(0x17, "231114221320Z")
#define OCSP_TIME   TEXT(0x18, "20231114221320Z")
#define SIGNATURE   RAW("\x03\x03\x00\xab\xcd")
#define ENTRY       DER(0x30, RAW("\x02\x01\x07"), CRL_TIME)
#define HASH        TEXT(0x04, "12345678901234567890")
#define SHA1_ID     RAW("\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00")
#define CERT_ID(s)  DER(0x30, SHA1_ID, HASH, HASH, s)
#define SINGLE      DER(0x30, CERT_ID(RAW("\x02\x01\x07")), RAW("\x80\x00"), OCSP_TIME)
#define CRL_NUMBER  "\x55\x1d\x14"
#define CRL_REASON  "\x55\x1d\x15"
#define CONSTRAINTS "\x55\x1d\x13"

static otls_bytes
leaf_with(otls_bytes extension)
{
	make_certificate parts = make_parts();

	parts.extensions = extension;
	return make_whole(&parts);
}

static otls_bytes
make_list(otls_bytes version, otls_bytes issuer, otls_bytes this_update, otls_bytes entries, otls_bytes extensions)
{
	return DER(0x30, DER(0x30, version, ECDSA_SHA256, issuer, this_update, CRL_TIME, entries, extensions),
	    ECDSA_SHA256, SIGNATURE);
}

static otls_bytes
usual_list(void)
{
	return make_list(RAW("\x02\x01\x01"), NAME("issuer"), CRL_TIME, DER(0x30, ENTRY),
	    DER(0xa0, DER(0x30, EXTENSION(CRL_NUMBER, RAW("\x02\x01\x05")))));
}

static otls_bytes
make_response(otls_bytes status, otls_bytes version, otls_bytes singles)
{
	otls_bytes data = DER(0x30, version, DER(0xa1, NAME("responder")), OCSP_TIME, DER(0x30, singles));
	otls_bytes basic = DER(0x30, data, ECDSA_SHA256, SIGNATURE);

	return DER(
	    0x30, status, DER(0xa0, DER(0x30, RAW("\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x01"), DER(0x04, basic))));
}

static otls_bytes
usual_response(otls_bytes single)
{
	return make_response(RAW("\x0a\x01\x00"), NOTHING, single);
}

static const struct reader {
	const char *name;
	otls_status (*read)(otls_bytes der);
} readers[] = {
	{ "certificate", read_certificate },
	{ "list", read_crl },
	{ "response", read_ocsp },
};

static otls_status
measure(const struct reader *reader, const char *what, otls_bytes der)
{
	otls_status status;

	bad_meter_start();
	status = reader->read(der);
	otls__alloc_meter = NULL;
	if (bad_asked > BYTE_COST * der.len + FLOOR_COST)
		fail_msg("%s: %s: %zu bytes asked for to read %zu", reader->name, what, bad_asked, der.len);
	return status;
}

static void
refuse(const struct reader *reader, const char *what, otls_bytes der, const char *says)
{
	bad_expect_refused(reader->name, what, measure(reader, what, der));
	if (strstr(otls_error_message(otls_error_last()), says) == NULL)
		fail_msg("%s: %s: \"%s\" wanted: %s", reader->name, what, says, otls_error_message(otls_error_last()));
}

static void
refuse_by_all(const char *what, otls_bytes der)
{
	for (size_t i = 0; i < OTLS_COUNT(readers); i++)
		refuse(&readers[i], what, der, "");
}

static void
accept(const struct reader *reader, const char *what, otls_bytes der)
{
	if (measure(reader, what, der) != OTLS_OK)
		fail_msg("%s: %s: %s", reader->name, what, otls_error_message(otls_error_last()));
}

/* == damage == */

struct damage {
	const struct reader *reader;
	bool must_fail;
};

/* What is still one after a change is kept byte by byte: its signature is for others to judge. */
static void
try_damaged(const char *what, otls_bytes der, void *arg)
{
	const struct damage *d = arg;

	if (measure(d->reader, what, der) != OTLS_OK) {
		bad_expect_refused(d->reader->name, what, OTLS_ERROR);
		return;
	}
	if (d->must_fail)
		fail_msg("%s: %s is accepted", d->reader->name, what);
	if (d->reader->read == read_certificate)
		assert_true(otls__bytes_equal(otls__bytes(cert->der, cert->der_len), der));
	if (d->reader->read == read_crl)
		assert_true(otls__bytes_equal(otls__bytes(crl->der, crl->der_len), der));
}

static void
damage_all(const struct reader *reader, otls_bytes good)
{
	struct damage d = { .reader = reader, .must_fail = true };
	otls_bytes copy = bad_repeat(good, 1);

	accept(reader, "undamaged", copy);
	bad_truncate(copy, try_damaged, &d);
	d.must_fail = false;
	bad_flip(copy, try_damaged, &d);
	bad_shift(copy, try_damaged, &d);
	bad_free(copy);
}

static otls_bytes
decode(const char *base64)
{
	static uint8_t out[2048];
	otls_base64 state = { 0 };
	size_t len = 0;

	assert_true(otls__base64_decode(&state, otls__bytes(base64, strlen(base64)), out, &len));
	return otls__bytes(out, len);
}

static void
damaged(void **state)
{
	(void)state;
	damage_all(&readers[0], decode(certificate_ec));
	damage_all(&readers[0], decode(certificate_rsa));
	damage_all(&readers[0], decode(certificate_ca));
	damage_all(&readers[1], usual_list());
	damage_all(&readers[2], usual_response(SINGLE));
}

/* A leaf that was changed anywhere is signed by nobody, on every backend. */
static void
try_signature(const char *what, otls_bytes der, void *arg)
{
	otls_certificate *leaf = NULL;

	if (otls__certificate_parse(der, "x", &leaf) != OTLS_OK)
		return;
	if (otls_verification_run(arg, leaf) != OTLS_ERROR)
		fail_msg("%s: the signature still fits", what);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_VERIFY);
	otls_certificate_free(leaf);
}

static void
signatures(void **state)
{
	const otls_backend *backend;

	(void)state;
	for (size_t i = 0; (backend = otls_backend_at(i)) != NULL; i++) {
		otls_verification *verification = NULL;
		otls_store *store = NULL;

		if (otls_backend_engine(backend) == NULL)
			continue;
		assert_int_equal(otls_store_new(&store), OTLS_OK);
		accept(&readers[0], "the root", decode(certificate_ca));
		assert_int_equal(otls_store_add_certificate(store, cert), OTLS_OK);
		assert_int_equal(otls_store_set_time(store, 1700000000), OTLS_OK);
		assert_int_equal(otls_verification_new(backend, store, &verification), OTLS_OK);
		accept(&readers[0], "the leaf", decode(certificate_ec));
		assert_int_equal(otls_verification_run(verification, cert), OTLS_OK);
		bad_flip(decode(certificate_ec), try_signature, verification);
		otls_verification_free(verification);
		otls_store_free(store);
	}
}

/* == deep == */

static void
deep(void **state)
{
	static const uint8_t tags[] = { 0x30, 0x31, 0xa0, 0xa1, 0x24 };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(tags); i++) {
		otls_bytes nested = bad_nested(tags[i]);
		make_certificate parts[4] = { make_parts(), make_parts(), make_parts(), make_parts() };

		parts[0].issuer = parts[1].subject = parts[2].spki = parts[3].outer_algorithm = nested;
		refuse_by_all("nested", nested);
		for (size_t p = 0; p < OTLS_COUNT(parts); p++)
			refuse(&readers[0], "nested in a part", make_whole(&parts[p]), "byte ");
		refuse(&readers[1], "nested in a name",
		    make_list(RAW("\x02\x01\x01"), nested, CRL_TIME, NOTHING, NOTHING), "");
		refuse(&readers[1], "nested in entries",
		    make_list(RAW("\x02\x01\x01"), NAME("issuer"), CRL_TIME, DER(0x30, nested), NOTHING), "");
		refuse(&readers[2], "nested in a single response", usual_response(nested), "");
		/* The value of an extension: a defect, for which the certificate is refused when it is judged. */
		accept(&readers[0], "nested in an extension", leaf_with(CRITICAL_EXTENSION(CONSTRAINTS, nested)));
		assert_non_null(cert->defect);
		bad_free(nested);
	}
}

/* == long, and lengths == */

static void
lengths(void **state)
{
	static const otls_bytes heads[] = {
		OTLS_OID_INIT("\x30\x84\xff\xff\xff\xff"),
		OTLS_OID_INIT("\x30\x85\x01\x00\x00\x00\x00"),
		OTLS_OID_INIT("\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff"),
		OTLS_OID_INIT("\x30\x88\x7f\xff\xff\xff\xff\xff\xff\xff"),
		OTLS_OID_INIT("\x30\x80\x05\x00\x00\x00"),
		OTLS_OID_INIT("\x30\x81\x05"),
		OTLS_OID_INIT("\x30\x82\x00\x05"),
		OTLS_OID_INIT("\x30\xff\x01\x01"),
		OTLS_OID_INIT("\x3f\x05\x05\x00"),
	};
	uint8_t data[64];

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(heads); i++) {
		memset(data, 0, sizeof(data));
		memcpy(data, heads[i].data, heads[i].len);
		for (size_t len = 0; len <= sizeof(data); len++)
			refuse_by_all("a length", otls__bytes(data, len));
	}
}

static void
long_ones(void **state)
{
	static const uint8_t fill[] = { 0x00, 0x30, 0xff };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(fill); i++) {
		otls_bytes all = bad_repeat(otls__bytes(&fill[i], 1), BAD_LONG);

		refuse(&readers[0], "10 MB", all, "more than 1 MiB");
		refuse(&readers[1], "10 MB", all, "");
		refuse(&readers[2], "10 MB", all, "more than 64 KiB");
		assert_true(bad_asked == 0);
		bad_free(all);
	}
}

/* == many == */

/* A list with these entries, which are taken over. */
static otls_bytes
big_list(otls_bytes entries)
{
	otls_bytes front = JOIN(RAW("\x02\x01\x01"), ECDSA_SHA256, NAME("issuer"), CRL_TIME, CRL_TIME);
	otls_bytes tbs = bad_wrap(0x30, bad_between(front, bad_wrap(0x30, entries), NOTHING));

	return bad_wrap(0x30, bad_between(NOTHING, tbs, JOIN(ECDSA_SHA256, SIGNATURE)));
}

static void
many_entries(void **state)
{
	otls_bytes list = big_list(bad_repeat(ENTRY, BAD_MANY)), bad;

	(void)state;
	accept(&readers[1], "entries", list);
	assert_int_equal(crl->count, BAD_MANY);
	assert_non_null(otls__crl_find(crl, RAW("\x07")));
	assert_null(otls__crl_find(crl, RAW("\x08")));
	bad_free(list);
	/* Values that are no entries make no table as long as they are many. */
	bad = big_list(bad_repeat(RAW("\x30\x00"), 40 * BAD_MANY));
	refuse(&readers[1], "empty entries", bad, "the data ends too early at byte ");
	bad_free(bad);
}

/* A certificate with this subject, or with these extensions; takes them over. */
static otls_bytes
big_certificate(otls_bytes subject, otls_bytes extensions)
{
	make_certificate p = make_parts();
	otls_bytes front = JOIN(p.version, p.serial, p.algorithm, p.issuer, DER(0x30, p.not_before, p.not_after));
	otls_bytes rest = subject.len > 0 ? bad_between(front, subject, p.spki)
					  : bad_between(JOIN(front, p.subject, p.spki),
						bad_wrap(0xa3, bad_wrap(0x30, extensions)), NOTHING);

	return bad_wrap(0x30, bad_between(NOTHING, bad_wrap(0x30, rest), JOIN(ECDSA_SHA256, SIGNATURE)));
}

static otls_bytes
big_extension(otls_bytes oid, otls_bytes list)
{
	return bad_wrap(0x30, bad_between(oid, bad_wrap(0x04, bad_wrap(0x30, list)), NOTHING));
}

static void
many_parts(void **state)
{
	static const otls_bytes policy = OTLS_OID_INIT("\x30\x04\x06\x02\x2a\x03");
	static const otls_bytes rdn = OTLS_OID_INIT("\x31\x08\x30\x06\x06\x01\x55\x0c\x01x");
	static const otls_bytes tree = OTLS_OID_INIT("\x30\x03\x82\x01x");
	otls_bytes der;

	(void)state;
	der = big_certificate(NOTHING, big_extension(RAW("\x06\x03\x55\x1d\x20"), bad_repeat(policy, BAD_MANY)));
	accept(&readers[0], "policies", der);
	assert_int_equal(cert->policies.len, BAD_MANY * policy.len);
	bad_free(der);
	der = big_certificate(
	    NOTHING, big_extension(RAW("\x06\x03\x55\x1d\x1e"), bad_wrap(0xa0, bad_repeat(tree, BAD_MANY))));
	accept(&readers[0], "constraints", der);
	assert_non_null(cert->name_constraints.data);
	bad_free(der);
	der = big_certificate(bad_wrap(0x30, bad_repeat(rdn, BAD_MANY)), NOTHING);
	accept(&readers[0], "parts of a name", der);
	assert_int_equal(strlen(otls_certificate_subject(cert)) % BAD_MANY, BAD_MANY - 1); /* commas between them */
	bad_free(der);
	/* A set of as many is compared in the order in which it stands, not each with each. */
	der = big_certificate(
	    bad_wrap(0x30, bad_wrap(0x31, bad_repeat(otls__bytes(rdn.data + 2, rdn.len - 2), BAD_MANY))), NOTHING);
	accept(&readers[0], "parts of a set", der);
	assert_int_equal(otls_certificate_subject_part_at(cert, BAD_MANY, NULL, NULL) == NULL, true);
	bad_free(der);
	der = big_certificate(NOTHING, bad_repeat(EXTENSION("\x2a\x03", RAW("\x05\x00")), 50000));
	refuse(&readers[0], "extensions", der, "more than 128 extensions");
	bad_free(der);
	der = bad_repeat(SINGLE, 300);
	refuse(&readers[2], "single responses", usual_response(der),
	    "more than 256 certificates that it speaks of at byte ");
	bad_free(der);
}

/* == numbers == */

static void
versions(void **state)
{
	const struct row {
		otls_bytes number;
		const char *says;
	} rows[] = {
		{ RAW("\x02\x01\x03"), "a version that is not known" },
		{ RAW("\x02\x01\xff"), "a negative INTEGER" },
		{ RAW("\x02\x01\x80"), "a negative INTEGER" },
		{ RAW("\x02\x05\x01\x00\x00\x00\x00"), "a version that is not known" },
		{ RAW("\x02\x09\x00\x80\x00\x00\x00\x00\x00\x00\x01"), "a version that is not known" },
		{ bad_huge_number(0x02), "a version that is not known" },
		{ RAW("\x02\x02\x00\x01"), "an INTEGER that is longer than it needs to be" },
		{ RAW("\x02\x00"), "an INTEGER without contents" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		make_certificate parts = make_parts();

		parts.version = DER(0xa0, rows[i].number);
		refuse(&readers[0], "a version", make_whole(&parts), rows[i].says);
		refuse(&readers[1], "a version", make_list(rows[i].number, NAME("issuer"), CRL_TIME, NOTHING, NOTHING),
		    rows[i].says);
		refuse(
		    &readers[2], "a version", make_response(RAW("\x0a\x01\x00"), parts.version, SINGLE), rows[i].says);
	}
	refuse(&readers[1], "version 0", make_list(RAW("\x02\x01\x00"), NAME("issuer"), CRL_TIME, NOTHING, NOTHING),
	    "a version that is not known");
}

/* Serial numbers are bytes to be compared: whatever they are is read (whether they may be is the verifier's). */
static void
serial_numbers(void **state)
{
	const otls_bytes good[] = { RAW("\x02\x01\x00"), RAW("\x02\x01\xff"), RAW("\x02\x01\x80"),
		RAW("\x02\x09\x00\x80\x00\x00\x00\x00\x00\x00\x00"), bad_huge_number(0x02) };
	const otls_bytes bad[] = { RAW("\x02\x00"), RAW("\x02\x02\x00\x7f"), RAW("\x02\x02\xff\x80"), RAW("\x05\x00") };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(good) + OTLS_COUNT(bad); i++) {
		bool is_good = i < OTLS_COUNT(good);
		otls_bytes serial = is_good ? good[i] : bad[i - OTLS_COUNT(good)];
		make_certificate parts = make_parts();
		otls_bytes list = make_list(
		    RAW("\x02\x01\x01"), NAME("issuer"), CRL_TIME, DER(0x30, DER(0x30, serial, CRL_TIME)), NOTHING);
		otls_bytes response = usual_response(DER(0x30, CERT_ID(serial), RAW("\x80\x00"), OCSP_TIME));

		parts.serial = serial;
		if (!is_good) {
			refuse(&readers[0], "a serial number", make_whole(&parts), "");
			refuse(&readers[1], "a serial number", list, "");
			refuse(&readers[2], "a serial number", response, "");
			continue;
		}
		accept(&readers[0], "a serial number", make_whole(&parts));
		assert_int_equal(strlen(otls_certificate_serial(cert)), 2 * cert->serial.len);
		accept(&readers[1], "a serial number", list);
		assert_non_null(otls__crl_find(crl, cert->serial));
		accept(&readers[2], "a serial number", response);
	}
}

/* Those that are numbers: too large ones are as large as an int, which is more than any path is long. */
static void
other_numbers(void **state)
{
	const struct row {
		otls_bytes number; /* the contents */
		int value;         /* -1: malformed */
	} rows[] = {
		{ RAW("\x00"), 0 },
		{ RAW("\x7f"), 127 },
		{ RAW("\x7f\xff\xff\xff"), INT_MAX },
		{ RAW("\x00\x80\x00\x00\x00"), INT_MAX },
		{ RAW("\x00\x80\x00\x00\x00\x00\x00\x00\x00"), INT_MAX },
		{ RAW("\xff"), -1 },
		{ RAW("\x80\x00\x00\x00"), -1 },
		{ RAW("\x00\x00"), -1 },
		{ RAW(""), -1 },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_bytes number = DER(0x02, rows[i].number), reason = DER(0x0a, rows[i].number);
		otls_bytes entry = DER(0x30, RAW("\x02\x01\x07"), CRL_TIME, DER(0x30, EXTENSION(CRL_REASON, reason)));
		otls_bytes single = DER(
		    0x30, CERT_ID(RAW("\x02\x01\x07")), DER(0xa1, OCSP_TIME, DER(0xa0, reason)), OCSP_TIME);
		bool malformed = rows[i].value < 0;

		accept(&readers[0], "a path length",
		    leaf_with(CRITICAL_EXTENSION(CONSTRAINTS, DER(0x30, RAW("\x01\x01\xff"), number))));
		assert_int_equal(cert->path_length, rows[i].value);
		assert_true((cert->defect != NULL) == malformed);
		accept(&readers[1], "a list's number",
		    make_list(RAW("\x02\x01\x01"), NAME("issuer"), CRL_TIME, NOTHING,
			DER(0xa0, DER(0x30, EXTENSION(CRL_NUMBER, number)))));
		assert_true(crl->has_number == !malformed);
		assert_true((crl->defect != NULL) == malformed);
		accept(&readers[1], "a reason",
		    make_list(RAW("\x02\x01\x01"), NAME("issuer"), CRL_TIME, DER(0x30, entry), NOTHING));
		assert_int_equal(crl->entries[0].reason, rows[i].value);
		assert_true((crl->defect != NULL) == malformed);
		if (malformed)
			refuse(&readers[2], "a reason", usual_response(single), "INTEGER");
		else
			accept(&readers[2], "a reason", usual_response(single));
		refuse(&readers[2], "a status", make_response(DER(0x0a, RAW("\x07")), NOTHING, SINGLE),
		    "a status that there is not");
	}
}

/* == times == */

#define YEAR_2050 INT64_C(2524608000)

static void
times(void **state)
{
	static const struct row {
		uint8_t tag;
		const char *text;
		bool good;
		int64_t seconds;
	} rows[] = {
		{ 0x17, "491231235959Z", true, 2524607999 },
		{ 0x17, "500101000000Z", true, -631152000 },
		{ 0x17, "700101000000Z", true, 0 },
		{ 0x17, "000229000000Z", true, 951782400 },
		{ 0x18, "19490101000000Z", true, -662688000 },
		{ 0x18, "20491231235959Z", true, 2524607999 }, /* UTCTime is due: trusted roots have it */
		{ 0x18, "20500101000000Z", true, 2524608000 },
		{ 0x18, "99991231235959Z", true, 253402300799 },
		{ 0x18, "00000101000000Z", true, -62167219200 },
		{ 0x18, "20000229000000Z", true, 951782400 },
		{ 0x18, "20240229000000Z", true, 1709164800 },
		{ 0x17, "161231235960Z", false, 0 }, /* a leap second */
		{ 0x18, "20161231235960Z", false, 0 },
		{ 0x17, "1612312359Z", false, 0 }, /* no seconds */
		{ 0x18, "201612312359Z", false, 0 },
		{ 0x18, "20161231235959.5Z", false, 0 }, /* fractions */
		{ 0x17, "161231235959+0100", false, 0 },
		{ 0x18, "20161231235959+0100", false, 0 },
		{ 0x18, "20161231235959", false, 0 }, /* local time */
		{ 0x17, "161301235959Z", false, 0 },
		{ 0x17, "160001235959Z", false, 0 },
		{ 0x17, "160100235959Z", false, 0 },
		{ 0x17, "160132235959Z", false, 0 },
		{ 0x17, "160431235959Z", false, 0 },
		{ 0x18, "20160230235959Z", false, 0 },
		{ 0x18, "19000229000000Z", false, 0 },
		{ 0x18, "21000229000000Z", false, 0 },
		{ 0x17, "230229000000Z", false, 0 },
		{ 0x17, "160101240000Z", false, 0 },
		{ 0x17, "160101006000Z", false, 0 },
		{ 0x17, "16010100000 Z", false, 0 },
		{ 0x17, "-60101000000Z", false, 0 },
		{ 0x17, "160101000000z", false, 0 },
		{ 0x17, "", false, 0 },
		{ 0x18, "Z", false, 0 },
		{ 0x16, "160101000000Z", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_bytes time = DER(rows[i].tag, otls__bytes(rows[i].text, strlen(rows[i].text)));
		otls_bytes list = make_list(RAW("\x02\x01\x01"), NAME("issuer"), time, NOTHING, NOTHING);
		otls_bytes entry = make_list(RAW("\x02\x01\x01"), NAME("issuer"), CRL_TIME,
		    DER(0x30, DER(0x30, RAW("\x02\x01\x07"), time)), NOTHING);
		otls_bytes response = usual_response(DER(0x30, CERT_ID(RAW("\x02\x01\x07")), RAW("\x80\x00"), time));
		make_certificate parts = make_parts();

		parts.not_before = parts.not_after = time;
		if (!rows[i].good) {
			refuse(&readers[0], rows[i].text, make_whole(&parts), "");
			refuse(&readers[1], rows[i].text, list, "");
			refuse(&readers[1], rows[i].text, entry, "");
			refuse(&readers[2], rows[i].text, response, "");
			continue;
		}
		accept(&readers[0], rows[i].text, make_whole(&parts));
		assert_int_equal(otls_certificate_not_before(cert), rows[i].seconds);
		assert_int_equal(otls_certificate_not_after(cert), rows[i].seconds);
		if (rows[i].tag == 0x18 && rows[i].seconds < YEAR_2050) {
			refuse(&readers[1], rows[i].text, list, "a year before 2050 in four digits at byte ");
		} else {
			accept(&readers[1], rows[i].text, list);
			assert_int_equal(crl->this_update, rows[i].seconds);
		}
		accept(&readers[1], rows[i].text, entry);
		assert_int_equal(crl->entries[0].when, rows[i].seconds);
		if (rows[i].tag == 0x18)
			accept(&readers[2], rows[i].text, response);
		else
			refuse(&readers[2], rows[i].text, response, "a UTCTime where GeneralizedTime belongs at byte ");
	}
}

/* == texts == */

/* What is no text of its kind is shown as its bytes (RFC 4514, section 2.4), so that no text can be mistaken for another. */
static void
texts(void **state)
{
	const struct row {
		otls_bytes value;
		const char *subject;
	} rows[] = {
		{ TEXT(0x0c, "\xc3\xa9"), "CN=\xc3\xa9" },
		{ TEXT(0x0c, "\xc3"), "CN=#0C01C3" },
		{ TEXT(0x0c, "\xc0\xaf"), "CN=#0C02C0AF" },
		{ TEXT(0x0c, "\xe0\x80\xaf"), "CN=#0C03E080AF" },
		{ TEXT(0x0c, "\xed\xa0\x80"), "CN=#0C03EDA080" },
		{ TEXT(0x0c, "\xf4\x90\x80\x80"), "CN=#0C04F4908080" },
		{ TEXT(0x0c, "a\0b"), "CN=a\\00b" },
		{ TEXT(0x0c, ""), "CN=" },
		{ TEXT(0x1e, "\0a\0b"), "CN=ab" },
		{ TEXT(0x1e, "\0a\0"), "CN=#1E03006100" },
		{ TEXT(0x1e, "\xd8\x00\0a"), "CN=#1E04D8000061" },
		{ TEXT(0x1e, "\xdc\x00\0a"), "CN=#1E04DC000061" },
		{ TEXT(0x1c, "\0\0\0a"), "CN=a" },
		{ TEXT(0x1c, "\0\0a"), "CN=#1C03000061" },
		{ TEXT(0x1c, "\0\x11\0\0"), "CN=#1C0400110000" },
		{ TEXT(0x1c, "\0\0\xd8\0"), "CN=#1C040000D800" },
		{ TEXT(0x14, "\xe9"), "CN=\xc3\xa9" },
		{ TEXT(0x16, "a\xe9"), "CN=a\xc3\xa9" },
		{ TEXT(0x13, "a@*_"), "CN=a@*_" },
		{ RAW("\x05\x00"), "CN=#0500" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		make_certificate parts = make_parts();

		parts.subject = DER(0x30, DER(0x31, DER(0x30, RAW("\x06\x03\x55\x04\x03"), rows[i].value)));
		accept(&readers[0], "a text", make_whole(&parts));
		assert_string_equal(otls_certificate_subject(cert), rows[i].subject);
	}
}

static int
release(void **state)
{
	(void)state;
	otls_certificate_free(cert);
	otls__crl_free(crl);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged),
		cmocka_unit_test(signatures),
		cmocka_unit_test(deep),
		cmocka_unit_test(lengths),
		cmocka_unit_test(long_ones),
		cmocka_unit_test(many_entries),
		cmocka_unit_test(many_parts),
		cmocka_unit_test(versions),
		cmocka_unit_test(serial_numbers),
		cmocka_unit_test(other_numbers),
		cmocka_unit_test(times),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
