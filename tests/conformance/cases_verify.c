/* Verifying in a connection: what a context and a store say of it, each refusal with a twin that differs in one thing and is
 * accepted.  The table of verdicts is in cases_verdicts.c. */
#include "pair.h"
#include "pki.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY       (24 * 60 * 60)
#define ANY_ALERT (-1)
#define ANY_DEPTH (-2)

/* What one connection is made of; changed by a row before it is set up. */
struct scene {
	const char *name; /* that the client expects */
	mint_spec leaf, middle;
	bool has_middle;
	bool out_of_order;              /* another intermediate signs the leaf, and is sent behind its issuer */
	const mint_identity *root;      /* signs, and is trusted */
	const mint_crl_spec *leaf_list; /* the revocation list of its issuer; NULL: none */
	uint64_t flags, store_flags;
	int max_intermediates; /* -1: the default */
	int64_t time;          /* 0: now */
};

struct verify_row {
	void (*set)(struct run *run, struct scene *scene, bool bad);
	otls_verify_reason reason;
	int depth, alert;
};

static const char *const host_names[] = { HOST, NULL };

static void
init_scene(struct run *run, struct scene *scene)
{
	*scene = (struct scene){
		.name = HOST,
		.leaf = { .common_name = HOST, .names = host_names, .key = pki_key(run) },
		.middle = { .common_name = "Intermediate", .is_ca = true },
		.root = pki_ca(run),
		.max_intermediates = -1,
	};
}

/* == setting up a scene == */
struct chain {
	const mint_identity *leaf, *middle;
	char *pem;
};

static bool
make_chain(struct run *run, const struct scene *scene, struct chain *chain)
{
	const mint_spec below = { .common_name = "Lower intermediate", .is_ca = true };
	const mint_identity *list[5] = { NULL }, *issuer = scene->root, *lower = NULL;
	size_t n = 0;

	if (issuer == NULL)
		return false;
	if (scene->has_middle && (issuer = chain->middle = pki_make(run, &scene->middle, issuer)) == NULL)
		return false;
	if (scene->out_of_order && (issuer = lower = pki_make(run, &below, issuer)) == NULL)
		return false;
	chain->leaf = pki_make(run, &scene->leaf, issuer);
	if (chain->leaf == NULL)
		return false;
	list[n++] = chain->leaf;
	if (scene->has_middle)
		list[n++] = chain->middle;
	if (lower != NULL)
		list[n++] = lower;
	chain->pem = run_owns(run, mint_chain_pem(list), free);
	return CHECK(run, chain->pem != NULL);
}

static bool
set_trust(struct run *run, otls_context *client, const struct scene *scene, const struct chain *chain)
{
	otls_store *store = NULL;

	if (!CHECK_OK(run, otls_store_new(&store)) || run_owns_store(run, store) == NULL)
		return false;
	if (scene->time != 0 && !CHECK_OK(run, otls_store_set_time(store, scene->time)))
		return false;
	if (!CHECK_OK(run, otls_store_set_flags(store, scene->store_flags)))
		return false;
	if (scene->max_intermediates >= 0 &&
	    !CHECK_OK(run, otls_context_set_verify_depth(client, scene->max_intermediates)))
		return false;
	return CHECK_OK(run, otls_store_add_pem(store, scene->root->pem, strlen(scene->root->pem))) &&
	       pki_add_list(run, store, scene->leaf_list, scene->has_middle ? chain->middle : scene->root) &&
	       CHECK_OK(run, otls_context_set_store(client, store)) &&
	       CHECK_OK(run, otls_context_set_verify_flags(client, scene->flags));
}

static struct pair *
open_scene(struct run *run, const struct scene *scene, struct chain *chain)
{
	otls_context *client = bare_client(run), *server = bare_server(run);

	if (!make_chain(run, scene, chain) || !set_trust(run, client, scene, chain) ||
	    !CHECK_OK(run, otls_context_use_key_pair_mem(server, chain->pem, strlen(chain->pem), chain->leaf->key_pem,
			       strlen(chain->leaf->key_pem))))
		return NULL;
	return pair_open_named(run, client, server, scene->name, WIRE_VARIED);
}

/* == judging == */
static bool
check_refusal(struct run *run, struct pair *pair, const struct verify_row *row)
{
	const otls_error *client = otls_connection_error(pair->client), *server = otls_connection_error(pair->server);
	bool exact = otls_backend_has(run->client, OTLS_CAP_EXACT_ALERT);
	int depth = 0;

	if (!CHECK_NUMBER(run, pair->client_status, OTLS_ERROR))
		return false;
	if (!CHECK_TEXT(run, otls_error_name(client), "VERIFY") ||
	    !CHECK_NUMBER(run, otls_error_category(client), OTLS_CATEGORY_VERIFY) ||
	    !CHECK_TEXT(run, otls_verify_reason_name(otls_error_verify_reason(client)),
		otls_verify_reason_name((int)row->reason)) ||
	    !CHECK_NUMBER(run, otls_connection_verify_result(pair->client, &depth), row->reason) ||
	    !CHECK_NUMBER(run, depth, otls_error_verify_depth(client)))
		return false;
	if (row->depth != ANY_DEPTH && !CHECK_NUMBER(run, otls_error_verify_depth(client), row->depth))
		return false;
	/* A library that fails on its own before it asks for the verdict may leave its peer in the dark. */
	if (!exact && !otls_error_alert_was_sent(client))
		return CHECK(run, pair->server_status != OTLS_OK);
	if (!CHECK(run, otls_error_alert_was_sent(client)) || !CHECK_NUMBER(run, pair->server_status, OTLS_ERROR))
		return false;
	if (exact && row->alert != ANY_ALERT && !CHECK_NUMBER(run, otls_error_alert(client), row->alert))
		return false;
	if (otls_error_code(server) != OTLS_E_ALERT_RECEIVED)
		return failed(run, "the server says %s: %s", otls_error_name(server), otls_error_message(server));
	return CHECK_NUMBER(run, otls_error_category(server), OTLS_CATEGORY_PEER) &&
	       CHECK(run, !otls_error_alert_was_sent(server)) &&
	       CHECK_NUMBER(run, otls_error_alert(server), otls_error_alert(client));
}

static bool
check_peer_certificate(struct run *run, const struct pair *pair, const struct chain *chain)
{
	const otls_certificate *cert = otls_connection_peer_certificate(pair->client);
	size_t len = 0;
	const uint8_t *der = otls_certificate_der(cert, &len);

	if (!CHECK(run, cert != NULL))
		return false;
	return chain->leaf == NULL || (CHECK_NUMBER(run, len, chain->leaf->certificate.len) &&
					  CHECK(run, memcmp(der, chain->leaf->certificate.data, len) == 0));
}

static bool
play(struct run *run, const struct verify_row *row, bool bad)
{
	struct chain chain = { 0 };
	struct scene scene;
	struct pair *pair = NULL;

	init_scene(run, &scene);
	row->set(run, &scene, bad);
	pair = open_scene(run, &scene, &chain);
	if (pair == NULL || run->outcome == OUTCOME_FAILED)
		return false;
	if (!bad)
		return pair_connect(pair) && pair_exchange(pair, 100) &&
		       CHECK_NUMBER(run, otls_connection_verify_result(pair->client, NULL), OTLS_REASON_OK);
	pair_handshake(pair);
	return check_refusal(run, pair, row) && check_peer_certificate(run, pair, &chain);
}

static bool
verify_row(struct run *run)
{
	return play(run, run->test->row, true) && play(run, run->test->row, false);
}

/* == rows == */

static void
use_names(struct scene *scene, const char *const *names, const char *expected)
{
	scene->leaf.names = names;
	scene->leaf.common_name = "not a name";
	scene->name = expected;
}

static void
wrong_host(struct run *run, struct scene *scene, bool bad)
{
	(void)run;
	scene->name = bad ? "other.example" : HOST;
}

static void
wrong_ip6(struct run *run, struct scene *scene, bool bad)
{
	static const char *const names[] = { "2001:db8::1", NULL };

	(void)run;
	use_names(scene, names, bad ? "2001:db8::2" : "2001:DB8:0:0::1");
}

/* The certificate of the authority below the root demands a policy, and the leaf has none, or has it. */
static void
policy_required(struct run *run, struct scene *scene, bool bad)
{
	static const mint_extension demand[] = {
		{ "2.5.29.32", true, "\x30\x06\x30\x04\x06\x02\x2a\x03", 8 },
		{ "2.5.29.36", true, "\x30\x03\x80\x01\x00", 5 },
	};
	static const mint_extension other = { "2.5.29.32", false, "\x30\x06\x30\x04\x06\x02\x2a\x04", 8 };

	(void)run;
	scene->has_middle = true;
	scene->middle.extensions = demand;
	scene->middle.extension_count = COUNT(demand);
	scene->leaf.extensions = bad ? &other : demand;
	scene->leaf.extension_count = 1;
}

static void
web_profile(struct run *run, struct scene *scene, bool bad)
{
	static const mint_extension critical = { "2.5.29.37", true, "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01",
		12 };

	(void)run;
	scene->leaf.no_purposes = true;
	scene->leaf.extensions = &critical;
	scene->leaf.extension_count = 1;
	scene->flags = bad ? OTLS_VERIFY_FLAG_WEB_PROFILE : 0;
}

/* Asked for by the store, and softened by it. */
static void
crl_missing_for_store(struct run *run, struct scene *scene, bool bad)
{
	(void)run;
	scene->store_flags = OTLS_VERIFY_FLAG_CRL | (bad ? 0 : OTLS_VERIFY_FLAG_CRL_SOFT);
}

static void
crl_damaged(struct run *run, struct scene *scene, bool bad)
{
	static const mint_crl_spec damaged = { .damaged = true }, whole = { 0 };

	(void)run;
	scene->leaf_list = bad ? &damaged : &whole;
	scene->flags = OTLS_VERIFY_FLAG_CRL;
}

/* The clock that judges is the store's: good certificates have long expired by it. */
static void
time_moved_on(struct run *run, struct scene *scene, bool bad)
{
	(void)run;
	scene->time = (int64_t)time(NULL) + (bad ? 400 * DAY : 5 * DAY);
}

/* What is expired today was good then; not so the certificates that are good today. */
static void
time_moved_back(struct run *run, struct scene *scene, bool bad)
{
	const mint_spec old = {
		.common_name = "Old CA", .is_ca = true, .not_before = 1000000000, .not_after = 1100000000
	};

	scene->time = 1050000000;
	scene->root = pki_make(run, &old, NULL);
	if (bad)
		return;
	scene->leaf.not_before = 1040000000;
	scene->leaf.not_after = 1060000000;
}

/* == verification off, in whole or in part == */
static bool
insecure_none(struct run *run)
{
	otls_context *client = bare_client(run);
	struct pair *pair = NULL;
	int depth = 0;

	if (!trust(run, client, pki_other_ca(run)) ||
	    !CHECK_OK(run, otls_context_set_verify(client, OTLS_VERIFY_INSECURE_NONE)))
		return false;
	pair = pair_open(run, client, good_server(run), WIRE_VARIED);
	return pair_connect(pair) && pair_exchange(pair, 100) &&
	       CHECK_NUMBER(run, otls_connection_verify_result(pair->client, &depth), OTLS_REASON_UNKNOWN_ISSUER) &&
	       CHECK_NUMBER(run, depth, 0) && CHECK(run, otls_connection_peer_certificate(pair->client) != NULL);
}

/* The other way round: a connection that is stricter than its context. */
static bool
peer_once(struct run *run)
{
	otls_context *client = bare_client(run), *server = good_server(run);
	struct pair *pair = NULL;

	if (!trust(run, client, pki_other_ca(run)) ||
	    !CHECK_OK(run, otls_context_set_verify(client, OTLS_VERIFY_INSECURE_NONE)))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	if (!CHECK_OK(run, otls_connection_set_verify(pair->client, OTLS_VERIFY_PEER)))
		return false;
	pair_handshake(pair);
	return CHECK_NUMBER(
		   run, otls_error_verify_reason(otls_connection_error(pair->client)), OTLS_REASON_UNKNOWN_ISSUER) &&
	       pair_connect(pair_open(run, client, server, WIRE_VARIED));
}

/* A server that asks for no certificate has none to tell of. */
static bool
none_asked(struct run *run)
{
	otls_context *client = good_client(run);
	struct pair *pair = NULL;
	int depth = 0;

	if (!use_identity(run, client, pki_client(run)))
		return false;
	pair = pair_open(run, client, good_server(run), WIRE_VARIED);
	return pair_connect(pair) &&
	       CHECK_NUMBER(
		   run, otls_connection_verify_result(pair->server, &depth), OTLS_REASON_NO_PEER_CERTIFICATE) &&
	       CHECK_NUMBER(run, depth, -1) && CHECK(run, otls_connection_peer_certificate(pair->server) == NULL) &&
	       CHECK(run, otls_connection_verified_chain_at(pair->server, 0) == NULL);
}

/* curl CVE-2024-2379: a list of ciphers that was not understood ended the set-up early, without verification. */
static bool
bad_ciphers(struct run *run)
{
	otls_context *client = bare_client(run);
	struct pair *pair = NULL;

	if (!trust(run, client, pki_other_ca(run)) ||
	    !CHECK_ERROR(run, otls_context_set_cipher_list(client, "NO-SUCH-CIPHER"), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(run, otls_context_set_ciphersuites(client, "NO-SUCH-CIPHER"), OTLS_E_BAD_ARGUMENT))
		return false;
	pair = pair_open(run, client, good_server(run), WIRE_VARIED);
	pair_handshake(pair);
	return CHECK_NUMBER(
	    run, otls_error_verify_reason(otls_connection_error(pair->client)), OTLS_REASON_UNKNOWN_ISSUER);
}

/* Intermediates are counted, not certificates, and the path is told whether it is too long or not. */
static bool
depths(struct run *run)
{
	for (int has = 0; has <= 2; has++) {
		for (int limit = 0; limit <= 2; limit++) {
			const struct verify_row row = { NULL, OTLS_REASON_CHAIN_TOO_LONG, 0, ANY_ALERT };
			struct chain chain = { 0 };
			struct scene scene;
			struct pair *pair;

			init_scene(run, &scene);
			scene.has_middle = has >= 1;
			scene.out_of_order = has == 2;
			scene.max_intermediates = limit;
			if ((pair = open_scene(run, &scene, &chain)) == NULL)
				return false;
			pair_handshake(pair);
			if (has <= limit ? !CHECK_NUMBER(run, pair->client_status, OTLS_OK)
					 : !check_refusal(run, pair, &row))
				return false;
			if (!CHECK(run, otls_connection_verified_chain_at(pair->client, (size_t)has + 1) != NULL) ||
			    !CHECK(run, otls_connection_verified_chain_at(pair->client, (size_t)has + 2) == NULL))
				return false;
		}
	}
	return true;
}

static bool
insecure_none_once(struct run *run)
{
	otls_context *client = bare_client(run), *server = good_server(run);
	struct pair *one = NULL, *two = NULL;

	if (!trust(run, client, pki_other_ca(run)))
		return false;
	one = pair_open(run, client, server, WIRE_VARIED);
	two = pair_open(run, client, server, WIRE_VARIED);
	if (!CHECK_OK(run, otls_connection_set_verify(one->client, OTLS_VERIFY_INSECURE_NONE)) || !pair_connect(one))
		return false;
	pair_handshake(two);
	return CHECK_NUMBER(run, otls_error_code(otls_connection_error(two->client)), OTLS_E_VERIFY);
}

static bool
skip_name_check(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run), *stranger = bare_client(run);
	struct pair *pair = pair_open_named(run, client, server, NULL, WIRE_VARIED), *refused = NULL;

	if (!CHECK_OK(run, otls_connection_insecure_skip_name_check(pair->client)) || !pair_connect(pair) ||
	    !pair_exchange(pair, 10))
		return false;
	/* The chain is still verified. */
	if (!trust(run, stranger, pki_other_ca(run)))
		return false;
	refused = pair_open_named(run, stranger, server, NULL, WIRE_VARIED);
	if (!CHECK_OK(run, otls_connection_insecure_skip_name_check(refused->client)))
		return false;
	pair_handshake(refused);
	return CHECK_NUMBER(
	    run, otls_error_verify_reason(otls_connection_error(refused->client)), OTLS_REASON_UNKNOWN_ISSUER);
}

/* == the library's own verifier in addition == */

/* Chains that are good, and that one library or another refuses by itself. */
static void
native_usual(struct run *run, struct scene *scene)
{
	(void)run;
	scene->has_middle = true;
}

/* OpenSSL wants the purpose itself. */
static void
native_any_purpose(struct run *run, struct scene *scene)
{
	static const char *const any[] = { "2.5.29.37.0", NULL };

	(void)run;
	scene->leaf.purposes = any;
}

/* inhibitPolicyMapping 0, which maps nothing away here: GnuTLS does not know the extension. */
static void
native_policy_constraints(struct run *run, struct scene *scene)
{
	static const mint_extension constraints = { "2.5.29.36", true, "\x30\x03\x81\x01\x00", 5 };

	(void)run;
	scene->has_middle = true;
	scene->middle.extensions = &constraints;
	scene->middle.extension_count = 1;
}

/* wolfSSL goes through a chain once, from its end. */
static void
native_out_of_order(struct run *run, struct scene *scene)
{
	(void)run;
	scene->has_middle = true;
	scene->out_of_order = true;
}

static void
native_address(struct run *run, struct scene *scene)
{
	static const char *const names[] = { "192.0.2.1", NULL };

	(void)run;
	use_names(scene, names, "192.0.2.1");
}

static bool
play_native(struct run *run, void (*set)(struct run *, struct scene *), uint64_t flags, struct pair **pair)
{
	struct chain chain = { 0 };
	struct scene scene;

	init_scene(run, &scene);
	set(run, &scene);
	scene.flags = flags;
	*pair = open_scene(run, &scene, &chain);
	if (*pair == NULL || run->outcome == OUTCOME_FAILED)
		return false;
	pair_handshake(*pair);
	return true;
}

/* A refusal says whose it is, and has the library's words. */
static bool
check_native_refusal(struct run *run, const struct pair *pair)
{
	const otls_error *err = otls_connection_error(pair->client);
	const char *library = NULL, *reason = NULL;

	return CHECK_TEXT(run, otls_error_name(err), "VERIFY") &&
	       CHECK(run, otls_error_verify_reason(err) != OTLS_REASON_OK) &&
	       CHECK_NUMBER(run, otls_connection_verify_result(pair->client, NULL), otls_error_verify_reason(err)) &&
	       CHECK(run, strstr(otls_error_message(err), "own verifier refuses it") != NULL) &&
	       CHECK(run, otls_error_entry(err, 0, &library, NULL, &reason)) && CHECK(run, library[0] != '\0') &&
	       CHECK(run, reason[0] != '\0');
}

static bool
native_row(struct run *run)
{
	void (*const *set)(struct run *, struct scene *) = run->test->row;
	struct pair *alone = NULL, *both = NULL;

	if (!otls_backend_has(run->client, OTLS_CAP_NATIVE_VERIFY))
		return CHECK_ERROR(run, otls_context_set_verify_flags(bare_client(run), OTLS_VERIFY_FLAG_NATIVE_TOO),
			   OTLS_E_UNSUPPORTED) &&
		       unsupported(run, "no verifier of its own");
	if (!play_native(run, *set, 0, &alone) || !CHECK_NUMBER(run, alone->client_status, OTLS_OK) ||
	    !play_native(run, *set, OTLS_VERIFY_FLAG_NATIVE_TOO, &both))
		return false;
	return both->client_status == OTLS_OK || check_native_refusal(run, both);
}

/* Each of them refuses one of these: the flag does something. */
static bool
native_is_stricter(struct run *run)
{
	void (*const sets[])(
	    struct run *, struct scene *) = { native_any_purpose, native_policy_constraints, native_out_of_order };
	struct pair *pair = NULL;
	size_t refused = 0;

	if (!otls_backend_has(run->client, OTLS_CAP_NATIVE_VERIFY))
		return unsupported(run, "no verifier of its own");
	for (size_t i = 0; i < COUNT(sets); i++) {
		if (!play_native(run, sets[i], OTLS_VERIFY_FLAG_NATIVE_TOO, &pair))
			return false;
		refused += pair->client_status == OTLS_OK ? 0 : 1;
	}
	return CHECK(run, refused > 0);
}

static bool
native_agrees(struct run *run)
{
	struct pair *pair = NULL;

	if (!otls_backend_has(run->client, OTLS_CAP_NATIVE_VERIFY))
		return unsupported(run, "no verifier of its own");
	return play_native(run, native_usual, OTLS_VERIFY_FLAG_NATIVE_TOO, &pair) &&
	       CHECK_NUMBER(run, pair->client_status, OTLS_OK) && pair_exchange(pair, 100) &&
	       play_native(run, native_address, OTLS_VERIFY_FLAG_NATIVE_TOO, &pair) &&
	       CHECK_NUMBER(run, pair->client_status, OTLS_OK);
}

/* What core refuses is not asked about: core's reason, whatever the library would say. */
static bool
native_after_core(struct run *run)
{
	static const struct verify_row row = { wrong_host, OTLS_REASON_HOSTNAME_MISMATCH, 0, ANY_ALERT };
	struct chain chain = { 0 };
	struct scene scene;
	struct pair *pair = NULL;

	if (!otls_backend_has(run->client, OTLS_CAP_NATIVE_VERIFY))
		return unsupported(run, "no verifier of its own");
	init_scene(run, &scene);
	wrong_host(run, &scene, true);
	scene.flags = OTLS_VERIFY_FLAG_NATIVE_TOO;
	if ((pair = open_scene(run, &scene, &chain)) == NULL)
		return false;
	pair_handshake(pair);
	return check_refusal(run, pair, &row) &&
	       CHECK(run, strstr(otls_error_message(otls_connection_error(pair->client)), "own verifier") == NULL);
}

/* No chain depends on an earlier one: what the library learns goes with the objects that it was asked with. */
static bool
native_learns_nothing(struct run *run)
{
	otls_context *client = good_client(run), *whole = bare_server(run), *cut = bare_server(run);
	const mint_spec middle = { .common_name = "Intermediate", .is_ca = true };
	const mint_spec leaf = { .common_name = HOST, .names = host_names, .key = pki_key(run) };
	const mint_identity *ca = pki_make(run, &middle, pki_ca(run));
	const mint_identity *list[3] = { ca != NULL ? pki_make(run, &leaf, ca) : NULL, ca, NULL };
	struct pair *pair = NULL;
	char *pem;

	if (!otls_backend_has(run->client, OTLS_CAP_NATIVE_VERIFY))
		return unsupported(run, "no verifier of its own");
	if (list[0] == NULL || (pem = run_owns(run, mint_chain_pem(list), free)) == NULL ||
	    !CHECK_OK(run, otls_context_set_verify_flags(client, OTLS_VERIFY_FLAG_NATIVE_TOO)) ||
	    !CHECK_OK(run,
		otls_context_use_key_pair_mem(whole, pem, strlen(pem), list[0]->key_pem, strlen(list[0]->key_pem))) ||
	    !use_identity(run, cut, list[0]))
		return false;
	if (!pair_connect(pair_open(run, client, whole, WIRE_VARIED)))
		return false;
	pair = pair_open(run, client, cut, WIRE_VARIED);
	pair_handshake(pair);
	return CHECK_NUMBER(
	    run, otls_error_verify_reason(otls_connection_error(pair->client)), OTLS_REASON_UNKNOWN_ISSUER);
}

/* A server asks about its clients, and the name is no matter. */
static bool
native_of_client(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);

	if (!otls_backend_has(run->server, OTLS_CAP_NATIVE_VERIFY))
		return unsupported(run, "no verifier of its own");
	return trust(run, server, pki_ca(run)) && use_identity(run, client, pki_client(run)) &&
	       CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_REQUIRE)) &&
	       CHECK_OK(run, otls_context_set_verify_flags(server, OTLS_VERIFY_FLAG_NATIVE_TOO)) &&
	       pair_connect(pair_open(run, client, server, WIRE_VARIED));
}

#define ROW(name, set, reason, depth, alert)                                                                           \
	{                                                                                                              \
		name, verify_row, &(const struct verify_row){ set, OTLS_REASON_##reason, depth, alert }, SCOPE_PAIR,   \
		    CASE_VARIED                                                                                        \
	}

#define NATIVE(name, set)                                                                                              \
	{                                                                                                              \
		name, native_row, &(void (*const)(struct run *, struct scene *)){ set }, SCOPE_PAIR, CASE_VARIED       \
	}

static const struct test_case cases[] = {
	ROW("wrong_host", wrong_host, HOSTNAME_MISMATCH, 0, ANY_ALERT),
	ROW("wrong_ip6", wrong_ip6, IP_MISMATCH, 0, ANY_ALERT),
	ROW("time_moved_on", time_moved_on, EXPIRED, ANY_DEPTH, 45),
	ROW("time_moved_back", time_moved_back, NOT_YET_VALID, 0, ANY_ALERT),
	ROW("policy_required", policy_required, POLICY, 0, 46),
	ROW("web_profile", web_profile, INVALID_PURPOSE, 0, 43),
	ROW("crl_missing_for_store", crl_missing_for_store, CRL_MISSING, 0, ANY_ALERT),
	ROW("crl_damaged", crl_damaged, CRL_INVALID, 0, ANY_ALERT),
	{ "insecure_none", insecure_none, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "peer_once", peer_once, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "none_asked", none_asked, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "bad_ciphers", bad_ciphers, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "depths", depths, .scope = SCOPE_PAIR },
	{ "insecure_none_once", insecure_none_once, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	NATIVE("native_any_purpose", native_any_purpose),
	NATIVE("native_policy_constraints", native_policy_constraints),
	NATIVE("native_out_of_order", native_out_of_order),
	{ "native_agrees", native_agrees, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "native_after_core", native_after_core, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "native_learns_nothing", native_learns_nothing, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "native_of_client", native_of_client, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "native_is_stricter", native_is_stricter, .scope = SCOPE_BACKEND_VERSION },
	{ "skip_name_check", skip_name_check, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
};

const struct suite suite_verify = { "verify", cases, COUNT(cases) };
