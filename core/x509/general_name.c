/* The forms of GeneralName (RFC 5280, section 4.2.1.6). */
#include "x509/general_name.h"

#include "x509/der.h"

static bool
is_ia5(otls_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == 0 || text.data[i] >= 0x80)
			return false;
	}
	return text.len > 0;
}

/* A type and, as [0] EXPLICIT, a value of any kind. */
static bool
other_name_valid(otls_bytes contents)
{
	otls_der der = otls__der(contents, NULL);
	otls_der value;
	otls_bytes oid = { NULL, 0 };

	return otls__der_oid(&der, &oid) && otls__der_enter(&der, OTLS_DER_CONTEXT_CONSTRUCTED(0), &value) &&
	       otls__der_any(&value, NULL, NULL, NULL) && otls__der_done(&value) && otls__der_done(&der);
}

static bool
oid_contents_valid(otls_bytes contents)
{
	return contents.len > 0 && contents.data[0] != 0x80 && contents.data[contents.len - 1] < 0x80;
}

bool
otls__general_name_valid(uint8_t tag, otls_bytes contents)
{
	switch (tag) {
	case OTLS_GENERAL_NAME_OTHER:
		return other_name_valid(contents);
	case OTLS_GENERAL_NAME_DNS:
		return contents.len > 0; /* with bytes that are in no host name it matches none */
	case OTLS_GENERAL_NAME_EMAIL:
	case OTLS_GENERAL_NAME_URI:
		return is_ia5(contents);
	case OTLS_GENERAL_NAME_DIRECTORY:
		return otls__name_valid(contents);
	case OTLS_GENERAL_NAME_IP:
		return contents.len == 4 || contents.len == 16;
	case OTLS_GENERAL_NAME_REGISTERED:
		return oid_contents_valid(contents);
	case OTLS_GENERAL_NAME_X400:
	case OTLS_GENERAL_NAME_EDI_PARTY:
		return true; /* not used on the Internet: never looked into */
	default:
		return false;
	}
}
