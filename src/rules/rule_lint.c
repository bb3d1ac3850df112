/*
 * rule_lint.c -- warnings about rules that are allowed but seldom meant. None of them is an error; which are given is
 * the caller's choice, by their codes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "rules_private.h"

struct lint {
	const struct rule_file *f;
	const struct rule_lint *how;
	struct errlist *errors;
	const struct group_def *group;
	const struct rule_def *rule;
	struct strmap *seen;     /* rules so far, by what makes them the same */
	struct strmap *recorded; /* names of recording rules */
};

static struct mistake *
warn(struct lint *l, const struct yaml_node *at, const char *code, const char *text)
{
	if (l->how->wanted != NULL && !l->how->wanted(l->how->arg, code))
		return NULL;
	struct mistake *m =
	    errlist_add(l->errors, SEVERITY_WARNING, code, l->f->yaml.path, l->f->yaml.source, at->line, at->column,
			at->line == at->end_line ? at->end_column : at->column + 1, "%s", text);
	if (m != NULL)
		mistake_hint(m, "in group '%s', rule %d, '%s'", l->group->name, l->rule->number, l->rule->name);
	return m;
}

static bool
has(struct labels l, const char *name)
{
	for (size_t i = 0; i < l.n; i++) {
		if (strcmp(l.at[i].name, name) == 0 && l.at[i].value[0] != '\0')
			return true;
	}
	return false;
}

static void
lint_alert(struct lint *l)
{
	const struct rule_def *r = l->rule;

	if (!r->says_for)
		warn(l, r->name_node, "no-for", "an alert without 'for' fires at the first breach");
	if (!has(r->labels, "severity"))
		warn(l, r->name_node, "no-severity", "an alert without a label 'severity'");
	if (!has(r->annotations, "runbook_url"))
		warn(l, r->name_node, "no-runbook", "an alert without an annotation 'runbook_url'");
}

static void
lint_names(struct lint *l, const struct yaml_node *map, const char *what)
{
	for (size_t i = 0; map != NULL && map->kind == YAML_MAP && i < map->n; i++) {
		char text[200];
		if (label_name_is_legacy(map->keys[i]->text))
			continue;
		snprintf(text, sizeof text, "the %s name '%.100s' is not understood before Prometheus 3", what,
			 map->keys[i]->text);
		warn(l, map->keys[i], "label-name", text);
	}
}

/* What makes two rules the same: kind, name, labels. */
static void
rule_key(struct buf *out, const struct rule_def *r)
{
	buf_addf(out, "%d%s", r->alerting, r->name);
	for (size_t i = 0; i < r->labels.n; i++)
		buf_addf(out, "\x01%s\x02%s", r->labels.at[i].name, r->labels.at[i].value);
}

static void
lint_twins(struct lint *l)
{
	struct buf key = BUF_INIT;
	char text[300];

	rule_key(&key, l->rule);
	const struct rule_def *twin = strmap_get(l->seen, buf_str(&key));
	if (twin == NULL) {
		strmap_set(l->seen, buf_str(&key), (void *)l->rule);
	} else {
		snprintf(text, sizeof text, "duplicate rule '%.150s': same name and labels as in line %d",
			 l->rule->name, twin->node->line);
		warn(l, l->rule->name_node, "duplicate-rule", text);
	}
	buf_release(&key);
}

/* ---- expressions ---- */

static const char *
exact_name(const struct matcher *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (m[i].op == MATCH_EQ && strcmp(m[i].name, METRIC_NAME) == 0)
			return m[i].value;
	}
	return NULL;
}

/* Recorded by a rule of this file, or by the evaluation of rules itself. */
static bool
recorded_here(const struct lint *l, const char *name)
{
	return strcmp(name, "ALERTS") == 0 || strcmp(name, "ALERTS_FOR_STATE") == 0 ||
	       strmap_get(l->recorded, name) != NULL;
}

static void
lint_metric(struct lint *l, const char *name)
{
	const char *nearest = NULL;
	char text[400];

	if (l->how->metric_known == NULL || recorded_here(l, name) || l->how->metric_known(l->how->arg, name, &nearest))
		return;
	if (nearest != NULL)
		snprintf(text, sizeof text, "no series of '%.150s' was ever seen, did you mean '%.150s'?", name,
			 nearest);
	else
		snprintf(text, sizeof text, "no series of '%.150s' was ever seen", name);
	warn(l, l->rule->expr_node, "unknown-metric", text);
}

static bool
is_word_in(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(word, list[i]) == 0)
			return true;
	}
	return false;
}

static void
lint_selector(void *arg, const struct matcher *m, size_t n, int64_t range_ms, const char *function)
{
	static const char *const counters[] = {"rate", "irate", "increase", "resets"};
	static const size_t n_counters = sizeof counters / sizeof *counters;
	struct lint *l = arg;
	const char *name = exact_name(m, n);
	char text[300];

	if (name != NULL)
		lint_metric(l, name);
	bool window = name != NULL && strncmp(name, "ml_", 3) == 0; /* counted per window: any range is exact */
	if (range_ms > 0 && l->how->scrape_interval_ms > 0 && range_ms < 4 * l->how->scrape_interval_ms && !window) {
		struct buf b = BUF_INIT;
		buf_addstr(&b, "the range ");
		duration_format(&b, range_ms);
		buf_addstr(&b, " is shorter than four scrape intervals of ");
		duration_format(&b, l->how->scrape_interval_ms);
		warn(l, l->rule->expr_node, "short-range", buf_str(&b));
		buf_release(&b);
	}
	if (name != NULL && function != NULL && l->how->metric_is_gauge != NULL &&
	    is_word_in(function, counters, n_counters) && l->how->metric_is_gauge(l->how->arg, name)) {
		snprintf(text, sizeof text, "'%s' is for counters, and '%.150s' is a gauge", function, name);
		warn(l, l->rule->expr_node, "gauge-rate", text);
	}
}

/* A share of features that is counted by p-values grows with the traffic, not with the drift. */
static void
lint_pvalue_share(struct lint *l)
{
	static const char *const aggregations[] = {"avg", "count", "sum"};
	const char *t = l->rule->text;
	const char *p = strstr(t, "drift_ks_pvalue");

	p = p != NULL ? p : strstr(t, "drift_chi2_pvalue");
	p = p != NULL ? p : strstr(t, "drift_psi_pvalue");
	if (p == NULL || strstr(p, "bool") == NULL)
		return;
	for (size_t i = 0; i < sizeof aggregations / sizeof *aggregations; i++) {
		const char *a = strstr(t, aggregations[i]);
		if (a != NULL && a < p) {
			warn(l, l->rule->expr_node, "pvalue-share",
			     "a drift share counted by p-value: with many rows every p-value is small; count by size");
			return;
		}
	}
}

static void
lint_rule(struct lint *l)
{
	const struct rule_def *r = l->rule;

	if (r->alerting)
		lint_alert(l);
	lint_names(l, r->labels_node, "label");
	lint_names(l, r->annotations_node, "annotation");
	lint_twins(l);
	if (r->expr != NULL)
		expr_each_selector(r->expr, lint_selector, l);
	lint_pvalue_share(l);
}

static void
collect_recorded(struct lint *l)
{
	for (size_t g = 0; g < l->f->n_groups; g++) {
		for (size_t i = 0; i < l->f->groups[g].n_rules; i++) {
			struct rule_def *r = &l->f->groups[g].rules[i];
			if (!r->alerting)
				strmap_set(l->recorded, r->name, r);
		}
	}
}

void
rule_file_lint(const struct rule_file *f, const struct rule_lint *how, struct errlist *errors)
{
	struct lint l = {.f = f, .how = how, .errors = errors, .seen = strmap_open(), .recorded = strmap_open()};

	size_t first = errors->n;

	collect_recorded(&l);
	for (size_t g = 0; g < f->n_groups; g++) {
		l.group = &f->groups[g];
		for (size_t i = 0; i < l.group->n_rules; i++) {
			l.rule = &l.group->rules[i];
			lint_rule(&l);
		}
	}
	strmap_close(l.seen);
	strmap_close(l.recorded);
	errlist_sort(errors, first);
}
