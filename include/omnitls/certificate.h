/* Certificates, trust stores, and the reasons for which a certificate is refused.
 *
 * Certificates are read by OmniTLS itself, from DER, never by the TLS library: every getter answers the same text on
 * every backend.  A certificate is immutable and counted, and may be shared between threads.
 */
#ifndef OMNITLS_CERTIFICATE_H
#define OMNITLS_CERTIFICATE_H

#include <omnitls/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why a chain was refused.  Numbers are OmniTLS's own, and the same on every backend. */
#define OTLS_REASON_LIST(X)                                                                                            \
	X(OK, 0, "the certificate is good")                                                                            \
	X(EXPIRED, 1, "the certificate has expired")                                                                   \
	X(NOT_YET_VALID, 2, "the certificate is not valid yet")                                                        \
	X(UNKNOWN_ISSUER, 3, "the certificate's issuer is not known or not trusted")                                   \
	X(SELF_SIGNED_LEAF, 4, "the certificate is self-signed and not trusted")                                       \
	X(SELF_SIGNED_IN_CHAIN, 5, "the chain ends in a self-signed certificate that is not trusted")                  \
	X(BAD_SIGNATURE, 6, "a signature in the chain is wrong")                                                       \
	X(INVALID_CA, 7, "an issuer in the chain is not a certificate authority")                                      \
	X(PATH_LENGTH, 8, "the chain is longer than one of its authorities allows")                                    \
	X(CHAIN_TOO_LONG, 9, "the chain is longer than the limit that is set here")                                    \
	X(INVALID_PURPOSE, 10, "the certificate is not meant for this purpose")                                        \
	X(NAME_CONSTRAINTS, 11, "a name is outside what one of the authorities may certify")                           \
	X(CRITICAL_EXTENSION, 12, "the certificate has a critical extension that is not known")                        \
	X(WEAK_SIGNATURE, 13, "the chain uses a signature algorithm that is too weak")                                 \
	X(WEAK_KEY, 14, "the chain has a key that is too weak")                                                        \
	X(UNSUPPORTED_KEY, 15, "the chain has a key or a signature algorithm that is not supported")                   \
	X(MALFORMED, 16, "the certificate is malformed")                                                               \
	X(HOSTNAME_MISMATCH, 17, "the certificate is not for this host name")                                          \
	X(IP_MISMATCH, 18, "the certificate is not for this IP address")                                               \
	X(NO_PEER_CERTIFICATE, 19, "the peer sent no certificate")                                                     \
	X(REVOKED, 20, "the certificate is revoked")                                                                   \
	X(CRL_MISSING, 21, "there is no revocation list of the certificate's issuer")                                  \
	X(CRL_EXPIRED, 22, "the revocation list has expired")                                                          \
	X(CRL_NOT_YET_VALID, 23, "the revocation list is not valid yet")                                               \
	X(CRL_INVALID, 24, "the revocation list is malformed or wrongly signed")                                       \
	X(OCSP_MISSING, 25, "a stapled OCSP response is demanded, and none says that the certificate is good")         \
	X(OCSP_INVALID, 26, "the stapled OCSP response is not valid")                                                  \
	X(PIN_MISMATCH, 27, "none of the keys in the chain is pinned")                                                 \
	X(REJECTED, 28, "the verify callback refused the certificate")                                                 \
	X(TOO_COSTLY, 29, "the chain would take too many signature checks to judge")                                   \
	X(POLICY, 30, "the chain does not satisfy the policies or features that it demands")                           \
	X(CHANGED, 31, "the peer changed its certificate during the connection")                                       \
	X(INTERNAL, 32, "the certificate could not be judged")

typedef enum otls_verify_reason {
#define OTLS_REASON_NUMBER(name, number, text) OTLS_REASON_##name = (number),
	OTLS_REASON_LIST(OTLS_REASON_NUMBER)
#undef OTLS_REASON_NUMBER
	    OTLS_REASON_LAST_ = 32
} otls_verify_reason;

/* "HOSTNAME_MISMATCH"; "UNKNOWN" for a number that is none; static. */
OTLS_API const char *otls_verify_reason_name(int reason);
/* "the certificate is not for this host name"; static. */
OTLS_API const char *otls_verify_reason_text(int reason);

typedef enum otls_filetype {
	OTLS_FILETYPE_PEM = 1,
	OTLS_FILETYPE_ASN1 = 2 /* DER */
} otls_filetype;

/* One certificate from memory: the first CERTIFICATE block of a PEM text, or exactly one DER certificate.
 * Errors    FORMAT names the line (PEM) or the byte offset (DER) and what was wrong there; LIMIT: over 1 MiB. */
OTLS_MUST_USE otls_status otls_certificate_new(
    const void *data, size_t len, otls_filetype type, otls_certificate **cert);
/* The same from a file.  Errors    also FILE: it cannot be read (otls_error_errno says why), is a directory, or
 * is empty. */
OTLS_MUST_USE otls_status otls_certificate_new_file(const char *path, otls_filetype type, otls_certificate **cert);
OTLS_API otls_certificate *otls_certificate_ref(const otls_certificate *cert);
OTLS_API void otls_certificate_free(otls_certificate *cert);

/* RFC 4514 text: "CN=www.example.org,O=Example,C=NL", the last RDN first. */
OTLS_API const char *otls_certificate_subject(const otls_certificate *cert);
OTLS_API const char *otls_certificate_issuer(const otls_certificate *cert);
/* The i-th attribute of the name, in the certificate's order (C, O, ..., CN, as a rule): its value in UTF-8, and its length
 * in *len (text from peers may hold NUL); in *type what RFC 4514 and X.520 call it ("CN", "emailAddress"), or its dotted
 * OID.  What is no string is "#" and the hex of its DER.  type and len may be NULL.  NULL after the last one. */
OTLS_API const char *otls_certificate_subject_part_at(
    const otls_certificate *cert, size_t i, const char **type, size_t *len);
OTLS_API const char *otls_certificate_issuer_part_at(
    const otls_certificate *cert, size_t i, const char **type, size_t *len);
/* The common name, the most specific one; "" where there is none.  For display: names are never checked against it. */
OTLS_API const char *otls_certificate_common_name(const otls_certificate *cert);
/* Upper-case hex, two digits a byte, as it stands in the certificate. */
OTLS_API const char *otls_certificate_serial(const otls_certificate *cert);
OTLS_API int64_t otls_certificate_not_before(const otls_certificate *cert);
OTLS_API int64_t otls_certificate_not_after(const otls_certificate *cert);

typedef enum otls_san_kind {
	OTLS_SAN_DNS = 1,
	OTLS_SAN_EMAIL,
	OTLS_SAN_URI,
	OTLS_SAN_IP,
	OTLS_SAN_DIRNAME,
	OTLS_SAN_OTHER
} otls_san_kind;
/* The i-th subject alternative name as text (an IP address as inet_ntop writes it, a directory name as RFC 4514,
 * other kinds as hex of their DER), and its length in *len (may be NULL: text from peers may hold NUL). */
OTLS_API const char *otls_certificate_san_at(const otls_certificate *cert, size_t i, size_t *len);
/* 0 when there is no i-th name. */
OTLS_API otls_san_kind otls_certificate_san_kind(const otls_certificate *cert, size_t i);
/* The next name of one kind from *i on, names with NUL inside left out; NULL after the last one.  *i starts as 0. */
OTLS_API const char *otls_certificate_san_next(const otls_certificate *cert, otls_san_kind kind, size_t *i);

/* "RSA", "RSA-PSS", "EC", "Ed25519", "Ed448", "unknown"; static. */
OTLS_API const char *otls_certificate_key_type(const otls_certificate *cert);
OTLS_API int otls_certificate_key_bits(const otls_certificate *cert);
/* "sha256WithRSAEncryption", "ecdsa-with-SHA384", "Ed25519", ...; the dotted OID of what has no name here. */
OTLS_API const char *otls_certificate_signature_algorithm(const otls_certificate *cert);

#define OTLS_KEY_USAGE_DIGITAL_SIGNATURE UINT64_C(0x001) /* RFC 5280, section 4.2.1.3: bit 0, and so on */
#define OTLS_KEY_USAGE_NON_REPUDIATION   UINT64_C(0x002)
#define OTLS_KEY_USAGE_KEY_ENCIPHERMENT  UINT64_C(0x004)
#define OTLS_KEY_USAGE_DATA_ENCIPHERMENT UINT64_C(0x008)
#define OTLS_KEY_USAGE_KEY_AGREEMENT     UINT64_C(0x010)
#define OTLS_KEY_USAGE_KEY_CERT_SIGN     UINT64_C(0x020)
#define OTLS_KEY_USAGE_CRL_SIGN          UINT64_C(0x040)
#define OTLS_KEY_USAGE_ENCIPHER_ONLY     UINT64_C(0x080)
#define OTLS_KEY_USAGE_DECIPHER_ONLY     UINT64_C(0x100)
/* false: there is no key usage extension, every use is allowed; *bits is 0 then. */
OTLS_API bool otls_certificate_key_usage(const otls_certificate *cert, uint64_t *bits);
/* The i-th extended key usage as a dotted OID; NULL after the last one. */
OTLS_API const char *otls_certificate_extended_key_usage_at(const otls_certificate *cert, size_t i);
/* Whether basic constraints say CA; *path_length (may be NULL) is -1 where there is no limit. */
OTLS_API bool otls_certificate_is_ca(const otls_certificate *cert, int *path_length);

/* Whether one of the certificate's names is for this host name or IP address, as a client would check it
 * (RFC 9525): DNS names and IP addresses of the subject alternative names only, a wildcard only as the whole
 * left-most label and with two labels or more behind it, the common name ignored. */
OTLS_API bool otls_certificate_matches_name(const otls_certificate *cert, const char *host_or_ip);

OTLS_API const uint8_t *otls_certificate_der(const otls_certificate *cert, size_t *len);
/* One CERTIFICATE block with a line end.  "" when memory runs out. */
OTLS_API const char *otls_certificate_pem(const otls_certificate *cert);
/* 64 lower-case hex digits of the DER's SHA-256; 40 of its SHA-1; "" when no backend is built in. */
OTLS_API const char *otls_certificate_sha256(const otls_certificate *cert);
OTLS_API const char *otls_certificate_sha1(const otls_certificate *cert);
/* "sha256//" and the BASE64 of the SHA-256 of the public key (SubjectPublicKeyInfo), as pins are written. */
OTLS_API const char *otls_certificate_spki_pin(const otls_certificate *cert);

/* A trust store: certificates at which a chain may end.  Counted; shared between contexts.  It is filled by one
 * thread, and fixed once a connection has used it: adding to it then fails with BAD_STATE. */
OTLS_MUST_USE otls_status otls_store_new(otls_store **store);
OTLS_API otls_store *otls_store_ref(otls_store *store);
OTLS_API void otls_store_free(otls_store *store);
/* Adding a certificate that is there already is OK and changes nothing. */
OTLS_MUST_USE otls_status otls_store_add_certificate(otls_store *store, const otls_certificate *cert);
/* Every CERTIFICATE block of a PEM text or file.  TRUSTED CERTIFICATE blocks and key blocks are refused by name.
 * Errors    FORMAT: no certificate in it, or a damaged one (with its line); FILE; LIMIT: a file over 16 MiB, or more than
 * 1,024 certificates of one name in the store.  Nothing is added then. */
OTLS_MUST_USE otls_status otls_store_add_pem(otls_store *store, const void *pem, size_t len);
OTLS_MUST_USE otls_status otls_store_add_file(otls_store *store, const char *path);
/* Every certificate of every regular file in a directory, hashed names or plain; read at once.  Files that are not
 * certificates are passed over; a directory without a certificate is an error. */
OTLS_MUST_USE otls_status otls_store_add_directory(otls_store *store, const char *path);
/* The platform's trust: the file and directory that SSL_CERT_FILE and SSL_CERT_DIR name (not in set-uid programs),
 * else the first of the places that systems keep it in.  It is read once in a process, and again when a file or directory
 * there has been changed; stores and contexts that are there already stay as they are.  Errors    NO_TRUST: none was
 * found. */
OTLS_MUST_USE otls_status otls_store_add_platform(otls_store *store);
/* Certificate revocation lists (RFC 5280, section 5): one as DER, or every "X509 CRL" block of a PEM text; those of
 * several issuers, and several of one, may be in a store.  They count where OTLS_VERIFY_FLAG_CRL or CRL_ALL is set.
 * Signature and dates are looked at when a certificate is judged.  Adding a list that is there already changes nothing.
 * Errors    FORMAT: none in it, a damaged one, or one without the date of the next (section 5.1.2.5; nothing is added
 * then); LIMIT: over 16 MiB, or more than 16,384 in the store; FILE; BAD_STATE. */
OTLS_MUST_USE otls_status otls_store_add_crl(otls_store *store, const void *data, size_t len);
OTLS_MUST_USE otls_status otls_store_add_crl_file(otls_store *store, const char *path);
/* Judges certificates as of this time, in Unix seconds, instead of the clock's: tests, forensics.
 * INT64_MIN: the clock again.  Fails with BAD_STATE once the store is in use. */
OTLS_MUST_USE otls_status otls_store_set_time(otls_store *store, int64_t unix_seconds);
/* OTLS_VERIFY_FLAG_* (context.h) that hold for all who judge by this store, beside their own.  Replaces the store's.
 * Errors    UNSUPPORTED: flags that are about more than chains and revocation lists (OCSP, OCSP_REQUIRE, NATIVE_TOO);
 * BAD_STATE: the store is in use. */
OTLS_MUST_USE otls_status otls_store_set_flags(otls_store *store, uint64_t flags);
/* The i-th certificate; NULL after the last one. */
OTLS_API const otls_certificate *otls_store_certificate_at(const otls_store *store, size_t i);

#ifdef __cplusplus
}
#endif
#endif
