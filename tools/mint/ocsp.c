/* OCSP responses (RFC 6960, section 4.2.1). */
#include "parts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY (24 * 60 * 60)

struct answer {
	const mint_ocsp_spec *spec;
	const mint_identity *about, *issuer, *signer;
};

/* The contents of the first value; *rest becomes what is behind it. */
static otls_bytes
take(otls_bytes *rest)
{
	size_t head = 2, len = rest->data[1];
	otls_bytes contents;

	if (len >= 0x80) {
		head += len & 0x7f;
		len = 0;
		for (size_t i = 2; i < head; i++)
			len = len << 8 | rest->data[i];
	}
	contents = mint_bytes(rest->data + head, len);
	*rest = mint_bytes(rest->data + head + len, rest->len - head - len);
	return contents;
}

static otls_bytes
serial_of(const mint_identity *about)
{
	otls_bytes rest = about->certificate, tbs;

	rest = take(&rest);
	tbs = take(&rest);
	if (tbs.data[0] == (DER_CONTEXT_CONSTRUCTED | 0))
		take(&tbs);
	return take(&tbs);
}

/* Without the byte that counts the unused bits. */
static otls_bytes
key_bits(const mint_identity *identity)
{
	otls_bytes rest = mint_key_spki(identity->key), bits;

	rest = take(&rest);
	take(&rest);
	bits = take(&rest);
	return mint_bytes(bits.data + 1, bits.len - 1);
}

static void
put_digest(struct der_out *out, const mint_key *key, otls_hash hash, otls_bytes data)
{
	otls_report report = { .code = OTLS_E_BACKEND, .alert = -1 };
	uint8_t digest[OTLS_HASH_MAX];
	size_t len = 0;

	if (key->engine->hash(hash, &data, 1, digest, &len, &report))
		out->failed = true;
	else
		der_value(out, DER_OCTET_STRING, digest, len);
}

/* == one certificate's status == */

static void
put_cert_id(struct der_out *out, const struct answer *answer)
{
	otls_hash hash = answer->spec->hash == OTLS_HASH_NONE ? OTLS_HASH_SHA1 : answer->spec->hash;
	otls_bytes serial = serial_of(answer->about);

	der_open(out, DER_SEQUENCE);
	der_open(out, DER_SEQUENCE);
	der_oid(out, hash == OTLS_HASH_SHA1 ? "1.3.14.3.2.26" : "2.16.840.1.101.3.4.2.1");
	der_value(out, DER_NULL, NULL, 0);
	der_close(out);
	put_digest(out, answer->issuer->key, hash, answer->issuer->subject);
	put_digest(out, answer->issuer->key, hash, key_bits(answer->issuer));
	der_value(out, DER_INTEGER, serial.data, serial.len);
	der_close(out);
}

/* GeneralizedTime, whatever the year (RFC 6960, section 4.2.2.1). */
static void
put_time(struct der_out *out, int64_t seconds)
{
	time_t when = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL || strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm) == 0)
		out->failed = true;
	else
		der_text(out, DER_GENERALIZED_TIME, text);
}

static void
put_revoked(struct der_out *out, const mint_ocsp_spec *spec, int64_t yesterday)
{
	uint8_t reason = (uint8_t)spec->reason;

	der_open(out, DER_CONTEXT_CONSTRUCTED | 1);
	put_time(out, spec->revoked_at != 0 ? spec->revoked_at : yesterday);
	if (reason != 0) {
		der_open(out, DER_CONTEXT_CONSTRUCTED | 0);
		der_value(out, DER_ENUMERATED, &reason, 1);
		der_close(out);
	}
	der_close(out);
}

static void
put_extensions(struct der_out *out, const mint_extension *extensions, size_t count)
{
	if (count == 0)
		return;
	der_open(out, DER_CONTEXT_CONSTRUCTED | 1);
	der_open(out, DER_SEQUENCE);
	mint_put_extensions(out, extensions, count);
	der_close(out);
	der_close(out);
}

static int64_t
start_of(const mint_ocsp_spec *spec)
{
	return spec->this_update != 0 ? spec->this_update : (int64_t)time(NULL) - DAY;
}

static void
put_single(struct der_out *out, const struct answer *answer, const mint_ocsp_spec *spec)
{
	int64_t from = start_of(spec);

	der_open(out, DER_SEQUENCE);
	put_cert_id(out, answer);
	if (spec->says == MINT_REVOKED)
		put_revoked(out, spec, from);
	else
		der_value(out, DER_CONTEXT | (spec->says == MINT_GOOD ? 0 : 2), NULL, 0);
	put_time(out, from);
	if (!spec->no_next_update) {
		der_open(out, DER_CONTEXT_CONSTRUCTED | 0);
		put_time(out, spec->next_update != 0 ? spec->next_update : from + 8 * DAY);
		der_close(out);
	}
	put_extensions(out, spec->single_extensions, spec->single_extension_count);
	der_close(out);
}

/* == the response == */

static void
put_responder(struct der_out *out, const struct answer *answer)
{
	der_open(out, DER_CONTEXT_CONSTRUCTED | (answer->spec->by_key ? 2 : 1));
	if (answer->spec->by_key)
		put_digest(out, answer->signer->key, OTLS_HASH_SHA1, key_bits(answer->signer));
	else
		der_raw(out, answer->signer->subject.data, answer->signer->subject.len);
	der_close(out);
}

static bool
make_data(const struct answer *answer, uint8_t **data, size_t *len)
{
	const mint_ocsp_spec *spec = answer->spec;
	struct der_out out = { 0 };

	der_open(&out, DER_SEQUENCE);
	put_responder(&out, answer);
	put_time(&out, start_of(spec));
	der_open(&out, DER_SEQUENCE);
	for (const mint_ocsp_spec *one = spec; one != NULL; one = one->next)
		put_single(&out, answer, one);
	der_close(&out);
	put_extensions(&out, spec->extensions, spec->extension_count);
	der_close(&out);
	return der_take(&out, data, len);
}

static bool
put_basic(struct der_out *out, const struct answer *answer, otls_bytes data)
{
	const mint_ocsp_spec *spec = answer->spec;
	uint16_t scheme = spec->scheme != 0 ? spec->scheme : mint_natural_scheme(answer->signer->key);
	bool good;

	der_open(out, DER_SEQUENCE);
	good = mint_put_signed(out, answer->signer->key, scheme, data, spec->damaged);
	if (spec->signer != NULL && !spec->no_certificate) {
		der_open(out, DER_CONTEXT_CONSTRUCTED | 0);
		der_open(out, DER_SEQUENCE);
		for (unsigned i = 0; i == 0 || i < spec->copies; i++)
			der_raw(out, answer->signer->certificate.data, answer->signer->certificate.len);
		der_close(out);
		der_close(out);
	}
	der_close(out);
	return good;
}

static bool
put_answer(struct der_out *out, const struct answer *answer)
{
	uint8_t *data = NULL;
	size_t len = 0;
	bool good;

	if (!make_data(answer, &data, &len)) {
		mint_fail("the OCSP response cannot be put together");
		return false;
	}
	der_open(out, DER_CONTEXT_CONSTRUCTED | 0);
	der_open(out, DER_SEQUENCE);
	der_oid(out, "1.3.6.1.5.5.7.48.1.1");
	der_open(out, DER_OCTET_STRING);
	good = put_basic(out, answer, mint_bytes(data, len));
	der_close(out);
	der_close(out);
	der_close(out);
	free(data);
	return good;
}

otls_bytes
mint_ocsp(const mint_ocsp_spec *spec, const mint_identity *about, const mint_identity *issuer)
{
	struct answer answer = { spec, about, issuer, spec->signer != NULL ? spec->signer : issuer };
	uint8_t status = (uint8_t)spec->status, *der = NULL;
	struct der_out out = { 0 };
	bool good = true;
	size_t len = 0;

	der_open(&out, DER_SEQUENCE);
	der_value(&out, DER_ENUMERATED, &status, 1);
	if (status == 0)
		good = put_answer(&out, &answer);
	der_close(&out);
	if (!der_take(&out, &der, &len)) {
		mint_fail("out of memory");
		return mint_bytes(NULL, 0);
	}
	if (good)
		return mint_bytes(der, len);
	free(der);
	return mint_bytes(NULL, 0);
}
