/* Contexts inside core: settings, identities, and what they are sealed into. */
#ifndef OTLS_CORE_CONTEXT_H
#define OTLS_CORE_CONTEXT_H

#include "backend.h"
#include "base.h"
#include "context/client_ca.h"
#include "x509/pins.h"
#include "x509/store.h"
#include "x509/verify.h"

#include <pthread.h>

#define OTLS_FILE_MAX     (16u << 20) /* bytes of a certificate or key file */
#define OTLS_PASSWORD_MAX 1023

/* The argument of a callback, shared by all who may call it; its free_arg runs when the last one is gone. */
typedef struct otls_argument {
	atomic_uint refs;
	void *arg;
	otls_free_fn free_arg;
} otls_argument;

otls_argument *otls__argument_new(void *arg, otls_free_fn free_arg);
/* A callback's argument in place of the one before; without a callback there is none any more. */
otls_status otls__argument_replace(otls_argument **place, bool has_fn, void *arg, otls_free_fn free_arg);
otls_argument *otls__argument_ref(otls_argument *argument);
void otls__argument_free(otls_argument *argument);

/* What signs in the place of a private key. */
typedef struct otls_signer {
	otls_sign_fn fn;
	otls_argument *argument;
	otls_certificate *leaf; /* whose key it is */
} otls_signer;

/* A private key in the engine's own shape.  Counted and immutable. */
typedef struct otls_key {
	atomic_uint refs;
	const otls_engine *engine;
	otls_engine_key *native;
	otls_signer *signer; /* NULL: the engine has the key */
} otls_key;

otls_status otls__key_new(const otls_engine *engine, otls_key **key);
/* A key that is behind a callback.  The argument is taken over when OK. */
otls_status otls__key_remote(const otls_engine *engine, const otls_certificate *leaf, otls_sign_fn sign,
    otls_argument *argument, otls_key **key);
void otls__signer_free(otls_signer *signer);

otls_key *otls__key_ref(otls_key *key);
void otls__key_free(otls_key *key);
/* A key in any form that a file may have; encrypted ones are opened with the context's passphrase.  where is the file's
 * name, for messages. */
otls_status otls__key_load(
    const otls_context *ctx, otls_bytes data, otls_filetype type, const char *where, otls_key **key);
/* A plain one. */
otls_status otls__key_import(
    const otls_engine *engine, otls_key_form form, otls_bytes data, const char *where, otls_key **key);
/* KEY_MISMATCH: it is not the private half of what the certificate certifies. */
otls_status otls__key_match(const otls_key *key, const otls_certificate *leaf);
/* What is set, else what the callback says, else PASSPHRASE. */
otls_status otls__passphrase(const otls_context *ctx, const char *path, char buf[OTLS_PASSWORD_MAX + 1], size_t *len);

/* A chain and the key of its leaf, matched.  Counted and immutable. */
struct otls_identity {
	atomic_uint refs;
	otls_certificate **chain; /* leaf first */
	size_t chain_len;
	otls_bytes *ders; /* views into chain */
	otls_key *key;
	otls_engine_identity native; /* what the engine is handed */
};

otls_identity *otls__identity_ref(otls_identity *identity);
void otls__identity_free(otls_identity *identity);
/* A matched pair of this chain and this key, of a level at least; both are ref'd. */
otls_status otls__identity_new(
    int level, otls_certificate *const *chain, size_t len, otls_key *key, otls_identity **identity);
/* Adds it to the context's, or puts it in the place of the one that it succeeds; ref'd. */
otls_status otls__identity_add(otls_context *ctx, otls_identity *identity);
/* What the leaf's key signs with. */
otls_signature_kind otls__identity_kind(const otls_identity *identity);

/* Names behind their length bytes, counted by the struct's owner. */
typedef struct otls_alpn_list {
	uint8_t *wire; /* NULL: none */
	size_t len;
} otls_alpn_list;

/* "h2,http/1.1" or wire form into a list, checked against the backend's limits.  function is for the message. */
otls_status otls__alpn_parse(const otls_engine *engine, const char *function, const char *text, otls_alpn_list *list);
otls_status otls__alpn_parse_wire(
    const otls_engine *engine, const char *function, otls_bytes wire, otls_alpn_list *list);
/* The i-th name; data NULL: none. */
otls_bytes otls__alpn_at(otls_bytes wire, size_t i);
bool otls__alpn_has(otls_bytes wire, otls_bytes name);

/* IANA numbers. */
typedef struct otls_id_list {
	uint16_t *ids; /* NULL: none */
	size_t count;
} otls_id_list;

/* Everything that a connection needs of its context; copied as a whole when the context is sealed or copied. */
typedef struct otls_settings {
	otls_method method;
	uint16_t min_version, max_version;
	otls_identity **identities; /* complete pairs, in the order in which they were set */
	size_t identity_count;
	otls_store *store; /* NULL: none was given */
	bool verify_mode_set;
	uint64_t verify_mode, verify_flags;
	int verify_depth;
	otls_verify_fn verify;
	otls_argument *verify_arg;
	otls_pin_list pins;            /* one of them in addition to all else */
	otls_pin_list trusted_keys;    /* one of them instead of chain and name */
	otls_id_list suites, suites13; /* TLS 1.2's and 1.3's, best first; none: the defaults */
	otls_id_list groups, schemes;  /* likewise */
	int level;                     /* of security, 0 to 5 */
	bool post_handshake_auth;      /* clients */
	struct otls_staple **staples;  /* servers: at most one for each leaf */
	size_t staple_count;
	otls_ocsp_server_fn ocsp_server;
	otls_argument *ocsp_server_arg;
	otls_ocsp_client_fn ocsp_client;
	otls_argument *ocsp_client_arg;
	otls_ca_list client_ca; /* servers: sent with the request for a certificate */
	otls_client_certificate_fn client_certificate;
	otls_argument *client_certificate_arg;
	otls_session_fn session; /* clients */
	otls_argument *session_arg;
	unsigned ticket_count; /* servers, as the rest of these */
	int64_t session_timeout;
	uint8_t session_id_context[32];
	size_t session_id_context_len;
	uint8_t ticket_keys[OTLS_TICKET_KEYS_MAX * OTLS_TICKET_KEY_BYTES];
	size_t ticket_key_count; /* 0: the process's own */
	otls_alpn_list alpn;
	otls_alpn_policy alpn_policy;
	otls_alpn_select_fn alpn_select;
	otls_argument *alpn_select_arg;
	otls_servername_fn servername;
	otls_argument *servername_arg;
} otls_settings;

/* *copy is uninitialised before, complete after OK, and empty after ERROR. */
otls_status otls__settings_copy(const otls_settings *settings, otls_settings *copy);
void otls__settings_fini(otls_settings *settings);
bool otls__settings_serve(const otls_settings *settings, otls_role role);
/* The mode in force: what was set, else the role's own. */
uint64_t otls__settings_verify_mode(const otls_settings *settings, otls_role role);

/* UNSUPPORTED for bits that the engine cannot do. */
otls_status otls__verify_mode_can(const otls_engine *engine, const char *function, uint64_t mode);
/* BAD_ARGUMENT for bits that do not go together, or not with the method's role. */
otls_status otls__verify_mode_check(const char *function, otls_method method, uint64_t mode);

/* One engine context: what it was built for, and its neighbour. */
typedef struct otls_native {
	struct otls_native *next;
	otls_role role;
	otls_identity *identity; /* NULL: none; ref'd */
	otls_client_auth client_auth;
	bool request_status;
	otls_engine_config config;
	otls_engine_context *context;
	uint8_t session_id_context[32];
	uint8_t ticket_secrets[OTLS_TICKET_KEYS_MAX][OTLS_TICKET_SECRET_BYTES];
} otls_native;

/* Settings as they were when the first connection after a change was made.  Immutable but for what is built on
 * demand, counted. */
typedef struct otls_sealed {
	atomic_uint refs;
	const otls_engine *engine;
	otls_settings settings;
	uint16_t *suites, *groups, *schemes; /* what otls__sealed_fill leaves of the lists */
	size_t suite_count, group_count, scheme_count;
	pthread_mutex_t digest_lock; /* of the two below */
	bool trust_digested;
	uint8_t trust_digest[32]; /* of the store that was given; zeros: none */
	pthread_mutex_t lock;     /* of the two below */
	otls_native *natives;
	otls_store *platform;
} otls_sealed;

/* == staples.c == */
/* What a server staples for a certificate.  Counted and immutable. */
typedef struct otls_staple {
	atomic_uint refs;
	otls_certificate *leaf;
	otls_bytes response; /* owned */
	int64_t next_update;
} otls_staple;

bool otls__staples_copy(const otls_settings *settings, otls_settings *copy);
void otls__staples_fini(otls_settings *settings);
/* The one for a leaf, if its time has not passed; empty: none. */
otls_bytes otls__staples_find(const otls_settings *settings, const otls_certificate *leaf, int64_t now);
/* Whether every connection of a client asks for one. */
bool otls__settings_ask_status(const otls_settings *settings);

/* == allowed.c == */
/* Whether settings and engine let this suite, group or scheme be used. */
bool otls__allows(const otls_engine *engine, const otls_settings *settings, otls_kind kind, uint16_t id);
/* The list itself, or the default for its kind; only to be read. */
otls_id_list otls__list_in_force(const otls_id_list *own, otls_kind kind);
/* Fills the lists of a snapshot from its settings.  BAD_STATE: something is missing for a version of the range. */
otls_status otls__sealed_fill(otls_sealed *sealed);

/* == level.c == */
/* An own certificate.  WEAK: its key is less than the level asks for. */
otls_status otls__level_check_leaf(int level, const otls_certificate *leaf);

/* == sealed.c == */
otls_status otls__sealed_new(const otls_engine *engine, const otls_settings *settings, otls_sealed **sealed);
otls_sealed *otls__sealed_ref(otls_sealed *sealed);
void otls__sealed_free(otls_sealed *sealed);
/* The engine context for this role, identity (NULL: none), way to ask for client certificates and, on clients, for a
 * staple, built when first asked for; alive as long as sealed. */
otls_status otls__sealed_native(otls_sealed *sealed, otls_role role, otls_identity *identity,
    otls_client_auth client_auth, bool request_status, otls_native **native);
/* The same for an identity that is not the context's: the caller's own, which must not outlive sealed. */
otls_status otls__native_build(otls_sealed *sealed, otls_role role, otls_identity *identity,
    otls_client_auth client_auth, bool request_status, otls_native **native);
void otls__native_free(const otls_engine *engine, otls_native *native);
/* The trust: the store that was given, else (clients only) the platform's, read once.  NO_TRUST: none. */
otls_status otls__sealed_trust(otls_sealed *sealed, otls_role role, otls_store **store);

/* A pair that is not complete: a chain or a key. */
typedef struct otls_half_pair {
	otls_certificate **chain;
	size_t chain_len;
	otls_key *key;
} otls_half_pair;

void otls__half_pair_fini(otls_half_pair *half);
/* Adds a pair of this chain and this key; neither is taken over. */
otls_status otls__pair_complete(otls_context *ctx, otls_certificate *const *chain, size_t len, otls_key *key);

struct otls_context {
	atomic_uint refs;
	const otls_backend *backend;
	const otls_engine *engine;
	otls_settings settings;
	otls_half_pair half;
	char *password; /* NULL: none */
	otls_password_fn password_fn;
	otls_argument *password_arg;
	void *user_data;
	otls_free_fn free_user_data;
	pthread_mutex_t lock; /* of sealed */
	otls_sealed *sealed;  /* NULL: the settings changed since */
};

/* The snapshot that new connections use. */
otls_status otls__context_seal(otls_context *ctx, otls_sealed **sealed);
/* Every setter that changed something calls this. */
void otls__context_changed(otls_context *ctx);

#endif
