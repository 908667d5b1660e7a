/* Name constraints, every combination: what the common name is, which alternative names there are, what is permitted and
 * excluded of both kinds, and which kind of name is asked for. */
#include "der_out.h"
#include "scene.h"

enum choice { NONE, MATCH, OTHER, CHOICES };

/* Of both kinds of names: the one that is asked for (MATCH), and another one. */
static const char *const hosts[CHOICES] = { NULL, "a.match.test", "a.other.test" };
static const char *const addresses[CHOICES] = { NULL, "192.0.2.1", "198.51.100.1" };
/* Where they are in. */
static const char *const domains[CHOICES] = { NULL, "match.test", "other.test" };
static const char *const networks[CHOICES] = { NULL, "\xc0\0\2\0\xff\xff\xff\0", "\xc6\x33\x64\0\xff\xff\xff\0" };

#define COMMON_NAMES 5
static const char *const common_names[COMMON_NAMES] = { "leaf", "a.match.test", "a.other.test", "192.0.2.1",
	"198.51.100.1" };

/* What an authority permits and excludes, and the names of a leaf. */
typedef struct limits {
	enum choice permitted_dns, permitted_ip, excluded_dns, excluded_ip;
} limits;

#define ALL_LIMITS (CHOICES * CHOICES * CHOICES * CHOICES)
#define ALL_LEAVES (COMMON_NAMES * CHOICES * CHOICES)

typedef struct matrix {
	scene s;
	otls_certificate *middles[ALL_LIMITS], *leaves[ALL_LEAVES];
	otls_peer_name names[2]; /* a host, an address */
} matrix;

/* == what is made == */

static void
put_subtree(struct der_out *out, int tag, const char *base, size_t len)
{
	der_open(out, DER_SEQUENCE);
	der_value(out, tag, base, len);
	der_close(out);
}

static void
put_subtrees(struct der_out *out, int list, enum choice dns, enum choice ip)
{
	if (dns == NONE && ip == NONE)
		return;
	der_open(out, DER_CONTEXT_CONSTRUCTED + list);
	if (dns != NONE)
		put_subtree(out, DER_CONTEXT + 2, domains[dns], strlen(domains[dns]));
	if (ip != NONE)
		put_subtree(out, DER_CONTEXT + 7, networks[ip], 8);
	der_close(out);
}

static otls_certificate *
make(const mint_spec *spec, const mint_identity *issuer)
{
	mint_identity *made = mint_certificate(spec, issuer);
	otls_certificate *cert = NULL;

	if (made == NULL)
		fail_msg("%s", mint_error());
	assert_int_equal(otls__certificate_parse(made->certificate, "test", &cert), OTLS_OK);
	mint_free(made);
	return cert;
}

static limits
limits_at(size_t i)
{
	return (limits){
		.permitted_dns = i % CHOICES,
		.permitted_ip = i / CHOICES % CHOICES,
		.excluded_dns = i / CHOICES / CHOICES % CHOICES,
		.excluded_ip = i / CHOICES / CHOICES / CHOICES,
	};
}

/* All of one name and with one key: each leaf is under each of them. */
static otls_certificate *
make_middle(matrix *m, size_t i)
{
	limits l = limits_at(i);
	mint_extension extension = { .oid = "2.5.29.30", .critical = true };
	struct der_out out = { .len = 0 };
	mint_spec spec = m->s.middle;
	otls_certificate *cert;
	uint8_t *value;

	der_open(&out, DER_SEQUENCE);
	put_subtrees(&out, 0, l.permitted_dns, l.permitted_ip);
	put_subtrees(&out, 1, l.excluded_dns, l.excluded_ip);
	der_close(&out);
	assert_true(der_take(&out, &value, &extension.len));
	extension.value = value;
	spec.key = m->s.the_middle->key;
	spec.extensions = &extension;
	spec.extension_count = i > 0 ? 1 : 0;
	cert = make(&spec, m->s.the_root);
	free(value);
	return cert;
}

static otls_certificate *
make_leaf(matrix *m, size_t i)
{
	const char *host = hosts[i % CHOICES], *address = addresses[i / CHOICES % CHOICES];
	const char *const names[] = { host != NULL ? host : address, host != NULL ? address : NULL, NULL };
	mint_spec spec = m->s.leaf;

	spec.key = m->s.the_leaf->key;
	spec.common_name = common_names[i / CHOICES / CHOICES];
	spec.names = names;
	return make(&spec, m->s.the_middle);
}

static void
start(matrix *m)
{
	scene_start(&m->s, false);
	m->s.root.key_kind = m->s.middle.key_kind = OTLS_KEY_RSA_2048; /* quickest to check */
	scene_make_all(&m->s);
	scene_trust(&m->s, m->s.the_root);
	for (size_t i = 0; i < ALL_LIMITS; i++)
		m->middles[i] = make_middle(m, i);
	for (size_t i = 0; i < ALL_LEAVES; i++)
		m->leaves[i] = make_leaf(m, i);
	assert_int_equal(otls__peer_name_parse(hosts[MATCH], &m->names[0]), OTLS_OK);
	assert_int_equal(otls__peer_name_parse(addresses[MATCH], &m->names[1]), OTLS_OK);
	m->s.params.chain_len = 2;
}

static void
finish(matrix *m)
{
	m->s.params.chain_len = 0;
	for (size_t i = 0; i < ALL_LIMITS; i++)
		otls_certificate_free(m->middles[i]);
	for (size_t i = 0; i < ALL_LEAVES; i++)
		otls_certificate_free(m->leaves[i]);
	scene_finish(&m->s);
}

/* == what is right == */

static bool
is_within(enum choice name, enum choice permitted, enum choice excluded)
{
	return name == NONE || ((permitted == NONE || permitted == name) && excluded != name);
}

/* Common names are no names of hosts where there are others, and nothing is asked of them where there are none: then the
 * leaf is for nobody (RFC 9525). */
static otls_verify_reason
right_reason(size_t leaf, size_t middle, size_t kind)
{
	enum choice dns = leaf % CHOICES, ip = leaf / CHOICES % CHOICES;
	limits l = limits_at(middle);

	if (!is_within(dns, l.permitted_dns, l.excluded_dns) || !is_within(ip, l.permitted_ip, l.excluded_ip))
		return OTLS_REASON_NAME_CONSTRAINTS;
	if ((kind == 0 ? dns : ip) == MATCH)
		return OTLS_REASON_OK;
	return kind == 0 ? OTLS_REASON_HOSTNAME_MISMATCH : OTLS_REASON_IP_MISMATCH;
}

static bool
has_names(size_t leaf)
{
	return leaf % (CHOICES * CHOICES) != 0;
}

static void
judge(matrix *m, size_t leaf, size_t middle, size_t kind)
{
	otls_verify_reason right = right_reason(leaf, middle, kind), got;

	m->s.chain[0] = m->leaves[leaf];
	m->s.chain[1] = m->middles[middle];
	m->s.params.name = &m->names[kind];
	scene_judge(&m->s);
	got = m->s.outcome.reason;
	/* Constraints are held against a host in the common name where there is nothing else: refused either way. */
	if (!has_names(leaf) && got == OTLS_REASON_NAME_CONSTRAINTS)
		got = right;
	if (got != right)
		fail_msg("leaf %zu, middle %zu, kind %zu: %s instead of %s: %s", leaf, middle, kind,
		    otls_verify_reason_name(got), otls_verify_reason_name(right), m->s.outcome.text);
}

static void
every_combination(void **state)
{
	matrix *m = calloc(1, sizeof(*m));

	(void)state;
	assert_non_null(m);
	start(m);
	for (size_t leaf = 0; leaf < ALL_LEAVES; leaf++) {
		for (size_t middle = 0; middle < ALL_LIMITS; middle++) {
			judge(m, leaf, middle, 0);
			judge(m, leaf, middle, 1);
		}
	}
	finish(m);
	free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination),
	};

	return scene_run(tests);
}
