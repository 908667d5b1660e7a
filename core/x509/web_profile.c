/* The web's stricter profile for servers: rules of the CA/Browser Forum's Baseline Requirements (version 2) that RFC 5280
 * does not have. */
#include "x509/der.h"
#include "x509/general_name.h"
#include "x509/judge.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* == names == */

/* Addresses as in RFC 5952, section 4, which is how they are printed. */
static bool
is_address_text(otls_bytes address, otls_bytes text)
{
	char printed[INET6_ADDRSTRLEN];

	return inet_ntop(address.len == 4 ? AF_INET : AF_INET6, address.data, printed, sizeof(printed)) != NULL &&
	       otls__bytes_equal(text, otls__bytes(printed, strlen(printed)));
}

/* Whether the text is some spelling of the address: 0xc0a80101 and 192.168.001.001 are. */
static bool
means_address(otls_bytes address, otls_bytes text)
{
	char terminated[64];
	struct in_addr v4;
	struct in6_addr v6;

	if (text.len >= sizeof(terminated))
		return false;
	memcpy(terminated, text.data, text.len);
	terminated[text.len] = '\0';
	if (address.len == 4)
		return inet_aton(terminated, &v4) != 0 && memcmp(address.data, &v4, sizeof(v4)) == 0;
	return address.len == 16 && inet_pton(AF_INET6, terminated, &v6) == 1 &&
	       memcmp(address.data, &v6, sizeof(v6)) == 0;
}

static otls_bytes
parent_domain(otls_bytes host)
{
	const uint8_t *dot = memchr(host.data, '.', host.len);
	size_t label = dot == NULL ? host.len : (size_t)(dot - host.data) + 1;

	return otls__bytes(host.data + label, host.len - label);
}

/* A host beside the one that is named, in the same domain.  What a wildcard stands for is left alone. */
static bool
is_sibling(otls_bytes name, otls_bytes cn)
{
	otls_bytes domain = parent_domain(name);

	return otls__is_host_name(cn) && otls__is_host_name(name) && domain.len > 0 &&
	       otls__host_equal(parent_domain(cn), domain);
}

/* Whether the common name is none of the alternative names, and yet is for the same purpose: it is another spelling of one,
 * or a host beside one.  The rule goes further: any common name must be one of them.  There it is not followed, since a
 * name of another kind does no harm: nobody compares it with a host. */
static bool
is_stray(const otls_certificate *cert, otls_bytes cn)
{
	otls_der names = otls__der(cert->san, NULL);
	bool stray = false;
	otls_bytes name;
	uint8_t tag;

	while (otls__der_more(&names) && otls__der_any(&names, &tag, &name, NULL)) {
		bool address = tag == OTLS_GENERAL_NAME_IP;

		if (!address && tag != OTLS_GENERAL_NAME_DNS)
			continue;
		if (address ? is_address_text(name, cn) : otls__bytes_equal(name, cn))
			return false;
		stray = stray ||
			(address ? means_address(name, cn) : otls__host_equal(name, cn) || is_sibling(name, cn));
	}
	return stray;
}

/* A name of several labels that are not all ASCII.  A common name may be a person's or a product's, too. */
static bool
is_foreign_host(otls_bytes text)
{
	bool foreign = false, dotted = false;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] <= ' ')
			return false;
		foreign = foreign || text.data[i] >= 0x80;
		dotted = dotted || text.data[i] == '.';
	}
	return foreign && dotted;
}

static bool
has_subject(const otls_certificate *cert)
{
	return cert->subject.len > 2;
}

static const char *
name_defect(const otls_certificate *leaf)
{
	otls_bytes cn;

	if (otls__certificate_cn(leaf, &cn) && (is_foreign_host(cn) || is_stray(leaf, cn)))
		return "its common name is none of the alternative names as they are spelled (Baseline Requirements, "
		       "section 7.1.4.3)";
	if (leaf->san_critical && has_subject(leaf))
		return "its alternative names are critical, and it has a subject (Baseline Requirements, section "
		       "7.1.2.7.12)";
	return NULL;
}

/* == usages == */

/* Section 7.1.2.7.10: any; signing code, mail, time stamps, OCSP, precertificates. */
static bool
is_forbidden_purpose(otls_bytes oid)
{
	static const otls_bytes forbidden[] = {
		OTLS_OID_INIT("\x55\x1d\x25\x00"),
		OTLS_OID_INIT("\x2b\x06\x01\x05\x05\x07\x03\x03"),
		OTLS_OID_INIT("\x2b\x06\x01\x05\x05\x07\x03\x04"),
		OTLS_OID_INIT("\x2b\x06\x01\x05\x05\x07\x03\x08"),
		OTLS_OID_INIT("\x2b\x06\x01\x05\x05\x07\x03\x09"),
		OTLS_OID_INIT("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x04"),
	};

	for (size_t i = 0; i < OTLS_COUNT(forbidden); i++) {
		if (otls__bytes_equal(oid, forbidden[i]))
			return true;
	}
	return false;
}

static const char *
purpose_defect(const otls_certificate *leaf)
{
	otls_der purposes = otls__der(leaf->extended_key_usage, NULL);
	otls_bytes oid;

	if (leaf->extended_key_usage.data == NULL)
		return "it has no extended key usage (Baseline Requirements, section 7.1.2.7.6)";
	if (leaf->extended_key_usage_critical)
		return "its extended key usage is critical (Baseline Requirements, section 7.1.2.7.6)";
	while (otls__der_more(&purposes) && otls__der_oid(&purposes, &oid)) {
		if (is_forbidden_purpose(oid))
			return "is for other things than TLS, by its extended key usage (Baseline Requirements, "
			       "section 7.1.2.7.10)";
	}
	return NULL;
}

/* == all == */

static bool
check_leaf(const otls_certificate *leaf, otls_finding *finding)
{
	const char *defect = name_defect(leaf);

	if (defect != NULL && otls__find(finding, OTLS_REASON_MALFORMED, 0, defect))
		return true;
	if (leaf->is_ca && otls__find(finding, OTLS_REASON_MALFORMED, 0,
			       "it is an authority's certificate (Baseline Requirements, section 7.1.2.7.8)"))
		return true;
	defect = purpose_defect(leaf);
	return defect != NULL && otls__find(finding, OTLS_REASON_INVALID_PURPOSE, 0, defect);
}

bool
otls__check_web_profile(const otls_path *path, otls_finding *finding)
{
	size_t root = path->len - 1;

	if (root > 0 && path->nodes[root]->self_issued && path->nodes[root]->cert->extended_key_usage.data != NULL &&
	    otls__find(finding, OTLS_REASON_MALFORMED, (int)root,
		"it is a root with an extended key usage (Baseline Requirements, section 7.1.2.1.2)"))
		return true;
	return check_leaf(path->nodes[0]->cert, finding);
}
