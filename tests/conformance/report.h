/* What the runs found: a line each, a table of pairs, JUnit's XML and JSON. */
#ifndef OTLS_CONFORMANCE_REPORT_H
#define OTLS_CONFORMANCE_REPORT_H

#include "suite.h"

struct result {
	char id[160];
	const struct suite *suite;
	const otls_backend *client, *server;
	scope scope;
	outcome outcome;
	char *text; /* NULL: none */
	double seconds;
};

struct report {
	struct result *results;
	size_t count, cap;
	size_t outcomes[OUTCOME_COUNT_];
};

/* false: no memory. */
bool report_add(struct report *report, const struct run *run);
void report_fini(struct report *report);

void report_line(const struct result *result);
void report_table(const struct report *report);
/* false: the file cannot be written, and errno says why. */
bool report_junit(const struct report *report, const char *path);
bool report_json(const struct report *report, const char *path);

#endif
