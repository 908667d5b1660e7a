/* The peer is gone after every byte of the handshake: closed, reset, or silent. */
#include "pair.h"
#include "pki.h"

#include <errno.h>

/* How a handshake may end when the stream ends within it. */
static bool
check_clean_end(struct run *run, const otls_connection *conn, const char *who, uint64_t at)
{
	const otls_error *err = otls_connection_error(conn);

	if (otls_error_code(err) == OTLS_E_TRUNCATED && otls_error_alert(err) == -1 &&
	    otls_error_category(err) == OTLS_CATEGORY_PROTOCOL)
		return true;
	return failed(run, "cut at byte %llu, the %s says %s: %s", (unsigned long long)at, who, otls_error_name(err),
	    otls_error_message(err));
}

/* How many bytes each side sends for a handshake. */
static bool
measure(struct run *run, otls_context *client, otls_context *server, uint64_t *up, uint64_t *down)
{
	struct pair *pair = pair_open(run, client, server, WIRE_MEMORY);

	if (!pair_connect(pair))
		return false;
	*up = pair->to_server.entered;
	*down = pair->to_client.entered;
	return true;
}

/* The sizes of certificates' signatures differ by a few bytes between two handshakes: behind the shortest of them it
 * is not known whether a cut hits the handshake or what follows it. */
#define UNSURE 16

/* The server's flight up to its Finished.  Tickets behind it belong to no handshake of the client's. */
static bool
is_done(const otls_connection *conn)
{
	return otls_connection_state(conn) == OTLS_STATE_OPEN;
}

static bool
cut_server_at(struct run *run, otls_context *client, otls_context *server, uint64_t at)
{
	struct pair *pair = pair_open(run, client, server, WIRE_MEMORY);
	uint8_t byte = 0;
	size_t len = 0;

	pair->to_client.cut = true;
	pair->to_client.cut_at = at;
	pair_handshake(pair);
	if (!is_done(pair->client))
		return CHECK(run, pair->client_status == OTLS_ERROR) &&
		       check_clean_end(run, pair->client, "client", at);
	/* All that the client needed came before the cut: then the cut is found by the first read. */
	return CHECK_ERROR(run, pair_read(pair, pair->client, &byte, 1, &len), OTLS_E_TRUNCATED);
}

static bool
cut_client_at(struct run *run, otls_context *client, otls_context *server, uint64_t at)
{
	struct pair *pair = pair_open(run, client, server, WIRE_MEMORY);

	pair->to_server.cut = true;
	pair->to_server.cut_at = at;
	pair_handshake(pair);
	if (is_done(pair->server))
		return failed(run, "cut at byte %llu, the server's handshake succeeded", (unsigned long long)at);
	return CHECK(run, pair->server_status == OTLS_ERROR) && check_clean_end(run, pair->server, "server", at);
}

static bool
closed_by_server(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	uint64_t up = 0, down = 0;

	if (!measure(run, client, server, &up, &down))
		return false;
	for (uint64_t at = 0; at + UNSURE < down; at++)
		if (!cut_server_at(run, client, server, at))
			return false;
	return true;
}

static bool
closed_by_client(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	uint64_t up = 0, down = 0;

	if (!measure(run, client, server, &up, &down))
		return false;
	for (uint64_t at = 0; at + UNSURE < up; at++)
		if (!cut_client_at(run, client, server, at))
			return false;
	return true;
}

/* Nothing comes any more: neither side is through, neither has failed, and no call hangs. */
static bool
stalled(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	uint64_t up = 0, down = 0;

	if (!measure(run, client, server, &up, &down))
		return false;
	for (uint64_t at = 0; at + UNSURE < up; at += 7) {
		struct pair *pair = pair_open(run, client, server, WIRE_MEMORY);
		pair->to_server.cut = true;
		pair->to_server.cut_at = at;
		/* The end is never told. */
		pair->to_server.end_told = true;
		pair_handshake(pair);
		if (!CHECK_NUMBER(run, pair->server_status, OTLS_WANT_READ) ||
		    !CHECK(run, otls_connection_want_read(pair->server)))
			return false;
	}
	return true;
}

/* The transport breaks after so many bytes. */
static bool
reset_at(struct run *run, otls_context *client, otls_context *server, uint64_t at)
{
	struct pair *pair = pair_open(run, client, server, WIRE_CALLBACKS);
	const otls_error *err = NULL;

	pair->to_server.cut = true;
	pair->to_server.cut_at = at;
	for (int i = 0; i < 50 && pair->server_status == OTLS_WANT_READ; i++) {
		if (pair->client_status == OTLS_WANT_READ)
			pair->client_status = otls_connection_handshake(pair->client);
		if (pair->to_server.entered >= at)
			pair->to_server.fail_errno = pair->to_client.fail_errno = ECONNRESET;
		pair->server_status = otls_connection_handshake(pair->server);
	}
	err = otls_connection_error(pair->server);
	if (pair->server_status == OTLS_ERROR && otls_error_code(err) == OTLS_E_SYSCALL &&
	    otls_error_errno(err) == ECONNRESET)
		return true;
	return failed(run, "reset at byte %llu: status %d, %s: %s", (unsigned long long)at, (int)pair->server_status,
	    otls_error_name(err), otls_error_message(err));
}

static bool
reset_by_client(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	uint64_t up = 0, down = 0;

	if (!measure(run, client, server, &up, &down))
		return false;
	for (uint64_t at = 0; at + UNSURE < up; at += 5)
		if (!reset_at(run, client, server, at))
			return false;
	return true;
}

static const struct test_case cases[] = {
	{ "closed_by_server", closed_by_server, .scope = SCOPE_PAIR, .flags = CASE_LONG },
	{ "closed_by_client", closed_by_client, .scope = SCOPE_PAIR, .flags = CASE_LONG },
	{ "stalled", stalled, .scope = SCOPE_PAIR },
	{ "reset", reset_by_client, .scope = SCOPE_PAIR },
};

const struct suite suite_cut = { "cut", cases, COUNT(cases) };
