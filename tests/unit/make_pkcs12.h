/* PKCS#12 files for tests, put together as they are written, with what make_der.h has. */
#ifndef OTLS_TESTS_MAKE_PKCS12_H
#define OTLS_TESTS_MAKE_PKCS12_H

#include "make_der.h"

#define OID_DATA       RAW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
#define OID_SIGNED     RAW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
#define OID_ENVELOPED  RAW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")
#define OID_ENCRYPTED  RAW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06")
#define OID_X509       RAW("\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01")
#define OID_SDSI       RAW("\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x02")
#define OID_PBMAC1     RAW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e")
#define OID_PBKDF2     RAW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c")
#define OID_SCRYPT     RAW("\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b")
#define OID_PBES2      RAW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d")
#define OID_3DES_OLD   RAW("\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03")
#define OID_AES128     RAW("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02")
#define HMAC_SHA256    RAW("\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09\x05\x00")
#define HMAC_SHA384    RAW("\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x0a\x05\x00")
#define HMAC_SHA256_3  RAW("\x30\x0a\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09")
#define DIGEST_SHA224  RAW("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04")
#define DIGEST_SHA384  RAW("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02")
#define SALT           RAW("\x04\x08saltsalt")
#define IV             RAW("\x04\x10sixteenbytes 123")
#define BAG(last, ...) DER(0x30, RAW("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01" last), DER(0xa0, __VA_ARGS__))
#define CERT_BAG(...)  BAG("\x03", DER(0x30, __VA_ARGS__))
#define KEY_BAG        BAG("\x01", RAW("\x30\x03\x02\x01\x05"))

static inline otls_bytes
safe_of(otls_bytes bags)
{
	return DER(0x30, OID_DATA, DER(0xa0, DER(0x04, DER(0x30, bags))));
}

static inline otls_bytes
content_of(otls_bytes safes)
{
	return DER(0x30, safes);
}

static inline otls_bytes
file_of(otls_bytes content, otls_bytes mac)
{
	return DER(0x30, RAW("\x02\x01\x03"), DER(0x30, OID_DATA, DER(0xa0, DER(0x04, content))), mac);
}

/* A file without a MAC that has these ContentInfos. */
static inline otls_bytes
file_with(otls_bytes safes)
{
	return file_of(content_of(safes), NOTHING);
}

static inline otls_bytes
file_with_bags(otls_bytes bags)
{
	return file_with(safe_of(bags));
}

#endif
