/*
 * load_heat.c -- the statistic of a model's features over cells of the range, and one cell in numbers.
 *
 * A cell is asked for by itself, so that no more than one cell's histograms are in memory, and only once: what is over does not change, but
 * for records that come late, which is why the last few are read again.
 */
#include "load_drift.h"

#include <math.h>
#include <string.h>

#include "mlwatch/clock.h"

#define READ_AGAIN 2 /* cells before the newest */

int
heat_cell(const struct part_heat *h, int64_t t)
{
	return h != NULL && h->width_ms > 0 && t >= h->span.from && t < h->span.to
		   ? (int)((t - h->span.from) / h->width_ms)
		   : -1;
}

/* ---- the map ---- */

struct row { /* that is being filled */
	const char *name;
	bool categorical;
	double *v;
	bool *few;
};

static const struct heat_row *
row_before(const struct part_heat *before, const char *name)
{
	for (size_t i = 0; before != NULL && i < before->n; i++)
		if (strcmp(before->at[i].name, name) == 0)
			return &before->at[i];
	return NULL;
}

/* How many cells at the beginning are as they were read before. */
static size_t
kept_cells(const struct part_heat *h, const struct part_heat *before)
{
	int64_t until;

	if (before == NULL || before->width_ms != h->width_ms || before->n != h->n || h->span.from < before->span.from)
		return 0;
	for (size_t i = 0; i < h->n; i++)
		if (row_before(before, h->at[i].name) == NULL)
			return 0;
	until = before->span.to - (1 + READ_AGAIN) * h->width_ms;
	return until > h->span.from ? (size_t)((until - h->span.from) / h->width_ms) : 0;
}

static void
keep(const struct part_heat *h, struct row *rows, const struct part_heat *before, size_t kept)
{
	const size_t from = kept > 0 ? (size_t)((h->span.from - before->span.from) / h->width_ms) : 0;

	for (size_t i = 0; i < h->n && kept > 0; i++) {
		const struct heat_row *old = row_before(before, rows[i].name);

		memcpy(rows[i].v, old->v + from, kept * sizeof *rows[i].v);
		memcpy(rows[i].few, old->few + from, kept * sizeof *rows[i].few);
	}
}

static int
read_cell(struct loading *l, const struct part_heat *h, size_t k, struct row *rows)
{
	const int64_t start = h->span.from + (int64_t)k * h->width_ms;
	const int64_t end = start + h->width_ms < l->src.now ? start + h->width_ms : l->src.now;
	const struct stretch_of of = drift_stretch(l, NULL, end, end - start);
	struct arena *scratch = arena_open(), *mem = l->mem;
	struct other_side other;
	struct stretch now;
	int rc = stretch_read(&l->src, &of, &now, &l->err);

	l->mem = scratch;
	rc = other_read(l, &of, &other) < 0 ? -1 : rc;
	for (size_t i = 0; i < h->n && rc == 0; i++) {
		const struct feature_in in = stretch_feature(&now, scratch, of.model, of.version, rows[i].name);
		struct reference_feature ref;

		if (!other_feature(l, &other, rows[i].name, rows[i].categorical, &ref))
			continue;
		rows[i].v[k] = compare_one(l->q->statistic, scratch, &ref, &in);
		rows[i].few[k] = in.rows > 0 && view_few_rows(l->q->baseline, &ref, &in);
	}
	l->mem = mem;
	stretch_release(&now);
	other_release(&other);
	arena_close(scratch);
	return rc;
}

static struct row *
make_rows(struct loading *l, struct part_heat *h)
{
	const struct part_features *f = l->s->features;
	struct row *rows = arena_calloc(l->mem, f->n + 1, sizeof *rows);

	h->n = f->n;
	h->at = arena_calloc(l->mem, f->n + 1, sizeof *h->at);
	for (size_t i = 0; i < f->n; i++) {
		rows[i] = (struct row){arena_strdup(l->mem, f->at[i].name), f->at[i].categorical,
				       arena_alloc(l->mem, h->n_cells * sizeof(double)),
				       arena_calloc(l->mem, h->n_cells, sizeof(bool))};
		for (size_t k = 0; k < h->n_cells; k++)
			rows[i].v[k] = NAN;
		h->at[i] = (struct heat_row){rows[i].name, rows[i].v, rows[i].few};
	}
	return rows;
}

void *
load_heat(struct loading *l)
{
	struct part_heat *h = arena_calloc(l->mem, 1, sizeof *h);
	struct row *rows;
	size_t kept;

	if (l->s->model == NULL || l->s->features == NULL || l->s->features->n == 0)
		return h;
	h->width_ms = drift_cell_width(l, l->q->heat_columns);
	h->n_cells = (size_t)(l->q->range_ms / h->width_ms);
	h->span.to = (l->src.now + h->width_ms - 1) / h->width_ms * h->width_ms;
	h->span.from = h->span.to - (int64_t)h->n_cells * h->width_ms;
	rows = make_rows(l, h);
	kept = kept_cells(h, l->before);
	keep(h, rows, l->before, kept);
	for (size_t k = kept; k < h->n_cells; k++)
		if (read_cell(l, h, k, rows) < 0)
			break;
	return h;
}

/* ---- one cell ---- */

static const struct view_feature *
feature_now(const struct loading *l)
{
	const struct part_features *f = l->s->features;

	for (size_t i = 0; f != NULL && l->s->feature != NULL && i < f->n; i++)
		if (strcmp(f->at[i].name, l->s->feature) == 0)
			return &f->at[i];
	return NULL;
}

/* When it went over its limit, as far as the map shows it. */
static void
find_onset(struct part_cell *p, const struct part_heat *h, double limit)
{
	const struct heat_row *r = row_before(h, p->feature);

	for (size_t k = 0; r != NULL && k < h->n_cells; k++) {
		const int64_t start = h->span.from + (int64_t)k * h->width_ms;

		if (isnan(r->v[k]) || r->few[k])
			continue;
		if (r->v[k] <= limit)
			p->last_below_ms = start;
		else if (p->first_over_ms == 0 || p->first_over_ms < p->last_below_ms)
			p->first_over_ms = start;
	}
}

static double
week_ago(struct loading *l, const struct stretch_of *of, bool categorical)
{
	struct stretch_of then = *of;
	struct reference_feature ref;
	struct other_side other;
	struct feature_in in;
	struct stretch x;
	double v = NAN;

	then.to -= 7 * MS_DAY;
	if (stretch_read(&l->src, &then, &x, &l->err) == 0 && other_read(l, &then, &other) == 0) {
		in = stretch_feature(&x, l->mem, of->model, of->version, of->feature);
		if (other_feature(l, &other, of->feature, categorical, &ref))
			v = compare_one(l->q->statistic, l->mem, &ref, &in);
		other_release(&other);
	}
	stretch_release(&x);
	return v;
}

/* The figures of the cell instead of those of now; the limit stays. */
static void
read_numbers(struct loading *l, struct part_cell *p, const struct stretch_of *of)
{
	const struct view_drift_how how = drift_how(l->q);
	const struct view_feature now = p->numbers;
	struct reference_feature ref;
	struct other_side other = {0};
	struct feature_in in;
	struct stretch x;

	if (stretch_read(&l->src, of, &x, &l->err) == 0 && other_read(l, of, &other) == 0) {
		in = stretch_feature(&x, l->mem, of->model, of->version, of->feature);
		if (!other_feature(l, &other, of->feature, now.categorical, &ref))
			ref = as_reference(of->feature, &(struct feature_in){0});
		ref.categorical = now.categorical;
		view_feature_fill(&p->numbers, l->mem, &how, &ref, &in);
		p->numbers.limit = now.limit;
		p->numbers.limit_is_default = now.limit_is_default;
		p->numbers.health = view_feature_health(&p->numbers);
	}
	other_release(&other);
	stretch_release(&x);
}

void *
load_cell(struct loading *l)
{
	const struct view_feature *now = feature_now(l);
	const int k = heat_cell(l->s->heat, l->q->cursor_ms);
	struct part_cell *p = arena_calloc(l->mem, 1, sizeof *p);
	struct stretch_of of;

	if (now == NULL)
		return p;
	p->feature = arena_strdup(l->mem, now->name);
	p->span = l->s->features->window;
	if (k >= 0) {
		p->span.from = l->s->heat->span.from + k * l->s->heat->width_ms;
		p->span.to = p->span.from + l->s->heat->width_ms;
	}
	of = drift_stretch(l, p->feature, p->span.to < l->src.now ? p->span.to : l->src.now, 0);
	of.width_ms = of.to - p->span.from;
	of.counts = true;
	p->numbers = *now;
	p->numbers.name = p->feature;
	if (k >= 0)
		read_numbers(l, p, &of);
	else if (now->unit_hint != NULL)
		p->numbers.unit_hint = arena_strdup(l->mem, now->unit_hint);
	find_onset(p, l->s->heat, now->limit);
	p->week_ago = week_ago(l, &of, now->categorical);
	return p;
}
