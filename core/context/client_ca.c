/* What a context has to say of certificates of clients: the names of authorities that a server sends, what a client shows,
 * requests behind the handshake. */
#include "context/client_ca.h"

#include "context/context.h"
#include "error.h"
#include "x509/certificate.h"
#include "x509/general_name.h"
#include "x509/pem.h"
#include "x509/text.h"

/* Bytes of all names with their lengths.  A request must fit into what every backend takes as one message. */
#define WIRE_MAX 16000

#define NOTHING 2 /* bytes of a Name that is empty */

/* == lists == */

static bool
has_name(const otls_ca_list *list, otls_bytes name)
{
	for (size_t i = 0; i < list->count; i++)
		if (otls__bytes_equal(list->names[i], name))
			return true;
	return false;
}

static char *
text_of(otls_bytes name)
{
	otls_buffer text = { .len = 0 };

	if (otls__name_text(name, &text) && otls__buffer_append(&text, "", 1))
		return (char *)text.data;
	otls__buffer_fini(&text);
	return NULL;
}

static bool
make_room(otls_ca_list *list)
{
	otls_bytes *names = otls__realloc(list->names, (list->count + 1) * sizeof(*names));
	char **texts;

	if (names == NULL)
		return false;
	list->names = names;
	texts = otls__realloc(list->texts, (list->count + 1) * sizeof(char *));
	if (texts == NULL)
		return false;
	list->texts = texts;
	return true;
}

bool
otls__ca_list_add(otls_ca_list *list, otls_bytes name)
{
	uint8_t *der;
	char *text;

	if (name.len <= NOTHING || !otls__name_valid(name) || has_name(list, name))
		return true;
	if (!make_room(list) || (der = otls__memdup(name.data, name.len)) == NULL)
		return false;
	if ((text = text_of(name)) == NULL) {
		otls__free(der);
		return false;
	}
	list->names[list->count] = otls__bytes(der, name.len);
	list->texts[list->count++] = text;
	list->wire_len += 2 + name.len;
	return true;
}

bool
otls__ca_list_copy(const otls_ca_list *list, otls_ca_list *copy)
{
	for (size_t i = 0; i < list->count; i++)
		if (!otls__ca_list_add(copy, list->names[i]))
			return false;
	return true;
}

void
otls__ca_list_fini(otls_ca_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		otls__free((void *)(uintptr_t)list->names[i].data);
		otls__free(list->texts[i]);
	}
	otls__free(list->names);
	otls__free(list->texts);
	*list = (otls_ca_list){ 0 };
}

const char *
otls__ca_list_text(const otls_ca_list *list, size_t i)
{
	return i < list->count ? list->texts[i] : NULL;
}

/* == the context's list == */

static otls_status
append(otls_ca_list *list, const char *function, otls_bytes name)
{
	if (name.len <= NOTHING)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: the name is empty", function);
	if (!otls__name_valid(name))
		return otls__fail(OTLS_E_FORMAT, "%s: not the DER of a name", function);
	if (!otls__ca_list_add(list, name))
		return otls__fail_memory();
	if (list->wire_len > WIRE_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: more than %d bytes of names", function, WIRE_MAX);
	return OTLS_OK;
}

/* Puts the new list in force when all went well; the one in force is never touched before. */
static otls_status
finish(otls_context *ctx, otls_ca_list *list, otls_status status)
{
	if (status != OTLS_OK) {
		otls__ca_list_fini(list);
		return OTLS_ERROR;
	}
	otls__ca_list_fini(&ctx->settings.client_ca);
	ctx->settings.client_ca = *list;
	otls__context_changed(ctx);
	return OTLS_OK;
}

/* A server's own; a client is sent one. */
static otls_status
begin(const otls_context *ctx, const char *function)
{
	if (ctx == NULL)
		return otls__fail_null(function, "ctx");
	if (!otls__settings_serve(&ctx->settings, OTLS_ROLE_SERVER))
		return otls__fail(OTLS_E_BAD_STATE, "%s: the context is for clients", function);
	return OTLS_OK;
}

/* Appends to a list that starts as a copy of start, or empty where that is NULL. */
static otls_status
change(otls_context *ctx, const char *function, const otls_ca_list *start, const otls_certificate *const *cas,
    size_t count)
{
	otls_ca_list list = { 0 };
	otls_status status = OTLS_OK;

	if (start != NULL && !otls__ca_list_copy(start, &list))
		status = otls__fail_memory();
	for (size_t i = 0; status == OTLS_OK && i < count; i++)
		status = cas[i] != NULL ? append(&list, function, cas[i]->subject)
					: otls__fail(OTLS_E_BAD_ARGUMENT, "%s: cas[%zu] is NULL", function, i);
	return finish(ctx, &list, status);
}

otls_status
otls_context_add_client_ca(otls_context *ctx, const otls_certificate *ca)
{
	if (begin(ctx, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (ca == NULL)
		return otls__fail_null(__func__, "ca");
	return change(ctx, __func__, &ctx->settings.client_ca, &ca, 1);
}

otls_status
otls_context_set_client_ca_list(otls_context *ctx, const otls_certificate *const *cas, size_t count)
{
	if (begin(ctx, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (cas == NULL && count > 0)
		return otls__fail_null(__func__, "cas");
	return change(ctx, __func__, NULL, cas, count);
}

otls_status
otls_context_add_client_ca_name(otls_context *ctx, const void *der, size_t len)
{
	otls_ca_list list = { 0 };
	otls_status status;

	if (begin(ctx, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (der == NULL)
		return otls__fail_null(__func__, "der");
	status = otls__ca_list_copy(&ctx->settings.client_ca, &list) ? append(&list, __func__, otls__bytes(der, len))
								     : otls__fail_memory();
	return finish(ctx, &list, status);
}

otls_status
otls_context_load_client_ca(otls_context *ctx, const char *file)
{
	otls_certificate **certs = NULL;
	uint8_t *pem = NULL;
	size_t len = 0, count = 0;
	otls_status status;

	if (begin(ctx, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (file == NULL)
		return otls__fail_null(__func__, "file");
	status = otls__read_file(file, OTLS_FILE_MAX, &pem, &len);
	if (status == OTLS_OK)
		status = otls__pem_certificates(otls__bytes(pem, len), file, &certs, &count);
	if (status == OTLS_OK)
		status = change(ctx, __func__, &ctx->settings.client_ca, (const otls_certificate *const *)certs, count);
	otls__certificates_free(certs, count);
	otls__free_secret(pem, len); /* a file of certificates may hold a key too */
	return status;
}

const char *
otls_context_client_ca_at(const otls_context *ctx, size_t i)
{
	return ctx != NULL ? otls__ca_list_text(&ctx->settings.client_ca, i) : NULL;
}

otls_status
otls_context_set_post_handshake_auth(otls_context *ctx, bool answer)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (!otls__settings_serve(&ctx->settings, OTLS_ROLE_CLIENT))
		return otls__fail(OTLS_E_BAD_STATE, "%s: the context is for servers", __func__);
	if (answer && !ctx->engine->has(OTLS_CAP_POST_HANDSHAKE_AUTH))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: on %s", __func__, ctx->engine->library);
	ctx->settings.post_handshake_auth = answer;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_set_client_certificate_callback(
    otls_context *ctx, otls_client_certificate_fn fn, void *arg, otls_free_fn free_arg)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (!otls__settings_serve(&ctx->settings, OTLS_ROLE_CLIENT))
		return otls__fail(OTLS_E_BAD_STATE, "%s: the context is for servers", __func__);
	if (otls__argument_replace(&ctx->settings.client_certificate_arg, fn != NULL, arg, free_arg) != OTLS_OK)
		return OTLS_ERROR;
	ctx->settings.client_certificate = fn;
	otls__context_changed(ctx);
	return OTLS_OK;
}
