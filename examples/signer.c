/* signer HOST PORT CHAIN.pem KEY.pem: the echo server, with its private key in another process.
 *
 * The process that speaks TLS never has the key, whatever happens to it: it asks a small one, which it started before
 * anything else, for each signature.  OpenSSL's libcrypto signs there; TLS may be any backend's. */
#include <omnitls/omnitls.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	uint16_t scheme;
	size_t len;
	uint8_t tbs[512];
};

/* == the process that has the key == */

static const EVP_MD *
hash_of(size_t digest_len)
{
	return digest_len == 32 ? EVP_sha256() : digest_len == 48 ? EVP_sha384() : EVP_sha512();
}

/* RSA and EC keys sign the digest that they are given. */
static size_t
sign(EVP_PKEY *key, const struct request *request, uint8_t *sig, size_t cap)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool pss = request->scheme >> 8 == 0x08;
	size_t len = cap;

	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, hash_of(request->len)) != 1 ||
	    (pss && (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
			EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) != 1)) ||
	    EVP_PKEY_sign(ctx, sig, &len, request->tbs, request->len) != 1)
		len = 0;
	EVP_PKEY_CTX_free(ctx);
	return len;
}

/* Answers until the other end of the socket is gone; an empty answer refuses. */
static int
keep_key(int fd, const char *path)
{
	FILE *file = fopen(path, "r");
	EVP_PKEY *key = file != NULL ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
	struct request request;
	uint8_t sig[1024];

	if (file != NULL)
		fclose(file);
	if (key == NULL)
		fprintf(stderr, "%s: no private key that could be read\n", path);
	while (key != NULL && recv(fd, &request, sizeof(request), 0) == (ssize_t)sizeof(request) &&
	       request.len <= sizeof(request.tbs))
		if (send(fd, sig, sign(key, &request, sig, sizeof(sig)), 0) < 0)
			break;
	EVP_PKEY_free(key);
	return 1;
}

/* == the process that speaks TLS == */

static otls_answer
ask(otls_connection *conn, uint16_t scheme, const uint8_t *tbs, size_t tbs_len, uint8_t *sig, size_t cap,
    size_t *sig_len, void *arg)
{
	struct request request = { .scheme = scheme, .len = tbs_len };
	const int *fd = arg;
	ssize_t len;

	(void)conn;
	if (tbs_len > sizeof(request.tbs))
		return OTLS_ANSWER_REFUSE;
	memcpy(request.tbs, tbs, tbs_len);
	if (send(*fd, &request, sizeof(request), MSG_NOSIGNAL) < 0 || (len = recv(*fd, sig, cap, 0)) <= 0)
		return OTLS_ANSWER_REFUSE;
	*sig_len = (size_t)len;
	return OTLS_ANSWER_OK;
}

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
	otls_context *ctx = NULL;
	otls_connection *conn;
	int fd, ends[2];

	if (argc != 5 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
		return 2;
	if (fork() == 0) {
		close(ends[0]);
		return keep_key(ends[1], argv[4]);
	}
	close(ends[1]);
	if (!otls_context_new(OTLS_METHOD_TLS_SERVER, &ctx) && !otls_context_use_certificate_chain_file(ctx, argv[3]) &&
	    !otls_context_use_private_key_callback(ctx, ask, &ends[0], NULL) && !otls_listen(argv[1], argv[2], &fd))
		for (; !otls_connection_accept(ctx, fd, &conn); otls_connection_free(conn))
			if (echo(conn))
				fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
	fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
	otls_context_free(ctx);
	return 1;
}
