/* json_out.c -- what several commands write as JSON. */
#include "mlwatch/json_out.h"

#include <math.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/num.h"
#include "mlwatch/utf8.h"

json_t *
json_text(const char *s)
{
	struct buf b = BUF_INIT;
	json_t *j = json_string(s);

	if (j != NULL)
		return j;
	utf8_repair(&b, s, strlen(s));
	j = json_string(buf_str(&b));
	buf_release(&b);
	return j;
}

json_t *
json_labels(struct labels l)
{
	json_t *o = json_object();

	for (size_t i = 0; i < l.n; i++)
		json_object_set_new(o, l.at[i].name, json_text(l.at[i].value));
	return o;
}

json_t *
json_time(int64_t ms)
{
	char text[32];

	if (ms == 0)
		return json_null();
	rfc3339_format(text, ms);
	return json_string(text);
}

json_t *
json_seconds(int64_t ms)
{
	return ms % 1000 == 0 ? json_integer(ms / 1000) : json_real((double)ms / 1000);
}

json_t *
json_number(double v)
{
	char text[NUM_MAX];

	if (!isfinite(v)) {
		num_f(text, v);
		return json_string(text);
	}
	if (v == floor(v) && fabs(v) < 9e15)
		return json_integer((json_int_t)v);
	return json_real(v);
}

static json_t *
mistake_json(const struct mistake *m)
{
	json_t *j = json_object();

	json_object_set_new(j, "file", json_text(m->file));
	if (m->line > 0)
		json_object_set_new(j, "line", json_integer(m->line));
	if (m->column > 0)
		json_object_set_new(j, "column", json_integer(m->column));
	if (m->end_column > 0)
		json_object_set_new(j, "end_column", json_integer(m->end_column));
	json_object_set_new(j, "severity", json_string(m->severity == SEVERITY_ERROR ? "error" : "warning"));
	json_object_set_new(j, "code", json_text(m->code));
	json_object_set_new(j, "message", json_text(m->text));
	if (m->hint != NULL)
		json_object_set_new(j, "hint", json_text(m->hint));
	return j;
}

json_t *
errlist_json(const struct errlist *l)
{
	json_t *doc = json_object(), *list = json_array();
	size_t i;

	for (i = 0; i < l->n; i++)
		json_array_append_new(list, mistake_json(&l->at[i]));
	json_object_set_new(doc, "schema", json_string("mlwatch.errors/1"));
	json_object_set_new(doc, "errors", list);
	return doc;
}

void
json_print(FILE *to, json_t *doc, int indent)
{
	json_dumpf(doc, to, (indent ? JSON_INDENT(2) : JSON_COMPACT) | JSON_REAL_PRECISION(17));
	fputc('\n', to);
	json_decref(doc);
}
