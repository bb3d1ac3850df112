/*
 * line.c -- see line.h.
 */
#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/xalloc.h"

static size_t
before(const struct line *l, size_t at)
{
	if (at > 0)
		at--;
	while (at > 0 && ((unsigned char)l->text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static size_t
after(const struct line *l, size_t at)
{
	if (l->text[at] != '\0')
		at++;
	while (((unsigned char)l->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static size_t
word_before(const struct line *l, size_t at)
{
	while (at > 0 && l->text[at - 1] == ' ')
		at--;
	while (at > 0 && l->text[at - 1] != ' ')
		at--;
	return at;
}

static void
cut(struct line *l, size_t from, size_t to)
{
	memmove(l->text + from, l->text + to, strlen(l->text + to) + 1);
	l->cursor = from;
}

void
line_set(struct line *l, const char *text)
{
	snprintf(l->text, sizeof l->text, "%s", text);
	l->cursor = strlen(l->text);
}

void
line_replace(struct line *l, size_t from, const char *text)
{
	const size_t n = strlen(text), rest = strlen(l->text + l->cursor);

	if (from + n + rest + 1 > sizeof l->text)
		return;
	memmove(l->text + from + n, l->text + l->cursor, rest + 1);
	memcpy(l->text + from, text, n);
	l->cursor = from + n;
}

bool
line_key(struct line *l, const char *key)
{
	static const struct {
		const char *key;
		enum { LEFT, RIGHT, HOME, END, RUBOUT, DELETE, KILL_BEFORE, KILL_AFTER, KILL_WORD } does;
	} keys[] = {{"Left", LEFT},        {"C-b", LEFT},      {"Right", RIGHT}, {"C-f", RIGHT},
		    {"Home", HOME},        {"C-a", HOME},      {"End", END},     {"C-e", END},
		    {"Backspace", RUBOUT}, {"Delete", DELETE}, {"C-d", DELETE},  {"C-u", KILL_BEFORE},
		    {"C-k", KILL_AFTER},   {"C-w", KILL_WORD}};
	size_t i = 0;

	while (i < sizeof keys / sizeof *keys && strcmp(keys[i].key, key) != 0)
		i++;
	if (i == sizeof keys / sizeof *keys) {
		const bool typed = strcmp(key, "Space") == 0 || key[1] == '\0' || (unsigned char)key[0] >= 0x80;

		if (typed)
			line_replace(l, l->cursor, strcmp(key, "Space") == 0 ? " " : key);
		return typed;
	}
	switch (keys[i].does) {
	case LEFT:
		l->cursor = before(l, l->cursor);
		break;
	case RIGHT:
		l->cursor = after(l, l->cursor);
		break;
	case HOME:
		l->cursor = 0;
		break;
	case END:
		l->cursor = strlen(l->text);
		break;
	case RUBOUT:
		cut(l, before(l, l->cursor), l->cursor);
		break;
	case DELETE:
		cut(l, l->cursor, after(l, l->cursor));
		break;
	case KILL_BEFORE:
		cut(l, 0, l->cursor);
		break;
	case KILL_AFTER:
		l->text[l->cursor] = '\0';
		break;
	case KILL_WORD:
		cut(l, word_before(l, l->cursor), l->cursor);
		break;
	}
	return true;
}

/* ---- what was typed before ---- */

void
history_add(struct line_history *h, const char *text)
{
	h->back = 0;
	free(h->typed);
	h->typed = NULL;
	if (text[0] == '\0' || (h->n > 0 && strcmp(h->at[h->n - 1], text) == 0))
		return;
	if (h->n == LINE_HISTORY) {
		free(h->at[0]);
		memmove(h->at, h->at + 1, (LINE_HISTORY - 1) * sizeof *h->at);
		h->n--;
	}
	h->at[h->n++] = xstrdup(text);
}

bool
history_key(struct line_history *h, struct line *l, const char *key)
{
	const bool up = strcmp(key, "Up") == 0 || strcmp(key, "C-p") == 0;

	if (!up && strcmp(key, "Down") != 0 && strcmp(key, "C-n") != 0)
		return false;
	if (up && h->back < h->n) {
		if (h->back == 0) {
			free(h->typed);
			h->typed = xstrdup(l->text);
		}
		h->back++;
	} else if (!up && h->back > 0) {
		h->back--;
	} else {
		return true;
	}
	line_set(l, h->back > 0 ? h->at[h->n - h->back] : h->typed);
	return true;
}

void
history_release(struct line_history *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->at[i]);
	free(h->typed);
	*h = (struct line_history){0};
}
