/* Keys and certificates that are not made afresh: encrypted keys, weak ones, and what no engine would sign today.
 * Made with the openssl command; the certificates are valid from 2020 to 2120. */
#ifndef OTLS_CONFORMANCE_FIXTURES_H
#define OTLS_CONFORMANCE_FIXTURES_H

#include <stddef.h>

#define FIXTURE_PASSPHRASE "swordfish"

/* RSA, 2048 bits. */
extern const char fixture_rsa_key[];
/* EC, P-256; the key of the leaf certificates below. */
extern const char fixture_p256_key[];
/* p256_key as RFC 5915 writes it. */
extern const char fixture_p256_sec1[];
/* rsa_key as RFC 8017 writes it. */
extern const char fixture_rsa_pkcs1[];
/* p256_key in PKCS#8, PBES2 with AES-256. */
extern const char fixture_p256_pbes2[];
/* rsa_key in PKCS#8, PBES2 with AES-256. */
extern const char fixture_rsa_pbes2[];
/* p256_key in PKCS#8, PBES2 with scrypt (N 1024, r 1, p 1). */
extern const char fixture_p256_scrypt[];
/* p256_key, good_leaf and ca in a PKCS#12 file, AES-256. */
extern const unsigned char fixture_pkcs12[];
extern const size_t fixture_pkcs12_len;
/* p256_key in SEC1 with Proc-Type, AES-128. */
extern const char fixture_p256_traditional[];
/* rsa_key in PKCS#1 with Proc-Type, AES-256. */
extern const char fixture_rsa_traditional[];
/* "Fixture CA": RSA-2048, signs what follows. */
extern const char fixture_ca[];
/* server.example, P-256, signed with SHA-256. */
extern const char fixture_good_leaf[];
/* The same, signed with SHA-1. */
extern const char fixture_sha1_leaf[];
/* An intermediate with an RSA key of 1024 bits. */
extern const char fixture_weak_ca[];
/* Its key. */
extern const char fixture_weak_key[];
/* server.example with that key, signed by ca. */
extern const char fixture_weak_own[];
/* server.example, P-256, signed by weak_ca. */
extern const char fixture_weak_leaf[];
/* server.example with an RSA key of 5120 bits, signed by itself, and that key. */
extern const char fixture_rsa_5120[], fixture_rsa_5120_key[];

#endif
