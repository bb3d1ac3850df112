/*
 * tail_copy.c -- copytruncate.
 *
 * logrotate copies the log to NAME.1 and truncates it. What was not read by then is only in the copy, and the
 * copy may match our globs too. So when a file is found truncated, a file beside it with a rotation name, the
 * same first bytes and the same bytes before our offset is its copy: that one is read from the offset on. And a
 * new file that looks like a copy of one that still stands untruncated waits until it is.
 *
 * What cannot be known: lines written between the copying and the truncation are in neither file, unless they
 * were read in time. A copy that was compressed at once is not read.
 */
#include "tail_private.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/buf.h"
#include "mlwatch/quantity.h"
#include "mlwatch/xalloc.h"

/* Same bytes as far as can be compared: f itself may be truncated already, then its hashes have to do. */
static bool
is_copy(int fd, int64_t size, const struct follow *f)
{
	if (f->at.fingerprint_len == 0 || size < f->at.fingerprint_len || !id_same_start(fd, size, &f->at))
		return false;
	return size < f->at.offset || id_same(fd, size, &f->at);
}

static void
copy_take(struct follow *c, const struct follow *f)
{
	char *path = c->at.path;
	uint64_t device = c->at.device, inode = c->at.inode;
	int64_t size = c->size;

	c->at = f->at;
	c->done = f->done;
	c->at.path = path;
	c->at.device = c->done.device = device;
	c->at.inode = c->done.inode = inode;
	c->at.lines = c->at.bad_lines = c->done.lines = c->done.bad_lines = 0;
	if (c->at.offset > size) {
		c->at.offset = size;
		c->at.recent_len = 0;
	}
	if (c->done.offset > size) {
		c->done.offset = size;
		c->done.recent_len = 0;
	}
	c->copy_of = NULL;
	c->fresh = false;
}

static int
open_candidate(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && (fstat(fd, st) < 0 || !S_ISREG(st->st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

struct best {
	int fd;
	struct stat st;
	char *path;
};

static void
consider(struct tail *t, const struct follow *f, const char *path, struct best *best)
{
	struct stat st;
	int fd = open_candidate(path, &st);
	struct follow *known;

	if (fd < 0)
		return;
	known = file_find(t, st.st_dev, st.st_ino);
	if ((st.st_dev == f->at.device && st.st_ino == f->at.inode) ||
	    (known != NULL && !known->fresh && id_same(fd, st.st_size, &known->at)) || /* known for itself */
	    (best->fd >= 0 && st.st_size <= best->st.st_size) || !is_copy(fd, st.st_size, f)) {
		close(fd);
		return;
	}
	if (best->fd >= 0)
		close(best->fd);
	free(best->path);
	*best = (struct best){fd, st, xstrdup(path)};
}

bool
copy_adopt(struct tail *t, struct follow *f, const struct tail_sink *sink)
{
	struct best best = {-1, .path = NULL};
	char *folder = path_folder(f->at.path);
	DIR *d = opendir(folder);
	struct dirent *entry;
	struct buf path = BUF_INIT;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (!name_is_rotation(f->at.path, entry->d_name) || name_is_compressed(entry->d_name))
			continue;
		buf_reset(&path);
		buf_addf(&path, "%s/%s", folder, entry->d_name);
		consider(t, f, buf_str(&path), &best);
	}
	if (d != NULL)
		closedir(d);
	buf_release(&path);
	free(folder);
	if (best.fd < 0)
		return false;
	struct follow *c = file_find(t, best.st.st_dev, best.st.st_ino);
	if (c == NULL)
		c = file_add(t, &best.st, f->at.path);
	file_attach(c, best.fd);
	c->size = best.st.st_size;
	copy_take(c, f);
	if (c->where == NULL)
		c->where = xstrdup(best.path);
	bool left = c->at.offset < c->size;
	if (left) {
		char size[32];

		bytes_text(size, (double)(c->size - c->at.offset));
		scan_event(sink, "truncated", f->at.path, ", its last %s are read from %.200s", size,
			   path_base(best.path));
	}
	free(best.path);
	return left;
}

/* f holds what k holds so far: its first bytes, or all of them, and its last ones. */
static bool
same_so_far(const struct follow *k, const struct follow *f)
{
	struct stat st;

	if (fstat(k->fd, &st) < 0)
		return false;
	if (st.st_size < k->at.offset)
		return is_copy(f->fd, f->size, k); /* truncated since it was looked at: its hashes have to do */
	if (st.st_size < f->size)
		return false; /* no copy is longer than what it is a copy of */
	if (f->size >= k->at.fingerprint_len && !id_same_start(f->fd, f->size, &k->at))
		return false;
	return id_same_end(k->fd, f->fd, f->size);
}

bool
copy_detect(struct tail *t, struct follow *f)
{
	bool waited = f->copy_of != NULL;

	f->copy_of = NULL;
	for (size_t i = 0; f->fresh && f->at.offset == 0 && f->fd >= 0 && i < t->n_files; i++) {
		struct follow *k = t->files[i];
		/* one that was found beside its log is known by the log's path; its own is where it was found */
		const char *name = path_base(f->where != NULL ? f->where : f->at.path);
		if (k == f || k->fd < 0 || !k->live || !name_is_rotation(k->at.path, name) || !same_so_far(k, f))
			continue;
		f->copy_of = k;
		snprintf(f->error, sizeof f->error, "waits: a copy of '%s'", path_base(k->at.path));
		return true;
	}
	if (waited)
		f->error[0] = '\0';
	return false;
}

void
copy_release(struct tail *t, const struct follow *f)
{
	for (size_t i = 0; i < t->n_files; i++)
		if (t->files[i]->copy_of == f) {
			copy_take(t->files[i], f);
			t->files[i]->error[0] = '\0';
		}
}

bool
copy_of_lost(struct tail *t, struct follow *f)
{
	for (size_t i = 0; f->fresh && f->fd >= 0 && i < t->n_files; i++) {
		const struct follow *k = t->files[i];
		if (k == f || k->fd >= 0 || k->live || k->where != NULL || k->at.recent_len == 0 ||
		    strcmp(k->at.path, f->at.path) != 0 || f->size < k->at.offset || !is_copy(f->fd, f->size, k))
			continue;
		copy_take(f, k);
		return true;
	}
	return false;
}
