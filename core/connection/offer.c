/* What a client offers against what a server has: the certificate that is shown, the groups that can be used. */
#include "connection/connection.h"

#include "hello/wire.h"
#include "registry/registry.h"
#include "x509/certificate.h"

/* The version that will be agreed on: the newest of both. */
static uint16_t
common_version(const otls_connection *conn)
{
	uint16_t ours = conn->sealed->settings.max_version, theirs = conn->gate.client.max_version;

	return theirs < ours ? theirs : ours;
}

/* == groups == */

/* A client that names no groups takes any (RFC 8422, section 4). */
static bool
is_group_offered(const otls_connection *conn, uint16_t group)
{
	return conn->gate.client.groups.len == 0 || otls__pairs_have(conn->gate.client.groups, group);
}

static bool
is_share_sent(const otls_connection *conn, uint16_t group)
{
	otls_reader list = otls__reader(conn->gate.client.key_shares);

	while (list.len > 0 && !list.failed) {
		if (otls__read16(&list) == group)
			return true;
		otls__read_vector16(&list);
	}
	return false;
}

/* The best of ours that the client offers, a share of its own before all: another round trip is worth more than the
 * order.  0: none. */
static uint16_t
choose_group(const otls_connection *conn, otls_kx kx)
{
	uint16_t found = 0;

	for (size_t i = 0; i < conn->sealed->group_count; i++) {
		uint16_t group = conn->sealed->groups[i];

		if (!otls__group_serves(group, kx) || !is_group_offered(conn, group))
			continue;
		if (kx != OTLS_KX_TLS13 || is_share_sent(conn, group))
			return group;
		if (found == 0)
			found = group;
	}
	return found;
}

/* Each library would choose by an order of its own.  In TLS 1.2 the others stay behind it: OpenSSL holds a client's
 * ECDSA certificate to them. */
static otls_status
prefer_group(otls_connection *conn, uint16_t chosen, otls_kx kx)
{
	const otls_sealed *sealed = conn->sealed;

	otls__free(conn->groups);
	if ((conn->groups = otls__alloc(sealed->group_count * sizeof(*conn->groups))) == NULL)
		return otls__fail_memory();
	conn->groups[0] = chosen;
	conn->group_count = 1;
	for (size_t i = 0; i < sealed->group_count && kx == OTLS_KX_ECDHE; i++)
		if (sealed->groups[i] != chosen)
			conn->groups[conn->group_count++] = sealed->groups[i];
	return OTLS_OK;
}

/* Leaves out the suites that exchange keys on a curve; *useful: the client has one of the others. */
static otls_status
without_curves(otls_connection *conn, bool *useful)
{
	const otls_sealed *sealed = conn->sealed;

	otls__free(conn->suites);
	conn->suite_count = 0;
	if ((conn->suites = otls__alloc(sealed->suite_count * sizeof(*conn->suites))) == NULL)
		return otls__fail_memory();
	for (size_t i = 0; i < sealed->suite_count; i++) {
		if (otls_cipher_by_id(sealed->suites[i])->kx == OTLS_KX_ECDHE)
			continue;
		conn->suites[conn->suite_count++] = sealed->suites[i];
		*useful = *useful || otls__pairs_have(conn->gate.client.suites, sealed->suites[i]);
	}
	return OTLS_OK;
}

otls_status
otls__offer_groups(otls_connection *conn)
{
	otls_kx kx = common_version(conn) == OTLS_TLS1_3 ? OTLS_KX_TLS13 : OTLS_KX_ECDHE;
	uint16_t chosen = choose_group(conn, kx);
	bool useful = false;

	if (chosen != 0 && conn->gate.client.groups.len == 0)
		return OTLS_OK; /* it takes any: the engine knows what clients of old can do */
	if (chosen != 0)
		return prefer_group(conn, chosen, kx);
	if (kx == OTLS_KX_ECDHE && without_curves(conn, &useful) != OTLS_OK)
		return OTLS_ERROR;
	if (useful)
		return OTLS_OK;
	otls__fail(OTLS_E_HANDSHAKE, "the client offers no group that is allowed here");
	return otls__refuse_plain(conn, ALERT_HANDSHAKE_FAILURE);
}

/* == the certificate == */

/* Whether a suite of TLS 1.2 is offered that this kind of key signs for.  TLS 1.3's suites say nothing of keys. */
static bool
suite_fits(const otls_connection *conn, otls_signature_kind kind, uint16_t version)
{
	bool rsa = kind == OTLS_SIGNATURE_RSA_PKCS1 || kind == OTLS_SIGNATURE_RSA_PSS;

	if (version == OTLS_TLS1_3)
		return true;
	for (size_t i = 0; i < conn->sealed->suite_count; i++) {
		const otls_cipher *cipher = otls_cipher_by_id(conn->sealed->suites[i]);

		if (cipher->auth == (rsa ? OTLS_AUTH_RSA : OTLS_AUTH_ECDSA) &&
		    otls__pairs_have(conn->gate.client.suites, cipher->id))
			return true;
	}
	return false;
}

static bool
is_ours(const otls_connection *conn, uint16_t scheme)
{
	for (size_t i = 0; i < conn->sealed->scheme_count; i++)
		if (conn->sealed->schemes[i] == scheme)
			return true;
	return false;
}

bool
otls__can_sign(const otls_connection *conn, const otls_identity *identity, uint16_t version, otls_scheme_at theirs)
{
	otls_signature_kind kind = otls__identity_kind(identity);
	uint16_t group = identity->chain[0]->spki.group, scheme;
	bool exact = conn->engine->has(OTLS_CAP_OWN_SCHEMES);

	for (size_t i = 0; theirs(conn, 0) == 0 && i < conn->sealed->scheme_count; i++)
		if (otls__scheme_fits(conn->sealed->schemes[i], kind, group, version))
			return true;
	for (size_t i = 0; (scheme = theirs(conn, i)) != 0; i++) {
		if (!otls__scheme_fits(scheme, kind, group, version) ||
		    !conn->engine->supports(OTLS_KIND_SCHEME, scheme))
			continue;
		if (!exact || is_ours(conn, scheme))
			return is_ours(conn, scheme); /* it takes the first that it can */
	}
	return false;
}

/* RFC 8422, section 5.1: in TLS 1.2 the groups are those of ECDSA keys, too. */
static bool
curve_fits(const otls_connection *conn, const otls_identity *identity, uint16_t version)
{
	uint16_t group = identity->chain[0]->spki.group;

	return version == OTLS_TLS1_3 || group == 0 || is_group_offered(conn, group);
}

static bool
identity_fits(const otls_connection *conn, const otls_identity *identity)
{
	otls_signature_kind kind = otls__identity_kind(identity);
	uint16_t version = common_version(conn);

	return otls__can_sign(conn, identity, version, otls_connection_hello_scheme_at) &&
	       suite_fits(conn, kind, version) && curve_fits(conn, identity, version);
}

/* The one that a callback has given; else by name and by what the client can do, else by the latter; NULL: none. */
static otls_identity *
find_identity(const otls_connection *conn)
{
	const otls_settings *settings = &conn->sealed->settings;
	otls_identity *fitting = NULL;
	otls_peer_name name;
	bool named = settings->identity_count > 1 && conn->server_name[0] != '\0' &&
		     otls__peer_name_parse(conn->server_name, &name) == OTLS_OK;

	if (conn->identity != NULL)
		return identity_fits(conn, conn->identity) ? conn->identity : NULL;
	for (size_t i = 0; i < settings->identity_count; i++) {
		otls_identity *identity = settings->identities[i];

		if (!identity_fits(conn, identity))
			continue;
		if (!named || otls__certificate_matches(identity->chain[0], &name, true))
			return identity;
		if (fitting == NULL)
			fitting = identity;
	}
	return fitting;
}

otls_status
otls__offer_identity(otls_connection *conn, otls_identity **identity)
{
	if ((*identity = find_identity(conn)) != NULL)
		return OTLS_OK;
	otls__fail(OTLS_E_HANDSHAKE, "the client can do nothing with the certificates that are here: by its suites, "
				     "signature schemes or groups");
	return otls__refuse_plain(conn, ALERT_HANDSHAKE_FAILURE);
}
