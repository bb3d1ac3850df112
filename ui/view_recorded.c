/*
 * view_recorded.c -- what recorded names stand for. A rule that compares model:latency_seconds:p95_5m is about ml_latency_seconds: units, and
 * whose limit a rule's constant is, are read off the expression with its recorded names spelled out.
 */
#include <jansson.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "view_private.h"

#define DEPTH   3     /* of recorded names that are made of recorded names */
#define LONGEST 16384 /* nothing more is spelled out after that */

json_t *
view_rules_document(const struct view_source *s)
{
	return view_document(s, "rules");
}

/* The expression that is recorded under this name; NULL. */
static const char *
recorded(const json_t *rules, const char *name, size_t n)
{
	const json_t *r;
	size_t i;

	json_array_foreach((json_t *)rules, i, r)
	{
		const char *is = json_string_value(json_object_get(r, "name"));

		if (is != NULL && strlen(is) == n && memcmp(is, name, n) == 0 &&
		    !json_is_true(json_object_get(r, "alerting")))
			return json_string_value(json_object_get(r, "expr"));
	}
	return NULL;
}

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
spell_out(const json_t *rules, const char *expr, int depth, struct buf *out)
{
	for (const char *p = expr; *p != '\0';) {
		const char *stands_for = NULL;
		size_t n = 0;

		if (*p == '"' || *p == '\'' || *p == '`') {
			n = quoted_length(p);
		} else {
			while (in_name(p[n]))
				n++;
			stands_for = n > 0 && depth > 0 && out->len < LONGEST ? recorded(rules, p, n) : NULL;
		}
		if (n == 0)
			n = 1;
		if (stands_for != NULL) {
			buf_addc(out, '(');
			spell_out(rules, stands_for, depth - 1, out);
			buf_addc(out, ')');
		} else {
			buf_add(out, p, n);
		}
		p += n;
	}
}

char *
view_spelled_out(const json_t *rules, const char *expr)
{
	struct buf b = BUF_INIT;

	spell_out(rules, expr, DEPTH, &b);
	return buf_steal(&b);
}
