/* Bytes that change on their way: never wrong data, never a handshake that nobody refuses. */
#include "pair.h"
#include "pki.h"

#include <string.h>

static bool
is_protocol_error(otls_code code)
{
	return code == OTLS_E_RECORD || code == OTLS_E_HANDSHAKE || code == OTLS_E_NOT_TLS ||
	       code == OTLS_E_TRUNCATED || code == OTLS_E_FLOOD;
}

/* == application data == */

/* One record of 100 bytes, one of its bytes changed: the reader fails with RECORD, sends an alert, and gives nothing. */
static bool
damage_record(struct run *run, size_t at, bool *beyond)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY);
	const otls_error *err = NULL;
	uint8_t data[100] = { 0 }, buf[200];
	size_t done = 0, len = 0;
	otls_status status = OTLS_OK;
	uint64_t start = 0;

	if (!pair_exchange(pair, 10))
		return false;
	start = pair->to_server.entered;
	pair->to_server.damaging = true;
	pair->to_server.damage_at = start + at;
	pair->to_server.damage = 0x20;
	CHECK_OK(run, otls_connection_write(pair->client, data, sizeof(data), &done));
	pair_move(pair);
	*beyond = at >= pair->to_server.entered - start;
	if (*beyond)
		return true;
	status = otls_connection_read(pair->server, buf, sizeof(buf), &len);
	/* A length that was made larger only waits for more. */
	if (status == OTLS_WANT_READ && (at == 3 || at == 4))
		return true;
	err = otls_connection_error(pair->server);
	if (status != OTLS_ERROR || otls_error_code(err) != OTLS_E_RECORD || len != 0)
		return failed(run, "byte %zu changed: status %d, %zu bytes, %s: %s", at, (int)status, len,
		    otls_error_name(err), otls_error_message(err));
	return CHECK_NUMBER(run, otls_connection_state(pair->server), OTLS_STATE_FAILED) &&
	       CHECK_STATUS(run, otls_connection_read(pair->server, buf, sizeof(buf), &len), OTLS_ERROR);
}

static bool
records(struct run *run)
{
	bool beyond = false;

	for (size_t at = 0; !beyond; at += 9)
		if (!damage_record(run, at, &beyond))
			return false;
	for (size_t at = 1; at < 5; at++)
		if (!damage_record(run, at, &beyond))
			return false;
	return true;
}

/* A reader that failed on a damaged record tells its peer. */
static bool
told(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_VARIED);
	uint8_t byte = 0;
	size_t done = 0, len = 0;

	if (!pair_exchange(pair, 10))
		return false;
	pair->to_server.damaging = true;
	pair->to_server.damage_at = pair->to_server.entered + 12;
	pair->to_server.damage = 1;
	CHECK(run, otls_connection_write_all(pair->client, "0123456789", 10, &done) != OTLS_ERROR);
	pair_move(pair);
	return CHECK_ERROR(run, pair_read(pair, pair->server, &byte, 1, &len), OTLS_E_RECORD) &&
	       CHECK_NUMBER(run, otls_error_category(otls_error_last()), OTLS_CATEGORY_PROTOCOL) &&
	       CHECK(run, otls_error_alert_was_sent(otls_connection_error(pair->server))) &&
	       CHECK_ERROR(run, pair_read(pair, pair->client, &byte, 1, &len), OTLS_E_ALERT_RECEIVED) &&
	       CHECK_NUMBER(
		   run, otls_error_alert(otls_error_last()), otls_error_alert(otls_connection_error(pair->server)));
}

/* A record that comes twice, and one that is lost. */
static bool
replayed(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY), *lossy = pair_connected(run, WIRE_MEMORY);
	uint8_t record[200], buf[200];
	size_t len = 0, done = 0;

	if (!pair_exchange(pair, 10) || !pair_exchange(lossy, 10))
		return false;
	CHECK_OK(run, otls_connection_write(pair->client, "once", 4, &done));
	if (!CHECK_OK(run, otls_connection_drain(pair->client, record, sizeof(record), &len)) ||
	    !CHECK_OK(run, otls_connection_feed(pair->server, record, len)) ||
	    !CHECK_OK(run, otls_connection_feed(pair->server, record, len)) ||
	    !CHECK_OK(run, otls_connection_read(pair->server, buf, sizeof(buf), &len)) || !CHECK_NUMBER(run, len, 4) ||
	    !CHECK_ERROR(run, otls_connection_read(pair->server, buf, sizeof(buf), &len), OTLS_E_RECORD))
		return false;
	lossy->to_server.dropping = true;
	CHECK_OK(run, otls_connection_write(lossy->client, "lost", 4, &done));
	pair_move(lossy);
	lossy->to_server.dropping = false;
	CHECK_OK(run, otls_connection_write(lossy->client, "next", 4, &done));
	pair_move(lossy);
	return CHECK_ERROR(run, otls_connection_read(lossy->server, buf, sizeof(buf), &len), OTLS_E_RECORD);
}

/* == the handshake == */

/* A changed byte of a handshake: at least one side refuses, and what is said is the peer's fault, never a fault of
 * ours. */
static bool
damage_handshake(struct run *run, otls_context *client, otls_context *server, bool up, uint64_t at)
{
	struct pair *pair = pair_open(run, client, server, WIRE_MEMORY);
	struct link *link = up ? &pair->to_server : &pair->to_client;
	const otls_error *errors[2] = { NULL };

	link->damaging = true;
	link->damage_at = at;
	link->damage = 0x04;
	pair_handshake(pair);
	/* The version of a record in plain text, which the transcript does not hold, is all that may go unnoticed. */
	if (pair->client_status == OTLS_OK && pair->server_status == OTLS_OK)
		return pair_exchange(pair, 100);
	errors[0] = otls_connection_error(pair->client);
	errors[1] = otls_connection_error(pair->server);
	for (size_t i = 0; i < COUNT(errors); i++) {
		otls_code code = otls_error_code(errors[i]);
		if (code == OTLS_E_NONE || is_protocol_error(code) || code == OTLS_E_ALERT_RECEIVED ||
		    code == OTLS_E_VERIFY)
			continue;
		return failed(run, "byte %llu %s changed, and the %s says %s: %s", (unsigned long long)at,
		    up ? "up" : "down", i == 0 ? "client" : "server", otls_error_name(errors[i]),
		    otls_error_message(errors[i]));
	}
	return true;
}

static bool
handshake(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	struct pair *pair = NULL;

	/* A damaged ticket comes behind the handshake. */
	if (otls_backend_has(run->server, OTLS_CAP_SESSION) && !CHECK_OK(run, otls_context_set_ticket_count(server, 0)))
		return false;
	pair = pair_open(run, client, server, WIRE_MEMORY);
	if (!pair_connect(pair))
		return false;
	/* Steps that hit every field sooner or later; 40 bytes before the end of the flight there is only what the other
	 * side does not wait for, such as tickets. */
	for (uint64_t at = 0; at + 40 < pair->to_server.entered; at += 7)
		if (!damage_handshake(run, client, server, true, at))
			return false;
	for (uint64_t at = 0; at < 900 && at + 40 < pair->to_client.entered; at += 11)
		if (!damage_handshake(run, client, server, false, at))
			return false;
	return true;
}

static const struct test_case cases[] = {
	{ "records", records, .scope = SCOPE_PAIR },
	{ "told", told, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "replayed", replayed, .scope = SCOPE_PAIR },
	{ "handshake", handshake, .scope = SCOPE_PAIR },
};

const struct suite suite_damage = { "damage", cases, COUNT(cases) };
