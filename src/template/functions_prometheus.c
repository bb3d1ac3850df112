/*
 * functions_prometheus.c -- Prometheus' template functions that need nothing from outside. query, first, label, value,
 * sortByLabel, externalURL, pathPrefix and now are rules' (they know series and time); here are those on text.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "template_private.h"

#define FUNC(name)                                                                                                     \
	static const struct tvalue *name(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n,     \
					 struct err *e)

FUNC(f_title)
{
	struct buf b = BUF_INIT;

	(void)arg;
	(void)n;
	if (tv_want_string(args, 0, e) == NULL)
		return NULL;
	text_title(&b, args[0]->s, args[0]->n, false);
	return template_take(mem, &b);
}

/* args A B ... is the map arg0, arg1, ... for a called template. */
FUNC(f_args)
{
	struct tpair *pairs = arena_alloc(mem, (n + 1) * sizeof *pairs);

	(void)arg;
	(void)e;
	for (size_t i = 0; i < n; i++)
		pairs[i] = (struct tpair){arena_printf(mem, "arg%zu", i), args[i]};
	return tv_map(mem, pairs, n);
}

static const struct tvalue *
graph_link(struct arena *mem, const char *expr, int tab)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, "/graph?g0.expr=");
	escape_query(&b, expr, strlen(expr));
	buf_addf(&b, "&g0.tab=%d", tab);
	return template_take(mem, &b);
}

FUNC(f_graph_link)
{
	const char *expr = tv_want_string(args, 0, e);

	(void)arg;
	(void)n;
	return expr == NULL ? NULL : graph_link(mem, expr, 0);
}

FUNC(f_table_link)
{
	const char *expr = tv_want_string(args, 0, e);

	(void)arg;
	(void)n;
	return expr == NULL ? NULL : graph_link(mem, expr, 1);
}

/* The length of the host in host:port, [v6]:port; all of it when there is no port. */
static size_t
host_length(const char *s)
{
	size_t n = strlen(s);
	const char *colon = strrchr(s, ':'), *bracket = strchr(s, ']');

	if (s[0] == '[')
		return bracket != NULL && bracket[1] == ':' ? (size_t)(bracket - s) + 1 : n;
	return colon == NULL || memchr(s, ':', (size_t)(colon - s)) != NULL ? n : (size_t)(colon - s);
}

FUNC(f_strip_port)
{
	const char *s = tv_want_string(args, 0, e);

	(void)arg;
	(void)n;
	if (s == NULL)
		return NULL;
	size_t host = host_length(s);
	bool bracketed = s[0] == '[' && s[host] == ':';
	return bracketed ? tv_strn(mem, s + 1, host - 2) : tv_strn(mem, s, host);
}

static bool
is_address(const char *s, size_t n)
{
	bool digits = n > 0;

	for (size_t i = 0; i < n && digits; i++)
		digits = isdigit((unsigned char)s[i]) || s[i] == '.';
	return digits || (n > 0 && (s[0] == '[' || memchr(s, ':', n) != NULL));
}

/* db.example.com:9100 is db:9100; addresses stay. */
FUNC(f_strip_domain)
{
	const char *s = tv_want_string(args, 0, e);

	(void)arg;
	(void)n;
	if (s == NULL)
		return NULL;
	size_t host = host_length(s), dot = strcspn(s, ".");
	if (is_address(s, host) || dot >= host)
		return tv_string(mem, s);
	return tv_string(mem, arena_printf(mem, "%.*s%s", (int)dot, s, s + host));
}

FUNC(f_parse_duration)
{
	const char *s = tv_want_string(args, 0, e);
	int64_t ms;

	(void)arg;
	(void)n;
	if (s == NULL)
		return NULL;
	if (duration_parse(s, &ms) < 0) {
		err_set(e, ERR_FILE, "not a valid duration string: \"%s\"", s);
		return NULL;
	}
	return tv_float(mem, (double)ms / 1000);
}

FUNC(f_url_query_escape)
{
	const char *s = tv_want_string(args, 0, e);
	struct buf b = BUF_INIT;

	(void)arg;
	(void)n;
	if (s == NULL)
		return NULL;
	escape_query(&b, s, args[0]->n);
	return template_take(mem, &b);
}

const struct tfunc template_prometheus_functions[] = {
    {"args", 0, -1, f_args},
    {"graphLink", 1, 1, f_graph_link},
    {"humanize", 1, 1, template_humanize},
    {"humanize1024", 1, 1, template_humanize_1024},
    {"humanizeDuration", 1, 1, template_humanize_duration},
    {"humanizePercentage", 1, 1, template_humanize_percentage},
    {"humanizeTimestamp", 1, 1, template_humanize_timestamp},
    {"match", 2, 2, template_match},
    {"parseDuration", 1, 1, f_parse_duration},
    {"reReplaceAll", 3, 3, template_re_replace_all},
    {"safeHtml", 1, 1, template_safe_html},
    {"stripDomain", 1, 1, f_strip_domain},
    {"stripPort", 1, 1, f_strip_port},
    {"tableLink", 1, 1, f_table_link},
    {"title", 1, 1, f_title},
    {"toDuration", 1, 1, template_to_duration},
    {"toLower", 1, 1, template_lower},
    {"toTime", 1, 1, template_to_time},
    {"toUpper", 1, 1, template_upper},
    {"urlQueryEscape", 1, 1, f_url_query_escape},
};
const size_t template_prometheus_n = sizeof template_prometheus_functions / sizeof *template_prometheus_functions;
