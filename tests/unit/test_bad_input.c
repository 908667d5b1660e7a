/* What no reader of certificates, revocation lists, OCSP responses, key stores and PEM may fall over: deep, long, cut, changed.
 * Each is refused, with a reason, and without more work than its length asks for. */
#include "backend.h"
#include "error.h"
#include "make_der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DEPTH 10000
#define LARGE ((size_t)10 << 20)
#define NAMES 100000

/* == the readers: each answers what the public call does == */

static otls_status
read_certificate(const uint8_t *data, size_t len)
{
	otls_certificate *cert = NULL;
	otls_status status = otls_certificate_new(data, len, OTLS_FILETYPE_ASN1, &cert);

	otls_certificate_free(cert);
	return status;
}

static otls_status
read_roots(const uint8_t *data, size_t len)
{
	otls_store *store = NULL;
	otls_status status = otls_store_new(&store);

	assert_int_equal(status, OTLS_OK);
	status = otls_store_add_pem(store, data, len);
	otls_store_free(store);
	return status;
}

static otls_status
read_crl(const uint8_t *data, size_t len)
{
	otls_store *store = NULL;
	otls_status status = otls_store_new(&store);

	assert_int_equal(status, OTLS_OK);
	status = otls_store_add_crl(store, data, len);
	otls_store_free(store);
	return status;
}

static otls_context *
new_context(void)
{
	otls_context *ctx = NULL;

	assert_int_equal(otls_context_new(OTLS_METHOD_TLS_SERVER, &ctx), OTLS_OK);
	return ctx;
}

static otls_status
read_pkcs12(const uint8_t *data, size_t len)
{
	otls_context *ctx = new_context();
	otls_status status = otls_context_use_pkcs12_mem(ctx, data, len, "secret");

	otls_context_free(ctx);
	return status;
}

static otls_status
read_key(const uint8_t *data, size_t len)
{
	otls_context *ctx = new_context();
	otls_status status = otls_context_use_private_key_mem(ctx, data, len, OTLS_FILETYPE_ASN1);

	otls_context_free(ctx);
	return status;
}

static otls_status
read_session(const uint8_t *data, size_t len)
{
	otls_session *session = NULL;
	otls_status status = otls_session_deserialize(data, len, &session);

	otls_session_free(session);
	return status;
}

static const struct reader {
	const char *name;
	otls_status (*read)(const uint8_t *data, size_t len);
} readers[] = {
	{ "certificate", read_certificate },
	{ "PEM", read_roots },
	{ "revocation list", read_crl },
	{ "PKCS #12", read_pkcs12 },
	{ "private key", read_key },
	{ "session", read_session },
};

static void
refuse(const struct reader *reader, const char *what, const uint8_t *data, size_t len)
{
	if (reader->read(data, len) != OTLS_ERROR)
		fail_msg("%s: %s is accepted", reader->name, what);
	if (otls_error_message(otls_error_last())[0] == '\0')
		fail_msg("%s: %s is refused without a reason", reader->name, what);
}

static void
refuse_by_all(const char *what, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < OTLS_COUNT(readers); i++)
		refuse(&readers[i], what, data, len);
}

/* == what is read == */

/* A SEQUENCE in a SEQUENCE in a SEQUENCE ... */
static void
deep(void **state)
{
	uint8_t *data = calloc(DEPTH, 4);
	static const uint8_t tags[] = { 0x30, 0x31, 0xa0 };

	(void)state;
	assert_non_null(data);
	for (size_t t = 0; t < OTLS_COUNT(tags); t++) {
		for (size_t i = 0; i < DEPTH; i++) {
			size_t inside = 4 * (DEPTH - 1 - i);
			data[4 * i] = tags[t];
			data[4 * i + 1] = 0x82;
			otls__put16(data + 4 * i + 2, inside);
		}
		refuse_by_all("nested", data, (size_t)4 * DEPTH);
	}
	free(data);
}

static void
long_ones(void **state)
{
	static const uint8_t fill[] = { 0x30, 'A', '\n' };
	uint8_t *data = malloc(LARGE);

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < OTLS_COUNT(fill); i++) {
		memset(data, fill[i], LARGE);
		refuse_by_all("10 MB", data, LARGE);
		memcpy(data, "-----BEGIN CERTIFICATE-----\n", 28);
		refuse_by_all("10 MB of PEM", data, LARGE);
		/* A length that is true, of as many bytes. */
		memcpy(data, "\x30\x83\x9f\xff\xfb", 5);
		refuse_by_all("10 MB of DER", data, LARGE);
	}
	free(data);
}

static void
lengths_that_overflow(void **state)
{
	static const char *const heads[] = { "\x30\x84\xff\xff\xff\xff", "\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff",
		"\x30\x88\x7f\xff\xff\xff\xff\xff\xff\xff",
		"\x30\x8f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\x30\x80\x01\x01\x01",
		"\x30\xff\x01\x01" };
	uint8_t data[64];

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(heads); i++) {
		memset(data, 0, sizeof(data));
		memcpy(data, heads[i], strlen(heads[i]));
		for (size_t len = 0; len <= sizeof(data); len++)
			refuse_by_all("a length", data, len);
	}
}

/* == a hundred thousand names == */

static uint8_t arena[4 << 20];
static size_t arena_used;

/* One TLV around the parts, with a length of three bytes. */
static otls_bytes
wrap(uint8_t tag, const otls_bytes *parts, size_t count)
{
	uint8_t *start = arena + arena_used, *at = start + 5;

	for (size_t i = 0; i < count; at += parts[i++].len)
		memcpy(at, parts[i].data, parts[i].len);
	start[0] = tag;
	start[1] = 0x83;
	start[2] = (uint8_t)((size_t)(at - start - 5) >> 16);
	otls__put16(start + 3, (size_t)(at - start - 5));
	arena_used += (size_t)(at - start);
	assert_true(arena_used < sizeof(arena));
	return otls__bytes(start, (size_t)(at - start));
}

#define WRAP(tag, ...)                                                                                                 \
	wrap(tag, (const otls_bytes[]){ __VA_ARGS__ }, sizeof((const otls_bytes[]){ __VA_ARGS__ }) / sizeof(otls_bytes))

/* They are read, and asking for one of them is no more than going through them; or they are too many. */
static void
many_names(void **state)
{
	static uint8_t names[3 * NAMES];
	make_certificate parts = make_parts();
	otls_bytes tbs, whole, extension;
	otls_certificate *cert = NULL;

	(void)state;
	for (size_t i = 0; i < NAMES; i++)
		memcpy(names + 3 * i, "\x82\x01x", 3);
	extension = WRAP(0x30, TEXT(0x06, "\x55\x1d\x11"), WRAP(0x04, WRAP(0x30, otls__bytes(names, sizeof(names)))));
	tbs = WRAP(0x30, parts.version, parts.serial, parts.algorithm, parts.issuer,
	    DER(0x30, parts.not_before, parts.not_after), parts.subject, parts.spki, WRAP(0xa3, WRAP(0x30, extension)));
	whole = WRAP(0x30, tbs, parts.outer_algorithm, parts.signature);
	assert_int_equal(otls_certificate_new(whole.data, whole.len, OTLS_FILETYPE_ASN1, &cert), OTLS_OK);
	assert_false(otls_certificate_matches_name(cert, "other.example"));
	assert_true(otls_certificate_matches_name(cert, "x"));
	otls_certificate_free(cert);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deep),
		cmocka_unit_test(long_ones),
		cmocka_unit_test(lengths_that_overflow),
		cmocka_unit_test(many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
