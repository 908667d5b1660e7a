/* What the library is and can do, and contexts built from a sealed configuration. */
#include "wolf.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* == identity == */

static char library_text[64];

/* Builds with a cache of curve points keep one for each thread, up to a megabyte, until they are told to drop it. */
static pthread_key_t thread_key;

static void
thread_ends(void *key)
{
	(void)key;
#if WOLF_HAS_POINT_CACHE
	wc_ecc_fp_free();
#endif
}

otls_status
wolf_init(otls_report *report)
{
	int ret = wolfSSL_Init();

	if (ret != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_Init", ret);
	if (pthread_key_create(&thread_key, thread_ends) != 0)
		return wolf_fail(report, OTLS_E_BACKEND, "pthread_key_create", MEMORY_E);
	snprintf(library_text, sizeof(library_text), "wolfSSL %s", wolfSSL_lib_version());
	return OTLS_OK;
}

void
wolf_thread_enters(void)
{
	pthread_setspecific(thread_key, &thread_key);
}

const char *
wolf_version_text(otls_backend_text which)
{
	switch (which) {
	case OTLS_BACKEND_LIBRARY:
		return library_text;
	case OTLS_BACKEND_BUILT_WITH:
		return LIBWOLFSSL_VERSION_STRING;
	default:
		return "";
	}
}

/* The library writes 0xMMmmmppp. */
uint32_t
wolf_version_number(void)
{
	uint32_t hex = wolfSSL_lib_version_hex();

	return (hex & 0xff000000u) | (hex >> 12 & 0xffu) << 16 | (hex & 0xffu) << 8;
}

bool
wolf_has(otls_capability capability)
{
	switch (capability) {
	case OTLS_CAP_TLS1_2:
	case OTLS_CAP_TLS1_3:
	case OTLS_CAP_KEY_UPDATE:
	case OTLS_CAP_MASTER_SECRET:
	case OTLS_CAP_FINISHED:
	case OTLS_CAP_EXACT_OFFER:
	case OTLS_CAP_ALPN_ANY:
	case OTLS_CAP_AEAD:
	case OTLS_CAP_KEY_DECRYPT:
	case OTLS_CAP_GENERATE_KEY:
	case OTLS_CAP_NATIVE_VERIFY:
	case OTLS_CAP_SESSION:
	case OTLS_CAP_NAME_UNDERSCORE:
		return true;
	case OTLS_CAP_KEY_CALLBACK:
		return WOLF_REMOTE_KEY;
	case OTLS_CAP_EXPORTER:
		return WOLF_EXPORTER;
	case OTLS_CAP_CLIENT_CA_TLS1_3:
		return WOLF_CLIENT_CA_TLS13;
	default:
		return false;
	}
}

uint64_t
wolf_limit(otls_limit which)
{
	switch (which) {
	case OTLS_LIMIT_CHAIN_COUNT:
		return WOLF_CHAIN_MAX;
	case OTLS_LIMIT_CHAIN_BYTES:
		return WOLF_CHAIN_BYTES;
	case OTLS_LIMIT_RSA_BITS:
		return WOLF_RSA_MAX_BITS;
	case OTLS_LIMIT_RSA_BITS_MIN:
		return WOLF_RSA_MIN_BITS;
	default:
		return 0;
	}
}

/* == algorithms == */

/* Suites with forward secrecy; which of them are in the library, it tells itself. */
static bool
supports_suite(uint16_t id)
{
	static const uint16_t ids[] = {
		0x1301, 0x1302, 0x1303, 0x1304, 0x1305, /* TLS 1.3 */
		0xc02b, 0xc02c, 0xc02f, 0xc030,         /* ECDHE, AES-GCM */
		0xcca8, 0xcca9,                         /* ECDHE, ChaCha20-Poly1305 */
		0xc0ac, 0xc0ad, 0xc0ae, 0xc0af,         /* ECDHE-ECDSA, AES-CCM */
		0xc023, 0xc024, 0xc027, 0xc028,         /* ECDHE, AES-CBC, SHA-2 */
		0xc009, 0xc00a, 0xc013, 0xc014          /* ECDHE, AES-CBC, SHA-1 */
	};
	const char *name;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (ids[i] != id)
			continue;
		name = wolfSSL_get_cipher_name_iana_from_suite((unsigned char)(id >> 8), (unsigned char)id);
		return name != NULL && strncmp(name, "TLS_", 4) == 0;
	}
	return false;
}

struct group_row {
	uint16_t id;
	const char *list_name, *name; /* in a list of curves; as wolfSSL_get_curve_name says it */
	word16 size;                  /* bytes of a coordinate */
};

static const struct group_row groups[] = {
	{ WOLFSSL_ECC_SECP256R1, "P-256", "SECP256R1", 32 },
	{ WOLFSSL_ECC_SECP384R1, "P-384", "SECP384R1", 48 },
	{ WOLFSSL_ECC_SECP521R1, "P-521", "SECP521R1", 66 },
	{ WOLFSSL_ECC_X25519, "X25519", "X25519", 32 },
#if WOLF_X448
	{ WOLFSSL_ECC_X448, "X448", "X448", 56 },
#endif
};

static const struct group_row *
find_group(uint16_t id)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (groups[i].id == id)
			return &groups[i];
	}
	return NULL;
}

uint16_t
wolf_group_by_name(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (strcmp(groups[i].name, name) == 0)
			return groups[i].id;
	}
	return 0;
}

/* As set1_sigalgs_list takes them.  It knows no TLS 1.3 names, and RSA-PSS is one word for both kinds of key.  Keys that are
 * marked for RSA-PSS are none that it can do: it signs with them as with plain ones, and refuses a peer that does better
 * (5.5). */
static const char *
scheme_word(uint16_t scheme)
{
	static const struct {
		uint16_t scheme;
		const char *word;
	} rows[] = {
		{ 0x0201, "RSA+SHA1" },
		{ 0x0401, "RSA+SHA256" },
		{ 0x0501, "RSA+SHA384" },
		{ 0x0601, "RSA+SHA512" },
		{ 0x0804, "RSA-PSS+SHA256" },
		{ 0x0805, "RSA-PSS+SHA384" },
		{ 0x0806, "RSA-PSS+SHA512" },
		{ 0x0203, "ECDSA+SHA1" },
		{ 0x0403, "ECDSA+SHA256" },
		{ 0x0503, "ECDSA+SHA384" },
		{ 0x0603, "ECDSA+SHA512" },
		{ 0x0807, "ED25519" },
#if WOLF_ED448
		{ 0x0808, "ED448" },
#endif
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].scheme == scheme)
			return rows[i].word;
	}
	return NULL;
}

bool
wolf_supports(otls_kind kind, uint16_t id)
{
	switch (kind) {
	case OTLS_KIND_VERSION:
		return id == 0x0303 || id == 0x0304;
	case OTLS_KIND_SUITE:
		return supports_suite(id);
	case OTLS_KIND_GROUP:
		return find_group(id) != NULL;
	case OTLS_KIND_SCHEME:
		return scheme_word(id) != NULL;
	}
	return false;
}

bool
wolf_suite_bytes(const uint16_t *suites, size_t count, uint8_t out[2 * WOLF_SUITES_MAX])
{
	if (count > WOLF_SUITES_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		out[2 * i] = (uint8_t)(suites[i] >> 8);
		out[2 * i + 1] = (uint8_t)suites[i];
	}
	return true;
}

/* == building a context == */

static otls_status
make_ctx(otls_engine_context *ctx, otls_report *report)
{
	WOLFSSL_METHOD *method = ctx->config->role == OTLS_ROLE_SERVER ? wolfSSLv23_server_method()
								       : wolfSSLv23_client_method();

	if (method == NULL || (ctx->ctx = wolfSSL_CTX_new(method)) == NULL)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_CTX_new", MEMORY_E);
	return OTLS_OK;
}

/* A version that the library refuses leaves the context unusable, so both are checked first. */
static otls_status
set_versions(otls_engine_context *ctx, otls_report *report)
{
	int min = ctx->config->min_version, max = ctx->config->max_version;

	if (!wolf_supports(OTLS_KIND_VERSION, ctx->config->min_version) ||
	    !wolf_supports(OTLS_KIND_VERSION, ctx->config->max_version) || min > max)
		return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wolfSSL_CTX_set_min_proto_version", "no such range");
	if (wolfSSL_CTX_set_min_proto_version(ctx->ctx, min) != WOLFSSL_SUCCESS ||
	    wolfSSL_CTX_set_max_proto_version(ctx->ctx, max) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_CTX_set_min_proto_version", 0);
	return OTLS_OK;
}

/* The list of bytes, never that of names: the latter mixes in what was there before. */
static otls_status
set_suites(otls_engine_context *ctx, otls_report *report)
{
	const otls_engine_config *config = ctx->config;
	uint8_t list[2 * WOLF_SUITES_MAX];

	if (!wolf_suite_bytes(config->suites, config->suite_count, list))
		return wolf_refuse(report, OTLS_E_LIMIT, "wolfSSL_CTX_set_cipher_list_bytes", "too many suites");
	if (wolfSSL_CTX_set_cipher_list_bytes(ctx->ctx, list, (int)(2 * config->suite_count)) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_UNSUPPORTED, "wolfSSL_CTX_set_cipher_list_bytes", 0);
	if (config->role == OTLS_ROLE_SERVER && !config->server_preference &&
	    wolfSSL_CTX_UseClientSuites(ctx->ctx) != 0)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_CTX_UseClientSuites", 0);
	return OTLS_OK;
}

/* set_groups orders what a client offers and what a TLS 1.3 server takes; a TLS 1.2 server goes by the list of
 * curves alone, whose order means nothing. */
static otls_status
set_groups(otls_engine_context *ctx, otls_report *report)
{
	const otls_engine_config *config = ctx->config;
	int ids[WOLFSSL_MAX_GROUP_COUNT];
	const struct group_row *row;
	char list[64] = "";
	size_t len = 0;

	if (config->group_count == 0 || config->group_count > WOLFSSL_MAX_GROUP_COUNT)
		return wolf_refuse(report, OTLS_E_LIMIT, "wolfSSL_CTX_set_groups", "no such number of groups");
	for (size_t i = 0; i < config->group_count; i++) {
		if ((row = find_group(config->groups[i])) == NULL)
			return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wolfSSL_CTX_set_groups", "no such group");
		ids[i] = row->id;
		if (len < sizeof(list))
			len += (size_t)snprintf(
			    list + len, sizeof(list) - len, "%s%s", i > 0 ? ":" : "", row->list_name);
	}
	if (len >= sizeof(list) || wolfSSL_CTX_set1_curves_list(ctx->ctx, list) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_CTX_set1_curves_list", 0);
	if (wolfSSL_CTX_set_groups(ctx->ctx, ids, (int)config->group_count) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_CTX_set_groups", 0);
	return OTLS_OK;
}

/* TLS 1.3 goes by the groups, which the library refuses where that version is off.  TLS 1.2 puts together the curves that
 * were set and those that the client offers, and takes the first that has the size which was set.  In this order: the groups
 * take the curves away. */
otls_status
wolf_connection_group(WOLFSSL *ssl, uint16_t id, otls_report *report)
{
	const struct group_row *row = find_group(id);
	int group = id;

	if (row == NULL)
		return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wolfSSL_set_groups", "no such group");
	if (wolfSSL_version(ssl) >= 0x0304 && wolfSSL_set_groups(ssl, &group, 1) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_set_groups", 0);
	if (wolfSSL_UseSupportedCurve(ssl, id) != WOLFSSL_SUCCESS ||
	    wolfSSL_SetTmpEC_DHE_Sz(ssl, row->size) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_UseSupportedCurve", 0);
	return OTLS_OK;
}

static bool
append_scheme(char *list, size_t cap, const char *word)
{
	size_t len = strlen(list);

	return (size_t)snprintf(list + len, cap - len, "%s%s", len > 0 ? ":" : "", word) < cap - len;
}

/* After the suites, which reset the schemes. */
static otls_status
set_schemes(otls_engine_context *ctx, otls_report *report)
{
	const otls_engine_config *config = ctx->config;
	const char *word;

	for (size_t i = 0; i < config->scheme_count; i++) {
		if ((word = scheme_word(config->schemes[i])) == NULL)
			return wolf_refuse(
			    report, OTLS_E_UNSUPPORTED, "wolfSSL_CTX_set1_sigalgs_list", "no such scheme");
		if (!append_scheme(ctx->sigalgs, sizeof(ctx->sigalgs), word))
			return wolf_refuse(report, OTLS_E_LIMIT, "wolfSSL_CTX_set1_sigalgs_list", "too many schemes");
	}
	if (wolfSSL_CTX_set1_sigalgs_list(ctx->ctx, ctx->sigalgs) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_UNSUPPORTED, "wolfSSL_CTX_set1_sigalgs_list", 0);
	return OTLS_OK;
}

/* A chain in one piece, leaf first, DER after DER: the library cuts it apart itself.  Free it; NULL: no memory, or
 * not a length that it takes. */
static uint8_t *
join_chain(const otls_engine_identity *identity, long *len)
{
	size_t total = 0, at = 0;
	uint8_t *all;

	for (size_t i = 0; i < identity->chain_len; i++)
		total += identity->chain[i].len;
	if (total == 0 || total > WOLF_LENGTH_MAX || (all = malloc(total)) == NULL)
		return NULL;
	for (size_t i = 0; i < identity->chain_len; at += identity->chain[i].len, i++)
		memcpy(all + at, identity->chain[i].data, identity->chain[i].len);
	*len = (long)total;
	return all;
}

bool
wolf_use_identity(WOLFSSL *ssl, const otls_engine_identity *identity)
{
	const otls_engine_key *key = identity->key;
	long len = 0;
	uint8_t *chain = join_chain(identity, &len);
	bool done = chain != NULL &&
		    wolfSSL_use_certificate_chain_buffer_format(ssl, chain, len, WOLFSSL_FILETYPE_ASN1) ==
			WOLFSSL_SUCCESS &&
		    (key->signer != NULL ? wolf_use_remote_key(NULL, ssl, key)
					 : wolfSSL_use_PrivateKey_buffer(ssl, key->der, (long)key->der_len,
					       WOLFSSL_FILETYPE_ASN1)) == WOLFSSL_SUCCESS;

	free(chain);
	return done;
}

static otls_status
set_identity(otls_engine_context *ctx, otls_report *report)
{
	const otls_engine_identity *identity = ctx->config->identity;
	uint8_t *chain = NULL;
	long len = 0;
	int ret;

	if (identity == NULL)
		return OTLS_OK;
	if ((chain = join_chain(identity, &len)) == NULL)
		return wolf_fail(report, OTLS_E_BACKEND, "malloc", MEMORY_E);
	ret = wolfSSL_CTX_use_certificate_chain_buffer_format(ctx->ctx, chain, len, WOLFSSL_FILETYPE_ASN1);
	free(chain);
	if (ret != WOLFSSL_SUCCESS)
		return wolf_fail_as(report, ret == BUFFER_E ? OTLS_E_LIMIT : OTLS_E_FORMAT,
		    "wolfSSL_CTX_use_certificate_chain_buffer_format", ret);
	ret = identity->key->signer != NULL ? wolf_use_remote_key(ctx->ctx, NULL, identity->key)
					    : wolfSSL_CTX_use_PrivateKey_buffer(ctx->ctx, identity->key->der,
						  (long)identity->key->der_len, WOLFSSL_FILETYPE_ASN1);
	if (ret != WOLFSSL_SUCCESS)
		return wolf_fail_as(report, OTLS_E_FORMAT, "wolfSSL_CTX_use_PrivateKey_buffer", ret);
	return OTLS_OK;
}

/* No CA is ever loaded: with one, the library would judge by itself, and remember the intermediates of one peer for
 * the next.  Without, every chain ends up in the callback, which asks core. */
static void
set_verification(otls_engine_context *ctx)
{
	const otls_engine_config *config = ctx->config;
	int mode = WOLFSSL_VERIFY_PEER;

	if (config->role == OTLS_ROLE_SERVER && config->client_auth == OTLS_CLIENT_AUTH_NONE)
		mode = WOLFSSL_VERIFY_NONE;
	if (config->role == OTLS_ROLE_SERVER && config->client_auth == OTLS_CLIENT_AUTH_REQUIRED)
		mode |= WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	wolfSSL_CTX_set_verify(ctx->ctx, mode, wolf_judge_peer);
}

static otls_status
add_client_ca(WOLFSSL_STACK *names, otls_bytes der, otls_report *report)
{
	unsigned char *at = (unsigned char *)(uintptr_t)der.data; /* it only reads */
	WOLFSSL_X509_NAME *name = wolfSSL_d2i_X509_NAME(NULL, &at, (long)der.len);

	if (name == NULL)
		return wolf_fail(report, OTLS_E_FORMAT, "wolfSSL_d2i_X509_NAME", 0);
	/* It answers 0 in some versions and the new count in others. */
	if (wolfSSL_sk_X509_NAME_push(names, name) < 0) {
		wolfSSL_X509_NAME_free(name);
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_sk_X509_NAME_push", MEMORY_E);
	}
	return OTLS_OK;
}

/* NULL: report tells. */
static WOLFSSL_STACK *
make_client_ca(const otls_engine_config *config, bool backwards, otls_report *report)
{
	WOLFSSL_STACK *names = wolfSSL_sk_X509_NAME_new(NULL);

	if (names == NULL) {
		wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_sk_X509_NAME_new", MEMORY_E);
		return NULL;
	}
	for (size_t i = 0; i < config->client_ca_count; i++) {
		size_t at = backwards ? config->client_ca_count - 1 - i : i;

		if (add_client_ca(names, config->client_ca[at], report) != OTLS_OK) {
			wolfSSL_sk_X509_NAME_pop_free(names, wolfSSL_X509_NAME_free);
			return NULL;
		}
	}
	return names;
}

/* A name is pushed to the front in 5.5, and to the end in later versions: which, two names show. */
static bool
pushes_to_front(const otls_engine_config *config, otls_report *report)
{
	otls_engine_config one = { .client_ca = config->client_ca, .client_ca_count = 1 };
	WOLFSSL_STACK *names = make_client_ca(&one, false, report);
	const WOLFSSL_X509_NAME *first;
	bool front;

	if (names == NULL)
		return false; /* what comes next fails likewise */
	first = wolfSSL_sk_X509_NAME_value(names, 0);
	front = add_client_ca(names, config->client_ca[0], report) == OTLS_OK &&
		wolfSSL_sk_X509_NAME_value(names, 0) != first;
	wolfSSL_sk_X509_NAME_pop_free(names, wolfSSL_X509_NAME_free);
	return front;
}

static otls_status
set_client_ca(otls_engine_context *ctx, otls_report *report)
{
	const otls_engine_config *config = ctx->config;
	WOLFSSL_STACK *names = NULL;

	if (config->role != OTLS_ROLE_SERVER || config->client_ca_count == 0)
		return OTLS_OK;
	if ((names = make_client_ca(config, pushes_to_front(config, report), report)) == NULL)
		return OTLS_ERROR;
	wolfSSL_CTX_set_client_CA_list(ctx->ctx, names);
	return OTLS_OK;
}

/* A server takes what the client asks for; the library does so by itself. */
static otls_status
set_fragment(otls_engine_context *ctx, otls_report *report)
{
	int code;

	if (ctx->config->max_fragment == 0 || ctx->config->role == OTLS_ROLE_SERVER)
		return OTLS_OK;
	switch (ctx->config->max_fragment) {
	case 512:
		code = WOLFSSL_MFL_2_9;
		break;
	case 1024:
		code = WOLFSSL_MFL_2_10;
		break;
	case 2048:
		code = WOLFSSL_MFL_2_11;
		break;
	case 4096:
		code = WOLFSSL_MFL_2_12;
		break;
	default:
		return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wolfSSL_CTX_UseMaxFragment", "no such size");
	}
	if (wolfSSL_CTX_UseMaxFragment(ctx->ctx, (unsigned char)code) != WOLFSSL_SUCCESS)
		return wolf_fail(report, OTLS_E_BACKEND, "wolfSSL_CTX_UseMaxFragment", 0);
	return OTLS_OK;
}

/* A connection copies these when it is made, so they have to be here before it. */
static void
set_callbacks(otls_engine_context *ctx)
{
	/* With the mode on, a read that would block is tried ten times more. */
	wolfSSL_CTX_clear_mode(ctx->ctx, WOLF_MODE_AUTO_RETRY);
	wolfSSL_CTX_SetIORecv(ctx->ctx, wolf_recv);
	wolfSSL_CTX_SetIOSend(ctx->ctx, wolf_send);
	if (ctx->config->role == OTLS_ROLE_SERVER)
		wolfSSL_CTX_set_alpn_select_cb(ctx->ctx, wolf_choose_alpn, NULL);
}

otls_status
wolf_context_init(otls_engine_context *ctx, const otls_engine_config *config, otls_report *report)
{
	ctx->config = config;
	if (make_ctx(ctx, report) != OTLS_OK || set_versions(ctx, report) != OTLS_OK ||
	    set_suites(ctx, report) != OTLS_OK || set_groups(ctx, report) != OTLS_OK ||
	    set_schemes(ctx, report) != OTLS_OK || set_identity(ctx, report) != OTLS_OK ||
	    set_client_ca(ctx, report) != OTLS_OK || set_fragment(ctx, report) != OTLS_OK ||
	    wolf_set_sessions(ctx, report) != OTLS_OK)
		return OTLS_ERROR;
	set_verification(ctx);
	set_callbacks(ctx);
	wolf_set_signers(ctx);
	return OTLS_OK;
}

void
wolf_context_fini(otls_engine_context *ctx)
{
	if (ctx->ctx != NULL)
		wolfSSL_CTX_free(ctx->ctx);
	ctx->ctx = NULL;
}
