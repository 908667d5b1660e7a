/* The parts of omnitls verify.
 *
 *	verify.c        the command: its options, and one chain that is judged and explained
 *	limbo.c         a suite of chains in the format of x509-limbo, on every backend
 *	limbo_case.c    one case of it: from JSON to certificates, names and times
 *	limbo_talk.c    one case as a handshake, with the other side played from a script
 *	limbo_absent.c  stands in for these where cJSON or liblzma is missing
 */
#ifndef OTLS_TOOLS_VERIFY_H
#define OTLS_TOOLS_VERIFY_H

#include "command.h"

#include <omnitls/omnitls.h>
#include <stdbool.h>
#include <stddef.h>

#define EXIT_WRONG   1 /* refused; limbo: a wrong verdict, or backends that disagree */
#define EXIT_CANNOT  3 /* a file, memory: nothing was judged */
#define PATTERNS_MAX 64

struct verify_options {
	const struct command *command;
	const otls_backend *backend; /* NULL: all */
	const char *ca, *chain, *name, *crl, *ocsp;
	otls_purpose purpose;
	bool has_time;
	int64_t time;
	int depth; /* -1: the default */
	uint64_t flags;
	bool as_json;

	const char *limbo;
	bool offline;
	const char *skipped[PATTERNS_MAX]; /* patterns of features */
	size_t skipped_count;
	const char *excluded; /* a file of ids */
};

/* What a verification takes, by name. */
#define VERIFY_COSTS 4
struct verify_cost {
	otls_cost which;
	const char *name;
};
extern const struct verify_cost verify_costs[VERIFY_COSTS];

/* Runs a suite; answers the exit status. */
int limbo_run(const struct verify_options *options);
/* Seconds, or RFC 3339 text: "2024-01-02T03:04:05Z", with an offset instead of Z, or with neither (UTC). */
bool verify_time(const char *text, int64_t *seconds);

#endif
