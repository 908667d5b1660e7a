/* A server reads the hello before there is an engine: name, context, application protocol, groups, certificate. */
#include "connection/connection.h"

#include "registry/registry.h"

#include <errno.h>

enum {
	ALERT_HANDSHAKE_FAILURE = 40,
	ALERT_PROTOCOL_VERSION = 70,
	ALERT_INAPPROPRIATE_FALLBACK = 86,
	ALERT_UNRECOGNIZED_NAME = 112,
	ALERT_NO_APPLICATION_PROTOCOL = 120
};

otls_status
otls__refuse_plain(otls_connection *conn, int alert)
{
	uint8_t record[7];

	if (alert < 0)
		return OTLS_ERROR;
	otls__gate_alert(record, alert);
	if (conn->output_errno == 0)
		otls__output_append(&conn->output, record, sizeof(record)); /* no memory: the peer gets none */
	otls__error_thread()->alert = alert;
	otls__error_thread()->alert_sent = true;
	return OTLS_ERROR;
}

/* == reading it == */

static otls_status
hello_missing(const otls_connection *conn, otls_status status)
{
	if (status == OTLS_EOF)
		return otls__fail(OTLS_E_TRUNCATED, "waiting for the client's hello");
	if (conn->no_memory)
		return otls__fail_memory();
	return otls__fail_errno(OTLS_E_SYSCALL, conn->input_errno, "waiting for the client's hello");
}

static otls_status
read_hello(otls_connection *conn)
{
	otls_status status;

	while (conn->gate.state != OTLS_GATE_HELLO) {
		status = otls__gate_pull(&conn->gate, &conn->input);
		if (status == OTLS_ERROR)
			return otls__refuse_plain(conn, conn->gate.alert);
		if (status == OTLS_OK)
			continue;
		status = otls__fill(conn);
		if (status == OTLS_WANT_READ)
			return status;
		if (status != OTLS_OK)
			return hello_missing(conn, status);
	}
	return OTLS_OK;
}

/* == the version == */

/* An engine would see to both, each with an alert of its own choice. */
static otls_status
check_version(otls_connection *conn)
{
	const otls_settings *settings = &conn->sealed->settings;
	uint16_t theirs = conn->gate.client.max_version;

	if (theirs < settings->min_version) {
		otls__fail(OTLS_E_HANDSHAKE, "the client offers nothing newer than %s", otls__version_name(theirs));
		return otls__refuse_plain(conn, ALERT_PROTOCOL_VERSION);
	}
	if (conn->gate.client.fallback && theirs < settings->max_version) { /* RFC 7507 */
		otls__fail(OTLS_E_HANDSHAKE, "the client falls back to %s without need", otls__version_name(theirs));
		return otls__refuse_plain(conn, ALERT_INAPPROPRIATE_FALLBACK);
	}
	return OTLS_OK;
}

/* == the name == */

/* The context that asks, and with it the callback's argument, stays until the callback is back, whatever that sets; and
 * it stays in force until the callback has decided. */
static otls_answer
call_servername(otls_connection *conn)
{
	otls_sealed *sealed = otls__sealed_ref(conn->sealed);
	otls_context *ctx = otls_context_ref(conn->ctx);
	otls_answer answer;

	conn->in_callback = conn->in_servername = true;
	answer = sealed->settings.servername(
	    conn, otls_connection_server_name(conn), sealed->settings.servername_arg->arg);
	conn->in_callback = conn->in_servername = false;
	if (answer != OTLS_ANSWER_PENDING) {
		otls__sealed_free(sealed);
		otls_context_free(ctx);
		return answer;
	}
	otls__sealed_free(conn->sealed);
	otls_context_free(conn->ctx);
	conn->sealed = sealed;
	conn->ctx = ctx;
	return answer;
}

static otls_status
ask_servername(otls_connection *conn)
{
	const otls_settings *settings = &conn->sealed->settings;
	otls_answer answer;

	if (conn->hello_answered || settings->servername == NULL)
		return OTLS_OK;
	answer = call_servername(conn);
	if (answer == OTLS_ANSWER_PENDING)
		return OTLS_WANT_CALLBACK;
	if (answer == OTLS_ANSWER_OK) {
		conn->hello_answered = true;
		return OTLS_OK;
	}
	otls__fail(OTLS_E_CALLBACK, "the server-name callback, for \"%s\"", otls_connection_server_name(conn));
	return otls__refuse_plain(conn, conn->refuse_alert >= 0 ? conn->refuse_alert : ALERT_UNRECOGNIZED_NAME);
}

/* What the callback left must be able to serve. */
static otls_status
check_outcome(otls_connection *conn)
{
	const otls_settings *settings = &conn->sealed->settings;
	otls_store *store;

	if (settings->identity_count == 0 && conn->identity == NULL) {
		otls__fail(OTLS_E_CALLBACK, "the server-name callback left a context without a certificate");
		return otls__refuse_plain(conn, ALERT_HANDSHAKE_FAILURE);
	}
	if ((otls__verify_mode(conn) & OTLS_VERIFY_PEER) == 0 &&
	    settings->pins.count + settings->trusted_keys.count > 0) {
		otls__fail(OTLS_E_CALLBACK,
		    "the server-name callback left a context that has pins and asks for no certificate");
		return otls__refuse_plain(conn, ALERT_HANDSHAKE_FAILURE);
	}
	if ((otls__verify_mode(conn) & OTLS_VERIFY_PEER) != 0 && settings->trusted_keys.count == 0 &&
	    otls__sealed_trust(conn->sealed, conn->role, &store) != OTLS_OK) {
		otls__fail(
		    OTLS_E_CALLBACK, "the server-name callback left a context that verifies clients and trusts nobody");
		return otls__refuse_plain(conn, ALERT_HANDSHAKE_FAILURE);
	}
	return OTLS_OK;
}

/* == the application protocol == */

/* What is offered as text: each name behind its length byte, and a NUL behind it. */
static otls_status
keep_offers(otls_connection *conn)
{
	otls_bytes offered = conn->gate.client.alpn, name;

	if (conn->alpn_offers.len > 0)
		return OTLS_OK;
	for (size_t i = 0; (name = otls__alpn_at(offered, i)).data != NULL; i++) {
		uint8_t len = (uint8_t)name.len;

		if (!otls__buffer_append(&conn->alpn_offers, &len, 1) ||
		    !otls__buffer_append(&conn->alpn_offers, name.data, name.len) ||
		    !otls__buffer_append(&conn->alpn_offers, "", 1))
			return otls__fail_memory();
	}
	return OTLS_OK;
}

static otls_status
refuse_alpn(otls_connection *conn, const char *why)
{
	otls__fail(OTLS_E_ALPN, "%s", why);
	return otls__refuse_plain(conn, ALERT_NO_APPLICATION_PROTOCOL);
}

/* The best of ours that the client offers. */
static otls_bytes
common_alpn(const otls_connection *conn)
{
	otls_bytes ours = otls__alpn_offered(conn), name;

	for (size_t i = 0; (name = otls__alpn_at(ours, i)).data != NULL; i++)
		if (otls__alpn_has(conn->gate.client.alpn, name))
			return name;
	return otls__bytes(NULL, 0);
}

static otls_status
ask_alpn(otls_connection *conn)
{
	const otls_settings *settings = &conn->sealed->settings;
	size_t choice = SIZE_MAX;
	otls_answer answer;

	conn->in_callback = true;
	answer = settings->alpn_select(conn, &choice, settings->alpn_select_arg->arg);
	conn->in_callback = false;
	if (answer == OTLS_ANSWER_PENDING)
		return OTLS_WANT_CALLBACK;
	if (answer != OTLS_ANSWER_OK)
		return refuse_alpn(conn, "the select callback refused");
	conn->alpn_choice = otls__alpn_at(conn->gate.client.alpn, choice);
	if (choice != SIZE_MAX && conn->alpn_choice.data == NULL)
		return refuse_alpn(conn, "the select callback chose what was not offered");
	return OTLS_OK;
}

static otls_status
choose_alpn(otls_connection *conn)
{
	const otls_settings *settings = &conn->sealed->settings;
	bool offered = conn->gate.client.alpn.len > 0;
	uint64_t max_name = conn->engine->limit(OTLS_LIMIT_ALPN_NAME_BYTES);
	otls_status status = OTLS_OK;

	if (conn->alpn_answered)
		return OTLS_OK;
	if (offered && settings->alpn_select != NULL)
		status = ask_alpn(conn);
	else if (offered)
		conn->alpn_choice = common_alpn(conn);
	if (status != OTLS_OK)
		return status;
	conn->alpn_answered = true;
	if (conn->alpn_choice.data == NULL && settings->alpn_policy == OTLS_ALPN_REQUIRED)
		return refuse_alpn(
		    conn, offered ? "nothing that the client offers is served" : "the client offers none");
	if (max_name > 0 && conn->alpn_choice.len > max_name)
		return refuse_alpn(conn, "the chosen name is longer than the backend can say");
	return OTLS_OK;
}

/* == the step == */

/* Names are at most 255 bytes and hold no NUL: the hello's reader has seen to that. */
static void
keep_name(otls_connection *conn)
{
	otls_bytes name = conn->gate.client.server_name;
	size_t len = name.len < sizeof(conn->server_name) ? name.len : 0;

	if (len > 0)
		memcpy(conn->server_name, name.data, len);
	conn->server_name[len] = '\0';
}

otls_status
otls__hello_step(otls_connection *conn)
{
	otls_status status = read_hello(conn);
	otls_identity *identity;

	if (status != OTLS_OK)
		return status;
	keep_name(conn);
	if ((status = check_version(conn)) != OTLS_OK || (status = keep_offers(conn)) != OTLS_OK ||
	    (status = ask_servername(conn)) != OTLS_OK || (status = check_outcome(conn)) != OTLS_OK ||
	    (status = choose_alpn(conn)) != OTLS_OK || (status = otls__offer_groups(conn)) != OTLS_OK ||
	    (status = otls__offer_identity(conn, &identity)) != OTLS_OK ||
	    (status = otls__ask_staple(conn, identity)) != OTLS_OK)
		return status;
	if (otls__native_new(conn, identity) != OTLS_OK || otls__give_staple(conn, identity) != OTLS_OK)
		return OTLS_ERROR;
	return otls__gate_release(&conn->gate);
}
