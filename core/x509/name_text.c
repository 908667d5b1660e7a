/* Names as text (RFC 4514). */
#include "x509/der.h"
#include "x509/text.h"

#include <stdio.h>

const char otls__lower_hex[16] = "0123456789abcdef";
const char otls__upper_hex[16] = "0123456789ABCDEF";

/* == small pieces == */

static bool
append_text(otls_buffer *text, const char *piece)
{
	return otls__buffer_append(text, piece, strlen(piece));
}

bool
otls__hex_text(otls_bytes bytes, const char digits[16], otls_buffer *text)
{
	char pair[2];

	for (size_t i = 0; i < bytes.len; i++) {
		pair[0] = digits[bytes.data[i] >> 4];
		pair[1] = digits[bytes.data[i] & 0xf];
		if (!otls__buffer_append(text, pair, 2))
			return false;
	}
	return true;
}

/* A number of any size in decimal, digit by digit: OIDs made from UUIDs have 39 of them. */
typedef struct decimal {
	uint8_t digits[48]; /* the lowest first */
	size_t len;
	bool overflow;
} decimal;

static void
push_bits(decimal *number, unsigned seven_bits)
{
	unsigned carry = seven_bits;

	for (size_t i = 0; i < number->len; i++) {
		carry += number->digits[i] * 128u;
		number->digits[i] = (uint8_t)(carry % 10);
		carry /= 10;
	}
	for (; carry > 0; carry /= 10) {
		if (number->len == sizeof(number->digits)) {
			number->overflow = true;
			return;
		}
		number->digits[number->len++] = (uint8_t)(carry % 10);
	}
}

/* The number minus 80, where it is 80 or more. */
static void
subtract_80(decimal *number)
{
	size_t i = 1;

	if (number->digits[1] >= 8) {
		number->digits[1] = (uint8_t)(number->digits[1] - 8);
	} else {
		number->digits[1] = (uint8_t)(number->digits[1] + 2);
		for (i = 2; number->digits[i] == 0; i++)
			number->digits[i] = 9;
		number->digits[i]--;
	}
	while (number->len > 1 && number->digits[number->len - 1] == 0)
		number->len--;
}

static bool
append_number(const decimal *number, otls_buffer *text)
{
	char digits[sizeof(number->digits) + 1];
	size_t len = 0;

	for (size_t i = number->len; i-- > 0;)
		digits[len++] = (char)('0' + number->digits[i]);
	if (len == 0)
		digits[len++] = '0';
	return otls__buffer_append(text, digits, len);
}

/* The first number holds two arcs: 40 times the first plus the second; the first is 2 at most (X.690, 8.19.4). */
static bool
append_first(decimal *number, otls_buffer *text)
{
	unsigned value = number->digits[0] + number->digits[1] * 10u;

	if (number->len > 2 || value >= 80) {
		subtract_80(number);
		return append_text(text, "2.") && append_number(number, text);
	}
	if (value >= 40) {
		number->digits[1] = (uint8_t)(number->digits[1] - 4);
		number->len = number->digits[1] > 0 ? 2 : 1;
		return append_text(text, "1.") && append_number(number, text);
	}
	return append_text(text, "0.") && append_number(number, text);
}

bool
otls__oid_text(otls_bytes oid, otls_buffer *text)
{
	size_t start = text->len;
	decimal number = { .len = 0 };
	bool first = true;

	for (size_t i = 0; i < oid.len; i++) {
		push_bits(&number, oid.data[i] & 0x7f);
		if (number.overflow) { /* no sensible one: its bytes will do */
			text->len = start;
			return otls__hex_text(oid, otls__lower_hex, text);
		}
		if (oid.data[i] >= 0x80)
			continue;
		if (first ? !append_first(&number, text) : !(append_text(text, ".") && append_number(&number, text)))
			return false;
		number = (decimal){ .len = 0 };
		first = false;
	}
	return true;
}

/* == strings == */

/* The next character of a string of some type; -1: the end; -2: it is none. */
typedef int32_t (*next_fn)(otls_bytes *rest);

static void
skip(otls_bytes *rest, size_t len)
{
	rest->data += len;
	rest->len -= len;
}

/* Bytes that are characters: ASCII types, and T61String, which is ISO 8859-1 in practice. */
static int32_t
next_latin1(otls_bytes *rest)
{
	int32_t c = -1;

	if (rest->len == 0)
		return -1;
	c = rest->data[0];
	skip(rest, 1);
	return c;
}

static int32_t
next_utf16(otls_bytes *rest)
{
	int32_t c = -1;

	if (rest->len < 2)
		return rest->len == 0 ? -1 : -2;
	c = otls__get16(rest->data);
	skip(rest, 2);
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || rest->len < 2 || rest->data[0] < 0xdc || rest->data[0] > 0xdf)
		return -2;
	c = 0x10000 + ((c - 0xd800) << 10 | (otls__get16(rest->data) - 0xdc00));
	skip(rest, 2);
	return c;
}

static bool
is_scalar(uint32_t c)
{
	return c < 0xd800 || (c > 0xdfff && c <= 0x10ffff);
}

static int32_t
next_utf32(otls_bytes *rest)
{
	uint32_t c = 0;

	if (rest->len < 4)
		return rest->len == 0 ? -1 : -2;
	c = (uint32_t)otls__get16(rest->data) << 16 | otls__get16(rest->data + 2);
	skip(rest, 4);
	return is_scalar(c) ? (int32_t)c : -2;
}

static int32_t
next_utf8(otls_bytes *rest)
{
	static const uint32_t lowest[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = 0;
	size_t len = 0;

	if (rest->len == 0)
		return -1;
	c = rest->data[0];
	len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	if (len == 0 || len > rest->len)
		return -2;
	c &= 0xffu >> (len > 1 ? len + 1 : 0);
	for (size_t i = 1; i < len; i++) {
		if ((rest->data[i] & 0xc0) != 0x80)
			return -2;
		c = c << 6 | (rest->data[i] & 0x3fu);
	}
	skip(rest, len);
	return c >= lowest[len] && is_scalar(c) ? (int32_t)c : -2;
}

static next_fn
decoder_of(uint8_t tag)
{
	switch (tag) {
	case OTLS_DER_UTF8_STRING:
		return next_utf8;
	case OTLS_DER_NUMERIC_STRING:
	case OTLS_DER_PRINTABLE_STRING:
	case OTLS_DER_T61_STRING:
	case OTLS_DER_IA5_STRING:
	case OTLS_DER_VISIBLE_STRING:
		return next_latin1;
	case OTLS_DER_BMP_STRING:
		return next_utf16;
	case OTLS_DER_UNIVERSAL_STRING:
		return next_utf32;
	default:
		return NULL;
	}
}

static bool
is_well_formed(otls_bytes value, next_fn next)
{
	int32_t c = 0;

	do
		c = next(&value);
	while (c >= 0);
	return c == -1;
}

bool
otls__is_utf8(otls_bytes text)
{
	return is_well_formed(text, next_utf8);
}

static size_t
encode_utf8(uint32_t c, uint8_t out[4])
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

/* Control characters would spoil logs and terminals: their bytes are written as \XX, which RFC 4514 allows. */
static bool
append_char(uint32_t c, bool escaped, otls_buffer *text)
{
	uint8_t bytes[4];
	size_t len = encode_utf8(c, bytes);

	if (c >= 0x20 && (c < 0x7f || c >= 0xa0))
		return (!escaped || append_text(text, "\\")) && otls__buffer_append(text, bytes, len);
	for (size_t i = 0; i < len; i++) {
		if (!append_text(text, "\\") || !otls__hex_text(otls__bytes(&bytes[i], 1), otls__upper_hex, text))
			return false;
	}
	return true;
}

/* RFC 4514, section 2.4. */
static bool
is_special(uint32_t c, bool first, bool last)
{
	if (c == ' ')
		return first || last;
	return (c == '#' && first) || (c != 0 && c < 0x80 && strchr("\"+,;<>\\", (int)c) != NULL);
}

static bool
append_plain(otls_bytes value, next_fn next, otls_buffer *text)
{
	uint8_t bytes[4];
	int32_t c = 0;

	while ((c = next(&value)) >= 0) {
		if (!otls__buffer_append(text, bytes, encode_utf8((uint32_t)c, bytes)))
			return false;
	}
	return true;
}

static bool
append_string(otls_bytes value, next_fn next, bool escape, otls_buffer *text)
{
	bool first = true;
	int32_t c = next(&value);

	while (c >= 0) {
		int32_t behind = next(&value);

		if (!append_char((uint32_t)c, escape && is_special((uint32_t)c, first, behind < 0), text))
			return false;
		first = false;
		c = behind;
	}
	return true;
}

/* == attributes == */

static const struct type_row {
	otls_bytes oid;
	const char *name;
} types[] = {
	{ OTLS_OID_INIT("\x55\x04\x03"), "CN" },
	{ OTLS_OID_INIT("\x55\x04\x04"), "SN" },
	{ OTLS_OID_INIT("\x55\x04\x05"), "serialNumber" },
	{ OTLS_OID_INIT("\x55\x04\x06"), "C" },
	{ OTLS_OID_INIT("\x55\x04\x07"), "L" },
	{ OTLS_OID_INIT("\x55\x04\x08"), "ST" },
	{ OTLS_OID_INIT("\x55\x04\x09"), "STREET" },
	{ OTLS_OID_INIT("\x55\x04\x0a"), "O" },
	{ OTLS_OID_INIT("\x55\x04\x0b"), "OU" },
	{ OTLS_OID_INIT("\x55\x04\x0c"), "title" },
	{ OTLS_OID_INIT("\x55\x04\x0d"), "description" },
	{ OTLS_OID_INIT("\x55\x04\x0f"), "businessCategory" },
	{ OTLS_OID_INIT("\x55\x04\x11"), "postalCode" },
	{ OTLS_OID_INIT("\x55\x04\x29"), "name" },
	{ OTLS_OID_INIT("\x55\x04\x2a"), "GN" },
	{ OTLS_OID_INIT("\x55\x04\x2b"), "initials" },
	{ OTLS_OID_INIT("\x55\x04\x2c"), "generationQualifier" },
	{ OTLS_OID_INIT("\x55\x04\x2e"), "dnQualifier" },
	{ OTLS_OID_INIT("\x55\x04\x41"), "pseudonym" },
	{ OTLS_OID_INIT("\x55\x04\x61"), "organizationIdentifier" },
	{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"), "emailAddress" },
	{ OTLS_OID_INIT("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"), "UID" },
	{ OTLS_OID_INIT("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"), "DC" },
	{ OTLS_OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01"), "jurisdictionL" },
	{ OTLS_OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02"), "jurisdictionST" },
	{ OTLS_OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03"), "jurisdictionC" },
};

static const char *
type_name(otls_bytes oid)
{
	for (size_t i = 0; i < OTLS_COUNT(types); i++) {
		if (otls__bytes_equal(types[i].oid, oid))
			return types[i].name;
	}
	return NULL;
}

/* One AttributeTypeAndValue. */
typedef struct attribute {
	otls_bytes oid, contents, whole;
	uint8_t tag;
} attribute;

static bool
read_attribute(otls_der *rdn, attribute *one)
{
	otls_der inside;

	return otls__der_enter(rdn, OTLS_DER_SEQUENCE, &inside) && otls__der_oid(&inside, &one->oid) &&
	       otls__der_any(&inside, &one->tag, &one->contents, &one->whole);
}

/* "#" and the hex of its DER: for what is no string, and for types that are known by number only (section 2.4). */
static bool
append_hex_value(const attribute *one, otls_buffer *text)
{
	return append_text(text, "#") && otls__hex_text(one->whole, otls__upper_hex, text);
}

static bool
append_attribute(const attribute *one, otls_buffer *text)
{
	const char *name = type_name(one->oid);
	next_fn next = decoder_of(one->tag);

	if (name == NULL)
		return otls__oid_text(one->oid, text) && append_text(text, "=") && append_hex_value(one, text);
	if (!append_text(text, name) || !append_text(text, "="))
		return false;
	if (next == NULL || !is_well_formed(one->contents, next))
		return append_hex_value(one, text);
	return append_string(one->contents, next, true, text);
}

static bool
append_rdn(otls_der rdn, otls_buffer *text)
{
	const char *between = "";
	attribute one;

	while (otls__der_more(&rdn) && read_attribute(&rdn, &one)) {
		if (!append_text(text, between) || !append_attribute(&one, text))
			return false;
		between = "+";
	}
	return true;
}

/* == names == */

static bool
open_name(otls_bytes name, otls_der *rdns)
{
	otls_der der = otls__der(name, NULL);

	return otls__der_enter(&der, OTLS_DER_SEQUENCE, rdns);
}

/* The last relative name comes first (section 2.1): they are found from the front and written from the back. */
bool
otls__name_text(otls_bytes name, otls_buffer *text)
{
	otls_der *list = NULL;
	otls_der rdns;
	otls_der rdn;
	size_t count = 0;
	size_t found = 0;
	bool done = true;

	if (!open_name(name, &rdns))
		return true;
	for (otls_der counted = rdns; otls__der_more(&counted) && otls__der_enter(&counted, OTLS_DER_SET, &rdn);)
		count++;
	if ((list = otls__alloc(count * sizeof(list[0]))) == NULL)
		return false;
	while (found < count && otls__der_enter(&rdns, OTLS_DER_SET, &rdn))
		list[found++] = rdn;
	for (size_t i = found; i-- > 0 && done;)
		done = append_rdn(list[i], text) && (i == 0 || append_text(text, ","));
	otls__free(list);
	return done;
}

bool
otls__common_name_text(otls_bytes name, otls_buffer *text)
{
	attribute best = { .tag = 0 };
	attribute one;
	next_fn next;
	otls_der rdns;
	otls_der rdn;

	if (!open_name(name, &rdns))
		return true;
	while (otls__der_more(&rdns) && otls__der_enter(&rdns, OTLS_DER_SET, &rdn)) {
		while (otls__der_more(&rdn) && read_attribute(&rdn, &one)) {
			if (otls__bytes_equal(one.oid, OTLS_OID("\x55\x04\x03")))
				best = one;
		}
	}
	next = decoder_of(best.tag);
	return next == NULL || !is_well_formed(best.contents, next) || append_string(best.contents, next, false, text);
}

/* == parts == */

static bool
append_part(const attribute *one, otls_text_list *list)
{
	otls_text_item item = { .type = list->text.len };
	const char *name = type_name(one->oid);
	next_fn next = decoder_of(one->tag);

	if (!(name != NULL ? append_text(&list->text, name) : otls__oid_text(one->oid, &list->text)) ||
	    !otls__buffer_append(&list->text, "", 1))
		return false;
	item.at = list->text.len;
	if (next == NULL || !is_well_formed(one->contents, next))
		return append_hex_value(one, &list->text) && otls__text_list_add(list, &item);
	return append_plain(one->contents, next, &list->text) && otls__text_list_add(list, &item);
}

bool
otls__name_texts(otls_bytes name, otls_text_list *list)
{
	attribute one;
	otls_der rdns;
	otls_der rdn;

	if (!open_name(name, &rdns))
		return true;
	while (otls__der_more(&rdns) && otls__der_enter(&rdns, OTLS_DER_SET, &rdn)) {
		while (otls__der_more(&rdn) && read_attribute(&rdn, &one)) {
			if (!append_part(&one, list))
				return false;
		}
	}
	return true;
}

bool
otls__oid_texts(otls_bytes oids, otls_text_list *list)
{
	otls_der der = otls__der(oids, NULL);
	otls_bytes oid = { NULL, 0 };

	while (otls__der_more(&der) && otls__der_oid(&der, &oid)) {
		otls_text_item item = { .at = list->text.len };

		if (!otls__oid_text(oid, &list->text) || !otls__text_list_add(list, &item))
			return false;
	}
	return true;
}
