/* GnuTLS's own verifier, where it is asked in addition to core's. */
#include "gtls.h"

#include <stdio.h>
#include <time.h>

#define CLOCK_SLACK                                                                                                    \
	60 /* seconds by which the time to judge by may differ from the clock, which is all that GnuTLS has */

struct status_row {
	unsigned bit;
	otls_verify_reason reason;
	const char *words;
};

/* In the order in which core reports reasons, since the library sets several bits at once.  One bit stands for path
 * lengths, name constraints and key usage alike. */
static const struct status_row rows[] = {
	{ GNUTLS_CERT_SIGNER_NOT_FOUND, OTLS_REASON_UNKNOWN_ISSUER, "SIGNER_NOT_FOUND" },
	{ GNUTLS_CERT_SIGNATURE_FAILURE, OTLS_REASON_BAD_SIGNATURE, "SIGNATURE_FAILURE" },
	{ GNUTLS_CERT_EXPIRED, OTLS_REASON_EXPIRED, "EXPIRED" },
	{ GNUTLS_CERT_NOT_ACTIVATED, OTLS_REASON_NOT_YET_VALID, "NOT_ACTIVATED" },
	{ GNUTLS_CERT_SIGNER_NOT_CA, OTLS_REASON_INVALID_CA, "SIGNER_NOT_CA" },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, OTLS_REASON_INVALID_PURPOSE, "PURPOSE_MISMATCH" },
	{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, OTLS_REASON_NAME_CONSTRAINTS, "SIGNER_CONSTRAINTS_FAILURE" },
	{ GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, OTLS_REASON_CRITICAL_EXTENSION, "UNKNOWN_CRIT_EXTENSIONS" },
	{ GNUTLS_CERT_INSECURE_ALGORITHM, OTLS_REASON_WEAK_SIGNATURE, "INSECURE_ALGORITHM" },
	{ GNUTLS_CERT_REVOKED, OTLS_REASON_REVOKED, "REVOKED" },
	{ GNUTLS_CERT_MISSING_OCSP_STATUS, OTLS_REASON_OCSP_MISSING, "MISSING_OCSP_STATUS" },
	{ GNUTLS_CERT_INVALID_OCSP_STATUS, OTLS_REASON_OCSP_INVALID, "INVALID_OCSP_STATUS" },
	{ GNUTLS_CERT_UNEXPECTED_OWNER, OTLS_REASON_HOSTNAME_MISMATCH, "UNEXPECTED_OWNER" },
};

/* Every bit that is set, as words; the first one is the reason. */
static otls_status
refuse_status(unsigned bits, bool name_is_ip, otls_report *report)
{
	char words[sizeof(report->entry[0].reason)] = "";
	size_t len = 0;

	report->verify_reason = OTLS_REASON_INTERNAL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && len < sizeof(words); i++) {
		if ((bits & rows[i].bit) == 0)
			continue;
		if (len == 0)
			report->verify_reason = (int)rows[i].reason;
		len += (size_t)snprintf(words + len, sizeof(words) - len, "%s%s", len > 0 ? " " : "", rows[i].words);
	}
	if (report->verify_reason == OTLS_REASON_HOSTNAME_MISMATCH && name_is_ip)
		report->verify_reason = OTLS_REASON_IP_MISMATCH;
	return gtls_refuse(
	    report, OTLS_E_VERIFY, "gnutls_x509_trust_list_verify_crt2", words[0] != '\0' ? words : "INVALID");
}

static otls_status
refuse_form(const char *function, int error, otls_report *report)
{
	report->verify_reason = OTLS_REASON_MALFORMED;
	return gtls_fail(report, error == GNUTLS_E_MEMORY_ERROR ? OTLS_E_MEMORY : OTLS_E_VERIFY, function, error);
}

static otls_status
import_chain(const otls_native_chain *chain, gnutls_x509_crt_t *certs, otls_report *report)
{
	for (size_t i = 0; i < chain->chain_len; i++) {
		gnutls_datum_t der = gtls_datum(chain->chain[i].data, chain->chain[i].len);
		int ret = gnutls_x509_crt_init(&certs[i]);

		if (ret >= 0)
			ret = gnutls_x509_crt_import(certs[i], &der, GNUTLS_X509_FMT_DER);
		if (ret < 0)
			return refuse_form("gnutls_x509_crt_import", ret, report);
	}
	return OTLS_OK;
}

static otls_status
import_anchors(const otls_native_chain *chain, gnutls_x509_trust_list_t list, otls_report *report)
{
	for (size_t i = 0; i < chain->anchor_count; i++) {
		gnutls_datum_t der = gtls_datum(chain->anchors[i].data, chain->anchors[i].len);
		int ret = gnutls_x509_trust_list_add_trust_mem(list, &der, NULL, GNUTLS_X509_FMT_DER, 0, 0);

		if (ret < 0)
			return refuse_form("gnutls_x509_trust_list_add_trust_mem", ret, report);
	}
	return OTLS_OK;
}

static bool
is_now(int64_t when)
{
	int64_t now = (int64_t)time(NULL);

	return when >= now - CLOCK_SLACK && when <= now + CLOCK_SLACK;
}

static otls_status
verify(const otls_native_chain *chain, gnutls_x509_trust_list_t list, gnutls_x509_crt_t *certs, otls_report *report)
{
	const char *purpose = chain->peer == OTLS_ROLE_SERVER ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;
	gnutls_datum_t oid = gtls_datum(purpose, 0), name = gtls_datum(chain->name, 0);
	gnutls_typed_vdata_st data[2] = {
		{ .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = oid.data },
		{ .type = GNUTLS_DT_DNS_HOSTNAME, .data = name.data }, /* IP addresses too */
	};
	unsigned flags = is_now(chain->time) ? 0 : GNUTLS_VERIFY_DISABLE_TIME_CHECKS;
	unsigned bits = 0;
	int ret = gnutls_x509_trust_list_verify_crt2(
	    list, certs, (unsigned)chain->chain_len, data, chain->name[0] != '\0' ? 2 : 1, flags, &bits, NULL);

	if (ret < 0)
		return gtls_fail(report, OTLS_E_BACKEND, "gnutls_x509_trust_list_verify_crt2", ret);
	return bits == 0 ? OTLS_OK : refuse_status(bits, chain->name_is_ip, report);
}

otls_status
gtls_verify_chain_native(const otls_native_chain *chain, otls_report *report)
{
	gnutls_x509_crt_t *certs = gnutls_calloc(chain->chain_len + 1, sizeof(gnutls_x509_crt_t));
	gnutls_x509_trust_list_t list = NULL;
	otls_status status = OTLS_ERROR;

	if (chain->chain_len == 0)
		refuse_form("gnutls_x509_trust_list_verify_crt2", GNUTLS_E_NO_CERTIFICATE_FOUND, report);
	else if (certs == NULL || gnutls_x509_trust_list_init(&list, 0) < 0)
		gtls_fail(report, OTLS_E_MEMORY, "gnutls_x509_trust_list_init", GNUTLS_E_MEMORY_ERROR);
	else if (import_chain(chain, certs, report) == OTLS_OK && import_anchors(chain, list, report) == OTLS_OK)
		status = verify(chain, list, certs, report);
	for (size_t i = 0; certs != NULL && i < chain->chain_len; i++)
		gnutls_x509_crt_deinit(certs[i]);
	gnutls_free(certs);
	if (list != NULL)
		gnutls_x509_trust_list_deinit(list, 1);
	return status;
}
