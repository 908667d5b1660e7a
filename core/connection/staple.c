/* Stapled OCSP responses: what a server sends, and what a client makes of what comes. */
#include "connection/connection.h"

enum { ALERT_INTERNAL_ERROR = 80 };

/* == servers == */

static otls_answer
call_server(otls_connection *conn, const otls_certificate *leaf)
{
	const otls_settings *settings = &conn->sealed->settings;
	otls_answer answer;

	conn->in_callback = conn->in_staple = true;
	answer = settings->ocsp_server(conn, leaf, settings->ocsp_server_arg->arg);
	conn->in_callback = conn->in_staple = false;
	return answer;
}

otls_status
otls__ask_staple(otls_connection *conn, const otls_identity *identity)
{
	otls_answer answer;

	if (!conn->gate.client.status_request || conn->sealed->settings.ocsp_server == NULL)
		return OTLS_OK;
	answer = call_server(conn, identity->chain[0]);
	if (conn->no_memory)
		return otls__fail_memory();
	if (answer == OTLS_ANSWER_OK)
		return OTLS_OK;
	if (answer == OTLS_ANSWER_PENDING)
		return OTLS_WANT_CALLBACK;
	otls__fail(OTLS_E_CALLBACK, "the OCSP server callback refused");
	return otls__refuse_plain(conn, ALERT_INTERNAL_ERROR);
}

otls_status
otls__give_staple(otls_connection *conn, const otls_identity *identity)
{
	otls_bytes staple = otls__buffer_view(&conn->staple);
	otls_report report = otls__report();

	if (!conn->gate.client.status_request)
		return OTLS_OK;
	if (staple.len == 0)
		staple = otls__staples_find(&conn->sealed->settings, identity->chain[0], otls__store_time(NULL));
	if (staple.len == 0 || conn->engine->staple(conn->native, staple, &report) == OTLS_OK)
		return OTLS_OK;
	return otls__fail_report(otls__library_code(&report), &report, "an OCSP response to staple");
}

otls_status
otls_connection_set_ocsp_response(otls_connection *conn, const void *der, size_t len)
{
	if (conn == NULL)
		return otls__fail_null(__func__, "conn");
	if (!conn->in_staple)
		return otls__fail(OTLS_E_BAD_STATE, "%s: only inside the OCSP server callback", __func__);
	if (der == NULL && len > 0)
		return otls__fail_null(__func__, "der");
	if (len > OTLS_OCSP_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: %zu bytes, and 64 KiB are taken", __func__, len);
	conn->staple.len = 0;
	if (otls__buffer_append(&conn->staple, der, len))
		return OTLS_OK;
	conn->no_memory = true;
	return otls__fail_memory();
}

/* == clients: asking == */

bool
otls__asks_status(const otls_connection *conn)
{
	return conn->role == OTLS_ROLE_CLIENT &&
	       (conn->status_asked || otls__settings_ask_status(&conn->sealed->settings));
}

otls_status
otls_connection_request_ocsp(otls_connection *conn)
{
	if (otls__check(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (conn->state != OTLS_STATE_NEW || conn->role == OTLS_ROLE_SERVER)
		return otls__fail(OTLS_E_BAD_STATE, "%s: %s", __func__,
		    conn->role == OTLS_ROLE_SERVER ? "only a client asks" : "the handshake has begun");
	if (!conn->engine->has(OTLS_CAP_OCSP_CLIENT))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: on %s", __func__, conn->engine->library);
	conn->status_asked = true;
	return OTLS_OK;
}

/* == clients: the verdict == */

static otls_verdict
ask_client(otls_connection *conn, bool ok)
{
	const otls_settings *settings = &conn->sealed->settings;
	otls_bytes response = otls__buffer_view(&conn->peer.staple);
	otls_verdict verdict;

	if (settings->ocsp_client == NULL)
		return OTLS_VERDICT_KEEP;
	conn->in_callback = true;
	verdict = settings->ocsp_client(
	    conn, response.len > 0 ? response.data : NULL, response.len, ok, settings->ocsp_client_arg->arg);
	conn->in_callback = false;
	return verdict;
}

/* What could not be judged is nothing that a program could know better. */
static bool
can_be_lifted(otls_verify_reason reason)
{
	return reason == OTLS_REASON_REVOKED || reason == OTLS_REASON_OCSP_INVALID ||
	       reason == OTLS_REASON_OCSP_MISSING;
}

/* Leaves in finding what refuses, if anything. */
static void
show(otls_connection *conn, otls_finding *finding)
{
	otls_verdict verdict = ask_client(conn, finding->reason == OTLS_REASON_OK);

	if (verdict == OTLS_VERDICT_INSECURE_ACCEPT && can_be_lifted(finding->reason))
		*finding = (otls_finding){ .reason = OTLS_REASON_OK, .depth = -1 };
	else if (verdict != OTLS_VERDICT_INSECURE_ACCEPT && verdict != OTLS_VERDICT_KEEP)
		*finding = (otls_finding){
			.reason = OTLS_REASON_REJECTED,
			.depth = 0,
			.detail = "the OCSP callback refused the response",
		};
}

static void
judge(otls_connection *conn)
{
	otls_peer *peer = &conn->peer;
	otls_store *store = NULL;
	otls_verify_params params;
	otls_finding finding;

	if (otls__sealed_trust(conn->sealed, conn->role, &store) != OTLS_OK)
		store = NULL; /* a key is trusted, or nothing is checked */
	params = otls__verify_params(conn, store);
	otls__ocsp_judge(&params, &peer->outcome, otls__buffer_view(&peer->staple), &peer->status);
	conn->no_memory = peer->status.reason == OTLS_REASON_INTERNAL && peer->status.report.code == OTLS_E_MEMORY;
	if (conn->no_memory)
		return;
	otls__ocsp_conclude(&params, &peer->status, &finding);
	show(conn, &finding);
	if (finding.reason == OTLS_REASON_OK || otls__verify_mode(conn) == OTLS_VERIFY_INSECURE_NONE)
		return;
	otls__verify_conclude(&peer->outcome, &params, &finding);
	peer->outcome.report = peer->status.report;
	peer->refused = true;
	peer->alert = otls__verify_alert(finding.reason);
}

/* A certificate that was not there, or could not be read, was judged already, and leaves nothing to ask about. */
static void
take_staple(otls_connection *conn, otls_bytes staple)
{
	conn->peer.status_told = true;
	if (!otls__buffer_append(&conn->peer.staple, staple.data, staple.len))
		conn->no_memory = true;
	else if (conn->peer.outcome.path_len > 0)
		judge(conn);
}

otls_status
otls__peer_status(otls_connection *conn, otls_bytes staple, int *alert)
{
	otls_peer *peer = &conn->peer;

	/* A library may ask about a handshake that resumes, too, in which nobody showed a certificate. */
	if (!peer->by_engine)
		return OTLS_OK;
	if (peer->judged && !peer->refused && !conn->no_memory && !peer->status_told && otls__asks_status(conn))
		take_staple(conn, staple);
	if (peer->judged && !peer->refused && !conn->no_memory)
		return OTLS_OK;
	peer->asked = true;
	*alert = conn->no_memory || !peer->judged ? ALERT_INTERNAL_ERROR : peer->alert;
	return OTLS_ERROR;
}

/* == what is told == */

otls_ocsp_status
otls_connection_ocsp_status(const otls_connection *conn)
{
	if (conn == NULL || !conn->peer.status_told || conn->peer.outcome.path_len == 0)
		return OTLS_OCSP_NOT_JUDGED;
	switch (conn->peer.status.reason) {
	case OTLS_REASON_OK:
		return OTLS_OCSP_GOOD;
	case OTLS_REASON_REVOKED:
		return OTLS_OCSP_REVOKED;
	case OTLS_REASON_OCSP_MISSING:
		return conn->peer.staple.len == 0 ? OTLS_OCSP_NONE : OTLS_OCSP_UNKNOWN;
	case OTLS_REASON_OCSP_INVALID:
		return OTLS_OCSP_INVALID;
	default:
		return OTLS_OCSP_NOT_JUDGED;
	}
}

const char *
otls_connection_ocsp_text(const otls_connection *conn)
{
	return conn != NULL && conn->peer.status_told ? conn->peer.status.detail : "";
}

const uint8_t *
otls_connection_ocsp_response(const otls_connection *conn, size_t *len)
{
	size_t have = conn != NULL ? conn->peer.staple.len : 0;

	if (len != NULL)
		*len = have;
	return have > 0 ? conn->peer.staple.data : NULL;
}

int64_t
otls_connection_ocsp_time(const otls_connection *conn, otls_ocsp_time which)
{
	if (otls_connection_ocsp_status(conn) == OTLS_OCSP_NOT_JUDGED)
		return INT64_MIN;
	switch (which) {
	case OTLS_OCSP_THIS_UPDATE:
		return conn->peer.status.this_update;
	case OTLS_OCSP_NEXT_UPDATE:
		return conn->peer.status.next_update;
	case OTLS_OCSP_REVOKED_AT:
		return conn->peer.status.revoked_at;
	}
	return INT64_MIN;
}

int
otls_connection_ocsp_revocation_reason(const otls_connection *conn)
{
	return otls_connection_ocsp_status(conn) == OTLS_OCSP_REVOKED ? conn->peer.status.revocation_reason : -1;
}
