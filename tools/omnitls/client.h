/* The parts of omnitls client and omnitls compare.
 *
 *	client.c           omnitls client: the command
 *	compare.c          omnitls compare: the command
 *	client_options.c   the options that both take
 *	client_link.c      one connection: dialling, STARTTLS, the handshake, the goodbye
 *	client_pipe.c      standard input and output over a connection
 *	starttls.c         the dialogues before TLS
 *	facts.c            what is told about a connection
 */
#ifndef OTLS_TOOLS_CLIENT_H
#define OTLS_TOOLS_CLIENT_H

#include "command.h"
#include "starttls.h"

#include <omnitls/omnitls.h>

/* Exit statuses; a script can tell what went wrong.  EXIT_USAGE (2) is command.h's. */
#define EXIT_LOCAL       1 /* something here: a file, memory, standard output */
#define EXIT_UNREACHABLE 3 /* the name cannot be resolved, or nobody answers */
#define EXIT_REFUSED     4 /* the server's certificate was refused */
#define EXIT_TLS         5 /* TLS failed, or the server has none */
#define EXIT_TRUNCATED   6 /* the connection ended without the server's goodbye */

struct client_options {
	const struct command *command;
	const char *backend;                /* NULL: the default; compare: all */
	const char *ca;                     /* a file or a directory; NULL: the platform's trust */
	const char *name;                   /* whom the certificate must be for */
	const char *alpn;                   /* NULL: none */
	const char *ciphers, *ciphersuites; /* TLS 1.2's and 1.3's; NULL: the defaults */
	const char *cert, *key;
	otls_protocol min, max; /* 0: as the context starts with */
	const struct starttls *starttls;
	int timeout;   /* milliseconds up to the end of the handshake; -1: no limit */
	uint64_t ocsp; /* OTLS_VERIFY_FLAG_OCSP, OCSP_REQUIRE; 0: a stapled response is not asked for */
	bool insecure, as_json, verbose, quiet, half_close, check;
	char host[256], service[64];
};

/* The rows of getopt_long's table that both commands have, and what their --help says about them. */
#define CLIENT_SHORT_OPTIONS ":B:C:kn:a:m:M:l:L:c:K:s:t:oOjvh"
/* clang-format off */
#define CLIENT_LONG_OPTIONS \
	{ "backend", required_argument, NULL, 'B' }, \
	{ "ca", required_argument, NULL, 'C' }, \
	{ "insecure", no_argument, NULL, 'k' }, \
	{ "name", required_argument, NULL, 'n' }, \
	{ "alpn", required_argument, NULL, 'a' }, \
	{ "min", required_argument, NULL, 'm' }, \
	{ "max", required_argument, NULL, 'M' }, \
	{ "ciphers", required_argument, NULL, 'l' }, \
	{ "ciphersuites", required_argument, NULL, 'L' }, \
	{ "cert", required_argument, NULL, 'c' }, \
	{ "key", required_argument, NULL, 'K' }, \
	{ "starttls", required_argument, NULL, 's' }, \
	{ "timeout", required_argument, NULL, 't' }, \
	{ "ocsp", no_argument, NULL, 'o' }, \
	{ "require-ocsp", no_argument, NULL, 'O' }, \
	{ "json", no_argument, NULL, 'j' }, \
	{ "verbose", no_argument, NULL, 'v' }, \
	{ "help", no_argument, NULL, 'h' }
/* clang-format on */
#define CLIENT_OPTIONS_HELP                                                                                            \
	"  -C, --ca FILE          trust the authorities in this PEM file, or in the files of this\n"                   \
	"                         directory, instead of the system's\n"                                                \
	"  -k, --insecure         go on whoever the server is; the verdict is still told\n"                            \
	"  -n, --name NAME        whom the certificate must be for, and the server name that is\n"                     \
	"                         sent (default: HOST)\n"                                                              \
	"  -a, --alpn A,B         offer these application protocols, best first: h2,http/1.1\n"                        \
	"  -m, --min VERSION      1.2 or 1.3: nothing older (default 1.2)\n"                                           \
	"  -M, --max VERSION      1.2 or 1.3: nothing newer (default 1.3)\n"                                           \
	"  -l, --ciphers LIST     offer these suites of TLS 1.2, in OpenSSL's language: ECDHE+AESGCM\n"                \
	"  -L, --ciphersuites LIST\n"                                                                                  \
	"                         and these of TLS 1.3: TLS_AES_128_GCM_SHA256\n"                                      \
	"  -c, --cert FILE        show this certificate, with its chain, to servers that ask (PEM)\n"                  \
	"  -K, --key FILE         its private key (default: in the file of --cert)\n"                                  \
	"  -s, --starttls PROTO   begin in plain text as smtp, imap, pop3 or ftp, then start TLS\n"                    \
	"  -t, --timeout SECONDS  for connecting and shaking hands (default 30; 0: no limit)\n"                        \
	"  -o, --ocsp             ask for a stapled OCSP response, and tell of it\n"                                   \
	"  -O, --require-ocsp     refuse a server without one that says that it is good\n"

/* Reads the arguments: -1 to go on, else the exit status. */
int client_parse(struct client_options *options, int argc, char **argv);

/* == one connection == */
struct client_failure {
	int status; /* the exit status; 0: nothing failed */
	otls_code code;
	int reason, depth; /* an otls_verify_reason, and which certificate */
	int alert;         /* -1: none */
	bool alert_sent;
	char message[1024]; /* printable */
};

struct client_link {
	const struct client_options *options;
	const otls_backend *backend;
	otls_context *ctx;
	otls_connection *conn;
	int64_t deadline; /* milliseconds of the monotonic clock; -1: none */
	bool connected;   /* over TCP */
	bool open;        /* the handshake is over */
	char name[256];   /* whom the certificate must be for */
	char address[64]; /* the server's, "" until connected */
	struct client_failure failure;
};

/* Milliseconds of a clock that nobody sets. */
int64_t client_now(void);
/* From the settings to the end of the handshake.  false: see failure; what there is of a connection stays, to be
 * looked at. */
bool client_link_open(struct client_link *link, const struct client_options *options, const otls_backend *backend);
/* Notes why the latest call failed; the first failure is kept. */
bool client_link_failed(struct client_link *link, otls_status status);
/* The same in words of one's own. */
bool client_link_fail(struct client_link *link, int status, otls_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Says goodbye, waits a little for the server's, and hangs up.  A server that refuses the client's certificate in
 * TLS 1.3 says so only behind the handshake: false then.  What can be told of the connection stays. */
bool client_link_goodbye(struct client_link *link);
void client_link_free(struct client_link *link);

/* Standard input to the server and what it sends to standard output, until the server has said goodbye. */
bool client_pipe(struct client_link *link);

#endif
