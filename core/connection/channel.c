/* The public calls about transports: descriptors, callbacks, memory, and what comes before and behind TLS. */
#include "connection/connection.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define UNREAD_MAX      65536
#define FEED_BUFFER_MAX 65536

/* == descriptors and callbacks == */

/* No transport yet, and nothing has happened on memory either. */
static otls_status
check_no_transport(otls_connection *conn, const char *function)
{
	if (otls__check(conn, function) != OTLS_OK)
		return OTLS_ERROR;
	if (conn->state != OTLS_STATE_NEW)
		return otls__fail(OTLS_E_BAD_STATE, "%s: the handshake has begun", function);
	if (conn->transport.kind != OTLS_TRANSPORT_MEMORY || conn->fed_eof)
		return otls__fail(OTLS_E_BAD_STATE, "%s: the connection has a transport already", function);
	return OTLS_OK;
}

otls_status
otls_connection_set_fd(otls_connection *conn, int fd, otls_fd_owner owner)
{
	if (check_no_transport(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (owner != OTLS_FD_BORROW && owner != OTLS_FD_OWN)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: %d is not an owner", __func__, (int)owner);
	return otls__transport_set_fd(&conn->transport, fd, owner);
}

int
otls_connection_fd(const otls_connection *conn)
{
	return conn != NULL ? conn->transport.fd : -1;
}

otls_status
otls_connection_set_transport(
    otls_connection *conn, otls_recv_fn recv, otls_send_fn send, void *arg, otls_free_fn free_arg)
{
	if (check_no_transport(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (recv == NULL || send == NULL)
		return otls__fail_null(__func__, recv == NULL ? "recv" : "send");
	conn->transport.kind = OTLS_TRANSPORT_CALLBACKS;
	conn->transport.recv = recv;
	conn->transport.send = send;
	conn->transport.arg = arg;
	conn->transport.free_arg = free_arg;
	return OTLS_OK;
}

static int64_t
dial_deadline(const otls_connection *conn)
{
	return conn->timeout < 0 ? OTLS_NO_DEADLINE : otls__now() + (int64_t)conn->timeout * 1000;
}

otls_status
otls_connection_connect_host(otls_connection *conn, const char *host, const char *service)
{
	otls_status status;
	int fd;

	if (check_no_transport(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (service == NULL)
		return otls__fail_null(__func__, "service");
	if (host == NULL)
		host = conn->peer_name.text;
	if (host[0] == '\0')
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: no host, and no peer name", __func__);
	if ((status = otls__dial_host(host, service, dial_deadline(conn), &fd)) != OTLS_OK)
		return status;
	return otls__transport_set_fd(&conn->transport, fd, OTLS_FD_OWN);
}

otls_status
otls_connection_connect(otls_connection *conn, const struct sockaddr *addr, size_t len)
{
	otls_status status;
	int fd;

	if (check_no_transport(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (addr == NULL)
		return otls__fail_null(__func__, "addr");
	if ((status = otls__dial_address(addr, len, dial_deadline(conn), &fd)) != OTLS_OK)
		return status;
	return otls__transport_set_fd(&conn->transport, fd, OTLS_FD_OWN);
}

otls_status
otls_connection_accept(otls_context *ctx, int listen_fd, otls_connection **conn)
{
	otls_status status;
	int fd;

	if (otls_connection_new_server(ctx, conn) != OTLS_OK)
		return OTLS_ERROR;
	if ((status = otls__accept(listen_fd, &fd)) == OTLS_OK) {
		status = otls__transport_set_fd(&(*conn)->transport, fd, OTLS_FD_OWN);
		if (status != OTLS_OK)
			close(fd);
	}
	if (status != OTLS_OK) {
		otls_connection_free(*conn);
		*conn = NULL;
	}
	return status;
}

otls_status
otls_connection_sock_shutdown(otls_connection *conn, int how)
{
	otls_status status = OTLS_OK;

	if (conn == NULL)
		return otls__fail_null(__func__, "conn");
	if (!conn->transport.is_socket)
		return otls__fail(OTLS_E_BAD_STATE, "%s: the connection has no socket", __func__);
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: %d", __func__, how);
	if (how != SHUT_RD)
		status = otls_connection_flush(conn);
	if (status != OTLS_OK)
		return status;
	if (shutdown(conn->transport.fd, how) != 0)
		return otls__fail_errno(OTLS_E_SYSCALL, errno, "%s", __func__);
	return OTLS_OK;
}

/* == memory == */

static otls_status
check_memory(const otls_connection *conn, const char *function)
{
	if (conn == NULL)
		return otls__fail_null(function, "conn");
	if (conn->transport.kind != OTLS_TRANSPORT_MEMORY)
		return otls__fail(OTLS_E_BAD_STATE, "%s: the connection has another transport than memory", function);
	if (conn->process != otls__process())
		return otls__fail(OTLS_E_BAD_STATE, "%s: the connection was made by the parent process", function);
	return OTLS_OK;
}

static otls_status
check_feed(otls_connection *conn, const char *function, size_t len)
{
	if (check_memory(conn, function) != OTLS_OK || otls__check(conn, function) != OTLS_OK)
		return OTLS_ERROR;
	if (conn->fed_eof)
		return otls__fail(OTLS_E_BAD_STATE, "%s: after otls_connection_feed_eof", function);
	if (len > OTLS_FEED_MAX || len > OTLS_FEED_MAX - otls__input_view(&conn->input).len)
		return otls__fail(OTLS_E_LIMIT, "%s: more than %d bytes would wait", function, OTLS_FEED_MAX);
	return OTLS_OK;
}

static void
fed(otls_connection *conn, size_t len)
{
	conn->transport.bytes_in += len;
	if (len > 0)
		conn->input_end = OTLS_INPUT_MORE;
}

otls_status
otls_connection_feed(otls_connection *conn, const void *data, size_t len)
{
	if (check_feed(conn, __func__, len) != OTLS_OK)
		return OTLS_ERROR;
	if (data == NULL && len > 0)
		return otls__fail_null(__func__, "data");
	if (len > 0 && !otls__input_append(&conn->input, data, len))
		return otls__fail_memory();
	conn->feed_room = 0;
	fed(conn, len);
	return OTLS_OK;
}

otls_status
otls_connection_feed_eof(otls_connection *conn)
{
	if (check_memory(conn, __func__) != OTLS_OK || otls__check(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	conn->fed_eof = true;
	return OTLS_OK;
}

uint8_t *
otls_connection_feed_buffer(otls_connection *conn, size_t want, size_t *cap)
{
	uint8_t *room;
	size_t allowed;

	if (cap != NULL)
		*cap = 0;
	if (want == 0)
		want = 1;
	if (check_feed(conn, __func__, want) != OTLS_OK)
		return NULL;
	if (cap == NULL) {
		otls__fail_null(__func__, "cap");
		return NULL;
	}
	if (want > FEED_BUFFER_MAX) {
		otls__fail(OTLS_E_LIMIT, "%s: %zu bytes at once", __func__, want);
		return NULL;
	}
	if ((room = otls__input_room(&conn->input, want, cap)) == NULL)
		otls__fail_memory();
	/* Whatever fits in there can be committed. */
	allowed = OTLS_FEED_MAX - otls__input_view(&conn->input).len;
	if (*cap > allowed)
		*cap = allowed;
	conn->feed_room = *cap;
	return room;
}

otls_status
otls_connection_feed_commit(otls_connection *conn, size_t len)
{
	if (check_feed(conn, __func__, len) != OTLS_OK)
		return OTLS_ERROR;
	if (len > conn->feed_room)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: %zu bytes were not handed out", __func__, len);
	otls__input_commit(&conn->input, len);
	conn->feed_room = 0;
	fed(conn, len);
	return OTLS_OK;
}

const uint8_t *
otls_connection_drain_peek(otls_connection *conn, size_t *len)
{
	otls_bytes front = { 0 };

	if (check_memory(conn, __func__) == OTLS_OK && conn->output.len > 0)
		front = otls__output_front(&conn->output);
	if (len != NULL)
		*len = front.len;
	return front.data;
}

otls_status
otls_connection_drain_consume(otls_connection *conn, size_t len)
{
	if (check_memory(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (len > 0 && (conn->output.len == 0 || len > otls__output_front(&conn->output).len))
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: %zu bytes were not shown", __func__, len);
	otls__output_consume(&conn->output, len);
	conn->transport.bytes_out += len;
	if (conn->output.len == 0)
		conn->unasked = 0;
	return OTLS_OK;
}

otls_status
otls_connection_drain(otls_connection *conn, void *buf, size_t cap, size_t *len)
{
	uint8_t *out = buf;

	if (len != NULL)
		*len = 0;
	if (check_memory(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (len == NULL || (buf == NULL && cap > 0))
		return otls__fail_null(__func__, len == NULL ? "len" : "buf");
	if (conn->output.len == 0)
		return OTLS_WANT_READ;
	while (*len < cap && conn->output.len > 0) {
		otls_bytes front = otls__output_front(&conn->output);
		size_t part = front.len < cap - *len ? front.len : cap - *len;

		memcpy(out + *len, front.data, part);
		*len += part;
		if (otls_connection_drain_consume(conn, part) != OTLS_OK)
			return OTLS_ERROR;
	}
	return OTLS_OK;
}

/* == before and behind TLS == */

otls_status
otls_connection_unread(otls_connection *conn, const void *data, size_t len)
{
	if (otls__check(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (data == NULL && len > 0)
		return otls__fail_null(__func__, "data");
	if (conn->state != OTLS_STATE_NEW)
		return otls__fail(OTLS_E_BAD_STATE, "%s: the handshake has begun", __func__);
	if (otls__input_view(&conn->input).len > UNREAD_MAX || len > UNREAD_MAX - otls__input_view(&conn->input).len)
		return otls__fail(OTLS_E_LIMIT, "%s: more than %d bytes", __func__, UNREAD_MAX);
	conn->feed_room = 0;
	return len == 0 || otls__input_append(&conn->input, data, len) ? OTLS_OK : otls__fail_memory();
}

const uint8_t *
otls_connection_leftover(const otls_connection *conn, size_t *len)
{
	bool closed = conn != NULL && (conn->shutdown_bits & OTLS_RECEIVED_SHUTDOWN) != 0;
	otls_bytes view = closed ? otls__input_view(&conn->input) : otls__bytes(NULL, 0);

	if (len != NULL)
		*len = view.len;
	return view.len > 0 ? view.data : NULL;
}
