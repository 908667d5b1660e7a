/* The verifier on generated chains, against a second one that tries every path and knows only the rules that are played
 * with here: names, signatures, dates, authorities, path lengths and purposes.  Whoever accepts what the other refuses is
 * wrong, unless the verifier has given up. */
#include "make_der.h"
#include "patch.h"
#include "x509/certificate.h"
#include "x509/verify.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CERTS_MAX 8
#define NOW       INT64_C(1700000000)

/* What is known of a certificate, without reading it. */
struct card {
	uint8_t subject, issuer, key, signed_by;
	bool ca, may_sign, expired, trusted, server;
	int path_length; /* -1: none */
	otls_certificate *cert;
};

/* == making them == */

static otls_bytes
make_name(uint8_t number)
{
	uint8_t *letter = make_room(1);

	*letter = (uint8_t)('a' + number);
	return DER(0x30, DER(0x31, DER(0x30, RAW("\x06\x03\x55\x04\x03"), DER(0x0c, otls__bytes(letter, 1)))));
}

static otls_bytes
make_filled(size_t len, uint8_t byte, bool bit_string)
{
	uint8_t *bytes = make_room(len + 1);

	memset(bytes, byte, len + 1);
	if (bit_string)
		bytes[0] = 0;
	return otls__bytes(bytes, len + bit_string);
}

#define ED25519 RAW("\x30\x05\x06\x03\x2b\x65\x70")

static otls_bytes
make_constraints(const struct card *card)
{
	uint8_t *number = make_room(1);

	*number = (uint8_t)card->path_length;
	if (!card->ca)
		return CRITICAL_EXTENSION("\x55\x1d\x13", RAW("\x30\x00"));
	return CRITICAL_EXTENSION("\x55\x1d\x13",
	    DER(0x30, RAW("\x01\x01\xff"), card->path_length < 0 ? NOTHING : DER(0x02, otls__bytes(number, 1))));
}

static otls_bytes
make_card(const struct card *card)
{
	make_certificate parts = make_parts();

	parts.subject = make_name(card->subject);
	parts.issuer = make_name(card->issuer);
	parts.algorithm = parts.outer_algorithm = ED25519;
	parts.not_before = TEXT(0x17, "200102030405Z");
	parts.not_after = card->expired ? TEXT(0x17, "210102030405Z") : TEXT(0x17, "300102030405Z");
	parts.spki = DER(0x30, ED25519, DER(0x03, make_filled(32, card->key, true)));
	parts.signature = DER(0x03, make_filled(64, card->signed_by, true));
	parts.extensions = JOIN(make_constraints(card),
	    EXTENSION("\x55\x1d\x0f", card->may_sign ? RAW("\x03\x02\x02\x84") : RAW("\x03\x02\x07\x80")),
	    EXTENSION("\x55\x1d\x25", DER(0x30, card->server ? RAW("\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01")
							     : RAW("\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02"))));
	return make_whole(&parts);
}

/* Four bytes each. */
static struct card
deal(const uint8_t *data)
{
	return (struct card){
		.subject = data[0] % 5,
		.issuer = data[0] / 5 % 5,
		.key = data[1] % 5,
		.signed_by = data[1] / 5 % 5,
		.ca = (data[2] & 3) != 0,
		.may_sign = (data[2] & 3) != 0 && (data[2] & 12) != 0,
		.expired = (data[2] & 0x70) == 0x70,
		.trusted = (data[3] & 3) == 3,
		.server = (data[3] & 0x1c) != 0x1c,
		.path_length = (data[3] >> 5) - 4 >= 0 ? (data[3] >> 5) - 4 : -1,
	};
}

/* == the engine == */

static otls_status
verify_signature(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	(void)algorithm, (void)tbs;
	if (spki.data[spki.len - 1] == signature.data[0])
		return OTLS_OK;
	report->code = OTLS_E_VERIFY;
	return OTLS_ERROR;
}

static const otls_engine engine = { .library = "none", .verify_signature = verify_signature };

/* == the second opinion == */

static bool
is_root(const struct card *card)
{
	return card->trusted && card->subject == card->issuer;
}

/* below: intermediates between the issuer and the leaf that are not self-issued. */
static bool
may_issue(const struct card *issuer, const struct card *cert, int below)
{
	return issuer->subject == cert->issuer && issuer->key == cert->signed_by && !issuer->expired && issuer->ca &&
	       issuer->may_sign && issuer->server && (issuer->path_length < 0 || below <= issuer->path_length);
}

/* No name comes twice with the same key (RFC 4158, section 5.2). */
static bool
is_in_path(const struct card *cards, size_t count, unsigned used, const struct card *card)
{
	for (size_t i = 0; i < count; i++)
		if ((used & (1u << i)) != 0 && cards[i].subject == card->subject && cards[i].key == card->key)
			return true;
	return false;
}

static bool
reaches_root(const struct card *cards, size_t count, size_t top, unsigned used, int below)
{
	const struct card *cert = &cards[top];

	if (is_root(cert))
		return true;
	if (used != 1)
		below += cert->subject != cert->issuer;
	for (size_t i = 0; i < count; i++)
		if (!is_in_path(cards, count, used, &cards[i]) && may_issue(&cards[i], cert, below) &&
		    reaches_root(cards, count, i, used | 1u << i, below))
			return true;
	return false;
}

static bool
should_accept(const struct card *cards, size_t count)
{
	return !cards[0].expired && cards[0].server && reaches_root(cards, count, 0, 1, 0);
}

static bool
is_same(const otls_certificate *a, const otls_certificate *b)
{
	return otls__bytes_equal(otls__bytes(a->der, a->der_len), otls__bytes(b->der, b->der_len));
}

/* A certificate that was dealt twice is trusted twice. */
static void
spread_trust(struct card *cards, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count && cards[i].trusted; j++)
			cards[j].trusted = cards[j].trusted || is_same(cards[i].cert, cards[j].cert);
}

static void
check_path(const otls_verify_outcome *outcome, const struct card *cards, size_t count)
{
	const otls_certificate *anchor = outcome->path[outcome->path_len - 1];

	for (size_t i = 0; i < count; i++)
		if (cards[i].trusted && is_same(anchor, cards[i].cert))
			return;
	abort(); /* it does not end in the store */
}

/* All that is wrong begins with the verdict, and is about certificates of the path; what is good has no fault. */
static void
check_findings(const otls_verify_outcome *outcome)
{
	const otls_findings *all = &outcome->findings;

	if (outcome->reason == OTLS_REASON_OK || outcome->depth < 0) {
		must(all->count == 0);
		return;
	}
	must(all->count > 0 && all->items[0].reason == outcome->reason && all->items[0].depth == outcome->depth);
	for (size_t i = 0; i < all->count; i++)
		must(all->items[i].reason != OTLS_REASON_OK && all->items[i].depth >= 0 &&
		     (size_t)all->items[i].depth < outcome->path_len);
}

static void
judge(const struct card *cards, size_t count)
{
	otls_certificate *chain[CERTS_MAX];
	otls_verify_outcome outcome;
	otls_store *store = NULL;
	otls_verify_params params = {
		.engine = &engine,
		.chain = chain,
		.chain_len = count,
		.peer = OTLS_ROLE_SERVER,
		.key_use = OTLS_KEY_USE_SIGN,
		.max_intermediates = CERTS_MAX,
		.time = NOW,
		.find_all = true,
	};

	must(otls_store_new(&store) == OTLS_OK);
	for (size_t i = 0; i < count; i++) {
		chain[i] = cards[i].cert;
		must(!cards[i].trusted || otls_store_add_certificate(store, cards[i].cert) == OTLS_OK);
	}
	params.store = store;
	otls__verify_chain(&params, &outcome);
	if (outcome.reason != OTLS_REASON_TOO_COSTLY &&
	    (outcome.reason == OTLS_REASON_OK) != should_accept(cards, count)) {
		fprintf(stderr, "%s at %d: %s\n", otls_verify_reason_name((int)outcome.reason), outcome.depth,
		    outcome.text);
		abort();
	}
	if (outcome.reason == OTLS_REASON_OK)
		check_path(&outcome, cards, count);
	else if (outcome.text[0] == '\0')
		abort();
	check_findings(&outcome);
	otls__verify_outcome_fini(&outcome);
	otls_store_free(store);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct card cards[CERTS_MAX];
	size_t count = 0;

	for (; size >= 4 && count < CERTS_MAX; data += 4, size -= 4, count++) {
		cards[count] = deal(data);
		if (otls__certificate_parse(make_card(&cards[count]), "card", &cards[count].cert) != OTLS_OK)
			abort();
	}
	spread_trust(cards, count);
	if (count > 0)
		judge(cards, count);
	for (size_t i = 0; i < count; i++)
		otls_certificate_free(cards[i].cert);
	return 0;
}
