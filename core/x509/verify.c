/* The verdict on a chain: the path that is accepted, or the one that got furthest and why it got no further. */
#include "x509/judge.h"

#include "error.h"

#include <stdio.h>

/* What one verification may cost.  A handshake is not the place to solve a maze: chains in use take a dozen
 * edges and well under 100 units. */
#define EDGES_MAX      1000
#define NAME_STEPS_MAX 250000 /* comparisons of a name with a constraint, and the like */

/* The order in which reasons are reported. */
enum stage {
	STAGE_PATH,
	STAGE_LENGTH,
	STAGE_FORM,
	STAGE_SIGNATURE,
	STAGE_DATES,
	STAGE_AUTHORITY,
	STAGE_PURPOSE,
	STAGE_CONSTRAINTS,
	STAGE_ALGORITHMS,
	STAGE_REVOCATION,
	STAGE_NAME,
	STAGE_LAST
};

int
otls__reason_stage(otls_verify_reason reason)
{
	switch (reason) {
	case OTLS_REASON_UNKNOWN_ISSUER:
	case OTLS_REASON_SELF_SIGNED_LEAF:
	case OTLS_REASON_SELF_SIGNED_IN_CHAIN:
		return STAGE_PATH;
	case OTLS_REASON_CHAIN_TOO_LONG:
		return STAGE_LENGTH;
	case OTLS_REASON_MALFORMED:
		return STAGE_FORM;
	case OTLS_REASON_BAD_SIGNATURE:
		return STAGE_SIGNATURE;
	case OTLS_REASON_EXPIRED:
	case OTLS_REASON_NOT_YET_VALID:
		return STAGE_DATES;
	case OTLS_REASON_INVALID_CA:
	case OTLS_REASON_PATH_LENGTH:
		return STAGE_AUTHORITY;
	case OTLS_REASON_INVALID_PURPOSE:
		return STAGE_PURPOSE;
	case OTLS_REASON_CRITICAL_EXTENSION:
	case OTLS_REASON_NAME_CONSTRAINTS:
	case OTLS_REASON_POLICY:
		return STAGE_CONSTRAINTS;
	case OTLS_REASON_WEAK_SIGNATURE:
	case OTLS_REASON_WEAK_KEY:
	case OTLS_REASON_UNSUPPORTED_KEY:
		return STAGE_ALGORITHMS;
	case OTLS_REASON_REVOKED:
	case OTLS_REASON_CRL_MISSING:
	case OTLS_REASON_CRL_EXPIRED:
	case OTLS_REASON_CRL_NOT_YET_VALID:
	case OTLS_REASON_CRL_INVALID:
	case OTLS_REASON_OCSP_MISSING:
	case OTLS_REASON_OCSP_INVALID:
		return STAGE_REVOCATION;
	case OTLS_REASON_HOSTNAME_MISMATCH:
	case OTLS_REASON_IP_MISMATCH:
		return STAGE_NAME;
	default:
		return STAGE_LAST;
	}
}

static const char *const check_names[STAGE_LAST] = {
	[STAGE_PATH] = "path",
	[STAGE_LENGTH] = "length",
	[STAGE_FORM] = "form",
	[STAGE_SIGNATURE] = "signatures",
	[STAGE_DATES] = "dates",
	[STAGE_AUTHORITY] = "authorities",
	[STAGE_PURPOSE] = "purpose",
	[STAGE_CONSTRAINTS] = "constraints",
	[STAGE_ALGORITHMS] = "algorithms",
	[STAGE_REVOCATION] = "revocation",
	[STAGE_NAME] = "name",
};

const char *
otls__verify_check_name(size_t i)
{
	return i < STAGE_LAST ? check_names[i] : NULL;
}

size_t
otls__verify_check_of(otls_verify_reason reason)
{
	int stage = otls__reason_stage(reason);

	return stage < STAGE_LAST ? (size_t)stage : SIZE_MAX;
}

static void
note(otls_judge *judge, const otls_finding *finding)
{
	judge->best = judge->path;
	judge->verdict = *finding;
	judge->verdict_report = judge->report;
}

static bool
is_further(const otls_judge *judge, const otls_finding *finding)
{
	return judge->best.len == 0 || otls__reason_stage(finding->reason) > otls__reason_stage(judge->verdict.reason);
}

void
otls__judge_dead_end(otls_judge *judge, otls_verify_reason reason)
{
	otls_finding finding = { .reason = reason, .depth = (int)judge->path.len - 1 };

	if (!judge->explain)
		return;
	if (is_further(judge, &finding) ||
	    (otls__reason_stage(judge->verdict.reason) == STAGE_PATH && judge->path.len > judge->best.len))
		note(judge, &finding);
}

void
otls__check_name(const otls_verify_params *params, otls_finding *finding)
{
	const otls_certificate *leaf = params->chain[0];
	bool allow_cn = (params->flags & OTLS_VERIFY_FLAG_INSECURE_ALLOW_CN) != 0;

	if (params->name == NULL || otls__certificate_matches(leaf, params->name, allow_cn))
		return;
	otls__find(finding, params->name->is_ip ? OTLS_REASON_IP_MISMATCH : OTLS_REASON_HOSTNAME_MISMATCH, 0, "");
}

/* A path without fault so far: its signatures and revocations are checked, and it is accepted, or refused for its name
 * alone, which no other path would change. */
static void
judge_clean_path(otls_judge *judge)
{
	otls_finding finding = { .reason = OTLS_REASON_OK, .depth = -1 };

	otls__check_signatures(judge, &judge->path, &finding);
	if (finding.reason == OTLS_REASON_OK && judge->spent == NULL)
		otls__check_revocation(judge, &judge->path, &finding);
	if (judge->spent != NULL)
		return;
	if (finding.reason == OTLS_REASON_OK) {
		otls__check_name(judge->params, &finding);
		judge->settled = true;
	}
	if (judge->settled || is_further(judge, &finding))
		note(judge, &finding);
}

/* A path with a fault is never reported for something that comes after a signature that was not checked: whoever
 * overrules the verdict must know what it was about. */
static void
judge_faulty_path(otls_judge *judge, otls_finding *finding)
{
	otls_finding signature = { .reason = OTLS_REASON_OK, .depth = -1 };

	if (!is_further(judge, finding))
		return;
	if (otls__reason_stage(finding->reason) > STAGE_SIGNATURE)
		otls__check_signatures(judge, &judge->path, &signature);
	if (judge->spent != NULL)
		return;
	if (signature.reason != OTLS_REASON_OK &&
	    otls__reason_stage(signature.reason) < otls__reason_stage(finding->reason))
		*finding = signature;
	if (is_further(judge, finding))
		note(judge, finding);
}

bool
otls__spend_steps(otls_judge *judge, size_t bytes, const char *what)
{
	size_t cost = 1 + bytes / 32;

	if (cost > judge->name_steps) {
		judge->name_steps = 0;
		judge->spent = what;
		return false;
	}
	judge->name_steps -= (unsigned)cost;
	judge->cost.name_comparisons += (unsigned)cost;
	return true;
}

void
otls__judge_path(otls_judge *judge)
{
	otls_finding finding = { .reason = OTLS_REASON_OK, .depth = -1 };

	otls__check_path(judge, &judge->path, &finding);
	if (judge->spent != NULL)
		return;
	if (finding.reason == OTLS_REASON_OK && !judge->explain)
		judge_clean_path(judge);
	else if (finding.reason != OTLS_REASON_OK && judge->explain)
		judge_faulty_path(judge, &finding);
}

/* == the two passes == */

/* First for a path that is good; if there is none, once more for the one that gets furthest. */
static void
search(otls_judge *judge)
{
	otls__build_paths(judge);
	if (judge->settled || judge->spent != NULL)
		return;
	judge->explain = true;
	judge->edges = EDGES_MAX;
	judge->name_steps = NAME_STEPS_MAX;
	otls__build_paths(judge);
}

/* == the outcome == */

static void
tell_mismatch(const otls_verify_params *params, otls_verify_outcome *outcome)
{
	char names[80];

	otls__certificate_list_names(params->chain[0], names, sizeof(names));
	snprintf(outcome->text, sizeof(outcome->text), "the certificate is for %s, not for %s%.253s",
	    names[0] == '\0' ? "no host" : names, params->name->is_ip ? "the IP address " : "", params->name->text);
}

int
otls__fit(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len <= max)
		return (int)len;
	for (len = max; len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80; len--)
		continue;
	return (int)len;
}

void
otls__verify_conclude(otls_verify_outcome *outcome, const otls_verify_params *params, const otls_finding *finding)
{
	const char *subject;

	outcome->reason = finding->reason;
	outcome->depth = finding->depth;
	outcome->text[0] = '\0';
	if (finding->reason == OTLS_REASON_OK)
		return;
	if (otls__reason_stage(finding->reason) == STAGE_NAME) {
		tell_mismatch(params, outcome);
		return;
	}
	subject = finding->depth < 0 ? "" : otls_certificate_subject(outcome->path[finding->depth]);
	snprintf(outcome->text, sizeof(outcome->text), "%.*s%s%s", otls__fit(subject, 200), subject,
	    subject[0] == '\0' ? "" : ": ",
	    finding->detail[0] == '\0' ? otls_verify_reason_text(finding->reason) : finding->detail);
}

/* For a verdict that is about no path. */
static void
set_verdict(otls_judge *judge, otls_verify_reason reason, const char *detail)
{
	otls__find(&judge->verdict, reason, -1, detail);
	judge->verdict_report = otls__report();
}

static void
set_no_memory(otls_judge *judge)
{
	set_verdict(judge, OTLS_REASON_INTERNAL, "out of memory");
	judge->verdict_report.code = OTLS_E_MEMORY;
}

static void
decide(otls_judge *judge)
{
	size_t sent = judge->params->chain_len;
	char detail[96];

	if (sent > OTLS_SENT_MAX) {
		snprintf(
		    detail, sizeof(detail), "the peer sent %zu certificates, and %d are taken", sent, OTLS_SENT_MAX);
		set_verdict(judge, OTLS_REASON_CHAIN_TOO_LONG, detail);
		return;
	}
	if (!otls__gather_nodes(judge)) {
		set_no_memory(judge);
		return;
	}
	if (judge->spent == NULL)
		search(judge);
	if (judge->spent != NULL)
		set_verdict(judge, OTLS_REASON_TOO_COSTLY, judge->spent);
}

/* With a budget of its own: the one that is left may be small, and what is wrong with one path is soon found. */
static void
find_all(otls_judge *judge, otls_verify_outcome *outcome)
{
	judge->name_steps = NAME_STEPS_MAX;
	judge->signature_cost = OTLS_SIGNATURE_COST_MAX;
	otls__find_all(judge, &outcome->findings);
	if (judge->spent == NULL && !outcome->findings.no_memory)
		return;
	outcome->findings.count = 0;
	if (judge->spent != NULL)
		set_verdict(judge, OTLS_REASON_TOO_COSTLY, judge->spent);
	else
		set_no_memory(judge);
	outcome->report = judge->verdict_report;
}

/* Where no path was judged, it is the leaf alone. */
static void
keep_path(const otls_judge *judge, otls_verify_outcome *outcome)
{
	outcome->path_len = judge->best.len == 0 ? 1 : judge->best.len;
	outcome->path[0] = otls_certificate_ref(judge->params->chain[0]);
	for (size_t i = 1; i < outcome->path_len; i++)
		outcome->path[i] = otls_certificate_ref(judge->best.nodes[i]->cert);
}

void
otls__verify_chain(const otls_verify_params *params, otls_verify_outcome *outcome)
{
	otls_judge judge = {
		.params = params,
		.edges = EDGES_MAX,
		.signature_cost = OTLS_SIGNATURE_COST_MAX,
		.name_steps = NAME_STEPS_MAX,
		.report = otls__report(),
	};

	decide(&judge);
	*outcome = (otls_verify_outcome){ .report = judge.verdict_report };
	if (params->find_all && judge.verdict.reason != OTLS_REASON_OK && judge.verdict.depth >= 0)
		find_all(&judge, outcome);
	keep_path(&judge, outcome);
	otls__verify_conclude(outcome, params, &judge.verdict);
	outcome->cost = judge.cost;
	otls__free(judge.nodes);
}

void
otls__verify_outcome_fini(otls_verify_outcome *outcome)
{
	for (size_t i = 0; i < outcome->path_len; i++)
		otls_certificate_free(outcome->path[i]);
	outcome->path_len = 0;
	otls__free(outcome->findings.items);
	outcome->findings = (otls_findings){ 0 };
}

/* RFC 8446, section 6.2. */
enum alert {
	BAD_CERTIFICATE = 42,
	UNSUPPORTED_CERTIFICATE = 43,
	CERTIFICATE_REVOKED = 44,
	CERTIFICATE_EXPIRED = 45,
	CERTIFICATE_UNKNOWN = 46,
	UNKNOWN_CA = 48,
	INTERNAL_ERROR = 80,
	BAD_CERTIFICATE_STATUS_RESPONSE = 113,
	CERTIFICATE_REQUIRED = 116
};

/* The closest alert there is; nothing more precise is owed to a peer that is not trusted. */
int
otls__verify_alert(otls_verify_reason reason)
{
	switch (reason) {
	case OTLS_REASON_EXPIRED:
	case OTLS_REASON_NOT_YET_VALID:
		return CERTIFICATE_EXPIRED;
	case OTLS_REASON_UNKNOWN_ISSUER:
	case OTLS_REASON_SELF_SIGNED_LEAF:
	case OTLS_REASON_SELF_SIGNED_IN_CHAIN:
	case OTLS_REASON_INVALID_CA:
	case OTLS_REASON_PATH_LENGTH:
	case OTLS_REASON_CHAIN_TOO_LONG:
		return UNKNOWN_CA;
	case OTLS_REASON_REVOKED:
		return CERTIFICATE_REVOKED;
	case OTLS_REASON_INVALID_PURPOSE:
	case OTLS_REASON_UNSUPPORTED_KEY:
		return UNSUPPORTED_CERTIFICATE;
	case OTLS_REASON_NAME_CONSTRAINTS:
	case OTLS_REASON_CRITICAL_EXTENSION:
	case OTLS_REASON_CRL_MISSING:
	case OTLS_REASON_CRL_EXPIRED:
	case OTLS_REASON_CRL_NOT_YET_VALID:
	case OTLS_REASON_CRL_INVALID:
	case OTLS_REASON_POLICY:
		return CERTIFICATE_UNKNOWN;
	case OTLS_REASON_OCSP_MISSING:
	case OTLS_REASON_OCSP_INVALID:
		return BAD_CERTIFICATE_STATUS_RESPONSE;
	case OTLS_REASON_NO_PEER_CERTIFICATE:
		return CERTIFICATE_REQUIRED;
	case OTLS_REASON_OK:
	case OTLS_REASON_INTERNAL:
		return INTERNAL_ERROR;
	default:
		return BAD_CERTIFICATE;
	}
}
