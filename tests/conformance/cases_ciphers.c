/* Cipher suites: the lists of a context, and what two of them agree on. */
#include "pair.h"
#include "pki.h"

#include <string.h>

struct lists {
	const char *client, *server; /* NULL: the default */
	const char *chosen;          /* OpenSSL's name; NULL: nothing is in common */
};

struct row {
	struct lists tls12, tls13;
};

static otls_status
set_list(struct run *run, otls_context *ctx, const char *list)
{
	if (list == NULL)
		return OTLS_OK;
	return run->version == OTLS_TLS1_3 ? otls_context_set_ciphersuites(ctx, list)
					   : otls_context_set_cipher_list(ctx, list);
}

static bool
agree(struct run *run)
{
	const struct row *row = run->test->row;
	const struct lists *lists = run->version == OTLS_TLS1_3 ? &row->tls13 : &row->tls12;
	otls_context *client = good_client(run), *server = good_server(run);
	struct pair *pair;

	if (!CHECK_OK(run, set_list(run, client, lists->client)) ||
	    !CHECK_OK(run, set_list(run, server, lists->server)))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	if (lists->chosen == NULL) {
		pair_handshake(pair);
		return pair_check_no_overlap(pair);
	}
	return pair_connect(pair) &&
	       CHECK_TEXT(run, otls_cipher_openssl_name(otls_connection_cipher(pair->client)), lists->chosen) &&
	       CHECK_TEXT(run, otls_cipher_openssl_name(otls_connection_cipher(pair->server)), lists->chosen) &&
	       pair_exchange(pair, 20000);
}

/* A suite of TLS 1.2 says by which key the server signs; one of TLS 1.3 does not. */
static bool
no_key_for_it(struct run *run)
{
	otls_context *client = good_client(run);
	struct pair *pair;

	if (!CHECK_OK(run, otls_context_set_cipher_list(client, "ECDHE+aRSA")))
		return false;
	pair = pair_open(run, client, good_server(run), WIRE_VARIED);
	if (run->version == OTLS_TLS1_3)
		return pair_connect(pair);
	pair_handshake(pair);
	return pair_check_no_overlap(pair);
}

/* What a list resolves to is what the connection answers, best first. */
static bool
list_is_told(struct run *run)
{
	otls_context *client = good_client(run);
	otls_connection *conn = NULL;

	if (!CHECK_OK(run, otls_context_set_cipher_list(client, "ECDHE+AESGCM+aECDSA:ECDHE-RSA-CHACHA20-POLY1305")) ||
	    !CHECK_OK(run, otls_context_set_ciphersuites(client, "TLS_AES_256_GCM_SHA384")) ||
	    !CHECK_OK(run, otls_connection_new_client(client, HOST, &conn)))
		return false;
	run_owns_connection(run, conn);
	return CHECK_TEXT(
		   run, otls_cipher_openssl_name(otls_connection_cipher_at(conn, 0)), "TLS_AES_256_GCM_SHA384") &&
	       CHECK_TEXT(run, otls_cipher_openssl_name(otls_connection_cipher_at(conn, 1)),
		   "ECDHE-ECDSA-AES256-GCM-SHA384") &&
	       CHECK_TEXT(run, otls_cipher_openssl_name(otls_connection_cipher_at(conn, 2)),
		   "ECDHE-ECDSA-AES128-GCM-SHA256") &&
	       CHECK_TEXT(
		   run, otls_cipher_openssl_name(otls_connection_cipher_at(conn, 3)), "ECDHE-RSA-CHACHA20-POLY1305") &&
	       CHECK(run, otls_connection_cipher_at(conn, 4) == NULL);
}

static const char *
second_suite(struct run *run, otls_context *ctx)
{
	otls_connection *conn = NULL;

	if (!CHECK_OK(run, otls_connection_new_client(ctx, HOST, &conn)))
		return "";
	run_owns_connection(run, conn);
	return otls_cipher_openssl_name(otls_connection_cipher_at(conn, 1));
}

/* A call that fails changes nothing; nor does one that comes later change a connection that is there. */
static bool
bad_lists(struct run *run)
{
	static const char *const lists[] = { "", "nonsense", "AES128-SHA", "aNULL", "TLS_AES_128_GCM_SHA256",
		"ALL:!ALL", "ALL:@SECLEVEL=0", "ALL:@" };
	otls_context *client = good_client(run), *copy = NULL;

	if (!CHECK_OK(run, otls_context_set_ciphersuites(client, "TLS_AES_128_GCM_SHA256")) ||
	    !CHECK_OK(run, otls_context_set_cipher_list(client, "ECDHE-ECDSA-CHACHA20-POLY1305")))
		return false;
	for (size_t i = 0; i < COUNT(lists); i++)
		if (!CHECK_ERROR(run, otls_context_set_cipher_list(client, lists[i]), OTLS_E_BAD_ARGUMENT))
			return failed(run, "\"%s\" was taken", lists[i]);
	if (!CHECK_ERROR(run, otls_context_set_cipher_list(client, NULL), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(run, otls_context_set_cipher_list(NULL, "ALL"), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(run, otls_context_set_ciphersuites(client, NULL), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(run, otls_context_set_ciphersuites(NULL, "TLS_AES_128_GCM_SHA256"), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(run, otls_context_set_ciphersuites(client, ""), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(
		run, otls_context_set_ciphersuites(client, "ECDHE-ECDSA-CHACHA20-POLY1305"), OTLS_E_BAD_ARGUMENT))
		return false;
	if (!CHECK_OK(run, otls_context_copy(client, &copy)))
		return false;
	run_owns_context(run, copy);
	return CHECK_TEXT(run, second_suite(run, client), "ECDHE-ECDSA-CHACHA20-POLY1305") &&
	       CHECK_TEXT(run, second_suite(run, copy), "ECDHE-ECDSA-CHACHA20-POLY1305") &&
	       CHECK_OK(run, otls_context_set_cipher_list(client, "ECDHE-ECDSA-AES128-GCM-SHA256")) &&
	       CHECK_TEXT(run, second_suite(run, client), "ECDHE-ECDSA-AES128-GCM-SHA256") &&
	       CHECK_TEXT(run, second_suite(run, copy), "ECDHE-ECDSA-CHACHA20-POLY1305");
}

/* Suites that only some backends have: a list of them takes effect, or is refused by name. */
static bool
lacking(struct run *run)
{
	static const struct {
		const char *list, *first;
	} rows[] = {
		{ "DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256" },
		{ "DHE+CAMELLIA", "DHE-RSA-CAMELLIA256-SHA256" },
		{ "ECDHE+CAMELLIA", "ECDHE-ECDSA-CAMELLIA256-SHA384" },
		{ "ECDHE-ECDSA-AES256-CCM8", "ECDHE-ECDSA-AES256-CCM8" },
	};
	otls_context *client = good_client(run);

	if (!CHECK_OK(run, otls_context_set_ciphersuites(client, "TLS_AES_128_GCM_SHA256")))
		return false;
	for (size_t i = 0; i < COUNT(rows); i++) {
		otls_status status = otls_context_set_cipher_list(client, rows[i].list);
		if (status == OTLS_OK && !CHECK_TEXT(run, second_suite(run, client), rows[i].first))
			return false;
		if (status != OTLS_OK &&
		    (!CHECK_ERROR(run, status, OTLS_E_UNSUPPORTED) ||
			!CHECK(run, strstr(otls_error_message(otls_error_last()), rows[i].list) != NULL)))
			return false;
	}
	return true;
}

#define ROW(name, ...)                                                                                                 \
	{                                                                                                              \
		name, agree, &(const struct row){ __VA_ARGS__ }, SCOPE_PAIR, CASE_VARIED                               \
	}
#define A128   "ECDHE-ECDSA-AES128-GCM-SHA256"
#define A256   "ECDHE-ECDSA-AES256-GCM-SHA384"
#define CBC    "ECDHE-ECDSA-AES128-SHA"
#define CHACHA "ECDHE-ECDSA-CHACHA20-POLY1305"
#define T128   "TLS_AES_128_GCM_SHA256"
#define T256   "TLS_AES_256_GCM_SHA384"
#define TCCM   "TLS_AES_128_CCM_SHA256"
#define TCHA   "TLS_CHACHA20_POLY1305_SHA256"

static const struct test_case cases[] = {
	ROW("one", { A256, NULL, A256 }, { TCHA, NULL, TCHA }),
	ROW("server_prefers_first", { A128 ":" A256, A256 ":" A128, A256 }, { T128 ":" T256, T256 ":" T128, T256 }),
	ROW("server_prefers_second", { A256 ":" A128, A128 ":" A256, A128 }, { T256 ":" T128, T128 ":" T256, T128 }),
	ROW("overlap", { "ECDHE+AES128:ECDHE+CHACHA20", "ECDHE+AES256:ECDHE+CHACHA20", CHACHA },
	    { T128 ":" TCHA, T256 ":" TCHA, TCHA }),
	ROW("beyond_the_default", { CBC, "ALL", CBC }, { TCCM, T256 ":" TCCM, TCCM }),
	ROW("not_by_default", { CBC, NULL, NULL }, { TCCM, NULL, NULL }),
	ROW("nothing_in_common", { A128, A256, NULL }, { T128, T256, NULL }),
	{ "no_key_for_it", no_key_for_it, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "list_is_told", list_is_told, .scope = SCOPE_BACKEND },
	{ "bad_lists", bad_lists, .scope = SCOPE_BACKEND },
	{ "lacking", lacking, .scope = SCOPE_BACKEND },
};

const struct suite suite_ciphers = { "ciphers", cases, COUNT(cases) };
