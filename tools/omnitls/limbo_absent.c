/* Stands in for the runner of suites where it cannot be built. */
#include "verify.h"

int
limbo_run(const struct verify_options *options)
{
	command_complain(options->command, "--limbo was left out of this build: it needs cJSON and liblzma");
	return EXIT_CANNOT;
}
