/* Sessions: what lets a client and a server that have met shake hands in one round trip less, and without certificates.
 *
 * A client takes a session from a connection, and offers it on the next one to the same peer:
 *
 *	otls_session *session = otls_session_ref(otls_connection_session(conn));
 *	...
 *	if (session != NULL && otls_connection_set_session(next, session) != OTLS_OK)
 *		... it does not fit: the handshake is a full one
 *
 * Resuming never trusts more than a full handshake would.  A session holds the certificates that the peer showed when it
 * was made, and they are judged again, by the settings and the time of the connection that offers it; what does not pass
 * is not offered.  A server that asks for certificates resumes only what it has itself a record of.  After a resumption
 * the getters of connection.h answer about the same certificates as before it.
 *
 * A session belongs to the backend, and the version of its library, that made it; and to what a connection could be made
 * of then: suites, groups, signature schemes, security level.
 *
 * THREADS   A session is immutable, and may be shared.
 */
#ifndef OMNITLS_SESSION_H
#define OMNITLS_SESSION_H

#include <omnitls/connection.h>
#include <omnitls/types.h>

#ifdef __cplusplus
extern "C" {
#endif

OTLS_API otls_session *otls_session_ref(const otls_session *session);
/* Its secrets are wiped with the last reference. */
OTLS_API void otls_session_free(otls_session *session);

/* The session as bytes, to be kept and given to deserialize, also in another process.  They are secret: who has them can
 * be the client.  They live as long as the session. */
OTLS_API const uint8_t *otls_session_serialize(const otls_session *session, size_t *len);
/* Reads what serialize wrote.
 * Errors    SESSION: damaged, of another version of OmniTLS, or made by a backend that this build does not have. */
OTLS_MUST_USE otls_status otls_session_deserialize(const void *data, size_t len, otls_session **session);
/* Unix seconds; 0 for NULL. */
OTLS_API int64_t otls_session_expires(const otls_session *session);
/* Whether it may still be offered, by the clock. */
OTLS_API bool otls_session_is_resumable(const otls_session *session);

/* Offers a session on this client, before its handshake; NULL: none, after all.  It is dropped without a word when, at
 * the handshake, the names or settings have changed, or its certificates do not pass.
 * Errors    SESSION: it does not fit, and the text says why: another backend, peer name, server name, client
 * certificate, or list of suites, groups or schemes, or it has expired; the connection can be used all the same, and
 * shakes hands in full.  BAD_STATE: not a
 * client, or the handshake has begun.  UNSUPPORTED: the backend has no OTLS_CAP_SESSION. */
OTLS_MUST_USE otls_status otls_connection_set_session(otls_connection *conn, const otls_session *session);
/* A client's latest session, or NULL: none that could be resumed.  In TLS 1.3 they come behind the handshake, while
 * reading; in TLS 1.2 there is one when the handshake is over.  None is kept of a connection of TLS 1.2 without
 * extended_master_secret (RFC 7627, section 5.2).  It lives until the next one comes, or as long as the connection. */
OTLS_API const otls_session *otls_connection_session(otls_connection *conn);
/* Whether the handshake resumed a session. */
OTLS_API bool otls_connection_session_reused(const otls_connection *conn);

/* Tells a client of each new session; of several that come at once, of the last. */
typedef void (*otls_session_fn)(otls_connection *conn, const otls_session *session, void *arg);
/* fn NULL: none.  In the callback only getters may be called; keep the session with otls_session_ref.
 * Errors    UNSUPPORTED: the backend has no OTLS_CAP_SESSION. */
OTLS_MUST_USE otls_status otls_context_set_session_callback(
    otls_context *ctx, otls_session_fn fn, void *arg, otls_free_fn free_arg);

/* == servers: tickets ==
 * A server puts its side of a session into a ticket, sealed with a secret that comes from a ticket key and from what the
 * server is: its certificate and key, how and against what it verifies clients, the names of authorities that it sends.
 * So servers with the same settings and the same key, on the same backend and version of its library, open each other's
 * tickets, and others do not.
 * Without a key of one's own, it is one of the process, and of those that it forks when it has a context.  What clients have
 * shown is known to the process alone that has seen it: elsewhere, where certificates are asked for, they are again. */

/* How many tickets a TLS 1.3 client is sent behind the handshake, 0 to 16; the default is 2.  0: no tickets in TLS 1.2
 * either, and nothing is resumed. */
OTLS_MUST_USE otls_status otls_context_set_ticket_count(otls_context *ctx, unsigned count);
OTLS_API unsigned otls_context_ticket_count(const otls_context *ctx);
#define OTLS_TICKET_KEY_BYTES 64
#define OTLS_TICKET_KEYS_MAX  4
/* The keys of tickets, one after the other, OTLS_TICKET_KEY_BYTES random bytes each, shared by all servers that are to open
 * each other's.  The first seals, the others still open: to change keys, put the new one in front.  count 0: the
 * process's own key, as at first.  They are copied.
 * Errors    LIMIT: more than OTLS_TICKET_KEYS_MAX. */
OTLS_MUST_USE otls_status otls_context_set_ticket_keys(otls_context *ctx, const uint8_t *keys, size_t count);
/* How many seconds a session can be resumed, 1 to 604800 (7 days; RFC 8446, section 4.6.1); the default is 300. */
OTLS_MUST_USE otls_status otls_context_set_session_timeout(otls_context *ctx, int64_t seconds);
OTLS_API int64_t otls_context_session_timeout(const otls_context *ctx);
/* Stands for the certificate and the way to verify in "what the server is", above: servers with the same bytes, up to 32,
 * share tickets though these differ.  Records of clients' certificates are judged by each server's own settings all the
 * same.  len 0: the default. */
OTLS_MUST_USE otls_status otls_context_set_session_id_context(otls_context *ctx, const void *id, size_t len);

#ifdef __cplusplus
}
#endif

#endif
