/* server PORT CHAIN.pem KEY.pem: sends every client its own bytes back, one client after the other. */
#include <omnitls/omnitls.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
	otls_context *ctx = NULL;
	otls_connection *conn;
	char buf[4096];
	size_t len;
	int fd;

	if (argc != 4 || otls_context_new(OTLS_METHOD_TLS_SERVER, &ctx) != OTLS_OK ||
	    otls_context_use_key_pair_file(ctx, argv[2], argv[3]) != OTLS_OK ||
	    otls_listen(NULL, argv[1], &fd) != OTLS_OK) {
		fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
		return 1;
	}
	while (otls_connection_accept(ctx, fd, &conn) == OTLS_OK) {
		otls_status status;

		while ((status = otls_connection_read(conn, buf, sizeof(buf), &len)) == OTLS_OK &&
		       (status = otls_connection_write_all(conn, buf, len, NULL)) == OTLS_OK)
			continue;
		if (status != OTLS_EOF || otls_connection_shutdown(conn) == OTLS_ERROR)
			fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
		otls_connection_free(conn);
	}
	return 1;
}
