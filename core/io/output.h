/* Bytes that are to go out: a queue that never refuses and whose bytes never move. */
#ifndef OTLS_CORE_OUTPUT_H
#define OTLS_CORE_OUTPUT_H

#include "base.h"

struct iovec;

typedef struct otls_output {
	struct otls_chunk *head, *tail;
	struct otls_chunk *spare; /* one empty chunk kept, so that steady traffic allocates nothing */
	size_t len;
} otls_output;

/* false: no memory; nothing was appended. */
bool otls__output_append(otls_output *output, const void *data, size_t len);
/* The first contiguous bytes; they stay in place until they are consumed, whatever is appended meanwhile. */
otls_bytes otls__output_front(const otls_output *output);
/* Fills up to max pieces, in order, and answers how many. */
int otls__output_pieces(const otls_output *output, struct iovec *pieces, int max);
void otls__output_consume(otls_output *output, size_t len);
void otls__output_fini(otls_output *output);

#endif
