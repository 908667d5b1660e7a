/* What else is said about core's verdict: by the library's own verifier, by pins, which nothing lifts, and by the verify
 * callback. */
#include "connection/connection.h"

#include <stdio.h>

/* == the library's own verifier == */

static void
ask_library(otls_connection *conn, const otls_verify_params *params)
{
	otls_verify_outcome *outcome = &conn->peer.outcome;

	if ((params->flags & OTLS_VERIFY_FLAG_NATIVE_TOO) == 0 || outcome->reason != OTLS_REASON_OK ||
	    conn->sealed->settings.trusted_keys.count > 0 || otls__verify_mode(conn) == OTLS_VERIFY_INSECURE_NONE)
		return;
	otls__verify_native(params, outcome);
	conn->no_memory = outcome->reason == OTLS_REASON_INTERNAL && outcome->report.code == OTLS_E_MEMORY;
}

/* == pins == */

/* Which certificates may hold the pinned key.  Of a chain that was not found good anybody can append certificates;
 * that its first one's key is the peer's own is what the handshake proves. */
static size_t
pinnable(const otls_peer *peer, otls_certificate *const **certs)
{
	*certs = peer->chain;
	if (peer->count == 0 || peer->chain[0] == NULL)
		return 0;
	if (peer->outcome.reason != OTLS_REASON_OK)
		return 1;
	*certs = peer->outcome.path;
	return peer->outcome.path_len;
}

/* Noted behind whatever else is wrong, and the verdict where nothing else is. */
static void
note_mismatch(otls_connection *conn, const otls_verify_params *params, otls_verify_reason reason)
{
	otls_verify_outcome *outcome = &conn->peer.outcome;
	otls_finding finding = { .reason = reason, .depth = 0 };
	bool good = outcome->reason == OTLS_REASON_OK;

	conn->peer.unpinned = true;
	if (params->find_all && (good || outcome->findings.count > 0) &&
	    !otls__findings_add(&outcome->findings, &finding))
		conn->no_memory = true;
	if (good)
		otls__verify_conclude(outcome, params, &finding);
}

/* Where a key is trusted instead of a chain, it is what verification off leaves to check, whatever else is wrong. */
static bool
is_untrusted_key(const otls_connection *conn, otls_certificate *const *leaf, size_t count)
{
	const otls_pin_list *keys = &conn->sealed->settings.trusted_keys;

	if (keys->count == 0 || conn->peer.count == 0 || conn->peer.outcome.reason == OTLS_REASON_OK)
		return false;
	return count == 0 || otls__pins_match(conn->engine, keys, leaf, 1) != OTLS_REASON_OK;
}

static void
check_pins(otls_connection *conn, const otls_verify_params *params)
{
	const otls_pin_list *pins = &conn->sealed->settings.pins;
	otls_certificate *const *certs = NULL;
	size_t count = pinnable(&conn->peer, &certs);
	otls_verify_reason reason;

	conn->peer.unpinned = is_untrusted_key(conn, certs, count);
	if (pins->count == 0)
		return;
	if (count == 0) {
		conn->peer.unpinned = true; /* what is missing or malformed is the reason already */
		return;
	}
	reason = otls__pins_match(conn->engine, pins, certs, count);
	if (reason != OTLS_REASON_OK)
		note_mismatch(conn, params, reason);
}

/* == the callback == */

/* Overruling is for what a program may know better.  The rest would leave open what the certificate says, or what was
 * checked. */
static bool
can_be_lifted(otls_verify_reason reason)
{
	switch (reason) {
	case OTLS_REASON_MALFORMED:
	case OTLS_REASON_NO_PEER_CERTIFICATE:
	case OTLS_REASON_PIN_MISMATCH:
	case OTLS_REASON_TOO_COSTLY:
	case OTLS_REASON_CHANGED:
	case OTLS_REASON_INTERNAL:
	case OTLS_REASON_REJECTED:
		return false;
	default:
		return true;
	}
}

static otls_verdict
ask(otls_connection *conn, otls_verify_reason reason, int depth)
{
	const otls_settings *settings = &conn->sealed->settings;
	otls_verdict verdict;

	conn->in_callback = true;
	verdict = settings->verify(conn, conn->peer.outcome.path[depth], (int)reason, depth, reason == OTLS_REASON_OK,
	    settings->verify_arg->arg);
	conn->in_callback = false;
	return verdict;
}

/* What is not one of the three answers refuses. */
static bool
is_refusal(otls_verdict verdict)
{
	return verdict != OTLS_VERDICT_KEEP && verdict != OTLS_VERDICT_INSECURE_ACCEPT;
}

/* Shows one certificate; false: it was refused, and *why tells how. */
static bool
show_certificate(otls_connection *conn, int depth, otls_finding *why)
{
	otls_findings *all = &conn->peer.outcome.findings;
	bool good = true;

	for (size_t i = 0; i < all->count; i++) {
		otls_finding *finding = &all->items[i];
		otls_verdict verdict;

		if (finding->depth != depth)
			continue;
		good = false;
		verdict = ask(conn, finding->reason, depth);
		if (is_refusal(verdict)) {
			*why = *finding;
			return false;
		}
		finding->lifted = verdict == OTLS_VERDICT_INSECURE_ACCEPT && can_be_lifted(finding->reason);
	}
	*why = (otls_finding){ .reason = OTLS_REASON_OK, .depth = depth };
	return !good || !is_refusal(ask(conn, OTLS_REASON_OK, depth));
}

static void
reject(otls_connection *conn, const otls_verify_params *params, const otls_finding *why)
{
	otls_finding finding = { .reason = OTLS_REASON_REJECTED, .depth = why->depth };

	if (why->reason != OTLS_REASON_OK)
		snprintf(finding.detail, sizeof(finding.detail), "the verify callback refused the certificate: %.100s",
		    why->detail[0] != '\0' ? why->detail : otls_verify_reason_text((int)why->reason));
	otls__verify_conclude(&conn->peer.outcome, params, &finding);
}

/* The first error that nobody has overruled; NULL: none. */
static const otls_finding *
first_standing(const otls_findings *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (!all->items[i].lifted)
			return &all->items[i];
	return NULL;
}

static void
show_path(otls_connection *conn, const otls_verify_params *params)
{
	otls_verify_outcome *outcome = &conn->peer.outcome;
	const otls_finding *standing;
	otls_finding why;

	for (int depth = (int)outcome->path_len - 1; depth >= 0; depth--) {
		if (!show_certificate(conn, depth, &why)) {
			reject(conn, params, &why);
			return;
		}
	}
	standing = first_standing(&outcome->findings);
	if (standing != NULL && standing != outcome->findings.items)
		outcome->report = otls__report(); /* it was about the first one */
	if (standing != NULL)
		otls__verify_conclude(outcome, params, standing);
	else
		conn->peer.overruled = outcome->findings.count > 0;
}

/* Where nothing else is checked, the pins alone refuse. */
static void
blame_pins(otls_connection *conn, const otls_verify_params *params)
{
	otls_finding finding = { .reason = OTLS_REASON_PIN_MISMATCH, .depth = 0 };

	if (conn->peer.unpinned && conn->peer.outcome.path_len > 0 &&
	    otls__verify_mode(conn) == OTLS_VERIFY_INSECURE_NONE)
		otls__verify_conclude(&conn->peer.outcome, params, &finding);
}

void
otls__peer_settle(otls_connection *conn, const otls_store *store)
{
	const otls_settings *settings = &conn->sealed->settings;
	const otls_verify_outcome *outcome = &conn->peer.outcome;
	otls_verify_params params = otls__verify_params(conn, store);

	check_pins(conn, &params);
	if (!conn->no_memory)
		ask_library(conn, &params);
	if (conn->no_memory)
		return;
	/* A verdict that is about no path has nothing to show, and nothing in it could be overruled. */
	if (settings->verify != NULL && outcome->path_len > 0 &&
	    (outcome->reason == OTLS_REASON_OK || outcome->findings.count > 0))
		show_path(conn, &params);
	blame_pins(conn, &params);
}
