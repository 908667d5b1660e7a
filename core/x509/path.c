/* Path building (RFC 4158): every chain of names from the leaf to a trust anchor, depth first, the most likely issuer
 * first.  Whether a path is good is not decided here. */
#include "x509/judge.h"

/* Candidate issuers of one certificate: the store's first, then those that were sent. */
typedef struct issuers {
	const otls_certificate *of;
	uint32_t hash;
	size_t store, pool;
	bool store_done;
} issuers;

static bool
in_store(const otls_judge *judge, const otls_certificate *cert)
{
	return judge->params->store != NULL && otls__store_has(judge->params->store, cert);
}

/* A certificate of the store that is not self-issued is no root: it ends a chain only if that is wanted. */
static bool
is_anchor(const otls_judge *judge, const otls_certificate *cert)
{
	return in_store(judge, cert) &&
	       ((judge->params->flags & OTLS_VERIFY_FLAG_PARTIAL_CHAIN) != 0 || otls__self_issued(cert));
}

static const otls_certificate *
next_issuer(const otls_judge *judge, issuers *it)
{
	const otls_certificate *cert = NULL;

	if (!it->store_done && judge->params->store != NULL)
		cert = otls__store_find(judge->params->store, it->of->issuer, &it->store);
	if (cert != NULL)
		return cert;
	it->store_done = true;
	while (it->pool < judge->pool_len) {
		const otls_candidate *candidate = &judge->pool[it->pool++];
		if (candidate->subject_hash == it->hash &&
		    otls__names_equal(candidate->cert->subject, it->of->issuer) && !in_store(judge, candidate->cert))
			return candidate->cert;
	}
	return NULL;
}

/* The same certificate, or another one for the same name and key: going round would add nothing. */
static bool
is_in_path(const otls_path *path, const otls_certificate *cert)
{
	for (size_t i = 0; i < path->len; i++) {
		const otls_certificate *other = path->certs[i];
		if (otls__bytes_equal(other->spki.der, cert->spki.der) &&
		    otls__names_equal(other->subject, cert->subject))
			return true;
	}
	return false;
}

/* How likely it is that this is the issuer: its key identifier is the one that is asked for (3), cannot be told (2),
 * or is another one (0), which is a hint only; it is valid now (1). */
#define BEST_SCORE 4

static int
score(const otls_judge *judge, const otls_certificate *cert, const otls_certificate *issuer)
{
	bool told = cert->authority_key_id.data != NULL && issuer->has_subject_key_id;
	bool valid = issuer->not_before <= judge->params->time && judge->params->time <= issuer->not_after;
	int key = !told ? 2 : otls__bytes_equal(cert->authority_key_id, issuer->subject_key_id) ? 3 : 0;

	return key + (valid ? 1 : 0);
}

/* A self-signed certificate, as far as names and key identifiers tell. */
static bool
looks_self_signed(const otls_certificate *cert)
{
	return otls__self_issued(cert) && (cert->authority_key_id.data == NULL || !cert->has_subject_key_id ||
					      otls__bytes_equal(cert->authority_key_id, cert->subject_key_id));
}

static void
dead_end(otls_judge *judge)
{
	bool self_signed = looks_self_signed(judge->path.certs[judge->path.len - 1]);

	otls__judge_dead_end(judge, !self_signed           ? OTLS_REASON_UNKNOWN_ISSUER
				    : judge->path.len == 1 ? OTLS_REASON_SELF_SIGNED_LEAF
							   : OTLS_REASON_SELF_SIGNED_IN_CHAIN);
}

static void extend(otls_judge *judge);

static bool
is_over(const otls_judge *judge)
{
	return judge->settled || judge->spent != NULL;
}

/* Goes through the candidates of one score; answers whether there was any. */
static bool
try_issuers(otls_judge *judge, const otls_certificate *cert, uint32_t hash, int wanted)
{
	issuers it = { .of = cert, .hash = hash };
	const otls_certificate *issuer;
	bool found = false;

	while (!is_over(judge) && (issuer = next_issuer(judge, &it)) != NULL) {
		if (score(judge, cert, issuer) != wanted || is_in_path(&judge->path, issuer))
			continue;
		found = true;
		if (judge->edges == 0) {
			judge->spent = "there are too many ways to build a chain";
			break;
		}
		judge->edges--;
		judge->path.certs[judge->path.len++] = issuer;
		extend(judge);
		judge->path.len--;
	}
	return found;
}

/* Recursion ends at OTLS_PATH_MAX. */
static void
extend(otls_judge *judge)
{
	const otls_certificate *top = judge->path.certs[judge->path.len - 1];
	uint32_t hash = otls__name_hash(top->issuer);
	bool found = false;

	if (is_anchor(judge, top)) {
		otls__judge_path(judge);
		if (otls__self_issued(top))
			return; /* nothing is above a root */
		found = true;
	}
	if (judge->path.len == OTLS_PATH_MAX) {
		otls__judge_dead_end(judge, OTLS_REASON_CHAIN_TOO_LONG);
		return;
	}
	for (int wanted = BEST_SCORE; wanted >= 0 && !is_over(judge); wanted--)
		found = try_issuers(judge, top, hash, wanted) || found;
	if (!found)
		dead_end(judge);
}

void
otls__build_paths(otls_judge *judge)
{
	judge->path.certs[0] = judge->params->chain[0];
	judge->path.len = 1;
	extend(judge);
}
