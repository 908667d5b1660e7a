/* A client's session as bytes: what is written is read again, and whatever else is refused with a reason. */
#include "backend.h"
#include "error.h"
#include "scarce.h"
#include "session/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define TEXT(literal) otls__bytes(literal, sizeof(literal) - 1)

#define DAMAGED    "it is damaged, or cut short"
#define NO_SESSION "these bytes are no session"

static otls_engine engine; /* a built one, to be tampered with */

static int
set_up(void **state)
{
	(void)state;
	engine = *otls_backend_engine(otls_backend_at(0));
	return otls__backend_start(otls_backend_at(0)) == OTLS_OK ? 0 : -1;
}

static otls_status
cannot_hash(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	(void)hash, (void)parts, (void)n, (void)out, (void)len;
	report->code = OTLS_E_BACKEND;
	return OTLS_ERROR;
}

static otls_session_parts
usual_parts(void)
{
	return (otls_session_parts){ .library_version = 0x03000200,
		.version = 0x0304,
		.issued = 1700000000,
		.expires = 1700000300,
		.peer_name = TEXT("server.example"),
		.server_name = TEXT("other.example"),
		.settings = { 1, 2, 3, [31] = 32 },
		.chain = TEXT("\x00\x00\x01x"),
		.state = TEXT("the library's own") };
}

static otls_session *
make(const otls_session_parts *parts)
{
	otls_session *session = NULL;

	if (otls__session_new(&engine, parts, &session) != OTLS_OK)
		fail_msg("%s", otls_error_message(otls_error_last()));
	return session;
}

static void
expect_error(otls_code code, const char *text)
{
	if (otls_error_code(otls_error_last()) != code || strstr(otls_error_message(otls_error_last()), text) == NULL)
		fail_msg("%s wanted: %s", text, otls_error_message(otls_error_last()));
}

static void
expect_refused(otls_bytes bytes, const char *text)
{
	otls_session *session = (otls_session *)&engine;

	assert_int_equal(otls_session_deserialize(bytes.data, bytes.len, &session), OTLS_ERROR);
	assert_null(session);
	expect_error(OTLS_E_SESSION, text);
}

static void
expect_same(const otls_session_parts *a, const otls_session_parts *b)
{
	assert_int_equal(a->library_version, b->library_version);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->issued, b->issued);
	assert_int_equal(a->expires, b->expires);
	assert_true(otls__bytes_equal(a->peer_name, b->peer_name));
	assert_true(otls__bytes_equal(a->server_name, b->server_name));
	assert_memory_equal(a->settings, b->settings, sizeof(a->settings));
	assert_true(otls__bytes_equal(a->chain, b->chain));
	assert_true(otls__bytes_equal(a->state, b->state));
}

static void
there_and_back(void **state)
{
	otls_session_parts parts = usual_parts();
	otls_session *session = make(&parts), *again = NULL;
	const uint8_t *data;
	size_t len = 0;

	(void)state;
	expect_same(&session->parts, &parts);
	data = otls_session_serialize(session, &len);
	assert_ptr_equal(data, otls_session_serialize(session, NULL));
	assert_int_equal(otls_session_deserialize(data, len, &again), OTLS_OK);
	assert_ptr_equal(again->engine, otls_backend_engine(otls_backend_at(0)));
	expect_same(&again->parts, &parts);
	otls_session_free(session);
	expect_same(&again->parts, &parts); /* a copy of its own */
	otls_session_free(again);
}

/* Names, chain and dates that are not there, or at their limits. */
static void
extremes(void **state)
{
	static const char names[255] = "x";
	otls_session_parts parts = { .issued = INT64_MIN, .expires = INT64_MAX, .state = TEXT("x") };
	otls_session *session = make(&parts);

	(void)state;
	expect_same(&session->parts, &parts);
	otls_session_free(session);
	parts.peer_name = parts.server_name = otls__bytes(names, sizeof(names));
	session = make(&parts);
	expect_same(&session->parts, &parts);
	otls_session_free(session);
}

static void
too_large(void **state)
{
	static const size_t limit = (size_t)1 << 20;
	otls_session_parts parts = usual_parts();
	otls_session *session = NULL;
	uint8_t *room = calloc(1, 5 * limit);

	(void)state;
	assert_non_null(room);
	parts.state = otls__bytes(room, limit + 1);
	assert_int_equal(otls__session_new(&engine, &parts, &session), OTLS_ERROR);
	expect_error(OTLS_E_LIMIT, "a session of 10487");
	assert_null(session);
	parts.state.len = limit;
	otls_session_free(make(&parts));
	parts.chain = otls__bytes(room, 4 * limit - parts.state.len);
	assert_int_equal(otls__session_new(&engine, &parts, &session), OTLS_ERROR);
	expect_error(OTLS_E_LIMIT, "bytes");
	expect_refused(otls__bytes(room, 4 * limit + 1), NO_SESSION);
	free(room);
}

static void
null_objects(void **state)
{
	otls_session *session = (otls_session *)state;
	size_t len = 5;

	assert_int_equal(otls_session_deserialize("x", 1, NULL), OTLS_ERROR);
	expect_error(OTLS_E_BAD_ARGUMENT, "session");
	assert_int_equal(otls_session_deserialize(NULL, 1, &session), OTLS_ERROR);
	expect_error(OTLS_E_BAD_ARGUMENT, "data");
	assert_null(session);
	assert_null(otls_session_ref(NULL));
	assert_null(otls_session_serialize(NULL, &len));
	assert_int_equal(len, 0);
	assert_null(otls_session_serialize(NULL, NULL));
	assert_int_equal(otls_session_expires(NULL), 0);
	assert_false(otls_session_is_resumable(NULL));
	otls_session_free(NULL);
}

static void
references(void **state)
{
	otls_session_parts parts = usual_parts();
	otls_session *session = make(&parts);

	(void)state;
	assert_ptr_equal(otls_session_ref(session), session);
	otls_session_free(session);
	expect_same(&session->parts, &parts);
	otls_session_free(session);
}

static void
times(void **state)
{
	otls_session_parts parts = usual_parts();
	otls_session *session = make(&parts);

	(void)state;
	assert_int_equal(otls_session_expires(session), 1700000300);
	assert_false(otls_session_is_resumable(session));
	otls_session_free(session);
	parts.expires = (int64_t)time(NULL) + 1000;
	session = make(&parts);
	assert_true(otls_session_is_resumable(session));
	otls_session_free(session);
}

/* == bytes that are no session == */

static void
every_cut_and_change(void **state)
{
	otls_session_parts parts = usual_parts();
	otls_session *session = make(&parts);
	otls_bytes bytes = otls__bytes(session->data, session->len);
	uint8_t *changed = malloc(bytes.len + 1);

	(void)state;
	assert_non_null(changed);
	memcpy(changed, bytes.data, bytes.len);
	changed[bytes.len] = 0;
	expect_refused(otls__bytes(changed, bytes.len + 1), DAMAGED);
	for (size_t i = 0; i < bytes.len; i++)
		expect_refused(otls__bytes(changed, i), i < 32 ? NO_SESSION : DAMAGED);
	for (size_t i = 0; i < bytes.len * 8; i++) {
		changed[i / 8] ^= (uint8_t)(1u << i % 8);
		expect_refused(otls__bytes(changed, bytes.len), "");
		changed[i / 8] = bytes.data[i / 8];
	}
	free(changed);
	otls_session_free(session);
}

/* Bytes with a digest that is right, so that what is wrong is what they say. */
static void
expect_refused_with_digest(otls_buffer *body, const char *text)
{
	otls_bytes view = otls__buffer_view(body);
	otls_report report = otls__report();
	uint8_t digest[OTLS_HASH_MAX];
	size_t len;

	assert_int_equal(engine.hash(OTLS_HASH_SHA256, &view, 1, digest, &len, &report), OTLS_OK);
	assert_true(otls__buffer_append(body, digest, 32));
	expect_refused(otls__buffer_view(body), text);
	otls__buffer_fini(body);
}

static void
what_it_says(void **state)
{
	static const uint8_t zeros[128];
	/* From library_version to settings, and an empty chain behind it. */
	const otls_bytes middle = otls__bytes(zeros, 4 + 2 + 8 + 8 + 1 + 1 + 32 + 3);
	static const struct row {
		const char *start, *name, *state;
		uint8_t format;
		const char *says;
	} rows[] = {
		{ "OTLX", "none", "x", 1, NO_SESSION },
		{ "OTLS", "none", "x", 2, "it was written by another version of OmniTLS" },
		{ "OTLS", "none", "x", 0, "it was written by another version of OmniTLS" },
		{ "OTLS", "none", "x", 1, "it was made by a backend that is not in this build" },
		{ "OTLS", "", "x", 1, "it was made by a backend that is not in this build" },
		{ "OTLS", "a name that is longer than any one", "x", 1, "a backend that is not in this build" },
		{ "OTLS", "none", "", 1, DAMAGED },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		uint8_t name_len = (uint8_t)strlen(row->name), state_len[3] = { 0, 0, (uint8_t)strlen(row->state) };
		otls_buffer body = { 0 };

		assert_true(
		    otls__buffer_append(&body, row->start, 4) && otls__buffer_append(&body, &row->format, 1) &&
		    otls__buffer_append(&body, &name_len, 1) && otls__buffer_append(&body, row->name, name_len) &&
		    otls__buffer_append(&body, middle.data, middle.len) && otls__buffer_append(&body, state_len, 3) &&
		    otls__buffer_append(&body, row->state, state_len[2]));
		expect_refused_with_digest(&body, row->says);
	}
}

/* == digests that cannot be made, and memory == */

static void
without_digest(void **state)
{
	otls_session_parts parts = usual_parts();
	otls_session *session = (otls_session *)state;

	engine.hash = cannot_hash;
	assert_int_equal(otls__session_new(&engine, &parts, &session), OTLS_ERROR);
	expect_error(OTLS_E_BACKEND, "a session's digest");
	assert_null(session);
}

static void
without_memory(void **state)
{
	otls_session_parts parts = usual_parts();
	otls_session *session = make(&parts), *other = NULL;

	(void)state;
	for (long n = 0; n < 2; n++) {
		allocations_left = n;
		otls__alloc_trap = allow;
		assert_int_equal(otls__session_new(&engine, &parts, &other), OTLS_ERROR);
		expect_error(OTLS_E_MEMORY, "");
		assert_null(other);
		allocations_left = n;
		assert_int_equal(otls_session_deserialize(session->data, session->len, &other), OTLS_ERROR);
		expect_error(OTLS_E_MEMORY, "");
		assert_null(other);
		otls__alloc_trap = NULL;
	}
	otls_session_free(session);
}

/* == chains == */

static void
chains(void **state)
{
	const otls_bytes chain[] = { TEXT("one"), TEXT(""), TEXT("three") };
	otls_bytes read[3];
	uint8_t bytes[32];
	size_t size = otls__chain_size(chain, 3), count;

	(void)state;
	assert_int_equal(size, 17);
	otls__chain_write(chain, 3, bytes);
	assert_true(otls__chain_read(otls__bytes(bytes, size), read, 3, &count));
	assert_int_equal(count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(otls__bytes_equal(read[i], chain[i]));
	assert_false(otls__chain_read(otls__bytes(bytes, size), read, 2, &count));
	assert_false(otls__chain_read(otls__bytes(bytes, size - 1), read, 3, &count));
	assert_true(otls__chain_read(TEXT(""), read, 3, &count));
	assert_int_equal(count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(there_and_back, set_up),
		cmocka_unit_test_setup(extremes, set_up),
		cmocka_unit_test_setup(too_large, set_up),
		cmocka_unit_test_setup(null_objects, set_up),
		cmocka_unit_test_setup(references, set_up),
		cmocka_unit_test_setup(times, set_up),
		cmocka_unit_test_setup(every_cut_and_change, set_up),
		cmocka_unit_test_setup(what_it_says, set_up),
		cmocka_unit_test_setup(without_digest, set_up),
		cmocka_unit_test_setup(without_memory, set_up),
		cmocka_unit_test_setup(chains, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
