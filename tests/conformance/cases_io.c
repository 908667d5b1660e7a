/* Reading and writing: small, large, blocked, in pieces, over memory with and without copies. */
#include "pair.h"
#include "pki.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

static bool
is_pattern(const uint8_t *data, size_t from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] != pattern(from + i))
			return false;
	return true;
}

static void
fill_pattern(uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = pattern(i);
}

/* The client writes n bytes of the pattern, and all of it is on its way. */
static bool
write_pattern(struct pair *pair, size_t n)
{
	uint8_t *data = run_owns(pair->run, malloc(n), free);
	size_t done = 0, sent = 0;

	fill_pattern(data, n);
	for (int tries = 0; sent < n && tries < 100000; tries++) {
		otls_status status = otls_connection_write_all(pair->client, data + sent, n - sent, &done);
		sent += done;
		if (status == OTLS_ERROR)
			return CHECK_OK(pair->run, status);
		pair_move(pair);
	}
	return CHECK_NUMBER(pair->run, sent, n);
}

static bool
sizes(struct run *run)
{
	static const size_t all[] = { 1, 2, 15, 16, 17, 1023, 16383, 16384, 16385, 32768, 65537 };
	struct pair *pair = pair_connected(run, WIRE_VARIED);

	for (size_t i = 0; i < COUNT(all); i++)
		if (!pair_exchange(pair, all[i]))
			return false;
	return pair_shutdown(pair);
}

static bool
peek(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_VARIED);
	uint8_t buf[100];
	size_t len = 0;
	otls_status status = OTLS_WANT_READ;

	if (!write_pattern(pair, 100))
		return false;
	for (int tries = 0; status == OTLS_WANT_READ && tries < 10000; tries++)
		status = otls_connection_peek(pair->server, buf, 10, &len);
	return CHECK_STATUS(run, status, OTLS_OK) && CHECK_NUMBER(run, len, 10) &&
	       CHECK(run, is_pattern(buf, 0, len)) &&
	       CHECK_OK(run, otls_connection_peek(pair->server, buf, sizeof(buf), &len)) &&
	       CHECK_NUMBER(run, len, 100) && CHECK(run, is_pattern(buf, 0, len)) &&
	       CHECK_OK(run, otls_connection_read(pair->server, buf, 30, &len)) && CHECK_NUMBER(run, len, 30) &&
	       CHECK(run, is_pattern(buf, 0, len)) && CHECK_OK(run, otls_connection_peek(pair->server, buf, 5, &len)) &&
	       CHECK(run, is_pattern(buf, 30, len)) &&
	       CHECK_OK(run, otls_connection_read(pair->server, buf, sizeof(buf), &len)) &&
	       CHECK_NUMBER(run, len, 70) && CHECK(run, is_pattern(buf, 30, len)) &&
	       CHECK_STATUS(run, otls_connection_peek(pair->server, buf, 1, &len), OTLS_WANT_READ);
}

static bool
pending(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_VARIED);
	uint8_t buf[100];
	size_t len = 0;

	if (!CHECK_NUMBER(run, otls_connection_pending(pair->server), 0) || !write_pattern(pair, 100) ||
	    !CHECK_STATUS(run, pair_read(pair, pair->server, buf, 40, &len), OTLS_OK) || !CHECK_NUMBER(run, len, 40))
		return false;
	return CHECK_NUMBER(run, otls_connection_pending(pair->server), 60) &&
	       CHECK(run, otls_connection_has_pending(pair->server)) &&
	       CHECK_OK(run, otls_connection_read(pair->server, buf, sizeof(buf), &len)) &&
	       CHECK_NUMBER(run, otls_connection_pending(pair->server), 0) &&
	       CHECK(run, !otls_connection_has_pending(pair->server)) &&
	       CHECK_STATUS(run, otls_connection_read(pair->server, buf, 1, &len), OTLS_WANT_READ) &&
	       CHECK(run, otls_connection_want_read(pair->server)) &&
	       CHECK(run, !otls_connection_want_write(pair->server));
}

/* Two records that arrive together: what is left of them is not lost on a caller that polls. */
static bool
has_pending(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY);
	uint8_t buf[100];
	size_t len = 0;

	if (!write_pattern(pair, 10) || !write_pattern(pair, 20))
		return false;
	return CHECK_OK(run, otls_connection_read(pair->server, buf, sizeof(buf), &len)) &&
	       CHECK_NUMBER(run, len, 10) && CHECK(run, otls_connection_has_pending(pair->server)) &&
	       CHECK_OK(run, otls_connection_read(pair->server, buf, sizeof(buf), &len)) &&
	       CHECK_NUMBER(run, len, 20) && CHECK(run, !otls_connection_has_pending(pair->server));
}

static bool
zero_length(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_VARIED);
	uint8_t byte = 0;
	size_t len = 1;
	uint64_t before = otls_connection_stat(pair->client, OTLS_STAT_WIRE_BYTES_OUT);

	return CHECK_OK(run, otls_connection_read(pair->client, &byte, 0, &len)) && CHECK_NUMBER(run, len, 0) &&
	       CHECK_OK(run, otls_connection_write(pair->client, &byte, 0, &len)) && CHECK_NUMBER(run, len, 0) &&
	       CHECK_OK(run, otls_connection_write_all(pair->client, &byte, 0, &len)) && CHECK_NUMBER(run, len, 0) &&
	       CHECK_OK(run, otls_connection_writev(pair->client, NULL, 0, &len)) && CHECK_NUMBER(run, len, 0) &&
	       CHECK_OK(run, otls_connection_flush(pair->client)) &&
	       CHECK_NUMBER(run, otls_connection_stat(pair->client, OTLS_STAT_WIRE_BYTES_OUT), before) &&
	       pair_exchange(pair, 10);
}

static bool
gather(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY);
	uint8_t data[1000], buf[2000];
	struct iovec pieces[4] = { { data, 1 }, { data + 1, 0 }, { data + 1, 499 }, { data + 500, 500 } };
	size_t done = 0, len = 0;

	fill_pattern(data, sizeof(data));
	if (!CHECK_OK(run, otls_connection_writev(pair->client, pieces, 4, &done)) || !CHECK_NUMBER(run, done, 1000))
		return false;
	pair_move(pair);
	/* As few records as they fit in: one. */
	return CHECK_OK(run, otls_connection_read(pair->server, buf, sizeof(buf), &len)) &&
	       CHECK_NUMBER(run, len, 1000) && CHECK(run, is_pattern(buf, 0, len)) &&
	       CHECK(run, otls_connection_writev(pair->client, pieces, -1, &done) == OTLS_ERROR) &&
	       CHECK(run, otls_connection_writev(pair->client, pieces, 1025, &done) == OTLS_ERROR) &&
	       pair_exchange(pair, 10);
}

static bool
big_writes(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_SOCKETPAIR);

	return pair_exchange(pair, 3 * 1000 * 1000 + 7) && pair_shutdown(pair);
}

/* Before the handshake was called for, reads and writes drive it. */
static bool
implicit_handshake(struct run *run)
{
	struct pair *pair = pair_open(run, good_client(run), good_server(run), WIRE_VARIED);
	uint8_t buf[8];
	size_t done = 0, len = 0;
	otls_status wrote = OTLS_WANT_READ, read = OTLS_WANT_READ;

	for (int i = 0; i < 100000 && (wrote != OTLS_OK || read != OTLS_OK); i++) {
		if (wrote != OTLS_OK)
			wrote = otls_connection_write(pair->client, "hello", 5, &done);
		pair_move(pair);
		if (read != OTLS_OK)
			read = otls_connection_read(pair->server, buf, sizeof(buf), &len);
		pair_move(pair);
		if (wrote == OTLS_ERROR || read == OTLS_ERROR)
			break;
	}
	return CHECK_STATUS(run, wrote, OTLS_OK) && CHECK_STATUS(run, read, OTLS_OK) && CHECK_NUMBER(run, done, 5) &&
	       CHECK_NUMBER(run, len, 5) && CHECK(run, memcmp(buf, "hello", 5) == 0);
}

/* == a transport that is full == */

/* The pipe is full, one more write is taken or refused as a whole, and then the program only reads: all that was taken
 * leaves all the same. */
static bool
only_reading(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_CALLBACKS);
	uint8_t data[20000], buf[32768];
	size_t done = 0, taken = 0, got = 0, len = 0;
	otls_status status = OTLS_OK;

	fill_pattern(data, sizeof(data));
	pair->to_server.room = 4000;
	for (int i = 0; i < 1000 && status == OTLS_OK && taken < sizeof(data); i++) {
		status = otls_connection_write(pair->client, data + taken, sizeof(data) - taken, &done);
		taken += done;
	}
	if (!CHECK(run, taken > 0) || !CHECK(run, otls_connection_want_write(pair->client)) ||
	    !CHECK(run, (otls_connection_poll_events(pair->client) & POLLOUT) != 0))
		return false;
	/* Full now: nothing more is taken. */
	if (!CHECK_STATUS(run, otls_connection_write(pair->client, data, 1, &done), OTLS_WANT_WRITE) ||
	    !CHECK_NUMBER(run, done, 0))
		return false;
	for (int i = 0; i < 1000 && got < taken; i++) {
		status = otls_connection_read(pair->server, buf, sizeof(buf), &len);
		if (status == OTLS_OK && !CHECK(run, is_pattern(buf, got, len)))
			return false;
		got += len;
		if (!CHECK_STATUS(run, otls_connection_read(pair->client, buf, sizeof(buf), &len), OTLS_WANT_READ))
			return false;
	}
	return CHECK_NUMBER(run, got, taken) && CHECK(run, !otls_connection_want_write(pair->client));
}

/* A write that would block is tried again from another buffer, and shorter: nothing is doubled or lost. */
static bool
moving_buffer(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_CALLBACKS);
	uint8_t *data = run_owns(run, malloc(100000), free), buf[32768], copy[512];
	size_t done = 0, sent = 0, got = 0, len = 0;

	fill_pattern(data, 100000);
	pair->to_server.room = 700;
	for (int i = 0; i < 1000000 && got < 100000; i++) {
		size_t n = 1 + (size_t)(i * 37) % sizeof(copy);
		if (n > 100000 - sent)
			n = 100000 - sent;
		memcpy(copy, data + sent, n);
		if (n > 0 && otls_connection_write(pair->client, copy, n, &done) == OTLS_ERROR)
			return CHECK_OK(run, OTLS_ERROR);
		sent += n > 0 ? done : 0;
		memset(copy, 0xee, sizeof(copy));
		if (n == 0)
			otls_connection_flush(pair->client);
		if (otls_connection_read(pair->server, buf, sizeof(buf), &len) == OTLS_OK) {
			if (!CHECK(run, is_pattern(buf, got, len)))
				return false;
			got += len;
		}
	}
	return CHECK_NUMBER(run, got, 100000);
}

/* == memory without copies == */
static bool
carry_without_copy(struct run *run, otls_connection *from, otls_connection *to)
{
	size_t len = 0, cap = 0;
	const uint8_t *data = NULL;
	uint8_t *room = NULL;

	while ((data = otls_connection_drain_peek(from, &len)) != NULL) {
		room = otls_connection_feed_buffer(to, len < 65536 ? len : 65536, &cap);
		if (!CHECK(run, room != NULL))
			return false;
		if (len > cap)
			len = cap;
		memcpy(room, data, len);
		if (!CHECK_OK(run, otls_connection_feed_commit(to, len)) ||
		    !CHECK_OK(run, otls_connection_drain_consume(from, len)))
			return false;
	}
	return true;
}

static bool
zero_copy(struct run *run)
{
	struct pair *pair = pair_open(run, good_client(run), good_server(run), WIRE_MEMORY);
	uint8_t data[5000], buf[8000];
	size_t done = 0, len = 0;

	for (int i = 0; i < 20 && (pair->client_status != OTLS_OK || pair->server_status != OTLS_OK); i++) {
		pair->client_status = otls_connection_handshake(pair->client);
		if (!carry_without_copy(run, pair->client, pair->server))
			return false;
		pair->server_status = otls_connection_handshake(pair->server);
		if (!carry_without_copy(run, pair->server, pair->client))
			return false;
	}
	fill_pattern(data, sizeof(data));
	if (!CHECK_STATUS(run, pair->client_status, OTLS_OK) || !CHECK_STATUS(run, pair->server_status, OTLS_OK) ||
	    !CHECK_OK(run, otls_connection_write(pair->client, data, sizeof(data), &done)))
		return false;
	otls_connection_drain_peek(pair->client, &len);
	return CHECK_ERROR(run, otls_connection_drain_consume(pair->client, len + 1), OTLS_E_BAD_ARGUMENT) &&
	       carry_without_copy(run, pair->client, pair->server) &&
	       CHECK_OK(run, otls_connection_read(pair->server, buf, sizeof(buf), &len)) &&
	       CHECK_NUMBER(run, len, done) && CHECK(run, is_pattern(buf, 0, len));
}

/* What was shown stays in place while more is written. */
static bool
drain_stays(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY);
	uint8_t data[3000], before[3100];
	const uint8_t *shown = NULL;
	size_t len = 0, done = 0, later = 0;
	otls_status status = OTLS_OK;

	fill_pattern(data, sizeof(data));
	if (!CHECK_OK(run, otls_connection_write(pair->client, data, sizeof(data), &done)))
		return false;
	shown = otls_connection_drain_peek(pair->client, &len);
	if (!CHECK(run, shown != NULL && len > 0 && len <= sizeof(before)))
		return false;
	memcpy(before, shown, len);
	for (int i = 0; i < 50 && status == OTLS_OK; i++)
		status = otls_connection_write(pair->client, data, sizeof(data), &done);
	return CHECK(run, status != OTLS_ERROR) &&
	       CHECK(run, otls_connection_drain_peek(pair->client, &later) == shown) && CHECK(run, later >= len) &&
	       CHECK(run, memcmp(shown, before, len) == 0);
}

static bool
feed_limit(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY);
	uint8_t *data = run_owns(run, calloc(1, 300 * 1024), free);
	size_t len = 0;
	uint8_t byte = 0;

	return CHECK_ERROR(run, otls_connection_feed(pair->server, data, 300 * 1024), OTLS_E_LIMIT) &&
	       CHECK_OK(run, otls_connection_feed(pair->server, data, 0)) && pair_exchange(pair, 10) &&
	       CHECK_OK(run, otls_connection_feed_eof(pair->server)) &&
	       CHECK_ERROR(run, otls_connection_feed(pair->server, data, 1), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_connection_read(pair->server, &byte, 1, &len), OTLS_E_TRUNCATED);
}

/* Memory calls on a connection that has another transport. */
static bool
memory_elsewhere(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_CALLBACKS);
	uint8_t byte = 0;
	size_t len = 0;

	return CHECK_ERROR(run, otls_connection_feed(pair->server, &byte, 1), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_connection_feed_eof(pair->server), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_connection_drain(pair->server, &byte, 1, &len), OTLS_E_BAD_STATE) &&
	       CHECK(run, otls_connection_feed_buffer(pair->server, 1, &len) == NULL) &&
	       CHECK(run, otls_connection_drain_peek(pair->server, &len) == NULL) &&
	       CHECK_ERROR(run, otls_connection_feed_commit(pair->server, 0), OTLS_E_BAD_STATE) &&
	       pair_exchange(pair, 10);
}

static const struct test_case cases[] = {
	{ "sizes", sizes, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "peek", peek, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "pending", pending, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "has_pending", has_pending, .scope = SCOPE_PAIR },
	{ "zero_length", zero_length, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "gather", gather, .scope = SCOPE_PAIR },
	{ "big_writes", big_writes, .scope = SCOPE_PAIR },
	{ "implicit_handshake", implicit_handshake, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "only_reading", only_reading, .scope = SCOPE_PAIR },
	{ "moving_buffer", moving_buffer, .scope = SCOPE_PAIR },
	{ "zero_copy", zero_copy, .scope = SCOPE_PAIR },
	{ "drain_stays", drain_stays, .scope = SCOPE_PAIR },
	{ "feed_limit", feed_limit, .scope = SCOPE_PAIR },
	{ "memory_elsewhere", memory_elsewhere, .scope = SCOPE_PAIR },
};

const struct suite suite_io = { "io", cases, COUNT(cases) };
