/* Sends every client its own bytes back. */
#include "server.h"

static bool
start(struct session *session)
{
	(void)session;
	return true;
}

static otls_status
step(struct session *session)
{
	uint8_t *scratch = session->server->scratch;
	size_t len = 0;
	otls_status status = otls_connection_read(session->conn, scratch, SERVER_SCRATCH, &len);

	if (status != OTLS_OK)
		return status;
	session_touch(session);
	return session_send(session, scratch, len) ? OTLS_OK : OTLS_ERROR;
}

static void
stop(struct session *session)
{
	(void)session;
}

const struct service service_echo = { .start = start, .step = step, .stop = stop };
