/* The error record: one per thread, one per failed connection. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local otls_error last = { .alert = -1, .verify_depth = -1 };

static const struct {
	const char *name;
	otls_category category;
	const char *text;
} codes[] = {
#define CODE_ROW(name, category, text) { #name, OTLS_CATEGORY_##category, text },
	OTLS_ERROR_LIST(CODE_ROW)
#undef CODE_ROW
};

static const char *const categories[] = {
	[OTLS_CATEGORY_NONE] = "NONE",
	[OTLS_CATEGORY_USAGE] = "USAGE",
	[OTLS_CATEGORY_CONFIG] = "CONFIG",
	[OTLS_CATEGORY_SYSTEM] = "SYSTEM",
	[OTLS_CATEGORY_VERIFY] = "VERIFY",
	[OTLS_CATEGORY_PROTOCOL] = "PROTOCOL",
	[OTLS_CATEGORY_PEER] = "PEER",
	[OTLS_CATEGORY_INTERNAL] = "INTERNAL",
};

static bool
is_code(otls_code code)
{
	return (size_t)code < OTLS_COUNT(codes);
}

/* == writing == */

/* Starts a new record: "text: what the code means". */
static void start(otls_code code, const char *format, va_list args) OTLS_PRINTF(2, 0);

static void
start(otls_code code, const char *format, va_list args)
{
	size_t used;

	last = (otls_error){ .code = code, .alert = -1, .verify_depth = -1 };
	vsnprintf(last.message, sizeof(last.message), format, args);
	used = strlen(last.message);
	snprintf(last.message + used, sizeof(last.message) - used, "%s%s", used > 0 ? ": " : "", codes[code].text);
}

static void
append(const char *text)
{
	size_t used = strlen(last.message);

	snprintf(last.message + used, sizeof(last.message) - used, ": %s", text);
}

otls_status
otls__fail(otls_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	start(code, format, args);
	va_end(args);
	return OTLS_ERROR;
}

otls_status
otls__fail_errno(otls_code code, int err, const char *format, ...)
{
	char text[128] = "";
	va_list args;

	va_start(args, format);
	start(code, format, args);
	va_end(args);
	last.sys_errno = err;
	append(strerror_r(err, text, sizeof(text)) == 0 ? text : "unknown system error");
	return OTLS_ERROR;
}

void
otls__error_entries(const otls_report *report)
{
	last.entries = report->entries < OTLS_REPORT_ENTRIES ? report->entries : OTLS_REPORT_ENTRIES;
	for (unsigned i = 0; i < last.entries; i++) {
		snprintf(last.entry[i].library, sizeof(last.entry[i].library), "%s", report->entry[i].library);
		snprintf(last.entry[i].function, sizeof(last.entry[i].function), "%s", report->entry[i].function);
		snprintf(last.entry[i].reason, sizeof(last.entry[i].reason), "%s", report->entry[i].reason);
	}
}

otls_status
otls__fail_report(otls_code code, const otls_report *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	start(code, format, args);
	va_end(args);
	last.alert = report->alert;
	last.alert_sent = report->alert_sent;
	otls__error_entries(report);
	if (last.alert >= 0 && otls_alert_name(last.alert)[0] != '\0')
		append(otls_alert_name(last.alert));
	if (last.entries > 0 && last.entry[last.entries - 1].reason[0] != '\0')
		append(last.entry[last.entries - 1].reason);
	return OTLS_ERROR;
}

otls_status
otls__fail_memory(void)
{
	return otls__fail(OTLS_E_MEMORY, "%s", "");
}

otls_status
otls__fail_null(const char *function, const char *argument)
{
	return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: %s is NULL", function, argument);
}

otls_error *
otls__error_thread(void)
{
	return &last;
}

/* == reading == */

const otls_error *
otls_error_last(void)
{
	return &last;
}

const char *
otls_error_message(const otls_error *err)
{
	return err != NULL ? err->message : "";
}

otls_code
otls_error_code(const otls_error *err)
{
	return err != NULL ? err->code : OTLS_E_NONE;
}

const char *
otls_error_name(const otls_error *err)
{
	return otls_code_name(otls_error_code(err));
}

otls_category
otls_error_category(const otls_error *err)
{
	return codes[otls_error_code(err)].category;
}

int
otls_error_alert(const otls_error *err)
{
	return err != NULL ? err->alert : -1;
}

bool
otls_error_alert_was_sent(const otls_error *err)
{
	return err != NULL && err->alert_sent;
}

int
otls_error_verify_reason(const otls_error *err)
{
	return err != NULL ? err->verify_reason : OTLS_REASON_OK;
}

int
otls_error_verify_depth(const otls_error *err)
{
	return err != NULL ? err->verify_depth : -1;
}

int
otls_error_errno(const otls_error *err)
{
	return err != NULL ? err->sys_errno : 0;
}

bool
otls_error_entry(const otls_error *err, size_t i, const char **library, const char **function, const char **reason)
{
	bool there = err != NULL && i < err->entries;

	if (library != NULL)
		*library = there ? err->entry[i].library : "";
	if (function != NULL)
		*function = there ? err->entry[i].function : "";
	if (reason != NULL)
		*reason = there ? err->entry[i].reason : "";
	return there;
}

const char *
otls_code_name(otls_code code)
{
	return is_code(code) ? codes[code].name : "UNKNOWN";
}

const char *
otls_category_name(otls_category category)
{
	return (size_t)category < OTLS_COUNT(categories) ? categories[category] : "UNKNOWN";
}
