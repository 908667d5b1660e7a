/* wolfSSL's certificate manager, which takes one certificate at a time, and no host name: the intermediate is checked as
 * it is loaded, as in a handshake, and then the leaf.  It judges dates by the clock: the chain is valid today, too. */
#include "bench.h"

/* Before the other headers of wolfSSL. */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>

static WOLFSSL_CERT_MANAGER *manager;

static void
set_up(void)
{
	wolfSSL_Init();
	manager = wolfSSL_CertManagerNew();
}

static bool
load(bench_bytes cert)
{
	return wolfSSL_CertManagerLoadCABuffer(manager, cert.data, (long)cert.len, WOLFSSL_FILETYPE_ASN1) ==
	       WOLFSSL_SUCCESS;
}

static void
trust(bench_bytes root)
{
	load(root);
}

static bool
judge(bench_bytes leaf, bench_bytes middle)
{
	return wolfSSL_CertManagerVerifyBuffer(manager, middle.data, (long)middle.len, WOLFSSL_FILETYPE_ASN1) ==
		   WOLFSSL_SUCCESS &&
	       load(middle) &&
	       wolfSSL_CertManagerVerifyBuffer(manager, leaf.data, (long)leaf.len, WOLFSSL_FILETYPE_ASN1) ==
		   WOLFSSL_SUCCESS;
}

static void
clean_up(void)
{
	wolfSSL_CertManagerFree(manager);
}

int
main(int argc, char **argv)
{
	return bench_run(&(const bench_side){ set_up, trust, judge, clean_up }, argc, argv);
}
