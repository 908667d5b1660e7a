/* What it takes to read the platform's trusted roots, of a program's first context that trusts them; and of the next. */
#include <omnitls/omnitls.h>

#include <stdio.h>

size_t bench_once_platform(void), bench_again_platform(void);

/* 0: it cannot be read. */
static size_t
count_roots(void)
{
	otls_store *store = NULL;
	size_t count = 0;

	if (otls_store_new(&store) == OTLS_OK && otls_store_add_platform(store) == OTLS_OK)
		while (otls_store_certificate_at(store, count) != NULL)
			count++;
	otls_store_free(store);
	return count;
}

__attribute__((noinline)) size_t
bench_once_platform(void)
{
	return count_roots();
}

__attribute__((noinline)) size_t
bench_again_platform(void)
{
	return count_roots();
}

int
main(void)
{
	size_t first = bench_once_platform(), again = bench_again_platform();

	printf("%zu roots\n", first);
	return first > 0 && first == again ? 0 : 1;
}
