#include "starttls.h"

#include "client.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LINES_MAX    1000 /* from one server, before TLS */
#define COMMAND_MAX  128

struct starttls {
	const char *name;
	bool (*run)(struct starttls_talk *talk);
};

/* == failures == */
static bool fail(struct starttls_talk *talk, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool
fail(struct starttls_talk *talk, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(talk->error, sizeof(talk->error), format, args);
	va_end(args);
	for (char *c = talk->error; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	return false;
}

static bool
break_off(struct starttls_talk *talk, const char *why)
{
	talk->unreachable = true;
	return fail(talk, "%s", why);
}

static bool
refused(struct starttls_talk *talk, const char *what)
{
	return fail(talk, "%s: the server said \"%.300s\"", what, talk->line);
}

/* == lines == */
static bool
wait_for(struct starttls_talk *talk, short events)
{
	struct pollfd fd = { .fd = talk->fd, .events = events };
	int64_t left = -1;
	int ready = 0;

	do {
		if (talk->deadline >= 0 && (left = talk->deadline - client_now()) <= 0)
			return break_off(talk, "no answer in time");
		ready = poll(&fd, 1, (int)left);
	} while (ready == 0 || (ready < 0 && errno == EINTR));
	return ready > 0 || break_off(talk, strerror(errno));
}

static bool
fill(struct starttls_talk *talk)
{
	ssize_t n = 0;

	memmove(talk->buf, talk->buf + talk->at, talk->len);
	talk->at = 0;
	if (talk->len == sizeof(talk->buf))
		return fail(talk, "the server sends a line without end");
	do {
		if (!wait_for(talk, POLLIN))
			return false;
		n = recv(talk->fd, talk->buf + talk->len, sizeof(talk->buf) - talk->len, MSG_DONTWAIT);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n <= 0)
		return break_off(talk, n < 0 ? strerror(errno) : "the server hung up before TLS started");
	talk->len += (size_t)n;
	return true;
}

/* The next line; a bare LF ends one too. */
static bool
read_line(struct starttls_talk *talk)
{
	const char *end = NULL;
	size_t len = 0;

	if (++talk->lines > LINES_MAX)
		return fail(talk, "the server talks without end");
	while ((end = memchr(talk->buf + talk->at, '\n', talk->len)) == NULL)
		if (!fill(talk))
			return false;
	len = (size_t)(end - (talk->buf + talk->at));
	memcpy(talk->line, talk->buf + talk->at, len);
	talk->at += len + 1;
	talk->len -= len + 1;
	if (len > 0 && talk->line[len - 1] == '\r')
		len--;
	talk->line[len] = '\0';
	return true;
}

static bool
send_line(struct starttls_talk *talk, const char *command)
{
	char line[COMMAND_MAX + 3];
	size_t len = (size_t)snprintf(line, sizeof(line), "%.*s\r\n", COMMAND_MAX, command), done = 0;

	while (done < len) {
		ssize_t n = 0;
		if (!wait_for(talk, POLLOUT))
			return false;
		n = send(talk->fd, line + done, len - done, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR && errno != EAGAIN)
			return break_off(talk, strerror(errno));
	}
	return true;
}

static bool
line_starts_with(const struct starttls_talk *talk, const char *prefix)
{
	return strncasecmp(talk->line, prefix, strlen(prefix)) == 0;
}

/* == replies with three digits: SMTP (RFC 5321, section 4.2.1) and FTP (RFC 959, section 4.2) == */

/* "220 text", or just "220"; the line before it, if the reply has several, is "220-text". */
static bool
is_last_line(const struct starttls_talk *talk, const char *code)
{
	return strncmp(talk->line, code, 3) == 0 && (talk->line[3] == ' ' || talk->line[3] == '\0');
}

static bool
is_reply(const char *line)
{
	for (size_t i = 0; i < 3; i++)
		if (!isdigit((unsigned char)line[i]))
			return false;
	return line[3] == ' ' || line[3] == '-' || line[3] == '\0';
}

/* Reads a whole reply; *found (may be NULL) tells whether one of its lines was this keyword. */
static bool
read_reply(struct starttls_talk *talk, const char *keyword, bool *found)
{
	char code[4] = "";

	do {
		if (!read_line(talk))
			return false;
		if (code[0] == '\0' && !is_reply(talk->line))
			return refused(talk, "this is another protocol");
		if (code[0] == '\0')
			memcpy(code, talk->line, 3);
		if (found != NULL && strncmp(talk->line, code, 3) == 0 && talk->line[3] != '\0' &&
		    strcasecmp(talk->line + 4, keyword) == 0)
			*found = true;
	} while (!is_last_line(talk, code));
	return true;
}

static bool
expect_reply(struct starttls_talk *talk, const char *code, const char *what)
{
	return read_reply(talk, NULL, NULL) && (is_last_line(talk, code) || refused(talk, what));
}

/* Our own address as a literal: a client that has no better name introduces itself so (RFC 5321, section 4.1.4). */
static void
format_hello(int fd, char *command, size_t cap)
{
	struct sockaddr_storage own = { 0 };
	socklen_t len = sizeof(own);
	char text[INET6_ADDRSTRLEN] = "127.0.0.1";
	bool is_v6 = getsockname(fd, (struct sockaddr *)&own, &len) == 0 && own.ss_family == AF_INET6;

	if (is_v6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)&own)->sin6_addr, text, sizeof(text));
	else if (own.ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)&own)->sin_addr, text, sizeof(text));
	snprintf(command, cap, "EHLO [%s%s]", is_v6 ? "IPv6:" : "", text);
}

/* RFC 3207 */
static bool
run_smtp(struct starttls_talk *talk)
{
	char hello[COMMAND_MAX];
	bool offered = false;

	format_hello(talk->fd, hello, sizeof(hello));
	if (!expect_reply(talk, "220", "no greeting") || !send_line(talk, hello) ||
	    !read_reply(talk, "STARTTLS", &offered))
		return false;
	if (!is_last_line(talk, "250"))
		return refused(talk, "EHLO was refused");
	if (!offered)
		return fail(talk, "the server does not offer STARTTLS");
	return send_line(talk, "STARTTLS") && expect_reply(talk, "220", "STARTTLS was refused");
}

/* RFC 4217.  A server that is not ready yet says 120 first (RFC 959, section 5.4). */
static bool
run_ftp(struct starttls_talk *talk)
{
	if (!read_reply(talk, NULL, NULL))
		return false;
	if (is_last_line(talk, "120") && !read_reply(talk, NULL, NULL))
		return false;
	if (!is_last_line(talk, "220"))
		return refused(talk, "no greeting");
	return send_line(talk, "AUTH TLS") && expect_reply(talk, "234", "AUTH TLS was refused");
}

/* == IMAP and POP3 == */

/* RFC 9051, section 6.2.1.  Untagged lines may come at any time; PREAUTH leaves no way to TLS. */
static bool
run_imap(struct starttls_talk *talk)
{
	if (!read_line(talk))
		return false;
	if (!line_starts_with(talk, "* OK"))
		return refused(talk, "no greeting that leads to STARTTLS");
	if (!send_line(talk, "a001 STARTTLS"))
		return false;
	do {
		if (!read_line(talk))
			return false;
	} while (line_starts_with(talk, "* "));
	return line_starts_with(talk, "a001 OK") || refused(talk, "STARTTLS was refused");
}

/* RFC 2595, section 4 */
static bool
run_pop3(struct starttls_talk *talk)
{
	if (!read_line(talk))
		return false;
	if (!line_starts_with(talk, "+OK"))
		return refused(talk, "no greeting");
	if (!send_line(talk, "STLS") || !read_line(talk))
		return false;
	return line_starts_with(talk, "+OK") || refused(talk, "STLS was refused");
}

/* == the dialogues == */
static const struct starttls protocols[] = {
	{ "smtp", run_smtp },
	{ "imap", run_imap },
	{ "pop3", run_pop3 },
	{ "ftp", run_ftp },
};

const struct starttls *
starttls_find(const char *name)
{
	for (size_t i = 0; i < COUNT(protocols); i++)
		if (strcmp(protocols[i].name, name) == 0)
			return &protocols[i];
	return NULL;
}

bool
starttls_run(const struct starttls *protocol, struct starttls_talk *talk)
{
	return protocol->run(talk);
}
