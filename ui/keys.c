/*
 * keys.c -- keys change the state of the screen. No key does harm: what others will notice asks first.
 */
#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "screen.h"
#include "take.h"

static const int64_t ranges[] = {5 * MS_MINUTE, 15 * MS_MINUTE, MS_HOUR,    6 * MS_HOUR,
				 MS_DAY,        3 * MS_DAY,     7 * MS_DAY, 30 * MS_DAY};

int
page_rows(const struct screen *s)
{
	const struct snapshot *n = s->snap;

	if (n == NULL)
		return 0;
	switch (s->page) {
	case PAGE_OVERVIEW:
	case PAGE_ALERTS:
	case PAGE_ALERT:
		return (int)n->o.n_alerts;
	case PAGE_MODELS:
		return (int)n->o.n_models;
	case PAGE_DRIFT:
	case PAGE_FEATURE:
		return (int)n->n_features;
	case PAGE_TARGETS:
		return (int)n->o.n_targets;
	case PAGE_LOGS:
		return (int)n->o.n_files;
	case PAGE_EVENTS:
		return (int)n->n_events;
	default:
		return 0;
	}
}

/* The page whose selection the keys move: that of an alert is its list's. */
static enum page
list_page(const struct screen *s)
{
	return s->page == PAGE_ALERT ? s->back : s->page == PAGE_FEATURE ? PAGE_DRIFT : s->page;
}

static void
select_row(struct screen *s, int i)
{
	const enum page page = list_page(s);
	const int n = page_rows(s), shown = s->grid->h > 12 ? s->grid->h - 10 : 2;

	if (i >= n)
		i = n - 1;
	if (i < 0)
		i = 0;
	s->sel[page] = i;
	if (i < s->top[page])
		s->top[page] = i;
	if (page == PAGE_DRIFT || page == PAGE_EVENTS || page == PAGE_TARGETS || page == PAGE_LOGS) {
		if (i >= s->top[page] + shown)
			s->top[page] = i - shown + 1;
	} else if (i < shown) {
		s->top[page] = 0;
	} else {
		s->top[page] = i - shown + 1;
	}
}

static void
act_down(struct screen *s, const char *key)
{
	(void)key;
	select_row(s, s->sel[list_page(s)] + 1);
}

static void
act_up(struct screen *s, const char *key)
{
	(void)key;
	select_row(s, s->sel[list_page(s)] - 1);
}

static void
act_first(struct screen *s, const char *key)
{
	(void)key;
	select_row(s, 0);
}

static void
act_last(struct screen *s, const char *key)
{
	(void)key;
	select_row(s, page_rows(s) - 1);
}

static void
act_half(struct screen *s, const char *key)
{
	const int by = s->grid->h / 2 - 2;

	select_row(s, s->sel[list_page(s)] + (strcmp(key, "C-d") == 0 || strcmp(key, "PgDn") == 0 ? by : -by));
}

static void
go(struct screen *s, enum page page)
{
	s->page = page;
	s->input = page == PAGE_QUERY && s->line[0] == '\0' ? INPUT_QUERY : INPUT_NONE;
	if (page != PAGE_QUERY)
		s->line[0] = '\0';
}

static void
act_view(struct screen *s, const char *key)
{
	go(s, (enum page)(key[0] - '1'));
}

static void
act_next_view(struct screen *s, const char *key)
{
	const int by = strcmp(key, "S-Tab") == 0 ? N_VIEWS - 1 : 1;

	if (s->page < N_VIEWS)
		go(s, (enum page)((s->page + (unsigned)by) % N_VIEWS));
}

static void
act_open(struct screen *s, const char *key)
{
	(void)key;
	switch (s->page) {
	case PAGE_OVERVIEW:
	case PAGE_ALERTS:
		if (page_rows(s) > 0) {
			s->back = s->page;
			s->page = PAGE_ALERT;
		}
		break;
	case PAGE_MODELS:
		go(s, PAGE_DRIFT);
		break;
	case PAGE_DRIFT:
		if (page_rows(s) > 0) {
			s->back = s->page;
			s->page = PAGE_FEATURE;
		}
		break;
	case PAGE_QUERY:
		s->input = INPUT_NONE;
		break;
	default:
		break;
	}
}

static void
act_back(struct screen *s, const char *key)
{
	(void)key;
	if (s->filter[0] != '\0')
		s->filter[0] = '\0';
	else if (s->page >= N_VIEWS)
		s->page = s->back;
	else if (s->page != PAGE_OVERVIEW)
		go(s, PAGE_OVERVIEW);
}

static void
act_quit(struct screen *s, const char *key)
{
	if (strcmp(key, "C-c") == 0 || s->page < N_VIEWS)
		s->quit = true;
	else
		s->page = s->back;
}

static void
act_filter(struct screen *s, const char *key)
{
	(void)key;
	s->input = INPUT_FILTER;
	snprintf(s->line, sizeof s->line, "%s", s->filter);
}

static void
act_command(struct screen *s, const char *key)
{
	(void)key;
	s->input = INPUT_COMMAND;
	s->line[0] = '\0';
}

static void
act_edit(struct screen *s, const char *key)
{
	(void)key;
	if (s->page == PAGE_QUERY)
		s->input = INPUT_QUERY;
}

static void
act_time(struct screen *s, const char *key)
{
	const int64_t by = key[0] == '[' || key[0] == ']' ? s->range_ms / 2 : s->range_ms;
	const int64_t end = s->end_ms != 0 ? s->end_ms : s->now;

	s->end_ms = key[0] == '[' || key[0] == '{' ? end - by : end + by;
	if (s->end_ms >= s->now)
		s->end_ms = 0;
}

static void
act_range(struct screen *s, const char *key)
{
	size_t i = 0;

	while (i + 1 < sizeof ranges / sizeof *ranges && ranges[i] < s->range_ms)
		i++;
	if (key[0] == '-' && i + 1 < sizeof ranges / sizeof *ranges)
		s->range_ms = ranges[i + 1];
	else if (key[0] == '+' && i > 0)
		s->range_ms = ranges[i - 1];
}

static void
act_now(struct screen *s, const char *key)
{
	(void)key;
	s->end_ms = 0;
}

static void
act_pause(struct screen *s, const char *key)
{
	(void)key;
	s->paused = !s->paused;
	s->held = 0;
}

static void
act_utc(struct screen *s, const char *key)
{
	(void)key;
	s->utc = !s->utc;
}

static void
act_help(struct screen *s, const char *key)
{
	(void)key;
	if (s->page != PAGE_HELP)
		s->back = s->page;
	s->page = PAGE_HELP;
}

static void
act_next_alert(struct screen *s, const char *key)
{
	if (s->page == PAGE_ALERT)
		select_row(s, s->sel[s->back] + (key[0] == 'n' ? 1 : -1));
}

/* What others will notice opens a form with the focus on Cancel. */
static void
act_people(struct screen *s, const char *key)
{
	const bool here = s->page == PAGE_OVERVIEW || s->page == PAGE_ALERTS || s->page == PAGE_ALERT;
	const enum form_kind kind = key[0] == 'a' || strcmp(key, "F7") == 0 ? FORM_ACK
				    : key[0] == 'U'                         ? FORM_TAKE_BACK
									    : FORM_SILENCE;

	form_open(s, kind, here ? selected_alert(s) : NULL);
}

const char *const theme_word[N_THEMES] = {"dark", "light", "colourblind", "mono"};

enum health
row_health(const struct screen *s, int i)
{
	const struct snapshot *n = s->snap;

	switch (s->page) {
	case PAGE_OVERVIEW:
	case PAGE_ALERTS:
	case PAGE_ALERT:
		return n->o.alerts[i].health;
	case PAGE_MODELS:
		return n->o.models[i].health;
	case PAGE_DRIFT:
	case PAGE_FEATURE:
		return n->features[i].health;
	case PAGE_TARGETS:
		return n->o.targets[i].health;
	case PAGE_LOGS:
		return n->o.files[i].health;
	case PAGE_EVENTS:
		return n->events[i].health;
	default:
		return HEALTH_OK;
	}
}

static void
act_next_problem(struct screen *s, const char *key)
{
	const int n = page_rows(s), by = key[0] == 'e' ? 1 : -1;

	for (int i = s->sel[list_page(s)] + by; i >= 0 && i < n; i += by) {
		const enum health h = row_health(s, i);

		if (h != HEALTH_OK && h != HEALTH_UNKNOWN && h != HEALTH_MUTED) {
			select_row(s, i);
			return;
		}
	}
	snprintf(s->hint, sizeof s->hint, "no %s problem", by > 0 ? "further" : "earlier");
}

static void
act_problems(struct screen *s, const char *key)
{
	(void)key;
	s->problems = !s->problems;
	snprintf(s->hint, sizeof s->hint, s->problems ? "problems only, f shows all" : "all rows");
}

static void
act_zoom(struct screen *s, const char *key)
{
	(void)key;
	s->zoom = !s->zoom;
}

/* The time cursor of the heat map. */
static void
act_column(struct screen *s, const char *key)
{
	const int n =
	    s->page == PAGE_DRIFT && s->snap != NULL && s->snap->n_features > 0 ? (int)s->snap->features[0].n_cells : 0;
	const bool left = key[0] == 'h' || strcmp(key, "Left") == 0;

	if (left && s->col < n)
		s->col++;
	else if (!left && s->col > 0)
		s->col--;
}

static void
act_copy(struct screen *s, const char *key)
{
	if (key[0] == 'u' || key[0] == 'o')
		screen_take_link(s, key[0] == 'u');
	else
		screen_take_row(s, key[0] == 'Y');
}

static void
act_theme(struct screen *s, const char *key)
{
	(void)key;
	s->theme = (s->theme + 1) % N_THEMES;
	snprintf(s->hint, sizeof s->hint, "theme: %s", theme_word[s->theme]);
}

static void
act_setup(struct screen *s, const char *key)
{
	snprintf(s->hint, sizeof s->hint, "%s",
		 strcmp(key, "F2") == 0 ? "t theme   :glyphs   + - range   T time zone: remembered in top.yml"
					: "every list is sorted worst first; f shows problems only");
}

static const struct key_row rows[] = {
    {"j Down", act_down, "down", "j k  arrows", "row"},
    {"k Up", act_up, "up", NULL, NULL},
    {"g Home", act_first, "first", "g G  Home End", "first, last"},
    {"G End", act_last, "last", NULL, NULL},
    {"C-d C-u PgDn PgUp", act_half, "page", "Ctrl-D Ctrl-U", "half a page"},
    {"1 2 3 4 5 6 7 8 9", act_view, "view", "1 to 9", "view"},
    {"Tab S-Tab", act_next_view, "next-view", "Tab  Shift-Tab", "next, previous view"},
    {"Enter", act_open, "open", "Enter", "open what is selected"},
    {"Esc Backspace", act_back, "back", "Esc  Backspace", "back; drop the filter"},
    {"n N", act_next_alert, "next-alert", "n N", "next, previous alert"},
    {"/ F4 F3", act_filter, "filter", "/  F4", "filter rows: words, !word"},
    {"[ ] { }", act_time, "time", "[ ]  { }", "half a window, a whole one, back and forward"},
    {"+ - =", act_range, "range", "+ -", "shorter, longer (5m to 30d)"},
    {"0", act_now, "now", "0", "back to now"},
    {": F5", act_command, "command", ":  F5", "commands: range 6h, goto 02:36, write FILE, glyphs ascii"},
    {"p F9", act_pause, "pause", "p  F9", "pause, go on"},
    {"T", act_utc, "utc", "T", "local time or UTC"},
    {"a S U F7 F8", act_people, "people", "a F7   S F8   U", "acknowledge; silence; take back"},
    {"h l Left Right", act_column, "column", "h l", "drift: back and forward in time"},
    {"z", act_zoom, "zoom", "z", "this list alone"},
    {"e E", act_next_problem, "next-problem", "e E", "next, previous problem"},
    {"f", act_problems, "problems", "f", "problems only"},
    {"y Y u o", act_copy, "copy", "y Y   u o", "copy the row, as JSON; copy, show the runbook"},
    {"t", act_theme, "theme", "t", "theme: dark, light, colourblind, mono"},
    {"F2 F6 s", act_setup, "setup", NULL, NULL},
    {"i", act_edit, "edit", "i", "edit the query"},
    {"? F1", act_help, "help", "?  F1", "this help"},
    {"q F10 C-c", act_quit, "quit", "q  F10  Ctrl-C", "back or quit; quit"},
};

const struct key_row *
key_rows(size_t *n)
{
	*n = sizeof rows / sizeof *rows;
	return rows;
}

static bool
names(const char *keys, const char *key)
{
	const size_t n = strlen(key);

	while (*keys != '\0') {
		const size_t k = strcspn(keys, " ");

		if (k == n && strncmp(keys, key, n) == 0)
			return true;
		keys += k + (keys[k] == ' ');
	}
	return false;
}

/* ---- the lines that are typed ---- */

/* By name, or one step down for a font that lacks what is used. */
static void
set_glyphs(struct screen *s, const char *name)
{
	static const char *const words[] = {"braille", "block", "ascii"};
	int next = s->grid->glyphs < GLYPHS_ASCII ? (int)s->grid->glyphs + 1 : GLYPHS_BRAILLE;

	for (int i = 0; i < 3; i++)
		if (strcmp(words[i], name) == 0)
			next = i;
	s->grid->glyphs = (enum glyphs)next;
	snprintf(s->hint, sizeof s->hint, "glyphs: %s", words[next]);
}

static void
run_command(struct screen *s, const char *line)
{
	struct err;
	int64_t ms;

	if (strncmp(line, "range ", 6) == 0 && duration_parse(line + 6, &ms) == 0 && ms > 0)
		s->range_ms = ms;
	else if (strncmp(line, "goto ", 5) == 0 && time_parse(line + 5, s->now, &ms, NULL) == 0)
		s->end_ms = ms + s->range_ms / 2 < s->now ? ms + s->range_ms / 2 : 0;
	else if (strncmp(line, "write ", 6) == 0 && line[6] != '\0')
		screen_take_file(s, line + 6);
	else if (strncmp(line, "glyphs", 6) == 0)
		set_glyphs(s, line[6] == ' ' ? line + 7 : "");
	else if (strcmp(line, "q") == 0 || strcmp(line, "quit") == 0)
		s->quit = true;
	else
		snprintf(s->hint, sizeof s->hint,
			 "unknown command '%.60s': range 6h, goto 02:36, write FILE, glyphs ascii, quit", line);
}

static void
line_key(struct screen *s, const char *key)
{
	const size_t n = strlen(s->line);

	if (strcmp(key, "Esc") == 0 || strcmp(key, "C-c") == 0) {
		if (s->input == INPUT_FILTER)
			s->filter[0] = '\0';
		s->input = INPUT_NONE;
	} else if (strcmp(key, "Enter") == 0) {
		if (s->input == INPUT_COMMAND)
			run_command(s, s->line);
		s->input = INPUT_NONE;
	} else if (strcmp(key, "Backspace") == 0) {
		size_t end = n;

		while (end > 0 && ((unsigned char)s->line[end - 1] & 0xc0) == 0x80)
			end--;
		s->line[end > 0 ? end - 1 : 0] = '\0';
	} else if (strcmp(key, "C-u") == 0) {
		s->line[0] = '\0';
	} else if (strcmp(key, "Space") == 0 || key[1] == '\0' || (unsigned char)key[0] >= 0x80) {
		const char *add = strcmp(key, "Space") == 0 ? " " : key;

		if (n + strlen(add) + 1 < sizeof s->line)
			memcpy(s->line + n, add, strlen(add) + 1);
	}
	if (s->input == INPUT_FILTER)
		snprintf(s->filter, sizeof s->filter, "%.*s", (int)sizeof s->filter - 1, s->line);
}

static void
help_key(struct screen *s, const char *key)
{
	int *top = &s->top[PAGE_HELP]; /* drawing keeps it in bounds */

	if (strcmp(key, "j") == 0 || strcmp(key, "Down") == 0 || strcmp(key, "PgDn") == 0)
		*top += *top < 100;
	else if (strcmp(key, "k") == 0 || strcmp(key, "Up") == 0 || strcmp(key, "PgUp") == 0)
		*top -= *top > 0;
	else {
		s->page = s->back;
		*top = 0;
	}
}

void
screen_key(struct screen *s, const char *key)
{
	s->hint[0] = '\0';
	if (s->form.kind != FORM_NONE) {
		form_key(s, key);
		return;
	}
	if (s->input != INPUT_NONE) {
		line_key(s, key);
		return;
	}
	if (s->page == PAGE_HELP && strcmp(key, "C-c") != 0) {
		help_key(s, key);
		return;
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (names(rows[i].keys, key)) {
			rows[i].act(s, key);
			return;
		}
	snprintf(s->hint, sizeof s->hint, "unknown key '%.20s', ? shows all", key);
}

void
screen_open(struct screen *s, struct grid *g)
{
	*s = (struct screen){.grid = g, .range_ms = MS_HOUR};
}

void
screen_close(struct screen *s)
{
	free(s->copy);
	s->copy = NULL;
}

void
screen_request(const struct screen *s, struct request *q)
{
	const struct view_alert *a = selected_alert(s);
	const struct view_model *m = NULL;

	*q = (struct request){
	    .page = s->page == PAGE_HELP ? s->back : s->page, .at = s->end_ms, .range_ms = s->range_ms};
	if (s->snap != NULL && s->snap->o.n_models > 0) {
		const int i = s->sel[PAGE_MODELS];

		if (i > 0 && i < (int)s->snap->o.n_models)
			m = &s->snap->o.models[i];
		if (s->page == PAGE_OVERVIEW || s->page == PAGE_ALERT)
			for (size_t k = 0; a != NULL && k < s->snap->o.n_models; k++)
				if (strcmp(s->snap->o.models[k].model, a->model) == 0) {
					m = &s->snap->o.models[k];
					break;
				}
	}
	if (m != NULL) {
		snprintf(q->model, sizeof q->model, "%s", m->model);
		snprintf(q->version, sizeof q->version, "%s", m->version);
	}
	if (a != NULL)
		snprintf(q->alert, sizeof q->alert, "%s", a->fingerprint);
	if (s->snap != NULL && s->sel[PAGE_DRIFT] < (int)s->snap->n_features && s->sel[PAGE_DRIFT] >= 0 &&
	    s->snap->n_features > 0)
		snprintf(q->feature, sizeof q->feature, "%s", s->snap->features[s->sel[PAGE_DRIFT]].name);
	if (s->page == PAGE_QUERY && s->input == INPUT_NONE)
		snprintf(q->query, sizeof q->query, "%s", s->line);
}
