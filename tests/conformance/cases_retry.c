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
retried(struct run *run, struct seen *seen)
{
	const struct hello first = { .tls13 = true, .no_key_share = true, .name = HOST, .alpn = "h2" };
	otls_context *ctx = good_server(run);
	struct scripted *server = NULL;
	const uint8_t *random = NULL;

	CHECK_OK(run, otls_context_set_alpn_protos(ctx, "h2,http/1.1"));
	CHECK_OK(run, otls_context_set_servername_callback(ctx, count_names, seen, NULL));
	server = scripted_open(run, ctx);
	scripted_hello(server, &first);
	random = wire_find_server_random(server->answer, server->answer_len);
	if (CHECK_NUMBER(run, server->status, OTLS_WANT_READ) && CHECK(run, random != NULL))
		CHECK(run, wire_is_retry(random));
	return server;
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
	{ "twice", retry_twice, .scope = SCOPE_BACKEND },
};

const struct suite suite_retry = { "retry", cases, COUNT(cases) };
