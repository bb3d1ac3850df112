/*
 * query_place.c -- see query_place.h. One pass over what stands before the cursor: quotes, brackets, braces and the word before each.
 */
#include "query_place.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DEEP 64

struct scan {
	const char *text;
	char open[DEEP];    /* brackets that are open */
	size_t at[DEEP], n; /* and where */
	char quote;         /* of the string that is open; 0: none */
	size_t quote_at;
};

static bool
is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == ':';
}

static void
scan(struct scan *s, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		const char c = s->text[i];

		if (s->quote != 0) {
			if (c == '\\' && s->quote != '`')
				i++;
			else if (c == s->quote)
				s->quote = 0;
		} else if (c == '"' || c == '\'' || c == '`') {
			s->quote = c;
			s->quote_at = i;
		} else if (strchr("([{", c) != NULL && s->n < DEEP) {
			s->open[s->n] = c;
			s->at[s->n++] = i;
		} else if (strchr(")]}", c) != NULL && s->n > 0) {
			s->n--;
		}
	}
}

/* The name that ends before byte `end`, blanks between left out. Returns where it begins. */
static size_t
name_before(const char *text, size_t end, char *out, size_t size)
{
	size_t from;

	while (end > 0 && text[end - 1] == ' ')
		end--;
	for (from = end; from > 0 && is_name(text[from - 1]); from--)
		continue;
	snprintf(out, size, "%.*s", (int)(end - from), text + from);
	return from;
}

/* After by (, without (, ...: labels. */
static bool
takes_labels(const char *word)
{
	static const char *const words[] = {"by", "without", "on", "ignoring", "group_left", "group_right"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

void
query_place(struct query_place *out, const char *text, size_t cursor)
{
	struct scan s = {.text = text};
	size_t op;
	char word[128];

	scan(&s, cursor);
	*out = (struct query_place){.what = PLACE_EXPRESSION, .from = cursor};
	if (s.n > 0 && s.open[s.n - 1] == '{')
		name_before(text, s.at[s.n - 1], out->metric, sizeof out->metric);
	if (s.quote != 0) {
		for (op = s.quote_at; op > 0 && strchr(" =~!", text[op - 1]) != NULL; op--)
			continue;
		out->what = PLACE_NOTHING;
		if (s.n > 0 && s.open[s.n - 1] == '{' && op < s.quote_at) {
			out->what = PLACE_VALUE;
			out->from = s.quote_at + 1;
			name_before(text, op, out->label, sizeof out->label);
		}
		return;
	}
	out->from = cursor;
	while (out->from > 0 && is_name(text[out->from - 1]))
		out->from--;
	if (s.n == 0)
		return;
	name_before(text, s.at[s.n - 1], word, sizeof word);
	if (s.open[s.n - 1] == '{' || (s.open[s.n - 1] == '(' && takes_labels(word)))
		out->what = PLACE_LABEL;
	else if (s.open[s.n - 1] == '[')
		out->what = PLACE_DURATION;
}
