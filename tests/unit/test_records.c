/* Records of clients that hold tickets: found by the ticket alone, for as long as it lives, and never too many of them. */
#include "backend.h"
#include "scarce.h"
#include "session/session.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000)

static const otls_engine *
engine(void)
{
	return otls_backend_engine(otls_backend_at(0));
}

static otls_bytes
ticket(size_t i, char text[32])
{
	return otls__bytes(text, (size_t)snprintf(text, 32, "ticket %zu", i));
}

static void
add(size_t i, const char *certificate, int64_t expires)
{
	otls_bytes chain = otls__bytes(certificate, strlen(certificate));
	char text[32];

	otls__record_add(engine(), ticket(i, text), &chain, 1, expires);
}

/* "": nothing. */
static void
expect(size_t i, int64_t now, const char *certificate)
{
	otls_buffer found = { 0 };
	otls_bytes chain[2];
	size_t count = 0;
	char text[32];

	if (otls__record_find(engine(), ticket(i, text), now, &found)) {
		assert_true(otls__chain_read(otls__buffer_view(&found), chain, OTLS_COUNT(chain), &count));
		assert_int_equal(count, 1);
		assert_true(otls__bytes_equal(chain[0], otls__bytes(certificate, strlen(certificate))));
	} else
		assert_string_equal(certificate, "");
	otls__buffer_fini(&found);
}

static int
clear(void **state)
{
	(void)state;
	otls__records_clear();
	return 0;
}

static void
found_until_they_expire(void **state)
{
	(void)state;
	add(1, "one", NOW + 10);
	add(2, "two", NOW + 20);
	expect(1, NOW, "one");
	expect(2, NOW, "two");
	expect(3, NOW, "");
	expect(1, NOW + 10, "");
	expect(2, NOW + 10, "two");
}

/* A client without certificates has a record, too: an empty one. */
static void
of_nobody(void **state)
{
	otls_buffer found = { 0 };
	char text[32];

	(void)state;
	otls__record_add(engine(), ticket(1, text), NULL, 0, NOW + 10);
	assert_true(otls__record_find(engine(), ticket(1, text), NOW, &found));
	assert_int_equal(found.len, 0);
	otls__buffer_fini(&found);
	otls__record_add(engine(), otls__bytes(NULL, 0), NULL, 0, NOW + 10);
	assert_false(otls__record_find(engine(), otls__bytes(NULL, 0), NOW, &found));
}

/* OpenSSL CVE-2024-2511: what a server kept of sessions grew without bounds. */
static void
the_oldest_make_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < 10000; i++)
		add(i, "certificate", NOW + 10);
	expect(0, NOW, "");
	expect(10000 - 8193, NOW, "");
	expect(10000 - 8192, NOW, "certificate");
	expect(9999, NOW, "certificate");
}

/* 40 of 1 MiB are more than the 32 that there is room for. */
static void
large_ones_make_room(void **state)
{
	size_t len = (size_t)1 << 20;
	uint8_t *large = otls__alloc(len);
	otls_bytes chain = otls__bytes(large, len);
	char text[32];

	(void)state;
	assert_non_null(large);
	for (size_t i = 0; i < 40; i++)
		otls__record_add(engine(), ticket(i, text), &chain, 1, NOW + 10);
	expect(8, NOW, "");
	for (size_t i = 10; i < 40; i++) {
		otls_buffer found = { 0 };
		assert_true(otls__record_find(engine(), ticket(i, text), NOW, &found));
		otls__buffer_fini(&found);
	}
	otls__free(large);
}

/* The newest of the same ticket counts. */
static void
again(void **state)
{
	(void)state;
	add(1, "one", NOW + 10);
	add(1, "other", NOW + 10);
	expect(1, NOW, "other");
}

static void *
work(void *arg)
{
	size_t start = *(const size_t *)arg;

	for (size_t i = start; i < start + 3000; i++) {
		add(i, "certificate", NOW + 10);
		expect(i, NOW, "certificate");
	}
	return NULL;
}

static void
by_many_threads(void **state)
{
	size_t starts[] = { 0, 100000, 200000 };
	pthread_t threads[OTLS_COUNT(starts)];

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(starts); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &starts[i]), 0);
	for (size_t i = 0; i < OTLS_COUNT(starts); i++)
		pthread_join(threads[i], NULL);
}

static bool
no_memory(void)
{
	return false;
}

static void
without_memory(void **state)
{
	(void)state;
	otls__alloc_trap = no_memory;
	add(1, "one", NOW + 10);
	otls__alloc_trap = NULL;
	expect(1, NOW, "");
}

/* The chain, the table, and the copy that is handed out. */
static void
with_little_memory(void **state)
{
	otls_buffer found = { 0 };
	char text[32];

	(void)state;
	allocations_left = 1;
	otls__alloc_trap = allow;
	add(1, "one", NOW + 10);
	otls__alloc_trap = NULL;
	expect(1, NOW, "");
	add(1, "one", NOW + 10);
	otls__alloc_trap = no_memory;
	assert_false(otls__record_find(engine(), ticket(1, text), NOW, &found));
	otls__alloc_trap = NULL;
	expect(1, NOW, "one");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(found_until_they_expire, clear, clear),
		cmocka_unit_test_setup_teardown(of_nobody, clear, clear),
		cmocka_unit_test_setup_teardown(the_oldest_make_room, clear, clear),
		cmocka_unit_test_setup_teardown(large_ones_make_room, clear, clear),
		cmocka_unit_test_setup_teardown(again, clear, clear),
		cmocka_unit_test_setup_teardown(by_many_threads, clear, clear),
		cmocka_unit_test_setup_teardown(without_memory, clear, clear),
		cmocka_unit_test_setup_teardown(with_little_memory, clear, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
