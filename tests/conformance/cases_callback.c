/* The verify callback: what it is shown, in which order, and what its answers do. */
#include "fixtures.h"
#include "pair.h"
#include "pki.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY      (24 * 60 * 60)
#define SEEN_MAX 32

/* What a callback was asked, and how it answers. */
struct witness {
	struct seen {
		char subject[64];
		int reason, depth;
	} seen[SEEN_MAX];
	size_t count;
	otls_verdict good, bad; /* answers to ok true and ok false */
	int only;               /* answers bad to this reason alone, and KEEP to others; -1: to all */
	int freed;
};

static otls_verdict
look(otls_connection *conn, const otls_certificate *cert, int reason, int depth, bool ok, void *arg)
{
	struct witness *witness = arg;

	if (witness->count < SEEN_MAX) {
		struct seen *seen = &witness->seen[witness->count];

		*seen = (struct seen){ .reason = reason, .depth = depth };
		strncpy(seen->subject, otls_certificate_common_name(cert), sizeof(seen->subject) - 1);
	}
	witness->count++;
	/* What is shown is the path that the getters tell. */
	if (otls_connection_verified_chain_at(conn, (size_t)depth) != cert || ok != (reason == OTLS_REASON_OK))
		return OTLS_VERDICT_REJECT;
	if (ok)
		return witness->good;
	return witness->only < 0 || witness->only == reason ? witness->bad : OTLS_VERDICT_KEEP;
}

static void
count_freed(void *arg)
{
	((struct witness *)arg)->freed++;
}

static struct witness *
new_witness(struct run *run, otls_verdict good, otls_verdict bad)
{
	struct witness *witness = run_owns(run, calloc(1, sizeof(*witness)), free);

	witness->good = good;
	witness->bad = bad;
	witness->only = -1;
	return witness;
}

/* == a chain of three, judged by the client or by the server == */
struct scene {
	mint_spec leaf, middle;
	const char *name;
	const mint_identity *root, *trusted;
	bool leave_out_middle;
};

static const char *const host_names[] = { HOST, NULL };

static void
init_scene(struct run *run, struct scene *scene)
{
	*scene = (struct scene){
		.leaf = { .common_name = "Leaf", .names = host_names, .key = pki_key(run) },
		.middle = { .common_name = "Middle", .is_ca = true },
		.name = HOST,
		.root = pki_ca(run),
		.trusted = pki_ca(run),
	};
}

static bool
use_chain(struct run *run, otls_context *bearer, const struct scene *scene)
{
	const mint_identity *middle = pki_make(run, &scene->middle, scene->root);
	const mint_identity *list[3] = { NULL };
	char *pem;

	if (middle == NULL || (list[0] = pki_make(run, &scene->leaf, middle)) == NULL)
		return false;
	list[1] = scene->leave_out_middle ? NULL : middle;
	pem = run_owns(run, mint_chain_pem(list), free);
	return CHECK(run, pem != NULL) && CHECK_OK(run, otls_context_use_key_pair_mem(bearer, pem, strlen(pem),
							    list[0]->key_pem, strlen(list[0]->key_pem)));
}

/* One side judges the other's chain. */
struct trial {
	struct pair *pair;
	otls_connection *judge;
	otls_context *context; /* the judge's */
};

static bool
open_trial(struct run *run, const struct scene *scene, otls_role judge, struct witness *witness, struct trial *trial)
{
	bool client_judges = judge == OTLS_ROLE_CLIENT;
	otls_context *client = client_judges ? bare_client(run) : good_client(run);
	otls_context *server = client_judges ? bare_server(run) : good_server(run);

	trial->context = client_judges ? client : server;
	if (!use_chain(run, client_judges ? server : client, scene) || !trust(run, trial->context, scene->trusted))
		return false;
	if (!client_judges && !CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_REQUIRE)))
		return false;
	if (witness != NULL &&
	    !CHECK_OK(run, otls_context_set_verify_callback(trial->context, look, witness, count_freed)))
		return false;
	trial->pair = pair_open_named(run, client, server, client_judges ? scene->name : HOST, WIRE_VARIED);
	trial->judge = client_judges ? trial->pair->client : trial->pair->server;
	return trial->judge != NULL;
}

static bool
check_refused(struct run *run, const struct trial *trial, otls_verify_reason reason, int depth)
{
	const otls_error *err = otls_connection_error(trial->judge);
	int told = -2;

	return CHECK_TEXT(run, otls_error_name(err), "VERIFY") &&
	       CHECK_TEXT(
		   run, otls_verify_reason_name(otls_error_verify_reason(err)), otls_verify_reason_name((int)reason)) &&
	       CHECK_NUMBER(run, otls_error_verify_depth(err), depth) &&
	       CHECK_NUMBER(run, otls_connection_verify_result(trial->judge, &told), reason) &&
	       CHECK_NUMBER(run, told, depth);
}

static bool
check_through(struct run *run, const struct trial *trial, otls_verify_reason reason)
{
	return pair_connect(trial->pair) && pair_exchange(trial->pair, 100) &&
	       CHECK_TEXT(run, otls_verify_reason_name(otls_connection_verify_result(trial->judge, NULL)),
		   otls_verify_reason_name((int)reason));
}

/* == what is shown == */
static bool
check_seen(struct run *run, const struct witness *witness, const struct seen *list, size_t count)
{
	for (size_t i = 0; i < count && i < witness->count; i++) {
		const struct seen *seen = &witness->seen[i];
		if (strcmp(seen->subject, list[i].subject) != 0 || seen->reason != list[i].reason ||
		    seen->depth != list[i].depth)
			return failed(run, "call %zu: %s, %s at %d", i, seen->subject,
			    otls_verify_reason_name(seen->reason), seen->depth);
	}
	return CHECK_NUMBER(run, witness->count, count);
}

#define CHECK_SEEN(run, witness, ...)                                                                                  \
	check_seen(run, witness, (const struct seen[]){ __VA_ARGS__ },                                                 \
	    sizeof((const struct seen[]){ __VA_ARGS__ }) / sizeof(struct seen))

static otls_role
role_of(const struct run *run)
{
	return run->test->row != NULL ? OTLS_ROLE_SERVER : OTLS_ROLE_CLIENT;
}

static bool
shows_good_path(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_KEEP);
	struct trial trial;
	struct scene scene;

	init_scene(run, &scene);
	return open_trial(run, &scene, role_of(run), witness, &trial) && check_through(run, &trial, OTLS_REASON_OK) &&
	       CHECK_SEEN(run, witness, { "Conformance CA", OTLS_REASON_OK, 2 }, { "Middle", OTLS_REASON_OK, 1 },
		   { "Leaf", OTLS_REASON_OK, 0 });
}

/* Expired leaf and intermediate, and a leaf for neither role's peer. */
static void
make_bad(struct scene *scene)
{
	static const char *const nothing[] = { "1.3.6.1.5.5.7.3.4", NULL };
	int64_t now = (int64_t)time(NULL);

	scene->leaf.not_before = scene->middle.not_before = now - 10 * DAY;
	scene->leaf.not_after = scene->middle.not_after = now - DAY;
	scene->leaf.purposes = nothing;
}

static bool
shows_each_error(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_KEEP);
	struct trial trial;
	struct scene scene;

	init_scene(run, &scene);
	make_bad(&scene);
	if (!open_trial(run, &scene, role_of(run), witness, &trial))
		return false;
	pair_handshake(trial.pair);
	return check_refused(run, &trial, OTLS_REASON_EXPIRED, 1) &&
	       CHECK_SEEN(run, witness, { "Conformance CA", OTLS_REASON_OK, 2 }, { "Middle", OTLS_REASON_EXPIRED, 1 },
		   { "Leaf", OTLS_REASON_EXPIRED, 0 }, { "Leaf", OTLS_REASON_INVALID_PURPOSE, 0 });
}

/* The path that got furthest ends where no issuer is known. */
static bool
shows_partial_path(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_INSECURE_ACCEPT);
	struct trial trial;
	struct scene scene;

	init_scene(run, &scene);
	scene.trusted = pki_other_ca(run);
	return open_trial(run, &scene, role_of(run), witness, &trial) &&
	       check_through(run, &trial, OTLS_REASON_UNKNOWN_ISSUER) &&
	       CHECK_SEEN(run, witness, { "Middle", OTLS_REASON_UNKNOWN_ISSUER, 1 }, { "Leaf", OTLS_REASON_OK, 0 }) &&
	       CHECK(run, otls_connection_verified_chain_at(trial.judge, 1) != NULL) &&
	       CHECK(run, otls_connection_verified_chain_at(trial.judge, 2) == NULL);
}

/* == what its answers do == */
static bool
rejects_good(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_REJECT, OTLS_VERDICT_KEEP);
	struct trial trial;
	struct scene scene;

	init_scene(run, &scene);
	if (!open_trial(run, &scene, role_of(run), witness, &trial))
		return false;
	pair_handshake(trial.pair);
	/* It stops at the first refusal. */
	return check_refused(run, &trial, OTLS_REASON_REJECTED, 2) && CHECK_NUMBER(run, witness->count, 1) &&
	       CHECK(run, otls_error_alert_was_sent(otls_connection_error(trial.judge)));
}

static bool
rejects_bad(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_REJECT);
	struct trial trial;
	struct scene scene;

	init_scene(run, &scene);
	make_bad(&scene);
	if (!open_trial(run, &scene, role_of(run), witness, &trial))
		return false;
	pair_handshake(trial.pair);
	return check_refused(run, &trial, OTLS_REASON_REJECTED, 1) && CHECK_NUMBER(run, witness->count, 2) &&
	       CHECK(run, strstr(otls_error_message(otls_connection_error(trial.judge)), "Middle") != NULL) &&
	       CHECK(run, strstr(otls_error_message(otls_connection_error(trial.judge)), "expired on") != NULL);
}

/* Numbers that are no answer refuse; true and false are numbers too. */
static bool
odd_answers(struct run *run)
{
	static const int answers[] = { -1, 3, 256, 1 << 30 };

	for (size_t i = 0; i < COUNT(answers); i++) {
		struct witness *witness = new_witness(run, (otls_verdict)answers[i], OTLS_VERDICT_KEEP);
		struct trial trial;
		struct scene scene;

		init_scene(run, &scene);
		if (!open_trial(run, &scene, OTLS_ROLE_CLIENT, witness, &trial))
			return false;
		pair_handshake(trial.pair);
		if (!check_refused(run, &trial, OTLS_REASON_REJECTED, 2))
			return false;
	}
	return true;
}

static bool
accepts_all(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_INSECURE_ACCEPT);
	struct trial trial;
	struct scene scene;

	init_scene(run, &scene);
	make_bad(&scene);
	return open_trial(run, &scene, role_of(run), witness, &trial) &&
	       check_through(run, &trial, OTLS_REASON_EXPIRED) && CHECK_NUMBER(run, witness->count, 4);
}

/* Overruling one error does not hide the next: the verdict is then that one. */
static bool
accepts_one(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_INSECURE_ACCEPT);
	struct trial trial;
	struct scene scene;

	init_scene(run, &scene);
	make_bad(&scene);
	witness->only = OTLS_REASON_EXPIRED;
	if (!open_trial(run, &scene, role_of(run), witness, &trial))
		return false;
	pair_handshake(trial.pair);
	return check_refused(run, &trial, OTLS_REASON_INVALID_PURPOSE, 0) && CHECK_NUMBER(run, witness->count, 4) &&
	       CHECK(run, strstr(otls_error_message(otls_connection_error(trial.judge)), "extended key usage") != NULL);
}

/* curl CVE-2013-4545, CVE-2013-6422: who was content with an unknown issuer got no check of the name either. */
static bool
name_counts_on(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_INSECURE_ACCEPT);
	struct trial trial;
	struct scene scene;

	init_scene(run, &scene);
	scene.trusted = pki_other_ca(run);
	scene.name = "other.example";
	witness->only = OTLS_REASON_UNKNOWN_ISSUER;
	if (!open_trial(run, &scene, OTLS_ROLE_CLIENT, witness, &trial))
		return false;
	pair_handshake(trial.pair);
	return check_refused(run, &trial, OTLS_REASON_HOSTNAME_MISMATCH, 0) &&
	       CHECK_SEEN(run, witness, { "Middle", OTLS_REASON_UNKNOWN_ISSUER, 1 },
		   { "Leaf", OTLS_REASON_HOSTNAME_MISMATCH, 0 });
}

/* == each reason that can be overruled == */
struct reason_row {
	void (*set)(struct run *run, struct scene *scene);
	otls_verify_reason reason;
};

static void
set_bad_signature(struct run *run, struct scene *scene)
{
	(void)run;
	scene->leaf.damaged = true;
}

static void
set_no_authority(struct run *run, struct scene *scene)
{
	(void)run;
	scene->middle.no_basic_constraints = true;
}

static void
set_unknown_extension(struct run *run, struct scene *scene)
{
	static const mint_extension critical = { "1.3.6.1.4.1.55555.1", true, "\x05", 2 };

	(void)run;
	scene->middle.extensions = &critical;
	scene->middle.extension_count = 1;
}

static void
set_name_constraints(struct run *run, struct scene *scene)
{
	/* permittedSubtrees with one dNSName. */
	static const uint8_t other[] = "\x30\x13\xa0\x11\x30\x0f\x82\x0dother.example";
	static const mint_extension outside = { "2.5.29.30", true, other, sizeof(other) - 1 };

	(void)run;
	scene->middle.extensions = &outside;
	scene->middle.extension_count = 1;
}

static void
set_other_name(struct run *run, struct scene *scene)
{
	(void)run;
	scene->name = "other.example";
}

static void
set_other_address(struct run *run, struct scene *scene)
{
	(void)run;
	scene->name = "192.0.2.7";
}

static void
set_missing_middle(struct run *run, struct scene *scene)
{
	(void)run;
	scene->leave_out_middle = true;
}

static void
set_too_young(struct run *run, struct scene *scene)
{
	(void)run;
	scene->leaf.not_before = (int64_t)time(NULL) + DAY;
	scene->leaf.not_after = scene->leaf.not_before + DAY;
}

/* Refused; and with that one reason accepted, through. */
static bool
reason_row(struct run *run)
{
	const struct reason_row *row = run->test->row;
	struct witness *keep = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_KEEP);
	struct witness *accept = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_INSECURE_ACCEPT);
	struct trial one, two;
	struct scene scene;

	init_scene(run, &scene);
	row->set(run, &scene);
	if (!open_trial(run, &scene, OTLS_ROLE_CLIENT, keep, &one))
		return false;
	pair_handshake(one.pair);
	if (!CHECK_TEXT(run, otls_verify_reason_name(otls_error_verify_reason(otls_connection_error(one.judge))),
		otls_verify_reason_name((int)row->reason)))
		return false;
	accept->only = (int)row->reason;
	if (!open_trial(run, &scene, OTLS_ROLE_CLIENT, accept, &two) || !check_through(run, &two, row->reason))
		return false;
	return CHECK(run, keep->count == accept->count);
}

/* == weak algorithms: the signature counts all the same == */
static bool
open_fixture(struct run *run, const char *chain, struct witness *witness, struct trial *trial)
{
	otls_context *client = bare_client(run), *server = bare_server(run);

	if (!CHECK_OK(run, otls_context_use_key_pair_mem(
			       server, chain, strlen(chain), fixture_p256_key, strlen(fixture_p256_key))) ||
	    !CHECK_OK(run, otls_context_load_verify_mem(client, fixture_ca, strlen(fixture_ca))) ||
	    !CHECK_OK(run, otls_context_set_verify_callback(client, look, witness, NULL)))
		return false;
	trial->pair = pair_open(run, client, server, WIRE_VARIED);
	trial->judge = trial->pair->client;
	return trial->judge != NULL;
}

static bool
accepts_weak_key(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_INSECURE_ACCEPT);
	char chain[8192];
	struct trial trial;

	witness->only = OTLS_REASON_WEAK_KEY;
	strcpy(chain, fixture_weak_leaf);
	strcat(chain, fixture_weak_ca);
	return open_fixture(run, chain, witness, &trial) && check_through(run, &trial, OTLS_REASON_WEAK_KEY);
}

static bool
accepts_weak_signature(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_INSECURE_ACCEPT);
	struct trial trial;

	witness->only = OTLS_REASON_WEAK_SIGNATURE;
	return open_fixture(run, fixture_sha1_leaf, witness, &trial) &&
	       check_through(run, &trial, OTLS_REASON_WEAK_SIGNATURE);
}

/* == never overruled == */
static bool
malformed_stays(struct run *run)
{
	static const mint_extension empty = { "2.5.29.37", false, "\x30", 2 };
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_INSECURE_ACCEPT);
	struct trial trial;
	struct scene scene;

	init_scene(run, &scene);
	scene.middle.extensions = &empty;
	scene.middle.extension_count = 1;
	if (!open_trial(run, &scene, OTLS_ROLE_CLIENT, witness, &trial))
		return false;
	pair_handshake(trial.pair);
	return check_refused(run, &trial, OTLS_REASON_MALFORMED, 1);
}

/* Authorities of one name that have all signed one another, as far as names tell: more paths than are tried. */
static bool
too_costly_stays(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_INSECURE_ACCEPT, OTLS_VERDICT_INSECURE_ACCEPT);
	const mint_spec same = { .common_name = "Same", .is_ca = true, .no_key_ids = true };
	const mint_spec leaf = { .common_name = "Leaf", .names = host_names, .key = pki_key(run), .no_key_ids = true };
	otls_context *client = good_client(run), *server = bare_server(run);
	const mint_identity *list[10] = { NULL };
	struct trial trial;
	char *pem;

	for (size_t i = 1; i < COUNT(list) - 1; i++)
		if ((list[i] = pki_make(run, &same, list[i - 1])) == NULL)
			return false;
	if ((list[0] = pki_make(run, &leaf, list[COUNT(list) - 2])) == NULL ||
	    (pem = run_owns(run, mint_chain_pem(list), free)) == NULL ||
	    !CHECK_OK(run,
		otls_context_use_key_pair_mem(server, pem, strlen(pem), list[0]->key_pem, strlen(list[0]->key_pem))) ||
	    !CHECK_OK(run, otls_context_set_verify_callback(client, look, witness, NULL)))
		return false;
	trial.pair = pair_open(run, client, server, WIRE_VARIED);
	trial.judge = trial.pair->client;
	pair_handshake(trial.pair);
	return check_refused(run, &trial, OTLS_REASON_TOO_COSTLY, -1) && CHECK_NUMBER(run, witness->count, 0);
}

/* What the library's own verifier says is an error like others. */
static bool
native_is_shown(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_INSECURE_ACCEPT);
	static const char *const any[] = { "2.5.29.37.0", NULL };
	struct trial trial;
	struct scene scene;
	int result;

	if (!otls_backend_has(run->client, OTLS_CAP_NATIVE_VERIFY))
		return unsupported(run, "no verifier of its own");
	init_scene(run, &scene);
	scene.leaf.purposes = any;
	if (!open_trial(run, &scene, OTLS_ROLE_CLIENT, witness, &trial) ||
	    !CHECK_OK(run, otls_context_set_verify_flags(trial.context, OTLS_VERIFY_FLAG_NATIVE_TOO)))
		return false;
	trial.pair = pair_open(run, trial.context, otls_connection_context(trial.pair->server), WIRE_VARIED);
	trial.judge = trial.pair->client;
	if (!pair_connect(trial.pair) || !CHECK_NUMBER(run, witness->count, 3))
		return false;
	/* Whether this library refuses it, the callback and the getter tell alike. */
	result = otls_connection_verify_result(trial.judge, NULL);
	return CHECK_NUMBER(run, witness->seen[2].reason, result) &&
	       CHECK(run, result == OTLS_REASON_OK || result == OTLS_REASON_INVALID_PURPOSE);
}

static bool
missing_is_not_shown(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_INSECURE_ACCEPT, OTLS_VERDICT_INSECURE_ACCEPT);
	otls_context *server = good_server(run);
	struct pair *pair = NULL;

	if (!trust(run, server, pki_ca(run)) || !CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_REQUIRE)) ||
	    !CHECK_OK(run, otls_context_set_verify_callback(server, look, witness, NULL)))
		return false;
	pair = pair_open(run, good_client(run), server, WIRE_VARIED);
	pair_handshake(pair);
	return CHECK_NUMBER(run, otls_error_verify_reason(otls_connection_error(pair->server)),
		   OTLS_REASON_NO_PEER_CERTIFICATE) &&
	       CHECK_NUMBER(run, witness->count, 0);
}

/* The pin stays, whatever else is overruled; it is shown. */
static bool
pin_stays(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_INSECURE_ACCEPT);
	const mint_identity *other = pki_other_ca(run);
	otls_certificate *cert = NULL;
	struct trial trial;
	struct scene scene;

	init_scene(run, &scene);
	scene.name = "other.example";
	if (!open_trial(run, &scene, OTLS_ROLE_CLIENT, NULL, &trial) ||
	    !CHECK_OK(run, otls_certificate_new(other->pem, strlen(other->pem), OTLS_FILETYPE_PEM, &cert)) ||
	    run_owns_certificate(run, cert) == NULL ||
	    !CHECK_OK(run, otls_context_pin_spki(trial.context, otls_certificate_spki_pin(cert))) ||
	    !CHECK_OK(run, otls_context_set_verify_callback(trial.context, look, witness, NULL)))
		return false;
	/* Later settings are for later connections: the same pair of contexts once more. */
	pair_handshake(trial.pair);
	if (!check_refused(run, &trial, OTLS_REASON_HOSTNAME_MISMATCH, 0))
		return false;
	trial.pair = pair_open_named(
	    run, trial.context, otls_connection_context(trial.pair->server), scene.name, WIRE_VARIED);
	trial.judge = trial.pair->client;
	pair_handshake(trial.pair);
	return check_refused(run, &trial, OTLS_REASON_PIN_MISMATCH, 0) &&
	       CHECK_SEEN(run, witness, { "Conformance CA", OTLS_REASON_OK, 2 }, { "Middle", OTLS_REASON_OK, 1 },
		   { "Leaf", OTLS_REASON_HOSTNAME_MISMATCH, 0 }, { "Leaf", OTLS_REASON_PIN_MISMATCH, 0 });
}

/* == with verification off == */

/* It is asked, and what comes of it is recorded; nobody is refused. */
static bool
verification_off(struct run *run)
{
	struct witness *witness = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_REJECT);
	struct trial trial;
	struct scene scene;

	init_scene(run, &scene);
	make_bad(&scene);
	return open_trial(run, &scene, OTLS_ROLE_CLIENT, witness, &trial) &&
	       CHECK_OK(run, otls_connection_set_verify(trial.judge, OTLS_VERIFY_INSECURE_NONE)) &&
	       check_through(run, &trial, OTLS_REASON_REJECTED) && CHECK_NUMBER(run, witness->count, 2);
}

/* == inside of it == */

/* Calls that would move something are refused, and change nothing. */
static otls_verdict
meddle(otls_connection *conn, const otls_certificate *cert, int reason, int depth, bool ok, void *arg)
{
	struct run *run = arg;
	uint8_t byte = 0;
	size_t len = 0;
	int told = -2;

	(void)cert;
	(void)ok;
	if (depth == 0 && reason == OTLS_REASON_OK) {
		CHECK_ERROR(run, otls_connection_handshake(conn), OTLS_E_BAD_STATE);
		CHECK_ERROR(run, otls_connection_read(conn, &byte, 1, &len), OTLS_E_BAD_STATE);
		CHECK_ERROR(run, otls_connection_write(conn, &byte, 1, &len), OTLS_E_BAD_STATE);
		CHECK_ERROR(run, otls_connection_shutdown(conn), OTLS_E_BAD_STATE);
		CHECK_ERROR(run, otls_connection_set_verify(conn, OTLS_VERIFY_INSECURE_NONE), OTLS_E_BAD_STATE);
		CHECK_ERROR(run, otls_connection_insecure_skip_name_check(conn), OTLS_E_BAD_STATE);
		CHECK_ERROR(run, otls_connection_set_context(conn, otls_connection_context(conn)), OTLS_E_BAD_STATE);
		CHECK_NUMBER(run, otls_connection_state(conn), OTLS_STATE_HANDSHAKE);
		CHECK_NUMBER(run, otls_connection_verify_result(conn, &told), OTLS_REASON_OK);
		CHECK_NUMBER(run, told, -1);
		CHECK(run, otls_connection_peer_certificate(conn) != NULL);
	}
	return OTLS_VERDICT_KEEP;
}

static bool
only_getters(struct run *run)
{
	otls_context *client = good_client(run);

	return CHECK_OK(run, otls_context_set_verify_callback(client, meddle, run, NULL)) &&
	       pair_connect(pair_open(run, client, good_server(run), WIRE_VARIED)) && run->outcome == OUTCOME_PASSED;
}

/* == its argument == */
static bool
argument(struct run *run)
{
	struct witness *first = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_KEEP);
	struct witness *second = new_witness(run, OTLS_VERDICT_KEEP, OTLS_VERDICT_KEEP);
	otls_context *ctx = NULL, *copy = NULL;

	if (!CHECK_OK(run, otls_context_new_with(run->client, OTLS_METHOD_TLS_CLIENT, &ctx)) ||
	    !CHECK_OK(run, otls_context_set_verify_callback(ctx, look, first, count_freed)) ||
	    !CHECK_OK(run, otls_context_set_verify_callback(ctx, look, second, count_freed)) ||
	    !CHECK_NUMBER(run, first->freed, 1) || !CHECK_OK(run, otls_context_copy(ctx, &copy)) ||
	    !CHECK_OK(run, otls_context_set_verify_callback(ctx, NULL, NULL, NULL)) ||
	    !CHECK_NUMBER(run, second->freed, 0))
		return false;
	otls_context_free(ctx);
	otls_context_free(copy);
	return CHECK_NUMBER(run, second->freed, 1) &&
	       CHECK_ERROR(run, otls_context_set_verify_callback(NULL, look, NULL, NULL), OTLS_E_BAD_ARGUMENT);
}

#define BOTH_ROLES(name, fn)                                                                                           \
	{ name, fn, .scope = SCOPE_PAIR, .flags = CASE_VARIED },                                                       \
	{                                                                                                              \
		name "_on_server", fn, "", SCOPE_PAIR, CASE_VARIED                                                     \
	}
#define REASON(name, set, reason)                                                                                      \
	{                                                                                                              \
		name, reason_row, &(const struct reason_row){ set, OTLS_REASON_##reason }, SCOPE_PAIR, CASE_VARIED     \
	}

static const struct test_case cases[] = {
	BOTH_ROLES("shows_good_path", shows_good_path),
	BOTH_ROLES("shows_each_error", shows_each_error),
	BOTH_ROLES("shows_partial_path", shows_partial_path),
	BOTH_ROLES("rejects_good", rejects_good),
	BOTH_ROLES("rejects_bad", rejects_bad),
	BOTH_ROLES("accepts_all", accepts_all),
	BOTH_ROLES("accepts_one", accepts_one),
	REASON("accepts_bad_signature", set_bad_signature, BAD_SIGNATURE),
	REASON("accepts_no_authority", set_no_authority, INVALID_CA),
	REASON("accepts_unknown_extension", set_unknown_extension, CRITICAL_EXTENSION),
	REASON("accepts_name_constraints", set_name_constraints, NAME_CONSTRAINTS),
	REASON("accepts_other_name", set_other_name, HOSTNAME_MISMATCH),
	REASON("accepts_other_address", set_other_address, IP_MISMATCH),
	REASON("accepts_missing_issuer", set_missing_middle, UNKNOWN_ISSUER),
	REASON("accepts_too_young", set_too_young, NOT_YET_VALID),
	{ "accepts_weak_key", accepts_weak_key, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "accepts_weak_signature", accepts_weak_signature, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "name_counts_on", name_counts_on, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "malformed_stays", malformed_stays, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "too_costly_stays", too_costly_stays, .scope = SCOPE_PAIR },
	{ "native_is_shown", native_is_shown, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "missing_is_not_shown", missing_is_not_shown, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "pin_stays", pin_stays, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "odd_answers", odd_answers, .scope = SCOPE_BACKEND_VERSION },
	{ "verification_off", verification_off, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "only_getters", only_getters, .scope = SCOPE_PAIR, .flags = CASE_VARIED },
	{ "argument", argument, .scope = SCOPE_BACKEND },
};

const struct suite suite_callback = { "callback", cases, COUNT(cases) };
