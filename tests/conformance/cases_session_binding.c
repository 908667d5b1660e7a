/* What a server's tickets are bound to: the virtual host, who the client was, and what the server remembers; and what it
 * makes of tickets that it has not made. */
#include "pki.h"
#include "resumption.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SESSION_MAX 65536 /* bytes of one that goes through a pipe */

/* == who is there == */

static otls_context *
known_client(struct run *run)
{
	otls_context *client = good_client(run);

	return use_identity(run, client, pki_client(run)) ? client : NULL;
}

static otls_context *
verifying_server(struct run *run, uint64_t mode)
{
	otls_context *server = good_server(run);

	return trust(run, server, pki_ca(run)) && CHECK_OK(run, otls_context_set_verify(server, mode)) ? server : NULL;
}

/* The client is the one of pki.h, and its certificate is there as it was. */
static bool
check_client_known(struct run *run, const struct pair *pair)
{
	const otls_certificate *cert = otls_connection_peer_certificate(pair->server);
	size_t len = 0;
	const uint8_t *der = otls_certificate_der(cert, &len);

	return CHECK_NUMBER(run, len, pki_client(run)->certificate.len) &&
	       CHECK(run, memcmp(der, pki_client(run)->certificate.data, len) == 0) &&
	       CHECK(run, otls_connection_verified_chain_at(pair->server, 1) != NULL) &&
	       CHECK_NUMBER(run, otls_connection_verify_result(pair->server, NULL), OTLS_REASON_OK);
}

/* == records == */

/* A client that has shown its certificate once is known by its ticket. */
static bool
client_once(struct run *run)
{
	otls_context *client = known_client(run);
	otls_context *server = verifying_server(run, OTLS_VERIFY_REQUIRE | OTLS_VERIFY_CLIENT_ONCE);
	otls_session *session = first_session(run, client, server);
	struct pair *pair = session != NULL ? meet(run, client, server, session) : NULL;

	return check_reused(run, pair, true) && check_client_known(run, pair);
}

/* Who comes back by a ticket that a resumption has given is known, too. */
static bool
known_on_and_on(struct run *run)
{
	otls_context *client = known_client(run), *server = verifying_server(run, OTLS_VERIFY_REQUIRE);
	otls_session *session = first_session(run, client, server);
	struct pair *pair = NULL;

	for (int i = 0; i < 3 && session != NULL; i++) {
		pair = meet(run, client, server, session);
		if (!check_reused(run, pair, true) || !check_client_known(run, pair))
			return false;
		session = keep_session(run, pair);
	}
	return session != NULL;
}

/* Two servers that take each other's tickets, and judge clients differently. */
static otls_context *
same_tickets(struct run *run, otls_store *store)
{
	otls_context *server = store == NULL ? verifying_server(run, OTLS_VERIFY_REQUIRE) : good_server(run);

	if (store != NULL && (!CHECK_OK(run, otls_context_set_store(server, store)) ||
				 !CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_REQUIRE))))
		return NULL;
	return CHECK_OK(run, otls_context_set_session_id_context(server, "shared", 6)) ? server : NULL;
}

static otls_store *
store_of(struct run *run, const mint_identity *ca, int64_t time)
{
	otls_store *store = NULL;

	if (!CHECK_OK(run, otls_store_new(&store)) || run_owns_store(run, store) == NULL ||
	    !CHECK_OK(run, otls_store_add_pem(store, ca->pem, strlen(ca->pem))) ||
	    (time != 0 && !CHECK_OK(run, otls_store_set_time(store, time))))
		return NULL;
	return store;
}

/* The certificate of a record is judged again, by the time and the trust of the server that is to resume. */
static bool
judged_again(struct run *run, const mint_identity *ca, int64_t time, otls_verify_reason reason)
{
	otls_store *store = store_of(run, ca, time), *good = store_of(run, pki_ca(run), 0);
	otls_context *client = known_client(run), *first = same_tickets(run, NULL);
	otls_context *twin = good != NULL ? same_tickets(run, good) : NULL;
	otls_context *second = store != NULL ? same_tickets(run, store) : NULL;
	otls_session *session = first_session(run, client, first);
	struct pair *pair = NULL;

	if (second == NULL || twin == NULL || !is_judged(run, client, second, session, BY_SERVER, reason))
		return false;
	pair = meet(run, client, twin, session);
	return check_reused(run, pair, true) && check_client_known(run, pair);
}

static bool
expired_client(struct run *run)
{
	return judged_again(run, pki_ca(run), (int64_t)time(NULL) + INT64_C(3650) * 86400, OTLS_REASON_EXPIRED);
}

static bool
untrusted_client(struct run *run)
{
	return judged_again(run, pki_other_ca(run), 0, OTLS_REASON_UNKNOWN_ISSUER);
}

static void
wait_until(int64_t moment)
{
	while ((int64_t)time(NULL) < moment)
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
}

/* By the clock: the certificate lives no longer than that, though the session does. */
static bool
expired_meanwhile(struct run *run)
{
	int64_t now = (int64_t)time(NULL), end = now + 4;
	const mint_spec spec = { .common_name = "brief", .not_before = now - 3600, .not_after = end };
	const mint_identity *brief = pki_make(run, &spec, pki_ca(run));
	otls_context *client = good_client(run), *server = verifying_server(run, OTLS_VERIFY_REQUIRE);
	otls_session *session = NULL;

	if (brief == NULL || !use_identity(run, client, brief) ||
	    (session = first_session(run, client, server)) == NULL)
		return false;
	wait_until(end + 1);
	return is_judged(run, client, server, session, BY_SERVER, OTLS_REASON_EXPIRED);
}

/* == another process == */

static void
set_shared_key(struct run *run, otls_context *server)
{
	uint8_t key[OTLS_TICKET_KEY_BYTES];

	memset(key, 0x5a, sizeof(key));
	CHECK_OK(run, otls_context_set_ticket_keys(server, key, 1));
}

/* In the child: meets, and writes the session. */
static int
meet_elsewhere(struct run *run, otls_context *client, otls_context *server, int fd)
{
	otls_session *session = first_session(run, client, server);
	size_t len = 0;
	const uint8_t *bytes = otls_session_serialize(session, &len);

	return session != NULL && len <= SESSION_MAX && write(fd, bytes, len) == (ssize_t)len ? 0 : 1;
}

static size_t
read_all(int fd, uint8_t *out, size_t cap)
{
	size_t len = 0;
	ssize_t got;

	while (len < cap && (got = read(fd, out + len, cap - len)) > 0)
		len += (size_t)got;
	return len;
}

/* A session that another process's server has given. */
static otls_session *
session_from_elsewhere(struct run *run, otls_context *client, otls_context *server)
{
	uint8_t *bytes = run_owns(run, malloc(SESSION_MAX), free);
	otls_session *session = NULL;
	int ends[2], status = 1;
	pid_t child = -1;
	size_t len = 0;

	if (bytes == NULL || !CHECK(run, pipe(ends) == 0))
		return NULL;
	if ((child = fork()) == 0)
		_exit(meet_elsewhere(run, client, server, ends[1]));
	close(ends[1]);
	len = read_all(ends[0], bytes, SESSION_MAX);
	close(ends[0]);
	if (CHECK(run, child > 0) && CHECK(run, waitpid(child, &status, 0) == child) && CHECK_NUMBER(run, status, 0) &&
	    CHECK_OK(run, otls_session_deserialize(bytes, len, &session)))
		run_owns(run, session, (void (*)(void *))otls_session_free);
	return session;
}

/* With the same key, tickets go from process to process; */
static bool
other_process(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	otls_session *session = NULL;

	set_shared_key(run, server);
	session = session_from_elsewhere(run, client, server);
	return session != NULL && check_reused(run, meet(run, client, server, session), true);
}

/* but who the clients were does not: they show their certificates again. */
static bool
other_process_verifies(struct run *run)
{
	otls_context *client = known_client(run), *server = verifying_server(run, OTLS_VERIFY_REQUIRE);
	otls_session *session = NULL;
	struct pair *pair = NULL;

	set_shared_key(run, server);
	if ((session = session_from_elsewhere(run, client, server)) == NULL)
		return false;
	pair = meet(run, client, server, session);
	if (!check_reused(run, pair, false) || !check_client_known(run, pair) ||
	    (session = first_session(run, client, server)) == NULL)
		return false;
	pair = meet(run, client, server, session);
	return check_reused(run, pair, true) && check_client_known(run, pair);
}

/* == virtual hosts == */

/* Where the next connection goes on; NULL: where it is. */
struct front {
	otls_context *host;
};

static otls_answer
go_to_host(otls_connection *conn, const char *name, void *arg)
{
	const struct front *front = arg;

	(void)name;
	if (front->host != NULL && otls_connection_set_context(conn, front->host) != OTLS_OK)
		return OTLS_ANSWER_REFUSE;
	return OTLS_ANSWER_OK;
}

static otls_context *
front_server(struct run *run, struct front *front)
{
	otls_context *server = good_server(run);

	return CHECK_OK(run, otls_context_set_servername_callback(server, go_to_host, front, NULL)) ? server : NULL;
}

/* CVE-2025-23419: the host that the server-name callback chooses is the one whose tickets count, not the one in front. */
static bool
virtual_hosts(struct run *run)
{
	struct front front = { NULL };
	otls_context *client = known_client(run), *server = front_server(run, &front);
	otls_context *strict = verifying_server(run, OTLS_VERIFY_REQUIRE);
	otls_session *open = first_session(run, client, server), *closed = NULL;
	struct pair *pair = NULL;

	front.host = strict;
	pair = open != NULL ? meet(run, client, server, open) : NULL;
	if (!check_reused(run, pair, false) || !check_client_known(run, pair))
		return false;
	closed = first_session(run, client, server);
	pair = meet(run, client, server, closed);
	if (!check_reused(run, pair, true) || !check_client_known(run, pair))
		return false;
	front.host = NULL;
	pair = meet(run, client, server, closed);
	return check_reused(run, pair, false) && CHECK(run, otls_connection_peer_certificate(pair->server) == NULL) &&
	       check_reused(run, meet(run, client, server, open), true);
}

/* From a host that asks for certificates to one that does not: there the client is nobody. */
static bool
verifies_less(struct run *run)
{
	otls_context *client = known_client(run), *strict = verifying_server(run, OTLS_VERIFY_REQUIRE);
	otls_session *session = first_session(run, client, strict);
	struct pair *pair = session != NULL ? meet(run, client, good_server(run), session) : NULL;

	return check_reused(run, pair, false) && CHECK(run, otls_connection_peer_certificate(pair->server) == NULL);
}

/* A stranger with a ticket of the free host. */
static bool
virtual_host_keeps_out(struct run *run)
{
	struct front front = { NULL };
	otls_context *client = good_client(run), *server = front_server(run, &front);
	otls_session *session = first_session(run, client, server);

	front.host = verifying_server(run, OTLS_VERIFY_REQUIRE);
	return is_judged(run, client, server, session, BY_SERVER, OTLS_REASON_NO_PEER_CERTIFICATE);
}

/* == tickets that nobody has made == */

static bool
takes_no_notice(struct run *run, otls_context *ctx, const struct hello *hello)
{
	struct scripted *server = scripted_open(run, ctx);

	scripted_hello(server, hello);
	if (CHECK_STATUS(run, server->status, OTLS_WANT_READ) &&
	    CHECK(run, wire_find_server_random(server->answer, server->answer_len) != NULL) &&
	    CHECK(run, !otls_connection_session_reused(server->conn)))
		return true;
	return failed(
	    run, "a ticket of %zu bytes: %s", hello->ticket, otls_error_message(otls_connection_error(server->conn)));
}

static struct hello
made_up(const struct run *run, size_t length, size_t i)
{
	return (struct hello){
		.tls13 = run->version == OTLS_TLS1_3, .name = HOST, .ticket = length, .ticket_fill = (uint8_t)(i * 37)
	};
}

/* They lead to a full handshake, and not to a failed one. */
static bool
made_up_tickets(struct run *run)
{
	static const size_t lengths[] = { 1, 2, 15, 16, 17, 31, 32, 47, 48, 63, 64, 65, 100, 128, 200 };
	otls_context *servers[] = { good_server(run), verifying_server(run, OTLS_VERIFY_PEER) };

	for (size_t i = 0; i < COUNT(lengths) * COUNT(servers); i++) {
		const struct hello hello = made_up(run, lengths[i / COUNT(servers)], i);

		if (!takes_no_notice(run, servers[i % COUNT(servers)], &hello))
			return false;
	}
	return true;
}

/* Served, or refused with an alert: some libraries have room for their own tickets only (docs/differences.md). */
static bool
served_or_refused(struct run *run, const struct hello *hello)
{
	struct scripted *server = scripted_open(run, good_server(run));

	scripted_hello(server, hello);
	if (!CHECK(run, !otls_connection_session_reused(server->conn)))
		return false;
	if (server->status == OTLS_WANT_READ)
		return CHECK(run, wire_find_server_random(server->answer, server->answer_len) != NULL);
	return CHECK_NUMBER(run, server->status, OTLS_ERROR) &&
	       CHECK(run, wire_find_alert(server->answer, server->answer_len) > 0);
}

static bool
large_made_up_tickets(struct run *run)
{
	static const size_t lengths[] = { 255, 256, 500, 1024, 4096, 16384, 32768, 60000 };

	for (size_t i = 0; i < COUNT(lengths); i++) {
		const struct hello hello = made_up(run, lengths[i], i);

		if (!served_or_refused(run, &hello))
			return false;
	}
	return true;
}

static bool
many_made_up_tickets(struct run *run)
{
	struct hello hello = made_up(run, 150, 0);

	if (run->version != OTLS_TLS1_3)
		return unsupported(run, "TLS 1.3 only");
	hello.more_psks = 1;
	if (!takes_no_notice(run, good_server(run), &hello) ||
	    !takes_no_notice(run, verifying_server(run, OTLS_VERIFY_PEER), &hello))
		return false;
	hello.more_psks = 200;
	return served_or_refused(run, &hello);
}

/* == how many == */

/* What a server has sent when a handshake is over. */
static bool
bytes_with_tickets(struct run *run, unsigned count, size_t *bytes)
{
	otls_context *client = good_client(run), *server = good_server(run);
	struct pair *pair = NULL;
	otls_session *session = NULL;

	if (!CHECK_OK(run, otls_context_set_ticket_count(server, count)))
		return false;
	pair = pair_open(run, client, server, WIRE_CALLBACKS);
	if (!pair_connect(pair) || !pair_exchange(pair, 100) || (session = keep_session(run, pair)) == NULL)
		return false;
	*bytes = (size_t)pair->to_client.entered;
	return check_reused(run, meet(run, client, server, session), true);
}

/* RFC 8446, section 4.6.1: each ticket is a message of its own; in TLS 1.2 there is one. */
static bool
ticket_counts(struct run *run)
{
	size_t one = 0, three = 0, sixteen = 0, each = run->version == OTLS_TLS1_3 ? 100 : 0;
	otls_context *server = good_server(run);

	return bytes_with_tickets(run, 1, &one) && bytes_with_tickets(run, 3, &three) &&
	       bytes_with_tickets(run, 16, &sixteen) && CHECK(run, three + 8 >= one + 2 * each) &&
	       CHECK(run, sixteen + 8 >= three + 13 * each) &&
	       CHECK_ERROR(run, otls_context_set_ticket_count(server, 17), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_NUMBER(run, otls_context_ticket_count(server), 2);
}

/* == behind a HelloRetryRequest == */

static bool
resumes_behind_retry(struct run *run)
{
	otls_context *client = known_client(run), *server = verifying_server(run, OTLS_VERIFY_REQUIRE);
	otls_session *session = NULL;
	struct pair *pair = NULL;

	if (run->version != OTLS_TLS1_3)
		return unsupported(run, "TLS 1.3 only");
	if (!CHECK_OK(run, otls_context_set_groups(client, "P-256:P-384")) ||
	    !CHECK_OK(run, otls_context_set_groups(server, "P-384")) ||
	    (session = first_session(run, client, server)) == NULL)
		return false;
	pair = meet(run, client, server, session);
	return check_reused(run, pair, true) && check_client_known(run, pair);
}

/* == behind the handshake == */

/* Whom a server has asked behind its handshake is nobody again in the next one. */
static bool
asked_later(struct run *run)
{
	uint64_t mode = OTLS_VERIFY_REQUIRE | OTLS_VERIFY_POST_HANDSHAKE;
	otls_context *client = known_client(run), *server = NULL;
	otls_session *session = NULL;
	struct pair *pair = NULL;

	if (run->version != OTLS_TLS1_3)
		return unsupported(run, "TLS 1.3 only");
	if (!both_have(run, OTLS_CAP_POST_HANDSHAKE_AUTH))
		return true;
	server = verifying_server(run, mode);
	if (!CHECK_OK(run, otls_context_set_post_handshake_auth(client, true)) ||
	    (pair = meet(run, client, server, NULL)) == NULL ||
	    !CHECK_OK(run, otls_connection_request_client_certificate(pair->server)) || !pair_exchange(pair, 100) ||
	    !pair_exchange(pair, 100) || !check_client_known(run, pair) || (session = keep_session(run, pair)) == NULL)
		return false;
	pair = meet(run, client, server, session);
	return check_reused(run, pair, true) && CHECK(run, otls_connection_peer_certificate(pair->server) == NULL) &&
	       CHECK_OK(run, otls_connection_request_client_certificate(pair->server)) && pair_exchange(pair, 100) &&
	       pair_exchange(pair, 100) && check_client_known(run, pair);
}

#define CASE(fn)                                                                                                       \
	{                                                                                                              \
#fn, fn, NULL, SCOPE_PAIR, 0                                                                           \
	}

static const struct test_case cases[] = {
	CASE(client_once),
	CASE(known_on_and_on),
	CASE(expired_client),
	CASE(untrusted_client),
	{ "expired_meanwhile", expired_meanwhile, NULL, SCOPE_PAIR, CASE_LONG },
	CASE(other_process),
	CASE(other_process_verifies),
	CASE(virtual_hosts),
	CASE(virtual_host_keeps_out),
	CASE(verifies_less),
	{ "made_up_tickets", made_up_tickets, NULL, SCOPE_BACKEND_VERSION, 0 },
	{ "large_made_up_tickets", large_made_up_tickets, NULL, SCOPE_BACKEND_VERSION, 0 },
	{ "many_made_up_tickets", many_made_up_tickets, NULL, SCOPE_BACKEND_VERSION, 0 },
	CASE(ticket_counts),
	CASE(resumes_behind_retry),
	CASE(asked_later),
};

const struct suite suite_session_binding = { "session_binding", cases, COUNT(cases) };
