/* The end of a connection: closed by both, by one, by nobody; and what comes behind it. */
#include "pair.h"
#include "pki.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* close_notify one way; data goes on the other way. */
static bool
half_close(struct run *run, bool by_client)
{
	struct pair *pair = pair_connected(run, WIRE_VARIED);
	otls_connection *closer = by_client ? pair->client : pair->server, *other = pair_peer(pair, closer);
	uint8_t byte = 0;
	size_t len = 0;
	otls_status status = OTLS_OK;

	if (!pair_exchange(pair, 100))
		return false;
	status = otls_connection_shutdown(closer);
	return CHECK(run, status == OTLS_WANT_READ || status == OTLS_WANT_WRITE) &&
	       CHECK_STATUS(run, pair_read(pair, other, &byte, 1, &len), OTLS_EOF) && CHECK_NUMBER(run, len, 0) &&
	       CHECK_NUMBER(run, otls_connection_shutdown_state(other), OTLS_RECEIVED_SHUTDOWN) &&
	       CHECK_NUMBER(run, otls_connection_shutdown_state(closer), OTLS_SENT_SHUTDOWN) &&
	       CHECK_NUMBER(run, otls_connection_state(closer), OTLS_STATE_CLOSING) &&
	       CHECK_NUMBER(run, otls_connection_state(other), OTLS_STATE_CLOSING) &&
	       CHECK_ERROR(run, otls_connection_write(closer, "x", 1, &len), OTLS_E_BAD_STATE) &&
	       pair_send(pair, other, 20000) && CHECK_STATUS(run, pair_read(pair, other, &byte, 1, &len), OTLS_EOF);
}

static bool
half_close_client(struct run *run)
{
	return half_close(run, true);
}

static bool
half_close_server(struct run *run)
{
	return half_close(run, false);
}

/* Called again and again, it sends once. */
static bool
four_times(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY);
	uint64_t sent = 0;
	uint8_t byte = 0;
	size_t len = 0;

	CHECK_STATUS(run, otls_connection_shutdown(pair->client), OTLS_WANT_READ);
	pair_move(pair);
	sent = otls_connection_stat(pair->client, OTLS_STAT_WIRE_BYTES_OUT);
	for (int i = 0; i < 3; i++)
		CHECK_STATUS(run, otls_connection_shutdown(pair->client), OTLS_WANT_READ);
	pair_move(pair);
	if (!CHECK_NUMBER(run, otls_connection_stat(pair->client, OTLS_STAT_WIRE_BYTES_OUT), sent) ||
	    !pair_send(pair, pair->server, 5000) ||
	    !CHECK_STATUS(run, pair_read(pair, pair->server, &byte, 1, &len), OTLS_EOF) ||
	    !CHECK_OK(run, otls_connection_shutdown(pair->server)))
		return false;
	return CHECK_STATUS(run, pair_read(pair, pair->client, &byte, 1, &len), OTLS_EOF) &&
	       CHECK_OK(run, otls_connection_shutdown(pair->client)) &&
	       CHECK_OK(run, otls_connection_shutdown(pair->server)) &&
	       CHECK_NUMBER(run, otls_connection_state(pair->client), OTLS_STATE_CLOSED);
}

/* Data that is on its way when close_notify goes out still arrives. */
static bool
data_before_close(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY);
	uint8_t buf[100];
	size_t len = 0, done = 0;

	return CHECK_OK(run, otls_connection_write(pair->server, "on its way", 10, &done)) &&
	       CHECK_STATUS(run, otls_connection_shutdown(pair->client), OTLS_WANT_READ) &&
	       CHECK_STATUS(run, otls_connection_shutdown(pair->server), OTLS_WANT_READ) &&
	       CHECK_STATUS(run, pair_read(pair, pair->client, buf, sizeof(buf), &len), OTLS_OK) &&
	       CHECK_NUMBER(run, len, 10) && CHECK(run, memcmp(buf, "on its way", 10) == 0) &&
	       CHECK_STATUS(run, pair_read(pair, pair->client, buf, sizeof(buf), &len), OTLS_EOF) &&
	       CHECK_STATUS(run, pair_read(pair, pair->server, buf, sizeof(buf), &len), OTLS_EOF);
}

static bool
before_handshake(struct run *run)
{
	struct pair *pair = pair_open(run, good_client(run), good_server(run), WIRE_MEMORY);

	return CHECK_ERROR(run, otls_connection_shutdown(pair->client), OTLS_E_BAD_STATE) && pair_connect(pair) &&
	       pair_shutdown(pair);
}

static bool
state_set(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY);
	uint64_t sent = 0;
	uint8_t byte = 0;
	size_t len = 0;

	pair_move(pair);
	sent = otls_connection_stat(pair->client, OTLS_STAT_WIRE_BYTES_OUT);
	return CHECK_OK(run,
		   otls_connection_set_shutdown_state(pair->client, OTLS_SENT_SHUTDOWN | OTLS_RECEIVED_SHUTDOWN)) &&
	       CHECK_STATUS(run, otls_connection_read(pair->client, &byte, 1, &len), OTLS_EOF) &&
	       CHECK_OK(run, otls_connection_shutdown(pair->client)) &&
	       CHECK_NUMBER(run, otls_connection_stat(pair->client, OTLS_STAT_WIRE_BYTES_OUT), sent) &&
	       CHECK(run, otls_connection_set_shutdown_state(pair->client, 64) == OTLS_ERROR);
}

/* == no close_notify == */
static bool
check_truncated(struct run *run, struct pair *pair, otls_connection *conn)
{
	const otls_error *err = NULL;
	uint8_t byte = 0;
	size_t len = 0;

	if (!CHECK_ERROR(run, pair_read(pair, conn, &byte, 1, &len), OTLS_E_TRUNCATED))
		return false;
	err = otls_connection_error(conn);
	return CHECK_NUMBER(run, otls_error_category(err), OTLS_CATEGORY_PROTOCOL) &&
	       CHECK_NUMBER(run, otls_error_alert(err), -1) &&
	       CHECK_NUMBER(run, otls_connection_state(conn), OTLS_STATE_FAILED) &&
	       CHECK_NUMBER(run, otls_connection_shutdown_state(conn) & OTLS_RECEIVED_SHUTDOWN, 0) &&
	       /* It stays that way. */
	       CHECK_ERROR(run, otls_connection_read(conn, &byte, 1, &len), OTLS_E_TRUNCATED) &&
	       CHECK_ERROR(run, otls_connection_write(conn, "x", 1, &len), OTLS_E_TRUNCATED);
}

static bool
truncated(struct run *run)
{
	struct pair *one = pair_connected(run, WIRE_VARIED), *two = pair_connected(run, WIRE_VARIED);

	pair_move(one);
	pair_move(two);
	one->to_server.ended = true;
	two->to_client.ended = true;
	return check_truncated(run, one, one->server) && check_truncated(run, two, two->client);
}

/* What came before the end is read first. */
static bool
truncated_behind_data(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_VARIED);
	uint8_t buf[16] = { 0 };
	size_t done = 0, len = 0, got = 0;

	CHECK(run, otls_connection_write_all(pair->client, "0123456789", 10, &done) != OTLS_ERROR);
	CHECK_NUMBER(run, done, 10);
	pair_move(pair);
	pair->to_server.ended = true;
	while (got < 10 && pair_read(pair, pair->server, buf + got, 4, &len) == OTLS_OK)
		got += len;
	return CHECK_NUMBER(run, got, 10) && CHECK(run, memcmp(buf, "0123456789", 10) == 0) &&
	       check_truncated(run, pair, pair->server);
}

/* The end comes within a record. */
static bool
truncated_in_record(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_VARIED);
	size_t done = 0;

	pair_move(pair);
	pair->to_server.cut = true;
	pair->to_server.cut_at = pair->to_server.entered + 9;
	if (!CHECK(run, otls_connection_write_all(pair->client, "0123456789", 10, &done) != OTLS_ERROR))
		return false;
	pair_move(pair);
	return check_truncated(run, pair, pair->server);
}

/* The peer's process is gone. */
static bool
truncated_socket(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_TCP);

	if (!pair_exchange(pair, 100))
		return false;
	shutdown(otls_connection_fd(pair->client), SHUT_WR);
	return check_truncated(run, pair, pair->server);
}

static bool
reset(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_TCP);
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	uint8_t byte = 0;
	size_t len = 0;
	otls_connection *client = pair->client;

	if (!pair_exchange(pair, 100))
		return false;
	setsockopt(otls_connection_fd(client), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	pair->client = NULL;
	otls_connection_free(client);
	return CHECK_ERROR(run, otls_connection_read(pair->server, &byte, 1, &len), OTLS_E_SYSCALL) &&
	       CHECK_NUMBER(run, otls_error_category(otls_error_last()), OTLS_CATEGORY_SYSTEM) &&
	       CHECK(run, otls_error_errno(otls_error_last()) != 0) &&
	       CHECK_ERROR(run, otls_connection_write(pair->server, "x", 1, &len), OTLS_E_SYSCALL);
}

/* == behind close_notify == */
static bool
leftover(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY);
	static const uint8_t plain[] = "and on in plain\r\n";
	const uint8_t *data = NULL;
	uint8_t byte = 0;
	size_t len = 0;

	if (!CHECK_STATUS(run, otls_connection_shutdown(pair->client), OTLS_WANT_READ))
		return false;
	CHECK(run, otls_connection_leftover(pair->server, &len) == NULL);
	pair_move(pair);
	if (!CHECK_OK(run, otls_connection_feed(pair->server, plain, sizeof(plain))) ||
	    !CHECK_STATUS(run, otls_connection_read(pair->server, &byte, 1, &len), OTLS_EOF))
		return false;
	data = otls_connection_leftover(pair->server, &len);
	return CHECK(run, data != NULL) && CHECK_NUMBER(run, len, sizeof(plain)) &&
	       CHECK(run, memcmp(data, plain, len) == 0) &&
	       CHECK_STATUS(run, otls_connection_read(pair->server, &byte, 1, &len), OTLS_EOF);
}

/* == the socket alone == */
static bool
sock_shutdown(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_TCP), *memory = pair_connected(run, WIRE_MEMORY);

	return CHECK_ERROR(run, otls_connection_sock_shutdown(memory->client, SHUT_WR), OTLS_E_BAD_STATE) &&
	       pair_exchange(memory, 10) && CHECK_OK(run, otls_connection_sock_shutdown(pair->client, SHUT_WR)) &&
	       CHECK_NUMBER(run, otls_connection_shutdown_state(pair->client), 0) &&
	       check_truncated(run, pair, pair->server);
}

static const struct test_case cases[] = {
	{ "half_close_client", half_close_client, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "half_close_server", half_close_server, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "four_times", four_times, .scope = SCOPE_PAIR },
	{ "data_before_close", data_before_close, .scope = SCOPE_PAIR },
	{ "before_handshake", before_handshake, .scope = SCOPE_PAIR },
	{ "state_set", state_set, .scope = SCOPE_PAIR },
	{ "truncated", truncated, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "truncated_behind_data", truncated_behind_data, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "truncated_in_record", truncated_in_record, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "truncated_socket", truncated_socket, .scope = SCOPE_PAIR },
	{ "reset", reset, .scope = SCOPE_PAIR },
	{ "leftover", leftover, .scope = SCOPE_PAIR },
	{ "sock_shutdown", sock_shutdown, .scope = SCOPE_PAIR },
};

const struct suite suite_shutdown = { "shutdown", cases, COUNT(cases) };
