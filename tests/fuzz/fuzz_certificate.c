/* The reader of certificates, and everything that is told of one. */
#include "make_der.h"
#include "patch.h"
#include "x509/certificate.h"
#include "x509/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *text)
{
	if (text == NULL)
		abort();
}

static void
check_names(const otls_certificate *cert)
{
	size_t len = 0, next = 0;

	for (size_t i = 0; otls_certificate_san_at(cert, i, &len) != NULL; i++) {
		if (otls_certificate_san_kind(cert, i) == 0 || otls_certificate_san_at(cert, i, NULL)[len] != '\0')
			abort();
	}
	while (otls_certificate_san_next(cert, OTLS_SAN_DNS, &next) != NULL)
		continue;
	for (size_t i = 0; otls_certificate_extended_key_usage_at(cert, i) != NULL; i++)
		continue;
	(void)otls_certificate_matches_name(cert, "www.example.org");
	(void)otls_certificate_matches_name(cert, "192.0.2.1");
}

/* What was read once reads the same again, from its own DER and from its own PEM. */
static void
check_again(const otls_certificate *cert)
{
	otls_certificate *again = NULL;
	const char *pem = otls_certificate_pem(cert);
	size_t len = 0, again_len = 0;
	const uint8_t *der = otls_certificate_der(cert, &len), *again_der = NULL;

	if (otls_certificate_new(pem, strlen(pem), OTLS_FILETYPE_PEM, &again) != OTLS_OK)
		abort();
	again_der = otls_certificate_der(again, &again_len);
	if (again_len != len || memcmp(der, again_der, len) != 0 ||
	    strcmp(otls_certificate_subject(cert), otls_certificate_subject(again)) != 0)
		abort();
	otls_certificate_free(again);
}

static void
check(const otls_certificate *cert)
{
	uint64_t usage = 0;
	int path_length = 0;

	check_text(otls_certificate_subject(cert));
	check_text(otls_certificate_issuer(cert));
	check_text(otls_certificate_common_name(cert));
	check_text(otls_certificate_serial(cert));
	check_text(otls_certificate_key_type(cert));
	check_text(otls_certificate_signature_algorithm(cert));
	(void)otls_certificate_key_bits(cert);
	(void)otls_certificate_key_usage(cert, &usage);
	(void)otls_certificate_is_ca(cert, &path_length);
	check_names(cert);
	check_again(cert);
}

static void
try_der(otls_bytes der)
{
	otls_certificate *cert = NULL;

	if (otls_certificate_new(der.data, der.len, OTLS_FILETYPE_ASN1, &cert) == OTLS_OK)
		check(cert);
	else if (otls_error_message(otls_error_last())[0] == '\0' || cert != NULL)
		abort();
	otls_certificate_free(cert);
}

/* Extensions that are well framed, in a certificate that is good otherwise. */
static void
try_extension(const uint8_t *data, size_t size)
{
	static const char *const oids[] = { "\x55\x1d\x11", "\x55\x1d\x13", "\x55\x1d\x0f", "\x55\x1d\x25",
		"\x55\x1d\x1e", "\x55\x1d\x0e", "\x55\x1d\x23", "\x55\x1d\x20", "\x55\x1d\x24", "\x55\x1d\x36",
		"\x55\x1d\x21" };
	make_certificate parts = make_parts();

	if (size < 2 || size > 60000)
		return;
	parts.extensions = DER(0x30, DER(0x06, otls__bytes(oids[data[0] % OTLS_COUNT(oids)], 3)),
	    data[1] % 2 == 0 ? NOTHING : RAW("\x01\x01\xff"), DER(0x04, otls__bytes(data + 2, size - 2)));
	try_der(make_whole(&parts));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (data[0] % 2 == 0)
		try_der(otls__bytes(data + 1, size - 1));
	else
		try_extension(data + 1, size - 1);
	return 0;
}
