/*
 * agent_systemd.c -- the notify socket of systemd by hand: one datagram to $NOTIFY_SOCKET, abstract names too. Without
 * the variable nothing happens. The watchdog is fed only while the loop turns and commits succeed.
 */
#include "agent_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "mlwatch/clock.h"

#define STATUS_EVERY_MS (10 * MS_SECOND)
#define COMMIT_LATE_MS  (15 * MS_SECOND)

static void
say(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof to.sun_path)
		return;
	n = strlen(path);
	memcpy(to.sun_path, path, n);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		n = 0; /* nobody listens: nothing to do about it */
	close(fd);
}

void
sd_ready(struct agent *a)
{
	(void)a;
	say("READY=1");
}

void
sd_reloading(struct agent *a)
{
	struct timespec ts;
	char text[96];

	(void)a;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld",
		 (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	say(text);
}

void
sd_stopping(struct agent *a)
{
	(void)a;
	say("STOPPING=1");
}

void
sd_tick(struct agent *a)
{
	const int64_t now = clock_now();
	char text[160];

	if (getenv("NOTIFY_SOCKET") == NULL || !a->ready)
		return;
	if (now - a->last_commit_ms < COMMIT_LATE_MS)
		say("WATCHDOG=1");
	if (now / STATUS_EVERY_MS != (now - a->now.config->commit_interval_ms) / STATUS_EVERY_MS) {
		struct pipeline_totals t = pipeline_totals(a->now.pipeline);

		snprintf(text, sizeof text, "STATUS=%zu models, %zu firing, %lld bytes behind", t.models,
			 rules_firing(a), (long long)t.lag_bytes);
		say(text);
	}
}
