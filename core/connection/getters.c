/* What a connection answers about itself. */
#include "connection/connection.h"

#include "registry/registry.h"

#include <poll.h>

static bool
is_open(const otls_connection *conn)
{
	return conn != NULL && conn->info.version != 0;
}

/* == state == */

otls_state
otls_connection_state(const otls_connection *conn)
{
	return conn != NULL ? conn->state : OTLS_STATE_NEW;
}

const char *
otls_connection_state_string(const otls_connection *conn)
{
	static const char *const names[] = {
		[OTLS_STATE_NEW] = "new",
		[OTLS_STATE_HANDSHAKE] = "handshake",
		[OTLS_STATE_OPEN] = "open",
		[OTLS_STATE_CLOSING] = "closing",
		[OTLS_STATE_CLOSED] = "closed",
		[OTLS_STATE_FAILED] = "failed",
	};

	return names[otls_connection_state(conn)];
}

const otls_error *
otls_connection_error(const otls_connection *conn)
{
	static const otls_error none = { .alert = -1, .verify_depth = -1 };

	return conn != NULL && conn->state == OTLS_STATE_FAILED ? &conn->error : &none;
}

uint64_t
otls_connection_stat(const otls_connection *conn, otls_stat which)
{
	if (conn == NULL)
		return 0;
	switch (which) {
	case OTLS_STAT_BYTES_IN:
		return conn->bytes_in;
	case OTLS_STAT_BYTES_OUT:
		return conn->bytes_out;
	case OTLS_STAT_WIRE_BYTES_IN:
		return conn->transport.bytes_in;
	case OTLS_STAT_WIRE_BYTES_OUT:
		return conn->transport.bytes_out;
	case OTLS_STAT_READS:
		return conn->transport.reads;
	case OTLS_STAT_WRITES:
		return conn->transport.writes;
	case OTLS_STAT_HANDSHAKE_MICROSECONDS:
		return conn->handshake_microseconds;
	}
	return 0;
}

/* == what waits == */

size_t
otls_connection_pending(const otls_connection *conn)
{
	if (!is_open(conn) || conn->state == OTLS_STATE_FAILED)
		return 0;
	return conn->look_len - conn->look_at + conn->engine->pending(conn->native);
}

/* What the engine misses of the record that it is in, or of the next one, waits in the input: a part gets no read on. */
static bool
has_record(const otls_connection *conn)
{
	otls_bytes view = otls__input_view(&conn->input);
	size_t have = conn->records.have;
	uint8_t header[5];

	if (have == sizeof(header))
		return view.len >= conn->records.left;
	memcpy(header, conn->records.header, have);
	if (view.len < sizeof(header) - have)
		return false;
	memcpy(header + have, view.data, sizeof(header) - have);
	return view.len >= sizeof(header) - have + otls__get16(header + 3);
}

bool
otls_connection_has_pending(const otls_connection *conn)
{
	if (conn == NULL || conn->state == OTLS_STATE_FAILED)
		return false;
	if (conn->state == OTLS_STATE_NEW || conn->state == OTLS_STATE_HANDSHAKE)
		return otls__input_view(&conn->input).len > 0 && conn->latest != OTLS_WANT_READ;
	return otls_connection_pending(conn) > 0 || (conn->shutdown_bits & OTLS_RECEIVED_SHUTDOWN) != 0 ||
	       has_record(conn);
}

bool
otls_connection_want_read(const otls_connection *conn)
{
	return conn != NULL && conn->latest == OTLS_WANT_READ;
}

bool
otls_connection_want_write(const otls_connection *conn)
{
	return conn != NULL && conn->output.len > 0;
}

/* Before the handshake a client has something to say, and a server waits; afterwards both wait for more. */
static bool
waits_for_input(const otls_connection *conn)
{
	if (conn->state == OTLS_STATE_NEW)
		return conn->role == OTLS_ROLE_SERVER;
	if (conn->state == OTLS_STATE_HANDSHAKE)
		return conn->latest == OTLS_WANT_READ || conn->input_end == OTLS_INPUT_BLOCKED;
	return (conn->shutdown_bits & OTLS_RECEIVED_SHUTDOWN) == 0;
}

short
otls_connection_poll_events(const otls_connection *conn)
{
	/* What a refused write waited for may have left with a later read. */
	short out = conn != NULL && (conn->output.len > 0 || conn->write_refused) ? POLLOUT : 0;

	if (conn == NULL || conn->state == OTLS_STATE_FAILED)
		return out;
	/* WANT_READ: shutdown says it too, and what it misses may be here. */
	if ((conn->latest == OTLS_OK || conn->latest == OTLS_WANT_READ) && otls_connection_has_pending(conn))
		return 0;
	return (short)(out | (waits_for_input(conn) ? POLLIN : 0));
}

/* == what was agreed on == */

const char *
otls_connection_server_name(const otls_connection *conn)
{
	if (conn == NULL)
		return "";
	if (conn->role == OTLS_ROLE_SERVER || conn->server_name_set)
		return conn->server_name;
	return conn->peer_name.is_ip ? "" : conn->peer_name.text;
}

const char *
otls_connection_alpn(const otls_connection *conn, size_t *len)
{
	bool there = is_open(conn);

	if (len != NULL)
		*len = there ? conn->alpn_agreed_len : 0;
	return there ? (const char *)conn->alpn_agreed : "";
}

uint16_t
otls_connection_hello_scheme_at(const otls_connection *conn, size_t i)
{
	otls_bytes offered;

	if (conn == NULL || conn->role != OTLS_ROLE_SERVER)
		return 0;
	offered = conn->gate.client.schemes;
	return i < offered.len / 2 ? otls__get16(offered.data + 2 * i) : 0;
}

const char *
otls_connection_alpn_offer_at(const otls_connection *conn, size_t i, size_t *len)
{
	otls_reader r = otls__reader(conn != NULL ? otls__buffer_view(&conn->alpn_offers) : otls__bytes(NULL, 0));
	otls_bytes name = { 0 };

	do {
		name = otls__read_vector8(&r);
		otls__read8(&r); /* the NUL */
	} while (!r.failed && i-- > 0);
	if (r.failed)
		name = otls__bytes(NULL, 0);
	if (len != NULL)
		*len = name.len;
	return (const char *)name.data;
}

const otls_cipher *
otls_connection_cipher(const otls_connection *conn)
{
	return is_open(conn) ? otls_cipher_by_id(conn->info.suite) : NULL;
}

const otls_cipher *
otls_connection_cipher_at(const otls_connection *conn, size_t i)
{
	return conn != NULL && i < conn->sealed->suite_count ? otls_cipher_by_id(conn->sealed->suites[i]) : NULL;
}

const otls_cipher *
otls_connection_shared_cipher_at(const otls_connection *conn, size_t i)
{
	if (conn == NULL || conn->role != OTLS_ROLE_SERVER)
		return NULL;
	for (size_t at = 0; at < conn->sealed->suite_count; at++)
		if (otls__pairs_have(conn->gate.client.suites, conn->sealed->suites[at]) && i-- == 0)
			return otls_cipher_by_id(conn->sealed->suites[at]);
	return NULL;
}

uint16_t
otls_connection_version(const otls_connection *conn)
{
	return is_open(conn) ? conn->info.version : 0;
}

const char *
otls_connection_version_name(const otls_connection *conn)
{
	return otls__version_name(otls_connection_version(conn));
}

const char *
otls_connection_group(const otls_connection *conn)
{
	return is_open(conn) ? otls__group_name(conn->info.group) : "";
}

const char *
otls_connection_signature_scheme(const otls_connection *conn)
{
	return is_open(conn) ? otls__scheme_name(conn->info.peer_scheme) : "";
}

const char *
otls_connection_compression(const otls_connection *conn)
{
	(void)conn;
	return "";
}

static otls_status
copy_random(const otls_connection *conn, const char *function, const uint8_t *random, uint8_t *out)
{
	if (conn == NULL || out == NULL)
		return otls__fail_null(function, conn == NULL ? "conn" : "out");
	if (!is_open(conn)) {
		memset(out, 0, 32);
		return otls__fail(OTLS_E_BAD_STATE, "%s: the handshake is not over", function);
	}
	memcpy(out, random, 32);
	return OTLS_OK;
}

otls_status
otls_connection_client_random(const otls_connection *conn, uint8_t out[32])
{
	return copy_random(conn, __func__, conn != NULL ? conn->gate.client.random.data : NULL, out);
}

otls_status
otls_connection_server_random(const otls_connection *conn, uint8_t out[32])
{
	return copy_random(conn, __func__, conn != NULL ? conn->gate.server_random : NULL, out);
}

/* == the peer == */

const otls_certificate *
otls_connection_peer_chain_at(const otls_connection *conn, size_t i)
{
	return conn != NULL && i < conn->peer.count ? conn->peer.chain[i] : NULL;
}

const otls_certificate *
otls_connection_peer_certificate(const otls_connection *conn)
{
	return otls_connection_peer_chain_at(conn, 0);
}

const otls_certificate *
otls_connection_verified_chain_at(const otls_connection *conn, size_t i)
{
	return conn != NULL && i < conn->peer.outcome.path_len ? conn->peer.outcome.path[i] : NULL;
}

int
otls_connection_verify_result(const otls_connection *conn, int *depth)
{
	bool judged = conn != NULL && conn->peer.judged;

	if (depth != NULL)
		*depth = judged ? conn->peer.outcome.depth : -1;
	return judged ? (int)conn->peer.outcome.reason : OTLS_REASON_NO_PEER_CERTIFICATE;
}

otls_context *
otls_connection_context(const otls_connection *conn)
{
	return conn != NULL ? conn->ctx : NULL;
}
