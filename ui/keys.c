/*
 * keys.c -- the key table, and what finds its way to it. No key does harm: what others will notice asks first.
 */
#include "keys.h"

#include <stdio.h>
#include <string.h>

#include "screen.h"

#define ON(page) (1u << PAGE_##page)

const char *const key_group_title[N_KEY_GROUPS] = {"MOVE",      "FIND",     "TIME",     "ACT (ALWAYS ASKS FIRST)",
						   "TAKE AWAY", "TERMINAL", "THIS VIEW"};

static const struct key_row rows[] = {
    {"j Down", act_down, "down", KEYS_MOVE, 0, "j k  arrows", "row", NULL},
    {"k Up", act_up, "up", KEYS_MOVE, 0, NULL, NULL, NULL},
    {"h l Left Right", act_column, "column", KEYS_MOVE, 0, "h l  arrows", "column, or the time cursor", NULL},
    {"g Home", act_first, "first", KEYS_MOVE, 0, "g G  Home End", "first, last", NULL},
    {"G End", act_last, "last", KEYS_MOVE, 0, NULL, NULL, NULL},
    {"C-d C-u", act_half, "half", KEYS_MOVE, 0, "Ctrl-D Ctrl-U", "half a page", NULL},
    {"PgDn PgUp", act_page, "page", KEYS_MOVE, 0, "PgDn PgUp", "a page", NULL},
    {"Tab S-Tab", act_pane, "pane", KEYS_MOVE, 0, "Tab  Shift-Tab", "next, previous pane", NULL},
    {"1 2 3 4 5 6 7 8 9", act_view, "view", KEYS_MOVE, 0, "1 to 9", "view", NULL},
    {"Enter", act_enter, "open", KEYS_MOVE, 0, "Enter", "open what is selected", NULL},
    {"Esc Backspace", act_back, "back", KEYS_MOVE, 0, "Esc  Backspace", "back", NULL},
    {"z", act_zoom, "zoom", KEYS_MOVE, 0, "z", "this pane alone, and back", "this pane alone"},
    {"e E", act_problem, "problem", KEYS_MOVE, 0, "e E", "next, previous problem", NULL},

    {"/ F4", act_filter, "filter", KEYS_FIND, 0, "/  F4", "filter rows: text, !text, /regex/, key=value",
     "filter: text, !text, /regex/, key=value"},
    {"F3", act_find, "find", KEYS_FIND, 0, "F3   n N", "find; next, previous match or alert", NULL},
    {"n", act_find_next, "next-match", KEYS_FIND, 0, NULL, NULL, NULL},
    {"N", act_find_before, "previous-match", KEYS_FIND, 0, NULL, NULL, NULL},
    {"s F6", act_sort, "sort", KEYS_FIND, 0, "s  F6     I", "sort by, reverse", NULL},
    {"I", act_reverse, "reverse", KEYS_FIND, 0, NULL, NULL, NULL},
    {"f", act_problems, "problems", KEYS_FIND, 0, "f", "problems only", NULL},
    {"", act_back, "drop-filter", KEYS_FIND, 0, "Esc", "drop the filter", NULL},

    {"[ ]", act_time, "half-window", KEYS_TIME, 0, "[ ]", "half a window back, forward", NULL},
    {"{ }", act_time, "window", KEYS_TIME, 0, "{ }", "a whole window", NULL},
    {"+ - =", act_range, "range", KEYS_TIME, 0, "+ -", "shorter, longer (5m to 30d)", NULL},
    {"0", act_now, "now", KEYS_TIME, 0, "0", "back to now", NULL},
    {"F5", act_range_menu, "choose-range", KEYS_TIME, 0, "F5  :range 6h", "choose a window or two times", NULL},
    {"p F9", act_pause, "pause", KEYS_TIME, 0, "p  F9", "pause, go on", NULL},
    {"T", act_utc, "utc", KEYS_TIME, 0, "T", "local time or UTC", NULL},

    {"a F7", act_ack, "acknowledge", KEYS_ACT, 0, "a  F7", "acknowledge: I am on it", NULL},
    {"S F8", act_silence, "silence", KEYS_ACT, 0, "S  F8", "silence", NULL},
    {"L", act_renew, "renew", KEYS_ACT, 0, "L", "make a silence last longer", NULL},
    {"U", act_take_back, "take-back", KEYS_ACT, 0, "U", "take back an ack or a silence", NULL},
    {"Space", act_mark, "mark", KEYS_ACT, 0, "Space", "mark several", NULL},

    {"y", act_copy, "copy", KEYS_TAKE, 0, "y  Y", "copy the row as text, as JSON", "copy row, JSON"},
    {"Y", act_copy_json, "copy-json", KEYS_TAKE, 0, NULL, NULL, NULL},
    {"u", act_copy_link, "copy-link", KEYS_TAKE, 0, "u", "copy the runbook link", NULL},
    {"o", act_show_link, "show-link", KEYS_TAKE, 0, "o", "show the runbook link alone", NULL},
    {"c", act_plain, "plain", KEYS_TAKE, 0, "c", "copy mode: plain text, no frames", NULL},
    {":", act_command, "command", KEYS_TAKE, 0, ":write FILE", "this view as text", NULL},

    {"m", act_mouse, "mouse", KEYS_TERMINAL, 0, "m", "mouse on or off", NULL},
    {"t", act_theme, "theme", KEYS_TERMINAL, 0, "t", "theme: dark, light, colourblind, mono", NULL},
    {"F2", act_setup, "setup", KEYS_TERMINAL, 0, "F2", "setup, remembered in top.yml", NULL},
    {"r C-l", act_redraw, "redraw", KEYS_TERMINAL, 0, "r  Ctrl-L", "read again, draw again", NULL},
    {"? F1", act_help, "help", KEYS_TERMINAL, 0, NULL, NULL, NULL},
    {"q F10 C-c", act_quit, "quit", KEYS_TERMINAL, 0, "q  F10", "back or quit   Ctrl-C quits", NULL},

    {"v", act_statistic, "statistic", KEYS_VIEW, ON(DRIFT) | ON(FEATURE), "v", "KS, PSI, JS, Wasserstein", NULL},
    {"w", act_window, "drift-window", KEYS_VIEW, ON(DRIFT) | ON(FEATURE), "w", "what NOW is: 5m, 15m, 1h, 6h, 24h",
     NULL},
    {"b", act_baseline, "baseline", KEYS_VIEW, ON(DRIFT) | ON(FEATURE), "b",
     "against the reference, last week, the window before", NULL},
    {"v", act_statistic, "versions", KEYS_VIEW, ON(MODELS), "v", "versions apart", NULL},
    {"b", act_baseline, "against", KEYS_VIEW, ON(MODELS), "b", "against a day or a week ago", NULL},
    {"R", act_retry, "retry", KEYS_VIEW, ON(NOTIFY), "R", "send it again now", NULL},
    {"x", act_give_up, "give-up", KEYS_VIEW, ON(NOTIFY), "x", "give it up", NULL},
    {"i", act_edit, "edit", KEYS_VIEW, ON(QUERY), "i", "edit the query", NULL},
};
#define N_ROWS (sizeof rows / sizeof *rows)

size_t
key_count(void)
{
	return N_ROWS;
}

const struct key_row *
key_row(size_t i)
{
	return &rows[i];
}

const char *
key_bound(const struct screen *s, size_t i)
{
	return s->set.keys[i] != NULL ? s->set.keys[i] : rows[i].keys;
}

void
key_of(const struct screen *s, const char *name, char out[16])
{
	out[0] = '\0';
	for (size_t i = 0; i < N_ROWS; i++)
		if (strcmp(rows[i].name, name) == 0) {
			const char *keys = key_bound(s, i);

			snprintf(out, 16, "%.*s", (int)strcspn(keys, " "), keys);
			return;
		}
}

int
keys_valid(const char *keys)
{
	static const char *const names[] = {"Up",  "Down",  "Left",  "Right", "Home",  "End",       "PgDn",  "PgUp",
					    "Tab", "S-Tab", "Enter", "Esc",   "Space", "Backspace", "Delete"};

	while (*keys != '\0') {
		const size_t n = strcspn(keys, " ");
		bool good = n == 1 || (n == 3 && strncmp(keys, "C-", 2) == 0) || (keys[0] == 'F' && n <= 3) ||
			    (n <= 4 && (unsigned char)keys[0] >= 0xc0);

		for (size_t i = 0; i < sizeof names / sizeof *names && !good; i++)
			good = strlen(names[i]) == n && strncmp(names[i], keys, n) == 0;
		if (!good)
			return 0;
		keys += n + (keys[n] == ' ');
	}
	return 1;
}

static bool
is_among(const char *keys, const char *key)
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

/* A key of the view comes before one of everywhere; one that a person bound before both. */
static const struct key_row *
find_row(const struct screen *s, const char *key)
{
	const struct key_row *found = NULL;
	int best = -1;

	for (size_t i = 0; i < N_ROWS; i++) {
		const int rank = (rows[i].pages != 0) + 2 * (s->set.keys[i] != NULL);

		if ((rows[i].pages == 0 || rows[i].pages & 1u << s->page) && is_among(key_bound(s, i), key) &&
		    rank > best) {
			found = &rows[i];
			best = rank;
		}
	}
	return found;
}

static void
help_key(struct screen *s, const char *key)
{
	if (strcmp(key, "j") == 0 || strcmp(key, "Down") == 0 || strcmp(key, "PgDn") == 0 || strcmp(key, "?") == 0 ||
	    strcmp(key, "F1") == 0)
		s->help_top++; /* drawing keeps it in bounds */
	else if (strcmp(key, "k") == 0 || strcmp(key, "Up") == 0 || strcmp(key, "PgUp") == 0)
		s->help_top -= s->help_top > 0;
	else
		page_back(s);
}

static void
dispatch(struct screen *s, const char *key)
{
	const struct key_row *row;

	if (s->form.kind != FORM_NONE) {
		form_key(s, key);
	} else if (s->menu.kind != MENU_NONE) {
		menu_key(s, key);
	} else if (s->input != INPUT_NONE && line_typed(s, key)) {
		return;
	} else if (s->page == PAGE_HELP && strcmp(key, "C-c") != 0) {
		help_key(s, key);
	} else if ((row = find_row(s, key)) != NULL) {
		row->act(s, key);
	} else {
		say(s, "unknown key '%.20s', ? shows all", key);
	}
}

void
screen_key(struct screen *s, const char *key)
{
	s->hint[0] = '\0';
	s->dropped = false;
	dispatch(s, key);
	for (int t = 0; t < N_TABLES; t++)
		table_refresh(s, (enum table)t);
}
