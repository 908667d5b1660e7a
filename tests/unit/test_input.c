/* The input buffer: order, room, memory. */
#include "base.h"
#include "io/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka needs the three above. */
#include <cmocka.h>

static unsigned allowed; /* how many allocations still succeed */

static bool
trap(void)
{
	return allowed > 0 && allowed-- > 0;
}

static int
teardown(void **state)
{
	(void)state;
	otls__alloc_trap = NULL;
	return 0;
}

static void
fill(uint8_t *data, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)((seed + i) * 31 >> 3);
}

static void
starts_empty(void **state)
{
	otls_input input = { 0 };
	size_t room = 0;
	uint8_t byte;

	(void)state;
	assert_int_equal(otls__input_view(&input).len, 0);
	assert_int_equal(otls__input_take(&input, &byte, 1), 0);
	otls__input_skip(&input, 0);
	assert_true(otls__input_append(&input, NULL, 0));
	assert_null(input.data);
	assert_non_null(otls__input_room(&input, 0, &room));
	assert_true(room > 0);
	otls__input_fini(&input);
}

static void
gives_back_in_order(void **state)
{
	otls_input input = { 0 };
	char buf[16] = "";

	(void)state;
	assert_true(otls__input_append(&input, "hello, ", 7));
	assert_true(otls__input_append(&input, "world", 5));
	assert_true(otls__bytes_equal(otls__input_view(&input), otls__bytes("hello, world", 12)));
	assert_int_equal(otls__input_take(&input, buf, 5), 5);
	assert_memory_equal(buf, "hello", 5);
	otls__input_skip(&input, 2);
	assert_int_equal(otls__input_take(&input, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "world", 5);
	assert_int_equal(otls__input_view(&input).len, 0);
	otls__input_fini(&input);
}

static void
room_is_at_least_what_was_wanted(void **state)
{
	static const size_t wants[] = { 0, 1, 4095, 4096, 4097, OTLS_INPUT_READ, OTLS_INPUT_READ + 1, 1u << 18 };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(wants); i++) {
		otls_input input = { 0 };
		size_t room = 0;
		uint8_t *place = NULL;

		assert_true(otls__input_append(&input, "12345", 5));
		otls__input_skip(&input, 2);
		place = otls__input_room(&input, wants[i], &room);
		assert_non_null(place);
		assert_true(room >= wants[i] && room > 0);
		memset(place, 'x', room); /* a sanitizer sees whether it is there */
		otls__input_commit(&input, 1);
		assert_true(otls__bytes_equal(otls__input_view(&input), otls__bytes("345x", 4)));
		otls__input_fini(&input);
	}
}

static void
an_empty_buffer_has_room_for_a_read_without_growing(void **state)
{
	otls_input input = { 0 };
	size_t room = 0;

	(void)state;
	assert_non_null(otls__input_room(&input, OTLS_INPUT_READ, &room));
	assert_int_equal(room, OTLS_INPUT_READ);
	otls__input_commit(&input, 0);
	assert_non_null(input.data); /* small enough to be kept */
	allowed = 0;
	otls__alloc_trap = trap;
	assert_non_null(otls__input_room(&input, OTLS_INPUT_READ, &room));
	otls__input_fini(&input);
}

static void
moves_to_the_front_instead_of_growing(void **state)
{
	otls_input input = { 0 };
	uint8_t data[4096];
	size_t room = 0;

	(void)state;
	fill(data, sizeof(data), 1);
	assert_true(otls__input_append(&input, data, sizeof(data)));
	assert_int_equal(input.cap, 4096);
	otls__input_skip(&input, 3000);
	assert_non_null(otls__input_room(&input, 2000, &room));
	assert_int_equal(input.cap, 4096);
	assert_int_equal(room, 3000);
	assert_true(otls__bytes_equal(otls__input_view(&input), otls__bytes(data + 3000, 1096)));
	otls__input_fini(&input);
}

static void
an_idle_one_holds_no_big_buffer(void **state)
{
	otls_input input = { 0 };
	size_t room = 0;

	(void)state;
	assert_non_null(otls__input_room(&input, OTLS_INPUT_READ + 1, &room));
	assert_true(input.cap > OTLS_INPUT_READ);
	otls__input_commit(&input, 2);
	otls__input_skip(&input, 1);
	assert_non_null(input.data);
	otls__input_skip(&input, 1);
	assert_null(input.data);
	assert_int_equal(input.cap, 0);
	/* Room that nothing came for goes as well. */
	assert_non_null(otls__input_room(&input, OTLS_INPUT_READ + 1, &room));
	otls__input_commit(&input, 0);
	assert_null(input.data);
	otls__input_fini(&input);
}

static void
want_of_memory_changes_nothing(void **state)
{
	otls_input input = { 0 };
	uint8_t data[5000];
	size_t room = 77;

	(void)state;
	fill(data, sizeof(data), 2);
	otls__alloc_trap = trap;
	allowed = 0;
	assert_null(otls__input_room(&input, 1, &room));
	assert_int_equal(room, 0);
	assert_false(otls__input_append(&input, data, 1));
	allowed = 1;
	assert_true(otls__input_append(&input, data, 4000));
	otls__input_skip(&input, 100);
	assert_false(otls__input_append(&input, data, 1000));
	assert_true(otls__bytes_equal(otls__input_view(&input), otls__bytes(data + 100, 3900)));
	otls__input_fini(&input);
}

static void
sizes_that_overflow_are_refused(void **state)
{
	otls_input input = { 0 };
	size_t room = 0;

	(void)state;
	assert_true(otls__input_append(&input, "abc", 3));
	assert_null(otls__input_room(&input, SIZE_MAX, &room));
	assert_null(otls__input_room(&input, SIZE_MAX - 3, &room));
	assert_null(otls__input_room(&input, SIZE_MAX / 2 + 2, &room));
	assert_true(otls__bytes_equal(otls__input_view(&input), otls__bytes("abc", 3)));
	otls__input_fini(&input);
}

/* Whatever the portions, what comes out is what went in, and the buffer stays within a few times of what it holds. */
static void
any_portions(void **state)
{
	enum { TOTAL = 1 << 20 };
	uint8_t *stream = malloc(TOTAL), *buf = malloc(TOTAL);
	otls_input input = { 0 };
	size_t in = 0, out = 0, most = 0;

	(void)state;
	assert_non_null(stream);
	assert_non_null(buf);
	fill(stream, TOTAL, 3);
	srand(1);
	while (out < TOTAL) {
		size_t put = (size_t)rand() % (rand() % 8 ? 100 : 40000);
		size_t get = (size_t)rand() % (rand() % 8 ? 110 : 40000);

		put = put < TOTAL - in ? put : TOTAL - in;
		assert_true(otls__input_append(&input, stream + in, put));
		in += put;
		most = in - out > most ? in - out : most;
		assert_true(input.cap <= OTLS_INPUT_READ || input.cap <= 8 * most);
		get = otls__input_take(&input, buf, get);
		assert_memory_equal(buf, stream + out, get);
		out += get;
		assert_int_equal(otls__input_view(&input).len, in - out);
	}
	otls__input_fini(&input);
	free(stream);
	free(buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(gives_back_in_order),
		cmocka_unit_test(room_is_at_least_what_was_wanted),
		cmocka_unit_test_teardown(an_empty_buffer_has_room_for_a_read_without_growing, teardown),
		cmocka_unit_test(moves_to_the_front_instead_of_growing),
		cmocka_unit_test(an_idle_one_holds_no_big_buffer),
		cmocka_unit_test_teardown(want_of_memory_changes_nothing, teardown),
		cmocka_unit_test(sizes_that_overflow_are_refused),
		cmocka_unit_test(any_portions),
	};

	return cmocka_run_group_tests_name("input", tests, NULL, NULL);
}
