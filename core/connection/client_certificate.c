/* A client's certificate: what the server's request says, and what is shown for it. */
#include "connection/connection.h"

#include "hello/wire.h"
#include "registry/registry.h"
#include "x509/certificate.h"

/* == the request == */

void
otls__request_fini(otls_certificate_request *request)
{
	otls__ca_list_fini(&request->names);
	otls__free(request->schemes);
	*request = (otls_certificate_request){ 0 };
}

/* The latest one counts.  false: no memory. */
static bool
keep_request(otls_certificate_request *request, const otls_bytes *names, size_t name_count, const uint16_t *schemes,
    size_t scheme_count)
{
	otls__request_fini(request);
	for (size_t i = 0; i < name_count; i++)
		if (!otls__ca_list_add(&request->names, names[i]))
			return false;
	if (scheme_count == 0)
		return true;
	if ((request->schemes = otls__memdup(schemes, scheme_count * sizeof(*schemes))) == NULL)
		return false;
	request->scheme_count = scheme_count;
	return true;
}

const char *
otls_connection_client_ca_at(const otls_connection *conn, size_t i)
{
	if (conn == NULL)
		return NULL;
	return otls__ca_list_text(
	    conn->role == OTLS_ROLE_SERVER ? &conn->sealed->settings.client_ca : &conn->request.names, i);
}

uint16_t
otls_connection_client_scheme_at(const otls_connection *conn, size_t i)
{
	if (conn == NULL)
		return 0;
	if (conn->role == OTLS_ROLE_SERVER)
		return i < conn->sealed->scheme_count ? conn->sealed->schemes[i] : 0;
	return i < conn->request.scheme_count ? conn->request.schemes[i] : 0;
}

/* == what fits it == */

static bool
names_have(const otls_ca_list *list, otls_bytes name)
{
	for (size_t i = 0; i < list->count; i++)
		if (otls__names_equal(list->names[i], name))
			return true;
	return false;
}

/* The names may be of a root or of any authority below it (RFC 5246, section 7.4.4). */
static bool
issuer_fits(const otls_certificate_request *request, const otls_identity *identity)
{
	for (size_t i = 0; i < identity->chain_len; i++)
		if (names_have(&request->names, identity->chain[i]->issuer))
			return true;
	return request->names.count == 0;
}

bool
otls__request_takes(const otls_connection *conn, const otls_identity *identity)
{
	return otls__can_sign(conn, identity, conn->gate.version, otls_connection_client_scheme_at);
}

/* Of those that can sign, the latest of a named authority, else the latest; NULL: none of them can. */
static otls_identity *
fitting(const otls_connection *conn)
{
	const otls_settings *settings = &conn->sealed->settings;
	otls_identity *found = NULL;

	for (size_t i = settings->identity_count; i > 0; i--) {
		otls_identity *identity = settings->identities[i - 1];

		if (!otls__request_takes(conn, identity))
			continue;
		if (issuer_fits(&conn->request, identity))
			return identity;
		if (found == NULL)
			found = identity;
	}
	return found;
}

/* == asking the callback == */

/* What it gave before is the engine's until it has taken the next. */
static otls_answer
call_callback(otls_connection *conn)
{
	const otls_settings *settings = &conn->sealed->settings;
	otls_answer answer;

	otls_identity_free(conn->former);
	conn->former = conn->identity;
	conn->identity = NULL;
	conn->in_callback = conn->in_choice = true;
	answer = settings->client_certificate(conn, settings->client_certificate_arg->arg);
	conn->in_callback = conn->in_choice = false;
	return answer;
}

/* Only a handshake can be left and come back to: behind it, reading and writing would have to wait both. */
static bool
can_wait(const otls_connection *conn)
{
	return conn->state == OTLS_STATE_HANDSHAKE && conn->engine->has(OTLS_CAP_CHOICE_PENDING);
}

static otls_status
refused(const otls_connection *conn, otls_answer answer)
{
	if (answer != OTLS_ANSWER_PENDING)
		return otls__fail(OTLS_E_CALLBACK, "the client certificate callback");
	if (conn->state != OTLS_STATE_HANDSHAKE)
		return otls__fail(
		    OTLS_E_CALLBACK, "the client certificate callback: PENDING, which a handshake alone can do");
	return otls__fail(OTLS_E_CALLBACK, "the client certificate callback: %s cannot wait for it (no CHOICE_PENDING)",
	    conn->engine->name);
}

/* Once per handshake, however often the engine asks. */
static otls_status
ask(otls_connection *conn)
{
	bool shaking = conn->state == OTLS_STATE_HANDSHAKE;
	otls_answer answer;

	if (shaking && conn->request_answered)
		return OTLS_OK;
	answer = call_callback(conn);
	if (answer == OTLS_ANSWER_PENDING && can_wait(conn))
		return OTLS_WANT_CALLBACK;
	if (answer != OTLS_ANSWER_OK)
		return refused(conn, answer);
	conn->request_answered = shaking;
	return OTLS_OK;
}

otls_status
otls__choose_identity(otls_connection *conn, const otls_bytes *names, size_t name_count, const uint16_t *schemes,
    size_t scheme_count, const otls_engine_identity **identity)
{
	bool asks = conn->sealed->settings.client_certificate != NULL;
	otls_status status = OTLS_OK;
	const otls_identity *chosen;

	*identity = NULL;
	if (!keep_request(&conn->request, names, name_count, schemes, scheme_count)) {
		conn->no_memory = true;
		return OTLS_ERROR;
	}
	if (asks && (status = ask(conn)) != OTLS_OK)
		return status == OTLS_ERROR ? otls__callback_failed(conn) : status;
	if ((chosen = asks ? conn->identity : fitting(conn)) != NULL)
		*identity = &chosen->native;
	return OTLS_OK;
}

/* == asking behind the handshake == */

enum { EXTENSION_POST_HANDSHAKE_AUTH = 49 };

static bool
client_answers(const otls_connection *conn)
{
	otls_reader list = otls__reader(conn->gate.client.extensions);
	otls_extension extension;

	while (otls__next_extension(&list, &extension))
		if (extension.type == EXTENSION_POST_HANDSHAKE_AUTH)
			return true;
	return false;
}

static otls_status
check_request(otls_connection *conn, const char *function)
{
	if (otls__check(conn, function) != OTLS_OK)
		return OTLS_ERROR;
	if (conn->role != OTLS_ROLE_SERVER)
		return otls__fail(OTLS_E_BAD_STATE, "%s: only a server asks", function);
	if (conn->state != OTLS_STATE_OPEN)
		return otls__fail(OTLS_E_BAD_STATE, "%s: the connection is not open", function);
	if (!conn->engine->has(OTLS_CAP_POST_HANDSHAKE_AUTH))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: on %s", function, conn->engine->library);
	if (conn->info.version != OTLS_TLS1_3)
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: TLS 1.3 only", function);
	if (!client_answers(conn))
		return otls__fail(
		    OTLS_E_UNSUPPORTED, "%s: the client does not answer (RFC 8446, section 4.6.2)", function);
	if (otls__client_auth(conn) == OTLS_CLIENT_AUTH_NONE)
		return otls__fail(OTLS_E_BAD_STATE, "%s: the verify mode is NONE", function);
	if (conn->auth != OTLS_LATE_IDLE)
		return otls__fail(OTLS_E_BAD_STATE, "%s: the last request is not answered yet", function);
	return OTLS_OK;
}

/* A client that has shown a certificate must show it again: none is as wrong as another, and an engine that knows it sends
 * an alert. */
static otls_client_auth
auth_to_ask(const otls_connection *conn)
{
	return conn->peer.count > 0 ? OTLS_CLIENT_AUTH_REQUIRED : otls__client_auth(conn);
}

/* Asks, the first time it is called; then it only sends. */
static otls_status
request_step(otls_connection *conn, void *arg)
{
	otls_report report = otls__report();
	otls_status status;

	(void)arg;
	if (conn->auth == OTLS_LATE_IDLE) {
		conn->auth = OTLS_LATE_ASKED;
		conn->auth_finished = false;
		if (conn->engine->request_certificate(conn->native, auth_to_ask(conn), &report) != OTLS_OK)
			return otls__explain(conn, &report, "asking for a certificate");
	}
	if ((status = otls__send_queued(conn)) == OTLS_ERROR)
		return otls__explain_send(conn);
	return otls__transport_blocks(&conn->transport) ? status : OTLS_OK;
}

otls_status
otls_connection_request_client_certificate(otls_connection *conn)
{
	if (check_request(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if ((otls__verify_mode(conn) & OTLS_VERIFY_CLIENT_ONCE) != 0 && conn->peer.count > 0)
		return OTLS_OK;
	return otls__run(conn, __func__, request_step, NULL);
}

bool
otls_connection_client_certificate_requested(const otls_connection *conn)
{
	return conn != NULL && conn->auth != OTLS_LATE_IDLE;
}

static otls_status
refused_late(otls_connection *conn)
{
	otls_report report = otls__report();

	conn->peer.asked = false; /* the engine is done, and sends no alert */
	return otls__explain(conn, &report, "the answer to a request for a certificate");
}

/* No engine is trusted to have asked. */
otls_status
otls__auth_settle(otls_connection *conn)
{
	otls_late_auth was = conn->auth;
	int alert;

	if (!conn->auth_finished)
		return OTLS_OK;
	conn->auth = OTLS_LATE_IDLE;
	conn->auth_finished = false;
	if (was != OTLS_LATE_TOLD || (conn->peer.count > 0 && !conn->peer.judged))
		return otls__fail(
		    OTLS_E_BACKEND, "%s took an answer without a verdict on the client", conn->engine->library);
	return otls__peer_judge(conn, &alert) == OTLS_OK ? OTLS_OK : refused_late(conn);
}
