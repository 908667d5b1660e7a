/* Texts about a certificate.  Between certificate.c, text.c, sans.c and name_text.c. */
#ifndef OTLS_CORE_TEXT_H
#define OTLS_CORE_TEXT_H

#include "x509/certificate.h"

/* Counting references, and keeping a text that was asked for, do not change what a certificate says: const in the API,
 * and shared between threads. */
static inline otls_certificate *
otls__certificate_shared(const otls_certificate *cert)
{
	return (otls_certificate *)(uintptr_t)cert;
}

/* Frees what the getters have made. */
void otls__certificate_free_texts(otls_certificate *cert);

/* Appends the RFC 4514 text of a Name's whole TLV; false: no memory. */
bool otls__name_text(otls_bytes name, otls_buffer *text);
/* Appends its most specific common name as plain text. */
bool otls__common_name_text(otls_bytes name, otls_buffer *text);
/* Appends "2.5.29.17" for the contents of an OID. */
bool otls__oid_text(otls_bytes oid, otls_buffer *text);
/* Appends two digits a byte. */
bool otls__hex_text(otls_bytes bytes, const char digits[16], otls_buffer *text);
extern const char otls__lower_hex[16], otls__upper_hex[16];

/* The texts of what was read, each behind the other, with a NUL behind each. */
typedef struct otls_san_list {
	size_t count;
	struct otls_san {
		otls_san_kind kind;
		size_t at, len; /* in text */
	} * items;
	char *text;
} otls_san_list;

/* NULL: no memory. */
otls_san_list *otls__san_list(const otls_certificate *cert);
void otls__san_list_free(otls_san_list *list);

#endif
