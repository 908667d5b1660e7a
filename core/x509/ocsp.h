/* OCSP responses (RFC 6960), as servers staple them: read by ocsp.c, judged by ocsp_judge.c. */
#ifndef OTLS_CORE_OCSP_H
#define OTLS_CORE_OCSP_H

#include "x509/der.h"
#include "x509/verify.h"

#define OTLS_OCSP_MAX         65536       /* bytes of a response */
#define OTLS_OCSP_ENTRIES_MAX 256         /* certificates that it speaks of */
#define OTLS_OCSP_SIGNERS_MAX 4           /* certificates that come with it */
#define OTLS_OCSP_SKEW        300         /* seconds by which the responder's clock may be ahead */
#define OTLS_OCSP_AGE_MAX     (7 * 86400) /* seconds that a response counts which does not say how long */

/* OCSPResponseStatus: what is not SUCCESSFUL says nothing about a certificate, and is not signed. */
enum { OTLS_OCSP_SUCCESSFUL = 0, OTLS_OCSP_LAST = 6 };

typedef enum otls_ocsp_state { OTLS_CERT_GOOD, OTLS_CERT_REVOKED, OTLS_CERT_UNKNOWN } otls_ocsp_state;

/* What is said about one certificate. */
typedef struct otls_ocsp_single {
	otls_hash hash; /* of the next two; NONE: not known here */
	otls_bytes issuer_name_hash, issuer_key_hash;
	otls_bytes serial; /* contents of the INTEGER */
	otls_ocsp_state state;
	int64_t revoked_at;
	int revocation_reason; /* CRLReason (RFC 5280, section 5.3.1); -1: not said */
	int64_t this_update;
	int64_t next_update;   /* INT64_MAX: not said */
	bool unknown_critical; /* it has a critical extension that is not known */
} otls_ocsp_single;

/* Views into the bytes that were read. */
typedef struct otls_ocsp {
	int status;                /* OCSPResponseStatus; all below is empty unless it is SUCCESSFUL */
	otls_bytes tbs;            /* the whole TLV, as signed */
	otls_bytes responder_name; /* the whole Name TLV; data NULL: there is responder_key instead */
	otls_bytes responder_key;  /* SHA-1 of the responder's key */
	otls_bytes singles;        /* contents of the SEQUENCE, each of them readable */
	bool unknown_critical;
	otls_signature_algorithm algorithm;
	otls_bytes signature;
	otls_bytes certificates; /* contents of the SEQUENCE, each of them some SEQUENCE */
} otls_ocsp;

/* Reads one, whole.  where says what it is for the message.  ERROR: FORMAT with the offset, LIMIT. */
otls_status otls__ocsp_parse(otls_bytes der, const char *where, otls_ocsp *response);
/* The next single response of response->singles. */
bool otls__ocsp_next(otls_der *singles, otls_ocsp_single *single);

/* == the verdict == */

typedef struct otls_ocsp_verdict {
	/* OK: good.  REVOKED.  OCSP_MISSING: nothing came, or nothing that tells (tryLater, unknown).  OCSP_INVALID.
	 * TOO_COSTLY, INTERNAL: could not be judged. */
	otls_verify_reason reason;
	char detail[160];                 /* "the OCSP response expired on ..."; "" when good */
	int64_t this_update, next_update; /* INT64_MIN: not told; INT64_MAX: without an end */
	int64_t revoked_at;               /* INT64_MIN: is not */
	int revocation_reason;            /* CRLReason; -1: not said */
	otls_report report;               /* with INTERNAL */
} otls_ocsp_verdict;

/* Judges a response (empty: none came) for the leaf of the outcome's path, by what its issuer there has signed.  What it
 * takes is taken from what the chain has left of the budget. */
void otls__ocsp_judge(
    const otls_verify_params *params, otls_verify_outcome *outcome, otls_bytes response, otls_ocsp_verdict *verdict);
/* What the verdict comes to for the chain, a response having been asked for: what tells nothing is forgiven unless the
 * leaf demands a response (RFC 7633), or the flag OCSP_REQUIRE does. */
void otls__ocsp_conclude(const otls_verify_params *params, const otls_ocsp_verdict *verdict, otls_finding *finding);
/* What the response, which need not be fresh or signed, says about the certificate; false: nothing.  issuer NULL: the
 * issuer's name and the serial number alone are compared. */
bool otls__ocsp_find(const otls_engine *engine, const otls_ocsp *response, const otls_certificate *cert,
    const otls_certificate *issuer, otls_ocsp_single *found);

/* One DER value, or the "OCSP RESPONSE" block of a PEM text, which is read; *der is the caller's, to be freed with
 * otls__free.  FORMAT: neither, or damaged; MEMORY. */
otls_status otls__ocsp_read(otls_bytes data, const char *where, otls_bytes *der);
/* The same from a file.  FILE, too. */
otls_status otls__ocsp_read_file(const char *path, otls_bytes *der);

#endif
