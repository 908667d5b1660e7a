/* Streams: before and behind TLS, time limits, alerts that race with closed sockets, and very much data. */
#include "pair.h"
#include "pki.h"
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* == before TLS == */

/* The client's hello was read together with the plain text before it. */
static bool
starttls(struct run *run)
{
	struct pair *pair = pair_open(run, good_client(run), good_server(run), WIRE_SOCKETPAIR);
	uint8_t buf[16384];
	size_t len = 0;
	ssize_t got = 0;

	CHECK_STATUS(run, otls_connection_handshake(pair->client), OTLS_WANT_READ);
	got = read(otls_connection_fd(pair->server), buf, sizeof(buf));
	if (!CHECK(run, got > 0) || !CHECK_OK(run, otls_connection_unread(pair->server, buf, (size_t)got)) ||
	    !pair_connect(pair) || !pair_exchange(pair, 1000))
		return false;
	len = 1;
	return CHECK_ERROR(run, otls_connection_unread(pair->server, buf, len), OTLS_E_BAD_STATE) &&
	       pair_shutdown(pair);
}

/* As above, with only a part of it, in two portions, and on memory. */
static bool
starttls_memory(struct run *run)
{
	struct pair *pair = pair_open(run, good_client(run), good_server(run), WIRE_MEMORY);
	uint8_t buf[16384];
	size_t len = 0;

	CHECK_STATUS(run, otls_connection_handshake(pair->client), OTLS_WANT_READ);
	return CHECK_OK(run, otls_connection_drain(pair->client, buf, sizeof(buf), &len)) && CHECK(run, len > 20) &&
	       CHECK_OK(run, otls_connection_unread(pair->server, buf, 3)) &&
	       CHECK_OK(run, otls_connection_unread(pair->server, buf + 3, 10)) &&
	       CHECK_OK(run, otls_connection_feed(pair->server, buf + 13, len - 13)) && pair_connect(pair) &&
	       pair_exchange(pair, 100);
}

/* Plain text that was slipped in behind the reply to STARTTLS is not taken for protected data. */
static bool
starttls_injected(struct run *run)
{
	static const char text[] = "RCPT TO:<victim@example>\r\n";
	struct pair *pair = pair_open(run, good_client(run), good_server(run), WIRE_MEMORY);
	struct pair *other = pair_open(run, good_client(run), good_server(run), WIRE_MEMORY);

	if (!CHECK_OK(run, otls_connection_unread(pair->server, text, strlen(text))))
		return false;
	pair_handshake(pair);
	if (!CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->server)), "NOT_TLS") ||
	    !CHECK_OK(run, otls_connection_unread(other->client, text, strlen(text))))
		return false;
	pair_handshake(other);
	return CHECK_TEXT(run, otls_error_name(otls_connection_error(other->client)), "NOT_TLS");
}

static bool
unread_limit(struct run *run)
{
	struct pair *pair = pair_open(run, good_client(run), good_server(run), WIRE_MEMORY);
	uint8_t *data = run_owns(run, calloc(1, 70000), free);

	return CHECK_ERROR(run, otls_connection_unread(pair->server, data, 70000), OTLS_E_LIMIT) && pair_connect(pair);
}

/* == time == */
static int64_t
milliseconds(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A blocking read that gives up, and goes on later as if nothing had been. */
static bool
timeout(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_SOCKETPAIR);
	int64_t start = milliseconds();
	uint8_t byte = 0;
	size_t len = 0;

	if (!pair_exchange(pair, 100))
		return false;
	set_blocking(otls_connection_fd(pair->client), true);
	otls_connection_set_timeout(pair->client, 30);
	if (!CHECK_STATUS(run, otls_connection_read(pair->client, &byte, 1, &len), OTLS_TIMEOUT) ||
	    !CHECK(run, milliseconds() - start >= 25) ||
	    !CHECK_STATUS(run, otls_connection_read(pair->client, &byte, 1, &len), OTLS_TIMEOUT) ||
	    !CHECK_NUMBER(run, otls_connection_state(pair->client), OTLS_STATE_OPEN))
		return false;
	set_blocking(otls_connection_fd(pair->client), false);
	otls_connection_set_timeout(pair->client, -1);
	return pair_exchange(pair, 1000) && pair_shutdown(pair);
}

static bool
write_timeout(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_SOCKETPAIR);
	uint8_t *data = run_owns(run, malloc(4 * 1000 * 1000), free), buf[32768];
	size_t done = 0, got = 0, len = 0;
	otls_status status = OTLS_OK;

	for (size_t i = 0; i < 4 * 1000 * 1000; i++)
		data[i] = pattern(i);
	set_blocking(otls_connection_fd(pair->client), true);
	otls_connection_set_timeout(pair->client, 20);
	/* Nobody reads: at some point no more goes out.  What is counted as done arrives, once. */
	status = otls_connection_write_all(pair->client, data, 4 * 1000 * 1000, &done);
	if (!CHECK_STATUS(run, status, OTLS_TIMEOUT) || !CHECK(run, done < 4 * 1000 * 1000))
		return false;
	set_blocking(otls_connection_fd(pair->client), false);
	for (int i = 0; i < 100000 && got < done; i++) {
		otls_connection_flush(pair->client);
		status = otls_connection_read(pair->server, buf, sizeof(buf), &len);
		if (status != OTLS_OK && status != OTLS_WANT_READ)
			return CHECK_STATUS(run, status, OTLS_OK);
		for (size_t k = 0; k < len; k++)
			if (buf[k] != pattern(got + k))
				return failed(run, "byte %zu is wrong", got + k);
		got += len;
	}
	return CHECK_NUMBER(run, got, done);
}

static bool
handshake_timeout(struct run *run)
{
	otls_context *server_ctx = good_server(run);
	struct pair *memory = pair_open(run, good_client(run), server_ctx, WIRE_MEMORY);
	struct pair *blocking = pair_open(run, good_client(run), server_ctx, WIRE_SOCKETPAIR);
	otls_status status = OTLS_WANT_READ;
	int64_t start = 0;

	/* On memory the call that comes too late says so. */
	otls_connection_set_handshake_timeout(memory->server, 20);
	CHECK_STATUS(run, otls_connection_handshake(memory->server), OTLS_WANT_READ);
	for (start = milliseconds(); status == OTLS_WANT_READ && milliseconds() - start < 10000;) {
		poll(NULL, 0, 5);
		status = otls_connection_handshake(memory->server);
	}
	if (!CHECK_ERROR(run, status, OTLS_E_TIMEOUT) ||
	    !CHECK_NUMBER(run, otls_connection_state(memory->server), OTLS_STATE_FAILED) ||
	    !CHECK_ERROR(run, otls_connection_handshake(memory->server), OTLS_E_TIMEOUT))
		return false;
	/* A blocking call wakes up for it. */
	set_blocking(otls_connection_fd(blocking->server), true);
	otls_connection_set_handshake_timeout(blocking->server, 20);
	return CHECK_ERROR(run, otls_connection_handshake(blocking->server), OTLS_E_TIMEOUT) &&
	       CHECK_NUMBER(run, otls_error_category(otls_error_last()), OTLS_CATEGORY_SYSTEM);
}

/* == alerts that are already here == */

/* The server refuses the client's certificate and closes; the client's next write fails with EPIPE or ECONNRESET, but
 * the alert has arrived before, and it is what the client is told. */
static bool
alert_before_epipe(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	uint8_t *data = run_owns(run, calloc(1, 100000), free);
	otls_connection *dead = NULL;
	struct pair *pair = NULL;
	otls_status status = OTLS_OK;
	size_t done = 0;

	if (!trust(run, server, pki_ca(run)) || !CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_REQUIRE)))
		return false;
	pair = pair_open(run, client, server, WIRE_SOCKETPAIR);
	for (int i = 0; i < 100 && pair->server_status != OTLS_ERROR; i++) {
		if (pair->client_status == OTLS_WANT_READ)
			pair->client_status = otls_connection_handshake(pair->client);
		pair->server_status = otls_connection_handshake(pair->server);
	}
	otls_connection_flush(pair->server);
	dead = pair->server;
	pair->server = NULL;
	otls_connection_free(dead);
	for (int i = 0; i < 100 && status != OTLS_ERROR; i++)
		status = otls_connection_write(pair->client, data, 100000, &done);
	return CHECK_ERROR(run, status, OTLS_E_ALERT_RECEIVED);
}

/* The failed side still hands out its alert, on callbacks: by flush, and by the calls that answer the error. */
static bool
alert_after_failure(struct run *run)
{
	otls_context *stranger = bare_client(run);
	struct pair *pair = NULL;

	if (!trust(run, stranger, pki_other_ca(run)))
		return false;
	pair = pair_open(run, stranger, good_server(run), WIRE_CALLBACKS);
	for (int i = 0; i < 100 && pair->client_status != OTLS_ERROR; i++) {
		/* The client's output is stopped until it has failed. */
		if (otls_connection_stat(pair->client, OTLS_STAT_WIRE_BYTES_OUT) > 0)
			pair->to_server.room = 1;
		pair->client_status = otls_connection_handshake(pair->client);
		pair->server_status = otls_connection_handshake(pair->server);
	}
	if (!CHECK_NUMBER(run, pair->client_status, OTLS_ERROR))
		return false;
	pair->to_server.room = 0;
	otls_connection_flush(pair->client);
	for (int i = 0; i < 100 && pair->server_status != OTLS_ERROR; i++)
		pair->server_status = otls_connection_handshake(pair->server);
	return CHECK_NUMBER(run, pair->server_status, OTLS_ERROR) &&
	       CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->server)), "ALERT_RECEIVED");
}

/* == very much == */
#define BULK ((uint64_t)200 * 1000 * 1000)

struct flow {
	otls_connection *from, *to;
	uint64_t sent, received;
	uint64_t sum_sent, sum_received;
	uint32_t seed;
};

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Order matters to it: a lost, doubled or swapped byte shows. */
static uint64_t
checksum(uint64_t sum, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ data[i]) * UINT64_C(0x100000001b3);
	return sum;
}

static bool
flow_write(struct run *run, struct flow *flow, uint8_t *buf, size_t cap)
{
	size_t n = 1 + next_random(&flow->seed) % cap, done = 0;
	otls_status status = OTLS_OK;

	if (n > BULK - flow->sent)
		n = (size_t)(BULK - flow->sent);
	if (n == 0) {
		otls_connection_flush(flow->from);
		return true;
	}
	buf[0] = (uint8_t)next_random(&flow->seed);
	status = otls_connection_write(flow->from, buf, n, &done);
	flow->sum_sent = checksum(flow->sum_sent, buf, done);
	flow->sent += done;
	return status == OTLS_OK || CHECK_STATUS(run, status, OTLS_WANT_WRITE);
}

static bool
flow_read(struct run *run, struct flow *flow, uint8_t *buf, size_t cap)
{
	size_t n = 1 + next_random(&flow->seed) % cap, len = 0;
	otls_status status = otls_connection_read(flow->to, buf, n, &len);

	flow->sum_received = checksum(flow->sum_received, buf, len);
	flow->received += len;
	return status == OTLS_OK || CHECK_STATUS(run, status, OTLS_WANT_READ);
}

/* 200 MB each way at once, through small socket buffers, in chunks of random sizes. */
static bool
bulk(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_SOCKETPAIR);
	struct flow up = { .from = pair->client, .to = pair->server, .seed = 1 };
	struct flow down = { .from = pair->server, .to = pair->client, .seed = 2 };
	uint8_t *out = run_owns(run, malloc(70000), free), *in = run_owns(run, malloc(70000), free);
	int small = 16384;
	bool good = run->outcome != OUTCOME_FAILED;

	for (size_t i = 0; i < 70000; i++)
		out[i] = pattern(i);
	for (int i = 0; good && i < 2; i++) {
		int fd = otls_connection_fd(i == 0 ? pair->client : pair->server);
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	}
	for (uint64_t idle = 0; good && (up.received < BULK || down.received < BULK);) {
		uint64_t before = up.sent + up.received + down.sent + down.received;
		good = flow_write(run, &up, out, 70000) && flow_write(run, &down, out, 70000) &&
		       flow_read(run, &up, in, 70000) && flow_read(run, &down, in, 70000);
		idle = before == up.sent + up.received + down.sent + down.received ? idle + 1 : 0;
		if (idle > 100000)
			good = failed(run, "stuck at %llu and %llu bytes", (unsigned long long)up.received,
			    (unsigned long long)down.received);
	}
	return good && CHECK(run, up.sum_sent == up.sum_received) && CHECK(run, down.sum_sent == down.sum_received) &&
	       pair_shutdown(pair);
}

static const struct test_case cases[] = {
	{ "starttls", starttls, .scope = SCOPE_PAIR },
	{ "starttls_memory", starttls_memory, .scope = SCOPE_PAIR },
	{ "starttls_injected", starttls_injected, .scope = SCOPE_BACKEND },
	{ "unread_limit", unread_limit, .scope = SCOPE_BACKEND },
	{ "timeout", timeout, .scope = SCOPE_PAIR },
	{ "write_timeout", write_timeout, .scope = SCOPE_PAIR },
	{ "handshake_timeout", handshake_timeout, .scope = SCOPE_BACKEND },
	{ "alert_before_epipe", alert_before_epipe, .scope = SCOPE_PAIR },
	{ "alert_after_failure", alert_after_failure, .scope = SCOPE_PAIR },
	{ "bulk", bulk, .scope = SCOPE_PAIR, .flags = CASE_LONG },
};

const struct suite suite_stream = { "stream", cases, COUNT(cases) };
