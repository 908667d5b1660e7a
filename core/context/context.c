/* Contexts: life, versions, verify mode, callbacks. */
#include "context/context.h"

#include "error.h"
#include "registry/registry.h"
#include "session/session.h"

#define DEFAULT_DEPTH   8 /* intermediates; nine certificates is what every backend takes */
#define DEFAULT_TICKETS 2
#define DEFAULT_TIMEOUT 300 /* seconds */

/* == callback arguments == */

otls_argument *
otls__argument_new(void *arg, otls_free_fn free_arg)
{
	otls_argument *argument = otls__alloc(sizeof(*argument));

	if (argument == NULL)
		return NULL;
	atomic_init(&argument->refs, 1);
	argument->arg = arg;
	argument->free_arg = free_arg;
	return argument;
}

otls_status
otls__argument_replace(otls_argument **place, bool has_fn, void *arg, otls_free_fn free_arg)
{
	otls_argument *argument = NULL;

	if (has_fn && (argument = otls__argument_new(arg, free_arg)) == NULL)
		return otls__fail_memory();
	otls__argument_free(*place);
	*place = argument;
	return OTLS_OK;
}

otls_argument *
otls__argument_ref(otls_argument *argument)
{
	if (argument != NULL)
		atomic_fetch_add(&argument->refs, 1);
	return argument;
}

void
otls__argument_free(otls_argument *argument)
{
	if (argument == NULL || atomic_fetch_sub(&argument->refs, 1) != 1)
		return;
	if (argument->free_arg != NULL)
		argument->free_arg(argument->arg);
	otls__free(argument);
}

/* == settings == */

static bool
copy_ids(const otls_id_list *list, otls_id_list *copy)
{
	if (list->ids == NULL)
		return true;
	copy->count = list->count;
	return (copy->ids = otls__memdup(list->ids, list->count * sizeof(*list->ids))) != NULL;
}

static otls_status
copy_lists(const otls_settings *settings, otls_settings *copy)
{
	if (settings->identity_count > 0) {
		copy->identities = otls__alloc(settings->identity_count * sizeof(*copy->identities));
		if (copy->identities == NULL)
			return otls__fail_memory();
		for (size_t i = 0; i < settings->identity_count; i++)
			copy->identities[i] = otls__identity_ref(settings->identities[i]);
		copy->identity_count = settings->identity_count;
	}
	if (!copy_ids(&settings->suites, &copy->suites) || !copy_ids(&settings->suites13, &copy->suites13) ||
	    !copy_ids(&settings->groups, &copy->groups) || !copy_ids(&settings->schemes, &copy->schemes))
		return otls__fail_memory();
	if (!otls__pins_copy(&settings->pins, &copy->pins) ||
	    !otls__pins_copy(&settings->trusted_keys, &copy->trusted_keys))
		return otls__fail_memory();
	if (!otls__ca_list_copy(&settings->client_ca, &copy->client_ca) || !otls__staples_copy(settings, copy))
		return otls__fail_memory();
	if (settings->alpn.wire != NULL) {
		copy->alpn.wire = otls__memdup(settings->alpn.wire, settings->alpn.len);
		if (copy->alpn.wire == NULL)
			return otls__fail_memory();
		copy->alpn.len = settings->alpn.len;
	}
	return OTLS_OK;
}

otls_status
otls__settings_copy(const otls_settings *settings, otls_settings *copy)
{
	*copy = *settings;
	copy->identities = NULL;
	copy->identity_count = 0;
	copy->staples = NULL;
	copy->staple_count = 0;
	copy->suites = copy->suites13 = copy->groups = copy->schemes = (otls_id_list){ 0 };
	copy->client_ca = (otls_ca_list){ 0 };
	copy->alpn = (otls_alpn_list){ 0 };
	copy->pins = copy->trusted_keys = (otls_pin_list){ 0 };
	copy->verify_arg = otls__argument_ref(settings->verify_arg);
	copy->store = otls_store_ref(settings->store);
	copy->alpn_select_arg = otls__argument_ref(settings->alpn_select_arg);
	copy->servername_arg = otls__argument_ref(settings->servername_arg);
	copy->client_certificate_arg = otls__argument_ref(settings->client_certificate_arg);
	copy->session_arg = otls__argument_ref(settings->session_arg);
	copy->ocsp_server_arg = otls__argument_ref(settings->ocsp_server_arg);
	copy->ocsp_client_arg = otls__argument_ref(settings->ocsp_client_arg);
	if (copy_lists(settings, copy) == OTLS_OK)
		return OTLS_OK;
	otls__settings_fini(copy);
	return OTLS_ERROR;
}

void
otls__settings_fini(otls_settings *settings)
{
	for (size_t i = 0; i < settings->identity_count; i++)
		otls__identity_free(settings->identities[i]);
	otls__free(settings->identities);
	otls_store_free(settings->store);
	otls__free(settings->suites.ids);
	otls__free(settings->suites13.ids);
	otls__free(settings->groups.ids);
	otls__free(settings->schemes.ids);
	otls__ca_list_fini(&settings->client_ca);
	otls__free(settings->alpn.wire);
	otls__pins_fini(&settings->pins);
	otls__pins_fini(&settings->trusted_keys);
	otls__argument_free(settings->verify_arg);
	otls__argument_free(settings->alpn_select_arg);
	otls__argument_free(settings->servername_arg);
	otls__argument_free(settings->client_certificate_arg);
	otls__argument_free(settings->session_arg);
	otls__argument_free(settings->ocsp_server_arg);
	otls__argument_free(settings->ocsp_client_arg);
	otls__staples_fini(settings);
	otls__wipe(settings->ticket_keys, sizeof(settings->ticket_keys));
	*settings = (otls_settings){ 0 };
}

bool
otls__settings_serve(const otls_settings *settings, otls_role role)
{
	if (settings->method == OTLS_METHOD_TLS_CLIENT)
		return role == OTLS_ROLE_CLIENT;
	if (settings->method == OTLS_METHOD_TLS_SERVER)
		return role == OTLS_ROLE_SERVER;
	return true;
}

uint64_t
otls__settings_verify_mode(const otls_settings *settings, otls_role role)
{
	if (settings->verify_mode_set)
		return settings->verify_mode;
	return role == OTLS_ROLE_SERVER ? OTLS_VERIFY_NONE : OTLS_VERIFY_PEER;
}

/* == life == */

/* The range of versions that a method stands for; false: one that is never served. */
static bool
method_range(otls_method method, uint16_t *min, uint16_t *max)
{
	switch (method) {
	case OTLS_METHOD_TLS:
	case OTLS_METHOD_TLS_CLIENT:
	case OTLS_METHOD_TLS_SERVER:
		*min = OTLS_TLS1_2;
		*max = OTLS_TLS1_3;
		return true;
	case OTLS_METHOD_TLSv1_2:
		*min = *max = OTLS_TLS1_2;
		return true;
	case OTLS_METHOD_TLSv1_3:
		*min = *max = OTLS_TLS1_3;
		return true;
	case OTLS_METHOD_SSLv2:
	case OTLS_METHOD_SSLv3:
	case OTLS_METHOD_TLSv1:
	case OTLS_METHOD_TLSv1_1:
		break;
	}
	return false;
}

/* The settings that a new context has. */
static otls_status
first_settings(const otls_engine *engine, otls_method method, otls_settings *settings)
{
	*settings = (otls_settings){
		.method = method,
		.verify_depth = DEFAULT_DEPTH,
		.level = OTLS_LEVEL_DEFAULT,
		.ticket_count = DEFAULT_TICKETS,
		.session_timeout = DEFAULT_TIMEOUT,
	};
	if ((unsigned)method > OTLS_METHOD_TLSv1_3)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "otls_context_new: %d is not a method", (int)method);
	if (!method_range(method, &settings->min_version, &settings->max_version))
		return otls__fail(OTLS_E_UNSUPPORTED, "otls_context_new: SSLv2, SSLv3, TLS 1.0 and 1.1");
	if (settings->max_version == OTLS_TLS1_3 && !engine->supports(OTLS_KIND_VERSION, OTLS_TLS1_3))
		settings->max_version = OTLS_TLS1_2;
	if (settings->min_version == OTLS_TLS1_2 && !engine->supports(OTLS_KIND_VERSION, OTLS_TLS1_2))
		settings->min_version = OTLS_TLS1_3;
	if (settings->max_version < settings->min_version ||
	    !engine->supports(OTLS_KIND_VERSION, settings->min_version))
		return otls__fail(OTLS_E_UNSUPPORTED, "otls_context_new: %s on %s",
		    otls__version_name(settings->min_version), engine->name);
	return OTLS_OK;
}

otls_status
otls_context_new_with(const otls_backend *backend, otls_method method, otls_context **ctx)
{
	otls_settings settings;
	otls_context *new;

	if (ctx == NULL)
		return otls__fail_null("otls_context_new_with", "ctx");
	*ctx = NULL;
	if (backend == NULL)
		return otls__fail(OTLS_E_NO_BACKEND, "otls_context_new_with: backend is NULL");
	if (otls__backend_start(backend) != OTLS_OK || first_settings(backend->engine, method, &settings) != OTLS_OK)
		return OTLS_ERROR;
	if ((new = otls__alloc(sizeof(*new))) == NULL)
		return otls__fail_memory();
	atomic_init(&new->refs, 1);
	new->backend = backend;
	new->engine = backend->engine;
	new->settings = settings;
	pthread_mutex_init(&new->lock, NULL);
	if (method != OTLS_METHOD_TLS_CLIENT)
		otls__ticket_key_prepare();
	*ctx = new;
	return OTLS_OK;
}

otls_status
otls_context_new(otls_method method, otls_context **ctx)
{
	const otls_backend *backend = otls_backend_default();
	const char *wanted = otls__getenv("OMNITLS_BACKEND");

	if (backend != NULL)
		return otls_context_new_with(backend, method, ctx);
	if (ctx != NULL)
		*ctx = NULL;
	return wanted != NULL && wanted[0] != '\0'
		   ? otls__fail(OTLS_E_NO_BACKEND, "OMNITLS_BACKEND is \"%s\"", wanted)
		   : otls__fail(OTLS_E_NO_BACKEND, "otls_context_new: no backend is built in");
}

static otls_status
copy_password(const otls_context *ctx, otls_context *copy)
{
	if (ctx->password != NULL && (copy->password = otls__strdup(ctx->password)) == NULL)
		return otls__fail_memory();
	copy->password_fn = ctx->password_fn;
	copy->password_arg = otls__argument_ref(ctx->password_arg);
	return OTLS_OK;
}

otls_status
otls_context_copy(const otls_context *ctx, otls_context **copy)
{
	otls_context *new;
	otls_settings settings;

	if (copy == NULL)
		return otls__fail_null("otls_context_copy", "copy");
	*copy = NULL;
	if (ctx == NULL)
		return otls__fail_null("otls_context_copy", "ctx");
	if (otls_context_new_with(ctx->backend, ctx->settings.method, &new) != OTLS_OK)
		return OTLS_ERROR;
	if (otls__settings_copy(&ctx->settings, &settings) != OTLS_OK || copy_password(ctx, new) != OTLS_OK) {
		otls__settings_fini(&settings);
		otls_context_free(new);
		return OTLS_ERROR;
	}
	new->settings = settings;
	*copy = new;
	return OTLS_OK;
}

otls_context *
otls_context_ref(otls_context *ctx)
{
	if (ctx != NULL)
		atomic_fetch_add(&ctx->refs, 1);
	return ctx;
}

void
otls_context_free(otls_context *ctx)
{
	if (ctx == NULL || atomic_fetch_sub(&ctx->refs, 1) != 1)
		return;
	otls__half_pair_fini(&ctx->half);
	otls__settings_fini(&ctx->settings);
	otls__sealed_free(ctx->sealed);
	if (ctx->password != NULL)
		otls__free_secret(ctx->password, strlen(ctx->password));
	otls__argument_free(ctx->password_arg);
	if (ctx->free_user_data != NULL)
		ctx->free_user_data(ctx->user_data);
	pthread_mutex_destroy(&ctx->lock);
	otls__free(ctx);
}

const otls_backend *
otls_context_backend(const otls_context *ctx)
{
	return ctx != NULL ? ctx->backend : NULL;
}

/* == sealing == */

otls_status
otls__context_seal(otls_context *ctx, otls_sealed **sealed)
{
	otls_status status = OTLS_OK;

	*sealed = NULL;
	pthread_mutex_lock(&ctx->lock);
	if (ctx->sealed == NULL)
		status = otls__sealed_new(ctx->engine, &ctx->settings, &ctx->sealed);
	if (status == OTLS_OK)
		*sealed = otls__sealed_ref(ctx->sealed);
	pthread_mutex_unlock(&ctx->lock);
	return status;
}

void
otls__context_changed(otls_context *ctx)
{
	otls_sealed *old;

	pthread_mutex_lock(&ctx->lock);
	old = ctx->sealed;
	ctx->sealed = NULL;
	pthread_mutex_unlock(&ctx->lock);
	otls__sealed_free(old);
}

/* == versions == */

static otls_status
check_version(const otls_context *ctx, const char *function, otls_protocol version)
{
	if (version < OTLS_TLS1_0 || version > OTLS_TLS1_3)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: 0x%04x is not a TLS version", function, (unsigned)version);
	if (version < OTLS_TLS1_2)
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: TLS 1.0 and 1.1", function);
	if (!ctx->engine->supports(OTLS_KIND_VERSION, (uint16_t)version))
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: %s on %s", function, otls__version_name((uint16_t)version),
		    ctx->engine->name);
	return OTLS_OK;
}

static otls_status
set_range(otls_context *ctx, const char *function, uint16_t min, uint16_t max)
{
	if (min > max)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: the range %s to %s is empty", function,
		    otls__version_name(min), otls__version_name(max));
	ctx->settings.min_version = min;
	ctx->settings.max_version = max;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_set_min_version(otls_context *ctx, otls_protocol version)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (check_version(ctx, __func__, version) != OTLS_OK)
		return OTLS_ERROR;
	return set_range(ctx, __func__, (uint16_t)version, ctx->settings.max_version);
}

otls_status
otls_context_set_max_version(otls_context *ctx, otls_protocol version)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (check_version(ctx, __func__, version) != OTLS_OK)
		return OTLS_ERROR;
	return set_range(ctx, __func__, ctx->settings.min_version, (uint16_t)version);
}

otls_protocol
otls_context_min_version(const otls_context *ctx)
{
	return ctx != NULL ? (otls_protocol)ctx->settings.min_version : 0;
}

otls_protocol
otls_context_max_version(const otls_context *ctx)
{
	return ctx != NULL ? (otls_protocol)ctx->settings.max_version : 0;
}

/* == user data == */

void
otls_context_set_user_data(otls_context *ctx, void *data, otls_free_fn free_data)
{
	if (ctx == NULL)
		return;
	if (ctx->free_user_data != NULL && ctx->user_data != data)
		ctx->free_user_data(ctx->user_data);
	ctx->user_data = data;
	ctx->free_user_data = free_data;
}

void *
otls_context_user_data(const otls_context *ctx)
{
	return ctx != NULL ? ctx->user_data : NULL;
}
