/* Stapled OCSP responses: whose word counts, about what, for how long, and what it comes to. */
#include "scarce.h"
#include "scene.h"
#include "x509/ocsp.h"

#define REQUIRE OTLS_VERIFY_FLAG_OCSP_REQUIRE

static const mint_extension unknown = { "1.3.6.1.4.1.99999.1", true, "\x05\x00", 2 };
static const mint_extension harmless = { "1.3.6.1.4.1.99999.1", false, "\x05\x00", 2 };
static const mint_extension nonce = { "1.3.6.1.5.5.7.48.1.2", true, "\x04\x02\x01\x02", 4 };
static const mint_extension no_check = { "1.3.6.1.5.5.7.48.1.5", false, "\x05\x00", 2 };
static const mint_extension odd = { "2.5.29.54", false, "\x02\x01\x01", 3 }; /* it should be critical */
static const mint_extension must_staple = { "1.3.6.1.5.5.7.1.24", false, "\x30\x03\x02\x01\x05", 5 };
static const mint_extension other_feature = { "1.3.6.1.5.5.7.1.24", false, "\x30\x03\x02\x01\x11", 5 };

static const char *const for_ocsp[] = { MINT_OCSP_SIGNING, NULL };
static const char *const for_all[] = { "2.5.29.37.0", NULL };
static const char *const for_servers[] = { MINT_SERVER_AUTH, NULL };

/* One response of this scene's time, unless a case says otherwise. */
static mint_ocsp_spec
response_of(mint_status says)
{
	return (mint_ocsp_spec){ .says = says, .this_update = NOW - DAY, .next_update = NOW + DAY };
}

static otls_bytes
make(const mint_ocsp_spec *spec, const mint_identity *about, const mint_identity *issuer)
{
	otls_bytes der = mint_ocsp(spec, about, issuer);

	if (der.data == NULL)
		fail_msg("%s", mint_error());
	return der;
}

/* What a response says of the scene's leaf. */
static otls_ocsp_verdict
judge(scene *s, otls_bytes response)
{
	otls_ocsp_verdict verdict;

	scene_judge(s);
	assert_int_equal(s->outcome.reason, OTLS_REASON_OK);
	otls__ocsp_judge(&s->params, &s->outcome, response, &verdict);
	assert_true(verdict.reason == OTLS_REASON_OK ? verdict.detail[0] == '\0' : verdict.detail[0] != '\0');
	return verdict;
}

static void
expect(const char *name, const otls_ocsp_verdict *verdict, otls_verify_reason reason, const char *text)
{
	if (verdict->reason != reason || (text != NULL && strstr(verdict->detail, text) == NULL))
		fail_msg("%s: %s: %s", name, otls_verify_reason_name((int)verdict->reason), verdict->detail);
}

static void
expect_of(scene *s, const char *name, const mint_ocsp_spec *spec, otls_verify_reason reason, const char *text)
{
	otls_bytes response = make(spec, s->the_leaf, s->the_middle);
	otls_ocsp_verdict verdict = judge(s, response);

	expect(name, &verdict, reason, text);
	free((void *)(uintptr_t)response.data);
}

static void
what_it_says(void **state)
{
	mint_ocsp_spec good = response_of(MINT_GOOD), revoked = response_of(MINT_REVOKED),
		       unknown_status = response_of(MINT_UNKNOWN), later = { .status = 3 };
	otls_ocsp_verdict verdict;
	otls_bytes response;
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_usual(&s);
	expect_of(&s, "good", &good, OTLS_REASON_OK, NULL);
	good.hash = OTLS_HASH_SHA256;
	expect_of(&s, "good, by SHA-256", &good, OTLS_REASON_OK, NULL);
	good.by_key = true;
	expect_of(&s, "good, by key", &good, OTLS_REASON_OK, NULL);
	expect_of(&s, "unknown", &unknown_status, OTLS_REASON_OCSP_MISSING, "unknown");
	expect_of(&s, "later", &later, OTLS_REASON_OCSP_MISSING, "tryLater");
	expect_of(&s, "revoked", &revoked, OTLS_REASON_REVOKED, "was revoked on 2023-11-13 22:13:20 UTC");
	revoked.reason = 1;
	revoked.revoked_at = NOW - 5 * DAY;
	response = make(&revoked, s.the_leaf, s.the_middle);
	verdict = judge(&s, response);
	expect("revoked", &verdict, OTLS_REASON_REVOKED, "on 2023-11-09 22:13:20 UTC: keyCompromise");
	assert_int_equal(verdict.revoked_at, NOW - 5 * DAY);
	assert_int_equal(verdict.revocation_reason, 1);
	assert_int_equal(verdict.this_update, NOW - DAY);
	assert_int_equal(verdict.next_update, NOW + DAY);
	free((void *)(uintptr_t)response.data);
	verdict = judge(&s, otls__bytes(NULL, 0));
	expect("none", &verdict, OTLS_REASON_OCSP_MISSING, "no OCSP response came");
	verdict = judge(&s, otls__bytes("garbage", 7));
	expect("garbage", &verdict, OTLS_REASON_OCSP_INVALID, "not an OCSP response");
	scene_finish(&s);
}

static void
when_it_counts(void **state)
{
	static const struct {
		int64_t this_update, next_update;
		otls_verify_reason reason;
		const char *text;
	} rows[] = {
		{ NOW, NOW, OTLS_REASON_OK, NULL },
		{ NOW - DAY, NOW - 1, OTLS_REASON_OCSP_INVALID, "expired on 2023-11-14 22:13:19 UTC" },
		{ NOW + 300, NOW + DAY, OTLS_REASON_OK, NULL },
		{ NOW + 301, NOW + DAY, OTLS_REASON_OCSP_INVALID, "not valid before 2023-11-14 22:18:21 UTC" },
		{ NOW, NOW - 1, OTLS_REASON_OCSP_INVALID, "ends before it begins" },
		{ NOW - 7 * DAY, 0, OTLS_REASON_OK, NULL },
		{ NOW - 7 * DAY - 1, 0, OTLS_REASON_OCSP_INVALID, "how long it is valid" },
	};
	mint_ocsp_spec spec;
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_usual(&s);
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		spec = response_of(MINT_GOOD);
		spec.this_update = rows[i].this_update;
		spec.next_update = rows[i].next_update;
		spec.no_next_update = rows[i].next_update == 0;
		expect_of(&s, "a date", &spec, rows[i].reason, rows[i].text);
	}
	spec = response_of(MINT_REVOKED);
	spec.this_update = NOW - 9 * DAY;
	spec.next_update = NOW - 8 * DAY;
	expect_of(&s, "revoked long ago", &spec, OTLS_REASON_REVOKED, NULL);
	scene_finish(&s);
}

/* Of several answers a revocation counts, else the newest (GnuTLS CVE-2026-3832: one that was good hid the others). */
static void
several_answers(void **state)
{
	mint_ocsp_spec good = response_of(MINT_GOOD), revoked = response_of(MINT_REVOKED),
		       newer = response_of(MINT_UNKNOWN);
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_usual(&s);
	revoked.this_update = NOW - 2 * DAY;
	good.next = &revoked;
	expect_of(&s, "good, revoked", &good, OTLS_REASON_REVOKED, NULL);
	good.next = NULL;
	revoked.next = &good;
	expect_of(&s, "revoked, good", &revoked, OTLS_REASON_REVOKED, NULL);
	newer.this_update = NOW;
	good.next = &newer;
	expect_of(&s, "good, then unknown", &good, OTLS_REASON_OCSP_MISSING, NULL);
	good.next = NULL;
	newer.next = &good;
	expect_of(&s, "unknown, before that good", &newer, OTLS_REASON_OCSP_MISSING, NULL);
	newer.this_update = NOW - 2 * DAY;
	expect_of(&s, "unknown, then good", &newer, OTLS_REASON_OK, NULL);
	newer.this_update = good.this_update; /* of the same time: the first one */
	expect_of(&s, "unknown and good", &newer, OTLS_REASON_OCSP_MISSING, NULL);
	newer.next = NULL;
	good.next = &newer;
	expect_of(&s, "good and unknown", &good, OTLS_REASON_OK, NULL);
	scene_finish(&s);
}

static void
what_it_is_about(void **state)
{
	mint_ocsp_spec good = response_of(MINT_GOOD);
	mint_spec other = scene_spec("leaf"), namesake = scene_authority("Middle"),
		  renamed = scene_authority("Another");
	otls_ocsp_verdict verdict;
	otls_bytes response;
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	renamed.key = s.the_middle->key;
	for (int i = 0; i < 3; i++) { /* another serial number, another issuer's name, another issuer's key */
		const mint_identity *about = i == 0 ? scene_make(&s, &other, s.the_middle) : s.the_leaf;
		const mint_identity *issuer = i == 0 ? s.the_middle
						     : scene_make(&s, i == 1 ? &renamed : &namesake, s.the_root);

		response = make(&good, about, issuer);
		verdict = judge(&s, response);
		expect("another", &verdict, OTLS_REASON_OCSP_INVALID, "about another certificate");
		free((void *)(uintptr_t)response.data);
	}
	scene_finish(&s);
}

static void
whether_it_is_whole(void **state)
{
	mint_ocsp_spec spec = response_of(MINT_GOOD);
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	spec.extension_count = spec.single_extension_count = 1;
	spec.extensions = &nonce;
	spec.single_extensions = &harmless;
	expect_of(&s, "extensions", &spec, OTLS_REASON_OK, NULL);
	spec.single_extensions = &unknown;
	expect_of(&s, "a critical one", &spec, OTLS_REASON_OCSP_INVALID, "critical");
	spec.single_extensions = &harmless;
	spec.extensions = &unknown;
	expect_of(&s, "a critical one of all", &spec, OTLS_REASON_OCSP_INVALID, "critical");
	spec = response_of(MINT_GOOD);
	spec.damaged = true;
	expect_of(&s, "damaged", &spec, OTLS_REASON_OCSP_INVALID, "signature of the OCSP response is wrong");
	spec.says = MINT_REVOKED;
	expect_of(&s, "damaged, revoked", &spec, OTLS_REASON_OCSP_INVALID, "signature of the OCSP response is wrong");
	spec.signer = s.the_middle; /* whose certificate comes along, which is no delegate's */
	expect_of(
	    &s, "damaged, with the issuer", &spec, OTLS_REASON_OCSP_INVALID, "signature of the OCSP response is wrong");
	spec.damaged = false;
	spec.says = MINT_GOOD;
	spec.copies = OTLS_OCSP_SIGNERS_MAX;
	expect_of(&s, "four certificates", &spec, OTLS_REASON_OK, NULL);
	spec.copies++;
	expect_of(&s, "five", &spec, OTLS_REASON_OCSP_INVALID, "more than 4 certificates");
	spec = response_of(MINT_GOOD);
	spec.scheme = 0x0203;
	expect_of(&s, "by SHA-1", &spec, OTLS_REASON_OCSP_INVALID, "too weak");
	scene_finish(&s);
}

/* == delegates == */

static void
whose_word_counts(void **state)
{
	enum {
		GOOD,
		BY_KEY,
		NO_USAGE,
		ALL,
		NAMELESS,
		OTHER_ISSUER,
		SERVERS,
		ANY,
		NONE,
		EXPIRED,
		EARLY,
		CRITICAL,
		USAGE,
		FORGED,
		NAMESAKE,
		LEFT_OUT,
		WRONG,
		WEAK,
		JUST_NOW,
		DEFECT,
		COUNT
	};
	static const char *const texts[COUNT] = {
		[OTHER_ISSUER] = "was not appointed",
		[SERVERS] = "extended key usage",
		[ANY] = "extended key usage",
		[NONE] = "extended key usage",
		[EXPIRED] = "has expired",
		[EARLY] = "not valid yet",
		[CRITICAL] = "critical extension",
		[USAGE] = "key usage",
		[FORGED] = "signature of the OCSP response's signer",
		[NAMESAKE] = "signature of the OCSP response's signer",
		[LEFT_OUT] = "not known",
		[WRONG] = "signature of the OCSP response is wrong",
		[WEAK] = "the OCSP response's signer is too weak",
		[DEFECT] = "the certificate of the OCSP response's signer is malformed",
	};
	mint_spec impostor = scene_authority("Middle");
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	for (int i = 0; i < COUNT; i++) {
		mint_ocsp_spec spec = response_of(MINT_GOOD);
		mint_spec signer = scene_spec("Signer");
		const mint_identity *issuer = s.the_middle;
		char name[16];

		signer.purposes = i == SERVERS ? for_servers : i == ANY ? for_all : for_ocsp;
		signer.no_purposes = i == NONE;
		signer.no_key_usage = i == NO_USAGE;
		signer.common_name = i == NAMELESS ? "Middle" : "Signer"; /* as its issuer is called */
		if (i == JUST_NOW)
			signer.not_before = signer.not_after = NOW;
		if (i == DEFECT) {
			signer.extensions = &odd;
			signer.extension_count = 1;
		}
		if (i == EXPIRED)
			signer.not_after = NOW - 1;
		if (i == EARLY)
			signer.not_before = NOW + 1;
		if (i == CRITICAL || i == ALL) {
			signer.extensions = i == CRITICAL ? &unknown : &no_check;
			signer.extension_count = 1;
		}
		signer.has_key_usage = i == USAGE;
		signer.key_usage = OTLS_KEY_USAGE_KEY_ENCIPHERMENT;
		signer.damaged = i == FORGED;
		if (i == WEAK)
			signer.scheme = 0x0203; /* SHA-1 */
		if (i == OTHER_ISSUER)
			issuer = s.the_root;
		if (i == NAMESAKE)
			issuer = scene_make(&s, &impostor, s.the_root);
		spec.signer = scene_make(&s, &signer, issuer);
		spec.by_key = i == BY_KEY;
		spec.no_certificate = i == LEFT_OUT;
		spec.damaged = i == WRONG;
		snprintf(name, sizeof(name), "row %d", i);
		expect_of(&s, name, &spec, texts[i] == NULL ? OTLS_REASON_OK : OTLS_REASON_OCSP_INVALID, texts[i]);
	}
	scene_finish(&s);
}

/* With revocation lists at hand the delegate is looked up in them, unless its issuer says that this is not wanted. */
static void
revoked_delegates(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) { /* without lists, with one, with one that does not matter */
		mint_revoked gone = { OTLS_OID_INIT("\x55"), NOW - DAY, 1, NULL, 0 };
		mint_crl_spec list = {
			.this_update = NOW - DAY, .next_update = NOW + DAY, .revoked = &gone, .revoked_count = 1
		};
		mint_ocsp_spec spec = response_of(MINT_GOOD);
		mint_spec signer = scene_spec("Signer");
		otls_bytes crl;
		scene s;

		scene_start(&s, i == 1);
		scene_usual(&s);
		signer.purposes = for_ocsp;
		signer.serial = gone.serial;
		signer.extensions = &no_check;
		signer.extension_count = i == 2 ? 1 : 0;
		spec.signer = scene_make(&s, &signer, s.the_middle);
		crl = mint_crl(&list, s.the_middle);
		assert_int_equal(otls_store_add_crl(s.store, crl.data, crl.len), OTLS_OK);
		free((void *)(uintptr_t)crl.data);
		s.params.flags = i == 0 ? 0 : OTLS_VERIFY_FLAG_CRL;
		expect_of(&s, "a delegate", &spec, i == 1 ? OTLS_REASON_OCSP_INVALID : OTLS_REASON_OK,
		    i == 1 ? "signer is revoked" : NULL);
		scene_finish(&s);
	}
}

/* == what it costs == */

static unsigned checks;

static otls_status
count_checks(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	checks++;
	return scene_backend->engine->verify_signature(spki, algorithm, tbs, signature, report);
}

static void
budget(void **state)
{
	mint_ocsp_spec good = response_of(MINT_GOOD);
	otls_ocsp_verdict verdict;
	otls_bytes response;
	scene s;

	(void)state;
	scene_start(&s, false);
	s.engine.verify_signature = count_checks;
	scene_usual(&s);
	response = make(&good, s.the_leaf, s.the_middle);
	checks = 0;
	verdict = judge(&s, response);
	expect("counted", &verdict, OTLS_REASON_OK, NULL);
	assert_int_equal(s.outcome.cost.signatures, checks);
	assert_int_equal(checks, 3);
	s.outcome.cost.signature_units = 598;
	otls__ocsp_judge(&s.params, &s.outcome, response, &verdict);
	expect("spent", &verdict, OTLS_REASON_TOO_COSTLY, "too many signatures");
	assert_int_equal(checks, 3);
	s.outcome.cost.signature_units = 597;
	otls__ocsp_judge(&s.params, &s.outcome, response, &verdict);
	expect("enough", &verdict, OTLS_REASON_OK, NULL);
	free((void *)(uintptr_t)response.data);
	scene_finish(&s);
}

/* The lists that a delegate is looked up in cost what they cost. */
static void
budget_of_delegates(void **state)
{
	mint_crl_spec list = { .this_update = NOW - DAY, .next_update = NOW + DAY };
	mint_ocsp_spec spec = response_of(MINT_GOOD);
	mint_spec signer = scene_spec("Signer");
	otls_ocsp_verdict verdict;
	otls_bytes crl, response;
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	signer.purposes = for_ocsp;
	spec.signer = scene_make(&s, &signer, s.the_middle);
	crl = mint_crl(&list, s.the_middle);
	assert_int_equal(otls_store_add_crl(s.store, crl.data, crl.len), OTLS_OK);
	response = make(&spec, s.the_leaf, s.the_middle);
	scene_judge(&s);
	s.params.flags = OTLS_VERIFY_FLAG_CRL;
	s.outcome.cost.signature_units = 591; /* delegate, response and list take 3 each */
	otls__ocsp_judge(&s.params, &s.outcome, response, &verdict);
	expect("enough", &verdict, OTLS_REASON_OK, NULL);
	s.outcome.cost.signature_units = 592;
	otls__ocsp_judge(&s.params, &s.outcome, response, &verdict);
	expect("spent", &verdict, OTLS_REASON_TOO_COSTLY, "too many signatures");
	free((void *)(uintptr_t)crl.data);
	free((void *)(uintptr_t)response.data);
	scene_finish(&s);
}

/* == libraries that fail == */

static otls_status
fail_check(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	(void)spki, (void)algorithm, (void)tbs, (void)signature;
	report->code = OTLS_E_BACKEND;
	return OTLS_ERROR;
}

static otls_status
count_failed_checks(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	checks++;
	return fail_check(spki, algorithm, tbs, signature, report);
}

static otls_status
fail_hash(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	(void)hash, (void)parts, (void)n, (void)out, (void)len;
	report->code = OTLS_E_BACKEND;
	return OTLS_ERROR;
}

/* What cannot be looked at is not good, and a signature that nobody could check is not a wrong one. */
static void
library_fails(void **state)
{
	mint_ocsp_spec good = response_of(MINT_GOOD);
	otls_ocsp_verdict verdict;
	otls_bytes response;
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	response = make(&good, s.the_leaf, s.the_middle);
	verdict = judge(&s, response);
	expect("works", &verdict, OTLS_REASON_OK, NULL);
	s.engine.verify_signature = fail_check;
	otls__ocsp_judge(&s.params, &s.outcome, response, &verdict);
	expect("no check", &verdict, OTLS_REASON_INTERNAL, "could not check");
	assert_int_equal(verdict.report.code, OTLS_E_BACKEND);
	s.engine.hash = fail_hash;
	otls__ocsp_judge(&s.params, &s.outcome, response, &verdict);
	expect("no hash", &verdict, OTLS_REASON_OCSP_INVALID, "another certificate");
	free((void *)(uintptr_t)response.data);
	scene_finish(&s);
}

/* A certificate in it that is none, and memory for those that are. */
static void
signers_that_cannot_be_read(void **state)
{
	mint_ocsp_spec spec = response_of(MINT_GOOD);
	mint_spec signer = scene_spec("Signer");
	otls_ocsp_verdict verdict;
	otls_bytes response;
	uint8_t *version;
	bool done = false;
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	signer.purposes = for_ocsp;
	spec.signer = scene_make(&s, &signer, s.the_middle);
	response = make(&spec, s.the_leaf, s.the_middle);
	scene_judge(&s);
	for (long n = 0; !done; n++) {
		allocations_left = n;
		otls__alloc_trap = allow;
		otls__ocsp_judge(&s.params, &s.outcome, response, &verdict);
		otls__alloc_trap = NULL;
		done = verdict.reason == OTLS_REASON_OK;
		if (!done) {
			expect("without memory", &verdict, OTLS_REASON_INTERNAL, "out of memory");
			assert_int_equal(verdict.report.code, OTLS_E_MEMORY);
		}
		assert_true(n < 100);
	}
	version = (uint8_t *)(uintptr_t)response.data;
	while (memcmp(version, "\xa0\x03\x02\x01\x02", 5) != 0)
		assert_true(++version + 5 <= response.data + response.len);
	version[4] = 9;
	otls__ocsp_judge(&s.params, &s.outcome, response, &verdict);
	expect("version 10", &verdict, OTLS_REASON_OCSP_INVALID, "a certificate in the OCSP response is malformed");
	free((void *)(uintptr_t)response.data);
	scene_finish(&s);
}

/* What is not good, and not missing, is told as it is. */
static void
what_is_told(void **state)
{
	mint_ocsp_spec revoked = response_of(MINT_REVOKED);
	otls_ocsp_verdict verdict;
	otls_finding finding;
	otls_bytes response;
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	response = make(&revoked, s.the_leaf, s.the_middle);
	verdict = judge(&s, response);
	otls__ocsp_conclude(&s.params, &verdict, &finding);
	assert_int_equal(finding.reason, OTLS_REASON_REVOKED);
	assert_int_equal(finding.depth, 0);
	assert_string_equal(finding.detail, verdict.detail);
	free((void *)(uintptr_t)response.data);
	scene_finish(&s);
}

/* What ends the search of a signer: one whom the library could not check, or for whom nothing is left. */
static void
the_search_ends(void **state)
{
	mint_ocsp_spec spec = response_of(MINT_GOOD);
	mint_spec signer = scene_spec("Signer");
	otls_ocsp_verdict verdict;
	otls_bytes response;
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	signer.purposes = for_ocsp;
	spec.signer = scene_make(&s, &signer, s.the_middle);
	spec.copies = 2;
	response = make(&spec, s.the_leaf, s.the_middle);
	scene_judge(&s);
	s.outcome.cost.signature_units = 598;
	otls__ocsp_judge(&s.params, &s.outcome, response, &verdict);
	expect("spent", &verdict, OTLS_REASON_TOO_COSTLY, "too many signatures");
	s.outcome.cost.signature_units = 700; /* more than there is: nothing is left */
	otls__ocsp_judge(&s.params, &s.outcome, response, &verdict);
	expect("spent", &verdict, OTLS_REASON_TOO_COSTLY, "too many signatures");
	s.outcome.cost.signature_units = 0;
	s.engine.verify_signature = count_failed_checks;
	checks = 0;
	otls__ocsp_judge(&s.params, &s.outcome, response, &verdict);
	expect("fails", &verdict, OTLS_REASON_INTERNAL, "could not check");
	assert_int_equal(checks, 1);
	free((void *)(uintptr_t)response.data);
	scene_finish(&s);
}

/* A response of which one byte was changed is never good, and never says that anybody is revoked. */
static void
damaged(void **state)
{
	mint_ocsp_spec spec = response_of(MINT_REVOKED);
	mint_spec signer = scene_spec("Signer");
	otls_ocsp_verdict verdict;
	otls_bytes response;
	uint8_t *copy;
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	signer.purposes = for_ocsp;
	spec.signer = scene_make(&s, &signer, s.the_middle);
	response = make(&spec, s.the_leaf, s.the_middle);
	copy = malloc(response.len);
	assert_non_null(copy);
	for (size_t i = 0; i < response.len; i++) {
		memcpy(copy, response.data, response.len);
		copy[i] ^= 1u << i % 8;
		verdict = judge(&s, otls__bytes(copy, response.len));
		if (verdict.reason != OTLS_REASON_OCSP_INVALID && verdict.reason != OTLS_REASON_OCSP_MISSING)
			fail_msg("byte %zu: %s: %s", i, otls_verify_reason_name((int)verdict.reason), verdict.detail);
	}
	free(copy);
	free((void *)(uintptr_t)response.data);
	scene_finish(&s);
}

/* == what it comes to == */

static void
what_is_forgiven(void **state)
{
	static const struct {
		const mint_extension *feature;
		uint64_t flags;
		const char *text;
	} rows[] = {
		{ NULL, 0, NULL },
		{ &other_feature, 0, NULL },
		{ &must_staple, 0, "no OCSP response came, and the certificate demands one (RFC 7633)" },
		{ NULL, REQUIRE, "no OCSP response came, and a good one is required here" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_ocsp_verdict verdict;
		otls_finding finding;
		scene s;

		scene_start(&s, rows[i].text != NULL);
		s.leaf.extensions = rows[i].feature;
		s.leaf.extension_count = rows[i].feature != NULL ? 1 : 0;
		s.params.flags = rows[i].flags;
		scene_usual(&s);
		verdict = judge(&s, otls__bytes(NULL, 0));
		otls__ocsp_conclude(&s.params, &verdict, &finding);
		assert_int_equal(finding.reason, s.bad ? OTLS_REASON_OCSP_MISSING : OTLS_REASON_OK);
		assert_string_equal(finding.detail, s.bad ? rows[i].text : "");
		verdict = judge(&s, otls__bytes("\x30", 1));
		otls__ocsp_conclude(&s.params, &verdict, &finding);
		assert_int_equal(finding.reason, OTLS_REASON_OCSP_INVALID);
		scene_finish(&s);
	}
}

/* RFC 7633, section 4.2.2. */
static void
authorities_that_demand(void **state)
{
	static const mint_extension both = { "1.3.6.1.5.5.7.1.24", false, "\x30\x06\x02\x01\x11\x02\x01\x05", 8 };
	static const struct {
		const mint_extension *root, *middle, *leaf;
		int depth; /* of the fault; -1: none */
	} rows[] = {
		{ NULL, NULL, &must_staple, -1 },
		{ NULL, &must_staple, &must_staple, -1 },
		{ NULL, &must_staple, &both, -1 },
		{ NULL, &must_staple, NULL, 0 },
		{ NULL, &must_staple, &other_feature, 0 },
		{ NULL, &both, &must_staple, 0 },
		{ &must_staple, NULL, &must_staple, 1 },
		{ &must_staple, &must_staple, &must_staple, -1 },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		char name[16];
		scene s;

		scene_start(&s, rows[i].depth >= 0);
		s.root.extensions = rows[i].root;
		s.root.extension_count = rows[i].root != NULL ? 1 : 0;
		s.middle.extensions = rows[i].middle;
		s.middle.extension_count = rows[i].middle != NULL ? 1 : 0;
		s.leaf.extensions = rows[i].leaf;
		s.leaf.extension_count = rows[i].leaf != NULL ? 1 : 0;
		scene_usual(&s);
		scene_judge(&s);
		snprintf(name, sizeof(name), "row %zu", i);
		scene_expect(&s, name, s.bad ? OTLS_REASON_POLICY : OTLS_REASON_OK, rows[i].depth,
		    s.bad ? "lacks a TLS feature" : NULL);
		scene_finish(&s);
	}
}

/* Two long lists of features would take as many comparisons as the product of their lengths. */
static void
many_features(void **state)
{
	enum { COUNT = 1000 };
	static uint8_t list[4 + 4 * COUNT];
	mint_extension features = { "1.3.6.1.5.5.7.1.24", false, list, sizeof(list) };
	scene s;

	(void)state;
	memcpy(list, "\x30\x82", 2);
	otls__put16(list + 2, sizeof(list) - 4);
	for (size_t i = 0; i < COUNT; i++) {
		memcpy(list + 4 + 4 * i, "\x02\x02", 2);
		otls__put16(list + 6 + 4 * i, (uint16_t)(0x1000 + i));
	}
	scene_start(&s, true);
	s.middle.extensions = s.leaf.extensions = s.root.extensions = &features;
	s.middle.extension_count = s.leaf.extension_count = 1;
	scene_usual(&s);
	scene_judge(&s);
	s.bad = false;
	scene_expect(&s, "one list", OTLS_REASON_OK, -1, NULL);
	scene_finish(&s);
	scene_start(&s, true);
	s.middle.extensions = s.leaf.extensions = s.root.extensions = &features;
	s.middle.extension_count = s.leaf.extension_count = s.root.extension_count = 1;
	scene_usual(&s);
	scene_judge(&s);
	scene_expect(&s, "two", OTLS_REASON_TOO_COSTLY, -1, "too many TLS features");
	scene_finish(&s);
}

/* A leaf that is trusted by itself: its own issuer, or one whose issuer is nowhere. */
static void
without_an_issuer(void **state)
{
	mint_ocsp_spec good = response_of(MINT_GOOD);
	otls_ocsp_verdict verdict;
	otls_bytes response;
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_make_all(&s);
	scene_trust(&s, s.the_leaf);
	scene_send(&s, s.the_leaf);
	s.params.flags = OTLS_VERIFY_FLAG_PARTIAL_CHAIN;
	response = make(&good, s.the_leaf, s.the_middle);
	verdict = judge(&s, response);
	expect("no issuer", &verdict, OTLS_REASON_OCSP_MISSING, "its issuer is not known");
	free((void *)(uintptr_t)response.data);
	scene_finish(&s);

	scene_start(&s, false);
	s.the_leaf = scene_make(&s, &s.leaf, NULL);
	scene_trust(&s, s.the_leaf);
	scene_send(&s, s.the_leaf);
	response = make(&good, s.the_leaf, s.the_leaf);
	verdict = judge(&s, response);
	expect("its own", &verdict, OTLS_REASON_OK, NULL);
	free((void *)(uintptr_t)response.data);
	scene_finish(&s);
}

/* == without a connection == */

static void
verification(void **state)
{
	mint_ocsp_spec good = response_of(MINT_GOOD), revoked = response_of(MINT_REVOKED);
	otls_verification *check = NULL;
	otls_bytes is_good, is_revoked;
	otls_check_result result = OTLS_CHECK_PASSED;
	const char *name;
	char *pem;
	int depth = 0;
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	is_good = make(&good, s.the_leaf, s.the_middle);
	is_revoked = make(&revoked, s.the_leaf, s.the_middle);
	pem = mint_pem("OCSP RESPONSE", is_good);
	assert_int_equal(otls_store_set_time(s.store, NOW), OTLS_OK);
	assert_int_equal(otls_verification_new(scene_backend, s.store, &check), OTLS_OK);
	assert_int_equal(otls_verification_add_intermediate(check, s.chain[1]), OTLS_OK);
	assert_int_equal(otls_verification_run(check, s.chain[0]), OTLS_OK);
	assert_int_equal(otls_verification_set_ocsp_response(check, is_revoked.data, is_revoked.len), OTLS_OK);
	assert_int_equal(otls_verification_run(check, s.chain[0]), OTLS_ERROR);
	assert_int_equal(otls_verification_reason(check, &depth), OTLS_REASON_REVOKED);
	assert_int_equal(depth, 0);
	assert_int_equal(otls_error_verify_reason(otls_error_last()), OTLS_REASON_REVOKED);
	for (size_t i = 0; (name = otls_verification_check_at(check, i, &result)) != NULL; i++)
		assert_int_equal(result, strcmp(name, "revocation") == 0 ? OTLS_CHECK_FAILED
					 : strcmp(name, "name") == 0     ? OTLS_CHECK_NOT_ASKED
									 : OTLS_CHECK_PASSED);
	assert_int_equal(otls_verification_set_ocsp_response(check, pem, strlen(pem)), OTLS_OK);
	assert_int_equal(otls_verification_set_flags(check, REQUIRE), OTLS_OK);
	assert_int_equal(otls_verification_run(check, s.chain[0]), OTLS_OK);
	assert_int_equal(otls_verification_set_ocsp_response(check, "x", 1), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FORMAT);
	assert_int_equal(otls_verification_run(check, s.chain[0]), OTLS_OK);
	assert_int_equal(otls_verification_set_ocsp_response(check, NULL, 0), OTLS_OK);
	assert_int_equal(otls_verification_run(check, s.chain[0]), OTLS_ERROR);
	assert_int_equal(otls_verification_reason(check, NULL), OTLS_REASON_OCSP_MISSING);
	assert_int_equal(otls_verification_set_ocsp_response(NULL, NULL, 0), OTLS_ERROR);
	otls_verification_free(check);
	free(pem);
	free((void *)(uintptr_t)is_good.data);
	free((void *)(uintptr_t)is_revoked.data);
	scene_finish(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says),
		cmocka_unit_test(when_it_counts),
		cmocka_unit_test(several_answers),
		cmocka_unit_test(what_it_is_about),
		cmocka_unit_test(whether_it_is_whole),
		cmocka_unit_test(whose_word_counts),
		cmocka_unit_test(revoked_delegates),
		cmocka_unit_test(budget),
		cmocka_unit_test(budget_of_delegates),
		cmocka_unit_test(library_fails),
		cmocka_unit_test(signers_that_cannot_be_read),
		cmocka_unit_test(what_is_told),
		cmocka_unit_test(the_search_ends),
		cmocka_unit_test(damaged),
		cmocka_unit_test(what_is_forgiven),
		cmocka_unit_test(authorities_that_demand),
		cmocka_unit_test(many_features),
		cmocka_unit_test(without_an_issuer),
		cmocka_unit_test(verification),
	};

	return scene_run(tests);
}
