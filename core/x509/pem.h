/* PEM text (RFC 7468), with anything between the blocks. */
#ifndef OTLS_CORE_PEM_H
#define OTLS_CORE_PEM_H

#include "base.h"

/* The largest file in which certificates or keys are looked for. */
#define OTLS_PEM_FILE_MAX ((size_t)16 << 20)

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
/* The same without counting the lines from the start again for every block.  Starts with text, where, line 1. */
typedef struct otls_pem_reader {
	otls_bytes text;
	const char *where;
	size_t pos, line;
} otls_pem_reader;
otls_status otls__pem_read(otls_pem_reader *reader, otls_pem_block *block);

/* Whether the bytes are one DER value, or a text with a BEGIN line in it: for messages. */
bool otls__looks_like_der(otls_bytes bytes);
bool otls__looks_like_pem(otls_bytes bytes);

/* Wipes and frees. */
void otls__pem_fini(otls_pem_block *block);

/* Every CERTIFICATE block, in order; refs are the caller's: free with otls__certificates_free.
 * FORMAT: none in it, a damaged one, or a TRUSTED CERTIFICATE. */
otls_status otls__pem_certificates(otls_bytes text, const char *where, otls_certificate ***certs, size_t *count);

/* What becomes of blocks that are no certificates. */
typedef enum otls_pem_policy {
	OTLS_PEM_CHAIN,   /* passed over: a file may hold a chain and its key */
	OTLS_PEM_ANCHORS, /* private keys are refused by name */
	OTLS_PEM_SYSTEM   /* not our files: whatever cannot be used is passed over, damaged certificates too */
} otls_pem_policy;
otls_status otls__pem_certificates_by(
    otls_bytes text, const char *where, otls_pem_policy policy, otls_certificate ***certs, size_t *count);
void otls__certificates_free(otls_certificate **certs, size_t count);

/* What is around a key. */
typedef enum otls_key_wrap {
	OTLS_WRAP_NONE,
	OTLS_WRAP_PKCS8, /* the bytes are the DER of EncryptedPrivateKeyInfo */
	OTLS_WRAP_PEM    /* they are a PEM block, with "Proc-Type: 4,ENCRYPTED" headers; its label tells the form */
} otls_key_wrap;

/* The first private key block, or DER of one: its form, what is around it, and its bytes (owned; wiped by the caller with
 * otls__free_secret).  Reads "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY".
 * FORMAT: none in it, or of another kind, by name ("a public key", "a certificate", "an OpenSSH key"). */
otls_status otls__key_decode(otls_bytes data, otls_filetype type, const char *where, otls_key_form *form,
    otls_key_wrap *wrap, uint8_t **key, size_t *len);

#endif
