/*
 * events.c -- what is worth telling people about a window: a model that is new, categories and values that the reference
 * does not know, a mean that is off by a factor that smells of a changed unit.
 *
 * Judged when a pane is closed, never per record. One event per burst: a cause that was seen within the last
 * ten minutes (of event time) is not told again.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "window_private.h"

#include "mlwatch/xalloc.h"

#define EVENTS_MAX         1000
#define ENOUGH_ROWS        30   /* before a mean is judged */
#define TOO_MANY_ROWS      5000 /* after which old ones are forgotten */
#define OUT_OF_RANGE_SHARE 0.05 /* of a window, before it is worth a word */

void
event_add(struct windows *w, struct model *m, const char *feature, const char *kind, int64_t t, bool problem,
	  const char *fmt, ...)
{
	va_list ap;
	char text[600];

	if (w->n_events >= EVENTS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	xgrow(w->events, w->n_events, w->cap_events);
	w->events[w->n_events++] = (struct happened){kind, m, feature, t, xstrdup(text), problem};
}

static void
told_free(struct windows *w)
{
	for (size_t i = 0; i < w->n_told; i++)
		free(w->told[i].text);
	free(w->told);
	w->told = NULL;
	w->n_told = 0;
}

size_t
windows_events(struct windows *w, const struct window_event **out)
{
	told_free(w);
	w->told = w->events;
	w->n_told = w->n_events;
	w->events = NULL;
	w->n_events = w->cap_events = 0;
	w->answer = xreallocarray(w->answer, w->n_told + 1, sizeof *w->answer);
	for (size_t i = 0; i < w->n_told; i++) {
		const struct happened *h = &w->told[i];

		w->answer[i] = (struct window_event){
		    h->kind, h->model->name, h->model->version, h->feature != NULL ? h->feature : "",
		    h->t,    h->text,        h->problem};
	}
	*out = w->answer;
	return w->n_told;
}

void
events_close(struct windows *w)
{
	told_free(w);
	for (size_t i = 0; i < w->n_events; i++)
		free(w->events[i].text);
	free(w->events);
	free(w->answer);
}

/* True when the cause was not there within the last while. */
static bool
burst_begins(struct burst *b, int64_t t)
{
	bool begins = !b->seen || t - b->last > BURST_MS;

	if (!b->seen || t > b->last)
		b->last = t;
	b->seen = true;
	return begins;
}

static void
new_categories(struct windows *w, struct pane *p, struct feature *f, const struct stat *s)
{
	uint64_t total = categories_total(s->categories), n = 0;
	size_t kinds = 0, len = sizeof CATEGORY_OTHER - 1;
	const char *first = CATEGORY_OTHER;

	for (size_t i = category_names_count(f->names); i-- > 0;) {
		uint64_t count = categories_count(s->categories, (uint32_t)i);

		if (count == 0 || (i > 0 && i <= f->n_known))
			continue;
		n += count;
		kinds++;
		if (i > 0 || kinds == 1)
			first = category_names_at(f->names, (uint32_t)i, &len);
	}
	if (n > 0 && burst_begins(&f->new_categories, p->start))
		event_add(
		    w, p->model, f->name, "category", p->start, (double)n >= 0.01 * (double)total,
		    "%s: %llu of %llu values (%.2g %%) are in %zu %s that the reference does not know, first '%.*s'",
		    f->name, (unsigned long long)n, (unsigned long long)total, 100.0 * (double)n / (double)total, kinds,
		    kinds == 1 ? "category" : "categories", (int)len, first);
}

static void
out_of_range(struct windows *w, struct pane *p, struct feature *f, const struct stat *s)
{
	uint64_t n = edgehist_count(s->edgehist);
	bool above = s->above >= s->below;

	if (n == 0 || (double)(s->below + s->above) < OUT_OF_RANGE_SHARE * (double)n)
		return;
	if (burst_begins(&f->out_of_range, p->start))
		event_add(w, p->model, f->name, "feature", p->start, true,
			  "%s: %u of %llu values are %s %g, the reference's %s", f->name, above ? s->above : s->below,
			  (unsigned long long)n, above ? "above" : "below", above ? f->highest : f->lowest,
			  above ? "largest" : "smallest");
}

/* The factor, if there is one, by which a mean is off as if its unit had changed. */
static double
unit_factor(double ratio)
{
	static const double other[] = {60, 3600, 1024};

	for (int k = 1; k <= 9; k++) {
		double factor = pow(10, k);

		if (fabs(ratio / factor - 1) < 0.02)
			return factor;
		if (fabs(ratio * factor - 1) < 0.02)
			return 1 / factor;
	}
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		if (fabs(ratio / other[i] - 1) < 0.02)
			return other[i];
		if (fabs(ratio * other[i] - 1) < 0.02)
			return 1 / other[i];
	}
	return 0;
}

static void
mean_off(struct windows *w, struct pane *p, struct feature *f)
{
	double n = (double)f->far_n, mean = f->far_sum / n;
	double sem = sqrt(fmax(0, f->far_sumsq / n - mean * mean) / n);
	double ref = f->ref->mean, ref_sem = f->ref->stddev / sqrt((double)f->ref->rows);
	double factor;

	/* two means that are known well enough for a ratio of theirs to mean something */
	if (f->far_n < ENOUGH_ROWS)
		return;
	if (!(sem < 0.05 * fabs(mean)) || !(ref_sem < 0.05 * fabs(ref))) {
		if (f->far_n < TOO_MANY_ROWS)
			return;
		factor = 0;
	} else {
		factor = unit_factor(mean / ref);
	}
	f->far_n = 0;
	f->far_sum = f->far_sumsq = 0;
	f->scale = factor;
	if (factor != 0 && burst_begins(&f->off, p->start))
		event_add(w, p->model, f->name, "feature", p->start, true,
			  "mean of %s is %.4g, %g %s the reference's %.4g: has its unit changed?", f->name, mean,
			  factor >= 1 ? factor : 1 / factor, factor >= 1 ? "times" : "times less than", ref);
}

void
events_of_pane(struct windows *w, struct pane *p)
{
	for (size_t i = 0; i < p->n_stats; i++) {
		struct feature *f = p->model->features[i];
		const struct stat *s = &p->stats[i];

		if (f->ref == NULL)
			continue;
		if (s->categories != NULL && !f->any_category)
			new_categories(w, p, f, s);
		if (s->edgehist != NULL) {
			out_of_range(w, p, f, s);
			mean_off(w, p, f);
		}
	}
}
