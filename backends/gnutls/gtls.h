/* The GnuTLS engine: what its files share.  3.7 and 3.8; the versions differ in the macros below and nowhere else. */
#ifndef OTLS_GTLS_H
#define OTLS_GTLS_H

#include <omnitls/certificate.h>
#include <omnitls/engine.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#if GNUTLS_VERSION_NUMBER < 0x030700
#error "GnuTLS 3.7.0 or later is needed"
#endif

#if GNUTLS_VERSION_NUMBER >= 0x030800
#define GTLS_HAS_NO_STATUS_REQUEST 1 /* GNUTLS_NO_STATUS_REQUEST */
#else
#define GTLS_HAS_NO_STATUS_REQUEST 0
#endif

#define GTLS_RECORD_MAX     16384
#define GTLS_ALPN_COUNT_MAX 8  /* MAX_ALPN_PROTOCOLS, compiled into the library, in no public header */
#define GTLS_ALPN_NAME_MAX  31 /* ALPN_MAX_PROTOCOL_NAME less its NUL, likewise */
#define GTLS_HANDSHAKE_MAX  (128 * 1024)
#define GTLS_DH_BITS_MIN    2048

struct otls_engine_key {
	gnutls_x509_privkey_t x509; /* what can be copied and exported */
	gnutls_privkey_t key;       /* what signs; refers to x509 */
	gnutls_pubkey_t public;     /* instead of both: core signs, by this public half and for signer */
	void *signer;
};

/* An identity in the library's terms. */
typedef struct gtls_identity {
	gnutls_pcert_st *chain;
	unsigned chain_len;
	gnutls_privkey_t key; /* NULL: core signs, for signer */
	void *signer;
} gtls_identity;

struct otls_engine_context {
	const otls_engine_config *config;
	gnutls_priority_t priority;
	gnutls_certificate_credentials_t credentials;
	gnutls_dh_params_t dh; /* servers: for clients that name no group */
	gtls_identity identity;
};

struct otls_engine_connection {
	gnutls_session_t session;
	otls_engine_context *ctx;
	const otls_engine_setup *setup;
	const otls_host_calls *calls;
	otls_host *host;
	gnutls_priority_t choice;      /* server: the one suite that was chosen for this hello */
	gnutls_privkey_t remote;       /* the key for which core signs; NULL: none */
	void *signer;                  /* whose it is */
	gnutls_pubkey_t signer_public; /* and its public half, the identity's own */
	gtls_identity chosen;          /* client: what host choose_identity gave */
	otls_status received;          /* what host recv said last; EOF and ERROR stay */
	unsigned receives;             /* how often it was asked */
	uint16_t suite;                /* of the ServerHello; 0: none yet */
	bool suite_chosen;             /* server: the ClientHello was answered for */
	bool chain_told;               /* the peer's Certificate message was told to core */
	bool chain_empty;              /* and there was nothing in it */
	bool judged, accepted;         /* core was asked about it, and what it said */
	gnutls_ocsp_data_st staple;    /* server: what is sent to a client that asks; no data: nothing.  Owned */
	bool done;                     /* the handshake is over */
	otls_client_auth auth;         /* server: how a certificate was asked for last */
	bool asking;                   /* server: behind the handshake, and the answer is not all here */
	bool deaf;                     /* nothing is received for now */
	int refusal;                   /* the alert that goes with a refusal of ours; -1: the library's choice */
	int alert_sent;                /* -1: none */
	bool ticket_came;              /* client */
	bool tickets_enabled;          /* server */
	bool sends_tickets;            /* server: in TLS 1.3 */
	uint8_t finished[2][OTLS_HASH_MAX];
	size_t finished_len[2]; /* [1]: the peer's */
};

extern const otls_engine otls__engine_gnutls;

/* == error.c == */

/* Every failure leaves through one of these; both answer OTLS_ERROR.  function: the library's call that failed. */
otls_status gtls_fail(otls_report *report, otls_code code, const char *function, int error);
/* The same, but where the number tells of memory or of something that this build lacks, that is the code. */
otls_status gtls_fail_as(otls_report *report, otls_code otherwise, const char *function, int error);
/* A failure that is not the library's: the words are ours. */
otls_status gtls_refuse(otls_report *report, otls_code code, const char *function, const char *reason);

/* == registry.c == */

/* A signature scheme of the IANA registry. */
typedef struct gtls_scheme {
	uint16_t id;
	otls_signature_kind kind;
	otls_hash hash;
	gnutls_sign_algorithm_t sign;
	gnutls_sign_algorithm_t tls13; /* its other spelling: TLS 1.3 ties ECDSA to a curve; else UNKNOWN */
} gtls_scheme;

const gtls_scheme *gtls_scheme_by_id(uint16_t id);
/* 0: not known. */
uint16_t gtls_scheme_of(gnutls_sign_algorithm_t sign);
uint16_t gtls_group_of(gnutls_group_t group);
/* The key exchange of a suite; UNKNOWN for one of TLS 1.3, or for one that is not known. */
gnutls_kx_algorithm_t gtls_suite_kx(uint16_t suite);
bool gtls_suite_is_tls13(uint16_t suite);

otls_status gtls_init(otls_report *report);
const char *gtls_version_text(otls_backend_text which);
uint32_t gtls_version_number(void);
bool gtls_has(otls_capability capability);
uint64_t gtls_limit(otls_limit which);
bool gtls_supports(otls_kind kind, uint16_t id);
/* A priority for the configuration, with these suites in the place of its own. */
otls_status gtls_priority_new(gnutls_priority_t *priority, const otls_engine_config *config, const uint16_t *suites,
    size_t count, otls_report *report);

/* == context.c == */
otls_status gtls_identity_init(gtls_identity *identity, const otls_engine_identity *from, otls_report *report);
void gtls_identity_fini(gtls_identity *identity);
otls_status gtls_context_init(otls_engine_context *ctx, const otls_engine_config *config, otls_report *report);
void gtls_context_fini(otls_engine_context *ctx);

/* == remote.c == */
otls_status gtls_key_remote(otls_engine_key *key, otls_bytes spki, void *signer, otls_report *report);
/* Makes the connection's remote key for this identity, whose signer is set; the library's error, or 0. */
int gtls_remote_key(otls_engine_connection *conn, const gtls_identity *identity);

/* == hook.c: called by the library while it shakes hands == */
int gtls_on_message(
    gnutls_session_t session, unsigned type, unsigned when, unsigned incoming, const gnutls_datum_t *body);
int gtls_on_verify(gnutls_session_t session);
int gtls_on_identity(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain,
    unsigned *chain_len, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_len, gnutls_privkey_t *key, unsigned *flags);
int gtls_on_secret(gnutls_session_t session, const char *label, const gnutls_datum_t *secret);
/* Asks core about the chain that it was told; what it says is kept.  true: accepted. */
bool gtls_judge(otls_engine_connection *conn);
/* Clients: makes the library ask for no staple. */
void gtls_ask_no_staple(otls_engine_connection *conn);

/* == session.c == */
/* Client: what is to be resumed, if anything.  0, or the library's error, as all of these. */
int gtls_set_session(otls_engine_connection *conn);
/* Client: the handshake is over. */
void gtls_session_made(otls_engine_connection *conn);
void gtls_on_ticket(otls_engine_connection *conn, const gnutls_datum_t *body);
/* Server: ticket is what the hello shows; empty: none. */
int gtls_enable_tickets(otls_engine_connection *conn, otls_bytes ticket);
void gtls_restore_lifetime(otls_engine_connection *conn);
int gtls_send_tickets(otls_engine_connection *conn);
otls_status gtls_session_export(
    otls_engine_connection *conn, uint8_t *out, size_t cap, size_t *len, otls_report *report);

/* == verify.c == */
otls_status gtls_verify_chain_native(const otls_native_chain *chain, otls_report *report);

/* == crypto.c == */
otls_status gtls_verify_signature(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs,
    otls_bytes signature, otls_report *report);
otls_status gtls_hash(
    otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report);
otls_status gtls_hmac(
    otls_hash hash, otls_bytes key, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report);
otls_status gtls_aead_seal(const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes plain,
    uint8_t *out, otls_report *report);
otls_status gtls_aead_open(const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes sealed,
    uint8_t *out, otls_report *report);
otls_status gtls_pbkdf2(otls_hash hash, otls_bytes passphrase, otls_bytes salt, uint32_t iterations, uint8_t *out,
    size_t len, otls_report *report);
otls_status gtls_cbc_decrypt(
    otls_block_cipher cipher, otls_bytes key, const uint8_t *iv, otls_bytes data, uint8_t *out, otls_report *report);
otls_status gtls_key_load(otls_engine_key *key, otls_key_form form, otls_bytes data, otls_report *report);
otls_status gtls_key_spki(const otls_engine_key *key, uint8_t *out, size_t cap, size_t *len, otls_report *report);
otls_status gtls_verify_digest(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes digest,
    otls_bytes signature, otls_report *report);
otls_status gtls_key_sign(const otls_engine_key *key, uint16_t scheme, otls_bytes tbs, uint8_t *out, size_t cap,
    size_t *len, otls_report *report);
void gtls_key_fini(otls_engine_key *key);
otls_status gtls_key_generate(otls_key_kind kind, uint8_t *out, size_t cap, size_t *len, otls_report *report);

/* The library takes its input as a datum, whose pointer is not const though it never writes to it. */
gnutls_datum_t gtls_datum(const void *data, size_t len);

#endif
