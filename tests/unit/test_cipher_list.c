/* OpenSSL's cipher-string language, resolved over the registry; and compared with what `openssl ciphers` says. */
#include "registry/registry.h"

#include "error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT_MAX 4096

static const char *
name_of(uint16_t id)
{
	return otls_cipher_openssl_name(otls_cipher_by_id(id));
}

/* "A:B"; "" where the list resolves to nothing. */
static void
resolve(const char *list, char *text)
{
	uint16_t *ids = NULL;
	size_t count = 0, len = 0;

	text[0] = '\0';
	if (otls__cipher_list_resolve("test", list, &ids, &count) != OTLS_OK) {
		assert_null(ids);
		assert_int_equal(count, 0);
		return;
	}
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%s", i == 0 ? "" : ":", name_of(ids[i]));
	otls__free(ids);
}

static void
lists_resolve(void **state)
{
	static const struct {
		const char *list, *suites;
	} rows[] = {
		{ "ECDHE+AESGCM:!aNULL:@STRENGTH", "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
						   "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256" },
		{ "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256" },
		{ "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256" },
		{ "no-such-suite:ECDHE-RSA-AES128-GCM-SHA256:nonsense", "ECDHE-RSA-AES128-GCM-SHA256" },
		{ " ECDHE-RSA-AES128-GCM-SHA256, ,ECDHE-ECDSA-AES128-GCM-SHA256:: ",
		    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256" },
		{ "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256" },
		{ "AESGCM+aECDSA:-AES256:AES256+AESGCM+aECDSA",
		    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384" },
		{ "!AES256:ECDHE+AESGCM+aRSA:ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256" },
		{ "ECDHE+AESGCM+aRSA:+AES256", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384" },
		{ "DEFAULT:!AES:!aRSA", "ECDHE-ECDSA-CHACHA20-POLY1305" },
		{ "ECDHE+SHA+aRSA:@STRENGTH", "ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-SHA" },
		/* Never selected, whatever is asked for. */
		{ "AES128-SHA", "" },
		{ "kRSA", "" },
		{ "aNULL:eNULL:NULL-SHA256", "" },
		{ "3DES:ECDHE-RSA-DES-CBC3-SHA", "" },
		{ "PSK", "" },
		{ "TLS_AES_128_GCM_SHA256", "" },
		/* Nothing, and what is no item. */
		{ "", "" },
		{ ":::", "" },
		{ "!", "" },
		{ "+", "" },
		{ "-", "" },
		{ "ECDHE+", "" },
		{ "+ECDHE", "" },
		{ "ECDHE+nonsense", "" },
		{ "ALL:!ALL", "" },
		{ "ALL:-ALL", "" },
		{ "ALL:@", "" },
		{ "ALL:@SECLEVEL=2", "" },
	};
	char text[TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		resolve(rows[i].list, text);
		if (strcmp(text, rows[i].suites) != 0)
			fail_msg("\"%s\" gave \"%s\"", rows[i].list, text);
	}
}

static void
failures_have_a_text(void **state)
{
	uint16_t *ids = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(otls__cipher_list_resolve("call", "kRSA", &ids, &count), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_BAD_ARGUMENT);
	assert_string_equal(otls_error_message(otls_error_last()), "call: no suite matches \"kRSA\": bad argument");
	assert_int_equal(otls__cipher_list_resolve("call", "ALL:@HOME", &ids, &count), OTLS_ERROR);
	assert_string_equal(otls_error_message(otls_error_last()), "call: @HOME is no command: bad argument");
}

/* Whether a suite of that name can be selected at all; the command knows more of them. */
static bool
is_ours(const char *name)
{
	char text[TEXT_MAX];

	resolve(name, text);
	return otls_cipher_by_name(name) != NULL && strcmp(text, name) == 0;
}

/* What `openssl ciphers` makes of it, without the suites that are not here. */
static void
ask_command(const char *list, char *text)
{
	char command[512], all[TEXT_MAX] = "", *rest = all;
	FILE *pipe = NULL;
	size_t len = 0;

	snprintf(command, sizeof(command), "openssl ciphers -tls1_2 -ciphersuites '' '%s' 2>/dev/null", list);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	len = fread(all, 1, sizeof(all) - 1, pipe);
	all[len] = '\0';
	pclose(pipe);
	all[strcspn(all, "\n")] = '\0';
	text[0] = '\0';
	len = 0;
	for (char *name = strtok_r(all, ":", &rest); name != NULL; name = strtok_r(NULL, ":", &rest))
		if (is_ours(name))
			len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%s", len == 0 ? "" : ":", name);
}

static void
lists_resolve_as_with_openssl(void **state)
{
	static const char *const lists[] = {
		"ALL",
		"HIGH",
		"HIGH:!aNULL:!MD5",
		"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!MD5:!DSS",
		"EECDH+AESGCM:EDH+AESGCM:AES256+EECDH:AES256+EDH",
		"ECDHE:!COMPLEMENTOFALL",
		"ALL:!CAMELLIA:!AESCCM:!SHA1:!SHA256:!SHA384",
		"AES128:AES256",
		"AES256:AES128:@STRENGTH",
		"AES128:AES256:+SHA1:+SHA256",
		"ALL:-AES:AESGCM",
		"ALL:-ECDHE:AES128",
		"ALL:-SHA1:-SHA256:SHA1:SHA256",
		"CHACHA20:aECDSA:aRSA",
		"kECDHE+SHA384:kDHE+SHA256",
		"TLSv1.2:!CHACHA20",
		"TLSv1.0:SSLv3",
		"AESCCM8:AESCCM",
		"ECDHE-RSA-AES128-GCM-SHA256:ECDHE+AES256:+ECDHE-RSA-AES128-GCM-SHA256",
		"ECDHE+aRSA:!SHA:DHE+CAMELLIA256",
		"ALL:!aRSA:+AES128",
		"DH:!SHA1:@STRENGTH:+CAMELLIA",
	};
	char ours[TEXT_MAX], theirs[TEXT_MAX];

	(void)state;
	if (system("openssl version >/dev/null 2>&1") != 0)
		skip();
	for (size_t i = 0; i < OTLS_COUNT(lists); i++) {
		resolve(lists[i], ours);
		ask_command(lists[i], theirs);
		assert_string_not_equal(theirs, "");
		if (strcmp(ours, theirs) != 0)
			fail_msg("\"%s\" gave\n%s\nand with openssl\n%s", lists[i], ours, theirs);
	}
}

static void
suites_of_tls13_are_named(void **state)
{
	uint16_t *ids = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(otls__ciphersuites_resolve("call",
			     "TLS_CHACHA20_POLY1305_SHA256:nonsense::TLS_AES_128_GCM_SHA256:"
			     "TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256",
			     &ids, &count),
	    OTLS_OK);
	assert_int_equal(count, 2);
	assert_int_equal(ids[0], 0x1303);
	assert_int_equal(ids[1], 0x1301);
	otls__free(ids);
	assert_int_equal(otls__ciphersuites_resolve("call", "ALL", &ids, &count), OTLS_ERROR);
	assert_null(ids);
	assert_int_equal(otls__ciphersuites_resolve("call", "", &ids, &count), OTLS_ERROR);
	assert_string_equal(
	    otls_error_message(otls_error_last()), "call: no suite of TLS 1.3 is named in \"\": bad argument");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_resolve),
		cmocka_unit_test(failures_have_a_text),
		cmocka_unit_test(lists_resolve_as_with_openssl),
		cmocka_unit_test(suites_of_tls13_are_named),
	};

	return cmocka_run_group_tests_name("cipher_list", tests, NULL, NULL);
}
