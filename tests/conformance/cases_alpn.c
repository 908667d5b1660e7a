/* Application protocols. */
#include "pair.h"
#include "pki.h"

#include <stdio.h>
#include <string.h>

#define ALERT_NO_APPLICATION_PROTOCOL 120

struct row {
	const char *client, *server; /* lists; NULL: none */
	bool client_requires, server_requires;
	const char *chosen; /* NULL: the handshake fails */
	bool client_fails;  /* chosen NULL: it is the client that refuses */
};

static struct pair *
open_lists(struct run *run, const struct row *row)
{
	otls_context *client = good_client(run), *server = good_server(run);

	CHECK_OK(run, otls_context_set_alpn_protos(client, row->client));
	CHECK_OK(run, otls_context_set_alpn_protos(server, row->server));
	if (row->client_requires)
		CHECK_OK(run, otls_context_set_alpn_policy(client, OTLS_ALPN_REQUIRED));
	if (row->server_requires)
		CHECK_OK(run, otls_context_set_alpn_policy(server, OTLS_ALPN_REQUIRED));
	return pair_open(run, client, server, WIRE_VARIED);
}

static bool
check_refused(struct run *run, struct pair *pair, bool by_client)
{
	const otls_error *refuser = NULL, *other = NULL;

	pair_handshake(pair);
	refuser = otls_connection_error(by_client ? pair->client : pair->server);
	other = otls_connection_error(by_client ? pair->server : pair->client);
	return CHECK_TEXT(run, otls_error_name(refuser), "ALPN") &&
	       CHECK_NUMBER(run, otls_error_category(refuser), OTLS_CATEGORY_PROTOCOL) &&
	       /* A client finds out when the engine's handshake is over, and has no alert to send any more. */
	       (by_client || (CHECK_NUMBER(run, otls_error_alert(refuser), ALERT_NO_APPLICATION_PROTOCOL) &&
				 CHECK(run, otls_error_alert_was_sent(refuser)) &&
				 CHECK_TEXT(run, otls_error_name(other), "ALERT_RECEIVED") &&
				 CHECK_NUMBER(run, otls_error_alert(other), ALERT_NO_APPLICATION_PROTOCOL)));
}

static bool
alpn_row(struct run *run)
{
	const struct row *row = run->test->row;
	struct pair *pair = open_lists(run, row);
	size_t len = 1;

	if (run->outcome == OUTCOME_FAILED)
		return false;
	if (row->chosen == NULL)
		return check_refused(run, pair, row->client_fails);
	return pair_connect(pair) && CHECK_TEXT(run, otls_connection_alpn(pair->client, &len), row->chosen) &&
	       CHECK_NUMBER(run, len, strlen(row->chosen)) &&
	       CHECK_TEXT(run, otls_connection_alpn(pair->server, &len), row->chosen) &&
	       CHECK_NUMBER(run, len, strlen(row->chosen)) && pair_exchange(pair, 10);
}

/* == the server's own choice == */
struct script {
	otls_answer answer;
	int pending;
	size_t choice; /* SIZE_MAX: none of them */
	char offers[256];
	int calls;
};

static otls_answer
on_select(otls_connection *conn, size_t *choice, void *arg)
{
	struct script *script = arg;
	const char *offer = NULL;
	size_t len = 0;

	script->calls++;
	script->offers[0] = '\0';
	for (size_t i = 0; (offer = otls_connection_alpn_offer_at(conn, i, &len)) != NULL; i++)
		snprintf(script->offers + strlen(script->offers), sizeof(script->offers) - strlen(script->offers),
		    "[%.*s]", (int)len, offer);
	if (script->pending-- > 0)
		return OTLS_ANSWER_PENDING;
	if (script->choice != SIZE_MAX)
		*choice = script->choice;
	return script->answer;
}

static struct pair *
open_script(struct run *run, struct script *script, const char *offers)
{
	otls_context *client = good_client(run), *server = good_server(run);

	CHECK_OK(run, otls_context_set_alpn_protos(client, offers));
	CHECK_OK(run, otls_context_set_alpn_protos(server, "never/1"));
	CHECK_OK(run, otls_context_set_alpn_select_callback(server, on_select, script, NULL));
	return pair_open(run, client, server, WIRE_VARIED);
}

static bool
select_one(struct run *run)
{
	struct script script = { .answer = OTLS_ANSWER_OK, .choice = 1 };
	struct pair *pair = open_script(run, &script, "h2,http/1.1,spdy/3");
	size_t len = 0;

	return pair_connect(pair) && CHECK_NUMBER(run, script.calls, 1) &&
	       CHECK_TEXT(run, script.offers, "[h2][http/1.1][spdy/3]") &&
	       CHECK_TEXT(run, otls_connection_alpn(pair->client, NULL), "http/1.1") &&
	       CHECK_TEXT(run, otls_connection_alpn(pair->server, NULL), "http/1.1") &&
	       CHECK_TEXT(run, otls_connection_alpn_offer_at(pair->server, 2, &len), "spdy/3") &&
	       CHECK(run, otls_connection_alpn_offer_at(pair->server, 3, &len) == NULL) && pair_exchange(pair, 10);
}

static bool
select_none(struct run *run)
{
	struct script script = { .answer = OTLS_ANSWER_OK, .choice = SIZE_MAX };
	struct pair *pair = open_script(run, &script, "h2");

	return pair_connect(pair) && CHECK_TEXT(run, otls_connection_alpn(pair->client, NULL), "") &&
	       CHECK_TEXT(run, otls_connection_alpn(pair->server, NULL), "");
}

static bool
select_refused(struct run *run)
{
	struct script script = { .answer = OTLS_ANSWER_REFUSE, .choice = SIZE_MAX };

	return check_refused(run, open_script(run, &script, "h2"), false) && CHECK_NUMBER(run, script.calls, 1);
}

static bool
select_pending(struct run *run)
{
	struct script script = { .answer = OTLS_ANSWER_OK, .pending = 1, .choice = 0 };
	struct pair *pair = open_script(run, &script, "h2");

	pair_handshake(pair);
	if (!CHECK_NUMBER(run, pair->server_status, OTLS_WANT_CALLBACK))
		return false;
	pair->server_status = OTLS_WANT_READ;
	return pair_connect(pair) && CHECK_NUMBER(run, script.calls, 2) &&
	       CHECK_TEXT(run, otls_connection_alpn(pair->client, NULL), "h2");
}

static bool
select_not_asked(struct run *run)
{
	struct script script = { .answer = OTLS_ANSWER_REFUSE, .choice = SIZE_MAX };
	struct pair *pair = open_script(run, &script, NULL);

	return pair_connect(pair) && CHECK_NUMBER(run, script.calls, 0);
}

/* == lists == */
static bool
own_list(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	struct pair *pair = NULL, *other = NULL;

	if (!CHECK_OK(run, otls_context_set_alpn_protos(client, "a")) ||
	    !CHECK_OK(run, otls_context_set_alpn_protos(server, "a,b")))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	other = pair_open(run, client, server, WIRE_VARIED);
	return CHECK_OK(run, otls_connection_set_alpn_protos(pair->client, "b")) && pair_connect(pair) &&
	       CHECK_TEXT(run, otls_connection_alpn(pair->client, NULL), "b") && pair_connect(other) &&
	       CHECK_TEXT(run, otls_connection_alpn(other->client, NULL), "a");
}

/* A name with a comma in it. */
static bool
wire_list(struct run *run)
{
	static const uint8_t list[] = "\x03"
				      "a,b\x01"
				      "c";
	otls_context *client = good_client(run), *server = good_server(run);
	struct pair *pair = NULL;

	if (!otls_backend_has(run->client, OTLS_CAP_ALPN_BYTES))
		return CHECK_ERROR(run, otls_context_set_alpn_protos_wire(client, list, 4), OTLS_E_UNSUPPORTED);
	if (!otls_backend_has(run->server, OTLS_CAP_ALPN_BYTES))
		return CHECK_ERROR(run, otls_context_set_alpn_protos_wire(server, list, 4), OTLS_E_UNSUPPORTED);
	if (!CHECK_OK(run, otls_context_set_alpn_protos_wire(client, list, sizeof(list) - 1)) ||
	    !CHECK_OK(run, otls_context_set_alpn_protos_wire(server, list, 4)))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	return pair_connect(pair) && CHECK_TEXT(run, otls_connection_alpn(pair->client, NULL), "a,b");
}

static bool
bad_lists(struct run *run)
{
	static const uint8_t short_name[] = { 3, 'a', 'b' }, empty_name[] = { 0, 1, 'a' };
	otls_context *client = good_client(run);
	char name[258] = "";

	memset(name, 'x', 256);
	return CHECK_ERROR(run, otls_context_set_alpn_protos(client, "a,,b"), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_alpn_protos(client, ","), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_alpn_protos(client, name), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_alpn_protos_wire(client, short_name, 3), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_alpn_protos_wire(client, empty_name, 3), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_OK(run, otls_context_set_alpn_protos(client, "")) &&
	       CHECK_OK(run, otls_context_set_alpn_protos(client, NULL));
}

/* Lists and names as long as the backend says that they may be, and one more. */
static bool
limits(struct run *run)
{
	uint64_t count = otls_backend_limit(run->client, OTLS_LIMIT_ALPN_COUNT);
	uint64_t bytes = otls_backend_limit(run->client, OTLS_LIMIT_ALPN_NAME_BYTES);
	otls_context *client = good_client(run);
	char list[256] = "", name[256] = "";
	bool any = otls_backend_has(run->client, OTLS_CAP_ALPN_ANY);

	if (!CHECK(run, any == (count == 0 && bytes == 0)))
		return false;
	if (any) {
		memset(name, 'x', 255);
		return CHECK_OK(run, otls_context_set_alpn_protos(client, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p")) &&
		       CHECK_OK(run, otls_context_set_alpn_protos(client, name));
	}
	for (uint64_t i = 0; i < count; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%sp%u", i > 0 ? "," : "", (unsigned)i);
	memset(name, 'x', (size_t)bytes);
	if (!CHECK_OK(run, otls_context_set_alpn_protos(client, list)) ||
	    !CHECK_OK(run, otls_context_set_alpn_protos(client, name)))
		return false;
	strcat(list, ",more");
	strcat(name, "x");
	return CHECK_ERROR(run, otls_context_set_alpn_protos(client, list), OTLS_E_UNSUPPORTED) &&
	       CHECK_ERROR(run, otls_context_set_alpn_protos(client, name), OTLS_E_UNSUPPORTED);
}

#define ROW(name, ...)                                                                                                 \
	{                                                                                                              \
		name, alpn_row, &(const struct row){ __VA_ARGS__ }, SCOPE_PAIR, CASE_VARIED                            \
	}

static const struct test_case cases[] = {
	ROW("overlap", "h2,http/1.1", "http/1.1,h2", false, false, "http/1.1", false),
	ROW("one", "x/1,h2", "h2", true, true, "h2", false),
	ROW("none_offered", NULL, "h2", false, false, "", false),
	ROW("none_served", "h2", NULL, false, false, "", false),
	ROW("no_overlap", "h2", "http/1.1", false, false, "", false),
	ROW("no_overlap_required", "h2", "http/1.1", false, true, NULL, false),
	ROW("none_offered_required", NULL, "h2", false, true, NULL, false),
	ROW("client_requires", "h2", "http/1.1", true, false, NULL, true),
	{ "select_one", select_one, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "select_none", select_none, .scope = SCOPE_PAIR },
	{ "select_refused", select_refused, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "select_pending", select_pending, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "select_not_asked", select_not_asked, .scope = SCOPE_PAIR },
	{ "own_list", own_list, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "wire_list", wire_list, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "bad_lists", bad_lists, .scope = SCOPE_BACKEND },
	{ "limits", limits, .scope = SCOPE_BACKEND },
};

const struct suite suite_alpn = { "alpn", cases, COUNT(cases) };
