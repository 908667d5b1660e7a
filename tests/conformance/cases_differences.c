/* What is left of the differences between backends: docs/differences.md has a row for each.  A case here fails when a
 * difference is gone, so that its row goes, too. */
#include "fixtures.h"
#include "pair.h"
#include "pki.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

enum { ALERT_CERTIFICATE_EXPIRED = 45, ALERT_UNKNOWN_CA = 48, SUITE_SCSV = 0x00ff, CERTIFICATES_MAX = 9 };

/* == the alert for a refused certificate == */
static bool
refusal_alert(struct run *run)
{
	static const char *const names[] = { HOST, NULL };
	const mint_spec expired = {
		.names = names, .key = pki_key(run), .not_before = 1500000000, .not_after = 1600000000
	};
	const mint_identity *leaf = pki_make(run, &expired, pki_ca(run));
	otls_context *server = bare_server(run);
	struct pair *pair = NULL;
	int alert = otls_backend_has(run->client, OTLS_CAP_EXACT_ALERT) ? ALERT_CERTIFICATE_EXPIRED : ALERT_UNKNOWN_CA;

	if (leaf == NULL || !use_identity(run, server, leaf))
		return false;
	pair = pair_open(run, good_client(run), server, WIRE_VARIED);
	pair_handshake(pair);
	return CHECK_NUMBER(run, otls_connection_verify_result(pair->client, NULL), OTLS_REASON_EXPIRED) &&
	       CHECK_NUMBER(run, otls_error_alert(otls_connection_error(pair->client)), alert) &&
	       CHECK_NUMBER(run, otls_error_alert(otls_connection_error(pair->server)), alert);
}

/* == the suites that a client offers == */
/* Whether the hello lists the client's own suites in their order, and nothing else but the signal of RFC 5746. */
static bool
offers_exactly(const otls_connection *conn, const uint8_t *hello, size_t len)
{
	size_t at = 4 + 2 + 32, list = 0, i = 0;

	at += 1u + (at < len ? hello[at] : 0); /* session id */
	if (at + 2 > len)
		return false;
	list = (size_t)(hello[at] << 8 | hello[at + 1]);
	for (at += 2; list >= 2 && at + 2 <= len; list -= 2, at += 2) {
		uint16_t id = (uint16_t)(hello[at] << 8 | hello[at + 1]);

		if (id == SUITE_SCSV)
			continue;
		if (id != otls_cipher_id(otls_connection_cipher_at(conn, i++)))
			return false;
	}
	return otls_connection_cipher_at(conn, i) == NULL;
}

static bool
offer(struct run *run)
{
	otls_context *client = good_client(run);
	struct scripted *scripted = NULL;
	const uint8_t *hello = NULL;
	size_t len = 0;

	if (!CHECK_OK(run, otls_context_set_min_version(client, OTLS_TLS1_2)))
		return false;
	scripted = scripted_open_client(run, client);
	scripted_tell(scripted, (const uint8_t *)"", 0);
	hello = wire_find_record(scripted->answer, scripted->answer_len, WIRE_HANDSHAKE, &len);
	return CHECK(run, hello != NULL) && CHECK_NUMBER(run, offers_exactly(scripted->conn, hello, len),
						otls_backend_has(run->client, OTLS_CAP_EXACT_OFFER));
}

/* == certificates that a peer may send == */
/* The server's chain with as many certificates, most of them of no use. */
static bool
connect_with(struct run *run, size_t certificates, struct pair **pair)
{
	const mint_identity *list[CERTIFICATES_MAX + 2] = { pki_server(run) };
	otls_context *server = bare_server(run);
	char *chain = NULL;

	if (list[0] == NULL)
		return false;
	for (size_t i = 1; i < certificates; i++)
		list[i] = pki_other_ca(run);
	chain = run_owns(run, mint_chain_pem(list), free);
	if (!CHECK(run, chain != NULL) || !CHECK_OK(run, otls_context_use_key_pair_mem(server, chain, strlen(chain),
							     list[0]->key_pem, strlen(list[0]->key_pem))))
		return false;
	*pair = pair_open(run, good_client(run), server, WIRE_VARIED);
	pair_handshake(*pair);
	return true;
}

/* Core takes more than any real chain has; where the library does not, that is its limit, and told as such. */
static bool
chain_count(struct run *run)
{
	struct pair *pair = NULL;

	if (otls_backend_limit(run->server, OTLS_LIMIT_CHAIN_COUNT) != 0)
		return unsupported(run, "needs a server that sends any number of certificates");
	if (!connect_with(run, CERTIFICATES_MAX, &pair) || !CHECK_NUMBER(run, pair->client_status, OTLS_OK) ||
	    !connect_with(run, CERTIFICATES_MAX + 1, &pair))
		return false;
	if (otls_backend_limit(run->client, OTLS_LIMIT_CHAIN_COUNT) == 0)
		return CHECK_NUMBER(run, pair->client_status, OTLS_OK);
	return CHECK_NUMBER(run, pair->client_status, OTLS_ERROR) &&
	       CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->client)), "ENGINE_LIMIT") &&
	       CHECK_NUMBER(
		   run, otls_error_verify_reason(otls_connection_error(pair->client)), OTLS_REASON_CHAIN_TOO_LONG) &&
	       CHECK_NUMBER(run, otls_connection_verify_result(pair->client, NULL), OTLS_REASON_CHAIN_TOO_LONG);
}

static bool
underscore_in_server_name(struct run *run)
{
	static const char *const names[] = { "a_b.example.com", NULL };
	const mint_spec spec = { .names = names, .key = pki_key(run) };
	const mint_identity *leaf = pki_make(run, &spec, pki_ca(run));
	otls_context *server = bare_server(run);
	struct pair *pair = NULL;

	if (leaf == NULL || !use_identity(run, server, leaf))
		return false;
	pair = pair_open_named(run, good_client(run), server, names[0], WIRE_VARIED);
	if (otls_backend_has(run->server, OTLS_CAP_NAME_UNDERSCORE))
		return pair_connect(pair);
	pair_handshake(pair);
	return CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->server)), "HANDSHAKE");
}

static const struct test_case cases[] = {
	{ "refusal_alert", refusal_alert, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "offer", offer, .scope = SCOPE_BACKEND },
	{ "chain_count", chain_count, .scope = SCOPE_PAIR },
	{ "underscore_in_server_name", underscore_in_server_name, .scope = SCOPE_PAIR },
};

const struct suite suite_differences = { "differences", cases, COUNT(cases) };
