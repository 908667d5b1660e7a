/* A session is bound to the settings that it was made with: what other settings would not have let come about is neither
 * offered by a client nor taken by a server. */
#include "pki.h"
#include "resumption.h"

#include <string.h>

/* == two ways to set one thing == */

struct setting {
	const char *suites, *suites13, *groups, *schemes; /* NULL: the default */
	int level;                                        /* 0: the default */
};

struct settings {
	struct setting first, second;
};

static bool
apply(struct run *run, otls_context *ctx, const struct setting *setting)
{
	if (setting->suites != NULL && !CHECK_OK(run, otls_context_set_cipher_list(ctx, setting->suites)))
		return false;
	if (setting->suites13 != NULL && !CHECK_OK(run, otls_context_set_ciphersuites(ctx, setting->suites13)))
		return false;
	if (setting->groups != NULL && !CHECK_OK(run, otls_context_set_groups(ctx, setting->groups)))
		return false;
	if (setting->schemes != NULL && !CHECK_OK(run, otls_context_set_signature_schemes(ctx, setting->schemes)))
		return false;
	return setting->level == 0 || CHECK_OK(run, otls_context_set_security_level(ctx, setting->level));
}

/* The client may not set the session, and the handshake is a full one. */
static bool
does_not_fit(struct run *run, otls_context *client, otls_context *server, const otls_session *session)
{
	struct pair *pair = pair_open(run, client, server, WIRE_VARIED);

	return CHECK_ERROR(run, otls_connection_set_session(pair->client, session), OTLS_E_SESSION) &&
	       pair_connect(pair) && pair_exchange(pair, 100) && check_reused(run, pair, false);
}

static bool
of_client(struct run *run)
{
	const struct settings *settings = run->test->row;
	otls_context *first = good_client(run), *second = good_client(run), *server = good_server(run);
	otls_session *session = NULL;

	if (!apply(run, first, &settings->first) || !apply(run, second, &settings->second) ||
	    (session = first_session(run, first, server)) == NULL)
		return false;
	return does_not_fit(run, second, server, session) && again(run, first, server, session, true);
}

static bool
of_server(struct run *run)
{
	const struct settings *settings = run->test->row;
	otls_context *client = good_client(run), *first = good_server(run), *second = good_server(run);
	otls_session *session = NULL;

	if (!apply(run, first, &settings->first) || !apply(run, second, &settings->second) ||
	    (session = first_session(run, client, first)) == NULL)
		return false;
	return again(run, client, second, session, false) && again(run, client, first, session, true);
}

/* The key is P-256, so that its curve and its scheme are always there. */
static const struct settings by_suite = {
	.first = { .suites = "ECDHE-ECDSA-AES128-GCM-SHA256", .suites13 = "TLS_AES_128_GCM_SHA256" },
	.second = { .suites = "ECDHE-ECDSA-AES256-GCM-SHA384", .suites13 = "TLS_AES_256_GCM_SHA384" },
};
static const struct settings by_group = { .first = { .groups = "x25519:P-256" }, .second = { .groups = "P-256" } };
static const struct settings by_scheme = {
	.first = { .schemes = "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256" },
	.second = { .schemes = "ecdsa_secp256r1_sha256" },
};
static const struct settings by_level = { .second = { .level = 3 } };

/* == what is judged again == */

/* A client with a store of its own: the CA, and a list that revokes the server's certificate or does not. */
static otls_context *
client_with_list(struct run *run, const mint_crl_spec *list)
{
	otls_context *client = bare_client(run);
	const char *pem = pki_ca(run)->pem;
	otls_store *store = NULL;

	if (!CHECK_OK(run, otls_store_new(&store)) || run_owns_store(run, store) == NULL ||
	    !CHECK_OK(run, otls_store_add_pem(store, pem, strlen(pem))) ||
	    !pki_add_list(run, store, list, pki_ca(run)) || !CHECK_OK(run, otls_context_set_store(client, store)) ||
	    !CHECK_OK(run, otls_context_set_verify_flags(client, OTLS_VERIFY_FLAG_CRL)))
		return NULL;
	return client;
}

static bool
list_that_revokes(struct run *run)
{
	static const char *const names[] = { HOST, NULL };
	static const uint8_t number[] = { 0x2b };
	static const mint_revoked revoked[] = { { .serial = { number, sizeof(number) } } };
	const mint_spec spec = { .common_name = HOST, .names = names, .serial = { number, sizeof(number) } };
	const mint_crl_spec empty = { 0 }, full = { .revoked = revoked, .revoked_count = COUNT(revoked) };
	const mint_identity *identity = pki_make(run, &spec, pki_ca(run));
	otls_context *client = good_client(run), *server = bare_server(run);
	otls_context *clean = client_with_list(run, &empty), *strict = client_with_list(run, &full);
	otls_session *session = NULL;

	if (identity == NULL || clean == NULL || strict == NULL || !use_identity(run, server, identity) ||
	    (session = first_session(run, client, server)) == NULL)
		return false;
	return is_judged(run, strict, server, session, BY_CLIENT, OTLS_REASON_REVOKED) &&
	       again(run, clean, server, session, true);
}

/* CVE-2025-14819 (curl): an intermediate that was enough for one, with partial chains, was for the other, too. */
static bool
partial_chain(struct run *run)
{
	static const char *const names[] = { HOST, NULL };
	const mint_spec middle_spec = { .common_name = "middle", .is_ca = true },
			leaf_spec = { .common_name = HOST, .names = names };
	const mint_identity *middle = pki_make(run, &middle_spec, pki_ca(run));
	const mint_identity *leaf = middle == NULL ? NULL : pki_make(run, &leaf_spec, middle);
	otls_context *lax = bare_client(run), *strict = bare_client(run), *server = bare_server(run);
	otls_session *session = NULL;

	if (leaf == NULL || !use_identity(run, server, leaf) || !trust(run, lax, middle) ||
	    !trust(run, strict, middle) ||
	    !CHECK_OK(run, otls_context_set_verify_flags(lax, OTLS_VERIFY_FLAG_PARTIAL_CHAIN)) ||
	    (session = first_session(run, lax, server)) == NULL)
		return false;
	return is_judged(run, strict, server, session, BY_CLIENT, OTLS_REASON_UNKNOWN_ISSUER) &&
	       again(run, lax, server, session, true);
}

static otls_verdict
accept_all(otls_connection *conn, const otls_certificate *cert, int reason, int depth, bool ok, void *arg)
{
	(void)conn;
	(void)cert;
	(void)reason;
	(void)depth;
	(void)ok;
	(void)arg;
	return OTLS_VERDICT_INSECURE_ACCEPT;
}

/* Whom a callback let pass is not let pass where there is none. */
static bool
callback(struct run *run)
{
	otls_context *lax = bare_client(run), *strict = bare_client(run), *server = good_server(run);
	otls_session *session = NULL;

	if (!trust(run, lax, pki_other_ca(run)) || !trust(run, strict, pki_other_ca(run)) ||
	    !CHECK_OK(run, otls_context_set_verify_callback(lax, accept_all, NULL, NULL)) ||
	    (session = first_session(run, lax, server)) == NULL)
		return false;
	return is_judged(run, strict, server, session, BY_CLIENT, OTLS_REASON_UNKNOWN_ISSUER) &&
	       again(run, lax, server, session, true);
}

/* == what is agreed on again == */

static bool
speaks_again(
    struct run *run, otls_context *client, otls_context *server, const otls_session *session, const char *protocol)
{
	struct pair *pair = meet(run, client, server, session);

	return check_reused(run, pair, true) && CHECK_TEXT(run, otls_connection_alpn(pair->client, NULL), protocol) &&
	       CHECK_TEXT(run, otls_connection_alpn(pair->server, NULL), protocol);
}

/* The protocol is that of the handshake at hand, never the session's. */
static bool
protocol(struct run *run)
{
	otls_context *first = good_client(run), *second = good_client(run), *server = good_server(run);
	otls_session *session = NULL;

	if (!CHECK_OK(run, otls_context_set_alpn_protos(first, "one")) ||
	    !CHECK_OK(run, otls_context_set_alpn_protos(second, "two")) ||
	    !CHECK_OK(run, otls_context_set_alpn_protos(server, "one,two")) ||
	    (session = first_session(run, first, server)) == NULL)
		return false;
	return speaks_again(run, second, server, session, "two") && speaks_again(run, first, server, session, "one");
}

static const struct test_case cases[] = {
	{ "suites_of_client", of_client, &by_suite, SCOPE_PAIR, 0 },
	{ "groups_of_client", of_client, &by_group, SCOPE_PAIR, 0 },
	{ "schemes_of_client", of_client, &by_scheme, SCOPE_PAIR, 0 },
	{ "level_of_client", of_client, &by_level, SCOPE_PAIR, 0 },
	{ "suites_of_server", of_server, &by_suite, SCOPE_PAIR, 0 },
	{ "groups_of_server", of_server, &by_group, SCOPE_PAIR, 0 },
	{ "schemes_of_server", of_server, &by_scheme, SCOPE_PAIR, 0 },
	{ "level_of_server", of_server, &by_level, SCOPE_PAIR, 0 },
	{ "list_that_revokes", list_that_revokes, NULL, SCOPE_PAIR, 0 },
	{ "partial_chain", partial_chain, NULL, SCOPE_PAIR, 0 },
	{ "callback", callback, NULL, SCOPE_PAIR, 0 },
	{ "protocol", protocol, NULL, SCOPE_PAIR, 0 },
};

const struct suite suite_session_settings = { "session_settings", cases, COUNT(cases) };
