/* Judging a chain without a connection. */
#include <omnitls/verification.h>

#include "backend.h"
#include "error.h"
#include "x509/ocsp.h"
#include "x509/text.h"
#include "x509/verify.h"

#define DEFAULT_DEPTH 8
#define DEPTH_MAX     100
#define KNOWN_FLAGS   (OTLS_PATH_FLAGS | OTLS_VERIFY_FLAG_OCSP_REQUIRE)

struct otls_verification {
	const otls_engine *engine;
	otls_store *store;
	otls_role peer;
	otls_peer_name name; /* text "": names are not checked */
	uint64_t flags;
	int depth;
	otls_certificate **extra;
	size_t extra_len, extra_cap;
	otls_bytes response; /* OCSP; empty: none */
	bool judged;
	otls_verify_outcome outcome;
};

/* == settings == */

otls_status
otls_verification_new(const otls_backend *backend, otls_store *store, otls_verification **verification)
{
	otls_verification *new;

	if (verification == NULL)
		return otls__fail_null(__func__, "verification");
	*verification = NULL;
	if (store == NULL)
		return otls__fail_null(__func__, "store");
	if (backend == NULL)
		return otls__fail(OTLS_E_NO_BACKEND, "%s", __func__);
	if (otls__backend_start(backend) != OTLS_OK)
		return OTLS_ERROR;
	if ((new = otls__alloc(sizeof(*new))) == NULL)
		return otls__fail_memory();
	*new = (otls_verification){
		.engine = backend->engine,
		.store = otls_store_ref(store),
		.peer = OTLS_ROLE_SERVER,
		.depth = DEFAULT_DEPTH,
		.outcome = { .reason = OTLS_REASON_NO_PEER_CERTIFICATE, .depth = -1 },
	};
	otls__store_seal(store);
	*verification = new;
	return OTLS_OK;
}

void
otls_verification_free(otls_verification *verification)
{
	if (verification == NULL)
		return;
	otls__verify_outcome_fini(&verification->outcome);
	for (size_t i = 0; i < verification->extra_len; i++)
		otls_certificate_free(verification->extra[i]);
	otls__free(verification->extra);
	otls__free((void *)(uintptr_t)verification->response.data);
	otls_store_free(verification->store);
	otls__free(verification);
}

otls_status
otls_verification_set_purpose(otls_verification *verification, otls_purpose purpose)
{
	if (verification == NULL)
		return otls__fail_null(__func__, "verification");
	if (purpose != OTLS_PURPOSE_SERVER && purpose != OTLS_PURPOSE_CLIENT)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: %d is no purpose", __func__, (int)purpose);
	verification->peer = purpose == OTLS_PURPOSE_SERVER ? OTLS_ROLE_SERVER : OTLS_ROLE_CLIENT;
	return OTLS_OK;
}

otls_status
otls_verification_set_name(otls_verification *verification, const char *host_or_ip)
{
	otls_peer_name name = { .text = "" };

	if (verification == NULL)
		return otls__fail_null(__func__, "verification");
	if (host_or_ip != NULL && otls__peer_name_parse(host_or_ip, &name) != OTLS_OK)
		return OTLS_ERROR;
	verification->name = name;
	return OTLS_OK;
}

otls_status
otls_verification_set_flags(otls_verification *verification, uint64_t flags)
{
	if (verification == NULL)
		return otls__fail_null(__func__, "verification");
	if ((flags & ~KNOWN_FLAGS) != 0)
		return otls__fail(
		    OTLS_E_UNSUPPORTED, "%s: flags 0x%llx", __func__, (unsigned long long)(flags & ~KNOWN_FLAGS));
	verification->flags = flags;
	return OTLS_OK;
}

otls_status
otls_verification_set_depth(otls_verification *verification, int intermediates)
{
	if (verification == NULL)
		return otls__fail_null(__func__, "verification");
	if (intermediates < 0 || intermediates > DEPTH_MAX)
		return otls__fail(
		    OTLS_E_BAD_ARGUMENT, "%s: %d is not between 0 and %d", __func__, intermediates, DEPTH_MAX);
	verification->depth = intermediates;
	return OTLS_OK;
}

otls_status
otls_verification_add_intermediate(otls_verification *verification, const otls_certificate *cert)
{
	size_t cap;
	otls_certificate **grown;

	if (verification == NULL || cert == NULL)
		return otls__fail_null(__func__, verification == NULL ? "verification" : "cert");
	if (verification->extra_len == verification->extra_cap) {
		cap = verification->extra_cap == 0 ? 8 : 2 * verification->extra_cap;
		grown = otls__realloc(verification->extra, cap * sizeof(otls_certificate *));
		if (grown == NULL)
			return otls__fail_memory();
		verification->extra = grown;
		verification->extra_cap = cap;
	}
	verification->extra[verification->extra_len++] = otls_certificate_ref(cert);
	return OTLS_OK;
}

static otls_status
set_response(otls_verification *verification, otls_bytes response)
{
	otls__free((void *)(uintptr_t)verification->response.data);
	verification->response = response;
	return OTLS_OK;
}

otls_status
otls_verification_set_ocsp_response(otls_verification *verification, const void *data, size_t len)
{
	otls_bytes response = { NULL, 0 };

	if (verification == NULL)
		return otls__fail_null(__func__, "verification");
	if (data != NULL && otls__ocsp_read(otls__bytes(data, len), __func__, &response) != OTLS_OK)
		return OTLS_ERROR;
	return set_response(verification, response);
}

otls_status
otls_verification_set_ocsp_response_file(otls_verification *verification, const char *path)
{
	otls_bytes response;

	if (verification == NULL || path == NULL)
		return otls__fail_null(__func__, verification == NULL ? "verification" : "path");
	if (otls__ocsp_read_file(path, &response) != OTLS_OK)
		return OTLS_ERROR;
	return set_response(verification, response);
}

/* == judging == */

/* Its own, and the store's. */
static uint64_t
flags_of(const otls_verification *verification)
{
	return verification->flags | otls__store_flags(verification->store);
}

static bool
is_response_asked(const otls_verification *verification)
{
	return verification->response.len > 0 || (verification->flags & OTLS_VERIFY_FLAG_OCSP_REQUIRE) != 0;
}

static void
judge_response(otls_verification *verification, const otls_verify_params *params)
{
	otls_verify_outcome *outcome = &verification->outcome;
	otls_ocsp_verdict verdict;
	otls_finding finding;

	otls__ocsp_judge(params, outcome, verification->response, &verdict);
	otls__ocsp_conclude(params, &verdict, &finding);
	if (finding.reason == OTLS_REASON_OK)
		return;
	otls__verify_conclude(outcome, params, &finding);
	outcome->report = verdict.report;
	if (!otls__findings_add(&outcome->findings, &finding)) {
		outcome->reason = OTLS_REASON_INTERNAL;
		outcome->report.code = OTLS_E_MEMORY;
	}
}

static otls_status
refuse(const otls_verify_outcome *outcome)
{
	otls_error *err = otls__error_thread();

	if (outcome->reason == OTLS_REASON_INTERNAL && outcome->report.code == OTLS_E_MEMORY)
		return otls__fail_memory();
	otls__fail(OTLS_E_VERIFY, "%s", outcome->text);
	otls__error_entries(&outcome->report);
	err->verify_reason = (int)outcome->reason;
	err->verify_depth = outcome->depth;
	return OTLS_ERROR;
}

otls_status
otls_verification_run(otls_verification *verification, const otls_certificate *leaf)
{
	otls_certificate *chain[1];
	otls_verify_params params;

	if (verification == NULL || leaf == NULL)
		return otls__fail_null(__func__, verification == NULL ? "verification" : "leaf");
	chain[0] = otls__certificate_shared(leaf);
	params = (otls_verify_params){
		.engine = verification->engine,
		.store = verification->store,
		.chain = chain,
		.chain_len = 1,
		.extra = verification->extra,
		.extra_len = verification->extra_len,
		.peer = verification->peer,
		.name = verification->name.text[0] != '\0' ? &verification->name : NULL,
		.key_use = otls__key_use(flags_of(verification)),
		.max_intermediates = verification->depth,
		.flags = flags_of(verification),
		.time = otls__store_time(verification->store),
		.find_all = true,
	};
	otls__verify_outcome_fini(&verification->outcome);
	otls__verify_chain(&params, &verification->outcome);
	if (verification->outcome.reason == OTLS_REASON_OK && is_response_asked(verification))
		judge_response(verification, &params);
	verification->judged = true;
	return verification->outcome.reason == OTLS_REASON_OK ? OTLS_OK : refuse(&verification->outcome);
}

/* == the verdict == */

int
otls_verification_reason(const otls_verification *verification, int *depth)
{
	if (depth != NULL)
		*depth = verification != NULL ? verification->outcome.depth : -1;
	return verification != NULL ? (int)verification->outcome.reason : OTLS_REASON_NO_PEER_CERTIFICATE;
}

const char *
otls_verification_text(const otls_verification *verification)
{
	return verification != NULL ? verification->outcome.text : "";
}

const otls_certificate *
otls_verification_path_at(const otls_verification *verification, size_t i)
{
	return verification != NULL && i < verification->outcome.path_len ? verification->outcome.path[i] : NULL;
}

static bool
has_failed(const otls_verify_outcome *outcome, size_t check)
{
	if (otls__verify_check_of(outcome->reason) == check)
		return true;
	for (size_t i = 0; i < outcome->findings.count; i++)
		if (otls__verify_check_of(outcome->findings.items[i].reason) == check)
			return true;
	return false;
}

static bool
is_asked(const otls_verification *verification, size_t check)
{
	if (check == otls__verify_check_of(OTLS_REASON_HOSTNAME_MISMATCH))
		return verification->name.text[0] != '\0';
	if (check == otls__verify_check_of(OTLS_REASON_REVOKED))
		return (flags_of(verification) & OTLS_CRL_FLAGS) != 0 || is_response_asked(verification);
	return true;
}

/* The first check is whether there is a path to an anchor; without one, or without a budget, no other is made. */
static otls_check_result
result_of(const otls_verification *verification, size_t check)
{
	const otls_verify_outcome *outcome = &verification->outcome;

	if (!is_asked(verification, check))
		return OTLS_CHECK_NOT_ASKED;
	if (outcome->reason == OTLS_REASON_OK)
		return OTLS_CHECK_PASSED;
	if (has_failed(outcome, check))
		return OTLS_CHECK_FAILED;
	return !verification->judged || outcome->findings.count == 0 || has_failed(outcome, 0) ? OTLS_CHECK_NOT_REACHED
											       : OTLS_CHECK_PASSED;
}

const char *
otls_verification_check_at(const otls_verification *verification, size_t i, otls_check_result *result)
{
	const char *name = verification != NULL ? otls__verify_check_name(i) : NULL;

	if (result != NULL)
		*result = name != NULL ? result_of(verification, i) : OTLS_CHECK_NOT_REACHED;
	return name;
}

bool
otls_verification_fault_at(const otls_verification *verification, size_t i, int *reason, int *depth, const char **text)
{
	const otls_finding *finding;

	if (verification == NULL || i >= verification->outcome.findings.count)
		return false;
	finding = &verification->outcome.findings.items[i];
	if (reason != NULL)
		*reason = (int)finding->reason;
	if (depth != NULL)
		*depth = finding->depth;
	if (text != NULL)
		*text = finding->detail[0] != '\0' ? finding->detail : otls_verify_reason_text((int)finding->reason);
	return true;
}

uint64_t
otls_verification_cost(const otls_verification *verification, otls_cost which)
{
	const otls_verify_cost *cost = verification != NULL ? &verification->outcome.cost : NULL;

	if (cost == NULL)
		return 0;
	switch (which) {
	case OTLS_COST_CANDIDATES:
		return cost->candidates;
	case OTLS_COST_SIGNATURES:
		return cost->signatures;
	case OTLS_COST_SIGNATURE_UNITS:
		return cost->signature_units;
	case OTLS_COST_NAME_COMPARISONS:
		return cost->name_comparisons;
	}
	return 0;
}
