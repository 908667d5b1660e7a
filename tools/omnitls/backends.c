/* omnitls backends: what is built in, and what each can do. */
#include "command.h"
#include "json.h"
#include "table.h"

#include <omnitls/omnitls.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char help[] = "usage: omnitls backends [--json]\n"
			   "\n"
			   "Lists the TLS libraries that this build of OmniTLS can use: which version runs, which\n"
			   "one it was built with, which one a program gets that asks for none (the default), and,\n"
			   "side by side, what each can do and where its limits are.\n"
			   "\n"
			   "Options:\n"
			   "  -j, --json   the same as JSON\n"
			   "  -h, --help   this text\n"
			   "\n"
			   "Environment:\n"
			   "  OMNITLS_BACKEND   the name of the backend that is to be the default\n"
			   "\n"
			   "Exit status: 0 there is a default backend, 1 there is none, 2 the arguments are wrong.\n";

static const struct limit {
	otls_limit number;
	const char *name, *text;
} limits[] = {
	{ OTLS_LIMIT_CHAIN_COUNT, "CHAIN_COUNT", "certificates that a peer may send" },
	{ OTLS_LIMIT_CHAIN_BYTES, "CHAIN_BYTES", "bytes of the Certificate message that a peer may send" },
	{ OTLS_LIMIT_RSA_BITS, "RSA_BITS", "bits of the largest RSA key of a peer or of its issuers" },
	{ OTLS_LIMIT_ALPN_COUNT, "ALPN_COUNT", "application protocols that a client can offer" },
	{ OTLS_LIMIT_ALPN_NAME_BYTES, "ALPN_NAME_BYTES", "bytes of one application protocol's name" },
	{ OTLS_LIMIT_RSA_BITS_MIN, "RSA_BITS_MIN", "bits of the smallest RSA key of a peer or of its issuers" },
};

/* == the tables == */
static bool
print_backends(void)
{
	struct table table = { 0 };
	const otls_backend *backend = NULL;

	table_column(&table, "backend", TABLE_LEFT);
	table_column(&table, "default", TABLE_LEFT);
	table_column(&table, "built with", TABLE_LEFT);
	table_column(&table, "running", TABLE_LEFT);
	for (size_t i = 0; (backend = otls_backend_at(i)) != NULL; i++) {
		bool is_default = backend == otls_backend_default();
		table_cell(&table, STYLE_PLAIN, "%s", otls_backend_name(backend));
		table_cell(&table, is_default ? STYLE_GOOD : STYLE_DIM, "%s", is_default ? "yes" : "no");
		table_cell(&table, STYLE_PLAIN, "%s", otls_backend_version_text(backend, OTLS_BACKEND_BUILT_WITH));
		table_cell(&table, STYLE_PLAIN, "%s", otls_backend_version_text(backend, OTLS_BACKEND_LIBRARY));
	}
	return table_finish(&table);
}

/* One column for each backend, between what it is about and what that means. */
static void
start_comparison(struct table *table, const char *title, table_align align)
{
	table_column(table, title, TABLE_LEFT);
	for (size_t i = 0; otls_backend_at(i) != NULL; i++)
		table_column(table, otls_backend_name(otls_backend_at(i)), align);
	table_column(table, "meaning", TABLE_LEFT);
}

static bool
print_capabilities(void)
{
	struct table table = { 0 };

	start_comparison(&table, "capability", TABLE_LEFT);
	for (otls_capability cap = 1; cap <= OTLS_CAP_LAST_; cap++) {
		table_cell(&table, STYLE_PLAIN, "%s", otls_capability_name(cap));
		for (size_t i = 0; otls_backend_at(i) != NULL; i++) {
			bool has = otls_backend_has(otls_backend_at(i), cap);
			table_cell(&table, has ? STYLE_GOOD : STYLE_DIM, "%s", has ? "yes" : "no");
		}
		table_cell(&table, STYLE_PLAIN, "%s", otls_capability_text(cap));
	}
	return table_finish(&table);
}

static bool
print_limits(void)
{
	struct table table = { 0 };

	start_comparison(&table, "limit", TABLE_RIGHT);
	for (size_t i = 0; i < COUNT(limits); i++) {
		table_cell(&table, STYLE_PLAIN, "%s", limits[i].name);
		for (size_t k = 0; otls_backend_at(k) != NULL; k++) {
			uint64_t limit = otls_backend_limit(otls_backend_at(k), limits[i].number);
			if (limit > 0)
				table_cell(&table, STYLE_PLAIN, "%llu", (unsigned long long)limit);
			else
				table_cell(&table, STYLE_DIM, "none");
		}
		table_cell(&table, STYLE_PLAIN, "%s", limits[i].text);
	}
	return table_finish(&table);
}

static bool
print_tables(void)
{
	bool good = print_backends();

	putchar('\n');
	good = print_capabilities() && good;
	putchar('\n');
	return print_limits() && good;
}

/* == JSON == */
static void
put_backend(struct json *out, const otls_backend *backend)
{
	json_object(out, NULL, JSON_TALL);
	json_text(out, "name", otls_backend_name(backend));
	json_bool(out, "default", backend == otls_backend_default());
	json_text(out, "built_with", otls_backend_version_text(backend, OTLS_BACKEND_BUILT_WITH));
	json_text(out, "running", otls_backend_version_text(backend, OTLS_BACKEND_LIBRARY));
	json_object(out, "capabilities", JSON_TALL);
	for (otls_capability cap = 1; cap <= OTLS_CAP_LAST_; cap++)
		json_bool(out, otls_capability_name(cap), otls_backend_has(backend, cap));
	json_end(out);
	json_object(out, "limits", JSON_TALL);
	for (size_t i = 0; i < COUNT(limits); i++) {
		uint64_t limit = otls_backend_limit(backend, limits[i].number);
		if (limit > 0)
			json_number(out, limits[i].name, limit);
		else
			json_null(out, limits[i].name);
	}
	json_end(out);
	json_end(out);
}

static void
put_json(void)
{
	struct json out = json_to(stdout);

	json_object(&out, NULL, JSON_TALL);
	json_text(&out, "omnitls", otls_version());
	if (otls_backend_default() != NULL)
		json_text(&out, "default", otls_backend_name(otls_backend_default()));
	else
		json_null(&out, "default");
	json_array(&out, "backends", JSON_TALL);
	for (size_t i = 0; otls_backend_at(i) != NULL; i++)
		put_backend(&out, otls_backend_at(i));
	json_end(&out);
	json_object(&out, "meanings", JSON_TALL);
	for (otls_capability cap = 1; cap <= OTLS_CAP_LAST_; cap++)
		json_text(&out, otls_capability_name(cap), otls_capability_text(cap));
	for (size_t i = 0; i < COUNT(limits); i++)
		json_text(&out, limits[i].name, limits[i].text);
	json_end(&out);
	json_end(&out);
}

static int
run(const struct command *self, int argc, char **argv)
{
	bool as_json = false;
	int option = 0;

	while ((option = command_option(self, argc, argv)) != -1) {
		if (option != 'j')
			return command_status(option);
		as_json = true;
	}
	if (command_no_operands(self, argc, argv) != 0)
		return EXIT_USAGE;
	if (as_json) {
		put_json();
	} else if (!print_tables()) {
		command_complain(self, "out of memory");
		return EXIT_FAILURE;
	}
	if (otls_backend_default() != NULL)
		return EXIT_SUCCESS;
	command_complain(self, "there is no default backend; OMNITLS_BACKEND is \"%s\"",
	    getenv("OMNITLS_BACKEND") != NULL ? getenv("OMNITLS_BACKEND") : "");
	return EXIT_FAILURE;
}

const struct command command_backends = {
	.name = "backends",
	.summary = "which TLS libraries are built in, and what each can do",
	.help = help,
	.short_options = ":jh",
	.long_options = options,
	.run = run,
};
