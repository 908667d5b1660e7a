/* A pair from a PKCS#12 file. */
#include "context/context.h"

#include "error.h"
#include "keys/keys.h"

/* == which certificates == */

static otls_certificate *
find_leaf(const otls_key *key, const otls_pkcs12 *file)
{
	otls_error before = *otls_error_last(); /* those that do not fit are no failure of the call */
	otls_certificate *leaf = NULL;

	for (size_t i = 0; i < file->count && leaf == NULL; i++)
		if (otls__key_match(key, file->certs[i]) == OTLS_OK)
			leaf = file->certs[i];
	*otls__error_thread() = before;
	return leaf;
}

static otls_certificate *
find_issuer(const otls_pkcs12 *file, const otls_certificate *cert)
{
	for (size_t i = 0; i < file->count; i++)
		if (otls__names_equal(file->certs[i]->subject, cert->issuer))
			return file->certs[i];
	return NULL;
}

static bool
is_self_issued(const otls_certificate *cert)
{
	return otls__names_equal(cert->subject, cert->issuer);
}

/* From the leaf up, by name, as far as the file goes; a root is of no use to a peer.  A circle ends, since there is not
 * more room than there are certificates. */
static size_t
build_chain(const otls_pkcs12 *file, otls_certificate *leaf, otls_certificate **chain)
{
	size_t len = 1;

	chain[0] = leaf;
	while (len < file->count && !is_self_issued(chain[len - 1])) {
		otls_certificate *issuer = find_issuer(file, chain[len - 1]);
		if (issuer == NULL || is_self_issued(issuer))
			break;
		chain[len++] = issuer;
	}
	return len;
}

static otls_status
use_pair(otls_context *ctx, const otls_pkcs12 *file, otls_key *key, const char *where)
{
	otls_certificate **chain, *leaf = find_leaf(key, file);
	otls_status status;

	if (leaf == NULL)
		return otls__fail(
		    OTLS_E_KEY_MISMATCH, "%s: none of its %zu certificates belongs to its key", where, file->count);
	if ((chain = otls__alloc(file->count * sizeof(otls_certificate *))) == NULL)
		return otls__fail_memory();
	status = otls__pair_complete(ctx, chain, build_chain(file, leaf, chain), key);
	otls__free(chain);
	return status;
}

/* == the file == */

static otls_status
use_opened(otls_context *ctx, const otls_pkcs12 *file, const char *where)
{
	otls_key *key = NULL;
	otls_status status;

	if (file->key.data == NULL || file->count == 0)
		return otls__fail(
		    OTLS_E_FORMAT, "%s: no %s in it", where, file->key.data == NULL ? "private key" : "certificate");
	if (otls__key_import(ctx->engine, OTLS_KEY_PKCS8, otls__secret_view(&file->key), where, &key) != OTLS_OK)
		return OTLS_ERROR;
	status = use_pair(ctx, file, key, where);
	otls__key_free(key);
	return status;
}

static otls_status
use_with(otls_context *ctx, otls_bytes data, otls_bytes passphrase, const char *where)
{
	const otls_opening opening = { .engine = ctx->engine, .passphrase = passphrase, .where = where };
	otls_pkcs12 file;
	otls_status status;

	if (otls__pkcs12_open(&opening, data, &file) != OTLS_OK)
		return OTLS_ERROR;
	status = use_opened(ctx, &file, where);
	otls__pkcs12_fini(&file);
	return status;
}

static otls_status
use(otls_context *ctx, otls_bytes data, const char *passphrase, const char *where)
{
	bool own = passphrase == NULL && (ctx->password != NULL || ctx->password_fn != NULL);
	char secret[OTLS_PASSWORD_MAX + 1] = "";
	size_t len = passphrase != NULL ? strlen(passphrase) : 0;
	otls_status status;

	if (!ctx->engine->has(OTLS_CAP_KEY_DECRYPT))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: PKCS#12 on %s", where, ctx->engine->name);
	if (len > OTLS_PASSWORD_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: a passphrase of %zu bytes", where, len);
	if (!own)
		return use_with(ctx, data, otls__bytes(passphrase, len), where);
	status = otls__passphrase(ctx, where, secret, &len);
	if (status == OTLS_OK)
		status = use_with(ctx, data, otls__bytes(secret, len), where);
	otls__wipe(secret, sizeof(secret));
	return status;
}

otls_status
otls_context_use_pkcs12_mem(otls_context *ctx, const void *data, size_t len, const char *passphrase)
{
	if (ctx == NULL || data == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "data");
	if (len > OTLS_FILE_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: more than %u bytes", __func__, OTLS_FILE_MAX);
	return use(ctx, otls__bytes(data, len), passphrase, "PKCS#12 in memory");
}

otls_status
otls_context_use_pkcs12_file(otls_context *ctx, const char *path, const char *passphrase)
{
	otls_status status;
	uint8_t *data;
	size_t len;

	if (ctx == NULL || path == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "path");
	if (otls__read_file(path, OTLS_FILE_MAX, &data, &len) != OTLS_OK)
		return OTLS_ERROR;
	status = use(ctx, otls__bytes(data, len), passphrase, path);
	otls__free_secret(data, len);
	return status;
}
