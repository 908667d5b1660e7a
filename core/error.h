/* Errors inside core.
 *
 * Every failure is written once, into the thread's record, by the function that found it; it answers OTLS_ERROR,
 * and everybody above passes that on.  A connection that fails for good keeps a copy of the record. */
#ifndef OTLS_CORE_ERROR_H
#define OTLS_CORE_ERROR_H

#include "base.h"

struct otls_error {
	otls_code code;
	int alert; /* -1: none */
	bool alert_sent;
	int verify_reason;
	int verify_depth; /* -1: none */
	int sys_errno;
	unsigned entries;
	char message[512];
	struct {
		char library[16];
		char function[48];
		char reason[128];
	} entry[OTLS_REPORT_ENTRIES];
};

#if defined(__GNUC__)
#define OTLS_PRINTF(text, args) __attribute__((__format__(__printf__, text, args)))
#else
#define OTLS_PRINTF(text, args)
#endif

/* Each replaces the thread's record and answers OTLS_ERROR.  The text says what was tried and names the file, host
 * or subject: "cert.pem, line 12: not BASE64".  What the code means is not repeated. */
otls_status otls__fail(otls_code code, const char *format, ...) OTLS_PRINTF(2, 3);
/* Adds ": " and the system's text for err, and keeps the number. */
otls_status otls__fail_errno(otls_code code, int err, const char *format, ...) OTLS_PRINTF(3, 4);
/* Adds the library's last reason to the text, and keeps alert and entries.  The code is the caller's. */
otls_status otls__fail_report(otls_code code, const otls_report *report, const char *format, ...) OTLS_PRINTF(3, 4);
/* Gives the thread's record the library's words alone. */
void otls__error_entries(const otls_report *report);
otls_status otls__fail_memory(void);
/* "otls_connection_read: buf is NULL": a NULL where none may be. */
otls_status otls__fail_null(const char *function, const char *argument);

/* The thread's record, to add to what a fail call wrote. */
otls_error *otls__error_thread(void);

/* The code for a library that failed at what was none of the caller's or the peer's doing. */
static inline otls_code
otls__library_code(const otls_report *report)
{
	return report->code == OTLS_E_MEMORY ? OTLS_E_MEMORY : OTLS_E_BACKEND;
}

static inline otls_report
otls__report(void)
{
	return (otls_report){ .code = OTLS_E_BACKEND, .alert = -1, .verify_depth = -1 };
}

#endif
