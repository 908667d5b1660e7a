/* client HOST PORT CA.pem: sends up to 4096 bytes of standard input, and prints what comes back. */
#include <omnitls/omnitls.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
	otls_context *ctx = NULL;
	otls_connection *conn = NULL;
	otls_status status = OTLS_ERROR;
	char buf[4096];
	size_t len;

	if (argc != 4)
		return 2;
	len = fread(buf, 1, sizeof(buf), stdin);
	if (otls_context_new(OTLS_METHOD_TLS_CLIENT, &ctx) || otls_context_load_verify_locations(ctx, argv[3], NULL) ||
	    otls_connection_new_client(ctx, argv[1], &conn) || otls_connection_connect_host(conn, NULL, argv[2]) ||
	    otls_connection_write_all(conn, buf, len, NULL) || otls_connection_shutdown(conn) == OTLS_ERROR)
		goto out;
	while ((status = otls_connection_read(conn, buf, sizeof(buf), &len)) == OTLS_OK)
		fwrite(buf, 1, len, stdout);
out:
	if (status != OTLS_EOF)
		fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
	otls_connection_free(conn);
	otls_context_free(ctx);
	return status == OTLS_EOF ? 0 : 1;
}
