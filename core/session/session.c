/* A client's session: an object that is its own serialised form, read once.
 *
 *	"OTLS" 1 backend<1> library_version[4] version[2] issued[8] expires[8] peer_name<1> server_name<1> settings[32]
 *	chain<3> state<3> SHA-256 of all that[32]
 *
 * x<n> stands behind its length of n bytes; numbers are big-endian. */
#include "session/session.h"

#include "backend.h"
#include "error.h"

#include <time.h>

#define FORMAT      1
#define DIGEST_LEN  32
#define STATE_MAX   ((size_t)1 << 20)
#define SESSION_MAX ((size_t)4 << 20)

static const uint8_t magic[4] = { 'O', 'T', 'L', 'S' };

/* == chains == */

size_t
otls__chain_size(const otls_bytes *chain, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += 3 + chain[i].len;
	return size;
}

static uint8_t *
put_number(uint8_t *at, uint64_t number, size_t width)
{
	for (size_t i = 0; i < width; i++)
		at[i] = (uint8_t)(number >> (8 * (width - 1 - i)));
	return at + width;
}

static uint8_t *
put_bytes(uint8_t *at, otls_bytes bytes)
{
	if (bytes.len > 0)
		memcpy(at, bytes.data, bytes.len);
	return at + bytes.len;
}

static uint8_t *
put_vector(uint8_t *at, otls_bytes bytes, size_t width)
{
	return put_bytes(put_number(at, bytes.len, width), bytes);
}

void
otls__chain_write(const otls_bytes *chain, size_t count, uint8_t *out)
{
	for (size_t i = 0; i < count; i++)
		out = put_vector(out, chain[i], 3);
}

bool
otls__chain_read(otls_bytes bytes, otls_bytes *chain, size_t cap, size_t *count)
{
	otls_reader r = otls__reader(bytes);

	for (*count = 0; r.len > 0 && *count < cap; (*count)++)
		chain[*count] = otls__read_vector24(&r);
	return otls__reader_done(&r);
}

/* == reading == */

static uint64_t
read_number(otls_reader *r, size_t width)
{
	otls_bytes bytes = otls__read_bytes(r, width);
	uint64_t number = 0;

	for (size_t i = 0; i < bytes.len; i++)
		number = number << 8 | bytes.data[i];
	return number;
}

/* A digest, so that what is damaged is told from what does not fit.  It is no proof of where the bytes come from: who
 * can change them has the session anyway. */
static bool
digest_is_good(const otls_engine *engine, const otls_session *session)
{
	otls_bytes body = otls__bytes(session->data, session->len - DIGEST_LEN);
	otls_report report = otls__report();
	uint8_t digest[OTLS_HASH_MAX];
	size_t len;

	return engine->hash(OTLS_HASH_SHA256, &body, 1, digest, &len, &report) == OTLS_OK &&
	       memcmp(digest, body.data + body.len, DIGEST_LEN) == 0;
}

/* NULL: all is well; else what is wrong. */
static const char *
read_parts(otls_session *session, otls_bytes *backend)
{
	otls_session_parts *parts = &session->parts;
	otls_reader r = otls__reader(otls__bytes(session->data, session->len));
	otls_bytes start = otls__read_bytes(&r, sizeof(magic)), settings;
	uint8_t format = otls__read8(&r);

	if (r.failed || memcmp(start.data, magic, sizeof(magic)) != 0)
		return "these bytes are no session";
	if (format != FORMAT)
		return "it was written by another version of OmniTLS";
	*backend = otls__read_vector8(&r);
	parts->library_version = (uint32_t)read_number(&r, 4);
	parts->version = otls__read16(&r);
	parts->issued = (int64_t)read_number(&r, 8);
	parts->expires = (int64_t)read_number(&r, 8);
	parts->peer_name = otls__read_vector8(&r);
	parts->server_name = otls__read_vector8(&r);
	settings = otls__read_bytes(&r, sizeof(parts->settings));
	parts->chain = otls__read_vector24(&r);
	parts->state = otls__read_vector24(&r);
	otls__read_bytes(&r, DIGEST_LEN);
	if (!otls__reader_done(&r) || parts->state.len == 0)
		return "it is damaged, or cut short";
	memcpy(parts->settings, settings.data, sizeof(parts->settings));
	return NULL;
}

/* The engine that made it. */
static const otls_engine *
find_engine(otls_bytes name)
{
	char text[32] = "";

	if (name.len >= sizeof(text))
		return NULL;
	memcpy(text, name.data, name.len);
	return otls_backend_engine(otls_backend_find(text));
}

/* == making == */

/* Takes over data. */
static otls_status
adopt(uint8_t *data, size_t len, otls_session **session)
{
	otls_session *new = otls__alloc(sizeof(*new));
	otls_bytes backend;
	const char *wrong;

	if (new == NULL) {
		otls__free_secret(data, len);
		return otls__fail_memory();
	}
	atomic_init(&new->refs, 1);
	new->data = data;
	new->len = len;
	wrong = read_parts(new, &backend);
	if (wrong == NULL && (new->engine = find_engine(backend)) == NULL)
		wrong = "it was made by a backend that is not in this build";
	if (wrong == NULL && !digest_is_good(new->engine, new))
		wrong = "it is damaged, or cut short";
	if (wrong == NULL) {
		*session = new;
		return OTLS_OK;
	}
	otls_session_free(new);
	return otls__fail(OTLS_E_SESSION, "%s", wrong);
}

static size_t
size_of(otls_bytes backend, const otls_session_parts *parts)
{
	return sizeof(magic) + 1 + 1 + backend.len + 4 + 2 + 8 + 8 + 1 + parts->peer_name.len + 1 +
	       parts->server_name.len + sizeof(parts->settings) + 3 + parts->chain.len + 3 + parts->state.len +
	       DIGEST_LEN;
}

otls_status
otls__session_new(const otls_engine *engine, const otls_session_parts *parts, otls_session **session)
{
	otls_bytes backend = otls__bytes(engine->name, strlen(engine->name));
	size_t size = size_of(backend, parts), len;
	otls_report report = otls__report();
	uint8_t digest[OTLS_HASH_MAX], *data, *at;
	otls_bytes body;

	*session = NULL;
	if (parts->state.len > STATE_MAX || size > SESSION_MAX)
		return otls__fail(OTLS_E_LIMIT, "a session of %zu bytes", size);
	if ((data = otls__alloc(size)) == NULL)
		return otls__fail_memory();
	at = put_bytes(data, otls__bytes(magic, sizeof(magic)));
	at = put_vector(put_number(at, FORMAT, 1), backend, 1);
	at = put_number(put_number(at, parts->library_version, 4), parts->version, 2);
	at = put_number(put_number(at, (uint64_t)parts->issued, 8), (uint64_t)parts->expires, 8);
	at = put_vector(put_vector(at, parts->peer_name, 1), parts->server_name, 1);
	at = put_bytes(at, otls__bytes(parts->settings, sizeof(parts->settings)));
	at = put_vector(put_vector(at, parts->chain, 3), parts->state, 3);
	body = otls__bytes(data, (size_t)(at - data));
	if (engine->hash(OTLS_HASH_SHA256, &body, 1, digest, &len, &report) != OTLS_OK) {
		otls__free_secret(data, size);
		return otls__fail_report(otls__library_code(&report), &report, "a session's digest");
	}
	memcpy(at, digest, DIGEST_LEN);
	return adopt(data, size, session);
}

otls_status
otls_session_deserialize(const void *data, size_t len, otls_session **session)
{
	uint8_t *copy;

	if (session == NULL)
		return otls__fail_null(__func__, "session");
	*session = NULL;
	if (data == NULL)
		return otls__fail_null(__func__, "data");
	if (len > SESSION_MAX || len < DIGEST_LEN)
		return otls__fail(OTLS_E_SESSION, "these bytes are no session");
	if ((copy = otls__memdup(data, len)) == NULL)
		return otls__fail_memory();
	return adopt(copy, len, session);
}

/* == life and getters == */

otls_session *
otls_session_ref(const otls_session *session)
{
	otls_session *counted = (otls_session *)(uintptr_t)session;

	if (counted != NULL)
		atomic_fetch_add(&counted->refs, 1);
	return counted;
}

void
otls_session_free(otls_session *session)
{
	if (session == NULL || atomic_fetch_sub(&session->refs, 1) != 1)
		return;
	otls__free_secret(session->data, session->len);
	otls__free(session);
}

const uint8_t *
otls_session_serialize(const otls_session *session, size_t *len)
{
	if (len != NULL)
		*len = session != NULL ? session->len : 0;
	return session != NULL ? session->data : NULL;
}

int64_t
otls_session_expires(const otls_session *session)
{
	return session != NULL ? session->parts.expires : 0;
}

bool
otls_session_is_resumable(const otls_session *session)
{
	return session != NULL && session->parts.expires > (int64_t)time(NULL);
}
