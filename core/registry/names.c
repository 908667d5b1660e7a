/* Versions, signature schemes and alerts by their IANA numbers. */
#include "registry/registry.h"

#include <strings.h>

struct name {
	uint16_t id;
	const char *text;
};

static const struct name versions[] = {
	{ 0x0300, "SSLv3" },
	{ 0x0301, "TLSv1.0" },
	{ 0x0302, "TLSv1.1" },
	{ 0x0303, "TLSv1.2" },
	{ 0x0304, "TLSv1.3" },
};

/* Without the registry's "_RESERVED" behind those that TLS 1.3 no longer sends. */
static const struct name alerts[] = {
	{ 0, "close_notify" },
	{ 10, "unexpected_message" },
	{ 20, "bad_record_mac" },
	{ 21, "decryption_failed" },
	{ 22, "record_overflow" },
	{ 30, "decompression_failure" },
	{ 40, "handshake_failure" },
	{ 41, "no_certificate" },
	{ 42, "bad_certificate" },
	{ 43, "unsupported_certificate" },
	{ 44, "certificate_revoked" },
	{ 45, "certificate_expired" },
	{ 46, "certificate_unknown" },
	{ 47, "illegal_parameter" },
	{ 48, "unknown_ca" },
	{ 49, "access_denied" },
	{ 50, "decode_error" },
	{ 51, "decrypt_error" },
	{ 52, "too_many_cids_requested" },
	{ 60, "export_restriction" },
	{ 70, "protocol_version" },
	{ 71, "insufficient_security" },
	{ 80, "internal_error" },
	{ 86, "inappropriate_fallback" },
	{ 90, "user_canceled" },
	{ 100, "no_renegotiation" },
	{ 109, "missing_extension" },
	{ 110, "unsupported_extension" },
	{ 111, "certificate_unobtainable" },
	{ 112, "unrecognized_name" },
	{ 113, "bad_certificate_status_response" },
	{ 114, "bad_certificate_hash_value" },
	{ 115, "unknown_psk_identity" },
	{ 116, "certificate_required" },
	{ 117, "general_error" },
	{ 120, "no_application_protocol" },
	{ 121, "ech_required" },
};

struct scheme {
	uint16_t id;
	const char *text;
	otls_signature_kind kind; /* of the signature */
	otls_signature_kind key;  /* of the key: rsa_pss_rsae signs by PSS with a key that says rsaEncryption */
	otls_hash hash;
	uint16_t min_version, max_version; /* in which it may sign a handshake (RFC 8446, section 4.2.3) */
	uint16_t group;                    /* the curve that TLS 1.3 ties it to; 0: none */
};

#define RSA     OTLS_SIGNATURE_RSA_PKCS1
#define PSS     OTLS_SIGNATURE_RSA_PSS
#define ECDSA   OTLS_SIGNATURE_ECDSA
#define ED25519 OTLS_SIGNATURE_ED25519
#define ED448   OTLS_SIGNATURE_ED448

static const struct scheme schemes[] = {
	{ 0x0201, "rsa_pkcs1_sha1", RSA, RSA, OTLS_HASH_SHA1, 0, 0x0303, 0 },
	{ 0x0203, "ecdsa_sha1", ECDSA, ECDSA, OTLS_HASH_SHA1, 0, 0x0303, 0 },
	{ 0x0401, "rsa_pkcs1_sha256", RSA, RSA, OTLS_HASH_SHA256, 0, 0x0303, 0 },
	{ 0x0403, "ecdsa_secp256r1_sha256", ECDSA, ECDSA, OTLS_HASH_SHA256, 0, 0x0304, 0x0017 },
	{ 0x0501, "rsa_pkcs1_sha384", RSA, RSA, OTLS_HASH_SHA384, 0, 0x0303, 0 },
	{ 0x0503, "ecdsa_secp384r1_sha384", ECDSA, ECDSA, OTLS_HASH_SHA384, 0, 0x0304, 0x0018 },
	{ 0x0601, "rsa_pkcs1_sha512", RSA, RSA, OTLS_HASH_SHA512, 0, 0x0303, 0 },
	{ 0x0603, "ecdsa_secp521r1_sha512", ECDSA, ECDSA, OTLS_HASH_SHA512, 0, 0x0304, 0x0019 },
	{ 0x0804, "rsa_pss_rsae_sha256", PSS, RSA, OTLS_HASH_SHA256, 0, 0x0304, 0 },
	{ 0x0805, "rsa_pss_rsae_sha384", PSS, RSA, OTLS_HASH_SHA384, 0, 0x0304, 0 },
	{ 0x0806, "rsa_pss_rsae_sha512", PSS, RSA, OTLS_HASH_SHA512, 0, 0x0304, 0 },
	{ 0x0807, "ed25519", ED25519, ED25519, OTLS_HASH_NONE, 0, 0x0304, 0 },
	{ 0x0808, "ed448", ED448, ED448, OTLS_HASH_NONE, 0, 0x0304, 0 },
	{ 0x0809, "rsa_pss_pss_sha256", PSS, PSS, OTLS_HASH_SHA256, 0, 0x0304, 0 },
	{ 0x080A, "rsa_pss_pss_sha384", PSS, PSS, OTLS_HASH_SHA384, 0, 0x0304, 0 },
	{ 0x080B, "rsa_pss_pss_sha512", PSS, PSS, OTLS_HASH_SHA512, 0, 0x0304, 0 },
	{ 0x081A, "ecdsa_brainpoolP256r1tls13_sha256", ECDSA, ECDSA, OTLS_HASH_SHA256, 0x0304, 0x0304, 0x001A },
	{ 0x081B, "ecdsa_brainpoolP384r1tls13_sha384", ECDSA, ECDSA, OTLS_HASH_SHA384, 0x0304, 0x0304, 0x001B },
	{ 0x081C, "ecdsa_brainpoolP512r1tls13_sha512", ECDSA, ECDSA, OTLS_HASH_SHA512, 0x0304, 0x0304, 0x001C },
};

#undef RSA
#undef PSS
#undef ECDSA
#undef ED25519
#undef ED448

static const char *
find(const struct name *names, size_t count, int id, const char *otherwise)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].id == id)
			return names[i].text;
	return otherwise;
}

static const struct scheme *
find_scheme(uint16_t id)
{
	for (size_t i = 0; i < OTLS_COUNT(schemes); i++)
		if (schemes[i].id == id)
			return &schemes[i];
	return NULL;
}

static uint32_t
hash_size(otls_hash hash)
{
	switch (hash) {
	case OTLS_HASH_SHA256:
		return 32;
	case OTLS_HASH_SHA384:
		return 48;
	case OTLS_HASH_SHA512:
		return 64;
	default:
		return 0;
	}
}

const char *
otls__version_name(uint16_t version)
{
	return find(versions, OTLS_COUNT(versions), version, "Unknown");
}

const char *
otls__scheme_name(uint16_t scheme)
{
	const struct scheme *found = find_scheme(scheme);

	return found != NULL ? found->text : "";
}

const char *
otls_alert_name(int alert)
{
	return find(alerts, OTLS_COUNT(alerts), alert, "");
}

otls_signature_algorithm
otls__scheme_algorithm(uint16_t scheme)
{
	const struct scheme *found = find_scheme(scheme);
	otls_signature_algorithm algorithm = { 0 };

	if (found == NULL)
		return algorithm;
	algorithm.kind = found->kind;
	algorithm.hash = found->hash;
	if (found->kind == OTLS_SIGNATURE_RSA_PSS) { /* RFC 8446, section 4.2.3: MGF1 and salt follow the digest */
		algorithm.mgf_hash = found->hash;
		algorithm.salt_len = hash_size(found->hash);
	}
	return algorithm;
}

bool
otls__scheme_serves(uint16_t scheme, uint16_t version)
{
	const struct scheme *found = find_scheme(scheme);

	return found != NULL && version >= found->min_version && version <= found->max_version;
}

bool
otls__scheme_fits(uint16_t scheme, otls_signature_kind key, uint16_t group, uint16_t version)
{
	const struct scheme *found = find_scheme(scheme);

	if (!otls__scheme_serves(scheme, version) || found->key != key)
		return false;
	return version < 0x0304 || found->group == 0 || found->group == group;
}

/* == lists of schemes == */

/* What OpenSSL calls them: by key, and by key and hash. */
static const struct word {
	const char *text;
	uint16_t ids[OTLS_WORD_IDS_MAX];
} words[] = {
	{ "RSA+SHA1", { 0x0201 } },
	{ "RSA+SHA256", { 0x0401 } },
	{ "RSA+SHA384", { 0x0501 } },
	{ "RSA+SHA512", { 0x0601 } },
	{ "ECDSA+SHA1", { 0x0203 } },
	{ "ECDSA+SHA256", { 0x0403 } },
	{ "ECDSA+SHA384", { 0x0503 } },
	{ "ECDSA+SHA512", { 0x0603 } },
	{ "RSA-PSS+SHA256", { 0x0804, 0x0809 } },
	{ "RSA-PSS+SHA384", { 0x0805, 0x080A } },
	{ "RSA-PSS+SHA512", { 0x0806, 0x080B } },
	{ "PSS+SHA256", { 0x0804, 0x0809 } },
	{ "PSS+SHA384", { 0x0805, 0x080A } },
	{ "PSS+SHA512", { 0x0806, 0x080B } },
};

static bool
is_called(otls_bytes word, const char *name)
{
	return word.len == strlen(name) && strncasecmp((const char *)word.data, name, word.len) == 0;
}

static size_t
find_schemes(otls_bytes word, uint16_t ids[OTLS_WORD_IDS_MAX])
{
	for (size_t i = 0; i < OTLS_COUNT(schemes); i++) {
		if (!is_called(word, schemes[i].text))
			continue;
		ids[0] = schemes[i].id;
		return 1;
	}
	for (size_t i = 0; i < OTLS_COUNT(words); i++) {
		if (!is_called(word, words[i].text))
			continue;
		memcpy(ids, words[i].ids, sizeof(words[i].ids));
		return words[i].ids[1] != 0 ? 2 : 1;
	}
	return 0;
}

otls_status
otls__schemes_resolve(const char *function, const char *text, uint16_t **ids, size_t *count)
{
	const otls_name_list list = {
		.function = function, .what = "signature scheme", .text = text, .find = find_schemes
	};

	return otls__names_resolve(&list, ids, count);
}
