#include "json.h"

#include <assert.h>
#include <inttypes.h>

struct json
json_to(FILE *file)
{
	return (struct json){ .file = file };
}

/* == layout == */
static bool
is_flat(const struct json *out)
{
	return out->flat_from > 0 && out->depth >= out->flat_from;
}

static void
break_line(const struct json *out)
{
	if (is_flat(out)) {
		fputc(' ', out->file);
		return;
	}
	fputc('\n', out->file);
	for (size_t i = 0; i < out->depth; i++)
		fputs("  ", out->file);
}

/* What stands before a value. */
static void
begin_item(struct json *out, const char *key)
{
	if (out->has_items)
		fputc(',', out->file);
	if (out->depth > 0)
		break_line(out);
	if (key != NULL)
		fprintf(out->file, "\"%s\": ", key);
	out->has_items = true;
}

static void
open_item(struct json *out, const char *key, json_layout layout, char opener, char closer)
{
	assert(out->depth < JSON_DEPTH);
	begin_item(out, key);
	fputc(opener, out->file);
	out->closers[out->depth++] = closer;
	if (layout == JSON_FLAT && out->flat_from == 0)
		out->flat_from = out->depth;
	out->has_items = false;
}

void
json_object(struct json *out, const char *key, json_layout layout)
{
	open_item(out, key, layout, '{', '}');
}

void
json_array(struct json *out, const char *key, json_layout layout)
{
	open_item(out, key, layout, '[', ']');
}

void
json_end(struct json *out)
{
	bool flat = is_flat(out);

	assert(out->depth > 0);
	out->depth--;
	if (out->has_items && flat)
		fputc(' ', out->file);
	else if (out->has_items)
		break_line(out);
	fputc(out->closers[out->depth], out->file);
	if (out->depth < out->flat_from)
		out->flat_from = 0;
	if (out->depth == 0)
		fputc('\n', out->file);
	out->has_items = true;
}

/* == values == */

/* The length of the character that text starts with; 0: not UTF-8 (RFC 3629, section 4). */
static size_t
utf8_length(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf;
	size_t len = 0;

	if (c[0] < 0x80)
		return 1;
	if (c[0] < 0xc2 || c[0] > 0xf4)
		return 0;
	len = c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
	if (c[0] == 0xe0)
		low = 0xa0; /* no overlong forms, ... */
	if (c[0] == 0xf0)
		low = 0x90;
	if (c[0] == 0xed)
		high = 0x9f; /* ... no surrogates, ... */
	if (c[0] == 0xf4)
		high = 0x8f; /* ... and nothing above U+10FFFF */
	if (c[1] < low || c[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (c[i] < 0x80 || c[i] > 0xbf)
			return 0;
	return len;
}

static void
put_character(FILE *file, const char *text, size_t len)
{
	if (len == 0)
		fputs("\\ufffd", file);
	else if (*text == '"' || *text == '\\')
		fprintf(file, "\\%c", *text);
	else if ((unsigned char)*text < 0x20 || *text == 0x7f)
		fprintf(file, "\\u%04x", (unsigned)*text);
	else
		fwrite(text, 1, len, file);
}

void
json_text(struct json *out, const char *key, const char *text)
{
	begin_item(out, key);
	fputc('"', out->file);
	while (*text != '\0') {
		size_t len = utf8_length(text);
		put_character(out->file, text, len);
		text += len > 0 ? len : 1;
	}
	fputc('"', out->file);
}

void
json_number(struct json *out, const char *key, uint64_t number)
{
	begin_item(out, key);
	fprintf(out->file, "%" PRIu64, number);
}

void
json_real(struct json *out, const char *key, double number)
{
	begin_item(out, key);
	fprintf(out->file, "%.3f", number);
}

void
json_bool(struct json *out, const char *key, bool value)
{
	begin_item(out, key);
	fputs(value ? "true" : "false", out->file);
}

void
json_null(struct json *out, const char *key)
{
	begin_item(out, key);
	fputs("null", out->file);
}
