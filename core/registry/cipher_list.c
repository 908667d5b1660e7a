/* OpenSSL's cipher-string language over the registry: which suites of TLS 1.2 a text selects, and in what order.
 *
 * A list starts empty, and its items work on it from left to right, ':' (or ',' or a space) between them:
 *
 *	WORDS      appends the suites that all of the words, '+' between them, describe, best first
 *	-WORDS     takes them out again        +WORDS     moves them to the end
 *	!WORDS     takes them out for good     @STRENGTH  sorts by secret bits
 *
 * A word is a suite's name or an alias for a part of it.  Words that nobody knows describe nothing, as with OpenSSL.
 * Suites without forward secrecy, authentication or encryption cannot be selected: they are known, so that they can be
 * excluded, and that is all. */
#include "registry/registry.h"

#include "error.h"

#include <stdlib.h>

/* == what can be selected == */

static bool
is_selectable(const otls_cipher *cipher)
{
	return cipher->min_version < OTLS_TLS1_3 && (cipher->kx == OTLS_KX_ECDHE || cipher->kx == OTLS_KX_DHE) &&
	       cipher->enc != OTLS_ENC_NULL && cipher->enc != OTLS_ENC_3DES;
}

static bool
is_aead(const otls_cipher *cipher)
{
	return cipher->mac <= OTLS_MAC_AEAD_POLY1305;
}

/* Among equals in strength: GCM, ChaCha20, other modes of AES, the rest. */
static int
family(const otls_cipher *cipher)
{
	if (cipher->mac == OTLS_MAC_AEAD_GCM)
		return 0;
	if (cipher->enc == OTLS_ENC_CHACHA20)
		return 1;
	return cipher->enc == OTLS_ENC_AES128 || cipher->enc == OTLS_ENC_AES256 ? 2 : 3;
}

/* OpenSSL's own order: authenticated encryption first, then what is new in TLS 1.2, then by strength; the registry's
 * order where all that is equal. */
static int
compare_suites(const otls_cipher *a, const otls_cipher *b)
{
	if (is_aead(a) != is_aead(b))
		return is_aead(a) ? -1 : 1;
	if (a->min_version != b->min_version && (a->min_version == OTLS_TLS1_2 || b->min_version == OTLS_TLS1_2))
		return a->min_version == OTLS_TLS1_2 ? -1 : 1;
	if (a->bits != b->bits)
		return b->bits - a->bits;
	if (family(a) != family(b))
		return family(a) - family(b);
	if (a->kx != b->kx)
		return (int)a->kx - (int)b->kx;
	if (a->auth != b->auth)
		return a->auth == OTLS_AUTH_ECDSA ? -1 : 1;
	if (a->mac != b->mac)
		return (int)b->mac - (int)a->mac; /* CCM with the short tag first */
	return a < b ? -1 : a > b;
}

/* == words == */

#define ANY     (~0u)
#define BIT(n)  (1u << (n))
#define AES128  BIT(OTLS_ENC_AES128)
#define AES256  BIT(OTLS_ENC_AES256)
#define CAM128  BIT(OTLS_ENC_CAMELLIA128)
#define CAM256  BIT(OTLS_ENC_CAMELLIA256)
#define CHACHA  BIT(OTLS_ENC_CHACHA20)
#define ECDHE   BIT(OTLS_KX_ECDHE)
#define DHE     BIT(OTLS_KX_DHE)
#define BY_RSA  BIT(OTLS_AUTH_RSA)
#define BY_EC   BIT(OTLS_AUTH_ECDSA)
#define ALL_CCM (BIT(OTLS_MAC_AEAD_CCM) | BIT(OTLS_MAC_AEAD_CCM8))

/* What a suite must be: one of the bits in every column. */
struct mask {
	unsigned kx, auth, enc, mac, version; /* version: bit 0 SSLv3, 1 TLSv1.0, 3 TLSv1.2 */
};

static const struct alias {
	const char *word;
	struct mask mask;
} aliases[] = {
	{ "ALL", { ANY, ANY, ANY, ANY, ANY } },
	{ "HIGH", { ANY, ANY, ANY, ANY, ANY } },
	{ "kECDHE", { ECDHE, ANY, ANY, ANY, ANY } },
	{ "kEECDH", { ECDHE, ANY, ANY, ANY, ANY } },
	{ "ECDHE", { ECDHE, ANY, ANY, ANY, ANY } },
	{ "EECDH", { ECDHE, ANY, ANY, ANY, ANY } },
	{ "kDHE", { DHE, ANY, ANY, ANY, ANY } },
	{ "kEDH", { DHE, ANY, ANY, ANY, ANY } },
	{ "DH", { DHE, ANY, ANY, ANY, ANY } },
	{ "DHE", { DHE, ANY, ANY, ANY, ANY } },
	{ "EDH", { DHE, ANY, ANY, ANY, ANY } },
	{ "RSA", { ANY, BY_RSA, ANY, ANY, ANY } }, /* with OpenSSL static RSA too, which is left out here */
	{ "aRSA", { ANY, BY_RSA, ANY, ANY, ANY } },
	{ "aECDSA", { ANY, BY_EC, ANY, ANY, ANY } },
	{ "ECDSA", { ANY, BY_EC, ANY, ANY, ANY } },
	{ "AES", { ANY, ANY, AES128 | AES256, ANY, ANY } },
	{ "AES128", { ANY, ANY, AES128, ANY, ANY } },
	{ "AES256", { ANY, ANY, AES256, ANY, ANY } },
	{ "AESGCM", { ANY, ANY, AES128 | AES256, BIT(OTLS_MAC_AEAD_GCM), ANY } },
	{ "AESCCM", { ANY, ANY, AES128 | AES256, ALL_CCM, ANY } },
	{ "AESCCM8", { ANY, ANY, AES128 | AES256, BIT(OTLS_MAC_AEAD_CCM8), ANY } },
	{ "CHACHA20", { ANY, ANY, CHACHA, ANY, ANY } },
	{ "CAMELLIA", { ANY, ANY, CAM128 | CAM256, ANY, ANY } },
	{ "CAMELLIA128", { ANY, ANY, CAM128, ANY, ANY } },
	{ "CAMELLIA256", { ANY, ANY, CAM256, ANY, ANY } },
	{ "SHA1", { ANY, ANY, ANY, BIT(OTLS_MAC_SHA1), ANY } },
	{ "SHA", { ANY, ANY, ANY, BIT(OTLS_MAC_SHA1), ANY } },
	{ "SHA256", { ANY, ANY, ANY, BIT(OTLS_MAC_SHA256), ANY } },
	{ "SHA384", { ANY, ANY, ANY, BIT(OTLS_MAC_SHA384), ANY } },
	{ "SSLv3", { ANY, ANY, ANY, ANY, BIT(0) } },
	{ "TLSv1", { ANY, ANY, ANY, ANY, BIT(1) } },
	{ "TLSv1.0", { ANY, ANY, ANY, ANY, BIT(1) } },
	{ "TLSv1.2", { ANY, ANY, ANY, ANY, BIT(3) } },
};

static bool
is_word(otls_bytes word, const char *text)
{
	return word.len == strlen(text) && memcmp(word.data, text, word.len) == 0;
}

static bool
alias_has(const struct mask *mask, const otls_cipher *cipher)
{
	return (mask->kx & BIT(cipher->kx)) != 0 && (mask->auth & BIT(cipher->auth)) != 0 &&
	       (mask->enc & BIT(cipher->enc)) != 0 && (mask->mac & BIT(cipher->mac)) != 0 &&
	       (mask->version & BIT(cipher->min_version - 0x0300)) != 0;
}

static bool
is_default(const otls_cipher *cipher)
{
	for (size_t i = 0; i < otls__default_suite_count; i++)
		if (otls__default_suites[i] == cipher->id)
			return true;
	return false;
}

static bool
word_describes(otls_bytes word, const otls_cipher *cipher)
{
	if (is_word(word, cipher->openssl_name) || is_word(word, cipher->name))
		return true;
	if (is_word(word, "DEFAULT"))
		return is_default(cipher);
	if (is_word(word, "COMPLEMENTOFDEFAULT"))
		return !is_default(cipher);
	for (size_t i = 0; i < OTLS_COUNT(aliases); i++)
		if (is_word(word, aliases[i].word))
			return alias_has(&aliases[i].mask, cipher);
	return false;
}

/* Whether all words of "ECDHE+AESGCM" describe it. */
static bool
is_described(otls_bytes words, const otls_cipher *cipher)
{
	while (true) {
		const uint8_t *plus = words.len > 0 ? memchr(words.data, '+', words.len) : NULL;
		size_t len = plus != NULL ? (size_t)(plus - words.data) : words.len;

		if (!word_describes(otls__bytes(words.data, len), cipher))
			return false;
		if (plus == NULL)
			return true;
		words = otls__bytes(plus + 1, words.len - len - 1);
	}
}

/* == the list == */

struct entry {
	const otls_cipher *cipher;
	enum { OUT, IN, EXCLUDED } state;
};

/* All that can be selected, in the order in which it would be. */
struct list {
	struct entry *entries;
	size_t count;
};

static int
compare_entries(const void *left, const void *right)
{
	return compare_suites(((const struct entry *)left)->cipher, ((const struct entry *)right)->cipher);
}

static bool
start(struct list *list)
{
	const otls_cipher *cipher;
	size_t all = 0;

	while (otls_cipher_at(all) != NULL)
		all++;
	if ((list->entries = otls__alloc(all * sizeof(*list->entries))) == NULL)
		return false;
	for (size_t i = 0; (cipher = otls_cipher_at(i)) != NULL; i++)
		if (is_selectable(cipher))
			list->entries[list->count++].cipher = cipher;
	qsort(list->entries, list->count, sizeof(*list->entries), compare_entries);
	return true;
}

/* Takes out the entry at from and puts it in at to. */
static void
move(struct list *list, size_t from, size_t to)
{
	struct entry moved = list->entries[from];

	if (from < to)
		memmove(&list->entries[from], &list->entries[from + 1], (to - from) * sizeof(moved));
	else
		memmove(&list->entries[to + 1], &list->entries[to], (from - to) * sizeof(moved));
	list->entries[to] = moved;
}

typedef bool (*chooser)(const struct entry *entry, const void *arg);

/* Those that are chosen get in and go to the end, in the order in which they are. */
static void
to_the_end(struct list *list, chooser chosen, const void *arg)
{
	for (size_t i = 0, left = list->count; left > 0; left--) {
		if (!chosen(&list->entries[i], arg)) {
			i++;
			continue;
		}
		list->entries[i].state = IN;
		move(list, i, list->count - 1);
	}
}

static bool
is_out(const struct entry *entry, const void *words)
{
	return entry->state == OUT && is_described(*(const otls_bytes *)words, entry->cipher);
}

static bool
is_in(const struct entry *entry, const void *words)
{
	return entry->state == IN && is_described(*(const otls_bytes *)words, entry->cipher);
}

static bool
has_bits(const struct entry *entry, const void *bits)
{
	return entry->state == IN && entry->cipher->bits == *(const int *)bits;
}

/* To the front, from where they come back first. */
static void
take_out(struct list *list, otls_bytes words)
{
	size_t front = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (list->entries[i].state != IN || !is_described(words, list->entries[i].cipher))
			continue;
		list->entries[i].state = OUT;
		move(list, i, front++);
	}
}

static void
exclude(struct list *list, otls_bytes words)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_described(words, list->entries[i].cipher))
			list->entries[i].state = EXCLUDED;
}

/* Keeps the order of those that are equally strong. */
static void
sort_by_strength(struct list *list)
{
	static const int strengths[] = { 256, 128 };

	for (size_t i = 0; i < OTLS_COUNT(strengths); i++)
		to_the_end(list, has_bits, &strengths[i]);
}

static otls_status
command(struct list *list, otls_bytes word, const char *function)
{
	if (!is_word(word, "STRENGTH"))
		return otls__fail(
		    OTLS_E_BAD_ARGUMENT, "%s: @%.*s is no command", function, (int)word.len, (const char *)word.data);
	sort_by_strength(list);
	return OTLS_OK;
}

static otls_status
apply(struct list *list, otls_bytes item, const char *function)
{
	otls_bytes words = otls__bytes(item.data + 1, item.len - 1);

	switch (item.data[0]) {
	case '@':
		return command(list, words, function);
	case '!':
		exclude(list, words);
		break;
	case '-':
		take_out(list, words);
		break;
	case '+':
		to_the_end(list, is_in, &words);
		break;
	default:
		to_the_end(list, is_out, &item);
		break;
	}
	return OTLS_OK;
}

#define SEPARATORS ":, ;"

static otls_status
apply_all(struct list *list, const char *text, const char *function)
{
	otls_status status = OTLS_OK;

	for (text += strspn(text, SEPARATORS); *text != '\0' && status == OTLS_OK; text += strspn(text, SEPARATORS)) {
		size_t len = strcspn(text, SEPARATORS);
		status = apply(list, otls__bytes(text, len), function);
		text += len;
	}
	return status;
}

otls_status
otls__cipher_list_resolve(const char *function, const char *text, uint16_t **ids, size_t *count)
{
	struct list list = { .entries = NULL };
	otls_status status = OTLS_ERROR;

	*ids = NULL;
	*count = 0;
	if (!start(&list) || (*ids = otls__alloc((list.count + 1) * sizeof(**ids))) == NULL)
		status = otls__fail_memory();
	else
		status = apply_all(&list, text, function);
	for (size_t i = 0; i < list.count && status == OTLS_OK; i++)
		if (list.entries[i].state == IN)
			(*ids)[(*count)++] = list.entries[i].cipher->id;
	otls__free(list.entries);
	if (status == OTLS_OK && *count > 0)
		return OTLS_OK;
	otls__free(*ids);
	*ids = NULL;
	return status == OTLS_OK ? otls__fail(OTLS_E_BAD_ARGUMENT, "%s: no suite matches \"%.200s\"", function, text)
				 : status;
}

/* == TLS 1.3: names, one after the other == */

static uint16_t
find_tls13(otls_bytes word)
{
	const otls_cipher *cipher;

	for (size_t i = 0; (cipher = otls_cipher_at(i)) != NULL; i++)
		if (cipher->min_version == OTLS_TLS1_3 && is_word(word, cipher->name))
			return cipher->id;
	return 0;
}

otls_status
otls__ciphersuites_resolve(const char *function, const char *text, uint16_t **ids, size_t *count)
{
	const char *all = text;

	*count = 0;
	if ((*ids = otls__alloc((strlen(text) / 2 + 1) * sizeof(**ids))) == NULL)
		return otls__fail_memory();
	for (text += strspn(text, SEPARATORS); *text != '\0'; text += strspn(text, SEPARATORS)) {
		size_t len = strcspn(text, SEPARATORS);
		uint16_t id = find_tls13(otls__bytes(text, len));
		if (id != 0 && !otls__ids_have(*ids, *count, id))
			(*ids)[(*count)++] = id;
		text += len;
	}
	if (*count > 0)
		return OTLS_OK;
	otls__free(*ids);
	*ids = NULL;
	return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: no suite of TLS 1.3 is named in \"%.200s\"", function, all);
}
