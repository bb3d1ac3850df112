/*
 * complete.c -- see complete.h. A second Tab goes through the candidates.
 */
#include "complete.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/promql.h"
#include "screen.h"

static size_t
common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' && a[n] == b[n])
		n++;
	return n;
}

static void
say_candidates(struct screen *s, const char *const *at, size_t n)
{
	s->hint[0] = '\0';
	for (size_t i = 0; i < n && strlen(s->hint) + strlen(at[i]) + 3 < sizeof s->hint; i++)
		snprintf(s->hint + strlen(s->hint), sizeof s->hint - strlen(s->hint), "%s%s", i > 0 ? "  " : "", at[i]);
}

void
complete_word(struct screen *s, struct line *l, size_t from, const char *const *at, size_t n)
{
	const char *fit[256];
	size_t fits = 0, same;
	char word[128];

	if (l->cursor < from || l->cursor - from >= sizeof word)
		return;
	snprintf(word, sizeof word, "%.*s", (int)(l->cursor - from), l->text + from);
	for (size_t i = 0; i < n && fits < sizeof fit / sizeof *fit; i++)
		if (strncmp(at[i], word, strlen(word)) == 0)
			fit[fits++] = at[i];
	if (fits == 0)
		return;
	same = strlen(fit[0]);
	for (size_t i = 1; i < fits; i++)
		same = common(fit[0], fit[i]) < same ? common(fit[0], fit[i]) : same;
	if (same > strlen(word)) {
		snprintf(word, sizeof word, "%.*s", (int)(same < sizeof word ? same : sizeof word - 1), fit[0]);
		line_replace(l, from, word);
	}
	if (fits > 1)
		say_candidates(s, fit, fits);
}

/* ---- the query line ---- */

static bool
is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == ':';
}

/* Where the word before the cursor begins. */
static size_t
word_start(const struct line *l)
{
	size_t at = l->cursor;

	while (at > 0 && is_name(l->text[at - 1]))
		at--;
	return at;
}

/* Inside braces after name=" : the label's name in out, and where the value begins; 0: not there. */
static size_t
value_start(const struct line *l, char out[128])
{
	size_t quote = l->cursor, end, name;

	out[0] = '\0';
	while (quote > 0 && l->text[quote - 1] != '"' && l->text[quote - 1] != '{')
		quote--;
	if (quote < 2 || l->text[quote - 1] != '"')
		return 0;
	end = quote - 1;
	while (end > 0 && strchr("=~!", l->text[end - 1]) != NULL)
		end--;
	name = end;
	while (name > 0 && is_name(l->text[name - 1]))
		name--;
	if (name == end || end == quote - 1)
		return 0;
	snprintf(out, 128, "%.*s", (int)(end - name), l->text + name);
	return quote;
}

void
query_label(const struct screen *s, char out[128])
{
	value_start(&s->query, out);
}

static bool
in_braces(const struct line *l)
{
	for (size_t i = l->cursor; i-- > 0;) {
		if (l->text[i] == '}')
			return false;
		if (l->text[i] == '{')
			return true;
	}
	return false;
}

void
complete_query(struct screen *s)
{
	const struct part_names *names = s->snap != NULL ? s->snap->names : NULL;
	size_t n_functions, n = 0, from = word_start(&s->query);
	const char *const *functions = promql_function_names(&n_functions);
	const char **all;
	char label[128];

	if (value_start(&s->query, label) > 0) {
		if (names != NULL && names->label != NULL && strcmp(names->label, label) == 0)
			complete_word(s, &s->query, value_start(&s->query, label), names->values, names->n_values);
		return;
	}
	if (in_braces(&s->query)) {
		if (names != NULL)
			complete_word(s, &s->query, from, names->labels, names->n_labels);
		return;
	}
	all = calloc(n_functions + (names != NULL ? names->n_metrics : 0) + 1, sizeof *all);
	for (size_t i = 0; all != NULL && i < n_functions; i++)
		all[n++] = functions[i];
	for (size_t i = 0; all != NULL && names != NULL && i < names->n_metrics; i++)
		all[n++] = names->metrics[i];
	complete_word(s, &s->query, from, all, n);
	free(all);
}
