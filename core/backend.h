/* Backends inside core: the built-in engines, the registered ones, and their start. */
#ifndef OTLS_CORE_BACKEND_H
#define OTLS_CORE_BACKEND_H

#include "base.h"

struct otls_backend {
	const otls_engine *engine;
};

/* Runs the engine's init once in the process; later calls answer what the first one found. */
otls_status otls__backend_start(const otls_backend *backend);
/* Checks version, size, required slots, and that optional slots and capabilities go together.
 * NULL: all is well; else the name of what is wrong.  Needs a started engine only for the pairing. */
const char *otls__engine_defect(const otls_engine *engine);
/* Some engine that can hash: for certificates that belong to no context.  NULL: none is built in. */
const otls_engine *otls__engine_any(void);

#endif
