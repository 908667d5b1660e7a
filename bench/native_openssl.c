/* X509_verify_cert, as OpenSSL does it for a client that expects a host name. */
#include "bench.h"

#include <openssl/x509v3.h>

#define NOW 1700000000

static X509_STORE *store;

static void
set_up(void)
{
	store = X509_STORE_new();
}

static X509 *
parse(bench_bytes der)
{
	const unsigned char *at = der.data;

	return d2i_X509(NULL, &at, (long)der.len);
}

static void
trust(bench_bytes root)
{
	X509 *cert = parse(root);

	X509_STORE_add_cert(store, cert);
	X509_free(cert);
}

static bool
judge(bench_bytes leaf, bench_bytes middle)
{
	X509 *cert = parse(leaf);
	STACK_OF(X509) *sent = sk_X509_new_null();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	bool good;

	sk_X509_push(sent, parse(middle));
	X509_STORE_CTX_init(ctx, store, cert, sent);
	X509_STORE_CTX_set_default(ctx, "ssl_server");
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set1_host(param, BENCH_HOST, 0);
	X509_VERIFY_PARAM_set_time(param, NOW);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	good = X509_verify_cert(ctx) == 1;
	X509_STORE_CTX_free(ctx);
	sk_X509_pop_free(sent, X509_free);
	X509_free(cert);
	return good;
}

static void
clean_up(void)
{
	X509_STORE_free(store);
}

int
main(int argc, char **argv)
{
	return bench_run(&(const bench_side){ set_up, trust, judge, clean_up }, argc, argv);
}
