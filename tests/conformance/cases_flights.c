/* Flights that are changed on the way: handshake messages in plain text that are left out, that come too early, or that say
 * what none may say.  It must not go unnoticed up to the Finished message, which the attacker of CVE-2014-0224 could make
 * himself. */
#include "pair.h"
#include "pki.h"
#include "wire.h"

#include <string.h>

enum message {
	SERVER_HELLO = 2,
	ENCRYPTED_EXTENSIONS = 8,
	CERTIFICATE = 11,
	SERVER_KEY_EXCHANGE = 12,
	SERVER_HELLO_DONE = 14,
	CERTIFICATE_VERIFY = 15,
	CLIENT_KEY_EXCHANGE = 16
};
enum extension { KEY_SHARE = 51, SERVER_CERTIFICATE_TYPE = 20 };
enum { ALERT_UNEXPECTED_MESSAGE = 10, ALERT_BAD_RECORD_MAC = 20, ALERT_DECRYPT_ERROR = 51 };

#define FLIGHT_MAX 16

static const uint8_t change_cipher_spec[] = { 20, 3, 3, 0, 1, 1 };

/* == rewriting == */

/* Messages with their headers; change_cipher_spec stands for that record. */
struct flight {
	const uint8_t *message[FLIGHT_MAX];
	size_t len[FLIGHT_MAX];
	size_t count;
};

struct change {
	bool of_client; /* in the client's second flight, else in the server's */
	void (*edit)(struct flight *flight, const struct change *change);
	enum message message; /* that it is about */
	bool needs_tls13;     /* else TLS 1.2, but for what is in a ServerHello */
	bool any_version;
	bool one_sided; /* the client shows no certificate */
};

static void
put(struct bytes_out *out, const void *data, size_t len)
{
	if (out->len + len > sizeof(out->data))
		return;
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

/* What is in the handshake records at the front; answers where they end. */
static size_t
gather(const uint8_t *data, size_t len, struct bytes_out *messages)
{
	size_t at = 0;

	messages->len = 0;
	while (at + 5 <= len && data[at] == WIRE_HANDSHAKE) {
		size_t body = (size_t)data[at + 3] << 8 | data[at + 4];

		put(messages, data + at + 5, body);
		at += 5 + body;
	}
	return at;
}

static void
split(const struct bytes_out *messages, struct flight *flight)
{
	size_t at = 0;

	flight->count = 0;
	while (at + 4 <= messages->len && flight->count < FLIGHT_MAX) {
		const uint8_t *p = messages->data + at;
		size_t len = 4 + ((size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);

		flight->message[flight->count] = p;
		flight->len[flight->count++] = len;
		at += len;
	}
}

static void
put_record(struct bytes_out *out, const uint8_t *message, size_t len)
{
	const uint8_t head[5] = { WIRE_HANDSHAKE, 3, 3, (uint8_t)(len >> 8), (uint8_t)len };

	if (message != change_cipher_spec)
		put(out, head, sizeof(head));
	put(out, message, len);
}

/* Rewrites the messages in plain text that are queued, and delivers them; what is behind them stays as it is. */
static bool
rewrite(struct run *run, struct link *link, const struct change *change)
{
	static struct bytes_out queued, messages, out;
	struct flight flight;
	size_t end;

	link->held = false;
	queued.len = link_take(link, queued.data, sizeof(queued.data));
	end = gather(queued.data, queued.len, &messages);
	split(&messages, &flight);
	if (!CHECK(run, flight.count > 0))
		return false;
	if (change->edit != NULL)
		change->edit(&flight, change);
	out.len = 0;
	for (size_t i = 0; i < flight.count; i++)
		put_record(&out, flight.message[i], flight.len[i]);
	link_put(link, out.data, out.len);
	link_put(link, queued.data + end, queued.len - end);
	return true;
}

/* == edits == */

static size_t
find(const struct flight *flight, enum message type)
{
	size_t i = 0;

	while (i < flight->count && flight->message[i][0] != (uint8_t)type)
		i++;
	return i;
}

static void
leave_out(struct flight *flight, const struct change *change)
{
	for (size_t i = find(flight, change->message); i + 1 < flight->count; i++) {
		flight->message[i] = flight->message[i + 1];
		flight->len[i] = flight->len[i + 1];
	}
	flight->count--;
}

static void
insert(struct flight *flight, size_t at, const uint8_t *message, size_t len)
{
	for (size_t i = flight->count++; i > at; i--) {
		flight->message[i] = flight->message[i - 1];
		flight->len[i] = flight->len[i - 1];
	}
	flight->message[at] = message;
	flight->len[at] = len;
}

static void
change_cipher_before(struct flight *flight, const struct change *change)
{
	insert(flight, find(flight, change->message), change_cipher_spec, sizeof(change_cipher_spec));
}

/* Behind the next one. */
static void
swap(struct flight *flight, const struct change *change)
{
	size_t i = find(flight, change->message), len = flight->len[i];
	const uint8_t *message = flight->message[i];

	flight->message[i] = flight->message[i + 1];
	flight->len[i] = flight->len[i + 1];
	flight->message[i + 1] = message;
	flight->len[i + 1] = len;
}

/* CVE-2015-1787 (OpenSSL): nothing is in it. */
static void
empty(struct flight *flight, const struct change *change)
{
	static uint8_t head[4];

	head[0] = (uint8_t)change->message;
	flight->message[find(flight, change->message)] = head;
	flight->len[find(flight, change->message)] = sizeof(head);
}

/* CVE-2025-12889 (wolfSSL): a client signed by a digest that the server had not asked for. */
static void
sign_by_sha384(struct flight *flight, const struct change *change)
{
	static struct bytes_out out;
	size_t i = find(flight, change->message);

	out.len = 0;
	put(&out, flight->message[i], flight->len[i]);
	out.data[4] = 0x05;
	flight->message[i] = out.data;
}

/* == a ServerHello, taken apart: session id, suite, extensions == */

struct server_hello {
	uint8_t head[2 + 32];
	uint8_t id[64];
	size_t id_len;
	uint8_t suite[3]; /* and the compression */
	uint8_t extensions[1024];
	size_t extensions_len;
};

static void
read_hello(const uint8_t *p, size_t len, struct server_hello *hello)
{
	size_t at = 4 + sizeof(hello->head);

	memcpy(hello->head, p + 4, sizeof(hello->head));
	hello->id_len = p[at++];
	memcpy(hello->id, p + at, hello->id_len);
	at += hello->id_len;
	memcpy(hello->suite, p + at, sizeof(hello->suite));
	at += sizeof(hello->suite) + 2;
	hello->extensions_len = at < len ? len - at : 0;
	memcpy(hello->extensions, p + at, hello->extensions_len);
}

static void
write_hello(struct flight *flight, const struct server_hello *hello)
{
	static struct bytes_out out;
	size_t len = sizeof(hello->head) + 1 + hello->id_len + sizeof(hello->suite) + 2 + hello->extensions_len;
	const uint8_t head[4] = { SERVER_HELLO, 0, (uint8_t)(len >> 8), (uint8_t)len };
	const uint8_t id_len = (uint8_t)hello->id_len;
	const uint8_t list[2] = { (uint8_t)(hello->extensions_len >> 8), (uint8_t)hello->extensions_len };

	out.len = 0;
	put(&out, head, sizeof(head));
	put(&out, hello->head, sizeof(hello->head));
	put(&out, &id_len, 1);
	put(&out, hello->id, hello->id_len);
	put(&out, hello->suite, sizeof(hello->suite));
	put(&out, list, sizeof(list));
	put(&out, hello->extensions, hello->extensions_len);
	flight->message[0] = out.data;
	flight->len[0] = out.len;
}

static void
write_it_again(struct flight *flight, const struct change *change)
{
	struct server_hello hello;

	(void)change;
	read_hello(flight->message[0], flight->len[0], &hello);
	write_hello(flight, &hello);
}

/* CVE-2024-5814 (wolfSSL): a suite that the client has not offered. */
static void
choose_another_suite(struct flight *flight, const struct change *change)
{
	struct server_hello hello;

	(void)change;
	read_hello(flight->message[0], flight->len[0], &hello);
	hello.suite[1] = hello.suite[0] == 0x13 ? 0x04 /* AES_128_CCM */ : 0xac /* ECDHE_ECDSA_AES_128_CCM */;
	write_hello(flight, &hello);
}

/* CVE-2014-3466 (GnuTLS): a session id that is longer than its buffer. */
static void
lengthen_session_id(struct flight *flight, const struct change *change)
{
	struct server_hello hello;

	(void)change;
	read_hello(flight->message[0], flight->len[0], &hello);
	while (hello.id_len < 33)
		hello.id[hello.id_len++] = 0x5a;
	write_hello(flight, &hello);
}

/* CVE-2026-55960, CVE-2026-89136 (wolfSSL): a raw public key instead of a certificate (RFC 7250), which nobody asked for. */
static void
announce_raw_key(struct flight *flight, const struct change *change)
{
	static const uint8_t extension[] = { 0, SERVER_CERTIFICATE_TYPE, 0, 1, 2 };
	struct server_hello hello;

	(void)change;
	read_hello(flight->message[0], flight->len[0], &hello);
	memcpy(hello.extensions + hello.extensions_len, extension, sizeof(extension));
	hello.extensions_len += sizeof(extension);
	write_hello(flight, &hello);
}

/* CVE-2023-3724, CVE-2026-3230 (wolfSSL): without a key share, the keys came from what anybody knows. */
static void
drop_key_share(struct flight *flight, const struct change *change)
{
	struct server_hello hello;
	size_t at = 0, size = 0;

	(void)change;
	read_hello(flight->message[0], flight->len[0], &hello);
	for (; at + 4 <= hello.extensions_len; at += size) {
		const uint8_t *p = hello.extensions + at;

		size = 4 + ((size_t)p[2] << 8 | p[3]);
		if (p[1] == KEY_SHARE)
			break;
	}
	memmove(hello.extensions + at, hello.extensions + at + size, hello.extensions_len - at - size);
	hello.extensions_len -= size;
	write_hello(flight, &hello);
}

/* CVE-2023-6937 (wolfSSL): what is to be encrypted, in plain, in the record of the ServerHello. */
static void
go_on_in_plain(struct flight *flight, const struct change *change)
{
	static const uint8_t extensions[] = { ENCRYPTED_EXTENSIONS, 0, 0, 2, 0, 0 };
	static struct bytes_out out;

	(void)change;
	out.len = 0;
	put(&out, flight->message[0], flight->len[0]);
	put(&out, extensions, sizeof(extensions));
	flight->message[0] = out.data;
	flight->len[0] = out.len;
}

/* == playing == */

/* Both verify each other. */
static struct pair *
open_pair(struct run *run, bool one_sided)
{
	otls_context *client = good_client(run), *server = good_server(run);

	if (one_sided)
		return pair_open(run, client, server, WIRE_CALLBACKS);
	if (!use_identity(run, client, pki_client(run)) || !trust(run, server, pki_ca(run)) ||
	    !CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_REQUIRE)) ||
	    !CHECK_OK(run, otls_context_set_signature_schemes(server, "ecdsa_secp256r1_sha256")))
		return NULL;
	return pair_open(run, client, server, WIRE_CALLBACKS);
}

/* Shakes hands, with this change of one flight. */
static struct pair *
shake_changed(struct run *run, const struct change *change)
{
	struct pair *pair = open_pair(run, change->one_sided);

	if (pair == NULL)
		return NULL;
	pair->to_client.held = true;
	pair_handshake(pair);
	if (!change->of_client) {
		if (!rewrite(run, &pair->to_client, change))
			return NULL;
		pair_handshake(pair);
		return pair;
	}
	pair->to_server.held = true;
	pair->to_client.held = false;
	pair_handshake(pair);
	if (!rewrite(run, &pair->to_server, change))
		return NULL;
	pair_handshake(pair);
	return pair;
}

static bool
has_version(struct run *run, const struct change *change)
{
	if (change->any_version || change->needs_tls13 == (run->version == OTLS_TLS1_3))
		return true;
	return !unsupported(run, change->needs_tls13 ? "only TLS 1.3 has that" : "TLS 1.3 encrypts that");
}

/* Refused at once, and not because a Finished or a record does not fit. */
static bool
is_refused(struct run *run)
{
	const struct change *change = run->test->row;
	struct pair *pair = NULL;
	const otls_error *error;
	int alert;

	if (!has_version(run, change))
		return true;
	if ((pair = shake_changed(run, change)) == NULL)
		return false;
	error = otls_connection_error(change->of_client ? pair->server : pair->client);
	alert = otls_error_alert(error);
	return CHECK_NUMBER(run, change->of_client ? pair->server_status : pair->client_status, OTLS_ERROR) &&
	       CHECK(run, otls_error_code(error) == OTLS_E_HANDSHAKE || otls_error_code(error) == OTLS_E_VERIFY) &&
	       CHECK(run, alert != ALERT_BAD_RECORD_MAC && alert != ALERT_DECRYPT_ERROR);
}

/* Twins: what is only taken apart and put together again is taken. */
static bool
is_taken(struct run *run)
{
	const struct change *change = run->test->row;
	struct pair *pair = NULL;

	if (!has_version(run, change))
		return true;
	pair = shake_changed(run, change);
	return pair != NULL && pair_connect(pair) && pair_exchange(pair, 100);
}

#define ROW(name, fn, ...)                                                                                             \
	{                                                                                                              \
		name, fn, &(const struct change){ __VA_ARGS__ }, SCOPE_PAIR, 0                                         \
	}
#define OF_SERVER(name, edit, message) ROW(name, is_refused, false, edit, message, false, false, false)
#define OF_CLIENT(name, edit, message) ROW(name, is_refused, true, edit, message, false, false, false)

static const struct test_case cases[] = {
	ROW("server_as_it_was", is_taken, false, NULL, 0, false, false, false),
	ROW("client_as_it_was", is_taken, true, NULL, 0, false, false, false),
	ROW("hello_as_it_was", is_taken, false, write_it_again, 0, false, true, false),
	OF_SERVER("no_certificate_of_server", leave_out, CERTIFICATE),
	OF_SERVER("no_server_key_exchange", leave_out, SERVER_KEY_EXCHANGE),
	OF_SERVER("keys_of_server_too_early", change_cipher_before, SERVER_HELLO_DONE),
	OF_SERVER("keys_of_server_before_certificate", change_cipher_before, CERTIFICATE),
	OF_CLIENT("no_certificate_of_client", leave_out, CERTIFICATE),
	OF_CLIENT("no_client_key_exchange", leave_out, CLIENT_KEY_EXCHANGE),
	OF_CLIENT("empty_client_key_exchange", empty, CLIENT_KEY_EXCHANGE),
	OF_CLIENT("digest_not_asked_for", sign_by_sha384, CERTIFICATE_VERIFY),
	OF_CLIENT("no_certificate_verify", leave_out, CERTIFICATE_VERIFY),
	OF_CLIENT("certificate_verify_too_early", swap, CLIENT_KEY_EXCHANGE),
	OF_CLIENT("keys_of_client_too_early", change_cipher_before, CLIENT_KEY_EXCHANGE),
	ROW("no_client_key_exchange_at_all", is_refused, true, leave_out, CLIENT_KEY_EXCHANGE, false, false, true),
	ROW("suite_not_offered", is_refused, false, choose_another_suite, 0, false, true, false),
	ROW("long_session_id", is_refused, false, lengthen_session_id, 0, false, true, false),
	ROW("raw_key_unasked", is_refused, false, announce_raw_key, 0, false, true, false),
	ROW("no_key_share", is_refused, false, drop_key_share, 0, true, false, false),
	ROW("plain_behind_hello", is_refused, false, go_on_in_plain, 0, true, false, false),
};

const struct suite suite_flights = { "flights", cases, COUNT(cases) };
