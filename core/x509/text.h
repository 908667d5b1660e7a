/* Texts about a certificate. */
#ifndef OTLS_CORE_TEXT_H
#define OTLS_CORE_TEXT_H

#include "x509/certificate.h"

/* Frees what the getters have made. */
void otls__certificate_free_texts(otls_certificate *cert);

#endif
