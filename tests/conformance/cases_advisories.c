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

static const struct test_case cases[] = {
	VERDICT("trusted_root_appended", NULL, append_root, UNKNOWN_ISSUER, 0, UNKNOWN_CA),
	GOOD("certified_in_a_circle", NULL, certify_in_a_circle),
	VERDICT("circle_without_trust", NULL, circle_without_trust, UNKNOWN_ISSUER, ANY_DEPTH, UNKNOWN_CA),
	VERDICT("signature_that_cannot_be_read", NULL, break_signature, BAD_SIGNATURE, 0, BAD_CERTIFICATE),
	VERDICT("signed_with_md2", verdict_use_rsa, sign_with_md2, UNSUPPORTED_KEY, 0, UNSUPPORTED_CERTIFICATE),
	VERDICT("two_algorithms", verdict_use_rsa, name_two_algorithms, MALFORMED, 0, BAD_CERTIFICATE),
	VERDICT("strict_and_no_ca", strict_and_no_ca, NULL, INVALID_CA, 1, UNKNOWN_CA),
	GOOD("strict", strict, NULL),
	VERDICT("other_name_alone", other_name_alone, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	GOOD("other_name_and_host", other_name_and_host, NULL),
};

const struct suite suite_advisories = { "advisories", cases, COUNT(cases) };
