/*
 * check_places.c -- what a configuration needs around it: where the store lies, what it listens on, which logs it may read.
 *
 * These hold for this user at this moment, so they are warnings: the service may run as somebody else, or be running now.
 */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mlwatch/config.h"
#include "mlwatch/file.h"
#include "mlwatch/xalloc.h"

#include "check_private.h"

static void
warn(struct check *k, const struct config *c, const char *code, const char *what, const char *name, const char *why)
{
	errlist_add(&k->errors, SEVERITY_WARNING, code, c->path, NULL, 0, 0, 0, "%s '%s': %s", what, name, why);
}

static void
check_store_folder(struct check *k, const struct config *c)
{
	struct err e = ERR_INIT;
	char *path, *slash;

	if (config_find_store(NULL, c, &path, &e) < 0)
		return;
	if (access(path, F_OK) == 0 && access(path, R_OK | W_OK) < 0) {
		warn(k, c, "store-unwritable", "cannot write the store", path, strerror(errno));
	} else if (access(path, F_OK) < 0) {
		slash = strrchr(path, '/');
		if (slash != NULL && slash != path)
			*slash = '\0';
		/* A folder that is not there is made by run, when it may. */
		if (access(slash != NULL ? path : ".", W_OK | X_OK) < 0 && errno != ENOENT)
			warn(k, c, "store-unwritable", "cannot write the store's folder", path, strerror(errno));
	}
	free(path);
}

/* 0, or why nobody could listen there. */
static int
try_listen(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *found;
	int fd, one = 1, why = 0;

	if (getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &found) != 0)
		return EADDRNOTAVAIL;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, found->ai_addr, found->ai_addrlen) < 0)
			why = errno;
		close(fd);
	}
	freeaddrinfo(found);
	return why;
}

static void
check_listen(struct check *k, const struct config *c)
{
	char *host, *colon, *name;
	int why;

	if (c->http.listen == NULL || strncmp(c->http.listen, "unix:", 5) == 0)
		return;
	host = xstrdup(c->http.listen);
	colon = strrchr(host, ':');
	*colon = '\0';
	name = host;
	if (name[0] == '[' && colon > host && colon[-1] == ']') {
		colon[-1] = '\0';
		name++;
	}
	why = try_listen(name, colon + 1);
	if (why == EADDRINUSE)
		warn(k, c, "address-in-use", "cannot listen on", c->http.listen,
		     "somebody does already (mlwatch itself?)");
	else if (why != 0)
		warn(k, c, "address-unusable", "cannot listen on", c->http.listen, strerror(why));
	free(host);
}

static void
check_log_files(struct check *k, const struct config *c, const struct config_log *l)
{
	struct err e = ERR_INIT;
	char **found;
	size_t i, j, n;

	for (i = 0; i < l->tail.n_paths; i++) {
		err_clear(&e);
		if (path_glob(l->tail.paths[i], &found, &n, &e) < 0)
			continue;
		if (n == 0) /* it may come later; more often the path is wrong, and then nothing ever says so */
			errlist_add(&k->errors, SEVERITY_WARNING, "log-missing", c->path, NULL, 0, 0, 0,
				    "job '%s': no log matches '%s' yet", l->job, l->tail.paths[i]);
		for (j = 0; j < n; j++)
			if (access(found[j], R_OK) < 0)
				warn(k, c, "log-unreadable", "cannot read the log", found[j], strerror(errno));
		path_list_free(found, n);
	}
}

void
check_places(struct check *k, const struct config *c)
{
	size_t i;

	check_store_folder(k, c);
	check_listen(k, c);
	for (i = 0; i < c->n_logs; i++)
		check_log_files(k, c, &c->logs[i]);
}
