/* omnitls-conformance: shows that every backend behaves the same, alone and with every other. */
#include "pki.h"
#include "report.h"
#include "suite.h"

#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_NOTHING_RAN 77 /* all that was asked for is unsupported; CTest calls it skipped */
#define EXIT_USAGE       2
#define PATTERNS_MAX     64

static const struct suite *const suites[] = {
	&suite_connect,
	&suite_verify,
	&suite_verdicts,
	&suite_advisories,
	&suite_apart,
	&suite_callback,
	&suite_pins,
	&suite_ocsp,
	&suite_client_certificate,
	&suite_client_ca,
	&suite_client_choice,
	&suite_post_handshake,
	&suite_session,
	&suite_session_binding,
	&suite_session_settings,
	&suite_hello,
	&suite_retry,
	&suite_alpn,
	&suite_ciphers,
	&suite_groups,
	&suite_schemes,
	&suite_levels,
	&suite_io,
	&suite_loop,
	&suite_stream,
	&suite_shutdown,
	&suite_cut,
	&suite_damage,
	&suite_flights,
	&suite_flood,
	&suite_errors,
	&suite_context,
	&suite_keys,
	&suite_signer,
	&suite_misuse,
	&suite_differences,
};

struct options {
	const otls_backend *client, *server; /* NULL: all */
	uint16_t version;                    /* 0: all */
	const char *patterns[PATTERNS_MAX];
	size_t pattern_count;
	bool list, quiet;
	const char *junit, *json;
};

struct work {
	const struct options *options;
	struct report report;
	bool out_of_memory;
};

/* == arguments == */
static const char usage[] =
    "usage: omnitls-conformance [options]\n"
    "  -c, --client BACKEND   only with this client\n"
    "  -s, --server BACKEND   only with this server\n"
    "  -t, --tls VERSION      only 1.2 or 1.3\n"
    "  -k, --case PATTERN     only these cases, as \"connect.*\"; the whole id may be given; may be repeated\n"
    "  -l, --list             say what would run, and what is long\n"
    "  -q, --quiet            only failures and the table\n"
    "  -j, --junit FILE       write the results as JUnit's XML\n"
    "  -J, --json FILE        write the results as JSON\n"
    "  -h, --help             this text\n"
    "Status: 0 nothing failed, 1 something did, 2 wrong arguments, 77 all of it is unsupported here.\n";

static const struct option long_options[] = {
	{ "client", required_argument, NULL, 'c' },
	{ "server", required_argument, NULL, 's' },
	{ "tls", required_argument, NULL, 't' },
	{ "case", required_argument, NULL, 'k' },
	{ "list", no_argument, NULL, 'l' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "junit", required_argument, NULL, 'j' },
	{ "json", required_argument, NULL, 'J' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const otls_backend *
parse_backend(const char *name)
{
	const otls_backend *backend = otls_backend_find(name);

	if (backend == NULL)
		fprintf(stderr, "omnitls-conformance: there is no backend \"%s\" in this build\n", name);
	return backend;
}

static uint16_t
parse_version(const char *text)
{
	if (strcmp(text, "1.2") == 0)
		return OTLS_TLS1_2;
	if (strcmp(text, "1.3") == 0)
		return OTLS_TLS1_3;
	fprintf(stderr, "omnitls-conformance: \"%s\" is neither 1.2 nor 1.3\n", text);
	return 0;
}

static bool
parse_option(struct options *options, int option)
{
	switch (option) {
	case 'c':
		options->client = parse_backend(optarg);
		return options->client != NULL;
	case 's':
		options->server = parse_backend(optarg);
		return options->server != NULL;
	case 't':
		options->version = parse_version(optarg);
		return options->version != 0;
	case 'k':
		if (options->pattern_count == PATTERNS_MAX)
			return false;
		options->patterns[options->pattern_count++] = optarg;
		return true;
	case 'l':
		options->list = true;
		return true;
	case 'q':
		options->quiet = true;
		return true;
	case 'j':
		options->junit = optarg;
		return true;
	case 'J':
		options->json = optarg;
		return true;
	case 'h':
		fputs(usage, stdout);
		exit(EXIT_SUCCESS);
	default:
		return false;
	}
}

static bool
parse_arguments(int argc, char **argv, struct options *options)
{
	int option = 0;

	while ((option = getopt_long(argc, argv, "c:s:t:k:lqj:J:h", long_options, NULL)) != -1)
		if (!parse_option(options, option))
			return false;
	if (optind < argc)
		fprintf(stderr, "omnitls-conformance: what is \"%s\"?\n", argv[optind]);
	return optind == argc;
}

/* == the matrix == */

/* A pattern is for the case's name, its id, or its id without the variation. */
static bool
is_wanted(const struct options *options, const struct run *run)
{
	char name[96] = "", id[160] = "", plain_id[160] = "";

	snprintf(name, sizeof(name), "%s.%s", run->suite->name, run->test->name);
	run_id(run, false, id, sizeof(id));
	run_id(run, true, plain_id, sizeof(plain_id));
	for (size_t i = 0; i < options->pattern_count; i++)
		if (fnmatch(options->patterns[i], name, 0) == 0 || fnmatch(options->patterns[i], id, 0) == 0 ||
		    fnmatch(options->patterns[i], plain_id, 0) == 0)
			return true;
	return options->pattern_count == 0;
}

static void
do_run(struct work *work, struct run *run)
{
	const struct options *options = work->options;
	char id[160] = "";

	if (!is_wanted(options, run))
		return;
	if (options->list) {
		run_id(run, false, id, sizeof(id));
		printf("%s%s\n", id, (run->test->flags & CASE_LONG) != 0 ? " long" : "");
		return;
	}
	run_case(run);
	if (!report_add(&work->report, run)) {
		work->out_of_memory = true;
		return;
	}
	if (!options->quiet || run->outcome == OUTCOME_FAILED)
		report_line(&work->report.results[work->report.count - 1]);
}

static void
do_variations(struct work *work, struct run *run)
{
	variation end = (run->test->flags & CASE_VARIED) != 0 ? VARIATION_COUNT_ : VARIATION_BYTES;

	for (variation how = VARIATION_PLAIN; how < end; how++) {
		run->variation = how;
		do_run(work, run);
	}
}

static void
do_versions(struct work *work, struct run *run)
{
	static const struct {
		uint16_t version;
		otls_capability needs;
	} versions[] = { { OTLS_TLS1_2, OTLS_CAP_TLS1_2 }, { OTLS_TLS1_3, OTLS_CAP_TLS1_3 } };

	if (run->test->scope != SCOPE_PAIR && run->test->scope != SCOPE_BACKEND_VERSION) {
		do_variations(work, run);
		return;
	}
	for (size_t i = 0; i < COUNT(versions); i++) {
		if (work->options->version != 0 && work->options->version != versions[i].version)
			continue;
		if (!otls_backend_has(run->client, versions[i].needs) ||
		    !otls_backend_has(run->server, versions[i].needs))
			continue;
		run->version = versions[i].version;
		do_variations(work, run);
	}
}

static void
do_backends(struct work *work, const struct suite *suite, const struct test_case *test)
{
	const struct options *options = work->options;
	struct run run = { .suite = suite, .test = test };

	if (test->scope == SCOPE_ONCE) {
		do_variations(work, &run);
		return;
	}
	for (size_t i = 0; otls_backend_at(i) != NULL; i++) {
		for (size_t k = 0; otls_backend_at(k) != NULL; k++) {
			run = (struct run){ .suite = suite, .test = test };
			run.client = otls_backend_at(i);
			run.server = otls_backend_at(k);
			if ((options->client != NULL && options->client != run.client) ||
			    (options->server != NULL && options->server != run.server) ||
			    (test->scope != SCOPE_PAIR && run.client != run.server))
				continue;
			do_versions(work, &run);
		}
	}
}

static bool
write_reports(const struct options *options, const struct report *report)
{
	if (options->junit != NULL && !report_junit(report, options->junit)) {
		fprintf(stderr, "omnitls-conformance: %s: %s\n", options->junit, strerror(errno));
		return false;
	}
	if (options->json != NULL && !report_json(report, options->json)) {
		fprintf(stderr, "omnitls-conformance: %s: %s\n", options->json, strerror(errno));
		return false;
	}
	return true;
}

static int
conclude(const struct work *work)
{
	const struct report *report = &work->report;

	if (work->options->list)
		return EXIT_SUCCESS;
	report_table(report);
	if (!write_reports(work->options, report) || work->out_of_memory || report->outcomes[OUTCOME_FAILED] > 0)
		return EXIT_FAILURE;
	if (report->count == 0) {
		fputs("omnitls-conformance: no case of that name\n", stderr);
		return EXIT_USAGE;
	}
	return report->outcomes[OUTCOME_PASSED] > 0 ? EXIT_SUCCESS : EXIT_NOTHING_RAN;
}

int
main(int argc, char **argv)
{
	struct options options = { 0 };
	struct work work = { .options = &options };
	int status = EXIT_FAILURE;

	if (!parse_arguments(argc, argv, &options)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	/* A SIGPIPE that the library raised would end the program: that is part of what is tested. */
	signal(SIGPIPE, SIG_DFL);
	for (size_t i = 0; i < COUNT(suites); i++)
		for (size_t k = 0; k < suites[i]->count; k++)
			do_backends(&work, suites[i], &suites[i]->cases[k]);
	status = conclude(&work);
	report_fini(&work.report);
	pki_fini();
	return status;
}
