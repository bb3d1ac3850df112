/*
 * functions_time.c -- times: of the evaluation, of samples, and as dates (UTC).
 */
#include <math.h>

#include "callbacks.h"
#include "eval.h"
#include "mlwatch/clock.h"

#define TIME_MAX_S 8.64e13

struct date {
	int64_t year;
	unsigned month, day;
	int64_t days;
	int64_t second;
};

static bool
date_of(double t, struct date *d)
{
	int64_t s;

	if (!(fabs(t) < TIME_MAX_S))
		return false;
	s = (int64_t)t;
	d->days = s / 86400 - (s % 86400 < 0);
	d->second = s - d->days * 86400;
	civil_from_days(d->days, &d->year, &d->month, &d->day);
	return true;
}

double
date_minute(double t)
{
	struct date d;

	return date_of(t, &d) ? (double)(d.second / 60 % 60) : NAN;
}

double
date_hour(double t)
{
	struct date d;

	return date_of(t, &d) ? (double)(d.second / 3600) : NAN;
}

double
date_day_of_week(double t)
{
	struct date d;

	/* Day 0 was a Thursday. */
	return date_of(t, &d) ? (double)(((d.days + 4) % 7 + 7) % 7) : NAN;
}

double
date_day_of_month(double t)
{
	struct date d;

	return date_of(t, &d) ? (double)d.day : NAN;
}

double
date_day_of_year(double t)
{
	struct date d;

	return date_of(t, &d) ? (double)(d.days - days_from_civil(d.year, 1, 1) + 1) : NAN;
}

double
date_days_in_month(double t)
{
	struct date d;

	if (!date_of(t, &d))
		return NAN;
	return (double)(days_from_civil(d.month == 12 ? d.year + 1 : d.year, d.month == 12 ? 1 : d.month + 1, 1) -
			days_from_civil(d.year, d.month, 1));
}

double
date_month(double t)
{
	struct date d;

	return date_of(t, &d) ? (double)d.month : NAN;
}

double
date_year(double t)
{
	struct date d;

	return date_of(t, &d) ? (double)d.year : NAN;
}

int
fn_time(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	(void)args;
	if (value_constant(ev, 0, out) < 0)
		return -1;
	for (size_t k = 0; k < ev->n; k++)
		out->at[0].v[k] = (double)step_time(ev, k) / 1000;
	return 0;
}

/* Over a selector the times of the samples themselves, over anything else those of the evaluation. */
static int
times(struct eval *ev, const struct node *arg, struct value *out)
{
	if (ast_unparen(arg)->kind == N_SELECTOR)
		return eval_selector_times(ev, ast_unparen(arg), PICK_TIMES, out);
	if (eval_node(ev, arg, out) < 0)
		return -1;
	for (size_t i = 0; i < out->n; i++)
		for (size_t k = 0; k < ev->n; k++)
			if (!is_absent(out->at[i].v[k]))
				out->at[i].v[k] = (double)step_time(ev, k) / 1000;
	return 0;
}

static int
drop_all_names(struct value *v)
{
	for (size_t i = 0; i < v->n; i++) {
		v->at[i].h = NULL;
		v->at[i].drop_name = true;
	}
	return 0;
}

int
fn_timestamp(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)args;
	return times(ev, call->call.args[0], out) < 0 ? -1 : drop_all_names(out);
}

/* Only samples themselves have a start. */
int
fn_start_timestamp(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	const struct node *arg = ast_unparen(call->call.args[0]);

	(void)args;
	*out = (struct value){.type = VALUE_VECTOR};
	if (arg->kind != N_SELECTOR)
		return eval_node(ev, arg, out) < 0 ? -1 : (out->n = 0, 0);
	return eval_selector_times(ev, arg, PICK_STARTS, out) < 0 ? -1 : drop_all_names(out);
}

int
fn_start(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	(void)args;
	return value_constant(ev, (double)ev->run->start / 1000, out);
}

int
fn_end(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	(void)args;
	return value_constant(ev, (double)ev->run->end / 1000, out);
}

int
fn_step(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	(void)args;
	return value_constant(ev, (double)ev->run->step / 1000, out);
}

int
fn_range(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	(void)args;
	return value_constant(ev, (double)(ev->run->end - ev->run->start) / 1000, out);
}
