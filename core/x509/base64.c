#include "x509/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
otls__base64_encode(otls_bytes bytes, char *out)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t group = (uint32_t)bytes.data[i] << 16;

		if (left > 1)
			group |= (uint32_t)bytes.data[i + 1] << 8;
		if (left > 2)
			group |= bytes.data[i + 2];
		*out++ = alphabet[group >> 18];
		*out++ = alphabet[group >> 12 & 0x3f];
		*out++ = left > 1 ? alphabet[group >> 6 & 0x3f] : '=';
		*out++ = left > 2 ? alphabet[group & 0x3f] : '=';
	}
}

static int
value_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The first "=" ends the group: what it has of bits must be whole bytes and zeros. */
static bool
pad(otls_base64 *state, uint8_t *out, size_t *len)
{
	if (state->padding++ > 0)
		return state->padding == 2 && state->count == 2;
	if (state->count == 2 && (state->bits & 0xf) == 0) {
		out[(*len)++] = (uint8_t)(state->bits >> 4);
		return true;
	}
	if (state->count == 3 && (state->bits & 0x3) == 0) {
		out[(*len)++] = (uint8_t)(state->bits >> 10);
		out[(*len)++] = (uint8_t)(state->bits >> 2);
		return true;
	}
	return false;
}

static bool
decode_one(otls_base64 *state, uint8_t c, uint8_t *out, size_t *len)
{
	int value = value_of(c);

	if (c == '=')
		return pad(state, out, len);
	if (value < 0 || state->padding > 0)
		return false;
	state->bits = state->bits << 6 | (uint32_t)value;
	if (++state->count < 4)
		return true;
	out[(*len)++] = (uint8_t)(state->bits >> 16);
	out[(*len)++] = (uint8_t)(state->bits >> 8);
	out[(*len)++] = (uint8_t)state->bits;
	state->bits = 0;
	state->count = 0;
	return true;
}

bool
otls__base64_decode(otls_base64 *state, otls_bytes text, uint8_t *out, size_t *len)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!decode_one(state, text.data[i], out, len))
			return false;
	}
	return true;
}

bool
otls__base64_complete(const otls_base64 *state)
{
	return state->padding > 0 ? state->count + state->padding == 4 : state->count == 0;
}
