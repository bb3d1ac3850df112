/*
 * rule_set.c -- all rule groups of all files, with the states of their alerts: made, carried over a reload, restored after a
 * restart, looked at.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/hash.h"
#include "mlwatch/template.h"
#include "mlwatch/xalloc.h"
#include "rules_private.h"

struct rule_set *
rule_set_open(const struct rule_set_spec *spec)
{
	struct rule_set *s = xcalloc(1, sizeof *s);

	s->default_interval_ms = spec->default_interval_ms > 0 ? spec->default_interval_ms : 60000;
	s->external_labels = labels_dup(spec->external_labels);
	s->external_url = xstrdup(spec->external_url != NULL ? spec->external_url : "");
	return s;
}

static void
texts_close(struct text **at, size_t n)
{
	for (size_t i = 0; at != NULL && i < n; i++)
		text_close(at[i]);
	free(at);
}

static void
rule_close(struct rule *r)
{
	texts_close(r->labels, r->def->labels.n);
	texts_close(r->annotations, r->def->annotations.n);
	active_clear(&r->active);
	written_clear(&r->written);
	free(r->error);
}

static struct text **
texts_open(const struct templates *t, const char *alert, struct labels l)
{
	struct text **at = xcalloc(l.n + 1, sizeof *at);

	for (size_t i = 0; i < l.n; i++)
		at[i] = text_open(t, alert, l.at[i].value);
	return at;
}

static void
rule_init(struct rule_group *g, struct rule *r, const struct rule_def *def)
{
	r->def = def;
	if (!def->alerting)
		return;
	r->labels = texts_open(g->templates, def->name, def->labels);
	r->annotations = texts_open(g->templates, def->name, def->annotations);
}

static void
group_close(struct rule_group *g)
{
	for (size_t i = 0; i < g->n_rules; i++)
		rule_close(&g->rules[i]);
	written_clear(&g->orphans);
	overlay_release(&g->overlay);
	templates_close(g->templates);
	arena_close(g->mem);
	arena_close(g->scratch);
	pthread_mutex_destroy(&g->lock);
	free(g->rules);
}

void
rule_set_close(struct rule_set *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_groups; i++)
		group_close(&s->groups[i]);
	for (size_t i = 0; i < s->n_files; i++)
		rule_file_close(s->files[i]);
	free(s->groups);
	free(s->files);
	free(s->external_labels);
	free(s->external_url);
	free(s);
}

static void
group_init(struct rule_set *s, struct rule_group *g, const struct rule_file *f, const struct group_def *def)
{
	*g = (struct rule_group){
	    .def = def, .file = f, .set = s, .n_rules = def->n_rules, .mem = arena_open(), .scratch = arena_open()};
	g->interval_ms = def->interval_ms > 0 ? def->interval_ms : s->default_interval_ms;
	g->rules = xcalloc(def->n_rules + 1, sizeof *g->rules);
	pthread_mutex_init(&g->lock, NULL);
	g->expand.external_labels = *s->external_labels;
	g->expand.external_url = s->external_url;
	g->templates = expand_open(&g->expand);
	for (size_t i = 0; i < def->n_rules; i++)
		rule_init(g, &g->rules[i], &def->rules[i]);
}

/* ---- carrying over ---- */

static bool
same_labels(struct labels a, struct labels b)
{
	bool same = a.n == b.n;

	for (size_t i = 0; same && i < a.n; i++)
		same = strcmp(a.at[i].name, b.at[i].name) == 0 && strcmp(a.at[i].value, b.at[i].value) == 0;
	return same;
}

/* As in Prometheus a rule is the same when kind, name and labels are; its expression may have been corrected. */
static bool
same_rule(const struct rule_def *a, const struct rule_def *b)
{
	return a->alerting == b->alerting && strcmp(a->name, b->name) == 0 && same_labels(a->labels, b->labels);
}

static bool
same_group(const struct rule_group *a, const struct rule_group *b)
{
	return strcmp(a->def->name, b->def->name) == 0 && strcmp(a->file->yaml.path, b->file->yaml.path) == 0;
}

static void
orphan(struct rule_group *to, struct written_set *from)
{
	for (size_t i = 0; i < from->n; i++) {
		written_add(&to->orphans, *from->at[i].labels);
		/* not written again: the next turn marks it stale */
	}
	for (size_t i = 0; i < to->orphans.n; i++)
		to->orphans.at[i].again = false;
}

/* The k-th of equal rules takes over from the k-th. */
static void
take_rule(struct rule_group *to, struct rule *r, struct rule_group *from, bool *taken)
{
	for (size_t i = 0; i < from->n_rules; i++) {
		if (taken[i] || !same_rule(from->rules[i].def, r->def))
			continue;
		taken[i] = true;
		r->active = from->rules[i].active;
		r->written = from->rules[i].written;
		r->last_eval_ms = from->rules[i].last_eval_ms;
		from->rules[i].active = (struct active_set){0};
		from->rules[i].written = (struct written_set){0};
		break;
	}
	(void)to;
}

static void
take_group(struct rule_group *to, struct rule_group *from)
{
	bool *taken = xcalloc(from->n_rules + 1, sizeof *taken);

	to->missed = from->missed;
	to->last_eval_ms = from->last_eval_ms;
	for (size_t i = 0; i < to->n_rules; i++)
		take_rule(to, &to->rules[i], from, taken);
	for (size_t i = 0; i < from->n_rules; i++)
		orphan(to, &from->rules[i].written);
	free(taken);
}

void
rule_set_take_over(struct rule_set *s, struct rule_set *old)
{
	for (size_t i = 0; old != NULL && i < old->n_groups; i++) {
		struct rule_group *to = NULL;
		for (size_t k = 0; k < s->n_groups && to == NULL; k++) {
			if (same_group(&s->groups[k], &old->groups[i]))
				to = &s->groups[k];
		}
		if (to != NULL)
			take_group(to, &old->groups[i]);
		else if (s->n_groups > 0) /* the group is gone: somebody has to end its series */
			for (size_t r = 0; r < old->groups[i].n_rules; r++)
				orphan(&s->groups[0], &old->groups[i].rules[r].written);
	}
}

/* Two patterns may name one file; its groups are there once, as in Prometheus. */
static bool
is_loaded(const struct rule_set *s, const struct rule_file *f)
{
	for (size_t i = 0; i < s->n_files; i++) {
		if (strcmp(s->files[i]->yaml.path, f->yaml.path) == 0)
			return true;
	}
	return false;
}

int
rule_set_load(struct rule_set *s, struct rule_file **files, size_t n, struct rule_set *old, struct err *e)
{
	size_t groups = 0;

	(void)e;
	for (size_t i = 0; i < n; i++)
		groups += files[i]->n_groups;
	s->files = xcalloc(n + 1, sizeof *s->files);
	s->groups = xcalloc(groups + 1, sizeof *s->groups);
	for (size_t i = 0; i < n; i++) {
		if (is_loaded(s, files[i])) {
			rule_file_close(files[i]);
			continue;
		}
		s->files[s->n_files++] = files[i];
		for (size_t k = 0; k < files[i]->n_groups; k++)
			group_init(s, &s->groups[s->n_groups++], files[i], &files[i]->groups[k]);
	}
	if (old != NULL) {
		rule_set_take_over(s, old);
		rule_set_close(old);
	}
	return 0;
}

/* ---- groups ---- */

size_t
rule_set_groups(const struct rule_set *s)
{
	return s->n_groups;
}

struct rule_group *
rule_set_group(struct rule_set *s, size_t i)
{
	return &s->groups[i];
}

int64_t
rule_group_interval(const struct rule_group *g)
{
	return g->interval_ms;
}

const char *
rule_group_name(const struct rule_group *g)
{
	return g->def->name;
}

const char *
rule_group_file(const struct rule_group *g)
{
	return g->file->yaml.path;
}

int64_t
rule_group_next(const struct rule_group *g, int64_t now)
{
	uint64_t hash = hash_mix(hash_str(g->file->yaml.path), hash_str(g->def->name));
	int64_t offset = (int64_t)(hash % (uint64_t)g->interval_ms), since = now - offset;
	int64_t into = since % g->interval_ms;

	if (into < 0)
		into += g->interval_ms;
	return into == 0 ? now : now + g->interval_ms - into;
}

/* ---- views ---- */

static void
view_rule(const struct rule_group *g, const struct rule *r, alert_view_fn *fn, void *arg)
{
	for (size_t i = 0; i < r->active.n; i++) {
		const struct active *a = r->active.at[i];
		const struct alert_view v = {
		    .name = r->def->name,
		    .group = g->def->name,
		    .file = g->file->yaml.path,
		    .line = r->def->node->line,
		    .labels = *a->labels,
		    .annotations = a->annotations == NULL ? (struct labels){NULL, 0} : *a->annotations,
		    .state = a->phase.state,
		    .active_ms = a->phase.active_ms,
		    .fired_ms = a->phase.fired_ms,
		    .resolved_ms = a->phase.resolved_ms,
		    .keep_firing_since_ms = a->phase.keep_since_ms,
		    .last_sent_ms = a->last_sent_ms,
		    .for_ms = r->def->for_ms,
		    .value = a->value,
		    .value_ms = a->value_ms,
		    .expr = r->def->text,
		    .limit = r->def->limit,
		};
		fn(arg, &v);
	}
}

void
rule_group_alerts(const struct rule_group *g, alert_view_fn *fn, void *arg)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)&g->lock;

	pthread_mutex_lock(lock);
	for (size_t i = 0; i < g->n_rules; i++)
		view_rule(g, &g->rules[i], fn, arg);
	pthread_mutex_unlock(lock);
}

void
rule_set_alerts(const struct rule_set *s, alert_view_fn *fn, void *arg)
{
	for (size_t i = 0; s != NULL && i < s->n_groups; i++)
		rule_group_alerts(&s->groups[i], fn, arg);
}

void
rule_set_status(const struct rule_set *s, rule_status_fn *fn, void *arg)
{
	for (size_t i = 0; s != NULL && i < s->n_groups; i++) {
		const struct rule_group *g = &s->groups[i];
		pthread_mutex_t *lock = (pthread_mutex_t *)&g->lock;
		pthread_mutex_lock(lock);
		for (size_t k = 0; k < g->n_rules; k++) {
			const struct rule *r = &g->rules[k];
			const struct rule_status st = {.file = g->file->yaml.path,
						       .group = g->def->name,
						       .name = r->def->name,
						       .alerting = r->def->alerting,
						       .line = r->def->node->line,
						       .expr = r->def->text,
						       .error = r->error,
						       .series = r->series,
						       .last_eval_ms = r->last_eval_ms,
						       .seconds = r->seconds,
						       .missed = g->missed,
						       .interval_ms = g->interval_ms,
						       .limit = g->def->limit,
						       .for_ms = r->def->for_ms,
						       .keep_firing_for_ms = r->def->keep_firing_for_ms,
						       .labels = r->def->labels,
						       .annotations = r->def->annotations};
			fn(arg, &st);
		}
		pthread_mutex_unlock(lock);
	}
}

/* Only what does not change while the set is there. */
const char *
rule_set_recorded(const struct rule_set *s, const char *name, size_t n)
{
	for (size_t i = 0; s != NULL && i < s->n_groups; i++)
		for (size_t k = 0; k < s->groups[i].n_rules; k++) {
			const struct rule_def *def = s->groups[i].rules[k].def;

			if (!def->alerting && strlen(def->name) == n && memcmp(def->name, name, n) == 0)
				return def->text;
		}
	return NULL;
}

/* ---- restoring ---- */

/* Could this rule have made an alert with these labels? Labels with templates say nothing. */
static bool
labels_fit(const struct rule_def *def, struct labels l)
{
	for (size_t i = 0; i < def->labels.n; i++) {
		const struct label *own = &def->labels.at[i];
		if (strcmp(own->name, "alertname") == 0 || strstr(own->value, "{{") != NULL)
			continue;
		if (strcmp(labels_get(l, own->name), own->value) != 0)
			return false;
	}
	return true;
}

/* How surely v is an alert of this rule; 0: it is none. */
static int
resemblance(const struct rule_def *def, const struct alert_view *v)
{
	if (!def->alerting || strcmp(def->name, v->name) != 0 || !labels_fit(def, v->labels))
		return 0;
	return 1 + (v->expr != NULL && strcmp(def->text, v->expr) == 0 ? 4 : 0) + (v->for_ms == def->for_ms ? 2 : 0) +
	       (v->line == def->node->line ? 1 : 0);
}

/* What it wrote before the restart ends when it does. */
static void
restore_written(struct rule *r, const struct alert_view *v)
{
	struct arena *mem;
	struct labels l;

	if (v->state != ALERT_PENDING && v->state != ALERT_FIRING)
		return;
	mem = arena_open();
	l = labels_with(mem, v->labels, "alertstate", v->state == ALERT_PENDING ? "pending" : "firing");
	written_expect(&r->written, labels_with(mem, l, METRIC_NAME, "ALERTS"));
	written_expect(&r->written, labels_with(mem, v->labels, METRIC_NAME, "ALERTS_FOR_STATE"));
	arena_close(mem);
}

static void
restore_alert(struct rule_group *g, struct rule *r, const struct alert_view *v)
{
	uint64_t hash = labels_hash(v->labels);

	pthread_mutex_lock(&g->lock);
	struct active *a = active_find(&r->active, v->labels, hash);
	if (a == NULL)
		a = active_add(&r->active, v->labels, hash);
	a->phase = (struct alert_phase){v->state, v->active_ms, v->fired_ms, v->resolved_ms, v->keep_firing_since_ms};
	free(a->annotations);
	a->annotations = labels_dup(v->annotations);
	a->value = v->value;
	a->value_ms = v->value_ms;
	a->last_sent_ms = v->last_sent_ms;
	restore_written(r, v);
	pthread_mutex_unlock(&g->lock);
}

void
rule_set_restore(struct rule_set *s, const struct alert_view *v)
{
	struct rule_group *group = NULL;
	struct rule *rule = NULL;
	int best = 0;

	if (s == NULL || v->state == ALERT_INACTIVE)
		return;
	for (size_t i = 0; i < s->n_groups; i++) {
		struct rule_group *g = &s->groups[i];
		if (strcmp(g->def->name, v->group) != 0 || strcmp(g->file->yaml.path, v->file) != 0)
			continue;
		for (size_t k = 0; k < g->n_rules; k++) {
			int like = resemblance(g->rules[k].def, v);
			if (like > best) {
				best = like;
				group = g;
				rule = &g->rules[k];
			}
		}
	}
	if (rule != NULL)
		restore_alert(group, rule, v);
}
