/* Reads a revocation list (RFC 5280, section 5.1).
 *
 * What has no form is an error when it is added.  What has the form and cannot be used is kept with its defect: that an
 * authority has only such lists must be told from its having none. */
#include "x509/crl.h"

#include "error.h"
#include "x509/der.h"
#include "x509/general_name.h"
#include "x509/pem.h"

#include <stdio.h>
#include <stdlib.h>

static void
defect(otls_crl *crl, const char *what)
{
	if (crl->defect == NULL)
		crl->defect = what;
}

/* == extensions == */

typedef struct extension {
	otls_bytes oid, value;
	bool critical;
} extension;

static bool
next_extension(otls_der *list, extension *ext)
{
	otls_der inside;

	*ext = (extension){ .critical = false };
	if (!otls__der_enter(list, OTLS_DER_SEQUENCE, &inside) || !otls__der_oid(&inside, &ext->oid))
		return false;
	if (otls__der_next_is(&inside, OTLS_DER_BOOLEAN) && !otls__der_boolean(&inside, &ext->critical))
		return false;
	return otls__der_read(&inside, OTLS_DER_OCTET_STRING, &ext->value) && otls__der_done(&inside);
}

static void
read_key_id(const extension *ext, otls_crl *crl)
{
	otls_der value = otls__der(ext->value, NULL), inside;

	if (!otls__der_enter(&value, OTLS_DER_SEQUENCE, &inside) ||
	    (otls__der_next_is(&inside, OTLS_DER_CONTEXT(0)) &&
		!otls__der_read(&inside, OTLS_DER_CONTEXT(0), &crl->authority_key_id)))
		defect(crl, "its authority key identifier is malformed");
}

static void
read_number(const extension *ext, otls_crl *crl)
{
	otls_der value = otls__der(ext->value, NULL);
	int number;

	crl->has_number = otls__der_number(&value, &number) && otls__der_done(&value);
	crl->number_critical = ext->critical;
	if (!crl->has_number)
		defect(crl, "its number is malformed");
}

static void
read_list_extension(const extension *ext, otls_crl *crl)
{
	if (otls__bytes_equal(ext->oid, OTLS_OID("\x55\x1d\x23")))
		read_key_id(ext, crl);
	else if (otls__bytes_equal(ext->oid, OTLS_OID("\x55\x1d\x14")))
		read_number(ext, crl);
	else if (otls__bytes_equal(ext->oid, OTLS_OID("\x55\x1d\x1b")))
		defect(crl, "it is a delta to another list (RFC 5280, section 5.2.4), which is not supported");
	else if (otls__bytes_equal(ext->oid, OTLS_OID("\x55\x1d\x1c")))
		defect(crl,
		    "it is a part of a list (issuing distribution point; RFC 5280, section 5.2.5), which is not "
		    "supported");
	else if (ext->critical)
		defect(crl, "it has a critical extension that is not known");
}

static bool
read_list_extensions(otls_der *tbs, otls_crl *crl)
{
	otls_der outer, list;
	extension ext;

	if (!otls__der_next_is(tbs, OTLS_DER_CONTEXT_CONSTRUCTED(0)))
		return true;
	if (!otls__der_enter(tbs, OTLS_DER_CONTEXT_CONSTRUCTED(0), &outer) ||
	    !otls__der_enter(&outer, OTLS_DER_SEQUENCE, &list) || !otls__der_done(&outer))
		return false;
	while (otls__der_more(&list)) {
		if (!next_extension(&list, &ext))
			return false;
		read_list_extension(&ext, crl);
	}
	return true;
}

/* == entries == */

static void
read_reason(const extension *ext, otls_crl *crl, otls_crl_entry *entry)
{
	otls_der value = otls__der(ext->value, NULL);

	if (!otls__der_number_as(&value, OTLS_DER_ENUMERATED, &entry->reason) || !otls__der_done(&value)) {
		entry->reason = -1;
		defect(crl, "it has a reason for a revocation that is malformed");
	}
}

/* A critical extension of one entry that is not known spoils the list: what the entry is about cannot be told (RFC 5280,
 * section 5.3); a certificate's issuer that is another one (section 5.3.3) is such a case. */
static bool
read_entry_extensions(otls_der *inside, otls_crl *crl, otls_crl_entry *entry)
{
	otls_der list;
	extension ext;

	if (!otls__der_more(inside))
		return true;
	if (!otls__der_enter(inside, OTLS_DER_SEQUENCE, &list))
		return false;
	while (otls__der_more(&list)) {
		if (!next_extension(&list, &ext))
			return false;
		if (otls__bytes_equal(ext.oid, OTLS_OID("\x55\x1d\x15")))
			read_reason(&ext, crl, entry);
		else if (ext.critical)
			defect(crl, "one of its entries has a critical extension that is not known");
	}
	return true;
}

static bool
read_entry(otls_der *list, otls_crl *crl, otls_crl_entry *entry)
{
	otls_der inside;

	*entry = (otls_crl_entry){ .reason = -1 };
	return otls__der_enter(list, OTLS_DER_SEQUENCE, &inside) && otls__der_integer(&inside, &entry->serial) &&
	       otls__der_time(&inside, &entry->when) && read_entry_extensions(&inside, crl, entry) &&
	       otls__der_done(&inside);
}

/* The shortest entry: a SEQUENCE of a serial number of one byte and a UTCTime. */
#define ENTRY_MIN 20

static bool
count_values(otls_der list, size_t *count)
{
	*count = 0;
	while (otls__der_more(&list)) {
		if (!otls__der_any(&list, NULL, NULL, NULL))
			return false;
		(*count)++;
	}
	return true;
}

static int
compare_serials(otls_bytes a, otls_bytes b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return memcmp(a.data, b.data, a.len);
}

static int
compare_entries(const void *a, const void *b)
{
	return compare_serials(((const otls_crl_entry *)a)->serial, ((const otls_crl_entry *)b)->serial);
}

/* false without a fault: memory ran out. */
static bool
read_entries(otls_der *tbs, otls_crl *crl)
{
	otls_der list;
	size_t count = 0;

	if (!otls__der_next_is(tbs, OTLS_DER_SEQUENCE))
		return true;
	if (!otls__der_enter(tbs, OTLS_DER_SEQUENCE, &list) || !count_values(list, &count))
		return false;
	if (count == 0)
		return true;
	/* Values that are no entries do not make the table larger: reading stops at the first of them. */
	if (count > list.len / ENTRY_MIN + 1)
		count = list.len / ENTRY_MIN + 1;
	if ((crl->entries = otls__alloc(count * sizeof(crl->entries[0]))) == NULL)
		return false;
	for (; crl->count < count; crl->count++) {
		if (!read_entry(&list, crl, &crl->entries[crl->count]))
			return false;
	}
	qsort(crl->entries, crl->count, sizeof(crl->entries[0]), compare_entries);
	for (size_t i = 1; i < crl->count; i++)
		crl->has_repeats = crl->has_repeats || compare_entries(&crl->entries[i - 1], &crl->entries[i]) == 0;
	return true;
}

/* == the list == */

static bool
read_version(otls_der *tbs)
{
	int number = 0;

	if (!otls__der_next_is(tbs, OTLS_DER_INTEGER))
		return true;
	return otls__der_number(tbs, &number) && (number == 1 || otls__der_fail(tbs, "a version that is not known"));
}

#define YEAR_2050 INT64_C(2524608000)

/* Dates before 2050 are UTCTime (sections 5.1.2.4 and 5.1.2.5). */
static bool
read_date(otls_der *tbs, int64_t *date)
{
	bool generalized = otls__der_next_is(tbs, OTLS_DER_GENERALIZED_TIME);

	return otls__der_time(tbs, date) &&
	       (!generalized || *date >= YEAR_2050 || otls__der_fail(tbs, "a year before 2050 in four digits"));
}

/* X.509 lets the second one be absent, RFC 5280 does not: such a list could never be used. */
static bool
read_dates(otls_der *tbs, otls_crl *crl)
{
	if (!read_date(tbs, &crl->this_update))
		return false;
	if (otls__der_next_is(tbs, OTLS_DER_UTC_TIME) || otls__der_next_is(tbs, OTLS_DER_GENERALIZED_TIME))
		return read_date(tbs, &crl->next_update);
	return otls__der_fail(tbs, "no date of the next list (RFC 5280, section 5.1.2.5)");
}

static bool
read_tbs(otls_der *outer, otls_crl *crl, otls_bytes *algorithm)
{
	otls_der tbs;

	return otls__der_enter(outer, OTLS_DER_SEQUENCE, &tbs) && read_version(&tbs) &&
	       otls__der_read_whole(&tbs, OTLS_DER_SEQUENCE, algorithm) &&
	       otls__der_read_whole(&tbs, OTLS_DER_SEQUENCE, &crl->issuer) &&
	       (otls__name_valid(crl->issuer) || otls__der_fail(&tbs, "a malformed name")) && read_dates(&tbs, crl) &&
	       read_entries(&tbs, crl) && read_list_extensions(&tbs, crl) && otls__der_done(&tbs);
}

static bool
read_signature(otls_der *outer, otls_crl *crl, otls_bytes signed_algorithm)
{
	otls_bytes algorithm, oid;

	if (!otls__der_read_whole(outer, OTLS_DER_SEQUENCE, &algorithm))
		return false;
	if (!otls__signature_algorithm_parse(algorithm, &crl->signature_algorithm, &oid))
		return otls__der_fail(outer, "a malformed signature algorithm");
	if (!otls__bytes_equal(algorithm, signed_algorithm))
		defect(crl, "its two signature algorithms differ (RFC 5280, section 5.1.1.2)");
	return otls__der_octets(outer, &crl->signature) && otls__der_done(outer);
}

static bool
read_crl(otls_der *der, otls_crl *crl)
{
	otls_der outer, start;
	otls_bytes algorithm;

	if (!otls__der_enter(der, OTLS_DER_SEQUENCE, &outer) || !otls__der_done(der))
		return false;
	start = outer;
	if (!read_tbs(&outer, crl, &algorithm))
		return false;
	crl->tbs = otls__bytes(start.data, start.len - outer.len);
	return read_signature(&outer, crl, algorithm);
}

otls_status
otls__crl_parse(otls_bytes der, const char *where, otls_crl **crl)
{
	otls_der_fault fault = { .at = NULL };
	otls_crl *fresh;
	otls_der reader;

	*crl = NULL;
	if (der.len > OTLS_PEM_FILE_MAX)
		return otls__fail(OTLS_E_LIMIT, "%s: a revocation list of more than 16 MiB", where);
	if ((fresh = otls__alloc(sizeof(*fresh))) == NULL)
		return otls__fail_memory();
	atomic_init(&fresh->refs, 1);
	if ((fresh->der = otls__memdup(der.data, der.len)) == NULL) {
		otls__crl_free(fresh);
		return otls__fail_memory();
	}
	fresh->der_len = der.len;
	reader = otls__der(otls__bytes(fresh->der, fresh->der_len), &fault);
	if (read_crl(&reader, fresh)) {
		*crl = fresh;
		return OTLS_OK;
	}
	if (fault.what == NULL)
		otls__fail_memory();
	else
		otls__fail(OTLS_E_FORMAT, "%s: not a revocation list: %s at byte %zu", where, fault.what,
		    (size_t)(fault.at - fresh->der));
	otls__crl_free(fresh);
	return OTLS_ERROR;
}

otls_crl *
otls__crl_ref(otls_crl *crl)
{
	atomic_fetch_add_explicit(&crl->refs, 1, memory_order_relaxed);
	return crl;
}

void
otls__crl_free(otls_crl *crl)
{
	if (crl == NULL || atomic_fetch_sub_explicit(&crl->refs, 1, memory_order_acq_rel) != 1)
		return;
	otls__free(crl->entries);
	otls__free(crl->der);
	otls__free(crl);
}

const otls_crl_entry *
otls__crl_find(const otls_crl *crl, otls_bytes serial)
{
	otls_crl_entry wanted = { .serial = serial };

	if (crl->count == 0)
		return NULL;
	return bsearch(&wanted, crl->entries, crl->count, sizeof(wanted), compare_entries);
}

const char *
otls__crl_reason_text(int reason)
{
	static const char *const texts[] = { "unspecified", "keyCompromise", "cACompromise", "affiliationChanged",
		"superseded", "cessationOfOperation", "certificateHold", NULL, "removeFromCRL", "privilegeWithdrawn",
		"aACompromise" };

	return reason >= 0 && (size_t)reason < OTLS_COUNT(texts) ? texts[reason] : NULL;
}

/* == files == */

void
otls__crls_free(otls_crl **crls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		otls__crl_free(crls[i]);
	otls__free(crls);
}

static otls_status
append(otls_bytes der, const char *where, otls_crl ***crls, size_t *count)
{
	otls_crl **grown = otls__realloc(*crls, (*count + 1) * sizeof(grown[0]));

	if (grown == NULL)
		return otls__fail_memory();
	*crls = grown;
	if (otls__crl_parse(der, where, &grown[*count]) != OTLS_OK)
		return OTLS_ERROR;
	(*count)++;
	return OTLS_OK;
}

static otls_status
take_block(const otls_pem_block *block, const char *where, otls_crl ***crls, size_t *count)
{
	char place[256];

	if (strcmp(block->label, "X509 CRL") != 0)
		return OTLS_OK;
	snprintf(place, sizeof(place), "%s, line %zu", where, block->line);
	return append(otls__bytes(block->der, block->der_len), place, crls, count);
}

static otls_status
read_pem(otls_bytes text, const char *where, otls_crl ***crls, size_t *count)
{
	otls_pem_reader reader = { .text = text, .where = where, .line = 1 };
	otls_pem_block block;
	otls_status status;

	while ((status = otls__pem_read(&reader, &block)) == OTLS_OK) {
		status = take_block(&block, where, crls, count);
		otls__pem_fini(&block);
		if (status != OTLS_OK)
			return status;
	}
	if (status != OTLS_EOF)
		return OTLS_ERROR;
	return *count > 0 ? OTLS_OK : otls__fail(OTLS_E_FORMAT, "%s: no X509 CRL block in it", where);
}

/* Also one that is cut short, so that the message says where. */
static bool
may_be_der(otls_bytes data)
{
	return data.len > 0 && data.data[0] == OTLS_DER_SEQUENCE && !otls__looks_like_pem(data);
}

otls_status
otls__crls_read(otls_bytes data, const char *where, otls_crl ***crls, size_t *count)
{
	otls_status status;

	*crls = NULL;
	*count = 0;
	status = may_be_der(data) ? append(data, where, crls, count) : read_pem(data, where, crls, count);
	if (status == OTLS_OK)
		return OTLS_OK;
	otls__crls_free(*crls, *count);
	*crls = NULL;
	*count = 0;
	return OTLS_ERROR;
}
