/* Judging the peer, and naming failures. */
#include "connection/connection.h"

#include "registry/registry.h"

#include <stdio.h>

/* == the chain as it came == */

static bool
starts_with(const otls_peer *peer, const otls_bytes *chain, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!otls__bytes_equal(peer->raw[i], chain[i]))
			return false;
	return true;
}

static bool
same_chain(const otls_peer *peer, const otls_bytes *chain, size_t n)
{
	return peer->count == n && starts_with(peer, chain, n);
}

void
otls__peer_fini(otls_peer *peer)
{
	for (size_t i = 0; i < peer->count; i++) {
		if (peer->chain[i] == NULL)
			otls__free((void *)(uintptr_t)peer->raw[i].data);
		otls_certificate_free(peer->chain[i]);
	}
	otls__free(peer->chain);
	otls__free(peer->raw);
	if (peer->judged)
		otls__verify_outcome_fini(&peer->outcome);
	otls__buffer_fini(&peer->staple);
	*peer = (otls_peer){ 0 };
}

/* Parses one; one that cannot be parsed is kept as bytes. */
static bool
take_certificate(otls_peer *peer, otls_bytes der)
{
	char where[40];
	void *copy;

	snprintf(where, sizeof(where), "peer certificate %zu", peer->count);
	if (otls__certificate_parse(der, where, &peer->chain[peer->count]) == OTLS_OK) {
		const otls_certificate *cert = peer->chain[peer->count];

		peer->raw[peer->count++] = otls__bytes(cert->der, cert->der_len);
		return true;
	}
	if (otls_error_code(otls__error_thread()) == OTLS_E_MEMORY || (copy = otls__memdup(der.data, der.len)) == NULL)
		return false;
	peer->raw[peer->count++] = otls__bytes(copy, der.len);
	return true;
}

static bool
take_chain(otls_peer *peer, const otls_bytes *chain, size_t n)
{
	peer->told = true;
	if (n == 0)
		return true;
	peer->chain = otls__alloc(n * sizeof(otls_certificate *));
	peer->raw = otls__alloc(n * sizeof(*peer->raw));
	if (peer->chain == NULL || peer->raw == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!take_certificate(peer, chain[i]))
			return false;
	return true;
}

static void
conclude(otls_peer *peer, otls_verify_reason reason, int depth)
{
	peer->outcome.reason = reason;
	peer->outcome.depth = depth;
	snprintf(peer->outcome.text, sizeof(peer->outcome.text), "%s", otls_verify_reason_text(reason));
}

/* Refuses, whatever the verdict was. */
static void
overrule(otls_peer *peer, otls_verify_reason reason, int depth)
{
	if (peer->judged)
		otls__verify_outcome_fini(&peer->outcome);
	peer->outcome = (otls_verify_outcome){ 0 };
	conclude(peer, reason, depth);
	peer->judged = peer->refused = true;
	peer->alert = otls__verify_alert(reason);
}

static void
set_chain(otls_connection *conn, const otls_bytes *chain, size_t n)
{
	bool first = conn->auth != OTLS_LATE_IDLE && conn->peer.count == 0; /* asked for behind the handshake */

	if (conn->recalled)
		otls__peer_fini(&conn->peer);
	conn->recalled = false;
	if (conn->peer.told && same_chain(&conn->peer, chain, n))
		return;
	if (conn->peer.told && first)
		otls__peer_fini(&conn->peer);
	if (conn->peer.told)
		overrule(&conn->peer, OTLS_REASON_CHANGED, 0); /* of another handshake on the same connection */
	else if (!take_chain(&conn->peer, chain, n))
		conn->no_memory = true;
}

void
otls__peer_recall(otls_connection *conn, const otls_bytes *chain, size_t n)
{
	set_chain(conn, chain, n);
}

/* TLS 1.2: the Certificate message as it stood on the wire.  What the engine told must be the same; where it failed
 * before it told anything, this is what is judged. */
static void
chain_from_wire(otls_connection *conn)
{
	otls_reader r = otls__reader(otls__buffer_view(&conn->gate.certificate));
	otls_bytes chain[OTLS_SENT_MAX + 1];
	size_t n = 0;

	if (r.len == 0)
		return;
	otls__read_bytes(&r, 4); /* the message's header */
	r = otls__reader(otls__read_vector24(&r));
	while (!r.failed && r.len > 0 && n < OTLS_COUNT(chain))
		chain[n++] = otls__read_vector24(&r);
	if (!r.failed && r.len == 0)
		set_chain(conn, chain, n);
}

/* A library that takes only so many certificates tells the first ones; the wire may know of more. */
static bool
is_known(const otls_peer *peer, const otls_bytes *chain, size_t n)
{
	return n > 0 && n < peer->count && starts_with(peer, chain, n);
}

void
otls__peer_chain(otls_connection *conn, const otls_bytes *chain, size_t n)
{
	chain_from_wire(conn);
	if (conn->auth == OTLS_LATE_ASKED)
		conn->auth = OTLS_LATE_TOLD;
	if (!is_known(&conn->peer, chain, n))
		set_chain(conn, chain, n);
	conn->peer.by_engine = true;
}

/* == the verdict == */

otls_verify_params
otls__verify_params(const otls_connection *conn, const otls_store *store)
{
	const otls_settings *settings = &conn->sealed->settings;
	uint64_t flags = settings->verify_flags | otls__store_flags(store);
	bool check_name = conn->role == OTLS_ROLE_CLIENT && !conn->skip_name_check && conn->peer_name.text[0] != '\0';

	return (otls_verify_params){
		.engine = conn->engine,
		.store = store,
		.chain = conn->peer.chain,
		.chain_len = conn->peer.count,
		.peer = conn->role == OTLS_ROLE_CLIENT ? OTLS_ROLE_SERVER : OTLS_ROLE_CLIENT,
		.name = check_name ? &conn->peer_name : NULL,
		.key_use = otls__key_use(flags),
		.max_intermediates = settings->verify_depth,
		.flags = flags,
		.time = otls__store_time(store),
		.level = otls__level(settings->level),
		.version = conn->gate.version,
		.groups = conn->sealed->groups,
		.group_count = conn->sealed->group_count,
		.schemes = conn->sealed->schemes,
		.scheme_count = conn->sealed->scheme_count,
		.find_all = settings->verify != NULL,
	};
}

/* The first certificate that could not be parsed, or -1. */
static int
unreadable(const otls_peer *peer)
{
	for (size_t i = 0; i < peer->count; i++)
		if (peer->chain[i] == NULL)
			return (int)i;
	return -1;
}

static void
judge_chain(otls_connection *conn, const otls_store *store)
{
	const otls_pin_list *keys = &conn->sealed->settings.trusted_keys;
	otls_verify_outcome *outcome = &conn->peer.outcome;
	otls_verify_params params = otls__verify_params(conn, store);

	if (keys->count > 0)
		otls__verify_key(&params, keys, outcome);
	else
		otls__verify_chain(&params, outcome);
	conn->no_memory = outcome->reason == OTLS_REASON_INTERNAL && outcome->report.code == OTLS_E_MEMORY;
}

static void
judge(otls_connection *conn)
{
	otls_peer *peer = &conn->peer;
	otls_store *store = NULL;

	peer->outcome = (otls_verify_outcome){ .depth = -1 };
	if (conn->sealed->settings.trusted_keys.count == 0 &&
	    otls__sealed_trust(conn->sealed, conn->role, &store) != OTLS_OK)
		store = NULL; /* nothing is trusted, and the verdict says so */
	if (peer->count == 0)
		conclude(peer, OTLS_REASON_NO_PEER_CERTIFICATE, -1);
	else if (unreadable(peer) >= 0)
		conclude(peer, OTLS_REASON_MALFORMED, unreadable(peer));
	else
		judge_chain(conn, store);
	peer->judged = true;
	if (!conn->no_memory)
		otls__peer_settle(conn, store);
}

static bool
is_accepted(const otls_connection *conn)
{
	uint64_t mode = otls__verify_mode(conn);

	if (conn->peer.unpinned)
		return false;
	if (conn->peer.outcome.reason == OTLS_REASON_OK || conn->peer.overruled || mode == OTLS_VERIFY_INSECURE_NONE)
		return true;
	/* A server that does not insist: a client without a certificate is as good as anybody. */
	return conn->role == OTLS_ROLE_SERVER && conn->peer.count == 0 &&
	       (mode & OTLS_VERIFY_FAIL_IF_NO_PEER_CERT) == 0;
}

otls_status
otls__peer_judge(otls_connection *conn, int *alert)
{
	otls_peer *peer = &conn->peer;

	chain_from_wire(conn);
	if (!peer->judged && !conn->no_memory) {
		judge(conn);
		peer->refused = !is_accepted(conn);
		peer->alert = otls__verify_alert(peer->outcome.reason);
	}
	if (peer->judged && !peer->refused && !conn->no_memory)
		return OTLS_OK;
	*alert = conn->no_memory ? otls__verify_alert(OTLS_REASON_INTERNAL) : peer->alert;
	return OTLS_ERROR;
}

/* == failures == */

enum { ALERT_LEVEL_FATAL = 2, ALERT_CLOSE_NOTIFY = 0 };

static otls_status
explain_refusal(const otls_connection *conn, const otls_report *report)
{
	const otls_verify_outcome *outcome = &conn->peer.outcome;
	otls_error *err = otls__error_thread();

	otls__fail(OTLS_E_VERIFY, "%s", outcome->text);
	otls__error_entries(&outcome->report);
	err->verify_reason = (int)outcome->reason;
	err->verify_depth = outcome->depth;
	/* The engine was asked for an alert, or failed by itself, and then only it knows whether it sent one. */
	err->alert = report->alert_sent ? report->alert : conn->peer.asked ? conn->peer.alert : -1;
	err->alert_sent = err->alert >= 0;
	return OTLS_ERROR;
}

static otls_status
explain_input(const otls_connection *conn, const char *what)
{
	if (conn->input_end == OTLS_INPUT_EOF)
		return otls__fail(OTLS_E_TRUNCATED, "%s", what);
	return otls__fail_errno(OTLS_E_SYSCALL, conn->input_errno, "%s", what);
}

/* The peer's certificates may be on their way. */
static bool
is_authenticating(const otls_connection *conn)
{
	return conn->state == OTLS_STATE_HANDSHAKE || conn->auth != OTLS_LATE_IDLE;
}

static otls_code
engine_code(const otls_connection *conn, const otls_report *report)
{
	if (report->code == OTLS_E_MEMORY || report->code == OTLS_E_BACKEND || report->code == OTLS_E_UNSUPPORTED)
		return otls__library_code(report);
	return is_authenticating(conn) ? OTLS_E_HANDSHAKE : OTLS_E_RECORD;
}

/* The library has not read all of it; what it told before it gave up may have been judged good. */
static otls_status
explain_limit(otls_connection *conn, const otls_report *report, const char *what)
{
	overrule(&conn->peer, OTLS_REASON_CHAIN_TOO_LONG, -1);
	conn->peer.asked = false;
	otls__fail_report(OTLS_E_ENGINE_LIMIT, report, "%s: the peer's certificates may be more than %s takes", what,
	    conn->engine->library);
	otls__error_thread()->verify_reason = OTLS_REASON_CHAIN_TOO_LONG;
	return OTLS_ERROR;
}

static bool
exceeds(const otls_connection *conn, otls_limit which, size_t value)
{
	uint64_t limit = conn->engine->limit(which);

	return limit != 0 && value > limit;
}

/* As many certificates as the library keeps, and an issuer is missing: there may have been more, which in TLS 1.3 nobody
 * else has seen, and it does not say. */
static bool
is_cut(const otls_connection *conn)
{
	return conn->peer.outcome.reason == OTLS_REASON_UNKNOWN_ISSUER && conn->gate.certificate.len == 0 &&
	       conn->peer.count == conn->engine->limit(OTLS_LIMIT_CHAIN_COUNT);
}

/* It alone has seen them; what was on the wire is judged. */
static bool
is_limit(const otls_connection *conn, const otls_report *report)
{
	return report->code == OTLS_E_LIMIT && conn->gate.certificate.len == 0;
}

/* There are more certificates than the library takes: they can be counted, since some failures to read them have no word
 * of their own; or, where only it has seen them, it says so.  A message behind them may be too large as well, and that is
 * the peer's fault. */
static bool
is_over(const otls_connection *conn, const otls_report *report)
{
	return is_limit(conn, report) || exceeds(conn, OTLS_LIMIT_CHAIN_COUNT, conn->peer.count) ||
	       exceeds(conn, OTLS_LIMIT_CHAIN_BYTES, conn->gate.certificate.len);
}

/* The peer's key is larger than what the library can check signatures with: the verdict on the certificates is good, and
 * the handshake fails at the first signature. */
static bool
is_key_too_large(const otls_connection *conn)
{
	const otls_certificate *leaf = conn->peer.count > 0 ? conn->peer.chain[0] : NULL;

	return conn->state == OTLS_STATE_HANDSHAKE && leaf != NULL && leaf->spki.type == OTLS_KEY_TYPE_RSA &&
	       exceeds(conn, OTLS_LIMIT_RSA_BITS, leaf->spki.bits);
}

/* The engine failed with the peer's chain at hand and no verdict asked for: core's verdict is the reason, and where
 * that would be good, the chain is more than this library can do. */
static otls_status
explain_unjudged(otls_connection *conn, const otls_report *report, const char *what)
{
	int alert;

	if (!is_limit(conn, report) && otls__peer_judge(conn, &alert) != OTLS_OK)
		return conn->no_memory ? otls__fail_memory() : explain_refusal(conn, report);
	if (is_over(conn, report))
		return explain_limit(conn, report, what);
	return otls__fail_report(conn->peer.by_engine ? OTLS_E_ENGINE_LIMIT : engine_code(conn, report), report,
	    "%s: the peer's certificates", what);
}

/* Whether the failure came between the peer's certificates and the verdict on them. */
static bool
is_unjudged(otls_connection *conn, const otls_report *report)
{
	if (conn->recalled)
		chain_from_wire(conn);
	if (!is_authenticating(conn) || (conn->peer.judged && !is_over(conn, report)))
		return false;
	chain_from_wire(conn);
	return conn->peer.count > 0 || report->code == OTLS_E_VERIFY || is_limit(conn, report);
}

/* An alert that ends all came in plain, and the engine could not read it; it may have given up before it took the body. */
static bool
is_plain_alert(otls_connection *conn)
{
	otls_record_count *records = &conn->records;
	otls_bytes rest = otls__input_view(&conn->input);

	if (records->have == 5 && conn->gate.state == OTLS_GATE_OPEN)
		otls__note_alert(records, rest.data, rest.len < records->left ? rest.len : records->left);
	if (conn->state != OTLS_STATE_HANDSHAKE || records->alert_have < 2)
		return false;
	return records->alert[0] == ALERT_LEVEL_FATAL || records->alert[1] == ALERT_CLOSE_NOTIFY;
}

static otls_status
explain_alert(const otls_connection *conn, const otls_report *report, const char *what)
{
	otls_report heard = *report;

	if (report->code != OTLS_E_ALERT_RECEIVED)
		heard.alert = conn->records.alert[1];
	heard.alert_sent = false;
	return otls__fail_report(OTLS_E_ALERT_RECEIVED, &heard, "%s", what);
}

otls_status
otls__callback_failed(otls_connection *conn)
{
	conn->callback_failed = true;
	conn->error = *otls__error_thread();
	return OTLS_ERROR;
}

/* The engine failed for want of what a callback did not give; only it knows the alert. */
static otls_status
explain_callback(const otls_connection *conn, const otls_report *report)
{
	otls_error *err = otls__error_thread();

	*err = conn->error;
	err->alert = report->alert_sent ? report->alert : -1;
	err->alert_sent = report->alert_sent;
	return OTLS_ERROR;
}

otls_status
otls__explain(otls_connection *conn, const otls_report *report, const char *what)
{
	if (conn->gate.state == OTLS_GATE_REFUSED) {
		*otls__error_thread() = conn->error;
		return OTLS_ERROR;
	}
	if (conn->no_memory)
		return otls__fail_memory();
	if (conn->callback_failed)
		return explain_callback(conn, report);
	if (otls__is_flood(conn))
		return otls__fail(OTLS_E_FLOOD, "%s: more than %d records that say nothing", what, OTLS_IDLE_RECORDS);
	if (conn->peer.refused && is_cut(conn))
		return explain_limit(conn, report, what);
	if (conn->peer.refused)
		return explain_refusal(conn, report);
	if (report->code == OTLS_E_ALERT_RECEIVED || is_plain_alert(conn))
		return explain_alert(conn, report, what);
	if (conn->input_end == OTLS_INPUT_EOF || conn->input_end == OTLS_INPUT_BROKEN)
		return explain_input(conn, what);
	if (is_unjudged(conn, report))
		return explain_unjudged(conn, report, what);
	if (is_key_too_large(conn))
		return otls__fail_report(OTLS_E_ENGINE_LIMIT, report, "%s: the peer's RSA key of %u bits", what,
		    conn->peer.chain[0]->spki.bits);
	return otls__fail_report(engine_code(conn, report), report, "%s", what);
}

/* Lets the engine go through what has arrived, within bounds, since a peer may send on for ever; data is passed over,
 * since nothing can be answered any more. */
static otls_status
read_to_the_end(otls_connection *conn, otls_report *report)
{
	size_t len = 0, left = OTLS_FEED_MAX;
	uint8_t scrap[4096];
	otls_status status;

	do {
		*report = otls__report();
		status = conn->state == OTLS_STATE_HANDSHAKE
			     ? conn->engine->handshake(conn->native, report)
			     : conn->engine->read(conn->native, scrap, sizeof(scrap), &len, report);
		left -= len < left ? len : left;
		conn->records.idle = conn->records.fillers = 0;
	} while (status == OTLS_OK && conn->state != OTLS_STATE_HANDSHAKE && left > 0);
	otls__wipe(scrap, sizeof(scrap));
	return status;
}

otls_status
otls__explain_send(otls_connection *conn)
{
	otls_report report;

	if (conn->native != NULL && read_to_the_end(conn, &report) == OTLS_ERROR &&
	    (report.code == OTLS_E_ALERT_RECEIVED || conn->peer.refused)) {
		otls__explain(conn, &report, "sending");
		otls__error_thread()->sys_errno = conn->output_errno;
		return OTLS_ERROR;
	}
	return otls__fail_errno(OTLS_E_SYSCALL, conn->output_errno, "sending");
}
