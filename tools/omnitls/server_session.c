/* One client, from the handshake to the goodbye. */
#include "server.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HANDSHAKE_TIME 10000 /* milliseconds, for all of it */
#define LINGER_TIME    2000
#define TURNS          32 /* steps before the others have theirs */

/* == failures == */
static const char *
reason_of(const struct session *session)
{
	const otls_error *error = otls_connection_error(session->conn);

	if (session->why != NULL)
		return session->why;
	return otls_error_message(otls_error_code(error) != OTLS_E_NONE ? error : otls_error_last());
}

static void
complain(const struct session *session)
{
	if (session->server->verbose)
		command_complain(session->server->command, "%s: %s", session->peer, reason_of(session));
}

/* == life == */
static void
note_peer(struct session *session)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);
	char host[48] = "", port[8] = "";

	snprintf(session->peer, sizeof(session->peer), "a client");
	if (getpeername(otls_connection_fd(session->conn), (struct sockaddr *)&address, &len) == 0 &&
	    getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(session->peer, sizeof(session->peer), "%s port %s", host, port);
}

static void
link_session(struct server *server, struct session *session)
{
	session->next = server->sessions;
	session->link = &server->sessions;
	if (session->next != NULL)
		session->next->link = &session->next;
	server->sessions = session;
	server->session_count++;
}

static void
unlink_session(struct session *session)
{
	*session->link = session->next;
	if (session->next != NULL)
		session->next->link = session->link;
	session->server->session_count--;
}

void
session_new(struct server *server, otls_connection *conn)
{
	struct session *session = calloc(1, sizeof(*session) + server->service->state_size);

	if (session == NULL) {
		otls_connection_free(conn);
		return;
	}
	/* This makes the socket non-blocking too. */
	if (uv_poll_init(&server->loop, &session->poll, otls_connection_fd(conn)) != 0) {
		otls_connection_free(conn);
		free(session);
		return;
	}
	session->server = server;
	session->conn = conn;
	session->poll.data = session;
	session->holds = 1;
	session->deadline = uv_now(&server->loop) + HANDSHAKE_TIME;
	otls_connection_set_handshake_timeout(conn, HANDSHAKE_TIME);
	link_session(server, session);
	if (server->verbose)
		note_peer(session);
	session_advance(session);
}

void
session_hold(struct session *session)
{
	session->holds++;
}

void
session_release(struct session *session)
{
	struct server *server = session->server;

	if (--session->holds > 0)
		return;
	unlink_session(session);
	otls_connection_free(session->conn);
	free(session->backlog);
	free(session);
	server_session_gone(server);
}

static void
on_poll_closed(uv_handle_t *handle)
{
	session_release(handle->data);
}

/* The service is asked to stop once, whichever way its work ends. */
static void
set_phase(struct session *session, session_phase phase)
{
	session_phase before = session->phase;

	session->phase = phase;
	if (before == SESSION_OPEN && phase != SESSION_OPEN)
		session->server->service->stop(session);
}

static void
leave_ready(struct session *session)
{
	struct session **at = &session->server->ready;

	if (!session->is_ready)
		return;
	while (*at != session)
		at = &(*at)->next_ready;
	*at = session->next_ready;
	session->is_ready = false;
}

void
session_close(struct session *session)
{
	if (session->phase == SESSION_DEAD)
		return;
	set_phase(session, SESSION_DEAD);
	leave_ready(session);
	uv_close((uv_handle_t *)&session->poll, on_poll_closed);
}

/* == time == */
void
session_touch(struct session *session)
{
	uint64_t timeout = session->server->timeout;

	session->deadline = timeout > 0 ? uv_now(&session->server->loop) + timeout : 0;
}

static void
allow(struct session *session, uint64_t milliseconds)
{
	session->deadline = uv_now(&session->server->loop) + milliseconds;
}

/* == sending == */

/* Whoever takes what is sent gets on. */
static void
note_progress(struct session *session)
{
	uint64_t sent = otls_connection_stat(session->conn, OTLS_STAT_WIRE_BYTES_OUT);

	if (sent == session->wire_bytes_out)
		return;
	session->wire_bytes_out = sent;
	if (session->phase == SESSION_OPEN)
		session_touch(session);
}

static bool
keep(struct session *session, const uint8_t *data, size_t len)
{
	uint8_t *larger = realloc(session->backlog, session->backlog_len + len);

	if (larger == NULL) {
		session->why = "out of memory";
		return false;
	}
	memcpy(larger + session->backlog_len, data, len);
	session->backlog = larger;
	session->backlog_len += len;
	return true;
}

bool
session_send(struct session *session, const void *data, size_t len)
{
	size_t done = 0;

	if (session->backlog == NULL && otls_connection_write_all(session->conn, data, len, &done) == OTLS_ERROR)
		return false;
	return done == len || keep(session, (const uint8_t *)data + done, len - done);
}

bool
session_is_flushed(const struct session *session)
{
	return session->backlog == NULL && !otls_connection_want_write(session->conn);
}

static otls_status
send_backlog(struct session *session)
{
	size_t done = 0;
	otls_status status = OTLS_OK;

	if (session->backlog == NULL)
		return OTLS_OK;
	status = otls_connection_write_all(
	    session->conn, session->backlog + session->backlog_at, session->backlog_len - session->backlog_at, &done);
	session->backlog_at += done;
	if (status != OTLS_OK)
		return status;
	free(session->backlog);
	session->backlog = NULL;
	session->backlog_at = session->backlog_len = 0;
	return OTLS_OK;
}

static otls_status
flush(struct session *session)
{
	otls_status status = send_backlog(session);

	if (status == OTLS_OK)
		status = otls_connection_flush(session->conn);
	note_progress(session);
	return status;
}

/* == phases ==
 * Each does one thing and answers as a service's step does. */
static otls_status
shake_hands(struct session *session)
{
	otls_status status = otls_connection_handshake(session->conn);

	if (status != OTLS_OK)
		return status;
	session_touch(session);
	if (!session->server->service->start(session))
		return OTLS_ERROR;
	session->phase = SESSION_OPEN;
	return OTLS_OK;
}

static otls_status
serve(struct session *session)
{
	const struct service *service = session->server->service;
	otls_status sent = flush(session), status = OTLS_OK;

	if (sent == OTLS_ERROR || (sent != OTLS_OK && !service->duplex))
		return sent;
	status = service->step(session);
	/* What waited was sent by the way: nothing will tell those who wait for that. */
	if (status == OTLS_WANT_READ && sent != OTLS_OK && !otls_connection_want_write(session->conn))
		return OTLS_OK;
	if (status != OTLS_EOF)
		return status;
	session_end(session);
	return OTLS_OK;
}

/* A socket that is closed while bytes wait in it resets the connection, and the client may lose what was sent last: our
 * goodbye, or the alert.  So the client is given a moment to close first. */
static otls_status
linger(struct session *session)
{
	set_phase(session, SESSION_LINGER);
	allow(session, LINGER_TIME);
	if (otls_connection_sock_shutdown(session->conn, SHUT_WR) == OTLS_OK)
		return OTLS_OK;
	session_close(session);
	return OTLS_EOF;
}

static otls_status
say_goodbye(struct session *session)
{
	otls_status status = flush(session);

	if (status == OTLS_OK)
		status = otls_connection_shutdown(session->conn);
	return status == OTLS_OK || status == OTLS_WANT_READ ? linger(session) : status;
}

static otls_status
discard(struct session *session)
{
	struct server *server = session->server;
	ssize_t len = recv(otls_connection_fd(session->conn), server->scratch, sizeof(server->scratch), MSG_DONTWAIT);

	if (len > 0 || (len < 0 && errno == EINTR))
		return OTLS_OK;
	if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return OTLS_WANT_READ;
	session_close(session);
	return OTLS_EOF;
}

static otls_status
wait_for_holds(struct session *session)
{
	(void)session;
	return OTLS_EOF;
}

static otls_status (*const phases[])(struct session *) = {
	[SESSION_HANDSHAKE] = shake_hands,
	[SESSION_OPEN] = serve,
	[SESSION_GOODBYE] = say_goodbye,
	[SESSION_LINGER] = discard,
	[SESSION_DEAD] = wait_for_holds,
};

/* == waiting == */
static void on_ready(uv_poll_t *poll, int status, int events);

static void
watch(struct session *session, int events)
{
	if (events == session->watched)
		return;
	session->watched = events;
	if (events == 0)
		uv_poll_stop(&session->poll);
	else if (uv_poll_start(&session->poll, events, on_ready) != 0)
		session_close(session);
}

static void
watch_for(struct session *session, otls_status status)
{
	short events = session->phase == SESSION_LINGER ? POLLIN : otls_connection_poll_events(session->conn);

	/* A client that does not take what it asked for is not listened to meanwhile. */
	if (status == OTLS_WANT_WRITE || status == OTLS_WANT_CALLBACK)
		events &= POLLOUT;
	watch(session, ((events & POLLIN) != 0 ? UV_READABLE : 0) | ((events & POLLOUT) != 0 ? UV_WRITABLE : 0));
	/* No events: OmniTLS has what it needs already. */
	if (events == 0 && status != OTLS_WANT_CALLBACK)
		session_advance_later(session);
}

void
session_advance(struct session *session)
{
	otls_status status = OTLS_OK;

	for (int turn = 0; status == OTLS_OK && turn < TURNS; turn++) {
		status = phases[session->phase](session);
		if (status != OTLS_ERROR)
			continue;
		complain(session);
		status = linger(session);
	}
	if (session->phase == SESSION_DEAD)
		return;
	if (status == OTLS_OK)
		session_advance_later(session);
	else
		watch_for(session, status);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct session *session = poll->data;

	(void)events;
	/* libuv stops watching a socket with an error; which one it is, OmniTLS learns by using it. */
	if (status < 0)
		session->watched = 0;
	session_advance(session);
}

static void
on_again(uv_idle_t *again)
{
	struct server *server = again->data;
	struct session *session = server->ready;

	/* Those that get ready while these are served have their turn next time. */
	server->ready = NULL;
	for (struct session *at = session; at != NULL; at = at->next_ready)
		at->is_ready = false;
	while (session != NULL) {
		struct session *next = session->next_ready;
		session_advance(session);
		session = next;
	}
	if (server->ready == NULL)
		uv_idle_stop(again);
}

void
session_advance_later(struct session *session)
{
	struct server *server = session->server;

	if (session->is_ready)
		return;
	session->is_ready = true;
	session->next_ready = server->ready;
	server->ready = session;
	server->again.data = server;
	uv_idle_start(&server->again, on_again);
}

/* == ends == */
void
session_end(struct session *session)
{
	if (session->phase == SESSION_HANDSHAKE) {
		session_close(session);
		return;
	}
	if (session->phase != SESSION_OPEN)
		return;
	set_phase(session, SESSION_GOODBYE);
	allow(session, LINGER_TIME);
	session_advance_later(session);
}

void
session_expire(struct session *session)
{
	switch (session->phase) {
	case SESSION_HANDSHAKE:
		/* OmniTLS keeps this time too, and has the words for it. */
		session_advance(session);
		if (session->phase == SESSION_HANDSHAKE)
			session_close(session);
		return;
	case SESSION_OPEN:
		session->why = "no progress in time";
		complain(session);
		session_end(session);
		return;
	default:
		session_close(session);
	}
}
