/*
 * lock.c -- STORE.lock: at most one agent writes to a store.
 *
 * The lock is an open-file-description lock on the whole file, so it goes when the agent dies, however it dies, and
 * -- unlike a classic fcntl lock -- neither another descriptor closed in the same process drops it nor can the same process take it
 * twice. Classic fcntl locks see it and conflict with it. The file holds the pid, for people and messages only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "store_private.h"

static char *
lock_path(const char *store_path)
{
	size_t n = strlen(store_path) + sizeof(".lock");
	char *p = xmalloc(n);

	snprintf(p, n, "%s.lock", store_path);
	return p;
}

static int64_t
pid_in(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strtoll(text, NULL, 10);
}

static int
take(int fd, const char *store_path, struct err *e)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char text[32];

	if (fcntl(fd, F_OFD_SETLK, &l) < 0) {
		if (errno != EAGAIN && errno != EACCES)
			return err_set(e, ERR_WORLD, "cannot lock '%s.lock': %s", store_path, strerror(errno));
		err_set(e, ERR_WORLD, "'%s' is in use by another mlwatch, pid %lld", store_path, (long long)pid_in(fd));
		return err_hint(e, "one store has one agent: stop that one or give this one a store of its own");
	}
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return err_set(e, ERR_WORLD, "cannot write '%s.lock': %s", store_path, strerror(errno));
	return 0;
}

int
lock_take(const char *store_path, int *fd, struct err *e)
{
	char *path = lock_path(store_path);

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
	if (*fd < 0)
		err_set(e, ERR_WORLD, "cannot open '%s': %s", path, strerror(errno));
	free(path);
	if (*fd < 0)
		return -1;
	if (take(*fd, store_path, e) == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return -1;
}

/* The file stays: removing it would let two agents lock two files of the same name. */
void
lock_drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int64_t
lock_holder(const char *store_path, struct err *e)
{
	char *path = lock_path(store_path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct flock l = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int64_t pid = 0;

	if (fd < 0 && errno != ENOENT)
		pid = err_set(e, ERR_WORLD, "cannot open '%s': %s", path, strerror(errno));
	else if (fd >= 0 && fcntl(fd, F_OFD_GETLK, &l) < 0)
		pid = err_set(e, ERR_WORLD, "cannot ask for the lock of '%s': %s", path, strerror(errno));
	else if (fd >= 0 && l.l_type != F_UNLCK)
		pid = l.l_pid > 0 ? (int64_t)l.l_pid : pid_in(fd);
	if (fd >= 0)
		close(fd);
	free(path);
	return pid;
}
