/* Everything that is wrong with one path is found, so that overruling one error never hides another. */
#include "registry/registry.h"
#include "scarce.h"
#include "scene.h"

typedef struct expected {
	otls_verify_reason reason;
	int depth;
} expected;

static const otls_finding *
find(const scene *s, otls_verify_reason reason, int depth)
{
	for (size_t i = 0; i < s->outcome.findings.count; i++) {
		const otls_finding *finding = &s->outcome.findings.items[i];
		if (finding->reason == reason && finding->depth == depth)
			return finding;
	}
	return NULL;
}

/* These and no others, the first of them the verdict. */
static void
expect_all(scene *s, const expected *list, size_t count)
{
	s->params.find_all = true;
	scene_judge(s);
	assert_int_equal(s->outcome.reason, list[0].reason);
	assert_int_equal(s->outcome.depth, list[0].depth);
	assert_int_equal(s->outcome.findings.items[0].reason, list[0].reason);
	for (size_t i = 0; i < count; i++)
		if (find(s, list[i].reason, list[i].depth) == NULL)
			fail_msg("%s at %d was not found", otls_verify_reason_name(list[i].reason), list[i].depth);
	assert_int_equal(s->outcome.findings.count, count);
}

#define EXPECT_ALL(s, ...)                                                                                             \
	expect_all(s, (const expected[]){ __VA_ARGS__ }, sizeof((const expected[]){ __VA_ARGS__ }) / sizeof(expected))

static void
good(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_usual(&s);
	s.params.find_all = true;
	scene_judge(&s);
	assert_int_equal(s.outcome.reason, OTLS_REASON_OK);
	assert_int_equal(s.outcome.findings.count, 0);
	scene_finish(&s);
}

static void
only_when_asked(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	s.leaf.not_after = NOW - 1;
	scene_usual(&s);
	scene_judge(&s);
	assert_int_equal(s.outcome.reason, OTLS_REASON_EXPIRED);
	assert_int_equal(s.outcome.findings.count, 0);
	scene_finish(&s);
}

static void
everybody_expired_and_other_host(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	s.leaf.not_after = s.middle.not_after = NOW - 1;
	s.root.not_before = NOW + 1;
	scene_usual(&s);
	assert_int_equal(otls__peer_name_parse("other.example", &s.name), OTLS_OK);
	EXPECT_ALL(&s, { OTLS_REASON_NOT_YET_VALID, 2 }, { OTLS_REASON_EXPIRED, 1 }, { OTLS_REASON_EXPIRED, 0 },
	    { OTLS_REASON_HOSTNAME_MISMATCH, 0 });
	scene_finish(&s);
}

/* Of the part of a path that there is, all is checked too. */
static void
unknown_damaged_and_other_host(void **state)
{
	mint_spec other;
	scene s;

	(void)state;
	scene_start(&s, true);
	other = scene_authority("Other");
	s.leaf.damaged = true;
	s.middle.is_ca = false;
	scene_make_all(&s);
	scene_trust(&s, scene_make(&s, &other, NULL));
	scene_send(&s, s.the_leaf);
	scene_send(&s, s.the_middle);
	assert_int_equal(otls__peer_name_parse("192.0.2.2", &s.name), OTLS_OK);
	EXPECT_ALL(&s, { OTLS_REASON_UNKNOWN_ISSUER, 1 }, { OTLS_REASON_INVALID_CA, 1 },
	    { OTLS_REASON_BAD_SIGNATURE, 0 }, { OTLS_REASON_IP_MISMATCH, 0 });
	scene_finish(&s);
}

static void
both_damaged(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	s.leaf.damaged = s.middle.damaged = true;
	scene_usual(&s);
	EXPECT_ALL(&s, { OTLS_REASON_BAD_SIGNATURE, 1 }, { OTLS_REASON_BAD_SIGNATURE, 0 });
	scene_finish(&s);
}

static void
everything_of_one(void **state)
{
	static const char *const for_clients[] = { MINT_CLIENT_AUTH, NULL };
	mint_extension extension = { "1.3.6.1.4.1.55555.1", true, "\x05\x00", 2 };
	scene s;

	(void)state;
	scene_start(&s, true);
	s.middle.purposes = s.leaf.purposes = for_clients;
	s.leaf.has_key_usage = true;
	s.leaf.key_usage = OTLS_KEY_USAGE_KEY_ENCIPHERMENT;
	s.middle.extensions = s.leaf.extensions = &extension;
	s.middle.extension_count = s.leaf.extension_count = 1;
	s.root.has_path_length = true;
	s.params.max_intermediates = 0;
	scene_usual(&s);
	EXPECT_ALL(&s, { OTLS_REASON_CHAIN_TOO_LONG, 0 }, { OTLS_REASON_PATH_LENGTH, 2 },
	    { OTLS_REASON_INVALID_PURPOSE, 1 }, { OTLS_REASON_INVALID_PURPOSE, 0 },
	    { OTLS_REASON_CRITICAL_EXTENSION, 1 }, { OTLS_REASON_CRITICAL_EXTENSION, 0 });
	scene_finish(&s);
}

/* An algorithm that is refused leaves a signature that nobody has checked. */
static void
unsupported_is_unchecked(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	s.chain[0]->signature_algorithm.kind = OTLS_SIGNATURE_UNKNOWN;
	EXPECT_ALL(&s, { OTLS_REASON_UNSUPPORTED_KEY, 0 }, { OTLS_REASON_BAD_SIGNATURE, 0 });
	scene_finish(&s);
}

/* What is only weak is checked: SHA-256 that is taken for SHA-1 is no good signature. */
static void
weak_is_checked(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	s.chain[0]->signature_algorithm.hash = OTLS_HASH_SHA1;
	EXPECT_ALL(&s, { OTLS_REASON_WEAK_SIGNATURE, 0 }, { OTLS_REASON_BAD_SIGNATURE, 0 });
	scene_finish(&s);
}

/* And a good signature that is only weak is no wrong one. */
static void
weak_and_good(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	s.params.level = otls__level(4);
	EXPECT_ALL(&s, { OTLS_REASON_WEAK_KEY, 2 }, { OTLS_REASON_WEAK_KEY, 1 }, { OTLS_REASON_WEAK_KEY, 0 });
	s.chain[1]->spki.group = 0; /* a curve that the library is not asked about */
	s.chain[1]->spki.bits = 0;
	EXPECT_ALL(&s, { OTLS_REASON_WEAK_KEY, 2 }, { OTLS_REASON_UNSUPPORTED_KEY, 1 }, { OTLS_REASON_WEAK_KEY, 0 },
	    { OTLS_REASON_BAD_SIGNATURE, 0 });
	s.params.level = NULL;
	s.chain[1]->spki.sound = false;
	EXPECT_ALL(&s, { OTLS_REASON_UNSUPPORTED_KEY, 1 }, { OTLS_REASON_BAD_SIGNATURE, 0 });
	scene_finish(&s);
}

static void
several_constraints(void **state)
{
	/* permittedSubtrees with one dNSName each. */
	static const uint8_t first[] = "\x30\x11\xa0\x0f\x30\x0d\x82\x0btwo.example",
			     second[] = "\x30\x11\xa0\x0f\x30\x0d\x82\x0bsix.example";
	mint_extension of_root = { "2.5.29.30", true, first, sizeof(first) - 1 };
	mint_extension of_middle = { "2.5.29.30", true, second, sizeof(second) - 1 };
	scene s;

	(void)state;
	scene_start(&s, true);
	s.root.extensions = &of_root;
	s.middle.extensions = &of_middle;
	s.root.extension_count = s.middle.extension_count = 1;
	s.leaf.not_after = NOW - 1;
	scene_usual(&s);
	EXPECT_ALL(&s, { OTLS_REASON_EXPIRED, 0 }, { OTLS_REASON_NAME_CONSTRAINTS, 0 });
	assert_non_null(strstr(find(&s, OTLS_REASON_NAME_CONSTRAINTS, 0)->detail, "CN=Root"));
	scene_finish(&s);
}

/* A verdict about no path has no findings. */
static void
no_path(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	while (s.params.chain_len < OTLS_SENT_MAX + 1)
		scene_send(&s, s.the_middle);
	s.params.find_all = true;
	scene_judge(&s);
	assert_int_equal(s.outcome.reason, OTLS_REASON_CHAIN_TOO_LONG);
	assert_int_equal(s.outcome.findings.count, 0);
	scene_finish(&s);
}

static void
no_memory(void **state)
{
	bool done = false;
	scene s;

	(void)state;
	scene_start(&s, true);
	s.leaf.not_after = NOW - 1;
	scene_usual(&s);
	s.params.find_all = true;
	for (long n = 0; !done; n++) {
		allocations_left = n;
		otls__alloc_trap = allow;
		scene_judge(&s);
		otls__alloc_trap = NULL;
		done = s.outcome.reason == OTLS_REASON_EXPIRED;
		if (!done) {
			assert_int_equal(s.outcome.reason, OTLS_REASON_INTERNAL);
			assert_int_equal(s.outcome.report.code, OTLS_E_MEMORY);
			assert_int_equal(s.outcome.findings.count, 0);
		}
		assert_true(n < 100);
	}
	scene_finish(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(only_when_asked),
		cmocka_unit_test(everybody_expired_and_other_host),
		cmocka_unit_test(unknown_damaged_and_other_host),
		cmocka_unit_test(both_damaged),
		cmocka_unit_test(everything_of_one),
		cmocka_unit_test(unsupported_is_unchecked),
		cmocka_unit_test(weak_is_checked),
		cmocka_unit_test(weak_and_good),
		cmocka_unit_test(several_constraints),
		cmocka_unit_test(no_path),
		cmocka_unit_test(no_memory),
	};

	return scene_run(tests);
}
