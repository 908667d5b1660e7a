/* make-chain DIRECTORY ec|rsa ROOTS: writes leaf.der, middle.der, and roots.der with that many roots, of which the last
 * one is the chain's. */
#include "mint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FROM INT64_C(1690000000) /* 2023 */
#define TO   INT64_C(3000000000) /* 2065 */

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", what, mint_error());
	exit(2);
}

static FILE *
create(const char *directory, const char *name)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "wb");
	must(file != NULL, path);
	return file;
}

static void
put(FILE *file, const mint_identity *identity)
{
	must(fwrite(identity->certificate.data, 1, identity->certificate.len, file) == identity->certificate.len,
	    "write");
}

static mint_identity *
make(const char *common_name, mint_key *key, otls_key_kind kind, const mint_identity *issuer)
{
	static const char *const names[] = { "server.example", NULL };
	mint_spec spec = { .key = key,
		.backend = otls_backend_default(),
		.key_kind = kind,
		.common_name = common_name,
		.not_before = FROM,
		.not_after = TO,
		.is_ca = strcmp(common_name, "leaf") != 0 };
	mint_identity *made;

	spec.names = spec.is_ca ? NULL : names;
	made = mint_certificate(&spec, issuer);
	must(made != NULL, common_name);
	return made;
}

/* They share a key, since making one takes long; their names differ. */
static void
put_others(FILE *file, int count, otls_key_kind kind)
{
	mint_key *key = mint_key_generate(otls_backend_default(), kind);

	must(key != NULL, "key");
	for (int i = 0; i < count; i++) {
		char name[32];
		mint_identity *other;

		snprintf(name, sizeof(name), "Other root %d", i);
		other = make(name, key, kind, NULL);
		put(file, other);
		mint_free(other);
	}
	mint_key_free(key);
}

static void
put_alone(const char *directory, const char *name, const mint_identity *identity)
{
	FILE *file = create(directory, name);

	put(file, identity);
	fclose(file);
}

int
main(int argc, char **argv)
{
	otls_key_kind kind = argc == 4 && strcmp(argv[2], "rsa") == 0 ? OTLS_KEY_RSA_2048 : OTLS_KEY_EC_P256;
	mint_identity *root, *middle, *leaf;
	FILE *roots;

	if (argc != 4) {
		fprintf(stderr, "usage: %s DIRECTORY ec|rsa ROOTS\n", argv[0]);
		return 2;
	}
	root = make("Root", NULL, kind, NULL);
	middle = make("Middle", NULL, kind, root);
	leaf = make("leaf", NULL, kind, middle);
	roots = create(argv[1], "roots.der");
	put_others(roots, atoi(argv[3]) - 1, kind);
	put(roots, root);
	fclose(roots);
	put_alone(argv[1], "middle.der", middle);
	put_alone(argv[1], "leaf.der", leaf);
	mint_free(leaf);
	mint_free(middle);
	mint_free(root);
	return 0;
}
