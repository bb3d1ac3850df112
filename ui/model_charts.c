/*
 * model_charts.c -- the charts of the selected model, which Overview and Models show alike, and its figures in their titles.
 */
#include <math.h>
#include <stdio.h>

#include "mlwatch/hash.h"
#include "panes.h"
#include "screen.h"

enum { AXIS_LATENCY = 1, AXIS_TRAFFIC, AXIS_ERRORS };

void
decimal_text(char out[16], double v, int decimals)
{
	if (isnan(v))
		snprintf(out, 16, "-");
	else
		snprintf(out, 16, "%.*f", decimals, v);
}

void
rate_text(char out[16], double v)
{
	decimal_text(out, v, v >= 9.95 ? 0 : v >= 0.095 || v == 0 ? 1 : 2);
}

void
ms_text(char out[16], double seconds)
{
	decimal_text(out, seconds * 1000, seconds >= 0.00995 ? 0 : seconds >= 0.000095 ? 1 : 2);
}

void
errors_text(char out[16], double share)
{
	decimal_text(out, share * 100, share >= 0.00995 ? 1 : 2);
}

void
latency_text(char out[64], const struct view_model *m)
{
	char p50[16], p95[16], p99[16];

	ms_text(p50, m->p50);
	ms_text(p95, m->p95);
	ms_text(p99, m->p99);
	snprintf(out, 64, "p50 %s  p95 %s  p99 %s", p50, p95, p99);
}

const struct part_charts *
model_charts(struct screen *s, struct pane p, const char *title)
{
	const struct part_charts *c = s->snap->charts;

	if (c != NULL && selected_model(s) != NULL)
		return c;
	put_left(pane_open(s, p, title, NULL), 1, 0, p.w - 3, STYLE_DIM,
		 selected_model(s) != NULL ? "reading"
		 : s->end_ms > 0           ? "no predictions at that time"
					   : "no predictions yet: mlwatch check log FILE shows what is read");
	return NULL;
}

/* What all of them share: the range, and an axis that is of this page, model and range. */
static struct plot
plot_of(const struct screen *s, int axis, double scale, double limit)
{
	const struct snapshot *n = s->snap;
	const uint64_t model = hash_mix(hash_str(n->model), hash_str(n->version));

	return (struct plot){.span = n->charts->span,
			     .scale = scale,
			     .limit = limit * scale,
			     .label_width = 4,
			     .axis = axis,
			     .axis_of = hash_mix(hash_mix(model, (uint64_t)s->set.range_ms), s->page)};
}

struct plot
latency_plot(const struct screen *s)
{
	const struct part_charts *c = s->snap->charts;
	struct plot q = plot_of(s, AXIS_LATENCY, 1000, c->latency_limit);

	q.track[0] = &c->p50;
	q.track[1] = &c->p95;
	q.track[2] = &c->p99;
	for (int i = 0; i < 3; i++)
		q.style[i] = STYLE_LINE1 + (unsigned)i;
	return q;
}

struct plot
traffic_plot(const struct screen *s, bool with_before)
{
	const struct part_charts *c = s->snap->charts;
	struct plot q = plot_of(s, AXIS_TRAFFIC, 1, NAN);

	q.track[0] = with_before ? &c->rps_before : &c->rps;
	q.style[0] = with_before ? STYLE_DIM : STYLE_LINE1;
	if (with_before) {
		q.track[1] = &c->rps;
		q.style[1] = STYLE_LINE1;
	}
	return q;
}

struct plot
errors_plot(const struct screen *s)
{
	const struct part_charts *c = s->snap->charts;
	struct plot q = plot_of(s, AXIS_ERRORS, 100, c->error_limit);

	q.track[0] = &c->errors;
	q.style[0] = STYLE_BAD;
	return q;
}
