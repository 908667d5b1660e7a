/* BASE64 (RFC 4648, section 4), strict: no character but the alphabet's, padding where it belongs, no bits left over. */
#ifndef OTLS_CORE_BASE64_H
#define OTLS_CORE_BASE64_H

#include "base.h"

/* Characters that len bytes take, without line ends. */
#define OTLS_BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* Writes OTLS_BASE64_LEN(bytes.len) characters and no NUL. */
void otls__base64_encode(otls_bytes bytes, char *out);

/* Decodes piece by piece.  Starts zeroed. */
typedef struct otls_base64 {
	uint32_t bits;
	unsigned count;   /* characters since the last full group */
	unsigned padding; /* "=" that have come */
} otls_base64;

/* Appends what text gives to out, at most 3 bytes for every 4 characters, and moves *len; false: not BASE64. */
bool otls__base64_decode(otls_base64 *state, otls_bytes text, uint8_t *out, size_t *len);
/* Whether it may end here. */
bool otls__base64_complete(const otls_base64 *state);

#endif
