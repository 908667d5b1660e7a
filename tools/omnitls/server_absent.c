/* omnitls server, where it was left out of the build. */
#include "command.h"

#include <stdlib.h>

static int
run(const struct command *self, int argc, char **argv)
{
	(void)argc, (void)argv;
	command_complain(self, "left out of this build, which found no libuv");
	return EXIT_FAILURE;
}

const struct command command_server = {
	.name = "server",
	.summary = "left out of this build, which found no libuv",
	.run = run,
};
