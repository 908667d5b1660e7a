/* Encrypted private keys: EncryptedPrivateKeyInfo (RFC 5958, section 3), and PEM blocks that are encrypted as a whole
 * (RFC 1421's headers, as OpenSSL uses them). */
#include "error.h"
#include "keys/keys.h"
#include "x509/base64.h"

/* == PKCS#8 == */

otls_status
otls__pkcs8_open(const otls_opening *opening, otls_bytes der, otls_secret *plain)
{
	otls_der_fault fault = { .start = der.data };
	otls_der whole = otls__der(der, &fault), inside;
	otls_bytes algorithm, sealed;

	*plain = (otls_secret){ 0 };
	if (!otls__der_enter(&whole, OTLS_DER_SEQUENCE, &inside) || !otls__der_done(&whole) ||
	    !otls__der_read_whole(&inside, OTLS_DER_SEQUENCE, &algorithm) ||
	    !otls__der_read(&inside, OTLS_DER_OCTET_STRING, &sealed) || !otls__der_done(&inside))
		return otls__opening_malformed(opening, "no encrypted private key", &fault);
	return otls__scheme_decrypt(opening, algorithm, sealed, plain);
}

/* == PEM == */

/* The lines of a block that are left, and the number of the one that was read last. */
struct lines {
	otls_bytes left;
	size_t number;
};

/* Takes the next line off the front, without its end. */
static bool
next_line(struct lines *text, otls_bytes *line)
{
	const uint8_t *end;

	if (text->left.len == 0)
		return false;
	text->number++;
	end = memchr(text->left.data, '\n', text->left.len);
	*line = otls__bytes(text->left.data, end != NULL ? (size_t)(end - text->left.data) : text->left.len);
	text->left = end != NULL ? otls__bytes(end + 1, text->left.len - line->len - 1) : otls__bytes(NULL, 0);
	while (line->len > 0 && (line->data[line->len - 1] == '\r' || line->data[line->len - 1] == ' '))
		line->len--;
	return true;
}

/* What is behind a beginning; data NULL: it begins otherwise. */
static otls_bytes
behind(otls_bytes line, const char *start)
{
	size_t len = strlen(start);

	if (line.len < len || memcmp(line.data, start, len) != 0)
		return otls__bytes(NULL, 0);
	return otls__bytes(line.data + len, line.len - len);
}

static otls_status
damaged_line(const otls_opening *opening, const struct lines *text, const char *what)
{
	return otls__fail(OTLS_E_FORMAT, "%s: %s (line %zu of the block)", opening->where, what, text->number);
}

static bool
form_of(otls_bytes label, otls_key_form *form)
{
	if (behind(label, "RSA PRIVATE KEY-----").data != NULL)
		*form = OTLS_KEY_PKCS1;
	else if (behind(label, "EC PRIVATE KEY-----").data != NULL)
		*form = OTLS_KEY_SEC1;
	else if (behind(label, "PRIVATE KEY-----").data != NULL)
		*form = OTLS_KEY_PKCS8;
	else
		return false;
	return true;
}

struct envelope {
	otls_key_form form;
	otls_block_cipher cipher;
	size_t key_len, iv_len;
	uint8_t iv[16];
};

static bool
read_hex(otls_bytes text, uint8_t *out, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	if (text.len != 2 * len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		const char *digit = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c);
		if (digit == NULL)
			return false;
		out[i / 2] = (uint8_t)(i % 2 == 0 ? (digit - digits) << 4 : out[i / 2] | (digit - digits));
	}
	return true;
}

/* "AES-256-CBC,0123..." */
static otls_status
read_dek(const otls_opening *opening, const struct lines *text, otls_bytes info, struct envelope *out)
{
	static const struct {
		const char *name;
		otls_block_cipher cipher;
		size_t key_len, iv_len;
	} rows[] = {
		{ "AES-128-CBC,", OTLS_BLOCK_AES, 16, 16 },
		{ "AES-192-CBC,", OTLS_BLOCK_AES, 24, 16 },
		{ "AES-256-CBC,", OTLS_BLOCK_AES, 32, 16 },
		{ "DES-EDE3-CBC,", OTLS_BLOCK_3DES, 24, 8 },
	};

	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_bytes iv = behind(info, rows[i].name);
		if (iv.data == NULL)
			continue;
		out->cipher = rows[i].cipher;
		out->key_len = rows[i].key_len;
		out->iv_len = rows[i].iv_len;
		if (read_hex(iv, out->iv, out->iv_len))
			return OTLS_OK;
		return damaged_line(opening, text, "DEK-Info has no initial vector");
	}
	return otls__fail(OTLS_E_UNSUPPORTED, "%s: encrypted with %.*s", opening->where,
	    (int)(info.len < 40 ? info.len : 40), (const char *)info.data);
}

/* Up to the empty line behind the headers. */
static otls_status
read_headers(const otls_opening *opening, struct lines *text, struct envelope *out)
{
	otls_status status = OTLS_EOF;
	otls_bytes line;

	if (!next_line(text, &line) || !form_of(behind(line, "-----BEGIN "), &out->form))
		return damaged_line(opening, text, "no block of a private key");
	while (next_line(text, &line) && line.len > 0 && status != OTLS_ERROR)
		if (behind(line, "DEK-Info: ").data != NULL)
			status = read_dek(opening, text, behind(line, "DEK-Info: "), out);
	return status == OTLS_EOF ? damaged_line(opening, text, "no DEK-Info in an encrypted block") : status;
}

/* *sealed has room for all of the text. */
static otls_status
read_body(const otls_opening *opening, struct lines *text, uint8_t *sealed, size_t *len)
{
	otls_base64 state = { 0 };
	otls_bytes line;

	while (next_line(text, &line) && behind(line, "-----END ").data == NULL)
		if (!otls__base64_decode(&state, line, sealed, len))
			return damaged_line(opening, text, "not BASE64");
	return otls__base64_complete(&state) ? OTLS_OK : damaged_line(opening, text, "the block ends too early");
}

/* OpenSSL's EVP_BytesToKey: MD5 once, over the digest before, the passphrase and eight bytes of the initial vector. */
static otls_status
bytes_to_key(const otls_opening *opening, const struct envelope *envelope, uint8_t *key)
{
	uint8_t digest[OTLS_HASH_MAX];
	otls_report report = otls__report();
	size_t done = 0, take, len = 0;

	while (done < envelope->key_len) {
		const otls_bytes parts[] = { otls__bytes(digest, len), opening->passphrase,
			otls__bytes(envelope->iv, 8) };
		if (opening->engine->hash(OTLS_HASH_MD5, parts, 3, digest, &len, &report) != OTLS_OK)
			return otls__fail_report(
			    report.code == OTLS_E_UNSUPPORTED ? OTLS_E_UNSUPPORTED : otls__library_code(&report),
			    &report, "%s: MD5, by which the key is made", opening->where);
		take = envelope->key_len - done < len ? envelope->key_len - done : len;
		memcpy(key + done, digest, take);
		done += take;
	}
	otls__wipe(digest, sizeof(digest));
	return OTLS_OK;
}

static otls_status
open_envelope(const otls_opening *opening, const struct envelope *envelope, otls_bytes sealed, otls_secret *plain)
{
	uint8_t key[32];
	otls_status status = bytes_to_key(opening, envelope, key);

	if (status == OTLS_OK)
		status = otls__cbc_open(opening, envelope->cipher, otls__bytes(key, envelope->key_len),
		    otls__bytes(envelope->iv, envelope->iv_len), sealed, plain);
	otls__wipe(key, sizeof(key));
	return status;
}

otls_status
otls__pem_key_open(const otls_opening *opening, otls_bytes block, otls_key_form *form, otls_secret *plain)
{
	struct lines text = { .left = block };
	struct envelope envelope = { 0 };
	uint8_t *sealed = NULL;
	size_t len = 0;
	otls_status status;

	*plain = (otls_secret){ 0 };
	if (read_headers(opening, &text, &envelope) != OTLS_OK)
		return OTLS_ERROR;
	if ((sealed = otls__alloc(text.left.len + 4)) == NULL)
		return otls__fail_memory();
	status = read_body(opening, &text, sealed, &len);
	if (status == OTLS_OK)
		status = open_envelope(opening, &envelope, otls__bytes(sealed, len), plain);
	otls__free(sealed);
	*form = envelope.form;
	return status;
}
