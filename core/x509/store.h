/* Trust stores inside core. */
#ifndef OTLS_CORE_STORE_H
#define OTLS_CORE_STORE_H

#include "x509/certificate.h"
#include "x509/crl.h"

/* Certificates whose subject is name (compared as RFC 5280, section 7.1 says), one after the other: *cursor starts as
 * 0.  NULL: no more. */
const otls_certificate *otls__store_find(const otls_store *store, otls_bytes name, size_t *cursor);
/* Whether this very certificate is in the store. */
bool otls__store_has(const otls_store *store, const otls_certificate *cert);
/* Revocation lists of this issuer, one after the other: *cursor starts as 0.  NULL: no more, or no store. */
const otls_crl *otls__store_find_crl(const otls_store *store, otls_bytes issuer, size_t *cursor);
/* From now on the store cannot be changed. */
void otls__store_seal(otls_store *store);
/* The time to judge by, Unix seconds: what set_time said, else the clock's. */
int64_t otls__store_time(const otls_store *store);
/* OTLS_VERIFY_FLAG_* that hold for all who use it; 0 for NULL. */
uint64_t otls__store_flags(const otls_store *store);
/* A new store with the same certificates, revocation lists, time and flags, not sealed. */
otls_status otls__store_copy(const otls_store *store, otls_store **copy);
size_t otls__store_count(const otls_store *store);
/* Equal for equal sets of certificates and revocation lists.  false: the engine's digest failed. */
bool otls__store_digest(const otls_store *store, const otls_engine *engine, uint8_t digest[32]);

/* Whether two Name TLVs are equal by RFC 5280, section 7.1 (case and white space of PrintableString and UTF8String do
 * not count; other bytes as they are). */
bool otls__names_equal(otls_bytes a, otls_bytes b);
/* Whether the first RDNs of name are those of base. */
bool otls__name_within(otls_bytes name, otls_bytes base);
/* A hash that is equal for equal names. */
uint32_t otls__name_hash(otls_bytes name);

#endif
