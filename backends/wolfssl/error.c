/* What failed, in the library's words. */
#include "wolf.h"

#include <stdio.h>

static otls_status
add_entry(otls_report *report, otls_code code, const char *function, const char *reason)
{
	report->code = code;
	if (report->entries < OTLS_REPORT_ENTRIES) {
		unsigned i = report->entries++;

		snprintf(report->entry[i].library, sizeof(report->entry[i].library), "wolfSSL");
		snprintf(report->entry[i].function, sizeof(report->entry[i].function), "%s", function);
		snprintf(report->entry[i].reason, sizeof(report->entry[i].reason), "%s", reason);
	}
	/* The library queues its numbers per thread, alerts included; nobody but us would ever empty it. */
	wolfSSL_ERR_clear_error();
	return OTLS_ERROR;
}

otls_status
wolf_fail(otls_report *report, otls_code code, const char *function, int error)
{
	char reason[128] = "";

	if (error < 0)
		snprintf(
		    reason, sizeof(reason), "%s (%d)", wolfSSL_ERR_reason_error_string((unsigned long)error), error);
	return add_entry(report, code, function, reason);
}

otls_status
wolf_fail_as(otls_report *report, otls_code otherwise, const char *function, int error)
{
	switch (error) {
	case MEMORY_E:
	case RNG_FAILURE_E:
		return wolf_fail(report, OTLS_E_BACKEND, function, error);
	case ALGO_ID_E:
	case ASN_UNKNOWN_OID_E:
	case ECC_CURVE_OID_E:
	case HASH_TYPE_E:
	case NOT_COMPILED_IN:
		return wolf_fail(report, OTLS_E_UNSUPPORTED, function, error);
	default:
		return wolf_fail(report, otherwise, function, error);
	}
}

otls_status
wolf_refuse(otls_report *report, otls_code code, const char *function, const char *reason)
{
	return add_entry(report, code, function, reason);
}
