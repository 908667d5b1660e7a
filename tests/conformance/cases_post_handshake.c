/* Certificates of clients that are asked for behind the handshake (RFC 8446, section 4.6.2). */
#include "pair.h"
#include "pki.h"

#include <string.h>

#define LATE (OTLS_VERIFY_PEER | OTLS_VERIFY_POST_HANDSHAKE)
#define MUST (OTLS_VERIFY_REQUIRE | OTLS_VERIFY_POST_HANDSHAKE)

/* Whether the run is of use; if not, that the calls say so is for post_handshake.unsupported to show. */
static bool
can_ask(struct run *run)
{
	if (run->version != OTLS_TLS1_3)
		return unsupported(run, "TLS 1.3 only") && false;
	return both_have(run, OTLS_CAP_POST_HANDSHAKE_AUTH);
}

static bool
is_left_out(const struct run *run)
{
	return run->outcome == OUTCOME_UNSUPPORTED;
}

static otls_context *
late_server(struct run *run, uint64_t mode)
{
	otls_context *server = good_server(run);

	return trust(run, server, pki_ca(run)) && CHECK_OK(run, otls_context_set_verify(server, mode)) ? server : NULL;
}

/* NULL: without a certificate. */
static otls_context *
late_client(struct run *run, const mint_identity *identity)
{
	otls_context *client = good_client(run);

	if (!CHECK_OK(run, otls_context_set_post_handshake_auth(client, true)))
		return NULL;
	return identity == NULL || use_identity(run, client, identity) ? client : NULL;
}

/* Connected, and the client is nobody yet. */
static struct pair *
late_pair(struct run *run, uint64_t mode, const mint_identity *identity)
{
	struct pair *pair = pair_open(run, late_client(run, identity), late_server(run, mode), WIRE_VARIED);

	return pair_connect(pair) && CHECK(run, otls_connection_peer_certificate(pair->server) == NULL) ? pair : NULL;
}

/* Lets both read, so that the request and its answer get through; the server's outcome. */
static otls_status
settle(struct pair *pair)
{
	uint8_t byte = 0;
	size_t len = 0;

	pair_read(pair, pair->client, &byte, 1, &len);
	return pair_read(pair, pair->server, &byte, 1, &len);
}

static bool
ask(struct run *run, struct pair *pair)
{
	return CHECK(run, !otls_connection_client_certificate_requested(pair->server)) &&
	       CHECK_OK(run, otls_connection_request_client_certificate(pair->server)) &&
	       CHECK(run, otls_connection_client_certificate_requested(pair->server));
}

static bool
check_shown(struct run *run, struct pair *pair, const char *subject)
{
	const otls_certificate *cert = otls_connection_peer_certificate(pair->server);

	if (!CHECK(run, !otls_connection_client_certificate_requested(pair->server)))
		return false;
	if (subject == NULL)
		return CHECK(run, cert == NULL);
	return CHECK_TEXT(run, otls_certificate_subject(cert), subject) &&
	       CHECK_NUMBER(run, otls_connection_verify_result(pair->server, NULL), OTLS_REASON_OK);
}

/* == the answer == */

static bool
late_shown(struct run *run)
{
	struct pair *pair = NULL;

	if (!can_ask(run))
		return is_left_out(run);
	if ((pair = late_pair(run, MUST, pki_client(run))) == NULL || !pair_exchange(pair, 100) || !ask(run, pair))
		return false;
	return CHECK_STATUS(run, settle(pair), OTLS_WANT_READ) && check_shown(run, pair, "CN=client") &&
	       pair_exchange(pair, 40000) && pair_shutdown(pair);
}

static bool
late_absent(struct run *run)
{
	struct pair *pair = NULL;

	if (!can_ask(run))
		return is_left_out(run);
	if ((pair = late_pair(run, LATE, NULL)) == NULL || !ask(run, pair))
		return false;
	return CHECK_STATUS(run, settle(pair), OTLS_WANT_READ) && check_shown(run, pair, NULL) &&
	       pair_exchange(pair, 1000);
}

static bool
check_refused(struct run *run, struct pair *pair, otls_verify_reason reason)
{
	const otls_error *err = NULL;
	uint8_t byte = 0;
	size_t len = 0;

	if (!ask(run, pair) || !CHECK_STATUS(run, settle(pair), OTLS_ERROR))
		return false;
	err = otls_connection_error(pair->server);
	if (!CHECK_TEXT(run, otls_error_name(err), "VERIFY") ||
	    !CHECK_TEXT(
		run, otls_verify_reason_name(otls_error_verify_reason(err)), otls_verify_reason_name((int)reason)) ||
	    !CHECK(run, otls_error_alert_was_sent(err)))
		return false;
	return CHECK_STATUS(run, pair_read(pair, pair->client, &byte, 1, &len), OTLS_ERROR) &&
	       CHECK_NUMBER(run, otls_error_alert(otls_connection_error(pair->client)), otls_error_alert(err));
}

static bool
late_required(struct run *run)
{
	struct pair *pair = NULL;

	if (!can_ask(run))
		return is_left_out(run);
	pair = late_pair(run, MUST, NULL);
	return pair != NULL && check_refused(run, pair, OTLS_REASON_NO_PEER_CERTIFICATE);
}

static bool
late_stranger(struct run *run)
{
	const mint_spec stranger = { .common_name = "stranger" };
	struct pair *pair = NULL;

	if (!can_ask(run))
		return is_left_out(run);
	pair = late_pair(run, LATE, pki_make(run, &stranger, pki_other_ca(run)));
	return pair != NULL && check_refused(run, pair, OTLS_REASON_UNKNOWN_ISSUER);
}

static bool
late_expired(struct run *run)
{
	const mint_spec expired = { .common_name = "expired", .not_before = 1500000000, .not_after = 1600000000 };
	struct pair *pair = NULL;

	if (!can_ask(run))
		return is_left_out(run);
	pair = late_pair(run, MUST, pki_make(run, &expired, pki_ca(run)));
	return pair != NULL && check_refused(run, pair, OTLS_REASON_EXPIRED);
}

/* == data that is on its way when the server asks == */
static bool
late_data(struct run *run)
{
	static const char up[] = "from the client", down[] = "from the server";
	uint8_t buf[64];
	struct pair *pair = NULL;
	size_t len = 0;

	if (!can_ask(run))
		return is_left_out(run);
	if ((pair = late_pair(run, MUST, pki_client(run))) == NULL ||
	    !CHECK_OK(run, otls_connection_write_all(pair->client, up, sizeof(up), NULL)) || !ask(run, pair) ||
	    !CHECK_OK(run, otls_connection_write_all(pair->server, down, sizeof(down), NULL)))
		return false;
	/* The client reads the request first, and answers behind what it has written. */
	if (!CHECK_OK(run, pair_read(pair, pair->client, buf, sizeof(buf), &len)) ||
	    !CHECK(run, len == sizeof(down) && memcmp(buf, down, len) == 0))
		return false;
	/* In pieces: what is left of a record comes before the answer. */
	if (!CHECK_OK(run, pair_read(pair, pair->server, buf, 4, &len)) ||
	    !CHECK_OK(run, pair_read(pair, pair->server, buf + len, sizeof(buf) - len, &len)) ||
	    !CHECK(run, memcmp(buf, up, sizeof(up)) == 0) ||
	    !CHECK(run, otls_connection_client_certificate_requested(pair->server)))
		return false;
	return CHECK_STATUS(run, settle(pair), OTLS_WANT_READ) && check_shown(run, pair, "CN=client") &&
	       pair_exchange(pair, 1000);
}

/* == more than once == */

static bool
late_twice(struct run *run)
{
	struct pair *pair = NULL;

	if (!can_ask(run))
		return is_left_out(run);
	if ((pair = late_pair(run, MUST, pki_client(run))) == NULL || !ask(run, pair) ||
	    !CHECK_ERROR(run, otls_connection_request_client_certificate(pair->server), OTLS_E_BAD_STATE) ||
	    !CHECK_STATUS(run, settle(pair), OTLS_WANT_READ) || !check_shown(run, pair, "CN=client"))
		return false;
	return ask(run, pair) && CHECK_STATUS(run, settle(pair), OTLS_WANT_READ) &&
	       check_shown(run, pair, "CN=client") && pair_exchange(pair, 100);
}

static bool
late_once(struct run *run)
{
	struct pair *pair = NULL;

	if (!can_ask(run))
		return is_left_out(run);
	if ((pair = late_pair(run, MUST | OTLS_VERIFY_CLIENT_ONCE, pki_client(run))) == NULL || !ask(run, pair) ||
	    !CHECK_STATUS(run, settle(pair), OTLS_WANT_READ) || !check_shown(run, pair, "CN=client"))
		return false;
	return CHECK_OK(run, otls_connection_request_client_certificate(pair->server)) &&
	       check_shown(run, pair, "CN=client") && pair_exchange(pair, 100);
}

/* Shown in the handshake, and asked for again. */
static bool
late_again(struct run *run)
{
	struct pair *pair = NULL;

	if (!can_ask(run))
		return is_left_out(run);
	pair = pair_open(run, late_client(run, pki_client(run)), late_server(run, OTLS_VERIFY_REQUIRE), WIRE_VARIED);
	return pair_connect(pair) && check_shown(run, pair, "CN=client") && ask(run, pair) &&
	       CHECK_STATUS(run, settle(pair), OTLS_WANT_READ) && check_shown(run, pair, "CN=client") &&
	       pair_exchange(pair, 100);
}

/* Without one in the handshake, and asked again: still nobody. */
static bool
late_absent_again(struct run *run)
{
	struct pair *pair = NULL;

	if (!can_ask(run))
		return is_left_out(run);
	pair = pair_open(run, late_client(run, NULL), late_server(run, OTLS_VERIFY_PEER), WIRE_VARIED);
	return pair_connect(pair) && ask(run, pair) && CHECK_STATUS(run, settle(pair), OTLS_WANT_READ) &&
	       check_shown(run, pair, NULL) && ask(run, pair) && CHECK_STATUS(run, settle(pair), OTLS_WANT_READ) &&
	       check_shown(run, pair, NULL) && pair_exchange(pair, 100);
}

/* == where it cannot be asked == */

/* A client that has not said that it answers is not asked, and the connection goes on. */
static bool
late_not_offered(struct run *run)
{
	struct pair *pair = NULL;

	if (!can_ask(run))
		return is_left_out(run);
	pair = pair_open(run, good_client(run), late_server(run, MUST), WIRE_VARIED);
	return pair_connect(pair) &&
	       CHECK_ERROR(run, otls_connection_request_client_certificate(pair->server), OTLS_E_UNSUPPORTED) &&
	       pair_exchange(pair, 100);
}

static bool
late_unsupported(struct run *run)
{
	bool able = otls_backend_has(run->server, OTLS_CAP_POST_HANDSHAKE_AUTH);
	otls_context *server = good_server(run), *client = good_client(run);
	struct pair *pair = NULL;

	if (!trust(run, server, pki_ca(run)) || !CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_PEER)))
		return false;
	if (able ? !CHECK_OK(run, otls_context_set_post_handshake_auth(client, true)) ||
		       !CHECK_OK(run, otls_context_set_verify(server, LATE))
		 : !CHECK_ERROR(run, otls_context_set_post_handshake_auth(client, true), OTLS_E_UNSUPPORTED) ||
		       !CHECK_ERROR(run, otls_context_set_verify(server, LATE), OTLS_E_UNSUPPORTED))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	if (!pair_connect(pair))
		return false;
	if (able && run->version == OTLS_TLS1_3)
		return CHECK_OK(run, otls_connection_request_client_certificate(pair->server));
	return CHECK_ERROR(run, otls_connection_request_client_certificate(pair->server), OTLS_E_UNSUPPORTED) &&
	       pair_exchange(pair, 100);
}

/* In TLS 1.2 POST_HANDSHAKE changes nothing: the handshake asks. */
static bool
late_tls12(struct run *run)
{
	struct pair *pair = NULL;

	if (run->version != OTLS_TLS1_2 || !otls_backend_has(run->server, OTLS_CAP_POST_HANDSHAKE_AUTH))
		return unsupported(run, "TLS 1.2 only, with a server that can ask");
	pair = pair_open(run, good_client(run), late_server(run, MUST), WIRE_VARIED);
	pair_handshake(pair);
	return CHECK_NUMBER(
	    run, otls_error_verify_reason(otls_connection_error(pair->server)), OTLS_REASON_NO_PEER_CERTIFICATE);
}

static bool
late_misuse(struct run *run)
{
	struct pair *pair = NULL, *none = NULL;

	if (!CHECK_ERROR(run, otls_connection_request_client_certificate(NULL), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(run, otls_context_set_post_handshake_auth(NULL, true), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(run, otls_context_set_post_handshake_auth(bare_server(run), true), OTLS_E_BAD_STATE) ||
	    !CHECK_ERROR(run, otls_context_set_verify(bare_client(run), MUST), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(
		run, otls_context_set_verify(bare_server(run), OTLS_VERIFY_POST_HANDSHAKE), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK(run, !otls_connection_client_certificate_requested(NULL)))
		return false;
	if (!can_ask(run))
		return is_left_out(run);
	pair = pair_open(run, late_client(run, NULL), late_server(run, LATE), WIRE_VARIED);
	none = pair_open(run, late_client(run, NULL), good_server(run), WIRE_VARIED);
	return CHECK_ERROR(run, otls_connection_request_client_certificate(pair->server), OTLS_E_BAD_STATE) &&
	       pair_connect(pair) &&
	       CHECK_ERROR(run, otls_connection_request_client_certificate(pair->client), OTLS_E_BAD_STATE) &&
	       pair_connect(none) &&
	       CHECK_ERROR(run, otls_connection_request_client_certificate(none->server), OTLS_E_BAD_STATE) &&
	       pair_exchange(pair, 10) && pair_exchange(none, 10);
}

#define CASE(name, fn)                                                                                                 \
	{                                                                                                              \
		name, fn, .scope = SCOPE_PAIR, .flags = CASE_VARIED                                                    \
	}

static const struct test_case cases[] = {
	CASE("shown", late_shown),
	CASE("absent", late_absent),
	CASE("required", late_required),
	CASE("stranger", late_stranger),
	CASE("expired", late_expired),
	CASE("data", late_data),
	CASE("twice", late_twice),
	CASE("once", late_once),
	CASE("again", late_again),
	CASE("absent_again", late_absent_again),
	CASE("not_offered", late_not_offered),
	{ "unsupported", late_unsupported, .scope = SCOPE_BACKEND_VERSION },
	{ "tls12", late_tls12, .scope = SCOPE_PAIR },
	{ "misuse", late_misuse, .scope = SCOPE_BACKEND_VERSION },
};

const struct suite suite_post_handshake = { "post_handshake", cases, COUNT(cases) };
