#include "report.h"

#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const outcome_names[OUTCOME_COUNT_] = {
	[OUTCOME_PASSED] = "passed",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_UNSUPPORTED] = "unsupported",
};

bool
report_add(struct report *report, const struct run *run)
{
	struct result *result = NULL;

	if (report->count == report->cap) {
		size_t cap = report->cap > 0 ? 2 * report->cap : 256;
		struct result *grown = realloc(report->results, cap * sizeof(*grown));
		if (grown == NULL)
			return false;
		report->results = grown;
		report->cap = cap;
	}
	result = &report->results[report->count];
	*result = (struct result){
		.suite = run->suite,
		.client = run->client,
		.server = run->server,
		.scope = run->test->scope,
		.outcome = run->outcome,
		.text = run->text[0] != '\0' ? strdup(run->text) : NULL,
		.seconds = run->seconds,
	};
	run_id(run, false, result->id, sizeof(result->id));
	report->count++;
	report->outcomes[run->outcome]++;
	return true;
}

void
report_fini(struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		free(report->results[i].text);
	free(report->results);
	*report = (struct report){ 0 };
}

void
report_line(const struct result *result)
{
	printf("%-11s %s", outcome_names[result->outcome], result->id);
	if (result->text != NULL)
		printf(": %s", result->text);
	putchar('\n');
	fflush(stdout);
}

/* == the table: clients down, servers across == */
struct cell {
	size_t outcomes[OUTCOME_COUNT_];
};

static void
count_pair(const struct report *report, const otls_backend *client, const otls_backend *server, struct cell *cell)
{
	*cell = (struct cell){ 0 };
	for (size_t i = 0; i < report->count; i++) {
		const struct result *result = &report->results[i];
		if (result->scope != SCOPE_ONCE && result->client == client && result->server == server)
			cell->outcomes[result->outcome]++;
	}
}

static size_t
cell_total(const struct cell *cell)
{
	return cell->outcomes[OUTCOME_PASSED] + cell->outcomes[OUTCOME_FAILED] + cell->outcomes[OUTCOME_UNSUPPORTED];
}

static void
print_cell(const struct cell *cell)
{
	char text[96] = "-";

	if (cell_total(cell) > 0)
		snprintf(text, sizeof(text), "%zu/%zu", cell->outcomes[OUTCOME_PASSED], cell_total(cell));
	if (cell->outcomes[OUTCOME_FAILED] > 0)
		snprintf(
		    text + strlen(text), sizeof(text) - strlen(text), " (%zu failed)", cell->outcomes[OUTCOME_FAILED]);
	printf(" %-22s", text);
}

void
report_table(const struct report *report)
{
	struct cell cell = { 0 };

	printf("\n%-16s", "client \\ server");
	for (size_t i = 0; otls_backend_at(i) != NULL; i++)
		printf(" %-22s", otls_backend_name(otls_backend_at(i)));
	putchar('\n');
	for (size_t i = 0; otls_backend_at(i) != NULL; i++) {
		printf("%-16s", otls_backend_name(otls_backend_at(i)));
		for (size_t k = 0; otls_backend_at(k) != NULL; k++) {
			count_pair(report, otls_backend_at(i), otls_backend_at(k), &cell);
			print_cell(&cell);
		}
		putchar('\n');
	}
	printf("\n%zu passed, %zu failed, %zu unsupported\n", report->outcomes[OUTCOME_PASSED],
	    report->outcomes[OUTCOME_FAILED], report->outcomes[OUTCOME_UNSUPPORTED]);
}

/* == files == */
static bool
is_printable(char byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

/* Text between XML's quotes or tags.  Messages may hold what a peer sent: all but printable ASCII becomes '?'. */
static void
put_xml(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		default:
			fputc(is_printable(*text) ? *text : '?', file);
		}
	}
}

static void
put_junit_case(FILE *file, const struct result *result)
{
	fprintf(file, "    <testcase classname=\"%s\" name=\"%s\" time=\"%.3f\"", result->suite->name, result->id,
	    result->seconds);
	if (result->outcome == OUTCOME_PASSED) {
		fputs("/>\n", file);
		return;
	}
	fputs(result->outcome == OUTCOME_FAILED ? "><failure message=\"" : "><skipped message=\"", file);
	put_xml(file, result->text != NULL ? result->text : "");
	fputs("\"/></testcase>\n", file);
}

static void
put_junit_suite(FILE *file, const struct report *report, const struct suite *suite)
{
	size_t counts[OUTCOME_COUNT_] = { 0 }, total = 0;

	for (size_t i = 0; i < report->count; i++) {
		if (report->results[i].suite != suite)
			continue;
		counts[report->results[i].outcome]++;
		total++;
	}
	fprintf(file, "  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\">\n",
	    suite->name, total, counts[OUTCOME_FAILED], counts[OUTCOME_UNSUPPORTED]);
	for (size_t i = 0; i < report->count; i++)
		if (report->results[i].suite == suite)
			put_junit_case(file, &report->results[i]);
	fputs("  </testsuite>\n", file);
}

bool
report_junit(const struct report *report, const char *path)
{
	FILE *file = fopen(path, "w");

	if (file == NULL)
		return false;
	fprintf(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%zu\" failures=\"%zu\">\n",
	    report->count, report->outcomes[OUTCOME_FAILED]);
	/* Results come suite by suite. */
	for (size_t i = 0; i < report->count; i++)
		if (i == 0 || report->results[i].suite != report->results[i - 1].suite)
			put_junit_suite(file, report, report->results[i].suite);
	fputs("</testsuites>\n", file);
	return fclose(file) == 0;
}

static void
put_json_result(struct json *out, const struct result *result)
{
	json_object(out, NULL, JSON_FLAT);
	json_text(out, "id", result->id);
	json_text(out, "suite", result->suite->name);
	json_text(out, "client", otls_backend_name(result->client));
	json_text(out, "server", otls_backend_name(result->server));
	json_text(out, "outcome", outcome_names[result->outcome]);
	json_real(out, "seconds", result->seconds);
	json_text(out, "text", result->text != NULL ? result->text : "");
	json_end(out);
}

bool
report_json(const struct report *report, const char *path)
{
	FILE *file = fopen(path, "w");
	struct json out = json_to(file);

	if (file == NULL)
		return false;
	json_object(&out, NULL, JSON_TALL);
	json_text(&out, "version", otls_version());
	json_number(&out, "passed", report->outcomes[OUTCOME_PASSED]);
	json_number(&out, "failed", report->outcomes[OUTCOME_FAILED]);
	json_number(&out, "unsupported", report->outcomes[OUTCOME_UNSUPPORTED]);
	json_array(&out, "results", JSON_TALL);
	for (size_t i = 0; i < report->count; i++)
		put_json_result(&out, &report->results[i]);
	json_end(&out);
	json_end(&out);
	return fclose(file) == 0;
}
