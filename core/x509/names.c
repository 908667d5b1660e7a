/* Names: their form, and when two are equal (RFC 5280, section 7.1). */
#include "x509/der.h"
#include "x509/general_name.h"
#include "x509/store.h"

/* One AttributeTypeAndValue. */
typedef struct attribute {
	otls_bytes oid;
	uint8_t tag;
	otls_bytes value;
} attribute;

static bool
read_attribute(otls_der *rdn, attribute *out)
{
	otls_der inside;

	return otls__der_enter(rdn, OTLS_DER_SEQUENCE, &inside) && otls__der_oid(&inside, &out->oid) &&
	       otls__der_any(&inside, &out->tag, &out->value, NULL) && otls__der_done(&inside);
}

/* == form == */

static bool
rdn_valid(otls_der *rdns)
{
	otls_der rdn;
	attribute one;

	if (!otls__der_enter(rdns, OTLS_DER_SET, &rdn) || rdn.len == 0)
		return false;
	while (otls__der_more(&rdn)) {
		if (!read_attribute(&rdn, &one))
			return false;
	}
	return true;
}

bool
otls__name_valid(otls_bytes name)
{
	otls_der der = otls__der(name, NULL);
	otls_der rdns;

	if (!otls__der_enter(&der, OTLS_DER_SEQUENCE, &rdns))
		return false;
	while (otls__der_more(&rdns)) {
		if (!rdn_valid(&rdns))
			return false;
	}
	return otls__der_done(&rdns) && otls__der_done(&der);
}

/* == equality == */

/* A text with ASCII letters folded, white space at both ends left out, and runs of it taken as one blank. */
typedef struct folded {
	const uint8_t *next, *end;
} folded;

static folded
fold(otls_bytes text)
{
	const uint8_t *start = text.data;
	const uint8_t *end = start + text.len;

	while (start < end && *start == ' ')
		start++;
	while (end > start && end[-1] == ' ')
		end--;
	return (folded){ start, end };
}

/* The next character; -1: none.  The last one is no blank, so that there is always one behind a blank. */
static int
next_folded(folded *text)
{
	int c = 0;

	if (text->next == text->end)
		return -1;
	c = *text->next++;
	while (c == ' ' && *text->next == ' ')
		text->next++;
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* PrintableString and UTF8String are compared with each other; IA5String, in which domain components and mail
 * addresses are written, is folded too (RFC 5280, section 7.3 and appendix A.1). */
static int
comparison_class(uint8_t tag)
{
	if (tag == OTLS_DER_UTF8_STRING || tag == OTLS_DER_PRINTABLE_STRING)
		return OTLS_DER_UTF8_STRING;
	return tag;
}

static bool
is_folded(uint8_t tag)
{
	return comparison_class(tag) == OTLS_DER_UTF8_STRING || tag == OTLS_DER_IA5_STRING;
}

static bool
values_equal(const attribute *a, const attribute *b)
{
	folded left;
	folded right;
	int c = 0;

	if (comparison_class(a->tag) != comparison_class(b->tag))
		return false;
	if (!is_folded(a->tag))
		return otls__bytes_equal(a->value, b->value);
	left = fold(a->value);
	right = fold(b->value);
	do {
		c = next_folded(&left);
		if (c != next_folded(&right))
			return false;
	} while (c >= 0);
	return true;
}

static bool
attributes_equal(const attribute *a, const attribute *b)
{
	return otls__bytes_equal(a->oid, b->oid) && values_equal(a, b);
}

/* Names of several attributes are sets, sorted by their bytes, which folding may have brought into another order.  Above
 * this many attributes they are compared in the order in which they stand: the peer chooses the number. */
#define RDN_MAX 16

static size_t
read_rdn(otls_der rdn, attribute attributes[RDN_MAX])
{
	size_t count = 0;

	while (otls__der_more(&rdn) && count < RDN_MAX && read_attribute(&rdn, &attributes[count]))
		count++;
	return rdn.failed || otls__der_more(&rdn) ? 0 : count;
}

static bool
sets_equal(const attribute *a, const attribute *b, size_t count)
{
	uint32_t used = 0;
	size_t match = 0;

	for (size_t i = 0; i < count; i++) {
		match = 0;
		while (match < count && ((used & 1u << match) != 0 || !attributes_equal(&a[i], &b[match])))
			match++;
		if (match == count)
			return false;
		used |= 1u << match;
	}
	return true;
}

static bool
sequences_equal(otls_der a, otls_der b)
{
	attribute left;
	attribute right;

	while (otls__der_more(&a) && otls__der_more(&b)) {
		if (!read_attribute(&a, &left) || !read_attribute(&b, &right) || !attributes_equal(&left, &right))
			return false;
	}
	return otls__der_done(&a) && otls__der_done(&b);
}

static bool
rdns_equal(otls_der a, otls_der b)
{
	attribute left[RDN_MAX];
	attribute right[RDN_MAX];
	size_t count = read_rdn(a, left);

	if (count == 0)
		return sequences_equal(a, b);
	return read_rdn(b, right) == count && sets_equal(left, right, count);
}

/* Opens the RDNSequence. */
static bool
open_name(otls_bytes name, otls_der *rdns)
{
	otls_der der = otls__der(name, NULL);

	return otls__der_enter(&der, OTLS_DER_SEQUENCE, rdns);
}

/* Goes along both until base ends; what is left of name stays in rest. */
static bool
begins_with(otls_der *rest, otls_der base)
{
	otls_der left;
	otls_der right;

	while (otls__der_more(&base)) {
		if (!otls__der_enter(rest, OTLS_DER_SET, &left) || !otls__der_enter(&base, OTLS_DER_SET, &right) ||
		    !rdns_equal(left, right))
			return false;
	}
	return otls__der_done(&base);
}

bool
otls__names_equal(otls_bytes a, otls_bytes b)
{
	otls_der left;
	otls_der right;

	if (otls__bytes_equal(a, b))
		return true;
	return open_name(a, &left) && open_name(b, &right) && begins_with(&left, right) && otls__der_done(&left);
}

bool
otls__name_within(otls_bytes name, otls_bytes base)
{
	otls_der left;
	otls_der right;

	return open_name(name, &left) && open_name(base, &right) && begins_with(&left, right);
}

/* == hash (FNV-1a) == */

static uint32_t
hash_byte(uint32_t hash, uint8_t byte)
{
	return (hash ^ byte) * UINT32_C(16777619);
}

static uint32_t
hash_bytes(uint32_t hash, otls_bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = hash_byte(hash, bytes.data[i]);
	return hash;
}

static uint32_t
hash_attribute(const attribute *one)
{
	uint32_t hash = hash_bytes(UINT32_C(2166136261), one->oid);
	folded text;
	int c = 0;

	if (!is_folded(one->tag))
		return hash_bytes(hash, one->value);
	text = fold(one->value);
	while ((c = next_folded(&text)) >= 0)
		hash = hash_byte(hash, (uint8_t)c);
	return hash;
}

uint32_t
otls__name_hash(otls_bytes name)
{
	uint32_t hash = 0;
	uint32_t sum = 0; /* of a set's attributes, in whatever order they stand */
	otls_der rdns;
	otls_der rdn;
	attribute one;

	if (!open_name(name, &rdns))
		return 0;
	while (otls__der_more(&rdns) && otls__der_enter(&rdns, OTLS_DER_SET, &rdn)) {
		sum = 0;
		while (otls__der_more(&rdn) && read_attribute(&rdn, &one))
			sum += hash_attribute(&one);
		hash = hash * 31 + sum;
	}
	return hash;
}
