/* Security levels: what each of them takes and refuses, of own keys, of the peer's, and of what is agreed on. */
#include "fixtures.h"
#include "pair.h"
#include "pki.h"

#include <string.h>

/* Whether the backend can be at that level; if not, that it says so is all there is to see. */
static bool
at_level(struct run *run, otls_context *ctx, int level)
{
	otls_status status = level == 0 ? otls_context_insecure_set_security_level_zero(ctx)
					: otls_context_set_security_level(ctx, level);

	if (status != OTLS_OK && otls_error_code(otls_error_last()) == OTLS_E_UNSUPPORTED)
		return unsupported(run, "%s", otls_error_message(otls_error_last())) && false;
	return CHECK_OK(run, status) && CHECK_NUMBER(run, otls_context_security_level(ctx), level);
}

static bool
left_out(const struct run *run)
{
	return run->outcome == OUTCOME_UNSUPPORTED;
}

struct level_row {
	int level; /* of the client */
	const char *chain, *key, *trusted;
	const mint_identity *(*identity)(struct run *run); /* instead of these texts, by the usual CA */
	otls_verify_reason reason;
	int depth;
};

static bool
level_row(struct run *run)
{
	const struct level_row *row = run->test->row;
	otls_context *client = bare_client(run), *server = bare_server(run);
	const mint_identity *identity = row->identity != NULL ? row->identity(run) : NULL;
	const char *trusted = row->identity != NULL ? pki_ca(run)->pem : row->trusted;
	const char *chain = identity != NULL ? identity->pem : row->chain;
	const char *key = identity != NULL ? identity->key_pem : row->key;
	struct pair *pair = NULL;

	if (!at_level(run, client, row->level))
		return left_out(run);
	if (!CHECK_OK(run, otls_context_use_key_pair_mem(server, chain, strlen(chain), key, strlen(key))) ||
	    !CHECK_OK(run, otls_context_load_verify_mem(client, trusted, strlen(trusted))) ||
	    !CHECK_OK(run, otls_context_set_verify_flags(client, OTLS_VERIFY_FLAG_PARTIAL_CHAIN)))
		return false;
	pair = pair_open(run, client, server, WIRE_MEMORY);
	if (row->reason == OTLS_REASON_OK)
		return pair_connect(pair) && pair_exchange(pair, 100);
	pair_handshake(pair);
	return CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->client)), "VERIFY") &&
	       CHECK_NUMBER(run, otls_error_verify_reason(otls_connection_error(pair->client)), row->reason) &&
	       CHECK_NUMBER(run, otls_error_verify_depth(otls_connection_error(pair->client)), row->depth);
}

/* == chains on larger curves == */

static const char p521_key[] = "-----BEGIN PRIVATE KEY-----\n"
			       "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIAzJiKgxuBdvCWmrl6\n"
			       "y7W18HJANiY4PbVYrcshd2ssDn4FVZscL9zymgh+vlB8vv9QNJnoyVQZrunGj6TX\n"
			       "Di+2M3KhgYkDgYYABAG+H7uwHtfPXv/PHGlIcDC9mvj5gF6V64qkjngzNz7/AVEP\n"
			       "Y6zBsTDQrBsJF3oYeaJjMOIP6wb7PcPTUXn5ZjMCRQF594Q96NWD5VWMzQBFucWp\n"
			       "ohb3bsRG+n7XGfaIjlTYwW213JSMILsUnhwp9kPLQke+oLtNX80axirfcUGm6iY0\n"
			       "mQ==\n"
			       "-----END PRIVATE KEY-----\n";

/* A chain of two with keys on one curve, the leaf signed by another scheme than is natural; 0: by that. */
struct curve_row {
	int level; /* of both sides */
	const char *key;
	uint16_t scheme;
	const char *group; /* that is agreed on */
	otls_verify_reason reason;
	int depth;
};

static bool
curve_row(struct run *run)
{
	static const char *const names[] = { HOST, NULL };
	const struct curve_row *row = run->test->row;
	mint_key *key = run_owns(run, mint_key_from_pem(run->server, row->key), (void (*)(void *))mint_key_free);
	const mint_spec root = { .key = key, .common_name = "Curve CA", .is_ca = true };
	const mint_spec leaf = { .key = key, .common_name = HOST, .names = names, .scheme = row->scheme };
	const mint_identity *ca = pki_make(run, &root, NULL);
	const mint_identity *own = ca != NULL ? pki_make(run, &leaf, ca) : NULL;
	otls_context *client = bare_client(run), *server = bare_server(run);
	struct pair *pair;

	if (own == NULL || !trust(run, client, ca))
		return false;
	if (!at_level(run, client, row->level) || (row->reason == OTLS_REASON_OK && !at_level(run, server, row->level)))
		return left_out(run);
	if (!use_identity(run, server, own))
		return false;
	pair = pair_open(run, client, server, WIRE_MEMORY);
	if (row->reason == OTLS_REASON_OK)
		return pair_connect(pair) && CHECK_TEXT(run, otls_connection_group(pair->client), row->group) &&
		       CHECK(run, otls_cipher_bits(otls_connection_cipher(pair->client)) == 256) &&
		       pair_exchange(pair, 100);
	pair_handshake(pair);
	return CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->client)), "VERIFY") &&
	       CHECK_NUMBER(run, otls_error_verify_reason(otls_connection_error(pair->client)), row->reason) &&
	       CHECK_NUMBER(run, otls_error_verify_depth(otls_connection_error(pair->client)), row->depth);
}

/* Own keys: refused when they are set, and when the level is. */
static bool
own_key(struct run *run)
{
	const mint_identity *rsa = pki_server_rsa(run);
	otls_context *first = bare_server(run), *then = bare_server(run);

	if (!at_level(run, first, 3))
		return left_out(run);
	return CHECK_ERROR(run,
		   otls_context_use_key_pair_mem(first, rsa->pem, strlen(rsa->pem), rsa->key_pem, strlen(rsa->key_pem)),
		   OTLS_E_WEAK) &&
	       use_identity(run, first, pki_server(run)) && use_identity(run, then, rsa) &&
	       CHECK_ERROR(run, otls_context_set_security_level(then, 3), OTLS_E_WEAK) &&
	       CHECK_NUMBER(run, otls_context_security_level(then), 2) &&
	       pair_connect(pair_open(run, good_client(run), first, WIRE_MEMORY));
}

/* At level 4 no suite with AES-128 is left. */
static bool
suites(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	const otls_cipher *cipher = NULL;
	struct pair *pair = NULL;

	if (!at_level(run, client, 3))
		return left_out(run);
	pair = pair_open(run, client, server, WIRE_MEMORY);
	if (!pair_connect(pair) || !at_level(run, client, 4))
		return left_out(run);
	pair = pair_open(run, client, server, WIRE_MEMORY);
	for (size_t i = 0; (cipher = otls_connection_cipher_at(pair->client, i)) != NULL; i++)
		if (!CHECK(run, otls_cipher_bits(cipher) >= 192))
			return false;
	return CHECK(run, otls_connection_cipher_at(pair->client, 0) != NULL);
}

static bool
misuse(struct run *run)
{
	otls_context *client = bare_client(run);

	return CHECK_NUMBER(run, otls_context_security_level(client), 2) &&
	       CHECK_ERROR(run, otls_context_set_security_level(client, 0), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_security_level(client, 6), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_security_level(client, -1), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_security_level(NULL, 2), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_insecure_set_security_level_zero(NULL), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_NUMBER(run, otls_context_security_level(NULL), -1) &&
	       CHECK_NUMBER(run, otls_context_security_level(client), 2);
}

#define ROW(name, ...)                                                                                                 \
	{                                                                                                              \
		name, level_row, &(const struct level_row){ __VA_ARGS__ }, SCOPE_PAIR, 0                               \
	}
#define CURVE(name, ...)                                                                                               \
	{                                                                                                              \
		name, curve_row, &(const struct curve_row){ __VA_ARGS__ }, SCOPE_PAIR, 0                               \
	}
#define WEAK_MIDDLE fixture_weak_leaf, fixture_p256_key, fixture_weak_ca, NULL
#define SHA1_LEAF   fixture_sha1_leaf, fixture_p256_key, fixture_ca, NULL
#define BY(make)    NULL, NULL, NULL, make

static const struct test_case cases[] = {
	ROW("0_sha1", 0, SHA1_LEAF, OTLS_REASON_OK, 0),
	ROW("1_sha1", 1, SHA1_LEAF, OTLS_REASON_WEAK_SIGNATURE, 0),
	ROW("1_rsa_1024", 1, WEAK_MIDDLE, OTLS_REASON_OK, 0),
	ROW("2_rsa_1024", 2, WEAK_MIDDLE, OTLS_REASON_WEAK_KEY, 1),
	ROW("2_rsa_2048", 2, BY(pki_server_rsa), OTLS_REASON_OK, 0),
	ROW("3_rsa_2048", 3, BY(pki_server_rsa), OTLS_REASON_WEAK_KEY, 0),
	ROW("3_p256", 3, BY(pki_server), OTLS_REASON_OK, 0),
	CURVE("4_p384", 4, pki_p384_key, 0, "secp384r1", OTLS_REASON_OK, 0),
	CURVE("4_p521", 4, p521_key, 0, "secp384r1", OTLS_REASON_OK, 0),
	CURVE("4_sha256", 4, pki_p384_key, 0x0403, NULL, OTLS_REASON_WEAK_SIGNATURE, 0),
	CURVE("5_p521", 5, p521_key, 0, "secp521r1", OTLS_REASON_OK, 0),
	CURVE("5_sha384", 5, p521_key, 0x0503, NULL, OTLS_REASON_WEAK_SIGNATURE, 0),
	{ "own_key", own_key, NULL, SCOPE_PAIR, 0 },
	{ "suites", suites, NULL, SCOPE_PAIR, 0 },
	{ "misuse", misuse, NULL, SCOPE_BACKEND, 0 },
};

const struct suite suite_levels = { "levels", cases, COUNT(cases) };
