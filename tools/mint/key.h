/* Keys and error texts inside of mint. */
#ifndef OTLS_TOOLS_MINT_KEY_H
#define OTLS_TOOLS_MINT_KEY_H

#include "mint.h"

struct mint_key {
	unsigned refs;
	const otls_engine *engine;
	const otls_backend *backend;
	otls_engine_key *key;
	uint8_t *pkcs8, *spki;
	size_t pkcs8_len, spki_len;
	char *pem;
};

/* Both keep the text for mint_error and answer NULL. */
void *mint_fail(const char *what);
void *mint_fail_report(const char *what, const otls_report *report);

static inline otls_bytes
mint_bytes(const void *data, size_t len)
{
	return (otls_bytes){ .data = data, .len = len };
}

#endif
