/* Where certificates are found: directories, and the platform's own places.  Between store.c and platform.c. */
#ifndef OTLS_CORE_PLATFORM_H
#define OTLS_CORE_PLATFORM_H

#include "base.h"

/* Adds every certificate of every regular file in the directory to store; what is none, or cannot be read, is passed
 * over.  FORMAT: there is none. */
otls_status otls__collect_directory(otls_store *store, const char *path);
/* Adds the certificates of the first of these files that has any, else of the first of these directories; each list ends
 * with NULL.  NO_TRUST: there is none in any of them. */
otls_status otls__collect_places(otls_store *store, const char *const *files, const char *const *directories);
/* The platform's trust, sealed; ref'd.  It is read once in a process, and again when a file or directory in its places is
 * another one or was changed: contexts that are made then get the new one.  NO_TRUST: there is none. */
otls_status otls__platform_store(otls_store **store);

#endif
