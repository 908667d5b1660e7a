/* Contexts: a sealed configuration in the library's terms. */
#include "gtls.h"

#include <stdlib.h>
#include <string.h>

/* == identities == */

#define SHA256_LEN 32

/* A certificate that is marked for RSA-PSS, and a key that is stored as plain RSA: the library signs with it only when
 * the key is marked, too.  It wants parameters then, which a certificate may leave out (RFC 4055, section 1.2). */
static int
mark_for_pss(gtls_identity *identity)
{
	gnutls_x509_spki_t spki = NULL;
	int error;

	if (gnutls_pubkey_get_pk_algorithm(identity->chain[0].pubkey, NULL) != GNUTLS_PK_RSA_PSS ||
	    gnutls_privkey_get_pk_algorithm(identity->key, NULL) != GNUTLS_PK_RSA)
		return 0;
	if ((error = gnutls_x509_spki_init(&spki)) < 0)
		return error;
	error = gnutls_pubkey_get_spki(identity->chain[0].pubkey, spki, 0);
	if (error == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
		gnutls_x509_spki_set_rsa_pss_params(spki, GNUTLS_DIG_SHA256, SHA256_LEN);
		error = 0;
	}
	if (error >= 0)
		error = gnutls_privkey_set_spki(identity->key, spki, 0);
	gnutls_x509_spki_deinit(spki);
	return error;
}

static int
import_chain(gtls_identity *identity, const otls_engine_identity *from)
{
	int error = 0;

	if ((identity->chain = calloc(from->chain_len, sizeof(*identity->chain))) == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	for (size_t i = 0; i < from->chain_len; i++) {
		gnutls_datum_t der = gtls_datum(from->chain[i].data, from->chain[i].len);

		error = gnutls_pcert_import_x509_raw(&identity->chain[i], &der, GNUTLS_X509_FMT_DER, 0);
		if (error < 0)
			break;
		identity->chain_len++;
	}
	return error;
}

otls_status
gtls_identity_init(gtls_identity *identity, const otls_engine_identity *from, otls_report *report)
{
	int error;

	if ((error = import_chain(identity, from)) < 0)
		return gtls_fail_as(report, OTLS_E_FORMAT, "gnutls_pcert_import_x509_raw", error);
	identity->signer = from->key->signer;
	if (identity->signer != NULL)
		return OTLS_OK;
	/* A copy: the key is shared with other contexts. */
	if ((error = gnutls_privkey_init(&identity->key)) < 0 ||
	    (error = gnutls_privkey_import_x509(identity->key, from->key->x509, GNUTLS_PRIVKEY_IMPORT_COPY)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_privkey_import_x509", error);
	if ((error = mark_for_pss(identity)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_privkey_set_spki", error);
	return OTLS_OK;
}

void
gtls_identity_fini(gtls_identity *identity)
{
	for (unsigned i = 0; i < identity->chain_len; i++)
		gnutls_pcert_deinit(&identity->chain[i]);
	free(identity->chain);
	gnutls_privkey_deinit(identity->key);
	*identity = (gtls_identity){ 0 };
}

/* == names of authorities == */

/* The library takes certificates where names are meant, and reads nothing of them but the subject.  So a name gets a
 * certificate around it: version 3, serial 1, issued by itself, an Ed25519 key and a signature of zeros. */
#define DER_SEQUENCE 0x30
static const uint8_t ca_head[] = { 0xA0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65,
	0x70 };
static const uint8_t ca_validity[] = { 0x30, 0x1E, 0x17, 0x0D, '0', '0', '0', '1', '0', '1', '0', '0', '0', '0', '0',
	'0', 'Z', 0x17, 0x0D, '4', '9', '1', '2', '3', '1', '0', '0', '0', '0', '0', '0', 'Z' };
static const uint8_t ca_key[] = { 0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00, 0xD7, 0x5A,
	0x98, 0x01, 0x82, 0xB1, 0x0A, 0xB7, 0xD5, 0x4B, 0xFE, 0xD3, 0xC9, 0x64, 0x07, 0x3A, 0x0E, 0xE1, 0x72, 0xF3,
	0xDA, 0xA6, 0x23, 0x25, 0xAF, 0x02, 0x1A, 0x68, 0xF7, 0x07, 0x51, 0x1A };
static const uint8_t ca_tail[] = { 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x41, 0x00 };
#define CA_SIGNATURE_LEN 64

static size_t
header_len(size_t len)
{
	return len < 0x80 ? 2 : len < 0x100 ? 3 : 4;
}

static uint8_t *
put_header(uint8_t *at, size_t len)
{
	size_t header = header_len(len);

	*at++ = DER_SEQUENCE;
	if (header > 2)
		*at++ = (uint8_t)(0x80 + header - 2);
	if (header > 3)
		*at++ = (uint8_t)(len >> 8);
	*at++ = (uint8_t)len;
	return at;
}

static uint8_t *
put(uint8_t *at, const void *data, size_t len)
{
	memcpy(at, data, len);
	return at + len;
}

static int
certificate_for(otls_bytes name, gnutls_x509_crt_t *crt)
{
	size_t tbs_len = sizeof(ca_head) + name.len + sizeof(ca_validity) + name.len + sizeof(ca_key);
	size_t all_len = header_len(tbs_len) + tbs_len + sizeof(ca_tail) + CA_SIGNATURE_LEN;
	size_t der_len = header_len(all_len) + all_len;
	gnutls_datum_t der;
	uint8_t *data;
	uint8_t *at;
	int error;

	if (all_len > UINT16_MAX)
		return GNUTLS_E_INVALID_REQUEST;
	if ((data = calloc(1, der_len)) == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	at = put_header(put_header(data, all_len), tbs_len);
	at = put(at, ca_head, sizeof(ca_head));
	at = put(at, name.data, name.len);
	at = put(at, ca_validity, sizeof(ca_validity));
	at = put(at, name.data, name.len);
	at = put(at, ca_key, sizeof(ca_key));
	(void)put(at, ca_tail, sizeof(ca_tail));
	der = gtls_datum(data, der_len);
	if ((error = gnutls_x509_crt_init(crt)) >= 0)
		error = gnutls_x509_crt_import(*crt, &der, GNUTLS_X509_FMT_DER);
	free(data);
	return error;
}

static int
add_name(gnutls_x509_trust_list_t list, otls_bytes name)
{
	gnutls_x509_crt_t crt = NULL;
	int error = certificate_for(name, &crt);

	if (error >= 0)
		error = gnutls_x509_trust_list_add_cas(list, &crt, 1, GNUTLS_TL_USE_IN_TLS);
	if (error > 0)
		return 0; /* how many were added; the list owns it now */
	gnutls_x509_crt_deinit(crt);
	return error < 0 ? error : GNUTLS_E_INTERNAL_ERROR;
}

/* The trust list serves for nothing else: core verifies. */
static otls_status
set_names(gnutls_certificate_credentials_t credentials, const otls_engine_config *config, otls_report *report)
{
	gnutls_x509_trust_list_t list = NULL;
	int error;

	if (config->role != OTLS_ROLE_SERVER || config->client_ca_count == 0)
		return OTLS_OK;
	if ((error = gnutls_x509_trust_list_init(&list, 0)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_x509_trust_list_init", error);
	for (size_t i = 0; i < config->client_ca_count; i++) {
		if ((error = add_name(list, config->client_ca[i])) < 0) {
			gnutls_x509_trust_list_deinit(list, 1);
			return gtls_fail_as(report, OTLS_E_FORMAT, "gnutls_x509_trust_list_add_cas", error);
		}
	}
	gnutls_certificate_set_trust_list(credentials, list, 0); /* takes the list */
	return OTLS_OK;
}

/* == contexts == */

/* For clients that name no group of finite fields (RFC 7919, section 4): ffdhe2048 or ffdhe3072.  The library's own choice
 * of known parameters looks at the groups of the priority alone. */
static int
set_dh(otls_engine_context *ctx)
{
	bool large = ctx->config->dh_bits > 2048;
	int error;

	if (ctx->config->role != OTLS_ROLE_SERVER)
		return 0;
	if ((error = gnutls_dh_params_init(&ctx->dh)) < 0) {
		ctx->dh = NULL;
		return error;
	}
	error = gnutls_dh_params_import_raw(ctx->dh,
	    large ? &gnutls_ffdhe_3072_group_prime : &gnutls_ffdhe_2048_group_prime,
	    large ? &gnutls_ffdhe_3072_group_generator : &gnutls_ffdhe_2048_group_generator);
	if (error >= 0)
		gnutls_certificate_set_dh_params(ctx->credentials, ctx->dh);
	return error;
}

otls_status
gtls_context_init(otls_engine_context *ctx, const otls_engine_config *config, otls_report *report)
{
	int error;

	ctx->config = config;
	if (gtls_priority_new(&ctx->priority, config, config->suites, config->suite_count, report) != OTLS_OK)
		return OTLS_ERROR;
	if (config->identity != NULL && gtls_identity_init(&ctx->identity, config->identity, report) != OTLS_OK)
		return OTLS_ERROR;
	if ((error = gnutls_certificate_allocate_credentials(&ctx->credentials)) < 0) {
		ctx->credentials = NULL;
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_certificate_allocate_credentials", error);
	}
	/* One way for both roles, and a client's certificate goes out whether or not it fits the names in the request. */
	gnutls_certificate_set_retrieve_function3(ctx->credentials, gtls_on_identity);
	if ((error = set_dh(ctx)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_dh_params_import_raw", error);
	return set_names(ctx->credentials, config, report);
}

void
gtls_context_fini(otls_engine_context *ctx)
{
	if (ctx->credentials != NULL)
		gnutls_certificate_free_credentials(ctx->credentials);
	if (ctx->dh != NULL)
		gnutls_dh_params_deinit(ctx->dh);
	if (ctx->priority != NULL)
		gnutls_priority_deinit(ctx->priority);
	gtls_identity_fini(&ctx->identity);
	ctx->credentials = NULL;
	ctx->dh = NULL;
	ctx->priority = NULL;
}
