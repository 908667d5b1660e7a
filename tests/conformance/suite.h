/* The suite: cases, what they run on, and how they say what they found.
 *
 * A case is a function that answers whether all went well.  It makes its contexts, connections and certificates with
 * the calls below, which belong to the run and are released behind it, so that a case can return at any point.
 */
#ifndef OTLS_CONFORMANCE_SUITE_H
#define OTLS_CONFORMANCE_SUITE_H

#include <omnitls/omnitls.h>

#include "mint.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HOST "server.example" /* the peer name, unless a case says otherwise */

typedef enum scope {
	SCOPE_PAIR,            /* every client with every server, in every version */
	SCOPE_BACKEND_VERSION, /* every backend, in every version; where it talks, with itself */
	SCOPE_BACKEND,         /* every backend */
	SCOPE_ONCE
} scope;

/* How the bytes travel when a case leaves it open. */
typedef enum variation {
	VARIATION_PLAIN,    /* memory, as much as there is */
	VARIATION_BYTES,    /* callbacks that move one byte at a time */
	VARIATION_BLOCKING, /* callbacks that would block between any two pieces */
	VARIATION_COUNT_
} variation;

typedef enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_UNSUPPORTED, OUTCOME_COUNT_ } outcome;

struct run;

#define CASE_VARIED 1u /* runs under every variation */
#define CASE_LONG   2u /* takes seconds: labelled so for CTest */

struct test_case {
	const char *name;
	bool (*fn)(struct run *run);
	const void *row; /* data for fn; may be NULL */
	scope scope;
	unsigned flags; /* CASE_* */
};

struct suite {
	const char *name;
	const struct test_case *cases;
	size_t count;
};

extern const struct suite suite_connect;
extern const struct suite suite_verify;
extern const struct suite suite_verdicts;
extern const struct suite suite_advisories;
extern const struct suite suite_apart;
extern const struct suite suite_callback;
extern const struct suite suite_pins;
extern const struct suite suite_ocsp;
extern const struct suite suite_client_certificate;
extern const struct suite suite_client_ca;
extern const struct suite suite_client_choice;
extern const struct suite suite_post_handshake;
extern const struct suite suite_session;
extern const struct suite suite_session_binding;
extern const struct suite suite_session_settings;
extern const struct suite suite_hello;
extern const struct suite suite_retry;
extern const struct suite suite_alpn;
extern const struct suite suite_ciphers;
extern const struct suite suite_groups;
extern const struct suite suite_schemes;
extern const struct suite suite_levels;
extern const struct suite suite_io;
extern const struct suite suite_loop;
extern const struct suite suite_stream;
extern const struct suite suite_shutdown;
extern const struct suite suite_cut;
extern const struct suite suite_damage;
extern const struct suite suite_flights;
extern const struct suite suite_flood;
extern const struct suite suite_errors;
extern const struct suite suite_context;
extern const struct suite suite_keys;
extern const struct suite suite_signer;
extern const struct suite suite_misuse;
extern const struct suite suite_differences;

/* What a run owns, newest first. */
struct owned;

struct run {
	const struct suite *suite;
	const struct test_case *test;
	const otls_backend *client, *server; /* equal outside of SCOPE_PAIR; NULL in SCOPE_ONCE */
	uint16_t version;                    /* 0: the case has none */
	variation variation;

	outcome outcome;
	char text[768]; /* what failed first, or what is missing */
	double seconds;
	struct owned *owned;
};

/* "connect.verified+1byte.openssl-gnutls.tls1.3"; plain leaves the variation out. */
void run_id(const struct run *run, bool plain, char *id, size_t size);
/* Runs the case, and releases what it owned. */
void run_case(struct run *run);

/* == saying what was found ==
 * The first failure is kept.  Each answers whether all was as expected, so that they chain with &&. */
bool check_that(struct run *run, bool good, const char *what, const char *file, int line);
bool check_status(struct run *run, otls_status got, otls_status want, const char *what, const char *file, int line);
bool check_error(struct run *run, otls_status got, otls_code want, const char *what, const char *file, int line);
bool check_number(struct run *run, long long got, long long want, const char *what, const char *file, int line);
bool check_text(struct run *run, const char *got, const char *want, const char *what, const char *file, int line);

#define CHECK(run, condition)         check_that(run, condition, #condition, __FILE__, __LINE__)
#define CHECK_OK(run, call)           check_status(run, call, OTLS_OK, #call, __FILE__, __LINE__)
#define CHECK_STATUS(run, call, want) check_status(run, call, want, #call, __FILE__, __LINE__)
#define CHECK_ERROR(run, call, code)  check_error(run, call, code, #call, __FILE__, __LINE__)
#define CHECK_NUMBER(run, got, want)  check_number(run, (long long)(got), (long long)(want), #got, __FILE__, __LINE__)
#define CHECK_TEXT(run, got, want)    check_text(run, got, want, #got, __FILE__, __LINE__)

/* Fails with a text of its own; answers false. */
bool failed(struct run *run, const char *format, ...) __attribute__((__format__(__printf__, 2, 3)));
/* The case cannot be run here, and why; answers true. */
bool unsupported(struct run *run, const char *format, ...) __attribute__((__format__(__printf__, 2, 3)));
/* Whether both backends have it; if not, the run is marked as unsupported. */
bool both_have(struct run *run, otls_capability capability);

/* == what the run owns == */
void *run_owns(struct run *run, void *thing, void (*release)(void *thing));
otls_context *run_owns_context(struct run *run, otls_context *ctx);
otls_connection *run_owns_connection(struct run *run, otls_connection *conn);
otls_store *run_owns_store(struct run *run, otls_store *store);
otls_certificate *run_owns_certificate(struct run *run, otls_certificate *cert);
/* NULL where mint failed, which is recorded. */
mint_identity *run_owns_identity(struct run *run, mint_identity *identity);
/* A file with these contents in a directory of the run's own; its path. */
const char *run_file(struct run *run, const char *name, const void *data, size_t len);
/* That directory. */
const char *run_directory(struct run *run);

/* == usual contexts, limited to the run's version == */
otls_context *bare_client(struct run *run); /* trusts nothing yet */
otls_context *bare_server(struct run *run); /* has no certificate yet */
otls_context *good_client(struct run *run); /* trusts the CA of pki.h */
otls_context *good_server(struct run *run); /* has its certificate for HOST */
bool use_identity(struct run *run, otls_context *ctx, const mint_identity *identity);
bool trust(struct run *run, otls_context *ctx, const mint_identity *ca);

#endif
