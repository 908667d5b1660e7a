/* Certificates from texts and files. */
#include "error.h"
#include "x509/certificate.h"
#include "x509/pem.h"

#include <stdio.h>

/* == lists == */

typedef struct list {
	otls_certificate **items;
	size_t count, cap;
} list;

/* Takes the reference, also when it fails. */
static otls_status
append(list *certs, otls_certificate *cert)
{
	size_t cap = certs->cap > 0 ? certs->cap * 2 : 4;
	otls_certificate **grown;

	if (certs->count == certs->cap) {
		if ((grown = otls__realloc(certs->items, cap * sizeof(grown[0]))) == NULL) {
			otls_certificate_free(cert);
			return otls__fail_memory();
		}
		certs->items = grown;
		certs->cap = cap;
	}
	certs->items[certs->count++] = cert;
	return OTLS_OK;
}

void
otls__certificates_free(otls_certificate **certs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		otls_certificate_free(certs[i]);
	otls__free(certs);
}

/* == blocks == */

static bool
is_certificate(const otls_pem_block *block)
{
	return strcmp(block->label, "CERTIFICATE") == 0 || strcmp(block->label, "X509 CERTIFICATE") == 0;
}

static bool
is_private_key(const otls_pem_block *block)
{
	const char *end = strstr(block->label, "PRIVATE KEY");

	return end != NULL && strcmp(end, "PRIVATE KEY") == 0;
}

static otls_status
parse_block(const otls_pem_block *block, const char *where, otls_certificate **cert)
{
	char place[256];

	if (block->encrypted)
		return otls__fail(OTLS_E_FORMAT, "%s, line %zu: an encrypted certificate", where, block->line);
	snprintf(place, sizeof(place), "%s, line %zu", where, block->line);
	return otls__certificate_parse(otls__bytes(block->der, block->der_len), place, cert);
}

/* Whether a block that holds no certificate may stand there. */
static otls_status
check_other(const otls_pem_block *block, const char *where, otls_pem_policy policy)
{
	if (policy != OTLS_PEM_SYSTEM && strcmp(block->label, "TRUSTED CERTIFICATE") == 0)
		return otls__fail(OTLS_E_FORMAT,
		    "%s, line %zu: a TRUSTED CERTIFICATE block, which holds OpenSSL's own settings; only CERTIFICATE "
		    "blocks are read",
		    where, block->line);
	if (policy == OTLS_PEM_ANCHORS && is_private_key(block))
		return otls__fail(
		    OTLS_E_FORMAT, "%s, line %zu: a %s among trusted certificates", where, block->line, block->label);
	return OTLS_OK;
}

static otls_status
take_block(const otls_pem_block *block, const char *where, otls_pem_policy policy, list *certs)
{
	otls_certificate *cert = NULL;

	if (!is_certificate(block))
		return check_other(block, where, policy);
	if (parse_block(block, where, &cert) != OTLS_OK)
		return OTLS_ERROR;
	return append(certs, cert);
}

/* A failure to read what is not ours to repair. */
static bool
may_pass_over(otls_pem_policy policy)
{
	return policy == OTLS_PEM_SYSTEM && otls_error_code(otls_error_last()) != OTLS_E_MEMORY;
}

static otls_status
none_found(otls_bytes text, const char *where)
{
	return otls__fail(OTLS_E_FORMAT, "%s: %s", where,
	    otls__looks_like_der(text) ? "this is DER, not PEM" : "no CERTIFICATE block in it");
}

otls_status
otls__pem_certificates_by(
    otls_bytes text, const char *where, otls_pem_policy policy, otls_certificate ***certs, size_t *count)
{
	otls_pem_reader reader = { .text = text, .where = where, .line = 1 };
	otls_pem_block block;
	list found = { .count = 0 };
	otls_status status;

	*certs = NULL;
	*count = 0;
	while ((status = otls__pem_read(&reader, &block)) != OTLS_EOF) {
		if (status == OTLS_OK) {
			status = take_block(&block, where, policy, &found);
			otls__pem_fini(&block);
		}
		if (status != OTLS_OK && !may_pass_over(policy))
			goto fail;
	}
	if (found.count == 0) {
		none_found(text, where);
		goto fail;
	}
	*certs = found.items;
	*count = found.count;
	return OTLS_OK;
fail:
	otls__certificates_free(found.items, found.count);
	return OTLS_ERROR;
}

otls_status
otls__pem_certificates(otls_bytes text, const char *where, otls_certificate ***certs, size_t *count)
{
	return otls__pem_certificates_by(text, where, OTLS_PEM_CHAIN, certs, count);
}

/* == one == */

static otls_status
first_of_pem(otls_bytes text, const char *where, otls_certificate **cert)
{
	otls_pem_reader reader = { .text = text, .where = where, .line = 1 };
	otls_pem_block block;
	otls_status status;

	while ((status = otls__pem_read(&reader, &block)) == OTLS_OK) {
		if (is_certificate(&block))
			status = parse_block(&block, where, cert);
		else
			status = check_other(&block, where, OTLS_PEM_CHAIN);
		otls__pem_fini(&block);
		if (status != OTLS_OK || *cert != NULL)
			return status;
	}
	return status == OTLS_EOF ? none_found(text, where) : status;
}

static otls_status
load(otls_bytes data, otls_filetype type, const char *where, otls_certificate **cert)
{
	if (type == OTLS_FILETYPE_PEM)
		return first_of_pem(data, where, cert);
	if (!otls__looks_like_der(data) && otls__looks_like_pem(data))
		return otls__fail(OTLS_E_FORMAT, "%s: this is PEM, not DER", where);
	return otls__certificate_parse(data, where, cert);
}

static otls_status
check_type(const char *function, otls_filetype type)
{
	if (type == OTLS_FILETYPE_PEM || type == OTLS_FILETYPE_ASN1)
		return OTLS_OK;
	return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: type is neither PEM nor ASN1", function);
}

otls_status
otls_certificate_new(const void *data, size_t len, otls_filetype type, otls_certificate **cert)
{
	if (cert == NULL)
		return otls__fail_null(__func__, "cert");
	*cert = NULL;
	if (data == NULL)
		return otls__fail_null(__func__, "data");
	if (check_type(__func__, type) != OTLS_OK)
		return OTLS_ERROR;
	return load(otls__bytes(data, len), type, "certificate", cert);
}

otls_status
otls_certificate_new_file(const char *path, otls_filetype type, otls_certificate **cert)
{
	uint8_t *data = NULL;
	size_t len = 0;
	otls_status status;

	if (cert == NULL)
		return otls__fail_null(__func__, "cert");
	*cert = NULL;
	if (path == NULL)
		return otls__fail_null(__func__, "path");
	if (check_type(__func__, type) != OTLS_OK || otls__read_file(path, OTLS_PEM_FILE_MAX, &data, &len) != OTLS_OK)
		return OTLS_ERROR;
	status = load(otls__bytes(data, len), type, path, cert);
	otls__free_secret(data, len);
	return status;
}
