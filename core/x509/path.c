/* Path building (RFC 4158): every chain of names from the leaf to a trust anchor, depth first, the most likely issuer
 * first.  Whether a path is good is not decided here. */
#include "x509/judge.h"

/* A certificate of the store that is not self-issued is no root: it ends a chain only if that is wanted. */
static bool
is_anchor(const otls_judge *judge, const otls_node *node)
{
	return node->trusted && (node->self_issued || (judge->params->flags & OTLS_VERIFY_FLAG_PARTIAL_CHAIN) != 0);
}

/* The same certificate, or another one for the same name and key: going round would add nothing. */
static bool
is_in_path(const otls_path *path, const otls_node *node)
{
	for (size_t i = 0; i < path->len; i++) {
		if (path->nodes[i]->entity == node->entity)
			return true;
	}
	return false;
}

/* How likely it is that this is the issuer: its key identifier is the one that is asked for (6), cannot be told (4),
 * or is another one (0), which is a hint only; it is valid now (2); it is trusted (1). */
#define BEST_SCORE 9

static int
score(const otls_judge *judge, const otls_node *node, const otls_node *issuer)
{
	const otls_certificate *cert = node->cert, *above = issuer->cert;
	bool told = cert->authority_key_id.data != NULL && above->has_subject_key_id;
	bool valid = above->not_before <= judge->params->time && judge->params->time <= above->not_after;
	int key = !told ? 4 : otls__bytes_equal(cert->authority_key_id, above->subject_key_id) ? 6 : 0;

	return key + (valid ? 2 : 0) + (issuer->trusted ? 1 : 0);
}

/* A self-signed certificate, as far as names and key identifiers tell. */
static bool
looks_self_signed(const otls_node *node)
{
	const otls_certificate *cert = node->cert;

	return node->self_issued && (cert->authority_key_id.data == NULL || !cert->has_subject_key_id ||
					otls__bytes_equal(cert->authority_key_id, cert->subject_key_id));
}

static void
dead_end(otls_judge *judge)
{
	if (!looks_self_signed(judge->path.nodes[judge->path.len - 1]))
		otls__judge_dead_end(judge, OTLS_REASON_UNKNOWN_ISSUER);
	else if (judge->path.len == 1)
		otls__judge_dead_end(judge, OTLS_REASON_SELF_SIGNED_LEAF);
	else
		otls__judge_dead_end(judge, OTLS_REASON_SELF_SIGNED_IN_CHAIN);
}

static bool
is_over(const otls_judge *judge)
{
	return judge->settled || judge->spent != NULL;
}

static void extend(otls_judge *judge);

static void
go_up(otls_judge *judge, const otls_node *issuer)
{
	if (judge->edges == 0) {
		judge->spent = "there are too many ways to build a chain";
		return;
	}
	judge->edges--;
	judge->cost.candidates++;
	judge->path.nodes[judge->path.len++] = issuer;
	extend(judge);
	judge->path.len--;
}

/* Goes through the issuers of one score; answers whether there was any. */
static bool
try_issuers(otls_judge *judge, const otls_node *node, int wanted)
{
	bool found = false;

	for (size_t i = 0; i < judge->node_count && !is_over(judge); i++) {
		const otls_node *issuer = &judge->nodes[i];
		if (issuer->subject != node->issuer || is_in_path(&judge->path, issuer) ||
		    score(judge, node, issuer) != wanted)
			continue;
		found = true;
		go_up(judge, issuer);
	}
	return found;
}

/* Recursion ends at OTLS_PATH_MAX. */
static void
extend(otls_judge *judge)
{
	const otls_node *top = judge->path.nodes[judge->path.len - 1];
	bool found = false;

	if (is_anchor(judge, top)) {
		otls__judge_path(judge);
		if (top->self_issued)
			return; /* nothing is above a root */
		found = true;
	}
	if (judge->path.len == OTLS_PATH_MAX) {
		otls__judge_dead_end(judge, OTLS_REASON_CHAIN_TOO_LONG);
		return;
	}
	for (int wanted = BEST_SCORE; wanted >= 0 && !is_over(judge); wanted--)
		found = try_issuers(judge, top, wanted) || found;
	if (!found)
		dead_end(judge);
}

void
otls__build_paths(otls_judge *judge)
{
	judge->path.nodes[0] = &judge->nodes[0];
	judge->path.len = 1;
	extend(judge);
}
