/*
 * Rule files and the evaluation of groups. What is expected is Prometheus' documented behaviour, worked out by hand on small
 * examples.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../src/rules/rules_private.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/memory_storage.h"
#include "mlwatch/num.h"
#include "mlwatch/rules.h"

#define MIN INT64_C(60000)

/* ---- a small world ---- */

struct world {
	struct arena *mem;
	struct memory_storage *storage;
	struct rule_set *set;
	struct buf log; /* samples, changes and alerts as lines */
	bool broken;    /* the storage fails */
	struct storage failing;
};

static int
failing_select(void *self, const struct select *q, struct arena *mem, struct series_list *out, struct err *e)
{
	struct world *w = self;
	const struct storage *s = memory_storage_view(w->storage);

	if (w->broken)
		return err_set(e, ERR_WORLD, "the disk is gone");
	return s->select(s->self, q, mem, out, e);
}

static struct rule_file *
parse(const char *text)
{
	struct errlist mistakes = ERRLIST_INIT;
	struct rule_file *f = rule_file_parse("r.yml", text, strlen(text), &mistakes);

	if (f == NULL)
		fail_msg("%s: %s", text, mistakes.n > 0 ? mistakes.at[0].text : "?");
	errlist_release(&mistakes);
	return f;
}

static void
load(struct world *w, const char *text, struct rule_set *old)
{
	static const struct label external[] = {{"region", "eu"}};
	const struct rule_set_spec spec = {MIN, {external, 1}, "http://mw/x"};
	struct rule_file *f = parse(text);
	struct err e = ERR_INIT;

	w->set = rule_set_open(&spec);
	assert_int_equal(rule_set_load(w->set, &f, 1, old, &e), 0);
}

static struct world *
open_world(const char *text)
{
	struct world *w = calloc(1, sizeof *w);

	w->mem = arena_open();
	w->storage = memory_storage_open();
	w->failing = (struct storage){w, failing_select};
	load(w, text, NULL);
	return w;
}

static void
close_world(struct world *w)
{
	rule_set_close(w->set);
	memory_storage_close(w->storage);
	arena_close(w->mem);
	buf_release(&w->log);
	free(w);
}

static void
put(struct world *w, const char *series, int64_t t, double v)
{
	struct labels l;
	struct err e = ERR_INIT;

	assert_int_equal(labels_parse(w->mem, series, &l, &e), 0);
	memory_storage_append(w->storage, l, t, v);
}

static void
on_sample(void *arg, struct labels l, int64_t t, double v, const struct histogram *h)
{
	struct world *w = arg;

	(void)h;
	memory_storage_append(w->storage, l, t, v);
	labels_format(&w->log, l);
	if (num_is_stale(v))
		buf_addf(&w->log, " stale @%lld\n", (long long)(t / 1000));
	else
		buf_addf(&w->log, " %g @%lld\n", v, (long long)(t / 1000));
}

static const char *const states[] = {"inactive", "pending", "firing", "resolved"};

static void
on_change(void *arg, const struct alert *a, enum alert_state was, enum alert_state is, const char *where)
{
	struct world *w = arg;

	buf_addf(&w->log, "change %s %s -> %s (%s)\n", labels_get(a->labels, "alertname"), states[was], states[is],
		 where);
}

static void
on_alert(void *arg, const struct alert *a)
{
	struct world *w = arg;

	buf_addstr(&w->log, "send ");
	labels_format(&w->log, a->labels);
	buf_addf(&w->log, " %lld..%lld\n", (long long)(a->starts_ms / 1000), (long long)(a->ends_ms / 1000));
}

/* Evaluates the first group; what it said is in w->log, and must be this. */
static size_t
eval(struct world *w, int64_t t, const char *expected)
{
	const struct rule_sink sink = {w, on_sample, on_alert, on_change};
	const struct promql p = {.storage = &w->failing};

	buf_reset(&w->log);
	size_t failed = rule_group_eval(rule_set_group(w->set, 0), &p, t, &sink);
	if (expected != NULL)
		assert_string_equal(buf_str(&w->log), expected);
	return failed;
}

/* ---- the state machine ---- */

static struct alert_phase
go(struct alert_phase p, bool breached, int64_t t, int64_t for_ms, int64_t keep_ms)
{
	const struct alert_policy policy = {for_ms, keep_ms};

	return alert_next(p, breached, t, &policy);
}

static void
rules__an_alert_is_pending_for_its_time(void **state)
{
	struct alert_phase p = {0};

	(void)state;
	p = go(p, true, 100, 50, 0);
	assert_int_equal(p.state, ALERT_PENDING);
	p = go(p, true, 149, 50, 0);
	assert_int_equal(p.state, ALERT_PENDING);
	p = go(p, true, 150, 50, 0);
	assert_int_equal(p.state, ALERT_FIRING);
	assert_int_equal(p.active_ms, 100);
	assert_int_equal(p.fired_ms, 150);
	assert_int_equal(go((struct alert_phase){0}, true, 7, 0, 0).state, ALERT_FIRING);
	p = go((struct alert_phase){ALERT_PENDING, 100, 0, 0, 0}, false, 120, 50, 0);
	assert_int_equal(p.state, ALERT_INACTIVE);
}

static void
rules__an_alert_keeps_firing_for_its_time(void **state)
{
	struct alert_phase p = {ALERT_FIRING, 100, 100, 0, 0};

	(void)state;
	p = go(p, false, 200, 0, 60);
	assert_int_equal(p.state, ALERT_FIRING);
	p = go(p, true, 230, 0, 60); /* a breach starts it anew */
	p = go(p, false, 240, 0, 60);
	p = go(p, false, 299, 0, 60);
	assert_int_equal(p.state, ALERT_FIRING);
	p = go(p, false, 300, 0, 60);
	assert_int_equal(p.state, ALERT_RESOLVED);
	assert_int_equal(p.resolved_ms, 300);
}

static void
rules__a_resolved_alert_is_remembered_15_minutes(void **state)
{
	struct alert_phase p = {ALERT_FIRING, 100, 100, 0, 0};

	(void)state;
	p = go(p, false, 200, 0, 0);
	assert_int_equal(go(p, false, 200 + 15 * MIN, 0, 0).state, ALERT_RESOLVED);
	assert_int_equal(go(p, false, 201 + 15 * MIN, 0, 0).state, ALERT_INACTIVE);
	p = go(p, true, 300, 50, 0);
	assert_int_equal(p.state, ALERT_PENDING);
	assert_int_equal(p.active_ms, 300);
	assert_int_equal(p.resolved_ms, 0);
}

/* ---- groups ---- */

static void
rules__later_rules_see_earlier_results(void **state)
{
	struct world *w = open_world("groups:\n- name: g\n  labels: {team: a, x: group}\n  rules:\n"
				     "  - record: a:sum\n    expr: sum by (job) (up)\n    labels: {x: rule}\n"
				     "  - record: b:twice\n    expr: a:sum * 2\n");

	(void)state;
	put(w, "up{job=\"j\",i=\"1\"}", 60000, 1);
	put(w, "up{job=\"j\",i=\"2\"}", 60000, 2);
	assert_int_equal(
	    eval(w, 60000,
		 "a:sum{job=\"j\",team=\"a\",x=\"rule\"} 3 @60\nb:twice{job=\"j\",team=\"a\",x=\"group\"} 6 @60\n"),
	    0);
	close_world(w);
}

static void
rules__vanished_series_are_marked_stale(void **state)
{
	struct world *w = open_world("groups: [{name: g, rules: [{record: r, expr: up > 0}]}]\n");

	(void)state;
	put(w, "up{i=\"1\"}", 60000, 1);
	put(w, "up{i=\"2\"}", 60000, 1);
	eval(w, 60000, "r{i=\"1\"} 1 @60\nr{i=\"2\"} 1 @60\n");
	put(w, "up{i=\"1\"}", 120000, 0);
	put(w, "up{i=\"2\"}", 120000, 5);
	eval(w, 120000, "r{i=\"2\"} 5 @120\nr{i=\"1\"} stale @120\n");
	eval(w, 180000, "r{i=\"2\"} 5 @180\n");
	close_world(w);
}

static void
rules__an_alert_goes_through_its_life(void **state)
{
	struct world *w =
	    open_world("groups:\n- name: g\n  rules:\n  - alert: Down\n    expr: up == 0\n    for: 1m\n"
		       "    labels: {severity: page, empty: '{{ \"\" }}'}\n"
		       "    annotations: {s: '{{ $labels.i }} {{ $value }} {{ $externalLabels.region }}'}\n");

	(void)state;
	put(w, "up{i=\"1\"}", 60000, 0);
	eval(w, 60000,
	     "ALERTS{alertname=\"Down\",alertstate=\"pending\",i=\"1\",severity=\"page\"} 1 @60\n"
	     "ALERTS_FOR_STATE{alertname=\"Down\",i=\"1\",severity=\"page\"} 60 @60\n"
	     "change Down inactive -> pending (r.yml:4)\n");
	eval(w, 120000,
	     "ALERTS{alertname=\"Down\",alertstate=\"firing\",i=\"1\",severity=\"page\"} 1 @120\n"
	     "ALERTS_FOR_STATE{alertname=\"Down\",i=\"1\",severity=\"page\"} 60 @120\n"
	     "change Down pending -> firing (r.yml:4)\n"
	     "send {alertname=\"Down\",i=\"1\",region=\"eu\",severity=\"page\"} 120..360\n"
	     "ALERTS{alertname=\"Down\",alertstate=\"pending\",i=\"1\",severity=\"page\"} stale @120\n");
	eval(w, 150000,
	     "ALERTS{alertname=\"Down\",alertstate=\"firing\",i=\"1\",severity=\"page\"} 1 @150\n"
	     "ALERTS_FOR_STATE{alertname=\"Down\",i=\"1\",severity=\"page\"} 60 @150\n");
	put(w, "up{i=\"1\"}", 200000, 1);
	eval(w, 200000,
	     "change Down firing -> resolved (r.yml:4)\n"
	     "send {alertname=\"Down\",i=\"1\",region=\"eu\",severity=\"page\"} 120..200\n"
	     "ALERTS_FOR_STATE{alertname=\"Down\",i=\"1\",severity=\"page\"} stale @200\n"
	     "ALERTS{alertname=\"Down\",alertstate=\"firing\",i=\"1\",severity=\"page\"} stale @200\n");
	close_world(w);
}

struct seen {
	size_t n;
	char text[600];
	struct alert_view last;
};

static void
on_view(void *arg, const struct alert_view *v)
{
	struct seen *s = arg;
	size_t at = strlen(s->text);

	s->n++;
	s->last = *v;
	snprintf(s->text + at, sizeof s->text - at, "%s %s %s|", v->name, states[v->state],
		 labels_get(v->annotations, "s"));
}

static struct seen
look(const struct world *w)
{
	struct seen s = {0};

	rule_set_alerts(w->set, on_view, &s);
	return s;
}

static void
rules__templates_see_labels_value_and_queries(void **state)
{
	struct world *w =
	    open_world("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    annotations:\n"
		       "      s: '{{ $labels.i }} {{ $value }} {{ $externalLabels.region }} "
		       "{{ with query \"sum(up)\" }}{{ . | first | value }}{{ end }} {{ pathPrefix }}'\n");

	(void)state;
	put(w, "up{i=\"1\"}", 60000, 0);
	put(w, "up{i=\"2\"}", 60000, 4);
	eval(w, 60000, NULL);
	assert_string_equal(look(w).text, "A firing 1 0 eu 4 /x|");
	close_world(w);
}

/* Printing whole samples once read label names of a query result that was released already. */
static void
rules__query_results_outlive_their_query(void **state)
{
	struct world *w = open_world("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    annotations:\n"
				     "      s: '{{ $r := query \"up\" }}{{ query \"vector(1)\" }}{{ $r }}'\n");

	(void)state;
	put(w, "up{i=\"1\"}", 60000, 0);
	eval(w, 60000, NULL);
	assert_string_equal(look(w).text, "A firing [{map[] 1}][{map[__name__:up i:1] 0}]|");
	close_world(w);
}

static void
rules__a_failed_evaluation_leaves_states_alone(void **state)
{
	struct world *w =
	    open_world("groups: [{name: g, rules: [{alert: A, expr: up == 0, for: 1m}, {record: r, expr: up}]}]\n");

	(void)state;
	put(w, "up", 60000, 0);
	eval(w, 60000, NULL);
	w->broken = true;
	assert_int_equal(eval(w, 120000, ""), 2);
	assert_string_equal(look(w).text, "A pending |");
	w->broken = false;
	assert_int_equal(eval(w, 180000, NULL), 0);
	assert_string_equal(look(w).text, "A firing |");
	assert_int_equal(look(w).last.active_ms, 60000);
	close_world(w);
}

static void
rules__equal_label_sets_are_an_error(void **state)
{
	struct world *w =
	    open_world("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    labels: {i: same}\n"
		       "  - record: r\n    expr: up\n    labels: {i: same}\n");

	(void)state;
	put(w, "up{i=\"1\"}", 60000, 0);
	put(w, "up{i=\"2\"}", 60000, 0);
	assert_int_equal(eval(w, 60000, ""), 2);
	assert_int_equal(look(w).n, 0);
	close_world(w);
}

struct errors {
	char text[500];
};

static void
on_status(void *arg, const struct rule_status *r)
{
	struct errors *e = arg;
	size_t at = strlen(e->text);

	snprintf(e->text + at, sizeof e->text - at, "%s: %s; ", r->name, r->error != NULL ? r->error : "ok");
}

static void
rules__limits_refuse_and_clear(void **state)
{
	struct world *w =
	    open_world("groups: [{name: g, limit: 1, rules: [{alert: A, expr: up == 0}, {record: r, expr: up}]}]\n");
	struct errors e = {""};

	(void)state;
	put(w, "up{i=\"1\"}", 60000, 0);
	assert_int_equal(eval(w, 60000, NULL), 0);
	put(w, "up{i=\"2\"}", 120000, 0);
	assert_int_equal(eval(w, 120000, NULL), 2);
	rule_set_status(w->set, on_status, &e);
	assert_string_equal(e.text, "A: exceeded limit of 1 with 2 alerts; r: exceeded limit of 1 with 2 series; ");
	assert_int_equal(look(w).n, 0);
	close_world(w);
}

static void
rules__strings_and_ranges_fail_at_evaluation(void **state)
{
	struct world *w = open_world("groups: [{name: g, rules: [{record: r, expr: 'up[5m]'}, {alert: A, expr: "
				     "'\"x\"'}, {record: s, expr: 1}]}]\n");

	(void)state;
	put(w, "up", 60000, 0);
	assert_int_equal(eval(w, 60000, "s 1 @60\n"), 2);
	close_world(w);
}

static void
rules__query_offset_looks_back(void **state)
{
	struct world *w = open_world("groups: [{name: g, query_offset: 30s, rules: [{record: r, expr: up}]}]\n");

	(void)state;
	put(w, "up", 60000, 7);
	put(w, "up", 100000, 8);
	eval(w, 120000, "r 7 @90\n");
	close_world(w);
}

static const char two_rules[] =
    "groups:\n- name: g\n  rules:\n"
    "  - alert: A\n    expr: up == 0\n    for: 3d\n    labels: {severity: warn}\n"
    "  - alert: A\n    expr: up < 5\n    for: 1h\n    keep_firing_for: 1h\n    labels: {severity: page}\n";

struct saved {
	struct arena *mem;
	struct alert_view at[10];
	size_t n;
};

static void
save(void *arg, const struct alert_view *v)
{
	struct saved *s = arg;
	struct alert_view *to = &s->at[s->n++];

	*to = *v;
	to->name = arena_strdup(s->mem, v->name);
	to->group = arena_strdup(s->mem, v->group);
	to->file = arena_strdup(s->mem, v->file);
	to->expr = arena_strdup(s->mem, v->expr);
	to->labels = labels_copy(s->mem, v->labels);
	to->annotations = labels_copy(s->mem, v->annotations);
}

static void
rules__states_survive_a_restart(void **state)
{
	struct world *w = open_world(two_rules), *again;
	struct saved s = {.mem = arena_open()};

	(void)state;
	for (int64_t t = 0; t <= 60; t++) {
		put(w, "up", (t + 1) * MIN, 0);
		eval(w, (t + 1) * MIN, NULL);
	}
	rule_set_alerts(w->set, save, &s);
	assert_int_equal(s.n, 2);
	again = open_world(two_rules);
	for (size_t i = 0; i < s.n; i++)
		rule_set_restore(again->set, &s.at[i]);
	/* the service is well again: the page goes on for its hour, the warning is forgotten */
	put(again, "up", 62 * MIN, 9);
	eval(again, 62 * MIN, NULL);
	struct seen now = look(again);
	assert_string_equal(now.text, "A firing |");
	assert_int_equal(now.last.active_ms, MIN);
	assert_int_equal(now.last.fired_ms, 61 * MIN);
	assert_int_equal(now.last.keep_firing_since_ms, 62 * MIN);
	assert_int_equal(now.last.last_sent_ms, 61 * MIN);
	close_world(w);
	close_world(again);
	arena_close(s.mem);
}

static void
rules__a_for_of_days_survives_a_restart(void **state)
{
	struct world *w = open_world(two_rules);
	const struct label l[] = {{"alertname", "A"}, {"severity", "warn"}};
	const struct alert_view v = {.name = "A",
				     .group = "g",
				     .file = "r.yml",
				     .labels = {l, 2},
				     .state = ALERT_PENDING,
				     .active_ms = MIN,
				     .expr = "up == 0"};

	(void)state;
	rule_set_restore(w->set, &v);
	put(w, "up", 3 * 24 * 60 * MIN + MIN, 0);
	eval(w, 3 * 24 * 60 * MIN + MIN, NULL);
	assert_non_null(strstr(look(w).text, "A firing"));
	close_world(w);
}

static void
rules__a_restored_alert_ends_what_it_wrote_before(void **state)
{
	struct world *w = open_world("groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n");
	const struct label l[] = {{"alertname", "A"}}, m[] = {{"alertname", "A"}, {"i", "2"}};
	struct alert_view v = {.name = "A",
			       .group = "g",
			       .file = "r.yml",
			       .labels = {l, 1},
			       .state = ALERT_FIRING,
			       .active_ms = MIN,
			       .fired_ms = MIN,
			       .last_sent_ms = MIN,
			       .expr = "up == 0"};

	(void)state;
	rule_set_restore(w->set, &v);
	v.labels = (struct labels){m, 2};
	rule_set_restore(w->set, &v);
	put(w, "up{i=\"2\"}", 2 * MIN, 0); /* this one goes on */
	eval(w, 2 * MIN, NULL);
	assert_non_null(strstr(buf_str(&w->log), "ALERTS{alertname=\"A\",alertstate=\"firing\"} stale @120"));
	assert_non_null(strstr(buf_str(&w->log), "ALERTS_FOR_STATE{alertname=\"A\"} stale @120"));
	assert_null(strstr(buf_str(&w->log), "i=\"2\"} stale"));
	close_world(w);
}

static void
rules__a_reload_keeps_equal_rules_and_ends_gone_ones(void **state)
{
	struct world *w =
	    open_world("groups: [{name: g, rules: [{alert: A, expr: up == 0, for: 2m}, {record: gone, expr: up}]}]\n");

	(void)state;
	put(w, "up", MIN, 0);
	eval(w, MIN, NULL);
	load(w, "groups: [{name: g, rules: [{alert: A, expr: up < 1, for: 2m}, {record: new, expr: up}]}]\n", w->set);
	put(w, "up", 3 * MIN, 0);
	eval(w, 3 * MIN, NULL);
	assert_non_null(strstr(buf_str(&w->log), "change A pending -> firing"));
	assert_non_null(strstr(buf_str(&w->log), "gone stale @180"));
	assert_non_null(strstr(buf_str(&w->log), "ALERTS{alertname=\"A\",alertstate=\"pending\"} stale @180"));
	close_world(w);
}

static int64_t
missed(struct world *w)
{
	return rule_set_group(w->set, 0)->missed;
}

static void
rules__missed_evaluations_are_counted(void **state)
{
	struct world *w = open_world("groups: [{name: g, interval: 10s, rules: [{record: r, expr: 1}]}]\n");

	(void)state;
	eval(w, 100000, NULL);
	eval(w, 110000, NULL);
	assert_int_equal(missed(w), 0);
	eval(w, 140000, NULL);
	assert_int_equal(missed(w), 2);
	close_world(w);
}

static void
rules__slots_are_spread_and_steady(void **state)
{
	struct world *w = open_world("groups: [{name: g, interval: 10s}, {name: h, interval: 10s}]\n");
	const struct rule_group *g = rule_set_group(w->set, 0);
	int64_t first = rule_group_next(g, 1000000);

	(void)state;
	assert_in_range(first, 1000000, 1009999);
	assert_int_equal(rule_group_next(g, first), first);
	assert_int_equal(rule_group_next(g, first + 1), first + 10000);
	assert_int_not_equal(first % 10000, rule_group_next(rule_set_group(w->set, 1), 1000000) % 10000);
	close_world(w);
}

/* ---- files ---- */

static void
assert_mistake(const char *text, int line, int column, const char *expected)
{
	struct errlist l = ERRLIST_INIT;

	assert_null(rule_file_parse("r.yml", text, strlen(text), &l));
	assert_true(l.n > 0);
	if (strcmp(l.at[0].text, expected) != 0 || l.at[0].line != line || l.at[0].column != column)
		fail_msg("%s: %d:%d: %s", text, l.at[0].line, l.at[0].column, l.at[0].text);
	errlist_release(&l);
}

static void
rules__mistakes_stand_where_they_are(void **state)
{
	(void)state;
	assert_mistake("groups:\n- rules: []\n", 2, 3, "the name of a group must not be empty");
	assert_mistake("groups: [{name: a}, {name: a}]\n", 1, 28, "groupname: 'a' is repeated in the same file");
	assert_mistake("groups:\n- name: g\n  rules:\n  - expr: 1\n", 4, 5, "one of 'record' or 'alert' must be set");
	assert_mistake("groups:\n- name: g\n  rules:\n  - {alert: a, record: b, expr: 1}\n", 4, 13,
		       "only one of 'record' and 'alert' must be set");
	assert_mistake("groups:\n- name: g\n  rules:\n  - alert: a\n", 4, 5, "field 'expr' must be set in rule");
	assert_mistake("groups:\n- name: g\n  rules:\n  - alert: a\n    expr: 1\n    lables: {}\n", 6, 5,
		       "unknown key 'lables' in a rule, did you mean 'labels'?");
	assert_mistake("groups:\n- name: g\n  rules:\n  - alert: a\n    expr: |\n      up ==\n        ==\n", 7, 9,
		       "unexpected \"==\"");
}

static void
rules__positions_reach_into_block_scalars_and_templates(void **state)
{
	struct errlist l = ERRLIST_INIT;
	const char text[] = "groups:\n- name: g\n  rules:\n  - alert: a\n    expr: >-\n      up\n      + nofun(up)\n"
			    "    annotations:\n      s: |\n        first\n        x {{ nope }}\n"
			    "      t: \"a\\tb {{ end }}\"\n    for: 5\n";

	(void)state;
	assert_null(rule_file_parse("r.yml", text, strlen(text), &l));
	assert_int_equal(l.n, 4);
	assert_int_equal(l.at[0].line, 7);
	assert_int_equal(l.at[0].column, 9);
	assert_int_equal(l.at[1].line, 11);
	assert_int_equal(l.at[1].column, 14);
	assert_int_equal(l.at[2].line, 12);
	assert_int_equal(l.at[3].line, 13);
	errlist_release(&l);
}

static void
rules__every_rule_is_looked_at(void **state)
{
	struct errlist l = ERRLIST_INIT;
	const char text[] =
	    "groups:\n- name: g\n  rules:\n  - {alert: a, expr: 'sum('}\n  - {record: b, expr: 1, for: 1m}\n"
	    "  - {alert: c, expr: 1, labels: {__name__: x}}\n- name: h\n  intervall: 1m\n";

	(void)state;
	assert_null(rule_file_parse("r.yml", text, strlen(text), &l));
	assert_int_equal(l.n, 4);
	assert_string_equal(l.at[1].hint, "in group 'g', rule 2, 'b'");
	errlist_release(&l);
}

static void
rules__lint_warns_by_code(void **state)
{
	struct errlist l = ERRLIST_INIT;
	const struct rule_lint how = {.scrape_interval_ms = 30000};
	struct rule_file *f = parse(
	    "groups:\n- name: g\n  rules:\n"
	    "  - {alert: a, expr: 'rate(x[1m]) > 0'}\n"
	    "  - {record: r, expr: 1}\n  - {record: r, expr: 2}\n"
	    "  - {alert: good, expr: up == 0, for: 1m, labels: {severity: page}, annotations: {runbook_url: u}}\n");
	const char *codes[] = {"no-for", "no-severity", "no-runbook", "short-range", "duplicate-rule"};

	(void)state;
	rule_file_lint(f, &how, &l);
	assert_int_equal(l.n, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(l.at[i].code, codes[i]);
	assert_int_equal(l.errors, 0);
	errlist_release(&l);
	rule_file_close(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules__an_alert_is_pending_for_its_time),
	    cmocka_unit_test(rules__an_alert_keeps_firing_for_its_time),
	    cmocka_unit_test(rules__a_resolved_alert_is_remembered_15_minutes),
	    cmocka_unit_test(rules__later_rules_see_earlier_results),
	    cmocka_unit_test(rules__vanished_series_are_marked_stale),
	    cmocka_unit_test(rules__an_alert_goes_through_its_life),
	    cmocka_unit_test(rules__templates_see_labels_value_and_queries),
	    cmocka_unit_test(rules__query_results_outlive_their_query),
	    cmocka_unit_test(rules__a_failed_evaluation_leaves_states_alone),
	    cmocka_unit_test(rules__equal_label_sets_are_an_error),
	    cmocka_unit_test(rules__limits_refuse_and_clear),
	    cmocka_unit_test(rules__strings_and_ranges_fail_at_evaluation),
	    cmocka_unit_test(rules__query_offset_looks_back),
	    cmocka_unit_test(rules__states_survive_a_restart),
	    cmocka_unit_test(rules__a_for_of_days_survives_a_restart),
	    cmocka_unit_test(rules__a_restored_alert_ends_what_it_wrote_before),
	    cmocka_unit_test(rules__a_reload_keeps_equal_rules_and_ends_gone_ones),
	    cmocka_unit_test(rules__missed_evaluations_are_counted),
	    cmocka_unit_test(rules__slots_are_spread_and_steady),
	    cmocka_unit_test(rules__mistakes_stand_where_they_are),
	    cmocka_unit_test(rules__positions_reach_into_block_scalars_and_templates),
	    cmocka_unit_test(rules__every_rule_is_looked_at),
	    cmocka_unit_test(rules__lint_warns_by_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
