/* Which path is found among many, what that may cost, and what the engine and memory have to do with it. */
#include "make_der.h"
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

/* == the likely one first == */

/* A root beside the right one, of the same name, and why it is the less likely one. */
enum other { OTHER_KEY_ID, OTHER_AGAINST_UNKNOWN, EXPIRED_YESTERDAY, NOT_YET, SENT, OTHERS };

static mint_spec
less_likely(const scene *s, enum other other)
{
	mint_spec spec = scene_authority("Root");

	if (other == EXPIRED_YESTERDAY || other == NOT_YET || other == SENT)
		spec.key = s->the_root->key;
	if (other == EXPIRED_YESTERDAY)
		spec.not_after = NOW - 1;
	if (other == NOT_YET)
		spec.not_before = NOW + 1;
	spec.serial = otls__bytes("\x05", 1);
	return spec;
}

/* Leaf, Middle and the right root: two steps, wherever it stands. */
static void
likely_first(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * OTHERS; i++) {
		enum other other = (enum other)(i / 2);
		mint_identity *wrong;
		mint_spec spec;
		scene s;

		scene_start(&s, false);
		s.root.not_before = s.root.not_after = NOW;
		s.root.no_key_ids = other == OTHER_AGAINST_UNKNOWN;
		scene_make_all(&s);
		spec = less_likely(&s, other);
		wrong = scene_make(&s, &spec, NULL);
		if (i % 2 == 0)
			scene_trust(&s, s.the_root);
		if (other != SENT)
			scene_trust(&s, wrong);
		if (i % 2 != 0)
			scene_trust(&s, s.the_root);
		scene_send(&s, s.the_leaf);
		scene_send(&s, s.the_middle);
		if (other == SENT)
			scene_send(&s, wrong);
		if (other == OTHER_AGAINST_UNKNOWN) { /* what the middle asks for */
			s.chain[1]->authority_key_id = otls__bytes("x", 1);
			s.chain[1]->has_authority_key_id = true;
		}
		scene_judge(&s);
		scene_expect(&s, "likely first", OTLS_REASON_OK, -1, NULL);
		if (s.outcome.cost.candidates != 2 || s.outcome.cost.signatures != 2)
			fail_msg("variant %d took %u steps", i, s.outcome.cost.candidates);
		scene_finish(&s);
	}
}

/* The least likely one is tried, too: another key identifier, expired. */
static void
unlikely_last(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_make_all(&s);
	scene_send(&s, s.the_leaf);
	scene_send(&s, s.the_middle);
	scene_send(&s, s.the_root);
	s.chain[1]->authority_key_id = otls__bytes("x", 1);
	s.chain[2]->not_after = NOW - 1;
	scene_judge(&s);
	scene_expect(&s, "unlikely", OTLS_REASON_SELF_SIGNED_IN_CHAIN, 2, NULL);
	scene_finish(&s);
}

/* Of ways that lead nowhere the longest is told, whichever comes first. */
static void
furthest_dead_end(void **state)
{
	(void)state;
	for (int order = 0; order < 2; order++) {
		mint_spec upper = scene_authority("Upper");
		mint_identity *lost, *up, *near, *far;
		scene s;

		scene_start(&s, true);
		s.middle.no_key_ids = s.leaf.no_key_ids = true;
		lost = scene_make(&s, &s.root, NULL);
		up = scene_make(&s, &upper, lost);
		near = scene_make(&s, &s.middle, lost);
		far = scene_make(&s, &s.middle, up);
		scene_send(&s, scene_make(&s, &s.leaf, near));
		scene_send(&s, order == 0 ? near : far);
		scene_send(&s, order == 0 ? far : near);
		scene_send(&s, up);
		scene_judge(&s);
		scene_expect(&s, "furthest", OTLS_REASON_UNKNOWN_ISSUER, 2, "CN=Upper");
		scene_finish(&s);
	}
}

/* What names itself as its issuer, and another key as its issuer's, is not self-signed. */
static void
looks_self_signed(void **state)
{
	static const struct row {
		bool authority, subject, equal, same_name;
		otls_verify_reason reason;
	} rows[] = {
		{ true, true, true, true, OTLS_REASON_SELF_SIGNED_LEAF },
		{ true, true, false, true, OTLS_REASON_UNKNOWN_ISSUER },
		{ false, true, false, true, OTLS_REASON_SELF_SIGNED_LEAF },
		{ true, false, false, true, OTLS_REASON_SELF_SIGNED_LEAF },
		{ false, false, false, true, OTLS_REASON_SELF_SIGNED_LEAF },
		{ true, true, true, false, OTLS_REASON_UNKNOWN_ISSUER },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		scene s;

		scene_start(&s, true);
		scene_make_all(&s);
		scene_send(&s, scene_make(&s, &s.leaf, rows[i].same_name ? NULL : s.the_root));
		s.chain[0]->authority_key_id = otls__bytes("x", rows[i].authority ? 1 : 0);
		if (!rows[i].authority)
			s.chain[0]->authority_key_id.data = NULL;
		s.chain[0]->has_subject_key_id = rows[i].subject;
		s.chain[0]->subject_key_id = otls__bytes(rows[i].equal ? "x" : "y", 1);
		scene_judge(&s);
		scene_expect(&s, "looks self-signed", rows[i].reason, 0, NULL);
		scene_finish(&s);
	}
}

/* == too long, and too many == */

/* A chain that needs more certificates than a path may have; with find_all it is said that no anchor was reached. */
static void
too_long(void **state)
{
	char names[OTLS_PATH_MAX][16];
	mint_identity *issuer;
	mint_spec spec;
	scene s;

	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		int below = OTLS_PATH_MAX - 2 + bad;

		scene_start(&s, bad);
		issuer = s.the_root = scene_make(&s, &s.root, NULL);
		for (int i = 0; i < below; i++) {
			snprintf(names[i], sizeof(names[i]), "A %d", i);
			spec = scene_authority(names[i]);
			issuer = scene_make(&s, &spec, issuer);
		}
		scene_trust(&s, s.the_root);
		scene_send(&s, scene_make(&s, &s.leaf, issuer));
		for (int i = 1; i <= below; i++)
			scene_send(&s, s.made[i]);
		s.params.max_intermediates = 100;
		s.params.find_all = true;
		scene_judge(&s);
		scene_expect(&s, "too long", bad ? OTLS_REASON_CHAIN_TOO_LONG : OTLS_REASON_OK,
		    bad ? OTLS_PATH_MAX - 1 : -1, NULL);
		assert_int_equal(s.outcome.path_len, OTLS_PATH_MAX);
		assert_int_equal(s.outcome.findings.count, bad ? 2 : 0);
		if (bad) {
			assert_int_equal(s.outcome.findings.items[1].reason, OTLS_REASON_UNKNOWN_ISSUER);
			assert_int_equal(s.outcome.findings.items[1].depth, OTLS_PATH_MAX - 1);
		}
		scene_finish(&s);
	}
}

/* A path that is complete, and longer than is allowed, is another matter. */
static void
long_but_complete(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	s.params.max_intermediates = 0;
	s.params.find_all = true;
	scene_judge(&s);
	scene_expect(&s, "too long", OTLS_REASON_CHAIN_TOO_LONG, 0, NULL);
	assert_int_equal(s.outcome.findings.count, 1);
	scene_finish(&s);
}

/* More different certificates than are looked at. */
static void
too_many_certificates(void **state)
{
	static otls_certificate *many[1022];
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	for (size_t i = 0; i < OTLS_COUNT(many); i++) {
		char name[24];

		snprintf(name, sizeof(name), "number %zu", i);
		assert_int_equal(otls__certificate_parse(make_leaf(name), "test", &many[i]), OTLS_OK);
	}
	s.params.extra = many;
	s.params.extra_len = OTLS_COUNT(many) - 1; /* with those of the scene: 1,024 */
	scene_judge(&s);
	scene_expect(&s, "1,024 certificates", OTLS_REASON_OK, -1, NULL);
	s.params.extra_len++;
	scene_judge(&s);
	scene_expect(&s, "1,025 certificates", OTLS_REASON_TOO_COSTLY, -1, "there are too many certificates");
	s.params.extra_len = 0;
	for (size_t i = 0; i < OTLS_COUNT(many); i++)
		otls_certificate_free(many[i]);
	scene_finish(&s);
}

/* == signatures, one by one == */

static unsigned calls;

static otls_status
says_yes(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	(void)spki, (void)algorithm, (void)tbs, (void)signature, (void)report;
	calls++;
	return OTLS_OK;
}

static void
each_once(void **state)
{
	static const char things[OTLS_CHECKED_EDGES + 1];
	otls_bytes nothing = otls__bytes("", 0);
	otls_signature_algorithm none = { .kind = OTLS_SIGNATURE_UNKNOWN };
	otls_judge judge = { .signature_cost = 1000000 };
	const otls_certificate *leaf;
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_usual(&s);
	s.engine.verify_signature = says_yes;
	judge.params = &s.params;
	leaf = s.chain[0];
	calls = 0;
	for (int again = 0; again < 2; again++)
		for (size_t i = 0; i < OTLS_COUNT(things); i++)
			assert_int_equal(otls__check_signed(&judge, &things[i], &leaf->signature_algorithm, nothing,
					     nothing, s.chain[1]),
			    OTLS_REASON_OK);
	assert_int_equal(calls, OTLS_COUNT(things) + 1); /* the last one is not remembered */
	assert_int_equal(judge.cost.signatures, calls);
	assert_int_equal(
	    otls__check_signed(&judge, &none, &none, nothing, nothing, s.chain[1]), OTLS_REASON_BAD_SIGNATURE);
	assert_int_equal(calls, OTLS_COUNT(things) + 1); /* the library is not asked */
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
	for (int variant = 0; variant < 4; variant++) {
		bool bad = variant % 2 != 0, expired = variant / 2 != 0; /* which is told after a wrong signature */
		size_t count = bad ? 40 : 20;
		scene s;
		scene_start(&s, bad);
		s.leaf.not_after = expired ? NOW - 1 : NOW;
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
			mint_spec other = scene_authority("Other");
			scene s;
			scene_start(&s, bad);
			scene_usual(&s);
			for (size_t k = 0; k < 40; k++) /* more than there is room for at first */
				if (bad)
					scene_add_extra(&s, scene_make(&s, &other, s.the_root));
				else
					scene_trust(&s, scene_make(&s, &s.root, NULL));
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
		cmocka_unit_test(likely_first),
		cmocka_unit_test(unlikely_last),
		cmocka_unit_test(furthest_dead_end),
		cmocka_unit_test(looks_self_signed),
		cmocka_unit_test(too_long),
		cmocka_unit_test(long_but_complete),
		cmocka_unit_test(too_many_certificates),
		cmocka_unit_test(each_once),
		cmocka_unit_test(engine_answers),
		cmocka_unit_test(signatures_last),
		cmocka_unit_test(too_many_signatures),
		cmocka_unit_test(too_many_paths),
		cmocka_unit_test(memory),
	};

	return scene_run(tests);
}
