/*
 * view_recorded.c -- what recorded names stand for. A rule that compares model:latency_seconds:p95_5m is about ml_latency_seconds: units, and
 * whose limit a rule's constant is, are read off the expression with its recorded names spelled out.
 */
#include <jansson.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/promql.h"
#include "view_private.h"

json_t *
view_rules_document(const struct view_source *s)
{
	return view_document(s, "rules");
}

/* The expression that is recorded under this name; NULL. */
static const char *
recorded(void *arg, const char *name, size_t n)
{
	json_t *rules = arg;
	const json_t *r;
	size_t i;

	json_array_foreach(rules, i, r)
	{
		const char *is = json_string_value(json_object_get(r, "name"));

		if (is != NULL && strlen(is) == n && memcmp(is, name, n) == 0 &&
		    !json_is_true(json_object_get(r, "alerting")))
			return json_string_value(json_object_get(r, "expr"));
	}
	return NULL;
}

char *
view_spelled_out(const json_t *rules, const char *expr)
{
	struct buf b = BUF_INIT;

	expr_spell_out(&b, expr, recorded, (void *)(uintptr_t)rules);
	return buf_steal(&b);
}
