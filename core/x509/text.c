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

/* == purposes == */

/* The texts stand behind the pointers to them, in the same block. */
typedef struct otls_oid_list {
	size_t count;
	char *text;
	size_t at[];
} otls_oid_list;

static size_t
count_oids(otls_bytes oids)
{
	otls_der der = otls__der(oids, NULL);
	otls_bytes oid = { NULL, 0 };
	size_t count = 0;

	while (otls__der_more(&der) && otls__der_oid(&der, &oid))
		count++;
	return count;
}

static void
free_oids(otls_oid_list *list)
{
	if (list != NULL)
		otls__free(list->text);
	otls__free(list);
}

static otls_oid_list *
make_oids(otls_bytes oids)
{
	otls_der der = otls__der(oids, NULL);
	size_t count = count_oids(oids);
	otls_oid_list *list = otls__alloc(sizeof(*list) + count * sizeof(list->at[0]));
	otls_buffer text = { 0 };
	otls_bytes oid = { NULL, 0 };

	if (list == NULL)
		return NULL;
	while (list->count < count && otls__der_oid(&der, &oid)) {
		list->at[list->count++] = text.len;
		if (!otls__oid_text(oid, &text) || !otls__buffer_append(&text, "", 1)) {
			otls__buffer_fini(&text);
			free_oids(list);
			return NULL;
		}
	}
	list->text = (char *)text.data;
	return list;
}

const char *
otls_certificate_extended_key_usage_at(const otls_certificate *cert, size_t i)
{
	otls_certificate *shared = otls__certificate_shared(cert);
	otls_oid_list *list;
	otls_oid_list *made;

	if (cert == NULL || cert->extended_key_usage.len == 0)
		return NULL;
	list = atomic_load(&shared->purposes);
	if (list == NULL) {
		if ((made = make_oids(cert->extended_key_usage)) == NULL)
			return NULL;
		if (atomic_compare_exchange_strong(&shared->purposes, &list, made))
			list = made;
		else
			free_oids(made);
	}
	return i < list->count ? list->text + list->at[i] : NULL;
}

/* == alternative names == */

/* NULL: none, or no memory. */
static const otls_san_list *
sans_of(const otls_certificate *cert)
{
	otls_certificate *shared = otls__certificate_shared(cert);
	otls_san_list *list;
	otls_san_list *made;

	if (cert == NULL || cert->san.len == 0)
		return NULL;
	list = atomic_load(&shared->sans);
	if (list != NULL || (made = otls__san_list(cert)) == NULL)
		return list;
	if (atomic_compare_exchange_strong(&shared->sans, &list, made))
		return made;
	otls__san_list_free(made);
	return list;
}

const char *
otls_certificate_san_at(const otls_certificate *cert, size_t i, size_t *len)
{
	const otls_san_list *list = sans_of(cert);

	if (len != NULL)
		*len = 0;
	if (list == NULL || i >= list->count)
		return NULL;
	if (len != NULL)
		*len = list->items[i].len;
	return list->text + list->items[i].at;
}

otls_san_kind
otls_certificate_san_kind(const otls_certificate *cert, size_t i)
{
	const otls_san_list *list = sans_of(cert);

	return list != NULL && i < list->count ? list->items[i].kind : (otls_san_kind)0;
}

const char *
otls_certificate_san_next(const otls_certificate *cert, otls_san_kind kind, size_t *i)
{
	const otls_san_list *list = sans_of(cert);
	const char *text;

	if (list == NULL || i == NULL)
		return NULL;
	while (*i < list->count) {
		size_t at = (*i)++;

		text = list->text + list->items[at].at;
		if (list->items[at].kind == kind && strlen(text) == list->items[at].len)
			return text;
	}
	return NULL;
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
	otls__san_list_free(atomic_load(&cert->sans));
	free_oids(atomic_load(&cert->purposes));
}
