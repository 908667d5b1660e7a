/* What callers, their callbacks and peers do that they should not: core stays whole, and comes back. */
#include "base.h"
#include "connection/connection.h"
#include "fake_pair.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void
assert_refused(otls_status status, otls_code code)
{
	assert_int_equal(status, OTLS_ERROR);
	assert_string_equal(otls_error_name(otls_error_last()), otls_code_name(code));
}

/* == a client whose transport are callbacks, with a server in memory behind them == */

typedef struct wire {
	otls_connection *self, *other;
	otls_status send_answer; /* OK: what is sent goes to other */
	const uint8_t *endless;  /* what recv brings again and again, instead of what other says; NULL: that */
	size_t endless_len;
	unsigned long calls, most; /* of recv; most: it fails then, so that a test that hangs ends */
	bool intrudes;             /* the callbacks call the connection */
	unsigned intrusions;       /* that were refused */
} wire;

static void
intrude(wire *w)
{
	char byte;
	size_t len;

	if (otls_connection_read(w->self, &byte, 1, &len) == OTLS_ERROR)
		w->intrusions++;
	if (otls_connection_handshake(w->self) == OTLS_ERROR)
		w->intrusions++;
	if (otls_connection_flush(w->self) == OTLS_ERROR)
		w->intrusions++;
	if (otls_connection_set_context(w->self, otls_connection_context(w->other)) == OTLS_ERROR)
		w->intrusions++;
}

static otls_status
wire_recv(void *arg, void *buf, size_t cap, size_t *len)
{
	wire *w = arg;

	if (w->intrudes)
		intrude(w);
	if (w->endless == NULL)
		return otls_connection_drain(w->other, buf, cap, len);
	if (++w->calls > w->most)
		return OTLS_ERROR;
	for (*len = 0; cap - *len >= w->endless_len; *len += w->endless_len)
		memcpy((uint8_t *)buf + *len, w->endless, w->endless_len);
	return OTLS_OK;
}

static otls_status
wire_send(void *arg, const void *buf, size_t len, size_t *sent)
{
	wire *w = arg;

	if (w->intrudes)
		intrude(w);
	errno = EPIPE;
	if (w->send_answer != OTLS_OK)
		return w->send_answer;
	*sent = len;
	return otls_connection_feed(w->other, buf, len);
}

static void
wire_up(wire *w, otls_connection *self, otls_connection *other)
{
	*w = (wire){ .self = self, .other = other, .most = 100000 };
	assert_int_equal(otls_connection_set_transport(self, wire_recv, wire_send, w, NULL), OTLS_OK);
}

static pair
wired_open(wire *w)
{
	pair p = pair_new(FAKE_NAME);
	otls_status client = OTLS_WANT_READ, server = OTLS_WANT_READ;

	wire_up(w, p.client, p.server);
	for (int i = 0; i < 10 && (client != OTLS_OK || server != OTLS_OK); i++) {
		client = otls_connection_handshake(p.client);
		server = otls_connection_handshake(p.server);
	}
	assert_int_equal(client, OTLS_OK);
	assert_int_equal(server, OTLS_OK);
	return p;
}

static void
test_transport_calls_back(void **state)
{
	wire w;
	pair p = wired_open(&w);
	char buf[8];
	size_t len;

	(void)state;
	w.intrudes = true;
	assert_int_equal(otls_connection_write(p.client, "x", 1, &len), OTLS_OK);
	assert_int_equal(w.intrusions, 4);
	assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_WANT_READ);
	assert_int_equal(w.intrusions, 8);
	assert_int_equal(otls_connection_state(p.client), OTLS_STATE_OPEN);
	pair_free(&p);
}

/* What was taken and is lost now is a failure of shutdown, even if the peer has closed. */
static void
test_shutdown_tells_of_loss(void **state)
{
	char buf[8];
	size_t len;

	(void)state;
	for (int lost = 0; lost < 2; lost++) {
		wire w;
		pair p = wired_open(&w);

		w.send_answer = OTLS_WANT_WRITE;
		if (lost)
			assert_int_equal(otls_connection_write(p.client, "x", 1, &len), OTLS_OK);
		assert_int_equal(otls_connection_shutdown(p.server), OTLS_WANT_READ);
		assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_EOF);
		w.send_answer = OTLS_ERROR;
		if (lost) {
			assert_refused(otls_connection_shutdown(p.client), OTLS_E_SYSCALL);
			assert_int_equal(otls_error_errno(otls_error_last()), EPIPE);
			assert_failed(p.client, OTLS_E_SYSCALL);
		} else { /* only our goodbye is */
			assert_int_equal(otls_connection_shutdown(p.client), OTLS_OK);
			assert_int_equal(otls_connection_state(p.client), OTLS_STATE_CLOSED);
		}
		pair_free(&p);
	}
}

/* Bits that were only said can be taken back; a close_notify that went by cannot, since the engine knows of it. */
static void
test_closing_is_for_good(void **state)
{
	pair p = pair_open();
	char buf[8];
	size_t len;

	(void)state;
	assert_int_equal(otls_connection_set_shutdown_state(p.client, OTLS_SENT_SHUTDOWN), OTLS_OK);
	assert_refused(otls_connection_write(p.client, "x", 1, &len), OTLS_E_BAD_STATE);
	assert_int_equal(otls_connection_set_shutdown_state(p.client, 0), OTLS_OK);
	assert_int_equal(otls_connection_write(p.client, "x", 1, &len), OTLS_OK);
	assert_int_equal(otls_connection_shutdown(p.client), OTLS_WANT_READ);
	assert_refused(otls_connection_set_shutdown_state(p.client, OTLS_RECEIVED_SHUTDOWN), OTLS_E_BAD_STATE);
	assert_refused(otls_connection_write(p.client, "x", 1, &len), OTLS_E_BAD_STATE);
	carry(p.client, p.server);
	assert_int_equal(otls_connection_read(p.server, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(otls_connection_read(p.server, buf, sizeof(buf), &len), OTLS_EOF);
	assert_refused(otls_connection_set_shutdown_state(p.server, 0), OTLS_E_BAD_STATE);
	assert_int_equal(otls_connection_read(p.server, buf, sizeof(buf), &len), OTLS_EOF);
	pair_free(&p);
}

/* The reason of a failed send is looked for in what has arrived, but not for ever. */
static void
test_failed_send_and_endless_data(void **state)
{
	static uint8_t record[1024];
	uint8_t body[1000] = { 0 };
	size_t len;
	wire w;
	pair p = wired_open(&w);

	(void)state;
	w.endless = record;
	w.endless_len = fake_record(record, 'D', body, sizeof(body));
	w.send_answer = OTLS_ERROR;
	assert_refused(otls_connection_write(p.client, "x", 1, &len), OTLS_E_SYSCALL);
	assert_int_equal(otls_error_errno(otls_error_last()), EPIPE);
	assert_in_range(w.calls, 1, 100);
	pair_free(&p);
}

/* A peer that never stops sending nothing is noticed inside of one read. */
static void
test_endless_idle_records(void **state)
{
	uint8_t record[16];
	char buf[8];
	size_t len;
	wire w;
	pair p = wired_open(&w);

	(void)state;
	w.endless = record;
	w.endless_len = fake_record(record, 'K', NULL, 0);
	assert_refused(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_E_FLOOD);
	assert_failed(p.client, OTLS_E_FLOOD);
	assert_in_range(w.calls, 1, 10);
	pair_free(&p);
}

/* The same during the handshake, where records say something: there it is the deadline that ends it. */
static void
test_endless_handshake(void **state)
{
	pair p = pair_new(FAKE_NAME);
	uint8_t record[16];
	otls_status status = OTLS_WANT_READ;
	wire w;

	(void)state;
	wire_up(&w, p.client, p.server);
	fake.forgets_finished = true; /* the client waits for more than the server says */
	otls_connection_set_handshake_timeout(p.client, 50);
	assert_int_equal(otls_connection_handshake(p.client), OTLS_WANT_READ);
	assert_int_equal(otls_connection_handshake(p.server), OTLS_WANT_READ);
	w.most = 100000000;
	assert_int_equal(otls_connection_handshake(p.client), OTLS_WANT_READ);
	w.endless = record;
	w.endless_len = fake_record(record, 'P', NULL, 0);
	while (status == OTLS_WANT_READ)
		status = otls_connection_handshake(p.client);
	assert_failed(p.client, OTLS_E_TIMEOUT);
	pair_free(&p);
}

/* Answers that waited when the transport broke hold up no read. */
static void
test_broken_output_does_not_block_reading(void **state)
{
	wire w;
	pair p = wired_open(&w);
	char buf[8];
	size_t len;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(otls_connection_write(p.server, "x", 1, &len), OTLS_OK);
	fake.answers = 40000;
	w.send_answer = OTLS_WANT_WRITE;
	assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_WANT_WRITE);
	w.send_answer = OTLS_ERROR;
	assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_OK);
	pair_free(&p);
}

/* == callbacks of a server == */

typedef struct choice {
	otls_context *other;
	int pending;
	int calls;
	bool freed, freed_early;
	otls_status set;
} choice;

static void
choice_free(void *arg)
{
	((choice *)arg)->freed = true;
}

static otls_answer
choose_context(otls_connection *conn, const char *name, void *arg)
{
	choice *c = arg;

	(void)name;
	c->calls++;
	c->set = otls_connection_set_context(conn, c->other);
	c->freed_early = c->freed_early || c->freed;
	return c->pending-- > 0 ? OTLS_ANSWER_PENDING : OTLS_ANSWER_OK;
}

static otls_answer
choose_protocol(otls_connection *conn, size_t *index, void *arg)
{
	choice *c = arg;

	(void)index;
	c->calls++;
	c->set = otls_connection_set_context(conn, c->other);
	return OTLS_ANSWER_OK;
}

static otls_context *
good_server(void)
{
	otls_context *ctx = NULL;

	assert_int_equal(otls_context_new_with(fake_backend(), OTLS_METHOD_TLS_SERVER, &ctx), OTLS_OK);
	assert_int_equal(otls_context_use_key_pair_mem(ctx, fake_certificate_pem, strlen(fake_certificate_pem),
			     fake_key_pem, strlen(fake_key_pem)),
	    OTLS_OK);
	return ctx;
}

/* Makes the pair's server anew, with this callback in its context, of which the connection is the last holder. */
static void
server_with_choice(pair *p, choice *c)
{
	otls_connection_free(p->server);
	assert_int_equal(otls_context_set_servername_callback(p->server_ctx, choose_context, c, choice_free), OTLS_OK);
	assert_int_equal(otls_connection_new_server(p->server_ctx, &p->server), OTLS_OK);
	otls_context_free(p->server_ctx);
	p->server_ctx = NULL;
}

/* The callback drops the last reference to the context that holds its own argument. */
static void
test_context_outlives_its_callback(void **state)
{
	pair p = pair_new(FAKE_NAME);
	choice c = { .other = good_server() };
	otls_status server;

	(void)state;
	server_with_choice(&p, &c);
	assert_int_equal(shake(&p, &server), OTLS_OK);
	assert_int_equal(c.set, OTLS_OK);
	assert_false(c.freed_early);
	assert_true(c.freed);
	assert_ptr_equal(otls_connection_context(p.server), c.other);
	pair_free(&p);
	otls_context_free(c.other);
}

/* What the callback sets before it says PENDING does not count: it is asked again, and not the other context's. */
static void
test_pending_keeps_the_context(void **state)
{
	pair p = pair_new(FAKE_NAME);
	choice c = { .other = good_server(), .pending = 2 };
	otls_context *asking = p.server_ctx;
	otls_status server = OTLS_OK;

	(void)state;
	server_with_choice(&p, &c);
	assert_int_equal(otls_connection_handshake(p.client), OTLS_WANT_READ);
	carry(p.client, p.server);
	for (int i = 1; i <= 2; i++) {
		assert_int_equal(otls_connection_handshake(p.server), OTLS_WANT_CALLBACK);
		assert_int_equal(c.calls, i);
		assert_ptr_equal(otls_connection_context(p.server), asking);
	}
	assert_int_equal(shake(&p, &server), OTLS_OK);
	assert_int_equal(server, OTLS_OK);
	assert_int_equal(c.calls, 3);
	assert_ptr_equal(otls_connection_context(p.server), c.other);
	pair_free(&p);
	otls_context_free(c.other);
}

/* Only the server-name callback may change the context. */
static void
test_set_context_elsewhere(void **state)
{
	pair p = pair_new(FAKE_NAME);
	choice c = { .other = good_server() };
	otls_status server;

	(void)state;
	otls_connection_free(p.server);
	assert_int_equal(
	    otls_context_set_alpn_select_callback(p.server_ctx, choose_protocol, &c, choice_free), OTLS_OK);
	assert_int_equal(otls_connection_new_server(p.server_ctx, &p.server), OTLS_OK);
	assert_int_equal(otls_connection_set_alpn_protos(p.client, "proto"), OTLS_OK);
	assert_refused(otls_connection_set_context(p.server, c.other), OTLS_E_BAD_STATE);
	assert_int_equal(shake(&p, &server), OTLS_OK);
	assert_int_equal(c.calls, 1);
	assert_int_equal(c.set, OTLS_ERROR);
	assert_ptr_equal(otls_connection_context(p.server), p.server_ctx);
	pair_free(&p);
	assert_true(c.freed);
	otls_context_free(c.other);
}

/* A server's name is what the client said, not what the server's own program did. */
static void
test_server_name_is_the_clients(void **state)
{
	pair p = pair_new(FAKE_NAME);
	otls_status server;

	(void)state;
	assert_int_equal(otls_connection_set_server_name(p.client, ""), OTLS_OK);
	assert_int_equal(otls_connection_set_server_name(p.server, "mine.example"), OTLS_OK);
	assert_int_equal(shake(&p, &server), OTLS_OK);
	assert_string_equal(otls_connection_server_name(p.server), "");
	pair_free(&p);
}

/* == memory == */

static void
feed_bytes(otls_connection *conn, const uint8_t *data, size_t from, size_t to)
{
	assert_int_equal(otls_connection_feed(conn, data + from, to - from), OTLS_OK);
}

/* Bytes behind the beginning of a record that was taken already are not taken for a header. */
static void
test_pending_in_the_middle_of_a_record(void **state)
{
	static const uint8_t zeros[20];
	pair p = pair_open();
	uint8_t record[32];
	size_t size = fake_record(record, 'D', zeros, sizeof(zeros)), len;
	char buf[32];

	(void)state;
	for (size_t cut = 1; cut < size - 5; cut++) {
		feed_bytes(p.client, record, 0, cut);
		assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_WANT_READ);
		feed_bytes(p.client, record, cut, size - 1);
		assert_false(otls_connection_has_pending(p.client));
		assert_int_equal(otls_connection_poll_events(p.client), POLLIN);
		feed_bytes(p.client, record, size - 1, size);
		assert_true(otls_connection_has_pending(p.client));
		assert_int_equal(otls_connection_read(p.client, buf, sizeof(buf), &len), OTLS_OK);
		assert_int_equal(len, sizeof(zeros));
	}
	pair_free(&p);
}

/* Whatever fits into the room that was handed out can be committed, once. */
static void
test_feed_buffer_is_honest(void **state)
{
	static uint8_t record[10006], body[10000], scrap[10000];
	pair p = pair_open();
	size_t size = fake_record(record, 'D', body, sizeof(body)), len, cap;
	uint8_t *room;

	(void)state;
	for (int i = 0; i < 25; i++)
		feed_bytes(p.client, record, 0, size);
	for (int i = 0; i < 10; i++)
		assert_int_equal(otls_connection_read(p.client, scrap, sizeof(scrap), &len), OTLS_OK);
	room = otls_connection_feed_buffer(p.client, 60000, &cap);
	assert_non_null(room);
	assert_in_range(cap, 60000, OTLS_FEED_MAX - 15 * size);
	memset(room, 0, cap);
	assert_refused(otls_connection_feed_commit(p.client, cap + 1), OTLS_E_LIMIT);
	assert_int_equal(otls_connection_feed_commit(p.client, cap), OTLS_OK);
	assert_null(otls_connection_feed_buffer(p.client, 0, &cap));
	assert_int_equal(cap, 0);
	pair_free(&p);
}

static void
test_commit_without_a_buffer(void **state)
{
	pair p = pair_open();
	size_t cap;

	(void)state;
	assert_refused(otls_connection_feed_commit(p.client, 1), OTLS_E_BAD_ARGUMENT);
	assert_non_null(otls_connection_feed_buffer(p.client, 100, &cap));
	assert_int_equal(otls_connection_feed(p.client, "x", 1), OTLS_OK); /* moves the room */
	assert_refused(otls_connection_feed_commit(p.client, 1), OTLS_E_BAD_ARGUMENT);
	assert_non_null(otls_connection_feed_buffer(p.client, 100, &cap));
	assert_int_equal(otls_connection_feed_commit(p.client, 0), OTLS_OK);
	assert_refused(otls_connection_feed_commit(p.client, 1), OTLS_E_BAD_ARGUMENT);
	pair_free(&p);
}

/* == descriptors == */

static int
lowest_free(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* Connections of a socket that is none for TLS are closed again. */
static void
test_accept_of_the_wrong_kind(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listening = socket(AF_UNIX, SOCK_SEQPACKET, 0), dialled = socket(AF_UNIX, SOCK_SEQPACKET, 0), before;
	pair p = pair_new(FAKE_NAME);
	otls_connection *conn = p.client;
	socklen_t len = sizeof(address);

	(void)state;
	/* Only the family: the system chooses a name outside of the file system. */
	if (bind(listening, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0)
		skip();
	assert_int_equal(listen(listening, 1), 0);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(connect(dialled, (struct sockaddr *)&address, len), 0);
	before = lowest_free();
	assert_refused(otls_connection_accept(p.server_ctx, listening, &conn), OTLS_E_BAD_ARGUMENT);
	assert_null(conn);
	assert_int_equal(lowest_free(), before);
	close(dialled);
	close(listening);
	pair_free(&p);
}

/* == alerts in plain, which the scripted engine cannot read == */

static const struct {
	uint8_t level, alert;
	otls_code code;
	int told;
} alert_rows[] = {
	{ 2, 40, OTLS_E_ALERT_RECEIVED, 40 },
	{ 1, 0, OTLS_E_ALERT_RECEIVED, 0 }, /* close_notify ends a handshake, whatever its level */
	{ 1, 90, OTLS_E_HANDSHAKE, -1 },    /* a warning is no reason: the engine has one of its own */
};

static void
test_alerts_in_plain(void **state)
{
	otls_status server;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(alert_rows); i++) {
		uint8_t record[] = { 21, 3, 3, 0, 2, alert_rows[i].level, alert_rows[i].alert };
		pair p = pair_new(FAKE_NAME);

		fake.forgets_finished = true;
		assert_int_equal(shake(&p, &server), OTLS_WANT_READ);
		feed_bytes(p.client, record, 0, sizeof(record));
		assert_int_equal(otls_connection_handshake(p.client), OTLS_ERROR);
		assert_failed(p.client, alert_rows[i].code);
		assert_int_equal(otls_error_alert(otls_connection_error(p.client)), alert_rows[i].told);
		pair_free(&p);
	}
}

/* == threads == */

#define RACERS 4

static char racer_names[RACERS][16];
static otls_engine racers[RACERS];

/* Looks for the last one until it is there, and finds whole rows all the while. */
static void *
look_for_the_last(void *arg)
{
	bool *good = arg;
	const otls_backend *backend;

	*good = true;
	while (otls_backend_find(racer_names[RACERS - 1]) == NULL)
		for (size_t i = 0; (backend = otls_backend_at(i)) != NULL; i++)
			*good = *good && otls_backend_name(backend)[0] != '\0';
	return NULL;
}

static void
test_registering_while_others_look(void **state)
{
	pthread_t threads[2];
	bool good[2];

	(void)state;
	for (int i = 0; i < RACERS; i++) {
		snprintf(racer_names[i], sizeof(racer_names[i]), "racer%d", i);
		racers[i] = fake_engine;
		racers[i].name = racer_names[i];
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look_for_the_last, &good[i]), 0);
	for (int i = 0; i < RACERS; i++)
		assert_int_equal(otls_backend_register(&racers[i]), OTLS_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(good[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transport_calls_back),
		cmocka_unit_test(test_shutdown_tells_of_loss),
		cmocka_unit_test(test_closing_is_for_good),
		cmocka_unit_test(test_failed_send_and_endless_data),
		cmocka_unit_test(test_endless_idle_records),
		cmocka_unit_test(test_endless_handshake),
		cmocka_unit_test(test_broken_output_does_not_block_reading),
		cmocka_unit_test(test_context_outlives_its_callback),
		cmocka_unit_test(test_pending_keeps_the_context),
		cmocka_unit_test(test_set_context_elsewhere),
		cmocka_unit_test(test_server_name_is_the_clients),
		cmocka_unit_test(test_pending_in_the_middle_of_a_record),
		cmocka_unit_test(test_feed_buffer_is_honest),
		cmocka_unit_test(test_commit_without_a_buffer),
		cmocka_unit_test(test_accept_of_the_wrong_kind),
		cmocka_unit_test(test_alerts_in_plain),
		cmocka_unit_test(test_registering_while_others_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
