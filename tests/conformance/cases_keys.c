/* Certificates and keys from files and memory: what is good in any form, what is bad, and how it is said. */
#include "fixtures.h"
#include "pair.h"
#include "pki.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
text_file(struct run *run, const char *name, const char *text)
{
	return run_file(run, name, text, strlen(text));
}

/* What a failed load must leave: an error of category CONFIG that names the file, and a context that works. */
static bool
check_refused(struct run *run, otls_context *ctx, otls_status status, otls_code code, const char *path)
{
	const char *base = strrchr(path, '/');

	return check_error(run, status, code, path, __FILE__, __LINE__) &&
	       CHECK(run, strstr(otls_error_message(otls_error_last()), base != NULL ? base + 1 : path) != NULL) &&
	       CHECK_OK(run, otls_context_check_private_key(ctx)) &&
	       pair_connect(pair_open(run, good_client(run), ctx, WIRE_MEMORY));
}

/* == good forms == */
static bool
serves(struct run *run, otls_context *server)
{
	otls_context *client = bare_client(run);
	struct pair *pair = NULL;

	if (!CHECK_OK(run, otls_context_check_private_key(server)) ||
	    !CHECK_OK(run, otls_context_load_verify_mem(client, fixture_ca, strlen(fixture_ca))))
		return false;
	pair = pair_open(run, client, server, WIRE_MEMORY);
	return pair_connect(pair) && pair_exchange(pair, 10);
}

static bool
pair_files(struct run *run)
{
	char both[8192] = "";
	const char *leaf = text_file(run, "leaf.pem", fixture_good_leaf),
		   *key = text_file(run, "key.pem", fixture_p256_key);
	const char *joined = NULL;
	otls_context *one = bare_server(run), *two = bare_server(run), *three = bare_server(run);

	snprintf(both, sizeof(both), "%s%s", fixture_p256_key, fixture_good_leaf);
	joined = text_file(run, "both.pem", both);
	return CHECK_OK(run, otls_context_use_key_pair_file(one, leaf, key)) && serves(run, one) &&
	       CHECK_OK(run, otls_context_use_key_pair_file(two, joined, joined)) && serves(run, two) &&
	       CHECK_OK(run, otls_context_use_certificate_chain_file(three, leaf)) &&
	       CHECK_ERROR(run, otls_context_check_private_key(three), OTLS_E_INCOMPLETE_PAIR) &&
	       CHECK_OK(run, otls_context_use_private_key_file(three, key, OTLS_FILETYPE_PEM)) && serves(run, three);
}

/* Text of all sorts before, between and behind the blocks; line ends of both kinds. */
static bool
pem_with_junk(struct run *run)
{
	char text[16384] = "";
	otls_context *server = bare_server(run);

	snprintf(text, sizeof(text),
	    "Bag Attributes\r\n    friendlyName: server\r\n%s\nsubject=CN = CA\n\n%s\n-- the end --\n",
	    fixture_good_leaf, fixture_ca);
	return CHECK_OK(run, otls_context_use_key_pair_mem(
				 server, text, strlen(text), fixture_p256_key, strlen(fixture_p256_key))) &&
	       serves(run, server);
}

static bool
der_files(struct run *run)
{
	otls_context *server = bare_server(run), *client = bare_client(run);
	const mint_identity *leaf = pki_server(run);
	const char *cert_path = NULL, *key_path = NULL;

	if (leaf == NULL)
		return false;
	cert_path = run_file(run, "leaf.der", leaf->certificate.data, leaf->certificate.len);
	key_path = run_file(run, "key.der", mint_key_pkcs8(leaf->key).data, mint_key_pkcs8(leaf->key).len);
	return CHECK_OK(run, otls_context_use_certificate_file(server, cert_path, OTLS_FILETYPE_ASN1)) &&
	       CHECK_OK(run, otls_context_use_private_key_file(server, key_path, OTLS_FILETYPE_ASN1)) &&
	       trust(run, client, pki_ca(run)) && pair_connect(pair_open(run, client, server, WIRE_MEMORY));
}

/* The key first, then its certificate, then one more behind it. */
static bool
in_steps(struct run *run)
{
	otls_context *server = bare_server(run);
	otls_certificate *leaf = NULL, *ca = NULL;
	struct pair *pair = NULL;
	otls_context *client = bare_client(run);

	if (!CHECK_OK(
		run, otls_certificate_new(fixture_good_leaf, strlen(fixture_good_leaf), OTLS_FILETYPE_PEM, &leaf)) ||
	    !CHECK_OK(run, otls_certificate_new(fixture_ca, strlen(fixture_ca), OTLS_FILETYPE_PEM, &ca)))
		return false;
	run_owns_certificate(run, leaf);
	run_owns_certificate(run, ca);
	if (!CHECK_ERROR(run, otls_context_check_private_key(server), OTLS_E_NO_CERTIFICATE) ||
	    !CHECK_OK(run, otls_context_use_private_key_mem(
			       server, fixture_p256_sec1, strlen(fixture_p256_sec1), OTLS_FILETYPE_PEM)) ||
	    !CHECK_ERROR(run, otls_context_check_private_key(server), OTLS_E_INCOMPLETE_PAIR) ||
	    !CHECK_OK(run, otls_context_use_certificate(server, leaf)) ||
	    !CHECK_OK(run, otls_context_check_private_key(server)) ||
	    !CHECK_OK(run, otls_context_add_extra_chain_cert(server, ca)) ||
	    !CHECK_OK(run, otls_context_load_verify_mem(client, fixture_ca, strlen(fixture_ca))))
		return false;
	pair = pair_open(run, client, server, WIRE_MEMORY);
	return pair_connect(pair) && CHECK(run, otls_connection_peer_chain_at(pair->client, 1) != NULL) &&
	       CHECK(run, otls_connection_peer_chain_at(pair->client, 2) == NULL);
}

/* == encrypted keys == */
struct key_row {
	const char *key;
	bool encrypted;
};

static otls_status
use_p256(otls_context *ctx, const char *key)
{
	return otls_context_use_key_pair_mem(ctx, fixture_good_leaf, strlen(fixture_good_leaf), key, strlen(key));
}

static bool
key_form(struct run *run)
{
	const struct key_row *row = run->test->row;
	otls_context *server = bare_server(run);

	if (row->encrypted && (!CHECK_ERROR(run, use_p256(server, row->key), OTLS_E_PASSPHRASE) ||
				  !CHECK_OK(run, otls_context_set_password(server, "wrong")) ||
				  !CHECK_ERROR(run, use_p256(server, row->key), OTLS_E_PASSPHRASE) ||
				  !CHECK_OK(run, otls_context_set_password(server, FIXTURE_PASSPHRASE))))
		return false;
	return CHECK_OK(run, use_p256(server, row->key)) && serves(run, server);
}

static bool
rsa_key_form(struct run *run)
{
	const struct key_row *row = run->test->row;
	const mint_identity *leaf = pki_server_rsa(run);
	otls_context *server = bare_server(run);
	size_t len = leaf != NULL ? strlen(leaf->pem) : 0;

	if (leaf == NULL)
		return false;
	if (row->encrypted &&
	    (!CHECK_ERROR(run, otls_context_use_key_pair_mem(server, leaf->pem, len, row->key, strlen(row->key)),
		 OTLS_E_PASSPHRASE) ||
		!CHECK_OK(run, otls_context_set_password(server, FIXTURE_PASSPHRASE))))
		return false;
	return CHECK_OK(run, otls_context_use_key_pair_mem(server, leaf->pem, len, row->key, strlen(row->key))) &&
	       pair_connect(pair_open(run, good_client(run), server, WIRE_MEMORY));
}

struct passphrase {
	const char *text;
	otls_answer answer;
	size_t len; /* that it claims; 0: the text's */
	int calls;
	char path[256];
};

static otls_answer
on_password(char *buf, size_t cap, size_t *len, const char *path, void *arg)
{
	struct passphrase *passphrase = arg;
	size_t n = strlen(passphrase->text);

	passphrase->calls++;
	snprintf(passphrase->path, sizeof(passphrase->path), "%s", path);
	memcpy(buf, passphrase->text, n < cap ? n : cap);
	*len = passphrase->len > 0 ? passphrase->len : n;
	return passphrase->answer;
}

static bool
password_callback(struct run *run)
{
	struct passphrase good = { FIXTURE_PASSPHRASE, OTLS_ANSWER_OK, 0, 0, "" };
	const char *leaf = text_file(run, "leaf.pem", fixture_good_leaf);
	const char *key = text_file(run, "key.pem", fixture_p256_pbes2),
		   *plain = text_file(run, "plain.pem", fixture_p256_key);
	otls_context *server = bare_server(run), *other = bare_server(run);

	return CHECK_OK(run, otls_context_set_password_callback(server, on_password, &good, NULL)) &&
	       CHECK_OK(run, otls_context_use_key_pair_file(server, leaf, key)) && CHECK_NUMBER(run, good.calls, 1) &&
	       CHECK_TEXT(run, good.path, key) && serves(run, server) &&
	       /* Not asked for a key that needs none, */
	       CHECK_OK(run, otls_context_set_password_callback(other, on_password, &good, NULL)) &&
	       CHECK_OK(run, otls_context_use_key_pair_file(other, leaf, plain)) && CHECK_NUMBER(run, good.calls, 1) &&
	       /* nor where a password is set. */
	       CHECK_OK(run, otls_context_set_password(other, FIXTURE_PASSPHRASE)) &&
	       CHECK_OK(run, otls_context_use_key_pair_file(other, leaf, key)) && CHECK_NUMBER(run, good.calls, 1);
}

static bool
password_callback_refuses(struct run *run)
{
	struct passphrase refuse = { FIXTURE_PASSPHRASE, OTLS_ANSWER_REFUSE, 0, 0, "" };
	struct passphrase pending = { FIXTURE_PASSPHRASE, OTLS_ANSWER_PENDING, 0, 0, "" };
	struct passphrase wrong = { "wrong", OTLS_ANSWER_OK, 0, 0, "" };
	struct passphrase liar = { FIXTURE_PASSPHRASE, OTLS_ANSWER_OK, 1 << 20, 0, "" };
	struct passphrase *all[] = { &refuse, &pending, &wrong, &liar };
	otls_context *server = good_server(run);

	for (size_t i = 0; i < COUNT(all); i++) {
		if (!CHECK_OK(run, otls_context_set_password_callback(server, on_password, all[i], NULL)) ||
		    !CHECK(run, use_p256(server, fixture_p256_pbes2) == OTLS_ERROR) ||
		    !CHECK(run, all[i] == &liar || otls_error_code(otls_error_last()) == OTLS_E_PASSPHRASE) ||
		    !CHECK_NUMBER(run, all[i]->calls, 1))
			return false;
	}
	return pair_connect(pair_open(run, good_client(run), server, WIRE_MEMORY));
}

static bool
passphrase_too_long(struct run *run)
{
	otls_context *server = bare_server(run);
	char text[1100] = "";

	memset(text, 'x', 1023);
	if (!CHECK_OK(run, otls_context_set_password(server, text)))
		return false;
	strcat(text, "x");
	return CHECK_ERROR(run, otls_context_set_password(server, text), OTLS_E_LIMIT) &&
	       CHECK_OK(run, otls_context_set_password(server, NULL));
}

/* == PKCS#12 == */

/* The root in it is not sent. */
static bool
pkcs12(struct run *run)
{
	const char *path = run_file(run, "pair.p12", fixture_pkcs12, fixture_pkcs12_len);
	otls_context *one = bare_server(run), *two = bare_server(run), *three = bare_server(run);

	return CHECK_OK(run, otls_context_use_pkcs12_file(one, path, FIXTURE_PASSPHRASE)) && serves(run, one) &&
	       CHECK_OK(
		   run, otls_context_use_pkcs12_mem(two, fixture_pkcs12, fixture_pkcs12_len, FIXTURE_PASSPHRASE)) &&
	       serves(run, two) && CHECK_OK(run, otls_context_set_password(three, FIXTURE_PASSPHRASE)) &&
	       CHECK_OK(run, otls_context_use_pkcs12_file(three, path, NULL)) && serves(run, three);
}

static bool
pkcs12_password_callback(struct run *run)
{
	struct passphrase good = { FIXTURE_PASSPHRASE, OTLS_ANSWER_OK, 0, 0, "" };
	struct passphrase refuse = { FIXTURE_PASSPHRASE, OTLS_ANSWER_REFUSE, 0, 0, "" };
	const char *path = run_file(run, "pair.p12", fixture_pkcs12, fixture_pkcs12_len);
	otls_context *server = bare_server(run);

	return CHECK_OK(run, otls_context_set_password_callback(server, on_password, &refuse, NULL)) &&
	       CHECK_ERROR(run, otls_context_use_pkcs12_file(server, path, NULL), OTLS_E_PASSPHRASE) &&
	       CHECK_OK(run, otls_context_set_password_callback(server, on_password, &good, NULL)) &&
	       CHECK_OK(run, otls_context_use_pkcs12_file(server, path, NULL)) && CHECK_NUMBER(run, good.calls, 1) &&
	       CHECK_TEXT(run, good.path, path) && serves(run, server);
}

static bool
pkcs12_refused(struct run *run)
{
	otls_context *server = good_server(run);
	const char *good = run_file(run, "good.p12", fixture_pkcs12, fixture_pkcs12_len);
	const char *cut = run_file(run, "cut.p12", fixture_pkcs12, fixture_pkcs12_len / 2);
	const char *pem = text_file(run, "pem.p12", fixture_p256_key), *empty = text_file(run, "empty.p12", "");

	return CHECK_ERROR(run, otls_context_use_pkcs12_file(NULL, good, ""), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_use_pkcs12_file(server, NULL, ""), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_use_pkcs12_mem(server, NULL, 1, ""), OTLS_E_BAD_ARGUMENT) &&
	       check_refused(
		   run, server, otls_context_use_pkcs12_file(server, good, "wrong"), OTLS_E_PASSPHRASE, good) &&
	       check_refused(run, server, otls_context_use_pkcs12_file(server, good, ""), OTLS_E_PASSPHRASE, good) &&
	       check_refused(run, server, otls_context_use_pkcs12_file(server, good, NULL), OTLS_E_PASSPHRASE, good) &&
	       check_refused(run, server, otls_context_use_pkcs12_file(server, cut, "x"), OTLS_E_FORMAT, cut) &&
	       check_refused(run, server, otls_context_use_pkcs12_file(server, pem, "x"), OTLS_E_FORMAT, pem) &&
	       check_refused(run, server, otls_context_use_pkcs12_file(server, empty, "x"), OTLS_E_FILE, empty) &&
	       check_refused(run, server, otls_context_use_pkcs12_file(server, "/nonexistent.p12", "x"), OTLS_E_FILE,
		   "/nonexistent.p12");
}

/* == bad files == */
struct bad_row {
	const char *name, *text;
	size_t len; /* 0: of the text */
	otls_code code;
};

static const char binary[] = "\x7f"
			     "ELF\x02\x01\x01\x00\xff\xfe\x80";

static const struct bad_row bad_chains[] = {
	{ "empty.pem", "", 0, OTLS_E_FILE },
	{ "binary.pem", binary, sizeof(binary), OTLS_E_FORMAT },
	{ "words.pem", "no certificate in here\n", 0, OTLS_E_FORMAT },
	{ "truncated.pem", fixture_good_leaf, 400, OTLS_E_FORMAT },
	{ "key.pem", fixture_p256_key, 0, OTLS_E_FORMAT },
};

static bool
bad_chain_files(struct run *run)
{
	otls_context *server = good_server(run);
	const char *key = text_file(run, "good-key.pem", fixture_p256_key);

	for (size_t i = 0; i < COUNT(bad_chains); i++) {
		const struct bad_row *row = &bad_chains[i];
		const char *path = run_file(run, row->name, row->text, row->len > 0 ? row->len : strlen(row->text));
		if (!check_refused(run, server, otls_context_use_key_pair_file(server, path, key), row->code, path) ||
		    !check_refused(
			run, server, otls_context_load_verify_locations(server, path, NULL), row->code, path))
			return false;
	}
	return true;
}

static const struct bad_row bad_keys[] = {
	{ "empty.key", "", 0, OTLS_E_FILE },
	{ "binary.key", binary, sizeof(binary), OTLS_E_FORMAT },
	{ "words.key", "no key in here\n", 0, OTLS_E_FORMAT },
	{ "truncated.key", fixture_p256_key, 120, OTLS_E_FORMAT },
	{ "certificate.key", fixture_good_leaf, 0, OTLS_E_FORMAT },
};

static bool
bad_key_files(struct run *run)
{
	otls_context *server = good_server(run);
	const char *chain = text_file(run, "good-leaf.pem", fixture_good_leaf);

	for (size_t i = 0; i < COUNT(bad_keys); i++) {
		const struct bad_row *row = &bad_keys[i];
		const char *path = run_file(run, row->name, row->text, row->len > 0 ? row->len : strlen(row->text));
		if (!check_refused(run, server, otls_context_use_key_pair_file(server, chain, path), row->code, path))
			return false;
	}
	return true;
}

static bool
missing_files(struct run *run)
{
	otls_context *server = good_server(run);
	const char *leaf = text_file(run, "leaf.pem", fixture_good_leaf), *directory = run_directory(run);

	return check_refused(run, server, otls_context_use_key_pair_file(server, leaf, "/nowhere/key.pem"), OTLS_E_FILE,
		   "/nowhere/key.pem") &&
	       CHECK_NUMBER(run, otls_error_errno(otls_error_last()), ENOENT) &&
	       check_refused(run, server, otls_context_use_key_pair_file(server, "/nowhere/leaf.pem", leaf),
		   OTLS_E_FILE, "/nowhere/leaf.pem") &&
	       check_refused(
		   run, server, otls_context_use_certificate_chain_file(server, directory), OTLS_E_FILE, directory) &&
	       check_refused(run, server, otls_context_load_verify_locations(server, NULL, "/nowhere/certs"),
		   OTLS_E_FILE, "/nowhere/certs") &&
	       check_refused(
		   run, server, otls_context_load_verify_locations(server, directory, NULL), OTLS_E_FILE, directory);
}

/* 100 MB of nothing: refused for its size, not read. */
static bool
huge_file(struct run *run)
{
	otls_context *server = good_server(run);
	const char *path = text_file(run, "huge.pem", fixture_good_leaf);

	return CHECK(run, truncate(path, 100 * 1000 * 1000) == 0) &&
	       check_error(run, otls_context_use_certificate_chain_file(server, path), OTLS_E_LIMIT, path, __FILE__,
		   __LINE__) &&
	       CHECK_OK(run, otls_context_check_private_key(server));
}

static bool
wrong_type(struct run *run)
{
	otls_context *server = good_server(run);
	const mint_identity *leaf = pki_server(run);
	const char *pem = NULL, *der = NULL, *key_pem = NULL, *key_der = NULL;

	if (leaf == NULL)
		return false;
	pem = text_file(run, "leaf.pem", leaf->pem);
	der = run_file(run, "leaf.der", leaf->certificate.data, leaf->certificate.len);
	key_pem = text_file(run, "key.pem", leaf->key_pem);
	key_der = run_file(run, "key.der", mint_key_pkcs8(leaf->key).data, mint_key_pkcs8(leaf->key).len);
	return check_refused(run, server, otls_context_use_certificate_file(server, pem, OTLS_FILETYPE_ASN1),
		   OTLS_E_FORMAT, pem) &&
	       check_refused(run, server, otls_context_use_certificate_file(server, der, OTLS_FILETYPE_PEM),
		   OTLS_E_FORMAT, der) &&
	       check_refused(run, server, otls_context_use_private_key_file(server, key_pem, OTLS_FILETYPE_ASN1),
		   OTLS_E_FORMAT, key_pem) &&
	       check_refused(run, server, otls_context_use_private_key_file(server, key_der, OTLS_FILETYPE_PEM),
		   OTLS_E_FORMAT, key_der) &&
	       check_refused(run, server, otls_context_use_certificate_chain_file(server, der), OTLS_E_FORMAT, der);
}

static bool
other_key(struct run *run)
{
	const mint_identity *leaf = pki_server(run);
	otls_context *server = good_server(run);

	if (leaf == NULL)
		return false;
	return CHECK_ERROR(run, use_p256(server, leaf->key_pem), OTLS_E_KEY_MISMATCH) &&
	       CHECK_ERROR(run, use_p256(server, fixture_rsa_key), OTLS_E_KEY_MISMATCH) &&
	       CHECK_ERROR(run,
		   otls_context_use_key_pair_mem(
		       server, fixture_weak_own, strlen(fixture_weak_own), fixture_weak_key, strlen(fixture_weak_key)),
		   OTLS_E_WEAK) &&
	       CHECK_OK(run, otls_context_check_private_key(server)) &&
	       pair_connect(pair_open(run, good_client(run), server, WIRE_MEMORY));
}

/* A certificate whose key may not sign is of no use to a server, and some libraries would not say so before a client
 * comes. */
static bool
key_that_may_not_sign(struct run *run)
{
	static const char *const names[] = { HOST, NULL };
	const mint_spec spec = {
		.common_name = HOST, .names = names, .has_key_usage = true, .key_usage = OTLS_KEY_USAGE_KEY_AGREEMENT
	};
	const mint_identity *leaf = pki_make(run, &spec, pki_ca(run));
	otls_context *server = good_server(run);

	if (leaf == NULL)
		return false;
	return CHECK_ERROR(run,
		   otls_context_use_key_pair_mem(
		       server, leaf->pem, strlen(leaf->pem), leaf->key_pem, strlen(leaf->key_pem)),
		   OTLS_E_PURPOSE) &&
	       CHECK_NUMBER(run, otls_error_category(otls_error_last()), OTLS_CATEGORY_CONFIG) &&
	       CHECK_OK(run, otls_context_check_private_key(server));
}

/* == trust == */
static bool
trust_directory(struct run *run)
{
	otls_context *client = bare_client(run), *server = good_server(run), *empty = bare_client(run);
	const mint_identity *ca = pki_ca(run);

	if (ca == NULL || !CHECK(run, run_directory(run)[0] != '\0') ||
	    !CHECK(run, otls_context_load_verify_locations(empty, NULL, run_directory(run)) == OTLS_ERROR) ||
	    !CHECK_NUMBER(run, otls_error_category(otls_error_last()), OTLS_CATEGORY_CONFIG))
		return false;
	text_file(run, "readme.txt", "not a certificate\n");
	text_file(run, "ca.pem", ca->pem);
	return CHECK_OK(run, otls_context_load_verify_locations(client, NULL, run_directory(run))) &&
	       pair_connect(pair_open(run, client, server, WIRE_MEMORY)) &&
	       CHECK_ERROR(run, otls_context_load_verify_locations(client, NULL, NULL), OTLS_E_BAD_ARGUMENT);
}

/* The platform's trust, when none was given: here, what the environment names. */
static bool
trust_platform(struct run *run)
{
	otls_context *client = bare_client(run), *server = good_server(run);
	const mint_identity *ca = pki_ca(run);
	struct pair *pair = NULL;

	if (ca == NULL)
		return false;
	setenv("SSL_CERT_FILE", text_file(run, "platform.pem", ca->pem), 1);
	setenv("SSL_CERT_DIR", run_directory(run), 1);
	pair = pair_open(run, client, server, WIRE_MEMORY);
	pair_connect(pair);
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	return run->outcome != OUTCOME_FAILED;
}

#define FORM(name, fn, key, encrypted)                                                                                 \
	{                                                                                                              \
		name, fn, &(const struct key_row){ key, encrypted }, SCOPE_BACKEND, 0                                  \
	}

static const struct test_case cases[] = {
	{ "pair_files", pair_files, .scope = SCOPE_BACKEND },
	{ "pem_with_junk", pem_with_junk, .scope = SCOPE_BACKEND },
	{ "der_files", der_files, .scope = SCOPE_BACKEND },
	{ "in_steps", in_steps, .scope = SCOPE_BACKEND },
	FORM("ec_pkcs8", key_form, fixture_p256_key, false),
	FORM("ec_sec1", key_form, fixture_p256_sec1, false),
	{ "pkcs12", pkcs12, .scope = SCOPE_BACKEND },
	{ "pkcs12_password_callback", pkcs12_password_callback, .scope = SCOPE_BACKEND },
	{ "pkcs12_refused", pkcs12_refused, .scope = SCOPE_BACKEND },
	FORM("ec_pbes2", key_form, fixture_p256_pbes2, true),
	FORM("ec_traditional", key_form, fixture_p256_traditional, true),
	FORM("rsa_pkcs8", rsa_key_form, fixture_rsa_key, false),
	FORM("rsa_pkcs1", rsa_key_form, fixture_rsa_pkcs1, false),
	FORM("ec_scrypt", key_form, fixture_p256_scrypt, true),
	FORM("rsa_pbes2", rsa_key_form, fixture_rsa_pbes2, true),
	FORM("rsa_traditional", rsa_key_form, fixture_rsa_traditional, true),
	{ "password_callback", password_callback, .scope = SCOPE_BACKEND },
	{ "password_callback_refuses", password_callback_refuses, .scope = SCOPE_BACKEND },
	{ "passphrase_too_long", passphrase_too_long, .scope = SCOPE_BACKEND },
	{ "bad_chain_files", bad_chain_files, .scope = SCOPE_BACKEND },
	{ "bad_key_files", bad_key_files, .scope = SCOPE_BACKEND },
	{ "missing_files", missing_files, .scope = SCOPE_BACKEND },
	{ "huge_file", huge_file, .scope = SCOPE_BACKEND },
	{ "wrong_type", wrong_type, .scope = SCOPE_BACKEND },
	{ "other_key", other_key, .scope = SCOPE_BACKEND },
	{ "key_that_may_not_sign", key_that_may_not_sign, .scope = SCOPE_BACKEND },
	{ "trust_directory", trust_directory, .scope = SCOPE_BACKEND },
	{ "trust_platform", trust_platform, .scope = SCOPE_BACKEND },
};

const struct suite suite_keys = { "keys", cases, COUNT(cases) };
