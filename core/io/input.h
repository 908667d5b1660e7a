/* Bytes that came in and were not taken yet: one buffer, filled by reads as large as it has room for. */
#ifndef OTLS_CORE_INPUT_H
#define OTLS_CORE_INPUT_H

#include "base.h"

typedef struct otls_input {
	uint8_t *data;
	size_t start, end, cap;
} otls_input;

#define OTLS_INPUT_READ 32768 /* what a read from the transport asks for */

/* Room for at least want more bytes, *room of them; NULL: no memory. */
uint8_t *otls__input_room(otls_input *input, size_t want, size_t *room);
/* len bytes of the room were filled. */
void otls__input_commit(otls_input *input, size_t len);
bool otls__input_append(otls_input *input, const void *data, size_t len);
otls_bytes otls__input_view(const otls_input *input);
void otls__input_skip(otls_input *input, size_t len);
size_t otls__input_take(otls_input *input, void *buf, size_t cap);
void otls__input_fini(otls_input *input);

#endif
