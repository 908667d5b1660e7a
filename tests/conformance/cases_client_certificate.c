/* Certificates of clients, and what either side lacks before it can begin. */
#include "pair.h"
#include "pki.h"

#include <string.h>

enum bearer {
	BEARER_NOTHING,
	BEARER_CLIENT,
	BEARER_STRANGER,
	BEARER_SERVER_ONLY,
	BEARER_EXPIRED,
	BEARER_FUTURE,
	BEARER_DAMAGED,
	BEARER_SELF_SIGNED
};

struct row {
	uint64_t mode; /* of the server */
	enum bearer bearer;
	otls_verify_reason reason; /* of the server's refusal; OK: none */
	int alert;                 /* that it sends where it can choose; -1: any */
	bool seen;                 /* the server sees the certificate */
};

static const mint_identity *
make_bearer(struct run *run, enum bearer bearer)
{
	static const char *const server_only[] = { MINT_SERVER_AUTH, NULL };
	const mint_spec stranger = { .common_name = "stranger" };
	const mint_spec server = { .common_name = "server only", .purposes = server_only };
	const mint_spec expired = { .common_name = "expired", .not_before = 1500000000, .not_after = 1600000000 };
	const mint_spec future = { .common_name = "future", .not_before = 4000000000, .not_after = 4100000000 };
	const mint_spec damaged = { .common_name = "damaged", .damaged = true };
	const mint_spec own = { .common_name = "own", .key = pki_key(run) };

	switch (bearer) {
	case BEARER_CLIENT:
		return pki_client(run);
	case BEARER_STRANGER:
		return pki_make(run, &stranger, pki_other_ca(run));
	case BEARER_SERVER_ONLY:
		return pki_make(run, &server, pki_ca(run));
	case BEARER_EXPIRED:
		return pki_make(run, &expired, pki_ca(run));
	case BEARER_FUTURE:
		return pki_make(run, &future, pki_ca(run));
	case BEARER_DAMAGED:
		return pki_make(run, &damaged, pki_ca(run));
	case BEARER_SELF_SIGNED:
		return pki_make(run, &own, NULL);
	default:
		return NULL;
	}
}

static bool
check_seen(struct run *run, const struct pair *pair, const mint_identity *bearer, bool seen)
{
	const otls_certificate *cert = otls_connection_peer_certificate(pair->server);
	size_t len = 0;
	const uint8_t *der = otls_certificate_der(cert, &len);

	if (!seen)
		return CHECK(run, cert == NULL);
	return CHECK(run, cert != NULL) && CHECK_NUMBER(run, len, bearer->certificate.len) &&
	       CHECK(run, memcmp(der, bearer->certificate.data, len) == 0) &&
	       CHECK(run, otls_connection_peer_chain_at(pair->server, 0) == cert) &&
	       CHECK(run, otls_connection_peer_chain_at(pair->server, 1) == NULL);
}

/* A client of TLS 1.3 is through before the server has judged it: it learns of the refusal when it reads. */
static bool
check_client_told(struct run *run, struct pair *pair)
{
	uint8_t byte = 0;
	size_t len = 0;

	if (pair->client_status == OTLS_OK)
		pair_read(pair, pair->client, &byte, 1, &len);
	return CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->client)), "ALERT_RECEIVED") &&
	       CHECK_NUMBER(run, otls_error_category(otls_connection_error(pair->client)), OTLS_CATEGORY_PEER) &&
	       CHECK_NUMBER(run, otls_error_alert(otls_connection_error(pair->client)),
		   otls_error_alert(otls_connection_error(pair->server)));
}

static bool
check_refusal(struct run *run, struct pair *pair, const struct row *row)
{
	const otls_error *err = otls_connection_error(pair->server);

	if (!CHECK_NUMBER(run, pair->server_status, OTLS_ERROR) || !CHECK_TEXT(run, otls_error_name(err), "VERIFY") ||
	    !CHECK_NUMBER(run, otls_error_category(err), OTLS_CATEGORY_VERIFY) ||
	    !CHECK_TEXT(run, otls_verify_reason_name(otls_error_verify_reason(err)),
		otls_verify_reason_name((int)row->reason)) ||
	    !CHECK(run, otls_error_alert_was_sent(err)))
		return false;
	if (row->alert >= 0 && otls_backend_has(run->server, OTLS_CAP_EXACT_ALERT) &&
	    !CHECK_NUMBER(run, otls_error_alert(err), row->alert))
		return false;
	return check_client_told(run, pair);
}

static bool
client_row(struct run *run)
{
	const struct row *row = run->test->row;
	const mint_identity *bearer = make_bearer(run, row->bearer);
	otls_context *client = good_client(run), *server = good_server(run);
	struct pair *pair = NULL;

	if (!trust(run, server, pki_ca(run)) || !CHECK_OK(run, otls_context_set_verify(server, row->mode)))
		return false;
	if (row->bearer != BEARER_NOTHING && !use_identity(run, client, bearer))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	if (row->reason == OTLS_REASON_OK)
		return pair_connect(pair) && pair_exchange(pair, 1000) && check_seen(run, pair, bearer, row->seen) &&
		       pair_shutdown(pair);
	pair_handshake(pair);
	return check_refusal(run, pair, row) && check_seen(run, pair, bearer, row->seen);
}

/* == one connection is stricter than its context == */
static bool
client_required_once(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	struct pair *pair = NULL;

	if (!trust(run, server, pki_ca(run)))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	if (!CHECK_OK(run, otls_connection_set_verify(pair->server, OTLS_VERIFY_REQUIRE)))
		return false;
	pair_handshake(pair);
	return CHECK_NUMBER(run, otls_error_verify_reason(otls_connection_error(pair->server)),
		   OTLS_REASON_NO_PEER_CERTIFICATE) &&
	       pair_connect(pair_open(run, client, server, WIRE_VARIED));
}

/* == the server-name callback chooses another context, and with it who is asked for a certificate == */
static otls_answer
to_other(otls_connection *conn, const char *name, void *arg)
{
	(void)name;
	return otls_connection_set_context(conn, arg) == OTLS_OK ? OTLS_ANSWER_OK : OTLS_ANSWER_REFUSE;
}

static bool
client_required_by_name(struct run *run)
{
	otls_context *lax = good_server(run), *strict = good_server(run), *bearer = good_client(run);
	struct pair *without = NULL, *with = NULL;

	if (!trust(run, strict, pki_ca(run)) || !CHECK_OK(run, otls_context_set_verify(strict, OTLS_VERIFY_REQUIRE)) ||
	    !CHECK_OK(run, otls_context_set_servername_callback(lax, to_other, strict, NULL)) ||
	    !use_identity(run, bearer, pki_client(run)))
		return false;
	without = pair_open(run, good_client(run), lax, WIRE_VARIED);
	pair_handshake(without);
	if (!CHECK_NUMBER(run, without->server_status, OTLS_ERROR) ||
	    !CHECK_NUMBER(
		run, otls_error_verify_reason(otls_connection_error(without->server)), OTLS_REASON_NO_PEER_CERTIFICATE))
		return false;
	with = pair_open(run, bearer, lax, WIRE_VARIED);
	return pair_connect(with) && check_seen(run, with, pki_client(run), true) && pair_exchange(with, 100);
}

static bool
client_released_by_name(struct run *run)
{
	otls_context *lax = good_server(run), *strict = good_server(run);
	struct pair *pair = NULL;

	if (!trust(run, strict, pki_ca(run)) || !CHECK_OK(run, otls_context_set_verify(strict, OTLS_VERIFY_REQUIRE)) ||
	    !CHECK_OK(run, otls_context_set_servername_callback(strict, to_other, lax, NULL)))
		return false;
	pair = pair_open(run, good_client(run), strict, WIRE_VARIED);
	return pair_connect(pair) && check_seen(run, pair, NULL, false) && pair_exchange(pair, 100);
}

/* == what is missing == */

/* The first handshake call says so, sends nothing and receives nothing. */
static bool
check_handshake_refused(struct run *run, otls_connection *conn, otls_code code)
{
	uint8_t buf[16];
	size_t len = 0;

	return CHECK_ERROR(run, otls_connection_handshake(conn), code) &&
	       CHECK_NUMBER(run, otls_error_category(otls_error_last()), OTLS_CATEGORY_USAGE) &&
	       CHECK_NUMBER(run, otls_connection_state(conn), OTLS_STATE_NEW) &&
	       CHECK_STATUS(run, otls_connection_drain(conn, buf, sizeof(buf), &len), OTLS_WANT_READ);
}

static bool
client_no_trust(struct run *run)
{
	otls_context *server = good_server(run);
	otls_connection *conn = NULL;

	return CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_REQUIRE)) &&
	       CHECK_OK(run, otls_connection_new_server(server, &conn)) && run_owns_connection(run, conn) != NULL &&
	       check_handshake_refused(run, conn, OTLS_E_NO_TRUST);
}

static bool
client_no_certificate(struct run *run)
{
	otls_connection *conn = NULL;

	return CHECK_OK(run, otls_connection_new_server(bare_server(run), &conn)) &&
	       run_owns_connection(run, conn) != NULL && check_handshake_refused(run, conn, OTLS_E_NO_CERTIFICATE);
}

static bool
client_no_peer_name(struct run *run)
{
	otls_context *client = good_client(run);
	otls_connection *one = NULL, *two = NULL;

	if (!CHECK_OK(run, otls_connection_new_client(client, NULL, &one)) || run_owns_connection(run, one) == NULL ||
	    !check_handshake_refused(run, one, OTLS_E_NO_PEER_NAME))
		return false;
	/* A server name alone is not a name to check. */
	if (!CHECK_OK(run, otls_connection_new_client(client, NULL, &two)) || run_owns_connection(run, two) == NULL ||
	    !CHECK_OK(run, otls_connection_set_server_name(two, HOST)) ||
	    !check_handshake_refused(run, two, OTLS_E_NO_PEER_NAME))
		return false;
	/* Nothing is lost: with a name it goes on. */
	return CHECK_OK(run, otls_connection_set_peer_name(one, HOST)) &&
	       CHECK_STATUS(run, otls_connection_handshake(one), OTLS_WANT_READ);
}

static bool
client_refuses_none(struct run *run)
{
	otls_context *client = good_client(run);
	otls_connection *conn = NULL;

	return CHECK(run, otls_context_set_verify(client, OTLS_VERIFY_NONE) == OTLS_ERROR) &&
	       CHECK_NUMBER(run, otls_error_category(otls_error_last()), OTLS_CATEGORY_USAGE) &&
	       CHECK_NUMBER(run, otls_context_verify_mode(client), OTLS_VERIFY_PEER) &&
	       CHECK_OK(run, otls_connection_new_client(client, HOST, &conn)) &&
	       run_owns_connection(run, conn) != NULL &&
	       CHECK(run, otls_connection_set_verify(conn, OTLS_VERIFY_NONE) == OTLS_ERROR) &&
	       CHECK_NUMBER(run, otls_error_category(otls_error_last()), OTLS_CATEGORY_USAGE) &&
	       CHECK(run, otls_context_set_verify(client, UINT64_C(1) << 40) == OTLS_ERROR);
}

#define ROW(name, ...)                                                                                                 \
	{                                                                                                              \
		name, client_row, &(const struct row){ __VA_ARGS__ }, SCOPE_PAIR, CASE_VARIED                          \
	}

static const struct test_case cases[] = {
	ROW("none", OTLS_VERIFY_NONE, BEARER_CLIENT, OTLS_REASON_OK, -1, false),
	ROW("optional_absent", OTLS_VERIFY_PEER, BEARER_NOTHING, OTLS_REASON_OK, -1, false),
	ROW("optional_present", OTLS_VERIFY_PEER, BEARER_CLIENT, OTLS_REASON_OK, -1, true),
	ROW("optional_wrong_ca", OTLS_VERIFY_PEER, BEARER_STRANGER, OTLS_REASON_UNKNOWN_ISSUER, 48, true),
	ROW("optional_wrong_purpose", OTLS_VERIFY_PEER, BEARER_SERVER_ONLY, OTLS_REASON_INVALID_PURPOSE, 43, true),
	ROW("optional_expired", OTLS_VERIFY_PEER, BEARER_EXPIRED, OTLS_REASON_EXPIRED, 45, true),
	ROW("optional_damaged", OTLS_VERIFY_PEER, BEARER_DAMAGED, OTLS_REASON_BAD_SIGNATURE, -1, true),
	ROW("none_expired", OTLS_VERIFY_NONE, BEARER_EXPIRED, OTLS_REASON_OK, -1, false),
	ROW("required_absent", OTLS_VERIFY_REQUIRE, BEARER_NOTHING, OTLS_REASON_NO_PEER_CERTIFICATE, -1, false),
	ROW("required_present", OTLS_VERIFY_REQUIRE, BEARER_CLIENT, OTLS_REASON_OK, -1, true),
	ROW("required_once", OTLS_VERIFY_REQUIRE | OTLS_VERIFY_CLIENT_ONCE, BEARER_CLIENT, OTLS_REASON_OK, -1, true),
	ROW("required_wrong_ca", OTLS_VERIFY_REQUIRE, BEARER_STRANGER, OTLS_REASON_UNKNOWN_ISSUER, 48, true),
	ROW("required_wrong_purpose", OTLS_VERIFY_REQUIRE, BEARER_SERVER_ONLY, OTLS_REASON_INVALID_PURPOSE, -1, true),
	ROW("required_expired", OTLS_VERIFY_REQUIRE, BEARER_EXPIRED, OTLS_REASON_EXPIRED, 45, true),
	ROW("required_future", OTLS_VERIFY_REQUIRE, BEARER_FUTURE, OTLS_REASON_NOT_YET_VALID, -1, true),
	ROW("required_damaged", OTLS_VERIFY_REQUIRE, BEARER_DAMAGED, OTLS_REASON_BAD_SIGNATURE, -1, true),
	ROW("required_self_signed", OTLS_VERIFY_REQUIRE, BEARER_SELF_SIGNED, OTLS_REASON_SELF_SIGNED_LEAF, -1, true),
	{ "required_by_connection", client_required_once, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "required_by_name", client_required_by_name, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "released_by_name", client_released_by_name, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "no_trust", client_no_trust, .scope = SCOPE_BACKEND },
	{ "no_certificate", client_no_certificate, .scope = SCOPE_BACKEND },
	{ "no_peer_name", client_no_peer_name, .scope = SCOPE_BACKEND },
	{ "refuses_none", client_refuses_none, .scope = SCOPE_BACKEND },
};

const struct suite suite_client_certificate = { "client_certificate", cases, COUNT(cases) };
