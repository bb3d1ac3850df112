/*
 * act_move.c -- keys that move: rows, panes, views, pages, problems, matches.
 */
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "screen.h"

static bool
is_any(const char *key, const char *a, const char *b)
{
	return strcmp(key, a) == 0 || strcmp(key, b) == 0;
}

static void
move(struct screen *s, long by)
{
	if (page_table(s) != TABLE_NONE)
		table_move(s, page_table(s), by);
}

void
act_down(struct screen *s, const char *key)
{
	(void)key;
	move(s, 1);
}

void
act_up(struct screen *s, const char *key)
{
	(void)key;
	move(s, -1);
}

void
act_first(struct screen *s, const char *key)
{
	(void)key;
	move(s, -1000000000);
}

void
act_last(struct screen *s, const char *key)
{
	(void)key;
	move(s, 1000000000);
}

/* Rows that the list shows. */
static long
shown(const struct screen *s)
{
	const struct cursor *c = page_table(s) != TABLE_NONE ? &s->cursor[page_table(s)] : NULL;

	return c != NULL && c->pane.h - c->head > 1 ? c->pane.h - c->head : 1;
}

void
act_half(struct screen *s, const char *key)
{
	const long by = (shown(s) + 1) / 2;

	move(s, strcmp(key, "C-u") == 0 ? -by : by);
}

void
act_page(struct screen *s, const char *key)
{
	move(s, strcmp(key, "PgUp") == 0 ? -shown(s) : shown(s));
}

void
act_view(struct screen *s, const char *key)
{
	if (key[0] >= '1' && key[0] < '1' + N_VIEWS)
		page_go(s, (enum page)(key[0] - '1'));
}

void
act_pane(struct screen *s, const char *key)
{
	page_focus(s, strcmp(key, "S-Tab") == 0 ? -1 : 1);
}

void
act_enter(struct screen *s, const char *key)
{
	const enum table t = page_table(s);
	const size_t row = t != TABLE_NONE ? table_at(s, t) : SIZE_MAX;

	(void)key;
	if (row == SIZE_MAX || table_kind(t)->open == NULL)
		return;
	table_go(s, t, s->cursor[t].at); /* what was opened stays chosen */
	table_kind(t)->open(s, row);
}

/* Out of one thing after another: a query that runs, the marks, the filter, the zoom, the page. */
void
act_back(struct screen *s, const char *key)
{
	const enum table t = page_table(s);

	(void)key;
	if (s->asked_ms > 0 && s->now - s->asked_ms >= 1000) {
		s->wish.interrupt = s->dropped = true;
		if (s->page == PAGE_QUERY)
			s->asked[0] = '\0'; /* the line is still there, to be made cheaper */
		say(s, s->page == PAGE_QUERY ? "dropped; i edits the query" : "dropped; any key asks again");
	} else if (t != TABLE_NONE && s->cursor[t].n_marked > 0) {
		table_unmark_all(s, t);
	} else if (!filter_is_empty(s->filter[s->page])) {
		filter_close(s->filter[s->page]);
		s->filter[s->page] = NULL;
	} else if (s->zoom) {
		s->zoom = false;
	} else if (!page_back(s) && s->page != PAGE_OVERVIEW) {
		page_go(s, PAGE_OVERVIEW);
	}
}

void
act_quit(struct screen *s, const char *key)
{
	if (strcmp(key, "C-c") == 0 || !page_back(s))
		s->quit = true;
}

void
act_zoom(struct screen *s, const char *key)
{
	(void)key;
	s->zoom = !s->zoom;
}

void
act_problem(struct screen *s, const char *key)
{
	const enum table t = page_table(s);
	const struct table_kind *k = t != TABLE_NONE ? table_kind(t) : NULL;
	const long by = is_any(key, "E", "C-p") ? -1 : 1;

	if (k == NULL || k->health == NULL)
		return;
	for (long i = (long)s->cursor[t].at + by; i >= 0 && i < (long)s->cursor[t].n; i += by)
		if (is_problem(k->health(s->snap, s->cursor[t].order[i]))) {
			table_go(s, t, (size_t)i);
			return;
		}
	say(s, "no %s problem", by > 0 ? "further" : "earlier");
}

static bool
row_matches(const struct screen *s, enum table t, size_t i, const struct filter *f)
{
	struct table_fields fields = {.n = 0};

	table_kind(t)->fields(s->snap, s->cursor[t].order[i], &fields);
	return filter_passes(f, fields.at, fields.n);
}

/* Round the whole list, from the row after the cursor on; without a text the next row is one. */
static void
find(struct screen *s, int by)
{
	const enum table t = page_table(s);
	struct filter *f;
	size_t n;

	if (t == TABLE_NONE || s->cursor[t].n == 0)
		return;
	if (s->page == PAGE_ALERT || s->page == PAGE_FEATURE || s->find[0] == '\0') {
		table_move(s, s->page == PAGE_ALERT ? TABLE_ALERTS : s->page == PAGE_FEATURE ? TABLE_FEATURES : t, by);
		return;
	}
	f = filter_open(s->find);
	n = s->cursor[t].n;
	for (size_t i = 1; i <= n; i++) {
		const size_t at = (s->cursor[t].at + (by > 0 ? i : n - i % n)) % n;

		if (row_matches(s, t, at, f)) {
			table_go(s, t, at);
			filter_close(f);
			return;
		}
	}
	filter_close(f);
	say(s, "'%.60s' is in no row", s->find);
}

void
act_find_next(struct screen *s, const char *key)
{
	(void)key;
	find(s, 1);
}

void
act_find_before(struct screen *s, const char *key)
{
	(void)key;
	find(s, -1);
}
