/* The table of verdicts: the situations on which TLS libraries disagree with one another, row by row, each with the verdict
 * that every backend gives.  docs/verdicts.md shows it to people; the two have the same numbers and names. */
#include "fixtures.h"
#include "verdict_scene.h"

#include <stdlib.h>
#include <string.h>

/* == 1 to 5: order and dates == */

static void
send_root(struct run *run, struct table *table)
{
	const mint_identity *list[] = { table->the_leaf, table->the_middle, table->the_root };

	(void)run;
	memcpy(table->send, list, sizeof(list));
}

static void
send_twice(struct run *run, struct table *table)
{
	const mint_identity *list[] = { table->the_leaf, table->the_middle, table->the_middle, pki_client(run),
		table->the_leaf };

	memcpy(table->send, list, sizeof(list));
}

static void
send_unordered(struct run *run, struct table *table)
{
	const mint_identity *list[] = { table->the_leaf, table->the_root, table->the_middle };

	(void)run;
	memcpy(table->send, list, sizeof(list));
}

static void
make_old(mint_spec *spec)
{
	spec->not_before = 1500000000;
	spec->not_after = 1600000000;
}

static void
old_leaf(struct run *run, struct table *table)
{
	(void)run;
	make_old(&table->leaf);
}

static void
young_leaf(struct run *run, struct table *table)
{
	(void)run;
	table->leaf.not_before = INT64_C(4000000000);
	table->leaf.not_after = INT64_C(4100000000);
}

static void
old_middle(struct run *run, struct table *table)
{
	(void)run;
	make_old(&table->middle);
}

static void
old_root(struct run *run, struct table *table)
{
	(void)run;
	make_old(&table->root);
}

/* == 6 to 12: who is trusted == */

static void
sign_itself(struct run *run, struct table *table)
{
	table->the_leaf = table->send[0] = pki_make(run, &table->leaf, NULL);
}

static void
trust_itself(struct run *run, struct table *table)
{
	sign_itself(run, table);
	table->trust[0] = table->the_leaf;
}

static void
trust_stranger(struct run *run, struct table *table)
{
	table->trust[0] = pki_other_ca(run);
}

static void
stranger_sends_root(struct run *run, struct table *table)
{
	trust_stranger(run, table);
	send_root(run, table);
}

static void
send_leaf_alone(struct run *run, struct table *table)
{
	(void)run;
	table->send[0] = table->the_leaf;
}

static void
trust_leaf(struct run *run, struct table *table)
{
	(void)run;
	table->trust[0] = table->the_leaf;
}

static void
trust_leaf_that_is_alone(struct run *run, struct table *table)
{
	trust_leaf(run, table);
	send_leaf_alone(run, table);
}

static void
trust_middle(struct run *run, struct table *table)
{
	(void)run;
	table->trust[0] = table->the_middle;
}

static void
allow_partial(struct run *run, struct table *table)
{
	(void)run;
	table->flags = OTLS_VERIFY_FLAG_PARTIAL_CHAIN;
}

/* == 13 to 18: paths == */

static void
reverse_order(struct run *run, struct table *table)
{
	const mint_spec lower = { .common_name = "Lower intermediate", .is_ca = true };

	table->send[2] = pki_make(run, &lower, table->the_middle);
	if (table->send[2] == NULL)
		return;
	table->send[1] = table->the_middle;
	table->send[0] = table->the_leaf = pki_make(run, &table->leaf, table->send[2]);
}

static void
no_key_ids(struct run *run, struct table *table)
{
	(void)run;
	table->root.no_key_ids = table->middle.no_key_ids = true;
}

static void
same_name_first(struct run *run, struct table *table)
{
	mint_spec twin = table->root;

	twin.key = NULL;
	table->trust[0] = pki_make(run, &twin, NULL);
	table->trust[1] = table->the_root;
}

/* The root, certified by an older one that has expired. */
static void
cross_sign(struct run *run, struct table *table, bool trust_old)
{
	mint_spec old = { .common_name = "Old root", .is_ca = true }, cross = table->root;
	const mint_identity *old_root_made = NULL;

	make_old(&old);
	make_old(&cross);
	cross.key = table->the_root->key;
	old_root_made = pki_make(run, &old, NULL);
	if (old_root_made == NULL)
		return;
	table->send[0] = table->the_leaf;
	table->send[1] = table->the_middle;
	table->send[2] = pki_make(run, &cross, old_root_made);
	table->trust[0] = trust_old ? old_root_made : table->the_root;
	table->trust[1] = trust_old ? table->the_root : NULL;
}

static void
cross_signed(struct run *run, struct table *table)
{
	cross_sign(run, table, false);
}

static void
cross_signed_both_trusted(struct run *run, struct table *table)
{
	cross_sign(run, table, true);
}

/* count intermediates between leaf and root. */
static void
lengthen(struct run *run, struct table *table, size_t count)
{
	const mint_identity *issuer = table->the_middle;
	char name[MANY][24];

	table->send[count] = table->the_middle;
	for (size_t i = count - 1; i > 0 && issuer != NULL; i--) {
		mint_spec one = { .is_ca = true, .key = pki_key(run), .common_name = name[i] };

		strcpy(name[i], "Intermediate ");
		name[i][13] = (char)('A' + i);
		name[i][14] = '\0';
		table->send[i] = issuer = pki_make(run, &one, issuer);
	}
	if (issuer != NULL)
		table->send[0] = table->the_leaf = pki_make(run, &table->leaf, issuer);
}

static void
eight_intermediates(struct run *run, struct table *table)
{
	lengthen(run, table, 8);
}

/* == 19 to 26: who may sign == */

static void
middle_no_ca(struct run *run, struct table *table)
{
	(void)run;
	table->middle.is_ca = false;
	table->middle.has_key_usage = true;
	table->middle.key_usage = OTLS_KEY_USAGE_KEY_CERT_SIGN | OTLS_KEY_USAGE_DIGITAL_SIGNATURE;
}

static void
middle_plainly_no_ca(struct run *run, struct table *table)
{
	(void)run;
	table->middle.is_ca = false;
}

static void
middle_without_constraints(struct run *run, struct table *table)
{
	(void)run;
	table->middle.no_basic_constraints = table->middle.no_key_usage = true;
}

static void
middle_with_usage_alone(struct run *run, struct table *table)
{
	middle_no_ca(run, table);
	table->middle.no_basic_constraints = true;
}

static void
middle_version_1(struct run *run, struct table *table)
{
	(void)run;
	table->middle.version = 1;
}

static void
middle_may_not_sign(struct run *run, struct table *table)
{
	(void)run;
	table->middle.has_key_usage = true;
	table->middle.key_usage = OTLS_KEY_USAGE_CRL_SIGN;
}

/* A server's certificate, used to sign another one. */
static void
leaf_as_issuer(struct run *run, struct table *table)
{
	static const char *const names[] = { "elsewhere.example", NULL };
	const mint_spec stolen = { .common_name = "elsewhere.example", .names = names };

	table->send[1] = pki_make(run, &stolen, table->the_middle);
	table->send[2] = table->the_middle;
	if (table->send[1] != NULL)
		table->send[0] = table->the_leaf = pki_make(run, &table->leaf, table->send[1]);
}

static void
limit_length(mint_spec *spec, unsigned length)
{
	spec->has_path_length = true;
	spec->path_length = length;
}

static void
middle_limits(struct run *run, struct table *table)
{
	(void)run;
	limit_length(&table->middle, 0);
}

static void
root_limits(struct run *run, struct table *table)
{
	(void)run;
	limit_length(&table->root, 0);
}

static void
two_intermediates(struct run *run, struct table *table)
{
	lengthen(run, table, 2);
}

static void
root_no_ca(struct run *run, struct table *table)
{
	(void)run;
	table->root.is_ca = false;
}

static void
root_version_1(struct run *run, struct table *table)
{
	(void)run;
	table->root.version = 1;
}

static void
leaf_is_ca(struct run *run, struct table *table)
{
	(void)run;
	table->leaf.is_ca = true;
	table->leaf.has_key_usage = true;
	table->leaf.key_usage = OTLS_KEY_USAGE_KEY_CERT_SIGN | OTLS_KEY_USAGE_DIGITAL_SIGNATURE;
}

/* == 27 to 31: purposes == */

static const char *const client_only[] = { MINT_CLIENT_AUTH, NULL }, *const any_purpose[] = { "2.5.29.37.0", NULL };

static void
leaf_for_clients(struct run *run, struct table *table)
{
	(void)run;
	table->leaf.purposes = client_only;
}

static void
leaf_without_purpose(struct run *run, struct table *table)
{
	(void)run;
	table->leaf.no_purposes = true;
}

static void
leaf_for_anything(struct run *run, struct table *table)
{
	(void)run;
	table->leaf.purposes = any_purpose;
}

static void
middle_for_clients(struct run *run, struct table *table)
{
	(void)run;
	table->middle.purposes = client_only;
}

static void
use_key_for(struct table *table, unsigned usage)
{
	table->leaf.has_key_usage = true;
	table->leaf.key_usage = usage;
	table->own_refusal = OTLS_E_PURPOSE;
}

static void
leaf_enciphers(struct run *run, struct table *table)
{
	(void)run;
	use_key_for(table, OTLS_KEY_USAGE_KEY_ENCIPHERMENT);
}

static void
leaf_agrees(struct run *run, struct table *table)
{
	(void)run;
	use_key_for(table, OTLS_KEY_USAGE_KEY_AGREEMENT);
}

/* == 32 to 35: name constraints == */

#define CONSTRAINTS(der)                                                                                               \
	{                                                                                                              \
		"2.5.29.30", true, der, sizeof(der) - 1                                                                \
	}

static const mint_extension only_other_dns = CONSTRAINTS("\x30\x13\xa0\x11\x30\x0f\x82\x0dother.example"),
			    only_own_dns = CONSTRAINTS("\x30\x0d\xa0\x0b\x30\x09\x82\x07"
						       "example"),
			    not_own_dns = CONSTRAINTS("\x30\x0d\xa1\x0b\x30\x09\x82\x07"
						      "example"),
			    only_other_ip = CONSTRAINTS("\x30\x0e\xa0\x0c\x30\x0a\x87\x08\x0a\0\0\0\xff\0\0\0"),
			    only_own_ip = CONSTRAINTS("\x30\x0e\xa0\x0c\x30\x0a\x87\x08\xc0\0\x02\0\xff\xff\xff\0"),
			    not_own_ip = CONSTRAINTS("\x30\x0e\xa1\x0c\x30\x0a\x87\x08\xc0\0\x02\0\xff\xff\xff\0"),
			    /* CN=other; CN=server.example */
    only_other_subject = CONSTRAINTS("\x30\x18\xa0\x16\x30\x14\xa4\x12\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03"
				     "\x0c\x05other"),
			    not_own_subject = CONSTRAINTS(
				"\x30\x21\xa1\x1f\x30\x1d\xa4\x1b\x30\x19\x31\x17\x30\x15\x06\x03\x55\x04\x03"
				"\x0c\x0eserver.example"),
			    not_own_uri = CONSTRAINTS("\x30\x13\xa1\x11\x30\x0f\x86\x0d"
						      ".evil.example");

static void
dns_outside(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->middle, &only_other_dns);
}

static void
dns_inside(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->middle, &only_own_dns);
}

static void
dns_excluded(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->middle, &not_own_dns);
}

static void
dns_excluded_by_root(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->root, &not_own_dns);
}

static void
dns_in_common_name(struct run *run, struct table *table)
{
	dns_excluded(run, table);
	table->leaf.names = NULL;
	table->flags = OTLS_VERIFY_FLAG_INSECURE_ALLOW_CN;
}

static void
use_address(struct table *table, const mint_extension *constraints)
{
	static const char *const addresses[] = { "192.0.2.7", NULL };

	table->leaf.names = addresses;
	table->name = "192.0.2.7";
	verdict_extend(&table->middle, constraints);
}

static void
ip_outside(struct run *run, struct table *table)
{
	(void)run;
	use_address(table, &only_other_ip);
}

static void
ip_inside(struct run *run, struct table *table)
{
	(void)run;
	use_address(table, &only_own_ip);
}

static void
ip_excluded(struct run *run, struct table *table)
{
	(void)run;
	use_address(table, &not_own_ip);
}

static void
subject_outside(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->middle, &only_other_subject);
}

static void
subject_excluded(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->middle, &not_own_subject);
}

static void
uri_excluded(struct run *run, struct table *table)
{
	static const mint_name uri = { OTLS_SAN_URI, "https://a.evil.example/", 23 };

	(void)run;
	table->leaf.raw_names = &uri;
	table->leaf.raw_name_count = 1;
	verdict_extend(&table->middle, &not_own_uri);
}

/* == 36 to 41: algorithms == */

enum { SHA1_WITH_RSA = 5, MD5_WITH_RSA = 4 };

static void
claim(struct run *run, struct table *table, bool leaf, bool middle, bool root, uint8_t algorithm)
{
	const char *texts[2] = { table->the_leaf->pem, table->the_middle->pem };

	if (leaf)
		texts[0] = verdict_claim_algorithm(run, table->the_leaf, algorithm, 2);
	if (middle)
		texts[1] = verdict_claim_algorithm(run, table->the_middle, algorithm, 2);
	if (root)
		table->trust_pem = verdict_claim_algorithm(run, table->the_root, algorithm, 2);
	verdict_send_texts(run, table, texts[0], texts[1]);
}

static void
sha1_leaf(struct run *run, struct table *table)
{
	claim(run, table, true, false, false, SHA1_WITH_RSA);
}

static void
sha1_middle(struct run *run, struct table *table)
{
	claim(run, table, false, true, false, SHA1_WITH_RSA);
}

static void
md5_leaf(struct run *run, struct table *table)
{
	claim(run, table, true, false, false, MD5_WITH_RSA);
}

static void
md5_middle(struct run *run, struct table *table)
{
	claim(run, table, false, true, false, MD5_WITH_RSA);
}

static void
sha1_root(struct run *run, struct table *table)
{
	claim(run, table, false, false, true, SHA1_WITH_RSA);
}

static void
md5_root(struct run *run, struct table *table)
{
	claim(run, table, false, false, true, MD5_WITH_RSA);
}

static void
weak_leaf(struct run *run, struct table *table)
{
	(void)run;
	table->chain_pem = fixture_weak_own;
	table->own_refusal = OTLS_E_WEAK;
	table->key_pem = fixture_weak_key;
	table->trust_pem = fixture_ca;
}

static void
weak_middle(struct run *run, struct table *table)
{
	table->chain_pem = run_owns(run, strcat(strcpy(malloc(16384), fixture_weak_leaf), fixture_weak_ca), free);
	table->key_pem = fixture_p256_key;
	table->trust_pem = fixture_ca;
}

static void
weak_root(struct run *run, struct table *table)
{
	(void)run;
	table->chain_pem = fixture_weak_leaf;
	table->key_pem = fixture_p256_key;
	table->trust_pem = fixture_weak_ca;
	table->flags = OTLS_VERIFY_FLAG_PARTIAL_CHAIN;
}

static void
ed25519_leaf(struct run *run, struct table *table)
{
	table->leaf.key = run_owns(
	    run, mint_key_generate(run->server, OTLS_KEY_ED25519), (void (*)(void *))mint_key_free);
}

static void
pss_signed_leaf(struct run *run, struct table *table)
{
	verdict_use_rsa(run, table);
	table->leaf.scheme = 0x0804;
}

/* == 42 to 51: revocation, critical extensions, signatures == */

static const mint_revoked leaf_revoked = { .serial = { (const uint8_t *)"\x42\x43", 2 }, .when = 1700000000 };
static const mint_crl_spec empty_list = { 0 }, revoking = { .revoked = &leaf_revoked, .revoked_count = 1 },
			   overdue = { .this_update = 1600000000, .next_update = 1600100000 },
			   ahead = { .this_update = INT64_C(4000000000), .next_update = INT64_C(4100000000) },
			   overdue_revoking = { .this_update = 1600000000,
				   .next_update = 1600100000,
				   .revoked = &leaf_revoked,
				   .revoked_count = 1 };

static void
ask_lists(struct table *table, uint64_t flags, const mint_crl_spec *leaf_list, const mint_crl_spec *middle_list)
{
	table->flags = flags;
	table->leaf_list = leaf_list;
	table->middle_list = middle_list;
	table->leaf.serial = table->middle.serial = leaf_revoked.serial;
}

static void
leaf_is_revoked(struct run *run, struct table *table)
{
	(void)run;
	ask_lists(table, OTLS_VERIFY_FLAG_CRL, &revoking, NULL);
}

static void
middle_is_revoked(struct run *run, struct table *table)
{
	(void)run;
	ask_lists(table, OTLS_VERIFY_FLAG_CRL_ALL, &empty_list, &revoking);
}

static void
middle_is_not_asked_about(struct run *run, struct table *table)
{
	(void)run;
	ask_lists(table, OTLS_VERIFY_FLAG_CRL, &empty_list, &revoking);
}

static void
no_list(struct run *run, struct table *table)
{
	(void)run;
	ask_lists(table, OTLS_VERIFY_FLAG_CRL, NULL, &empty_list);
}

static void
no_list_softly(struct run *run, struct table *table)
{
	(void)run;
	ask_lists(table, OTLS_VERIFY_FLAG_CRL | OTLS_VERIFY_FLAG_CRL_SOFT, NULL, &empty_list);
}

static void
overdue_list(struct run *run, struct table *table)
{
	(void)run;
	ask_lists(table, OTLS_VERIFY_FLAG_CRL, &overdue, NULL);
}

static void
list_of_the_future(struct run *run, struct table *table)
{
	(void)run;
	ask_lists(table, OTLS_VERIFY_FLAG_CRL, &ahead, NULL);
}

static void
overdue_list_revokes(struct run *run, struct table *table)
{
	(void)run;
	ask_lists(table, OTLS_VERIFY_FLAG_CRL, &overdue_revoking, NULL);
}

static const mint_extension unheard_of = { "1.3.6.1.4.1.55555.1", true, "\x05", 2 },
			    policy_constraints = { "2.5.29.36", true, "\x30\x03\x81\x01\x00", 5 },
			    inhibit_any_policy = { "2.5.29.54", true, "\x02\x01\x00", 3 },
			    policies = { "2.5.29.32", true, "\x30\x06\x30\x04\x06\x02\x2a\x03", 8 };

static void
unknown_in_leaf(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->leaf, &unheard_of);
}

static void
unknown_in_middle(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->middle, &unheard_of);
}

static void
constrains_policy(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->middle, &policy_constraints);
}

static void
inhibits_any_policy(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->middle, &inhibit_any_policy);
}

static void
critical_policies(struct run *run, struct table *table)
{
	(void)run;
	verdict_extend(&table->leaf, &policies);
}

static void
damaged_leaf(struct run *run, struct table *table)
{
	(void)run;
	table->leaf.damaged = true;
}

static void
damaged_middle(struct run *run, struct table *table)
{
	(void)run;
	table->middle.damaged = true;
}

/* == 52 to 67: names == */

/* What the certificate says, and what is expected. */
static void
expect_name(struct table *table, const char *const *names, const char *common_name, const char *expected)
{
	table->leaf.names = names;
	table->leaf.common_name = common_name;
	table->name = expected;
}

#define NAME_ROW(fn, expected, common_name, ...)                                                                       \
	static void fn(struct run *run, struct table *table)                                                           \
	{                                                                                                              \
		static const char *const names[] = { __VA_ARGS__, NULL };                                              \
                                                                                                                       \
		(void)run;                                                                                             \
		expect_name(table, names, common_name, expected);                                                      \
	}

NAME_ROW(other_host, "other.example", "x", HOST)
NAME_ROW(two_labels_of_wildcard, "a.b.example.com", "x", "*.example.com")
NAME_ROW(bare_domain_of_wildcard, "example.com", "x", "*.example.com")
NAME_ROW(one_label_of_wildcard, "a.example.com", "x", "*.example.com")
NAME_ROW(wildcard_with_start, "www.example.com", "x", "w*.example.com")
NAME_ROW(wildcard_with_end, "www.example.com", "x", "*w.example.com")
NAME_ROW(wildcard_of_top, "example.com", "x", "*.com")
NAME_ROW(wildcard_alone, "localhost", "x", "*")
NAME_ROW(wildcard_inside, "www.example.com", "x", "www.*.com")
NAME_ROW(common_name_only, HOST, HOST, NULL)
NAME_ROW(common_name_wildcard, "a.example.com", "*.example.com", NULL)
NAME_ROW(common_name_beside_ip, HOST, HOST, "192.0.2.7")
NAME_ROW(common_name_beside_dns, HOST, HOST, "other.example")
NAME_ROW(address, "192.0.2.7", "x", "192.0.2.7")
NAME_ROW(other_address, "192.0.2.8", "x", "192.0.2.7")
NAME_ROW(unusual_ipv6, "2001:DB8:0:0::0:1", "x", "2001:db8::1")
NAME_ROW(address_in_common_name, "192.0.2.7", "192.0.2.7", HOST)
NAME_ROW(dot_in_request, HOST ".", "x", HOST)
NAME_ROW(wildcard_of_a_label, "www.xn--bcher-kva.example", "x", "*.xn--bcher-kva.example")
NAME_ROW(wildcard_in_a_label, "xn--bcher-kva.example.com", "x", "xn--*.example.com")
NAME_ROW(upper_case, "SERVER.Example", "x", "Server.eXAMPLE")
NAME_ROW(underscored, "a_b.example.com", "x", "a_b.example.com")

/* As a server name it would be refused by some servers: docs/differences.md. */
static void
underscore(struct run *run, struct table *table)
{
	underscored(run, table);
	table->no_server_name = true;
}

/* OU=x: a certificate needs a subject or an alternative name (RFC 5280, section 4.1.2.6). */
static void
no_name_at_all(struct run *run, struct table *table)
{
	static const uint8_t unit[] = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x0b\x0c\x01x";

	(void)run;
	expect_name(table, NULL, NULL, HOST);
	table->leaf.subject = (otls_bytes){ unit, sizeof(unit) - 1 };
}

static void
common_name_allowed(struct run *run, struct table *table)
{
	common_name_only(run, table);
	table->flags = OTLS_VERIFY_FLAG_INSECURE_ALLOW_CN;
}

static void
use_raw(struct table *table, const mint_name *name, const char *expected)
{
	expect_name(table, NULL, "x", expected);
	table->leaf.raw_names = name;
	table->leaf.raw_name_count = 1;
}

static void
mail_alone(struct run *run, struct table *table)
{
	static const mint_name mail = { OTLS_SAN_EMAIL, "a@" HOST, sizeof("a@" HOST) - 1 };

	(void)run;
	use_raw(table, &mail, HOST);
	table->leaf.common_name = HOST;
}

static void
address_as_dns_name(struct run *run, struct table *table)
{
	static const mint_name text = { OTLS_SAN_DNS, "192.0.2.7", 9 };

	(void)run;
	use_raw(table, &text, "192.0.2.7");
}

static void
wildcard_of_address(struct run *run, struct table *table)
{
	static const mint_name text = { OTLS_SAN_DNS, "*.0.2.7", 7 };

	(void)run;
	use_raw(table, &text, "192.0.2.7");
}

static void
dot_in_certificate(struct run *run, struct table *table)
{
	static const mint_name text = { OTLS_SAN_DNS, HOST ".", sizeof(HOST ".") - 1 };

	(void)run;
	use_raw(table, &text, HOST);
}

static void
nul_in_certificate(struct run *run, struct table *table)
{
	static const char name[] = HOST "\0.evil.example";
	static const mint_name text = { OTLS_SAN_DNS, name, sizeof(name) - 1 };

	(void)run;
	use_raw(table, &text, HOST);
}

/* A critical alternative name, where there is no subject. */
static void
empty_subject(struct run *run, struct table *table)
{
	static const mint_extension san = { "2.5.29.17", true, "\x30\x10\x82\x0eserver.example", 18 };

	(void)run;
	expect_name(table, NULL, NULL, HOST);
	verdict_extend(&table->leaf, &san);
}

/* == 18, 40 and 68: what libraries cannot do, and servers that judge == */

/* More certificates than a library takes are told from what is wrong with them. */
static bool
long_chain(struct run *run, size_t intermediates, int allowed)
{
	uint64_t limit = otls_backend_limit(run->client, OTLS_LIMIT_CHAIN_COUNT);
	bool too_many = limit != 0 && intermediates + 1 > limit;
	otls_context *client = bare_client(run), *server = bare_server(run);
	const otls_error *err = NULL;
	struct pair *pair = NULL;
	struct table table;

	verdict_init(run, &table);
	table.max_intermediates = allowed;
	if (!verdict_make(run, &table))
		return false;
	lengthen(run, &table, intermediates);
	if (run->outcome == OUTCOME_FAILED || !verdict_use_chain(run, server, &table) ||
	    !verdict_set_trust(run, client, &table))
		return false;
	pair = pair_open(run, client, server, WIRE_MEMORY);
	pair_handshake(pair);
	if (pair->client_status == OTLS_OK && pair->server_status == OTLS_OK)
		return CHECK(run, !too_many && (size_t)allowed >= intermediates) && pair_exchange(pair, 100);
	err = otls_connection_error(pair->server);
	if (otls_error_code(err) == OTLS_E_ENGINE_LIMIT)
		return CHECK(run, otls_backend_limit(run->server, OTLS_LIMIT_CHAIN_COUNT) <= intermediates);
	err = otls_connection_error(pair->client);
	return CHECK_NUMBER(run, pair->client_status, OTLS_ERROR) &&
	       CHECK_NUMBER(run, otls_error_verify_reason(err), OTLS_REASON_CHAIN_TOO_LONG) &&
	       CHECK(run,
		   otls_error_code(err) == OTLS_E_VERIFY || (too_many && otls_error_code(err) == OTLS_E_ENGINE_LIMIT));
}

static bool
nine_intermediates(struct run *run)
{
	return long_chain(run, 9, 8);
}

static bool
twelve_intermediates(struct run *run)
{
	return long_chain(run, 12, 8) && long_chain(run, 12, 12);
}

/* More than a library's RSA can do is refused by that library, when the key is loaded or the certificate comes. */
static bool
large_rsa(struct run *run)
{
	const char *pem = fixture_rsa_5120, *key = fixture_rsa_5120_key;
	uint64_t theirs = otls_backend_limit(run->server, OTLS_LIMIT_RSA_BITS);
	uint64_t ours = otls_backend_limit(run->client, OTLS_LIMIT_RSA_BITS);
	otls_context *client = bare_client(run), *server = bare_server(run);
	otls_status status = otls_context_use_key_pair_mem(server, pem, strlen(pem), key, strlen(key));
	struct pair *pair = NULL;

	if (theirs != 0 && theirs < 5120)
		return CHECK_STATUS(run, status, OTLS_ERROR);
	if (!CHECK_OK(run, status) || !CHECK_OK(run, otls_context_load_verify_mem(client, pem, strlen(pem))))
		return false;
	pair = pair_open(run, client, server, WIRE_MEMORY);
	pair_handshake(pair);
	if (ours == 0 || ours >= 5120)
		return pair_connect(pair) && pair_exchange(pair, 100);
	return CHECK_NUMBER(run, pair->client_status, OTLS_ERROR) &&
	       CHECK_TEXT(run, otls_error_name(otls_connection_error(pair->client)), "ENGINE_LIMIT");
}

/* A server judges its client. */
static bool
client_for_servers(struct run *run)
{
	static const char *const server_only[] = { MINT_SERVER_AUTH, NULL };
	const mint_spec spec = { .common_name = "client", .purposes = server_only };
	const mint_identity *bearer = pki_make(run, &spec, pki_ca(run));
	otls_context *client = good_client(run), *server = good_server(run);
	const otls_error *err = NULL;
	struct pair *pair = NULL;

	if (bearer == NULL || !use_identity(run, client, bearer) || !trust(run, server, pki_ca(run)) ||
	    !CHECK_OK(run, otls_context_set_verify(server, OTLS_VERIFY_REQUIRE)))
		return false;
	pair = pair_open(run, client, server, WIRE_MEMORY);
	pair_handshake(pair);
	err = otls_connection_error(pair->server);
	return CHECK_TEXT(run, otls_error_name(err), "VERIFY") &&
	       CHECK_NUMBER(run, otls_error_verify_reason(err), OTLS_REASON_INVALID_PURPOSE) &&
	       CHECK_NUMBER(run, otls_error_verify_depth(err), 0) &&
	       (!otls_backend_has(run->server, OTLS_CAP_EXACT_ALERT) ||
		   CHECK_NUMBER(run, otls_error_alert(err), UNSUPPORTED_CERTIFICATE));
}

static const struct test_case cases[] = {
	GOOD("01_good", NULL, NULL),
	GOOD("01_root_sent", NULL, send_root),
	GOOD("01_sent_twice_and_unrelated", NULL, send_twice),
	GOOD("01_leaf_root_intermediate", NULL, send_unordered),
	VERDICT("02_leaf_expired", old_leaf, NULL, EXPIRED, 0, CERTIFICATE_EXPIRED),
	VERDICT("03_leaf_not_yet_valid", young_leaf, NULL, NOT_YET_VALID, 0, CERTIFICATE_EXPIRED),
	VERDICT("04_intermediate_expired", old_middle, NULL, EXPIRED, 1, CERTIFICATE_EXPIRED),
	VERDICT("05_root_expired", old_root, NULL, EXPIRED, 2, CERTIFICATE_EXPIRED),
	VERDICT("06_self_signed_leaf", NULL, sign_itself, SELF_SIGNED_LEAF, 0, UNKNOWN_CA),
	GOOD("07_self_signed_leaf_trusted", NULL, trust_itself),
	VERDICT("08_unknown_root_sent", NULL, stranger_sends_root, SELF_SIGNED_IN_CHAIN, 2, UNKNOWN_CA),
	VERDICT("08_unknown_root_not_sent", NULL, trust_stranger, UNKNOWN_ISSUER, 1, UNKNOWN_CA),
	VERDICT("09_intermediate_missing", NULL, send_leaf_alone, UNKNOWN_ISSUER, 0, UNKNOWN_CA),
	VERDICT("10_leaf_trusted", NULL, trust_leaf, UNKNOWN_ISSUER, 1, UNKNOWN_CA),
	GOOD("10_leaf_trusted_partial_chain", allow_partial, trust_leaf),
	VERDICT("11_leaf_trusted_and_alone", NULL, trust_leaf_that_is_alone, UNKNOWN_ISSUER, 0, UNKNOWN_CA),
	GOOD("11_leaf_trusted_and_alone_partial_chain", allow_partial, trust_leaf_that_is_alone),
	VERDICT("12_intermediate_trusted", NULL, trust_middle, UNKNOWN_ISSUER, 1, UNKNOWN_CA),
	GOOD("12_intermediate_trusted_partial_chain", allow_partial, trust_middle),
	GOOD("13_intermediates_reversed", NULL, reverse_order),
	GOOD("14_roots_of_the_same_name", no_key_ids, same_name_first),
	GOOD("15_roots_of_the_same_name_with_key_ids", NULL, same_name_first),
	GOOD("15_expired_cross_certificate", NULL, cross_signed),
	GOOD("16_expired_cross_certificate_and_old_root", NULL, cross_signed_both_trusted),
	GOOD("17_eight_intermediates", NULL, eight_intermediates),
	{ "18_nine_intermediates", nine_intermediates, NULL, SCOPE_PAIR, 0 },
	{ "18_twelve_intermediates", twelve_intermediates, NULL, SCOPE_PAIR, 0 },
	VERDICT("19_intermediate_is_no_ca", middle_plainly_no_ca, NULL, INVALID_CA, 1, UNKNOWN_CA),
	VERDICT("19_intermediate_without_constraints", middle_without_constraints, NULL, INVALID_CA, 1, UNKNOWN_CA),
	VERDICT("19_intermediate_with_key_usage_alone", middle_with_usage_alone, NULL, INVALID_CA, 1, UNKNOWN_CA),
	VERDICT("19_intermediate_of_version_1", middle_version_1, NULL, INVALID_CA, 1, UNKNOWN_CA),
	VERDICT("20_intermediate_may_not_sign", middle_may_not_sign, NULL, INVALID_CA, 1, UNKNOWN_CA),
	VERDICT("21_leaf_as_issuer", NULL, leaf_as_issuer, INVALID_CA, 1, UNKNOWN_CA),
	VERDICT("22_path_length_of_intermediate", middle_limits, two_intermediates, PATH_LENGTH, 2, UNKNOWN_CA),
	VERDICT("23_path_length_of_root", root_limits, NULL, PATH_LENGTH, 2, UNKNOWN_CA),
	VERDICT("24_root_is_no_ca", root_no_ca, NULL, INVALID_CA, 2, UNKNOWN_CA),
	GOOD("25_root_of_version_1", root_version_1, NULL),
	GOOD("26_leaf_is_ca", leaf_is_ca, NULL),
	VERDICT("27_leaf_for_clients", leaf_for_clients, NULL, INVALID_PURPOSE, 0, UNSUPPORTED_CERTIFICATE),
	GOOD("28_leaf_without_purpose", leaf_without_purpose, NULL),
	GOOD("29_leaf_for_any_purpose", leaf_for_anything, NULL),
	VERDICT("30_intermediate_for_clients", middle_for_clients, NULL, INVALID_PURPOSE, 1, UNSUPPORTED_CERTIFICATE),
	VERDICT("31_leaf_enciphers_keys", leaf_enciphers, NULL, INVALID_PURPOSE, 0, UNSUPPORTED_CERTIFICATE),
	VERDICT("31_leaf_agrees_on_keys", leaf_agrees, NULL, INVALID_PURPOSE, 0, UNSUPPORTED_CERTIFICATE),
	VERDICT("32_dns_not_permitted", dns_outside, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	GOOD("32_dns_permitted", dns_inside, NULL),
	VERDICT("32_dns_excluded", dns_excluded, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	VERDICT("32_dns_excluded_by_root", dns_excluded_by_root, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	VERDICT("32_dns_in_common_name", dns_in_common_name, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	VERDICT("33_ip_not_permitted", ip_outside, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	GOOD("33_ip_permitted", ip_inside, NULL),
	VERDICT("33_ip_excluded", ip_excluded, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	VERDICT("34_subject_not_permitted", subject_outside, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	VERDICT("34_subject_excluded", subject_excluded, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	VERDICT("35_uri_excluded", uri_excluded, NULL, NAME_CONSTRAINTS, 0, CERTIFICATE_UNKNOWN),
	VERDICT("36_sha1_leaf", verdict_use_rsa, sha1_leaf, WEAK_SIGNATURE, 0, BAD_CERTIFICATE),
	VERDICT("36_sha1_intermediate", verdict_use_rsa, sha1_middle, WEAK_SIGNATURE, 1, BAD_CERTIFICATE),
	VERDICT("37_md5_leaf", verdict_use_rsa, md5_leaf, WEAK_SIGNATURE, 0, BAD_CERTIFICATE),
	VERDICT("37_md5_intermediate", verdict_use_rsa, md5_middle, WEAK_SIGNATURE, 1, BAD_CERTIFICATE),
	GOOD("38_sha1_root", verdict_use_rsa, sha1_root),
	GOOD("38_md5_root", verdict_use_rsa, md5_root),
	VERDICT("39_weak_key_of_leaf", weak_leaf, NULL, WEAK_KEY, 0, BAD_CERTIFICATE),
	VERDICT("39_weak_key_of_intermediate", weak_middle, NULL, WEAK_KEY, 1, BAD_CERTIFICATE),
	VERDICT("39_weak_key_of_anchor", weak_root, NULL, WEAK_KEY, 1, BAD_CERTIFICATE),
	{ "40_large_rsa", large_rsa, NULL, SCOPE_PAIR, 0 },
	GOOD("41_ed25519_leaf", ed25519_leaf, NULL),
	GOOD("41_leaf_signed_with_pss", pss_signed_leaf, NULL),
	VERDICT("42_leaf_revoked", leaf_is_revoked, NULL, REVOKED, 0, CERTIFICATE_REVOKED),
	VERDICT("43_intermediate_revoked", middle_is_revoked, NULL, REVOKED, 1, CERTIFICATE_REVOKED),
	GOOD("43_intermediate_not_asked_about", middle_is_not_asked_about, NULL),
	VERDICT("44_no_list", no_list, NULL, CRL_MISSING, 0, CERTIFICATE_UNKNOWN),
	GOOD("44_no_list_softly", no_list_softly, NULL),
	VERDICT("45_list_overdue", overdue_list, NULL, CRL_EXPIRED, 0, CERTIFICATE_UNKNOWN),
	VERDICT("45_list_of_the_future", list_of_the_future, NULL, CRL_NOT_YET_VALID, 0, CERTIFICATE_UNKNOWN),
	VERDICT("46_overdue_list_revokes", overdue_list_revokes, NULL, REVOKED, 0, CERTIFICATE_REVOKED),
	VERDICT("47_unknown_in_leaf", unknown_in_leaf, NULL, CRITICAL_EXTENSION, 0, CERTIFICATE_UNKNOWN),
	VERDICT("47_unknown_in_intermediate", unknown_in_middle, NULL, CRITICAL_EXTENSION, 1, CERTIFICATE_UNKNOWN),
	GOOD("48_policy_constraints", constrains_policy, NULL),
	GOOD("49_any_policy_inhibited", inhibits_any_policy, NULL),
	GOOD("49_critical_policies", critical_policies, NULL),
	VERDICT("51_bad_signature_of_leaf", damaged_leaf, NULL, BAD_SIGNATURE, 0, BAD_CERTIFICATE),
	VERDICT("51_bad_signature_of_intermediate", damaged_middle, NULL, BAD_SIGNATURE, 1, BAD_CERTIFICATE),
	VERDICT("52_other_host", other_host, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("52_wildcard_two_labels", two_labels_of_wildcard, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("52_wildcard_bare_domain", bare_domain_of_wildcard, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	GOOD("52_wildcard_one_label", one_label_of_wildcard, NULL),
	VERDICT("53_wildcard_behind_letters", wildcard_with_start, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("54_wildcard_before_letters", wildcard_with_end, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("55_wildcard_of_top", wildcard_of_top, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("55_wildcard_alone", wildcard_alone, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("55_wildcard_inside", wildcard_inside, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("56_common_name_only", common_name_only, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("56_common_name_wildcard", common_name_wildcard, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	GOOD("56_common_name_allowed", common_name_allowed, NULL),
	VERDICT("56_mail_alone", mail_alone, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("57_common_name_beside_ip", common_name_beside_ip, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("58_common_name_beside_dns", common_name_beside_dns, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("59_no_name_at_all", no_name_at_all, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	GOOD("60_ip", address, NULL),
	VERDICT("60_other_ip", other_address, NULL, IP_MISMATCH, 0, BAD_CERTIFICATE),
	GOOD("61_ipv6_spelling", unusual_ipv6, NULL),
	VERDICT("62_ip_in_common_name", address_in_common_name, NULL, IP_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("62_ip_as_dns_name", address_as_dns_name, NULL, IP_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("62_wildcard_of_ip", wildcard_of_address, NULL, IP_MISMATCH, 0, BAD_CERTIFICATE),
	GOOD("63_dot_in_request", dot_in_request, NULL),
	VERDICT("63_dot_in_certificate", dot_in_certificate, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	GOOD("64_wildcard_above_a_label", wildcard_of_a_label, NULL),
	VERDICT("65_wildcard_in_a_label", wildcard_in_a_label, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	VERDICT("66_nul_in_name", nul_in_certificate, NULL, HOSTNAME_MISMATCH, 0, BAD_CERTIFICATE),
	GOOD("67_upper_case", upper_case, NULL),
	GOOD("67_underscore", underscore, NULL),
	GOOD("67_empty_subject", empty_subject, NULL),
	{ "68_client_for_servers", client_for_servers, NULL, SCOPE_PAIR, 0 },
};

const struct suite suite_verdicts = { "verdicts", cases, COUNT(cases) };
