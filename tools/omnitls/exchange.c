#include "exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK           16384
#define PATIENCE        60000 /* milliseconds that one call may take, if the other end hangs */
#define FROM_CLIENT     0x5a  /* what makes the bytes of the two directions different */
#define FROM_SERVER     0xc3
#define CLOCK_PER_MILLI 1e6

/* What the server's thread works on.  The connection is made by one thread and then belongs to the other. */
struct server {
	const struct exchange_plan *plan;
	otls_connection *conn;
	struct exchange_end *end;
	pthread_t thread;
};

/* == failures == */
static bool
tls_failed(struct exchange_end *end)
{
	const otls_error *error = otls_error_last();

	end->code = otls_error_code(error);
	end->reason = otls_error_verify_reason(error);
	snprintf(end->error, sizeof(end->error), "%s", otls_error_message(error));
	return false;
}

/* A status that is no error, but not what was to come either. */
static bool
not_as_planned(struct exchange_end *end, otls_status status, const char *what)
{
	if (status == OTLS_ERROR)
		return tls_failed(end);
	snprintf(end->error, sizeof(end->error), "%s", status == OTLS_TIMEOUT ? "no answer in time" : what);
	return false;
}

static bool
system_failed(struct exchange_end *end, const char *what, int error)
{
	snprintf(end->error, sizeof(end->error), "%s: %s", what, strerror(error));
	return false;
}

/* == data == */

/* The bytes at a place in the stream: a loss, a repetition or an exchange of any length shows. */
static void
fill(uint8_t *buf, size_t len, uint64_t at, uint8_t direction)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(((at + i) * UINT64_C(0x9e3779b97f4a7c15)) >> 56) ^ direction;
}

static bool
send_stream(otls_connection *conn, uint64_t total, uint8_t direction, struct exchange_end *end)
{
	uint8_t buf[CHUNK];
	otls_status status = OTLS_OK;

	for (uint64_t at = 0; at < total; at += CHUNK) {
		size_t len = total - at < CHUNK ? (size_t)(total - at) : CHUNK;
		fill(buf, len, at, direction);
		status = otls_connection_write_all(conn, buf, len, NULL);
		if (status != OTLS_OK)
			return not_as_planned(end, status, "the data was not taken");
	}
	return true;
}

static bool
receive_stream(otls_connection *conn, uint64_t total, uint8_t direction, struct exchange_end *end)
{
	uint8_t buf[CHUNK], expected[CHUNK];
	otls_status status = OTLS_OK;
	size_t len = 0;

	for (uint64_t at = 0; at < total; at += len) {
		size_t room = total - at < CHUNK ? (size_t)(total - at) : CHUNK;
		status = otls_connection_read(conn, buf, room, &len);
		if (status != OTLS_OK)
			return not_as_planned(end, status, "the peer stopped before all data was there");
		fill(expected, len, at, direction);
		if (memcmp(buf, expected, len) != 0)
			return not_as_planned(end, OTLS_OK, "the data that arrived is not what was sent");
		end->bytes += len;
	}
	return true;
}

static bool
receive_end(otls_connection *conn, struct exchange_end *end)
{
	uint8_t byte = 0;
	size_t len = 0;
	otls_status status = otls_connection_read(conn, &byte, 1, &len);

	return status == OTLS_EOF || not_as_planned(end, status, "more data arrived than was sent");
}

/* == the two ends == */
static bool
shake_hands(otls_connection *conn, struct exchange_end *end)
{
	otls_status status = OTLS_OK;

	otls_connection_set_timeout(conn, PATIENCE);
	status = otls_connection_handshake(conn);
	return status == OTLS_OK || not_as_planned(end, status, "the handshake stopped");
}

/* Says goodbye; the peer's goodbye may be there or not. */
static bool
say_goodbye(otls_connection *conn, struct exchange_end *end)
{
	otls_status status = otls_connection_shutdown(conn);

	return status == OTLS_OK || status == OTLS_WANT_READ ||
	       not_as_planned(end, status, "close_notify was not sent");
}

static void *
serve(void *arg)
{
	struct server *server = arg;
	struct exchange_end *end = server->end;
	uint64_t bytes = server->plan->bytes;

	end->done = shake_hands(server->conn, end) && receive_stream(server->conn, bytes, FROM_CLIENT, end) &&
		    send_stream(server->conn, bytes, FROM_SERVER, end) && say_goodbye(server->conn, end) &&
		    receive_end(server->conn, end);
	/* The client waits for nobody who has given up. */
	otls_connection_free(server->conn);
	return NULL;
}

static void
talk(otls_connection *conn, const struct exchange_plan *plan, struct exchange *result)
{
	struct exchange_end *end = &result->client;
	bool ready = shake_hands(conn, end);

	result->verified = ready && otls_connection_verify_result(conn, NULL) == OTLS_REASON_OK;
	result->version = ready ? otls_connection_version(conn) : 0;
	result->cipher = ready ? otls_connection_cipher(conn) : NULL;
	end->done = ready && send_stream(conn, plan->bytes, FROM_CLIENT, end) &&
		    receive_stream(conn, plan->bytes, FROM_SERVER, end) && receive_end(conn, end) &&
		    say_goodbye(conn, end);
}

/* == setting up == */
static bool
make_server_context(const struct exchange_plan *plan, otls_context **ctx, struct exchange_end *end)
{
	const mint_identity *own = plan->certificate;

	return (otls_context_new_with(plan->server, OTLS_METHOD_TLS_SERVER, ctx) == OTLS_OK &&
		   otls_context_use_key_pair_mem(
		       *ctx, own->pem, strlen(own->pem), own->key_pem, strlen(own->key_pem)) == OTLS_OK) ||
	       tls_failed(end);
}

static bool
make_client_context(const struct exchange_plan *plan, otls_context **ctx, struct exchange_end *end)
{
	return (otls_context_new_with(plan->client, OTLS_METHOD_TLS_CLIENT, ctx) == OTLS_OK &&
		   otls_context_set_min_version(*ctx, plan->version) == OTLS_OK &&
		   otls_context_set_max_version(*ctx, plan->version) == OTLS_OK &&
		   otls_context_load_verify_mem(*ctx, plan->trusted->pem, strlen(plan->trusted->pem)) == OTLS_OK) ||
	       tls_failed(end);
}

static bool
listen_here(int *fd, char *port, size_t cap, struct exchange_end *end)
{
	struct sockaddr_in address = { 0 };
	socklen_t len = sizeof(address);

	if (otls_listen("127.0.0.1", "0", fd) != OTLS_OK)
		return tls_failed(end);
	if (getsockname(*fd, (struct sockaddr *)&address, &len) != 0)
		return system_failed(end, "getsockname", errno);
	snprintf(port, cap, "%u", (unsigned)ntohs(address.sin_port));
	return true;
}

static bool
dial(otls_context *ctx, const struct exchange_plan *plan, const char *port, otls_connection **conn,
    struct exchange_end *end)
{
	return (otls_connection_new_client(ctx, plan->peer_name, conn) == OTLS_OK &&
		   otls_connection_connect_host(*conn, "127.0.0.1", port) == OTLS_OK) ||
	       tls_failed(end);
}

/* The client has been let in by the system already, so accepting does not wait. */
static bool
start_serving(otls_context *ctx, int fd, struct server *server)
{
	int error = 0;

	if (otls_connection_accept(ctx, fd, &server->conn) != OTLS_OK)
		return tls_failed(server->end);
	error = pthread_create(&server->thread, NULL, serve, server);
	if (error == 0)
		return true;
	otls_connection_free(server->conn);
	return system_failed(server->end, "pthread_create", error);
}

static double
now(void)
{
	struct timespec time = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / CLOCK_PER_MILLI;
}

void
exchange_run(const struct exchange_plan *plan, struct exchange *result)
{
	otls_context *server_ctx = NULL, *client_ctx = NULL;
	otls_connection *conn = NULL;
	struct server server = { .plan = plan, .end = &result->server };
	char port[8] = "";
	double start = 0;
	bool serving = false;
	int fd = -1;

	*result = (struct exchange){ 0 };
	if (!make_server_context(plan, &server_ctx, &result->server) ||
	    !make_client_context(plan, &client_ctx, &result->client) ||
	    !listen_here(&fd, port, sizeof(port), &result->server))
		goto out;
	start = now();
	if (!dial(client_ctx, plan, port, &conn, &result->client) || !start_serving(server_ctx, fd, &server))
		goto out;
	serving = true;
	talk(conn, plan, result);
out:
	/* The server waits for nobody who has given up: the socket is closed before its thread is joined. */
	otls_connection_free(conn);
	if (serving)
		pthread_join(server.thread, NULL);
	if (serving)
		result->milliseconds = now() - start;
	if (fd >= 0)
		close(fd);
	otls_context_free(client_ctx);
	otls_context_free(server_ctx);
}
