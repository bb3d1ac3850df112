/*
 * score_window.c -- the last so many scores of a binary classifier: their mean and range, the classes, how sure the model was.
 */
#include "mlwatch/drift.h"

#include <math.h>
#include <stdlib.h>

#include "mlwatch/xalloc.h"

#define THRESHOLD      0.5
#define LOW_CONFIDENCE 0.7

struct score_window {
	size_t size, n, next;
	double *p;
};

struct score_window *
score_window_open(size_t size)
{
	struct score_window *w = xcalloc(1, sizeof *w);

	w->size = size > 0 ? size : 1;
	w->p = xcalloc(w->size, sizeof *w->p);
	return w;
}

void
score_window_close(struct score_window *w)
{
	if (w == NULL)
		return;
	free(w->p);
	free(w);
}

void
score_window_add(struct score_window *w, double p)
{
	if (isnan(p))
		return;
	w->p[w->next] = p;
	w->next = (w->next + 1) % w->size;
	w->n += w->n < w->size;
}

struct score_summary
score_window_summary(const struct score_window *w)
{
	struct score_summary s = {w->n, 0, 0, NAN, NAN, NAN, NAN, false};
	double confidence = 0;

	if (w->n == 0)
		return s;
	s.min = INFINITY;
	s.max = -INFINITY;
	for (size_t i = 0; i < w->n; i++) {
		double p = w->p[i];

		s.min = fmin(s.min, p);
		s.max = fmax(s.max, p);
		s.class_1 += p >= THRESHOLD;
		confidence += fmax(p, 1 - p);
	}
	s.class_0 = s.n - s.class_1;
	s.mean = raw_moments(w->p, w->n).mean;
	s.mean_confidence = confidence / (double)s.n;
	s.low_confidence = s.mean_confidence < LOW_CONFIDENCE;
	return s;
}
