/* A whole life over every built engine, with certificates on both sides, where core's n-th allocation fails: each ends
 * with the reason MEMORY, and none leaks (which the address sanitiser tells). */
#include "backend.h"
#include "connection/connection.h"
#include "mint.h"
#include "scarce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NAME "server.example"

static const otls_backend *backend; /* the one that is being tested */
static mint_identity *ca, *leaf, *responder;
static otls_bytes staple;
static char leaf_pin[64];

typedef struct life {
	otls_context *client_ctx, *server_ctx, *copy;
	otls_connection *client, *server;
} life;

static otls_verdict
keep(otls_connection *conn, const otls_certificate *cert, int reason, int depth, bool ok, void *arg)
{
	(void)conn;
	(void)cert;
	(void)reason;
	(void)depth;
	(void)ok;
	(void)arg;
	return OTLS_VERDICT_KEEP;
}

/* One pin that nobody has, and that of the certificate which everybody shows here. */
static otls_status
set_up_verdict(otls_context *ctx)
{
	if (otls_context_set_verify_callback(ctx, keep, NULL, NULL) != OTLS_OK ||
	    otls_context_pin_spki(ctx, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") != OTLS_OK)
		return OTLS_ERROR;
	if (otls_backend_has(backend, OTLS_CAP_NATIVE_VERIFY) &&
	    otls_context_set_verify_flags(ctx, OTLS_VERIFY_FLAG_NATIVE_TOO) != OTLS_OK)
		return OTLS_ERROR;
	return otls_context_pin_spki(ctx, leaf_pin);
}

static otls_status
set_up(otls_context *ctx, otls_protocol version)
{
	if (otls_context_set_min_version(ctx, version) != OTLS_OK ||
	    otls_context_set_max_version(ctx, version) != OTLS_OK ||
	    otls_context_set_alpn_protos(ctx, "proto") != OTLS_OK ||
	    otls_context_set_cipher_list(ctx, "ECDHE+AESGCM") != OTLS_OK ||
	    otls_context_load_verify_mem(ctx, ca->pem, strlen(ca->pem)) != OTLS_OK)
		return OTLS_ERROR;
	if (set_up_verdict(ctx) != OTLS_OK)
		return OTLS_ERROR;
	return otls_context_use_key_pair_mem(ctx, leaf->pem, strlen(leaf->pem), leaf->key_pem, strlen(leaf->key_pem));
}

/* Two names, the second one by DER. */
static otls_status
set_up_names(otls_context *ctx)
{
	otls_certificate *cert = NULL;
	otls_status status = otls_certificate_new(ca->pem, strlen(ca->pem), OTLS_FILETYPE_PEM, &cert);

	if (status == OTLS_OK)
		status = otls_context_add_client_ca(ctx, cert);
	otls_certificate_free(cert);
	return status == OTLS_OK ? otls_context_add_client_ca_name(ctx, leaf->subject.data, leaf->subject.len) : status;
}

static otls_answer
never_asked(otls_connection *conn, uint16_t scheme, const uint8_t *tbs, size_t tbs_len, uint8_t *sig, size_t cap,
    size_t *sig_len, void *arg)
{
	(void)conn, (void)scheme, (void)tbs, (void)tbs_len, (void)sig, (void)cap, (void)sig_len, (void)arg;
	return OTLS_ANSWER_REFUSE;
}

/* The one that is used is in another context, which nobody connects with. */
static otls_status
set_up_remote(otls_context *ctx)
{
	otls_identity *identity = NULL;
	otls_context *other = NULL;
	otls_status status;

	if (!otls_backend_has(backend, OTLS_CAP_KEY_CALLBACK))
		return OTLS_OK;
	if (otls_context_copy(ctx, &other) != OTLS_OK)
		return OTLS_ERROR;
	status = otls_identity_new_callback(other, leaf->pem, strlen(leaf->pem), never_asked, NULL, NULL, &identity);
	if (status == OTLS_OK)
		status = otls_context_use_identity(other, identity);
	if (status == OTLS_OK)
		status = otls_context_use_certificate_chain_mem(other, leaf->pem, strlen(leaf->pem));
	if (status == OTLS_OK)
		status = otls_context_use_private_key_callback(other, never_asked, NULL, NULL);
	otls_identity_free(identity);
	otls_context_free(other);
	return status;
}

static otls_answer
give_staple(otls_connection *conn, const otls_certificate *cert, void *arg)
{
	(void)cert, (void)arg;
	return otls_connection_set_ocsp_response(conn, staple.data, staple.len) == OTLS_OK ? OTLS_ANSWER_OK
											   : OTLS_ANSWER_REFUSE;
}

/* One that the context has, and one that a callback gives. */
static otls_status
set_up_staples(otls_context *client, otls_context *server)
{
	uint64_t flags = otls_context_verify_flags(client);

	if (!otls_backend_has(backend, OTLS_CAP_OCSP_CLIENT) || !otls_backend_has(backend, OTLS_CAP_OCSP_SERVER))
		return OTLS_OK;
	if (otls_context_set_ocsp_response(server, staple.data, staple.len) != OTLS_OK ||
	    otls_context_set_ocsp_server_callback(server, give_staple, NULL, NULL) != OTLS_OK)
		return OTLS_ERROR;
	return otls_context_set_verify_flags(client, flags | OTLS_VERIFY_FLAG_OCSP_REQUIRE);
}

static bool
make_staple(void)
{
	static const char *const purposes[] = { MINT_OCSP_SIGNING, NULL };
	mint_spec signer = { .common_name = "Responder", .purposes = purposes };
	mint_ocsp_spec spec = { .says = MINT_GOOD };

	if ((responder = mint_certificate(&signer, ca)) == NULL)
		return false;
	spec.signer = responder;
	staple = mint_ocsp(&spec, leaf, ca);
	return staple.data != NULL;
}

/* What would be shown without a callback, too. */
static otls_answer
show_first(otls_connection *conn, void *arg)
{
	(void)arg;
	return otls_connection_set_identity(conn, otls_context_identity_at(otls_connection_context(conn), 0)) == OTLS_OK
		   ? OTLS_ANSWER_OK
		   : OTLS_ANSWER_REFUSE;
}

static otls_status
begin(life *l, otls_protocol version)
{
	if (otls_context_new_with(backend, OTLS_METHOD_TLS_CLIENT, &l->client_ctx) != OTLS_OK ||
	    otls_context_new_with(backend, OTLS_METHOD_TLS_SERVER, &l->server_ctx) != OTLS_OK ||
	    set_up(l->client_ctx, version) != OTLS_OK || set_up(l->server_ctx, version) != OTLS_OK ||
	    otls_context_set_password(l->server_ctx, "secret") != OTLS_OK ||
	    otls_context_set_verify(l->server_ctx, OTLS_VERIFY_REQUIRE) != OTLS_OK ||
	    set_up_names(l->server_ctx) != OTLS_OK || set_up_staples(l->client_ctx, l->server_ctx) != OTLS_OK ||
	    set_up_remote(l->server_ctx) != OTLS_OK ||
	    otls_context_set_client_certificate_callback(l->client_ctx, show_first, l, NULL) != OTLS_OK ||
	    otls_context_copy(l->server_ctx, &l->copy) != OTLS_OK ||
	    otls_connection_new_client(l->client_ctx, NAME, &l->client) != OTLS_OK)
		return OTLS_ERROR;
	return otls_connection_new_server(l->copy, &l->server);
}

static void
end(life *l)
{
	otls_context_free(l->client_ctx);
	otls_context_free(l->server_ctx);
	otls_context_free(l->copy);
	otls_connection_free(l->client);
	otls_connection_free(l->server);
}

static bool
carry(otls_connection *from, otls_connection *to)
{
	const uint8_t *data;
	bool moved = false;
	size_t len;

	while ((data = otls_connection_drain_peek(from, &len)) != NULL) {
		if (otls_connection_feed(to, data, len) != OTLS_OK ||
		    otls_connection_drain_consume(from, len) != OTLS_OK)
			break;
		moved = true;
	}
	return moved;
}

static bool
shake(life *l)
{
	otls_status client = OTLS_WANT_READ, server = OTLS_WANT_READ;
	bool moved = true;

	while (moved) {
		if (client == OTLS_WANT_READ)
			client = otls_connection_handshake(l->client);
		moved = carry(l->client, l->server);
		if (server == OTLS_WANT_READ)
			server = otls_connection_handshake(l->server);
		moved = carry(l->server, l->client) || moved;
	}
	return client == OTLS_OK && server == OTLS_OK;
}

static bool
talk(life *l)
{
	char buf[64];
	size_t len;

	if (otls_connection_write_all(l->client, "hello", 5, NULL) != OTLS_OK)
		return false;
	carry(l->client, l->server);
	return otls_connection_peek(l->server, buf, sizeof(buf), &len) == OTLS_OK &&
	       otls_connection_read(l->server, buf, sizeof(buf), &len) == OTLS_OK && len == 5;
}

static bool
part(life *l)
{
	char buf[64];
	size_t len;

	if (otls_connection_shutdown(l->client) != OTLS_WANT_READ)
		return false;
	carry(l->client, l->server);
	return otls_connection_read(l->server, buf, sizeof(buf), &len) == OTLS_EOF &&
	       otls_connection_shutdown(l->server) == OTLS_OK;
}

/* The latest failure says so, or one side's does: its peer heard of it as an alert. */
static bool
ran_out(const life *l)
{
	return otls_error_code(otls_error_last()) == OTLS_E_MEMORY ||
	       otls_error_code(otls_connection_error(l->client)) == OTLS_E_MEMORY ||
	       otls_error_code(otls_connection_error(l->server)) == OTLS_E_MEMORY;
}

/* Without failures: nothing else may be wrong. */
static void
assert_lives(otls_protocol version)
{
	life l = { 0 };

	if (begin(&l, version) != OTLS_OK || !shake(&l) || !talk(&l) || !part(&l))
		fail_msg("%s: %s", otls_backend_name(backend), otls_error_message(otls_error_last()));
	assert_non_null(otls_connection_peer_certificate(l.server));
	end(&l);
}

static void
fail_each(otls_protocol version)
{
	bool done = false;
	long n = 0;

	assert_lives(version);
	for (; !done; n++) {
		life l = { 0 };

		allocations_left = n;
		otls__alloc_trap = allow;
		done = begin(&l, version) == OTLS_OK && shake(&l) && talk(&l) && part(&l);
		otls__alloc_trap = NULL;
		if (!done && !ran_out(&l))
			fail_msg("%s, allocation %ld: %s", otls_backend_name(backend), n,
			    otls_error_message(otls_error_last()));
		end(&l);
		assert_true(n < 10000);
	}
	assert_true(n > 60); /* there was something to fail */
}

static void
test_tls12(void **state)
{
	(void)state;
	if (!otls_backend_has(backend, OTLS_CAP_TLS1_2))
		skip();
	fail_each(OTLS_TLS1_2);
}

static void
test_tls13(void **state)
{
	(void)state;
	if (!otls_backend_has(backend, OTLS_CAP_TLS1_3))
		skip();
	fail_each(OTLS_TLS1_3);
}

static bool
tell_pin(const mint_identity *identity)
{
	otls_certificate *cert = NULL;

	if (otls_certificate_new(identity->pem, strlen(identity->pem), OTLS_FILETYPE_PEM, &cert) != OTLS_OK)
		return false;
	snprintf(leaf_pin, sizeof(leaf_pin), "%s", otls_certificate_spki_pin(cert));
	otls_certificate_free(cert);
	return true;
}

static int
run_all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tls12),
		cmocka_unit_test(test_tls13),
	};
	int failed = 0;

	if ((ca = mint_ca(backend, "CA")) == NULL ||
	    (leaf = mint_leaf(ca, (const char *const[]){ NAME, NULL })) == NULL || !make_staple()) {
		print_error("%s\n", mint_error());
		failed = 1;
	} else if (!tell_pin(leaf)) {
		print_error("%s\n", otls_error_message(otls_error_last()));
		failed = 1;
	} else {
		failed = cmocka_run_group_tests_name(otls_backend_name(backend), tests, NULL, NULL);
	}
	free((void *)(uintptr_t)staple.data);
	staple = otls__bytes(NULL, 0);
	mint_free(responder);
	mint_free(leaf);
	mint_free(ca);
	responder = leaf = ca = NULL;
	return failed;
}

int
main(void)
{
	int failed = 0;

	for (size_t i = 0; (backend = otls_backend_at(i)) != NULL; i++)
		if (otls_backend_has(backend, OTLS_CAP_GENERATE_KEY))
			failed += run_all();
	return failed;
}
