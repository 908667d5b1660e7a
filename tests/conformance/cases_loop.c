/* Programs that wait in poll(2) for what otls_connection_poll_events says, and for nothing else: they neither hang nor
 * turn round for nothing, whatever the order of their calls. */
#include "pair.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define AMOUNT    ((size_t)300 * 1000) /* bytes that each side sends */
#define BUFFER    4096                 /* of a socket: less than a record */
#define RECORD    16384
#define PATIENCE  60000 /* milliseconds without any event: it hangs */
#define IDLE_MOST 3     /* turns in a row that move nothing: it spins */

enum manner {
	MANNER_ONE_CALL, /* one read and one write per turn */
	MANNER_GREEDY,   /* each as often as it is OK */
	MANNER_WRITE_FIRST
};

struct side {
	otls_connection *conn;
	size_t sent, got;
	bool heard_end, said_end;
	uint64_t moved; /* bytes on the wire and in the program, in both directions, up to the last turn */
	unsigned idle;
};

static bool
is_over(const struct side *side)
{
	return side->heard_end && side->said_end;
}

static bool
goes_on(otls_status status)
{
	return status == OTLS_OK || status == OTLS_EOF || status == OTLS_WANT_READ || status == OTLS_WANT_WRITE;
}

static bool
read_some(struct run *run, struct side *side, bool greedy)
{
	otls_status status = OTLS_OK;
	uint8_t buf[5000];
	size_t len = 0;

	do {
		status = otls_connection_read(side->conn, buf, sizeof(buf), &len);
		for (size_t i = 0; i < len; i++)
			if (buf[i] != pattern(side->got + i))
				return failed(run, "byte %zu was damaged", side->got + i);
		side->got += len;
	} while (greedy && status == OTLS_OK);
	side->heard_end = status == OTLS_EOF;
	return goes_on(status) || CHECK_OK(run, status);
}

static bool
write_some(struct run *run, struct side *side, const uint8_t *data, bool greedy)
{
	otls_status status = OTLS_OK;
	size_t done = 0;

	do {
		if (side->sent == AMOUNT)
			break;
		status = otls_connection_write(side->conn, data + side->sent, AMOUNT - side->sent, &done);
		side->sent += done;
	} while (greedy && status == OTLS_OK);
	if (side->sent == AMOUNT && !side->said_end) {
		status = otls_connection_shutdown(side->conn);
		side->said_end = status == OTLS_OK || status == OTLS_WANT_READ;
	}
	return goes_on(status) || CHECK_OK(run, status);
}

static bool
turn(struct run *run, struct side *side, const uint8_t *data, enum manner manner)
{
	bool greedy = manner == MANNER_GREEDY, good = true;
	uint64_t moved = 0;

	if (manner == MANNER_WRITE_FIRST)
		good = write_some(run, side, data, greedy);
	if (good && !side->heard_end)
		good = read_some(run, side, greedy);
	if (good && manner != MANNER_WRITE_FIRST)
		good = write_some(run, side, data, greedy);
	moved = otls_connection_stat(side->conn, OTLS_STAT_WIRE_BYTES_IN) +
		otls_connection_stat(side->conn, OTLS_STAT_WIRE_BYTES_OUT) + side->got + side->sent +
		(side->heard_end ? 1 : 0) + (side->said_end ? 1 : 0);
	side->idle = moved != side->moved ? 0 : side->idle + 1;
	side->moved = moved;
	return good && CHECK(run, side->idle <= IDLE_MOST);
}

/* One wait, and a turn for each side that it woke. */
static bool
wait_and_turn(struct run *run, struct side sides[2], const uint8_t *data, enum manner manner)
{
	struct pollfd fds[2] = { { .fd = -1 }, { .fd = -1 } };
	int patience = PATIENCE;

	for (int i = 0; i < 2; i++) {
		if (is_over(&sides[i]))
			continue;
		fds[i].fd = otls_connection_fd(sides[i].conn);
		fds[i].events = otls_connection_poll_events(sides[i].conn);
		if (fds[i].events == 0)
			patience = 0;
	}
	if (poll(fds, 2, patience) < 0 || (patience > 0 && fds[0].revents == 0 && fds[1].revents == 0))
		return failed(run, "nothing happens any more: %d and %d were waited for", fds[0].events, fds[1].events);
	for (int i = 0; i < 2; i++)
		if (!is_over(&sides[i]) && (fds[i].events == 0 || fds[i].revents != 0) &&
		    !turn(run, &sides[i], data, manner))
			return false;
	return true;
}

static void
shrink(const otls_connection *conn)
{
	int size = BUFFER;

	setsockopt(otls_connection_fd(conn), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(otls_connection_fd(conn), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/* From the first byte to both ends' close_notify, with bulk both ways at once. */
static bool
loop(struct run *run, enum manner manner)
{
	struct pair *pair = pair_open(run, good_client(run), good_server(run), WIRE_SOCKETPAIR);
	struct side sides[2] = { { .conn = pair->client }, { .conn = pair->server } };
	uint8_t *data = run_owns(run, malloc(AMOUNT), free);

	for (size_t i = 0; i < AMOUNT; i++)
		data[i] = pattern(i);
	shrink(pair->client);
	shrink(pair->server);
	while (!is_over(&sides[0]) || !is_over(&sides[1]))
		if (!wait_and_turn(run, sides, data, manner))
			return false;
	return CHECK_NUMBER(run, sides[0].got, AMOUNT) && CHECK_NUMBER(run, sides[1].got, AMOUNT) &&
	       CHECK_NUMBER(run, otls_connection_state(pair->client), OTLS_STATE_CLOSED) &&
	       CHECK_NUMBER(run, otls_connection_state(pair->server), OTLS_STATE_CLOSED);
}

static bool
one_call(struct run *run)
{
	return loop(run, MANNER_ONE_CALL);
}

static bool
greedy(struct run *run)
{
	return loop(run, MANNER_GREEDY);
}

static bool
write_first(struct run *run)
{
	return loop(run, MANNER_WRITE_FIRST);
}

/* The peer's close_notify came together with its last data: shutdown misses what is here already, and the socket will
 * never say so. */
static bool
close_is_here(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_SOCKETPAIR);
	uint8_t buf[8];
	size_t len = 0;

	return CHECK_OK(run, otls_connection_write(pair->client, "last", 4, &len)) &&
	       CHECK_STATUS(run, otls_connection_shutdown(pair->client), OTLS_WANT_READ) &&
	       CHECK_OK(run, otls_connection_read(pair->server, buf, sizeof(buf), &len)) &&
	       CHECK_STATUS(run, otls_connection_shutdown(pair->server), OTLS_WANT_READ) &&
	       CHECK_NUMBER(run, otls_connection_poll_events(pair->server), 0) &&
	       CHECK_STATUS(run, otls_connection_read(pair->server, buf, sizeof(buf), &len), OTLS_EOF);
}

/* Until the socket is full, and a write refused. */
static bool
fill_socket(struct run *run, otls_connection *conn)
{
	static const uint8_t data[RECORD];
	otls_status status = OTLS_OK;
	size_t done = 0;

	while (status == OTLS_OK)
		status = otls_connection_write(conn, data, sizeof(data), &done);
	return CHECK_STATUS(run, status, OTLS_WANT_WRITE);
}

static bool
empty_socket(struct run *run, otls_connection *writer, otls_connection *reader)
{
	uint8_t buf[RECORD];
	size_t len = 0;

	while (otls_connection_want_write(writer)) {
		while (otls_connection_read(reader, buf, sizeof(buf), &len) == OTLS_OK)
			continue;
		/* This sends what is queued. */
		if (!CHECK_STATUS(run, otls_connection_read(writer, buf, sizeof(buf), &len), OTLS_WANT_READ))
			return false;
	}
	return true;
}

/* A write was refused, and a read has sent what it waited for: who has more to write must not wait for input alone. */
static bool
refused_write(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_SOCKETPAIR);
	size_t done = 0;

	shrink(pair->client);
	shrink(pair->server);
	return CHECK_NUMBER(run, otls_connection_poll_events(pair->client), POLLIN) && fill_socket(run, pair->client) &&
	       empty_socket(run, pair->client, pair->server) &&
	       CHECK_NUMBER(run, otls_connection_poll_events(pair->client), POLLIN | POLLOUT) &&
	       CHECK_OK(run, otls_connection_write(pair->client, "more", 4, &done)) &&
	       CHECK_NUMBER(run, otls_connection_poll_events(pair->client), POLLIN) && fill_socket(run, pair->client) &&
	       empty_socket(run, pair->client, pair->server) && CHECK_OK(run, otls_connection_flush(pair->client)) &&
	       CHECK_NUMBER(run, otls_connection_poll_events(pair->client), POLLIN);
}

static const struct test_case cases[] = {
	{ "one_call", one_call, .scope = SCOPE_PAIR },
	{ "greedy", greedy, .scope = SCOPE_PAIR },
	{ "write_first", write_first, .scope = SCOPE_PAIR },
	{ "refused_write", refused_write, .scope = SCOPE_PAIR },
	{ "close_is_here", close_is_here, .scope = SCOPE_PAIR },
};

const struct suite suite_loop = { "loop", cases, COUNT(cases) };
