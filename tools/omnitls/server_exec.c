/* Runs a program for every client, with its standard input and output over TLS.
 *
 * The client's close_notify ends the program's input; the end of the program's output ends the connection. */
#include "server.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lives as long as the program, which may be longer than the session. */
struct child {
	uv_process_t process; /* first: its handle is the child */
	bool has_exited;
	bool has_session;
};

struct exec {
	struct session *session;
	struct child *child;
	uv_pipe_t input, output; /* the program's */
	bool input_over, output_over;
	bool is_reading; /* the output */
	bool is_writing; /* the input; write and waiting are in use */
	uv_write_t write;
	uint8_t *waiting;
};

static struct exec *
exec_of(struct session *session)
{
	return (struct exec *)session->state;
}

/* == the program == */
static void
on_child_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
close_child(struct child *child)
{
	uv_close((uv_handle_t *)&child->process, on_child_closed);
}

static void
on_exit_of_child(uv_process_t *process, int64_t status, int number)
{
	struct child *child = process->data;

	(void)status, (void)number;
	child->has_exited = true;
	if (!child->has_session)
		close_child(child);
}

/* Nobody listens any more: the program, and what it has started, are told so. */
static void
hang_up(struct child *child)
{
	if (!child->has_exited)
		kill(-child->process.pid, SIGTERM);
}

/* From here on the child goes by itself. */
static void
leave_child(struct child *child)
{
	child->has_session = false;
	if (child->has_exited)
		close_child(child);
}

void
server_exec_abandon(uv_handle_t *process)
{
	close_child(process->data);
}

static int
spawn(struct exec *exec)
{
	struct server *server = exec->session->server;
	char shell[] = "/bin/sh", option[] = "-c";
	char *program = strdup(server->program);
	char *argv[] = { shell, option, program, NULL };
	uv_stdio_container_t stdio[3] = { 0 };
	uv_process_options_t options = { 0 };
	int error = 0;

	if (program == NULL)
		return UV_ENOMEM;
	stdio[0].flags = UV_CREATE_PIPE | UV_READABLE_PIPE;
	stdio[0].data.stream = (uv_stream_t *)&exec->input;
	stdio[1].flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
	stdio[1].data.stream = (uv_stream_t *)&exec->output;
	stdio[2].flags = UV_INHERIT_FD;
	stdio[2].data.fd = STDERR_FILENO;
	options.file = shell;
	options.args = argv;
	options.stdio = stdio;
	options.stdio_count = 3;
	options.flags = UV_PROCESS_DETACHED; /* a group of its own, that it can be ended with all its own children */
	options.exit_cb = on_exit_of_child;
	error = uv_spawn(&server->loop, &exec->child->process, &options);
	free(program);
	return error;
}

/* == pipes == */
static void
on_pipe_closed(uv_handle_t *handle)
{
	session_release(handle->data);
}

static void
open_pipe(struct exec *exec, uv_pipe_t *pipe)
{
	uv_pipe_init(&exec->session->server->loop, pipe, 0);
	pipe->data = exec->session;
	session_hold(exec->session);
}

static void
close_pipe(uv_pipe_t *pipe)
{
	if (!uv_is_closing((uv_handle_t *)pipe))
		uv_close((uv_handle_t *)pipe, on_pipe_closed);
}

/* == from the program to the client == */
static void
on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct session *session = handle->data;

	(void)suggested;
	*buf = uv_buf_init((char *)session->server->scratch, SERVER_SCRATCH);
}

static void
stop_reading(struct exec *exec)
{
	uv_read_stop((uv_stream_t *)&exec->output);
	exec->is_reading = false;
}

static void
on_output(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	struct session *session = stream->data;
	struct exec *exec = exec_of(session);

	if (len == 0)
		return;
	session_touch(session);
	if (len < 0) {
		stop_reading(exec);
		exec->output_over = true;
	} else if (!session_send(session, buf->base, (size_t)len) || !session_is_flushed(session)) {
		/* A failure stays with the connection, and the next step meets it. */
		stop_reading(exec);
	}
	session_advance(session);
}

static void
start_reading(struct exec *exec)
{
	if (exec->is_reading || !session_is_flushed(exec->session))
		return;
	exec->is_reading = true;
	if (uv_read_start((uv_stream_t *)&exec->output, on_room, on_output) != 0)
		exec->output_over = true;
}

/* == from the client to the program == */
static void
end_input(struct exec *exec)
{
	exec->input_over = true;
	close_pipe(&exec->input);
}

static void
on_written(uv_write_t *write, int error)
{
	struct session *session = write->data;
	struct exec *exec = exec_of(session);

	free(exec->waiting);
	exec->waiting = NULL;
	exec->is_writing = false;
	if (session->phase != SESSION_OPEN)
		return;
	if (error != 0)
		end_input(exec);
	else
		session_touch(session);
	session_advance(session);
}

/* What the pipe does not take waits; until it is gone, the client is not read from. */
static bool
write_later(struct exec *exec, const uint8_t *data, size_t len)
{
	uv_buf_t buf = { 0 };

	if ((exec->waiting = malloc(len)) == NULL) {
		exec->session->why = "out of memory";
		return false;
	}
	memcpy(exec->waiting, data, len);
	buf = uv_buf_init((char *)exec->waiting, (unsigned)len);
	exec->write.data = exec->session;
	exec->is_writing = uv_write(&exec->write, (uv_stream_t *)&exec->input, &buf, 1, on_written) == 0;
	if (!exec->is_writing) {
		free(exec->waiting);
		exec->waiting = NULL;
		end_input(exec);
	}
	return true;
}

static bool
feed(struct exec *exec, uint8_t *data, size_t len)
{
	uv_buf_t buf = uv_buf_init((char *)data, (unsigned)len);
	int done = 0;

	/* A program may stop to listen and still have something to say. */
	if (exec->input_over)
		return true;
	done = uv_try_write((uv_stream_t *)&exec->input, &buf, 1);
	if (done < 0 && done != UV_EAGAIN) {
		end_input(exec);
		return true;
	}
	if (done < 0)
		done = 0;
	return (size_t)done == len || write_later(exec, data + done, len - (size_t)done);
}

/* == the service == */
static otls_status
step(struct session *session)
{
	struct exec *exec = exec_of(session);
	uint8_t *scratch = session->server->scratch;
	otls_status status = OTLS_OK;
	size_t len = 0;

	if (otls_connection_state(session->conn) == OTLS_STATE_FAILED || session->why != NULL)
		return OTLS_ERROR;
	start_reading(exec);
	if (exec->output_over)
		return OTLS_EOF;
	if (exec->is_writing || (otls_connection_shutdown_state(session->conn) & OTLS_RECEIVED_SHUTDOWN) != 0)
		return OTLS_WANT_CALLBACK;
	status = otls_connection_read(session->conn, scratch, SERVER_SCRATCH, &len);
	if (status == OTLS_EOF) {
		end_input(exec);
		return OTLS_WANT_CALLBACK;
	}
	if (status != OTLS_OK)
		return status;
	session_touch(session);
	return feed(exec, scratch, len) ? OTLS_OK : OTLS_ERROR;
}

static void
stop(struct session *session)
{
	struct exec *exec = exec_of(session);

	if (!exec->output_over)
		hang_up(exec->child);
	leave_child(exec->child);
	close_pipe(&exec->input);
	close_pipe(&exec->output);
}

static bool
start(struct session *session)
{
	struct exec *exec = exec_of(session);
	int error = 0;

	exec->session = session;
	if ((exec->child = calloc(1, sizeof(*exec->child))) == NULL) {
		session->why = "out of memory";
		return false;
	}
	exec->child->process.data = exec->child;
	exec->child->has_session = true;
	open_pipe(exec, &exec->input);
	open_pipe(exec, &exec->output);
	error = spawn(exec);
	if (error == 0)
		return true;
	session->why = uv_strerror(error);
	exec->child->has_exited = true;
	exec->output_over = true;
	stop(session);
	return false;
}

const struct service service_exec = {
	.state_size = sizeof(struct exec),
	.duplex = true,
	.start = start,
	.step = step,
	.stop = stop,
};
