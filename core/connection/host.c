/* What the engine calls: bytes in and out, and the peer's chain. */
#include "connection/connection.h"

#include <errno.h>
#include <sys/uio.h>

#define PIECES_MAX 64 /* of one send */

static otls_connection *
connection(otls_host *host)
{
	return (otls_connection *)host;
}

/* == out == */

/* Keeps the gate's reason, since the engine goes on for a moment and fails in words of its own. */
static otls_status
gate_refused(otls_connection *conn)
{
	otls__refuse_plain(conn, conn->gate.alert);
	conn->error = *otls__error_thread();
	return OTLS_ERROR;
}

static otls_status
output_broke(otls_connection *conn)
{
	conn->output_errno = errno != 0 ? errno : EIO;
	otls__output_fini(&conn->output);
	conn->unasked = 0;
	return OTLS_ERROR;
}

/* The transport's callbacks must not come back to the connection. */
static otls_status
send_pieces(otls_connection *conn, const struct iovec *pieces, int count, size_t *sent)
{
	otls_status status;

	conn->in_callback = true;
	status = otls__transport_send(&conn->transport, pieces, count, sent);
	conn->in_callback = false;
	return status;
}

static otls_status
receive(otls_connection *conn, void *buf, size_t cap, size_t *len)
{
	otls_status status;

	conn->in_callback = true;
	status = otls__transport_recv(&conn->transport, buf, cap, len);
	conn->in_callback = false;
	return status;
}

otls_status
otls__send_queued(otls_connection *conn)
{
	struct iovec pieces[PIECES_MAX];
	otls_status status;
	size_t sent;

	if (conn->output_errno != 0)
		return OTLS_ERROR;
	while (conn->output.len > 0) {
		int count = otls__output_pieces(&conn->output, pieces, PIECES_MAX);

		/* Memory: the queue is the destination. */
		if (conn->transport.kind == OTLS_TRANSPORT_MEMORY)
			break;
		status = send_pieces(conn, pieces, count, &sent);
		if (status == OTLS_ERROR)
			return output_broke(conn);
		if (status != OTLS_OK)
			return status;
		otls__output_consume(&conn->output, sent);
	}
	if (conn->output.len == 0)
		conn->unasked = 0;
	return OTLS_OK;
}

/* Sends without queueing, as far as the transport takes it: how much it took. */
static size_t
send_direct(otls_connection *conn, const void *data, size_t len)
{
	struct iovec piece = { .iov_len = len };
	size_t sent = 0;

	memcpy(&piece.iov_base, &data, sizeof(data)); /* sendmsg does not write to it, but its type says so */
	if (send_pieces(conn, &piece, 1, &sent) == OTLS_ERROR) {
		output_broke(conn);
		return len;
	}
	return sent;
}

static otls_status
host_send(otls_host *host, const void *buf, size_t len)
{
	otls_connection *conn = connection(host);
	const uint8_t *data = buf;
	size_t sent = 0;

	if (len == 0 || conn->gate.state == OTLS_GATE_REFUSED)
		return OTLS_OK; /* the gate's own alert is the last word */
	if (!conn->gate.sent_done && otls__gate_sent(&conn->gate, data, len) != OTLS_OK) {
		conn->no_memory = conn->gate.state != OTLS_GATE_REFUSED;
		return conn->no_memory ? OTLS_ERROR : gate_refused(conn);
	}
	if (conn->output_errno != 0)
		return OTLS_OK; /* nobody will get it; why is told when the engine is done */
	if (conn->direct && conn->output.len == 0)
		sent = send_direct(conn, data, len);
	if (sent == len || otls__output_append(&conn->output, data + sent, len - sent))
		return OTLS_OK;
	conn->no_memory = true;
	return OTLS_ERROR;
}

/* == in == */

otls_status
otls__fill(otls_connection *conn)
{
	otls_status status;
	uint8_t *room;
	size_t cap, len = 0;

	if (conn->input_end == OTLS_INPUT_EOF)
		return OTLS_EOF;
	if (conn->input_end == OTLS_INPUT_BROKEN)
		return OTLS_ERROR;
	if (conn->transport.kind == OTLS_TRANSPORT_MEMORY) {
		conn->input_end = conn->fed_eof ? OTLS_INPUT_EOF : OTLS_INPUT_BLOCKED;
		return conn->fed_eof ? OTLS_EOF : OTLS_WANT_READ;
	}
	if ((room = otls__input_room(&conn->input, OTLS_INPUT_READ, &cap)) == NULL) {
		conn->no_memory = true;
		return OTLS_ERROR;
	}
	status = receive(conn, room, cap, &len);
	conn->input_errno = status == OTLS_ERROR ? errno : 0;
	conn->input_end = status == OTLS_OK          ? OTLS_INPUT_MORE
			  : status == OTLS_WANT_READ ? OTLS_INPUT_BLOCKED
			  : status == OTLS_EOF       ? OTLS_INPUT_EOF
						     : OTLS_INPUT_BROKEN;
	if (status == OTLS_OK)
		otls__input_commit(&conn->input, len);
	return status;
}

enum { RECORD_CHANGE_CIPHER_SPEC = 20, RECORD_ALERT = 21 };

/* One that is encrypted is longer than two bytes. */
void
otls__note_alert(otls_record_count *count, const uint8_t *data, size_t len)
{
	if (count->header[0] != RECORD_ALERT || otls__get16(count->header + 3) != 2)
		return;
	for (size_t i = 0; i < len && count->alert_have < 2; i++)
		count->alert[count->alert_have++] = data[i];
}

static void
begin_record(otls_record_count *count)
{
	count->left = otls__get16(count->header + 3);
	count->idle++;
	if (count->header[0] == RECORD_CHANGE_CIPHER_SPEC || count->header[0] == RECORD_ALERT)
		count->fillers++;
	if (count->header[0] == RECORD_ALERT)
		count->alert_have = 0; /* the latest one counts */
}

/* Counts the records that begin in what the engine takes. */
static void
count_records(otls_record_count *count, const uint8_t *data, size_t len)
{
	while (len > 0) {
		size_t step = count->have < 5 ? 1 : count->left < len ? count->left : len;

		if (count->have < 5) {
			count->header[count->have++] = *data;
			if (count->have == 5)
				begin_record(count);
		} else {
			otls__note_alert(count, data, step);
			count->left -= step;
		}
		if (count->have == 5 && count->left == 0)
			count->have = 0;
		data += step;
		len -= step;
	}
}

/* While hands are shaken, a record's header is handed out whole, and an alert in plain with its body: an engine that
 * cannot read it gives up at the header, and what it said must be at hand then. */
static bool
is_ripe(const otls_connection *conn)
{
	otls_bytes view = otls__input_view(&conn->input);

	if (conn->state != OTLS_STATE_HANDSHAKE || conn->records.have != 0)
		return true;
	if (view.len < 5)
		return false;
	return view.data[0] != RECORD_ALERT || otls__get16(view.data + 3) != 2 || view.len >= 7;
}

/* Bytes for the engine: what the gate released, then, when it is open, what came in. */
static size_t
take(otls_connection *conn, void *buf, size_t cap)
{
	size_t len = otls__gate_take(&conn->gate, buf, cap);

	if (len == 0 && conn->gate.state == OTLS_GATE_OPEN && is_ripe(conn))
		len = otls__input_take(&conn->input, buf, cap);
	return len;
}

bool
otls__is_flood(const otls_connection *conn)
{
	return conn->records.fillers > OTLS_IDLE_RECORDS ||
	       (conn->state != OTLS_STATE_HANDSHAKE && conn->records.idle > OTLS_IDLE_RECORDS);
}

static otls_status
host_recv(otls_host *host, void *buf, size_t cap, size_t *len)
{
	otls_connection *conn = connection(host);
	otls_status status;

	for (;;) {
		if ((*len = take(conn, buf, cap)) > 0) {
			count_records(&conn->records, buf, *len);
			return OTLS_OK;
		}
		/* Looked at here too, since an engine goes on by itself as long as there are bytes. */
		if (conn->gate.state == OTLS_GATE_REFUSED || otls__is_flood(conn))
			return OTLS_ERROR;
		if (otls__handshake_late(conn))
			return OTLS_WANT_READ; /* so that the engine comes back, and the deadline is noticed */
		if (conn->gate.state != OTLS_GATE_OPEN && otls__input_view(&conn->input).len > 0) {
			status = otls__gate_pull(&conn->gate, &conn->input);
			if (status == OTLS_OK)
				continue;
			if (status == OTLS_ERROR)
				return gate_refused(conn);
		}
		if ((status = otls__fill(conn)) != OTLS_OK)
			return status;
	}
}

/* == the peer == */

static void
host_observe(otls_host *host, bool inbound, const uint8_t *message, size_t len)
{
	if (!inbound)
		otls__message_sent(connection(host), otls__bytes(message, len));
}

static void
host_peer_chain(otls_host *host, const otls_bytes *chain, size_t n)
{
	otls__peer_chain(connection(host), chain, n);
}

static otls_status
host_verify_peer(otls_host *host, int *alert)
{
	connection(host)->peer.asked = true;
	return otls__peer_judge(connection(host), alert);
}

static otls_status
host_peer_status(otls_host *host, otls_bytes staple, int *alert)
{
	return otls__peer_status(connection(host), staple, alert);
}

static otls_status
host_choose_identity(otls_host *host, const otls_bytes *ca_names, size_t ca_count, const uint16_t *schemes,
    size_t scheme_count, const otls_engine_identity **identity)
{
	return otls__choose_identity(connection(host), ca_names, ca_count, schemes, scheme_count, identity);
}

static otls_status
host_sign(otls_host *host, void *signer, uint16_t scheme, otls_bytes tbs, uint8_t *sig, size_t cap, size_t *len)
{
	return otls__sign(connection(host), signer, scheme, tbs, sig, cap, len);
}

static void
host_new_session(otls_host *host, otls_bytes ticket, uint32_t lifetime)
{
	otls__new_session(connection(host), ticket, lifetime);
}

static void
host_keylog(otls_host *host, const char *line)
{
	(void)host;
	(void)line;
}

static void
host_event(otls_host *host, otls_engine_event event, int value)
{
	otls_connection *conn = connection(host);

	(void)value;
	if (event == OTLS_ENGINE_CLIENT_ANSWERED && conn->auth != OTLS_LATE_IDLE)
		conn->auth_finished = true;
}

/* The slots that are missing belong to capabilities that core does not ask for in its configuration. */
const otls_host_calls otls__host_calls = {
	.size = sizeof(otls_host_calls),
	.recv = host_recv,
	.send = host_send,
	.observe = host_observe,
	.peer_chain = host_peer_chain,
	.verify_peer = host_verify_peer,
	.peer_status = host_peer_status,
	.choose_identity = host_choose_identity,
	.sign = host_sign,
	.new_session = host_new_session,
	.keylog = host_keylog,
	.event = host_event,
};
