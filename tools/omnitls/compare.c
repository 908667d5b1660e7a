/* omnitls compare: the same connection on every backend, and where they differ. */
#include "client.h"
#include "facts.h"
#include "json.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array)    (sizeof(array) / sizeof((array)[0]))
#define BACKENDS_MAX    16
#define VALUE           1200
#define LONG            2000 /* milliseconds behind which progress is shown also to files */
#define EXIT_DIFFERENCE 1

static const struct option options_table[] = {
	CLIENT_LONG_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
    "usage: omnitls compare [OPTIONS] HOST:PORT\n"
    "\n"
    "Connects to a server with every TLS library that is built in, one after the other, and\n"
    "shows side by side what came of it; a * marks what differs.  All should agree whether the\n"
    "server can be trusted, and say why not in the same words.  No data is sent.\n"
    "\n"
    "  omnitls compare www.example.org:443\n"
    "  omnitls compare --backend openssl,gnutls --max 1.2 localhost:8443\n"
    "\n"
    "Options:\n"
    "  -B, --backend A,B      compare only these; omnitls backends lists them\n" CLIENT_OPTIONS_HELP
    "  -j, --json             the results as JSON, with every certificate\n"
    "  -v, --verbose          also tell the path that was judged, up to the authority\n"
    "  -h, --help             this text\n"
    "\n"
    "What a library prefers, the cipher or the group, may differ: that is marked, but it is no\n"
    "failure.\n"
    "\n"
    "Exit status:\n"
    "  0  all came to the same result, good or bad: status, error code and verify reason\n"
    "  1  they did not, or something here failed\n"
    "  2  the arguments are wrong\n"
    "  3  no library reached the server: there is nothing to compare\n";

struct comparison {
	const struct client_options *options;
	const otls_backend *backends[BACKENDS_MAX];
	struct client_link links[BACKENDS_MAX];
	size_t count;
};

/* == facts == */
typedef void (*fact_fn)(const struct client_link *link, size_t i, char *out, size_t cap);

static void
fact_result(const struct client_link *link, size_t i, char *out, size_t cap)
{
	(void)i;
	if (link->failure.status == 0)
		snprintf(out, cap, "connected");
	else
		snprintf(out, cap, "%s (status %d)", otls_code_name(link->failure.code), link->failure.status);
}

static void
fact_message(const struct client_link *link, size_t i, char *out, size_t cap)
{
	(void)i;
	snprintf(out, cap, "%s", link->failure.message);
}

static void
fact_alert(const struct client_link *link, size_t i, char *out, size_t cap)
{
	const struct client_failure *failure = &link->failure;

	(void)i;
	if (failure->status != 0 && failure->alert >= 0)
		snprintf(
		    out, cap, "%s, %s", otls_alert_name(failure->alert), failure->alert_sent ? "sent" : "received");
}

static void
fact_verdict(const struct client_link *link, size_t i, char *out, size_t cap)
{
	(void)i;
	facts_verdict(link->conn, out, cap);
}

static void
fact_address(const struct client_link *link, size_t i, char *out, size_t cap)
{
	(void)i;
	snprintf(out, cap, "%s", link->address);
}

static void
fact_version(const struct client_link *link, size_t i, char *out, size_t cap)
{
	(void)i;
	if (link->open)
		snprintf(out, cap, "%s", otls_connection_version_name(link->conn));
}

static void
fact_cipher(const struct client_link *link, size_t i, char *out, size_t cap)
{
	(void)i;
	if (link->open)
		snprintf(out, cap, "%s", otls_cipher_name(otls_connection_cipher(link->conn)));
}

static void
fact_group(const struct client_link *link, size_t i, char *out, size_t cap)
{
	(void)i;
	if (link->open)
		snprintf(out, cap, "%s", otls_connection_group(link->conn));
}

static void
fact_alpn(const struct client_link *link, size_t i, char *out, size_t cap)
{
	(void)i;
	if (link->open)
		facts_alpn(link->conn, out, cap);
}

static void
fact_ocsp(const struct client_link *link, size_t i, char *out, size_t cap)
{
	(void)i;
	if (link->options->ocsp != 0 && link->conn != NULL)
		snprintf(out, cap, "%s", facts_ocsp(link->conn));
}

static void
fact_subject(const struct client_link *link, size_t i, char *out, size_t cap)
{
	snprintf(out, cap, "%s", otls_certificate_subject(otls_connection_peer_chain_at(link->conn, i)));
}

static void
fact_fingerprint(const struct client_link *link, size_t i, char *out, size_t cap)
{
	snprintf(out, cap, "%s", otls_certificate_sha256(otls_connection_peer_chain_at(link->conn, i)));
}

static void
fact_judged(const struct client_link *link, size_t i, char *out, size_t cap)
{
	snprintf(out, cap, "%s", otls_certificate_sha256(otls_connection_verified_chain_at(link->conn, i)));
}

static void
fact_milliseconds(const struct client_link *link, size_t i, char *out, size_t cap)
{
	(void)i;
	if (link->open)
		snprintf(
		    out, cap, "%.1f", (double)otls_connection_stat(link->conn, OTLS_STAT_HANDSHAKE_MICROSECONDS) / 1e3);
}

static const struct {
	const char *name;
	fact_fn fact;
} facts[] = {
	{ "result", fact_result },
	{ "message", fact_message },
	{ "alert", fact_alert },
	{ "verdict", fact_verdict },
	{ "address", fact_address },
	{ "version", fact_version },
	{ "cipher", fact_cipher },
	{ "group", fact_group },
	{ "ALPN", fact_alpn },
	{ "OCSP", fact_ocsp },
};

/* == equal or not == */
static bool
is_same_result(const struct client_failure *a, const struct client_failure *b)
{
	return a->status == b->status && a->code == b->code && a->reason == b->reason;
}

/* What a certificate was found to be counts also where nobody is refused for it. */
static bool
is_equal(const struct comparison *all)
{
	const struct client_link *first = &all->links[0];
	int reason = otls_connection_verify_result(first->conn, NULL);

	for (size_t k = 1; k < all->count; k++)
		if (!is_same_result(&first->failure, &all->links[k].failure) ||
		    otls_connection_verify_result(all->links[k].conn, NULL) != reason)
			return false;
	return true;
}

static bool
reached_nobody(const struct comparison *all)
{
	for (size_t k = 0; k < all->count; k++)
		if (all->links[k].failure.status != EXIT_UNREACHABLE)
			return false;
	return true;
}

/* == the table == */
static bool
is_same_fact(const struct comparison *all, fact_fn fact, size_t i)
{
	char first[VALUE] = "", other[VALUE] = "";

	fact(&all->links[0], i, first, sizeof(first));
	for (size_t k = 1; k < all->count; k++) {
		other[0] = '\0';
		fact(&all->links[k], i, other, sizeof(other));
		if (strcmp(first, other) != 0)
			return false;
	}
	return true;
}

static void
add_row(struct table *table, const char *name, const char *who, const char *value, text_style style)
{
	table_cell(table, style, "%s", style == STYLE_BAD ? "*" : "");
	table_cell(table, STYLE_PLAIN, "%s", name);
	table_cell(table, STYLE_PLAIN, "%s", who);
	table_cell(table, style, "%s", value[0] != '\0' ? value : "-");
}

/* One row where all agree, else one for each backend. */
static void
add_fact(struct table *table, const struct comparison *all, const char *name, fact_fn fact, size_t i)
{
	char value[VALUE] = "";

	fact(&all->links[0], i, value, sizeof(value));
	if (is_same_fact(all, fact, i)) {
		if (value[0] != '\0')
			add_row(table, name, all->count > 1 ? "all" : otls_backend_name(all->backends[0]), value,
			    STYLE_PLAIN);
		return;
	}
	for (size_t k = 0; k < all->count; k++) {
		value[0] = '\0';
		fact(&all->links[k], i, value, sizeof(value));
		add_row(table, k == 0 ? name : "", otls_backend_name(all->backends[k]), value, STYLE_BAD);
	}
}

/* How long it takes always differs, and is not marked. */
static void
add_times(struct table *table, const struct comparison *all)
{
	for (size_t k = 0; k < all->count; k++) {
		char value[VALUE] = "";
		fact_milliseconds(&all->links[k], 0, value, sizeof(value));
		add_row(table, k == 0 ? "handshake ms" : "", otls_backend_name(all->backends[k]), value, STYLE_PLAIN);
	}
}

/* How many certificates the longest chain has. */
static size_t
longest_chain(
    const struct comparison *all, const otls_certificate *(*certificate_at)(const otls_connection *conn, size_t i))
{
	size_t longest = 0;

	for (size_t k = 0; k < all->count; k++)
		while (certificate_at(all->links[k].conn, longest) != NULL)
			longest++;
	return longest;
}

static void
add_chains(struct table *table, const struct comparison *all)
{
	size_t sent = longest_chain(all, otls_connection_peer_chain_at);
	size_t judged = longest_chain(all, otls_connection_verified_chain_at);
	char name[40];

	for (size_t i = 0; i < sent; i++) {
		snprintf(name, sizeof(name), "certificate %zu", i);
		add_fact(table, all, name, fact_subject, i);
		add_fact(table, all, "  SHA-256", fact_fingerprint, i);
	}
	for (size_t i = 0; i < judged; i++) {
		snprintf(name, sizeof(name), "path %zu", i);
		if (all->options->verbose || !is_same_fact(all, fact_judged, i))
			add_fact(table, all, name, fact_judged, i);
	}
}

static void
print_sum(const struct comparison *all)
{
	bool equal = is_equal(all);
	text_style style = equal ? STYLE_GOOD : STYLE_BAD;

	printf("\n%s%s%s: %zu backend%s\n", terminal_on(style), equal ? "the same result" : "DIFFERENT RESULTS",
	    terminal_off(style), all->count, all->count == 1 ? "" : "s");
}

static bool
print_text(const struct comparison *all)
{
	struct table table = { 0 };
	bool good = false;

	printf("%s%s port %s%s%s\n\n", terminal_on(STYLE_HEAD), all->options->host, all->options->service,
	    terminal_off(STYLE_HEAD), all->options->insecure ? ", --insecure: no certificate is refused" : "");
	table_column(&table, "", TABLE_LEFT);
	table_column(&table, "fact", TABLE_LEFT);
	table_column(&table, "backend", TABLE_LEFT);
	table_column(&table, "value", TABLE_LEFT);
	for (size_t i = 0; i < COUNT(facts); i++)
		add_fact(&table, all, facts[i].name, facts[i].fact, 0);
	add_chains(&table, all);
	add_times(&table, all);
	good = table_finish(&table);
	print_sum(all);
	return good;
}

/* == JSON == */
static void
put_differences(struct json *out, const struct comparison *all)
{
	size_t sent = longest_chain(all, otls_connection_peer_chain_at);
	size_t judged = longest_chain(all, otls_connection_verified_chain_at);
	bool same_chain = true, same_path = true;

	for (size_t i = 0; i < sent; i++)
		same_chain = is_same_fact(all, fact_fingerprint, i) && same_chain;
	for (size_t i = 0; i < judged; i++)
		same_path = is_same_fact(all, fact_judged, i) && same_path;
	json_array(out, "differences", JSON_FLAT);
	for (size_t i = 0; i < COUNT(facts); i++)
		if (!is_same_fact(all, facts[i].fact, 0))
			json_text(out, NULL, facts[i].name);
	if (!same_chain)
		json_text(out, NULL, "chain");
	if (!same_path)
		json_text(out, NULL, "path");
	json_end(out);
}

static void
put_json(const struct comparison *all)
{
	struct json out = json_to(stdout);

	json_object(&out, NULL, JSON_TALL);
	json_text(&out, "omnitls", otls_version());
	json_text(&out, "host", all->options->host);
	json_text(&out, "port", all->options->service);
	json_bool(&out, "equal", is_equal(all));
	put_differences(&out, all);
	json_array(&out, "backends", JSON_TALL);
	for (size_t k = 0; k < all->count; k++) {
		json_object(&out, NULL, JSON_TALL);
		facts_put_json(&out, &all->links[k]);
		json_end(&out);
	}
	json_end(&out);
	json_end(&out);
}

/* == the command == */
static bool
add_backend(struct comparison *all, const char *name)
{
	const otls_backend *backend = otls_backend_find(name);

	if (backend == NULL || all->count == BACKENDS_MAX) {
		command_complain(all->options->command, "there is no backend \"%s\"; see omnitls backends", name);
		return false;
	}
	all->backends[all->count++] = backend;
	return true;
}

static bool
choose_backends(struct comparison *all)
{
	const char *at = all->options->backend;
	char name[64];

	if (at == NULL) {
		while (all->count < BACKENDS_MAX && otls_backend_at(all->count) != NULL) {
			all->backends[all->count] = otls_backend_at(all->count);
			all->count++;
		}
		return all->count > 0 || add_backend(all, "");
	}
	for (;;) {
		size_t len = strcspn(at, ",");
		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		if (!add_backend(all, name))
			return false;
		if (at[len] == '\0')
			return true;
		at += len + 1;
	}
}

/* A terminal shows who is at work; what reads a file or a pipe is told only when it has taken long. */
static void
show_progress(const struct comparison *all, size_t k, int64_t start)
{
	const char *name = otls_backend_name(all->backends[k]);
	int64_t milliseconds = client_now() - start;

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	if (milliseconds > LONG)
		command_complain(all->options->command, "%s took %lld seconds", name, (long long)(milliseconds / 1000));
}

static void
connect_all(struct comparison *all)
{
	for (size_t k = 0; k < all->count; k++) {
		int64_t start = client_now();
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "%s ...", otls_backend_name(all->backends[k]));
		client_link_open(&all->links[k], all->options, all->backends[k]);
		client_link_goodbye(&all->links[k]);
		show_progress(all, k, start);
	}
}

/* Where a setting is wrong for all of them, nobody was connected to, and one line says it. */
static int
find_common_mistake(const struct comparison *all)
{
	int status = all->links[0].failure.status;

	for (size_t k = 0; k < all->count; k++)
		if (all->links[k].connected || all->links[k].failure.status != status)
			return 0;
	return status == EXIT_USAGE || status == EXIT_LOCAL ? status : 0;
}

static int
compare(struct comparison *all)
{
	int mistake = 0;
	bool good = true;

	connect_all(all);
	mistake = find_common_mistake(all);
	if (mistake != 0) {
		command_complain(all->options->command, "%s", all->links[0].failure.message);
		return mistake;
	}
	if (all->options->as_json)
		put_json(all);
	else
		good = print_text(all);
	if (!good) {
		command_complain(all->options->command, "out of memory");
		return EXIT_LOCAL;
	}
	if (reached_nobody(all))
		return EXIT_UNREACHABLE;
	return is_equal(all) ? EXIT_SUCCESS : EXIT_DIFFERENCE;
}

static int
run(const struct command *self, int argc, char **argv)
{
	struct client_options options = { .command = self };
	struct comparison *all = NULL;
	int status = client_parse(&options, argc, argv);

	if (status != -1)
		return status;
	all = calloc(1, sizeof(*all));
	if (all == NULL) {
		command_complain(self, "out of memory");
		return EXIT_LOCAL;
	}
	all->options = &options;
	status = choose_backends(all) ? compare(all) : EXIT_USAGE;
	for (size_t k = 0; k < all->count; k++)
		client_link_free(&all->links[k]);
	free(all);
	return status;
}

const struct command command_compare = {
	.name = "compare",
	.summary = "connects to a server with every TLS library, and shows what differs",
	.help = help,
	.short_options = CLIENT_SHORT_OPTIONS,
	.long_options = options_table,
	.run = run,
};
