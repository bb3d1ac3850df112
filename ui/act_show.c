/*
 * act_show.c -- keys that change what is shown and how: filter, sorting, time, statistic, theme, help.
 */
#include <stdio.h>
#include <string.h>

#include "drift_panes.h"
#include "keys.h"
#include "mlwatch/clock.h"
#include "screen.h"

const char *const theme_word[N_THEMES] = {"dark", "light", "colourblind", "mono"};

void
act_filter(struct screen *s, const char *key)
{
	(void)key;
	s->input = INPUT_FILTER;
	line_set(&s->line, filter_text(s->filter[s->page]));
}

void
act_find(struct screen *s, const char *key)
{
	(void)key;
	s->input = INPUT_FIND;
	line_set(&s->line, "");
}

void
act_command(struct screen *s, const char *key)
{
	(void)key;
	s->input = INPUT_COMMAND;
	s->completion = 0;
	line_set(&s->line, "");
}

void
act_edit(struct screen *s, const char *key)
{
	(void)key;
	s->input = INPUT_QUERY;
	s->focus[PAGE_QUERY] = 0; /* where it is typed */
	s->completion = 0;
}

void
act_sort(struct screen *s, const char *key)
{
	(void)key;
	menu_open(s, MENU_SORT);
}

void
act_reverse(struct screen *s, const char *key)
{
	(void)key;
	if (page_table(s) != TABLE_NONE)
		s->cursor[page_table(s)].reverse ^= true;
}

void
act_problems(struct screen *s, const char *key)
{
	(void)key;
	s->problems = !s->problems;
	say(s, "%s", s->problems ? "problems only, f shows all" : "all rows");
}

/* ---- time ---- */

static const int64_t ranges[] = {5 * MS_MINUTE, 15 * MS_MINUTE, MS_HOUR,    6 * MS_HOUR,
				 MS_DAY,        3 * MS_DAY,     7 * MS_DAY, 30 * MS_DAY};

void
act_time(struct screen *s, const char *key)
{
	const bool half = strchr("{}", key[0]) == NULL, back = strchr("[{", key[0]) != NULL;
	const int64_t by = half ? s->set.range_ms / 2 : s->set.range_ms;
	const int64_t end = s->end_ms != 0 ? s->end_ms : s->now;

	s->end_ms = back ? end - by : end + by;
	if (s->end_ms >= s->now || s->end_ms <= 0)
		s->end_ms = 0;
}

void
act_range(struct screen *s, const char *key)
{
	const size_t n = sizeof ranges / sizeof *ranges;
	size_t i = 0;

	while (i + 1 < n && ranges[i] < s->set.range_ms)
		i++;
	if (key[0] == '-' && i + 1 < n)
		s->set.range_ms = ranges[i] > s->set.range_ms ? ranges[i] : ranges[i + 1];
	else if (key[0] != '-' && i > 0)
		s->set.range_ms = ranges[i - 1];
	s->wish.remember = true;
}

void
act_now(struct screen *s, const char *key)
{
	(void)key;
	s->end_ms = 0;
	memset(s->axis, 0, sizeof s->axis);
}

void
act_range_menu(struct screen *s, const char *key)
{
	(void)key;
	menu_open(s, MENU_RANGE);
}

void
act_pause(struct screen *s, const char *key)
{
	(void)key;
	s->paused = !s->paused;
	s->held = 0;
	if (!s->paused && s->live != NULL)
		screen_take(s, s->live);
}

/* The time cursor of the heat map. */
void
act_column(struct screen *s, const char *key)
{
	const struct part_heat *heat = s->snap != NULL ? s->snap->heat : NULL;
	const bool left = strcmp(key, "h") == 0 || strcmp(key, "Left") == 0;

	if (s->page != PAGE_DRIFT || heat == NULL || heat->n_cells == 0)
		return;
	const int64_t at = heat_cell(heat, s->cursor_ms) < 0 ? heat->span.to : s->cursor_ms;
	const int64_t next = left ? at - heat->width_ms : at + heat->width_ms;
	if (next >= heat->span.to)
		s->cursor_ms = 0;
	else if (next >= heat->span.from)
		s->cursor_ms = next;
}

/* ---- drift ---- */

void
act_statistic(struct screen *s, const char *key)
{
	(void)key;
	if (s->page == PAGE_MODELS)
		s->versions_apart = !s->versions_apart;
	else
		s->statistic = (s->statistic + 1) % N_STATISTICS;
}

void
act_baseline(struct screen *s, const char *key)
{
	(void)key;
	if (s->page == PAGE_MODELS)
		s->behind_week = !s->behind_week;
	else
		s->baseline = (s->baseline + 1) % N_BASELINES;
}

/* The next longer one, after the longest the shortest; that of the rules is among them, and is followed when they change it. */
void
act_window(struct screen *s, const char *key)
{
	static const int64_t windows[] = {MS_MINUTE, 5 * MS_MINUTE, 15 * MS_MINUTE, MS_HOUR, 6 * MS_HOUR, MS_DAY};
	const int64_t shown = s->drift_window_ms > 0 ? s->drift_window_ms : now_window(s);
	size_t i = 0;

	(void)key;
	if (s->drift_window_ms == 0)
		s->rules_window_ms = shown;
	while (i < sizeof windows / sizeof *windows && windows[i] <= shown)
		i++;
	s->drift_window_ms = windows[i % (sizeof windows / sizeof *windows)];
	if (s->rules_window_ms > shown && s->rules_window_ms <= s->drift_window_ms)
		s->drift_window_ms = 0;
}

/* ---- looks ---- */

void
act_theme(struct screen *s, const char *key)
{
	(void)key;
	s->set.theme = (s->set.theme + 1) % N_THEMES;
	s->wish.remember = true;
	say(s, "theme: %s", theme_word[s->set.theme]);
}

void
act_utc(struct screen *s, const char *key)
{
	(void)key;
	s->set.utc = !s->set.utc;
	s->wish.remember = true;
}

void
act_mouse(struct screen *s, const char *key)
{
	(void)key;
	s->set.mouse = !s->set.mouse;
	s->wish.remember = true;
	say(s, "%s", s->set.mouse ? "mouse on: click selects, double opens" : "mouse off");
}

void
act_setup(struct screen *s, const char *key)
{
	(void)key;
	menu_open(s, MENU_SETUP);
}

void
act_redraw(struct screen *s, const char *key)
{
	(void)key;
	s->wish.redraw = s->wish.read_again = true;
}

void
act_help(struct screen *s, const char *key)
{
	(void)key;
	s->help_top = 0;
	page_open(s, PAGE_HELP);
}
