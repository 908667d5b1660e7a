/* A context's lists: cipher suites, groups, signature schemes. */
#include "context/context.h"

#include "error.h"
#include "registry/registry.h"

/* Leaves those that are allowed.  Whether the backend has any of them is told: otherwise it is the level that they are
 * too weak for. */
static bool
keep_allowed(const otls_context *ctx, otls_kind kind, otls_id_list *list)
{
	bool supported = false;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		supported = supported || ctx->engine->supports(kind, list->ids[i]);
		if (otls__allows(ctx->engine, &ctx->settings, kind, list->ids[i]))
			list->ids[kept++] = list->ids[i];
	}
	list->count = kept;
	return supported;
}

static otls_status
replace(otls_context *ctx, const char *function, otls_kind kind, const char *text, otls_id_list *in_force,
    otls_id_list *list)
{
	bool supported = keep_allowed(ctx, kind, list);

	if (list->count == 0) {
		otls__free(list->ids);
		return supported ? otls__fail(OTLS_E_BAD_ARGUMENT, "%s: security level %d allows none of \"%.200s\"",
				       function, ctx->settings.level, text)
				 : otls__fail(OTLS_E_UNSUPPORTED, "%s: %s has none of \"%.200s\"", function,
				       ctx->engine->library, text);
	}
	otls__free(in_force->ids);
	*in_force = *list;
	otls__context_changed(ctx);
	return OTLS_OK;
}

/* == suites == */

otls_status
otls_context_set_cipher_list(otls_context *ctx, const char *list)
{
	otls_id_list resolved;

	if (ctx == NULL || list == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "list");
	if (otls__cipher_list_resolve(__func__, list, &resolved.ids, &resolved.count) != OTLS_OK)
		return OTLS_ERROR;
	return replace(ctx, __func__, OTLS_KIND_SUITE, list, &ctx->settings.suites, &resolved);
}

otls_status
otls_context_set_ciphersuites(otls_context *ctx, const char *list)
{
	otls_id_list resolved;

	if (ctx == NULL || list == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "list");
	if (otls__ciphersuites_resolve(__func__, list, &resolved.ids, &resolved.count) != OTLS_OK)
		return OTLS_ERROR;
	return replace(ctx, __func__, OTLS_KIND_SUITE, list, &ctx->settings.suites13, &resolved);
}

/* == groups and schemes == */

static otls_status
set_groups(otls_context *ctx, const char *function, const char *list)
{
	otls_id_list resolved;

	if (otls__groups_resolve(function, list, &resolved.ids, &resolved.count) != OTLS_OK)
		return OTLS_ERROR;
	return replace(ctx, function, OTLS_KIND_GROUP, list, &ctx->settings.groups, &resolved);
}

otls_status
otls_context_set_groups(otls_context *ctx, const char *list)
{
	if (ctx == NULL || list == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "list");
	return set_groups(ctx, __func__, list);
}

otls_status
otls_context_set_tmp_ecdh(otls_context *ctx, const char *group)
{
	if (ctx == NULL || group == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "group");
	if (strpbrk(group, ":, ;") != NULL)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: \"%.200s\" is more than one group", __func__, group);
	return set_groups(ctx, __func__, group);
}

otls_status
otls_context_set_signature_schemes(otls_context *ctx, const char *list)
{
	otls_id_list resolved;

	if (ctx == NULL || list == NULL)
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "list");
	if (otls__schemes_resolve(__func__, list, &resolved.ids, &resolved.count) != OTLS_OK)
		return OTLS_ERROR;
	return replace(ctx, __func__, OTLS_KIND_SCHEME, list, &ctx->settings.schemes, &resolved);
}

/* The i-th that is allowed; 0: no such one. */
static uint16_t
allowed_at(const otls_context *ctx, otls_kind kind, const otls_id_list *own, size_t i)
{
	otls_id_list list = otls__list_in_force(own, kind);

	for (size_t at = 0; at < list.count; at++)
		if (otls__allows(ctx->engine, &ctx->settings, kind, list.ids[at]) && i-- == 0)
			return list.ids[at];
	return 0;
}

const char *
otls_context_group_at(const otls_context *ctx, size_t i)
{
	uint16_t group = ctx != NULL ? allowed_at(ctx, OTLS_KIND_GROUP, &ctx->settings.groups, i) : 0;

	return group != 0 ? otls__group_name(group) : NULL;
}

const char *
otls_context_signature_scheme_at(const otls_context *ctx, size_t i)
{
	uint16_t scheme = ctx != NULL ? allowed_at(ctx, OTLS_KIND_SCHEME, &ctx->settings.schemes, i) : 0;

	return scheme != 0 ? otls__scheme_name(scheme) : NULL;
}
