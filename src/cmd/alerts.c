/*
 * alerts.c -- `mlwatch alerts`: what is active, why it was or was not notified, acknowledging it, and what fired before.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"
#include "mlwatch/quantity.h"
#include "mlwatch/rules.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/view.h"
#include "people.h"

struct alerts_options {
	bool all;
	const char *comment, *author;
	int64_t since;
};

#define AT(f) offsetof(struct alerts_options, f)
static const struct option_spec options[] = {
    {"all", 0, OPTION_FLAG, NULL, "pending, silenced, inhibited and resolved ones too (default off)", AT(all), NULL},
    {"comment", 'c', OPTION_STRING, "TEXT", "ack: what is being done about it; must be given", AT(comment), NULL},
    {"author", 'a', OPTION_STRING, "NAME", "ack: who (default: the user)", AT(author), NULL},
    {"since", 0, OPTION_TIME, "TIME", "history: from when (default a week ago)", AT(since), NULL},
};
static const struct alerts_options defaults = {false, NULL, NULL, -1};

static const char *
state_of(const struct notify_view_alert *a)
{
	if (a->state == NOTIFY_RESOLVED)
		return "resolved";
	if (a->n_silenced_by > 0)
		return "silenced";
	if (a->n_inhibited_by > 0)
		return "inhibited";
	return a->acked ? "acknowledged" : "firing";
}

static json_t *
strings(const char *const *at, size_t n)
{
	json_t *l = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(l, json_text(at[i]));
	return l;
}

static json_t *
alert_json(const struct notify_view_alert *a)
{
	json_t *j =
	    json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "fingerprint", a->fingerprint, "state",
		      state_of(a), "labels", json_labels(a->labels), "annotations", json_labels(a->annotations),
		      "starts", json_time(a->starts_ms), "updated", json_time(a->updated_ms), "receivers",
		      strings(a->receivers, a->n_receivers), "silenced_by", strings(a->silenced_by, a->n_silenced_by),
		      "inhibited_by", strings(a->inhibited_by, a->n_inhibited_by));

	json_object_set_new(j, "ends", a->state == NOTIFY_RESOLVED ? json_time(a->ends_ms) : json_null());
	json_object_set_new(j, "value", a->has_value ? json_number(a->value) : json_null());
	json_object_set_new(j, "expr", json_text(a->expr));
	if (a->acked)
		json_object_set_new(j, "acknowledged",
				    json_pack("{s:o, s:o, s:o}", "by", json_text(a->acked_by), "comment",
					      json_text(a->ack_comment), "at", json_time(a->acked_ms)));
	return j;
}

/* ---- with the words of the dashboard ---- */

struct seen {
	struct view_alert *at, *resolved; /* what is active; what is over */
	size_t n, n_resolved;
};

static int
see(const struct people *p, int64_t since, struct seen *out, struct err *e)
{
	const struct view_source src = {.store = p->store, .now = p->now, .clock = p->now};
	struct view_overview o = {0};

	*out = (struct seen){NULL};
	if (view_alerts_load(&src, p->mem, &o, e) < 0 ||
	    view_resolved(&src, p->mem, since, &out->resolved, &out->n_resolved, e) < 0)
		return -1;
	out->at = o.alerts;
	out->n = o.n_alerts;
	return 0;
}

/* With external labels on top, perhaps. */
static bool
is_part_of(struct labels part, struct labels whole)
{
	for (size_t i = 0; i < part.n; i++)
		if (strcmp(labels_get(whole, part.at[i].name), part.at[i].value) != 0)
			return false;
	return true;
}

static const struct view_alert *
seen_active(const struct seen *s, struct labels l)
{
	for (size_t i = 0; i < s->n; i++)
		if (is_part_of(s->at[i].labels, l))
			return &s->at[i];
	return NULL;
}

/* "42 % > 30 %" */
static const char *
compared(const struct people *p, struct quantity q, const char *op, double limit)
{
	char text[80];

	quantity_compared(text, q, op, limit);
	return arena_strdup(p->mem, text);
}

static const char *
value_words(const struct people *p, const struct notify_view_alert *a, const struct view_alert *seen)
{
	if (seen != NULL && a->state != NOTIFY_RESOLVED)
		return compared(p, seen->value, seen->limit_op, seen->limit.v);
	return a->has_value ? compared(p, quantity_of(a->expr, labels_get(a->annotations, "unit"), a->value), NULL, NAN)
			    : "-";
}

static const char *
peak_words(const struct people *p, const struct seen *s, const struct store_firing *f)
{
	const struct view_alert *active = f->resolved_ms == 0 ? seen_active(s, f->labels) : NULL;

	if (active != NULL)
		return compared(p, (struct quantity){f->peak, active->value.unit, active->value.statistic}, f->limit_op,
				f->limit);
	for (size_t i = 0; i < s->n_resolved; i++)
		if (s->resolved[i].fired_ms == f->fired_ms && labels_equal(s->resolved[i].labels, f->labels))
			return compared(p, s->resolved[i].peak, f->limit_op, f->limit);
	return compared(p, quantity_of(f->value_expr, f->unit, f->peak), f->limit_op, f->limit);
}

/* ---- the list ---- */

/* Pending alerts are known to the rules alone, and so are firing ones where nobody is to be notified. */
struct own {
	struct people *p;
	struct table *t;
	json_t *out;
	struct seen seen;
	const struct notify_view_alert **sorted;
	bool all; /* what is pending or silenced, too */
};

/* Notification knows it. */
static bool
notified(const struct people *p, struct labels l)
{
	for (size_t i = 0; i < p->view.n_alerts; i++)
		if (p->view.alerts[i].state != NOTIFY_RESOLVED && is_part_of(l, p->view.alerts[i].labels))
			return true;
	return false;
}

static const char *
own_state(const struct view_alert *a)
{
	if (a->health == HEALTH_MUTED)
		return "silenced";
	return a->state == VIEW_PENDING ? "pending" : a->ack_by != NULL ? "acknowledged" : "firing";
}

static void
add_own(const struct own *x, const struct view_alert *a)
{
	const char *state = own_state(a);
	const int64_t since = a->state == VIEW_FIRING ? a->fired_ms : a->active_ms;

	if ((a->state == VIEW_FIRING && notified(x->p, a->labels)) ||
	    (!x->all && (a->state == VIEW_PENDING || a->health == HEALTH_MUTED)) ||
	    !matchers_match(x->p->matchers, x->p->n_matchers, a->labels))
		return;
	json_array_append_new(x->out,
			      json_pack("{s:s, s:o, s:o, s:o}", "state", state, "labels", json_labels(a->labels),
					"starts", json_time(since), "value", json_number(a->value.v)));
	table_row(x->t,
		  (const char *const[]){"-", a->name, state, people_ago(x->p, since),
					compared(x->p, a->value, a->limit_op, a->limit.v),
					people_labels(x->p, a->labels)},
		  6);
}

static bool
is_quiet(const struct notify_view_alert *a)
{
	return a->state == NOTIFY_SUPPRESSED;
}

/* As the dashboard: what is loud before what is silenced, critical before the rest, then the oldest. */
static int
worst_then_oldest(const void *x, const void *y)
{
	const struct notify_view_alert *a = *(const struct notify_view_alert *const *)x;
	const struct notify_view_alert *b = *(const struct notify_view_alert *const *)y;
	const bool a_critical = alert_is_critical(labels_get(a->labels, "severity"));
	const bool b_critical = alert_is_critical(labels_get(b->labels, "severity"));

	if (is_quiet(a) != is_quiet(b))
		return is_quiet(a) ? 1 : -1;
	if (a_critical != b_critical)
		return a_critical ? -1 : 1;
	return (a->starts_ms > b->starts_ms) - (a->starts_ms < b->starts_ms);
}

static const struct notify_view_alert **
sorted(const struct people *p)
{
	const struct notify_view_alert **at = arena_alloc(p->mem, (p->view.n_alerts + 1) * sizeof *at);

	for (size_t i = 0; i < p->view.n_alerts; i++)
		at[i] = &p->view.alerts[i];
	qsort(at, p->view.n_alerts, sizeof *at, worst_then_oldest);
	return at;
}

static void
add_notified(const struct own *x, bool resolved)
{
	const struct people *p = x->p;

	for (size_t i = 0; i < p->view.n_alerts; i++) {
		const struct notify_view_alert *a = x->sorted[i];

		if ((a->state == NOTIFY_RESOLVED) != resolved || (is_quiet(a) && !x->all) ||
		    !matchers_match(p->matchers, p->n_matchers, a->labels))
			continue;
		json_array_append_new(x->out, alert_json(a));
		table_row(x->t,
			  (const char *const[]){a->fingerprint, labels_get(a->labels, "alertname"), state_of(a),
						people_ago(p, a->starts_ms),
						value_words(p, a, seen_active(&x->seen, a->labels)),
						people_labels(p, a->labels)},
			  6);
	}
}

static int
list(struct people *p)
{
	const struct alerts_options *o = p->line->options;
	struct table t = {0};
	struct own x = {.p = p, .t = &t, .out = json_array(), .all = o->all};
	struct err e = ERR_INIT;
	int code = people_matchers(p, 0);

	if (code == 0 && see(p, p->now, &x.seen, &e) < 0)
		code = command_fail(p->line, &e);
	if (code != 0) {
		json_decref(x.out);
		return code;
	}
	table_row(&t, (const char *const[]){"ALERT", "NAME", "STATE", "SINCE", "VALUE", "LABELS"}, 6);
	x.sorted = sorted(p);
	add_notified(&x, false);
	for (size_t i = 0; i < x.seen.n; i++)
		add_own(&x, &x.seen.at[i]);
	if (o->all)
		add_notified(&x, true);
	size_t rows = t.n;
	if (people_for_programs(p) || rows == 1)
		table_release(&t);
	if (people_for_programs(p))
		return people_json(p, "mlwatch.alerts/1", "alerts", x.out);
	if (rows == 1 && !p->line->common->quiet)
		fprintf(stderr, "no alert is active\n");
	table_print(&t);
	json_decref(x.out);
	return code;
}

/* An alert by its fingerprint, a prefix of it, or a name that only one has. NULL with a message. */
static const struct notify_view_alert *
pick(struct people *p, const char *word, int *code)
{
	const struct notify_view_alert *hit = NULL;
	size_t n = 0, len = strlen(word);

	for (size_t i = 0; i < p->view.n_alerts; i++) {
		const struct notify_view_alert *a = &p->view.alerts[i];
		if ((len >= 4 && strncmp(a->fingerprint, word, len) == 0) ||
		    strcmp(labels_get(a->labels, "alertname"), word) == 0) {
			hit = a;
			n++;
		}
	}
	if (n == 1)
		return hit;
	*code = n == 0 ? command_usage(p->line, "no alert '%s' is active", word)
		       : command_usage(p->line, "'%s' is %zu alerts; name one by its fingerprint", word, n);
	return NULL;
}

static void
show_channel(const struct people *p, const struct notify_view_channel *c)
{
	printf("    %s %lld: %s, %s ago\n", c->kind, (long long)c->index, c->reason, people_ago(p, c->reason_ms));
	if (c->repeats_ms != 0)
		printf("      last told %s, repeats %s (%s)\n", people_time(p, c->sent_ms),
		       people_time(p, c->repeats_ms), people_ago(p, c->repeats_ms));
	else if (c->sent_ms != 0)
		printf("      last told %s, no repeats as things are\n", people_time(p, c->sent_ms));
	if (c->row != 0)
		printf("      notification %lld, tries %lld, next try %s (%s)%s%s\n", (long long)c->row,
		       (long long)c->attempts, people_time(p, c->next_ms), people_ago(p, c->next_ms),
		       c->error[0] != '\0' ? ": " : "", c->error);
}

static json_t *
group_json(const struct notify_view_group *g)
{
	json_t *channels = json_array();

	for (size_t i = 0; i < g->n_channels; i++) {
		const struct notify_view_channel *c = &g->channels[i];
		json_t *j = json_pack("{s:s, s:I, s:s, s:o, s:o, s:o}", "kind", c->kind, "index", (json_int_t)c->index,
				      "reason", c->reason, "at", json_time(c->reason_ms), "sent", json_time(c->sent_ms),
				      "repeats", json_time(c->repeats_ms));
		if (c->row != 0)
			json_object_set_new(j, "on_its_way",
					    json_pack("{s:I, s:I, s:o, s:o}", "notification", (json_int_t)c->row,
						      "attempts", (json_int_t)c->attempts, "next",
						      json_time(c->next_ms), "error", json_text(c->error)));
		json_array_append_new(channels, j);
	}
	return json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:I, s:o}", "labels", json_labels(g->labels), "key", g->key,
			 "receiver", g->receiver, "route", g->route, "next_flush", json_time(g->next_flush_ms),
			 "last_flush", json_time(g->last_flush_ms), "alerts", (json_int_t)g->n_alerts, "channels",
			 channels);
}

static bool
in_group(const struct notify_view_group *g, const struct notify_view_alert *a)
{
	for (size_t i = 0; i < g->n_alerts; i++)
		if (g->alerts[i] == a)
			return true;
	return false;
}

static void
show_text(const struct people *p, const struct seen *seen, const struct notify_view_alert *a)
{
	printf("%s  %s  since %s (%s)\n", labels_get(a->labels, "alertname"), state_of(a), people_time(p, a->starts_ms),
	       people_ago(p, a->starts_ms));
	printf("  fingerprint  %s\n", a->fingerprint);
	for (size_t i = 0; i < a->labels.n; i++)
		printf("  %-12s %s\n", a->labels.at[i].name, a->labels.at[i].value);
	for (size_t i = 0; i < a->annotations.n; i++)
		printf("  %-12s %s\n", a->annotations.at[i].name, a->annotations.at[i].value);
	if (a->has_value)
		printf("  value        %s\n", value_words(p, a, seen_active(seen, a->labels)));
	if (a->expr[0] != '\0')
		printf("  expr         %s\n", a->expr);
	for (size_t i = 0; i < a->n_silenced_by; i++)
		printf("  silenced by  %s\n", a->silenced_by[i]);
	for (size_t i = 0; i < a->n_inhibited_by; i++)
		printf("  inhibited by %s\n", a->inhibited_by[i]);
	if (a->acked)
		printf("  acknowledged by %s, %s ago: %s\n", a->acked_by, people_ago(p, a->acked_ms), a->ack_comment);
	for (size_t i = 0; i < p->view.n_groups; i++) {
		const struct notify_view_group *g = &p->view.groups[i];
		if (!in_group(g, a))
			continue;
		printf("  to %s (%s), group %s of %zu alert%s\n", g->receiver, g->route, g->key, g->n_alerts,
		       g->n_alerts == 1 ? "" : "s");
		printf("    next look %s (%s)\n", people_time(p, g->next_flush_ms), people_ago(p, g->next_flush_ms));
		for (size_t k = 0; k < g->n_channels; k++)
			show_channel(p, &g->channels[k]);
		if (g->n_channels == 0)
			printf("    %s\n", g->reason);
	}
}

static int
show(struct people *p)
{
	struct err e = ERR_INIT;
	struct seen seen;
	int code = 0;

	if (p->line->n_args < 2)
		return command_usage(p->line, "which one? Give its fingerprint or name");
	const struct notify_view_alert *a = pick(p, p->line->args[1], &code);
	if (a == NULL)
		return code;
	if (see(p, p->now, &seen, &e) < 0)
		return command_fail(p->line, &e);
	if (!p->line->common->json) {
		show_text(p, &seen, a);
		return 0;
	}
	json_t *j = alert_json(a), *groups = json_array();
	for (size_t i = 0; i < p->view.n_groups; i++)
		if (in_group(&p->view.groups[i], a))
			json_array_append_new(groups, group_json(&p->view.groups[i]));
	json_object_set_new(j, "groups", groups);
	json_object_set_new(j, "schema", json_string("mlwatch.alert/1"));
	json_print(stdout, j, 2);
	return 0;
}

static int
ack(struct people *p)
{
	const struct alerts_options *o = p->line->options;
	struct err e = ERR_INIT;
	int code = 0;

	if (p->line->n_args < 2)
		return command_usage(p->line, "which one? Give its fingerprint or name");
	if (o->comment == NULL || o->comment[0] == '\0')
		return command_usage(p->line, "what is being done about it? Give -c TEXT");
	const struct notify_view_alert *a = pick(p, p->line->args[1], &code);
	if (a == NULL)
		return code;
	if (a->state == NOTIFY_RESOLVED)
		return command_usage(p->line, "'%s' is resolved", p->line->args[1]);
	if (notify_ack(p->store, a->fingerprint, a->starts_ms, people_author(o->author), o->comment, p->now, &e) < 0)
		return command_fail(p->line, &e);
	if (!p->line->common->quiet)
		fprintf(stderr, "acknowledged: no repeats while this firing lasts; its end will be told\n");
	return 0;
}

struct history {
	struct people *p;
	struct seen seen;
	struct table t;
	json_t *out;
};

static void
add_firing(void *arg, const struct store_firing *f)
{
	struct history *h = arg;
	char length[16];

	if (!matchers_match(h->p->matchers, h->p->n_matchers, f->labels))
		return;
	duration_human(length, (f->resolved_ms != 0 ? f->resolved_ms : h->p->now) - f->fired_ms);
	json_array_append_new(h->out, json_pack("{s:o, s:o, s:o, s:o}", "labels", json_labels(f->labels), "fired",
						json_time(f->fired_ms), "resolved", json_time(f->resolved_ms), "peak",
						json_number(f->peak)));
	if (h->t.n == 0)
		table_row(&h->t, (const char *const[]){"FIRED", "FOR", "NAME", "PEAK", "LABELS"}, 5);
	table_row(&h->t,
		  (const char *const[]){people_time(h->p, f->fired_ms), f->resolved_ms != 0 ? length : "still", f->name,
					peak_words(h->p, &h->seen, f), people_labels(h->p, f->labels)},
		  5);
}

static int
history(struct people *p)
{
	const struct alerts_options *o = p->line->options;
	struct history h = {.p = p, .out = json_array()};
	const int64_t since = o->since >= 0 ? o->since : p->now - 7 * MS_DAY;
	struct err e = ERR_INIT;
	int code = people_matchers(p, 1);

	if (code == 0 &&
	    (see(p, since, &h.seen, &e) < 0 || store_firings(p->store, 0, since, 1000, add_firing, &h, &e) < 0))
		code = command_fail(p->line, &e);
	if (code == 0 && people_for_programs(p)) {
		table_release(&h.t);
		code = people_json(p, "mlwatch.alert_history/1", "firings", h.out);
	} else {
		if (code == 0 && h.t.n == 0 && !p->line->common->quiet)
			fprintf(stderr, "nothing fired\n");
		table_print(&h.t);
		json_decref(h.out);
	}
	return code;
}

static const struct verb {
	const char *name;
	int (*run)(struct people *p);
	bool writes;
} verbs[] = {{"show", show, false}, {"ack", ack, true}, {"history", history, false}};
static const char *const verb_names[] = {"show", "ack", "history", NULL};

static int
alerts_run(const struct command_line *line)
{
	const struct verb *v = NULL;
	struct people p;

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs && line->n_args > 0; i++)
		if (strcmp(verbs[i].name, line->args[0]) == 0)
			v = &verbs[i];
	if (v != NULL && v->run != history && command_no_list(line) != 0)
		return ERR_USAGE;
	int code = people_open(&p, line, v != NULL && v->writes);
	if (code == 0)
		code = v != NULL ? v->run(&p) : list(&p);
	people_release(&p);
	return code;
}

const struct command command_alerts = {
    .name = "alerts",
    .summary = "what is active; show, acknowledge, history",
    .usage = "alerts [MATCHER...]\nalerts show ALERT\nalerts ack ALERT -c TEXT\nalerts history [MATCHER...]",
    .description = "Without a verb: the alerts that fire, one per line; --all shows pending, silenced, inhibited and "
		   "resolved ones too. ALERT is the "
		   "fingerprint of the list, its first characters, or the name when only one alert has it.\n\n"
		   "`alerts show` says for every group that an alert is in when it is looked at next, when it repeats, "
		   "and why the last message was or "
		   "was not sent. `alerts ack` stops the repeats of this firing; that it is over is told all the same.",
    .examples = "alerts severity=critical\nalerts show DriftShareHigh\nalerts ack DriftShareHigh -c 'rolling back'\n",
    .verbs = verb_names,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .defaults = &defaults,
    .options_size = sizeof(struct alerts_options),
    .common = COMMON_CONFIG | COMMON_STORE | COMMON_LISTS | COMMON_UTC | COMMON_PLAIN,
    .run = alerts_run,
};
