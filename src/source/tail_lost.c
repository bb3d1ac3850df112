/*
 * tail_lost.c -- files that are no longer where they were.
 *
 * A known file that is not open is found by inode in the folder where it was. A path that holds another file than before may have held
 * others in between, while nobody looked: those stand beside it, have a rotation name, and were written since.
 *
 * Knows files and names. Does not know lines.
 */
#include "tail_private.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/buf.h"
#include "mlwatch/quantity.h"
#include "mlwatch/xalloc.h"

#define CLOCK_GRAIN_MS 100 /* file times lag behind the clock by a tick */
#define RECHECK_MS     2000

/* Calls fn for every entry of the folder that `path` is in. */
struct beside {
	struct tail *t;
	const struct tail_sink *sink;
	struct follow *f; /* lost_find: the file looked for */
	int64_t since_ms; /* lost_generations */
	const char *path;
	bool found;
};

static void
each_beside(struct beside *b, void (*fn)(struct beside *, const struct dirent *, const char *path))
{
	char *folder = path_folder(b->path);
	DIR *d = opendir(folder);
	struct dirent *entry;
	struct buf path = BUF_INIT;

	while (d != NULL && !b->found && (entry = readdir(d)) != NULL) {
		buf_reset(&path);
		buf_addf(&path, "%s/%s", folder, entry->d_name);
		fn(b, entry, buf_str(&path));
	}
	if (d != NULL)
		closedir(d);
	buf_release(&path);
	free(folder);
}

static void
tell_rest(const struct tail_sink *sink, const struct follow *f, int64_t size, const char *name)
{
	char left[32];

	bytes_text(left, (double)(size - f->at.offset));
	scan_event(sink, "rotated", f->at.path, " is now %.200s, its last %s are read", name, left);
}

static void
moved_entry(struct beside *b, const struct dirent *entry, const char *path)
{
	struct stat st;
	int fd;

	/* Some file systems make the entries' numbers up; not worth a stat of everything for each of very many files. */
	if (entry->d_ino != b->f->at.inode &&
	    (b->t->n_files > MANY_OPEN || !name_is_rotation(b->f->at.path, entry->d_name)))
		return;
	if (stat(path, &st) < 0 || st.st_ino != b->f->at.inode || st.st_dev != b->f->at.device)
		return;
	if ((fd = file_open(path, &st)) < 0)
		return;
	if (st.st_ino != b->f->at.inode || !id_same(fd, st.st_size, &b->f->at)) {
		close(fd);
		return;
	}
	b->f->live = false;
	b->f->size = st.st_size;
	b->f->quiet_ms = b->t->now;
	free(b->f->where);
	b->f->where = xstrdup(path);
	b->found = true;
	if (st.st_size == b->f->at.offset) {
		close(fd); /* nothing was left in it; lost_recheck sees when something comes */
		b->f->finished = true;
		return;
	}
	file_attach(b->f, fd);
	if (st.st_size > b->f->at.offset)
		tell_rest(b->sink, b->f, st.st_size, entry->d_name);
}

bool
lost_find(struct tail *t, struct follow *f, const struct tail_sink *sink)
{
	struct beside b = {.t = t, .sink = sink, .f = f, .path = f->at.path};

	each_beside(&b, moved_entry);
	return b.found;
}

static void
missed_entry(struct beside *b, const struct dirent *entry, const char *path)
{
	struct stat st;
	struct follow *f;
	int fd;

	if (!name_is_rotation(b->path, entry->d_name) || stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    stat_mtime_ns(&st) / 1000000 < b->since_ms - CLOCK_GRAIN_MS)
		return;
	f = file_find(b->t, st.st_dev, st.st_ino);
	if (f == NULL ? st.st_size == 0 : f->fd >= 0 || (f->finished && f->size == st.st_size))
		return;
	if (name_is_compressed(entry->d_name)) {
		scan_event(b->sink, "lost", path, " was compressed before it could be read");
		return;
	}
	if ((fd = file_open(path, &st)) < 0)
		return;
	f = file_take(b->t, fd, &st, b->path, b->sink);
	free(f->where);
	f->where = xstrdup(path);
	f->live = false;
	f->quiet_ms = b->t->now;
	if (!copy_of_lost(b->t, f))
		scan_event(b->sink, "appeared", path, ", written and rotated away while nobody looked");
}

static int
by_mtime(const void *a, const void *b)
{
	struct stat x = {0}, y = {0};

	fstat((*(struct follow *const *)a)->fd, &x);
	fstat((*(struct follow *const *)b)->fd, &y);
	return (stat_mtime_ns(&x) > stat_mtime_ns(&y)) - (stat_mtime_ns(&x) < stat_mtime_ns(&y));
}

void
lost_generations(struct tail *t, struct slot *s, const struct tail_sink *sink)
{
	size_t before = t->n_files;
	struct beside b = {.t = t, .sink = sink, .path = s->path, .since_ms = s->gap_ms};

	s->gap_ms = -1;
	each_beside(&b, missed_entry);
	if (t->n_files - before > 1)
		qsort(t->files + before, t->n_files - before, sizeof *t->files, by_mtime);
}

void
lost_recheck(struct tail *t)
{
	struct stat st;

	if (t->now - t->recheck_ms < RECHECK_MS && t->now >= t->recheck_ms)
		return;
	t->recheck_ms = t->now;
	for (size_t i = 0; i < t->n_files; i++) {
		struct follow *f = t->files[i];
		int fd;
		if (f->fd >= 0 || f->live || f->where == NULL || stat(f->where, &st) < 0 || st.st_ino != f->at.inode ||
		    st.st_dev != f->at.device || st.st_size <= f->at.offset)
			continue;
		if ((fd = file_open(f->where, &st)) < 0)
			continue;
		if (st.st_ino != f->at.inode || !id_same(fd, st.st_size, &f->at)) {
			close(fd);
			continue;
		}
		file_attach(f, fd);
		f->quiet_ms = t->now;
	}
}
