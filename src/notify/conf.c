/*
 * conf.c -- a routing file in Alertmanager's format, read whole. What `amtool check-config` accepts is accepted, what it refuses is
 * refused, with the place and a hint. The sections are read in the order in which they need each other, not in that of the file.
 */
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "message.h"
#include "mlwatch/file.h"
#include "mlwatch/notify.h"
#include "mlwatch/xalloc.h"

static bool
keep_node(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	(void)f;
	*(const struct yaml_node **)field = v;
	return true;
}

struct sections {
	const struct yaml_node *global, *route, *inhibit, *receivers, *templates, *mute, *intervals;
};

#define AT(m) offsetof(struct sections, m)
static const struct yaml_key rows[] = {
    {"global", keep_node, AT(global), false},
    {"route", keep_node, AT(route), false},
    {"inhibit_rules", keep_node, AT(inhibit), false},
    {"receivers", keep_node, AT(receivers), false},
    {"templates", keep_node, AT(templates), false},
    {"mute_time_intervals", keep_node, AT(mute), false},
    {"time_intervals", keep_node, AT(intervals), false},
    {"tracing", read_ignored, 0, false},
};

/* One template file: read and parsed into the set. */
static bool
load_template(struct loader *l, const char *path, const struct yaml_node *at)
{
	struct err e = ERR_INIT;
	char *text = NULL;
	size_t n;
	bool ok = false;

	if (file_read(path, 4 << 20, &text, &n, &e) < 0) {
		yaml_error(&l->f, at, "template", "%s", e.text);
	} else if (templates_parse(l->c->templates, path, text, &e) < 0) {
		errlist_add(l->errors, SEVERITY_ERROR, "template", path, text, e.line, e.column, e.end_column, "%s",
			    e.text);
	} else {
		ok = true;
	}
	free(text);
	return ok;
}

static bool
read_templates(struct loader *l, const struct yaml_node *v)
{
	struct string_list globs = {0};
	bool ok = read_strings(&l->f, v, &globs);

	for (size_t i = 0; ok && i < globs.n; i++) {
		if (globs.at[i][0] == '\0')
			continue;
		char *pattern = beside_config(l, globs.at[i]), **files = NULL;
		const struct yaml_node *at = v->kind == YAML_LIST ? v->items[i] : v;
		struct err e = ERR_INIT;
		size_t n = 0;
		if (strchr(pattern, '[') != NULL && strchr(strchr(pattern, '['), ']') == NULL) {
			yaml_error(&l->f, at, "template", "syntax error in pattern '%s'", globs.at[i]);
			ok = false;
		} else if (path_glob(pattern, &files, &n, &e) < 0) {
			yaml_error(&l->f, at, "template", "%s", e.text);
			ok = false;
		} else if (n == 0) {
			yaml_warn(&l->f, at, "no-file", "no template file matches '%s'", globs.at[i]);
		}
		for (size_t k = 0; k < n; k++)
			ok = load_template(l, files[k], at) && ok;
		path_list_free(files, n);
		free(pattern);
	}
	string_list_release(&globs);
	return ok;
}

static bool
read_all(struct loader *l)
{
	const struct yaml_node *root = l->f.root;
	struct sections s = {0};
	bool ok = true;

	if (root != NULL && root->kind != YAML_NULL)
		ok = yaml_read_map(&l->f, root, rows, sizeof rows / sizeof *rows, &s, "a routing file");
	if (s.route == NULL) {
		if (ok)
			errlist_add(l->errors, SEVERITY_ERROR, "route", l->f.path, NULL, 1, 1, 1,
				    "no route provided in config");
		ok = false;
	}
	l->c->templates = message_templates();
	ok = read_global(l, s.global) && ok;
	if (s.templates != NULL)
		ok = read_templates(l, s.templates) && ok;
	if (s.mute != NULL)
		ok = read_time_intervals(l, s.mute, "mute time interval") && ok;
	if (s.intervals != NULL)
		ok = read_time_intervals(l, s.intervals, "time interval") && ok;
	if (s.receivers != NULL)
		ok = read_receivers(l, s.receivers) && ok;
	if (s.inhibit != NULL)
		ok = read_inhibit_rules(l, s.inhibit) && ok;
	if (s.route != NULL)
		ok = read_route(l, s.route) && ok;
	return ok;
}

int
notify_config_load(struct notify_config **out, const char *path, struct errlist *errors)
{
	struct loader l = {.errors = errors};
	size_t before = errors->errors, first = errors->n;
	bool ok;

	*out = NULL;
	l.c = xcalloc(1, sizeof *l.c);
	l.c->path = xstrdup(path);
	ok = yaml_load(&l.f, path, false, errors) == 0 && read_all(&l);
	yaml_release(&l.f);
	errlist_sort(errors, first);
	if (!ok || errors->errors > before) {
		notify_config_close(l.c);
		return -1;
	}
	*out = l.c;
	return 0;
}

void
notify_config_close(struct notify_config *c)
{
	if (c == NULL)
		return;
	route_close(c->root);
	free(c->all);
	inhibit_release(c);
	receivers_release(c);
	intervals_release(c);
	global_release(&c->global);
	templates_close(c->templates);
	free(c->path);
	free(c);
}
