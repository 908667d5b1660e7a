/* The extensions of a certificate.  Between certificate.c and extensions.c. */
#ifndef OTLS_CORE_EXTENSIONS_H
#define OTLS_CORE_EXTENSIONS_H

#include "x509/certificate.h"
#include "x509/der.h"

/* Reads the contents of Extensions into cert.  What has not the form of extensions makes list fail; what is in them
 * and wrong is cert's defect. */
bool otls__extensions_parse(otls_der *list, otls_certificate *cert);

/* Keeps the first one. */
static inline void
otls__certificate_defect(otls_certificate *cert, const char *defect)
{
	if (cert->defect == NULL)
		cert->defect = defect;
}

#endif
