/* Reads OCSP responses (RFC 6960, section 4.2), strictly: all of it is read before anything of it counts. */
#include "x509/ocsp.h"

#include "error.h"
#include "x509/general_name.h"
#include "x509/pem.h"

#define FILE_MAX (2 * OTLS_OCSP_MAX) /* bytes; BASE64 and text around it make a PEM file the longer one */

/* Extensions of responses that change nothing about their meaning here, or that are about what is not asked for:
 * nonce, CRL references, archive cutoff, extended revoke (RFC 6960, section 4.4). */
static const otls_bytes known_extensions[] = {
	OTLS_OID_INIT("\x2b\x06\x01\x05\x05\x07\x30\x01\x02"),
	OTLS_OID_INIT("\x2b\x06\x01\x05\x05\x07\x30\x01\x03"),
	OTLS_OID_INIT("\x2b\x06\x01\x05\x05\x07\x30\x01\x06"),
	OTLS_OID_INIT("\x2b\x06\x01\x05\x05\x07\x30\x01\x09"),
};

static const struct hash_row {
	otls_bytes oid;
	otls_hash hash;
} hashes[] = {
	{ OTLS_OID_INIT("\x2b\x0e\x03\x02\x1a"), OTLS_HASH_SHA1 },
	{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), OTLS_HASH_SHA256 },
	{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), OTLS_HASH_SHA384 },
	{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), OTLS_HASH_SHA512 },
};

/* == parts == */

static bool
is_known_extension(otls_bytes oid)
{
	for (size_t i = 0; i < OTLS_COUNT(known_extensions); i++)
		if (otls__bytes_equal(known_extensions[i], oid))
			return true;
	return false;
}

static bool
read_extension(otls_der *list, bool *unknown_critical)
{
	otls_der extension;
	otls_bytes oid = { NULL, 0 };
	bool critical = false;

	if (!otls__der_enter(list, OTLS_DER_SEQUENCE, &extension) || !otls__der_oid(&extension, &oid))
		return false;
	if (otls__der_next_is(&extension, OTLS_DER_BOOLEAN) && !otls__der_boolean(&extension, &critical))
		return false;
	if (!otls__der_read(&extension, OTLS_DER_OCTET_STRING, NULL) || !otls__der_done(&extension))
		return false;
	if (critical && !is_known_extension(oid))
		*unknown_critical = true;
	return true;
}

/* [1] EXPLICIT Extensions OPTIONAL */
static bool
read_extensions(otls_der *der, bool *unknown_critical)
{
	otls_der outer, list;

	if (!otls__der_next_is(der, OTLS_DER_CONTEXT_CONSTRUCTED(1)))
		return true;
	if (!otls__der_enter(der, OTLS_DER_CONTEXT_CONSTRUCTED(1), &outer) ||
	    !otls__der_enter(&outer, OTLS_DER_SEQUENCE, &list))
		return false;
	if (!otls__der_more(&list))
		return otls__der_fail(&list, "extensions without any");
	while (otls__der_more(&list))
		if (!read_extension(&list, unknown_critical))
			return false;
	return !list.failed && otls__der_done(&outer);
}

/* RFC 6960, section 4.2.2.1: GeneralizedTime, never UTCTime. */
static bool
read_time(otls_der *der, int64_t *seconds)
{
	if (otls__der_next_is(der, OTLS_DER_UTC_TIME))
		return otls__der_fail(der, "a UTCTime where GeneralizedTime belongs");
	return otls__der_time(der, seconds);
}

/* == single responses == */

static bool
read_hash(otls_der *der, otls_hash *hash)
{
	otls_der algorithm;
	otls_bytes oid = { NULL, 0 };

	if (!otls__der_enter(der, OTLS_DER_SEQUENCE, &algorithm) || !otls__der_oid(&algorithm, &oid))
		return false;
	*hash = OTLS_HASH_NONE;
	for (size_t i = 0; i < OTLS_COUNT(hashes); i++)
		if (otls__bytes_equal(hashes[i].oid, oid))
			*hash = hashes[i].hash;
	if (otls__der_more(&algorithm) && !otls__der_any(&algorithm, NULL, NULL, NULL))
		return false;
	return otls__der_done(&algorithm);
}

static bool
read_cert_id(otls_der *der, otls_ocsp_single *single)
{
	otls_der id;

	return otls__der_enter(der, OTLS_DER_SEQUENCE, &id) && read_hash(&id, &single->hash) &&
	       otls__der_read(&id, OTLS_DER_OCTET_STRING, &single->issuer_name_hash) &&
	       otls__der_read(&id, OTLS_DER_OCTET_STRING, &single->issuer_key_hash) &&
	       otls__der_integer(&id, &single->serial) && otls__der_done(&id);
}

static bool
read_revocation(otls_der *der, otls_ocsp_single *single)
{
	otls_der info, reason;

	single->state = OTLS_CERT_REVOKED;
	if (!otls__der_enter(der, OTLS_DER_CONTEXT_CONSTRUCTED(1), &info) || !read_time(&info, &single->revoked_at))
		return false;
	if (otls__der_next_is(&info, OTLS_DER_CONTEXT_CONSTRUCTED(0)) &&
	    (!otls__der_enter(&info, OTLS_DER_CONTEXT_CONSTRUCTED(0), &reason) ||
		!otls__der_number_as(&reason, OTLS_DER_ENUMERATED, &single->revocation_reason) ||
		!otls__der_done(&reason)))
		return false;
	return otls__der_done(&info);
}

static bool
read_state(otls_der *der, otls_ocsp_single *single)
{
	bool good = otls__der_next_is(der, OTLS_DER_CONTEXT(0));
	otls_der null;

	if (otls__der_next_is(der, OTLS_DER_CONTEXT_CONSTRUCTED(1)))
		return read_revocation(der, single);
	single->state = good ? OTLS_CERT_GOOD : OTLS_CERT_UNKNOWN;
	return otls__der_enter(der, good ? OTLS_DER_CONTEXT(0) : OTLS_DER_CONTEXT(2), &null) && otls__der_done(&null);
}

static bool
read_next_update(otls_der *der, otls_ocsp_single *single)
{
	otls_der outer;

	if (!otls__der_next_is(der, OTLS_DER_CONTEXT_CONSTRUCTED(0)))
		return true;
	return otls__der_enter(der, OTLS_DER_CONTEXT_CONSTRUCTED(0), &outer) &&
	       read_time(&outer, &single->next_update) && otls__der_done(&outer);
}

bool
otls__ocsp_next(otls_der *singles, otls_ocsp_single *single)
{
	otls_der inside;

	*single = (otls_ocsp_single){ .revocation_reason = -1, .next_update = INT64_MAX };
	return otls__der_more(singles) && otls__der_enter(singles, OTLS_DER_SEQUENCE, &inside) &&
	       read_cert_id(&inside, single) && read_state(&inside, single) &&
	       read_time(&inside, &single->this_update) && read_next_update(&inside, single) &&
	       read_extensions(&inside, &single->unknown_critical) && otls__der_done(&inside);
}

/* == the response == */

/* Version 1 is the default, and so not to be written out; some responders do it all the same. */
static bool
read_version(otls_der *data)
{
	otls_der outer;
	int version = 0;

	if (!otls__der_next_is(data, OTLS_DER_CONTEXT_CONSTRUCTED(0)))
		return true;
	if (!otls__der_enter(data, OTLS_DER_CONTEXT_CONSTRUCTED(0), &outer) || !otls__der_number(&outer, &version) ||
	    !otls__der_done(&outer))
		return false;
	return version == 0 || otls__der_fail(data, "a version that is not known");
}

static bool
read_responder(otls_der *data, otls_ocsp *response)
{
	otls_der outer;

	if (otls__der_next_is(data, OTLS_DER_CONTEXT_CONSTRUCTED(1)))
		return otls__der_enter(data, OTLS_DER_CONTEXT_CONSTRUCTED(1), &outer) &&
		       otls__der_read_whole(&outer, OTLS_DER_SEQUENCE, &response->responder_name) &&
		       (otls__name_valid(response->responder_name) || otls__der_fail(data, "a malformed name")) &&
		       otls__der_done(&outer);
	return otls__der_enter(data, OTLS_DER_CONTEXT_CONSTRUCTED(2), &outer) &&
	       otls__der_read(&outer, OTLS_DER_OCTET_STRING, &response->responder_key) && otls__der_done(&outer);
}

static bool
read_singles(otls_der *data, otls_ocsp *response)
{
	otls_ocsp_single single;
	otls_der list;
	size_t count = 0;

	if (!otls__der_enter(data, OTLS_DER_SEQUENCE, &list))
		return false;
	response->singles = otls__bytes(list.data, list.len);
	while (otls__der_more(&list)) {
		if (++count > OTLS_OCSP_ENTRIES_MAX)
			return otls__der_fail(&list, "more than 256 certificates that it speaks of");
		if (!otls__ocsp_next(&list, &single))
			return false;
	}
	return !list.failed;
}

static bool
read_data(otls_der *basic, otls_ocsp *response)
{
	otls_der data, copy = *basic;
	int64_t produced_at;

	return otls__der_read_whole(&copy, OTLS_DER_SEQUENCE, &response->tbs) &&
	       otls__der_enter(basic, OTLS_DER_SEQUENCE, &data) && read_version(&data) &&
	       read_responder(&data, response) && read_time(&data, &produced_at) && read_singles(&data, response) &&
	       read_extensions(&data, &response->unknown_critical) && otls__der_done(&data);
}

/* [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL; they are read when they are needed. */
static bool
read_certificates(otls_der *basic, otls_ocsp *response)
{
	otls_der outer, list;

	if (!otls__der_next_is(basic, OTLS_DER_CONTEXT_CONSTRUCTED(0)))
		return true;
	if (!otls__der_enter(basic, OTLS_DER_CONTEXT_CONSTRUCTED(0), &outer) ||
	    !otls__der_enter(&outer, OTLS_DER_SEQUENCE, &list) || !otls__der_done(&outer))
		return false;
	response->certificates = otls__bytes(list.data, list.len);
	while (otls__der_more(&list))
		if (!otls__der_read(&list, OTLS_DER_SEQUENCE, NULL))
			return false;
	return !list.failed;
}

static bool
read_basic(otls_bytes contents, otls_der_fault *fault, otls_ocsp *response)
{
	otls_der der = otls__der(contents, fault), basic, before;
	otls_bytes algorithm = { NULL, 0 }, oid;

	if (!otls__der_enter(&der, OTLS_DER_SEQUENCE, &basic) || !otls__der_done(&der) || !read_data(&basic, response))
		return false;
	before = basic;
	if (!otls__der_read_whole(&basic, OTLS_DER_SEQUENCE, &algorithm))
		return false;
	if (!otls__signature_algorithm_parse(algorithm, &response->algorithm, &oid))
		return otls__der_fail(&before, "a malformed signature algorithm");
	return otls__der_octets(&basic, &response->signature) && read_certificates(&basic, response) &&
	       otls__der_done(&basic);
}

/* ResponseBytes: the one type that there is, id-pkix-ocsp-basic. */
static bool
read_bytes(otls_der *outer, otls_ocsp *response)
{
	otls_der tagged, bytes;
	otls_bytes type = { NULL, 0 }, contents = { NULL, 0 };

	if (!otls__der_enter(outer, OTLS_DER_CONTEXT_CONSTRUCTED(0), &tagged) ||
	    !otls__der_enter(&tagged, OTLS_DER_SEQUENCE, &bytes) || !otls__der_done(&tagged) ||
	    !otls__der_oid(&bytes, &type))
		return false;
	if (!otls__bytes_equal(type, OTLS_OID("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")))
		return otls__der_fail(&bytes, "a type of response that is not known");
	return otls__der_read(&bytes, OTLS_DER_OCTET_STRING, &contents) && otls__der_done(&bytes) &&
	       read_basic(contents, outer->fault, response);
}

static bool
read_response(otls_der *der, otls_ocsp *response)
{
	otls_der outer;

	if (!otls__der_enter(der, OTLS_DER_SEQUENCE, &outer) || !otls__der_done(der) ||
	    !otls__der_number_as(&outer, OTLS_DER_ENUMERATED, &response->status))
		return false;
	if (response->status == 4 || response->status > OTLS_OCSP_LAST)
		return otls__der_fail(&outer, "a status that there is not");
	if (response->status == OTLS_OCSP_SUCCESSFUL && !read_bytes(&outer, response))
		return false;
	return otls__der_done(&outer);
}

otls_status
otls__ocsp_parse(otls_bytes der, const char *where, otls_ocsp *response)
{
	otls_der_fault fault = { .at = NULL };
	otls_der reader = otls__der(der, &fault);

	*response = (otls_ocsp){ .status = -1 };
	if (der.len > OTLS_OCSP_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: an OCSP response of more than 64 KiB", where);
	if (read_response(&reader, response))
		return OTLS_OK;
	return otls__fail(OTLS_E_FORMAT, "%s: not an OCSP response: %s at byte %zu", where, fault.what,
	    (size_t)(fault.at - der.data));
}

/* == files == */

static otls_status
copy_der(otls_bytes data, otls_bytes *der)
{
	void *copy = otls__memdup(data.data, data.len);

	if (copy == NULL)
		return otls__fail_memory();
	*der = otls__bytes(copy, data.len);
	return OTLS_OK;
}

static otls_status
find_block(otls_bytes text, const char *where, otls_bytes *der)
{
	otls_pem_reader reader = { .text = text, .where = where, .line = 1 };
	otls_pem_block block;
	otls_status status;

	while ((status = otls__pem_read(&reader, &block)) == OTLS_OK) {
		bool found = strcmp(block.label, "OCSP RESPONSE") == 0;

		if (found)
			status = copy_der(otls__bytes(block.der, block.der_len), der);
		otls__pem_fini(&block);
		if (found)
			return status;
	}
	return status == OTLS_EOF ? otls__fail(OTLS_E_FORMAT, "%s: no OCSP RESPONSE block in it", where) : OTLS_ERROR;
}

otls_status
otls__ocsp_read(otls_bytes data, const char *where, otls_bytes *der)
{
	otls_ocsp response;
	otls_status status;

	*der = otls__bytes(NULL, 0);
	status = otls__looks_like_pem(data) ? find_block(data, where, der) : copy_der(data, der);
	if (status == OTLS_OK && otls__ocsp_parse(*der, where, &response) == OTLS_OK)
		return OTLS_OK;
	otls__free((void *)(uintptr_t)der->data);
	*der = otls__bytes(NULL, 0);
	return OTLS_ERROR;
}

otls_status
otls__ocsp_read_file(const char *path, otls_bytes *der)
{
	uint8_t *data = NULL;
	size_t len = 0;
	otls_status status;

	*der = otls__bytes(NULL, 0);
	if (otls__read_file(path, FILE_MAX, &data, &len) != OTLS_OK)
		return OTLS_ERROR;
	status = otls__ocsp_read(otls__bytes(data, len), path, der);
	otls__free_secret(data, len);
	return status;
}
