/* The names of authorities that go with a request for a client certificate, and the certificate that fits them. */
#include "pair.h"
#include "pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CA_TEXT       "CN=Conformance CA"
#define OTHER_CA_TEXT "CN=Another CA"
#define LIMIT         16000 /* bytes of names, as they are sent */

static otls_certificate *
certificate_of(struct run *run, const mint_identity *identity)
{
	otls_certificate *cert = NULL;

	if (identity == NULL ||
	    !CHECK_OK(run, otls_certificate_new(identity->pem, strlen(identity->pem), OTLS_FILETYPE_PEM, &cert)))
		return NULL;
	return run_owns_certificate(run, cert);
}

/* Whether a client is told the names that a server sends. */
static bool
are_told(const struct run *run)
{
	return run->version == OTLS_TLS1_2 || (otls_backend_has(run->client, OTLS_CAP_CLIENT_CA_TLS1_3) &&
						  otls_backend_has(run->server, OTLS_CAP_CLIENT_CA_TLS1_3));
}

/* A server that asks every client for a certificate. */
static otls_context *
asking_server(struct run *run)
{
	otls_context *server = good_server(run);

	if (!trust(run, server, pki_ca(run)) || !trust(run, server, pki_other_ca(run)))
		return NULL;
	return CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_PEER)) ? server : NULL;
}

static bool
check_texts(struct run *run, const otls_connection *conn, const char *first, const char *second)
{
	const char *got[2] = { otls_connection_client_ca_at(conn, 0), otls_connection_client_ca_at(conn, 1) };
	const char *want[2] = { first, second };

	for (size_t i = 0; i < COUNT(got); i++) {
		if (want[i] == NULL ? !CHECK(run, got[i] == NULL)
				    : !CHECK(run, got[i] != NULL) || !CHECK_TEXT(run, got[i], want[i]))
			return false;
	}
	return CHECK(run, otls_connection_client_ca_at(conn, 2) == NULL);
}

/* == what the client is told == */

static bool
ca_names(struct run *run)
{
	otls_context *server = asking_server(run);
	struct pair *pair = NULL;

	if (!CHECK_OK(run, otls_context_add_client_ca(server, certificate_of(run, pki_other_ca(run)))) ||
	    !CHECK_OK(run, otls_context_add_client_ca(server, certificate_of(run, pki_ca(run)))))
		return false;
	pair = pair_open(run, good_client(run), server, WIRE_VARIED);
	return check_texts(run, pair->client, NULL, NULL) && check_texts(run, pair->server, OTHER_CA_TEXT, CA_TEXT) &&
	       pair_connect(pair) && check_texts(run, pair->server, OTHER_CA_TEXT, CA_TEXT) &&
	       check_texts(run, pair->client, are_told(run) ? OTHER_CA_TEXT : NULL, are_told(run) ? CA_TEXT : NULL);
}

/* Whom the server trusts is nobody's business, unless it is said. */
static bool
ca_none(struct run *run)
{
	struct pair *pair = pair_open(run, good_client(run), asking_server(run), WIRE_VARIED);

	return pair_connect(pair) && check_texts(run, pair->client, NULL, NULL) &&
	       check_texts(run, pair->server, NULL, NULL);
}

static const mint_identity *
ca_by_number(struct run *run, unsigned number)
{
	char name[65];
	const mint_spec spec = { .common_name = name, .is_ca = true, .key = pki_key(run) };

	snprintf(name, sizeof(name), "%064u", number);
	return pki_make(run, &spec, NULL);
}

/* As many as fit; *count of them. */
static bool
fill_list(struct run *run, otls_context *server, size_t *count)
{
	const mint_identity *ca = ca_by_number(run, 0);
	otls_bytes name = ca != NULL ? ca->subject : (otls_bytes){ .len = 0 };
	uint8_t der[128];

	if (!CHECK(run, name.len > 64 && name.len < sizeof(der)))
		return false;
	memcpy(der, name.data, name.len);
	for (*count = 0; (*count + 1) * (name.len + 2) <= LIMIT; ++*count) {
		snprintf((char *)der + name.len - 10, 11, "%010zu", *count);
		if (!CHECK_OK(run, otls_context_add_client_ca_name(server, der, name.len)))
			return false;
	}
	der[name.len - 1] ^= 0x40;
	return CHECK_ERROR(run, otls_context_add_client_ca_name(server, der, name.len), OTLS_E_LIMIT);
}

static bool
ca_many(struct run *run)
{
	otls_context *server = asking_server(run), *client = good_client(run);
	struct pair *pair = NULL;
	size_t count = 0;

	if (!fill_list(run, server, &count) || !use_identity(run, client, pki_client(run)))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	return pair_connect(pair) && CHECK(run, otls_connection_client_ca_at(pair->server, count - 1) != NULL) &&
	       CHECK(run, otls_connection_client_ca_at(pair->server, count) == NULL) &&
	       CHECK_NUMBER(run, otls_connection_client_ca_at(pair->client, count - 1) != NULL, are_told(run)) &&
	       CHECK(run, otls_connection_client_ca_at(pair->client, count) == NULL) && pair_exchange(pair, 1000);
}

/* == what the client shows == */

/* Of two certificates by two authorities, set in the order other, usual. */
static bool
check_choice(struct run *run, const mint_identity *named, const char *want)
{
	static const char *const purposes[] = { MINT_CLIENT_AUTH, NULL };
	const mint_spec spec = { .common_name = "by another", .purposes = purposes };
	otls_context *server = asking_server(run), *client = good_client(run);
	struct pair *pair = NULL;

	if (!use_identity(run, client, pki_make(run, &spec, pki_other_ca(run))) ||
	    !use_identity(run, client, pki_client(run)))
		return false;
	if (named != NULL && !CHECK_OK(run, otls_context_add_client_ca(server, certificate_of(run, named))))
		return false;
	pair = pair_open(run, client, server, WIRE_VARIED);
	return pair_connect(pair) &&
	       CHECK_TEXT(run, otls_certificate_subject(otls_connection_peer_certificate(pair->server)), want) &&
	       pair_exchange(pair, 100);
}

static bool
choice_by_name(struct run *run)
{
	return check_choice(run, pki_other_ca(run), are_told(run) ? "CN=by another" : "CN=client") &&
	       check_choice(run, pki_ca(run), "CN=client");
}

/* Without names, or where none fits, it is the one set last. */
static bool
choice_last(struct run *run)
{
	return check_choice(run, NULL, "CN=client") && check_choice(run, ca_by_number(run, 7), "CN=client");
}

/* == the calls == */

static bool
ca_calls(struct run *run)
{
	otls_context *server = bare_server(run), *copy = NULL;
	const otls_certificate *cas[] = { certificate_of(run, pki_ca(run)), certificate_of(run, pki_other_ca(run)) };

	if (!CHECK_OK(run, otls_context_add_client_ca(server, cas[0])) ||
	    !CHECK_OK(run, otls_context_add_client_ca(server, cas[0])) ||
	    !CHECK_OK(
		run, otls_context_add_client_ca_name(server, pki_ca(run)->subject.data, pki_ca(run)->subject.len)) ||
	    !CHECK_TEXT(run, otls_context_client_ca_at(server, 0), CA_TEXT) ||
	    !CHECK(run, otls_context_client_ca_at(server, 1) == NULL))
		return false;
	if (!CHECK_OK(run, otls_context_copy(server, &copy)) || run_owns_context(run, copy) == NULL ||
	    !CHECK_OK(run, otls_context_set_client_ca_list(server, &cas[1], 1)) ||
	    !CHECK_TEXT(run, otls_context_client_ca_at(server, 0), OTHER_CA_TEXT) ||
	    !CHECK(run, otls_context_client_ca_at(server, 1) == NULL) ||
	    !CHECK_TEXT(run, otls_context_client_ca_at(copy, 0), CA_TEXT))
		return false;
	return CHECK_OK(run, otls_context_set_client_ca_list(server, NULL, 0)) &&
	       CHECK(run, otls_context_client_ca_at(server, 0) == NULL);
}

static bool
ca_file(struct run *run)
{
	const mint_identity *both[] = { pki_other_ca(run), pki_ca(run), pki_other_ca(run), NULL };
	char *pem = both[0] != NULL && both[1] != NULL ? run_owns(run, mint_chain_pem(both), free) : NULL;
	otls_context *server = bare_server(run);

	if (!CHECK(run, pem != NULL) ||
	    !CHECK_OK(run, otls_context_load_client_ca(server, run_file(run, "cas.pem", pem, strlen(pem)))))
		return false;
	return CHECK_TEXT(run, otls_context_client_ca_at(server, 0), OTHER_CA_TEXT) &&
	       CHECK_TEXT(run, otls_context_client_ca_at(server, 1), CA_TEXT) &&
	       CHECK(run, otls_context_client_ca_at(server, 2) == NULL) &&
	       CHECK_ERROR(run, otls_context_load_client_ca(server, "/nonexistent/cas.pem"), OTLS_E_FILE) &&
	       CHECK_ERROR(
		   run, otls_context_load_client_ca(server, run_file(run, "none.pem", "none", 4)), OTLS_E_FORMAT) &&
	       CHECK_TEXT(run, otls_context_client_ca_at(server, 1), CA_TEXT);
}

/* Cut at every byte, with a byte too many, and with each bit of its headers changed: never taken for something else
 * than a name. */
static bool
ca_damaged(struct run *run)
{
	otls_context *server = bare_server(run);
	otls_bytes name = pki_ca(run) != NULL ? pki_ca(run)->subject : (otls_bytes){ .len = 0 };
	uint8_t der[128];

	if (!CHECK(run, name.len > 2 && name.len < sizeof(der)))
		return false;
	memcpy(der, name.data, name.len);
	der[name.len] = 0;
	for (size_t len = 3; len <= name.len + 1; len++)
		if (len != name.len &&
		    !CHECK_ERROR(run, otls_context_add_client_ca_name(server, der, len), OTLS_E_FORMAT))
			return false;
	for (int bit = 0; bit < 16; bit++) {
		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (!CHECK_ERROR(run, otls_context_add_client_ca_name(server, der, name.len), OTLS_E_FORMAT))
			return false;
		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	return CHECK(run, otls_context_client_ca_at(server, 0) == NULL) &&
	       CHECK_OK(run, otls_context_add_client_ca_name(server, der, name.len));
}

static bool
ca_misuse(struct run *run)
{
	const otls_certificate *cas[] = { certificate_of(run, pki_ca(run)), NULL };
	const mint_spec nameless = { .is_ca = true };
	otls_context *server = bare_server(run), *client = bare_client(run);

	return CHECK_ERROR(run, otls_context_add_client_ca(NULL, cas[0]), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_add_client_ca(server, NULL), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_add_client_ca(client, cas[0]), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_context_load_client_ca(NULL, "x"), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_load_client_ca(server, NULL), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_load_client_ca(client, "x"), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_context_set_client_ca_list(server, NULL, 1), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_client_ca_list(server, cas, 2), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_add_client_ca_name(server, NULL, 0), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_add_client_ca_name(server, "\x30\x00", 2), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run,
		   otls_context_add_client_ca(server, certificate_of(run, pki_make(run, &nameless, pki_ca(run)))),
		   OTLS_E_BAD_ARGUMENT) &&
	       CHECK(run, otls_context_client_ca_at(server, 0) == NULL) &&
	       CHECK(run, otls_context_client_ca_at(NULL, 0) == NULL) &&
	       CHECK(run, otls_connection_client_ca_at(NULL, 0) == NULL);
}

static const struct test_case cases[] = {
	{ "names", ca_names, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "none", ca_none, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "many", ca_many, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "choice_by_name", choice_by_name, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "choice_last", choice_last, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "calls", ca_calls, .scope = SCOPE_BACKEND },
	{ "file", ca_file, .scope = SCOPE_BACKEND },
	{ "damaged", ca_damaged, .scope = SCOPE_BACKEND },
	{ "misuse", ca_misuse, .scope = SCOPE_BACKEND },
};

const struct suite suite_client_ca = { "client_ca", cases, COUNT(cases) };
