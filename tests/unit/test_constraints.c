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
	DNS(EXCLUDED, "b.test", "a.test", OK),
	DNS(EXCLUDED, "localhost", "*.a.test", OK),
	DNS(EXCLUDED, "b.test", "*.", NAME_CONSTRAINTS),
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
	IP(PERMITTED, "\xc0\0\2\0\xff\xff\xff\1", "\xc0\0\2\x09", MALFORMED),
	IP(PERMITTED, "\xc0\0\2\0\xff\xff\xff\xf0\0", "\xc0\0\2\x09", MALFORMED),
	IP(PERMITTED, "\xc0\0\2\x10\xff\xff\xff\xf0", "\xc0\0\2\x19", OK),
	IP(PERMITTED, "\xc0\0\2\x10\xff\xff\xff\xf0", "\xc0\0\2\x29", NAME_CONSTRAINTS),
	IP(EXCLUDED, "\0\0\0\0\0\0\0\0", "\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1", OK),
#define NET6  "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\0"
#define MASK6 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0"
	IP(PERMITTED, NET6 MASK6 "\0", "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\1\2\3\4", OK),
	IP(PERMITTED, NET6 MASK6 "\0", "\x20\1\xd\xb8\0\0\0\0\0\0\0\1\1\2\3\4", NAME_CONSTRAINTS),
	IP(PERMITTED, NET6 MASK6 "\0", "\xc0\0\2\x09", NAME_CONSTRAINTS),
	IP(PERMITTED, NET6 MASK6 "\1", "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\1\2\3\4", MALFORMED),
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
	MAIL(PERMITTED, "", "me@a.test", MALFORMED),
	MAIL(PERMITTED, "m e@a.test", "me@a.test", MALFORMED),
	MAIL(PERMITTED, "m\x7f@a.test", "me@a.test", MALFORMED),
	MAIL(PERMITTED, "a.test", "m e@a.test", NAME_CONSTRAINTS),
	MAIL(PERMITTED, "a.test", "m\x7f@a.test", NAME_CONSTRAINTS),
	MAIL(PERMITTED, "a.test", "m!~@a.test", OK),
	MAIL(PERMITTED, "a.test", "@a.test", NAME_CONSTRAINTS),
	MAIL(PERMITTED, "a.test", "a.test", NAME_CONSTRAINTS),
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
	URI(EXCLUDED, "a.test", "b.test", NAME_CONSTRAINTS),
	URI(EXCLUDED, "a.test", "://b.test", NAME_CONSTRAINTS),
	URI(EXCLUDED, "a.test", "x:", NAME_CONSTRAINTS),
	URI(EXCLUDED, "a.test", "x:/", NAME_CONSTRAINTS),
	URI(EXCLUDED, "a.test", "x://", NAME_CONSTRAINTS),
	URI(EXCLUDED, "a.test", "x:/-b.test", NAME_CONSTRAINTS),
	URI(EXCLUDED, "a.test", "x://b.test\0/", MALFORMED),
	URI(EXCLUDED, "a.test", "x://b.test#a.test", OK),
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
	/* Not that of a leaf with other names, nor one that is an address; and a leaf of its issuer's name is no authority. */
	static const char *const common_names[] = { "leaf", "leaf", "leaf", "b.test", "b.a.test", "b.test", "192.0.2.1",
		"Middle" };
	mint_extension extension = { "2.5.29.30", true, der, sizeof(der) - 1 };

	(void)state;
	for (int variant = 0; variant < 8; variant++) {
		bool bad = variant == 1 || variant == 3 || variant == 7;
		scene s;
		scene_start(&s, bad);
		s.params.name = NULL;
		s.root.extensions = &extension;
		s.root.extension_count = 1;
		s.leaf.names = variant == 1 || variant == 7 ? outside : variant < 3 || variant == 5 ? inside : NULL;
		s.leaf.common_name = common_names[variant];
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

/* Where there is an address among the alternative names, those in the subject do not count; and no others of the subject
 * are addresses. */
static void
constraints_on_other_addresses(void **state)
{
	static const char subject[] =
	    "\x30\x1a\x31\x18\x30\x16\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01\x16\x09me@b.test";
	mint_name names[] = { { OTLS_SAN_EMAIL, "me@a.test", 9 }, { OTLS_SAN_DNS, "a.test", 6 } };
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
		s.params.name = NULL;
		s.leaf.names = NULL;
		s.leaf.subject = otls__bytes(subject, sizeof(subject) - 1);
		s.leaf.raw_names = names + bad;
		s.leaf.raw_name_count = 2 - (size_t)bad;
		s.middle.extensions = &extension;
		s.middle.extension_count = 1;
		scene_usual(&s);
		scene_judge(&s);
		scene_expect(&s, "other addresses", bad ? OTLS_REASON_NAME_CONSTRAINTS : OTLS_REASON_OK, bad ? 0 : -1,
		    bad ? "me@b.test is outside what CN=Middle may certify" : NULL);
		scene_finish(&s);
	}
	free(value);
}

/* Contents of NameConstraints that are none. */
static void
malformed_constraints(void **state)
{
	static const struct row {
		const char *contents;
		size_t len;
	} bad[] = {
		{ TEXT("") },                                                   /* neither list */
		{ TEXT("\x05\x00") },                                           /* something else */
		{ TEXT("\xa0\x00") },                                           /* an empty list */
		{ TEXT("\xa1\x00") }, { TEXT("\xa0\x05\x30") },                 /* cut short */
		{ TEXT("\xa1\x05\x30") }, { TEXT("\xa0\x02\x05\x00") },         /* no subtree */
		{ TEXT("\xa0\x02\x30\x00") },                                   /* an empty one */
		{ TEXT("\xa0\x07\x30\x05\x82\x01x\x80\x00") },                  /* with a minimum */
		{ TEXT("\xa0\x05\x30\x03\x82\x01x\x05\x00") },                  /* and more behind them */
		{ TEXT("\xa1\x05\x30\x03\x82\x01x\xa0\x05\x30\x03\x82\x01x") }, /* the other way round */
	};
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	for (size_t i = 0; i < OTLS_COUNT(bad); i++) {
		s.chain[1]->name_constraints = otls__bytes(bad[i].contents, bad[i].len);
		scene_judge(&s);
		scene_expect(
		    &s, "malformed", OTLS_REASON_MALFORMED, 1, "CN=Middle: its name constraints are malformed");
	}
	s.chain[1]->name_constraints = otls__bytes(TEXT("\xa0\x0b\x30\x09\x82\x07"
							"example\xa1\x12\x30\x10\x82\x0e" HOST));
	scene_judge(&s);
	scene_expect(&s, "both lists", OTLS_REASON_NAME_CONSTRAINTS, 0, HOST " is outside what CN=Middle may certify");
	scene_finish(&s);
}

/* The name that is not allowed is told where it is text that can be shown. */
static void
words(void **state)
{
	static const char sixty_two[] = "12345678901234567890123456789012345678901234567890123456.abcde";
	static const char sixty_three[] = "123456789012345678901234567890123456789012345678901234567.abcde";
	const struct row {
		otls_san_kind kind;
		const char *base, *name, *says;
		uint8_t tag;
	} rows[] = {
		{ OTLS_SAN_DNS, "a.test", "b.test", "CN=leaf: b.test is outside what CN=Middle may certify", 0x82 },
		{ OTLS_SAN_DNS, "a.test", sixty_two, sixty_two, 0x82 },
		{ OTLS_SAN_DNS, "a.test", sixty_three, "one of its names is outside", 0x82 },
		{ OTLS_SAN_DNS, "a.test", "b\x01.test", "one of its names is outside", 0x82 },
		{ OTLS_SAN_DNS, "a.test", "b .test", "one of its names is outside", 0x82 },
		{ OTLS_SAN_EMAIL, "a.test", "me@b.test", "me@b.test is outside", 0x81 },
		{ OTLS_SAN_URI, "a.test", "x://b.test/", "x://b.test/ is outside", 0x86 },
		{ OTLS_SAN_IP, "\xc0\x01\x02\x03\xff\xff\xff\xff", "\xc0\x01\x02\x04", "one of its IP addresses is",
		    0x87 },
		{ OTLS_SAN_DNS, "\x30\x02\x31\x80", "a.test", "its name constraints are malformed", 0xa4 },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		mint_name name = { rows[i].kind, rows[i].name, strlen(rows[i].name) };
		struct der_out out = { .len = 0 };
		mint_extension extension = { .oid = "2.5.29.30", .critical = true };
		uint8_t *value;
		scene s;

		put_base(&out, PERMITTED, rows[i].tag, rows[i].base, strlen(rows[i].base));
		assert_true(der_take(&out, &value, &extension.len));
		extension.value = value;
		scene_start(&s, true);
		s.leaf.names = NULL;
		s.leaf.raw_names = &name;
		s.leaf.raw_name_count = 1;
		s.middle.extensions = &extension;
		s.middle.extension_count = 1;
		scene_usual(&s);
		scene_judge(&s);
		if (strstr(s.outcome.text, rows[i].says) == NULL)
			fail_msg("%s wanted: %s", rows[i].says, s.outcome.text);
		scene_finish(&s);
		free(value);
	}
}

/* An authority below is bound as a leaf is, and an empty subject is no name. */
static void
constraints_on_authorities(void **state)
{
	static const char der[] = "\x30\x0c\xa0\x0a\x30\x08\x82\x06"
				  "a.test";
	/* permitted: the directory names below CN=none */
	static const char directory[] =
	    "\xa0\x15\x30\x13\xa4\x11\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04none";
	static const char *const outside[] = { "b.test", NULL }, *const inside[] = { "a.test", NULL };
	mint_extension extension = { "2.5.29.30", true, der, sizeof(der) - 1 };
	scene s;

	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		scene_start(&s, bad);
		s.params.name = NULL;
		s.root.extensions = &extension;
		s.root.extension_count = 1;
		s.leaf.names = inside;
		s.middle.names = bad ? outside : inside;
		scene_usual(&s);
		scene_judge(&s);
		scene_expect(&s, "authority", bad ? OTLS_REASON_NAME_CONSTRAINTS : OTLS_REASON_OK, bad ? 1 : -1,
		    bad ? "CN=Middle: b.test is outside what CN=Root may certify" : NULL);
		scene_finish(&s);
	}
	scene_start(&s, true);
	scene_usual(&s);
	s.chain[1]->name_constraints = otls__bytes(directory, sizeof(directory) - 1);
	scene_judge(&s);
	scene_expect(&s, "subject", OTLS_REASON_NAME_CONSTRAINTS, 0, "one of its names is outside");
	s.chain[0]->subject = otls__bytes("\x30", 2);
	scene_judge(&s);
	scene_expect(&s, "no subject", OTLS_REASON_OK, -1, NULL);
	s.chain[0]->subject = otls__bytes("\x05", 2);
	s.chain[1]->name_constraints = otls__bytes("\xa0\x05\x30\x03\x81\x01x", 7);
	scene_judge(&s);
	scene_expect(&s, "a subject that is no name", OTLS_REASON_OK, -1, NULL);
	scene_finish(&s);
}

/* However far the budget reaches: where it ends, that is said, and what is found then does not count. */
static void
every_budget(void **state)
{
	static const char both[] = "\xa0\x16\x30\x08\x82\x06"
				   "a.test\x30\x0a\x87\x08\xc0\x00\x02\x00\xff\xff\xff\x00"
				   "\xa1\x06\x30\x04\x82\x02x.";
	otls_node nodes[3];
	otls_path path = { .nodes = { &nodes[0], &nodes[1], &nodes[2] }, .len = 3 };
	unsigned n = 0;
	bool spent = true;
	scene s;

	(void)state;
	scene_start(&s, true);
	scene_usual(&s);
	nodes[0] = (otls_node){ .cert = s.chain[0] };
	nodes[1] = (otls_node){ .cert = s.chain[1] };
	nodes[2] = (otls_node){ .cert = scene_trusted(&s, 0) };
	scene_trusted(&s, 0)->name_constraints = otls__bytes(both, sizeof(both) - 1 - 8);
	for (; spent; n++) {
		otls_judge judge = { .params = &s.params, .name_steps = n };
		otls_finding finding = { .reason = OTLS_REASON_OK, .depth = -1 };
		bool found = otls__check_constraints(&judge, &path, &finding);

		spent = judge.spent != NULL;
		if (spent)
			assert_string_equal(judge.spent, "there are too many names and name constraints");
		else
			assert_true(found && finding.reason == OTLS_REASON_NAME_CONSTRAINTS);
		assert_true(n < 100);
	}
	assert_true(n > 5);
	scene_finish(&s);
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
	for (int variant = 0; variant < 3; variant++) {
		bool bad = variant > 0,
		     later = variant == 2; /* later: what is not needed for the verdict, and wanted */
		scene s;
		scene_start(&s, bad);
		s.params.find_all = later;
		s.leaf.not_after = later ? NOW - 1 : NOW;
		s.leaf.names = NULL;
		s.leaf.raw_names = names;
		s.leaf.raw_name_count = bad ? 600 : 300;
		s.middle.extensions = &extension;
		s.middle.extension_count = 1;
		scene_usual(&s);
		scene_judge(&s);
		scene_expect(&s, "too many constraints", bad ? OTLS_REASON_TOO_COSTLY : OTLS_REASON_OK, -1,
		    bad ? "names" : NULL);
		assert_int_equal(s.outcome.findings.count, 0);
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
		cmocka_unit_test(constraints_on_other_addresses),
		cmocka_unit_test(malformed_constraints),
		cmocka_unit_test(words),
		cmocka_unit_test(constraints_on_authorities),
		cmocka_unit_test(every_budget),
		cmocka_unit_test(kinds_that_are_not_compared),
		cmocka_unit_test(too_many_constraints),
	};

	return scene_run(tests);
}
