/* Listening, signals and deadlines. */
#include "server.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS     64   /* clients let in before those that are in have their turn */
#define SWEEP_EVERY 250  /* milliseconds */
#define END_TIME    3000 /* milliseconds for all goodbyes when the server ends */

/* Every client is a descriptor. */
static void
raise_descriptor_limit(void)
{
	struct rlimit limit = { 0 };

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	/* Where the system does not want that after all, the limit is what it was. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* == the end == */
static void
close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (uv_is_closing(handle))
		return;
	if (handle->type == UV_PROCESS)
		server_exec_abandon(handle);
	else
		uv_close(handle, NULL);
}

void
server_session_gone(struct server *server)
{
	if (server->stopping && server->session_count == 0)
		uv_walk(&server->loop, close_handle, NULL);
}

static void
close_sessions(struct server *server)
{
	for (struct session *session = server->sessions; session != NULL; session = session->next)
		session_close(session);
}

static void
stop(struct server *server)
{
	server->stopping = true;
	uv_close((uv_handle_t *)&server->listener, NULL);
	uv_timer_stop(&server->sweep);
	for (struct session *session = server->sessions; session != NULL; session = session->next)
		session_end(session);
	server_session_gone(server);
}

static void
on_end_of_patience(uv_timer_t *timer)
{
	close_sessions(timer->data);
}

/* The first signal says goodbye to the clients, the second does not wait for it. */
static void
on_signal(uv_signal_t *handle, int number)
{
	struct server *server = handle->data;

	(void)number;
	if (server->stopping) {
		close_sessions(server);
		return;
	}
	stop(server);
	if (!uv_is_closing((uv_handle_t *)&server->sweep))
		uv_timer_start(&server->sweep, on_end_of_patience, END_TIME, END_TIME);
}

/* == clients == */

/* Out of descriptors or memory: the listener would be ready again and again.  The sweep takes it up later. */
static void
pause_listening(struct server *server)
{
	if (server->verbose)
		command_complain(server->command, "%s", otls_error_message(otls_error_last()));
	uv_poll_stop(&server->listener);
	server->is_paused = true;
}

static void
on_client(uv_poll_t *listener, int status, int events)
{
	struct server *server = listener->data;

	(void)status, (void)events;
	for (int i = 0; i < ACCEPTS; i++) {
		otls_connection *conn = NULL;
		otls_status accepted = otls_connection_accept(server->ctx, server->listen_fd, &conn);

		if (accepted == OTLS_ERROR)
			pause_listening(server);
		if (accepted != OTLS_OK)
			return;
		session_new(server, conn);
	}
}

static void
on_sweep(uv_timer_t *timer)
{
	struct server *server = timer->data;
	uint64_t now = uv_now(&server->loop);

	for (struct session *session = server->sessions; session != NULL; session = session->next)
		if (session->deadline != 0 && session->deadline <= now)
			session_expire(session);
	if (server->is_paused && uv_poll_start(&server->listener, UV_READABLE, on_client) == 0)
		server->is_paused = false;
}

/* == the beginning == */

/* "127.0.0.1:41233", the first line of output: whoever started the server waits for it. */
static bool
print_address(const struct server *server)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);
	char host[64] = "", port[8] = "";

	if (getsockname(server->listen_fd, (struct sockaddr *)&address, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		command_complain(server->command, "the address is not known: %s", strerror(errno));
		return false;
	}
	printf(address.ss_family == AF_INET6 ? "[%s]:%s\n" : "%s:%s\n", host, port);
	if (fflush(stdout) == 0)
		return true;
	command_complain(server->command, "standard output: %s", strerror(errno));
	clearerr(stdout);
	return false;
}

static int
watch_signals(struct server *server)
{
	static const int numbers[] = { SIGTERM, SIGINT };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int error = uv_signal_init(&server->loop, &server->signals[i]);

		if (error == 0)
			error = uv_signal_start(&server->signals[i], on_signal, numbers[i]);
		if (error != 0)
			return error;
		server->signals[i].data = server;
	}
	return 0;
}

static int
start_loop(struct server *server)
{
	int error = uv_poll_init(&server->loop, &server->listener, server->listen_fd);

	if (error == 0)
		error = uv_poll_start(&server->listener, UV_READABLE, on_client);
	if (error == 0)
		error = uv_idle_init(&server->loop, &server->again);
	if (error == 0)
		error = uv_timer_init(&server->loop, &server->sweep);
	if (error == 0)
		error = uv_timer_start(&server->sweep, on_sweep, SWEEP_EVERY, SWEEP_EVERY);
	if (error == 0)
		error = watch_signals(server);
	server->listener.data = server->sweep.data = server;
	return error;
}

static bool
serve_clients(struct server *server)
{
	int error = start_loop(server);
	bool good = error == 0;

	if (!good)
		command_complain(server->command, "the event loop: %s", uv_strerror(error));
	good = good && print_address(server);
	/* Without a reader for the address there is nobody to serve; what is open is closed in the loop. */
	if (!good)
		uv_walk(&server->loop, close_handle, NULL);
	uv_run(&server->loop, UV_RUN_DEFAULT);
	return good;
}

bool
server_run(struct server *server, const char *host, const char *port)
{
	bool good = false;
	int error = 0;

	raise_descriptor_limit();
	signal(SIGPIPE, SIG_IGN);
	if (otls_listen(host, port, &server->listen_fd) != OTLS_OK) {
		command_complain(server->command, "%s", otls_error_message(otls_error_last()));
		return false;
	}
	error = uv_loop_init(&server->loop);
	if (error == 0) {
		good = serve_clients(server);
		uv_loop_close(&server->loop);
	} else {
		command_complain(server->command, "the event loop: %s", uv_strerror(error));
	}
	close(server->listen_fd);
	return good;
}
