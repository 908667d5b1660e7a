/* PEM text, and which private key is in it. */
#include "patch.h"
#include "x509/base64.h"
#include "x509/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_certificates(otls_bytes text, otls_pem_policy policy)
{
	otls_certificate **certs = NULL;
	size_t count = 0;

	if (otls__pem_certificates_by(text, "text", policy, &certs, &count) == OTLS_OK && count == 0)
		abort();
	otls__certificates_free(certs, count);
}

static void
try_key(otls_bytes text, otls_filetype type)
{
	otls_key_form form;
	otls_key_wrap wrap;
	uint8_t *key = NULL;
	size_t len = 0;

	if (otls__key_decode(text, type, "text", &form, &wrap, &key, &len) == OTLS_OK && (key == NULL || len == 0))
		abort();
	otls__free_secret(key, len);
}

/* What is encoded decodes to the same. */
static void
try_base64(otls_bytes bytes)
{
	size_t text_len = OTLS_BASE64_LEN(bytes.len), len = 0;
	char *text = malloc(text_len + 1);
	uint8_t *back = malloc(text_len + 4);
	otls_base64 state = { 0 };

	must(text != NULL && back != NULL);
	otls__base64_encode(bytes, text);
	if (!otls__base64_decode(&state, otls__bytes(text, text_len), back, &len) || !otls__base64_complete(&state) ||
	    len != bytes.len || (len > 0 && memcmp(back, bytes.data, len) != 0))
		abort();
	free(text);
	free(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	otls_bytes text = otls__bytes(data, size);

	try_certificates(text, OTLS_PEM_CHAIN);
	try_certificates(text, OTLS_PEM_ANCHORS);
	try_certificates(text, OTLS_PEM_SYSTEM);
	try_key(text, OTLS_FILETYPE_PEM);
	try_key(text, OTLS_FILETYPE_ASN1);
	try_base64(text);
	return 0;
}
