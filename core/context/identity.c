/* Own certificates: reading chains and keys, matching them, completing pairs. */
#include "context/context.h"
#include "error.h"
#include "registry/registry.h"
#include "x509/certificate.h"
#include "x509/pem.h"

#define SPKI_MAX 2400 /* bytes of the largest key that is taken: RSA with 16384 bits */

/* == identities == */

/* Whether the key is the private half of what the leaf certifies: the same bits of public key.  The algorithm
 * identifiers around them may differ (a key for RSA-PSS is stored as a plain RSA key as a rule). */
otls_status
otls__key_match(const otls_key *key, const otls_certificate *leaf)
{
	otls_report report = otls__report();
	uint8_t der[SPKI_MAX];
	otls_spki spki;
	size_t len;

	if (key->engine->key_spki(key->native, der, sizeof(der), &len, &report) != OTLS_OK)
		return otls__fail_report(OTLS_E_BACKEND, &report, "reading the public half of the private key");
	if (!otls__spki_parse(otls__bytes(der, len), &spki) || !otls__bytes_equal(spki.key, leaf->spki.key))
		return otls__fail(OTLS_E_KEY_MISMATCH, "%s", otls_certificate_subject(leaf));
	return OTLS_OK;
}

/* Whether the library makes signatures by such a key in a handshake. */
static bool
signs(const otls_engine *engine, const otls_spki *key)
{
	for (size_t i = 0; i < otls__default_scheme_count; i++)
		if (otls__scheme_fits(otls__default_schemes[i], otls__spki_kind(key), key->group, OTLS_TLS1_2) &&
		    engine->supports(OTLS_KIND_SCHEME, otls__default_schemes[i]))
			return true;
	return false;
}

static otls_status
check_leaf(const otls_engine *engine, const otls_certificate *leaf)
{
	const otls_spki *spki = &leaf->spki;

	if (!signs(engine, spki) || (spki->type == OTLS_KEY_TYPE_EC && spki->group == 0))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: a key of this kind", otls_certificate_subject(leaf));
	if (leaf->has_key_usage && (leaf->key_usage & OTLS_KEY_USAGE_DIGITAL_SIGNATURE) == 0)
		return otls__fail(
		    OTLS_E_PURPOSE, "%s: the key usage has no digitalSignature", otls_certificate_subject(leaf));
	if (!spki->sound)
		return otls__fail(OTLS_E_FORMAT, "%s: the public key", otls_certificate_subject(leaf));
	return OTLS_OK;
}

otls_identity *
otls__identity_ref(otls_identity *identity)
{
	if (identity != NULL)
		atomic_fetch_add(&identity->refs, 1);
	return identity;
}

void
otls__identity_free(otls_identity *identity)
{
	if (identity == NULL || atomic_fetch_sub(&identity->refs, 1) != 1)
		return;
	otls__certificates_free(identity->chain, identity->chain_len);
	otls__free(identity->ders);
	otls__key_free(identity->key);
	otls__free(identity);
}

otls_status
otls__identity_new(int level, otls_certificate *const *chain, size_t len, otls_key *key, otls_identity **identity)
{
	otls_identity *new;

	*identity = NULL;
	if (check_leaf(key->engine, chain[0]) != OTLS_OK || otls__level_check_leaf(level, chain[0]) != OTLS_OK ||
	    otls__key_match(key, chain[0]) != OTLS_OK)
		return OTLS_ERROR;
	if ((new = otls__alloc(sizeof(*new))) == NULL)
		return otls__fail_memory();
	atomic_init(&new->refs, 1);
	new->chain = otls__alloc(len * sizeof(otls_certificate *));
	new->ders = otls__alloc(len * sizeof(*new->ders));
	if (new->chain == NULL || new->ders == NULL) {
		otls__identity_free(new);
		return otls__fail_memory();
	}
	for (size_t i = 0; i < len; i++) {
		new->chain[i] = otls_certificate_ref(chain[i]);
		new->ders[i] = otls__bytes(chain[i]->der, chain[i]->der_len);
	}
	new->chain_len = len;
	new->key = otls__key_ref(key);
	new->native = (otls_engine_identity){ .chain = new->ders, .chain_len = len, .key = key->native };
	*identity = new;
	return OTLS_OK;
}

otls_signature_kind
otls__identity_kind(const otls_identity *identity)
{
	return otls__spki_kind(&identity->chain[0]->spki);
}

/* Whether one takes the place of the other: a renewed certificate, for the same names and with the same kind of key. */
static bool
succeeds(const otls_identity *new, const otls_identity *old)
{
	const otls_certificate *a = new->chain[0], *b = old->chain[0];

	return a->spki.type == b->spki.type && a->spki.group == b->spki.group && otls__bytes_equal(a->san, b->san) &&
	       otls__names_equal(a->subject, b->subject);
}

otls_status
otls__identity_add(otls_context *ctx, otls_identity *identity)
{
	otls_settings *settings = &ctx->settings;
	otls_identity **grown;

	if (otls__level_check_leaf(settings->level, identity->chain[0]) != OTLS_OK)
		return OTLS_ERROR;

	for (size_t i = 0; i < settings->identity_count; i++) {
		if (succeeds(identity, settings->identities[i])) {
			otls__identity_ref(identity); /* it may be the same one */
			otls__identity_free(settings->identities[i]);
			settings->identities[i] = identity;
			otls__context_changed(ctx);
			return OTLS_OK;
		}
	}
	grown = otls__realloc(settings->identities, (settings->identity_count + 1) * sizeof(otls_identity *));
	if (grown == NULL)
		return otls__fail_memory();
	settings->identities = grown;
	settings->identities[settings->identity_count++] = otls__identity_ref(identity);
	otls__context_changed(ctx);
	return OTLS_OK;
}

/* == pairs == */

void
otls__half_pair_fini(otls_half_pair *half)
{
	otls__certificates_free(half->chain, half->chain_len);
	otls__key_free(half->key);
	*half = (otls_half_pair){ 0 };
}

otls_status
otls__pair_complete(otls_context *ctx, otls_certificate *const *chain, size_t len, otls_key *key)
{
	otls_identity *identity;
	otls_status status;

	if (otls__identity_new(ctx->settings.level, chain, len, key, &identity) != OTLS_OK)
		return OTLS_ERROR;
	status = otls__identity_add(ctx, identity);
	otls__identity_free(identity);
	return status;
}

/* A chain starts a pair, or completes it when the key is there already.  Takes the chain over, in any case. */
static otls_status
start_chain(otls_context *ctx, otls_certificate **chain, size_t len)
{
	otls_half_pair half = { .chain = chain, .chain_len = len };

	if (ctx->half.key != NULL) {
		otls_status status = otls__pair_complete(ctx, chain, len, ctx->half.key);

		otls__half_pair_fini(&half);
		if (status == OTLS_OK)
			otls__half_pair_fini(&ctx->half);
		return status;
	}
	otls__half_pair_fini(&ctx->half);
	ctx->half = half;
	return OTLS_OK;
}

/* A key completes the pair that was started, or waits for its chain.  Takes the key over, in any case. */
static otls_status
start_key(otls_context *ctx, otls_key *key)
{
	otls_half_pair half = { .key = key };

	if (ctx->half.chain != NULL) {
		otls_status status = otls__pair_complete(ctx, ctx->half.chain, ctx->half.chain_len, key);

		otls__half_pair_fini(&half);
		if (status == OTLS_OK)
			otls__half_pair_fini(&ctx->half);
		return status;
	}
	otls__half_pair_fini(&ctx->half);
	ctx->half = half;
	return OTLS_OK;
}

static otls_status
use_pair(otls_context *ctx, otls_bytes chain_pem, const char *chain_where, otls_bytes key_pem, const char *key_where)
{
	otls_half_pair pair = { 0 };
	otls_status status;

	status = otls__pem_certificates(chain_pem, chain_where, &pair.chain, &pair.chain_len);
	if (status == OTLS_OK)
		status = otls__key_load(ctx, key_pem, OTLS_FILETYPE_PEM, key_where, &pair.key);
	if (status == OTLS_OK)
		status = otls__pair_complete(ctx, pair.chain, pair.chain_len, pair.key);
	otls__half_pair_fini(&pair);
	return status;
}

otls_status
otls_context_use_key_pair_mem(otls_context *ctx, const void *chain, size_t chain_len, const void *key, size_t key_len)
{
	if (ctx == NULL || chain == NULL || key == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : chain == NULL ? "chain" : "key");
	if (chain_len > OTLS_FILE_MAX || key_len > OTLS_FILE_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: more than %u bytes", __func__, OTLS_FILE_MAX);
	return use_pair(
	    ctx, otls__bytes(chain, chain_len), "chain in memory", otls__bytes(key, key_len), "key in memory");
}

otls_status
otls_context_use_key_pair_file(otls_context *ctx, const char *chain_pem, const char *key_pem)
{
	uint8_t *chain = NULL, *key = NULL;
	size_t chain_len = 0, key_len = 0;
	otls_status status;

	if (ctx == NULL || chain_pem == NULL || key_pem == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : chain_pem == NULL ? "chain_pem" : "key_pem");
	status = otls__read_file(chain_pem, OTLS_FILE_MAX, &chain, &chain_len);
	if (status == OTLS_OK)
		status = otls__read_file(key_pem, OTLS_FILE_MAX, &key, &key_len);
	if (status == OTLS_OK)
		status = use_pair(ctx, otls__bytes(chain, chain_len), chain_pem, otls__bytes(key, key_len), key_pem);
	otls__free_secret(chain, chain_len); /* the chain's file may hold the key too */
	otls__free_secret(key, key_len);
	return status;
}

/* == certificates == */

otls_status
otls_context_use_certificate(otls_context *ctx, const otls_certificate *cert)
{
	otls_certificate **chain;

	if (ctx == NULL || cert == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "cert");
	if ((chain = otls__alloc(sizeof(otls_certificate *))) == NULL)
		return otls__fail_memory();
	chain[0] = otls_certificate_ref(cert);
	return start_chain(ctx, chain, 1);
}

otls_status
otls_context_use_certificate_file(otls_context *ctx, const char *path, otls_filetype type)
{
	otls_certificate *cert;
	otls_status status;

	if (ctx == NULL || path == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "path");
	if (otls_certificate_new_file(path, type, &cert) != OTLS_OK)
		return OTLS_ERROR;
	status = otls_context_use_certificate(ctx, cert);
	otls_certificate_free(cert);
	return status;
}

static otls_status
use_chain(otls_context *ctx, otls_bytes pem, const char *where)
{
	otls_certificate **chain;
	size_t len;

	if (otls__pem_certificates(pem, where, &chain, &len) != OTLS_OK)
		return OTLS_ERROR;
	return start_chain(ctx, chain, len);
}

otls_status
otls_context_use_certificate_chain_mem(otls_context *ctx, const void *pem, size_t len)
{
	if (ctx == NULL || pem == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "pem");
	if (len > OTLS_FILE_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: more than %u bytes", __func__, OTLS_FILE_MAX);
	return use_chain(ctx, otls__bytes(pem, len), "chain in memory");
}

otls_status
otls_context_use_certificate_chain_file(otls_context *ctx, const char *path)
{
	otls_status status;
	uint8_t *pem;
	size_t len;

	if (ctx == NULL || path == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "path");
	if (otls__read_file(path, OTLS_FILE_MAX, &pem, &len) != OTLS_OK)
		return OTLS_ERROR;
	status = use_chain(ctx, otls__bytes(pem, len), path);
	otls__free_secret(pem, len);
	return status;
}

/* The chain with one more certificate behind it; its certificates are borrowed. */
static otls_certificate **
longer(otls_certificate *const *chain, size_t len, const otls_certificate *cert)
{
	otls_certificate **grown = otls__alloc((len + 1) * sizeof(otls_certificate *));

	if (grown == NULL)
		return NULL;
	memcpy(grown, chain, len * sizeof(otls_certificate *));
	memcpy(&grown[len], &cert, sizeof(cert)); /* only borrowed: the const stays meant */
	return grown;
}

otls_status
otls_context_add_extra_chain_cert(otls_context *ctx, const otls_certificate *cert)
{
	otls_certificate **grown;
	otls_identity *pair;
	otls_status status;

	if (ctx == NULL || cert == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "cert");
	if (ctx->half.chain != NULL) {
		if ((grown = longer(ctx->half.chain, ctx->half.chain_len, cert)) == NULL)
			return otls__fail_memory();
		otls_certificate_ref(cert);
		otls__free(ctx->half.chain);
		ctx->half.chain = grown;
		ctx->half.chain_len++;
		return OTLS_OK;
	}
	if (ctx->settings.identity_count == 0)
		return otls__fail(OTLS_E_BAD_STATE, "%s: there is no certificate to put it behind", __func__);
	pair = ctx->settings.identities[ctx->settings.identity_count - 1];
	if ((grown = longer(pair->chain, pair->chain_len, cert)) == NULL)
		return otls__fail_memory();
	status = otls__pair_complete(
	    ctx, grown, pair->chain_len + 1, pair->key); /* the same leaf: it replaces the pair */
	otls__free(grown);
	return status;
}

/* == private keys == */

static otls_status
check_type(const char *function, otls_filetype type)
{
	if (type == OTLS_FILETYPE_PEM || type == OTLS_FILETYPE_ASN1)
		return OTLS_OK;
	return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: %d is not a file type", function, (int)type);
}

otls_status
otls_context_use_private_key_mem(otls_context *ctx, const void *data, size_t len, otls_filetype type)
{
	otls_key *key;

	if (ctx == NULL || data == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "data");
	if (len > OTLS_FILE_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: more than %u bytes", __func__, OTLS_FILE_MAX);
	if (check_type(__func__, type) != OTLS_OK ||
	    otls__key_load(ctx, otls__bytes(data, len), type, "key in memory", &key) != OTLS_OK)
		return OTLS_ERROR;
	return start_key(ctx, key);
}

otls_status
otls_context_use_private_key_file(otls_context *ctx, const char *path, otls_filetype type)
{
	otls_status status;
	otls_key *key;
	uint8_t *data;
	size_t len;

	if (ctx == NULL || path == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "path");
	if (check_type(__func__, type) != OTLS_OK || otls__read_file(path, OTLS_FILE_MAX, &data, &len) != OTLS_OK)
		return OTLS_ERROR;
	status = otls__key_load(ctx, otls__bytes(data, len), type, path, &key);
	otls__free_secret(data, len);
	return status == OTLS_OK ? start_key(ctx, key) : OTLS_ERROR;
}

otls_status
otls_context_check_private_key(const otls_context *ctx)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (ctx->half.chain != NULL)
		return otls__fail(
		    OTLS_E_INCOMPLETE_PAIR, "%s waits for its key", otls_certificate_subject(ctx->half.chain[0]));
	if (ctx->half.key != NULL)
		return otls__fail(OTLS_E_INCOMPLETE_PAIR, "a private key waits for its certificate");
	if (ctx->settings.identity_count == 0)
		return otls__fail(OTLS_E_NO_CERTIFICATE, "%s", __func__);
	return OTLS_OK;
}
