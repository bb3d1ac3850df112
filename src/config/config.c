/*
 * config.c -- mlwatch.yml into structs.
 *
 * Every key is a row of a table; after a mistake in one key reading goes on with the next, so that one run finds them all.
 * Knows what the settings mean to a reader of the file (ranges, what excludes what); not what is done with them.
 */
#include "mlwatch/config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/clock.h"
#include "mlwatch/file.h"
#include "mlwatch/xalloc.h"

#include "config_private.h"

static bool
read_external_labels(struct yaml_file *f, const struct yaml_node *v, void *config)
{
	struct config *c = config;
	struct config_labels l = {0};
	bool good = config_read_labels(f, v, &l);

	c->external_labels = l.at;
	c->n_external_labels = l.n;
	return good;
}

#define AT(f) offsetof(struct config, f)
static bool
read_global(struct yaml_file *f, const struct yaml_node *v, void *config)
{
	static const struct yaml_key rows[] = {
	    {"scrape_interval", config_read_positive_duration, AT(scrape_interval_ms), false},
	    {"scrape_timeout", config_read_positive_duration, AT(scrape_timeout_ms), false},
	    {"evaluation_interval", config_read_positive_duration, AT(evaluation_interval_ms), false},
	    {"external_labels", read_external_labels, 0, false},
	};
	struct config *c = config;
	const struct yaml_node *timeout = yaml_get(v, "scrape_timeout");

	bool good = yaml_read_map(f, v, ROWS(rows), config, "global");

	if (c->scrape_timeout_ms > c->scrape_interval_ms && timeout != NULL) {
		yaml_error(f, timeout, "out-of-range", "the timeout is longer than the interval");
		return false;
	}
	return good;
}

static int
by_width(const void *a, const void *b)
{
	const struct store_width *x = a, *y = b;

	return x->width_ms < y->width_ms ? -1 : x->width_ms > y->width_ms;
}

/* After sorting: each a multiple of the one before, each kept at least as long. */
static bool
check_widths(struct yaml_file *f, const struct yaml_node *v, const struct config *c)
{
	size_t i;

	for (i = 1; i < c->n_widths; i++) {
		const struct store_width *narrow = &c->widths[i - 1], *wide = &c->widths[i];

		if (wide->width_ms % narrow->width_ms != 0 || wide->width_ms == narrow->width_ms)
			yaml_error(f, v, "bad-windows",
				   "every width must be a multiple of the one before it: %llds and %llds",
				   (long long)(narrow->width_ms / 1000), (long long)(wide->width_ms / 1000));
		else if (wide->keep_ms < narrow->keep_ms)
			yaml_error(f, v, "bad-windows", "wider windows must be kept at least as long as narrower ones");
		else
			continue;
		return false;
	}
	return true;
}

static bool
read_width(struct yaml_file *f, const struct yaml_node *key, const struct yaml_node *value, struct store_width *w)
{
	if (!yaml_duration(f, key, &w->width_ms) || !config_read_positive_duration(f, value, &w->keep_ms))
		return false;
	if (w->width_ms < MS_SECOND || w->width_ms % MS_SECOND != 0 || w->width_ms > MS_DAY ||
	    MS_DAY % w->width_ms != 0) {
		yaml_error(f, key, "bad-windows", "a window must be of whole seconds that divide a day: '%s'",
			   key->text);
		return false;
	}
	if (w->keep_ms >= w->width_ms)
		return true;
	yaml_error(f, value, "bad-windows", "kept for less than one window: '%s'", value->text);
	return false;
}

static bool
read_windows(struct yaml_file *f, const struct yaml_node *v, void *config)
{
	struct config *c = config;
	bool good = true;
	size_t i;

	if (!yaml_expect(f, v, YAML_MAP, "a mapping of widths and retentions"))
		return false;
	if (v->n == 0) {
		yaml_error(f, v, "bad-windows", "at least one width is needed");
		return false;
	}
	free(c->widths);
	c->widths = xcalloc(v->n, sizeof(*c->widths));
	c->n_widths = 0;
	for (i = 0; i < v->n; i++)
		good = read_width(f, v->keys[i], v->items[i], &c->widths[c->n_widths++]) && good;
	qsort(c->widths, c->n_widths, sizeof(*c->widths), by_width);
	return good && check_widths(f, v, c);
}

static bool
read_storage(struct yaml_file *f, const struct yaml_node *v, void *config)
{
	static const struct yaml_key rows[] = {
	    {"path", yaml_read_path, AT(store_path), false},
	    {"windows", read_windows, 0, false},
	    {"samples", config_read_positive_duration, AT(keep_samples_ms), false},
	    {"commit_interval", config_read_positive_duration, AT(commit_interval_ms), false},
	    {"alive", config_read_positive_duration, AT(alive_ms), false},
	};

	return yaml_read_map(f, v, ROWS(rows), config, "storage");
}

static bool
wild(const char *path)
{
	return strpbrk(path, "*?[{") != NULL;
}

static bool
add_rule_files(struct yaml_file *f, const struct yaml_node *item, size_t i, void *arg)
{
	struct config *c = arg;
	struct err e = ERR_INIT;
	char **found = NULL, *glob = NULL;
	size_t n = 0, k;

	(void)i;
	if (!yaml_read_path(f, item, &glob))
		return false;
	c->rule_globs = xreallocarray(c->rule_globs, c->n_rule_globs + 1, sizeof(*c->rule_globs));
	c->rule_globs[c->n_rule_globs++] = glob;
	if (path_glob(glob, &found, &n, &e) < 0) {
		yaml_error(f, item, "unreadable", "%s", e.text);
		return false;
	}
	if (n == 0 && wild(glob))
		yaml_warn(f, item, "empty-glob", "no file matches '%s'", glob);
	else if (n == 0)
		yaml_error(f, item, "missing-file", "no such file: '%s'", glob);
	c->rule_files = xreallocarray(c->rule_files, c->n_rule_files + n, sizeof(*c->rule_files));
	for (k = 0; k < n; k++)
		c->rule_files[c->n_rule_files++] = xstrdup(found[k]);
	path_list_free(found, n);
	return n > 0 || wild(glob);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
read_rule_files(struct yaml_file *f, const struct yaml_node *v, void *config)
{
	struct config *c = config;
	bool good = config_each(f, v, "a list of rule files", add_rule_files, c);
	size_t i, to = 0;

	if (c->n_rule_files > 0)
		qsort(c->rule_files, c->n_rule_files, sizeof(*c->rule_files), by_path);
	for (i = 0; i < c->n_rule_files; i++) { /* two globs may name the same file */
		if (to > 0 && strcmp(c->rule_files[to - 1], c->rule_files[i]) == 0)
			free(c->rule_files[i]);
		else
			c->rule_files[to++] = c->rule_files[i];
	}
	c->n_rule_files = to;
	return good;
}

static bool
read_alerting_file(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	char **path = field;

	if (!yaml_read_path(f, v, path))
		return false;
	if (access(*path, F_OK) == 0)
		return true;
	yaml_error(f, v, "missing-file", "no such file: '%s'", *path);
	return false;
}

static bool
read_alerting(struct yaml_file *f, const struct yaml_node *v, void *config)
{
	static const struct yaml_key rows[] = {{"config_file", read_alerting_file, AT(alerting_file), true}};

	if (yaml_get(v, "alertmanagers") != NULL) {
		mistake_hint(yaml_error(f, v, "unsupported", "mlwatch routes alerts itself"),
			     "config_file: alerts.yml, with a receiver of kind 'alertmanager' to hand alerts on");
		return false;
	}
	return yaml_read_map(f, v, ROWS(rows), config, "alerting");
}

static const struct yaml_key top_rows[] = {
    {"global", read_global, 0, false},
    {"storage", read_storage, 0, false},
    {"prediction_logs", config_read_logs, 0, false},
    {"references", config_read_references, 0, false},
    {"scrape_configs", config_read_scrapes, 0, false},
    {"health_checks", config_read_health, 0, false},
    {"rule_files", read_rule_files, 0, false},
    {"alerting", read_alerting, 0, false},
    {"http", config_read_http, AT(http), false},
};
#undef AT

static void
set_defaults(struct config *c)
{
	static const struct store_width widths[] = {{10 * MS_SECOND, 6 * MS_HOUR},
						    {MS_MINUTE, 3 * MS_DAY},
						    {10 * MS_MINUTE, 30 * MS_DAY},
						    {MS_HOUR, 400 * MS_DAY}};

	c->scrape_interval_ms = MS_MINUTE;
	c->scrape_timeout_ms = 10 * MS_SECOND;
	c->evaluation_interval_ms = MS_MINUTE;
	c->widths = xmemdup(widths, sizeof(widths));
	c->n_widths = sizeof(widths) / sizeof(widths[0]);
	c->keep_samples_ms = 15 * MS_DAY;
	c->commit_interval_ms = MS_SECOND;
	c->alive_ms = MS_HOUR;
	c->http.max_connections = 1024;
	c->http.query_timeout_ms = 2 * MS_MINUTE;
	c->http.query_max_samples = 50000000;
}

/* What hangs on several sections, when all of them are read. */
static void
finish(struct yaml_file *f, struct config *c)
{
	size_t i;

	config_finish_scrapes(f, c);
	for (i = 0; i < c->n_logs; i++)
		c->logs[i].window.width_ms = c->widths[0].width_ms;
}

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? xstrdup(".") : slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

struct config *
config_load(const char *path, struct errlist *errors)
{
	struct config *c = xcalloc(1, sizeof(*c));
	size_t before = errors->errors, first = errors->n;
	struct yaml_file f;

	c->path = xstrdup(path);
	c->dir = folder_of(path);
	set_defaults(c);
	if (yaml_load(&f, path, true, errors) == 0 && f.root != NULL) {
		yaml_read_map(&f, f.root, ROWS(top_rows), c, "the configuration");
		if (f.root->kind == YAML_MAP && errors->errors == before)
			finish(&f, c);
	}
	yaml_release(&f);
	errlist_sort(errors, first);
	if (errors->errors == before)
		return c;
	config_close(c);
	return NULL;
}

const char *
config_short_path(const struct config *c, const char *path)
{
	const size_t dir = strlen(c->dir);

	return strncmp(path, c->dir, dir) == 0 && path[dir] == '/' ? path + dir + 1 : path;
}

void
config_close(struct config *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->n_logs; i++)
		config_log_release(&c->logs[i]);
	for (i = 0; i < c->n_references; i++) {
		free(c->references[i].model);
		free(c->references[i].version);
		free(c->references[i].file);
	}
	for (i = 0; i < c->n_scrapes; i++)
		config_scrape_release(&c->scrapes[i]);
	for (i = 0; i < c->n_health; i++)
		config_health_release(&c->health[i]);
	config_http_release(&c->http);
	config_labels_free(c->external_labels, c->n_external_labels);
	config_strings_free(c->rule_files, c->n_rule_files);
	config_strings_free(c->rule_globs, c->n_rule_globs);
	free(c->logs);
	free(c->references);
	free(c->scrapes);
	free(c->health);
	free(c->widths);
	free(c->store_path);
	free(c->alerting_file);
	free(c->path);
	free(c->dir);
	free(c);
}
