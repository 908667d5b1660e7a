/* A client judges what the server chose, by its own hello and its rules. */
#include "hello/gate.h"
#include "hello/wire.h"
#include "registry/registry.h"

static bool
has_extension(otls_bytes extensions, uint16_t type)
{
	otls_reader list = otls__reader(extensions);
	otls_extension extension = { 0 };

	while (otls__next_extension(&list, &extension))
		if (extension.type == type)
			return true;
	return false;
}

/* RFC 8446, section 4.1.3: a server that could do more says so in the last 8 bytes of its random. */
static bool
is_downgrade(const otls_server_hello *hello, uint16_t offered)
{
	const uint8_t *end = hello->random.data + 24;

	if (memcmp(end, "DOWNGRD", 7) != 0)
		return false;
	return (hello->version < 0x0304 && offered >= 0x0304 && end[7] <= 1) ||
	       (hello->version < 0x0303 && offered >= 0x0303 && end[7] == 0);
}

static bool
is_version_offered(const otls_client_hello *client, uint16_t version)
{
	return client->versions.len > 0 ? otls__pairs_have(client->versions, version) : version <= client->max_version;
}

static otls_status
check_version(const otls_gate *gate, const otls_server_hello *hello, int *alert)
{
	uint16_t version = hello->version;

	if (version < gate->rules.min_version || version > gate->rules.max_version ||
	    !is_version_offered(&gate->client, version)) {
		*alert = ALERT_PROTOCOL_VERSION;
		return otls__fail(OTLS_E_HANDSHAKE, "the server chooses %s (0x%04x), which is not allowed",
		    otls__version_name(version), version);
	}
	if (is_downgrade(hello, gate->client.max_version))
		return otls__hello_refuse(
		    alert, ALERT_ILLEGAL_PARAMETER, "somebody has taken newer versions out of the ClientHello");
	return OTLS_OK;
}

static otls_status
check_suite(const otls_gate *gate, const otls_server_hello *hello, int *alert)
{
	const otls_cipher *cipher = otls_cipher_by_id(hello->suite);

	if (cipher == NULL || !otls__pairs_have(gate->client.suites, hello->suite) ||
	    !otls__ids_have(gate->rules.suites, gate->rules.suite_count, hello->suite)) {
		*alert = ALERT_ILLEGAL_PARAMETER;
		return otls__fail(
		    OTLS_E_HANDSHAKE, "the server chooses the suite 0x%04x, which is not allowed", hello->suite);
	}
	if (cipher->min_version > hello->version || (cipher->kx == OTLS_KX_TLS13) != (hello->version >= 0x0304))
		return otls__hello_refuse(
		    alert, ALERT_ILLEGAL_PARAMETER, "the server chooses a suite of another version");
	/* With the suite the version stays what it was, too. */
	if (gate->retried && hello->suite != gate->suite)
		return otls__hello_refuse(alert, ALERT_ILLEGAL_PARAMETER, "the server changes the suite after a retry");
	return OTLS_OK;
}

/* RFC 8446, section 4.2: what a ServerHello, a HelloRetryRequest and a ServerHello of TLS 1.2 may hold. */
static bool
is_in_place(const otls_server_hello *hello, uint16_t type)
{
	bool of_tls13 = type == EXTENSION_KEY_SHARE || type == EXTENSION_SUPPORTED_VERSIONS ||
			type == (hello->is_retry ? EXTENSION_COOKIE : EXTENSION_PRE_SHARED_KEY);

	if (hello->version >= 0x0304)
		return of_tls13;
	return !of_tls13 && type != EXTENSION_COOKIE && type != EXTENSION_EARLY_DATA &&
	       type != EXTENSION_PSK_KEY_EXCHANGE_MODES;
}

/* A server answers what was offered.  Of itself it may send a cookie, and renegotiation_info to the suite that
 * stands for it (RFC 5746, section 3.4). */
static bool
is_offered(const otls_numbers *offered, const otls_gate *gate, const otls_server_hello *hello, uint16_t type)
{
	if (type == EXTENSION_RENEGOTIATION_INFO)
		return gate->client.renegotiation_info;
	return otls__numbers_have(offered, type) || (hello->is_retry && type == EXTENSION_COOKIE);
}

static otls_status
check_extensions(const otls_gate *gate, const otls_server_hello *hello, int *alert)
{
	otls_reader ours = otls__reader(gate->client.extensions), theirs = otls__reader(hello->extensions);
	otls_extension extension = { 0 };
	otls_numbers offered = { 0 };

	while (otls__next_extension(&ours, &extension))
		otls__numbers_add(&offered, extension.type);
	while (otls__next_extension(&theirs, &extension)) {
		if (!is_offered(&offered, gate, hello, extension.type)) {
			*alert = ALERT_UNSUPPORTED_EXTENSION;
			return otls__fail(OTLS_E_HANDSHAKE,
			    "the server answers the extension %u, which was not offered", extension.type);
		}
		if (!is_in_place(hello, extension.type)) {
			*alert = ALERT_ILLEGAL_PARAMETER;
			return otls__fail(
			    OTLS_E_HANDSHAKE, "ServerHello: the extension %u does not belong there", extension.type);
		}
	}
	return OTLS_OK;
}

static bool
is_share_sent(const otls_client_hello *client, uint16_t group)
{
	otls_reader list = otls__reader(client->key_shares);

	while (list.len > 0 && !list.failed) {
		if (otls__read16(&list) == group)
			return true;
		otls__read_vector16(&list);
	}
	return false;
}

/* RFC 8446, section 4.1.4: it must ask for something that the first hello did not have. */
static otls_status
check_retry(const otls_gate *gate, const otls_server_hello *hello, int *alert)
{
	if (gate->retried)
		return otls__hello_refuse(alert, ALERT_UNEXPECTED_MESSAGE, "a second HelloRetryRequest came");
	if (hello->group == 0 && !has_extension(hello->extensions, EXTENSION_COOKIE))
		return otls__hello_refuse(
		    alert, ALERT_ILLEGAL_PARAMETER, "a HelloRetryRequest that asks for nothing came");
	if (hello->group != 0 && is_share_sent(&gate->client, hello->group))
		return otls__hello_refuse(
		    alert, ALERT_ILLEGAL_PARAMETER, "a HelloRetryRequest asks for the group that was sent already");
	return OTLS_OK;
}

static bool
is_group_allowed(const otls_gate *gate, uint16_t group)
{
	return otls__pairs_have(gate->client.groups, group) &&
	       (gate->rules.groups == NULL || otls__ids_have(gate->rules.groups, gate->rules.group_count, group));
}

static otls_status
check_tls13(const otls_gate *gate, const otls_server_hello *hello, int *alert)
{
	if (!otls__bytes_equal(hello->session_id, gate->client.session_id))
		return otls__hello_refuse(
		    alert, ALERT_ILLEGAL_PARAMETER, "ServerHello: another session id than was sent");
	if (hello->group != 0 && !is_group_allowed(gate, hello->group))
		return otls__hello_refuse(
		    alert, ALERT_ILLEGAL_PARAMETER, "the server chooses a group that was not offered");
	if (hello->is_retry)
		return check_retry(gate, hello, alert);
	if (hello->group == 0 && !has_extension(hello->extensions, EXTENSION_PRE_SHARED_KEY))
		return otls__hello_refuse(
		    alert, ALERT_MISSING_EXTENSION, "ServerHello: neither key_share nor pre_shared_key");
	return OTLS_OK;
}

static bool
is_alpn_offered(const otls_client_hello *client, otls_bytes name)
{
	otls_reader list = otls__reader(client->alpn);

	while (list.len > 0 && !list.failed)
		if (otls__bytes_equal(otls__read_vector8(&list), name))
			return true;
	return false;
}

static otls_status
check_tls12(const otls_gate *gate, const otls_server_hello *hello, int *alert)
{
	if (!hello->renegotiation_info)
		return otls__hello_refuse(
		    alert, ALERT_HANDSHAKE_FAILURE, "the server does not know renegotiation_info");
	if (hello->alpn.len > 0 && !is_alpn_offered(&gate->client, hello->alpn))
		return otls__hello_refuse(
		    alert, ALERT_ILLEGAL_PARAMETER, "the server chooses an application protocol that was not offered");
	return OTLS_OK;
}

otls_status
otls__choice_check(const otls_gate *gate, const otls_server_hello *hello, int *alert)
{
	if (check_version(gate, hello, alert) || check_suite(gate, hello, alert) ||
	    check_extensions(gate, hello, alert))
		return OTLS_ERROR;
	return hello->version >= 0x0304 ? check_tls13(gate, hello, alert) : check_tls12(gate, hello, alert);
}
