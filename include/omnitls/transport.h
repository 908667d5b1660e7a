/* Transports: what carries the bytes of a connection.  One of three:
 *
 *   a socket or another descriptor   otls_connection_set_fd, connect_host, connect, accept
 *   your own callbacks               otls_connection_set_transport
 *   memory                           neither of the two: feed what came in, drain what is to go out
 *
 * The same semantics on all three.  OmniTLS reads ahead: select or poll alone do not tell whether a read would get
 * on, see otls_connection_has_pending and otls_connection_poll_events.
 */
#ifndef OMNITLS_TRANSPORT_H
#define OMNITLS_TRANSPORT_H

#include <omnitls/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sockaddr;

/* == descriptors == */
typedef enum otls_fd_owner {
	OTLS_FD_BORROW, /* free leaves it open */
	OTLS_FD_OWN     /* free closes it */
} otls_fd_owner;
/* Whether it blocks is the descriptor's own O_NONBLOCK flag, looked at when it matters; it is never changed.
 * Errors    BAD_ARGUMENT: not an open descriptor; BAD_STATE: there is a transport already, or the handshake began.
 * SIGPIPE is never raised on sockets. */
OTLS_MUST_USE otls_status otls_connection_set_fd(otls_connection *conn, int fd, otls_fd_owner owner);
OTLS_API int otls_connection_fd(const otls_connection *conn); /* -1: none */
/* Dials the service ("443", "https") at host; NULL: the peer name.  All addresses of both families are tried, in
 * turn and overlapping (RFC 8305); bounded by set_timeout.  The connection then owns a blocking socket.
 * Errors    RESOLVE, SYSCALL (the last address's errno); status TIMEOUT. */
OTLS_MUST_USE otls_status otls_connection_connect_host(otls_connection *conn, const char *host, const char *service);
/* Dials one address; len is the length of *addr. */
OTLS_MUST_USE otls_status otls_connection_connect(otls_connection *conn, const struct sockaddr *addr, size_t len);
/* A listening socket; host NULL: every address; service "0": any free port.  Yours to close: plain, blocking,
 * close-on-exec, address reuse on. */
OTLS_MUST_USE otls_status otls_listen(const char *host, const char *service, int *fd);
/* Accepts one connection: a server connection that owns its socket; no handshake yet.
 * WANT_READ: listen_fd does not block, and nobody is there. */
OTLS_MUST_USE otls_status otls_connection_accept(otls_context *ctx, int listen_fd, otls_connection **conn);
/* shutdown(2) on the socket (SHUT_RD, SHUT_WR, SHUT_RDWR), and nothing else: no close_notify.  What is queued is
 * sent first for WR and RDWR; WANT_WRITE: not all of it could be, call again.  BAD_STATE without a socket. */
OTLS_MUST_USE otls_status otls_connection_sock_shutdown(otls_connection *conn, int how);

/* == callbacks ==
 * recv stores 1 to cap bytes and answers OK, or WANT_READ, or EOF, or ERROR with errno set.
 * send takes 1 to len bytes and answers OK, or WANT_WRITE, or ERROR with errno set.
 * Neither may call functions of this connection. */
typedef otls_status (*otls_recv_fn)(void *arg, void *buf, size_t cap, size_t *len);
typedef otls_status (*otls_send_fn)(void *arg, const void *buf, size_t len, size_t *sent);
OTLS_MUST_USE otls_status otls_connection_set_transport(
    otls_connection *conn, otls_recv_fn recv, otls_send_fn send, void *arg, otls_free_fn free_arg);

/* == memory ==
 * All fail with BAD_STATE on a connection with another transport.  Draining works after a failure too: the alert is
 * in there. */
/* Takes all of data, or nothing: LIMIT when more than 256 KiB would wait unread; BAD_STATE after feed_eof. */
OTLS_MUST_USE otls_status otls_connection_feed(otls_connection *conn, const void *data, size_t len);
/* The peer's stream ends behind what was fed. */
OTLS_MUST_USE otls_status otls_connection_feed_eof(otls_connection *conn);
/* Moves 1 to cap bytes into buf.  WANT_READ: nothing is queued. */
OTLS_MUST_USE otls_status otls_connection_drain(otls_connection *conn, void *buf, size_t cap, size_t *len);
/* Zero copy in: room for at least want bytes (up to 64 KiB), *cap of them; NULL: no memory or LIMIT, see
 * otls_error_last.  Fill it, then commit what was filled, before any other call on the connection. */
OTLS_API uint8_t *otls_connection_feed_buffer(otls_connection *conn, size_t want, size_t *cap);
OTLS_MUST_USE otls_status otls_connection_feed_commit(otls_connection *conn, size_t len);
/* Zero copy out: the first bytes that are queued, NULL: none.  They stay where they are until they are consumed,
 * whatever is called meanwhile: hand them to an asynchronous write. */
OTLS_API const uint8_t *otls_connection_drain_peek(otls_connection *conn, size_t *len);
/* At most what drain_peek showed; more is BAD_ARGUMENT and changes nothing. */
OTLS_MUST_USE otls_status otls_connection_drain_consume(otls_connection *conn, size_t len);

/* == before and behind TLS == */
/* Bytes that were read from the descriptor before TLS took over (STARTTLS, PROXY header); before the handshake, on
 * every transport; up to 64 KiB.  Plain text that somebody slipped in behind a STARTTLS reply ends as NOT_TLS here,
 * instead of being taken for protected data. */
OTLS_MUST_USE otls_status otls_connection_unread(otls_connection *conn, const void *data, size_t len);
/* After EOF: bytes that were read from the descriptor behind the peer's close_notify, which go on in plain.
 * NULL: none. */
OTLS_API const uint8_t *otls_connection_leftover(const otls_connection *conn, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
