/* The reader of OCSP responses, as DER and as PEM, and the judge: with an engine that finds every signature good, about a
 * certificate that every response speaks of. */
#include "make_der.h"
#include "x509/ocsp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static otls_ocsp_single about; /* what is said about the certificate */
static otls_certificate *leaf;

static otls_status
find_good(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	(void)spki, (void)algorithm, (void)tbs, (void)signature, (void)report;
	return OTLS_OK;
}

/* Whatever the response has for it. */
static otls_status
find_hash(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	otls_bytes digest = parts[0].data == leaf->issuer.data ? about.issuer_name_hash : about.issuer_key_hash;

	(void)hash, (void)n, (void)report;
	*len = digest.len < OTLS_HASH_MAX ? digest.len : OTLS_HASH_MAX;
	memcpy(out, digest.data, *len);
	return OTLS_OK;
}

static void
make_certificate_once(void)
{
	make_certificate parts = make_parts();

	parts.subject = parts.issuer; /* its own issuer */
	if (leaf == NULL && otls__certificate_parse(make_whole(&parts), "fuzz", &leaf) != OTLS_OK)
		abort();
}

static void
judge(otls_bytes der)
{
	static otls_engine engine = { .verify_signature = find_good, .hash = find_hash };
	otls_verify_params params = { .engine = &engine, .chain = &leaf, .chain_len = 1, .time = about.this_update };
	otls_verify_outcome outcome = { .path = { leaf }, .path_len = 1 };
	otls_ocsp_verdict verdict;

	leaf->serial = about.serial;
	otls__ocsp_judge(&params, &outcome, der, &verdict);
	if ((verdict.reason == OTLS_REASON_OK) != (verdict.detail[0] == '\0'))
		abort();
	if (verdict.reason == OTLS_REASON_REVOKED && verdict.revoked_at == INT64_MIN)
		abort();
}

/* What was read can be read again, to its end. */
static void
check_singles(const otls_ocsp *response, otls_bytes der)
{
	otls_der singles = otls__der(response->singles, NULL);

	while (otls__der_more(&singles)) {
		if (!otls__ocsp_next(&singles, &about) || about.serial.len == 0)
			abort();
		judge(der);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	otls_ocsp response;
	otls_bytes der;

	make_certificate_once();
	if (otls__ocsp_read(otls__bytes(data, size), "fuzz", &der) != OTLS_OK) {
		if (der.data != NULL || otls_error_message(otls_error_last())[0] == '\0')
			abort();
		return 0;
	}
	if (otls__ocsp_parse(der, "fuzz", &response) != OTLS_OK)
		abort();
	check_singles(&response, der);
	otls__free((void *)(uintptr_t)der.data);
	return 0;
}
