/* A context's sessions and tickets. */
#include "context/context.h"

#include "error.h"

#define TICKETS_MAX  16
#define LIFETIME_MAX 604800 /* RFC 8446, section 4.6.1 */

static otls_status
check(const otls_context *ctx, const char *function)
{
	if (ctx == NULL)
		return otls__fail_null(function, "ctx");
	return ctx->engine->has(OTLS_CAP_SESSION)
		   ? OTLS_OK
		   : otls__fail(OTLS_E_UNSUPPORTED, "%s: %s resumes no sessions", function, ctx->engine->library);
}

otls_status
otls_context_set_session_callback(otls_context *ctx, otls_session_fn fn, void *arg, otls_free_fn free_arg)
{
	if (check(ctx, __func__) != OTLS_OK ||
	    otls__argument_replace(&ctx->settings.session_arg, fn != NULL, arg, free_arg) != OTLS_OK)
		return OTLS_ERROR;
	ctx->settings.session = fn;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_set_ticket_count(otls_context *ctx, unsigned count)
{
	if (check(ctx, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (count > TICKETS_MAX)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: %u is more than %d", __func__, count, TICKETS_MAX);
	ctx->settings.ticket_count = count;
	otls__context_changed(ctx);
	return OTLS_OK;
}

unsigned
otls_context_ticket_count(const otls_context *ctx)
{
	return ctx != NULL ? ctx->settings.ticket_count : 0;
}

otls_status
otls_context_set_ticket_keys(otls_context *ctx, const uint8_t *keys, size_t count)
{
	if (check(ctx, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (keys == NULL && count > 0)
		return otls__fail_null(__func__, "keys");
	if (count > OTLS_TICKET_KEYS_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: %zu keys, at most %d", __func__, count, OTLS_TICKET_KEYS_MAX);
	otls__wipe(ctx->settings.ticket_keys, sizeof(ctx->settings.ticket_keys));
	if (count > 0)
		memcpy(ctx->settings.ticket_keys, keys, count * OTLS_TICKET_KEY_BYTES);
	ctx->settings.ticket_key_count = count;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_set_session_timeout(otls_context *ctx, int64_t seconds)
{
	if (check(ctx, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (seconds < 1 || seconds > LIFETIME_MAX)
		return otls__fail(
		    OTLS_E_BAD_ARGUMENT, "%s: %lld seconds, not 1 to %d", __func__, (long long)seconds, LIFETIME_MAX);
	ctx->settings.session_timeout = seconds;
	otls__context_changed(ctx);
	return OTLS_OK;
}

int64_t
otls_context_session_timeout(const otls_context *ctx)
{
	return ctx != NULL ? ctx->settings.session_timeout : 0;
}

otls_status
otls_context_set_session_id_context(otls_context *ctx, const void *id, size_t len)
{
	if (check(ctx, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (id == NULL && len > 0)
		return otls__fail_null(__func__, "id");
	if (len > sizeof(ctx->settings.session_id_context))
		return otls__fail(OTLS_E_LIMIT, "%s: %zu bytes, at most %zu", __func__, len,
		    sizeof(ctx->settings.session_id_context));
	if (len > 0)
		memcpy(ctx->settings.session_id_context, id, len);
	ctx->settings.session_id_context_len = len;
	otls__context_changed(ctx);
	return OTLS_OK;
}
