/*
 * histogram_text.c -- histograms as text: PromQL's {count:.., sum:.., (a,b]:n} and the series notation of rule
 * tests, {{schema:.. count:.. buckets:[..]}}, which is also read.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "histogram_private.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/num.h"

#define MAX_BUCKETS 100000 /* in one list, read or written */
#define MAX_OFFSET  (1 << 28)

static void
add_num(struct buf *out, double v)
{
	char text[NUM_MAX];

	num_g(text, v);
	buf_addstr(out, text);
}

static void
add_bucket(struct buf *out, const struct bucket *b)
{
	buf_addstr(out, b->lower_inclusive ? ", [" : ", (");
	add_num(out, b->lower);
	buf_addc(out, ',');
	add_num(out, b->upper);
	buf_addstr(out, b->upper_inclusive ? "]:" : "):");
	add_num(out, b->count);
}

void
histogram_format(struct buf *out, const struct histogram *h)
{
	struct bucket_iter it;
	struct bucket b;

	buf_addstr(out, "{count:");
	add_num(out, h->count);
	buf_addstr(out, ", sum:");
	add_num(out, h->sum);
	histogram_each(&it, h);
	it.exact_bounds = true;
	while (bucket_next(&it, &b)) {
		if (b.count != 0)
			add_bucket(out, &b);
	}
	buf_addc(out, '}');
}

static const char *const hint_names[] = {
    [RESET_UNKNOWN] = "unknown", [RESET_YES] = "reset", [RESET_NO] = "not_reset", [RESET_GAUGE] = "gauge"};

static void
add_key(struct buf *out, const char *key)
{
	if (out->p[out->len - 1] != '{')
		buf_addc(out, ' ');
	buf_addstr(out, key);
	buf_addc(out, ':');
}

static void
add_value(struct buf *out, const char *key, double v)
{
	if (v == 0)
		return;
	add_key(out, key);
	add_num(out, v);
}

/* Gaps between buckets are written as zeros, up to a bound. */
static void
add_buckets(struct buf *out, const struct buckets *b, const char *key, const char *offset_key)
{
	int64_t written = 0;
	size_t at = 0;

	if (b->n == 0)
		return;
	add_value(out, offset_key, b->spans[0].offset);
	add_key(out, key);
	for (size_t i = 0; i < b->n_spans; i++) {
		for (int64_t gap = i == 0 ? 0 : b->spans[i].offset; gap > 0 && written < MAX_BUCKETS; gap--)
			buf_addstr(out, written++ == 0 ? "[0" : " 0");
		for (uint32_t k = 0; k < b->spans[i].length && at < b->n && written < MAX_BUCKETS; k++) {
			buf_addc(out, written++ == 0 ? '[' : ' ');
			add_num(out, b->counts[at++]);
		}
	}
	buf_addc(out, ']');
}

void
histogram_format_test(struct buf *out, const struct histogram *h)
{
	buf_addstr(out, "{{");
	add_value(out, "schema", h->schema);
	add_value(out, "count", h->count);
	add_value(out, "sum", h->sum);
	add_value(out, "z_bucket", h->zero_count);
	add_value(out, "z_bucket_w", h->zero_threshold);
	if (h->schema == HIST_CUSTOM) {
		add_key(out, "custom_values");
		buf_addc(out, '[');
		for (size_t i = 0; i < h->n_custom; i++) {
			if (i > 0)
				buf_addc(out, ' ');
			add_num(out, h->custom[i]);
		}
		buf_addc(out, ']');
	}
	if (h->hint != RESET_UNKNOWN) {
		add_key(out, "counter_reset_hint");
		buf_addstr(out, hint_names[h->hint]);
	}
	add_buckets(out, &h->pos, "buckets", "offset");
	add_buckets(out, &h->neg, "n_buckets", "n_offset");
	buf_addstr(out, "}}");
}

/* ---- reading ---- */

struct reader {
	const char *p, *end;
	struct arena *mem;
	struct err *e;
};

struct list {
	double *at;
	size_t n;
};

struct parts {
	double schema, count, sum, zero_count, zero_threshold, offset, n_offset;
	struct list buckets, n_buckets, custom;
	enum reset_hint hint;
	unsigned seen;
};

static void
skip_blanks(struct reader *r)
{
	while (r->p < r->end && isspace((unsigned char)*r->p))
		r->p++;
}

static int
read_number(struct reader *r, double *v)
{
	const char *from = r->p;

	while (r->p < r->end && !isspace((unsigned char)*r->p) && *r->p != ']' && *r->p != '}')
		r->p++;
	if (num_parse(from, (size_t)(r->p - from), v))
		return 0;
	return err_set(r->e, ERR_FILE, "not a number in a histogram: '%.*s'",
		       (int)(r->p - from > 60 ? 60 : r->p - from), from);
}

static int
read_value(struct reader *r, void *field)
{
	return read_number(r, field);
}

static int
read_integer(struct reader *r, void *field)
{
	double *v = field;

	if (read_number(r, v) < 0)
		return -1;
	if (!(*v >= -MAX_OFFSET && *v <= MAX_OFFSET) || *v != (double)(int)*v)
		return err_set(r->e, ERR_FILE, "not an integer that a histogram can have: %g", *v);
	return 0;
}

static int
read_list(struct reader *r, void *field)
{
	struct list *l = field;
	size_t cap = 0;

	if (r->p == r->end || *r->p != '[')
		return err_set(r->e, ERR_FILE, "buckets of a histogram are written in brackets: [1 2 3]");
	r->p++;
	for (;;) {
		skip_blanks(r);
		if (r->p == r->end)
			return err_set(r->e, ERR_FILE, "unclosed '[' in a histogram");
		if (*r->p == ']')
			break;
		if (l->n == MAX_BUCKETS)
			return err_set(r->e, ERR_FILE, "more than %d buckets in a histogram", MAX_BUCKETS);
		if (l->n == cap) {
			size_t more = cap == 0 ? 16 : cap * 2;
			l->at = arena_realloc(r->mem, l->at, cap * sizeof *l->at, more * sizeof *l->at);
			cap = more;
		}
		if (read_number(r, &l->at[l->n]) < 0)
			return -1;
		l->n++;
	}
	r->p++;
	return 0;
}

static int
read_hint(struct reader *r, void *field)
{
	for (size_t i = 0; i < sizeof hint_names / sizeof *hint_names; i++) {
		size_t n = strlen(hint_names[i]);
		if ((size_t)(r->end - r->p) < n || memcmp(r->p, hint_names[i], n) != 0)
			continue;
		if ((size_t)(r->end - r->p) > n && (isalnum((unsigned char)r->p[n]) || r->p[n] == '_'))
			continue;
		r->p += n;
		*(enum reset_hint *)field = (enum reset_hint)i;
		return 0;
	}
	return err_set(r->e, ERR_FILE, "counter_reset_hint is unknown, reset, not_reset or gauge");
}

static const struct part {
	const char *name;
	int (*read)(struct reader *r, void *field);
	size_t offset;
} part_table[] = {
#define AT(f) offsetof(struct parts, f)
    {"schema", read_integer, AT(schema)},
    {"count", read_value, AT(count)},
    {"sum", read_value, AT(sum)},
    {"z_bucket", read_value, AT(zero_count)},
    {"z_bucket_w", read_value, AT(zero_threshold)},
    {"buckets", read_list, AT(buckets)},
    {"offset", read_integer, AT(offset)},
    {"n_buckets", read_list, AT(n_buckets)},
    {"n_offset", read_integer, AT(n_offset)},
    {"custom_values", read_list, AT(custom)},
    {"counter_reset_hint", read_hint, AT(hint)},
#undef AT
};
#define N_PARTS (sizeof part_table / sizeof *part_table)

static int
read_part(struct reader *r, struct parts *to)
{
	const char *name = r->p;

	while (r->p < r->end && (isalnum((unsigned char)*r->p) || *r->p == '_'))
		r->p++;
	size_t n = (size_t)(r->p - name);
	if (r->p == r->end || *r->p != ':')
		return err_set(r->e, ERR_FILE, "a histogram is written {{key:value ...}}, found '%.*s'",
			       (int)(r->end - name > 40 ? 40 : r->end - name), name);
	r->p++;
	for (size_t i = 0; i < N_PARTS; i++) {
		if (strlen(part_table[i].name) != n || memcmp(part_table[i].name, name, n) != 0)
			continue;
		if (to->seen & (1u << i))
			return err_set(r->e, ERR_FILE, "'%s' stands twice in a histogram", part_table[i].name);
		to->seen |= 1u << i;
		return part_table[i].read(r, (char *)to + part_table[i].offset);
	}
	return err_set(r->e, ERR_FILE, "unknown key '%.*s' in a histogram", (int)(n > 40 ? 40 : n), name);
}

static struct buckets
one_span(struct arena *mem, const struct list *l, double offset)
{
	if (l->n == 0)
		return (struct buckets){0};
	struct span *s = arena_alloc(mem, sizeof *s);
	*s = (struct span){(int32_t)offset, (uint32_t)l->n};
	return (struct buckets){1, l->n, s, l->at};
}

static int
assemble(struct reader *r, const struct parts *p, struct histogram **out)
{
	struct histogram *h = arena_calloc(r->mem, 1, sizeof *h);
	int schema = (int)p->schema;

	if ((schema < -4 || schema > 8) && schema != HIST_CUSTOM)
		return err_set(r->e, ERR_FILE, "schema of a histogram is -4 to 8 or %d, not %d", HIST_CUSTOM, schema);
	for (size_t i = 1; i < p->custom.n; i++) {
		if (!(p->custom.at[i - 1] < p->custom.at[i]))
			return err_set(r->e, ERR_FILE, "custom_values of a histogram have to ascend");
	}
	h->schema = schema;
	h->hint = p->hint;
	h->count = p->count;
	h->sum = p->sum;
	h->zero_threshold = p->zero_threshold;
	h->zero_count = p->zero_count;
	h->pos = one_span(r->mem, &p->buckets, p->offset);
	h->neg = one_span(r->mem, &p->n_buckets, p->n_offset);
	h->custom = p->custom.at;
	h->n_custom = p->custom.n;
	*out = h;
	return 0;
}

int
histogram_parse_test(struct arena *mem, const char *text, size_t n, struct histogram **out, struct err *e)
{
	struct parts parts = {0};

	if (n < 4 || memcmp(text, "{{", 2) != 0 || memcmp(text + n - 2, "}}", 2) != 0)
		return err_set(e, ERR_FILE, "a histogram is written {{key:value ...}}");
	struct reader r = {text + 2, text + n - 2, mem, e};
	for (skip_blanks(&r); r.p < r.end; skip_blanks(&r)) {
		if (read_part(&r, &parts) < 0)
			return -1;
		if (r.p < r.end && !isspace((unsigned char)*r.p))
			return err_set(e, ERR_FILE, "a blank is missing in a histogram before '%.*s'",
				       (int)(r.end - r.p > 40 ? 40 : r.end - r.p), r.p);
	}
	return assemble(&r, &parts, out);
}
