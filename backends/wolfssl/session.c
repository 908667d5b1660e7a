/* Sessions and tickets.  The tickets are sealed here: the library's own keys for it change behind one's back after an hour,
 * and its tickets say nothing of when they were made. */
#include "wolf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* == clients == */

static int
on_ticket_received(WOLFSSL *ssl, const unsigned char *ticket, int len, void *arg)
{
	otls_engine_connection *conn = arg;

	(void)ssl, (void)ticket;
	if (len > 0) {
		conn->ticket_came = true;
		conn->calls->new_session(conn->host, (otls_bytes){ .len = 0 }, 0);
	}
	return 0;
}

/* == whether a ticket of TLS 1.2 was taken ==
 * The library sends its ticket without a session id, so that it is what follows the ServerHello that tells (RFC 5077,
 * section 3.1).  It takes for granted (5.5) that the server has agreed, and ends the handshake when a certificate comes.
 * So what follows is looked at here, and the ticket is taken from the library before it reads a ServerHello that does not
 * go by it. */

enum {
	RECORD_HANDSHAKE = 22,
	RECORD_HEADER_LEN = 5,
	MESSAGE_HEADER_LEN = 4,
	AHEAD_MAX = RECORD_HEADER_LEN + 16384 + 8
};
enum { SERVER_HELLO = 2, CERTIFICATE = 11, SERVER_KEY_EXCHANGE = 12, EXTENSION_SUPPORTED_VERSIONS = 43 };

/* Until so many bytes are there. */
static otls_status
fill_ahead(otls_engine_connection *conn, size_t want)
{
	otls_status status = OTLS_OK;
	size_t len;

	if (want > AHEAD_MAX)
		return OTLS_ERROR;
	while (conn->ahead_len < want && status == OTLS_OK) {
		len = 0;
		status = conn->calls->recv(conn->host, conn->ahead + conn->ahead_len, want - conn->ahead_len, &len);
		conn->ahead_len += len;
	}
	return status;
}

static size_t
number_at(const uint8_t *at, size_t width)
{
	size_t number = 0;

	for (size_t i = 0; i < width; i++)
		number = number << 8 | at[i];
	return number;
}

/* Of TLS 1.3, or a HelloRetryRequest, behind which nothing may come.  Core has found the message well formed. */
static bool
is_tls13(const uint8_t *body, size_t len)
{
	size_t at = 2 + 32;

	if (len <= at || len < at + 1 + (size_t)body[at] + 2 + 1 + 2)
		return false;
	at += 1 + (size_t)body[at] + 2 + 1 + 2;
	while (len - at >= 4) {
		if (number_at(body + at, 2) == EXTENSION_SUPPORTED_VERSIONS)
			return true;
		if (len - at - 4 < number_at(body + at + 2, 2))
			return false;
		at += 4 + number_at(body + at + 2, 2);
	}
	return false;
}

/* The kind of the message behind the ServerHello; 0: another kind of record.  Asked again when there are more bytes. */
static otls_status
next_message(otls_engine_connection *conn, size_t hello_end, size_t record_end, uint8_t *kind)
{
	const uint8_t *next = conn->ahead + record_end;
	otls_status status;

	*kind = 0;
	if (hello_end < record_end) {
		*kind = conn->ahead[hello_end];
		return OTLS_OK;
	}
	if ((status = fill_ahead(conn, record_end + RECORD_HEADER_LEN)) != OTLS_OK || next[0] != RECORD_HANDSHAKE)
		return status;
	if ((status = fill_ahead(conn, record_end + RECORD_HEADER_LEN + 1)) == OTLS_OK)
		*kind = next[RECORD_HEADER_LEN];
	return status;
}

static otls_status
look(otls_engine_connection *conn)
{
	const uint8_t *message = conn->ahead + RECORD_HEADER_LEN;
	size_t record_end, hello_end;
	otls_status status;
	uint8_t kind;

	if ((status = fill_ahead(conn, RECORD_HEADER_LEN)) != OTLS_OK || conn->ahead[0] != RECORD_HANDSHAKE)
		return status;
	record_end = RECORD_HEADER_LEN + number_at(conn->ahead + 3, 2);
	if ((status = fill_ahead(conn, record_end)) != OTLS_OK)
		return status;
	if (record_end < RECORD_HEADER_LEN + MESSAGE_HEADER_LEN || message[0] != SERVER_HELLO)
		return OTLS_OK;
	hello_end = RECORD_HEADER_LEN + MESSAGE_HEADER_LEN + number_at(message + 1, 3);
	if (hello_end > record_end || is_tls13(message + MESSAGE_HEADER_LEN, number_at(message + 1, 3)))
		return OTLS_OK;
	status = next_message(conn, hello_end, record_end, &kind);
	conn->ticket_declined = kind == CERTIFICATE || kind == SERVER_KEY_EXCHANGE;
	return status;
}

otls_status
wolf_look_ahead(otls_engine_connection *conn)
{
	otls_status status;

	if (conn->looked || conn->setup->session.len == 0)
		return OTLS_OK;
	if (conn->ahead == NULL && (conn->ahead = malloc(AHEAD_MAX)) == NULL)
		return OTLS_ERROR;
	status = look(conn);
	conn->looked = status == OTLS_OK;
	return status;
}

size_t
wolf_take_ahead(otls_engine_connection *conn, void *buf, size_t cap)
{
	size_t there = conn->ahead_len - conn->ahead_at;
	size_t len = there < cap ? there : cap;

	if (len == 0)
		return 0;
	memcpy(buf, conn->ahead + conn->ahead_at, len);
	conn->ahead_at += len;
	return len;
}

void
wolf_on_server_hello(otls_engine_connection *conn)
{
	if (conn->ticket_declined)
		(void)wolfSSL_set_SessionTicket(conn->ssl, NULL, 0);
}

/* In TLS 1.2 a server that keeps sessions itself sends no ticket. */
void
wolf_session_made(otls_engine_connection *conn)
{
	if (wolfSSL_version(conn->ssl) == 0x0303 && wolfSSL_session_reused(conn->ssl) == 0 && !conn->ticket_came)
		conn->calls->new_session(conn->host, (otls_bytes){ .len = 0 }, 0);
}

bool
wolf_offer_session(otls_engine_connection *conn)
{
	otls_bytes state = conn->setup->session;
	const unsigned char *at = state.data;
	WOLFSSL_SESSION *session;
	bool done;

	wolfSSL_set_SessionTicket_cb(conn->ssl, on_ticket_received, conn);
	if (state.len == 0)
		return true;
	session = wolfSSL_d2i_SSL_SESSION(NULL, &at, (long)state.len);
	done = session != NULL && wolfSSL_set_session(conn->ssl, session) == WOLFSSL_SUCCESS;
	wolfSSL_SESSION_free(session);
	return done;
}

otls_status
wolf_session_export(otls_engine_connection *conn, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	WOLFSSL_SESSION *session = wolfSSL_get1_session(conn->ssl);
	otls_status status = OTLS_OK;
	int size = 0;

	if (session != NULL && wolfSSL_SESSION_is_resumable(session) != 0)
		size = wolfSSL_i2d_SSL_SESSION(session, NULL);
	*len = size > 0 ? (size_t)size : 0;
	if (out != NULL && *len > cap)
		status = wolf_refuse(report, OTLS_E_LIMIT, "wolfSSL_i2d_SSL_SESSION", "no room for it");
	else if (out != NULL && *len > 0)
		*len = (size_t)wolfSSL_i2d_SSL_SESSION(session, &out);
	wolfSSL_SESSION_free(session);
	return status;
}

/* == servers ==
 * A ticket on the wire: name[16] iv[16] length[2] sealed[length] mac[32].  The name is half the secret's and half the time
 * when it was made; of iv, 12 bytes are the nonce; of mac, 16 are the tag, and the library wants no zeros in any. */

#define NAME_LEN   8
#define NONCE_LEN  12
#define TAG_LEN    16
#define FIXED_LEN  (WOLFSSL_TICKET_NAME_SZ + WOLFSSL_TICKET_IV_SZ + 2 + WOLFSSL_TICKET_MAC_SZ)
#define SEALED_MAX 2048

struct ticket {
	unsigned char *name, *iv, *mac, *sealed;
	size_t len;
};

static const uint8_t *
secret_key(const uint8_t *secret)
{
	return secret + WOLFSSL_TICKET_NAME_SZ;
}

static otls_bytes
aad_of(const struct ticket *ticket, uint8_t aad[WOLFSSL_TICKET_NAME_SZ + WOLFSSL_TICKET_IV_SZ])
{
	memcpy(aad, ticket->name, WOLFSSL_TICKET_NAME_SZ);
	memcpy(aad + WOLFSSL_TICKET_NAME_SZ, ticket->iv, WOLFSSL_TICKET_IV_SZ);
	return (otls_bytes){ aad, WOLFSSL_TICKET_NAME_SZ + WOLFSSL_TICKET_IV_SZ };
}

/* As the client will show it. */
static void
tell_ticket(otls_engine_connection *conn, const struct ticket *ticket)
{
	uint8_t bytes[FIXED_LEN + SEALED_MAX], *at = bytes;

	memcpy(at, ticket->name, WOLFSSL_TICKET_NAME_SZ);
	at += WOLFSSL_TICKET_NAME_SZ;
	memcpy(at, ticket->iv, WOLFSSL_TICKET_IV_SZ);
	at += WOLFSSL_TICKET_IV_SZ;
	*at++ = (uint8_t)(ticket->len >> 8);
	*at++ = (uint8_t)ticket->len;
	memcpy(at, ticket->sealed, ticket->len);
	at += ticket->len;
	memcpy(at, ticket->mac, WOLFSSL_TICKET_MAC_SZ);
	conn->calls->new_session(conn->host, (otls_bytes){ bytes, FIXED_LEN + ticket->len }, 0);
}

static int
seal(otls_engine_connection *conn, struct ticket *ticket)
{
	const uint8_t *secret = conn->ctx->config->ticket_secrets[0];
	uint8_t aad[WOLFSSL_TICKET_NAME_SZ + WOLFSSL_TICKET_IV_SZ], out[SEALED_MAX + TAG_LEN];
	otls_bytes plain = { ticket->sealed, ticket->len };
	uint64_t now = (uint64_t)time(NULL);
	otls_report report = { .alert = -1 };
	int ret = WOLFSSL_TICKET_RET_FATAL;

	if (ticket->len > SEALED_MAX || getrandom(ticket->iv, WOLFSSL_TICKET_IV_SZ, 0) != (ssize_t)WOLFSSL_TICKET_IV_SZ)
		return WOLFSSL_TICKET_RET_FATAL;
	memcpy(ticket->name, secret, NAME_LEN);
	for (size_t i = 0; i < 8; i++)
		ticket->name[NAME_LEN + i] = (uint8_t)(now >> (8 * (7 - i)));
	if (wolf_aead_seal(secret_key(secret), ticket->iv, aad_of(ticket, aad), plain, out, &report) == OTLS_OK) {
		memcpy(ticket->sealed, out, ticket->len);
		memset(ticket->mac, 0xff, WOLFSSL_TICKET_MAC_SZ);
		memcpy(ticket->mac, out + ticket->len, TAG_LEN);
		tell_ticket(conn, ticket);
		ret = WOLFSSL_TICKET_RET_OK;
	}
	wolf_wipe(out, sizeof(out));
	return ret;
}

static const uint8_t *
find_secret(const otls_engine_config *config, const struct ticket *ticket)
{
	for (size_t i = 0; i < config->ticket_secret_count; i++)
		if (memcmp(ticket->name, config->ticket_secrets[i], NAME_LEN) == 0)
			return config->ticket_secrets[i];
	return NULL;
}

static bool
is_of_age(const otls_engine_config *config, const struct ticket *ticket)
{
	int64_t now = (int64_t)time(NULL), made = 0;

	for (size_t i = 0; i < 8; i++)
		made = (int64_t)((uint64_t)made << 8 | ticket->name[NAME_LEN + i]);
	return made <= now && now - made <= (int64_t)config->session_lifetime;
}

static int
open_ticket(otls_engine_connection *conn, struct ticket *ticket)
{
	const otls_engine_config *config = conn->ctx->config;
	const uint8_t *secret = find_secret(config, ticket);
	uint8_t aad[WOLFSSL_TICKET_NAME_SZ + WOLFSSL_TICKET_IV_SZ], in[SEALED_MAX + TAG_LEN], out[SEALED_MAX];
	otls_report report = { .alert = -1 };
	bool good;

	if (!conn->setup->resume || secret == NULL || ticket->len > SEALED_MAX || !is_of_age(config, ticket))
		return WOLFSSL_TICKET_RET_REJECT;
	memcpy(in, ticket->sealed, ticket->len);
	memcpy(in + ticket->len, ticket->mac, TAG_LEN);
	good = wolf_aead_open(secret_key(secret), ticket->iv, aad_of(ticket, aad),
		   (otls_bytes){ in, ticket->len + TAG_LEN }, out, &report) == OTLS_OK;
	if (good)
		memcpy(ticket->sealed, out, ticket->len);
	wolf_wipe(out, sizeof(out));
	if (!good)
		return WOLFSSL_TICKET_RET_REJECT;
	return secret == config->ticket_secrets[0] ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_CREATE;
}

static int
on_ticket(WOLFSSL *ssl, unsigned char *name, unsigned char *iv, unsigned char *mac, int sealing, unsigned char *data,
    int len, int *out_len, void *arg)
{
	otls_engine_connection *conn = wolfSSL_GetIOReadCtx(ssl);
	struct ticket ticket = { name, iv, mac, data, len > 0 ? (size_t)len : 0 };

	(void)arg;
	*out_len = len;
	return sealing != 0 ? seal(conn, &ticket) : open_ticket(conn, &ticket);
}

/* == contexts == */

static otls_status
set_up_server(otls_engine_context *ctx, otls_report *report)
{
	const otls_engine_config *config = ctx->config;

	if (config->ticket_count == 0) {
		wolfSSL_CTX_no_ticket_TLSv13(ctx->ctx);
		wolfSSL_CTX_NoTicketTLSv12(ctx->ctx);
		return OTLS_OK;
	}
	wolfSSL_CTX_set_timeout(ctx->ctx, config->session_lifetime);
	if (wolfSSL_CTX_set_TicketEncCb(ctx->ctx, on_ticket) != WOLFSSL_SUCCESS ||
	    wolfSSL_CTX_set_TicketHint(ctx->ctx, (int)config->session_lifetime) != WOLFSSL_SUCCESS ||
	    wolfSSL_CTX_set_num_tickets(ctx->ctx, config->ticket_count) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_CTX_set_TicketEncCb", 0);
	return OTLS_OK;
}

/* The library's cache is not used in any case: it would be one for the whole process.  A client for which it is off
 * altogether forgets its session's id (5.5), without which the server cannot say that it takes a ticket of TLS 1.2. */
otls_status
wolf_set_sessions(otls_engine_context *ctx, otls_report *report)
{
	bool server = ctx->config->role == OTLS_ROLE_SERVER;

	wolfSSL_CTX_set_session_cache_mode(ctx->ctx, server ? WOLFSSL_SESS_CACHE_OFF : WOLFSSL_SESS_CACHE_NO_INTERNAL);
	if (server)
		return set_up_server(ctx, report);
	if (ctx->config->sessions && wolfSSL_CTX_UseSessionTicket(ctx->ctx) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_CTX_UseSessionTicket", 0);
	return OTLS_OK;
}
