/*
 * ui_queries.c -- what the views of the dashboard ask, one by one: milliseconds for a handle that has just been opened, and again.
 * Run by ui_pty.sh: `ui_queries STORE [WORD]`; WORD: only those with it in their name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/promql.h"
#include "mlwatch/reader.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/view.h"

#define AGAIN  3
#define POINTS 240

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
must(int rc, const struct err *e)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "ui_queries: %s\n", e->text);
	exit(1);
}

struct asked {
	struct reader *r;
	int64_t now;
	size_t n; /* series or rows in the answer */
};

/* steps < 0: so many, that end on whole multiples of their length. */
static void
ask(struct asked *a, const char *expr, int64_t range, int steps)
{
	const int64_t step = steps != 0 ? range / abs(steps) : 0, end = steps < 0 ? a->now / step * step : a->now;
	struct promql_result r;
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(expr, &e);

	must(x == NULL ? -1 : 0, &e);
	if (step > 0)
		must(promql_range(reader_promql(a->r), x, end - range + step, end, step, &r, &e), &e);
	else
		must(promql_instant(reader_promql(a->r), x, a->now, &r, &e), &e);
	a->n = r.n;
	promql_result_release(&r);
	expr_close(x);
}

static void
count_event(void *arg, const struct store_event *ev)
{
	(void)ev;
	((struct asked *)arg)->n++;
}

static void
count_firing(void *arg, const struct store_firing *f)
{
	(void)f;
	((struct asked *)arg)->n++;
}

static void
count_message(void *arg, const struct store_notification *m)
{
	(void)m;
	((struct asked *)arg)->n++;
}

static void
count_receiver(void *arg, const struct store_outbox_tally *t)
{
	(void)t;
	((struct asked *)arg)->n++;
}

static void
count_alert(void *arg, const struct store_alert *x)
{
	(void)x;
	((struct asked *)arg)->n++;
}

/* ---- what is asked ---- */

struct question {
	const char *name, *expr; /* expr NULL: rows */
	int64_t range;
	int steps;
	int (*rows)(struct asked *a, struct err *e);
};

static int
events_hour(struct asked *a, struct err *e)
{
	return store_events(reader_store(a->r), a->now - MS_HOUR, a->now, 200, count_event, a, e);
}

static int
events_30d(struct asked *a, struct err *e)
{
	return store_events(reader_store(a->r), a->now - 30 * MS_DAY, a->now, 1000, count_event, a, e);
}

static int
firings_day(struct asked *a, struct err *e)
{
	return store_firings(reader_store(a->r), 0, a->now - MS_DAY, 200, count_firing, a, e);
}

static int
messages(struct asked *a, struct err *e)
{
	return store_notifications(reader_store(a->r), OUTBOX_ALL, 2000, false, count_message, a, e);
}

static int
messages_waiting(struct asked *a, struct err *e)
{
	return store_notifications(reader_store(a->r), OUTBOX_OPEN | OUTBOX_BIT(OUTBOX_GIVEN_UP), 50, false,
				   count_message, a, e);
}

static int
messages_by_receiver(struct asked *a, struct err *e)
{
	return store_outbox_tallies(reader_store(a->r), a->now - MS_DAY, count_receiver, a, e);
}

static int
alerts(struct asked *a, struct err *e)
{
	return store_alerts(reader_store(a->r), count_alert, a, e);
}

#define MODEL "{model=\"model-00\",version=\"3.0\"}"
#define P95   "histogram_quantile(0.95, sum(rate(ml_latency_seconds" MODEL
#define KS    "drift_ks(increase(ml_feature" MODEL

static const struct question questions[] = {
    {"p95 of a model over 1h", P95 "[1m])))", MS_HOUR, POINTS, NULL},
    {"p95 of a model over 6h", P95 "[90s])))", 6 * MS_HOUR, POINTS, NULL},
    {"p95 of a model over 24h", P95 "[6m])))", MS_DAY, POINTS, NULL},
    {"p95 of a model over 7d", P95 "[42m])))", 7 * MS_DAY, POINTS, NULL},
    {"p95 of a model over 30d", P95 "[3h])))", 30 * MS_DAY, POINTS, NULL},
    {"... over 24h, on whole steps", P95 "[6m])))", MS_DAY, -POINTS, NULL},
    {"... over 7d, on whole hours", P95 "[1h])))", 7 * MS_DAY, -168, NULL},
    {"... over 30d, on whole steps", P95 "[3h])))", 30 * MS_DAY, -POINTS, NULL},
    {"req/s of a model over 1h", "sum(rate(ml_predictions_total" MODEL "[1m]))", MS_HOUR, POINTS, NULL},
    {"req/s of a model over 30d", "sum(rate(ml_predictions_total" MODEL "[3h]))", 30 * MS_DAY, POINTS, NULL},
    {"heat map over 1h", KS "[2m]))", MS_HOUR, 30, NULL},
    {"heat map over 24h", KS "[48m]))", MS_DAY, 30, NULL},
    {"heat map over 30d", KS "[1d]))", 30 * MS_DAY, 30, NULL},
    {"... over 24h, on whole hours", KS "[1h]))", MS_DAY, -24, NULL},
    {"... over 30d, on whole days", KS "[1d]))", 30 * MS_DAY, -30, NULL},
    {"ks of one model", KS "[15m]))", 0, 0, NULL},
    {"p-values of one model", "drift_ks_pvalue(increase(ml_feature" MODEL "[15m]))", 0, 0, NULL},
    {"tvd of one model", "drift_tvd(increase(ml_feature_category_total" MODEL "[15m]))", 0, 0, NULL},
    {"category map over 1h", "drift_tvd(increase(ml_feature_category_total" MODEL "[2m]))", MS_HOUR, 30, NULL},
    {"one feature's KS over 1h", "drift_ks(increase(ml_feature{model=\"model-00\",feature=\"amount_00\"}[5m]))",
     MS_HOUR, POINTS, NULL},
    {"one feature's KS over 30d", "drift_ks(increase(ml_feature{model=\"model-00\",feature=\"amount_00\"}[5m]))",
     30 * MS_DAY, POINTS, NULL},
    {"recorded KS, last hour", "feature:drift_ks:15m{model=\"model-00\"}", MS_HOUR, 16, NULL},
    {"p95 of all models, last hour", "histogram_quantile(0.95, sum by (job, model) (rate(ml_latency_seconds[5m])))",
     MS_HOUR, 16, NULL},
    {"share of drifted, last hour",
     "avg by (model) (drift_ks(increase(ml_feature{model=\"model-00\"}[15m])) > bool 0.1)", MS_HOUR, 16, NULL},
    {"up of all targets, last hour", "up", MS_HOUR, 60, NULL},
    {"up over a day of one target", "avg_over_time(up{job=\"service-0\"}[1d])", 0, 0, NULL},
    {"alert states", NULL, 0, 0, alerts},
    {"events of the last hour", NULL, 0, 0, events_hour},
    {"events of 30d, newest 1,000", NULL, 0, 0, events_30d},
    {"firings of the last day", NULL, 0, 0, firings_day},
    {"newest 2,000 messages", NULL, 0, 0, messages},
    {"messages waiting", NULL, 0, 0, messages_waiting},
    {"messages by receiver", NULL, 0, 0, messages_by_receiver},
};

static double
time_one(struct asked *a, const struct question *q)
{
	struct err e = ERR_INIT;
	const double t = now_ms();

	a->n = 0;
	if (q->rows != NULL)
		must(q->rows(a, &e), &e);
	else
		ask(a, q->expr, q->range, q->steps);
	return now_ms() - t;
}

/* On a handle of its own, that has only found out which series there are. */
static void
measure(char **argv, int64_t now, const struct question *q)
{
	struct asked a = {.now = now};
	struct err e = ERR_INIT;
	double first, again = 1e9;

	if (argv[2] != NULL && strstr(q->name, argv[2]) == NULL)
		return;
	must(reader_open(&a.r, argv[1], &e), &e);
	ask(&a, "ml_errors_total{model=\"none\"}", 0, 0);
	first = time_one(&a, q);
	for (int i = 0; i < AGAIN; i++) {
		const double t = time_one(&a, q);

		again = t < again ? t : again;
	}
	printf("  %-32s %8.1f ms first %8.1f ms again %7zu in the answer\n", q->name, first, again, a.n);
	reader_close(a.r);
}

int
main(int argc, char **argv)
{
	struct store_agent agent;
	struct reader *r;
	struct err e = ERR_INIT;
	double t = now_ms();

	if (argc < 2) {
		puts("run by tests/bench/ui_pty.sh");
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	must(reader_open(&r, argv[1], &e), &e);
	printf("  %-32s %8.1f ms\n", "opening, with references", now_ms() - t);
	must(store_agent(reader_store(r), &agent, &e), &e);
	t = now_ms();
	ask(&(struct asked){r, agent.heartbeat_ms, 0}, "ml_errors_total{model=\"none\"}", 0, 0);
	printf("  %-32s %8.1f ms\n", "reading the series", now_ms() - t);
	reader_close(r);
	for (size_t i = 0; i < view_n_expressions; i++) {
		const struct question q = {view_expressions[i].name, view_expressions[i].expr, 0, 0, NULL};

		measure(argv, agent.heartbeat_ms, &q);
	}
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
		measure(argv, agent.heartbeat_ms, &questions[i]);
	return 0;
}
