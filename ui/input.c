/*
 * input.c -- see input.h.
 *
 * curses' own mouse support asks some terminals for more than 1000 + 1006 and knows others not at all, so the start of an SGR report is made
 * a key of ours and its numbers are read here.
 */
#include "input.h"

#include <ncurses.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY_SGR        (KEY_MAX - 7)
#define REPORT_NUMBERS 4
#define LARGE          100000

static const struct {
	int code;
	const char *name;
} named[] = {
    {KEY_UP, "Up"},      {KEY_DOWN, "Down"},
    {KEY_LEFT, "Left"},  {KEY_RIGHT, "Right"},
    {KEY_HOME, "Home"},  {KEY_END, "End"},
    {KEY_NPAGE, "PgDn"}, {KEY_PPAGE, "PgUp"},
    {KEY_BTAB, "S-Tab"}, {KEY_ENTER, "Enter"},
    {KEY_DC, "Delete"},  {KEY_F(1), "F1"},
    {KEY_F(2), "F2"},    {KEY_F(3), "F3"},
    {KEY_F(4), "F4"},    {KEY_F(5), "F5"},
    {KEY_F(6), "F6"},    {KEY_F(7), "F7"},
    {KEY_F(8), "F8"},    {KEY_F(9), "F9"},
    {KEY_F(10), "F10"},  {KEY_BACKSPACE, "Backspace"},
};

void
input_open(void)
{
	define_key("\033[<", KEY_SGR);
}

void
input_mouse(bool on)
{
	const char *text = on ? "\033[?1000h\033[?1006h" : "\033[?1006l\033[?1000l";

	fflush(stdout);
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		return; /* the terminal is gone: the loop will see it */
}

static void
function_key(wint_t code, char out[16])
{
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if ((wint_t)named[i].code == code)
			snprintf(out, 16, "%s", named[i].name);
}

static void
typed_key(wint_t code, char out[16])
{
	static const struct {
		wint_t code;
		const char *name;
	} special[] = {{'\r', "Enter"},    {'\n', "Enter"},  {'\t', "Tab"}, {27, "Esc"},
		       {127, "Backspace"}, {8, "Backspace"}, {' ', "Space"}};

	for (size_t i = 0; i < sizeof special / sizeof *special; i++)
		if (special[i].code == code) {
			snprintf(out, 16, "%s", special[i].name);
			return;
		}
	if (code == 0)
		return;
	if (code < 32)
		snprintf(out, 16, "C-%c", (char)(code + 'a' - 1));
	else
		snprintf(out, 16, "%lc", code);
}

/* "button;x;yM" after the start; 'm' is a release. What is no report is swallowed as far as it looks like one. */
static bool
mouse_report(struct input_got *g)
{
	int at[REPORT_NUMBERS] = {0}, i = 0;
	wint_t c;

	while (get_wch(&c) == OK) {
		if (c >= '0' && c <= '9') {
			at[i] = at[i] < LARGE ? at[i] * 10 + (int)(c - '0') : LARGE;
		} else if (c == ';') {
			i += i + 1 < REPORT_NUMBERS;
		} else if (c == 'M' || c == 'm') {
			*g = (struct input_got){EVENT_MOUSE, "", at[0], at[1] - 1, at[2] - 1};
			return c == 'M' && i == 2;
		} else {
			unget_wch((wchar_t)c); /* a key */
			return false;
		}
	}
	return false;
}

bool
input_next(struct input_got *g)
{
	wint_t code;
	int rc;

	while ((rc = get_wch(&code)) != ERR) {
		*g = (struct input_got){.what = EVENT_KEY};
		if (rc == KEY_CODE_YES && code == KEY_RESIZE) {
			g->what = EVENT_RESIZE;
			return true;
		}
		if (rc == KEY_CODE_YES && code == KEY_SGR) {
			if (mouse_report(g))
				return true;
			continue;
		}
		if (rc == KEY_CODE_YES)
			function_key(code, g->key);
		else
			typed_key(code, g->key);
		if (strcmp(g->key, "C-z") == 0)
			g->what = EVENT_SUSPEND;
		if (g->key[0] != '\0')
			return true;
	}
	return false;
}
