/* What private keys come wrapped in: passphrases and containers.  Opened here, alike for every backend; an engine sees
 * plain keys alone, and lends PBKDF2, hashes and block ciphers (capability KEY_DECRYPT).
 *
 *   encrypted.c   EncryptedPrivateKeyInfo (RFC 5958) and PEM with "Proc-Type: 4,ENCRYPTED"
 *   scheme.c      the ways to get from a passphrase to a key and its plain text: PBES2, PKCS#12's own
 *   derive.c      the key derivations that no engine has: PKCS#12's (RFC 7292, appendix B), scrypt (RFC 7914)
 *   pkcs12.c      PKCS#12 files (RFC 7292)
 *   ber.c         BER made DER, since PKCS#12 files may be either */
#ifndef OTLS_CORE_KEYS_H
#define OTLS_CORE_KEYS_H

#include "base.h"
#include "x509/certificate.h"
#include "x509/der.h"

/* Bytes that are wiped when they are freed. */
typedef struct otls_secret {
	uint8_t *data; /* NULL: none */
	size_t len;
} otls_secret;

static inline otls_bytes
otls__secret_view(const otls_secret *secret)
{
	return otls__bytes(secret->data, secret->len);
}

void otls__secret_fini(otls_secret *secret);

/* What is being opened, and with what. */
typedef struct otls_opening {
	const otls_engine *engine;
	otls_bytes passphrase; /* UTF-8; may be empty */
	const char *where;     /* "key.pem": for messages */
	bool no_text;          /* PKCS#12: no passphrase is written as nothing at all, not as an empty text */
	uint64_t *rounds_left; /* of OTLS_DERIVE_ROUNDS_MAX, for all that is derived; NULL: for each derivation */
} otls_opening;

/* FORMAT: "WHERE: what". */
otls_status otls__opening_damaged(const otls_opening *opening, const char *what);
/* FORMAT: "WHERE: what: why at byte N", as far as the fault knows; N counts from the start of the part that what names, in
 * DER. */
otls_status otls__opening_malformed(const otls_opening *opening, const char *what, const otls_der_fault *fault);
/* LIMIT: a derivation of so many iterations, or what takes as long, is more than is left.  Else they are taken. */
otls_status otls__opening_spend(const otls_opening *opening, uint64_t rounds);
/* PASSPHRASE: wrong, as far as can be told. */
otls_status otls__opening_wrong(const otls_opening *opening);

/* == encrypted.c ==
 * Errors    PASSPHRASE: wrong; UNSUPPORTED: the algorithm, by name; FORMAT; LIMIT: more work than a key is worth. */
otls_status otls__pkcs8_open(const otls_opening *opening, otls_bytes der, otls_secret *plain);
/* One PEM block, headers and all; *form is what its label says. */
otls_status otls__pem_key_open(const otls_opening *opening, otls_bytes block, otls_key_form *form, otls_secret *plain);

/* == scheme.c == */
/* Decrypts by what the whole TLV of an AlgorithmIdentifier says. */
otls_status otls__scheme_decrypt(
    const otls_opening *opening, otls_bytes algorithm, otls_bytes sealed, otls_secret *plain);
/* CBC, and the padding behind it taken off (RFC 8018, section 6.1.1). */
otls_status otls__cbc_open(const otls_opening *opening, otls_block_cipher cipher, otls_bytes key, otls_bytes iv,
    otls_bytes sealed, otls_secret *plain);
/* NONE: not one of those. */
otls_hash otls__prf_hash(otls_bytes oid);
/* A PBKDF2-params SEQUENCE (RFC 8018, appendix A.2) and the key of len bytes that it makes. */
otls_status otls__pbkdf2_derive(const otls_opening *opening, otls_der *params, uint8_t *key, size_t len);

/* == derive.c == */
#define OTLS_DERIVE_ROUNDS_MAX 5000000           /* iterations, or what takes as long */
#define OTLS_DERIVE_MEMORY_MAX ((size_t)1 << 28) /* bytes, for scrypt */

typedef enum otls_pkcs12_use { OTLS_PKCS12_KEY = 1, OTLS_PKCS12_IV = 2, OTLS_PKCS12_MAC = 3 } otls_pkcs12_use;
/* password is as PKCS#12 wants it: UTF-16, with its two zero bytes. */
otls_status otls__pkcs12_derive(const otls_opening *opening, otls_hash hash, otls_pkcs12_use use, otls_bytes password,
    otls_bytes salt, uint32_t rounds, uint8_t *out, size_t len);
/* The passphrase as big-endian UTF-16 with a terminator; what is no UTF-8 is taken for Latin-1. */
otls_status otls__pkcs12_password(const otls_opening *opening, otls_secret *password);
typedef struct otls_scrypt_params {
	otls_bytes salt;
	uint32_t cost, block_size, parallel;
} otls_scrypt_params;
/* A cost that is a power of two above 1, and the others above 0. */
bool otls__scrypt_possible(const otls_scrypt_params *params);
otls_status otls__scrypt(const otls_opening *opening, const otls_scrypt_params *params, uint8_t *out, size_t len);

/* == ber.c == */
/* A copy in DER.  FORMAT: it is no BER, or nested too deeply. */
otls_status otls__ber_to_der(const otls_opening *opening, otls_bytes ber, otls_secret *der);

/* == pkcs12.c == */
typedef struct otls_pkcs12 {
	otls_secret key; /* PrivateKeyInfo; data NULL: none */
	otls_certificate **certs;
	size_t count;
} otls_pkcs12;
#define OTLS_PKCS12_CERTIFICATES_MAX 256
/* The first private key, and every certificate, in the order of the file.
 * Errors    PASSPHRASE: it does not fit the file's MAC; UNSUPPORTED, FORMAT, LIMIT. */
otls_status otls__pkcs12_open(const otls_opening *opening, otls_bytes file, otls_pkcs12 *pkcs12);
void otls__pkcs12_fini(otls_pkcs12 *pkcs12);

#endif
