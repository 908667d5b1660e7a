/* What a user's first program does: the package, the headers and the library are of one version, and every backend
 * makes a context. */
#include <omnitls/omnitls.h>
#include <stdio.h>
#include <string.h>

int
main(void)
{
	size_t i;

	if (strcmp(otls_version(), PACKAGE_VERSION) != 0 || otls_version_number() != OTLS_VERSION_NUMBER) {
		fprintf(stderr, "the package is %s, the headers %x, the library %s\n", PACKAGE_VERSION,
		    (unsigned)OTLS_VERSION_NUMBER, otls_version());
		return 1;
	}
	for (i = 0; otls_backend_at(i) != NULL; i++) {
		const otls_backend *backend = otls_backend_at(i);
		otls_context *ctx;

		if (otls_context_new_with(backend, OTLS_METHOD_TLS, &ctx) != OTLS_OK) {
			fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
			return 1;
		}
		printf(
		    "%s: %s\n", otls_backend_name(backend), otls_backend_version_text(backend, OTLS_BACKEND_LIBRARY));
		otls_context_free(ctx);
	}
	return i > 0 ? 0 : 1;
}
