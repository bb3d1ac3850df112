/*
 * log_files.c -- see log_files.h.
 */
#include "log_files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"
#include "mlwatch/xalloc.h"

#define SPAN_MS     (10 * MS_SECOND)
#define LOOK_MS     MS_SECOND /* looks that follow each other sooner are one */
#define REMEMBER_MS MS_DAY
#define REMEMBER    8

static struct log_file *
find(struct log_files *l, uint64_t device, uint64_t inode)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i]->inode == inode && l->at[i]->device == device)
			return l->at[i];
	return NULL;
}

static struct log_file *
add(struct log_files *l, uint64_t device, uint64_t inode)
{
	struct log_file *f = xcalloc(1, sizeof *f);

	f->device = device;
	f->inode = inode;
	xgrow(l->at, l->n, l->cap);
	return l->at[l->n++] = f;
}

struct log_file *
log_file_of(struct log_files *l, const struct tail_offset *file)
{
	struct log_file *f = l->last;

	if (f == NULL || f->inode != file->inode || f->device != file->device)
		f = find(l, file->device, file->inode);
	if (f == NULL)
		f = add(l, file->device, file->inode);
	return l->last = f;
}

static void
drop(struct log_files *l, size_t i)
{
	free(l->at[i]->path);
	free(l->at[i]);
	memmove(l->at + i, l->at + i + 1, (l->n - i - 1) * sizeof *l->at);
	l->n--;
	l->last = NULL;
}

void
log_files_release(struct log_files *l)
{
	while (l->n > 0)
		drop(l, l->n - 1);
	free(l->at);
	*l = (struct log_files){.n = 0};
}

/* ---- rates ---- */

/* Points of a file that was truncated in between say nothing together. */
static void
add_point(struct log_file *f, const struct log_point *p)
{
	struct log_point *last = f->n_points > 0 ? &f->at[f->n_points - 1] : NULL;

	if (last != NULL && (p->offset < last->offset || p->size < last->size || p->t < last->t))
		f->n_points = 0;
	else if (last != NULL && p->t - last->t < LOOK_MS)
		f->n_points--;
	if (f->n_points == LOG_POINTS || (f->n_points > 1 && p->t - f->at[1].t >= SPAN_MS)) {
		memmove(f->at, f->at + 1, (f->n_points - 1) * sizeof *f->at);
		f->n_points--;
	}
	f->at[f->n_points++] = *p;
}

struct log_rates
log_rates(const struct log_point *at, size_t n, int64_t newest_ms)
{
	struct log_rates r = {NAN, NAN, 0, 0};
	const struct log_point *a = at, *b = n > 0 ? &at[n - 1] : at;
	const double seconds = n > 1 ? (double)(b->t - a->t) / 1000 : 0;
	const double behind = n > 0 && b->size > b->offset ? (double)(b->size - b->offset) : 0;
	double read = 0, written = 0; /* bytes a second */

	if (seconds > 0) {
		const double lines = (double)(b->lines - a->lines), bytes = (double)(b->offset - a->offset);
		/* what a line takes: of those just read, else of all */
		const double size = lines > 0 ? bytes / lines : b->lines > 0 ? (double)b->offset / (double)b->lines : 0;

		read = bytes / seconds;
		written = (double)(b->size - a->size) / seconds;
		r.read = lines / seconds;
		r.written = size > 0 ? r.read + (written - read) / size : r.read;
		if (r.written < 0)
			r.written = 0;
	}
	if (behind > 0) {
		const double age = newest_ms > 0 ? (double)(b->t - newest_ms) / 1000
				   : written > 0 ? behind / written
						 : NAN;

		r.lag_s = age >= 0 ? age : 0;
		r.caught_up_s = read > written ? behind / (read - written) : NAN;
		if (isnan(age))
			r.lag_s = NAN;
	}
	return r;
}

/* ---- the status document ---- */

static json_t *
number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *
file_json(const struct log_file *f, int64_t now_ms)
{
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:I, s:o}", "path", json_text(f->path),
			 "size", (json_int_t)f->size, "offset", (json_int_t)f->offset, "lines", (json_int_t)f->lines,
			 "bad_lines", (json_int_t)f->bad_lines, "last_read_ms", (json_int_t)f->last_read_ms,
			 "last_line_ms", (json_int_t)f->written_ms, "rotated", f->rotated, "device",
			 (json_int_t)f->device, "inode", (json_int_t)f->inode, "bad_1h",
			 (json_int_t)minutes_sum(&f->bad, now_ms), "bad_minutes", minutes_json(&f->bad, now_ms));
}

static json_t *
status_json(struct log_file *f, const struct tail_status *s, int64_t now_ms)
{
	const struct log_point p = {now_ms, s->size, s->offset, s->lines};
	struct log_rates r;
	json_t *o;

	free(f->path);
	f->path = xstrdup(s->path);
	f->size = s->size;
	f->offset = s->offset;
	f->lines = s->lines;
	f->bad_lines = s->bad_lines;
	if (s->last_read_ms > 0) /* 0: not in this run */
		f->last_read_ms = s->last_read_ms;
	if (s->written_ms > 0)
		f->written_ms = s->written_ms;
	f->rotated = s->rotated;
	add_point(f, &p);
	r = log_rates(f->at, f->n_points, f->newest_ms);
	o = file_json(f, now_ms);
	json_object_set_new(o, "open", json_boolean(s->open));
	json_object_set_new(o, "deleted", json_boolean(s->deleted));
	json_object_set_new(o, "error", json_text(s->error != NULL ? s->error : ""));
	json_object_set_new(o, "lag_bytes", json_integer(s->lag_bytes));
	json_object_set_new(o, "newest_ms", json_integer(f->newest_ms));
	json_object_set_new(o, "lines_per_s", number(r.written));
	json_object_set_new(o, "read_lines_per_s", number(r.read));
	json_object_set_new(o, "lag_seconds", number(r.lag_s));
	json_object_set_new(o, "caught_up_seconds", number(r.caught_up_s));
	return o;
}

static bool
is_followed(const struct log_file *f, const struct tail_status *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (at[i].inode == f->inode && at[i].device == f->device)
			return true;
	return false;
}

static bool
has_path(const struct tail_status *at, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(at[i].path, path) == 0)
			return true;
	return false;
}

/* Rotated files that are no longer followed are told for a day, the newest few, unless another has their name by now. */
static void
add_remembered(json_t *list, struct log_files *l, const struct tail_status *at, size_t n, int64_t now_ms)
{
	size_t told = 0;

	for (size_t i = l->n; i-- > 0;) {
		const struct log_file *f = l->at[i];

		if (is_followed(f, at, n))
			continue;
		if (f->path == NULL || !f->rotated || told == REMEMBER || now_ms - f->written_ms > REMEMBER_MS ||
		    has_path(at, n, f->path)) {
			drop(l, i);
			continue;
		}
		json_array_append_new(list, file_json(f, now_ms));
		told++;
	}
}

json_t *
log_files_look(struct log_files *l, const struct tail_status *at, size_t n, int64_t now_ms)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct tail_offset id = {.device = at[i].device, .inode = at[i].inode};

		if (at[i].inode == 0)
			json_array_append_new(list, json_pack("{s:o, s:b, s:o}", "path", json_text(at[i].path), "open",
							      0, "error", json_text(at[i].error)));
		else
			json_array_append_new(list, status_json(log_file_of(l, &id), &at[i], now_ms));
	}
	add_remembered(list, l, at, n, now_ms);
	return list;
}

static int64_t
int_of(const json_t *o, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(o, key));
}

void
log_files_read(struct log_files *l, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *path = json_string_value(json_object_get(item, "path"));
		struct log_file *f;

		if (path == NULL || int_of(item, "inode") == 0)
			continue;
		f = add(l, (uint64_t)int_of(item, "device"), (uint64_t)int_of(item, "inode"));
		f->path = xstrdup(path);
		f->size = int_of(item, "size");
		f->offset = int_of(item, "offset");
		f->lines = int_of(item, "lines");
		f->bad_lines = int_of(item, "bad_lines");
		f->last_read_ms = int_of(item, "last_read_ms");
		f->written_ms = int_of(item, "last_line_ms");
		f->newest_ms = int_of(item, "newest_ms");
		f->rotated = json_is_true(json_object_get(item, "rotated"));
		f->bad = minutes_read(json_object_get(item, "bad_minutes"));
	}
}
