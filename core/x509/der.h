/* A strict reader of DER (X.690, section 10): definite and minimal lengths, minimal integers, no high tag numbers. */
#ifndef OTLS_CORE_DER_H
#define OTLS_CORE_DER_H

#include "base.h"

#define OTLS_DER_BOOLEAN                0x01
#define OTLS_DER_INTEGER                0x02
#define OTLS_DER_BIT_STRING             0x03
#define OTLS_DER_OCTET_STRING           0x04
#define OTLS_DER_NULL                   0x05
#define OTLS_DER_OID                    0x06
#define OTLS_DER_ENUMERATED             0x0a
#define OTLS_DER_UTF8_STRING            0x0c
#define OTLS_DER_NUMERIC_STRING         0x12
#define OTLS_DER_PRINTABLE_STRING       0x13
#define OTLS_DER_T61_STRING             0x14
#define OTLS_DER_IA5_STRING             0x16
#define OTLS_DER_UTC_TIME               0x17
#define OTLS_DER_GENERALIZED_TIME       0x18
#define OTLS_DER_VISIBLE_STRING         0x1a
#define OTLS_DER_UNIVERSAL_STRING       0x1c
#define OTLS_DER_BMP_STRING             0x1e
#define OTLS_DER_SEQUENCE               0x30
#define OTLS_DER_SET                    0x31
/* [n] of a primitive and of a constructed type. */
#define OTLS_DER_CONTEXT(n)             (0x80 | (n))
#define OTLS_DER_CONTEXT_CONSTRUCTED(n) (0xa0 | (n))

/* The contents of an OID as a literal: OTLS_OID("\x55\x1d\x13"). */
#define OTLS_OID(literal) otls__bytes(literal, sizeof(literal) - 1)
/* The same in a static table. */
#define OTLS_OID_INIT(literal)                                                                                         \
	{                                                                                                              \
		(const uint8_t *)(literal), sizeof(literal) - 1                                                        \
	}

/* Where the reading went wrong first, and how. */
typedef struct otls_der_fault {
	const uint8_t *at;
	const char *what;     /* static; NULL: all is well */
	const uint8_t *start; /* what its offset counts from; kept for who tells of it */
} otls_der_fault;

/* Values one after the other.  Every read answers false once one has failed, and changes no out value then. */
typedef struct otls_der {
	const uint8_t *data;
	size_t len;
	bool failed;
	otls_der_fault *fault; /* may be NULL; readers of inner values share it */
} otls_der;

otls_der otls__der(otls_bytes bytes, otls_der_fault *fault);

/* The next value, whatever it is; any out pointer may be NULL. */
bool otls__der_any(otls_der *der, uint8_t *tag, otls_bytes *contents, otls_bytes *whole);
/* The next value must have this tag. */
bool otls__der_read(otls_der *der, uint8_t tag, otls_bytes *contents);
/* The same, with the whole TLV. */
bool otls__der_read_whole(otls_der *der, uint8_t tag, otls_bytes *whole);
/* The same, with a reader of what is inside. */
bool otls__der_enter(otls_der *der, uint8_t tag, otls_der *inside);
/* Whether there is a next value with this tag; reads nothing. */
bool otls__der_next_is(const otls_der *der, uint8_t tag);
/* Whether another value is to be read. */
bool otls__der_more(const otls_der *der);
/* Nothing failed and nothing is left; what is left is a fault. */
bool otls__der_done(otls_der *der);
/* Marks the reader as failed at its next byte; answers false. */
bool otls__der_fail(otls_der *der, const char *what);

/* Only 0x00 and 0xff. */
bool otls__der_boolean(otls_der *der, bool *value);
/* The contents, minimal, of either sign. */
bool otls__der_integer(otls_der *der, otls_bytes *contents);
/* 0 to 2^31-1; larger ones are read as 2^31-1, negative ones fail. */
bool otls__der_number(otls_der *der, int *value);
/* The same under an implicit tag. */
bool otls__der_number_as(otls_der *der, uint8_t tag, int *value);
bool otls__der_oid(otls_der *der, otls_bytes *contents);
/* A BIT STRING of whole bytes, without its unused-bits byte. */
bool otls__der_octets(otls_der *der, otls_bytes *bytes);
/* A BIT STRING of named bits: bit 0 is the lowest of *bits; those from 16 on are passed over. */
bool otls__der_flags(otls_der *der, uint16_t *bits);
/* UTCTime "YYMMDDHHMMSSZ" or GeneralizedTime "YYYYMMDDHHMMSSZ" (RFC 5280, section 4.1.2.5), as Unix seconds. */
bool otls__der_time(otls_der *der, int64_t *seconds);

#endif
