/* The handshake: from the first call to OPEN. */
#include "connection/connection.h"

#include "registry/registry.h"

/* == what is in force == */

uint64_t
otls__verify_mode(const otls_connection *conn)
{
	return conn->verify_mode_set ? conn->verify_mode
				     : otls__settings_verify_mode(&conn->sealed->settings, conn->role);
}

otls_bytes
otls__alpn_offered(const otls_connection *conn)
{
	const otls_alpn_list *list = conn->alpn_set ? &conn->alpn : &conn->sealed->settings.alpn;

	return otls__bytes(list->wire, list->len);
}

otls_client_auth
otls__client_auth(const otls_connection *conn)
{
	uint64_t mode = otls__verify_mode(conn);

	if (conn->role == OTLS_ROLE_CLIENT || (mode & OTLS_VERIFY_PEER) == 0)
		return OTLS_CLIENT_AUTH_NONE;
	/* Nobody without a certificate has a pinned key. */
	return (mode & OTLS_VERIFY_FAIL_IF_NO_PEER_CERT) != 0 || conn->sealed->settings.pins.count > 0
		   ? OTLS_CLIENT_AUTH_REQUIRED
		   : OTLS_CLIENT_AUTH_OPTIONAL;
}

/* With POST_HANDSHAKE nothing, where it can be asked for later. */
otls_client_auth
otls__handshake_auth(const otls_connection *conn)
{
	bool later = (otls__verify_mode(conn) & OTLS_VERIFY_POST_HANDSHAKE) != 0;

	if (later && conn->gate.client.max_version >= OTLS_TLS1_3 && conn->sealed->settings.max_version >= OTLS_TLS1_3)
		return OTLS_CLIENT_AUTH_NONE;
	return otls__client_auth(conn);
}

/* == before the first byte: mistakes that change nothing == */

static otls_status
check_client(const otls_connection *conn)
{
	uint64_t mode = otls__verify_mode(conn);
	otls_store *store;

	if (mode == OTLS_VERIFY_NONE)
		return otls__fail(
		    OTLS_E_BAD_STATE, "VERIFY_NONE is for servers: a client that checks nothing needs INSECURE_NONE");
	if (mode == OTLS_VERIFY_INSECURE_NONE || conn->sealed->settings.trusted_keys.count > 0)
		return OTLS_OK;
	if (conn->peer_name.text[0] == '\0' && !conn->skip_name_check)
		return otls__fail(OTLS_E_NO_PEER_NAME, "%s",
		    conn->server_name_set
			? "set_server_name says what to send, not what to check: use otls_connection_set_peer_name"
			: "use otls_connection_new_client or otls_connection_set_peer_name");
	return otls__sealed_trust(conn->sealed, conn->role, &store);
}

static otls_status
check_server(const otls_connection *conn)
{
	const otls_settings *settings = &conn->sealed->settings;
	otls_store *store;

	if (settings->servername != NULL)
		return OTLS_OK; /* it may bring another context: checked when it has */
	if (settings->identity_count == 0)
		return otls__fail(OTLS_E_NO_CERTIFICATE, "the server's context");
	if (otls__handshake_auth(conn) == OTLS_CLIENT_AUTH_NONE)
		return settings->pins.count + settings->trusted_keys.count == 0
			   ? OTLS_OK
			   : otls__fail(OTLS_E_BAD_STATE,
				 "keys of clients are pinned, and no certificate is asked for: use "
				 "otls_context_set_verify");
	if (settings->trusted_keys.count > 0)
		return OTLS_OK;
	return otls__sealed_trust(conn->sealed, conn->role, &store);
}

static otls_status
begin(otls_connection *conn)
{
	otls_status status;

	if (conn->role == 0)
		return otls__fail(
		    OTLS_E_BAD_STATE, "no role: call otls_connection_set_connect_state or set_accept_state first");
	status = conn->role == OTLS_ROLE_CLIENT ? check_client(conn) : check_server(conn);
	if (status != OTLS_OK)
		return status;
	otls__gate_init(&conn->gate, conn->role);
	conn->gate.rules = (otls_gate_rules){
		.min_version = conn->sealed->settings.min_version,
		.max_version = conn->sealed->settings.max_version,
		.suites = conn->sealed->suites,
		.suite_count = conn->sealed->suite_count,
		.groups = conn->sealed->groups,
		.group_count = conn->sealed->group_count,
	};
	conn->started = otls__now();
	conn->deadline = conn->handshake_timeout < 0 ? 0 : conn->started + (int64_t)conn->handshake_timeout * 1000;
	conn->state = OTLS_STATE_HANDSHAKE;
	return OTLS_OK;
}

/* == the engine's connection == */

static otls_status
fill_setup(otls_connection *conn)
{
	bool client = conn->role == OTLS_ROLE_CLIENT;

	conn->setup = (otls_engine_setup){
		.size = sizeof(otls_engine_setup),
		.server_name = client ? otls_connection_server_name(conn) : "",
		.alpn = client ? otls__alpn_offered(conn) : otls__bytes(conn->alpn_wire, 0),
		.suites = conn->suites,
		.suite_count = conn->suite_count,
		.groups = conn->groups,
		.group_count = conn->group_count,
	};
	if (!client && conn->alpn_choice.data != NULL) {
		conn->alpn_wire[0] = (uint8_t)conn->alpn_choice.len;
		memcpy(conn->alpn_wire + 1, conn->alpn_choice.data, conn->alpn_choice.len);
		conn->setup.alpn.len = conn->alpn_choice.len + 1;
	}
	if (client)
		return otls__offer_session(conn, &conn->setup.session);
	conn->setup.resume = otls__may_resume(conn);
	return conn->no_memory ? otls__fail_memory() : OTLS_OK;
}

/* The context's identities have one each, built once.  There is no end to those that a callback may bring. */
static otls_status
engine_context(otls_connection *conn, otls_identity *identity, otls_native **native)
{
	otls_status status;

	if (identity == NULL || identity != conn->identity)
		return otls__sealed_native(
		    conn->sealed, conn->role, identity, otls__handshake_auth(conn), otls__asks_status(conn), native);
	status = otls__native_build(
	    conn->sealed, conn->role, identity, otls__handshake_auth(conn), otls__asks_status(conn), &conn->own_native);
	*native = conn->own_native;
	return status;
}

otls_status
otls__native_new(otls_connection *conn, otls_identity *identity)
{
	otls_report report = otls__report();
	otls_native *native;

	if (engine_context(conn, identity, &native) != OTLS_OK || fill_setup(conn) != OTLS_OK)
		return OTLS_ERROR;
	if ((conn->native = otls__alloc(conn->engine->connection_size)) == NULL)
		return otls__fail_memory();
	if (conn->engine->connection_init(
		conn->native, native->context, &conn->setup, &otls__host_calls, otls__host(conn), &report) == OTLS_OK)
		return OTLS_OK;
	return otls__fail_report(otls__library_code(&report), &report, "setting up a connection");
}

/* == after the last byte: what was negotiated must be what was allowed == */

/* 0: the engine does not know, or there was none.  What DHE of TLS 1.2 takes is on no list of ours. */
static otls_status
check_group(const otls_connection *conn)
{
	const otls_engine_info *info = &conn->info;

	if (info->group == 0 || otls_cipher_by_id(info->suite)->kx == OTLS_KX_DHE)
		return OTLS_OK;
	if (!otls__ids_have(conn->sealed->groups, conn->sealed->group_count, info->group) ||
	    (conn->gate.group != 0 && conn->gate.group != info->group))
		return otls__fail(OTLS_E_HANDSHAKE, "group 0x%04x was negotiated and is not allowed", info->group);
	return OTLS_OK;
}

/* A signature of another kind than the key's proves nothing, whatever a library made of it (wolfSSL CVE-2021-3336,
 * CVE-2022-25638). */
static bool
fits_peer_key(const otls_connection *conn, uint16_t scheme)
{
	const otls_certificate *leaf = conn->peer.count > 0 ? conn->peer.chain[0] : NULL;

	return leaf == NULL ||
	       otls__scheme_fits(scheme, otls__spki_kind(&leaf->spki), leaf->spki.group, conn->info.version);
}

/* 0: as above. */
static otls_status
check_scheme(const otls_connection *conn)
{
	uint16_t scheme = conn->info.peer_scheme;

	if (scheme == 0)
		return OTLS_OK;
	if (!otls__ids_have(conn->sealed->schemes, conn->sealed->scheme_count, scheme))
		return otls__fail(
		    OTLS_E_HANDSHAKE, "the peer signed by the scheme 0x%04x, which is not allowed", scheme);
	if (!fits_peer_key(conn, scheme))
		return otls__fail(
		    OTLS_E_HANDSHAKE, "the peer signed by the scheme 0x%04x, which does not fit its key", scheme);
	return OTLS_OK;
}

static otls_status
check_negotiated(const otls_connection *conn)
{
	const otls_settings *settings = &conn->sealed->settings;
	const otls_engine_info *info = &conn->info;

	if (info->version < settings->min_version || info->version > settings->max_version ||
	    info->version != conn->gate.version)
		return otls__fail(
		    OTLS_E_HANDSHAKE, "%s was negotiated and is not allowed", otls__version_name(info->version));
	if (!otls__ids_have(conn->sealed->suites, conn->sealed->suite_count, info->suite) ||
	    info->suite != conn->gate.suite)
		return otls__fail(OTLS_E_HANDSHAKE, "suite 0x%04x was negotiated and is not allowed", info->suite);
	return check_group(conn) == OTLS_OK ? check_scheme(conn) : OTLS_ERROR;
}

static otls_status
check_alpn(const otls_connection *conn)
{
	otls_bytes agreed = conn->info.alpn;
	bool client = conn->role == OTLS_ROLE_CLIENT;

	if (agreed.len > 255)
		return otls__fail(OTLS_E_HANDSHAKE, "an application protocol of %zu bytes", agreed.len);
	if (client && agreed.len > 0 && !otls__alpn_has(otls__alpn_offered(conn), agreed))
		return otls__fail(OTLS_E_HANDSHAKE, "the server chose an application protocol that was not offered");
	if (!client && !otls__bytes_equal(agreed, conn->alpn_choice))
		return otls__fail(
		    OTLS_E_BACKEND, "the engine answered another application protocol than the chosen one");
	if (client && agreed.len == 0 && conn->sealed->settings.alpn_policy == OTLS_ALPN_REQUIRED)
		return otls__fail(OTLS_E_ALPN, "the server chose none, and one is required");
	return OTLS_OK;
}

/* No engine is trusted to have asked: without a verdict there is no connection. */
static otls_status
check_verified(const otls_connection *conn)
{
	bool wanted = conn->role == OTLS_ROLE_CLIENT || conn->peer.count > 0 ||
		      otls__handshake_auth(conn) == OTLS_CLIENT_AUTH_REQUIRED;

	if (wanted && (!conn->peer.judged || conn->peer.refused))
		return otls__fail(
		    OTLS_E_BACKEND, "%s finished the handshake without a verdict on the peer", conn->engine->library);
	if (otls__asks_status(conn) && !conn->resumed && !conn->peer.status_told)
		return otls__fail(
		    OTLS_E_BACKEND, "%s finished the handshake without a verdict on the staple", conn->engine->library);
	return OTLS_OK;
}

static otls_status
opened(otls_connection *conn)
{
	conn->info = (otls_engine_info){ .size = sizeof(conn->info) };
	conn->engine->info(conn->native, &conn->info);
	if (check_negotiated(conn) != OTLS_OK || check_alpn(conn) != OTLS_OK || otls__resume_settle(conn) != OTLS_OK ||
	    check_verified(conn) != OTLS_OK)
		return OTLS_ERROR;
	if (conn->info.alpn.len > 0)
		memcpy(conn->alpn_agreed, conn->info.alpn.data, conn->info.alpn.len);
	conn->alpn_agreed_len = conn->info.alpn.len;
	conn->handshake_microseconds = (uint64_t)(otls__now() - conn->started);
	conn->records.idle = 0;
	conn->unasked = 0;
	conn->state = OTLS_STATE_OPEN;
	otls__session_settle(conn);
	return OTLS_OK;
}

/* == steps == */

/* A server of TLS 1.3 has only its tickets to send then, and the client may have said all that it wanted to say, and be
 * gone: that is there to be read.  Whoever writes will be told. */
static bool
can_do_without(const otls_connection *conn)
{
	return conn->state == OTLS_STATE_OPEN && conn->role == OTLS_ROLE_SERVER && conn->info.version >= OTLS_TLS1_3;
}

static otls_status
engine_step(otls_connection *conn)
{
	otls_report report = otls__report();
	otls_status status, sent;

	if (otls__send_queued(conn) == OTLS_ERROR)
		return otls__explain_send(conn);
	status = conn->engine->handshake(conn->native, &report);
	if (status == OTLS_ERROR || conn->gate.state == OTLS_GATE_REFUSED)
		return otls__explain(conn, &report, "handshake");
	if (status == OTLS_OK && opened(conn) != OTLS_OK)
		return OTLS_ERROR;
	if ((sent = otls__send_queued(conn)) == OTLS_ERROR)
		return can_do_without(conn) ? OTLS_OK : otls__explain_send(conn);
	return sent == OTLS_OK ? status : sent;
}

otls_status
otls__handshake_step(otls_connection *conn, void *arg)
{
	otls_status status = OTLS_OK;

	(void)arg;
	if (conn->state == OTLS_STATE_NEW)
		status = begin(conn);
	if (status != OTLS_OK)
		return status;
	if (conn->state != OTLS_STATE_HANDSHAKE) {
		status = otls__send_queued(conn);
		return status == OTLS_ERROR ? otls__explain_send(conn) : status;
	}
	if (conn->native == NULL)
		status = conn->role == OTLS_ROLE_CLIENT ? otls__native_new(conn, NULL) : otls__hello_step(conn);
	return status == OTLS_OK ? engine_step(conn) : status;
}

otls_status
otls_connection_handshake(otls_connection *conn)
{
	return otls__run(conn, __func__, otls__handshake_step, NULL);
}
