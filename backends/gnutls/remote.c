/* Keys whose signatures come from core: the library's own kind of key with functions behind it.  Each connection makes
 * one for itself, since these functions are told of the key and of nothing else. */
#include "gtls.h"

#include <string.h>

#define SIGNATURE_MAX 2048 /* RSA with 16384 bits */

/* == keys at rest == */

otls_status
gtls_key_remote(otls_engine_key *key, otls_bytes spki, void *signer, otls_report *report)
{
	gnutls_datum_t der = gtls_datum(spki.data, spki.len);
	int error;

	if ((error = gnutls_pubkey_init(&key->public)) < 0)
		return gtls_fail_as(report, OTLS_E_BACKEND, "gnutls_pubkey_init", error);
	if ((error = gnutls_pubkey_import(key->public, &der, GNUTLS_X509_FMT_DER)) < 0)
		return gtls_fail_as(report, OTLS_E_UNSUPPORTED, "gnutls_pubkey_import", error);
	key->signer = signer;
	return OTLS_OK;
}

/* == at work == */

static const gtls_scheme *
asked_scheme(gnutls_sign_algorithm_t sign)
{
	uint16_t id = gtls_scheme_of(sign);

	return id != 0 ? gtls_scheme_by_id(id) : NULL;
}

/* 0, or an error of the library's. */
static int
ask_core(otls_engine_connection *conn, uint16_t scheme, otls_bytes tbs, gnutls_datum_t *out)
{
	uint8_t signature[SIGNATURE_MAX];
	size_t len = 0;

	if (conn->calls->sign(conn->host, conn->signer, scheme, tbs, signature, sizeof(signature), &len) != OTLS_OK)
		return GNUTLS_E_PK_SIGN_FAILED;
	if ((out->data = gnutls_malloc(len)) == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(out->data, signature, len);
	out->size = (unsigned)len;
	return 0;
}

/* Asked with messages by keys that hash them themselves. */
static int
sign_data(gnutls_privkey_t key, gnutls_sign_algorithm_t sign, void *arg, unsigned flags, const gnutls_datum_t *data,
    gnutls_datum_t *out)
{
	const gtls_scheme *scheme = asked_scheme(sign);

	(void)key, (void)flags;
	if (scheme == NULL || scheme->hash != OTLS_HASH_NONE)
		return GNUTLS_E_UNKNOWN_PK_ALGORITHM;
	return ask_core(arg, scheme->id, (otls_bytes){ .data = data->data, .len = data->size }, out);
}

/* PKCS #1 v1.5 is said to be raw, and comes as a DigestInfo. */
static int
sign_info(otls_engine_connection *conn, const gnutls_datum_t *info, gnutls_datum_t *out)
{
	gnutls_digest_algorithm_t hash = GNUTLS_DIG_UNKNOWN;
	uint8_t digest[OTLS_HASH_MAX];
	unsigned len = sizeof(digest);
	const gtls_scheme *scheme;
	int error = gnutls_decode_ber_digest_info(info, &hash, digest, &len);

	if (error < 0)
		return error;
	if ((scheme = asked_scheme(gnutls_pk_to_sign(GNUTLS_PK_RSA, hash))) == NULL)
		return GNUTLS_E_UNKNOWN_PK_ALGORITHM;
	return ask_core(conn, scheme->id, (otls_bytes){ .data = digest, .len = len }, out);
}

static int
sign_hash(gnutls_privkey_t key, gnutls_sign_algorithm_t sign, void *arg, unsigned flags, const gnutls_datum_t *hash,
    gnutls_datum_t *out)
{
	const gtls_scheme *scheme;

	(void)key, (void)flags;
	if (sign == GNUTLS_SIGN_RSA_RAW)
		return sign_info(arg, hash, out);
	if ((scheme = asked_scheme(sign)) == NULL)
		return GNUTLS_E_UNKNOWN_PK_ALGORITHM;
	return ask_core(arg, scheme->id, (otls_bytes){ .data = hash->data, .len = hash->size }, out);
}

static int
tell(gnutls_privkey_t key, unsigned flags, void *arg)
{
	const otls_engine_connection *conn = arg;
	unsigned bits = 0;
	int pk = gnutls_pubkey_get_pk_algorithm(conn->signer_public, &bits);

	(void)key;
	if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO) != 0)
		return pk;
	if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS) != 0)
		return (int)bits;
	if ((flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO) != 0) {
		gnutls_sign_algorithm_t sign = (gnutls_sign_algorithm_t)GNUTLS_FLAGS_TO_SIGN_ALGO(flags);

		return asked_scheme(sign) != NULL &&
		       gnutls_sign_supports_pk_algorithm(sign, (gnutls_pk_algorithm_t)pk) != 0;
	}
	return GNUTLS_E_UNIMPLEMENTED_FEATURE; /* no preference of its own */
}

int
gtls_remote_key(otls_engine_connection *conn, const gtls_identity *identity)
{
	int error;

	if (conn->remote != NULL)
		gnutls_privkey_deinit(conn->remote);
	conn->remote = NULL;
	conn->signer = identity->signer;
	conn->signer_public = identity->chain[0].pubkey;
	if ((error = gnutls_privkey_init(&conn->remote)) < 0)
		return error;
	return gnutls_privkey_import_ext4(conn->remote, conn, sign_data, sign_hash, NULL, NULL, tell, 0);
}
