/* Stapled OCSP responses: what a server sends, and what a client makes of it.  Each refusal has a twin that differs in
 * one thing and is accepted. */
#include "pair.h"
#include "pki.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY 86400

enum { ALERT_REVOKED = 44, ALERT_INTERNAL_ERROR = 80, ALERT_BAD_STATUS = 113 };

static const char *const host_names[] = { HOST, NULL };
static const mint_extension must_staple = { "1.3.6.1.5.5.7.1.24", false, "\x30\x03\x02\x01\x05", 5 };
static const mint_extension unknown = { "1.3.6.1.4.1.99999.1", true, "\x05\x00", 2 };

/* A server's chain, and what it staples. */
struct scene {
	const mint_identity *middle, *leaf, *delegate;
	otls_bytes staple; /* empty: none */
	otls_context *client, *server;
	unsigned asked; /* how often the server's callback was called */
	otls_answer answer;
};

/* == making it == */

static struct scene *
new_scene(struct run *run, bool demands)
{
	struct scene *scene = run_owns(run, calloc(1, sizeof(*scene)), free);
	const mint_spec middle = { .common_name = "Intermediate", .is_ca = true };
	const mint_spec leaf = {
		.common_name = HOST,
		.names = host_names,
		.key = pki_key(run),
		.extensions = &must_staple,
		.extension_count = demands ? 1 : 0,
	};

	if ((scene->middle = pki_make(run, &middle, pki_ca(run))) == NULL ||
	    (scene->leaf = pki_make(run, &leaf, scene->middle)) == NULL)
		return NULL;
	scene->answer = OTLS_ANSWER_OK;
	scene->client = good_client(run);
	scene->server = bare_server(run);
	return scene;
}

static bool
use_chain(struct run *run, struct scene *scene)
{
	const mint_identity *list[] = { scene->leaf, scene->middle, NULL };
	char *pem = run_owns(run, mint_chain_pem(list), free);

	return CHECK_OK(run, otls_context_use_key_pair_mem(
				 scene->server, pem, strlen(pem), scene->leaf->key_pem, strlen(scene->leaf->key_pem)));
}

static bool
set_staple(struct run *run, struct scene *scene, const mint_ocsp_spec *spec, const mint_identity *about)
{
	scene->staple = mint_ocsp(spec, about, scene->middle);
	if (scene->staple.data == NULL)
		return failed(run, "%s", mint_error());
	run_owns(run, (void *)(uintptr_t)scene->staple.data, free);
	return true;
}

/* Sends what the scene says, whatever it is. */
static otls_answer
give(otls_connection *conn, const otls_certificate *leaf, void *arg)
{
	struct scene *scene = arg;

	scene->asked++;
	if (strcmp(otls_certificate_common_name(leaf), HOST) != 0 ||
	    otls_connection_set_ocsp_response(conn, scene->staple.data, scene->staple.len) != OTLS_OK)
		return OTLS_ANSWER_REFUSE;
	return scene->answer;
}

static bool
use_callback(struct run *run, struct scene *scene)
{
	return CHECK_OK(run, otls_context_set_ocsp_server_callback(scene->server, give, scene, NULL));
}

/* A client that asks. */
static bool
ask(struct run *run, struct scene *scene, uint64_t flags)
{
	return CHECK_OK(run, otls_context_set_verify_flags(scene->client, OTLS_VERIFY_FLAG_OCSP | flags));
}

static bool
can_staple(struct run *run)
{
	if (!otls_backend_has(run->client, OTLS_CAP_OCSP_CLIENT))
		return !unsupported(run, "needs OCSP_CLIENT");
	if (!otls_backend_has(run->server, OTLS_CAP_OCSP_SERVER))
		return !unsupported(run, "needs OCSP_SERVER");
	return true;
}

/* == what is stapled == */

typedef bool (*make_fn)(struct run *run, struct scene *scene);

static bool
staple_good(struct run *run, struct scene *scene)
{
	return set_staple(run, scene, &(const mint_ocsp_spec){ .says = MINT_GOOD }, scene->leaf);
}

static bool
staple_none(struct run *run, struct scene *scene)
{
	(void)run;
	scene->staple = (otls_bytes){ NULL, 0 };
	return true;
}

static bool
staple_sha256(struct run *run, struct scene *scene)
{
	return set_staple(run, scene, &(const mint_ocsp_spec){ .hash = OTLS_HASH_SHA256, .by_key = true }, scene->leaf);
}

static bool
staple_endless(struct run *run, struct scene *scene)
{
	return set_staple(run, scene, &(const mint_ocsp_spec){ .no_next_update = true }, scene->leaf);
}

static bool
staple_revoked(struct run *run, struct scene *scene)
{
	return set_staple(run, scene, &(const mint_ocsp_spec){ .says = MINT_REVOKED, .reason = 1 }, scene->leaf);
}

/* It is revoked for as long as anybody says so. */
static bool
staple_revoked_before(struct run *run, struct scene *scene)
{
	int64_t now = (int64_t)time(NULL);
	mint_ocsp_spec spec = { .says = MINT_REVOKED, .this_update = now - 9 * DAY, .next_update = now - 2 * DAY };

	return set_staple(run, scene, &spec, scene->leaf);
}

static bool
staple_unknown(struct run *run, struct scene *scene)
{
	return set_staple(run, scene, &(const mint_ocsp_spec){ .says = MINT_UNKNOWN }, scene->leaf);
}

static bool
staple_later(struct run *run, struct scene *scene)
{
	return set_staple(run, scene, &(const mint_ocsp_spec){ .status = 3 }, scene->leaf);
}

static bool
staple_unauthorized(struct run *run, struct scene *scene)
{
	return set_staple(run, scene, &(const mint_ocsp_spec){ .status = 6 }, scene->leaf);
}

static bool
staple_expired(struct run *run, struct scene *scene)
{
	int64_t now = (int64_t)time(NULL);
	mint_ocsp_spec spec = { .this_update = now - 9 * DAY, .next_update = now - 60 };

	return set_staple(run, scene, &spec, scene->leaf);
}

static bool
staple_future(struct run *run, struct scene *scene)
{
	mint_ocsp_spec spec = { .this_update = (int64_t)time(NULL) + 3600 };

	return set_staple(run, scene, &spec, scene->leaf);
}

static bool
staple_old(struct run *run, struct scene *scene)
{
	mint_ocsp_spec spec = { .this_update = (int64_t)time(NULL) - 8 * DAY, .no_next_update = true };

	return set_staple(run, scene, &spec, scene->leaf);
}

static bool
staple_of_other(struct run *run, struct scene *scene)
{
	const mint_spec spec = { .common_name = HOST, .names = host_names };
	const mint_identity *other = pki_make(run, &spec, scene->middle);

	return other != NULL && set_staple(run, scene, &(const mint_ocsp_spec){ .says = MINT_GOOD }, other);
}

static bool
staple_damaged(struct run *run, struct scene *scene)
{
	return set_staple(run, scene, &(const mint_ocsp_spec){ .damaged = true }, scene->leaf);
}

static bool
staple_garbage(struct run *run, struct scene *scene)
{
	(void)run;
	scene->staple = (otls_bytes){ (const uint8_t *)"\x30\x03\x0a\x01\x00", 5 };
	return true;
}

/* It says of itself that it needs no check (RFC 6960, section 4.2.2.2.1). */
static bool
staple_of_other_unchecked(struct run *run, struct scene *scene)
{
	static const mint_extension no_check = { "1.3.6.1.5.5.7.48.1.5", false, "\x05\x00", 2 };
	const mint_spec spec = { .common_name = HOST, .names = host_names };
	const mint_identity *other = pki_make(run, &spec, scene->middle);

	return other != NULL && set_staple(run, scene,
				    &(const mint_ocsp_spec){
					.extensions = &no_check,
					.extension_count = 1,
					.single_extensions = &no_check,
					.single_extension_count = 1,
				    },
				    other);
}

static bool
staple_critical(struct run *run, struct scene *scene)
{
	return set_staple(
	    run, scene, &(const mint_ocsp_spec){ .extensions = &unknown, .extension_count = 1 }, scene->leaf);
}

static bool
staple_by(struct run *run, struct scene *scene, const mint_spec *signer, const mint_identity *issuer)
{
	const mint_identity *delegate = pki_make(run, signer, issuer);

	return delegate != NULL && set_staple(run, scene, &(const mint_ocsp_spec){ .signer = delegate }, scene->leaf);
}

static const char *const for_ocsp[] = { MINT_OCSP_SIGNING, NULL };

static bool
staple_delegated(struct run *run, struct scene *scene)
{
	const mint_spec signer = { .common_name = "Responder", .purposes = for_ocsp };

	return staple_by(run, scene, &signer, scene->middle);
}

/* Anybody with a certificate of the same authority. */
static bool
staple_usurped(struct run *run, struct scene *scene)
{
	const mint_spec signer = { .common_name = "Responder" };

	return staple_by(run, scene, &signer, scene->middle);
}

static bool
staple_by_stranger(struct run *run, struct scene *scene)
{
	const mint_spec signer = { .common_name = "Responder", .purposes = for_ocsp };

	return staple_by(run, scene, &signer, pki_other_ca(run));
}

static bool
staple_by_expired(struct run *run, struct scene *scene)
{
	int64_t now = (int64_t)time(NULL);
	const mint_spec signer = {
		.common_name = "Responder", .purposes = for_ocsp, .not_before = now - 9 * DAY, .not_after = now - DAY
	};

	return staple_by(run, scene, &signer, scene->middle);
}

/* == what comes of it == */

struct row {
	make_fn make;
	otls_verify_reason reason; /* OK: good, or forgiven */
	otls_ocsp_status status;
	const char *text;
	bool demands; /* the leaf does */
	uint64_t flags;
};

static int
alert_of(const struct run *run, otls_verify_reason reason)
{
	bool exact = run->version == OTLS_TLS1_3 || otls_backend_has(run->client, OTLS_CAP_OCSP_ALERT);

	return reason == OTLS_REASON_REVOKED && exact ? ALERT_REVOKED : ALERT_BAD_STATUS;
}

static bool
check_refused(struct run *run, struct pair *pair, otls_verify_reason reason, int alert)
{
	const otls_error *err = otls_connection_error(pair->client);
	int depth = -1;

	return CHECK_NUMBER(run, pair->client_status, OTLS_ERROR) && CHECK_TEXT(run, otls_error_name(err), "VERIFY") &&
	       CHECK_TEXT(
		   run, otls_verify_reason_name(otls_error_verify_reason(err)), otls_verify_reason_name((int)reason)) &&
	       CHECK_NUMBER(run, otls_error_verify_depth(err), 0) &&
	       CHECK_NUMBER(run, otls_connection_verify_result(pair->client, &depth), reason) &&
	       CHECK_NUMBER(run, depth, 0) && CHECK_NUMBER(run, otls_error_alert(err), alert) &&
	       CHECK(run, otls_error_alert_was_sent(err)) &&
	       CHECK(run, pair->server_status != OTLS_OK || run->version == OTLS_TLS1_3);
}

/* Whether the staple came as it was sent. */
static bool
check_response(struct run *run, const struct pair *pair, const struct scene *scene)
{
	size_t len = 0;
	const uint8_t *response = otls_connection_ocsp_response(pair->client, &len);

	if (!CHECK_NUMBER(run, len, scene->staple.len) || !CHECK(run, (response == NULL) == (len == 0)))
		return false;
	return CHECK(run, len == 0 || memcmp(response, scene->staple.data, len) == 0);
}

static bool
play(struct run *run, const struct row *row, bool bad)
{
	struct scene *scene = new_scene(run, row->demands);
	otls_ocsp_status status = bad ? row->status : OTLS_OCSP_GOOD;
	struct pair *pair;

	if (scene == NULL || !use_chain(run, scene) || !ask(run, scene, row->flags) ||
	    !(bad ? row->make : staple_good)(run, scene))
		return false;
	if (scene->staple.len > 0 && !use_callback(run, scene))
		return false;
	pair = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	pair_handshake(pair);
	if (!check_response(run, pair, scene) ||
	    !CHECK_NUMBER(run, otls_connection_ocsp_status(pair->client), status) ||
	    !CHECK(run, strstr(otls_connection_ocsp_text(pair->client), bad ? row->text : "") != NULL))
		return false;
	if (bad && row->reason != OTLS_REASON_OK)
		return check_refused(run, pair, row->reason, alert_of(run, row->reason));
	return pair_connect(pair) && pair_exchange(pair, 100);
}

static bool
staple_row(struct run *run)
{
	const struct row *row = run->test->row;

	if (!can_staple(run))
		return true;
	return play(run, row, true) && (row->reason == OTLS_REASON_OK || play(run, row, false));
}

/* The server need not be able to staple. */
static bool
missing_row(struct run *run)
{
	if (!otls_backend_has(run->client, OTLS_CAP_OCSP_CLIENT))
		return unsupported(run, "needs OCSP_CLIENT");
	return play(run, run->test->row, true);
}

/* GnuTLS CVE-2016-7444: of the serial number, the length was not compared. */
static bool
shorter_serial(struct run *run)
{
	static const uint8_t serial[] = { 0x42, 0x43, 0x44, 0x45 };
	mint_spec spec = { .common_name = HOST, .names = host_names, .key = pki_key(run) };
	struct pair *pair;

	if (!can_staple(run))
		return true;
	for (size_t len = 3; len <= sizeof(serial); len++) {
		struct scene *scene = new_scene(run, false);
		const mint_identity *about;

		spec.serial = (otls_bytes){ serial, sizeof(serial) };
		if (scene == NULL || (scene->leaf = pki_make(run, &spec, scene->middle)) == NULL)
			return false;
		spec.serial.len = len;
		if ((about = pki_make(run, &spec, scene->middle)) == NULL || !use_chain(run, scene) ||
		    !use_callback(run, scene) || !ask(run, scene, 0) ||
		    !set_staple(run, scene, &(const mint_ocsp_spec){ .says = MINT_GOOD }, about))
			return false;
		pair = pair_open(run, scene->client, scene->server, WIRE_VARIED);
		if (len == sizeof(serial))
			return pair_connect(pair);
		pair_handshake(pair);
		if (!check_refused(run, pair, OTLS_REASON_OCSP_INVALID, ALERT_BAD_STATUS))
			return false;
	}
	return true;
}

/* == asking == */

static bool
nothing_unasked(struct run *run)
{
	struct scene *scene = new_scene(run, true);
	struct pair *pair;

	if (!otls_backend_has(run->server, OTLS_CAP_OCSP_SERVER))
		return unsupported(run, "needs OCSP_SERVER");
	if (scene == NULL || !use_chain(run, scene) || !use_callback(run, scene) || !staple_revoked(run, scene))
		return false;
	pair = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	return pair_connect(pair) && CHECK_NUMBER(run, scene->asked, 0) &&
	       CHECK_NUMBER(run, otls_connection_ocsp_status(pair->client), OTLS_OCSP_NOT_JUDGED) &&
	       CHECK(run, otls_connection_ocsp_response(pair->client, NULL) == NULL);
}

/* One connection of a context asks, another does not. */
static bool
asked_by_one(struct run *run)
{
	struct scene *scene = new_scene(run, false);
	struct pair *asking, *other;

	if (!can_staple(run))
		return true;
	if (scene == NULL || !use_chain(run, scene) || !use_callback(run, scene) || !staple_good(run, scene))
		return false;
	asking = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	other = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	return CHECK_OK(run, otls_connection_request_ocsp(asking->client)) && pair_connect(other) &&
	       CHECK_NUMBER(run, scene->asked, 0) && pair_connect(asking) && CHECK_NUMBER(run, scene->asked, 1) &&
	       CHECK_NUMBER(run, otls_connection_ocsp_status(asking->client), OTLS_OCSP_GOOD) &&
	       CHECK_NUMBER(run, otls_connection_ocsp_status(other->client), OTLS_OCSP_NOT_JUDGED) &&
	       CHECK_ERROR(run, otls_connection_request_ocsp(asking->client), OTLS_E_BAD_STATE) &&
	       CHECK_ERROR(run, otls_connection_request_ocsp(asking->server), OTLS_E_BAD_STATE);
}

static bool
details(struct run *run)
{
	struct scene *scene = new_scene(run, false);
	int64_t now = (int64_t)time(NULL);
	mint_ocsp_spec spec = { .says = MINT_REVOKED,
		.reason = 4,
		.this_update = now - DAY,
		.next_update = now + DAY,
		.revoked_at = 1600000000 };
	struct pair *pair;

	if (!can_staple(run))
		return true;
	if (scene == NULL || !use_chain(run, scene) || !use_callback(run, scene) || !ask(run, scene, 0) ||
	    !set_staple(run, scene, &spec, scene->leaf))
		return false;
	pair = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	pair_handshake(pair);
	return check_refused(run, pair, OTLS_REASON_REVOKED, alert_of(run, OTLS_REASON_REVOKED)) &&
	       CHECK_TEXT(run, otls_connection_ocsp_text(pair->client),
		   "was revoked on 2020-09-13 12:26:40 UTC: superseded") &&
	       CHECK_NUMBER(run, otls_connection_ocsp_revocation_reason(pair->client), 4) &&
	       CHECK_NUMBER(run, otls_connection_ocsp_time(pair->client, OTLS_OCSP_THIS_UPDATE), now - DAY) &&
	       CHECK_NUMBER(run, otls_connection_ocsp_time(pair->client, OTLS_OCSP_NEXT_UPDATE), now + DAY) &&
	       CHECK_NUMBER(run, otls_connection_ocsp_time(pair->client, OTLS_OCSP_REVOKED_AT), 1600000000);
}

/* == a server's own == */

static bool
set_response(struct run *run, const struct scene *scene)
{
	return CHECK_OK(run, otls_context_set_ocsp_response(scene->server, scene->staple.data, scene->staple.len));
}

/* Whether the client then gets it. */
static bool
arrives(struct run *run, struct scene *scene, bool expected)
{
	struct pair *pair = pair_open(run, scene->client, scene->server, WIRE_VARIED);

	if (!expected)
		scene->staple.len = 0;
	return pair_connect(pair) && check_response(run, pair, scene) &&
	       CHECK_NUMBER(run, otls_connection_ocsp_status(pair->client), expected ? OTLS_OCSP_GOOD : OTLS_OCSP_NONE);
}

static bool
set_once(struct run *run)
{
	struct scene *scene = new_scene(run, false);
	char *pem;

	if (!can_staple(run))
		return true;
	if (scene == NULL || !use_chain(run, scene) || !ask(run, scene, 0) || !staple_good(run, scene) ||
	    !set_response(run, scene) || !arrives(run, scene, true))
		return false;
	pem = run_owns(run, mint_pem("OCSP RESPONSE", scene->staple), free);
	return CHECK_OK(run, otls_context_set_ocsp_response(scene->server, NULL, 0)) &&
	       CHECK_OK(run,
		   otls_context_set_ocsp_response_file(scene->server, run_file(run, "staple.pem", pem, strlen(pem)))) &&
	       arrives(run, scene, true) && CHECK_OK(run, otls_context_set_ocsp_response(scene->server, NULL, 0)) &&
	       arrives(run, scene, false);
}

/* What the client would refuse is not sent any more. */
static bool
set_and_expired(struct run *run)
{
	struct scene *scene = new_scene(run, false);

	if (!can_staple(run))
		return true;
	return scene != NULL && use_chain(run, scene) && ask(run, scene, 0) && staple_expired(run, scene) &&
	       set_response(run, scene) && arrives(run, scene, false) && staple_good(run, scene) &&
	       set_response(run, scene) && arrives(run, scene, true);
}

/* Each of a server's certificates has its own; the client chooses by what it can check. */
static bool
set_for_each(struct run *run)
{
	static const char *const schemes[] = { "ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256" };
	mint_spec rsa = { .common_name = HOST, .names = host_names, .key = pki_server_rsa(run)->key };
	struct scene *scene = new_scene(run, false);
	otls_bytes staples[2];

	if (!can_staple(run))
		return true;
	for (int i = 0; i < 2; i++) {
		if (scene == NULL || (i == 1 && (scene->leaf = pki_make(run, &rsa, scene->middle)) == NULL) ||
		    !use_chain(run, scene) || !staple_good(run, scene) || !set_response(run, scene))
			return false;
		staples[i] = scene->staple;
	}
	for (int i = 0; i < 2; i++) {
		scene->client = good_client(run);
		scene->staple = staples[i];
		if (!CHECK_OK(run, otls_context_set_signature_schemes(scene->client, schemes[i])) ||
		    !ask(run, scene, 0) || !arrives(run, scene, true))
			return false;
	}
	return true;
}

static bool
set_wrong(struct run *run)
{
	struct scene *scene = new_scene(run, false);

	if (!otls_backend_has(run->server, OTLS_CAP_OCSP_SERVER))
		return unsupported(run, "needs OCSP_SERVER");
	if (scene == NULL || !staple_good(run, scene) ||
	    !CHECK_ERROR(run, otls_context_set_ocsp_response(scene->server, scene->staple.data, scene->staple.len),
		OTLS_E_BAD_STATE) ||
	    !use_chain(run, scene) || !staple_of_other(run, scene) ||
	    !CHECK_ERROR(run, otls_context_set_ocsp_response(scene->server, scene->staple.data, scene->staple.len),
		OTLS_E_BAD_ARGUMENT) ||
	    !staple_later(run, scene) ||
	    !CHECK_ERROR(run, otls_context_set_ocsp_response(scene->server, scene->staple.data, scene->staple.len),
		OTLS_E_BAD_ARGUMENT) ||
	    !staple_good(run, scene) ||
	    !CHECK_ERROR(run, otls_context_set_ocsp_response(scene->client, scene->staple.data, scene->staple.len),
		OTLS_E_BAD_STATE) ||
	    !set_response(run, scene))
		return false;
	return CHECK_ERROR(run, otls_context_set_ocsp_response(scene->server, "x", 1), OTLS_E_FORMAT) &&
	       CHECK_ERROR(run, otls_context_set_ocsp_response(NULL, "x", 1), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_ocsp_response_file(scene->server, NULL), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_ocsp_response_file(scene->server, "no/such/file"), OTLS_E_FILE) &&
	       CHECK_ERROR(
		   run, otls_context_set_ocsp_server_callback(scene->client, give, NULL, NULL), OTLS_E_BAD_STATE);
}

/* == the server's callback == */

static bool
server_waits(struct run *run)
{
	struct scene *scene = new_scene(run, false);
	struct pair *pair;

	if (!can_staple(run))
		return true;
	if (scene == NULL || !use_chain(run, scene) || !use_callback(run, scene) || !staple_good(run, scene) ||
	    !ask(run, scene, 0))
		return false;
	scene->answer = OTLS_ANSWER_PENDING;
	pair = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	pair_handshake(pair);
	if (!CHECK_STATUS(run, pair->server_status, OTLS_WANT_CALLBACK) || !CHECK(run, scene->asked >= 1))
		return false;
	scene->answer = OTLS_ANSWER_OK;
	pair->server_status = OTLS_WANT_READ;
	return pair_connect(pair) && CHECK_NUMBER(run, otls_connection_ocsp_status(pair->client), OTLS_OCSP_GOOD) &&
	       CHECK_ERROR(run, otls_connection_set_ocsp_response(pair->server, "x", 1), OTLS_E_BAD_STATE);
}

static bool
server_refuses(struct run *run)
{
	struct scene *scene = new_scene(run, false);
	struct pair *pair;

	if (!can_staple(run))
		return true;
	if (scene == NULL || !use_chain(run, scene) || !use_callback(run, scene) || !ask(run, scene, 0))
		return false;
	scene->answer = OTLS_ANSWER_REFUSE;
	pair = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	pair_handshake(pair);
	return CHECK_STATUS(run, pair->server_status, OTLS_ERROR) &&
	       CHECK_NUMBER(run, otls_error_code(otls_connection_error(pair->server)), OTLS_E_CALLBACK) &&
	       CHECK_NUMBER(run, otls_error_alert(otls_connection_error(pair->server)), ALERT_INTERNAL_ERROR) &&
	       CHECK_STATUS(run, pair->client_status, OTLS_ERROR);
}

/* == the client's callback == */

struct witness {
	otls_verdict verdict;
	unsigned called;
	size_t len;
	bool ok;
	otls_ocsp_status status;
};

static otls_verdict
look(otls_connection *conn, const uint8_t *der, size_t len, bool ok, void *arg)
{
	struct witness *witness = arg;

	witness->called++;
	witness->len = der != NULL ? len : 0;
	witness->ok = ok;
	witness->status = otls_connection_ocsp_status(conn);
	return witness->verdict;
}

static const struct answer_row {
	make_fn make;
	bool demands;
	otls_verdict verdict;
	otls_verify_reason reason; /* OK: connected */
	bool ok;                   /* what the callback is told */
	otls_ocsp_status status;
} answer_rows[] = {
	{ staple_good, false, OTLS_VERDICT_KEEP, OTLS_REASON_OK, true, OTLS_OCSP_GOOD },
	{ staple_good, false, OTLS_VERDICT_REJECT, OTLS_REASON_REJECTED, true, OTLS_OCSP_GOOD },
	{ staple_good, false, (otls_verdict)77, OTLS_REASON_REJECTED, true, OTLS_OCSP_GOOD },
	{ staple_revoked, false, OTLS_VERDICT_KEEP, OTLS_REASON_REVOKED, false, OTLS_OCSP_REVOKED },
	{ staple_revoked, false, OTLS_VERDICT_INSECURE_ACCEPT, OTLS_REASON_OK, false, OTLS_OCSP_REVOKED },
	{ staple_garbage, false, OTLS_VERDICT_INSECURE_ACCEPT, OTLS_REASON_OK, false, OTLS_OCSP_INVALID },
	{ staple_none, false, OTLS_VERDICT_KEEP, OTLS_REASON_OK, true, OTLS_OCSP_NONE },
	{ staple_none, false, OTLS_VERDICT_REJECT, OTLS_REASON_REJECTED, true, OTLS_OCSP_NONE },
	{ staple_none, true, OTLS_VERDICT_KEEP, OTLS_REASON_OCSP_MISSING, false, OTLS_OCSP_NONE },
	{ staple_none, true, OTLS_VERDICT_INSECURE_ACCEPT, OTLS_REASON_OK, false, OTLS_OCSP_NONE },
};

static bool
answer(struct run *run, const struct answer_row *row)
{
	struct witness witness = { .verdict = row->verdict };
	struct scene *scene = new_scene(run, row->demands);
	struct pair *pair;

	/* The callback alone makes the client ask. */
	if (scene == NULL || !use_chain(run, scene) || !use_callback(run, scene) || !row->make(run, scene) ||
	    !CHECK_OK(run, otls_context_set_ocsp_client_callback(scene->client, look, &witness, NULL)))
		return false;
	pair = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	pair_handshake(pair);
	if (!CHECK_NUMBER(run, witness.called, 1) || !CHECK_NUMBER(run, witness.len, scene->staple.len) ||
	    !CHECK_NUMBER(run, witness.ok, row->ok) || !CHECK_NUMBER(run, witness.status, row->status))
		return false;
	if (row->reason == OTLS_REASON_OK)
		return pair_connect(pair) && pair_exchange(pair, 10) &&
		       CHECK_NUMBER(run, otls_connection_ocsp_status(pair->client), row->status) &&
		       CHECK_NUMBER(run, otls_connection_verify_result(pair->client, NULL), OTLS_REASON_OK);
	return CHECK_NUMBER(run, pair->client_status, OTLS_ERROR) &&
	       CHECK_NUMBER(run, otls_connection_verify_result(pair->client, NULL), row->reason) &&
	       CHECK_NUMBER(run, otls_error_verify_reason(otls_connection_error(pair->client)), row->reason);
}

static bool
client_answers(struct run *run)
{
	if (!can_staple(run))
		return true;
	for (size_t i = 0; i < COUNT(answer_rows); i++)
		if (!answer(run, &answer_rows[i]))
			return run->outcome == OUTCOME_FAILED ? false : failed(run, "row %zu", i);
	return CHECK_ERROR(
	    run, otls_context_set_ocsp_client_callback(good_server(run), look, NULL, NULL), OTLS_E_BAD_STATE);
}

/* == what else is said about the certificate == */

static otls_verdict
accept_all(otls_connection *conn, const otls_certificate *cert, int reason, int depth, bool ok, void *arg)
{
	(void)conn, (void)cert, (void)reason, (void)depth, (void)ok, (void)arg;
	return OTLS_VERDICT_INSECURE_ACCEPT;
}

/* Whoever overrules what is wrong with the chain has not said anything about the staple. */
static bool
behind_callback(struct run *run)
{
	if (!can_staple(run))
		return true;
	for (int bad = 1; bad >= 0; bad--) {
		struct scene *scene = new_scene(run, false);
		struct pair *pair;

		if (scene == NULL || !use_chain(run, scene) || !use_callback(run, scene) || !ask(run, scene, 0) ||
		    !(bad ? staple_revoked : staple_good)(run, scene) ||
		    !CHECK_OK(run, otls_context_set_verify_callback(scene->client, accept_all, NULL, NULL)))
			return false;
		pair = pair_open_named(run, scene->client, scene->server, "other.example", WIRE_VARIED);
		pair_handshake(pair);
		if (bad ? !check_refused(run, pair, OTLS_REASON_REVOKED, alert_of(run, OTLS_REASON_REVOKED))
			: !pair_connect(pair))
			return false;
	}
	return true;
}

static bool
verification_off(struct run *run)
{
	struct scene *scene = new_scene(run, true);
	struct pair *pair;

	if (!can_staple(run))
		return true;
	if (scene == NULL || !use_chain(run, scene) || !use_callback(run, scene) || !staple_revoked(run, scene) ||
	    !ask(run, scene, 0) || !CHECK_OK(run, otls_context_set_verify(scene->client, OTLS_VERIFY_INSECURE_NONE)))
		return false;
	pair = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	return pair_connect(pair) && CHECK_NUMBER(run, otls_connection_ocsp_status(pair->client), OTLS_OCSP_REVOKED);
}

/* A resumed handshake brings no staple: the one that made the session did. */
static bool
resumed(struct run *run)
{
	struct scene *scene = new_scene(run, true);
	struct pair *first, *second;

	if (!can_staple(run) || !both_have(run, OTLS_CAP_SESSION))
		return true;
	if (scene == NULL || !use_chain(run, scene) || !use_callback(run, scene) || !staple_good(run, scene) ||
	    !ask(run, scene, OTLS_VERIFY_FLAG_OCSP_REQUIRE))
		return false;
	first = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	if (!pair_connect(first) || !pair_exchange(first, 100))
		return false;
	second = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	return CHECK_OK(run, otls_connection_set_session(second->client, otls_connection_session(first->client))) &&
	       pair_connect(second) && pair_exchange(second, 100) &&
	       CHECK(run, otls_connection_session_reused(second->client)) &&
	       CHECK_NUMBER(run, otls_connection_ocsp_status(second->client), OTLS_OCSP_NOT_JUDGED);
}

/* A session of a handshake in which nobody asked is none for those who do. */
static bool
resumed_unasked(struct run *run)
{
	struct scene *scene = new_scene(run, false);
	otls_context *asking = good_client(run);
	struct pair *first, *second;

	if (!can_staple(run) || !both_have(run, OTLS_CAP_SESSION))
		return true;
	if (scene == NULL || !use_chain(run, scene) || !use_callback(run, scene) || !staple_revoked(run, scene))
		return false;
	first = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	if (!pair_connect(first) || !pair_exchange(first, 100))
		return false;
	for (int i = 0; i < 2; i++) { /* a context that asks, a connection that does */
		if (i == 0 && !CHECK_OK(run, otls_context_set_verify_flags(asking, OTLS_VERIFY_FLAG_OCSP_REQUIRE)))
			return false;
		second = pair_open(run, i == 0 ? asking : scene->client, scene->server, WIRE_VARIED);
		if (i == 1 && !CHECK_OK(run, otls_connection_request_ocsp(second->client)))
			return false;
		if (!CHECK_ERROR(run,
			otls_connection_set_session(second->client, otls_connection_session(first->client)),
			OTLS_E_SESSION))
			return false;
		pair_handshake(second);
		if (!check_refused(run, second, OTLS_REASON_REVOKED, alert_of(run, OTLS_REASON_REVOKED)))
			return false;
	}
	return true;
}

/* Asked for behind set_session, too: the session is looked at again when it is offered. */
static bool
asked_after_session(struct run *run)
{
	struct scene *scene = new_scene(run, false);
	struct pair *first, *second;

	if (!can_staple(run) || !both_have(run, OTLS_CAP_SESSION))
		return true;
	if (scene == NULL || !use_chain(run, scene) || !use_callback(run, scene) || !staple_good(run, scene))
		return false;
	first = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	if (!pair_connect(first) || !pair_exchange(first, 100))
		return false;
	second = pair_open(run, scene->client, scene->server, WIRE_VARIED);
	return CHECK_OK(run, otls_connection_set_session(second->client, otls_connection_session(first->client))) &&
	       CHECK_OK(run, otls_connection_request_ocsp(second->client)) && pair_connect(second) &&
	       CHECK(run, !otls_connection_session_reused(second->client)) &&
	       CHECK_NUMBER(run, otls_connection_ocsp_status(second->client), OTLS_OCSP_GOOD);
}

/* == where it cannot be had == */

static bool
unsupported_calls(struct run *run)
{
	otls_context *client = good_client(run), *server = good_server(run);
	otls_connection *conn = NULL;

	if (!otls_backend_has(run->client, OTLS_CAP_OCSP_CLIENT) &&
	    !(CHECK_OK(run, otls_connection_new_client(client, HOST, &conn)) && run_owns_connection(run, conn) &&
		CHECK_ERROR(run, otls_connection_request_ocsp(conn), OTLS_E_UNSUPPORTED) &&
		CHECK_ERROR(run, otls_context_set_verify_flags(client, OTLS_VERIFY_FLAG_OCSP), OTLS_E_UNSUPPORTED) &&
		CHECK_ERROR(
		    run, otls_context_set_verify_flags(client, OTLS_VERIFY_FLAG_OCSP_REQUIRE), OTLS_E_UNSUPPORTED) &&
		CHECK_ERROR(run, otls_context_set_ocsp_client_callback(client, look, NULL, NULL), OTLS_E_UNSUPPORTED)))
		return false;
	if (!otls_backend_has(run->client, OTLS_CAP_OCSP_SERVER) &&
	    !(CHECK_ERROR(run, otls_context_set_ocsp_response(server, "x", 1), OTLS_E_UNSUPPORTED) &&
		CHECK_ERROR(run, otls_context_set_ocsp_response_file(server, "x"), OTLS_E_UNSUPPORTED) &&
		CHECK_ERROR(run, otls_context_set_ocsp_server_callback(server, give, NULL, NULL), OTLS_E_UNSUPPORTED)))
		return false;
	return CHECK_ERROR(run, otls_context_set_verify_flags(server, OTLS_VERIFY_FLAG_OCSP), OTLS_E_UNSUPPORTED);
}

/* == arguments and copies == */

static void
count_freed(void *arg)
{
	((struct scene *)arg)->asked++;
}

static bool
copies(struct run *run)
{
	struct scene *scene = new_scene(run, false);
	otls_context *copy = NULL;

	if (!can_staple(run))
		return true;
	if (scene == NULL || !use_chain(run, scene) || !staple_good(run, scene) || !set_response(run, scene) ||
	    !ask(run, scene, 0) || !CHECK_OK(run, otls_context_copy(scene->server, &copy)) ||
	    !run_owns_context(run, copy) || !CHECK_OK(run, otls_context_set_ocsp_response(scene->server, NULL, 0)))
		return false;
	scene->server = copy;
	return arrives(run, scene, true);
}

/* Each argument is freed with the last context that has it. */
static bool
arguments(struct run *run)
{
	struct scene *server_arg = run_owns(run, calloc(1, sizeof(struct scene)), free);
	struct scene *client_arg = run_owns(run, calloc(1, sizeof(struct scene)), free);
	otls_context *ctx = NULL, *copy = NULL;

	if (!can_staple(run))
		return true;
	if (!CHECK_OK(run, otls_context_new_with(run->server, OTLS_METHOD_TLS, &ctx)) ||
	    !CHECK_OK(run, otls_context_set_ocsp_server_callback(ctx, give, server_arg, count_freed)) ||
	    !CHECK_OK(run, otls_context_set_ocsp_client_callback(ctx, look, client_arg, count_freed)) ||
	    !CHECK_OK(run, otls_context_copy(ctx, &copy)) ||
	    !CHECK_OK(run, otls_context_set_ocsp_client_callback(ctx, NULL, NULL, NULL)) ||
	    !CHECK_NUMBER(run, client_arg->asked, 0))
		return false;
	otls_context_free(ctx);
	if (!CHECK_NUMBER(run, server_arg->asked, 0))
		return false;
	otls_context_free(copy);
	return CHECK_NUMBER(run, server_arg->asked, 1) && CHECK_NUMBER(run, client_arg->asked, 1);
}

static bool
misuse(struct run *run)
{
	size_t len = 1;

	return CHECK_ERROR(run, otls_connection_request_ocsp(NULL), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_connection_set_ocsp_response(NULL, "x", 1), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_ocsp_client_callback(NULL, look, NULL, NULL), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_ERROR(run, otls_context_set_ocsp_server_callback(NULL, give, NULL, NULL), OTLS_E_BAD_ARGUMENT) &&
	       CHECK_NUMBER(run, otls_connection_ocsp_status(NULL), OTLS_OCSP_NOT_JUDGED) &&
	       CHECK_TEXT(run, otls_connection_ocsp_text(NULL), "") &&
	       CHECK(run, otls_connection_ocsp_response(NULL, &len) == NULL) && CHECK_NUMBER(run, len, 0) &&
	       CHECK(run, otls_connection_ocsp_time(NULL, OTLS_OCSP_THIS_UPDATE) == INT64_MIN) &&
	       CHECK_NUMBER(run, otls_connection_ocsp_revocation_reason(NULL), -1);
}

#define ROW(name, make, reason, status, text)                                                                          \
	{                                                                                                              \
		name, staple_row,                                                                                      \
		    &(const struct row){ make, OTLS_REASON_##reason, OTLS_OCSP_##status, text, false, 0 }, SCOPE_PAIR, \
		    CASE_VARIED                                                                                        \
	}
/* The leaf demands a response, or the client does. */
#define DEMANDED(name, fn, make, status, demands, flags)                                                               \
	{                                                                                                              \
		name, fn,                                                                                              \
		    &(const struct row){ make, OTLS_REASON_OCSP_MISSING, OTLS_OCSP_##status, "OCSP response", demands, \
			    flags },                                                                                   \
		    SCOPE_PAIR, CASE_VARIED                                                                            \
	}
#define REQUIRE OTLS_VERIFY_FLAG_OCSP_REQUIRE

static const struct test_case cases[] = {
	ROW("good", staple_good, OK, GOOD, ""),
	ROW("by_sha256", staple_sha256, OK, GOOD, ""),
	ROW("without_end", staple_endless, OK, GOOD, ""),
	ROW("delegated", staple_delegated, OK, GOOD, ""),
	ROW("unknown", staple_unknown, OK, UNKNOWN, "unknown"),
	ROW("try_later", staple_later, OK, UNKNOWN, "tryLater"),
	ROW("revoked", staple_revoked, REVOKED, REVOKED, "keyCompromise"),
	ROW("revoked_before", staple_revoked_before, REVOKED, REVOKED, "was revoked on"),
	ROW("expired", staple_expired, OCSP_INVALID, INVALID, "expired on"),
	ROW("future", staple_future, OCSP_INVALID, INVALID, "not valid before"),
	ROW("old_without_end", staple_old, OCSP_INVALID, INVALID, "how long"),
	/* curl CVE-2020-8286, wolfSSL CVE-2021-37155: whose certificate the response was about was not looked at. */
	ROW("other_certificate", staple_of_other, OCSP_INVALID, INVALID, "another certificate"),
	/* wolfSSL CVE-2021-38597: with NoCheck in it, it was not looked at whose certificate the response was about. */
	ROW("other_certificate_unchecked", staple_of_other_unchecked, OCSP_INVALID, INVALID, "another certificate"),
	ROW("bad_signature", staple_damaged, OCSP_INVALID, INVALID, "signature of the OCSP response"),
	ROW("garbage", staple_garbage, OCSP_INVALID, INVALID, "not an OCSP response"),
	ROW("critical_extension", staple_critical, OCSP_INVALID, INVALID, "critical"),
	ROW("usurped", staple_usurped, OCSP_INVALID, INVALID, "extended key usage"),
	/* OpenSSL CVE-2022-1343: a response's signer was good though its certificate was not. */
	ROW("signer_of_stranger", staple_by_stranger, OCSP_INVALID, INVALID, "not appointed"),
	ROW("signer_expired", staple_by_expired, OCSP_INVALID, INVALID, "signer has expired"),
	{ "shorter_serial", shorter_serial, .scope = SCOPE_PAIR },
	{ "none", missing_row,
	    &(const struct row){ staple_none, OTLS_REASON_OK, OTLS_OCSP_NONE, "no OCSP response", false, 0 },
	    SCOPE_PAIR, CASE_VARIED },
	/* curl CVE-2026-7009: with the platform's verifier, no staple was looked at. */
	{ "revoked_and_native", staple_row,
	    &(const struct row){ staple_revoked, OTLS_REASON_REVOKED, OTLS_OCSP_REVOKED, "keyCompromise", false,
		OTLS_VERIFY_FLAG_NATIVE_TOO },
	    SCOPE_PAIR, 0 },
	{ "good_and_native", staple_row,
	    &(const struct row){ staple_good, OTLS_REASON_OK, OTLS_OCSP_GOOD, "", false, OTLS_VERIFY_FLAG_NATIVE_TOO },
	    SCOPE_PAIR, 0 },
	DEMANDED("demanded_none", missing_row, staple_none, NONE, true, 0),
	DEMANDED("required_none", missing_row, staple_none, NONE, false, REQUIRE),
	DEMANDED("demanded_unknown", staple_row, staple_unknown, UNKNOWN, true, 0),
	DEMANDED("required_unknown", staple_row, staple_unknown, UNKNOWN, false, REQUIRE),
	DEMANDED("demanded_later", staple_row, staple_later, UNKNOWN, true, 0),
	/* curl CVE-2024-8096: with one backend any answer but "revoked" was good enough, "unauthorized" for one. */
	DEMANDED("required_unauthorized", staple_row, staple_unauthorized, UNKNOWN, false, REQUIRE),
	{ "nothing_unasked", nothing_unasked, .scope = SCOPE_PAIR },
	{ "asked_by_one", asked_by_one, .scope = SCOPE_PAIR },
	{ "details", details, .scope = SCOPE_PAIR },
	{ "set_once", set_once, .scope = SCOPE_PAIR },
	{ "set_and_expired", set_and_expired, .scope = SCOPE_PAIR },
	{ "set_for_each", set_for_each, .scope = SCOPE_PAIR },
	{ "set_wrong", set_wrong, .scope = SCOPE_BACKEND },
	{ "server_waits", server_waits, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "server_refuses", server_refuses, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "client_answers", client_answers, .scope = SCOPE_PAIR },
	{ "behind_callback", behind_callback, .scope = SCOPE_PAIR },
	{ "verification_off", verification_off, .scope = SCOPE_PAIR },
	{ "resumed", resumed, .scope = SCOPE_PAIR },
	{ "resumed_unasked", resumed_unasked, .scope = SCOPE_PAIR },
	{ "asked_after_session", asked_after_session, .scope = SCOPE_PAIR },
	{ "unsupported_calls", unsupported_calls, .scope = SCOPE_BACKEND },
	{ "copies", copies, .scope = SCOPE_BACKEND },
	{ "arguments", arguments, .scope = SCOPE_BACKEND },
	{ "misuse", misuse, .scope = SCOPE_ONCE },
};

const struct suite suite_ocsp = { "ocsp", cases, COUNT(cases) };
