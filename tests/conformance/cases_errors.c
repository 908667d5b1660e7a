/* The error record: its tables, how long it lives, and that the first error stays. */
#include "pair.h"
#include "pki.h"

#include <pthread.h>
#include <string.h>

/* == tables == */
static bool
tables(struct run *run)
{
	for (int code = 0; code < OTLS_E_COUNT_; code++)
		if (!CHECK(run, otls_code_name((otls_code)code)[0] != '\0') ||
		    !CHECK(run, strcmp(otls_code_name((otls_code)code), "UNKNOWN") != 0))
			return false;
	for (int reason = 0; reason <= OTLS_REASON_LAST_; reason++)
		if (!CHECK(run, strcmp(otls_verify_reason_name(reason), "UNKNOWN") != 0) ||
		    !CHECK(run, otls_verify_reason_text(reason)[0] != '\0'))
			return false;
	for (int category = OTLS_CATEGORY_NONE; category <= OTLS_CATEGORY_INTERNAL; category++)
		if (!CHECK(run, strcmp(otls_category_name((otls_category)category), "UNKNOWN") != 0))
			return false;
	for (int capability = 1; capability <= OTLS_CAP_LAST_; capability++)
		if (!CHECK(run, otls_capability_name((otls_capability)capability)[0] != '\0') ||
		    !CHECK(run, otls_capability_text((otls_capability)capability)[0] != '\0'))
			return false;
	return CHECK_TEXT(run, otls_code_name(OTLS_E_TRUNCATED), "TRUNCATED") &&
	       CHECK_TEXT(run, otls_code_name((otls_code)9999), "UNKNOWN") &&
	       CHECK_TEXT(run, otls_code_name((otls_code)-1), "UNKNOWN") &&
	       CHECK_TEXT(run, otls_verify_reason_name(9999), "UNKNOWN") &&
	       CHECK_TEXT(run, otls_verify_reason_name(-1), "UNKNOWN") &&
	       CHECK_TEXT(run, otls_category_name((otls_category)99), "UNKNOWN") &&
	       CHECK_TEXT(run, otls_capability_name((otls_capability)9999), "") &&
	       CHECK_TEXT(run, otls_alert_name(48), "unknown_ca") &&
	       CHECK_TEXT(run, otls_alert_name(0), "close_notify") && CHECK_TEXT(run, otls_alert_name(9999), "") &&
	       CHECK_TEXT(run, otls_alert_name(-1), "");
}

static bool
nothing_failed(struct run *run)
{
	const char *library = NULL, *function = NULL, *reason = NULL;

	return CHECK_NUMBER(run, otls_error_code(NULL), OTLS_E_NONE) &&
	       CHECK_NUMBER(run, otls_error_category(NULL), OTLS_CATEGORY_NONE) &&
	       CHECK_NUMBER(run, otls_error_alert(NULL), -1) && CHECK(run, !otls_error_alert_was_sent(NULL)) &&
	       CHECK_NUMBER(run, otls_error_verify_reason(NULL), OTLS_REASON_OK) &&
	       CHECK_NUMBER(run, otls_error_verify_depth(NULL), -1) && CHECK_NUMBER(run, otls_error_errno(NULL), 0) &&
	       CHECK_TEXT(run, otls_error_name(NULL), "NONE") && CHECK(run, otls_error_message(NULL) != NULL) &&
	       CHECK(run, !otls_error_entry(NULL, 0, &library, &function, &reason));
}

/* == lifetime == */
static bool
check_same(struct run *run, otls_status status, const otls_error *err, const char *message)
{
	return CHECK_NUMBER(run, status, OTLS_ERROR) && CHECK_TEXT(run, otls_error_message(err), message) &&
	       CHECK_TEXT(run, otls_error_message(otls_error_last()), message);
}

/* The first fatal error is the answer of every later call. */
static bool
first_stays(struct run *run)
{
	otls_context *stranger = bare_client(run);
	const otls_error *err = NULL;
	struct pair *pair = NULL;
	char message[512] = "", byte = 0;
	size_t len = 0;

	if (!trust(run, stranger, pki_other_ca(run)))
		return false;
	pair = pair_open(run, stranger, good_server(run), WIRE_VARIED);
	pair_handshake(pair);
	err = otls_connection_error(pair->client);
	strncpy(message, otls_error_message(err), sizeof(message) - 1);
	return CHECK_NUMBER(run, otls_error_code(err), OTLS_E_VERIFY) && CHECK(run, message[0] != '\0') &&
	       CHECK(run, strchr(message, '\n') == NULL) &&
	       check_same(run, otls_connection_handshake(pair->client), err, message) &&
	       check_same(run, otls_connection_read(pair->client, &byte, 1, &len), err, message) &&
	       CHECK_NUMBER(run, len, 0) &&
	       check_same(run, otls_connection_write(pair->client, "x", 1, &len), err, message) &&
	       check_same(run, otls_connection_peek(pair->client, &byte, 1, &len), err, message) &&
	       check_same(run, otls_connection_shutdown(pair->client), err, message) &&
	       /* Errors of usage do not replace it. */
	       CHECK_ERROR(run, otls_connection_read(pair->client, NULL, 1, &len), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_TEXT(run, otls_error_message(err), message) &&
	       CHECK_NUMBER(run, otls_connection_state(pair->client), OTLS_STATE_FAILED);
}

/* A wrong call on a connection changes nothing. */
static bool
usage_kills_nothing(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_VARIED);
	size_t len = 0;

	return CHECK_ERROR(run, otls_connection_read(pair->client, NULL, 1, &len), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_connection_set_connect_state(pair->client), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_connection_set_peer_name(pair->client, "other.example"), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_connection_set_fd(pair->client, 0, OTLS_FD_BORROW), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_connection_refuse_with(pair->server, 40), OTLS_E_BAD_STATE) &&
	       CHECK_NUMBER(run, otls_error_code(otls_connection_error(pair->client)), OTLS_E_NONE) &&
	       CHECK_NUMBER(run, otls_connection_state(pair->client), OTLS_STATE_OPEN) && pair_exchange(pair, 100);
}

static bool
success_keeps_last(struct run *run)
{
	struct pair *pair = NULL;
	otls_context *ctx = NULL;

	if (!CHECK_ERROR(run, otls_context_new_with(NULL, OTLS_METHOD_TLS, &ctx), OTLS_E_NO_BACKEND))
		return false;
	pair = pair_connected(run, WIRE_VARIED);
	return pair_exchange(pair, 10) && CHECK_NUMBER(run, otls_error_code(otls_error_last()), OTLS_E_NO_BACKEND);
}

static void *
look_at_last(void *arg)
{
	*(otls_code *)arg = otls_error_code(otls_error_last());
	return NULL;
}

static bool
per_thread(struct run *run)
{
	otls_context *ctx = NULL;
	otls_code seen = OTLS_E_BACKEND;
	pthread_t thread;

	if (!CHECK_ERROR(run, otls_context_new_with(NULL, OTLS_METHOD_TLS, &ctx), OTLS_E_NO_BACKEND) ||
	    !CHECK(run, pthread_create(&thread, NULL, look_at_last, &seen) == 0))
		return false;
	pthread_join(thread, NULL);
	return CHECK_NUMBER(run, seen, OTLS_E_NONE);
}

/* The message says what it is about. */
static bool
messages(struct run *run)
{
	otls_context *client = good_client(run);
	struct pair *pair = pair_open_named(run, client, good_server(run), "other.example", WIRE_MEMORY);

	pair_handshake(pair);
	if (!CHECK(run, strstr(otls_error_message(otls_connection_error(pair->client)), "other.example") != NULL) ||
	    !CHECK(run, strstr(otls_error_message(otls_connection_error(pair->server)),
			    otls_alert_name(otls_error_alert(otls_connection_error(pair->server)))) != NULL))
		return false;
	return CHECK(run, otls_context_use_certificate_chain_file(client, "/nowhere/chain.pem") == OTLS_ERROR) &&
	       CHECK(run, strstr(otls_error_message(otls_error_last()), "/nowhere/chain.pem") != NULL);
}

/* == threads == */
struct worker {
	struct run run; /* its own, so that threads do not share what they find */
	otls_context *client, *server;
};

static void *
work(void *arg)
{
	struct worker *worker = arg;

	for (int i = 0; i < 8 && worker->run.outcome == OUTCOME_PASSED; i++) {
		struct pair *pair = pair_open(&worker->run, worker->client, worker->server, WIRE_MEMORY);
		if (pair_connect(pair) && pair_exchange(pair, 1000))
			pair_shutdown(pair);
	}
	return NULL;
}

static bool
no_work(struct run *run)
{
	(void)run;
	return true;
}

/* One pair of contexts, used by several threads at once. */
static bool
shared_contexts(struct run *run)
{
	static const struct test_case release = { "release", no_work, .scope = SCOPE_ONCE };
	struct worker workers[4] = { 0 };
	pthread_t threads[4];
	otls_context *client = good_client(run), *server = good_server(run);
	size_t started = 0;

	for (; started < COUNT(threads); started++) {
		workers[started].run = *run;
		workers[started].run.owned = NULL;
		workers[started].client = client;
		workers[started].server = server;
		if (pthread_create(&threads[started], NULL, work, &workers[started]) != 0)
			break;
	}
	for (size_t i = 0; i < started; i++) {
		pthread_join(threads[i], NULL);
		if (workers[i].run.outcome == OUTCOME_FAILED)
			failed(run, "%s", workers[i].run.text);
		workers[i].run.test = &release;
		run_case(&workers[i].run);
	}
	return CHECK_NUMBER(run, started, COUNT(threads)) && run->outcome != OUTCOME_FAILED;
}

static const struct test_case cases[] = {
	{ "tables", tables, .scope = SCOPE_ONCE },
	{ "nothing_failed", nothing_failed, .scope = SCOPE_ONCE },
	{ "first_stays", first_stays, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "usage_kills_nothing", usage_kills_nothing, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "success_keeps_last", success_keeps_last, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "per_thread", per_thread, .scope = SCOPE_ONCE },
	{ "messages", messages, .scope = SCOPE_PAIR },
	{ "shared_contexts", shared_contexts, .scope = SCOPE_PAIR },
};

const struct suite suite_errors = { "errors", cases, COUNT(cases) };
