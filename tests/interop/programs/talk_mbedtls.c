/* A TLS client on mbedTLS; see ../programs.py for what the programs of this directory have in common. */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANDOM_MAX MBEDTLS_CTR_DRBG_MAX_REQUEST /* bytes of one request */

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context drbg;
static mbedtls_ssl_config config;
static mbedtls_ssl_context tls;
static mbedtls_net_context net;
static mbedtls_x509_crt trusted, own;
static mbedtls_pk_context key;

static const char *
option(int argc, char **argv, const char *name)
{
	for (int i = 3; i + 1 < argc; i += 2)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return NULL;
}

/* Says why, with what was found wrong with the server's certificate. */
static void
check(int result)
{
	char text[256], wrong[512] = "";
	uint32_t flags = mbedtls_ssl_get_verify_result(&tls);

	if (result >= 0)
		return;
	mbedtls_strerror(result, text, sizeof(text));
	if (flags != 0 && flags != UINT32_MAX)
		mbedtls_x509_crt_verify_info(wrong, sizeof(wrong), "; ", flags);
	fprintf(stderr, "refused: %s (-0x%04x)%s\n", text, (unsigned)-result, wrong);
	exit(1);
}

static int
load_key(const char *path)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
	return mbedtls_pk_parse_keyfile(&key, path, NULL, mbedtls_ctr_drbg_random, &drbg);
#else
	return mbedtls_pk_parse_keyfile(&key, path, NULL);
#endif
}

static void
start(int argc, char **argv)
{
	static const char *protocols[8];
	char *alpn = NULL;
	size_t count = 0;

	mbedtls_entropy_init(&entropy);
	mbedtls_ctr_drbg_init(&drbg);
	check(mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL, 0));
	check(mbedtls_ssl_config_defaults(
	    &config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT));
	mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &drbg);
	mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
	check(mbedtls_x509_crt_parse_file(&trusted, option(argc, argv, "--ca")));
	mbedtls_ssl_conf_ca_chain(&config, &trusted, NULL);
	if (option(argc, argv, "--cert") != NULL) {
		check(mbedtls_x509_crt_parse_file(&own, option(argc, argv, "--cert")));
		check(load_key(option(argc, argv, "--key")));
		check(mbedtls_ssl_conf_own_cert(&config, &own, &key));
	}
	if (option(argc, argv, "--alpn") != NULL) {
		alpn = strdup(option(argc, argv, "--alpn"));
		for (char *name = strtok(alpn, ","); name != NULL && count < 7; name = strtok(NULL, ","))
			protocols[count++] = name;
		check(mbedtls_ssl_conf_alpn_protocols(&config, protocols));
	}
	check(mbedtls_ssl_setup(&tls, &config));
	check(mbedtls_ssl_set_hostname(&tls, option(argc, argv, "--name")));
}

/* Small pieces, each read back before the next: one thread, and nobody waits for the other. */
static void
exchange(size_t size)
{
	unsigned char sent[4 * RANDOM_MAX], back[4 * RANDOM_MAX];
	size_t piece = 0;

	for (size_t done = 0; done < size; done += piece) {
		piece = size - done < sizeof(sent) ? size - done : sizeof(sent);
		for (size_t at = 0; at < piece; at += RANDOM_MAX)
			check(mbedtls_ctr_drbg_random(&drbg, sent + at, RANDOM_MAX));
		for (size_t at = 0; at < piece;) {
			int n = mbedtls_ssl_write(&tls, sent + at, piece - at);
			check(n);
			at += (size_t)n;
		}
		for (size_t at = 0; at < piece;) {
			int n = mbedtls_ssl_read(&tls, back + at, piece - at);
			check(n == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : n);
			at += (size_t)n;
		}
		if (memcmp(sent, back, piece) != 0) {
			fprintf(stderr, "refused: other bytes came back\n");
			exit(1);
		}
	}
}

int
main(int argc, char **argv)
{
	const char *alpn = NULL;

	if (argc < 9 || strcmp(argv[1], "client") != 0 || option(argc, argv, "--ca") == NULL ||
	    option(argc, argv, "--name") == NULL || option(argc, argv, "--size") == NULL)
		return 2;
	mbedtls_net_init(&net);
	mbedtls_ssl_init(&tls);
	mbedtls_ssl_config_init(&config);
	mbedtls_x509_crt_init(&trusted);
	mbedtls_x509_crt_init(&own);
	mbedtls_pk_init(&key);
	start(argc, argv);
	check(mbedtls_net_connect(&net, "127.0.0.1", argv[2], MBEDTLS_NET_PROTO_TCP));
	mbedtls_ssl_set_bio(&tls, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
	check(mbedtls_ssl_handshake(&tls));
	exchange(strtoul(option(argc, argv, "--size"), NULL, 10));
	alpn = mbedtls_ssl_get_alpn_protocol(&tls);
	printf("version %s\nalpn %s\n", mbedtls_ssl_get_version(&tls), alpn != NULL ? alpn : "");
	check(mbedtls_ssl_close_notify(&tls));
	mbedtls_net_free(&net);
	return 0;
}
