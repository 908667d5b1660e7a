/* Revocation by lists (RFC 5280, section 6.3): those that the program has put into the store.  Nothing is fetched. */
#include "x509/crl.h"
#include "x509/judge.h"

#include <stdio.h>

/* A list speaks for the key that it names, or, without that, for every key of its issuer's name. */
static bool
is_of(const otls_crl *crl, const otls_certificate *issuer)
{
	return crl->authority_key_id.data == NULL || !issuer->has_subject_key_id ||
	       otls__bytes_equal(crl->authority_key_id, issuer->subject_key_id);
}

static const char *
signature_defect(otls_judge *judge, const otls_crl *crl, const otls_certificate *issuer)
{
	const char *why = "";

	if (issuer->has_key_usage && (issuer->key_usage & OTLS_KEY_USAGE_CRL_SIGN) == 0)
		return "its issuer may not sign revocation lists, by its key usage";
	if (otls__check_key(judge->params->level, &issuer->spki, &why) != OTLS_REASON_OK ||
	    otls__check_signature_algorithm(judge->params->level, &crl->signature_algorithm, &why) != OTLS_REASON_OK)
		return "its key or its signature algorithm is too weak, or not supported";
	if (otls__check_signed(judge, crl, &crl->signature_algorithm, crl->tbs, crl->signature, issuer) !=
	    OTLS_REASON_OK)
		return "its signature is wrong: its issuer's key did not make it";
	return NULL;
}

/* RFC 5280, sections 5.2.1 and 5.2.3: lists have them.  Lists that private authorities make by hand often do not.  Of two
 * entries for one serial number, nobody says which is the one that counts. */
static const char *
profile_defect(const otls_judge *judge, const otls_crl *crl)
{
	if (!otls__is_strict(judge->params))
		return NULL;
	if (!crl->has_number)
		return "it has no number (RFC 5280, section 5.2.3)";
	if (crl->number_critical)
		return "its number is critical (RFC 5280, section 5.2.3)";
	if (crl->has_repeats)
		return "it has two entries for one serial number";
	return crl->authority_key_id.data == NULL ? "it has no authority key identifier (RFC 5280, section 5.2.1)"
						  : NULL;
}

/* A certificate that a list names stays revoked when the list is out of date. */
static bool
find_entry(const otls_crl *crl, const otls_certificate *cert, int depth, otls_finding *finding)
{
	const otls_crl_entry *entry = otls__crl_find(crl, cert->serial);
	const char *why;
	char date[OTLS_DATE_TEXT_MAX], detail[128];

	if (entry == NULL)
		return false;
	otls__date_text(entry->when, date);
	why = otls__crl_reason_text(entry->reason);
	snprintf(
	    detail, sizeof(detail), "was revoked on %s%s%s", date, why == NULL ? "" : ": ", why == NULL ? "" : why);
	*finding = (otls_finding){ .reason = OTLS_REASON_REVOKED, .depth = depth };
	snprintf(finding->detail, sizeof(finding->detail), "%s", detail);
	return true;
}

static void
set_fault(otls_finding *fault, otls_verify_reason reason, const char *what, const char *more)
{
	fault->reason = reason;
	snprintf(fault->detail, sizeof(fault->detail), "its issuer's revocation list cannot be used: %s%s", what, more);
}

/* What one list says: OK, REVOKED, or why it cannot be used. */
static void
ask_list(otls_judge *judge, const otls_crl *crl, const otls_path *path, size_t i, otls_finding *answer)
{
	const otls_certificate *issuer = path->nodes[i + 1]->cert;
	char date[OTLS_DATE_TEXT_MAX];
	const char *what;

	*answer = (otls_finding){ .reason = OTLS_REASON_OK, .depth = (int)i };
	if ((what = crl->defect) != NULL || (what = signature_defect(judge, crl, issuer)) != NULL ||
	    (what = profile_defect(judge, crl)) != NULL) {
		set_fault(answer, OTLS_REASON_CRL_INVALID, what, "");
	} else if (find_entry(crl, path->nodes[i]->cert, (int)i, answer)) {
		return;
	} else if (judge->params->time > crl->next_update) {
		otls__date_text(crl->next_update, date);
		set_fault(answer, OTLS_REASON_CRL_EXPIRED, "the next one was due on ", date);
	} else if (judge->params->time < crl->this_update) {
		otls__date_text(crl->this_update, date);
		set_fault(answer, OTLS_REASON_CRL_NOT_YET_VALID, "it is not valid before ", date);
	}
}

/* All lists of the issuer are asked: one revocation counts, whatever the others say; else one good list is enough. */
static void
ask_lists(otls_judge *judge, const otls_path *path, size_t i, otls_finding *answer)
{
	const otls_certificate *issuer = path->nodes[i + 1]->cert;
	bool good = false;
	otls_finding one;

	*answer = (otls_finding){ .reason = OTLS_REASON_CRL_MISSING, .depth = (int)i };
	snprintf(answer->detail, sizeof(answer->detail), "its issuer has no revocation list here");
	for (size_t at = 0; judge->spent == NULL;) {
		const otls_crl *crl = otls__store_find_crl(judge->params->store, issuer->subject, &at);

		if (crl == NULL)
			break;
		if (!is_of(crl, issuer))
			continue;
		ask_list(judge, crl, path, i, &one);
		good = good || one.reason == OTLS_REASON_OK;
		if (one.reason == OTLS_REASON_REVOKED || answer->reason == OTLS_REASON_CRL_MISSING)
			*answer = one;
		if (one.reason == OTLS_REASON_REVOKED)
			return;
	}
	if (good)
		*answer = (otls_finding){ .reason = OTLS_REASON_OK, .depth = -1 };
}

static bool
is_forgiven(const otls_verify_params *params, otls_verify_reason reason)
{
	return reason == OTLS_REASON_OK ||
	       (reason == OTLS_REASON_CRL_MISSING && (params->flags & OTLS_VERIFY_FLAG_CRL_SOFT) != 0);
}

void
otls__check_revocation(otls_judge *judge, const otls_path *path, otls_finding *finding)
{
	uint64_t flags = judge->params->flags & OTLS_CRL_FLAGS;
	size_t first = (flags & OTLS_VERIFY_FLAG_CRL_ALL) != 0 ? path->len - 1 : 1;

	if (flags == 0 || path->len < 2)
		return;
	for (size_t i = first; i-- > 0 && judge->spent == NULL;) {
		otls_finding answer;

		ask_lists(judge, path, i, &answer);
		if (judge->spent == NULL && !is_forgiven(judge->params, answer.reason) &&
		    otls__find(finding, answer.reason, answer.depth, answer.detail))
			return;
	}
}
