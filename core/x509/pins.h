/* Public keys that are known by their SHA-256: pins. */
#ifndef OTLS_CORE_PINS_H
#define OTLS_CORE_PINS_H

#include "x509/verify.h"

#define OTLS_PIN_LEN 32

typedef struct otls_pin_list {
	uint8_t (*hashes)[OTLS_PIN_LEN]; /* NULL: none */
	size_t count;
} otls_pin_list;

/* Adds what text says, all of it or nothing: "sha256//BASE64" or 64 hex digits, several with ";" between them.
 * BAD_ARGUMENT says what is wrong with which.  function is for the message. */
otls_status otls__pins_add(otls_pin_list *list, const char *function, const char *text);
/* *copy is empty before, and after false: no memory. */
bool otls__pins_copy(const otls_pin_list *list, otls_pin_list *copy);
void otls__pins_fini(otls_pin_list *list);

/* OK: the key of one of these certificates is in the list; PIN_MISMATCH: none is; INTERNAL: the library's digest
 * failed. */
otls_verify_reason otls__pins_match(
    const otls_engine *engine, const otls_pin_list *list, otls_certificate *const *certs, size_t count);

/* The verdict where the leaf's key is all that is trusted: neither chain nor name nor dates count, but what makes a
 * certificate fit for a handshake does. */
void otls__verify_key(const otls_verify_params *params, const otls_pin_list *keys, otls_verify_outcome *outcome);

#endif
