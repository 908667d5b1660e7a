#include "pki.h"

#include "fixtures.h"

#include <stdlib.h>

#define BACKENDS_MAX 16

enum who { CA, OTHER_CA, SERVER, SERVER_P384, SERVER_RSA, SERVER_RSA_PSS, SERVER_ED25519, CLIENT, WHO_COUNT };

const char pki_p384_key[] = "-----BEGIN PRIVATE KEY-----\n"
			    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBhh0CuCUonwYcI2WOt\n"
			    "I9LxsAzssooe3DFW4uUeM3IH2KKCLI6c5eLYhF6gjjpOClqhZANiAAR6ibxjshYL\n"
			    "FMycYUjgYW7vsIl6+fzW3+9c2WI4z94eISbR/qjM/jvOLjpndEliHE0okbgFoC99\n"
			    "Q9hSpuET8aCUYvPbJCoJjVWJCINOds5EC9ofkqxs/C9G5nucKywU1+k=\n"
			    "-----END PRIVATE KEY-----\n";

static struct pki {
	const otls_backend *backend;
	mint_identity *made[WHO_COUNT];
} pkis[BACKENDS_MAX];

/* The backend whose engine makes keys for this run. */
static const otls_backend *
maker(const struct run *run)
{
	if (otls_backend_has(run->server, OTLS_CAP_GENERATE_KEY))
		return run->server;
	if (otls_backend_has(run->client, OTLS_CAP_GENERATE_KEY))
		return run->client;
	for (size_t i = 0; otls_backend_at(i) != NULL; i++)
		if (otls_backend_has(otls_backend_at(i), OTLS_CAP_GENERATE_KEY))
			return otls_backend_at(i);
	return run->server;
}

static struct pki *
find_pki(const otls_backend *backend)
{
	for (size_t i = 0; i < BACKENDS_MAX; i++) {
		if (pkis[i].backend == NULL)
			pkis[i].backend = backend;
		if (pkis[i].backend == backend)
			return &pkis[i];
	}
	return &pkis[0];
}

/* A leaf for HOST with another kind of key than P-256; RSA comes from a fixture, since making one takes long. */
static mint_identity *
make_server(const otls_backend *backend, const mint_identity *ca, enum who who)
{
	static const char *const names[] = { HOST, NULL };
	mint_spec spec = { .backend = backend, .common_name = HOST, .names = names };
	mint_identity *made = NULL;

	spec.rsa_pss = who == SERVER_RSA_PSS;
	if (who == SERVER_RSA || who == SERVER_RSA_PSS)
		spec.key = mint_key_from_pem(backend, fixture_rsa_key);
	else if (who == SERVER_P384)
		spec.key = mint_key_from_pem(backend, pki_p384_key);
	else
		spec.key = mint_key_generate(backend, OTLS_KEY_ED25519);
	if (spec.key != NULL)
		made = mint_certificate(&spec, ca);
	mint_key_free(spec.key);
	return made;
}

static mint_identity *
make_client(const mint_identity *ca)
{
	static const char *const purposes[] = { MINT_CLIENT_AUTH, NULL };
	mint_spec spec = { .common_name = "client", .purposes = purposes };

	return mint_certificate(&spec, ca);
}

static mint_identity *
make(const otls_backend *backend, const mint_identity *ca, enum who who)
{
	switch (who) {
	case CA:
		return mint_ca(backend, "Conformance CA");
	case OTHER_CA:
		return mint_ca(backend, "Another CA");
	case SERVER:
		return mint_leaf(ca, (const char *const[]){ HOST, NULL });
	case CLIENT:
		return make_client(ca);
	default:
		return make_server(backend, ca, who);
	}
}

static const mint_identity *
get(struct run *run, enum who who)
{
	struct pki *pki = find_pki(maker(run));

	if (who != CA && who != OTHER_CA && get(run, CA) == NULL)
		return NULL;
	if (pki->made[who] == NULL)
		pki->made[who] = make(pki->backend, pki->made[CA], who);
	if (pki->made[who] == NULL)
		failed(run, "mint: %s", mint_error());
	return pki->made[who];
}

const mint_identity *
pki_ca(struct run *run)
{
	return get(run, CA);
}

const mint_identity *
pki_other_ca(struct run *run)
{
	return get(run, OTHER_CA);
}

const mint_identity *
pki_server(struct run *run)
{
	return get(run, SERVER);
}

const mint_identity *
pki_server_rsa(struct run *run)
{
	return get(run, SERVER_RSA);
}

const mint_identity *
pki_server_rsa_pss(struct run *run)
{
	return get(run, SERVER_RSA_PSS);
}

const mint_identity *
pki_server_ed25519(struct run *run)
{
	return get(run, SERVER_ED25519);
}

const mint_identity *
pki_server_with(struct run *run, enum pki_kind kind)
{
	static const enum who whose[] = {
		[P256] = SERVER,
		[P384] = SERVER_P384,
		[RSA] = SERVER_RSA,
		[RSA_PSS] = SERVER_RSA_PSS,
		[ED25519] = SERVER_ED25519,
	};

	return get(run, whose[kind]);
}

const mint_identity *
pki_client(struct run *run)
{
	return get(run, CLIENT);
}

mint_key *
pki_key(struct run *run)
{
	const mint_identity *server = pki_server(run);

	return server != NULL ? server->key : NULL;
}

const mint_identity *
pki_make(struct run *run, const mint_spec *spec, const mint_identity *issuer)
{
	mint_spec own = *spec;

	if (own.backend == NULL)
		own.backend = maker(run);
	return run_owns_identity(run, mint_certificate(&own, issuer));
}

bool
pki_add_list(struct run *run, otls_store *store, const mint_crl_spec *spec, const mint_identity *issuer)
{
	otls_bytes der;

	if (spec == NULL)
		return true;
	der = mint_crl(spec, issuer);
	return CHECK(run, der.data != NULL) && run_owns(run, (void *)(uintptr_t)der.data, free) != NULL &&
	       CHECK_OK(run, otls_store_add_crl(store, der.data, der.len));
}

void
pki_fini(void)
{
	for (size_t i = 0; i < BACKENDS_MAX; i++) {
		for (size_t who = 0; who < WHO_COUNT; who++)
			mint_free(pkis[i].made[who]);
		pkis[i] = (struct pki){ 0 };
	}
}
