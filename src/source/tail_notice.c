/*
 * tail_notice.c -- for whoever watches the folders: which those are, and opening new files the moment one of them changes.
 *
 * tail_notice may run in any thread while another polls. It looks only at what the lock guards (the open files' identities, the files
 * opened early) and at the globs, which never change.
 */
#include "tail_private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/file.h"
#include "mlwatch/xalloc.h"

#define MOST_EARLY 1024

static bool
is_open(struct tail *t, const struct stat *st)
{
	size_t lo = 0, hi = t->n_ids;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct ident *id = &t->ids[mid];
		if (id->inode == st->st_ino && id->device == st->st_dev)
			return true;
		if (id->inode < st->st_ino || (id->inode == st->st_ino && id->device < st->st_dev))
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = 0; i < t->n_early; i++)
		if (t->early[i].inode == st->st_ino && t->early[i].device == st->st_dev)
			return true;
	return false;
}

static void
notice_path(struct tail *t, const char *path)
{
	struct stat st;
	bool open_already;
	int fd;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	pthread_mutex_lock(&t->lock);
	open_already = is_open(t, &st) || t->n_early >= MOST_EARLY;
	pthread_mutex_unlock(&t->lock);
	if (open_already || (fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) < 0)
		return;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return;
	}
	pthread_mutex_lock(&t->lock);
	xgrow(t->early, t->n_early, t->cap_early);
	t->early[t->n_early++] = (struct early){fd, xstrdup(path), st.st_dev, st.st_ino};
	pthread_mutex_unlock(&t->lock);
}

void
tail_notice(struct tail *t)
{
	for (size_t i = 0; i < t->n_globs; i++) {
		char **paths;
		size_t n;
		if (strpbrk(t->globs[i], "*?[") == NULL) {
			notice_path(t, t->globs[i]);
			continue;
		}
		if (path_glob(t->globs[i], &paths, &n, NULL) < 0)
			continue;
		for (size_t j = 0; j < n; j++)
			notice_path(t, paths[j]);
		path_list_free(paths, n);
	}
}

struct folders {
	char **at;
	size_t n, cap;
};

static void
folder_add(struct folders *l, char *folder)
{
	struct stat st;

	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->at[i], folder) == 0) {
			free(folder);
			return;
		}
	if (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode)) {
		free(folder);
		return;
	}
	xgrow(l->at, l->n, l->cap);
	l->at[l->n++] = folder;
}

size_t
tail_directories(struct tail *t, char ***dirs)
{
	struct folders l = {NULL, 0, 0};

	for (size_t i = 0; i < t->n_globs; i++) {
		char *folder = path_folder(t->globs[i]);
		char **paths;
		size_t n = 0;
		if (strpbrk(folder, "*?[") == NULL) {
			folder_add(&l, folder);
			continue;
		}
		if (path_glob(folder, &paths, &n, NULL) == 0) {
			for (size_t j = 0; j < n; j++)
				folder_add(&l, xstrdup(paths[j]));
			path_list_free(paths, n);
		}
		free(folder);
	}
	for (size_t i = 0; i < t->n_files; i++) { /* where symbolic links lead */
		char *real = t->files[i]->live ? realpath(t->files[i]->at.path, NULL) : NULL;
		if (real != NULL)
			folder_add(&l, path_folder(real));
		free(real);
	}
	*dirs = l.at;
	return l.n;
}
