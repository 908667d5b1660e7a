/* BER (X.690, section 8) made DER: lengths definite and minimal, strings in one piece.  PKCS#12 files may be written as
 * they grow, with lengths left open. */
#include "error.h"
#include "keys/keys.h"

#define DEPTH_MAX   32
#define CONSTRUCTED 0x20

/* What is left to read.  Reading stops at the end, or behind the two zero bytes that close an open length. */
typedef struct cursor {
	const uint8_t *at;
	size_t len;
} cursor;

/* false: not a length.  *open: it is not known yet. */
static bool
take_length(cursor *in, size_t *len, bool *open)
{
	size_t bytes;

	if (in->len == 0)
		return false;
	*len = *in->at++;
	in->len--;
	*open = *len == 0x80;
	if (*len <= 0x80)
		return true;
	bytes = *len & 0x7f;
	*len = 0;
	if (bytes > in->len)
		return false;
	for (; bytes > 0; bytes--, in->len--) {
		if (*len >> 24 != 0)
			return false;
		*len = *len << 8 | *in->at++;
	}
	return true;
}

struct conversion {
	unsigned depth;
	bool no_memory;
	otls_der_fault fault;
};

/* Answers false; what failed first counts. */
static bool
fail(struct conversion *conversion, const uint8_t *at, const char *what)
{
	if (conversion->fault.what == NULL) {
		conversion->fault.at = at;
		conversion->fault.what = what;
	}
	return false;
}

static bool
append(struct conversion *conversion, otls_buffer *out, const void *data, size_t len)
{
	if (otls__buffer_append(out, data, len))
		return true;
	conversion->no_memory = true;
	return false;
}

static bool
append_header(struct conversion *conversion, otls_buffer *out, uint8_t tag, size_t len)
{
	uint8_t head[6] = { tag };
	size_t n = 2, bytes = 0;

	if (len < 0x80) {
		head[1] = (uint8_t)len;
		return append(conversion, out, head, n);
	}
	while (len >> (8 * bytes) != 0)
		bytes++;
	head[1] = (uint8_t)(0x80 | bytes);
	while (bytes-- > 0)
		head[n++] = (uint8_t)(len >> (8 * bytes));
	return append(conversion, out, head, n);
}

static bool
append_value(struct conversion *conversion, otls_buffer *out, uint8_t tag, otls_bytes contents)
{
	return append_header(conversion, out, tag, contents.len) &&
	       append(conversion, out, contents.data, contents.len);
}

static void
wipe(otls_buffer *buffer)
{
	otls__wipe(buffer->data, buffer->cap);
	otls__buffer_fini(buffer);
}

/* The contents of a string that came in pieces, each an OCTET STRING by now. */
static bool
join_pieces(struct conversion *conversion, otls_bytes pieces, otls_buffer *out)
{
	otls_der der = otls__der(pieces, NULL);
	otls_bytes piece;

	while (otls__der_more(&der) && otls__der_read(&der, OTLS_DER_OCTET_STRING, &piece))
		if (!append(conversion, out, piece.data, piece.len))
			return false;
	return otls__der_done(&der);
}

static bool convert_all(struct conversion *conversion, cursor *in, bool until_closed, otls_buffer *out);

static bool
convert_constructed(struct conversion *conversion, cursor *in, uint8_t tag, size_t len, bool open, otls_buffer *out)
{
	const uint8_t *start = in->at;
	cursor inside = { in->at, open ? in->len : len };
	otls_buffer contents = { 0 }, joined = { 0 };
	bool good;

	conversion->depth++;
	good = conversion->depth <= DEPTH_MAX ? convert_all(conversion, &inside, open, &contents)
					      : fail(conversion, start, "values nested too deeply");
	conversion->depth--;
	if (good && tag == (OTLS_DER_OCTET_STRING | CONSTRUCTED))
		good = (join_pieces(conversion, otls__buffer_view(&contents), &joined) ||
			   fail(conversion, start, "a string of pieces that are no strings")) &&
		       append_value(conversion, out, OTLS_DER_OCTET_STRING, otls__buffer_view(&joined));
	else if (good)
		good = append_value(conversion, out, tag, otls__buffer_view(&contents));
	wipe(&contents);
	wipe(&joined);
	*in = open ? inside : (cursor){ in->at + len, in->len - len };
	return good;
}

static bool
convert_one(struct conversion *conversion, cursor *in, otls_buffer *out)
{
	const uint8_t *start = in->at;
	uint8_t tag = *in->at++;
	size_t len;
	bool open;

	in->len--;
	if ((tag & 0x1f) == 0x1f)
		return fail(conversion, start, "a high tag number");
	if (!take_length(in, &len, &open))
		return fail(conversion, start, "a length that is cut short or too large");
	if (!open && len > in->len)
		return fail(conversion, start, "a length that goes past the end");
	if ((tag & CONSTRUCTED) != 0)
		return convert_constructed(conversion, in, tag, len, open, out);
	if (open)
		return fail(conversion, start, "an indefinite length of a value that is not constructed");
	if (!append_value(conversion, out, tag, otls__bytes(in->at, len)))
		return false;
	in->at += len;
	in->len -= len;
	return true;
}

static bool
convert_all(struct conversion *conversion, cursor *in, bool until_closed, otls_buffer *out)
{
	while (in->len > 0) {
		if (until_closed && in->len >= 2 && in->at[0] == 0 && in->at[1] == 0) {
			in->at += 2;
			in->len -= 2;
			return true;
		}
		if (!convert_one(conversion, in, out))
			return false;
	}
	return !until_closed || fail(conversion, in->at, "the data ends too early");
}

otls_status
otls__ber_to_der(const otls_opening *opening, otls_bytes ber, otls_secret *der)
{
	struct conversion conversion = { .fault = { .start = ber.data } };
	cursor in = { ber.data, ber.len };
	otls_buffer out = { 0 };
	bool good = ber.len > 0 ? convert_all(&conversion, &in, false, &out)
				: fail(&conversion, ber.data, "the data ends too early");

	*der = (otls_secret){ 0 };
	if (good && (der->data = otls__memdup(out.data, out.len)) != NULL)
		der->len = out.len;
	wipe(&out);
	if (der->data != NULL)
		return OTLS_OK;
	return good || conversion.no_memory ? otls__fail_memory()
					    : otls__opening_malformed(opening, "not BER", &conversion.fault);
}
