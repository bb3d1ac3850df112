/*
 * people.c -- see people.h.
 */
#include "people.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

int
people_open(struct people *p, const struct command_line *line, bool write)
{
	struct err e = ERR_INIT;
	int code = 0;

	*p = (struct people){.line = line, .mem = arena_open(), .now = clock_now()};
	char *path = command_store_path(line, &code);
	if (path == NULL)
		return code;
	const struct store_spec spec = {.path = path};
	if (store_open(&p->store, &spec, write ? STORE_WRITE : STORE_READ, &e) < 0 ||
	    notify_view_read(&p->view, p->store, p->now, p->mem, &e) < 0)
		code = command_fail(line, &e);
	free(path);
	return code;
}

void
people_release(struct people *p)
{
	for (size_t i = 0; i < p->n_matchers; i++)
		matcher_release(&p->matchers[i]);
	free(p->matchers);
	notify_view_release(&p->view);
	store_close(p->store);
	arena_close(p->mem);
}

int
people_matchers(struct people *p, size_t from)
{
	struct err e = ERR_INIT;

	for (size_t i = from; i < p->line->n_args; i++)
		if (notify_matchers_parse(&p->matchers, &p->n_matchers, p->line->args[i], true, &e) < 0)
			return command_usage(p->line, "%s", e.text);
	return 0;
}

const char *
people_author(const char *given)
{
	return given != NULL && given[0] != '\0' ? given : notify_author();
}

void
table_row(struct table *t, const char *const *cells, size_t n)
{
	char **row = xcalloc(n, sizeof(*row));

	for (size_t i = 0; i < n; i++) {
		row[i] = xstrdup(cells[i]);
		for (char *c = row[i]; *c != '\0'; c++)
			if ((unsigned char)*c < 0x20 || *c == 0x7f)
				*c = ' ';
	}
	t->columns = n;
	xgrow(t->rows, t->n, t->cap);
	t->rows[t->n++] = row;
}

void
table_release(struct table *t)
{
	for (size_t r = 0; r < t->n; r++) {
		for (size_t c = 0; c < t->columns; c++)
			free(t->rows[r][c]);
		free(t->rows[r]);
	}
	free(t->rows);
	*t = (struct table){0};
}

void
table_print(struct table *t)
{
	size_t *width = xcalloc(t->columns + 1, sizeof(*width));

	for (size_t r = 0; r < t->n; r++)
		for (size_t c = 0; c < t->columns; c++) {
			size_t w = utf8_count(t->rows[r][c], strlen(t->rows[r][c]));
			width[c] = w > width[c] ? w : width[c];
		}
	for (size_t r = 0; r < t->n; r++) {
		for (size_t c = 0; c < t->columns; c++) {
			const char *s = t->rows[r][c];
			size_t w = utf8_count(s, strlen(s));
			bool last = c + 1 == t->columns;

			printf("%s%*s", s, last ? 0 : (int)(width[c] - w + 2), "");
		}
		putchar('\n');
	}
	table_release(t);
	free(width);
	*t = (struct table){0};
}

const char *
people_time(const struct people *p, int64_t ms)
{
	char text[64];
	struct tm tm;
	time_t t = (time_t)(ms / 1000);

	if (ms == 0)
		return "-";
	if (p->line->common->utc)
		gmtime_r(&t, &tm);
	else
		localtime_r(&t, &tm);
	strftime(text, sizeof text, p->line->common->utc ? "%Y-%m-%d %H:%M:%SZ" : "%Y-%m-%d %H:%M:%S", &tm);
	return arena_strdup(p->mem, text);
}

const char *
people_ago(const struct people *p, int64_t ms)
{
	char text[16];

	if (ms == 0)
		return "-";
	duration_human(text, ms > p->now ? ms - p->now : p->now - ms);
	return arena_printf(p->mem, ms > p->now ? "in %s" : "%s", text);
}

const char *
people_labels(const struct people *p, struct labels l)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < l.n; i++)
		if (strcmp(l.at[i].name, "alertname") != 0)
			buf_addf(&b, "%s%s=%s", b.len > 0 ? " " : "", l.at[i].name, l.at[i].value);
	const char *s = arena_strdup(p->mem, buf_str(&b));
	buf_release(&b);
	return s;
}

bool
people_for_programs(const struct people *p)
{
	return p->line->common->output != OUTPUT_TEXT;
}

/* Objects and lists inside a row stay JSON. */
static void
csv_cell(json_t *v)
{
	char *text;

	if (json_is_string(v)) {
		command_csv_field(stdout, json_string_value(v));
	} else if (v != NULL && !json_is_null(v)) {
		text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(17));
		command_csv_field(stdout, text != NULL ? text : "");
		free(text);
	}
}

/* Columns are all that any row has. */
static void
csv_rows(json_t *list)
{
	json_t *columns = json_object(), *one, *v;
	const char *name, *sep = "";
	size_t i;

	json_array_foreach(list, i, one) json_object_update_missing(columns, one);
	json_object_foreach(columns, name, v)
	{
		printf("%s%s", sep, name);
		sep = ",";
	}
	if (json_array_size(list) > 0)
		putchar('\n');
	json_array_foreach(list, i, one)
	{
		sep = "";
		json_object_foreach(columns, name, v)
		{
			fputs(sep, stdout);
			csv_cell(json_object_get(one, name));
			sep = ",";
		}
		putchar('\n');
		if (command_reader_gone())
			break;
	}
	json_decref(columns);
}

int
people_json(const struct people *p, const char *schema, const char *key, json_t *list)
{
	json_t *one;
	size_t i;

	if (p->line->common->output == OUTPUT_CSV) {
		csv_rows(list);
		json_decref(list);
	} else if (p->line->common->output == OUTPUT_JSONL) {
		json_array_foreach(list, i, one)
		{
			json_print(stdout, json_incref(one), 0);
			if (command_reader_gone())
				break;
		}
		json_decref(list);
	} else {
		json_print(stdout, json_pack("{s:s, s:o}", "schema", schema, key, list), isatty(STDOUT_FILENO) ? 2 : 0);
	}
	return 0;
}
