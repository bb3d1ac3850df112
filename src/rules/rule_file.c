/*
 * rule_file.c -- a rule file into groups and rules, with promtool's strictness. Every mistake of the file is reported
 * where it stands, with the group and the rule it is in.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/hash.h"
#include "mlwatch/num.h"
#include "mlwatch/utf8.h"
#include "rules_private.h"

/* A mapping's values as they stand; what they mean is looked at afterwards. */
struct raw_group {
	const struct yaml_node *name, *interval, *query_offset, *limit, *labels, *rules;
};

struct raw_rule {
	const struct yaml_node *record, *alert, *expr, *hold, *keep, *labels, *annotations;
};

struct raw_file {
	const struct yaml_node *groups;
};

static bool
keep_node(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	(void)f;
	*(const struct yaml_node **)field = v;
	return true;
}

static const struct yaml_key file_keys[] = {{"groups", keep_node, offsetof(struct raw_file, groups), false}};

static const struct yaml_key group_keys[] = {
#define AT(f) offsetof(struct raw_group, f)
    {"name", keep_node, AT(name), false},
    {"interval", keep_node, AT(interval), false},
    {"query_offset", keep_node, AT(query_offset), false},
    {"limit", keep_node, AT(limit), false},
    {"labels", keep_node, AT(labels), false},
    {"rules", keep_node, AT(rules), false},
#undef AT
};

static const struct yaml_key rule_keys[] = {
#define AT(f) offsetof(struct raw_rule, f)
    {"record", keep_node, AT(record), false},
    {"alert", keep_node, AT(alert), false},
    {"expr", keep_node, AT(expr), false},
    {"for", keep_node, AT(hold), false},
    {"keep_firing_for", keep_node, AT(keep), false},
    {"labels", keep_node, AT(labels), false},
    {"annotations", keep_node, AT(annotations), false},
#undef AT
};
#define N_KEYS(t) (sizeof(t) / sizeof *(t))

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

/* A mapping of texts, sorted; empty values stay. */
static struct labels
read_labels(struct rule_file *f, const struct yaml_node *map, const char *what)
{
	struct labels l = {NULL, 0};

	if (map == NULL || !yaml_expect(&f->yaml, map, YAML_MAP, what))
		return l;
	struct label *at = arena_alloc(f->mem, (map->n + 1) * sizeof *at);
	for (size_t i = 0; i < map->n; i++) {
		const char *value = "";
		if (yaml_string(&f->yaml, map->items[i], &value))
			at[l.n++] = (struct label){map->keys[i]->text, value};
	}
	if (l.n > 1)
		qsort(at, l.n, sizeof *at, by_name);
	l.at = at;
	return l;
}

/* The group's labels with the rule's own on top. */
static struct labels
merge_labels(struct rule_file *f, struct labels group, struct labels own)
{
	struct label *at = arena_alloc(f->mem, (group.n + own.n + 1) * sizeof *at);
	size_t n = 0, i = 0, k = 0;

	while (i < group.n || k < own.n) {
		int c = i == group.n ? 1 : k == own.n ? -1 : strcmp(group.at[i].name, own.at[k].name);
		at[n++] = c < 0 ? group.at[i] : own.at[k];
		i += c <= 0;
		k += c >= 0;
	}
	return (struct labels){at, n};
}

static const char *
read_text(struct rule_file *f, const struct yaml_node *n)
{
	const char *s = "";

	if (n != NULL)
		yaml_string(&f->yaml, n, &s);
	return s;
}

static int64_t
read_duration(struct rule_file *f, const struct yaml_node *n)
{
	int64_t ms = 0;

	if (n != NULL)
		yaml_duration(&f->yaml, n, &ms);
	return ms;
}

static void
recording_forbids(struct rule_file *f, const struct yaml_node *n, bool set, const char *key)
{
	if (n != NULL && set)
		yaml_error(&f->yaml, n, "invalid-field", "invalid field '%s' in recording rule", key);
}

static void
read_name(struct rule_file *f, const struct yaml_node *node, const struct raw_rule *raw, struct rule_def *r)
{
	const char *record = read_text(f, raw->record), *alert = read_text(f, raw->alert);

	if (*record != '\0' && *alert != '\0')
		yaml_error(&f->yaml, raw->alert, "record-and-alert", "only one of 'record' and 'alert' must be set");
	else if (*record == '\0' && *alert == '\0')
		yaml_error(&f->yaml, node, "no-name", "one of 'record' or 'alert' must be set");
	r->alerting = *record == '\0';
	r->name = r->alerting ? alert : record;
	r->name_node = r->alerting ? raw->alert : raw->record;
}

static void
read_rule(struct rule_file *f, const struct group_def *g, const struct yaml_node *node, struct rule_def *r)
{
	struct raw_rule raw = {0};

	r->node = node;
	yaml_read_map(&f->yaml, node, rule_keys, N_KEYS(rule_keys), &raw, "a rule");
	if (node->kind != YAML_MAP)
		return;
	read_name(f, node, &raw, r);
	r->expr_node = raw.expr;
	r->text = read_text(f, raw.expr);
	r->for_ms = read_duration(f, raw.hold);
	r->says_for = raw.hold != NULL;
	r->keep_firing_for_ms = read_duration(f, raw.keep);
	r->labels_node = raw.labels;
	r->annotations_node = raw.annotations;
	struct labels own = read_labels(f, raw.labels, "a mapping (labels)");
	r->annotations = read_labels(f, raw.annotations, "a mapping (annotations)");
	if (!r->alerting) {
		recording_forbids(f, raw.annotations, r->annotations.n > 0, "annotations");
		recording_forbids(f, raw.hold, r->for_ms != 0, "for");
		recording_forbids(f, raw.keep, r->keep_firing_for_ms != 0, "keep_firing_for");
	}
	r->labels = own;
	rule_check(f, g, r);
	r->labels = merge_labels(f, g->labels, own);
}

/* Mistakes that were found since `from` and have no hint of their own get to know where they are. */
static void
say_where(struct errlist *l, size_t from, const struct group_def *g, const struct rule_def *r)
{
	for (size_t i = from; i < l->n; i++) {
		if (l->at[i].hint == NULL)
			mistake_hint(&l->at[i], "in group '%s', rule %d%s%s%s", g->name, r->number,
				     r->name != NULL && *r->name != '\0' ? ", '" : "", r->name != NULL ? r->name : "",
				     r->name != NULL && *r->name != '\0' ? "'" : "");
	}
}

static void
read_rules(struct rule_file *f, const struct yaml_node *list, struct group_def *g)
{
	if (list == NULL || !yaml_expect(&f->yaml, list, YAML_LIST, "a list of rules"))
		return;
	g->rules = arena_calloc(f->mem, list->n + 1, sizeof *g->rules);
	for (size_t i = 0; i < list->n; i++) {
		struct rule_def *r = &g->rules[g->n_rules];
		size_t before = f->yaml.errors->n;
		r->number = (int)i + 1;
		if (list->items[i]->kind == YAML_NULL)
			continue; /* as promtool's decoder does */
		read_rule(f, g, list->items[i], r);
		g->n_rules++;
		say_where(f->yaml.errors, before, g, r);
	}
}

static void
check_group_labels(struct rule_file *f, const struct yaml_node *map)
{
	for (size_t i = 0; map != NULL && map->kind == YAML_MAP && i < map->n; i++) {
		if (!rule_label_name_ok(map->keys[i]->text))
			yaml_error(&f->yaml, map->keys[i], "bad-label", "invalid label name: '%.100s'",
				   map->keys[i]->text);
	}
}

/* Whatever promtool's decoder takes for an integer: 1_000, 0x10, 0o17, also 1.5, whose fraction it drops. */
static void
read_limit(struct rule_file *f, const struct yaml_node *n, int64_t *limit)
{
	char digits[64], *end;
	size_t len = 0;
	double v;

	if (n->kind == YAML_SCALAR && n->style == 0) {
		for (const char *c = n->text; *c != '\0' && len < sizeof digits - 1; c++) {
			if (*c != '_')
				digits[len++] = *c;
		}
		digits[len] = '\0';
		const char *d = digits + strspn(digits, "+-");
		errno = 0;
		if (d[0] == '0' && (d[1] == 'x' || d[1] == 'X' || (d[1] >= '0' && d[1] <= '7'))) {
			*limit = strtoll(digits, &end, 0);
			if (*end == '\0' && errno == 0)
				return;
		}
		if (strspn(d, "0123456789.eE+-") == strlen(d) && num_parse(digits, len, &v) && fabs(v) < 9.2e18) {
			*limit = (int64_t)v;
			return;
		}
	}
	yaml_int(&f->yaml, n, INT64_MIN, INT64_MAX, limit);
}

static void
read_group(struct rule_file *f, const struct yaml_node *node, struct group_def *g)
{
	struct raw_group raw = {0};

	g->node = node;
	g->name = "";
	yaml_read_map(&f->yaml, node, group_keys, N_KEYS(group_keys), &raw, "a rule group");
	if (node->kind != YAML_MAP)
		return;
	g->name = read_text(f, raw.name);
	if (*g->name == '\0')
		yaml_error(&f->yaml, raw.name != NULL ? raw.name : node, "no-group-name",
			   "the name of a group must not be empty");
	else if (strmap_get(f->names, g->name) != NULL)
		yaml_error(&f->yaml, raw.name, "duplicate-group", "groupname: '%s' is repeated in the same file",
			   g->name);
	else
		strmap_set(f->names, g->name, g);
	g->interval_ms = read_duration(f, raw.interval);
	g->query_offset_ms = read_duration(f, raw.query_offset);
	if (raw.limit != NULL)
		read_limit(f, raw.limit, &g->limit);
	g->labels = read_labels(f, raw.labels, "a mapping (labels)");
	check_group_labels(f, raw.labels);
	read_rules(f, raw.rules, g);
}

static void
read_file(struct rule_file *f)
{
	struct raw_file raw = {0};

	if (f->yaml.root == NULL || f->yaml.root->kind == YAML_NULL)
		return;
	yaml_read_map(&f->yaml, f->yaml.root, file_keys, N_KEYS(file_keys), &raw, "a rule file");
	if (raw.groups == NULL || !yaml_expect(&f->yaml, raw.groups, YAML_LIST, "a list of rule groups"))
		return;
	f->groups = arena_calloc(f->mem, raw.groups->n + 1, sizeof *f->groups);
	f->names = strmap_open();
	for (size_t i = 0; i < raw.groups->n; i++) {
		if (raw.groups->items[i]->kind != YAML_NULL)
			read_group(f, raw.groups->items[i], &f->groups[f->n_groups++]);
	}
	strmap_close(f->names);
	f->names = NULL;
}

static struct rule_file *
finish(struct rule_file *f, int loaded, size_t errors_before, size_t first)
{
	if (loaded == 0)
		read_file(f);
	errlist_sort(f->yaml.errors, first);
	if (loaded < 0 || f->yaml.errors->errors != errors_before) {
		rule_file_close(f);
		return NULL;
	}
	f->yaml.errors = NULL; /* the caller's list may not live as long */
	return f;
}

static struct rule_file *
begin(void)
{
	struct arena *mem = arena_open();
	struct rule_file *f = arena_calloc(mem, 1, sizeof *f);

	f->mem = mem;
	return f;
}

struct rule_file *
rule_file_load(const char *path, struct errlist *errors)
{
	struct rule_file *f = begin();
	size_t before = errors->errors, first = errors->n;

	return finish(f, yaml_load(&f->yaml, path, false, errors), before, first);
}

struct rule_file *
rule_file_parse(const char *path, const char *text, size_t n, struct errlist *errors)
{
	struct rule_file *f = begin();
	size_t before = errors->errors, first = errors->n;

	return finish(f, yaml_parse(&f->yaml, path, text, n, false, errors), before, first);
}

void
rule_file_close(struct rule_file *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->n_groups; i++) {
		for (size_t k = 0; k < f->groups[i].n_rules; k++) {
			free(f->groups[i].rules[k].limit.value_text);
			expr_close(f->groups[i].rules[k].expr);
		}
	}
	yaml_release(&f->yaml);
	arena_close(f->mem); /* f itself is in it */
}

size_t
rule_file_rules(const struct rule_file *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_groups; i++)
		n += f->groups[i].n_rules;
	return n;
}
