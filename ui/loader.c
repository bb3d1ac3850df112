/*
 * loader.c -- see loader.h.
 *
 * The lock protects what is handed to and fro; it is never held while the store is asked. The connection that reads is opened here and used
 * only here; deeds have one of their own.
 */
#include "loader.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lean.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/reader.h"
#include "mlwatch/store.h"
#include "mlwatch/xalloc.h"

#define POLL_MS  1000 /* how often it is asked whether somebody committed */
#define LEAVE_MS 60   /* how long a query that runs may keep us */
#define TIDY_MS  5000 /* how often memory goes back */

struct loader {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	char *path;
	struct request want;
	bool wanted, changed, stop, again;
	int64_t asked;          /* monotonic; 0: nothing is waited for */
	struct store *reading;  /* what is read now, to interrupt it */
	struct parts *parts;    /* ... and into what */
	struct snapshot *fresh; /* handed over; the screen takes it */
	int tell[2];
	struct deed deed;
	bool answered;
	char answer[200];
};

static void
tell(struct loader *l)
{
	if (write(l->tell[1], "x", 1) < 0)
		return; /* the pipe is full: the screen has been told */
}

/* Sleeps until something is wanted or a second has gone. False: the end. */
static bool
wait_for_work(struct loader *l, struct request *q, bool *again)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += POLL_MS / 1000;
	pthread_mutex_lock(&l->lock);
	while (!l->stop && !l->changed && !l->again && l->deed.kind == DEED_NONE)
		if (pthread_cond_timedwait(&l->wake, &l->lock, &until) == ETIMEDOUT && l->wanted)
			break;
	*q = l->want;
	*again = l->again;
	l->changed = l->again = false;
	stop = l->stop;
	pthread_mutex_unlock(&l->lock);
	return !stop;
}

static void
hand_over(struct loader *l, struct snapshot *s)
{
	struct snapshot *old;

	pthread_mutex_lock(&l->lock);
	old = l->fresh;
	l->fresh = s;
	pthread_mutex_unlock(&l->lock);
	snapshot_close(old);
	tell(l);
}

static void
carry_out(struct loader *l)
{
	struct deed d;
	struct err e = ERR_INIT;
	int rc;

	pthread_mutex_lock(&l->lock);
	d = l->deed;
	pthread_mutex_unlock(&l->lock);
	if (d.kind == DEED_NONE)
		return;
	rc = deed_do(&d, l->path, &e);
	pthread_mutex_lock(&l->lock);
	l->deed.kind = DEED_NONE;
	l->answered = true;
	snprintf(l->answer, sizeof l->answer, "%.199s", rc < 0 ? e.text : "");
	pthread_mutex_unlock(&l->lock);
	tell(l);
}

static void
begins(struct loader *l, struct store *s, struct parts *parts)
{
	pthread_mutex_lock(&l->lock);
	l->reading = s;
	l->parts = parts;
	pthread_mutex_unlock(&l->lock);
}

static void
ends(struct loader *l)
{
	pthread_mutex_lock(&l->lock);
	l->reading = NULL;
	l->parts = NULL;
	if (!l->changed)
		l->asked = 0;
	pthread_mutex_unlock(&l->lock);
}

/* With the lock: a query that runs ends now. */
static void
cut_off(struct loader *l)
{
	if (l->parts != NULL)
		parts_cancel(l->parts);
	if (l->reading != NULL)
		store_interrupt(l->reading);
}

/* The file that was opened, or another one in its place: the agent may have been set up anew under us. */
struct place {
	dev_t device;
	ino_t file;
};

static struct place
place_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (struct place){st.st_dev, st.st_ino} : (struct place){0, 0};
}

/* What was read is of another store. While there is none, the last one is still what is known. */
static bool
is_another(struct place is, struct place was)
{
	return is.file != 0 && was.file != 0 && (is.device != was.device || is.file != was.file);
}

/* An open store, opened anew when it is another file or when it could not be read the last time. */
static int
open_store(struct loader *l, struct reader **rd, struct place is, struct place *was, bool failed, struct err *e)
{
	if (*rd != NULL && (failed || is.device != was->device || is.file != was->file)) {
		reader_close(*rd);
		*rd = NULL;
	}
	if (*rd == NULL && reader_open(rd, l->path, e) < 0)
		*rd = NULL;
	if (*rd != NULL)
		*was = is;
	return *rd != NULL ? 0 : -1;
}

struct handing {
	struct loader *l;
	bool failed;
	bool news; /* something was read since memory was last given back */
};

static void
hand_on(void *arg, struct snapshot *s)
{
	struct handing *h = arg;

	h->failed = s->error != NULL;
	h->news = true;
	hand_over(h->l, s);
}

static void
tidy(struct parts *parts, struct handing *h, int64_t *tidied)
{
	const bool first = *tidied == 0;

	if (!first && clock_monotonic() - *tidied < TIDY_MS)
		return;
	if (parts_tidy(parts) || first)
		lean_text();
	else if (!h->news)
		return;
	lean_heap();
	h->news = false;
	*tidied = clock_monotonic();
}

static void *
loader_run(void *arg)
{
	struct loader *l = arg;
	struct reader *rd = NULL;
	struct place place = {0, 0};
	struct parts *parts = parts_open();
	struct handing h = {.l = l};
	struct request q;
	int64_t tidied = 0;
	bool again;

	while (wait_for_work(l, &q, &again)) {
		const struct place is = place_of(l->path);
		struct err e = ERR_INIT;

		carry_out(l);
		if (again || is_another(is, place)) {
			parts_close(parts);
			parts = parts_open();
		} else if (h.failed) {
			parts_doubt(parts);
		}
		if (open_store(l, &rd, is, &place, h.failed, &e) < 0) {
			hand_on(&h, snapshot_failed(parts, &q, &e));
			ends(l);
			continue;
		}
		begins(l, reader_store(rd), parts);
		snapshot_read(parts, rd, &q, hand_on, &h);
		ends(l);
		tidy(parts, &h, &tidied);
	}
	parts_close(parts);
	reader_close(rd);
	return NULL;
}

int
loader_start(struct loader **out, const char *store_path)
{
	struct loader *l = xcalloc(1, sizeof *l);

	if (pipe2(l->tell, O_CLOEXEC | O_NONBLOCK) < 0) {
		free(l);
		return -1;
	}
	l->path = xstrdup(store_path);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->wake, NULL);
	if (pthread_create(&l->thread, NULL, loader_run, l) != 0) {
		close(l->tell[0]);
		close(l->tell[1]);
		free(l->path);
		free(l);
		return -1;
	}
	*out = l;
	return 0;
}

void
loader_stop(struct loader *l)
{
	struct timespec until;

	pthread_mutex_lock(&l->lock);
	l->stop = true;
	cut_off(l);
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LEAVE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	if (pthread_timedjoin_np(l->thread, NULL, &until) != 0)
		_exit(0); /* it waits for a store that is locked; it only reads, and nobody waits for it */
	snapshot_close(loader_take(l));
	close(l->tell[0]);
	close(l->tell[1]);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->wake);
	free(l->path);
	free(l);
}

int
loader_fd(const struct loader *l)
{
	return l->tell[0];
}

void
loader_want(struct loader *l, const struct request *q)
{
	pthread_mutex_lock(&l->lock);
	if (!l->wanted || memcmp(&l->want, q, sizeof *q) != 0) {
		l->want = *q;
		l->wanted = l->changed = true;
		l->asked = clock_monotonic();
		cut_off(l); /* what runs is for another picture: nobody waits for it any more */
		pthread_cond_signal(&l->wake);
	}
	pthread_mutex_unlock(&l->lock);
}

void
loader_again(struct loader *l)
{
	pthread_mutex_lock(&l->lock);
	l->again = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
}

void
loader_drop(struct loader *l)
{
	pthread_mutex_lock(&l->lock);
	l->asked = 0;
	cut_off(l);
	pthread_mutex_unlock(&l->lock);
}

struct snapshot *
loader_take(struct loader *l)
{
	struct snapshot *s;
	char drop[64];

	while (read(l->tell[0], drop, sizeof drop) == sizeof drop)
		continue;
	pthread_mutex_lock(&l->lock);
	s = l->fresh;
	l->fresh = NULL;
	pthread_mutex_unlock(&l->lock);
	return s;
}

int64_t
loader_waits_since(struct loader *l)
{
	int64_t since;

	pthread_mutex_lock(&l->lock);
	since = l->asked;
	pthread_mutex_unlock(&l->lock);
	return since;
}

void
loader_deed(struct loader *l, const struct deed *d)
{
	pthread_mutex_lock(&l->lock);
	l->deed = *d;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
}

bool
loader_answer(struct loader *l, char error[200])
{
	bool answered;

	pthread_mutex_lock(&l->lock);
	answered = l->answered;
	l->answered = false;
	memcpy(error, l->answer, sizeof l->answer);
	pthread_mutex_unlock(&l->lock);
	return answered;
}
