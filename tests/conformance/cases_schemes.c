/* Signature schemes: the lists of a context, what a peer signs by, and which certificate fits it. */
#include "pair.h"
#include "pki.h"

#include <string.h>

enum { ALERT_HANDSHAKE_FAILURE = 40 };

/* What a side says of how the other one signed.  Where the library does not tell, there is nothing to be said. */
static bool
check_scheme(struct run *run, const otls_connection *conn, const char *scheme)
{
	const otls_backend *backend = otls_context_backend(otls_connection_context(conn));
	const char *told = otls_connection_signature_scheme(conn);

	if (run->version == OTLS_TLS1_3 && !otls_backend_has(backend, OTLS_CAP_PEER_SCHEME))
		return CHECK_TEXT(run, told, "");
	return CHECK_TEXT(run, told, scheme);
}

/* Keys that are marked for RSA-PSS are not for every library: then they are refused when they are set. */
static bool
can_use(struct run *run, otls_context *ctx, enum pki_kind key)
{
	const otls_backend *backend = otls_context_backend(ctx);
	const mint_identity *identity = pki_server_with(run, key);

	if (identity == NULL)
		return false;
	if (key != RSA_PSS || otls_backend_has(backend, OTLS_CAP_PSS_KEYS))
		return use_identity(run, ctx, identity);
	if (CHECK_ERROR(run,
		otls_context_use_key_pair_mem(
		    ctx, identity->pem, strlen(identity->pem), identity->key_pem, strlen(identity->key_pem)),
		OTLS_E_UNSUPPORTED))
		unsupported(run, "keys that are marked for RSA-PSS");
	return false;
}

/* == a server signs == */

struct row {
	enum pki_kind key;
	const char *client, *server; /* NULL: the default */
	const char *tls12, *tls13;   /* by what the server signs; NULL: it cannot */
	bool own;                    /* it is not the first of the client's: without OWN_SCHEMES, the server cannot */
};

static bool
server_signs(struct run *run)
{
	const struct row *row = run->test->row;
	const char *scheme = run->version == OTLS_TLS1_3 ? row->tls13 : row->tls12;
	otls_context *client = good_client(run), *server = bare_server(run);
	struct pair *pair;

	if (!can_use(run, server, row->key))
		return run->outcome == OUTCOME_UNSUPPORTED;
	if ((row->client != NULL && !CHECK_OK(run, otls_context_set_signature_schemes(client, row->client))) ||
	    (row->server != NULL && !CHECK_OK(run, otls_context_set_signature_schemes(server, row->server))))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	if (row->key == RSA_PSS && !otls_backend_has(run->client, OTLS_CAP_PSS_KEYS))
		scheme = NULL;
	if (row->own && !otls_backend_has(run->server, OTLS_CAP_OWN_SCHEMES))
		scheme = NULL;
	if (scheme != NULL)
		return pair_connect(pair) && check_scheme(run, pair->client, scheme) &&
		       CHECK_TEXT(run, otls_connection_signature_scheme(pair->server), "") &&
		       pair_exchange(pair, 20000);
	pair_handshake(pair);
	if (row->key == RSA_PSS && !otls_backend_has(run->client, OTLS_CAP_PSS_KEYS))
		return CHECK_NUMBER(
		    run, otls_connection_verify_result(pair->client, NULL), OTLS_REASON_UNSUPPORTED_KEY);
	return pair_check_no_overlap(pair);
}

/* One of the two kinds of PSS is allowed, and not the one that the server's key has. */
static bool
other_kind_of_pss(struct run *run)
{
	otls_context *client = good_client(run), *server = bare_server(run);
	struct pair *pair;

	if (!use_identity(run, server, pki_server_rsa(run)) ||
	    !CHECK_OK(run, otls_context_set_signature_schemes(client, "rsa_pss_pss_sha256:ed25519")))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	pair_handshake(pair);
	return pair_check_no_overlap(pair);
}

/* A server that signs by what the client did not offer.  TLS 1.2 has it in plain: the scheme, and the 256 bytes of the
 * signature's length behind it. */
static bool
changed_on_the_way(struct run *run)
{
	static const uint8_t rsa_sha256[] = { 0x04, 0x01, 0x01, 0x00 };
	otls_context *client = good_client(run), *server = bare_server(run);
	struct pair *pair;
	struct link *link;
	uint8_t *at = NULL;

	if (!use_identity(run, server, pki_server_rsa(run)) ||
	    !CHECK_OK(run, otls_context_set_signature_schemes(client, "RSA+SHA256")))
		return false;
	pair = pair_open(run, client, server, WIRE_CALLBACKS);
	link = &pair->to_client;
	link->held = true;
	pair_handshake(pair);
	for (size_t i = link->start; i + sizeof(rsa_sha256) <= link->end; i++)
		if (memcmp(link->data + i, rsa_sha256, sizeof(rsa_sha256)) == 0)
			at = link->data + i;
	if (!CHECK(run, at != NULL))
		return false;
	at[0] = 0x05;
	link->held = false;
	pair_handshake(pair);
	return CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->client)), "HANDSHAKE") &&
	       CHECK_NUMBER(run, otls_error_alert(otls_connection_error(pair->client)), ALERT_HANDSHAKE_FAILURE) &&
	       CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->server)), "ALERT_RECEIVED");
}

static bool
changed_in_tls12(struct run *run)
{
	return run->version == OTLS_TLS1_2 ? changed_on_the_way(run)
					   : unsupported(run, "TLS 1.3 encrypts by what a server signs");
}

/* == a server chooses the certificate by the client's schemes == */

static bool
certificate_by_scheme(struct run *run)
{
	static const struct {
		const char *schemes;
		enum pki_kind key;
	} rows[] = {
		{ "rsa_pss_rsae_sha256", RSA }, { "ed25519", ED25519 }, { "ecdsa_secp256r1_sha256", P256 },
		{ "ed25519:rsa_pss_rsae_sha384", RSA }, /* the first of the server's that fits */
	};
	static const enum pki_kind order[] = { RSA, P256, ED25519 };
	otls_context *client = good_client(run), *server = bare_server(run);
	struct pair *pair;

	for (size_t i = 0; i < COUNT(order); i++)
		if (!use_identity(run, server, pki_server_with(run, order[i])))
			return false;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const mint_identity *wanted = pki_server_with(run, rows[i].key);
		size_t len = 0;
		const uint8_t *der;

		if (!CHECK_OK(run, otls_context_set_signature_schemes(client, rows[i].schemes)))
			return false;
		pair = pair_open(run, client, server, WIRE_VARIED);
		if (!pair_connect(pair))
			return false;
		der = otls_certificate_der(otls_connection_peer_certificate(pair->client), &len);
		if (!CHECK_NUMBER(run, len, wanted->certificate.len) ||
		    !CHECK(run, memcmp(der, wanted->certificate.data, len) == 0))
			return failed(run, "row %zu shows another certificate", i);
	}
	return true;
}

/* == a client signs == */

struct client_row {
	const char *client, *server; /* NULL: the default */
	const char *tls12, *tls13;   /* by what the client signs; NULL: it shows no certificate */
};

static bool
client_signs(struct run *run)
{
	const struct client_row *row = run->test->row;
	const char *scheme = run->version == OTLS_TLS1_3 ? row->tls13 : row->tls12;
	const mint_identity *identity = pki_server_rsa(run), *own = pki_client(run);
	otls_context *client = good_client(run), *server = bare_server(run);
	struct pair *pair;

	if (identity == NULL || own == NULL || !use_identity(run, server, identity) ||
	    !use_identity(run, client, own) || !trust(run, server, pki_ca(run)) ||
	    !CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_PEER)) ||
	    (row->client != NULL && !CHECK_OK(run, otls_context_set_signature_schemes(client, row->client))) ||
	    (row->server != NULL && !CHECK_OK(run, otls_context_set_signature_schemes(server, row->server))))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	if (scheme == NULL && run->version == OTLS_TLS1_3 &&
	    !(otls_backend_has(run->client, OTLS_CAP_OWN_SCHEMES) &&
		otls_backend_has(run->server, OTLS_CAP_OWN_SCHEMES))) {
		pair_handshake(pair);
		return CHECK_STATUS(run, pair->server_status, OTLS_ERROR);
	}
	if (!pair_connect(pair))
		return false;
	if (scheme == NULL)
		return CHECK(run, otls_connection_peer_certificate(pair->server) == NULL);
	return CHECK(run, otls_connection_peer_certificate(pair->server) != NULL) &&
	       check_scheme(run, pair->server, scheme) && pair_exchange(pair, 1000);
}

/* == the lists == */

static bool
list_is_told(struct run *run)
{
	otls_context *ctx = bare_client(run), *copy = NULL;

	if (!CHECK_TEXT(run, otls_context_signature_scheme_at(ctx, 0), "ecdsa_secp256r1_sha256") ||
	    !CHECK_OK(run, otls_context_set_signature_schemes(ctx, "RSA+SHA256:?no-such:ECDSA+SHA384")) ||
	    !CHECK_OK(run, otls_context_copy(ctx, &copy)))
		return false;
	run_owns_context(run, copy);
	return CHECK_OK(run, otls_context_set_signature_schemes(copy, "ed25519")) &&
	       CHECK_TEXT(run, otls_context_signature_scheme_at(ctx, 0), "rsa_pkcs1_sha256") &&
	       CHECK_TEXT(run, otls_context_signature_scheme_at(ctx, 1), "ecdsa_secp384r1_sha384") &&
	       CHECK(run, otls_context_signature_scheme_at(ctx, 2) == NULL) &&
	       CHECK_TEXT(run, otls_context_signature_scheme_at(copy, 0), "ed25519") &&
	       CHECK(run, otls_context_signature_scheme_at(copy, 1) == NULL) &&
	       CHECK(run, otls_context_signature_scheme_at(NULL, 0) == NULL) &&
	       CHECK_TEXT(run, otls_connection_signature_scheme(NULL), "");
}

static bool
bad_lists(struct run *run)
{
	static const char *const lists[] = { "", "nonsense", "ed25519:nonsense", "?nonsense", "RSA+MD5", "RSA", "?",
		"0x080" };
	otls_context *ctx = bare_client(run);

	if (!CHECK_OK(run, otls_context_set_signature_schemes(ctx, "ed25519")))
		return false;
	for (size_t i = 0; i < COUNT(lists); i++)
		if (!CHECK_ERROR(run, otls_context_set_signature_schemes(ctx, lists[i]), OTLS_E_BAD_ARGUMENT))
			return failed(run, "\"%s\" was taken", lists[i]);
	return CHECK_ERROR(run, otls_context_set_signature_schemes(ctx, NULL), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_signature_schemes(NULL, "ed25519"), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_signature_schemes(ctx, "0x081A"), OTLS_E_UNSUPPORTED) &&
	       CHECK_TEXT(run, otls_context_signature_scheme_at(ctx, 0), "ed25519") &&
	       CHECK(run, otls_context_signature_scheme_at(ctx, 1) == NULL);
}

/* PKCS #1 signs no handshake of TLS 1.3: found when a connection is made.  Twin: without that version. */
static bool
nothing_for_a_version(struct run *run)
{
	otls_context *ctx = bare_client(run);
	otls_connection *conn = NULL;

	if (!CHECK_OK(run, otls_context_set_signature_schemes(ctx, "RSA+SHA256:RSA+SHA384")) ||
	    !CHECK_ERROR(run, otls_connection_new_client(ctx, HOST, &conn), OTLS_E_BAD_STATE) ||
	    !CHECK(run, strstr(otls_error_message(otls_error_last()), "TLSv1.3") != NULL) ||
	    !CHECK_OK(run, otls_context_set_max_version(ctx, OTLS_TLS1_2)) ||
	    !CHECK_OK(run, otls_connection_new_client(ctx, HOST, &conn)))
		return false;
	run_owns_connection(run, conn);
	return true;
}

#define ROW(name, fn, type, ...)                                                                                       \
	{                                                                                                              \
		name, fn, &(const struct type){ __VA_ARGS__ }, SCOPE_PAIR, CASE_VARIED                                 \
	}
#define SERVER(name, ...) ROW(name, server_signs, row, __VA_ARGS__)
#define CLIENT(name, ...) ROW(name, client_signs, client_row, __VA_ARGS__)
#define BOTH(scheme)      .tls12 = scheme, .tls13 = scheme

static const struct test_case cases[] = {
	SERVER("client_allows_one", P256, "ECDSA+SHA256", BOTH("ecdsa_secp256r1_sha256")),
	/* TLS 1.3 ties the hash to the curve. */
	SERVER("another_hash", P256, "ecdsa_secp384r1_sha384", .tls12 = "ecdsa_secp384r1_sha384"),
	SERVER("another_hash_of_the_server", P256, NULL, "ECDSA+SHA512:ed25519", .tls12 = "ecdsa_secp521r1_sha512",
	    .own = true),
	SERVER("pss_by_the_client", RSA, "RSA-PSS+SHA384", BOTH("rsa_pss_rsae_sha384")),
	SERVER("pss_by_the_server", RSA, NULL, "rsa_pss_rsae_sha512", BOTH("rsa_pss_rsae_sha512"), .own = true),
	SERVER("pkcs1_in_tls12", RSA, "RSA+SHA512:rsa_pss_pss_sha256:ed25519", .tls12 = "rsa_pkcs1_sha512"),
	SERVER("overlap", RSA, "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512:rsa_pss_rsae_sha384",
	    BOTH("rsa_pss_rsae_sha384"), .own = true),
	SERVER("key_for_pss", RSA_PSS, "PSS+SHA256", BOTH("rsa_pss_pss_sha256")),
	SERVER("key_for_pss_alone", RSA_PSS, .client = "rsa_pss_rsae_sha256:RSA+SHA256"),
	SERVER("ed25519", ED25519, "ed25519", BOTH("ed25519")),
	SERVER("no_key_for_the_client", RSA, .client = "ECDSA+SHA256"),
	SERVER("no_key_for_the_server", P256, .server = "rsa_pss_rsae_sha256"),
	SERVER("nothing_in_common", RSA, .client = "rsa_pss_rsae_sha256", .server = "rsa_pss_rsae_sha384"),
	{ "other_kind_of_pss", other_kind_of_pss, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "changed_in_tls12", changed_in_tls12, .scope = SCOPE_PAIR },
	{ "certificate_by_scheme", certificate_by_scheme, .scope = SCOPE_PAIR },
	CLIENT("client_signs", NULL, "ECDSA+SHA256:PSS+SHA256", BOTH("ecdsa_secp256r1_sha256")),
	CLIENT("client_signs_by_its_own", "ECDSA+SHA256:PSS+SHA256", NULL, BOTH("ecdsa_secp256r1_sha256")),
	CLIENT("client_has_no_key", .server = "PSS+SHA256"),
	{ "list_is_told", list_is_told, .scope = SCOPE_BACKEND },
	{ "bad_lists", bad_lists, .scope = SCOPE_BACKEND },
	{ "nothing_for_a_version", nothing_for_a_version, .scope = SCOPE_BACKEND },
};

const struct suite suite_schemes = { "schemes", cases, COUNT(cases) };
