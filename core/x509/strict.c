/* STRICT: what RFC 5280 asks of those who issue, and a verifier can do without. */
#include "x509/der.h"
#include "x509/general_name.h"
#include "x509/judge.h"

#define SERIAL_MAX 20

static bool
is_zero(otls_bytes number)
{
	return number.len == 1 && number.data[0] == 0;
}

/* Of roots too. */
static const char *
serial_defect(const otls_certificate *cert)
{
	if (is_zero(cert->serial))
		return "its serial number is zero (RFC 5280, section 4.1.2.2)";
	if (cert->serial.len > SERIAL_MAX)
		return "its serial number has more than 20 bytes (RFC 5280, section 4.1.2.2)";
	return NULL;
}

/* Section 4.2.1.1: what is self-signed may be without the extension, but with it, it has a key identifier like all others;
 * section 4.2.1.2: of authorities. */
static const char *
key_id_defect(const otls_path *path, size_t i)
{
	const otls_certificate *cert = path->nodes[i]->cert;

	if (i > 0 && !cert->has_subject_key_id)
		return "it is an authority's, and has no subject key identifier (RFC 5280, section 4.2.1.2)";
	if (cert->authority_key_id.data != NULL)
		return NULL;
	if (cert->has_authority_key_id)
		return "its authority key identifier has no key identifier (RFC 5280, section 4.2.1.1)";
	return path->nodes[i]->self_issued ? NULL : "it has no authority key identifier (RFC 5280, section 4.2.1.1)";
}

/* The preferred name syntax has no underscores. */
static bool
has_underscore(const otls_certificate *cert)
{
	otls_der names = otls__der(cert->san, NULL);
	otls_bytes name;
	uint8_t tag;

	while (otls__der_more(&names) && otls__der_any(&names, &tag, &name, NULL)) {
		if (tag == OTLS_GENERAL_NAME_DNS && memchr(name.data, '_', name.len) != NULL)
			return true;
	}
	return false;
}

/* The Baseline Requirements (section 7.1.2.10.8) let them be what is critical or not. */
static const char *
constraints_defect(const otls_verify_params *params, const otls_certificate *cert)
{
	if (cert->name_constraints.data == NULL || cert->name_constraints_critical || otls__is_for_web(params))
		return NULL;
	return "its name constraints are not critical (RFC 5280, section 4.2.1.10)";
}

bool
otls__check_strict(const otls_verify_params *params, const otls_path *path, otls_finding *finding)
{
	for (size_t i = path->len; i-- > 0;) {
		const otls_certificate *cert = path->nodes[i]->cert;
		const char *defect = serial_defect(cert);

		if (defect == NULL)
			defect = key_id_defect(path, i);
		if (defect == NULL)
			defect = constraints_defect(params, cert);
		if (defect != NULL && otls__find(finding, OTLS_REASON_MALFORMED, (int)i, defect))
			return true;
	}
	return has_underscore(path->nodes[0]->cert) &&
	       otls__find(finding, OTLS_REASON_MALFORMED, 0,
		   "one of its DNS names has an underscore (RFC 5280, section 4.2.1.6)");
}
