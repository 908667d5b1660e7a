/* Connect, verify, exchange, shut down: over every transport, with every kind of key. */
#include "pair.h"
#include "pki.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What both sides say once they are connected. */
static bool
check_agreement(struct run *run, const struct pair *pair)
{
	const otls_connection *client = pair->client, *server = pair->server;
	const otls_cipher *cipher = otls_connection_cipher(client);

	return CHECK_NUMBER(run, otls_connection_version(client), run->version) &&
	       CHECK_NUMBER(run, otls_connection_version(server), run->version) &&
	       CHECK_TEXT(
		   run, otls_connection_version_name(client), run->version == OTLS_TLS1_2 ? "TLSv1.2" : "TLSv1.3") &&
	       CHECK(run, cipher != NULL) && CHECK(run, otls_connection_cipher(server) == cipher) &&
	       CHECK(run, otls_cipher_bits(cipher) >= 128) &&
	       CHECK_TEXT(run, otls_cipher_version(cipher), run->version == OTLS_TLS1_2 ? "TLSv1.2" : "TLSv1.3") &&
	       CHECK(run, otls_connection_group(client)[0] != '\0') &&
	       CHECK_TEXT(run, otls_connection_group(server), otls_connection_group(client)) &&
	       CHECK_TEXT(run, otls_connection_server_name(server), HOST) &&
	       CHECK_TEXT(run, otls_connection_server_name(client), HOST) &&
	       CHECK_TEXT(run, otls_connection_compression(client), "") &&
	       CHECK_NUMBER(run, otls_connection_verify_result(client, NULL), OTLS_REASON_OK) &&
	       CHECK(run, otls_connection_peer_certificate(server) == NULL) &&
	       CHECK_NUMBER(run, otls_connection_state(client), OTLS_STATE_OPEN) &&
	       CHECK_NUMBER(run, otls_connection_state(server), OTLS_STATE_OPEN) &&
	       CHECK(run, otls_connection_stat(client, OTLS_STAT_HANDSHAKE_MICROSECONDS) > 0);
}

static bool
connect_over(struct run *run, wiring how)
{
	struct pair *pair = pair_connected(run, how);

	return check_agreement(run, pair) && pair_exchange(pair, 40000) &&
	       CHECK_NUMBER(run, otls_connection_stat(pair->client, OTLS_STAT_BYTES_OUT), 40000) &&
	       CHECK_NUMBER(run, otls_connection_stat(pair->client, OTLS_STAT_BYTES_IN), 40000) && pair_shutdown(pair);
}

static bool
connect_verified(struct run *run)
{
	return connect_over(run, WIRE_VARIED);
}

static bool
connect_callbacks(struct run *run)
{
	return connect_over(run, WIRE_CALLBACKS);
}

static bool
connect_socketpair(struct run *run)
{
	return connect_over(run, WIRE_SOCKETPAIR);
}

static bool
connect_tcp(struct run *run)
{
	return connect_over(run, WIRE_TCP);
}

/* == the chain, byte for byte == */
static bool
check_der(struct run *run, const otls_certificate *cert, const mint_identity *minted)
{
	size_t len = 0;
	const uint8_t *der = otls_certificate_der(cert, &len);

	return CHECK(run, cert != NULL) && CHECK_NUMBER(run, len, minted->certificate.len) &&
	       CHECK(run, memcmp(der, minted->certificate.data, len) == 0);
}

static bool
connect_chain(struct run *run)
{
	static const char *const names[] = { HOST, NULL };
	const mint_spec middle_spec = { .common_name = "Intermediate", .is_ca = true };
	const mint_spec leaf_spec = { .common_name = HOST, .names = names };
	const mint_identity *root = pki_ca(run), *middle = NULL, *leaf = NULL;
	otls_context *server = bare_server(run);
	struct pair *pair = NULL;
	char *chain = NULL;

	if (root == NULL || (middle = pki_make(run, &middle_spec, root)) == NULL ||
	    (leaf = pki_make(run, &leaf_spec, middle)) == NULL)
		return false;
	chain = run_owns(run, mint_chain_pem((const mint_identity *const[]){ leaf, middle, root, NULL }), free);
	if (!CHECK_OK(
		run, otls_context_use_key_pair_mem(server, chain, strlen(chain), leaf->key_pem, strlen(leaf->key_pem))))
		return false;
	pair = pair_open(run, good_client(run), server, WIRE_VARIED);
	return pair_connect(pair) && check_der(run, otls_connection_peer_certificate(pair->client), leaf) &&
	       check_der(run, otls_connection_peer_chain_at(pair->client, 0), leaf) &&
	       check_der(run, otls_connection_peer_chain_at(pair->client, 1), middle) &&
	       check_der(run, otls_connection_peer_chain_at(pair->client, 2), root) &&
	       CHECK(run, otls_connection_peer_chain_at(pair->client, 3) == NULL) &&
	       check_der(run, otls_connection_verified_chain_at(pair->client, 0), leaf) &&
	       check_der(run, otls_connection_verified_chain_at(pair->client, 1), middle) &&
	       check_der(run, otls_connection_verified_chain_at(pair->client, 2), root) &&
	       CHECK(run, otls_connection_verified_chain_at(pair->client, 3) == NULL);
}

/* == keys == */
static bool
connect_with(struct run *run, const mint_identity *identity, const char *key_type)
{
	otls_context *server = bare_server(run);
	struct pair *pair = NULL;

	if (!use_identity(run, server, identity))
		return false;
	pair = pair_open(run, good_client(run), server, WIRE_VARIED);
	return pair_connect(pair) &&
	       CHECK_TEXT(run, otls_certificate_key_type(otls_connection_peer_certificate(pair->client)), key_type) &&
	       pair_exchange(pair, 100) && pair_shutdown(pair);
}

static bool
connect_rsa(struct run *run)
{
	return connect_with(run, pki_server_rsa(run), "RSA");
}

static bool
connect_ed25519(struct run *run)
{
	const otls_engine *client = otls_backend_engine(run->client), *server = otls_backend_engine(run->server);

	if (!client->supports(OTLS_KIND_SCHEME, 0x0807) || !server->supports(OTLS_KIND_SCHEME, 0x0807))
		return unsupported(run, "needs the signature scheme ed25519");
	return connect_with(run, pki_server_ed25519(run), "Ed25519");
}

/* The server has three pairs; the client's list decides, and any of them is good. */
static bool
connect_several_pairs(struct run *run)
{
	otls_context *server = bare_server(run);
	struct pair *pair = NULL;

	if (!use_identity(run, server, pki_server_rsa(run)) || !use_identity(run, server, pki_server(run)))
		return false;
	pair = pair_open(run, good_client(run), server, WIRE_VARIED);
	return pair_connect(pair) && pair_exchange(pair, 100) && pair_shutdown(pair);
}

/* == versions == */

/* Everything is allowed: the highest version that both have. */
static bool
connect_highest_version(struct run *run)
{
	otls_context *client = NULL, *server = good_server(run);
	struct pair *pair = NULL;

	if (!CHECK_OK(run, otls_context_new_with(run->client, OTLS_METHOD_TLS, &client)))
		return false;
	run_owns_context(run, client);
	if (!trust(run, client, pki_ca(run)))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	return pair_connect(pair) && CHECK_NUMBER(run, otls_connection_version(pair->client), run->version) &&
	       pair_exchange(pair, 10);
}

/* One side has only this version, the other only the other one. */
static bool
connect_no_common_version(struct run *run)
{
	otls_context *client = NULL, *server = good_server(run);
	otls_protocol other = run->version == OTLS_TLS1_2 ? OTLS_TLS1_3 : OTLS_TLS1_2;
	struct pair *pair = NULL;

	if (!both_have(run, OTLS_CAP_TLS1_2) || !both_have(run, OTLS_CAP_TLS1_3))
		return true;
	if (!CHECK_OK(run, otls_context_new_with(
			       run->client, other == OTLS_TLS1_2 ? OTLS_METHOD_TLSv1_2 : OTLS_METHOD_TLSv1_3, &client)))
		return false;
	run_owns_context(run, client);
	if (!trust(run, client, pki_ca(run)))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	pair_handshake(pair);
	return CHECK_NUMBER(run, pair->server_status, OTLS_ERROR) &&
	       CHECK_NUMBER(run, pair->client_status, OTLS_ERROR) &&
	       CHECK_NUMBER(run, otls_error_code(otls_connection_error(pair->server)), OTLS_E_HANDSHAKE) &&
	       CHECK_NUMBER(run, otls_error_code(otls_connection_error(pair->client)), OTLS_E_ALERT_RECEIVED) &&
	       CHECK(run, otls_error_alert(otls_connection_error(pair->client)) > 0);
}

/* == several connections of one context == */
static bool
connect_again(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);

	for (int i = 0; i < 3; i++) {
		struct pair *pair = pair_open(run, client, server, WIRE_VARIED);
		if (!pair_connect(pair) || !pair_exchange(pair, 100) || !pair_shutdown(pair))
			return false;
	}
	return true;
}

static bool
connect_side_by_side(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	struct pair *one = pair_open(run, client, server, WIRE_VARIED);
	struct pair *two = pair_open(run, client, server, WIRE_VARIED);

	return pair_connect(one) && pair_connect(two) && pair_send(one, one->client, 500) &&
	       pair_send(two, two->server, 700) && pair_shutdown(one) && pair_exchange(two, 100) && pair_shutdown(two);
}

static bool
connect_randoms(struct run *run)
{
	struct pair *pair = pair_open(run, good_client(run), good_server(run), WIRE_VARIED);
	uint8_t one[32] = { 0 }, two[32] = { 0 };

	if (!CHECK_ERROR(run, otls_connection_client_random(pair->client, one), OTLS_E_BAD_STATE) ||
	    !CHECK_ERROR(run, otls_connection_server_random(pair->server, one), OTLS_E_BAD_STATE) ||
	    !pair_connect(pair))
		return false;
	if (!CHECK_OK(run, otls_connection_client_random(pair->client, one)) ||
	    !CHECK_OK(run, otls_connection_client_random(pair->server, two)) ||
	    !CHECK(run, memcmp(one, two, sizeof(one)) == 0))
		return false;
	return CHECK_OK(run, otls_connection_server_random(pair->client, two)) &&
	       CHECK(run, memcmp(one, two, sizeof(one)) != 0) &&
	       CHECK_OK(run, otls_connection_server_random(pair->server, one)) &&
	       CHECK(run, memcmp(one, two, sizeof(one)) == 0);
}

static bool
connect_ciphers(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_VARIED);
	const otls_cipher *chosen = otls_connection_cipher(pair->server), *at = NULL;
	bool shared = false, own = false;

	for (size_t i = 0; (at = otls_connection_shared_cipher_at(pair->server, i)) != NULL; i++)
		shared = shared || at == chosen;
	for (size_t i = 0; (at = otls_connection_cipher_at(pair->client, i)) != NULL; i++) {
		own = own || at == chosen;
		if (!CHECK(run, otls_cipher_by_name(otls_cipher_name(at)) == at) ||
		    !CHECK(run, otls_cipher_by_name(otls_cipher_openssl_name(at)) == at) ||
		    !CHECK(run, otls_cipher_by_id(otls_cipher_id(at)) == at))
			return false;
	}
	return CHECK(run, shared) && CHECK(run, own);
}

/* == dialling == */
static bool
connect_dialled(struct run *run)
{
	otls_context *client_ctx = good_client(run), *server_ctx = good_server(run);
	struct sockaddr_in address = { 0 };
	socklen_t len = sizeof(address);
	struct pair *pair = pair_open(run, client_ctx, server_ctx, WIRE_MEMORY);
	int listener = -1;
	char port[16] = "";
	bool good = false;

	if (!CHECK_OK(run, otls_listen("127.0.0.1", "0", &listener)))
		return false;
	good = CHECK(run, getsockname(listener, (struct sockaddr *)&address, &len) == 0);
	snprintf(port, sizeof(port), "%u", (unsigned)ntohs(address.sin_port));
	otls_connection_free(pair->server);
	pair->server = NULL;
	good = good && CHECK_OK(run, otls_connection_connect_host(pair->client, "127.0.0.1", port)) &&
	       CHECK_OK(run, otls_connection_accept(server_ctx, listener, &pair->server));
	close(listener);
	if (!good)
		return false;
	pair->wiring = WIRE_TCP;
	set_blocking(otls_connection_fd(pair->client), false);
	set_blocking(otls_connection_fd(pair->server), false);
	return pair_connect(pair) && pair_exchange(pair, 5000) && pair_shutdown(pair);
}

/* A port where nobody listens any more. */
static bool
connect_refused(struct run *run)
{
	otls_connection *conn = NULL;
	struct sockaddr_in address = { 0 };
	socklen_t len = sizeof(address);
	int listener = -1;

	if (!CHECK_OK(run, otls_connection_new_client(good_client(run), HOST, &conn)) ||
	    run_owns_connection(run, conn) == NULL || !CHECK_OK(run, otls_listen("127.0.0.1", "0", &listener)))
		return false;
	getsockname(listener, (struct sockaddr *)&address, &len);
	close(listener);
	return CHECK_ERROR(run, otls_connection_connect(conn, (struct sockaddr *)&address, len), OTLS_E_SYSCALL) &&
	       CHECK(run, otls_error_errno(otls_error_last()) != 0) &&
	       CHECK_NUMBER(run, otls_connection_fd(conn), -1) &&
	       CHECK_ERROR(run, otls_connection_connect_host(conn, "no-such-host.invalid", "443"), OTLS_E_RESOLVE);
}

static const struct test_case cases[] = {
	{ "verified", connect_verified, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "callbacks", connect_callbacks, .scope = SCOPE_PAIR },
	{ "socketpair", connect_socketpair, .scope = SCOPE_PAIR },
	{ "tcp", connect_tcp, .scope = SCOPE_PAIR },
	{ "chain", connect_chain, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "rsa", connect_rsa, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "ed25519", connect_ed25519, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "several_pairs", connect_several_pairs, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "highest_version", connect_highest_version, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "no_common_version", connect_no_common_version, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "again", connect_again, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "side_by_side", connect_side_by_side, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "randoms", connect_randoms, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "ciphers", connect_ciphers, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "dialled", connect_dialled, .scope = SCOPE_PAIR },
	{ "refused_port", connect_refused, .scope = SCOPE_BACKEND },
};

const struct suite suite_connect = { "connect", cases, COUNT(cases) };
