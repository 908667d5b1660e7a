/* The OpenSSL engine: what its files share.  1.1.1 to 4.0; the versions differ in the macros below and nowhere else. */
#ifndef OTLS_OSSL_H
#define OTLS_OSSL_H

#include <omnitls/certificate.h>
#include <omnitls/engine.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#if OPENSSL_VERSION_NUMBER < 0x10101000L
#error "OpenSSL 1.1.1 or later is needed"
#endif

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
#define OSSL_HAS_ERROR_ALL        1 /* ERR_get_error_all */
#define OSSL_HAS_NEGOTIATED_GROUP 1 /* SSL_get_negotiated_group */
#define OSSL_HAS_VERSION_STR      1 /* OPENSSL_VERSION_STR */
#define OSSL_HAS_PROVIDERS        1 /* what signs can be replaced without what is deprecated */
#define OSSL_HAS_ERR_UNSUPPORTED  1 /* ERR_R_UNSUPPORTED: what a failed fetch says */
#else
#define OSSL_HAS_ERROR_ALL        0
#define OSSL_HAS_NEGOTIATED_GROUP 0
#define OSSL_HAS_VERSION_STR      0
#define OSSL_HAS_PROVIDERS        0
#define OSSL_HAS_ERR_UNSUPPORTED  0
#endif

#if OPENSSL_VERSION_NUMBER >= 0x30200000L
#define OSSL_HAS_CERTIFICATE_COMPRESSION 1
#else
#define OSSL_HAS_CERTIFICATE_COMPRESSION 0
#endif

#if defined(OPENSSL_NO_TLS1_3)
#define OSSL_HAS_TLS1_3 0
#else
#define OSSL_HAS_TLS1_3 1
#endif

#if defined(OPENSSL_NO_OCSP)
#define OSSL_HAS_OCSP 0
#else
#define OSSL_HAS_OCSP 1
#endif

struct otls_engine_key {
	EVP_PKEY *pkey;
	void *signer; /* not NULL: pkey is but the public half, and core signs */
};

struct otls_engine_context {
	SSL_CTX *ssl_ctx;
	const otls_engine_config *config;
};

struct otls_engine_connection {
	SSL *ssl;
	const otls_engine_config *config;
	const otls_host_calls *calls;
	otls_host *host;
	otls_bytes alpn; /* server: the answer, behind its length byte */
	uint8_t *staple; /* server: the OCSP response to send; owned */
	size_t staple_len;
	otls_status received; /* what host recv said last in this call */
	bool chain_told;      /* host peer_chain has the list that the library is about to judge */
	int alert_sent;       /* the fatal alert that went out; -1: none */
	bool resume;          /* server: the client's ticket may be used */
};

extern const otls_engine otls__engine_openssl;

/* == error.c == */

/* What the library's error queue tells, beyond its words. */
typedef struct ossl_findings {
	int alert;           /* the fatal alert that the peer sent; -1: none */
	bool no_certificate; /* the peer sent no certificate where one is required */
	bool no_memory;
	bool unsupported; /* an algorithm that this build or its providers do not have */
} ossl_findings;

/* To be called before every call whose failure is to be explained: SSL_get_error looks at what is left over. */
void ossl_begin(void);
/* Empties the queue into the report's entries, oldest first. */
ossl_findings ossl_drain(otls_report *report);
/* Drains and sets the code; answers OTLS_ERROR. */
otls_status ossl_fail(otls_report *report, otls_code code);
/* The same, with one entry in our own words before the library's. */
otls_status ossl_fail_because(otls_report *report, otls_code code, const char *function, const char *reason);

/* == context.c == */

/* A signature scheme of the IANA registry. */
typedef struct ossl_scheme {
	uint16_t id;
	const char *name; /* as SSL_CTX_set1_sigalgs_list takes it */
	otls_signature_kind kind;
	otls_hash hash;
	int key_type; /* EVP_PKEY_... of the key that signs */
} ossl_scheme;

const ossl_scheme *ossl_scheme_by_id(uint16_t id);
/* By what the library remembers of a signature; 0: not known. */
uint16_t ossl_scheme_of(int signature_type, int hash_nid, int key_type);
uint16_t ossl_group_of(int nid);

otls_status ossl_init(otls_report *report);
const char *ossl_version_text(otls_backend_text which);
uint32_t ossl_version_number(void);
bool ossl_has(otls_capability capability);
uint64_t ossl_limit(otls_limit which);
bool ossl_supports(otls_kind kind, uint16_t id);
otls_status ossl_context_init(otls_engine_context *ctx, const otls_engine_config *config, otls_report *report);
void ossl_context_fini(otls_engine_context *ctx);
int ossl_verify_mode(otls_client_auth client_auth); /* of a server */
/* Exactly these suites, in this order.  false: the library made another list of them. */
bool ossl_connection_suites(SSL *ssl, const uint16_t *suites, size_t count);
/* The key as the library takes it for this certificate: a reference, or another key; NULL: the library tells. */
EVP_PKEY *ossl_key_for(X509 *leaf, EVP_PKEY *pkey);
bool ossl_connection_groups(SSL *ssl, const uint16_t *ids, size_t count);
/* The leaf and the certificates behind it; both are the caller's.  false: they do not parse, or no memory. */
bool ossl_parse_chain(const otls_engine_identity *identity, X509 **leaf, STACK_OF(X509) * *rest);

/* == verify.c == */
otls_status ossl_verify_chain_native(const otls_native_chain *chain, otls_report *report);

/* == connection.c: called by the library, installed by context.c == */
bool ossl_bio_init(void);
void ossl_on_message(int outbound, int version, int type, const void *data, size_t len, SSL *ssl, void *arg);
int ossl_on_verify(X509_STORE_CTX *store, void *arg);
int ossl_on_identity(SSL *ssl, void *arg);
int ossl_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *offered,
    unsigned int offered_len, void *arg);
int ossl_on_status(SSL *ssl, void *arg);
void ossl_on_secret(const SSL *ssl, const char *line);

/* == session.c == */
bool ossl_context_sessions(SSL_CTX *ctx, const otls_engine_config *config);
/* Client: what is to be resumed.  false: the library cannot make anything of it. */
bool ossl_connection_session(SSL *ssl, otls_bytes state);
otls_status ossl_session_export(
    otls_engine_connection *conn, uint8_t *out, size_t cap, size_t *len, otls_report *report);

/* == remote.c == */
bool ossl_remote_init(void);
/* A key that has core sign for this connection, which it must not outlive; NULL: none could be made. */
EVP_PKEY *ossl_remote_key(const otls_engine_key *key, otls_engine_connection *conn);
otls_status ossl_key_remote(otls_engine_key *key, otls_bytes spki, void *signer, otls_report *report);

/* == crypto.c == */
const EVP_MD *ossl_digest(otls_hash hash);
#if OSSL_HAS_PROVIDERS
/* From its parts ("EC", OSSL_PKEY_PARAM_...); NULL: they make no key. */
EVP_PKEY *ossl_public_key(const char *type, OSSL_PARAM *params);
#endif

otls_status ossl_verify_signature(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs,
    otls_bytes signature, otls_report *report);
otls_status ossl_hash(
    otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report);
otls_status ossl_hmac(
    otls_hash hash, otls_bytes key, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report);
otls_status ossl_aead_seal(const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes plain,
    uint8_t *out, otls_report *report);
otls_status ossl_aead_open(const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes sealed,
    uint8_t *out, otls_report *report);
otls_status ossl_pbkdf2(otls_hash hash, otls_bytes passphrase, otls_bytes salt, uint32_t iterations, uint8_t *out,
    size_t len, otls_report *report);
otls_status ossl_cbc_decrypt(
    otls_block_cipher cipher, otls_bytes key, const uint8_t *iv, otls_bytes data, uint8_t *out, otls_report *report);
otls_status ossl_key_load(otls_engine_key *key, otls_key_form form, otls_bytes data, otls_report *report);
otls_status ossl_key_spki(const otls_engine_key *key, uint8_t *out, size_t cap, size_t *len, otls_report *report);
otls_status ossl_verify_digest(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes digest,
    otls_bytes signature, otls_report *report);
otls_status ossl_key_sign(const otls_engine_key *key, uint16_t scheme, otls_bytes tbs, uint8_t *out, size_t cap,
    size_t *len, otls_report *report);
void ossl_key_fini(otls_engine_key *key);
otls_status ossl_key_generate(otls_key_kind kind, uint8_t *out, size_t cap, size_t *len, otls_report *report);

#endif
