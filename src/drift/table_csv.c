/*
 * table_csv.c -- records of CSV as RFC 4180 has them: quoted fields, doubled quotes, newlines inside quotes, CRLF or LF.
 *
 * More forgiving than the RFC where files are: a quote inside an unquoted field is a character, empty lines are skipped. A record
 * with another number of fields than the header is bad: counted, its line remembered, left out. Sixteen bytes at a time are
 * searched for what ends a field.
 */
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "mlwatch/buf.h"
#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"
#include "table_private.h"

/* The next separator or newline at or after p; end when there is none. */
static inline const char *
field_end(const char *p, const char *end, char separator)
{
#ifdef __SSE2__
	const __m128i sep = _mm_set1_epi8(separator), newline = _mm_set1_epi8('\n');

	for (; end - p >= 16; p += 16) {
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)p);
		int hit = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(b, sep), _mm_cmpeq_epi8(b, newline)));

		if (hit != 0)
			return p + __builtin_ctz((unsigned)hit);
	}
#endif
	while (p < end && *p != separator && *p != '\n')
		p++;
	return p;
}

/* p is behind the opening quote. Returns what follows the closing one; *text and *n are the field without quotes. */
static const char *
quoted_field(struct worker *w, const char *p, const char *end, const char **text, size_t *n)
{
	const char *start = p, *quote;
	char *copy = NULL;
	size_t have = 0;

	while ((quote = memchr(p, '"', (size_t)(end - p))) != NULL && quote + 1 < end && quote[1] == '"') {
		if (copy == NULL)
			copy = arena_alloc(w->scratch, (size_t)(end - start) + 1);
		w->scratch_used = true;
		memcpy(copy + have, p, (size_t)(quote + 1 - p));
		have += (size_t)(quote + 1 - p);
		p = quote + 2;
	}
	if (quote == NULL)
		quote = end;
	if (copy == NULL) {
		*text = start;
		*n = (size_t)(quote - start);
	} else {
		memcpy(copy + have, p, (size_t)(quote - p));
		*text = copy;
		*n = have + (size_t)(quote - p);
	}
	return quote < end ? quote + 1 : end;
}

static int64_t
count_lines(const char *p, const char *end)
{
	int64_t n = 0;

	for (; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		n++;
	return n;
}

/* One record into w->cells. Returns what follows its newline. */
static const char *
one_record(struct worker *w, const char *p, const char *end)
{
	const char *start = p;
	size_t column = 0;

	for (;; p++) {
		const char *stop, *text = p;
		size_t n;

		if (p < end && *p == '"') {
			p = quoted_field(w, p + 1, end, &text, &n);
			stop = field_end(p, end, w->separator);
		} else {
			stop = field_end(p, end, w->separator);
			n = (size_t)(stop - p);
			if (n > 0 && (stop == end || *stop == '\n') && stop[-1] == '\r')
				n--;
		}
		worker_cell(w, column++, text, n, CELL_TEXT);
		p = stop;
		if (p >= end || *p == '\n')
			break;
	}
	w->lines += p - start > 4096 || memchr(start, '\n', (size_t)(p - start)) != NULL ? count_lines(start, p) : 0;
	return p < end ? p + 1 : end;
}

static bool
empty_line(const char *p, const char *end)
{
	return p < end && (*p == '\n' || (*p == '\r' && p + 1 < end && p[1] == '\n'));
}

void
csv_feed(struct worker *w, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end) {
		w->lines++;
		if (w->n_header > 1 && empty_line(p, end)) {
			p = memchr(p, '\n', (size_t)(end - p));
			p++;
			continue;
		}
		p = one_record(w, p, end);
		if (w->n_cells == w->n_header)
			worker_row(w);
		else
			worker_bad(w);
	}
}

size_t
csv_last_record(const char *p, size_t n)
{
	const char *end = p + n, *last = p, *at = p;
	bool field_start = true;

	if (memchr(p, '"', n) == NULL) {
		at = memrchr(p, '\n', n);
		return at != NULL ? (size_t)(at - p) + 1 : 0;
	}
	/* the exact walk; any separator may start a field, so a quote after one of them opens */
	while (at < end) {
		if (field_start && *at == '"') {
			for (at++;; at += 2) {
				at = memchr(at, '"', (size_t)(end - at));
				if (at == NULL || at + 1 >= end)
					return (size_t)(last - p);
				if (at[1] != '"')
					break;
			}
			at++;
			field_start = false;
			continue;
		}
		field_start = *at == ',' || *at == ';' || *at == '\t' || *at == '|' || *at == '\n';
		if (*at++ == '\n')
			last = at;
	}
	return (size_t)(last - p);
}

/* The most frequent of the usual separators in the first record, outside quotes. */
static char
guess_separator(const char *p, size_t n)
{
	static const char usual[] = {',', ';', '\t', '|'};
	size_t count[4] = {0}, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < n && (quoted || p[i] != '\n'); i++) {
		quoted ^= p[i] == '"';
		for (size_t k = 0; k < 4 && !quoted; k++)
			count[k] += p[i] == usual[k];
	}
	for (size_t k = 1; k < 4; k++)
		best = count[k] > count[best] ? k : best;
	return usual[best];
}

/* As pandas: a name that is there already gets ".1", ".2", ... */
static char *
unique_name(struct strmap *taken, size_t n, const struct cell *c, bool numbered)
{
	struct buf b = BUF_INIT;
	size_t length = c->n;
	const char *text = c->p;

	table_text(&b, &text, &length);
	if (numbered || length == 0) {
		buf_reset(&b);
		buf_addf(&b, "c%zu", n + 1);
	} else if (text != b.p) {
		buf_reset(&b);
		buf_add(&b, text, length);
	}
	length = b.len;
	for (size_t k = 1; strmap_get(taken, b.p) != NULL; k++) {
		b.len = length;
		buf_addf(&b, ".%zu", k);
	}
	strmap_set(taken, b.p, taken);
	return buf_steal(&b);
}

char **
csv_header(const char *p, size_t n, char *separator, bool no_header, size_t *n_names, size_t *used)
{
	struct worker w = {.scratch = arena_open()};
	struct strmap *taken = strmap_open();
	char **names;

	if (*separator == '\0')
		*separator = guess_separator(p, n);
	w.separator = *separator;
	*used = (size_t)(one_record(&w, p, p + n) - p);
	*n_names = w.n_cells;
	names = xcalloc(w.n_cells + 1, sizeof *names);
	for (size_t i = 0; i < w.n_cells; i++)
		names[i] = unique_name(taken, i, &w.cells[i], no_header);
	if (no_header)
		*used = 0;
	strmap_close(taken);
	free(w.cells);
	arena_close(w.scratch);
	return names;
}
