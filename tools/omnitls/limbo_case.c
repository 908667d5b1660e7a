/* One case of a suite: from JSON to certificates, names and times. */
#include "limbo.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *
text_at(const cJSON *json, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(json, key));

	return text != NULL ? text : "";
}

/* One that cannot be read is of no use to anybody: it is left out of what is sent or trusted. */
static otls_certificate *
read_certificate(const cJSON *json)
{
	const char *pem = cJSON_GetStringValue(json);
	otls_certificate *cert = NULL;

	if (pem == NULL || otls_certificate_new(pem, strlen(pem), OTLS_FILETYPE_PEM, &cert) != OTLS_OK)
		return NULL;
	return cert;
}

/* Who has revocation lists asks them about every certificate (RFC 5280, section 6.1.3).  One that cannot be read is left
 * out, too: it is as if it were not there. */
static void
read_crls(const cJSON *json, struct limbo_case *out)
{
	const cJSON *one = NULL;

	cJSON_ArrayForEach(one, cJSON_GetObjectItem(json, "crls"))
	{
		const char *pem = cJSON_GetStringValue(one);
		if (pem != NULL && otls_store_add_crl(out->store, pem, strlen(pem)) == OTLS_OK)
			out->flags |= OTLS_VERIFY_FLAG_CRL_ALL;
	}
}

static bool
read_store(const cJSON *json, struct limbo_case *out)
{
	const cJSON *one = NULL;
	const char *text = text_at(json, "validation_time");
	int64_t when = (int64_t)time(NULL);

	if (otls_store_new(&out->store) != OTLS_OK || (text[0] != '\0' && !verify_time(text, &when)) ||
	    otls_store_set_time(out->store, when) != OTLS_OK)
		return false;
	cJSON_ArrayForEach(one, cJSON_GetObjectItem(json, "trusted_certs"))
	{
		otls_certificate *cert = read_certificate(one);
		bool good = cert == NULL || otls_store_add_certificate(out->store, cert) == OTLS_OK;

		otls_certificate_free(cert);
		if (!good)
			return false;
	}
	read_crls(json, out);
	return true;
}

static bool
read_others(const cJSON *json, struct limbo_case *out)
{
	const cJSON *list = cJSON_GetObjectItem(json, "untrusted_intermediates"), *one = NULL;

	out->others = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(otls_certificate *));
	if (out->others == NULL)
		return false;
	cJSON_ArrayForEach(one, list)
	{
		otls_certificate *cert = read_certificate(one);
		if (cert != NULL)
			out->others[out->other_count++] = cert;
	}
	return true;
}

/* The name that a peer would expect: a host name or an address. */
static const char *
read_name(const cJSON *json)
{
	const cJSON *name = cJSON_GetObjectItem(json, "expected_peer_name");
	const char *kind = text_at(name, "kind");

	return strcmp(kind, "DNS") == 0 || strcmp(kind, "IP") == 0 ? text_at(name, "value") : NULL;
}

static bool
has_name(const otls_certificate *leaf, const char *kind, const char *wanted)
{
	otls_san_kind san = strcmp(kind, "RFC822") == 0 ? OTLS_SAN_EMAIL
			    : strcmp(kind, "IP") == 0   ? OTLS_SAN_IP
							: OTLS_SAN_DNS;
	const char *name = NULL;
	size_t at = 0;

	while ((name = otls_certificate_san_next(leaf, san, &at)) != NULL)
		if (strcmp(name, wanted) == 0)
			return true;
	return false;
}

/* Names of a client are no part of a handshake: a program looks for them in the certificate that it got. */
static const char *
find_absent_name(const cJSON *json, const otls_certificate *leaf)
{
	const cJSON *one = NULL;

	cJSON_ArrayForEach(one, cJSON_GetObjectItem(json, "expected_peer_names"))
	{
		const char *name = text_at(one, "value");
		if (!has_name(leaf, text_at(one, "kind"), name))
			return name;
	}
	return NULL;
}

/* A case's place says by which rules it is judged: "rfc5280::" and "crl::" hold those who issue to the RFC, "webpki::" to
 * what the web's authorities have agreed on, and the others to what a verifier must see to.  The same certificate is to
 * be accepted in one and refused in another (ca-as-leaf). */
static uint64_t
read_profile(const cJSON *json)
{
	static const struct {
		const char *place;
		uint64_t flag;
	} profiles[] = {
		{ "rfc5280::", OTLS_VERIFY_FLAG_STRICT },
		{ "crl::", OTLS_VERIFY_FLAG_STRICT },
		{ "webpki::", OTLS_VERIFY_FLAG_WEB_PROFILE },
	};
	const char *id = text_at(json, "id");

	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (strncmp(id, profiles[i].place, strlen(profiles[i].place)) == 0)
			return profiles[i].flag;
	return 0;
}

/* What a suite asks for beyond what every connection does.  What it trusts are anchors, roots or not; the leaf's key
 * usage counts where it says so. */
static uint64_t
read_flags(const cJSON *json)
{
	uint64_t flags = OTLS_VERIFY_FLAG_PARTIAL_CHAIN | read_profile(json);

	if (cJSON_GetArraySize(cJSON_GetObjectItem(json, "key_usage")) == 0)
		flags |= OTLS_VERIFY_FLAG_INSECURE_ANY_KEY_USAGE;
	return flags;
}

bool
limbo_case_read(const cJSON *json, struct limbo_case *out, const char **why)
{
	const cJSON *depth = cJSON_GetObjectItem(json, "max_chain_depth");

	*out = (struct limbo_case){
		.id = text_at(json, "id"),
		.wanted = strcmp(text_at(json, "expected_result"), "SUCCESS") == 0,
		.of_client = strcmp(text_at(json, "validation_kind"), "CLIENT") == 0,
		.name = read_name(json),
		.depth = cJSON_IsNumber(depth) ? (int)cJSON_GetNumberValue(depth) : -1,
		.flags = read_flags(json),
	};
	*why = NULL;
	if (!out->wanted && strcmp(text_at(json, "expected_result"), "FAILURE") != 0)
		*why = "no expected_result";
	else if (out->id[0] == '\0' || text_at(json, "peer_certificate")[0] == '\0')
		*why = "no id or no peer_certificate";
	else if (!read_store(json, out))
		*why = "its validation_time or what it trusts cannot be used";
	else if (!read_others(json, out))
		*why = "out of memory";
	if (*why != NULL)
		return false;
	out->leaf = read_certificate(cJSON_GetObjectItem(json, "peer_certificate"));
	if (out->leaf == NULL)
		return false;
	out->absent_name = find_absent_name(json, out->leaf);
	return true;
}

void
limbo_case_fini(struct limbo_case *one)
{
	for (size_t i = 0; i < one->other_count; i++)
		otls_certificate_free(one->others[i]);
	free(one->others);
	otls_certificate_free(one->leaf);
	otls_store_free(one->store);
	*one = (struct limbo_case){ 0 };
}
