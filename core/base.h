/* What every part of core uses: memory, bytes, byte order. */
#ifndef OTLS_CORE_BASE_H
#define OTLS_CORE_BASE_H

#include <omnitls/engine.h>
#include <omnitls/omnitls.h>

#include <stdatomic.h>
#include <string.h>

#define OTLS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* All of core's memory comes from here, zeroed, so that a test can make any one allocation fail.  NULL: none left;
 * the caller says so with otls__fail_memory. */
void *otls__alloc(size_t size);
/* Grows or shrinks; new bytes are not zeroed.  On failure the old block stays. */
void *otls__realloc(void *block, size_t size);
void otls__free(void *block);
/* Wipes, then frees. */
void otls__free_secret(void *block, size_t size);
void otls__wipe(void *data, size_t len);
char *otls__strdup(const char *text);
void *otls__memdup(const void *data, size_t len); /* len 0 gives a block too */

/* Tests only: asked before every allocation; false makes it fail.  NULL: none. */
extern bool (*otls__alloc_trap)(void);
/* Tests only: told of what every allocation asks for, in bytes.  NULL: nobody. */
extern void (*otls__alloc_meter)(size_t size);

static inline otls_bytes
otls__bytes(const void *data, size_t len)
{
	return (otls_bytes){ .data = data, .len = len };
}

static inline bool
otls__bytes_equal(otls_bytes a, otls_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline uint16_t
otls__get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
otls__get24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline void
otls__put16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* A reader of length-prefixed bytes.  Reading past the end sets failed, and answers nothing from then on. */
typedef struct otls_reader {
	const uint8_t *data;
	size_t len;
	bool failed;
} otls_reader;

otls_reader otls__reader(otls_bytes bytes);
uint8_t otls__read8(otls_reader *r);
uint16_t otls__read16(otls_reader *r);
otls_bytes otls__read_bytes(otls_reader *r, size_t len);
otls_bytes otls__read_vector8(otls_reader *r);  /* behind its length of one byte */
otls_bytes otls__read_vector16(otls_reader *r); /* of two */
otls_bytes otls__read_vector24(otls_reader *r); /* of three */
/* Nothing failed, and nothing is left. */
bool otls__reader_done(const otls_reader *r);

/* A growing run of bytes.  append answers false for want of memory and changes nothing then. */
typedef struct otls_buffer {
	uint8_t *data;
	size_t len, cap;
} otls_buffer;

bool otls__buffer_append(otls_buffer *buffer, const void *data, size_t len);
void otls__buffer_fini(otls_buffer *buffer);

static inline otls_bytes
otls__buffer_view(const otls_buffer *buffer)
{
	return otls__bytes(buffer->data, buffer->len);
}

/* Whether a list of IANA numbers has this one. */
static inline bool
otls__ids_have(const uint16_t *ids, size_t count, uint16_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (ids[i] == id)
			return true;
	}
	return false;
}

/* Monotonic microseconds. */
int64_t otls__now(void);
/* secure_getenv: NULL in set-uid programs. */
const char *otls__getenv(const char *name);

/* A whole file, at most max bytes, with a NUL behind the last one (not counted); free with otls__free_secret.
 * An empty file, a directory, a pipe that nobody writes to, a device without end: FILE or LIMIT, and why. */
otls_status otls__read_file(const char *path, size_t max, uint8_t **data, size_t *len);

#endif
