/* gnutls_x509_trust_list_verify_crt2 with a host name.  It judges dates by the clock, which is made to stand still. */
#include "bench.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#define NOW 1700000000

static gnutls_x509_trust_list_t list;

static time_t
stand_still(time_t *out)
{
	if (out != NULL)
		*out = NOW;
	return NOW;
}

static void
set_up(void)
{
	gnutls_global_set_time_function(stand_still);
	gnutls_x509_trust_list_init(&list, 0);
}

static gnutls_x509_crt_t
parse(bench_bytes der)
{
	gnutls_datum_t datum = { (unsigned char *)(uintptr_t)der.data, (unsigned)der.len };
	gnutls_x509_crt_t cert;

	gnutls_x509_crt_init(&cert);
	gnutls_x509_crt_import(cert, &datum, GNUTLS_X509_FMT_DER);
	return cert;
}

static void
trust(bench_bytes root)
{
	gnutls_x509_crt_t cert = parse(root);

	gnutls_x509_trust_list_add_cas(list, &cert, 1, 0);
}

static bool
judge(bench_bytes leaf, bench_bytes middle)
{
	gnutls_x509_crt_t chain[] = { parse(leaf), parse(middle) };
	gnutls_typed_vdata_st data[] = {
		{ GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)(uintptr_t)BENCH_HOST, 0 },
		{ GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER, 0 },
	};
	unsigned status = 1;
	int code = gnutls_x509_trust_list_verify_crt2(list, chain, 2, data, 2, 0, &status, NULL);

	gnutls_x509_crt_deinit(chain[0]);
	gnutls_x509_crt_deinit(chain[1]);
	return code == 0 && status == 0;
}

static void
clean_up(void)
{
	gnutls_x509_trust_list_deinit(list, 1);
}

int
main(int argc, char **argv)
{
	return bench_run(&(const bench_side){ set_up, trust, judge, clean_up }, argc, argv);
}
