/* The readers of ClientHello and ServerHello: what they find, and what they refuse, each refusal with a twin. */
#include "error.h"
#include "hello/hello.h"
#include "hello_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* == making hellos == */

#define GROUPS      "000a 0004 0002 001d"
#define SCHEMES     "000d 0004 0002 0403"
#define VERSIONS    "002b 0003 02 0304"
#define SHARE       "0033 0007 0005 001d 0001 aa"
#define TLS13       GROUPS SCHEMES VERSIONS SHARE
#define MODES       "002d 0002 01 01"
#define BINDER      "20 0000000000000000 0000000000000000 0000000000000000 0000000000000000"
#define PSK         "0029 002c 0007 0001 aa 00000000 0021" BINDER
#define RANDOM      "1111111111111111 1111111111111111 1111111111111111 1111111111111111"
#define RETRY       "cf21ad74e59a6111 be1d8c021e65b891 c2a211167abb8c5e 079e09e2c8a8339c"
#define SESSION32   "20 2222222222222222 2222222222222222 2222222222222222 2222222222222222"
#define SESSION33   "21 2222222222222222 2222222222222222 2222222222222222 2222222222222222 22"
#define CLIENT_HEAD "0303" RANDOM "00"

static int
nibble(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t len = 0;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		out[len++] = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
		hex++;
	}
	return len;
}

/* A message of its own block of memory, so that a sanitizer sees every byte that is read behind it. */
static otls_bytes
message_of(uint8_t type, const char *fields, const char *extensions)
{
	uint8_t *message = malloc(4096);
	size_t len = 4, at = 0;

	assert_non_null(message);
	len += from_hex(fields, message + len);
	if (extensions != NULL) {
		at = len;
		len += 2;
		len += from_hex(extensions, message + len);
		otls__put16(message + at, len - at - 2);
	}
	message[0] = type;
	message[1] = 0;
	otls__put16(message + 2, len - 4);
	return otls__bytes(realloc(message, len), len);
}

static void
drop(otls_bytes message)
{
	uint8_t *data = NULL;

	memcpy(&data, &message.data, sizeof(data));
	free(data);
}

/* The first message in a sample. */
static otls_bytes
first_of(const uint8_t *sample)
{
	return otls__bytes(sample + 5, otls__get16(sample + 3));
}

/* == refusals == */

struct row {
	const char *name;
	const char *fields;
	const char *extensions; /* NULL: none at all */
	int alert;              /* -1: passes */
};

#define SUITES "0006 1301 c02b 00ff"
#define CLIENT CLIENT_HEAD SUITES "01 00"

static const struct row client_rows[] = {
	{ "bare", CLIENT, NULL, -1 },
	{ "no_extensions", CLIENT, "", -1 },
	{ "tls13", CLIENT, TLS13, -1 },
	{ "cut_in_random", "0303 1111", NULL, 50 },
	{ "trailing_byte", CLIENT "0000 00", NULL, 50 },
	{ "extensions_too_long", CLIENT "0001", NULL, 50 },
	{ "session_32", "0303" RANDOM SESSION32 SUITES "01 00", NULL, -1 },
	{ "session_33", "0303" RANDOM SESSION33 SUITES "01 00", NULL, 50 },
	{ "suites_odd", CLIENT_HEAD "0003 1301c0 01 00", NULL, 50 },
	{ "suites_empty", CLIENT_HEAD "0000 01 00", NULL, 50 },
	{ "compression_empty", CLIENT_HEAD SUITES "00", NULL, 50 },
	{ "compression_without_null", CLIENT_HEAD SUITES "01 01", NULL, 47 },
	{ "compression_offered_in_tls12", CLIENT_HEAD SUITES "02 01 00", NULL, -1 },
	{ "compression_offered_in_tls13", CLIENT_HEAD SUITES "02 01 00", TLS13, 47 },
	{ "grease", CLIENT_HEAD "0004 0a0a 1301 01 00",
	    "0a0a 0000 000a 0006 0004 1a1a 001d" SCHEMES "002b 0005 04 2a2a 0304"
	    "0033 000c 000a 1a1a 0001 00 001d 0001 aa fafa 0001 00",
	    -1 },
	{ "unknown_extension", CLIENT, "ffee 0003 010203", -1 },
	{ "extension_cut", CLIENT, "ffee 0003 0102", 50 },
	{ "extension_twice", CLIENT, "0017 0000 0017 0000", 47 },
	{ "unknown_extension_twice", CLIENT, "ffee 0000 0017 0000 ffee 0000", 47 },
	/* server_name */
	{ "name", CLIENT, "0000 0006 0004 00 0001 61", -1 },
	{ "name_empty", CLIENT, "0000 0005 0003 00 0000", 50 },
	{ "name_list_empty", CLIENT, "0000 0002 0000", 50 },
	{ "name_without_list", CLIENT, "0000 0000", 50 },
	{ "name_of_another_type", CLIENT, "0000 0006 0004 01 0001 61", 47 },
	{ "name_twice", CLIENT, "0000 000a 0008 00 0001 61 00 0001 62", 47 },
	{ "name_with_nul", CLIENT, "0000 0008 0006 00 0003 610062", 47 },
	{ "name_with_blank", CLIENT, "0000 0008 0006 00 0003 612062", 47 },
	{ "name_not_ascii", CLIENT, "0000 0007 0005 00 0002 c3a9", 47 },
	{ "name_longer_than_list", CLIENT, "0000 0006 0004 00 0002 61", 50 },
	{ "name_behind_list", CLIENT, "0000 0007 0004 00 0001 61 00", 50 },
	/* lists of pairs */
	{ "groups_odd", CLIENT, "000a 0005 0003 001d00", 50 },
	{ "groups_empty", CLIENT, "000a 0002 0000", 50 },
	{ "groups_shorter_than_extension", CLIENT, "000a 0006 0002 001d 0017", 50 },
	{ "groups", CLIENT, "000a 0006 0004 001d 0017", -1 },
	{ "schemes_odd", CLIENT, "000d 0005 0003 040300", 50 },
	{ "schemes_empty", CLIENT, "000d 0002 0000", 50 },
	{ "versions_odd", CLIENT, "002b 0004 03 030403", 50 },
	{ "versions_empty", CLIENT, "002b 0001 00", 50 },
	{ "versions_tls12", CLIENT, "002b 0003 02 0303", -1 },
	/* ALPN */
	{ "alpn", CLIENT, "0010 0005 0003 02 6832", -1 },
	{ "alpn_list_empty", CLIENT, "0010 0002 0000", 50 },
	{ "alpn_name_empty", CLIENT, "0010 0006 0004 02 6832 00", 50 },
	{ "alpn_name_cut", CLIENT, "0010 0005 0003 03 6832", 50 },
	/* flags */
	{ "extended_master_secret", CLIENT, "0017 0000", -1 },
	{ "extended_master_secret_with_data", CLIENT, "0017 0001 00", 50 },
	{ "status_request", CLIENT, "0005 0005 01 0000 0000", -1 },
	{ "status_request_of_another_kind", CLIENT, "0005 0002 02 ab", -1 },
	{ "status_request_empty", CLIENT, "0005 0000", 50 },
	{ "status_request_cut", CLIENT, "0005 0004 01 0000 00", 50 },
	{ "status_request_trailing", CLIENT, "0005 0006 01 0000 0000 00", 50 },
	{ "renegotiation_info", CLIENT, "ff01 0001 00", -1 },
	{ "renegotiation_info_empty", CLIENT, "ff01 0000", 50 },
	{ "renegotiation_info_of_an_older_handshake", CLIENT, "ff01 0003 02 abcd", 40 },
	{ "early_data", CLIENT, TLS13 "002a 0000", -1 },
	{ "early_data_with_data", CLIENT, TLS13 "002a 0001 00", 50 },
	{ "cookie", CLIENT, TLS13 "002c 0003 0001 aa", -1 },
	{ "cookie_empty", CLIENT, TLS13 "002c 0002 0000", 50 },
	/* key_share */
	{ "shares_empty", CLIENT, GROUPS SCHEMES VERSIONS "0033 0002 0000", -1 },
	{ "share_without_key", CLIENT, GROUPS SCHEMES VERSIONS "0033 0006 0004 001d 0000", 50 },
	{ "share_cut", CLIENT, GROUPS SCHEMES VERSIONS "0033 0006 0004 001d 0001", 50 },
	{ "share_behind_list", CLIENT, GROUPS SCHEMES VERSIONS "0033 0008 0005 001d 0001 aa 00", 50 },
	{ "share_twice", CLIENT, GROUPS SCHEMES VERSIONS "0033 000c 000a 001d 0001 aa 001d 0001 aa", 47 },
	{ "share_of_a_group_that_is_not_offered", CLIENT, GROUPS SCHEMES VERSIONS "0033 0007 0005 0017 0001 aa", 47 },
	/* what TLS 1.3 needs */
	{ "tls13_without_groups", CLIENT, SCHEMES VERSIONS SHARE, 109 },
	{ "tls13_without_shares", CLIENT, GROUPS SCHEMES VERSIONS, 109 },
	{ "tls13_without_schemes", CLIENT, GROUPS VERSIONS SHARE, 109 },
	{ "tls12_without_them", CLIENT, SCHEMES "002b 0003 02 0303" SHARE, -1 },
	/* pre_shared_key */
	{ "psk", CLIENT, TLS13 MODES PSK, -1 },
	{ "psk_alone", CLIENT, VERSIONS MODES PSK, -1 },
	{ "psk_without_modes", CLIENT, TLS13 PSK, 109 },
	{ "psk_modes_empty", CLIENT, TLS13 "002d 0001 00" PSK, 50 },
	{ "psk_not_last", CLIENT, TLS13 PSK MODES, 47 },
	{ "psk_without_identity", CLIENT, TLS13 MODES "0029 0025 0000 0021" BINDER, 50 },
	{ "psk_identity_empty", CLIENT, TLS13 MODES "0029 002b 0006 0000 00000000 0021" BINDER, 50 },
	{ "psk_without_binder", CLIENT, TLS13 MODES "0029 000b 0007 0001 aa 00000000 0000", 50 },
	{ "psk_short_binder", CLIENT, TLS13 MODES "0029 000d 0007 0001 aa 00000000 0002 01 00", 50 },
	{ "psk_two_binders", CLIENT, TLS13 MODES "0029 004d 0007 0001 aa 00000000 0042" BINDER BINDER, 47 },
};

#define SERVER   "0303" RANDOM "00 c02b 00"
#define SERVER13 "0303" RANDOM "00 1301 00"
#define HRR      "0303" RETRY "00 1301 00"
#define CHOSEN   "002b 0002 0304"
#define KEY      "0033 0005 001d 0001 aa"

static const struct row server_rows[] = {
	{ "bare", SERVER, NULL, -1 },
	{ "no_extensions", SERVER, "", -1 },
	{ "tls13", SERVER13, CHOSEN KEY, -1 },
	{ "cut", "0303" RANDOM "00 c0", NULL, 50 },
	{ "trailing_byte", SERVER "0000 00", NULL, 50 },
	{ "session_33", "0303" RANDOM SESSION33 "c02b 00", NULL, 50 },
	{ "compression", "0303" RANDOM "00 c02b 01", NULL, 47 },
	{ "tls13_without_supported_versions", "0304" RANDOM "00 1301 00", NULL, 70 },
	{ "extension_twice", SERVER, "0017 0000 0017 0000", 47 },
	{ "extension_cut", SERVER, "0017 0001", 50 },
	{ "unknown_extension", SERVER, "ffee 0001 00", -1 },
	{ "version_is_a_list", SERVER13, "002b 0003 02 0304" KEY, 50 },
	{ "version_is_tls12", SERVER13, "002b 0002 0303" KEY, 47 },
	{ "version_beside_tls11", "0302" RANDOM "00 1301 00", CHOSEN KEY, 47 },
	{ "share_without_key", SERVER13, CHOSEN "0033 0004 001d 0000", 50 },
	{ "share_with_group_only", SERVER13, CHOSEN "0033 0002 001d", 50 },
	{ "psk", SERVER13, CHOSEN "0029 0002 0000", -1 },
	{ "psk_malformed", SERVER13, CHOSEN "0029 0001 00", 50 },
	{ "retry", HRR, CHOSEN "0033 0002 0017", -1 },
	{ "retry_with_key", HRR, CHOSEN KEY, 50 },
	{ "retry_with_cookie", HRR, CHOSEN "002c 0003 0001 aa", -1 },
	{ "retry_with_empty_cookie", HRR, CHOSEN "002c 0002 0000", 50 },
	{ "retry_without_version", HRR, "0033 0002 0017", 109 },
	{ "name", SERVER, "0000 0000", -1 },
	{ "name_with_data", SERVER, "0000 0001 00", 50 },
	{ "alpn", SERVER, "0010 0005 0003 02 6832", -1 },
	{ "alpn_two_names", SERVER, "0010 0008 0006 02 6832 02 6832", 50 },
	{ "alpn_empty", SERVER, "0010 0003 0001 00", 50 },
	{ "extended_master_secret_with_data", SERVER, "0017 0001 00", 50 },
	{ "renegotiation_info", SERVER, "ff01 0001 00", -1 },
	{ "renegotiation_info_malformed", SERVER, "ff01 0002 00 00", 50 },
	{ "renegotiation_info_of_an_older_handshake", SERVER, "ff01 0003 02 abcd", 40 },
};

static void
check(const struct row *row, otls_status status, int alert)
{
	if (status != (row->alert < 0 ? OTLS_OK : OTLS_ERROR) || alert != row->alert)
		fail_msg("%s: status %d, alert %d instead of %d: %s", row->name, status, alert, row->alert,
		    status != OTLS_OK ? otls_error_message(otls_error_last()) : "");
	if (status != OTLS_OK && otls_error_code(otls_error_last()) != OTLS_E_HANDSHAKE)
		fail_msg("%s: code %s", row->name, otls_error_name(otls_error_last()));
}

static void
client_hellos_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(client_rows); i++) {
		otls_bytes message = message_of(1, client_rows[i].fields, client_rows[i].extensions);
		otls_client_hello hello;
		int alert = 0;
		otls_status status = otls__client_hello_parse(message, &hello, &alert);

		check(&client_rows[i], status, alert);
		drop(message);
	}
}

static void
server_hellos_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(server_rows); i++) {
		otls_bytes message = message_of(2, server_rows[i].fields, server_rows[i].extensions);
		otls_server_hello hello;
		int alert = 0;
		otls_status status = otls__server_hello_parse(message, &hello, &alert);

		check(&server_rows[i], status, alert);
		drop(message);
	}
}

static void
names_end_at_255_bytes(void **state)
{
	uint8_t message[512] = { 1, 0 };
	otls_client_hello hello;
	size_t at = 4 + from_hex(CLIENT, message + 4);
	int alert = 0;

	(void)state;
	for (size_t len = 255; len <= 256; len++) {
		otls__put16(message + at, len + 9);
		otls__put16(message + at + 2, 0);
		otls__put16(message + at + 4, len + 5);
		otls__put16(message + at + 6, len + 3);
		message[at + 8] = 0;
		otls__put16(message + at + 9, len);
		memset(message + at + 11, 'a', len);
		otls__put16(message + 2, at + 11 + len - 4);
		assert_int_equal(otls__client_hello_parse(otls__bytes(message, at + 11 + len), &hello, &alert),
		    len == 255 ? OTLS_OK : OTLS_ERROR);
		assert_int_equal(alert, len == 255 ? -1 : 112);
	}
}

/* == real hellos == */

static const struct {
	const char *name;
	const uint8_t *sample;
	uint16_t max_version;
	bool renegotiation_info;
	const char *alpn;
} samples[] = {
	{ "openssl", openssl_tls13_client, 0x0304, true, "\002h2\010http/1.1" },
	{ "openssl_only12", openssl_only12_client, 0x0303, true, "\002h2\010http/1.1" },
	{ "openssl_only13", openssl_only13_client, 0x0304, true, "\002h2\010http/1.1" },
	{ "gnutls", gnutls_retry_client, 0x0304, true, "\002h2" },
	{ "gnutls_only12", gnutls_tls12_client, 0x0303, true, "\002h2" },
	{ "wolfssl", wolfssl_client, 0x0304, false, "" },
};

static void
real_client_hellos_are_read(void **state)
{
	otls_client_hello hello;
	int alert = 0;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(samples); i++) {
		if (otls__client_hello_parse(first_of(samples[i].sample), &hello, &alert) != OTLS_OK)
			fail_msg("%s: %s", samples[i].name, otls_error_message(otls_error_last()));
		assert_int_equal(alert, -1);
		assert_int_equal(hello.legacy_version, 0x0303);
		assert_int_equal(hello.max_version, samples[i].max_version);
		assert_int_equal(hello.renegotiation_info, samples[i].renegotiation_info);
		assert_int_equal(hello.server_name.len, 15);
		assert_memory_equal(hello.server_name.data, "www.example.org", 15);
		assert_int_equal(hello.alpn.len, strlen(samples[i].alpn));
		assert_memory_equal(
		    hello.alpn.data != NULL ? (const char *)hello.alpn.data : "", samples[i].alpn, hello.alpn.len);
		assert_int_equal(hello.random.len, 32);
		assert_true(hello.extended_master_secret);
		assert_true(otls__pairs_have(hello.groups, 0x0017));
		assert_true(otls__pairs_have(hello.schemes, 0x0403));
		assert_true(otls__pairs_have(hello.suites, 0x1301) || otls__pairs_have(hello.suites, 0xC02B));
		assert_int_equal(hello.versions.len > 0, samples[i].max_version == 0x0304);
		assert_int_equal(hello.key_shares.len > 0, samples[i].max_version == 0x0304);
		assert_false(hello.fallback || hello.psk || hello.early_data || hello.cookie);
	}
}

static void
real_server_hellos_are_read(void **state)
{
	otls_server_hello hello;
	int alert = 0;

	(void)state;
	assert_int_equal(otls__server_hello_parse(first_of(openssl_tls13_server), &hello, &alert), OTLS_OK);
	assert_int_equal(hello.version, 0x0304);
	assert_int_equal(hello.suite, 0x1302);
	assert_int_equal(hello.group, 0x001D);
	assert_false(hello.is_retry);
	assert_int_equal(otls__server_hello_parse(first_of(openssl_retry_server), &hello, &alert), OTLS_OK);
	assert_true(hello.is_retry);
	assert_int_equal(hello.group, 0x0017);
	assert_int_equal(otls__server_hello_parse(first_of(openssl_tls12_server), &hello, &alert), OTLS_OK);
	assert_int_equal(hello.version, 0x0303);
	assert_true(hello.renegotiation_info && hello.extended_master_secret);
	assert_int_equal(hello.alpn.len, 2);
	assert_memory_equal(hello.alpn.data, "h2", 2);
}

/* A message that ends early is refused at every length. */
static void
cut_hellos_are_refused(void **state)
{
	otls_bytes client = first_of(openssl_tls13_client), server = first_of(openssl_tls12_server);
	uint8_t copy[1024];
	otls_client_hello client_hello;
	otls_server_hello server_hello;
	int alert = 0;

	(void)state;
	for (size_t len = 0; len < client.len; len++) {
		uint8_t *exact = malloc(len + 1);

		assert_non_null(exact);
		memcpy(exact, client.data, len);
		assert_int_equal(otls__client_hello_parse(otls__bytes(exact, len), &client_hello, &alert), OTLS_ERROR);
		assert_int_equal(alert, 50);
		if (len >= 4) { /* and with a length of its own that says so; its extensions may all be gone */
			otls__put16(exact + 2, len - 4);
			otls__client_hello_parse(otls__bytes(exact, len), &client_hello, &alert);
		}
		free(exact);
	}
	for (size_t len = 0; len < server.len; len++) {
		memcpy(copy, server.data, len);
		assert_int_equal(otls__server_hello_parse(otls__bytes(copy, len), &server_hello, &alert), OTLS_ERROR);
		assert_int_equal(alert, 50);
	}
}

static void
versions_are_found(void **state)
{
	static const struct {
		const char *head, *extensions;
		uint16_t version;
	} rows[] = {
		{ "0300", NULL, 0x0300 },
		{ "0301", NULL, 0x0301 },
		{ "0303", NULL, 0x0303 },
		{ "0304", NULL, 0x0303 },
		{ "0303", TLS13, 0x0304 },
		{ "0301", TLS13, 0x0304 },
		{ "0303", "002b 0007 06 0302 0303 0301", 0x0303 },
		{ "0303", "002b 0003 02 0302", 0x0302 },
		{ "0303", "002b 0003 02 0305", 0 },
	};
	otls_client_hello hello;
	char fields[512];
	int alert = 0;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_bytes message = { 0 };

		strcpy(fields, rows[i].head);
		strcat(fields, RANDOM "00" SUITES "01 00");
		message = message_of(1, fields, rows[i].extensions);
		assert_int_equal(otls__client_hello_parse(message, &hello, &alert), OTLS_OK);
		assert_int_equal(hello.max_version, rows[i].version);
		drop(message);
	}
}

static void
signals_are_found(void **state)
{
	otls_bytes with = message_of(1, CLIENT_HEAD "0006 c02b 5600 00ff 01 00", NULL);
	otls_bytes without = message_of(1, CLIENT_HEAD "0002 c02b 01 00", NULL);
	otls_client_hello hello;
	int alert = 0;

	(void)state;
	assert_int_equal(otls__client_hello_parse(with, &hello, &alert), OTLS_OK);
	assert_true(hello.fallback && hello.renegotiation_info);
	assert_int_equal(otls__client_hello_parse(without, &hello, &alert), OTLS_OK);
	assert_false(hello.fallback || hello.renegotiation_info);
	drop(with);
	drop(without);
}

static void
wrong_messages_are_refused(void **state)
{
	otls_bytes message = message_of(2, CLIENT, NULL);
	otls_server_hello server_hello;
	otls_client_hello hello;
	uint8_t *large = calloc(1, 65537);
	int alert = 0;

	(void)state;
	assert_non_null(large);
	assert_int_equal(otls__client_hello_parse(message, &hello, &alert), OTLS_ERROR);
	assert_int_equal(alert, 50);
	large[0] = 1;
	large[1] = 0;
	otls__put16(large + 2, 65533);
	assert_int_equal(otls__client_hello_parse(otls__bytes(large, 65537), &hello, &alert), OTLS_ERROR);
	assert_int_equal(alert, 47);
	large[0] = 2;
	assert_int_equal(otls__server_hello_parse(otls__bytes(large, 65537), &server_hello, &alert), OTLS_ERROR);
	assert_int_equal(alert, 47);
	free(large);
	drop(message);
}

/* == the second hello == */

static void
compare(const char *name, const char *fields, const char *extensions, int want)
{
	otls_bytes first = message_of(1, CLIENT, "0000 0006 0004 00 0001 61" TLS13 "0010 0005 0003 02 6832");
	otls_bytes second = message_of(1, fields, extensions);
	otls_client_hello a, b;
	int alert = 0;
	otls_status status;

	assert_int_equal(otls__client_hello_parse(first, &a, &alert), OTLS_OK);
	assert_int_equal(otls__client_hello_parse(second, &b, &alert), OTLS_OK);
	status = otls__client_hello_compare(&a, &b, &alert);
	if (status != (want < 0 ? OTLS_OK : OTLS_ERROR) || alert != want)
		fail_msg("%s: status %d, alert %d", name, status, alert);
	drop(first);
	drop(second);
}

static void
second_hellos_are_compared(void **state)
{
	static const char name_a[] = "0000 0006 0004 00 0001 61";
	static const char alpn[] = "0010 0005 0003 02 6832";
	static const struct {
		const char *name, *fields, *before, *between, *after;
		int alert;
	} rows[] = {
		{ "same", CLIENT, name_a, TLS13, alpn, -1 },
		{ "other_share", CLIENT, name_a, GROUPS SCHEMES VERSIONS "0033 0008 0006 001d 0002 bbbb", alpn, -1 },
		{ "cookie_and_padding", CLIENT, name_a, TLS13 "002c 0003 0001 aa 0015 0002 0000", alpn, -1 },
		{ "other_name", CLIENT, "0000 0006 0004 00 0001 62", TLS13, alpn, 47 },
		{ "no_name", CLIENT, "", TLS13, alpn, 47 },
		{ "other_alpn", CLIENT, name_a, TLS13, "0010 0005 0003 02 6833", 47 },
		{ "no_alpn", CLIENT, name_a, TLS13, "", 47 },
		{ "one_more", CLIENT, name_a, TLS13 "0017 0000", alpn, 47 },
		{ "one_more_at_the_end", CLIENT, name_a, TLS13, "0010 0005 0003 02 6832 0017 0000", 47 },
		{ "other_order", CLIENT, alpn, TLS13, name_a, 47 },
		{ "early_data", CLIENT, name_a, TLS13 "002a 0000", alpn, 47 },
		{ "other_suites", CLIENT_HEAD "0006 1301 c02c 00ff 01 00", name_a, TLS13, alpn, 47 },
		{ "other_session", "0303" RANDOM "01 22" SUITES "01 00", name_a, TLS13, alpn, 47 },
		{ "other_random", "0303" RETRY "00" SUITES "01 00", name_a, TLS13, alpn, 47 },
		{ "other_version", "0302" RANDOM "00" SUITES "01 00", name_a, TLS13, alpn, 47 },
	};
	char extensions[512];

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		strcpy(extensions, rows[i].before);
		strcat(extensions, rows[i].between);
		strcat(extensions, rows[i].after);
		compare(rows[i].name, rows[i].fields, extensions, rows[i].alert);
	}
}

static otls_bytes
with_psk(const char *psk)
{
	char extensions[1024] = TLS13 MODES;

	return message_of(1, CLIENT, strcat(extensions, psk));
}

/* RFC 8446, section 4.1.2: pre-shared keys may be left out, with other ages; none may come, or the one that may be resumed
 * would not be the one that is. */
static void
second_hellos_bring_no_keys(void **state)
{
	static const char one_a[] = "0029 002c 0007 0001 0a 00000001 0021" BINDER;
	static const char one_a_later[] = "0029 002c 0007 0001 0a 00000009 0021" BINDER;
	static const char one_b[] = "0029 002c 0007 0001 0b 00000001 0021" BINDER;
	static const char a_and_b[] = "0029 0054 000e 0001 0a 00000001 0001 0b 00000002 0042" BINDER BINDER;
	static const char b_and_a[] = "0029 0054 000e 0001 0b 00000002 0001 0a 00000001 0042" BINDER BINDER;
	static const struct {
		const char *first, *second;
		int alert;
	} rows[] = {
		{ one_a, one_a, -1 },
		{ one_a, one_a_later, -1 },
		{ one_a, "", -1 },
		{ a_and_b, a_and_b, -1 },
		{ a_and_b, one_a, -1 },
		{ a_and_b, one_b, -1 },
		{ "", one_a, 47 },
		{ one_a, one_b, 47 },
		{ one_a, a_and_b, 47 },
		{ one_a, b_and_a, 47 },
		{ a_and_b, b_and_a, 47 },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_bytes first = with_psk(rows[i].first), second = with_psk(rows[i].second);
		otls_client_hello a, b;
		int alert = 0;

		assert_int_equal(otls__client_hello_parse(first, &a, &alert), OTLS_OK);
		assert_int_equal(otls__client_hello_parse(second, &b, &alert), OTLS_OK);
		assert_int_equal(otls__client_hello_compare(&a, &b, &alert), rows[i].alert < 0 ? OTLS_OK : OTLS_ERROR);
		assert_int_equal(alert, rows[i].alert);
		drop(first);
		drop(second);
	}
}

/* As many extensions as fit into 64 KiB: the set of seen ones keeps that from taking long. */
static void
many_extensions_are_read(void **state)
{
	size_t count = 16000, at = 0;
	uint8_t *message = calloc(1, 65536);
	otls_client_hello hello;
	int alert = 0;

	(void)state;
	assert_non_null(message);
	message[0] = 1;
	at = 4 + from_hex(CLIENT, message + 4);
	otls__put16(message + at, 4 * count);
	at += 2;
	for (size_t i = 0; i < count; i++, at += 4)
		otls__put16(message + at, 1000 + i);
	otls__put16(message + 2, at - 4);
	assert_int_equal(otls__client_hello_parse(otls__bytes(message, at), &hello, &alert), OTLS_OK);
	otls__put16(message + at - 4, 1000);
	assert_int_equal(otls__client_hello_parse(otls__bytes(message, at), &hello, &alert), OTLS_ERROR);
	assert_int_equal(alert, 47);
	free(message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_hellos_are_judged),
		cmocka_unit_test(server_hellos_are_judged),
		cmocka_unit_test(names_end_at_255_bytes),
		cmocka_unit_test(real_client_hellos_are_read),
		cmocka_unit_test(real_server_hellos_are_read),
		cmocka_unit_test(cut_hellos_are_refused),
		cmocka_unit_test(versions_are_found),
		cmocka_unit_test(signals_are_found),
		cmocka_unit_test(wrong_messages_are_refused),
		cmocka_unit_test(second_hellos_are_compared),
		cmocka_unit_test(second_hellos_bring_no_keys),
		cmocka_unit_test(many_extensions_are_read),
	};

	return cmocka_run_group_tests_name("hello", tests, NULL, NULL);
}
