#include "scene.h"

const otls_backend *scene_backend;

mint_identity *
scene_make(scene *s, const mint_spec *spec, const mint_identity *issuer)
{
	mint_identity *made = mint_certificate(spec, issuer);

	if (made == NULL)
		fail_msg("%s", mint_error());
	assert_true(s->made_count < MADE_MAX);
	return s->made[s->made_count++] = made;
}

static otls_certificate *
parse(const mint_identity *identity)
{
	otls_certificate *cert = NULL;

	assert_int_equal(otls__certificate_parse(identity->certificate, "test", &cert), OTLS_OK);
	return cert;
}

void
scene_trust(scene *s, const mint_identity *identity)
{
	otls_certificate *cert = parse(identity);

	assert_int_equal(otls_store_add_certificate(s->store, cert), OTLS_OK);
	otls_certificate_free(cert);
}

otls_certificate *
scene_trusted(scene *s, size_t i)
{
	return (otls_certificate *)(uintptr_t)otls_store_certificate_at(s->store, i);
}

void
scene_send(scene *s, const mint_identity *identity)
{
	s->chain[s->params.chain_len++] = parse(identity);
}

void
scene_add_extra(scene *s, const mint_identity *identity)
{
	s->extra[s->params.extra_len++] = parse(identity);
}

mint_spec
scene_spec(const char *common_name)
{
	return (mint_spec){ .backend = scene_backend,
		.common_name = common_name,
		.not_before = NOW - 10 * DAY,
		.not_after = NOW + 10 * DAY };
}

mint_spec
scene_authority(const char *common_name)
{
	mint_spec result = scene_spec(common_name);

	result.is_ca = true;
	return result;
}

void
scene_start(scene *s, bool bad)
{
	static const char *const names[] = { HOST, "192.0.2.1", NULL };

	*s = (scene){ .bad = bad,
		.root = scene_authority("Root"),
		.middle = scene_authority("Middle"),
		.leaf = scene_spec("leaf") };
	s->leaf.names = names;
	s->engine = *scene_backend->engine;
	assert_int_equal(otls_store_new(&s->store), OTLS_OK);
	assert_int_equal(otls__peer_name_parse(HOST, &s->name), OTLS_OK);
	s->params = (otls_verify_params){
		.engine = &s->engine,
		.store = s->store,
		.chain = s->chain,
		.extra = s->extra,
		.peer = OTLS_ROLE_SERVER,
		.name = &s->name,
		.key_use = OTLS_KEY_USE_SIGN,
		.max_intermediates = 8,
		.time = NOW,
	};
}

void
scene_make_all(scene *s)
{
	s->the_root = scene_make(s, &s->root, NULL);
	s->the_middle = scene_make(s, &s->middle, s->the_root);
	s->the_leaf = scene_make(s, &s->leaf, s->the_middle);
}

void
scene_usual(scene *s)
{
	scene_make_all(s);
	scene_trust(s, s->the_root);
	scene_send(s, s->the_leaf);
	scene_send(s, s->the_middle);
}

void
scene_judge(scene *s)
{
	otls__verify_outcome_fini(&s->outcome);
	otls__verify_chain(&s->params, &s->outcome);
}

void
scene_finish(scene *s)
{
	otls__verify_outcome_fini(&s->outcome);
	for (size_t i = 0; i < s->params.chain_len; i++)
		otls_certificate_free(s->chain[i]);
	for (size_t i = 0; i < s->params.extra_len; i++)
		otls_certificate_free(s->extra[i]);
	for (size_t i = 0; i < s->made_count; i++)
		mint_free(s->made[i]);
	otls_store_free(s->store);
}

void
scene_expect(const scene *s, const char *name, otls_verify_reason reason, int depth, const char *text)
{
	if (s->outcome.reason != reason || s->outcome.depth != depth ||
	    (text != NULL && strstr(s->outcome.text, text) == NULL))
		fail_msg("%s, %s: %s at %d: %s", name, s->bad ? "refused" : "good",
		    otls_verify_reason_name(s->outcome.reason), s->outcome.depth, s->outcome.text);
	assert_true(s->outcome.path_len >= 1 && s->outcome.path[0] == s->chain[0]);
}

int
scene_run_all(const struct CMUnitTest *tests, size_t count)
{
	int failed = 0;

	for (size_t i = 0; (scene_backend = otls_backend_at(i)) != NULL; i++) {
		if (!otls_backend_has(scene_backend, OTLS_CAP_GENERATE_KEY))
			continue;
		if (otls__backend_start(scene_backend) != OTLS_OK) {
			print_error("%s\n", otls_error_message(otls_error_last()));
			failed++;
			continue;
		}
		failed += _cmocka_run_group_tests(otls_backend_name(scene_backend), tests, count, NULL, NULL);
	}
	return failed;
}
