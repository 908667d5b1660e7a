/* Cipher suites as rows of the IANA registry.  The same on every backend; static, shared, never freed. */
#ifndef OMNITLS_CIPHER_H
#define OMNITLS_CIPHER_H

#include <omnitls/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The i-th suite that OmniTLS knows; NULL after the last one. */
OTLS_API const otls_cipher *otls_cipher_at(size_t i);
/* NULL: unknown. */
OTLS_API const otls_cipher *otls_cipher_by_id(uint16_t id);
/* By IANA name ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256") or OpenSSL's ("ECDHE-RSA-AES128-GCM-SHA256"). */
OTLS_API const otls_cipher *otls_cipher_by_name(const char *name);
OTLS_API uint16_t otls_cipher_id(const otls_cipher *cipher);
OTLS_API const char *otls_cipher_name(const otls_cipher *cipher);         /* IANA's; static */
OTLS_API const char *otls_cipher_openssl_name(const otls_cipher *cipher); /* static */
/* The lowest version that has it: "SSLv3", "TLSv1.0", "TLSv1.2", "TLSv1.3"; static. */
OTLS_API const char *otls_cipher_version(const otls_cipher *cipher);
/* Secret bits: 128, 256, 112 for 3DES, 0 for NULL suites. */
OTLS_API int otls_cipher_bits(const otls_cipher *cipher);

#ifdef __cplusplus
}
#endif
#endif
