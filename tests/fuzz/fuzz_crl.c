/* The reader of revocation lists, as DER and as PEM. */
#include "x509/crl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sorted, and each is found again. */
static void
check_entries(const otls_crl *crl)
{
	for (size_t i = 0; i < crl->count; i++) {
		const otls_crl_entry *found = otls__crl_find(crl, crl->entries[i].serial);

		if (found == NULL || !otls__bytes_equal(found->serial, crl->entries[i].serial))
			abort();
		(void)otls__crl_reason_text(crl->entries[i].reason);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	otls_crl **crls = NULL;
	size_t count = 0;

	if (otls__crls_read(otls__bytes(data, size), "fuzz", &crls, &count) == OTLS_OK) {
		if (count == 0)
			abort();
		for (size_t i = 0; i < count; i++)
			check_entries(crls[i]);
	} else if (crls != NULL || otls_error_message(otls_error_last())[0] == '\0') {
		abort();
	}
	otls__crls_free(crls, count);
	return 0;
}
