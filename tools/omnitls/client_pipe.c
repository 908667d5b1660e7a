#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define CHUNK   16384 /* a TLS record's data */
#define GOODBYE 2000  /* milliseconds that our own goodbye may take to leave */

/* What a pipe takes at once when poll says that it takes something. */
#ifdef PIPE_BUF
#define PIECE PIPE_BUF
#else
#define PIECE _POSIX_PIPE_BUF
#endif

enum { POLL_STDIN, POLL_STDOUT, POLL_CONN, POLL_COUNT };

struct buffer {
	char data[CHUNK];
	size_t at, len; /* [at, at + len) is still to be handed on */
};

struct pipe {
	struct client_link *link;
	otls_connection *conn;
	struct buffer in, out;    /* from standard input; to standard output */
	bool in_ended, out_ended; /* standard input; what the server sends */
	bool said_goodbye;
	struct pollfd fds[POLL_COUNT];
};

static void
consume(struct buffer *buffer, size_t len)
{
	buffer->at += len;
	buffer->len -= len;
}

static bool
local_failed(struct pipe *pipe, const char *what)
{
	return client_link_fail(pipe->link, EXIT_LOCAL, OTLS_E_SYSCALL, "%s: %s", what, strerror(errno));
}

/* == standard input and output == */
static bool
read_stdin(struct pipe *pipe)
{
	ssize_t n = read(STDIN_FILENO, pipe->in.data, sizeof(pipe->in.data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n < 0 && errno == EBADF)
		n = 0; /* started without one: <&- */
	if (n < 0)
		return local_failed(pipe, "standard input");
	pipe->in.at = 0;
	pipe->in.len = (size_t)n;
	pipe->in_ended = n == 0;
	return true;
}

static bool
write_stdout(struct pipe *pipe)
{
	size_t len = pipe->out.len < PIECE ? pipe->out.len : PIECE;
	ssize_t n = write(STDOUT_FILENO, pipe->out.data + pipe->out.at, len);

	if (n >= 0)
		consume(&pipe->out, (size_t)n);
	else if (errno != EINTR && errno != EAGAIN)
		return local_failed(pipe, "standard output");
	return true;
}

/* == the connection == */
static bool
send_some(struct pipe *pipe)
{
	otls_status status = OTLS_OK;
	size_t done = 0;

	while (pipe->in.len > 0 && status == OTLS_OK) {
		status = otls_connection_write(pipe->conn, pipe->in.data + pipe->in.at, pipe->in.len, &done);
		consume(&pipe->in, done);
	}
	/* Nobody else says it while standard output is full and nothing is read. */
	if (status == OTLS_OK && otls_connection_want_write(pipe->conn))
		status = otls_connection_flush(pipe->conn);
	if (status == OTLS_OK && pipe->in_ended && pipe->link->options->half_close && !pipe->said_goodbye) {
		pipe->said_goodbye = true;
		status = otls_connection_shutdown(pipe->conn);
	}
	return status != OTLS_ERROR || client_link_failed(pipe->link, status);
}

static bool
receive_some(struct pipe *pipe)
{
	otls_status status = OTLS_OK;

	if (pipe->out.len > 0 || pipe->out_ended)
		return true;
	pipe->out.at = 0;
	status = otls_connection_read(pipe->conn, pipe->out.data, sizeof(pipe->out.data), &pipe->out.len);
	pipe->out_ended = status == OTLS_EOF;
	return status != OTLS_ERROR || client_link_failed(pipe->link, status);
}

/* == the loop == */
static bool
is_through(const struct pipe *pipe)
{
	return pipe->out_ended && pipe->out.len == 0;
}

/* A connection whose data nobody takes is not asked for more: poll would return at once, again and again. */
static int
prepare_poll(struct pipe *pipe)
{
	bool wants_input = !pipe->in_ended && pipe->in.len == 0, wants_output = pipe->out.len > 0;
	short events = otls_connection_poll_events(pipe->conn);

	if (wants_output)
		events = otls_connection_want_write(pipe->conn) ? POLLOUT : 0;
	pipe->fds[POLL_STDIN] = (struct pollfd){ .fd = wants_input ? STDIN_FILENO : -1, .events = POLLIN };
	pipe->fds[POLL_STDOUT] = (struct pollfd){ .fd = wants_output ? STDOUT_FILENO : -1, .events = POLLOUT };
	pipe->fds[POLL_CONN] = (struct pollfd){ .fd = events != 0 ? otls_connection_fd(pipe->conn) : -1,
		.events = events };
	return events == 0 && !wants_output ? 0 : -1;
}

static bool
step(struct pipe *pipe)
{
	/* Reading first: a server that has answered and gone lets no write succeed. */
	if (!receive_some(pipe))
		return false;
	if (is_through(pipe))
		return true;
	if (!send_some(pipe))
		return false;
	if (poll(pipe->fds, POLL_COUNT, prepare_poll(pipe)) < 0)
		return errno == EINTR || local_failed(pipe, "poll");
	if (pipe->fds[POLL_STDIN].revents != 0 && !read_stdin(pipe))
		return false;
	return pipe->fds[POLL_STDOUT].revents == 0 || write_stdout(pipe);
}

/* The server has said goodbye: we answer, and do not mind if it has gone already. */
static void
say_goodbye(struct pipe *pipe)
{
	int64_t until = client_now() + GOODBYE;
	struct pollfd fd = { .fd = otls_connection_fd(pipe->conn), .events = POLLOUT };
	otls_status status = otls_connection_shutdown(pipe->conn);

	while (status != OTLS_ERROR && otls_connection_want_write(pipe->conn) && client_now() < until) {
		if (poll(&fd, 1, (int)(until - client_now())) <= 0)
			return;
		status = otls_connection_flush(pipe->conn);
	}
}

bool
client_pipe(struct client_link *link)
{
	struct pipe pipe = { .link = link, .conn = link->conn };
	int fd = otls_connection_fd(link->conn), flags = fcntl(fd, F_GETFL);
	bool good = true;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return local_failed(&pipe, "fcntl");
	while (good && !is_through(&pipe))
		good = step(&pipe);
	/* What came before the failure has been decrypted and checked: it is the user's. */
	while (!good && link->failure.status != EXIT_LOCAL && pipe.out.len > 0)
		if (!write_stdout(&pipe))
			break;
	if (good)
		say_goodbye(&pipe);
	return good;
}
