/* Signatures, within a budget.  The library only ever sees keys and algorithms that core knows. */
#include "error.h"
#include "x509/judge.h"

/* Cost of one check, in units of about one RSA-2048 check; a rough figure, the same for all libraries, so that all
 * of them give up on the same chains. */
static unsigned
cost(const otls_spki *key)
{
	switch (key->type) {
	case OTLS_KEY_TYPE_RSA:
	case OTLS_KEY_TYPE_RSA_PSS: {
		unsigned blocks = (key->bits + 2047) / 2048;
		return blocks * blocks;
	}
	case OTLS_KEY_TYPE_EC:
		return key->bits <= 256 ? 3 : 20;
	case OTLS_KEY_TYPE_ED25519:
		return 3;
	case OTLS_KEY_TYPE_ED448:
	case OTLS_KEY_TYPE_UNKNOWN:
		break;
	}
	return 20;
}

/* Whether a key of this type makes signatures of this kind (RFC 4055, section 1.2: a key that is marked for PSS makes
 * no others, and only such as its parameters allow). */
static bool
fits(const otls_spki *key, const otls_signature_algorithm *algorithm)
{
	switch (algorithm->kind) {
	case OTLS_SIGNATURE_RSA_PKCS1:
		return key->type == OTLS_KEY_TYPE_RSA;
	case OTLS_SIGNATURE_RSA_PSS:
		if (key->type == OTLS_KEY_TYPE_RSA || key->pss.kind == OTLS_SIGNATURE_UNKNOWN)
			return key->type == OTLS_KEY_TYPE_RSA || key->type == OTLS_KEY_TYPE_RSA_PSS;
		return key->type == OTLS_KEY_TYPE_RSA_PSS && key->pss.hash == algorithm->hash &&
		       key->pss.mgf_hash == algorithm->mgf_hash && algorithm->salt_len >= key->pss.salt_len;
	case OTLS_SIGNATURE_ECDSA:
		return key->type == OTLS_KEY_TYPE_EC;
	case OTLS_SIGNATURE_ED25519:
		return key->type == OTLS_KEY_TYPE_ED25519;
	case OTLS_SIGNATURE_ED448:
		return key->type == OTLS_KEY_TYPE_ED448;
	case OTLS_SIGNATURE_UNKNOWN:
		break;
	}
	return false;
}

static otls_verify_reason
reason_of(otls_code code)
{
	switch (code) {
	case OTLS_E_VERIFY:
	case OTLS_E_FORMAT:
		return OTLS_REASON_BAD_SIGNATURE;
	case OTLS_E_UNSUPPORTED:
		return OTLS_REASON_UNSUPPORTED_KEY;
	default:
		return OTLS_REASON_INTERNAL;
	}
}

static void
remember(otls_judge *judge, const void *what, const otls_certificate *issuer, otls_verify_reason reason)
{
	if (judge->checked_len == OTLS_CHECKED_EDGES)
		return; /* checked again if it is met again: the budget holds all the same */
	judge->checked[judge->checked_len++] =
	    (otls_checked_edge){ .signed_by_issuer = what, .issuer = issuer, .reason = reason };
}

otls_verify_reason
otls__check_signed(otls_judge *judge, const void *what, const otls_signature_algorithm *algorithm, otls_bytes tbs,
    otls_bytes signature, const otls_certificate *issuer)
{
	otls_verify_reason reason = OTLS_REASON_OK;

	judge->report = otls__report();
	for (size_t i = 0; i < judge->checked_len; i++) {
		if (judge->checked[i].signed_by_issuer == what && judge->checked[i].issuer == issuer)
			return judge->checked[i].reason;
	}
	if (!fits(&issuer->spki, algorithm))
		return OTLS_REASON_BAD_SIGNATURE;
	if (judge->signature_cost < cost(&issuer->spki)) {
		judge->spent = "too many signatures would have to be checked";
		return OTLS_REASON_TOO_COSTLY;
	}
	judge->signature_cost -= cost(&issuer->spki);
	judge->cost.signatures++;
	judge->cost.signature_units += cost(&issuer->spki);
	if (judge->params->engine->verify_signature(issuer->spki.der, algorithm, tbs, signature, &judge->report) !=
	    OTLS_OK)
		reason = reason_of(judge->report.code);
	remember(judge, what, issuer, reason);
	return reason;
}

otls_verify_reason
otls__check_edge(otls_judge *judge, const otls_certificate *cert, const otls_certificate *issuer)
{
	return otls__check_signed(judge, cert, &cert->signature_algorithm, cert->tbs, cert->signature, issuer);
}

/* What the algorithm rules refuse is never shown to the library; the path has that finding already. */
bool
otls__is_checkable(const otls_judge *judge, const otls_certificate *cert, const otls_certificate *issuer)
{
	const char *why;

	return otls__check_key(judge->params->level, &issuer->spki, &why) == OTLS_REASON_OK &&
	       otls__check_algorithm(judge->params->level, cert, &why) == OTLS_REASON_OK;
}

void
otls__check_signatures(otls_judge *judge, const otls_path *path, otls_finding *finding)
{
	for (size_t i = path->len - 1; i > 0; i--) {
		const otls_certificate *cert = path->nodes[i - 1]->cert, *issuer = path->nodes[i]->cert;
		otls_verify_reason reason;

		if (!otls__is_checkable(judge, cert, issuer))
			continue;
		reason = otls__check_edge(judge, cert, issuer);
		if (reason != OTLS_REASON_OK &&
		    otls__find(finding, reason, (int)i - 1,
			reason == OTLS_REASON_BAD_SIGNATURE ? "its signature is wrong: its issuer's key did not make it"
							    : ""))
			return;
	}
}
