/* PEM text (RFC 7468), with anything between the blocks. */
#ifndef OTLS_CORE_PEM_H
#define OTLS_CORE_PEM_H

#include "base.h"

typedef struct otls_pem_block {
	char label[64]; /* "CERTIFICATE" */
	bool encrypted; /* it has a "Proc-Type: 4,ENCRYPTED" header: der is empty, text is what to decrypt */
	uint8_t *der;   /* free with otls__pem_fini */
	size_t der_len;
	size_t line;     /* of its BEGIN */
	otls_bytes text; /* from BEGIN to the end of the END line, in the input */
} otls_pem_block;

/* The next block from *pos on.  OK; EOF: none left; ERROR: FORMAT with the line and what is wrong (a BEGIN without its
 * END, another label in it, bad BASE64), or MEMORY.  where is put before the message: the file, or what else it is. */
otls_status otls__pem_next(otls_bytes text, size_t *pos, const char *where, otls_pem_block *block);
/* Wipes and frees. */
void otls__pem_fini(otls_pem_block *block);

/* Every CERTIFICATE block, in order; refs are the caller's: free with otls__certificates_free.
 * FORMAT: none in it, a damaged one, or a TRUSTED CERTIFICATE. */
otls_status otls__pem_certificates(otls_bytes text, const char *where, otls_certificate ***certs, size_t *count);
void otls__certificates_free(otls_certificate **certs, size_t count);

/* The first private key block, or DER of one: its form and its bytes (owned; wiped by the caller with
 * otls__free_secret).  Reads "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY".
 * FORMAT: none in it, or of another kind, by name ("a public key", "a certificate", "an OpenSSH key"). */
otls_status otls__key_decode(
    otls_bytes data, otls_filetype type, const char *where, otls_key_form *form, uint8_t **key, size_t *len);

#endif
