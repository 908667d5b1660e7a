/* STARTTLS: the dialogues in plain text that end where TLS begins. */
#ifndef OTLS_TOOLS_STARTTLS_H
#define OTLS_TOOLS_STARTTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STARTTLS_LINE 4096 /* the longest line that a server may send, its end included */

struct starttls;

/* "smtp", "imap", "pop3" or "ftp"; NULL: another one. */
const struct starttls *starttls_find(const char *name);

struct starttls_talk {
	int fd;
	int64_t deadline; /* milliseconds of the monotonic clock; -1: none */

	char buf[STARTTLS_LINE]; /* what came in and is not read yet: [at, at + len) */
	size_t at, len;
	char line[STARTTLS_LINE]; /* the latest line, without its end */
	unsigned lines;
	bool unreachable; /* the connection broke, or time is over; false: the server does not want */
	char error[512];  /* of text that the server sent all but printable ASCII is '?' */
};

/* Everything up to the server's consent; what it sent behind that stays in buf.  false: see error. */
bool starttls_run(const struct starttls *protocol, struct starttls_talk *talk);

#endif
