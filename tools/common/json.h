/* A JSON writer: values in the order of the calls; commas, line breaks and indentation come by themselves.
 *
 *	struct json out = json_to(stdout);
 *
 *	json_object(&out, NULL, JSON_TALL);
 *	json_text(&out, "name", "openssl");
 *	json_array(&out, "versions", JSON_FLAT);
 *	json_text(&out, NULL, "1.2");
 *	json_end(&out);
 *	json_end(&out);
 *
 * Inside of an object every value has a key; in an array, and on top, the key is NULL.  Keys are written as they are.
 */
#ifndef OTLS_TOOLS_JSON_H
#define OTLS_TOOLS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH 8 /* objects and arrays that can be open at a time */

typedef enum json_layout {
	JSON_TALL, /* each item on a line of its own */
	JSON_FLAT  /* everything inside on one line */
} json_layout;

struct json {
	FILE *file;
	size_t depth;
	char closers[JSON_DEPTH];
	size_t flat_from; /* the depth from which all is on one line; 0: none is */
	bool has_items;   /* the innermost object or array has */
};

struct json json_to(FILE *file);
void json_object(struct json *out, const char *key, json_layout layout);
void json_array(struct json *out, const char *key, json_layout layout);
/* Closes the innermost; a line end follows the outermost. */
void json_end(struct json *out);

/* UTF-8; what is not becomes U+FFFD. */
void json_text(struct json *out, const char *key, const char *text);
void json_number(struct json *out, const char *key, uint64_t number);
void json_real(struct json *out, const char *key, double number); /* three decimals */
void json_bool(struct json *out, const char *key, bool value);
void json_null(struct json *out, const char *key);

#endif
