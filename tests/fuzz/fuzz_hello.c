/* The readers of ClientHello and ServerHello.  The first byte chooses: raw bytes, or a sample with changes. */
#include "../unit/hello_samples.h"
#include "hello/hello.h"
#include "patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A view is empty, or lies in the message. */
static void
check_view(otls_bytes message, otls_bytes view)
{
	if (view.len > 0 && (view.data < message.data || view.data + view.len > message.data + message.len))
		abort();
}

static void
check_client(otls_bytes message)
{
	otls_client_hello hello;
	int alert = 0;

	if (otls__client_hello_parse(message, &hello, &alert) != OTLS_OK) {
		if (alert <= 0)
			abort();
		return;
	}
	check_view(message, hello.random);
	check_view(message, hello.session_id);
	check_view(message, hello.suites);
	check_view(message, hello.extensions);
	check_view(message, hello.versions);
	check_view(message, hello.server_name);
	check_view(message, hello.alpn);
	check_view(message, hello.groups);
	check_view(message, hello.schemes);
	check_view(message, hello.key_shares);
	if (memchr(hello.server_name.len > 0 ? (const char *)hello.server_name.data : "x", 0, hello.server_name.len) !=
	    NULL)
		abort();
	if ((otls__client_hello_compare(&hello, &hello, &alert) == OTLS_OK) == hello.early_data)
		abort();
}

static void
check_server(otls_bytes message)
{
	otls_server_hello hello;
	int alert = 0;

	if (otls__server_hello_parse(message, &hello, &alert) != OTLS_OK) {
		if (alert <= 0)
			abort();
		return;
	}
	check_view(message, hello.random);
	check_view(message, hello.session_id);
	check_view(message, hello.extensions);
	check_view(message, hello.alpn);
}

static void
check_sample(const uint8_t *sample, void (*check)(otls_bytes), const uint8_t *data, size_t size)
{
	size_t len = otls__get16(sample + 3);
	uint8_t *message = patched(sample + 5, len, data, size);

	check(otls__bytes(message, len));
	free(message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t *const clients[] = { openssl_tls13_client, openssl_only12_client, gnutls_retry_client,
		wolfssl_client };
	static const uint8_t *const servers[] = { openssl_tls13_server, openssl_tls12_server, openssl_retry_server,
		gnutls_tls12_server };
	uint8_t choice = size > 0 ? *data++ : 0;

	if (size-- == 0)
		return 0;
	if (choice % 4 == 0)
		check_client(otls__bytes(data, size));
	else if (choice % 4 == 1)
		check_server(otls__bytes(data, size));
	else if (choice % 4 == 2)
		check_sample(clients[choice / 4 % 4], check_client, data, size);
	else
		check_sample(servers[choice / 4 % 4], check_server, data, size);
	return 0;
}
