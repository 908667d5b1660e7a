/* Private keys behind a callback: what the callback is asked, and what comes of what it answers.  Signatures are made by
 * the openssl command, in another process, in the shapes that the callback's page promises. */
#include "pair.h"
#include "pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* == a signer in another process == */

enum mood { SIGNS, REFUSES, WAITS, TOO_SHORT, TOO_LONG, NOTHING, WRONG, GARBAGE };

struct signer {
	const char *directory;
	enum mood mood;
	int calls, freed;
	uint16_t scheme;
	otls_status inside; /* what a call that moves data answered inside of the callback */
};

static bool
have_openssl(struct run *run)
{
	if (system("openssl pkeyutl -help >/dev/null 2>&1") == 0)
		return true;
	unsupported(run, "there is no openssl command to sign with");
	return false;
}

/* As `openssl pkeyutl` wants to be told of a scheme. */
static const char *
options(uint16_t scheme)
{
#define PSS "-pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest "
	switch (scheme) {
	case 0x0401:
	case 0x0403:
		return "-pkeyopt digest:sha256";
	case 0x0501:
	case 0x0503:
		return "-pkeyopt digest:sha384";
	case 0x0601:
	case 0x0603:
		return "-pkeyopt digest:sha512";
	case 0x0804:
	case 0x0809:
		return PSS "-pkeyopt digest:sha256";
	case 0x0805:
	case 0x080a:
		return PSS "-pkeyopt digest:sha384";
	case 0x0806:
	case 0x080b:
		return PSS "-pkeyopt digest:sha512";
	default:
		return "-rawin";
	}
#undef PSS
}

static bool
make_signature(const struct signer *signer, uint16_t scheme, const uint8_t *tbs, size_t tbs_len, uint8_t *sig,
    size_t cap, size_t *len)
{
	char in[256], out[256], command[1024];
	FILE *file;

	snprintf(in, sizeof(in), "%s/signer.in", signer->directory);
	snprintf(out, sizeof(out), "%s/signer.out", signer->directory);
	snprintf(command, sizeof(command), "openssl pkeyutl -sign -inkey '%s/signer.key' -in '%s' -out '%s' %s 2>&1",
	    signer->directory, in, out, options(scheme));
	if ((file = fopen(in, "wb")) == NULL)
		return false;
	(void)fwrite(tbs, 1, tbs_len, file);
	if (fclose(file) != 0 || system(command) != 0 || (file = fopen(out, "rb")) == NULL)
		return false;
	*len = fread(sig, 1, cap, file);
	fclose(file);
	return *len > 0;
}

static otls_answer
sign(otls_connection *conn, uint16_t scheme, const uint8_t *tbs, size_t tbs_len, uint8_t *sig, size_t cap,
    size_t *sig_len, void *arg)
{
	struct signer *signer = arg;

	signer->calls++;
	signer->scheme = scheme;
	signer->inside = otls_connection_handshake(conn);
	if (signer->mood == REFUSES)
		return OTLS_ANSWER_REFUSE;
	if (signer->mood == WAITS)
		return OTLS_ANSWER_PENDING;
	if (!make_signature(signer, scheme, tbs, tbs_len, sig, cap, sig_len))
		return OTLS_ANSWER_REFUSE;
	switch (signer->mood) {
	case TOO_SHORT:
		*sig_len -= 1;
		break;
	case TOO_LONG:
		*sig_len = cap + 1;
		break;
	case NOTHING:
		*sig_len = 0;
		break;
	case WRONG:
		sig[*sig_len - 1] ^= 1;
		break;
	case GARBAGE:
		memset(sig, 0x5a, *sig_len);
		break;
	default:
		break;
	}
	return OTLS_ANSWER_OK;
}

/* To be made before the contexts that use it, so that it is released after them. */
static struct signer *
new_signer(struct run *run, enum mood mood)
{
	struct signer *signer = run_owns(run, calloc(1, sizeof(*signer)), free);

	signer->mood = mood;
	return signer;
}

static void
count_freed(void *arg)
{
	((struct signer *)arg)->freed++;
}

static void
start_signer(struct run *run, struct signer *signer, const mint_identity *identity)
{
	run_file(run, "signer.key", identity->key_pem, strlen(identity->key_pem));
	signer->directory = run_directory(run);
}

static bool
is_edwards(const mint_identity *identity)
{
	static const uint8_t spki[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 };
	otls_bytes key = mint_key_spki(identity->key);

	return key.len > sizeof(spki) && memcmp(key.data, spki, sizeof(spki)) == 0;
}

/* Completes a pair whose key is with the signer.  Where the backend cannot, the call must say so, and then the run does. */
static bool
use_signer(struct run *run, otls_context *ctx, const mint_identity *identity, struct signer *signer)
{
	const otls_backend *backend = otls_context_backend(ctx);
	otls_status status;

	if (!CHECK(run, identity != NULL))
		return false;
	start_signer(run, signer, identity);
	if (!CHECK_OK(run, otls_context_use_certificate_chain_mem(ctx, identity->pem, strlen(identity->pem))))
		return false;
	status = otls_context_use_private_key_callback(ctx, sign, signer, count_freed);
	if (is_edwards(identity) && !otls_backend_has(backend, OTLS_CAP_SIGN_EDWARDS)) {
		if (CHECK_ERROR(run, status, OTLS_E_UNSUPPORTED) && CHECK_NUMBER(run, signer->freed, 0) &&
		    CHECK_ERROR(run, otls_context_check_private_key(ctx), OTLS_E_INCOMPLETE_PAIR))
			unsupported(run, "Ed25519 keys behind a callback");
		return false;
	}
	return CHECK_OK(run, status) && CHECK_OK(run, otls_context_check_private_key(ctx));
}

static bool
missing(struct run *run)
{
	if (!have_openssl(run))
		return true;
	if (otls_backend_has(run->server, OTLS_CAP_KEY_CALLBACK) &&
	    otls_backend_has(run->client, OTLS_CAP_KEY_CALLBACK))
		return false;
	return unsupported(run, "private keys behind a callback");
}

/* == keys of all kinds, in both roles == */

static bool
scheme_is(struct run *run, enum pki_kind kind, uint16_t scheme)
{
	switch (kind) {
	case P256:
		return CHECK(run,
		    scheme == 0x0403 || (run->version < OTLS_TLS1_3 && scheme >> 8 <= 0x06 && (scheme & 0xff) == 0x03));
	case P384:
		return CHECK(run,
		    scheme == 0x0503 || (run->version < OTLS_TLS1_3 && scheme >> 8 <= 0x06 && (scheme & 0xff) == 0x03));
	case RSA:
		return CHECK(run,
		    (scheme >= 0x0804 && scheme <= 0x0806) || (run->version < OTLS_TLS1_3 && (scheme & 0xff) == 0x01));
	case RSA_PSS:
		return CHECK(run, scheme >= 0x0809 && scheme <= 0x080b);
	default:
		return CHECK_NUMBER(run, scheme, 0x0807);
	}
}

/* Both sides have to know what to do with such keys: schemes.key_for_pss shows what comes of it otherwise. */
static bool
missing_kind(struct run *run, enum pki_kind kind)
{
	if (missing(run))
		return true;
	if (kind != RSA_PSS ||
	    (otls_backend_has(run->client, OTLS_CAP_PSS_KEYS) && otls_backend_has(run->server, OTLS_CAP_PSS_KEYS)))
		return false;
	return unsupported(run, "keys that are marked for RSA-PSS");
}

static bool
serves(struct run *run)
{
	enum pki_kind kind = *(const enum pki_kind *)run->test->row;
	struct signer *signer = new_signer(run, SIGNS);
	otls_context *server = bare_server(run);
	struct pair *pair;

	if (missing_kind(run, kind))
		return true;
	if (!use_signer(run, server, pki_server_with(run, kind), signer))
		return run->outcome == OUTCOME_UNSUPPORTED;
	pair = pair_open(run, good_client(run), server, WIRE_MEMORY);
	return pair_connect(pair) && CHECK_NUMBER(run, signer->calls, 1) &&
	       CHECK_NUMBER(run, signer->inside, OTLS_ERROR) && scheme_is(run, kind, signer->scheme) &&
	       pair_exchange(pair, 1000) && pair_shutdown(pair) &&
	       pair_connect(pair_open(run, good_client(run), server, WIRE_MEMORY)) &&
	       CHECK_NUMBER(run, signer->calls, 2);
}

static bool
shows(struct run *run)
{
	enum pki_kind kind = *(const enum pki_kind *)run->test->row;
	struct signer *signer = new_signer(run, SIGNS);
	otls_context *server = good_server(run), *client = good_client(run);
	struct pair *pair;

	if (missing_kind(run, kind))
		return true;
	if (!trust(run, server, pki_ca(run)) ||
	    !CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_PEER | OTLS_VERIFY_FAIL_IF_NO_PEER_CERT)))
		return false;
	if (!use_signer(run, client, pki_server_with(run, kind), signer))
		return run->outcome == OUTCOME_UNSUPPORTED;
	pair = pair_open(run, client, server, WIRE_MEMORY);
	return pair_connect(pair) && CHECK_NUMBER(run, signer->calls, 1) && scheme_is(run, kind, signer->scheme) &&
	       CHECK(run, otls_connection_peer_certificate(pair->server) != NULL) && pair_exchange(pair, 1000);
}

/* == answers that are no signatures == */

struct mood_row {
	enum pki_kind kind;
	enum mood mood;
	const char *says; /* in the message */
};

static bool
fails(struct run *run)
{
	const struct mood_row *row = run->test->row;
	struct signer *signer = new_signer(run, row->mood);
	const mint_identity *identity = pki_server_with(run, row->kind);
	otls_context *server = bare_server(run);
	const otls_error *err;
	struct pair *pair;

	if (missing(run))
		return true;
	if (!use_signer(run, server, identity, signer))
		return run->outcome == OUTCOME_UNSUPPORTED;
	if (row->mood == WAITS && otls_backend_has(run->server, OTLS_CAP_SIGN_PENDING))
		return unsupported(run, "a backend that cannot wait for a signature");
	pair = pair_open(run, good_client(run), server, WIRE_MEMORY);
	pair_handshake(pair);
	err = otls_connection_error(pair->server);
	if (!CHECK_STATUS(run, pair->server_status, OTLS_ERROR) ||
	    !CHECK_NUMBER(run, otls_error_code(err), OTLS_E_CALLBACK) ||
	    !CHECK(run, strstr(otls_error_message(err), row->says) != NULL) ||
	    !CHECK(run, strstr(otls_error_message(err), HOST) != NULL) || !CHECK(run, pair->client_status != OTLS_OK) ||
	    !CHECK_NUMBER(run, signer->calls, 1))
		return false;
	signer->mood = SIGNS;
	return pair_connect(pair_open(run, good_client(run), server, WIRE_MEMORY));
}

/* == several pairs, with keys here and there == */

/* TLS 1.2's suites say what kind of key; in TLS 1.3 every client here knows both kinds. */
static bool
chosen_among_several(struct run *run)
{
	static const char *const lists[] = { "ECDHE+AESGCM+aRSA", "ECDHE+AESGCM+aECDSA" };
	struct signer *signer = new_signer(run, SIGNS);
	bool rsa_is_remote = *(const enum pki_kind *)run->test->row == RSA;
	otls_context *server = bare_server(run);

	if (missing(run))
		return true;
	if (!use_identity(run, server, rsa_is_remote ? pki_server(run) : pki_server_rsa(run)) ||
	    !use_signer(run, server, rsa_is_remote ? pki_server_rsa(run) : pki_server(run), signer))
		return run->outcome == OUTCOME_UNSUPPORTED;
	for (int ecdsa = 0; ecdsa < 2 && run->version == OTLS_TLS1_2; ecdsa++) {
		otls_context *client = good_client(run);
		struct pair *pair;

		if (!CHECK_OK(run, otls_context_set_cipher_list(client, lists[ecdsa])))
			return false;
		pair = pair_open(run, client, server, WIRE_MEMORY);
		if (!pair_connect(pair) ||
		    !CHECK_TEXT(run, otls_certificate_key_type(otls_connection_peer_certificate(pair->client)),
			ecdsa ? "EC" : "RSA"))
			return false;
	}
	if (run->version == OTLS_TLS1_2)
		return CHECK_NUMBER(run, signer->calls, 1);
	return pair_connect(pair_open(run, good_client(run), server, WIRE_MEMORY)) &&
	       CHECK_NUMBER(run, signer->calls, 0);
}

/* == identities == */

struct choice {
	const otls_identity *identity;
	otls_status inside;
	uint16_t first_scheme;
};

static otls_answer
choose(otls_connection *conn, const char *name, void *arg)
{
	struct choice *choice = arg;

	(void)name;
	choice->first_scheme = otls_connection_hello_scheme_at(conn, 0);
	choice->inside = otls_connection_set_identity(conn, choice->identity);
	return OTLS_ANSWER_OK;
}

static bool
identity_for_a_name(struct run *run)
{
	const mint_identity *rsa = pki_server_rsa(run);
	struct choice choice = { .inside = OTLS_ERROR };
	otls_context *server = bare_server(run);
	otls_identity *identity = NULL;
	struct pair *pair;
	bool good;

	if (rsa == NULL || !CHECK_OK(run, otls_identity_new(server, rsa->pem, strlen(rsa->pem), rsa->key_pem,
					      strlen(rsa->key_pem), &identity)))
		return false;
	choice.identity = identity;
	good = CHECK_OK(run, otls_context_set_servername_callback(server, choose, &choice, NULL));
	pair = pair_open(run, good_client(run), server, WIRE_MEMORY);
	good = good && pair_connect(pair) && CHECK_OK(run, choice.inside) && CHECK(run, choice.first_scheme != 0) &&
	       CHECK_TEXT(run, otls_certificate_key_type(otls_connection_peer_certificate(pair->client)), "RSA") &&
	       CHECK_ERROR(run, otls_connection_set_identity(pair->server, identity), OTLS_E_BAD_STATE);
	otls_identity_free(identity);
	return good && pair_exchange(pair, 100);
}

static bool
identity_with_a_signer(struct run *run)
{
	const mint_identity *own = pki_server(run);
	struct signer *signer = new_signer(run, SIGNS);
	otls_context *server = bare_server(run), *other = bare_server(run);
	otls_identity *identity = NULL;
	bool good;

	if (missing(run))
		return true;
	if (own == NULL)
		return false;
	start_signer(run, signer, own);
	if (!CHECK_OK(run,
		otls_identity_new_callback(server, own->pem, strlen(own->pem), sign, signer, count_freed, &identity)) ||
	    !CHECK_OK(run, otls_context_use_identity(server, identity)) ||
	    !CHECK_OK(run, otls_context_use_identity(server, identity)) ||
	    !CHECK(run, otls_context_identity_at(server, 0) == identity) ||
	    !CHECK(run, otls_context_identity_at(server, 1) == NULL) ||
	    !CHECK_OK(run, otls_context_use_identity(other, otls_context_identity_at(server, 0))) ||
	    !CHECK(run, otls_identity_certificate_at(identity, 0) != NULL) ||
	    !CHECK(run, otls_identity_certificate_at(identity, 1) == NULL))
		return false;
	otls_identity_free(identity);
	good = pair_connect(pair_open(run, good_client(run), other, WIRE_MEMORY)) &&
	       pair_connect(pair_open(run, good_client(run), server, WIRE_MEMORY)) &&
	       CHECK_NUMBER(run, signer->calls, 2);
	return good && CHECK_NUMBER(run, signer->freed, 0);
}

/* == misuse == */

static bool
misuse(struct run *run)
{
	const mint_identity *own = pki_server(run);
	struct signer *signer = new_signer(run, SIGNS);
	otls_context *server = bare_server(run), *copy = NULL;
	otls_identity *identity = NULL;
	size_t len = own != NULL ? strlen(own->pem) : 0;

	if (missing(run))
		return true;
	if (own == NULL ||
	    !CHECK_ERROR(
		run, otls_context_use_private_key_callback(NULL, sign, signer, count_freed), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(
		run, otls_context_use_private_key_callback(server, NULL, signer, count_freed), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(
		run, otls_context_use_private_key_callback(server, sign, signer, count_freed), OTLS_E_BAD_STATE) ||
	    !CHECK_ERROR(run, otls_identity_new_callback(server, own->pem, len, NULL, NULL, NULL, &identity),
		OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(run, otls_identity_new_callback(server, "nothing", 7, sign, signer, count_freed, &identity),
		OTLS_E_FORMAT) ||
	    !CHECK_ERROR(
		run, otls_identity_new_callback(server, own->pem, len, sign, NULL, NULL, NULL), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(run, otls_context_use_identity(server, NULL), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK_ERROR(run, otls_context_use_identity(NULL, NULL), OTLS_E_BAD_ARGUMENT) ||
	    !CHECK(run, identity == NULL && signer->freed == 0))
		return false;
	otls_identity_free(NULL);
	if (!CHECK(run, otls_identity_ref(NULL) == NULL) ||
	    !CHECK(run, otls_identity_certificate_at(NULL, 0) == NULL) ||
	    !CHECK(run, otls_context_identity_at(NULL, 0) == NULL) ||
	    !CHECK_NUMBER(run, otls_connection_hello_scheme_at(NULL, 0), 0) || !use_signer(run, server, own, signer) ||
	    !CHECK_OK(run, otls_context_copy(server, &copy)))
		return false;
	run_owns_context(run, copy);
	/* The pair is replaced in one of the two: the other still has it. */
	return use_identity(run, server, own) && CHECK_NUMBER(run, signer->freed, 0) &&
	       pair_connect(pair_open(run, good_client(run), copy, WIRE_MEMORY)) && CHECK_NUMBER(run, signer->calls, 1);
}

static bool
argument(struct run *run)
{
	const mint_identity *own = pki_server(run);
	struct signer *signer = new_signer(run, SIGNS);
	otls_context *ctx = NULL;

	if (missing(run))
		return true;
	if (!CHECK_OK(run, otls_context_new_with(run->server, OTLS_METHOD_TLS_SERVER, &ctx)) ||
	    !use_signer(run, ctx, own, signer))
		return false;
	otls_context_free(ctx);
	return CHECK_NUMBER(run, signer->freed, 1);
}

/* Another library's identity is of no use. */
static bool
other_backend(struct run *run)
{
	const mint_identity *own = pki_server(run);
	struct choice choice = { .inside = OTLS_OK };
	otls_context *server = good_server(run);
	otls_identity *identity = NULL;
	bool same = run->client == run->server, good;
	otls_context *client = good_client(run);

	if (own == NULL || !CHECK_OK(run, otls_identity_new(client, own->pem, strlen(own->pem), own->key_pem,
					      strlen(own->key_pem), &identity)))
		return false;
	choice.identity = identity;
	good = CHECK_OK(run, otls_context_set_servername_callback(server, choose, &choice, NULL)) &&
	       CHECK_STATUS(run, otls_context_use_identity(server, identity), same ? OTLS_OK : OTLS_ERROR) &&
	       CHECK(run, same || otls_error_code(otls_error_last()) == OTLS_E_BAD_ARGUMENT) &&
	       pair_connect(pair_open(run, client, server, WIRE_MEMORY)) &&
	       CHECK_STATUS(run, choice.inside, same ? OTLS_OK : OTLS_ERROR);
	otls_identity_free(identity);
	return good;
}

/* clang-format off */
#define KIND(which) &(const enum pki_kind){ which }
/* clang-format on */
#define FAILS(name, key, how, says)                                                                                    \
	{                                                                                                              \
		name, fails, &(const struct mood_row){ key, how, says }, SCOPE_PAIR, 0                                 \
	}

static const struct test_case cases[] = {
	{ "serves_p256", serves, KIND(P256), SCOPE_PAIR, 0 },
	{ "serves_p384", serves, KIND(P384), SCOPE_PAIR, 0 },
	{ "serves_rsa", serves, KIND(RSA), SCOPE_PAIR, 0 },
	{ "serves_rsa_pss", serves, KIND(RSA_PSS), SCOPE_PAIR, 0 },
	{ "serves_ed25519", serves, KIND(ED25519), SCOPE_PAIR, 0 },
	{ "shows_p256", shows, KIND(P256), SCOPE_PAIR, 0 },
	{ "shows_p384", shows, KIND(P384), SCOPE_PAIR, 0 },
	{ "shows_rsa", shows, KIND(RSA), SCOPE_PAIR, 0 },
	{ "shows_rsa_pss", shows, KIND(RSA_PSS), SCOPE_PAIR, 0 },
	{ "shows_ed25519", shows, KIND(ED25519), SCOPE_PAIR, 0 },
	FAILS("refuses", P256, REFUSES, "sign callback"),
	FAILS("cannot_wait", P256, WAITS, "SIGN_PENDING"),
	FAILS("too_short", RSA, TOO_SHORT, "255 bytes"),
	FAILS("too_long", RSA, TOO_LONG, "257 bytes"),
	FAILS("nothing", P256, NOTHING, "Ecdsa-Sig-Value"),
	FAILS("cut_off", P256, TOO_SHORT, "Ecdsa-Sig-Value"),
	FAILS("beyond_the_buffer", P256, TOO_LONG, "bytes"),
	FAILS("wrong_p256", P256, WRONG, "not a signature by this key"),
	FAILS("wrong_rsa", RSA, WRONG, "not a signature by this key"),
	FAILS("wrong_ed25519", ED25519, WRONG, "not a signature by this key"),
	FAILS("garbage_rsa", RSA, GARBAGE, "not a signature by this key"),
	FAILS("garbage", P256, GARBAGE, "Ecdsa-Sig-Value"),
	{ "chosen_among_several", chosen_among_several, KIND(RSA), SCOPE_PAIR, 0 },
	{ "chosen_among_several_other", chosen_among_several, KIND(P256), SCOPE_PAIR, 0 },
	{ "identity_for_a_name", identity_for_a_name, .scope = SCOPE_PAIR },
	{ "identity_with_a_signer", identity_with_a_signer, .scope = SCOPE_BACKEND_VERSION },
	{ "other_backend", other_backend, .scope = SCOPE_PAIR },
	{ "misuse", misuse, .scope = SCOPE_BACKEND_VERSION },
	{ "argument", argument, .scope = SCOPE_BACKEND },
};

const struct suite suite_signer = { "signer", cases, COUNT(cases) };
