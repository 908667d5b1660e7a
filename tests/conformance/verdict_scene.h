/* A chain that is told about: who signs whom, what is trusted and what is sent, and the verdict that comes of it. */
#ifndef OTLS_CONFORMANCE_VERDICT_SCENE_H
#define OTLS_CONFORMANCE_VERDICT_SCENE_H

#include "pair.h"
#include "pki.h"

#define MANY      14
#define ANY_DEPTH (-2)

enum alert {
	NO_ALERT = -1,
	BAD_CERTIFICATE = 42,
	UNSUPPORTED_CERTIFICATE = 43,
	CERTIFICATE_REVOKED = 44,
	CERTIFICATE_EXPIRED = 45,
	CERTIFICATE_UNKNOWN = 46,
	UNKNOWN_CA = 48
};

/* What a row is played with: root -> middle -> leaf, of which the first is trusted and the others are sent, unless the row
 * changes that. */
struct table {
	mint_spec root, middle, leaf;
	const mint_identity *the_root, *the_middle, *the_leaf;
	const mint_identity *send[MANY + 4], *trust[4]; /* NULL: the usual */
	const mint_crl_spec *leaf_list, *middle_list;
	const char *name; /* that is expected */
	uint64_t flags;
	int max_intermediates;
	/* Instead of all that: texts. */
	const char *chain_pem, *key_pem, *trust_pem;
	bool no_server_name; /* none is sent */
	/* No server of ours shows this leaf: it refuses to be set up with it, with this code. */
	otls_code own_refusal;
};

struct verdict_row {
	void (*set)(struct run *run, struct table *table);     /* before the certificates are made; may be NULL */
	void (*arrange)(struct run *run, struct table *table); /* and when they are; may be NULL */
	otls_verify_reason reason;
	int depth;
	enum alert alert;
};

/* The case of a row: makes its chain, and compares the verdict. */
bool verdict_play(struct run *run);

/* == the parts of it == */
void verdict_init(struct run *run, struct table *table);
/* Root, intermediate and leaf, as specified. */
bool verdict_make(struct run *run, struct table *table);
bool verdict_use_chain(struct run *run, otls_context *server, const struct table *table);
bool verdict_set_trust(struct run *run, otls_context *client, const struct table *table);
/* The certificate with another last byte of its signature algorithm's OID (PKCS #1: 1.2.840.113549.1.1.x), in as many places
 * as said, the outer one last.  Whether the signature is one is not looked at any more. */
const char *verdict_claim_algorithm(struct run *run, const mint_identity *identity, uint8_t algorithm, unsigned places);
/* Authorities with an RSA key. */
void verdict_use_rsa(struct run *run, struct table *table);
/* What is sent: these texts, one behind the other. */
void verdict_send_texts(struct run *run, struct table *table, const char *leaf, const char *middle);
/* The one extension of a certificate. */
void verdict_extend(mint_spec *spec, const mint_extension *extension);

#define VERDICT(name, set, arrange, reason, depth, alert)                                                              \
	{                                                                                                              \
		name, verdict_play, &(const struct verdict_row){ set, arrange, OTLS_REASON_##reason, depth, alert },   \
		    SCOPE_PAIR, 0                                                                                      \
	}
#define GOOD(name, set, arrange) VERDICT(name, set, arrange, OK, 0, NO_ALERT)

#endif
