/* Contexts: settings, made once and shared by many connections.
 *
 * A context checks every setting when it is set.  The first connection after a change seals what is set then;
 * later changes are for later connections only.  Getters answer what was set.
 *
 * What a context starts with: TLS 1.2 to 1.3, suites with forward secrecy and authenticated encryption only; a
 * client verifies its peer against the platform's trust, and needs the peer's name; a server asks for no
 * certificate.
 */
#ifndef OMNITLS_CONTEXT_H
#define OMNITLS_CONTEXT_H

#include <omnitls/certificate.h>
#include <omnitls/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which roles and versions.  METHOD_TLS and SSLv23 serve both roles and every version that is safe; TLSv1_2 and
 * TLSv1_3 fix the version.  SSLv2, SSLv3, TLSv1 and TLSv1_1 are refused with UNSUPPORTED. */
typedef enum otls_method {
	OTLS_METHOD_TLS,
	OTLS_METHOD_TLS_CLIENT,
	OTLS_METHOD_TLS_SERVER,
	OTLS_METHOD_SSLv2,
	OTLS_METHOD_SSLv3,
	OTLS_METHOD_TLSv1,
	OTLS_METHOD_TLSv1_1,
	OTLS_METHOD_TLSv1_2,
	OTLS_METHOD_TLSv1_3,
	OTLS_METHOD_SSLv23 = OTLS_METHOD_TLS
} otls_method;

/* Numbers as on the wire: compare with < and >. */
typedef enum otls_protocol {
	OTLS_TLS1_0 = 0x0301,
	OTLS_TLS1_1 = 0x0302,
	OTLS_TLS1_2 = 0x0303,
	OTLS_TLS1_3 = 0x0304
} otls_protocol;

/* A context on the default backend (otls_backend_default).
 * Errors    NO_BACKEND, UNSUPPORTED (the method), BAD_ARGUMENT, BACKEND (the library does not start), MEMORY. */
OTLS_MUST_USE otls_status otls_context_new(otls_method method, otls_context **ctx);
/* On a backend of your choice.  NULL is NO_BACKEND: a stack that was asked for and is missing never turns into
 * another one. */
OTLS_MUST_USE otls_status otls_context_new_with(const otls_backend *backend, otls_method method, otls_context **ctx);
/* A second context with the same settings, to be changed apart from the first. */
OTLS_MUST_USE otls_status otls_context_copy(const otls_context *ctx, otls_context **copy);
OTLS_API otls_context *otls_context_ref(otls_context *ctx);
OTLS_API void otls_context_free(otls_context *ctx);
OTLS_API const otls_backend *otls_context_backend(const otls_context *ctx);

/* Versions: TLS 1.2 or 1.3.  Refused: older ones (UNSUPPORTED), ones that the backend lacks (UNSUPPORTED), a range
 * that would be empty (BAD_ARGUMENT). */
OTLS_MUST_USE otls_status otls_context_set_min_version(otls_context *ctx, otls_protocol version);
OTLS_MUST_USE otls_status otls_context_set_max_version(otls_context *ctx, otls_protocol version);
OTLS_API otls_protocol otls_context_min_version(const otls_context *ctx); /* 0 for NULL */
OTLS_API otls_protocol otls_context_max_version(const otls_context *ctx);

/* == cipher suites ==
 * TLS 1.2 and TLS 1.3 have suites of their own, and a list each; the other version's is left as it is.  Both replace the
 * list that was there, and keep what the backend has of the new one, in its order.  Names are IANA's or OpenSSL's,
 * with ':' between them; unknown ones are passed over.
 * Errors    BAD_ARGUMENT: nothing of the list is known; UNSUPPORTED: the backend has none of it. */

/* TLS 1.2, in OpenSSL's cipher-string language, the same on every backend: "ECDHE+AESGCM:!aNULL:@STRENGTH".  Aliases
 * stand for the suites of this library, best first, as `openssl ciphers` sorts them; DEFAULT is what a context starts
 * with.  Only suites with forward secrecy, authentication and encryption are ever selected: static RSA, PSK,
 * anonymous, NULL and 3DES suites are not, whatever the list says.  DHE suites are, when they are asked for.
 * A GnuTLS client may offer more (no EXACT_OFFER), and refuses what is not on the list.
 * Errors    also BAD_ARGUMENT: an unknown command (@SECLEVEL=2). */
OTLS_MUST_USE otls_status otls_context_set_cipher_list(otls_context *ctx, const char *list);
/* TLS 1.3, names only: "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256". */
OTLS_MUST_USE otls_status otls_context_set_ciphersuites(otls_context *ctx, const char *list);

/* == groups and signature schemes ==
 * Both lists replace what was there, best first; both keep what the backend has of the new one.  Names are those of the
 * IANA registry ("x25519", "secp256r1", "ecdsa_secp256r1_sha256"), their aliases below, or numbers ("0x001d"), with ':'
 * between them, in any case of letters.  A name that nobody knows is refused, unless there is a '?' before it.
 * Errors    BAD_ARGUMENT: an unknown name, or none at all; UNSUPPORTED: the backend has none of the list.
 * What does not go together with other settings is found when the first connection is made: BAD_STATE, where a version
 * that is served is left without a group, a suite or a scheme.  (A list of X25519MLKEM768 alone leaves nothing to
 * TLS 1.2.) */

/* Groups that keys are exchanged in (RFC 8446, section 4.2.7): what a client offers, and what a server takes, in TLS 1.3
 * and by the ECDHE suites of TLS 1.2.  "X25519MLKEM768:X25519:P-256".  P-256, prime256v1, P-384, P-521 are aliases.
 * Which one it becomes is the server's choice: the best of the client's in its own order, those first that the client has
 * sent a share for.  A server that shares none with a client refuses it with handshake_failure; in TLS 1.2 its DHE suites,
 * if it has any, need none.  In TLS 1.2 the curve of an ECDSA certificate has to be one that the client offers, too
 * (RFC 8422, section 5.1).  Default: x25519, secp256r1, secp384r1, secp521r1, x448. */
OTLS_MUST_USE otls_status otls_context_set_groups(otls_context *ctx, const char *list);
/* The i-th of the groups in force, by its IANA name, static; NULL after the last one. */
OTLS_API const char *otls_context_group_at(const otls_context *ctx, size_t i);
/* A list of one group: what OpenSSL's SSL_CTX_set_tmp_ecdh is used for. */
OTLS_MUST_USE otls_status otls_context_set_tmp_ecdh(otls_context *ctx, const char *group);

/* Signature schemes (RFC 8446, section 4.2.3): which the peer may sign its handshake by, and which our own keys sign by.
 * "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256".  OpenSSL's words are aliases: "ECDSA+SHA256", "RSA+SHA256" (PKCS #1),
 * and "RSA-PSS+SHA256" or "PSS+SHA256" for both rsa_pss_rsae_sha256 and rsa_pss_pss_sha256.  What certificates are signed
 * by is not on this list.  A peer whose key fits none of the list is refused with the reason UNSUPPORTED_KEY.
 * Where a backend has no OWN_SCHEMES (wolfSSL), own keys sign by the first scheme of the peer that fits them; a server
 * refuses a client of which that one is not on the list. */
OTLS_MUST_USE otls_status otls_context_set_signature_schemes(otls_context *ctx, const char *list);
/* The i-th of the schemes in force, by its IANA name, static; NULL after the last one. */
OTLS_API const char *otls_context_signature_scheme_at(const otls_context *ctx, size_t i);

/* == security level ==
 * How strong everything is at least, by one number, as with OpenSSL's SSL_CTX_set_security_level; and the same on every
 * backend, since OmniTLS itself applies it:
 *
 *	level  bits   RSA    EC     Edwards          signatures       groups                        suites
 *	1       80    1024   256    both             SHA-256          all                           all
 *	2      112    2048   256    both             SHA-256          all                           all
 *	3      128    3072   256    both             SHA-256          x25519, P-256, ffdhe3072 ...  AES-128 ...; no CCM_8
 *	4      192    7680   384    Ed448            SHA-384, Ed448   P-384, P-521, x448, hybrids   AES-256, ChaCha20; no SHA-1, no DHE
 *	5      256    15360  521    none             SHA-512          P-521, SecP384r1MLKEM1024     the same
 *
 * It holds for what is offered and taken (suites, groups, signature schemes: what is too weak of a list is left out), for
 * the primes of DHE suites (2048 bits, from level 3 on 3072), for own keys, for the peer's key and those of all
 * certificates up to the root, and for the signatures on them, but for the root's on itself.  A certificate that is too
 * weak is WEAK_KEY or WEAK_SIGNATURE.  OmniTLS takes RSA keys of up to 8192 bits, so that level 5 is for P-521 alone.
 * Tickets are given at every level, other than with OpenSSL; what was made at one level is not resumed at another.
 *
 * Level 2 is the default.  Level 1 takes RSA keys of 1024 to 2047 bits; nothing else that level 2 does not take.  Level 0
 * takes signatures with SHA-1 too, on certificates, and in TLS 1.2 on the handshake where a list of signature schemes
 * names them.  Shorter RSA keys, MD5, other curves, suites without forward secrecy are taken at no level.
 *
 * The level of a context is changed as a whole or not at all.  Errors    BAD_ARGUMENT: not 1 to 5, or nothing is left
 * of a list that was set: set another list first; WEAK: the key of one of its own certificates, which the error names;
 * UNSUPPORTED: the backend has nothing of that level, or refuses what the level allows (OTLS_LIMIT_RSA_BITS_MIN). */
OTLS_MUST_USE otls_status otls_context_set_security_level(otls_context *ctx, int level);
/* Level 0, as above. */
OTLS_MUST_USE otls_status otls_context_insecure_set_security_level_zero(otls_context *ctx);
OTLS_API int otls_context_security_level(const otls_context *ctx); /* 0 to 5; -1 for NULL */

/* == own certificates ==
 * A pair is a chain, leaf first, and the leaf's private key.  Each pair that is completed is added; one for the same
 * names and with the same kind of key as an earlier one replaces that.  A server takes
 * the pair that fits the name and the signature schemes that the client offers, else the first that fits the
 * schemes, else the first.  A client that is asked for a certificate takes, of the pairs whose key signs by one of the
 * server's schemes, the one set last whose chain names one of the server's authorities as an issuer, else the one set
 * last; where no key fits, it shows none.  (In TLS 1.3, wolfSSL does not tell what the server asked for: there it is the
 * pair set last.)
 *
 * Every call reads, parses and matches at once.  A file may be a pipe: what somebody has still to write to it is waited for,
 * and one that nobody has open for writing is an empty file.  Errors    FILE, FORMAT (with file and line or offset),
 * PASSPHRASE, KEY_MISMATCH, WEAK (a key that is less than the security level asks for: by default, RSA under 2048 bits),
 * PURPOSE (the leaf's key must not sign, which TLS 1.3 and every suite with forward secrecy need), UNSUPPORTED, LIMIT (over
 * 16 MiB). */

/* A pair from PEM: the chain is every CERTIFICATE block of the first, the key the first private key block of the
 * second; both may be the same file. */
OTLS_MUST_USE otls_status otls_context_use_key_pair_file(otls_context *ctx, const char *chain_pem, const char *key_pem);
OTLS_MUST_USE otls_status otls_context_use_key_pair_mem(
    otls_context *ctx, const void *chain, size_t chain_len, const void *key, size_t key_len);
/* The same in two steps: a certificate, or a whole chain, starts a pair (one that was started and not completed is
 * replaced), ... */
OTLS_MUST_USE otls_status otls_context_use_certificate(otls_context *ctx, const otls_certificate *cert);
OTLS_MUST_USE otls_status otls_context_use_certificate_file(otls_context *ctx, const char *path, otls_filetype type);
OTLS_MUST_USE otls_status otls_context_use_certificate_chain_file(otls_context *ctx, const char *path);
OTLS_MUST_USE otls_status otls_context_use_certificate_chain_mem(otls_context *ctx, const void *pem, size_t len);
/* ... further certificates may be added behind it (or behind the last complete pair, when none is started), ... */
OTLS_MUST_USE otls_status otls_context_add_extra_chain_cert(otls_context *ctx, const otls_certificate *cert);
/* ... and the private key completes it.  A key that comes first waits for its certificate.  PEM may hold PKCS#8,
 * PKCS#1 or SEC1, plain or encrypted; ASN1 is the DER of one of them.  Encrypted keys are opened by OmniTLS itself, the
 * same on every backend: PKCS#8 by PBES2 (PBKDF2 or scrypt; AES or 3DES), PEM with a DEK-Info of AES or 3DES. */
OTLS_MUST_USE otls_status otls_context_use_private_key_file(otls_context *ctx, const char *path, otls_filetype type);
OTLS_MUST_USE otls_status otls_context_use_private_key_mem(
    otls_context *ctx, const void *data, size_t len, otls_filetype type);
/* A pair from a PKCS#12 file (RFC 7292), as browsers, Java and Windows export them: the private key, the certificate that
 * belongs to it, and those that lead up from it (a root is left out); others in it are passed over.  passphrase is
 * UTF-8; NULL: the context's own (set_password), and none where that is not set.
 * Read are files that are encrypted with AES or 3DES, with their MAC or without.
 * Errors    also PASSPHRASE: it does not fit; UNSUPPORTED: another cipher (RC2, which old programs use), by its OID;
 * FORMAT, with the offset in its DER; LIMIT: over 16 MiB, over 256 certificates, or more than 5 million iterations in all
 * that is derived for it. */
OTLS_MUST_USE otls_status otls_context_use_pkcs12_file(otls_context *ctx, const char *path, const char *passphrase);
OTLS_MUST_USE otls_status otls_context_use_pkcs12_mem(
    otls_context *ctx, const void *data, size_t len, const char *passphrase);
/* ... or a callback completes it, which signs with a key that is kept elsewhere: in a token, in another process, with a
 * service.  The certificate (with what goes behind it) comes first here, since it holds the public half of the key.
 *
 * Asked for one signature for every handshake in which this pair is shown, by server and client alike, before the call
 * that shakes hands returns.  scheme is the IANA signature scheme (RFC 8446, section 4.2.3), and says how to sign; tbs
 * is what the key itself is applied to, in the shape that PKCS #11 and `openssl pkeyutl` take it:
 *   RSA      tbs is the digest, by the scheme's hash: to be signed by PKCS #1 v1.5 (which puts it in a DigestInfo
 *            first), or by PSS with MGF1 of the same hash and a salt as long as the digest (rsa_pss_*).  The signature
 *            has as many bytes as the modulus.
 *   ECDSA    tbs is the digest; the signature is the DER of Ecdsa-Sig-Value (RFC 3279, section 2.2.3).
 *   Ed25519  and Ed448: tbs is the whole message, which they hash themselves (RFC 8032); 64 and 114 bytes.
 * A digest, and not the message, since that is all that some libraries hand out, and all that some tokens take.  What
 * is signed is bound to the handshake by TLS: the callback need not, and cannot, judge it.
 *
 * Stores at most cap bytes in sig (cap is what the longest signature of this key takes) and their count in *sig_len.
 * What is no signature by the certificate's
 * key is refused before anything is sent. REFUSE, or what is refused,
 * ends the handshake with CALLBACK, and the alert internal_error or what comes nearest in the library.
 * PENDING: the handshake returns WANT_CALLBACK and the callback is asked the same again when the call is repeated,
 * with SIGN_PENDING.  No built-in backend has it: no library can leave off in the middle of a signature and be resumed
 * by any thread; PENDING ends the handshake there, as REFUSE does.
 * Threads   the callback may be called by several connections at a time.
 * Errors    UNSUPPORTED: the backend cannot (no KEY_CALLBACK), or not with this kind of key
 * (no SIGN_EDWARDS, or what the library does not know); BAD_STATE: no certificate
 * waits for its key.  Otherwise as above; arg is taken over when it is OK. */
typedef otls_answer (*otls_sign_fn)(otls_connection *conn, uint16_t scheme, const uint8_t *tbs, size_t tbs_len,
    uint8_t *sig, size_t cap, size_t *sig_len, void *arg);
OTLS_MUST_USE otls_status otls_context_use_private_key_callback(
    otls_context *ctx, otls_sign_fn sign, void *arg, otls_free_fn free_arg);
/* OK when there is a pair and none is half; NO_CERTIFICATE or INCOMPLETE_PAIR otherwise. */
OTLS_MUST_USE otls_status otls_context_check_private_key(const otls_context *ctx);

/* The passphrase of keys that are loaded after this call; copied, and wiped with the context.  NULL: none.
 * A passphrase longer than 1023 bytes is refused with LIMIT, never cut. */
OTLS_MUST_USE otls_status otls_context_set_password(otls_context *ctx, const char *passphrase);
/* Asked for the passphrase when an encrypted key is loaded and no password is set.  Stores at most cap bytes in buf
 * and their count in *len; path is the file, "" for memory.  REFUSE stops the load with PASSPHRASE; PENDING is
 * taken as REFUSE, since loading does not wait. */
typedef otls_answer (*otls_password_fn)(char *buf, size_t cap, size_t *len, const char *path, void *arg);
OTLS_MUST_USE otls_status otls_context_set_password_callback(
    otls_context *ctx, otls_password_fn fn, void *arg, otls_free_fn free_arg);

/* == identities ==
 * A complete pair as an object: immutable, counted, shared by threads.  It serves contexts and connections of one
 * backend, the one of ctx: an encrypted key is opened with that context's passphrase; nothing else of it counts.
 * Errors    as for the pairs above. */
OTLS_MUST_USE otls_status otls_identity_new(const otls_context *ctx, const void *chain, size_t chain_len,
    const void *key, size_t key_len, otls_identity **identity);
/* With a key behind a callback (otls_context_use_private_key_callback). */
OTLS_MUST_USE otls_status otls_identity_new_callback(const otls_context *ctx, const void *chain, size_t chain_len,
    otls_sign_fn sign, void *arg, otls_free_fn free_arg, otls_identity **identity);
OTLS_API otls_identity *otls_identity_ref(const otls_identity *identity);
OTLS_API void otls_identity_free(otls_identity *identity);
/* The i-th certificate of the chain, leaf first; NULL after the last one. */
OTLS_API const otls_certificate *otls_identity_certificate_at(const otls_identity *identity, size_t i);
/* The i-th complete pair of a context, in the order in which they were set; NULL after the last one. */
OTLS_API const otls_identity *otls_context_identity_at(const otls_context *ctx, size_t i);
/* Adds it to a context, as a pair that is completed.  Errors    BAD_ARGUMENT: of another backend; MEMORY. */
OTLS_MUST_USE otls_status otls_context_use_identity(otls_context *ctx, const otls_identity *identity);

/* == trust ==
 * A client that was given no trust uses the platform's.  A server that verifies and was given none fails: NO_TRUST. */

/* Adds the certificates of a PEM file and of a directory; either may be NULL, not both.  Both are read before
 * anything is added. */
OTLS_MUST_USE otls_status otls_context_load_verify_locations(otls_context *ctx, const char *file, const char *dir);
OTLS_MUST_USE otls_status otls_context_load_verify_mem(otls_context *ctx, const void *pem, size_t len);
/* Adds the platform's trust (otls_store_add_platform). */
OTLS_MUST_USE otls_status otls_context_set_default_verify_paths(otls_context *ctx);
/* Replaces the context's trust by a store, which is shared, not copied; NULL: back to none.
 * Adding to the context's trust later never changes a store that was handed in: the context then goes on with a
 * copy of its own. */
OTLS_MUST_USE otls_status otls_context_set_store(otls_context *ctx, otls_store *store);
/* The store in force; NULL where none was given or loaded. */
OTLS_API const otls_store *otls_context_store(const otls_context *ctx);

#define OTLS_VERIFY_NONE                 UINT64_C(0) /* server: ask for no certificate (default); a client refuses it */
#define OTLS_VERIFY_PEER                 UINT64_C(1) /* client: the default.  Server: ask, and check what comes */
#define OTLS_VERIFY_FAIL_IF_NO_PEER_CERT UINT64_C(2) /* server, with PEER: a client without a certificate is refused */
#define OTLS_VERIFY_CLIENT_ONCE          UINT64_C(4) /* server: a client that has shown one is not asked again */
#define OTLS_VERIFY_INSECURE_NONE        UINT64_C(8) /* client: check nothing but pins; the verdict is still told */
/* Server, with PEER: a handshake of TLS 1.3 asks for no certificate, otls_connection_request_client_certificate does;
 * until then any client is in.  A handshake of TLS 1.2 asks as ever.  UNSUPPORTED: no POST_HANDSHAKE_AUTH. */
#define OTLS_VERIFY_POST_HANDSHAKE       UINT64_C(16)
#define OTLS_VERIFY_REQUIRE              (OTLS_VERIFY_PEER | OTLS_VERIFY_FAIL_IF_NO_PEER_CERT)
OTLS_MUST_USE otls_status otls_context_set_verify(otls_context *ctx, uint64_t mode);
OTLS_API uint64_t otls_context_verify_mode(const otls_context *ctx);
/* How many intermediate certificates a chain may have between leaf and anchor, 0 to 100; the default is 8. */
OTLS_MUST_USE otls_status otls_context_set_verify_depth(otls_context *ctx, int intermediates);
OTLS_API int otls_context_verify_depth(const otls_context *ctx); /* -1 for NULL */

#define OTLS_VERIFY_FLAG_PARTIAL_CHAIN          (UINT64_C(1) << 0) /* any certificate of the store may end a chain */
/* Revocation lists of the store (otls_store_add_crl) are asked: about the leaf (CRL), or about every certificate but the
 * anchor (CRL_ALL).  A certificate that is listed is REVOKED, also by a list that is out of date.  Else there must be a
 * list of its issuer that is good; if not: CRL_MISSING, CRL_EXPIRED, CRL_NOT_YET_VALID, CRL_INVALID.  CRL_SOFT, with
 * either: where there is no list at all, that is no error.  Deltas, lists of a part of the certificates and lists of
 * other issuers' certificates are CRL_INVALID.  Nothing is fetched (RFC 5280, sections 5 and 6.3). */
#define OTLS_VERIFY_FLAG_CRL                    (UINT64_C(1) << 1)
#define OTLS_VERIFY_FLAG_CRL_ALL                (UINT64_C(1) << 2)
#define OTLS_VERIFY_FLAG_CRL_SOFT               (UINT64_C(1) << 3)
/* Clients: the server is asked for a stapled OCSP response (ocsp.h).  OCSP_REQUIRE: there must be one, and it must say
 * that the leaf is good, else OCSP_MISSING.  UNSUPPORTED: a server's context, or no OCSP_CLIENT. */
#define OTLS_VERIFY_FLAG_OCSP_REQUIRE           (UINT64_C(1) << 4)
#define OTLS_VERIFY_FLAG_OCSP                   (UINT64_C(1) << 10)
#define OTLS_VERIFY_FLAG_INSECURE_ALLOW_CN      (UINT64_C(1) << 5) /* common name, where there is no name of another kind */
/* The library's own verifier must agree too.  It is asked about chains that OmniTLS has found good, each time with
 * objects of their own, so that no chain depends on an earlier one; it can only make things stricter, and differs from
 * library to library: that is what OmniTLS's verifier is for.  Its refusal is E_VERIFY with the reason that comes
 * closest; the text says whose it is, and the error's entries are its words.  UNSUPPORTED where the backend has no
 * NATIVE_VERIFY.  Not asked with INSECURE_NONE, nor where a key is trusted instead of a chain (trust_spki). */
#define OTLS_VERIFY_FLAG_NATIVE_TOO             (UINT64_C(1) << 6)
/* The web's profile for servers' certificates, of the Baseline Requirements of the CA/Browser Forum: all that STRICT asks
 * for but critical name constraints, and: a common name that is a host or an address is one of the alternative names,
 * character for character (one in a domain where there is no alternative name is let be); alternative names are critical
 * only where the subject is empty; an authority's certificate is no server's; a root has no extended key usage; a server
 * has one that is not critical and has none of the purposes that are forbidden beside TLS.  Private authorities often break
 * one of these.  Reasons are MALFORMED and INVALID_PURPOSE; the text says which rule it was.  Without an effect on
 * clients' certificates. */
#define OTLS_VERIFY_FLAG_WEB_PROFILE            (UINT64_C(1) << 7)
/* The leaf's key usage (RFC 5280, section 4.2.1.3) is not looked at: for tests, and for authorities that do not know
 * what they are doing.  A library may refuse such a leaf all the same. */
#define OTLS_VERIFY_FLAG_INSECURE_ANY_KEY_USAGE (UINT64_C(1) << 8)
/* Rules of RFC 5280 for those who issue, beyond those that a verifier must hold them to: serial numbers are not zero, and
 * at most 20 bytes long (section 4.1.2.2); all but self-signed certificates have an authority key identifier (4.2.1.1),
 * and who has one names a key in it; authorities have a subject key identifier (4.2.1.2); DNS names have no underscore
 * (4.2.1.6); name constraints are critical (4.2.1.10); a revocation list has a number that is not critical, an authority
 * key identifier (5.2.1, 5.2.3) and no serial number twice, else it is CRL_INVALID.  Reason MALFORMED; the text says which
 * rule it was. */
#define OTLS_VERIFY_FLAG_STRICT                 (UINT64_C(1) << 9)
/* Replaces the flags.  Unknown ones are refused with UNSUPPORTED. */
OTLS_MUST_USE otls_status otls_context_set_verify_flags(otls_context *ctx, uint64_t flags);
OTLS_API uint64_t otls_context_verify_flags(const otls_context *ctx);

/* Keys that are known: the SHA-256 of a public key (SubjectPublicKeyInfo), as "sha256//" and BASE64 (what
 * otls_certificate_spki_pin answers) or as 64 hexadecimal digits; several in one text with ";" between them, as curl
 * takes them.  Each call adds; any one pin is enough.  BAD_ARGUMENT says what is wrong with which pin, and adds none.
 *
 * pin_spki: in addition to the chain and the name.  The key of any certificate of the verified path may be the pinned
 * one: the leaf, an intermediate, the anchor.  Where the chain was not found good, because verification is off or the
 * verify callback has overruled a reason, only the leaf's key counts: whose the others are is not known then.
 * A mismatch is E_VERIFY with PIN_MISMATCH.  Pins and trusted keys hold with INSECURE_NONE too, and no callback lifts
 * them.  A server with pins refuses clients without a certificate, and fails with BAD_STATE where it asks for none.
 *
 * trust_spki: instead of chain, name and dates: a peer is who holds the key of one of these pins, the leaf's key.
 * Neither trust nor peer name is needed then, and what is set of them is not looked at; CRLs are not either.  Still
 * refused is a leaf that is malformed, has an unknown critical extension or a weak key, or whose key may not sign.  On
 * a server that is a list of the clients' keys. */
OTLS_MUST_USE otls_status otls_context_pin_spki(otls_context *ctx, const char *pin);
OTLS_MUST_USE otls_status otls_context_trust_spki(otls_context *ctx, const char *pin);

/* What a verify callback answers.  Any other number refuses. */
typedef enum otls_verdict {
	OTLS_VERDICT_REJECT = 0,         /* refuse, with the reason REJECTED, and ask no further */
	OTLS_VERDICT_KEEP = 1,           /* OmniTLS's verdict stands, good or bad: what a plain "return 1" means */
	OTLS_VERDICT_INSECURE_ACCEPT = 2 /* this error does not count */
} otls_verdict;

/* Sees the peer's certificates behind OmniTLS's own verdict, on clients and servers, once per handshake: one path, the
 * accepted one, or, where there is none, the one that got furthest, from the root (or as high as the path got) down to
 * the leaf.  For each certificate it is called with each error that this certificate has, ok false, or once with
 * OTLS_REASON_OK and ok true where it has none.
 * Parameters  cert is alive as long as the connection, more with otls_certificate_ref; depth 0 is the leaf.
 *
 * A peer is refused if any error was not answered with INSECURE_ACCEPT.  The verdict is then the first error that
 * stands.  Never overruled: MALFORMED, TOO_COSTLY, PIN_MISMATCH, CHANGED, INTERNAL; and ENGINE_LIMIT, where the library
 * itself gives up.  Not called where there is no path to show: no certificate, one that cannot be read, more
 * certificates than are taken, a spent budget.
 * When all errors were overruled, the handshake goes on, and otls_connection_verify_result still tells the first of
 * them: that is how to know of it.  After REJECT it tells REJECTED, with the certificate's depth; the error's text
 * says what it was asked about.  With INSECURE_NONE the callback is asked too, and its outcome is recorded, but refuses
 * nobody.
 * Inside of it only getters of conn may be called; verify_result is OmniTLS's own verdict then.  It cannot be made to
 * wait: there is no PENDING, since two of the libraries cannot pause there.  fn NULL: none. */
typedef otls_verdict (*otls_verify_fn)(
    otls_connection *conn, const otls_certificate *cert, int reason, int depth, bool ok, void *arg);
OTLS_MUST_USE otls_status otls_context_set_verify_callback(
    otls_context *ctx, otls_verify_fn fn, void *arg, otls_free_fn free_arg);

/* == client certificates == */

/* The names of the authorities that a server sends with its request for a certificate, so that a client can choose
 * (RFC 8446, section 4.2.4; RFC 5246, section 7.4.4).  A hint: whom the server trusts is another matter, and trust is
 * never sent by itself.  None by default, which stands for "any".  Each name is kept once, in the order in which it
 * came.  wolfSSL before 5.9 sends the names in TLS 1.2 alone (no CLIENT_CA_TLS1_3).
 * Errors    BAD_STATE: a client's context; BAD_ARGUMENT: an empty name; LIMIT: over 16000 bytes of names, 2 more
 * counted for each; then nothing is changed. */

/* Adds the subject of a certificate, ... */
OTLS_MUST_USE otls_status otls_context_add_client_ca(otls_context *ctx, const otls_certificate *ca);
/* ... of every certificate of a PEM file (FILE, FORMAT), ... */
OTLS_MUST_USE otls_status otls_context_load_client_ca(otls_context *ctx, const char *file);
/* ... or a name alone, as DER: the whole SEQUENCE (FORMAT). */
OTLS_MUST_USE otls_status otls_context_add_client_ca_name(otls_context *ctx, const void *der, size_t len);
/* Replaces the list by the subjects of these; count 0: by none. */
OTLS_MUST_USE otls_status otls_context_set_client_ca_list(
    otls_context *ctx, const otls_certificate *const *cas, size_t count);
/* The i-th name (RFC 4514), alive until the list is changed; NULL after the last one. */
OTLS_API const char *otls_context_client_ca_at(const otls_context *ctx, size_t i);

/* Whether a client says that it answers a request for its certificate behind the handshake of TLS 1.3 (RFC 8446,
 * section 4.6.2), and answers it while it reads; false by default: such a request ends the connection then.
 * Errors    UNSUPPORTED: no POST_HANDSHAKE_AUTH; BAD_STATE: a server's context. */
OTLS_MUST_USE otls_status otls_context_set_post_handshake_auth(otls_context *ctx, bool answer);

/* Chooses what a client shows, instead of the choice among the context's own pairs (above).  Called when a server asks for
 * a certificate, once per handshake, and once for each request behind it.  What the server asks for stands in
 * otls_connection_client_ca_at and otls_connection_client_scheme_at.  To show a certificate, it gives an identity to
 * otls_connection_set_identity: one of otls_identity_new, or one of the context's pairs (otls_context_identity_at).
 * Answers   OK: goes on with that identity, or, where none was given, without a certificate.  REFUSE: ends the connection
 * with CALLBACK, and the alert internal_error or what comes nearest in the library.  PENDING: the handshake returns
 * WANT_CALLBACK, and asks again when it is repeated; what was given is forgotten.  That takes CHOICE_PENDING, and it
 * cannot be done behind the handshake: elsewhere PENDING ends the connection as REFUSE does, and the error says so.
 * In TLS 1.3, wolfSSL asks before it has seen a request: there it is called for every handshake, also of a server that
 * asks for nothing, knows neither names nor schemes, and no alert is sent for REFUSE.
 * Inside of it only getters of conn may be called, and otls_connection_set_identity.  fn NULL: none.
 * Threads   the callback may be called by several connections at a time.
 * Errors    BAD_STATE: a server's context. */
typedef otls_answer (*otls_client_certificate_fn)(otls_connection *conn, void *arg);
OTLS_MUST_USE otls_status otls_context_set_client_certificate_callback(
    otls_context *ctx, otls_client_certificate_fn fn, void *arg, otls_free_fn free_arg);

/* == application protocols and names == */

typedef enum otls_alpn_policy {
	OTLS_ALPN_OPTIONAL, /* nothing in common: go on without (default) */
	OTLS_ALPN_REQUIRED  /* nothing in common, or nothing offered: refuse, alert no_application_protocol */
} otls_alpn_policy;
/* "h2,http/1.1", best first (RFC 7301): what a client offers, and what a server chooses from in its own order.
 * "" or NULL: none.  Errors    BAD_ARGUMENT: an empty name or one over 255 bytes; UNSUPPORTED: beyond the
 * backend's limits (otls_backend_limit). */
OTLS_MUST_USE otls_status otls_context_set_alpn_protos(otls_context *ctx, const char *list);
/* The same as on the wire, each name behind its length byte: for names that hold a comma. */
OTLS_MUST_USE otls_status otls_context_set_alpn_protos_wire(otls_context *ctx, const uint8_t *list, size_t len);
OTLS_MUST_USE otls_status otls_context_set_alpn_policy(otls_context *ctx, otls_alpn_policy policy);
/* A server's own choice: sets *choice to an index of otls_connection_alpn_offer_at, or leaves it for "none of
 * them".  REFUSE ends the handshake with no_application_protocol.  Called once, and only if the client offers any;
 * replaces the choice from the list.  fn NULL: none. */
typedef otls_answer (*otls_alpn_select_fn)(otls_connection *conn, size_t *choice, void *arg);
OTLS_MUST_USE otls_status otls_context_set_alpn_select_callback(
    otls_context *ctx, otls_alpn_select_fn fn, void *arg, otls_free_fn free_arg);

/* On a server, once per connection, before anything is chosen; name is "" when the client sent none (RFC 6066,
 * section 3).  It may call otls_connection_set_context (another certificate, trust, ALPN, ...), and
 * otls_connection_refuse_with before it answers REFUSE (default alert: unrecognized_name).  fn NULL: none. */
typedef otls_answer (*otls_servername_fn)(otls_connection *conn, const char *name, void *arg);
OTLS_MUST_USE otls_status otls_context_set_servername_callback(
    otls_context *ctx, otls_servername_fn fn, void *arg, otls_free_fn free_arg);

/* A pointer of yours; the one before is freed. */
OTLS_API void otls_context_set_user_data(otls_context *ctx, void *data, otls_free_fn free_data);
OTLS_API void *otls_context_user_data(const otls_context *ctx);

#ifdef __cplusplus
}
#endif
#endif
