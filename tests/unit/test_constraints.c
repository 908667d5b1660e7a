/* Name constraints: each form of name, permitted and excluded, and whose constraints bind whom. */
#include "der_out.h"
#include "scene.h"

#define PERMITTED 0
#define EXCLUDED  1

static void
put_base(struct der_out *out, int list, int tag, const void *base, size_t len)
{
	der_open(out, DER_SEQUENCE);
	der_open(out, DER_CONTEXT_CONSTRUCTED + list);
	der_open(out, DER_SEQUENCE);
	der_value(out, tag, base, len);
	der_close(out);
	der_close(out);
	der_close(out);
}

static const struct constraint_row {
	int list, tag;
	const char *base;
	size_t base_len;
	otls_san_kind kind;
	const char *name;
	size_t name_len;
	otls_verify_reason reason;
} constraint_rows[] = {
#define TEXT(text) text, sizeof(text) - 1
#define DNS(list, base, name, why)                                                                                     \
	{                                                                                                              \
		list, 0x82, TEXT(base), OTLS_SAN_DNS, TEXT(name), OTLS_REASON_##why                                    \
	}
	DNS(PERMITTED, "a.test", "a.test", OK),
	DNS(PERMITTED, "a.test", "b.A.test", OK),
	DNS(PERMITTED, "a.test", "ba.test", NAME_CONSTRAINTS),
	DNS(PERMITTED, "a.test", "test", NAME_CONSTRAINTS),
	DNS(PERMITTED, "a.test", "*.a.test", OK),
	DNS(PERMITTED, "b.a.test", "*.a.test", NAME_CONSTRAINTS),
	DNS(PERMITTED, "", "a.test", OK),
	DNS(PERMITTED, "a.test", "\xc3\xa4.a.test", NAME_CONSTRAINTS),
	DNS(PERMITTED, "a.test", "b.test\0.a.test", NAME_CONSTRAINTS),
	DNS(PERMITTED, ".a.test", "b.a.test", MALFORMED),
	DNS(PERMITTED, "*.a.test", "b.a.test", MALFORMED),
	DNS(EXCLUDED, "a.test", "a.test", NAME_CONSTRAINTS),
	DNS(EXCLUDED, "a.test", "b.a.test", NAME_CONSTRAINTS),
	DNS(EXCLUDED, "a.test", "ba.test", OK),
	DNS(EXCLUDED, "b.a.test", "*.a.test", NAME_CONSTRAINTS),
	DNS(EXCLUDED, "c.b.a.test", "*.a.test", OK),
	DNS(EXCLUDED, "", "a.test", NAME_CONSTRAINTS),
#define IP(list, base, name, why)                                                                                      \
	{                                                                                                              \
		list, 0x87, TEXT(base), OTLS_SAN_IP, TEXT(name), OTLS_REASON_##why                                     \
	}
	IP(PERMITTED, "\xc0\0\2\0\xff\xff\xff\0", "\xc0\0\2\x09", OK),
	IP(PERMITTED, "\xc0\0\2\0\xff\xff\xff\0", "\xc0\0\3\x09", NAME_CONSTRAINTS),
	IP(PERMITTED, "\xc0\0\2\0\xff\xff\xff\0", "\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1", NAME_CONSTRAINTS),
	IP(EXCLUDED, "\xc0\0\2\0\xff\xff\xff\0", "\xc0\0\2\x09", NAME_CONSTRAINTS),
	IP(EXCLUDED, "\xc0\0\2\0\xff\xff\xff\0", "\xc0\0\3\x09", OK),
	IP(PERMITTED, "\xc0\0\2\0\xff\0\xff\0", "\xc0\0\2\x09", MALFORMED),
	IP(PERMITTED, "\xc0\0\2\0", "\xc0\0\2\x09", MALFORMED),
#define MAIL(list, base, name, why)                                                                                    \
	{                                                                                                              \
		list, 0x81, TEXT(base), OTLS_SAN_EMAIL, TEXT(name), OTLS_REASON_##why                                  \
	}
	MAIL(PERMITTED, "me@a.test", "me@A.test", OK),
	MAIL(PERMITTED, "me@a.test", "Me@a.test", NAME_CONSTRAINTS),
	MAIL(PERMITTED, "a.test", "me@a.test", OK),
	MAIL(PERMITTED, "a.test", "me@b.a.test", NAME_CONSTRAINTS),
	MAIL(PERMITTED, ".a.test", "me@b.a.test", OK),
	MAIL(PERMITTED, ".a.test", "me@a.test", NAME_CONSTRAINTS),
	MAIL(PERMITTED, "a.test", "a@b@a.test", NAME_CONSTRAINTS),
	MAIL(PERMITTED, "a@b@a.test", "a@a.test", MALFORMED),
	MAIL(EXCLUDED, "a.test", "me@a.test", NAME_CONSTRAINTS),
	MAIL(PERMITTED, "\xc3\xa4@a.test", "me@a.test", MALFORMED),
/* addresses in UTF-8 (RFC 9598): otherName { SmtpUTF8Mailbox, [0] { UTF8String } } */
#define MAIL8(list, base, len1, len2, name, why)                                                                       \
	{                                                                                                              \
		list, 0x81, TEXT(base), OTLS_SAN_OTHER,                                                                \
		    TEXT("\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0" len1 "\x0c" len2 name), OTLS_REASON_##why      \
	}
	MAIL8(PERMITTED, "a.test", "\x0b", "\x09", "\xc3\xa4@A.test", OK),
	MAIL8(PERMITTED, "b.test", "\x0b", "\x09", "\xc3\xa4@a.test", NAME_CONSTRAINTS),
	MAIL8(PERMITTED, "me@a.test", "\x0b", "\x09", "\xc3\xa4@a.test", NAME_CONSTRAINTS),
	MAIL8(PERMITTED, "me@a.test", "\x0b", "\x09", "me@a.test", OK),
	MAIL8(PERMITTED, "a.test", "\x0b", "\x09", "\xc3\x24@a.test", NAME_CONSTRAINTS),
	MAIL8(EXCLUDED, "a.test", "\x0b", "\x09", "\xc3\xa4@a.test", NAME_CONSTRAINTS),
	MAIL8(EXCLUDED, "b.test", "\x0b", "\x09", "\xc3\xa4@a.test", OK),
	MAIL8(EXCLUDED, "b.test", "\x0b", "\x09", "\xc3\xa4-a.test", NAME_CONSTRAINTS),
#define URI(list, base, name, why)                                                                                     \
	{                                                                                                              \
		list, 0x86, TEXT(base), OTLS_SAN_URI, TEXT(name), OTLS_REASON_##why                                    \
	}
	URI(PERMITTED, "a.test", "https://A.test/x", OK),
	URI(PERMITTED, "a.test", "https://me@a.test:443?x", OK),
	URI(PERMITTED, "a.test", "https://a.test@b.test/", NAME_CONSTRAINTS),
	URI(PERMITTED, "a.test", "https://b.a.test/", NAME_CONSTRAINTS),
	URI(PERMITTED, ".a.test", "https://b.a.test/", OK),
	URI(PERMITTED, "a.test", "urn:a.test", NAME_CONSTRAINTS),
	URI(EXCLUDED, "a.test", "https://192.0.2.1/", NAME_CONSTRAINTS),
	URI(EXCLUDED, "a.test", "https://b.test/", OK),
	/* constraints of another form do not matter */
	{ PERMITTED, 0x82, TEXT("a.test"), OTLS_SAN_IP, TEXT("\xc0\0\2\x09"), OTLS_REASON_OK },
	{ EXCLUDED, 0xa0, TEXT("\x06\x01\x2a\xa0\x02\x05\x00"), OTLS_SAN_DNS, TEXT("a.test"), OTLS_REASON_OK },
	/* the subject is CN=leaf: SEQUENCE { SET { SEQUENCE { commonName, UTF8String } } } */
	{ PERMITTED, 0xa4, TEXT("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04leaf"), OTLS_SAN_DNS,
	    TEXT("a.test"), OTLS_REASON_OK },
	{ PERMITTED, 0xa4, TEXT("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04lead"), OTLS_SAN_DNS,
	    TEXT("a.test"), OTLS_REASON_NAME_CONSTRAINTS },
	{ EXCLUDED, 0xa4, TEXT("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04leaf"), OTLS_SAN_DNS,
	    TEXT("a.test"), OTLS_REASON_NAME_CONSTRAINTS },
};

static void
constraints_on_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(constraint_rows); i++) {
		const struct constraint_row *row = &constraint_rows[i];
		struct der_out out = { .len = 0 };
		mint_extension extension = { .oid = "2.5.29.30", .critical = true };
		mint_name name = { row->kind, row->name, row->name_len };
		uint8_t *value;
		scene s;

		put_base(&out, row->list, row->tag, row->base, row->base_len);
		assert_true(der_take(&out, &value, &extension.len));
		extension.value = value;
		scene_start(&s, row->reason != OTLS_REASON_OK);
		s.params.name = NULL;
		s.leaf.names = NULL;
		s.leaf.raw_names = &name;
		s.leaf.raw_name_count = 1;
		s.middle.extensions = &extension;
		s.middle.extension_count = 1;
		scene_usual(&s);
		scene_judge(&s);
		if (s.outcome.reason != row->reason)
			fail_msg("row %zu, %s: %s: %s", i, row->name, otls_verify_reason_name(s.outcome.reason),
			    s.outcome.text);
		scene_finish(&s);
		free(value);
	}
}

/* Those of the root count, and not for a self-issued authority below it; nor is a host name in the common name
 * overlooked where there is no other. */
static void
constraints_of_root(void **state)
{
	static const char der[] = "\x30\x0c\xa0\x0a\x30\x08\x82\x06"
				  "a.test";
	static const char *const inside[] = { "b.a.test", NULL }, *const outside[] = { "b.test", NULL };
	mint_extension extension = { "2.5.29.30", true, der, sizeof(der) - 1 };

	(void)state;
	for (int variant = 0; variant < 5; variant++) {
		bool bad = variant == 1 || variant == 3;
		scene s;
		scene_start(&s, bad);
		s.params.name = NULL;
		s.root.extensions = &extension;
		s.root.extension_count = 1;
		s.leaf.names = variant == 1 ? outside : variant < 3 ? inside : NULL;
		s.leaf.common_name = variant == 3 ? "b.test" : variant == 4 ? "b.a.test" : "leaf";
		s.middle.names = variant == 2 ? outside : NULL;
		s.middle.common_name = variant == 2 ? "Root" : "Middle";
		scene_usual(&s);
		scene_judge(&s);
		scene_expect(
		    &s, "constraints of root", bad ? OTLS_REASON_NAME_CONSTRAINTS : OTLS_REASON_OK, bad ? 0 : -1, NULL);
		scene_finish(&s);
	}
}

/* Mail addresses in the subject are names too, old as they are (RFC 5280, section 4.2.1.10). */
static void
constraints_on_old_addresses(void **state)
{
	/* emailAddress=me@a.test, me@b.test */
	static const char subjects[2][32] = {
		"\x30\x1a\x31\x18\x30\x16\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01\x16\x09me@a.test",
		"\x30\x1a\x31\x18\x30\x16\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01\x16\x09me@b.test",
	};
	struct der_out out = { .len = 0 };
	mint_extension extension = { .oid = "2.5.29.30", .critical = true };
	uint8_t *value;

	(void)state;
	put_base(&out, PERMITTED, 0x81, "a.test", 6);
	assert_true(der_take(&out, &value, &extension.len));
	extension.value = value;
	for (int bad = 0; bad < 2; bad++) {
		scene s;

		scene_start(&s, bad);
		s.leaf.subject = otls__bytes(subjects[bad], 28);
		s.middle.extensions = &extension;
		s.middle.extension_count = 1;
		scene_usual(&s);
		scene_judge(&s);
		scene_expect(&s, "address in the subject", bad ? OTLS_REASON_NAME_CONSTRAINTS : OTLS_REASON_OK,
		    bad ? 0 : -1, NULL);
		scene_finish(&s);
	}
	free(value);
}

/* OpenSSL CVE-2020-1971 and CVE-2023-0286: names of kinds that nobody uses, an ediPartyName and an x400Address, were compared
 * through a pointer that was none.  Core does not look into them: where one is excluded or permitted, none is good. */
static void
kinds_that_are_not_compared(void **state)
{
	static const int tags[] = { 0xa3, 0xa5 };

	(void)state;
	for (int i = 0; i < 6; i++) {
		bool bound = i / 2 > 0;
		int tag = tags[i % 2];
		struct der_out out = { .len = 0 }, san = { .len = 0 };
		mint_extension constraints = { .oid = "2.5.29.30", .critical = true };
		mint_extension names = { .oid = "2.5.29.17" };
		uint8_t *value, *san_value;
		scene s;

		put_base(&out, i / 2 == 1 ? PERMITTED : EXCLUDED, bound ? tag : 0x82, bound ? "\xa1\x00" : "b.test",
		    bound ? 2 : 6);
		assert_true(der_take(&out, &value, &constraints.len));
		constraints.value = value;
		der_open(&san, DER_SEQUENCE);
		der_value(&san, tag, "\xa1\x00", 2);
		der_text(&san, 0x82, HOST);
		der_close(&san);
		assert_true(der_take(&san, &san_value, &names.len));
		names.value = san_value;
		scene_start(&s, bound);
		s.leaf.names = NULL;
		s.leaf.extensions = &names;
		s.middle.extensions = &constraints;
		s.leaf.extension_count = s.middle.extension_count = 1;
		scene_usual(&s);
		scene_judge(&s);
		scene_expect(
		    &s, "not compared", bound ? OTLS_REASON_NAME_CONSTRAINTS : OTLS_REASON_OK, bound ? 0 : -1, NULL);
		scene_finish(&s);
		free(value);
		free(san_value);
	}
}

/* GnuTLS CVE-2024-12243 and CVE-2025-14831: many names against many constraints took as long as it took. */
static void
too_many_constraints(void **state)
{
	static mint_name names[600];
	struct der_out out = { .len = 0 };
	mint_extension extension = { .oid = "2.5.29.30", .critical = true };
	uint8_t *value;

	(void)state;
	der_open(&out, DER_SEQUENCE);
	der_open(&out, DER_CONTEXT_CONSTRUCTED + EXCLUDED);
	for (int i = 0; i < 600; i++) {
		der_open(&out, DER_SEQUENCE);
		der_text(&out, 0x82, "a.test");
		der_close(&out);
	}
	der_close(&out);
	der_close(&out);
	assert_true(der_take(&out, &value, &extension.len));
	extension.value = value;
	for (size_t i = 0; i < OTLS_COUNT(names); i++)
		names[i] = (mint_name){ OTLS_SAN_DNS, HOST, sizeof(HOST) - 1 };
	for (int bad = 0; bad < 2; bad++) {
		scene s;
		scene_start(&s, bad);
		s.leaf.names = NULL;
		s.leaf.raw_names = names;
		s.leaf.raw_name_count = bad ? 600 : 300;
		s.middle.extensions = &extension;
		s.middle.extension_count = 1;
		scene_usual(&s);
		scene_judge(&s);
		scene_expect(&s, "too many constraints", bad ? OTLS_REASON_TOO_COSTLY : OTLS_REASON_OK, -1,
		    bad ? "names" : NULL);
		scene_finish(&s);
	}
	free(value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constraints_on_names),
		cmocka_unit_test(constraints_of_root),
		cmocka_unit_test(constraints_on_old_addresses),
		cmocka_unit_test(kinds_that_are_not_compared),
		cmocka_unit_test(too_many_constraints),
	};

	return scene_run(tests);
}
