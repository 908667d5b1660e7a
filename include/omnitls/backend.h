/* Backends: which TLS stacks are in this build, which one is used, and what each can do. */
#ifndef OMNITLS_BACKEND_H
#define OMNITLS_BACKEND_H

#include <omnitls/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a backend may or may not be able to do, in this build and with this version of its library.  A call that
 * needs what is missing fails with UNSUPPORTED. */
#define OTLS_CAPABILITY_LIST(X)                                                                                        \
	X(TLS1_0, 1, "TLS 1.0")                                                                                        \
	X(TLS1_1, 2, "TLS 1.1")                                                                                        \
	X(TLS1_2, 3, "TLS 1.2")                                                                                        \
	X(TLS1_3, 4, "TLS 1.3")                                                                                        \
	X(RENEGOTIATION, 5, "TLS 1.2 renegotiation can be started")                                                    \
	X(KEY_UPDATE, 6, "TLS 1.3 key update can be started")                                                          \
	X(NPN, 7, "next protocol negotiation (TLS 1.2)")                                                               \
	X(EARLY_DATA, 8, "TLS 1.3 early data (0-RTT)")                                                                 \
	X(PSK, 9, "external pre-shared keys")                                                                          \
	X(KEYLOG, 10, "secrets can be logged for analysis, in TLS 1.2 and 1.3")                                        \
	X(MASTER_SECRET, 11, "the TLS 1.2 master secret can be read")                                                  \
	X(EXPORTER, 12, "keying material can be exported (RFC 5705, RFC 8446 section 7.5)")                            \
	X(FINISHED, 13, "Finished messages can be read")                                                               \
	X(POST_HANDSHAKE_AUTH, 14, "TLS 1.3 post-handshake client certificates")                                       \
	X(OCSP_CLIENT, 15, "a client sees the stapled OCSP response")                                                  \
	X(OCSP_SERVER, 16, "a server can staple an OCSP response")                                                     \
	X(STATIC_RSA, 17, "suites without forward secrecy (static RSA)")                                               \
	X(EXACT_OFFER, 18, "a client offers exactly the suites that are configured")                                   \
	X(EXACT_ALERT, 19, "the alert for a refused certificate can be chosen")                                        \
	X(ALPN_ANY, 20, "ALPN lists of any length, and names of up to 255 bytes")                                      \
	X(KEY_CALLBACK, 21, "private keys behind a callback")                                                          \
	X(KEY_DECRYPT, 22, "encrypted private keys and PKCS#12 files can be opened")                                   \
	X(NATIVE_VERIFY, 23, "the library's own verifier can be asked in addition")                                    \
	X(CLIENT_CA_TLS1_3, 24, "CA names in certificate requests of TLS 1.3")                                         \
	X(SESSION, 25, "sessions can be exported and resumed")                                                         \
	X(AEAD, 26, "authenticated encryption for core's own records")                                                 \
	X(GENERATE_KEY, 27, "private keys can be made")                                                                \
	X(ALPN_BYTES, 28, "ALPN names may hold any byte, comma and NUL included")                                      \
	X(FALLBACK_SIGNAL, 29, "a server limited to TLS 1.2 serves clients that signal a fallback to it")              \
	X(SIGN_PENDING, 30, "the sign callback may answer PENDING")                                                    \
	X(SIGN_EDWARDS, 31, "the sign callback may stand for an Ed25519 or Ed448 key")                                 \
	X(CHOICE_PENDING, 32, "the client certificate callback may answer PENDING")                                    \
	X(PEER_SCHEME, 33, "a connection tells by which scheme its peer signed, in TLS 1.2 and 1.3")                   \
	X(OWN_SCHEMES, 34, "own keys sign by none but the schemes that are set")                                       \
	X(PSS_KEYS, 35, "certificates whose key is marked for RSA-PSS (id-RSASSA-PSS), own and peers'")                \
	X(NAME_UNDERSCORE, 36, "a server takes server names (SNI) with underscores")                                   \
	X(OCSP_ALERT, 37, "a client answers a stapled revocation with certificate_revoked in TLS 1.2, too")
typedef enum otls_capability {
#define OTLS_CAPABILITY_NUMBER(name, number, text) OTLS_CAP_##name = (number),
	OTLS_CAPABILITY_LIST(OTLS_CAPABILITY_NUMBER)
#undef OTLS_CAPABILITY_NUMBER
	    OTLS_CAP_LAST_ = 37
} otls_capability;

/* Numbers that a library imposes.  0: no limit that this backend knows of. */
typedef enum otls_limit {
	OTLS_LIMIT_CHAIN_COUNT = 1,     /* certificates that a peer may send */
	OTLS_LIMIT_CHAIN_BYTES = 2,     /* bytes of the Certificate message that a peer may send */
	OTLS_LIMIT_RSA_BITS = 3,        /* the largest RSA key of a peer or of its issuers */
	OTLS_LIMIT_ALPN_COUNT = 5,      /* names that a client can offer */
	OTLS_LIMIT_ALPN_NAME_BYTES = 6, /* bytes of one name */
	OTLS_LIMIT_RSA_BITS_MIN = 7     /* the smallest RSA key of a peer or of its issuers */
} otls_limit;

/* What OpenSSL's SSLeay_version knows; the others answer "" for what they do not tell. */
typedef enum otls_backend_text {
	OTLS_BACKEND_LIBRARY = 0, /* "OpenSSL 3.0.22 ...", of the library that runs; every backend knows it */
	OTLS_BACKEND_CFLAGS = 2,
	OTLS_BACKEND_BUILT_ON = 3,
	OTLS_BACKEND_PLATFORM = 4,
	OTLS_BACKEND_DIR = 5,
	OTLS_BACKEND_BUILT_WITH = 6 /* the version of the library's headers, "3.0.22"; every backend knows it */
} otls_backend_text;

/* The backend of otls_context_new: the one that the environment variable OMNITLS_BACKEND names (ignored in set-uid
 * programs), else the one that the build chose, else the first one.  NULL: the variable names a backend that is
 * not here, or none is built in; otls_context_new then fails with NO_BACKEND and says so. */
OTLS_API const otls_backend *otls_backend_default(void);
/* "openssl", "gnutls", "wolfssl", or the name of a registered engine.  NULL: not here. */
OTLS_API const otls_backend *otls_backend_find(const char *name);
/* The i-th backend, built-in ones first; NULL after the last one. */
OTLS_API const otls_backend *otls_backend_at(size_t i);

OTLS_API const char *otls_backend_name(const otls_backend *backend);
OTLS_API const char *otls_backend_version_text(const otls_backend *backend, otls_backend_text which);
/* 0xMMNNPP00 of the library that runs. */
OTLS_API uint32_t otls_backend_version_number(const otls_backend *backend);
OTLS_API bool otls_backend_has(const otls_backend *backend, otls_capability capability);
OTLS_API uint64_t otls_backend_limit(const otls_backend *backend, otls_limit which);
/* The engine behind a backend, started (omnitls/engine.h): for tools and tests that need its primitives.
 * NULL: the library does not start. */
OTLS_API const otls_engine *otls_backend_engine(const otls_backend *backend);
/* "EARLY_DATA" and "TLS 1.3 early data (0-RTT)"; "" for a number that is none; static. */
OTLS_API const char *otls_capability_name(otls_capability capability);
OTLS_API const char *otls_capability_text(otls_capability capability);

/* Adds an engine of your own.  It must stay valid for the rest of the process and have a name that is not taken.
 * Contract version, size, required slots and the pairing of slots and capabilities are checked: what does not fit
 * is refused with BAD_ARGUMENT and the name of the slot.  At most 8 engines can be added.
 * Threads   any; best done before the first context is made. */
OTLS_MUST_USE otls_status otls_backend_register(const otls_engine *engine);

#ifdef __cplusplus
}
#endif
#endif
