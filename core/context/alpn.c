/* Application protocols (RFC 7301) and the callbacks of a server that reads the hello. */
#include "context/context.h"
#include "error.h"

/* == lists == */

otls_bytes
otls__alpn_at(otls_bytes wire, size_t i)
{
	otls_reader r = otls__reader(wire);
	otls_bytes name = { 0 };

	do {
		name = otls__read_vector8(&r);
	} while (!r.failed && i-- > 0);
	return r.failed ? otls__bytes(NULL, 0) : name;
}

bool
otls__alpn_has(otls_bytes wire, otls_bytes name)
{
	otls_bytes other;

	for (size_t i = 0; (other = otls__alpn_at(wire, i)).data != NULL; i++)
		if (otls__bytes_equal(other, name))
			return true;
	return false;
}

static bool
has_separator(otls_bytes name)
{
	return memchr(name.data, ',', name.len) != NULL || memchr(name.data, '\0', name.len) != NULL;
}

static otls_status
check_limits(const otls_engine *engine, const char *function, otls_bytes wire)
{
	uint64_t max_count = engine->limit(OTLS_LIMIT_ALPN_COUNT);
	uint64_t max_name = engine->limit(OTLS_LIMIT_ALPN_NAME_BYTES);
	otls_bytes name;
	size_t count = 0;

	for (; (name = otls__alpn_at(wire, count)).data != NULL; count++) {
		if (!engine->has(OTLS_CAP_ALPN_BYTES) && has_separator(name))
			return otls__fail(
			    OTLS_E_UNSUPPORTED, "%s: a name with a comma or a NUL on %s", function, engine->name);
		if (max_name > 0 && name.len > max_name)
			return otls__fail(
			    OTLS_E_UNSUPPORTED, "%s: a name of %zu bytes on %s", function, name.len, engine->name);
	}
	if (max_count > 0 && count > max_count)
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: %zu names on %s", function, count, engine->name);
	return OTLS_OK;
}

otls_status
otls__alpn_parse_wire(const otls_engine *engine, const char *function, otls_bytes wire, otls_alpn_list *list)
{
	otls_reader r = otls__reader(wire);

	*list = (otls_alpn_list){ 0 };
	if (wire.len == 0)
		return OTLS_OK;
	if (wire.len > UINT16_MAX)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: more than 65535 bytes", function);
	while (!r.failed && r.len > 0)
		if (otls__read_vector8(&r).len == 0)
			r.failed = true;
	if (r.failed)
		return otls__fail(
		    OTLS_E_BAD_ARGUMENT, "%s: an empty name, or a length beyond the end of the list", function);
	if (check_limits(engine, function, wire) != OTLS_OK)
		return OTLS_ERROR;
	if ((list->wire = otls__memdup(wire.data, wire.len)) == NULL)
		return otls__fail_memory();
	list->len = wire.len;
	return OTLS_OK;
}

/* Turns every comma of ",h2,http/1.1" into the length of the name behind it: false when one is empty or too long. */
static bool
commas_to_lengths(uint8_t *wire, size_t len)
{
	size_t start = 0;

	for (size_t i = 1; i <= len; i++) {
		if (i < len && wire[i] != ',')
			continue;
		if (i - start < 2 || i - start > 256)
			return false;
		wire[start] = (uint8_t)(i - start - 1);
		start = i;
	}
	return true;
}

otls_status
otls__alpn_parse(const otls_engine *engine, const char *function, const char *text, otls_alpn_list *list)
{
	size_t len = text != NULL ? strlen(text) : 0;
	otls_status status;
	uint8_t *wire;

	*list = (otls_alpn_list){ 0 };
	if (len == 0)
		return OTLS_OK;
	if ((wire = otls__alloc(len + 1)) == NULL)
		return otls__fail_memory();
	memcpy(wire + 1, text, len);
	status = commas_to_lengths(wire, len + 1)
		     ? otls__alpn_parse_wire(engine, function, otls__bytes(wire, len + 1), list)
		     : otls__fail(
			   OTLS_E_BAD_ARGUMENT, "%s: \"%.200s\": a name is empty or over 255 bytes", function, text);
	otls__free(wire);
	return status;
}

/* == settings == */

static otls_status
replace_list(otls_context *ctx, otls_status status, otls_alpn_list list)
{
	if (status != OTLS_OK)
		return OTLS_ERROR;
	otls__free(ctx->settings.alpn.wire);
	ctx->settings.alpn = list;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_set_alpn_protos(otls_context *ctx, const char *list)
{
	otls_alpn_list parsed = { 0 };

	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	return replace_list(ctx, otls__alpn_parse(ctx->engine, __func__, list, &parsed), parsed);
}

otls_status
otls_context_set_alpn_protos_wire(otls_context *ctx, const uint8_t *list, size_t len)
{
	otls_alpn_list parsed = { 0 };
	otls_status status;

	if (ctx == NULL || (list == NULL && len > 0))
		return otls__fail_null(__func__, ctx == NULL ? "ctx" : "list");
	status = otls__alpn_parse_wire(ctx->engine, __func__, otls__bytes(list, len), &parsed);
	return replace_list(ctx, status, parsed);
}

otls_status
otls_context_set_alpn_policy(otls_context *ctx, otls_alpn_policy policy)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (policy != OTLS_ALPN_OPTIONAL && policy != OTLS_ALPN_REQUIRED)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: %d is not a policy", __func__, (int)policy);
	ctx->settings.alpn_policy = policy;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_set_alpn_select_callback(otls_context *ctx, otls_alpn_select_fn fn, void *arg, otls_free_fn free_arg)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (otls__argument_replace(&ctx->settings.alpn_select_arg, fn != NULL, arg, free_arg) != OTLS_OK)
		return OTLS_ERROR;
	ctx->settings.alpn_select = fn;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_set_servername_callback(otls_context *ctx, otls_servername_fn fn, void *arg, otls_free_fn free_arg)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (otls__argument_replace(&ctx->settings.servername_arg, fn != NULL, arg, free_arg) != OTLS_OK)
		return OTLS_ERROR;
	ctx->settings.servername = fn;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_set_password_callback(otls_context *ctx, otls_password_fn fn, void *arg, otls_free_fn free_arg)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (otls__argument_replace(&ctx->password_arg, fn != NULL, arg, free_arg) != OTLS_OK)
		return OTLS_ERROR;
	ctx->password_fn = fn;
	return OTLS_OK;
}
