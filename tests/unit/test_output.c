/* The output queue: order, bytes that stay in place, memory. */
#include "base.h"
#include "io/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/uio.h>
/* cmocka needs the first three above. */
#include <cmocka.h>

#define CHUNK (17 * 1024)

static unsigned allowed; /* how many allocations still succeed */
static unsigned allocations;

static bool
trap(void)
{
	allocations++;
	return allowed > 0 && allowed-- > 0;
}

static int
teardown(void **state)
{
	(void)state;
	otls__alloc_trap = NULL;
	return 0;
}

static uint8_t *
pattern(size_t len)
{
	uint8_t *data = malloc(len);

	assert_non_null(data);
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 31 >> 3);
	return data;
}

static void
starts_empty(void **state)
{
	otls_output output = { 0 };
	struct iovec piece;

	(void)state;
	assert_int_equal(otls__output_front(&output).len, 0);
	assert_int_equal(otls__output_pieces(&output, &piece, 1), 0);
	assert_true(otls__output_append(&output, NULL, 0));
	otls__output_consume(&output, 0);
	assert_null(output.head);
	otls__output_fini(&output);
}

static void
gives_back_in_order(void **state)
{
	otls_output output = { 0 };

	(void)state;
	assert_true(otls__output_append(&output, "hello, ", 7));
	assert_true(otls__output_append(&output, "world", 5));
	assert_int_equal(output.len, 12);
	assert_true(otls__bytes_equal(otls__output_front(&output), otls__bytes("hello, world", 12)));
	otls__output_consume(&output, 7);
	assert_true(otls__bytes_equal(otls__output_front(&output), otls__bytes("world", 5)));
	otls__output_consume(&output, 5);
	assert_int_equal(otls__output_front(&output).len, 0);
	assert_int_equal(output.len, 0);
	otls__output_fini(&output);
}

static void
front_stays_in_place(void **state)
{
	otls_output output = { 0 };
	otls_bytes front = { 0 };
	uint8_t *data = pattern(CHUNK);

	(void)state;
	assert_true(otls__output_append(&output, data, 1000));
	otls__output_consume(&output, 10);
	front = otls__output_front(&output);
	for (int i = 0; i < 20; i++)
		assert_true(otls__output_append(&output, data, CHUNK - 1));
	assert_ptr_equal(otls__output_front(&output).data, front.data);
	assert_memory_equal(front.data, data + 10, 990);
	otls__output_fini(&output);
	free(data);
}

static void
pieces_are_the_queue(void **state)
{
	otls_output output = { 0 };
	struct iovec pieces[8];
	uint8_t *data = pattern(4 * CHUNK);
	int count = 0;
	size_t seen = 0;

	(void)state;
	for (size_t at = 0; at < 3 * CHUNK; at += CHUNK / 2)
		assert_true(otls__output_append(&output, data + at, CHUNK / 2));
	otls__output_consume(&output, 100);
	assert_int_equal(otls__output_pieces(&output, pieces, 2), 2);
	count = otls__output_pieces(&output, pieces, 8);
	assert_int_equal(count, 3);
	for (int i = 0; i < count; i++) {
		assert_memory_equal(pieces[i].iov_base, data + 100 + seen, pieces[i].iov_len);
		seen += pieces[i].iov_len;
	}
	assert_int_equal(seen, 3 * CHUNK - 100);
	assert_int_equal(seen, output.len);
	/* Over the edge of two chunks at once. */
	otls__output_consume(&output, CHUNK + 5);
	assert_memory_equal(otls__output_front(&output).data, data + CHUNK + 105, 100);
	otls__output_fini(&output);
	free(data);
}

static void
a_big_append_is_one_piece(void **state)
{
	otls_output output = { 0 };
	uint8_t *data = pattern(1 << 20);

	(void)state;
	assert_true(otls__output_append(&output, data, 1 << 20));
	assert_true(otls__bytes_equal(otls__output_front(&output), otls__bytes(data, 1 << 20)));
	otls__output_consume(&output, 1 << 20);
	assert_null(output.head);
	assert_null(output.spare); /* an idle connection does not keep that much */
	otls__output_fini(&output);
	free(data);
}

static void
steady_traffic_allocates_nothing(void **state)
{
	otls_output output = { 0 };
	uint8_t *data = pattern(CHUNK);

	(void)state;
	otls__alloc_trap = trap;
	allocations = 0;
	allowed = 1;
	for (int i = 0; i < 100; i++) {
		assert_true(otls__output_append(&output, data, 16645));
		assert_true(otls__output_append(&output, data, 100));
		otls__output_consume(&output, output.len);
	}
	assert_int_equal(allocations, 1);
	otls__output_fini(&output);
	free(data);
}

static void
one_spare_at_most(void **state)
{
	otls_output output = { 0 };
	uint8_t *data = pattern(CHUNK);

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_true(otls__output_append(&output, data, CHUNK));
	otls__output_consume(&output, output.len);
	assert_non_null(output.spare);
	otls__alloc_trap = trap;
	allowed = 0;
	assert_true(otls__output_append(&output, data, CHUNK));
	assert_false(otls__output_append(&output, data, 1));
	otls__output_fini(&output);
	free(data);
}

static void
all_or_nothing(void **state)
{
	otls_output output = { 0 };
	uint8_t *data = pattern(2 * CHUNK);

	(void)state;
	otls__alloc_trap = trap;
	allowed = 0;
	assert_false(otls__output_append(&output, data, 1));
	assert_int_equal(output.len, 0);
	allowed = 1;
	assert_true(otls__output_append(&output, data, 1000));
	assert_false(otls__output_append(&output, data, CHUNK)); /* a part of it would have had room */
	assert_int_equal(output.len, 1000);
	assert_true(otls__bytes_equal(otls__output_front(&output), otls__bytes(data, 1000)));
	allowed = 1;
	assert_true(otls__output_append(&output, data + 1000, CHUNK));
	otls__output_consume(&output, 1000);
	assert_memory_equal(otls__output_front(&output).data, data + 1000, CHUNK - 1000);
	otls__output_fini(&output);
	free(data);
}

static void
a_size_that_overflows_is_refused(void **state)
{
	otls_output output = { 0 };

	(void)state;
	assert_false(otls__output_append(&output, "", SIZE_MAX));
	assert_int_equal(output.len, 0);
	otls__output_fini(&output);
}

static void
any_portions(void **state)
{
	enum { TOTAL = 1 << 20 };
	uint8_t *stream = pattern(TOTAL);
	otls_output output = { 0 };
	size_t in = 0, out = 0;

	(void)state;
	srand(1);
	while (out < TOTAL) {
		size_t put = (size_t)rand() % (rand() % 8 ? 200 : 60000);
		size_t get = (size_t)rand() % (rand() % 8 ? 220 : 60000);
		otls_bytes front = { 0 };

		put = put < TOTAL - in ? put : TOTAL - in;
		assert_true(otls__output_append(&output, stream + in, put));
		in += put;
		front = otls__output_front(&output);
		if (front.len > 0)
			assert_memory_equal(front.data, stream + out, front.len);
		get = get < in - out ? get : in - out;
		otls__output_consume(&output, get);
		out += get;
		assert_int_equal(output.len, in - out);
	}
	otls__output_fini(&output);
	free(stream);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(gives_back_in_order),
		cmocka_unit_test(front_stays_in_place),
		cmocka_unit_test(pieces_are_the_queue),
		cmocka_unit_test(a_big_append_is_one_piece),
		cmocka_unit_test_teardown(steady_traffic_allocates_nothing, teardown),
		cmocka_unit_test_teardown(one_spare_at_most, teardown),
		cmocka_unit_test_teardown(all_or_nothing, teardown),
		cmocka_unit_test(a_size_that_overflows_is_refused),
		cmocka_unit_test(any_portions),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
