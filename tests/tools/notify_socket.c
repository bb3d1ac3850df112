/*
 * notify_socket.c -- the other end of $NOTIFY_SOCKET: prints every datagram as one line with the time, "  " between its lines.
 *
 *     notify_socket PATH        (PATH begins with '@': an abstract name). Until it is killed.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char text[4096];
	struct timespec ts;
	size_t n;
	ssize_t got;
	int fd;

	if (argc != 2 || (n = strlen(argv[1])) >= sizeof at.sun_path) {
		fprintf(stderr, "usage: notify_socket PATH\n");
		return 2;
	}
	memcpy(at.sun_path, argv[1], n);
	if (argv[1][0] == '@')
		at.sun_path[0] = '\0';
	else
		unlink(argv[1]);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0) {
		perror(argv[1]);
		return 4;
	}
	while ((got = recv(fd, text, sizeof text - 1, 0)) >= 0) {
		text[got] = '\0';
		for (char *c = text; *c != '\0'; c++)
			if (*c == '\n')
				*c = ' ';
		clock_gettime(CLOCK_MONOTONIC, &ts);
		printf("%lld %s\n", (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000, text);
		fflush(stdout);
	}
	return 1;
}
