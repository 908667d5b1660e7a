/* The IANA registries: suites, groups, signature schemes, versions, alerts.  Names and columns come from here, never
 * from a TLS library. */
#ifndef OTLS_CORE_REGISTRY_H
#define OTLS_CORE_REGISTRY_H

#include "base.h"

/* How keys are exchanged, and who signs. */
typedef enum otls_kx {
	OTLS_KX_TLS13,
	OTLS_KX_ECDHE,
	OTLS_KX_DHE,
	OTLS_KX_RSA,
	OTLS_KX_PSK,
	OTLS_KX_ECDHE_PSK,
	OTLS_KX_DHE_PSK,
	OTLS_KX_ANON
} otls_kx;
typedef enum otls_auth { OTLS_AUTH_ANY, OTLS_AUTH_RSA, OTLS_AUTH_ECDSA, OTLS_AUTH_PSK, OTLS_AUTH_NONE } otls_auth;
typedef enum otls_enc {
	OTLS_ENC_AES128,
	OTLS_ENC_AES256,
	OTLS_ENC_CHACHA20,
	OTLS_ENC_CAMELLIA128,
	OTLS_ENC_CAMELLIA256,
	OTLS_ENC_3DES,
	OTLS_ENC_NULL
} otls_enc;
typedef enum otls_mac {
	OTLS_MAC_AEAD_GCM,
	OTLS_MAC_AEAD_CCM,
	OTLS_MAC_AEAD_CCM8,
	OTLS_MAC_AEAD_POLY1305,
	OTLS_MAC_SHA1,
	OTLS_MAC_SHA256,
	OTLS_MAC_SHA384
} otls_mac;

struct otls_cipher {
	uint16_t id;
	const char *name; /* IANA */
	const char *openssl_name;
	uint16_t min_version; /* 0x0300 ... 0x0304 */
	int bits;
	otls_kx kx;
	otls_auth auth;
	otls_enc enc;
	otls_mac mac;
	otls_hash prf; /* SHA256 or SHA384 */
};

/* What a context starts with: best first, filtered by what the backend supports.
 * Suites: TLS 1.3's, then ECDHE with AEAD. */
extern const uint16_t otls__default_suites[];
extern const size_t otls__default_suite_count;
extern const uint16_t otls__default_groups[];
extern const size_t otls__default_group_count;
extern const uint16_t otls__default_schemes[];
extern const size_t otls__default_scheme_count;

const char *otls__version_name(uint16_t version); /* "TLSv1.2"; "Unknown" */
const char *otls__group_name(uint16_t group);     /* IANA: "x25519", "secp256r1"; "" */
const char *otls__scheme_name(uint16_t scheme);   /* IANA: "ecdsa_secp256r1_sha256"; "" */

/* Whether keys can be exchanged in the group: in TLS 1.3 (KX_TLS13), or by suites of TLS 1.2 (KX_ECDHE, KX_DHE). */
bool otls__group_serves(uint16_t group, otls_kx kx);
int otls__group_bits(uint16_t group); /* of security; 0: not known */

#define OTLS_LEVEL_DEFAULT 2
#define OTLS_LEVEL_MAX     5

/* A security level. */
typedef struct otls_level {
	int number;
	int bits;                       /* of security, that suites, groups and signatures have at least */
	unsigned rsa_bits;              /* of an RSA key */
	unsigned ec_bits;               /* of a curve that a key is on */
	unsigned dh_bits;               /* of the prime of a DHE suite; 0: no such suites */
	const char *weak_rsa, *weak_ec; /* what is said of a certificate that has less */
} otls_level;

const otls_level *otls__level(int level); /* NULL: no such one */
/* Whether it lets a suite, group or scheme be used. */
bool otls__level_allows(const otls_level *level, otls_kind kind, uint16_t id);
/* Bits of security of a signature by this kind of key with this hash; below 0: of none. */
int otls__signature_bits(otls_signature_kind kind, otls_hash hash);

/* The algorithm of an IANA signature scheme; kind UNKNOWN for one that is not known. */
otls_signature_algorithm otls__scheme_algorithm(uint16_t scheme);
/* Whether a key of this type signs with the scheme in this version.  group: the curve of an EC key, which TLS 1.3
 * ties to the scheme. */
bool otls__scheme_fits(uint16_t scheme, otls_signature_kind key, uint16_t group, uint16_t version);

/* Whether a handshake of this version can be signed by it. */
bool otls__scheme_serves(uint16_t scheme, uint16_t version);

/* Resolve a text to ids, best first; free *ids.  The first is for TLS 1.2, in OpenSSL's cipher-string language; the
 * second for TLS 1.3, names with ':' between them.  What is not known is passed over.  BAD_ARGUMENT: nothing is left, or
 * an unknown command; function is for the message. */
otls_status otls__cipher_list_resolve(const char *function, const char *text, uint16_t **ids, size_t *count);
otls_status otls__ciphersuites_resolve(const char *function, const char *text, uint16_t **ids, size_t *count);

/* The same for groups and signature schemes: names of the registry, their aliases, and numbers ("0x001d"), whatever the
 * case; one that is repeated counts where it comes first.  BAD_ARGUMENT also: a name that is not known and is not marked
 * with a '?' before it. */
otls_status otls__groups_resolve(const char *function, const char *text, uint16_t **ids, size_t *count);
otls_status otls__schemes_resolve(const char *function, const char *text, uint16_t **ids, size_t *count);

#define OTLS_WORD_IDS_MAX 2 /* that one name stands for */

/* What the two share. */
typedef struct otls_name_list {
	const char *function, *what, *text;
	size_t (*find)(otls_bytes word, uint16_t ids[OTLS_WORD_IDS_MAX]); /* how many; 0: not known */
} otls_name_list;

otls_status otls__names_resolve(const otls_name_list *list, uint16_t **ids, size_t *count);

#endif
