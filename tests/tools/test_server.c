/* omnitls server, as its clients see it.
 *
 *	test_server PROGRAM BACKEND CASE
 *
 * The clients run on another backend than the server, where there is one.  Exit status: 0 passed, 1 failed. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "mint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <omnitls/omnitls.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PATIENCE     60000 /* milliseconds after which something hangs */
#define CLIENTS      200
#define BIG          16000000 /* more than every buffer on the way holds */
#define GREED        (128 << 20)
#define ARGS_MAX     32

extern char **environ;

static const char *program, *backend;
static char directory[] = "/tmp/otls-server-XXXXXX";
static otls_context *client_ctx;
static mint_identity *ca, *stranger, *leaf, *other, *person, *crook;

static struct {
	pid_t pid;
	int output;
	char address[64];
	char *port;
} server;

/* == failing == */
static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status, (void)type, (void)where;
	return remove(path);
}

static void
clean_up(void)
{
	if (server.pid > 0)
		kill(server.pid, SIGKILL);
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void fail(int line, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

static void
fail(int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "line %d: ", line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	clean_up();
	exit(1);
}

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail(__LINE__, "%s", #condition);                                                              \
	} while (0)
#define OK(call)                                                                                                       \
	do {                                                                                                           \
		if ((call) != OTLS_OK)                                                                                 \
			fail(__LINE__, "%s: %s", #call, otls_error_message(otls_error_last()));                        \
	} while (0)
#define HAS(text, part)                                                                                                \
	do {                                                                                                           \
		if (strstr((text), (part)) == NULL)                                                                    \
			fail(__LINE__, "\"%s\" is not in:\n%s", (part), (text));                                       \
	} while (0)

/* == files == */
static const char *
path_of(const char *name)
{
	static char paths[8][256];
	static size_t next;
	char *path = paths[next++ % COUNT(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static void
save(const char *name, const void *data, size_t len)
{
	FILE *file = fopen(path_of(name), "w");

	CHECK(file != NULL);
	CHECK(fwrite(data, 1, len, file) == len);
	CHECK(fclose(file) == 0);
}

static void
save_text(const char *name, const char *text)
{
	save(name, text, strlen(text));
}

static void
save_identity(const char *name, const mint_identity *identity)
{
	char text[16384];

	snprintf(text, sizeof(text), "%s%s", identity->pem, identity->key_pem);
	save_text(name, text);
}

static const otls_backend *
key_maker(void)
{
	for (size_t i = 0; otls_backend_at(i) != NULL; i++)
		if (otls_backend_has(otls_backend_at(i), OTLS_CAP_GENERATE_KEY))
			return otls_backend_at(i);
	return NULL;
}

static void
make_certificates(void)
{
	CHECK((ca = mint_ca(key_maker(), "Test CA")) != NULL);
	CHECK((stranger = mint_ca(key_maker(), "Another CA")) != NULL);
	CHECK((leaf = mint_leaf(ca, (const char *const[]){ "localhost", "127.0.0.1", NULL })) != NULL);
	CHECK((other = mint_leaf(ca, (const char *const[]){ "other.example", "a.wild.example", NULL })) != NULL);
	CHECK((person = mint_leaf(ca, (const char *const[]){ "person", NULL })) != NULL);
	CHECK((crook = mint_leaf(stranger, (const char *const[]){ "crook", NULL })) != NULL);
	save_text("ca.pem", ca->pem);
	save_identity("leaf.pem", leaf);
	save_identity("other.pem", other);
}

static const otls_backend *
client_backend(void)
{
	for (size_t i = 0; otls_backend_at(i) != NULL; i++)
		if (strcmp(otls_backend_name(otls_backend_at(i)), backend) != 0)
			return otls_backend_at(i);
	return otls_backend_at(0);
}

static otls_context *
new_client_context(void)
{
	otls_context *ctx = NULL;

	OK(otls_context_new_with(client_backend(), OTLS_METHOD_TLS_CLIENT, &ctx));
	OK(otls_context_load_verify_mem(ctx, ca->pem, strlen(ca->pem)));
	return ctx;
}

/* == the server == */

/* Its first line: the address. */
static void
read_address(void)
{
	struct pollfd ready = { .fd = server.output, .events = POLLIN };
	size_t len = 0;

	while (len < sizeof(server.address) - 1) {
		CHECK(poll(&ready, 1, PATIENCE) == 1);
		if (read(server.output, server.address + len, 1) != 1)
			fail(__LINE__, "the server ended before it said its address");
		if (server.address[len] == '\n')
			break;
		len++;
	}
	server.address[len] = '\0';
	CHECK((server.port = strrchr(server.address, ':')) != NULL);
	*server.port++ = '\0';
	CHECK(strcmp(server.address, "127.0.0.1") == 0 && atoi(server.port) > 0);
}

static void
spawn(const char *const *extra)
{
	const char *args[ARGS_MAX] = { program, "server", "--backend", backend, "--listen", "127.0.0.1:0", "-v",
		"--cert", path_of("leaf.pem") };
	posix_spawn_file_actions_t actions;
	size_t count = 9;
	int pipes[2];

	while (*extra != NULL && count < ARGS_MAX - 1)
		args[count++] = *extra++;
	CHECK(pipe(pipes) == 0);
	fcntl(pipes[0], F_SETFD, FD_CLOEXEC);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, pipes[1]);
	posix_spawn_file_actions_addopen(
	    &actions, STDERR_FILENO, path_of("stderr"), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	CHECK(posix_spawn(&server.pid, program, &actions, NULL, (char *const *)(uintptr_t)args, environ) == 0);
	posix_spawn_file_actions_destroy(&actions);
	close(pipes[1]);
	server.output = pipes[0];
}

static void
start(const char *const *extra)
{
	spawn(extra);
	read_address();
}

#define START(...) start((const char *const[]){ __VA_ARGS__, NULL })

static void
stop(int number)
{
	int status = 0;

	CHECK(kill(server.pid, number) == 0);
	CHECK(waitpid(server.pid, &status, 0) == server.pid);
	server.pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail(__LINE__, "the server ended with status 0x%x", (unsigned)status);
	close(server.output);
}

/* == clients == */
static otls_connection *
dial_with(otls_context *ctx, const char *name)
{
	otls_connection *conn = NULL;

	OK(otls_connection_new_client(ctx, name, &conn));
	otls_connection_set_timeout(conn, PATIENCE);
	OK(otls_connection_connect_host(conn, "127.0.0.1", server.port));
	return conn;
}

static otls_connection *
dial(void)
{
	otls_connection *conn = dial_with(client_ctx, "localhost");

	OK(otls_connection_handshake(conn));
	return conn;
}

static void
send_text(otls_connection *conn, const char *text)
{
	OK(otls_connection_write_all(conn, text, strlen(text), NULL));
}

/* Exactly len bytes. */
static void
receive(otls_connection *conn, void *buf, size_t len)
{
	for (size_t at = 0, part = 0; at < len; at += part)
		OK(otls_connection_read(conn, (uint8_t *)buf + at, len - at, &part));
}

static void
expect_end(otls_connection *conn)
{
	char byte = 0;
	size_t len = 0;

	CHECK(otls_connection_read(conn, &byte, 1, &len) == OTLS_EOF);
}

static void
hang_up(otls_connection *conn)
{
	otls_connection_shutdown(conn);
	otls_connection_free(conn);
}

static void
expect_echo(otls_connection *conn, const char *text)
{
	char buf[256] = "";

	send_text(conn, text);
	receive(conn, buf, strlen(text));
	CHECK(strcmp(buf, text) == 0);
}

/* A socket without TLS. */
static int
dial_plain(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(server.port)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

/* == echo == */
static void
many_clients(void)
{
	static otls_connection *conns[CLIENTS];
	char text[64];

	START("--echo");
	for (size_t i = 0; i < CLIENTS; i++)
		conns[i] = dial();
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < CLIENTS; i++) {
			snprintf(text, sizeof(text), "client %zu, round %d", i, round);
			send_text(conns[i], text);
		}
		for (size_t i = CLIENTS; i-- > 0;) {
			char buf[64] = "";
			snprintf(text, sizeof(text), "client %zu, round %d", i, round);
			receive(conns[i], buf, strlen(text));
			CHECK(strcmp(buf, text) == 0);
		}
	}
	for (size_t i = 0; i < CLIENTS; i++)
		hang_up(conns[i]);
	stop(SIGINT);
}

static void
fill(uint8_t *data, size_t len)
{
	uint32_t state = 1;

	for (size_t i = 0; i < len; i++) {
		state = state * 1664525 + 1013904223;
		data[i] = (uint8_t)(state >> 24);
	}
}

/* Whoever writes all that is taken before reading must be able to go on. */
static void
much_data(void)
{
	uint8_t *data = malloc(BIG), *back = malloc(BIG);
	size_t sent = 0, got = 0;
	otls_connection *conn = NULL;

	CHECK(data != NULL && back != NULL);
	fill(data, BIG);
	START("--echo");
	conn = dial();
	fcntl(otls_connection_fd(conn), F_SETFL, O_NONBLOCK);
	while (got < BIG) {
		struct pollfd ready = { .fd = otls_connection_fd(conn) };
		otls_status status = OTLS_OK;
		size_t part = 0;

		if (sent < BIG)
			status = otls_connection_write(conn, data + sent, BIG - sent, &part);
		sent += part;
		CHECK(status != OTLS_ERROR);
		/* It reads only when it can write no more. */
		if (sent == BIG || status == OTLS_WANT_WRITE) {
			status = otls_connection_read(conn, back + got, BIG - got, &part);
			CHECK(status == OTLS_OK || status == OTLS_WANT_READ || status == OTLS_WANT_WRITE);
			got += part;
		}
		ready.events = otls_connection_poll_events(conn);
		if (status != OTLS_OK && ready.events != 0)
			CHECK(poll(&ready, 1, PATIENCE) == 1);
	}
	CHECK(memcmp(data, back, BIG) == 0);
	hang_up(conn);
	stop(SIGTERM);
	free(data);
	free(back);
}

/* Whoever never reads is not listened to for ever: the server's memory is not his. */
static void
greedy_client(void)
{
	static const uint8_t zeroes[16384];
	struct pollfd ready = { .events = POLLOUT };
	otls_status status = OTLS_OK;
	otls_connection *conn = NULL;
	size_t sent = 0, part = 0;

	START("--echo");
	conn = dial();
	ready.fd = otls_connection_fd(conn);
	fcntl(ready.fd, F_SETFL, O_NONBLOCK);
	while (status == OTLS_OK || poll(&ready, 1, 1000) == 1) {
		status = otls_connection_write(conn, zeroes, sizeof(zeroes), &part);
		sent += part;
		CHECK(status != OTLS_ERROR && sent < GREED);
	}
	otls_connection_free(conn);
	conn = dial();
	expect_echo(conn, "still there?");
	hang_up(conn);
	stop(SIGTERM);
}

/* Clients that misbehave cost themselves alone. */
static void
bad_clients(void)
{
	static const char garbage[] = "GET / HTTP/1.0\r\n\r\n";
	otls_connection *good = NULL, *conn = NULL;
	char buf[4096] = "";
	FILE *file = NULL;
	int fd = -1;

	START("--echo");
	good = dial();
	for (int i = 0; i < 20; i++) {
		fd = dial_plain();
		CHECK(write(fd, garbage, sizeof(garbage) - 1) > 0);
		if (i % 2 == 0)
			CHECK(read(fd, buf, sizeof(buf)) >= 0);
		close(fd);
		conn = dial();
		expect_echo(conn, "and away"); /* what is unread when it closes would make a reset of it */
		otls_connection_free(conn);
		conn = dial();
		CHECK(setsockopt(otls_connection_fd(conn), SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 },
			  sizeof(struct linger)) == 0);
		otls_connection_free(conn);
		expect_echo(good, "still there?");
	}
	hang_up(good);
	stop(SIGTERM);
	memset(buf, 0, sizeof(buf));
	CHECK((file = fopen(path_of("stderr"), "r")) != NULL);
	CHECK(fread(buf, 1, sizeof(buf) - 1, file) > 0);
	fclose(file);
	HAS(buf, "omnitls server: 127.0.0.1 port ");
	HAS(buf, "does not speak TLS");
	HAS(buf, "without close_notify");
}

/* Both signals: whoever is connected hears a goodbye, and the server ends with status 0. */
static void
signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT };

	for (size_t i = 0; i < COUNT(numbers); i++) {
		otls_connection *conn = NULL;
		int half_way = -1;

		START("--echo");
		conn = dial();
		expect_echo(conn, "hello");
		half_way = dial_plain();
		kill(server.pid, numbers[i]);
		expect_end(conn);
		hang_up(conn);
		close(half_way);
		stop(0);
	}
}

static void
expect_silence_ends(void)
{
	otls_connection *conn = NULL;

	START("--echo", "--timeout", "1");
	conn = dial();
	expect_echo(conn, "hello");
	expect_end(conn);
	hang_up(conn);
	stop(SIGTERM);
}

/* == certificates == */
static const char *
subject_of(const char *name, char *buf, size_t cap)
{
	otls_connection *conn = dial_with(client_ctx, name);

	OK(otls_connection_handshake(conn));
	snprintf(buf, cap, "%s", otls_certificate_subject(otls_connection_peer_certificate(conn)));
	expect_echo(conn, "hello");
	hang_up(conn);
	return buf;
}

static void
names(void)
{
	char one[300], two[300], buf[256];
	otls_connection *conn = NULL;

	snprintf(one, sizeof(one), "OTHER.example=%s,%s", path_of("other.pem"), path_of("other.pem"));
	snprintf(two, sizeof(two), "*.wild.example=%s,%s", path_of("other.pem"), path_of("other.pem"));
	START("--sni", one, "--sni", two);
	HAS(subject_of("localhost", buf, sizeof(buf)), "localhost");
	HAS(subject_of("127.0.0.1", buf, sizeof(buf)), "localhost");
	HAS(subject_of("other.example", buf, sizeof(buf)), "other.example");
	HAS(subject_of("a.wild.example", buf, sizeof(buf)), "other.example");
	conn = dial_with(client_ctx, "wild.example");
	CHECK(otls_connection_handshake(conn) == OTLS_ERROR);
	CHECK(otls_error_verify_reason(otls_connection_error(conn)) == OTLS_REASON_HOSTNAME_MISMATCH);
	HAS(otls_certificate_subject(otls_connection_peer_certificate(conn)), "localhost");
	otls_connection_free(conn);
	stop(SIGTERM);
}

/* In TLS 1.3 the client learns only by reading that it was refused. */
static void
expect_refusal(const mint_identity *identity, const char *alert)
{
	otls_context *ctx = new_client_context();
	otls_connection *conn = NULL;
	char byte = 0;
	size_t len = 0;

	if (identity != NULL)
		OK(otls_context_use_key_pair_mem(
		    ctx, identity->pem, strlen(identity->pem), identity->key_pem, strlen(identity->key_pem)));
	conn = dial_with(ctx, "localhost");
	CHECK(otls_connection_read(conn, &byte, 1, &len) == OTLS_ERROR);
	CHECK(otls_error_code(otls_connection_error(conn)) == OTLS_E_ALERT_RECEIVED);
	if (alert != NULL)
		CHECK(strcmp(otls_alert_name(otls_error_alert(otls_connection_error(conn))), alert) == 0);
	otls_connection_free(conn);
	otls_context_free(ctx);
}

static void
client_certificates(void)
{
	otls_context *ctx = new_client_context();
	otls_connection *conn = NULL;

	OK(otls_context_use_key_pair_mem(
	    ctx, person->pem, strlen(person->pem), person->key_pem, strlen(person->key_pem)));
	START("--ca", path_of("ca.pem"), "--require-client-cert");
	expect_refusal(NULL, NULL);
	expect_refusal(crook, NULL);
	conn = dial_with(ctx, "localhost");
	expect_echo(conn, "it is me");
	hang_up(conn);
	stop(SIGTERM);

	START("--ca", path_of("ca.pem"), "--max", "1.2");
	conn = dial();
	CHECK(otls_connection_version(conn) == OTLS_TLS1_2);
	expect_echo(conn, "it is nobody");
	hang_up(conn);
	expect_refusal(crook, NULL);
	stop(SIGTERM);
	otls_context_free(ctx);
}

static void
protocols(void)
{
	otls_context *ctx = new_client_context();
	otls_connection *conn = NULL;

	OK(otls_context_set_alpn_protos(ctx, "three,two"));
	START("--alpn", "one,two,three", "--min", "1.3");
	conn = dial_with(ctx, "localhost");
	OK(otls_connection_handshake(conn));
	CHECK(strcmp(otls_connection_alpn(conn, NULL), "two") == 0);
	CHECK(otls_connection_version(conn) == OTLS_TLS1_3);
	hang_up(conn);
	stop(SIGTERM);
	otls_context_free(ctx);
}

/* == HTTP == */
static char reply[65536]; /* the head */

static void
receive_head(otls_connection *conn)
{
	size_t len = 0;

	while (len < 4 || memcmp(reply + len - 4, "\r\n\r\n", 4) != 0) {
		CHECK(len < sizeof(reply) - 1);
		receive(conn, reply + len++, 1);
	}
	reply[len] = '\0';
}

static size_t
promised_length(void)
{
	const char *field = strstr(reply, "\r\nContent-Length: ");

	CHECK(field != NULL);
	return strtoul(field + 18, NULL, 10);
}

/* The body; to be freed. */
static char *
receive_body(otls_connection *conn)
{
	size_t len = promised_length();
	char *body = calloc(1, len + 1);

	CHECK(body != NULL);
	receive(conn, body, len);
	return body;
}

static void
receive_reply(otls_connection *conn, const char *status, const char *expected)
{
	char *body = NULL;

	receive_head(conn);
	if (strncmp(reply + 9, status, 3) != 0)
		fail(__LINE__, "not %s:\n%s", status, reply);
	body = receive_body(conn);
	if (expected != NULL && strcmp(body, expected) != 0)
		fail(__LINE__, "%s is not %s", body, expected);
	free(body);
}

/* fields is more of the head, each ending in "\r\n". */
static void
ask(otls_connection *conn, const char *method, const char *target, const char *fields)
{
	char text[4096];

	snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", method, target, fields);
	send_text(conn, text);
}

static void
get(otls_connection *conn, const char *target, const char *fields, const char *status, const char *expected)
{
	ask(conn, "GET", target, fields);
	receive_reply(conn, status, expected);
}

static otls_connection *
start_http(void)
{
	uint8_t *data = malloc(BIG);

	CHECK(data != NULL);
	fill(data, BIG);
	CHECK(mkdir(path_of("www"), 0755) == 0 && mkdir(path_of("www/a & b"), 0755) == 0);
	CHECK(mkdir(path_of("www/site"), 0755) == 0);
	save_text("www/small.txt", "0123456789");
	save_text("www/empty.html", "");
	save_text("www/.hidden", "hidden");
	save_text("www/a & b/<x>?%.css", "css");
	save_text("www/site/index.html", "the index");
	save("www/big", data, BIG);
	free(data);
	CHECK(symlink("../leaf.pem", path_of("www/out.pem")) == 0);
	CHECK(symlink("..", path_of("www/up")) == 0);
	START("--http", path_of("www"));
	return dial();
}

static void
http_files(void)
{
	otls_connection *conn = start_http();
	uint8_t *data = malloc(BIG);
	char *body = NULL;

	CHECK(data != NULL);
	fill(data, BIG);
	get(conn, "/small.txt", "", "200", "0123456789");
	HAS(reply, "HTTP/1.1 200 OK\r\n");
	HAS(reply, "\r\nContent-Type: text/plain; charset=utf-8\r\n");
	get(conn, "/small.txt?query", "", "200", "0123456789");
	get(conn, "https://localhost/small.txt", "", "200", "0123456789");
	get(conn, "/%73mall%2Etxt", "", "200", "0123456789");
	get(conn, "/empty.html", "", "200", "");
	get(conn, "/site/", "", "200", "the index");
	ask(conn, "GET", "/big", "");
	receive_head(conn);
	CHECK(promised_length() == BIG);
	body = receive_body(conn);
	CHECK(memcmp(body, data, BIG) == 0);
	free(body);
	ask(conn, "GET", "/big", "Range: bytes=1000000-2000000\r\n");
	receive_head(conn);
	HAS(reply, "HTTP/1.1 206 Partial Content\r\n");
	HAS(reply, "\r\nContent-Range: bytes 1000000-2000000/16000000\r\n");
	CHECK(promised_length() == 1000001);
	body = receive_body(conn);
	CHECK(memcmp(body, data + 1000000, 1000001) == 0);
	free(body);
	free(data);
	get(conn, "/nothing", "", "404", NULL);
	get(conn, "/small.txt/", "", "404", NULL);
	get(conn, "/small.txt", "Connection: close\r\n", "200", "0123456789");
	HAS(reply, "\r\nConnection: close\r\n");
	expect_end(conn);
	hang_up(conn);
	stop(SIGTERM);
}

static void
http_ranges(void)
{
	static const struct {
		const char *range, *status, *body, *field;
	} cases[] = {
		{ "bytes=2-3", "206", "23", "Content-Range: bytes 2-3/10" },
		{ "bytes=9-", "206", "9", "Content-Range: bytes 9-9/10" },
		{ "bytes=-3", "206", "789", "Content-Range: bytes 7-9/10" },
		{ "bytes=-99", "206", "0123456789", "Content-Range: bytes 0-9/10" },
		{ "bytes=5-99999999999999999999", "206", "56789", "Content-Range: bytes 5-9/10" },
		{ "bytes=10-", "416", NULL, "Content-Range: bytes */10" },
		{ "bytes=-0", "416", NULL, "Content-Range: bytes */10" },
		{ "bytes=99999999999999999999-", "416", NULL, "Content-Range: bytes */10" },
		{ "bytes=3-2", "200", "0123456789", "Content-Length: 10" },
		{ "bytes=1-2,4-5", "200", "0123456789", "Content-Length: 10" },
		{ "bytes=x", "200", "0123456789", "Content-Length: 10" },
		{ "lines=1-2", "200", "0123456789", "Content-Length: 10" },
	};
	otls_connection *conn = start_http();
	char field[128];

	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(field, sizeof(field), "Range: %s\r\n", cases[i].range);
		get(conn, "/small.txt", field, cases[i].status, cases[i].body);
		HAS(reply, cases[i].field);
	}
	get(conn, "/empty.html", "Range: bytes=0-\r\n", "416", NULL);
	get(conn, "/small.txt", "Range: bytes=1-1\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "200", "0123456789");
	hang_up(conn);
	stop(SIGTERM);
}

/* One Last-Modified, sent back in three forms, and one second before. */
static void
http_conditions(void)
{
	otls_connection *conn = start_http();
	static const char *const same[] = { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994" };
	const struct timespec times[2] = { { .tv_sec = 784111777 }, { .tv_sec = 784111777 } };

	CHECK(utimensat(AT_FDCWD, path_of("www/small.txt"), times, 0) == 0);
	get(conn, "/small.txt", "", "200", NULL);
	HAS(reply, "\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
	for (size_t i = 0; i < COUNT(same); i++) {
		char field[128];
		snprintf(field, sizeof(field), "If-Modified-Since: %s\r\n", same[i]);
		ask(conn, "GET", "/small.txt", field);
		receive_head(conn);
		HAS(reply, "HTTP/1.1 304 Not Modified\r\n");
		CHECK(strstr(reply, "Content-Length") == NULL);
	}
	get(conn, "/small.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", "200", "0123456789");
	get(conn, "/small.txt", "If-Modified-Since: yesterday\r\n", "200", "0123456789");
	get(conn, "/small.txt", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", "412", NULL);
	get(conn, "/small.txt", "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\nRange: bytes=1-1\r\n", "206", "1");
	hang_up(conn);
	stop(SIGTERM);
}

static void
http_no_way_out(void)
{
	static const char *const targets[] = { "/../leaf.pem", "/site/../../leaf.pem", "/%2e%2e/leaf.pem",
		"/..%2fleaf.pem", "/site%2f..%2f..%2fleaf.pem", "/site%2findex.html", "/.%2e/leaf.pem", "//../leaf.pem",
		"/out.pem", "/up/leaf.pem", "/up/", "/.hidden", "/./small.txt", "/%2e/", "/site/..",
		"https://localhost/../leaf.pem" };
	otls_connection *conn = start_http();
	char target[600] = "/";

	for (size_t i = 0; i < COUNT(targets); i++)
		get(conn, targets[i], "", "404", "404 Not Found\n");
	memset(target + 1, 'a', 300);
	get(conn, target, "", "404", NULL);
	get(conn, "//site", "", "301", NULL);
	HAS(reply, "\r\nLocation: /site/\r\n");
	get(conn, "/small.txt", "", "200", "0123456789");
	hang_up(conn);
	stop(SIGTERM);
}

static void
http_index(void)
{
	otls_connection *conn = start_http();
	char *body = NULL;

	ask(conn, "GET", "/", "");
	receive_head(conn);
	HAS(reply, "\r\nContent-Type: text/html; charset=utf-8\r\n");
	body = receive_body(conn);
	HAS(body, "<a href=\"./a%20%26%20b/\">a &#38; b/</a>");
	HAS(body, "<a href=\"./small.txt\">small.txt</a></td><td>10</td>");
	CHECK(strstr(body, "hidden") == NULL && strstr(body, "out.pem") == NULL && strstr(body, "../") == NULL);
	free(body);
	ask(conn, "GET", "/a%20%26%20b/", "");
	receive_head(conn);
	body = receive_body(conn);
	HAS(body, "<title>/a &#38; b/</title>");
	HAS(body, "<a href=\"./%3Cx%3E%3F%25.css\">&#60;x&#62;?%.css</a>");
	free(body);
	get(conn, "/a%20%26%20b/%3Cx%3E%3F%25.css", "", "200", "css");
	HAS(reply, "\r\nContent-Type: text/css; charset=utf-8\r\n");
	get(conn, "/a%20%26%20b", "", "301", NULL);
	HAS(reply, "\r\nLocation: /a%20%26%20b/\r\n");
	hang_up(conn);
	stop(SIGTERM);
}

/* HEAD promises what GET would send, and sends none of it: the next reply begins right behind. */
static void
http_head_and_pipeline(void)
{
	otls_connection *conn = start_http();
	char text[8192] = "";
	size_t len = 0;

	ask(conn, "HEAD", "/small.txt", "");
	receive_head(conn);
	HAS(reply, "HTTP/1.1 200 OK\r\n");
	CHECK(promised_length() == 10);
	ask(conn, "HEAD", "/nothing", "");
	receive_head(conn);
	HAS(reply, "HTTP/1.1 404 Not Found\r\n");
	for (int i = 0; i < 100; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "GET /%s HTTP/1.1\r\nHost: h\r\n\r\n%s",
		    i % 3 == 0   ? "small.txt"
		    : i % 3 == 1 ? "x"
				 : "site/",
		    i % 7 == 0 ? "\r\n" : "");
	send_text(conn, text);
	for (int i = 0; i < 100; i++)
		receive_reply(conn, i % 3 == 1 ? "404" : "200",
		    i % 3 == 0   ? "0123456789"
		    : i % 3 == 1 ? "404 Not Found\n"
				 : "the index");
	/* The same in drops. */
	for (const char *c = "GET /small.txt HTTP/1.1\r\nHost: h\r\n\r\n"; *c != '\0'; c++)
		OK(otls_connection_write_all(conn, c, 1, NULL));
	receive_reply(conn, "200", "0123456789");
	hang_up(conn);
	stop(SIGTERM);
}

/* What closes the connection, and what it answers before. */
static void
http_refusals(void)
{
	static const struct {
		const char *head, *status;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n\r\n", "400" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400" },
		{ "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400" },
		{ "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", "400" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nx: \x01\r\n\r\n", "400" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nx: a\rb\r\n\r\n", "400" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400" },
		{ "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "400" },
		{ "GET /% HTTP/1.1\r\nHost: a\r\n\r\n", "400" },
		{ "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", "400" },
		{ "GET small.txt HTTP/1.1\r\nHost: a\r\n\r\n", "400" },
		{ "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400" },
		{ "GET /\r\n\r\n", "400" },
		{ "nonsense\r\n\r\n", "400" },
		{ "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400" },
		{ "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505" },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345", "405" },
		{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "405" },
		{ "GET /small.txt HTTP/1.0\r\n\r\n", "200" },
		{ "GET /small.txt HTTP/1.0\n\n", "200" },
		{ "GET /small.txt HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", "200" },
	};
	otls_connection *conn = start_http();
	static char large[32768];

	for (size_t i = 0; i < COUNT(cases); i++) {
		hang_up(conn);
		conn = dial();
		send_text(conn, cases[i].head);
		receive_reply(conn, cases[i].status, NULL);
		HAS(reply, "\r\nConnection: close\r\n");
		expect_end(conn);
	}
	for (int i = 0; i < 2; i++) {
		hang_up(conn);
		conn = dial();
		memset(large, 'a', sizeof(large) - 1);
		memcpy(large, i == 0 ? "GET /" : "GET / HTTP/1.1\r\nHost: a\r\nb: ", i == 0 ? 5 : 28);
		send_text(conn, large);
		receive_reply(conn, i == 0 ? "414" : "431", NULL);
		expect_end(conn);
	}
	hang_up(conn);
	conn = dial();
	ask(conn, "DELETE", "/small.txt", "");
	receive_reply(conn, "405", NULL);
	HAS(reply, "\r\nAllow: GET, HEAD\r\n");
	get(conn, "/small.txt", "", "200", "0123456789");
	hang_up(conn);
	stop(SIGTERM);
}

/* A request that never ends costs its sender the connection, however busily it is sent. */
static void
http_drops(void)
{
	otls_connection *conn = NULL;
	otls_status status = OTLS_WANT_READ;
	char byte = 0;
	size_t len = 0;

	START("--http", directory, "--timeout", "1");
	conn = dial();
	fcntl(otls_connection_fd(conn), F_SETFL, O_NONBLOCK);
	while (status == OTLS_WANT_READ) {
		CHECK(otls_connection_write(conn, "G", 1, &len) == OTLS_OK);
		CHECK(poll(NULL, 0, 50) == 0);
		status = otls_connection_read(conn, &byte, 1, &len);
	}
	CHECK(status == OTLS_EOF);
	hang_up(conn);
	stop(SIGTERM);
}

/* A file that ends early must not look whole. */
static void
http_cut_file(void)
{
	otls_connection *conn = start_http();
	uint8_t buf[16384];
	otls_status status = OTLS_OK;
	size_t len = 0;

	/* Far more than sockets hold, so that the server is not done when the file is cut. */
	CHECK(truncate(path_of("www/big"), 64 << 20) == 0);
	ask(conn, "GET", "/big", "");
	receive_head(conn);
	CHECK(truncate(path_of("www/big"), 10) == 0);
	while (status == OTLS_OK)
		status = otls_connection_read(conn, buf, sizeof(buf), &len);
	CHECK(status == OTLS_ERROR);
	CHECK(otls_error_code(otls_connection_error(conn)) == OTLS_E_TRUNCATED);
	otls_connection_free(conn);
	conn = dial();
	get(conn, "/small.txt", "", "200", "0123456789");
	hang_up(conn);
	stop(SIGTERM);
}

/* == exec == */

/* Writes everything, says goodbye, and reads what the program makes of it. */
static void
programs(void)
{
	uint8_t *data = malloc(BIG), *back = malloc(BIG);
	otls_connection *conn = NULL;

	CHECK(data != NULL && back != NULL);
	START("--exec", "cat > /dev/null; echo 'that was all'");
	conn = dial();
	fill(data, BIG);
	OK(otls_connection_write_all(conn, data, BIG, NULL));
	CHECK(otls_connection_shutdown(conn) != OTLS_ERROR);
	receive(conn, back, 13);
	CHECK(memcmp(back, "that was all\n", 13) == 0);
	expect_end(conn);
	hang_up(conn);
	stop(SIGTERM);

	START("--exec", "exec head -c 16000000 /dev/zero");
	conn = dial();
	receive(conn, back, BIG);
	memset(data, 0, BIG);
	CHECK(memcmp(back, data, BIG) == 0);
	expect_end(conn);
	hang_up(conn);
	stop(SIGTERM);
	free(data);
	free(back);
}

/* A program whose client has gone, or whose server ends, is told to end too: its end of the pipe closes. */
static void
programs_end(void)
{
	char command[300], ready[6] = "", byte = 0;
	otls_connection *conn = NULL;
	int fifo = -1;

	CHECK(mkfifo(path_of("fifo"), 0600) == 0);
	snprintf(
	    command, sizeof(command), "exec 3> %s; echo ready; sleep 100000 | sleep 100000; echo no", path_of("fifo"));
	for (int i = 0; i < 2; i++) {
		CHECK((fifo = open(path_of("fifo"), O_RDONLY | O_NONBLOCK)) >= 0);
		fcntl(fifo, F_SETFL, 0);
		START("--exec", command);
		conn = dial();
		receive(conn, ready, sizeof(ready));
		CHECK(memcmp(ready, "ready\n", sizeof(ready)) == 0);
		if (i == 0) {
			otls_connection_free(conn);
			CHECK(read(fifo, &byte, 1) == 0);
			stop(SIGTERM);
		} else {
			kill(server.pid, SIGTERM);
			CHECK(read(fifo, &byte, 1) == 0);
			expect_end(conn);
			hang_up(conn);
			stop(0);
		}
		close(fifo);
	}
}

/* == cases == */
static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "many_clients", many_clients },
	{ "much_data", much_data },
	{ "greedy_client", greedy_client },
	{ "bad_clients", bad_clients },
	{ "signals", signals },
	{ "timeout", expect_silence_ends },
	{ "names", names },
	{ "client_certificates", client_certificates },
	{ "protocols", protocols },
	{ "http_files", http_files },
	{ "http_ranges", http_ranges },
	{ "http_conditions", http_conditions },
	{ "http_no_way_out", http_no_way_out },
	{ "http_index", http_index },
	{ "http_head_and_pipeline", http_head_and_pipeline },
	{ "http_refusals", http_refusals },
	{ "http_drops", http_drops },
	{ "http_cut_file", http_cut_file },
	{ "programs", programs },
	{ "programs_end", programs_end },
};

static void
release(void)
{
	mint_identity *const all[] = { ca, stranger, leaf, other, person, crook };

	otls_context_free(client_ctx);
	for (size_t i = 0; i < COUNT(all); i++)
		mint_free(all[i]);
	clean_up();
}

int
main(int argc, char **argv)
{
	if (argc != 4 || mkdtemp(directory) == NULL)
		return 2;
	program = argv[1];
	backend = argv[2];
	make_certificates();
	client_ctx = new_client_context();
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (strcmp(cases[i].name, argv[3]) != 0)
			continue;
		cases[i].run();
		release();
		return 0;
	}
	fail(__LINE__, "there is no case %s", argv[3]);
}
