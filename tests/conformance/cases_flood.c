/* Peers that talk without end and say nothing: each ends in an error of the peer's, after a bounded number of bytes. */
#include "pair.h"
#include "pki.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#define ENOUGH 20000 /* records, more than anybody has a reason to send */

struct row {
	uint8_t record[16];
	size_t len;
	bool behind_hello; /* sent when the server has answered a hello of TLS 1.3 */
};

static bool
check_ended(struct run *run, const otls_connection *conn, otls_status status)
{
	if (status == OTLS_WANT_READ)
		return failed(run, "%d records that say nothing, and it still listens", ENOUGH);
	/* Where a warning cannot be passed over, it is taken for an alert that ends all. */
	return CHECK_NUMBER(run, status, OTLS_ERROR) &&
	       CHECK(run, otls_error_category(otls_connection_error(conn)) == OTLS_CATEGORY_PROTOCOL ||
			      otls_error_code(otls_connection_error(conn)) == OTLS_E_ALERT_RECEIVED) &&
	       CHECK_NUMBER(run, otls_connection_state(conn), OTLS_STATE_FAILED);
}

/* The same record again and again, in plain text. */
static bool
flood_row(struct run *run)
{
	const struct row *row = run->test->row;
	const struct hello hello = { .tls13 = true, .name = HOST };
	struct scripted *server = NULL;

	if (row->behind_hello && !both_have(run, OTLS_CAP_TLS1_3))
		return true;
	server = scripted_open(run, good_server(run));
	server->status = OTLS_WANT_READ;
	if (row->behind_hello)
		scripted_hello(server, &hello);
	if (!CHECK_NUMBER(run, server->status, OTLS_WANT_READ))
		return false;
	for (int i = 0; i < ENOUGH && server->status == OTLS_WANT_READ; i++)
		scripted_tell(server, row->record, row->len);
	return check_ended(run, server->conn, server->status);
}

/* A hello of which one more byte comes in each record, and never the last one. */
static bool
endless_hello(struct run *run)
{
	static const uint8_t first[] = { 22, 3, 3, 0, 4, 1, 0, 0xff, 0xff }, more[] = { 22, 3, 3, 0, 1, 0 };
	struct scripted *server = scripted_open(run, good_server(run));

	scripted_tell(server, first, sizeof(first));
	for (int i = 0; i < 70000 && server->status == OTLS_WANT_READ; i++)
		scripted_tell(server, more, sizeof(more));
	return check_ended(run, server->conn, server->status);
}

/* Nobody takes what a server says: its output stays within bounds, and so does its input. */
static bool
unread_input(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY);
	uint8_t *chunk = run_owns(run, calloc(1, 16384), free);
	size_t done = 0, fed = 0;
	otls_status status = OTLS_OK;

	for (int i = 0; i < 1000 && status == OTLS_OK; i++) {
		status = otls_connection_write(pair->client, chunk, 16384, &done);
		if (status == OTLS_OK && link_len(&pair->to_server) > 0)
			break;
		fed += done;
		pair_move(pair);
	}
	/* The server does not read: at some point it takes no more. */
	return CHECK(run, link_len(&pair->to_server) > 0) && CHECK(run, fed < (size_t)1024 * 1024) &&
	       CHECK_NUMBER(run, otls_connection_state(pair->server), OTLS_STATE_OPEN);
}

#define ROW(name, behind, ...)                                                                                         \
	{                                                                                                              \
		name, flood_row,                                                                                       \
		    &(const struct row){ { __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }), behind },          \
		    SCOPE_BACKEND, 0                                                                                   \
	}

static const struct test_case cases[] = {
	ROW("empty_records", false, 22, 3, 3, 0, 0),
	ROW("warnings", false, 21, 3, 3, 0, 2, 1, 90),
	ROW("change_cipher_spec", true, 20, 3, 3, 0, 1, 1),
	ROW("empty_records_behind_hello", true, 22, 3, 3, 0, 0),
	ROW("warnings_behind_hello", true, 21, 3, 3, 0, 2, 1, 90),
	{ "endless_hello", endless_hello, .scope = SCOPE_BACKEND },
	{ "unread_input", unread_input, .scope = SCOPE_PAIR },
};

const struct suite suite_flood = { "flood", cases, COUNT(cases) };
