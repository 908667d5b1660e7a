/* Calls with NULL where none may be, and in states where they are not possible: none crashes, all are USAGE errors. */
#include "pair.h"
#include "pki.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* A call that fails, and which; the list is what the macro below evaluates in order. */
struct misuse {
	otls_status status;
	otls_code code;
	otls_category category;
	const char *call;
};

/* Evaluates a call, and keeps the error before the next one replaces it. */
static struct misuse
note(otls_status status, const char *call)
{
	return (
	    struct misuse){ status, otls_error_code(otls_error_last()), otls_error_category(otls_error_last()), call };
}

static bool
check_misuse(struct run *run, const struct misuse *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].status != OTLS_ERROR || list[i].category != OTLS_CATEGORY_USAGE)
			return failed(
			    run, "%s: status %d, %s", list[i].call, (int)list[i].status, otls_code_name(list[i].code));
	return true;
}

#define NOTE(call) note(call, #call)

/* == contexts == */
static bool
null_context(struct run *run)
{
	otls_context *ctx = NULL;
	const struct misuse list[] = {
		NOTE(otls_context_new(OTLS_METHOD_TLS, NULL)),
		NOTE(otls_context_new_with(NULL, OTLS_METHOD_TLS, &ctx)),
		NOTE(otls_context_new_with(otls_backend_at(0), OTLS_METHOD_TLS, NULL)),
		NOTE(otls_context_copy(NULL, &ctx)),
		NOTE(otls_context_set_min_version(NULL, OTLS_TLS1_2)),
		NOTE(otls_context_set_max_version(NULL, OTLS_TLS1_3)),
		NOTE(otls_context_use_key_pair_file(NULL, "a", "b")),
		NOTE(otls_context_use_key_pair_mem(NULL, "a", 1, "b", 1)),
		NOTE(otls_context_use_certificate(NULL, NULL)),
		NOTE(otls_context_use_certificate_file(NULL, "a", OTLS_FILETYPE_PEM)),
		NOTE(otls_context_use_certificate_chain_file(NULL, "a")),
		NOTE(otls_context_use_certificate_chain_mem(NULL, "a", 1)),
		NOTE(otls_context_add_extra_chain_cert(NULL, NULL)),
		NOTE(otls_context_use_private_key_file(NULL, "a", OTLS_FILETYPE_PEM)),
		NOTE(otls_context_use_private_key_mem(NULL, "a", 1, OTLS_FILETYPE_PEM)),
		NOTE(otls_context_check_private_key(NULL)),
		NOTE(otls_context_set_password(NULL, "a")),
		NOTE(otls_context_set_password_callback(NULL, NULL, NULL, NULL)),
		NOTE(otls_context_load_verify_locations(NULL, "a", NULL)),
		NOTE(otls_context_load_verify_mem(NULL, "a", 1)),
		NOTE(otls_context_set_default_verify_paths(NULL)),
		NOTE(otls_context_set_store(NULL, NULL)),
		NOTE(otls_context_set_verify(NULL, OTLS_VERIFY_PEER)),
		NOTE(otls_context_set_verify_depth(NULL, 1)),
		NOTE(otls_context_set_verify_callback(NULL, NULL, NULL, NULL)),
		NOTE(otls_context_pin_spki(NULL, "")),
		NOTE(otls_context_trust_spki(NULL, "")),
		NOTE(otls_context_set_verify_flags(NULL, 0)),
		NOTE(otls_context_set_alpn_protos(NULL, "h2")),
		NOTE(otls_context_set_alpn_protos_wire(NULL, (const uint8_t *)"\1a", 2)),
		NOTE(otls_context_set_alpn_policy(NULL, OTLS_ALPN_OPTIONAL)),
		NOTE(otls_context_set_alpn_select_callback(NULL, NULL, NULL, NULL)),
		NOTE(otls_context_set_servername_callback(NULL, NULL, NULL, NULL)),
	};

	otls_context_free(NULL);
	otls_context_set_user_data(NULL, NULL, NULL);
	return check_misuse(run, list, COUNT(list)) && CHECK(run, otls_context_ref(NULL) == NULL) &&
	       CHECK(run, otls_context_backend(NULL) == NULL) && CHECK_NUMBER(run, otls_context_min_version(NULL), 0) &&
	       CHECK_NUMBER(run, otls_context_max_version(NULL), 0) && CHECK(run, otls_context_store(NULL) == NULL) &&
	       CHECK_NUMBER(run, otls_context_verify_mode(NULL), 0) &&
	       CHECK_NUMBER(run, otls_context_verify_depth(NULL), -1) &&
	       CHECK_NUMBER(run, otls_context_verify_flags(NULL), 0) &&
	       CHECK(run, otls_context_user_data(NULL) == NULL);
}

static bool
bad_context(struct run *run)
{
	otls_context *ctx = good_server(run);
	const struct misuse list[] = {
		NOTE(otls_context_use_key_pair_file(ctx, NULL, "b")),
		NOTE(otls_context_use_key_pair_file(ctx, "a", NULL)),
		NOTE(otls_context_use_key_pair_mem(ctx, NULL, 1, "b", 1)),
		NOTE(otls_context_use_key_pair_mem(ctx, "a", 1, NULL, 1)),
		NOTE(otls_context_use_certificate(ctx, NULL)),
		NOTE(otls_context_use_certificate_file(ctx, NULL, OTLS_FILETYPE_PEM)),
		NOTE(otls_context_use_certificate_file(ctx, "a", (otls_filetype)9)),
		NOTE(otls_context_use_certificate_chain_file(ctx, NULL)),
		NOTE(otls_context_use_certificate_chain_mem(ctx, NULL, 1)),
		NOTE(otls_context_add_extra_chain_cert(ctx, NULL)),
		NOTE(otls_context_use_private_key_file(ctx, NULL, OTLS_FILETYPE_PEM)),
		NOTE(otls_context_use_private_key_file(ctx, "a", (otls_filetype)9)),
		NOTE(otls_context_use_private_key_mem(ctx, NULL, 1, OTLS_FILETYPE_PEM)),
		NOTE(otls_context_load_verify_locations(ctx, NULL, NULL)),
		NOTE(otls_context_load_verify_mem(ctx, NULL, 1)),
		NOTE(otls_context_set_alpn_protos_wire(ctx, NULL, 2)),
		NOTE(otls_context_set_alpn_policy(ctx, (otls_alpn_policy)9)),
		NOTE(otls_context_copy(ctx, NULL)),
		NOTE(otls_context_set_verify(ctx, OTLS_VERIFY_FAIL_IF_NO_PEER_CERT)),
	};

	return check_misuse(run, list, COUNT(list)) && CHECK_OK(run, otls_context_check_private_key(ctx)) &&
	       pair_connect(pair_open(run, good_client(run), ctx, WIRE_MEMORY));
}

/* == connections == */
static bool
null_connection(struct run *run)
{
	otls_connection *conn = NULL;
	uint8_t buf[32] = { 0 };
	size_t len = 1;
	struct iovec piece = { buf, 1 };
	struct sockaddr address = { 0 };
	const struct misuse list[] = {
		NOTE(otls_connection_new_client(NULL, HOST, &conn)),
		NOTE(otls_connection_new_server(NULL, &conn)),
		NOTE(otls_connection_new(NULL, &conn)),
		NOTE(otls_connection_set_connect_state(NULL)),
		NOTE(otls_connection_set_accept_state(NULL)),
		NOTE(otls_connection_set_peer_name(NULL, HOST)),
		NOTE(otls_connection_set_server_name(NULL, HOST)),
		NOTE(otls_connection_insecure_skip_name_check(NULL)),
		NOTE(otls_connection_set_alpn_protos(NULL, "h2")),
		NOTE(otls_connection_set_verify(NULL, OTLS_VERIFY_PEER)),
		NOTE(otls_connection_handshake(NULL)),
		NOTE(otls_connection_read(NULL, buf, 1, &len)),
		NOTE(otls_connection_peek(NULL, buf, 1, &len)),
		NOTE(otls_connection_write(NULL, buf, 1, &len)),
		NOTE(otls_connection_write_all(NULL, buf, 1, &len)),
		NOTE(otls_connection_writev(NULL, &piece, 1, &len)),
		NOTE(otls_connection_flush(NULL)),
		NOTE(otls_connection_shutdown(NULL)),
		NOTE(otls_connection_set_shutdown_state(NULL, 0)),
		NOTE(otls_connection_set_context(NULL, NULL)),
		NOTE(otls_connection_refuse_with(NULL, 40)),
		NOTE(otls_connection_client_random(NULL, buf)),
		NOTE(otls_connection_server_random(NULL, buf)),
		NOTE(otls_connection_set_fd(NULL, 0, OTLS_FD_BORROW)),
		NOTE(otls_connection_connect_host(NULL, HOST, "443")),
		NOTE(otls_connection_connect(NULL, &address, sizeof(address))),
		NOTE(otls_listen("127.0.0.1", NULL, NULL)),
		NOTE(otls_connection_accept(NULL, 0, &conn)),
		NOTE(otls_connection_sock_shutdown(NULL, SHUT_WR)),
		NOTE(otls_connection_set_transport(NULL, NULL, NULL, NULL, NULL)),
		NOTE(otls_connection_feed(NULL, buf, 1)),
		NOTE(otls_connection_feed_eof(NULL)),
		NOTE(otls_connection_drain(NULL, buf, 1, &len)),
		NOTE(otls_connection_feed_commit(NULL, 1)),
		NOTE(otls_connection_drain_consume(NULL, 1)),
		NOTE(otls_connection_unread(NULL, buf, 1)),
	};

	otls_connection_free(NULL);
	otls_connection_set_timeout(NULL, 1);
	otls_connection_set_handshake_timeout(NULL, 1);
	otls_connection_set_user_data(NULL, NULL, NULL);
	return check_misuse(run, list, COUNT(list)) && CHECK(run, conn == NULL) &&
	       CHECK(run, otls_connection_feed_buffer(NULL, 1, &len) == NULL) &&
	       CHECK(run, otls_connection_drain_peek(NULL, &len) == NULL) &&
	       CHECK(run, otls_connection_leftover(NULL, &len) == NULL);
}

static bool
null_getters(struct run *run)
{
	size_t len = 1;
	int depth = 1;

	return CHECK_NUMBER(run, otls_connection_fd(NULL), -1) && CHECK_NUMBER(run, otls_connection_pending(NULL), 0) &&
	       CHECK(run, !otls_connection_has_pending(NULL)) && CHECK(run, !otls_connection_want_read(NULL)) &&
	       CHECK(run, !otls_connection_want_write(NULL)) &&
	       CHECK_NUMBER(run, otls_connection_poll_events(NULL), 0) &&
	       CHECK_NUMBER(run, otls_connection_shutdown_state(NULL), 0) &&
	       CHECK_NUMBER(run, otls_connection_state(NULL), OTLS_STATE_NEW) &&
	       CHECK(run, otls_connection_state_string(NULL) != NULL) &&
	       CHECK_NUMBER(run, otls_error_code(otls_connection_error(NULL)), OTLS_E_NONE) &&
	       CHECK_NUMBER(run, otls_connection_stat(NULL, OTLS_STAT_READS), 0) &&
	       CHECK_TEXT(run, otls_connection_server_name(NULL), "") &&
	       CHECK_TEXT(run, otls_connection_alpn(NULL, &len), "") && CHECK_NUMBER(run, len, 0) &&
	       CHECK(run, otls_connection_alpn_offer_at(NULL, 0, &len) == NULL) &&
	       CHECK(run, otls_connection_cipher(NULL) == NULL) &&
	       CHECK(run, otls_connection_cipher_at(NULL, 0) == NULL) &&
	       CHECK(run, otls_connection_shared_cipher_at(NULL, 0) == NULL) &&
	       CHECK_NUMBER(run, otls_connection_version(NULL), 0) &&
	       CHECK_TEXT(run, otls_connection_version_name(NULL), "Unknown") &&
	       CHECK_TEXT(run, otls_connection_group(NULL), "") &&
	       CHECK_TEXT(run, otls_connection_compression(NULL), "") &&
	       CHECK(run, otls_connection_peer_certificate(NULL) == NULL) &&
	       CHECK(run, otls_connection_peer_chain_at(NULL, 0) == NULL) &&
	       CHECK(run, otls_connection_verified_chain_at(NULL, 0) == NULL) &&
	       CHECK(run, otls_connection_verify_result(NULL, &depth) >= 0) && CHECK_NUMBER(run, depth, -1) &&
	       CHECK(run, otls_connection_context(NULL) == NULL) && CHECK(run, otls_connection_user_data(NULL) == NULL);
}

/* On a connection that works, with arguments that do not. */
static bool
bad_connection(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY);
	otls_connection *conn = pair->client, *other = NULL;
	uint8_t buf[32] = { 0 };
	size_t len = 0;
	const struct misuse list[] = {
		NOTE(otls_connection_read(conn, NULL, 1, &len)),
		NOTE(otls_connection_read(conn, buf, 1, NULL)),
		NOTE(otls_connection_peek(conn, NULL, 1, &len)),
		NOTE(otls_connection_write(conn, NULL, 1, &len)),
		NOTE(otls_connection_write(conn, buf, 1, NULL)),
		NOTE(otls_connection_write_all(conn, NULL, 1, &len)),
		NOTE(otls_connection_writev(conn, NULL, 1, &len)),
		NOTE(otls_connection_client_random(conn, NULL)),
		NOTE(otls_connection_feed(conn, NULL, 1)),
		NOTE(otls_connection_drain(conn, NULL, 1, &len)),
		NOTE(otls_connection_drain(conn, buf, 1, NULL)),
		NOTE(otls_connection_unread(conn, buf, 1)),
		NOTE(otls_connection_sock_shutdown(conn, SHUT_WR)),
		NOTE(otls_connection_set_transport(conn, NULL, NULL, NULL, NULL)),
		NOTE(otls_connection_set_fd(conn, 0, OTLS_FD_BORROW)),
		NOTE(otls_connection_set_accept_state(conn)),
		NOTE(otls_connection_set_peer_name(conn, HOST)),
		NOTE(otls_connection_set_server_name(conn, HOST)),
		NOTE(otls_connection_insecure_skip_name_check(conn)),
		NOTE(otls_connection_set_alpn_protos(conn, "h2")),
		NOTE(otls_connection_set_verify(conn, OTLS_VERIFY_PEER)),
		NOTE(otls_connection_set_context(conn, NULL)),
		NOTE(otls_connection_new_client(otls_connection_context(conn), HOST, NULL)),
		NOTE(otls_connection_new_client(otls_connection_context(conn), "", &other)),
		NOTE(otls_connection_new_client(otls_connection_context(conn), "bad name", &other)),
		NOTE(otls_connection_new_client(otls_connection_context(conn), "a..b", &other)),
		NOTE(otls_connection_new_client(otls_connection_context(conn), "m\xc3\xbcnchen.example", &other)),
		NOTE(otls_connection_new_server(otls_connection_context(pair->server), NULL)),
	};

	return check_misuse(run, list, COUNT(list)) && CHECK(run, other == NULL) && pair_exchange(pair, 100) &&
	       pair_shutdown(pair);
}

/* Before there is a role. */
static bool
no_role(struct run *run)
{
	otls_context *ctx = NULL;
	otls_connection *conn = NULL;
	uint8_t byte = 0;
	size_t len = 0;

	if (!CHECK_OK(run, otls_context_new_with(run->server, OTLS_METHOD_TLS, &ctx)) ||
	    run_owns_context(run, ctx) == NULL || !CHECK_OK(run, otls_connection_new(ctx, &conn)) ||
	    run_owns_connection(run, conn) == NULL)
		return false;
	return CHECK_ERROR(run, otls_connection_handshake(conn), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_connection_read(conn, &byte, 1, &len), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_connection_write(conn, &byte, 1, &len), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_connection_shutdown(conn), OTLS_E_BAD_STATE) &&
	       CHECK_NUMBER(run, otls_connection_state(conn), OTLS_STATE_NEW) &&
	       CHECK_OK(run, otls_connection_set_accept_state(conn)) &&
	       CHECK_ERROR(run, otls_connection_handshake(conn), OTLS_E_NO_CERTIFICATE) &&
	       CHECK_OK(run, otls_connection_set_connect_state(conn)) &&
	       CHECK_ERROR(run, otls_connection_handshake(conn), OTLS_E_NO_PEER_NAME);
}

/* == certificates, stores, the rest == */
static bool
null_certificate(struct run *run)
{
	otls_certificate *cert = NULL;
	otls_store *store = NULL;
	size_t i = 0, len = 1;
	uint64_t bits = 1;
	int path_length = 0;
	const struct misuse list[] = {
		NOTE(otls_certificate_new(NULL, 1, OTLS_FILETYPE_PEM, &cert)),
		NOTE(otls_certificate_new("a", 1, OTLS_FILETYPE_PEM, NULL)),
		NOTE(otls_certificate_new("a", 1, (otls_filetype)9, &cert)),
		NOTE(otls_certificate_new_file(NULL, OTLS_FILETYPE_PEM, &cert)),
		NOTE(otls_store_new(NULL)),
		NOTE(otls_store_add_certificate(NULL, NULL)),
		NOTE(otls_store_add_pem(NULL, "a", 1)),
		NOTE(otls_store_add_file(NULL, "a")),
		NOTE(otls_store_add_directory(NULL, "a")),
		NOTE(otls_store_add_platform(NULL)),
		NOTE(otls_store_set_time(NULL, 1)),
		NOTE(otls_store_set_flags(NULL, 0)),
		NOTE(otls_backend_register(NULL)),
	};

	otls_certificate_free(NULL);
	otls_store_free(store);
	return check_misuse(run, list, COUNT(list)) && CHECK(run, otls_certificate_ref(NULL) == NULL) &&
	       CHECK_TEXT(run, otls_certificate_subject(NULL), "") &&
	       CHECK_TEXT(run, otls_certificate_issuer(NULL), "") &&
	       CHECK_TEXT(run, otls_certificate_common_name(NULL), "") &&
	       CHECK_TEXT(run, otls_certificate_serial(NULL), "") &&
	       CHECK_NUMBER(run, otls_certificate_not_before(NULL), 0) &&
	       CHECK_NUMBER(run, otls_certificate_not_after(NULL), 0) &&
	       CHECK(run, otls_certificate_san_at(NULL, 0, &len) == NULL) &&
	       CHECK_NUMBER(run, otls_certificate_san_kind(NULL, 0), 0) &&
	       CHECK(run, otls_certificate_san_next(NULL, OTLS_SAN_DNS, &i) == NULL) &&
	       CHECK(run, otls_certificate_key_type(NULL) != NULL) &&
	       CHECK_NUMBER(run, otls_certificate_key_bits(NULL), 0) &&
	       CHECK_TEXT(run, otls_certificate_signature_algorithm(NULL), "") &&
	       CHECK(run, !otls_certificate_key_usage(NULL, &bits)) && CHECK_NUMBER(run, bits, 0) &&
	       CHECK(run, otls_certificate_extended_key_usage_at(NULL, 0) == NULL) &&
	       CHECK(run, !otls_certificate_is_ca(NULL, &path_length)) &&
	       CHECK(run, !otls_certificate_matches_name(NULL, HOST)) &&
	       CHECK(run, otls_certificate_der(NULL, &len) == NULL) &&
	       CHECK_TEXT(run, otls_certificate_pem(NULL), "") && CHECK_TEXT(run, otls_certificate_sha256(NULL), "") &&
	       CHECK_TEXT(run, otls_certificate_sha1(NULL), "") &&
	       CHECK_TEXT(run, otls_certificate_spki_pin(NULL), "") && CHECK(run, otls_store_ref(NULL) == NULL) &&
	       CHECK(run, otls_store_certificate_at(NULL, 0) == NULL);
}

static bool
null_others(struct run *run)
{
	return CHECK(run, otls_backend_find(NULL) == NULL) &&
	       CHECK(run, otls_backend_find("no-such-backend") == NULL) &&
	       CHECK_TEXT(run, otls_backend_name(NULL), "") &&
	       CHECK_TEXT(run, otls_backend_version_text(NULL, OTLS_BACKEND_LIBRARY), "") &&
	       CHECK_NUMBER(run, otls_backend_version_number(NULL), 0) &&
	       CHECK(run, !otls_backend_has(NULL, OTLS_CAP_TLS1_2)) &&
	       CHECK_NUMBER(run, otls_backend_limit(NULL, OTLS_LIMIT_RSA_BITS), 0) &&
	       CHECK(run, otls_backend_engine(NULL) == NULL) && CHECK(run, otls_cipher_by_name(NULL) == NULL) &&
	       CHECK_NUMBER(run, otls_cipher_id(NULL), 0) && CHECK_TEXT(run, otls_cipher_name(NULL), "") &&
	       CHECK_TEXT(run, otls_cipher_openssl_name(NULL), "") && CHECK_TEXT(run, otls_cipher_version(NULL), "") &&
	       CHECK_NUMBER(run, otls_cipher_bits(NULL), 0) && CHECK(run, otls_cipher_by_id(0xeaea) == NULL);
}

static const struct test_case cases[] = {
	{ "null_context", null_context, .scope = SCOPE_ONCE },
	{ "bad_context", bad_context, .scope = SCOPE_BACKEND },
	{ "null_connection", null_connection, .scope = SCOPE_ONCE },
	{ "null_getters", null_getters, .scope = SCOPE_ONCE },
	{ "bad_connection", bad_connection, .scope = SCOPE_BACKEND_VERSION },
	{ "no_role", no_role, .scope = SCOPE_BACKEND },
	{ "null_certificate", null_certificate, .scope = SCOPE_ONCE },
	{ "null_others", null_others, .scope = SCOPE_ONCE },
};

const struct suite suite_misuse = { "misuse", cases, COUNT(cases) };
