/* Past mistakes of this kind of software, each played again: docs/advisories.md says which, and where the others are. */
#include "verdict_scene.h"

#include <stdlib.h>
#include <string.h>

/* GnuTLS CVE-2008-4989: a chain whose last certificate was a trusted root passed, whoever had signed the others. */
static void
append_root(struct run *run, struct table *table)
{
	const mint_identity *forged = pki_make(run, &table->leaf, pki_other_ca(run));

	table->send[0] = table->the_leaf = forged;
	table->send[1] = table->the_root;
}

/* GnuTLS CVE-2024-0567: authorities that have certified each other, in a circle. */
static void
certify_in_a_circle(struct run *run, struct table *table)
{
	mint_spec root_by_middle = table->root, middle_by_itself = table->middle;

	root_by_middle.key = table->the_root->key;
	middle_by_itself.key = table->the_middle->key;
	table->send[0] = table->the_leaf;
	table->send[1] = table->the_middle;
	table->send[2] = pki_make(run, &root_by_middle, table->the_middle);
	table->send[3] = pki_make(run, &middle_by_itself, NULL);
}

static void
circle_without_trust(struct run *run, struct table *table)
{
	certify_in_a_circle(run, table);
	table->trust[0] = pki_other_ca(run);
}

/* OpenSSL CVE-2008-5077, and its kin in the programs that used it: a signature that could not be read was an error that was
 * taken for a yes. */
static void
break_signature(struct run *run, struct table *table)
{
	size_t len = table->the_leaf->certificate.len, at = 0;
	uint8_t *der = run_owns(run, malloc(len), free);

	if (der == NULL)
		return;
	memcpy(der, table->the_leaf->certificate.data, len);
	/* The last SEQUENCE of two INTEGERs, in a BIT STRING, is the signature: it becomes a SET. */
	for (size_t i = len - 80; i + 4 < len; i++)
		if (der[i] == 0x03 && der[i + 2] == 0x00 && der[i + 3] == 0x30)
			at = i + 3;
	der[at] = 0x31;
	if (at > 0)
		verdict_send_texts(run, table, run_owns(run, mint_pem("CERTIFICATE", (otls_bytes){ der, len }), free),
		    table->the_middle->pem);
}

/* OpenSSL, GnuTLS and NSS CVE-2009-2409: signatures with MD2 counted. */
static void
sign_with_md2(struct run *run, struct table *table)
{
	verdict_send_texts(run, table, verdict_claim_algorithm(run, table->the_leaf, 2, 2), table->the_middle->pem);
}

/* OpenSSL CVE-2014-8275: the signature algorithm stands twice in a certificate, and the two were not compared. */
static void
name_two_algorithms(struct run *run, struct table *table)
{
	verdict_send_texts(run, table, verdict_claim_algorithm(run, table->the_leaf, 12, 1), table->the_middle->pem);
}

/* GnuTLS CVE-2015-0282: the digest that the algorithm names, and the one that was signed, were not compared. */
static void
name_another_digest(struct run *run, struct table *table)
{
	verdict_send_texts(run, table, verdict_claim_algorithm(run, table->the_leaf, 12, 2), table->the_middle->pem);
}

/* wolfSSL CVE-2026-5194: digests that are none for this kind of signature counted; here rsaEncryption, which names none. */
static void
name_no_digest(struct run *run, struct table *table)
{
	verdict_send_texts(run, table, verdict_claim_algorithm(run, table->the_leaf, 1, 2), table->the_middle->pem);
}

/* OpenSSL CVE-2015-0208, CVE-2015-3194: RSASSA-PSS without parameters that make sense ended the program. */
static void
name_pss_without_parameters(struct run *run, struct table *table)
{
	verdict_send_texts(run, table, verdict_claim_algorithm(run, table->the_leaf, 10, 2), table->the_middle->pem);
}

/* OpenSSL CVE-2021-3450: asking for strictness lost the verdict that an issuer is no authority. */
static void
strict_and_no_ca(struct run *run, struct table *table)
{
	(void)run;
	table->flags = OTLS_VERIFY_FLAG_STRICT;
	table->middle.is_ca = false;
}

static void
strict(struct run *run, struct table *table)
{
	(void)run;
	table->flags = OTLS_VERIFY_FLAG_STRICT;
}

/* OpenSSL CVE-2024-6119: a name of another kind (otherName) was compared as if it were a host. */
static void
use_other_name(struct table *table, const mint_extension *san)
{
	table->leaf.names = NULL;
	verdict_extend(&table->leaf, san);
}

static void
other_name_alone(struct run *run, struct table *table)
{
	static const char der[] = "\x30\x1c\xa0\x1a\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x0e\x0c\x0c"
				  "server.examp";
	static const mint_extension san = { "2.5.29.17", false, der, sizeof(der) - 1 };

	(void)run;
	use_other_name(table, &san);
}

static void
other_name_and_host(struct run *run, struct table *table)
{
	static const char der[] = "\x30\x1c\xa0\x0a\x06\x02\x2a\x03\xa0\x04\x0c\x02xx\x82\x0eserver.example";
	static const mint_extension san = { "2.5.29.17", false, der, sizeof(der) - 1 };

	(void)run;
	use_other_name(table, &san);
}

/* == wolfSSL: whose signature counts == */

/* CVE-2026-5501: below an issuer that is no authority, the leaf's signature was not looked at. */
static void
forge_below_no_ca(struct run *run, struct table *table)
{
	(void)run;
	table->middle.is_ca = false;
	table->leaf.damaged = true;
}

/* CVE-2026-93302: whatever looked like a trusted certificate was trusted, also with another key. */
static void
name_serial(struct run *run, struct table *table)
{
	static const uint8_t serial[] = { 0x2a };

	(void)run;
	table->root.serial = (otls_bytes){ serial, sizeof(serial) };
}

static void
copy_root(struct run *run, struct table *table)
{
	const mint_identity *copy = pki_make(run, &table->root, NULL);
	const mint_identity *middle = copy == NULL ? NULL : pki_make(run, &table->middle, copy);

	table->send[0] = middle == NULL ? NULL : pki_make(run, &table->leaf, middle);
	table->send[1] = middle;
	table->send[2] = copy;
	table->the_leaf = table->send[0] == NULL ? table->the_leaf : table->send[0];
}

/* CVE-2026-6091: with partial chains, an intermediate that came along was as good as a trusted one. */
static void
partial_chain_to_what_came(struct run *run, struct table *table)
{
	table->trust[0] = pki_other_ca(run);
}

static void
partial_chain(struct run *run, struct table *table)
{
	(void)run;
	table->flags = OTLS_VERIFY_FLAG_PARTIAL_CHAIN;
}

static void
partial_chain_to_trust(struct run *run, struct table *table)
{
	(void)run;
	table->trust[0] = table->the_middle;
}

/* CVE-2026-94417: who asked for staples and for lists had only those looked at, or nothing, where there was no staple. */
static void
revoked_without_staple(struct run *run, struct table *table)
{
	static const uint8_t serial[] = { 0x2b };
	static const mint_revoked revoked[] = { { .serial = { serial, sizeof(serial) } } };
	static const mint_crl_spec list = { .revoked = revoked, .revoked_count = COUNT(revoked) };

	table->leaf.serial = (otls_bytes){ serial, sizeof(serial) };
	table->leaf_list = &list;
	table->flags = OTLS_VERIFY_FLAG_CRL;
	if (otls_backend_has(run->client, OTLS_CAP_OCSP_CLIENT))
		table->flags |= OTLS_VERIFY_FLAG_OCSP;
}

static void
listed_without_staple(struct run *run, struct table *table)
{
	static const mint_crl_spec empty = { 0 };

	revoked_without_staple(run, table);
	table->leaf_list = &empty;
}

/* CVE-2025-7395: with the platform's verifier, the name was not looked at. */
static void
other_name_and_native(struct run *run, struct table *table)
{
	if (otls_backend_has(run->client, OTLS_CAP_NATIVE_VERIFY))
		table->flags = OTLS_VERIFY_FLAG_NATIVE_TOO;
	table->name = "other.example";
}

static void
own_name_and_native(struct run *run, struct table *table)
{
	other_name_and_native(run, table);
	table->name = HOST;
}

/* == name constraints == */

#define EXTENSION(oid, critical, der)                                                                                  \
	{                                                                                                              \
		oid, critical, der, sizeof(der) - 1                                                                    \
	}
#define CONSTRAINTS(der) EXTENSION("2.5.29.30", true, der)

static const mint_extension not_evil = CONSTRAINTS("\x30\x12\xa1\x10\x30\x0e\x82\x0c"
						   "evil.example"),
			    only_other = CONSTRAINTS("\x30\x13\xa0\x11\x30\x0f\x82\x0dother.example"),
			    only_own = CONSTRAINTS("\x30\x0d\xa0\x0b\x30\x09\x82\x07"
						   "example"),
			    only_own_in_capitals = CONSTRAINTS("\x30\x0d\xa0\x0b\x30\x09\x82\x07"
							       "EXAMPLE"),
			    not_own_in_capitals = CONSTRAINTS("\x30\x0d\xa1\x0b\x30\x09\x82\x07"
							      "EXAMPLE");

/* GnuTLS CVE-2026-42011: below an authority that only excludes, what the next one permits was forgotten. */
static void
permit_below_exclusion(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->root, &not_evil);
	verdict_extend(&table->middle, &only_other);
}

static void
permit_own_below_exclusion(struct run *run, struct table *table)
{
	permit_below_exclusion(run, table);
	verdict_extend(&table->middle, &only_own);
}

/* GnuTLS CVE-2026-3833: capitals mattered. */
static void
exclude_in_capitals(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->middle, &not_own_in_capitals);
}

static void
permit_in_capitals(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->middle, &only_own_in_capitals);
}

/* wolfSSL CVE-2026-6731 and CVE-2026-89134: a host in the common name was bound by no constraints, and then by none if
 * there was an alternative name of any kind. */
static void
use_common_name(struct table *table, const mint_extension *san)
{
	table->leaf.names = NULL;
	table->leaf.common_name = HOST;
	table->flags = OTLS_VERIFY_FLAG_INSECURE_ALLOW_CN;
	verdict_extend(&table->leaf, san);
}

static const mint_extension registered_id = EXTENSION("2.5.29.17", false, "\x30\x05\x88\x03\x2a\x03\x04");

static void
common_name_outside(struct run *run, struct table *table)
{
	(void)run;
	use_common_name(table, &registered_id);
	verdict_extend(&table->middle, &only_other);
}

static void
common_name_inside(struct run *run, struct table *table)
{
	(void)run;
	use_common_name(table, &registered_id);
	verdict_extend(&table->middle, &only_own);
}

/* OpenSSL CVE-2022-3602 and CVE-2022-3786: what an authority may certify was decoded from Punycode into an array that was
 * too short, as soon as there was an address to compare with. */
#define LONG_LABEL 600
#define LABEL_MAX  63

static size_t
put_long(uint8_t *out, uint8_t tag, size_t len)
{
	out[0] = tag;
	out[1] = 0x82;
	out[2] = (uint8_t)(len >> 8);
	out[3] = (uint8_t)len;
	return 4;
}

/* The leaf has an address in UTF-8: a SmtpUTF8Mailbox (RFC 9598, section 3). */
static void
use_utf8_address(struct table *table, const mint_extension *excluded)
{
	static const mint_extension san = EXTENSION("2.5.29.17", false,
	    "\x30\x2d\xa0\x1b\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x0f\x0c\x0d\xc3\xa4@xn--a.test"
	    "\x82\x0eserver.example");

	verdict_extend(&table->middle, excluded);
	table->leaf.names = NULL;
	verdict_extend(&table->leaf, &san);
}

static void
address_under_long_label(struct run *run, struct table *table)
{
	static uint8_t der[16 + LONG_LABEL];
	static const mint_extension excluded = { "2.5.29.30", true, der, sizeof(der) };
	size_t at = put_long(der, 0x30, 12 + LONG_LABEL);

	(void)run;
	at += put_long(der + at, 0xa1, 8 + LONG_LABEL);
	at += put_long(der + at, 0x30, 4 + LONG_LABEL);
	at += put_long(der + at, 0x81, LONG_LABEL);
	memset(der + at, 'a', LONG_LABEL);
	memcpy(der + at, "xn--", 4);
	use_utf8_address(table, &excluded);
}

static void
address_under_label(struct run *run, struct table *table)
{
	static uint8_t der[8 + LABEL_MAX] = { 0x30, 6 + LABEL_MAX, 0xa1, 4 + LABEL_MAX, 0x30, 2 + LABEL_MAX, 0x81,
		LABEL_MAX };
	static const mint_extension excluded = { "2.5.29.30", true, der, sizeof(der) };

	(void)run;
	memset(der + 8, 'a', LABEL_MAX);
	memcpy(der + 8, "xn--", 4);
	use_utf8_address(table, &excluded);
}

/* == alternative names that were passed over == */

/* GnuTLS CVE-2026-42012: next to a URI or a service's name, the common name counted. */
static void
uri_beside_common_name(struct run *run, struct table *table)
{
	static const mint_extension san = EXTENSION("2.5.29.17", false, "\x30\x10\x86\x0ehttps://a.test");

	(void)run;
	use_common_name(table, &san);
}

static void
service_beside_common_name(struct run *run, struct table *table)
{
	static const mint_extension san = EXTENSION(
	    "2.5.29.17", false, "\x30\x1c\xa0\x1a\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x07\xa0\x0e\x16\x0c_imap.a.test");

	(void)run;
	use_common_name(table, &san);
}

static void
id_beside_common_name(struct run *run, struct table *table)
{
	(void)run;
	use_common_name(table, &registered_id);
}

/* GnuTLS CVE-2026-42013: an alternative name that was too long for a buffer was as good as none. */
static void
long_name_beside_common_name(struct run *run, struct table *table)
{
	static uint8_t der[4 + 4 + LONG_LABEL];
	static const mint_extension san = { "2.5.29.17", false, der, sizeof(der) };
	size_t at = put_long(der, 0x30, sizeof(der) - 4);

	(void)run;
	at += put_long(der + at, 0x82, LONG_LABEL);
	memset(der + at, 'a', LONG_LABEL);
	use_common_name(table, &san);
}

/* wolfSSL CVE-2026-10592: a name with a wildcard was bound by no constraints. */
static void
use_wildcard(struct table *table)
{
	static const char *const names[] = { "*.server.example", NULL };

	table->leaf.names = names;
	table->name = "a.server.example";
}

static void
wildcard_outside(struct run *run, struct table *table)
{
	(void)run;
	use_wildcard(table);
	verdict_extend(&table->middle, &only_other);
}

static void
wildcard_excluded(struct run *run, struct table *table)
{
	(void)run;
	use_wildcard(table);
	verdict_extend(&table->middle, &not_own_in_capitals);
}

static void
wildcard_inside(struct run *run, struct table *table)
{
	(void)run;
	use_wildcard(table);
	verdict_extend(&table->middle, &only_own);
}

/* == policies == */

/* OpenSSL CVE-2023-0465: a leaf whose policies made no sense was asked for none. */
static const mint_extension policy_demanded[] = {
	EXTENSION("2.5.29.32", false, "\x30\x06\x30\x04\x06\x02\x2a\x03"),
	EXTENSION("2.5.29.36", true, "\x30\x03\x80\x01\x00"),
};

static void
demand_policy(struct table *table, const mint_extension *of_leaf)
{
	table->middle.extensions = policy_demanded;
	table->middle.extension_count = COUNT(policy_demanded);
	verdict_extend(&table->leaf, of_leaf);
}

static void
policy_twice(struct run *run, struct table *table)
{
	static const mint_extension twice = EXTENSION(
	    "2.5.29.32", false, "\x30\x0c\x30\x04\x06\x02\x2a\x04\x30\x04\x06\x02\x2a\x04");

	(void)run;
	demand_policy(table, &twice);
}

static void
policy_as_demanded(struct run *run, struct table *table)
{
	(void)run;
	demand_policy(table, &policy_demanded[0]);
}

static const struct test_case cases[] = {
	VERDICT("trusted_root_appended", NULL, append_root, UNKNOWN_ISSUER, 0, UNKNOWN_CA),
	GOOD("certified_in_a_circle", NULL, certify_in_a_circle),
	VERDICT("circle_without_trust", NULL, circle_without_trust, UNKNOWN_ISSUER, ANY_DEPTH, UNKNOWN_CA),
	VERDICT("signature_that_cannot_be_read", NULL, break_signature, BAD_SIGNATURE, 0, BAD_CERTIFICATE),
	VERDICT("signed_with_md2", verdict_use_rsa, sign_with_md2, UNSUPPORTED_KEY, 0, UNSUPPORTED_CERTIFICATE),
	VERDICT("two_algorithms", verdict_use_rsa, name_two_algorithms, MALFORMED, 0, BAD_CERTIFICATE),
	VERDICT("another_digest", verdict_use_rsa, name_another_digest, BAD_SIGNATURE, 0, BAD_CERTIFICATE),
	VERDICT("no_digest", verdict_use_rsa, name_no_digest, UNSUPPORTED_KEY, 0, UNSUPPORTED_CERTIFICATE),
	VERDICT("pss_without_parameters", verdict_use_rsa, name_pss_without_parameters, UNSUPPORTED_KEY, 0,
	    UNSUPPORTED_CERTIFICATE),
	VERDICT("strict_and_no_ca", strict_and_no_ca, NULL, INVALID_CA, 1, UNKNOWN_CA),
	GOOD("strict", strict, NULL),
	VERDICT("other_name_alone", other_name_alone, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	GOOD("other_name_and_host", other_name_and_host, NULL),
	VERDICT("forged_below_no_ca", forge_below_no_ca, NULL, BAD_SIGNATURE, 0, BAD_CERTIFICATE),
	VERDICT("root_copied", name_serial, copy_root, BAD_SIGNATURE, 2, BAD_CERTIFICATE),
	GOOD("root_itself", name_serial, NULL),
	VERDICT("native_and_other_name", other_name_and_native, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	GOOD("native_and_own_name", own_name_and_native, NULL),
	VERDICT("partial_chain_to_what_came", partial_chain, partial_chain_to_what_came, UNKNOWN_ISSUER, ANY_DEPTH,
	    UNKNOWN_CA),
	GOOD("partial_chain_to_trust", partial_chain, partial_chain_to_trust),
	VERDICT("revoked_without_staple", revoked_without_staple, NULL, REVOKED, 0, CERTIFICATE_REVOKED),
	GOOD("listed_without_staple", listed_without_staple, NULL),
	VERDICT("permitted_below_excluded", permit_below_exclusion, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	GOOD("permitted_own_below_excluded", permit_own_below_exclusion, NULL),
	VERDICT("excluded_in_capitals", exclude_in_capitals, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	GOOD("permitted_in_capitals", permit_in_capitals, NULL),
	VERDICT("common_name_not_permitted", common_name_outside, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	GOOD("common_name_permitted", common_name_inside, NULL),
	VERDICT("wildcard_not_permitted", wildcard_outside, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	VERDICT("wildcard_excluded", wildcard_excluded, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	GOOD("wildcard_permitted", wildcard_inside, NULL),
	VERDICT("address_under_long_label", address_under_long_label, NULL, MALFORMED, 1, BAD_CERTIFICATE),
	GOOD("address_under_label", address_under_label, NULL),
	VERDICT("uri_beside_common_name", uri_beside_common_name, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("service_beside_common_name", service_beside_common_name, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT(
	    "long_name_beside_common_name", long_name_beside_common_name, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	GOOD("id_beside_common_name", id_beside_common_name, NULL),
	VERDICT("policy_twice", policy_twice, NULL, POLICY, 0, CERTIFICATE_UNKNOWN),
	GOOD("policy_as_demanded", policy_as_demanded, NULL),
};

const struct suite suite_advisories = { "advisories", cases, COUNT(cases) };
