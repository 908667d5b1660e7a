#include "der_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool
reserve(struct der_out *out, size_t more)
{
	size_t cap = out->cap > 0 ? out->cap : 256;
	uint8_t *grown = NULL;

	if (out->failed)
		return false;
	while (cap - out->len < more)
		cap *= 2;
	if (cap == out->cap)
		return true;
	grown = realloc(out->data, cap);
	if (grown == NULL) {
		out->failed = true;
		return false;
	}
	out->data = grown;
	out->cap = cap;
	return true;
}

void
der_raw(struct der_out *out, const void *data, size_t len)
{
	if (len == 0 || !reserve(out, len))
		return;
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

static void
put_byte(struct der_out *out, unsigned byte)
{
	uint8_t octet = (uint8_t)byte;

	der_raw(out, &octet, 1);
}

/* Writes the length of len contents to buf and answers how many bytes that took. */
static size_t
encode_length(uint8_t buf[9], size_t len)
{
	size_t bytes = 0;

	if (len < 0x80) {
		buf[0] = (uint8_t)len;
		return 1;
	}
	for (size_t rest = len; rest > 0; rest >>= 8)
		bytes++;
	buf[0] = (uint8_t)(0x80 | bytes);
	for (size_t i = 0; i < bytes; i++)
		buf[1 + i] = (uint8_t)(len >> (8 * (bytes - 1 - i)));
	return 1 + bytes;
}

void
der_open(struct der_out *out, int tag)
{
	if (out->depth == DER_DEPTH)
		out->failed = true;
	if (out->failed)
		return;
	put_byte(out, (unsigned)tag);
	out->open[out->depth++] = out->len;
}

void
der_close(struct der_out *out)
{
	uint8_t length[9] = { 0 };
	size_t start = 0, len = 0, width = 0;

	if (out->depth == 0)
		out->failed = true;
	if (out->failed)
		return;
	start = out->open[--out->depth];
	len = out->len - start;
	width = encode_length(length, len);
	if (!reserve(out, width))
		return;
	memmove(out->data + start + width, out->data + start, len);
	memcpy(out->data + start, length, width);
	out->len += width;
}

void
der_value(struct der_out *out, int tag, const void *data, size_t len)
{
	der_open(out, tag);
	der_raw(out, data, len);
	der_close(out);
}

void
der_text(struct der_out *out, int tag, const char *text)
{
	der_value(out, tag, text, strlen(text));
}

void
der_boolean(struct der_out *out, bool value)
{
	uint8_t octet = value ? 0xff : 0;

	der_value(out, DER_BOOLEAN, &octet, 1);
}

void
der_unsigned(struct der_out *out, const uint8_t *data, size_t len)
{
	while (len > 1 && data[0] == 0) {
		data++;
		len--;
	}
	der_open(out, DER_INTEGER);
	if (len == 0 || data[0] >= 0x80)
		put_byte(out, 0);
	der_raw(out, data, len);
	der_close(out);
}

void
der_small(struct der_out *out, unsigned value)
{
	uint8_t bytes[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };

	der_unsigned(out, bytes, sizeof(bytes));
}

/* One arc in base 128, the high bit set on all but the last byte. */
static void
put_arc(struct der_out *out, unsigned long arc)
{
	int shift = 0;

	while (shift < 56 && arc >> (shift + 7) > 0)
		shift += 7;
	for (; shift > 0; shift -= 7)
		put_byte(out, 0x80 | ((unsigned)(arc >> shift) & 0x7f));
	put_byte(out, (unsigned)arc & 0x7f);
}

void
der_oid(struct der_out *out, const char *dotted)
{
	char *end = NULL;
	unsigned long first = strtoul(dotted, &end, 10);
	unsigned long second = *end == '.' ? strtoul(end + 1, &end, 10) : 0;

	der_open(out, DER_OID);
	put_arc(out, first * 40 + second);
	while (*end == '.')
		put_arc(out, strtoul(end + 1, &end, 10));
	der_close(out);
	if (*end != '\0')
		out->failed = true;
}

void
der_time(struct der_out *out, int64_t unix_seconds)
{
	time_t when = (time_t)unix_seconds;
	struct tm utc = { 0 };
	char text[64] = "";

	if (gmtime_r(&when, &utc) == NULL || utc.tm_year < -1900 || utc.tm_year > 9999 - 1900) {
		out->failed = true;
		return;
	}
	if (utc.tm_year >= 50 && utc.tm_year < 150) {
		snprintf(text, sizeof(text), "%02d%02d%02d%02d%02d%02dZ", utc.tm_year % 100, utc.tm_mon + 1,
		    utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
		der_text(out, DER_UTC_TIME, text);
		return;
	}
	snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
	    utc.tm_hour, utc.tm_min, utc.tm_sec);
	der_text(out, DER_GENERALIZED_TIME, text);
}

void
der_bits(struct der_out *out, const void *data, size_t len)
{
	der_open(out, DER_BIT_STRING);
	put_byte(out, 0);
	der_raw(out, data, len);
	der_close(out);
}

void
der_named_bits(struct der_out *out, unsigned bits)
{
	uint8_t octets[4] = { 0 };
	size_t used = 0;

	for (unsigned bit = 0; bit < 32; bit++) {
		if ((bits >> bit & 1) == 0)
			continue;
		octets[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		used = bit + 1;
	}
	der_open(out, DER_BIT_STRING);
	put_byte(out, (unsigned)((8 - used % 8) % 8));
	der_raw(out, octets, (used + 7) / 8);
	der_close(out);
}

bool
der_take(struct der_out *out, uint8_t **data, size_t *len)
{
	bool good = !out->failed && out->depth == 0 && out->len > 0;

	*data = NULL;
	*len = 0;
	if (good) {
		*data = out->data;
		*len = out->len;
	} else {
		free(out->data);
	}
	*out = (struct der_out){ 0 };
	return good;
}
