/* Certificate policies (RFC 5280, section 6.1).  Nobody is asked which policies are wanted, any will do: so all that is
 * kept of the tree of valid policies is its lowest level, and all that matters is whether there is one where some
 * certificate demands it. */
#include "x509/der.h"
#include "x509/judge.h"

#define POLICIES_MAX 64 /* that are valid at a time; certificates in use have a handful */

typedef struct policy_set {
	otls_bytes oids[POLICIES_MAX];
	size_t count;
	bool any;
} policy_set;

typedef struct policy_walk {
	otls_judge *judge;
	policy_set valid; /* what the next certificate may name */
	/* How many more certificates it takes until a policy is required, mapped no more, and "any" is none. */
	unsigned required, mapping, any;
} policy_walk;

static bool
spend(policy_walk *walk, size_t steps)
{
	return otls__spend_steps(walk->judge, 32 * steps, "there are too many certificate policies");
}

static bool
contains(const policy_set *set, otls_bytes oid)
{
	for (size_t i = 0; i < set->count; i++) {
		if (otls__bytes_equal(set->oids[i], oid))
			return true;
	}
	return false;
}

/* false: the budget has run out. */
static bool
add(policy_walk *walk, policy_set *set, otls_bytes oid)
{
	if (!spend(walk, set->count))
		return false;
	if (contains(set, oid))
		return true;
	if (set->count == POLICIES_MAX) {
		walk->judge->spent = "there are too many certificate policies";
		return false;
	}
	set->oids[set->count++] = oid;
	return true;
}

static bool
add_all(policy_walk *walk, policy_set *set, const policy_set *more)
{
	for (size_t i = 0; i < more->count; i++) {
		if (!add(walk, set, more->oids[i]))
			return false;
	}
	set->any = set->any || more->any;
	return true;
}

/* The first OID of the next entry of a list of policies. */
static bool
next_policy(otls_der *list, otls_bytes *oid)
{
	otls_der entry;

	return otls__der_more(list) && otls__der_enter(list, OTLS_DER_SEQUENCE, &entry) && otls__der_oid(&entry, oid);
}

/* Section 6.1.3, (d) and (e): of what was valid above, what the certificate names stays; all does if it names "any". */
static void
narrow(policy_walk *walk, const otls_certificate *cert, bool any_counts)
{
	otls_der list = otls__der(cert->policies, NULL);
	policy_set left = { .count = 0 };
	otls_bytes oid;
	bool names_any = false;

	while (next_policy(&list, &oid)) {
		if (!spend(walk, walk->valid.count))
			return;
		if (otls__bytes_equal(oid, OTLS_ANY_POLICY))
			names_any = true;
		else if ((walk->valid.any || contains(&walk->valid, oid)) && !add(walk, &left, oid))
			return;
	}
	if (names_any && any_counts && !add_all(walk, &left, &walk->valid))
		return;
	walk->valid = left;
}

static bool
is_mapped(const otls_certificate *cert, otls_bytes oid)
{
	otls_der list = otls__der(cert->policy_mappings, NULL);
	otls_bytes from;

	while (next_policy(&list, &from)) {
		if (otls__bytes_equal(from, oid))
			return true;
	}
	return false;
}

static bool
add_mapped(policy_walk *walk, const otls_certificate *cert, policy_set *mapped)
{
	otls_der list = otls__der(cert->policy_mappings, NULL), pair;
	otls_bytes from, to;

	while (otls__der_more(&list) && otls__der_enter(&list, OTLS_DER_SEQUENCE, &pair) &&
	       otls__der_oid(&pair, &from) && otls__der_oid(&pair, &to)) {
		if (!spend(walk, walk->valid.count))
			return false;
		if ((walk->valid.any || contains(&walk->valid, from)) && !add(walk, mapped, to))
			return false;
	}
	return true;
}

/* Section 6.1.4, (b): a policy that is mapped goes by its new names below, or, where none is to be mapped, by none. */
static void
map(policy_walk *walk, const otls_certificate *cert)
{
	policy_set mapped = { .any = walk->valid.any };

	for (size_t i = 0; i < walk->valid.count; i++) {
		if (!spend(walk, cert->policy_mappings.len / 8))
			return;
		if (!is_mapped(cert, walk->valid.oids[i]) && !add(walk, &mapped, walk->valid.oids[i]))
			return;
	}
	if (walk->mapping > 0 && !add_mapped(walk, cert, &mapped))
		return;
	walk->valid = mapped;
}

static void
lower(unsigned *left, int limit)
{
	if (limit >= 0 && (unsigned)limit < *left)
		*left = (unsigned)limit;
}

static void
count_down(unsigned *left)
{
	if (*left > 0)
		(*left)--;
}

static void
limit(policy_walk *walk, const otls_certificate *cert)
{
	lower(&walk->required, cert->require_policy);
	lower(&walk->mapping, cert->inhibit_mapping);
	lower(&walk->any, cert->inhibit_any_policy);
}

/* Section 6.1.4, for the certificate below; and 6.1.5, (a) and (b), behind the leaf. */
static void
go_down(policy_walk *walk, const otls_path *path, size_t i)
{
	const otls_certificate *cert = path->nodes[i]->cert;

	if (i > 0 && cert->policy_mappings.data != NULL)
		map(walk, cert);
	if (i == 0 || !path->nodes[i]->self_issued) {
		count_down(&walk->required);
		count_down(&walk->mapping);
		count_down(&walk->any);
	}
	if (i > 0)
		limit(walk, cert);
	else if (cert->require_policy == 0)
		walk->required = 0;
}

static bool
is_demanded(const otls_path *path)
{
	for (size_t i = 0; i < path->len; i++) {
		if (path->nodes[i]->cert->require_policy >= 0)
			return true;
	}
	return false;
}

static bool
lacks_policy(const policy_walk *walk)
{
	return walk->required == 0 && !walk->valid.any && walk->valid.count == 0;
}

/* The anchor's limits hold too, as its other constraints do; its policies are not asked for, and all are valid. */
bool
otls__check_policies(otls_judge *judge, const otls_path *path, otls_finding *finding)
{
	unsigned never = (unsigned)path->len + 1;
	policy_walk walk = {
		.judge = judge, .valid = { .any = true }, .required = never, .mapping = never, .any = never
	};

	if (path->len < 2 || !is_demanded(path))
		return false;
	limit(&walk, path->nodes[path->len - 1]->cert);
	for (size_t i = path->len - 1; i-- > 0 && judge->spent == NULL;) {
		bool any_counts = walk.any > 0 || (i > 0 && path->nodes[i]->self_issued);
		bool lacking;

		narrow(&walk, path->nodes[i]->cert, any_counts);
		lacking = lacks_policy(&walk);
		go_down(&walk, path, i);
		if (judge->spent == NULL && (lacking || (i == 0 && lacks_policy(&walk))))
			return otls__find(finding, OTLS_REASON_POLICY, (int)i,
			    "is under no policy that is valid for the whole chain, and one is required");
	}
	return false;
}
