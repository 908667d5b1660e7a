/* A suite of chains in the format of x509-limbo. */
#ifndef OTLS_TOOLS_LIMBO_H
#define OTLS_TOOLS_LIMBO_H

#include "verify.h"

#include <cjson/cJSON.h>

/* One case, read.  What is of JSON lives as long as the suite. */
struct limbo_case {
	const char *id;
	bool wanted; /* accepted is right */
	bool of_client;
	const char *name;        /* NULL: not checked */
	const char *absent_name; /* one that a client must have, and its certificate has not; NULL: none */
	int depth;               /* -1: the default */
	uint64_t flags;
	otls_store *store; /* with what is trusted, and the time */
	otls_certificate *leaf;
	otls_certificate **others; /* in the order in which they are sent */
	size_t other_count;
};

/* What came of it on one backend. */
enum limbo_answer { LIMBO_ACCEPTED, LIMBO_REFUSED, LIMBO_OVER_LIMIT };

struct limbo_verdict {
	enum limbo_answer answer;
	int reason, depth;
	char text[256];
};

/* Reads a case.  false: it has not the form of one (then *why says what is missing), or its leaf cannot be read at all,
 * which is a refusal on every backend (then *why is NULL, and leaf too). */
bool limbo_case_read(const cJSON *json, struct limbo_case *out, const char **why);
void limbo_case_fini(struct limbo_case *one);

/* Plays the other side up to its Certificate message, in TLS 1.2, where that travels in plain and needs no private key;
 * the backend's verdict on it is the answer.  false: there is none, and text says why. */
bool limbo_talk(const otls_backend *backend, const struct limbo_case *one, struct limbo_verdict *verdict);

#endif
