/* What a server staples, and the callbacks of both sides. */
#include "context/context.h"
#include "error.h"
#include "x509/certificate.h"
#include "x509/ocsp.h"

/* == the list == */

static void
staple_free(otls_staple *staple)
{
	if (staple == NULL || atomic_fetch_sub(&staple->refs, 1) != 1)
		return;
	otls_certificate_free(staple->leaf);
	otls__free((void *)(uintptr_t)staple->response.data);
	otls__free(staple);
}

bool
otls__staples_copy(const otls_settings *settings, otls_settings *copy)
{
	if (settings->staple_count == 0)
		return true;
	if ((copy->staples = otls__alloc(settings->staple_count * sizeof(*copy->staples))) == NULL)
		return false;
	for (; copy->staple_count < settings->staple_count; copy->staple_count++) {
		copy->staples[copy->staple_count] = settings->staples[copy->staple_count];
		atomic_fetch_add(&copy->staples[copy->staple_count]->refs, 1);
	}
	return true;
}

void
otls__staples_fini(otls_settings *settings)
{
	for (size_t i = 0; i < settings->staple_count; i++)
		staple_free(settings->staples[i]);
	otls__free(settings->staples);
	settings->staples = NULL;
	settings->staple_count = 0;
}

static bool
is_same(const otls_certificate *a, const otls_certificate *b)
{
	return otls__bytes_equal(otls__bytes(a->der, a->der_len), otls__bytes(b->der, b->der_len));
}

static size_t
place_of(const otls_settings *settings, const otls_certificate *leaf)
{
	size_t i = 0;

	while (i < settings->staple_count && !is_same(settings->staples[i]->leaf, leaf))
		i++;
	return i;
}

otls_bytes
otls__staples_find(const otls_settings *settings, const otls_certificate *leaf, int64_t now)
{
	size_t i = place_of(settings, leaf);

	if (i == settings->staple_count || settings->staples[i]->next_update < now)
		return otls__bytes(NULL, 0);
	return settings->staples[i]->response;
}

/* Takes the response over when OK. */
static otls_status
keep(otls_settings *settings, otls_certificate *leaf, otls_bytes response, int64_t next_update)
{
	size_t i = place_of(settings, leaf);
	otls_staple *new = otls__alloc(sizeof(*new));
	otls_staple **grown;

	if (new == NULL)
		return otls__fail_memory();
	if (i == settings->staple_count) {
		if ((grown = otls__realloc(settings->staples, (i + 1) * sizeof(*grown))) == NULL) {
			otls__free(new);
			return otls__fail_memory();
		}
		settings->staples = grown;
		settings->staples[settings->staple_count++] = NULL;
	}
	atomic_init(&new->refs, 1);
	new->leaf = otls_certificate_ref(leaf);
	new->response = response;
	new->next_update = next_update;
	staple_free(settings->staples[i]);
	settings->staples[i] = new;
	return OTLS_OK;
}

/* == setting one == */

/* As far as the chain tells: a root is seldom in it. */
static const otls_certificate *
issuer_of(const otls_identity *identity)
{
	const otls_certificate *leaf = identity->chain[0];

	if (identity->chain_len > 1 && otls__names_equal(leaf->issuer, identity->chain[1]->subject))
		return identity->chain[1];
	return otls__names_equal(leaf->issuer, leaf->subject) ? leaf : NULL;
}

static otls_identity *
find_identity(const otls_context *ctx, const otls_ocsp *response, otls_ocsp_single *single)
{
	for (size_t i = 0; i < ctx->settings.identity_count; i++) {
		otls_identity *identity = ctx->settings.identities[i];

		if (otls__ocsp_find(ctx->engine, response, identity->chain[0], issuer_of(identity), single))
			return identity;
	}
	return NULL;
}

/* Takes the response over when OK. */
static otls_status
assign(otls_context *ctx, const char *where, otls_bytes der)
{
	otls_ocsp_single single;
	otls_identity *identity;
	otls_ocsp response;

	if (otls__ocsp_parse(der, where, &response) != OTLS_OK)
		return OTLS_ERROR;
	if (response.status != OTLS_OCSP_SUCCESSFUL)
		return otls__fail(
		    OTLS_E_BAD_ARGUMENT, "%s: the OCSP response tells of a failure, and about nothing", where);
	if ((identity = find_identity(ctx, &response, &single)) == NULL)
		return otls__fail(
		    OTLS_E_BAD_ARGUMENT, "%s: the OCSP response is about none of the context's certificates", where);
	return keep(&ctx->settings, identity->chain[0], der, single.next_update);
}

static otls_status
begin(const otls_context *ctx, const char *function)
{
	if (ctx == NULL)
		return otls__fail_null(function, "ctx");
	if (!otls__settings_serve(&ctx->settings, OTLS_ROLE_SERVER))
		return otls__fail(OTLS_E_BAD_STATE, "%s: the context is for clients", function);
	if (!ctx->engine->has(OTLS_CAP_OCSP_SERVER))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: on %s", function, ctx->engine->library);
	return OTLS_OK;
}

static otls_status
set_response(otls_context *ctx, const char *function, const char *where, otls_bytes der)
{
	otls_status status;

	if (ctx->settings.identity_count == 0)
		status = otls__fail(OTLS_E_BAD_STATE, "%s: the context has no certificate yet", function);
	else
		status = assign(ctx, where, der);
	if (status == OTLS_OK)
		otls__context_changed(ctx);
	else
		otls__free((void *)(uintptr_t)der.data);
	return status;
}

otls_status
otls_context_set_ocsp_response(otls_context *ctx, const void *data, size_t len)
{
	otls_bytes der;

	if (begin(ctx, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (data == NULL) {
		otls__staples_fini(&ctx->settings);
		otls__context_changed(ctx);
		return OTLS_OK;
	}
	if (otls__ocsp_read(otls__bytes(data, len), __func__, &der) != OTLS_OK)
		return OTLS_ERROR;
	return set_response(ctx, __func__, __func__, der);
}

otls_status
otls_context_set_ocsp_response_file(otls_context *ctx, const char *path)
{
	otls_bytes der;

	if (begin(ctx, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (path == NULL)
		return otls__fail_null(__func__, "path");
	if (otls__ocsp_read_file(path, &der) != OTLS_OK)
		return OTLS_ERROR;
	return set_response(ctx, __func__, path, der);
}

/* == callbacks == */

otls_status
otls_context_set_ocsp_server_callback(otls_context *ctx, otls_ocsp_server_fn fn, void *arg, otls_free_fn free_arg)
{
	if (begin(ctx, __func__) != OTLS_OK ||
	    otls__argument_replace(&ctx->settings.ocsp_server_arg, fn != NULL, arg, free_arg) != OTLS_OK)
		return OTLS_ERROR;
	ctx->settings.ocsp_server = fn;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_set_ocsp_client_callback(otls_context *ctx, otls_ocsp_client_fn fn, void *arg, otls_free_fn free_arg)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (!otls__settings_serve(&ctx->settings, OTLS_ROLE_CLIENT))
		return otls__fail(OTLS_E_BAD_STATE, "%s: the context is for servers", __func__);
	if (!ctx->engine->has(OTLS_CAP_OCSP_CLIENT))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: on %s", __func__, ctx->engine->library);
	if (otls__argument_replace(&ctx->settings.ocsp_client_arg, fn != NULL, arg, free_arg) != OTLS_OK)
		return OTLS_ERROR;
	ctx->settings.ocsp_client = fn;
	otls__context_changed(ctx);
	return OTLS_OK;
}

bool
otls__settings_ask_status(const otls_settings *settings)
{
	return settings->ocsp_client != NULL ||
	       (settings->verify_flags & (OTLS_VERIFY_FLAG_OCSP | OTLS_VERIFY_FLAG_OCSP_REQUIRE)) != 0;
}
