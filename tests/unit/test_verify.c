/* The verifier, on chains made for each case.  Every refusal has a twin: the same chain with one thing changed is
 * good.  All of it runs over every backend that can make keys; the verdicts are the same on all of them. */
#include "backend.h"
#include "der_out.h"
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
#define CERTS_MAX 48

static const otls_backend *backend; /* the one that is being tested */

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

/* == making == */

static mint_identity *
make(scene *s, const mint_spec *spec, const mint_identity *issuer)
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

static void
trust(scene *s, const mint_identity *identity)
{
	otls_certificate *cert = parse(identity);

	assert_int_equal(otls_store_add_certificate(s->store, cert), OTLS_OK);
	otls_certificate_free(cert);
}

static void
send(scene *s, const mint_identity *identity)
{
	s->chain[s->params.chain_len++] = parse(identity);
}

static void
add_extra(scene *s, const mint_identity *identity)
{
	s->extra[s->params.extra_len++] = parse(identity);
}

static mint_spec
spec(const char *common_name)
{
	return (mint_spec){ .backend = backend,
		.common_name = common_name,
		.not_before = NOW - 10 * DAY,
		.not_after = NOW + 10 * DAY };
}

static mint_spec
authority(const char *common_name)
{
	mint_spec result = spec(common_name);

	result.is_ca = true;
	return result;
}

static void
start(scene *s, bool bad)
{
	static const char *const names[] = { HOST, "192.0.2.1", NULL };

	*s = (scene){ .bad = bad, .root = authority("Root"), .middle = authority("Middle"), .leaf = spec("leaf") };
	s->leaf.names = names;
	s->engine = *backend->engine;
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

static void
make_all(scene *s)
{
	s->the_root = make(s, &s->root, NULL);
	s->the_middle = make(s, &s->middle, s->the_root);
	s->the_leaf = make(s, &s->leaf, s->the_middle);
}

/* What most cases do with their specifications. */
static void
usual(scene *s)
{
	make_all(s);
	trust(s, s->the_root);
	send(s, s->the_leaf);
	send(s, s->the_middle);
}

static void
judge(scene *s)
{
	otls__verify_outcome_fini(&s->outcome);
	otls__verify_chain(&s->params, &s->outcome);
}

static void
finish(scene *s)
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

/* == the cases: each sets the scene, refused or good == */

static void
leaf_expired(scene *s)
{
	s->leaf.not_after = s->bad ? NOW - 1 : NOW;
	usual(s);
}

static void
leaf_too_young(scene *s)
{
	s->leaf.not_before = s->bad ? NOW + 1 : NOW;
	usual(s);
}

static void
middle_expired(scene *s)
{
	s->middle.not_after = s->bad ? NOW - 1 : NOW;
	usual(s);
}

static void
root_expired(scene *s)
{
	s->root.not_after = s->bad ? NOW - 1 : NOW;
	usual(s);
}

static void
middle_missing(scene *s)
{
	make_all(s);
	trust(s, s->the_root);
	send(s, s->the_leaf);
	if (!s->bad)
		send(s, s->the_middle);
}

static void
root_unknown(scene *s)
{
	mint_spec other = authority("Other");

	make_all(s);
	trust(s, s->bad ? make(s, &other, NULL) : s->the_root);
	send(s, s->the_leaf);
	send(s, s->the_middle);
}

static void
root_sent_and_unknown(scene *s)
{
	root_unknown(s);
	send(s, s->the_root);
}

static void
nothing_trusted(scene *s)
{
	usual(s);
	if (s->bad)
		s->params.store = NULL;
}

static void
self_signed(scene *s)
{
	mint_identity *leaf = make(s, &s->leaf, NULL);

	send(s, leaf);
	if (!s->bad)
		trust(s, leaf);
}

/* Someone else's root of the same name did not sign it. */
static void
root_of_same_name(scene *s)
{
	make_all(s);
	trust(s, s->bad ? make(s, &s->root, NULL) : s->the_root);
	send(s, s->the_leaf);
	send(s, s->the_middle);
}

static void
leaf_damaged(scene *s)
{
	s->leaf.damaged = s->bad;
	usual(s);
}

static void
middle_damaged(scene *s)
{
	s->middle.damaged = s->bad;
	usual(s);
}

static void
root_damaged_is_fine(scene *s)
{
	s->root.damaged = true;
	s->leaf.damaged = s->bad;
	usual(s);
}

static void
middle_no_authority(scene *s)
{
	s->middle.is_ca = !s->bad;
	usual(s);
}

static void
middle_without_constraints(scene *s)
{
	s->middle.no_basic_constraints = s->bad;
	usual(s);
}

static void
middle_may_not_sign(scene *s)
{
	s->middle.has_key_usage = true;
	s->middle.key_usage = s->bad ? OTLS_KEY_USAGE_CRL_SIGN : OTLS_KEY_USAGE_KEY_CERT_SIGN;
	usual(s);
}

static void
middle_old(scene *s)
{
	s->middle.version = s->bad ? 1 : 3;
	usual(s);
}

static void
old_root_is_fine(scene *s)
{
	s->root.version = 1;
	s->middle.version = s->bad ? 1 : 3;
	usual(s);
}

static void
root_no_authority(scene *s)
{
	s->root.is_ca = !s->bad;
	usual(s);
}

static void
leaf_as_issuer(scene *s)
{
	mint_spec below = s->leaf;

	s->leaf.is_ca = !s->bad;
	make_all(s);
	trust(s, s->the_root);
	send(s, make(s, &below, s->the_leaf));
	send(s, s->the_leaf);
	send(s, s->the_middle);
}

static void
path_length_of_root(scene *s)
{
	s->root.has_path_length = true;
	s->root.path_length = s->bad ? 0 : 1;
	usual(s);
}

static void
path_length_of_middle(scene *s)
{
	mint_spec lower = authority("Lower");

	s->middle.has_path_length = true;
	s->middle.path_length = s->bad ? 0 : 1;
	make_all(s);
	trust(s, s->the_root);
	send(s, make(s, &s->leaf, make(s, &lower, s->the_middle)));
	send(s, s->the_middle);
	add_extra(s, s->made[3]);
}

/* A new key under the old name is no further authority. */
static void
self_issued_is_not_counted(scene *s)
{
	mint_spec second = authority(s->bad ? "Second" : "Middle");

	s->middle.has_path_length = true;
	s->middle.path_length = 0;
	s->params.max_intermediates = 1 + (s->bad ? 1 : 0);
	make_all(s);
	trust(s, s->the_root);
	send(s, make(s, &s->leaf, make(s, &second, s->the_middle)));
	send(s, s->the_middle);
	send(s, s->made[3]);
}

static void
more_than_allowed(scene *s)
{
	s->params.max_intermediates = s->bad ? 0 : 1;
	usual(s);
}

static void
more_than_are_taken(scene *s)
{
	usual(s);
	while (s->params.chain_len < (s->bad ? OTLS_SENT_MAX + 1 : OTLS_SENT_MAX))
		send(s, s->the_middle);
}

static const char *const for_clients[] = { MINT_CLIENT_AUTH, NULL }, *const for_servers[] = { MINT_SERVER_AUTH, NULL },
			 *const for_any[] = { "2.5.29.37.0", NULL };

static void
leaf_for_clients(scene *s)
{
	s->leaf.purposes = s->bad ? for_clients : for_servers;
	usual(s);
}

static void
leaf_for_any(scene *s)
{
	s->leaf.purposes = s->bad ? for_clients : for_any;
	usual(s);
}

static void
leaf_for_servers(scene *s)
{
	s->leaf.purposes = s->bad ? for_servers : for_clients;
	s->params.peer = OTLS_ROLE_CLIENT;
	usual(s);
}

static void
middle_for_clients(scene *s)
{
	s->middle.purposes = s->bad ? for_clients : for_servers;
	usual(s);
}

static void
key_does_not_sign(scene *s)
{
	s->leaf.has_key_usage = true;
	s->leaf.key_usage = s->bad ? OTLS_KEY_USAGE_KEY_ENCIPHERMENT : OTLS_KEY_USAGE_DIGITAL_SIGNATURE;
	usual(s);
}

static void
key_does_not_encipher(scene *s)
{
	s->params.key_use = s->bad ? OTLS_KEY_USE_ENCIPHER : OTLS_KEY_USE_ANY;
	s->leaf.has_key_usage = true;
	s->leaf.key_usage = OTLS_KEY_USAGE_DIGITAL_SIGNATURE;
	usual(s);
}

static void
unknown_extension(scene *s)
{
	mint_extension extension = { "1.3.6.1.4.1.55555.1", s->bad, "\x05\x00", 2 };

	s->leaf.extensions = &extension;
	s->leaf.extension_count = 1;
	usual(s);
}

static void
unknown_extension_in_root(scene *s)
{
	mint_extension extension = { "1.3.6.1.4.1.55555.1", s->bad, "\x05\x00", 2 };

	s->root.extensions = &extension;
	s->root.extension_count = 1;
	usual(s);
}

/* inhibitAnyPolicy 0: policies are accepted, critical as they must be. */
static void
policies(scene *s)
{
	mint_extension extension = { "2.5.29.54", !s->bad, "\x02\x01\x00", 3 };

	s->middle.extensions = &extension;
	s->middle.extension_count = 1;
	usual(s);
}

static void
empty_purposes(scene *s)
{
	mint_extension extension = { s->bad ? "2.5.29.37" : "1.3.6.1.4.1.55555.1", false, "\x30\x00", 2 };

	s->leaf.no_purposes = true;
	s->leaf.extensions = &extension;
	s->leaf.extension_count = 1;
	usual(s);
}

static void
algorithms_differ(scene *s)
{
	usual(s);
	s->chain[0]->signature_algorithms_equal = !s->bad;
}

static void
constraints_in_leaf(scene *s)
{
	mint_extension extension = { "2.5.29.30", true, "\x30\x08\xa0\x06\x30\x04\x82\x02tv", 10 };

	s->leaf.names = (const char *const[]){ HOST, NULL };
	if (s->bad)
		s->leaf.extensions = &extension;
	s->leaf.extension_count = s->bad ? 1 : 0;
	usual(s);
}

static void
no_key_ids(scene *s)
{
	s->middle.no_key_ids = true;
	s->root.no_key_ids = !s->bad;
	usual(s);
}

static void
leaf_without_key_ids_is_fine(scene *s)
{
	s->leaf.no_key_ids = true;
	s->leaf.damaged = s->bad;
	usual(s);
}

/* What only the fields of a parsed certificate are needed for. */
static void
weak_hash(scene *s)
{
	usual(s);
	if (s->bad)
		s->chain[1]->signature_algorithm.hash = OTLS_HASH_SHA1;
}

static void
weak_key(scene *s)
{
	usual(s);
	s->chain[0]->spki.type = OTLS_KEY_TYPE_RSA;
	s->chain[0]->spki.bits = s->bad ? 2040 : 2048;
}

static void
unsound_key(scene *s)
{
	usual(s);
	s->chain[0]->spki.sound = !s->bad;
}

static void
huge_key(scene *s)
{
	usual(s);
	s->chain[0]->spki.type = OTLS_KEY_TYPE_RSA;
	s->chain[0]->spki.bits = s->bad ? 8200 : 8192;
}

static void
unknown_curve(scene *s)
{
	usual(s);
	if (s->bad)
		s->chain[0]->spki.group = 0;
}

static void
unknown_algorithm(scene *s)
{
	usual(s);
	if (s->bad)
		s->chain[0]->signature_algorithm.kind = OTLS_SIGNATURE_UNKNOWN;
}

static void
other_host(scene *s)
{
	usual(s);
	assert_int_equal(otls__peer_name_parse(s->bad ? "other.example" : HOST, &s->name), OTLS_OK);
}

static void
other_address(scene *s)
{
	usual(s);
	assert_int_equal(otls__peer_name_parse(s->bad ? "192.0.2.2" : "192.0.2.1", &s->name), OTLS_OK);
}

static void
only_common_name(scene *s)
{
	s->leaf.names = NULL;
	s->leaf.common_name = HOST;
	s->params.flags = s->bad ? 0 : OTLS_VERIFY_FLAG_INSECURE_ALLOW_CN;
	usual(s);
}

static void
only_leaf_trusted(scene *s)
{
	make_all(s);
	trust(s, s->the_leaf);
	send(s, s->the_leaf);
	send(s, s->the_middle);
	s->params.flags = s->bad ? 0 : OTLS_VERIFY_FLAG_PARTIAL_CHAIN;
}

static void
only_middle_trusted(scene *s)
{
	make_all(s);
	trust(s, s->the_middle);
	send(s, s->the_leaf);
	s->params.flags = s->bad ? 0 : OTLS_VERIFY_FLAG_PARTIAL_CHAIN;
}

/* The first reason in the order is told. */
static void
damaged_and_expired(scene *s)
{
	leaf_expired(s);
	if (s->bad) {
		uint8_t *last = (uint8_t *)(uintptr_t)&s->chain[0]->signature.data[s->chain[0]->signature.len - 1];
		*last ^= 1;
	}
}

static void
expired_and_other_host(scene *s)
{
	leaf_expired(s);
	if (s->bad)
		assert_int_equal(otls__peer_name_parse("other.example", &s->name), OTLS_OK);
}

static const struct row {
	const char *name;
	void (*set)(scene *s);
	otls_verify_reason reason;
	int depth;
	const char *text; /* part of what is said; NULL: not looked at */
} rows[] = {
	{ "leaf expired", leaf_expired, OTLS_REASON_EXPIRED, 0, "CN=leaf: expired on 2023-11-14 22:13:19 UTC" },
	{ "leaf too young", leaf_too_young, OTLS_REASON_NOT_YET_VALID, 0,
	    "is not valid before 2023-11-14 22:13:21 UTC" },
	{ "middle expired", middle_expired, OTLS_REASON_EXPIRED, 1, "CN=Middle: expired" },
	{ "root expired", root_expired, OTLS_REASON_EXPIRED, 2, "CN=Root: expired" },
	{ "middle missing", middle_missing, OTLS_REASON_UNKNOWN_ISSUER, 0, "CN=leaf: " },
	{ "root unknown", root_unknown, OTLS_REASON_UNKNOWN_ISSUER, 1, "CN=Middle: " },
	{ "root sent and unknown", root_sent_and_unknown, OTLS_REASON_SELF_SIGNED_IN_CHAIN, 2, "CN=Root: " },
	{ "nothing trusted", nothing_trusted, OTLS_REASON_UNKNOWN_ISSUER, 1, NULL },
	{ "self-signed", self_signed, OTLS_REASON_SELF_SIGNED_LEAF, 0, NULL },
	{ "root of same name", root_of_same_name, OTLS_REASON_BAD_SIGNATURE, 1, NULL },
	{ "leaf damaged", leaf_damaged, OTLS_REASON_BAD_SIGNATURE, 0, "CN=leaf: its signature is wrong" },
	{ "middle damaged", middle_damaged, OTLS_REASON_BAD_SIGNATURE, 1, NULL },
	{ "root damaged is fine", root_damaged_is_fine, OTLS_REASON_BAD_SIGNATURE, 0, NULL },
	{ "middle no authority", middle_no_authority, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "middle without constraints", middle_without_constraints, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "middle may not sign", middle_may_not_sign, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "middle old", middle_old, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "old root is fine", old_root_is_fine, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "root no authority", root_no_authority, OTLS_REASON_INVALID_CA, 2, NULL },
	{ "leaf as issuer", leaf_as_issuer, OTLS_REASON_INVALID_CA, 1, NULL },
	{ "path length of root", path_length_of_root, OTLS_REASON_PATH_LENGTH, 2, NULL },
	{ "path length of middle", path_length_of_middle, OTLS_REASON_PATH_LENGTH, 2, NULL },
	{ "self-issued is not counted", self_issued_is_not_counted, OTLS_REASON_PATH_LENGTH, 2, NULL },
	{ "more than allowed", more_than_allowed, OTLS_REASON_CHAIN_TOO_LONG, 0, NULL },
	{ "more than are taken", more_than_are_taken, OTLS_REASON_CHAIN_TOO_LONG, -1, "sent 10 certificates" },
	{ "leaf for clients", leaf_for_clients, OTLS_REASON_INVALID_PURPOSE, 0, NULL },
	{ "leaf for any", leaf_for_any, OTLS_REASON_INVALID_PURPOSE, 0, NULL },
	{ "leaf for servers", leaf_for_servers, OTLS_REASON_INVALID_PURPOSE, 0, NULL },
	{ "middle for clients", middle_for_clients, OTLS_REASON_INVALID_PURPOSE, 1, NULL },
	{ "key does not sign", key_does_not_sign, OTLS_REASON_INVALID_PURPOSE, 0, NULL },
	{ "key does not encipher", key_does_not_encipher, OTLS_REASON_INVALID_PURPOSE, 0, NULL },
	{ "unknown extension", unknown_extension, OTLS_REASON_CRITICAL_EXTENSION, 0, NULL },
	{ "unknown extension in root", unknown_extension_in_root, OTLS_REASON_CRITICAL_EXTENSION, 2, NULL },
	{ "policies", policies, OTLS_REASON_MALFORMED, 1, NULL },
	{ "empty purposes", empty_purposes, OTLS_REASON_MALFORMED, 0, NULL },
	{ "algorithms differ", algorithms_differ, OTLS_REASON_MALFORMED, 0, NULL },
	{ "constraints in leaf", constraints_in_leaf, OTLS_REASON_MALFORMED, 0, NULL },
	{ "no key ids", no_key_ids, OTLS_REASON_MALFORMED, 1, NULL },
	{ "leaf without key ids is fine", leaf_without_key_ids_is_fine, OTLS_REASON_BAD_SIGNATURE, 0, NULL },
	{ "weak hash", weak_hash, OTLS_REASON_WEAK_SIGNATURE, 1, "SHA-1" },
	{ "weak key", weak_key, OTLS_REASON_WEAK_KEY, 0, NULL },
	{ "unsound key", unsound_key, OTLS_REASON_WEAK_KEY, 0, NULL },
	{ "huge key", huge_key, OTLS_REASON_UNSUPPORTED_KEY, 0, NULL },
	{ "unknown curve", unknown_curve, OTLS_REASON_UNSUPPORTED_KEY, 0, NULL },
	{ "unknown algorithm", unknown_algorithm, OTLS_REASON_UNSUPPORTED_KEY, 0, NULL },
	{ "other host", other_host, OTLS_REASON_HOSTNAME_MISMATCH, 0,
	    "the certificate is for server.example, 192.0.2.1, not for other.example" },
	{ "other address", other_address, OTLS_REASON_IP_MISMATCH, 0, "not for the IP address 192.0.2.2" },
	{ "only common name", only_common_name, OTLS_REASON_HOSTNAME_MISMATCH, 0, "for no host, not for " HOST },
	{ "only leaf trusted", only_leaf_trusted, OTLS_REASON_UNKNOWN_ISSUER, 1, NULL },
	{ "only middle trusted", only_middle_trusted, OTLS_REASON_UNKNOWN_ISSUER, 1, NULL },
	{ "damaged and expired", damaged_and_expired, OTLS_REASON_BAD_SIGNATURE, 0, NULL },
	{ "expired and other host", expired_and_other_host, OTLS_REASON_EXPIRED, 0, NULL },
};

static void
expect(const scene *s, const char *name, otls_verify_reason reason, int depth, const char *text)
{
	if (s->outcome.reason != reason || s->outcome.depth != depth ||
	    (text != NULL && strstr(s->outcome.text, text) == NULL))
		fail_msg("%s, %s: %s at %d: %s", name, s->bad ? "refused" : "good",
		    otls_verify_reason_name(s->outcome.reason), s->outcome.depth, s->outcome.text);
	assert_true(s->outcome.path_len >= 1 && s->outcome.path[0] == s->chain[0]);
}

static void
each_reason(void **state)
{
	scene s;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		start(&s, true);
		rows[i].set(&s);
		judge(&s);
		expect(&s, rows[i].name, rows[i].reason, rows[i].depth, rows[i].text);
		finish(&s);
		start(&s, false);
		rows[i].set(&s);
		judge(&s);
		expect(&s, rows[i].name, OTLS_REASON_OK, -1, NULL);
		assert_string_equal(s.outcome.text, "");
		finish(&s);
	}
}

/* == name constraints == */

#define PERMITTED 0
#define EXCLUDED  1

static void
put_base(struct der_out *out, int list, int tag, const void *base, size_t len)
{
	der_open(out, DER_SEQUENCE);
	der_open(out, DER_CONTEXT_CONSTRUCTED + list);
	der_open(out, DER_SEQUENCE);
	der_value(out, tag, base, len);
	der_close(out);
	der_close(out);
	der_close(out);
}

static const struct constraint_row {
	int list, tag;
	const char *base;
	size_t base_len;
	otls_san_kind kind;
	const char *name;
	size_t name_len;
	otls_verify_reason reason;
} constraint_rows[] = {
#define TEXT(text) text, sizeof(text) - 1
#define DNS(list, base, name, why)                                                                                     \
	{                                                                                                              \
		list, 0x82, TEXT(base), OTLS_SAN_DNS, TEXT(name), OTLS_REASON_##why                                    \
	}
	DNS(PERMITTED, "a.test", "a.test", OK),
	DNS(PERMITTED, "a.test", "b.A.test", OK),
	DNS(PERMITTED, "a.test", "ba.test", NAME_CONSTRAINTS),
	DNS(PERMITTED, "a.test", "test", NAME_CONSTRAINTS),
	DNS(PERMITTED, "a.test", "*.a.test", OK),
	DNS(PERMITTED, "b.a.test", "*.a.test", NAME_CONSTRAINTS),
	DNS(PERMITTED, "", "a.test", OK),
	DNS(PERMITTED, "a.test", "\xc3\xa4.a.test", NAME_CONSTRAINTS),
	DNS(PERMITTED, "a.test", "b.test\0.a.test", NAME_CONSTRAINTS),
	DNS(PERMITTED, ".a.test", "b.a.test", MALFORMED),
	DNS(PERMITTED, "*.a.test", "b.a.test", MALFORMED),
	DNS(EXCLUDED, "a.test", "a.test", NAME_CONSTRAINTS),
	DNS(EXCLUDED, "a.test", "b.a.test", NAME_CONSTRAINTS),
	DNS(EXCLUDED, "a.test", "ba.test", OK),
	DNS(EXCLUDED, "b.a.test", "*.a.test", NAME_CONSTRAINTS),
	DNS(EXCLUDED, "c.b.a.test", "*.a.test", OK),
	DNS(EXCLUDED, "", "a.test", NAME_CONSTRAINTS),
#define IP(list, base, name, why)                                                                                      \
	{                                                                                                              \
		list, 0x87, TEXT(base), OTLS_SAN_IP, TEXT(name), OTLS_REASON_##why                                     \
	}
	IP(PERMITTED, "\xc0\0\2\0\xff\xff\xff\0", "\xc0\0\2\x09", OK),
	IP(PERMITTED, "\xc0\0\2\0\xff\xff\xff\0", "\xc0\0\3\x09", NAME_CONSTRAINTS),
	IP(PERMITTED, "\xc0\0\2\0\xff\xff\xff\0", "\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1", NAME_CONSTRAINTS),
	IP(EXCLUDED, "\xc0\0\2\0\xff\xff\xff\0", "\xc0\0\2\x09", NAME_CONSTRAINTS),
	IP(EXCLUDED, "\xc0\0\2\0\xff\xff\xff\0", "\xc0\0\3\x09", OK),
	IP(PERMITTED, "\xc0\0\2\0\xff\0\xff\0", "\xc0\0\2\x09", MALFORMED),
	IP(PERMITTED, "\xc0\0\2\0", "\xc0\0\2\x09", MALFORMED),
#define MAIL(list, base, name, why)                                                                                    \
	{                                                                                                              \
		list, 0x81, TEXT(base), OTLS_SAN_EMAIL, TEXT(name), OTLS_REASON_##why                                  \
	}
	MAIL(PERMITTED, "me@a.test", "me@A.test", OK),
	MAIL(PERMITTED, "me@a.test", "Me@a.test", NAME_CONSTRAINTS),
	MAIL(PERMITTED, "a.test", "me@a.test", OK),
	MAIL(PERMITTED, "a.test", "me@b.a.test", NAME_CONSTRAINTS),
	MAIL(PERMITTED, ".a.test", "me@b.a.test", OK),
	MAIL(PERMITTED, ".a.test", "me@a.test", NAME_CONSTRAINTS),
	MAIL(PERMITTED, "a.test", "a@b@a.test", NAME_CONSTRAINTS),
	MAIL(PERMITTED, "a@b@a.test", "a@a.test", MALFORMED),
	MAIL(EXCLUDED, "a.test", "me@a.test", NAME_CONSTRAINTS),
#define URI(list, base, name, why)                                                                                     \
	{                                                                                                              \
		list, 0x86, TEXT(base), OTLS_SAN_URI, TEXT(name), OTLS_REASON_##why                                    \
	}
	URI(PERMITTED, "a.test", "https://A.test/x", OK),
	URI(PERMITTED, "a.test", "https://me@a.test:443?x", OK),
	URI(PERMITTED, "a.test", "https://a.test@b.test/", NAME_CONSTRAINTS),
	URI(PERMITTED, "a.test", "https://b.a.test/", NAME_CONSTRAINTS),
	URI(PERMITTED, ".a.test", "https://b.a.test/", OK),
	URI(PERMITTED, "a.test", "urn:a.test", NAME_CONSTRAINTS),
	URI(EXCLUDED, "a.test", "https://192.0.2.1/", NAME_CONSTRAINTS),
	URI(EXCLUDED, "a.test", "https://b.test/", OK),
	/* constraints of another form do not matter */
	{ PERMITTED, 0x82, TEXT("a.test"), OTLS_SAN_IP, TEXT("\xc0\0\2\x09"), OTLS_REASON_OK },
	{ EXCLUDED, 0xa0, TEXT("\x06\x01\x2a\xa0\x02\x05\x00"), OTLS_SAN_DNS, TEXT("a.test"), OTLS_REASON_OK },
	/* the subject is CN=leaf: SEQUENCE { SET { SEQUENCE { commonName, UTF8String } } } */
	{ PERMITTED, 0xa4, TEXT("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04leaf"), OTLS_SAN_DNS,
	    TEXT("a.test"), OTLS_REASON_OK },
	{ PERMITTED, 0xa4, TEXT("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04lead"), OTLS_SAN_DNS,
	    TEXT("a.test"), OTLS_REASON_NAME_CONSTRAINTS },
	{ EXCLUDED, 0xa4, TEXT("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04leaf"), OTLS_SAN_DNS,
	    TEXT("a.test"), OTLS_REASON_NAME_CONSTRAINTS },
};

static void
constraints_on_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(constraint_rows); i++) {
		const struct constraint_row *row = &constraint_rows[i];
		struct der_out out = { .len = 0 };
		mint_extension extension = { .oid = "2.5.29.30", .critical = true };
		mint_name name = { row->kind, row->name, row->name_len };
		uint8_t *value;
		scene s;

		put_base(&out, row->list, row->tag, row->base, row->base_len);
		assert_true(der_take(&out, &value, &extension.len));
		extension.value = value;
		start(&s, row->reason != OTLS_REASON_OK);
		s.params.name = NULL;
		s.leaf.names = NULL;
		s.leaf.raw_names = &name;
		s.leaf.raw_name_count = 1;
		s.middle.extensions = &extension;
		s.middle.extension_count = 1;
		usual(&s);
		judge(&s);
		if (s.outcome.reason != row->reason)
			fail_msg("row %zu, %s: %s: %s", i, row->name, otls_verify_reason_name(s.outcome.reason),
			    s.outcome.text);
		finish(&s);
		free(value);
	}
}

/* Those of the root count, and not for a self-issued authority below it; nor is a host name in the common name
 * overlooked where there is no other. */
static void
constraints_of_root(void **state)
{
	static const char der[] = "\x30\x0c\xa0\x0a\x30\x08\x82\x06"
				  "a.test";
	static const char *const inside[] = { "b.a.test", NULL }, *const outside[] = { "b.test", NULL };
	mint_extension extension = { "2.5.29.30", true, der, sizeof(der) - 1 };

	(void)state;
	for (int variant = 0; variant < 5; variant++) {
		bool bad = variant == 1 || variant == 3;
		scene s;
		start(&s, bad);
		s.params.name = NULL;
		s.root.extensions = &extension;
		s.root.extension_count = 1;
		s.leaf.names = variant == 1 ? outside : variant < 3 ? inside : NULL;
		s.leaf.common_name = variant == 3 ? "b.test" : variant == 4 ? "b.a.test" : "leaf";
		s.middle.names = variant == 2 ? outside : NULL;
		s.middle.common_name = variant == 2 ? "Root" : "Middle";
		usual(&s);
		judge(&s);
		expect(
		    &s, "constraints of root", bad ? OTLS_REASON_NAME_CONSTRAINTS : OTLS_REASON_OK, bad ? 0 : -1, NULL);
		finish(&s);
	}
}

/* == paths == */

/* The order in which certificates come, and what else comes along, is nothing. */
static void
any_order(void **state)
{
	mint_spec lower = authority("Lower"), stranger = authority("Stranger");
	mint_identity *low;
	scene s;

	(void)state;
	start(&s, false);
	make_all(&s);
	low = make(&s, &lower, s.the_middle);
	trust(&s, s.the_root);
	send(&s, make(&s, &s.leaf, low));
	send(&s, s.the_root);
	send(&s, make(&s, &stranger, NULL));
	send(&s, s.the_middle);
	send(&s, s.the_middle);
	send(&s, low);
	judge(&s);
	expect(&s, "any order", OTLS_REASON_OK, -1, NULL);
	assert_int_equal(s.outcome.path_len, 4);
	assert_ptr_equal(s.outcome.path[1], s.chain[5]);
	assert_ptr_equal(s.outcome.path[2], s.chain[3]);
	finish(&s);
}

/* The right one of many roots of one name, without key identifiers to tell them apart. */
static void
all_candidates(void **state)
{
	scene s;

	(void)state;
	for (int with_ids = 0; with_ids < 2; with_ids++) {
		start(&s, false);
		s.root.no_key_ids = with_ids == 0;
		for (int i = 0; i < 6; i++)
			trust(&s, make(&s, &s.root, NULL));
		usual(&s);
		judge(&s);
		expect(&s, "all candidates", OTLS_REASON_OK, -1, NULL);
		finish(&s);
	}
}

/* An expired cross-certificate, with its expired root trusted too, does not hide the good path. */
static void
expired_cross_certificate(void **state)
{
	mint_spec old_root = authority("Old Root"), cross = authority("Root");
	mint_identity *old;
	scene s;

	(void)state;
	old_root.not_after = cross.not_after = NOW - DAY;
	start(&s, false);
	make_all(&s);
	old = make(&s, &old_root, NULL);
	cross.key = s.the_root->key;
	send(&s, s.the_leaf);
	send(&s, s.the_middle);
	send(&s, make(&s, &cross, old));
	trust(&s, old);
	judge(&s);
	expect(&s, "expired cross-certificate alone", OTLS_REASON_EXPIRED, 3, NULL);
	trust(&s, s.the_root);
	judge(&s);
	expect(&s, "expired cross-certificate", OTLS_REASON_OK, -1, NULL);
	assert_int_equal(s.outcome.path_len, 3);
	finish(&s);
}

/* Authorities that sign one another in a ring end the search, and do not keep it from the root. */
static void
ring(void **state)
{
	mint_spec a = authority("A"), b = authority("B");
	mint_identity *first, *second;
	scene s;

	(void)state;
	start(&s, false);
	first = make(&s, &a, NULL);
	second = make(&s, &b, first);
	a.key = first->key;
	send(&s, make(&s, &s.leaf, first));
	send(&s, make(&s, &a, second));
	send(&s, second);
	judge(&s);
	expect(&s, "ring", OTLS_REASON_UNKNOWN_ISSUER, 2, NULL);
	trust(&s, first);
	judge(&s);
	expect(&s, "ring with root", OTLS_REASON_OK, -1, NULL);
	finish(&s);
}

/* == the budget == */

static unsigned checks; /* how often the engine was asked */
static otls_code answer;

static otls_status
scripted(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	(void)spki, (void)algorithm, (void)tbs, (void)signature;
	checks++;
	report->code = answer;
	return answer == OTLS_E_NONE ? OTLS_OK : OTLS_ERROR;
}

static void
engine_answers(void **state)
{
	static const struct {
		otls_code code;
		otls_verify_reason reason;
	} answers[] = {
		{ OTLS_E_NONE, OTLS_REASON_OK },
		{ OTLS_E_VERIFY, OTLS_REASON_BAD_SIGNATURE },
		{ OTLS_E_FORMAT, OTLS_REASON_BAD_SIGNATURE },
		{ OTLS_E_UNSUPPORTED, OTLS_REASON_UNSUPPORTED_KEY },
		{ OTLS_E_MEMORY, OTLS_REASON_INTERNAL },
		{ OTLS_E_BACKEND, OTLS_REASON_INTERNAL },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(answers); i++) {
		scene s;
		start(&s, answers[i].code != OTLS_E_NONE);
		usual(&s);
		s.engine.verify_signature = scripted;
		answer = answers[i].code;
		judge(&s);
		expect(&s, "engine answers", answers[i].reason, answers[i].reason == OTLS_REASON_OK ? -1 : 1, NULL);
		assert_true(!s.bad || s.outcome.report.code == answer);
		finish(&s);
	}
}

/* From the anchor down, and nothing where the path is bad without it. */
static void
signatures_last(void **state)
{
	scene s;

	(void)state;
	answer = OTLS_E_VERIFY;
	start(&s, true);
	usual(&s);
	s.engine.verify_signature = scripted;
	checks = 0;
	judge(&s);
	expect(&s, "signatures last", OTLS_REASON_BAD_SIGNATURE, 1, NULL);
	assert_int_equal(checks, 1);
	s.params.max_intermediates = 0;
	checks = 0;
	judge(&s);
	expect(&s, "signatures last", OTLS_REASON_CHAIN_TOO_LONG, 0, NULL);
	assert_int_equal(checks, 0);
	finish(&s);
}

/* Many roots of one name with large keys, none of which fits. */
static void
too_many_signatures(void **state)
{
	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		size_t count = bad ? 40 : 20;
		scene s;
		start(&s, bad);
		make_all(&s);
		send(&s, s.the_leaf);
		send(&s, s.the_middle);
		s.root.no_key_ids = true;
		for (size_t i = 0; i < count; i++)
			trust(&s, make(&s, &s.root, NULL));
		for (size_t i = 0; i < count; i++)
			((otls_certificate *)(uintptr_t)otls_store_certificate_at(s.store, i))->spki.bits = 521;
		s.engine.verify_signature = scripted;
		answer = OTLS_E_VERIFY;
		checks = 0;
		judge(&s);
		if (bad)
			expect(&s, "too many signatures", OTLS_REASON_TOO_COSTLY, -1, "signatures");
		else
			expect(&s, "many signatures", OTLS_REASON_BAD_SIGNATURE, 1, NULL);
		assert_int_equal(checks, bad ? 30 : 20);
		finish(&s);
	}
}

/* Authorities of one name that might all have signed one another. */
static void
too_many_paths(void **state)
{
	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		mint_spec same = authority("Same");
		scene s;
		start(&s, true);
		same.no_key_ids = true;
		s.the_middle = make(&s, &same, NULL);
		send(&s, make(&s, &s.leaf, s.the_middle));
		for (int i = 0; i < (bad ? 12 : 4); i++)
			add_extra(&s, make(&s, &same, NULL));
		judge(&s);
		if (bad)
			expect(&s, "too many paths", OTLS_REASON_TOO_COSTLY, -1, "ways");
		else
			expect(&s, "many paths", OTLS_REASON_SELF_SIGNED_IN_CHAIN, 4, NULL);
		finish(&s);
	}
}

static void
too_many_constraints(void **state)
{
	static mint_name names[600];
	struct der_out out = { .len = 0 };
	mint_extension extension = { .oid = "2.5.29.30", .critical = true };
	uint8_t *value;

	(void)state;
	der_open(&out, DER_SEQUENCE);
	der_open(&out, DER_CONTEXT_CONSTRUCTED + EXCLUDED);
	for (int i = 0; i < 600; i++) {
		der_open(&out, DER_SEQUENCE);
		der_text(&out, 0x82, "a.test");
		der_close(&out);
	}
	der_close(&out);
	der_close(&out);
	assert_true(der_take(&out, &value, &extension.len));
	extension.value = value;
	for (size_t i = 0; i < OTLS_COUNT(names); i++)
		names[i] = (mint_name){ OTLS_SAN_DNS, HOST, sizeof(HOST) - 1 };
	for (int bad = 0; bad < 2; bad++) {
		scene s;
		start(&s, bad);
		s.leaf.names = NULL;
		s.leaf.raw_names = names;
		s.leaf.raw_name_count = bad ? 600 : 300;
		s.middle.extensions = &extension;
		s.middle.extension_count = 1;
		usual(&s);
		judge(&s);
		expect(&s, "too many constraints", bad ? OTLS_REASON_TOO_COSTLY : OTLS_REASON_OK, -1,
		    bad ? "names" : NULL);
		finish(&s);
	}
	free(value);
}

/* == memory, alerts == */

static unsigned allowed;

static bool
trap(void)
{
	return allowed != 0 && allowed-- != 0;
}

/* Whichever allocation fails: the verdict is there, and no other than with memory or INTERNAL. */
static void
memory(void **state)
{
	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		otls_verify_reason good_memory = bad ? OTLS_REASON_HOSTNAME_MISMATCH : OTLS_REASON_OK;
		bool failed = false;
		for (unsigned i = 0; i < 8; i++) {
			scene s;
			start(&s, bad);
			other_host(&s);
			allowed = i;
			otls__alloc_trap = trap;
			judge(&s);
			otls__alloc_trap = NULL;
			assert_true(s.outcome.reason == OTLS_REASON_INTERNAL || s.outcome.reason == good_memory);
			failed = failed || s.outcome.reason == OTLS_REASON_INTERNAL;
			finish(&s);
		}
		assert_true(failed);
	}
}

static void
alerts(void **state)
{
	(void)state;
	assert_int_equal(otls__verify_alert(OTLS_REASON_EXPIRED), 45);
	assert_int_equal(otls__verify_alert(OTLS_REASON_NOT_YET_VALID), 45);
	assert_int_equal(otls__verify_alert(OTLS_REASON_UNKNOWN_ISSUER), 48);
	assert_int_equal(otls__verify_alert(OTLS_REASON_SELF_SIGNED_LEAF), 48);
	assert_int_equal(otls__verify_alert(OTLS_REASON_CHAIN_TOO_LONG), 48);
	assert_int_equal(otls__verify_alert(OTLS_REASON_REVOKED), 44);
	assert_int_equal(otls__verify_alert(OTLS_REASON_INVALID_PURPOSE), 43);
	assert_int_equal(otls__verify_alert(OTLS_REASON_UNSUPPORTED_KEY), 43);
	assert_int_equal(otls__verify_alert(OTLS_REASON_HOSTNAME_MISMATCH), 42);
	assert_int_equal(otls__verify_alert(OTLS_REASON_BAD_SIGNATURE), 42);
	assert_int_equal(otls__verify_alert(OTLS_REASON_WEAK_KEY), 42);
	assert_int_equal(otls__verify_alert(OTLS_REASON_NAME_CONSTRAINTS), 46);
	assert_int_equal(otls__verify_alert(OTLS_REASON_CRITICAL_EXTENSION), 46);
	assert_int_equal(otls__verify_alert(OTLS_REASON_OCSP_INVALID), 113);
	assert_int_equal(otls__verify_alert(OTLS_REASON_NO_PEER_CERTIFICATE), 116);
	assert_int_equal(otls__verify_alert(OTLS_REASON_INTERNAL), 80);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason),
		cmocka_unit_test(constraints_on_names),
		cmocka_unit_test(constraints_of_root),
		cmocka_unit_test(any_order),
		cmocka_unit_test(all_candidates),
		cmocka_unit_test(expired_cross_certificate),
		cmocka_unit_test(ring),
		cmocka_unit_test(engine_answers),
		cmocka_unit_test(signatures_last),
		cmocka_unit_test(too_many_signatures),
		cmocka_unit_test(too_many_paths),
		cmocka_unit_test(too_many_constraints),
		cmocka_unit_test(memory),
		cmocka_unit_test(alerts),
	};
	int failed = 0;

	for (size_t i = 0; (backend = otls_backend_at(i)) != NULL; i++) {
		if (!otls_backend_has(backend, OTLS_CAP_GENERATE_KEY))
			continue;
		failed += cmocka_run_group_tests_name(otls_backend_name(backend), tests, NULL, NULL);
	}
	return failed;
}
