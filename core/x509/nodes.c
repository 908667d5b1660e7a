/* The certificates that paths may be built of: what was sent, what else is known, and those of the store that stand
 * above them by name. */
#include "x509/judge.h"

#define NODES_MAX 1024

static otls_bytes
der_of(const otls_certificate *cert)
{
	return otls__bytes(cert->der, cert->der_len);
}

static bool
is_known(const otls_judge *judge, const otls_certificate *cert)
{
	for (size_t i = 0; i < judge->node_count; i++) {
		if (otls__bytes_equal(der_of(judge->nodes[i].cert), der_of(cert)))
			return true;
	}
	return false;
}

/* The number of a name: that of an equal one, or a new one. */
static unsigned
number_name(const otls_judge *judge, otls_bytes name, uint32_t hash, unsigned new_number)
{
	for (size_t i = 0; i < judge->node_count; i++) {
		const otls_node *node = &judge->nodes[i];
		if (node->subject_hash == hash && otls__names_equal(node->cert->subject, name))
			return node->subject;
		if (node->issuer_hash == hash && otls__names_equal(node->cert->issuer, name))
			return node->issuer;
	}
	return new_number;
}

static unsigned
number_entity(const otls_judge *judge, const otls_node *node)
{
	for (size_t i = 0; i < judge->node_count; i++) {
		const otls_node *other = &judge->nodes[i];
		if (other->subject == node->subject && otls__bytes_equal(other->cert->spki.der, node->cert->spki.der))
			return other->entity;
	}
	return (unsigned)judge->node_count;
}

static otls_node
make_node(const otls_judge *judge, const otls_certificate *cert)
{
	unsigned next = 2 * (unsigned)judge->node_count;
	otls_node node = {
		.cert = cert,
		.subject_hash = otls__name_hash(cert->subject),
		.issuer_hash = otls__name_hash(cert->issuer),
		.self_issued = otls__names_equal(cert->issuer, cert->subject),
		.trusted = judge->params->store != NULL && otls__store_has(judge->params->store, cert),
	};

	node.subject = number_name(judge, cert->subject, node.subject_hash, next);
	node.issuer = node.self_issued ? node.subject : number_name(judge, cert->issuer, node.issuer_hash, next + 1);
	node.entity = number_entity(judge, &node);
	return node;
}

static bool
make_room(otls_judge *judge)
{
	size_t cap = judge->node_cap == 0 ? 32 : 2 * judge->node_cap;
	otls_node *nodes;

	if (judge->node_count < judge->node_cap)
		return true;
	nodes = otls__realloc(judge->nodes, cap * sizeof(*nodes));
	if (nodes == NULL)
		return false;
	judge->nodes = nodes;
	judge->node_cap = cap;
	return true;
}

/* false: memory ran out. */
static bool
add_node(otls_judge *judge, const otls_certificate *cert)
{
	if (is_known(judge, cert))
		return true;
	if (judge->node_count == NODES_MAX) {
		judge->spent = "there are too many certificates";
		return true;
	}
	if (!make_room(judge))
		return false;
	judge->nodes[judge->node_count] = make_node(judge, cert);
	judge->node_count++;
	return true;
}

static bool
add_all(otls_judge *judge, otls_certificate *const *certs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!add_node(judge, certs[i]))
			return false;
	}
	return true;
}

/* Those that bring in others of the store come to stand behind them, and are met later. */
static bool
add_from_store(otls_judge *judge)
{
	const otls_certificate *issuer;

	for (size_t i = 0; i < judge->node_count; i++) {
		otls_bytes name = judge->nodes[i].cert->issuer;
		for (size_t cursor = 0; (issuer = otls__store_find(judge->params->store, name, &cursor)) != NULL;) {
			if (!add_node(judge, issuer))
				return false;
		}
	}
	return true;
}

bool
otls__gather_nodes(otls_judge *judge)
{
	const otls_verify_params *params = judge->params;

	return add_all(judge, params->chain, params->chain_len) && add_all(judge, params->extra, params->extra_len) &&
	       (params->store == NULL || add_from_store(judge));
}
