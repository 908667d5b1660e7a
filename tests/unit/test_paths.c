/* Which path is found among many, what that may cost, and what the engine and memory have to do with it. */
#include "scene.h"

/* The order in which certificates come, and what else comes along, is nothing. */
static void
any_order(void **state)
{
	mint_spec lower = scene_authority("Lower"), stranger = scene_authority("Stranger");
	mint_identity *low;
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_make_all(&s);
	low = scene_make(&s, &lower, s.the_middle);
	scene_trust(&s, s.the_root);
	scene_send(&s, scene_make(&s, &s.leaf, low));
	scene_send(&s, s.the_root);
	scene_send(&s, scene_make(&s, &stranger, NULL));
	scene_send(&s, s.the_middle);
	scene_send(&s, s.the_middle);
	scene_send(&s, low);
	scene_judge(&s);
	scene_expect(&s, "any order", OTLS_REASON_OK, -1, NULL);
	assert_int_equal(s.outcome.path_len, 4);
	assert_ptr_equal(s.outcome.path[1], s.chain[5]);
	assert_ptr_equal(s.outcome.path[2], s.chain[3]);
	scene_finish(&s);
}

/* The right one of many roots of one name, without key identifiers to tell them apart. */
static void
all_candidates(void **state)
{
	scene s;

	(void)state;
	for (int with_ids = 0; with_ids < 2; with_ids++) {
		scene_start(&s, false);
		s.root.no_key_ids = with_ids == 0;
		for (int i = 0; i < 6; i++)
			scene_trust(&s, scene_make(&s, &s.root, NULL));
		scene_usual(&s);
		scene_judge(&s);
		scene_expect(&s, "all candidates", OTLS_REASON_OK, -1, NULL);
		scene_finish(&s);
	}
}

/* An expired cross-certificate, with its expired root trusted too, does not hide the good path. */
static void
expired_cross_certificate(void **state)
{
	mint_spec old_root = scene_authority("Old Root"), cross = scene_authority("Root");
	mint_identity *old;
	scene s;

	(void)state;
	old_root.not_after = cross.not_after = NOW - DAY;
	scene_start(&s, false);
	scene_make_all(&s);
	old = scene_make(&s, &old_root, NULL);
	cross.key = s.the_root->key;
	scene_send(&s, s.the_leaf);
	scene_send(&s, s.the_middle);
	scene_send(&s, scene_make(&s, &cross, old));
	scene_trust(&s, old);
	scene_judge(&s);
	scene_expect(&s, "expired cross-certificate alone", OTLS_REASON_EXPIRED, 3, NULL);
	scene_trust(&s, s.the_root);
	scene_judge(&s);
	scene_expect(&s, "expired cross-certificate", OTLS_REASON_OK, -1, NULL);
	assert_int_equal(s.outcome.path_len, 3);
	scene_finish(&s);
}

/* Authorities that sign one another in a ring end the search, and do not keep it from the root. */
static void
ring(void **state)
{
	mint_spec a = scene_authority("A"), b = scene_authority("B");
	mint_identity *first, *second;
	scene s;

	(void)state;
	scene_start(&s, false);
	first = scene_make(&s, &a, NULL);
	second = scene_make(&s, &b, first);
	a.key = first->key;
	scene_send(&s, scene_make(&s, &s.leaf, first));
	scene_send(&s, scene_make(&s, &a, second));
	scene_send(&s, second);
	scene_judge(&s);
	scene_expect(&s, "ring", OTLS_REASON_UNKNOWN_ISSUER, 2, NULL);
	scene_trust(&s, first);
	scene_judge(&s);
	scene_expect(&s, "ring with root", OTLS_REASON_OK, -1, NULL);
	scene_finish(&s);
}

/* == the budget == */

static unsigned checks; /* how often the engine was asked */
static otls_code answer;

static otls_status
scripted(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	(void)spki, (void)algorithm, (void)tbs, (void)signature;
	checks++;
	report->code = answer;
	return answer == OTLS_E_NONE ? OTLS_OK : OTLS_ERROR;
}

static void
engine_answers(void **state)
{
	static const struct {
		otls_code code;
		otls_verify_reason reason;
	} answers[] = {
		{ OTLS_E_NONE, OTLS_REASON_OK },
		{ OTLS_E_VERIFY, OTLS_REASON_BAD_SIGNATURE },
		{ OTLS_E_FORMAT, OTLS_REASON_BAD_SIGNATURE },
		{ OTLS_E_UNSUPPORTED, OTLS_REASON_UNSUPPORTED_KEY },
		{ OTLS_E_MEMORY, OTLS_REASON_INTERNAL },
		{ OTLS_E_BACKEND, OTLS_REASON_INTERNAL },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(answers); i++) {
		scene s;
		scene_start(&s, answers[i].code != OTLS_E_NONE);
		scene_usual(&s);
		s.engine.verify_signature = scripted;
		answer = answers[i].code;
		scene_judge(&s);
		scene_expect(
		    &s, "engine answers", answers[i].reason, answers[i].reason == OTLS_REASON_OK ? -1 : 1, NULL);
		assert_true(!s.bad || s.outcome.report.code == answer);
		scene_finish(&s);
	}
}

/* From the anchor down, and nothing where the path is bad without it. */
static void
signatures_last(void **state)
{
	scene s;

	(void)state;
	answer = OTLS_E_VERIFY;
	scene_start(&s, true);
	scene_usual(&s);
	s.engine.verify_signature = scripted;
	checks = 0;
	scene_judge(&s);
	scene_expect(&s, "signatures last", OTLS_REASON_BAD_SIGNATURE, 1, NULL);
	assert_int_equal(checks, 1);
	s.params.max_intermediates = 0;
	checks = 0;
	scene_judge(&s);
	scene_expect(&s, "signatures last", OTLS_REASON_CHAIN_TOO_LONG, 0, NULL);
	assert_int_equal(checks, 0);
	scene_finish(&s);
}

/* Many roots of one name with large keys, none of which fits. */
static void
too_many_signatures(void **state)
{
	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		size_t count = bad ? 40 : 20;
		scene s;
		scene_start(&s, bad);
		scene_make_all(&s);
		scene_send(&s, s.the_leaf);
		scene_send(&s, s.the_middle);
		s.root.no_key_ids = true;
		for (size_t i = 0; i < count; i++)
			scene_trust(&s, scene_make(&s, &s.root, NULL));
		for (size_t i = 0; i < count; i++)
			scene_trusted(&s, i)->spki.bits = 521;
		s.engine.verify_signature = scripted;
		answer = OTLS_E_VERIFY;
		checks = 0;
		scene_judge(&s);
		if (bad)
			scene_expect(&s, "too many signatures", OTLS_REASON_TOO_COSTLY, -1, "signatures");
		else
			scene_expect(&s, "many signatures", OTLS_REASON_BAD_SIGNATURE, 1, NULL);
		assert_int_equal(checks, bad ? 30 : 20);
		scene_finish(&s);
	}
}

/* Authorities of one name that might all have signed one another; with one key, they are one authority. */
static void
too_many_paths(void **state)
{
	static const struct {
		int count;
		bool one_key;
		otls_verify_reason reason;
		int depth;
	} variants[] = {
		{ 4, false, OTLS_REASON_SELF_SIGNED_IN_CHAIN, 5 },
		{ 12, false, OTLS_REASON_TOO_COSTLY, -1 },
		{ 12, true, OTLS_REASON_SELF_SIGNED_IN_CHAIN, 1 },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(variants); i++) {
		mint_spec same = scene_authority("Same");
		scene s;
		scene_start(&s, true);
		same.no_key_ids = true;
		s.the_middle = scene_make(&s, &same, NULL);
		scene_send(&s, scene_make(&s, &s.leaf, s.the_middle));
		scene_send(&s, s.the_middle);
		same.key = variants[i].one_key ? s.the_middle->key : NULL;
		for (int k = 0; k < variants[i].count; k++)
			scene_add_extra(&s, scene_make(&s, &same, NULL));
		scene_judge(&s);
		scene_expect(&s, "too many paths", variants[i].reason, variants[i].depth, NULL);
		scene_finish(&s);
	}
}

/* == memory == */

static unsigned allowed;

static bool
trap(void)
{
	return allowed != 0 && allowed-- != 0;
}

/* Whichever allocation fails: the verdict is there, and no other than with memory or INTERNAL. */
static void
memory(void **state)
{
	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		otls_verify_reason good_memory = bad ? OTLS_REASON_HOSTNAME_MISMATCH : OTLS_REASON_OK;
		bool failed = false;
		for (unsigned i = 0; i < 8; i++) {
			scene s;
			scene_start(&s, bad);
			scene_usual(&s);
			assert_int_equal(otls__peer_name_parse(bad ? "other.example" : HOST, &s.name), OTLS_OK);
			allowed = i;
			otls__alloc_trap = trap;
			scene_judge(&s);
			otls__alloc_trap = NULL;
			assert_true(s.outcome.reason == OTLS_REASON_INTERNAL || s.outcome.reason == good_memory);
			failed = failed || s.outcome.reason == OTLS_REASON_INTERNAL;
			scene_finish(&s);
		}
		assert_true(failed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order),
		cmocka_unit_test(all_candidates),
		cmocka_unit_test(expired_cross_certificate),
		cmocka_unit_test(ring),
		cmocka_unit_test(engine_answers),
		cmocka_unit_test(signatures_last),
		cmocka_unit_test(too_many_signatures),
		cmocka_unit_test(too_many_paths),
		cmocka_unit_test(memory),
	};

	return scene_run(tests);
}
