/* Names and texts of the reasons for which a certificate is refused. */
#include "base.h"

static const struct reason_row {
	const char *name, *text;
} reasons[] = {
#define OTLS_REASON_ROW(name, number, text) [number] = { #name, text },
	OTLS_REASON_LIST(OTLS_REASON_ROW)
#undef OTLS_REASON_ROW
};

static const struct reason_row *
find(int reason)
{
	return reason >= 0 && (size_t)reason < OTLS_COUNT(reasons) ? &reasons[reason] : NULL;
}

const char *
otls_verify_reason_name(int reason)
{
	const struct reason_row *row = find(reason);

	return row != NULL ? row->name : "UNKNOWN";
}

const char *
otls_verify_reason_text(int reason)
{
	const struct reason_row *row = find(reason);

	return row != NULL ? row->text : "a reason that is not known";
}
