/* Everything that is wrong with one path: for a verify callback, so that overruling one error never hides another. */
#include "x509/judge.h"

bool
otls__findings_add(otls_findings *all, const otls_finding *finding)
{
	for (size_t i = 0; i < all->count; i++) {
		if (all->items[i].reason == finding->reason && all->items[i].depth == finding->depth)
			return true;
	}
	if (all->count == all->cap) {
		size_t cap = all->cap == 0 ? 8 : 2 * all->cap;
		otls_finding *items = otls__realloc(all->items, cap * sizeof(*items));

		if (items == NULL) {
			all->no_memory = true;
			return false;
		}
		all->items = items;
		all->cap = cap;
	}
	all->items[all->count] = *finding;
	all->items[all->count++].all = NULL;
	return true;
}

/* Weak is not unusable: the library can be asked what it makes of such a signature. */
static bool
is_only_weak(const otls_judge *judge, const otls_certificate *cert, const otls_certificate *issuer)
{
	const char *why;
	otls_verify_reason key = otls__check_key(judge->params->level, &issuer->spki, &why);
	otls_verify_reason algorithm = otls__check_algorithm(judge->params->level, cert, &why);

	return issuer->spki.sound && (key == OTLS_REASON_OK || key == OTLS_REASON_WEAK_KEY) &&
	       (algorithm == OTLS_REASON_OK || algorithm == OTLS_REASON_WEAK_SIGNATURE);
}

/* Weak algorithms and keys are refused before any signature by them is checked; whoever overrules that must not
 * accept a wrong signature along with it, nor one that nobody can check. */
static void
find_unchecked(otls_judge *judge, otls_finding *finding)
{
	const otls_path *path = &judge->best;

	for (size_t i = path->len - 1; i > 0; i--) {
		const otls_certificate *cert = path->nodes[i - 1]->cert, *issuer = path->nodes[i]->cert;

		if (otls__is_checkable(judge, cert, issuer))
			continue;
		if (is_only_weak(judge, cert, issuer) && otls__check_edge(judge, cert, issuer) == OTLS_REASON_OK)
			continue;
		otls__find(finding, OTLS_REASON_BAD_SIGNATURE, (int)i - 1,
		    "its signature is wrong, or cannot be checked for want of its algorithm");
	}
}

void
otls__find_all(otls_judge *judge, otls_findings *all)
{
	otls_finding finding = { .all = all };

	if (!otls__findings_add(all, &judge->verdict))
		return;
	if (judge->best.len == OTLS_PATH_MAX && judge->verdict.depth > 0)
		otls__find(&finding, OTLS_REASON_UNKNOWN_ISSUER, judge->verdict.depth, ""); /* no anchor was reached */
	otls__check_path(judge, &judge->best, &finding);
	otls__check_signatures(judge, &judge->best, &finding);
	find_unchecked(judge, &finding);
	otls__check_revocation(judge, &judge->best, &finding);
	otls__check_name(judge->params, &finding);
}
