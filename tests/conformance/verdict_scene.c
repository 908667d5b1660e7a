/* Chains that are told about: how they are made, shown and judged. */
#include "verdict_scene.h"

#include "wire.h"

#include <stdlib.h>
#include <string.h>

static const char *const host_names[] = { HOST, NULL };

/* == playing a row == */

void
verdict_init(struct run *run, struct table *table)
{
	*table = (struct table){
		.root = { .common_name = "Root", .is_ca = true },
		.middle = { .common_name = "Intermediate", .is_ca = true },
		.leaf = { .common_name = HOST, .names = host_names, .key = pki_key(run) },
		.name = HOST,
		.max_intermediates = -1,
	};
}

bool
verdict_make(struct run *run, struct table *table)
{
	table->the_root = pki_make(run, &table->root, NULL);
	if (table->the_root == NULL || (table->the_middle = pki_make(run, &table->middle, table->the_root)) == NULL)
		return false;
	return (table->the_leaf = pki_make(run, &table->leaf, table->the_middle)) != NULL;
}

static const char *
chain_text(struct run *run, const struct table *table)
{
	const mint_identity *usual[] = { table->the_leaf, table->the_middle, NULL };

	if (table->chain_pem != NULL)
		return table->chain_pem;
	return run_owns(run, mint_chain_pem(table->send[0] != NULL ? table->send : usual), free);
}

static bool
refuses_own(struct run *run, otls_context *server, const struct table *table)
{
	const char *chain = chain_text(run, table);
	const char *key = table->key_pem != NULL ? table->key_pem : table->the_leaf->key_pem;

	return CHECK(run, chain != NULL) &&
	       CHECK_ERROR(run, otls_context_use_key_pair_mem(server, chain, strlen(chain), key, strlen(key)),
		   table->own_refusal);
}

bool
verdict_use_chain(struct run *run, otls_context *server, const struct table *table)
{
	const char *chain = chain_text(run, table);
	const char *key = table->key_pem != NULL ? table->key_pem : table->the_leaf->key_pem;

	return CHECK(run, chain != NULL) &&
	       CHECK_OK(run, otls_context_use_key_pair_mem(server, chain, strlen(chain), key, strlen(key)));
}

bool
verdict_set_trust(struct run *run, otls_context *client, const struct table *table)
{
	const mint_identity *usual[] = { table->the_root, NULL };
	const mint_identity *const *trusted = table->trust[0] != NULL ? table->trust : usual;
	const char *pem = table->trust_pem;
	otls_store *store = NULL;

	if (pem == NULL)
		pem = run_owns(run, mint_chain_pem(trusted), free);
	return CHECK(run, pem != NULL) && CHECK_OK(run, otls_store_new(&store)) && run_owns_store(run, store) != NULL &&
	       CHECK_OK(run, otls_store_add_pem(store, pem, strlen(pem))) &&
	       pki_add_list(run, store, table->leaf_list, table->the_middle) &&
	       pki_add_list(run, store, table->middle_list, table->the_root) &&
	       (table->max_intermediates < 0 ||
		   CHECK_OK(run, otls_context_set_verify_depth(client, table->max_intermediates))) &&
	       CHECK_OK(run, otls_context_set_store(client, store)) &&
	       CHECK_OK(run, otls_context_set_verify_flags(client, table->flags));
}

/* == a leaf that no server of ours shows == */

static void
put24(uint8_t *at, size_t number)
{
	at[0] = (uint8_t)(number >> 16);
	at[1] = (uint8_t)(number >> 8);
	at[2] = (uint8_t)number;
}

/* A Certificate message of TLS 1.2 (RFC 5246, section 7.4.2). */
static size_t
write_certificates(const otls_certificate *const *chain, size_t count, uint8_t *out)
{
	size_t at = 4 + 3;

	for (size_t i = 0; i < count; i++) {
		size_t len = 0;
		const uint8_t *der = otls_certificate_der(chain[i], &len);

		put24(out + at, len);
		memcpy(out + at + 3, der, len);
		at += 3 + len;
	}
	out[0] = 11;
	put24(out + 1, at - 4);
	put24(out + 4, at - 7);
	return at;
}

/* The handshake messages of a flight in plain text, out of their records. */
static size_t
join_records(const uint8_t *flight, size_t len, uint8_t *out)
{
	size_t joined = 0;

	for (size_t at = 0; at + 5 <= len;) {
		size_t body = (size_t)flight[at + 3] << 8 | flight[at + 4];

		memcpy(out + joined, flight + at + 5, body);
		joined += body;
		at += 5 + body;
	}
	return joined;
}

/* What the server sends is held, and its certificates are replaced. */
static bool
swap_chain(struct run *run, struct pair *pair, const otls_certificate *const *chain, size_t count)
{
	static uint8_t flight[65536], messages[65536], other[16384];
	struct bytes_out *out = run_owns(run, calloc(1, sizeof(*out)), free);
	size_t len = 0, at = 0, other_len = write_certificates(chain, count, other);

	pair->to_client.held = true;
	pair_handshake(pair);
	pair->to_client.held = false;
	len = link_take(&pair->to_client, flight, sizeof(flight));
	len = join_records(flight, len, messages);
	for (; out != NULL && at + 4 <= len;) {
		size_t size = 4 + ((size_t)messages[at + 1] << 16 | (size_t)messages[at + 2] << 8 | messages[at + 3]);
		bool swapped = messages[at] == 11;

		out->len = 0;
		wire_records(WIRE_HANDSHAKE, swapped ? other : messages + at, swapped ? other_len : size, 16384, out);
		link_put(&pair->to_client, out->data, out->len);
		at += size;
	}
	return CHECK(run, at > 0 && at == len);
}

/* == the verdict == */

static bool
check_alert(struct run *run, struct pair *pair, enum alert alert)
{
	const otls_error *client = otls_connection_error(pair->client), *server = otls_connection_error(pair->server);
	bool exact = otls_backend_has(run->client, OTLS_CAP_EXACT_ALERT);

	/* A library that fails on its own before it asks for the verdict may leave its peer in the dark. */
	if (!exact && !otls_error_alert_was_sent(client))
		return CHECK(run, pair->server_status != OTLS_OK);
	return CHECK(run, otls_error_alert_was_sent(client)) &&
	       CHECK_NUMBER(run, otls_error_code(server), OTLS_E_ALERT_RECEIVED) &&
	       CHECK_NUMBER(run, otls_error_alert(server), otls_error_alert(client)) &&
	       (!exact || CHECK_NUMBER(run, otls_error_alert(server), alert));
}

static bool
check_verdict(struct run *run, struct pair *pair, const struct verdict_row *row)
{
	const otls_error *client = NULL;

	pair_handshake(pair);
	if (otls_error_code(otls_connection_error(pair->server)) == OTLS_E_BACKEND)
		return unsupported(run, "a certificate that this library does not show");
	client = otls_connection_error(pair->client);
	if (row->reason == OTLS_REASON_OK)
		return CHECK_TEXT(run, otls_error_message(client), "") && pair_connect(pair) &&
		       pair_exchange(pair, 100) &&
		       CHECK_NUMBER(run, otls_connection_verify_result(pair->client, NULL), OTLS_REASON_OK);
	return CHECK_TEXT(run, otls_error_name(client), "VERIFY") &&
	       CHECK_TEXT(run, otls_verify_reason_name(otls_error_verify_reason(client)),
		   otls_verify_reason_name((int)row->reason)) &&
	       (row->depth == ANY_DEPTH || CHECK_NUMBER(run, otls_error_verify_depth(client), row->depth)) &&
	       check_alert(run, pair, row->alert);
}

/* The same scene with the leaf that is refused by its own server: behind a good one, where that is in plain text. */
static bool
play_unshown(struct run *run, otls_context *client, const struct table *table)
{
	const char *texts[2] = { table->chain_pem, NULL };
	const otls_certificate *chain[2] = { NULL };
	otls_context *server = good_server(run);
	otls_certificate *cert = NULL;
	struct pair *pair = NULL;
	size_t count = 0;

	if (run->version != OTLS_TLS1_2)
		return true;
	if (texts[0] == NULL) {
		texts[0] = table->the_leaf->pem;
		texts[1] = table->the_middle->pem;
	}
	for (; count < 2 && texts[count] != NULL; count++) {
		if (!CHECK_OK(run, otls_certificate_new(texts[count], strlen(texts[count]), OTLS_FILETYPE_PEM, &cert)))
			return false;
		chain[count] = run_owns_certificate(run, cert);
	}
	if (!verdict_set_trust(run, client, table))
		return false;
	pair = pair_open(run, client, server, WIRE_CALLBACKS);
	return swap_chain(run, pair, chain, count) && check_verdict(run, pair, run->test->row);
}

bool
verdict_play(struct run *run)
{
	const struct verdict_row *row = run->test->row;
	otls_context *client = bare_client(run), *server = bare_server(run);
	struct pair *pair = NULL;
	struct table table;

	verdict_init(run, &table);
	if (row->set != NULL)
		row->set(run, &table);
	if (table.chain_pem == NULL && !verdict_make(run, &table))
		return false;
	if (row->arrange != NULL)
		row->arrange(run, &table);
	if (run->outcome == OUTCOME_FAILED)
		return false;
	if (table.own_refusal != OTLS_E_NONE)
		return refuses_own(run, server, &table) && play_unshown(run, client, &table);
	if (!verdict_use_chain(run, server, &table) || !verdict_set_trust(run, client, &table))
		return false;
	pair = pair_open_named(run, client, server, table.name, WIRE_MEMORY);
	if (table.no_server_name && !CHECK_OK(run, otls_connection_set_server_name(pair->client, "")))
		return false;
	return check_verdict(run, pair, row);
}

/* == what rows have in common == */

const char *
verdict_claim_algorithm(struct run *run, const mint_identity *identity, uint8_t algorithm, unsigned places)
{
	static const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b };
	size_t len = identity->certificate.len;
	uint8_t *der = run_owns(run, malloc(len), free);

	if (der == NULL)
		return NULL;
	memcpy(der, identity->certificate.data, len);
	for (size_t i = 0; i + sizeof(oid) <= len && places > 0; i++) {
		if (memcmp(der + i, oid, sizeof(oid)) != 0)
			continue;
		der[i + sizeof(oid) - 1] = algorithm;
		places--;
	}
	return run_owns(run, mint_pem("CERTIFICATE", (otls_bytes){ der, len }), free);
}

void
verdict_use_rsa(struct run *run, struct table *table)
{
	table->root.key = run_owns(
	    run, mint_key_generate(run->server, OTLS_KEY_RSA_2048), (void (*)(void *))mint_key_free);
	table->middle.key = table->root.key;
}

void
verdict_extend(mint_spec *spec, const mint_extension *extension)
{
	spec->extensions = extension;
	spec->extension_count = 1;
}

void
verdict_send_texts(struct run *run, struct table *table, const char *leaf, const char *middle)
{
	char *chain = run_owns(run, calloc(1, 32768), free);

	if (chain != NULL && leaf != NULL && middle != NULL)
		table->chain_pem = strcat(strcpy(chain, leaf), middle);
}
