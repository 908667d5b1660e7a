/* Connections: life, role, and the settings of their own. */
#include "connection/connection.h"

/* == life == */

static otls_status
connection_new(otls_context *ctx, const char *function, otls_role role, otls_connection **conn)
{
	otls_connection *new;

	if (conn == NULL)
		return otls__fail_null(function, "conn");
	*conn = NULL;
	if (ctx == NULL)
		return otls__fail_null(function, "ctx");
	if (role != 0 && !otls__settings_serve(&ctx->settings, role))
		return otls__fail(OTLS_E_BAD_STATE, "%s: the context is for %s", function,
		    role == OTLS_ROLE_CLIENT ? "servers" : "clients");
	if ((new = otls__alloc(sizeof(*new))) == NULL)
		return otls__fail_memory();
	if (otls__context_seal(ctx, &new->sealed) != OTLS_OK) {
		otls__free(new);
		return OTLS_ERROR;
	}
	new->ctx = otls_context_ref(ctx);
	new->engine = ctx->engine;
	new->role = role;
	new->process = otls__process();
	new->error = (otls_error){ .alert = -1, .verify_depth = -1 };
	new->timeout = new->handshake_timeout = -1;
	new->refuse_alert = -1;
	otls__transport_init(&new->transport);
	*conn = new;
	return OTLS_OK;
}

otls_status
otls_connection_new(otls_context *ctx, otls_connection **conn)
{
	return connection_new(ctx, __func__, 0, conn);
}

otls_status
otls_connection_new_client(otls_context *ctx, const char *peer_name, otls_connection **conn)
{
	if (connection_new(ctx, __func__, OTLS_ROLE_CLIENT, conn) != OTLS_OK)
		return OTLS_ERROR;
	if (peer_name == NULL || otls_connection_set_peer_name(*conn, peer_name) == OTLS_OK)
		return OTLS_OK;
	otls_connection_free(*conn);
	*conn = NULL;
	return OTLS_ERROR;
}

otls_status
otls_connection_new_server(otls_context *ctx, otls_connection **conn)
{
	return connection_new(ctx, __func__, OTLS_ROLE_SERVER, conn);
}

void
otls_connection_free(otls_connection *conn)
{
	if (conn == NULL)
		return;
	if (conn->native != NULL) {
		conn->engine->connection_fini(conn->native);
		otls__free_secret(conn->native, conn->engine->connection_size);
	}
	otls__peer_fini(&conn->peer);
	otls__request_fini(&conn->request);
	otls_session_free(conn->offer);
	otls__gate_fini(&conn->gate);
	otls__transport_fini(&conn->transport);
	otls__input_fini(&conn->input);
	otls__output_fini(&conn->output);
	otls__free_secret(conn->look, OTLS_RECORD_MAX);
	otls__free(conn->alpn.wire);
	otls__buffer_fini(&conn->alpn_offers);
	otls__buffer_fini(&conn->staple);
	otls__free(conn->suites);
	otls__free(conn->groups);
	if (conn->free_user_data != NULL)
		conn->free_user_data(conn->user_data);
	if (conn->own_native != NULL)
		otls__native_free(conn->engine, conn->own_native);
	otls_identity_free(conn->identity);
	otls_identity_free(conn->former);
	otls__sealed_free(conn->sealed);
	otls_context_free(conn->ctx);
	otls__free(conn);
}

/* == settings before the handshake == */

static otls_status
check_new(otls_connection *conn, const char *function)
{
	if (otls__check(conn, function) != OTLS_OK)
		return OTLS_ERROR;
	if (conn->state != OTLS_STATE_NEW)
		return otls__fail(OTLS_E_BAD_STATE, "%s: the handshake has begun", function);
	return OTLS_OK;
}

static otls_status
set_role(otls_connection *conn, const char *function, otls_role role)
{
	if (check_new(conn, function) != OTLS_OK)
		return OTLS_ERROR;
	if (!otls__settings_serve(&conn->sealed->settings, role))
		return otls__fail(OTLS_E_BAD_STATE, "%s: the context is for the other role", function);
	conn->role = role;
	return OTLS_OK;
}

otls_status
otls_connection_set_connect_state(otls_connection *conn)
{
	return set_role(conn, __func__, OTLS_ROLE_CLIENT);
}

otls_status
otls_connection_set_accept_state(otls_connection *conn)
{
	return set_role(conn, __func__, OTLS_ROLE_SERVER);
}

otls_status
otls_connection_set_peer_name(otls_connection *conn, const char *peer_name)
{
	otls_peer_name name;

	if (check_new(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (peer_name == NULL)
		return otls__fail_null(__func__, "peer_name");
	if (otls__peer_name_parse(peer_name, &name) != OTLS_OK)
		return OTLS_ERROR;
	conn->peer_name = name;
	return OTLS_OK;
}

otls_status
otls_connection_set_server_name(otls_connection *conn, const char *name)
{
	otls_peer_name parsed = { 0 };

	if (check_new(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (name == NULL)
		return otls__fail_null(__func__, "name");
	if (name[0] != '\0' && otls__peer_name_parse(name, &parsed) != OTLS_OK)
		return OTLS_ERROR;
	if (parsed.is_ip)
		return otls__fail(
		    OTLS_E_BAD_ARGUMENT, "%s: %s is an IP address, which is not sent (RFC 6066)", __func__, name);
	memcpy(conn->server_name, parsed.text, sizeof(parsed.text));
	conn->server_name_set = true;
	return OTLS_OK;
}

otls_status
otls_connection_insecure_skip_name_check(otls_connection *conn)
{
	if (check_new(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	conn->skip_name_check = true;
	return OTLS_OK;
}

otls_status
otls_connection_set_alpn_protos(otls_connection *conn, const char *list)
{
	otls_alpn_list parsed;

	if (check_new(conn, __func__) != OTLS_OK || otls__alpn_parse(conn->engine, __func__, list, &parsed) != OTLS_OK)
		return OTLS_ERROR;
	otls__free(conn->alpn.wire);
	conn->alpn = parsed;
	conn->alpn_set = true;
	return OTLS_OK;
}

otls_status
otls_connection_set_verify(otls_connection *conn, uint64_t mode)
{
	otls_method method;

	if (check_new(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	method = conn->role == OTLS_ROLE_CLIENT   ? OTLS_METHOD_TLS_CLIENT
		 : conn->role == OTLS_ROLE_SERVER ? OTLS_METHOD_TLS_SERVER
						  : conn->sealed->settings.method;
	if (otls__verify_mode_check(__func__, method, mode) != OTLS_OK ||
	    otls__verify_mode_can(conn->engine, __func__, mode) != OTLS_OK)
		return OTLS_ERROR;
	conn->verify_mode = mode;
	conn->verify_mode_set = true;
	return OTLS_OK;
}

void
otls_connection_set_timeout(otls_connection *conn, int ms)
{
	if (conn != NULL)
		conn->timeout = ms < 0 ? -1 : ms;
}

void
otls_connection_set_handshake_timeout(otls_connection *conn, int ms)
{
	if (conn == NULL)
		return;
	conn->handshake_timeout = ms < 0 ? -1 : ms;
	if (conn->state == OTLS_STATE_HANDSHAKE)
		conn->deadline = ms < 0 ? 0 : conn->started + (int64_t)ms * 1000;
}

/* == in the callbacks that may change the connection == */

static otls_status
check_servername(otls_connection *conn, const char *function)
{
	if (conn == NULL)
		return otls__fail_null(function, "conn");
	if (!conn->in_servername)
		return otls__fail(OTLS_E_BAD_STATE, "%s: only inside the server-name callback", function);
	return OTLS_OK;
}

otls_status
otls_connection_set_context(otls_connection *conn, otls_context *ctx)
{
	otls_sealed *sealed;

	if (check_servername(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (ctx->engine != conn->engine)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: the context is for another backend", __func__);
	if (!otls__settings_serve(&ctx->settings, OTLS_ROLE_SERVER))
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: the context is for clients", __func__);
	if (otls__context_seal(ctx, &sealed) != OTLS_OK)
		return OTLS_ERROR;
	otls__sealed_free(conn->sealed);
	conn->sealed = sealed;
	otls_context_ref(ctx);
	otls_context_free(conn->ctx);
	conn->ctx = ctx;
	otls_identity_free(conn->identity);
	conn->identity = NULL;
	return OTLS_OK;
}

otls_status
otls_connection_set_identity(otls_connection *conn, const otls_identity *identity)
{
	if (conn == NULL)
		return otls__fail_null(__func__, "conn");
	if (!conn->in_servername && !conn->in_choice)
		return otls__fail(OTLS_E_BAD_STATE,
		    "%s: only inside the server-name callback and the client certificate callback", __func__);
	if (identity == NULL)
		return otls__fail_null(__func__, "identity");
	if (identity->key->engine != conn->engine)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: the identity is for another backend", __func__);
	if (otls__level_check_leaf(conn->sealed->settings.level, identity->chain[0]) != OTLS_OK)
		return OTLS_ERROR;
	if (conn->in_choice && !otls__request_takes(conn, identity))
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: the key of %s signs by no scheme that the server takes",
		    __func__, otls_certificate_subject(identity->chain[0]));
	otls_identity_free(conn->identity);
	conn->identity = otls_identity_ref(identity);
	return OTLS_OK;
}

otls_status
otls_connection_refuse_with(otls_connection *conn, int alert)
{
	if (check_servername(conn, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (alert < 1 || alert > 255)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: %d is not a fatal alert", __func__, alert);
	conn->refuse_alert = alert;
	return OTLS_OK;
}

/* == user data == */

void
otls_connection_set_user_data(otls_connection *conn, void *data, otls_free_fn free_data)
{
	if (conn == NULL)
		return;
	if (conn->free_user_data != NULL && conn->user_data != data)
		conn->free_user_data(conn->user_data);
	conn->user_data = data;
	conn->free_user_data = free_data;
}

void *
otls_connection_user_data(const otls_connection *conn)
{
	return conn != NULL ? conn->user_data : NULL;
}
