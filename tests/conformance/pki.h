/* The certificates that most cases use, made once per process and backend. */
#ifndef OTLS_CONFORMANCE_PKI_H
#define OTLS_CONFORMANCE_PKI_H

#include "suite.h"

/* Each answers NULL, and records why, when it cannot be made.  They live as long as the process. */
const mint_identity *pki_ca(struct run *run);
const mint_identity *pki_other_ca(struct run *run);       /* signs nothing; the same form */
const mint_identity *pki_server(struct run *run);         /* HOST, by the CA, P-256 */
const mint_identity *pki_server_rsa(struct run *run);     /* the same with RSA, 2048 bits */
const mint_identity *pki_server_rsa_pss(struct run *run); /* and marked for RSA-PSS */
const mint_identity *pki_server_ed25519(struct run *run); /* and with Ed25519 */
const mint_identity *pki_client(struct run *run);         /* "client", by the CA, for clients */

enum pki_kind { P256, P384, RSA, RSA_PSS, ED25519 };
/* HOST, by the CA, with this kind of key. */
const mint_identity *pki_server_with(struct run *run, enum pki_kind kind);
extern const char pki_p384_key[];

/* A key for certificates that a case makes itself: P-256. */
mint_key *pki_key(struct run *run);
/* A certificate of the case's own; NULL issuer: signed by itself.  Belongs to the run. */
const mint_identity *pki_make(struct run *run, const mint_spec *spec, const mint_identity *issuer);

/* A revocation list by this issuer, into a store; spec NULL: none. */
bool pki_add_list(struct run *run, otls_store *store, const mint_crl_spec *spec, const mint_identity *issuer);

/* Releases all of it. */
void pki_fini(void);

#endif
