/* A context's cipher suites. */
#include "context/context.h"

#include "error.h"
#include "registry/registry.h"

/* Leaves those that the backend has. */
static void
keep_supported(const otls_engine *engine, otls_id_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (engine->supports(OTLS_KIND_SUITE, list->ids[i]))
			list->ids[kept++] = list->ids[i];
	list->count = kept;
}

static otls_status
replace(otls_context *ctx, const char *function, const char *text, otls_id_list *in_force, otls_id_list *list)
{
	keep_supported(ctx->engine, list);
	if (list->count == 0) {
		otls__free(list->ids);
		return otls__fail(
		    OTLS_E_UNSUPPORTED, "%s: %s has none of \"%.200s\"", function, ctx->engine->library, text);
	}
	otls__free(in_force->ids);
	*in_force = *list;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_set_cipher_list(otls_context *ctx, const char *list)
{
	otls_id_list resolved;

	if (ctx == NULL || list == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "list");
	if (otls__cipher_list_resolve(__func__, list, &resolved.ids, &resolved.count) != OTLS_OK)
		return OTLS_ERROR;
	return replace(ctx, __func__, list, &ctx->settings.suites, &resolved);
}

otls_status
otls_context_set_ciphersuites(otls_context *ctx, const char *list)
{
	otls_id_list resolved;

	if (ctx == NULL || list == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "list");
	if (otls__ciphersuites_resolve(__func__, list, &resolved.ids, &resolved.count) != OTLS_OK)
		return OTLS_ERROR;
	return replace(ctx, __func__, list, &ctx->settings.suites13, &resolved);
}
