/* What one context, one connection, one handshake leaves behind for the next: nothing.  Past mistakes (docs/advisories.md),
 * played again with two of each. */
#include "pair.h"
#include "pki.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = { HOST, NULL };

/* The client's verdict on this server is this one; OK: they shake hands. */
static bool
judges(struct run *run, otls_context *client, otls_context *server, otls_verify_reason reason)
{
	struct pair *pair = pair_open(run, client, server, WIRE_VARIED);

	if (reason == OTLS_REASON_OK)
		return pair_connect(pair) && pair_exchange(pair, 100);
	pair_handshake(pair);
	return CHECK_NUMBER(run, pair->client_status, OTLS_ERROR) &&
	       CHECK_TEXT(run, otls_verify_reason_name(otls_error_verify_reason(otls_connection_error(pair->client))),
		   otls_verify_reason_name((int)reason));
}

/* == what was sent with one chain == */

/* A leaf below an intermediate, and servers that send both, or the leaf alone. */
struct chain {
	const mint_identity *root, *middle, *leaf;
	otls_context *whole, *alone;
};

static bool
make_chain(struct run *run, const mint_identity *root, struct chain *chain)
{
	const mint_spec middle = { .common_name = "middle", .is_ca = true };
	const mint_spec leaf = { .common_name = HOST, .names = names };
	const mint_identity *list[3] = { NULL };
	char *pem = NULL;

	chain->root = root;
	chain->middle = root == NULL ? NULL : pki_make(run, &middle, root);
	chain->leaf = chain->middle == NULL ? NULL : pki_make(run, &leaf, chain->middle);
	if (chain->leaf == NULL)
		return false;
	list[0] = chain->leaf;
	list[1] = chain->middle;
	pem = run_owns(run, mint_chain_pem(list), free);
	chain->whole = bare_server(run);
	chain->alone = bare_server(run);
	return CHECK_OK(run, otls_context_use_key_pair_mem(
				 chain->whole, pem, strlen(pem), chain->leaf->key_pem, strlen(chain->leaf->key_pem))) &&
	       use_identity(run, chain->alone, chain->leaf);
}

/* CVE-2026-89135 (wolfSSL): the authorities of a chain that was refused were trusted from then on. */
static bool
refused_authority(struct run *run)
{
	otls_context *client = good_client(run);
	struct chain bad;

	return make_chain(run, pki_other_ca(run), &bad) && judges(run, client, bad.whole, OTLS_REASON_UNKNOWN_ISSUER) &&
	       judges(run, client, bad.alone, OTLS_REASON_UNKNOWN_ISSUER) &&
	       judges(run, client, bad.whole, OTLS_REASON_UNKNOWN_ISSUER) &&
	       judges(run, client, good_server(run), OTLS_REASON_OK);
}

/* CVE-2026-89102 (wolfSSL): what came along with a good chain stayed in the context, as an authority. */
static bool
accepted_intermediate(struct run *run)
{
	otls_context *client = good_client(run);
	struct chain good;

	return make_chain(run, pki_ca(run), &good) && judges(run, client, good.whole, OTLS_REASON_OK) &&
	       judges(run, client, good.alone, OTLS_REASON_UNKNOWN_ISSUER) &&
	       judges(run, client, good.whole, OTLS_REASON_OK);
}

/* The leaf of one handshake signs that of the next. */
static bool
accepted_leaf(struct run *run)
{
	const mint_spec spec = { .common_name = HOST, .names = names };
	otls_context *client = good_client(run), *server = good_server(run), *forged = bare_server(run);
	const mint_identity *below = pki_make(run, &spec, pki_server(run));

	return below != NULL && use_identity(run, forged, below) && judges(run, client, server, OTLS_REASON_OK) &&
	       judges(run, client, forged, OTLS_REASON_UNKNOWN_ISSUER) && judges(run, client, server, OTLS_REASON_OK);
}

/* == what was set for one context == */

/* CVE-2025-14017 (curl): verification that was off for one was off for all. */
static bool
verification_off(struct run *run)
{
	otls_context *strict = bare_client(run), *lax = bare_client(run), *server = good_server(run);

	return trust(run, strict, pki_other_ca(run)) && trust(run, lax, pki_other_ca(run)) &&
	       CHECK_OK(run, otls_context_set_verify(lax, OTLS_VERIFY_INSECURE_NONE)) &&
	       judges(run, lax, server, OTLS_REASON_OK) && judges(run, strict, server, OTLS_REASON_UNKNOWN_ISSUER) &&
	       judges(run, lax, server, OTLS_REASON_OK);
}

/* CVE-2021-22897 (curl): the list of suites that was set last was that of all. */
static bool
suites(struct run *run)
{
	static const char *const lists[] = { "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384" };
	static const char *const lists13[] = { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384" };
	static const uint16_t ids[] = { 0xc02b, 0xc02c }, ids13[] = { 0x1301, 0x1302 };
	otls_context *server = good_server(run);
	struct pair *pairs[2];

	for (size_t i = 0; i < COUNT(pairs); i++) {
		otls_context *client = good_client(run);

		if (!CHECK_OK(run, otls_context_set_cipher_list(client, lists[i])) ||
		    !CHECK_OK(run, otls_context_set_ciphersuites(client, lists13[i])))
			return false;
		pairs[i] = pair_open(run, client, server, WIRE_VARIED);
	}
	for (size_t i = 0; i < COUNT(pairs); i++)
		if (!pair_connect(pairs[i]) ||
		    !CHECK_NUMBER(run, otls_cipher_id(otls_connection_cipher(pairs[i]->client)),
			run->version == OTLS_TLS1_3 ? ids13[i] : ids[i]))
			return false;
	return true;
}

static otls_store *
store_of(struct run *run, const mint_identity *ca)
{
	otls_store *store = NULL;

	if (ca == NULL || !CHECK_OK(run, otls_store_new(&store)) || run_owns_store(run, store) == NULL ||
	    !CHECK_OK(run, otls_store_add_pem(store, ca->pem, strlen(ca->pem))))
		return NULL;
	return store;
}

/* CVE-2025-14819 (curl): a store that two shared had the flags of the first. */
static bool
flags_beside_store(struct run *run)
{
	otls_context *lax = bare_client(run), *strict = bare_client(run);
	otls_store *store = NULL;
	struct chain chain;

	if (!make_chain(run, pki_ca(run), &chain) || (store = store_of(run, chain.middle)) == NULL ||
	    !CHECK_OK(run, otls_context_set_store(lax, store)) || !CHECK_OK(run, otls_context_set_store(strict, store)))
		return false;
	return CHECK_OK(run, otls_context_set_verify_flags(lax, OTLS_VERIFY_FLAG_PARTIAL_CHAIN)) &&
	       judges(run, lax, chain.whole, OTLS_REASON_OK) &&
	       judges(run, strict, chain.whole, OTLS_REASON_UNKNOWN_ISSUER) &&
	       judges(run, lax, chain.whole, OTLS_REASON_OK);
}

/* CVE-2026-11564, CVE-2026-82208 (curl): what had been trusted before was trusted beside what was set later. */
static bool
trust_replaced(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	otls_store *other = store_of(run, pki_other_ca(run)), *own = store_of(run, pki_ca(run));

	return other != NULL && own != NULL && judges(run, client, server, OTLS_REASON_OK) &&
	       CHECK_OK(run, otls_context_set_store(client, other)) &&
	       judges(run, client, server, OTLS_REASON_UNKNOWN_ISSUER) &&
	       CHECK_OK(run, otls_context_set_store(client, own)) && judges(run, client, server, OTLS_REASON_OK);
}

/* == sessions == */

static void
count_session(otls_connection *conn, const otls_session *session, void *arg)
{
	(void)conn;
	if (session != NULL)
		++*(unsigned *)arg;
}

/* CVE-2024-0853 (curl): the session of a handshake that was refused for want of a staple was kept, and used. */
static bool
session_of_the_refused(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	unsigned count = 0;
	struct pair *pair = NULL;

	if (!otls_backend_has(run->client, OTLS_CAP_OCSP_CLIENT))
		return unsupported(run, "needs OCSP_CLIENT");
	if (!CHECK_OK(run, otls_context_set_session_callback(client, count_session, &count, NULL)) ||
	    !CHECK_OK(
		run, otls_context_set_verify_flags(client, OTLS_VERIFY_FLAG_OCSP | OTLS_VERIFY_FLAG_OCSP_REQUIRE)))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	pair_handshake(pair);
	if (!CHECK_NUMBER(
		run, otls_error_verify_reason(otls_connection_error(pair->client)), OTLS_REASON_OCSP_MISSING) ||
	    !CHECK(run, otls_connection_session(pair->client) == NULL) || !CHECK_NUMBER(run, count, 0))
		return false;
	return CHECK_OK(run, otls_context_set_verify_flags(client, OTLS_VERIFY_FLAG_OCSP)) &&
	       judges(run, client, server, OTLS_REASON_OK) && CHECK(run, count > 0);
}

static otls_context *
server_with_key(struct run *run, const uint8_t *key)
{
	otls_context *server = good_server(run);

	return CHECK_OK(run, otls_context_set_ticket_keys(server, key, key != NULL)) ? server : NULL;
}

/* CVE-2020-13777 (GnuTLS): until they were changed for the first time, the keys of tickets were zeros, so that anybody could
 * make one. */
static bool
tickets_of_zeros(struct run *run)
{
	static const uint8_t zeros[OTLS_TICKET_KEY_BYTES];
	otls_context *client = good_client(run), *forger = server_with_key(run, zeros),
		     *same = server_with_key(run, zeros);
	otls_context *server = server_with_key(run, NULL);
	otls_session *session = NULL;
	struct pair *pair;

	if (forger == NULL || same == NULL || server == NULL)
		return false;
	pair = pair_open(run, client, forger, WIRE_VARIED);
	if (!pair_connect(pair) || !pair_exchange(pair, 100))
		return false;
	session = run_owns(
	    run, otls_session_ref(otls_connection_session(pair->client)), (void (*)(void *))otls_session_free);
	pair = pair_open(run, client, server, WIRE_VARIED);
	if (!CHECK_OK(run, otls_connection_set_session(pair->client, session)) || !pair_connect(pair) ||
	    !CHECK(run, !otls_connection_session_reused(pair->server)))
		return false;
	pair = pair_open(run, client, same, WIRE_VARIED);
	return CHECK_OK(run, otls_connection_set_session(pair->client, session)) && pair_connect(pair) &&
	       CHECK(run, otls_connection_session_reused(pair->server));
}

struct counted {
	unsigned sessions, freed;
};

static void
count_in(otls_connection *conn, const otls_session *session, void *arg)
{
	struct counted *counted = arg;

	(void)conn;
	(void)session;
	counted->sessions += counted->freed == 0;
}

static void
count_out(void *arg)
{
	((struct counted *)arg)->freed++;
}

/* CVE-2021-22901, CVE-2026-80229 (curl): a session came when what it was to be kept with was gone. */
static bool
session_behind_context(struct run *run)
{
	struct counted *counted = run_owns(run, calloc(1, sizeof(*counted)), free);
	otls_context *client = NULL;
	struct pair *pair;

	if (counted == NULL || !CHECK_OK(run, otls_context_copy(good_client(run), &client)))
		return false;
	if (!CHECK_OK(run, otls_context_set_session_callback(client, count_in, counted, count_out))) {
		otls_context_free(client);
		return false;
	}
	pair = pair_open(run, client, good_server(run), WIRE_VARIED);
	otls_context_free(client);
	return CHECK_NUMBER(run, counted->freed, 0) && pair_connect(pair) && pair_exchange(pair, 100) &&
	       CHECK(run, counted->sessions > 0) && CHECK_NUMBER(run, counted->freed, 0);
}

#define CASE(fn)                                                                                                       \
	{                                                                                                              \
#fn, fn, NULL, SCOPE_PAIR, 0                                                                           \
	}

static const struct test_case cases[] = {
	CASE(refused_authority),
	CASE(accepted_intermediate),
	CASE(accepted_leaf),
	CASE(verification_off),
	CASE(suites),
	CASE(flags_beside_store),
	CASE(trust_replaced),
	CASE(session_of_the_refused),
	CASE(tickets_of_zeros),
	CASE(session_behind_context),
};

const struct suite suite_apart = { "apart", cases, COUNT(cases) };
