/*
 * tail_scan.c -- which files there are.
 *
 * A scan looks at every followed path. A file that left its path is read on through its descriptor; what became of others
 * is looked for by tail_lost.c.
 *
 * Knows files and names. Does not know lines.
 */
#include "tail_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/quantity.h"
#include "mlwatch/xalloc.h"

#define APPEARS_MS MS_MINUTE /* a rotation brings the next file sooner */

void
scan_event(const struct tail_sink *sink, const char *kind, const char *path, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	if (sink->event == NULL)
		return;
	n = snprintf(text, sizeof text, "log %s: %.250s", kind, path_base(path));
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
	va_end(ap);
	sink->event(sink->arg, kind, path, text);
}

struct follow *
file_find(struct tail *t, uint64_t device, uint64_t inode)
{
	for (size_t i = t->n_files; i-- > 0;)
		if (t->files[i]->at.inode == inode && t->files[i]->at.device == device)
			return t->files[i];
	return NULL;
}

struct follow *
file_add(struct tail *t, const struct stat *st, const char *path)
{
	struct follow *f = xcalloc(1, sizeof *f);

	f->fd = -1;
	f->fresh = true;
	f->at.device = st->st_dev;
	f->at.inode = st->st_ino;
	f->at.path = xstrdup(path);
	f->at.seen_ms = t->now;
	f->done = f->at;
	f->quiet_ms = t->now;
	xgrow(t->files, t->n_files, t->cap_files);
	t->files[t->n_files++] = f;
	return f;
}

void
file_close(struct follow *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

void
file_attach(struct follow *f, int fd)
{
	if (f->fd >= 0) {
		close(fd);
		return;
	}
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	f->fd = fd;
	f->finished = false;
	f->mtime_ns = f->ctime_ns = 0;
	f->error[0] = '\0';
}

/* Other content than before: from its first byte. Nothing of the old content can be read again here. */
static void
file_restart(struct follow *f, const struct tail *t)
{
	f->at.offset = 0;
	f->at.fingerprint = f->at.recent = 0;
	f->at.fingerprint_len = f->at.recent_len = 0;
	f->at.skipping = false;
	int64_t lines = f->done.lines, bad = f->done.bad_lines;
	f->done = f->at;
	f->done.lines = lines;
	f->done.bad_lines = bad;
	f->begun = f->finished = false;
	f->fresh = f->cut = f->was_cut = true;
	f->restarted = t->scan;
	f->quiet_ms = t->now;
}

int
file_open(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

/* After a reboot a disk may have another device number: same inode, same content, same name. */
static struct follow *
find_elsewhere(struct tail *t, int fd, const struct stat *st, const char *path)
{
	for (size_t i = 0; i < t->n_files; i++) {
		struct follow *f = t->files[i];
		if (f->fd >= 0 || f->at.inode != st->st_ino || f->at.recent_len == 0 || strcmp(f->at.path, path) != 0 ||
		    !id_same(fd, st->st_size, &f->at))
			continue;
		f->at.device = f->done.device = st->st_dev;
		return f;
	}
	return NULL;
}

struct follow *
file_take(struct tail *t, int fd, const struct stat *st, const char *path, const struct tail_sink *sink)
{
	struct follow *f = file_find(t, st->st_dev, st->st_ino);

	if (f == NULL)
		f = find_elsewhere(t, fd, st, path);
	if (f == NULL) {
		f = file_add(t, st, path);
		file_attach(f, fd);
		f->size = st->st_size;
		return f;
	}
	if (f->fd < 0 && !id_same(fd, st->st_size, &f->at)) {
		if (!copy_adopt(t, f, sink))
			scan_event(sink, "truncated", path, " holds other lines than before, read from its start");
		file_restart(f, t);
	}
	file_attach(f, fd);
	f->size = st->st_size;
	return f;
}

static void
take_early(struct tail *t, const struct tail_sink *sink)
{
	struct early *list;
	size_t n;

	pthread_mutex_lock(&t->lock);
	list = t->early;
	n = t->n_early;
	t->early = NULL;
	t->n_early = t->cap_early = 0;
	pthread_mutex_unlock(&t->lock);
	for (size_t i = 0; i < n; i++) {
		struct stat st;
		struct follow *f;
		if (fstat(list[i].fd, &st) < 0 || ((f = file_find(t, st.st_dev, st.st_ino)) != NULL && f->fd >= 0)) {
			close(list[i].fd);
		} else {
			f = file_take(t, list[i].fd, &st, list[i].path, sink);
			f->live = true; /* it was; the scan sees whether it still is */
		}
		free(list[i].path);
	}
	free(list);
}

static struct slot *
slot_get(struct tail *t, const char *path)
{
	for (size_t i = 0; i < t->n_slots; i++)
		if (strcmp(t->slots[i].path, path) == 0)
			return &t->slots[i];
	xgrow(t->slots, t->n_slots, t->cap_slots);
	t->slots[t->n_slots] = (struct slot){.path = xstrdup(path), .gap_ms = -1};
	return &t->slots[t->n_slots++];
}

/* A path that never held anything, or nothing for so long that this is no rotation. */
static void
tell_appeared(const struct tail *t, const struct slot *s, const struct follow *f, const struct tail_sink *sink)
{
	char size[32];

	if (s->inode != 0 && (t->scan == 1 || t->now - s->seen_ms < APPEARS_MS))
		return;
	bytes_text(size, (double)(f->size));
	scan_event(sink, "appeared", s->path, ", %s", size);
}

/* Rotated before, by its name, and quiet: that it moves on, .1 to .2, or goes at last, is no news. */
static bool
is_old(const struct tail *t, const struct follow *f)
{
	const char *name = path_base(f->at.path);
	bool rotated = false;

	for (size_t i = 0; i < t->n_slots && !rotated; i++) {
		const char *path = t->slots[i].path;
		const size_t folder = (size_t)(path_base(path) - path);

		rotated = (size_t)(name - f->at.path) == folder && memcmp(path, f->at.path, folder) == 0 &&
			  name_is_rotation(path, name);
	}
	return rotated && f->at.offset >= f->size && t->now - f->quiet_ms >= QUIET_MS;
}

static void
seen_at(struct tail *t, struct slot *s, struct follow *f, const struct tail_sink *sink)
{
	bool replaced = s->inode != f->at.inode || s->device != f->at.device;

	if (s->inode != 0 && (replaced || f->restarted == t->scan))
		s->gap_ms = s->seen_ms;
	s->device = f->at.device;
	s->inode = f->at.inode;
	s->seen_ms = t->now;
	s->error[0] = '\0';
	if (f->scan == t->scan)
		return; /* the same file under a second name */
	if (strcmp(f->at.path, s->path) != 0) {
		if (!is_old(t, f))
			scan_event(sink, "rotated", f->at.path, ", nothing lost");
		free(f->at.path);
		f->at.path = xstrdup(s->path);
	}
	free(f->where);
	f->where = NULL;
	f->scan = t->scan;
	f->live = true;
	f->at.seen_ms = t->now;
}

static void
slot_fails(struct tail *t, struct slot *s, struct err *e)
{
	const char *why = errno == EINVAL ? "not a regular file" : strerror(errno);

	s->scan = t->scan;
	snprintf(s->error, sizeof s->error, "cannot open: %s", why);
	err_set(e, ERR_WORLD, "cannot open '%s': %s", s->path, why);
}

/* Only for a file never seen before in the very first scan. The line at the end may be a half one. */
static void
start_at_end(struct follow *f, int64_t size)
{
	char last;

	f->at.offset = size;
	f->at.skipping = size > 0 && (pread(f->fd, &last, 1, size - 1) != 1 || last != '\n');
	f->done = f->at;
	f->fresh = false;
}

static void
look_at(struct tail *t, const char *path, const struct tail_sink *sink, struct err *e)
{
	struct slot *s = slot_get(t, path);
	struct stat st;
	struct follow *f;
	int fd;

	if (stat(path, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			slot_fails(t, s, e);
		else
			s->error[0] = '\0';
		return;
	}
	f = file_find(t, st.st_dev, st.st_ino);
	if (f != NULL && (f->fd >= 0 || (f->finished && f->size == st.st_size && f->mtime_ns == stat_mtime_ns(&st)))) {
		seen_at(t, s, f, sink);
		return;
	}
	fd = file_open(path, &st);
	if (fd < 0) {
		if (errno != ENOENT)
			slot_fails(t, s, e);
		return;
	}
	size_t known = t->n_files;
	f = file_take(t, fd, &st, path, sink);
	if (t->n_files > known)
		tell_appeared(t, s, f, sink);
	if (t->n_files > known && t->from_end && t->scan == 1)
		start_at_end(f, st.st_size);
	seen_at(t, s, f, sink);
}

/* What had been seen of the file and was not read by then is gone. */
static void
tell_truncated(const struct follow *f, const struct tail_sink *sink)
{
	char size[32];

	if (f->size <= f->at.offset) {
		scan_event(sink, "truncated", f->at.path, ", read from its start");
		return;
	}
	bytes_text(size, (double)(f->size - f->at.offset));
	scan_event(sink, "lost", f->at.path, " was truncated before its last %s were read", size);
}

/* Every open file: did it grow, was it truncated? */
static void
look_into(struct tail *t, struct follow *f, const struct tail_sink *sink)
{
	struct stat st;

	if (f->fd < 0)
		return;
	if (fstat(f->fd, &st) < 0) {
		file_close(f); /* a stale handle of a network file system: it is opened again by name */
		return;
	}
	f->unlinked = st.st_nlink == 0;
	if (f->ctime_ns == stat_ctime_ns(&st) && f->mtime_ns == stat_mtime_ns(&st) && f->size == st.st_size)
		return;
	if (f->size != st.st_size || f->mtime_ns != stat_mtime_ns(&st) || t->now < f->quiet_ms)
		f->quiet_ms = t->now;
	if (f->mtime_ns != 0 && !id_same(f->fd, st.st_size, &f->at)) {
		if (!copy_adopt(t, f, sink))
			tell_truncated(f, sink);
		file_restart(f, t);
	}
	f->size = st.st_size;
	f->mtime_ns = stat_mtime_ns(&st);
	f->ctime_ns = stat_ctime_ns(&st);
	if (f->finished && f->size > f->at.offset)
		f->finished = false;
	id_extend(f->fd, f->size, &f->at);
}

static void
leave_paths(struct tail *t, const struct tail_sink *sink)
{
	for (size_t i = 0; i < t->n_files; i++) {
		struct follow *f = t->files[i];
		if (!f->live || f->scan == t->scan)
			continue;
		const bool closed = f->fd < 0, old = is_old(t, f);

		f->live = false;
		f->quiet_ms = t->now;
		if (closed && (!lost_find(t, f, sink) || f->fd >= 0))
			continue; /* not found, or told already what was left in it */
		if (old)
			continue;
		if (f->unlinked)
			scan_event(sink, "gone", f->at.path, ", deleted and read to its end");
		else
			scan_event(sink, "rotated", f->at.path, ", nothing lost");
	}
}

static int
ident_cmp(const void *a, const void *b)
{
	const struct ident *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return (x->device > y->device) - (x->device < y->device);
}

/* For tail_notice: what need not be opened. */
static void
publish(struct tail *t)
{
	pthread_mutex_lock(&t->lock);
	t->n_ids = 0;
	for (size_t i = 0; i < t->n_files; i++) {
		if (t->files[i]->fd < 0 && !t->files[i]->live)
			continue;
		xgrow(t->ids, t->n_ids, t->cap_ids);
		t->ids[t->n_ids++] = (struct ident){t->files[i]->at.device, t->files[i]->at.inode};
	}
	if (t->n_ids > 1)
		qsort(t->ids, t->n_ids, sizeof *t->ids, ident_cmp);
	pthread_mutex_unlock(&t->lock);
}

static void
each_path(struct tail *t, const struct tail_sink *sink, struct err *e)
{
	for (size_t i = 0; i < t->n_globs; i++) {
		char **paths;
		size_t n;
		if (strpbrk(t->globs[i], "*?[") == NULL) {
			look_at(t, t->globs[i], sink, e);
			continue;
		}
		if (path_glob(t->globs[i], &paths, &n, e) < 0)
			continue;
		for (size_t j = 0; j < n; j++)
			look_at(t, paths[j], sink, e);
		path_list_free(paths, n);
	}
}

void
scan_files(struct tail *t, const struct tail_sink *sink, struct err *e)
{
	t->scan++;
	take_early(t, sink);
	for (size_t i = 0, n = t->n_files; i < n; i++)
		look_into(t, t->files[i], sink);
	each_path(t, sink, e);
	leave_paths(t, sink);
	if (t->scan == 1)
		for (size_t i = 0, n = t->n_files; i < n; i++)
			if (t->files[i]->fd < 0 && !t->files[i]->live)
				lost_find(t, t->files[i], sink);
	for (size_t i = 0; i < t->n_slots; i++)
		if (t->slots[i].gap_ms >= 0)
			lost_generations(t, &t->slots[i], sink);
	for (size_t i = 0; i < t->n_files; i++)
		look_into(t, t->files[i], sink);
	lost_recheck(t);
	publish(t);
}
