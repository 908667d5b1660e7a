/* The client certificate callback: what it is told, what it gives, and what comes of each answer. */
#include "pair.h"
#include "pki.h"

#include <stdlib.h>
#include <string.h>

#define CA_TEXT       "CN=Conformance CA"
#define OTHER_CA_TEXT "CN=Another CA"
#define SCHEMES_MAX   64

enum { ALERT_INTERNAL_ERROR = 80 };

/* What the callback does, and what it saw. */
struct choice {
	otls_identity *identities[2];
	const otls_identity *given; /* what it gives; NULL: none */
	bool by_name;               /* gives the first that a named authority has issued, if there is one */
	otls_answer answer;
	int pending; /* it answers so before: times */
	int calls, freed;
	char names[2][64]; /* of the latest call */
	size_t name_count, scheme_count;
	uint16_t schemes[SCHEMES_MAX];
	otls_status gave, shook, read;
	bool early; /* the connection was not open */
};

static void
free_choice(void *thing)
{
	struct choice *choice = thing;

	for (size_t i = 0; i < COUNT(choice->identities); i++)
		otls_identity_free(choice->identities[i]);
	free(choice);
}

/* To be made before the contexts that use it, so that it is released after them. */
static struct choice *
new_choice(struct run *run)
{
	struct choice *choice = run_owns(run, calloc(1, sizeof(*choice)), free_choice);

	choice->answer = OTLS_ANSWER_OK;
	return choice;
}

static void
count_freed(void *arg)
{
	((struct choice *)arg)->freed++;
}

static void
look(struct choice *choice, const otls_connection *conn)
{
	const char *name = NULL;

	choice->name_count = choice->scheme_count = 0;
	while ((name = otls_connection_client_ca_at(conn, choice->name_count)) != NULL) {
		if (choice->name_count < COUNT(choice->names))
			strncpy(choice->names[choice->name_count], name, sizeof(choice->names[0]) - 1);
		choice->name_count++;
	}
	while (
	    choice->scheme_count < SCHEMES_MAX &&
	    (choice->schemes[choice->scheme_count] = otls_connection_client_scheme_at(conn, choice->scheme_count)) != 0)
		choice->scheme_count++;
}

static const otls_identity *
named(const struct choice *choice)
{
	for (size_t i = 0; i < COUNT(choice->identities) && choice->name_count > 0; i++) {
		const otls_certificate *leaf = otls_identity_certificate_at(choice->identities[i], 0);

		if (leaf != NULL && strcmp(otls_certificate_issuer(leaf), choice->names[0]) == 0)
			return choice->identities[i];
	}
	return choice->given;
}

static otls_answer
choose(otls_connection *conn, void *arg)
{
	struct choice *choice = arg;
	const otls_identity *identity = NULL;
	uint8_t byte = 0;
	size_t len = 0;

	choice->calls++;
	look(choice, conn);
	choice->early = otls_connection_state(conn) == OTLS_STATE_HANDSHAKE;
	choice->shook = otls_connection_handshake(conn);
	choice->read = otls_connection_read(conn, &byte, 1, &len);
	identity = choice->by_name ? named(choice) : choice->given;
	choice->gave = identity != NULL ? otls_connection_set_identity(conn, identity) : OTLS_OK;
	if (choice->pending > 0) {
		choice->pending--;
		return OTLS_ANSWER_PENDING;
	}
	return choice->answer;
}

/* The first is by the usual authority, "client"; the second by the other one, "by another". */
static bool
make_identity(struct run *run, struct choice *choice, size_t which, otls_context *ctx)
{
	static const char *const purposes[] = { MINT_CLIENT_AUTH, NULL };
	const mint_spec spec = { .common_name = "by another", .purposes = purposes };
	const mint_identity *made = which == 0 ? pki_client(run) : pki_make(run, &spec, pki_other_ca(run));

	return CHECK(run, made != NULL) &&
	       CHECK_OK(run, otls_identity_new(ctx, made->pem, strlen(made->pem), made->key_pem, strlen(made->key_pem),
				 &choice->identities[which]));
}

/* A client that has no pair of its own, and the callback. */
static otls_context *
choosing_client(struct run *run, struct choice *choice)
{
	otls_context *client = good_client(run);

	if (!make_identity(run, choice, 0, client) || !make_identity(run, choice, 1, client) ||
	    !CHECK_OK(run, otls_context_set_client_certificate_callback(client, choose, choice, count_freed)))
		return NULL;
	return client;
}

static otls_certificate *
certificate_of(struct run *run, const mint_identity *identity)
{
	otls_certificate *cert = NULL;

	if (identity == NULL ||
	    !CHECK_OK(run, otls_certificate_new(identity->pem, strlen(identity->pem), OTLS_FILETYPE_PEM, &cert)))
		return NULL;
	return run_owns_certificate(run, cert);
}

/* Asks every client, and names the two authorities in this order. */
static otls_context *
asking_server(struct run *run, uint64_t mode, const mint_identity *first, const mint_identity *second)
{
	otls_context *server = good_server(run);

	if (!trust(run, server, pki_ca(run)) || !trust(run, server, pki_other_ca(run)) ||
	    !CHECK_OK(run, otls_context_set_verify(server, mode)) ||
	    !CHECK_OK(run, otls_context_add_client_ca(server, certificate_of(run, first))) ||
	    !CHECK_OK(run, otls_context_add_client_ca(server, certificate_of(run, second))))
		return NULL;
	return server;
}

static struct pair *
choosing_pair(struct run *run, struct choice *choice, uint64_t mode)
{
	return pair_open(
	    run, choosing_client(run, choice), asking_server(run, mode, pki_other_ca(run), pki_ca(run)), WIRE_VARIED);
}

static bool
check_shown(struct run *run, const struct pair *pair, const char *subject)
{
	const otls_certificate *cert = otls_connection_peer_certificate(pair->server);

	return subject == NULL ? CHECK(run, cert == NULL)
			       : CHECK(run, cert != NULL) && CHECK_TEXT(run, otls_certificate_subject(cert), subject);
}

/* In TLS 1.3, a client that asks before it has seen the request knows nothing of it. */
static bool
is_told(const struct run *run)
{
	return run->version == OTLS_TLS1_2 || otls_backend_has(run->client, OTLS_CAP_CLIENT_CA_TLS1_3);
}

static bool
names_are_told(const struct run *run)
{
	return run->version == OTLS_TLS1_2 ||
	       (is_told(run) && otls_backend_has(run->server, OTLS_CAP_CLIENT_CA_TLS1_3));
}

/* == what it is told == */

/* A server may send its own in another order. */
static bool
check_schemes(struct run *run, const struct choice *choice, const struct pair *pair)
{
	uint16_t best = otls_connection_client_scheme_at(pair->server, 0);
	bool found = false;

	if (!is_told(run))
		return CHECK_NUMBER(run, choice->scheme_count, 0);
	for (size_t i = 0; i < choice->scheme_count; i++) {
		found = found || choice->schemes[i] == best;
		if (!CHECK_NUMBER(run, choice->schemes[i], otls_connection_client_scheme_at(pair->client, i)))
			return false;
	}
	return CHECK(run, best != 0) && CHECK(run, found);
}

static bool
choice_told(struct run *run)
{
	struct choice *choice = new_choice(run);
	struct pair *pair = choosing_pair(run, choice, OTLS_VERIFY_PEER);

	if (!pair_connect(pair) || !CHECK_NUMBER(run, choice->calls, 1) ||
	    !CHECK_NUMBER(run, choice->name_count, names_are_told(run) ? 2 : 0) ||
	    !CHECK_TEXT(run, choice->names[0], names_are_told(run) ? OTHER_CA_TEXT : "") ||
	    !CHECK_TEXT(run, choice->names[1], names_are_told(run) ? CA_TEXT : ""))
		return false;
	return check_schemes(run, choice, pair) && CHECK(run, choice->early) &&
	       CHECK_STATUS(run, choice->shook, OTLS_ERROR) && CHECK_STATUS(run, choice->read, OTLS_ERROR) &&
	       pair_exchange(pair, 100);
}

/* == what it gives == */

static bool
choice_by_name(struct run *run)
{
	struct choice *choice = new_choice(run);
	otls_context *client = choosing_client(run, choice);
	otls_context *servers[] = { asking_server(run, OTLS_VERIFY_REQUIRE, pki_other_ca(run), pki_ca(run)),
		asking_server(run, OTLS_VERIFY_REQUIRE, pki_ca(run), pki_other_ca(run)) };

	choice->by_name = true;
	choice->given = choice->identities[0];
	for (size_t i = 0; i < COUNT(servers); i++) {
		struct pair *pair = pair_open(run, client, servers[i], WIRE_VARIED);
		bool other = i == 0 && names_are_told(run);

		if (!pair_connect(pair) || !check_shown(run, pair, other ? "CN=by another" : "CN=client") ||
		    !CHECK_OK(run, choice->gave) || !pair_exchange(pair, 100))
			return false;
	}
	return true;
}

/* Not even the context's own pair, which is shown without a callback. */
static bool
choice_none(struct run *run)
{
	struct choice *choice = new_choice(run);
	otls_context *client = choosing_client(run, choice), *server = good_server(run);
	struct pair *pair = NULL;

	if (!use_identity(run, client, pki_client(run)) || !trust(run, server, pki_ca(run)) ||
	    !CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_PEER)))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	if (!pair_connect(pair) || !check_shown(run, pair, NULL) || !CHECK_NUMBER(run, choice->calls, 1) ||
	    !pair_exchange(pair, 100))
		return false;
	choice->given = otls_context_identity_at(client, 0);
	pair = pair_open(run, client, server, WIRE_VARIED);
	if (!pair_connect(pair) || !check_shown(run, pair, "CN=client") || !CHECK_OK(run, choice->gave))
		return false;
	choice->given = NULL;
	if (!CHECK_OK(run, otls_context_set_client_certificate_callback(client, NULL, NULL, NULL)))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	return pair_connect(pair) && check_shown(run, pair, "CN=client") && CHECK_NUMBER(run, choice->calls, 2);
}

/* == what it answers == */

/* A client that asks before it has seen the request has keys, and has not begun to send with them: no alert. */
static bool
check_callback_error(struct run *run, struct pair *pair, const char *says)
{
	const otls_error *err = otls_connection_error(pair->client);

	if (!CHECK_STATUS(run, pair->client_status, OTLS_ERROR) || !CHECK_TEXT(run, otls_error_name(err), "CALLBACK") ||
	    !CHECK(run, strstr(otls_error_message(err), says) != NULL) ||
	    !CHECK_NUMBER(run, otls_error_alert_was_sent(err), is_told(run)))
		return false;
	if (!is_told(run))
		return CHECK_STATUS(run, pair->server_status, OTLS_WANT_READ);
	return CHECK_NUMBER(run, otls_error_alert(err), ALERT_INTERNAL_ERROR) &&
	       CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->server)), "ALERT_RECEIVED") &&
	       CHECK_NUMBER(run, otls_error_alert(otls_connection_error(pair->server)), ALERT_INTERNAL_ERROR);
}

static bool
choice_refuse(struct run *run)
{
	struct choice *choice = new_choice(run);
	struct pair *pair = choosing_pair(run, choice, OTLS_VERIFY_PEER);

	choice->answer = OTLS_ANSWER_REFUSE;
	choice->given = choice->identities[0];
	pair_handshake(pair);
	return check_callback_error(run, pair, "client certificate callback") && CHECK_NUMBER(run, choice->calls, 1);
}

static bool
choice_pending(struct run *run)
{
	struct choice *choice = new_choice(run);
	struct pair *pair = choosing_pair(run, choice, OTLS_VERIFY_REQUIRE);

	choice->pending = 2;
	choice->given = choice->identities[0];
	pair_handshake(pair);
	if (!otls_backend_has(run->client, OTLS_CAP_CHOICE_PENDING))
		return check_callback_error(run, pair, "CHOICE_PENDING") && CHECK_NUMBER(run, choice->calls, 1);
	if (!CHECK_STATUS(run, pair->client_status, OTLS_WANT_CALLBACK) || !CHECK_NUMBER(run, choice->calls, 1))
		return false;
	if (!CHECK_STATUS(run, otls_connection_handshake(pair->client), OTLS_WANT_CALLBACK))
		return false;
	choice->given = choice->identities[1]; /* the latest counts */
	pair->client_status = OTLS_WANT_READ;
	return pair_connect(pair) && CHECK_NUMBER(run, choice->calls, 3) && check_shown(run, pair, "CN=by another") &&
	       pair_exchange(pair, 100);
}

/* What was given before it answered PENDING is not shown, when nothing is given then. */
static bool
choice_pending_none(struct run *run)
{
	struct choice *choice = new_choice(run);
	struct pair *pair = choosing_pair(run, choice, OTLS_VERIFY_PEER);

	if (!otls_backend_has(run->client, OTLS_CAP_CHOICE_PENDING))
		return unsupported(run, "CHOICE_PENDING");
	choice->pending = 1;
	choice->given = choice->identities[0];
	pair_handshake(pair);
	choice->given = NULL;
	if (!CHECK_STATUS(run, pair->client_status, OTLS_WANT_CALLBACK))
		return false;
	pair->client_status = OTLS_WANT_READ;
	return pair_connect(pair) && check_shown(run, pair, NULL) && pair_exchange(pair, 100);
}

/* == a server that does not ask == */

/* A client that is asked before it can know chooses for nothing. */
static bool
choice_not_asked(struct run *run)
{
	struct choice *choice = new_choice(run);
	struct pair *pair = pair_open(run, choosing_client(run, choice), good_server(run), WIRE_VARIED);

	choice->given = choice->identities[0];
	return pair_connect(pair) && CHECK_NUMBER(run, choice->calls, is_told(run) ? 0 : 1) &&
	       check_shown(run, pair, NULL) && pair_exchange(pair, 100);
}

/* == identities that do not go == */

static bool
choice_foreign(struct run *run)
{
	struct choice *choice = new_choice(run);
	otls_context *client = good_client(run);
	struct pair *pair = NULL;
	bool foreign = run->client != run->server;

	if (!make_identity(run, choice, 0, bare_server(run)) ||
	    !CHECK_OK(run, otls_context_set_client_certificate_callback(client, choose, choice, NULL)))
		return false;
	choice->given = choice->identities[0];
	pair = pair_open(
	    run, client, asking_server(run, OTLS_VERIFY_PEER, pki_other_ca(run), pki_ca(run)), WIRE_VARIED);
	return pair_connect(pair) && CHECK_STATUS(run, choice->gave, foreign ? OTLS_ERROR : OTLS_OK) &&
	       check_shown(run, pair, foreign ? NULL : "CN=client");
}

static bool
choice_misuse(struct run *run)
{
	struct choice *choice = new_choice(run), *second = new_choice(run);
	otls_context *client = choosing_client(run, choice), *copy = NULL;
	otls_connection *conn = NULL;

	if (!CHECK_ERROR(
		run, otls_context_set_client_certificate_callback(NULL, choose, choice, NULL), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(run, otls_context_set_client_certificate_callback(bare_server(run), choose, choice, NULL),
		OTLS_E_BAD_STATE) ||
	    !CHECK_NUMBER(run, otls_connection_client_scheme_at(NULL, 0), 0) ||
	    !CHECK_OK(run, otls_connection_new_client(client, HOST, &conn)) || run_owns_connection(run, conn) == NULL ||
	    !CHECK_NUMBER(run, otls_connection_client_scheme_at(conn, 0), 0) ||
	    !CHECK_ERROR(run, otls_connection_set_identity(conn, choice->identities[0]), OTLS_E_BAD_STATE) ||
	    !CHECK_OK(run, otls_context_copy(client, &copy)))
		return false;
	/* The argument lives as long as anything that may call with it. */
	if (!CHECK_OK(run, otls_context_set_client_certificate_callback(client, choose, second, count_freed)) ||
	    !CHECK_NUMBER(run, choice->freed, 0))
		return false;
	otls_context_free(copy);
	return CHECK_NUMBER(run, choice->freed, 0) && CHECK_NUMBER(run, second->freed, 0);
}

/* == behind the handshake == */

#define LATE (OTLS_VERIFY_PEER | OTLS_VERIFY_POST_HANDSHAKE)

/* Lets both read, so that the request and its answer get through; the server's outcome. */
static otls_status
settle(struct pair *pair)
{
	uint8_t byte = 0;
	size_t len = 0;

	pair_read(pair, pair->client, &byte, 1, &len);
	return pair_read(pair, pair->server, &byte, 1, &len);
}

static bool
can_ask(struct run *run)
{
	if (run->version != OTLS_TLS1_3)
		return unsupported(run, "TLS 1.3 only") && false;
	return both_have(run, OTLS_CAP_POST_HANDSHAKE_AUTH);
}

/* Connected, and asked once, when the callback gave first (NULL: none). */
static struct pair *
late_pair(struct run *run, struct choice *choice, int first)
{
	otls_context *client = choosing_client(run, choice);
	struct pair *pair = NULL;

	if (!CHECK_OK(run, otls_context_set_post_handshake_auth(client, true)))
		return NULL;
	choice->given = first < 0 ? NULL : choice->identities[first];
	pair = pair_open(run, client, asking_server(run, LATE, pki_other_ca(run), pki_ca(run)), WIRE_VARIED);
	if (!pair_connect(pair) || !CHECK_NUMBER(run, choice->calls, 0) ||
	    !CHECK_OK(run, otls_connection_request_client_certificate(pair->server)) ||
	    !CHECK_STATUS(run, settle(pair), OTLS_WANT_READ) || !CHECK_NUMBER(run, choice->calls, 1) ||
	    !CHECK(run, !choice->early) || !CHECK_STATUS(run, choice->shook, OTLS_ERROR))
		return NULL;
	return check_shown(run, pair, first < 0 ? NULL : first == 0 ? "CN=client" : "CN=by another") ? pair : NULL;
}

/* The first answer, and the second; -1: none. */
struct late_row {
	int first, second;
	bool refused;
};

static bool
check_changed(struct run *run, struct pair *pair)
{
	const otls_error *err = otls_connection_error(pair->server);
	uint8_t byte = 0;
	size_t len = 0;

	if (!CHECK_TEXT(run, otls_error_name(err), "VERIFY") ||
	    !CHECK_TEXT(run, otls_verify_reason_name(otls_error_verify_reason(err)), "CHANGED") ||
	    !CHECK(run, otls_error_alert_was_sent(err)))
		return false;
	return CHECK_STATUS(run, pair_read(pair, pair->client, &byte, 1, &len), OTLS_ERROR) &&
	       CHECK_NUMBER(run, otls_error_alert(otls_connection_error(pair->client)), otls_error_alert(err));
}

static bool
late_choices(struct run *run)
{
	static const char *const subjects[] = { "CN=client", "CN=by another" };
	const struct late_row *row = run->test->row;
	struct choice *choice = new_choice(run);
	struct pair *pair = NULL;

	if (!can_ask(run))
		return run->outcome == OUTCOME_UNSUPPORTED;
	if ((pair = late_pair(run, choice, row->first)) == NULL)
		return false;
	choice->given = row->second < 0 ? NULL : choice->identities[row->second];
	if (!CHECK_OK(run, otls_connection_request_client_certificate(pair->server)) ||
	    !CHECK_STATUS(run, settle(pair), row->refused ? OTLS_ERROR : OTLS_WANT_READ) ||
	    !CHECK_NUMBER(run, choice->calls, 2))
		return false;
	if (row->refused)
		return check_changed(run, pair);
	return check_shown(run, pair, row->second < 0 ? NULL : subjects[row->second]) && pair_exchange(pair, 1000);
}

/* REFUSE, and PENDING, which no client can do there. */
static bool
late_refused(struct run *run)
{
	bool pending = *(const bool *)run->test->row;
	struct choice *choice = new_choice(run);
	struct pair *pair = NULL;
	const otls_error *err = NULL;

	if (!can_ask(run))
		return run->outcome == OUTCOME_UNSUPPORTED;
	if ((pair = late_pair(run, choice, 0)) == NULL)
		return false;
	choice->answer = pending ? OTLS_ANSWER_PENDING : OTLS_ANSWER_REFUSE;
	if (!CHECK_OK(run, otls_connection_request_client_certificate(pair->server)) ||
	    !CHECK_STATUS(run, settle(pair), OTLS_ERROR))
		return false;
	err = otls_connection_error(pair->client);
	return CHECK_TEXT(run, otls_error_name(err), "CALLBACK") &&
	       CHECK(run, strstr(otls_error_message(err), pending ? "PENDING" : "callback") != NULL) &&
	       CHECK(run, otls_error_alert_was_sent(err)) &&
	       CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->server)), "ALERT_RECEIVED");
}

#define CASE(name, fn)                                                                                                 \
	{                                                                                                              \
		name, fn, .scope = SCOPE_PAIR, .flags = CASE_VARIED                                                    \
	}
#define TWICE(name, ...)                                                                                               \
	{                                                                                                              \
		name, late_choices, &(const struct late_row){ __VA_ARGS__ }, SCOPE_PAIR, CASE_VARIED                   \
	}

static const bool refuses = false, waits = true;

static const struct test_case cases[] = {
	CASE("told", choice_told),
	CASE("by_name", choice_by_name),
	CASE("none", choice_none),
	CASE("refuse", choice_refuse),
	CASE("pending", choice_pending),
	CASE("pending_none", choice_pending_none),
	CASE("not_asked", choice_not_asked),
	{ "foreign", choice_foreign, .scope = SCOPE_PAIR },
	{ "misuse", choice_misuse, .scope = SCOPE_BACKEND },
	TWICE("late_same", 0, 0, false),
	TWICE("late_changed", 0, 1, true),
	TWICE("late_withdrawn", 0, -1, true),
	TWICE("late_none_then_shown", -1, 1, false),
	TWICE("late_none_twice", -1, -1, false),
	{ "late_refuse", late_refused, &refuses, SCOPE_PAIR, CASE_VARIED },
	{ "late_pending", late_refused, &waits, SCOPE_PAIR, CASE_VARIED },
};

const struct suite suite_client_choice = { "client_choice", cases, COUNT(cases) };
