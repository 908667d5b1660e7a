/* wolfSSL's own verifier, where it is asked in addition to core's: a certificate manager of its own for every chain,
 * since what one verifies stays in it (5.5 to 5.9). */
#include "wolf.h"

#include <string.h>
#include <time.h>

#define CLOCK_SLACK                                                                                                    \
	60 /* seconds by which the time to judge by may differ from the clock, which is all that wolfSSL has */

static otls_verify_reason
reason_of(int error)
{
	switch (error) {
	case ASN_AFTER_DATE_E:
		return OTLS_REASON_EXPIRED;
	case ASN_BEFORE_DATE_E:
		return OTLS_REASON_NOT_YET_VALID;
	case ASN_NO_SIGNER_E:
		return OTLS_REASON_UNKNOWN_ISSUER;
	case ASN_SELF_SIGNED_E:
		return OTLS_REASON_SELF_SIGNED_LEAF;
	case ASN_SIG_CONFIRM_E:
	case ASN_SIG_HASH_E:
	case SIG_VERIFY_E:
		return OTLS_REASON_BAD_SIGNATURE;
	case CRL_CERT_REVOKED:
		return OTLS_REASON_REVOKED;
	case DOMAIN_NAME_MISMATCH:
		return OTLS_REASON_HOSTNAME_MISMATCH;
	case IPADDR_MISMATCH:
		return OTLS_REASON_IP_MISMATCH;
	case RSA_KEY_SIZE_E:
	case ECC_KEY_SIZE_E:
		return OTLS_REASON_WEAK_KEY;
	case MAX_CHAIN_ERROR:
		return OTLS_REASON_CHAIN_TOO_LONG;
	case ASN_PATHLEN_INV_E:
	case ASN_PATHLEN_SIZE_E:
		return OTLS_REASON_PATH_LENGTH;
	case NOT_CA_ERROR:
		return OTLS_REASON_INVALID_CA;
	case EXTKEYUSAGE_E:
	case KEYUSAGE_E:
		return OTLS_REASON_INVALID_PURPOSE;
	case ASN_NAME_INVALID_E:
		return OTLS_REASON_NAME_CONSTRAINTS;
	case ASN_CRIT_EXT_E:
		return OTLS_REASON_CRITICAL_EXTENSION;
	case HASH_TYPE_E:
	case NOT_COMPILED_IN:
	case ASN_UNKNOWN_OID_E:
		return OTLS_REASON_UNSUPPORTED_KEY;
	case ASN_PARSE_E:
	case ASN_VERSION_E:
	case ASN_GETINT_E:
	case ASN_RSA_KEY_E:
	case ASN_OBJECT_ID_E:
	case ASN_TAG_NULL_E:
	case ASN_EXPECT_0_E:
	case ASN_BITSTR_E:
	case ASN_DATE_SZ_E:
	case ASN_ECC_KEY_E:
	case ASN_ALT_NAME_E:
		return OTLS_REASON_MALFORMED;
	default:
		return OTLS_REASON_INTERNAL;
	}
}

static otls_status
refuse(const char *function, int error, size_t depth, otls_report *report)
{
	report->verify_reason = (int)reason_of(error);
	report->verify_depth = (int)depth;
	return wolf_fail(report, error == MEMORY_E ? OTLS_E_MEMORY : OTLS_E_VERIFY, function, error);
}

static bool
is_now(int64_t when)
{
	int64_t now = (int64_t)time(NULL);

	return when >= now - CLOCK_SLACK && when <= now + CLOCK_SLACK;
}

/* A date is what the library complains of last: all else was good. */
static int
verify_one(WOLFSSL_CERT_MANAGER *manager, otls_bytes der, bool dates)
{
	int ret = wolfSSL_CertManagerVerifyBuffer(manager, der.data, (long)der.len, WOLFSSL_FILETYPE_ASN1);

	if (!dates && (ret == ASN_AFTER_DATE_E || ret == ASN_BEFORE_DATE_E))
		return WOLFSSL_SUCCESS;
	return ret;
}

static int
add_one(WOLFSSL_CERT_MANAGER *manager, otls_bytes der)
{
	return wolfSSL_CertManagerLoadCABuffer(manager, der.data, (long)der.len, WOLFSSL_FILETYPE_ASN1);
}

/* From the last one on, as the library does in a handshake: each that is good may vouch for those before it.  What is
 * wrong with one of them is told if the leaf finds no issuer for it. */
static otls_status
verify_chain(WOLFSSL_CERT_MANAGER *manager, const otls_native_chain *chain, otls_report *report)
{
	bool dates = is_now(chain->time);
	int ret, fault = 0;
	size_t at = 0;

	for (size_t i = chain->chain_len; i-- > 1;) {
		if ((ret = verify_one(manager, chain->chain[i], dates)) == WOLFSSL_SUCCESS)
			ret = add_one(manager, chain->chain[i]);
		if (ret != WOLFSSL_SUCCESS) {
			fault = ret;
			at = i;
		}
	}
	if ((ret = verify_one(manager, chain->chain[0], dates)) == WOLFSSL_SUCCESS)
		return OTLS_OK;
	if (ret == ASN_NO_SIGNER_E && fault != 0)
		return refuse("wolfSSL_CertManagerVerifyBuffer", fault, at, report);
	return refuse("wolfSSL_CertManagerVerifyBuffer", ret, 0, report);
}

static otls_status
verify_name(const otls_native_chain *chain, otls_report *report)
{
	WOLFSSL_X509 *leaf;
	int ret;

	/* 5.5 finds no IPv6 address in any certificate: those are core's alone. */
	if (chain->name[0] == '\0' || (chain->name_is_ip && strchr(chain->name, ':') != NULL))
		return OTLS_OK;
	if ((leaf = wolfSSL_X509_d2i(NULL, chain->chain[0].data, (int)chain->chain[0].len)) == NULL)
		return refuse("wolfSSL_X509_d2i", ASN_PARSE_E, 0, report);
	ret = chain->name_is_ip ? wolfSSL_X509_check_ip_asc(leaf, chain->name, 0)
				: wolfSSL_X509_check_host(leaf, chain->name, strlen(chain->name), 0, NULL);
	wolfSSL_X509_free(leaf);
	if (ret == WOLFSSL_SUCCESS)
		return OTLS_OK;
	return chain->name_is_ip ? refuse("wolfSSL_X509_check_ip_asc", IPADDR_MISMATCH, 0, report)
				 : refuse("wolfSSL_X509_check_host", DOMAIN_NAME_MISMATCH, 0, report);
}

/* Its lengths are signed. */
static bool
all_fit(const otls_bytes *ders, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (ders[i].len == 0 || ders[i].len > WOLF_LENGTH_MAX)
			return false;
	}
	return true;
}

otls_status
wolf_verify_chain_native(const otls_native_chain *chain, otls_report *report)
{
	WOLFSSL_CERT_MANAGER *manager;
	otls_status status;

	wolf_thread_enters();
	if (chain->chain_len == 0 || !all_fit(chain->chain, chain->chain_len) ||
	    !all_fit(chain->anchors, chain->anchor_count))
		return refuse("wolfSSL_CertManagerVerifyBuffer", ASN_PARSE_E, 0, report);
	if ((manager = wolfSSL_CertManagerNew()) == NULL)
		return refuse("wolfSSL_CertManagerNew", MEMORY_E, 0, report);
	/* An anchor that the library will not have vouches for nobody; the chain says whether it is missed. */
	for (size_t i = 0; i < chain->anchor_count; i++)
		(void)add_one(manager, chain->anchors[i]);
	status = verify_chain(manager, chain, report);
	if (status == OTLS_OK)
		status = verify_name(chain, report);
	wolfSSL_CertManagerFree(manager);
	wolfSSL_ERR_clear_error();
	return status;
}
