/* Certificate policies: where one is required, and which are valid down the chain (RFC 5280, section 6.1). */
#include "der_out.h"
#include "scene.h"

/* One certificate of a chain, in short.  Policies are letters, '*' is any; mappings are pairs of letters; limits are
 * pairs of a letter and a digit: 'r' a policy is required, 'm' none is mapped, 'a' any is none. */
struct level {
	const char *policies, *mappings, *limits;
	bool self_issued;
};

#define LEVELS 5 /* root first, leaf last */

static const struct policy_row {
	const char *what;
	struct level levels[LEVELS];
	otls_verify_reason reason;
	int depth;
} policy_rows[] = {
#define GOOD   OTLS_REASON_OK, -1
#define BAD(n) OTLS_REASON_POLICY, n
	{ "nothing is required", { { 0 }, { "A", 0, 0, 0 }, { "B", 0, "m0a0", 0 }, { 0 }, { "C", 0, 0, 0 } }, GOOD },
	{ "one policy all the way",
	    { { 0 }, { "A", 0, "r0", 0 }, { "A", 0, 0, 0 }, { "BA", 0, 0, 0 }, { "A", 0, 0, 0 } }, GOOD },
	{ "the leaf has none", { { 0 }, { "A", 0, "r0", 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 }, { 0 } }, BAD(0) },
	{ "the leaf has another", { { 0 }, { "A", 0, "r0", 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 }, { "B", 0, 0, 0 } },
	    BAD(0) },
	{ "one between has another",
	    { { 0 }, { "A", 0, "r0", 0 }, { "B", 0, 0, 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 } }, BAD(2) },
	{ "where it is asked for there is none",
	    { { 0 }, { 0 }, { "A", 0, "r0", 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 } }, BAD(1) },
	{ "required two below", { { 0 }, { 0, 0, "r2", 0 }, { 0 }, { 0 }, { 0 } }, BAD(0) },
	{ "required further down than there is", { { 0 }, { 0, 0, "r4", 0 }, { 0 }, { 0 }, { 0 } }, GOOD },
	{ "required exactly behind the leaf", { { 0 }, { 0, 0, "r3", 0 }, { 0 }, { 0 }, { 0 } }, BAD(0) },
	{ "self-issued ones do not count", { { 0 }, { 0, 0, "r3", 0 }, { 0, 0, 0, true }, { 0 }, { 0 } }, GOOD },
	{ "the leaf requires it", { { 0 }, { 0 }, { 0 }, { 0 }, { 0, 0, "r0", 0 } }, BAD(0) },
	{ "the leaf requires it later", { { 0 }, { 0 }, { 0 }, { 0 }, { 0, 0, "r1", 0 } }, GOOD },
	{ "the root requires it", { { 0, 0, "r0", 0 }, { 0 }, { 0 }, { 0 }, { 0 } }, BAD(3) },
	{ "the root requires it, and has none",
	    { { 0, 0, "r0", 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 } }, GOOD },
	{ "any above", { { 0 }, { "*", 0, "r0", 0 }, { "*", 0, 0, 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 } }, GOOD },
	{ "any below", { { 0 }, { "A", 0, "r0", 0 }, { "*", 0, 0, 0 }, { "*", 0, 0, 0 }, { "*", 0, 0, 0 } }, GOOD },
	{ "any is no other", { { 0 }, { "A", 0, "r0", 0 }, { "*", 0, 0, 0 }, { "B", 0, 0, 0 }, { "B", 0, 0, 0 } },
	    BAD(1) },
	{ "any is none", { { 0 }, { "A", 0, "r0a0", 0 }, { "*", 0, 0, 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 } },
	    BAD(2) },
	{ "any is none further down",
	    { { 0 }, { "A", 0, "r0a1", 0 }, { "*", 0, 0, 0 }, { "*", 0, 0, 0 }, { "A", 0, 0, 0 } }, BAD(1) },
	{ "any of a self-issued one counts",
	    { { 0 }, { "A", 0, "r0a0", 0 }, { "*", 0, 0, true }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 } }, GOOD },
	{ "mapped", { { 0 }, { "A", "AB", "r0", 0 }, { "B", 0, 0, 0 }, { "B", 0, 0, 0 }, { "B", 0, 0, 0 } }, GOOD },
	{ "mapped away", { { 0 }, { "A", "AB", "r0", 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 } },
	    BAD(2) },
	{ "mapped to two", { { 0 }, { "A", "ABAC", "r0", 0 }, { "C", 0, 0, 0 }, { "C", 0, 0, 0 }, { "C", 0, 0, 0 } },
	    GOOD },
	{ "swapped", { { 0 }, { "AB", "ABBA", "r0", 0 }, { "A", "AC", 0, 0 }, { "C", 0, 0, 0 }, { "C", 0, 0, 0 } },
	    GOOD },
	{ "mapped what is not valid",
	    { { 0 }, { "A", "BC", "r0", 0 }, { "C", 0, 0, 0 }, { "C", 0, 0, 0 }, { "C", 0, 0, 0 } }, BAD(2) },
	{ "mapped under any", { { 0 }, { "*", "AB", "r0", 0 }, { "B", 0, 0, 0 }, { "B", 0, 0, 0 }, { "B", 0, 0, 0 } },
	    GOOD },
	{ "the leaf's mapping is idle",
	    { { 0 }, { "A", 0, "r0", 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 }, { "A", "AB", 0, 0 } }, GOOD },
	{ "no mapping", { { 0 }, { "A", 0, "r0m0", 0 }, { "A", "AB", 0, 0 }, { "B", 0, 0, 0 }, { "B", 0, 0, 0 } },
	    BAD(1) },
	{ "no mapping, and others stay",
	    { { 0 }, { "AC", 0, "r0m0", 0 }, { "AC", "AB", 0, 0 }, { "C", 0, 0, 0 }, { "C", 0, 0, 0 } }, GOOD },
	{ "no mapping further down",
	    { { 0 }, { "A", 0, "r0m1", 0 }, { "A", "AB", 0, 0 }, { "B", "BC", 0, 0 }, { "C", 0, 0, 0 } }, BAD(0) },
	{ "an authority below lifts no limit", { { 0 }, { 0, 0, "r1", 0 }, { 0, 0, "r4", 0 }, { 0 }, { 0 } }, BAD(1) },
	{ "all require it",
	    { { 0, 0, "r0", 0 }, { "A", 0, "r0", 0 }, { "A", 0, "r0", 0 }, { "A", 0, "r0", 0 }, { 0, 0, "r0", 0 } },
	    BAD(0) },
	{ "mapped, and another stays",
	    { { 0 }, { "AC", "AB", "r0", 0 }, { "BC", 0, 0, 0 }, { "B", 0, 0, 0 }, { "B", 0, 0, 0 } }, GOOD },
	{ "not mapped, beside one that is",
	    { { 0 }, { "AC", "AB", "r0", 0 }, { "BC", 0, 0, 0 }, { "C", 0, 0, 0 }, { "C", 0, 0, 0 } }, GOOD },
	{ "the leaf's mapping is idle, where none is mapped",
	    { { 0 }, { "A", 0, "r0m0", 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 }, { "A", "AB", 0, 0 } }, GOOD },
	{ "any of a self-issued leaf is none",
	    { { 0 }, { "A", 0, "r0a0", 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 }, { "*", 0, 0, true } }, BAD(0) },
	{ "any is not mapped", { { 0 }, { "*", "*A", "r0", 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 } },
	    OTLS_REASON_MALFORMED, 3 },
	{ "nor mapped to", { { 0 }, { "A", "A*", "r0", 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 }, { "A", 0, 0, 0 } },
	    OTLS_REASON_MALFORMED, 3 },
};

static void
put_policy(struct der_out *out, char policy)
{
	uint8_t oid[] = { 0x2a, 0x03, (uint8_t)policy };

	if (policy == '*')
		der_value(out, DER_OID, "\x55\x1d\x20\x00", 4);
	else
		der_value(out, DER_OID, oid, sizeof(oid));
}

/* Entries of one policy each (2.5.29.32), or of two (2.5.29.33). */
static void
put_list(struct der_out *out, const char *policies, size_t each)
{
	der_open(out, DER_SEQUENCE);
	for (size_t i = 0; policies[i] != '\0'; i += each) {
		der_open(out, DER_SEQUENCE);
		for (size_t k = 0; k < each; k++)
			put_policy(out, policies[i + k]);
		der_close(out);
	}
	der_close(out);
}

static const char *
limit_of(const char *limits, char which)
{
	const char *at = limits == NULL ? NULL : strchr(limits, which);

	return at == NULL ? NULL : at + 1;
}

static void
put_constraints(struct der_out *out, const char *limits)
{
	const char letters[] = { 'r', 'm' };

	der_open(out, DER_SEQUENCE);
	for (int i = 0; i < 2; i++) {
		const char *digit = limit_of(limits, letters[i]);
		uint8_t value = digit == NULL ? 0 : (uint8_t)(*digit - '0');
		if (digit != NULL)
			der_value(out, DER_CONTEXT + i, &value, 1);
	}
	der_close(out);
}

static void
take(struct der_out *out, mint_extension *extension, const char *oid)
{
	uint8_t *value;

	assert_true(der_take(out, &value, &extension->len));
	extension->value = value;
	extension->oid = oid;
	extension->critical = true;
}

/* The extensions of one level; answers how many. */
static size_t
make_extensions(const struct level *level, mint_extension extensions[4])
{
	struct der_out out = { .len = 0 };
	const char *any = limit_of(level->limits, 'a');
	size_t count = 0;

	if (level->policies != NULL) {
		put_list(&out, level->policies, 1);
		take(&out, &extensions[count++], "2.5.29.32");
	}
	if (level->mappings != NULL) {
		put_list(&out, level->mappings, 2);
		take(&out, &extensions[count++], "2.5.29.33");
	}
	if (limit_of(level->limits, 'r') != NULL || limit_of(level->limits, 'm') != NULL) {
		put_constraints(&out, level->limits);
		take(&out, &extensions[count++], "2.5.29.36");
	}
	if (any != NULL) {
		der_small(&out, (unsigned)(*any - '0'));
		take(&out, &extensions[count++], "2.5.29.54");
	}
	return count;
}

static mint_identity *
make_level(scene *s, const struct level *level, size_t i, const char **name, const mint_identity *issuer)
{
	static const char *const names[LEVELS] = { "Root", "First", "Second", "Third", "leaf" };
	mint_spec spec = i + 1 == LEVELS ? s->leaf : scene_authority(names[i]);
	mint_extension extensions[4];
	mint_identity *made;

	if (!level->self_issued)
		*name = names[i];
	spec.common_name = *name;
	spec.extensions = extensions;
	spec.extension_count = make_extensions(level, extensions);
	made = scene_make(s, &spec, issuer);
	for (size_t k = 0; k < spec.extension_count; k++)
		free((void *)(uintptr_t)extensions[k].value);
	return made;
}

static void
play(scene *s, const struct level levels[LEVELS])
{
	mint_identity *made[LEVELS];
	const char *name = NULL;

	for (size_t i = 0; i < LEVELS; i++)
		made[i] = make_level(s, &levels[i], i, &name, i == 0 ? NULL : made[i - 1]);
	scene_trust(s, made[0]);
	for (size_t i = LEVELS; i-- > 1;)
		scene_send(s, made[i]);
	scene_judge(s);
}

static void
policies_down_the_chain(void **state)
{
	scene s;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(policy_rows); i++) {
		const struct policy_row *row = &policy_rows[i];

		scene_start(&s, row->reason != OTLS_REASON_OK);
		play(&s, row->levels);
		scene_expect(&s, row->what, row->reason, row->depth, NULL);
		scene_finish(&s);
	}
}

/* 65 of them are too many to be valid at a time; and many that come again and again cost too much. */
static void
too_many_policies(void **state)
{
	static char many[66], again[20001], mappings[129];
	const struct level chains[][LEVELS] = {
		{ { 0 }, { many, 0, "r0", 0 }, { many, 0, 0, 0 }, { many, 0, 0, 0 }, { many, 0, 0, 0 } },
		{ { 0 }, { many + 1, 0, "r0", 0 }, { again, 0, 0, 0 }, { again, 0, 0, 0 }, { again, 0, 0, 0 } },
		{ { 0 }, { "*", "AB", "r0", 0 }, { again, 0, 0, 0 }, { "p", 0, 0, 0 }, { "p", 0, 0, 0 } },
		{ { 0 }, { many + 1, mappings, "r0", 0 }, { many + 1, 0, 0, 0 }, { "p", 0, 0, 0 }, { "p", 0, 0, 0 } },
	};
	scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(many) - 1; i++)
		many[i] = (char)('0' + i); /* '0' to 'p' */
	for (size_t i = 0; i < 64; i++) {
		mappings[2 * i] = many[i + 1];
		mappings[2 * i + 1] = many[(i + 1) % 64 + 1];
	}
	memset(again, 'p', sizeof(again) - 1);
	for (size_t i = 0; i < OTLS_COUNT(chains); i++) {
		bool bad = i < 2;

		scene_start(&s, bad);
		play(&s, chains[i]);
		scene_expect(&s, bad ? "too many policies" : "many policies",
		    bad ? OTLS_REASON_TOO_COSTLY : OTLS_REASON_OK, -1, bad ? "policies" : NULL);
		scene_finish(&s);
	}
}

/* 64 are not too many: one more than that is, wherever it comes from. */
static void
as_many_as_may_be(void **state)
{
	static char many[65], mappings[131];
	const struct level good[LEVELS] = { { 0 }, { many, 0, "r0", 0 }, { many, 0, 0, 0 }, { many, 0, 0, 0 },
		{ many, 0, 0, 0 } };
	const struct level mapped[LEVELS] = { { 0 }, { many, mappings, "r0", 0 }, { "p", 0, 0, 0 }, { "p", 0, 0, 0 },
		{ "p", 0, 0, 0 } };
	scene s;

	(void)state;
	for (size_t i = 0; i < 64; i++)
		many[i] = (char)('0' + i); /* '0' to 'o' */
	for (size_t i = 0; i < 65; i++) {
		mappings[2 * i] = '0';
		mappings[2 * i + 1] = (char)('1' + i); /* '1' to 'q' */
	}
	scene_start(&s, false);
	play(&s, good);
	scene_expect(&s, "64 policies", OTLS_REASON_OK, -1, NULL);
	scene_finish(&s);
	scene_start(&s, true);
	play(&s, mapped);
	scene_expect(&s, "65 by mapping", OTLS_REASON_TOO_COSTLY, -1, "there are too many certificate policies");
	scene_finish(&s);
}

/* The chain of two, in which the anchor is the issuer. */
static void
right_below_the_root(void **state)
{
	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		scene s;

		scene_start(&s, bad);
		scene_make_all(&s);
		scene_trust(&s, s.the_root);
		scene_send(&s, scene_make(&s, &s.leaf, s.the_root));
		s.chain[0]->require_policy = bad ? 0 : 1;
		scene_judge(&s);
		scene_expect(&s, "below the root", bad ? OTLS_REASON_POLICY : OTLS_REASON_OK, bad ? 0 : -1, NULL);
		scene_finish(&s);
	}
}

/* Wherever the budget ends, that is said, and nothing is found. */
static void
every_budget(void **state)
{
	static const struct level levels[LEVELS] = { { 0 }, { "ABC", "ABAD", "r0", 0 }, { "*B", 0, 0, 0 },
		{ "B*", "BE", 0, 0 }, { "E", 0, 0, 0 } };
	otls_node nodes[LEVELS];
	otls_path path = { .len = LEVELS };
	unsigned n = 0;
	bool spent = true;
	scene s;

	(void)state;
	scene_start(&s, false);
	play(&s, levels);
	scene_expect(&s, "every budget", OTLS_REASON_OK, -1, NULL);
	assert_int_equal(s.outcome.path_len, LEVELS);
	for (size_t i = 0; i < LEVELS; i++) {
		nodes[i] = (otls_node){ .cert = s.outcome.path[i] };
		path.nodes[i] = &nodes[i];
	}
	for (; spent; n++) {
		otls_judge judge = { .params = &s.params, .name_steps = n };
		otls_finding finding = { .reason = OTLS_REASON_OK, .depth = -1 };

		assert_false(otls__check_policies(&judge, &path, &finding));
		assert_int_equal(finding.reason, OTLS_REASON_OK);
		spent = judge.spent != NULL;
		if (spent)
			assert_string_equal(judge.spent, "there are too many certificate policies");
		assert_true(n < 1000);
	}
	assert_true(n > 20);
	scene_finish(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_down_the_chain),
		cmocka_unit_test(too_many_policies),
		cmocka_unit_test(as_many_as_may_be),
		cmocka_unit_test(right_below_the_root),
		cmocka_unit_test(every_budget),
	};

	return scene_run(tests);
}
