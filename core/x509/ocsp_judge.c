/* What an OCSP response says about a certificate (RFC 6960, section 3.2): it must be about it, its issuer must stand
 * behind it, and it must be of now.  A revocation counts however old it is. */
#include "x509/ocsp.h"

#include "error.h"
#include "x509/crl.h"
#include "x509/judge.h"

#include <stdio.h>

/* Of a certificate's issuer, by one hash: made when a response first has something by that hash. */
typedef struct digests {
	bool tried, made;
	uint8_t name[OTLS_HASH_MAX], key[OTLS_HASH_MAX];
	size_t len;
} digests;

/* The certificate that is asked about. */
typedef struct subject {
	const otls_engine *engine;
	const otls_certificate *cert;
	const otls_certificate *issuer; /* NULL: not at hand */
	digests by_hash[OTLS_HASH_SHA512 + 1];
} subject;

typedef struct judging {
	otls_judge *judge;
	subject subject;
	otls_ocsp response;
	otls_certificate *signers[OTLS_OCSP_SIGNERS_MAX]; /* those that came with it; alive until the end, since the
	                                                   * outcomes of checks are remembered by address */
	size_t signer_count;
	otls_ocsp_verdict *verdict;
} judging;

static bool
conclude(judging *j, otls_verify_reason reason, const char *detail)
{
	j->verdict->reason = reason;
	snprintf(j->verdict->detail, sizeof(j->verdict->detail), "%s", detail);
	return false;
}

static bool
invalid(judging *j, const char *what)
{
	return conclude(j, OTLS_REASON_OCSP_INVALID, what);
}

static bool
invalid_date(judging *j, const char *what, int64_t seconds)
{
	char detail[128], date[OTLS_DATE_TEXT_MAX];

	otls__date_text(seconds, date);
	snprintf(detail, sizeof(detail), "%s %s", what, date);
	return invalid(j, detail);
}

static bool
no_memory(judging *j)
{
	j->verdict->report = otls__report();
	j->verdict->report.code = OTLS_E_MEMORY;
	return conclude(j, OTLS_REASON_INTERNAL, "out of memory");
}

/* == what it is about == */

static bool
digest(const otls_engine *engine, otls_hash hash, otls_bytes data, uint8_t out[OTLS_HASH_MAX], size_t *len)
{
	otls_report report = otls__report();

	return engine->hash(hash, &data, 1, out, len, &report) == OTLS_OK;
}

static const digests *
digests_of(subject *s, otls_hash hash)
{
	digests *d = &s->by_hash[hash];

	if (!d->tried) {
		d->tried = true;
		d->made = digest(s->engine, hash, s->cert->issuer, d->name, &d->len) &&
			  (s->issuer == NULL || digest(s->engine, hash, s->issuer->spki.key, d->key, &d->len));
	}
	return d->made ? d : NULL;
}

/* RFC 6960, section 4.1.1: the issuer's name as the certificate has it, the issuer's key, the serial number. */
static bool
is_about(subject *s, const otls_ocsp_single *single)
{
	const digests *d;

	if (single->hash == OTLS_HASH_NONE || !otls__bytes_equal(single->serial, s->cert->serial) ||
	    (d = digests_of(s, single->hash)) == NULL)
		return false;
	return otls__bytes_equal(single->issuer_name_hash, otls__bytes(d->name, d->len)) &&
	       (s->issuer == NULL || otls__bytes_equal(single->issuer_key_hash, otls__bytes(d->key, d->len)));
}

/* Of two the one that counts: a revocation before all else, then the newer one. */
static bool
is_stronger(const otls_ocsp_single *a, const otls_ocsp_single *b)
{
	if ((a->state == OTLS_CERT_REVOKED) != (b->state == OTLS_CERT_REVOKED))
		return a->state == OTLS_CERT_REVOKED;
	return a->this_update > b->this_update;
}

static bool
find_single(subject *s, const otls_ocsp *response, otls_ocsp_single *found)
{
	otls_der singles = otls__der(response->singles, NULL);
	otls_ocsp_single single;
	bool any = false;

	while (otls__ocsp_next(&singles, &single)) {
		if (!is_about(s, &single) || (any && !is_stronger(&single, found)))
			continue;
		*found = single;
		any = true;
	}
	return any;
}

bool
otls__ocsp_find(const otls_engine *engine, const otls_ocsp *response, const otls_certificate *cert,
    const otls_certificate *issuer, otls_ocsp_single *found)
{
	subject s = { .engine = engine, .cert = cert, .issuer = issuer };

	return find_single(&s, response, found);
}

/* == who signed it == */

static bool
names_signer(const judging *j, const otls_certificate *signer)
{
	uint8_t id[OTLS_HASH_MAX];
	size_t len = 0;

	if (j->response.responder_key.data == NULL)
		return otls__names_equal(j->response.responder_name, signer->subject);
	return digest(j->subject.engine, OTLS_HASH_SHA1, signer->spki.key, id, &len) &&
	       otls__bytes_equal(otls__bytes(id, len), j->response.responder_key);
}

/* By name: anyExtendedKeyUsage is not enough (RFC 6960, section 4.2.2.2). */
static bool
may_sign_responses(const otls_certificate *cert)
{
	otls_der purposes = otls__der(cert->extended_key_usage, NULL);
	otls_bytes oid;

	while (otls__der_more(&purposes) && otls__der_oid(&purposes, &oid))
		if (otls__bytes_equal(oid, OTLS_OID("\x2b\x06\x01\x05\x05\x07\x03\x09")))
			return true;
	return false;
}

/* NULL: all that can be told without its signature is right. */
static const char *
signer_fault(const judging *j, const otls_certificate *cert)
{
	int64_t now = j->judge->params->time;

	if (!otls__names_equal(cert->issuer, j->subject.issuer->subject))
		return "the OCSP response's signer was not appointed by the certificate's issuer";
	if (cert->defect != NULL || !cert->signature_algorithms_equal)
		return "the certificate of the OCSP response's signer is malformed";
	if (cert->unknown_critical)
		return "the certificate of the OCSP response's signer has a critical extension that is not known";
	if (!may_sign_responses(cert))
		return "the OCSP response's signer may not sign such, by its extended key usage";
	if (cert->has_key_usage && (cert->key_usage & OTLS_KEY_USAGE_DIGITAL_SIGNATURE) == 0)
		return "the OCSP response's signer may not make signatures, by its key usage";
	if (now > cert->not_after)
		return "the certificate of the OCSP response's signer has expired";
	if (now < cert->not_before)
		return "the certificate of the OCSP response's signer is not valid yet";
	return NULL;
}

static bool
check_signed(judging *j, const char *whose, const void *what, const otls_signature_algorithm *algorithm, otls_bytes tbs,
    otls_bytes signature, const otls_certificate *signer)
{
	char detail[160];
	const char *why = "";

	if (otls__check_key(j->judge->params->level, &signer->spki, &why) != OTLS_REASON_OK ||
	    otls__check_signature_algorithm(j->judge->params->level, algorithm, &why) != OTLS_REASON_OK) {
		snprintf(detail, sizeof(detail),
		    "the key or the signature algorithm of %s is too weak, or not supported", whose);
		return invalid(j, detail);
	}
	switch (otls__check_signed(j->judge, what, algorithm, tbs, signature, signer)) {
	case OTLS_REASON_OK:
		return true;
	case OTLS_REASON_TOO_COSTLY:
		return conclude(j, OTLS_REASON_TOO_COSTLY, j->judge->spent);
	case OTLS_REASON_INTERNAL:
		j->verdict->report = j->judge->report;
		return conclude(j, OTLS_REASON_INTERNAL, "the library could not check a signature");
	default:
		snprintf(detail, sizeof(detail), "the signature of %s is wrong, or cannot be checked", whose);
		return invalid(j, detail);
	}
}

static bool
is_signed_by(judging *j, const otls_certificate *signer)
{
	return check_signed(j, "the OCSP response", &j->response, &j->response.algorithm, j->response.tbs,
	    j->response.signature, signer);
}

/* Its own revocation cannot be asked of another response; the lists that the program has are asked, unless its issuer
 * says that this is not wanted. */
static bool
check_not_revoked(judging *j, const otls_certificate *cert)
{
	otls_node nodes[2] = { { .cert = cert }, { .cert = j->subject.issuer } };
	otls_path path = { .nodes = { &nodes[0], &nodes[1] }, .len = 2 };
	otls_finding finding = { .reason = OTLS_REASON_OK, .depth = -1 };

	if (cert->ocsp_no_check)
		return true;
	otls__check_revocation(j->judge, &path, &finding);
	if (j->judge->spent != NULL)
		return conclude(j, OTLS_REASON_TOO_COSTLY, j->judge->spent);
	return finding.reason != OTLS_REASON_REVOKED ||
	       invalid(j, "the certificate of the OCSP response's signer is revoked");
}

static bool
is_signed_by_delegate(judging *j, const otls_certificate *cert)
{
	const char *fault = signer_fault(j, cert);

	if (fault != NULL)
		return invalid(j, fault);
	return check_signed(j, "the OCSP response's signer", cert, &cert->signature_algorithm, cert->tbs,
		   cert->signature, j->subject.issuer) &&
	       is_signed_by(j, cert) && check_not_revoked(j, cert);
}

static bool
read_signers(judging *j)
{
	otls_der certs = otls__der(j->response.certificates, NULL);
	otls_bytes der;

	while (otls__der_more(&certs)) {
		if (j->signer_count == OTLS_OCSP_SIGNERS_MAX || !otls__der_read_whole(&certs, OTLS_DER_SEQUENCE, &der))
			return invalid(j, "there are more than 4 certificates in the OCSP response");
		if (otls__certificate_parse(der, "OCSP response", &j->signers[j->signer_count]) == OTLS_OK)
			j->signer_count++;
		else if (otls_error_code(otls__error_thread()) == OTLS_E_MEMORY)
			return no_memory(j);
		else
			return invalid(j, "a certificate in the OCSP response is malformed");
	}
	return true;
}

/* What ends the search: the others are not to be tried. */
static bool
is_final(const judging *j)
{
	return j->verdict->reason == OTLS_REASON_INTERNAL || j->verdict->reason == OTLS_REASON_TOO_COSTLY;
}

static bool
is_issuer(const judging *j, const otls_certificate *cert)
{
	const otls_certificate *issuer = j->subject.issuer;

	return otls__bytes_equal(otls__bytes(cert->der, cert->der_len), otls__bytes(issuer->der, issuer->der_len));
}

/* The issuer itself, or one whom it appointed; both may have the same name. */
static bool
check_signer(judging *j)
{
	if (!read_signers(j))
		return false;
	invalid(j, "the signer of the OCSP response is not known");
	if (names_signer(j, j->subject.issuer) && is_signed_by(j, j->subject.issuer))
		return true;
	for (size_t i = 0; i < j->signer_count && !is_final(j); i++) {
		if (is_issuer(j, j->signers[i]) || !names_signer(j, j->signers[i]))
			continue;
		if (is_signed_by_delegate(j, j->signers[i]))
			return true;
	}
	return false;
}

/* == what it says == */

static bool
check_dates(judging *j, const otls_ocsp_single *single)
{
	int64_t now = j->judge->params->time;

	if (single->next_update < single->this_update)
		return invalid(j, "the OCSP response ends before it begins");
	if (single->this_update > now + OTLS_OCSP_SKEW)
		return invalid_date(j, "the OCSP response is not valid before", single->this_update);
	if (single->next_update < now)
		return invalid_date(j, "the OCSP response expired on", single->next_update);
	if (single->next_update == INT64_MAX && single->this_update < now - OTLS_OCSP_AGE_MAX)
		return invalid_date(j, "the OCSP response does not say how long it is valid, and is old: it is of",
		    single->this_update);
	return true;
}

static void
tell_revoked(judging *j, const otls_ocsp_single *single)
{
	const char *why = otls__crl_reason_text(single->revocation_reason);
	char detail[128], date[OTLS_DATE_TEXT_MAX];

	j->verdict->revoked_at = single->revoked_at;
	j->verdict->revocation_reason = single->revocation_reason;
	otls__date_text(single->revoked_at, date);
	snprintf(
	    detail, sizeof(detail), "was revoked on %s%s%s", date, why == NULL ? "" : ": ", why == NULL ? "" : why);
	conclude(j, OTLS_REASON_REVOKED, detail);
}

static void
tell_state(judging *j, const otls_ocsp_single *single)
{
	j->verdict->this_update = single->this_update;
	j->verdict->next_update = single->next_update;
	if (single->state == OTLS_CERT_REVOKED)
		tell_revoked(j, single);
	else if (!check_dates(j, single))
		return;
	else if (single->state == OTLS_CERT_GOOD)
		conclude(j, OTLS_REASON_OK, "");
	else
		conclude(j, OTLS_REASON_OCSP_MISSING, "the OCSP response says that the status is unknown");
}

/* An answer that is none, and that nobody signed: it says nothing that leaving it out would not. */
static void
tell_failure(judging *j)
{
	static const char *const words[OTLS_OCSP_LAST + 1] = { "", "malformedRequest", "internalError", "tryLater", "",
		"sigRequired", "unauthorized" };
	char detail[96];

	snprintf(detail, sizeof(detail), "the OCSP response says no more than %s", words[j->response.status]);
	conclude(j, OTLS_REASON_OCSP_MISSING, detail);
}

static void
judge_response(judging *j)
{
	otls_ocsp_single single;

	if (j->response.status != OTLS_OCSP_SUCCESSFUL)
		tell_failure(j);
	else if (j->response.unknown_critical)
		invalid(j, "the OCSP response has a critical extension that is not known");
	else if (!find_single(&j->subject, &j->response, &single))
		invalid(j, "the OCSP response is about another certificate");
	else if (single.unknown_critical)
		invalid(j, "the OCSP response has a critical extension that is not known");
	else if (check_signer(j))
		tell_state(j, &single);
}

/* The one above it; a certificate that is its own issuer has none but itself. */
static const otls_certificate *
issuer_of(const otls_verify_outcome *outcome)
{
	const otls_certificate *leaf = outcome->path[0];

	if (outcome->path_len > 1)
		return outcome->path[1];
	return otls__names_equal(leaf->issuer, leaf->subject) ? leaf : NULL;
}

static void
judge_within(otls_judge *judge, const otls_verify_outcome *outcome, otls_bytes response, otls_ocsp_verdict *verdict)
{
	judging j = {
		.judge = judge,
		.subject = { .engine = judge->params->engine, .cert = outcome->path[0], .issuer = issuer_of(outcome) },
		.verdict = verdict,
	};

	if (response.len == 0)
		conclude(&j, OTLS_REASON_OCSP_MISSING, "no OCSP response came");
	else if (j.subject.issuer == NULL)
		conclude(&j, OTLS_REASON_OCSP_MISSING,
		    "its issuer is not known, and so neither is whose word the OCSP response is");
	else if (otls__ocsp_parse(response, "stapled", &j.response) != OTLS_OK)
		invalid(&j, otls_error_message(otls__error_thread()));
	else
		judge_response(&j);
	for (size_t i = 0; i < j.signer_count; i++)
		otls_certificate_free(j.signers[i]);
}

void
otls__ocsp_judge(
    const otls_verify_params *params, otls_verify_outcome *outcome, otls_bytes response, otls_ocsp_verdict *verdict)
{
	unsigned spent = outcome->cost.signature_units;
	otls_judge judge = {
		.params = params,
		.signature_cost = spent < OTLS_SIGNATURE_COST_MAX ? OTLS_SIGNATURE_COST_MAX - spent : 0,
		.cost = outcome->cost,
	};

	*verdict = (otls_ocsp_verdict){
		.this_update = INT64_MIN,
		.next_update = INT64_MIN,
		.revoked_at = INT64_MIN,
		.revocation_reason = -1,
		.report = otls__report(),
	};
	judge_within(&judge, outcome, response, verdict);
	outcome->cost = judge.cost;
}

/* == what it comes to == */

static bool
demands_response(const otls_certificate *cert)
{
	static const int status_request = 5; /* RFC 7633, section 4.1; RFC 6066, section 8 */
	otls_der features = otls__der(cert->tls_feature, NULL);
	int feature = 0;

	while (otls__der_more(&features) && otls__der_number(&features, &feature))
		if (feature == status_request)
			return true;
	return false;
}

/* Who is not content with nothing; NULL: nobody. */
static const char *
who_demands(const otls_verify_params *params)
{
	if (demands_response(params->chain[0]))
		return ", and the certificate demands one (RFC 7633)";
	return (params->flags & OTLS_VERIFY_FLAG_OCSP_REQUIRE) != 0 ? ", and a good one is required here" : NULL;
}

void
otls__ocsp_conclude(const otls_verify_params *params, const otls_ocsp_verdict *verdict, otls_finding *finding)
{
	const char *who = who_demands(params);

	*finding = (otls_finding){ .reason = verdict->reason, .depth = 0 };
	if (verdict->reason != OTLS_REASON_OCSP_MISSING)
		snprintf(finding->detail, sizeof(finding->detail), "%s", verdict->detail);
	else if (who != NULL)
		snprintf(finding->detail, sizeof(finding->detail), "%.100s%s", verdict->detail, who);
	else
		*finding = (otls_finding){ .reason = OTLS_REASON_OK, .depth = -1 };
}
