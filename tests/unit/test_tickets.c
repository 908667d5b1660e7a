/* What sessions and tickets are bound to: what makes another digest or secret, what does not, and what fails. */
#include "error.h"
#include "scarce.h"
#include "scene.h"
#include "session/session.h"

#define DIGEST_LEN 32

/* A server's snapshot over a copy of its engine, and what would be built of it. */
typedef struct server {
	otls_context *ctx;
	otls_sealed *sealed;
	otls_engine engine;
	otls_native native;
} server;

static void
start_method(server *s, otls_method method)
{
	*s = (server){ .native = { .role = OTLS_ROLE_SERVER } };
	assert_int_equal(otls_context_new_with(scene_backend, method, &s->ctx), OTLS_OK);
	s->engine = *scene_backend->engine;
}

static void
start(server *s)
{
	static const uint8_t keys[2 * OTLS_TICKET_KEY_BYTES] = { 1, [OTLS_TICKET_KEY_BYTES] = 2 };

	start_method(s, OTLS_METHOD_TLS_SERVER);
	assert_int_equal(otls_context_set_ticket_keys(s->ctx, keys, 2), OTLS_OK);
}

static void
seal(server *s)
{
	otls__sealed_free(s->sealed);
	assert_int_equal(otls__context_seal(s->ctx, &s->sealed), OTLS_OK);
	s->sealed->engine = &s->engine;
}

static void
finish(server *s)
{
	otls__sealed_free(s->sealed);
	otls_context_free(s->ctx);
}

static void
derive(server *s)
{
	seal(s);
	if (otls__ticket_secret(s->sealed, &s->native) != OTLS_OK)
		fail_msg("%s", otls_error_message(otls_error_last()));
	assert_int_equal(s->native.config.ticket_secret_count, 2);
	assert_ptr_equal(s->native.config.ticket_secrets, s->native.ticket_secrets);
}

static void
expect_error(const server *s, otls_status status, otls_code code, const char *text)
{
	assert_int_equal(status, OTLS_ERROR);
	if (otls_error_code(otls_error_last()) != code || strstr(otls_error_message(otls_error_last()), text) == NULL)
		fail_msg("%s wanted: %s", text, otls_error_message(otls_error_last()));
	assert_int_equal(s->native.config.ticket_secret_count, 0);
}

static bool
same_secrets(const server *a, const server *b)
{
	return memcmp(a->native.ticket_secrets, b->native.ticket_secrets, sizeof(a->native.ticket_secrets)) == 0;
}

static void
same_servers(void **state)
{
	server a, b;

	(void)state;
	start(&a);
	start(&b);
	assert_int_equal(otls_context_set_session_timeout(b.ctx, 77), OTLS_OK);
	assert_int_equal(otls_context_set_ticket_count(b.ctx, 5), OTLS_OK);
	derive(&a);
	derive(&b);
	assert_true(same_secrets(&a, &b));
	assert_memory_not_equal(
	    a.native.ticket_secrets[0], a.native.ticket_secrets[1], sizeof(a.native.ticket_secrets[0]));
	assert_memory_not_equal(
	    a.native.ticket_secrets[0], a.native.ticket_secrets[0] + DIGEST_LEN, OTLS_TICKET_SECRET_BYTES - DIGEST_LEN);
	assert_int_equal(b.native.config.session_lifetime, 77);
	assert_int_equal(b.native.config.ticket_count, 5);
	assert_int_equal(b.native.config.session_id_context.len, DIGEST_LEN);
	finish(&a);
	finish(&b);
}

/* == what makes another server == */

static uint32_t
another_version(void)
{
	return scene_backend->engine->version_number() ^ 1;
}

static void
change_version(server *s)
{
	s->engine.version_number = another_version;
}

static void
change_engine(server *s)
{
	s->engine.name = "another";
}

static void
change_key(server *s)
{
	static const uint8_t keys[2 * OTLS_TICKET_KEY_BYTES] = { 3, [OTLS_TICKET_KEY_BYTES] = 2 };

	assert_int_equal(otls_context_set_ticket_keys(s->ctx, keys, 2), OTLS_OK);
}

static void
change_level(server *s)
{
	assert_int_equal(otls_context_set_security_level(s->ctx, 3), OTLS_OK);
}

static void
change_suites(server *s)
{
	assert_int_equal(otls_context_set_cipher_list(s->ctx, "ECDHE+AES256"), OTLS_OK);
}

static void
change_groups(server *s)
{
	assert_int_equal(otls_context_set_groups(s->ctx, "P-384"), OTLS_OK);
}

static void
change_client_auth(server *s)
{
	s->native.client_auth = OTLS_CLIENT_AUTH_OPTIONAL;
}

static void
change_context(server *s)
{
	assert_int_equal(otls_context_set_session_id_context(s->ctx, "shop", 4), OTLS_OK);
}

static const struct change {
	const char *name;
	void (*make)(server *s);
} changes[] = {
	{ "version", change_version },
	{ "engine", change_engine },
	{ "key", change_key },
	{ "level", change_level },
	{ "suites", change_suites },
	{ "groups", change_groups },
	{ "client_auth", change_client_auth },
	{ "context", change_context },
};

static void
other_servers(void **state)
{
	server usual;

	(void)state;
	start(&usual);
	derive(&usual);
	for (size_t i = 0; i < OTLS_COUNT(changes); i++) {
		server other;

		start(&other);
		changes[i].make(&other);
		derive(&other);
		if (same_secrets(&usual, &other))
			fail_msg("%s changes nothing", changes[i].name);
		finish(&other);
	}
	finish(&usual);
}

/* The key of what the server shows, so that a renewed certificate with the same key changes nothing. */
static void
other_identities(void **state)
{
	mint_spec spec = scene_spec("renewed");
	otls_identity identities[3] = { { .chain_len = 1 } };
	server servers[3];
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_make_all(&s);
	spec.key = s.the_leaf->key;
	scene_send(&s, s.the_leaf);
	scene_send(&s, scene_make(&s, &spec, s.the_root));
	scene_send(&s, s.the_middle);
	for (size_t i = 0; i < 3; i++) {
		identities[i].chain = &s.chain[i];
		start(&servers[i]);
		servers[i].native.identity = &identities[i];
		derive(&servers[i]);
	}
	assert_true(same_secrets(&servers[0], &servers[1]));
	assert_false(same_secrets(&servers[0], &servers[2]));
	for (size_t i = 0; i < 3; i++)
		finish(&servers[i]);
	scene_finish(&s);
}

/* What clients are judged by, where they are judged. */
static void
other_trust(void **state)
{
	server a, b;
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_usual(&s);
	start(&a);
	start(&b);
	assert_int_equal(otls_context_set_store(b.ctx, s.store), OTLS_OK);
	derive(&a);
	derive(&b);
	assert_true(same_secrets(&a, &b)); /* nobody is judged */
	a.native.client_auth = b.native.client_auth = OTLS_CLIENT_AUTH_REQUIRED;
	derive(&a);
	derive(&b);
	assert_true(b.sealed->trust_digested);
	assert_false(same_secrets(&a, &b));
	finish(&a);
	finish(&b);
	scene_finish(&s);
}

/* == none, and none of the caller's == */

static void
no_tickets(void **state)
{
	server s;

	(void)state;
	start(&s);
	assert_int_equal(otls_context_set_ticket_count(s.ctx, 0), OTLS_OK);
	seal(&s);
	assert_int_equal(otls__ticket_secret(s.sealed, &s.native), OTLS_OK);
	assert_int_equal(s.native.config.ticket_secret_count, 0);
	assert_int_equal(otls_context_set_ticket_count(s.ctx, 1), OTLS_OK);
	seal(&s);
	s.native.role = OTLS_ROLE_CLIENT;
	assert_int_equal(otls__ticket_secret(s.sealed, &s.native), OTLS_OK);
	assert_int_equal(s.native.config.ticket_secret_count, 0);
	finish(&s);
}

static void
own_key(void **state)
{
	server a, b;

	(void)state;
	start_method(&a, OTLS_METHOD_TLS_SERVER);
	start_method(&b, OTLS_METHOD_TLS_SERVER);
	seal(&a);
	seal(&b);
	assert_int_equal(otls__ticket_secret(a.sealed, &a.native), OTLS_OK);
	assert_int_equal(otls__ticket_secret(b.sealed, &b.native), OTLS_OK);
	assert_int_equal(a.native.config.ticket_secret_count, 1);
	assert_true(same_secrets(&a, &b));
	finish(&a);
	finish(&b);
}

/* == failures == */

static int calls_left; /* until one fails */

static otls_status
hash_for_a_while(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	if (calls_left-- > 0)
		return scene_backend->engine->hash(hash, parts, n, out, len, report);
	report->code = OTLS_E_BACKEND;
	return OTLS_ERROR;
}

static otls_status
hmac_for_a_while(
    otls_hash hash, otls_bytes key, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	if (calls_left-- > 0)
		return scene_backend->engine->hmac(hash, key, parts, n, out, len, report);
	report->code = OTLS_E_BACKEND;
	return OTLS_ERROR;
}

static void
library_fails(void **state)
{
	server s;

	(void)state;
	start(&s);
	seal(&s);
	s.engine.hash = hash_for_a_while;
	calls_left = 0;
	expect_error(&s, otls__ticket_secret(s.sealed, &s.native), OTLS_E_BACKEND, "a digest of settings");
	s.engine.hash = scene_backend->engine->hash;
	s.engine.hmac = hmac_for_a_while;
	for (int n = 0; n < 20; n++) {
		calls_left = n;
		if (otls__ticket_secret(s.sealed, &s.native) == OTLS_OK) {
			assert_int_equal(n, 2 * (1 + (OTLS_TICKET_SECRET_BYTES + DIGEST_LEN - 1) / DIGEST_LEN));
			finish(&s);
			return;
		}
		expect_error(&s, OTLS_ERROR, OTLS_E_BACKEND, "a ticket secret");
	}
	fail();
}

static void
add_list(scene *s)
{
	mint_crl_spec spec = { .this_update = NOW - DAY, .next_update = NOW + DAY };
	otls_bytes crl = mint_crl(&spec, s->the_root);

	assert_non_null(crl.data);
	assert_int_equal(otls_store_add_crl(s->store, crl.data, crl.len), OTLS_OK);
	free((void *)(uintptr_t)crl.data);
}

/* A root and a revocation list: two digests, and one of the settings. */
static void
trust_has_no_digest(void **state)
{
	server s;
	scene made;

	(void)state;
	scene_start(&made, false);
	scene_usual(&made);
	add_list(&made);
	start(&s);
	assert_int_equal(otls_context_set_store(s.ctx, made.store), OTLS_OK);
	s.native.client_auth = OTLS_CLIENT_AUTH_REQUIRED;
	seal(&s);
	s.engine.hash = hash_for_a_while;
	for (int n = 0; n < 2; n++) {
		calls_left = n;
		expect_error(
		    &s, otls__ticket_secret(s.sealed, &s.native), OTLS_E_BACKEND, "a digest of what is trusted");
		assert_false(s.sealed->trust_digested);
	}
	calls_left = 3;
	assert_int_equal(otls__ticket_secret(s.sealed, &s.native), OTLS_OK);
	calls_left = 1; /* what is trusted is not digested twice */
	assert_int_equal(otls__ticket_secret(s.sealed, &s.native), OTLS_OK);
	finish(&s);
	scene_finish(&made);
}

static void
without_memory(void **state)
{
	server s;

	(void)state;
	start(&s);
	seal(&s);
	allocations_left = 0;
	otls__alloc_trap = allow;
	expect_error(&s, otls__ticket_secret(s.sealed, &s.native), OTLS_E_MEMORY, "");
	otls__alloc_trap = NULL;
	finish(&s);
}

/* == clients == */

static otls_answer
any_answer(otls_connection *conn, void *arg)
{
	(void)conn, (void)arg;
	return OTLS_ANSWER_OK;
}

static void
client_digest(const server *s, uint64_t mode, bool asks_status, uint8_t digest[DIGEST_LEN])
{
	assert_int_equal(otls__client_digest(&s->engine, &s->sealed->settings, mode, asks_status, digest), OTLS_OK);
}

/* What a client could show, and how it verifies. */
static void
clients(void **state)
{
	uint8_t digests[8][DIGEST_LEN];
	scene made;
	server s;

	(void)state;
	scene_start(&made, false);
	scene_make_all(&made);
	start_method(&s, OTLS_METHOD_TLS_CLIENT);
	seal(&s);
	client_digest(&s, OTLS_VERIFY_REQUIRE, false, digests[0]);
	client_digest(&s, OTLS_VERIFY_REQUIRE, false, digests[1]);
	assert_memory_equal(digests[0], digests[1], DIGEST_LEN);
	client_digest(&s, OTLS_VERIFY_REQUIRE, true, digests[1]);
	client_digest(&s, OTLS_VERIFY_NONE, false, digests[2]);
	assert_int_equal(otls_context_set_client_certificate_callback(s.ctx, any_answer, NULL, NULL), OTLS_OK);
	seal(&s);
	client_digest(&s, OTLS_VERIFY_REQUIRE, false, digests[3]);
	assert_int_equal(otls_context_use_key_pair_mem(s.ctx, made.the_leaf->pem, strlen(made.the_leaf->pem),
			     made.the_leaf->key_pem, strlen(made.the_leaf->key_pem)),
	    OTLS_OK);
	seal(&s);
	client_digest(&s, OTLS_VERIFY_REQUIRE, false, digests[4]);
	change_level(&s);
	seal(&s);
	client_digest(&s, OTLS_VERIFY_REQUIRE, false, digests[5]);
	for (size_t i = 0; i < 6; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(digests[i], digests[j], DIGEST_LEN);
	s.engine.hash = hash_for_a_while;
	calls_left = 0;
	expect_error(&s, otls__client_digest(&s.engine, &s.sealed->settings, 0, false, digests[6]), OTLS_E_BACKEND,
	    "a digest of settings");
	finish(&s);
	scene_finish(&made);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_servers),
		cmocka_unit_test(other_servers),
		cmocka_unit_test(other_identities),
		cmocka_unit_test(other_trust),
		cmocka_unit_test(no_tickets),
		cmocka_unit_test(own_key),
		cmocka_unit_test(library_fails),
		cmocka_unit_test(trust_has_no_digest),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(clients),
	};

	return scene_run(tests);
}
