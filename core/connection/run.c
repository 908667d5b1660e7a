/* The entry to every call: what is refused, when to wait, and how a connection fails. */
#include "connection/connection.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>

/* == fork == */

static atomic_uint process;

static void
in_child(void)
{
	atomic_fetch_add(&process, 1);
}

static void
watch_forks(void)
{
	pthread_atfork(NULL, NULL, in_child);
}

unsigned
otls__process(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, watch_forks);
	return atomic_load(&process);
}

/* == refusals == */

otls_status
otls__check(otls_connection *conn, const char *function)
{
	if (conn == NULL)
		return otls__fail_null(function, "conn");
	if (conn->process != otls__process())
		return otls__fail(OTLS_E_BAD_STATE, "%s: the connection was made by the parent process", function);
	if (conn->in_callback)
		return otls__fail(OTLS_E_BAD_STATE, "%s: called from inside a callback of this connection", function);
	if (conn->state == OTLS_STATE_FAILED) {
		*otls__error_thread() = conn->error;
		return OTLS_ERROR;
	}
	return OTLS_OK;
}

otls_status
otls__connection_fail(otls_connection *conn)
{
	conn->error = *otls__error_thread();
	conn->state = OTLS_STATE_FAILED;
	return OTLS_ERROR;
}

/* == waiting == */

static int64_t
call_deadline(const otls_connection *conn)
{
	return conn->timeout < 0 ? OTLS_NO_DEADLINE : otls__now() + (int64_t)conn->timeout * 1000;
}

static bool
in_handshake(const otls_connection *conn)
{
	return conn->state == OTLS_STATE_NEW || conn->state == OTLS_STATE_HANDSHAKE;
}

bool
otls__handshake_late(const otls_connection *conn)
{
	return in_handshake(conn) && conn->deadline != 0 && otls__now() >= conn->deadline;
}

static otls_status
check_handshake_deadline(otls_connection *conn)
{
	if (!otls__handshake_late(conn))
		return OTLS_OK;
	otls__fail(OTLS_E_TIMEOUT, "not over after %d ms", conn->handshake_timeout);
	return otls__connection_fail(conn);
}

/* Waits for what the step asked for, and to get rid of what is queued. */
static otls_status
wait_for(otls_connection *conn, otls_status wanted, int64_t deadline)
{
	short events = (short)((wanted == OTLS_WANT_READ ? POLLIN : 0) | (conn->output.len > 0 ? POLLOUT : 0));
	bool bounded = in_handshake(conn) && conn->deadline != 0 && conn->deadline < deadline;
	otls_status status = OTLS_TIMEOUT;

	if (bounded)
		deadline = conn->deadline;
	/* Time that is up is up, also when a peer that drips bytes makes every poll find some. */
	if (deadline == OTLS_NO_DEADLINE || otls__now() < deadline)
		status = otls__transport_wait(&conn->transport, events, deadline);
	if (status == OTLS_TIMEOUT && bounded)
		return check_handshake_deadline(conn);
	if (status == OTLS_ERROR) {
		otls__fail_errno(OTLS_E_SYSCALL, errno, "waiting for the descriptor");
		return otls__connection_fail(conn);
	}
	return status;
}

/* == running == */

/* One go; a failure of the step becomes the connection's, and the alert that goes with it is sent. */
static otls_status
go(otls_connection *conn, otls_step step, void *arg)
{
	otls_status status = check_handshake_deadline(conn);

	if (status == OTLS_OK)
		status = step(conn, arg);
	/* What was lost for want of memory is lost, whatever the engine makes of it. */
	if (status != OTLS_ERROR && conn->no_memory)
		status = otls__fail_memory();
	if (status != OTLS_ERROR || conn->state == OTLS_STATE_FAILED)
		return status;
	if (otls_error_category(otls__error_thread()) == OTLS_CATEGORY_USAGE)
		return OTLS_ERROR;
	otls__connection_fail(conn);
	otls__send_queued(conn);
	return OTLS_ERROR;
}

otls_status
otls__run(otls_connection *conn, const char *function, otls_step step, void *arg)
{
	int64_t deadline;
	otls_status status;

	if (otls__check(conn, function) != OTLS_OK)
		return OTLS_ERROR;
	deadline = call_deadline(conn);
	conn->feed_room = 0;
	for (;;) {
		status = go(conn, step, arg);
		if (status != OTLS_WANT_READ && status != OTLS_WANT_WRITE)
			break;
		if (!otls__transport_blocks(&conn->transport))
			break;
		if ((status = wait_for(conn, status, deadline)) != OTLS_OK)
			break;
	}
	conn->latest = status;
	return status;
}
