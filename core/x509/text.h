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
bool otls__is_utf8(otls_bytes text);
/* Appends two digits a byte. */
bool otls__hex_text(otls_bytes bytes, const char digits[16], otls_buffer *text);
extern const char otls__lower_hex[16], otls__upper_hex[16];

/* Texts of several things that were read, each behind the other, with a NUL behind each. */
typedef struct otls_text_list {
	otls_buffer items; /* of otls_text_item */
	otls_buffer text;
} otls_text_list;

typedef struct otls_text_item {
	int kind;    /* an otls_san_kind */
	size_t type; /* where the name of an attribute's type begins in text */
	size_t at, len;
} otls_text_item;

static inline size_t
otls__text_count(const otls_text_list *list)
{
	return list->items.len / sizeof(otls_text_item);
}

/* Ends the item that begins at item->at, with what was appended to the text since; false: no memory. */
bool otls__text_list_add(otls_text_list *list, otls_text_item *item);

/* Each adds the items of one list; false: no memory. */
bool otls__san_texts(otls_bytes sans, otls_text_list *list);
bool otls__name_texts(otls_bytes name, otls_text_list *list);
bool otls__oid_texts(otls_bytes oids, otls_text_list *list);

#endif
