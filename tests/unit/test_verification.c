/* Judging without a connection: what each call refuses, and what is told of a verdict. */
#include "scarce.h"
#include "scene.h"

#include <omnitls/verification.h>

#include <unistd.h>

/* The scene's chain, judged through the public calls. */
typedef struct bench {
	scene s;
	otls_verification *verification;
} bench;

static void
start(bench *b)
{
	scene_usual(&b->s);
	assert_int_equal(otls_store_set_time(b->s.store, NOW), OTLS_OK);
	assert_int_equal(otls_verification_new(scene_backend, b->s.store, &b->verification), OTLS_OK);
	assert_int_equal(otls_verification_add_intermediate(b->verification, b->s.chain[1]), OTLS_OK);
}

static void
finish(bench *b)
{
	otls_verification_free(b->verification);
	scene_finish(&b->s);
}

static otls_status
run(bench *b)
{
	return otls_verification_run(b->verification, b->s.chain[0]);
}

static void
expect_error(otls_status status, otls_code code, const char *text)
{
	assert_int_equal(status, OTLS_ERROR);
	if (otls_error_code(otls_error_last()) != code || strstr(otls_error_message(otls_error_last()), text) == NULL)
		fail_msg("%s wanted: %s", text, otls_error_message(otls_error_last()));
}

static void
expect_refused(bench *b, otls_verify_reason reason, int depth, const char *text)
{
	int found;

	expect_error(run(b), OTLS_E_VERIFY, text);
	assert_int_equal(otls_error_verify_reason(otls_error_last()), reason);
	assert_int_equal(otls_error_verify_depth(otls_error_last()), depth);
	assert_int_equal(otls_verification_reason(b->verification, &found), reason);
	assert_int_equal(found, depth);
	assert_non_null(strstr(otls_verification_text(b->verification), text));
}

static otls_check_result
result_of(const bench *b, const char *check)
{
	otls_check_result result;
	const char *name;

	for (size_t i = 0; (name = otls_verification_check_at(b->verification, i, &result)) != NULL; i++)
		if (strcmp(name, check) == 0)
			return result;
	fail_msg("no check \"%s\"", check);
	return OTLS_CHECK_NOT_ASKED;
}

static void
null_is_refused(void **state)
{
	otls_verification *none = (otls_verification *)state;
	bench b;

	scene_start(&b.s, false);
	start(&b);
	expect_error(otls_verification_new(scene_backend, b.s.store, NULL), OTLS_E_BAD_ARGUMENT, "verification");
	expect_error(otls_verification_new(scene_backend, NULL, &none), OTLS_E_BAD_ARGUMENT, "store");
	assert_null(none);
	expect_error(otls_verification_new(NULL, b.s.store, &none), OTLS_E_NO_BACKEND, "otls_verification_new");
	assert_null(none);
	expect_error(otls_verification_set_purpose(NULL, OTLS_PURPOSE_SERVER), OTLS_E_BAD_ARGUMENT, "verification");
	expect_error(otls_verification_set_name(NULL, HOST), OTLS_E_BAD_ARGUMENT, "verification");
	expect_error(otls_verification_set_flags(NULL, 0), OTLS_E_BAD_ARGUMENT, "verification");
	expect_error(otls_verification_set_depth(NULL, 1), OTLS_E_BAD_ARGUMENT, "verification");
	expect_error(otls_verification_add_intermediate(NULL, b.s.chain[1]), OTLS_E_BAD_ARGUMENT, "verification");
	expect_error(otls_verification_add_intermediate(b.verification, NULL), OTLS_E_BAD_ARGUMENT, "cert");
	expect_error(otls_verification_set_ocsp_response(NULL, "", 0), OTLS_E_BAD_ARGUMENT, "verification");
	expect_error(otls_verification_set_ocsp_response_file(NULL, "/x"), OTLS_E_BAD_ARGUMENT, "verification");
	expect_error(otls_verification_set_ocsp_response_file(b.verification, NULL), OTLS_E_BAD_ARGUMENT, "path");
	expect_error(otls_verification_run(NULL, b.s.chain[0]), OTLS_E_BAD_ARGUMENT, "verification");
	expect_error(otls_verification_run(b.verification, NULL), OTLS_E_BAD_ARGUMENT, "leaf");
	finish(&b);
}

static void
null_has_no_verdict(void **state)
{
	otls_check_result result = OTLS_CHECK_PASSED;
	int depth = 5;

	(void)state;
	assert_int_equal(otls_verification_reason(NULL, &depth), OTLS_REASON_NO_PEER_CERTIFICATE);
	assert_int_equal(depth, -1);
	assert_string_equal(otls_verification_text(NULL), "");
	assert_null(otls_verification_path_at(NULL, 0));
	assert_null(otls_verification_check_at(NULL, 0, &result));
	assert_int_equal(result, OTLS_CHECK_NOT_REACHED);
	assert_false(otls_verification_fault_at(NULL, 0, NULL, NULL, NULL));
	assert_int_equal(otls_verification_cost(NULL, OTLS_COST_CANDIDATES), 0);
	otls_verification_free(NULL);
}

static void
before_the_first_run(void **state)
{
	int depth = 5;
	bench b;

	(void)state;
	scene_start(&b.s, false);
	start(&b);
	assert_int_equal(otls_verification_reason(b.verification, &depth), OTLS_REASON_NO_PEER_CERTIFICATE);
	assert_int_equal(otls_verification_reason(b.verification, NULL), OTLS_REASON_NO_PEER_CERTIFICATE);
	assert_int_equal(depth, -1);
	assert_null(otls_verification_path_at(b.verification, 0));
	assert_int_equal(result_of(&b, "path"), OTLS_CHECK_NOT_REACHED);
	assert_int_equal(result_of(&b, "name"), OTLS_CHECK_NOT_ASKED);
	assert_false(otls_verification_fault_at(b.verification, 0, NULL, NULL, NULL));
	finish(&b);
}

static void
values_out_of_range(void **state)
{
	bench b;

	(void)state;
	scene_start(&b.s, false);
	start(&b);
	expect_error(otls_verification_set_purpose(b.verification, (otls_purpose)3), OTLS_E_BAD_ARGUMENT, "3");
	expect_error(otls_verification_set_purpose(b.verification, (otls_purpose)0), OTLS_E_BAD_ARGUMENT, "0");
	expect_error(otls_verification_set_name(b.verification, "no host!"), OTLS_E_BAD_ARGUMENT, "no host!");
	expect_error(otls_verification_set_depth(b.verification, -1), OTLS_E_BAD_ARGUMENT, "-1");
	expect_error(otls_verification_set_depth(b.verification, 101), OTLS_E_BAD_ARGUMENT, "101");
	assert_int_equal(otls_verification_set_depth(b.verification, 100), OTLS_OK);
	assert_int_equal(otls_verification_set_depth(b.verification, 0), OTLS_OK);
	expect_refused(&b, OTLS_REASON_CHAIN_TOO_LONG, 0, "1 certificates stand between");
	assert_int_equal(otls_verification_set_depth(b.verification, 1), OTLS_OK);
	assert_int_equal(run(&b), OTLS_OK);
	finish(&b);
}

static void
flags_of_connections(void **state)
{
	bench b;

	(void)state;
	scene_start(&b.s, false);
	start(&b);
	expect_error(
	    otls_verification_set_flags(b.verification, OTLS_VERIFY_FLAG_NATIVE_TOO), OTLS_E_UNSUPPORTED, "0x40");
	expect_error(
	    otls_verification_set_flags(b.verification, UINT64_C(1) << 63), OTLS_E_UNSUPPORTED, "0x8000000000000000");
	assert_int_equal(otls_verification_set_flags(b.verification, OTLS_VERIFY_FLAG_STRICT), OTLS_OK);
	assert_int_equal(run(&b), OTLS_OK);
	finish(&b);
}

static void
good(void **state)
{
	bench b;

	(void)state;
	scene_start(&b.s, false);
	start(&b);
	assert_int_equal(otls_verification_set_name(b.verification, HOST), OTLS_OK);
	assert_int_equal(run(&b), OTLS_OK);
	assert_int_equal(otls_verification_reason(b.verification, NULL), OTLS_REASON_OK);
	assert_string_equal(otls_verification_text(b.verification), "");
	assert_ptr_equal(otls_verification_path_at(b.verification, 0), b.s.chain[0]);
	assert_ptr_equal(otls_verification_path_at(b.verification, 1), b.s.chain[1]);
	assert_ptr_equal(otls_verification_path_at(b.verification, 2), otls_store_certificate_at(b.s.store, 0));
	assert_null(otls_verification_path_at(b.verification, 3));
	assert_int_equal(result_of(&b, "path"), OTLS_CHECK_PASSED);
	assert_int_equal(result_of(&b, "name"), OTLS_CHECK_PASSED);
	assert_int_equal(result_of(&b, "revocation"), OTLS_CHECK_NOT_ASKED);
	assert_false(otls_verification_fault_at(b.verification, 0, NULL, NULL, NULL));
	finish(&b);
}

static void
costs(void **state)
{
	bench b;

	(void)state;
	scene_start(&b.s, false);
	start(&b);
	assert_int_equal(run(&b), OTLS_OK);
	assert_int_equal(otls_verification_cost(b.verification, OTLS_COST_CANDIDATES), 2);
	assert_int_equal(otls_verification_cost(b.verification, OTLS_COST_SIGNATURES), 2);
	assert_int_equal(otls_verification_cost(b.verification, OTLS_COST_SIGNATURE_UNITS), 6);
	assert_int_equal(otls_verification_cost(b.verification, OTLS_COST_NAME_COMPARISONS), 0);
	assert_int_equal(otls_verification_cost(b.verification, (otls_cost)0), 0);
	finish(&b);
}

static void
every_fault(void **state)
{
	const char *text;
	int reason, depth;
	bench b;

	(void)state;
	scene_start(&b.s, true);
	b.s.leaf.not_after = NOW - 1;
	start(&b);
	assert_int_equal(otls_verification_set_name(b.verification, "other.example"), OTLS_OK);
	expect_refused(&b, OTLS_REASON_EXPIRED, 0, "CN=leaf: expired on 2023-11-14 22:13:19 UTC");
	assert_true(otls_verification_fault_at(b.verification, 0, &reason, &depth, &text));
	assert_int_equal(reason, OTLS_REASON_EXPIRED);
	assert_int_equal(depth, 0);
	assert_string_equal(text, "expired on 2023-11-14 22:13:19 UTC");
	assert_true(otls_verification_fault_at(b.verification, 1, &reason, NULL, &text));
	assert_int_equal(reason, OTLS_REASON_HOSTNAME_MISMATCH);
	assert_string_equal(text, otls_verify_reason_text(OTLS_REASON_HOSTNAME_MISMATCH));
	assert_true(otls_verification_fault_at(b.verification, 1, NULL, NULL, NULL));
	assert_false(otls_verification_fault_at(b.verification, 2, NULL, NULL, NULL));
	assert_int_equal(result_of(&b, "path"), OTLS_CHECK_PASSED);
	assert_int_equal(result_of(&b, "dates"), OTLS_CHECK_FAILED);
	assert_int_equal(result_of(&b, "purpose"), OTLS_CHECK_PASSED);
	assert_int_equal(result_of(&b, "name"), OTLS_CHECK_FAILED);
	finish(&b);
}

static void
no_path(void **state)
{
	bench b;

	(void)state;
	scene_start(&b.s, true);
	start(&b);
	otls_verification_free(b.verification);
	assert_int_equal(otls_verification_new(scene_backend, b.s.store, &b.verification), OTLS_OK);
	expect_refused(&b, OTLS_REASON_UNKNOWN_ISSUER, 0, "CN=leaf");
	assert_int_equal(result_of(&b, "path"), OTLS_CHECK_FAILED);
	assert_int_equal(result_of(&b, "dates"), OTLS_CHECK_NOT_REACHED);
	assert_ptr_equal(otls_verification_path_at(b.verification, 0), b.s.chain[0]);
	assert_null(otls_verification_path_at(b.verification, 1));
	finish(&b);
}

static void
for_clients(void **state)
{
	static const char *const purposes[] = { MINT_CLIENT_AUTH, NULL };
	bench b;

	(void)state;
	scene_start(&b.s, true);
	b.s.leaf.purposes = purposes;
	start(&b);
	expect_refused(&b, OTLS_REASON_INVALID_PURPOSE, 0, "is not for TLS servers");
	assert_int_equal(otls_verification_set_purpose(b.verification, OTLS_PURPOSE_CLIENT), OTLS_OK);
	assert_int_equal(run(&b), OTLS_OK);
	assert_int_equal(otls_verification_set_purpose(b.verification, OTLS_PURPOSE_SERVER), OTLS_OK);
	expect_refused(&b, OTLS_REASON_INVALID_PURPOSE, 0, "is not for TLS servers");
	finish(&b);
}

/* A name can be taken back. */
static void
names(void **state)
{
	bench b;

	(void)state;
	scene_start(&b.s, true);
	start(&b);
	assert_int_equal(otls_verification_set_name(b.verification, "192.0.2.9"), OTLS_OK);
	expect_refused(&b, OTLS_REASON_IP_MISMATCH, 0, "192.0.2.9");
	assert_int_equal(otls_verification_set_name(b.verification, NULL), OTLS_OK);
	assert_int_equal(run(&b), OTLS_OK);
	assert_int_equal(result_of(&b, "name"), OTLS_CHECK_NOT_ASKED);
	finish(&b);
}

/* More than there is room for at first. */
static void
many_intermediates(void **state)
{
	mint_spec spec;
	bench b;

	(void)state;
	scene_start(&b.s, false);
	start(&b);
	spec = scene_authority("Bystander");
	scene_add_extra(&b.s, scene_make(&b.s, &spec, b.s.the_root));
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(otls_verification_add_intermediate(b.verification, b.s.extra[0]), OTLS_OK);
	assert_int_equal(run(&b), OTLS_OK);
	finish(&b);
}

/* == OCSP == */

static otls_bytes
response_of(const bench *b, mint_status says)
{
	mint_ocsp_spec spec = { .says = says, .this_update = NOW - DAY, .next_update = NOW + DAY };
	otls_bytes response = mint_ocsp(&spec, b->s.the_leaf, b->s.the_middle);

	if (response.data == NULL)
		fail_msg("%s", mint_error());
	return response;
}

static void
set_response(bench *b, mint_status says)
{
	otls_bytes response = response_of(b, says);

	assert_int_equal(otls_verification_set_ocsp_response(b->verification, response.data, response.len), OTLS_OK);
	free((void *)(uintptr_t)response.data);
}

static void
responses(void **state)
{
	bench b;

	(void)state;
	scene_start(&b.s, true);
	start(&b);
	assert_int_equal(otls_verification_set_flags(b.verification, OTLS_VERIFY_FLAG_OCSP_REQUIRE), OTLS_OK);
	expect_refused(&b, OTLS_REASON_OCSP_MISSING, 0, "no OCSP response came");
	assert_int_equal(result_of(&b, "revocation"), OTLS_CHECK_FAILED);
	set_response(&b, MINT_REVOKED);
	expect_refused(&b, OTLS_REASON_REVOKED, 0, "revoked");
	assert_true(otls_verification_fault_at(b.verification, 0, NULL, NULL, NULL));
	set_response(&b, MINT_GOOD);
	assert_int_equal(run(&b), OTLS_OK);
	assert_int_equal(result_of(&b, "revocation"), OTLS_CHECK_PASSED);
	expect_error(otls_verification_set_ocsp_response(b.verification, "\x30\x00", 2), OTLS_E_FORMAT,
	    "otls_verification_set_ocsp_response");
	assert_int_equal(run(&b), OTLS_OK);
	assert_int_equal(otls_verification_set_ocsp_response(b.verification, NULL, 0), OTLS_OK);
	expect_refused(&b, OTLS_REASON_OCSP_MISSING, 0, "no OCSP response came");
	finish(&b);
}

static void
response_from_a_file(void **state)
{
	char path[] = "/tmp/otls-test-XXXXXX";
	otls_bytes response;
	FILE *file;
	bench b;

	(void)state;
	scene_start(&b.s, true);
	start(&b);
	response = response_of(&b, MINT_REVOKED);
	file = fdopen(mkstemp(path), "w");
	assert_non_null(file);
	assert_int_equal(fwrite(response.data, 1, response.len, file), response.len);
	fclose(file);
	assert_int_equal(otls_verification_set_ocsp_response_file(b.verification, path), OTLS_OK);
	expect_refused(&b, OTLS_REASON_REVOKED, 0, "revoked");
	assert_int_equal(truncate(path, (off_t)response.len - 1), 0);
	expect_error(otls_verification_set_ocsp_response_file(b.verification, path), OTLS_E_FORMAT, path);
	assert_int_equal(remove(path), 0);
	expect_error(otls_verification_set_ocsp_response_file(b.verification, path), OTLS_E_FILE, path);
	expect_refused(&b, OTLS_REASON_REVOKED, 0, "revoked"); /* the one before stays */
	free((void *)(uintptr_t)response.data);
	finish(&b);
}

/* == a library that does not start == */

static otls_status
cannot_start(otls_report *report)
{
	report->code = OTLS_E_BACKEND;
	return OTLS_ERROR;
}

/* Nothing else that is run for every backend is run for it. */
static bool
makes_no_keys(otls_capability capability)
{
	return capability != OTLS_CAP_GENERATE_KEY && otls_backend_at(0)->engine->has(capability);
}

static void
no_backend(void **state)
{
	static otls_engine broken;
	otls_verification *verification = NULL;
	otls_store *store = NULL;

	(void)state;
	if (otls_backend_find("broken") == NULL) { /* registered once and for all */
		broken = *otls_backend_at(0)->engine;
		broken.name = broken.library = "broken";
		broken.init = cannot_start;
		broken.has = makes_no_keys;
		broken.key_generate = NULL;
		assert_int_equal(otls_backend_register(&broken), OTLS_OK);
	}
	assert_int_equal(otls_store_new(&store), OTLS_OK);
	expect_error(
	    otls_verification_new(otls_backend_find("broken"), store, &verification), OTLS_E_BACKEND, "broken");
	assert_null(verification);
	assert_int_equal(otls_store_set_time(store, NOW), OTLS_OK); /* it is not in use */
	otls_store_free(store);
}

/* == memory == */

/* A whole life, with a verdict that has something to say. */
static otls_status
live(bench *b, otls_bytes response)
{
	otls_status status = otls_verification_new(scene_backend, b->s.store, &b->verification);

	if (status == OTLS_OK)
		status = otls_verification_set_name(b->verification, HOST);
	for (size_t i = 0; i < 9 && status == OTLS_OK; i++)
		status = otls_verification_add_intermediate(b->verification, b->s.chain[1]);
	if (status == OTLS_OK)
		status = otls_verification_set_ocsp_response(b->verification, response.data, response.len);
	return status == OTLS_OK ? run(b) : status;
}

static void
without_memory(void **state)
{
	otls_bytes response;
	bool done = false;
	long n = 0;
	bench b;

	(void)state;
	scene_start(&b.s, true);
	start(&b);
	response = response_of(&b, MINT_REVOKED);
	for (; !done; n++) {
		otls_verification_free(b.verification);
		allocations_left = n;
		otls__alloc_trap = allow;
		assert_int_equal(live(&b, response), OTLS_ERROR);
		otls__alloc_trap = NULL;
		done = otls_error_code(otls_error_last()) == OTLS_E_VERIFY;
		if (!done)
			assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_MEMORY);
		assert_true(n < 1000);
	}
	assert_true(n > 5);
	assert_int_equal(otls_verification_reason(b.verification, NULL), OTLS_REASON_REVOKED);
	free((void *)(uintptr_t)response.data);
	finish(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_is_refused),
		cmocka_unit_test(null_has_no_verdict),
		cmocka_unit_test(before_the_first_run),
		cmocka_unit_test(values_out_of_range),
		cmocka_unit_test(flags_of_connections),
		cmocka_unit_test(good),
		cmocka_unit_test(costs),
		cmocka_unit_test(every_fault),
		cmocka_unit_test(no_path),
		cmocka_unit_test(for_clients),
		cmocka_unit_test(names),
		cmocka_unit_test(many_intermediates),
		cmocka_unit_test(responses),
		cmocka_unit_test(response_from_a_file),
		cmocka_unit_test(no_backend),
		cmocka_unit_test(without_memory),
	};

	return scene_run(tests);
}
