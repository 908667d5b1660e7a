/* A second opinion: the library's own verifier, on a chain that was found good. */
#include "error.h"
#include "x509/judge.h"

#include <stdio.h>

static otls_bytes
der_of(const otls_certificate *cert)
{
	return otls__bytes(cert->der, cert->der_len);
}

/* The chain as it came, and of the store what is or may be above it: the same that paths were built of. */
typedef struct evidence {
	otls_bytes *ders; /* chain, then anchors */
	size_t chain_len, anchor_count;
} evidence;

static bool
gather(otls_judge *judge, evidence *all)
{
	const otls_verify_params *params = judge->params;

	if (!otls__gather_nodes(judge))
		return false;
	all->ders = otls__alloc((params->chain_len + judge->node_count) * sizeof(*all->ders));
	if (all->ders == NULL)
		return false;
	all->chain_len = params->chain_len;
	for (size_t i = 0; i < params->chain_len; i++)
		all->ders[i] = der_of(params->chain[i]);
	for (size_t i = 0; i < judge->node_count; i++) {
		if (judge->nodes[i].trusted)
			all->ders[all->chain_len + all->anchor_count++] = der_of(judge->nodes[i].cert);
	}
	return true;
}

static otls_status
ask(const otls_verify_params *params, const evidence *all, otls_report *report)
{
	const otls_native_chain chain = {
		.size = sizeof(chain),
		.chain = all->ders,
		.chain_len = all->chain_len,
		.anchors = all->ders + all->chain_len,
		.anchor_count = all->anchor_count,
		.peer = params->peer,
		.name = params->name != NULL ? params->name->text : "",
		.name_is_ip = params->name != NULL && params->name->is_ip,
		.partial_chain = (params->flags & OTLS_VERIFY_FLAG_PARTIAL_CHAIN) != 0,
		.time = params->time,
	};

	return params->engine->verify_chain_native(&chain, report);
}

static otls_verify_reason
reason_of(const otls_report *report)
{
	bool known = report->verify_reason > OTLS_REASON_OK && report->verify_reason <= OTLS_REASON_LAST_;

	return report->code == OTLS_E_VERIFY && known ? (otls_verify_reason)report->verify_reason
						      : OTLS_REASON_INTERNAL;
}

/* The place in the path that was found good; the library may have gone another way. */
static int
depth_of(const otls_report *report, const otls_verify_outcome *outcome)
{
	return report->verify_depth >= 0 && (size_t)report->verify_depth < outcome->path_len ? report->verify_depth : 0;
}

static void
disagree(const otls_verify_params *params, otls_verify_outcome *outcome, const otls_report *report)
{
	otls_finding finding = { .reason = reason_of(report), .depth = depth_of(report, outcome) };
	const char *words = report->entries > 0 ? report->entry[report->entries - 1].reason : "";

	outcome->report = *report;
	snprintf(finding.detail, sizeof(finding.detail), "%s's own verifier %s: %.110s", params->engine->library,
	    report->code == OTLS_E_VERIFY ? "refuses it" : "failed",
	    words[0] != '\0' ? words : otls_verify_reason_text((int)finding.reason));
	otls__verify_conclude(outcome, params, &finding);
	if (params->find_all && !otls__findings_add(&outcome->findings, &finding)) {
		outcome->reason = OTLS_REASON_INTERNAL;
		outcome->report.code = OTLS_E_MEMORY;
	}
}

void
otls__verify_native(const otls_verify_params *params, otls_verify_outcome *outcome)
{
	otls_judge judge = { .params = params };
	otls_report report = otls__report();
	evidence all = { .ders = NULL };

	if (!gather(&judge, &all)) {
		report.code = OTLS_E_MEMORY;
		disagree(params, outcome, &report);
	} else if (ask(params, &all, &report) != OTLS_OK) {
		disagree(params, outcome, &report);
	}
	otls__free(all.ders);
	otls__free(judge.nodes);
}
