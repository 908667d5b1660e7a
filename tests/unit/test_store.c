/* Trust stores, what they are filled from, and the names by which they are searched. */
#include "error.h"
#include "make_der.h"
#include "x509/general_name.h"
#include "x509/platform.h"
#include "x509/store.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* == names == */

#define ATTRIBUTE(oid, ...) DER(0x30, TEXT(0x06, oid), __VA_ARGS__)
#define COMMON_NAME(...)    DER(0x30, DER(0x31, ATTRIBUTE("\x55\x04\x03", __VA_ARGS__)))
#define UTF8(literal)       COMMON_NAME(TEXT(0x0c, literal))

static void
test_equal_names(void **state)
{
	otls_bytes cn = ATTRIBUTE("\x55\x04\x03", TEXT(0x0c, "a"));
	otls_bytes ou = ATTRIBUTE("\x55\x04\x0b", TEXT(0x0c, "b"));
	const otls_bytes pairs[][2] = {
		{ UTF8("Example CA"), UTF8("Example CA") },
		{ UTF8("Example CA"), UTF8("eXAMPLE ca") },
		{ UTF8("Example CA"), UTF8("  Example   CA ") },
		{ UTF8("Example CA"), COMMON_NAME(TEXT(0x13, "example ca")) },
		{ UTF8(" "), UTF8("") },
		{ COMMON_NAME(TEXT(0x16, "ORG")), COMMON_NAME(TEXT(0x16, "org")) },
		{ UTF8("\xc3\xa9"), UTF8("\xc3\xa9") },
		{ DER(0x30, DER(0x31, cn, ou)), DER(0x30, DER(0x31, ou, cn)) },
		{ RAW("\x30\x00"), RAW("\x30\x00") },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(pairs); i++) {
		if (!otls__names_equal(pairs[i][0], pairs[i][1]) || !otls__names_equal(pairs[i][1], pairs[i][0]) ||
		    otls__name_hash(pairs[i][0]) != otls__name_hash(pairs[i][1]))
			fail_msg("%zu", i);
	}
}

static void
test_different_names(void **state)
{
	otls_bytes cn = ATTRIBUTE("\x55\x04\x03", TEXT(0x0c, "a"));
	otls_bytes other = ATTRIBUTE("\x55\x04\x03", TEXT(0x0c, "b"));
	otls_bytes ou = ATTRIBUTE("\x55\x04\x0b", TEXT(0x0c, "a"));
	const otls_bytes pairs[][2] = {
		{ UTF8("a"), UTF8("b") },
		{ UTF8("a"), UTF8("ab") },
		{ UTF8("a b"), UTF8("ab") },
		{ UTF8("\xc3\xa9"), UTF8("\xc3\x89") }, /* only ASCII is folded */
		{ UTF8("a"), COMMON_NAME(TEXT(0x14, "a")) },
		{ COMMON_NAME(TEXT(0x14, "a")), COMMON_NAME(TEXT(0x14, "A")) },
		{ DER(0x30, DER(0x31, cn)), DER(0x30, DER(0x31, ou)) },
		{ DER(0x30, DER(0x31, cn)), DER(0x30, DER(0x31, cn), DER(0x31, cn)) },
		{ DER(0x30, DER(0x31, cn), DER(0x31, ou)), DER(0x30, DER(0x31, ou), DER(0x31, cn)) },
		{ DER(0x30, DER(0x31, cn, ou)), DER(0x30, DER(0x31, cn)) },
		{ DER(0x30, DER(0x31, cn, ou)), DER(0x30, DER(0x31, cn), DER(0x31, ou)) },
		{ DER(0x30, DER(0x31, cn, cn)), DER(0x30, DER(0x31, cn, other)) },
		{ UTF8("a"), RAW("\x30\x00") },
		{ UTF8("a"), NOTHING },
		{ UTF8("a"), RAW("\x30\x05") },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(pairs); i++) {
		if (otls__names_equal(pairs[i][0], pairs[i][1]) || otls__names_equal(pairs[i][1], pairs[i][0]))
			fail_msg("%zu", i);
	}
}

/* What is no name is equal to its own bytes alone, and within nothing. */
static void
test_malformed_names(void **state)
{
	otls_bytes good = UTF8("a"), cn = ATTRIBUTE("\x55\x04\x03", TEXT(0x0c, "a"));
	const otls_bytes bad[] = {
		NOTHING,
		RAW("\x05\x00"),
		RAW("\x30\x05"),
		DER(0x30, RAW("\x05\x00")),
		DER(0x30, RAW("\x31\x00")),
		DER(0x30, DER(0x31, RAW("\x05\x00"))),
		DER(0x30, DER(0x31, RAW("\x30\x00"))),
		DER(0x30, DER(0x31, DER(0x30, RAW("\x06\x03\x55\x04\x03")))),
		DER(0x30, DER(0x31, DER(0x30, RAW("\x06\x03\x55\x04\x03\x0c\x01"
						  "a\x05\x00")))),
		DER(0x30, DER(0x31, cn, RAW("\x05\x00"))),
		DER(0x30, DER(0x31, cn), RAW("\x05\x00")),
		JOIN(good, RAW("\x05\x00")),
	};

	(void)state;
	assert_true(otls__name_valid(good));
	assert_true(otls__name_within(good, RAW("\x30\x00")));
	for (size_t i = 0; i < OTLS_COUNT(bad); i++) {
		if (otls__name_valid(bad[i]))
			fail_msg("%zu is a name", i);
		assert_true(otls__names_equal(bad[i], bad[i]));
		otls__name_hash(bad[i]);
		if (i + 1 < OTLS_COUNT(bad)) /* what is behind a name is not looked at */
			assert_false(otls__names_equal(bad[i], good) || otls__names_equal(good, bad[i]));
	}
	assert_int_equal(otls__name_hash(NOTHING), 0);
}

/* Types that are not folded are told apart by their bytes. */
static void
test_hashes(void **state)
{
	(void)state;
	assert_int_not_equal(
	    otls__name_hash(COMMON_NAME(TEXT(0x14, "a"))), otls__name_hash(COMMON_NAME(TEXT(0x14, "A"))));
	assert_int_equal(otls__name_hash(COMMON_NAME(TEXT(0x14, "a"))), otls__name_hash(COMMON_NAME(TEXT(0x14, "a"))));
	assert_int_not_equal(otls__name_hash(UTF8("a")), otls__name_hash(UTF8("b")));
}

/* More attributes in one relative name than are compared as a set. */
static void
test_large_sets(void **state)
{
	otls_bytes set = NOTHING;
	otls_bytes upper = NOTHING;

	(void)state;
	for (char c = 'a'; c <= 'z'; c++) {
		char up = (char)(c - 'a' + 'A');

		set = JOIN(set, ATTRIBUTE("\x55\x04\x03", DER(0x0c, otls__bytes(&c, 1))));
		upper = JOIN(upper, ATTRIBUTE("\x55\x04\x03", DER(0x0c, otls__bytes(&up, 1))));
	}
	assert_true(otls__names_equal(DER(0x30, DER(0x31, set)), DER(0x30, DER(0x31, upper))));
	assert_false(otls__names_equal(DER(0x30, DER(0x31, set)), DER(0x30, DER(0x31, upper, upper))));
}

/* == stores == */

static otls_certificate *
certificate(const char *subject, uint8_t serial)
{
	make_certificate parts = make_parts();
	otls_certificate *cert = NULL;

	parts.subject = COMMON_NAME(DER(0x0c, otls__bytes(subject, strlen(subject))));
	parts.serial = DER(0x02, otls__bytes(&serial, 1));
	assert_int_equal(otls__certificate_parse(make_whole(&parts), "test", &cert), OTLS_OK);
	return cert;
}

static void
add(otls_store *store, const char *subject, uint8_t serial)
{
	otls_certificate *cert = certificate(subject, serial);

	assert_int_equal(otls_store_add_certificate(store, cert), OTLS_OK);
	otls_certificate_free(cert);
}

static otls_store *
new_store(void)
{
	otls_store *store = NULL;

	assert_int_equal(otls_store_new(&store), OTLS_OK);
	return store;
}

static void
test_find(void **state)
{
	otls_store *store = new_store();
	const otls_certificate *found;
	size_t cursor = 0;

	(void)state;
	assert_null(otls__store_find(store, UTF8("a"), &cursor));
	add(store, "a", 1);
	add(store, "b", 2);
	add(store, "A", 3);
	add(store, "a", 1); /* there already */
	assert_int_equal(otls__store_count(store), 3);
	found = otls__store_find(store, UTF8("a"), &cursor);
	assert_string_equal(otls_certificate_serial(found), "01");
	found = otls__store_find(store, UTF8("a"), &cursor);
	assert_string_equal(otls_certificate_serial(found), "03");
	assert_null(otls__store_find(store, UTF8("a"), &cursor));
	assert_null(otls__store_find(store, UTF8("a"), &cursor));
	assert_true(otls__store_has(store, found));
	assert_string_equal(otls_certificate_serial(otls_store_certificate_at(store, 1)), "02");
	assert_null(otls_store_certificate_at(store, 3));
	otls_store_free(store);
}

static void
test_growth(void **state)
{
	otls_store *store = new_store();
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "ca %u", i % 150);
		add(store, name, (uint8_t)(i / 150 + 1));
	}
	assert_int_equal(otls__store_count(store), 300);
	for (unsigned i = 0; i < 150; i++) {
		size_t cursor = 0;
		otls_bytes cn;

		snprintf(name, sizeof(name), "CA  %u", i);
		cn = COMMON_NAME(DER(0x0c, otls__bytes(name, strlen(name))));
		assert_string_equal(otls_certificate_serial(otls__store_find(store, cn, &cursor)), "01");
		assert_string_equal(otls_certificate_serial(otls__store_find(store, cn, &cursor)), "02");
		assert_null(otls__store_find(store, cn, &cursor));
	}
	otls_store_free(store);
}

static void
test_seal_and_copy(void **state)
{
	otls_store *store = new_store();
	otls_store *copy = NULL;
	otls_certificate *cert = certificate("late", 1);

	(void)state;
	add(store, "a", 1);
	assert_int_equal(otls_store_set_time(store, 1234), OTLS_OK);
	assert_int_equal(otls_store_set_flags(store, OTLS_VERIFY_FLAG_CRL), OTLS_OK);
	assert_int_equal(otls_store_set_flags(store, OTLS_VERIFY_FLAG_NATIVE_TOO), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_UNSUPPORTED);
	otls__store_seal(store);
	assert_int_equal(otls_store_add_certificate(store, cert), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_BAD_STATE);
	assert_int_equal(otls_store_set_time(store, 5), OTLS_ERROR);
	assert_int_equal(otls_store_set_flags(store, 0), OTLS_ERROR);
	assert_int_equal(otls_store_add_platform(store), OTLS_ERROR);
	assert_int_equal(otls_store_add_directory(store, "/"), OTLS_ERROR);
	assert_int_equal(otls_store_add_file(store, "/"), OTLS_ERROR);
	assert_int_equal(otls_store_add_pem(store, "", 0), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_BAD_STATE);
	assert_int_equal(otls__store_time(store), 1234);

	assert_int_equal(otls__store_copy(store, &copy), OTLS_OK);
	assert_int_equal(otls_store_add_certificate(copy, cert), OTLS_OK);
	assert_int_equal(otls__store_count(copy), 2);
	assert_int_equal(otls__store_count(store), 1);
	assert_int_equal(otls__store_time(copy), 1234);
	assert_int_equal(otls__store_flags(copy), OTLS_VERIFY_FLAG_CRL);
	assert_int_equal(otls_store_set_time(copy, INT64_MIN), OTLS_OK);
	assert_true(otls__store_time(copy) > 1700000000);
	otls_store_free(copy);
	otls_store_free(store);
	otls_certificate_free(cert);
}

static void
test_references(void **state)
{
	otls_store *store = new_store();

	(void)state;
	assert_ptr_equal(otls_store_ref(store), store);
	otls_store_free(store);
	add(store, "still there", 1);
	otls_store_free(store);
	assert_null(otls_store_ref(NULL));
	otls_store_free(NULL);
	assert_null(otls_store_certificate_at(NULL, 0));
	assert_int_equal(otls_store_new(NULL), OTLS_ERROR);
	assert_int_equal(otls_store_add_certificate(NULL, NULL), OTLS_ERROR);
}

/* A setter that fails changes nothing. */
static void
test_pem_is_all_or_nothing(void **state)
{
	otls_store *store = new_store();
	otls_certificate *cert = certificate("a", 1);
	const char *pem = otls_certificate_pem(cert);
	char text[4096];

	(void)state;
	snprintf(text, sizeof(text), "%s-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", pem);
	assert_int_equal(otls_store_add_pem(store, text, strlen(text)), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FORMAT);
	assert_int_equal(otls__store_count(store), 0);
	snprintf(text, sizeof(text), "%s-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", pem);
	assert_int_equal(otls_store_add_pem(store, text, strlen(text)), OTLS_ERROR);
	assert_int_equal(otls__store_count(store), 0);
	snprintf(text, sizeof(text), "%s%s", pem, pem);
	assert_int_equal(otls_store_add_pem(store, text, strlen(text)), OTLS_OK);
	assert_int_equal(otls__store_count(store), 1);
	assert_int_equal(otls_store_add_pem(store, "", 0), OTLS_ERROR);
	assert_int_equal(otls_store_add_pem(store, NULL, 0), OTLS_ERROR);
	otls_certificate_free(cert);
	otls_store_free(store);
}

/* == directories == */

typedef struct place {
	char directory[32];
	char path[64];
} place;

static const char *
path_of(place *where, const char *name)
{
	snprintf(where->path, sizeof(where->path), "%s/%s", where->directory, name);
	return where->path;
}

static void
write_file(place *where, const char *name, otls_bytes data)
{
	FILE *file = fopen(path_of(where, name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data.data, 1, data.len, file), data.len);
	fclose(file);
}

static void
write_certificate(place *where, const char *name, const char *subject)
{
	otls_certificate *cert = certificate(subject, 1);
	const char *pem = otls_certificate_pem(cert);

	write_file(where, name, otls__bytes(pem, strlen(pem)));
	otls_certificate_free(cert);
}

static int
make_place(void **state)
{
	static place where;

	strcpy(where.directory, "/tmp/otls-test-XXXXXX");
	*state = &where;
	return mkdtemp(where.directory) == NULL ? -1 : 0;
}

static int
remove_place(void **state)
{
	static const char *const names[] = { "b.pem", "a.crt", "c.der", "12345678.0", "dangling", "README", "empty",
		".hidden" };
	place *where = *state;

	for (size_t i = 0; i < OTLS_COUNT(names); i++)
		remove(path_of(where, names[i]));
	rmdir(path_of(where, "sub"));
	return rmdir(where->directory);
}

static void
fill_place(place *where)
{
	char target[64];

	write_certificate(where, "b.pem", "second");
	write_certificate(where, "a.crt", "first");
	write_file(where, "c.der", make_leaf("third"));
	write_file(where, "README", RAW("no certificate"));
	write_file(where, "empty", NOTHING);
	write_certificate(where, ".hidden", "hidden");
	strcpy(target, path_of(where, "a.crt"));
	assert_int_equal(symlink(target, path_of(where, "12345678.0")), 0);
	assert_int_equal(symlink("nowhere", path_of(where, "dangling")), 0);
	assert_int_equal(mkdir(path_of(where, "sub"), 0700), 0);
}

static void
test_directory(void **state)
{
	place *where = *state;
	otls_store *store = new_store();

	assert_int_equal(otls_store_add_directory(store, where->directory), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FORMAT);
	assert_int_equal(otls_store_add_directory(store, path_of(where, "missing")), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FILE);
	assert_int_not_equal(otls_error_errno(otls_error_last()), 0);

	fill_place(where);
	assert_int_equal(otls_store_add_directory(store, where->directory), OTLS_OK);
	/* A success does not touch the error. */
	assert_non_null(strstr(otls_error_message(otls_error_last()), "missing"));
	assert_int_equal(otls__store_count(store), 3);
	otls_store_free(store);
}

/* In the order of the files' names, whatever the file system's is. */
static void
test_directory_order(void **state)
{
	static const char *const names[] = { "q", "c", "x", "a", "k", "f" };
	static const char *const sorted[] = { "CN=a", "CN=c", "CN=f", "CN=k", "CN=q", "CN=x" };
	place *where = *state;
	otls_store *store = new_store();

	for (size_t i = 0; i < OTLS_COUNT(names); i++)
		write_certificate(where, names[i], names[i]);
	assert_int_equal(otls_store_add_directory(store, where->directory), OTLS_OK);
	for (size_t i = 0; i < OTLS_COUNT(sorted); i++)
		assert_string_equal(otls_certificate_subject(otls_store_certificate_at(store, i)), sorted[i]);
	for (size_t i = 0; i < OTLS_COUNT(names); i++)
		remove(path_of(where, names[i]));
	otls_store_free(store);
}

static void
test_file(void **state)
{
	place *where = *state;
	otls_store *store = new_store();

	fill_place(where);
	assert_int_equal(otls_store_add_file(store, path_of(where, "a.crt")), OTLS_OK);
	assert_int_equal(otls__store_count(store), 1);
	assert_int_equal(otls_store_add_file(store, path_of(where, "c.der")), OTLS_ERROR);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "this is DER, not PEM"));
	assert_int_equal(otls_store_add_file(store, path_of(where, "README")), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FORMAT);
	assert_int_equal(otls_store_add_file(store, path_of(where, "empty")), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FILE);
	assert_int_equal(otls_store_add_file(store, where->directory), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_FILE);
	assert_int_equal(otls__store_count(store), 1);
	otls_store_free(store);
}

/* Whoever asks gets what was read once, until it is another file. */
static void
test_platform_is_read_once(void **state)
{
	place *where = *state;
	otls_store *first = new_store(), *second = new_store(), *third = new_store();

	fill_place(where);
	unsetenv("SSL_CERT_DIR");
	setenv("SSL_CERT_FILE", path_of(where, "b.pem"), 1);
	assert_int_equal(otls_store_add_platform(first), OTLS_OK);
	assert_int_equal(otls_store_add_platform(second), OTLS_OK);
	assert_ptr_equal(otls_store_certificate_at(first, 0), otls_store_certificate_at(second, 0));
	assert_int_equal(rename(path_of(where, "a.crt"), getenv("SSL_CERT_FILE")), 0);
	assert_int_equal(otls_store_add_platform(third), OTLS_OK);
	assert_string_equal(otls_certificate_subject(otls_store_certificate_at(first, 0)), "CN=second");
	assert_string_equal(otls_certificate_subject(otls_store_certificate_at(third, 0)), "CN=first");
	unsetenv("SSL_CERT_FILE");
	otls_store_free(first);
	otls_store_free(second);
	otls_store_free(third);
}

static void
test_platform_by_variables(void **state)
{
	place *where = *state;
	otls_store *store = new_store(), *listed = new_store();
	char list[128], longer[PATH_MAX + 64];

	fill_place(where);
	unsetenv("SSL_CERT_DIR");
	setenv("SSL_CERT_FILE", path_of(where, "b.pem"), 1);
	assert_int_equal(otls_store_add_platform(store), OTLS_OK);
	assert_int_equal(otls__store_count(store), 1);
	snprintf(list, sizeof(list), "/nowhere:%s", where->directory);
	setenv("SSL_CERT_DIR", list, 1);
	assert_int_equal(otls_store_add_platform(store), OTLS_OK);
	assert_int_equal(otls__store_count(store), 3);
	/* Empty paths, and those that no directory can have, are passed over. */
	memset(longer, 'a', sizeof(longer));
	snprintf(longer + PATH_MAX, sizeof(longer) - PATH_MAX, "::%s:", where->directory);
	setenv("SSL_CERT_DIR", longer, 1);
	unsetenv("SSL_CERT_FILE");
	assert_int_equal(otls_store_add_platform(listed), OTLS_OK);
	assert_int_equal(otls__store_count(listed), 3);
	otls_store_free(listed);

	setenv("SSL_CERT_DIR", "/nowhere", 1);
	setenv("SSL_CERT_FILE", path_of(where, "README"), 1);
	assert_int_equal(otls_store_add_platform(store), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_NO_TRUST);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "README"));
	assert_int_equal(otls__store_count(store), 3);
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	otls_store_free(store);
}

/* The first place that has any, and no other: files before directories. */
static void
test_places(void **state)
{
	place *where = *state;
	char names[4][64];
	const char *const none[] = { NULL };
	const char *const files[] = { "/nowhere", names[0], names[1], names[2], NULL };
	const char *const directories[] = { "/nowhere", where->directory, NULL };
	const char *const bad_files[] = { "/nowhere", names[0], NULL };
	otls_store *by_file = new_store(), *by_directory = new_store(), *empty = new_store();

	fill_place(where);
	snprintf(names[0], sizeof(names[0]), "%s", path_of(where, "README"));
	snprintf(names[1], sizeof(names[1]), "%s", path_of(where, "c.der"));
	snprintf(names[2], sizeof(names[2]), "%s", path_of(where, "b.pem"));
	assert_int_equal(otls__collect_places(by_file, files, directories), OTLS_OK);
	assert_int_equal(otls__store_count(by_file), 1);
	assert_string_equal(otls_certificate_subject(otls_store_certificate_at(by_file, 0)), "CN=third");
	assert_int_equal(otls__collect_places(by_directory, bad_files, directories), OTLS_OK);
	assert_int_equal(otls__store_count(by_directory), 3);
	assert_int_equal(otls__collect_places(empty, bad_files, none), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_NO_TRUST);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "where systems keep them"));
	otls_store_free(by_file);
	otls_store_free(by_directory);
	otls_store_free(empty);
}

/* Whether there is any depends on the system; empty variables are none. */
static void
test_platform_of_the_system(void **state)
{
	otls_store *store = new_store();

	(void)state;
	setenv("SSL_CERT_FILE", "", 1);
	setenv("SSL_CERT_DIR", "", 1);
	if (otls_store_add_platform(store) == OTLS_OK)
		assert_true(otls__store_count(store) > 0);
	else
		assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_NO_TRUST);
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	otls_store_free(store);
}

/* == refusals == */

static void
expect_failure(otls_status status, otls_code code, const char *text)
{
	assert_int_equal(status, OTLS_ERROR);
	if (otls_error_code(otls_error_last()) != code || strstr(otls_error_message(otls_error_last()), text) == NULL)
		fail_msg("%s wanted: %s", text, otls_error_message(otls_error_last()));
}

static void
test_refusals(void **state)
{
	otls_store *store = new_store();

	(void)state;
	expect_failure(otls_store_new(NULL), OTLS_E_BAD_ARGUMENT, "store");
	expect_failure(otls_store_add_certificate(NULL, NULL), OTLS_E_BAD_ARGUMENT, "store");
	expect_failure(otls_store_add_certificate(store, NULL), OTLS_E_BAD_ARGUMENT, "cert");
	expect_failure(otls_store_add_pem(store, NULL, 1), OTLS_E_BAD_ARGUMENT, "pem");
	expect_failure(otls_store_add_file(store, NULL), OTLS_E_BAD_ARGUMENT, "path");
	expect_failure(otls_store_add_file(store, "/nowhere"), OTLS_E_FILE, "/nowhere");
	expect_failure(otls_store_add_directory(NULL, "/nowhere"), OTLS_E_BAD_ARGUMENT, "store");
	expect_failure(otls_store_add_directory(store, NULL), OTLS_E_BAD_ARGUMENT, "path");
	expect_failure(otls_store_add_directory(store, "/nowhere"), OTLS_E_FILE, "/nowhere");
	expect_failure(otls_store_add_platform(NULL), OTLS_E_BAD_ARGUMENT, "store");
	expect_failure(otls_store_set_time(NULL, 0), OTLS_E_BAD_ARGUMENT, "store");
	expect_failure(otls_store_set_flags(NULL, 0), OTLS_E_BAD_ARGUMENT, "store");
	expect_failure(otls_store_set_flags(store, OTLS_VERIFY_FLAG_OCSP_REQUIRE), OTLS_E_UNSUPPORTED, "0x10");
	assert_null(otls_store_certificate_at(NULL, 0));
	assert_null(otls_store_certificate_at(store, 0));
	assert_int_equal(otls__store_flags(NULL), 0);
	otls_store_free(store);
}

/* == memory == */

static unsigned allowed;

static bool
trap(void)
{
	return allowed > 0 && allowed-- > 0;
}

static void
test_platform_without_memory(void **state)
{
	place *where = *state;
	otls_store *store = new_store(), *places = new_store();
	const char *const none[] = { NULL };
	const char *const directories[] = { where->directory, NULL };
	unsigned n = 0;
	char file[64];
	const char *const files[] = { file, NULL };

	fill_place(where);
	snprintf(file, sizeof(file), "%s", path_of(where, "b.pem"));
	setenv("SSL_CERT_FILE", file, 1);
	setenv("SSL_CERT_DIR", where->directory, 1);
	otls__alloc_trap = trap;
	allowed = 0;
	while (otls_store_add_platform(store) != OTLS_OK) {
		expect_failure(OTLS_ERROR, OTLS_E_MEMORY, "");
		assert_int_equal(otls__store_count(store), 0);
		allowed = ++n;
	}
	assert_int_equal(otls__store_count(store), 3);
	allowed = 0;
	expect_failure(otls__collect_places(places, files, none), OTLS_E_MEMORY, "");
	allowed = 0;
	expect_failure(otls__collect_places(places, none, directories), OTLS_E_MEMORY, "");
	otls__alloc_trap = NULL;
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	otls_store_free(store);
	otls_store_free(places);
}

static void
test_no_memory(void **state)
{
	place *where = *state;
	otls_store *store = new_store();
	otls_store *copy = NULL;
	unsigned n = 0;

	fill_place(where);
	otls__alloc_trap = trap;
	allowed = 0;
	while (otls_store_add_directory(store, where->directory) != OTLS_OK) {
		assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_MEMORY);
		assert_int_equal(otls__store_count(store), 0);
		allowed = ++n;
	}
	assert_int_equal(otls__store_count(store), 3);
	allowed = n = 0;
	while (otls__store_copy(store, &copy) != OTLS_OK) {
		assert_null(copy);
		allowed = ++n;
	}
	otls__alloc_trap = NULL;
	assert_int_equal(n, 3);
	otls_store_free(copy);
	otls_store_free(store);
}

/* == as many as they may be == */

static otls_certificate *
numbered(const char *subject, unsigned number)
{
	uint8_t serial[] = { 1, (uint8_t)(number >> 8), (uint8_t)number };
	make_certificate parts = make_parts();
	otls_certificate *cert = NULL;
	otls_bytes der;

	parts.serial = DER(0x02, otls__bytes(serial, sizeof(serial)));
	parts.subject = DER(
	    0x30, DER(0x31, DER(0x30, RAW("\x06\x03\x55\x04\x03"), DER(0x0c, otls__bytes(subject, strlen(subject))))));
	der = make_whole(&parts);
	assert_int_equal(otls_certificate_new(der.data, der.len, OTLS_FILETYPE_ASN1, &cert), OTLS_OK);
	return cert;
}

static otls_status
add_numbered(otls_store *store, const char *subject, unsigned number)
{
	otls_certificate *cert = numbered(subject, number);
	otls_status status = otls_store_add_certificate(store, cert);

	otls_certificate_free(cert);
	return status;
}

/* A text of two, of which the second is one too many, leaves nothing of the first. */
static void
test_too_many_of_one_name(void **state)
{
	otls_certificate *other = numbered("other", 0), *same = numbered("same", 2000);
	otls_store *store = NULL, *copy = NULL;
	char text[4096];

	(void)state;
	assert_int_equal(otls_store_new(&store), OTLS_OK);
	for (unsigned i = 0; i < 1024; i++)
		assert_int_equal(add_numbered(store, "same", i), OTLS_OK);
	snprintf(text, sizeof(text), "%s%s", otls_certificate_pem(other), otls_certificate_pem(same));
	assert_int_equal(otls_store_add_pem(store, text, strlen(text)), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_LIMIT);
	assert_non_null(
	    strstr(otls_error_message(otls_error_last()), "CN=same: more than 1024 trusted certificates of one name"));
	assert_int_equal(otls__store_count(store), 1024);
	assert_false(otls__store_has(store, other));
	/* One that is there already, and one of another name, may be added all the same. */
	assert_int_equal(add_numbered(store, "same", 7), OTLS_OK);
	assert_int_equal(add_numbered(store, "other", 0), OTLS_OK);
	assert_int_equal(otls__store_count(store), 1025);
	assert_true(otls__store_has(store, other));
	assert_int_equal(otls__store_copy(store, &copy), OTLS_OK);
	assert_int_equal(otls__store_count(copy), 1025);
	otls_store_free(copy);
	otls_store_free(store);
	otls_certificate_free(other);
	otls_certificate_free(same);
}

/* The same of a directory, with others before the one too many, of which two have one name each. */
static void
test_directory_with_one_too_many(void **state)
{
	place *where = *state;
	otls_store *store = new_store();
	FILE *file = fopen(path_of(where, "b.pem"), "w");

	assert_non_null(file);
	for (unsigned i = 0; i <= 20; i++) {
		char name[16];
		otls_certificate *one;

		snprintf(name, sizeof(name), "other %u", i / 2);
		one = i < 20 ? numbered(name, i) : numbered("same", 2000);
		assert_true(fputs(otls_certificate_pem(one), file) >= 0);
		otls_certificate_free(one);
	}
	assert_int_equal(fclose(file), 0);
	for (unsigned i = 0; i < 1024; i++)
		assert_int_equal(add_numbered(store, "same", i), OTLS_OK);
	assert_int_equal(otls_store_add_directory(store, where->directory), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_LIMIT);
	assert_int_equal(otls__store_count(store), 1024);
	assert_int_equal(add_numbered(store, "other 3", 7), OTLS_OK);
	assert_int_equal(otls__store_count(store), 1025);
	otls_store_free(store);
}

static void
test_too_many_lists(void **state)
{
	otls_store *store = NULL;

	(void)state;
	assert_int_equal(otls_store_new(&store), OTLS_OK);
	for (unsigned i = 0; i <= 16384; i++) {
		uint8_t serial[] = { 1, (uint8_t)(i >> 8), (uint8_t)i };
		otls_bytes when = TEXT(0x17, "231114221320Z");
		otls_bytes entries = DER(0x30, DER(0x30, DER(0x02, otls__bytes(serial, sizeof(serial))), when));
		otls_bytes list = DER(0x30,
		    DER(0x30, RAW("\x02\x01\x01"), ECDSA_SHA256, NAME("i"), when, when, entries), ECDSA_SHA256,
		    RAW("\x03\x03\x00\xab\xcd"));
		otls_status status = otls_store_add_crl(store, list.data, list.len);

		assert_int_equal(status, i < 16384 ? OTLS_OK : OTLS_ERROR);
	}
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_LIMIT);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "more than 16384 revocation lists in a store"));
	otls_store_free(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_names),
		cmocka_unit_test(test_different_names),
		cmocka_unit_test(test_malformed_names),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_large_sets),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_seal_and_copy),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_pem_is_all_or_nothing),
		cmocka_unit_test_setup_teardown(test_directory, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_directory_order, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_file, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_platform_is_read_once, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_platform_by_variables, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_places, make_place, remove_place),
		cmocka_unit_test(test_platform_of_the_system),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test_setup_teardown(test_platform_without_memory, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_no_memory, make_place, remove_place),
		cmocka_unit_test(test_too_many_of_one_name),
		cmocka_unit_test_setup_teardown(test_directory_with_one_too_many, make_place, remove_place),
		cmocka_unit_test(test_too_many_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
