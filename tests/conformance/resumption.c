#include "resumption.h"

struct pair *
meet(struct run *run, otls_context *client, otls_context *server, const otls_session *session)
{
	struct pair *pair = pair_open(run, client, server, WIRE_VARIED);

	if (session != NULL && !CHECK_OK(run, otls_connection_set_session(pair->client, session)))
		return NULL;
	return pair_connect(pair) && pair_exchange(pair, 100) ? pair : NULL;
}

otls_session *
keep_session(struct run *run, const struct pair *pair)
{
	otls_session *session = pair != NULL ? otls_session_ref(otls_connection_session(pair->client)) : NULL;

	run_owns(run, session, (void (*)(void *))otls_session_free);
	CHECK(run, session != NULL);
	return session;
}

otls_session *
first_session(struct run *run, otls_context *client, otls_context *server)
{
	struct pair *pair = meet(run, client, server, NULL);
	otls_session *session = check_reused(run, pair, false) ? keep_session(run, pair) : NULL;

	return session != NULL && CHECK(run, otls_session_is_resumable(session)) ? session : NULL;
}

bool
check_reused(struct run *run, const struct pair *pair, bool reused)
{
	return pair != NULL && CHECK_NUMBER(run, otls_connection_session_reused(pair->client), reused) &&
	       CHECK_NUMBER(run, otls_connection_session_reused(pair->server), reused);
}

bool
again(struct run *run, otls_context *client, otls_context *server, const otls_session *session, bool reused)
{
	return session != NULL && check_reused(run, meet(run, client, server, session), reused);
}

bool
is_judged(struct run *run, otls_context *client, otls_context *server, const otls_session *session, enum judge judge,
    otls_verify_reason reason)
{
	struct pair *pair = session != NULL ? pair_open(run, client, server, WIRE_VARIED) : NULL;
	const otls_connection *conn = NULL;

	if (pair == NULL || !CHECK_OK(run, otls_connection_set_session(pair->client, session)))
		return false;
	pair_handshake(pair);
	conn = judge == BY_CLIENT ? pair->client : pair->server;
	return CHECK_NUMBER(run, judge == BY_CLIENT ? pair->client_status : pair->server_status, OTLS_ERROR) &&
	       CHECK(run, !otls_connection_session_reused(conn)) &&
	       CHECK_TEXT(run, otls_verify_reason_name(otls_error_verify_reason(otls_connection_error(conn))),
		   otls_verify_reason_name((int)reason));
}
