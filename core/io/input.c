#include "input.h"

#include <assert.h>

#define SMALLEST 4096

static size_t
used(const otls_input *input)
{
	return input->end - input->start;
}

static void
move_to_front(otls_input *input)
{
	if (input->start == 0)
		return;
	memmove(input->data, input->data + input->start, used(input));
	input->end -= input->start;
	input->start = 0;
}

/* A power of two that holds need bytes; 0: there is none. */
static size_t
capacity_for(size_t need)
{
	size_t cap = SMALLEST;

	while (cap < need) {
		if (cap > SIZE_MAX / 2)
			return 0;
		cap *= 2;
	}
	return cap;
}

static bool
grow(otls_input *input, size_t want)
{
	uint8_t *data = NULL;
	size_t cap = want <= SIZE_MAX - input->end ? capacity_for(input->end + want) : 0;

	if (cap == 0 || (data = otls__realloc(input->data, cap)) == NULL)
		return false;
	input->data = data;
	input->cap = cap;
	return true;
}

/* An idle connection holds no big buffer. */
static void
settle(otls_input *input)
{
	if (used(input) != 0)
		return;
	input->start = input->end = 0;
	if (input->cap > OTLS_INPUT_READ)
		otls__input_fini(input);
}

uint8_t *
otls__input_room(otls_input *input, size_t want, size_t *room)
{
	*room = 0;
	if (want == 0)
		want = 1;
	/* Bytes are moved only when at least as many were taken before them, or when a larger buffer is due anyway: the
	 * cost stays proportional to what passes through, however small the portions are. */
	if (input->cap - input->end < want && (input->start >= used(input) || input->cap - used(input) < want))
		move_to_front(input);
	if (input->cap - input->end < want && !grow(input, want))
		return NULL;
	*room = input->cap - input->end;
	return input->data + input->end;
}

void
otls__input_commit(otls_input *input, size_t len)
{
	assert(len <= input->cap - input->end);
	input->end += len;
	settle(input);
}

bool
otls__input_append(otls_input *input, const void *data, size_t len)
{
	uint8_t *place = NULL;
	size_t room = 0;

	if (len == 0)
		return true;
	if ((place = otls__input_room(input, len, &room)) == NULL)
		return false;
	memcpy(place, data, len);
	otls__input_commit(input, len);
	return true;
}

otls_bytes
otls__input_view(const otls_input *input)
{
	if (used(input) == 0)
		return otls__bytes(NULL, 0);
	return otls__bytes(input->data + input->start, used(input));
}

void
otls__input_skip(otls_input *input, size_t len)
{
	assert(len <= used(input));
	input->start += len;
	settle(input);
}

size_t
otls__input_take(otls_input *input, void *buf, size_t cap)
{
	size_t len = cap < used(input) ? cap : used(input);

	if (len == 0)
		return 0;
	memcpy(buf, input->data + input->start, len);
	otls__input_skip(input, len);
	return len;
}

void
otls__input_fini(otls_input *input)
{
	otls__free(input->data);
	*input = (otls_input){ 0 };
}
