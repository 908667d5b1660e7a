/* The matcher of host names, against a second one that is written as plainly as RFC 9525 is: "host NUL dNSName". */
#include "make_der.h"
#include "patch.h"
#include "x509/certificate.h"
#include "x509/verify.h"

#include <ctype.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A label of letters, digits, hyphens and underscores, 1 to 63 of them. */
static bool
is_label(const char *text, size_t len)
{
	if (len == 0 || len > 63)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
			return false;
	return true;
}

static bool
is_name(const char *text)
{
	size_t len = 0;

	if (strlen(text) > 253)
		return false;
	for (;; text += len + 1) {
		len = strcspn(text, ".");
		if (!is_label(text, len))
			return false;
		if (text[len] == '\0')
			return true;
	}
}

static unsigned
count_labels(const char *text)
{
	unsigned labels = 1;

	for (; *text != '\0'; text++)
		labels += *text == '.';
	return labels;
}

static bool
same(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++)
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
	return *a == *b;
}

/* host is a good name, without a last dot. */
static bool
should_match(const char *host, const char *pattern)
{
	const char *rest = strchr(host, '.');

	if (strncmp(pattern, "*.", 2) != 0)
		return is_name(pattern) && same(host, pattern);
	return is_name(pattern + 2) && count_labels(pattern + 2) >= 2 && rest != NULL && same(rest + 1, pattern + 2);
}

static otls_bytes
leaf_for(otls_bytes name)
{
	make_certificate parts = make_parts();

	parts.extensions = EXTENSION("\x55\x1d\x11", DER(0x30, DER(0x82, name)));
	return make_whole(&parts);
}

static void
compare(const otls_peer_name *host, otls_bytes pattern)
{
	otls_bytes der = leaf_for(pattern);
	otls_certificate *cert = NULL;
	char text[512] = "";
	bool matches = false;

	if (otls__certificate_parse(der, "leaf", &cert) != OTLS_OK)
		return;
	memcpy(text, pattern.data, pattern.len);
	matches = otls__certificate_matches(cert, host, false);
	/* A name with NUL in it is for nobody. */
	if (matches != (strlen(text) == pattern.len && should_match(host->text, text)))
		abort();
	otls_certificate_free(cert);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	otls_peer_name host;
	char text[300] = "";

	if (end == NULL || (size_t)(end - data) >= sizeof(text) || size - (size_t)(end - data) > 500)
		return 0;
	memcpy(text, data, (size_t)(end - data));
	if (otls__peer_name_parse(text, &host) == OTLS_OK && !host.is_ip)
		compare(&host, otls__bytes(end + 1, size - (size_t)(end - data) - 1));
	return 0;
}
