/* Connections: one TLS connection each, over any transport (transport.h).
 *
 * The calls that move data first send what is queued, then go on with the handshake if that is not over.  On a
 * descriptor that blocks, they wait and return flushed; otherwise they answer WANT_READ or WANT_WRITE, and are
 * called again, with any buffer: nothing is lost or doubled.
 */
#ifndef OMNITLS_CONNECTION_H
#define OMNITLS_CONNECTION_H

#include <omnitls/certificate.h>
#include <omnitls/context.h>
#include <omnitls/transport.h>
#include <omnitls/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iovec;

/* A client.  peer_name is the DNS name or IP address that the server's certificate must be for; a DNS name is also
 * sent as server name (SNI).  NULL: set later, or skipped with insecure_skip_name_check; a handshake without it
 * fails with NO_PEER_NAME.  Host names are ASCII; write international ones as A-labels ("xn--...").
 * Errors    BAD_ARGUMENT: not a name (empty, over 253 bytes, bad characters); BAD_STATE: a server's context. */
OTLS_MUST_USE otls_status otls_connection_new_client(otls_context *ctx, const char *peer_name, otls_connection **conn);
/* A server.  The context needs a key pair before the handshake. */
OTLS_MUST_USE otls_status otls_connection_new_server(otls_context *ctx, otls_connection **conn);
/* The role comes later, by one of the next two; before any data moves. */
OTLS_MUST_USE otls_status otls_connection_new(otls_context *ctx, otls_connection **conn);
OTLS_MUST_USE otls_status otls_connection_set_connect_state(otls_connection *conn);
OTLS_MUST_USE otls_status otls_connection_set_accept_state(otls_connection *conn);
OTLS_MUST_USE otls_status otls_connection_set_peer_name(otls_connection *conn, const char *peer_name);
/* Sends another server name than the peer name, or none ("").  It is not what the certificate is checked against. */
OTLS_MUST_USE otls_status otls_connection_set_server_name(otls_connection *conn, const char *name);
/* The chain is verified, the name is not: any certificate of any trusted authority passes. */
OTLS_MUST_USE otls_status otls_connection_insecure_skip_name_check(otls_connection *conn);
/* This connection's own list, instead of the context's (otls_context_set_alpn_protos). */
OTLS_MUST_USE otls_status otls_connection_set_alpn_protos(otls_connection *conn, const char *list);
/* This connection's own mode, instead of the context's (otls_context_set_verify). */
OTLS_MUST_USE otls_status otls_connection_set_verify(otls_connection *conn, uint64_t mode);
/* Sends nothing: call otls_connection_shutdown first.  Closes a descriptor that it owns. */
OTLS_API void otls_connection_free(otls_connection *conn);

/* Shakes hands.  OK: the peer is verified, and everything is sent; OK again when called again.
 * A refused certificate is E_VERIFY: see otls_error_verify_reason. */
OTLS_MUST_USE otls_status otls_connection_handshake(otls_connection *conn);
/* Reads decrypted bytes: stores 1 to cap of them in buf and their count in *len; at most one record's.
 * Nothing arrives before the peer is verified.  cap 0: OK and 0.
 * EOF: the peer closed properly.  A stream that ends without close_notify is the error TRUNCATED. */
OTLS_MUST_USE otls_status otls_connection_read(otls_connection *conn, void *buf, size_t cap, size_t *len);
/* The same, and the bytes stay to be read again. */
OTLS_MUST_USE otls_status otls_connection_peek(otls_connection *conn, void *buf, size_t cap, size_t *len);
/* Takes bytes to be sent.  OK: *done of them are accepted, 1 to len (all of them where the transport blocks); what
 * is queued leaves with any later call, or with flush.  WANT_WRITE: none was taken. */
OTLS_MUST_USE otls_status otls_connection_write(otls_connection *conn, const void *buf, size_t len, size_t *done);
/* Takes all of them, or as many as it can: *done (may be NULL) counts them on every status; go on behind them. */
OTLS_MUST_USE otls_status otls_connection_write_all(otls_connection *conn, const void *buf, size_t len, size_t *done);
/* As write, from up to 1024 pieces, gathered into as few records as they fit in. */
OTLS_MUST_USE otls_status otls_connection_writev(
    otls_connection *conn, const struct iovec *iov, int count, size_t *done);
/* OK: the transport has taken everything. */
OTLS_API otls_status otls_connection_flush(otls_connection *conn);
/* Sends close_notify, once; reading goes on.  Never waits for the peer's: OK when both are through, WANT_READ while
 * the peer's is missing (to wait for it, read until EOF). */
OTLS_API otls_status otls_connection_shutdown(otls_connection *conn);

#define OTLS_SENT_SHUTDOWN     UINT64_C(1) /* our close_notify was sent */
#define OTLS_RECEIVED_SHUTDOWN UINT64_C(2) /* the peer's was received */
OTLS_API uint64_t otls_connection_shutdown_state(const otls_connection *conn);
/* Sets bits as if it had happened: SENT suppresses our close_notify, RECEIVED makes reads answer EOF.  BAD_STATE: takes
 * back a close_notify that did go by, or before the handshake is over. */
OTLS_MUST_USE otls_status otls_connection_set_shutdown_state(otls_connection *conn, uint64_t bits);

/* How long one call may wait on a blocking descriptor, in milliseconds; -1: no limit (default).  The call then
 * answers TIMEOUT. */
OTLS_API void otls_connection_set_timeout(otls_connection *conn, int ms);
/* How long the whole handshake may take, counted from its first call, on every transport; -1: no limit (default).
 * The connection then fails with E_TIMEOUT; a blocking call wakes up for it. */
OTLS_API void otls_connection_set_handshake_timeout(otls_connection *conn, int ms);

OTLS_API size_t otls_connection_pending(const otls_connection *conn);   /* decrypted bytes that wait */
OTLS_API bool otls_connection_has_pending(const otls_connection *conn); /* a read gets on without the transport */
OTLS_API bool otls_connection_want_read(const otls_connection *conn);   /* the latest call answered WANT_READ */
OTLS_API bool otls_connection_want_write(const otls_connection *conn);  /* output is queued */
/* What to poll the transport for: POLLIN, POLLOUT, both, or 0 for "call again now".  The authority, whatever the
 * status was: POLLOUT while output is queued, and from a write's WANT_WRITE on until the write is tried again, or given
 * up by otls_connection_flush or _shutdown (a read in between sends what is queued, and there is room after all). */
OTLS_API short otls_connection_poll_events(const otls_connection *conn);

typedef enum otls_state {
	OTLS_STATE_NEW,       /* nothing has happened */
	OTLS_STATE_HANDSHAKE, /* shaking hands */
	OTLS_STATE_OPEN,      /* data flows */
	OTLS_STATE_CLOSING,   /* one of the two has sent close_notify */
	OTLS_STATE_CLOSED,    /* both have */
	OTLS_STATE_FAILED     /* see otls_connection_error */
} otls_state;
OTLS_API otls_state otls_connection_state(const otls_connection *conn);
OTLS_API const char *otls_connection_state_string(const otls_connection *conn); /* "handshake"; static */
/* Why the connection failed; its code is NONE while all is well. */
OTLS_API const otls_error *otls_connection_error(const otls_connection *conn);

typedef enum otls_stat {
	OTLS_STAT_BYTES_IN = 1, /* of application data */
	OTLS_STAT_BYTES_OUT,
	OTLS_STAT_WIRE_BYTES_IN, /* of everything, as read from and handed to the transport */
	OTLS_STAT_WIRE_BYTES_OUT,
	OTLS_STAT_READS, /* calls of the transport */
	OTLS_STAT_WRITES,
	OTLS_STAT_HANDSHAKE_MICROSECONDS
} otls_stat;
OTLS_API uint64_t otls_connection_stat(const otls_connection *conn, otls_stat which);

/* Server: the name that the client sent.  Client: the name that is sent.  "": none. */
OTLS_API const char *otls_connection_server_name(const otls_connection *conn);
/* The application protocol that was agreed on, "" for none; it may hold any byte, *len (may be NULL) tells. */
OTLS_API const char *otls_connection_alpn(const otls_connection *conn, size_t *len);
/* Server: the i-th protocol that the client offers; NULL after the last one. */
OTLS_API const char *otls_connection_alpn_offer_at(const otls_connection *conn, size_t i, size_t *len);
OTLS_API const otls_cipher *otls_connection_cipher(const otls_connection *conn);              /* NULL: not yet */
OTLS_API const otls_cipher *otls_connection_cipher_at(const otls_connection *conn, size_t i); /* ours, best first */
/* Server: what the client offers and we have, in our order. */
OTLS_API const otls_cipher *otls_connection_shared_cipher_at(const otls_connection *conn, size_t i);
OTLS_API uint16_t otls_connection_version(const otls_connection *conn);         /* 0x0303; 0: not yet */
OTLS_API const char *otls_connection_version_name(const otls_connection *conn); /* "TLSv1.2", "Unknown"; static */
OTLS_API const char *otls_connection_group(const otls_connection *conn);        /* "x25519"; "": not yet; static */
/* By which scheme the peer signed the handshake: "ecdsa_secp256r1_sha256"; "": not yet, or it did not sign, or the backend
 * does not tell (no PEER_SCHEME); static. */
OTLS_API const char *otls_connection_signature_scheme(const otls_connection *conn);
OTLS_API const char *otls_connection_compression(const otls_connection *conn); /* always "" */

/* The peer's certificates are there as soon as they came, also when they were then refused: as sent, leaf first on
 * both sides, ... */
OTLS_API const otls_certificate *otls_connection_peer_certificate(const otls_connection *conn);
OTLS_API const otls_certificate *otls_connection_peer_chain_at(const otls_connection *conn, size_t i);
/* ... and the path that was judged: the accepted one, or the one that got furthest; leaf first. */
OTLS_API const otls_certificate *otls_connection_verified_chain_at(const otls_connection *conn, size_t i);
/* The names of authorities in a request for a client certificate (RFC 4514): on a server the context's own, on a client
 * those that the server sent last, as far as the backend tells (wolfSSL: TLS 1.2 alone).  NULL after the last one. */
OTLS_API const char *otls_connection_client_ca_at(const otls_connection *conn, size_t i);
/* The signature schemes of such a request, by which the client's key must sign: the i-th, as an IANA number (RFC 8446,
 * section 4.2.3), best first; 0 after the last one.  On a server its own, on a client those that the server sent last, as
 * far as the backend tells (wolfSSL: TLS 1.2 alone). */
OTLS_API uint16_t otls_connection_client_scheme_at(const otls_connection *conn, size_t i);
/* A server of TLS 1.3 asks the client for a certificate behind the handshake (RFC 8446, section 4.6.2), by the verify
 * mode in force: with REQUIRE a client without one is refused.  The answer comes while the connection is read, and is
 * judged as in a handshake; a refusal is E_VERIFY of that read.  Data may flow both ways meanwhile; what comes before
 * the answer is whoever's it was before.  A client that has shown a certificate must show the same one again: another,
 * or none, is refused with the reason CHANGED; its verdict stays as it was.  With CLIENT_ONCE it is not asked again: OK.
 * Errors    UNSUPPORTED: no POST_HANDSHAKE_AUTH, TLS 1.2, or a client that has not said that it answers
 * (otls_context_set_post_handshake_auth); BAD_STATE: a client, not open, verify mode NONE, asked already. */
OTLS_MUST_USE otls_status otls_connection_request_client_certificate(otls_connection *conn);
/* Such a request waits for its answer. */
OTLS_API bool otls_connection_client_certificate_requested(const otls_connection *conn);
/* An otls_verify_reason, also where verification is off, and where a verify callback has overruled it: a handshake that
 * succeeded does not say that this is OK.  *depth (may be NULL): which certificate, -1: none. */
OTLS_API int otls_connection_verify_result(const otls_connection *conn, int *depth);

OTLS_API otls_context *otls_connection_context(const otls_connection *conn);
/* In the server-name callback: goes on with another context of the same backend, which replaces everything. */
OTLS_MUST_USE otls_status otls_connection_set_context(otls_connection *conn, otls_context *ctx);
/* In the server-name callback: shows this certificate (otls_identity_new) instead of one of the context's.  What the
 * client can check is for the callback to look at (otls_connection_hello_scheme_at).  Identities that are known
 * beforehand are better kept in contexts of their own: what a library needs for one of these is set up for every
 * connection anew.  set_context after it takes it away again.
 * In the client certificate callback: shows this one; called again, the other one.
 * Errors    BAD_STATE: called elsewhere; BAD_ARGUMENT: an identity of another backend; on a client also one whose key
 * signs by no scheme that both sides know. */
OTLS_MUST_USE otls_status otls_connection_set_identity(otls_connection *conn, const otls_identity *identity);
/* Server: the i-th signature scheme (IANA number) that the client offers for the server's certificate's key
 * (RFC 8446, section 4.2.3), best first; 0 after the last one, and where none came yet. */
OTLS_API uint16_t otls_connection_hello_scheme_at(const otls_connection *conn, size_t i);
/* In the server-name callback: the alert for REFUSE, an IANA number. */
OTLS_MUST_USE otls_status otls_connection_refuse_with(otls_connection *conn, int alert);
OTLS_API void otls_connection_set_user_data(otls_connection *conn, void *data, otls_free_fn free_data);
OTLS_API void *otls_connection_user_data(const otls_connection *conn);

/* The randoms of the two hellos, 32 bytes each.  BAD_STATE before the handshake is over. */
OTLS_MUST_USE otls_status otls_connection_client_random(const otls_connection *conn, uint8_t out[32]);
OTLS_MUST_USE otls_status otls_connection_server_random(const otls_connection *conn, uint8_t out[32]);

#ifdef __cplusplus
}
#endif
#endif
