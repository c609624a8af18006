/*
 * sandboxed.c
 *	  Enters the API's sandbox and tries what an intruder would: "sandboxed exec", "open" or "packet". Prints what the kernel said.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox.h"

int
main(int count, char **arguments)
{
	char	   *words[] = {"/bin/true", NULL};
	const char *what = count > 1 ? arguments[1] : "exec";

	if (!sandbox_enter())
		return 2;
	if (strcmp(what, "exec") == 0)
		execve(words[0], words, NULL);
	else if (strcmp(what, "open") == 0)
		open("/etc/passwd", O_RDONLY);
	else
		socket(AF_PACKET, SOCK_RAW, 0);
	puts(errno == EPERM ? "EPERM" : strerror(errno));
	return 0;
}
