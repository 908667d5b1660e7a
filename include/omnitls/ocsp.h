/* Stapled OCSP responses (RFC 6066, section 8; RFC 6960): a server sends a statement of its certificate's issuer, made a
 * short while ago, that the certificate is not revoked.
 *
 * OmniTLS asks nobody over the network.  A server is given the response by the program; a client reads and judges what
 * came, the same way on every backend (otls_verification_set_ocsp_response says how).
 */
#ifndef OMNITLS_OCSP_H
#define OMNITLS_OCSP_H

#include <omnitls/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* == servers == */

/* What is stapled for one of the context's certificates: DER, or the "OCSP RESPONSE" block of a PEM text, copied.  It
 * goes with the certificate that it is about, which must be there already, with its key, and takes the place of the one
 * before.  It is sent to clients that ask, as long as its nextUpdate has not passed; whether its signature is good, and
 * whether it says "good", is for the client to find.  data NULL: no certificate has one any more.
 * Errors    BAD_STATE: a client's context, or no certificate yet; BAD_ARGUMENT: it is about none of the certificates, or
 * about nothing ("tryLater"); FORMAT; LIMIT: over 64 KiB; FILE; UNSUPPORTED: no OCSP_SERVER. */
OTLS_MUST_USE otls_status otls_context_set_ocsp_response(otls_context *ctx, const void *data, size_t len);
OTLS_MUST_USE otls_status otls_context_set_ocsp_response_file(otls_context *ctx, const char *path);

/* On a server, once per connection, when the client asks and it is settled which certificate it gets: leaf.  OK: what
 * otls_connection_set_ocsp_response was given is sent, else what the context has; REFUSE: the handshake ends with
 * internal_error.  fn NULL: none.  Errors    BAD_STATE: a client's context; UNSUPPORTED: no OCSP_SERVER. */
typedef otls_answer (*otls_ocsp_server_fn)(otls_connection *conn, const otls_certificate *leaf, void *arg);
OTLS_MUST_USE otls_status otls_context_set_ocsp_server_callback(
    otls_context *ctx, otls_ocsp_server_fn fn, void *arg, otls_free_fn free_arg);
/* In that callback: what is stapled.  The bytes are copied, and sent as they are, looked at by nobody here; len 0: none.
 * Errors    BAD_STATE: called elsewhere; LIMIT: over 64 KiB. */
OTLS_MUST_USE otls_status otls_connection_set_ocsp_response(otls_connection *conn, const void *der, size_t len);

/* == clients ==
 * A response is asked for where the context has OTLS_VERIFY_FLAG_OCSP or OCSP_REQUIRE, or a callback, or the connection
 * asks.  What then comes is judged when the certificate was accepted, and refuses it with REVOKED or OCSP_INVALID, at
 * depth 0; where nothing came, or nothing that tells, OCSP_MISSING refuses a certificate that demands a response (RFC
 * 7633), or any with OCSP_REQUIRE.  With INSECURE_NONE the verdict is told and refuses nobody; it is by the issuer in the
 * path that was judged, whatever became of that.  Where a key is trusted instead of a chain
 * (otls_context_trust_spki), or the leaf itself, its issuer is not known, and no response tells anything.
 * A resumed handshake brings none: a session is offered only where its own handshake asked in the same way. */

/* Before the handshake.  Errors    BAD_STATE: a server, or the handshake has begun; UNSUPPORTED: no OCSP_CLIENT. */
OTLS_MUST_USE otls_status otls_connection_request_ocsp(otls_connection *conn);

/* Sees what came, behind OmniTLS's verdict; der NULL: nothing.  ok: it refuses nothing; the getters below tell more.
 * KEEP: so be it; INSECURE_ACCEPT: a refusal does not count (it stays in otls_connection_ocsp_status); whatever else:
 * refused, as REJECTED.  Where it could not be judged (TOO_COSTLY, INTERNAL) nothing is overruled.  Inside of it only
 * getters of conn may be called.  fn NULL: none.
 * Errors    BAD_STATE: a server's context; UNSUPPORTED: no OCSP_CLIENT. */
typedef otls_verdict (*otls_ocsp_client_fn)(otls_connection *conn, const uint8_t *der, size_t len, bool ok, void *arg);
OTLS_MUST_USE otls_status otls_context_set_ocsp_client_callback(
    otls_context *ctx, otls_ocsp_client_fn fn, void *arg, otls_free_fn free_arg);

typedef enum otls_ocsp_status {
	OTLS_OCSP_NOT_JUDGED = 0, /* not asked for, or not come to that, or could not be judged */
	OTLS_OCSP_NONE,           /* the server sent none */
	OTLS_OCSP_GOOD,
	OTLS_OCSP_REVOKED,
	OTLS_OCSP_UNKNOWN, /* it tells nothing: "unknown", "tryLater", no issuer */
	OTLS_OCSP_INVALID  /* garbage, about another certificate, wrongly signed, not of now */
} otls_ocsp_status;
OTLS_API otls_ocsp_status otls_connection_ocsp_status(const otls_connection *conn);
/* "the OCSP response expired on 2024-01-02 03:04:05 UTC"; "" when good. */
OTLS_API const char *otls_connection_ocsp_text(const otls_connection *conn);
/* As it came; NULL: none. */
OTLS_API const uint8_t *otls_connection_ocsp_response(const otls_connection *conn, size_t *len);

typedef enum otls_ocsp_time {
	OTLS_OCSP_THIS_UPDATE = 1,
	OTLS_OCSP_NEXT_UPDATE, /* INT64_MAX: it has none */
	OTLS_OCSP_REVOKED_AT
} otls_ocsp_time;
/* Unix seconds; INT64_MIN: not told. */
OTLS_API int64_t otls_connection_ocsp_time(const otls_connection *conn, otls_ocsp_time which);
/* CRLReason (RFC 5280, section 5.3.1); -1: not told. */
OTLS_API int otls_connection_ocsp_revocation_reason(const otls_connection *conn);

#ifdef __cplusplus
}
#endif
#endif
