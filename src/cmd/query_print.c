/*
 * query_print.c -- answers of `mlwatch query` for programs: the body of Prometheus' API (json), a series per line (jsonl),
 * a value per line (csv: series,time,value as `store export -o csv` has it).
 */
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/histogram.h"
#include "mlwatch/num.h"
#include "mlwatch/prom_json.h"
#include "mlwatch/promql.h"
#include "query_print.h"

static void
print_json(const struct promql_result *r)
{
	struct buf body = BUF_INIT;

	prom_json_success(&body, r);
	printf("{" QUERY_SCHEMA "%s\n", buf_str(&body) + 1);
	buf_release(&body);
}

/* ---- jsonl ---- */

static void
point_json(struct buf *b, int64_t t, double v, const struct histogram *h)
{
	buf_addc(b, '[');
	prom_json_time(b, t);
	buf_addc(b, ',');
	if (h != NULL)
		prom_json_histogram(b, h);
	else
		prom_json_value(b, v);
	buf_addc(b, ']');
}

/* The points of a series that are numbers, or those that are histograms; the member is left out when there are none. */
static void
points_json(struct buf *b, const struct point *p, size_t n, bool histograms)
{
	size_t some = 0;

	for (size_t i = 0; i < n; i++) {
		if ((p[i].h != NULL) != histograms)
			continue;
		if (some++ == 0)
			buf_addf(b, ",\"%s\":[", histograms ? "histograms" : "values");
		else
			buf_addc(b, ',');
		point_json(b, p[i].t, p[i].v, p[i].h);
	}
	if (some > 0)
		buf_addc(b, ']');
}

static void
print_jsonl(const struct promql_result *r)
{
	struct buf b = BUF_INIT;

	if (r->type == VALUE_SCALAR || r->type == VALUE_STRING) {
		buf_addf(&b, "{\"%s\":", r->type == VALUE_SCALAR ? "scalar" : "string");
		if (r->type == VALUE_SCALAR)
			point_json(&b, r->t, r->scalar, NULL);
		else
			prom_json_string(&b, r->string);
		printf("%s}\n", buf_str(&b));
	}
	for (size_t i = 0; i < r->n && (r->type == VALUE_VECTOR || r->type == VALUE_MATRIX); i++) {
		buf_release(&b);
		buf_addstr(&b, "{\"metric\":");
		if (r->type == VALUE_MATRIX) {
			prom_json_labels(&b, r->matrix[i].labels);
			points_json(&b, r->matrix[i].points, r->matrix[i].n, false);
			points_json(&b, r->matrix[i].points, r->matrix[i].n, true);
		} else {
			prom_json_labels(&b, r->vector[i].labels);
			buf_addf(&b, ",\"%s\":", r->vector[i].h != NULL ? "histogram" : "value");
			point_json(&b, r->vector[i].t, r->vector[i].v, r->vector[i].h);
		}
		printf("%s}\n", buf_str(&b));
	}
	buf_release(&b);
}

/* ---- csv ---- */

static void
csv_line(const char *series, int64_t t, double v, const struct histogram *h)
{
	struct buf text = BUF_INIT;
	char number[NUM_MAX], when[32];

	rfc3339_format(when, t);
	num_api(number, v);
	if (h != NULL)
		histogram_format(&text, h);
	command_csv_field(stdout, series);
	printf(",%s,", when);
	command_csv_field(stdout, h != NULL ? buf_str(&text) : number);
	putchar('\n');
	buf_release(&text);
}

static void
print_csv(const struct promql_result *r)
{
	struct buf name = BUF_INIT;

	if (r->type == VALUE_STRING) {
		printf("value\n");
		command_csv_field(stdout, r->string);
		putchar('\n');
		return;
	}
	printf("series,time,value\n");
	if (r->type == VALUE_SCALAR)
		csv_line("", r->t, r->scalar, NULL);
	for (size_t i = 0; i < r->n && (r->type == VALUE_VECTOR || r->type == VALUE_MATRIX); i++) {
		buf_release(&name);
		labels_format(&name, r->type == VALUE_MATRIX ? r->matrix[i].labels : r->vector[i].labels);
		if (r->type == VALUE_VECTOR)
			csv_line(buf_str(&name), r->vector[i].t, r->vector[i].v, r->vector[i].h);
		for (size_t k = 0; r->type == VALUE_MATRIX && k < r->matrix[i].n; k++)
			csv_line(buf_str(&name), r->matrix[i].points[k].t, r->matrix[i].points[k].v,
				 r->matrix[i].points[k].h);
	}
	buf_release(&name);
}

void
query_print(const struct command_line *line, const struct promql_result *r)
{
	static void (*const print[])(const struct promql_result *) = {
	    [OUTPUT_JSON] = print_json, [OUTPUT_JSONL] = print_jsonl, [OUTPUT_CSV] = print_csv};

	print[line->common->output](r);
	for (size_t i = 0; i < r->n_annotations && !line->common->json; i++)
		fprintf(stderr, "%s: %s\n", r->annotations[i].info ? "info" : "warning", r->annotations[i].text);
}

/* ---- lists ---- */

struct query_list
query_list_begin(const struct command_line *line, const char *column)
{
	struct query_list l = {.out = BUF_INIT, .format = line->common->output};

	if (l.format == OUTPUT_JSON)
		buf_addstr(&l.out, "{" QUERY_SCHEMA "\"status\":\"success\",\"data\":[");
	if (l.format == OUTPUT_CSV)
		printf("%s\n", column);
	return l;
}

static void
item(struct query_list *l, void (*json)(struct buf *, const void *), const void *what, const char *text)
{
	if (l->format == OUTPUT_JSON && l->n > 0)
		buf_addc(&l->out, ',');
	l->n++;
	if (l->format == OUTPUT_JSON || l->format == OUTPUT_JSONL)
		json(&l->out, what);
	if (l->format == OUTPUT_JSON)
		return;
	printf("%s", buf_str(&l->out));
	buf_release(&l->out);
	if (l->format == OUTPUT_CSV)
		command_csv_field(stdout, text);
	else if (l->format == OUTPUT_TEXT)
		fputs(text, stdout);
	putchar('\n');
}

static void
json_of_labels(struct buf *b, const void *labels)
{
	prom_json_labels(b, *(const struct labels *)labels);
}

static void
json_of_word(struct buf *b, const void *word)
{
	prom_json_string(b, word);
}

void
query_list_labels(struct query_list *l, struct labels labels)
{
	struct buf text = BUF_INIT;

	labels_format(&text, labels);
	item(l, json_of_labels, &labels, buf_str(&text));
	buf_release(&text);
}

void
query_list_word(struct query_list *l, const char *word)
{
	item(l, json_of_word, word, word);
}

void
query_list_end(struct query_list *l)
{
	if (l->format == OUTPUT_JSON)
		printf("%s]}\n", buf_str(&l->out));
	buf_release(&l->out);
}
