/*
 * load_model.c -- one model: what it answers and how sure it is, now and in its reference or a day ago, and where its numbers come from.
 */
#include "load_drift.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/histogram.h"

#define ANSWERS_MAX  40
#define SOURCES_MAX  6
#define VERSIONS_MAX 5 /* that are named */

/* ---- asking ---- */

/* sum by (LABELS) (increase(METRIC{of the model}[WINDOW] offset OFFSET)); of all its versions when they are one row. */
static int
ask(struct loading *l, const struct view_model *m, const char *by, const char *metric, const char *window,
    const char *offset, struct promql_result *r)
{
	struct buf expr = BUF_INIT;
	int rc;

	buf_addf(&expr, "sum by (%s) (increase(%s{model=", by, metric);
	labels_quote(&expr, m->model);
	if (m->job != NULL) {
		buf_addstr(&expr, ",job=");
		labels_quote(&expr, m->job);
	}
	if (m->together == 1) {
		buf_addstr(&expr, ",version=");
		labels_quote(&expr, m->version);
	}
	buf_addf(&expr, "}[%s]%s%s))", window, offset[0] != '\0' ? " offset " : "", offset);
	rc = view_query_text(&l->src, buf_str(&expr), r, &l->err);
	buf_release(&expr);
	return rc;
}

static double
total(const struct promql_result *r)
{
	double n = 0;

	for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++)
		n += r->vector[i].v;
	return n;
}

static const char *
then_word(const struct loading *l)
{
	return l->q->behind_week ? "1w ago" : "1d ago";
}

/* ---- answers ---- */

static double
share_among(const struct promql_result *r, const char *answer)
{
	const double n = total(r);

	for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++)
		if (strcmp(labels_get(r->vector[i].labels, "prediction"), answer) == 0)
			return n > 0 ? r->vector[i].v / n : NAN;
	return n > 0 ? 0 : NAN;
}

/* In the reference what has no answer failed. */
static double
share_in(const struct reference_feature *f, const char *answer)
{
	if (f->rows == 0)
		return NAN;
	if (answer[0] == '\0')
		return (double)f->missing / (double)f->rows;
	for (size_t i = 0; i < f->categories.n; i++)
		if (strcmp(f->categories.at[i].name, answer) == 0)
			return f->categories.at[i].count / (double)f->rows;
	return 0;
}

static int
answer_order(const void *x, const void *y)
{
	const struct answer *a = x, *b = y;
	const bool fa = a->name[0] == '\0', fb = b->name[0] == '\0';

	if (fa != fb) /* failed ones come last */
		return fa - fb;
	return a->share > b->share ? -1 : a->share < b->share ? 1 : strcmp(a->name, b->name);
}

static bool
has_answer(const struct part_model *p, const char *name)
{
	for (size_t i = 0; i < p->n_answers; i++)
		if (strcmp(p->answers[i].name, name) == 0)
			return true;
	return false;
}

static void
add_answer(struct loading *l, struct part_model *p, const char *name, const struct promql_result *now)
{
	if (p->n_answers < ANSWERS_MAX && !has_answer(p, name))
		p->answers[p->n_answers++] = (struct answer){arena_strdup(l->mem, name), share_among(now, name), NAN};
}

static void
load_answers(struct loading *l, struct part_model *p, const struct view_model *m, const struct reference *ref,
	     const char *ago)
{
	const struct reference_feature *f = ref != NULL ? reference_output(ref, REFERENCE_PREDICTION) : NULL;
	struct promql_result now, then = {0};

	p->answers = arena_calloc(l->mem, ANSWERS_MAX, sizeof *p->answers);
	if (ask(l, m, "prediction", "ml_predictions_total", VIEW_WINDOW, "", &now) == 0 && f == NULL)
		ask(l, m, "prediction", "ml_predictions_total", VIEW_WINDOW, ago, &then);
	for (size_t i = 0; i < now.n && now.type == VALUE_VECTOR; i++)
		if (now.vector[i].v > 0)
			add_answer(l, p, labels_get(now.vector[i].labels, "prediction"), &now);
	for (size_t i = 0; f != NULL && i < f->categories.n; i++)
		add_answer(l, p, f->categories.at[i].name, &now);
	for (size_t i = 0; i < p->n_answers; i++)
		p->answers[i].other =
		    f != NULL ? share_in(f, p->answers[i].name) : share_among(&then, p->answers[i].name);
	if (f != NULL)
		p->answers_against = "ref";
	else if (total(&then) > 0)
		p->answers_against = then_word(l);
	if (p->n_answers > 1)
		qsort(p->answers, p->n_answers, sizeof *p->answers, answer_order);
	promql_result_release(&now);
	promql_result_release(&then);
}

/* ---- scores ---- */

static const struct histogram *
histogram_in(const struct promql_result *r)
{
	return r->type == VALUE_VECTOR && r->n > 0 && r->vector[0].h != NULL && r->vector[0].h->count > 0
		   ? r->vector[0].h
		   : NULL;
}

static const double *
score_bins(struct loading *l, const struct part_model *p, const struct histogram *h)
{
	double *v = arena_alloc(l->mem, SCORE_BINS * sizeof *v);

	for (int i = 0; i < SCORE_BINS; i++) {
		const double width = (p->high - p->low) / SCORE_BINS;

		/* the outermost ones take what lies outside */
		v[i] = histogram_fraction(h, i == 0 ? -INFINITY : p->low + i * width,
					  i == SCORE_BINS - 1 ? INFINITY : p->low + (i + 1) * width);
	}
	return v;
}

/* Most scores are shares; others get the range that nearly all of both are in. */
static void
score_range(struct part_model *p, const struct histogram *a, const struct histogram *b)
{
	const double low = fmin(histogram_quantile(a, 0.001), b != NULL ? histogram_quantile(b, 0.001) : INFINITY);
	const double high = fmax(histogram_quantile(a, 0.999), b != NULL ? histogram_quantile(b, 0.999) : -INFINITY);

	p->low = 0;
	p->high = 1;
	if (low >= -1e-9 && high <= 1 + 1e-9)
		return;
	p->low = low;
	p->high = high > low ? high : low + 1;
}

static void
load_scores(struct loading *l, struct part_model *p, const struct view_model *m, const struct reference *ref,
	    const char *ago)
{
	const struct reference_feature *f = ref != NULL ? reference_output(ref, REFERENCE_SCORE) : NULL;
	const struct histogram *h, *other = f != NULL ? f->hist : NULL;
	struct promql_result now, then = {0};

	if (ask(l, m, "model", "ml_score", VIEW_WINDOW, "", &now) == 0 && f == NULL &&
	    ask(l, m, "model", "ml_score", VIEW_WINDOW, ago, &then) == 0)
		other = histogram_in(&then);
	h = histogram_in(&now);
	if (h != NULL) {
		score_range(p, h, other);
		p->score = score_bins(l, p, h);
		p->score_mean = h->sum / h->count;
	}
	if (h != NULL && other != NULL && other->count > 0) {
		p->score_other = score_bins(l, p, other);
		p->score_other_mean = f != NULL ? f->mean : other->sum / other->count;
		p->score_against = f != NULL ? "ref" : then_word(l);
	}
	promql_result_release(&now);
	promql_result_release(&then);
}

/* ---- where its numbers come from ---- */

static void
add_source(struct loading *l, struct part_model *p, struct buf *text)
{
	if (text->len > 0 && p->n_sources < SOURCES_MAX)
		p->sources[p->n_sources++] = arena_strdup(l->mem, buf_str(text));
	buf_release(text);
}

static void
say_log(struct loading *l, struct part_model *p, const struct view_model *m)
{
	struct buf out = BUF_INIT;
	char lines[16], behind[32], bad[16];

	if (m->n_paths == 0) {
		buf_addf(&out, "job %s: no log is followed", m->job);
	} else {
		short_number(lines, m->lines_per_s);
		short_number(bad, (double)m->bad_1h);
		bytes_text(behind, (double)m->lag_bytes);
		if (m->lag_bytes == 0)
			snprintf(behind, sizeof behind, "0 bytes");
		buf_addf(&out, "log %s", m->paths[0]);
		if (m->n_paths > 1)
			buf_addf(&out, " and %zu more", m->n_paths - 1);
		buf_addf(&out, ": %s lines/s, %s behind, %s bad lines in 1h (see 6 Logs)", lines, behind, bad);
	}
	add_source(l, p, &out);
}

static void
say_reference(struct loading *l, struct part_model *p, const struct view_model *m)
{
	struct buf out = BUF_INIT;

	if (m->reference == NULL)
		buf_addstr(&out, "no reference: mlwatch baseline DATA -o REF, then references: in mlwatch.yml");
	else
		buf_addf(&out, "reference %s of %s, %d features", m->reference, m->reference_created,
			 m->reference_features);
	for (size_t i = 0; i < m->n_versions && i < VERSIONS_MAX; i++)
		buf_addf(&out, "%s %s (%.3g %%)", i > 0 ? "," : "    versions seen in 1h:",
			 m->versions[i].version[0] != '\0' ? m->versions[i].version : "none",
			 m->versions[i].share * 100);
	if (m->n_versions > VERSIONS_MAX)
		buf_addf(&out, " and %zu more", m->n_versions - VERSIONS_MAX);
	add_source(l, p, &out);
}

/* ---- true labels ---- */

struct quality { /* of one class against the rest */
	double n, precision, recall;
	const char *class;
};

static double
count_of(const struct promql_result *r, const char *predicted, const char *actual)
{
	double n = 0;

	for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++)
		if ((predicted == NULL || strcmp(labels_get(r->vector[i].labels, "predicted"), predicted) == 0) &&
		    (actual == NULL || strcmp(labels_get(r->vector[i].labels, "actual"), actual) == 0))
			n += r->vector[i].v;
	return n;
}

/* The rarest true class: of two the one that a model is there to find. */
static const char *
rarest(const struct promql_result *r)
{
	const char *found = NULL;
	double least = INFINITY;

	for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++) {
		const char *class = labels_get(r->vector[i].labels, "actual");
		const double n = count_of(r, NULL, class);

		if (n > 0 && n < least) {
			least = n;
			found = class;
		}
	}
	return found;
}

static struct quality
quality_of(const struct promql_result *r, const char *class)
{
	const double hit = count_of(r, class, class), said = count_of(r, class, NULL), is = count_of(r, NULL, class);

	return (struct quality){count_of(r, NULL, NULL), said > 0 ? hit / said : NAN, is > 0 ? hit / is : NAN, class};
}

static void
say_share(struct buf *out, const char *what, double now, double month)
{
	buf_addf(out, isnan(now) ? "   %s -" : "   %s %.2f", what, now);
	buf_addf(out, isnan(month) ? " (30d -)" : " (30d %.2f)", month);
}

/* Delayed true labels are a series that somebody has to make: ml_outcomes_total{model,version,predicted,actual}, of any job. */
static void
say_labels(struct loading *l, struct part_model *p, const struct view_model *m)
{
	const struct view_model all = {.model = m->model, .version = m->version, .together = m->together};
	struct promql_result month, day = {0}, predictions = {0};
	struct buf out = BUF_INIT, brief = BUF_INIT;
	const char *class;

	if (ask(l, &all, "predicted, actual", "ml_outcomes_total", "30d", "", &month) < 0 ||
	    (class = rarest(&month)) == NULL) {
		buf_addstr(&out, "true labels: none joined");
		buf_addstr(&brief, "labels: none joined");
	} else if (ask(l, &all, "predicted, actual", "ml_outcomes_total", "1d", "", &day) == 0 &&
		   ask(l, &all, "model", "ml_predictions_total", "30d", "", &predictions) == 0) {
		const struct quality now = quality_of(&day, class), then = quality_of(&month, class);
		const double joined = total(&predictions) > 0 ? then.n / total(&predictions) : NAN;

		buf_addf(&out, "true labels: %.0f %% of the predictions of 30d joined   of '%s' in 1d:", joined * 100,
			 class);
		say_share(&out, "precision", now.precision, then.precision);
		say_share(&out, "recall", now.recall, then.recall);
		buf_addf(&brief, "labels %.0f %% joined", joined * 100);
		say_share(&brief, "precision", now.precision, then.precision);
		say_share(&brief, "recall", now.recall, then.recall);
	}
	p->labels = arena_strdup(l->mem, buf_str(&brief));
	add_source(l, p, &out);
	buf_release(&brief);
	promql_result_release(&month);
	promql_result_release(&day);
	promql_result_release(&predictions);
}

void *
load_model(struct loading *l)
{
	const struct view_model *m = snapshot_model(l->s);
	struct part_model *p = arena_calloc(l->mem, 1, sizeof *p);
	const char *ago = l->q->behind_week ? "1w" : "1d";

	p->sources = arena_calloc(l->mem, SOURCES_MAX, sizeof *p->sources);
	p->score_mean = p->score_other_mean = NAN;
	p->labels = "";
	if (m == NULL)
		return p;
	load_answers(l, p, m, drift_reference(l), ago);
	load_scores(l, p, m, drift_reference(l), ago);
	say_log(l, p, m);
	say_reference(l, p, m);
	say_labels(l, p, m);
	return p;
}
