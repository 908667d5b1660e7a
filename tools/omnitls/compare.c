/* omnitls compare: the same connection on every backend, and where they differ. */
#include "client.h"
#include "facts.h"
#include "json.h"
#include "table.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    "  -v, --verbose          all facts, also those that do not differ and say little\n"
    "  -h, --help             this text\n"
    "\n"
    "What a library prefers (the cipher, the group) may differ, and how long it takes; that is\n"
    "marked, but it is no failure.\n"
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
		snprintf(out, cap, "%s, %s", otls_alert_name(failure->alert), failure->alert_sent ? "sent" : "received");
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
		snprintf(out, cap, "%.1f",
		    (double)otls_connection_stat(link->conn, OTLS_STAT_HANDSHAKE_MICROSECONDS) / 1e3);
}

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
	char name[32];

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
	add_fact(&table, all, "result", fact_result, 0);
	add_fact(&table, all, "message", fact_message, 0);
	add_fact(&table, all, "alert", fact_alert, 0);
	add_fact(&table, all, "verdict", fact_verdict, 0);
	add_fact(&table, all, "address", fact_address, 0);
	add_fact(&table, all, "version", fact_version, 0);
	add_fact(&table, all, "cipher", fact_cipher, 0);
	add_fact(&table, all, "group", fact_group, 0);
	add_fact(&table, all, "ALPN", fact_alpn, 0);
	add_chains(&table, all);
	add_times(&table, all);
	good = table_finish(&table);
	print_sum(all);
	return good;
}

/* == JSON == */
static const struct named_fact {
	const char *name;
	fact_fn fact;
} named_facts[] = {
	{ "result", fact_result },
	{ "message", fact_message },
	{ "alert", fact_alert },
	{ "verdict", fact_verdict },
	{ "address", fact_address },
	{ "version", fact_version },
	{ "cipher", fact_cipher },
	{ "group", fact_group },
	{ "alpn", fact_alpn },
};
