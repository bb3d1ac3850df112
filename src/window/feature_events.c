/*
 * feature_events.c -- features that are not what the reference knows: categories and values that it has not, a mean that is off by a
 * factor that smells of a changed unit.
 *
 * Judged when a pane is closed, never per record. One event per burst: a cause that was seen within the last
 * ten minutes (of event time) is not told again. And one event per cause: when it is first seen, half a minute is gathered,
 * so that the event can say how much of it there is and whether range and mean are off together.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "window_private.h"

#include "mlwatch/clock.h"
#include "mlwatch/quantity.h"
#include "mlwatch/xalloc.h"

#define ENOUGH_ROWS        30   /* before a mean or a share is judged */
#define TOO_MANY_ROWS      5000 /* after which old ones are forgotten */
#define OUT_OF_RANGE_SHARE 0.05 /* of a window, before it is worth a word */
#define GATHER_MS          (30 * MS_SECOND)
#define GATHER_MOST_MS     (3 * MS_MINUTE) /* with few rows */

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
sums_add(struct sums *to, const struct sums *s)
{
	to->n += s->n;
	to->sum += s->sum;
	to->sumsq += s->sumsq;
}

/* "×100" when the mean of these values is off like that; "" when it is not, or is not known well enough for a ratio to mean something. */
static void
factor_of(char factor[16], const struct feature *f, const struct sums *s, bool *known)
{
	const double n = (double)s->n, mean = s->sum / n, ref = f->ref->mean;
	const double sem = sqrt(fmax(0, s->sumsq / n - mean * mean) / n);
	const double ref_sem = f->ref->stddev / sqrt((double)f->ref->rows);

	factor[0] = '\0';
	*known = s->n >= ENOUGH_ROWS && sem < 0.05 * fabs(mean) && ref_sem < 0.05 * fabs(ref);
	if (*known)
		unit_change(factor, mean / ref);
}

/* ---- gathering ---- */

static struct gathering *
gather(struct windows *w, struct model *m, struct feature *f, int64_t begin_ms)
{
	struct gathering *g = f->gathering = xcalloc(1, sizeof *g);

	g->model = m;
	g->feature = f;
	g->begin_ms = begin_ms;
	xgrow(w->gatherings, w->n_gatherings, w->cap_gatherings);
	w->gatherings[w->n_gatherings++] = g;
	return g;
}

void
gathering_close(struct windows *w, size_t i)
{
	struct gathering *g = w->gatherings[i];

	g->feature->gathering = NULL;
	free(g->seen);
	free(g);
	w->gatherings[i] = w->gatherings[--w->n_gatherings];
}

static bool
still_gathers(const struct gathering *g, int64_t t)
{
	return g != NULL && t < g->begin_ms + (g->rows < ENOUGH_ROWS ? GATHER_MOST_MS : GATHER_MS);
}

/* ---- what a pane shows ---- */

/* The categories that the reference does not know: how often, and into g (if any) which. */
static uint64_t
unknown_categories(const struct feature *f, const struct stat *s, struct gathering *g)
{
	uint64_t n = 0;

	for (size_t i = 0, all = category_names_count(f->names); i < all; i++) {
		uint64_t count = categories_count(s->categories, (uint32_t)i);

		if (count == 0 || (i > 0 && i <= f->n_known))
			continue;
		n += count;
		if (g == NULL)
			continue;
		if (i >= g->n_seen) {
			g->seen = xrealloc(g->seen, all);
			memset(g->seen + g->n_seen, 0, all - g->n_seen);
			g->n_seen = all;
		}
		g->kinds += i > 0 && !g->seen[i];
		g->folded |= i == 0;
		g->seen[i] = 1;
		if (g->first == 0)
			g->first = (uint32_t)i;
	}
	return n;
}

static void
categories_of_pane(struct windows *w, struct pane *p, struct feature *f, const struct stat *s)
{
	struct gathering *g = f->gathering;
	const uint64_t n = unknown_categories(f, s, NULL);

	if (n > 0 && burst_begins(&f->new_categories, p->start) && g == NULL)
		g = gather(w, p->model, f, p->start);
	if (!still_gathers(g, p->start))
		return;
	g->rows += categories_total(s->categories);
	g->unknown += unknown_categories(f, s, g);
}

/* Is the mean of all values since the last judgement off? *judged is what was judged. */
static bool
mean_is_off(struct feature *f, struct sums *judged)
{
	char factor[16];
	bool known;

	if (f->unjudged.n < ENOUGH_ROWS)
		return false;
	factor_of(factor, f, &f->unjudged, &known);
	if (!known && f->unjudged.n < TOO_MANY_ROWS)
		return false;
	*judged = f->unjudged;
	f->unjudged = (struct sums){0};
	return factor[0] != '\0';
}

static void
numbers_of_pane(struct windows *w, struct pane *p, struct feature *f, const struct stat *s)
{
	const uint64_t n = edgehist_count(s->edgehist);
	struct sums fresh = f->fresh, judged = {0};
	struct gathering *g = f->gathering;
	bool begins = false, off;

	f->fresh = (struct sums){0};
	sums_add(&f->unjudged, &fresh);
	if (n > 0 && (double)(s->below + s->above) >= OUT_OF_RANGE_SHARE * (double)n)
		begins = burst_begins(&f->out_of_range, p->start);
	off = mean_is_off(f, &judged);
	if (off)
		begins |= burst_begins(&f->off, p->start);
	if (begins && g == NULL) {
		g = gather(w, p->model, f, p->start);
		if (off)
			fresh = judged; /* what was fresh is in it */
	}
	if (!still_gathers(g, p->start))
		return;
	sums_add(&g->values, &fresh);
	g->rows += n;
	g->below += s->below;
	g->above += s->above;
}

void
feature_events(struct windows *w, struct pane *p)
{
	for (size_t i = 0; i < p->n_stats; i++) {
		struct feature *f = p->model->features[i];
		const struct stat *s = &p->stats[i];

		if (f->ref == NULL)
			continue;
		if (s->categories != NULL && !f->any_category)
			categories_of_pane(w, p, f, s);
		if (s->edgehist != NULL)
			numbers_of_pane(w, p, f, s);
	}
}

/* ---- telling ---- */

static void
share_words(char out[32], uint64_t n, uint64_t of)
{
	quantity_text(out, (struct quantity){(double)n / (double)of, UNIT_SHARE, NULL});
}

static void
tell_categories(struct windows *w, const struct gathering *g)
{
	const struct feature *f = g->feature;
	const bool many = (double)g->unknown >= 0.01 * (double)g->rows;
	const struct happened h = {
	    "category", many ? "warning" : "info", g->model->name, g->model->version, f->name, g->begin_ms, NULL};
	size_t len;
	const char *first = category_names_at(f->names, g->first, &len);
	char share[32];

	share_words(share, g->unknown, g->rows);
	if (g->kinds == 0)
		event_add(w, &h, "%s: categories that are not told apart, %s of rows", f->name, share);
	else
		event_add(w, &h, "%s: %s%zu new categor%s, %s of rows, first %.*s", f->name,
			  g->folded ? "more than " : "", g->kinds, g->kinds == 1 ? "y" : "ies", share, (int)len, first);
}

static void
add_range(struct buf *text, const struct gathering *g)
{
	const struct feature *f = g->feature;
	const bool above = g->above >= g->below;
	const bool declared = f->expect != NULL && (above ? f->expect->has_max : f->expect->has_min);
	char share[32];

	share_words(share, above ? g->above : g->below, g->rows);
	buf_addf(text, "%s%s %s the %s %s", text->len > 0 ? ", " : "", share, above ? "above" : "below",
		 declared ? "declared" : "reference", above ? "maximum" : "minimum");
}

/* Few values out of few say nothing: then it may begin again. */
static void
tell_numbers(struct windows *w, const struct gathering *g)
{
	struct feature *f = g->feature;
	const struct happened h = {"feature", "problem", g->model->name, g->model->version, f->name, g->begin_ms, NULL};
	const double out = (double)(g->below + g->above);
	struct buf text = BUF_INIT;
	char factor[16], mean[16], ref[16];
	bool known;

	factor_of(factor, f, &g->values, &known);
	if (factor[0] != '\0') {
		plain_number(ref, f->ref->mean);
		plain_number(mean, g->values.sum / (double)g->values.n);
		buf_addf(&text, "mean %s → %s (%s: a unit change?)", ref, mean, factor);
		burst_begins(&f->off, g->begin_ms);
	}
	if (out >= OUT_OF_RANGE_SHARE * (double)g->rows && (g->rows >= ENOUGH_ROWS || out >= 5))
		add_range(&text, g);
	if (text.len > 0)
		event_add(w, &h, "%s: %s", f->name, buf_str(&text));
	else
		f->out_of_range.seen = f->off.seen = false;
	buf_release(&text);
}

static bool
is_gathered(struct gathering *g, int64_t now_ms)
{
	const int64_t enough = g->rows < ENOUGH_ROWS ? GATHER_MOST_MS : GATHER_MS;

	if (g->since_ms == 0)
		g->since_ms = now_ms;
	return g->model->last_ms >= g->begin_ms + enough || now_ms - g->since_ms >= enough;
}

void
gathered_events(struct windows *w, int64_t now_ms)
{
	for (size_t i = w->n_gatherings; i-- > 0;) {
		struct gathering *g = w->gatherings[i];

		if (!is_gathered(g, now_ms))
			continue;
		if (g->unknown > 0)
			tell_categories(w, g);
		else
			tell_numbers(w, g);
		gathering_close(w, i);
	}
}
