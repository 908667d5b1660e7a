/* OpenSSL's own verifier, where it is asked in addition to core's. */
#include "ossl.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <limits.h>

/* 112 bits, as the library itself demands of TLS by default from 3.2 on. */
#define SECURITY_LEVEL 2

static otls_verify_reason
reason_of(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return OTLS_REASON_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return OTLS_REASON_NOT_YET_VALID;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		return OTLS_REASON_UNKNOWN_ISSUER;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return OTLS_REASON_SELF_SIGNED_LEAF;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return OTLS_REASON_SELF_SIGNED_IN_CHAIN;
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		return OTLS_REASON_BAD_SIGNATURE;
	case X509_V_ERR_CERT_REVOKED:
		return OTLS_REASON_REVOKED;
	case X509_V_ERR_HOSTNAME_MISMATCH:
		return OTLS_REASON_HOSTNAME_MISMATCH;
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return OTLS_REASON_IP_MISMATCH;
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return OTLS_REASON_WEAK_SIGNATURE;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
		return OTLS_REASON_WEAK_KEY;
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
		return OTLS_REASON_CHAIN_TOO_LONG;
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
		return OTLS_REASON_PATH_LENGTH;
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_INVALID_NON_CA:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
		return OTLS_REASON_INVALID_CA;
	case X509_V_ERR_INVALID_PURPOSE:
	case X509_V_ERR_CERT_REJECTED:
		return OTLS_REASON_INVALID_PURPOSE;
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
	case X509_V_ERR_SUBTREE_MINMAX:
	case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
	case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
	case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
		return OTLS_REASON_NAME_CONSTRAINTS;
	case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
		return OTLS_REASON_CRITICAL_EXTENSION;
	case X509_V_ERR_INVALID_POLICY_EXTENSION:
	case X509_V_ERR_NO_EXPLICIT_POLICY:
		return OTLS_REASON_POLICY;
	case X509_V_ERR_INVALID_EXTENSION:
	case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
	case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
		return OTLS_REASON_MALFORMED;
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
		return OTLS_REASON_UNSUPPORTED_KEY;
	default:
		return OTLS_REASON_INTERNAL;
	}
}

static otls_status
refuse(otls_report *report, otls_verify_reason reason, int depth, const char *function, const char *words)
{
	report->verify_reason = (int)reason;
	report->verify_depth = depth;
	return ossl_fail_because(report, OTLS_E_VERIFY, function, words);
}

static X509 *
parse(otls_bytes der)
{
	const unsigned char *at = der.data;
	X509 *cert = der.len <= LONG_MAX ? d2i_X509(NULL, &at, (long)der.len) : NULL;

	if (cert != NULL && at == der.data + der.len)
		return cert;
	X509_free(cert);
	return NULL;
}

/* false: one does not parse, or no memory. */
static bool
parse_all(STACK_OF(X509) * stack, const otls_bytes *ders, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		X509 *cert = parse(ders[i]);

		if (cert == NULL || sk_X509_push(stack, cert) <= 0) {
			X509_free(cert);
			return false;
		}
	}
	return true;
}

static bool
set_rules(X509_STORE_CTX *verifier, const otls_native_chain *chain)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(verifier);

	if (X509_STORE_CTX_set_default(verifier, chain->peer == OTLS_ROLE_SERVER ? "ssl_server" : "ssl_client") != 1)
		return false;
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_time(param, (time_t)chain->time);
	if (chain->partial_chain && X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) != 1)
		return false;
	if (chain->name[0] == '\0')
		return true;
	return chain->name_is_ip ? X509_VERIFY_PARAM_set1_ip_asc(param, chain->name) == 1
				 : X509_VERIFY_PARAM_set1_host(param, chain->name, 0) == 1;
}

static otls_status
verify(X509_STORE_CTX *verifier, const otls_native_chain *chain, otls_report *report)
{
	int error;

	if (!set_rules(verifier, chain))
		return ossl_fail(report, OTLS_E_BACKEND);
	if (X509_verify_cert(verifier) == 1)
		return OTLS_OK;
	error = X509_STORE_CTX_get_error(verifier);
	if (error == X509_V_ERR_OUT_OF_MEM)
		return ossl_fail(report, OTLS_E_MEMORY);
	return refuse(report, reason_of(error), X509_STORE_CTX_get_error_depth(verifier), "X509_verify_cert",
	    X509_verify_cert_error_string(error));
}

otls_status
ossl_verify_chain_native(const otls_native_chain *chain, otls_report *report)
{
	STACK_OF(X509) *sent = sk_X509_new_null(), *anchors = sk_X509_new_null();
	X509_STORE_CTX *verifier = X509_STORE_CTX_new();
	otls_status status = OTLS_ERROR;

	ossl_begin();
	if (sent == NULL || anchors == NULL || verifier == NULL) {
		ossl_fail(report, OTLS_E_MEMORY);
	} else if (!parse_all(sent, chain->chain, chain->chain_len) ||
		   !parse_all(anchors, chain->anchors, chain->anchor_count) || sk_X509_num(sent) == 0) {
		refuse(report, OTLS_REASON_MALFORMED, 0, "d2i_X509", "a certificate cannot be parsed");
	} else if (X509_STORE_CTX_init(verifier, NULL, sk_X509_value(sent, 0), sent) != 1) {
		ossl_fail(report, OTLS_E_BACKEND);
	} else {
		X509_STORE_CTX_set0_trusted_stack(verifier, anchors);
		status = verify(verifier, chain, report);
	}
	X509_STORE_CTX_free(verifier);
	sk_X509_pop_free(sent, X509_free);
	sk_X509_pop_free(anchors, X509_free);
	ERR_clear_error();
	return status;
}
