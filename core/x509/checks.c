/* RFC 5280, section 6.1, and the web's rules on top of it: what must hold for every certificate of a path.
 * Each check goes from the anchor down to the leaf, and stops at the first certificate that does not pass, unless all
 * that can be found is asked for: then otls__find says so, and the check goes on. */
#include "registry/registry.h"
#include "x509/der.h"
#include "x509/general_name.h"
#include "x509/judge.h"

#include <stdio.h>
#include <time.h>

#define RSA_BITS_MAX 8192

bool
otls__find(otls_finding *finding, otls_verify_reason reason, int depth, const char *detail)
{
	finding->reason = reason;
	finding->depth = depth;
	snprintf(finding->detail, sizeof(finding->detail), "%s", detail);
	return finding->all == NULL || !otls__findings_add(finding->all, finding);
}

/* == the path's length == */

/* Self-issued authorities, which change a key, are not counted, as in path lengths (RFC 5280, section 4.2.1.9). */
static int
count_intermediates(const otls_path *path)
{
	int count = 0;

	for (size_t i = 1; i + 1 < path->len; i++)
		count += path->nodes[i]->self_issued ? 0 : 1;
	return count;
}

static bool
check_length(const otls_verify_params *params, const otls_path *path, otls_finding *finding)
{
	int count = count_intermediates(path);
	char detail[128];

	if (count <= params->max_intermediates)
		return false;
	snprintf(detail, sizeof(detail), "%d certificates stand between it and the trusted one, and %d may", count,
	    params->max_intermediates);
	return otls__find(finding, OTLS_REASON_CHAIN_TOO_LONG, 0, detail);
}

/* == form == */

static bool
may_sign_certificates(const otls_certificate *cert)
{
	return !cert->has_key_usage || (cert->key_usage & OTLS_KEY_USAGE_KEY_CERT_SIGN) != 0;
}

/* Rules about several extensions; those about one alone were applied when it was read. */
static const char *
form_defect(const otls_path *path, size_t i)
{
	const otls_certificate *cert = path->nodes[i]->cert;

	if (cert->defect != NULL)
		return cert->defect;
	if (!cert->signature_algorithms_equal)
		return "its two signature algorithms differ (RFC 5280, section 4.1.1.2)";
	if (i > 0)
		return NULL; /* of issuers, all else is a matter of being an authority */
	if (cert->has_key_usage && may_sign_certificates(cert) && !cert->is_ca)
		return "its key usage is an authority's, its basic constraints are not (RFC 5280, section 4.2.1.9)";
	if (cert->name_constraints.data != NULL && !cert->is_ca)
		return "it has name constraints and is no authority (RFC 5280, section 4.2.1.10)";
	return NULL;
}

static bool
check_form(const otls_path *path, otls_finding *finding)
{
	for (size_t i = path->len; i-- > 0;) {
		const char *defect = form_defect(path, i);
		if (defect != NULL && otls__find(finding, OTLS_REASON_MALFORMED, (int)i, defect))
			return true;
	}
	return false;
}

/* == dates == */

void
otls__date_text(int64_t seconds, char text[OTLS_DATE_TEXT_MAX])
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL || strftime(text, OTLS_DATE_TEXT_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(text, OTLS_DATE_TEXT_MAX, "a day out of all reach");
}

static bool
find_date(otls_finding *finding, otls_verify_reason reason, int depth, const char *what, int64_t seconds)
{
	char detail[64], date[OTLS_DATE_TEXT_MAX];

	otls__date_text(seconds, date);
	snprintf(detail, sizeof(detail), "%s %s", what, date);
	return otls__find(finding, reason, depth, detail);
}

/* Anchors too: an expired root is not trusted any more. */
static bool
check_dates(const otls_verify_params *params, const otls_path *path, otls_finding *finding)
{
	for (size_t i = path->len; i-- > 0;) {
		const otls_certificate *cert = path->nodes[i]->cert;
		if (params->time > cert->not_after &&
		    find_date(finding, OTLS_REASON_EXPIRED, (int)i, "expired on", cert->not_after))
			return true;
		if (params->time < cert->not_before &&
		    find_date(finding, OTLS_REASON_NOT_YET_VALID, (int)i, "is not valid before", cert->not_before))
			return true;
	}
	return false;
}

/* == authorities == */

/* Old roots are of version 1, and have no extensions to say that they are authorities; being trusted says it. */
static bool
is_old_root(const otls_path *path, size_t i)
{
	return i + 1 == path->len && path->nodes[i]->cert->version < 3 && path->nodes[i]->self_issued;
}

static const char *
authority_fault(const otls_path *path, size_t i)
{
	const otls_certificate *cert = path->nodes[i]->cert;

	if (is_old_root(path, i))
		return NULL;
	if (cert->version < 3)
		return "is no certificate authority: it is of an old version, which cannot say so";
	if (!cert->has_basic_constraints)
		return "is no certificate authority: it has no basic constraints";
	if (!cert->is_ca)
		return "is no certificate authority, by its basic constraints";
	if (!may_sign_certificates(cert))
		return "may not sign certificates, by its key usage";
	return NULL;
}

static bool
check_authorities(const otls_path *path, otls_finding *finding)
{
	for (size_t i = path->len - 1; i > 0; i--) {
		const char *fault = authority_fault(path, i);
		if (fault != NULL && otls__find(finding, OTLS_REASON_INVALID_CA, (int)i, fault))
			return true;
	}
	return false;
}

/* RFC 5280, section 4.2.1.9: self-issued certificates and the leaf are not counted. */
static bool
check_path_lengths(const otls_path *path, otls_finding *finding)
{
	int below = 0;
	char detail[96];

	for (size_t i = 1; i < path->len; i++) {
		const otls_certificate *cert = path->nodes[i]->cert;
		if (cert->path_length >= 0 && below > cert->path_length) {
			snprintf(detail, sizeof(detail), "allows %d authorities below it, and there are %d",
			    cert->path_length, below);
			if (otls__find(finding, OTLS_REASON_PATH_LENGTH, (int)i, detail))
				return true;
		}
		if (!path->nodes[i]->self_issued)
			below++;
	}
	return false;
}

/* == purpose == */

/* Whether an extended key usage allows it: none at all does, and so does anyExtendedKeyUsage. */
static bool
allows_purpose(const otls_certificate *cert, otls_role peer)
{
	otls_bytes wanted = peer == OTLS_ROLE_SERVER ? OTLS_OID("\x2b\x06\x01\x05\x05\x07\x03\x01")
						     : OTLS_OID("\x2b\x06\x01\x05\x05\x07\x03\x02");
	otls_der purposes = otls__der(cert->extended_key_usage, NULL);
	otls_bytes oid;

	if (cert->extended_key_usage.data == NULL)
		return true;
	while (otls__der_more(&purposes) && otls__der_oid(&purposes, &oid)) {
		if (otls__bytes_equal(oid, wanted) || otls__bytes_equal(oid, OTLS_OID("\x55\x1d\x25\x00")))
			return true;
	}
	return false;
}

static bool
allows_key_use(const otls_certificate *leaf, otls_key_use use)
{
	switch (use) {
	case OTLS_KEY_USE_SIGN:
		return !leaf->has_key_usage || (leaf->key_usage & OTLS_KEY_USAGE_DIGITAL_SIGNATURE) != 0;
	case OTLS_KEY_USE_ENCIPHER:
		return !leaf->has_key_usage || (leaf->key_usage & OTLS_KEY_USAGE_KEY_ENCIPHERMENT) != 0;
	case OTLS_KEY_USE_ANY:
		break;
	}
	return true;
}

static bool
check_key_use(const otls_verify_params *params, const otls_certificate *leaf, otls_finding *finding)
{
	return !allows_key_use(leaf, params->key_use) &&
	       otls__find(finding, OTLS_REASON_INVALID_PURPOSE, 0,
		   params->key_use == OTLS_KEY_USE_SIGN ? "its key may not make signatures, by its key usage"
							: "its key may not encipher keys, by its key usage");
}

static bool
check_purpose(const otls_verify_params *params, const otls_path *path, otls_finding *finding)
{
	for (size_t i = path->len; i-- > 0;) {
		if (!allows_purpose(path->nodes[i]->cert, params->peer) &&
		    otls__find(finding, OTLS_REASON_INVALID_PURPOSE, (int)i,
			params->peer == OTLS_ROLE_SERVER ? "is not for TLS servers, by its extended key usage"
							 : "is not for TLS clients, by its extended key usage"))
			return true;
	}
	return check_key_use(params, path->nodes[0]->cert, finding);
}

static bool
check_critical(const otls_path *path, otls_finding *finding)
{
	for (size_t i = path->len; i-- > 0;) {
		if (path->nodes[i]->cert->unknown_critical && otls__find(finding, OTLS_REASON_CRITICAL_EXTENSION,
								  (int)i, "has a critical extension that is not known"))
			return true;
	}
	return false;
}

/* == algorithms == */

static otls_verify_reason
check_rsa(const otls_level *level, const otls_spki *key, const char **why)
{
	if (key->bits < level->rsa_bits) {
		*why = level->weak_rsa;
		return OTLS_REASON_WEAK_KEY;
	}
	if (key->bits > RSA_BITS_MAX) {
		*why = "has an RSA key of more than 8192 bits";
		return OTLS_REASON_UNSUPPORTED_KEY;
	}
	if (!key->sound) {
		*why = "has an RSA key with an unusual modulus or exponent";
		return OTLS_REASON_WEAK_KEY;
	}
	return OTLS_REASON_OK;
}

static otls_verify_reason
check_ec(const otls_level *level, const otls_spki *key, const char **why)
{
	if (key->bits != 0 && key->bits < level->ec_bits) {
		*why = level->weak_ec;
		return OTLS_REASON_WEAK_KEY;
	}
	if (key->group == 0) {
		*why = "has a key on a curve that is not P-256, P-384 or P-521 by name";
		return OTLS_REASON_UNSUPPORTED_KEY;
	}
	if (!key->sound) {
		*why = "has a key that is no point of its curve";
		return OTLS_REASON_WEAK_KEY;
	}
	return OTLS_REASON_OK;
}

static otls_verify_reason
check_edwards(const otls_level *level, const otls_spki *key, const char **why)
{
	if (otls__signature_bits(otls__spki_kind(key), OTLS_HASH_NONE) < level->bits) {
		*why = "has an Edwards key that is weaker than the security level asks for";
		return OTLS_REASON_WEAK_KEY;
	}
	*why = "has a key of the wrong length";
	return key->sound ? OTLS_REASON_OK : OTLS_REASON_WEAK_KEY;
}

static const otls_level *
in_force(const otls_level *level)
{
	return level != NULL ? level : otls__level(OTLS_LEVEL_DEFAULT);
}

otls_verify_reason
otls__check_key(const otls_level *level, const otls_spki *key, const char **why)
{
	level = in_force(level);
	switch (key->type) {
	case OTLS_KEY_TYPE_RSA:
	case OTLS_KEY_TYPE_RSA_PSS:
		return check_rsa(level, key, why);
	case OTLS_KEY_TYPE_EC:
		return check_ec(level, key, why);
	case OTLS_KEY_TYPE_ED25519:
	case OTLS_KEY_TYPE_ED448:
		return check_edwards(level, key, why);
	case OTLS_KEY_TYPE_UNKNOWN:
		break;
	}
	*why = "has a key of a type that is not supported";
	return OTLS_REASON_UNSUPPORTED_KEY;
}

/* MD5 is below every level, SHA-1 below all but 0.  SHA-224 is not in every build of every library. */
static const char *
weak_hash(otls_hash hash)
{
	switch (hash) {
	case OTLS_HASH_MD5:
		return "is signed with MD5";
	case OTLS_HASH_SHA1:
		return "is signed with SHA-1";
	case OTLS_HASH_SHA256:
		return "is signed with SHA-256, which is weaker than the security level asks for";
	case OTLS_HASH_SHA384:
		return "is signed with SHA-384, which is weaker than the security level asks for";
	default:
		return NULL;
	}
}

static otls_verify_reason
check_hash(const otls_level *level, const otls_signature_algorithm *algorithm, const char **why)
{
	if (otls__signature_bits(algorithm->kind, algorithm->hash) < level->bits &&
	    weak_hash(algorithm->hash) != NULL) {
		*why = weak_hash(algorithm->hash);
		return OTLS_REASON_WEAK_SIGNATURE;
	}
	if (algorithm->hash != OTLS_HASH_NONE && algorithm->hash != OTLS_HASH_SHA224)
		return OTLS_REASON_OK;
	*why = "is signed with a hash that is not supported";
	return OTLS_REASON_UNSUPPORTED_KEY;
}

/* The one shape of PSS that TLS has, and all libraries do (RFC 8446, section 4.2.3). */
static bool
is_plain_pss(const otls_signature_algorithm *algorithm)
{
	uint32_t len = algorithm->hash == OTLS_HASH_SHA256 ? 32 : algorithm->hash == OTLS_HASH_SHA384 ? 48 : 64;

	return algorithm->mgf_hash == algorithm->hash && algorithm->salt_len == len;
}

otls_verify_reason
otls__check_signature_algorithm(const otls_level *level, const otls_signature_algorithm *algorithm, const char **why)
{
	otls_verify_reason reason;

	level = in_force(level);
	switch (algorithm->kind) {
	case OTLS_SIGNATURE_ED25519:
	case OTLS_SIGNATURE_ED448:
		return OTLS_REASON_OK; /* whether it is strong enough is said of the key */
	case OTLS_SIGNATURE_RSA_PKCS1:
	case OTLS_SIGNATURE_ECDSA:
		return check_hash(level, algorithm, why);
	case OTLS_SIGNATURE_RSA_PSS:
		reason = check_hash(level, algorithm, why);
		if (reason != OTLS_REASON_OK || is_plain_pss(algorithm))
			return reason;
		break;
	case OTLS_SIGNATURE_UNKNOWN:
		break;
	}
	*why = "is signed with an algorithm that is not supported";
	return OTLS_REASON_UNSUPPORTED_KEY;
}

otls_verify_reason
otls__check_algorithm(const otls_level *level, const otls_certificate *cert, const char **why)
{
	return otls__check_signature_algorithm(level, &cert->signature_algorithm, why);
}

static bool
signs_by_any(const otls_verify_params *params, const otls_spki *key)
{
	for (size_t i = 0; i < params->scheme_count; i++)
		if (otls__scheme_fits(params->schemes[i], otls__spki_kind(key), key->group, params->version))
			return true;
	return false;
}

static bool
is_on_any(const otls_verify_params *params, const otls_spki *key)
{
	for (size_t i = 0; i < params->group_count; i++)
		if (params->groups[i] == key->group)
			return true;
	return false;
}

/* Some libraries let in what was not asked for.  In TLS 1.2 the groups of a handshake are those of the ECDSA keys in it,
 * too (RFC 8422, section 5.1). */
static otls_verify_reason
check_handshake_key(const otls_verify_params *params, const otls_spki *key, const char **why)
{
	if (params->version == 0)
		return OTLS_REASON_OK;
	if (!signs_by_any(params, key)) {
		*why = "has a key that signs by none of the signature schemes that are allowed here";
		return OTLS_REASON_UNSUPPORTED_KEY;
	}
	if (params->version < OTLS_TLS1_3 && key->type == OTLS_KEY_TYPE_EC && !is_on_any(params, key)) {
		*why = "has a key on a curve that is not among the groups that are allowed here";
		return OTLS_REASON_UNSUPPORTED_KEY;
	}
	return OTLS_REASON_OK;
}

/* The anchor's own signature is nobody's business: it is trusted as it is. */
static bool
check_algorithms(const otls_verify_params *params, const otls_path *path, otls_finding *finding)
{
	for (size_t i = path->len; i-- > 0;) {
		const char *why = "";
		otls_verify_reason reason = otls__check_key(params->level, &path->nodes[i]->cert->spki, &why);
		if (reason == OTLS_REASON_OK && i == 0)
			reason = check_handshake_key(params, &path->nodes[i]->cert->spki, &why);
		if (reason == OTLS_REASON_OK && i + 1 < path->len)
			reason = otls__check_algorithm(params->level, path->nodes[i]->cert, &why);
		if (reason != OTLS_REASON_OK && otls__find(finding, reason, (int)i, why))
			return true;
	}
	return false;
}

/* == the profile of authorities == */

/* RFC 5280, section 4.2.1.1.  Only of authorities, and only where their issuer's key has an identifier: private leaves
 * and roots are often made without. */
static bool
lacks_key_id(const otls_path *path, size_t i)
{
	return i + 1 < path->len && path->nodes[i]->cert->authority_key_id.data == NULL &&
	       path->nodes[i + 1]->cert->has_subject_key_id && !path->nodes[i]->self_issued;
}

/* What a root says of its issuer it says of itself. */
static bool
names_another_issuer(const otls_certificate *root)
{
	otls_der names = otls__der(root->authority_issuer, NULL);
	otls_bytes name;

	if (root->authority_key_id.data != NULL && !otls__bytes_equal(root->authority_key_id, root->subject_key_id))
		return true;
	if (root->authority_issuer.data == NULL)
		return false;
	return !otls__bytes_equal(root->authority_serial, root->serial) ||
	       !otls__der_read(&names, OTLS_GENERAL_NAME_DIRECTORY, &name) || !otls__names_equal(name, root->issuer);
}

static const char *
authority_defect(const otls_path *path, size_t i)
{
	const otls_certificate *cert = path->nodes[i]->cert;

	if (cert->has_basic_constraints && !cert->basic_constraints_critical)
		return "its basic constraints are not critical (RFC 5280, section 4.2.1.9)";
	if (lacks_key_id(path, i))
		return "it has no authority key identifier (RFC 5280, section 4.2.1.1)";
	if (i + 1 == path->len && path->nodes[i]->self_issued && names_another_issuer(cert))
		return "it is a root, and its authority key identifier is not its own";
	return NULL;
}

/* Last, since whatever else is wrong tells more. */
static bool
check_profile(const otls_path *path, otls_finding *finding)
{
	for (size_t i = path->len - 1; i > 0; i--) {
		const char *defect = authority_defect(path, i);
		if (defect != NULL && otls__find(finding, OTLS_REASON_MALFORMED, (int)i, defect))
			return true;
	}
	return false;
}

/* == TLS features == */

static bool
has_feature(otls_bytes features, int wanted)
{
	otls_der list = otls__der(features, NULL);
	int feature = 0;

	while (otls__der_more(&list) && otls__der_number(&list, &feature))
		if (feature == wanted)
			return true;
	return false;
}

/* Each is paid for: lists can be long, and they are the peer's.  true: one is lacking, or the budget is spent. */
static bool
lacks_feature(otls_judge *judge, const otls_certificate *cert, const otls_certificate *issuer)
{
	otls_der demanded = otls__der(issuer->tls_feature, NULL);
	int feature = 0;

	while (otls__der_more(&demanded) && otls__der_number(&demanded, &feature))
		if (!otls__spend_steps(judge, cert->tls_feature.len, "there are too many TLS features") ||
		    !has_feature(cert->tls_feature, feature))
			return true;
	return false;
}

/* RFC 7633, section 4.2.2: what an authority's certificate lists, those that it issues must list, too. */
static bool
check_features(otls_judge *judge, const otls_path *path, otls_finding *finding)
{
	for (size_t i = path->len - 1; i > 0; i--) {
		if (!lacks_feature(judge, path->nodes[i - 1]->cert, path->nodes[i]->cert))
			continue;
		if (judge->spent != NULL ||
		    otls__find(finding, OTLS_REASON_POLICY, (int)i - 1,
			"lacks a TLS feature that its issuer demands of it (RFC 7633, section 4.2.2)"))
			return true;
	}
	return false;
}

/* == all == */

bool
otls__check_path(otls_judge *judge, const otls_path *path, otls_finding *finding)
{
	const otls_verify_params *params = judge->params;

	return check_length(params, path, finding) || check_form(path, finding) || check_dates(params, path, finding) ||
	       check_authorities(path, finding) || check_path_lengths(path, finding) ||
	       check_purpose(params, path, finding) || check_critical(path, finding) ||
	       otls__check_constraints(judge, path, finding) || otls__check_policies(judge, path, finding) ||
	       check_features(judge, path, finding) || check_algorithms(params, path, finding) ||
	       check_profile(path, finding) || (otls__is_strict(params) && otls__check_strict(params, path, finding)) ||
	       (otls__is_for_web(params) && otls__check_web_profile(path, finding));
}

bool
otls__check_leaf_alone(const otls_verify_params *params, otls_finding *finding)
{
	otls_node node = { .cert = params->chain[0] };
	otls_path path = { .nodes = { &node }, .len = 1 };

	return check_form(&path, finding) || check_critical(&path, finding) ||
	       check_key_use(params, node.cert, finding) || check_algorithms(params, &path, finding);
}
