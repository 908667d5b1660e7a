/* GnuTLS's error numbers, turned into a report. */
#include "gtls.h"

#include <stdio.h>

static otls_status
add_entry(otls_report *report, otls_code code, const char *function, const char *reason, int error)
{
	unsigned i = report->entries;

	report->code = code;
	if (i == OTLS_REPORT_ENTRIES)
		return OTLS_ERROR;
	(void)snprintf(report->entry[i].library, sizeof(report->entry[i].library), "GnuTLS");
	(void)snprintf(report->entry[i].function, sizeof(report->entry[i].function), "%s", function);
	if (error != 0)
		(void)snprintf(report->entry[i].reason, sizeof(report->entry[i].reason), "%s (%d)", reason, error);
	else
		(void)snprintf(report->entry[i].reason, sizeof(report->entry[i].reason), "%s", reason);
	report->entries++;
	return OTLS_ERROR;
}

otls_status
gtls_fail(otls_report *report, otls_code code, const char *function, int error)
{
	return add_entry(report, code, function, gnutls_strerror(error), error);
}

otls_status
gtls_refuse(otls_report *report, otls_code code, const char *function, const char *reason)
{
	return add_entry(report, code, function, reason, 0);
}

otls_status
gtls_fail_as(otls_report *report, otls_code otherwise, const char *function, int error)
{
	otls_code code = otherwise;

	switch (error) {
	case GNUTLS_E_MEMORY_ERROR:
		code = OTLS_E_MEMORY;
		break;
	case GNUTLS_E_UNKNOWN_CIPHER_TYPE:
	case GNUTLS_E_UNKNOWN_PK_ALGORITHM:
	case GNUTLS_E_UNKNOWN_HASH_ALGORITHM:
	case GNUTLS_E_UNKNOWN_ALGORITHM:
	case GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM:
	case GNUTLS_E_UNWANTED_ALGORITHM:
	case GNUTLS_E_INSUFFICIENT_SECURITY:
	case GNUTLS_E_ECC_UNSUPPORTED_CURVE:
	case GNUTLS_E_ECC_NO_SUPPORTED_CURVES:
	case GNUTLS_E_INCOMPATIBLE_SIG_WITH_KEY:
	case GNUTLS_E_UNIMPLEMENTED_FEATURE:
		code = OTLS_E_UNSUPPORTED;
		break;
	default:
		break;
	}
	return gtls_fail(report, code, function, error);
}
