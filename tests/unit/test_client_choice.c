/* What a client shows, over the scripted engine: by the schemes of a request, which no real server can be made to choose,
 * and by the callback. */
#include "connection/connection.h"
#include "engine_material.h"
#include "fake_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const uint16_t rsa_only[] = { 0x0804 }, ecdsa_only[] = { 0x0403 }, both[] = { 0x0804, 0x0403 },
		      neither[] = { 0x0807 }, unknown[] = { 0xfefe };

/* A client with a key of either kind; the RSA one, which was set last, is behind a callback. */
typedef struct scene {
	pair p;
	otls_identity *rsa;
	const otls_identity *ec;
	const otls_identity *given;
	otls_answer answer;
	otls_status gave;
	int pending, calls;
} scene;

static otls_answer
never_signs(otls_connection *conn, uint16_t scheme, const uint8_t *tbs, size_t tbs_len, uint8_t *sig, size_t cap,
    size_t *sig_len, void *arg)
{
	(void)conn, (void)scheme, (void)tbs, (void)tbs_len, (void)sig, (void)cap, (void)sig_len, (void)arg;
	return OTLS_ANSWER_REFUSE;
}

static size_t
rsa_pem(char *pem, size_t size)
{
	size_t len = (size_t)snprintf(pem, size, "-----BEGIN CERTIFICATE-----\n");

	for (size_t at = 0; at < strlen(certificate_rsa); at += 64)
		len += (size_t)snprintf(pem + len, size - len, "%.64s\n", certificate_rsa + at);
	return len + (size_t)snprintf(pem + len, size - len, "-----END CERTIFICATE-----\n");
}

static void
begin(scene *s, otls_client_certificate_fn fn)
{
	char pem[4096];

	*s = (scene){ .answer = OTLS_ANSWER_OK };
	fake_script_reset();
	assert_int_equal(pair_contexts(&s->p), OTLS_OK);
	assert_int_equal(otls_identity_new_callback(
			     s->p.client_ctx, pem, rsa_pem(pem, sizeof(pem)), never_signs, NULL, NULL, &s->rsa),
	    OTLS_OK);
	s->ec = otls_context_identity_at(s->p.server_ctx, 0);
	assert_int_equal(otls_context_use_identity(s->p.client_ctx, s->ec), OTLS_OK);
	assert_int_equal(otls_context_use_identity(s->p.client_ctx, s->rsa), OTLS_OK);
	if (fn != NULL)
		assert_int_equal(otls_context_set_client_certificate_callback(s->p.client_ctx, fn, s, NULL), OTLS_OK);
	assert_int_equal(pair_connections(&s->p, FAKE_NAME), OTLS_OK);
	fake.asks_identity = 1;
}

static void
end(scene *s)
{
	otls_identity_free(s->rsa);
	pair_free(&s->p);
}

/* The server's schemes, as the engine tells them. */
static void
request(const uint16_t *schemes, size_t count)
{
	fake.schemes = schemes;
	fake.scheme_count = count;
}

static void
connect_both(scene *s)
{
	otls_status server;

	assert_int_equal(shake(&s->p, &server), OTLS_OK);
	assert_int_equal(server, OTLS_OK);
}

static void
expect_shown(const otls_identity *identity)
{
	assert_ptr_equal(fake.shown, identity != NULL ? &identity->native : NULL);
}

/* == without a callback == */

typedef enum which { NONE, EC, RSA } which;

static const struct {
	const uint16_t *schemes;
	size_t count;
	which shown;
} choices[] = {
	{ rsa_only, OTLS_COUNT(rsa_only), RSA }, { ecdsa_only, OTLS_COUNT(ecdsa_only), EC },
	{ both, OTLS_COUNT(both), RSA }, /* set last */
	{ neither, OTLS_COUNT(neither), NONE }, { unknown, OTLS_COUNT(unknown), NONE },
	{ NULL, 0, RSA }, /* the engine does not know */
};

static void
test_by_scheme(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(choices); i++) {
		scene s;

		begin(&s, NULL);
		request(choices[i].schemes, choices[i].count);
		connect_both(&s);
		expect_shown(choices[i].shown == NONE ? NULL : choices[i].shown == EC ? s.ec : s.rsa);
		for (size_t k = 0; k < choices[i].count; k++)
			assert_int_equal(otls_connection_client_scheme_at(s.p.client, k), choices[i].schemes[k]);
		assert_int_equal(otls_connection_client_scheme_at(s.p.client, choices[i].count), 0);
		end(&s);
	}
}

/* A key that can sign goes before an authority that is named. */
static void
test_scheme_goes_before_name(void **state)
{
	const otls_certificate *leaf;
	otls_bytes name;
	scene s;

	(void)state;
	begin(&s, NULL);
	leaf = otls_identity_certificate_at(s.ec, 0);
	name = leaf->issuer;
	fake.names = &name;
	fake.name_count = 1;
	request(both, OTLS_COUNT(both));
	connect_both(&s);
	expect_shown(s.ec);
	end(&s);

	begin(&s, NULL);
	fake.names = &name;
	fake.name_count = 1;
	request(rsa_only, OTLS_COUNT(rsa_only));
	name = otls_identity_certificate_at(s.ec, 0)->issuer;
	connect_both(&s);
	expect_shown(s.rsa);
	end(&s);
}

/* == with one == */

static otls_answer
give(otls_connection *conn, void *arg)
{
	scene *s = arg;

	s->calls++;
	assert_int_equal(otls_connection_handshake(conn), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_BAD_STATE);
	assert_int_equal(otls_connection_client_scheme_at(conn, 0), fake.scheme_count > 0 ? fake.schemes[0] : 0);
	s->gave = s->given != NULL ? otls_connection_set_identity(conn, s->given) : OTLS_OK;
	if (s->pending-- > 0)
		return OTLS_ANSWER_PENDING;
	return s->answer;
}

static void
test_callback_chooses(void **state)
{
	scene s;

	(void)state;
	begin(&s, give);
	request(both, OTLS_COUNT(both));
	s.given = s.ec;
	fake.asks_identity = 2; /* the callback is asked once per handshake all the same */
	connect_both(&s);
	expect_shown(s.ec);
	assert_int_equal(s.calls, 1);
	assert_int_equal(otls_connection_state(s.p.client), OTLS_STATE_OPEN);
	assert_int_equal(otls_connection_set_identity(s.p.client, s.rsa), OTLS_ERROR);
	end(&s);
}

/* The key signs by nothing that the server takes: refused at once, and another may be given. */
static otls_answer
give_wrong_then_right(otls_connection *conn, void *arg)
{
	scene *s = arg;

	assert_int_equal(otls_connection_set_identity(conn, NULL), OTLS_ERROR);
	assert_int_equal(otls_connection_set_identity(conn, s->ec), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_BAD_ARGUMENT);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "CN=fake.example"));
	return s->given == NULL || otls_connection_set_identity(conn, s->given) == OTLS_OK ? OTLS_ANSWER_OK
											   : OTLS_ANSWER_REFUSE;
}

static void
test_wrong_key(void **state)
{
	scene s;

	(void)state;
	for (int right = 0; right < 2; right++) {
		begin(&s, give_wrong_then_right);
		request(rsa_only, OTLS_COUNT(rsa_only));
		s.given = right ? s.rsa : NULL;
		connect_both(&s);
		expect_shown(s.given);
		end(&s);
	}
}

static void
test_refusal(void **state)
{
	otls_status server;
	scene s;

	(void)state;
	begin(&s, give);
	s.answer = OTLS_ANSWER_REFUSE;
	assert_int_equal(shake(&s.p, &server), OTLS_ERROR);
	assert_failed(s.p.client, OTLS_E_CALLBACK);
	assert_int_equal(s.calls, 1);
	end(&s);
}

static void
test_waiting(void **state)
{
	otls_status server;
	scene s;

	(void)state;
	begin(&s, give);
	s.pending = 3;
	s.given = s.rsa;
	assert_int_equal(shake(&s.p, &server), OTLS_WANT_CALLBACK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(otls_connection_handshake(s.p.client), OTLS_WANT_CALLBACK);
	s.given = s.ec;
	connect_both(&s);
	expect_shown(s.ec);
	assert_int_equal(s.calls, 4);
	end(&s);
}

static void
test_waiting_is_impossible(void **state)
{
	otls_status server;
	scene s;

	(void)state;
	begin(&s, give);
	fake.cannot_wait = true;
	s.pending = 1;
	assert_int_equal(shake(&s.p, &server), OTLS_ERROR);
	assert_failed(s.p.client, OTLS_E_CALLBACK);
	assert_non_null(strstr(otls_error_message(otls_connection_error(s.p.client)), "CHOICE_PENDING"));
	end(&s);
}

/* == asked again, behind the handshake == */

static otls_status
ask_again(scene *s)
{
	uint8_t record[64], byte;
	size_t len = fake_record(record, 'D', "x", 1);

	assert_int_equal(otls_connection_feed(s->p.client, record, len), OTLS_OK);
	return otls_connection_read(s->p.client, &byte, 1, &len);
}

static void
test_again(void **state)
{
	scene s;

	(void)state;
	begin(&s, give);
	s.given = s.rsa;
	connect_both(&s);
	expect_shown(s.rsa);
	s.given = s.ec;
	assert_int_equal(ask_again(&s), OTLS_OK);
	expect_shown(s.ec);
	/* What it showed before is the engine's until it is asked once more. */
	assert_int_equal(atomic_load(&s.rsa->refs), 4); /* the context, its seal, this test, and the connection */
	s.given = NULL;
	assert_int_equal(ask_again(&s), OTLS_OK);
	expect_shown(NULL);
	assert_int_equal(atomic_load(&s.rsa->refs), 3);
	s.given = s.rsa;
	assert_int_equal(ask_again(&s), OTLS_OK);
	expect_shown(s.rsa);
	assert_int_equal(s.calls, 4);
	/* It can wait, but not there. */
	s.pending = 1;
	assert_int_equal(ask_again(&s), OTLS_ERROR);
	assert_failed(s.p.client, OTLS_E_CALLBACK);
	assert_non_null(strstr(otls_error_message(otls_connection_error(s.p.client)), "PENDING"));
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_scheme),
		cmocka_unit_test(test_scheme_goes_before_name),
		cmocka_unit_test(test_callback_chooses),
		cmocka_unit_test(test_wrong_key),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_waiting_is_impossible),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
