/*
 * agent_watch.c -- inotify on the folders of the logs, through the loop: only for names that appear, move or
 * vanish, so that a file is opened before it is gone. That there is more to read is asked once a commit interval
 * instead: a wake-up per written line would cost more than the reading.
 */
#include "agent_private.h"

#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "mlwatch/clock.h"
#include "mlwatch/file.h"
#include "mlwatch/xalloc.h"

#define TURMOIL_MS 40

struct watcher {
	uv_poll_t poll;
	int fd;
};

static void
on_change(uv_poll_t *p, int status, int events)
{
	struct agent *a = p->data;
	char drop[4096];

	(void)status;
	(void)events;
	while (read(a->watcher->fd, drop, sizeof drop) > 0)
		;
	if (a->now.pipeline == NULL)
		return;
	pipeline_notice(a->now.pipeline);
	/* Rotations are rare: read what was written before this one now. A folder in turmoil gets the usual interval. */
	if (clock_monotonic() - a->cycle.finished_mono > TURMOIL_MS)
		cycle_want(a);
}

void
watcher_start(struct agent *a)
{
	struct watcher *w = xcalloc(1, sizeof *w);
	char **dirs;
	size_t n = pipeline_directories(a->now.pipeline, &dirs);

	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	for (size_t i = 0; i < n && w->fd >= 0; i++)
		inotify_add_watch(w->fd, dirs[i], IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR);
	path_list_free(dirs, n);
	if (w->fd < 0) { /* no inotify left: the rescan of every commit interval finds what there is */
		log_line(a->log, LOG_WARN, "source", "cannot watch folders, looking once a second instead");
		free(w);
		return;
	}
	uv_poll_init(&a->loop, &w->poll, w->fd);
	w->poll.data = a;
	a->watcher = w;
	uv_poll_start(&w->poll, UV_READABLE, on_change);
}

static void
watcher_closed(uv_handle_t *h)
{
	free(h->data);
}

void
watcher_stop(struct agent *a)
{
	struct watcher *w = a->watcher;

	if (w == NULL)
		return;
	a->watcher = NULL;
	uv_poll_stop(&w->poll);
	close(w->fd);
	w->poll.data = w;
	uv_close((uv_handle_t *)&w->poll, watcher_closed);
}
