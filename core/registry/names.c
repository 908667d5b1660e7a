/* Versions, groups, signature schemes and alerts by their IANA numbers. */
#include "registry/registry.h"

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

static const struct name groups[] = {
	{ 0x0015, "secp224r1" },
	{ 0x0016, "secp256k1" },
	{ 0x0017, "secp256r1" },
	{ 0x0018, "secp384r1" },
	{ 0x0019, "secp521r1" },
	{ 0x001A, "brainpoolP256r1" },
	{ 0x001B, "brainpoolP384r1" },
	{ 0x001C, "brainpoolP512r1" },
	{ 0x001D, "x25519" },
	{ 0x001E, "x448" },
	{ 0x001F, "brainpoolP256r1tls13" },
	{ 0x0020, "brainpoolP384r1tls13" },
	{ 0x0021, "brainpoolP512r1tls13" },
	{ 0x0029, "curveSM2" },
	{ 0x0100, "ffdhe2048" },
	{ 0x0101, "ffdhe3072" },
	{ 0x0102, "ffdhe4096" },
	{ 0x0103, "ffdhe6144" },
	{ 0x0104, "ffdhe8192" },
	{ 0x0200, "MLKEM512" },
	{ 0x0201, "MLKEM768" },
	{ 0x0202, "MLKEM1024" },
	{ 0x11EB, "SecP256r1MLKEM768" },
	{ 0x11EC, "X25519MLKEM768" },
	{ 0x11ED, "SecP384r1MLKEM1024" },
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
otls__group_name(uint16_t group)
{
	return find(groups, OTLS_COUNT(groups), group, "");
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
otls__scheme_fits(uint16_t scheme, otls_signature_kind key, uint16_t group, uint16_t version)
{
	const struct scheme *found = find_scheme(scheme);

	if (found == NULL || found->key != key || version < found->min_version || version > found->max_version)
		return false;
	return version < 0x0304 || found->group == 0 || found->group == group;
}
