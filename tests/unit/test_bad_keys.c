/* Key stores and encrypted keys that are cut, changed, deep, long, or ask for too much work: each is refused with a reason
 * and a place, and none costs more than a stated amount of memory and of derivation. */
#include "backend.h"
#include "bad_input.h"
#include "keys/keys.h"
#include "keys_samples.h"
#include "make_pkcs12.h"
#include "x509/base64.h"

/* Bytes that core may ask for, one allocation with another, for every byte of a file: four copies while BER becomes DER, the
 * same for what is in it, and what is decrypted; and what little there is besides. */
#define FILE_COST  80
#define FLOOR_COST 65536

static otls_engine engine; /* a built one whose derivations are counted */
static const otls_engine *built;
static uint64_t rounds_done;

/* What asks for many rounds gets its answer without them: what counts is that they were asked for. */
static otls_status
count_pbkdf2(otls_hash hash, otls_bytes password, otls_bytes salt, uint32_t rounds, uint8_t *key, size_t len,
    otls_report *report)
{
	rounds_done += rounds;
	return built->pbkdf2(hash, password, salt, rounds < 40000 ? rounds : 1, key, len, report);
}

static otls_status
count_hash(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	if (++rounds_done < 40000)
		return built->hash(hash, parts, n, out, len, report);
	*len = hash == OTLS_HASH_SHA1 ? 20 : 48; /* those that rounds are asked of here */
	memset(out, 0, *len);
	return OTLS_OK;
}

static otls_opening
opening(void)
{
	return (otls_opening){ .engine = &engine, .passphrase = otls__bytes("secret", 6), .where = "file" };
}

static otls_bytes
decode(const char *base64)
{
	otls_base64 state = { 0 };
	size_t len = 0;
	uint8_t *out = malloc(strlen(base64));

	assert_non_null(out);
	assert_true(otls__base64_decode(&state, otls__bytes(base64, strlen(base64)), out, &len));
	return otls__bytes(out, len);
}

/* == the readers == */

/* What a reader made of its input: the key, and a number for the rest. */
typedef struct outcome {
	otls_secret key;
	size_t more;
} outcome;

typedef otls_status (*read_fn)(otls_bytes input, outcome *out);

static otls_status
read_pkcs12(otls_bytes input, outcome *out)
{
	otls_opening with = opening();
	otls_pkcs12 file;
	otls_status status = otls__pkcs12_open(&with, input, &file);

	*out = (outcome){ .key = file.key, .more = file.count };
	file.key = (otls_secret){ 0 };
	otls__pkcs12_fini(&file);
	return status;
}

static otls_status
read_pkcs8(otls_bytes input, outcome *out)
{
	otls_opening with = opening();

	out->more = 0;
	return otls__pkcs8_open(&with, input, &out->key);
}

static otls_status
read_pem(otls_bytes input, outcome *out)
{
	otls_opening with = opening();
	otls_key_form form = OTLS_KEY_PKCS8;
	otls_status status = otls__pem_key_open(&with, input, &form, &out->key);

	out->more = (size_t)form;
	return status;
}

/* Reads it within bounds. */
static otls_status
measure(read_fn read, const char *what, otls_bytes input, outcome *out)
{
	otls_status status;

	rounds_done = 0;
	*out = (outcome){ 0 };
	bad_meter_start();
	status = read(input, out);
	otls__alloc_meter = NULL;
	if (bad_asked > FILE_COST * input.len + FLOOR_COST)
		fail_msg("%s: %zu bytes asked for to read %zu", what, bad_asked, input.len);
	/* PKCS#12's own way makes three digests or fewer for a derivation. */
	if (rounds_done > 3 * OTLS_DERIVE_ROUNDS_MAX)
		fail_msg("%s: %llu rounds", what, (unsigned long long)rounds_done);
	return status;
}

static void
refuse(read_fn read, const char *what, otls_bytes input, otls_code code, const char *says)
{
	outcome out;
	otls_status status = measure(read, what, input, &out);
	const char *text = otls_error_message(otls_error_last());

	if (status != OTLS_ERROR)
		fail_msg("%s: accepted", what);
	assert_null(out.key.data);
	if (otls_error_code(otls_error_last()) != code || strstr(text, says) == NULL || strncmp(text, "file: ", 6) != 0)
		fail_msg("%s: \"%s\" wanted: %s", what, says, text);
	if (code == OTLS_E_FORMAT && !bad_has_place(text, "byte") && !bad_has_place(text, "line"))
		fail_msg("%s: no place: %s", what, text);
}

/* The same, taking the input over. */
static void
refuse_made(read_fn read, const char *what, otls_bytes input, otls_code code, const char *says)
{
	refuse(read, what, input, code, says);
	bad_free(input);
}

/* A number of bytes that is no number of blocks has no place. */
static void
expect_place(const char *what)
{
	const char *text = otls_error_message(otls_error_last());

	if (otls_error_code(otls_error_last()) == OTLS_E_FORMAT && !bad_has_place(text, "byte") &&
	    !bad_has_place(text, "line") && strstr(text, "not whole blocks") == NULL)
		fail_msg("%s: no place: %s", what, text);
}

/* == damage == */

typedef struct damage {
	read_fn read;
	outcome good;
	bool must_fail;
} damage;

/* Damage that goes unseen has changed nothing that counts (a friendly name, say), or, where there is no MAC over it, what was
 * decrypted: PKCS#8 and PEM have none, and what comes out then is no key, or another one. */
static void
try_damaged(const char *what, otls_bytes input, void *arg)
{
	damage *d = arg;
	outcome out;
	otls_code code;

	if (measure(d->read, what, input, &out) == OTLS_OK) {
		if (d->must_fail)
			fail_msg("%s: accepted", what);
		if (d->read == read_pkcs12 &&
		    (out.more != d->good.more ||
			!otls__bytes_equal(otls__secret_view(&out.key), otls__secret_view(&d->good.key))))
			fail_msg("%s: accepted, with another key or other certificates", what);
		otls__secret_fini(&out.key);
		return;
	}
	assert_null(out.key.data);
	code = otls_error_code(otls_error_last());
	expect_place(what);
	if (code != OTLS_E_FORMAT && code != OTLS_E_PASSPHRASE && code != OTLS_E_UNSUPPORTED && code != OTLS_E_LIMIT)
		fail_msg("%s: refused as %d: %s", what, (int)code, otls_error_message(otls_error_last()));
}

static void
damage_all(read_fn read, otls_bytes good)
{
	damage d = { .read = read };

	assert_int_equal(measure(read, "undamaged", good, &d.good), OTLS_OK);
	d.must_fail = read != read_pem; /* an END line may lack its end: only the block before it counts */
	bad_truncate(good, try_damaged, &d);
	d.must_fail = false;
	bad_flip(good, try_damaged, &d);
	bad_shift(good, try_damaged, &d);
	otls__secret_fini(&d.good.key);
}

static void
damaged_pkcs12(void **state)
{
	static const char *const samples[] = { pkcs12_aes, pkcs12_3des };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(samples); i++) {
		otls_bytes good = decode(samples[i]);
		damage_all(read_pkcs12, good);
		bad_free(good);
	}
}

/* BER: lengths that are left open, strings in pieces.  Its 600,000 iterations make it too slow a one to change in every bit. */
static void
truncated_ber(void **state)
{
	damage d = { .read = read_pkcs12, .must_fail = true };
	otls_bytes good = decode(pkcs12_nss);

	(void)state;
	bad_truncate(good, try_damaged, &d);
	bad_free(good);
}

static void
damaged_pkcs8(void **state)
{
	static const char *const samples[] = { key_aes_256_sha512, key_des3_sha256, key_pbe3des };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(samples); i++) {
		otls_bytes good = decode(samples[i]);
		damage_all(read_pkcs8, good);
		bad_free(good);
	}
}

static void
damaged_pem(void **state)
{
	(void)state;
	damage_all(read_pem, RAW(pem_aes256));
	damage_all(read_pem, RAW(pem_des3));
}

/* == deep == */

static void
deep(void **state)
{
	static const uint8_t tags[] = { 0x30, 0x31, 0xa0, 0x24 };
	otls_bytes open = RAW("\x30\x80");

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(tags); i++) {
		refuse_made(
		    read_pkcs12, "values in values", bad_nested(tags[i]), OTLS_E_FORMAT, "nested too deeply at byte");
		refuse_made(read_pkcs8, "values in values", bad_nested(tags[i]), OTLS_E_FORMAT, " at byte ");
	}
	refuse_made(
	    read_pkcs12, "open lengths", bad_repeat(open, BAD_DEPTH), OTLS_E_FORMAT, "nested too deeply at byte 66");
	refuse_made(
	    read_pkcs8, "open lengths", bad_repeat(open, BAD_DEPTH), OTLS_E_FORMAT, "an indefinite length at byte 0");
}

/* In what is in the file, where nesting begins anew. */
static void
deep_inside(void **state)
{
	otls_bytes bags = KEY_BAG, nested = bad_nested(0x30);
	outcome out;

	(void)state;
	refuse(read_pkcs12, "contents", file_of(nested, NOTHING), OTLS_E_FORMAT, "nested too deeply at byte");
	refuse(read_pkcs12, "bags", file_with(DER(0x30, OID_DATA, DER(0xa0, DER(0x04, nested)))), OTLS_E_FORMAT,
	    "nested too deeply at byte");
	bad_free(nested);
	for (int i = 0; i < 4; i++)
		bags = BAG("\x06", DER(0x30, bags));
	assert_int_equal(measure(read_pkcs12, "four", file_with_bags(bags), &out), OTLS_OK);
	assert_int_equal(out.key.len, 5);
	otls__secret_fini(&out.key);
	refuse(read_pkcs12, "five", file_with_bags(BAG("\x06", DER(0x30, bags))), OTLS_E_FORMAT,
	    "bags nested too deeply at byte");
}

/* == many == */

/* A file whose bags, or ContentInfos, are these; takes them over. */
static otls_bytes
big_file(otls_bytes safes)
{
	otls_bytes content = bad_wrap(0xa0, bad_wrap(0x04, bad_wrap(0x30, safes)));

	return bad_wrap(
	    0x30, bad_between(RAW("\x02\x01\x03"), bad_wrap(0x30, bad_between(OID_DATA, content, NOTHING)), NOTHING));
}

static otls_bytes
big_safe(otls_bytes bags)
{
	return bad_wrap(0x30, bad_between(OID_DATA, bad_wrap(0xa0, bad_wrap(0x04, bad_wrap(0x30, bags))), NOTHING));
}

/* Bags of no known kind are passed over, and of many keys the first counts. */
static void
many_bags(void **state)
{
	static const otls_bytes unknown = OTLS_OID_INIT("\x30\x08\x06\x02\x2a\x03\xa0\x02\x05\x00");
	otls_bytes file;
	outcome out;

	(void)state;
	file = big_file(big_safe(bad_repeat(unknown, BAD_MANY)));
	assert_int_equal(measure(read_pkcs12, "bags of no kind", file, &out), OTLS_OK);
	assert_null(out.key.data);
	bad_free(file);
	file = big_file(big_safe(bad_repeat(KEY_BAG, BAD_MANY)));
	assert_int_equal(measure(read_pkcs12, "keys", file, &out), OTLS_OK);
	assert_int_equal(out.key.len, 5);
	otls__secret_fini(&out.key);
	bad_free(file);
}

static void
many_certificates(void **state)
{
	otls_bytes bag = CERT_BAG(OID_X509, DER(0xa0, DER(0x04, make_leaf("one")))), file;
	outcome out;

	(void)state;
	file = big_file(big_safe(bad_repeat(bag, OTLS_PKCS12_CERTIFICATES_MAX)));
	assert_int_equal(measure(read_pkcs12, "256 certificates", file, &out), OTLS_OK);
	assert_int_equal(out.more, OTLS_PKCS12_CERTIFICATES_MAX);
	bad_free(file);
	refuse_made(read_pkcs12, "257 certificates",
	    big_file(big_safe(bad_repeat(bag, OTLS_PKCS12_CERTIFICATES_MAX + 1))), OTLS_E_LIMIT,
	    "more than 256 certificates");
	refuse_made(read_pkcs12, "many certificates", big_file(big_safe(bad_repeat(bag, 50000))), OTLS_E_LIMIT,
	    "more than 256 certificates");
}

/* == work == */

static otls_bytes
scheme(otls_bytes rounds)
{
	return DER(0x30, OID_PBES2,
	    DER(0x30, DER(0x30, OID_PBKDF2, DER(0x30, SALT, rounds, HMAC_SHA256)), DER(0x30, OID_AES128, IV)));
}

static otls_bytes
scrypt_scheme(otls_bytes cost, otls_bytes block_size, otls_bytes parallel)
{
	return DER(0x30, OID_PBES2,
	    DER(0x30, DER(0x30, OID_SCRYPT, DER(0x30, SALT, cost, block_size, parallel)), DER(0x30, OID_AES128, IV)));
}

static otls_bytes
sealed_key(otls_bytes algorithm)
{
	return DER(0x30, algorithm,
	    RAW("\x04\x10"
		"0123456789abcdef"));
}

static otls_bytes
mac_with(otls_bytes rounds)
{
	return DER(0x30, DER(0x30, DIGEST_SHA384, TEXT(0x04, "x")), SALT, rounds);
}

/* The numbers of iterations, wherever there is one. */
static void
iterations(void **state)
{
	const struct row {
		const char *what;
		otls_bytes number;
		otls_code code;
		const char *says;
	} rows[] = {
		{ "none", NOTHING, OTLS_E_FORMAT, " at byte " },
		{ "empty", RAW("\x02\x00"), OTLS_E_FORMAT, "an INTEGER without contents at byte " },
		{ "negative", RAW("\x02\x01\xff"), OTLS_E_FORMAT, "a negative INTEGER at byte " },
		{ "negative, of four bytes", RAW("\x02\x04\x80\x00\x00\x00"), OTLS_E_FORMAT,
		    "a negative INTEGER at byte " },
		{ "not minimal", RAW("\x02\x02\x00\x05"), OTLS_E_FORMAT, "longer than it needs to be at byte " },
		{ "zero", RAW("\x02\x01\x00"), OTLS_E_FORMAT, "no number of iterations" },
		{ "one more than allowed", RAW("\x02\x03\x4c\x4b\x41"), OTLS_E_LIMIT, "5000001 iterations" },
		{ "2^31", RAW("\x02\x05\x00\x80\x00\x00\x00"), OTLS_E_LIMIT, "2147483647 iterations" },
		{ "2^32 + 1", RAW("\x02\x05\x01\x00\x00\x00\x01"), OTLS_E_LIMIT, "2147483647 iterations" },
		{ "2^63", RAW("\x02\x09\x00\x80\x00\x00\x00\x00\x00\x00\x00"), OTLS_E_LIMIT, "2147483647 iterations" },
		{ "of 10,000 bytes", bad_huge_number(0x02), OTLS_E_LIMIT, "2147483647 iterations" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_bytes old = DER(0x30, OID_3DES_OLD, DER(0x30, SALT, rows[i].number));
		refuse(read_pkcs8, rows[i].what, sealed_key(scheme(rows[i].number)), rows[i].code, rows[i].says);
		refuse(read_pkcs8, rows[i].what, sealed_key(old), rows[i].code, rows[i].says);
		if (i > 0) /* the MAC has 1 for none */
			refuse(read_pkcs12, rows[i].what,
			    file_of(content_of(safe_of(KEY_BAG)), mac_with(rows[i].number)), rows[i].code,
			    rows[i].says);
		assert_int_equal(rounds_done, 0);
	}
	refuse(read_pkcs8, "the most", sealed_key(scheme(RAW("\x02\x03\x4c\x4b\x40"))), OTLS_E_PASSPHRASE,
	    "wrong passphrase");
	assert_int_equal(rounds_done, OTLS_DERIVE_ROUNDS_MAX);
}

static void
scrypt_numbers(void **state)
{
	const otls_bytes one = RAW("\x02\x01\x01"), cost = RAW("\x02\x01\x10"), minus = RAW("\x02\x01\xff"),
			 zero = RAW("\x02\x01\x00"), power = RAW("\x02\x04\x40\x00\x00\x00"),
			 huge = bad_huge_number(0x02);
	const struct row {
		otls_bytes cost, block_size, parallel;
		otls_code code;
		const char *says;
	} rows[] = {
		{ minus, one, one, OTLS_E_FORMAT, "a negative INTEGER at byte " },
		{ cost, minus, one, OTLS_E_FORMAT, "a negative INTEGER at byte " },
		{ cost, one, minus, OTLS_E_FORMAT, "a negative INTEGER at byte " },
		{ zero, one, one, OTLS_E_FORMAT, "the parameters of scrypt" },
		{ RAW("\x02\x01\x11"), one, one, OTLS_E_FORMAT, "the parameters of scrypt" },
		{ cost, zero, one, OTLS_E_FORMAT, "the parameters of scrypt" },
		{ cost, one, zero, OTLS_E_FORMAT, "the parameters of scrypt" },
		{ huge, one, one, OTLS_E_FORMAT, "the parameters of scrypt" }, /* no power of two */
		{ power, one, one, OTLS_E_LIMIT, "scrypt with cost 1073741824" },
		{ cost, huge, one, OTLS_E_LIMIT, "block size 2147483647" },
		{ cost, one, huge, OTLS_E_LIMIT, "parallelism 2147483647" },
		/* 2^18 * 8 is 256 MiB and two blocks: too much memory; half of that, six times: too much work. */
		{ RAW("\x02\x03\x04\x00\x00"), RAW("\x02\x01\x08"), one, OTLS_E_LIMIT, "scrypt with cost 262144" },
		{ RAW("\x02\x03\x02\x00\x00"), RAW("\x02\x01\x08"), RAW("\x02\x01\x06"), OTLS_E_LIMIT,
		    "6291552 iterations" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		refuse(read_pkcs8, "scrypt",
		    sealed_key(scrypt_scheme(rows[i].cost, rows[i].block_size, rows[i].parallel)), rows[i].code,
		    rows[i].says);
}

/* Every part that is encrypted may ask for as much as one may: all together may not. */
static void
many_derivations(void **state)
{
	otls_bytes sealed = DER(0x30, RAW("\x02\x01\x00"),
	    DER(0x30, OID_DATA, scheme(RAW("\x02\x03\x2d\xc6\xc0")),
		RAW("\x80\x10"
		    "0123456789abcdef")));
	otls_bytes mac = mac_with(RAW("\x02\x03\x2d\xc6\xc0")); /* 3,000,000 */

	(void)state;
	refuse(read_pkcs12, "a part", file_with(DER(0x30, OID_ENCRYPTED, DER(0xa0, sealed))), OTLS_E_PASSPHRASE,
	    "wrong passphrase");
	assert_int_equal(rounds_done, 3000000);
	/* Without a passphrase, which is tried in two ways. */
	{
		otls_opening with = opening();
		otls_pkcs12 out;

		with.passphrase = otls__bytes("", 0);
		rounds_done = 0;
		assert_int_equal(
		    otls__pkcs12_open(&with, file_of(content_of(safe_of(KEY_BAG)), mac), &out), OTLS_ERROR);
		assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_LIMIT);
		assert_non_null(strstr(otls_error_message(otls_error_last()),
		    "3000000 iterations, and 2000000 are left of what a passphrase is worth"));
		assert_int_equal(rounds_done, 3000000);
	}
}

/* == lengths == */

static void
lengths(void **state)
{
	static const struct row {
		otls_bytes head;
		const char *says;
	} rows[] = {
		{ OTLS_OID_INIT("\x30\x84\xff\xff\xff\xff"), "past the end at byte 0" },
		{ OTLS_OID_INIT("\x30\x85\x01\x00\x00\x00\x00"), "too large at byte 0" },
		{ OTLS_OID_INIT("\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff"), "too large at byte 0" },
		{ OTLS_OID_INIT("\x30\x88\x7f\xff\xff\xff\xff\xff\xff\xff"), "too large at byte 0" },
		{ OTLS_OID_INIT("\x30\xff\x01\x01"), "at byte 0" },
		{ OTLS_OID_INIT("\x04\x80\x00\x00"), "at byte 0" },
		{ OTLS_OID_INIT("\x3f\x02\x05\x00"), "at byte 0" },
	};
	uint8_t data[64];

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		memset(data, 0, sizeof(data));
		memcpy(data, rows[i].head.data, rows[i].head.len);
		refuse(read_pkcs12, "a length", otls__bytes(data, sizeof(data)), OTLS_E_FORMAT, rows[i].says);
		refuse(read_pkcs8, "a length", otls__bytes(data, sizeof(data)), OTLS_E_FORMAT, "at byte 0");
	}
	refuse(read_pkcs12, "nothing", NOTHING, OTLS_E_FORMAT, "the data ends too early at byte 0");
}

/* Ten megabytes of one thing. */
static void
long_ones(void **state)
{
	static const uint8_t fill[] = { 0x00, 0x30, 0x80, 0xff, 'A', '\n' };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(fill); i++) {
		otls_bytes all = bad_repeat(otls__bytes(&fill[i], 1), BAD_LONG);
		refuse(read_pkcs12, "10 MB", all, OTLS_E_FORMAT, "at byte ");
		refuse(read_pkcs8, "10 MB", all, OTLS_E_FORMAT, "at byte ");
		refuse_made(read_pkcs12, "10 MB in a value", bad_wrap(0x30, all), OTLS_E_FORMAT, "at byte ");
	}
	refuse_made(read_pkcs12, "10 MB of bags", big_file(big_safe(bad_repeat(RAW("\x30\x00"), BAD_LONG / 2))),
	    OTLS_E_FORMAT, "what is in it cannot be read: the data ends too early at byte ");
}

/* == versions == */

static void
versions(void **state)
{
	const struct row {
		otls_bytes number;
		const char *says;
	} rows[] = {
		{ RAW("\x02\x01\x00"), "no PKCS#12 file: a version that is not known at byte " },
		{ RAW("\x02\x01\x04"), "no PKCS#12 file: a version that is not known at byte " },
		{ RAW("\x02\x01\x83"), "no PKCS#12 file: a negative INTEGER at byte " },
		{ RAW("\x02\x05\x01\x00\x00\x00\x03"), "no PKCS#12 file: a version that is not known at byte " },
		{ bad_huge_number(0x02), "no PKCS#12 file: a version that is not known at byte " },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		refuse(read_pkcs12, "a version",
		    DER(0x30, rows[i].number, DER(0x30, OID_DATA, DER(0xa0, DER(0x04, content_of(safe_of(KEY_BAG)))))),
		    OTLS_E_FORMAT, rows[i].says);
}

static int
run_with(const otls_backend *backend)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_pkcs12),
		cmocka_unit_test(truncated_ber),
		cmocka_unit_test(damaged_pkcs8),
		cmocka_unit_test(damaged_pem),
		cmocka_unit_test(deep),
		cmocka_unit_test(deep_inside),
		cmocka_unit_test(many_bags),
		cmocka_unit_test(many_certificates),
		cmocka_unit_test(iterations),
		cmocka_unit_test(scrypt_numbers),
		cmocka_unit_test(many_derivations),
		cmocka_unit_test(lengths),
		cmocka_unit_test(long_ones),
		cmocka_unit_test(versions),
	};

	return cmocka_run_group_tests_name(otls_backend_name(backend), tests, NULL, NULL);
}

int
main(void)
{
	const otls_backend *backend;
	int failures = 0;

	for (size_t i = 0; (backend = otls_backend_at(i)) != NULL; i++) {
		built = otls_backend_engine(backend);
		if (built == NULL || !built->has(OTLS_CAP_KEY_DECRYPT))
			continue;
		engine = *built;
		engine.pbkdf2 = count_pbkdf2;
		engine.hash = count_hash;
		failures += run_with(backend);
	}
	return failures;
}
