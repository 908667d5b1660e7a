#include "hello/gate.h"

#include "hello/wire.h"
#include <stdio.h>

#define RECORD_HEADER  5
#define MESSAGE_HEADER 4
#define RECORD_MAX     16384
#define CIPHERTEXT_MAX (16384 + 256) /* early data is the only ciphertext that is looked at here */
#define COPY_MAX       131072        /* bytes of a message that is copied as it passes */

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void
advance(otls_bytes *bytes, size_t len)
{
	*bytes = otls__bytes(bytes->data + len, bytes->len - len);
}

/* == refusing == */

static otls_status
refused(otls_gate *gate, int alert)
{
	gate->state = OTLS_GATE_REFUSED;
	gate->alert = alert;
	return OTLS_ERROR;
}

static otls_status
refuse(otls_gate *gate, int alert, const char *text)
{
	otls__fail(OTLS_E_HANDSHAKE, "%s", text);
	return refused(gate, alert);
}

static otls_status
refuse_memory(otls_gate *gate)
{
	otls__fail_memory();
	return refused(gate, ALERT_INTERNAL_ERROR);
}

static const char *
awaited(const otls_gate *gate)
{
	return gate->role == OTLS_ROLE_SERVER ? "waiting for a ClientHello" : "waiting for a ServerHello";
}

/* == what is not TLS == */

static const struct {
	otls_role reader;
	const char *begin;
	const char *name;
} strangers[] = {
	{ OTLS_ROLE_SERVER, "GET ", "an HTTP request" },
	{ OTLS_ROLE_SERVER, "HEAD ", "an HTTP request" },
	{ OTLS_ROLE_SERVER, "POST ", "an HTTP request" },
	{ OTLS_ROLE_SERVER, "PUT ", "an HTTP request" },
	{ OTLS_ROLE_SERVER, "PATCH ", "an HTTP request" },
	{ OTLS_ROLE_SERVER, "DELETE ", "an HTTP request" },
	{ OTLS_ROLE_SERVER, "OPTIONS ", "an HTTP request" },
	{ OTLS_ROLE_SERVER, "CONNECT ", "an HTTP request" },
	{ OTLS_ROLE_SERVER, "PRI * HTTP/2", "an HTTP request" },
	{ OTLS_ROLE_SERVER, "EHLO ", "an SMTP command" },
	{ OTLS_ROLE_SERVER, "HELO ", "an SMTP command" },
	{ OTLS_ROLE_SERVER, "SSH-", "an SSH greeting" },
	{ OTLS_ROLE_SERVER, "PROXY ", "a PROXY protocol header" },
	{ OTLS_ROLE_SERVER, "\r\n\r\n", "a PROXY protocol header" },
	{ OTLS_ROLE_CLIENT, "HTTP/", "an HTTP reply" },
	{ OTLS_ROLE_CLIENT, "220", "an SMTP or FTP greeting" },
	{ OTLS_ROLE_CLIENT, "+OK", "a POP3 greeting" },
	{ OTLS_ROLE_CLIENT, "* OK", "an IMAP greeting" },
	{ OTLS_ROLE_CLIENT, "SSH-", "an SSH greeting" },
};

/* NULL: nobody that is known. */
static const char *
stranger(otls_role reader, otls_bytes view)
{
	for (size_t i = 0; i < OTLS_COUNT(strangers); i++) {
		size_t len = strlen(strangers[i].begin);

		if (strangers[i].reader == reader && view.len >= len && memcmp(view.data, strangers[i].begin, len) == 0)
			return strangers[i].name;
	}
	/* RFC 5246, appendix E.2: a record without padding, and in it CLIENT-HELLO. */
	if (reader == OTLS_ROLE_SERVER && view.len >= 3 && (view.data[0] & 0x80) != 0 && view.data[2] == 1)
		return "an SSLv2 hello";
	return NULL;
}

static otls_status
not_tls(otls_gate *gate, otls_bytes view)
{
	const char *name = stranger(gate->role, view);
	char hex[3 * RECORD_HEADER + 1] = "";

	if (name != NULL) {
		otls__fail(OTLS_E_NOT_TLS, "%s, %s came", awaited(gate), name);
		return refused(gate, -1);
	}
	for (size_t i = 0; i < smaller(view.len, RECORD_HEADER); i++)
		snprintf(hex + 3 * i, 4, " %02x", view.data[i]);
	otls__fail(OTLS_E_NOT_TLS, "%s, what came starts with%s", awaited(gate), hex);
	return refused(gate, -1);
}

static bool
can_start(otls_role reader, uint8_t type)
{
	if (reader == OTLS_ROLE_SERVER)
		return type == RECORD_HANDSHAKE || type == RECORD_ALERT;
	return type >= RECORD_CHANGE_CIPHER_SPEC && type <= RECORD_APPLICATION_DATA;
}

/* Whether the first bytes can be the peer's first record; they may be fewer than its header. */
static bool
can_be_tls(otls_role reader, otls_bytes view)
{
	size_t len = 0;

	if (view.len >= 1 && !can_start(reader, view.data[0]))
		return false;
	if (view.len >= 2 && view.data[1] != 3)
		return false;
	if (view.len < RECORD_HEADER)
		return true;
	len = otls__get16(view.data + 3);
	return len > 0 && len <= RECORD_MAX;
}

/* == records == */

struct record {
	uint8_t type;
	otls_bytes whole; /* with its header */
	otls_bytes body;
};

static otls_status
check_header(otls_gate *gate, const uint8_t *header)
{
	size_t len = otls__get16(header + 3);

	if (header[0] < RECORD_CHANGE_CIPHER_SPEC || header[0] > RECORD_APPLICATION_DATA)
		return refuse(gate, ALERT_UNEXPECTED_MESSAGE, "a record of an unknown type came");
	if (header[1] != 3)
		return refuse(gate, ALERT_PROTOCOL_VERSION, "a record of an unknown version came");
	if (len == 0) /* RFC 8446, section 5.1 */
		return refuse(gate, ALERT_UNEXPECTED_MESSAGE, "an empty record came");
	if (len > (header[0] == RECORD_APPLICATION_DATA ? CIPHERTEXT_MAX : RECORD_MAX))
		return refuse(gate, ALERT_RECORD_OVERFLOW, "a record came that is larger than any may be");
	return OTLS_OK;
}

/* The input's next record, once the whole of it is there. */
static otls_status
next_record(otls_gate *gate, const otls_input *input, struct record *record)
{
	otls_bytes view = otls__input_view(input);
	size_t len = 0;

	if (gate->record_version == 0 && !can_be_tls(gate->role, view))
		return not_tls(gate, view);
	if (view.len < RECORD_HEADER)
		return OTLS_WANT_READ;
	if (check_header(gate, view.data) != OTLS_OK)
		return OTLS_ERROR;
	gate->record_version = otls__get16(view.data + 1);
	len = otls__get16(view.data + 3);
	if (view.len - RECORD_HEADER < len)
		return OTLS_WANT_READ;
	record->type = view.data[0];
	record->whole = otls__bytes(view.data, RECORD_HEADER + len);
	record->body = otls__bytes(view.data + RECORD_HEADER, len);
	return OTLS_OK;
}

/* Lets a record through as it is. */
static otls_status
pass(otls_gate *gate, const struct record *record)
{
	if (!otls__buffer_append(&gate->ready, record->whole.data, record->whole.len))
		return refuse_memory(gate);
	return OTLS_OK;
}

/* Lets handshake bytes through in full records: one library refuses a header that is cut over two (wolfSSL 5.5). */
static bool
frame(otls_gate *gate, otls_bytes message)
{
	uint8_t header[RECORD_HEADER] = { RECORD_HANDSHAKE };
	size_t len = 0;

	otls__put16(header + 1, gate->record_version);
	for (; message.len > 0; advance(&message, len)) {
		len = smaller(message.len, RECORD_MAX);
		otls__put16(header + 3, len);
		if (!otls__buffer_append(&gate->ready, header, sizeof(header)) ||
		    !otls__buffer_append(&gate->ready, message.data, len))
			return false;
	}
	return true;
}

/* == following bytes that flow by == */

typedef enum track_event {
	TRACK_NOTHING,
	TRACK_HEADER,  /* of a message */
	TRACK_MESSAGE, /* the one that is wanted has been copied */
	TRACK_CHANGE_CIPHER_SPEC,
	TRACK_NO_MEMORY
} track_event;

/* Moves bytes into a header; true: it is complete. */
static bool
fill(uint8_t *header, size_t *have, size_t want, otls_bytes *data)
{
	size_t len = smaller(want - *have, data->len);

	memcpy(header + *have, data->data, len);
	*have += len;
	advance(data, len);
	return *have == want;
}

/* Follows the messages in a record's bytes, up to the header or the end of one of them. */
static track_event
track_message(otls_gate_track *track, otls_bytes *data)
{
	size_t len = 0;

	if (track->head_have < MESSAGE_HEADER) {
		if (!fill(track->head, &track->head_have, MESSAGE_HEADER, data))
			return TRACK_NOTHING;
		track->message_left = otls__get24(track->head + 1);
		if (track->head[0] == track->wanted && track->message_left <= COPY_MAX - MESSAGE_HEADER &&
		    !otls__buffer_append(&track->copy, track->head, MESSAGE_HEADER))
			return TRACK_NO_MEMORY;
		return TRACK_HEADER;
	}
	len = smaller(track->message_left, data->len);
	if (track->copy.len > 0 && !otls__buffer_append(&track->copy, data->data, len))
		return TRACK_NO_MEMORY;
	advance(data, len);
	track->message_left -= len;
	if (track->message_left > 0)
		return TRACK_NOTHING;
	track->head_have = 0;
	return track->copy.len > 0 ? TRACK_MESSAGE : TRACK_NOTHING;
}

static track_event
track_body(otls_gate_track *track, otls_bytes *data)
{
	otls_bytes part = otls__bytes(data->data, smaller(track->record_left, data->len));
	track_event event = TRACK_NOTHING;
	size_t len = part.len;

	if (track->record[0] == RECORD_HANDSHAKE) {
		event = track_message(track, &part);
		len -= part.len;
	}
	advance(data, len);
	track->record_left -= len;
	return event;
}

/* Follows data, moves it forward, and stops behind what somebody may wait for. */
static track_event
track(otls_gate_track *track, otls_bytes *data)
{
	track_event event = TRACK_NOTHING;

	while (event == TRACK_NOTHING && data->len > 0) {
		if (track->record_left > 0) {
			event = track_body(track, data);
			continue;
		}
		if (!fill(track->record, &track->record_have, RECORD_HEADER, data))
			break;
		track->record_have = 0;
		track->record_left = otls__get16(track->record + 3);
		if (track->record[0] == RECORD_CHANGE_CIPHER_SPEC)
			event = TRACK_CHANGE_CIPHER_SPEC;
	}
	return event;
}

/* Takes over the message that a track has copied. */
static void
take_copy(otls_gate_track *from, otls_buffer *to)
{
	otls__buffer_fini(to);
	*to = from->copy;
	from->copy = (otls_buffer){ 0 };
}

static bool
is_amid_message(const otls_gate_track *track)
{
	return track->head_have % MESSAGE_HEADER > 0 || (track->head_have > 0 && track->message_left > 0);
}

/* now: the kind of what has come.  A HelloRequest may come at any time, and counts for nothing (RFC 5246, 7.4.1.1). */
static otls_status
check_order(otls_gate *gate, uint8_t now)
{
	if (now == MESSAGE_HELLO_REQUEST && gate->role == OTLS_ROLE_CLIENT)
		return OTLS_OK;
	if (!otls__message_is_due(gate->role, gate->last, now) ||
	    (now == MESSAGE_NEW_KEYS && is_amid_message(&gate->in)))
		return refuse(gate, ALERT_UNEXPECTED_MESSAGE,
		    now == MESSAGE_NEW_KEYS ? "ChangeCipherSpec came before it was due"
					    : "a handshake message came that is not due");
	gate->last = now;
	return OTLS_OK;
}

/* Reads along in TLS 1.2, and moves data behind what was read: to ChangeCipherSpec at most. */
static otls_status
follow(otls_gate *gate, otls_bytes *data)
{
	while (data->len > 0 && gate->state == OTLS_GATE_WATCH) {
		switch (track(&gate->in, data)) {
		case TRACK_MESSAGE:
			take_copy(&gate->in, &gate->certificate);
			gate->in.wanted = 0;
			break;
		case TRACK_HEADER:
			if (check_order(gate, gate->in.head[0]) != OTLS_OK)
				return OTLS_ERROR;
			break;
		case TRACK_CHANGE_CIPHER_SPEC:
			if (check_order(gate, MESSAGE_NEW_KEYS) != OTLS_OK)
				return OTLS_ERROR;
			gate->state = OTLS_GATE_OPEN;
			break;
		case TRACK_NO_MEMORY:
			return refuse_memory(gate);
		case TRACK_NOTHING:
			break;
		}
	}
	return OTLS_OK;
}

/* == hellos that are complete == */

static bool
lacks_renegotiation_info(const otls_gate *gate, uint16_t version)
{
	return version <= 0x0303 && !gate->client.renegotiation_info;
}

static otls_status
refuse_no_renegotiation_info(otls_gate *gate)
{
	return refuse(gate, ALERT_HANDSHAKE_FAILURE, "the client does not know renegotiation_info");
}

static otls_status
first_client_hello(otls_gate *gate, otls_bytes message)
{
	int alert = -1;

	if (!otls__buffer_append(&gate->first, message.data, message.len))
		return refuse_memory(gate);
	if (otls__client_hello_parse(otls__buffer_view(&gate->first), &gate->client, &alert) != OTLS_OK)
		return refused(gate, alert);
	/* Older clients are the engine's, which says that they are too old. */
	if (gate->client.max_version == 0x0303 && lacks_renegotiation_info(gate, 0x0303))
		return refuse_no_renegotiation_info(gate);
	gate->state = OTLS_GATE_HELLO;
	return OTLS_OK;
}

static otls_status
second_client_hello(otls_gate *gate, otls_bytes message)
{
	otls_client_hello second;
	int alert = -1;

	if (otls__client_hello_parse(message, &second, &alert) != OTLS_OK ||
	    otls__client_hello_compare(&gate->client, &second, &alert) != OTLS_OK)
		return refused(gate, alert);
	if (!frame(gate, message))
		return refuse_memory(gate);
	gate->state = OTLS_GATE_WATCH;
	return OTLS_OK;
}

static otls_status
client_hello_came(otls_gate *gate, otls_bytes message, otls_bytes tail)
{
	/* RFC 8446, section 5.1; and in TLS 1.2 nothing is due before the ServerHello. */
	if (tail.len > 0)
		return refuse(gate, ALERT_UNEXPECTED_MESSAGE, "something follows the ClientHello in its record");
	return gate->state == OTLS_GATE_FIRST ? first_client_hello(gate, message) : second_client_hello(gate, message);
}

/* Keeps what the server chose, on either side. */
static void
keep_choice(otls_gate *gate, const otls_server_hello *hello)
{
	gate->suite = hello->suite;
	if (hello->is_retry) {
		gate->retried = true;
		gate->state = OTLS_GATE_SECOND;
		return;
	}
	memcpy(gate->server_random, hello->random.data, sizeof(gate->server_random));
	gate->version = hello->version;
	gate->group = hello->group;
	gate->extended_master_secret = hello->extended_master_secret;
	gate->state = hello->version >= 0x0304 ? OTLS_GATE_OPEN : OTLS_GATE_WATCH;
}

static otls_status
server_hello_came(otls_gate *gate, otls_bytes message, otls_bytes tail)
{
	otls_server_hello hello;
	otls_bytes rest = { 0 };
	size_t at = 0;
	int alert = -1;

	if (gate->client.message.len == 0)
		return refuse(gate, ALERT_UNEXPECTED_MESSAGE, "a ServerHello came before the ClientHello was sent");
	if (otls__server_hello_parse(message, &hello, &alert) != OTLS_OK)
		return refused(gate, alert);
	if (otls__choice_check(gate, &hello, &alert) != OTLS_OK)
		return refused(gate, alert);
	if (tail.len > 0 && hello.version >= 0x0304) /* RFC 8446, section 5.1: new keys start with a new record */
		return refuse(gate, ALERT_UNEXPECTED_MESSAGE, "something follows the ServerHello in its record");
	if (!frame(gate, message))
		return refuse_memory(gate);
	at = gate->ready.len;
	if (!frame(gate, tail))
		return refuse_memory(gate);
	keep_choice(gate, &hello);
	rest = otls__bytes(gate->ready.data + at, gate->ready.len - at);
	return follow(gate, &rest);
}

/* == bytes that come in == */

/* Puts a hello together.  WANT_READ: more of it is to come. */
static otls_status
collect(otls_gate *gate, otls_bytes body)
{
	bool server = gate->role == OTLS_ROLE_SERVER;
	otls_buffer *message = &gate->message;
	otls_bytes whole = { 0 }, tail = { 0 };
	otls_status status = OTLS_OK;
	size_t size = 0;

	if (!otls__buffer_append(message, body.data, body.len))
		return refuse_memory(gate);
	if (message->data[0] != (server ? MESSAGE_CLIENT_HELLO : MESSAGE_SERVER_HELLO))
		return refuse(gate, ALERT_UNEXPECTED_MESSAGE,
		    server ? "another message came than a ClientHello" : "another message came than a ServerHello");
	if (message->len < MESSAGE_HEADER)
		return OTLS_WANT_READ;
	size = MESSAGE_HEADER + otls__get24(message->data + 1);
	if (size > OTLS_HELLO_MAX)
		return refuse(gate, ALERT_ILLEGAL_PARAMETER, "a hello came that is larger than 64 KiB");
	if (message->len < size)
		return OTLS_WANT_READ;
	whole = otls__bytes(message->data, size);
	tail = otls__bytes(message->data + size, message->len - size);
	status = server ? client_hello_came(gate, whole, tail) : server_hello_came(gate, whole, tail);
	otls__buffer_fini(message);
	return status;
}

/* There is no engine yet that could read it. */
static otls_status
alert_before_hello(otls_gate *gate, otls_bytes body)
{
	if (body.len != 2)
		return refuse(gate, ALERT_DECODE_ERROR, "a malformed alert came");
	otls__fail(OTLS_E_ALERT_RECEIVED, "%s, the alert %s (%u) came", awaited(gate), otls_alert_name(body.data[1]),
	    body.data[1]);
	otls__error_thread()->alert = body.data[1];
	return refused(gate, -1);
}

/* Records between hellos that are the engine's: ChangeCipherSpec of the compatibility mode, early data. */
static bool
may_pass(const otls_gate *gate, uint8_t type)
{
	if (type == RECORD_HANDSHAKE || gate->message.len > 0)
		return false; /* nothing may come between the parts of a message (RFC 8446, section 5.1) */
	if (gate->role == OTLS_ROLE_SERVER)
		return gate->state != OTLS_GATE_FIRST;
	return type == RECORD_CHANGE_CIPHER_SPEC;
}

static otls_status
record_came(otls_gate *gate, const struct record *record)
{
	/* In state WATCH the server's own hello is not out yet, so that no message is due. */
	if (record->type == RECORD_HANDSHAKE && gate->state != OTLS_GATE_WATCH)
		return collect(gate, record->body);
	if (record->type == RECORD_ALERT && gate->role == OTLS_ROLE_SERVER && gate->state == OTLS_GATE_FIRST)
		return alert_before_hello(gate, record->body);
	if (record->type != RECORD_ALERT && !may_pass(gate, record->type))
		return refuse(gate, ALERT_UNEXPECTED_MESSAGE,
		    gate->role == OTLS_ROLE_SERVER ? "the client sends what is not due before the ServerHello"
						   : "the server sends what is not due before the ServerHello");
	return pass(gate, record);
}

/* Record by record, until something was let through. */
static otls_status
hold(otls_gate *gate, otls_input *input)
{
	otls_status status = OTLS_WANT_READ;
	struct record record;

	while (status == OTLS_WANT_READ) {
		if ((status = next_record(gate, input, &record)) != OTLS_OK)
			return status;
		status = record_came(gate, &record);
		otls__input_skip(input, record.whole.len);
	}
	return status;
}

/* Lets through what is there, whole records or not. */
static otls_status
watch(otls_gate *gate, otls_input *input)
{
	otls_bytes view = otls__input_view(input), rest = { 0 };

	if (view.len == 0)
		return OTLS_WANT_READ;
	view.len = smaller(view.len, OTLS_INPUT_READ);
	rest = view;
	if (follow(gate, &rest) != OTLS_OK)
		return OTLS_ERROR;
	if (!otls__buffer_append(&gate->ready, view.data, view.len - rest.len))
		return refuse_memory(gate);
	otls__input_skip(input, view.len - rest.len);
	return OTLS_OK;
}

/* Whether the server's choice is known, so that nothing is held any more. */
static bool
is_chosen(const otls_gate *gate)
{
	return gate->state == OTLS_GATE_WATCH && (gate->role == OTLS_ROLE_CLIENT || gate->sent_done);
}

otls_status
otls__gate_pull(otls_gate *gate, otls_input *input)
{
	if (gate->state == OTLS_GATE_REFUSED)
		return otls__fail(OTLS_E_HANDSHAKE, "the peer's hello was refused");
	if (gate->ready.len > 0 || gate->state == OTLS_GATE_HELLO || gate->state == OTLS_GATE_OPEN)
		return OTLS_OK;
	return is_chosen(gate) ? watch(gate, input) : hold(gate, input);
}

otls_status
otls__gate_release(otls_gate *gate)
{
	if (!frame(gate, otls__buffer_view(&gate->first)))
		return refuse_memory(gate);
	gate->state = OTLS_GATE_WATCH;
	return OTLS_OK;
}

/* An open gate holds no memory for what flows past it. */
static void
settle(otls_gate *gate)
{
	if (gate->state == OTLS_GATE_OPEN && gate->ready.len == 0)
		otls__buffer_fini(&gate->ready);
}

size_t
otls__gate_take(otls_gate *gate, void *buf, size_t cap)
{
	size_t len = smaller(cap, gate->ready.len - gate->ready_at);

	if (len == 0)
		return 0;
	memcpy(buf, gate->ready.data + gate->ready_at, len);
	gate->ready_at += len;
	if (gate->ready_at < gate->ready.len)
		return len;
	gate->ready_at = gate->ready.len = 0;
	settle(gate);
	return len;
}

/* == bytes that go out == */

static otls_status
unreadable(otls_gate *gate)
{
	otls__fail(OTLS_E_BACKEND, "the TLS library wrote a hello that cannot be read");
	return refused(gate, ALERT_INTERNAL_ERROR);
}

static otls_status
own_client_hello(otls_gate *gate)
{
	int alert = -1;

	take_copy(&gate->out, &gate->first);
	gate->sent_done = true;
	if (otls__client_hello_parse(otls__buffer_view(&gate->first), &gate->client, &alert) != OTLS_OK)
		return unreadable(gate);
	return OTLS_OK;
}

static otls_status
own_server_hello(otls_gate *gate)
{
	otls_server_hello hello;
	int alert = -1;

	if (otls__server_hello_parse(otls__buffer_view(&gate->out.copy), &hello, &alert) != OTLS_OK)
		return unreadable(gate);
	/* A client that offers TLS 1.3 as well needs renegotiation_info only now. */
	if (lacks_renegotiation_info(gate, hello.version))
		return refuse_no_renegotiation_info(gate);
	keep_choice(gate, &hello);
	gate->sent_done = !hello.is_retry;
	otls__buffer_fini(&gate->out.copy);
	settle(gate);
	return OTLS_OK;
}

otls_status
otls__gate_sent(otls_gate *gate, const void *data, size_t len)
{
	otls_bytes rest = otls__bytes(data, len);
	track_event event = TRACK_NOTHING;
	otls_status status = OTLS_OK;

	while (status == OTLS_OK && rest.len > 0 && !gate->sent_done) {
		event = track(&gate->out, &rest);
		if (event == TRACK_NO_MEMORY)
			return otls__fail_memory();
		if (event == TRACK_MESSAGE)
			status = gate->role == OTLS_ROLE_CLIENT ? own_client_hello(gate) : own_server_hello(gate);
	}
	return status;
}

void
otls__gate_alert(uint8_t record[7], int alert)
{
	const uint8_t bytes[7] = { RECORD_ALERT, 3, 3, 0, 2, 2 /* fatal */, (uint8_t)alert };

	memcpy(record, bytes, sizeof(bytes));
}

/* == begin and end == */

void
otls__gate_init(otls_gate *gate, otls_role role)
{
	*gate = (otls_gate){ .role = role, .alert = -1 };
	gate->in.wanted = MESSAGE_CERTIFICATE;
	gate->last = role == OTLS_ROLE_CLIENT ? MESSAGE_SERVER_HELLO : MESSAGE_CLIENT_HELLO;
	gate->out.wanted = role == OTLS_ROLE_CLIENT ? MESSAGE_CLIENT_HELLO : MESSAGE_SERVER_HELLO;
}

void
otls__gate_fini(otls_gate *gate)
{
	otls__buffer_fini(&gate->ready);
	otls__buffer_fini(&gate->first);
	otls__buffer_fini(&gate->message);
	otls__buffer_fini(&gate->in.copy);
	otls__buffer_fini(&gate->out.copy);
	otls__buffer_fini(&gate->certificate);
}
