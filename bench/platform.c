/* What it takes to read the platform's trusted roots: of a program's first context that trusts them. */
#include <omnitls/omnitls.h>

#include <stdio.h>

size_t bench_once_platform(void);

/* 0: it cannot be read. */
__attribute__((noinline)) size_t
bench_once_platform(void)
{
	otls_store *store = NULL;
	size_t count = 0;

	if (otls_store_new(&store) == OTLS_OK && otls_store_add_platform(store) == OTLS_OK)
		while (otls_store_certificate_at(store, count) != NULL)
			count++;
	otls_store_free(store);
	return count;
}

int
main(void)
{
	size_t count = bench_once_platform();

	printf("%zu roots\n", count);
	return count > 0 ? 0 : 1;
}
