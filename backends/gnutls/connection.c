/* Connections: the library's calls, from bytes to bytes. */
#include "gtls.h"

#include <errno.h>
#include <string.h>

/* A record of 16384 bytes holds at most 4096 messages, and each may make the library say "again" once. */
#define AGAIN_MAX 4096

/* == bytes == */

static ssize_t
pull(gnutls_transport_ptr_t ptr, void *buf, size_t cap)
{
	otls_engine_connection *conn = ptr;
	size_t len = 0;

	if (conn->deaf) {
		gnutls_transport_set_errno(conn->session, EAGAIN);
		return -1;
	}
	conn->receives++;
	conn->received = conn->calls->recv(conn->host, buf, cap, &len);
	if (conn->received == OTLS_OK)
		return (ssize_t)len;
	if (conn->received == OTLS_EOF)
		return 0;
	errno = conn->received == OTLS_WANT_READ ? EAGAIN : EIO;
	gnutls_transport_set_errno(conn->session, errno);
	return -1;
}

static ssize_t
push(gnutls_transport_ptr_t ptr, const void *buf, size_t len)
{
	otls_engine_connection *conn = ptr;

	if (conn->calls->send(conn->host, buf, len) == OTLS_OK)
		return (ssize_t)len;
	errno = ENOMEM;
	gnutls_transport_set_errno(conn->session, errno);
	return -1;
}

/* == repeating == */

/* One call of a slot: "again" means that the transport would block only when the transport said so; a ticket or a key
 * update says it, too. */
typedef struct turn {
	unsigned receives; /* as of the latest round */
	unsigned idle;     /* rounds since the transport was asked */
} turn;

static turn
begin(otls_engine_connection *conn)
{
	conn->received = OTLS_OK;
	return (turn){ .receives = conn->receives };
}

static void
warn(otls_engine_connection *conn)
{
	conn->calls->event(conn->host, OTLS_ENGINE_WARNING_ALERT, (int)gnutls_alert_get(conn->session));
}

static bool
go_on(otls_engine_connection *conn, turn *now, int error)
{
	if (error == GNUTLS_E_WARNING_ALERT_RECEIVED)
		warn(conn);
	else if (error != GNUTLS_E_AGAIN && error != GNUTLS_E_INTERRUPTED)
		return false;
	if (conn->received != OTLS_OK)
		return false;
	now->idle = conn->receives == now->receives ? now->idle + 1 : 0;
	now->receives = conn->receives;
	return now->idle < AGAIN_MAX;
}

static bool
is_blocked(const otls_engine_connection *conn, int error)
{
	return conn->received == OTLS_WANT_READ &&
	       (error == GNUTLS_E_AGAIN || error == GNUTLS_E_INTERRUPTED || error == GNUTLS_E_WARNING_ALERT_RECEIVED);
}

/* == failing == */

static bool
is_transport(const otls_engine_connection *conn, int error)
{
	return error == GNUTLS_E_PREMATURE_TERMINATION || error == GNUTLS_E_PULL_ERROR ||
	       error == GNUTLS_E_PUSH_ERROR || conn->received == OTLS_EOF || conn->received == OTLS_ERROR;
}

static bool
is_own_fault(int error)
{
	switch (error) {
	case GNUTLS_E_MEMORY_ERROR:
	case GNUTLS_E_INTERNAL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
	case GNUTLS_E_AGAIN:
	case GNUTLS_E_INVALID_REQUEST:
	case GNUTLS_E_HASH_FAILED:
	case GNUTLS_E_ENCRYPTION_FAILED:
	case GNUTLS_E_PK_SIGN_FAILED:
	case GNUTLS_E_RANDOM_FAILED:
	case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
	case GNUTLS_E_USER_ERROR:
	case GNUTLS_E_LIB_IN_ERROR_STATE:
		return true;
	default:
		return false;
	}
}

/* The library's own table knows bad_certificate for most of what a certificate can have, and internal_error where it
 * does not know. */
static int
alert_for(const otls_engine_connection *conn, int error)
{
	int level = 0;

	if (conn->refusal >= 0)
		return conn->refusal;
	switch (error) {
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
	case GNUTLS_E_NO_CIPHER_SUITES:
		return GNUTLS_A_HANDSHAKE_FAILURE;
	case GNUTLS_E_CERTIFICATE_REQUIRED:
		return GNUTLS_A_CERTIFICATE_REQUIRED;
	case GNUTLS_E_KEY_USAGE_VIOLATION:
		return GNUTLS_A_UNSUPPORTED_CERTIFICATE;
	case GNUTLS_E_PK_SIG_VERIFY_FAILED:
	case GNUTLS_E_ERROR_IN_FINISHED_PACKET:
		return GNUTLS_A_DECRYPT_ERROR;
	case GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS:
	case GNUTLS_E_TOO_MANY_EMPTY_PACKETS:
	case GNUTLS_E_REAUTH_REQUEST:
	case GNUTLS_E_UNEXPECTED_HANDSHAKE_PACKET:
	case GNUTLS_E_GOT_APPLICATION_DATA:
		return GNUTLS_A_UNEXPECTED_MESSAGE;
	case GNUTLS_E_USER_ERROR: /* the library's is user_canceled, which ends nothing in TLS 1.3 (RFC 8446, 6.1) */
		return GNUTLS_A_INTERNAL_ERROR;
	default:
		return gnutls_error_to_alert(error, &level);
	}
}

/* The library sends no alert by itself. */
static void
send_alert(otls_engine_connection *conn, int alert, otls_report *report)
{
	if (conn->alert_sent < 0 &&
	    gnutls_alert_send(conn->session, GNUTLS_AL_FATAL, (gnutls_alert_description_t)alert) == 0)
		conn->alert_sent = alert;
	report->alert = conn->alert_sent;
	report->alert_sent = conn->alert_sent >= 0;
}

/* peers_fault: the code for what is neither an alert nor ours. */
static otls_status
fail(otls_engine_connection *conn, int error, const char *function, otls_code peers_fault, otls_report *report)
{
	if (error == GNUTLS_E_FATAL_ALERT_RECEIVED || error == GNUTLS_E_SESSION_EOF) {
		report->alert = (int)gnutls_alert_get(conn->session);
		return gtls_fail(report, OTLS_E_ALERT_RECEIVED, function, error);
	}
	if (is_transport(conn, error))
		return gtls_fail(report, error == GNUTLS_E_PUSH_ERROR ? OTLS_E_BACKEND : peers_fault, function, error);
	send_alert(conn, alert_for(conn, error), report);
	return gtls_fail(report, is_own_fault(error) ? OTLS_E_BACKEND : peers_fault, function, error);
}

/* == life == */

static unsigned
init_flags(const otls_engine_config *config)
{
	unsigned flags = GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL;

	flags |= config->role == OTLS_ROLE_SERVER ? GNUTLS_SERVER : GNUTLS_CLIENT;
	if (config->role == OTLS_ROLE_SERVER || config->post_handshake_auth)
		flags |= GNUTLS_POST_HANDSHAKE_AUTH;
	if (!config->sessions && config->ticket_count == 0)
		flags |= GNUTLS_NO_TICKETS;
	if (config->role == OTLS_ROLE_SERVER)
		flags |= GNUTLS_NO_AUTO_SEND_TICKET;
#if GTLS_HAS_NO_STATUS_REQUEST
	if (!config->request_status)
		flags |= GNUTLS_NO_STATUS_REQUEST;
#endif
	return flags;
}

static int
set_alpn(otls_engine_connection *conn)
{
	unsigned flags = conn->ctx->config->role == OTLS_ROLE_SERVER ? GNUTLS_ALPN_MANDATORY : 0;
	gnutls_datum_t names[GTLS_ALPN_COUNT_MAX];
	const uint8_t *at = conn->setup->alpn.data;
	size_t left = conn->setup->alpn.len;
	unsigned count = 0;

	while (left > 0) {
		if (count == GTLS_ALPN_COUNT_MAX || at[0] >= left)
			return GNUTLS_E_INVALID_REQUEST;
		names[count++] = gtls_datum(at + 1, at[0]);
		left -= 1 + (size_t)at[0];
		at += 1 + (size_t)at[0];
	}
	return count > 0 ? gnutls_alpn_set_protocols(conn->session, names, count, flags) : 0;
}

static void
set_client_auth(otls_engine_connection *conn, otls_client_auth auth)
{
	conn->auth = auth;
	switch (auth) {
	case OTLS_CLIENT_AUTH_NONE:
		gnutls_certificate_server_set_request(conn->session, GNUTLS_CERT_IGNORE);
		break;
	case OTLS_CLIENT_AUTH_OPTIONAL:
		gnutls_certificate_server_set_request(conn->session, GNUTLS_CERT_REQUEST);
		break;
	case OTLS_CLIENT_AUTH_REQUIRED:
		gnutls_certificate_server_set_request(conn->session, GNUTLS_CERT_REQUIRE);
		break;
	}
	gnutls_certificate_send_x509_rdn_sequence(conn->session, conn->ctx->config->client_ca_count == 0);
}

static void
set_functions(otls_engine_connection *conn)
{
	gnutls_session_set_ptr(conn->session, conn);
	gnutls_transport_set_ptr(conn->session, conn);
	gnutls_transport_set_pull_function(conn->session, pull);
	gnutls_transport_set_push_function(conn->session, push);
	gnutls_session_set_keylog_function(conn->session, gtls_on_secret);
	gnutls_session_set_verify_function(conn->session, gtls_on_verify);
	gnutls_handshake_set_hook_function(conn->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH, gtls_on_message);
}

/* Answers the function that failed; NULL: none. */
static const char *
set_up(otls_engine_connection *conn, int *error)
{
	const otls_engine_config *config = conn->ctx->config;
	const char *name = conn->setup->server_name;

	set_functions(conn);
	gnutls_handshake_set_max_packet_length(conn->session, GTLS_HANDSHAKE_MAX);
	gnutls_dh_set_prime_bits(
	    conn->session, config->dh_bits > GTLS_DH_BITS_MIN ? config->dh_bits : GTLS_DH_BITS_MIN);
	if ((*error = gnutls_priority_set(conn->session, conn->ctx->priority)) < 0)
		return "gnutls_priority_set";
	*error = gnutls_credentials_set(conn->session, GNUTLS_CRD_CERTIFICATE, conn->ctx->credentials);
	if (*error < 0)
		return "gnutls_credentials_set";
	if ((*error = set_alpn(conn)) < 0)
		return "gnutls_alpn_set_protocols";
	if ((*error = gtls_set_session(conn)) < 0)
		return "gnutls_session_set_data";
	if (config->role == OTLS_ROLE_SERVER)
		set_client_auth(conn, config->client_auth);
	else
		gtls_ask_no_staple(conn);
	if (config->role == OTLS_ROLE_CLIENT && name != NULL && name[0] != '\0' &&
	    (*error = gnutls_server_name_set(conn->session, GNUTLS_NAME_DNS, name, strlen(name))) < 0)
		return "gnutls_server_name_set";
	if (config->max_fragment > 0 &&
	    (*error = (int)gnutls_record_set_max_size(conn->session, config->max_fragment)) < 0)
		return "gnutls_record_set_max_size";
	return NULL;
}

static otls_status
connection_init(otls_engine_connection *conn, otls_engine_context *ctx, const otls_engine_setup *setup,
    const otls_host_calls *calls, otls_host *host, otls_report *report)
{
	const char *function;
	int error;

	conn->ctx = ctx;
	conn->setup = setup;
	conn->calls = calls;
	conn->host = host;
	conn->refusal = -1;
	conn->alert_sent = -1;
	if ((error = gnutls_init(&conn->session, init_flags(ctx->config))) < 0) {
		conn->session = NULL;
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_init", error);
	}
	if ((function = set_up(conn, &error)) != NULL)
		return gtls_fail_as(report, OTLS_E_BACKEND, function, error);
	return OTLS_OK;
}

static void
connection_fini(otls_engine_connection *conn)
{
	if (conn->session != NULL)
		gnutls_deinit(conn->session);
	if (conn->choice != NULL)
		gnutls_priority_deinit(conn->choice);
	if (conn->remote != NULL)
		gnutls_privkey_deinit(conn->remote);
	conn->remote = NULL;
	gtls_identity_fini(&conn->chosen);
	gnutls_free(conn->staple.response.data);
	conn->staple.response.data = NULL;
	gnutls_memset(conn->finished, 0, sizeof(conn->finished));
	conn->session = NULL;
	conn->choice = NULL;
}

/* == handshake == */

static bool
is_without_certificate(const otls_engine_connection *conn, int error)
{
	return conn->ctx->config->role == OTLS_ROLE_SERVER && conn->auth == OTLS_CLIENT_AUTH_REQUIRED &&
	       (error == GNUTLS_E_NO_CERTIFICATE_FOUND || error == GNUTLS_E_CERTIFICATE_REQUIRED);
}

/* The library looks at key usage and encoding before it asks for the verdict, or without asking: core has the chain,
 * and its alert goes before the library's. */
static bool
is_about_chain(const otls_engine_connection *conn, int error)
{
	return conn->chain_told && !conn->chain_empty && !conn->judged && error != GNUTLS_E_FATAL_ALERT_RECEIVED &&
	       !is_transport(conn, error);
}

static otls_status
handshake_failed(otls_engine_connection *conn, int error, otls_report *report)
{
	if (is_about_chain(conn, error))
		(void)gtls_judge(conn);
	if (is_without_certificate(conn, error))
		return fail(conn, error, "gnutls_handshake", OTLS_E_VERIFY, report);
	return fail(conn, error, "gnutls_handshake", OTLS_E_HANDSHAKE, report);
}

/* The handshake is over for the library.  No peer gets in unjudged, whatever way the library took. */
static otls_status
handshake_done(otls_engine_connection *conn, otls_report *report)
{
	bool server = conn->ctx->config->role == OTLS_ROLE_SERVER;
	bool anonymous = server && (!conn->chain_told || conn->chain_empty);
	int error;

	conn->done = true;
	if (!server)
		gtls_session_made(conn);
	if (anonymous || conn->accepted || gnutls_session_is_resumed(conn->session) != 0) {
		error = gtls_send_tickets(conn);
		return error < 0 ? fail(conn, error, "gnutls_session_ticket_send", OTLS_E_BACKEND, report) : OTLS_OK;
	}
	send_alert(conn, GNUTLS_A_INTERNAL_ERROR, report);
	return gtls_refuse(report, OTLS_E_BACKEND, "gnutls_handshake", "the peer's certificate was not verified");
}

static otls_status
handshake(otls_engine_connection *conn, otls_report *report)
{
	turn now = begin(conn);
	int error;

	do
		error = gnutls_handshake(conn->session);
	while (go_on(conn, &now, error));
	if (error >= 0)
		return handshake_done(conn, report);
	if (is_blocked(conn, error))
		return OTLS_WANT_READ;
	return handshake_failed(conn, error, report);
}

/* == data == */

/* TLS 1.2 renegotiation is refused.  A client goes on after that.  A server cannot: the refused ClientHello stays in the
 * library's queue, where the next record trips over it; its alert is a fatal one. */
static bool
refuse_renegotiation(otls_engine_connection *conn)
{
	conn->calls->event(conn->host, OTLS_ENGINE_RENEGOTIATION_ASKED, 0);
	return conn->ctx->config->role == OTLS_ROLE_CLIENT &&
	       gnutls_alert_send(conn->session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION) == 0;
}

/* == certificates behind the handshake == */

/* A client answers, as soon as it has read the request. */
static int
answer(otls_engine_connection *conn)
{
	turn now = begin(conn);
	int error;

	do
		error = gnutls_reauth(conn->session, 0);
	while (go_on(conn, &now, error));
	return error < 0 ? error : GNUTLS_E_INTERRUPTED; /* now reading goes on */
}

/* A server that has asked takes what comes next to be the answer, unless it is data, which was on its way. */
static int
take_answer(otls_engine_connection *conn)
{
	int error = gnutls_reauth(conn->session, 0);

	if (error == GNUTLS_E_GOT_APPLICATION_DATA)
		return 0;
	if (error < 0)
		return error;
	conn->asking = false;
	conn->calls->event(conn->host, OTLS_ENGINE_CLIENT_ANSWERED, 0);
	return 0;
}

/* The library would go on to wait for the answer: it is kept from reading until it has sent the request. */
static otls_status
request_certificate(otls_engine_connection *conn, otls_client_auth auth, otls_report *report)
{
	int error;

	set_client_auth(conn, auth);
	conn->deaf = true;
	error = gnutls_reauth(conn->session, 0);
	conn->deaf = false;
	conn->asking = error == GNUTLS_E_AGAIN;
	return conn->asking ? OTLS_OK : fail(conn, error, "gnutls_reauth", OTLS_E_BACKEND, report);
}

static ssize_t
receive(otls_engine_connection *conn, void *buf, size_t cap)
{
	ssize_t got = 0;

	if (conn->asking && gnutls_record_check_pending(conn->session) == 0)
		got = take_answer(conn);
	if (got == 0)
		got = gnutls_record_recv(conn->session, buf, cap);
	if (got == GNUTLS_E_REAUTH_REQUEST)
		got = answer(conn);
	return got;
}

static otls_status
read_failed(otls_engine_connection *conn, int error, bool asked, otls_report *report)
{
	if (asked)
		return handshake_failed(conn, error, report);
	return fail(conn, error, "gnutls_record_recv", OTLS_E_RECORD, report);
}

static otls_status
connection_read(otls_engine_connection *conn, void *buf, size_t cap, size_t *len, otls_report *report)
{
	size_t room = cap < GTLS_RECORD_MAX ? cap : GTLS_RECORD_MAX;
	turn now = begin(conn);
	ssize_t got;

	*len = 0;
	do {
		got = receive(conn, buf, room);
		if (got == GNUTLS_E_REHANDSHAKE && refuse_renegotiation(conn))
			got = GNUTLS_E_INTERRUPTED;
	} while (go_on(conn, &now, (int)(got < 0 ? got : 0)));
	if (got > 0) {
		*len = (size_t)got;
		return OTLS_OK;
	}
	if (got == 0)
		return OTLS_EOF;
	if (is_blocked(conn, (int)got))
		return OTLS_WANT_READ;
	return read_failed(conn, (int)got, conn->asking, report);
}

static size_t
pending(const otls_engine_connection *conn)
{
	return conn->done ? gnutls_record_check_pending(conn->session) : 0;
}

static otls_status
connection_write(otls_engine_connection *conn, const void *buf, size_t len, otls_report *report)
{
	const uint8_t *data = buf;
	turn now = begin(conn);
	size_t sent = 0;

	while (sent < len) {
		ssize_t took = gnutls_record_send(conn->session, data + sent, len - sent);

		if (took > 0)
			sent += (size_t)took;
		else if (!go_on(conn, &now, (int)took))
			return fail(conn, (int)took, "gnutls_record_send", OTLS_E_BACKEND, report);
	}
	return OTLS_OK;
}

static otls_status
close_notify(otls_engine_connection *conn, otls_report *report)
{
	turn now = begin(conn);
	int error;

	do
		error = gnutls_bye(conn->session, GNUTLS_SHUT_WR);
	while (go_on(conn, &now, error));
	return error < 0 ? gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_bye", error) : OTLS_OK;
}

static otls_status
key_update(otls_engine_connection *conn, bool request_peer, otls_report *report)
{
	turn now = begin(conn);
	int error;

	do
		error = gnutls_session_key_update(conn->session, request_peer ? GNUTLS_KU_PEER : 0);
	while (go_on(conn, &now, error));
	return error < 0 ? gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_session_key_update", error) : OTLS_OK;
}

/* == what was negotiated == */

static uint16_t
version_of(gnutls_session_t session)
{
	switch (gnutls_protocol_get_version(session)) {
	case GNUTLS_TLS1_2:
		return 0x0303;
	case GNUTLS_TLS1_3:
		return 0x0304;
	default:
		return 0;
	}
}

static uint16_t
peer_scheme(const otls_engine_connection *conn)
{
	int sign = conn->ctx->config->role == OTLS_ROLE_CLIENT ? gnutls_sign_algorithm_get(conn->session)
							       : gnutls_sign_algorithm_get_client(conn->session);

	return conn->chain_told && !conn->chain_empty ? gtls_scheme_of((gnutls_sign_algorithm_t)sign) : 0;
}

/* Before a ServerHello there is nothing to tell, and 3.7 crashes when it is asked for a suite then. */
static void
info(const otls_engine_connection *conn, otls_engine_info *out)
{
	gnutls_datum_t name = { 0 };

	*out = (otls_engine_info){ .size = sizeof(*out), .suite = conn->suite };
	if (conn->suite == 0)
		return;
	out->version = version_of(conn->session);
	out->group = gtls_group_of(gnutls_group_get(conn->session));
	out->peer_scheme = peer_scheme(conn);
	out->resumed = conn->done && gnutls_session_is_resumed(conn->session) != 0;
	if (gnutls_alpn_get_selected_protocol(conn->session, &name) >= 0)
		out->alpn = (otls_bytes){ .data = name.data, .len = name.size };
}

static otls_status
export_key(
    otls_engine_connection *conn, const char *label, otls_bytes context, uint8_t *out, size_t len, otls_report *report)
{
	int error;

	error = gnutls_prf_rfc5705(conn->session, strlen(label), label, context.len,
	    context.data != NULL ? (const char *)context.data : NULL, len, (char *)out);
	return error < 0 ? gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_prf_rfc5705", error) : OTLS_OK;
}

static otls_status
finished(otls_engine_connection *conn, bool peer, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	*len = conn->finished_len[peer];
	if (*len == 0)
		return gtls_refuse(report, OTLS_E_BACKEND, "finished", "there was none yet");
	if (*len > cap)
		return gtls_refuse(report, OTLS_E_LIMIT, "finished", "the buffer is too small");
	memcpy(out, conn->finished[peer], *len);
	return OTLS_OK;
}

static otls_status
master_secret(otls_engine_connection *conn, uint8_t out[48], otls_report *report)
{
	gnutls_datum_t secret = { 0 };

	if (!conn->done || version_of(conn->session) != 0x0303)
		return gtls_refuse(report, OTLS_E_UNSUPPORTED, "master_secret", "TLS 1.2 alone has one");
	gnutls_session_get_master_secret(conn->session, &secret);
	if (secret.size != 48)
		return gtls_refuse(report, OTLS_E_BACKEND, "gnutls_session_get_master_secret", "not 48 bytes");
	memcpy(out, secret.data, 48);
	return OTLS_OK;
}

static otls_status
staple(otls_engine_connection *conn, otls_bytes response, otls_report *report)
{
	uint8_t *copy;

	if (response.len > UINT32_MAX || (copy = gnutls_malloc(response.len)) == NULL)
		return gtls_fail(report, OTLS_E_MEMORY, "staple", GNUTLS_E_MEMORY_ERROR);
	memcpy(copy, response.data, response.len);
	gnutls_free(conn->staple.response.data);
	conn->staple = (gnutls_ocsp_data_st){ .response = gtls_datum(copy, response.len) };
	return OTLS_OK;
}

const otls_engine otls__engine_gnutls = {
	.size = sizeof(otls_engine),
	.version = OTLS_ENGINE_VERSION,
	.name = "gnutls",
	.library = "GnuTLS",
	.context_size = sizeof(otls_engine_context),
	.connection_size = sizeof(otls_engine_connection),
	.key_size = sizeof(otls_engine_key),
	.init = gtls_init,
	.version_text = gtls_version_text,
	.version_number = gtls_version_number,
	.has = gtls_has,
	.limit = gtls_limit,
	.supports = gtls_supports,
	.verify_signature = gtls_verify_signature,
	.hash = gtls_hash,
	.hmac = gtls_hmac,
	.aead_seal = gtls_aead_seal,
	.aead_open = gtls_aead_open,
	.key_load = gtls_key_load,
	.key_spki = gtls_key_spki,
	.key_sign = gtls_key_sign,
	.key_fini = gtls_key_fini,
	.verify_digest = gtls_verify_digest,
	.key_remote = gtls_key_remote,
	.key_generate = gtls_key_generate,
	.context_init = gtls_context_init,
	.context_fini = gtls_context_fini,
	.verify_chain_native = gtls_verify_chain_native,
	.connection_init = connection_init,
	.connection_fini = connection_fini,
	.handshake = handshake,
	.read = connection_read,
	.pending = pending,
	.write = connection_write,
	.close_notify = close_notify,
	.info = info,
	.key_update = key_update,
	.request_certificate = request_certificate,
	.export_key = export_key,
	.finished = finished,
	.master_secret = master_secret,
	.session_export = gtls_session_export,
	.staple = staple,

	.pbkdf2 = gtls_pbkdf2,
	.cbc_decrypt = gtls_cbc_decrypt,
};
