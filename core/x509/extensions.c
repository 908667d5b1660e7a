/* Extensions (RFC 5280, section 4.2).  Those that are used are read here; those that are only passed on are checked
 * for form.  Each reader gets the contents of the extension's OCTET STRING, and answers what is wrong with it. */
#include "x509/extensions.h"

#include "x509/general_name.h"

#define EXTENSIONS_MAX 128

typedef const char *(*reader_fn)(otls_der *der, bool critical, otls_certificate *cert);

/* Whether every value in list is a SEQUENCE that starts with an OID, and there is one. */
static bool
is_list_of_oid_sequences(otls_bytes list)
{
	otls_der der = otls__der(list, NULL);
	otls_der inside;
	otls_bytes oid = { NULL, 0 };

	if (list.len == 0)
		return false;
	while (otls__der_more(&der)) {
		if (!otls__der_enter(&der, OTLS_DER_SEQUENCE, &inside) || !otls__der_oid(&inside, &oid))
			return false;
	}
	return otls__der_done(&der);
}

/* Whether list holds GeneralNames that are all well formed, and one or more. */
static bool
is_list_of_general_names(otls_bytes list)
{
	otls_der der = otls__der(list, NULL);
	otls_bytes contents = { NULL, 0 };
	uint8_t tag = 0;

	if (list.len == 0)
		return false;
	while (otls__der_more(&der)) {
		if (!otls__der_any(&der, &tag, &contents, NULL) || !otls__general_name_valid(tag, contents))
			return false;
	}
	return otls__der_done(&der);
}

/* == one reader each == */

/* cA FALSE in so many words is not DER, but so common that it is let pass. */
static const char *
read_basic_constraints(otls_der *der, bool critical, otls_certificate *cert)
{
	otls_der list;

	cert->has_basic_constraints = true;
	cert->basic_constraints_critical = critical;
	if (!otls__der_enter(der, OTLS_DER_SEQUENCE, &list))
		return "its basic constraints are malformed";
	if (otls__der_next_is(&list, OTLS_DER_BOOLEAN) && !otls__der_boolean(&list, &cert->is_ca))
		return "its basic constraints are malformed";
	if (otls__der_more(&list) && !otls__der_number(&list, &cert->path_length))
		return "its basic constraints are malformed";
	if (!otls__der_done(&list))
		return "its basic constraints are malformed";
	if (cert->path_length >= 0 && !cert->is_ca)
		return "it has a path length and is no authority (RFC 5280, section 4.2.1.9)";
	return NULL;
}

static const char *
read_key_usage(otls_der *der, bool critical, otls_certificate *cert)
{
	(void)critical;
	cert->has_key_usage = true;
	if (!otls__der_flags(der, &cert->key_usage))
		return "its key usage is malformed";
	if (cert->key_usage == 0)
		return "its key usage is empty (RFC 5280, section 4.2.1.3)";
	return NULL;
}

static const char *
read_extended_key_usage(otls_der *der, bool critical, otls_certificate *cert)
{
	otls_der list;
	otls_bytes oid = { NULL, 0 };

	cert->extended_key_usage_critical = critical;
	cert->extended_key_usage = otls__bytes(der->data, 0); /* there; for nothing, until it is read */
	if (!otls__der_enter(der, OTLS_DER_SEQUENCE, &list))
		return "its extended key usage is malformed";
	cert->extended_key_usage = otls__bytes(list.data, list.len);
	if (list.len == 0)
		return "its extended key usage is empty (RFC 5280, section 4.2.1.12)";
	while (otls__der_more(&list)) {
		if (!otls__der_oid(&list, &oid))
			return "its extended key usage is malformed";
	}
	return NULL;
}

static const char *
read_alternative_names(otls_der *der, bool critical, otls_certificate *cert)
{
	cert->has_san = true;
	cert->san_critical = critical;
	if (!otls__der_read(der, OTLS_DER_SEQUENCE, &cert->san))
		return "its alternative names are malformed";
	if (cert->san.len == 0)
		return "its alternative names are empty (RFC 5280, section 4.2.1.6)";
	if (!is_list_of_general_names(cert->san))
		return "one of its alternative names is malformed (RFC 5280, section 4.2.1.6)";
	return NULL;
}

static const char *
read_issuer_alternative_names(otls_der *der, bool critical, otls_certificate *cert)
{
	otls_bytes names = { NULL, 0 };

	if (critical)
		cert->unknown_critical = true;
	if (!otls__der_read(der, OTLS_DER_SEQUENCE, &names) || !is_list_of_general_names(names))
		return "its issuer's alternative names are malformed";
	return NULL;
}

static const char *
read_name_constraints(otls_der *der, bool critical, otls_certificate *cert)
{
	cert->name_constraints = otls__bytes(der->data, 0);
	cert->name_constraints_critical = critical;
	if (!otls__der_read(der, OTLS_DER_SEQUENCE, &cert->name_constraints))
		return "its name constraints are malformed";
	return NULL;
}

static const char *
read_subject_key_id(otls_der *der, bool critical, otls_certificate *cert)
{
	cert->has_subject_key_id = true;
	if (!otls__der_read(der, OTLS_DER_OCTET_STRING, &cert->subject_key_id))
		return "its subject key identifier is malformed";
	if (critical)
		return "its subject key identifier is critical (RFC 5280, section 4.2.1.2)";
	return NULL;
}

static const char *
read_authority_key_id(otls_der *der, bool critical, otls_certificate *cert)
{
	static const char malformed[] = "its authority key identifier is malformed";
	otls_der list;
	otls_bytes issuer = { NULL, 0 };
	otls_bytes serial = { NULL, 0 };

	cert->has_authority_key_id = true;
	if (!otls__der_enter(der, OTLS_DER_SEQUENCE, &list))
		return malformed;
	if (otls__der_next_is(&list, OTLS_DER_CONTEXT(0)) &&
	    !otls__der_read(&list, OTLS_DER_CONTEXT(0), &cert->authority_key_id))
		return malformed;
	if (otls__der_next_is(&list, OTLS_DER_CONTEXT_CONSTRUCTED(1)) &&
	    !otls__der_read(&list, OTLS_DER_CONTEXT_CONSTRUCTED(1), &issuer))
		return malformed;
	if (otls__der_next_is(&list, OTLS_DER_CONTEXT(2)) && !otls__der_read(&list, OTLS_DER_CONTEXT(2), &serial))
		return malformed;
	if (!otls__der_done(&list))
		return malformed;
	if ((issuer.data != NULL) != (serial.data != NULL))
		return "its authority key identifier has an issuer without a serial number, or the other way (RFC "
		       "5280, "
		       "section 4.2.1.1)";
	cert->authority_issuer = issuer;
	cert->authority_serial = serial;
	if (issuer.data != NULL && !is_list_of_general_names(issuer))
		return malformed;
	if (critical)
		return "its authority key identifier is critical (RFC 5280, section 4.2.1.1)";
	return NULL;
}

static const char *
read_policies(otls_der *der, bool critical, otls_certificate *cert)
{
	(void)critical;
	cert->policies = otls__bytes(der->data, 0);
	if (!otls__der_read(der, OTLS_DER_SEQUENCE, &cert->policies) || !is_list_of_oid_sequences(cert->policies))
		return "its certificate policies are malformed";
	return NULL;
}

/* Pairs of OIDs. */
static const char *
mapping_defect(otls_bytes list)
{
	otls_der der = otls__der(list, NULL), pair;
	otls_bytes from = { NULL, 0 }, to = { NULL, 0 };

	if (list.len == 0)
		return "its policy mappings are malformed";
	while (otls__der_more(&der)) {
		if (!otls__der_enter(&der, OTLS_DER_SEQUENCE, &pair) || !otls__der_oid(&pair, &from) ||
		    !otls__der_oid(&pair, &to) || !otls__der_done(&pair))
			return "its policy mappings are malformed";
		if (otls__bytes_equal(from, OTLS_ANY_POLICY) || otls__bytes_equal(to, OTLS_ANY_POLICY))
			return "its policy mappings have any policy in them (RFC 5280, section 4.2.1.5)";
	}
	return otls__der_done(&der) ? NULL : "its policy mappings are malformed";
}

static const char *
read_policy_mappings(otls_der *der, bool critical, otls_certificate *cert)
{
	(void)critical;
	if (!otls__der_read(der, OTLS_DER_SEQUENCE, &cert->policy_mappings))
		return "its policy mappings are malformed";
	return mapping_defect(cert->policy_mappings);
}

static const char *
read_policy_constraints(otls_der *der, bool critical, otls_certificate *cert)
{
	static const char malformed[] = "its policy constraints are malformed";
	otls_der list;

	if (!otls__der_enter(der, OTLS_DER_SEQUENCE, &list))
		return malformed;
	if (!otls__der_more(&list))
		return "its policy constraints are empty (RFC 5280, section 4.2.1.11)";
	if (otls__der_next_is(&list, OTLS_DER_CONTEXT(0)) &&
	    !otls__der_number_as(&list, OTLS_DER_CONTEXT(0), &cert->require_policy))
		return malformed;
	if (otls__der_next_is(&list, OTLS_DER_CONTEXT(1)) &&
	    !otls__der_number_as(&list, OTLS_DER_CONTEXT(1), &cert->inhibit_mapping))
		return malformed;
	if (!otls__der_done(&list))
		return malformed;
	if (!critical)
		return "its policy constraints are not critical (RFC 5280, section 4.2.1.11)";
	return NULL;
}

static const char *
read_inhibit_any_policy(otls_der *der, bool critical, otls_certificate *cert)
{
	if (!otls__der_number(der, &cert->inhibit_any_policy))
		return "its inhibition of any policy is malformed";
	if (!critical)
		return "its inhibition of any policy is not critical (RFC 5280, section 4.2.1.14)";
	return NULL;
}

static const char *
read_tls_feature(otls_der *der, bool critical, otls_certificate *cert)
{
	otls_der list;
	int feature = 0;

	(void)critical;
	cert->tls_feature = otls__bytes(der->data, 0);
	if (!otls__der_enter(der, OTLS_DER_SEQUENCE, &list))
		return "its TLS features are malformed";
	cert->tls_feature = otls__bytes(list.data, list.len);
	while (otls__der_more(&list)) {
		if (!otls__der_number(&list, &feature))
			return "its TLS features are malformed";
	}
	return NULL;
}

static const char *
read_ocsp_no_check(otls_der *der, bool critical, otls_certificate *cert)
{
	otls_bytes nothing = { NULL, 0 };

	(void)critical;
	cert->ocsp_no_check = otls__der_read(der, OTLS_DER_NULL, &nothing) && nothing.len == 0;
	return cert->ocsp_no_check ? NULL : "its word on OCSP (no check) is malformed (RFC 6960, section 4.2.2.2.1)";
}

/* AccessDescriptions: an OID and a GeneralName each. */
static bool
is_list_of_access_descriptions(otls_bytes list)
{
	otls_der der = otls__der(list, NULL);
	otls_der inside;
	otls_bytes oid = { NULL, 0 };

	if (list.len == 0)
		return false;
	while (otls__der_more(&der)) {
		if (!otls__der_enter(&der, OTLS_DER_SEQUENCE, &inside) || !otls__der_oid(&inside, &oid) ||
		    !otls__der_any(&inside, NULL, NULL, NULL) || !otls__der_done(&inside))
			return false;
	}
	return otls__der_done(&der);
}

/* Access to the authority's information, and to the subject's: same form, same rule. */
static const char *
read_information_access(otls_der *der, bool critical, otls_certificate *cert)
{
	otls_bytes list = { NULL, 0 };

	(void)cert;
	if (!otls__der_read(der, OTLS_DER_SEQUENCE, &list) || !is_list_of_access_descriptions(list))
		return "its information access is malformed (RFC 5280, section 4.2.2.1)";
	if (critical)
		return "its information access is critical (RFC 5280, section 4.2.2.1)";
	return NULL;
}

static const struct extension_row {
	otls_bytes oid;
	reader_fn read;
} rows[] = {
	{ OTLS_OID_INIT("\x55\x1d\x0e"), read_subject_key_id },
	{ OTLS_OID_INIT("\x55\x1d\x0f"), read_key_usage },
	{ OTLS_OID_INIT("\x55\x1d\x11"), read_alternative_names },
	{ OTLS_OID_INIT("\x55\x1d\x12"), read_issuer_alternative_names },
	{ OTLS_OID_INIT("\x55\x1d\x13"), read_basic_constraints },
	{ OTLS_OID_INIT("\x55\x1d\x1e"), read_name_constraints },
	{ OTLS_OID_INIT("\x55\x1d\x20"), read_policies },
	{ OTLS_OID_INIT("\x55\x1d\x21"), read_policy_mappings },
	{ OTLS_OID_INIT("\x55\x1d\x23"), read_authority_key_id },
	{ OTLS_OID_INIT("\x55\x1d\x24"), read_policy_constraints },
	{ OTLS_OID_INIT("\x55\x1d\x25"), read_extended_key_usage },
	{ OTLS_OID_INIT("\x55\x1d\x36"), read_inhibit_any_policy },
	{ OTLS_OID_INIT("\x2b\x06\x01\x05\x05\x07\x01\x01"), read_information_access },
	{ OTLS_OID_INIT("\x2b\x06\x01\x05\x05\x07\x01\x0b"), read_information_access },
	{ OTLS_OID_INIT("\x2b\x06\x01\x05\x05\x07\x01\x18"), read_tls_feature },
	{ OTLS_OID_INIT("\x2b\x06\x01\x05\x05\x07\x30\x01\x05"), read_ocsp_no_check },
};

/* == all of them == */

typedef struct extension {
	otls_bytes oid, value;
	bool critical;
} extension;

static reader_fn
find_reader(otls_bytes oid)
{
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		if (otls__bytes_equal(oid, rows[i].oid))
			return rows[i].read;
	}
	return NULL;
}

static void
read_value(const extension *ext, otls_certificate *cert)
{
	otls_der value = otls__der(ext->value, NULL);
	reader_fn read = find_reader(ext->oid);
	const char *defect = NULL;

	if (read == NULL) {
		cert->unknown_critical = cert->unknown_critical || ext->critical;
		return;
	}
	defect = read(&value, ext->critical, cert);
	if (defect == NULL && !otls__der_done(&value))
		defect = "one of its extensions has data behind its value";
	if (defect != NULL)
		otls__certificate_defect(cert, defect);
}

/* The flag is read loosely, so that a certificate that a TLS library lets pass can still be refused with a reason. */
static bool
read_critical(otls_der *der, extension *ext, otls_certificate *cert)
{
	otls_bytes flag = { NULL, 0 };

	if (!otls__der_next_is(der, OTLS_DER_BOOLEAN))
		return true;
	if (!otls__der_read(der, OTLS_DER_BOOLEAN, &flag))
		return false;
	ext->critical = flag.len > 0 && flag.data[0] != 0;
	if (flag.len != 1 || flag.data[0] != 0xff)
		otls__certificate_defect(cert, "the critical flag of one of its extensions is not DER");
	return true;
}

static bool
read_extension(otls_der *list, extension *ext, otls_certificate *cert)
{
	otls_der inside;

	*ext = (extension){ .critical = false };
	return otls__der_enter(list, OTLS_DER_SEQUENCE, &inside) && otls__der_oid(&inside, &ext->oid) &&
	       read_critical(&inside, ext, cert) && otls__der_read(&inside, OTLS_DER_OCTET_STRING, &ext->value) &&
	       otls__der_done(&inside);
}

static bool
is_among(otls_bytes oid, const otls_bytes *seen, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (otls__bytes_equal(oid, seen[i]))
			return true;
	}
	return false;
}

bool
otls__extensions_parse(otls_der *list, otls_certificate *cert)
{
	otls_bytes seen[EXTENSIONS_MAX];
	size_t count = 0;
	extension ext;

	if (list->len == 0)
		otls__certificate_defect(cert, "it has an empty list of extensions (RFC 5280, section 4.1.2.9)");
	while (otls__der_more(list)) {
		if (count == OTLS_COUNT(seen))
			return otls__der_fail(list, "more than 128 extensions");
		if (!read_extension(list, &ext, cert))
			return false;
		if (is_among(ext.oid, seen, count))
			otls__certificate_defect(cert, "it has an extension twice (RFC 5280, section 4.2)");
		else
			read_value(&ext, cert);
		seen[count++] = ext.oid;
	}
	return true;
}
