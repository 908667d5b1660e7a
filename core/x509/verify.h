/* Decides whether a chain is good: path building over all candidates, RFC 5280's checks and the web's rules. */
#ifndef OTLS_CORE_VERIFY_H
#define OTLS_CORE_VERIFY_H

#include "x509/certificate.h"
#include "x509/store.h"

/* A host name or an IP address, ready to be compared. */
typedef struct otls_peer_name {
	char text[256]; /* as given; a host name without its trailing dot */
	bool is_ip;
	uint8_t ip[16];
	size_t ip_len; /* 4 or 16 */
} otls_peer_name;

/* BAD_ARGUMENT: neither an IP address (v6 with or without brackets) nor a host name of ASCII labels. */
otls_status otls__peer_name_parse(const char *text, otls_peer_name *name);
bool otls__certificate_matches(const otls_certificate *cert, const otls_peer_name *name, bool allow_cn);

#define OTLS_PATH_MAX 32 /* certificates of one path, anchor included */

/* Certificates that a peer may send.  How many of them are tried is bounded by budgets; a library may take fewer. */
#define OTLS_SENT_MAX 256

typedef enum otls_key_use {
	OTLS_KEY_USE_SIGN,
	OTLS_KEY_USE_ENCIPHER,
	OTLS_KEY_USE_ANY /* a chain that is judged without a handshake: the leaf's key usage does not matter */
} otls_key_use;

#define OTLS_CRL_FLAGS (OTLS_VERIFY_FLAG_CRL | OTLS_VERIFY_FLAG_CRL_ALL | OTLS_VERIFY_FLAG_CRL_SOFT)
/* The flags that are about the path alone. */
#define OTLS_PATH_FLAGS                                                                                                \
	(OTLS_CRL_FLAGS | OTLS_VERIFY_FLAG_PARTIAL_CHAIN | OTLS_VERIFY_FLAG_INSECURE_ALLOW_CN |                        \
	    OTLS_VERIFY_FLAG_STRICT | OTLS_VERIFY_FLAG_WEB_PROFILE | OTLS_VERIFY_FLAG_INSECURE_ANY_KEY_USAGE)

/* What TLS does with the leaf's key: every suite that is offered has forward secrecy. */
static inline otls_key_use
otls__key_use(uint64_t flags)
{
	return (flags & OTLS_VERIFY_FLAG_INSECURE_ANY_KEY_USAGE) != 0 ? OTLS_KEY_USE_ANY : OTLS_KEY_USE_SIGN;
}

typedef struct otls_verify_params {
	const otls_engine *engine;
	const otls_store *store;        /* NULL: nothing is trusted */
	otls_certificate *const *chain; /* as sent, leaf first; 1 or more */
	size_t chain_len;
	otls_certificate *const *extra; /* further certificates to build paths with, that were not sent; or NULL */
	size_t extra_len;
	otls_role peer;             /* SERVER: it must be good for TLS servers; CLIENT: for TLS clients */
	const otls_peer_name *name; /* NULL: not checked */
	otls_key_use key_use;       /* what the leaf's key does in this handshake */
	int max_intermediates;
	uint64_t flags;                 /* OTLS_VERIFY_FLAG_* */
	int64_t time;                   /* Unix seconds */
	const struct otls_level *level; /* what keys and signatures must be worth; NULL: the default level */
	/* Of a handshake.  By one of the schemes the leaf's key must sign in this version, and in TLS 1.2 its curve must be one
	 * of the groups.  0: there is none. */
	uint16_t version;
	const uint16_t *groups, *schemes;
	size_t group_count, scheme_count;
	bool find_all; /* of a refused path, find all that is wrong with it, not the first fault alone */
} otls_verify_params;

/* The web's profile is stricter still, and of servers' certificates alone. */
static inline bool
otls__is_for_web(const otls_verify_params *params)
{
	return (params->flags & OTLS_VERIFY_FLAG_WEB_PROFILE) != 0 && params->peer == OTLS_ROLE_SERVER;
}

static inline bool
otls__is_strict(const otls_verify_params *params)
{
	return (params->flags & OTLS_VERIFY_FLAG_STRICT) != 0 || otls__is_for_web(params);
}

/* What is wrong with a path. */
typedef struct otls_finding {
	otls_verify_reason reason;
	int depth;
	char detail[160];          /* "expired on 2024-01-02 03:04:05 UTC"; "": the reason's own text will do */
	bool lifted;               /* the program has overruled it */
	struct otls_findings *all; /* where all findings are wanted: they go there; else NULL */
} otls_finding;

typedef struct otls_findings {
	otls_finding *items;
	size_t count, cap;
	bool no_memory;
} otls_findings;

/* Adds one, unless its reason is known of this depth; false: memory ran out. */
bool otls__findings_add(otls_findings *all, const otls_finding *finding);

/* What a verification took.  The same on every backend: nothing here is time. */
typedef struct otls_verify_cost {
	unsigned candidates;       /* issuers that paths were built with */
	unsigned signatures;       /* that were checked */
	unsigned signature_units;  /* what they cost, in checks with RSA-2048 */
	unsigned name_comparisons; /* with name constraints, and of policies */
} otls_verify_cost;

typedef struct otls_verify_outcome {
	otls_verify_reason reason;
	int depth; /* of the certificate that the reason is about, 0: the leaf; -1: good, or about none */
	otls_certificate *path[OTLS_PATH_MAX]; /* the accepted one, or the one that got furthest; leaf first; ref'd */
	size_t path_len;
	char
	    text[384]; /* what the message says: the reason, and subject, name or date that it is about; "" when good */
	otls_report report; /* the library's words when its signature primitive failed */
	otls_verify_cost cost;
	otls_findings findings; /* with find_all: the verdict and what else is wrong with that path; empty: good, or the
	                         * verdict is about no path */
} otls_verify_outcome;

void otls__verify_chain(const otls_verify_params *params, otls_verify_outcome *outcome);
/* Of a chain that was found good: asks the library's own verifier too, and if that refuses, so does the outcome, with
 * its reason and its words. */
void otls__verify_native(const otls_verify_params *params, otls_verify_outcome *outcome);
void otls__verify_outcome_fini(otls_verify_outcome *outcome);
/* The checks that a path goes through, by number; NULL: no more. */
const char *otls__verify_check_name(size_t i);
/* The number of the check that a reason comes from; SIZE_MAX: of none. */
size_t otls__verify_check_of(otls_verify_reason reason);
/* Makes a finding about the outcome's path its reason, depth and text. */
void otls__verify_conclude(otls_verify_outcome *outcome, const otls_verify_params *params, const otls_finding *finding);
/* The alert for a refusal (RFC 8446, section 6.2). */
int otls__verify_alert(otls_verify_reason reason);

#endif
