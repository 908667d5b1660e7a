#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUIET_ROUNDS 4    /* rounds without a byte after which nothing is expected to happen any more */
#define PATIENCE     5000 /* milliseconds that a socket may take to become ready */
#define CHUNK        32768

enum { ALERT_HANDSHAKE_FAILURE = 40 };

/* == links == */
static bool
link_reserve(struct link *link, size_t more)
{
	size_t len = link->end - link->start, cap = link->cap > 0 ? link->cap : 4096;
	uint8_t *grown = NULL;

	if (link->start > 0)
		memmove(link->data, link->data + link->start, len);
	link->start = 0;
	link->end = len;
	while (cap - len < more)
		cap *= 2;
	if (cap == link->cap)
		return true;
	grown = realloc(link->data, cap);
	if (grown == NULL)
		return false;
	link->data = grown;
	link->cap = cap;
	return true;
}

void
link_put(struct link *link, const void *data, size_t len)
{
	uint64_t first = link->entered;

	link->entered += len;
	if (link->cut && first + len >= link->cut_at) {
		len = first < link->cut_at ? (size_t)(link->cut_at - first) : 0;
		link->ended = true;
	}
	if (link->dropping || len == 0 || !link_reserve(link, len))
		return;
	memcpy(link->data + link->end, data, len);
	if (link->damaging && link->damage_at >= first && link->damage_at < first + len)
		link->data[link->end + (size_t)(link->damage_at - first)] ^= link->damage;
	link->end += len;
}

size_t
link_len(const struct link *link)
{
	return link->end - link->start;
}

const uint8_t *
link_view(const struct link *link)
{
	return link->data + link->start;
}

size_t
link_take(struct link *link, void *buf, size_t cap)
{
	size_t len = link_len(link);

	if (link->held)
		return 0;
	if (link->step > 0 && len > link->step)
		len = link->step;
	if (len > cap)
		len = cap;
	if (len > 0)
		memcpy(buf, link->data + link->start, len);
	link->start += len;
	return len;
}

/* == callbacks == */
static otls_status
link_recv(struct link *link, void *buf, size_t cap, size_t *len)
{
	link->turn_out = !link->turn_out;
	if (link->fail_errno != 0 && link_len(link) == 0) {
		errno = link->fail_errno;
		return OTLS_ERROR;
	}
	if (link->blocking && link->turn_out)
		return OTLS_WANT_READ;
	*len = link_take(link, buf, cap);
	if (*len > 0)
		return OTLS_OK;
	return link->ended && !link->held ? OTLS_EOF : OTLS_WANT_READ;
}

static otls_status
link_send(struct link *link, const void *buf, size_t len, size_t *sent)
{
	link->turn_in = !link->turn_in;
	if (link->fail_errno != 0) {
		errno = link->fail_errno;
		return OTLS_ERROR;
	}
	if (link->blocking && link->turn_in)
		return OTLS_WANT_WRITE;
	if (link->room > 0 && link_len(link) >= link->room)
		return OTLS_WANT_WRITE;
	if (link->room > 0 && len > link->room - link_len(link))
		len = link->room - link_len(link);
	if (link->step > 0 && len > link->step)
		len = link->step;
	link_put(link, buf, len);
	*sent = len;
	return OTLS_OK;
}

static otls_status
client_recv(void *arg, void *buf, size_t cap, size_t *len)
{
	return link_recv(&((struct pair *)arg)->to_client, buf, cap, len);
}

static otls_status
client_send(void *arg, const void *buf, size_t len, size_t *sent)
{
	return link_send(&((struct pair *)arg)->to_server, buf, len, sent);
}

static otls_status
server_recv(void *arg, void *buf, size_t cap, size_t *len)
{
	return link_recv(&((struct pair *)arg)->to_server, buf, cap, len);
}

static otls_status
server_send(void *arg, const void *buf, size_t len, size_t *sent)
{
	return link_send(&((struct pair *)arg)->to_client, buf, len, sent);
}

/* == sockets == */
void
set_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

static bool
open_tcp(struct run *run, int fds[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int listener = -1;
	bool good = false;

	fds[0] = fds[1] = -1;
	good = CHECK_OK(run, otls_listen("127.0.0.1", "0", &listener)) &&
	       CHECK(run, getsockname(listener, (struct sockaddr *)&address, &len) == 0) &&
	       CHECK(run, (fds[0] = socket(AF_INET, SOCK_STREAM, 0)) >= 0) &&
	       CHECK(run, connect(fds[0], (struct sockaddr *)&address, len) == 0) &&
	       CHECK(run, (fds[1] = accept(listener, NULL, NULL)) >= 0);
	if (listener >= 0)
		close(listener);
	if (!good && fds[0] >= 0)
		close(fds[0]);
	return good;
}

bool
open_sockets(struct run *run, bool tcp, int fds[2])
{
	bool good = tcp ? open_tcp(run, fds) : CHECK(run, socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);

	if (!good)
		return false;
	set_blocking(fds[0], false);
	set_blocking(fds[1], false);
	return true;
}

static bool
wire_sockets(struct pair *pair, bool tcp)
{
	int fds[2] = { -1, -1 };

	if (!open_sockets(pair->run, tcp, fds))
		return false;
	if (!CHECK_OK(pair->run, otls_connection_set_fd(pair->client, fds[0], OTLS_FD_OWN)))
		close(fds[0]);
	if (!CHECK_OK(pair->run, otls_connection_set_fd(pair->server, fds[1], OTLS_FD_OWN)))
		close(fds[1]);
	return true;
}

/* == opening == */
static void
release_pair(void *thing)
{
	struct pair *pair = thing;

	otls_connection_free(pair->client);
	otls_connection_free(pair->server);
	free(pair->to_server.data);
	free(pair->to_client.data);
	free(pair);
}

static void
wire_varied(struct pair *pair)
{
	variation how = pair->run->variation;

	pair->wiring = how == VARIATION_PLAIN ? WIRE_MEMORY : WIRE_CALLBACKS;
	if (how == VARIATION_BYTES)
		pair->to_server.step = pair->to_client.step = 1;
	if (how == VARIATION_BLOCKING)
		pair->to_server.blocking = pair->to_client.blocking = true;
}

static void
wire(struct pair *pair)
{
	struct run *run = pair->run;

	if (pair->wiring == WIRE_VARIED)
		wire_varied(pair);
	if (pair->wiring == WIRE_CALLBACKS) {
		CHECK_OK(run, otls_connection_set_transport(pair->client, client_recv, client_send, pair, NULL));
		CHECK_OK(run, otls_connection_set_transport(pair->server, server_recv, server_send, pair, NULL));
	}
	if (pair->wiring == WIRE_SOCKETPAIR || pair->wiring == WIRE_TCP)
		wire_sockets(pair, pair->wiring == WIRE_TCP);
}

struct pair *
pair_open_named(struct run *run, otls_context *client, otls_context *server, const char *name, wiring how)
{
	struct pair *pair = run_owns(run, calloc(1, sizeof(*pair)), release_pair);

	if (pair == NULL)
		abort();
	pair->run = run;
	pair->wiring = how;
	pair->client_status = pair->server_status = OTLS_WANT_READ;
	if (!CHECK_OK(run, otls_connection_new_client(client, name, &pair->client)) ||
	    !CHECK_OK(run, otls_connection_new_server(server, &pair->server)))
		return pair;
	wire(pair);
	return pair;
}

struct pair *
pair_open(struct run *run, otls_context *client, otls_context *server, wiring how)
{
	return pair_open_named(run, client, server, HOST, how);
}

struct pair *
pair_connected(struct run *run, wiring how)
{
	struct pair *pair = pair_open(run, good_client(run), good_server(run), how);

	pair_connect(pair);
	return pair;
}

otls_connection *
pair_peer(const struct pair *pair, const otls_connection *conn)
{
	return conn == pair->client ? pair->server : pair->client;
}

/* == moving == */

/* Memory only: from one connection's output into the link, and from the link into the other's input. */
static bool
carry(otls_connection *from, struct link *link, otls_connection *to)
{
	uint8_t buf[CHUNK];
	size_t len = 0;
	bool moved = false;

	while (otls_connection_drain(from, buf, link->step > 0 ? link->step : sizeof(buf), &len) == OTLS_OK) {
		link_put(link, buf, len);
		moved = true;
	}
	while ((len = link_take(link, buf, sizeof(buf))) > 0) {
		if (otls_connection_feed(to, buf, len) != OTLS_OK) {
			/* Full, or closed: what is closed needs nothing any more. */
			link->start -= len;
			break;
		}
		moved = true;
	}
	if (link->ended && !link->held && link_len(link) == 0 && !link->end_told) {
		link->end_told = otls_connection_feed_eof(to) == OTLS_OK;
		moved = moved || link->end_told;
	}
	return moved;
}

static uint64_t
wire_bytes(const struct pair *pair)
{
	return otls_connection_stat(pair->client, OTLS_STAT_WIRE_BYTES_IN) +
	       otls_connection_stat(pair->client, OTLS_STAT_WIRE_BYTES_OUT) +
	       otls_connection_stat(pair->server, OTLS_STAT_WIRE_BYTES_IN) +
	       otls_connection_stat(pair->server, OTLS_STAT_WIRE_BYTES_OUT);
}

/* Sends what is queued. */
static bool
flush_both(struct pair *pair)
{
	uint64_t before = wire_bytes(pair);

	otls_connection_flush(pair->client);
	otls_connection_flush(pair->server);
	return wire_bytes(pair) != before;
}

bool
pair_move(struct pair *pair)
{
	bool moved = false, up = false, down = false;

	if (pair->client == NULL || pair->server == NULL)
		return false;
	if (pair->wiring != WIRE_MEMORY) {
		for (int quiet = 0; quiet < QUIET_ROUNDS; quiet++) {
			if (!flush_both(pair))
				continue;
			moved = true;
			quiet = 0;
		}
		return moved;
	}
	do {
		up = carry(pair->client, &pair->to_server, pair->server);
		down = carry(pair->server, &pair->to_client, pair->client);
		moved = moved || up || down;
	} while (up || down);
	return moved;
}

static bool
is_waiting(otls_status status)
{
	return status == OTLS_WANT_READ || status == OTLS_WANT_WRITE;
}

/* What an end waits for; nothing, once it has failed. */
static struct pollfd
awaited(const otls_connection *conn, otls_status status)
{
	bool failed_end = status == OTLS_ERROR || otls_connection_state(conn) == OTLS_STATE_FAILED;

	return (struct pollfd){
		.fd = failed_end ? -1 : otls_connection_fd(conn),
		.events = otls_connection_poll_events(conn),
	};
}

/* Sockets: waits until one of the two can go on. */
static bool
wait_for_sockets(const struct pair *pair)
{
	struct pollfd fds[2] = {
		awaited(pair->client, pair->client_status),
		awaited(pair->server, pair->server_status),
	};

	for (size_t i = 0; i < COUNT(fds); i++)
		if (fds[i].fd >= 0 && fds[i].events == 0)
			return true; /* call again now */
	return poll(fds, 2, PATIENCE) > 0;
}

/* Called between two tries: moves bytes, and answers whether a further try makes sense. */
static bool
get_on(struct pair *pair, uint64_t *seen, int *quiet)
{
	bool moved = pair_move(pair);
	uint64_t now = wire_bytes(pair);

	if (moved || now != *seen) {
		*seen = now;
		*quiet = 0;
		return true;
	}
	if (++*quiet <= QUIET_ROUNDS)
		return true;
	if (pair->wiring != WIRE_SOCKETPAIR && pair->wiring != WIRE_TCP)
		return false;
	*quiet = 0;
	return wait_for_sockets(pair);
}

void
pair_handshake(struct pair *pair)
{
	uint64_t seen = 0;
	int quiet = 0;

	if (pair->client == NULL || pair->server == NULL)
		return;
	do {
		if (is_waiting(pair->client_status))
			pair->client_status = otls_connection_handshake(pair->client);
		if (is_waiting(pair->server_status))
			pair->server_status = otls_connection_handshake(pair->server);
		if (!is_waiting(pair->client_status) && !is_waiting(pair->server_status))
			break;
	} while (get_on(pair, &seen, &quiet));
	pair_move(pair);
}

/* A handshake that did not begin leaves its error with the thread only. */
static bool
check_begun(struct pair *pair, otls_connection *conn, otls_status status)
{
	if (status != OTLS_ERROR || otls_connection_state(conn) == OTLS_STATE_FAILED)
		return true;
	return CHECK_OK(pair->run, otls_connection_handshake(conn));
}

bool
pair_connect(struct pair *pair)
{
	const otls_error *client = NULL, *server = NULL;

	if (pair->run->outcome == OUTCOME_FAILED)
		return false;
	pair_handshake(pair);
	if (pair->client_status == OTLS_OK && pair->server_status == OTLS_OK)
		return true;
	if (!check_begun(pair, pair->client, pair->client_status) ||
	    !check_begun(pair, pair->server, pair->server_status))
		return false;
	client = otls_connection_error(pair->client);
	server = otls_connection_error(pair->server);
	return failed(pair->run, "no handshake: the client's status is %d, %s: %s; the server's %d, %s: %s",
	    (int)pair->client_status, otls_error_name(client), otls_error_message(client), (int)pair->server_status,
	    otls_error_name(server), otls_error_message(server));
}

otls_status
pair_read(struct pair *pair, otls_connection *conn, void *buf, size_t cap, size_t *len)
{
	otls_status status = OTLS_ERROR;
	uint64_t seen = 0;
	int quiet = 0;

	do {
		status = otls_connection_read(conn, buf, cap, len);
	} while (is_waiting(status) && get_on(pair, &seen, &quiet));
	return status;
}

/* Reads what is there into the comparison with the pattern; false: something else than would-block went wrong. */
static bool
compare_some(struct pair *pair, otls_connection *to, size_t *at, size_t end)
{
	uint8_t buf[CHUNK];
	size_t len = 0;
	otls_status status = otls_connection_read(to, buf, sizeof(buf), &len);

	if (is_waiting(status))
		return true;
	if (!CHECK_STATUS(pair->run, status, OTLS_OK))
		return false;
	if (len == 0 || *at + len > end)
		return failed(pair->run, "%zu bytes where at most %zu were expected", len, end - *at);
	for (size_t i = 0; i < len; i++)
		if (buf[i] != pattern(*at + i))
			return failed(pair->run, "byte %zu is wrong", *at + i);
	*at += len;
	return true;
}

bool
pair_send(struct pair *pair, otls_connection *from, size_t n)
{
	otls_connection *to = pair_peer(pair, from);
	uint8_t *data = malloc(n + 1);
	size_t sent = 0, received = 0, done = 0;
	uint64_t seen = 0;
	int quiet = 0;
	bool good = data != NULL && pair->run->outcome != OUTCOME_FAILED;

	for (size_t i = 0; good && i < n; i++)
		data[i] = pattern(i);
	while (good && received < n) {
		if (sent < n) {
			otls_status status = otls_connection_write_all(from, data + sent, n - sent, &done);
			sent += done;
			good = is_waiting(status) || CHECK_STATUS(pair->run, status, OTLS_OK);
		}
		if (good && !get_on(pair, &seen, &quiet))
			good = failed(pair->run, "stuck: %zu of %zu bytes sent, %zu received", sent, n, received);
		good = good && compare_some(pair, to, &received, n);
	}
	free(data);
	return good;
}

bool
pair_exchange(struct pair *pair, size_t n)
{
	return pair_send(pair, pair->client, n) && pair_send(pair, pair->server, n);
}

bool
pair_check_no_overlap(const struct pair *pair)
{
	const otls_error *server = otls_connection_error(pair->server), *client = otls_connection_error(pair->client);
	struct run *run = pair->run;

	return CHECK_TEXT(run, otls_error_name(server), "HANDSHAKE") &&
	       CHECK_NUMBER(run, otls_error_alert(server), ALERT_HANDSHAKE_FAILURE) &&
	       CHECK(run, otls_error_alert_was_sent(server)) &&
	       CHECK_TEXT(run, otls_error_name(client), "ALERT_RECEIVED") &&
	       CHECK_NUMBER(run, otls_error_alert(client), ALERT_HANDSHAKE_FAILURE);
}

bool
pair_shutdown(struct pair *pair)
{
	struct run *run = pair->run;
	uint8_t byte = 0;
	size_t len = 0;
	otls_status status = OTLS_OK;

	if (run->outcome == OUTCOME_FAILED)
		return false;
	status = otls_connection_shutdown(pair->client);
	if (!CHECK(run, is_waiting(status)))
		return false;
	if (!CHECK_STATUS(run, pair_read(pair, pair->server, &byte, 1, &len), OTLS_EOF))
		return false;
	status = otls_connection_shutdown(pair->server);
	if (!CHECK(run, status == OTLS_OK || status == OTLS_WANT_WRITE))
		return false;
	return CHECK_STATUS(run, pair_read(pair, pair->client, &byte, 1, &len), OTLS_EOF) &&
	       CHECK_OK(run, otls_connection_shutdown(pair->client)) &&
	       CHECK_OK(run, otls_connection_shutdown(pair->server)) &&
	       CHECK_NUMBER(run, otls_connection_state(pair->client), OTLS_STATE_CLOSED) &&
	       CHECK_NUMBER(run, otls_connection_state(pair->server), OTLS_STATE_CLOSED);
}
