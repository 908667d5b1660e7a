/* Types and macros that every header uses.  The conventions stand in omnitls.h. */
#ifndef OMNITLS_TYPES_H
#define OMNITLS_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define OTLS_API      __attribute__((visibility("default")))
#define OTLS_MUST_USE OTLS_API __attribute__((warn_unused_result)) /* ignoring it would be a hole or lost data */
#else
#define OTLS_API
#define OTLS_MUST_USE
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define OTLS_VERSION_NUMBER 0x00010000 /* 0xMMNNPP00 of these headers: 0.1.0 */

/* "0.1.0", of the library that runs; static. */
OTLS_API const char *otls_version(void);
/* The same as a number, to compare with OTLS_VERSION_NUMBER. */
OTLS_API uint32_t otls_version_number(void);

/* What to do next.  Never how much: counts come through pointers. */
typedef enum otls_status {
	OTLS_ERROR = -1,        /* failed: the error record says why */
	OTLS_OK = 0,            /* done */
	OTLS_WANT_READ = 1,     /* call again when the transport can be read */
	OTLS_WANT_WRITE = 2,    /* call again when the transport can be written */
	OTLS_WANT_CALLBACK = 3, /* a callback answered PENDING: call again when it can answer */
	OTLS_EOF = 4,           /* the peer said close_notify: nothing more to read */
	OTLS_TIMEOUT = 5        /* the time that set_timeout allows is over; nothing is lost, call again if you like */
} otls_status;

typedef struct otls_backend otls_backend;         /* a TLS stack; static */
typedef struct otls_engine otls_engine;           /* what a stack implements: omnitls/engine.h */
typedef struct otls_context otls_context;         /* settings; counted */
typedef struct otls_connection otls_connection;   /* one TLS connection; not counted */
typedef struct otls_certificate otls_certificate; /* a parsed certificate; immutable, counted */
typedef struct otls_identity otls_identity;       /* a chain and its key; immutable, counted */
typedef struct otls_store otls_store;             /* trust anchors; counted */
typedef struct otls_session otls_session;         /* what resumes a connection; immutable, counted */
typedef struct otls_cipher otls_cipher;           /* a row of the IANA registry; static */
typedef struct otls_error otls_error;             /* why something failed; borrowed only */

/* What a callback answers. */
typedef enum otls_answer { OTLS_ANSWER_REFUSE = 0, OTLS_ANSWER_OK = 1, OTLS_ANSWER_PENDING = 2 } otls_answer;

/* Releases what was handed in together with a callback or as user data, when the last user is gone. */
typedef void (*otls_free_fn)(void *data);

#ifdef __cplusplus
}
#endif

#endif
