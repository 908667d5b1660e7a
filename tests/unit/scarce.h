/* Memory that runs out: otls__alloc_trap = allow lets core make so many allocations, and no more. */
#ifndef OTLS_TESTS_SCARCE_H
#define OTLS_TESTS_SCARCE_H

#include <stdbool.h>

static long allocations_left;

static inline bool
allow(void)
{
	return allocations_left-- > 0;
}

#endif
