/* server HOST PORT CHAIN.pem KEY.pem: sends every client its own bytes back, one client after the other. */
#include <omnitls/omnitls.h>
#include <stdio.h>

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
	int fd;

	if (argc != 5)
		return 2;
	if (!otls_context_new(OTLS_METHOD_TLS_SERVER, &ctx) && !otls_context_use_key_pair_file(ctx, argv[3], argv[4]) &&
	    !otls_listen(argv[1], argv[2], &fd))
		for (; !otls_connection_accept(ctx, fd, &conn); otls_connection_free(conn))
			if (echo(conn))
				fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
	fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
	otls_context_free(ctx);
	return 1;
}
