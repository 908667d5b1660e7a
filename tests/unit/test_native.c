/* The libraries' own verifiers behind the contract's slot: what they accept, what they refuse and as what, and that they
 * remember nothing. */
#include "scene.h"

#include <time.h>

typedef struct native_row {
	const char *name;
	void (*set)(scene *s, otls_native_chain *chain);
	otls_verify_reason reason, other; /* other: what a library says that knows no better */
	int depth;
} native_row;

/* Up to three certificates, the anchor, and room to cut one short. */
static otls_bytes sent[4], anchors[2];

static void
make_usual(scene *s, otls_native_chain *chain)
{
	scene_make_all(s);
	sent[0] = s->the_leaf->certificate;
	sent[1] = s->the_middle->certificate;
	anchors[0] = s->the_root->certificate;
	*chain = (otls_native_chain){
		.size = sizeof(*chain),
		.chain = sent,
		.chain_len = 2,
		.anchors = anchors,
		.anchor_count = 1,
		.peer = OTLS_ROLE_SERVER,
		.name = HOST,
		.time = (int64_t)time(NULL),
	};
}

static int64_t
now(void)
{
	return (int64_t)time(NULL);
}

/* == rows == */
static void
usual(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
}

static void
no_name(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	chain->name = "";
}

static void
address(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	chain->name = "192.0.2.1";
	chain->name_is_ip = true;
}

static void
address6(scene *s, otls_native_chain *chain)
{
	static const char *const names[] = { "2001:db8::1", NULL };

	s->leaf.names = names;
	make_usual(s, chain);
	chain->name = "2001:db8::1";
	chain->name_is_ip = true;
}

static void
of_client(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	chain->peer = OTLS_ROLE_CLIENT;
	chain->name = "";
}

static void
root_sent(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	sent[2] = s->the_root->certificate;
	chain->chain_len = 3;
}

static void
self_signed_trusted(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	sent[0] = anchors[0] = scene_make(s, &s->leaf, NULL)->certificate;
	chain->chain_len = 1;
}

/* As of another time than the clock's: good then, whatever they are now. */
static void
another_time(scene *s, otls_native_chain *chain)
{
	s->root.not_before = s->middle.not_before = s->leaf.not_before = NOW - 10 * DAY;
	s->root.not_after = s->middle.not_after = s->leaf.not_after = NOW + 10 * DAY;
	make_usual(s, chain);
	chain->time = NOW;
}

static void
unknown_root(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	anchors[0] = scene_make(s, &s->root, NULL)->certificate;
	s->root.common_name = "Other";
	anchors[0] = scene_make(s, &s->root, NULL)->certificate;
}

static void
nothing_trusted(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	chain->anchor_count = 0;
}

static void
missing_middle(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	chain->chain_len = 1;
}

static void
self_signed(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	sent[0] = scene_make(s, &s->leaf, NULL)->certificate;
	chain->chain_len = 1;
}

static void
expired(scene *s, otls_native_chain *chain)
{
	s->leaf.not_after = now() - DAY;
	make_usual(s, chain);
}

static void
middle_expired(scene *s, otls_native_chain *chain)
{
	s->middle.not_after = now() - DAY;
	make_usual(s, chain);
}

static void
too_young(scene *s, otls_native_chain *chain)
{
	s->leaf.not_before = now() + DAY;
	make_usual(s, chain);
}

static void
damaged(scene *s, otls_native_chain *chain)
{
	s->leaf.damaged = true;
	make_usual(s, chain);
}

static void
other_host(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	chain->name = "other.example";
}

static void
other_address(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	chain->name = "192.0.2.2";
	chain->name_is_ip = true;
}

static void
cut_short(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	sent[0].len--;
}

static void
empty(scene *s, otls_native_chain *chain)
{
	make_usual(s, chain);
	chain->chain_len = 0;
}

static const native_row good_rows[] = {
	{ .name = "usual", .set = usual },
	{ .name = "no name", .set = no_name },
	{ .name = "address", .set = address },
	{ .name = "address, version 6", .set = address6 },
	{ .name = "of a client", .set = of_client },
	{ .name = "root sent", .set = root_sent },
	{ .name = "self-signed and trusted", .set = self_signed_trusted },
	{ .name = "another time", .set = another_time },
};

static const native_row bad_rows[] = {
	{ "unknown root", unknown_root, OTLS_REASON_UNKNOWN_ISSUER, OTLS_REASON_OK, -1 },
	{ "nothing trusted", nothing_trusted, OTLS_REASON_UNKNOWN_ISSUER, OTLS_REASON_OK, -1 },
	{ "missing middle", missing_middle, OTLS_REASON_UNKNOWN_ISSUER, OTLS_REASON_OK, -1 },
	{ "self-signed", self_signed, OTLS_REASON_SELF_SIGNED_LEAF, OTLS_REASON_UNKNOWN_ISSUER, 0 },
	{ "expired", expired, OTLS_REASON_EXPIRED, OTLS_REASON_OK, 0 },
	{ "middle expired", middle_expired, OTLS_REASON_EXPIRED, OTLS_REASON_UNKNOWN_ISSUER, 1 },
	{ "too young", too_young, OTLS_REASON_NOT_YET_VALID, OTLS_REASON_OK, 0 },
	{ "damaged", damaged, OTLS_REASON_BAD_SIGNATURE, OTLS_REASON_OK, 0 },
	{ "other host", other_host, OTLS_REASON_HOSTNAME_MISMATCH, OTLS_REASON_OK, 0 },
	{ "other address", other_address, OTLS_REASON_IP_MISMATCH, OTLS_REASON_OK, 0 },
	{ "cut short", cut_short, OTLS_REASON_MALFORMED, OTLS_REASON_OK, 0 },
	{ "empty", empty, OTLS_REASON_MALFORMED, OTLS_REASON_OK, 0 },
};

/* == judging == */

/* Valid by the clock, since not every library can be told the time. */
static void
start(scene *s)
{
	scene_start(s, false);
	s->root.not_before = s->middle.not_before = s->leaf.not_before = now() - 10 * DAY;
	s->root.not_after = s->middle.not_after = s->leaf.not_after = now() + 10 * DAY;
}

static void
accepts(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(good_rows); i++) {
		otls_report report = otls__report();
		otls_native_chain chain;
		scene s;

		start(&s);
		good_rows[i].set(&s, &chain);
		if (scene_backend->engine->verify_chain_native(&chain, &report) != OTLS_OK)
			fail_msg("%s: %s, %s", good_rows[i].name, otls_verify_reason_name(report.verify_reason),
			    report.entry[0].reason);
		scene_finish(&s);
	}
}

static void
refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(bad_rows); i++) {
		const native_row *row = &bad_rows[i];
		otls_report report = otls__report();
		otls_native_chain chain;
		scene s;

		start(&s);
		row->set(&s, &chain);
		assert_int_equal(scene_backend->engine->verify_chain_native(&chain, &report), OTLS_ERROR);
		if (report.code != OTLS_E_VERIFY ||
		    (report.verify_reason != (int)row->reason &&
			(row->other == OTLS_REASON_OK || report.verify_reason != (int)row->other)))
			fail_msg("%s: %s, %s", row->name, otls_verify_reason_name(report.verify_reason),
			    report.entry[0].reason);
		if (row->depth >= 0 && report.verify_depth >= 0)
			assert_int_equal(report.verify_depth, row->depth);
		assert_true(report.entries >= 1);
		assert_string_not_equal(report.entry[0].library, "");
		assert_string_not_equal(report.entry[0].reason, "");
		scene_finish(&s);
	}
}

/* wolfSSL's manager learns the intermediates of one chain for the next: not here. */
static void
learns_nothing(void **state)
{
	otls_report report = otls__report();
	otls_native_chain chain;
	scene s;

	(void)state;
	start(&s);
	usual(&s, &chain);
	assert_int_equal(scene_backend->engine->verify_chain_native(&chain, &report), OTLS_OK);
	chain.chain_len = 1;
	assert_int_equal(scene_backend->engine->verify_chain_native(&chain, &report), OTLS_ERROR);
	assert_int_equal(report.verify_reason, OTLS_REASON_UNKNOWN_ISSUER);
	scene_finish(&s);
}

/* Every prefix of a certificate, in every place. */
static void
truncated(void **state)
{
	otls_native_chain chain;
	scene s;

	(void)state;
	start(&s);
	usual(&s, &chain);
	for (size_t len = 0; len < s.the_leaf->certificate.len; len += 7) {
		otls_report report = otls__report();

		sent[0].len = len;
		assert_int_equal(scene_backend->engine->verify_chain_native(&chain, &report), OTLS_ERROR);
		sent[0] = s.the_leaf->certificate;
		sent[1].len = len < sent[1].len ? len : sent[1].len - 1;
		report = otls__report();
		assert_int_equal(scene_backend->engine->verify_chain_native(&chain, &report), OTLS_ERROR);
		sent[1] = s.the_middle->certificate;
	}
	scene_finish(&s);
}

/* == core's side: the second opinion == */

static otls_report scripted;
static otls_native_chain asked;

static otls_status
script(const otls_native_chain *chain, otls_report *report)
{
	asked = *chain;
	*report = scripted;
	return OTLS_ERROR;
}

static void
judge_with(scene *s, otls_code code, int reason, int depth)
{
	scene_start(s, true);
	scene_usual(s);
	s->engine.verify_chain_native = script;
	scripted =
	    (otls_report){ .code = code, .alert = -1, .entries = 1, .verify_reason = reason, .verify_depth = depth };
	snprintf(scripted.entry[0].reason, sizeof(scripted.entry[0].reason), "its own words");
	s->params.find_all = true;
	scene_judge(s);
	assert_int_equal(s->outcome.reason, OTLS_REASON_OK);
	otls__verify_native(&s->params, &s->outcome);
}

static void
disagrees(void **state)
{
	scene s;

	(void)state;
	judge_with(&s, OTLS_E_VERIFY, OTLS_REASON_PATH_LENGTH, 1);
	scene_expect(&s, "refused", OTLS_REASON_PATH_LENGTH, 1, "own verifier refuses it: its own words");
	assert_int_equal(s.outcome.findings.count, 1);
	assert_int_equal(s.outcome.report.entries, 1);
	/* What it was asked: the chain as it came, and the anchor. */
	assert_int_equal(asked.chain_len, 2);
	assert_int_equal(asked.anchor_count, 1);
	assert_string_equal(asked.name, HOST);
	assert_int_equal(asked.time, NOW);
	scene_finish(&s);
}

static void
odd_reports(void **state)
{
	static const struct {
		otls_code code;
		int reason, depth;
	} odd[] = {
		{ OTLS_E_VERIFY, OTLS_REASON_OK, 0 },
		{ OTLS_E_VERIFY, -5, -1 },
		{ OTLS_E_VERIFY, OTLS_REASON_LAST_ + 1, 1000 },
		{ OTLS_E_BACKEND, OTLS_REASON_EXPIRED, -1 },
		{ OTLS_E_MEMORY, OTLS_REASON_OK, -1 },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(odd); i++) {
		scene s;

		judge_with(&s, odd[i].code, odd[i].reason, odd[i].depth);
		scene_expect(&s, "odd", OTLS_REASON_INTERNAL, 0, "own verifier");
		assert_int_equal(s.outcome.report.code, odd[i].code);
		scene_finish(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(learns_nothing),
		cmocka_unit_test(truncated),
		cmocka_unit_test(disagrees),
		cmocka_unit_test(odd_reports),
	};

	return scene_run(tests);
}
