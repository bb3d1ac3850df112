/*
 * plan.c -- which windows answer a question: the fewest that cover a stretch of time without blurring any of its edges.
 *
 * increase(x[5m]) at t sums the windows with end > t-5m and start < t. Any window that lies wholly inside may be a wide one; when the
 * expression is evaluated at several t, a wide one must be inside or outside for every one of them. When the whole is longer than a series lives without
 * data, t - alive is an edge too: a wide window must not claim life that only its older half had. Pure: numbers in, numbers out.
 */
#include <stdlib.h>

#include "mlwatch/xalloc.h"
#include "store_windows.h"

static int64_t
ceil_to(int64_t t, int64_t width)
{
	int64_t f = floor_to(t, width);

	return f == t ? t : f + width;
}

/* The first of first_t, first_t + step, ... that is at least t. */
static int64_t
step_at_least(const struct grid *g, int64_t t)
{
	if (t <= g->first_t)
		return g->first_t;
	return g->first_t + ceil_to(t - g->first_t, g->step_ms);
}

/* The first edge after x of the kind floor(t - back): x is an edge of windows, so it is at least one window on. */
static int64_t
next_begin(const struct grid *g, int64_t x, int64_t back)
{
	return floor_to(step_at_least(g, x + g->width_ms + back) - back, g->width_ms);
}

int64_t
grid_next_edge(const struct grid *g, int64_t x)
{
	int64_t edge = INT64_MAX, life = floor_to(g->first_t - g->alive_ms, g->width_ms);

	if (g->step_ms <= 0)
		return g->alive_ms > 0 && life > x ? life : edge;
	/* at t the last window that counts ends at ceil(t), the first begins at floor(t - range) */
	edge = ceil_to(step_at_least(g, x + 1), g->width_ms);
	int64_t begin = next_begin(g, x, g->range_ms);
	edge = begin < edge ? begin : edge;
	if (g->alive_ms > 0) {
		life = next_begin(g, x, g->alive_ms);
		edge = life < edge ? life : edge;
	}
	return edge;
}

enum window_need
grid_need(const struct grid *g, int64_t start, int64_t end)
{
	if (g->step_ms <= 0 || g->range_ms <= 0)
		return NEED_ROWS;
	int64_t t = step_at_least(g, start + 1);
	if (end > t - g->range_ms)
		return NEED_ROWS;
	return g->alive_ms == 0 || end > t - g->alive_ms ? NEED_LIFE : NEED_NOTHING;
}

static bool
has(const struct level *l, int64_t start)
{
	return start >= l->kept_ms && (l->mark_ms == INT64_MAX || start + l->width_ms <= l->mark_ms);
}

/* The widest level with a window at x that ends by `to` and has no edge inside; n: none */
static size_t
widest_at(const struct level *level, size_t n, const struct grid *g, int64_t x, int64_t to)
{
	int64_t edge = g != NULL ? grid_next_edge(g, x) : INT64_MAX;

	for (size_t i = n; i-- > 0;) {
		int64_t end = x + level[i].width_ms;
		if (floor_to(x, level[i].width_ms) == x && end <= to && has(&level[i], x) && (i == 0 || edge >= end))
			return i;
	}
	return n;
}

/* The narrowest level that still has the window around x; n: none */
static size_t
narrowest_around(const struct level *level, size_t n, int64_t x)
{
	for (size_t i = 0; i < n; i++)
		if (has(&level[i], floor_to(x, level[i].width_ms)))
			return i;
	return n;
}

/* Where something begins to be kept again after x. */
static int64_t
next_kept(const struct level *level, size_t n, int64_t x)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < n; i++)
		if (level[i].kept_ms > x && level[i].kept_ms < next)
			next = level[i].kept_ms;
	return next;
}

/* Where only the narrowest width can have anything from x on. */
static bool
past_all_marks(const struct level *level, size_t n, int64_t x)
{
	for (size_t i = 1; i < n; i++)
		if (level[i].mark_ms > x)
			return false;
	return n > 0 && x >= level[0].kept_ms;
}

size_t
plan_windows(const struct level *level, size_t n, const struct grid *g, int64_t from, int64_t to, struct segment **out)
{
	struct segment *at = NULL;
	size_t count = 0, cap = 0;
	int64_t x = n > 0 ? floor_to(from, level[0].width_ms) : to;

	while (x < to) {
		size_t l = widest_at(level, n, g, x, to);
		if (l == n)
			l = narrowest_around(level, n, x);
		if (l == n) {
			x = next_kept(level, n, x);
			continue;
		}
		int64_t start = floor_to(x, level[l].width_ms), end = start + level[l].width_ms;
		if (l == 0 &&
		    past_all_marks(level, n, x)) /* one line of the year 2100 must not cost a step per window */
			end = ceil_to(to, level[0].width_ms);
		if (count > 0 && start < at[count - 1].to) { /* never twice */
			x = at[count - 1].to > x ? at[count - 1].to : end;
			continue;
		}
		if (count > 0 && at[count - 1].level == l && at[count - 1].to == start)
			at[count - 1].to = end;
		else {
			xgrow(at, count, cap);
			at[count++] = (struct segment){(unsigned)l, start, end};
		}
		x = end;
	}
	*out = at;
	return count;
}
