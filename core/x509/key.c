/* Which form of private key a text or file holds.  The keys themselves are read by the engines. */
#include "error.h"
#include "x509/der.h"
#include "x509/pem.h"

/* == DER == */

typedef struct kind {
	bool is_key;
	otls_key_form form;
	otls_key_wrap wrap;
	const char *name; /* what it is, for the message */
} kind;

static kind
key(otls_key_form form)
{
	return (kind){ .is_key = true, .form = form, .name = "" };
}

static kind
encrypted_key(void)
{
	return (kind){ .is_key = true, .form = OTLS_KEY_PKCS8, .wrap = OTLS_WRAP_PKCS8, .name = "" };
}

static kind
other(const char *name)
{
	return (kind){ .is_key = false, .name = name };
}

/* Behind a version number: PrivateKeyInfo (RFC 5958), RSAPrivateKey (RFC 8017), ECPrivateKey (RFC 5915), and what can
 * be taken for one of them. */
static kind
kind_by_version(otls_der *list)
{
	int version = 0;

	if (!otls__der_number(list, &version))
		return other("no private key");
	if (otls__der_next_is(list, OTLS_DER_SEQUENCE))
		return version == 3 ? other("a PKCS#12 file") : key(OTLS_KEY_PKCS8);
	if (otls__der_next_is(list, OTLS_DER_OCTET_STRING))
		return key(OTLS_KEY_SEC1);
	for (int i = 0; i < 8; i++) { /* n, e, d, p, q, dP, dQ, qInv */
		if (i == 5 && !otls__der_more(list))
			return other("a DSA key");
		if (!otls__der_read(list, OTLS_DER_INTEGER, NULL))
			return other("no private key");
	}
	return key(OTLS_KEY_PKCS1);
}

/* Behind a SEQUENCE: EncryptedPrivateKeyInfo, SubjectPublicKeyInfo, or a certificate. */
static kind
kind_by_sequence(otls_der *list)
{
	otls_der first;

	if (!otls__der_enter(list, OTLS_DER_SEQUENCE, &first))
		return other("no private key");
	if (!otls__der_next_is(&first, OTLS_DER_OID))
		return other(otls__der_next_is(list, OTLS_DER_SEQUENCE) ? "a certificate" : "no private key");
	if (otls__der_next_is(list, OTLS_DER_OCTET_STRING))
		return encrypted_key();
	return other(otls__der_next_is(list, OTLS_DER_BIT_STRING) ? "a public key" : "no private key");
}

static kind
kind_of_der(otls_bytes data, otls_der_fault *fault)
{
	otls_der der = otls__der(data, fault);
	otls_der list;

	if (!otls__der_enter(&der, OTLS_DER_SEQUENCE, &list) || !otls__der_done(&der))
		return other("damaged: not one DER value");
	if (otls__der_next_is(&list, OTLS_DER_INTEGER))
		return kind_by_version(&list);
	return kind_by_sequence(&list);
}

static otls_status
hand_out(otls_bytes data, uint8_t **out, size_t *len)
{
	if ((*out = otls__memdup(data.data, data.len)) == NULL)
		return otls__fail_memory();
	*len = data.len;
	return OTLS_OK;
}

static otls_status
decode_der(otls_bytes data, const char *where, otls_key_form *form, otls_key_wrap *wrap, uint8_t **out, size_t *len)
{
	otls_der_fault fault = { .what = NULL };
	kind found = kind_of_der(data, &fault);

	*form = found.form;
	*wrap = found.wrap;
	if (found.is_key)
		return hand_out(data, out, len);
	if (otls__looks_like_pem(data))
		return otls__fail(OTLS_E_FORMAT, "%s: this is PEM, not DER", where);
	if (fault.what != NULL)
		return otls__fail(OTLS_E_FORMAT, "%s: this is %s: %s at byte %zu", where, found.name, fault.what,
		    (size_t)(fault.at - data.data));
	return otls__fail(OTLS_E_FORMAT, "%s: this is %s", where, found.name);
}

/* == PEM == */

static const struct label_row {
	const char *label;
	bool is_key;
	otls_key_form form;
	otls_key_wrap wrap;
	const char *name;
} labels[] = {
	{ "PRIVATE KEY", true, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "" },
	{ "ENCRYPTED PRIVATE KEY", true, OTLS_KEY_PKCS8, OTLS_WRAP_PKCS8, "" },
	{ "RSA PRIVATE KEY", true, OTLS_KEY_PKCS1, OTLS_WRAP_NONE, "" },
	{ "EC PRIVATE KEY", true, OTLS_KEY_SEC1, OTLS_WRAP_NONE, "" },
	{ "OPENSSH PRIVATE KEY", false, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "an OpenSSH key" },
	{ "DSA PRIVATE KEY", false, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "a DSA key" },
	{ "PUBLIC KEY", false, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "a public key" },
	{ "RSA PUBLIC KEY", false, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "a public key" },
	{ "CERTIFICATE", false, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "a certificate" },
	{ "X509 CERTIFICATE", false, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "a certificate" },
	{ "TRUSTED CERTIFICATE", false, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "a certificate" },
	{ "CERTIFICATE REQUEST", false, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "a certificate request" },
	{ "NEW CERTIFICATE REQUEST", false, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "a certificate request" },
	{ "X509 CRL", false, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "a revocation list" },
	{ "EC PARAMETERS", false, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "curve parameters without a key" },
	{ "DH PARAMETERS", false, OTLS_KEY_PKCS8, OTLS_WRAP_NONE, "Diffie-Hellman parameters" },
};

static const struct label_row *
find_label(const char *label)
{
	for (size_t i = 0; i < OTLS_COUNT(labels); i++) {
		if (strcmp(labels[i].label, label) == 0)
			return &labels[i];
	}
	return NULL;
}

static otls_status
decode_block(const otls_pem_block *block, const struct label_row *expected, const char *where, otls_key_form *form,
    otls_key_wrap *wrap, uint8_t **out, size_t *len)
{
	otls_bytes der = otls__bytes(block->der, block->der_len);
	otls_der_fault fault = { .what = NULL };
	kind found;

	*form = expected->form;
	*wrap = block->encrypted ? OTLS_WRAP_PEM : expected->wrap;
	if (block->encrypted)
		return hand_out(block->text, out, len);
	found = kind_of_der(der, &fault);
	if (!found.is_key && fault.what != NULL)
		return otls__fail(OTLS_E_FORMAT, "%s, line %zu: the block holds no %s: %s at byte %zu", where,
		    block->line, block->label, fault.what, (size_t)(fault.at - der.data));
	if (!found.is_key || found.form != expected->form || found.wrap != expected->wrap)
		return otls__fail(
		    OTLS_E_FORMAT, "%s, line %zu: the block holds no %s", where, block->line, block->label);
	return hand_out(der, out, len);
}

static otls_status
no_key(otls_bytes text, const char *where, const char *name)
{
	if (name != NULL)
		return otls__fail(OTLS_E_FORMAT, "%s: no private key in it, but %s", where, name);
	if (otls__looks_like_der(text))
		return otls__fail(OTLS_E_FORMAT, "%s: this is DER, not PEM", where);
	return otls__fail(OTLS_E_FORMAT, "%s: no PEM block of a private key in it", where);
}

static otls_status
decode_pem(otls_bytes text, const char *where, otls_key_form *form, otls_key_wrap *wrap, uint8_t **out, size_t *len)
{
	otls_pem_reader reader = { .text = text, .where = where, .line = 1 };
	const struct label_row *row;
	const char *instead = NULL;
	otls_pem_block block;
	otls_status status;

	while ((status = otls__pem_read(&reader, &block)) == OTLS_OK) {
		row = find_label(block.label);
		if (row != NULL && row->is_key) {
			status = decode_block(&block, row, where, form, wrap, out, len);
			otls__pem_fini(&block);
			return status;
		}
		if (row != NULL && instead == NULL)
			instead = row->name;
		otls__pem_fini(&block);
	}
	return status == OTLS_EOF ? no_key(text, where, instead) : status;
}

otls_status
otls__key_decode(otls_bytes data, otls_filetype type, const char *where, otls_key_form *form, otls_key_wrap *wrap,
    uint8_t **out, size_t *len)
{
	*out = NULL;
	*len = 0;
	if (type == OTLS_FILETYPE_ASN1)
		return decode_der(data, where, form, wrap, out, len);
	return decode_pem(data, where, form, wrap, out, len);
}
