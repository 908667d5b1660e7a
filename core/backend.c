/* The registry of backends: built-in engines and registered ones. */
#include "backend.h"

#include "backends.inc" /* made by CMake: the one list of what is built in */
#include "error.h"

#include <pthread.h>
#include <stdio.h>

#define BACKENDS_REGISTERED_MAX 8

#define DECLARE_ENGINE(name) extern const otls_engine otls__engine_##name;
OTLS_BUILT_BACKENDS(DECLARE_ENGINE)
#undef DECLARE_ENGINE

#define COUNT_ENGINE(name) +1
enum { BUILT_COUNT = 0 OTLS_BUILT_BACKENDS(COUNT_ENGINE), TABLE_SIZE = BUILT_COUNT + BACKENDS_REGISTERED_MAX };
#undef COUNT_ENGINE

/* Built-in engines first; the rows behind them are filled by otls_backend_register.  A row is never changed once it
 * is counted, so that readers need no lock. */
#define ENGINE_ROW(name) { &otls__engine_##name },
static otls_backend table[TABLE_SIZE] = { OTLS_BUILT_BACKENDS(ENGINE_ROW) };
#undef ENGINE_ROW
static atomic_size_t table_count = BUILT_COUNT;

typedef enum started { NOT_STARTED, STARTED, START_FAILED } started;
static started starts[TABLE_SIZE];
static otls_report start_reports[TABLE_SIZE];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* starts, start_reports, and growth of the table */

/* == finding == */

const otls_backend *
otls_backend_at(size_t i)
{
	return i < atomic_load(&table_count) ? &table[i] : NULL;
}

const otls_backend *
otls_backend_find(const char *name)
{
	const otls_backend *backend;

	if (name == NULL)
		return NULL;
	for (size_t i = 0; (backend = otls_backend_at(i)) != NULL; i++)
		if (strcmp(backend->engine->name, name) == 0)
			return backend;
	return NULL;
}

const otls_backend *
otls_backend_default(void)
{
	const char *wanted = otls__getenv("OMNITLS_BACKEND");

	return wanted != NULL && wanted[0] != '\0' ? otls_backend_find(wanted) : otls_backend_at(0);
}

/* == starting == */

otls_status
otls__backend_start(const otls_backend *backend)
{
	size_t i = (size_t)(backend - table);
	otls_status status = OTLS_OK;

	pthread_mutex_lock(&lock);
	if (starts[i] == NOT_STARTED) {
		start_reports[i] = otls__report();
		starts[i] = backend->engine->init(&start_reports[i]) == OTLS_OK ? STARTED : START_FAILED;
	}
	if (starts[i] == START_FAILED)
		status = otls__fail_report(OTLS_E_BACKEND, &start_reports[i], "starting %s", backend->engine->library);
	pthread_mutex_unlock(&lock);
	return status;
}

const otls_engine *
otls_backend_engine(const otls_backend *backend)
{
	return backend != NULL && otls__backend_start(backend) == OTLS_OK ? backend->engine : NULL;
}

const otls_engine *
otls__engine_any(void)
{
	const otls_backend *backend;
	const otls_engine *engine = otls_backend_engine(otls_backend_default());

	for (size_t i = 0; engine == NULL && (backend = otls_backend_at(i)) != NULL; i++)
		engine = otls_backend_engine(backend);
	return engine;
}

/* == registering == */

#define REQUIRED(X)                                                                                                    \
	X(init)                                                                                                        \
	X(version_text)                                                                                                \
	X(version_number)                                                                                              \
	X(has)                                                                                                         \
	X(limit)                                                                                                       \
	X(supports)                                                                                                    \
	X(verify_signature)                                                                                            \
	X(hash)                                                                                                        \
	X(hmac)                                                                                                        \
	X(key_load)                                                                                                    \
	X(key_spki)                                                                                                    \
	X(key_sign)                                                                                                    \
	X(key_fini)                                                                                                    \
	X(context_init)                                                                                                \
	X(context_fini)                                                                                                \
	X(connection_init)                                                                                             \
	X(connection_fini)                                                                                             \
	X(handshake)                                                                                                   \
	X(read)                                                                                                        \
	X(pending)                                                                                                     \
	X(write)                                                                                                       \
	X(close_notify)                                                                                                \
	X(info)

#define OPTIONAL(X)                                                                                                    \
	X(aead_seal, AEAD)                                                                                             \
	X(aead_open, AEAD)                                                                                             \
	X(key_generate, GENERATE_KEY)                                                                                  \
	X(verify_digest, KEY_CALLBACK)                                                                                 \
	X(key_remote, KEY_CALLBACK)                                                                                    \
	X(verify_chain_native, NATIVE_VERIFY)                                                                          \
	X(key_update, KEY_UPDATE)                                                                                      \
	X(renegotiate, RENEGOTIATION)                                                                                  \
	X(request_certificate, POST_HANDSHAKE_AUTH)                                                                    \
	X(write_early, EARLY_DATA)                                                                                     \
	X(read_early, EARLY_DATA)                                                                                      \
	X(export_key, EXPORTER)                                                                                        \
	X(finished, FINISHED)                                                                                          \
	X(master_secret, MASTER_SECRET)                                                                                \
	X(session_export, SESSION)                                                                                     \
	X(staple, OCSP_SERVER)                                                                                         \
	X(npn, NPN)                                                                                                    \
	X(pbkdf2, KEY_DECRYPT)                                                                                         \
	X(cbc_decrypt, KEY_DECRYPT)

const char *
otls__engine_defect(const otls_engine *engine)
{
	if (engine->version != OTLS_ENGINE_VERSION)
		return "version";
	if (engine->size < sizeof(*engine))
		return "size";
	if (engine->name == NULL || engine->name[0] == '\0')
		return "name";
	if (engine->library == NULL)
		return "library";
	if (engine->context_size == 0 || engine->connection_size == 0 || engine->key_size == 0)
		return "context_size, connection_size or key_size";
#define CHECK_REQUIRED(slot)                                                                                           \
	if (engine->slot == NULL)                                                                                      \
		return #slot;
	REQUIRED(CHECK_REQUIRED)
#undef CHECK_REQUIRED
#define CHECK_OPTIONAL(slot, capability)                                                                               \
	if ((engine->slot != NULL) != engine->has(OTLS_CAP_##capability))                                              \
		return #slot " and the capability " #capability;
	OPTIONAL(CHECK_OPTIONAL)
#undef CHECK_OPTIONAL
	return NULL;
}

otls_status
otls_backend_register(const otls_engine *engine)
{
	otls_status status = OTLS_OK;
	const char *defect;
	size_t count;

	if (engine == NULL)
		return otls__fail_null("otls_backend_register", "engine");
	if ((defect = otls__engine_defect(engine)) != NULL)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "otls_backend_register: the engine's %s", defect);

	pthread_mutex_lock(&lock);
	count = atomic_load(&table_count);
	if (otls_backend_find(engine->name) != NULL) {
		status = otls__fail(OTLS_E_BAD_ARGUMENT, "otls_backend_register: the name %s is taken", engine->name);
	} else if (count == TABLE_SIZE) {
		status = otls__fail(
		    OTLS_E_LIMIT, "otls_backend_register: more than %d engines", BACKENDS_REGISTERED_MAX);
	} else {
		table[count].engine = engine;
		atomic_store(&table_count, count + 1);
	}
	pthread_mutex_unlock(&lock);
	return status;
}

/* == asking == */

const char *
otls_backend_name(const otls_backend *backend)
{
	return backend != NULL ? backend->engine->name : "";
}

const char *
otls_backend_version_text(const otls_backend *backend, otls_backend_text which)
{
	const otls_engine *engine = otls_backend_engine(backend);

	return engine != NULL ? engine->version_text(which) : "";
}

uint32_t
otls_backend_version_number(const otls_backend *backend)
{
	const otls_engine *engine = otls_backend_engine(backend);

	return engine != NULL ? engine->version_number() : 0;
}

bool
otls_backend_has(const otls_backend *backend, otls_capability capability)
{
	const otls_engine *engine = otls_backend_engine(backend);

	return engine != NULL && engine->has(capability);
}

uint64_t
otls_backend_limit(const otls_backend *backend, otls_limit which)
{
	const otls_engine *engine = otls_backend_engine(backend);

	return engine != NULL ? engine->limit(which) : 0;
}

static const char *const capability_names[] = {
#define CAPABILITY_NAME(name, number, text) [number] = #name,
	OTLS_CAPABILITY_LIST(CAPABILITY_NAME)
#undef CAPABILITY_NAME
};

static const char *const capability_texts[] = {
#define CAPABILITY_TEXT(name, number, text) [number] = text,
	OTLS_CAPABILITY_LIST(CAPABILITY_TEXT)
#undef CAPABILITY_TEXT
};

const char *
otls_capability_name(otls_capability capability)
{
	return capability >= 1 && capability <= OTLS_CAP_LAST_ ? capability_names[capability] : "";
}

const char *
otls_capability_text(otls_capability capability)
{
	return capability >= 1 && capability <= OTLS_CAP_LAST_ ? capability_texts[capability] : "";
}

/* == the library itself == */

const char *
otls_version(void)
{
	return "0.1.0";
}

uint32_t
otls_version_number(void)
{
	return OTLS_VERSION_NUMBER;
}
