/*
 * view_json.c -- see view_json.h.
 */
#include "mlwatch/view_json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"
#include "mlwatch/view.h"

static json_t *
number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *
time_of(int64_t ms)
{
	char text[32];

	if (ms <= 0)
		return json_null();
	rfc3339_format(text, ms);
	return json_string(text);
}

/* o with all that is in more; takes more. */
static json_t *
with(json_t *o, json_t *more)
{
	json_object_update_new(o, more);
	return o;
}

/* "2.8 % > 1 %", as on the screen. */
static json_t *
compared(const struct view_alert *a)
{
	char text[80];

	quantity_compared(text, a->value, a->limit_op, a->limit.v);
	return json_text(text);
}

static json_t *
alert_json(const struct view_alert *a)
{
	static const char *const state[] = {"pending", "firing", "resolved"};
	json_t *labels = json_labels(a->labels), *notes = json_labels(a->annotations), *o;

	o = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s?, s:o, s:s, s:s?, s:s?, s:o}",
		      "fingerprint", a->fingerprint, "name", a->name, "severity", a->severity, "state", state[a->state],
		      "active_since", time_of(a->active_ms), "firing_since", time_of(a->fired_ms), "labels", labels,
		      "annotations", notes, "value", number(a->value.v), "limit",
		      a->limit_op != NULL ? number(a->limit.v) : json_null(), "limit_op", a->limit_op, "ratio",
		      number(a->ratio), "rule", a->where, "acknowledged_by", a->ack_by, "silence", a->silenced_by,
		      "silenced_until", time_of(a->silenced_until_ms));
	return with(o, json_pack("{s:o, s:o, s:o, s:o, s:o}", "acknowledged", time_of(a->ack_ms), "peak",
				 number(a->peak.v), "peak_at", time_of(a->peak_ms), "next_evaluation",
				 time_of(a->next_eval_ms), "text", compared(a)));
}

static json_t *
versions_json(const struct view_model *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n_versions; i++)
		json_array_append_new(list, json_pack("{s:o, s:o}", "version", json_text(m->versions[i].version),
						      "share", number(m->versions[i].share)));
	return list;
}

static json_t *
texts(const char *const *at, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_text(at[i]));
	return list;
}

static json_t *
reference_json(const struct view_model *m)
{
	if (m->reference == NULL)
		return json_null();
	return json_pack("{s:o, s:o, s:i}", "name", json_text(m->reference), "created", json_text(m->reference_created),
			 "features", m->reference_features);
}

static json_t *
model_json(const struct view_model *m)
{
	json_t *o =
	    json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:i}", "model", m->model,
		      "version", m->version, "job", m->job, "state", m->state_text, "requests_per_second",
		      number(m->rps), "change_1d", number(m->rps_change), "error_share", number(m->error_share), "p50",
		      number(m->p50), "p95", number(m->p95), "p99", number(m->p99), "score", number(m->score),
		      "drifted", m->drifted, "features_few_rows", m->few_rows, "features", m->features);

	return with(o, json_pack("{s:o, s:o, s:o, s:I, s:I, s:o, s:o}", "last_record", time_of(m->last_record_ms),
				 "logs", texts(m->paths, m->n_paths), "lines_per_second", number(m->lines_per_s),
				 "lag_bytes", (json_int_t)m->lag_bytes, "bad_lines_1h", (json_int_t)m->bad_1h,
				 "versions_1h", versions_json(m), "reference", reference_json(m)));
}

static json_t *
answer_json(const struct view_answer *a)
{
	if (a->t == 0)
		return json_null();
	return json_pack("{s:o, s:i, s:o, s:o}", "t", time_of(a->t), "status", a->status, "seconds", number(a->seconds),
			 "body", json_text(a->body));
}

static json_t *
target_json(const struct view_target *t)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:s}", "job", t->job, "instance",
			      t->instance, "url", t->url, "health_check", t->health_check, "up", t->up, "last_scrape",
			      time_of(t->last_ms), "seconds", number(t->seconds), "samples", number(t->samples),
			      "up_24h", number(t->up_24h), "error", t->error);

	return with(o, json_pack("{s:o, s:I, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I, s:I}}", "down_since",
				 time_of(t->down_since_ms), "failures", (json_int_t)t->failures, "status", t->status,
				 "answer", json_text(t->answer), "last_good", answer_json(&t->good), "expects",
				 json_text(t->expects), "where", json_text(t->where), "interval",
				 json_seconds(t->interval_ms), "timeout", json_seconds(t->timeout_ms), "limits",
				 "samples", (json_int_t)t->sample_limit, "labels", (json_int_t)t->label_limit,
				 "body_bytes", (json_int_t)t->body_limit));
}

static json_t *
file_json(const struct view_log_file *f)
{
	json_t *o = json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:o, s:s}", "job", f->job, "path", f->path,
			      "open", f->open, "size", (json_int_t)f->size, "offset", (json_int_t)f->offset,
			      "lag_bytes", (json_int_t)f->lag_bytes, "lines", (json_int_t)f->lines, "bad_lines",
			      (json_int_t)f->bad_lines, "last_read", time_of(f->last_read_ms), "error", f->error);

	return with(o, json_pack("{s:b, s:b, s:o, s:I, s:o, s:o, s:o, s:o}", "rotated", f->rotated, "deleted",
				 f->deleted, "last_line", time_of(f->last_line_ms), "bad_lines_1h",
				 (json_int_t)f->bad_1h, "lines_per_second", number(f->lines_per_s),
				 "read_lines_per_second", number(f->read_lines_per_s), "lag", number(f->lag_s),
				 "caught_up_in", number(f->caught_up_s)));
}

static json_t *
example_json(const struct view_example *x)
{
	return json_pack("{s:o, s:o, s:I, s:I, s:o, s:o, s:o}", "t", time_of(x->t), "path", json_text(x->path), "byte",
			 (json_int_t)x->byte, "column", (json_int_t)x->column, "line", json_text(x->line), "what",
			 json_text(x->what), "hint", json_text(x->hint));
}

static json_t *
kind_json(const struct view_bad_kind *k)
{
	return json_pack("{s:o, s:o, s:I, s:o, s:o, s:o}", "reason", json_text(k->reason), "kind", json_text(k->kind),
			 "lines", (json_int_t)k->lines, "first", time_of(k->first_ms), "last", time_of(k->last_ms),
			 "example", example_json(&k->example));
}

static json_t *
log_json(const struct view_log *l)
{
	json_t *bad = json_object(), *kept = json_array(), *reasons = json_array(), *o;

	for (size_t i = 0; i < l->n_bad; i++)
		json_object_set_new(bad, l->bad[i].reason, json_integer(l->bad[i].lines));
	for (size_t i = 0; i < l->n_kept; i++)
		json_array_append_new(kept, json_pack("{s:o, s:s, s:I, s:s}", "t", time_of(l->kept[i].t), "reason",
						      l->kept[i].reason, "column", (json_int_t)l->kept[i].column,
						      "line", l->kept[i].line));
	for (size_t i = 0; i < l->n_reasons; i++)
		json_array_append_new(reasons, kind_json(&l->reasons[i]));
	o = json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:o}", "job", l->job, "bad", bad, "last_bad_lines", kept,
		      "folded_categories", (json_int_t)l->folded_categories, "folded_features",
		      (json_int_t)l->folded_features, "refused_series", (json_int_t)l->refused_series, "newest_record",
		      time_of(l->newest_ms));
	return with(o, json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:{s:I, s:I, s:I, s:I, s:I, s:o}}", "paths",
				 texts(l->paths, l->n_paths), "bad_lines_by_reason", reasons, "lines_1h",
				 (json_int_t)l->lines_1h, "bad_lines_1h", (json_int_t)l->bad_1h, "series",
				 (json_int_t)l->series, "folded_models", (json_int_t)l->folded_models, "error",
				 json_text(l->error), "limits", "line_bytes", (json_int_t)l->limits.line_bytes,
				 "categories", (json_int_t)l->limits.categories, "series", (json_int_t)l->limits.series,
				 "features", (json_int_t)l->limits.features, "models", (json_int_t)l->limits.models,
				 "future", number(l->limits.future_s)));
}

static json_t *
event_json(const struct view_event *ev)
{
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s}", "t", time_of(ev->t), "kind", ev->kind, "severity",
			 ev->severity, "subject", ev->subject, "model", ev->model, "text", ev->text, "ref", ev->ref);
}

/* A list of any of the above. */
#define LIST_OF(type, one)                                                                                             \
	static json_t *one##_list(const struct type *at, size_t n)                                                     \
	{                                                                                                              \
		json_t *list = json_array();                                                                           \
		for (size_t i = 0; i < n; i++)                                                                         \
			json_array_append_new(list, one(&at[i]));                                                      \
		return list;                                                                                           \
	}
LIST_OF(view_alert, alert_json)
LIST_OF(view_model, model_json)
LIST_OF(view_target, target_json)
LIST_OF(view_log_file, file_json)
LIST_OF(view_log, log_json)
LIST_OF(view_event, event_json)

static json_t *
agent_json(const struct view_agent *a)
{
	static const char *const state[] = {"running", "stalled", "stopped", "never", "replayed"};

	return json_pack("{s:s, s:b, s:o, s:o, s:o, s:I, s:s, s:b, s:s}", "state", state[a->state], "running",
			 a->state == AGENT_OK, "started", time_of(a->started_ms), "last_commit",
			 time_of(a->heartbeat_ms), "age", number((double)a->age_ms / 1000), "pid", (json_int_t)a->pid,
			 "version", a->version, "config_refused", a->config_refused, "config_error", a->config_error);
}

static json_t *
feature_json(const struct view_feature *f)
{
	return json_pack(
	    "{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:b, s:s?}", "name",
	    f->name, "type", f->categorical ? "categorical" : "numeric", "statistic", f->statistic, "value",
	    number(f->value), "pvalue", number(f->pvalue), "psi", number(f->psi), "limit", number(f->limit),
	    "limit_is_default", f->limit_is_default, "rows", number(f->rows), "missing_share", number(f->missing_share),
	    "new_share", number(f->new_share), "mean", number(f->mean), "reference_mean", number(f->ref_mean), "stddev",
	    number(f->stddev), "reference_stddev", number(f->ref_stddev), "above_share", number(f->above_share),
	    "state", health_word[f->health], "few_rows", f->few_rows, "hint", f->unit_hint);
}

static json_t *
message_json(const struct view_message *m)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:i, s:o}", "id", m->id, "receiver",
			 json_text(m->receiver), "kind", json_text(m->kind), "group", json_text(m->group), "title",
			 json_text(m->alerts), "alerts", m->counts, "state", json_text(m->state), "answer", m->answer,
			 "t", time_of(m->t), "next_try", time_of(m->next_ms), "attempts", m->attempts, "took",
			 m->open ? json_null() : number(m->took));
}

LIST_OF(view_feature, feature_json)
LIST_OF(view_message, message_json)

/* Takes doc. */
static char *
dump(json_t *doc)
{
	char *text = json_dumps(doc, JSON_INDENT(2));

	json_decref(doc);
	return text != NULL ? text : strdup("{}");
}

char *
view_models_json(const struct view_overview *o)
{
	return dump(json_pack("{s:s, s:o, s:o}", "schema", "mlwatch.models/1", "time", time_of(o->t), "models",
			      model_json_list(o->models, o->n_models)));
}

char *
view_drift_json(const char *model, const char *version, const struct view_feature *at, size_t n)
{
	int columns = 0, drifted = 0;

	for (size_t i = 0; i < n; i++) {
		columns += !at[i].few_rows;
		drifted += !at[i].few_rows && at[i].value > at[i].limit;
	}
	return dump(json_pack("{s:s, s:s, s:s, s:o, s:{s:i, s:i, s:f}}", "schema", "mlwatch.drift/1", "model", model,
			      "version", version, "features", feature_json_list(at, n), "summary", "columns", columns,
			      "drifted", drifted, "share", columns > 0 ? (double)drifted / columns : 0.0));
}

char *
view_events_json(const struct view_event *at, size_t n)
{
	return dump(json_pack("{s:s, s:o}", "schema", "mlwatch.events/1", "events", event_json_list(at, n)));
}

char *
view_messages_json(const struct view_message *at, size_t n)
{
	return dump(
	    json_pack("{s:s, s:o}", "schema", "mlwatch.notifications/1", "notifications", message_json_list(at, n)));
}

char *
view_overview_json(const struct view_overview *o)
{
	return dump(
	    json_pack("{s:s, s:o, s:s, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:s, s:s, "
		      "s:{s:I, s:I, s:I, s:I}}",
		      "schema", "mlwatch.status/1", "time", time_of(o->t), "state", health_word[o->health], "critical",
		      o->critical, "warning", o->warning, "pending", o->pending, "silenced", o->silenced, "agent",
		      agent_json(&o->agent), "alerts", alert_json_list(o->alerts, o->n_alerts), "models",
		      model_json_list(o->models, o->n_models), "targets", target_json_list(o->targets, o->n_targets),
		      "files", file_json_list(o->files, o->n_files), "logs", log_json_list(o->logs, o->n_logs),
		      "events", event_json_list(o->changed.at, o->changed.n), "likely_start",
		      time_of(o->likely_start_ms), "likely_changes", o->likely_changes, "likely_kind", o->likely_kind,
		      "likely_model", o->likely_model, "notifications", "queued", (json_int_t)o->queued, "sent",
		      (json_int_t)o->sent, "failed", (json_int_t)o->failed, "given_up", (json_int_t)o->given_up));
}

char *
view_alert_json(const struct view_alert *a)
{
	return dump(alert_json(a));
}

char *
view_rule_json(const struct view_rule *r)
{
	return dump(json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s?, s:o, s:i, s:o, s:o}", "name", r->name, "group",
			      r->group, "rule", r->where, "expr", r->expr, "error", r->error, "worst",
			      number(r->worst.v), "limit", r->limit_op != NULL ? number(r->limit.v) : json_null(),
			      "limit_op", r->limit_op, "ratio", number(r->ratio), "series", r->series,
			      "last_evaluation", time_of(r->evaluated_ms), "seconds", number(r->took)));
}

char *
view_silence_json(const struct view_silence *s)
{
	return dump(json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:i}", "id", s->id, "state",
			      s->expired  ? "expired"
			      : s->active ? "active"
					  : "pending",
			      "matchers", s->matchers, "created_by", s->by, "comment", s->comment, "starts",
			      time_of(s->start_ms), "ends", time_of(s->end_ms), "alerts", s->matches));
}

char *
view_target_json(const struct view_target *t)
{
	return dump(target_json(t));
}

char *
view_file_json(const struct view_log_file *f)
{
	return dump(file_json(f));
}

char *
view_event_json(const struct view_event *ev)
{
	return dump(event_json(ev));
}

char *
view_receiver_json(const struct view_receiver *r)
{
	return dump(json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:s}", "receiver", json_text(r->name),
			      "kind", json_text(r->kind), "sent", (json_int_t)r->sent, "failed", (json_int_t)r->failed,
			      "queued", (json_int_t)r->queued, "given_up", (json_int_t)r->given_up, "last_ok",
			      time_of(r->last_ok_ms), "last_error", time_of(r->last_error_ms), "why", json_text(r->why),
			      "state", health_word[r->health]));
}

char *
view_message_json(const struct view_message *m)
{
	return dump(message_json(m));
}
