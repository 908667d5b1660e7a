/* Revocation lists: how they are read, what they say about a path, and what is no list that can be used. */
#include "scarce.h"
#include "scene.h"
#include "x509/crl.h"
#include "x509/der.h"

#define SERIAL "\x42\x43"

static const mint_extension unknown = { "1.3.6.1.4.1.99999.1", true, "\x05\x00", 2 };
static const mint_extension harmless = { "1.3.6.1.4.1.99999.1", false, "\x05\x00", 2 };
static const mint_extension delta = { "2.5.29.27", true, "\x02\x01\x01", 3 };
static const mint_extension part = { "2.5.29.28", true, "\x30\x03\x81\x01\xff", 5 };
static const mint_extension critical_number = { "2.5.29.20", true, "\x02\x01\x07", 3 };
static const mint_extension other_issuer = { "2.5.29.29", true, "\x30\x00", 2 };

static void
add_list(scene *s, const mint_crl_spec *spec, const mint_identity *issuer)
{
	otls_bytes der = mint_crl(spec, issuer);

	if (der.data == NULL)
		fail_msg("%s", mint_error());
	assert_int_equal(otls_store_add_crl(s->store, der.data, der.len), OTLS_OK);
	free((void *)(uintptr_t)der.data);
}

/* A list of this scene's time, unless a case says otherwise. */
static mint_crl_spec
list_of(const mint_revoked *revoked, size_t count)
{
	return (mint_crl_spec){
		.this_update = NOW - DAY, .next_update = NOW + DAY, .revoked = revoked, .revoked_count = count
	};
}

#define HERE OTLS_VERIFY_FLAG_CRL
#define ALL  (OTLS_VERIFY_FLAG_CRL | OTLS_VERIFY_FLAG_CRL_ALL)
#define SOFT OTLS_VERIFY_FLAG_CRL_SOFT

/* What lists there are, in letters: 'g' good and empty, 'r' revokes the leaf, 'h' holds 1,000 others, 'H' and the leaf
 * behind larger ones, 'e' expired, 'E' expired and revokes, 'n' not yet valid, 'N' of this very second, 'd' damaged, 'D'
 * damaged and revokes, 'u' critical extension, 'x' critical extension of an entry, 'i' of another issuer's certificate,
 * 't' a delta, 'p' a part, '#' without a number, '!' with a critical one, '2' with an entry twice, 'k' without a key
 * identifier, 'w' harmless extension, 'm' of the middle's issuer, good; 'M' of the middle's issuer, revokes the middle. */
static const struct list_row {
	const char *lists;
	uint64_t flags;
	otls_verify_reason reason;
	int depth;
	const char *text;
} list_rows[] = {
	{ "r", 0, OTLS_REASON_OK, -1, NULL },
	{ "", HERE, OTLS_REASON_CRL_MISSING, 0, "CN=leaf: its issuer has no revocation list here" },
	{ "m", HERE, OTLS_REASON_CRL_MISSING, 0, NULL },
	{ "", HERE | SOFT, OTLS_REASON_OK, -1, NULL },
	{ "g", HERE, OTLS_REASON_OK, -1, NULL },
	{ "h", HERE, OTLS_REASON_OK, -1, NULL },
	{ "w", HERE, OTLS_REASON_OK, -1, NULL },
	{ "k", HERE, OTLS_REASON_OK, -1, NULL },
	{ "#", HERE, OTLS_REASON_OK, -1, NULL },
	{ "#", HERE | OTLS_VERIFY_FLAG_WEB_PROFILE, OTLS_REASON_CRL_INVALID, 0, "number" },
	{ "#", HERE | OTLS_VERIFY_FLAG_STRICT, OTLS_REASON_CRL_INVALID, 0, "number" },
	{ "g", HERE | OTLS_VERIFY_FLAG_STRICT, OTLS_REASON_OK, -1, NULL },
	{ "k", HERE | OTLS_VERIFY_FLAG_STRICT, OTLS_REASON_CRL_INVALID, 0, "key identifier" },
	{ "!", HERE, OTLS_REASON_OK, -1, NULL },
	{ "!", HERE | OTLS_VERIFY_FLAG_STRICT, OTLS_REASON_CRL_INVALID, 0, "its number is critical" },
	{ "2", HERE, OTLS_REASON_OK, -1, NULL },
	{ "2", HERE | OTLS_VERIFY_FLAG_WEB_PROFILE, OTLS_REASON_CRL_INVALID, 0, "two entries" },
	{ "h", HERE | OTLS_VERIFY_FLAG_STRICT, OTLS_REASON_OK, -1, NULL },
	{ "r", HERE, OTLS_REASON_REVOKED, 0, "was revoked on 2023-11-13 22:13:20 UTC: keyCompromise" },
	{ "r", HERE | SOFT, OTLS_REASON_REVOKED, 0, NULL },
	{ "gr", HERE, OTLS_REASON_REVOKED, 0, NULL },
	{ "H", HERE, OTLS_REASON_REVOKED, 0, NULL },
	{ "hr", HERE, OTLS_REASON_REVOKED, 0, NULL },
	{ "e", HERE, OTLS_REASON_CRL_EXPIRED, 0, "2023-11-13" },
	{ "e", HERE | SOFT, OTLS_REASON_CRL_EXPIRED, 0, NULL },
	{ "eg", HERE, OTLS_REASON_OK, -1, NULL },
	{ "E", HERE, OTLS_REASON_REVOKED, 0, NULL },
	{ "gE", HERE, OTLS_REASON_REVOKED, 0, NULL },
	{ "n", HERE, OTLS_REASON_CRL_NOT_YET_VALID, 0,
	    "cannot be used: it is not valid before 2023-11-15 22:13:20 UTC" },
	{ "N", HERE, OTLS_REASON_OK, -1, NULL },
	{ "d", HERE, OTLS_REASON_CRL_INVALID, 0, "signature" },
	{ "D", HERE, OTLS_REASON_CRL_INVALID, 0, "signature" },
	{ "dg", HERE, OTLS_REASON_OK, -1, NULL },
	{ "Dg", HERE, OTLS_REASON_OK, -1, NULL },
	/* wolfSSL CVE-2026-6450: what is critical was passed over */
	{ "u", HERE, OTLS_REASON_CRL_INVALID, 0, "critical" },
	{ "x", HERE, OTLS_REASON_CRL_INVALID, 0, "entries" },
	{ "i", HERE, OTLS_REASON_CRL_INVALID, 0, "entries" },
	{ "t", HERE, OTLS_REASON_CRL_INVALID, 0, "delta" },
	{ "p", HERE, OTLS_REASON_CRL_INVALID, 0, "part" },
	{ "g", ALL, OTLS_REASON_CRL_MISSING, 1, NULL },
	{ "g", ALL | SOFT, OTLS_REASON_OK, -1, NULL },
	{ "gm", ALL, OTLS_REASON_OK, -1, NULL },
	{ "gM", HERE, OTLS_REASON_OK, -1, NULL },
	{ "gM", ALL, OTLS_REASON_REVOKED, 1, NULL },
	{ "rM", ALL, OTLS_REASON_REVOKED, 1, NULL },
	{ "gm", OTLS_VERIFY_FLAG_CRL_ALL, OTLS_REASON_OK, -1, NULL },
};

static void
add_letter(scene *s, char letter)
{
	static mint_revoked many[1000];
	static uint8_t serials[1000][2];
	mint_revoked leaf = { OTLS_OID_INIT(SERIAL), NOW - DAY, 1, NULL, 0 };
	bool revokes = strchr("rEDxiM", letter) != NULL, upper = letter == 'm' || letter == 'M';
	mint_crl_spec spec = list_of(&leaf, revokes ? 1 : 0);

	for (size_t i = 0; i < OTLS_COUNT(many); i++) {
		serials[i][0] = (uint8_t)(0x50 + i / 256);
		serials[i][1] = (uint8_t)i;
		many[OTLS_COUNT(many) - 1 - i] = (mint_revoked){ .serial = otls__bytes(serials[i], 2),
			.when = NOW - DAY };
	}
	if (letter == 'H')
		many[OTLS_COUNT(many) - 1] = leaf;
	if (letter == '2')
		many[0] = many[1];
	if (strchr("hH2", letter) != NULL)
		spec = list_of(many, OTLS_COUNT(many));
	if (letter == 'e' || letter == 'E') {
		spec.this_update = NOW - 5 * DAY;
		spec.next_update = NOW - DAY;
	}
	if (letter == 'n')
		spec.this_update = NOW + DAY;
	if (letter == 'N')
		spec.this_update = spec.next_update = NOW;
	spec.damaged = letter == 'd' || letter == 'D';
	spec.no_number = letter == '#' || letter == '!';
	spec.no_key_id = letter == 'k';
	spec.extensions = letter == 'u'   ? &unknown
			  : letter == 't' ? &delta
			  : letter == 'p' ? &part
			  : letter == '!' ? &critical_number
					  : &harmless;
	spec.extension_count = strchr("utpw!", letter) != NULL ? 1 : 0;
	if (letter == 'x' || letter == 'i') {
		leaf.serial = otls__bytes("\x11", 1);
		leaf.extensions = letter == 'x' ? &unknown : &other_issuer;
		leaf.extension_count = 1;
	}
	add_list(s, &spec, upper ? s->the_root : s->the_middle);
}

static void
what_lists_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(list_rows); i++) {
		const struct list_row *row = &list_rows[i];
		char name[80];
		scene s;

		scene_start(&s, row->reason != OTLS_REASON_OK);
		s.leaf.serial = s.middle.serial = OTLS_OID(SERIAL);
		s.params.flags = row->flags;
		scene_usual(&s);
		for (const char *letter = row->lists; *letter != '\0'; letter++)
			add_letter(&s, *letter);
		scene_judge(&s);
		snprintf(name, sizeof(name), "row %zu, lists \"%s\"", i, row->lists);
		scene_expect(&s, name, row->reason, row->depth, row->text);
		scene_finish(&s);
	}
}

/* The name is another one's too: a list by another key is no list of this issuer, and one by its key is. */
static void
lists_of_namesakes(void **state)
{
	mint_revoked leaf = { OTLS_OID_INIT(SERIAL), NOW - DAY, 0, NULL, 0 };
	mint_crl_spec revokes = list_of(&leaf, 1), empty = list_of(NULL, 0);
	scene s;

	(void)state;
	scene_start(&s, true);
	s.leaf.serial = OTLS_OID(SERIAL);
	s.params.flags = HERE;
	scene_usual(&s);
	add_list(&s, &revokes, scene_make(&s, &s.middle, s.the_root));
	scene_judge(&s);
	scene_expect(&s, "a namesake's list", OTLS_REASON_CRL_MISSING, 0, NULL);
	revokes.no_key_id = true;
	add_list(&s, &revokes, scene_make(&s, &s.middle, s.the_root));
	scene_judge(&s);
	scene_expect(&s, "a namesake's list that does not say so", OTLS_REASON_CRL_INVALID, 0, "signature");
	add_list(&s, &empty, s.the_middle);
	scene_judge(&s);
	s.bad = false;
	scene_expect(&s, "and its own", OTLS_REASON_OK, -1, NULL);
	scene_finish(&s);
}

static void
issuer_that_may_not(void **state)
{
	mint_crl_spec empty = list_of(NULL, 0);
	scene s;

	(void)state;
	scene_start(&s, true);
	s.middle.has_key_usage = true;
	s.middle.key_usage = OTLS_KEY_USAGE_KEY_CERT_SIGN;
	s.params.flags = HERE;
	scene_usual(&s);
	add_list(&s, &empty, s.the_middle);
	scene_judge(&s);
	scene_expect(&s, "no cRLSign", OTLS_REASON_CRL_INVALID, 0, "key usage");
	scene_finish(&s);
}

/* A revocation without a reason, and an issuer without key usage or key identifier. */
static void
what_is_not_said(void **state)
{
	mint_revoked leaf = { OTLS_OID_INIT(SERIAL), NOW - DAY, 0, NULL, 0 };
	mint_crl_spec list = list_of(&leaf, 1);
	scene s;

	(void)state;
	scene_start(&s, true);
	s.leaf.serial = OTLS_OID(SERIAL);
	s.middle.no_key_usage = true;
	s.params.flags = HERE;
	scene_usual(&s);
	add_list(&s, &list, s.the_middle);
	scene_judge(&s);
	scene_expect(&s, "no reason", OTLS_REASON_REVOKED, 0, "CN=leaf: was revoked on 2023-11-13 22:13:20 UTC");
	assert_null(strstr(s.outcome.text, "UTC:"));
	s.chain[1]->has_subject_key_id = false;
	scene_judge(&s);
	scene_expect(&s, "no key identifier", OTLS_REASON_REVOKED, 0, NULL);
	s.chain[1]->has_subject_key_id = true;
	s.chain[1]->subject_key_id = otls__bytes("x", 1);
	scene_judge(&s);
	scene_expect(&s, "the list of another key", OTLS_REASON_CRL_MISSING, 0, NULL);
	scene_finish(&s);
}

/* The issuer is the anchor. */
static void
right_below_the_root(void **state)
{
	mint_revoked leaf = { OTLS_OID_INIT(SERIAL), NOW - DAY, 1, NULL, 0 };
	scene s;

	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		mint_crl_spec list = list_of(&leaf, (size_t)bad);

		scene_start(&s, bad);
		s.leaf.serial = OTLS_OID(SERIAL);
		s.params.flags = HERE;
		scene_make_all(&s);
		scene_trust(&s, s.the_root);
		scene_send(&s, scene_make(&s, &s.leaf, s.the_root));
		add_list(&s, &list, s.the_root);
		scene_judge(&s);
		scene_expect(&s, "below the root", bad ? OTLS_REASON_REVOKED : OTLS_REASON_OK, bad ? 0 : -1, NULL);
		scene_finish(&s);
	}
}

/* What is trusted itself has no issuer whose lists could be asked. */
static void
trusted_itself(void **state)
{
	scene s;

	(void)state;
	scene_start(&s, false);
	s.params.flags = ALL;
	scene_make_all(&s);
	scene_trust(&s, scene_make(&s, &s.leaf, NULL));
	scene_send(&s, s.made[3]);
	scene_judge(&s);
	scene_expect(&s, "trusted itself", OTLS_REASON_OK, -1, NULL);
	scene_finish(&s);
}

/* What the algorithm rules refuse is not shown to the library. */
static void
algorithm_that_may_not(void **state)
{
	static const uint8_t sha256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
	mint_crl_spec empty = list_of(NULL, 0);
	otls_bytes der;
	uint8_t *copy;
	size_t changed = 0;
	scene s;

	(void)state;
	scene_start(&s, true);
	s.params.flags = HERE;
	scene_usual(&s);
	der = mint_crl(&empty, s.the_middle);
	assert_non_null(der.data);
	copy = (uint8_t *)(uintptr_t)der.data;
	for (size_t i = 0; i + sizeof(sha256) <= der.len; i++)
		if (memcmp(copy + i, sha256, sizeof(sha256)) == 0) {
			copy[i + 7] = 0x01; /* ecdsa-with-SHA224 */
			changed++;
		}
	assert_int_equal(changed, 2);
	assert_int_equal(otls_store_add_crl(s.store, der.data, der.len), OTLS_OK);
	scene_judge(&s);
	scene_expect(&s, "SHA-224", OTLS_REASON_CRL_INVALID, 0,
	    "its key or its signature algorithm is too weak, or not supported");
	free(copy);
	scene_finish(&s);
}

/* A store takes lists in, and copies them, or has no memory. */
static void
stores_without_memory(void **state)
{
	mint_crl_spec empty = list_of(NULL, 0);
	otls_status added = OTLS_ERROR, copied = OTLS_ERROR;
	otls_store *store = NULL, *copy = NULL;
	otls_bytes der;
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_usual(&s);
	der = mint_crl(&empty, s.the_middle);
	assert_non_null(der.data);
	assert_int_equal(otls_store_new(&store), OTLS_OK);
	for (long n = 0; added != OTLS_OK || copied != OTLS_OK; n++) {
		allocations_left = n;
		otls__alloc_trap = allow;
		if (added != OTLS_OK)
			added = otls_store_add_crl(store, der.data, der.len);
		else
			copied = otls__store_copy(store, &copy);
		otls__alloc_trap = NULL;
		if (added != OTLS_OK)
			assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_MEMORY);
		else if (copied != OTLS_OK && copy != NULL)
			fail();
		else if (copied != OTLS_OK && n > 3)
			n = -1; /* from the first allocation of a copy on */
		assert_true(n < 100);
	}
	otls_store_free(store);
	otls_store_free(copy);
	free((void *)(uintptr_t)der.data);
	scene_finish(&s);
}

/* Cut short at every byte, and with every byte changed: never a list that says less than the whole one. */
static void
damaged_lists(void **state)
{
	mint_revoked leaf = { OTLS_OID_INIT(SERIAL), NOW - DAY, 1, NULL, 0 };
	mint_crl_spec spec = list_of(&leaf, 1);
	otls_crl *crl = NULL;
	otls_bytes der;
	uint8_t *copy;
	scene s;

	(void)state;
	scene_start(&s, true);
	s.leaf.serial = OTLS_OID(SERIAL);
	s.params.flags = HERE;
	scene_usual(&s);
	der = mint_crl(&spec, s.the_middle);
	assert_non_null(der.data);
	copy = malloc(der.len);
	assert_non_null(copy);
	for (size_t len = 0; len < der.len; len++) {
		memcpy(copy, der.data, len);
		assert_int_equal(otls__crl_parse(otls__bytes(copy, len), "list", &crl), OTLS_ERROR);
		assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FORMAT);
		assert_null(crl);
		assert_int_equal(otls_store_add_crl(s.store, copy, len), OTLS_ERROR);
		if (len > 0)
			assert_non_null(strstr(otls_error_message(otls_error_last()), "not a revocation list"));
	}
	for (size_t i = 0; i < 3 * der.len; i++) {
		static const uint8_t changes[] = { 0x01, 0x7f, 0x80 };
		otls_store *store = NULL;

		memcpy(copy, der.data, der.len);
		copy[i / 3] ^= changes[i % 3];
		assert_int_equal(otls__store_copy(s.store, &store), OTLS_OK);
		if (otls_store_add_crl(store, copy, der.len) == OTLS_OK) {
			s.params.store = store;
			scene_judge(&s);
			assert_int_not_equal(s.outcome.reason, OTLS_REASON_OK);
			assert_int_not_equal(s.outcome.reason, OTLS_REASON_REVOKED);
		}
		s.params.store = s.store;
		otls_store_free(store);
	}
	free(copy);
	free((void *)(uintptr_t)der.data);
	scene_finish(&s);
}

/* == stores == */

static void
expect_failure(otls_status status, otls_code code, const char *text)
{
	assert_int_equal(status, OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), code);
	if (strstr(otls_error_message(otls_error_last()), text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, otls_error_message(otls_error_last()));
}

static void
what_is_no_list(void **state)
{
	mint_crl_spec endless = { .no_next_update = true };
	otls_store *store = NULL;
	otls_bytes der;
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_make_all(&s);
	assert_int_equal(otls_store_new(&store), OTLS_OK);
	expect_failure(otls_store_add_crl(NULL, "", 0), OTLS_E_BAD_ARGUMENT, "store");
	expect_failure(otls_store_add_crl(store, NULL, 1), OTLS_E_BAD_ARGUMENT, "data");
	expect_failure(otls_store_add_crl(store, "", 0), OTLS_E_FORMAT, "no X509 CRL block");
	expect_failure(
	    otls_store_add_crl(store, s.the_root->pem, strlen(s.the_root->pem)), OTLS_E_FORMAT, "no X509 CRL block");
	expect_failure(otls_store_add_crl(store, s.the_root->certificate.data, s.the_root->certificate.len),
	    OTLS_E_FORMAT, "not a revocation list");
	der = mint_crl(&endless, s.the_root);
	assert_non_null(der.data);
	expect_failure(otls_store_add_crl(store, der.data, der.len), OTLS_E_FORMAT, "no date of the next list");
	free((void *)(uintptr_t)der.data);
	expect_failure(otls_store_add_crl_file(NULL, "x"), OTLS_E_BAD_ARGUMENT, "store");
	expect_failure(otls_store_add_crl_file(store, NULL), OTLS_E_BAD_ARGUMENT, "path");
	expect_failure(otls_store_add_crl_file(store, "no/such/file"), OTLS_E_FILE, "no/such/file");
	otls_store_free(store);
	scene_finish(&s);
}

/* Two in one PEM text, from one call; and they go along when a store is copied. */
static void
lists_in_pem(void **state)
{
	mint_revoked leaf = { OTLS_OID_INIT(SERIAL), NOW - DAY, 4, NULL, 0 };
	mint_crl_spec revokes = list_of(&leaf, 1), empty = list_of(NULL, 0);
	char *first, *second, both[8192];
	otls_store *copy = NULL;
	otls_bytes of_root, of_middle;
	scene s;

	(void)state;
	scene_start(&s, true);
	s.leaf.serial = OTLS_OID(SERIAL);
	s.params.flags = ALL;
	scene_usual(&s);
	of_root = mint_crl(&empty, s.the_root);
	of_middle = mint_crl(&revokes, s.the_middle);
	first = mint_pem("X509 CRL", of_root);
	second = mint_pem("X509 CRL", of_middle);
	snprintf(both, sizeof(both), "text before\n%s%s%s", first, s.the_root->pem, second);
	assert_int_equal(otls_store_add_crl(s.store, both, strlen(both)), OTLS_OK);
	assert_int_equal(otls_store_add_crl(s.store, both, strlen(both)), OTLS_OK);
	assert_int_equal(otls__store_copy(s.store, &copy), OTLS_OK);
	s.params.store = copy;
	scene_judge(&s);
	scene_expect(&s, "two lists", OTLS_REASON_REVOKED, 0, "superseded");
	s.params.store = s.store;
	otls_store_free(copy);
	free(first);
	free(second);
	free((void *)(uintptr_t)of_root.data);
	free((void *)(uintptr_t)of_middle.data);
	scene_finish(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lists_say),
		cmocka_unit_test(lists_of_namesakes),
		cmocka_unit_test(issuer_that_may_not),
		cmocka_unit_test(what_is_not_said),
		cmocka_unit_test(right_below_the_root),
		cmocka_unit_test(trusted_itself),
		cmocka_unit_test(algorithm_that_may_not),
		cmocka_unit_test(stores_without_memory),
		cmocka_unit_test(damaged_lists),
		cmocka_unit_test(what_is_no_list),
		cmocka_unit_test(lists_in_pem),
	};

	return scene_run(tests);
}
