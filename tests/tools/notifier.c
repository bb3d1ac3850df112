/*
 * notifier.c -- the notifier by itself, driven from stdin: for tests that kill it, restart it, or fill it.
 *
 *     notifier CONFIG STORE
 *
 * Lines: "fire a=b c=d" and "resolve a=b c=d" (an alert by its labels; active ones are handed in again every second, resolved ones
 * too), "burst N" (N alerts alertname=Burst n=0.. in one hand-over), "end N" (they resolve), "reload CONFIG", "counts", "quit".
 * The end of stdin leaves it running.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/log.h"
#include "mlwatch/notify.h"
#include "mlwatch/store.h"
#include "mlwatch/xalloc.h"

struct one {
	struct labels labels;
	int64_t starts, ends;
};

struct driver {
	uv_loop_t loop;
	uv_timer_t resend, step;
	uv_pipe_t in;
	struct store *store;
	struct log *log;
	struct notify *notify;
	struct arena *mem;
	struct one *at;
	size_t n, cap;
	char line[65536];
	size_t len;
};

static struct one *
find(struct driver *d, struct labels l)
{
	for (size_t i = 0; i < d->n; i++)
		if (labels_equal(d->at[i].labels, l))
			return &d->at[i];
	xgrow(d->at, d->n, d->cap);
	d->at[d->n] = (struct one){labels_copy(d->mem, l), 0, 0};
	return &d->at[d->n++];
}

static void
hand_in(struct driver *d, const struct one *from, size_t n)
{
	int64_t now = clock_now();
	struct alert *a = xcalloc(n + 1, sizeof *a);
	struct label note = {"summary", "it \"happened\""};

	for (size_t i = 0; i < n; i++)
		a[i] = (struct alert){.labels = from[i].labels,
				      .annotations = {&note, 1},
				      .starts_ms = from[i].starts,
				      .ends_ms = from[i].ends != 0 ? from[i].ends : now + 30000,
				      .generator_url = "http://mlwatch.example/graph"};
	notify_alerts(d->notify, a, n, now);
	free(a);
}

static struct labels
parse(struct driver *d, char *words)
{
	struct label l[32];
	size_t n = 0;
	char *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w != NULL && n < 32; w = strtok_r(NULL, " ", &save)) {
		char *eq = strchr(w, '=');
		if (eq == NULL)
			continue;
		*eq = '\0';
		l[n++] = (struct label){arena_strdup(d->mem, w), arena_strdup(d->mem, eq + 1)};
	}
	return labels_make(d->mem, l, n);
}

static void
burst(struct driver *d, size_t n, bool end)
{
	size_t from = d->n;
	int64_t now = clock_now();

	if (end) {
		for (size_t i = 0; i < d->n; i++)
			d->at[i].ends = d->at[i].ends != 0 ? d->at[i].ends : now;
		hand_in(d, d->at, d->n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct label l[] = {
		    {"alertname", "Burst"}, {"n", arena_printf(d->mem, "%zu", i)}, {"severity", "page"}};
		xgrow(d->at, d->n, d->cap);
		d->at[d->n++] = (struct one){labels_make(d->mem, l, 3), now, 0};
	}
	hand_in(d, d->at + from, n);
}

static void
on_gone(void *arg)
{
	struct driver *d = arg;

	store_close(d->store);
	exit(0);
}

static void
reload(struct driver *d, const char *path)
{
	struct errlist l = ERRLIST_INIT;
	struct notify_config *c;

	if (notify_config_load(&c, path, &l) == 0)
		notify_reload(d->notify, c);
	errlist_print(&l, stderr, false);
	errlist_release(&l);
}

static void
obey(struct driver *d, char *line)
{
	char *words = strchr(line, ' ');
	int64_t now = clock_now();

	if (words != NULL)
		*words++ = '\0';
	if (strcmp(line, "fire") == 0 && words != NULL) {
		struct one *o = find(d, parse(d, words));
		if (o->starts == 0 || o->ends != 0)
			o->starts = now;
		o->ends = 0;
		hand_in(d, o, 1);
	} else if (strcmp(line, "resolve") == 0 && words != NULL) {
		struct one *o = find(d, parse(d, words));
		o->ends = now;
		hand_in(d, o, 1);
	} else if ((strcmp(line, "burst") == 0 || strcmp(line, "end") == 0) && words != NULL) {
		burst(d, strtoul(words, NULL, 10), line[0] == 'e');
	} else if (strcmp(line, "reload") == 0 && words != NULL) {
		reload(d, words);
	} else if (strcmp(line, "counts") == 0) {
		struct notify_counts c = notify_counts(d->notify);
		printf("queued=%llu sent=%llu failed=%llu given_up=%llu\n", (unsigned long long)c.queued,
		       (unsigned long long)c.sent, (unsigned long long)c.failed, (unsigned long long)c.given_up);
		fflush(stdout);
	} else if (strcmp(line, "quit") == 0) {
		notify_close(d->notify, on_gone, d);
	}
}

static void
on_alloc(uv_handle_t *h, size_t n, uv_buf_t *buf)
{
	struct driver *d = h->data;

	(void)n;
	*buf = uv_buf_init(d->line + d->len, (unsigned)(sizeof d->line - 1 - d->len));
}

static void
on_read(uv_stream_t *in, ssize_t n, const uv_buf_t *buf)
{
	struct driver *d = in->data;
	char *nl;

	(void)buf;
	if (n < 0) {
		uv_read_stop(in);
		return;
	}
	d->len += (size_t)n;
	while ((nl = memchr(d->line, '\n', d->len)) != NULL) {
		*nl = '\0';
		size_t used = (size_t)(nl + 1 - d->line);
		obey(d, d->line);
		memmove(d->line, nl + 1, d->len - used);
		d->len -= used;
	}
}

static void
on_resend(uv_timer_t *t)
{
	struct driver *d = t->data;

	if (d->n != 0)
		hand_in(d, d->at, d->n);
}

int
main(int argc, char **argv)
{
	static struct driver d;
	struct errlist l = ERRLIST_INIT;
	struct err e = ERR_INIT;
	struct notify_config *c;
	const struct store_spec store = {.path = argc > 2 ? argv[2] : ""};

	if (argc < 3)
		return 2;
	d.mem = arena_open();
	d.log = log_open(2, LOG_TEXT, LOG_INFO);
	if (notify_config_load(&c, argv[1], &l) < 0 || store_open(&d.store, &store, STORE_AGENT, &e) < 0) {
		errlist_print(&l, stderr, false);
		fprintf(stderr, "%s\n", e.text);
		return 3;
	}
	uv_loop_init(&d.loop);
	const struct notify_spec spec = {
	    .external_url = "http://mlwatch.example", .loop = &d.loop, .store = d.store, .log = d.log};
	if (notify_open(&d.notify, &spec, c, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 4;
	}
	uv_timer_init(&d.loop, &d.resend);
	uv_pipe_init(&d.loop, &d.in, 0);
	d.resend.data = d.in.data = &d;
	uv_timer_start(&d.resend, on_resend, 1000, 1000);
	uv_pipe_open(&d.in, 0);
	uv_read_start((uv_stream_t *)&d.in, on_alloc, on_read);
	printf("ready\n");
	fflush(stdout);
	uv_run(&d.loop, UV_RUN_DEFAULT);
	return 0;
}
