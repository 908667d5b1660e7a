/* The contract between OmniTLS's core and a TLS stack, for those who write a backend.
 *
 * An engine turns bytes into bytes.  It owns no socket, makes no policy, keeps no setting: core hands it a sealed
 * configuration, feeds it the peer's bytes and takes its output.  Everything that two engines would both do is
 * done in core.  docs/contract.md walks the public API through these slots; docs/backends.md says how to start.
 *
 * STATE     otls_engine_context, _connection and _key are incomplete here: each engine defines its own.  Core
 *           allocates them by the sizes in the table, zeroed, and calls fini once on each, also when init failed.
 * RESULTS   Slots answer otls_status.  On ERROR they fill the report; core decides what the failure means, first
 *           from what it saw itself (end of stream, errno, its own verdict), then from the report.
 * INPUT     Host recv answers OK with 1 or more bytes, WANT_READ, EOF (again and again), or ERROR.  An engine that
 *           is told WANT_READ returns WANT_READ from its slot, and never returns it while recv has not said so:
 *           where a library says "again" after a ticket or a key update, the engine goes on by itself.
 *           An alert in plain that a library with keys cannot read (a TLS 1.3 client may refuse a certificate so) is
 *           read by core.
 *           An engine reads records exactly: the 5 header bytes, then the body; never past the record it is in.
 * OUTPUT    Host send takes everything, always.  It fails only for want of memory; the engine then gives up.
 * THREADS   Contexts and keys are used by many connections at once, read only.  A connection is used by one thread
 *           at a time.
 * FAILURE   A fatal error of the engine's own ends with its alert sent (through host send) before the slot returns;
 *           where the library sends none by itself, the engine does.  A chain that the library refused before it asked
 *           is told to host peer_chain before the slot returns, so that core can judge it all the same.  After ERROR
 *           only info and connection_fini are called.
 * ABI       size and version of this table and of every struct here that crosses over; new fields go at the end.
 */
#ifndef OMNITLS_ENGINE_H
#define OMNITLS_ENGINE_H

#include <omnitls/backend.h>
#include <omnitls/error.h>
#include <omnitls/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTLS_ENGINE_VERSION 1

typedef struct otls_engine_context otls_engine_context;       /* defined by the engine */
typedef struct otls_engine_connection otls_engine_connection; /* defined by the engine */
typedef struct otls_engine_key otls_engine_key;               /* defined by the engine */
typedef struct otls_host otls_host;                           /* core's side of one connection; opaque to the engine */

typedef struct otls_bytes {
	const uint8_t *data;
	size_t len;
} otls_bytes;

/* What an engine tells of a failure.  Core zeroes it (alert -1) before the call. */
#define OTLS_REPORT_ENTRIES 4
typedef struct otls_report {
	otls_code code;  /* the engine's classification: the codes that its slot's comment names, else BACKEND */
	int alert;       /* IANA alert that was sent or received, -1: none */
	bool alert_sent; /* true: by us */
	unsigned entries;
	struct {
		char library[16];
		char function[48];
		char reason[128];
	} entry[OTLS_REPORT_ENTRIES]; /* the library's own words, oldest first */
	int verify_reason;            /* verify_chain_native: an otls_verify_reason */
	int verify_depth;             /* which certificate of the chain, as far as the library tells; 0: the leaf */
} otls_report;

typedef enum otls_role { OTLS_ROLE_CLIENT = 1, OTLS_ROLE_SERVER = 2 } otls_role;

/* == crypto == */
typedef enum otls_hash { /* numbers of the TLS HashAlgorithm registry */
	OTLS_HASH_NONE = 0,
	OTLS_HASH_MD5 = 1,
	OTLS_HASH_SHA1 = 2,
	OTLS_HASH_SHA224 = 3,
	OTLS_HASH_SHA256 = 4,
	OTLS_HASH_SHA384 = 5,
	OTLS_HASH_SHA512 = 6
} otls_hash;
#define OTLS_HASH_MAX 64 /* bytes of the largest digest */

typedef enum otls_signature_kind {
	OTLS_SIGNATURE_UNKNOWN = 0,
	OTLS_SIGNATURE_RSA_PKCS1,
	OTLS_SIGNATURE_RSA_PSS,
	OTLS_SIGNATURE_ECDSA, /* the signature is the DER of Ecdsa-Sig-Value */
	OTLS_SIGNATURE_ED25519,
	OTLS_SIGNATURE_ED448
} otls_signature_kind;

typedef struct otls_signature_algorithm {
	otls_signature_kind kind;
	otls_hash hash;     /* NONE for Ed25519 and Ed448 */
	otls_hash mgf_hash; /* RSA_PSS */
	uint32_t salt_len;  /* RSA_PSS */
} otls_signature_algorithm;

/* Shapes of a private key. */
typedef enum otls_key_form {
	OTLS_KEY_PKCS8, /* DER of PrivateKeyInfo */
	OTLS_KEY_PKCS1, /* DER of RSAPrivateKey */
	OTLS_KEY_SEC1   /* DER of ECPrivateKey, with its curve */
} otls_key_form;

typedef enum otls_block_cipher {
	OTLS_BLOCK_AES = 1, /* 16, 24 or 32 bytes of key, 16 of initial vector */
	OTLS_BLOCK_3DES = 2 /* 24 bytes of key, 8 of initial vector */
} otls_block_cipher;

typedef enum otls_key_kind { OTLS_KEY_EC_P256 = 1, OTLS_KEY_ED25519 = 2, OTLS_KEY_RSA_2048 = 3 } otls_key_kind;

#define OTLS_TICKET_SECRET_BYTES 80

/* == configuration: sealed, alive as long as the engine context that was built from it == */

/* A chain and the key of its leaf. */
typedef struct otls_engine_identity {
	const otls_bytes *chain; /* DER, leaf first; 1 or more */
	size_t chain_len;
	otls_engine_key *key;
} otls_engine_identity;

typedef enum otls_client_auth {
	OTLS_CLIENT_AUTH_NONE,     /* ask for no certificate */
	OTLS_CLIENT_AUTH_OPTIONAL, /* ask; an empty answer is fine */
	OTLS_CLIENT_AUTH_REQUIRED  /* ask; an empty answer ends the handshake: report code VERIFY */
} otls_client_auth;

typedef struct otls_engine_config {
	size_t size; /* of this struct */
	otls_role role;
	uint16_t min_version, max_version; /* 0x0303, 0x0304 */
	const uint16_t *suites; /* TLS 1.3's first, then 1.2's; each kind in order of preference; only ones that
	                                    * supports() affirmed; at least one for every version of the range */
	size_t suite_count;
	const uint16_t *groups; /* best first; as above */
	size_t group_count;
	const uint16_t *schemes; /* signature schemes, best first; as above */
	size_t scheme_count;
	bool server_preference;               /* a server chooses the suite by its own order */
	const otls_engine_identity *identity; /* NULL: none */
	otls_client_auth client_auth;         /* servers */
	const otls_bytes *client_ca; /* servers: DER of the Names that go with the request; none: send an empty list */
	size_t client_ca_count;
	bool choose_identity; /* clients: ask host choose_identity when the server asks for a certificate */
	bool request_status;  /* clients: ask for a stapled OCSP response; false: do not ask */
	bool keylog; /* hand every secret to host keylog; false: to nobody, the library's own habits included */
	uint16_t max_fragment; /* 0: not negotiated */
	/* Resumption.  ticket_count 0: a server sends no ticket and resumes nothing; sessions false: a client neither
	 * asks for tickets nor keeps sessions.  No library keeps sessions itself. */
	bool sessions;
	unsigned ticket_count; /* servers: tickets behind a handshake of TLS 1.3 */
	/* Servers: from which the library's ticket keys are taken.  The first seals, the others open. */
	const uint8_t (*ticket_secrets)[OTLS_TICKET_SECRET_BYTES];
	size_t ticket_secret_count;
	uint32_t session_lifetime;     /* servers: seconds that a ticket can be used */
	otls_bytes session_id_context; /* servers: 32 bytes that stand for the settings */
	/* Clients: say that requests behind the handshake are answered (RFC 8446, section 4.2.6), and answer them. */
	bool post_handshake_auth;
	unsigned dh_bits; /* the prime of a DHE suite has as many at least; a server's has these */
} otls_engine_config;

/* What one connection adds to its context's configuration; valid until connection_fini. */
typedef struct otls_engine_setup {
	size_t size;
	const char *server_name; /* client: SNI to send; "": none */
	otls_bytes alpn; /* each name behind its length byte.  Client: what is offered.  Server: the one name that was
	                          * chosen, which the engine must answer with; empty: answer none */
	const uint16_t *suites; /* server: replaces the context's list; NULL: the context's */
	size_t suite_count;
	otls_bytes session; /* client: a session from session_export to offer; empty: none */
	bool resume; /* server: the ticket in this hello may be used; false: the handshake is a full one, and gives the
	              * client a new ticket all the same */
	/* Server: replaces the context's list; NULL: the context's.  The first is the one to take: the client offers it. */
	const uint16_t *groups;
	size_t group_count;
} otls_engine_setup;

/* What was negotiated; asked for when the handshake is over, and after a failure. */
typedef struct otls_engine_info {
	size_t size;
	uint16_t version;     /* 0x0303, 0x0304 */
	uint16_t suite;       /* IANA */
	uint16_t group;       /* IANA; 0: not known, or none */
	uint16_t peer_scheme; /* the scheme that the peer signed with; 0: not known, or it did not sign */
	otls_bytes alpn;      /* as the library has it; empty: none */
	bool resumed;
} otls_engine_info;

typedef enum otls_engine_event {
	OTLS_ENGINE_KEY_UPDATE_RECEIVED = 1,
	OTLS_ENGINE_RENEGOTIATION_ASKED,
	OTLS_ENGINE_WARNING_ALERT, /* value: the alert */
	OTLS_ENGINE_CLIENT_ANSWERED /* server: the client's Finished is in that ends its answer to request_certificate; may
	                             * come with the handshake's own, too */
} otls_engine_event;

/* What the library's own verifier is asked about: a chain that core found good. */
typedef struct otls_native_chain {
	size_t size;
	const otls_bytes *chain; /* DER, as it came, leaf first */
	size_t chain_len;
	const otls_bytes *anchors; /* DER of the trusted certificates that may be above it by name */
	size_t anchor_count;
	otls_role peer;     /* whose chain it is */
	const char *name;   /* host name or IP address as text; "": not to be checked */
	bool name_is_ip;    /* which of the two */
	bool partial_chain; /* any of anchors may end it, not only a root */
	int64_t time; /* Unix seconds.  A library that has only the clock leaves dates to core if the two differ by
	                     * more than a minute */
} otls_native_chain;

/* == calls back into core == */
typedef struct otls_host_calls {
	size_t size;
	otls_status (*recv)(otls_host *host, void *buf, size_t cap, size_t *len);
	otls_status (*send)(otls_host *host, const void *buf, size_t len);
	/* A handshake message with its 4-byte header, before the library acts on an inbound one.  An engine that can see
	 * them reports every one it sees, plain or encrypted; core needs none of them for what it promises, but for a
	 * server's NewSessionTicket: an engine that cannot show that tells the ticket by new_session. */
	void (*observe)(otls_host *host, bool inbound, const uint8_t *message, size_t len);
	/* The peer's certificates as they came, DER, leaf first, byte for byte; n 0: the peer sent an empty list.
	 * To be called before the library has judged them; core copies.  Calling it again with the same list is fine. */
	void (*peer_chain)(otls_host *host, const otls_bytes *chain, size_t n);
	/* The verdict on what peer_chain told, after it.  OK: go on.  ERROR: refuse with *alert.  Idempotent. */
	otls_status (*verify_peer)(otls_host *host, int *alert);
	/* A stapled OCSP response, or none (len 0), where request_status is set.  As verify_peer. */
	otls_status (*peer_status)(otls_host *host, otls_bytes staple, int *alert);
	/* A client is asked for a certificate.  An engine that cannot tell the names or the schemes tells none.
	 * OK: *identity, or NULL for none, alive until the next time but one that this is called, or the connection ends.
	 * ERROR: core knows why; the engine gives up with internal_error.  WANT_CALLBACK only in a handshake, and with
	 * CHOICE_PENDING: the engine leaves off, its slot returns WANT_CALLBACK, and it asks the same again when that is
	 * called again. */
	otls_status (*choose_identity)(otls_host *host, const otls_bytes *ca_names, size_t ca_count,
	    const uint16_t *schemes, size_t scheme_count, const otls_engine_identity **identity);
	/* Signs with a key behind a callback.  tbs is the digest of what is to be signed, by the scheme's hash, or, for
	 * Ed25519 and Ed448, all of it: a digest is what every library can hand out, some no more than that.
	 * cap is at least what the longest signature of the key takes.  ERROR: core knows why; the engine gives up with
	 * internal_error.  WANT_CALLBACK only with SIGN_PENDING: the engine leaves off, its slot returns WANT_CALLBACK,
	 * and it asks the same again when that is called again. */
	otls_status (*sign)(
	    otls_host *host, void *signer, uint16_t scheme, otls_bytes tbs, uint8_t *sig, size_t cap, size_t *len);
	/* Client: a session that can be resumed has come; session_export gives it when the slot is over.  lifetime:
	 * seconds, as the server says; 0: it does not.  Server: a ticket goes out, and observe will not see it: its bytes as a
	 * client will show them. */
	void (*new_session)(otls_host *host, otls_bytes ticket, uint32_t lifetime);
	otls_status (*find_session)(otls_host *host, otls_bytes id, otls_bytes *session);
	/* Server, TLS 1.2: the key of a PSK identity; client: identity and key for a hint.  Lengths in and out. */
	otls_status (*psk)(otls_host *host, otls_bytes hint_or_identity, uint8_t *identity, size_t *identity_len,
	    uint8_t *key, size_t *key_len);
	void (*keylog)(otls_host *host, const char *line);
	void (*event)(otls_host *host, otls_engine_event event, int value);
} otls_host_calls;

/* What supports() is asked about. */
typedef enum otls_kind {
	OTLS_KIND_VERSION = 1, /* 0x0303, 0x0304 */
	OTLS_KIND_SUITE,
	OTLS_KIND_GROUP,
	OTLS_KIND_SCHEME
} otls_kind;

/* == the table ==
 * Required slots are never NULL.  An optional slot is there exactly when has() affirms the capability behind it. */
struct otls_engine {
	uint32_t size;       /* sizeof(otls_engine) */
	uint32_t version;    /* OTLS_ENGINE_VERSION */
	const char *name;    /* "openssl": lower case, stable; what otls_backend_find takes */
	const char *library; /* "OpenSSL": as the library writes itself */
	size_t context_size, connection_size, key_size;

	/* identity: required.  init runs once in the process, before anything else but the fields above and
	 * has(), which registering asks. */
	otls_status (*init)(otls_report *report);
	const char *(*version_text)(otls_backend_text which); /* static; "" for what is not known */
	uint32_t (*version_number)(void);                     /* 0xMMNNPP00 of the library that runs */
	bool (*has)(otls_capability capability);
	uint64_t (*limit)(otls_limit which);
	bool (*supports)(otls_kind kind, uint16_t id);

	/* crypto: required.
	 * verify_signature: spki is the DER of SubjectPublicKeyInfo.  OK: good.  ERROR: VERIFY (wrong signature),
	 * UNSUPPORTED (algorithm or key that the library does not do), FORMAT (key or signature malformed). */
	otls_status (*verify_signature)(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs,
	    otls_bytes signature, otls_report *report);
	/* Digest of the parts, one after the other, into out (OTLS_HASH_MAX bytes) and its length. */
	otls_status (*hash)(
	    otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report);
	otls_status (*hmac)(otls_hash hash, otls_bytes key, const otls_bytes *parts, size_t n, uint8_t *out,
	    size_t *len, otls_report *report);
	/* AES-256-GCM with a 12-byte nonce; seal appends 16 bytes of tag, open checks and removes them.  AEAD. */
	otls_status (*aead_seal)(const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes plain,
	    uint8_t *out, otls_report *report);
	otls_status (*aead_open)(const uint8_t key[32], const uint8_t nonce[12], otls_bytes aad, otls_bytes sealed,
	    uint8_t *out, otls_report *report);

	/* keys: required, but for the last two.
	 * key_load: what was encrypted, core has decrypted.  ERROR: FORMAT, UNSUPPORTED. */
	otls_status (*key_load)(otls_engine_key *key, otls_key_form form, otls_bytes data, otls_report *report);
	/* DER of the key's SubjectPublicKeyInfo into out; ERROR with LIMIT and *len when cap is too small. */
	otls_status (*key_spki)(const otls_engine_key *key, uint8_t *out, size_t cap, size_t *len, otls_report *report);
	/* Signs tbs (not a digest of it) by an IANA signature scheme. */
	otls_status (*key_sign)(const otls_engine_key *key, uint16_t scheme, otls_bytes tbs, uint8_t *out, size_t cap,
	    size_t *len, otls_report *report);
	void (*key_fini)(otls_engine_key *key);
	/* A new private key as the DER of PKCS#8, plain.  GENERATE_KEY. */
	otls_status (*key_generate)(otls_key_kind kind, uint8_t *out, size_t cap, size_t *len, otls_report *report);
	/* A key whose signatures come from host sign, with this public half, in every connection of either role; key_sign
	 * answers UNSUPPORTED for it.  KEY_CALLBACK.  ERROR: UNSUPPORTED (a kind of key that the library does not let out
	 * of its hands). */
	otls_status (*key_remote)(otls_engine_key *key, otls_bytes spki, void *signer, otls_report *report);

	/* context: required, but for the last */
	otls_status (*context_init)(otls_engine_context *ctx, const otls_engine_config *config, otls_report *report);
	void (*context_fini)(otls_engine_context *ctx);
	/* The library's own verifier, on objects made for this one call: nothing that it learns may stay.  OK: it agrees.
	 * ERROR: VERIFY and the report's verify_reason and verify_depth; BACKEND or MEMORY: it could not judge.
	 * NATIVE_VERIFY. */
	otls_status (*verify_chain_native)(const otls_native_chain *chain, otls_report *report);

	/* connection: required.  calls and setup stay valid until connection_fini. */
	otls_status (*connection_init)(otls_engine_connection *conn, otls_engine_context *ctx,
	    const otls_engine_setup *setup, const otls_host_calls *calls, otls_host *host, otls_report *report);
	void (*connection_fini)(otls_engine_connection *conn);
	/* OK: over.  WANT_READ, WANT_CALLBACK, or ERROR: ALERT_RECEIVED with the alert, VERIFY (no client certificate
	 * where one is required), LIMIT (the peer's certificates are more than the library takes), HANDSHAKE for all else
	 * that the peer did, BACKEND for what the library did. */
	otls_status (*handshake)(otls_engine_connection *conn, otls_report *report);
	/* 1 to cap bytes of one record.  EOF: the peer's close_notify.  ERROR: ALERT_RECEIVED, RECORD, BACKEND. */
	otls_status (*read)(otls_engine_connection *conn, void *buf, size_t cap, size_t *len, otls_report *report);
	/* Decrypted bytes that a read would give without the transport. */
	size_t (*pending)(const otls_engine_connection *conn);
	/* Takes all of 1 to 16384 bytes and sends them as one record (or as the negotiated fragment size demands). */
	otls_status (*write)(otls_engine_connection *conn, const void *buf, size_t len, otls_report *report);
	/* Sends close_notify; called once; reading goes on. */
	otls_status (*close_notify)(otls_engine_connection *conn, otls_report *report);
	void (*info)(const otls_engine_connection *conn, otls_engine_info *info);

	/* connection: optional */
	otls_status (*key_update)(
	    otls_engine_connection *conn, bool request_peer, otls_report *report);     /* KEY_UPDATE */
	otls_status (*renegotiate)(otls_engine_connection *conn, otls_report *report); /* RENEGOTIATION */
	/* Server, TLS 1.3, with a client that has said that it answers: asks for a certificate behind the handshake; auth is
	 * not NONE.  Sends, and does not read: the answer comes while reading, as host peer_chain, verify_peer, and the
	 * event CLIENT_ANSWERED.  POST_HANDSHAKE_AUTH. */
	otls_status (*request_certificate)(otls_engine_connection *conn, otls_client_auth auth, otls_report *report);
	otls_status (*write_early)(
	    otls_engine_connection *conn, const void *buf, size_t len, otls_report *report); /* EARLY_DATA */
	otls_status (*read_early)(otls_engine_connection *conn, void *buf, size_t cap, size_t *len,
	    otls_report *report); /* EARLY_DATA; EOF: the early data is over */
	/* context.data NULL: no context, which TLS 1.2 tells from an empty one.  EXPORTER. */
	otls_status (*export_key)(otls_engine_connection *conn, const char *label, otls_bytes context, uint8_t *out,
	    size_t len, otls_report *report);
	otls_status (*finished)(otls_engine_connection *conn, bool peer, uint8_t *out, size_t cap, size_t *len,
	    otls_report *report); /* FINISHED */
	otls_status (*master_secret)(
	    otls_engine_connection *conn, uint8_t out[48], otls_report *report); /* MASTER_SECRET */
	/* Client: the latest session as the library serialises it; *len 0: none that could be resumed.  out NULL: its length
	 * alone.  SESSION. */
	otls_status (*session_export)(
	    otls_engine_connection *conn, uint8_t *out, size_t cap, size_t *len, otls_report *report);
	otls_status (*staple)(otls_engine_connection *conn, otls_bytes response, otls_report *report); /* OCSP_SERVER */
	/* The next protocol (NPN) that was agreed on.  NPN. */
	otls_status (*npn)(const otls_engine_connection *conn, otls_bytes *protocol);

	/* crypto for keys that are encrypted: KEY_DECRYPT.  ERROR: UNSUPPORTED (hash or cipher), BACKEND.
	 * pbkdf2 (RFC 8018, section 5.2): len bytes into out.  cbc_decrypt: data is whole blocks, out as long; padding is
	 * left in. */
	otls_status (*pbkdf2)(otls_hash hash, otls_bytes passphrase, otls_bytes salt, uint32_t iterations, uint8_t *out,
	    size_t len, otls_report *report);
	otls_status (*cbc_decrypt)(otls_block_cipher cipher, otls_bytes key, const uint8_t *iv, otls_bytes data,
	    uint8_t *out, otls_report *report);

	/* As verify_signature, by the digest of what was signed; RSA and ECDSA alone.  A signature that a callback made is
	 * looked at before it leaves: one that is wrong could give an RSA key away.  KEY_CALLBACK. */
	otls_status (*verify_digest)(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes digest,
	    otls_bytes signature, otls_report *report);
};

#ifdef __cplusplus
}
#endif
#endif
