/* Why a call failed: the error record.
 *
 * A record is borrowed: the thread's (otls_error_last) until the thread's next failure, the connection's
 * (otls_connection_error) as long as the connection.  Every getter accepts NULL and then answers as if nothing had
 * failed.  Code, category and verify reason are the same on every backend; the message names the file, host or
 * subject; the entries are the TLS library's own words.
 */
#ifndef OMNITLS_ERROR_H
#define OMNITLS_ERROR_H

#include <omnitls/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whose matter it is. */
typedef enum otls_category {
	OTLS_CATEGORY_NONE,     /* nothing failed */
	OTLS_CATEGORY_USAGE,    /* the call was wrong; nothing has changed */
	OTLS_CATEGORY_CONFIG,   /* a file, key, certificate or setting is bad */
	OTLS_CATEGORY_SYSTEM,   /* the operating system said no: errno, memory, name lookup, time */
	OTLS_CATEGORY_VERIFY,   /* the peer's certificate was refused: see the verify reason */
	OTLS_CATEGORY_PROTOCOL, /* the peer broke TLS, or nothing could be agreed on */
	OTLS_CATEGORY_PEER,     /* the peer sent a fatal alert */
	OTLS_CATEGORY_INTERNAL  /* the TLS library or OmniTLS failed */
} otls_category;

/* Every code, its category, and what it means.  New codes are added at the end. */
#define OTLS_ERROR_LIST(X)                                                                                             \
	X(NONE, NONE, "no error")                                                                                      \
	X(BAD_ARGUMENT, USAGE, "bad argument")                                                                         \
	X(BAD_STATE, USAGE, "not possible in this state")                                                              \
	X(UNSUPPORTED, USAGE, "not supported by this backend")                                                         \
	X(NO_BACKEND, USAGE, "no such backend in this build")                                                          \
	X(NO_PEER_NAME, USAGE, "a client needs the name of its peer")                                                  \
	X(NO_TRUST, USAGE, "peers are to be verified, and nothing is trusted")                                         \
	X(NO_CERTIFICATE, USAGE, "a server needs a certificate and its private key")                                   \
	X(INCOMPLETE_PAIR, USAGE, "a certificate is without its private key, or the other way")                        \
	X(KEY_MISMATCH, CONFIG, "the private key belongs to another certificate")                                      \
	X(FILE, CONFIG, "the file cannot be read")                                                                     \
	X(FORMAT, CONFIG, "the data is malformed")                                                                     \
	X(PASSPHRASE, CONFIG, "the private key cannot be decrypted")                                                   \
	X(WEAK, CONFIG, "key or signature is too weak")                                                                \
	X(LIMIT, USAGE, "too large")                                                                                   \
	X(MEMORY, SYSTEM, "out of memory")                                                                             \
	X(SYSCALL, SYSTEM, "a system call failed")                                                                     \
	X(RESOLVE, SYSTEM, "the name cannot be resolved")                                                              \
	X(TIMEOUT, SYSTEM, "the handshake took too long")                                                              \
	X(TRUNCATED, PROTOCOL, "the stream ended without close_notify")                                                \
	X(NOT_TLS, PROTOCOL, "the peer does not speak TLS")                                                            \
	X(VERIFY, VERIFY, "the peer's certificate was refused")                                                        \
	X(ALERT_RECEIVED, PEER, "the peer sent a fatal alert")                                                         \
	X(HANDSHAKE, PROTOCOL, "the handshake failed")                                                                 \
	X(RECORD, PROTOCOL, "a damaged or unexpected record came in")                                                  \
	X(FLOOD, PROTOCOL, "the peer sends without end, but no data")                                                  \
	X(ALPN, PROTOCOL, "no application protocol in common")                                                         \
	X(CALLBACK, CONFIG, "a callback refused")                                                                      \
	X(PURPOSE, CONFIG, "the certificate is not meant for this")                                                    \
	X(ENGINE_LIMIT, INTERNAL, "beyond what this TLS library can do")                                               \
	X(BACKEND, INTERNAL, "the TLS library failed")                                                                 \
	X(SESSION, USAGE, "the session does not fit")

typedef enum otls_code {
#define OTLS_ERROR_CODE(name, category, text) OTLS_E_##name,
	OTLS_ERROR_LIST(OTLS_ERROR_CODE)
#undef OTLS_ERROR_CODE
	    OTLS_E_COUNT_ /* how many there are; not a code */
} otls_code;

/* Why the latest failed call of this thread failed, with or without an object.  A success does not touch it.
 * Never NULL; its code is NONE while nothing has failed yet. */
OTLS_API const otls_error *otls_error_last(void);

/* One full line without a line end: what was tried, with which file, host or subject, and why it failed. */
OTLS_API const char *otls_error_message(const otls_error *err);
OTLS_API otls_code otls_error_code(const otls_error *err);
/* "TRUNCATED": the code's name, stable, for logs; static. */
OTLS_API const char *otls_error_name(const otls_error *err);
OTLS_API otls_category otls_error_category(const otls_error *err);
/* The IANA number of the alert that was received or sent (RFC 8446, section 6), -1: none.  0 is close_notify. */
OTLS_API int otls_error_alert(const otls_error *err);
/* true: we sent it; false: the peer did, or there was none. */
OTLS_API bool otls_error_alert_was_sent(const otls_error *err);
/* "unknown_ca": the registry's name for an alert number; "" for a number without one; static. */
OTLS_API const char *otls_alert_name(int alert);
/* An otls_verify_reason; OTLS_REASON_OK where the failure was not about a certificate. */
OTLS_API int otls_error_verify_reason(const otls_error *err);
/* Which certificate the reason is about: 0 is the leaf; -1: none. */
OTLS_API int otls_error_verify_depth(const otls_error *err);
/* The system's errno; 0: none. */
OTLS_API int otls_error_errno(const otls_error *err);
/* The TLS library's own entries, oldest first: library ("OpenSSL"), its function, its reason; "" for what it does
 * not tell.  false after the last one.  Any out pointer may be NULL. */
OTLS_API bool otls_error_entry(
    const otls_error *err, size_t i, const char **library, const char **function, const char **reason);

/* "HOSTNAME_MISMATCH" and "SYSTEM": names for logs; "UNKNOWN" for a number that is none; static. */
OTLS_API const char *otls_code_name(otls_code code);
OTLS_API const char *otls_category_name(otls_category category);

#ifdef __cplusplus
}
#endif
#endif
