/*
 * agent_metrics.c -- what the agent tells about itself: mlwatch_* samples, and the status documents that
 * `mlwatch status` and the dashboard read (JSON in the store's kv table: "logs", "targets", "rules", "agent").
 */
#include "agent_private.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"

static void
gauge(struct batch *b, int64_t t, const char *name, double v)
{
	const struct label all[] = {{METRIC_NAME, name}, {"job", "mlwatch"}};

	batch_sample(b, labels_make(b->mem, all, 2), t, v);
}

static double
resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0, resident = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

struct rule_sums {
	struct batch *batch;
	int64_t t;
};

static void
rule_metric(void *arg, const struct rule_status *r)
{
	struct rule_sums *s = arg;
	const struct label all[] = {{METRIC_NAME, "mlwatch_rule_evaluation_seconds"},
				    {"job", "mlwatch"},
				    {"group", r->group},
				    {"rule", r->name}};

	if (r->last_eval_ms > 0)
		batch_sample(s->batch, labels_make(s->batch->mem, all, 4), s->t, r->seconds);
}

struct lane_sums {
	struct batch *batch;
	int64_t t;
};

static void
lane_metric(void *arg, const struct notify_lane *l)
{
	struct lane_sums *s = arg;
	const char *integration = arena_printf(s->batch->mem, "%s[%lld]", l->kind, (long long)l->index);
	const struct {
		const char *result;
		uint64_t n;
	} results[] = {{"sent", l->sent}, {"failed", l->failed}, {"given_up", l->given_up}};

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		const struct label all[] = {{METRIC_NAME, "mlwatch_notifications_total"},
					    {"job", "mlwatch"},
					    {"integration", integration},
					    {"receiver", l->receiver},
					    {"result", results[i].result}};

		batch_sample(s->batch, labels_make(s->batch->mem, all, 5), s->t, (double)results[i].n);
	}
}

void
notify_metrics(struct notify *notify, struct batch *b, int64_t now_ms)
{
	const struct notify_counts n = notify_counts(notify);
	struct lane_sums sums = {b, now_ms};

	gauge(b, now_ms, "mlwatch_notifications_queued", (double)n.queued);
	gauge(b, now_ms, "mlwatch_notifications_sent_total", (double)n.sent);
	gauge(b, now_ms, "mlwatch_notifications_failed_total", (double)n.failed);
	gauge(b, now_ms, "mlwatch_notifications_given_up_total", (double)n.given_up);
	notify_lanes(notify, lane_metric, &sums);
}

void
agent_metrics(struct agent *a, struct batch *b, int64_t now_ms)
{
	struct rule_sums sums = {b, now_ms};
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	gauge(b, now_ms, "process_resident_memory_bytes", resident_bytes());
	gauge(b, now_ms, "process_cpu_seconds_total",
	      (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
		  (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6);
	gauge(b, now_ms, "process_start_time_seconds", (double)a->started_ms / 1000);
	gauge(b, now_ms, "mlwatch_config_last_reload_successful", a->reload_failed ? 0 : 1);
	gauge(b, now_ms, "mlwatch_commit_seconds", a->cycle.is.seconds);
	gauge(b, now_ms, "mlwatch_commits_total", (double)a->commits);
	gauge(b, now_ms, "mlwatch_rule_evaluations_missed_total", (double)a->missed_evals);
	gauge(b, now_ms, "mlwatch_dropped_samples_total", (double)a->dropped_samples);
	a->cycle.metrics_wanted = true; /* those of what is read are made by whoever reads */
	rule_set_status(a->now.rules, rule_metric, &sums);
	if (a->notify != NULL)
		notify_metrics(a->notify, b, now_ms);
}

static void
rule_json(void *arg, const struct rule_status *r)
{
	json_t *o =
	    json_pack("{s:s, s:s, s:s, s:b, s:i, s:s, s:s, s:I, s:I, s:f, s:I}", "file", r->file, "group", r->group,
		      "name", r->name, "alerting", r->alerting, "line", r->line, "expr", r->expr, "error",
		      r->error != NULL ? r->error : "", "series", (json_int_t)r->series, "last_eval_ms",
		      (json_int_t)r->last_eval_ms, "seconds", r->seconds, "missed", (json_int_t)r->missed);

	if (o == NULL)
		return;
	json_object_set_new(o, "interval_seconds", json_seconds(r->interval_ms));
	json_object_set_new(o, "limit", json_integer(r->limit));
	json_object_set_new(o, "for_seconds", json_seconds(r->for_ms));
	json_object_set_new(o, "keep_firing_for_seconds", json_seconds(r->keep_firing_for_ms));
	json_object_set_new(o, "labels", json_labels(r->labels));
	json_object_set_new(o, "annotations", json_labels(r->annotations));
	json_array_append_new(arg, o);
}

void
rules_status(const struct rule_set *rules, bool timed, struct batch *b)
{
	json_t *list = json_array(), *o;
	size_t i;

	rule_set_status(rules, rule_json, list);
	if (!timed)
		json_array_foreach(list, i, o) json_object_del(o, "seconds");
	batch_document(b, "rules", list);
}

static void
put_text(struct batch *b, const char *key, char *text)
{
	if (text != NULL)
		batch_kv(b, key, text);
	free(text);
}

void
agent_status(struct agent *a, struct batch *b, int64_t now_ms)
{
	rules_status(a->now.rules, true, b);
	if (a->stopping)
		pipeline_end(a->now.pipeline, now_ms, b);
	put_text(b, "targets", scrapes_status(a));
	batch_document(b, "agent",
		       json_pack("{s:s, s:I, s:I, s:I, s:b, s:s, s:I, s:s, s:f, s:b}", "version", MLWATCH_VERSION,
				 "pid", (json_int_t)getpid(), "started_ms", (json_int_t)a->started_ms,
				 "config_loaded_ms", (json_int_t)a->now.loaded_ms, "config_refused", a->reload_failed,
				 "config_error", a->reload_error, "config_refused_ms", (json_int_t)a->reload_failed_ms,
				 "config", a->spec->config_path, "commit_seconds", a->cycle.is.seconds, "stopped",
				 a->stopping));
}
