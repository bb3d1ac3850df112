/*
 * store_writer.c -- goes on where big_store ended, as an agent would: `store_writer FILE SIZE COMMITS_A_SECOND`, until it is stopped.
 *
 * Holds STORE.lock. A commit has what fell into the open window in that fraction of a second, the scrapes that are due, and now and then
 * an event. It says "writing" when the first one is done.
 */
#include <signal.h>
#include <time.h>

#include "big_world.h"

static volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static void
commit(struct world *w, struct store *s, int64_t last, int64_t now)
{
	struct err e = ERR_INIT;

	must(store_begin(s, &e), &e);
	put_models(w, s, now, 0);
	put_scrapes(w, s, last, now, TARGET_S * MS_SECOND);
	if (now / (20 * MS_SECOND) != last / (20 * MS_SECOND)) {
		const struct store_event ev = {.t = now,
					       .kind = "traffic",
					       .severity = "info",
					       .subject = w->models[0].name,
					       .model = w->models[0].name,
					       .text = "more than a day ago",
					       .ref = ""};
		must(store_put_event(s, &ev, &e), &e);
	}
	must(store_commit(s, now, &e), &e);
	store_housekeep(s, now, &e);
	must(err_is_set(&e) ? -1 : 0, &e);
}

int
main(int argc, char **argv)
{
	const struct store_spec spec = {.path = argc > 1 ? argv[1] : ""};
	const int hz = argc > 3 ? atoi(argv[3]) : 0;
	int64_t last = clock_now();
	struct store *s;
	struct world w;
	struct err e = ERR_INIT;

	if (hz < 1 || hz > 1000) {
		fprintf(stderr, "usage: store_writer FILE SIZE COMMITS_A_SECOND\n");
		return 2;
	}
	signal(SIGTERM, on_signal);
	world_open(&w, strtod(argv[2], NULL), last);
	must(store_open(&s, &spec, STORE_AGENT, &e), &e);
	for (bool first = true; !stopped; first = false) {
		const int64_t now = clock_now(), left = last + 1000 / hz - now;
		const struct timespec wait = {0, left > 0 ? left * 1000000 : 0};

		nanosleep(&wait, NULL);
		commit(&w, s, last, now + (left > 0 ? left : 0));
		last = now + (left > 0 ? left : 0);
		if (first)
			puts("writing");
		fflush(stdout);
	}
	store_close(s);
	world_close(&w);
	return 0;
}
