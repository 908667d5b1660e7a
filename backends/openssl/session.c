/* Sessions and tickets. */
#include "ossl.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <limits.h>
#include <string.h>

/* What a ticket secret is used as. */
#define NAME_LEN 16
#define MAC_LEN  32
#define KEY_LEN  32

/* == clients == */

/* Core asks for it when the slot is over.  0: the library keeps its reference. */
static int
on_new_session(SSL *ssl, SSL_SESSION *session)
{
	otls_engine_connection *conn = SSL_get_app_data(ssl);
	unsigned long lifetime = SSL_SESSION_get_ticket_lifetime_hint(session);

	if (!SSL_is_server(ssl) && SSL_SESSION_is_resumable(session))
		conn->calls->new_session(
		    conn->host, (otls_bytes){ .len = 0 }, lifetime < UINT32_MAX ? (uint32_t)lifetime : UINT32_MAX);
	return 0;
}

bool
ossl_connection_session(SSL *ssl, otls_bytes state)
{
	const unsigned char *at = state.data;
	SSL_SESSION *session = state.len <= LONG_MAX ? d2i_SSL_SESSION(NULL, &at, (long)state.len) : NULL;
	bool ok = session != NULL && at == state.data + state.len && SSL_set_session(ssl, session) == 1;

	SSL_SESSION_free(session);
	return ok;
}

otls_status
ossl_session_export(otls_engine_connection *conn, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	SSL_SESSION *session = SSL_get1_session(conn->ssl);
	int size = 0;

	ossl_begin();
	*len = 0;
	if (session != NULL && SSL_SESSION_is_resumable(session))
		size = i2d_SSL_SESSION(session, NULL);
	*len = size > 0 ? (size_t)size : 0;
	if (out != NULL && *len > 0 && *len <= cap)
		*len = (size_t)i2d_SSL_SESSION(session, &out);
	SSL_SESSION_free(session);
	return out == NULL || *len <= cap ? OTLS_OK : ossl_fail(report, OTLS_E_LIMIT);
}

/* == servers == */

/* What the ticket is allowed to do: nothing, and the client is given a new one, if core says so. */
static SSL_TICKET_RETURN
on_ticket_opened(
    SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len, SSL_TICKET_STATUS status, void *arg)
{
	const otls_engine_connection *conn = SSL_get_app_data(ssl);

	(void)session, (void)name, (void)name_len, (void)arg;
	if (status == SSL_TICKET_FATAL_ERR_MALLOC || status == SSL_TICKET_FATAL_ERR_OTHER)
		return SSL_TICKET_RETURN_ABORT;
	if (status == SSL_TICKET_NONE || status == SSL_TICKET_EMPTY || status == SSL_TICKET_NO_DECRYPT)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (!conn->resume)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	return status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
}

/* The library writes what the callback sets: the key's name and the initial vector when sealing. */
static const uint8_t *
ticket_secret(SSL *ssl, unsigned char name[NAME_LEN], unsigned char iv[EVP_MAX_IV_LENGTH], int seal, bool *first)
{
	const otls_engine_connection *conn = SSL_get_app_data(ssl);
	const otls_engine_config *config = conn->config;

	*first = true;
	if (seal == 1) {
		memcpy(name, config->ticket_secrets[0], NAME_LEN);
		return RAND_bytes(iv, EVP_CIPHER_iv_length(EVP_aes_256_cbc())) == 1 ? config->ticket_secrets[0] : NULL;
	}
	for (size_t i = 0; i < config->ticket_secret_count; i++) {
		*first = i == 0;
		if (memcmp(name, config->ticket_secrets[i], NAME_LEN) == 0)
			return config->ticket_secrets[i];
	}
	return NULL;
}

static bool
set_cipher(EVP_CIPHER_CTX *cipher, const uint8_t *secret, const unsigned char *iv, int seal)
{
	const uint8_t *key = secret + NAME_LEN + MAC_LEN;

	return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv, seal) == 1;
}

/* -1: failed; 0: no such key; 1: good; 2: good, and the client should have a new ticket. */
#if OSSL_HAS_PROVIDERS
static int
on_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal)
{
	char sha256[] = "SHA256";
	bool first;
	const uint8_t *secret = ticket_secret(ssl, name, iv, seal, &first);
	OSSL_PARAM params[] = { OSSL_PARAM_END, OSSL_PARAM_END, OSSL_PARAM_END };
	uint8_t key[MAC_LEN];
	bool ok;

	if (secret == NULL)
		return seal == 1 ? -1 : 0;
	memcpy(key, secret + NAME_LEN, MAC_LEN);
	params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key, MAC_LEN);
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0);
	ok = EVP_MAC_CTX_set_params(mac, params) == 1 && set_cipher(cipher, secret, iv, seal);
	OPENSSL_cleanse(key, sizeof(key));
	if (!ok)
		return -1;
	return first ? 1 : 2;
}
#define SET_TICKET_KEY(ctx) SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket_key)
#else
static int
on_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *mac, int seal)
{
	bool first;
	const uint8_t *secret = ticket_secret(ssl, name, iv, seal, &first);

	if (secret == NULL)
		return seal == 1 ? -1 : 0;
	if (HMAC_Init_ex(mac, secret + NAME_LEN, MAC_LEN, EVP_sha256(), NULL) != 1 ||
	    !set_cipher(cipher, secret, iv, seal))
		return -1;
	return first ? 1 : 2;
}
#define SET_TICKET_KEY(ctx) SSL_CTX_set_tlsext_ticket_key_cb(ctx, on_ticket_key)
#endif

/* == both == */

static bool
server_sessions(SSL_CTX *ctx, const otls_engine_config *config)
{
	otls_bytes id = config->session_id_context;

	if (SSL_CTX_set_num_tickets(ctx, config->ticket_count) != 1)
		return false;
	if (config->ticket_count == 0)
		return true;
	SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_timeout(ctx, (long)config->session_lifetime);
	return SSL_CTX_set_session_id_context(ctx, id.data, (unsigned int)id.len) == 1 && SET_TICKET_KEY(ctx) == 1 &&
	       SSL_CTX_set_session_ticket_cb(ctx, NULL, on_ticket_opened, NULL) == 1;
}

bool
ossl_context_sessions(SSL_CTX *ctx, const otls_engine_config *config)
{
	if (config->role == OTLS_ROLE_SERVER)
		return server_sessions(ctx, config);
	if (!config->sessions)
		return true;
	SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_new_session);
	return true;
}
