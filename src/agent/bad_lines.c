/*
 * bad_lines.c -- see bad_lines.h.
 */
#include "bad_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

#define REASON_CHARS 90
#define LINE_CHARS   240              /* of an example */
#define LINE_LEAD    100              /* of it in front of the fault, when the line is longer */
#define QUIET_MS     (10 * MS_SECOND) /* without a bad line: the burst is over */
#define PAUSE_MS     (5 * MS_MINUTE)  /* without one: what comes then is a new burst */
#define LASTING_MS   (10 * MS_MINUTE) /* after which a burst is old news */

static struct bad_kind *
add_kind(struct bad_lines *l, const char *reason, enum bad_reason why)
{
	struct bad_kind *k = l->at[l->n++] = xcalloc(1, sizeof *k);

	snprintf(k->reason, sizeof k->reason, "%s", reason);
	k->why = why;
	return k;
}

static struct bad_kind *
find_kind(const struct bad_lines *l, const char *reason)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->at[i]->reason, reason) == 0)
			return l->at[i];
	return NULL;
}

static struct bad_kind *
kind_of(struct bad_lines *l, const struct bad_line *b)
{
	struct bad_kind *k = find_kind(l, b->reason);
	struct buf reason = BUF_INIT;

	if (k != NULL)
		return k;
	if (l->n < BAD_KINDS_MAX)
		utf8_plain(&reason, b->reason, strlen(b->reason), REASON_CHARS);
	else
		buf_addf(&reason, "other: %s", bad_reason_word[b->why]);
	k = find_kind(l, buf_str(&reason));
	if (k == NULL)
		k = add_kind(l, buf_str(&reason), b->why);
	buf_release(&reason);
	return k;
}

/* A character begins at p; `back` characters before it, or the beginning. */
static const char *
characters_before(const char *start, const char *p, size_t back)
{
	while (p > start && back > 0) {
		p--;
		if (((unsigned char)*p & 0xc0) != 0x80)
			back--;
	}
	return p;
}

/* The part of the line that has the fault, and the column of the fault in that part, in characters. */
static size_t
cut_line(struct buf *out, const struct bad_line *b)
{
	const char *fault = b->column > 0 ? b->line + b->column - 1 : b->line, *from = b->line;

	if (utf8_count(b->line, (size_t)(fault - b->line)) >= LINE_CHARS - LINE_LEAD / 2)
		from = characters_before(b->line, fault, LINE_LEAD);
	utf8_plain(out, from, b->n - (size_t)(from - b->line), LINE_CHARS);
	return b->column > 0 ? utf8_count(from, (size_t)(fault - from)) + 1 : 0;
}

static json_t *
plain(const struct buf *b)
{
	struct buf out = BUF_INIT;
	json_t *text;

	utf8_plain(&out, buf_str(b), b->len, 400);
	text = json_string(buf_str(&out));
	buf_release(&out);
	return text;
}

static json_t *
example_of(const struct bad_line *b, const struct bad_place *where, int64_t now_ms)
{
	struct buf line = BUF_INIT, what = BUF_INIT, hint = BUF_INIT, path = BUF_INIT;
	const size_t column = cut_line(&line, b);
	json_t *o;

	bad_line_explain(&what, b, where->entry);
	bad_line_hint(&hint, b, where->model);
	buf_addstr(&path, where->path);
	o = json_pack("{s:I, s:o, s:I, s:I, s:s, s:o, s:o}", "t", (json_int_t)now_ms, "path", plain(&path), "byte",
		      (json_int_t)where->byte, "column", (json_int_t)column, "line", buf_str(&line), "what",
		      plain(&what), "hint", plain(&hint));
	buf_release(&line);
	buf_release(&what);
	buf_release(&hint);
	buf_release(&path);
	return o;
}

void
bad_lines_add(struct bad_lines *l, const struct bad_line *b, const struct bad_place *where, int64_t now_ms)
{
	struct bad_kind *k = kind_of(l, b);

	minutes_add(&k->lines, now_ms, 1);
	if (k->first_ms == 0 || now_ms - k->last_ms > MS_HOUR)
		k->first_ms = now_ms;
	k->last_ms = now_ms;
	if (k->example == NULL || now_ms - k->example_ms > MS_HOUR) {
		json_decref(k->example);
		k->example = example_of(b, where, now_ms);
		k->example_ms = now_ms;
	}
	if (l->begin_ms == 0)
		l->begin_ms = now_ms;
	if (l->last_ms == 0 || now_ms - l->last_ms > PAUSE_MS)
		l->lasting_ms = now_ms;
	l->last_ms = now_ms;
	k->burst++;
}

void
bad_lines_release(struct bad_lines *l)
{
	for (size_t i = 0; i < l->n; i++) {
		json_decref(l->at[i]->example);
		free(l->at[i]);
	}
	*l = (struct bad_lines){.n = 0};
}

/* ---- the status document ---- */

static void
forget_old(struct bad_lines *l, int64_t now_ms)
{
	size_t to = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (l->at[i]->burst == 0 && minutes_sum(&l->at[i]->lines, now_ms) == 0) {
			json_decref(l->at[i]->example);
			free(l->at[i]);
		} else {
			l->at[to++] = l->at[i];
		}
	}
	l->n = to;
}

struct counted {
	const struct bad_kind *kind;
	int64_t lines;
};

static int
most_first(const void *x, const void *y)
{
	const struct counted *a = x, *b = y;

	if (a->lines != b->lines)
		return a->lines > b->lines ? -1 : 1;
	return strcmp(a->kind->reason, b->kind->reason);
}

static json_t *
kind_json(const struct bad_kind *k, int64_t lines, int64_t now_ms)
{
	/* what came more than an hour ago is not counted, so it is not the first either */
	const int64_t oldest = minutes_first(&k->lines, now_ms);
	json_t *o =
	    json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "reason", k->reason, "kind", bad_reason_word[k->why], "lines",
		      (json_int_t)lines, "first_ms", (json_int_t)(k->first_ms > oldest ? k->first_ms : oldest),
		      "last_ms", (json_int_t)k->last_ms, "minutes", minutes_json(&k->lines, now_ms));

	json_object_set(o, "example", k->example);
	return o;
}

json_t *
bad_lines_json(struct bad_lines *l, int64_t now_ms)
{
	struct counted by[BAD_KINDS_MAX + BAD_REASONS];
	json_t *list = json_array();

	forget_old(l, now_ms);
	for (size_t i = 0; i < l->n; i++)
		by[i] = (struct counted){l->at[i], minutes_sum(&l->at[i]->lines, now_ms)};
	if (l->n > 0)
		qsort(by, l->n, sizeof *by, most_first);
	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(list, kind_json(by[i].kind, by[i].lines, now_ms));
	return list;
}

static int
reason_of_word(const char *word)
{
	for (int i = 0; word != NULL && i < BAD_REASONS; i++)
		if (strcmp(bad_reason_word[i], word) == 0)
			return i;
	return -1;
}

void
bad_lines_read(struct bad_lines *l, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *reason = json_string_value(json_object_get(item, "reason"));
		const int why = reason_of_word(json_string_value(json_object_get(item, "kind")));
		json_t *example = json_object_get(item, "example");
		struct bad_kind *k;

		if (reason == NULL || why < 0 || l->n == BAD_KINDS_MAX)
			continue;
		k = add_kind(l, reason, (enum bad_reason)why);
		k->lines = minutes_read(json_object_get(item, "minutes"));
		k->first_ms = (int64_t)json_integer_value(json_object_get(item, "first_ms"));
		k->last_ms = (int64_t)json_integer_value(json_object_get(item, "last_ms"));
		k->example = json_incref(example);
		k->example_ms = (int64_t)json_integer_value(json_object_get(example, "t"));
	}
}

/* ---- bursts ---- */

static bool
burst_due(const struct bad_lines *l, int64_t now_ms, bool at_end)
{
	const int64_t every = l->last_ms - l->lasting_ms < LASTING_MS ? MS_MINUTE : 10 * MS_MINUTE;

	if (l->begin_ms == 0 || at_end)
		return l->begin_ms != 0;
	return (now_ms - l->last_ms >= QUIET_MS || now_ms - l->begin_ms >= MS_MINUTE) && now_ms - l->told_ms >= every;
}

int64_t
bad_lines_burst(struct bad_lines *l, int64_t now_ms, bool at_end, struct buf *text)
{
	const struct bad_kind *most = NULL;
	const int64_t begin = l->begin_ms;
	int64_t lines = 0, of_most = 0;
	char length[16];

	if (!burst_due(l, now_ms, at_end))
		return 0;
	for (size_t i = 0; i < l->n; i++) {
		lines += l->at[i]->burst;
		if (l->at[i]->burst > of_most) {
			of_most = l->at[i]->burst;
			most = l->at[i];
		}
		l->at[i]->burst = 0;
	}
	buf_addf(text, "%lld bad line%s", (long long)lines, lines == 1 ? "" : "s");
	if (lines > 1) {
		duration_human(length, l->last_ms - begin);
		buf_addf(text, " in %s", length);
	}
	if (of_most < lines)
		buf_addf(text, ", %lld of them", (long long)of_most);
	buf_addf(text, ": %s", most != NULL ? most->reason : "");
	l->begin_ms = 0;
	l->told_ms = now_ms;
	return begin;
}
