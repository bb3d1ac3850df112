/* line.h -- a line that is typed: text, a cursor, what was typed before. Keys by name; bytes are whole UTF-8 characters. */
#ifndef UI_LINE_H
#define UI_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_BYTES   2048
#define LINE_HISTORY 50

struct line {
	char text[LINE_BYTES];
	size_t cursor; /* byte */
};
struct line_history {
	char *at[LINE_HISTORY]; /* owned, newest last */
	size_t n;
	size_t back; /* how far Up has gone; 0: the line itself */
	char *typed; /* what was in the line before Up */
};

void line_set(struct line *l, const char *text); /* the cursor at its end */
/* False: a key that is none of a line's. */
bool line_key(struct line *l, const char *key);
/* Replaces the bytes before the cursor from `from` on. */
void line_replace(struct line *l, size_t from, const char *text);

void history_add(struct line_history *h, const char *text);
/* Up, Down, C-p, C-n; false: another key. */
bool history_key(struct line_history *h, struct line *l, const char *key);
void history_release(struct line_history *h);

#endif
