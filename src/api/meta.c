/*
 * meta.c -- /api/v1/series, labels, label/NAME/values, metadata: which series there are.
 */
#include <stdlib.h>
#include <string.h>

#include "api_private.h"
#include "mlwatch/arena.h"
#include "mlwatch/prom_json.h"
#include "mlwatch/promql.h"
#include "mlwatch/reader.h"

struct selection {
	const struct storage *storage;
	struct arena *mem;
	struct series_list list;
	int64_t mint, maxt;
	struct err err;
	bool failed;
	size_t selectors;
};

static void
on_selector(void *arg, const struct matcher *m, size_t n, int64_t range_ms, const char *function)
{
	struct selection *s = arg;
	const struct select q = {
	    .matchers = m, .n_matchers = n, .mint = s->mint, .maxt = s->maxt, .flags = SELECT_LABELS_ONLY};

	(void)range_ms;
	(void)function;
	s->selectors++;
	if (s->storage->select(s->storage->self, &q, s->mem, &s->list, &s->err) < 0)
		s->failed = true;
}

static int
by_labels(const void *a, const void *b)
{
	return labels_cmp(((const struct series *)a)->labels, ((const struct series *)b)->labels);
}

static int
select_one(struct selection *s, const char *text, struct api_answer *a)
{
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(text, &e);

	if (x == NULL)
		return api_error(a, "bad_data", "invalid parameter \"match[]\": %d:%d: parse error: %s", e.line,
				 e.column, e.text);
	expr_each_selector(x, on_selector, s);
	expr_close(x);
	return s->failed ? api_error(a, "execution", "%s", s->err.text) : 0;
}

/* What the match[] parameters select between start and end; everything when there are none and that is allowed. */
static int
selection_open(struct selection *s, const struct api_request *q, bool need_match, struct api_answer *a)
{
	const char *text;
	size_t i = 0, n = 0;

	s->storage = reader_promql(q->reader)->storage;
	s->mem = arena_open();
	if (api_time_param(q, "start", 0, &s->mint, a) < 0 || api_time_param(q, "end", q->now, &s->maxt, a) < 0)
		return -1;
	s->mint--; /* start itself counts; selections are left-open */
	while ((text = api_param_next(q, "match[]", &i)) != NULL) {
		n++;
		if (select_one(s, text, a) < 0)
			return -1;
	}
	if (n == 0 && need_match)
		return api_error(a, "bad_data", "no match[] parameter provided");
	if (n == 0 && select_one(s, "{__name__!=\"\"}", a) < 0)
		return -1;
	if (s->list.n > 0)
		qsort(s->list.at, s->list.n, sizeof *s->list.at, by_labels);
	return 0;
}

static void
end_list(struct api_answer *a, bool truncated)
{
	buf_addstr(&a->body, truncated ? "],\"warnings\":[\"results truncated due to limit\"]}" : "]}");
}

static void
handle_series(const struct api_request *q, struct api_answer *a)
{
	struct selection s = {0};
	size_t limit, n = 0;
	bool truncated = false;

	if (api_limit_param(q, &limit, a) == 0 && selection_open(&s, q, true, a) == 0) {
		buf_addstr(&a->body, "{\"status\":\"success\",\"data\":[");
		for (size_t i = 0; i < s.list.n && !truncated; i++) {
			if (i > 0 && labels_equal(s.list.at[i].labels, s.list.at[i - 1].labels))
				continue;
			truncated = limit > 0 && n == limit;
			if (truncated)
				break;
			if (n++ > 0)
				buf_addc(&a->body, ',');
			prom_json_labels(&a->body, s.list.at[i].labels);
		}
		end_list(a, truncated);
	}
	arena_close(s.mem);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
word_list(struct api_answer *a, const char **word, size_t n, size_t limit)
{
	size_t out = 0;
	bool truncated = false;

	if (n > 0)
		qsort(word, n, sizeof *word, by_text);
	buf_addstr(&a->body, "{\"status\":\"success\",\"data\":[");
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(word[i], word[i - 1]) == 0)
			continue;
		truncated = limit > 0 && out == limit;
		if (truncated)
			break;
		if (out++ > 0)
			buf_addc(&a->body, ',');
		prom_json_string(&a->body, word[i]);
	}
	end_list(a, truncated);
}

/* name NULL: the names of labels, else the values of that one. */
static void
answer_words(const struct api_request *q, struct api_answer *a, const char *name)
{
	struct selection s = {0};
	size_t limit, n = 0, most = 1;
	const char **word;

	if (api_limit_param(q, &limit, a) == 0 && selection_open(&s, q, false, a) == 0) {
		for (size_t i = 0; i < s.list.n; i++)
			most += s.list.at[i].labels.n;
		word = arena_calloc(s.mem, most, sizeof *word);
		for (size_t i = 0; i < s.list.n; i++) {
			struct labels l = s.list.at[i].labels;

			for (size_t k = 0; k < l.n; k++)
				if (name == NULL)
					word[n++] = l.at[k].name;
				else if (strcmp(l.at[k].name, name) == 0)
					word[n++] = l.at[k].value;
		}
		word_list(a, word, n, limit);
	}
	arena_close(s.mem);
}

static void
handle_labels(const struct api_request *q, struct api_answer *a)
{
	answer_words(q, a, NULL);
}

/* A name in a path may be written U__..., with _HH_ for what is not legacy (Prometheus' escaping). */
static void
unescape_name(struct buf *out, const char *s)
{
	if (strncmp(s, "U__", 3) != 0) {
		buf_addstr(out, s);
		return;
	}
	for (s += 3; *s != '\0'; s++) {
		if (*s != '_') {
			buf_addc(out, *s);
		} else if (s[1] == '_') {
			buf_addc(out, '_');
			s++;
		} else {
			char *end;
			unsigned long cp = strtoul(s + 1, &end, 16);

			if (end == s + 1 || *end != '_' || cp > 0x7f) {
				buf_addc(out, '_');
			} else {
				buf_addc(out, (char)cp);
				s = end;
			}
		}
	}
}

static void
handle_values(const struct api_request *q, struct api_answer *a)
{
	const char *end = strstr(q->rest, "/values");
	char *escaped;
	struct buf name = BUF_INIT;

	if (end == NULL || end[7] != '\0') {
		api_error(a, "not_found", "no such resource");
		return;
	}
	escaped = strndup(q->rest, (size_t)(end - q->rest));
	unescape_name(&name, escaped != NULL ? escaped : "");
	free(escaped);
	if (name.len == 0)
		api_error(a, "bad_data", "invalid label name: \"\"");
	else
		answer_words(q, a, buf_str(&name));
	buf_release(&name);
}

static void
handle_metadata(const struct api_request *q, struct api_answer *a)
{
	const char *only = api_param(q, "metric");
	size_t limit, n = 0;

	if (api_limit_param(q, &limit, a) < 0) {
		api_error(a, "bad_data", "limit must be a number");
		return;
	}
	buf_addstr(&a->body, "{\"status\":\"success\",\"data\":{");
	for (size_t i = 0; i < api_n_families; i++) {
		if ((only != NULL && only[0] != '\0' && strcmp(only, api_families[i].name) != 0) ||
		    (limit > 0 && n == limit))
			continue;
		buf_addf(&a->body, "%s\"%s\":[{\"type\":\"%s\",\"unit\":\"\",\"help\":", n++ > 0 ? "," : "",
			 api_families[i].name, api_families[i].type);
		prom_json_string(&a->body, api_families[i].help);
		buf_addstr(&a->body, "}]");
	}
	buf_addstr(&a->body, "}}");
}

const struct api_route api_meta_routes[] = {
    {"GET", "/api/v1/series", handle_series, ROUTE_WORKER},
    {"POST", "/api/v1/series", handle_series, ROUTE_WORKER},
    {"GET", "/api/v1/labels", handle_labels, ROUTE_WORKER},
    {"POST", "/api/v1/labels", handle_labels, ROUTE_WORKER},
    {"GET", "/api/v1/label/", handle_values, ROUTE_WORKER | ROUTE_PREFIX},
    {"GET", "/api/v1/metadata", handle_metadata, 0},
    {NULL, NULL, NULL, 0},
};
