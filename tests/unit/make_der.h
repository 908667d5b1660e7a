/* DER for tests, put together as it is written: DER(0x30, TEXT(0x13, "NL"), RAW("\x05\x00")).  What is made lives until
 * the program ends. */
#ifndef OTLS_TESTS_MAKE_DER_H
#define OTLS_TESTS_MAKE_DER_H

#include "base.h"

#define RAW(literal)       otls__bytes(literal, sizeof(literal) - 1)
#define NOTHING            otls__bytes("", 0)
#define TEXT(tag, literal) DER(tag, RAW(literal))
#define DER(tag, ...)                                                                                                  \
	make_der(tag, (const otls_bytes[]){ __VA_ARGS__ },                                                             \
	    sizeof((const otls_bytes[]){ __VA_ARGS__ }) / sizeof(otls_bytes))
#define JOIN(...)                                                                                                      \
	make_join((const otls_bytes[]){ __VA_ARGS__ }, sizeof((const otls_bytes[]){ __VA_ARGS__ }) / sizeof(otls_bytes))

static inline uint8_t *
make_room(size_t len)
{
	static uint8_t room[1 << 20];
	static size_t used;

	if (len > sizeof(room) - used)
		used = 0; /* no test holds on to that much */
	used += len;
	return room + used - len;
}

static inline otls_bytes
make_join(const otls_bytes *parts, size_t n)
{
	uint8_t *out;
	size_t len = 0;
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		len += parts[i].len;
	out = make_room(len);
	for (size_t i = 0; i < n; at += parts[i++].len)
		memcpy(out + at, parts[i].data, parts[i].len);
	return otls__bytes(out, len);
}

static inline otls_bytes
make_der(uint8_t tag, const otls_bytes *parts, size_t n)
{
	otls_bytes contents = make_join(parts, n);
	uint8_t head[4] = { tag, (uint8_t)contents.len };
	size_t len = 2;

	if (contents.len >= 0x100) {
		head[1] = 0x82;
		otls__put16(head + 2, contents.len);
		len = 4;
	} else if (contents.len >= 0x80) {
		head[1] = 0x81;
		head[2] = (uint8_t)contents.len;
		len = 3;
	}
	return JOIN(otls__bytes(head, len), contents);
}

/* == certificates == */

/* The values of a certificate, each a whole TLV; those that may be missing can be NOTHING. */
typedef struct make_certificate {
	otls_bytes version, serial, algorithm, issuer, not_before, not_after, subject, spki, unique_ids;
	otls_bytes extensions; /* one after the other; NOTHING: none at all */
	otls_bytes outer_algorithm, signature;
} make_certificate;

#define CN(literal)   DER(0x31, DER(0x30, RAW("\x06\x03\x55\x04\x03"), TEXT(0x0c, literal)))
#define NAME(literal) DER(0x30, CN(literal))
#define VERSION(n)    RAW("\xa0\x03\x02\x01" n)
#define ECDSA_SHA256  RAW("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02")

/* An Ed25519 key of zeros: nothing here checks a signature. */
static inline otls_bytes
make_ed25519(void)
{
	static const uint8_t key[33];

	return DER(0x30, RAW("\x30\x05\x06\x03\x2b\x65\x70"), DER(0x03, otls__bytes(key, sizeof(key))));
}

/* A good leaf without extensions. */
static inline make_certificate
make_parts(void)
{
	return (make_certificate){
		.version = VERSION("\x02"),
		.serial = RAW("\x02\x02\x01\x80"),
		.algorithm = ECDSA_SHA256,
		.issuer = NAME("issuer"),
		.not_before = TEXT(0x17, "200102030405Z"),
		.not_after = TEXT(0x17, "300102030405Z"),
		.subject = NAME("subject"),
		.spki = make_ed25519(),
		.unique_ids = NOTHING,
		.extensions = NOTHING,
		.outer_algorithm = ECDSA_SHA256,
		.signature = RAW("\x03\x03\x00\xab\xcd"),
	};
}

static inline otls_bytes
make_whole(const make_certificate *parts)
{
	otls_bytes extensions = NOTHING;

	if (parts->extensions.len > 0)
		extensions = DER(0xa3, DER(0x30, parts->extensions));
	return DER(0x30,
	    DER(0x30, parts->version, parts->serial, parts->algorithm, parts->issuer,
		DER(0x30, parts->not_before, parts->not_after), parts->subject, parts->spki, parts->unique_ids,
		extensions),
	    parts->outer_algorithm, parts->signature);
}

/* oid: the contents of the OID as a literal. */
#define EXTENSION(oid, ...)          DER(0x30, TEXT(0x06, oid), DER(0x04, __VA_ARGS__))
#define CRITICAL_EXTENSION(oid, ...) DER(0x30, TEXT(0x06, oid), RAW("\x01\x01\xff"), DER(0x04, __VA_ARGS__))

static inline otls_bytes
make_leaf(const char *subject)
{
	make_certificate parts = make_parts();

	parts.subject = DER(
	    0x30, DER(0x31, DER(0x30, RAW("\x06\x03\x55\x04\x03"), DER(0x0c, otls__bytes(subject, strlen(subject))))));
	return make_whole(&parts);
}

#endif
