/* What a fuzzer tries: bytes as they are, or a real sample with some of its bytes changed, which gets further. */
#ifndef OTLS_TESTS_PATCH_H
#define OTLS_TESTS_PATCH_H

#include "base.h"

#include <stdlib.h>

/* What the fuzzer itself needs; assert is gone in release builds. */
static inline void
must(bool good)
{
	if (!good)
		abort();
}

/* Changes a copy of the sample: two bytes of place and one of value, as often as data has them.  Free the result. */
static inline uint8_t *
patched(const uint8_t *sample, size_t len, const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(len);

	must(copy != NULL);
	memcpy(copy, sample, len);
	for (; size >= 3; data += 3, size -= 3)
		copy[otls__get16(data) % len] = data[2];
	return copy;
}

#endif
