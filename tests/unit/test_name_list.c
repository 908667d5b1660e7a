/* Lists of groups and of signature schemes: names, aliases, numbers, and what is refused. */
#include "registry/registry.h"

#include "error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TEXT_MAX 4096

typedef otls_status (*resolver)(const char *function, const char *text, uint16_t **ids, size_t *count);
typedef const char *(*namer)(uint16_t id);

/* "a:b"; "" where the list is refused. */
static void
resolve(resolver list, namer name, const char *from, char *text)
{
	uint16_t *ids = NULL;
	size_t count = 0, len = 0;

	text[0] = '\0';
	if (list("test", from, &ids, &count) != OTLS_OK) {
		assert_null(ids);
		assert_int_equal(count, 0);
		return;
	}
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%s", i == 0 ? "" : ":", name(ids[i]));
		if (name(ids[i])[0] == '\0')
			len += (size_t)snprintf(text + len, TEXT_MAX - len, "%04x", ids[i]);
	}
	otls__free(ids);
}

struct row {
	const char *list, *resolved;
};

static void
check(resolver list, namer name, const struct row *rows, size_t count)
{
	char text[TEXT_MAX];

	for (size_t i = 0; i < count; i++) {
		resolve(list, name, rows[i].list, text);
		if (strcmp(text, rows[i].resolved) != 0)
			fail_msg("\"%s\" is \"%s\", not \"%s\"", rows[i].list, text, rows[i].resolved);
	}
}

static void
groups_resolve(void **state)
{
	static const struct row rows[] = {
		{ "x25519", "x25519" },
		{ "X25519MLKEM768:X25519:P-256", "X25519MLKEM768:x25519:secp256r1" },
		{ "prime256v1:secp256r1:P-256:0x0017", "secp256r1" },
		{ "P-384:P-256:P-384", "secp384r1:secp256r1" },
		{ " p-521, ,X448;ffdhe3072::", "secp521r1:x448:ffdhe3072" },
		{ "0x001d:0X001E:0x2A2a", "x25519:x448:2a2a" },
		{ "?none-such:x25519:?P-256", "x25519:secp256r1" },
		/* Refused. */
		{ "", "" },
		{ ":,; ", "" },
		{ "?none-such", "" },
		{ "none-such:x25519", "" },
		{ "x25519:none-such", "" },
		{ "x25519:?", "" },
		{ "??x25519y", "" },
		{ "x25519:!x25519", "" },
		{ "x25519 x", "" },
		{ "x2551", "" },
		{ "x255199", "" },
		{ "P-256/x25519", "" },
		{ "0x001", "" },
		{ "0x0001d", "" },
		{ "0x00g1", "" },
		{ "0x", "" },
		{ "29", "" },
		{ "rsa_pkcs1_sha256", "" },
	};

	(void)state;
	check(otls__groups_resolve, otls__group_name, rows, OTLS_COUNT(rows));
}

static void
schemes_resolve(void **state)
{
	static const struct row rows[] = {
		{ "ecdsa_secp256r1_sha256", "ecdsa_secp256r1_sha256" },
		{ "ECDSA+SHA256:rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256" },
		{ "RSA-PSS+SHA384:PSS+SHA384", "rsa_pss_rsae_sha384:rsa_pss_pss_sha384" },
		{ "rsa_pss_pss_sha512:PSS+SHA512", "rsa_pss_pss_sha512:rsa_pss_rsae_sha512" },
		{ "rsa+sha1:ecdsa+sha1", "rsa_pkcs1_sha1:ecdsa_sha1" },
		{ "ED25519:ed448:0x0807", "ed25519:ed448" },
		{ "RSA+SHA512:0x0403", "rsa_pkcs1_sha512:ecdsa_secp256r1_sha256" },
		{ "?RSA+SHA224:RSA+SHA256", "rsa_pkcs1_sha256" },
		/* Refused. */
		{ "", "" },
		{ "RSA", "" },
		{ "RSA+", "" },
		{ "+SHA256", "" },
		{ "RSA+MD5", "" },
		{ "RSA+SHA224:RSA+SHA256", "" },
		{ "DSA+SHA256", "" },
		{ "ECDSA+SHA256+SHA256", "" },
		{ "x25519", "" },
	};

	(void)state;
	check(otls__schemes_resolve, otls__scheme_name, rows, OTLS_COUNT(rows));
}

static void
messages_name_what_is_wrong(void **state)
{
	char long_name[300];
	uint16_t *ids = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(otls__groups_resolve("set_x", "x25519:P-257", &ids, &count), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_BAD_ARGUMENT);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "set_x: no group is called \"P-257\""));
	assert_int_equal(otls__schemes_resolve("set_x", "?P-257", &ids, &count), OTLS_ERROR);
	assert_non_null(strstr(otls_error_message(otls_error_last()), "no signature scheme is named in \"?P-257\""));
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(otls__groups_resolve("set_x", long_name, &ids, &count), OTLS_ERROR);
	assert_true(strlen(otls_error_message(otls_error_last())) < 200);
}

/* As long as a list may be: every word stands for at most two. */
static void
long_lists_fit(void **state)
{
	char text[70000], out[TEXT_MAX];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = "PSS+SHA256:"[i % 11];
	text[sizeof(text) - 1 - (sizeof(text) - 1) % 11] = '\0';
	resolve(otls__schemes_resolve, otls__scheme_name, text, out);
	assert_string_equal(out, "rsa_pss_rsae_sha256:rsa_pss_pss_sha256");
}

static void
groups_serve_exchanges(void **state)
{
	static const struct {
		uint16_t group;
		bool tls13, ecdhe, dhe;
	} rows[] = {
		{ 0x0017, true, true, false },  /* secp256r1 */
		{ 0x001D, true, true, false },  /* x25519 */
		{ 0x001A, false, true, false }, /* brainpoolP256r1 */
		{ 0x001F, true, false, false }, /* brainpoolP256r1tls13 */
		{ 0x0101, true, false, true },  /* ffdhe3072 */
		{ 0x11EC, true, false, false }, /* X25519MLKEM768 */
		{ 0x2A2A, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		assert_int_equal(otls__group_serves(rows[i].group, OTLS_KX_TLS13), rows[i].tls13);
		assert_int_equal(otls__group_serves(rows[i].group, OTLS_KX_ECDHE), rows[i].ecdhe);
		assert_int_equal(otls__group_serves(rows[i].group, OTLS_KX_DHE), rows[i].dhe);
		assert_false(otls__group_serves(rows[i].group, OTLS_KX_RSA));
	}
}

static bool
no_memory(void)
{
	return false;
}

static void
memory_may_run_out(void **state)
{
	uint16_t *ids = NULL;
	size_t count = 0;
	otls_status status;

	(void)state;
	otls__alloc_trap = no_memory;
	status = otls__groups_resolve("test", "x25519", &ids, &count);
	otls__alloc_trap = NULL;
	assert_int_equal(status, OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_MEMORY);
	assert_null(ids);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_resolve),
		cmocka_unit_test(schemes_resolve),
		cmocka_unit_test(messages_name_what_is_wrong),
		cmocka_unit_test(long_lists_fit),
		cmocka_unit_test(groups_serve_exchanges),
		cmocka_unit_test(memory_may_run_out),
	};

	return cmocka_run_group_tests_name("name_list", tests, NULL, NULL);
}
