/* Groups that keys are exchanged in: the lists of a context, and what two of them agree on. */
#include "pair.h"
#include "pki.h"

#include <stdio.h>
#include <string.h>

struct row {
	const char *client, *server; /* NULL: the default */
	const char *tls12, *tls13;   /* what is chosen; NULL: they have nothing in common */
	bool rsa;                    /* the server's key: RSA, not P-256 */
	bool both;                   /* the server serves both versions */
	const char *shared;          /* TLS 1.3: what is chosen where the client has sent a share for it, too */
};

/* The server serves TLS 1.2 and 1.3, whatever the client does. */
static bool
serves_both(struct run *run, otls_context *server)
{
	return CHECK_OK(run, otls_context_set_min_version(server, OTLS_TLS1_2)) &&
	       CHECK_OK(run, otls_context_set_max_version(server, OTLS_TLS1_3));
}

static bool
agree(struct run *run)
{
	const struct row *row = run->test->row;
	const char *chosen = run->version == OTLS_TLS1_3 ? row->tls13 : row->tls12;
	otls_context *client = good_client(run), *server = bare_server(run);
	const mint_identity *identity = row->rsa ? pki_server_rsa(run) : pki_server(run);
	struct pair *pair;

	if (identity == NULL || !use_identity(run, server, identity) || (row->both && !serves_both(run, server)) ||
	    (row->client != NULL && !CHECK_OK(run, otls_context_set_groups(client, row->client))) ||
	    (row->server != NULL && !CHECK_OK(run, otls_context_set_groups(server, row->server))))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	if (chosen == NULL) {
		pair_handshake(pair);
		return pair_check_no_overlap(pair);
	}
	if (!pair_connect(pair))
		return false;
	if (run->version == OTLS_TLS1_3 && row->shared != NULL &&
	    strcmp(otls_connection_group(pair->client), row->shared) == 0)
		chosen = row->shared;
	return CHECK_TEXT(run, otls_connection_group(pair->client), chosen) &&
	       CHECK_TEXT(run, otls_connection_group(pair->server), chosen) && pair_exchange(pair, 20000);
}

/* What is in force is told, best first; a call that fails changes nothing. */
static bool
list_is_told(struct run *run)
{
	otls_context *ctx = bare_client(run), *copy = NULL;

	if (!CHECK_TEXT(run, otls_context_group_at(ctx, 0), "x25519") ||
	    !CHECK_OK(run, otls_context_set_groups(ctx, "P-384:?none-such:0x0017:secp384r1:SECP256R1")) ||
	    !CHECK_OK(run, otls_context_copy(ctx, &copy)))
		return false;
	run_owns_context(run, copy);
	return CHECK_OK(run, otls_context_set_tmp_ecdh(copy, "prime256v1")) &&
	       CHECK_TEXT(run, otls_context_group_at(ctx, 0), "secp384r1") &&
	       CHECK_TEXT(run, otls_context_group_at(ctx, 1), "secp256r1") &&
	       CHECK(run, otls_context_group_at(ctx, 2) == NULL) &&
	       CHECK_TEXT(run, otls_context_group_at(copy, 0), "secp256r1") &&
	       CHECK(run, otls_context_group_at(copy, 1) == NULL) && CHECK(run, otls_context_group_at(NULL, 0) == NULL);
}

static bool
bad_lists(struct run *run)
{
	static const char *const lists[] = { "", ":", "nonsense", "P-256:nonsense", "?nonsense", "?", "P-256:?",
		"x25519x", "0x001", "0x0017ff", "0xZZZZ", "ECDHE" };
	otls_context *ctx = bare_client(run);

	if (!CHECK_OK(run, otls_context_set_groups(ctx, "P-384")))
		return false;
	for (size_t i = 0; i < COUNT(lists); i++)
		if (!CHECK_ERROR(run, otls_context_set_groups(ctx, lists[i]), OTLS_E_BAD_ARGUMENT))
			return failed(run, "\"%s\" was taken", lists[i]);
	return CHECK_ERROR(run, otls_context_set_groups(ctx, NULL), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_groups(NULL, "P-256"), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_tmp_ecdh(ctx, NULL), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_tmp_ecdh(NULL, "P-256"), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_tmp_ecdh(ctx, "P-256:P-384"), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_tmp_ecdh(ctx, "nonsense"), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_TEXT(run, otls_context_group_at(ctx, 0), "secp384r1") &&
	       CHECK(run, otls_context_group_at(ctx, 1) == NULL);
}

/* Groups that only some backends have: a list of one takes effect, or is refused by name; in a longer one it is left out. */
static bool
lacking(struct run *run)
{
	static const char *const names[] = { "X25519MLKEM768", "SecP256r1MLKEM768", "x448", "ffdhe2048", "ffdhe3072",
		"ffdhe8192", "secp224r1", "brainpoolP256r1", "MLKEM512" };
	otls_context *ctx = bare_client(run);
	char list[64];

	for (size_t i = 0; i < COUNT(names); i++) {
		otls_status status = otls_context_set_groups(ctx, names[i]);
		bool has = status == OTLS_OK;

		if (!has && (!CHECK_ERROR(run, status, OTLS_E_UNSUPPORTED) ||
				!CHECK(run, strstr(otls_error_message(otls_error_last()), names[i]) != NULL)))
			return false;
		snprintf(list, sizeof(list), "%s:x25519", names[i]);
		if (!CHECK_OK(run, otls_context_set_groups(ctx, list)) ||
		    !CHECK_TEXT(run, otls_context_group_at(ctx, 0), has ? names[i] : "x25519"))
			return false;
	}
	return true;
}

/* A version without a group is found when a connection is made; twin: without that version. */
static bool
nothing_for_a_version(struct run *run)
{
	otls_context *ctx = bare_client(run);
	otls_connection *conn = NULL;

	if (!CHECK_OK(run, otls_context_set_min_version(ctx, OTLS_TLS1_2)))
		return false;
	if (otls_context_set_groups(ctx, "?X25519MLKEM768:ffdhe3072") != OTLS_OK)
		return unsupported(run, "no group for TLS 1.3 alone");
	if (!CHECK_ERROR(run, otls_connection_new_client(ctx, HOST, &conn), OTLS_E_BAD_STATE) ||
	    !CHECK(run, strstr(otls_error_message(otls_error_last()), "TLSv1.2") != NULL) ||
	    !CHECK_OK(run, otls_context_set_min_version(ctx, OTLS_TLS1_3)) ||
	    !CHECK_OK(run, otls_connection_new_client(ctx, HOST, &conn)))
		return false;
	run_owns_connection(run, conn);
	return true;
}

static bool
has_dhe(const otls_backend *backend)
{
	return otls_backend_engine(backend)->supports(OTLS_KIND_SUITE, 0x009e);
}

/* Where the groups have nothing in common, DHE is what is left of TLS 1.2. */
static bool
dhe_needs_none(struct run *run)
{
	otls_context *client = good_client(run), *server = bare_server(run);
	const mint_identity *identity = pki_server_rsa(run);
	struct pair *pair;

	if (identity == NULL || !use_identity(run, server, identity) ||
	    !CHECK_OK(run, otls_context_set_groups(client, "x25519")) ||
	    !CHECK_OK(run, otls_context_set_groups(server, "P-384")))
		return false;
	if (otls_context_set_cipher_list(client, "ECDHE+AESGCM:DHE-RSA-AES128-GCM-SHA256") != OTLS_OK ||
	    otls_context_set_cipher_list(server, "ECDHE+AESGCM:DHE-RSA-AES128-GCM-SHA256") != OTLS_OK)
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	if (run->version == OTLS_TLS1_2 && has_dhe(run->client) && has_dhe(run->server))
		return pair_connect(pair) &&
		       CHECK_TEXT(run, otls_cipher_openssl_name(otls_connection_cipher(pair->server)),
			   "DHE-RSA-AES128-GCM-SHA256");
	pair_handshake(pair);
	return pair_check_no_overlap(pair);
}

/* In TLS 1.2 the groups are those of ECDSA keys, too: also of a client's.  Twin: a server that lists its curve. */
static bool
show_client_certificate(struct run *run, const char *groups, struct pair **pair)
{
	otls_context *client = good_client(run), *server = bare_server(run);
	const mint_identity *identity = pki_server_rsa(run), *own = pki_client(run);

	if (identity == NULL || own == NULL || !use_identity(run, server, identity) ||
	    !use_identity(run, client, own) || !trust(run, server, pki_ca(run)) ||
	    !CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_REQUIRE)) ||
	    !CHECK_OK(run, otls_context_set_groups(server, groups)))
		return false;
	*pair = pair_open(run, client, server, WIRE_VARIED);
	return true;
}

static bool
curve_of_a_client(struct run *run)
{
	struct pair *pair;
	int depth = -1;

	if (!show_client_certificate(run, "x25519:P-256", &pair) || !pair_connect(pair) ||
	    !show_client_certificate(run, "x25519", &pair))
		return false;
	if (run->version == OTLS_TLS1_3)
		return pair_connect(pair);
	pair_handshake(pair);
	return CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->server)), "VERIFY") &&
	       CHECK_NUMBER(run, otls_connection_verify_result(pair->server, &depth), OTLS_REASON_UNSUPPORTED_KEY) &&
	       CHECK_NUMBER(run, depth, 0);
}

#define ROW(name, ...)                                                                                                 \
	{                                                                                                              \
		name, agree, &(const struct row){ __VA_ARGS__ }, SCOPE_PAIR, CASE_VARIED                               \
	}
#define BOTH(group) .tls12 = group, .tls13 = group

static const struct test_case cases[] = {
	ROW("default", BOTH("x25519")),
	ROW("one_of_the_client", "P-384:P-256", "P-384:x25519", BOTH("secp384r1")),
	ROW("one_of_the_server", "x25519:P-256:P-384", "prime256v1", BOTH("secp256r1")),
	ROW("retry_for_the_last", "P-256:x25519:P-384:P-521", "P-521:x448", BOTH("secp521r1")),
	ROW("server_prefers_first", "x25519:P-256", "P-256:x25519", .tls12 = "secp256r1", .tls13 = "x25519",
	    .shared = "secp256r1"),
	ROW("server_prefers_second", "P-256:x25519", "x25519:P-256", .tls12 = "x25519", .tls13 = "secp256r1",
	    .shared = "x25519"),
	ROW("server_of_both_versions", "P-384:P-521:P-256", "P-521:P-256", .tls12 = "secp521r1", .tls13 = "secp521r1",
	    .both = true, .shared = "secp256r1"),
	ROW("nothing_in_common_for_both", "x25519:P-256", "P-384:P-521", .rsa = true, .both = true),
	ROW("nothing_in_common", "x25519:P-256", "P-384:P-521", .rsa = true),
	ROW("nothing_in_common_twin", "x25519:P-256:P-521", "P-384:P-521", BOTH("secp521r1"), .rsa = true),
	ROW("curve_of_the_certificate", "x25519", "x25519", .tls13 = "x25519"),
	ROW("curve_of_no_certificate", "x25519", "x25519", BOTH("x25519"), .rsa = true),
	{ "curve_of_a_client", curve_of_a_client, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "dhe_needs_none", dhe_needs_none, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "list_is_told", list_is_told, .scope = SCOPE_BACKEND },
	{ "bad_lists", bad_lists, .scope = SCOPE_BACKEND },
	{ "lacking", lacking, .scope = SCOPE_BACKEND },
	{ "nothing_for_a_version", nothing_for_a_version, .scope = SCOPE_BACKEND },
};

const struct suite suite_groups = { "groups", cases, COUNT(cases) };
