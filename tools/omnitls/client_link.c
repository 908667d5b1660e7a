#include "client.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#define MILLISECONDS 1000
#define GOODBYE      2000 /* milliseconds that the server's goodbye is waited for */

int64_t
client_now(void)
{
	struct timespec time = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * MILLISECONDS + time.tv_nsec / 1000000;
}

/* What is left of the time, for a call that takes milliseconds: never 0, which is no time at all. */
static int
time_left(const struct client_link *link)
{
	int64_t left = 0;

	if (link->deadline < 0)
		return -1;
	left = link->deadline - client_now();
	return left > 1 ? (int)left : 1;
}

/* == failures == */

/* Peers have a say in some messages, and a terminal is not to obey them. */
static void
make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

bool
client_link_fail(struct client_link *link, int status, otls_code code, const char *format, ...)
{
	struct client_failure *failure = &link->failure;
	va_list args;

	if (failure->status != 0)
		return false;
	*failure = (struct client_failure){ .status = status, .code = code, .depth = -1, .alert = -1 };
	va_start(args, format);
	vsnprintf(failure->message, sizeof(failure->message), format, args);
	va_end(args);
	make_printable(failure->message);
	return false;
}

/* Before the handshake is over a lost connection is a handshake that failed; behind it, data may be missing. */
static int
exit_status(const struct client_link *link, const otls_error *error)
{
	switch (otls_error_category(error)) {
	case OTLS_CATEGORY_USAGE:
		return otls_error_code(error) == OTLS_E_NO_TRUST ? EXIT_LOCAL : EXIT_USAGE;
	case OTLS_CATEGORY_CONFIG:
		return EXIT_LOCAL;
	case OTLS_CATEGORY_VERIFY:
		return EXIT_REFUSED;
	case OTLS_CATEGORY_SYSTEM:
		if (otls_error_code(error) == OTLS_E_MEMORY || link->conn == NULL)
			return EXIT_LOCAL;
		if (!link->connected)
			return EXIT_UNREACHABLE;
		return link->open ? EXIT_TRUNCATED : EXIT_TLS;
	default:
		break;
	}
	if (!link->connected)
		return EXIT_LOCAL;
	return link->open && otls_error_code(error) == OTLS_E_TRUNCATED ? EXIT_TRUNCATED : EXIT_TLS;
}

bool
client_link_failed(struct client_link *link, otls_status status)
{
	const otls_error *error = otls_error_last();
	struct client_failure *failure = &link->failure;

	if (status != OTLS_ERROR)
		return client_link_fail(link, link->connected ? EXIT_TLS : EXIT_UNREACHABLE, OTLS_E_TIMEOUT,
		    "no answer from %s port %s in time", link->options->host, link->options->service);
	if (failure->status != 0)
		return false;
	client_link_fail(link, exit_status(link, error), otls_error_code(error), "%s", otls_error_message(error));
	failure->reason = otls_error_verify_reason(error);
	failure->depth = otls_error_verify_depth(error);
	failure->alert = otls_error_alert(error);
	failure->alert_sent = otls_error_alert_was_sent(error);
	return false;
}

/* == settings == */
static otls_status
set_trust(otls_context *ctx, const struct client_options *options)
{
	struct stat st = { 0 };
	bool is_directory = false;

	if (options->insecure && otls_context_set_verify(ctx, OTLS_VERIFY_INSECURE_NONE) != OTLS_OK)
		return OTLS_ERROR;
	if (options->ca == NULL)
		return OTLS_OK;
	is_directory = stat(options->ca, &st) == 0 && S_ISDIR(st.st_mode);
	return otls_context_load_verify_locations(
	    ctx, is_directory ? NULL : options->ca, is_directory ? options->ca : NULL);
}

static otls_status
set_context(otls_context *ctx, const struct client_options *options)
{
	const char *key = options->key != NULL ? options->key : options->cert;

	if ((options->min != 0 && otls_context_set_min_version(ctx, options->min) != OTLS_OK) ||
	    (options->max != 0 && otls_context_set_max_version(ctx, options->max) != OTLS_OK) ||
	    (options->alpn != NULL && otls_context_set_alpn_protos(ctx, options->alpn) != OTLS_OK) ||
	    (options->ciphers != NULL && otls_context_set_cipher_list(ctx, options->ciphers) != OTLS_OK) ||
	    (options->ciphersuites != NULL && otls_context_set_ciphersuites(ctx, options->ciphersuites) != OTLS_OK) ||
	    (options->ocsp != 0 && otls_context_set_verify_flags(ctx, options->ocsp) != OTLS_OK) ||
	    (options->cert != NULL && otls_context_use_key_pair_file(ctx, options->cert, key) != OTLS_OK))
		return OTLS_ERROR;
	return set_trust(ctx, options);
}

/* The zone of a link-local address ("fe80::1%eth0") is this machine's affair; no certificate has it. */
static void
note_peer_name(struct client_link *link)
{
	const char *name = link->options->name;

	snprintf(link->name, sizeof(link->name), "%s", name != NULL ? name : link->options->host);
	if (name == NULL && strchr(link->name, ':') != NULL)
		link->name[strcspn(link->name, "%")] = '\0';
}

static bool
set_up(struct client_link *link)
{
	note_peer_name(link);
	if (otls_context_new_with(link->backend, OTLS_METHOD_TLS_CLIENT, &link->ctx) != OTLS_OK ||
	    set_context(link->ctx, link->options) != OTLS_OK ||
	    otls_connection_new_client(link->ctx, link->name, &link->conn) != OTLS_OK)
		return client_link_failed(link, OTLS_ERROR);
	return true;
}

/* == the three steps == */
static void
note_address(struct client_link *link)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);

	if (getpeername(otls_connection_fd(link->conn), (struct sockaddr *)&address, &len) == 0)
		getnameinfo(
		    (struct sockaddr *)&address, len, link->address, sizeof(link->address), NULL, 0, NI_NUMERICHOST);
}

static bool
dial(struct client_link *link)
{
	otls_status status = OTLS_OK;

	otls_connection_set_timeout(link->conn, time_left(link));
	status = otls_connection_connect_host(link->conn, link->options->host, link->options->service);
	if (status != OTLS_OK)
		return client_link_failed(link, status);
	link->connected = true;
	note_address(link);
	return true;
}

static bool
start_tls(struct client_link *link)
{
	struct starttls_talk talk = { .fd = otls_connection_fd(link->conn), .deadline = link->deadline };

	if (link->options->starttls == NULL)
		return true;
	if (!starttls_run(link->options->starttls, &talk))
		return client_link_fail(
		    link, talk.unreachable ? EXIT_UNREACHABLE : EXIT_TLS, OTLS_E_NOT_TLS, "before TLS: %s", talk.error);
	if (talk.len > 0 && otls_connection_unread(link->conn, talk.buf + talk.at, talk.len) != OTLS_OK)
		return client_link_failed(link, OTLS_ERROR);
	return true;
}

static bool
shake_hands(struct client_link *link)
{
	otls_status status = OTLS_OK;

	otls_connection_set_timeout(link->conn, -1);
	otls_connection_set_handshake_timeout(link->conn, time_left(link));
	status = otls_connection_handshake(link->conn);
	if (status != OTLS_OK)
		return client_link_failed(link, status);
	link->open = true;
	return true;
}

bool
client_link_open(struct client_link *link, const struct client_options *options, const otls_backend *backend)
{
	*link = (struct client_link){
		.options = options,
		.backend = backend,
		.deadline = options->timeout >= 0 ? client_now() + options->timeout : -1,
		.failure = { .depth = -1, .alert = -1 },
	};
	return set_up(link) && dial(link) && start_tls(link) && shake_hands(link);
}

/* == the end == */

/* Whatever the server sends now is of no interest, but for an alert. */
static bool
is_refusal(const otls_connection *conn)
{
	return otls_error_category(otls_connection_error(conn)) == OTLS_CATEGORY_PEER;
}

bool
client_link_goodbye(struct client_link *link)
{
	int64_t until = client_now() + GOODBYE, left = GOODBYE;
	otls_status status = OTLS_OK;
	char waste[4096];
	size_t len = 0;

	if (!link->open)
		goto out;
	otls_connection_set_timeout(link->conn, GOODBYE);
	status = otls_connection_shutdown(link->conn);
	while ((status == OTLS_OK || status == OTLS_WANT_READ) && (left = until - client_now()) > 0) {
		otls_connection_set_timeout(link->conn, (int)left);
		status = otls_connection_read(link->conn, waste, sizeof(waste), &len);
	}
	if (status == OTLS_ERROR && is_refusal(link->conn))
		client_link_failed(link, status);
out:
	/* A server that serves one client at a time is to go on to the next one. */
	if (link->connected)
		shutdown(otls_connection_fd(link->conn), SHUT_RDWR);
	return link->failure.status == 0;
}

void
client_link_free(struct client_link *link)
{
	otls_connection_free(link->conn);
	otls_context_free(link->ctx);
	link->conn = NULL;
	link->ctx = NULL;
}
