/* Pins: what is read and what is refused, with which key matches, and the verdict where a key is all that is trusted. */
#include "scarce.h"
#include "scene.h"
#include "x509/pins.h"

#define BASE64 "sha256//AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define HEX    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static bool
is_counting(const uint8_t hash[OTLS_PIN_LEN])
{
	for (size_t i = 0; i < OTLS_PIN_LEN; i++)
		if (hash[i] != i)
			return false;
	return true;
}

static void
good_ones(void **state)
{
	static const struct row {
		const char *text;
		size_t count;
	} rows[] = {
		{ BASE64, 1 },
		{ HEX, 1 },
		{ "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", 1 },
		{ BASE64 ";" HEX, 2 },
		{ HEX ";" HEX ";" BASE64, 3 },
	};
	otls_pin_list list = { 0 }, copy = { 0 };
	size_t count = 0;

	(void)state;
	assert_true(otls__pins_copy(&list, &copy));
	assert_int_equal(copy.count, 0);
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		assert_int_equal(otls__pins_add(&list, "test", rows[i].text), OTLS_OK);
		assert_int_equal(list.count, count += rows[i].count);
	}
	assert_true(otls__pins_copy(&list, &copy));
	otls__pins_fini(&list);
	assert_int_equal(list.count, 0);
	assert_int_equal(copy.count, count);
	for (size_t i = 0; i < copy.count; i++)
		assert_true(is_counting(copy.hashes[i]));
	otls__pins_fini(&copy);
}

/* Nothing of a text that has one bad pin in it is taken. */
static void
bad_ones(void **state)
{
	static const struct row {
		const char *text, *says;
	} rows[] = {
		{ "", "\"\": it is empty" },
		{ HEX ";", "\"\": it is empty" },
		{ ";" HEX, "\"\": it is empty" },
		{ HEX ";;" HEX, "\"\": it is empty" },
		{ "sha256//", "44 characters" },
		{ "sha256//AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "44 characters" },
		{ BASE64 "=", "44 characters" },
		{ "sha256//AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8!", "not the BASE64 of 32 bytes" },
		{ "sha256//AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8A", "not the BASE64 of 32 bytes" },
		{ "sha256//AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", "not the BASE64 of 32 bytes" },
		{ "sha256//AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh=8", "not the BASE64 of 32 bytes" },
		{ "sha256", "or 64 hexadecimal digits" },
		{ "sha512//AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "or 64 hexadecimal digits" },
		{ "00", "or 64 hexadecimal digits" },
		{ HEX "0", "or 64 hexadecimal digits" },
		{ "g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "no hexadecimal digit" },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1/", "no hexadecimal digit" },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1:", "no hexadecimal digit" },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1@", "no hexadecimal digit" },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1G", "no hexadecimal digit" },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1`", "no hexadecimal digit" },
		{ BASE64 ";nonsense", "\"nonsense\": a pin is" },
	};
	otls_pin_list list = { 0 };

	(void)state;
	assert_int_equal(otls__pins_add(&list, "test", HEX), OTLS_OK);
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		const char *said;

		assert_int_equal(otls__pins_add(&list, "the_call", rows[i].text), OTLS_ERROR);
		said = otls_error_message(otls_error_last());
		assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_BAD_ARGUMENT);
		if (strstr(said, rows[i].says) == NULL || strstr(said, "the_call") == NULL)
			fail_msg("\"%s\": %s", rows[i].text, said);
		assert_int_equal(list.count, 1);
	}
	otls__pins_fini(&list);
}

/* == which key == */

static void
pin(otls_pin_list *list, const otls_certificate *cert)
{
	assert_int_equal(otls__pins_add(list, "test", otls_certificate_spki_pin(cert)), OTLS_OK);
}

static otls_status
cannot_hash(otls_hash hash, const otls_bytes *parts, size_t count, uint8_t *out, size_t *len, otls_report *report)
{
	(void)hash, (void)parts, (void)count, (void)out, (void)len, (void)report;
	return OTLS_ERROR;
}

static otls_status
hashes_short(otls_hash hash, const otls_bytes *parts, size_t count, uint8_t *out, size_t *len, otls_report *report)
{
	(void)hash, (void)parts, (void)count, (void)report;
	memset(out, 0, OTLS_PIN_LEN);
	*len = OTLS_PIN_LEN - 1;
	return OTLS_OK;
}

static void
matching(void **state)
{
	otls_pin_list list = { 0 };
	scene s;

	(void)state;
	scene_start(&s, false);
	scene_usual(&s);
	assert_int_equal(otls__pins_add(&list, "test", HEX), OTLS_OK);
	assert_int_equal(otls__pins_match(&s.engine, &list, s.chain, 2), OTLS_REASON_PIN_MISMATCH);
	pin(&list, s.chain[1]);
	assert_int_equal(otls__pins_match(&s.engine, &list, s.chain, 1), OTLS_REASON_PIN_MISMATCH);
	assert_int_equal(otls__pins_match(&s.engine, &list, s.chain, 2), OTLS_REASON_OK);
	s.engine.hash = cannot_hash;
	assert_int_equal(otls__pins_match(&s.engine, &list, s.chain, 2), OTLS_REASON_INTERNAL);
	s.engine.hash = hashes_short;
	assert_int_equal(otls__pins_match(&s.engine, &list, s.chain, 2), OTLS_REASON_INTERNAL);
	otls__pins_fini(&list);
	scene_finish(&s);
}

/* == the key instead of the chain == */

static void
expect_by_key(scene *s, const otls_pin_list *list, otls_verify_reason reason, const char *text)
{
	otls__verify_outcome_fini(&s->outcome);
	otls__verify_key(&s->params, list, &s->outcome);
	scene_expect(s, "by key", reason, reason == OTLS_REASON_OK ? -1 : 0, text);
	assert_int_equal(s->outcome.findings.count, s->params.find_all && reason != OTLS_REASON_OK ? 1 : 0);
}

/* Neither chain nor name nor dates count. */
static void
key_alone(void **state)
{
	otls_pin_list list = { 0 };
	scene s;

	(void)state;
	scene_start(&s, false);
	s.leaf.not_after = NOW - 1;
	scene_make_all(&s);
	scene_send(&s, s.the_leaf);
	assert_int_equal(otls__peer_name_parse("other.example", &s.name), OTLS_OK);
	pin(&list, s.chain[0]);
	expect_by_key(&s, &list, OTLS_REASON_OK, "");
	list.hashes[0][0] ^= 1;
	s.bad = true;
	expect_by_key(&s, &list, OTLS_REASON_PIN_MISMATCH, "CN=leaf: ");
	s.params.find_all = true;
	expect_by_key(&s, &list, OTLS_REASON_PIN_MISMATCH, "CN=leaf: ");
	otls__pins_fini(&list);
	scene_finish(&s);
}

/* What makes a certificate fit for a handshake does. */
static void
key_that_may_not_sign(void **state)
{
	for (int bad = 0; bad < 2; bad++) {
		otls_pin_list list = { 0 };
		scene s;

		(void)state;
		scene_start(&s, bad != 0);
		s.leaf.has_key_usage = true;
		s.leaf.key_usage = s.bad ? OTLS_KEY_USAGE_KEY_AGREEMENT : OTLS_KEY_USAGE_DIGITAL_SIGNATURE;
		scene_usual(&s);
		pin(&list, s.chain[0]);
		s.params.find_all = true;
		expect_by_key(&s, &list, s.bad ? OTLS_REASON_INVALID_PURPOSE : OTLS_REASON_OK,
		    s.bad ? "may not make signatures" : "");
		otls__pins_fini(&list);
		scene_finish(&s);
	}
}

/* == memory == */

static void
without_memory(void **state)
{
	otls_pin_list list = { 0 }, copy = { 0 };
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	s.params.find_all = true;
	allocations_left = 0;
	otls__alloc_trap = allow;
	assert_int_equal(otls__pins_add(&list, "test", HEX), OTLS_ERROR);
	otls__alloc_trap = NULL;
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_MEMORY);
	assert_int_equal(list.count, 0);
	assert_int_equal(otls__pins_add(&list, "test", HEX), OTLS_OK);
	allocations_left = 0;
	otls__alloc_trap = allow;
	assert_false(otls__pins_copy(&list, &copy));
	otls__verify_key(&s.params, &list, &s.outcome);
	otls__alloc_trap = NULL;
	assert_int_equal(copy.count, 0);
	assert_int_equal(s.outcome.reason, OTLS_REASON_INTERNAL);
	assert_int_equal(s.outcome.report.code, OTLS_E_MEMORY);
	assert_string_equal(s.outcome.text, "out of memory");
	otls__pins_fini(&list);
	scene_finish(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones),
		cmocka_unit_test(bad_ones),
		cmocka_unit_test(matching),
		cmocka_unit_test(key_alone),
		cmocka_unit_test(key_that_may_not_sign),
		cmocka_unit_test(without_memory),
	};

	return scene_run(tests);
}
