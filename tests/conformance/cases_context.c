/* Contexts: versions, sealing, copies, sharing, and what they start with. */
#include "pair.h"
#include "pki.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static otls_context *
context_of(struct run *run, otls_method method)
{
	otls_context *ctx = NULL;

	CHECK_OK(run, otls_context_new_with(run->server, method, &ctx));
	return run_owns_context(run, ctx);
}

/* == the library == */
static bool
library(struct run *run)
{
	const otls_backend *backend = NULL;
	const otls_cipher *cipher = NULL;

	for (size_t i = 0; (backend = otls_backend_at(i)) != NULL; i++)
		if (!CHECK(run, otls_backend_find(otls_backend_name(backend)) == backend) ||
		    !CHECK(run, otls_backend_version_text(backend, OTLS_BACKEND_LIBRARY)[0] != '\0') ||
		    !CHECK(run, otls_backend_version_text(backend, OTLS_BACKEND_BUILT_WITH)[0] != '\0') ||
		    !CHECK(run, otls_backend_version_number(backend) != 0))
			return false;
	for (size_t i = 0; (cipher = otls_cipher_at(i)) != NULL; i++)
		if (!CHECK(run, otls_cipher_by_id(otls_cipher_id(cipher)) == cipher) ||
		    !CHECK(run, otls_cipher_by_name(otls_cipher_name(cipher)) == cipher))
			return false;
	return CHECK(run, otls_version_number() == OTLS_VERSION_NUMBER) && CHECK(run, otls_version()[0] != '\0');
}

/* OMNITLS_BACKEND names the default; one that is not here is an error, never another one. */
static bool
default_backend(struct run *run)
{
	const char *old = getenv("OMNITLS_BACKEND");
	char *saved = old != NULL ? run_owns(run, strdup(old), free) : NULL;
	otls_context *ctx = NULL;
	bool good = false;

	setenv("OMNITLS_BACKEND", otls_backend_name(run->server), 1);
	good = CHECK(run, otls_backend_default() == run->server) &&
	       CHECK_OK(run, otls_context_new(OTLS_METHOD_TLS, &ctx)) &&
	       CHECK(run, otls_context_backend(ctx) == run->server);
	otls_context_free(ctx);
	setenv("OMNITLS_BACKEND", "no-such-backend", 1);
	good = good && CHECK(run, otls_backend_default() == NULL) &&
	       CHECK_ERROR(run, otls_context_new(OTLS_METHOD_TLS, &ctx), OTLS_E_NO_BACKEND);
	unsetenv("OMNITLS_BACKEND");
	good = good && CHECK(run, otls_backend_default() == otls_backend_at(0));
	if (saved != NULL)
		setenv("OMNITLS_BACKEND", saved, 1);
	return good;
}

/* == methods and versions == */
static bool
methods(struct run *run)
{
	static const otls_method old[] = { OTLS_METHOD_SSLv2, OTLS_METHOD_SSLv3, OTLS_METHOD_TLSv1,
		OTLS_METHOD_TLSv1_1 };
	static const otls_method good[] = { OTLS_METHOD_TLS, OTLS_METHOD_TLS_CLIENT, OTLS_METHOD_TLS_SERVER,
		OTLS_METHOD_TLSv1_2, OTLS_METHOD_TLSv1_3, OTLS_METHOD_SSLv23 };
	otls_context *ctx = NULL;

	for (size_t i = 0; i < COUNT(old); i++)
		if (!CHECK_ERROR(run, otls_context_new_with(run->server, old[i], &ctx), OTLS_E_UNSUPPORTED) ||
		    !CHECK(run, ctx == NULL))
			return false;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!CHECK(run, otls_context_backend(context_of(run, good[i])) == run->server))
			return false;
	return CHECK(run, otls_context_new_with(run->server, (otls_method)99, &ctx) == OTLS_ERROR) &&
	       CHECK_NUMBER(run, otls_error_category(otls_error_last()), OTLS_CATEGORY_USAGE) &&
	       CHECK_NUMBER(run, otls_context_max_version(context_of(run, OTLS_METHOD_TLSv1_2)), OTLS_TLS1_2) &&
	       CHECK_NUMBER(run, otls_context_min_version(context_of(run, OTLS_METHOD_TLSv1_3)), OTLS_TLS1_3);
}

static bool
versions(struct run *run)
{
	otls_context *ctx = context_of(run, OTLS_METHOD_TLS);

	if (!CHECK_NUMBER(run, otls_context_min_version(ctx), OTLS_TLS1_2) ||
	    !CHECK_NUMBER(run, otls_context_max_version(ctx), OTLS_TLS1_3))
		return false;
	return CHECK_ERROR(run, otls_context_set_min_version(ctx, OTLS_TLS1_0), OTLS_E_UNSUPPORTED) &&
	       CHECK_ERROR(run, otls_context_set_min_version(ctx, OTLS_TLS1_1), OTLS_E_UNSUPPORTED) &&
	       CHECK_ERROR(run, otls_context_set_max_version(ctx, OTLS_TLS1_1), OTLS_E_UNSUPPORTED) &&
	       CHECK(run, otls_context_set_max_version(ctx, (otls_protocol)0x0305) == OTLS_ERROR) &&
	       CHECK(run, otls_context_set_min_version(ctx, (otls_protocol)0) == OTLS_ERROR) &&
	       CHECK_OK(run, otls_context_set_max_version(ctx, OTLS_TLS1_2)) &&
	       CHECK_ERROR(run, otls_context_set_min_version(ctx, OTLS_TLS1_3), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_NUMBER(run, otls_context_min_version(ctx), OTLS_TLS1_2) &&
	       CHECK_OK(run, otls_context_set_max_version(ctx, OTLS_TLS1_3)) &&
	       CHECK_OK(run, otls_context_set_min_version(ctx, OTLS_TLS1_3)) &&
	       CHECK_ERROR(run, otls_context_set_max_version(ctx, OTLS_TLS1_2), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_NUMBER(run, otls_context_max_version(ctx), OTLS_TLS1_3);
}

static bool
roles(struct run *run)
{
	otls_context *client = context_of(run, OTLS_METHOD_TLS_CLIENT),
		     *server = context_of(run, OTLS_METHOD_TLS_SERVER);
	otls_connection *conn = NULL;

	return CHECK_ERROR(run, otls_connection_new_server(client, &conn), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_connection_new_client(server, HOST, &conn), OTLS_E_BAD_STATE) &&
	       CHECK(run, conn == NULL);
}

static bool
defaults(struct run *run)
{
	otls_context *client = context_of(run, OTLS_METHOD_TLS_CLIENT),
		     *server = context_of(run, OTLS_METHOD_TLS_SERVER);

	return CHECK_NUMBER(run, otls_context_verify_mode(client), OTLS_VERIFY_PEER) &&
	       CHECK_NUMBER(run, otls_context_verify_mode(server), OTLS_VERIFY_NONE) &&
	       CHECK_NUMBER(run, otls_context_verify_depth(client), 8) &&
	       CHECK_NUMBER(run, otls_context_verify_flags(client), 0) &&
	       CHECK(run, otls_context_store(client) == NULL) && CHECK(run, otls_context_user_data(client) == NULL);
}

static bool
verify_settings(struct run *run)
{
	otls_context *ctx = context_of(run, OTLS_METHOD_TLS);

	return CHECK_OK(run, otls_context_set_verify_depth(ctx, 0)) &&
	       CHECK_OK(run, otls_context_set_verify_depth(ctx, 100)) &&
	       CHECK(run, otls_context_set_verify_depth(ctx, 101) == OTLS_ERROR) &&
	       CHECK(run, otls_context_set_verify_depth(ctx, -1) == OTLS_ERROR) &&
	       CHECK_NUMBER(run, otls_context_verify_depth(ctx), 100) &&
	       CHECK_ERROR(run, otls_context_set_verify_flags(ctx, UINT64_C(1) << 63), OTLS_E_UNSUPPORTED) &&
	       CHECK_OK(run, otls_context_set_verify_flags(ctx, OTLS_VERIFY_FLAG_PARTIAL_CHAIN)) &&
	       CHECK_NUMBER(run, otls_context_verify_flags(ctx), OTLS_VERIFY_FLAG_PARTIAL_CHAIN);
}

/* == sealing == */

/* What is changed after a connection was made is for later ones only. */
static bool
sealed(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	struct pair *before = NULL, *after = NULL;

	if (!CHECK_OK(run, otls_context_set_alpn_protos(client, "one,two")) ||
	    !CHECK_OK(run, otls_context_set_alpn_protos(server, "one")))
		return false;
	before = pair_open(run, client, server, WIRE_VARIED);
	if (!CHECK_OK(run, otls_context_set_alpn_protos(server, "two")) ||
	    !CHECK_OK(run, otls_context_set_alpn_policy(server, OTLS_ALPN_REQUIRED)))
		return false;
	after = pair_open(run, client, server, WIRE_VARIED);
	if (!pair_connect(before) || !CHECK_TEXT(run, otls_connection_alpn(before->client, NULL), "one") ||
	    !pair_connect(after) || !CHECK_TEXT(run, otls_connection_alpn(after->client, NULL), "two"))
		return false;
	/* Trust too. */
	return CHECK_OK(run, otls_context_set_store(client, NULL)) && pair_exchange(before, 10) &&
	       pair_exchange(after, 10);
}

static bool
freed_early(struct run *run)
{
	otls_context *client = NULL, *server = NULL;
	struct pair *pair = pair_open(run, good_client(run), good_server(run), WIRE_VARIED);

	/* The connections keep what they need. */
	if (!CHECK_OK(run, otls_context_copy(otls_connection_context(pair->client), &client)) ||
	    !CHECK_OK(run, otls_context_copy(otls_connection_context(pair->server), &server)))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	otls_context_free(client);
	otls_context_free(server);
	return pair_connect(pair) && pair_exchange(pair, 100) && pair_shutdown(pair);
}

static bool
copied(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run), *copy = NULL;
	struct pair *original = NULL, *other = NULL;

	if (!CHECK_OK(run, otls_context_set_alpn_protos(client, "a")) ||
	    !CHECK_OK(run, otls_context_set_alpn_protos(server, "a")) ||
	    !CHECK_OK(run, otls_context_copy(client, &copy)) || run_owns_context(run, copy) == NULL)
		return false;
	original = pair_open(run, client, server, WIRE_VARIED);
	other = pair_open(run, copy, server, WIRE_VARIED);
	return CHECK(run, otls_context_backend(copy) == run->client) && pair_connect(original) &&
	       CHECK_TEXT(run, otls_connection_alpn(original->client, NULL), "a") && pair_connect(other) &&
	       CHECK_TEXT(run, otls_connection_alpn(other->client, NULL), "a") &&
	       /* Changing one does not change the other. */
	       CHECK_OK(run, otls_context_set_alpn_protos(copy, "")) &&
	       pair_connect(other = pair_open(run, copy, server, WIRE_VARIED)) &&
	       CHECK_TEXT(run, otls_connection_alpn(other->client, NULL), "") &&
	       pair_connect(original = pair_open(run, client, server, WIRE_VARIED)) &&
	       CHECK_TEXT(run, otls_connection_alpn(original->client, NULL), "a");
}

/* == stores == */
static bool
shared_store(struct run *run)
{
	otls_context *one = bare_client(run), *two = bare_client(run), *server = good_server(run);
	const mint_identity *ca = pki_ca(run), *other = pki_other_ca(run);
	otls_store *store = NULL;

	if (ca == NULL || other == NULL || !CHECK_OK(run, otls_store_new(&store)) ||
	    run_owns_store(run, store) == NULL || !CHECK_OK(run, otls_store_add_pem(store, ca->pem, strlen(ca->pem))) ||
	    !CHECK_OK(run, otls_context_set_store(one, store)) || !CHECK_OK(run, otls_context_set_store(two, store)) ||
	    !CHECK(run, otls_context_store(one) == store) || !pair_connect(pair_open(run, one, server, WIRE_VARIED)) ||
	    !pair_connect(pair_open(run, two, server, WIRE_VARIED)))
		return false;
	/* In use, it is fixed; a context that is given more trust goes on with a copy. */
	return CHECK_ERROR(run, otls_store_add_pem(store, other->pem, strlen(other->pem)), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_store_set_time(store, 1), OTLS_E_BAD_STATE) && trust(run, one, other) &&
	       CHECK(run, otls_store_certificate_at(store, 0) != NULL) &&
	       CHECK(run, otls_store_certificate_at(store, 1) == NULL) &&
	       CHECK(run, otls_store_certificate_at(otls_context_store(one), 1) != NULL) &&
	       CHECK(run, otls_context_store(two) == store) && pair_connect(pair_open(run, one, server, WIRE_VARIED));
}

/* == user data == */
static int freed_count;

static void
count_free(void *data)
{
	(void)data;
	freed_count++;
}

static bool
user_data(struct run *run)
{
	otls_context *ctx = NULL;
	otls_connection *conn = NULL;
	int one = 1, two = 2;

	freed_count = 0;
	if (!CHECK_OK(run, otls_context_new_with(run->server, OTLS_METHOD_TLS, &ctx)))
		return false;
	otls_context_set_user_data(ctx, &one, count_free);
	CHECK(run, otls_context_user_data(ctx) == &one);
	otls_context_set_user_data(ctx, &two, count_free);
	CHECK_NUMBER(run, freed_count, 1);
	if (CHECK_OK(run, otls_connection_new(ctx, &conn))) {
		otls_connection_set_user_data(conn, &one, count_free);
		CHECK(run, otls_connection_user_data(conn) == &one);
		otls_connection_free(conn);
		CHECK_NUMBER(run, freed_count, 2);
	}
	otls_context_free(ctx);
	return CHECK_NUMBER(run, freed_count, 3);
}

/* == another process == */

/* In the child of a fork every call answers BAD_STATE; in the parent all goes on. */
static bool
forked(struct run *run)
{
	struct pair *pair = pair_connected(run, WIRE_MEMORY);
	uint8_t byte = 0;
	size_t len = 0;
	pid_t child = -1;
	int status = 0;

	if (run->outcome == OUTCOME_FAILED)
		return false;
	child = fork();
	if (child == 0) {
		bool refused = otls_connection_write(pair->client, "x", 1, &len) == OTLS_ERROR &&
			       otls_error_code(otls_error_last()) == OTLS_E_BAD_STATE &&
			       otls_connection_read(pair->client, &byte, 1, &len) == OTLS_ERROR &&
			       otls_error_code(otls_error_last()) == OTLS_E_BAD_STATE &&
			       otls_connection_shutdown(pair->client) == OTLS_ERROR &&
			       otls_error_code(otls_error_last()) == OTLS_E_BAD_STATE;
		_exit(refused ? 0 : 1);
	}
	return CHECK(run, child > 0) && CHECK(run, waitpid(child, &status, 0) == child) &&
	       CHECK_NUMBER(run, status, 0) && pair_exchange(pair, 1000) && pair_shutdown(pair);
}

static const struct test_case cases[] = {
	{ "library", library, .scope = SCOPE_ONCE },
	{ "default_backend", default_backend, .scope = SCOPE_BACKEND },
	{ "methods", methods, .scope = SCOPE_BACKEND },
	{ "versions", versions, .scope = SCOPE_BACKEND },
	{ "roles", roles, .scope = SCOPE_BACKEND },
	{ "defaults", defaults, .scope = SCOPE_BACKEND },
	{ "verify_settings", verify_settings, .scope = SCOPE_BACKEND },
	{ "sealed", sealed, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "freed_early", freed_early, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "copied", copied, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "shared_store", shared_store, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "user_data", user_data, .scope = SCOPE_BACKEND },
	{ "forked", forked, .scope = SCOPE_BACKEND_VERSION },
};

const struct suite suite_context = { "context", cases, COUNT(cases) };
