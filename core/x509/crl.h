/* Certificate revocation lists (RFC 5280, section 5). */
#ifndef OTLS_CORE_CRL_H
#define OTLS_CORE_CRL_H

#include "x509/certificate.h"

typedef struct otls_crl_entry {
	otls_bytes serial; /* contents of the INTEGER */
	int64_t when;      /* of the revocation */
	int reason;        /* CRLReason (section 5.3.1); -1: not said */
} otls_crl_entry;

typedef struct otls_crl {
	atomic_uint refs;
	uint8_t *der; /* its own copy; every view points into it */
	size_t der_len;

	otls_bytes tbs;    /* the whole TLV, as signed */
	otls_bytes issuer; /* the whole Name TLV */
	int64_t this_update, next_update;
	otls_bytes authority_key_id; /* data NULL: none */
	bool has_number, number_critical;
	bool has_repeats;        /* a serial number is on it twice */
	otls_crl_entry *entries; /* by serial number */
	size_t count;
	otls_signature_algorithm signature_algorithm;
	otls_bytes signature;
	const char *defect; /* static: why it cannot be used (a delta, say); NULL: nothing is wrong with it */
} otls_crl;

/* One list.  where says what it is for the message.  ERROR: FORMAT with the offset, LIMIT, MEMORY. */
otls_status otls__crl_parse(otls_bytes der, const char *where, otls_crl **crl);
otls_crl *otls__crl_ref(otls_crl *crl);
void otls__crl_free(otls_crl *crl);
/* NULL: the serial number is not on it. */
const otls_crl_entry *otls__crl_find(const otls_crl *crl, otls_bytes serial);
/* "keyCompromise"; NULL for -1 and numbers that are none; static. */
const char *otls__crl_reason_text(int reason);

/* One DER value, or every "X509 CRL" block of a PEM text; refs are the caller's: free with otls__crls_free.
 * FORMAT: none in it, or a damaged one, with its line. */
otls_status otls__crls_read(otls_bytes data, const char *where, otls_crl ***crls, size_t *count);
void otls__crls_free(otls_crl **crls, size_t count);

#endif
