/* Prints a loopback port that nobody listens on. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <omnitls/omnitls.h>
#include <stdio.h>
#include <sys/socket.h>

int
main(void)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);
	int fd;

	if (otls_listen("127.0.0.1", "0", &fd) != OTLS_OK || getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
		return 1;
	printf("%u\n", (unsigned)ntohs(addr.sin_port));
	return 0;
}
