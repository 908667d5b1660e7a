/* Bad input for the tests of readers: damage done to good bytes, values that are long or deep, and a meter of what reading
 * them asks for. */
#ifndef OTLS_TESTS_BAD_INPUT_H
#define OTLS_TESTS_BAD_INPUT_H

#include "error.h"
#include "make_der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the three above. */
#include <cmocka.h>

#define BAD_MANY  100000
#define BAD_DEPTH 10000
#define BAD_LONG  ((size_t)10 << 20)

/* == the meter == */

/* Bytes that core's allocations have asked for, one with another: more than there ever were at a time. */
static size_t bad_asked;

static inline void
bad_meter(size_t size)
{
	bad_asked += size;
}

/* Measures from here on. */
static inline void
bad_meter_start(void)
{
	bad_asked = 0;
	otls__alloc_meter = bad_meter;
}

/* == what is damaged == */

/* Called with each damaged input and what was done to it; the bytes have a block of their own, so that reading past them is
 * seen by sanitizers. */
typedef void (*bad_fn)(const char *what, otls_bytes input, void *arg);

static inline void
bad_try(bad_fn fn, void *arg, const char *what, size_t at, otls_bytes input)
{
	uint8_t *copy = malloc(input.len > 0 ? input.len : 1);
	char text[80];

	assert_non_null(copy);
	memcpy(copy, input.data, input.len);
	snprintf(text, sizeof(text), "%s %zu", what, at);
	fn(text, otls__bytes(copy, input.len), arg);
	free(copy);
}

/* Cut short at every byte. */
static inline void
bad_truncate(otls_bytes good, bad_fn fn, void *arg)
{
	for (size_t len = 0; len < good.len; len++)
		bad_try(fn, arg, "cut at byte", len, otls__bytes(good.data, len));
}

/* Every bit changed. */
static inline void
bad_flip(otls_bytes good, bad_fn fn, void *arg)
{
	uint8_t *bytes = otls__memdup(good.data, good.len);

	assert_non_null(bytes);
	for (size_t bit = 0; bit < 8 * good.len; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		bad_try(fn, arg, "changed bit", bit, otls__bytes(bytes, good.len));
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	otls__free(bytes);
}

/* Every byte left out, and every byte written twice. */
static inline void
bad_shift(otls_bytes good, bad_fn fn, void *arg)
{
	uint8_t *bytes = malloc(good.len + 1);

	assert_non_null(bytes);
	for (size_t at = 0; at < good.len; at++) {
		memcpy(bytes, good.data, at);
		memcpy(bytes + at, good.data + at + 1, good.len - at - 1);
		bad_try(fn, arg, "left out byte", at, otls__bytes(bytes, good.len - 1));
		memcpy(bytes + at, good.data + at, 1);
		memcpy(bytes + at + 1, good.data + at, good.len - at);
		bad_try(fn, arg, "doubled byte", at, otls__bytes(bytes, good.len + 1));
	}
	free(bytes);
}

/* == what is long or deep: malloc'd, freed with bad_free == */

static inline void
bad_free(otls_bytes bytes)
{
	free((void *)(uintptr_t)bytes.data);
}

/* The same bytes again and again. */
static inline otls_bytes
bad_repeat(otls_bytes piece, size_t times)
{
	uint8_t *out = malloc(piece.len * times + 1);

	assert_non_null(out);
	for (size_t i = 0; i < times; i++)
		memcpy(out + i * piece.len, piece.data, piece.len);
	return otls__bytes(out, piece.len * times);
}

/* A value around what may be long; takes the contents over. */
static inline otls_bytes
bad_wrap(uint8_t tag, otls_bytes contents)
{
	size_t n = contents.len < 0x80 ? 0 : contents.len < 0x100 ? 1 : contents.len < 0x10000 ? 2 : 3;
	uint8_t *out = malloc(contents.len + 2 + n);

	assert_non_null(out);
	out[0] = tag;
	out[1] = n == 0 ? (uint8_t)contents.len : (uint8_t)(0x80 | n);
	for (size_t i = 0; i < n; i++)
		out[2 + i] = (uint8_t)(contents.len >> (8 * (n - 1 - i)));
	memcpy(out + 2 + n, contents.data, contents.len);
	bad_free(contents);
	return otls__bytes(out, contents.len + 2 + n);
}

/* front, then what is taken over, then back. */
static inline otls_bytes
bad_between(otls_bytes front, otls_bytes middle, otls_bytes back)
{
	size_t len = front.len + middle.len + back.len;
	uint8_t *out = malloc(len > 0 ? len : 1);

	assert_non_null(out);
	memcpy(out, front.data, front.len);
	memcpy(out + front.len, middle.data, middle.len);
	memcpy(out + front.len + middle.len, back.data, back.len);
	bad_free(middle);
	return otls__bytes(out, len);
}

/* BAD_DEPTH values, each inside of the one before. */
static inline otls_bytes
bad_nested(uint8_t tag)
{
	uint8_t *data = malloc((size_t)4 * BAD_DEPTH);

	assert_non_null(data);
	for (size_t i = 0; i < BAD_DEPTH; i++) {
		data[4 * i] = tag;
		data[4 * i + 1] = 0x82;
		otls__put16(data + 4 * i + 2, 4 * (BAD_DEPTH - 1 - i));
	}
	return otls__bytes(data, (size_t)4 * BAD_DEPTH);
}

/* A number of 10,000 bytes; make_der.h's, not malloc'd. */
static inline otls_bytes
bad_huge_number(uint8_t tag)
{
	static uint8_t bytes[10000] = { 1 };

	return DER(tag, otls__bytes(bytes, sizeof(bytes)));
}

/* == what is expected == */

/* Whether a number stands behind the word: "byte 12", "line 3". */
static inline bool
bad_has_place(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
		if (at[len] == ' ' && at[len + 1] >= '0' && at[len + 1] <= '9')
			return true;
	return false;
}

/* The last call was refused: for its form, and where; or for its size. */
static inline void
bad_expect_refused(const char *reader, const char *what, otls_status status)
{
	const char *text = otls_error_message(otls_error_last());
	otls_code code = otls_error_code(otls_error_last());

	if (status != OTLS_ERROR)
		fail_msg("%s: %s is accepted", reader, what);
	if (code == OTLS_E_FORMAT && !bad_has_place(text, "byte") && !bad_has_place(text, "line"))
		fail_msg("%s: %s: refused without a place: %s", reader, what, text);
	else if (code != OTLS_E_FORMAT && code != OTLS_E_LIMIT)
		fail_msg("%s: %s: refused as %d: %s", reader, what, (int)code, text);
}

#endif
