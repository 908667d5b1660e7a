#include "key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PUBLIC_KEY_MAX  4096
#define PRIVATE_KEY_MAX 8192

static _Thread_local char error_text[256] = "nothing has failed";

const char *
mint_error(void)
{
	return error_text;
}

void *
mint_fail(const char *what)
{
	snprintf(error_text, sizeof(error_text), "%s", what);
	return NULL;
}

void *
mint_fail_report(const char *what, const otls_report *report)
{
	const char *why = report->entries > 0 ? report->entry[report->entries - 1].reason
					      : otls_code_name(report->code);

	snprintf(error_text, sizeof(error_text), "%s: %s", what, why);
	return NULL;
}

/* == PEM == */
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char *
encode_base64(char *to, otls_bytes from)
{
	size_t column = 0;

	for (size_t i = 0; i < from.len; i += 3) {
		uint32_t group = (uint32_t)from.data[i] << 16;
		if (i + 1 < from.len)
			group |= (uint32_t)from.data[i + 1] << 8;
		if (i + 2 < from.len)
			group |= from.data[i + 2];
		*to++ = alphabet[group >> 18];
		*to++ = alphabet[group >> 12 & 63];
		*to++ = i + 1 < from.len ? alphabet[group >> 6 & 63] : '=';
		*to++ = i + 2 < from.len ? alphabet[group & 63] : '=';
		column += 4;
		if (column % 64 == 0 || i + 3 >= from.len)
			*to++ = '\n';
	}
	return to;
}

char *
mint_pem(const char *label, otls_bytes der)
{
	size_t room = 2 * strlen(label) + 64 + (der.len + 2) / 3 * 4 + der.len / 48 + 2;
	char *text = malloc(room), *at = NULL;

	if (text == NULL)
		return mint_fail("out of memory");
	at = text + sprintf(text, "-----BEGIN %s-----\n", label);
	at = encode_base64(at, der);
	sprintf(at, "-----END %s-----\n", label);
	return text;
}

/* The bytes between two places of a BASE64 text; NULL: not BASE64, or no memory. */
static uint8_t *
decode_base64(const char *from, const char *end, size_t *len)
{
	uint8_t *data = malloc((size_t)(end - from) + 1);
	uint32_t group = 0;
	unsigned bits = 0;

	*len = 0;
	for (; data != NULL && from < end && *from != '='; from++) {
		const char *digit = memchr(alphabet, *from, 64);
		if (*from == '\n' || *from == '\r')
			continue;
		if (digit == NULL) {
			free(data);
			return NULL;
		}
		group = group << 6 | (uint32_t)(digit - alphabet);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			data[(*len)++] = (uint8_t)(group >> bits);
		}
	}
	return data;
}

char *
mint_chain_pem(const mint_identity *const *chain)
{
	size_t len = 1;
	char *text = NULL;

	for (size_t i = 0; chain[i] != NULL; i++)
		len += strlen(chain[i]->pem);
	text = calloc(1, len);
	if (text == NULL)
		return mint_fail("out of memory");
	for (size_t i = 0; chain[i] != NULL; i++)
		strcat(text, chain[i]->pem);
	return text;
}

/* == keys == */
void
mint_key_free(mint_key *key)
{
	if (key == NULL || --key->refs > 0)
		return;
	if (key->key != NULL)
		key->engine->key_fini(key->key);
	free(key->key);
	free(key->pkcs8);
	free(key->spki);
	free(key->pem);
	free(key);
}

mint_key *
mint_key_ref(mint_key *key)
{
	if (key != NULL)
		key->refs++;
	return key;
}

static mint_key *
key_new(const otls_backend *backend)
{
	const otls_engine *engine = otls_backend_engine(backend);
	mint_key *key = NULL;

	if (engine == NULL)
		return mint_fail("the backend does not start");
	key = calloc(1, sizeof(*key));
	if (key == NULL)
		return mint_fail("out of memory");
	key->refs = 1;
	key->engine = engine;
	key->backend = backend;
	key->pkcs8 = malloc(PRIVATE_KEY_MAX);
	key->spki = malloc(PUBLIC_KEY_MAX);
	key->key = calloc(1, engine->key_size);
	if (key->pkcs8 == NULL || key->spki == NULL || key->key == NULL) {
		free(key->key);
		key->key = NULL;
		mint_key_free(key);
		return mint_fail("out of memory");
	}
	return key;
}

/* Loads what is in pkcs8 into the engine, and asks it for the public half. */
static mint_key *
key_complete(mint_key *key)
{
	const otls_engine *engine = key->engine;
	otls_report report = { .code = OTLS_E_BACKEND, .alert = -1 };

	if (engine->key_load(key->key, OTLS_KEY_PKCS8, mint_bytes(key->pkcs8, key->pkcs8_len), &report) ||
	    engine->key_spki(key->key, key->spki, PUBLIC_KEY_MAX, &key->spki_len, &report)) {
		mint_fail_report("the private key cannot be used", &report);
		mint_key_free(key);
		return NULL;
	}
	key->pem = mint_pem("PRIVATE KEY", mint_bytes(key->pkcs8, key->pkcs8_len));
	if (key->pem == NULL) {
		mint_key_free(key);
		return NULL;
	}
	return key;
}

mint_key *
mint_key_generate(const otls_backend *backend, otls_key_kind kind)
{
	otls_report report = { .code = OTLS_E_BACKEND, .alert = -1 };
	mint_key *key = NULL;

	if (!otls_backend_has(backend, OTLS_CAP_GENERATE_KEY))
		return mint_fail("the backend cannot make keys");
	key = key_new(backend);
	if (key == NULL)
		return NULL;
	if (key->engine->key_generate(kind, key->pkcs8, PRIVATE_KEY_MAX, &key->pkcs8_len, &report)) {
		mint_fail_report("the private key cannot be made", &report);
		mint_key_free(key);
		return NULL;
	}
	return key_complete(key);
}

mint_key *
mint_key_from_pem(const otls_backend *backend, const char *pem)
{
	static const char begin[] = "-----BEGIN PRIVATE KEY-----", end[] = "-----END PRIVATE KEY-----";
	const char *from = strstr(pem, begin), *to = from != NULL ? strstr(from, end) : NULL;
	mint_key *key = NULL;
	uint8_t *der = NULL;
	size_t len = 0;

	if (to == NULL)
		return mint_fail("there is no PRIVATE KEY block");
	der = decode_base64(from + strlen(begin), to, &len);
	if (der == NULL || len > PRIVATE_KEY_MAX) {
		free(der);
		return mint_fail("the PRIVATE KEY block is damaged");
	}
	key = key_new(backend);
	if (key != NULL) {
		memcpy(key->pkcs8, der, len);
		key->pkcs8_len = len;
	}
	free(der);
	return key != NULL ? key_complete(key) : NULL;
}

const char *
mint_key_pem(const mint_key *key)
{
	return key->pem;
}

otls_bytes
mint_key_pkcs8(const mint_key *key)
{
	return mint_bytes(key->pkcs8, key->pkcs8_len);
}

otls_bytes
mint_key_spki(const mint_key *key)
{
	return mint_bytes(key->spki, key->spki_len);
}
