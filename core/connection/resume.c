/* Resuming: which session a client offers, whether a server goes by the ticket that it is shown, and what both know of
 * the peer then.  The peer's certificates, as they were, are judged like new ones before anything is offered or agreed
 * to: resuming trusts nobody that a full handshake would refuse. */
#include "connection/connection.h"

#include "session/session.h"

#include <time.h>

/* == the peer, from memory == */

/* Whether these certificates pass today.  If not, nothing of them is left. */
static bool
recall_peer(otls_connection *conn, otls_bytes bytes)
{
	otls_bytes chain[OTLS_SENT_MAX];
	size_t count;
	int alert;

	if (!otls__chain_read(bytes, chain, OTLS_COUNT(chain), &count) || count == 0)
		return false;
	otls__peer_recall(conn, chain, count);
	if (!conn->no_memory && otls__peer_judge(conn, &alert) == OTLS_OK) {
		conn->recalled = true;
		return true;
	}
	otls__peer_fini(&conn->peer);
	return false;
}

/* == clients == */

static otls_bytes
text_bytes(const char *text)
{
	return otls__bytes(text, strlen(text));
}

/* *why: what does not fit; NULL: all does, or ERROR. */
static otls_status
check_fit(const otls_connection *conn, const otls_session *session, const char **why)
{
	const otls_session_parts *parts = &session->parts;
	uint8_t settings[sizeof(parts->settings)];

	*why = NULL;
	if (otls__client_digest(conn->engine, &conn->sealed->settings, otls__verify_mode(conn), otls__asks_status(conn),
		settings) != OTLS_OK)
		return OTLS_ERROR;
	if (session->engine != conn->engine)
		*why = "it was made by another backend";
	else if (parts->library_version != conn->engine->version_number())
		*why = "it was made by another version of the library";
	else if (!otls_session_is_resumable(session))
		*why = "it has expired";
	else if (!otls__bytes_equal(parts->peer_name, text_bytes(conn->peer_name.text)))
		*why = "it is of another peer";
	else if (!otls__bytes_equal(parts->server_name, text_bytes(otls_connection_server_name(conn))))
		*why = "it is of another server name";
	else if (memcmp(parts->settings, settings, sizeof(settings)) != 0)
		*why =
		    "it was made with other client certificates, suites, groups or schemes, or another way to verify";
	else if (parts->version < conn->sealed->settings.min_version ||
		 parts->version > conn->sealed->settings.max_version)
		*why = "it is of a version of TLS that is not allowed";
	return OTLS_OK;
}

otls_status
otls_connection_set_session(otls_connection *conn, const otls_session *session)
{
	const char *why = NULL;

	if (otls__check(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (conn->role != OTLS_ROLE_CLIENT || conn->state != OTLS_STATE_NEW)
		return otls__fail(OTLS_E_BAD_STATE, "%s: %s", __func__,
		    conn->role != OTLS_ROLE_CLIENT ? "only a client offers sessions" : "the handshake has begun");
	if (!conn->engine->has(OTLS_CAP_SESSION))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: %s resumes no sessions", __func__, conn->engine->library);
	otls_session_free(conn->offer);
	conn->offer = NULL;
	if (session == NULL)
		return OTLS_OK;
	if (check_fit(conn, session, &why) != OTLS_OK)
		return OTLS_ERROR;
	if (why != NULL)
		return otls__fail(OTLS_E_SESSION, "%s: %s", __func__, why);
	conn->offer = otls_session_ref(session);
	return OTLS_OK;
}

otls_status
otls__offer_session(otls_connection *conn, otls_bytes *state)
{
	const char *why = NULL;

	*state = otls__bytes(NULL, 0);
	if (conn->offer == NULL)
		return OTLS_OK;
	if (check_fit(conn, conn->offer, &why) != OTLS_OK)
		return OTLS_ERROR;
	if (why == NULL && recall_peer(conn, conn->offer->parts.chain))
		*state = conn->offer->parts.state;
	return conn->no_memory ? otls__fail_memory() : OTLS_OK;
}

/* == servers == */

/* What the client shows, for the version that comes of it.  Of several, the library would choose one; and where there is
 * none, there is nothing to resume. */
static bool
shown_ticket(const otls_connection *conn, otls_bytes *ticket)
{
	const otls_client_hello *hello = &conn->gate.client;
	bool tls13 = hello->max_version >= OTLS_TLS1_3 && conn->sealed->settings.max_version >= OTLS_TLS1_3;

	*ticket = tls13 ? hello->psk_identity : hello->ticket;
	if (tls13)
		return hello->psk_count == 1;
	return ticket->len > 0 && hello->extended_master_secret; /* RFC 7627, section 5.3 */
}

bool
otls__may_resume(otls_connection *conn)
{
	otls_buffer chain = { 0 };
	otls_bytes ticket;
	bool good = false;

	if (conn->sealed->settings.ticket_count == 0 || !shown_ticket(conn, &ticket))
		return false;
	if (otls__handshake_auth(conn) == OTLS_CLIENT_AUTH_NONE)
		return true;
	if (otls__record_find(conn->engine, ticket, (int64_t)time(NULL), &chain))
		good = chain.len > 0 ? recall_peer(conn, otls__buffer_view(&chain))
				     : otls__handshake_auth(conn) == OTLS_CLIENT_AUTH_OPTIONAL;
	otls__buffer_fini(&chain);
	return good;
}

static void
note_ticket(otls_connection *conn, otls_bytes ticket)
{
	int64_t expires = (int64_t)time(NULL) + conn->sealed->settings.session_timeout;

	if (otls__client_auth(conn) != OTLS_CLIENT_AUTH_NONE && !conn->peer.refused)
		otls__record_add(conn->engine, ticket, conn->peer.raw, conn->peer.count, expires);
}

enum { NEW_SESSION_TICKET = 4 };

/* RFC 8446, section 4.6.1: lifetime, age_add, nonce<1>, ticket<2>; RFC 5077, section 3.3: lifetime, ticket<2>. */
void
otls__message_sent(otls_connection *conn, otls_bytes message)
{
	otls_reader r = otls__reader(message);
	otls_bytes ticket;

	if (conn->role != OTLS_ROLE_SERVER || otls__read8(&r) != NEW_SESSION_TICKET)
		return;
	otls__read_bytes(&r, 3 + 4);
	if (conn->gate.version >= OTLS_TLS1_3) {
		otls__read_bytes(&r, 4);
		otls__read_vector8(&r);
	}
	ticket = otls__read_vector16(&r);
	if (!r.failed)
		note_ticket(conn, ticket);
}

/* == when the handshake is over == */

otls_status
otls__resume_settle(otls_connection *conn)
{
	bool offered = conn->role == OTLS_ROLE_CLIENT ? conn->setup.session.len > 0 : conn->setup.resume;

	if (conn->info.resumed && !offered)
		return otls__fail(OTLS_E_BACKEND, "%s resumed what it was not to", conn->engine->library);
	conn->resumed = conn->info.resumed;
	if (!conn->info.resumed && conn->recalled)
		otls__peer_fini(&conn->peer);
	if (!conn->info.resumed) {
		otls_session_free(conn->offer);
		conn->offer = NULL;
	}
	conn->recalled = false;
	return OTLS_OK;
}

/* == new ones == */

void
otls__new_session(otls_connection *conn, otls_bytes ticket, uint32_t lifetime)
{
	if (conn->role == OTLS_ROLE_SERVER) {
		note_ticket(conn, ticket);
		return;
	}
	conn->session_came = true;
	conn->session_lifetime = lifetime;
}

/* The library's own form of it; len 0: there is none. */
static otls_status
export_state(otls_connection *conn, uint8_t **state, size_t *cap, size_t *len)
{
	otls_report report = otls__report();

	*state = NULL;
	*cap = 0;
	if (conn->engine->session_export(conn->native, NULL, 0, cap, &report) != OTLS_OK)
		return otls__fail_report(otls__library_code(&report), &report, "a session");
	*len = *cap;
	if (*cap == 0)
		return OTLS_OK;
	if ((*state = otls__alloc(*cap)) == NULL)
		return otls__fail_memory();
	if (conn->engine->session_export(conn->native, *state, *cap, len, &report) == OTLS_OK)
		return OTLS_OK;
	return otls__fail_report(otls__library_code(&report), &report, "a session");
}

static otls_status
make_session(otls_connection *conn, otls_bytes state, otls_session **session)
{
	int64_t now = (int64_t)time(NULL), longest = conn->sealed->settings.session_timeout;
	int64_t lifetime = conn->session_lifetime > 0 && conn->session_lifetime < longest ? conn->session_lifetime
											  : longest;
	size_t size = otls__chain_size(conn->peer.raw, conn->peer.count);
	uint8_t *chain = otls__alloc(size + 1);
	otls_session_parts parts = {
		.library_version = conn->engine->version_number(),
		.version = conn->info.version,
		.issued = now,
		.expires = now + lifetime,
		.peer_name = text_bytes(conn->peer_name.text),
		.server_name = text_bytes(otls_connection_server_name(conn)),
		.chain = otls__bytes(chain, size),
		.state = state,
	};
	otls_status status;

	if (chain == NULL)
		return otls__fail_memory();
	otls__chain_write(conn->peer.raw, conn->peer.count, chain);
	status = otls__client_digest(
	    conn->engine, &conn->sealed->settings, otls__verify_mode(conn), otls__asks_status(conn), parts.settings);
	if (status == OTLS_OK)
		status = otls__session_new(conn->engine, &parts, session);
	otls__free(chain);
	return status;
}

/* What cannot be kept is not, and no failure: the next handshake is a full one. */
static void
take_session(otls_connection *conn)
{
	otls_error before = *otls__error_thread();
	otls_session *session = NULL;
	uint8_t *state = NULL;
	size_t cap = 0, len = 0;

	conn->session_came = false;
	if (conn->info.version < OTLS_TLS1_3 && !conn->gate.extended_master_secret)
		return;
	if (export_state(conn, &state, &cap, &len) == OTLS_OK && len > 0 &&
	    make_session(conn, otls__bytes(state, len), &session) == OTLS_OK) {
		otls_session_free(conn->offer);
		conn->offer = session;
	}
	if (state != NULL)
		otls__free_secret(state, cap);
	*otls__error_thread() = before;
}

void
otls__session_settle(otls_connection *conn)
{
	const otls_settings *settings = &conn->sealed->settings;
	const otls_session *offer = conn->offer;

	if (!conn->session_came || settings->session == NULL || conn->state < OTLS_STATE_OPEN)
		return;
	take_session(conn);
	if (conn->offer == NULL || conn->offer == offer)
		return;
	conn->in_callback = true;
	settings->session(conn, conn->offer, settings->session_arg->arg);
	conn->in_callback = false;
}

const otls_session *
otls_connection_session(otls_connection *conn)
{
	if (conn == NULL || conn->role != OTLS_ROLE_CLIENT || conn->process != otls__process() ||
	    conn->state < OTLS_STATE_OPEN || conn->state == OTLS_STATE_FAILED)
		return NULL;
	if (conn->session_came && !conn->in_callback)
		take_session(conn);
	return conn->offer;
}

bool
otls_connection_session_reused(const otls_connection *conn)
{
	return conn != NULL && conn->resumed;
}
