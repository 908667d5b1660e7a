/* Resumption: what is resumed, what is not, and what both sides know of each other afterwards. */
#include "pki.h"
#include "resumption.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* == resumed == */

static bool
same_certificate(struct run *run, const otls_certificate *cert, const mint_identity *identity)
{
	size_t len = 0;
	const uint8_t *der = otls_certificate_der(cert, &len);

	return CHECK_NUMBER(run, len, identity->certificate.len) &&
	       CHECK(run, memcmp(der, identity->certificate.data, len) == 0);
}

static bool
check_server_known(struct run *run, const struct pair *pair)
{
	const otls_connection *client = pair->client;
	int depth = 0;

	return same_certificate(run, otls_connection_peer_certificate(client), pki_server(run)) &&
	       same_certificate(run, otls_connection_verified_chain_at(client, 1), pki_ca(run)) &&
	       CHECK_NUMBER(run, otls_connection_verify_result(client, &depth), OTLS_REASON_OK);
}

static bool
resumes(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	otls_session *session = first_session(run, client, server);
	struct pair *pair = session != NULL ? meet(run, client, server, session) : NULL;

	return check_reused(run, pair, true) && check_server_known(run, pair) && pair_exchange(pair, 60000) &&
	       pair_shutdown(pair);
}

/* Each connection gives a session for the next one. */
static bool
resumes_on_and_on(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	otls_session *session = first_session(run, client, server);
	struct pair *pair = NULL;

	for (int i = 0; i < 4 && session != NULL; i++) {
		pair = meet(run, client, server, session);
		if (!check_reused(run, pair, true) || !check_server_known(run, pair))
			return false;
		session = keep_session(run, pair);
	}
	return session != NULL;
}

static bool
through_bytes(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	otls_session *session = first_session(run, client, server), *copy = NULL;
	size_t len = 0;
	const uint8_t *bytes = otls_session_serialize(session, &len);
	bool good = session != NULL && CHECK_OK(run, otls_session_deserialize(bytes, len, &copy)) &&
		    CHECK_NUMBER(run, otls_session_expires(copy), otls_session_expires(session)) &&
		    again(run, client, server, copy, true);

	otls_session_free(copy);
	return good;
}

/* == what is not resumed == */

static bool
set_name_again(struct run *run, otls_context *client, otls_context *server, const otls_session *session,
    const char *peer_name, const char *server_name)
{
	struct pair *pair = pair_open_named(run, client, server, peer_name, WIRE_VARIED);

	if (server_name != NULL && !CHECK_OK(run, otls_connection_set_server_name(pair->client, server_name)))
		return false;
	return CHECK_ERROR(run, otls_connection_set_session(pair->client, session), OTLS_E_SESSION) &&
	       pair_connect(pair) && check_reused(run, pair, false);
}

static bool
other_name(struct run *run)
{
	static const char *const names[] = { HOST, "other.example", NULL };
	const mint_spec both = { .common_name = HOST, .names = names };
	const mint_identity *identity = pki_make(run, &both, pki_ca(run));
	otls_context *client = good_client(run), *server = bare_server(run);
	otls_session *session = NULL;

	if (identity == NULL || !use_identity(run, server, identity))
		return false;
	session = first_session(run, client, server);
	return session != NULL && set_name_again(run, client, server, session, "other.example", NULL) &&
	       set_name_again(run, client, server, session, HOST, "other.example") &&
	       again(run, client, server, session, true);
}

/* The name may change after the session was set: then it is dropped without a word. */
static bool
name_changes_later(struct run *run)
{
	static const char *const names[] = { HOST, "other.example", NULL };
	const mint_spec both = { .common_name = HOST, .names = names };
	const mint_identity *identity = pki_make(run, &both, pki_ca(run));
	otls_context *client = good_client(run), *server = bare_server(run);
	otls_session *session = NULL;
	struct pair *pair = NULL;

	if (identity == NULL || !use_identity(run, server, identity) ||
	    (session = first_session(run, client, server)) == NULL)
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	return CHECK_OK(run, otls_connection_set_session(pair->client, session)) &&
	       CHECK_OK(run, otls_connection_set_peer_name(pair->client, "other.example")) && pair_connect(pair) &&
	       check_reused(run, pair, false);
}

/* Another trust: the certificates of the session are judged by it, before the session is offered. */
static bool
other_trust(struct run *run)
{
	otls_context *client = good_client(run), *other = bare_client(run), *server = good_server(run);
	otls_session *session = first_session(run, client, server);
	struct pair *pair = NULL;

	if (session == NULL || !trust(run, other, pki_other_ca(run)))
		return false;
	pair = pair_open(run, other, server, WIRE_VARIED);
	if (!CHECK_OK(run, otls_connection_set_session(pair->client, session)))
		return false;
	pair_handshake(pair);
	return CHECK_NUMBER(run, pair->client_status, OTLS_ERROR) &&
	       CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->client)), "VERIFY") &&
	       CHECK(run, !otls_connection_session_reused(pair->client)) && again(run, client, server, session, true);
}

/* A pin that the session's certificates do not have, and one that they do. */
static bool
pinned(struct run *run, const mint_identity *identity, otls_context **client)
{
	otls_certificate *cert = NULL;
	bool good;

	*client = good_client(run);
	good = CHECK_OK(run, otls_certificate_new(identity->pem, strlen(identity->pem), OTLS_FILETYPE_PEM, &cert)) &&
	       CHECK_OK(run, otls_context_pin_spki(*client, otls_certificate_spki_pin(cert)));
	otls_certificate_free(cert);
	return good;
}

static bool
other_pin(struct run *run)
{
	otls_context *client = good_client(run), *right = NULL, *wrong = NULL, *server = good_server(run);
	otls_session *session = first_session(run, client, server);

	if (session == NULL || !pinned(run, pki_server(run), &right) || !pinned(run, pki_client(run), &wrong))
		return false;
	return again(run, right, server, session, true) &&
	       is_judged(run, wrong, server, session, BY_CLIENT, OTLS_REASON_PIN_MISMATCH);
}

/* A session that was made without verification is worth nothing where there is one. */
static bool
unverified(struct run *run)
{
	otls_context *lax = bare_client(run), *strict = bare_client(run), *server = good_server(run);
	otls_session *session = NULL;
	struct pair *pair = NULL;

	if (!trust(run, strict, pki_other_ca(run)) ||
	    !CHECK_OK(run, otls_context_set_verify(lax, OTLS_VERIFY_INSECURE_NONE)) ||
	    (session = first_session(run, lax, server)) == NULL)
		return false;
	pair = pair_open(run, strict, server, WIRE_VARIED);
	if (!CHECK_ERROR(run, otls_connection_set_session(pair->client, session), OTLS_E_SESSION))
		return false;
	pair_handshake(pair);
	return CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->client)), "VERIFY") &&
	       again(run, lax, server, session, true);
}

/* The server's certificate has expired between the two, by the client's time. */
static bool
expired_certificate(struct run *run)
{
	const char *pem = pki_ca(run)->pem;
	otls_context *client = good_client(run), *later = bare_client(run), *server = good_server(run);
	otls_session *session = first_session(run, client, server);
	otls_store *store = NULL;

	if (session == NULL || !CHECK_OK(run, otls_store_new(&store)) || run_owns_store(run, store) == NULL ||
	    !CHECK_OK(run, otls_store_add_pem(store, pem, strlen(pem))) ||
	    !CHECK_OK(run, otls_store_set_time(store, (int64_t)time(NULL) + INT64_C(3650) * 86400)) ||
	    !CHECK_OK(run, otls_context_set_store(later, store)))
		return false;
	return is_judged(run, later, server, session, BY_CLIENT, OTLS_REASON_EXPIRED);
}

/* CVE-2016-5419, CVE-2022-27782 (curl): a session that was made with one client certificate was used with another. */
static bool
other_client_certificate(struct run *run)
{
	const mint_spec spec = { .common_name = "another" };
	const mint_identity *another = pki_make(run, &spec, pki_ca(run));
	otls_context *client = good_client(run), *other = good_client(run), *none = good_client(run);
	otls_context *server = good_server(run);
	otls_session *session = NULL;
	struct pair *pair = NULL;

	if (another == NULL || !use_identity(run, client, pki_client(run)) || !use_identity(run, other, another) ||
	    !trust(run, server, pki_ca(run)) || !CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_PEER)) ||
	    (session = first_session(run, client, server)) == NULL)
		return false;
	pair = pair_open(run, other, server, WIRE_VARIED);
	if (!CHECK_ERROR(run, otls_connection_set_session(pair->client, session), OTLS_E_SESSION) ||
	    !pair_connect(pair) || !check_reused(run, pair, false) ||
	    !same_certificate(run, otls_connection_peer_certificate(pair->server), another))
		return false;
	pair = pair_open(run, none, server, WIRE_VARIED);
	return CHECK_ERROR(run, otls_connection_set_session(pair->client, session), OTLS_E_SESSION) &&
	       pair_connect(pair) && CHECK(run, otls_connection_peer_certificate(pair->server) == NULL) &&
	       again(run, client, server, session, true);
}

/* == servers == */

static otls_context *
verifying_server(struct run *run, uint64_t mode)
{
	otls_context *server = good_server(run);

	return trust(run, server, pki_ca(run)) && CHECK_OK(run, otls_context_set_verify(server, mode)) ? server : NULL;
}

static otls_context *
known_client(struct run *run)
{
	otls_context *client = good_client(run);

	return use_identity(run, client, pki_client(run)) ? client : NULL;
}

/* A server that asks for certificates knows whose session it is, on every library. */
static bool
client_is_known(struct run *run)
{
	otls_context *client = known_client(run), *server = verifying_server(run, OTLS_VERIFY_REQUIRE);
	otls_session *session = client != NULL && server != NULL ? first_session(run, client, server) : NULL;
	struct pair *pair = session != NULL ? meet(run, client, server, session) : NULL;
	int depth = 0;

	return check_reused(run, pair, true) &&
	       same_certificate(run, otls_connection_peer_certificate(pair->server), pki_client(run)) &&
	       same_certificate(run, otls_connection_verified_chain_at(pair->server, 1), pki_ca(run)) &&
	       CHECK_NUMBER(run, otls_connection_verify_result(pair->server, &depth), OTLS_REASON_OK);
}

/* And of one who has shown none it knows that. */
static bool
client_without_certificate(struct run *run)
{
	otls_context *client = good_client(run), *server = verifying_server(run, OTLS_VERIFY_PEER);
	otls_session *session = server != NULL ? first_session(run, client, server) : NULL;
	struct pair *pair = session != NULL ? meet(run, client, server, session) : NULL;

	return check_reused(run, pair, true) && CHECK(run, otls_connection_peer_certificate(pair->server) == NULL);
}

/* The two servers have the same name and certificate.  reused: the second takes the first one's tickets. */
static bool
two_servers(struct run *run, otls_context *client, otls_context *first, otls_context *second, bool reused)
{
	otls_session *session = NULL;

	if (client == NULL || first == NULL || second == NULL)
		return false;
	session = first_session(run, client, first);
	return again(run, client, second, session, reused) && again(run, client, first, session, true);
}

static bool
equal_servers(struct run *run)
{
	return two_servers(run, good_client(run), good_server(run), good_server(run), true);
}

static bool
equal_verifying_servers(struct run *run)
{
	return two_servers(run, known_client(run), verifying_server(run, OTLS_VERIFY_PEER),
	    verifying_server(run, OTLS_VERIFY_PEER), true);
}

/* CVE-2025-23419 (nginx and others): a session of one virtual host, where no certificate is asked for or another one will
 * do, opened one where it is. */
static bool
verifies_more(struct run *run)
{
	otls_context *client = known_client(run), *free_host = good_server(run);
	otls_context *strict = verifying_server(run, OTLS_VERIFY_REQUIRE);
	otls_session *session = first_session(run, client, free_host);
	struct pair *pair = session != NULL ? meet(run, client, strict, session) : NULL;

	return check_reused(run, pair, false) &&
	       same_certificate(run, otls_connection_peer_certificate(pair->server), pki_client(run));
}

static bool
stranger_is_kept_out(struct run *run)
{
	otls_context *client = good_client(run), *free_host = good_server(run);
	otls_context *strict = verifying_server(run, OTLS_VERIFY_REQUIRE);
	otls_session *session = first_session(run, client, free_host);
	struct pair *pair = session != NULL ? pair_open(run, client, strict, WIRE_VARIED) : NULL;

	if (pair == NULL || !CHECK_OK(run, otls_connection_set_session(pair->client, session)))
		return false;
	pair_handshake(pair);
	return CHECK_NUMBER(run, pair->server_status, OTLS_ERROR) &&
	       CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->server)), "VERIFY");
}

static bool
optional_then_required(struct run *run)
{
	return two_servers(run, known_client(run), verifying_server(run, OTLS_VERIFY_PEER),
	    verifying_server(run, OTLS_VERIFY_REQUIRE), false);
}

static bool
other_server_trust(struct run *run)
{
	otls_context *first = verifying_server(run, OTLS_VERIFY_PEER),
		     *second = verifying_server(run, OTLS_VERIFY_PEER);

	return second != NULL && trust(run, second, pki_other_ca(run)) &&
	       two_servers(run, known_client(run), first, second, false);
}

static bool
other_client_ca(struct run *run)
{
	otls_context *first = verifying_server(run, OTLS_VERIFY_PEER),
		     *second = verifying_server(run, OTLS_VERIFY_PEER);
	const char *pem = pki_ca(run)->pem;
	otls_certificate *ca = NULL;
	bool good = second != NULL && CHECK_OK(run, otls_certificate_new(pem, strlen(pem), OTLS_FILETYPE_PEM, &ca)) &&
		    CHECK_OK(run, otls_context_add_client_ca(second, ca)) &&
		    two_servers(run, known_client(run), first, second, false);

	otls_certificate_free(ca);
	return good;
}

static bool
other_depth(struct run *run)
{
	otls_context *first = verifying_server(run, OTLS_VERIFY_PEER),
		     *second = verifying_server(run, OTLS_VERIFY_PEER);

	return second != NULL && CHECK_OK(run, otls_context_set_verify_depth(second, 3)) &&
	       two_servers(run, known_client(run), first, second, false);
}

/* Another virtual host: the same name, another key. */
static bool
other_identity(struct run *run)
{
	static const char *const names[] = { HOST, NULL };
	const mint_spec spec = { .common_name = HOST, .names = names };
	const mint_identity *identity = pki_make(run, &spec, pki_ca(run));
	otls_context *second = bare_server(run);

	return identity != NULL && use_identity(run, second, identity) &&
	       two_servers(run, good_client(run), good_server(run), second, false);
}

static bool
other_id_context(struct run *run)
{
	otls_context *first = good_server(run), *second = good_server(run), *third = good_server(run);

	return CHECK_OK(run, otls_context_set_session_id_context(first, "one", 3)) &&
	       CHECK_OK(run, otls_context_set_session_id_context(second, "two", 3)) &&
	       CHECK_OK(run, otls_context_set_session_id_context(third, "one", 3)) &&
	       two_servers(run, good_client(run), first, second, false) &&
	       two_servers(run, good_client(run), first, third, true);
}

static otls_context *
keyed_server(struct run *run, const char *keys)
{
	uint8_t bytes[4 * OTLS_TICKET_KEY_BYTES];
	otls_context *server = good_server(run);
	size_t count = strlen(keys);

	for (size_t i = 0; i < count; i++)
		memset(bytes + i * OTLS_TICKET_KEY_BYTES, keys[i], OTLS_TICKET_KEY_BYTES);
	return CHECK_OK(run, otls_context_set_ticket_keys(server, bytes, count)) ? server : NULL;
}

/* Keys that are changed: the old one opens as long as it is there. */
static bool
key_rotation(struct run *run)
{
	otls_context *client = good_client(run);

	return two_servers(run, client, keyed_server(run, "a"), keyed_server(run, "a"), true) &&
	       two_servers(run, client, keyed_server(run, "a"), keyed_server(run, "ba"), true) &&
	       two_servers(run, client, keyed_server(run, "b"), keyed_server(run, "cab"), true) &&
	       two_servers(run, client, keyed_server(run, "a"), keyed_server(run, "b"), false) &&
	       two_servers(run, client, keyed_server(run, "a"), good_server(run), false);
}

static bool
no_tickets(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	const otls_session *session = NULL;
	struct pair *pair = NULL;

	if (!CHECK_OK(run, otls_context_set_ticket_count(server, 0)) ||
	    !CHECK_NUMBER(run, otls_context_ticket_count(server), 0) ||
	    (pair = meet(run, client, server, NULL)) == NULL)
		return false;
	/* A server of TLS 1.2 may give it a session id all the same. */
	session = otls_connection_session(pair->client);
	if (run->version == OTLS_TLS1_3 && !CHECK(run, session == NULL))
		return false;
	return session == NULL || again(run, client, server, session, false);
}

static void
count_sessions(otls_connection *conn, const otls_session *session, void *arg)
{
	int *count = arg;

	*count += session != NULL && !otls_connection_session_reused(conn);
}

static bool
callback_is_told(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	int count = 0;

	return CHECK_OK(run, otls_context_set_session_callback(client, count_sessions, &count, NULL)) &&
	       CHECK_OK(run, otls_context_set_ticket_count(server, 1)) && meet(run, client, server, NULL) != NULL &&
	       CHECK_NUMBER(run, count, 1);
}

static bool
expired_session(struct run *run)
{
	struct timespec wait = { 2, 100000000 };
	otls_context *client = good_client(run), *server = good_server(run);
	otls_session *session = NULL;
	struct pair *pair = NULL;

	if (!CHECK_OK(run, otls_context_set_session_timeout(server, 1)) ||
	    (session = first_session(run, client, server)) == NULL)
		return false;
	nanosleep(&wait, NULL);
	if (otls_session_is_resumable(session))
		return again(run, client, server, session, false);
	pair = pair_open(run, client, server, WIRE_VARIED);
	return CHECK_ERROR(run, otls_connection_set_session(pair->client, session), OTLS_E_SESSION) &&
	       pair_connect(pair) && check_reused(run, pair, false);
}

/* Bytes that are cut or changed anywhere are refused, and what is left of them is never offered. */
static bool
damaged_bytes(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	otls_session *session = first_session(run, client, server), *copy = NULL;
	size_t len = 0;
	const uint8_t *bytes = otls_session_serialize(session, &len);
	uint8_t *changed = session != NULL ? malloc(len) : NULL;
	bool good = changed != NULL;

	for (size_t i = 0; i < len && good; i++) {
		memcpy(changed, bytes, len);
		changed[i] ^= (uint8_t)(1 << i % 8);
		good = CHECK_ERROR(run, otls_session_deserialize(bytes, i, &copy), OTLS_E_SESSION) &&
		       CHECK(run, copy == NULL) &&
		       CHECK_ERROR(run, otls_session_deserialize(changed, len, &copy), OTLS_E_SESSION);
	}
	free(changed);
	return good;
}

static bool
wrong_moments(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	otls_session *session = first_session(run, client, server);
	struct pair *pair = session != NULL ? pair_open(run, client, server, WIRE_VARIED) : NULL;

	return pair != NULL && CHECK(run, otls_connection_session(pair->client) == NULL) &&
	       CHECK_ERROR(run, otls_connection_set_session(pair->server, session), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_connection_set_session(NULL, session), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_OK(run, otls_connection_set_session(pair->client, session)) &&
	       CHECK_OK(run, otls_connection_set_session(pair->client, NULL)) && pair_connect(pair) &&
	       check_reused(run, pair, false) &&
	       CHECK_ERROR(run, otls_connection_set_session(pair->client, session), OTLS_E_BAD_STATE) &&
	       CHECK(run, otls_connection_session(pair->server) == NULL);
}

/* A child process, which has the parent's ticket key, but keeps its records to itself, makes a session with a server of its
 * own; the parent is given it.  NULL: it did not work out, which is recorded. */
static otls_session *
session_of_a_child(struct run *run, otls_context *client, otls_context *server)
{
	uint8_t bytes[65536];
	otls_session *session = NULL;
	size_t len = 0, have = 0;
	int fds[2] = { -1, -1 };
	ssize_t got = 0;
	pid_t child;

	if (!CHECK(run, pipe(fds) == 0))
		return NULL;
	if ((child = fork()) == 0) {
		const uint8_t *data = otls_session_serialize(first_session(run, client, server), &len);
		_exit(data != NULL && write(fds[1], data, len) == (ssize_t)len ? 0 : 1);
	}
	close(fds[1]);
	while (child > 0 && have < sizeof(bytes) && (got = read(fds[0], bytes + have, sizeof(bytes) - have)) > 0)
		have += (size_t)got;
	close(fds[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	if (!CHECK(run, have > 0) || !CHECK_OK(run, otls_session_deserialize(bytes, have, &session)))
		return NULL;
	return run_owns(run, session, (void (*)(void *))otls_session_free);
}

static bool
another_process(struct run *run)
{
	otls_context *client = known_client(run), *free_host = good_server(run);
	otls_context *strict = verifying_server(run, OTLS_VERIFY_REQUIRE);
	struct pair *pair = NULL;

	if (client == NULL || strict == NULL ||
	    !again(run, client, free_host, session_of_a_child(run, client, free_host), true))
		return false;
	pair = meet(run, client, strict, session_of_a_child(run, client, strict));
	return check_reused(run, pair, false) &&
	       same_certificate(run, otls_connection_peer_certificate(pair->server), pki_client(run));
}

/* The server-name callback brings another context: its settings are what counts. */
static otls_answer
to_strict_host(otls_connection *conn, const char *name, void *arg)
{
	if (strcmp(name, "other.example") != 0)
		return OTLS_ANSWER_OK;
	return otls_connection_set_context(conn, arg) == OTLS_OK ? OTLS_ANSWER_OK : OTLS_ANSWER_REFUSE;
}

static bool
virtual_host(struct run *run)
{
	otls_context *client = known_client(run), *front = good_server(run);
	otls_context *strict = verifying_server(run, OTLS_VERIFY_REQUIRE);
	struct pair *pair = NULL;
	otls_session *session = NULL;

	if (client == NULL || strict == NULL ||
	    !CHECK_OK(run, otls_context_set_servername_callback(front, to_strict_host, strict, NULL)) ||
	    (session = first_session(run, client, front)) == NULL)
		return false;
	/* A lie: the session is of one host, and the server name that goes with it is another. */
	pair = pair_open(run, client, front, WIRE_VARIED);
	if (!CHECK_OK(run, otls_connection_set_session(pair->client, session)) ||
	    !CHECK_OK(run, otls_connection_set_server_name(pair->client, "other.example")))
		return false;
	return pair_connect(pair) && check_reused(run, pair, false) &&
	       same_certificate(run, otls_connection_peer_certificate(pair->server), pki_client(run)) &&
	       again(run, client, front, session, true);
}

/* A session of another backend. */
static bool
other_backend(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run), *other = NULL;
	otls_session *session = first_session(run, client, server);
	otls_connection *conn = NULL;

	if (session == NULL || !CHECK_OK(run, otls_context_new_with(run->server, OTLS_METHOD_TLS_CLIENT, &other)) ||
	    run_owns_context(run, other) == NULL || !CHECK_OK(run, otls_connection_new_client(other, HOST, &conn)) ||
	    run_owns_connection(run, conn) == NULL)
		return false;
	if (run->client == run->server)
		return CHECK_OK(run, otls_connection_set_session(conn, session));
	return CHECK_ERROR(run, otls_connection_set_session(conn, session), OTLS_E_SESSION);
}

#define CASE(fn)                                                                                                       \
	{                                                                                                              \
#fn, fn, NULL, SCOPE_PAIR, 0                                                                           \
	}
#define VARIED_CASE(fn)                                                                                                \
	{                                                                                                              \
#fn, fn, NULL, SCOPE_PAIR, CASE_VARIED                                                                 \
	}

static const struct test_case cases[] = {
	VARIED_CASE(resumes),
	CASE(resumes_on_and_on),
	CASE(through_bytes),
	CASE(other_name),
	CASE(name_changes_later),
	CASE(other_trust),
	CASE(other_pin),
	CASE(unverified),
	CASE(expired_certificate),
	CASE(other_client_certificate),
	VARIED_CASE(client_is_known),
	CASE(client_without_certificate),
	CASE(equal_servers),
	CASE(equal_verifying_servers),
	CASE(verifies_more),
	CASE(stranger_is_kept_out),
	CASE(optional_then_required),
	CASE(other_server_trust),
	CASE(other_client_ca),
	CASE(other_depth),
	CASE(other_identity),
	CASE(other_id_context),
	CASE(key_rotation),
	CASE(no_tickets),
	CASE(callback_is_told),
	{ "expired_session", expired_session, NULL, SCOPE_PAIR, CASE_LONG },
	CASE(damaged_bytes),
	CASE(wrong_moments),
	CASE(other_backend),
	CASE(another_process),
	CASE(virtual_host),
};

const struct suite suite_session = { "session", cases, COUNT(cases) };
