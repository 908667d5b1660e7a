/* One case as a handshake in TLS 1.2, with the other side played from a script: bytes on the wire (RFC 5246, section 7.4),
 * up to the Certificate message, which is judged as soon as it is there. */
#include "limbo.h"

#include "mint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_HANDSHAKE = 22, RECORD_MAX = 16384 };
enum { OWN_MAX = 16 }; /* backends */
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, CERTIFICATE = 11 };

/* == bytes == */

struct bytes {
	uint8_t *data;
	size_t len, cap;
	bool failed;
};

static void
put(struct bytes *out, const void *data, size_t len)
{
	size_t cap = out->cap > 0 ? out->cap : 4096;
	uint8_t *grown = NULL;

	while (cap < out->len + len)
		cap *= 2;
	if (cap != out->cap) {
		grown = realloc(out->data, cap);
		out->failed = out->failed || grown == NULL;
		if (grown == NULL)
			return;
		out->data = grown;
		out->cap = cap;
	}
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

static void
put_number(struct bytes *out, size_t number, size_t width)
{
	uint8_t bytes[4];

	for (size_t i = 0; i < width; i++)
		bytes[i] = (uint8_t)(number >> (8 * (width - 1 - i)));
	put(out, bytes, width);
}

/* A vector behind its length, and a message behind its type. */
static void
put_vector(struct bytes *out, const struct bytes *contents, size_t width)
{
	put_number(out, contents->len, width);
	put(out, contents->data, contents->len);
	out->failed = out->failed || contents->failed;
}

static void
put_message(struct bytes *out, int type, const struct bytes *body)
{
	put_number(out, (size_t)type, 1);
	put_vector(out, body, 3);
}

#define LITERAL(out, text) put(out, text, sizeof(text) - 1)

/* == messages == */

static const uint8_t random_bytes[32] = { 1, 2, 3, 4, 5, 6, 7, 8 };

/* ECDHE with AES-128-GCM, for the kind of key that the leaf has; which suites a client offers is known. */
static uint16_t
suite_for(const otls_certificate *leaf)
{
	return strncmp(otls_certificate_key_type(leaf), "RSA", 3) == 0 ? 0xc02f : 0xc02b;
}

/* With an empty renegotiation_info (RFC 5746) and extended_master_secret (RFC 7627). */
static void
put_server_hello(struct bytes *out, const otls_certificate *leaf)
{
	struct bytes body = { 0 };

	put_number(&body, OTLS_TLS1_2, 2);
	put(&body, random_bytes, sizeof(random_bytes));
	put_number(&body, 0, 1);
	put_number(&body, suite_for(leaf), 2);
	LITERAL(&body, "\x00\x00\x0f\xff\x01\x00\x01\x00\x00\x17\x00\x00\x00\x0b\x00\x02\x01\x00");
	put_message(out, SERVER_HELLO, &body);
	free(body.data);
}

/* supported_groups: x25519, P-256; ec_point_formats; signature_algorithms; the two as above. */
static void
put_client_hello(struct bytes *out)
{
	struct bytes body = { 0 };

	put_number(&body, OTLS_TLS1_2, 2);
	put(&body, random_bytes, sizeof(random_bytes));
	put_number(&body, 0, 1);
	LITERAL(&body, "\x00\x04\xc0\x2b\xc0\x2f\x01\x00");
	LITERAL(&body, "\x00\x2b"
		       "\x00\x0a\x00\x06\x00\x04\x00\x1d\x00\x17"
		       "\x00\x0b\x00\x02\x01\x00"
		       "\x00\x0d\x00\x0e\x00\x0c\x04\x03\x08\x07\x08\x04\x04\x01\x05\x03\x06\x03"
		       "\xff\x01\x00\x01\x00"
		       "\x00\x17\x00\x00");
	put_message(out, CLIENT_HELLO, &body);
	free(body.data);
}

static void
put_der(struct bytes *list, const otls_certificate *cert)
{
	size_t len = 0;
	const uint8_t *der = otls_certificate_der(cert, &len);

	put_number(list, len, 3);
	put(list, der, len);
}

static void
put_certificate(struct bytes *out, const struct limbo_case *one)
{
	struct bytes list = { 0 }, body = { 0 };

	put_der(&list, one->leaf);
	for (size_t i = 0; i < one->other_count; i++)
		put_der(&list, one->others[i]);
	put_vector(&body, &list, 3);
	put_message(out, CERTIFICATE, &body);
	free(list.data);
	free(body.data);
}

/* == the connection == */

/* Reads what the other side wants to send, and forgets it. */
static void
discard_output(otls_connection *conn)
{
	size_t len = 0;

	while (otls_connection_drain_peek(conn, &len) != NULL && len > 0)
		if (otls_connection_drain_consume(conn, len) != OTLS_OK)
			return;
}

/* Hands messages over in records, and goes on with the handshake in between: only so much may wait unread. */
static otls_status
feed(otls_connection *conn, const struct bytes *messages)
{
	otls_status status = OTLS_WANT_READ;
	size_t len = 0;

	for (size_t at = 0; at < messages->len && status == OTLS_WANT_READ; at += len) {
		struct bytes record = { 0 };

		len = messages->len - at < RECORD_MAX ? messages->len - at : RECORD_MAX;
		put_number(&record, RECORD_HANDSHAKE, 1);
		put_number(&record, OTLS_TLS1_2, 2);
		put_number(&record, len, 2);
		put(&record, messages->data + at, len);
		status = record.failed ? OTLS_ERROR : otls_connection_feed(conn, record.data, record.len);
		free(record.data);
		if (status != OTLS_OK)
			return OTLS_ERROR;
		status = otls_connection_handshake(conn);
		discard_output(conn);
	}
	return status;
}

static otls_status
play_server(otls_connection *conn, const struct limbo_case *one)
{
	struct bytes flight = { 0 };
	otls_status status = otls_connection_handshake(conn);

	discard_output(conn);
	put_server_hello(&flight, one->leaf);
	put_certificate(&flight, one);
	if (status == OTLS_WANT_READ)
		status = flight.failed ? OTLS_ERROR : feed(conn, &flight);
	free(flight.data);
	return status;
}

static otls_status
play_client(otls_connection *conn, const struct limbo_case *one)
{
	struct bytes hello = { 0 }, flight = { 0 };
	otls_status status = OTLS_ERROR;

	put_client_hello(&hello);
	put_certificate(&flight, one);
	if (!hello.failed && !flight.failed && (status = feed(conn, &hello)) == OTLS_WANT_READ)
		status = feed(conn, &flight);
	free(hello.data);
	free(flight.data);
	return status;
}

/* == the backend's side == */

static otls_status
configure(otls_context *ctx, const struct limbo_case *one)
{
	if (otls_context_set_max_version(ctx, OTLS_TLS1_2) != OTLS_OK ||
	    otls_context_set_store(ctx, one->store) != OTLS_OK ||
	    otls_context_set_verify_flags(ctx, one->flags) != OTLS_OK)
		return OTLS_ERROR;
	return one->depth < 0 ? OTLS_OK : otls_context_set_verify_depth(ctx, one->depth);
}

static otls_status
open_client(const otls_backend *backend, const struct limbo_case *one, otls_context **ctx, otls_connection **conn)
{
	if (otls_context_new_with(backend, OTLS_METHOD_TLS_CLIENT, ctx) != OTLS_OK || configure(*ctx, one) != OTLS_OK ||
	    otls_connection_new_client(*ctx, one->name, conn) != OTLS_OK)
		return OTLS_ERROR;
	return one->name != NULL ? OTLS_OK : otls_connection_insecure_skip_name_check(*conn);
}

/* The server's own certificate is nobody's concern here; one for each backend does, as long as the program. */
static const mint_identity *
own_identity(const otls_backend *backend)
{
	static const char *const names[] = { "localhost", NULL };
	static struct {
		const otls_backend *backend;
		mint_identity *ca, *leaf;
	} made[OWN_MAX];
	size_t i = 0;

	while (i + 1 < OWN_MAX && made[i].backend != NULL && made[i].backend != backend)
		i++;
	if (made[i].backend != backend) {
		made[i].backend = backend;
		made[i].ca = mint_ca(backend, "localhost");
		made[i].leaf = made[i].ca != NULL ? mint_leaf(made[i].ca, names) : NULL;
	}
	return made[i].leaf;
}

static otls_status
open_server(const otls_backend *backend, const struct limbo_case *one, otls_context **ctx, otls_connection **conn)
{
	const mint_identity *own = own_identity(backend);

	if (own == NULL || otls_context_new_with(backend, OTLS_METHOD_TLS_SERVER, ctx) != OTLS_OK ||
	    configure(*ctx, one) != OTLS_OK || otls_context_set_verify(*ctx, OTLS_VERIFY_REQUIRE) != OTLS_OK ||
	    otls_context_use_key_pair_mem(*ctx, own->pem, strlen(own->pem), own->key_pem, strlen(own->key_pem)) !=
		OTLS_OK)
		return OTLS_ERROR;
	return otls_connection_new_server(*ctx, conn);
}

/* == the verdict == */

/* Accepted: judged good, and the handshake waits for more.  What fails for another reason than the verdict has none. */
static bool
read_verdict(const otls_connection *conn, otls_status status, struct limbo_verdict *verdict)
{
	const otls_error *err = otls_connection_error(conn);
	int reason = otls_connection_verify_result(conn, &verdict->depth);
	otls_code code = otls_error_code(err);

	snprintf(verdict->text, sizeof(verdict->text), "%s", otls_error_message(err));
	verdict->reason = reason;
	verdict->answer = LIMBO_REFUSED;
	if (status == OTLS_WANT_READ) {
		verdict->answer = LIMBO_ACCEPTED;
		return otls_connection_verified_chain_at(conn, 0) != NULL && reason == OTLS_REASON_OK;
	}
	if (code == OTLS_E_ENGINE_LIMIT)
		verdict->answer = LIMBO_OVER_LIMIT;
	return code == OTLS_E_ENGINE_LIMIT || code == OTLS_E_VERIFY;
}

bool
limbo_talk(const otls_backend *backend, const struct limbo_case *one, struct limbo_verdict *verdict)
{
	otls_context *ctx = NULL;
	otls_connection *conn = NULL;
	otls_status status = one->of_client ? open_server(backend, one, &ctx, &conn)
					    : open_client(backend, one, &ctx, &conn);
	bool told = false;

	if (status != OTLS_OK) {
		snprintf(verdict->text, sizeof(verdict->text), "%s", otls_error_message(otls_error_last()));
	} else {
		status = one->of_client ? play_client(conn, one) : play_server(conn, one);
		told = read_verdict(conn, status, verdict);
	}
	otls_connection_free(conn);
	otls_context_free(ctx);
	return told;
}
