/* HelloRetryRequest: the second hello must be the first one again (RFC 8446, section 4.1.2). */
#include "pki.h"
#include "wire.h"

#include <string.h>

#define ALERT_ILLEGAL_PARAMETER 47

struct seen {
	int calls;
};

static otls_answer
count_names(otls_connection *conn, const char *name, void *arg)
{
	(void)conn;
	(void)name;
	((struct seen *)arg)->calls++;
	return OTLS_ANSWER_OK;
}

/* A server that has answered a first hello without a key share with HelloRetryRequest. */
static struct scripted *
retried_by(struct run *run, const struct hello *first, struct seen *seen)
{
	otls_context *ctx = good_server(run);
	struct scripted *server = NULL;
	const uint8_t *random = NULL;

	CHECK_OK(run, otls_context_set_alpn_protos(ctx, "h2,http/1.1"));
	CHECK_OK(run, otls_context_set_servername_callback(ctx, count_names, seen, NULL));
	server = scripted_open(run, ctx);
	scripted_hello(server, first);
	random = wire_find_server_random(server->answer, server->answer_len);
	if (CHECK_NUMBER(run, server->status, OTLS_WANT_READ) && CHECK(run, random != NULL))
		CHECK(run, wire_is_retry(random));
	return server;
}

static struct scripted *
retried(struct run *run, struct seen *seen)
{
	const struct hello first = { .tls13 = true, .no_key_share = true, .name = HOST, .alpn = "h2" };

	return retried_by(run, &first, seen);
}

static bool
retry_same(struct run *run)
{
	const struct hello second = { .tls13 = true, .name = HOST, .alpn = "h2" };
	struct seen seen = { 0 };
	struct scripted *server = NULL;
	const uint8_t *random = NULL;

	if (!both_have(run, OTLS_CAP_TLS1_3))
		return true;
	server = retried(run, &seen);
	scripted_hello(server, &second);
	random = wire_find_server_random(server->answer, server->answer_len);
	return CHECK_STATUS(run, server->status, OTLS_WANT_READ) && CHECK(run, random != NULL) &&
	       CHECK(run, !wire_is_retry(random)) && CHECK_NUMBER(run, seen.calls, 1);
}

static bool
retry_changed(struct run *run)
{
	const struct hello *second = run->test->row;
	struct seen seen = { 0 };
	struct scripted *server = NULL;

	if (!both_have(run, OTLS_CAP_TLS1_3))
		return true;
	server = retried(run, &seen);
	scripted_hello(server, second);
	return CHECK_NUMBER(run, seen.calls, 1) && scripted_check(server, OTLS_E_HANDSHAKE, ALERT_ILLEGAL_PARAMETER);
}

/* Pre-shared keys may be left out of the second hello, and none may come: core has looked up by the first one whose
 * tickets these are. */
static bool
retry_psk(struct run *run, uint8_t second_fill, unsigned second_more, bool refused)
{
	const struct hello first = { .tls13 = true,
		.no_key_share = true,
		.name = HOST,
		.alpn = "h2",
		.ticket = 200,
		.ticket_fill = 1,
		.more_psks = 1 };
	struct hello second = first;
	struct seen seen = { 0 };
	struct scripted *server = NULL;

	if (!both_have(run, OTLS_CAP_TLS1_3))
		return true;
	second.no_key_share = false;
	second.ticket_fill = second_fill;
	second.more_psks = second_more;
	server = retried_by(run, &first, &seen);
	scripted_hello(server, &second);
	if (refused)
		return scripted_check(server, OTLS_E_HANDSHAKE, ALERT_ILLEGAL_PARAMETER);
	return CHECK_STATUS(run, server->status, OTLS_WANT_READ) &&
	       CHECK(run, wire_find_server_random(server->answer, server->answer_len) != NULL);
}

static bool
retry_same_psk(struct run *run)
{
	return retry_psk(run, 1, 1, false) && retry_psk(run, 1, 0, false) && retry_psk(run, 2, 0, false);
}

/* None is left: a server goes on without.  CVE-2025-6395: GnuTLS's ended.  wolfSSL's refuses it. */
static bool
retry_without_psk(struct run *run)
{
	const struct hello first = { .tls13 = true, .no_key_share = true, .name = HOST, .ticket = 200 };
	struct hello second = { .tls13 = true, .name = HOST };
	struct seen seen = { 0 };
	struct scripted *server = NULL;

	if (!both_have(run, OTLS_CAP_TLS1_3))
		return true;
	server = retried_by(run, &first, &seen);
	scripted_hello(server, &second);
	if (server->status == OTLS_WANT_READ)
		return CHECK(run, wire_find_server_random(server->answer, server->answer_len) != NULL);
	return scripted_check(server, OTLS_E_HANDSHAKE, ALERT_ILLEGAL_PARAMETER);
}

static bool
retry_other_psk(struct run *run)
{
	return retry_psk(run, 3, 0, true) && retry_psk(run, 2, 1, true) && retry_psk(run, 1, 2, true);
}

/* Asks for a second retry. */
static bool
retry_twice(struct run *run)
{
	const struct hello second = { .tls13 = true, .no_key_share = true, .name = HOST, .alpn = "h2" };
	struct seen seen = { 0 };
	struct scripted *server = NULL;

	if (!both_have(run, OTLS_CAP_TLS1_3))
		return true;
	server = retried(run, &seen);
	scripted_hello(server, &second);
	return CHECK_NUMBER(run, server->status, OTLS_ERROR) &&
	       CHECK_NUMBER(run, otls_error_category(otls_connection_error(server->conn)), OTLS_CATEGORY_PROTOCOL) &&
	       CHECK(run, wire_find_alert(server->answer, server->answer_len) > 0);
}

#define CHANGED(name, ...)                                                                                             \
	{                                                                                                              \
		name, retry_changed, &(const struct hello){ .tls13 = true, __VA_ARGS__ }, SCOPE_BACKEND, 0             \
	}

static const struct test_case cases[] = {
	{ "same", retry_same, .scope = SCOPE_BACKEND },
	CHANGED("other_name", .name = "other.example", .alpn = "h2"),
	CHANGED("no_name", .alpn = "h2"),
	CHANGED("other_alpn", .name = HOST, .alpn = "http/1.1"),
	CHANGED("no_alpn", .name = HOST),
	CHANGED("other_suites", .name = HOST, .alpn = "h2", .fallback = true),
	CHANGED("new_psk", .name = HOST, .alpn = "h2", .ticket = 200),
	{ "same_psk", retry_same_psk, .scope = SCOPE_BACKEND },
	{ "without_psk", retry_without_psk, .scope = SCOPE_BACKEND },
	{ "other_psk", retry_other_psk, .scope = SCOPE_BACKEND },
	{ "twice", retry_twice, .scope = SCOPE_BACKEND },
};

const struct suite suite_retry = { "retry", cases, COUNT(cases) };
