/* The parts of omnitls server: one thread, one libuv loop, a session for each client, and one service that all of
 * them get.
 *
 *	server.c          the command: options and contexts
 *	server_loop.c     listening, signals, deadlines
 *	server_session.c  one client, from the handshake to the goodbye
 *	server_echo.c server_http.c server_exec.c   the services
 *
 * The loop polls the sockets, and OmniTLS reads and writes them (otls_connection_set_fd); an idle session holds no
 * buffer of its own.
 */
#ifndef OTLS_TOOLS_SERVER_H
#define OTLS_TOOLS_SERVER_H

#include "command.h"

#include <omnitls/omnitls.h>
#include <stdalign.h>
#include <uv.h>

#define SERVER_SCRATCH 16384 /* a TLS record's data */

struct session;

/* What a client gets.  Its state is the session's, zeroed before start. */
struct service {
	size_t state_size;
	bool duplex; /* step is called even while output waits */
	/* The handshake is over.  false: session->why or otls_error_last() says why not; stop is not called then. */
	bool (*start)(struct session *session);
	/* Does one thing.
	 *
	 * OK             call again
	 * WANT_READ      of the client
	 * WANT_CALLBACK  something else is to happen first, and calls session_advance then
	 * EOF            served: what is queued is sent, and the session ends
	 * ERROR          session->why or otls_error_last() says why; the session ends without a goodbye
	 */
	otls_status (*step)(struct session *session);
	/* Lets everything go.  Step is not called any more. */
	void (*stop)(struct session *session);
};

extern const struct service service_echo, service_http, service_exec;

struct server {
	const struct command *command;
	const struct service *service;
	otls_context *ctx;
	int directory;       /* --http: what is served */
	const char *program; /* --exec: what is run */
	uint64_t timeout;    /* milliseconds without progress that a client may take; 0: no limit */
	bool verbose;

	uv_loop_t loop;
	uv_poll_t listener;
	uv_signal_t signals[2];
	uv_timer_t sweep;
	uv_idle_t again; /* runs while there are ready sessions */
	int listen_fd;
	bool is_paused; /* the listener */
	bool stopping;
	struct session *sessions, *ready;
	size_t session_count;
	uint8_t scratch[SERVER_SCRATCH]; /* for whoever is at work */
};

/* == server_loop.c == */

/* Serves at an address until SIGTERM or SIGINT.  false: it never came to that, and standard error says why. */
bool server_run(struct server *server, const char *host, const char *port);
/* A session is gone. */
void server_session_gone(struct server *server);

/* == server_session.c == */
typedef enum session_phase {
	SESSION_HANDSHAKE,
	SESSION_OPEN,    /* the service works */
	SESSION_GOODBYE, /* sends what is queued, and close_notify */
	SESSION_LINGER,  /* throws away what comes in until the client has closed */
	SESSION_DEAD     /* waits for the last hold to go */
} session_phase;

struct session {
	struct server *server;
	struct session *next, **link; /* all sessions */
	struct session *next_ready;
	bool is_ready;
	session_phase phase;
	otls_connection *conn;
	uv_poll_t poll;
	int watched;       /* the UV_READABLE and UV_WRITABLE that poll looks out for */
	unsigned holds;    /* who still uses this memory: poll, and what a service has under way */
	uint64_t deadline; /* in the loop's time; 0: none */
	uint64_t wire_bytes_out;
	uint8_t *backlog; /* what OmniTLS did not take yet; NULL: nothing */
	size_t backlog_at, backlog_len;
	const char *why; /* a failure that is not OmniTLS's */
	char peer[64];
	alignas(max_align_t) unsigned char state[]; /* the service's */
};

/* Takes over the connection. */
void session_new(struct server *server, otls_connection *conn);
/* Goes on, as far as that is possible without waiting. */
void session_advance(struct session *session);
/* Advances once the other sessions had their turn. */
void session_advance_later(struct session *session);
/* Its deadline has passed. */
void session_expire(struct session *session);
/* Says goodbye, if there is somebody to say it to. */
void session_end(struct session *session);
/* Ends at once. */
void session_close(struct session *session);

/* == for services == */

/* Sends, or keeps for later.  false: see otls_error_last() or session->why. */
bool session_send(struct session *session, const void *data, size_t len);
/* Everything sent so far has left. */
bool session_is_flushed(const struct session *session);
/* The client has got on: its time starts anew. */
void session_touch(struct session *session);
/* Keeps the session's memory while something is under way. */
void session_hold(struct session *session);
void session_release(struct session *session);

/* == server_exec.c == */

/* Gives up the handle of a program that is still running when the server ends. */
void server_exec_abandon(uv_handle_t *process);

#endif
