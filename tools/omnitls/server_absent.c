/* omnitls server, where it was left out of the build: it stands on libuv. */
#include "command.h"

#include <stdlib.h>

static int
run(const struct command *self, int argc, char **argv)
{
	(void)argc, (void)argv;
	command_complain(self, "left out of this build, which is without libuv");
	return EXIT_FAILURE;
}

const struct command command_server = {
	.name = "server",
	.summary = "left out of this build, which is without libuv",
	.run = run,
};
