/* omnitls server: serves thousands of clients at once. */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define SNI_MAX       64
#define TIMEOUT_MAX   86400
#define HTTP_TIMEOUT  60 /* seconds; files are fetched, echoes and programs may be talked to now and then */
#define NO_TIMEOUT    (-1)
#define DEFAULT_PLACE "127.0.0.1:4433"

static const struct option options[] = {
	{ "backend", required_argument, NULL, 'B' },
	{ "cert", required_argument, NULL, 'c' },
	{ "key", required_argument, NULL, 'K' },
	{ "ca", required_argument, NULL, 'C' },
	{ "require-client-cert", no_argument, NULL, 'R' },
	{ "alpn", required_argument, NULL, 'a' },
	{ "sni", required_argument, NULL, 'S' },
	{ "min", required_argument, NULL, 'm' },
	{ "max", required_argument, NULL, 'M' },
	{ "listen", required_argument, NULL, 'l' },
	{ "echo", no_argument, NULL, 'e' },
	{ "http", required_argument, NULL, 'H' },
	{ "exec", required_argument, NULL, 'x' },
	{ "timeout", required_argument, NULL, 't' },
	{ "ocsp", required_argument, NULL, 'o' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
    "usage: omnitls server --cert FILE [--key FILE] [OPTIONS] [--echo | --http DIR | --exec CMD]\n"
    "\n"
    "Serves thousands of clients at once over TLS.  The first line of output is the address at\n"
    "which it listens.  SIGTERM or SIGINT ends it, with a goodbye to every client.\n"
    "\n"
    "What clients get:\n"
    "  -e, --echo             their own bytes back (the default)\n"
    "  -H, --http DIR         the files of a directory over HTTP/1.1\n"
    "  -x, --exec CMD         a program each, run by /bin/sh: its input and output over TLS\n"
    "\n"
    "Options:\n"
    "  -B, --backend NAME     the TLS library (default: see omnitls backends)\n"
    "  -c, --cert FILE        the certificate with its chain (PEM, the server's own first)\n"
    "  -K, --key FILE         its private key (default: in the file of --cert)\n"
    "  -o, --ocsp FILE        staple this OCSP response about --cert (DER or PEM), for clients\n"
    "                         that ask, until it expires\n"
    "  -S, --sni NAME=CERT,KEY\n"
    "                         another certificate for clients that want NAME; up to 64 times;\n"
    "                         NAME may begin with \"*.\", which is any one label\n"
    "  -C, --ca FILE          ask for client certificates, and trust the authorities in this file\n"
    "  -R, --require-client-cert\n"
    "                         with --ca: refuse clients that show none\n"
    "  -a, --alpn A,B         application protocols, best first (default with --http: http/1.1)\n"
    "  -m, --min VERSION      1.2 or 1.3: nothing older (default 1.2)\n"
    "  -M, --max VERSION      1.2 or 1.3: nothing newer (default 1.3)\n"
    "  -l, --listen ADDR:PORT where to listen (default " DEFAULT_PLACE "); \"*:4433\" is every\n"
    "                         address, \"[::1]:4433\" an IPv6 one, \":0\" any free port of 127.0.0.1\n"
    "  -t, --timeout SECONDS  part from clients that do not get on for so long; 0: never\n"
    "                         (default: 60 with --http, else 0)\n"
    "  -v, --verbose          say what goes wrong with clients, on standard error\n"
    "  -h, --help             this text\n"
    "\n"
    "Environment:\n"
    "  OMNITLS_BACKEND   the backend, without --backend\n"
    "\n"
    "Exit status: 0 ended by a signal, 1 something failed, 2 the arguments are wrong.\n";

/* A certificate for some clients. */
struct named {
	char *name;
	char *cert, *key;
	otls_context *ctx;
};

struct settings {
	const struct command *command;
	const char *backend, *cert, *key, *ocsp, *ca, *alpn, *directory, *program;
	char *host, *port;
	bool require_client_cert, echo, verbose;
	otls_protocol min, max; /* 0: not set */
	int timeout;            /* seconds */
	struct named named[SNI_MAX];
	size_t named_count;
};

/* == arguments == */
static bool
wrong(const struct settings *settings, const char *what, const char *value)
{
	command_complain(settings->command, "%s: %s; see omnitls server --help", value, what);
	return false;
}

static bool
parse_version(const struct settings *settings, const char *text, otls_protocol *version)
{
	if (strcmp(text, "1.2") == 0)
		*version = OTLS_TLS1_2;
	else if (strcmp(text, "1.3") == 0)
		*version = OTLS_TLS1_3;
	else
		return wrong(settings, "not a version of TLS, which are 1.2 and 1.3", text);
	return true;
}

static bool
parse_timeout(struct settings *settings, const char *text)
{
	if (strlen(text) > 5 || text[0] == '\0' || text[strspn(text, "0123456789")] != '\0' || atoi(text) > TIMEOUT_MAX)
		return wrong(settings, "not a number of seconds from 0 to 86400", text);
	settings->timeout = atoi(text);
	return true;
}

/* In place: NAME=CERT,KEY.  The last comma counts, since it is the first file whose name may well have one. */
static bool
parse_sni(struct settings *settings, char *text)
{
	struct named *named = &settings->named[settings->named_count];
	char *cert = strchr(text, '='), *key = strrchr(text, ',');

	if (cert == NULL || key == NULL || cert == text || key <= cert + 1 || key[1] == '\0')
		return wrong(settings, "not NAME=CERT,KEY", text);
	if (settings->named_count == SNI_MAX)
		return wrong(settings, "more than 64 names", text);
	*cert = *key = '\0';
	*named = (struct named){ .name = text, .cert = cert + 1, .key = key + 1 };
	settings->named_count++;
	return true;
}

/* In place: ADDR:PORT or [ADDR]:PORT. */
static bool
parse_place(struct settings *settings, char *text)
{
	char *colon = strrchr(text, ':'), *host = text;
	bool bracketed = text[0] == '[';

	if (colon == NULL || colon[1] == '\0' || colon[1 + strspn(colon + 1, "0123456789")] != '\0' ||
	    strlen(colon + 1) > 5 || atoi(colon + 1) > 65535)
		return wrong(settings, "not ADDR:PORT", text);
	if (bracketed ? colon < text + 3 || colon[-1] != ']' : memchr(text, ':', (size_t)(colon - text)) != NULL)
		return wrong(settings, "not ADDR:PORT, nor [ADDR]:PORT", text);
	*colon = '\0';
	if (bracketed) {
		colon[-1] = '\0';
		host++;
	}
	settings->host = host;
	settings->port = colon + 1;
	return true;
}

static bool
take_option(struct settings *settings, int option)
{
	switch (option) {
	case 'B':
		settings->backend = optarg;
		return true;
	case 'c':
		settings->cert = optarg;
		return true;
	case 'K':
		settings->key = optarg;
		return true;
	case 'o':
		settings->ocsp = optarg;
		return true;
	case 'C':
		settings->ca = optarg;
		return true;
	case 'R':
		settings->require_client_cert = true;
		return true;
	case 'a':
		settings->alpn = optarg;
		return true;
	case 'S':
		return parse_sni(settings, optarg);
	case 'm':
		return parse_version(settings, optarg, &settings->min);
	case 'M':
		return parse_version(settings, optarg, &settings->max);
	case 'l':
		return parse_place(settings, optarg);
	case 'e':
		settings->echo = true;
		return true;
	case 'H':
		settings->directory = optarg;
		return true;
	case 'x':
		settings->program = optarg;
		return true;
	case 't':
		return parse_timeout(settings, optarg);
	default:
		settings->verbose = true;
		return true;
	}
}

static bool
check(struct settings *settings)
{
	if (settings->cert == NULL)
		return wrong(settings, "needed", "--cert FILE");
	if (settings->echo + (settings->directory != NULL) + (settings->program != NULL) > 1)
		return wrong(settings, "only one of them", "--echo, --http, --exec");
	if (settings->require_client_cert && settings->ca == NULL)
		return wrong(settings, "needs --ca FILE", "--require-client-cert");
	if (settings->backend != NULL && otls_backend_find(settings->backend) == NULL)
		return wrong(settings, "not in this build", settings->backend);
	if (settings->key == NULL)
		settings->key = settings->cert;
	if (settings->directory != NULL && settings->alpn == NULL)
		settings->alpn = "http/1.1";
	if (settings->timeout == NO_TIMEOUT)
		settings->timeout = settings->directory != NULL ? HTTP_TIMEOUT : 0;
	return true;
}

/* -1: go on. */
static int
parse_arguments(struct settings *settings, int argc, char **argv)
{
	int option = 0;

	while ((option = command_option(settings->command, argc, argv)) != -1) {
		if (option == 'h' || option == '?')
			return command_status(option);
		if (!take_option(settings, option))
			return EXIT_USAGE;
	}
	if (command_no_operands(settings->command, argc, argv) != 0 || !check(settings))
		return EXIT_USAGE;
	return -1;
}

/* == contexts == */
static bool
tls_failed(const struct settings *settings)
{
	command_complain(settings->command, "%s", otls_error_message(otls_error_last()));
	return false;
}

static otls_status
new_context(const struct settings *settings, otls_context **ctx)
{
	if (settings->backend == NULL)
		return otls_context_new(OTLS_METHOD_TLS_SERVER, ctx);
	return otls_context_new_with(otls_backend_find(settings->backend), OTLS_METHOD_TLS_SERVER, ctx);
}

static otls_status
set_versions(const struct settings *settings, otls_context *ctx)
{
	if (settings->min != 0 && otls_context_set_min_version(ctx, settings->min) != OTLS_OK)
		return OTLS_ERROR;
	return settings->max != 0 ? otls_context_set_max_version(ctx, settings->max) : OTLS_OK;
}

static otls_status
set_trust(const struct settings *settings, otls_context *ctx)
{
	if (settings->ca == NULL)
		return OTLS_OK;
	if (otls_context_load_verify_locations(ctx, settings->ca, NULL) != OTLS_OK)
		return OTLS_ERROR;
	return otls_context_set_verify(ctx, settings->require_client_cert ? OTLS_VERIFY_REQUIRE : OTLS_VERIFY_PEER);
}

static bool
make_context(const struct settings *settings, const char *cert, const char *key, otls_context **ctx)
{
	return (new_context(settings, ctx) == OTLS_OK && set_versions(settings, *ctx) == OTLS_OK &&
		   set_trust(settings, *ctx) == OTLS_OK &&
		   otls_context_set_alpn_protos(*ctx, settings->alpn) == OTLS_OK &&
		   otls_context_use_key_pair_file(*ctx, cert, key) == OTLS_OK) ||
	       tls_failed(settings);
}

static bool
is_wildcard_for(const char *pattern, const char *name)
{
	return strncmp(pattern, "*.", 2) == 0 && strcasecmp(pattern + 1, name + strcspn(name, ".")) == 0;
}

/* A name that is written out goes before a wildcard; without any, the first certificate is as good as none. */
static otls_answer
on_server_name(otls_connection *conn, const char *name, void *arg)
{
	const struct settings *settings = arg;
	otls_context *ctx = NULL;

	for (size_t i = 0; i < settings->named_count; i++) {
		const struct named *named = &settings->named[i];

		bool is_exact = strcasecmp(named->name, name) == 0;

		if (is_exact || (ctx == NULL && is_wildcard_for(named->name, name)))
			ctx = named->ctx;
		if (is_exact)
			break;
	}
	if (ctx == NULL || otls_connection_set_context(conn, ctx) == OTLS_OK)
		return OTLS_ANSWER_OK;
	return OTLS_ANSWER_REFUSE;
}

static bool
make_contexts(struct settings *settings, otls_context **ctx)
{
	if (!make_context(settings, settings->cert, settings->key, ctx))
		return false;
	if (settings->ocsp != NULL && otls_context_set_ocsp_response_file(*ctx, settings->ocsp) != OTLS_OK)
		return tls_failed(settings);
	for (size_t i = 0; i < settings->named_count; i++) {
		struct named *named = &settings->named[i];
		if (!make_context(settings, named->cert, named->key, &named->ctx))
			return false;
	}
	return settings->named_count == 0 ||
	       otls_context_set_servername_callback(*ctx, on_server_name, settings, NULL) == OTLS_OK ||
	       tls_failed(settings);
}

/* == the command == */
static bool
open_directory(const struct settings *settings, struct server *server)
{
	server->directory = open(settings->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (server->directory >= 0)
		return true;
	command_complain(settings->command, "%s: %s", settings->directory, strerror(errno));
	return false;
}

static const char *
host_of(const struct settings *settings)
{
	if (settings->host[0] == '\0')
		return "127.0.0.1";
	return strcmp(settings->host, "*") == 0 ? NULL : settings->host;
}

static bool
serve(struct settings *settings, struct server *server)
{
	server->command = settings->command;
	server->program = settings->program;
	server->verbose = settings->verbose;
	server->timeout = (uint64_t)settings->timeout * 1000;
	server->service = &service_echo;
	if (settings->directory != NULL)
		server->service = &service_http;
	if (settings->program != NULL)
		server->service = &service_exec;
	if (settings->directory != NULL && !open_directory(settings, server))
		return false;
	return make_contexts(settings, &server->ctx) && server_run(server, host_of(settings), settings->port);
}

static void
release(struct settings *settings, struct server *server)
{
	otls_context_free(server->ctx);
	for (size_t i = 0; i < settings->named_count; i++)
		otls_context_free(settings->named[i].ctx);
	if (server->directory >= 0)
		close(server->directory);
}

static int
run(const struct command *self, int argc, char **argv)
{
	static struct server server;
	static struct settings settings;
	char place[] = DEFAULT_PLACE;
	int status = 0;

	server.directory = -1;
	settings.command = self;
	settings.timeout = NO_TIMEOUT;
	parse_place(&settings, place);
	status = parse_arguments(&settings, argc, argv);
	if (status != -1)
		return status;
	status = serve(&settings, &server) ? EXIT_SUCCESS : EXIT_FAILURE;
	release(&settings, &server);
	return status;
}

const struct command command_server = {
	.name = "server",
	.summary = "serves echoes, files or programs to thousands of clients at once",
	.help = help,
	.short_options = ":B:c:K:o:S:C:Ra:m:M:l:t:eH:x:vh",
	.long_options = options,
	.run = run,
};
