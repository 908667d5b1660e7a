/* Signatures with keys that are behind a callback. */
#include "connection/connection.h"

#include "registry/registry.h"
#include "x509/certificate.h"
#include "x509/der.h"

#define SIGNATURE_MAX 2048 /* RSA with 16384 bits */

/* == what a signature looks like == */

/* Bytes of the longest one by this key: a modulus; Ecdsa-Sig-Value of two numbers of the field's size, whose first bit
 * may take a byte more each; RFC 8032. */
static size_t
longest(const otls_spki *key)
{
	size_t field = (key->bits + 7) / 8;

	switch (key->type) {
	case OTLS_KEY_TYPE_EC:
		return (2 * (field + 3) > 127 ? 3 : 2) + 2 * (field + 3);
	case OTLS_KEY_TYPE_ED25519:
		return 64;
	case OTLS_KEY_TYPE_ED448:
		return 114;
	default:
		return field;
	}
}

/* A number of the field, above 0. */
static bool
is_ecdsa_number(otls_der *list, size_t field)
{
	otls_bytes number;

	if (!otls__der_integer(list, &number) || number.len == 0 || (number.data[0] & 0x80) != 0)
		return false;
	if (number.data[0] == 0)
		number.data++, number.len--;
	return number.len > 0 && number.len <= field;
}

static bool
is_ecdsa_signature(otls_bytes signature, size_t field)
{
	otls_der der = otls__der(signature, NULL), list;

	return otls__der_enter(&der, OTLS_DER_SEQUENCE, &list) && is_ecdsa_number(&list, field) &&
	       is_ecdsa_number(&list, field) && otls__der_done(&list) && otls__der_done(&der);
}

/* Whether a key of this kind makes such signatures. */
static otls_status
check_form(const otls_certificate *leaf, otls_bytes signature)
{
	const otls_spki *key = &leaf->spki;
	size_t max = longest(key);

	if (signature.len > max || (key->type != OTLS_KEY_TYPE_EC && signature.len != max))
		return otls__fail(OTLS_E_CALLBACK, "the sign callback, for %s: %zu bytes are no signature by this key",
		    otls_certificate_subject(leaf), signature.len);
	if (key->type == OTLS_KEY_TYPE_EC && !is_ecdsa_signature(signature, (key->bits + 7) / 8))
		return otls__fail(OTLS_E_CALLBACK, "the sign callback, for %s: not the DER of an Ecdsa-Sig-Value",
		    otls_certificate_subject(leaf));
	return OTLS_OK;
}

/* Looked at here, and not left to the peer: the error says so on every backend, and an RSA signature that went wrong
 * on the way could give the key away (Boneh, DeMillo, Lipton 1997). */
static otls_status
check_signature(
    const otls_connection *conn, const otls_certificate *leaf, uint16_t scheme, otls_bytes tbs, otls_bytes signature)
{
	otls_signature_algorithm algorithm = otls__scheme_algorithm(scheme);
	otls_report report = otls__report();
	otls_status status;

	if (check_form(leaf, signature) != OTLS_OK)
		return OTLS_ERROR;
	status = algorithm.hash == OTLS_HASH_NONE
		     ? conn->engine->verify_signature(leaf->spki.der, &algorithm, tbs, signature, &report)
		     : conn->engine->verify_digest(leaf->spki.der, &algorithm, tbs, signature, &report);
	if (status == OTLS_OK)
		return OTLS_OK;
	return otls__fail_report(OTLS_E_CALLBACK, &report, "the sign callback, for %s: not a signature by this key",
	    otls_certificate_subject(leaf));
}

/* == asking == */

static otls_status
check_scheme(const otls_connection *conn, const otls_signer *signer, uint16_t scheme)
{
	if (otls__scheme_algorithm(scheme).kind != OTLS_SIGNATURE_UNKNOWN)
		return OTLS_OK;
	return otls__fail(OTLS_E_BACKEND, "%s asks for a signature for %s that has no number", conn->engine->library,
	    otls_certificate_subject(signer->leaf));
}

static otls_status
refused(const otls_connection *conn, const otls_signer *signer, uint16_t scheme, otls_answer answer)
{
	if (answer == OTLS_ANSWER_PENDING)
		return otls__fail(OTLS_E_CALLBACK,
		    "the sign callback, for %s: %s cannot wait for a signature (no SIGN_PENDING)",
		    otls_certificate_subject(signer->leaf), conn->engine->name);
	return otls__fail(OTLS_E_CALLBACK, "the sign callback, for %s by %s", otls_certificate_subject(signer->leaf),
	    otls__scheme_name(scheme));
}

/* The callback writes into memory of its own: what it writes too much of does not reach the engine's. */
static otls_status
ask(otls_connection *conn, const otls_signer *signer, uint16_t scheme, otls_bytes tbs, uint8_t *signature, size_t *len)
{
	otls_answer answer;

	*len = 0;
	conn->in_callback = true;
	answer = signer->fn(
	    conn, scheme, tbs.data, tbs.len, signature, longest(&signer->leaf->spki), len, signer->argument->arg);
	conn->in_callback = false;
	if (answer == OTLS_ANSWER_PENDING && conn->engine->has(OTLS_CAP_SIGN_PENDING))
		return OTLS_WANT_CALLBACK;
	if (answer != OTLS_ANSWER_OK)
		return refused(conn, signer, scheme, answer);
	return check_signature(conn, signer->leaf, scheme, tbs, otls__bytes(signature, *len));
}

otls_status
otls__sign(otls_connection *conn, void *which, uint16_t scheme, otls_bytes tbs, uint8_t *sig, size_t cap, size_t *len)
{
	const otls_signer *signer = which;
	uint8_t signature[SIGNATURE_MAX];
	otls_status status = check_scheme(conn, signer, scheme);

	*len = 0;
	if (status == OTLS_OK)
		status = ask(conn, signer, scheme, tbs, signature, len);
	if (status == OTLS_OK && *len > cap)
		status = otls__fail(
		    OTLS_E_BACKEND, "%s has no room for a signature of %zu bytes", conn->engine->library, *len);
	if (status == OTLS_OK)
		memcpy(sig, signature, *len);
	return status == OTLS_ERROR ? otls__callback_failed(conn) : status;
}
