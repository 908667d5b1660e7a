/* Runs one side: see bench.h. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

static bench_bytes
read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long len = 0;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (len = ftell(file)) <= 0 ||
	    (data = malloc((size_t)len)) == NULL || fseek(file, 0, SEEK_SET) != 0 ||
	    fread(data, 1, (size_t)len, file) != (size_t)len) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(2);
	}
	fclose(file);
	return (bench_bytes){ data, (size_t)len };
}

/* The first certificate, whose length takes two bytes. */
static bench_bytes
first(bench_bytes roots)
{
	bench_bytes root = { roots.data, 0 };

	if (roots.len > 4 && roots.data[0] == 0x30 && roots.data[1] == 0x82)
		root.len = 4 + ((size_t)roots.data[2] << 8 | roots.data[3]);
	if (root.len == 0 || root.len > roots.len) {
		fprintf(stderr, "the roots cannot be told apart\n");
		exit(2);
	}
	return root;
}

/* Not inlined, since its name is what is counted by. */
__attribute__((noinline)) static bool
bench_once(const bench_side *side, bench_bytes leaf, bench_bytes middle)
{
	bool good = side->judge(leaf, middle);

	__asm__ volatile("" ::: "memory");
	return good;
}

static void
start(const bench_side *side, bench_bytes roots)
{
	side->set_up();
	while (roots.len > 0) {
		bench_bytes root = first(roots);

		side->trust(root);
		roots.data += root.len;
		roots.len -= root.len;
	}
}

int
bench_run(const bench_side *side, int argc, char **argv)
{
	bench_bytes leaf, middle, roots;
	bool good;

	if (argc != 4) {
		fprintf(stderr, "usage: %s LEAF MIDDLE ROOTS\n", argv[0]);
		return 2;
	}
	leaf = read_file(argv[1]);
	middle = read_file(argv[2]);
	roots = read_file(argv[3]);
	start(side, roots);
	good = side->judge(leaf, middle);
	side->clean_up(); /* what the warm-up has taught is forgotten */
	start(side, roots);
	good = bench_once(side, leaf, middle) && good;
	side->clean_up();
	free((void *)(uintptr_t)leaf.data);
	free((void *)(uintptr_t)middle.data);
	free((void *)(uintptr_t)roots.data);
	if (!good)
		fprintf(stderr, "%s: the chain was refused\n", argv[0]);
	return good ? 0 : 1;
}
