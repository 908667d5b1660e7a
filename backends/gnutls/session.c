/* Sessions and tickets. */
#include "gtls.h"

#include <string.h>
#include <time.h>

#define SECRET_LEN    64 /* of the library's master key for tickets */
#define NAME_LEN      16
#define PERIOD_FACTOR 3 /* STEK_ROTATION_PERIOD_PRODUCT: lifetimes that a key of tickets is used for */
#define LIFETIME_NONE 1

/* == clients == */

int
gtls_set_session(otls_engine_connection *conn)
{
	otls_bytes state = conn->setup->session;

	return state.len > 0 ? gnutls_session_set_data(conn->session, state.data, state.len) : 0;
}

/* The session that was resumed is no new one; in TLS 1.3 only tickets are. */
void
gtls_session_made(otls_engine_connection *conn)
{
	bool tls13 = gnutls_protocol_get_version(conn->session) == GNUTLS_TLS1_3;

	if (!tls13 && !conn->ticket_came && gnutls_session_is_resumed(conn->session) == 0)
		conn->calls->new_session(conn->host, (otls_bytes){ .len = 0 }, 0);
}

/* Without a ticket and without an id there is nothing that a server would know again. */
static bool
is_resumable(const otls_engine_connection *conn)
{
	gnutls_datum_t id = { 0 };

	if ((gnutls_session_get_flags(conn->session) & GNUTLS_SFLAGS_SESSION_TICKET) != 0 || conn->ticket_came)
		return true;
	return gnutls_protocol_get_version(conn->session) == GNUTLS_TLS1_2 &&
	       gnutls_session_get_id2(conn->session, &id) >= 0 && id.size > 0;
}

otls_status
gtls_session_export(otls_engine_connection *conn, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	gnutls_datum_t data = { 0 };
	otls_status status = OTLS_OK;
	int error;

	*len = 0;
	if (!is_resumable(conn))
		return OTLS_OK;
	if ((error = gnutls_session_get_data2(conn->session, &data)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_session_get_data2", error);
	if (data.size > 4) /* four zeros stand for none */
		*len = data.size;
	if (out != NULL && *len > cap)
		status = gtls_refuse(report, OTLS_E_LIMIT, "session_export", "the buffer is too small");
	else if (out != NULL && *len > 0)
		memcpy(out, data.data, *len);
	gnutls_memset(data.data, 0, data.size);
	gnutls_free(data.data);
	return status;
}

/* A NewSessionTicket came; in both versions it begins with the lifetime. */
void
gtls_on_ticket(otls_engine_connection *conn, const gnutls_datum_t *body)
{
	uint32_t lifetime = 0;

	for (size_t i = 0; i < 4 && i < body->size; i++)
		lifetime = lifetime << 8 | body->data[i];
	if (body->size <= 6)
		return; /* RFC 5077, section 3.3: the server has changed its mind */
	conn->ticket_came = true;
	conn->calls->new_session(conn->host, (otls_bytes){ .len = 0 }, lifetime);
}

/* == servers == */

static bool
is_named(const uint8_t *secret, int64_t period, const uint8_t name[NAME_LEN])
{
	uint8_t material[8 + SECRET_LEN], digest[64];
	bool named;

	for (size_t i = 0; i < 8; i++)
		material[i] = (uint8_t)(period >> (8 * (7 - i)));
	memcpy(material + 8, secret, SECRET_LEN);
	named = gnutls_hash_fast(GNUTLS_DIG_SHA3_512, material, sizeof(material), digest) >= 0 &&
		memcmp(digest, name, NAME_LEN) == 0;
	gnutls_memset(material, 0, sizeof(material));
	gnutls_memset(digest, 0, sizeof(digest));
	return named;
}

/* The library knows one secret for each session: the one that sealed the client's ticket, else the first. */
static size_t
secret_for(const otls_engine_config *config, otls_bytes ticket)
{
	int64_t period = (int64_t)time(NULL) / ((int64_t)config->session_lifetime * PERIOD_FACTOR);

	if (ticket.len < NAME_LEN)
		return 0;
	for (size_t i = 1; i < config->ticket_secret_count; i++)
		if (is_named(config->ticket_secrets[i], period, ticket.data) ||
		    is_named(config->ticket_secrets[i], period - 1, ticket.data))
			return i;
	return 0;
}

/* Before the library looks at the hello.  A ticket that must not be used is not known by a key of another time, which a
 * lifetime of a second makes it take; the client is given a new one in any case. */
int
gtls_enable_tickets(otls_engine_connection *conn, otls_bytes ticket)
{
	const otls_engine_config *config = conn->ctx->config;
	gnutls_datum_t key;
	size_t which;

	if (config->ticket_count == 0 || conn->tickets_enabled)
		return 0;
	which = conn->setup->resume ? secret_for(config, ticket) : 0;
	conn->tickets_enabled = true;
	conn->sends_tickets = which == 0;
	gnutls_db_set_cache_expiration(
	    conn->session, conn->setup->resume ? (int)config->session_lifetime : LIFETIME_NONE);
	key = gtls_datum(config->ticket_secrets[which], SECRET_LEN);
	return gnutls_session_ticket_enable_server(conn->session, &key);
}

/* The hello is dealt with. */
void
gtls_restore_lifetime(otls_engine_connection *conn)
{
	if (conn->tickets_enabled)
		gnutls_db_set_cache_expiration(conn->session, (int)conn->ctx->config->session_lifetime);
}

/* Tickets behind a handshake of TLS 1.3.  One that an old secret has sealed would keep that in use. */
int
gtls_send_tickets(otls_engine_connection *conn)
{
	if (!conn->sends_tickets || gnutls_protocol_get_version(conn->session) != GNUTLS_TLS1_3)
		return 0;
	return gnutls_session_ticket_send(conn->session, conn->ctx->config->ticket_count, 0);
}
