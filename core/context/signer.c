/* Keys that are behind a callback, and identities of the program's own. */
#include "context/context.h"

#include "error.h"
#include "x509/certificate.h"
#include "x509/pem.h"

/* == keys == */

void
otls__signer_free(otls_signer *signer)
{
	if (signer == NULL)
		return;
	otls__argument_free(signer->argument);
	otls_certificate_free(signer->leaf);
	otls__free(signer);
}

static otls_status
signer_new(const otls_certificate *leaf, otls_sign_fn sign, otls_signer **signer)
{
	otls_signer *new = otls__alloc(sizeof(*new));

	if (new == NULL)
		return otls__fail_memory();
	new->fn = sign;
	new->leaf = otls_certificate_ref(leaf);
	*signer = new;
	return OTLS_OK;
}

otls_status
otls__key_remote(
    const otls_engine *engine, const otls_certificate *leaf, otls_sign_fn sign, otls_argument *argument, otls_key **key)
{
	otls_report report = otls__report();
	otls_key *new = NULL;

	*key = NULL;
	if (!engine->has(OTLS_CAP_KEY_CALLBACK))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: private keys behind a callback", engine->name);
	if (otls__key_new(engine, &new) != OTLS_OK)
		return OTLS_ERROR;
	if (signer_new(leaf, sign, &new->signer) != OTLS_OK) {
		otls__key_free(new);
		return OTLS_ERROR;
	}
	if (engine->key_remote(new->native, leaf->spki.der, new->signer, &report) != OTLS_OK) {
		otls__key_free(new);
		return otls__fail_report(report.code == OTLS_E_UNSUPPORTED ? OTLS_E_UNSUPPORTED : OTLS_E_BACKEND,
		    &report, "%s: a key of this kind behind a callback", otls_certificate_subject(leaf));
	}
	new->signer->argument = argument;
	*key = new;
	return OTLS_OK;
}

static otls_status
remote_identity(const otls_context *ctx, otls_certificate *const *chain, size_t len, otls_sign_fn sign, void *arg,
    otls_free_fn free_arg, otls_identity **identity)
{
	otls_argument *argument = otls__argument_new(arg, NULL);
	otls_status status = OTLS_ERROR;
	otls_key *key;

	*identity = NULL;
	if (argument == NULL)
		return otls__fail_memory();
	if (otls__key_remote(ctx->engine, chain[0], sign, argument, &key) != OTLS_OK) {
		otls__argument_free(argument);
		return OTLS_ERROR;
	}
	status = otls__identity_new(ctx->settings.level, chain, len, key, identity);
	if (status == OTLS_OK)
		argument->free_arg = free_arg; /* a call that fails leaves it to the caller */
	otls__key_free(key);
	return status;
}

otls_status
otls_context_use_private_key_callback(otls_context *ctx, otls_sign_fn sign, void *arg, otls_free_fn free_arg)
{
	otls_identity *identity;
	otls_status status;

	if (ctx == NULL || sign == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "sign");
	if (ctx->half.chain == NULL)
		return otls__fail(OTLS_E_BAD_STATE, "%s: the certificate is to be set first", __func__);
	if (remote_identity(ctx, ctx->half.chain, ctx->half.chain_len, sign, arg, NULL, &identity) != OTLS_OK)
		return OTLS_ERROR;
	status = otls__identity_add(ctx, identity);
	if (status == OTLS_OK) {
		identity->key->signer->argument->free_arg = free_arg;
		otls__half_pair_fini(&ctx->half);
	}
	otls_identity_free(identity);
	return status;
}

/* == identities == */

otls_status
otls_identity_new(const otls_context *ctx, const void *chain, size_t chain_len, const void *key, size_t key_len,
    otls_identity **identity)
{
	otls_certificate **certs;
	otls_status status;
	otls_key *loaded;
	size_t count;

	if (identity == NULL)
		return otls__fail_null(__func__, "identity");
	*identity = NULL;
	if (ctx == NULL || chain == NULL || key == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : chain == NULL ? "chain" : "key");
	if (chain_len > OTLS_FILE_MAX || key_len > OTLS_FILE_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: more than %u bytes", __func__, OTLS_FILE_MAX);
	if (otls__pem_certificates(otls__bytes(chain, chain_len), "chain in memory", &certs, &count) != OTLS_OK)
		return OTLS_ERROR;
	status = otls__key_load(ctx, otls__bytes(key, key_len), OTLS_FILETYPE_PEM, "key in memory", &loaded);
	if (status == OTLS_OK) {
		status = otls__identity_new(ctx->settings.level, certs, count, loaded, identity);
		otls__key_free(loaded);
	}
	otls__certificates_free(certs, count);
	return status;
}

otls_status
otls_identity_new_callback(const otls_context *ctx, const void *chain, size_t chain_len, otls_sign_fn sign, void *arg,
    otls_free_fn free_arg, otls_identity **identity)
{
	otls_certificate **certs;
	otls_status status;
	size_t count;

	if (identity == NULL)
		return otls__fail_null(__func__, "identity");
	*identity = NULL;
	if (ctx == NULL || chain == NULL || sign == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : chain == NULL ? "chain" : "sign");
	if (chain_len > OTLS_FILE_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: more than %u bytes", __func__, OTLS_FILE_MAX);
	if (otls__pem_certificates(otls__bytes(chain, chain_len), "chain in memory", &certs, &count) != OTLS_OK)
		return OTLS_ERROR;
	status = remote_identity(ctx, certs, count, sign, arg, free_arg, identity);
	otls__certificates_free(certs, count);
	return status;
}

otls_identity *
otls_identity_ref(const otls_identity *identity)
{
	otls_identity *counted = NULL;

	memcpy(&counted, &identity, sizeof(counted)); /* only the count changes */
	return otls__identity_ref(counted);
}

void
otls_identity_free(otls_identity *identity)
{
	otls__identity_free(identity);
}

const otls_certificate *
otls_identity_certificate_at(const otls_identity *identity, size_t i)
{
	return identity != NULL && i < identity->chain_len ? identity->chain[i] : NULL;
}

const otls_identity *
otls_context_identity_at(const otls_context *ctx, size_t i)
{
	return ctx != NULL && i < ctx->settings.identity_count ? ctx->settings.identities[i] : NULL;
}

otls_status
otls_context_use_identity(otls_context *ctx, const otls_identity *identity)
{
	otls_identity *added;
	otls_status status;

	if (ctx == NULL || identity == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "identity");
	if (identity->key->engine != ctx->engine)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: the identity is for another backend", __func__);
	added = otls_identity_ref(identity);
	status = otls__identity_add(ctx, added);
	otls_identity_free(added);
	return status;
}
