/* Keys whose signatures come from core: a provider of our own, in a library context of its own, so that no other user of
 * the library meets it.  What TLS asks such a key to sign lands in digest_sign below; all else that it asks of a key is
 * answered by an ordinary public key inside.  Each connection makes one for itself, since what signs is told of the key
 * and of nothing else. */
#include "ossl.h"

#if OSSL_HAS_PROVIDERS

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include <string.h>

#define PROPERTIES       "provider=omnitls"
#define PARAM_CONNECTION "omnitls-connection"
#define PARAM_SIGNER     "omnitls-signer"

/* == keys == */

struct remote_key {
	const char *type;
	EVP_PKEY *public;
	otls_engine_connection *conn; /* NULL: only a public key, imported to be compared */
	void *signer;
};

static void *
key_new(const char *type)
{
	struct remote_key *key = OPENSSL_zalloc(sizeof(*key));

	if (key != NULL)
		key->type = type;
	return key;
}

static void *
rsa_new(void *provider)
{
	(void)provider;
	return key_new("RSA");
}

static void *
pss_new(void *provider)
{
	(void)provider;
	return key_new("RSA-PSS");
}

static void *
ec_new(void *provider)
{
	(void)provider;
	return key_new("EC");
}

static void *
ed25519_new(void *provider)
{
	(void)provider;
	return key_new("ED25519");
}

static void *
ed448_new(void *provider)
{
	(void)provider;
	return key_new("ED448");
}

static void
key_free(void *data)
{
	struct remote_key *key = data;

	if (key == NULL)
		return;
	EVP_PKEY_free(key->public);
	OPENSSL_free(key);
}

/* There is a private half, elsewhere. */
static int
key_has(const void *data, int selection)
{
	(void)data, (void)selection;
	return 1;
}

static int
key_match(const void *one, const void *other, int selection)
{
	const struct remote_key *a = one, *b = other;

	(void)selection;
	return EVP_PKEY_eq(a->public, b->public) == 1;
}

static void
read_pointer(const OSSL_PARAM params[], const char *name, void *pointer)
{
	const OSSL_PARAM *param = OSSL_PARAM_locate_const(params, name);

	if (param != NULL && param->data_type == OSSL_PARAM_OCTET_STRING && param->data_size == sizeof(void *))
		memcpy(pointer, param->data, sizeof(void *));
}

static int
key_import(void *data, int selection, const OSSL_PARAM params[])
{
	struct remote_key *key = data;
	OSSL_PARAM *copy = OSSL_PARAM_dup(params);

	(void)selection;
	if (copy == NULL)
		return 0;
	EVP_PKEY_free(key->public);
	key->public = ossl_public_key(key->type, copy);
	OSSL_PARAM_free(copy);
	read_pointer(params, PARAM_CONNECTION, &key->conn);
	read_pointer(params, PARAM_SIGNER, &key->signer);
	return key->public != NULL;
}

/* The public half alone: with the whole of it, another provider would go on to sign. */
static int
key_export(void *data, int selection, OSSL_CALLBACK *callback, void *arg)
{
	struct remote_key *key = data;
	OSSL_PARAM *params = NULL;
	int ok = 0;

	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ||
	    EVP_PKEY_todata(key->public, EVP_PKEY_PUBLIC_KEY, &params) != 1)
		return 0;
	ok = callback(params, arg);
	OSSL_PARAM_free(params);
	return ok;
}

static const OSSL_PARAM *
key_params(int selection)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(PARAM_CONNECTION, NULL, 0),
		OSSL_PARAM_octet_string(PARAM_SIGNER, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)selection;
	return params;
}

static int
key_get_params(void *data, OSSL_PARAM params[])
{
	struct remote_key *key = data;

	return key->public != NULL && EVP_PKEY_get_params(key->public, params);
}

static const OSSL_PARAM *
key_gettable(void *provider)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)provider;
	return params;
}

/* One name that no other provider has: the library looks for an implementation by name before it takes the key's own. */
static const char *
key_operation(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "OMNITLS-REMOTE" : NULL;
}

typedef void (*function)(void);

#define KEY_FUNCTIONS(fn_new)                                                                                          \
	{                                                                                                              \
		{ OSSL_FUNC_KEYMGMT_NEW, (function)(fn_new) }, { OSSL_FUNC_KEYMGMT_FREE, (function)key_free },         \
		    { OSSL_FUNC_KEYMGMT_HAS, (function)key_has }, { OSSL_FUNC_KEYMGMT_MATCH, (function)key_match },    \
		    { OSSL_FUNC_KEYMGMT_IMPORT, (function)key_import },                                                \
		    { OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (function)key_params },                                          \
		    { OSSL_FUNC_KEYMGMT_EXPORT, (function)key_export },                                                \
		    { OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (function)key_params },                                          \
		    { OSSL_FUNC_KEYMGMT_GET_PARAMS, (function)key_get_params },                                        \
		    { OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (function)key_gettable },                                     \
		    { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (function)key_operation },                               \
		{                                                                                                      \
			0, NULL                                                                                        \
		}                                                                                                      \
	}

static const OSSL_DISPATCH rsa_functions[] = KEY_FUNCTIONS(rsa_new);
static const OSSL_DISPATCH pss_functions[] = KEY_FUNCTIONS(pss_new);
static const OSSL_DISPATCH ec_functions[] = KEY_FUNCTIONS(ec_new);
static const OSSL_DISPATCH ed25519_functions[] = KEY_FUNCTIONS(ed25519_new);
static const OSSL_DISPATCH ed448_functions[] = KEY_FUNCTIONS(ed448_new);

static const OSSL_ALGORITHM keys[] = {
	{ "RSA:rsaEncryption", PROPERTIES, rsa_functions, NULL },
	{ "RSA-PSS:RSASSA-PSS", PROPERTIES, pss_functions, NULL },
	{ "EC:id-ecPublicKey", PROPERTIES, ec_functions, NULL },
	{ "ED25519", PROPERTIES, ed25519_functions, NULL },
	{ "ED448", PROPERTIES, ed448_functions, NULL },
	{ NULL, NULL, NULL, NULL },
};

/* == signing == */

struct signing {
	const struct remote_key *key;
	const EVP_MD *md; /* NULL: the message is signed as it is */
	bool pss;
};

static void *
signing_new(void *provider, const char *properties)
{
	(void)provider, (void)properties;
	return OPENSSL_zalloc(sizeof(struct signing));
}

static void
signing_free(void *data)
{
	OPENSSL_free(data);
}

static const EVP_MD *
digest_by_name(const char *name)
{
	for (otls_hash hash = OTLS_HASH_SHA1; hash <= OTLS_HASH_SHA512; hash++) {
		EVP_MD *fetched = NULL;
		bool same = false;

		if (ossl_digest(hash) == NULL)
			continue;
		fetched = EVP_MD_fetch(NULL, name, NULL);
		same = fetched != NULL && EVP_MD_get_type(fetched) == EVP_MD_get_type(ossl_digest(hash));
		EVP_MD_free(fetched);
		if (same)
			return ossl_digest(hash);
	}
	return NULL;
}

/* The padding comes by name in some versions and by number in others. */
static bool
means_pss(const OSSL_PARAM *param)
{
	int number = 0;

	if (param->data_type == OSSL_PARAM_UTF8_STRING)
		return strcmp(param->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0;
	return OSSL_PARAM_get_int(param, &number) == 1 && number == RSA_PKCS1_PSS_PADDING;
}

/* Of what can be set the padding alone matters: hash and salt are what the scheme says. */
static int
signing_set(void *data, const OSSL_PARAM params[])
{
	const OSSL_PARAM *padding = params != NULL ? OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PAD_MODE) : NULL;
	struct signing *signing = data;

	if (padding != NULL)
		signing->pss = means_pss(padding);
	return 1;
}

static const OSSL_PARAM *
signing_settable(void *data, void *provider)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)data, (void)provider;
	return params;
}

static int
signing_init(void *data, const char *digest, void *key, const OSSL_PARAM params[])
{
	struct signing *signing = data;

	signing->key = key;
	signing->pss = EVP_PKEY_get_base_id(signing->key->public) == EVP_PKEY_RSA_PSS;
	signing->md = NULL;
	if (digest != NULL && digest[0] != '\0' && (signing->md = digest_by_name(digest)) == NULL)
		return 0;
	return signing_set(signing, params);
}

/* 0: none. */
static uint16_t
asked_scheme(const struct signing *signing)
{
	int type = EVP_PKEY_get_base_id(signing->key->public);

	return ossl_scheme_of(signing->pss ? EVP_PKEY_RSA_PSS : type,
	    signing->md != NULL ? EVP_MD_get_type(signing->md) : NID_undef, type);
}

static int
sign_now(const struct signing *signing, uint8_t *sig, size_t *sig_len, size_t size, otls_bytes message)
{
	const otls_engine_connection *conn = signing->key->conn;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;
	otls_bytes tbs = message;
	otls_status status;

	if (signing->md != NULL) {
		if (EVP_Digest(message.data, message.len, digest, &digest_len, signing->md, NULL) != 1)
			return 0;
		tbs = (otls_bytes){ .data = digest, .len = digest_len };
	}
	status = conn->calls->sign(conn->host, signing->key->signer, asked_scheme(signing), tbs, sig, size, sig_len);
	ERR_clear_error(); /* of what the program asked the library meanwhile */
	return status == OTLS_OK;
}

static int
digest_sign(void *data, unsigned char *sig, size_t *sig_len, size_t size, const unsigned char *tbs, size_t tbs_len)
{
	const struct signing *signing = data;

	if (sig == NULL) {
		*sig_len = (size_t)EVP_PKEY_get_size(signing->key->public);
		return 1;
	}
	if (signing->key->conn == NULL)
		return 0;
	return sign_now(signing, sig, sig_len, size, (otls_bytes){ .data = tbs, .len = tbs_len });
}

static const OSSL_DISPATCH signing_functions[] = {
	{ OSSL_FUNC_SIGNATURE_NEWCTX, (function)signing_new },
	{ OSSL_FUNC_SIGNATURE_FREECTX, (function)signing_free },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (function)signing_init },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (function)digest_sign },
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (function)signing_set },
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (function)signing_settable },
	{ 0, NULL },
};

static const OSSL_ALGORITHM signatures[] = {
	{ "OMNITLS-REMOTE", PROPERTIES, signing_functions, NULL },
	{ NULL, NULL, NULL, NULL },
};

/* == the provider == */

static OSSL_LIB_CTX *world; /* written by init, only read afterwards */

static const OSSL_ALGORITHM *
provider_query(void *provider, int operation, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return keys;
	case OSSL_OP_SIGNATURE:
		return signatures;
	default:
		return NULL;
	}
}

static int
provider_init(
    const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **functions, void **provider)
{
	static const OSSL_DISPATCH table[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (function)provider_query },
		{ 0, NULL },
	};

	(void)handle, (void)core;
	*functions = table;
	*provider = &world;
	return 1;
}

bool
ossl_remote_init(void)
{
	world = OSSL_LIB_CTX_new();
	return world != NULL && OSSL_PROVIDER_add_builtin(world, "omnitls", provider_init) == 1 &&
	       OSSL_PROVIDER_load(world, "omnitls") != NULL;
}

/* == keys of connections == */

static EVP_PKEY *
key_from(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(world, type, PROPERTIES);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

EVP_PKEY *
ossl_remote_key(const otls_engine_key *key, otls_engine_connection *conn)
{
	void *signer = key->signer;
	OSSL_PARAM own[] = {
		OSSL_PARAM_octet_string(PARAM_CONNECTION, &conn, sizeof(conn)),
		OSSL_PARAM_octet_string(PARAM_SIGNER, &signer, sizeof(signer)),
		OSSL_PARAM_END,
	};
	OSSL_PARAM *public = NULL, *all = NULL;
	EVP_PKEY *pkey = NULL;

	if (EVP_PKEY_todata(key->pkey, EVP_PKEY_PUBLIC_KEY, &public) == 1 &&
	    (all = OSSL_PARAM_merge(public, own)) != NULL)
		pkey = key_from(EVP_PKEY_get0_type_name(key->pkey), all);
	OPENSSL_free(all); /* a list of what the other two hold */
	OSSL_PARAM_free(public);
	return pkey;
}

#else

bool
ossl_remote_init(void)
{
	return true;
}

EVP_PKEY *
ossl_remote_key(const otls_engine_key *key, otls_engine_connection *conn)
{
	(void)key, (void)conn;
	return NULL;
}

#endif

otls_status
ossl_key_remote(otls_engine_key *key, otls_bytes spki, void *signer, otls_report *report)
{
	const unsigned char *p = spki.data;

	ossl_begin();
	key->pkey = d2i_PUBKEY(NULL, &p, (long)spki.len);
	if (key->pkey == NULL || p != spki.data + spki.len)
		return ossl_fail_because(report, OTLS_E_UNSUPPORTED, "key_remote", "no public key");
	key->signer = signer;
	return OTLS_OK;
}
