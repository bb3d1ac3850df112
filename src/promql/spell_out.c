/*
 * spell_out.c -- names in an expression replaced by what they stand for, as text: a rule that compares model:latency_seconds:p95_5m is about
 * ml_latency_seconds.
 */
#include "mlwatch/buf.h"
#include "mlwatch/promql.h"

#define DEPTH   3     /* of names that are made of names */
#define LONGEST 16384 /* nothing more is spelled out after that */

static bool
in_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

/* What stands in quotes is no name. */
static size_t
quoted_length(const char *p)
{
	size_t n = 1;

	while (p[n] != '\0' && p[n] != p[0])
		n += p[n] == '\\' && p[n + 1] != '\0' ? 2 : 1;
	return p[n] != '\0' ? n + 1 : n;
}

static void
spell_out(struct buf *out, const char *expr, int depth, expr_meaning_fn *meaning, void *arg)
{
	for (const char *p = expr; *p != '\0';) {
		const char *stands_for = NULL;
		size_t n = 0;

		if (*p == '"' || *p == '\'' || *p == '`') {
			n = quoted_length(p);
		} else {
			while (in_name(p[n]))
				n++;
			stands_for = n > 0 && depth > 0 && out->len < LONGEST ? meaning(arg, p, n) : NULL;
		}
		if (n == 0)
			n = 1;
		if (stands_for != NULL) {
			buf_addc(out, '(');
			spell_out(out, stands_for, depth - 1, meaning, arg);
			buf_addc(out, ')');
		} else {
			buf_add(out, p, n);
		}
		p += n;
	}
}

void
expr_spell_out(struct buf *out, const char *expr, expr_meaning_fn *meaning, void *arg)
{
	spell_out(out, expr, DEPTH, meaning, arg);
}
