/* Pins: reading them, and finding a key among them. */
#include "x509/pins.h"

#include "error.h"
#include "x509/base64.h"
#include "x509/judge.h"

#define PREFIX       "sha256//"
#define PREFIX_LEN   (sizeof(PREFIX) - 1)
#define BASE64_CHARS OTLS_BASE64_LEN(OTLS_PIN_LEN)
#define HEX_CHARS    ((size_t)2 * OTLS_PIN_LEN)

/* == reading == */

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
read_hex(otls_bytes text, uint8_t hash[OTLS_PIN_LEN])
{
	for (size_t i = 0; i < OTLS_PIN_LEN; i++) {
		int high = hex_value(text.data[2 * i]), low = hex_value(text.data[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		hash[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool
read_base64(otls_bytes text, uint8_t hash[OTLS_PIN_LEN])
{
	uint8_t out[BASE64_CHARS];
	otls_base64 state = { 0 };
	size_t len = 0;

	if (!otls__base64_decode(&state, text, out, &len) || !otls__base64_complete(&state) || len != OTLS_PIN_LEN)
		return false;
	memcpy(hash, out, OTLS_PIN_LEN);
	return true;
}

/* What is wrong with one; NULL: nothing. */
static const char *
read_pin(otls_bytes text, uint8_t hash[OTLS_PIN_LEN])
{
	if (text.len == 0)
		return "it is empty";
	if (text.len >= PREFIX_LEN && memcmp(text.data, PREFIX, PREFIX_LEN) == 0) {
		text = otls__bytes(text.data + PREFIX_LEN, text.len - PREFIX_LEN);
		if (text.len != BASE64_CHARS)
			return "a SHA-256 is 44 characters of BASE64";
		return read_base64(text, hash) ? NULL : "it is not the BASE64 of 32 bytes";
	}
	if (text.len != HEX_CHARS)
		return "a pin is \"sha256//\" and BASE64, or 64 hexadecimal digits";
	return read_hex(text, hash) ? NULL : "it has a character that is no hexadecimal digit";
}

static size_t
count_parts(const char *text)
{
	size_t count = 1;

	for (; *text != '\0'; text++)
		count += *text == ';' ? 1 : 0;
	return count;
}

otls_status
otls__pins_add(otls_pin_list *list, const char *function, const char *text)
{
	size_t count = list->count, parts = count_parts(text);
	uint8_t(*hashes)[OTLS_PIN_LEN];

	if ((hashes = otls__realloc(list->hashes, (count + parts) * sizeof(*hashes))) == NULL)
		return otls__fail_memory();
	list->hashes = hashes;
	for (; parts > 0; parts--) {
		size_t len = strcspn(text, ";");
		const char *fault = read_pin(otls__bytes(text, len), hashes[count++]);

		if (fault != NULL)
			return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: \"%.*s\": %s", function,
			    (int)(len < 100 ? len : 100), text, fault);
		text += len + 1;
	}
	list->count = count;
	return OTLS_OK;
}

bool
otls__pins_copy(const otls_pin_list *list, otls_pin_list *copy)
{
	if (list->count == 0)
		return true;
	if ((copy->hashes = otls__memdup(list->hashes, list->count * sizeof(*list->hashes))) == NULL)
		return false;
	copy->count = list->count;
	return true;
}

void
otls__pins_fini(otls_pin_list *list)
{
	otls__free(list->hashes);
	*list = (otls_pin_list){ 0 };
}

/* == finding == */

static bool
is_pinned(const otls_pin_list *list, const uint8_t *hash)
{
	for (size_t i = 0; i < list->count; i++) {
		if (memcmp(list->hashes[i], hash, OTLS_PIN_LEN) == 0)
			return true;
	}
	return false;
}

otls_verify_reason
otls__pins_match(const otls_engine *engine, const otls_pin_list *list, otls_certificate *const *certs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		otls_report report = otls__report();
		uint8_t hash[OTLS_HASH_MAX];
		size_t len = 0;

		if (engine->hash(OTLS_HASH_SHA256, &certs[i]->spki.der, 1, hash, &len, &report) != OTLS_OK ||
		    len != OTLS_PIN_LEN)
			return OTLS_REASON_INTERNAL;
		if (is_pinned(list, hash))
			return OTLS_REASON_OK;
	}
	return OTLS_REASON_PIN_MISMATCH;
}

/* == the key instead of the chain == */

void
otls__verify_key(const otls_verify_params *params, const otls_pin_list *keys, otls_verify_outcome *outcome)
{
	otls_finding finding = { .reason = OTLS_REASON_OK, .depth = -1 };
	otls_verify_reason match;

	*outcome = (otls_verify_outcome){ .report = otls__report(), .path_len = 1 };
	outcome->path[0] = otls_certificate_ref(params->chain[0]);
	if (!otls__check_leaf_alone(params, &finding) &&
	    (match = otls__pins_match(params->engine, keys, params->chain, 1)) != OTLS_REASON_OK)
		otls__find(&finding, match, 0, "");
	if (params->find_all && finding.reason != OTLS_REASON_OK && !otls__findings_add(&outcome->findings, &finding)) {
		finding = (otls_finding){ .reason = OTLS_REASON_INTERNAL, .depth = -1, .detail = "out of memory" };
		outcome->report.code = OTLS_E_MEMORY;
	}
	otls__verify_conclude(outcome, params, &finding);
}
