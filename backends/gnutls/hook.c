/* What the library calls while it shakes hands: the messages as they pass, the verdict on the peer's chain, the choice
 * of a certificate, secrets for the log. */
#include "gtls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* == reading messages == */

/* A reader of length-prefixed bytes.  Reading past the end sets failed, and answers nothing from then on. */
typedef struct reader {
	const uint8_t *data;
	size_t len;
	bool failed;
} reader;

static otls_bytes
read_bytes(reader *r, size_t len)
{
	otls_bytes bytes = { .data = r->data, .len = len };

	if (r->failed || len > r->len) {
		r->failed = true;
		r->len = 0;
		return (otls_bytes){ 0 };
	}
	r->data += len;
	r->len -= len;
	return bytes;
}

static size_t
read_number(reader *r, size_t width)
{
	otls_bytes bytes = read_bytes(r, width);
	size_t value = 0;

	for (size_t i = 0; i < bytes.len; i++)
		value = value << 8 | bytes.data[i];
	return value;
}

static otls_bytes
read_vector(reader *r, size_t width)
{
	return read_bytes(r, read_number(r, width));
}

static reader
reader_of(otls_bytes bytes)
{
	return (reader){ .data = bytes.data, .len = bytes.len };
}

static bool
pairs_have(otls_bytes pairs, uint16_t value)
{
	for (size_t i = 0; i + 1 < pairs.len; i += 2)
		if (pairs.data[i] == value >> 8 && pairs.data[i + 1] == (value & 0xFF))
			return true;
	return false;
}

/* == the server's choice of suite == */

/* What the choice depends on.  Core has read the hello before, and refused one that is malformed. */
typedef struct hello {
	otls_bytes suites;
	otls_bytes groups;   /* of supported_groups; empty: none sent */
	otls_bytes versions; /* of supported_versions; empty: none sent */
	otls_bytes ticket;   /* of TLS 1.2; empty: none */
	otls_bytes psk;      /* the first identity of TLS 1.3; empty: none */
} hello;

#define EXTENSION_GROUPS   10
#define EXTENSION_TICKET   35
#define EXTENSION_PSK      41
#define EXTENSION_VERSIONS 43

static bool
parse_hello(const gnutls_datum_t *body, hello *parsed)
{
	reader r = { .data = body->data, .len = body->size };
	reader extensions;

	*parsed = (hello){ 0 };
	(void)read_bytes(&r, 2 + 32); /* version, random */
	(void)read_vector(&r, 1);     /* session id */
	parsed->suites = read_vector(&r, 2);
	(void)read_vector(&r, 1); /* compression methods */
	if (r.failed)
		return false;
	extensions = reader_of(r.len > 0 ? read_vector(&r, 2) : (otls_bytes){ 0 });
	while (extensions.len > 0) {
		size_t type = read_number(&extensions, 2);
		reader value = reader_of(read_vector(&extensions, 2));

		if (type == EXTENSION_GROUPS)
			parsed->groups = read_vector(&value, 2);
		else if (type == EXTENSION_VERSIONS)
			parsed->versions = read_vector(&value, 1);
		else if (type == EXTENSION_TICKET)
			parsed->ticket = read_bytes(&value, value.len);
		else if (type == EXTENSION_PSK) {
			reader identities = reader_of(read_vector(&value, 2));
			parsed->psk = read_vector(&identities, 2);
		}
	}
	return !r.failed && !extensions.failed;
}

static bool
shares_group(const otls_engine_config *config, otls_bytes offered, bool finite_field)
{
	bool named = false;

	for (size_t i = 0; i < config->group_count; i++)
		if ((config->groups[i] >> 8 == 1) == finite_field && pairs_have(offered, config->groups[i]))
			return true;
	/* RFC 7919, section 4: a client that names no finite field group at all takes what the server has. */
	for (size_t i = 0; i + 1 < offered.len; i += 2)
		named = named || (offered.data[i] == 1) == finite_field;
	return offered.len == 0 || (finite_field && !named);
}

static bool
kx_fits(const otls_engine_connection *conn, gnutls_kx_algorithm_t kx, const hello *parsed)
{
	const otls_engine_config *config = conn->ctx->config;
	int pk = GNUTLS_PK_UNKNOWN;

	if (conn->ctx->identity.chain_len > 0)
		pk = gnutls_pubkey_get_pk_algorithm(conn->ctx->identity.chain[0].pubkey, NULL);
	switch (kx) {
	case GNUTLS_KX_ECDHE_ECDSA:
		return pk != GNUTLS_PK_RSA && pk != GNUTLS_PK_RSA_PSS && shares_group(config, parsed->groups, false);
	case GNUTLS_KX_ECDHE_RSA:
		return (pk == GNUTLS_PK_RSA || pk == GNUTLS_PK_RSA_PSS) && shares_group(config, parsed->groups, false);
	case GNUTLS_KX_DHE_RSA:
		return (pk == GNUTLS_PK_RSA || pk == GNUTLS_PK_RSA_PSS) && shares_group(config, parsed->groups, true);
	case GNUTLS_KX_RSA:
		return pk == GNUTLS_PK_RSA;
	default:
		return false;
	}
}

static bool
suite_fits(const otls_engine_connection *conn, uint16_t suite, bool tls13, const hello *parsed)
{
	if (gtls_suite_is_tls13(suite) != tls13 || !pairs_have(parsed->suites, suite))
		return false;
	return tls13 || kx_fits(conn, gtls_suite_kx(suite), parsed);
}

static void
allowed_suites(const otls_engine_connection *conn, const uint16_t **suites, size_t *count)
{
	const otls_engine_config *config = conn->ctx->config;
	bool own = conn->setup->suites != NULL;

	*suites = own ? conn->setup->suites : config->suites;
	*count = own ? conn->setup->suite_count : config->suite_count;
}

static bool
is_allowed(const otls_engine_connection *conn, uint16_t suite)
{
	const uint16_t *suites;
	size_t count;

	allowed_suites(conn, &suites, &count);
	for (size_t i = 0; i < count; i++)
		if (suites[i] == suite)
			return true;
	return false;
}

/* 0: nothing in common. */
static uint16_t
choose_suite(const otls_engine_connection *conn, bool tls13, const hello *parsed)
{
	const uint16_t *suites;
	size_t count;

	allowed_suites(conn, &suites, &count);
	if (conn->ctx->config->server_preference) {
		for (size_t i = 0; i < count; i++)
			if (suite_fits(conn, suites[i], tls13, parsed))
				return suites[i];
		return 0;
	}
	for (size_t i = 0; i + 1 < parsed->suites.len; i += 2) {
		uint16_t suite = (uint16_t)(parsed->suites.data[i] << 8 | parsed->suites.data[i + 1]);

		if (is_allowed(conn, suite) && suite_fits(conn, suite, tls13, parsed))
			return suite;
	}
	return 0;
}

/* The library orders by key exchange, cipher and MAC, and lets in whatever these make together.  So the suite is
 * chosen here, and becomes the only one.  The versions stay as they are: the mark against downgrades in the server's
 * random (RFC 8446, section 4.1.3) depends on them. */
static int
on_client_hello(otls_engine_connection *conn, const gnutls_datum_t *body)
{
	const otls_engine_config *config = conn->ctx->config;
	otls_engine_config narrowed = *config;
	otls_report report = { .alert = -1 };
	uint16_t suite;
	hello parsed;
	bool tls13;
	int error;

	if (conn->setup->groups != NULL) {
		narrowed.groups = conn->setup->groups;
		narrowed.group_count = conn->setup->group_count;
	}
	if (config->role != OTLS_ROLE_SERVER || conn->suite_chosen || !parse_hello(body, &parsed))
		return 0; /* for the library to refuse; or chosen before HelloRetryRequest */
	tls13 = config->max_version >= 0x0304 && pairs_have(parsed.versions, 0x0304);
	if (!tls13 && config->min_version > 0x0303)
		return 0; /* for the library to refuse, with its own alert */
	if ((error = gtls_enable_tickets(conn, tls13 ? parsed.psk : parsed.ticket)) < 0)
		return error;
	if ((suite = choose_suite(conn, tls13, &parsed)) == 0)
		return GNUTLS_E_NO_CIPHER_SUITES;
	if (gtls_priority_new(&conn->choice, &narrowed, &suite, 1, &report) != OTLS_OK)
		return report.code == OTLS_E_MEMORY ? GNUTLS_E_MEMORY_ERROR : GNUTLS_E_INTERNAL_ERROR;
	conn->suite_chosen = true;
	return gnutls_priority_set(conn->session, conn->choice);
}

/* == not asking for a staple == */

/* 3.7 asks for one unless it is told to leave out extensions altogether, extended_master_secret with them.  The
 * extension's state is what makes it ask, so that is taken away before the ClientHello is written.  Where a staple would
 * come in, 3.7 uses that state without looking whether it is there: it is put back when the ServerHello is here. */
#if GTLS_HAS_NO_STATUS_REQUEST
void
gtls_ask_no_staple(otls_engine_connection *conn)
{
	(void)conn; /* a flag of gnutls_init does it */
}

static int
restore_staple(otls_engine_connection *conn)
{
	(void)conn;
	return 0;
}
#else
#define EXTENSION_STATUS_REQUEST 5

void
gtls_ask_no_staple(otls_engine_connection *conn)
{
	if (!conn->ctx->config->request_status)
		gnutls_ext_set_data(conn->session, EXTENSION_STATUS_REQUEST, NULL);
}

static int
restore_staple(otls_engine_connection *conn)
{
	if (conn->ctx->config->request_status)
		return 0;
	return gnutls_ocsp_status_request_enable_client(conn->session, NULL, 0, NULL);
}
#endif

/* == the other messages == */

static int
on_server_hello(otls_engine_connection *conn, const gnutls_datum_t *body)
{
	reader r = { .data = body->data, .len = body->size };

	(void)read_bytes(&r, 2 + 32);
	(void)read_vector(&r, 1);
	conn->suite = (uint16_t)read_number(&r, 2);
	/* What goes over the wire is more than what is configured; what is taken is not. */
	if (r.failed || is_allowed(conn, conn->suite))
		return 0;
	conn->refusal = GNUTLS_A_ILLEGAL_PARAMETER;
	return GNUTLS_E_UNKNOWN_CIPHER_SUITE;
}

/* RFC 5246, section 7.4.2; RFC 8446, section 4.4.2.  Into chain, if there is one; how many there are. */
static size_t
split_chain(const otls_engine_connection *conn, const gnutls_datum_t *body, otls_bytes *chain, bool *malformed)
{
	bool tls13 = gnutls_protocol_get_version(conn->session) == GNUTLS_TLS1_3;
	reader r = { .data = body->data, .len = body->size };
	size_t count = 0;
	reader list;

	if (tls13)
		(void)read_vector(&r, 1); /* the context of the request */
	list = reader_of(read_vector(&r, 3));
	while (list.len > 0) {
		otls_bytes der = read_vector(&list, 3);

		if (tls13)
			(void)read_vector(&list, 2); /* extensions */
		if (list.failed)
			break;
		if (chain != NULL)
			chain[count] = der;
		count++;
	}
	*malformed = r.failed || r.len > 0 || list.failed;
	return count;
}

static int
on_certificate(otls_engine_connection *conn, const gnutls_datum_t *body)
{
	otls_bytes *chain = NULL;
	bool malformed;
	size_t count = split_chain(conn, body, NULL, &malformed);

	if (malformed)
		return GNUTLS_E_UNEXPECTED_PACKET_LENGTH;
	if (count > 0 && (chain = calloc(count, sizeof(*chain))) == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	(void)split_chain(conn, body, chain, &malformed);
	conn->calls->peer_chain(conn->host, chain, count);
	free(chain);
	conn->chain_told = true;
	conn->chain_empty = count == 0;
	conn->judged = false;
	conn->accepted = false;
	return 0;
}

static void
on_finished(otls_engine_connection *conn, bool peer, const gnutls_datum_t *body)
{
	if (body->size > sizeof(conn->finished[peer]))
		return;
	memcpy(conn->finished[peer], body->data, body->size);
	conn->finished_len[peer] = body->size;
}

/* The library has a number of its own for HelloRetryRequest, which on the wire is a ServerHello. */
static uint8_t
wire_type(unsigned type)
{
	return type == GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST ? GNUTLS_HANDSHAKE_SERVER_HELLO : (uint8_t)type;
}

/* The hook is given the body; core is owed the whole message.  It can do without: want of memory is no failure. */
static void
observe(otls_engine_connection *conn, bool inbound, unsigned type, const gnutls_datum_t *body)
{
	uint8_t *message;

	if (conn->calls->observe == NULL || (message = malloc(4 + (size_t)body->size)) == NULL)
		return;
	message[0] = wire_type(type);
	message[1] = (uint8_t)(body->size >> 16);
	message[2] = (uint8_t)(body->size >> 8);
	message[3] = (uint8_t)body->size;
	if (body->size > 0)
		memcpy(message + 4, body->data, body->size);
	conn->calls->observe(conn->host, inbound, message, 4 + (size_t)body->size);
	gnutls_memset(message, 0, 4 + (size_t)body->size);
	free(message);
}

static int
act_on_inbound(otls_engine_connection *conn, unsigned type, const gnutls_datum_t *body)
{
	int error;

	if (type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET && conn->ctx->config->role == OTLS_ROLE_CLIENT)
		gtls_on_ticket(conn, body);
	if (conn->done) {
		if (type == GNUTLS_HANDSHAKE_KEY_UPDATE)
			conn->calls->event(conn->host, OTLS_ENGINE_KEY_UPDATE_RECEIVED, 0);
		return conn->asking && type == GNUTLS_HANDSHAKE_CERTIFICATE_PKT ? on_certificate(conn, body) : 0;
	}
	switch (type) {
	case GNUTLS_HANDSHAKE_CLIENT_HELLO:
		return on_client_hello(conn, body);
	case GNUTLS_HANDSHAKE_SERVER_HELLO:
		if ((error = restore_staple(conn)) < 0)
			return error;
		return on_server_hello(conn, body);
	case GNUTLS_HANDSHAKE_CERTIFICATE_PKT:
		return on_certificate(conn, body);
	default:
		return 0;
	}
}

static int
act_on_outbound(otls_engine_connection *conn, unsigned type, const gnutls_datum_t *body)
{
	if (type != GNUTLS_HANDSHAKE_SERVER_HELLO)
		return 0;
	gtls_restore_lifetime(conn);
	return on_server_hello(conn, body);
}

/* A session has one hook.  Installed for before and after: what comes in is looked at before the library acts on it,
 * a Finished is taken as the peer's only when it was found right. */
int
gtls_on_message(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming, const gnutls_datum_t *body)
{
	otls_engine_connection *conn = gnutls_session_get_ptr(session);

	if (when == GNUTLS_HOOK_POST) {
		if (type == GNUTLS_HANDSHAKE_FINISHED)
			on_finished(conn, incoming != 0, body);
		return 0;
	}
	observe(conn, incoming != 0, type, body);
	if (incoming != 0)
		return act_on_inbound(conn, type, body);
	return act_on_outbound(conn, type, body);
}

/* == the verdict == */

bool
gtls_judge(otls_engine_connection *conn)
{
	int alert = GNUTLS_A_BAD_CERTIFICATE;

	if (!conn->judged) {
		conn->judged = true;
		conn->accepted = conn->calls->verify_peer(conn->host, &alert) == OTLS_OK;
		if (!conn->accepted)
			conn->refusal = alert;
	}
	return conn->accepted;
}

/* In both versions it has come by now.  Of several in TLS 1.3, that of the leaf. */
static bool
judge_staple(otls_engine_connection *conn)
{
	int alert = GNUTLS_A_BAD_CERTIFICATE;
	gnutls_datum_t staple = { NULL, 0 };

	if (!conn->ctx->config->request_status)
		return true;
	if (gnutls_ocsp_status_request_get(conn->session, &staple) < 0)
		staple = (gnutls_datum_t){ NULL, 0 };
	if (conn->calls->peer_status(conn->host, (otls_bytes){ staple.data, staple.size }, &alert) == OTLS_OK)
		return true;
	conn->accepted = false;
	conn->refusal = alert;
	return false;
}

int
gtls_on_verify(gnutls_session_t session)
{
	otls_engine_connection *conn = gnutls_session_get_ptr(session);

	if (conn->ctx->config->role == OTLS_ROLE_SERVER && (!conn->chain_told || conn->chain_empty))
		return 0; /* no certificate: whether one is required was told to the library */
	if (!conn->chain_told || !gtls_judge(conn))
		return GNUTLS_E_CERTIFICATE_ERROR;
	return judge_staple(conn) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

/* == own certificate == */

#define SCHEMES_MAX  64
#define CA_NAMES_MAX 1024

static size_t
requested_schemes(gnutls_session_t session, uint16_t list[SCHEMES_MAX])
{
	gnutls_sign_algorithm_t sign;
	size_t count = 0;

	for (size_t i = 0; count < SCHEMES_MAX && gnutls_sign_algorithm_get_requested(session, i, &sign) >= 0; i++)
		if (gtls_scheme_of(sign) != 0)
			list[count++] = gtls_scheme_of(sign);
	return count;
}

/* 1: the identity that core chose is in conn->chosen.  0: none.  Negative: an error. */
static int
choose_identity(otls_engine_connection *conn, const struct gnutls_cert_retr_st *info)
{
	size_t ca_count = info->nreqs < CA_NAMES_MAX ? info->nreqs : CA_NAMES_MAX;
	const otls_engine_identity *identity = NULL;
	otls_report report = { .alert = -1 };
	uint16_t schemes[SCHEMES_MAX];
	otls_bytes *names;
	otls_status status;

	if ((names = calloc(ca_count + 1, sizeof(*names))) == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	for (size_t i = 0; i < ca_count; i++)
		names[i] = (otls_bytes){ .data = info->req_ca_rdn[i].data, .len = info->req_ca_rdn[i].size };
	status = conn->calls->choose_identity(
	    conn->host, names, ca_count, schemes, requested_schemes(conn->session, schemes), &identity);
	free(names);
	if (status != OTLS_OK)
		return GNUTLS_E_USER_ERROR;
	gtls_identity_fini(&conn->chosen); /* of an earlier request */
	if (identity == NULL)
		return 0;
	return gtls_identity_init(&conn->chosen, identity, &report) == OTLS_OK ? 1 : GNUTLS_E_USER_ERROR;
}

int
gtls_on_identity(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain,
    unsigned *chain_len, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_len, gnutls_privkey_t *key, unsigned *flags)
{
	otls_engine_connection *conn = gnutls_session_get_ptr(session);
	const otls_engine_config *config = conn->ctx->config;
	gtls_identity *identity = &conn->ctx->identity;
	int found;

	*chain = NULL;
	*chain_len = 0;
	*ocsp = NULL;
	*ocsp_len = 0;
	*key = NULL;
	*flags = 0; /* all of it stays ours */
	if (config->role == OTLS_ROLE_CLIENT && config->choose_identity) {
		if ((found = choose_identity(conn, info)) < 0)
			return found;
		identity = &conn->chosen;
	}
	if (identity->chain_len == 0)
		return 0;
	*chain = identity->chain;
	*chain_len = identity->chain_len;
	*key = identity->key;
	if (conn->staple.response.data != NULL) {
		*ocsp = &conn->staple;
		*ocsp_len = 1;
	}
	if (identity->signer == NULL)
		return 0;
	if ((found = gtls_remote_key(conn, identity)) < 0)
		return found;
	*key = conn->remote;
	return 0;
}

/* == secrets == */

static size_t
put_hex(char *at, const gnutls_datum_t *data)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < data->size; i++) {
		at[2 * i] = digits[data->data[i] >> 4];
		at[2 * i + 1] = digits[data->data[i] & 15];
	}
	at[2 * (size_t)data->size] = '\0';
	return 2 * (size_t)data->size;
}

/* Always installed: without one, the library appends every secret to the file that SSLKEYLOGFILE names. */
int
gtls_on_secret(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
	otls_engine_connection *conn = gnutls_session_get_ptr(session);
	char line[64 + 2 * 32 + 1 + 2 * OTLS_HASH_MAX + 1];
	gnutls_datum_t client = { 0 };
	gnutls_datum_t server = { 0 };
	size_t len;

	if (!conn->ctx->config->keylog)
		return 0;
	gnutls_session_get_random(session, &client, &server);
	if (strlen(label) > 62 || client.size > 32 || secret->size > OTLS_HASH_MAX)
		return 0;
	len = (size_t)snprintf(line, sizeof(line), "%s ", label);
	len += put_hex(line + len, &client);
	line[len++] = ' ';
	(void)put_hex(line + len, secret);
	conn->calls->keylog(conn->host, line);
	gnutls_memset(line, 0, sizeof(line));
	return 0;
}
