/*
 * http_attack.c -- a client that behaves badly, for tests of the guard rails.
 *
 *     http_attack PORT many N SECONDS      holds N connections with half a request; says how many, then waits
 *     http_attack PORT drip SECONDS        a header byte every 100 ms; exit 0 when cut off within SECONDS
 *     http_attack PORT body N SECONDS      N posts that send a byte of their body every 100 ms; exit 0
 *     http_attack PORT half N              N connections closed for writing, or reset, in the middle of a request
 *     http_attack PORT headers BYTES       one header that long: prints the status, or "closed"
 *     http_attack PORT malformed           requests that are none; exit 0 when each was refused or closed within 2 s
 *     http_attack PORT pipeline N          N requests in one write: prints how many answers of 200 came
 *     http_attack PORT chunked BYTES       a body of unknown length: prints the status, or "closed"
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mlwatch/buf.h"

static int port;

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
dial(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
		perror("connect");
		exit(1);
	}
	return fd;
}

static bool
say(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t k = send(fd, text, n, MSG_NOSIGNAL);

		if (k <= 0)
			return false;
		text += k;
		n -= (size_t)k;
	}
	return true;
}

/* What comes until the other side closes or nothing came for ms; whether it closed. */
static bool
hear(int fd, struct buf *in, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char part[65536];

	while (poll(&p, 1, ms) > 0) {
		ssize_t n = recv(fd, part, sizeof part, 0);

		if (n <= 0)
			return true;
		buf_add(in, part, (size_t)n);
	}
	return false;
}

static void
print_status(const struct buf *in)
{
	int status;

	if (in->len > 0 && sscanf(in->p, "HTTP/1.%*d %d", &status) == 1)
		printf("%d\n", status);
	else
		puts("closed");
}

static int
many(int n, int wait)
{
	static const char half[] = "GET /api/v1/query?query=1 HTTP/1.1\r\nHost: x\r\nX-Slow: ";
	int held = 0;

	for (int i = 0; i < n; i++)
		held += say(dial(), half, sizeof half - 1);
	printf("%d\n", held);
	fflush(stdout);
	sleep((unsigned)wait);
	return 0;
}

static int
drip(int most)
{
	static const char start[] = "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ";
	const double from = seconds();
	int fd = dial();
	struct buf in = BUF_INIT;

	say(fd, start, sizeof start - 1);
	while (seconds() - from < most) {
		if (!say(fd, "x", 1) || hear(fd, &in, 100)) {
			printf("cut off after %.0f s\n", seconds() - from);
			buf_release(&in);
			return 0;
		}
	}
	buf_release(&in);
	return 1;
}

static int
slow_bodies(int n, int most)
{
	static const char start[] = "POST /api/v2/alerts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
				    "Content-Length: 1000000\r\n\r\n[";
	int *fd = malloc((size_t)n * sizeof *fd);
	const double from = seconds();

	for (int i = 0; i < n; i++) {
		fd[i] = dial();
		say(fd[i], start, sizeof start - 1);
	}
	puts("ready");
	fflush(stdout);
	while (seconds() - from < most) {
		for (int i = 0; i < n; i++)
			say(fd[i], " ", 1);
		usleep(100000);
	}
	free(fd);
	return 0;
}

static int
half_open(int n)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	for (int i = 0; i < n; i++) {
		int fd = dial();

		say(fd, "POST /api/v2/alerts HTTP/1.1\r\nContent-Le", 40);
		if (i % 2 == 0)
			shutdown(fd, SHUT_WR);
		else
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
		if (i % 2 == 1 || i % 4 == 0)
			close(fd);
	}
	return 0;
}

static int
huge_header(size_t n)
{
	struct buf out = BUF_INIT, in = BUF_INIT;
	int fd = dial();

	buf_addstr(&out, "GET /-/healthy HTTP/1.1\r\nHost: x\r\nX-Huge: ");
	for (size_t i = 0; i < n; i++)
		buf_addc(&out, 'x');
	buf_addstr(&out, "\r\n\r\n");
	say(fd, out.p, out.len);
	hear(fd, &in, 3000);
	print_status(&in);
	buf_release(&out);
	buf_release(&in);
	return 0;
}

static int
malformed(void)
{
	static const char *const requests[] = {
	    "\r\n\r\n\r\n\r\nGARBAGE\r\n\r\n",
	    "GET\r\n\r\n",
	    "GET / HTTP/9.9\r\n\r\n",
	    "GET /-/healthy HTTP/1.1\r\n\r\n", /* no Host */
	    "POST /api/v2/alerts HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
	    "POST /api/v2/alerts HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
	    "POST /api/v2/alerts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
	    "POST /api/v2/alerts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: "
	    "3\r\n\r\n0\r\n\r\n",
	    "GET /api/v1/query?query=%zz%00%ff HTTP/1.1\r\nHost: x\r\n\r\n",
	    "GET /api/v1/label/%00%ff%2f/values HTTP/1.1\r\nHost: x\r\n\r\n",
	    "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
	    "BREW /coffee HTCPCP/1.0\r\n\r\n",
	    "\x16\x03\x01\x02\x01 \x01\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: x\r\nNo colon here\r\n : empty\r\n\r\n",
	};
	int bad = 0;

	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		struct buf in = BUF_INIT;
		int fd = dial(), status = 0;
		bool closed;

		say(fd, requests[i], strlen(requests[i]));
		closed = hear(fd, &in, 500);
		if (in.len > 0)
			sscanf(in.p, "HTTP/1.%*d %d", &status);
		if (!closed && status == 0) {
			fprintf(stderr, "neither answered nor closed: %s\n", requests[i]);
			bad++;
		} else if (status >= 500 && status != 501 && status != 505) {
			fprintf(stderr, "answered with %d: %s\n", status, requests[i]);
			bad++;
		}
		close(fd);
		buf_release(&in);
	}
	return bad > 0;
}

static int
pipeline(int n)
{
	struct buf out = BUF_INIT, in = BUF_INIT;
	int fd = dial(), answers = 0;

	for (int i = 0; i < n; i++)
		buf_addf(&out, "GET /api/v1/query?query=%d HTTP/1.1\r\nHost: x\r\n%s\r\n", i,
			 i == n - 1 ? "Connection: close\r\n" : "");
	say(fd, out.p, out.len);
	hear(fd, &in, 5000);
	for (const char *p = buf_str(&in); (p = strstr(p, "HTTP/1.1 200")) != NULL; p++)
		answers++;
	printf("%d\n", answers);
	buf_release(&out);
	buf_release(&in);
	return 0;
}

static int
chunked(size_t total)
{
	static const char start[] = "POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: "
				    "application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
				    "8\r\nquery=up\r\n";
	static char part[0x10000 + 16];
	struct buf in = BUF_INIT;
	int fd = dial();
	bool going = say(fd, start, sizeof start - 1);

	memcpy(part, "10000\r\n", 7);
	memset(part + 7, 'x', 0x10000);
	memcpy(part + 7 + 0x10000, "\r\n", 2);
	for (size_t sent = 0; sent < total && going; sent += 0x10000)
		going = say(fd, part, 0x10000 + 9);
	if (going)
		say(fd, "0\r\n\r\n", 5);
	hear(fd, &in, 3000);
	print_status(&in);
	buf_release(&in);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	const int n = argc > 3 ? atoi(argv[3]) : 0, m = argc > 4 ? atoi(argv[4]) : 0;

	signal(SIGPIPE, SIG_IGN);
	port = argc > 1 ? atoi(argv[1]) : 0;
	if (strcmp(what, "many") == 0)
		return many(n, m);
	if (strcmp(what, "drip") == 0)
		return drip(n);
	if (strcmp(what, "body") == 0)
		return slow_bodies(n, m);
	if (strcmp(what, "half") == 0)
		return half_open(n);
	if (strcmp(what, "headers") == 0)
		return huge_header((size_t)n);
	if (strcmp(what, "malformed") == 0)
		return malformed();
	if (strcmp(what, "pipeline") == 0)
		return pipeline(n);
	if (strcmp(what, "chunked") == 0)
		return chunked((size_t)n);
	fprintf(stderr, "usage: http_attack PORT MODE [N [SECONDS]]\n");
	return 2;
}
