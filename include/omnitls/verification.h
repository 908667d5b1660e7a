/* Judging a chain without a connection: the verdict that a connection would give, with what was looked at and what it
 * took.
 *
 *	otls_verification *check;
 *
 *	if (otls_verification_new(otls_backend_default(), store, &check) ||
 *	    otls_verification_set_name(check, "www.example.org") ||
 *	    otls_verification_add_intermediate(check, intermediate) || otls_verification_run(check, leaf))
 *		fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
 *
 * The backend lends its signature checks; the verdict is the same on all of them.  A verification belongs to one thread
 * at a time; it can be run again, with another leaf or other settings.
 */
#ifndef OMNITLS_VERIFICATION_H
#define OMNITLS_VERIFICATION_H

#include <omnitls/certificate.h>
#include <omnitls/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct otls_verification otls_verification;

/* What the leaf is to be good for (extended key usage, RFC 5280, section 4.2.1.12). */
typedef enum otls_purpose {
	OTLS_PURPOSE_SERVER = 1, /* to authenticate a TLS server (default) */
	OTLS_PURPOSE_CLIENT = 2  /* or a TLS client */
} otls_purpose;

/* The store, which is in use from now on, holds what is trusted, revocation lists, and the time to judge by
 * (otls_store_set_time).  Errors    NO_BACKEND (NULL), BACKEND (the library does not start), MEMORY. */
OTLS_MUST_USE otls_status otls_verification_new(
    const otls_backend *backend, otls_store *store, otls_verification **verification);
OTLS_API void otls_verification_free(otls_verification *verification);

OTLS_MUST_USE otls_status otls_verification_set_purpose(otls_verification *verification, otls_purpose purpose);
/* The host name or IP address that the leaf must be for; NULL: names are not checked (default).  BAD_ARGUMENT: not a
 * name. */
OTLS_MUST_USE otls_status otls_verification_set_name(otls_verification *verification, const char *host_or_ip);
/* OTLS_VERIFY_FLAG_* (context.h); UNSUPPORTED: an unknown one, or one that needs a connection. */
OTLS_MUST_USE otls_status otls_verification_set_flags(otls_verification *verification, uint64_t flags);
/* How many intermediate certificates the path may have, 0 to 100; 8 by default. */
OTLS_MUST_USE otls_status otls_verification_set_depth(otls_verification *verification, int intermediates);
/* A certificate that the path may be built with, beside the leaf and the store; they may come in any order, and more of
 * them than are needed. */
OTLS_MUST_USE otls_status otls_verification_add_intermediate(
    otls_verification *verification, const otls_certificate *cert);

/* An OCSP response about the leaf, as a server would staple it: DER, or the "OCSP RESPONSE" block of a PEM text, copied;
 * data NULL: none.  Where the chain is good, it is judged too.  It counts if it is about the leaf (its issuer's name and
 * key by SHA-1 or SHA-2, its serial number), if the leaf's issuer has signed it, or one to whom it gave a certificate for
 * that (extended key usage OCSPSigning), and if it is of now: from 5 minutes before its thisUpdate until its nextUpdate;
 * without that, for 7 days.  If not: OCSP_INVALID.  Says it that the leaf is revoked: REVOKED, also when it is out of
 * date.  One that tells nothing ("unknown", "tryLater") is as good as none: OCSP_MISSING where the leaf demands one (RFC
 * 7633), or with OTLS_VERIFY_FLAG_OCSP_REQUIRE; else no error.
 * Errors    FORMAT: no such response; FILE; LIMIT: over 64 KiB; MEMORY. */
OTLS_MUST_USE otls_status otls_verification_set_ocsp_response(
    otls_verification *verification, const void *data, size_t len);
OTLS_MUST_USE otls_status otls_verification_set_ocsp_response_file(otls_verification *verification, const char *path);

/* Judges a leaf.  OK: it is good.  ERROR with code VERIFY: it is refused, and otls_error_verify_reason says why; other
 * codes: nothing was judged. */
OTLS_MUST_USE otls_status otls_verification_run(otls_verification *verification, const otls_certificate *leaf);

/* == the verdict of the latest run == */
/* An otls_verify_reason; *depth (may be NULL): which certificate of the path, 0: the leaf, -1: none. */
OTLS_API int otls_verification_reason(const otls_verification *verification, int *depth);
/* "CN=www.example.org: expired on 2024-01-02 03:04:05 UTC"; "" when it is good. */
OTLS_API const char *otls_verification_text(const otls_verification *verification);
/* The path that was accepted, or that got furthest; leaf first, NULL after the last one. */
OTLS_API const otls_certificate *otls_verification_path_at(const otls_verification *verification, size_t i);

typedef enum otls_check_result {
	OTLS_CHECK_PASSED = 1,
	OTLS_CHECK_FAILED,
	OTLS_CHECK_NOT_REACHED, /* there was no complete path, or the budget was spent */
	OTLS_CHECK_NOT_ASKED    /* no name was given, say */
} otls_check_result;
/* The checks that a path goes through, in their order: "path", "length", "form", "signatures", ...  NULL after the last
 * one; static. */
OTLS_API const char *otls_verification_check_at(
    const otls_verification *verification, size_t i, otls_check_result *result);
/* Everything that is wrong with the path, the verdict first; false after the last one.  Any out pointer may be NULL. */
OTLS_API bool otls_verification_fault_at(
    const otls_verification *verification, size_t i, int *reason, int *depth, const char **text);

typedef enum otls_cost {
	OTLS_COST_CANDIDATES = 1,  /* issuers that paths were built with */
	OTLS_COST_SIGNATURES,      /* signatures that were checked */
	OTLS_COST_SIGNATURE_UNITS, /* what they cost, in checks with RSA-2048 */
	OTLS_COST_NAME_COMPARISONS /* of names with name constraints, and of policies */
} otls_cost;
/* What the latest run took: the same on every backend and machine.  docs/verifier.md has the budgets. */
OTLS_API uint64_t otls_verification_cost(const otls_verification *verification, otls_cost which);

#ifdef __cplusplus
}
#endif
#endif
