/* One chain, every engine, one verdict.  The input is certificates, each behind its length of two bytes: the first is the
 * leaf, the last is trusted. */
#include "backend.h"
#include "patch.h"
#include "x509/certificate.h"
#include "x509/verify.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CERTS_MAX 6
#define NOW       INT64_C(1900000000)

static size_t
read_chain(const uint8_t *data, size_t size, otls_certificate **chain)
{
	otls_reader r = otls__reader(otls__bytes(data, size));
	size_t count = 0;

	while (count < CERTS_MAX && r.len > 0) {
		otls_bytes der = otls__read_vector16(&r);
		if (r.failed || otls__certificate_parse(der, "chain", &chain[count]) != OTLS_OK)
			break;
		count++;
	}
	return count;
}

/* A key that a library cannot do is its limit, and told as such; nothing else may differ. */
static bool
same(const otls_verify_outcome *a, const otls_verify_outcome *b)
{
	if (a->reason == OTLS_REASON_UNSUPPORTED_KEY || b->reason == OTLS_REASON_UNSUPPORTED_KEY)
		return a->reason != OTLS_REASON_OK || a->reason == b->reason || b->reason != OTLS_REASON_OK;
	return a->reason == b->reason && a->depth == b->depth && a->path_len == b->path_len;
}

static void
compare(otls_certificate **chain, size_t count)
{
	otls_verify_outcome first, other;
	const otls_backend *backend = NULL;
	otls_store *store = NULL;
	otls_verify_params params = {
		.chain = chain,
		.chain_len = count,
		.peer = OTLS_ROLE_SERVER,
		.key_use = OTLS_KEY_USE_ANY,
		.max_intermediates = 8,
		.time = NOW,
	};

	must(otls_store_new(&store) == OTLS_OK && otls_store_add_certificate(store, chain[count - 1]) == OTLS_OK);
	params.store = store;
	for (size_t i = 0; (backend = otls_backend_at(i)) != NULL; i++) {
		params.engine = otls_backend_engine(backend);
		otls__verify_chain(&params, i == 0 ? &first : &other);
		if (i == 0)
			continue;
		if (!same(&first, &other)) {
			fprintf(stderr, "%s: %s at %d; %s: %s at %d\n", otls_backend_name(otls_backend_at(0)),
			    otls_verify_reason_name((int)first.reason), first.depth, otls_backend_name(backend),
			    otls_verify_reason_name((int)other.reason), other.depth);
			abort();
		}
		otls__verify_outcome_fini(&other);
	}
	otls__verify_outcome_fini(&first);
	otls_store_free(store);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	otls_certificate *chain[CERTS_MAX];
	size_t count = read_chain(data, size, chain);

	if (count > 0)
		compare(chain, count);
	for (size_t i = 0; i < count; i++)
		otls_certificate_free(chain[i]);
	return 0;
}
