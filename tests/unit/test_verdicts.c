/* Pins and the verify callback over the scripted engine: what no real library does on demand. */
#include "connection/connection.h"
#include "fake_pair.h"
#include "scarce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *const no_pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

static int asked;

static otls_verdict
accept_all(otls_connection *conn, const otls_certificate *cert, int reason, int depth, bool ok, void *arg)
{
	(void)conn;
	(void)reason;
	(void)ok;
	(void)arg;
	assert_non_null(cert);
	assert_int_equal(depth, 0);
	asked++;
	return OTLS_VERDICT_INSECURE_ACCEPT;
}

static pair
new_pair(const char *name)
{
	pair p = { 0 };

	fake_script_reset();
	asked = 0;
	assert_int_equal(pair_contexts(&p), OTLS_OK);
	assert_int_equal(otls_context_set_verify_callback(p.client_ctx, accept_all, NULL, NULL), OTLS_OK);
	assert_int_equal(pair_connections(&p, name), OTLS_OK);
	return p;
}

static void
overruled(void **state)
{
	pair p = new_pair("other.example");
	otls_status server;
	int alert = 0;

	(void)state;
	assert_int_equal(shake(&p, &server), OTLS_OK);
	assert_int_equal(otls_connection_verify_result(p.client, NULL), OTLS_REASON_HOSTNAME_MISMATCH);
	assert_int_equal(asked, 1);
	/* An engine that asks again is told the same, and nobody else is asked. */
	assert_int_equal(otls__peer_judge(p.client, &alert), OTLS_OK);
	assert_int_equal(asked, 1);
	pair_free(&p);
}

/* The library gives up by itself: nobody can overrule that. */
static void
engine_limit(void **state)
{
	pair p = new_pair(FAKE_NAME);
	otls_status server;

	(void)state;
	fake.fails_after_chain = true;
	assert_int_equal(shake(&p, &server), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_ENGINE_LIMIT);
	pair_free(&p);

	p = new_pair("other.example");
	fake.fails_after_chain = true;
	assert_int_equal(shake(&p, &server), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_ENGINE_LIMIT); /* the name was overruled, and was not what stood in the way */
	pair_free(&p);
}

static void
pin_stays(void **state)
{
	pair p = new_pair(FAKE_NAME);
	otls_status server;

	(void)state;
	assert_int_equal(otls_context_pin_spki(p.client_ctx, no_pin), OTLS_OK);
	otls_connection_free(p.client);
	assert_int_equal(otls_connection_new_client(p.client_ctx, FAKE_NAME, &p.client), OTLS_OK);
	assert_int_equal(shake(&p, &server), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_VERIFY);
	assert_int_equal(otls_error_verify_reason(otls_connection_error(p.client)), OTLS_REASON_PIN_MISMATCH);
	assert_int_equal(asked, 1);
	pair_free(&p);
}

static otls_verdict
count(otls_connection *conn, const uint8_t *der, size_t len, bool ok, void *arg)
{
	(void)conn, (void)arg;
	assert_null(der);
	assert_int_equal(len, 0);
	assert_true(ok);
	asked++;
	return OTLS_VERDICT_KEEP;
}

static pair
new_asking_pair(void)
{
	pair p = new_pair(FAKE_NAME);

	assert_int_equal(otls_context_set_ocsp_client_callback(p.client_ctx, count, NULL, NULL), OTLS_OK);
	assert_int_equal(otls_context_set_verify_callback(p.client_ctx, NULL, NULL, NULL), OTLS_OK);
	otls_connection_free(p.client);
	assert_int_equal(otls_connection_new_client(p.client_ctx, FAKE_NAME, &p.client), OTLS_OK);
	return p;
}

/* No engine is trusted to have told; one that tells twice gets the same answer, and one that tells before the certificate
 * was judged none. */
static void
staple_told(void **state)
{
	static const struct {
		unsigned tells;
		bool first;
		otls_code code;
		int asked;
	} rows[] = {
		{ 1, false, OTLS_E_NONE, 1 },
		{ 3, false, OTLS_E_NONE, 1 },
		{ 0, false, OTLS_E_BACKEND, 0 },
		{ 1, true, OTLS_E_ENGINE_LIMIT, 0 },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		pair p = new_asking_pair();
		otls_status server;

		fake.asks_status = rows[i].tells;
		fake.status_first = rows[i].first;
		assert_int_equal(shake(&p, &server), rows[i].code == OTLS_E_NONE ? OTLS_OK : OTLS_ERROR);
		assert_int_equal(otls_error_code(otls_connection_error(p.client)), rows[i].code);
		assert_int_equal(asked, rows[i].asked);
		pair_free(&p);
	}
}

static void
no_native_verifier(void **state)
{
	pair p = new_pair(FAKE_NAME);

	(void)state;
	assert_int_equal(otls_context_set_verify_flags(p.client_ctx, OTLS_VERIFY_FLAG_NATIVE_TOO), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_UNSUPPORTED);
	assert_int_equal(otls_context_verify_flags(p.client_ctx), 0);
	pair_free(&p);
}

static otls_status
no_hash(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	(void)hash;
	(void)parts;
	(void)n;
	(void)out;
	*len = 0;
	report->code = OTLS_E_BACKEND;
	return OTLS_ERROR;
}

/* A digest that fails is no match, and no mismatch either. */
static void
hash_fails(void **state)
{
	otls_engine engine = fake_engine;
	otls_pin_list pins = { 0 };
	otls_certificate *cert = NULL;

	(void)state;
	assert_int_equal(
	    otls_certificate_new(fake_certificate_pem, strlen(fake_certificate_pem), OTLS_FILETYPE_PEM, &cert),
	    OTLS_OK);
	assert_int_equal(otls__pins_add(&pins, "test", no_pin), OTLS_OK);
	assert_int_equal(otls__pins_match(&engine, &pins, &cert, 1), OTLS_REASON_PIN_MISMATCH);
	engine.hash = no_hash;
	assert_int_equal(otls__pins_match(&engine, &pins, &cert, 1), OTLS_REASON_INTERNAL);
	otls__pins_fini(&pins);
	otls_certificate_free(cert);
}

/* With a refused chain, all that is wrong with it, a callback and pins: each allocation fails once. */
static void
no_memory(void **state)
{
	bool done = false;
	long n;

	(void)state;
	for (n = 0; !done; n++) {
		pair p = { 0 };
		otls_status status = OTLS_ERROR, server;

		fake_script_reset();
		allocations_left = n;
		otls__alloc_trap = allow;
		if (pair_contexts(&p) == OTLS_OK &&
		    otls_context_set_verify_callback(p.client_ctx, accept_all, NULL, NULL) == OTLS_OK &&
		    otls_context_pin_spki(p.client_ctx, no_pin) == OTLS_OK &&
		    pair_connections(&p, "other.example") == OTLS_OK)
			status = shake(&p, &server);
		otls__alloc_trap = NULL;
		done = otls_error_code(otls_connection_error(p.client)) == OTLS_E_VERIFY;
		assert_int_not_equal(status, OTLS_OK);
		if (!done && otls_error_code(otls_error_last()) != OTLS_E_MEMORY &&
		    otls_error_code(otls_connection_error(p.client)) != OTLS_E_MEMORY &&
		    otls_error_code(otls_connection_error(p.server)) != OTLS_E_MEMORY)
			fail_msg("allocation %ld: %s", n, otls_error_message(otls_error_last()));
		pair_free(&p);
		assert_true(n < 1000);
	}
	assert_true(n > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overruled),
		cmocka_unit_test(engine_limit),
		cmocka_unit_test(pin_stays),
		cmocka_unit_test(staple_told),
		cmocka_unit_test(no_native_verifier),
		cmocka_unit_test(hash_fails),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
