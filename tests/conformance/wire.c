#include "wire.h"

#include <stdlib.h>
#include <string.h>

/* == building == */
static void
put(struct bytes_out *out, const void *data, size_t len)
{
	if (len == 0 || out->len + len > sizeof(out->data))
		return;
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

static void
put8(struct bytes_out *out, unsigned value)
{
	uint8_t octet = (uint8_t)value;

	put(out, &octet, 1);
}

static void
put16(struct bytes_out *out, unsigned value)
{
	put8(out, value >> 8);
	put8(out, value);
}

/* Room for a length of 2 bytes; closed by end16. */
static size_t
begin16(struct bytes_out *out)
{
	put16(out, 0);
	return out->len;
}

static void
end16(struct bytes_out *out, size_t start)
{
	size_t len = out->len - start;

	out->data[start - 2] = (uint8_t)(len >> 8);
	out->data[start - 1] = (uint8_t)len;
}

static void
put_suites(struct bytes_out *out, const struct hello *hello)
{
	static const uint16_t suites[] = { 0x1301, 0x1302, 0xc02b, 0xc02f, 0xc02c, 0xc030 };
	size_t list = begin16(out);

	for (size_t i = hello->tls13 ? 0 : 2; !hello->no_suite && i < COUNT(suites); i++)
		put16(out, suites[i]);
	if (hello->no_suite)
		put16(out, 0xeaea);
	put16(out, 0x00ff); /* TLS_EMPTY_RENEGOTIATION_INFO_SCSV */
	if (hello->fallback)
		put16(out, 0x5600);
	if (hello->odd_suites)
		put8(out, 0);
	end16(out, list);
}

static void
put_server_name(struct bytes_out *out, const struct hello *hello)
{
	size_t extension = 0, list = 0, name = 0;

	if (hello->name == NULL)
		return;
	put16(out, 0);
	extension = begin16(out);
	list = begin16(out);
	put8(out, 0);
	name = begin16(out);
	put(out, hello->name, hello->name_len > 0 ? hello->name_len : strlen(hello->name));
	end16(out, name);
	if (hello->name_two != NULL) {
		put8(out, 0);
		name = begin16(out);
		put(out, hello->name_two, strlen(hello->name_two));
		end16(out, name);
	}
	end16(out, list);
	end16(out, extension);
}

static void
put_alpn(struct bytes_out *out, const char *name)
{
	size_t extension = 0, list = 0;

	if (name == NULL)
		return;
	put16(out, 16);
	extension = begin16(out);
	list = begin16(out);
	put8(out, (unsigned)strlen(name));
	put(out, name, strlen(name));
	end16(out, list);
	end16(out, extension);
}

static void
put_key_share(struct bytes_out *out, const struct hello *hello)
{
	/* Any 32 bytes are a point of X25519; these have no meaning. */
	static const uint8_t point[32] = { 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	size_t extension = 0, list = 0;

	put16(out, 51);
	extension = begin16(out);
	list = begin16(out);
	if (!hello->no_key_share) {
		put16(out, 29);
		put16(out, sizeof(point));
		put(out, point, sizeof(point));
	}
	end16(out, list);
	end16(out, extension);
}

static void
put_filler(struct bytes_out *out, uint8_t octet, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put8(out, octet);
}

/* RFC 5077, section 3.2. */
static void
put_ticket(struct bytes_out *out, const struct hello *hello)
{
	if (hello->ticket == 0 || hello->tls13)
		return;
	put16(out, 35);
	put16(out, (unsigned)hello->ticket);
	put_filler(out, hello->ticket_fill, hello->ticket);
}

/* RFC 8446, section 4.2.11; the last one.  Nothing is in the binders. */
static void
put_psk(struct bytes_out *out, const struct hello *hello)
{
	size_t extension = 0, list = 0;

	if (hello->ticket == 0 || !hello->tls13)
		return;
	put16(out, 41);
	extension = begin16(out);
	list = begin16(out);
	for (unsigned i = 0; i <= hello->more_psks; i++) {
		put16(out, (unsigned)hello->ticket);
		put_filler(out, (uint8_t)(hello->ticket_fill + i), hello->ticket);
		put_filler(out, 1, 4);
	}
	end16(out, list);
	list = begin16(out);
	for (unsigned i = 0; i <= hello->more_psks; i++) {
		put8(out, 32);
		put_filler(out, 0, 32);
	}
	end16(out, list);
	end16(out, extension);
}

static void
put_extensions(struct bytes_out *out, const struct hello *hello)
{
	static const uint8_t groups[] = { 0, 10, 0, 6, 0, 4, 0, 29, 0, 23 };
	static const uint8_t formats[] = { 0, 11, 0, 2, 1, 0 };
	static const uint8_t schemes[] = { 0, 13, 0, 10, 0, 8, 4, 3, 8, 4, 4, 1, 8, 7 };
	static const uint8_t secret[] = { 0, 23, 0, 0 }; /* extended_master_secret */
	static const uint8_t versions[] = { 0, 43, 0, 3, 2, 3, 4 };
	static const uint8_t modes[] = { 0, 45, 0, 2, 1, 1 };
	size_t list = begin16(out);

	put_server_name(out, hello);
	put(out, groups, sizeof(groups));
	put(out, formats, sizeof(formats));
	put(out, schemes, sizeof(schemes));
	put(out, secret, sizeof(secret));
	if (hello->doubled)
		put(out, secret, sizeof(secret));
	put_alpn(out, hello->alpn);
	if (hello->tls13) {
		put(out, versions, sizeof(versions));
		put(out, modes, sizeof(modes));
		put_key_share(out, hello);
	}
	put_ticket(out, hello);
	put(out, hello->extra, hello->extra_len);
	for (size_t left = hello->padding; left > 0;) {
		/* Spread over unknown extensions, each as long as its length can say. */
		static const uint8_t zeros[60000];
		size_t len = left < sizeof(zeros) ? left : sizeof(zeros);
		put16(out, 21);
		put16(out, (unsigned)len);
		put(out, zeros, len);
		left -= len;
	}
	put_psk(out, hello);
	if (hello->trailing)
		put8(out, 0);
	end16(out, list);
	if (hello->trailing)
		put8(out, 0);
}

void
wire_hello(const struct hello *hello, struct bytes_out *out)
{
	size_t body = 0;

	out->len = 0;
	put8(out, 1); /* ClientHello */
	put8(out, 0);
	put16(out, 0);
	put16(out, hello->version != 0 ? hello->version : OTLS_TLS1_2);
	for (unsigned i = 0; i < 32; i++)
		put8(out, 0x40 + i);
	put8(out, 32);
	for (unsigned i = 0; i < 32; i++)
		put8(out, 0x80 + i);
	put_suites(out, hello);
	put8(out, 1);
	put8(out, hello->no_null_compression ? 1 : 0);
	put_extensions(out, hello);
	body = out->len - 4;
	out->data[1] = (uint8_t)(body >> 16);
	out->data[2] = (uint8_t)(body >> 8);
	out->data[3] = (uint8_t)body;
}

void
wire_records(uint8_t type, const uint8_t *data, size_t len, size_t per_record, struct bytes_out *out)
{
	out->len = 0;
	for (size_t at = 0; at < len; at += per_record) {
		size_t part = len - at < per_record ? len - at : per_record;
		put8(out, type);
		put16(out, OTLS_TLS1_2);
		put16(out, (unsigned)part);
		put(out, data + at, part);
	}
}

void
wire_hello_record(const struct hello *hello, struct bytes_out *out)
{
	struct bytes_out *message = calloc(1, sizeof(*message));

	if (message == NULL)
		return;
	wire_hello(hello, message);
	wire_records(WIRE_HANDSHAKE, message->data, message->len, 16384, out);
	free(message);
}

/* == reading == */
const uint8_t *
wire_find_record(const uint8_t *data, size_t len, uint8_t type, size_t *body_len)
{
	*body_len = 0;
	for (size_t at = 0; at + 5 <= len;) {
		size_t body = (size_t)data[at + 3] << 8 | data[at + 4];
		if (at + 5 + body > len)
			return NULL;
		if (data[at] == type) {
			*body_len = body;
			return data + at + 5;
		}
		at += 5 + body;
	}
	return NULL;
}

int
wire_find_alert(const uint8_t *data, size_t len)
{
	size_t body_len = 0;
	const uint8_t *body = wire_find_record(data, len, WIRE_ALERT, &body_len);

	return body != NULL && body_len == 2 ? body[1] : -1;
}

const uint8_t *
wire_find_server_random(const uint8_t *data, size_t len)
{
	size_t body_len = 0;
	const uint8_t *body = wire_find_record(data, len, WIRE_HANDSHAKE, &body_len);

	return body != NULL && body_len >= 38 && body[0] == 2 ? body + 6 : NULL;
}

bool
wire_is_retry(const uint8_t random[32])
{
	/* SHA-256 of "HelloRetryRequest" (RFC 8446, section 4.1.3). */
	static const uint8_t retry[] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11 };

	return memcmp(random, retry, sizeof(retry)) == 0;
}

/* == a scripted peer == */
static struct scripted *
scripted_new(struct run *run)
{
	struct scripted *scripted = run_owns(run, calloc(1, sizeof(*scripted)), free);

	if (scripted == NULL)
		abort();
	scripted->run = run;
	return scripted;
}

struct scripted *
scripted_open(struct run *run, otls_context *ctx)
{
	struct scripted *scripted = scripted_new(run);

	if (CHECK_OK(run, otls_connection_new_server(ctx, &scripted->conn)))
		run_owns_connection(run, scripted->conn);
	return scripted;
}

struct scripted *
scripted_open_client(struct run *run, otls_context *ctx)
{
	struct scripted *scripted = scripted_new(run);

	if (CHECK_OK(run, otls_connection_new_client(ctx, HOST, &scripted->conn)))
		run_owns_connection(run, scripted->conn);
	return scripted;
}

void
scripted_tell(struct scripted *scripted, const uint8_t *data, size_t len)
{
	size_t got = 0;

	CHECK_OK(scripted->run, otls_connection_feed(scripted->conn, data, len));
	scripted->status = otls_connection_handshake(scripted->conn);
	scripted->answer_len = 0;
	while (otls_connection_drain(scripted->conn, scripted->answer + scripted->answer_len,
		   sizeof(scripted->answer) - scripted->answer_len, &got) == OTLS_OK)
		scripted->answer_len += got;
}

void
scripted_hello(struct scripted *scripted, const struct hello *hello)
{
	struct bytes_out *out = calloc(1, sizeof(*out));

	if (out == NULL)
		return;
	wire_hello_record(hello, out);
	scripted_tell(scripted, out->data, out->len);
	free(out);
}

bool
scripted_check(struct scripted *scripted, otls_code code, int alert)
{
	struct run *run = scripted->run;
	const otls_error *err = otls_connection_error(scripted->conn);

	if (!CHECK_NUMBER(run, scripted->status, OTLS_ERROR) ||
	    !CHECK_TEXT(run, otls_error_name(err), otls_code_name(code)) ||
	    !CHECK_NUMBER(run, otls_connection_state(scripted->conn), OTLS_STATE_FAILED))
		return failed(run, "(%s)", otls_error_message(err));
	if (alert < 0)
		return CHECK_NUMBER(run, scripted->answer_len, 0) && CHECK_NUMBER(run, otls_error_alert(err), -1);
	if (wire_find_alert(scripted->answer, scripted->answer_len) != alert || otls_error_alert(err) != alert)
		return failed(run, "alert %d was to be sent; it was %d, and the error says %d: %s", alert,
		    wire_find_alert(scripted->answer, scripted->answer_len), otls_error_alert(err),
		    otls_error_message(err));
	return CHECK(run, otls_error_alert_was_sent(err));
}
