/* Judges chains by core's verifier with one engine's signature primitive: what run.py drives.
 *
 *   limbo-check BACKEND < cases
 *
 * A case is lines of a word and a value, ended by "run":
 *
 *   peer server|client     whose certificate it is
 *   time SECONDS           Unix time to judge by
 *   name TEXT              host name or IP address; without it names are not checked
 *   depth COUNT            intermediates allowed
 *   use sign|encipher|any  what the leaf's key does
 *   trust|extra|leaf HEX   DER of a certificate
 *   run
 *
 * The answer to each is one line: the reason's name, the depth, and the text. */
#include "backend.h"
#include "error.h"
#include "x509/verify.h"

#include <stdio.h>
#include <stdlib.h>

#define EXTRA_MAX 512

typedef struct test_case {
	otls_store *store;
	otls_certificate *leaf, *extra[EXTRA_MAX];
	size_t extra_len;
	otls_peer_name name;
	bool has_name, bad_name;
	otls_verify_params params;
} test_case;

static void
clear(test_case *test)
{
	otls_store_free(test->store);
	otls_certificate_free(test->leaf);
	for (size_t i = 0; i < test->extra_len; i++)
		otls_certificate_free(test->extra[i]);
}

static bool
start(test_case *test, const otls_engine *engine)
{
	*test = (test_case){ .has_name = false };
	test->params = (otls_verify_params){ .engine = engine,
		.chain_len = 1,
		.peer = OTLS_ROLE_SERVER,
		.key_use = OTLS_KEY_USE_ANY,
		.max_intermediates = 8,
		.flags = OTLS_VERIFY_FLAG_PARTIAL_CHAIN | OTLS_VERIFY_FLAG_WEB_PROFILE };
	return otls_store_new(&test->store) == OTLS_OK;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. */
static bool
unhex(char *text, otls_bytes *bytes)
{
	size_t len = strlen(text);
	uint8_t *out = (uint8_t *)text;

	for (size_t i = 0; i + 1 < len; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	*bytes = otls__bytes(out, len / 2);
	return len % 2 == 0;
}

/* A certificate that cannot be read is as good as not there, as it is for a TLS connection. */
static bool
add_certificate(test_case *test, const char *word, char *hex)
{
	otls_certificate *cert = NULL;
	otls_bytes der;
	bool ok = true;

	if (!unhex(hex, &der))
		return false;
	if (otls_certificate_new(der.data, der.len, OTLS_FILETYPE_ASN1, &cert) != OTLS_OK)
		return true;
	if (strcmp(word, "trust") == 0) {
		ok = otls_store_add_certificate(test->store, cert) == OTLS_OK;
		otls_certificate_free(cert);
	} else if (strcmp(word, "leaf") == 0 && test->leaf == NULL) {
		test->leaf = cert;
	} else if (test->extra_len < EXTRA_MAX) {
		test->extra[test->extra_len++] = cert;
	} else {
		otls_certificate_free(cert);
		ok = false;
	}
	return ok;
}

static bool
set(test_case *test, const char *word, char *value)
{
	if (strcmp(word, "trust") == 0 || strcmp(word, "extra") == 0 || strcmp(word, "leaf") == 0)
		return add_certificate(test, word, value);
	if (strcmp(word, "peer") == 0)
		test->params.peer = strcmp(value, "client") == 0 ? OTLS_ROLE_CLIENT : OTLS_ROLE_SERVER;
	else if (strcmp(word, "time") == 0)
		test->params.time = strtoll(value, NULL, 10);
	else if (strcmp(word, "depth") == 0)
		test->params.max_intermediates = (int)strtol(value, NULL, 10);
	else if (strcmp(word, "use") == 0)
		test->params.key_use = strcmp(value, "sign") == 0       ? OTLS_KEY_USE_SIGN
				       : strcmp(value, "encipher") == 0 ? OTLS_KEY_USE_ENCIPHER
									: OTLS_KEY_USE_ANY;
	else if (strcmp(word, "name") == 0)
		test->bad_name = !(test->has_name = otls__peer_name_parse(value, &test->name) == OTLS_OK);
	else
		return false;
	return true;
}

static void
run(test_case *test)
{
	otls_verify_outcome outcome;

	if (test->leaf == NULL || test->bad_name) {
		printf("%s\t0\t%s\n", test->leaf == NULL ? "MALFORMED" : "HOSTNAME_MISMATCH",
		    otls_error_message(otls_error_last()));
		return;
	}
	test->params.store = test->store;
	test->params.chain = &test->leaf;
	test->params.extra = test->extra;
	test->params.extra_len = test->extra_len;
	test->params.name = test->has_name ? &test->name : NULL;
	otls__verify_chain(&test->params, &outcome);
	printf("%s\t%d\t%s\n", otls_verify_reason_name(outcome.reason), outcome.depth, outcome.text);
	otls__verify_outcome_fini(&outcome);
}

static bool
serve(const otls_engine *engine)
{
	test_case test;
	char *line = NULL;
	size_t cap = 0;
	bool ok = start(&test, engine);

	while (ok && getline(&line, &cap, stdin) > 0) {
		char *value;
		line[strcspn(line, "\n")] = '\0';
		value = line + strcspn(line, " ");
		if (*value != '\0')
			*value++ = '\0';
		if (strcmp(line, "run") != 0) {
			ok = set(&test, line, value);
			continue;
		}
		run(&test);
		fflush(stdout);
		clear(&test);
		ok = start(&test, engine);
	}
	clear(&test);
	free(line);
	return ok;
}

int
main(int argc, char **argv)
{
	const otls_backend *backend = argc == 2 ? otls_backend_find(argv[1]) : NULL;

	if (backend == NULL) {
		fprintf(stderr, "usage: %s BACKEND, one that is built in\n", argv[0]);
		return 2;
	}
	if (otls__backend_start(backend) != OTLS_OK || !serve(backend->engine)) {
		fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
		return 1;
	}
	return 0;
}
