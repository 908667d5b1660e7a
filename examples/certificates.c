/* certificates DIRECTORY: writes throw-away certificates for localhost, to try the client and the server with.
 *
 *	ca.pem         the authority, for the client to trust
 *	chain.pem      the server's certificate for localhost, 127.0.0.1 and ::1, and key.pem, its private key
 *	stranger.pem   another authority, with which the client is to refuse the server
 */
#include <omnitls/omnitls.h>
#include <stdbool.h>
#include <stdio.h>

#include "mint.h"

static bool
save(const char *directory, const char *name, const char *text)
{
	char path[4096];
	FILE *file = NULL;
	bool good = false;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) < (int)sizeof(path))
		file = fopen(path, "w");
	if (file != NULL) {
		good = fputs(text, file) >= 0;
		good = fclose(file) == 0 && good;
	}
	if (!good)
		perror(path);
	return good;
}

int
main(int argc, char **argv)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "::1", NULL };
	mint_identity *ca = mint_ca(otls_backend_default(), "Example CA");
	mint_identity *stranger = mint_ca(otls_backend_default(), "Another CA");
	mint_identity *leaf = ca != NULL ? mint_leaf(ca, names) : NULL;
	bool good = false;

	if (argc != 2)
		fprintf(stderr, "usage: certificates DIRECTORY\n");
	else if (leaf == NULL || stranger == NULL)
		fprintf(stderr, "%s\n", mint_error());
	else
		good = save(argv[1], "ca.pem", ca->pem) && save(argv[1], "stranger.pem", stranger->pem) &&
		       save(argv[1], "chain.pem", leaf->pem) && save(argv[1], "key.pem", leaf->key_pem);
	mint_free(leaf);
	mint_free(stranger);
	mint_free(ca);
	return good ? 0 : 1;
}
