/* What the sides of a measurement share.  A side is a program
 *
 *	verify-<side> LEAF MIDDLE ROOTS    (files of DER; ROOTS holds one certificate behind the other)
 *
 * that reads the files, trusts the roots, and judges the chain twice: to warm up, and in bench_once, which is the only
 * function that is counted (callgrind's --toggle-collect). */
#ifndef OTLS_BENCH_H
#define OTLS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_HOST "server.example"

typedef struct bench_bytes {
	const uint8_t *data;
	size_t len;
} bench_bytes;

typedef struct bench_side {
	void (*set_up)(void);
	void (*trust)(bench_bytes root);
	/* From the bytes of the peer's certificates to the verdict. */
	bool (*judge)(bench_bytes leaf, bench_bytes middle);
	void (*clean_up)(void);
} bench_side;

int bench_run(const bench_side *side, int argc, char **argv);

#endif
