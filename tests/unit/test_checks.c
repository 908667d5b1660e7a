/* In which order a path is checked, and in which words it is refused: of everything that is wrong with it, the first. */
#include "registry/registry.h"
#include "scene.h"

#define LEAF   (s->chain[0])
#define LOWER  (s->chain[1])
#define MIDDLE (s->chain[2])
#define ROOT   (scene_trusted(s, 0))

/* == one more fault at a time, each before those that are there already == */

static const char feature[] = "\x02\x01\x05", other_feature[] = "\x02\x01\x11";
static const char for_clients[] = "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02";

static otls_bytes
bytes_of(const char *text)
{
	return otls__bytes(text, strlen(text));
}

static void
strict_leaf(scene *s)
{
	s->params.flags = OTLS_VERIFY_FLAG_STRICT;
	LEAF->serial = otls__bytes("\0", 1);
}

static void
strict_root(scene *s)
{
	ROOT->serial = otls__bytes("\0", 1);
}

static void
profile_lower(scene *s)
{
	LOWER->basic_constraints_critical = false;
}

static void
profile_middle(scene *s)
{
	MIDDLE->authority_key_id.data = NULL;
}

static void
profile_root(scene *s)
{
	ROOT->authority_key_id = bytes_of("another");
}

static void
weak_leaf_key(scene *s)
{
	LEAF->spki.sound = false;
}

static void
weak_lower_signature(scene *s)
{
	LOWER->signature_algorithm.hash = OTLS_HASH_MD5;
}

static void
weak_middle_signature(scene *s)
{
	MIDDLE->signature_algorithm.hash = OTLS_HASH_SHA1;
}

static void
feature_of_lower(scene *s)
{
	LOWER->tls_feature = bytes_of(feature);
	MIDDLE->tls_feature = bytes_of(feature);
}

static void
feature_of_root(scene *s)
{
	ROOT->tls_feature = bytes_of(other_feature);
}

static void
policy_of_leaf(scene *s)
{
	LEAF->require_policy = 0;
}

static void
policy_of_root(scene *s)
{
	ROOT->require_policy = 0;
}

static void
constraints_of_middle(scene *s)
{
	MIDDLE->name_constraints = bytes_of("\x05");
}

static void
constraints_of_root(scene *s)
{
	ROOT->name_constraints = bytes_of("\xa0\x08\x30\x06\x82\x04"
					  "none");
}

static void
critical_in_leaf(scene *s)
{
	LEAF->unknown_critical = true;
}

static void
critical_in_middle(scene *s)
{
	MIDDLE->unknown_critical = true;
}

static void
key_use(scene *s)
{
	LEAF->key_usage = OTLS_KEY_USAGE_KEY_ENCIPHERMENT;
}

static void
purpose_of_leaf(scene *s)
{
	LEAF->extended_key_usage = bytes_of(for_clients);
}

static void
purpose_of_lower(scene *s)
{
	LOWER->extended_key_usage = bytes_of(for_clients);
}

static void
length_of_root(scene *s)
{
	ROOT->path_length = 1;
}

static void
length_of_middle(scene *s)
{
	MIDDLE->path_length = 0;
}

static void
lower_may_not_sign(scene *s)
{
	LOWER->key_usage = OTLS_KEY_USAGE_CRL_SIGN;
}

static void
lower_is_no_authority(scene *s)
{
	LOWER->is_ca = false;
}

static void
lower_has_no_constraints(scene *s)
{
	LOWER->has_basic_constraints = false;
}

static void
lower_is_old(scene *s)
{
	LOWER->version = 1;
}

static void
root_may_not_sign(scene *s)
{
	ROOT->key_usage = OTLS_KEY_USAGE_CRL_SIGN;
}

static void
leaf_expired(scene *s)
{
	LEAF->not_after = NOW - 1;
}

static void
lower_too_young(scene *s)
{
	LOWER->not_before = NOW + 1;
}

static void
middle_expired_and_too_young(scene *s)
{
	MIDDLE->not_before = NOW + 1;
	MIDDLE->not_after = NOW - 2;
}

static void
constraints_in_leaf(scene *s)
{
	LEAF->name_constraints = bytes_of("\x05");
}

static void
usage_of_authority(scene *s)
{
	LEAF->key_usage = OTLS_KEY_USAGE_KEY_CERT_SIGN;
}

static void
algorithms_of_leaf(scene *s)
{
	LEAF->signature_algorithms_equal = false;
}

static void
defect_of_leaf(scene *s)
{
	LEAF->defect = "it is odd";
}

static void
defect_of_middle(scene *s)
{
	MIDDLE->defect = "it is odd, too";
}

static void
too_long(scene *s)
{
	s->params.max_intermediates = 1;
}

static const struct fault {
	void (*make)(scene *s);
	otls_verify_reason reason;
	int depth;
	const char *says;
} faults[] = {
	{ strict_leaf, OTLS_REASON_MALFORMED, 0, "CN=leaf: its serial number is zero" },
	{ strict_root, OTLS_REASON_MALFORMED, 3, "CN=Root: its serial number is zero" },
	{ profile_lower, OTLS_REASON_MALFORMED, 1, "CN=Lower: its basic constraints are not critical" },
	{ profile_middle, OTLS_REASON_MALFORMED, 2, "CN=Middle: it has no authority key identifier" },
	{ profile_root, OTLS_REASON_MALFORMED, 3, "CN=Root: it is a root, and its authority key identifier is not" },
	{ weak_leaf_key, OTLS_REASON_WEAK_KEY, 0, "CN=leaf: has a key that is no point of its curve" },
	{ weak_lower_signature, OTLS_REASON_WEAK_SIGNATURE, 1, "CN=Lower: is signed with MD5" },
	{ weak_middle_signature, OTLS_REASON_WEAK_SIGNATURE, 2, "CN=Middle: is signed with SHA-1" },
	{ feature_of_lower, OTLS_REASON_POLICY, 0, "CN=leaf: lacks a TLS feature that its issuer demands" },
	{ feature_of_root, OTLS_REASON_POLICY, 2, "CN=Middle: lacks a TLS feature that its issuer demands" },
	{ policy_of_leaf, OTLS_REASON_POLICY, 0, "CN=leaf: is under no policy" },
	{ policy_of_root, OTLS_REASON_POLICY, 2, "CN=Middle: is under no policy" },
	{ constraints_of_middle, OTLS_REASON_MALFORMED, 2, "CN=Middle: its name constraints are malformed" },
	{ constraints_of_root, OTLS_REASON_NAME_CONSTRAINTS, 0,
	    "CN=leaf: server.example is outside what CN=Root may certify" },
	{ critical_in_leaf, OTLS_REASON_CRITICAL_EXTENSION, 0, "CN=leaf: has a critical extension" },
	{ critical_in_middle, OTLS_REASON_CRITICAL_EXTENSION, 2, "CN=Middle: has a critical extension" },
	{ key_use, OTLS_REASON_INVALID_PURPOSE, 0, "CN=leaf: its key may not make signatures, by its key usage" },
	{ purpose_of_leaf, OTLS_REASON_INVALID_PURPOSE, 0, "CN=leaf: is not for TLS servers" },
	{ purpose_of_lower, OTLS_REASON_INVALID_PURPOSE, 1, "CN=Lower: is not for TLS servers" },
	{ length_of_root, OTLS_REASON_PATH_LENGTH, 3, "CN=Root: allows 1 authorities below it, and there are 2" },
	{ length_of_middle, OTLS_REASON_PATH_LENGTH, 2, "CN=Middle: allows 0 authorities below it, and there are 1" },
	{ lower_may_not_sign, OTLS_REASON_INVALID_CA, 1, "CN=Lower: may not sign certificates, by its key usage" },
	{ lower_is_no_authority, OTLS_REASON_INVALID_CA, 1, "is no certificate authority, by its basic constraints" },
	{ lower_has_no_constraints, OTLS_REASON_INVALID_CA, 1, "authority: it has no basic constraints" },
	{ lower_is_old, OTLS_REASON_INVALID_CA, 1, "it is of an old version, which cannot say so" },
	{ root_may_not_sign, OTLS_REASON_INVALID_CA, 3, "CN=Root: may not sign certificates, by its key usage" },
	{ leaf_expired, OTLS_REASON_EXPIRED, 0, "CN=leaf: expired on 2023-11-14 22:13:19 UTC" },
	{ lower_too_young, OTLS_REASON_NOT_YET_VALID, 1, "CN=Lower: is not valid before 2023-11-14 22:13:21 UTC" },
	{ middle_expired_and_too_young, OTLS_REASON_EXPIRED, 2, "CN=Middle: expired on 2023-11-14 22:13:18 UTC" },
	{ constraints_in_leaf, OTLS_REASON_MALFORMED, 0, "it has name constraints and is no authority" },
	{ usage_of_authority, OTLS_REASON_MALFORMED, 0, "its key usage is an authority's, its basic constraints are" },
	{ algorithms_of_leaf, OTLS_REASON_MALFORMED, 0, "its two signature algorithms differ" },
	{ defect_of_leaf, OTLS_REASON_MALFORMED, 0, "CN=leaf: it is odd" },
	{ defect_of_middle, OTLS_REASON_MALFORMED, 2, "CN=Middle: it is odd, too" },
	{ too_long, OTLS_REASON_CHAIN_TOO_LONG, 0, "2 certificates stand between it and the trusted one, and 1 may" },
};

/* leaf, Lower, Middle, Root. */
static void
make_four(scene *s)
{
	mint_spec lower = scene_authority("Lower");
	mint_identity *low;

	scene_make_all(s);
	low = scene_make(s, &lower, s->the_middle);
	scene_trust(s, s->the_root);
	scene_send(s, scene_make(s, &s->leaf, low));
	scene_send(s, low);
	scene_send(s, s->the_middle);
}

static bool
is_found(const scene *s, const struct fault *fault)
{
	for (size_t i = 0; i < s->outcome.findings.count; i++)
		if (s->outcome.findings.items[i].reason == fault->reason &&
		    s->outcome.findings.items[i].depth == fault->depth)
			return true;
	return false;
}

/* The verdict is the new fault, and none that was found before is lost. */
static void
one_before_the_other(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	make_four(&s);
	scene_judge(&s);
	scene_expect(&s, "without a fault", OTLS_REASON_OK, -1, NULL);
	for (size_t i = 0; i < OTLS_COUNT(faults); i++) {
		faults[i].make(&s);
		for (int all = 0; all < 2; all++) {
			s.params.find_all = all != 0;
			scene_judge(&s);
			scene_expect(&s, faults[i].says, faults[i].reason, faults[i].depth, faults[i].says);
			if (all != 0 && !is_found(&s, &faults[i]))
				fail_msg("%s: not among all", faults[i].says);
		}
	}
	assert_true(s.outcome.findings.count >= 15);
	scene_finish(&s);
}

/* == words that depend on who is judged == */

static void
for_whom(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	s.chain[0]->extended_key_usage = bytes_of("\x06\x01\x2a");
	scene_judge(&s);
	scene_expect(&s, "server", OTLS_REASON_INVALID_PURPOSE, 0, "is not for TLS servers, by its extended key usage");
	s.params.peer = OTLS_ROLE_CLIENT;
	scene_judge(&s);
	scene_expect(&s, "client", OTLS_REASON_INVALID_PURPOSE, 0, "is not for TLS clients, by its extended key usage");
	s.chain[0]->extended_key_usage.data = NULL;
	s.params.key_use = OTLS_KEY_USE_ENCIPHER;
	scene_judge(&s);
	scene_expect(&s, "key", OTLS_REASON_INVALID_PURPOSE, 0, "its key may not encipher keys, by its key usage");
	s.chain[0]->has_key_usage = false;
	scene_judge(&s);
	scene_expect(&s, "no key usage", OTLS_REASON_OK, -1, NULL);
	scene_finish(&s);
}

static void
dates(void **state)
{
	char text[OTLS_DATE_TEXT_MAX];

	(void)state;
	otls__date_text(NOW, text);
	assert_string_equal(text, "2023-11-14 22:13:20 UTC");
	otls__date_text(INT64_C(253402300799), text);
	assert_string_equal(text, "9999-12-31 23:59:59 UTC");
	otls__date_text(INT64_MAX, text);
	assert_string_equal(text, "a day out of all reach");
}

/* == what a root says of its issuer == */

static const struct root_row {
	const char *key_id, *issuer, *serial; /* NULL: none; issuer '=': the root's own name */
	bool good;
} root_rows[] = {
	{ NULL, NULL, NULL, true },
	{ "=", NULL, NULL, true },
	{ "x", NULL, NULL, false },
	{ NULL, "=", "=", true },
	{ "=", "=", "=", true },
	{ "x", "=", "=", false },
	{ NULL, "=", "x", false },
	{ NULL, "\xa4\x02\x30", "=", false }, /* an empty name */
	{ NULL, "\x82\x01x", "=", false },
	{ NULL, "\xa4\x05", "=", false },
};

static void
set_root(otls_certificate *root, const struct root_row *row)
{
	static uint8_t own[128];

	own[0] = 0xa4;
	own[1] = (uint8_t)root->issuer.len;
	assert_true(root->issuer.len < 0x7f);
	memcpy(own + 2, root->issuer.data, root->issuer.len);
	root->authority_key_id = root->authority_issuer = root->authority_serial = otls__bytes(NULL, 0);
	if (row->key_id != NULL)
		root->authority_key_id = row->key_id[0] == '=' ? root->subject_key_id : bytes_of(row->key_id);
	if (row->issuer == NULL)
		return;
	root->authority_serial = row->serial[0] == '=' ? root->serial : bytes_of(row->serial);
	root->authority_issuer = row->issuer[0] == '=' ? otls__bytes(own, 2 + root->issuer.len)
						       : otls__bytes(row->issuer,
							     strlen(row->issuer) + (row->issuer[1] == '\x02' ? 1 : 0));
}

static void
roots(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	for (size_t i = 0; i < OTLS_COUNT(root_rows); i++) {
		const struct root_row *row = &root_rows[i];
		char name[16];

		snprintf(name, sizeof(name), "root %zu", i);
		set_root(scene_trusted(&s, 0), row);
		scene_judge(&s);
		if (row->good)
			scene_expect(&s, name, OTLS_REASON_OK, -1, NULL);
		else
			scene_expect(&s, name, OTLS_REASON_MALFORMED, 2, "its authority key identifier is not its own");
	}
	scene_finish(&s);
}

/* An authority that ends the chain, and is no root, may name its issuer. */
static void
trusted_between(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_make_all(&s);
	scene_trust(&s, s.the_middle);
	scene_send(&s, s.the_leaf);
	s.params.flags = OTLS_VERIFY_FLAG_PARTIAL_CHAIN;
	scene_judge(&s);
	scene_expect(&s, "trusted between", OTLS_REASON_OK, -1, NULL);
	s.params.max_intermediates = 0; /* it is the anchor, and counts for none */
	scene_judge(&s);
	scene_expect(&s, "trusted and not counted", OTLS_REASON_OK, -1, NULL);
	scene_finish(&s);
}

/* That a trusted certificate is of version 1 says that it is an authority only where it is a root. */
static void
old_and_trusted(void **state)
{
	for (int bad = 0; bad < 2; bad++) {
		scene s;

		(void)state;
		scene_start(&s, bad != 0);
		scene_make_all(&s);
		scene_trust(&s, s.the_middle);
		scene_send(&s, s.the_leaf);
		s.params.flags = OTLS_VERIFY_FLAG_PARTIAL_CHAIN;
		scene_trusted(&s, 0)->version = bad ? 1 : 3;
		scene_judge(&s);
		scene_expect(&s, "old", bad ? OTLS_REASON_INVALID_CA : OTLS_REASON_OK, bad ? 1 : -1, NULL);
		scene_finish(&s);
	}
}

/* Authorities without key usage may sign; name constraints of an authority that is sent as a leaf are no defect. */
static void
what_is_not_said(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_usual(&s);
	s.chain[1]->has_key_usage = s.chain[0]->has_key_usage = false;
	s.chain[0]->is_ca = s.chain[0]->has_basic_constraints = true;
	s.chain[0]->basic_constraints_critical = true;
	s.chain[0]->name_constraints = bytes_of("\x05");
	scene_judge(&s);
	scene_expect(&s, "nothing is said", OTLS_REASON_OK, -1, NULL);
	s.chain[0]->name_constraints.data = NULL;
	s.chain[0]->is_ca = s.chain[0]->has_subject_key_id = false; /* leaves need none, strictly */
	s.params.flags = OTLS_VERIFY_FLAG_STRICT;
	scene_judge(&s);
	scene_expect(&s, "a leaf without key identifier", OTLS_REASON_OK, -1, NULL);
	scene_finish(&s);
}

/* == the leaf's key in a handshake == */

static const struct handshake_row {
	uint16_t version, scheme, group; /* scheme or group 0: none is allowed */
	const char *says;                /* NULL: good */
} handshake_rows[] = {
	{ 0, 0, 0, NULL },
	{ OTLS_TLS1_3, 0x0403, 0, NULL },
	{ OTLS_TLS1_3, 0x0503, 0x17, "signs by none of the signature schemes that are allowed here" },
	{ OTLS_TLS1_3, 0, 0x17, "signs by none of the signature schemes that are allowed here" },
	{ OTLS_TLS1_2, 0x0403, 0x17, NULL },
	{ OTLS_TLS1_2, 0x0503, 0x17, NULL }, /* there the hash goes with any curve */
	{ OTLS_TLS1_2, 0x0804, 0x17, "signs by none of the signature schemes that are allowed here" },
	{ OTLS_TLS1_2, 0x0403, 0x18, "on a curve that is not among the groups that are allowed here" },
	{ OTLS_TLS1_2, 0x0403, 0, "on a curve that is not among the groups that are allowed here" },
};

static void
expect_handshake(scene *s, const struct handshake_row *row)
{
	s->params.version = row->version;
	s->params.schemes = &row->scheme;
	s->params.scheme_count = row->scheme == 0 ? 0 : 1;
	s->params.groups = &row->group;
	s->params.group_count = row->group == 0 ? 0 : 1;
	scene_judge(s);
	if (row->says == NULL)
		scene_expect(s, "handshake", OTLS_REASON_OK, -1, NULL);
	else
		scene_expect(s, row->says, OTLS_REASON_UNSUPPORTED_KEY, 0, row->says);
}

static void
handshakes(void **state)
{
	/* Those of authorities do not matter, and keys of other types are on no curve. */
	static const struct handshake_row rsa = { OTLS_TLS1_2, 0x0804, 0, NULL };
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	for (size_t i = 0; i < OTLS_COUNT(handshake_rows); i++)
		expect_handshake(&s, &handshake_rows[i]);
	s.chain[0]->spki.type = OTLS_KEY_TYPE_RSA;
	s.chain[0]->spki.bits = 2048;
	s.chain[0]->spki.group = 0;
	expect_handshake(&s, &rsa);
	scene_finish(&s);
}

/* == levels == */

static const struct level_row {
	int level;
	otls_key_type type; /* UNKNOWN: it is about a signature */
	unsigned bits;
	otls_hash hash;
	const char *says; /* NULL: good */
} level_rows[] = {
	{ 1, OTLS_KEY_TYPE_RSA, 1024, OTLS_HASH_NONE, NULL },
	{ 1, OTLS_KEY_TYPE_RSA, 1016, OTLS_HASH_NONE, "has an RSA key of fewer than 1024 bits" },
	{ 3, OTLS_KEY_TYPE_RSA, 3072, OTLS_HASH_NONE, NULL },
	{ 3, OTLS_KEY_TYPE_RSA, 2048, OTLS_HASH_NONE, "fewer than 3072 bits (security level 3)" },
	{ 3, OTLS_KEY_TYPE_ED25519, 255, OTLS_HASH_NONE, NULL },
	{ 4, OTLS_KEY_TYPE_ED25519, 255, OTLS_HASH_NONE, "an Edwards key that is weaker than the security level" },
	{ 4, OTLS_KEY_TYPE_ED448, 448, OTLS_HASH_NONE, NULL },
	{ 5, OTLS_KEY_TYPE_ED448, 448, OTLS_HASH_NONE, "an Edwards key that is weaker than the security level" },
	{ 4, OTLS_KEY_TYPE_EC, 384, OTLS_HASH_NONE, NULL },
	{ 4, OTLS_KEY_TYPE_EC, 256, OTLS_HASH_NONE, "fewer than 384 bits (security level 4)" },
	{ 0, OTLS_KEY_TYPE_UNKNOWN, 0, OTLS_HASH_SHA1, NULL },
	{ 0, OTLS_KEY_TYPE_UNKNOWN, 0, OTLS_HASH_MD5, "is signed with MD5" },
	{ 1, OTLS_KEY_TYPE_UNKNOWN, 0, OTLS_HASH_SHA1, "is signed with SHA-1" },
	{ 3, OTLS_KEY_TYPE_UNKNOWN, 0, OTLS_HASH_SHA256, NULL },
	{ 4, OTLS_KEY_TYPE_UNKNOWN, 0, OTLS_HASH_SHA256, "is signed with SHA-256, which is weaker than the security" },
	{ 4, OTLS_KEY_TYPE_UNKNOWN, 0, OTLS_HASH_SHA384, NULL },
	{ 5, OTLS_KEY_TYPE_UNKNOWN, 0, OTLS_HASH_SHA384, "is signed with SHA-384, which is weaker than the security" },
	{ 5, OTLS_KEY_TYPE_UNKNOWN, 0, OTLS_HASH_SHA512, NULL },
	{ 2, OTLS_KEY_TYPE_UNKNOWN, 0, OTLS_HASH_SHA224, "is signed with a hash that is not supported" },
	{ 3, OTLS_KEY_TYPE_UNKNOWN, 0, OTLS_HASH_SHA224, "is signed with a hash that is not supported" },
};

static void
levels(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(level_rows); i++) {
		const struct level_row *row = &level_rows[i];
		otls_spki key = { .type = row->type, .bits = row->bits, .group = 0x17, .sound = true };
		otls_signature_algorithm algorithm = { .kind = OTLS_SIGNATURE_ECDSA, .hash = row->hash };
		const char *why = "";
		otls_verify_reason reason = row->type != OTLS_KEY_TYPE_UNKNOWN
						? otls__check_key(otls__level(row->level), &key, &why)
						: otls__check_signature_algorithm(
						      otls__level(row->level), &algorithm, &why);

		if ((reason == OTLS_REASON_OK) != (row->says == NULL) ||
		    (row->says != NULL && strstr(why, row->says) == NULL))
			fail_msg("%zu: %s: %s", i, otls_verify_reason_name((int)reason), why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_before_the_other),
		cmocka_unit_test(for_whom),
		cmocka_unit_test(dates),
		cmocka_unit_test(roots),
		cmocka_unit_test(trusted_between),
		cmocka_unit_test(old_and_trusted),
		cmocka_unit_test(what_is_not_said),
		cmocka_unit_test(handshakes),
		cmocka_unit_test(levels),
	};

	return scene_run(tests);
}
