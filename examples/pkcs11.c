/* pkcs11 HOST PORT CHAIN.pem MODULE.so PIN: the echo server, with its private key in a PKCS #11 token.
 *
 * The key is the first private EC key in the module's first token.  Try it with SoftHSM:
 *
 *	softhsm2-util --init-token --free --label demo --pin 1234 --so-pin 1234
 *	softhsm2-util --import key.pem --token demo --label server --id 01 --pin 1234
 *	pkcs11 localhost 4433 chain.pem libsofthsm2.so 1234 */
#include <omnitls/omnitls.h>
#include <p11-kit/p11-kit.h>
#include <stdio.h>
#include <string.h>

struct token {
	CK_FUNCTION_LIST *module;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
};

/* == the token == */

static bool
open_token(struct token *token, const char *path, char *pin)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_KEY_TYPE, &type, sizeof(type) } };
	CK_ULONG slots = 16, found = 0;
	CK_SLOT_ID slot[16];

	token->module = p11_kit_module_load(path, 0);
	if (token->module == NULL || p11_kit_module_initialize(token->module) != CKR_OK)
		return false;
	if (token->module->C_GetSlotList(CK_TRUE, slot, &slots) != CKR_OK || slots == 0)
		return false;
	return token->module->C_OpenSession(slot[0], CKF_SERIAL_SESSION, NULL, NULL, &token->session) == CKR_OK &&
	       token->module->C_Login(token->session, CKU_USER, (unsigned char *)pin, strlen(pin)) == CKR_OK &&
	       token->module->C_FindObjectsInit(token->session, wanted, 2) == CKR_OK &&
	       token->module->C_FindObjects(token->session, &token->key, 1, &found) == CKR_OK &&
	       token->module->C_FindObjectsFinal(token->session) == CKR_OK && found == 1;
}

/* An INTEGER from an unsigned number of a fixed size: without leading zeros, unless the first bit would say "negative". */
static size_t
put_integer(uint8_t *out, const uint8_t *number, size_t len)
{
	size_t pad;

	while (len > 1 && number[0] == 0)
		number++, len--;
	pad = number[0] >> 7;
	out[0] = 0x02;
	out[1] = (uint8_t)(len + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, number, len);
	return 2 + pad + len;
}

/* A token answers the two numbers of a signature side by side; TLS wants them as a SEQUENCE. */
static size_t
put_signature(uint8_t *out, size_t cap, const uint8_t *numbers, size_t half)
{
	uint8_t body[2 * (3 + 66)];
	size_t len = put_integer(body, numbers, half), header;

	len += put_integer(body + len, numbers + half, half);
	header = len < 128 ? 2 : 3;
	if (header + len > cap)
		return 0;
	out[0] = 0x30;
	out[1] = 0x81; /* stays where the length takes a byte more */
	out[header - 1] = (uint8_t)len;
	memcpy(out + header, body, len);
	return header + len;
}

static otls_answer
sign(otls_connection *conn, uint16_t scheme, const uint8_t *tbs, size_t tbs_len, uint8_t *sig, size_t cap,
    size_t *sig_len, void *arg)
{
	const struct token *token = arg;
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	uint8_t digest[64], numbers[2 * 66];
	CK_ULONG len = sizeof(numbers);

	(void)conn, (void)scheme;
	if (tbs_len > sizeof(digest))
		return OTLS_ANSWER_REFUSE;
	memcpy(digest, tbs, tbs_len); /* PKCS #11 takes no const */
	if (token->module->C_SignInit(token->session, &mechanism, token->key) != CKR_OK ||
	    token->module->C_Sign(token->session, digest, tbs_len, numbers, &len) != CKR_OK)
		return OTLS_ANSWER_REFUSE;
	*sig_len = put_signature(sig, cap, numbers, len / 2);
	return OTLS_ANSWER_OK;
}

/* == the server == */

static otls_status
echo(otls_connection *conn)
{
	otls_status status;
	char buf[4096];
	size_t len;

	while ((status = otls_connection_read(conn, buf, sizeof(buf), &len)) == OTLS_OK)
		if (otls_connection_write_all(conn, buf, len, NULL))
			return OTLS_ERROR;
	return status == OTLS_EOF ? otls_connection_shutdown(conn) : status;
}

int
main(int argc, char **argv)
{
	struct token token = { NULL, 0, 0 };
	otls_context *ctx = NULL;
	otls_connection *conn;
	int fd;

	if (argc != 6)
		return 2;
	if (!open_token(&token, argv[4], argv[5])) {
		fprintf(stderr, "%s: no token, a wrong PIN, or no EC key in it\n", argv[4]);
		return 1;
	}
	if (!otls_context_new(OTLS_METHOD_TLS_SERVER, &ctx) && !otls_context_use_certificate_chain_file(ctx, argv[3]) &&
	    !otls_context_use_private_key_callback(ctx, sign, &token, NULL) && !otls_listen(argv[1], argv[2], &fd))
		for (; !otls_connection_accept(ctx, fd, &conn); otls_connection_free(conn))
			if (echo(conn))
				fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
	fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
	otls_context_free(ctx);
	p11_kit_module_finalize(token.module);
	p11_kit_module_release(token.module);
	return 1;
}
