/* From which secret a server's tickets are sealed: one that only servers have which are the same, and hold the same key. */
#include "session/session.h"

#include "error.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

#define DIGEST_LEN 32

/* == digests == */

/* Bytes that are hashed as a whole at the end: each part behind its length, so that no two lists of parts are the same. */
typedef struct material {
	otls_buffer buffer;
	bool failed;
} material;

static void
add(material *m, const void *data, size_t len)
{
	uint8_t head[4] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len };

	m->failed = m->failed || !otls__buffer_append(&m->buffer, head, sizeof(head)) ||
		    !otls__buffer_append(&m->buffer, data, len);
}

static void
add_number(material *m, uint64_t number)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
	add(m, bytes, sizeof(bytes));
}

static void
add_pins(material *m, const otls_pin_list *pins)
{
	add(m, pins->hashes, pins->count * OTLS_PIN_LEN);
}

static void
add_ids(material *m, const otls_id_list *list)
{
	add(m, list->ids, list->count * sizeof(*list->ids));
}

/* What a connection may be made of.  A session of what is not allowed any more would go on with it: in TLS 1.2 with its
 * group, too, and no library looks at that. */
static void
add_allowed(material *m, const otls_settings *settings)
{
	add_number(m, (uint64_t)settings->level);
	add_ids(m, &settings->suites);
	add_ids(m, &settings->suites13);
	add_ids(m, &settings->groups);
	add_ids(m, &settings->schemes);
}

static void
add_names(material *m, const otls_ca_list *list)
{
	add_number(m, list->count);
	for (size_t i = 0; i < list->count; i++)
		add(m, list->names[i].data, list->names[i].len);
}

static otls_status
finish(material *m, const otls_engine *engine, uint8_t digest[DIGEST_LEN])
{
	otls_bytes all = otls__buffer_view(&m->buffer);
	otls_report report = otls__report();
	uint8_t full[OTLS_HASH_MAX];
	otls_status status = OTLS_ERROR;
	size_t len;

	if (m->failed)
		otls__fail_memory();
	else if (engine->hash(OTLS_HASH_SHA256, &all, 1, full, &len, &report) != OTLS_OK)
		otls__fail_report(otls__library_code(&report), &report, "a digest of settings");
	else
		status = OTLS_OK;
	if (status == OTLS_OK)
		memcpy(digest, full, DIGEST_LEN);
	otls__buffer_fini(&m->buffer);
	return status;
}

otls_status
otls__client_digest(const otls_engine *engine, const otls_settings *settings, uint64_t verify_mode, bool asks_status,
    uint8_t digest[DIGEST_LEN])
{
	material m = { 0 };

	add_allowed(&m, settings);
	add_number(&m, verify_mode);
	add_number(&m, asks_status);
	add_number(&m, settings->verify_flags & OTLS_VERIFY_FLAG_OCSP_REQUIRE);
	add_number(&m, settings->ocsp_client != NULL);
	add_number(&m, settings->client_certificate != NULL);
	add_number(&m, settings->identity_count);
	for (size_t i = 0; i < settings->identity_count; i++) {
		const otls_certificate *leaf = settings->identities[i]->chain[0];
		add(&m, leaf->der, leaf->der_len);
	}
	return finish(&m, engine, digest);
}

/* Once, since there may be thousands of roots. */
static otls_status
digest_trust(otls_sealed *sealed)
{
	bool done = true;

	pthread_mutex_lock(&sealed->digest_lock);
	if (!sealed->trust_digested && sealed->settings.store != NULL)
		done = otls__store_digest(sealed->settings.store, sealed->engine, sealed->trust_digest);
	sealed->trust_digested = done;
	pthread_mutex_unlock(&sealed->digest_lock);
	return done ? OTLS_OK : otls__fail(OTLS_E_BACKEND, "a digest of what is trusted");
}

/* How clients are verified, and against what. */
static void
add_verification(material *m, const otls_sealed *sealed)
{
	const otls_settings *settings = &sealed->settings;

	add_number(m, settings->verify_mode);
	add_number(m, settings->verify_flags | otls__store_flags(settings->store));
	add_number(m, (uint64_t)settings->verify_depth);
	add_number(m, settings->verify != NULL);
	add_pins(m, &settings->pins);
	add_pins(m, &settings->trusted_keys);
	add_names(m, &settings->client_ca);
	add(m, sealed->trust_digest, sizeof(sealed->trust_digest));
}

/* What the server is. */
static otls_status
server_digest(otls_sealed *sealed, const otls_native *native, uint8_t digest[DIGEST_LEN])
{
	const otls_settings *settings = &sealed->settings;
	material m = { 0 };

	add_allowed(&m, settings);
	add_number(&m, native->client_auth);
	if (settings->session_id_context_len > 0) {
		add(&m, settings->session_id_context, settings->session_id_context_len);
		return finish(&m, sealed->engine, digest);
	}
	if (native->identity != NULL) {
		otls_bytes key = native->identity->chain[0]->spki.der;
		add(&m, key.data, key.len);
	}
	if (native->client_auth != OTLS_CLIENT_AUTH_NONE) {
		if (digest_trust(sealed) != OTLS_OK) {
			otls__buffer_fini(&m.buffer);
			return OTLS_ERROR;
		}
		add_verification(&m, sealed);
	}
	return finish(&m, sealed->engine, digest);
}

/* == the process's own key == */

static uint8_t process_key[OTLS_TICKET_KEY_BYTES];
static bool process_key_is_there;

static void
make_process_key(void)
{
	process_key_is_there = getrandom(process_key, sizeof(process_key), 0) == (ssize_t)sizeof(process_key);
}

void
otls__ticket_key_prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_process_key);
}

static otls_status
first_key(const otls_settings *settings, const uint8_t **keys, size_t *count)
{
	*keys = settings->ticket_keys;
	*count = settings->ticket_key_count;
	if (*count > 0)
		return OTLS_OK;
	otls__ticket_key_prepare();
	*keys = process_key;
	*count = 1;
	return process_key_is_there ? OTLS_OK
				    : otls__fail_errno(OTLS_E_SYSCALL, ENOSYS, "random bytes for a ticket key");
}

/* == HKDF (RFC 5869) with SHA-256 == */

static otls_status
hmac(const otls_engine *engine, otls_bytes key, const otls_bytes *parts, size_t count, uint8_t out[DIGEST_LEN])
{
	otls_report report = otls__report();
	uint8_t full[OTLS_HASH_MAX];
	size_t len;

	if (engine->hmac(OTLS_HASH_SHA256, key, parts, count, full, &len, &report) != OTLS_OK)
		return otls__fail_report(otls__library_code(&report), &report, "a ticket secret");
	memcpy(out, full, DIGEST_LEN);
	otls__wipe(full, sizeof(full));
	return OTLS_OK;
}

/* Of the library's version, too: what a library puts into a ticket is its own affair (wolfSSL's is the memory of a struct),
 * and one that opens another version's would trust what it finds. */
static otls_status
derive(const otls_engine *engine, const uint8_t *key, const uint8_t digest[DIGEST_LEN], uint8_t *secret)
{
	static const char salt[] = "OmniTLS tickets";
	uint32_t number = engine->version_number();
	uint8_t version[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
		(uint8_t)number };
	otls_bytes input = otls__bytes(key, OTLS_TICKET_KEY_BYTES);
	uint8_t extracted[DIGEST_LEN], block[DIGEST_LEN], counter = 0;
	size_t done = 0;

	if (hmac(engine, otls__bytes(salt, sizeof(salt) - 1), &input, 1, extracted) != OTLS_OK)
		return OTLS_ERROR;
	while (done < OTLS_TICKET_SECRET_BYTES) {
		size_t left = OTLS_TICKET_SECRET_BYTES - done;
		size_t take = left < DIGEST_LEN ? left : DIGEST_LEN;
		otls_bytes parts[] = { otls__bytes(block, counter > 0 ? DIGEST_LEN : 0),
			otls__bytes(engine->name, strlen(engine->name) + 1), otls__bytes(version, sizeof(version)),
			otls__bytes(digest, DIGEST_LEN), otls__bytes(&counter, 1) };

		counter++;
		if (hmac(engine, otls__bytes(extracted, DIGEST_LEN), parts, OTLS_COUNT(parts), block) != OTLS_OK)
			return OTLS_ERROR;
		memcpy(secret + done, block, take);
		done += take;
	}
	otls__wipe(extracted, sizeof(extracted));
	otls__wipe(block, sizeof(block));
	return OTLS_OK;
}

otls_status
otls__ticket_secret(otls_sealed *sealed, otls_native *native)
{
	const otls_settings *settings = &sealed->settings;
	const uint8_t *keys;
	size_t count;

	if (native->role != OTLS_ROLE_SERVER || settings->ticket_count == 0 || !sealed->engine->has(OTLS_CAP_SESSION))
		return OTLS_OK;
	if (first_key(settings, &keys, &count) != OTLS_OK ||
	    server_digest(sealed, native, native->session_id_context) != OTLS_OK)
		return OTLS_ERROR;
	for (size_t i = 0; i < count; i++)
		if (derive(sealed->engine, keys + i * OTLS_TICKET_KEY_BYTES, native->session_id_context,
			native->ticket_secrets[i]) != OTLS_OK)
			return OTLS_ERROR;
	native->config.ticket_count = settings->ticket_count;
	native->config.ticket_secrets = native->ticket_secrets;
	native->config.ticket_secret_count = count;
	native->config.session_id_context = otls__bytes(native->session_id_context, DIGEST_LEN);
	native->config.session_lifetime = (uint32_t)settings->session_timeout;
	return OTLS_OK;
}
