/* What certificates, revocation lists and OCSP responses have in common. */
#ifndef OTLS_TOOLS_MINT_PARTS_H
#define OTLS_TOOLS_MINT_PARTS_H

#include "der_out.h"
#include "key.h"

/* The scheme that fits a key. */
uint16_t mint_natural_scheme(const mint_key *key);
/* The AlgorithmIdentifier of a scheme. */
void mint_put_algorithm(struct der_out *out, uint16_t scheme);
/* Each as a whole Extension. */
void mint_put_extensions(struct der_out *out, const mint_extension *extensions, size_t count);
/* What is signed, how, and the signature; damaged: one bit of it is wrong.  false: the key cannot sign. */
bool mint_put_signed(struct der_out *out, const mint_key *issuer, uint16_t scheme, otls_bytes tbs, bool damaged);

#endif
