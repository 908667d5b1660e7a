/* The stricter profiles, RFC 5280's and the web's: each rule, with the flag and without. */
#include "scene.h"

#define STRICT OTLS_VERIFY_FLAG_STRICT
#define WEB    OTLS_VERIFY_FLAG_WEB_PROFILE

/* == common names == */

static const struct name_row {
	const char *common_name;
	const char *names[3];
	const char *expected;
	bool good;
} name_rows[] = {
	{ "a.example", { "a.example" }, "a.example", true },
	{ "A.Example", { "a.example" }, "a.example", false },
	{ "A.Example", { "a.example", "A.Example" }, "a.example", true },
	{ "*.a.example", { "*.a.example" }, "b.a.example", true },
	{ "b.example", { "a.example" }, "a.example", false },
	{ "c.b.example", { "a.example", "a.b.EXAMPLE" }, "a.example", false },
	{ "b.example", { "a.b.example" }, "a.b.example", true },
	{ "b.example", { "*.b.example" }, "a.b.example", true },
	{ "a.b.example", { "*.b.example" }, "a.b.example", true },
	{ "a.other", { "a.example" }, "a.example", true },
	{ "b .example", { "a.example" }, "a.example", true },
	{ "somebody", { "a.example" }, "a.example", true },
	{ "somebody", { "localhost" }, "localhost", true },
	{ "Dr. M\xc3\xbcller", { "a.example" }, "a.example", true },
	{ "m\xc3\xbcller", { "a.example" }, "a.example", true },
	{ "m\xc3\xbcller.example", { "xn--mller-kva.example" }, "xn--mller-kva.example", false },
	{ "192.168.1.1", { "192.168.1.1" }, "192.168.1.1", true },
	{ "192.168.001.001", { "192.168.1.1" }, "192.168.1.1", false },
	{ "0xC0A80101", { "192.168.1.1" }, "192.168.1.1", false },
	{ "0xC0A80102", { "192.168.1.1" }, "192.168.1.1", true },
	{ "2001:db8::1", { "2001:db8::1" }, "2001:db8::1", true },
	{ "2001:DB8::1", { "2001:db8::1" }, "2001:db8::1", false },
	{ "2001:db8:0:0:1:0:0:1", { "2001:db8::1:0:0:1" }, "2001:db8::1:0:0:1", false },
	{ "2001:db8::1:0:0:1", { "2001:db8::1:0:0:1", "192.168.1.1" }, "192.168.1.1", true },
	{ "not an address at all, and longer than all of them ever get to be", { "192.168.1.1" }, "192.168.1.1", true },
	{ "a-b.example", { "a-b.example", "*.a-b.example" }, "a-b.example", true },
};

/* Names of other kinds are not compared with the common name. */
static void
other_kinds(void **state)
{
	static const mint_name names[] = { { OTLS_SAN_EMAIL, "me@a.example", 12 },
		{ OTLS_SAN_URI, "x://B.example/", 14 } };

	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		scene s;

		scene_start(&s, bad != 0);
		s.leaf.common_name = bad ? "SERVER.example" : "x://B.example/";
		s.leaf.raw_names = names;
		s.leaf.raw_name_count = 2;
		s.params.flags = WEB;
		scene_usual(&s);
		scene_judge(&s);
		scene_expect(&s, "other kinds", bad ? OTLS_REASON_MALFORMED : OTLS_REASON_OK, bad ? 0 : -1,
		    bad ? "its common name is none of the alternative names as they are spelled" : NULL);
		scene_finish(&s);
	}
}

static void
common_names(void **state)
{
	scene s;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(name_rows); i++) {
		const struct name_row *row = &name_rows[i];
		const char *const names[] = { row->names[0], row->names[1], NULL };

		scene_start(&s, !row->good);
		s.leaf.common_name = row->common_name;
		s.leaf.names = names;
		assert_int_equal(otls__peer_name_parse(row->expected, &s.name), OTLS_OK);
		scene_usual(&s);
		scene_judge(&s);
		scene_expect(&s, row->common_name, OTLS_REASON_OK, -1, NULL);
		s.params.flags = WEB;
		scene_judge(&s);
		scene_expect(&s, row->common_name, row->good ? OTLS_REASON_OK : OTLS_REASON_MALFORMED,
		    row->good ? -1 : 0, row->good ? NULL : "Baseline Requirements");
		scene_finish(&s);
	}
}

/* == the rest: each sets the scene, refused or good == */

static void
serial_zero(scene *s)
{
	s->middle.serial = otls__bytes(s->bad ? "\0" : "\1", 1);
	scene_usual(s);
}

static void
serial_long(scene *s)
{
	s->leaf.serial = otls__bytes("\1wenty-one bytes long!", s->bad ? 21 : 20);
	scene_usual(s);
}

static void
free_constraints(scene *s)
{
	/* permitted: dNSName "server.example" */
	mint_extension nc = { "2.5.29.30", !s->bad, "\x30\x14\xa0\x12\x30\x10\x82\x0eserver.example", 22 };

	s->middle.extensions = &nc;
	s->middle.extension_count = 1;
	scene_usual(s);
}

static void
critical_names(scene *s)
{
	/* server.example */
	mint_extension san = { "2.5.29.17", s->bad, "\x30\x10\x82\x0eserver.example", 18 };

	s->leaf.names = NULL;
	s->leaf.extensions = &san;
	s->leaf.extension_count = 1;
	scene_usual(s);
}

static void
leaf_key_id(scene *s)
{
	s->leaf.no_key_ids = s->bad;
	scene_usual(s);
}

static void
root_key_id(scene *s)
{
	s->root.no_key_ids = s->bad;
	scene_usual(s);
}

/* A root may be without an authority key identifier, but not have an empty one. */
static void
root_nameless_key_id(scene *s)
{
	mint_extension ids[] = {
		{ "2.5.29.14", false, "\x04\x04root", 6 },
		{ "2.5.29.35", false, "\x30\x00", 2 },
	};

	s->root.no_key_ids = true;
	s->root.extensions = ids;
	s->root.extension_count = s->bad ? 2 : 1;
	scene_usual(s);
}

static void
underscore(scene *s)
{
	static const char *const good[] = { "server.example", "a-b.example", NULL }, *const bad[] = { "server.example",
		"a_b.example", NULL };

	s->leaf.names = s->bad ? bad : good;
	scene_usual(s);
}

static void
authority(scene *s)
{
	s->leaf.is_ca = s->bad;
	s->leaf.has_key_usage = true;
	s->leaf.key_usage = OTLS_KEY_USAGE_DIGITAL_SIGNATURE | (s->bad ? OTLS_KEY_USAGE_KEY_CERT_SIGN : 0);
	scene_usual(s);
}

static void
no_purpose(scene *s)
{
	s->leaf.no_purposes = s->bad;
	scene_usual(s);
}

static void
critical_purpose(scene *s)
{
	/* serverAuth */
	mint_extension eku = { "2.5.29.37", s->bad, "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01", 12 };

	s->leaf.no_purposes = true;
	s->leaf.extensions = &eku;
	s->leaf.extension_count = 1;
	scene_usual(s);
}

static void
purpose_beside(scene *s, const char *other)
{
	const char *const purposes[] = { MINT_SERVER_AUTH, s->bad ? other : MINT_CLIENT_AUTH, NULL };

	s->leaf.purposes = purposes;
	scene_usual(s);
}

static void
any_purpose(scene *s)
{
	purpose_beside(s, "2.5.29.37.0");
}

static void
signs_code(scene *s)
{
	purpose_beside(s, "1.3.6.1.5.5.7.3.3");
}

static void
signs_precertificates(scene *s)
{
	purpose_beside(s, "1.3.6.1.4.1.11129.2.4.4");
}

static void
root_with_purpose(scene *s)
{
	static const char *const purposes[] = { MINT_SERVER_AUTH, NULL };

	if (s->bad)
		s->root.purposes = purposes;
	else
		s->middle.purposes = purposes;
	scene_usual(s);
}

static const struct row {
	const char *name;
	void (*set)(scene *s);
	uint64_t flags; /* that refuse it */
	otls_verify_reason reason;
	int depth;
} rows[] = {
	{ "serial zero", serial_zero, STRICT | WEB, OTLS_REASON_MALFORMED, 1 },
	{ "serial long", serial_long, STRICT | WEB, OTLS_REASON_MALFORMED, 0 },
	{ "leaf without key id", leaf_key_id, STRICT | WEB, OTLS_REASON_MALFORMED, 0 },
	{ "root without key id", root_key_id, STRICT | WEB, OTLS_REASON_MALFORMED, 2 },
	{ "root with a key id that names no key", root_nameless_key_id, STRICT | WEB, OTLS_REASON_MALFORMED, 2 },
	{ "underscore", underscore, STRICT | WEB, OTLS_REASON_MALFORMED, 0 },
	{ "free constraints", free_constraints, STRICT, OTLS_REASON_MALFORMED, 1 },
	{ "critical names", critical_names, WEB, OTLS_REASON_MALFORMED, 0 },
	{ "an authority", authority, WEB, OTLS_REASON_MALFORMED, 0 },
	{ "no purpose", no_purpose, WEB, OTLS_REASON_INVALID_PURPOSE, 0 },
	{ "critical purpose", critical_purpose, WEB, OTLS_REASON_INVALID_PURPOSE, 0 },
	{ "any purpose", any_purpose, WEB, OTLS_REASON_INVALID_PURPOSE, 0 },
	{ "signs code", signs_code, WEB, OTLS_REASON_INVALID_PURPOSE, 0 },
	{ "signs precertificates", signs_precertificates, WEB, OTLS_REASON_INVALID_PURPOSE, 0 },
	{ "root with purpose", root_with_purpose, WEB, OTLS_REASON_MALFORMED, 2 },
};

static void
each_rule(void **state)
{
	static const uint64_t profiles[] = { 0, STRICT, WEB };
	scene s;

	(void)state;
	for (size_t i = 0; i < 2 * OTLS_COUNT(rows); i++) {
		const struct row *row = &rows[i / 2];

		scene_start(&s, i % 2 == 1);
		row->set(&s);
		for (size_t p = 0; p < OTLS_COUNT(profiles); p++) {
			bool refused = s.bad && (row->flags & profiles[p]) != 0;

			s.params.flags = profiles[p];
			scene_judge(&s);
			scene_expect(
			    &s, row->name, refused ? row->reason : OTLS_REASON_OK, refused ? row->depth : -1, NULL);
		}
		scene_finish(&s);
	}
}

/* The web's profile is of servers' certificates. */
static void
clients_are_free(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	serial_zero(&s);
	any_purpose(&s);
	s.params.flags = WEB;
	s.params.peer = OTLS_ROLE_CLIENT;
	scene_judge(&s);
	scene_expect(&s, "a client's", OTLS_REASON_OK, -1, NULL);
	s.params.flags = STRICT;
	scene_judge(&s);
	scene_expect(&s, "a client's, strictly", OTLS_REASON_MALFORMED, 1, NULL);
	scene_finish(&s);
}

/* One fault at a time, each before those that are there already: the verdict is the new one. */
static void
first_fault_counts(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	s.params.flags = WEB;
	s.chain[0]->extended_key_usage.data = NULL;
	scene_judge(&s);
	scene_expect(&s, "purpose", OTLS_REASON_INVALID_PURPOSE, 0, "it has no extended key usage");
	s.chain[0]->is_ca = true;
	scene_judge(&s);
	scene_expect(&s, "authority", OTLS_REASON_MALFORMED, 0, "it is an authority's certificate");
	s.chain[0]->san_critical = true;
	scene_judge(&s);
	scene_expect(&s, "names", OTLS_REASON_MALFORMED, 0, "its alternative names are critical");
	scene_trusted(&s, 0)->extended_key_usage = s.chain[1]->extended_key_usage = otls__bytes(
	    "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01", 10);
	scene_judge(&s);
	scene_expect(&s, "root", OTLS_REASON_MALFORMED, 2, "it is a root with an extended key usage");
	scene_finish(&s);
}

/* Critical names are as they should be where there is no subject; and a leaf that is trusted itself is no root. */
static void
what_is_no_fault(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_usual(&s);
	s.params.flags = WEB;
	s.chain[0]->san_critical = true;
	s.chain[0]->subject = otls__bytes("\x30", 2);
	scene_judge(&s);
	scene_expect(&s, "no subject", OTLS_REASON_OK, -1, NULL);
	scene_finish(&s);
	scene_start(&s, false);
	scene_make_all(&s);
	scene_trust(&s, scene_make(&s, &s.leaf, NULL));
	scene_send(&s, s.made[3]);
	s.params.flags = WEB;
	scene_judge(&s);
	scene_expect(&s, "trusted itself", OTLS_REASON_OK, -1, NULL);
	scene_finish(&s);
}

/* A path that has several faults shows all of them. */
static void
all_findings(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	s.leaf.common_name = "SERVER.example";
	s.root.serial = otls__bytes("\0", 1);
	any_purpose(&s);
	s.params.flags = WEB;
	s.params.find_all = true;
	scene_judge(&s);
	scene_expect(&s, "all", OTLS_REASON_MALFORMED, 2, NULL);
	assert_int_equal(s.outcome.findings.count, 3);
	assert_int_equal(s.outcome.findings.items[1].depth, 0);
	assert_int_equal(s.outcome.findings.items[1].reason, OTLS_REASON_MALFORMED);
	assert_int_equal(s.outcome.findings.items[2].reason, OTLS_REASON_INVALID_PURPOSE);
	scene_finish(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(common_names),
		cmocka_unit_test(other_kinds),
		cmocka_unit_test(each_rule),
		cmocka_unit_test(clients_are_free),
		cmocka_unit_test(first_fault_counts),
		cmocka_unit_test(what_is_no_fault),
		cmocka_unit_test(all_findings),
	};

	return scene_run(tests);
}
