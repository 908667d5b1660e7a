/* Mint: throw-away keys and certificates, made in memory.  For demonstrations and tests, not for production: nothing
 * here keeps a key any safer than memory is.
 *
 *	mint_identity *ca = mint_ca(otls_backend_default(), "Demo CA");
 *	mint_identity *leaf = mint_leaf(ca, (const char *const[]){ "localhost", "127.0.0.1", NULL });
 *	...
 *	otls_context_use_key_pair_mem(server, leaf->pem, strlen(leaf->pem), leaf->key_pem, strlen(leaf->key_pem));
 *	otls_context_load_verify_mem(client, ca->pem, strlen(ca->pem));
 *	...
 *	mint_free(leaf);
 *	mint_free(ca);
 *
 * Keys are made and used by the TLS stack behind a backend, through its engine (omnitls/engine.h); certificates are
 * put together here.  Whatever can fail answers NULL then, and mint_error says why.
 *
 * THREADS   An identity or a key is used by one thread at a time.
 */
#ifndef OTLS_TOOLS_MINT_H
#define OTLS_TOOLS_MINT_H

#include <omnitls/engine.h>
#include <omnitls/omnitls.h>

/* Why the latest failed call of this thread failed; never NULL. */
const char *mint_error(void);

/* == keys == */
typedef struct mint_key mint_key; /* counted */

/* A new key.  Needs a backend with OTLS_CAP_GENERATE_KEY. */
mint_key *mint_key_generate(const otls_backend *backend, otls_key_kind kind);
/* A key from a PEM text whose first block is "PRIVATE KEY" (PKCS#8, plain). */
mint_key *mint_key_from_pem(const otls_backend *backend, const char *pem);
mint_key *mint_key_ref(mint_key *key);
void mint_key_free(mint_key *key);
/* The private key as PEM of PKCS#8; lives as long as the key. */
const char *mint_key_pem(const mint_key *key);
/* The same as DER. */
otls_bytes mint_key_pkcs8(const mint_key *key);
/* The DER of its SubjectPublicKeyInfo. */
otls_bytes mint_key_spki(const mint_key *key);

/* == certificates == */

/* One subject alternative name, or what is to pass for one: the bytes are written as they are. */
typedef struct mint_name {
	otls_san_kind kind; /* DNS, EMAIL, URI, IP or OTHER: otherName */
	const void *data;
	size_t len;
} mint_name;

typedef struct mint_extension {
	const char *oid; /* dotted */
	bool critical;
	const void *value; /* the DER inside of the OCTET STRING */
	size_t len;
} mint_extension;

/* What a certificate is made of.  All zero, but for a key or a backend, is a good leaf with an empty subject. */
typedef struct mint_spec {
	/* Its key: key, else a new one of this kind on this backend (NULL: the issuer's backend). */
	mint_key *key;
	const otls_backend *backend;
	otls_key_kind key_kind; /* 0: P-256 */
	bool rsa_pss;           /* an RSA key, marked as one for RSA-PSS alone (RFC 4055, section 1.2) */

	const char *common_name;       /* the subject; NULL: an empty one */
	otls_bytes subject;            /* DER of a Name, instead of common_name */
	otls_bytes issuer;             /* DER of a Name, instead of the issuer's subject */
	otls_bytes serial;             /* empty: made from the key and the subject */
	int64_t not_before, not_after; /* Unix seconds; both 0: from yesterday on, for 90 days */
	const char *const *names;      /* host names and IP addresses as text, NULL behind the last one; may be NULL */
	const mint_name *raw_names;    /* more of them */
	size_t raw_name_count;

	bool is_ca;
	bool has_path_length;
	unsigned path_length;
	bool no_basic_constraints;
	bool has_key_usage;
	unsigned key_usage; /* OTLS_KEY_USAGE_*; by default what fits is_ca and the key */
	bool no_key_usage;
	const char *const
	    *purposes; /* extended key usage, dotted, NULL behind the last one; NULL: by default servers and
	                               * clients for a leaf, none for a CA */
	bool no_purposes;
	bool no_key_ids; /* neither subject nor authority key identifier */
	const mint_extension *extensions;
	size_t extension_count;
	int version; /* 1 or 3; 0: 3.  Version 1 has no extensions */

	uint16_t scheme; /* the IANA signature scheme that the issuer signs with; 0: what fits its key */
	bool damaged;    /* one bit of the signature is wrong */
} mint_spec;

#define MINT_SERVER_AUTH  "1.3.6.1.5.5.7.3.1"
#define MINT_CLIENT_AUTH  "1.3.6.1.5.5.7.3.2"
#define MINT_OCSP_SIGNING "1.3.6.1.5.5.7.3.9"

/* A certificate and its private key. */
typedef struct mint_identity {
	mint_key *key;
	otls_bytes certificate; /* DER */
	otls_bytes subject;     /* DER of its Name */
	const char *pem;        /* one CERTIFICATE block */
	const char *key_pem;    /* one PRIVATE KEY block */
} mint_identity;

/* A certificate by an issuer; NULL: signed by itself. */
mint_identity *mint_certificate(const mint_spec *spec, const mint_identity *issuer);
void mint_free(mint_identity *identity);

/* A certificate authority that signs for itself, with a P-256 key. */
mint_identity *mint_ca(const otls_backend *backend, const char *common_name);
/* A certificate by that authority for these names (see mint_spec), the first one as its common name too. */
mint_identity *mint_leaf(const mint_identity *ca, const char *const *names);

/* == revocation lists == */

typedef struct mint_revoked {
	otls_bytes serial; /* big-endian, not negative */
	int64_t when;
	int reason; /* CRLReason (RFC 5280, section 5.3.1); 0: not said */
	const mint_extension *extensions;
	size_t extension_count;
} mint_revoked;

/* All zero is a good, empty list. */
typedef struct mint_crl_spec {
	int64_t this_update, next_update; /* Unix seconds; 0: from yesterday on, for 8 days */
	bool no_next_update, no_key_id, no_number;
	const mint_revoked *revoked;
	size_t revoked_count;
	const mint_extension *extensions;
	size_t extension_count;
	bool damaged; /* one bit of the signature is wrong */
} mint_crl_spec;

/* DER, to be freed with free; data NULL: it failed. */
otls_bytes mint_crl(const mint_crl_spec *spec, const mint_identity *issuer);

/* == OCSP responses == */

typedef enum mint_status { MINT_GOOD, MINT_REVOKED, MINT_UNKNOWN } mint_status;

/* All zero is a good one of now, by the issuer. */
typedef struct mint_ocsp_spec {
	int status; /* OCSPResponseStatus (RFC 6960, section 4.2.1); not 0: there is nothing else in it */
	mint_status says;
	int64_t revoked_at;               /* 0: yesterday */
	int reason;                       /* CRLReason; 0: not said */
	int64_t this_update, next_update; /* Unix seconds; 0: from yesterday on, for 8 days */
	bool no_next_update;
	otls_hash hash;                    /* of the issuer's name and key; 0: SHA-1 */
	bool by_key;                       /* the responder is named by its key */
	const mint_identity *signer;       /* NULL: the issuer; else its certificate goes along */
	unsigned copies;                   /* how often; 0: once */
	bool no_certificate;               /* it does not */
	const struct mint_ocsp_spec *next; /* its answer, with its dates, comes behind this one */
	const mint_extension *extensions, *single_extensions;
	size_t extension_count, single_extension_count;
	uint16_t scheme; /* the IANA signature scheme; 0: what fits the signer's key */
	bool damaged;    /* one bit of the signature is wrong */
} mint_ocsp_spec;

/* About a certificate of an issuer.  DER, to be freed with free; data NULL: it failed. */
otls_bytes mint_ocsp(const mint_ocsp_spec *spec, const mint_identity *about, const mint_identity *issuer);

/* The PEM texts of several certificates, one behind the other; NULL behind the last one.  To be freed with free. */
char *mint_chain_pem(const mint_identity *const *chain);
/* One PEM block.  To be freed with free. */
char *mint_pem(const char *label, otls_bytes der);

#endif
