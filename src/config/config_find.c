/* config_find.c -- which configuration and which store: the search order of the manual. Never the current directory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/buf.h"
#include "mlwatch/config.h"
#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"

/* $XDG_..._HOME/mlwatch/name, or ~/fallback/mlwatch/name; NULL when there is no home. */
static char *
user_file(const char *variable, const char *fallback, const char *name)
{
	const char *base = getenv(variable), *home = getenv("HOME");
	struct buf b = BUF_INIT;

	if (base != NULL && base[0] == '/')
		buf_addf(&b, "%s/mlwatch/%s", base, name);
	else if (home != NULL && home[0] == '/')
		buf_addf(&b, "%s/%s/mlwatch/%s", home, fallback, name);
	else
		return NULL;
	return buf_steal(&b);
}

static const char *
environment(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static int
found(char **path, const char **why, char *taken, const char *reason)
{
	*path = taken;
	if (why != NULL)
		*why = reason;
	return 0;
}

int
config_find(const char *flag, char **path, const char **why, struct err *e)
{
	static const char system_wide[] = "/etc/mlwatch/mlwatch.yml";
	char *own;

	*path = NULL;
	if (flag != NULL)
		return found(path, why, xstrdup(flag), "--config");
	if (environment("MLWATCH_CONFIG") != NULL)
		return found(path, why, xstrdup(environment("MLWATCH_CONFIG")), "$MLWATCH_CONFIG");
	own = user_file("XDG_CONFIG_HOME", ".config", "mlwatch.yml");
	if (own != NULL && access(own, F_OK) == 0)
		return found(path, why, own, "the user's configuration");
	if (access(system_wide, F_OK) == 0) {
		free(own);
		return found(path, why, xstrdup(system_wide), "the system's configuration");
	}
	err_set(e, ERR_FILE, "no configuration: neither '%s' nor '%s' exists",
		own != NULL ? own : "~/.config/mlwatch/mlwatch.yml", system_wide);
	err_hint(e, "name one with --config FILE or MLWATCH_CONFIG");
	free(own);
	return -1;
}

int
config_find_store(const char *flag, const struct config *c, char **path, struct err *e)
{
	static const char system_wide[] = "/var/lib/mlwatch";

	*path = NULL;
	if (flag != NULL)
		*path = xstrdup(flag);
	else if (environment("MLWATCH_STORE") != NULL)
		*path = xstrdup(environment("MLWATCH_STORE"));
	else if (c != NULL && c->store_path != NULL)
		*path = xstrdup(c->store_path);
	else if (c != NULL ? strncmp(c->path, "/etc/", 5) == 0 : access(system_wide, F_OK) == 0)
		*path = xstrdup("/var/lib/mlwatch/mlwatch.db");
	else
		*path = user_file("XDG_STATE_HOME", ".local/state", "mlwatch.db");
	if (*path != NULL)
		return 0;
	return err_set(e, ERR_WORLD, "no place for the store: neither $HOME nor $XDG_STATE_HOME is set");
}
