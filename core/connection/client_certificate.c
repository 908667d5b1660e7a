/* A client's certificate: what the server's request says, and what is shown for it. */
#include "connection/connection.h"

#include "registry/registry.h"
#include "x509/certificate.h"

/* == the request == */

void
otls__request_fini(otls_certificate_request *request)
{
	otls__ca_list_fini(&request->names);
	otls__free(request->schemes);
	*request = (otls_certificate_request){ 0 };
}

/* The latest one counts.  false: no memory. */
static bool
keep_request(otls_certificate_request *request, const otls_bytes *names, size_t name_count, const uint16_t *schemes,
    size_t scheme_count)
{
	otls__request_fini(request);
	for (size_t i = 0; i < name_count; i++)
		if (!otls__ca_list_add(&request->names, names[i]))
			return false;
	if (scheme_count == 0)
		return true;
	if ((request->schemes = otls__memdup(schemes, scheme_count * sizeof(*schemes))) == NULL)
		return false;
	request->scheme_count = scheme_count;
	return true;
}

const char *
otls_connection_client_ca_at(const otls_connection *conn, size_t i)
{
	if (conn == NULL)
		return NULL;
	return otls__ca_list_text(
	    conn->role == OTLS_ROLE_SERVER ? &conn->sealed->settings.client_ca : &conn->request.names, i);
}

/* == what fits it == */

static bool
names_have(const otls_ca_list *list, otls_bytes name)
{
	for (size_t i = 0; i < list->count; i++)
		if (otls__names_equal(list->names[i], name))
			return true;
	return false;
}

/* The names may be of a root or of any authority below it (RFC 5246, section 7.4.4). */
static bool
issuer_fits(const otls_certificate_request *request, const otls_identity *identity)
{
	for (size_t i = 0; i < identity->chain_len; i++)
		if (names_have(&request->names, identity->chain[i]->issuer))
			return true;
	return request->names.count == 0;
}

static bool
is_ours(const otls_connection *conn, uint16_t scheme)
{
	for (size_t i = 0; i < conn->sealed->scheme_count; i++)
		if (conn->sealed->schemes[i] == scheme)
			return true;
	return false;
}

static bool
can_sign(const otls_connection *conn, const otls_identity *identity)
{
	const otls_certificate_request *request = &conn->request;
	otls_signature_kind kind = otls__identity_kind(identity);
	uint16_t group = identity->chain[0]->spki.group;

	for (size_t i = 0; i < request->scheme_count; i++)
		if (is_ours(conn, request->schemes[i]) &&
		    otls__scheme_fits(request->schemes[i], kind, group, conn->gate.version))
			return true;
	return request->scheme_count == 0;
}

/* Of those that can sign, the latest of a named authority, else the latest; NULL: none of them can. */
static otls_identity *
fitting(const otls_connection *conn)
{
	const otls_settings *settings = &conn->sealed->settings;
	otls_identity *found = NULL;

	for (size_t i = settings->identity_count; i > 0; i--) {
		otls_identity *identity = settings->identities[i - 1];

		if (!can_sign(conn, identity))
			continue;
		if (issuer_fits(&conn->request, identity))
			return identity;
		if (found == NULL)
			found = identity;
	}
	return found;
}

otls_status
otls__choose_identity(otls_connection *conn, const otls_bytes *names, size_t name_count, const uint16_t *schemes,
    size_t scheme_count, const otls_engine_identity **identity)
{
	const otls_identity *chosen;

	*identity = NULL;
	if (!keep_request(&conn->request, names, name_count, schemes, scheme_count)) {
		conn->no_memory = true;
		return OTLS_ERROR;
	}
	if ((chosen = fitting(conn)) != NULL)
		*identity = &chosen->native;
	return OTLS_OK;
}
