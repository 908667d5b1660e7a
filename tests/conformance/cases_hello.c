/* Hellos: what a server makes of ones that no library would send, and the server-name callback. */
#include "pair.h"
#include "pki.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#define ALERT_HANDSHAKE_FAILURE      40
#define ALERT_ILLEGAL_PARAMETER      47
#define ALERT_DECODE_ERROR           50
#define ALERT_PROTOCOL_VERSION       70
#define ALERT_INAPPROPRIATE_FALLBACK 86
#define ALERT_UNRECOGNIZED_NAME      112

static bool
answers_hello(struct run *run, const struct scripted *server)
{
	return CHECK_STATUS(run, server->status, OTLS_WANT_READ) &&
	       CHECK(run, wire_find_server_random(server->answer, server->answer_len) != NULL);
}

/* == downgrades == */

/* RFC 8446, section 4.1.3: a server that could do 1.3 says so in the random of its 1.2 hello. */
static bool
downgrade_sentinel(struct run *run)
{
	static const uint8_t sentinel[8] = { 'D', 'O', 'W', 'N', 'G', 'R', 'D', 1 };
	const struct hello old = { .name = HOST };
	otls_context *only_12 = good_server(run);
	struct scripted *both = scripted_open(run, good_server(run)), *one = NULL;
	const uint8_t *random = NULL;

	if (!both_have(run, OTLS_CAP_TLS1_3))
		return true;
	scripted_hello(both, &old);
	if (!answers_hello(run, both))
		return false;
	random = wire_find_server_random(both->answer, both->answer_len);
	if (!CHECK(run, memcmp(random + 24, sentinel, sizeof(sentinel)) == 0))
		return false;
	/* The twin: a server that has only 1.2 does not say it. */
	if (!CHECK_OK(run, otls_context_set_max_version(only_12, OTLS_TLS1_2)))
		return false;
	one = scripted_open(run, only_12);
	scripted_hello(one, &old);
	if (!answers_hello(run, one))
		return false;
	random = wire_find_server_random(one->answer, one->answer_len);
	return CHECK(run, memcmp(random + 24, sentinel, sizeof(sentinel)) != 0);
}

/* RFC 7507. */
static bool
fallback(struct run *run)
{
	const struct hello old = { .name = HOST, .fallback = true }, plain = { .name = HOST };
	otls_context *only_12 = good_server(run);
	struct scripted *server = NULL;

	if (!both_have(run, OTLS_CAP_TLS1_3))
		return true;
	server = scripted_open(run, good_server(run));
	scripted_hello(server, &old);
	if (!scripted_check(server, OTLS_E_HANDSHAKE, ALERT_INAPPROPRIATE_FALLBACK))
		return false;
	/* The twins: without the signal, and with a server that has nothing better. */
	server = scripted_open(run, good_server(run));
	scripted_hello(server, &plain);
	if (!answers_hello(run, server) || !CHECK_OK(run, otls_context_set_max_version(only_12, OTLS_TLS1_2)))
		return false;
	server = scripted_open(run, only_12);
	scripted_hello(server, &old);
	if (otls_backend_has(run->server, OTLS_CAP_FALLBACK_SIGNAL))
		return answers_hello(run, server);
	/* Refused without need; that it is served one day is to be seen here. */
	return CHECK_NUMBER(run, server->status, OTLS_ERROR) &&
	       CHECK_TEXT(run, otls_error_name(otls_connection_error(server->conn)), "HANDSHAKE");
}

static bool
old_version(struct run *run)
{
	const struct hello tls11 = { .name = HOST, .version = OTLS_TLS1_1 }, ssl3 = { .name = HOST, .version = 0x0300 };
	struct scripted *server = scripted_open(run, good_server(run));

	scripted_hello(server, &tls11);
	if (!scripted_check(server, OTLS_E_HANDSHAKE, ALERT_PROTOCOL_VERSION))
		return false;
	/* Before TLS there was no protocol_version: any fatal alert will do. */
	server = scripted_open(run, good_server(run));
	scripted_hello(server, &ssl3);
	return CHECK_NUMBER(run, server->status, OTLS_ERROR) &&
	       CHECK_TEXT(run, otls_error_name(otls_connection_error(server->conn)), "HANDSHAKE") &&
	       CHECK(run, wire_find_alert(server->answer, server->answer_len) > 0);
}

static bool
no_common_suite(struct run *run)
{
	const struct hello hello = { .name = HOST, .no_suite = true };
	struct scripted *server = scripted_open(run, good_server(run));

	scripted_hello(server, &hello);
	return scripted_check(server, OTLS_E_HANDSHAKE, ALERT_HANDSHAKE_FAILURE);
}

/* == odd extensions that are good == */

/* The server goes on: it answers with a ServerHello, and waits. */
static bool
is_answered(struct run *run)
{
	struct scripted *server = scripted_open(run, good_server(run));

	scripted_hello(server, run->test->row);
	return CHECK_NUMBER(run, server->status, OTLS_WANT_READ) &&
	       CHECK(run, wire_find_server_random(server->answer, server->answer_len) != NULL);
}

/* == malformed hellos == */
struct bad_row {
	struct hello hello;
	int alert;
};

static bool
bad_hello(struct run *run)
{
	const struct bad_row *row = run->test->row;
	const struct hello good = { .name = HOST };
	struct scripted *server = scripted_open(run, good_server(run));

	scripted_hello(server, &row->hello);
	if (!scripted_check(server, OTLS_E_HANDSHAKE, row->alert))
		return false;
	server = scripted_open(run, good_server(run));
	scripted_hello(server, &good);
	return answers_hello(run, server);
}

/* A message of more than 64 KiB is refused before all of it is here. */
static bool
huge_hello(struct run *run)
{
	struct bytes_out *out = run_owns(run, calloc(1, sizeof(*out)), free);
	static uint8_t message[WIRE_MAX] = { 1, 0x02, 0x00, 0x00, 3, 3 };
	struct scripted *server = scripted_open(run, good_server(run));

	wire_records(WIRE_HANDSHAKE, message, 60000, 16384, out);
	scripted_tell(server, out->data, out->len);
	return CHECK_NUMBER(run, server->status, OTLS_ERROR) &&
	       CHECK_NUMBER(run, otls_error_category(otls_connection_error(server->conn)), OTLS_CATEGORY_PROTOCOL);
}

/* == cut into pieces == */

/* The hello of a real client, in records of n bytes each, to a real server: both get on. */
static bool
reframed(struct run *run, size_t per_record)
{
	struct pair *pair = pair_open(run, good_client(run), good_server(run), WIRE_MEMORY);
	struct bytes_out *out = run_owns(run, calloc(1, sizeof(*out)), free);
	uint8_t buf[16384];
	size_t len = 0;

	CHECK_STATUS(run, otls_connection_handshake(pair->client), OTLS_WANT_READ);
	if (!CHECK_OK(run, otls_connection_drain(pair->client, buf, sizeof(buf), &len)) ||
	    !CHECK(run, len > 5 && buf[0] == WIRE_HANDSHAKE && len == 5 + ((size_t)buf[3] << 8 | buf[4])))
		return false;
	wire_records(WIRE_HANDSHAKE, buf + 5, len - 5, per_record, out);
	return CHECK_OK(run, otls_connection_feed(pair->server, out->data, out->len)) && pair_connect(pair) &&
	       pair_exchange(pair, 100);
}

static bool
one_byte_records(struct run *run)
{
	return reframed(run, 1);
}

/* The header of the message, 4 bytes, is cut. */
static bool
cut_in_header(struct run *run)
{
	return reframed(run, 3) && reframed(run, 2);
}

static bool
one_byte_feeds(struct run *run)
{
	const struct hello hello = { .name = HOST };
	struct bytes_out *out = run_owns(run, calloc(1, sizeof(*out)), free);
	struct scripted *server = scripted_open(run, good_server(run));

	wire_hello_record(&hello, out);
	for (size_t i = 0; i + 1 < out->len; i++) {
		scripted_tell(server, out->data + i, 1);
		if (!CHECK_NUMBER(run, server->status, OTLS_WANT_READ) || !CHECK_NUMBER(run, server->answer_len, 0))
			return false;
	}
	scripted_tell(server, out->data + out->len - 1, 1);
	return answers_hello(run, server);
}

/* == not TLS at all == */
static bool
tell_server(struct run *run, const char *text)
{
	struct scripted *server = scripted_open(run, good_server(run));

	scripted_tell(server, (const uint8_t *)text, strlen(text));
	return scripted_check(server, OTLS_E_NOT_TLS, -1);
}

static bool
not_tls_server(struct run *run)
{
	return tell_server(run, "GET / HTTP/1.1\r\nHost: server.example\r\n\r\n") && tell_server(run, "GET /") &&
	       tell_server(run, "SSH-2.0-client\r\n") && tell_server(run, "EHLO client.example\r\n");
}

static bool
not_tls_client(struct run *run)
{
	static const char text[] = "HTTP/1.0 400 Bad Request\r\n\r\n";
	struct scripted *client = scripted_open_client(run, good_client(run));

	scripted_tell(client, NULL, 0);
	if (!CHECK_NUMBER(run, client->status, OTLS_WANT_READ) || !CHECK(run, client->answer_len > 0))
		return false;
	scripted_tell(client, (const uint8_t *)text, strlen(text));
	return scripted_check(client, OTLS_E_NOT_TLS, -1);
}

/* == the server-name callback == */
struct name_script {
	otls_answer answer;
	int pending;       /* how many times PENDING is said first */
	int alert;         /* for refuse_with; -1: none */
	otls_context *ctx; /* to go on with; NULL: none */
	char name[256];
	int calls;
	bool failed;
};

static otls_answer
on_name(otls_connection *conn, const char *name, void *arg)
{
	struct name_script *script = arg;

	script->calls++;
	strncpy(script->name, name, sizeof(script->name) - 1);
	if (script->pending > 0) {
		script->pending--;
		return OTLS_ANSWER_PENDING;
	}
	if (script->alert >= 0 && otls_connection_refuse_with(conn, script->alert) != OTLS_OK)
		script->failed = true;
	if (script->ctx != NULL && otls_connection_set_context(conn, script->ctx) != OTLS_OK)
		script->failed = true;
	return script->answer;
}

static otls_context *
scripted_server(struct run *run, struct name_script *script)
{
	otls_context *ctx = good_server(run);

	CHECK_OK(run, otls_context_set_servername_callback(ctx, on_name, script, NULL));
	return ctx;
}

static bool
name_seen(struct run *run)
{
	struct name_script script = { .answer = OTLS_ANSWER_OK, .alert = -1 };
	struct pair *pair = pair_open(run, good_client(run), scripted_server(run, &script), WIRE_VARIED);

	return pair_connect(pair) && CHECK_TEXT(run, script.name, HOST) && CHECK_NUMBER(run, script.calls, 1) &&
	       CHECK(run, otls_connection_context(pair->server) != NULL);
}

static bool
name_other(struct run *run)
{
	struct name_script script = { .answer = OTLS_ANSWER_OK, .alert = -1 };
	otls_context *server = scripted_server(run, &script), *client = good_client(run);
	struct pair *pair = pair_open(run, client, server, WIRE_VARIED), *none = NULL;

	if (!CHECK_OK(run, otls_connection_set_server_name(pair->client, "front.example")) || !pair_connect(pair) ||
	    !CHECK_TEXT(run, script.name, "front.example") ||
	    !CHECK_TEXT(run, otls_connection_server_name(pair->server), "front.example"))
		return false;
	none = pair_open(run, client, server, WIRE_VARIED);
	return CHECK_OK(run, otls_connection_set_server_name(none->client, "")) && pair_connect(none) &&
	       CHECK_TEXT(run, script.name, "") && CHECK_TEXT(run, otls_connection_server_name(none->server), "");
}

/* RFC 6066, section 3: an address is no server name. */
static bool
name_of_address(struct run *run)
{
	static const char *const names[] = { "192.0.2.7", NULL };
	const mint_spec spec = { .common_name = "address", .names = names };
	struct name_script script = { .answer = OTLS_ANSWER_OK, .alert = -1 };
	otls_context *server = bare_server(run);
	struct pair *pair = NULL;

	if (!use_identity(run, server, pki_make(run, &spec, pki_ca(run))) ||
	    !CHECK_OK(run, otls_context_set_servername_callback(server, on_name, &script, NULL)))
		return false;
	pair = pair_open_named(run, good_client(run), server, "192.0.2.7", WIRE_VARIED);
	return pair_connect(pair) && CHECK_NUMBER(run, script.calls, 1) && CHECK_TEXT(run, script.name, "") &&
	       CHECK_TEXT(run, otls_connection_server_name(pair->client), "");
}

static bool
name_sets_context(struct run *run)
{
	static const char *const names[] = { "second.example", NULL };
	const mint_spec spec = { .common_name = "second", .names = names };
	otls_context *second = bare_server(run);
	struct name_script script = { .answer = OTLS_ANSWER_OK, .alert = -1, .ctx = second };
	otls_context *server = scripted_server(run, &script), *client = good_client(run);
	struct pair *pair = NULL;

	if (!use_identity(run, second, pki_make(run, &spec, pki_ca(run))) ||
	    !CHECK_OK(run, otls_context_set_alpn_protos(second, "second/1")) ||
	    !CHECK_OK(run, otls_context_set_alpn_protos(server, "first/1")) ||
	    !CHECK_OK(run, otls_context_set_alpn_protos(client, "first/1,second/1")))
		return false;
	pair = pair_open_named(run, client, server, "second.example", WIRE_VARIED);
	return pair_connect(pair) && CHECK(run, !script.failed) &&
	       CHECK(run, otls_connection_context(pair->server) == second) &&
	       CHECK_TEXT(run, otls_connection_alpn(pair->client, NULL), "second/1") && pair_exchange(pair, 100);
}

/* The server may have no certificate of its own, when the callback brings one. */
static bool
name_brings_certificate(struct run *run)
{
	struct name_script script = { .answer = OTLS_ANSWER_OK, .alert = -1, .ctx = good_server(run) };
	otls_context *server = bare_server(run);
	struct pair *pair = NULL;

	if (!CHECK_OK(run, otls_context_set_servername_callback(server, on_name, &script, NULL)))
		return false;
	pair = pair_open(run, good_client(run), server, WIRE_VARIED);
	return pair_connect(pair) && pair_exchange(pair, 100);
}

static bool
refused(struct run *run, int alert, int seen)
{
	struct name_script script = { .answer = OTLS_ANSWER_REFUSE, .alert = alert };
	struct pair *pair = pair_open(run, good_client(run), scripted_server(run, &script), WIRE_VARIED);
	const otls_error *client = NULL, *server = NULL;

	pair_handshake(pair);
	client = otls_connection_error(pair->client);
	server = otls_connection_error(pair->server);
	return CHECK(run, !script.failed) && CHECK_NUMBER(run, pair->server_status, OTLS_ERROR) &&
	       CHECK_TEXT(run, otls_error_name(server), "CALLBACK") &&
	       CHECK_NUMBER(run, otls_error_alert(server), seen) &&
	       CHECK_TEXT(run, otls_error_name(client), "ALERT_RECEIVED") &&
	       CHECK_NUMBER(run, otls_error_alert(client), seen);
}

static bool
name_refused(struct run *run)
{
	return refused(run, -1, ALERT_UNRECOGNIZED_NAME) && refused(run, 49, 49); /* access_denied */
}

static bool
name_pending(struct run *run)
{
	struct name_script script = { .answer = OTLS_ANSWER_OK, .alert = -1, .pending = 2 };
	struct pair *pair = pair_open(run, good_client(run), scripted_server(run, &script), WIRE_VARIED);

	for (int i = 0; i < 2; i++) {
		pair->server_status = OTLS_WANT_READ;
		pair_handshake(pair);
		if (!CHECK_NUMBER(run, pair->server_status, OTLS_WANT_CALLBACK) ||
		    !CHECK_NUMBER(run, script.calls, i + 1))
			return false;
	}
	pair->server_status = OTLS_WANT_READ;
	return pair_connect(pair) && CHECK_NUMBER(run, script.calls, 3) && pair_exchange(pair, 100);
}

#define BAD(name, alert, ...)                                                                                          \
	{                                                                                                              \
		name, bad_hello, &(const struct bad_row){ { __VA_ARGS__ }, alert }, SCOPE_BACKEND, 0                   \
	}

/* status_request: OCSP, a responder by its key, no extensions; and the same, cut. */
#define RESPONDER                                                                                                      \
	"\x00\x05\x00\x1f\x01\x00\x1a\x00\x18\xa2\x16\x04\x14"                                                         \
	"twenty bytes of hash\x00\x00"
#define RESPONDER_CUT "\x00\x05\x00\x05\x01\x00\x05\x00\x03"
/* signature_algorithms_cert, with a scheme that nobody knows (RFC 8446, section 4.2.3). */
#define ODD_SCHEMES   "\x00\x32\x00\x06\x00\x04\xfe\xfe\x04\x03"

#define EXTRA(bytes) .name = HOST, .extra = (bytes), .extra_len = sizeof(bytes) - 1
#define GOOD(name, ...)                                                                                                \
	{                                                                                                              \
		name, is_answered, &(const struct hello){ __VA_ARGS__ }, SCOPE_BACKEND, 0                              \
	}

static const struct test_case cases[] = {
	/* GnuTLS, 2017 (GNUTLS-SA-2017-4): a status_request that named a responder ended the server. */
	GOOD("status_request_of_one", EXTRA(RESPONDER)),
	GOOD("status_request_of_one_tls13", EXTRA(RESPONDER), .tls13 = true),
	/* OpenSSL CVE-2011-0014: a status_request was read behind its end. */
	BAD("status_request_cut", ALERT_DECODE_ERROR, EXTRA(RESPONDER_CUT)),
	/* OpenSSL CVE-2020-1967: an unknown scheme for certificates ended the server. */
	GOOD("unknown_scheme_for_certificates", EXTRA(ODD_SCHEMES), .tls13 = true),
	{ "downgrade_sentinel", downgrade_sentinel, .scope = SCOPE_BACKEND },
	{ "fallback", fallback, .scope = SCOPE_BACKEND },
	{ "old_version", old_version, .scope = SCOPE_BACKEND },
	{ "no_common_suite", no_common_suite, .scope = SCOPE_BACKEND },
	BAD("extension_twice", ALERT_ILLEGAL_PARAMETER, .name = HOST, .doubled = true),
	BAD("two_host_names", ALERT_ILLEGAL_PARAMETER, .name = HOST, .name_two = "other.example"),
	BAD("nul_in_server_name", ALERT_ILLEGAL_PARAMETER, .name = "server\0.example", .name_len = 15),
	BAD("odd_suites", ALERT_DECODE_ERROR, .name = HOST, .odd_suites = true),
	BAD("trailing_byte", ALERT_DECODE_ERROR, .name = HOST, .trailing = true),
	BAD("no_null_compression", ALERT_ILLEGAL_PARAMETER, .name = HOST, .no_null_compression = true),
	{ "huge", huge_hello, .scope = SCOPE_BACKEND },
	{ "one_byte_records", one_byte_records, .scope = SCOPE_PAIR },
	{ "cut_in_header", cut_in_header, .scope = SCOPE_PAIR },
	{ "one_byte_feeds", one_byte_feeds, .scope = SCOPE_BACKEND },
	{ "not_tls_server", not_tls_server, .scope = SCOPE_BACKEND },
	{ "not_tls_client", not_tls_client, .scope = SCOPE_BACKEND },
	{ "name_seen", name_seen, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "name_other", name_other, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "name_of_address", name_of_address, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "name_sets_context", name_sets_context, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "name_brings_certificate", name_brings_certificate, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "name_refused", name_refused, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "name_pending", name_pending, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
};

const struct suite suite_hello = { "hello", cases, COUNT(cases) };
