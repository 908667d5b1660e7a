/* Connections: the library's handshake and records over core's two queues. */
#include "wolf.h"

#include <stdlib.h>
#include <string.h>

enum {
	ALERT_LEVEL_FATAL = 2,
	ALERT_CLOSE_NOTIFY = 0,
	ALERT_HANDSHAKE_FAILURE = 40,
	ALERT_ILLEGAL_PARAMETER = 47,
	ALERT_PROTOCOL_VERSION = 70,
	ALERT_INTERNAL_ERROR = 80
};
enum { RECORD_CHANGE_CIPHER_SPEC = 20, RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, RECORD_DATA = 23 };
enum { RECORD_HEADER_LEN = 5 };
enum {
	HANDSHAKE_SERVER_HELLO = 2,
	HANDSHAKE_SERVER_KEY_EXCHANGE = 12,
	HANDSHAKE_CERTIFICATE_REQUEST = 13,
	HANDSHAKE_CERTIFICATE_VERIFY = 15
};
enum { HANDSHAKE_HEADER_LEN = 4 };
enum { ALPN_CHOSEN = 0, ALPN_NONE = 3 }; /* what the library takes from its ALPN callback */

static bool
is_server(const otls_engine_connection *conn)
{
	return conn->ctx->config->role == OTLS_ROLE_SERVER;
}

/* == a client's certificate == */

/* The library settles whether it shows a certificate at the moment when it takes the CertificateRequest, by whether
 * it has one; its own callback comes later, and cannot say "none" in TLS 1.3.  So core is asked before. */
static bool
choose_identity(otls_engine_connection *conn, const otls_bytes *names, size_t name_count, const uint16_t *schemes,
    size_t scheme_count)
{
	const otls_engine_identity *identity = NULL;

	conn->choice_made = true;
	if (conn->calls->choose_identity(conn->host, names, name_count, schemes, scheme_count, &identity) != OTLS_OK)
		conn->choice_failed = true;
	else if (identity != NULL && !wolf_use_identity(conn->ssl, identity))
		conn->choice_failed = true;
	conn->identity = identity;
	return !conn->choice_failed;
}

/* In TLS 1.3 the library shows nobody the request: core is asked as soon as the request may be in the next record.  Of our
 * own schemes the library then takes one that the server knows. */
static bool
choose_before_request(otls_engine_connection *conn)
{
	const otls_engine_config *config = conn->ctx->config;

	if (is_server(conn) || !config->choose_identity || conn->choice_made ||
	    wolfSSL_get_current_cipher_suite(conn->ssl) >> 8 != 0x13)
		return true;
	return choose_identity(conn, NULL, 0, NULL, 0);
}

/* Splits what stands behind a length of size bytes from in. */
static bool
take_vector(otls_bytes *in, size_t size, otls_bytes *out)
{
	size_t len = 0;

	if (in->len < size)
		return false;
	for (size_t i = 0; i < size; i++)
		len = len << 8 | in->data[i];
	if (len > in->len - size)
		return false;
	*out = (otls_bytes){ in->data + size, len };
	in->data += size + len;
	in->len -= size + len;
	return true;
}

#define SCHEMES_MAX 64 /* of a request that core is told */

/* The names of a request, and how many they are; NULL: no memory. */
static otls_bytes *
split_names(otls_bytes list, size_t *count)
{
	otls_bytes *names = malloc((list.len / 2 + 1) * sizeof(*names)); /* 2 bytes each at least */

	*count = 0;
	while (names != NULL && take_vector(&list, 2, &names[*count]))
		++*count;
	return names;
}

/* RFC 5246, section 7.4.4: certificate types, signature algorithms, names. */
static void
choose_by_request(otls_engine_connection *conn, otls_bytes request)
{
	otls_bytes types = { NULL, 0 }, algorithms = { NULL, 0 }, list = { NULL, 0 };
	uint16_t schemes[SCHEMES_MAX];
	otls_bytes *names;
	size_t name_count = 0, scheme_count = 0;

	if (!take_vector(&request, 1, &types) || !take_vector(&request, 2, &algorithms) ||
	    !take_vector(&request, 2, &list))
		return; /* malformed: the library refuses it next */
	for (; algorithms.len >= 2 && scheme_count < SCHEMES_MAX; algorithms.data += 2, algorithms.len -= 2)
		schemes[scheme_count++] = (uint16_t)(algorithms.data[0] << 8 | algorithms.data[1]);
	if ((names = split_names(list, &name_count)) == NULL) {
		conn->choice_made = conn->choice_failed = true;
		return;
	}
	choose_identity(conn, names, name_count, schemes, scheme_count);
	free(names);
}

/* By what the peer signs, which 5.5 has no call for: CertificateVerify begins with it; in a ServerKeyExchange the curve and
 * the point stand before it (RFC 5246, sections 7.4.3 and 7.4.8; RFC 8422, section 5.4). */
static void
note_scheme(otls_engine_connection *conn, otls_bytes message, bool key_exchange)
{
	const otls_engine_config *config = conn->ctx->config;
	enum { NAMED_CURVE_LEN = 3 };
	otls_bytes point;

	if (key_exchange && message.len >= NAMED_CURVE_LEN) {
		message = (otls_bytes){ message.data + NAMED_CURVE_LEN, message.len - NAMED_CURVE_LEN };
		if (!take_vector(&message, 1, &point))
			return;
	}
	if (message.len < 2)
		return;
	conn->peer_scheme = (uint16_t)(message.data[0] << 8 | message.data[1]);
	conn->bad_scheme = true;
	for (size_t i = 0; i < config->scheme_count; i++)
		if (config->schemes[i] == conn->peer_scheme)
			conn->bad_scheme = false;
}

/* TLS 1.2: the library shows each message before it acts on it. */
static void
see_message(int outbound, int version, int type, const void *data, size_t len, WOLFSSL *ssl, void *arg)
{
	otls_engine_connection *conn = arg;
	const uint8_t *message = data;
	otls_bytes body;

	(void)version;
	(void)ssl;
	if (outbound || type != RECORD_HANDSHAKE || len < HANDSHAKE_HEADER_LEN)
		return;
	body = (otls_bytes){ message + HANDSHAKE_HEADER_LEN, len - HANDSHAKE_HEADER_LEN };
	switch (message[0]) {
	case HANDSHAKE_SERVER_HELLO:
		wolf_on_server_hello(conn);
		break;
	case HANDSHAKE_CERTIFICATE_REQUEST:
		if (!conn->choice_made && conn->ctx->config->choose_identity)
			choose_by_request(conn, body);
		break;
	case HANDSHAKE_SERVER_KEY_EXCHANGE:
	case HANDSHAKE_CERTIFICATE_VERIFY:
		note_scheme(conn, body, message[0] == HANDSHAKE_SERVER_KEY_EXCHANGE);
		break;
	default:
		break;
	}
}

/* == what the library calls == */

/* Never answers 0: the library would call again for ever. */
int
wolf_recv(WOLFSSL *ssl, char *buf, int cap, void *arg)
{
	otls_engine_connection *conn = arg;
	size_t len = 0;

	(void)ssl;
	if (cap <= 0 || !choose_before_request(conn))
		return WOLFSSL_CBIO_ERR_GENERAL;
	conn->recv_said = wolf_look_ahead(conn);
	if (conn->recv_said == OTLS_OK && (len = wolf_take_ahead(conn, buf, (size_t)cap)) == 0)
		conn->recv_said = conn->calls->recv(conn->host, buf, (size_t)cap, &len);
	switch (conn->recv_said) {
	case OTLS_OK:
		return len > 0 ? (int)len : WOLFSSL_CBIO_ERR_GENERAL;
	case OTLS_WANT_READ:
		return WOLFSSL_CBIO_ERR_WANT_READ;
	case OTLS_EOF:
		return WOLFSSL_CBIO_ERR_CONN_CLOSE;
	default:
		return WOLFSSL_CBIO_ERR_CONN_RST;
	}
}

/* In TLS 1.2 the library holds neither the server nor the client to the groups that were set: without one in common
 * it takes P-256.  By the time that handshake messages follow the hellos, it tells which one it is. */
static bool
group_is_forbidden(const otls_engine_connection *conn)
{
	bool own = conn->setup->groups != NULL;
	const uint16_t *groups = own ? conn->setup->groups : conn->ctx->config->groups;
	size_t count = own ? conn->setup->group_count : conn->ctx->config->group_count;
	int suite = wolfSSL_get_current_cipher_suite(conn->ssl);
	uint16_t group;

	if (conn->ready || conn->send_encrypted || suite <= 0 || wolfSSL_version(conn->ssl) != 0x0303 ||
	    wolfSSL_session_reused(conn->ssl) != 0)
		return false;
	group = wolf_group_by_name(wolfSSL_get_curve_name(conn->ssl));
	for (size_t i = 0; i < count; i++) {
		if (groups[i] == group)
			return false;
	}
	return true;
}

/* What is sent in one go is one or more whole records. */
static void
note_encryption(otls_engine_connection *conn, const uint8_t *records, size_t len)
{
	size_t at = 0;

	while (!conn->send_encrypted && at + RECORD_HEADER_LEN <= len) {
		conn->send_encrypted = records[at] == RECORD_CHANGE_CIPHER_SPEC || records[at] == RECORD_DATA;
		at += RECORD_HEADER_LEN + ((size_t)records[at + 3] << 8 | records[at + 4]);
	}
}

int
wolf_send(WOLFSSL *ssl, char *buf, int len, void *arg)
{
	otls_engine_connection *conn = arg;

	(void)ssl;
	if (len <= 0 || (conn->choice_failed && buf[0] == RECORD_HANDSHAKE))
		return WOLFSSL_CBIO_ERR_GENERAL;
	if (conn->bad_scheme && !conn->ready && buf[0] != RECORD_ALERT)
		return WOLFSSL_CBIO_ERR_GENERAL; /* the library takes any that it knows */
	if (group_is_forbidden(conn) && buf[0] == RECORD_HANDSHAKE) {
		conn->bad_group = true;
		return WOLFSSL_CBIO_ERR_GENERAL;
	}
	note_encryption(conn, (const uint8_t *)buf, (size_t)len);
	if (conn->calls->send(conn->host, buf, (size_t)len) != OTLS_OK) {
		conn->send_failed = true;
		return WOLFSSL_CBIO_ERR_GENERAL;
	}
	return len;
}

static void
tell_chain(otls_engine_connection *conn, const WOLFSSL_BUFFER_INFO *certs, int count)
{
	otls_bytes chain[WOLF_CHAIN_MAX];
	size_t n = count < 0 ? 0 : (size_t)count;

	if (n > WOLF_CHAIN_MAX)
		n = WOLF_CHAIN_MAX;
	for (size_t i = 0; i < n; i++)
		chain[i] = (otls_bytes){ certs[i].buffer, certs[i].length };
	conn->chain_told = true;
	conn->chain_empty = n == 0;
	conn->calls->peer_chain(conn->host, chain, n);
}

/* Called for every certificate, the leaf last, in 5.9 the leaf twice: core is asked at the leaf, and its answer is
 * the same each time.  With no certificates, certs points nowhere, and the mode decides. */
int
wolf_judge_peer(int preverify, WOLFSSL_X509_STORE_CTX *store)
{
	otls_engine_connection *conn = store->userCtx;
	int alert = -1;

	(void)preverify;
	/* After the handshake it would be a renegotiation, which builds with all of it start when they are asked to. */
	if (conn == NULL || conn->ready)
		return 0;
	if (!conn->chain_told)
		tell_chain(conn, store->certs, store->totalCerts);
	if (conn->chain_empty || store->error_depth > 0)
		return 1;
	conn->judged = conn->calls->verify_peer(conn->host, &alert) == OTLS_OK;
	return conn->judged;
}

const otls_engine_key *
wolf_own_key(WOLFSSL *ssl)
{
	const otls_engine_connection *conn = wolfSSL_GetIOReadCtx(ssl);

	return conn->identity != NULL ? conn->identity->key : NULL;
}

otls_status
wolf_host_sign(WOLFSSL *ssl, uint16_t scheme, otls_bytes tbs, uint8_t *out, size_t cap, size_t *len)
{
	otls_engine_connection *conn = wolfSSL_GetIOReadCtx(ssl);
	otls_status status = conn->calls->sign(conn->host, conn->identity->key->signer, scheme, tbs, out, cap, len);

	conn->sign_failed = status != OTLS_OK;
	return status;
}

int
wolf_choose_alpn(WOLFSSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
    unsigned int in_len, void *arg)
{
	const otls_engine_connection *conn = wolfSSL_GetIOReadCtx(ssl);
	otls_bytes alpn = conn->setup->alpn;

	(void)in;
	(void)in_len;
	(void)arg;
	if (alpn.len < 2)
		return ALPN_NONE;
	*out = alpn.data + 1;
	*out_len = alpn.data[0];
	return ALPN_CHOSEN;
}

/* Which alert went over the wire, as the library remembers it. */
static void
report_alert(otls_engine_connection *conn, int error, otls_report *report)
{
	WOLFSSL_ALERT_HISTORY history;

	memset(&history, 0, sizeof(history));
	if (wolfSSL_get_alert_history(conn->ssl, &history) != WOLFSSL_SUCCESS)
		return;
	if (error == FATAL_ERROR && history.last_rx.code > ALERT_CLOSE_NOTIFY) {
		report->alert = history.last_rx.code;
		report->alert_sent = false;
	} else if (history.last_tx.level == ALERT_LEVEL_FATAL && history.last_tx.code > ALERT_CLOSE_NOTIFY) {
		report->alert = history.last_tx.code;
		report->alert_sent = true;
	}
}

/* otherwise: what it is when the peer sent no alert, and nothing failed on our side of the wire. */
static otls_status
connection_failed(
    otls_engine_connection *conn, otls_code otherwise, const char *function, int error, otls_report *report)
{
	otls_code code = otherwise;

	report_alert(conn, error, report);
	if (report->alert > ALERT_CLOSE_NOTIFY && !report->alert_sent)
		code = OTLS_E_ALERT_RECEIVED;
	else if (conn->send_failed || error == MEMORY_E || error == RNG_FAILURE_E)
		code = OTLS_E_BACKEND;
	return wolf_fail(report, code, function, error);
}

/* Certificates that the library refused without asking us are still in its session: core wants to see them. */
static void
tell_refused_chain(otls_engine_connection *conn)
{
	WOLFSSL_X509_CHAIN *chain = wolfSSL_get_peer_chain(conn->ssl);
	WOLFSSL_BUFFER_INFO certs[WOLF_CHAIN_MAX];
	int count = chain == NULL ? 0 : wolfSSL_get_chain_count(chain);

	if (conn->chain_told || count <= 0)
		return;
	if (count > WOLF_CHAIN_MAX)
		count = WOLF_CHAIN_MAX;
	for (int i = 0; i < count; i++) {
		certs[i].buffer = wolfSSL_get_chain_cert(chain, i);
		certs[i].length = (unsigned int)wolfSSL_get_chain_length(chain, i);
	}
	tell_chain(conn, certs, count);
}

/* Whether an alert could go out as it is: in TLS 1.3 a client has its keys as soon as it has taken the ServerHello. */
static bool
sends_plainly(const otls_engine_connection *conn)
{
	bool tls13 = wolfSSL_get_current_cipher_suite(conn->ssl) >> 8 == 0x13;

	return !conn->send_encrypted && (is_server(conn) || !tls13);
}

static int
alert_for(otls_engine_connection *conn, int error)
{
	int alert = ALERT_HANDSHAKE_FAILURE;

	if (error == VERSION_ERROR)
		return ALERT_PROTOCOL_VERSION;
	if (conn->sign_failed || conn->choice_failed)
		return ALERT_INTERNAL_ERROR;
	if (conn->bad_group)
		return is_server(conn) ? ALERT_HANDSHAKE_FAILURE : ALERT_ILLEGAL_PARAMETER;
	if (conn->chain_told && !conn->chain_empty && !conn->judged)
		(void)conn->calls->verify_peer(conn->host, &alert);
	return alert > ALERT_CLOSE_NOTIFY && alert <= UINT8_MAX ? alert : ALERT_HANDSHAKE_FAILURE;
}

/* Some failures (no certificate where one is required, an unknown critical extension, too many certificates) the
 * library keeps to itself, and it has no call that sends an alert.  Where there are no keys yet, we need none. */
static void
send_missing_alert(otls_engine_connection *conn, int error, otls_report *report)
{
	uint8_t record[] = { RECORD_ALERT, 3, 3, 0, 2, ALERT_LEVEL_FATAL, 0 };
	bool transport_is_gone = conn->recv_said == OTLS_EOF || conn->recv_said == OTLS_ERROR || conn->send_failed;

	if (report->alert > ALERT_CLOSE_NOTIFY || transport_is_gone || !sends_plainly(conn))
		return;
	record[6] = (uint8_t)alert_for(conn, error);
	if (conn->calls->send(conn->host, record, sizeof(record)) != OTLS_OK)
		return;
	report->alert = record[6];
	report->alert_sent = true;
}

/* More certificates than it takes are, to the library, a message that is too large. */
static otls_code
handshake_code(bool nobody, int error)
{
	if (nobody)
		return OTLS_E_VERIFY;
	return error == HANDSHAKE_SIZE_ERROR || error == MAX_CHAIN_ERROR ? OTLS_E_LIMIT : OTLS_E_HANDSHAKE;
}

static otls_status
handshake_failed(otls_engine_connection *conn, const char *function, int error, otls_report *report)
{
	bool required = is_server(conn) && conn->ctx->config->client_auth == OTLS_CLIENT_AUTH_REQUIRED;
	bool nobody = required && (error == NO_PEER_CERT || conn->chain_empty);

	tell_refused_chain(conn);
	if (conn->choice_failed)
		wolf_refuse(report, OTLS_E_BACKEND, function, "no identity for the request");
	else if (conn->bad_scheme)
		wolf_refuse(report, OTLS_E_HANDSHAKE, function, "signed by a scheme that is not allowed");
	else if (conn->bad_group)
		wolf_refuse(report, OTLS_E_HANDSHAKE, function, "no group in common");
	else
		connection_failed(conn, handshake_code(nobody, error), function, error, report);
	send_missing_alert(conn, error, report);
	return OTLS_ERROR;
}

/* == life == */

/* The library joins the names with commas, so that one with a comma, or a NUL, would not be sent as it is. */
static bool
alpn_can_be_sent(otls_bytes alpn)
{
	size_t len;

	for (size_t at = 0; at < alpn.len; at += 1 + len) {
		len = alpn.data[at];
		if (len == 0 || len > alpn.len - at - 1 || memchr(alpn.data + at + 1, ',', len) != NULL ||
		    memchr(alpn.data + at + 1, '\0', len) != NULL)
			return false;
	}
	return true;
}

/* Sends renegotiation_info (RFC 5746), without which servers of TLS 1.2 may refuse a client, and which a suite list
 * of one's own keeps the library from sending by itself.  Nothing renegotiates all the same. */
static bool
announce_no_renegotiation(otls_engine_connection *conn)
{
#if WOLF_RENEGOTIATION_INFO
	if (conn->ctx->config->min_version < 0x0304)
		return wolfSSL_UseSecureRenegotiation(conn->ssl) == WOLFSSL_SUCCESS;
#endif
	(void)conn;
	return true;
}

static otls_status
set_up_client(otls_engine_connection *conn, otls_report *report)
{
	const char *name = conn->setup->server_name;
	otls_bytes alpn = conn->setup->alpn;

	if (name != NULL && name[0] != '\0' &&
	    wolfSSL_UseSNI(conn->ssl, WOLFSSL_SNI_HOST_NAME, name, (unsigned short)strlen(name)) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_UseSNI", 0);
	if (!announce_no_renegotiation(conn))
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_UseSecureRenegotiation", 0);
	if (!wolf_offer_session(conn))
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_set_session", 0);
	if (alpn.len == 0)
		return OTLS_OK;
	if (!alpn_can_be_sent(alpn))
		return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wolfSSL_set_alpn_protos", "comma or NUL in a name");
	/* 0 is its success where it follows OpenSSL, and 1 where it does not. */
	if (wolfSSL_set_alpn_protos(conn->ssl, alpn.data, (unsigned int)alpn.len) < 0)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_set_alpn_protos", 0);
	return OTLS_OK;
}

static otls_status
set_up_server(otls_engine_connection *conn, otls_report *report)
{
	const otls_engine_setup *setup = conn->setup;
	uint8_t list[2 * WOLF_SUITES_MAX];

	if (setup->group_count > 0 && wolf_connection_group(conn->ssl, setup->groups[0], report) != OTLS_OK)
		return OTLS_ERROR;
	if (setup->suites == NULL)
		return OTLS_OK;
	if (!wolf_suite_bytes(setup->suites, setup->suite_count, list))
		return wolf_refuse(report, OTLS_E_LIMIT, "wolfSSL_set_cipher_list_bytes", "too many suites");
	if (wolfSSL_set_cipher_list_bytes(conn->ssl, list, (int)(2 * setup->suite_count)) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_UNSUPPORTED, "wolfSSL_set_cipher_list_bytes", 0);
	if (wolfSSL_set1_sigalgs_list(conn->ssl, conn->ctx->sigalgs) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_set1_sigalgs_list", 0);
	return OTLS_OK;
}

static otls_status
connection_init(otls_engine_connection *conn, otls_engine_context *ctx, const otls_engine_setup *setup,
    const otls_host_calls *calls, otls_host *host, otls_report *report)
{
	conn->ctx = ctx;
	conn->setup = setup;
	conn->calls = calls;
	conn->host = host;
	conn->identity = ctx->config->identity;
	if ((conn->ssl = wolfSSL_new(ctx->ctx)) == NULL)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_new", MEMORY_E);
	wolfSSL_SetIOReadCtx(conn->ssl, conn);
	wolfSSL_SetIOWriteCtx(conn->ssl, conn);
	wolfSSL_SetCertCbCtx(conn->ssl, conn);
	wolfSSL_set_msg_callback(conn->ssl, see_message);
	wolfSSL_set_msg_callback_arg(conn->ssl, conn);
	wolfSSL_KeepArrays(conn->ssl); /* exporter and master secret are read after the handshake */
	return is_server(conn) ? set_up_server(conn, report) : set_up_client(conn, report);
}

static void
connection_fini(otls_engine_connection *conn)
{
	if (conn->ssl != NULL)
		wolfSSL_free(conn->ssl);
	free(conn->ahead);
	conn->ahead = NULL;
	conn->ssl = NULL;
}

/* == handshake == */

/* The library says "again" after a ticket or a key update too, with the transport ready: then go on at once. */
static bool
goes_on(const otls_engine_connection *conn, int error)
{
	return error == WOLFSSL_ERROR_WANT_READ && conn->recv_said == OTLS_OK;
}

/* Whether a peer got through whose certificate core was never asked about. */
static bool
slipped_through(otls_engine_connection *conn)
{
	const otls_engine_config *config = conn->ctx->config;
	WOLFSSL_X509_CHAIN *chain;

	if (conn->judged || wolfSSL_session_reused(conn->ssl) != 0)
		return false;
	/* Nothing was asked for, and nobody looks: the library (5.5) may show the chain of the session that was offered, and
	 * not taken. */
	if (is_server(conn) && config->client_auth == OTLS_CLIENT_AUTH_NONE)
		return false;
	if (!is_server(conn) || config->client_auth == OTLS_CLIENT_AUTH_REQUIRED)
		return true;
	chain = wolfSSL_get_peer_chain(conn->ssl);
	return chain != NULL && wolfSSL_get_chain_count(chain) > 0;
}

static otls_status
handshake(otls_engine_connection *conn, otls_report *report)
{
	const char *function = is_server(conn) ? "wolfSSL_accept" : "wolfSSL_connect";
	int ret, error;

	if (conn->ready)
		return OTLS_OK;
	wolf_thread_enters();
	for (;;) {
		conn->recv_said = OTLS_ERROR;
		ret = is_server(conn) ? wolfSSL_accept(conn->ssl) : wolfSSL_connect(conn->ssl);
		if (ret == WOLFSSL_SUCCESS)
			break;
		error = wolfSSL_get_error(conn->ssl, ret);
		if (error == WOLFSSL_ERROR_WANT_READ && conn->recv_said == OTLS_WANT_READ)
			return OTLS_WANT_READ;
		if (!goes_on(conn, error))
			return handshake_failed(conn, function, error, report);
	}
	if (slipped_through(conn))
		return handshake_failed(conn, function, NO_PEER_CERT, report);
	conn->ready = true;
	if (!is_server(conn))
		wolf_session_made(conn);
	return OTLS_OK;
}

static void
negotiated(const otls_engine_connection *conn, otls_engine_info *info)
{
	const unsigned char *name = NULL;
	unsigned int len = 0;
	int suite;

	/* Before the hellos have met, the library tells what it would like best. */
	if (conn->ssl == NULL || (suite = wolfSSL_get_current_cipher_suite(conn->ssl)) <= 0)
		return;
	info->version = (uint16_t)wolfSSL_version(conn->ssl);
	info->suite = (uint16_t)suite;
	if (conn->ready) /* before, P-256 stands in */
		info->group = wolf_group_by_name(wolfSSL_get_curve_name(conn->ssl));
	info->peer_scheme = conn->peer_scheme;
	wolfSSL_get0_alpn_selected(conn->ssl, &name, &len);
	info->alpn = (otls_bytes){ name, name == NULL ? 0 : len };
	info->resumed = conn->ready && wolfSSL_session_reused(conn->ssl) != 0;
}

/* == data == */

/* The library takes a lost transport for a proper end; only the alert itself is one. */
static bool
close_notify_came(otls_engine_connection *conn)
{
	WOLFSSL_ALERT_HISTORY history;

	memset(&history, 0, sizeof(history));
	return wolfSSL_get_alert_history(conn->ssl, &history) == WOLFSSL_SUCCESS && history.last_rx.level > 0 &&
	       history.last_rx.code == ALERT_CLOSE_NOTIFY;
}

static otls_status
read_data(otls_engine_connection *conn, void *buf, size_t cap, size_t *len, otls_report *report)
{
	int want = cap < 16384 ? (int)cap : 16384;
	int ret, error;

	while (!conn->closed) {
		conn->recv_said = OTLS_ERROR;
		ret = wolfSSL_read(conn->ssl, buf, want);
		if (ret > 0) {
			*len = (size_t)ret;
			return OTLS_OK;
		}
		error = wolfSSL_get_error(conn->ssl, ret);
		if (error == WOLFSSL_ERROR_WANT_READ && conn->recv_said == OTLS_WANT_READ)
			return OTLS_WANT_READ;
		if (error == WOLFSSL_ERROR_ZERO_RETURN && close_notify_came(conn))
			conn->closed = true;
		else if (!goes_on(conn, error))
			return connection_failed(conn, OTLS_E_RECORD, "wolfSSL_read", error, report);
	}
	return OTLS_EOF;
}

static size_t
pending(const otls_engine_connection *conn)
{
	int count = wolfSSL_pending(conn->ssl);

	return count > 0 ? (size_t)count : 0;
}

static otls_status
write_data(otls_engine_connection *conn, const void *buf, size_t len, otls_report *report)
{
	const uint8_t *at = buf;
	int ret;

	for (; len > 0; at += ret, len -= (size_t)ret) {
		ret = wolfSSL_write(conn->ssl, at, (int)len);
		if (ret <= 0)
			return connection_failed(
			    conn, OTLS_E_BACKEND, "wolfSSL_write", wolfSSL_get_error(conn->ssl, ret), report);
	}
	return OTLS_OK;
}

/* With both directions closed the library would wipe the connection, and start a new handshake on the next write;
 * so it is made to forget what it has received. */
static otls_status
send_close(otls_engine_connection *conn, otls_report *report)
{
	int ret;

	wolfSSL_set_shutdown(conn->ssl, 0);
	ret = wolfSSL_shutdown(conn->ssl);
	if (ret < 0 || conn->send_failed)
		return connection_failed(
		    conn, OTLS_E_BACKEND, "wolfSSL_shutdown", wolfSSL_get_error(conn->ssl, ret), report);
	return OTLS_OK;
}

/* == the rest == */

/* The library decides by itself whether the peer is asked to answer with an update of its own. */
static otls_status
key_update(otls_engine_connection *conn, bool request_peer, otls_report *report)
{
	int ret = wolfSSL_update_keys(conn->ssl);

	(void)request_peer;
	if (ret != WOLFSSL_SUCCESS)
		return connection_failed(
		    conn, OTLS_E_BACKEND, "wolfSSL_update_keys", wolfSSL_get_error(conn->ssl, ret), report);
	return OTLS_OK;
}

#if WOLF_EXPORTER
static otls_status
export_key(
    otls_engine_connection *conn, const char *label, otls_bytes context, uint8_t *out, size_t len, otls_report *report)
{
	if (wolfSSL_export_keying_material(conn->ssl, out, len, label, strlen(label), context.data, context.len,
		context.data != NULL) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_export_keying_material", 0);
	return OTLS_OK;
}
#endif

static otls_status
finished(otls_engine_connection *conn, bool peer, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	uint8_t message[OTLS_HASH_MAX];
	size_t got = peer ? wolfSSL_get_peer_finished(conn->ssl, message, sizeof(message))
			  : wolfSSL_get_finished(conn->ssl, message, sizeof(message));

	if (got == 0 || got > sizeof(message))
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_get_finished", 0);
	*len = got;
	if (got > cap)
		return wolf_refuse(report, OTLS_E_LIMIT, "wolfSSL_get_finished", "no room for it");
	memcpy(out, message, got);
	return OTLS_OK;
}

static otls_status
master_secret(otls_engine_connection *conn, uint8_t out[48], otls_report *report)
{
	unsigned char *secret = NULL, *server_random = NULL, *client_random = NULL;
	unsigned int len = 0, server_len = 0, client_len = 0;

	/* What TLS 1.3 has there is something else on every library. */
	if (wolfSSL_version(conn->ssl) != 0x0303)
		return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wolfSSL_get_keys", "TLS 1.3 has no master secret");
	if (wolfSSL_get_keys(conn->ssl, &secret, &len, &server_random, &server_len, &client_random, &client_len) !=
		WOLFSSL_SUCCESS ||
	    len != 48)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_get_keys", 0);
	memcpy(out, secret, 48);
	return OTLS_OK;
}

const otls_engine otls__engine_wolfssl = {
	.size = sizeof(otls_engine),
	.version = OTLS_ENGINE_VERSION,
	.name = "wolfssl",
	.library = "wolfSSL",
	.context_size = sizeof(otls_engine_context),
	.connection_size = sizeof(otls_engine_connection),
	.key_size = sizeof(otls_engine_key),

	.init = wolf_init,
	.version_text = wolf_version_text,
	.version_number = wolf_version_number,
	.has = wolf_has,
	.limit = wolf_limit,
	.supports = wolf_supports,

	.verify_signature = wolf_verify_signature,
	.hash = wolf_hash,
	.hmac = wolf_hmac,
	.aead_seal = wolf_aead_seal,
	.aead_open = wolf_aead_open,

	.key_load = wolf_key_load,
	.key_spki = wolf_key_spki,
	.key_sign = wolf_key_sign,
	.key_fini = wolf_key_fini,
	.key_generate = wolf_key_generate,
	.verify_digest = WOLF_REMOTE_KEY ? wolf_verify_digest : NULL,
	.key_remote = WOLF_REMOTE_KEY ? wolf_key_remote : NULL,

	.context_init = wolf_context_init,
	.context_fini = wolf_context_fini,
	.verify_chain_native = wolf_verify_chain_native,

	.connection_init = connection_init,
	.connection_fini = connection_fini,
	.handshake = handshake,
	.read = read_data,
	.pending = pending,
	.write = write_data,
	.close_notify = send_close,
	.info = negotiated,

	.key_update = key_update,
#if WOLF_EXPORTER
	.export_key = export_key,
#endif
	.finished = finished,
	.master_secret = master_secret,
	.session_export = wolf_session_export,

	.pbkdf2 = wolf_pbkdf2,
	.cbc_decrypt = wolf_cbc_decrypt,
};
