/* Sealing: settings as they were, and the engine contexts that are built from them. */
#include "context/context.h"

#include "error.h"
#include "registry/registry.h"
#include "session/session.h"
#include "x509/platform.h"

/* == life == */

otls_status
otls__sealed_new(const otls_engine *engine, const otls_settings *settings, otls_sealed **sealed)
{
	otls_sealed *new = otls__alloc(sizeof(*new));

	*sealed = NULL;
	if (new == NULL)
		return otls__fail_memory();
	atomic_init(&new->refs, 1);
	pthread_mutex_init(&new->lock, NULL);
	pthread_mutex_init(&new->digest_lock, NULL);
	new->engine = engine;
	if (otls__settings_copy(settings, &new->settings) != OTLS_OK || otls__sealed_fill(new) != OTLS_OK) {
		otls__sealed_free(new);
		return OTLS_ERROR;
	}
	if (new->settings.store != NULL)
		otls__store_seal(new->settings.store);
	*sealed = new;
	return OTLS_OK;
}

otls_sealed *
otls__sealed_ref(otls_sealed *sealed)
{
	atomic_fetch_add(&sealed->refs, 1);
	return sealed;
}

void
otls__native_free(const otls_engine *engine, otls_native *native)
{
	if (native->context != NULL)
		engine->context_fini(native->context);
	otls__free(native->context);
	otls__identity_free(native->identity);
	otls__free_secret(native, sizeof(*native));
}

void
otls__sealed_free(otls_sealed *sealed)
{
	otls_native *next;

	if (sealed == NULL || atomic_fetch_sub(&sealed->refs, 1) != 1)
		return;
	for (otls_native *native = sealed->natives; native != NULL; native = next) {
		next = native->next;
		otls__native_free(sealed->engine, native);
	}
	otls_store_free(sealed->platform);
	otls__settings_fini(&sealed->settings);
	otls__free(sealed->suites);
	otls__free(sealed->groups);
	otls__free(sealed->schemes);
	pthread_mutex_destroy(&sealed->lock);
	pthread_mutex_destroy(&sealed->digest_lock);
	otls__free(sealed);
}

/* == engine contexts == */

static otls_engine_config
configure(const otls_sealed *sealed, const otls_native *native)
{
	return (otls_engine_config){
		.size = sizeof(otls_engine_config),
		.role = native->role,
		.min_version = sealed->settings.min_version,
		.max_version = sealed->settings.max_version,
		.suites = sealed->suites,
		.suite_count = sealed->suite_count,
		.groups = sealed->groups,
		.group_count = sealed->group_count,
		.schemes = sealed->schemes,
		.scheme_count = sealed->scheme_count,
		.server_preference = true,
		.identity = native->identity != NULL ? &native->identity->native : NULL,
		.client_auth = native->client_auth,
		.client_ca = sealed->settings.client_ca.names,
		.client_ca_count = sealed->settings.client_ca.count,
		.request_status = native->request_status,
		.choose_identity = native->role == OTLS_ROLE_CLIENT,
		.sessions = native->role == OTLS_ROLE_CLIENT && sealed->engine->has(OTLS_CAP_SESSION),
		.dh_bits = otls__level(sealed->settings.level)->dh_bits,
		.post_handshake_auth = native->role == OTLS_ROLE_CLIENT && sealed->settings.post_handshake_auth,
	};
}

otls_status
otls__native_build(otls_sealed *sealed, otls_role role, otls_identity *identity, otls_client_auth client_auth,
    bool request_status, otls_native **native)
{
	otls_native *new = otls__alloc(sizeof(*new));
	otls_report report = otls__report();

	if (new == NULL)
		return otls__fail_memory();
	new->role = role;
	new->identity = otls__identity_ref(identity);
	new->client_auth = client_auth;
	new->request_status = request_status;
	new->config = configure(sealed, new);
	if (otls__ticket_secret(sealed, new) != OTLS_OK) {
		otls__native_free(sealed->engine, new);
		return OTLS_ERROR;
	}
	if ((new->context = otls__alloc(sealed->engine->context_size)) == NULL) {
		otls__native_free(sealed->engine, new);
		return otls__fail_memory();
	}
	if (sealed->engine->context_init(new->context, &new->config, &report) != OTLS_OK) {
		otls__native_free(sealed->engine, new);
		return otls__fail_report(
		    report.code == OTLS_E_LIMIT ? OTLS_E_ENGINE_LIMIT : otls__library_code(&report), &report,
		    "setting up %s", sealed->engine->library);
	}
	*native = new;
	return OTLS_OK;
}

static otls_native *
find_native(const otls_sealed *sealed, otls_role role, const otls_identity *identity, otls_client_auth client_auth,
    bool request_status)
{
	for (otls_native *native = sealed->natives; native != NULL; native = native->next)
		if (native->role == role && native->identity == identity && native->client_auth == client_auth &&
		    native->request_status == request_status)
			return native;
	return NULL;
}

otls_status
otls__sealed_native(otls_sealed *sealed, otls_role role, otls_identity *identity, otls_client_auth client_auth,
    bool request_status, otls_native **native)
{
	otls_status status = OTLS_OK;

	pthread_mutex_lock(&sealed->lock);
	*native = find_native(sealed, role, identity, client_auth, request_status);
	if (*native == NULL &&
	    (status = otls__native_build(sealed, role, identity, client_auth, request_status, native)) == OTLS_OK) {
		(*native)->next = sealed->natives;
		sealed->natives = *native;
	}
	pthread_mutex_unlock(&sealed->lock);
	return status;
}

/* == trust == */

otls_status
otls__sealed_trust(otls_sealed *sealed, otls_role role, otls_store **store)
{
	otls_status status = OTLS_OK;

	*store = sealed->settings.store;
	if (*store != NULL && otls__store_count(*store) > 0)
		return OTLS_OK;
	if (*store != NULL || role == OTLS_ROLE_SERVER)
		return otls__fail(OTLS_E_NO_TRUST, "%s",
		    *store != NULL ? "the store is empty"
				   : "a server that verifies its clients needs to be told whom to trust");
	pthread_mutex_lock(&sealed->lock);
	if (sealed->platform == NULL)
		status = otls__platform_store(&sealed->platform);
	*store = sealed->platform;
	pthread_mutex_unlock(&sealed->lock);
	return status;
}
