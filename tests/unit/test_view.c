/*
 * test_view.c -- what the views make of a store: the incident of tests/tools/make_store.c, whose numbers and words the drawings give. Expected
 * values are those of the drawings, or counted by hand from the tables of make_store.
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
#include <jansson.h>

#include "../../ui/view_private.h"
#include "../incident.h"
#include "mlwatch/reader.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/view_json.h"

struct place {
	char dir[64], path[80];
	struct reader *reader;
	struct arena *mem;
	struct view_source source;
	struct view_overview o;
};

static void
good(int rc, const struct err *e)
{
	if (rc < 0)
		fail_msg("%s", e->text);
}

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	struct err e = ERR_INIT;
	char command[160];

	snprintf(p->dir, sizeof p->dir, "/tmp/mlwatch-view-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/m.db", p->dir);
	snprintf(command, sizeof command, "build/tests/make_store %s", p->path);
	assert_int_equal(system(command), 0);
	good(reader_open(&p->reader, p->path, &e), &e);
	p->mem = arena_open();
	p->source = (struct view_source){reader_store(p->reader), reader_promql(p->reader), NOW, NOW};
	good(view_overview(&p->source, p->mem, &p->o, &e), &e);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	reader_close(p->reader);
	arena_close(p->mem);
	snprintf(command, sizeof command, "rm -rf %s", p->dir);
	int rc = system(command);
	free(p);
	return rc;
}

static const struct view_alert *
alert(const struct place *p, const char *name, const char *model)
{
	for (size_t i = 0; i < p->o.n_alerts; i++)
		if (strcmp(p->o.alerts[i].name, name) == 0 && strcmp(p->o.alerts[i].model, model) == 0)
			return &p->o.alerts[i];
	fail_msg("no alert %s of %s", name, model);
	return NULL;
}

static void
is_quantity(struct quantity q, const char *want)
{
	char text[32];

	quantity_text(text, q);
	assert_string_equal(text, want);
}

static void
test_overview(void **state)
{
	struct place *p = *state;
	const struct view_alert *a = alert(p, "DriftShareHigh", "fraud");

	assert_int_equal(p->o.critical, 2);
	assert_int_equal(p->o.warning, 1);
	assert_int_equal(p->o.pending, 1);
	assert_int_equal(p->o.silenced, 1);
	assert_true(p->o.likely_start_ms == CENTS_SINCE); /* neither the new version nor the reload are problems */
	assert_int_equal(p->o.likely_changes, 2);
	assert_string_equal(p->o.likely_kind, "feature"); /* of its values and of its categories */
	assert_string_equal(p->o.likely_model, "fraud");
	is_quantity(a->value, "42 %");
	is_quantity(a->peak, "42 %");
	assert_true(a->peak_ms == CLOCK(2, 48, 20));
	assert_true(a->next_eval_ms == NOW + 22 * MS_SECOND);
	assert_string_equal(a->where, "rules/fraud.yml:46");
	assert_null(a->ack_by);
	assert_string_equal(alert(p, "ErrorRateHigh", "fraud")->ack_by, "ana");
	is_quantity(alert(p, "FeatureDrift", "churn")->value, "KS 0.121");
	assert_true(isnan(alert(p, "FeatureDrift", "churn")->peak.v)); /* it did not fire */
	assert_int_equal(p->o.queued, 1);
	assert_int_equal(p->o.given_up, 1);
}

struct firings {
	const char *name; /* NULL: all */
	int n;
	int64_t longest_ms;
};

static void
on_firing(void *arg, const struct store_firing *f)
{
	const int64_t length = (f->resolved_ms > 0 ? f->resolved_ms : NOW) - f->fired_ms;
	struct firings *c = arg;

	if (f->fired_ms < NOW - 30 * MS_DAY || (c->name != NULL && strcmp(f->name, c->name) != 0))
		return;
	c->n++;
	c->longest_ms = length > c->longest_ms ? length : c->longest_ms;
}

static void
test_what_fired(void **state)
{
	static const struct {
		const char *name, *on, *peak, *ack_by;
		int64_t fired;
		int minutes;
	} want[] = {{"LatencyP95High", "fraud", "388 ms", "bob", CLOCK(-6, 2, 0), 14},
		    {"TargetDown", "churn-service", "0", NULL, CLOCK(-14, -19, 0), 2},
		    {"DriftShareHigh", "fraud", "33 %", "ana", CLOCK(-20, 10, 0), 21}};
	struct place *p = *state;
	struct firings all = {NULL, 0, 0}, share = {"DriftShareHigh", 0, 0};
	struct view_alert *at;
	struct err e = ERR_INIT;
	size_t n;

	good(view_resolved(&p->source, p->mem, NOW - MS_DAY, &at, &n, &e), &e);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(at[i].name, want[i].name);
		assert_string_equal(at[i].on, want[i].on);
		is_quantity(at[i].peak, want[i].peak);
		assert_true(at[i].fired_ms == want[i].fired);
		assert_true(at[i].resolved_ms - at[i].fired_ms == want[i].minutes * MS_MINUTE);
		assert_true((at[i].ack_by == NULL) == (want[i].ack_by == NULL));
		if (want[i].ack_by != NULL)
			assert_string_equal(at[i].ack_by, want[i].ack_by);
	}
	good(store_firings(p->source.store, 0, 0, 1000, on_firing, &all, &e), &e);
	good(store_firings(p->source.store, 0, 0, 1000, on_firing, &share, &e), &e);
	assert_int_equal(all.n, 24);
	assert_int_equal(share.n, 3); /* 5m, 21m and, so far, 28m 2s */
	assert_true(share.longest_ms == 28 * MS_MINUTE + 2 * MS_SECOND);
}

static void
test_rules(void **state)
{
	struct place *p = *state;
	struct view_rule *at;
	size_t n, total;

	view_rules(&p->source, p->mem, &p->o, &at, &n, &total);
	assert_int_equal(n, 7);
	assert_int_equal(total, 11);
	assert_string_equal(at[0].name, "LabelsMissing"); /* what cannot be evaluated comes first */
	assert_true(strncmp(at[0].error, "many-to-many", 12) == 0);
	assert_true(at[0].next_eval_ms == NOW + 48 * MS_SECOND);
	for (size_t i = 1; i < n; i++)
		if (strcmp(at[i].name, "TargetSlow") == 0) {
			is_quantity(at[i].worst, "1.8 s");
			assert_int_equal(at[i].series, 4);
			assert_string_equal(at[i].where, "rules/fraud.yml:31");
			return;
		}
	fail_msg("no TargetSlow");
}

static void
test_targets(void **state)
{
	struct place *p = *state;
	const struct view_target *t = &p->o.targets[0]; /* what is down comes first */
	struct err e = ERR_INIT;

	assert_int_equal(p->o.n_targets, 5);
	assert_string_equal(t->job, "fraud-health");
	assert_string_equal(t->error, "no answer within 2 s");
	assert_int_equal(t->failures, 37);
	assert_true(t->down_since_ms == UNHEALTHY_SINCE);
	assert_true(t->good.t == CLOCK(3, 8, 4) && t->good.status == 200 && t->good.seconds == 0.041);
	assert_string_equal(t->good.body, "{\"model_loaded\": true, \"version\": \"3.2.0\"}");
	assert_string_equal(t->expects, "status 200 and model_loaded = true");
	assert_string_equal(t->where, "/etc/mlwatch/mlwatch.yml:47");
	assert_true(t->sample_limit == 20000 && t->label_limit == 64 && t->body_limit == 10 << 20);
	assert_true(p->o.targets[1].slow);
	assert_string_equal(p->o.targets[1].job, "fraud-service");
	good(view_targets_up(&p->source, p->o.targets, p->o.n_targets, &e), &e);
	assert_true(fabs(p->o.targets[0].up_24h - 0.992) < 0.0005); /* away for 5.5 and for 6.1 minutes */
	assert_true(fabs(p->o.targets[1].up_24h - 0.996) < 0.0005);
}

static void
test_logs(void **state)
{
	struct place *p = *state;
	const struct view_log *l = &p->o.logs[0];
	const struct view_bad_kind *k = &l->reasons[0];
	struct view_log_file *f = p->o.files;
	struct err e = ERR_INIT;

	assert_int_equal(p->o.n_files, 4); /* what is behind first, what was rotated away last */
	assert_true(f[0].lag_bytes == 1200000 && f[0].lag_s == 29 && f[0].caught_up_s == 50);
	assert_true(f[0].lines_per_s == 41 && f[0].read_lines_per_s == 160);
	assert_true(f[3].rotated && !f[1].rotated);
	assert_int_equal(f[1].bad_1h, 412);
	assert_string_equal(l->job, "fraud");
	assert_int_equal(l->n_reasons, 3);
	assert_int_equal(l->lines_1h, 975000);
	assert_int_equal(l->bad_1h, 412);
	assert_int_equal(l->series, 214);
	assert_true(l->limits.line_bytes == 1 << 20 && l->limits.categories == 1000 && l->limits.series == 20000);
	assert_string_equal(k->reason, "field missing: model");
	assert_string_equal(k->kind, "no_model");
	assert_int_equal(k->lines, 371);
	assert_true(k->first_ms == FAILS_SINCE && k->last_ms == CLOCK(3, 5, 19));
	assert_true(k->example.byte == 4102331870 && k->example.column == 1);
	assert_string_equal(k->example.path, "/var/log/fraud/predictions.jsonl");
	assert_string_equal(k->example.what, "no field \"model\"; prediction_logs[0].fields.model says model");
	assert_string_equal(k->example.hint, "add  model: {value: fraud}  for a constant");
	good(view_log_sparks(&p->source, p->mem, f, p->o.n_files, &e), &e);
	assert_int_equal(f[1].n_spark, 16);
	assert_true(fabs(f[1].spark[0] - 293) < 1 && fabs(f[1].spark[15] - 182) < 1);
	assert_true(fabs(f[0].spark[15] - 41) < 1);
	assert_int_equal(f[3].n_spark, 0); /* nothing is told of it any more */
}

static void
test_models(void **state)
{
	struct place *p = *state;
	const struct view_model *m = &p->o.models[0];

	assert_int_equal(p->o.n_models, 3);
	assert_string_equal(m->model, "fraud");
	assert_true(fabs(m->rps - 182) < 2 && fabs(m->error_share - 0.031) < 0.001);
	assert_true(fabs(m->p50 / 0.084 - 1) < 0.03 && fabs(m->p95 / 0.421 - 1) < 0.03 &&
		    fabs(m->p99 / 0.655 - 1) < 0.03);
	assert_true(fabs(m->score - 0.61) < 0.005);
	assert_int_equal(m->features, 12);
	assert_true(m->last_record_ms == NOW - 300);
	assert_int_equal(m->n_paths, 1);
	assert_string_equal(m->paths[0], "/var/log/fraud/predictions*.jsonl");
	assert_true(m->lines_per_s == 182 && m->lag_bytes == 0 && m->bad_1h == 412);
	assert_int_equal(m->n_versions, 1);
	assert_string_equal(m->versions[0].version, "3.2.0");
	assert_true(m->versions[0].share == 1);
	assert_string_equal(m->reference, "fraud-3.2.0");
	assert_string_equal(m->reference_created, "2026-10-30");
	assert_int_equal(m->reference_features, 12);
}

/* The features as the drawing of the Drift view has them. */
static void
test_features(void **state)
{
	static const struct {
		const char *name;
		double value;
	} want[] = {{"amount", 0.857},    {"merchant_cat", 0.338}, {"amount_avg_7d", 0.291}, {"tx_count_24h", 0.147},
		    {"device_age", 0.14}, {"country", 0.061},      {"email_age", 0.044},     {"hour", 0.012}};
	struct view_drift_how how = {DRIFT_WINDOW_MS, BASELINE_REFERENCE, STATISTIC_KS};
	struct place *p = *state;
	struct view_feature *at;
	struct err e = ERR_INIT;
	size_t n;

	good(view_features(&p->source, p->mem, "fraud", "3.2.0", &how, &at, &n, &e), &e);
	assert_int_equal(n, 12);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		for (size_t k = 0; k < n; k++)
			if (strcmp(at[k].name, want[i].name) == 0 && !(fabs(at[k].value - want[i].value) < 0.05))
				fail_msg("%s: %g, not about %g", at[k].name, at[k].value, want[i].value);
}

static void
is_at(const json_t *doc, const char *list, size_t i, const char *key, const char *want)
{
	const json_t *v = json_object_get(json_array_get(json_object_get(doc, list), i), key);

	assert_true(json_is_string(v));
	assert_string_equal(json_string_value(v), want);
}

static void
test_timeline_and_json(void **state)
{
	struct place *p = *state;
	struct view_event *at;
	struct err e = ERR_INIT;
	char *text;
	json_t *doc, *reasons;
	size_t n;

	good(view_events(&p->source, p->mem, NOW - MS_HOUR, NOW, 100, &at, &n, &e), &e);
	assert_int_equal(n, 15);
	assert_int_equal(at[0].health, HEALTH_PENDING);
	assert_string_equal(at[0].text, "FeatureDrift tenure_months pending: KS 0.121 > 0.100");
	assert_string_equal(at[0].ref, alert(p, "FeatureDrift", "churn")->fingerprint);
	text = view_overview_json(&p->o);
	doc = json_loads(text, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(doc, "likely_start")), "2026-11-20T02:36:10.000Z");
	is_at(doc, "alerts", 0, "text", "42 % > 30 %");
	is_at(doc, "alerts", 0, "peak_at", "2026-11-20T02:48:20.000Z");
	is_at(doc, "models", 0, "last_record", "2026-11-20T03:14:21.700Z");
	is_at(doc, "targets", 0, "where", "/etc/mlwatch/mlwatch.yml:47");
	is_at(doc, "targets", 0, "down_since", "2026-11-20T03:08:14.000Z");
	is_at(doc, "files", 0, "path", "/var/log/churn/churn-2026-11-20.log");
	is_at(doc, "events", 0, "text", "127.0.0.1:8000/health down: no answer within 2 s");
	reasons = json_object_get(json_array_get(json_object_get(doc, "logs"), 0), "bad_lines_by_reason");
	assert_string_equal(json_string_value(json_object_get(json_array_get(reasons, 2), "reason")),
			    "timestamp in the future by 3h");
	json_decref(doc);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_overview), cmocka_unit_test(test_what_fired),
	    cmocka_unit_test(test_rules),    cmocka_unit_test(test_targets),
	    cmocka_unit_test(test_logs),     cmocka_unit_test(test_models),
	    cmocka_unit_test(test_features), cmocka_unit_test(test_timeline_and_json),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
