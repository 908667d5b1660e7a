/* omnitls client: standard input and output over TLS. */
#include "client.h"
#include "facts.h"
#include "json.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const struct option options_table[] = {
	CLIENT_LONG_OPTIONS,
	{ "quiet", no_argument, NULL, 'q' },
	{ "half-close", no_argument, NULL, 'H' },
	{ "check", no_argument, NULL, 'x' },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
    "usage: omnitls client [OPTIONS] HOST:PORT\n"
    "\n"
    "Connects to a server over TLS: sends it standard input and prints what it answers.  What\n"
    "is known of the connection goes to standard error: version, cipher, certificate, and\n"
    "whether the server is who it says it is.  If it is not, nothing is sent.\n"
    "\n"
    "  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | omnitls client www.example.org:443\n"
    "  omnitls client --check --verbose www.example.org:https    only look at it\n"
    "  omnitls client --starttls smtp mail.example.org:25\n"
    "\n"
    "Options:\n"
    "  -B, --backend NAME     the TLS library to use; omnitls backends lists them\n" CLIENT_OPTIONS_HELP
    "  -H, --half-close       say goodbye to the server as soon as standard input ends\n"
    "  -x, --check            only connect, shake hands and say goodbye\n"
    "  -q, --quiet            tell nothing about the connection; errors are told\n"
    "  -j, --json             tell about the connection as JSON, when it is over\n"
    "  -v, --verbose          tell all: every certificate, and how it was judged\n"
    "  -h, --help             this text\n"
    "\n"
    "HOST:PORT is a name or an address and a port or a service: localhost:443, [::1]:https.\n"
    "\n"
    "The end of standard input does not end the connection: the server may still have much to\n"
    "say, and many stop if they are told goodbye first.  It ends when the server says goodbye.\n"
    "For servers that wait for their client's goodbye instead there is --half-close.\n"
    "\n"
    "Exit status:\n"
    "  0  all is well: the server has said goodbye\n"
    "  1  something here failed: a file, memory, standard output\n"
    "  2  the arguments are wrong\n"
    "  3  the server cannot be reached: no such name, nobody listens, no answer in time\n"
    "  4  the server's certificate was refused\n"
    "  5  TLS failed: nothing in common, an alert of the server, no TLS there, no STARTTLS\n"
    "  6  the connection ended without the server's goodbye: the end of the data may be missing\n";

/* == what is told == */
static void
tell(const struct client_link *link)
{
	const struct client_options *options = link->options;

	if (options->as_json || options->quiet || link->conn == NULL)
		return;
	if (link->open || otls_connection_peer_certificate(link->conn) != NULL || (options->verbose && link->connected))
		facts_print(stderr, link, options->verbose);
}

static void
put_json(const struct client_link *link)
{
	struct json out = json_to(stderr);

	json_object(&out, NULL, JSON_TALL);
	json_text(&out, "omnitls", otls_version());
	json_text(&out, "host", link->options->host);
	json_text(&out, "port", link->options->service);
	facts_put_json(&out, link);
	json_end(&out);
}

static void
tell_end(const struct client_link *link)
{
	if (link->options->as_json)
		put_json(link);
	else if (link->failure.status != 0)
		command_complain(link->options->command, "%s", link->failure.message);
}

/* == the command == */
static const otls_backend *
find_backend(const struct client_options *options)
{
	const char *name = options->backend != NULL ? options->backend : getenv("OMNITLS_BACKEND");
	const otls_backend *backend = options->backend != NULL ? otls_backend_find(options->backend)
							       : otls_backend_default();

	if (backend == NULL)
		command_complain(
		    options->command, "there is no backend \"%s\"; see omnitls backends", name != NULL ? name : "");
	return backend;
}

static int
talk(const struct client_options *options, const otls_backend *backend)
{
	struct client_link link = { 0 };
	bool open = false;
	int status = 0;

	if (options->insecure && !options->as_json)
		command_complain(options->command, "--insecure: nobody checks who the server is");
	open = client_link_open(&link, options, backend);
	tell(&link);
	if (open && !options->check)
		open = client_pipe(&link);
	else if (open)
		client_link_goodbye(&link);
	tell_end(&link);
	status = link.failure.status;
	client_link_free(&link);
	return status;
}

static int
run(const struct command *self, int argc, char **argv)
{
	struct client_options options = { .command = self };
	const otls_backend *backend = NULL;
	int status = 0;

	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	status = client_parse(&options, argc, argv);
	if (status != -1)
		return status;
	backend = find_backend(&options);
	if (backend == NULL)
		return EXIT_USAGE;
	/* A reader of standard output that has gone is an error of write, behind which the server still gets its
	 * goodbye. */
	signal(SIGPIPE, SIG_IGN);
	return talk(&options, backend);
}

const struct command command_client = {
	.name = "client",
	.summary = "connects to a server: standard input and output over TLS",
	.help = help,
	.short_options = CLIENT_SHORT_OPTIONS "qHx",
	.long_options = options_table,
	.run = run,
};
