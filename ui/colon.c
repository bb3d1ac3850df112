/*
 * colon.c -- the lines that are typed: a filter as it is typed, a text to find, a command with completion. The query line: complete.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complete.h"
#include "keys.h"
#include "mlwatch/clock.h"
#include "mlwatch/suggest.h"
#include "screen.h"
#include "take.h"

#define RANGE_MAX (400 * MS_DAY)

typedef void command_fn(struct screen *s, const char *rest);

/* A clock time is one of the clock that is shown, and not of the future: the last time that it was so late. 0, or -1. */
static int
shown_time(const struct screen *s, const char *text, int64_t *t)
{
	const int64_t local = s->now + zone_ms(s), day = local - local % MS_DAY - zone_ms(s);
	int h, m, sec = 0, end = 0;

	if (sscanf(text, "%2d:%2d%n:%2d%n", &h, &m, &end, &sec, &end) < 2 || text[end] != '\0')
		return time_parse(text, s->now, t, NULL);
	if (h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 59)
		return -1;
	*t = day + h * MS_HOUR + m * MS_MINUTE + sec * MS_SECOND;
	if (*t > s->now)
		*t -= MS_DAY;
	return 0;
}

/* Two times, the second not before the first: "23:00 01:00" ends a day later. What is not over yet ends now. */
static bool
read_times(const struct screen *s, const char *text, int64_t *from, int64_t *to)
{
	char from_text[64], to_text[64];

	if (sscanf(text, "%63s %63s", from_text, to_text) != 2 || shown_time(s, from_text, from) < 0 ||
	    shown_time(s, to_text, to) < 0)
		return false;
	if (*to<*from && * to + MS_DAY> s->now)
		*to += MS_DAY;
	return *to > *from && *to - *from <= RANGE_MAX;
}

/* "6h", or two times. */
static void
do_range(struct screen *s, const char *rest)
{
	int64_t ms, from, to;

	if (duration_parse(rest, &ms) == 0 && ms >= MS_SECOND && ms <= RANGE_MAX) {
		s->set.range_ms = ms;
		s->end_ms = 0;
		s->wish.remember = true;
	} else if (read_times(s, rest, &from, &to)) {
		s->set.range_ms = to - from;
		s->end_ms = to < s->now ? to : 0;
	} else {
		say(s, "not a range: '%.60s': 5m, 6h, 30d, or two times, 02:00 03:15", rest);
	}
}

/* The time in the middle of the range. */
static void
do_goto(struct screen *s, const char *rest)
{
	int64_t t;

	if (shown_time(s, rest, &t) < 0)
		say(s, "not a time: '%.60s': 02:36, -2h, 2026-11-20T02:36:00Z", rest);
	else
		s->end_ms = t + s->set.range_ms / 2 < s->now ? t + s->set.range_ms / 2 : 0;
}

static void
do_write(struct screen *s, const char *rest)
{
	if (rest[0] == '\0')
		say(s, "write where? :write FILE");
	else
		screen_take_file(s, rest);
}

/* By name, or one step down for a font that lacks what is used. */
static void
do_glyphs(struct screen *s, const char *rest)
{
	int next = s->grid->glyphs < GLYPHS_ASCII ? (int)s->grid->glyphs + 1 : GLYPHS_BRAILLE;

	for (int i = 0; i < N_GLYPHS; i++)
		if (strcmp(glyphs_word[i], rest) == 0)
			next = i;
	s->set.glyphs = next;
	s->grid->glyphs = (enum glyphs)next;
	s->wish.remember = true;
	say(s, "glyphs: %s", glyphs_word[next]);
}

static void
do_theme(struct screen *s, const char *rest)
{
	for (int i = 0; i < N_THEMES; i++)
		if (strcmp(theme_word[i], rest) == 0) {
			s->set.theme = i;
			s->wish.remember = true;
			return;
		}
	say(s, "no theme '%.40s': dark, light, colourblind, mono", rest);
}

static void
do_view(struct screen *s, const char *rest)
{
	enum page p;

	if (page_by_name(rest, &p) && p < N_VIEWS)
		page_go(s, p);
	else
		say(s, "no view '%.40s'", rest);
}

static void
deed(struct screen *s, enum deed_kind kind, const char *missing, const char *rest)
{
	if (s->read_only) {
		say(s, "%s", s->read_only_why != NULL ? s->read_only_why : "off: --readonly");
	} else if (rest[0] == '\0') {
		say(s, "%s", missing);
	} else {
		s->deed = (struct deed){.kind = kind, .now = s->now};
		snprintf(s->deed.about, sizeof s->deed.about, "%.150s", rest);
		if (kind == DEED_NOTE)
			snprintf(s->deed.comment, sizeof s->deed.comment, "%.255s", rest);
		else
			snprintf(s->deed.subject, sizeof s->deed.subject, "%.159s", rest);
	}
}

static void
do_note(struct screen *s, const char *rest)
{
	deed(s, DEED_NOTE, "note what? :note TEXT", rest);
}

static void
do_test(struct screen *s, const char *rest)
{
	deed(s, DEED_TEST, "to whom? :test RECEIVER", rest);
}

static void
do_sort(struct screen *s, const char *rest)
{
	const enum table t = page_table(s);
	const int column = t != TABLE_NONE ? table_sort_column(s, t, rest) : -1;

	if (column < 0 && rest[0] != '\0') {
		say(s, "nothing to sort by called '%.40s' here", rest);
		return;
	}
	if (t != TABLE_NONE)
		s->cursor[t].sort = column;
	s->wish.remember = true;
}

static void
do_quit(struct screen *s, const char *rest)
{
	(void)rest;
	s->quit = true;
}

static const struct {
	const char *name;
	command_fn *run;
	const char *words; /* of its argument, for completion, separated by blanks */
	const char *help;
} commands[] = {
    {"range", do_range, "5m 15m 1h 6h 24h 3d 7d 30d", "range 6h, range 02:00 03:15"},
    {"goto", do_goto, "now -1h -6h -1d", "goto 02:36"},
    {"write", do_write, NULL, "write FILE"},
    {"note", do_note, NULL, "note TEXT"},
    {"test", do_test, NULL, "test RECEIVER"},
    {"view", do_view, "overview alerts models drift targets logs notify events query", "view alerts"},
    {"sort", do_sort, NULL, "sort COLUMN"},
    {"theme", do_theme, "dark light colourblind mono", "theme light"},
    {"glyphs", do_glyphs, "braille block ascii", "glyphs ascii"},
    {"quit", do_quit, NULL, "quit"},
    {"q", do_quit, NULL, NULL},
};
#define N_COMMANDS (sizeof commands / sizeof *commands)

void
colon_do(struct screen *s, const char *line)
{
	const char *near;
	const size_t n = strcspn(line, " ");
	char word[32];

	if (line[0] == '\0')
		return;
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strlen(commands[i].name) == n && strncmp(commands[i].name, line, n) == 0) {
			commands[i].run(s, line + n + strspn(line + n, " "));
			return;
		}
	snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), line);
	near = suggest(word, &commands[0].name, N_COMMANDS, sizeof *commands);
	if (near != NULL)
		say(s, "unknown command '%s', did you mean '%s'?", word, near);
	else
		say(s, "unknown command '%s', Tab shows all", word);
}

/* ---- completion of a command ---- */

struct candidates {
	const char *at[64];
	size_t n;
	char *copy; /* of words, owned */
};

static void
split(struct candidates *c, const char *words)
{
	char *rest, *word;

	c->copy = rest = strdup(words);
	while (rest != NULL && (word = strsep(&rest, " ")) != NULL && c->n < 64)
		c->at[c->n++] = word;
}

/* A receiver has a row for each kind of its integrations. */
static void
add_once(struct candidates *c, const char *word)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->at[i], word) == 0)
			return;
	c->at[c->n++] = word;
}

static void
arguments(const struct screen *s, const char *line, size_t n, struct candidates *c)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strlen(commands[i].name) == n && strncmp(commands[i].name, line, n) == 0 &&
		    commands[i].words != NULL)
			split(c, commands[i].words);
	if (n == 4 && strncmp(line, "test", n) == 0 && s->snap != NULL && s->snap->notify != NULL)
		for (size_t i = 0; i < s->snap->notify->box.n_receivers && c->n < 64; i++)
			add_once(c, s->snap->notify->box.receivers[i].name);
	if (n == 4 && strncmp(line, "sort", n) == 0 && page_table(s) != TABLE_NONE) {
		const struct columns *cols = &table_kind(page_table(s))->wide;

		for (size_t i = 0; i < cols->n && c->n < 64; i++)
			if (cols->at[i].title != NULL &&
			    table_sort_column(s, page_table(s), cols->at[i].title) == (int)i)
				c->at[c->n++] = cols->at[i].title;
	}
}

/* What cannot be listed is shown by an example. */
static void
show_usage(struct screen *s, const char *line, size_t n)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (commands[i].help != NULL && strlen(commands[i].name) == n &&
		    strncmp(commands[i].name, line, n) == 0)
			say(s, "%s", commands[i].help);
}

static void
complete_command(struct screen *s)
{
	const char *line = s->line.text;
	const size_t n = strcspn(line, " ");
	struct candidates c = {.n = 0};

	if (line[n] == '\0') {
		for (size_t i = 0; i < N_COMMANDS; i++)
			if (commands[i].help != NULL)
				c.at[c.n++] = commands[i].name;
		complete_word(s, &s->line, 0, c.at, c.n);
	} else {
		arguments(s, line, n, &c);
		complete_word(s, &s->line, n + 1, c.at, c.n);
		if (c.n == 0)
			show_usage(s, line, n);
	}
	free(c.copy);
}

/* ---- typing ---- */

static void
set_filter(struct screen *s, const char *text)
{
	filter_close(s->filter[s->page]);
	s->filter[s->page] = text[0] != '\0' ? filter_open(text) : NULL;
}

static void
leave(struct screen *s)
{
	if (s->input == INPUT_FILTER)
		set_filter(s, "");
	s->input = INPUT_NONE;
}

static void
enter(struct screen *s)
{
	const enum input was = s->input;

	s->input = INPUT_NONE;
	if (was == INPUT_COMMAND) {
		history_add(&s->commands, s->line.text);
		colon_do(s, s->line.text);
	} else if (was == INPUT_FIND) {
		snprintf(s->find, sizeof s->find, "%.255s", s->line.text);
		act_find_next(s, "n");
	} else if (was == INPUT_QUERY) {
		query_enter(s);
	}
}

bool
line_typed(struct screen *s, const char *key)
{
	struct line *l = s->input == INPUT_QUERY ? &s->query : &s->line;

	if (strcmp(key, "Esc") == 0 || strcmp(key, "C-c") == 0) {
		leave(s);
	} else if (strcmp(key, "Enter") == 0) {
		enter(s);
	} else if (strcmp(key, "Tab") == 0 && s->input == INPUT_COMMAND) {
		complete_command(s);
	} else if (strcmp(key, "Tab") == 0 && s->input == INPUT_QUERY) {
		complete_query(s);
	} else {
		s->completion = 0;
		if (s->input == INPUT_COMMAND && history_key(&s->commands, l, key))
			return true;
		if (s->input == INPUT_QUERY && history_key(&s->queries, l, key))
			return true;
		if (!line_key(l, key))
			return s->input != INPUT_QUERY;
		if (s->input == INPUT_FILTER)
			set_filter(s, l->text);
	}
	return true;
}
