/* Private keys: passphrases, what is around a key, and the engine's own shape of it. */
#include "context/context.h"

#include "error.h"
#include "keys/keys.h"
#include "x509/pem.h"

/* == life == */

otls_key *
otls__key_ref(otls_key *key)
{
	atomic_fetch_add(&key->refs, 1);
	return key;
}

void
otls__key_free(otls_key *key)
{
	if (key == NULL || atomic_fetch_sub(&key->refs, 1) != 1)
		return;
	key->engine->key_fini(key->native);
	otls__free_secret(key->native, key->engine->key_size);
	otls__signer_free(key->signer);
	otls__free(key);
}

otls_status
otls__key_new(const otls_engine *engine, otls_key **key)
{
	otls_key *new = otls__alloc(sizeof(*new));

	if (new == NULL || (new->native = otls__alloc(engine->key_size)) == NULL) {
		otls__free(new);
		return otls__fail_memory();
	}
	atomic_init(&new->refs, 1);
	new->engine = engine;
	*key = new;
	return OTLS_OK;
}

/* == passphrases == */

otls_status
otls__passphrase(const otls_context *ctx, const char *path, char buf[OTLS_PASSWORD_MAX + 1], size_t *len)
{
	*len = 0;
	if (ctx->password != NULL) {
		*len = strlen(ctx->password);
		memcpy(buf, ctx->password, *len);
	} else if (ctx->password_fn == NULL) {
		return otls__fail(OTLS_E_PASSPHRASE, "%s: the key is encrypted, and no passphrase is set", path);
	} else if (ctx->password_fn(buf, OTLS_PASSWORD_MAX, len, path, ctx->password_arg->arg) != OTLS_ANSWER_OK) {
		return otls__fail(OTLS_E_PASSPHRASE, "%s: the password callback refused", path);
	}
	if (*len > OTLS_PASSWORD_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: a passphrase of %zu bytes", path, *len);
	return OTLS_OK;
}

otls_status
otls_context_set_password(otls_context *ctx, const char *secret)
{
	char *copy = NULL;
	size_t len = secret != NULL ? strlen(secret) : 0;

	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (len > OTLS_PASSWORD_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: a passphrase of %zu bytes", __func__, len);
	if (secret != NULL && (copy = otls__strdup(secret)) == NULL)
		return otls__fail_memory();
	if (ctx->password != NULL)
		otls__free_secret(ctx->password, strlen(ctx->password));
	ctx->password = copy;
	return OTLS_OK;
}

/* == loading == */

static otls_code
key_code(otls_code code)
{
	return code == OTLS_E_UNSUPPORTED || code == OTLS_E_MEMORY ? code : OTLS_E_FORMAT;
}

otls_status
otls__key_import(const otls_engine *engine, otls_key_form form, otls_bytes data, const char *where, otls_key **key)
{
	otls_report report = otls__report();

	*key = NULL;
	if (otls__key_new(engine, key) != OTLS_OK)
		return OTLS_ERROR;
	if (engine->key_load((*key)->native, form, data, &report) == OTLS_OK)
		return OTLS_OK;
	otls__key_free(*key);
	*key = NULL;
	return otls__fail_report(key_code(report.code), &report, "%s", where);
}

/* One padding in 256 fits a wrong passphrase by chance; what is then no key is the passphrase's fault as well. */
static otls_status
check_plain(const otls_opening *opening, const otls_secret *plain, otls_key_form wanted)
{
	otls_key_form form;
	otls_key_wrap wrap;
	uint8_t *bytes;
	size_t len;

	if (otls__key_decode(
		otls__secret_view(plain), OTLS_FILETYPE_ASN1, opening->where, &form, &wrap, &bytes, &len) != OTLS_OK)
		return otls_error_code(otls_error_last()) == OTLS_E_MEMORY ? OTLS_ERROR : otls__opening_wrong(opening);
	otls__free_secret(bytes, len);
	return form == wanted && wrap == OTLS_WRAP_NONE ? OTLS_OK : otls__opening_wrong(opening);
}

static otls_status
open_and_import(const otls_opening *opening, otls_key_wrap wrap, otls_bytes data, otls_key **key)
{
	otls_key_form form = OTLS_KEY_PKCS8;
	otls_secret plain = { 0 };
	otls_status status;

	status = wrap == OTLS_WRAP_PEM ? otls__pem_key_open(opening, data, &form, &plain)
				       : otls__pkcs8_open(opening, data, &plain);
	if (status == OTLS_OK)
		status = check_plain(opening, &plain, form);
	if (status == OTLS_OK)
		status = otls__key_import(opening->engine, form, otls__secret_view(&plain), opening->where, key);
	otls__secret_fini(&plain);
	return status;
}

static otls_status
load_encrypted(const otls_context *ctx, otls_key_wrap wrap, otls_bytes data, const char *where, otls_key **key)
{
	char secret[OTLS_PASSWORD_MAX + 1] = "";
	size_t len = 0;
	otls_status status;

	if (!ctx->engine->has(OTLS_CAP_KEY_DECRYPT))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: encrypted keys on %s", where, ctx->engine->name);
	status = otls__passphrase(ctx, where, secret, &len);
	if (status == OTLS_OK)
		status = open_and_import(
		    &(otls_opening){ .engine = ctx->engine, .passphrase = otls__bytes(secret, len), .where = where },
		    wrap, data, key);
	otls__wipe(secret, sizeof(secret));
	return status;
}

otls_status
otls__key_load(const otls_context *ctx, otls_bytes data, otls_filetype type, const char *where, otls_key **key)
{
	otls_key_form form;
	otls_key_wrap wrap;
	uint8_t *bytes;
	size_t len;
	otls_status status;

	*key = NULL;
	if (otls__key_decode(data, type, where, &form, &wrap, &bytes, &len) != OTLS_OK)
		return OTLS_ERROR;
	status = wrap == OTLS_WRAP_NONE ? otls__key_import(ctx->engine, form, otls__bytes(bytes, len), where, key)
					: load_encrypted(ctx, wrap, otls__bytes(bytes, len), where, key);
	otls__free_secret(bytes, len);
	return status;
}
