/* What the parts of the verifier share: verify.c decides, nodes.c gathers certificates and path.c builds paths of them,
 * checks.c and constraints.c apply RFC 5280's rules to a whole path, signature.c checks signatures within a budget,
 * host.c compares names, revocation.c asks revocation lists, ocsp_judge.c a stapled response. */
#ifndef OTLS_CORE_JUDGE_H
#define OTLS_CORE_JUDGE_H

#include "x509/verify.h"

/* A certificate that may be part of a path.  Names and keys are numbered once, so that building paths compares numbers:
 * the peer decides how many paths there are, and how long the names. */
typedef struct otls_node {
	const otls_certificate *cert;
	uint32_t subject_hash, issuer_hash;
	unsigned subject, issuer; /* the same number: the same name */
	unsigned entity;          /* the same number: the same subject with the same key */
	bool self_issued;
	bool trusted; /* it is in the store */
} otls_node;

typedef struct otls_path {
	const otls_node *nodes[OTLS_PATH_MAX]; /* leaf first; the last one is the anchor once it is complete */
	size_t len;
} otls_path;

/* The outcome of one signature check, so that paths that share an edge pay for it once. */
typedef struct otls_checked_edge {
	const void *signed_by_issuer; /* a certificate or a revocation list */
	const otls_certificate *issuer;
	otls_verify_reason reason;
} otls_checked_edge;

#define OTLS_CHECKED_EDGES 256

/* What the signatures of one verification may cost, its revocation included. */
#define OTLS_SIGNATURE_COST_MAX 600

typedef struct otls_judge {
	const otls_verify_params *params;
	otls_node *nodes; /* the leaf, what else was sent or is known, and what of the store may be above them */
	size_t node_count, node_cap;

	/* What may still be spent.  All verdicts are the same on every machine: nothing here is time. */
	unsigned edges, signature_cost, name_steps;
	const char *spent; /* which of them has run out, in words; NULL: none */
	otls_verify_cost cost;

	otls_checked_edge checked[OTLS_CHECKED_EDGES];
	size_t checked_len;
	otls_report report; /* the library's words on the last signature that it refused or could not check */

	otls_path path;       /* the one that is being built */
	bool explain;         /* nothing can be accepted: look for the path that gets furthest */
	bool settled;         /* found: it is the one in best */
	otls_path best;       /* the accepted one, or the one that got furthest */
	otls_finding verdict; /* on best */
	otls_report verdict_report;
} otls_judge;

/* Notes that something was found; answers whether to stop looking, which is so unless all findings are wanted.  A
 * check that goes through certificates must go on behind a false. */
bool otls__find(otls_finding *finding, otls_verify_reason reason, int depth, const char *detail);
/* Everything that is wrong with the path in best, the verdict first. */
void otls__find_all(otls_judge *judge, otls_findings *all);
/* Where a reason stands in the order in which the reasons of one path are reported; a path gets the further, the
 * higher this is. */
int otls__reason_stage(otls_verify_reason reason);

/* Fills nodes; false: memory ran out. */
bool otls__gather_nodes(otls_judge *judge);
/* Finds every path from the leaf to an anchor, best candidates first, and hands each to otls__judge_path. */
void otls__build_paths(otls_judge *judge);
/* The path is complete: it is accepted, or what is wrong with it is noted. */
void otls__judge_path(otls_judge *judge);
/* The path leads nowhere. */
void otls__judge_dead_end(otls_judge *judge, otls_verify_reason reason);

/* All that can be said about a complete path without checking a signature or a name, first things first.  Answers as
 * otls__find. */
bool otls__check_path(otls_judge *judge, const otls_path *path, otls_finding *finding);
/* What must hold of a leaf whatever the trust in it rests on: its form, its key, and that the key may be used. */
bool otls__check_leaf_alone(const otls_verify_params *params, otls_finding *finding);
/* Whether the key, and the algorithm by which it signs, are among those that are checked at all, and worth what the level
 * asks for (NULL: the default). */
otls_verify_reason otls__check_key(const struct otls_level *level, const otls_spki *key, const char **why);
otls_verify_reason otls__check_algorithm(
    const struct otls_level *level, const otls_certificate *cert, const char **why);
otls_verify_reason otls__check_signature_algorithm(
    const struct otls_level *level, const otls_signature_algorithm *algorithm, const char **why);
/* Pays for one comparison and the bytes that it looks at; false: the budget has run out, and nothing counts any more. */
bool otls__spend_steps(otls_judge *judge, size_t bytes, const char *what);
/* What policies are valid, where one must be (RFC 5280, section 6.1). */
bool otls__check_policies(otls_judge *judge, const otls_path *path, otls_finding *finding);
/* STRICT: what RFC 5280 asks of those who issue. */
bool otls__check_strict(const otls_verify_params *params, const otls_path *path, otls_finding *finding);
/* WEB_PROFILE: what the Baseline Requirements of the CA/Browser Forum ask of servers' certificates beyond RFC 5280. */
bool otls__check_web_profile(const otls_path *path, otls_finding *finding);
/* Name constraints of all issuers against all names below them. */
bool otls__check_constraints(otls_judge *judge, const otls_path *path, otls_finding *finding);

/* The signatures from the anchor down; finding gets the first one that is not good. */
void otls__check_signatures(otls_judge *judge, const otls_path *path, otls_finding *finding);
/* What the algorithm rules refuse is not shown to the library there; the path has that finding already. */
bool otls__is_checkable(const otls_judge *judge, const otls_certificate *cert, const otls_certificate *issuer);
/* One signature, within the budget, remembered. */
otls_verify_reason otls__check_edge(otls_judge *judge, const otls_certificate *cert, const otls_certificate *issuer);
/* The same of anything that an issuer signs. */
otls_verify_reason otls__check_signed(otls_judge *judge, const void *what, const otls_signature_algorithm *algorithm,
    otls_bytes tbs, otls_bytes signature, const otls_certificate *issuer);
/* With CRL or CRL_ALL: the revocation lists of the store, of a path whose signatures are good. */
void otls__check_revocation(otls_judge *judge, const otls_path *path, otls_finding *finding);

#define OTLS_DATE_TEXT_MAX 40
/* "2024-01-02 03:04:05 UTC" */
void otls__date_text(int64_t seconds, char text[OTLS_DATE_TEXT_MAX]);

/* The leaf against the name that is expected, if any. */
void otls__check_name(const otls_verify_params *params, otls_finding *finding);

/* How many of the first max bytes can be shown without cutting a UTF-8 character in two. */
int otls__fit(const char *text, size_t max);

/* Letters, digits, hyphens and underscores in labels of 1 to 63, without a last dot. */
bool otls__is_host_name(otls_bytes name);
bool otls__host_equal(otls_bytes a, otls_bytes b);
/* Whether the last label is a number: then it is no host name, but perhaps an address. */
bool otls__ends_in_number(otls_bytes name);
/* Whether an alternative name is a DNS name, IP address, URI or SRV name: where there is one, the common name is none. */
bool otls__names_host(uint8_t tag, otls_bytes contents);
/* The most specific common name, if it is in a string type that can hold a host name. */
bool otls__certificate_cn(const otls_certificate *cert, otls_bytes *cn);
/* "a.example, *.b.example, 192.0.2.1"; "": it is for no host. */
void otls__certificate_list_names(const otls_certificate *cert, char *text, size_t cap);

#endif
