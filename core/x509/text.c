/* What the public getters say about a certificate.
 *
 * Texts are made when they are first asked for.  Two threads may make the same one at once: the first to put it in
 * its place wins, the other throws its own away. */
#include "x509/text.h"

#include "backend.h"
#include "x509/base64.h"
#include "x509/der.h"

/* == making texts == */

typedef bool (*text_fn)(const otls_certificate *cert, otls_buffer *text);

static char *
make(const otls_certificate *cert, text_fn write)
{
	otls_buffer text = { 0 };

	if (!write(cert, &text) || !otls__buffer_append(&text, "", 1)) {
		otls__buffer_fini(&text);
		return NULL;
	}
	return (char *)text.data;
}

/* "" for want of memory; the next call tries again. */
static const char *
lazy(const otls_certificate *cert, _Atomic(char *) *slot, text_fn write)
{
	char *there = atomic_load(slot);
	char *made;

	if (there != NULL)
		return there;
	if ((made = make(cert, write)) == NULL)
		return "";
	if (atomic_compare_exchange_strong(slot, &there, made))
		return made;
	otls__free(made);
	return there;
}

static bool
write_subject(const otls_certificate *cert, otls_buffer *text)
{
	return otls__name_text(cert->subject, text);
}

static bool
write_issuer(const otls_certificate *cert, otls_buffer *text)
{
	return otls__name_text(cert->issuer, text);
}

static bool
write_common_name(const otls_certificate *cert, otls_buffer *text)
{
	return otls__common_name_text(cert->subject, text);
}

static bool
write_serial(const otls_certificate *cert, otls_buffer *text)
{
	return otls__hex_text(cert->serial, otls__upper_hex, text);
}

static bool
write_signature_oid(const otls_certificate *cert, otls_buffer *text)
{
	return otls__oid_text(cert->signature_oid, text);
}

/* Appends BASE64, in lines of 64 characters or in one piece. */
static bool
append_base64(otls_bytes bytes, bool lines, otls_buffer *text)
{
	char piece[OTLS_BASE64_LEN(48) + 1];
	size_t len = 0;

	for (size_t i = 0; i < bytes.len; i += len) {
		len = bytes.len - i < 48 ? bytes.len - i : 48;
		otls__base64_encode(otls__bytes(bytes.data + i, len), piece);
		piece[OTLS_BASE64_LEN(len)] = '\n';
		if (!otls__buffer_append(text, piece, OTLS_BASE64_LEN(len) + (lines ? 1 : 0)))
			return false;
	}
	return true;
}

static bool
append_text(otls_buffer *text, const char *piece)
{
	return otls__buffer_append(text, piece, strlen(piece));
}

static bool
write_pem(const otls_certificate *cert, otls_buffer *text)
{
	return append_text(text, "-----BEGIN CERTIFICATE-----\n") &&
	       append_base64(otls__bytes(cert->der, cert->der_len), true, text) &&
	       append_text(text, "-----END CERTIFICATE-----\n");
}

/* false: no engine is built in, or it cannot do this hash. */
static bool
digest(otls_hash hash, otls_bytes data, uint8_t out[OTLS_HASH_MAX], size_t *len)
{
	const otls_engine *engine = otls__engine_any();
	otls_report report = { .alert = -1 };

	return engine != NULL && engine->hash(hash, &data, 1, out, len, &report) == OTLS_OK;
}

static bool
write_fingerprint(const otls_certificate *cert, otls_hash hash, otls_buffer *text)
{
	uint8_t value[OTLS_HASH_MAX];
	size_t len = 0;

	return digest(hash, otls__bytes(cert->der, cert->der_len), value, &len) &&
	       otls__hex_text(otls__bytes(value, len), otls__lower_hex, text);
}

static bool
write_sha256(const otls_certificate *cert, otls_buffer *text)
{
	return write_fingerprint(cert, OTLS_HASH_SHA256, text);
}

static bool
write_sha1(const otls_certificate *cert, otls_buffer *text)
{
	return write_fingerprint(cert, OTLS_HASH_SHA1, text);
}

static bool
write_pin(const otls_certificate *cert, otls_buffer *text)
{
	uint8_t value[OTLS_HASH_MAX];
	size_t len = 0;

	return digest(OTLS_HASH_SHA256, cert->spki.der, value, &len) && append_text(text, "sha256//") &&
	       append_base64(otls__bytes(value, len), false, text);
}

/* == lists == */

bool
otls__text_list_add(otls_text_list *list, otls_text_item *item)
{
	item->len = list->text.len - item->at;
	return otls__buffer_append(&list->text, "", 1) && otls__buffer_append(&list->items, item, sizeof(*item));
}

typedef bool (*list_fn)(otls_bytes read, otls_text_list *list);

static void
free_list(otls_text_list *list)
{
	if (list == NULL)
		return;
	otls__buffer_fini(&list->items);
	otls__buffer_fini(&list->text);
	otls__free(list);
}

static otls_text_list *
make_list(otls_bytes read, list_fn write)
{
	otls_text_list *list = otls__alloc(sizeof(*list));

	if (list == NULL || write(read, list))
		return list;
	free_list(list);
	return NULL;
}

/* NULL: no memory. */
static const otls_text_list *
lazy_list(_Atomic(otls_text_list *) *slot, otls_bytes read, list_fn write)
{
	otls_text_list *list = atomic_load(slot);
	otls_text_list *made;

	if (list != NULL || (made = make_list(read, write)) == NULL)
		return list;
	if (atomic_compare_exchange_strong(slot, &list, made))
		return made;
	free_list(made);
	return list;
}

/* NULL: there is no i-th one. */
static const otls_text_item *
item_at(const otls_text_list *list, size_t i)
{
	if (list == NULL || i >= otls__text_count(list))
		return NULL;
	return (const otls_text_item *)(const void *)list->items.data + i;
}

static const char *
text_at(const otls_text_list *list, size_t at)
{
	return (const char *)list->text.data + at;
}

const char *
otls_certificate_extended_key_usage_at(const otls_certificate *cert, size_t i)
{
	const otls_text_list *list;
	const otls_text_item *item;

	if (cert == NULL)
		return NULL;
	list = lazy_list(&otls__certificate_shared(cert)->purposes, cert->extended_key_usage, otls__oid_texts);
	item = item_at(list, i);
	return item != NULL ? text_at(list, item->at) : NULL;
}

/* == alternative names == */

static const otls_text_list *
sans_of(const otls_certificate *cert)
{
	return cert != NULL ? lazy_list(&otls__certificate_shared(cert)->sans, cert->san, otls__san_texts) : NULL;
}

const char *
otls_certificate_san_at(const otls_certificate *cert, size_t i, size_t *len)
{
	const otls_text_list *list = sans_of(cert);
	const otls_text_item *item = item_at(list, i);

	if (len != NULL)
		*len = item != NULL ? item->len : 0;
	return item != NULL ? text_at(list, item->at) : NULL;
}

otls_san_kind
otls_certificate_san_kind(const otls_certificate *cert, size_t i)
{
	const otls_text_item *item = item_at(sans_of(cert), i);

	return item != NULL ? (otls_san_kind)item->kind : (otls_san_kind)0;
}

const char *
otls_certificate_san_next(const otls_certificate *cert, otls_san_kind kind, size_t *i)
{
	const otls_text_list *list = sans_of(cert);
	const otls_text_item *item;

	if (i == NULL)
		return NULL;
	while ((item = item_at(list, *i)) != NULL) {
		const char *text = text_at(list, item->at);

		(*i)++;
		if (item->kind == (int)kind && strlen(text) == item->len)
			return text;
	}
	return NULL;
}

/* == parts of names == */

static const char *
part_at(const otls_text_list *list, size_t i, const char **type, size_t *len)
{
	const otls_text_item *item = item_at(list, i);

	if (type != NULL)
		*type = item != NULL ? text_at(list, item->type) : NULL;
	if (len != NULL)
		*len = item != NULL ? item->len : 0;
	return item != NULL ? text_at(list, item->at) : NULL;
}

const char *
otls_certificate_subject_part_at(const otls_certificate *cert, size_t i, const char **type, size_t *len)
{
	const otls_text_list *list = NULL;

	if (cert != NULL)
		list = lazy_list(&otls__certificate_shared(cert)->subject_parts, cert->subject, otls__name_texts);
	return part_at(list, i, type, len);
}

const char *
otls_certificate_issuer_part_at(const otls_certificate *cert, size_t i, const char **type, size_t *len)
{
	const otls_text_list *list = NULL;

	if (cert != NULL)
		list = lazy_list(&otls__certificate_shared(cert)->issuer_parts, cert->issuer, otls__name_texts);
	return part_at(list, i, type, len);
}

/* == getters == */

const char *
otls_certificate_subject(const otls_certificate *cert)
{
	return cert != NULL ? lazy(cert, &otls__certificate_shared(cert)->subject_text, write_subject) : "";
}

const char *
otls_certificate_issuer(const otls_certificate *cert)
{
	return cert != NULL ? lazy(cert, &otls__certificate_shared(cert)->issuer_text, write_issuer) : "";
}

const char *
otls_certificate_common_name(const otls_certificate *cert)
{
	return cert != NULL ? lazy(cert, &otls__certificate_shared(cert)->common_name, write_common_name) : "";
}

const char *
otls_certificate_serial(const otls_certificate *cert)
{
	return cert != NULL ? lazy(cert, &otls__certificate_shared(cert)->serial_text, write_serial) : "";
}

const char *
otls_certificate_pem(const otls_certificate *cert)
{
	return cert != NULL ? lazy(cert, &otls__certificate_shared(cert)->pem, write_pem) : "";
}

const char *
otls_certificate_sha256(const otls_certificate *cert)
{
	return cert != NULL ? lazy(cert, &otls__certificate_shared(cert)->sha256, write_sha256) : "";
}

const char *
otls_certificate_sha1(const otls_certificate *cert)
{
	return cert != NULL ? lazy(cert, &otls__certificate_shared(cert)->sha1, write_sha1) : "";
}

const char *
otls_certificate_spki_pin(const otls_certificate *cert)
{
	return cert != NULL ? lazy(cert, &otls__certificate_shared(cert)->pin, write_pin) : "";
}

int64_t
otls_certificate_not_before(const otls_certificate *cert)
{
	return cert != NULL ? cert->not_before : 0;
}

int64_t
otls_certificate_not_after(const otls_certificate *cert)
{
	return cert != NULL ? cert->not_after : 0;
}

const char *
otls_certificate_key_type(const otls_certificate *cert)
{
	static const char *const names[] = {
		[OTLS_KEY_TYPE_UNKNOWN] = "unknown",
		[OTLS_KEY_TYPE_RSA] = "RSA",
		[OTLS_KEY_TYPE_RSA_PSS] = "RSA-PSS",
		[OTLS_KEY_TYPE_EC] = "EC",
		[OTLS_KEY_TYPE_ED25519] = "Ed25519",
		[OTLS_KEY_TYPE_ED448] = "Ed448",
	};

	return cert != NULL ? names[cert->spki.type] : "";
}

int
otls_certificate_key_bits(const otls_certificate *cert)
{
	return cert != NULL ? (int)cert->spki.bits : 0;
}

static const struct signature_row {
	otls_signature_kind kind;
	otls_hash hash;
	const char *name;
} signatures[] = {
	{ OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_MD5, "md5WithRSAEncryption" },
	{ OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA1, "sha1WithRSAEncryption" },
	{ OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA224, "sha224WithRSAEncryption" },
	{ OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA256, "sha256WithRSAEncryption" },
	{ OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA384, "sha384WithRSAEncryption" },
	{ OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA512, "sha512WithRSAEncryption" },
	{ OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_SHA1, "RSASSA-PSS-SHA1" },
	{ OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_SHA224, "RSASSA-PSS-SHA224" },
	{ OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_SHA256, "RSASSA-PSS-SHA256" },
	{ OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_SHA384, "RSASSA-PSS-SHA384" },
	{ OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_SHA512, "RSASSA-PSS-SHA512" },
	{ OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA1, "ecdsa-with-SHA1" },
	{ OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA224, "ecdsa-with-SHA224" },
	{ OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA256, "ecdsa-with-SHA256" },
	{ OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA384, "ecdsa-with-SHA384" },
	{ OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA512, "ecdsa-with-SHA512" },
	{ OTLS_SIGNATURE_ED25519, OTLS_HASH_NONE, "Ed25519" },
	{ OTLS_SIGNATURE_ED448, OTLS_HASH_NONE, "Ed448" },
};

const char *
otls_certificate_signature_algorithm(const otls_certificate *cert)
{
	if (cert == NULL)
		return "";
	for (size_t i = 0; i < OTLS_COUNT(signatures); i++) {
		if (cert->signature_algorithm.kind == signatures[i].kind &&
		    cert->signature_algorithm.hash == signatures[i].hash)
			return signatures[i].name;
	}
	return lazy(cert, &otls__certificate_shared(cert)->signature_text, write_signature_oid);
}

bool
otls_certificate_key_usage(const otls_certificate *cert, uint64_t *bits)
{
	if (bits != NULL)
		*bits = cert != NULL ? cert->key_usage : 0;
	return cert != NULL && cert->has_key_usage;
}

bool
otls_certificate_is_ca(const otls_certificate *cert, int *path_length)
{
	if (path_length != NULL)
		*path_length = cert != NULL ? cert->path_length : -1;
	return cert != NULL && cert->is_ca;
}

const uint8_t *
otls_certificate_der(const otls_certificate *cert, size_t *len)
{
	if (len != NULL)
		*len = cert != NULL ? cert->der_len : 0;
	return cert != NULL ? cert->der : NULL;
}

void
otls__certificate_free_texts(otls_certificate *cert)
{
	otls__free(atomic_load(&cert->subject_text));
	otls__free(atomic_load(&cert->issuer_text));
	otls__free(atomic_load(&cert->common_name));
	otls__free(atomic_load(&cert->serial_text));
	otls__free(atomic_load(&cert->signature_text));
	otls__free(atomic_load(&cert->pem));
	otls__free(atomic_load(&cert->sha256));
	otls__free(atomic_load(&cert->sha1));
	otls__free(atomic_load(&cert->pin));
	free_list(atomic_load(&cert->sans));
	free_list(atomic_load(&cert->purposes));
	free_list(atomic_load(&cert->subject_parts));
	free_list(atomic_load(&cert->issuer_parts));
}
