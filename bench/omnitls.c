/* Core's verifier over the engine that BENCH_BACKEND names. */
#include "backend.h"
#include "bench.h"
#include "x509/verify.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW INT64_C(1700000000)

static otls_store *store;
static const otls_backend *backend;

static void
must(bool ok)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
	exit(2);
}

static void
set_up(void)
{
	backend = otls_backend_find(BENCH_BACKEND);
	must(backend != NULL && otls__backend_start(backend) == OTLS_OK && otls_store_new(&store) == OTLS_OK);
}

static otls_certificate *
parse(bench_bytes der)
{
	otls_certificate *cert = NULL;

	must(otls__certificate_parse(otls__bytes(der.data, der.len), "bench", &cert) == OTLS_OK);
	return cert;
}

static void
trust(bench_bytes root)
{
	otls_certificate *cert = parse(root);

	must(otls_store_add_certificate(store, cert) == OTLS_OK);
	otls_certificate_free(cert);
}

static bool
judge(bench_bytes leaf, bench_bytes middle)
{
	otls_certificate *chain[] = { parse(leaf), parse(middle) };
	otls_peer_name name;
	otls_verify_outcome outcome;
	otls_verify_params params = {
		.engine = backend->engine,
		.store = store,
		.chain = chain,
		.chain_len = OTLS_COUNT(chain),
		.peer = OTLS_ROLE_SERVER,
		.name = &name,
		.key_use = OTLS_KEY_USE_SIGN,
		.max_intermediates = 8,
		.time = NOW,
	};
	bool good;

	must(otls__peer_name_parse(BENCH_HOST, &name) == OTLS_OK);
	otls__verify_chain(&params, &outcome);
	good = outcome.reason == OTLS_REASON_OK;
	otls__verify_outcome_fini(&outcome);
	for (size_t i = 0; i < OTLS_COUNT(chain); i++)
		otls_certificate_free(chain[i]);
	return good;
}

static void
clean_up(void)
{
	otls_store_free(store);
}

int
main(int argc, char **argv)
{
	return bench_run(&(const bench_side){ set_up, trust, judge, clean_up }, argc, argv);
}
