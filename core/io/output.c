#include "output.h"

#include <assert.h>
#include <sys/uio.h>

/* Holds a full record of any version and suite, so that a record rarely lies in two chunks. */
#define CHUNK_SIZE (17 * 1024)

struct otls_chunk {
	struct otls_chunk *next;
	size_t start, end, cap;
	uint8_t data[];
};

static struct otls_chunk *
new_chunk(otls_output *output, size_t cap)
{
	struct otls_chunk *chunk = output->spare;

	if (cap <= CHUNK_SIZE && chunk != NULL) {
		output->spare = NULL;
		return chunk;
	}
	if (cap < CHUNK_SIZE)
		cap = CHUNK_SIZE;
	if (cap > SIZE_MAX - sizeof(*chunk) || (chunk = otls__alloc(sizeof(*chunk) + cap)) == NULL)
		return NULL;
	chunk->cap = cap;
	return chunk;
}

static void
drop_head(otls_output *output)
{
	struct otls_chunk *chunk = output->head;

	output->head = chunk->next;
	if (output->head == NULL)
		output->tail = NULL;
	if (output->spare != NULL || chunk->cap != CHUNK_SIZE) {
		otls__free(chunk);
		return;
	}
	chunk->next = NULL;
	chunk->start = chunk->end = 0;
	output->spare = chunk;
}

static void
link_tail(otls_output *output, struct otls_chunk *chunk)
{
	if (output->tail == NULL)
		output->head = chunk;
	else
		output->tail->next = chunk;
	output->tail = chunk;
}

static void
fill(struct otls_chunk *chunk, const uint8_t *data, size_t len)
{
	memcpy(chunk->data + chunk->end, data, len);
	chunk->end += len;
}

bool
otls__output_append(otls_output *output, const void *data, size_t len)
{
	struct otls_chunk *chunk = NULL;
	size_t room = output->tail != NULL ? output->tail->cap - output->tail->end : 0;
	size_t first = len < room ? len : room;

	/* The only thing that can fail comes before anything is changed. */
	if (first < len && (chunk = new_chunk(output, len - first)) == NULL)
		return false;
	if (first > 0)
		fill(output->tail, data, first);
	if (chunk != NULL) {
		fill(chunk, (const uint8_t *)data + first, len - first);
		link_tail(output, chunk);
	}
	output->len += len;
	return true;
}

otls_bytes
otls__output_front(const otls_output *output)
{
	const struct otls_chunk *chunk = output->head;

	if (chunk == NULL)
		return otls__bytes(NULL, 0);
	return otls__bytes(chunk->data + chunk->start, chunk->end - chunk->start);
}

int
otls__output_pieces(const otls_output *output, struct iovec *pieces, int max)
{
	struct otls_chunk *chunk = output->head;
	int count = 0;

	for (; chunk != NULL && count < max; chunk = chunk->next, count++)
		pieces[count] = (struct iovec){ .iov_base = chunk->data + chunk->start,
			.iov_len = chunk->end - chunk->start };
	return count;
}

void
otls__output_consume(otls_output *output, size_t len)
{
	assert(len <= output->len);
	output->len -= len;
	while (len > 0) {
		struct otls_chunk *chunk = output->head;
		size_t part = chunk->end - chunk->start;

		if (len < part) {
			chunk->start += len;
			return;
		}
		len -= part;
		drop_head(output);
	}
}

void
otls__output_fini(otls_output *output)
{
	while (output->head != NULL)
		drop_head(output);
	otls__free(output->spare);
	*output = (otls_output){ 0 };
}
