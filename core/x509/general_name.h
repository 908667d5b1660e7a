/* The forms of GeneralName (RFC 5280, section 4.2.1.6). */
#ifndef OTLS_CORE_GENERAL_NAME_H
#define OTLS_CORE_GENERAL_NAME_H

#include "base.h"

#define OTLS_GENERAL_NAME_OTHER      0xa0
#define OTLS_GENERAL_NAME_EMAIL      0x81
#define OTLS_GENERAL_NAME_DNS        0x82
#define OTLS_GENERAL_NAME_X400       0xa3
#define OTLS_GENERAL_NAME_DIRECTORY  0xa4 /* explicit: the contents are a whole Name */
#define OTLS_GENERAL_NAME_EDI_PARTY  0xa5
#define OTLS_GENERAL_NAME_URI        0x86
#define OTLS_GENERAL_NAME_IP         0x87
#define OTLS_GENERAL_NAME_REGISTERED 0x88

/* Whether the contents have the form that the tag asks for.  Not whether a DNS name is one that can be matched. */
bool otls__general_name_valid(uint8_t tag, otls_bytes contents);

/* Whether name is the whole TLV of a Name: relative names of one or more attributes each, an OID and a value. */
bool otls__name_valid(otls_bytes name);

#endif
