/* The readers of ClientHello and ServerHello.  The first byte chooses: raw bytes, a sample with changes,
 * or extensions that are well framed. */
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

/* A hello with the extensions that data describes: number, length, bytes; so that one finds its reader whatever the
 * others are like. */
static void
check_extensions(bool client, const uint8_t *data, size_t size)
{
	static const uint8_t types[] = { 0, 10, 13, 16, 21, 23, 41, 42, 43, 44, 45, 51, 0xff, 99 };
	uint8_t message[8192] = { client ? 1 : 2, 0, 0, 0, 3, 3 };
	size_t at = 4 + 2 + 32 + 1, list = 0;

	if (client)
		message[at + 1] = 2; /* one suite */
	at += client ? 2 + 2 : 2;
	message[at] = client ? 1 : 0; /* compression: null */
	at += client ? 2 : 1;
	list = at;
	at += 2;
	while (size >= 2 && at + 4 + 255 < sizeof(message)) {
		uint8_t type = types[data[0] % sizeof(types)];
		size_t len = data[1] < size - 2 ? data[1] : size - 2;

		otls__put16(message + at, type == 0xff ? 0xff01 : type);
		otls__put16(message + at + 2, len);
		memcpy(message + at + 4, data + 2, len);
		at += 4 + len;
		data += 2 + len;
		size -= 2 + len;
	}
	otls__put16(message + list, at - list - 2);
	otls__put16(message + 2, at - 4);
	(client ? check_client : check_server)(otls__bytes(message, at));
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
	switch (choice % 6) {
	case 0:
		check_client(otls__bytes(data, size));
		break;
	case 1:
		check_server(otls__bytes(data, size));
		break;
	case 2:
		check_sample(clients[choice / 6 % 4], check_client, data, size);
		break;
	case 3:
		check_sample(servers[choice / 6 % 4], check_server, data, size);
		break;
	default:
		check_extensions(choice % 6 == 4, data, size);
	}
	return 0;
}
