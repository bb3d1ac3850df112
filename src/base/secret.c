/* secret.c -- see secret.h. */
#include "mlwatch/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/xalloc.h"

#define SECRET_MAX ((size_t)65536)
#define ENV        "env:"

const char *
secret_variable(const char *name)
{
	return strncmp(name, ENV, sizeof ENV - 1) == 0 ? name + sizeof ENV - 1 : NULL;
}

char *
secret_beside(const char *file, const char *name)
{
	return secret_variable(name) != NULL ? xstrdup(name) : path_beside(file, name);
}

/* One buffer that never moves, so that no copy stays behind. -1 with errno; SECRET_MAX + 1: too large. */
static ssize_t
read_file(const char *path, char *to)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make anybody wait */
	size_t n = 0;
	ssize_t got = fd < 0 ? -1 : 1;

	while (got > 0 && n <= SECRET_MAX) {
		got = read(fd, to + n, SECRET_MAX + 1 - n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			n += (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	return got < 0 ? -1 : (ssize_t)n;
}

static int
from_file(const char *path, char **secret, struct err *e)
{
	char *p = xmalloc(SECRET_MAX + 2);
	ssize_t n = read_file(path, p);
	int rc = 0;

	if (n < 0)
		rc = err_set(e, ERR_WORLD, "cannot read the secret '%s': %s", path, strerror(errno));
	else if ((size_t)n > SECRET_MAX)
		rc = err_set(e, ERR_FILE, "the secret '%s' is larger than 64 KiB", path);
	else if (memchr(p, '\0', (size_t)n) != NULL)
		rc = err_set(e, ERR_FILE, "the secret '%s' holds a NUL byte", path);
	else
		*secret = xstrndup(p, (size_t)n);
	explicit_bzero(p, SECRET_MAX + 2);
	free(p);
	return rc;
}

static int
from_environment(const char *variable, char **secret, struct err *e)
{
	const char *value = getenv(variable);

	if (value == NULL)
		return err_set(e, ERR_FILE, "the environment variable '%s' is not set", variable);
	*secret = xstrdup(value);
	return 0;
}

int
secret_read(const char *name, char **secret, struct err *e)
{
	const char *variable = secret_variable(name);

	if ((variable != NULL ? from_environment(variable, secret, e) : from_file(name, secret, e)) < 0)
		return -1;
	size_t n = strlen(*secret);
	while (n > 0 && strchr(" \t\r\n", (*secret)[n - 1]) != NULL)
		(*secret)[--n] = '\0';
	return 0;
}

char *
secret_of(const char *text, const char *name, struct err *e)
{
	char *secret;

	if (name == NULL || name[0] == '\0')
		return xstrdup(text != NULL ? text : "");
	return secret_read(name, &secret, e) < 0 ? NULL : secret;
}

void
secret_free(char *secret)
{
	if (secret == NULL)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}

void
secret_wipe(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	buf_release(b);
}

enum secret_state
secret_look(const char *name)
{
	const char *variable = secret_variable(name), *value;
	struct stat st;

	if (variable != NULL) {
		value = getenv(variable);
		return value != NULL && value[0] != '\0' ? SECRET_GOOD : SECRET_UNSET;
	}
	if (access(name, R_OK) < 0 || stat(name, &st) < 0)
		return SECRET_MISSING;
	return S_ISREG(st.st_mode) && (st.st_mode & S_IROTH) != 0 ? SECRET_OPEN : SECRET_GOOD;
}

void
secret_no_dumps(void)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
