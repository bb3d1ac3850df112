/*
 * view_matchers.c -- a silence's matchers as people say them: {alertname="FeatureDrift",feature="age",model="fraud"} is
 * "FeatureDrift model=fraud feature=age".
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/matcher.h"
#include "mlwatch/promql.h"
#include "view_private.h"

/* What says which thing it is comes first. */
static const char *const first[] = {"alertname", "model", "version", "feature", "job", "instance"};
#define N_FIRST (sizeof first / sizeof *first)

static size_t
rank(const char *name)
{
	size_t i = 0;

	while (i < N_FIRST && strcmp(name, first[i]) != 0)
		i++;
	return i;
}

static void
add_one(struct buf *out, const struct matcher *m)
{
	static const char *const op[] = {[MATCH_EQ] = "=", [MATCH_NE] = "!=", [MATCH_RE] = "=~", [MATCH_NRE] = "!~"};

	if (out->len > 0)
		buf_addc(out, ' ');
	if (m->op != MATCH_EQ || strcmp(m->name, "alertname") != 0)
		buf_addf(out, "%s%s", m->name, op[m->op]);
	if (m->value[0] == '\0' || strpbrk(m->value, " \t\"'") != NULL)
		labels_quote(out, m->value);
	else
		buf_addstr(out, m->value);
}

static void
on_matchers(void *arg, const struct matcher *m, size_t n, int64_t range_ms, const char *function)
{
	(void)range_ms;
	(void)function;
	for (size_t r = 0; r <= N_FIRST; r++)
		for (size_t i = 0; i < n; i++)
			if (rank(m[i].name) == r)
				add_one(arg, &m[i]);
}

const char *
view_matchers_text(struct arena *mem, const char *matchers)
{
	struct expr *x = promql_parse(matchers, NULL);
	struct buf b = BUF_INIT;
	const char *text;

	if (x != NULL)
		expr_each_selector(x, on_matchers, &b);
	expr_close(x);
	text = arena_strdup(mem, b.len > 0 ? buf_str(&b) : matchers);
	buf_release(&b);
	return text;
}
