/* A scene for the tests of the verifier: a chain made for the occasion, and what it is judged by. */
#ifndef OTLS_TESTS_SCENE_H
#define OTLS_TESTS_SCENE_H

#include "backend.h"
#include "error.h"
#include "mint.h"
#include "x509/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the three above. */
#include <cmocka.h>

#define HOST      "server.example"
#define DAY       (24 * 3600)
#define NOW       INT64_C(1700000000) /* 2023-11-14 22:13:20 UTC */
#define MADE_MAX  64
#define CERTS_MAX 300

extern const otls_backend *scene_backend; /* the one that is being tested */

/* root -> middle -> leaf, made from the three specifications unless a case makes others. */
typedef struct scene {
	bool bad; /* what is refused; else its twin */
	mint_spec root, middle, leaf;
	mint_identity *made[MADE_MAX];
	size_t made_count;
	mint_identity *the_root, *the_middle, *the_leaf;

	otls_store *store;
	otls_certificate *chain[CERTS_MAX], *extra[CERTS_MAX];
	otls_engine engine;
	otls_peer_name name;
	otls_verify_params params;
	otls_verify_outcome outcome;
} scene;

/* What specifications start from: valid around NOW. */
mint_spec scene_spec(const char *common_name);
mint_spec scene_authority(const char *common_name);

/* A scene with nothing in it but the specifications of root, middle and leaf. */
void scene_start(scene *s, bool bad);
void scene_finish(scene *s);
/* A certificate that lives as long as the scene; issuer NULL: signed by itself. */
mint_identity *scene_make(scene *s, const mint_spec *spec, const mint_identity *issuer);
/* Makes the three. */
void scene_make_all(scene *s);
/* Makes the three, trusts the root, and sends leaf and middle. */
void scene_usual(scene *s);

void scene_trust(scene *s, const mint_identity *identity);
/* The i-th certificate that is trusted, to be tampered with. */
otls_certificate *scene_trusted(scene *s, size_t i);
void scene_send(scene *s, const mint_identity *identity);
void scene_add_extra(scene *s, const mint_identity *identity);

void scene_judge(scene *s);
/* text: part of what is said; NULL: not looked at. */
void scene_expect(const scene *s, const char *name, otls_verify_reason reason, int depth, const char *text);

/* Runs the tests once for every backend that can make keys; answers how many failed. */
#define scene_run(tests) scene_run_all(tests, OTLS_COUNT(tests))
int scene_run_all(const struct CMUnitTest *tests, size_t count);

#endif
