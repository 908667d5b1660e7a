#include "x509/der.h"

#include <limits.h>

otls_der
otls__der(otls_bytes bytes, otls_der_fault *fault)
{
	return (otls_der){ .data = bytes.data, .len = bytes.len, .fault = fault };
}

bool
otls__der_fail(otls_der *der, const char *what)
{
	if (!der->failed && der->fault != NULL && der->fault->what == NULL) {
		der->fault->at = der->data;
		der->fault->what = what;
	}
	der->failed = true;
	return false;
}

/* Reads the length behind the tag; *head is the size of both.  NULL: fine, else what is wrong. */
static const char *
read_length(const otls_der *der, size_t *head, size_t *len)
{
	size_t bytes = 0;

	if (der->len < 2)
		return "the data ends too early";
	*head = 2;
	*len = der->data[1];
	if (*len < 0x80)
		return NULL;

	bytes = *len & 0x7f;
	if (bytes == 0)
		return "an indefinite length";
	if (bytes > 4)
		return "a length that is too large";
	if (der->len < 2 + bytes)
		return "the data ends too early";
	*len = 0;
	for (size_t i = 0; i < bytes; i++)
		*len = *len << 8 | der->data[2 + i];
	if (*len < 0x80 || *len >> (8 * (bytes - 1)) == 0)
		return "a length that is longer than it needs to be";
	*head = 2 + bytes;
	return NULL;
}

bool
otls__der_any(otls_der *der, uint8_t *tag, otls_bytes *contents, otls_bytes *whole)
{
	const char *wrong = NULL;
	size_t head = 0;
	size_t len = 0;

	if (der->failed)
		return false;
	if ((wrong = read_length(der, &head, &len)) != NULL)
		return otls__der_fail(der, wrong);
	if ((der->data[0] & 0x1f) == 0x1f)
		return otls__der_fail(der, "a high tag number");
	if (len > der->len - head)
		return otls__der_fail(der, "a length that goes past the end");

	if (tag != NULL)
		*tag = der->data[0];
	if (contents != NULL)
		*contents = otls__bytes(der->data + head, len);
	if (whole != NULL)
		*whole = otls__bytes(der->data, head + len);
	der->data += head + len;
	der->len -= head + len;
	return true;
}

bool
otls__der_next_is(const otls_der *der, uint8_t tag)
{
	return otls__der_more(der) && der->data[0] == tag;
}

bool
otls__der_more(const otls_der *der)
{
	return !der->failed && der->len > 0;
}

bool
otls__der_done(otls_der *der)
{
	if (otls__der_more(der))
		return otls__der_fail(der, "more data than there should be");
	return !der->failed;
}

static bool
expect(otls_der *der, uint8_t tag)
{
	if (otls__der_next_is(der, tag))
		return true;
	return otls__der_fail(der, der->len == 0 ? "the data ends too early" : "another tag than there should be");
}

bool
otls__der_read(otls_der *der, uint8_t tag, otls_bytes *contents)
{
	return expect(der, tag) && otls__der_any(der, NULL, contents, NULL);
}

bool
otls__der_read_whole(otls_der *der, uint8_t tag, otls_bytes *whole)
{
	return expect(der, tag) && otls__der_any(der, NULL, NULL, whole);
}

bool
otls__der_enter(otls_der *der, uint8_t tag, otls_der *inside)
{
	otls_bytes contents = { NULL, 0 };

	if (!otls__der_read(der, tag, &contents))
		return false;
	*inside = otls__der(contents, der->fault);
	return true;
}

/* Fails at the contents of the value that was just read. */
static bool
bad_contents(otls_der *der, otls_bytes contents, const char *what)
{
	otls_der inside = otls__der(contents, der->fault);

	der->failed = true;
	return otls__der_fail(&inside, what);
}

bool
otls__der_boolean(otls_der *der, bool *value)
{
	otls_bytes contents = { NULL, 0 };

	if (!otls__der_read(der, OTLS_DER_BOOLEAN, &contents))
		return false;
	if (contents.len != 1 || (contents.data[0] != 0x00 && contents.data[0] != 0xff))
		return bad_contents(der, contents, "a BOOLEAN that is neither 00 nor ff");
	*value = contents.data[0] != 0;
	return true;
}

static bool
read_integer(otls_der *der, uint8_t tag, otls_bytes *contents)
{
	otls_bytes read = { NULL, 0 };

	if (!otls__der_read(der, tag, &read))
		return false;
	if (read.len == 0)
		return bad_contents(der, read, "an INTEGER without contents");
	/* The first nine bits must not be all alike (X.690, section 8.3.2). */
	if (read.len > 1 &&
	    ((read.data[0] == 0x00 && read.data[1] < 0x80) || (read.data[0] == 0xff && read.data[1] >= 0x80)))
		return bad_contents(der, read, "an INTEGER that is longer than it needs to be");
	*contents = read;
	return true;
}

bool
otls__der_integer(otls_der *der, otls_bytes *contents)
{
	return read_integer(der, OTLS_DER_INTEGER, contents);
}

bool
otls__der_number_as(otls_der *der, uint8_t tag, int *value)
{
	otls_bytes contents = { NULL, 0 };
	uint64_t number = 0;

	if (!read_integer(der, tag, &contents))
		return false;
	if (contents.data[0] >= 0x80)
		return bad_contents(der, contents, "a negative INTEGER");
	for (size_t i = 0; i < contents.len && number <= INT_MAX; i++)
		number = number << 8 | contents.data[i];
	*value = number > INT_MAX ? INT_MAX : (int)number;
	return true;
}

bool
otls__der_number(otls_der *der, int *value)
{
	return otls__der_number_as(der, OTLS_DER_INTEGER, value);
}

bool
otls__der_oid(otls_der *der, otls_bytes *contents)
{
	otls_bytes read = { NULL, 0 };
	bool starts = true;

	if (!otls__der_read(der, OTLS_DER_OID, &read))
		return false;
	for (size_t i = 0; i < read.len; i++) {
		if (starts && read.data[i] == 0x80)
			return bad_contents(der, read, "an OID that is longer than it needs to be");
		starts = read.data[i] < 0x80;
	}
	if (read.len == 0 || !starts)
		return bad_contents(der, read, "an OID that is cut short");
	*contents = read;
	return true;
}

/* The bytes of a BIT STRING and how many of the last one's bits are unused; those must be zero (X.690, 11.2.1). */
static bool
bit_string(otls_der *der, otls_bytes *bytes, unsigned *unused)
{
	otls_bytes contents = { NULL, 0 };

	if (!otls__der_read(der, OTLS_DER_BIT_STRING, &contents))
		return false;
	if (contents.len == 0 || contents.data[0] > 7 || (contents.len == 1 && contents.data[0] != 0))
		return bad_contents(der, contents, "a malformed BIT STRING");
	*unused = contents.data[0];
	if (*unused != 0 && (contents.data[contents.len - 1] & ((1u << *unused) - 1)) != 0)
		return bad_contents(der, contents, "a BIT STRING whose unused bits are not zero");
	*bytes = otls__bytes(contents.data + 1, contents.len - 1);
	return true;
}

bool
otls__der_octets(otls_der *der, otls_bytes *bytes)
{
	otls_bytes read = { NULL, 0 };
	unsigned unused = 0;

	if (!bit_string(der, &read, &unused))
		return false;
	if (unused != 0)
		return bad_contents(der, read, "a BIT STRING that is not of whole bytes");
	*bytes = read;
	return true;
}

bool
otls__der_flags(otls_der *der, uint16_t *bits)
{
	otls_bytes read = { NULL, 0 };
	unsigned unused = 0;

	if (!bit_string(der, &read, &unused))
		return false;
	*bits = 0;
	for (unsigned i = 0; i < 16 && i / 8 < read.len; i++)
		if (read.data[i / 8] & (0x80u >> i % 8))
			*bits |= (uint16_t)(1u << i);
	return true;
}

/* Days from 1970-01-01 in the Gregorian calendar. */
static int64_t
days_since_1970(int year, int month, int day)
{
	static const int before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	/* Years whose 29th of February is over, from 400 years before the year 0 on; up to 1970 that makes 574 leap days. */
	int years = (month > 2 ? year : year - 1) + 400;

	return (int64_t)365 * (year - 1970) + years / 4 - years / 100 + years / 400 - 574 + before[month - 1] + day - 1;
}

static int
days_in_month(int year, int month)
{
	static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Pairs of digits "YYMMDDHHMMSS" and "Z". */
static bool
time_pairs(otls_bytes text, int pair[6])
{
	if (text.len != 13 || text.data[12] != 'Z')
		return false;
	for (size_t i = 0; i < 12; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	for (size_t i = 0; i < 6; i++)
		pair[i] = (text.data[2 * i] - '0') * 10 + text.data[2 * i + 1] - '0';
	return true;
}

static bool
time_value(otls_bytes text, int century, int64_t *seconds)
{
	int pair[6] = { 0 };
	int year = 0;

	if (!time_pairs(text, pair))
		return false;
	/* Two digits mean 1950 to 2049 (RFC 5280, section 4.1.2.5.1). */
	year = pair[0] + (century >= 0 ? century * 100 : pair[0] >= 50 ? 1900 : 2000);
	if (pair[1] < 1 || pair[1] > 12 || pair[2] < 1 || pair[2] > days_in_month(year, pair[1]) || pair[3] > 23 ||
	    pair[4] > 59 || pair[5] > 59)
		return false;
	*seconds = days_since_1970(year, pair[1], pair[2]) * 86400 + pair[3] * 3600 + pair[4] * 60 + pair[5];
	return true;
}

bool
otls__der_time(otls_der *der, int64_t *seconds)
{
	otls_bytes text = { NULL, 0 };
	otls_bytes rest = { NULL, 0 };
	int century = -1;

	if (otls__der_next_is(der, OTLS_DER_UTC_TIME)) {
		if (!otls__der_read(der, OTLS_DER_UTC_TIME, &text))
			return false;
		rest = text;
	} else {
		if (!otls__der_read(der, OTLS_DER_GENERALIZED_TIME, &text))
			return false;
		if (text.len != 15 || text.data[0] < '0' || text.data[0] > '9' || text.data[1] < '0' ||
		    text.data[1] > '9')
			return bad_contents(der, text, "a time that is not YYYYMMDDHHMMSSZ");
		century = (text.data[0] - '0') * 10 + text.data[1] - '0';
		rest = otls__bytes(text.data + 2, text.len - 2);
	}
	if (!time_value(rest, century, seconds))
		return bad_contents(der, text, "a time that is malformed");
	return true;
}
