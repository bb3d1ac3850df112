/*
 * tail.c -- following log files: the public verbs.
 *
 * One poll: look where the files are (tail_scan.c), read what is new (tail_read.c), finish rotated files that have
 * been quiet. A file is closed only when what was read from it is committed, because a deleted file cannot be opened
 * again. Between tail_commit and tail_rewind the offsets move freely; rewinding goes back to the last commit.
 *
 * The half last line of a file that was rotated away is handed out, with a newline, when the file is finished:
 * 5 s without growth and a successor in its place. The half last line of a file in its place waits for its rest.
 *
 * Threads: tail_notice from any, the other verbs from one at a time.
 */
#include "tail_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/xalloc.h"

#define LINE_DEFAULT (1024 * 1024)
#define MOST_EARLY   1024

static void
follow_free(struct follow *f)
{
	file_close(f);
	free(f->at.path);
	free(f->where);
	free(f->shown);
	free(f);
}

/* What the store has. A path that stands twice was last held by the one seen last. */
static void
restore(struct tail *t, const struct tail_offset *saved)
{
	struct stat st = {.st_dev = saved->device, .st_ino = saved->inode};
	struct follow *f = file_find(t, saved->device, saved->inode);
	struct slot *s = NULL;

	if (f != NULL && f->at.seen_ms > saved->seen_ms)
		return; /* an inode that was used twice */
	if (f == NULL)
		f = file_add(t, &st, saved->path);
	char *path = xstrdup(saved->path);
	free(f->at.path);
	f->at = *saved;
	f->at.path = path;
	f->done = f->at;
	f->fresh = false;
	for (size_t i = 0; i < t->n_slots && s == NULL; i++)
		if (strcmp(t->slots[i].path, path) == 0)
			s = &t->slots[i];
	if (s == NULL) {
		xgrow(t->slots, t->n_slots, t->cap_slots);
		s = &t->slots[t->n_slots++];
		*s = (struct slot){.path = xstrdup(path), .seen_ms = INT64_MIN, .gap_ms = -1};
	}
	if (saved->seen_ms >= s->seen_ms) {
		s->device = saved->device;
		s->inode = saved->inode;
		s->seen_ms = saved->seen_ms;
	}
}

struct tail *
tail_open(const struct tail_spec *spec, const struct tail_offset *saved, size_t n_saved, struct err *e)
{
	struct tail *t;

	if (spec->n_paths == 0) {
		err_set(e, ERR_FILE, "no paths to follow");
		return NULL;
	}
	t = xcalloc(1, sizeof *t);
	pthread_mutex_init(&t->lock, NULL);
	t->n_globs = spec->n_paths;
	t->globs = xcalloc(spec->n_paths, sizeof *t->globs);
	for (size_t i = 0; i < spec->n_paths; i++)
		t->globs[i] = xstrdup(spec->paths[i]);
	t->from_end = spec->from_end && n_saved == 0;
	t->limit = spec->line_bytes != 0 ? spec->line_bytes : LINE_DEFAULT;
	for (size_t i = 0; i < n_saved; i++)
		restore(t, &saved[i]);
	return t;
}

void
tail_close(struct tail *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n_files; i++)
		follow_free(t->files[i]);
	for (size_t i = 0; i < t->n_slots; i++)
		free(t->slots[i].path);
	for (size_t i = 0; i < t->n_globs; i++)
		free(t->globs[i]);
	for (size_t i = 0; i < t->n_early; i++) {
		close(t->early[i].fd);
		free(t->early[i].path);
	}
	free(t->files);
	free(t->slots);
	free(t->globs);
	free(t->early);
	free(t->ids);
	free(t->block);
	free(t->offsets);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* A file that can only be reached through its descriptor. */
static bool
is_nameless(struct follow *f)
{
	struct stat st;

	return f->fd >= 0 && !f->finished && fstat(f->fd, &st) == 0 && (st.st_nlink == 0 || !f->live);
}

static void
inherit_file(struct tail *t, struct follow *old)
{
	struct stat st = {.st_dev = old->at.device, .st_ino = old->at.inode};
	struct follow *f = file_find(t, old->at.device, old->at.inode);

	if (f == NULL) { /* nothing of it was ever committed */
		f = file_add(t, &st, old->at.path);
		char *path = f->at.path;
		f->at = old->done;
		f->at.path = path;
		f->done = f->at;
	}
	if (f->fd >= 0)
		return;
	file_attach(f, old->fd);
	old->fd = -1;
	f->live = true; /* the first scan sees that it is not, and waits until it is quiet */
}

void
tail_inherit(struct tail *t, struct tail *old)
{
	pthread_mutex_lock(&old->lock);
	free(t->early);
	t->early = old->early;
	t->n_early = old->n_early;
	t->cap_early = old->cap_early;
	old->early = NULL;
	old->n_early = old->cap_early = 0;
	pthread_mutex_unlock(&old->lock);
	for (size_t i = 0; i < old->n_files; i++)
		if (is_nameless(old->files[i]))
			inherit_file(t, old->files[i]);
}

static size_t
count_open(const struct tail *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_files; i++)
		n += t->files[i]->fd >= 0;
	return n;
}

static bool
has_successor(const struct tail *t, const struct follow *f)
{
	for (size_t i = 0; i < t->n_files; i++) {
		const struct follow *k = t->files[i];
		if (k != f && k->live && strcmp(k->at.path, f->at.path) == 0)
			return true;
	}
	return false;
}

static bool
is_quiet(const struct tail *t, const struct follow *f, size_t n_open)
{
	int64_t quiet = t->now - f->quiet_ms;

	if (quiet < 0)
		return false;
	if (f->live) /* at its path: only closed when there are very many and it has long been silent */
		return n_open > MANY_OPEN && quiet >= QUIET_ORPHAN_MS && f->size == f->at.offset;
	if (!has_successor(t, f))
		return quiet >= QUIET_ORPHAN_MS;
	if (n_open > MOST_OPEN)
		return quiet >= QUIET_MS / 5;
	return quiet >= (f->unlinked ? QUIET_DELETED_MS : QUIET_MS);
}

static int64_t
finish_files(struct tail *t, const struct tail_sink *sink)
{
	size_t n_open = count_open(t);
	int64_t handed = 0;

	for (size_t i = 0; i < t->n_files; i++) {
		struct follow *f = t->files[i];
		struct stat st;
		if (f->fd < 0 || f->finished || f->copy_of != NULL || !is_quiet(t, f, n_open) ||
		    fstat(f->fd, &st) < 0 || st.st_size != f->size)
			continue;
		if (!f->live && f->at.offset < f->size) {
			if (f->size - f->at.offset > (int64_t)t->limit + 1)
				continue; /* not read to its end yet */
			handed += read_file(t, f, (int64_t)t->limit + 1, sink);
			handed += read_rest(t, f, sink);
		}
		f->finished = f->at.offset >= f->size;
	}
	return handed;
}

static bool
has_news(const struct follow *f, bool live)
{
	return f->fd >= 0 && f->live == live && f->size > f->at.offset;
}

/* Rotated files first: their lines are older. Files that share a pass get equal parts of what is left. */
static int64_t
read_files(struct tail *t, bool live, int64_t left, const struct tail_sink *sink)
{
	int64_t handed = 0;
	size_t waiting = 0;

	for (size_t i = 0; i < t->n_files; i++)
		waiting += has_news(t->files[i], live);
	for (size_t i = 0; i < t->n_files && handed < left; i++) {
		struct follow *f = t->files[i];
		if (!has_news(f, live))
			continue;
		if (!copy_detect(t, f))
			handed += read_file(t, f, (left - handed) / (int64_t)waiting + 1, sink);
		waiting--;
	}
	return handed;
}

int64_t
tail_poll(struct tail *t, int64_t now_ms, size_t max_bytes, const struct tail_sink *sink, struct err *e)
{
	int64_t left = max_bytes > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)max_bytes, handed;

	t->now = now_ms;
	scan_files(t, sink, e);
	handed = read_files(t, false, left, sink);
	if (handed < left)
		handed += read_files(t, true, left - handed, sink);
	handed += finish_files(t, sink);
	for (size_t i = 0; i < t->n_files; i++)
		if (t->files[i]->fd >= 0 && t->files[i]->error[0] != '\0' && t->files[i]->copy_of == NULL)
			err_set(e, ERR_WORLD, "'%s': %s", t->files[i]->at.path, t->files[i]->error);
	return handed;
}

static bool
is_committed(const struct follow *f)
{
	return f->done.offset == f->at.offset && f->done.skipping == f->at.skipping;
}

static void
forget(struct tail *t, size_t i)
{
	struct follow *f = t->files[i];

	copy_release(t, f);
	if (t->last == f)
		t->last = NULL;
	follow_free(f);
	memmove(t->files + i, t->files + i + 1, (t->n_files - i - 1) * sizeof *t->files);
	t->n_files--;
}

/* Where an open file that was renamed is now, into *to. */
static void
find_where(const struct follow *f, char **to)
{
	char link[64], path[4096];
	ssize_t n;

	if (f->live || f->unlinked)
		return;
	snprintf(link, sizeof link, "/proc/self/fd/%d", f->fd);
	n = readlink(link, path, sizeof path - 1);
	if (n <= 0)
		return;
	path[n] = '\0';
	free(*to);
	*to = xstrdup(path);
}

static void
close_finished(struct tail *t)
{
	for (size_t i = t->n_files; i-- > 0;) {
		struct follow *f = t->files[i];
		bool old = !f->live && (t->now - f->quiet_ms > FORGET_MS || t->n_files > MOST_KNOWN);
		if (f->fd >= 0 && f->finished) {
			find_where(f, &f->where);
			file_close(f);
			copy_release(t, f);
		}
		if (f->fd < 0 && t->scan > 0 && (old || (f->unlinked && !f->live)))
			forget(t, i);
	}
}

void
tail_commit(struct tail *t)
{
	for (size_t i = 0; i < t->n_files; i++)
		t->files[i]->done = t->files[i]->at;
	close_finished(t);
}

void
tail_rewind(struct tail *t)
{
	for (size_t i = 0; i < t->n_files; i++) {
		struct follow *f = t->files[i];
		char *path = f->at.path;
		uint64_t fingerprint = f->at.fingerprint;
		uint32_t fingerprint_len = f->at.fingerprint_len;
		if (!is_committed(f)) {
			f->begun = false;
			f->starting = f->done.offset == 0;
			f->cut = f->starting && f->was_cut;
			f->finished = false;
		}
		f->at = f->done;
		f->at.path = path;
		f->at.fingerprint = fingerprint; /* still the same file, and better known by now */
		f->at.fingerprint_len = fingerprint_len;
	}
	t->last = NULL;
}

void
tail_count(struct tail *t, int64_t lines, int64_t bad_lines)
{
	if (t->current == NULL)
		return;
	t->current->at.lines += lines;
	t->current->at.bad_lines += bad_lines;
}

size_t
tail_head(struct tail *t, char *out, size_t cap)
{
	ssize_t n;
	const char *nl;

	if (t->current == NULL || (n = pread(t->current->fd, out, cap, 0)) <= 0)
		return 0;
	nl = memchr(out, '\n', (size_t)n);
	return nl != NULL ? (size_t)(nl - out) + 1 : 0;
}

size_t
tail_offsets(struct tail *t, const struct tail_offset **out)
{
	if (t->n_files > t->cap_offsets) {
		t->cap_offsets = t->n_files + 8;
		t->offsets = xreallocarray(t->offsets, t->cap_offsets, sizeof *t->offsets);
	}
	for (size_t i = 0; i < t->n_files; i++)
		t->offsets[i] = t->files[i]->at;
	*out = t->offsets;
	return t->n_files;
}

static const char *
shown_path(struct follow *f)
{
	if (f->fd >= 0 && !f->live)
		find_where(f, &f->shown);
	return f->where != NULL ? f->where : f->fd >= 0 && !f->live && f->shown != NULL ? f->shown : f->at.path;
}

size_t
tail_status(struct tail *t, struct tail_status **out)
{
	size_t n = 0;

	*out = xcalloc(t->n_files + t->n_slots + 1, sizeof **out);
	for (size_t i = 0; i < t->n_files; i++) {
		struct follow *f = t->files[i];
		if (f->fd < 0 && !f->live && f->where == NULL)
			continue;
		(*out)[n++] = (struct tail_status){
		    .path = shown_path(f),
		    .device = f->at.device,
		    .inode = f->at.inode,
		    .size = f->size,
		    .offset = f->at.offset,
		    .lag_bytes = f->size > f->at.offset ? f->size - f->at.offset : 0,
		    .lines = f->at.lines,
		    .bad_lines = f->at.bad_lines,
		    .last_read_ms = f->read_ms,
		    .written_ms = f->mtime_ns / 1000000,
		    .open = f->fd >= 0,
		    .rotated = !f->live && !f->unlinked,
		    .deleted = f->unlinked,
		    .error = f->error[0] != '\0' ? f->error : NULL,
		};
	}
	for (size_t i = 0; i < t->n_slots; i++)
		if (t->slots[i].error[0] != '\0')
			(*out)[n++] = (struct tail_status){.path = t->slots[i].path, .error = t->slots[i].error};
	return n;
}
