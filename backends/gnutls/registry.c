/* What this build of the library has, by IANA number: asked once, when the engine starts.  The system's configuration
 * can take algorithms away, so that only a priority that was read back tells the truth. */
#include "gtls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SUITES_MAX 160

/* Everything that is to be affirmed if the library knows it.  Anonymous, PSK and SRP suites, NULL and RC4 are not
 * mentioned: with some of them in a list, the library drops TLS 1.3 without a word. */
static const char everything[] =
    "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+DHE-RSA:+RSA:"
    "+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-CCM:+AES-256-CCM:+AES-128-CCM-8:+AES-256-CCM-8:"
    "+AES-128-CBC:+AES-256-CBC:+CAMELLIA-128-CBC:+CAMELLIA-256-CBC:+3DES-CBC:"
    "+AEAD:+SHA1:+SHA256:+SHA384:+SIGN-ALL:+GROUP-ALL";

typedef struct suite {
	uint16_t id;
	gnutls_kx_algorithm_t kx; /* UNKNOWN: a suite of TLS 1.3 */
	gnutls_cipher_algorithm_t cipher;
	gnutls_mac_algorithm_t mac;
} suite;

static struct {
	char text[32]; /* "GnuTLS 3.7.9" */
	uint32_t number;
	gnutls_priority_t all;
	suite suites[SUITES_MAX];
	size_t suite_count;
} library;

/* == numbers and the library's own == */

#define RSA_PKCS1 OTLS_SIGNATURE_RSA_PKCS1
#define RSA_PSS   OTLS_SIGNATURE_RSA_PSS
#define ECDSA     OTLS_SIGNATURE_ECDSA
static const gtls_scheme schemes[] = {
	{ 0x0403, ECDSA, OTLS_HASH_SHA256, GNUTLS_SIGN_ECDSA_SHA256, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256 },
	{ 0x0503, ECDSA, OTLS_HASH_SHA384, GNUTLS_SIGN_ECDSA_SHA384, GNUTLS_SIGN_ECDSA_SECP384R1_SHA384 },
	{ 0x0603, ECDSA, OTLS_HASH_SHA512, GNUTLS_SIGN_ECDSA_SHA512, GNUTLS_SIGN_ECDSA_SECP521R1_SHA512 },
	{ 0x0807, OTLS_SIGNATURE_ED25519, OTLS_HASH_NONE, GNUTLS_SIGN_EDDSA_ED25519, GNUTLS_SIGN_UNKNOWN },
	{ 0x0808, OTLS_SIGNATURE_ED448, OTLS_HASH_NONE, GNUTLS_SIGN_EDDSA_ED448, GNUTLS_SIGN_UNKNOWN },
	{ 0x0804, RSA_PSS, OTLS_HASH_SHA256, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, GNUTLS_SIGN_UNKNOWN },
	{ 0x0805, RSA_PSS, OTLS_HASH_SHA384, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, GNUTLS_SIGN_UNKNOWN },
	{ 0x0806, RSA_PSS, OTLS_HASH_SHA512, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, GNUTLS_SIGN_UNKNOWN },
	{ 0x0809, RSA_PSS, OTLS_HASH_SHA256, GNUTLS_SIGN_RSA_PSS_SHA256, GNUTLS_SIGN_UNKNOWN },
	{ 0x080A, RSA_PSS, OTLS_HASH_SHA384, GNUTLS_SIGN_RSA_PSS_SHA384, GNUTLS_SIGN_UNKNOWN },
	{ 0x080B, RSA_PSS, OTLS_HASH_SHA512, GNUTLS_SIGN_RSA_PSS_SHA512, GNUTLS_SIGN_UNKNOWN },
	{ 0x0401, RSA_PKCS1, OTLS_HASH_SHA256, GNUTLS_SIGN_RSA_SHA256, GNUTLS_SIGN_UNKNOWN },
	{ 0x0501, RSA_PKCS1, OTLS_HASH_SHA384, GNUTLS_SIGN_RSA_SHA384, GNUTLS_SIGN_UNKNOWN },
	{ 0x0601, RSA_PKCS1, OTLS_HASH_SHA512, GNUTLS_SIGN_RSA_SHA512, GNUTLS_SIGN_UNKNOWN },
	{ 0x0203, ECDSA, OTLS_HASH_SHA1, GNUTLS_SIGN_ECDSA_SHA1, GNUTLS_SIGN_UNKNOWN },
	{ 0x0201, RSA_PKCS1, OTLS_HASH_SHA1, GNUTLS_SIGN_RSA_SHA1, GNUTLS_SIGN_UNKNOWN },
};

/* By name, since the newer ones are not in every version's enum. */
static const struct {
	uint16_t id;
	const char *name;
} groups[] = {
	{ 0x11EC, "X25519-MLKEM768" },
	{ 0x11EB, "SECP256R1-MLKEM768" },
	{ 0x11ED, "SECP384R1-MLKEM1024" },
	{ 0x001D, "X25519" },
	{ 0x001E, "X448" },
	{ 0x0017, "SECP256R1" },
	{ 0x0018, "SECP384R1" },
	{ 0x0019, "SECP521R1" },
	{ 0x0100, "FFDHE2048" },
	{ 0x0101, "FFDHE3072" },
	{ 0x0102, "FFDHE4096" },
	{ 0x0103, "FFDHE6144" },
	{ 0x0104, "FFDHE8192" },
};

const gtls_scheme *
gtls_scheme_by_id(uint16_t id)
{
	for (size_t i = 0; i < COUNT(schemes); i++)
		if (schemes[i].id == id)
			return &schemes[i];
	return NULL;
}

uint16_t
gtls_scheme_of(gnutls_sign_algorithm_t sign)
{
	if (sign == GNUTLS_SIGN_UNKNOWN)
		return 0;
	for (size_t i = 0; i < COUNT(schemes); i++)
		if (schemes[i].sign == sign || schemes[i].tls13 == sign)
			return schemes[i].id;
	return 0;
}

static gnutls_group_t
group_by_id(uint16_t id)
{
	for (size_t i = 0; i < COUNT(groups); i++)
		if (groups[i].id == id)
			return gnutls_group_get_id(groups[i].name);
	return GNUTLS_GROUP_INVALID;
}

uint16_t
gtls_group_of(gnutls_group_t group)
{
	if (group == GNUTLS_GROUP_INVALID)
		return 0;
	for (size_t i = 0; i < COUNT(groups); i++)
		if (gnutls_group_get_id(groups[i].name) == group)
			return groups[i].id;
	return 0;
}

static const suite *
suite_by_id(uint16_t id)
{
	for (size_t i = 0; i < library.suite_count; i++)
		if (library.suites[i].id == id)
			return &library.suites[i];
	return NULL;
}

gnutls_kx_algorithm_t
gtls_suite_kx(uint16_t id)
{
	const suite *known = suite_by_id(id);

	return known != NULL ? known->kx : GNUTLS_KX_UNKNOWN;
}

bool
gtls_suite_is_tls13(uint16_t id)
{
	const suite *known = suite_by_id(id);

	return known != NULL && known->kx == GNUTLS_KX_UNKNOWN;
}

/* == reading a priority back == */

/* The i-th suite of a priority; false after the last one.  id 0: a gap in the list. */
static bool
priority_suite(gnutls_priority_t priority, unsigned i, suite *found)
{
	gnutls_protocol_t version;
	unsigned char id[2] = { 0 };
	unsigned index = 0;
	int error;

	*found = (suite){ 0 };
	error = gnutls_priority_get_cipher_suite_index(priority, i, &index);
	if (error == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return false;
	if (error >= 0 && gnutls_cipher_suite_info(index, id, &found->kx, &found->cipher, &found->mac, &version))
		found->id = (uint16_t)(id[0] << 8 | id[1]);
	return true;
}

static bool
priority_has_suite(gnutls_priority_t priority, uint16_t id)
{
	suite found;

	for (unsigned i = 0; priority_suite(priority, i, &found); i++)
		if (found.id == id)
			return true;
	return false;
}

static bool
list_has(const unsigned *list, int count, unsigned value)
{
	for (int i = 0; i < count; i++)
		if (list[i] == value)
			return true;
	return false;
}

static bool
priority_has_version(gnutls_priority_t priority, uint16_t version)
{
	const unsigned *list = NULL;
	int count = gnutls_priority_protocol_list(priority, &list);

	return (version == 0x0303 && list_has(list, count, GNUTLS_TLS1_2)) ||
	       (version == 0x0304 && list_has(list, count, GNUTLS_TLS1_3));
}

static bool
priority_has_group(gnutls_priority_t priority, uint16_t id)
{
	gnutls_group_t group = group_by_id(id);
	const unsigned *list = NULL;
	int count = gnutls_priority_group_list(priority, &list);

	return group != GNUTLS_GROUP_INVALID && list_has(list, count, group);
}

static bool
priority_has_scheme(gnutls_priority_t priority, uint16_t id)
{
	const gtls_scheme *scheme = gtls_scheme_by_id(id);
	const unsigned *list = NULL;
	int count = gnutls_priority_sign_list(priority, &list);

	return scheme != NULL && list_has(list, count, scheme->sign) &&
	       (scheme->tls13 == GNUTLS_SIGN_UNKNOWN || list_has(list, count, scheme->tls13));
}

/* == the start == */

static uint32_t
parse_version(const char *text)
{
	char *end = NULL;
	unsigned long major = strtoul(text, &end, 10);
	unsigned long minor = *end == '.' ? strtoul(end + 1, &end, 10) : 0;
	unsigned long patch = *end == '.' ? strtoul(end + 1, &end, 10) : 0;

	return (uint32_t)((major & 0xFF) << 24 | (minor & 0xFF) << 16 | (patch & 0xFF) << 8);
}

otls_status
gtls_init(otls_report *report)
{
	const char *version = gnutls_check_version("3.7.0");
	suite found;
	int error;

	if (version == NULL)
		return gtls_refuse(report, OTLS_E_BACKEND, "gnutls_check_version", "older than 3.7.0");
	if ((error = gnutls_global_init()) < 0)
		return gtls_fail(report, OTLS_E_BACKEND, "gnutls_global_init", error);
	if ((error = gnutls_priority_init2(&library.all, everything, NULL, 0)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_priority_init2", error);
	for (unsigned i = 0; library.suite_count < SUITES_MAX && priority_suite(library.all, i, &found); i++)
		if (found.id != 0)
			library.suites[library.suite_count++] = found;
	(void)snprintf(library.text, sizeof(library.text), "GnuTLS %s", version);
	library.number = parse_version(version);
	return OTLS_OK;
}

const char *
gtls_version_text(otls_backend_text which)
{
	if (which == OTLS_BACKEND_LIBRARY)
		return library.text;
	return which == OTLS_BACKEND_BUILT_WITH ? GNUTLS_VERSION : "";
}

uint32_t
gtls_version_number(void)
{
	return library.number;
}

static bool
has_static_rsa(void)
{
	for (size_t i = 0; i < library.suite_count; i++)
		if (library.suites[i].kx == GNUTLS_KX_RSA)
			return true;
	return false;
}

bool
gtls_has(otls_capability capability)
{
	switch (capability) {
	case OTLS_CAP_TLS1_2:
		return gtls_supports(OTLS_KIND_VERSION, 0x0303);
	case OTLS_CAP_TLS1_3:
	case OTLS_CAP_CLIENT_CA_TLS1_3:
	case OTLS_CAP_POST_HANDSHAKE_AUTH:
		return gtls_supports(OTLS_KIND_VERSION, 0x0304);
	case OTLS_CAP_STATIC_RSA:
		return has_static_rsa();
	case OTLS_CAP_KEY_UPDATE:
	case OTLS_CAP_KEYLOG:
	case OTLS_CAP_MASTER_SECRET:
	case OTLS_CAP_EXPORTER:
	case OTLS_CAP_FINISHED:
	case OTLS_CAP_EXACT_ALERT:
	case OTLS_CAP_ALPN_BYTES:
	case OTLS_CAP_FALLBACK_SIGNAL:
	case OTLS_CAP_AEAD:
	case OTLS_CAP_KEY_DECRYPT:
	case OTLS_CAP_GENERATE_KEY:
	case OTLS_CAP_NATIVE_VERIFY:
	case OTLS_CAP_PEER_SCHEME:
	case OTLS_CAP_OWN_SCHEMES:
	case OTLS_CAP_PSS_KEYS:
	case OTLS_CAP_SESSION:
	case OTLS_CAP_OCSP_CLIENT:
	case OTLS_CAP_OCSP_SERVER:
	case OTLS_CAP_OCSP_ALERT:
	case OTLS_CAP_KEY_CALLBACK:
	case OTLS_CAP_SIGN_EDWARDS:
		return true;
	default:
		return false;
	}
}

uint64_t
gtls_limit(otls_limit which)
{
	switch (which) {
	case OTLS_LIMIT_CHAIN_BYTES:
		return GTLS_HANDSHAKE_MAX;
	case OTLS_LIMIT_ALPN_COUNT:
		return GTLS_ALPN_COUNT_MAX;
	case OTLS_LIMIT_ALPN_NAME_BYTES:
		return GTLS_ALPN_NAME_MAX;
	default:
		return 0;
	}
}

bool
gtls_supports(otls_kind kind, uint16_t id)
{
	switch (kind) {
	case OTLS_KIND_VERSION:
		return priority_has_version(library.all, id);
	case OTLS_KIND_SUITE:
		return suite_by_id(id) != NULL;
	case OTLS_KIND_GROUP:
		return priority_has_group(library.all, id);
	case OTLS_KIND_SCHEME:
		return priority_has_scheme(library.all, id);
	}
	return false;
}

/* == building a priority == */

/* A string that grows item by item, each behind ":+", none twice. */
typedef struct items {
	char text[2048];
	size_t len;
	bool full;
} items;

static void
add_text(items *list, const char *text)
{
	size_t len = strlen(text);

	if (len >= sizeof(list->text) - list->len) {
		list->full = true;
		return;
	}
	memcpy(list->text + list->len, text, len + 1);
	list->len += len;
}

static void
add_item(items *list, const char *prefix, const char *name)
{
	char item[64];
	size_t len;

	if (name == NULL)
		return;
	len = (size_t)snprintf(item, sizeof(item), ":+%s%s", prefix, name);
	for (const char *at = strstr(list->text, item); at != NULL; at = strstr(at + 1, item))
		if (at[len] == ':' || at[len] == '\0')
			return;
	add_text(list, item);
}

/* The library offers every suite that these key exchanges, ciphers and MACs make together, key exchanges first. */
static void
add_suites(items *list, const uint16_t *suites, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const suite *known = suite_by_id(suites[i]);

		if (known == NULL)
			continue;
		add_item(list, "", known->kx != GNUTLS_KX_UNKNOWN ? gnutls_kx_get_name(known->kx) : NULL);
		add_item(list, "", gnutls_cipher_get_name(known->cipher));
		add_item(list, "", gnutls_mac_get_name(known->mac));
	}
}

static void
add_scheme(items *list, const gtls_scheme *scheme)
{
	if (scheme == NULL)
		return;
	add_item(list, "SIGN-", gnutls_sign_get_name(scheme->sign));
	if (scheme->tls13 != GNUTLS_SIGN_UNKNOWN)
		add_item(list, "SIGN-", gnutls_sign_get_name(scheme->tls13));
}

static void
describe(items *list, const otls_engine_config *config, const uint16_t *suites, size_t count)
{
	add_text(list, "NONE");
	if (config->max_version >= 0x0304)
		add_item(list, "VERS-", "TLS1.3");
	if (config->min_version <= 0x0303)
		add_item(list, "VERS-", "TLS1.2");
	add_suites(list, suites, count);
	for (size_t i = 0; i < config->scheme_count; i++)
		add_scheme(list, gtls_scheme_by_id(config->schemes[i]));
	for (size_t i = 0; i < config->group_count; i++)
		add_item(list, "GROUP-", gnutls_group_get_name(group_by_id(config->groups[i])));
	/* Whose order counts is settled when the server chooses; what it chose is then the whole list. */
	add_text(list, ":%SERVER_PRECEDENCE");
}

static bool
in_range(const otls_engine_config *config, uint16_t id)
{
	return gtls_suite_is_tls13(id) ? config->max_version >= 0x0304 : config->min_version <= 0x0303;
}

/* Init is content with less than it was told, and says nothing. */
static const char *
missing(gnutls_priority_t priority, const otls_engine_config *config, const uint16_t *suites, size_t count)
{
	if ((config->max_version >= 0x0304 && !priority_has_version(priority, 0x0304)) ||
	    (config->min_version <= 0x0303 && !priority_has_version(priority, 0x0303)))
		return "a protocol version was dropped";
	for (size_t i = 0; i < count; i++)
		if (in_range(config, suites[i]) && !priority_has_suite(priority, suites[i]))
			return "a cipher suite was dropped";
	for (size_t i = 0; i < config->group_count; i++)
		if (!priority_has_group(priority, config->groups[i]))
			return "a group was dropped";
	for (size_t i = 0; i < config->scheme_count; i++)
		if (!priority_has_scheme(priority, config->schemes[i]))
			return "a signature scheme was dropped";
	return NULL;
}

otls_status
gtls_priority_new(gnutls_priority_t *priority, const otls_engine_config *config, const uint16_t *suites, size_t count,
    otls_report *report)
{
	items list = { .len = 0 };
	const char *lost;
	int error;

	describe(&list, config, suites, count);
	if (list.full)
		return gtls_refuse(report, OTLS_E_LIMIT, "priority", "more algorithms than the priority string holds");
	if ((error = gnutls_priority_init2(priority, list.text, NULL, 0)) < 0) {
		*priority = NULL;
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_priority_init2", error);
	}
	if ((lost = missing(*priority, config, suites, count)) != NULL)
		return gtls_refuse(report, OTLS_E_BACKEND, "gnutls_priority_init2", lost);
	return OTLS_OK;
}
