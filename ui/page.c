/*
 * page.c -- see page.h.
 */
#include "page.h"

#include <stdio.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "screen.h"

static const struct page_kind *const kinds[N_PAGES] = {
    [PAGE_OVERVIEW] = &page_overview, [PAGE_ALERTS] = &page_alerts,   [PAGE_MODELS] = &page_models,
    [PAGE_DRIFT] = &page_drift,       [PAGE_TARGETS] = &page_targets, [PAGE_LOGS] = &page_logs,
    [PAGE_NOTIFY] = &page_notify,     [PAGE_EVENTS] = &page_events,   [PAGE_QUERY] = &page_query,
    [PAGE_ALERT] = &page_alert,       [PAGE_FEATURE] = &page_feature, [PAGE_HELP] = &page_help,
};

const struct page_kind *
page_kind(enum page p)
{
	return kinds[p];
}

bool
page_by_name(const char *name, enum page *out)
{
	for (int i = 0; i < N_PAGES; i++)
		if (strcmp(kinds[i]->name, name) == 0) {
			*out = (enum page)i;
			return true;
		}
	return false;
}

/* ---- focus ---- */

enum table
page_table(const struct screen *s)
{
	const struct page_kind *k = kinds[s->page];
	const enum table t = k->n_panes > 0 ? k->panes[s->focus[s->page]].table : TABLE_NONE;

	return t != TABLE_NONE ? t : k->list;
}

void
page_focus(struct screen *s, int by)
{
	const struct page_kind *k = kinds[s->page];
	int at = s->focus[s->page];

	if (k->n_panes == 0)
		return;
	do
		at = (at + by + (int)k->n_panes) % (int)k->n_panes;
	while (at != s->focus[s->page] && s->layout[at].h == 0 && !s->zoom && !small(s));
	s->focus[s->page] = at;
}

/* ---- drawing ---- */

static void
draw_pane(struct screen *s, struct pane p, int i)
{
	s->drawing = i;
	s->layout[i] = (struct rect){p.x, p.y, p.w, p.h};
	kinds[s->page]->panes[i].draw(s, p);
}

void
page_draw(struct screen *s, struct pane p)
{
	const struct page_kind *k = kinds[s->page];
	struct rect at[PANES_MAX] = {{0}};

	memset(s->layout, 0, sizeof s->layout);
	for (int t = 0; t < N_TABLES; t++)
		s->cursor[t].pane.w = 0;
	if (small(s) && k->lay_out_small != NULL) {
		k->lay_out_small(s, p.w, p.h, at);
	} else if (s->zoom) {
		draw_pane(s, p, s->focus[s->page]);
		return;
	} else {
		k->lay_out(s, p.w, p.h, at);
		if (at[s->focus[s->page]].h == 0)
			s->focus[s->page] = 0;
	}
	for (size_t i = 0; i < k->n_panes; i++)
		if (at[i].h > 0)
			draw_pane(s, pane_inside(p, at[i].x, at[i].y, at[i].w, at[i].h), (int)i);
}

int
frame_rows(const struct screen *s)
{
	return wide(s) ? 2 : 1;
}

void
stack_rows(int h, const struct stack *s, size_t n, int rows[])
{
	int used = 0, weights = 0, left;

	for (size_t i = 0; i < n; i++) {
		rows[i] = s[i].want;
		used += rows[i];
	}
	/* too much: what comes last gives first, down to its least and then altogether */
	for (size_t i = n; i-- > 0 && used > h;) {
		const int give = rows[i] - s[i].least < used - h ? rows[i] - s[i].least : used - h;

		rows[i] -= give > 0 ? give : 0;
		used -= give > 0 ? give : 0;
	}
	for (size_t i = n; i-- > 1 && used > h;) {
		used -= rows[i];
		rows[i] = 0;
	}
	if (n > 0 && used > h)
		rows[0] -= used - h;
	for (size_t i = 0; i < n; i++)
		weights += rows[i] > 0 ? s[i].weight : 0;
	left = h > used ? h - used : 0;
	for (size_t i = 0; i < n && weights > 0; i++) {
		if (rows[i] == 0 || s[i].weight == 0)
			continue;
		rows[i] += left * s[i].weight / weights;
		left -= left * s[i].weight / weights;
		weights -= s[i].weight;
	}
}

struct pane
pane_open(const struct screen *s, struct pane p, const char *title, const char *right)
{
	const bool focus = s->drawing == s->focus[s->page];
	char waits[64];

	if (focus && s->asked_ms > 0 && s->now - s->asked_ms >= MS_SECOND) {
		snprintf(waits, sizeof waits, "…%llds, Esc drops it", (long long)((s->now - s->asked_ms) / MS_SECOND));
		right = waits;
	}
	return pane_frame(p, title, right, wide(s), focus);
}

/* ---- from page to page ---- */

void
page_go(struct screen *s, enum page p)
{
	s->page = p;
	s->n_below = 0;
	s->zoom = false;
	memset(s->axis, 0, sizeof s->axis);
	s->input = p == PAGE_QUERY && s->query.text[0] == '\0' ? INPUT_QUERY : INPUT_NONE;
}

void
page_open(struct screen *s, enum page p)
{
	if (p == s->page)
		return;
	if (s->n_below == sizeof s->below / sizeof *s->below) {
		memmove(s->below, s->below + 1, sizeof s->below - sizeof *s->below);
		s->n_below--;
	}
	s->below[s->n_below++] = s->page;
	s->page = p;
	s->zoom = false;
	s->input = INPUT_NONE;
}

bool
page_back(struct screen *s)
{
	if (s->n_below == 0)
		return false;
	s->page = s->below[--s->n_below];
	s->zoom = false;
	return true;
}
