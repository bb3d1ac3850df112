/*
 * annotate.c -- warnings and infos of an evaluation, in Prometheus' words, each once.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "eval.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"

#define NOTES_MAX 1000

/* The note with this text at this place, new or known. NULL: there are too many. */
static struct note *
note(struct eval *ev, bool info, const struct node *at, const char *fmt, va_list ap)
{
	struct run *r = ev->run;
	char text[1024];

	at = ast_unparen(at);
	vsnprintf(text, sizeof text, fmt, ap);
	for (size_t i = 0; i < r->n_notes; i++)
		if (r->notes[i].info == info && r->notes[i].at == at->start && strcmp(r->notes[i].text, text) == 0)
			return &r->notes[i];
	if (r->n_notes >= NOTES_MAX)
		return NULL;
	if (r->n_notes == r->cap_notes) {
		size_t cap = r->cap_notes != 0 ? r->cap_notes * 2 : 8;

		r->notes = arena_realloc(r->mem, r->notes, r->cap_notes * sizeof *r->notes, cap * sizeof *r->notes);
		r->cap_notes = cap;
	}
	r->notes[r->n_notes] = (struct note){info, at->start, arena_strdup(r->mem, text), NULL};
	return &r->notes[r->n_notes++];
}

void
note_warn(struct eval *ev, const struct node *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(ev, false, at, fmt, ap);
	va_end(ap);
}

static struct note *
info(struct eval *ev, const struct node *at, const char *fmt, ...)
{
	struct note *n;
	va_list ap;

	va_start(ap, fmt);
	n = note(ev, true, at, fmt, ap);
	va_end(ap);
	return n;
}

void
note_info(struct eval *ev, const struct node *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(ev, true, at, fmt, ap);
	va_end(ap);
}

static const char *
name_of(struct labels l)
{
	return labels_get(l, METRIC_NAME);
}

void
note_mixed_range(struct eval *ev, const struct node *at, struct labels l)
{
	note_warn(ev, at, "encountered a mix of histograms and floats for metric name \"%s\"", name_of(l));
}

void
note_ignored_in_range(struct eval *ev, const struct node *at, struct labels l)
{
	note_info(ev, at, "ignored histograms in a range containing both floats and histograms for metric name \"%s\"",
		  name_of(l));
}

void
note_mixed_schemas(struct eval *ev, const struct node *at, struct labels l)
{
	note_warn(
	    ev, at,
	    "vector contains a mix of histograms with exponential and custom buckets schemas for metric name \"%s\"",
	    name_of(l));
}

void
note_not_counter(struct eval *ev, const struct node *at, struct labels l)
{
	note_warn(ev, at, "this native histogram metric is not a counter: \"%s\"", name_of(l));
}

void
note_not_gauge(struct eval *ev, const struct node *at, struct labels l)
{
	note_warn(ev, at, "this native histogram metric is not a gauge: \"%s\"", name_of(l));
}

void
note_bounds(struct eval *ev, const struct node *at, const char *operation)
{
	note_info(ev, at, "mismatched custom buckets were reconciled during %s", operation);
}

void
note_reset_collision(struct eval *ev, const struct node *at, const char *operation)
{
	note_warn(ev, at, "conflicting counter resets during histogram %s", operation);
}

void
note_quantile(struct eval *ev, const struct node *at, double q)
{
	if (isnan(q) || q < 0 || q > 1)
		note_warn(ev, at, "quantile value should be between 0 and 1, got %s", float_text(ev->mem, q));
}

void
note_forced_monotonic(struct eval *ev, const struct node *at, const char *metric, int64_t t, double low, double high,
		      double diff)
{
	struct note *n =
	    info(ev, at,
		 "input to histogram_quantile needed to be fixed for monotonicity (see "
		 "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)%s%s%s",
		 *metric != '\0' ? " for metric name \"" : "", metric, *metric != '\0' ? "\"" : "");
	struct monotonicity *m;

	if (n == NULL)
		return;
	if (n->forced == NULL) {
		n->forced = arena_alloc(ev->run->mem, sizeof *n->forced);
		*n->forced = (struct monotonicity){low, high, diff, 1, t, t};
		return;
	}
	m = n->forced;
	m->lowest = fmin(m->lowest, low);
	m->highest = fmax(m->highest, high);
	m->max_diff = fmax(m->max_diff, diff);
	m->count++;
	m->first = t < m->first ? t : m->first;
	m->last = t > m->last ? t : m->last;
}

/* Go's RFC3339Nano: no fraction where there is none. */
static void
format_time(char out[32], int64_t t)
{
	char *dot;

	rfc3339_format(out, t);
	dot = strchr(out, '.');
	if (dot == NULL)
		return;
	char *end = dot + 4;
	while (end > dot + 1 && end[-1] == '0')
		end--;
	if (end == dot + 1)
		end = dot;
	strcpy(end, "Z");
}

static char *
finished(const struct run *r, struct arena *mem, const struct note *n)
{
	const char *kind = n->info ? "PromQL info" : "PromQL warning";
	const struct monotonicity *m = n->forced;
	char first[32], last[32];
	int line, column;

	ast_position(r->x->text, n->at, &line, &column);
	if (m == NULL)
		return arena_printf(mem, "%s: %s (%d:%d)", kind, n->text, line, column);
	format_time(first, m->first);
	format_time(last, m->last);
	return arena_printf(
	    mem, "%s: %s, from buckets %g to %g, with a max diff of %.2g, over %zu samples from %s to %s (%d:%d)", kind,
	    n->text, m->lowest, m->highest, m->max_diff, m->count, first, last, line, column);
}

void
notes_finish(struct run *r, struct promql_result *out)
{
	out->annotations = arena_alloc(out->mem, (r->n_notes + 1) * sizeof *out->annotations);
	for (size_t i = 0; i < r->n_notes; i++)
		out->annotations[i] = (struct annotation){r->notes[i].info, finished(r, out->mem, &r->notes[i])};
	out->n_annotations = r->n_notes;
}
