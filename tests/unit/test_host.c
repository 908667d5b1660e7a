/* Peer names: what is one, and which certificates are for it. */
#include "error.h"
#include "x509/judge.h"
#include "x509/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DNS   "\x82"
#define MAIL  "\x81"
#define URI   "\x86"
#define IP    "\x87"
/* otherName with id-on-dnsSRV, and with some other type. */
#define SRV   "\xa0\x1a\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x07\xa0\x0e\x16\x0c_imap.a.test"
#define OTHER "\xa0\x09\x06\x02\x2a\x03\xa0\x03\x0c\x01x"

/* A GeneralName: its tag, its length in one byte, its text. */
typedef struct name {
	const char *tag, *text;
	size_t len; /* 0: of the text */
} name;

typedef struct fixture {
	otls_certificate cert;
	uint8_t san[512], subject[256];
} fixture;

static void
add(fixture *f, const name *one)
{
	size_t len = one->len != 0 ? one->len : strlen(one->text);
	uint8_t *end = f->san + f->cert.san.len;

	if (one->tag[1] != '\0') { /* written out whole */
		memcpy(end, one->tag, strlen(one->tag));
		f->cert.san.len += strlen(one->tag);
		return;
	}
	end[0] = (uint8_t)one->tag[0];
	end[1] = (uint8_t)len;
	memcpy(end + 2, one->text, len);
	f->cert.san.len += len + 2;
}

/* SEQUENCE { SET { SEQUENCE { commonName, UTF8String } } } */
static void
set_common_name(fixture *f, const char *cn, size_t len)
{
	const uint8_t start[] = { 0x30, (uint8_t)(len + 11), 0x31, (uint8_t)(len + 9), 0x30, (uint8_t)(len + 7), 0x06,
		0x03, 0x55, 0x04, 0x03, 0x0c, (uint8_t)len };

	memcpy(f->subject, start, sizeof(start));
	memcpy(f->subject + sizeof(start), cn, len);
	f->cert.subject = otls__bytes(f->subject, sizeof(start) + len);
}

static void
make(fixture *f, const name *names, const char *cn)
{
	memset(f, 0, sizeof(*f));
	f->cert.subject = otls__bytes("\x30", 2);
	f->cert.san.data = f->san;
	for (; names != NULL && names->tag != NULL; names++)
		add(f, names);
	if (cn != NULL)
		set_common_name(f, cn, strlen(cn));
}

static const struct row {
	name san[3];
	const char *cn;
	const char *host;
	bool matches, matches_with_cn;
} rows[] = {
	{ { { DNS, "a.example", 0 } }, NULL, "a.example", true, true },
	{ { { DNS, "a.example", 0 } }, NULL, "b.example", false, false },
	{ { { DNS, "b.example", 0 }, { DNS, "a.example", 0 } }, NULL, "a.example", true, true },
	{ { { DNS, "A.exAMPLE", 0 } }, NULL, "a.EXample", true, true },
	{ { { DNS, "AZ.example", 0 } }, NULL, "az.example", true, true },
	{ { { DNS, "a_b.example", 0 } }, NULL, "a_b.example", true, true },
	{ { { DNS, "localhost", 0 } }, NULL, "localhost", true, true },
	{ { { DNS, "a.example", 0 } }, NULL, "a.exampl", false, false },
	{ { { DNS, "a.example", 0 } }, NULL, "x.a.example", false, false },
	{ { { DNS, "", 0 } }, NULL, "a.example", false, false },
	/* one trailing dot of the request is nothing; in the certificate it is a fault */
	{ { { DNS, "a.example", 0 } }, NULL, "a.example.", true, true },
	{ { { DNS, "a.example.", 0 } }, NULL, "a.example", false, false },
	{ { { DNS, "a.example.", 0 } }, NULL, "a.example.", false, false },
	/* wildcards */
	{ { { DNS, "*.a.example", 0 } }, NULL, "b.a.example", true, true },
	{ { { DNS, "*.A.example", 0 } }, NULL, "B.a.EXAMPLE", true, true },
	{ { { DNS, "*.a.example", 0 } }, NULL, "c.b.a.example", false, false },
	{ { { DNS, "*.a.example", 0 } }, NULL, "a.example", false, false },
	{ { { DNS, "*.xn--bcher-kva.example", 0 } }, NULL, "www.xn--bcher-kva.example", true, true },
	{ { { DNS, "*.a.example", 0 } }, NULL, "xn--bcher-kva.a.example", true, true },
	{ { { DNS, "xn--*.a.example", 0 } }, NULL, "xn--bcher.a.example", false, false },
	{ { { DNS, "w*.a.example", 0 } }, NULL, "www.a.example", false, false },
	{ { { DNS, "*w.a.example", 0 } }, NULL, "www.a.example", false, false },
	{ { { DNS, "www.*.example", 0 } }, NULL, "www.a.example", false, false },
	{ { { DNS, "*.example", 0 } }, NULL, "a.example", false, false },
	{ { { DNS, "*.a.example", 0 } }, NULL, "localhost", false, false },
	{ { { DNS, "*", 0 } }, NULL, "localhost", false, false },
	{ { { DNS, "*.", 0 } }, NULL, "a.example", false, false },
	{ { { DNS, "**.a.example", 0 } }, NULL, "b.a.example", false, false },
	{ { { DNS, "*.*.example", 0 } }, NULL, "b.a.example", false, false },
	/* bytes that end text in C, and others that are no ASCII */
	{ { { DNS, "a.example\0.evil.example", 23 } }, NULL, "a.example", false, false },
	{ { { DNS, "a.example\0", 10 } }, NULL, "a.example", false, false },
	{ { { DNS, "\xc3\xa4.example", 0 } }, NULL, "xn--4ca.example", false, false },
	/* addresses */
	{ { { IP, "\xc0\x00\x02\x01", 4 } }, NULL, "192.0.2.1", true, true },
	{ { { IP, "\xc0\x00\x02\x01", 4 } }, NULL, "192.0.2.2", false, false },
	{ { { DNS, "192.0.2.1", 0 } }, NULL, "192.0.2.1", false, false },
	{ { { DNS, "*.0.2.1", 0 } }, NULL, "192.0.2.1", false, false },
	{ { { IP, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16 } }, NULL, "2001:0DB8:0::0001", true, true },
	{ { { IP, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16 } }, NULL, "[2001:db8::1]", true, true },
	{ { { IP, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16 } }, NULL, "2001:db8::2", false, false },
	{ { { IP, "\xc0\x00\x02\x01\xff\xff\xff\x00", 8 } }, NULL, "192.0.2.1", false, false },
	/* common names count only where they are allowed, and where there is nothing else */
	{ { { NULL, NULL, 0 } }, "a.example", "a.example", false, true },
	{ { { NULL, NULL, 0 } }, "*.a.example", "b.a.example", false, true },
	{ { { NULL, NULL, 0 } }, "b.example", "a.example", false, false },
	{ { { NULL, NULL, 0 } }, "192.0.2.1", "192.0.2.1", false, false },
	{ { { NULL, NULL, 0 } }, NULL, "a.example", false, false },
	{ { { MAIL, "me@a.example", 0 } }, "a.example", "a.example", false, true },
	{ { { OTHER, "", 0 } }, "a.example", "a.example", false, true },
	{ { { IP, "\xc0\x00\x02\x01", 4 } }, "a.example", "a.example", false, false },
	{ { { DNS, "b.example", 0 } }, "a.example", "a.example", false, false },
	{ { { URI, "https://b.example/", 0 } }, "a.example", "a.example", false, false },
	{ { { SRV, "", 0 } }, "a.example", "a.example", false, false },
};

static void
matching(void **state)
{
	fixture f;
	otls_peer_name peer;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		make(&f, row->san, row->cn);
		assert_int_equal(otls__peer_name_parse(row->host, &peer), OTLS_OK);
		if (otls__certificate_matches(&f.cert, &peer, false) != row->matches ||
		    otls__certificate_matches(&f.cert, &peer, true) != row->matches_with_cn ||
		    otls_certificate_matches_name(&f.cert, row->host) != row->matches)
			fail_msg("row %zu: %s", i, row->host);
	}
}

/* The name up to the NUL must not count. */
static void
common_name_with_nul(void **state)
{
	fixture f;
	otls_peer_name peer;

	(void)state;
	make(&f, NULL, NULL);
	assert_int_equal(otls__peer_name_parse("a.example", &peer), OTLS_OK);
	set_common_name(&f, "a.example\0.evil", 15);
	assert_false(otls__certificate_matches(&f.cert, &peer, true));
	set_common_name(&f, "a.example", 9);
	assert_true(otls__certificate_matches(&f.cert, &peer, true));
}

static void
malformed_names(void **state)
{
	static const uint8_t cut[] = { 0x82, 0x09, 'a', '.', 'e' };
	fixture f;

	(void)state;
	make(&f, NULL, NULL);
	f.cert.san = otls__bytes(cut, sizeof(cut));
	assert_false(otls_certificate_matches_name(&f.cert, "a.e"));
	assert_false(otls_certificate_matches_name(&f.cert, ""));
	assert_false(otls_certificate_matches_name(&f.cert, NULL));
	assert_false(otls_certificate_matches_name(NULL, "a.example"));
}

/* wolfSSL CVE-2024-5991: a name was read on to the next NUL.  Behind this one, nothing may be read. */
static void
nothing_behind_a_name(void **state)
{
	static const char der[] = "\x82\x09"
				  "a.example";
	fixture f;
	uint8_t *exact = malloc(sizeof(der) - 1);

	(void)state;
	assert_non_null(exact);
	memcpy(exact, der, sizeof(der) - 1);
	make(&f, NULL, NULL);
	f.cert.san = otls__bytes(exact, sizeof(der) - 1);
	assert_true(otls_certificate_matches_name(&f.cert, "a.example"));
	assert_false(otls_certificate_matches_name(&f.cert, "a.example.com"));
	assert_false(otls_certificate_matches_name(&f.cert, "a.exampl"));
	free(exact);
}

static void
good_peer_names(void **state)
{
	static const struct {
		const char *given, *text;
		size_t ip_len;
	} names[] = {
		{ "a.example", "a.example", 0 },
		{ "a.example.", "a.example", 0 },
		{ "localhost", "localhost", 0 },
		{ "a-b_c.example", "a-b_c.example", 0 },
		{ "1.example", "1.example", 0 },
		{ "a.example1", "a.example1", 0 },
		{ "0-9.azAZ", "0-9.azAZ", 0 },
		{ "[::]", "[::]", 16 },
		{ "192.0.2.1", "192.0.2.1", 4 },
		{ "::1", "::1", 16 },
		{ "[::1]", "[::1]", 16 },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1", 16 },
	};
	otls_peer_name peer;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(names); i++) {
		assert_int_equal(otls__peer_name_parse(names[i].given, &peer), OTLS_OK);
		assert_string_equal(peer.text, names[i].text);
		assert_int_equal(peer.ip_len, names[i].ip_len);
		assert_int_equal(peer.is_ip, names[i].ip_len != 0);
	}
}

static void
bad_peer_names(void **state)
{
	static const char *const names[] = { "", ".", "..", "a..example", ".example", "a.example..", "*.example", "a b",
		"a.example:443", "https://a.example", "[a.example]", "[192.0.2.1]", "[::1", "::1]", "192.0.2.256",
		"192.0.2", "127.1", "a.123", "123", "a.0", "a.9", "[]", "a/b", "a@b", "a[b", "a`b", "a{b", "192.0.2.1.",
		"fe80::1%eth0", "\xc3\xa4.example", "user@a.example" };
	char label[80] = "", host[300] = "";
	char longest[257] = "";
	otls_peer_name peer;

	(void)state;
	memset(longest, '1', 256);
	assert_int_equal(otls__peer_name_parse(longest, &peer), OTLS_ERROR); /* more than there is room for */
	longest[255] = '\0';
	assert_int_equal(otls__peer_name_parse(longest, &peer), OTLS_ERROR);
	for (size_t i = 0; i < OTLS_COUNT(names); i++) {
		if (otls__peer_name_parse(names[i], &peer) != OTLS_ERROR)
			fail_msg("taken: %s", names[i]);
		assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_BAD_ARGUMENT);
	}
	assert_int_equal(otls__peer_name_parse(NULL, &peer), OTLS_ERROR);
	memset(label, 'a', 64);
	assert_int_equal(otls__peer_name_parse(label, &peer), OTLS_ERROR);
	label[63] = '\0';
	assert_int_equal(otls__peer_name_parse(label, &peer), OTLS_OK);
	for (size_t i = 0; i < 254; i++)
		host[i] = i % 2 == 0 ? 'a' : '.';
	host[253] = 'a';
	assert_int_equal(otls__peer_name_parse(host, &peer), OTLS_ERROR);
	host[253] = '\0';
	assert_int_equal(otls__peer_name_parse(host, &peer), OTLS_OK);
}

/* Types in which an ASCII character is one byte, and means what it says. */
static void
types_of_common_names(void **state)
{
	static const struct {
		uint8_t tag;
		bool taken;
	} types[] = { { 0x0c, true }, { 0x13, true }, { 0x16, true }, { 0x14, false }, { 0x1e, false },
		{ 0x1a, false } };
	otls_bytes cn;
	fixture f;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(types); i++) {
		make(&f, NULL, "a.example");
		f.subject[11] = types[i].tag;
		assert_int_equal(otls__certificate_cn(&f.cert, &cn), types[i].taken);
	}
}

static void
malformed_subjects(void **state)
{
	static const char *const subjects[] = { "", "\x05", "\x30\x04\x31\x02\x05", "\x30\x02\x05" };
	otls_bytes cn;
	fixture f;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(subjects); i++) {
		make(&f, NULL, NULL);
		f.cert.subject = otls__bytes(subjects[i], strlen(subjects[i]) + 1);
		assert_false(otls__certificate_cn(&f.cert, &cn));
	}
}

/* == what a certificate is for, in words == */

static void
assert_list(const fixture *f, size_t cap, const char *expected)
{
	otls_certificate cert = f->cert; /* its texts are made anew */
	char text[200];

	memset(text, 'x', sizeof(text));
	otls__certificate_list_names(&cert, text, cap);
	assert_string_equal(text, expected);
	assert_int_equal(text[cap], 'x');
	otls__certificate_free_texts(&cert);
}

static void
lists(void **state)
{
	const name names[] = { { IP, "\xc0\x00\x02\x01", 4 }, { DNS, "a.example", 0 }, { MAIL, "me@a.example", 0 },
		{ DNS, "*.b \x7f.example", 0 }, { NULL, NULL, 0 } };
	fixture f;

	(void)state;
	make(&f, NULL, NULL);
	assert_list(&f, 10, "");
	make(&f, names, NULL);
	assert_list(&f, 100, "a.example, *.b??.example, 192.0.2.1");
	/* What does not fit is left out, with room for the word that says so. */
	assert_list(&f, 41, "a.example, *.b??.example, 192.0.2.1");
	assert_list(&f, 40, "a.example, *.b??.example, ...");
	assert_list(&f, 30, "a.example, *.b??.example, ...");
	assert_list(&f, 29, "a.example, ...");
	assert_list(&f, 15, "a.example, ...");
	assert_list(&f, 14, "...");
	assert_list(&f, 6, "...");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matching),
		cmocka_unit_test(common_name_with_nul),
		cmocka_unit_test(malformed_names),
		cmocka_unit_test(nothing_behind_a_name),
		cmocka_unit_test(good_peer_names),
		cmocka_unit_test(bad_peer_names),
		cmocka_unit_test(types_of_common_names),
		cmocka_unit_test(malformed_subjects),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
