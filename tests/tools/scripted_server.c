/* scripted-server CHAIN.pem KEY.pem STEP...: serves one client on 127.0.0.1, step by step.  Its first line on standard
 * output is the port.
 *
 *	send:TEXT     sends TEXT and a line end, at once; | in it is a line end too
 *	expect:TEXT   reads a line that must begin with TEXT
 *	tls           shakes hands
 *	line          over TLS: reads a line, and sends it back
 *	echo          over TLS: sends everything back, until the client says goodbye
 *	goodbye       over TLS: says goodbye, and waits until the client has gone
 *	linger        waits until the client has gone
 *	cut           hangs up
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <omnitls/omnitls.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE 120 /* seconds, then this program ends whatever happens */

struct server {
	otls_context *ctx;
	otls_connection *conn;
	int fd;
};

static bool
complain(const char *what)
{
	fprintf(stderr, "scripted-server: %s\n", what);
	return false;
}

static bool
tls_failed(void)
{
	return complain(otls_error_message(otls_error_last()));
}

/* == in plain == */
static bool
send_plain(int fd, const char *text)
{
	char out[1024];
	size_t len = 0;

	for (; *text != '\0' && len + 4 < sizeof(out); text++) {
		if (*text == '|')
			out[len++] = '\r';
		out[len++] = *text == '|' ? '\n' : *text;
	}
	out[len++] = '\r';
	out[len++] = '\n';
	return send(fd, out, len, MSG_NOSIGNAL) == (ssize_t)len || complain("send");
}

/* Byte by byte: what is behind the line is TLS's. */
static bool
expect_plain(int fd, const char *expected)
{
	char line[1024];
	size_t len = 0;

	do {
		if (len + 1 == sizeof(line) || recv(fd, line + len, 1, 0) != 1)
			return complain("the client sent no line");
	} while (line[len++] != '\n');
	line[len] = '\0';
	return strncmp(line, expected, strlen(expected)) == 0 || complain(line);
}

static bool
linger(int fd)
{
	char waste[4096];

	while (recv(fd, waste, sizeof(waste), 0) > 0)
		continue;
	return true;
}

/* == over TLS == */
static bool
send_line_back(otls_connection *conn)
{
	char buf[1024];
	size_t len = 0, n = 0;

	do {
		if (len == sizeof(buf) || otls_connection_read(conn, buf + len, sizeof(buf) - len, &n) != OTLS_OK)
			return tls_failed();
		len += n;
	} while (memchr(buf, '\n', len) == NULL);
	return otls_connection_write_all(conn, buf, len, NULL) == OTLS_OK || tls_failed();
}

static bool
send_all_back(otls_connection *conn)
{
	char buf[16384];
	size_t len = 0;
	otls_status status = OTLS_OK;

	while ((status = otls_connection_read(conn, buf, sizeof(buf), &len)) == OTLS_OK)
		if (otls_connection_write_all(conn, buf, len, NULL) != OTLS_OK)
			return tls_failed();
	return status == OTLS_EOF || tls_failed();
}

static bool
say_goodbye(otls_connection *conn)
{
	char waste[4096];
	size_t len = 0;

	if (otls_connection_shutdown(conn) == OTLS_ERROR)
		return tls_failed();
	while (otls_connection_read(conn, waste, sizeof(waste), &len) == OTLS_OK)
		continue;
	return true;
}

/* == the script == */
static bool
run_step(struct server *server, const char *step)
{
	if (strncmp(step, "send:", 5) == 0)
		return send_plain(server->fd, step + 5);
	if (strncmp(step, "expect:", 7) == 0)
		return expect_plain(server->fd, step + 7);
	if (strcmp(step, "tls") == 0)
		return otls_connection_handshake(server->conn) == OTLS_OK || tls_failed();
	if (strcmp(step, "line") == 0)
		return send_line_back(server->conn);
	if (strcmp(step, "echo") == 0)
		return send_all_back(server->conn);
	if (strcmp(step, "goodbye") == 0)
		return say_goodbye(server->conn);
	if (strcmp(step, "linger") == 0)
		return linger(server->fd);
	if (strcmp(step, "cut") == 0)
		return shutdown(server->fd, SHUT_RDWR) == 0 || complain("shutdown");
	return complain(step);
}

static bool
print_port(int fd)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
		return complain("getsockname");
	printf("%u\n", (unsigned)ntohs(addr.sin_port));
	return fflush(stdout) == 0;
}

int
main(int argc, char **argv)
{
	struct server server = { .fd = -1 };
	int listener = -1;
	bool good = false;

	if (argc < 4)
		return 2;
	alarm(PATIENCE);
	if (otls_context_new(OTLS_METHOD_TLS_SERVER, &server.ctx) != OTLS_OK ||
	    otls_context_use_key_pair_file(server.ctx, argv[1], argv[2]) != OTLS_OK ||
	    otls_listen("127.0.0.1", "0", &listener) != OTLS_OK)
		tls_failed();
	else if (print_port(listener))
		good = otls_connection_accept(server.ctx, listener, &server.conn) == OTLS_OK || tls_failed();
	server.fd = otls_connection_fd(server.conn);
	for (int i = 3; good && i < argc; i++)
		good = run_step(&server, argv[i]);
	otls_connection_free(server.conn);
	otls_context_free(server.ctx);
	if (listener >= 0)
		close(listener);
	return good ? 0 : 1;
}
