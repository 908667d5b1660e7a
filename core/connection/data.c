/* Data: read, peek, write, flush, shutdown. */
#include "connection/connection.h"

#include <sys/uio.h>

#define PIECES_MAX 1024 /* of one writev */

/* Goes on with the handshake if that is not over.  OK: data may flow, even if output still waits. */
static otls_status
established(otls_connection *conn)
{
	otls_status status;

	if (conn->state != OTLS_STATE_NEW && conn->state != OTLS_STATE_HANDSHAKE)
		return OTLS_OK;
	status = otls__handshake_step(conn, NULL);
	if (status == OTLS_WANT_WRITE && conn->state == OTLS_STATE_OPEN)
		return OTLS_OK;
	return status;
}

static void
set_bit(otls_connection *conn, uint64_t bit)
{
	conn->shutdown_bits |= bit;
	conn->state = conn->shutdown_bits == (OTLS_SENT_SHUTDOWN | OTLS_RECEIVED_SHUTDOWN) ? OTLS_STATE_CLOSED
											   : OTLS_STATE_CLOSING;
}

/* A close_notify went by. */
static void
closed(otls_connection *conn, uint64_t bit)
{
	conn->closed_bits |= bit;
	set_bit(conn, bit);
}

/* == reading == */

typedef struct reading {
	uint8_t *buf;
	size_t cap, len;
	bool peek;
} reading;

/* A peer that makes us answer without end, or talks without saying anything. */
static otls_status
check_flood(otls_connection *conn)
{
	if (conn->unasked > OTLS_QUEUE_FLOOD || otls__is_flood(conn))
		return otls__fail(OTLS_E_FLOOD, "%u records without data, %zu bytes of answers wait",
		    conn->records.idle, conn->unasked);
	return conn->unasked > OTLS_QUEUE_HIGH ? OTLS_WANT_WRITE : OTLS_OK;
}

/* One record, or what is left of it. */
static otls_status
read_engine(otls_connection *conn, uint8_t *buf, size_t cap, size_t *len)
{
	otls_report report = otls__report();
	size_t queued = conn->output.len;
	otls_status status = check_flood(conn);

	*len = 0;
	if (status != OTLS_OK)
		return status;
	conn->direct = false;
	status = conn->engine->read(conn->native, buf, cap, len, &report);
	if (conn->output.len > queued)
		conn->unasked += conn->output.len - queued;
	otls__send_queued(conn); /* what it could not send waits, and a broken transport is the next write's matter */
	if (status == OTLS_OK)
		conn->records.idle = conn->records.fillers = 0;
	if (status != OTLS_ERROR && otls__auth_settle(conn) != OTLS_OK)
		return OTLS_ERROR;
	if (status != OTLS_ERROR)
		otls__session_settle(conn);
	if (status == OTLS_EOF)
		closed(conn, OTLS_RECEIVED_SHUTDOWN);
	return status == OTLS_ERROR ? otls__explain(conn, &report, "reading") : status;
}

/* Reads a record into the buffer that peek shows. */
static otls_status
look(otls_connection *conn)
{
	if (conn->look == NULL && (conn->look = otls__alloc(OTLS_RECORD_MAX)) == NULL)
		return otls__fail_memory();
	conn->look_at = 0;
	return read_engine(conn, conn->look, OTLS_RECORD_MAX, &conn->look_len);
}

static void
serve_look(otls_connection *conn, reading *r)
{
	size_t there = conn->look_len - conn->look_at;

	r->len = there < r->cap ? there : r->cap;
	memcpy(r->buf, conn->look + conn->look_at, r->len);
	if (!r->peek)
		conn->look_at += r->len;
}

static otls_status
read_step(otls_connection *conn, void *arg)
{
	reading *r = arg;
	otls_status status = established(conn);

	if (status != OTLS_OK)
		return status;
	otls__send_queued(conn);
	if (conn->look_at == conn->look_len) {
		if ((conn->shutdown_bits & OTLS_RECEIVED_SHUTDOWN) != 0)
			return OTLS_EOF;
		if (!r->peek)
			return read_engine(conn, r->buf, r->cap, &r->len);
		if ((status = look(conn)) != OTLS_OK)
			return status;
	}
	serve_look(conn, r);
	return OTLS_OK;
}

static otls_status
read_call(otls_connection *conn, const char *function, void *buf, size_t cap, size_t *len, bool peek)
{
	reading r = { .buf = buf, .cap = cap, .peek = peek };
	otls_status status;

	if (len != NULL)
		*len = 0;
	if (conn == NULL || len == NULL || (buf == NULL && cap > 0))
		return otls__fail_null(function, conn == NULL ? "conn" : len == NULL ? "len" : "buf");
	if (cap == 0)
		return otls__check(conn, function);
	status = otls__run(conn, function, read_step, &r);
	if (status == OTLS_OK && !peek)
		conn->bytes_in += r.len;
	*len = status == OTLS_OK ? r.len : 0;
	return status;
}

otls_status
otls_connection_read(otls_connection *conn, void *buf, size_t cap, size_t *len)
{
	return read_call(conn, __func__, buf, cap, len, false);
}

otls_status
otls_connection_peek(otls_connection *conn, void *buf, size_t cap, size_t *len)
{
	return read_call(conn, __func__, buf, cap, len, true);
}

/* == writing == */

typedef struct writing {
	const struct iovec *pieces;
	int count;
	size_t at;   /* how much of pieces[0] is done */
	size_t left; /* of all */
	size_t done;
	bool all; /* fewer than all is WANT_WRITE, not OK */
} writing;

static void
advance(writing *w, size_t len)
{
	w->at += len;
	w->left -= len;
	w->done += len;
	while (w->count > 0 && w->at >= w->pieces[0].iov_len) {
		w->at -= w->pieces[0].iov_len;
		w->pieces++;
		w->count--;
	}
}

/* The next record's data: in place when one piece has enough, else gathered into scratch. */
static otls_bytes
next_record(const writing *w, uint8_t scratch[OTLS_RECORD_MAX])
{
	size_t want = w->left < OTLS_RECORD_MAX ? w->left : OTLS_RECORD_MAX;
	size_t at = w->at, len = 0;

	if (w->pieces[0].iov_len - at >= want)
		return otls__bytes((const uint8_t *)w->pieces[0].iov_base + at, want);
	for (int i = 0; len < want; i++, at = 0) {
		size_t there = w->pieces[i].iov_len - at;
		size_t part = there < want - len ? there : want - len;

		if (part > 0)
			memcpy(scratch + len, (const uint8_t *)w->pieces[i].iov_base + at, part);
		len += part;
	}
	return otls__bytes(scratch, len);
}

static otls_status
write_record(otls_connection *conn, writing *w, uint8_t scratch[OTLS_RECORD_MAX])
{
	otls_bytes data = next_record(w, scratch);
	otls_report report = otls__report();
	otls_status status;

	/* A lone record goes straight to the transport; several are gathered into one send. */
	conn->direct = w->left <= OTLS_RECORD_MAX;
	status = conn->engine->write(conn->native, data.data, data.len, &report);
	conn->direct = false;
	if (status != OTLS_OK)
		return otls__explain(conn, &report, "writing");
	advance(w, data.len);
	conn->bytes_out += data.len;
	return OTLS_OK;
}

/* Fills the queue, as far as it may be filled. */
static otls_status
write_records(otls_connection *conn, writing *w)
{
	uint8_t scratch[OTLS_RECORD_MAX];
	otls_status status = OTLS_OK;

	while (status == OTLS_OK && w->left > 0 && conn->output.len < OTLS_QUEUE_HIGH && conn->output_errno == 0)
		status = write_record(conn, w, scratch);
	return status;
}

/* The transport takes no more for now. */
static otls_status
write_blocked(const otls_connection *conn, const writing *w)
{
	bool enough = w->all ? w->left == 0 : w->done > 0;

	return enough && !otls__transport_blocks(&conn->transport) ? OTLS_OK : OTLS_WANT_WRITE;
}

static otls_status
write_step(otls_connection *conn, void *arg)
{
	writing *w = arg;
	otls_status status = established(conn);

	if (status != OTLS_OK)
		return status;
	if ((conn->shutdown_bits & OTLS_SENT_SHUTDOWN) != 0)
		return otls__fail(OTLS_E_BAD_STATE, "writing after otls_connection_shutdown");
	for (;;) {
		if ((status = otls__send_queued(conn)) == OTLS_ERROR)
			return otls__explain_send(conn);
		if (status == OTLS_WANT_WRITE || (w->left > 0 && conn->output.len >= OTLS_QUEUE_HIGH))
			return write_blocked(conn, w);
		if (w->left == 0)
			return OTLS_OK;
		if ((status = write_records(conn, w)) != OTLS_OK)
			return status;
	}
}

static otls_status
write_call(otls_connection *conn, const char *function, writing *w, size_t *done)
{
	otls_status status;

	while (w->count > 0 && w->pieces[0].iov_len == 0)
		advance(w, 0);
	status = w->left > 0 ? otls__run(conn, function, write_step, w) : otls__check(conn, function);
	if (status == OTLS_OK || status == OTLS_WANT_WRITE)
		conn->write_refused = status == OTLS_WANT_WRITE;
	if (done != NULL)
		*done = w->done;
	return status;
}

static otls_status
write_one(otls_connection *conn, const char *function, const void *buf, size_t len, size_t *done, bool all)
{
	struct iovec piece = { .iov_len = len };
	writing w = { .pieces = &piece, .count = 1, .left = len, .all = all };

	if (done != NULL)
		*done = 0;
	if (conn == NULL || (buf == NULL && len > 0) || (done == NULL && !all))
		return otls__fail_null(function, conn == NULL ? "conn" : buf == NULL ? "buf" : "done");
	memcpy(&piece.iov_base, &buf, sizeof(buf)); /* it is only read from */
	return write_call(conn, function, &w, done);
}

otls_status
otls_connection_write(otls_connection *conn, const void *buf, size_t len, size_t *done)
{
	return write_one(conn, __func__, buf, len, done, false);
}

otls_status
otls_connection_write_all(otls_connection *conn, const void *buf, size_t len, size_t *done)
{
	return write_one(conn, __func__, buf, len, done, true);
}

otls_status
otls_connection_writev(otls_connection *conn, const struct iovec *iov, int count, size_t *done)
{
	writing w = { .pieces = iov, .count = count };

	if (done != NULL)
		*done = 0;
	if (conn == NULL || done == NULL || (iov == NULL && count > 0))
		return otls__fail_null(__func__, conn == NULL ? "conn" : done == NULL ? "done" : "iov");
	if (count < 0 || count > PIECES_MAX)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: %d pieces", __func__, count);
	for (int i = 0; i < count; i++) {
		if (iov[i].iov_base == NULL && iov[i].iov_len > 0)
			return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: piece %d is NULL", __func__, i);
		if (iov[i].iov_len > SIZE_MAX - w.left)
			return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: more bytes than there can be", __func__);
		w.left += iov[i].iov_len;
	}
	return write_call(conn, __func__, &w, done);
}

/* == flushing and closing == */

static otls_status
flush_step(otls_connection *conn, void *arg)
{
	otls_status status = otls__send_queued(conn);

	(void)arg;
	conn->write_refused = false;
	if (conn->transport.kind == OTLS_TRANSPORT_MEMORY && conn->output.len > 0)
		return OTLS_WANT_WRITE;
	return status == OTLS_ERROR ? otls__explain_send(conn) : status;
}

otls_status
otls_connection_flush(otls_connection *conn)
{
	otls_status status;

	if (conn != NULL && conn->state == OTLS_STATE_FAILED && !conn->in_callback &&
	    conn->process == otls__process()) {
		status = otls__send_queued(conn); /* the alert is in there */
		if (status != OTLS_ERROR)
			return conn->output.len > 0 ? OTLS_WANT_WRITE : OTLS_OK;
	}
	return otls__run(conn, __func__, flush_step, NULL);
}

static otls_status
send_close(otls_connection *conn)
{
	otls_report report = otls__report();

	if (conn->engine->close_notify(conn->native, &report) != OTLS_OK)
		return otls__explain(conn, &report, "closing");
	closed(conn, OTLS_SENT_SHUTDOWN);
	return OTLS_OK;
}

static otls_status
shutdown_step(otls_connection *conn, void *arg)
{
	otls_status status = otls__send_queued(conn);

	(void)arg;
	conn->write_refused = false;
	if (conn->state == OTLS_STATE_NEW || conn->state == OTLS_STATE_HANDSHAKE)
		return otls__fail(OTLS_E_BAD_STATE, "otls_connection_shutdown: the handshake is not over");
	if (status == OTLS_OK && (conn->shutdown_bits & OTLS_SENT_SHUTDOWN) == 0) {
		if (send_close(conn) != OTLS_OK)
			return OTLS_ERROR;
		status = otls__send_queued(conn);
	}
	/* The peer has closed already: that it does not hear our goodbye any more is no failure.  That it does not get
	 * what was queued before that is one. */
	if (status == OTLS_ERROR && conn->state == OTLS_STATE_CLOSED)
		return OTLS_OK;
	return status == OTLS_ERROR ? otls__explain_send(conn) : status;
}

otls_status
otls_connection_shutdown(otls_connection *conn)
{
	otls_status status = otls__run(conn, __func__, shutdown_step, NULL);

	if (status != OTLS_OK || (conn->shutdown_bits & OTLS_RECEIVED_SHUTDOWN) != 0)
		return status;
	return conn->latest = OTLS_WANT_READ;
}

uint64_t
otls_connection_shutdown_state(const otls_connection *conn)
{
	return conn != NULL ? conn->shutdown_bits : 0;
}

otls_status
otls_connection_set_shutdown_state(otls_connection *conn, uint64_t bits)
{
	if (otls__check(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if ((bits & ~(OTLS_SENT_SHUTDOWN | OTLS_RECEIVED_SHUTDOWN)) != 0)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: unknown bits", __func__);
	if (conn->state == OTLS_STATE_NEW || conn->state == OTLS_STATE_HANDSHAKE)
		return otls__fail(OTLS_E_BAD_STATE, "%s: the handshake is not over", __func__);
	if ((conn->closed_bits & ~bits) != 0)
		return otls__fail(OTLS_E_BAD_STATE, "%s: a close_notify cannot be taken back", __func__);
	conn->shutdown_bits = 0;
	conn->state = OTLS_STATE_OPEN;
	if (bits != 0)
		set_bit(conn, bits);
	return OTLS_OK;
}
