/* Key derivations: PKCS#12's own (RFC 7292, appendix B) and scrypt (RFC 7914). */
#include "error.h"
#include "keys/keys.h"

/* == PKCS#12 == */

#define BLOCK_MAX 128

static size_t
block_size(otls_hash hash)
{
	return hash == OTLS_HASH_SHA384 || hash == OTLS_HASH_SHA512 ? 128 : 64;
}

/* Repeats what is in from until it fills whole blocks; nothing stays nothing. */
static size_t
fill_blocks(otls_bytes from, size_t block, uint8_t *out)
{
	size_t len = (from.len + block - 1) / block * block;

	for (size_t i = 0; i < len; i++)
		out[i] = from.data[i % from.len];
	return len;
}

static otls_status
hash_rounds(const otls_opening *opening, otls_hash hash, otls_bytes diversifier, otls_bytes input, uint32_t rounds,
    uint8_t digest[OTLS_HASH_MAX], size_t *len)
{
	const otls_bytes parts[] = { diversifier, input };
	otls_report report = otls__report();
	otls_status status = opening->engine->hash(hash, parts, 2, digest, len, &report);

	for (uint32_t i = 1; i < rounds && status == OTLS_OK; i++) {
		otls_bytes again = otls__bytes(digest, *len);
		status = opening->engine->hash(hash, &again, 1, digest, len, &report);
	}
	return status == OTLS_OK ? OTLS_OK
				 : otls__fail_report(otls__library_code(&report), &report, "%s", opening->where);
}

/* Adds the digest, repeated to a block, and one, to every block. */
static void
stir(uint8_t *input, size_t len, size_t block, const uint8_t *digest, size_t digest_len)
{
	for (size_t at = 0; at < len; at += block) {
		unsigned carry = 1;
		for (size_t i = block; i-- > 0; carry >>= 8) {
			carry += input[at + i] + (unsigned)digest[i % digest_len];
			input[at + i] = (uint8_t)carry;
		}
	}
}

otls_status
otls__pkcs12_derive(const otls_opening *opening, otls_hash hash, otls_pkcs12_use use, otls_bytes password,
    otls_bytes salt, uint32_t rounds, uint8_t *out, size_t len)
{
	size_t block = block_size(hash), cap = salt.len + password.len + 2 * BLOCK_MAX, input_len = 0;
	uint8_t diversifier[BLOCK_MAX], digest[OTLS_HASH_MAX], *input = otls__alloc(cap);
	size_t digest_len = 0, take = 0;
	otls_status status = OTLS_OK;

	if (input == NULL)
		return otls__fail_memory();
	memset(diversifier, use, block);
	input_len = fill_blocks(salt, block, input);
	input_len += fill_blocks(password, block, input + input_len);
	for (; len > 0 && status == OTLS_OK; len -= take, out += take) {
		status = hash_rounds(opening, hash, otls__bytes(diversifier, block), otls__bytes(input, input_len),
		    rounds, digest, &digest_len);
		take = status != OTLS_OK ? 0 : digest_len < len ? digest_len : len;
		memcpy(out, digest, take);
		stir(input, status == OTLS_OK ? input_len : 0, block, digest, digest_len);
	}
	otls__wipe(digest, sizeof(digest));
	otls__free_secret(input, cap);
	return status;
}

/* The code point at *at, which moves on; UINT32_MAX: this is no UTF-8. */
static uint32_t
next_code_point(otls_bytes text, size_t *at)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t first = text.data[*at];
	size_t len = first < 0x80             ? 1
		     : (first & 0xe0) == 0xc0 ? 2
		     : (first & 0xf0) == 0xe0 ? 3
		     : (first & 0xf8) == 0xf0 ? 4
					      : 0;
	uint32_t code = len == 1 ? first : first & (0x7fu >> len);

	if (len == 0 || len > text.len - *at)
		return UINT32_MAX;
	for (size_t i = 1; i < len; i++) {
		if ((text.data[*at + i] & 0xc0) != 0x80)
			return UINT32_MAX;
		code = code << 6 | (text.data[*at + i] & 0x3f);
	}
	*at += len;
	return code < lowest[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? UINT32_MAX : code;
}

static bool
is_utf8(otls_bytes text)
{
	for (size_t at = 0; at < text.len;)
		if (next_code_point(text, &at) == UINT32_MAX)
			return false;
	return true;
}

otls_status
otls__pkcs12_password(const otls_opening *opening, otls_secret *password)
{
	otls_bytes passphrase = opening->passphrase;
	bool utf8 = is_utf8(passphrase);
	uint8_t *out = otls__alloc(2 * passphrase.len + 2);
	size_t len = 0;

	if (out == NULL)
		return otls__fail_memory();
	for (size_t at = 0; at < passphrase.len;) {
		uint32_t code = utf8 ? next_code_point(passphrase, &at) : passphrase.data[at++];
		if (code > 0xffff) {
			otls__put16(out + len, 0xd800 + ((code - 0x10000) >> 10));
			len += 2;
			code = 0xdc00 + ((code - 0x10000) & 0x3ff);
		}
		otls__put16(out + len, code);
		len += 2;
	}
	*password = (otls_secret){ .data = out, .len = opening->no_text ? 0 : len + 2 };
	return OTLS_OK;
}

/* == scrypt == */

static uint32_t
get32le(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void
put32le(uint8_t *p, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t
rotate(uint32_t value, unsigned bits)
{
	return value << bits | value >> (32 - bits);
}

static void
quarter(uint32_t *x, size_t a, size_t b, size_t c, size_t d)
{
	x[b] ^= rotate(x[a] + x[d], 7);
	x[c] ^= rotate(x[b] + x[a], 9);
	x[d] ^= rotate(x[c] + x[b], 13);
	x[a] ^= rotate(x[d] + x[c], 18);
}

/* Section 3. */
static void
salsa20_8(uint32_t block[16])
{
	uint32_t x[16];

	memcpy(x, block, sizeof(x));
	for (int i = 0; i < 4; i++) {
		quarter(x, 0, 4, 8, 12);
		quarter(x, 5, 9, 13, 1);
		quarter(x, 10, 14, 2, 6);
		quarter(x, 15, 3, 7, 11);
		quarter(x, 0, 1, 2, 3);
		quarter(x, 5, 6, 7, 4);
		quarter(x, 10, 11, 8, 9);
		quarter(x, 15, 12, 13, 14);
	}
	for (size_t i = 0; i < 16; i++)
		block[i] += x[i];
}

/* Section 4: 2r blocks of 16 words from in to out. */
static void
mix_blocks(const uint32_t *in, uint32_t *out, size_t r)
{
	uint32_t x[16];

	memcpy(x, in + 16 * (2 * r - 1), sizeof(x));
	for (size_t i = 0; i < 2 * r; i++) {
		for (size_t j = 0; j < 16; j++)
			x[j] ^= in[16 * i + j];
		salsa20_8(x);
		memcpy(out + 16 * (i / 2 + (i % 2) * r), x, sizeof(x));
	}
}

/* Section 5.  table has room for cost times 32r words, and two more such blocks behind them. */
static void
mix(uint8_t *bytes, size_t r, uint32_t cost, uint32_t *table)
{
	size_t words = 32 * r;
	uint32_t *x = table + cost * words, *y = x + words;

	for (size_t i = 0; i < words; i++)
		x[i] = get32le(bytes + 4 * i);
	for (uint32_t i = 0; i < cost; i++) {
		memcpy(table + i * words, x, 4 * words);
		mix_blocks(x, y, r);
		memcpy(x, y, 4 * words);
	}
	for (uint32_t i = 0; i < cost; i++) {
		const uint32_t *v = table + (x[words - 16] & (cost - 1)) * words;
		for (size_t j = 0; j < words; j++)
			x[j] ^= v[j];
		mix_blocks(x, y, r);
		memcpy(x, y, 4 * words);
	}
	for (size_t i = 0; i < words; i++)
		put32le(bytes + 4 * i, x[i]);
}

bool
otls__scrypt_possible(const otls_scrypt_params *params)
{
	return params->cost >= 2 && (params->cost & (params->cost - 1)) == 0 && params->block_size > 0 &&
	       params->parallel > 0;
}

static otls_status
check_scrypt(const otls_opening *opening, const otls_scrypt_params *params)
{
	uint64_t memory = (uint64_t)128 * params->block_size * ((uint64_t)params->cost + 2);

	if (!otls__scrypt_possible(params))
		return otls__opening_damaged(opening, "the parameters of scrypt");
	if (params->block_size > 1024 || params->parallel > 1024 || memory > OTLS_DERIVE_MEMORY_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: scrypt with cost %u, block size %u and parallelism %u",
		    opening->where, params->cost, params->block_size, params->parallel);
	return otls__opening_spend(opening, memory / 128 * params->parallel);
}

static otls_status
pbkdf2_once(const otls_opening *opening, otls_bytes salt, uint8_t *out, size_t len)
{
	otls_report report = otls__report();

	if (opening->engine->pbkdf2(OTLS_HASH_SHA256, opening->passphrase, salt, 1, out, len, &report) == OTLS_OK)
		return OTLS_OK;
	return otls__fail_report(otls__library_code(&report), &report, "%s", opening->where);
}

otls_status
otls__scrypt(const otls_opening *opening, const otls_scrypt_params *params, uint8_t *out, size_t len)
{
	size_t piece = (size_t)128 * params->block_size, all = piece * params->parallel;
	size_t table_size = piece * ((size_t)params->cost + 2);
	uint8_t *bytes = NULL;
	uint32_t *table = NULL;
	otls_status status = check_scrypt(opening, params);

	if (status != OTLS_OK)
		return status;
	if ((bytes = otls__alloc(all)) == NULL)
		return otls__fail_memory();
	status = pbkdf2_once(opening, params->salt, bytes, all);
	if (status == OTLS_OK && (table = otls__alloc(table_size)) == NULL)
		status = otls__fail_memory();
	for (size_t i = 0; i < params->parallel && status == OTLS_OK; i++)
		mix(bytes + i * piece, params->block_size, params->cost, table);
	if (status == OTLS_OK)
		status = pbkdf2_once(opening, otls__bytes(bytes, all), out, len);
	otls__free_secret(table, table_size);
	otls__free_secret(bytes, all);
	return status;
}
