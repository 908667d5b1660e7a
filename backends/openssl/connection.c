/* Connections, and the engine's table. */
#include "ossl.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* == transport: a BIO whose two ends are the host's recv and send == */

static BIO_METHOD *transport; /* made once: it takes one of the process's type numbers, and must outlive every BIO */

static int
transport_read(BIO *bio, char *buf, int cap)
{
	otls_engine_connection *conn = BIO_get_data(bio);
	size_t len = 0;

	BIO_clear_retry_flags(bio);
	if (cap <= 0)
		return 0;
	conn->received = conn->calls->recv(conn->host, buf, (size_t)cap, &len);
	if (conn->received == OTLS_OK)
		return (int)len;
	if (conn->received == OTLS_WANT_READ)
		BIO_set_retry_read(bio);
	return conn->received == OTLS_EOF ? 0 : -1;
}

static int
transport_write(BIO *bio, const char *buf, int len)
{
	otls_engine_connection *conn = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (len <= 0)
		return 0;
	return conn->calls->send(conn->host, buf, (size_t)len) == OTLS_OK ? len : -1;
}

static long
transport_ctrl(BIO *bio, int command, long number, void *pointer)
{
	const otls_engine_connection *conn = BIO_get_data(bio);

	(void)number, (void)pointer;
	if (command == BIO_CTRL_FLUSH)
		return 1;
	return command == BIO_CTRL_EOF && conn->received == OTLS_EOF;
}

bool
ossl_bio_init(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "OmniTLS transport");

	if (method == NULL)
		return false;
	if (BIO_meth_set_read(method, transport_read) == 1 && BIO_meth_set_write(method, transport_write) == 1 &&
	    BIO_meth_set_ctrl(method, transport_ctrl) == 1) {
		transport = method;
		return true;
	}
	BIO_meth_free(method);
	return false;
}

static bool
attach_transport(otls_engine_connection *conn)
{
	BIO *bio = BIO_new(transport);

	if (bio == NULL)
		return false;
	BIO_set_data(bio, conn);
	BIO_set_init(bio, 1);
	SSL_set_bio(conn->ssl, bio, bio); /* one reference serves both ways */
	return true;
}

/* == messages that pass == */

/* Takes a vector behind its length of width bytes off the front. */
static bool
take_vector(otls_bytes *from, size_t width, otls_bytes *vector)
{
	size_t len = 0;

	if (from->len < width)
		return false;
	for (size_t i = 0; i < width; i++)
		len = len << 8 | from->data[i];
	if (from->len - width < len)
		return false;
	*vector = (otls_bytes){ .data = from->data + width, .len = len };
	from->data += width + len;
	from->len -= width + len;
	return true;
}

/* The body of a Certificate message: RFC 5246 section 7.4.2, RFC 8446 section 4.4.2.  chain NULL: counts only. */
static bool
parse_certificates(otls_bytes body, bool tls13, otls_bytes *chain, size_t *n)
{
	otls_bytes list = { .len = 0 };
	otls_bytes skipped = { .len = 0 };
	otls_bytes one = { .len = 0 };

	*n = 0;
	if (tls13 && !take_vector(&body, 1, &skipped)) /* certificate_request_context */
		return false;
	if (!take_vector(&body, 3, &list) || body.len != 0)
		return false;
	while (list.len > 0) {
		if (!take_vector(&list, 3, &one) || (tls13 && !take_vector(&list, 2, &skipped)))
			return false;
		if (chain != NULL)
			chain[*n] = one;
		++*n;
	}
	return true;
}

/* The library is about to parse these certificates and would hand them on re-encoded.  A message that is malformed
 * tells nothing: the library refuses it by itself. */
static void
tell_chain(otls_engine_connection *conn, otls_bytes body)
{
	bool tls13 = SSL_version(conn->ssl) == TLS1_3_VERSION;
	otls_bytes *chain = NULL;
	size_t n = 0;

	conn->chain_told = false;
	if (!parse_certificates(body, tls13, NULL, &n))
		return;
	chain = OPENSSL_malloc((n + 1) * sizeof(*chain));
	if (chain == NULL)
		return;
	(void)parse_certificates(body, tls13, chain, &n);
	conn->calls->peer_chain(conn->host, chain, n);
	conn->chain_told = true;
	OPENSSL_free(chain);
	ERR_clear_error();
}

static void
on_handshake_message(otls_engine_connection *conn, bool inbound, const uint8_t *message, size_t len)
{
	conn->calls->observe(conn->host, inbound, message, len);
	if (!inbound)
		return;
	if (message[0] == SSL3_MT_CERTIFICATE)
		tell_chain(conn, (otls_bytes){ .data = message + 4, .len = len - 4 });
	if (message[0] == SSL3_MT_FINISHED && SSL_is_server(conn->ssl))
		conn->calls->event(conn->host, OTLS_ENGINE_CLIENT_ANSWERED, 0);
	if (message[0] == SSL3_MT_KEY_UPDATE && len == 5)
		conn->calls->event(conn->host, OTLS_ENGINE_KEY_UPDATE_RECEIVED, message[4]);
}

/* The warning no_renegotiation is how the library answers an attempt to renegotiate. */
static void
on_alert(otls_engine_connection *conn, bool inbound, int level, int alert)
{
	if (!inbound && level == SSL3_AL_FATAL)
		conn->alert_sent = alert;
	if (!inbound && alert == SSL_AD_NO_RENEGOTIATION)
		conn->calls->event(conn->host, OTLS_ENGINE_RENEGOTIATION_ASKED, 0);
	if (inbound && level == SSL3_AL_WARNING && alert != SSL_AD_CLOSE_NOTIFY)
		conn->calls->event(conn->host, OTLS_ENGINE_WARNING_ALERT, alert);
}

void
ossl_on_message(int outbound, int version, int type, const void *data, size_t len, SSL *ssl, void *arg)
{
	otls_engine_connection *conn = arg;
	const uint8_t *bytes = data;

	(void)version, (void)ssl;
	if (type == SSL3_RT_HANDSHAKE && len >= 4)
		on_handshake_message(conn, outbound == 0, bytes, len);
	if (type == SSL3_RT_ALERT && len == 2)
		on_alert(conn, outbound == 0, bytes[0], bytes[1]);
}

/* == callbacks == */

static otls_bytes
staple_of(const otls_engine_connection *conn)
{
	const unsigned char *response = NULL;
	long len = SSL_get_tlsext_status_ocsp_resp(conn->ssl, &response);

	return (otls_bytes){ .data = response, .len = len > 0 ? (size_t)len : 0 };
}

/* The library chooses the alert by the error that its verifier reports. */
static int
error_of_alert(int alert)
{
	switch (alert) {
	case SSL_AD_UNKNOWN_CA:
		return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
	case SSL_AD_CERTIFICATE_EXPIRED:
		return X509_V_ERR_CERT_HAS_EXPIRED;
	case SSL_AD_CERTIFICATE_REVOKED:
		return X509_V_ERR_CERT_REVOKED;
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
		return X509_V_ERR_INVALID_PURPOSE;
	case SSL_AD_CERTIFICATE_UNKNOWN:
		return X509_V_ERR_CRL_PATH_VALIDATION_ERROR;
	case SSL_AD_DECRYPT_ERROR:
		return X509_V_ERR_CERT_SIGNATURE_FAILURE;
	case SSL_AD_HANDSHAKE_FAILURE:
		return X509_V_ERR_APPLICATION_VERIFICATION;
	case SSL_AD_INTERNAL_ERROR:
		return X509_V_ERR_UNSPECIFIED;
	default:
		return X509_V_ERR_HOSTNAME_MISMATCH; /* bad_certificate */
	}
}

/* In TLS 1.3 the staple is here already, and the hook can send alerts that the status callback cannot; one that is the
 * status callback's own is left to that.  Core gives the same answer twice. */
static bool
is_stapled_refusal(otls_engine_connection *conn, int *alert)
{
#if OSSL_HAS_OCSP
	if (!conn->config->request_status || SSL_is_server(conn->ssl) || SSL_version(conn->ssl) < TLS1_3_VERSION)
		return false;
	return conn->calls->peer_status(conn->host, staple_of(conn), alert) != OTLS_OK &&
	       *alert != SSL_AD_BAD_CERTIFICATE_STATUS_RESPONSE && *alert != SSL_AD_INTERNAL_ERROR;
#else
	(void)conn, (void)alert;
	return false;
#endif
}

int
ossl_on_verify(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	otls_engine_connection *conn = SSL_get_app_data(ssl);
	int alert = SSL_AD_INTERNAL_ERROR;
	bool good = false;

	(void)arg;
	good = conn->chain_told && conn->calls->verify_peer(conn->host, &alert) == OTLS_OK &&
	       !is_stapled_refusal(conn, &alert);
	ERR_clear_error(); /* of what core asked this engine meanwhile */
	X509_STORE_CTX_set_error(store, good ? X509_V_OK : error_of_alert(alert));
	return good;
}

/* The names of the CAs and the schemes that a server sent with its request. */
typedef struct request {
	otls_bytes *ca_names;
	size_t ca_count;
	uint16_t *schemes;
	size_t scheme_count;
} request;

static bool
read_ca_names(SSL *ssl, request *r)
{
	const STACK_OF(X509_NAME) *list = SSL_get0_peer_CA_list(ssl);
	int n = list != NULL ? sk_X509_NAME_num(list) : 0;

	r->ca_names = OPENSSL_zalloc(((size_t)n + 1) * sizeof(*r->ca_names));
	if (r->ca_names == NULL)
		return false;
	for (int i = 0; i < n; i++) {
		const unsigned char *der = NULL;
		size_t len = 0;

		if (X509_NAME_get0_der(sk_X509_NAME_value(list, i), &der, &len) != 1)
			return false;
		r->ca_names[r->ca_count++] = (otls_bytes){ .data = der, .len = len };
	}
	return true;
}

static bool
read_schemes(SSL *ssl, request *r)
{
	int n = SSL_get_sigalgs(ssl, -1, NULL, NULL, NULL, NULL, NULL);

	r->schemes = OPENSSL_zalloc(((size_t)n + 1) * sizeof(*r->schemes));
	if (r->schemes == NULL)
		return false;
	for (int i = 0; i < n; i++) {
		unsigned char low = 0;
		unsigned char high = 0;

		(void)SSL_get_sigalgs(ssl, i, NULL, NULL, NULL, &low, &high);
		r->schemes[r->scheme_count++] = (uint16_t)(high << 8 | low);
	}
	return true;
}

static bool
use_identity(otls_engine_connection *conn, const otls_engine_identity *identity)
{
	STACK_OF(X509) *rest = NULL;
	EVP_PKEY *pkey = NULL;
	X509 *leaf = NULL;
	bool ok = false;

	SSL_certs_clear(conn->ssl);
	if (identity == NULL)
		return true;
	if (!ossl_parse_chain(identity, &leaf, &rest))
		return false;
	pkey = identity->key->signer == NULL ? ossl_key_for(leaf, identity->key->pkey)
					     : ossl_remote_key(identity->key, conn);
	ok = pkey != NULL && SSL_use_cert_and_key(conn->ssl, leaf, pkey, rest, 1) == 1;
	EVP_PKEY_free(pkey);
	X509_free(leaf);
	sk_X509_pop_free(rest, X509_free);
	return ok;
}

/* 1 goes on, 0 fails, -1 makes the handshake stop with SSL_ERROR_WANT_X509_LOOKUP and ask again. */
int
ossl_on_identity(SSL *ssl, void *arg)
{
	otls_engine_connection *conn = SSL_get_app_data(ssl);
	const otls_engine_identity *identity = NULL;
	otls_status status = OTLS_ERROR;
	request r = { .ca_count = 0 };

	(void)arg;
	if (read_ca_names(ssl, &r) && read_schemes(ssl, &r)) {
		status = conn->calls->choose_identity(
		    conn->host, r.ca_names, r.ca_count, r.schemes, r.scheme_count, &identity);
		ERR_clear_error();
	}
	OPENSSL_free(r.ca_names);
	OPENSSL_free(r.schemes);
	if (status == OTLS_WANT_CALLBACK)
		return -1;
	return status == OTLS_OK && use_identity(conn, identity);
}

/* Core has chosen before this connection existed. */
int
ossl_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *offered,
    unsigned int offered_len, void *arg)
{
	const otls_engine_connection *conn = SSL_get_app_data(ssl);

	(void)offered, (void)offered_len, (void)arg;
	if (conn->alpn.len < 2)
		return SSL_TLSEXT_ERR_NOACK;
	*out = conn->alpn.data + 1;
	*out_len = conn->alpn.data[0];
	return SSL_TLSEXT_ERR_OK;
}

/* A client is asked about every handshake that it requested a status for, with or without an answer. */
static int
judge_staple(otls_engine_connection *conn)
{
	int alert = SSL_AD_BAD_CERTIFICATE_STATUS_RESPONSE;
	otls_status status = conn->calls->peer_status(conn->host, staple_of(conn), &alert);

	ERR_clear_error();
	if (status == OTLS_OK)
		return 1;
	return alert == SSL_AD_INTERNAL_ERROR ? -1 : 0;
}

/* The library frees what it is given. */
static int
give_staple(otls_engine_connection *conn)
{
	uint8_t *copy = NULL;

	if (conn->staple == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	copy = OPENSSL_memdup(conn->staple, conn->staple_len);
	if (copy == NULL)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	(void)SSL_set_tlsext_status_ocsp_resp(conn->ssl, copy, (long)conn->staple_len);
	return SSL_TLSEXT_ERR_OK;
}

int
ossl_on_status(SSL *ssl, void *arg)
{
	otls_engine_connection *conn = SSL_get_app_data(ssl);

	(void)arg;
	return SSL_is_server(ssl) ? give_staple(conn) : judge_staple(conn);
}

void
ossl_on_secret(const SSL *ssl, const char *line)
{
	const otls_engine_connection *conn = SSL_get_app_data(ssl);

	conn->calls->keylog(conn->host, line);
}

/* == life == */

/* The library's macro wants bytes that may be written. */
static bool
set_server_name(SSL *ssl, const char *name)
{
	char copy[TLSEXT_MAXLEN_host_name + 1];
	int n = snprintf(copy, sizeof(copy), "%s", name);

	if (n == 0)
		return true;
	return n > 0 && (size_t)n < sizeof(copy) && SSL_set_tlsext_host_name(ssl, copy) == 1;
}

/* What could not be set; NULL: nothing. */
static const char *
set_up(otls_engine_connection *conn, const otls_engine_setup *setup)
{
	const otls_engine_identity *identity = conn->config->identity;

	SSL_set_msg_callback_arg(conn->ssl, conn);
	if (SSL_set_app_data(conn->ssl, conn) != 1 || !attach_transport(conn))
		return "transport";
	if (setup->suites != NULL && !ossl_connection_suites(conn->ssl, setup->suites, setup->suite_count))
		return "cipher suites";
	if (setup->groups != NULL && !ossl_connection_groups(conn->ssl, setup->groups, setup->group_count))
		return "groups";
	if (identity != NULL && identity->key->signer != NULL && !use_identity(conn, identity))
		return "certificate and remote key";
	if (conn->config->role == OTLS_ROLE_SERVER) {
		SSL_set_accept_state(conn->ssl);
		conn->alpn = setup->alpn;
		conn->resume = setup->resume;
		return NULL;
	}
	SSL_set_connect_state(conn->ssl);
	if (!set_server_name(conn->ssl, setup->server_name))
		return "server name";
	if (setup->session.len > 0 && !ossl_connection_session(conn->ssl, setup->session))
		return "session";
	if (setup->alpn.len > 0 && SSL_set_alpn_protos(conn->ssl, setup->alpn.data, (unsigned int)setup->alpn.len) != 0)
		return "application protocols";
	return NULL;
}

static otls_status
connection_init(otls_engine_connection *conn, otls_engine_context *ctx, const otls_engine_setup *setup,
    const otls_host_calls *calls, otls_host *host, otls_report *report)
{
	const char *missing = "connection";

	ossl_begin();
	conn->config = ctx->config;
	conn->calls = calls;
	conn->host = host;
	conn->alert_sent = -1;
	conn->ssl = SSL_new(ctx->ssl_ctx);
	if (conn->ssl != NULL)
		missing = set_up(conn, setup);
	if (missing != NULL)
		return ossl_fail_because(report, OTLS_E_BACKEND, "connection_init", missing);
	ERR_clear_error();
	return OTLS_OK;
}

static void
connection_fini(otls_engine_connection *conn)
{
	SSL_free(conn->ssl);
	OPENSSL_free(conn->staple);
	conn->ssl = NULL;
	conn->staple = NULL;
}

/* == errors == */

static void
begin(otls_engine_connection *conn)
{
	ossl_begin();
	conn->received = OTLS_OK;
}

/* peers: the code for what is the peer's doing.  An internal_error that went out is the library's, and so is what it
 * blames on the transport, which core knows better. */
static otls_status
fail(otls_engine_connection *conn, int why, otls_code peers, otls_report *report)
{
	ossl_findings found = ossl_drain(report);

	report->code = peers;
	if (found.alert >= 0) {
		report->code = OTLS_E_ALERT_RECEIVED;
		report->alert = found.alert;
		return OTLS_ERROR;
	}
	report->alert = conn->alert_sent;
	report->alert_sent = conn->alert_sent >= 0;
	if (found.no_certificate)
		report->code = OTLS_E_VERIFY;
	else if (why != SSL_ERROR_SSL || found.no_memory || conn->alert_sent == SSL_AD_INTERNAL_ERROR)
		report->code = OTLS_E_BACKEND;
	return OTLS_ERROR;
}

/* Whether "want read" is the library's own pause, behind a message that it dealt with, and not the transport's. */
static bool
goes_on(const otls_engine_connection *conn, int why)
{
	return why == SSL_ERROR_WANT_READ && conn->received != OTLS_WANT_READ;
}

/* == the protocol == */

static otls_status
handshake(otls_engine_connection *conn, otls_report *report)
{
	int why = SSL_ERROR_NONE;

	do {
		int rc = 0;

		begin(conn);
		rc = SSL_do_handshake(conn->ssl);
		if (rc == 1)
			return OTLS_OK;
		why = SSL_get_error(conn->ssl, rc);
	} while (goes_on(conn, why));
	if (why == SSL_ERROR_WANT_READ)
		return OTLS_WANT_READ;
	if (why == SSL_ERROR_WANT_X509_LOOKUP)
		return OTLS_WANT_CALLBACK;
	if (why == SSL_ERROR_ZERO_RETURN) {
		report->alert = SSL_AD_CLOSE_NOTIFY;
		return ossl_fail(report, OTLS_E_ALERT_RECEIVED);
	}
	return fail(conn, why, OTLS_E_HANDSHAKE, report);
}

static otls_status
read_data(otls_engine_connection *conn, void *buf, size_t cap, size_t *len, otls_report *report)
{
	int why = SSL_ERROR_NONE;

	do {
		*len = 0;
		begin(conn);
		if (SSL_read_ex(conn->ssl, buf, cap, len) == 1)
			return OTLS_OK;
		why = SSL_get_error(conn->ssl, 0);
	} while (goes_on(conn, why));
	if (why == SSL_ERROR_WANT_READ)
		return OTLS_WANT_READ;
	if (why == SSL_ERROR_ZERO_RETURN)
		return OTLS_EOF;
	return fail(conn, why, OTLS_E_RECORD, report);
}

static size_t
pending(const otls_engine_connection *conn)
{
	int n = SSL_pending(conn->ssl);

	return n > 0 ? (size_t)n : 0;
}

static otls_status
write_data(otls_engine_connection *conn, const void *buf, size_t len, otls_report *report)
{
	size_t written = 0;

	begin(conn);
	if (SSL_write_ex(conn->ssl, buf, len, &written) == 1 && written == len)
		return OTLS_OK;
	return fail(conn, SSL_get_error(conn->ssl, 0), OTLS_E_BACKEND, report);
}

/* Once: a second call would wait for the peer's, and die of data that comes before it. */
static otls_status
close_notify(otls_engine_connection *conn, otls_report *report)
{
	int rc = 0;

	begin(conn);
	rc = SSL_shutdown(conn->ssl);
	if (rc >= 0)
		return OTLS_OK;
	return fail(conn, SSL_get_error(conn->ssl, rc), OTLS_E_BACKEND, report);
}

/* == what was negotiated == */

static uint16_t
negotiated_group(SSL *ssl)
{
#if OSSL_HAS_NEGOTIATED_GROUP
	return ossl_group_of((int)SSL_get_negotiated_group(ssl));
#else
	(void)ssl;
	return 0;
#endif
}

static uint16_t
peer_scheme(SSL *ssl)
{
	SSL_SESSION *session = SSL_get_session(ssl);
	X509 *peer = session != NULL ? SSL_SESSION_get0_peer(session) : NULL;
	int hash = NID_undef;
	int type = NID_undef;

	if (peer == NULL || SSL_get_peer_signature_type_nid(ssl, &type) != 1)
		return 0;
	(void)SSL_get_peer_signature_nid(ssl, &hash); /* EdDSA has none */
	return ossl_scheme_of(type, hash, EVP_PKEY_base_id(X509_get0_pubkey(peer)));
}

/* Before a suite is known the library answers with what it would like. */
static void
info(const otls_engine_connection *conn, otls_engine_info *out)
{
	const SSL_CIPHER *suite = SSL_get_current_cipher(conn->ssl);
	const unsigned char *alpn = NULL;
	unsigned int alpn_len = 0;

	if (suite == NULL)
		suite = SSL_get_pending_cipher(conn->ssl);
	if (suite == NULL)
		return;
	SSL_get0_alpn_selected(conn->ssl, &alpn, &alpn_len);
	out->version = (uint16_t)SSL_version(conn->ssl);
	out->suite = SSL_CIPHER_get_protocol_id(suite);
	out->group = negotiated_group(conn->ssl);
	out->peer_scheme = peer_scheme(conn->ssl);
	out->alpn = (otls_bytes){ .data = alpn, .len = alpn_len };
	out->resumed = SSL_session_reused(conn->ssl) == 1;
}

/* == optional slots == */

static otls_status
key_update(otls_engine_connection *conn, bool request_peer, otls_report *report)
{
	int kind = request_peer ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
	int rc = 0;

	if (SSL_version(conn->ssl) != TLS1_3_VERSION)
		return ossl_fail_because(report, OTLS_E_UNSUPPORTED, "key_update", "TLS 1.3 only");
	begin(conn);
	rc = SSL_key_update(conn->ssl, kind);
	if (rc == 1)
		rc = SSL_do_handshake(conn->ssl); /* sends it now, not with the next write */
	return rc == 1 ? OTLS_OK : fail(conn, SSL_get_error(conn->ssl, rc), OTLS_E_BACKEND, report);
}

#if OSSL_HAS_TLS1_3
static otls_status
request_certificate(otls_engine_connection *conn, otls_client_auth auth, otls_report *report)
{
	int rc = 0;

	begin(conn);
	SSL_set_verify(conn->ssl, ossl_verify_mode(auth), NULL);
	if (SSL_verify_client_post_handshake(conn->ssl) != 1)
		return ossl_fail(report, OTLS_E_BACKEND);
	rc = SSL_do_handshake(conn->ssl); /* sends it, and leaves the answer to be read */
	return rc == 1 ? OTLS_OK : fail(conn, SSL_get_error(conn->ssl, rc), OTLS_E_BACKEND, report);
}
#endif

static otls_status
export_key(
    otls_engine_connection *conn, const char *label, otls_bytes context, uint8_t *out, size_t len, otls_report *report)
{
	ossl_begin();
	if (SSL_export_keying_material(
		conn->ssl, out, len, label, strlen(label), context.data, context.len, context.data != NULL) == 1)
		return OTLS_OK;
	return ossl_fail(report, OTLS_E_BACKEND);
}

static otls_status
finished(otls_engine_connection *conn, bool peer, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	*len = peer ? SSL_get_peer_finished(conn->ssl, out, cap) : SSL_get_finished(conn->ssl, out, cap);
	if (*len <= cap)
		return OTLS_OK;
	return ossl_fail_because(report, OTLS_E_LIMIT, "finished", "the buffer is too small");
}

static otls_status
master_secret(otls_engine_connection *conn, uint8_t out[48], otls_report *report)
{
	const SSL_SESSION *session = SSL_get_session(conn->ssl);

	if (SSL_version(conn->ssl) != TLS1_2_VERSION)
		return ossl_fail_because(report, OTLS_E_UNSUPPORTED, "master_secret", "TLS 1.2 only");
	if (session != NULL && SSL_SESSION_get_master_key(session, out, 48) == 48)
		return OTLS_OK;
	return ossl_fail_because(report, OTLS_E_BACKEND, "master_secret", "there is none");
}

static otls_status
staple(otls_engine_connection *conn, otls_bytes response, otls_report *report)
{
	uint8_t *copy = NULL;

	if (response.len > LONG_MAX)
		return ossl_fail_because(report, OTLS_E_LIMIT, "staple", "the response is too large");
	copy = OPENSSL_memdup(response.data, response.len);
	if (copy == NULL && response.len > 0)
		return ossl_fail_because(report, OTLS_E_BACKEND, "staple", "no memory");
	OPENSSL_free(conn->staple);
	conn->staple = copy;
	conn->staple_len = response.len;
	return OTLS_OK;
}

const otls_engine otls__engine_openssl = {
	.size = sizeof(otls_engine),
	.version = OTLS_ENGINE_VERSION,
	.name = "openssl",
	.library = "OpenSSL",
	.context_size = sizeof(otls_engine_context),
	.connection_size = sizeof(otls_engine_connection),
	.key_size = sizeof(otls_engine_key),

	.init = ossl_init,
	.version_text = ossl_version_text,
	.version_number = ossl_version_number,
	.has = ossl_has,
	.limit = ossl_limit,
	.supports = ossl_supports,

	.verify_signature = ossl_verify_signature,
	.hash = ossl_hash,
	.hmac = ossl_hmac,
	.aead_seal = ossl_aead_seal,
	.aead_open = ossl_aead_open,

	.key_load = ossl_key_load,
	.key_spki = ossl_key_spki,
	.key_sign = ossl_key_sign,
	.key_fini = ossl_key_fini,
	.key_generate = ossl_key_generate,
	.verify_digest = OSSL_HAS_PROVIDERS ? ossl_verify_digest : NULL,
	.key_remote = OSSL_HAS_PROVIDERS ? ossl_key_remote : NULL,

	.context_init = ossl_context_init,
	.context_fini = ossl_context_fini,
	.verify_chain_native = ossl_verify_chain_native,

	.connection_init = connection_init,
	.connection_fini = connection_fini,
	.handshake = handshake,
	.read = read_data,
	.pending = pending,
	.write = write_data,
	.close_notify = close_notify,
	.info = info,

	.key_update = OSSL_HAS_TLS1_3 ? key_update : NULL,
#if OSSL_HAS_TLS1_3
	.request_certificate = request_certificate,
#endif
	.export_key = export_key,
	.finished = finished,
	.master_secret = master_secret,
	.session_export = ossl_session_export,
	.staple = OSSL_HAS_OCSP ? staple : NULL,

	.pbkdf2 = ossl_pbkdf2,
	.cbc_decrypt = ossl_cbc_decrypt,
};
