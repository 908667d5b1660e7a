/* Writes DER: constructed values are opened and closed, and get their lengths when they are closed.
 *
 * A writer starts as all zero.  When memory runs out, or when something is not closed, it has failed: everything
 * after that does nothing, and der_take answers false.
 */
#ifndef OTLS_TOOLS_DER_OUT_H
#define OTLS_TOOLS_DER_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DER_DEPTH 24

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT = 0x80,            /* [0], primitive */
	DER_CONTEXT_CONSTRUCTED = 0xa0 /* [0], constructed */
};

struct der_out {
	uint8_t *data;
	size_t len, cap;
	size_t open[DER_DEPTH]; /* where the contents of each open value begin */
	unsigned depth;
	bool failed;
};

/* Starts a value whose contents follow; der_close ends the innermost one. */
void der_open(struct der_out *out, int tag);
void der_close(struct der_out *out);
/* A whole value. */
void der_value(struct der_out *out, int tag, const void *data, size_t len);
/* Bytes as they are: a value that was encoded elsewhere. */
void der_raw(struct der_out *out, const void *data, size_t len);

void der_text(struct der_out *out, int tag, const char *text);
void der_boolean(struct der_out *out, bool value);
void der_small(struct der_out *out, unsigned value); /* an INTEGER */
/* An INTEGER that is not negative, from big-endian bytes. */
void der_unsigned(struct der_out *out, const uint8_t *data, size_t len);
/* "1.2.840.113549.1.1.11" */
void der_oid(struct der_out *out, const char *dotted);
/* UTCTime up to 2049, GeneralizedTime from then on (RFC 5280, section 4.1.2.5). */
void der_time(struct der_out *out, int64_t unix_seconds);
/* A BIT STRING of whole bytes. */
void der_bits(struct der_out *out, const void *data, size_t len);
/* A BIT STRING of named bits, bit 0 first, without trailing zeros (X.690, section 11.2.2). */
void der_named_bits(struct der_out *out, unsigned bits);

/* Hands over what was written, to be freed with free, and starts anew.  false: the writer had failed. */
bool der_take(struct der_out *out, uint8_t **data, size_t *len);

#endif
