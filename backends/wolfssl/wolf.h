/* The wolfSSL engine's own header.  Here alone does the build look at what wolfSSL was configured with: every macro
 * is 0 or 1.  Only wolfSSL's native names are used; its OpenSSL look-alikes collide with the real ones. */
#ifndef OTLS_WOLF_H
#define OTLS_WOLF_H

#include <omnitls/certificate.h>
#include <omnitls/engine.h>

#include <wolfssl/options.h>

#include <wolfssl/ssl.h>

#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>

#if !defined(OPENSSL_EXTRA) || !defined(SESSION_CERTS) || !defined(WOLFSSL_TLS13)
#error "wolfSSL is too small: configure it with --enable-distro, or --enable-opensslall --enable-sessioncerts"
#endif

#if defined(HAVE_ED448) && defined(HAVE_ED448_KEY_IMPORT) && defined(HAVE_ED448_KEY_EXPORT)
#define WOLF_ED448 1
#else
#define WOLF_ED448 0
#endif

#if defined(HAVE_CURVE448)
#define WOLF_X448 1
#else
#define WOLF_X448 0
#endif

#if defined(HAVE_KEYING_MATERIAL)
#define WOLF_EXPORTER 1
#else
#define WOLF_EXPORTER 0
#endif

#if defined(HAVE_SECURE_RENEGOTIATION) || defined(HAVE_SERVER_RENEGOTIATION_INFO)
#define WOLF_RENEGOTIATION_INFO 1
#else
#define WOLF_RENEGOTIATION_INFO 0
#endif

/* CA names in TLS 1.3's CertificateRequest: 5.5 keeps them to itself, 5.9 sends them. */
#if LIBWOLFSSL_VERSION_HEX >= 0x05009000
#define WOLF_CLIENT_CA_TLS13 1
#else
#define WOLF_CLIENT_CA_TLS13 0
#endif

/* Signatures by callbacks, and a way to say that there is a key without showing it. */
#if defined(HAVE_PK_CALLBACKS) && defined(WOLF_PRIVATE_KEY_ID)
#define WOLF_REMOTE_KEY 1
#else
#define WOLF_REMOTE_KEY 0
#endif

#if defined(FP_ECC)
#define WOLF_HAS_POINT_CACHE 1
#else
#define WOLF_HAS_POINT_CACHE 0
#endif

#define WOLF_CHAIN_MAX    9     /* MAX_CHAIN_DEPTH, compiled into the library, in no public header */
#define WOLF_CHAIN_BYTES  18462 /* MAX_CERTIFICATE_SZ, likewise */
#define WOLF_RSA_MAX_BITS 4096  /* what distributions build */
#define WOLF_RSA_MIN_BITS RSA_MIN_SIZE
#define WOLF_SUITES_MAX   128
#define WOLF_LENGTH_MAX   INT32_MAX /* its lengths are int or word32 */

/* Not the number that OpenSSL gives it; the library has no name of its own for it. */
#define WOLF_MODE_AUTO_RETRY SSL_MODE_AUTO_RETRY

extern const otls_engine otls__engine_wolfssl;

/* == error.c == */

/* Every failure leaves through one of these.  function: the library's call that failed; code: its own error number,
 * 0 for none.  Both answer OTLS_ERROR. */
otls_status wolf_fail(otls_report *report, otls_code code, const char *function, int error);
/* The same, but where the number tells of memory or of something that this build lacks, that is the code. */
otls_status wolf_fail_as(otls_report *report, otls_code otherwise, const char *function, int error);
/* A failure that is not the library's: the words are ours. */
otls_status wolf_refuse(otls_report *report, otls_code code, const char *function, const char *reason);

/* == key.c == */

enum wolf_key_kind { WOLF_KEY_NONE, WOLF_KEY_RSA, WOLF_KEY_EC, WOLF_KEY_ED25519, WOLF_KEY_ED448 };

/* A key as the library works with it. */
struct wolf_key {
	enum wolf_key_kind kind;
	union {
		RsaKey rsa;
		ecc_key ec;
		ed25519_key ed25519;
#if WOLF_ED448
		ed448_key ed448;
#endif
	} u;
};

#define WOLF_KEY_DER_MAX  2560 /* RSAPrivateKey of 4096 bits takes 2350 */
#define WOLF_SPKI_DER_MAX 640  /* and its public half 550 */

/* A private key at rest: re-encoded by the library, so that what is kept is known to be whole. */
struct otls_engine_key {
	enum wolf_key_kind kind;
	size_t der_len, spki_len;
	uint8_t
	    der[WOLF_KEY_DER_MAX]; /* RSAPrivateKey, ECPrivateKey with its curve, or PKCS#8 for the Edwards curves */
	uint8_t spki[WOLF_SPKI_DER_MAX];
	void *signer; /* not NULL: there is no der, and core signs */
	size_t bytes; /* of its modulus, or of its field, then */
};

/* Opens a public key: live is to be closed whatever the answer.  ERROR: FORMAT, UNSUPPORTED, BACKEND. */
otls_status wolf_key_open_spki(struct wolf_key *live, otls_bytes spki, otls_report *report);
/* Opens a private key at rest, likewise. */
otls_status wolf_key_open(struct wolf_key *live, const otls_engine_key *key, otls_report *report);
void wolf_key_close(struct wolf_key *live);
/* The same for a key without secrets: it is large, and wiping it takes a twelfth of checking a signature with RSA. */
void wolf_key_close_public(struct wolf_key *live);

otls_status wolf_key_load(otls_engine_key *key, otls_key_form form, otls_bytes data, otls_report *report);
otls_status wolf_key_spki(const otls_engine_key *key, uint8_t *out, size_t cap, size_t *len, otls_report *report);
otls_status wolf_key_generate(otls_key_kind kind, uint8_t *out, size_t cap, size_t *len, otls_report *report);
void wolf_key_fini(otls_engine_key *key);

void wolf_wipe(void *data, size_t len);

/* == remote.c == */

otls_status wolf_key_remote(otls_engine_key *key, otls_bytes spki, void *signer, otls_report *report);
/* Declares a key that is elsewhere to the context or, if ssl is not NULL, to the connection; the library's answer. */
int wolf_use_remote_key(WOLFSSL_CTX *ctx, WOLFSSL *ssl, const otls_engine_key *key);
/* Installs what signs with such keys, where there may be some. */
void wolf_set_signers(otls_engine_context *ctx);

/* == crypto.c == */

otls_status wolf_pbkdf2(otls_hash hash, otls_bytes passphrase, otls_bytes salt, uint32_t iterations, uint8_t *out,
    size_t len, otls_report *report);
otls_status wolf_cbc_decrypt(
    otls_block_cipher cipher, otls_bytes key, const uint8_t *iv, otls_bytes data, uint8_t *out, otls_report *report);
otls_status wolf_verify_signature(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs,
    otls_bytes signature, otls_report *report);
otls_status wolf_verify_digest(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes digest,
    otls_bytes signature, otls_report *report);
otls_status wolf_key_sign(const otls_engine_key *key, uint16_t scheme, otls_bytes tbs, uint8_t *out, size_t cap,
    size_t *len, otls_report *report);
otls_status wolf_hash(
    otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report);
otls_status wolf_hmac(
    otls_hash hash, otls_bytes key, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report);
otls_status wolf_aead_seal(const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes plain,
    uint8_t *out, otls_report *report);
otls_status wolf_aead_open(const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes sealed,
    uint8_t *out, otls_report *report);

/* == verify.c == */

otls_status wolf_verify_chain_native(const otls_native_chain *chain, otls_report *report);

/* == context.c == */

struct otls_engine_context {
	WOLFSSL_CTX *ctx;
	const otls_engine_config *config;
	char sigalgs[256]; /* a new suite list resets the schemes, so a connection sets them again */
};

struct otls_engine_connection {
	WOLFSSL *ssl;
	const otls_engine_context *ctx;
	const otls_engine_setup *setup;
	const otls_host_calls *calls;
	otls_host *host;
	otls_status recv_said; /* the host's last answer: the library's own word for a wait is not to be trusted */
	bool send_failed;
	bool send_encrypted;                  /* what we send from now on is under keys */
	bool bad_group;                       /* TLS 1.2 was about to use a group that is not on our list */
	bool bad_scheme;                      /* TLS 1.2: the peer signed by a scheme that is not on our list */
	bool ready;                           /* the handshake is over; wolfSSL_SSL_in_init does not know (5.5) */
	bool chain_told;                      /* host peer_chain has the peer's certificates */
	bool chain_empty;                     /* it was told that there are none */
	bool judged;                          /* host verify_peer was asked, and agreed */
	bool choice_made;                     /* host choose_identity was asked */
	bool choice_failed;                   /* and failed, or the library would not have what it chose */
	bool closed;                          /* the peer's close_notify is in */
	bool sign_failed;                     /* core had no signature for us */
	uint16_t peer_scheme;                 /* TLS 1.2: what the peer signed by; 0: not yet, or TLS 1.3 */
	bool ticket_came;                     /* client */
	bool looked;                          /* client: at what follows the ServerHello, if that matters */
	bool ticket_declined;                 /* client, TLS 1.2: it is a certificate */
	uint8_t *ahead;                       /* what was received for that; NULL: nothing */
	size_t ahead_at, ahead_len;           /* how much of it the library has, and how much there is */
	const otls_engine_identity *identity; /* the one that is shown; NULL: none */
};

otls_status wolf_init(otls_report *report);
/* This thread does public-key work: what the library caches for it goes when it ends. */
void wolf_thread_enters(void);
const char *wolf_version_text(otls_backend_text which);
uint32_t wolf_version_number(void);
bool wolf_has(otls_capability capability);
uint64_t wolf_limit(otls_limit which);
bool wolf_supports(otls_kind kind, uint16_t id);
/* The IANA number of a curve by the name that wolfSSL_get_curve_name tells; 0: not known. */
uint16_t wolf_group_by_name(const char *name);
/* Suites as the library's byte list takes them; false: too many. */
bool wolf_suite_bytes(const uint16_t *suites, size_t count, uint8_t out[2 * WOLF_SUITES_MAX]);
/* What one connection of a server takes, instead of the context's groups. */
otls_status wolf_connection_group(WOLFSSL *ssl, uint16_t id, otls_report *report);

/* Gives one connection an identity of its own. */
bool wolf_use_identity(WOLFSSL *ssl, const otls_engine_identity *identity);

otls_status wolf_context_init(otls_engine_context *ctx, const otls_engine_config *config, otls_report *report);
void wolf_context_fini(otls_engine_context *ctx);

/* == session.c == */

otls_status wolf_set_sessions(otls_engine_context *ctx, otls_report *report);
/* Client: prepares for tickets, and for what is to be resumed, if anything. */
bool wolf_offer_session(otls_engine_connection *conn);
/* Client: receives what it takes to know whether the server resumes.  As host recv. */
otls_status wolf_look_ahead(otls_engine_connection *conn);
/* What was received so; 0: nothing is left. */
size_t wolf_take_ahead(otls_engine_connection *conn, void *buf, size_t cap);
/* Client, TLS 1.2: the library is about to read it. */
void wolf_on_server_hello(otls_engine_connection *conn);
/* Client: the handshake is over. */
void wolf_session_made(otls_engine_connection *conn);
otls_status wolf_session_export(
    otls_engine_connection *conn, uint8_t *out, size_t cap, size_t *len, otls_report *report);

/* == connection.c: what a context has to know of its connections == */

int wolf_recv(WOLFSSL *ssl, char *buf, int cap, void *arg);
int wolf_send(WOLFSSL *ssl, char *buf, int len, void *arg);
int wolf_judge_peer(int preverify, WOLFSSL_X509_STORE_CTX *store);
/* The key of the identity that the connection shows; NULL: none. */
const otls_engine_key *wolf_own_key(WOLFSSL *ssl);
otls_status wolf_host_sign(WOLFSSL *ssl, uint16_t scheme, otls_bytes tbs, uint8_t *out, size_t cap, size_t *len);
int wolf_choose_alpn(WOLFSSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
    unsigned int in_len, void *arg);

#endif
