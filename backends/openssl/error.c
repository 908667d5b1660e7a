/* OpenSSL's error queue, turned into a report. */
#include "ossl.h"

#include <errno.h>
#include <stdio.h>

/* Reasons from here on, in the SSL library, are alerts that came in (SSL_AD_REASON_OFFSET plus the alert). */
#define ALERT_REASON_FIRST SSL_AD_REASON_OFFSET
#define ALERT_REASON_LAST  (SSL_AD_REASON_OFFSET + 255)

void
ossl_begin(void)
{
	ERR_clear_error();
	errno = 0;
}

static unsigned long
next_error(const char **function, const char **data)
{
	unsigned long code = 0;
	int flags = 0;

#if OSSL_HAS_ERROR_ALL
	code = ERR_get_error_all(NULL, NULL, function, data, &flags);
#else
	code = ERR_get_error_line_data(NULL, NULL, data, &flags);
	*function = ERR_func_error_string(code);
#endif
	if (*function == NULL)
		*function = "";
	if (*data == NULL || (flags & ERR_TXT_STRING) == 0)
		*data = "";
	return code;
}

static void
add_entry(otls_report *report, const char *function, const char *reason)
{
	unsigned i = report->entries;

	if (i == OTLS_REPORT_ENTRIES)
		return;
	(void)snprintf(report->entry[i].library, sizeof(report->entry[i].library), "OpenSSL");
	(void)snprintf(report->entry[i].function, sizeof(report->entry[i].function), "%s", function);
	(void)snprintf(report->entry[i].reason, sizeof(report->entry[i].reason), "%s", reason);
	report->entries++;
}

/* "SSL routines: certificate verify failed: data".  System errors have no reason of their own: the whole line then. */
static void
describe(unsigned long code, const char *data, char *text, size_t cap)
{
	const char *library = ERR_lib_error_string(code);
	const char *reason = ERR_reason_error_string(code);

	if (reason == NULL) {
		ERR_error_string_n(code, text, cap);
		return;
	}
	(void)snprintf(text, cap, "%s%s%s%s%s", library != NULL ? library : "", library != NULL ? ": " : "", reason,
	    data[0] != '\0' ? ": " : "", data);
}

static bool
says_unsupported(unsigned long code)
{
	int reason = ERR_GET_REASON(code);

#if OSSL_HAS_ERR_UNSUPPORTED
	if (reason == ERR_R_UNSUPPORTED)
		return true;
#endif
	if (ERR_GET_LIB(code) != ERR_LIB_EVP)
		return false;
	return reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNSUPPORTED_CIPHER ||
	       reason == EVP_R_UNSUPPORTED_PRF || reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION ||
	       reason == EVP_R_UNSUPPORTED_PRIVATE_KEY_ALGORITHM || reason == EVP_R_UNKNOWN_PBE_ALGORITHM ||
	       reason == EVP_R_UNKNOWN_CIPHER;
}

static void
take_note(ossl_findings *found, unsigned long code)
{
	int reason = ERR_GET_REASON(code);

	if (reason == ERR_R_MALLOC_FAILURE)
		found->no_memory = true;
	if (says_unsupported(code))
		found->unsupported = true;
	if (ERR_GET_LIB(code) != ERR_LIB_SSL)
		return;
	if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		found->no_certificate = true;
	if (reason >= ALERT_REASON_FIRST && reason <= ALERT_REASON_LAST && found->alert < 0)
		found->alert = reason - SSL_AD_REASON_OFFSET;
}

ossl_findings
ossl_drain(otls_report *report)
{
	ossl_findings found = { .alert = -1 };
	char text[sizeof(report->entry[0].reason)];
	const char *function = NULL;
	const char *data = NULL;
	unsigned long code = 0;

	while ((code = next_error(&function, &data)) != 0) {
		take_note(&found, code);
		describe(code, data, text, sizeof(text));
		add_entry(report, function, text);
	}
	return found;
}

otls_status
ossl_fail(otls_report *report, otls_code code)
{
	(void)ossl_drain(report);
	report->code = code;
	return OTLS_ERROR;
}

otls_status
ossl_fail_because(otls_report *report, otls_code code, const char *function, const char *reason)
{
	add_entry(report, function, reason);
	return ossl_fail(report, code);
}
