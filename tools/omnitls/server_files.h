/* The files below a directory, and nothing else: names are looked up one by one from an open directory, and symbolic
 * links are never followed.  Names that begin with a dot do not exist, ".." among them. */
#ifndef OTLS_TOOLS_SERVER_FILES_H
#define OTLS_TOOLS_SERVER_FILES_H

#include "http.h"

struct found {
	int fd; /* a regular file; -1: none */
	int64_t size;
	time_t modified;
	const char *type;      /* its Content-Type */
	struct http_text text; /* the index page, or for 301 the right path */
};

/* Opens what a path that begins with a slash names: 200 with a file, its directory's index.html, or an index page; 301
 * for a directory without a slash at its end; 403, 404, 503. */
int files_find(int root, const char *path, struct found *found);
void files_close(struct found *found);

#endif
