/* Groups that keys are exchanged in, by their IANA numbers and names. */
#include "registry/registry.h"

#include <strings.h>

typedef enum family {
	CURVE,       /* TLS 1.2 and 1.3 */
	CURVE_TLS12, /* TLS 1.2 alone */
	CURVE_TLS13, /* TLS 1.3 alone: post-quantum groups too */
	FINITE_FIELD /* RFC 7919 */
} family;

#define ALIASES_MAX 2

static const struct group {
	uint16_t id;
	const char *name; /* IANA */
	const char *alias[ALIASES_MAX];
	family family;
	int bits; /* of security, as NIST SP 800-57 counts */
} groups[] = {
	{ 0x0015, "secp224r1", { "P-224", NULL }, CURVE_TLS12, 112 },
	{ 0x0016, "secp256k1", { NULL, NULL }, CURVE_TLS12, 128 },
	{ 0x0017, "secp256r1", { "P-256", "prime256v1" }, CURVE, 128 },
	{ 0x0018, "secp384r1", { "P-384", NULL }, CURVE, 192 },
	{ 0x0019, "secp521r1", { "P-521", NULL }, CURVE, 256 },
	{ 0x001A, "brainpoolP256r1", { NULL, NULL }, CURVE_TLS12, 128 },
	{ 0x001B, "brainpoolP384r1", { NULL, NULL }, CURVE_TLS12, 192 },
	{ 0x001C, "brainpoolP512r1", { NULL, NULL }, CURVE_TLS12, 256 },
	{ 0x001D, "x25519", { NULL, NULL }, CURVE, 128 },
	{ 0x001E, "x448", { NULL, NULL }, CURVE, 224 },
	{ 0x001F, "brainpoolP256r1tls13", { NULL, NULL }, CURVE_TLS13, 128 },
	{ 0x0020, "brainpoolP384r1tls13", { NULL, NULL }, CURVE_TLS13, 192 },
	{ 0x0021, "brainpoolP512r1tls13", { NULL, NULL }, CURVE_TLS13, 256 },
	{ 0x0029, "curveSM2", { NULL, NULL }, CURVE_TLS13, 128 },
	{ 0x0100, "ffdhe2048", { NULL, NULL }, FINITE_FIELD, 112 },
	{ 0x0101, "ffdhe3072", { NULL, NULL }, FINITE_FIELD, 128 },
	{ 0x0102, "ffdhe4096", { NULL, NULL }, FINITE_FIELD, 128 },
	{ 0x0103, "ffdhe6144", { NULL, NULL }, FINITE_FIELD, 128 },
	{ 0x0104, "ffdhe8192", { NULL, NULL }, FINITE_FIELD, 192 },
	{ 0x0200, "MLKEM512", { NULL, NULL }, CURVE_TLS13, 128 },
	{ 0x0201, "MLKEM768", { NULL, NULL }, CURVE_TLS13, 192 },
	{ 0x0202, "MLKEM1024", { NULL, NULL }, CURVE_TLS13, 256 },
	{ 0x11EB, "SecP256r1MLKEM768", { NULL, NULL }, CURVE_TLS13, 192 },
	{ 0x11EC, "X25519MLKEM768", { NULL, NULL }, CURVE_TLS13, 192 },
	{ 0x11ED, "SecP384r1MLKEM1024", { NULL, NULL }, CURVE_TLS13, 256 },
};

static const struct group *
find(uint16_t id)
{
	for (size_t i = 0; i < OTLS_COUNT(groups); i++)
		if (groups[i].id == id)
			return &groups[i];
	return NULL;
}

const char *
otls__group_name(uint16_t group)
{
	const struct group *found = find(group);

	return found != NULL ? found->name : "";
}

int
otls__group_bits(uint16_t group)
{
	const struct group *found = find(group);

	return found != NULL ? found->bits : 0;
}

bool
otls__group_serves(uint16_t group, otls_kx kx)
{
	const struct group *found = find(group);

	if (found == NULL)
		return false;
	switch (kx) {
	case OTLS_KX_TLS13:
		return found->family != CURVE_TLS12;
	case OTLS_KX_ECDHE:
		return found->family == CURVE || found->family == CURVE_TLS12;
	case OTLS_KX_DHE:
		return found->family == FINITE_FIELD;
	default:
		return false;
	}
}

static bool
is_name(otls_bytes word, const char *name)
{
	return name != NULL && word.len == strlen(name) && strncasecmp((const char *)word.data, name, word.len) == 0;
}

static size_t
find_group(otls_bytes word, uint16_t ids[OTLS_WORD_IDS_MAX])
{
	for (size_t i = 0; i < OTLS_COUNT(groups); i++) {
		if (!is_name(word, groups[i].name) && !is_name(word, groups[i].alias[0]) &&
		    !is_name(word, groups[i].alias[1]))
			continue;
		ids[0] = groups[i].id;
		return 1;
	}
	return 0;
}

otls_status
otls__groups_resolve(const char *function, const char *text, uint16_t **ids, size_t *count)
{
	const otls_name_list list = { .function = function, .what = "group", .text = text, .find = find_group };

	return otls__names_resolve(&list, ids, count);
}
