/* Every reason for which a chain is refused.  Each refusal has a twin: the same chain with one thing changed is good.
 * The verdicts are the same on every backend. */
#include "scene.h"

/* == the cases: each sets the scene, refused or good == */

static void
leaf_expired(scene *s)
{
	s->leaf.not_after = s->bad ? NOW - 1 : NOW;
	scene_usual(s);
}

static void
leaf_too_young(scene *s)
{
	s->leaf.not_before = s->bad ? NOW + 1 : NOW;
	scene_usual(s);
}

static void
middle_expired(scene *s)
{
	s->middle.not_after = s->bad ? NOW - 1 : NOW;
	scene_usual(s);
}

static void
root_expired(scene *s)
{
	s->root.not_after = s->bad ? NOW - 1 : NOW;
	scene_usual(s);
}

static void
middle_missing(scene *s)
{
	scene_make_all(s);
	scene_trust(s, s->the_root);
	scene_send(s, s->the_leaf);
	if (!s->bad)
		scene_send(s, s->the_middle);
}

static void
root_unknown(scene *s)
{
	mint_spec other = scene_authority("Other");

	scene_make_all(s);
	scene_trust(s, s->bad ? scene_make(s, &other, NULL) : s->the_root);
	scene_send(s, s->the_leaf);
	scene_send(s, s->the_middle);
}

static void
root_sent_and_unknown(scene *s)
{
	root_unknown(s);
	scene_send(s, s->the_root);
}

static void
nothing_trusted(scene *s)
{
	scene_usual(s);
	if (s->bad)
		s->params.store = NULL;
}

static void
self_signed(scene *s)
{
	mint_identity *leaf = scene_make(s, &s->leaf, NULL);

	scene_send(s, leaf);
	if (!s->bad)
		scene_trust(s, leaf);
}

/* Someone else's root of the same name did not sign it. */
static void
root_of_same_name(scene *s)
{
	scene_make_all(s);
	scene_trust(s, s->bad ? scene_make(s, &s->root, NULL) : s->the_root);
	scene_send(s, s->the_leaf);
	scene_send(s, s->the_middle);
}

static void
leaf_damaged(scene *s)
{
	s->leaf.damaged = s->bad;
	scene_usual(s);
}

static void
middle_damaged(scene *s)
{
	s->middle.damaged = s->bad;
	scene_usual(s);
}

static void
root_damaged_is_fine(scene *s)
{
	s->root.damaged = true;
	s->leaf.damaged = s->bad;
	scene_usual(s);
}

static void
middle_no_authority(scene *s)
{
	s->middle.is_ca = !s->bad;
	scene_usual(s);
}

static void
middle_without_constraints(scene *s)
{
	s->middle.no_basic_constraints = s->bad;
	scene_usual(s);
}

static void
middle_may_not_sign(scene *s)
{
	s->middle.has_key_usage = true;
	s->middle.key_usage = s->bad ? OTLS_KEY_USAGE_CRL_SIGN : OTLS_KEY_USAGE_KEY_CERT_SIGN;
	scene_usual(s);
}

static void
middle_old(scene *s)
{
	s->middle.version = s->bad ? 1 : 3;
	scene_usual(s);
}

/* Neither does the name of the root make it one. */
static void
middle_old_and_self_issued(scene *s)
{
	s->middle.common_name = s->root.common_name;
	middle_old(s);
}

static void
old_root_is_fine(scene *s)
{
	s->root.version = 1;
	s->middle.version = s->bad ? 1 : 3;
	scene_usual(s);
}

static void
root_no_authority(scene *s)
{
	s->root.is_ca = !s->bad;
	scene_usual(s);
}

static void
leaf_as_issuer(scene *s)
{
	mint_spec below = s->leaf;

	s->leaf.is_ca = !s->bad;
	scene_make_all(s);
	scene_trust(s, s->the_root);
	scene_send(s, scene_make(s, &below, s->the_leaf));
	scene_send(s, s->the_leaf);
	scene_send(s, s->the_middle);
}

static void
path_length_of_root(scene *s)
{
	s->root.has_path_length = true;
	s->root.path_length = s->bad ? 0 : 1;
	scene_usual(s);
}

static void
path_length_of_middle(scene *s)
{
	mint_spec lower = scene_authority("Lower");

	s->middle.has_path_length = true;
	s->middle.path_length = s->bad ? 0 : 1;
	scene_make_all(s);
	scene_trust(s, s->the_root);
	scene_send(s, scene_make(s, &s->leaf, scene_make(s, &lower, s->the_middle)));
	scene_send(s, s->the_middle);
	scene_add_extra(s, s->made[3]);
}

/* A new key under the old name is no further authority. */
static void
self_issued_is_not_counted(scene *s)
{
	mint_spec second = scene_authority(s->bad ? "Second" : "Middle");

	s->middle.has_path_length = true;
	s->middle.path_length = 0;
	s->params.max_intermediates = 1 + (s->bad ? 1 : 0);
	scene_make_all(s);
	scene_trust(s, s->the_root);
	scene_send(s, scene_make(s, &s->leaf, scene_make(s, &second, s->the_middle)));
	scene_send(s, s->the_middle);
	scene_send(s, s->made[3]);
}

static void
more_than_allowed(scene *s)
{
	s->params.max_intermediates = s->bad ? 0 : 1;
	scene_usual(s);
}

static void
more_than_are_taken(scene *s)
{
	scene_usual(s);
	while (s->params.chain_len < (s->bad ? OTLS_SENT_MAX + 1 : OTLS_SENT_MAX))
		scene_send(s, s->the_middle);
}

static const char *const for_clients[] = { MINT_CLIENT_AUTH, NULL }, *const for_servers[] = { MINT_SERVER_AUTH, NULL },
			 *const for_any[] = { "2.5.29.37.0", NULL };

static void
leaf_for_clients(scene *s)
{
	s->leaf.purposes = s->bad ? for_clients : for_servers;
	scene_usual(s);
}

static void
leaf_for_any(scene *s)
{
	s->leaf.purposes = s->bad ? for_clients : for_any;
	scene_usual(s);
}

static void
leaf_for_servers(scene *s)
{
	s->leaf.purposes = s->bad ? for_servers : for_clients;
	s->params.peer = OTLS_ROLE_CLIENT;
	scene_usual(s);
}

static void
middle_for_clients(scene *s)
{
	s->middle.purposes = s->bad ? for_clients : for_servers;
	scene_usual(s);
}

static void
key_does_not_sign(scene *s)
{
	s->leaf.has_key_usage = true;
	s->leaf.key_usage = s->bad ? OTLS_KEY_USAGE_KEY_ENCIPHERMENT : OTLS_KEY_USAGE_DIGITAL_SIGNATURE;
	scene_usual(s);
}

static void
key_does_not_encipher(scene *s)
{
	s->params.key_use = s->bad ? OTLS_KEY_USE_ENCIPHER : OTLS_KEY_USE_ANY;
	s->leaf.has_key_usage = true;
	s->leaf.key_usage = OTLS_KEY_USAGE_DIGITAL_SIGNATURE;
	scene_usual(s);
}

static void
unknown_extension(scene *s)
{
	mint_extension extension = { "1.3.6.1.4.1.55555.1", s->bad, "\x05\x00", 2 };

	s->leaf.extensions = &extension;
	s->leaf.extension_count = 1;
	scene_usual(s);
}

static void
unknown_extension_in_root(scene *s)
{
	mint_extension extension = { "1.3.6.1.4.1.55555.1", s->bad, "\x05\x00", 2 };

	s->root.extensions = &extension;
	s->root.extension_count = 1;
	scene_usual(s);
}

/* inhibitAnyPolicy 0: policies are accepted, critical as they must be. */
static void
policies(scene *s)
{
	mint_extension extension = { "2.5.29.54", !s->bad, "\x02\x01\x00", 3 };

	s->middle.extensions = &extension;
	s->middle.extension_count = 1;
	scene_usual(s);
}

static void
empty_purposes(scene *s)
{
	mint_extension extension = { s->bad ? "2.5.29.37" : "1.3.6.1.4.1.55555.1", false, "\x30\x00", 2 };

	s->leaf.no_purposes = true;
	s->leaf.extensions = &extension;
	s->leaf.extension_count = 1;
	scene_usual(s);
}

static void
algorithms_differ(scene *s)
{
	scene_usual(s);
	s->chain[0]->signature_algorithms_equal = !s->bad;
}

static void
constraints_in_leaf(scene *s)
{
	mint_extension extension = { "2.5.29.30", true, "\x30\x08\xa0\x06\x30\x04\x82\x02tv", 10 };

	s->leaf.names = (const char *const[]){ HOST, NULL };
	if (s->bad)
		s->leaf.extensions = &extension;
	s->leaf.extension_count = s->bad ? 1 : 0;
	scene_usual(s);
}

static void
no_key_ids(scene *s)
{
	s->middle.no_key_ids = true;
	s->root.no_key_ids = !s->bad;
	scene_usual(s);
}

static void
leaf_without_key_ids_is_fine(scene *s)
{
	s->leaf.no_key_ids = true;
	s->leaf.damaged = s->bad;
	scene_usual(s);
}

/* What only the fields of a parsed certificate are needed for. */
/* What a root is signed with is nobody's business. */
static void
weak_hash(scene *s)
{
	scene_usual(s);
	scene_trusted(s, 0)->signature_algorithm.hash = OTLS_HASH_MD5;
	if (s->bad)
		s->chain[1]->signature_algorithm.hash = OTLS_HASH_SHA1;
}

static void
weak_key(scene *s)
{
	scene_usual(s);
	s->chain[0]->spki.type = OTLS_KEY_TYPE_RSA;
	s->chain[0]->spki.bits = s->bad ? 2040 : 2048;
}

static void
unsound_key(scene *s)
{
	scene_usual(s);
	s->chain[0]->spki.sound = !s->bad;
}

static void
huge_key(scene *s)
{
	scene_usual(s);
	s->chain[0]->spki.type = OTLS_KEY_TYPE_RSA;
	s->chain[0]->spki.bits = s->bad ? 8200 : 8192;
}

static void
unknown_curve(scene *s)
{
	scene_usual(s);
	if (s->bad)
		s->chain[0]->spki.group = 0;
}

static void
unknown_algorithm(scene *s)
{
	scene_usual(s);
	if (s->bad)
		s->chain[0]->signature_algorithm.kind = OTLS_SIGNATURE_UNKNOWN;
}

static void
other_host(scene *s)
{
	scene_usual(s);
	assert_int_equal(otls__peer_name_parse(s->bad ? "other.example" : HOST, &s->name), OTLS_OK);
}

static void
other_address(scene *s)
{
	scene_usual(s);
	assert_int_equal(otls__peer_name_parse(s->bad ? "192.0.2.2" : "192.0.2.1", &s->name), OTLS_OK);
}

static void
only_common_name(scene *s)
{
	s->leaf.names = NULL;
	s->leaf.common_name = HOST;
	s->params.flags = s->bad ? 0 : OTLS_VERIFY_FLAG_INSECURE_ALLOW_CN;
	scene_usual(s);
}

static void
only_leaf_trusted(scene *s)
{
	scene_make_all(s);
	scene_trust(s, s->the_leaf);
	scene_send(s, s->the_leaf);
	scene_send(s, s->the_middle);
	s->params.flags = s->bad ? 0 : OTLS_VERIFY_FLAG_PARTIAL_CHAIN;
}

static void
only_middle_trusted(scene *s)
{
	scene_make_all(s);
	scene_trust(s, s->the_middle);
	scene_send(s, s->the_leaf);
	s->params.flags = s->bad ? 0 : OTLS_VERIFY_FLAG_PARTIAL_CHAIN;
}

/* The first reason in the order is told. */
static void
damaged_and_expired(scene *s)
{
	leaf_expired(s);
	if (s->bad) {
		uint8_t *last = (uint8_t *)(uintptr_t)&s->chain[0]->signature.data[s->chain[0]->signature.len - 1];
		*last ^= 1;
	}
}

static void
expired_and_other_host(scene *s)
{
	leaf_expired(s);
	if (s->bad)
		assert_int_equal(otls__peer_name_parse("other.example", &s->name), OTLS_OK);
}

static const struct row {
	const char *name;
	void (*set)(scene *s);
	otls_verify_reason reason;
	int depth;
	const char *text; /* part of what is said; NULL: not looked at */
} rows[] = {
	{ "leaf expired", leaf_expired, OTLS_REASON_EXPIRED, 0, "CN=leaf: expired on 2023-11-14 22:13:19 UTC" },
	{ "leaf too young", leaf_too_young, OTLS_REASON_NOT_YET_VALID, 0,
	    "is not valid before 2023-11-14 22:13:21 UTC" },
	{ "middle expired", middle_expired, OTLS_REASON_EXPIRED, 1, "CN=Middle: expired" },
	{ "root expired", root_expired, OTLS_REASON_EXPIRED, 2, "CN=Root: expired" },
	{ "middle missing", middle_missing, OTLS_REASON_UNKNOWN_ISSUER, 0, "CN=leaf: " },
	{ "root unknown", root_unknown, OTLS_REASON_UNKNOWN_ISSUER, 1, "CN=Middle: " },
	{ "root sent and unknown", root_sent_and_unknown, OTLS_REASON_SELF_SIGNED_IN_CHAIN, 2, "CN=Root: " },
	{ "nothing trusted", nothing_trusted, OTLS_REASON_UNKNOWN_ISSUER, 1, NULL },
	{ "self-signed", self_signed, OTLS_REASON_SELF_SIGNED_LEAF, 0, NULL },
	{ "root of same name", root_of_same_name, OTLS_REASON_BAD_SIGNATURE, 1, NULL },
	{ "leaf damaged", leaf_damaged, OTLS_REASON_BAD_SIGNATURE, 0, "CN=leaf: its signature is wrong" },
	{ "middle damaged", middle_damaged, OTLS_REASON_BAD_SIGNATURE, 1, NULL },
	{ "root damaged is fine", root_damaged_is_fine, OTLS_REASON_BAD_SIGNATURE, 0, NULL },
	{ "middle no authority", middle_no_authority, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "middle without constraints", middle_without_constraints, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "middle may not sign", middle_may_not_sign, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "middle old", middle_old, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "middle old and self-issued", middle_old_and_self_issued, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "old root is fine", old_root_is_fine, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "root no authority", root_no_authority, OTLS_REASON_INVALID_CA, 2, NULL },
	{ "leaf as issuer", leaf_as_issuer, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "path length of root", path_length_of_root, OTLS_REASON_PATH_LENGTH, 2, NULL },
	{ "path length of middle", path_length_of_middle, OTLS_REASON_PATH_LENGTH, 2, NULL },
	{ "self-issued is not counted", self_issued_is_not_counted, OTLS_REASON_PATH_LENGTH, 2, NULL },
	{ "more than allowed", more_than_allowed, OTLS_REASON_CHAIN_TOO_LONG, 0, NULL },
	{ "more than are taken", more_than_are_taken, OTLS_REASON_CHAIN_TOO_LONG, -1, "sent 257 certificates" },
	{ "leaf for clients", leaf_for_clients, OTLS_REASON_INVALID_PURPOSE, 0, NULL },
	{ "leaf for any", leaf_for_any, OTLS_REASON_INVALID_PURPOSE, 0, NULL },
	{ "leaf for servers", leaf_for_servers, OTLS_REASON_INVALID_PURPOSE, 0, NULL },
	{ "middle for clients", middle_for_clients, OTLS_REASON_INVALID_PURPOSE, 1, NULL },
	{ "key does not sign", key_does_not_sign, OTLS_REASON_INVALID_PURPOSE, 0, NULL },
	{ "key does not encipher", key_does_not_encipher, OTLS_REASON_INVALID_PURPOSE, 0, NULL },
	{ "unknown extension", unknown_extension, OTLS_REASON_CRITICAL_EXTENSION, 0, NULL },
	{ "unknown extension in root", unknown_extension_in_root, OTLS_REASON_CRITICAL_EXTENSION, 2, NULL },
	{ "policies", policies, OTLS_REASON_MALFORMED, 1, NULL },
	{ "empty purposes", empty_purposes, OTLS_REASON_MALFORMED, 0, NULL },
	{ "algorithms differ", algorithms_differ, OTLS_REASON_MALFORMED, 0, NULL },
	{ "constraints in leaf", constraints_in_leaf, OTLS_REASON_MALFORMED, 0, NULL },
	{ "no key ids", no_key_ids, OTLS_REASON_MALFORMED, 1, NULL },
	{ "leaf without key ids is fine", leaf_without_key_ids_is_fine, OTLS_REASON_BAD_SIGNATURE, 0, NULL },
	{ "weak hash", weak_hash, OTLS_REASON_WEAK_SIGNATURE, 1, "SHA-1" },
	{ "weak key", weak_key, OTLS_REASON_WEAK_KEY, 0, NULL },
	{ "unsound key", unsound_key, OTLS_REASON_WEAK_KEY, 0, NULL },
	{ "huge key", huge_key, OTLS_REASON_UNSUPPORTED_KEY, 0, NULL },
	{ "unknown curve", unknown_curve, OTLS_REASON_UNSUPPORTED_KEY, 0, NULL },
	{ "unknown algorithm", unknown_algorithm, OTLS_REASON_UNSUPPORTED_KEY, 0, NULL },
	{ "other host", other_host, OTLS_REASON_HOSTNAME_MISMATCH, 0,
	    "the certificate is for server.example, 192.0.2.1, not for other.example" },
	{ "other address", other_address, OTLS_REASON_IP_MISMATCH, 0, "not for the IP address 192.0.2.2" },
	{ "only common name", only_common_name, OTLS_REASON_HOSTNAME_MISMATCH, 0, "for no host, not for " HOST },
	{ "only leaf trusted", only_leaf_trusted, OTLS_REASON_UNKNOWN_ISSUER, 1, NULL },
	{ "only middle trusted", only_middle_trusted, OTLS_REASON_UNKNOWN_ISSUER, 1, NULL },
	{ "damaged and expired", damaged_and_expired, OTLS_REASON_BAD_SIGNATURE, 0, NULL },
	{ "expired and other host", expired_and_other_host, OTLS_REASON_EXPIRED, 0, NULL },
};

static void
each_reason(void **state)
{
	scene s;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		scene_start(&s, true);
		rows[i].set(&s);
		scene_judge(&s);
		scene_expect(&s, rows[i].name, rows[i].reason, rows[i].depth, rows[i].text);
		scene_finish(&s);
		scene_start(&s, false);
		rows[i].set(&s);
		scene_judge(&s);
		scene_expect(&s, rows[i].name, OTLS_REASON_OK, -1, NULL);
		assert_string_equal(s.outcome.text, "");
		scene_finish(&s);
	}
}

static void
alerts(void **state)
{
	(void)state;
	assert_int_equal(otls__verify_alert(OTLS_REASON_EXPIRED), 45);
	assert_int_equal(otls__verify_alert(OTLS_REASON_NOT_YET_VALID), 45);
	assert_int_equal(otls__verify_alert(OTLS_REASON_UNKNOWN_ISSUER), 48);
	assert_int_equal(otls__verify_alert(OTLS_REASON_SELF_SIGNED_LEAF), 48);
	assert_int_equal(otls__verify_alert(OTLS_REASON_CHAIN_TOO_LONG), 48);
	assert_int_equal(otls__verify_alert(OTLS_REASON_REVOKED), 44);
	assert_int_equal(otls__verify_alert(OTLS_REASON_INVALID_PURPOSE), 43);
	assert_int_equal(otls__verify_alert(OTLS_REASON_UNSUPPORTED_KEY), 43);
	assert_int_equal(otls__verify_alert(OTLS_REASON_HOSTNAME_MISMATCH), 42);
	assert_int_equal(otls__verify_alert(OTLS_REASON_BAD_SIGNATURE), 42);
	assert_int_equal(otls__verify_alert(OTLS_REASON_WEAK_KEY), 42);
	assert_int_equal(otls__verify_alert(OTLS_REASON_NAME_CONSTRAINTS), 46);
	assert_int_equal(otls__verify_alert(OTLS_REASON_CRITICAL_EXTENSION), 46);
	assert_int_equal(otls__verify_alert(OTLS_REASON_OCSP_INVALID), 113);
	assert_int_equal(otls__verify_alert(OTLS_REASON_NO_PEER_CERTIFICATE), 116);
	assert_int_equal(otls__verify_alert(OTLS_REASON_INTERNAL), 80);
}

/* Text is cut between characters, not inside of one. */
static void
cutting(void **state)
{
	(void)state;
	assert_int_equal(otls__fit("abc", 3), 3);
	assert_int_equal(otls__fit("abcd", 3), 3);
	assert_int_equal(otls__fit("ab\xc3\xa4", 3), 2);
	assert_int_equal(otls__fit("ab\xc3\xa4", 4), 4);
	assert_int_equal(otls__fit("\xe2\x82\xac", 2), 0);
	assert_int_equal(otls__fit("", 2), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason),
		cmocka_unit_test(alerts),
		cmocka_unit_test(cutting),
	};

	return scene_run(tests);
}
