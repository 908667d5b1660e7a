/* Contexts and connections over the scripted engine: what core does when an engine behaves, and when it does not. */
#include "base.h"
#include "connection/connection.h"
#include "fake_pair.h"
#include "scarce.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* == a good engine == */

static void
test_exchange(void **state)
{
	pair p = pair_open();
	char buf[64];
	size_t len;

	(void)state;
	assert_int_equal(otls_connection_verify_result(p.client, NULL), OTLS_REASON_OK);
	assert_non_null(otls_connection_verified_chain_at(p.client, 0));
	assert_string_equal(otls_connection_server_name(p.server), FAKE_NAME);
	assert_int_equal(otls_connection_write_all(p.client, "hello", 5, NULL), OTLS_OK);
	carry(p.client, p.server);
	assert_int_equal(otls_connection_peek(p.server, buf, 2, &len), OTLS_OK);
	assert_int_equal(len, 2);
	assert_int_equal(otls_connection_pending(p.server), 5);
	assert_int_equal(otls_connection_read(p.server, buf, sizeof(buf), &len), OTLS_OK);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(otls_connection_shutdown(p.client), OTLS_WANT_READ);
	carry(p.client, p.server);
	assert_int_equal(otls_connection_read(p.server, buf, sizeof(buf), &len), OTLS_EOF);
	assert_int_equal(otls_connection_shutdown(p.server), OTLS_OK);
	assert_int_equal(otls_connection_state(p.server), OTLS_STATE_CLOSED);
	pair_free(&p);
}

static void
test_leftover(void **state)
{
	pair p = pair_open();
	const uint8_t *rest;
	char buf[8];
	size_t len;

	(void)state;
	assert_int_equal(otls_connection_shutdown(p.client), OTLS_WANT_READ);
	carry(p.client, p.server);
	assert_int_equal(otls_connection_feed(p.server, "plain", 5), OTLS_OK);
	assert_null(otls_connection_leftover(p.server, &len));
	assert_int_equal(otls_connection_read(p.server, buf, sizeof(buf), &len), OTLS_EOF);
	rest = otls_connection_leftover(p.server, &len);
	assert_int_equal(len, 5);
	assert_memory_equal(rest, "plain", 5);
	pair_free(&p);
}

static void
test_poll_events(void **state)
{
	pair p = pair_new(FAKE_NAME);
	otls_status server;

	(void)state;
	assert_int_equal(otls_connection_poll_events(p.server), POLLIN);
	assert_int_equal(otls_connection_poll_events(p.client), 0); /* a client speaks first: call now */
	assert_int_equal(otls_connection_handshake(p.client), OTLS_WANT_READ);
	assert_int_equal(otls_connection_poll_events(p.client), POLLIN | POLLOUT);
	assert_int_equal(shake(&p, &server), OTLS_OK);
	assert_int_equal(otls_connection_poll_events(p.client), POLLIN);
	assert_int_equal(otls_connection_write_all(p.server, "x", 1, NULL), OTLS_OK);
	carry(p.server, p.client);
	assert_true(otls_connection_has_pending(p.client));
	assert_int_equal(otls_connection_poll_events(p.client), 0);
	pair_free(&p);
}

/* == an engine that fails == */

static const struct {
	otls_code reported, named;
} handshake_rows[] = {
	{ OTLS_E_HANDSHAKE, OTLS_E_HANDSHAKE },
	{ OTLS_E_RECORD, OTLS_E_HANDSHAKE },
	{ OTLS_E_ALERT_RECEIVED, OTLS_E_ALERT_RECEIVED },
	{ OTLS_E_BACKEND, OTLS_E_BACKEND },
	{ OTLS_E_UNSUPPORTED, OTLS_E_BACKEND },
	{ OTLS_E_MEMORY, OTLS_E_MEMORY },
};

static void
test_handshake_failures(void **state)
{
	const char *library, *function, *reason;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(handshake_rows); i++) {
		pair p = pair_new(FAKE_NAME);

		fake.handshake_fails = handshake_rows[i].reported;
		assert_int_equal(otls_connection_handshake(p.client), OTLS_ERROR);
		assert_failed(p.client, handshake_rows[i].named);
		fake.handshake_fails = OTLS_E_NONE;
		assert_int_equal(otls_connection_handshake(p.client), OTLS_ERROR); /* the first error stays */
		assert_failed(p.client, handshake_rows[i].named);
		if (handshake_rows[i].named != OTLS_E_MEMORY) {
			assert_true(otls_error_entry(otls_connection_error(p.client), 0, &library, &function, &reason));
			assert_string_equal(library, "Fake");
		}
		pair_free(&p);
	}
}

static void
test_read_and_write_failures(void **state)
{
	pair p = pair_open();
	char buf[8];
	size_t len;

	(void)state;
	fake.read_fails = OTLS_E_RECORD;
	assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_RECORD);
	fake.write_fails = OTLS_E_BACKEND;
	assert_int_equal(otls_connection_write(p.server, "x", 1, &len), OTLS_ERROR);
	assert_int_equal(len, 0);
	assert_failed(p.server, OTLS_E_BACKEND);
	pair_free(&p);
}

static void
test_setup_failures(void **state)
{
	pair p = pair_new(FAKE_NAME);
	otls_status server;

	(void)state;
	fake.init_fails = OTLS_E_BACKEND;
	assert_int_equal(otls_connection_handshake(p.client), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_BACKEND);
	pair_free(&p);

	p = pair_new(FAKE_NAME);
	fake.context_fails = true;
	assert_int_equal(otls_connection_handshake(p.client), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_BACKEND);
	pair_free(&p);

	p = pair_new(FAKE_NAME); /* the twin */
	assert_int_equal(shake(&p, &server), OTLS_OK);
	pair_free(&p);
}

/* == an engine that cannot be trusted == */

/* wolfSSL CVE-2020-24613: a server that left out its certificate was taken for one that had shown it. */
static void
test_no_verdict_asked(void **state)
{
	pair p = pair_new(FAKE_NAME);
	otls_status server;

	(void)state;
	fake.skips_verify = true;
	assert_int_equal(shake(&p, &server), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_BACKEND);
	pair_free(&p);
}

/* wolfSSL CVE-2022-25640: a client that left out its certificate was let in where one is required. */
static void
test_no_client_certificate_asked(void **state)
{
	(void)state;
	for (int required = 0; required < 2; required++) {
		otls_status server;
		pair p = { 0 };

		fake_script_reset();
		assert_int_equal(pair_contexts(&p), OTLS_OK);
		assert_int_equal(
		    otls_context_load_verify_mem(p.server_ctx, fake_certificate_pem, strlen(fake_certificate_pem)),
		    OTLS_OK);
		assert_int_equal(
		    otls_context_set_verify(p.server_ctx, required ? OTLS_VERIFY_REQUIRE : OTLS_VERIFY_NONE), OTLS_OK);
		assert_int_equal(pair_connections(&p, FAKE_NAME), OTLS_OK);
		shake(&p, &server);
		assert_int_equal(server, required ? OTLS_ERROR : OTLS_OK);
		if (required)
			assert_failed(p.server, OTLS_E_BACKEND);
		pair_free(&p);
	}
}

static void
test_failure_before_the_verdict(void **state)
{
	pair p = pair_new(FAKE_NAME);
	otls_status server;

	(void)state;
	fake.fails_after_chain = true;
	assert_int_equal(shake(&p, &server), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_ENGINE_LIMIT); /* core would have accepted it */
	pair_free(&p);

	p = pair_new("other.example");
	fake.fails_after_chain = true;
	assert_int_equal(shake(&p, &server), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_VERIFY); /* core refuses it */
	assert_int_equal(otls_error_verify_reason(otls_connection_error(p.client)), OTLS_REASON_HOSTNAME_MISMATCH);
	pair_free(&p);

	p = pair_new(FAKE_NAME);
	fake.forgets_chain = true;
	assert_int_equal(shake(&p, &server), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_HANDSHAKE); /* there is nothing to judge */
	pair_free(&p);
}

static void
test_other_version_than_agreed(void **state)
{
	pair p = pair_new(FAKE_NAME);
	otls_status server;

	(void)state;
	fake.claims_version = OTLS_TLS1_2;
	assert_int_equal(shake(&p, &server), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_HANDSHAKE);
	pair_free(&p);
}

/* wolfSSL CVE-2021-3336, CVE-2022-25638, CVE-2025-11934: a CertificateVerify by a scheme that is not of the certificate's
 * key was good, or was not looked at.  The key of the fake is P-256. */
static void
test_scheme_of_another_key(void **state)
{
	static const uint16_t good[] = { 0, 0x0403 }, bad[] = { 0x0503, 0x0603, 0x0804, 0x0807, 0x0401, 0xfefe };
	otls_status server;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		pair p = pair_new(FAKE_NAME);

		fake.peer_scheme = good[i];
		assert_int_equal(shake(&p, &server), OTLS_OK);
		pair_free(&p);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pair p = pair_new(FAKE_NAME);

		fake.peer_scheme = bad[i];
		assert_int_equal(shake(&p, &server), OTLS_ERROR);
		assert_failed(p.client, OTLS_E_HANDSHAKE);
		pair_free(&p);
	}
}

static void
test_other_protocol_than_chosen(void **state)
{
	otls_status server;
	size_t len;

	(void)state;
	for (int wrong = 0; wrong < 2; wrong++) {
		pair p = pair_new(FAKE_NAME);

		assert_int_equal(otls_connection_set_alpn_protos(p.client, "http/1.1,proto"), OTLS_OK);
		assert_int_equal(otls_connection_set_alpn_protos(p.server, "proto"), OTLS_OK);
		fake.wrong_alpn = wrong == 1;
		assert_int_equal(shake(&p, &server), wrong ? OTLS_ERROR : OTLS_OK);
		if (wrong) {
			assert_failed(p.client, OTLS_E_HANDSHAKE);
			assert_int_equal(server, OTLS_ERROR);
		} else {
			assert_string_equal(otls_connection_alpn(p.client, &len), "proto");
		}
		pair_free(&p);
	}
}

/* == refusals == */

static void
test_refusal_is_told(void **state)
{
	pair p = pair_new("other.example");
	otls_status server;

	(void)state;
	assert_int_equal(shake(&p, &server), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_VERIFY);
	assert_true(otls_error_alert_was_sent(otls_connection_error(p.client)));
	assert_non_null(otls_connection_peer_certificate(p.client));
	assert_int_equal(server, OTLS_ERROR); /* the alert left although the client had failed */
	assert_failed(p.server, OTLS_E_ALERT_RECEIVED);
	assert_int_equal(otls_error_alert(otls_connection_error(p.server)), 42);
	pair_free(&p);
}

/* == floods == */

static void
feed_idle(otls_connection *conn, int count)
{
	uint8_t record[16];

	for (int i = 0; i < count; i++)
		assert_int_equal(otls_connection_feed(conn, record, fake_record(record, 'K', NULL, 0)), OTLS_OK);
}

static void
test_records_without_data(void **state)
{
	uint8_t record[16];
	char buf[8];
	size_t len;
	pair p;

	(void)state;
	for (int round = 0; round < 2; round++) {
		p = pair_open();
		feed_idle(p.client, OTLS_IDLE_RECORDS - 1);
		assert_int_equal(otls_connection_feed(p.client, record, fake_record(record, 'D', "x", 1)), OTLS_OK);
		assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_OK);
		feed_idle(p.client, OTLS_IDLE_RECORDS + round);
		if (round == 0) {
			assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_WANT_READ);
		} else {
			assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_ERROR);
			assert_failed(p.client, OTLS_E_FLOOD);
		}
		pair_free(&p);
	}
}

static void
test_answers_nobody_asked_for(void **state)
{
	uint8_t record[16], scrap[4096];
	char buf[8];
	size_t len;
	pair p = pair_open();

	(void)state;
	fake.answers = 40000;
	for (int i = 0; i < 3; i++)
		assert_int_equal(otls_connection_feed(p.client, record, fake_record(record, 'D', "x", 1)), OTLS_OK);
	assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_WANT_WRITE);
	assert_true((otls_connection_poll_events(p.client) & POLLOUT) != 0);
	while (otls_connection_drain(p.client, scrap, sizeof(scrap), &len) == OTLS_OK)
		continue;
	assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_OK);
	fake.answers = OTLS_QUEUE_FLOOD + 1;
	assert_int_equal(otls_connection_feed(p.client, record, fake_record(record, 'D', "x", 1)), OTLS_OK);
	assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_ERROR);
	assert_failed(p.client, OTLS_E_FLOOD);
	pair_free(&p);
}

static void
test_memory_is_bounded(void **state)
{
	static uint8_t data[100000];
	pair p = pair_open();
	size_t done;

	(void)state;
	assert_int_equal(otls_connection_write_all(p.client, data, sizeof(data), &done), OTLS_WANT_WRITE);
	assert_in_range(done, 1, sizeof(data) - 1);
	assert_int_equal(otls_connection_write(p.client, data, sizeof(data), &done), OTLS_WANT_WRITE);
	assert_int_equal(done, 0);
	assert_int_equal(otls_connection_feed(p.server, data, OTLS_FEED_MAX / 4), OTLS_OK);
	pair_free(&p);
}

/* == states: every call in every state == */

typedef enum op {
	OP_HANDSHAKE,
	OP_READ,
	OP_WRITE,
	OP_FLUSH,
	OP_SHUTDOWN,
	OP_SET_PEER_NAME,
	OP_SET_STATE,
	OP_FEED,
	OP_COUNT
} op;

static otls_status
perform(otls_connection *conn, op what)
{
	char buf[8];
	size_t len;

	switch (what) {
	case OP_HANDSHAKE:
		return otls_connection_handshake(conn);
	case OP_READ:
		return otls_connection_read(conn, buf, sizeof(buf), &len);
	case OP_WRITE:
		return otls_connection_write(conn, "x", 1, &len);
	case OP_FLUSH:
		return otls_connection_flush(conn);
	case OP_SHUTDOWN:
		return otls_connection_shutdown(conn);
	case OP_SET_PEER_NAME:
		return otls_connection_set_peer_name(conn, "x.example");
	case OP_SET_STATE:
		return otls_connection_set_shutdown_state(conn, 0);
	case OP_FEED:
		return otls_connection_feed(conn, "", 0);
	default:
		return OTLS_ERROR;
	}
}

#define E OTLS_ERROR
#define K OTLS_OK
#define R OTLS_WANT_READ
#define W OTLS_WANT_WRITE
#define F OTLS_EOF
static const otls_status cells[6][OP_COUNT] = {
	/* HANDSHAKE READ WRITE FLUSH SHUTDOWN SET_PEER_NAME SET_STATE FEED */
	[OTLS_STATE_NEW] = { R, R, R, K, E, K, E, K },
	[OTLS_STATE_HANDSHAKE] = { R, R, R, W, E, E, E, K },
	[OTLS_STATE_OPEN] = { K, R, K, K, R, E, K, K },
	[OTLS_STATE_CLOSING] = { K, R, E, K, R, E, E, K }, /* ours is out, theirs is not in */
	[OTLS_STATE_CLOSED] = { K, F, E, K, K, E, E, K },
	[OTLS_STATE_FAILED] = { E, E, E, K, E, E, E, E },
};
#undef E
#undef K
#undef R
#undef W
#undef F

static void
drop_output(otls_connection *conn)
{
	uint8_t scrap[4096];
	size_t len;

	while (otls_connection_drain(conn, scrap, sizeof(scrap), &len) == OTLS_OK)
		continue;
}

static pair
pair_in_state(otls_state wanted)
{
	pair p = wanted == OTLS_STATE_NEW || wanted == OTLS_STATE_HANDSHAKE ? pair_new(FAKE_NAME) : pair_open();
	char buf[8];
	size_t len;

	if (wanted == OTLS_STATE_HANDSHAKE)
		assert_int_equal(otls_connection_handshake(p.client), OTLS_WANT_READ);
	if (wanted == OTLS_STATE_CLOSING || wanted == OTLS_STATE_CLOSED)
		assert_int_equal(otls_connection_shutdown(p.client), OTLS_WANT_READ);
	if (wanted == OTLS_STATE_CLOSED) {
		assert_int_equal(otls_connection_shutdown(p.server), OTLS_WANT_READ);
		carry(p.server, p.client);
		assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_EOF);
	}
	if (wanted == OTLS_STATE_FAILED) {
		fake.read_fails = OTLS_E_RECORD;
		assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_ERROR);
		fake.read_fails = OTLS_E_NONE;
	}
	if (wanted != OTLS_STATE_HANDSHAKE)
		drop_output(p.client);
	assert_int_equal(otls_connection_state(p.client), wanted);
	return p;
}

static void
test_every_call_in_every_state(void **state)
{
	(void)state;
	for (int from = OTLS_STATE_NEW; from <= OTLS_STATE_FAILED; from++) {
		for (int what = 0; what < OP_COUNT; what++) {
			pair p = pair_in_state((otls_state)from);
			otls_status status = perform(p.client, (op)what);

			if (status != cells[from][what])
				fail_msg(
				    "state %d, operation %d: %d, and not %d", from, what, status, cells[from][what]);
			if (status == OTLS_ERROR && from != OTLS_STATE_FAILED) {
				assert_int_equal(otls_error_category(otls_error_last()), OTLS_CATEGORY_USAGE);
				assert_int_equal(otls_connection_state(p.client), from);
			}
			pair_free(&p);
		}
	}
}

static void
test_fork_is_refused(void **state)
{
	pair p = pair_open();
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		bool refused = otls_connection_handshake(p.client) == OTLS_ERROR &&
			       otls_error_code(otls_error_last()) == OTLS_E_BAD_STATE;

		_exit(refused ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(otls_connection_handshake(p.client), OTLS_OK);
	pair_free(&p);
}

/* == registering == */

static void
test_register_checks(void **state)
{
	otls_engine bad = fake_engine;

	(void)state;
	assert_non_null(fake_backend());
	assert_int_equal(otls_backend_register(&fake_engine), OTLS_ERROR); /* the name is taken */
	bad.name = "bad";
	bad.version++;
	assert_int_equal(otls_backend_register(&bad), OTLS_ERROR);
	bad = fake_engine;
	bad.name = "bad";
	bad.size--;
	assert_int_equal(otls_backend_register(&bad), OTLS_ERROR);
	bad = fake_engine;
	bad.name = "bad";
	bad.read = NULL;
	assert_int_equal(otls_backend_register(&bad), OTLS_ERROR);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "read"));
	bad = fake_engine;
	bad.name = "bad";
	bad.master_secret = (otls_status(*)(otls_engine_connection *, uint8_t[48], otls_report *))(uintptr_t)1;
	assert_int_equal(otls_backend_register(&bad), OTLS_ERROR); /* a slot without its capability */
	assert_non_null(strstr(otls_error_message(otls_error_last()), "MASTER_SECRET"));
	assert_int_equal(otls_backend_register(NULL), OTLS_ERROR);
	assert_null(otls_backend_find("bad"));
}

/* == memory runs out == */

/* A connect, exchange and shutdown, given up at the first failure. */
static bool
whole_life(pair *p)
{
	otls_status server;
	char buf[64];
	size_t len;

	if (pair_contexts(p) != OTLS_OK || pair_connections(p, FAKE_NAME) != OTLS_OK ||
	    otls_connection_set_alpn_protos(p->client, "proto") != OTLS_OK ||
	    otls_connection_set_alpn_protos(p->server, "proto") != OTLS_OK)
		return false;
	if (shake(p, &server) != OTLS_OK || server != OTLS_OK ||
	    otls_connection_write_all(p->client, "hello", 5, NULL) != OTLS_OK)
		return false;
	carry(p->client, p->server);
	if (otls_connection_peek(p->server, buf, sizeof(buf), &len) != OTLS_OK ||
	    otls_connection_read(p->server, buf, sizeof(buf), &len) != OTLS_OK)
		return false;
	if (otls_connection_shutdown(p->client) != OTLS_WANT_READ)
		return false;
	carry(p->client, p->server);
	return otls_connection_read(p->server, buf, sizeof(buf), &len) == OTLS_EOF &&
	       otls_connection_shutdown(p->server) == OTLS_OK;
}

/* The latest failure says so, or one side's does: its peer heard of it as an alert. */
static bool
ran_out(const pair *p)
{
	return otls_error_code(otls_error_last()) == OTLS_E_MEMORY ||
	       otls_error_code(otls_connection_error(p->client)) == OTLS_E_MEMORY ||
	       otls_error_code(otls_connection_error(p->server)) == OTLS_E_MEMORY;
}

static void
test_every_allocation_fails(void **state)
{
	bool done = false;
	long n = 0;

	(void)state;
	fake_script_reset();
	assert_non_null(fake_backend());
	for (; !done; n++) {
		pair p = { 0 };

		allocations_left = n;
		otls__alloc_trap = allow;
		done = whole_life(&p);
		otls__alloc_trap = NULL;
		if (!done && !ran_out(&p))
			fail_msg("allocation %ld: %s", n, otls_error_message(otls_error_last()));
		pair_free(&p);
		assert_true(n < 10000);
	}
	assert_true(n > 30); /* there was something to fail */
}

/* == keys that are elsewhere == */

/* Answers PENDING twice, then an Ecdsa-Sig-Value. */
static otls_answer
sign_slowly(otls_connection *conn, uint16_t scheme, const uint8_t *tbs, size_t tbs_len, uint8_t *sig, size_t cap,
    size_t *sig_len, void *arg)
{
	static const uint8_t value[] = { 0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01 };
	int *calls = arg;

	assert_int_equal(otls_connection_handshake(conn), OTLS_ERROR);
	assert_int_equal(scheme, 0x0403);
	assert_int_equal(tbs_len, 32);
	assert_int_equal(tbs[0], 1);
	assert_true(cap >= sizeof(value));
	if (++*calls < 3)
		return OTLS_ANSWER_PENDING;
	memcpy(sig, value, sizeof(value));
	*sig_len = sizeof(value);
	return OTLS_ANSWER_OK;
}

static pair
slow_pair(int *calls)
{
	pair p = pair_new(FAKE_NAME);

	otls_connection_free(p.server);
	assert_int_equal(
	    otls_context_use_certificate_chain_mem(p.server_ctx, fake_certificate_pem, strlen(fake_certificate_pem)),
	    OTLS_OK);
	assert_int_equal(otls_context_use_private_key_callback(p.server_ctx, sign_slowly, calls, NULL), OTLS_OK);
	assert_int_equal(otls_connection_new_server(p.server_ctx, &p.server), OTLS_OK);
	return p;
}

static void
test_signature_is_waited_for(void **state)
{
	int calls = 0;
	pair p = slow_pair(&calls);
	otls_status server;

	(void)state;
	shake(&p, &server);
	assert_int_equal(server, OTLS_WANT_CALLBACK);
	while (calls < 2)
		assert_int_equal(otls_connection_handshake(p.server), OTLS_WANT_CALLBACK);
	assert_int_equal(shake(&p, &server), OTLS_OK);
	assert_int_equal(server, OTLS_OK);
	assert_int_equal(calls, 3);
	pair_free(&p);
}

static void
test_signature_cannot_be_waited_for(void **state)
{
	int calls = 0;
	pair p = slow_pair(&calls);
	otls_status server;

	(void)state;
	fake.cannot_wait = true;
	shake(&p, &server);
	assert_int_equal(server, OTLS_ERROR);
	assert_failed(p.server, OTLS_E_CALLBACK);
	assert_non_null(strstr(otls_error_message(otls_connection_error(p.server)), "SIGN_PENDING"));
	assert_int_equal(calls, 1);
	pair_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchange),
		cmocka_unit_test(test_leftover),
		cmocka_unit_test(test_poll_events),
		cmocka_unit_test(test_handshake_failures),
		cmocka_unit_test(test_read_and_write_failures),
		cmocka_unit_test(test_setup_failures),
		cmocka_unit_test(test_no_verdict_asked),
		cmocka_unit_test(test_no_client_certificate_asked),
		cmocka_unit_test(test_failure_before_the_verdict),
		cmocka_unit_test(test_other_version_than_agreed),
		cmocka_unit_test(test_scheme_of_another_key),
		cmocka_unit_test(test_other_protocol_than_chosen),
		cmocka_unit_test(test_refusal_is_told),
		cmocka_unit_test(test_records_without_data),
		cmocka_unit_test(test_answers_nobody_asked_for),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_every_call_in_every_state),
		cmocka_unit_test(test_fork_is_refused),
		cmocka_unit_test(test_register_checks),
		cmocka_unit_test(test_signature_is_waited_for),
		cmocka_unit_test(test_signature_cannot_be_waited_for),
		cmocka_unit_test(test_every_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
