/* Lists of names of certificate authorities: what a server sends with its request for a certificate, and what a client
 * was sent. */
#ifndef OTLS_CORE_CLIENT_CA_H
#define OTLS_CORE_CLIENT_CA_H

#include "base.h"

#include <omnitls/types.h>

/* In order, each once. */
typedef struct otls_ca_list {
	otls_bytes *names; /* DER of a Name each; NULL: none */
	char **texts;      /* RFC 4514 */
	size_t count;
	size_t wire_len; /* of all of them behind their lengths, as a request carries them (RFC 5246, section 7.4.4) */
} otls_ca_list;

/* Appends one that is not there yet, if it is the whole TLV of a Name with anything in it.  false: no memory. */
bool otls__ca_list_add(otls_ca_list *list, otls_bytes name);
/* *copy is empty before.  false: no memory; what there is of it is to be released. */
bool otls__ca_list_copy(const otls_ca_list *list, otls_ca_list *copy);
void otls__ca_list_fini(otls_ca_list *list);
/* NULL: no such one. */
const char *otls__ca_list_text(const otls_ca_list *list, size_t i);

#endif
