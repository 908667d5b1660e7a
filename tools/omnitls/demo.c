/* omnitls demo: every backend talks to every other, and all refuse bad certificates in the same words. */
#include "command.h"
#include "exchange.h"
#include "json.h"
#include "table.h"

#include <ctype.h>
#include <errno.h>
#include <omnitls/omnitls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define DAY           (24 * 60 * 60)
#define MEBI          (UINT64_C(1) << 20)
#define BYTES_MAX     (UINT64_C(1) << 30)
#define BACKENDS_MAX  8
#define VERSION_COUNT COUNT(versions)
#define CASE_COUNT    COUNT(cases)

static const struct option options[] = {
	{ "bytes", required_argument, NULL, 'b' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
    "usage: omnitls demo [--bytes N] [--json]\n"
    "\n"
    "Shows OmniTLS at work, on this machine alone: makes a certificate authority and\n"
    "certificates that are thrown away afterwards, and lets a client on every TLS library\n"
    "that is built in talk to a server on every one, over TCP on 127.0.0.1, in TLS 1.2 and\n"
    "1.3.  Both ends check every byte that arrives.\n"
    "\n"
    "Then each client meets a server with a wrong name, one of an unknown authority, and one\n"
    "with an expired certificate.  It must refuse all three, and all libraries must give the\n"
    "same reason in the same words.\n"
    "\n"
    "Options:\n"
    "  -b, --bytes N   send N bytes each way, at most 1G; N may end in K, M or G (default 1M)\n"
    "  -j, --json      the results as JSON\n"
    "  -h, --help      this text\n"
    "\n"
    "The table: \"cipher\" is the suite that both agreed on, \"verified\" whether the client has\n"
    "checked the server's certificate, \"bytes\" how many arrived unchanged in both directions,\n"
    "and \"ms\" how long it took, from dialling to the last goodbye.\n"
    "\n"
    "Exit status: 0 all was as it should be, 1 something was not, 2 the arguments are wrong.\n";

static const struct {
	otls_protocol number;
	otls_capability needs;
	const char *name, *short_name;
} versions[] = {
	{ OTLS_TLS1_2, OTLS_CAP_TLS1_2, "TLSv1.2", "1.2" },
	{ OTLS_TLS1_3, OTLS_CAP_TLS1_3, "TLSv1.3", "1.3" },
};

/* What everything is shown with. */
struct material {
	mint_identity *ca, *other_ca;
	mint_identity *good, *expired; /* servers' certificates for localhost, by the first authority */
};

/* One row of the table. */
struct pair {
	struct exchange_plan plan;
	const char *version_name, *version_short;
	struct exchange exchange;
};

static const struct refusal {
	const char *name, *title, *text;
	otls_verify_reason reason; /* the right one */
	const char *peer_name;
	bool expired, unknown;
} cases[] = {
	{
	    .name = "wrong_host",
	    .title = "wrong host name",
	    .text = "the certificate is for localhost, the client wants other.example",
	    .reason = OTLS_REASON_HOSTNAME_MISMATCH,
	    .peer_name = "other.example",
	},
	{
	    .name = "unknown_authority",
	    .title = "unknown authority",
	    .text = "the client trusts another authority than the one that signed",
	    .reason = OTLS_REASON_UNKNOWN_ISSUER,
	    .peer_name = "localhost",
	    .unknown = true,
	},
	{
	    .name = "expired",
	    .title = "expired certificate",
	    .text = "the certificate ended yesterday",
	    .reason = OTLS_REASON_EXPIRED,
	    .peer_name = "localhost",
	    .expired = true,
	},
};

struct demo {
	const struct command *command;
	uint64_t bytes; /* each way */
	bool as_json;
	const otls_backend *backends[BACKENDS_MAX];
	size_t backend_count;
	struct material material;
	struct pair pairs[BACKENDS_MAX * BACKENDS_MAX * VERSION_COUNT];
	size_t pair_count, good_pairs;
	struct exchange refusals[CASE_COUNT][BACKENDS_MAX];
	bool same[CASE_COUNT]; /* all refused, for the right reason, in the same words */
	size_t good_cases;
};

/* == material == */

/* The default backend makes the keys, or else the first one that can. */
static const otls_backend *
key_maker(void)
{
	if (otls_backend_has(otls_backend_default(), OTLS_CAP_GENERATE_KEY))
		return otls_backend_default();
	for (size_t i = 0; otls_backend_at(i) != NULL; i++)
		if (otls_backend_has(otls_backend_at(i), OTLS_CAP_GENERATE_KEY))
			return otls_backend_at(i);
	return otls_backend_at(0);
}

static mint_identity *
make_expired(const mint_identity *ca, const char *const *names)
{
	int64_t now = (int64_t)time(NULL);
	mint_spec spec = {
		.common_name = names[0],
		.names = names,
		.not_before = now - 30 * DAY,
		.not_after = now - DAY,
	};

	return mint_certificate(&spec, ca);
}

static bool
make_material(struct material *material)
{
	static const char *const names[] = { "localhost", "127.0.0.1", NULL };

	return (material->ca = mint_ca(key_maker(), "OmniTLS Demo CA")) != NULL &&
	       (material->other_ca = mint_ca(key_maker(), "OmniTLS Other CA")) != NULL &&
	       (material->good = mint_leaf(material->ca, names)) != NULL &&
	       (material->expired = make_expired(material->ca, names)) != NULL;
}

static void
free_material(struct material *material)
{
	mint_free(material->expired);
	mint_free(material->good);
	mint_free(material->other_ca);
	mint_free(material->ca);
}

/* == the pairs == */
static bool
is_good_pair(const struct pair *pair)
{
	const struct exchange *exchange = &pair->exchange;

	return exchange->client.done && exchange->server.done && exchange->verified && exchange->cipher != NULL &&
	       exchange->version == pair->plan.version && exchange->client.bytes == pair->plan.bytes &&
	       exchange->server.bytes == pair->plan.bytes;
}

static void
run_pair(struct demo *demo, const otls_backend *client, const otls_backend *server, size_t version)
{
	struct pair *pair = &demo->pairs[demo->pair_count++];

	*pair = (struct pair){
		.plan = {
			.client = client,
			.server = server,
			.version = versions[version].number,
			.certificate = demo->material.good,
			.trusted = demo->material.ca,
			.peer_name = "localhost",
			.bytes = demo->bytes,
		},
		.version_name = versions[version].name,
		.version_short = versions[version].short_name,
	};
	exchange_run(&pair->plan, &pair->exchange);
	demo->good_pairs += is_good_pair(pair);
}

static bool
both_have(const otls_backend *client, const otls_backend *server, otls_capability capability)
{
	return otls_backend_has(client, capability) && otls_backend_has(server, capability);
}

static void
run_pairs(struct demo *demo)
{
	for (size_t v = 0; v < VERSION_COUNT; v++)
		for (size_t i = 0; i < demo->backend_count; i++)
			for (size_t k = 0; k < demo->backend_count; k++)
				if (both_have(demo->backends[i], demo->backends[k], versions[v].needs))
					run_pair(demo, demo->backends[i], demo->backends[k], v);
}

/* == the refusals == */
static void
run_refusal(struct demo *demo, const struct refusal *refusal, const otls_backend *backend, struct exchange *result)
{
	bool has_1_3 = otls_backend_has(backend, OTLS_CAP_TLS1_3);
	struct exchange_plan plan = {
		.client = backend,
		.server = backend,
		.version = has_1_3 ? OTLS_TLS1_3 : OTLS_TLS1_2,
		.certificate = refusal->expired ? demo->material.expired : demo->material.good,
		.trusted = refusal->unknown ? demo->material.other_ca : demo->material.ca,
		.peer_name = refusal->peer_name,
	};

	exchange_run(&plan, result);
}

static bool
is_refused(const struct refusal *refusal, const struct exchange *result)
{
	return !result->client.done && !result->server.done && result->client.code == OTLS_E_VERIFY &&
	       result->client.reason == (int)refusal->reason;
}

static void
run_refusals(struct demo *demo)
{
	for (size_t i = 0; i < CASE_COUNT; i++) {
		const struct exchange *results = demo->refusals[i];
		demo->same[i] = true;
		for (size_t k = 0; k < demo->backend_count; k++) {
			run_refusal(demo, &cases[i], demo->backends[k], &demo->refusals[i][k]);
			demo->same[i] = demo->same[i] && is_refused(&cases[i], &results[k]) &&
					strcmp(results[k].client.error, results[0].client.error) == 0;
		}
		demo->good_cases += demo->same[i];
	}
}

static bool
is_all_good(const struct demo *demo)
{
	return demo->pair_count > 0 && demo->good_pairs == demo->pair_count && demo->good_cases == CASE_COUNT;
}

/* == as text == */
/* "1 MiB", where it is a whole number of them. */
static void
format_bytes(uint64_t bytes, char *text, size_t cap)
{
	if (bytes > 0 && bytes % MEBI == 0)
		snprintf(text, cap, "%llu MiB", (unsigned long long)(bytes / MEBI));
	else if (bytes > 0 && bytes % 1024 == 0)
		snprintf(text, cap, "%llu KiB", (unsigned long long)(bytes / 1024));
	else
		snprintf(text, cap, "%llu bytes", (unsigned long long)bytes);
}

static void
add_pair_row(struct table *table, const struct pair *pair)
{
	const struct exchange *exchange = &pair->exchange;
	uint64_t bytes = exchange->client.bytes + exchange->server.bytes;
	const char *cipher = otls_cipher_openssl_name(exchange->cipher);
	bool good = is_good_pair(pair);

	table_cell(table, STYLE_PLAIN, "%s", otls_backend_name(pair->plan.client));
	table_cell(table, STYLE_PLAIN, "%s", otls_backend_name(pair->plan.server));
	table_cell(table, STYLE_PLAIN, "%s", pair->version_short);
	table_cell(table, STYLE_PLAIN, "%s", cipher[0] != '\0' ? cipher : "-");
	table_cell(table, exchange->verified ? STYLE_GOOD : STYLE_BAD, "%s", exchange->verified ? "yes" : "no");
	table_cell(table, good ? STYLE_PLAIN : STYLE_BAD, "%llu", (unsigned long long)bytes);
	table_cell(table, STYLE_PLAIN, "%.1f", exchange->milliseconds);
}

static void
print_end_failure(const char *who, const struct exchange_end *end)
{
	if (end->error[0] != '\0')
		printf("  %s: %s\n", who, end->error);
}

static void
print_pair_failures(const struct demo *demo)
{
	for (size_t i = 0; i < demo->pair_count; i++) {
		const struct pair *pair = &demo->pairs[i];
		if (is_good_pair(pair))
			continue;
		printf("\n%sfailed:%s %s with %s, TLS %s\n", terminal_on(STYLE_BAD), terminal_off(STYLE_BAD),
		    otls_backend_name(pair->plan.client), otls_backend_name(pair->plan.server), pair->version_short);
		print_end_failure("client", &pair->exchange.client);
		print_end_failure("server", &pair->exchange.server);
	}
}

static bool
print_pairs(const struct demo *demo)
{
	struct table table = { 0 };
	char bytes[32] = "";
	bool good = false;

	format_bytes(demo->bytes, bytes, sizeof(bytes));
	printf("%sOmniTLS %s%s: every client with every server, %s each way\n\n", terminal_on(STYLE_HEAD),
	    otls_version(), terminal_off(STYLE_HEAD), bytes);
	table_column(&table, "client", TABLE_LEFT);
	table_column(&table, "server", TABLE_LEFT);
	table_column(&table, "TLS", TABLE_LEFT);
	table_column(&table, "cipher", TABLE_LEFT);
	table_column(&table, "verified", TABLE_LEFT);
	table_column(&table, "bytes", TABLE_RIGHT);
	table_column(&table, "ms", TABLE_RIGHT);
	for (size_t i = 0; i < demo->pair_count; i++)
		add_pair_row(&table, &demo->pairs[i]);
	good = table_finish(&table);
	print_pair_failures(demo);
	return good;
}

/* What the client said; where it never came to that, what kept it from it. */
static const char *
refusal_text(const struct exchange *result)
{
	if (result->client.done)
		return "the certificate was accepted";
	return result->client.error[0] != '\0' ? result->client.error : result->server.error;
}

static const char *
refusal_name(const struct exchange *result)
{
	if (result->client.code != OTLS_E_VERIFY)
		return result->client.done ? "ACCEPTED" : "FAILED";
	return otls_verify_reason_name(result->client.reason);
}

static bool
print_refusal(const struct demo *demo, size_t i)
{
	struct table table = { .indent = 2 };
	text_style style = demo->same[i] ? STYLE_GOOD : STYLE_BAD;
	bool good = false;

	printf("\n%s%s%s: %s\n", terminal_on(STYLE_HEAD), cases[i].title, terminal_off(STYLE_HEAD), cases[i].text);
	table_column(&table, NULL, TABLE_LEFT);
	table_column(&table, NULL, TABLE_LEFT);
	table_column(&table, NULL, TABLE_LEFT);
	for (size_t k = 0; k < demo->backend_count; k++) {
		const struct exchange *result = &demo->refusals[i][k];
		bool refused = is_refused(&cases[i], result);
		table_cell(&table, STYLE_PLAIN, "%s", otls_backend_name(demo->backends[k]));
		table_cell(&table, refused ? STYLE_GOOD : STYLE_BAD, "%s", refusal_name(result));
		table_cell(&table, STYLE_PLAIN, "%s", refusal_text(result));
	}
	good = table_finish(&table);
	printf("  refused by all in the same words: %s%s%s\n", terminal_on(style), demo->same[i] ? "yes" : "NO",
	    terminal_off(style));
	return good;
}

static void
print_sum(const struct demo *demo)
{
	bool good = is_all_good(demo);
	text_style style = good ? STYLE_GOOD : STYLE_BAD;

	printf("\n%s%s%s: %zu of %zu connections, %zu of %zu refusals in the same words; %zu backend%s\n",
	    terminal_on(style), good ? "good" : "FAILED", terminal_off(style), demo->good_pairs, demo->pair_count,
	    demo->good_cases, CASE_COUNT, demo->backend_count, demo->backend_count == 1 ? "" : "s");
}

static bool
print_text(const struct demo *demo)
{
	bool good = print_pairs(demo);

	for (size_t i = 0; i < CASE_COUNT; i++)
		good = print_refusal(demo, i) && good;
	print_sum(demo);
	return good;
}

/* == as JSON == */
static void
put_text_or_null(struct json *out, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_text(out, key, text);
	else
		json_null(out, key);
}

static void
put_pair(struct json *out, const struct pair *pair)
{
	const struct exchange *exchange = &pair->exchange;

	json_object(out, NULL, JSON_FLAT);
	json_text(out, "client", otls_backend_name(pair->plan.client));
	json_text(out, "server", otls_backend_name(pair->plan.server));
	json_text(out, "version", pair->version_name);
	put_text_or_null(out, "cipher", otls_cipher_name(exchange->cipher));
	json_bool(out, "verified", exchange->verified);
	json_number(out, "bytes", exchange->client.bytes + exchange->server.bytes);
	json_real(out, "milliseconds", exchange->milliseconds);
	json_bool(out, "good", is_good_pair(pair));
	put_text_or_null(out, "client_error", exchange->client.error);
	put_text_or_null(out, "server_error", exchange->server.error);
	json_end(out);
}

static void
put_refusal(struct json *out, const struct demo *demo, size_t i)
{
	json_object(out, NULL, JSON_TALL);
	json_text(out, "case", cases[i].name);
	json_text(out, "expected_reason", otls_verify_reason_name((int)cases[i].reason));
	json_bool(out, "same", demo->same[i]);
	json_array(out, "backends", JSON_TALL);
	for (size_t k = 0; k < demo->backend_count; k++) {
		const struct exchange *result = &demo->refusals[i][k];
		json_object(out, NULL, JSON_FLAT);
		json_text(out, "backend", otls_backend_name(demo->backends[k]));
		json_bool(out, "refused", is_refused(&cases[i], result));
		json_text(out, "code", otls_code_name(result->client.code));
		json_text(out, "reason", otls_verify_reason_name(result->client.reason));
		json_text(out, "message", refusal_text(result));
		json_end(out);
	}
	json_end(out);
	json_end(out);
}

static void
put_json(const struct demo *demo)
{
	struct json out = json_to(stdout);

	json_object(&out, NULL, JSON_TALL);
	json_text(&out, "omnitls", otls_version());
	json_number(&out, "bytes_each_way", demo->bytes);
	json_array(&out, "pairs", JSON_TALL);
	for (size_t i = 0; i < demo->pair_count; i++)
		put_pair(&out, &demo->pairs[i]);
	json_end(&out);
	json_array(&out, "refusals", JSON_TALL);
	for (size_t i = 0; i < CASE_COUNT; i++)
		put_refusal(&out, demo, i);
	json_end(&out);
	json_bool(&out, "good", is_all_good(demo));
	json_end(&out);
}

/* == the command == */
static bool
parse_bytes(const char *text, uint64_t *bytes)
{
	static const char suffixes[] = "KMG";
	const char *suffix = NULL;
	char *end = NULL;
	unsigned long long number = 0;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno != 0 || number > BYTES_MAX)
		return false;
	if (*end != '\0' && (suffix = strchr(suffixes, toupper((unsigned char)*end))) != NULL) {
		number <<= 10 * (suffix - suffixes + 1);
		end++;
	}
	*bytes = number;
	return *end == '\0' && number <= BYTES_MAX;
}

/* -1: go on. */
static int
parse_arguments(struct demo *demo, int argc, char **argv)
{
	int option = 0;

	while ((option = command_option(demo->command, argc, argv)) != -1) {
		switch (option) {
		case 'b':
			if (parse_bytes(optarg, &demo->bytes))
				break;
			command_complain(demo->command, "%s is not a number of bytes from 0 to 1G", optarg);
			return EXIT_USAGE;
		case 'j':
			demo->as_json = true;
			break;
		default:
			return command_status(option);
		}
	}
	return command_no_operands(demo->command, argc, argv) == 0 ? -1 : EXIT_USAGE;
}

static int
show(struct demo *demo)
{
	bool good = true;

	while (demo->backend_count < BACKENDS_MAX && otls_backend_at(demo->backend_count) != NULL) {
		demo->backends[demo->backend_count] = otls_backend_at(demo->backend_count);
		demo->backend_count++;
	}
	if (!make_material(&demo->material)) {
		command_complain(demo->command, "no certificates to show it with: %s", mint_error());
		return EXIT_FAILURE;
	}
	run_pairs(demo);
	run_refusals(demo);
	if (demo->as_json)
		put_json(demo);
	else
		good = print_text(demo);
	if (!good)
		command_complain(demo->command, "out of memory");
	return good && is_all_good(demo) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
run(const struct command *self, int argc, char **argv)
{
	struct demo *demo = calloc(1, sizeof(*demo));
	int status = EXIT_FAILURE;

	if (demo == NULL) {
		command_complain(self, "out of memory");
		return EXIT_FAILURE;
	}
	demo->command = self;
	demo->bytes = MEBI;
	status = parse_arguments(demo, argc, argv);
	if (status == -1) {
		status = show(demo);
		free_material(&demo->material);
	}
	free(demo);
	return status;
}

const struct command command_demo = {
	.name = "demo",
	.summary = "lets every TLS library that is built in talk to every other one",
	.help = help,
	.short_options = ":b:jh",
	.long_options = options,
	.run = run,
};
