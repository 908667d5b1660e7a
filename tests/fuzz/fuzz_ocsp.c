/* The reader of OCSP responses, as DER and as PEM. */
#include "x509/ocsp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read can be read again, to its end. */
static void
check_singles(const otls_ocsp *response)
{
	otls_der singles = otls__der(response->singles, NULL);
	otls_ocsp_single single;

	while (otls__der_more(&singles))
		if (!otls__ocsp_next(&singles, &single) || single.serial.len == 0)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	otls_ocsp response;
	otls_bytes der;

	if (otls__ocsp_read(otls__bytes(data, size), "fuzz", &der) != OTLS_OK) {
		if (der.data != NULL || otls_error_message(otls_error_last())[0] == '\0')
			abort();
		return 0;
	}
	if (otls__ocsp_parse(der, "fuzz", &response) != OTLS_OK)
		abort();
	check_singles(&response);
	otls__free((void *)(uintptr_t)der.data);
	return 0;
}
