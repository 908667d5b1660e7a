/* Reads a certificate (RFC 5280, section 4.1).
 *
 * What has no form at all is an error, with its offset.  What has the form and breaks a rule is kept as a defect:
 * TLS libraries let such certificates pass, and then the verifier is to refuse them with a reason. */
#include "x509/certificate.h"

#include "error.h"
#include "x509/extensions.h"
#include "x509/general_name.h"
#include "x509/text.h"

#define CERTIFICATE_MAX ((size_t)1 << 20)

static bool
read_version(otls_der *tbs, otls_certificate *cert)
{
	otls_der inside;
	int number = 0;

	cert->version = 1;
	if (!otls__der_next_is(tbs, OTLS_DER_CONTEXT_CONSTRUCTED(0)))
		return true;
	if (!otls__der_enter(tbs, OTLS_DER_CONTEXT_CONSTRUCTED(0), &inside) || !otls__der_number(&inside, &number) ||
	    !otls__der_done(&inside))
		return false;
	if (number > 2)
		return otls__der_fail(tbs, "a version that is not known");
	if (number == 0)
		otls__certificate_defect(cert, "its version is written out although it is 1");
	cert->version = number + 1;
	return true;
}

static bool
read_name(otls_der *tbs, otls_bytes *name)
{
	otls_der before = *tbs;

	if (!otls__der_read_whole(tbs, OTLS_DER_SEQUENCE, name))
		return false;
	if (otls__name_valid(*name))
		return true;
	*tbs = before;
	return otls__der_fail(tbs, "a malformed name");
}

/* GeneralizedTime is let pass before 2050 too, against RFC 5280, section 4.1.2.5: there are trusted roots with it. */
static bool
read_validity(otls_der *tbs, otls_certificate *cert)
{
	otls_der inside;

	return otls__der_enter(tbs, OTLS_DER_SEQUENCE, &inside) && otls__der_time(&inside, &cert->not_before) &&
	       otls__der_time(&inside, &cert->not_after) && otls__der_done(&inside);
}

static bool
read_spki(otls_der *tbs, otls_certificate *cert)
{
	otls_der before = *tbs;
	otls_bytes der = { NULL, 0 };

	if (!otls__der_read_whole(tbs, OTLS_DER_SEQUENCE, &der))
		return false;
	if (otls__spki_parse(der, &cert->spki))
		return true;
	*tbs = before;
	return otls__der_fail(tbs, "a malformed public key");
}

/* issuerUniqueID and subjectUniqueID: passed over (RFC 5280, section 4.1.2.8). */
static bool
skip_unique_ids(otls_der *tbs, otls_certificate *cert)
{
	for (uint8_t i = 1; i <= 2; i++) {
		if (!otls__der_next_is(tbs, OTLS_DER_CONTEXT(i)))
			continue;
		if (!otls__der_read(tbs, OTLS_DER_CONTEXT(i), NULL))
			return false;
		if (cert->version < 2)
			otls__certificate_defect(cert, "it has unique identifiers and is of version 1");
	}
	return true;
}

static bool
read_extensions(otls_der *tbs, otls_certificate *cert)
{
	otls_der outer;
	otls_der list;

	if (!otls__der_next_is(tbs, OTLS_DER_CONTEXT_CONSTRUCTED(3)))
		return true;
	if (cert->version < 3)
		otls__certificate_defect(cert, "it has extensions and is not of version 3 (RFC 5280, section 4.1.2.1)");
	return otls__der_enter(tbs, OTLS_DER_CONTEXT_CONSTRUCTED(3), &outer) &&
	       otls__der_enter(&outer, OTLS_DER_SEQUENCE, &list) && otls__extensions_parse(&list, cert) &&
	       otls__der_done(&outer);
}

/* Rules about several fields at once. */
static void
check_names(otls_certificate *cert)
{
	bool no_subject = cert->subject.len <= 2;

	if (cert->issuer.len <= 2)
		otls__certificate_defect(cert, "it has no issuer (RFC 5280, section 4.1.2.4)");
	if (no_subject && cert->is_ca)
		otls__certificate_defect(cert, "it is an authority without a name (RFC 5280, section 4.1.2.6)");
	if (no_subject && !(cert->has_san && cert->san_critical))
		otls__certificate_defect(
		    cert, "it has no subject, and no critical alternative names instead (RFC 5280, section 4.1.2.6)");
}

static bool
read_tbs(otls_der *outer, otls_certificate *cert, otls_bytes *algorithm)
{
	otls_der tbs;

	return otls__der_enter(outer, OTLS_DER_SEQUENCE, &tbs) && read_version(&tbs, cert) &&
	       otls__der_integer(&tbs, &cert->serial) && otls__der_read_whole(&tbs, OTLS_DER_SEQUENCE, algorithm) &&
	       read_name(&tbs, &cert->issuer) && read_validity(&tbs, cert) && read_name(&tbs, &cert->subject) &&
	       read_spki(&tbs, cert) && skip_unique_ids(&tbs, cert) && read_extensions(&tbs, cert) &&
	       otls__der_done(&tbs);
}

static bool
read_algorithm(otls_der *outer, otls_certificate *cert, otls_bytes signed_algorithm)
{
	otls_der before = *outer;
	otls_bytes algorithm = { NULL, 0 };

	if (!otls__der_read_whole(outer, OTLS_DER_SEQUENCE, &algorithm))
		return false;
	cert->signature_algorithms_equal = otls__bytes_equal(algorithm, signed_algorithm);
	if (otls__signature_algorithm_parse(algorithm, &cert->signature_algorithm, &cert->signature_oid))
		return true;
	*outer = before;
	return otls__der_fail(outer, "a malformed signature algorithm");
}

static bool
read_certificate(otls_der *der, otls_certificate *cert)
{
	otls_der outer;
	otls_der start;
	otls_bytes algorithm = { NULL, 0 };

	if (!otls__der_enter(der, OTLS_DER_SEQUENCE, &outer) || !otls__der_done(der))
		return false;
	start = outer;
	if (!read_tbs(&outer, cert, &algorithm))
		return false;
	cert->tbs = otls__bytes(start.data, start.len - outer.len);
	if (!read_algorithm(&outer, cert, algorithm) || !otls__der_octets(&outer, &cert->signature) ||
	    !otls__der_done(&outer))
		return false;
	check_names(cert);
	return true;
}

otls_status
otls__certificate_parse(otls_bytes der, const char *where, otls_certificate **cert)
{
	otls_der_fault fault = { .at = NULL };
	otls_der reader;
	otls_certificate *new_cert;

	*cert = NULL;
	if (der.len > CERTIFICATE_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: a certificate of more than 1 MiB", where);
	if ((new_cert = otls__alloc(sizeof(*new_cert))) == NULL)
		return otls__fail_memory();
	atomic_init(&new_cert->refs, 1);
	new_cert->path_length = new_cert->require_policy = new_cert->inhibit_mapping = new_cert->inhibit_any_policy =
	    -1;
	if ((new_cert->der = otls__memdup(der.data, der.len)) == NULL) {
		otls_certificate_free(new_cert);
		return otls__fail_memory();
	}
	new_cert->der_len = der.len;

	reader = otls__der(otls__bytes(new_cert->der, der.len), &fault);
	if (!read_certificate(&reader, new_cert)) {
		otls__fail(OTLS_E_FORMAT, "%s: byte %zu of the certificate: %s", where,
		    (size_t)(fault.at - new_cert->der), fault.what);
		otls_certificate_free(new_cert);
		return OTLS_ERROR;
	}
	*cert = new_cert;
	return OTLS_OK;
}

/* == references == */

otls_certificate *
otls_certificate_ref(const otls_certificate *cert)
{
	otls_certificate *shared = otls__certificate_shared(cert);

	if (shared != NULL)
		atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
	return shared;
}

void
otls_certificate_free(otls_certificate *cert)
{
	if (cert == NULL || atomic_fetch_sub_explicit(&cert->refs, 1, memory_order_acq_rel) != 1)
		return;
	otls__certificate_free_texts(cert);
	otls__free(cert->der);
	otls__free(cert);
}
