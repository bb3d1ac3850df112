/*
 * view_limits.c -- what counts as drifted: the limits that the loaded rules compare a statistic with; and what the ratio of two
 * means suggests.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/store.h"
#include "view_private.h"

/* The smallest number that stands behind "> " or "> bool " after a mention of word, or INFINITY. */
static double
compared_with(const char *expr, const char *word)
{
	double least = INFINITY;

	for (const char *p = strstr(expr, word); p != NULL; p = strstr(p + 1, word)) {
		const char *gt = strchr(p, '>');
		char *end;
		double v;

		if (gt == NULL)
			break;
		gt += gt[1] == '=' ? 2 : 1;
		while (*gt == ' ')
			gt++;
		if (strncmp(gt, "bool", 4) == 0)
			gt += 4;
		v = strtod(gt, &end);
		if (end != gt && v < least)
			least = v;
	}
	return least;
}

double
view_drift_limit(const struct view_source *s, struct arena *mem, const char *statistic, double dflt, bool *is_default)
{
	char *text = store_get_kv(s->store, "rules");
	json_t *rules = text != NULL ? json_loads(text, 0, NULL) : NULL, *r, *other;
	double least = INFINITY;
	size_t i, k;

	(void)mem;
	json_array_foreach(rules, i, r)
	{
		const char *expr = json_string_value(json_object_get(r, "expr"));
		const char *name = json_string_value(json_object_get(r, "name"));

		if (expr == NULL || name == NULL || strstr(expr, statistic) == NULL)
			continue;
		if (json_is_true(json_object_get(r, "alerting"))) {
			least = fmin(least, compared_with(expr, statistic));
			continue;
		}
		/* A recorded statistic: the rules that compare it by its name. */
		json_array_foreach(rules, k, other)
		{
			const char *of = json_string_value(json_object_get(other, "expr"));

			if (of != NULL)
				least = fmin(least, compared_with(of, name));
		}
	}
	json_decref(rules);
	free(text);
	*is_default = isinf(least);
	return isinf(least) ? dflt : least;
}

const char *
view_unit_hint(struct arena *mem, double mean, double reference_mean)
{
	char factor[16];

	unit_change(factor, mean / reference_mean);
	return factor[0] != '\0' ? arena_printf(mem, "%s: a unit change?", factor) : NULL;
}
