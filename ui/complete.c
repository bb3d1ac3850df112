/*
 * complete.c -- see complete.h. What the query line may go on with: query_place.c.
 */
#include "complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/promql.h"
#include "mlwatch/xalloc.h"
#include "query_place.h"
#include "screen.h"

#define FITS 256

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
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		if (used + strlen(at[i]) + 16 > sizeof s->hint) {
			snprintf(s->hint + used, sizeof s->hint - used, "  and %zu", n - i);
			return;
		}
		used += (size_t)snprintf(s->hint + used, sizeof s->hint - used, "%s%s", i > 0 ? "  " : "", at[i]);
	}
}

void
complete_word(struct screen *s, struct line *l, size_t from, const char *const *at, size_t n)
{
	const char *fit[FITS];
	const size_t typed = l->cursor - from;
	size_t fits = 0, same;
	char word[sizeof s->completed];

	if (l->cursor < from || typed >= sizeof word)
		return;
	if (s->completion++ == 0)
		snprintf(s->completed, sizeof s->completed, "%.*s", (int)typed, l->text + from);
	for (size_t i = 0; i < n && fits < FITS; i++)
		if (strncmp(at[i], s->completed, strlen(s->completed)) == 0)
			fit[fits++] = at[i];
	if (fits == 0)
		return;
	if (s->completion > 1) {
		line_replace(l, from, fit[(s->completion - 2) % fits]);
	} else {
		same = strlen(fit[0]);
		for (size_t i = 1; i < fits; i++)
			same = common(fit[0], fit[i]) < same ? common(fit[0], fit[i]) : same;
		snprintf(word, sizeof word, "%.*s", (int)same, fit[0]);
		if (same > typed)
			line_replace(l, from, word);
	}
	if (fits > 1)
		say_candidates(s, fit, fits);
	else
		s->completion = 0;
}

/* ---- the query line ---- */

static const char *const durations[] = {"1m", "5m", "15m", "1h", "6h", "1d", "7d"};
static const char *const words[] = {"by (",  "without (", "on (", "ignoring (", "group_left", "group_right", "offset ",
				    "bool ", "and ",      "or ",  "unless ",    "start()",    "end()"};
#define N_OF(a) (sizeof(a) / sizeof *(a))

/* Functions and metrics, and what stands between them. */
static void
complete_expression(struct screen *s, const struct query_place *at, const struct part_names *names)
{
	size_t n_functions, n_metrics = names != NULL ? names->n_metrics : 0, n = 0;
	const char *const *functions = promql_function_names(&n_functions);
	const char **all = xcalloc(n_functions + n_metrics + N_OF(words), sizeof *all);

	for (size_t i = 0; i < n_functions; i++)
		all[n++] = functions[i];
	for (size_t i = 0; i < N_OF(words); i++)
		all[n++] = words[i];
	for (size_t i = 0; i < n_metrics; i++)
		all[n++] = names->metrics[i];
	complete_word(s, &s->query, at->from, all, n);
	free(all);
}

void
complete_query(struct screen *s)
{
	const struct part_names *names = s->snap != NULL ? s->snap->names : NULL;
	struct query_place at;
	char wanted[256];
	bool here;

	query_place(&at, s->query.text, s->query.cursor);
	query_wants(s, wanted);
	here = names != NULL && strcmp(names->of, wanted) == 0;
	if (at.what == PLACE_DURATION)
		complete_word(s, &s->query, at.from, durations, N_OF(durations));
	else if (at.what == PLACE_EXPRESSION)
		complete_expression(s, &at, names);
	else if (at.what == PLACE_NOTHING)
		return;
	else if (!here)
		say(s, "names are being read, Tab again");
	else if (at.what == PLACE_LABEL)
		complete_word(s, &s->query, at.from, names->labels, names->n_labels);
	else
		complete_word(s, &s->query, at.from, names->values, names->n_values);
}

void
query_wants(const struct screen *s, char out[256])
{
	struct query_place at;

	query_place(&at, s->query.text, s->query.cursor);
	snprintf(out, 256, "%s%s%s", at.metric, at.label[0] != '\0' ? "{" : "", at.label);
}
