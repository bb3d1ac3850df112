/*
 * change_events.c -- what a start or a reload brings, as events: which files of the configuration changed, which references are new.
 */
#include "agent_private.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/file.h"
#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"

#define FILE_MAX  ((size_t)256 << 20)
#define NAMES_MAX 3 /* of files in one event */

/* ---- files of the configuration ---- */

struct config_files {
	struct config_file {
		char *path;
		uint64_t hash; /* of its content; 0: not readable */
	} * at;
	size_t n, cap;
};

static uint64_t
content_hash(const char *path)
{
	uint64_t hash;
	char *text;
	size_t n;

	if (file_read(path, FILE_MAX, &text, &n, NULL) < 0)
		return 0;
	hash = hash_bytes(text, n, 0) | 1;
	free(text);
	return hash;
}

static void
add_file(struct config_files *f, const char *path)
{
	if (path == NULL)
		return;
	xgrow(f->at, f->n, f->cap);
	f->at[f->n++] = (struct config_file){xstrdup(path), content_hash(path)};
}

struct config_files *
config_files_read(const struct config *c)
{
	struct config_files *f = xcalloc(1, sizeof *f);

	add_file(f, c->path);
	for (size_t i = 0; i < c->n_rule_files; i++)
		add_file(f, c->rule_files[i]);
	add_file(f, c->alerting_file);
	for (size_t i = 0; i < c->n_references; i++)
		add_file(f, c->references[i].file);
	return f;
}

void
config_files_close(struct config_files *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->n; i++)
		free(f->at[i].path);
	free(f->at);
	free(f);
}

static const struct config_file *
find_file(const struct config_files *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].path, path) == 0)
			return &f->at[i];
	return NULL;
}

static bool
is_missing(const struct config_file *f, const struct config_file *other)
{
	(void)f;
	return other == NULL;
}

static bool
is_different(const struct config_file *f, const struct config_file *other)
{
	return other != NULL && f->hash != other->hash;
}

/* "rules/a.yml, rules/b.yml changed": those of `in` of which the test holds, against the same in `other`. */
static void
add_names(struct buf *out, const struct config *c, const struct config_files *in, const struct config_files *other,
	  bool (*test)(const struct config_file *, const struct config_file *), const char *verb)
{
	size_t n = 0;

	for (size_t i = 0; i < in->n; i++) {
		const char *path = in->at[i].path;

		if (!test(&in->at[i], find_file(other, path)) || n++ >= NAMES_MAX)
			continue;
		buf_addf(out, "%s%s", out->len > 0 ? ", " : "", config_short_path(c, path));
	}
	if (n > NAMES_MAX)
		buf_addf(out, " and %zu more", n - NAMES_MAX);
	if (n > 0)
		buf_addf(out, " %s", verb);
}

static void
count_rule(void *arg, const struct rule_status *r)
{
	(void)r;
	++*(size_t *)arg;
}

void
events_started(struct agent *a)
{
	agent_event(a, "agent", "info", "mlwatch", "agent started");
	a->files = config_files_read(a->now.config);
}

void
events_reloaded(struct agent *a, struct config_files *is)
{
	struct config_files *was = a->files;
	const struct config *c = a->now.config;
	struct buf names = BUF_INIT, text = BUF_INIT;
	size_t rules = 0;

	add_names(&names, c, is, was, is_different, "changed");
	add_names(&names, c, is, was, is_missing, "added");
	add_names(&names, c, was, is, is_missing, "gone");
	rule_set_status(a->now.rules, count_rule, &rules);
	buf_addf(&text, "configuration reloaded: %s, %zu rule%s", names.len > 0 ? buf_str(&names) : "nothing changed",
		 rules, rules == 1 ? "" : "s");
	agent_event(a, "config", "info", "mlwatch", buf_str(&text));
	config_files_close(was);
	a->files = is;
	buf_release(&names);
	buf_release(&text);
}

/* ---- references ---- */

struct stored { /* what the store has of one reference */
	const char *model, *version;
	bool found;
	uint64_t hash;
	char created[32];
};

static void
on_stored(void *arg, const char *model, const char *version, const char *json)
{
	struct stored *s = arg;
	struct reference *r;

	if (strcmp(model, s->model) != 0 || strcmp(version, s->version) != 0)
		return;
	s->found = true;
	s->hash = hash_bytes(json, strlen(json), 0) | 1;
	if (reference_parse(&r, json, strlen(json), NULL) < 0)
		return;
	snprintf(s->created, sizeof s->created, "%s", reference_created(r));
	reference_close(r);
}

static void
reference_event(const struct epoch *ep, const struct config_reference *c, const struct stored *was, struct batch *out)
{
	const char *version = c->version != NULL ? c->version : "";
	const struct reference *r = references_find(ep->references, c->model, version);
	struct buf text = BUF_INIT;
	struct store_event ev = {
	    .t = ep->loaded_ms, .kind = "reference", .severity = "info", .subject = c->model, .model = c->model};

	if (r == NULL)
		return;
	if (version[0] == '\0')
		version = reference_version(r);
	buf_addf(&text, "reference %s%s%s", c->model, version[0] != '\0' ? "-" : "", version);
	if (!was->found)
		buf_addf(&text, " of %s loaded", reference_created(r));
	else if (strcmp(was->created, reference_created(r)) != 0)
		buf_addf(&text, " changed: of %s, it was of %s", reference_created(r), was->created);
	else
		buf_addf(&text, " of %s changed", reference_created(r));
	buf_addf(&text, ", %zu feature%s", reference_features(r), reference_features(r) == 1 ? "" : "s");
	ev.text = buf_str(&text);
	batch_event(out, &ev);
	buf_release(&text);
}

void
events_references(const struct epoch *ep, struct store *store, struct batch *out)
{
	for (size_t i = 0; i < ep->config->n_references; i++) {
		const struct config_reference *c = &ep->config->references[i];
		struct stored was = {.model = c->model, .version = c->version != NULL ? c->version : ""};

		if (store_references(store, on_stored, &was, NULL) < 0)
			return; /* whoever stores them will say so */
		if (!was.found || was.hash != content_hash(c->file))
			reference_event(ep, c, &was, out);
	}
}
