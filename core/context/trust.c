/* A context's trust: stores, verify mode, depth and flags, pins, and the verify callback. */
#include "context/context.h"
#include "error.h"

#define DEPTH_MAX 100
#define KNOWN_MODES                                                                                                    \
	(OTLS_VERIFY_REQUIRE | OTLS_VERIFY_CLIENT_ONCE | OTLS_VERIFY_INSECURE_NONE | OTLS_VERIFY_POST_HANDSHAKE)
#define OCSP_FLAGS  (OTLS_VERIFY_FLAG_OCSP | OTLS_VERIFY_FLAG_OCSP_REQUIRE)
#define KNOWN_FLAGS (OTLS_PATH_FLAGS | OTLS_VERIFY_FLAG_NATIVE_TOO | OCSP_FLAGS)

/* Starts a change: a store with what is trusted now, to be added to.  The store in force is never touched, since it
 * may be shared, and since a change that fails half-way must leave it as it was. */
static otls_status
begin(const otls_context *ctx, otls_store **store)
{
	return ctx->settings.store != NULL ? otls__store_copy(ctx->settings.store, store) : otls_store_new(store);
}

/* Ends it: puts the new store in force when all went well. */
static otls_status
finish(otls_context *ctx, otls_store *store, otls_status status)
{
	if (status != OTLS_OK) {
		otls_store_free(store);
		return OTLS_ERROR;
	}
	otls_store_free(ctx->settings.store);
	ctx->settings.store = store;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_load_verify_locations(otls_context *ctx, const char *file, const char *dir)
{
	otls_store *store = NULL;
	otls_status status;

	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (file == NULL && dir == NULL)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: file and dir are both NULL", __func__);
	status = begin(ctx, &store);
	if (status == OTLS_OK && file != NULL)
		status = otls_store_add_file(store, file);
	if (status == OTLS_OK && dir != NULL)
		status = otls_store_add_directory(store, dir);
	return finish(ctx, store, status);
}

otls_status
otls_context_load_verify_mem(otls_context *ctx, const void *pem, size_t len)
{
	otls_store *store = NULL;
	otls_status status;

	if (ctx == NULL || pem == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "pem");
	status = begin(ctx, &store);
	if (status == OTLS_OK)
		status = otls_store_add_pem(store, pem, len);
	return finish(ctx, store, status);
}

otls_status
otls_context_set_default_verify_paths(otls_context *ctx)
{
	otls_store *store = NULL;
	otls_status status;

	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	status = begin(ctx, &store);
	if (status == OTLS_OK)
		status = otls_store_add_platform(store);
	return finish(ctx, store, status);
}

otls_status
otls_context_set_store(otls_context *ctx, otls_store *store)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	return finish(ctx, otls_store_ref(store), OTLS_OK);
}

const otls_store *
otls_context_store(const otls_context *ctx)
{
	return ctx != NULL ? ctx->settings.store : NULL;
}

otls_status
otls_context_set_verify(otls_context *ctx, uint64_t mode)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (otls__verify_mode_check(__func__, ctx->settings.method, mode) != OTLS_OK ||
	    otls__verify_mode_can(ctx->engine, __func__, mode) != OTLS_OK)
		return OTLS_ERROR;
	ctx->settings.verify_mode = mode;
	ctx->settings.verify_mode_set = true;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls__verify_mode_can(const otls_engine *engine, const char *function, uint64_t mode)
{
	if ((mode & OTLS_VERIFY_POST_HANDSHAKE) == 0 || engine->has(OTLS_CAP_POST_HANDSHAKE_AUTH))
		return OTLS_OK;
	return otls__fail(OTLS_E_UNSUPPORTED, "%s: POST_HANDSHAKE on %s", function, engine->library);
}

otls_status
otls__verify_mode_check(const char *function, otls_method method, uint64_t mode)
{
	if ((mode & ~KNOWN_MODES) != 0)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: unknown bits in mode", function);
	if ((mode & OTLS_VERIFY_INSECURE_NONE) != 0 && mode != OTLS_VERIFY_INSECURE_NONE)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: INSECURE_NONE goes with nothing else", function);
	if ((mode & OTLS_VERIFY_FAIL_IF_NO_PEER_CERT) != 0 && (mode & OTLS_VERIFY_PEER) == 0)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: FAIL_IF_NO_PEER_CERT goes with PEER", function);
	if ((mode & OTLS_VERIFY_POST_HANDSHAKE) != 0 &&
	    ((mode & OTLS_VERIFY_PEER) == 0 || method == OTLS_METHOD_TLS_CLIENT))
		return otls__fail(
		    OTLS_E_BAD_ARGUMENT, "%s: POST_HANDSHAKE is for servers, and goes with PEER", function);
	if (method == OTLS_METHOD_TLS_CLIENT && mode == OTLS_VERIFY_NONE)
		return otls__fail(
		    OTLS_E_BAD_ARGUMENT, "%s: a client that checks nothing needs INSECURE_NONE", function);
	if (method == OTLS_METHOD_TLS_SERVER && mode == OTLS_VERIFY_INSECURE_NONE)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: INSECURE_NONE is for clients, a server has NONE", function);
	return OTLS_OK;
}

uint64_t
otls_context_verify_mode(const otls_context *ctx)
{
	if (ctx == NULL)
		return 0;
	return otls__settings_verify_mode(&ctx->settings,
	    otls__settings_serve(&ctx->settings, OTLS_ROLE_CLIENT) ? OTLS_ROLE_CLIENT : OTLS_ROLE_SERVER);
}

otls_status
otls_context_set_verify_depth(otls_context *ctx, int intermediates)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (intermediates < 0 || intermediates > DEPTH_MAX)
		return otls__fail(
		    OTLS_E_BAD_ARGUMENT, "%s: %d is not between 0 and %d", __func__, intermediates, DEPTH_MAX);
	ctx->settings.verify_depth = intermediates;
	otls__context_changed(ctx);
	return OTLS_OK;
}

int
otls_context_verify_depth(const otls_context *ctx)
{
	return ctx != NULL ? ctx->settings.verify_depth : -1;
}

otls_status
otls_context_set_verify_flags(otls_context *ctx, uint64_t flags)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if ((flags & ~KNOWN_FLAGS) != 0)
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: unknown flags", __func__);
	if ((flags & OTLS_VERIFY_FLAG_NATIVE_TOO) != 0 && !ctx->engine->has(OTLS_CAP_NATIVE_VERIFY))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: NATIVE_TOO on %s", __func__, ctx->engine->name);
	if ((flags & OCSP_FLAGS) != 0 && !ctx->engine->has(OTLS_CAP_OCSP_CLIENT))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: OCSP on %s", __func__, ctx->engine->name);
	if ((flags & OCSP_FLAGS) != 0 && !otls__settings_serve(&ctx->settings, OTLS_ROLE_CLIENT))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: OCSP in a server's context", __func__);
	ctx->settings.verify_flags = flags;
	otls__context_changed(ctx);
	return OTLS_OK;
}

uint64_t
otls_context_verify_flags(const otls_context *ctx)
{
	return ctx != NULL ? ctx->settings.verify_flags : 0;
}

/* == pins and the callback == */

static otls_status
add_pins(otls_context *ctx, const char *function, const char *pin, otls_pin_list *list)
{
	if (pin == NULL)
		return otls__fail_null(function, "pin");
	if (otls__pins_add(list, function, pin) != OTLS_OK)
		return OTLS_ERROR;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_pin_spki(otls_context *ctx, const char *pin)
{
	return ctx != NULL ? add_pins(ctx, __func__, pin, &ctx->settings.pins) : otls__fail_null(__func__, "ctx");
}

otls_status
otls_context_trust_spki(otls_context *ctx, const char *pin)
{
	return ctx != NULL ? add_pins(ctx, __func__, pin, &ctx->settings.trusted_keys)
			   : otls__fail_null(__func__, "ctx");
}

otls_status
otls_context_set_verify_callback(otls_context *ctx, otls_verify_fn fn, void *arg, otls_free_fn free_arg)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (otls__argument_replace(&ctx->settings.verify_arg, fn != NULL, arg, free_arg) != OTLS_OK)
		return OTLS_ERROR;
	ctx->settings.verify = fn;
	otls__context_changed(ctx);
	return OTLS_OK;
}
