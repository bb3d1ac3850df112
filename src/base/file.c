/* file.c -- whole files and paths. */
#include "mlwatch/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/num.h"
#include "mlwatch/xalloc.h"

static int
cannot(struct err *e, const char *verb, const char *path)
{
	return err_set(e, ERR_WORLD, "cannot %s '%s': %s", verb, path, strerror(errno));
}

static int
read_all(int fd, const char *path, size_t max, struct buf *b, struct err *e)
{
	ssize_t got;

	for (;;) {
		buf_reserve(b, 65536);
		got = read(fd, b->p + b->len, 65536);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cannot(e, "read", path);
		if (got == 0)
			break;
		b->len += (size_t)got;
		if (b->len > max) {
			char limit[16];

			size_human(limit, (int64_t)max);
			return err_set(e, ERR_FILE, "'%s' is larger than %s", path, limit);
		}
	}
	b->p[b->len] = '\0';
	return 0;
}

int
file_read(const char *path, size_t max, char **text, size_t *n, struct err *e)
{
	struct buf b = BUF_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return cannot(e, "open", path);
	r = read_all(fd, path, max, &b, e);
	close(fd);
	if (r < 0) {
		buf_release(&b);
		return -1;
	}
	if (n != NULL)
		*n = b.len;
	*text = buf_steal(&b);
	return 0;
}

static int
write_all(int fd, const char *p, size_t n)
{
	ssize_t put;

	while (n > 0) {
		put = write(fd, p, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

/* A device or a pipe is written to, not replaced by a file. */
static int
write_in_place(const char *path, const void *bytes, size_t n, struct err *e)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	const int r = fd < 0 ? -1 : write_all(fd, bytes, n);

	if (r < 0)
		cannot(e, "write", path);
	if (fd >= 0)
		close(fd);
	return r;
}

static int
write_and_rename(const char *path, const void *bytes, size_t n, int mode, struct err *e)
{
	struct buf name = BUF_INIT;
	int fd, r = -1, saved;

	buf_addf(&name, "%s.XXXXXX", path);
	fd = mkostemp(name.p, O_CLOEXEC);
	if (fd < 0) {
		cannot(e, "write", path);
		goto done;
	}
	r = write_all(fd, bytes, n) < 0 || fsync(fd) < 0 || fchmod(fd, (mode_t)mode) < 0 ? -1 : 0;
	if (close(fd) < 0)
		r = -1;
	if (r == 0)
		r = rename(name.p, path);
	if (r < 0) {
		saved = errno;
		unlink(name.p);
		errno = saved;
		cannot(e, "write", path);
	}
done:
	buf_release(&name);
	return r;
}

int
file_write_atomic(const char *path, const void *bytes, size_t n, int mode, struct err *e)
{
	char *target;
	struct stat st;
	int r;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return write_in_place(path, bytes, n, e);
	target = realpath(path, NULL); /* a link stays a link; NULL: there is nothing yet */
	r = write_and_rename(target != NULL ? target : path, bytes, n, mode, e);
	free(target);
	return r;
}

char *
path_beside(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');
	struct buf b = BUF_INIT;

	if (path[0] == '/' || slash == NULL)
		return xstrdup(path);
	buf_add(&b, file, (size_t)(slash - file) + 1);
	buf_addstr(&b, path);
	return buf_steal(&b);
}

int
path_glob(const char *pattern, char ***out, size_t *n, struct err *e)
{
	glob_t g = {0};
	int r = glob(pattern, GLOB_BRACE, NULL, &g);
	size_t i;

	*out = NULL;
	*n = 0;
	if (r != 0 && r != GLOB_NOMATCH) {
		globfree(&g);
		return err_set(e, ERR_WORLD, "cannot list '%s': %s", pattern,
			       r == GLOB_NOSPACE ? "too many files" : strerror(errno));
	}
	if (r == 0 && g.gl_pathc > 0) {
		*out = xcalloc(g.gl_pathc, sizeof(**out));
		for (i = 0; i < g.gl_pathc; i++)
			(*out)[i] = xstrdup(g.gl_pathv[i]);
		*n = g.gl_pathc;
	}
	globfree(&g);
	return 0;
}

void
path_list_free(char **list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(list[i]);
	free(list);
}
