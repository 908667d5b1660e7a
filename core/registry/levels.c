/* Security levels: what each of them asks of suites, groups, hashes and keys.  The bits are those of OpenSSL's manual
 * (SSL_CTX_set_security_level) and NIST SP 800-57. */
#include "registry/registry.h"

/* Where a level leaves more to a backend than core takes, core's own floor stands: RSA of 1024 bits, and P-256. */
static const otls_level levels[OTLS_LEVEL_MAX + 1] = {
	{ 0, 0, 1024, 256, 2048, "has an RSA key of fewer than 1024 bits",
	    "has a key on a curve of fewer than 256 bits" },
	{ 1, 80, 1024, 256, 2048, "has an RSA key of fewer than 1024 bits",
	    "has a key on a curve of fewer than 256 bits" },
	{ 2, 112, 2048, 256, 2048, "has an RSA key of fewer than 2048 bits",
	    "has a key on a curve of fewer than 256 bits" },
	{ 3, 128, 3072, 256, 3072, "has an RSA key of fewer than 3072 bits (security level 3)",
	    "has a key on a curve of fewer than 256 bits" },
	{ 4, 192, 7680, 384, 0, "has an RSA key of fewer than 7680 bits (security level 4)",
	    "has a key on a curve of fewer than 384 bits (security level 4)" },
	{ 5, 256, 15360, 512, 0, "has an RSA key of fewer than 15360 bits (security level 5)",
	    "has a key on a curve of fewer than 512 bits (security level 5)" },
};

const otls_level *
otls__level(int level)
{
	return level >= 0 && level <= OTLS_LEVEL_MAX ? &levels[level] : NULL;
}

/* Against collisions, which is what a signature is worth.  SHA-1's are found in practice; MD5 is below every level. */
static int
hash_bits(otls_hash hash)
{
	switch (hash) {
	case OTLS_HASH_SHA1:
		return 0;
	case OTLS_HASH_SHA224:
		return 112;
	case OTLS_HASH_SHA256:
		return 128;
	case OTLS_HASH_SHA384:
		return 192;
	case OTLS_HASH_SHA512:
		return 256;
	default:
		return -1;
	}
}

int
otls__signature_bits(otls_signature_kind kind, otls_hash hash)
{
	if (kind == OTLS_SIGNATURE_ED25519)
		return 128;
	return kind == OTLS_SIGNATURE_ED448 ? 224 : hash_bits(hash);
}

/* A tag of 64 bits is enough for what level 2 is for; a suite that has SHA-1 for its MAC goes with level 3 at most, as with
 * OpenSSL. */
static int
suite_bits(const otls_cipher *cipher)
{
	if (cipher->mac == OTLS_MAC_AEAD_CCM8)
		return 112;
	return cipher->mac == OTLS_MAC_SHA1 && cipher->bits > 128 ? 128 : cipher->bits;
}

static bool
allows_suite(const otls_level *level, const otls_cipher *cipher)
{
	return cipher != NULL && suite_bits(cipher) >= level->bits && (cipher->kx != OTLS_KX_DHE || level->dh_bits > 0);
}

bool
otls__level_allows(const otls_level *level, otls_kind kind, uint16_t id)
{
	otls_signature_algorithm algorithm;

	switch (kind) {
	case OTLS_KIND_SUITE:
		return allows_suite(level, otls_cipher_by_id(id));
	case OTLS_KIND_GROUP:
		return otls__group_bits(id) >= level->bits;
	case OTLS_KIND_SCHEME:
		algorithm = otls__scheme_algorithm(id);
		return otls__signature_bits(algorithm.kind, algorithm.hash) >= level->bits;
	case OTLS_KIND_VERSION:
		break;
	}
	return true;
}
