/*
 * view_units.c -- the unit of an expression's value, by what stands in it: an annotation `unit` if there is one; else a quotient is a share, _seconds
 * a time, _bytes a size, a rate per second, a drift statistic has its name. Looks at text; recorded names are spelled out before.
 */
#include <math.h>
#include <string.h>

#include "view_private.h"

/* What stands between the outermost parentheses that enclose all of it. */
static void
unwrap(const char **expr, size_t *n)
{
	const char *p = *expr;
	int depth = 0;

	while (*n >= 2 && p[0] == '(') {
		size_t i = 0;

		do
			depth += (p[i] == '(') - (p[i] == ')');
		while (depth > 0 && ++i < *n);
		if (i != *n - 1)
			return;
		p = ++*expr;
		*n -= 2;
	}
}

static bool
is_quotient(const char *expr)
{
	size_t n = strlen(expr);
	int depth = 0;
	bool found = false;

	unwrap(&expr, &n);
	for (const char *p = expr; p < expr + n; p++) {
		if (*p == '(' || *p == '[' || *p == '{')
			depth++;
		else if (*p == ')' || *p == ']' || *p == '}')
			depth--;
		else if (*p == '/' && depth == 0)
			found = true;
	}
	return found;
}

/* The mean of yes and no. */
static bool
is_share_of(const char *expr)
{
	return strncmp(expr, "avg", 3) == 0 && (strstr(expr, "> bool") != NULL || strstr(expr, ">bool") != NULL);
}

struct quantity
view_quantity(const char *expr, const char *unit, double v)
{
	static const struct {
		const char *word;
		enum unit unit;
	} annotated[] = {{"s", UNIT_SECONDS}, {"seconds", UNIT_SECONDS}, {"bytes", UNIT_BYTES},
			 {"%", UNIT_SHARE},   {"ratio", UNIT_SHARE},     {"/s", UNIT_PER_SECOND}};
	static const struct {
		const char *word, *name;
	} statistic[] = {{"drift_ks", "KS"},
			 {"drift_tvd", "TVD"},
			 {"drift_psi", "PSI"},
			 {"drift_js", "JS"},
			 {"drift_hellinger", "Hellinger"},
			 {"drift_wasserstein", "W1"},
			 {"drift_chi2", "chi2"}};
	struct quantity q = {v, UNIT_PLAIN, NULL};

	for (size_t i = 0; i < sizeof annotated / sizeof *annotated; i++)
		if (strcmp(unit, annotated[i].word) == 0)
			q.unit = annotated[i].unit;
	if (unit[0] != '\0')
		return q;
	if (is_quotient(expr) || is_share_of(expr) || strstr(expr, "_ratio") != NULL) {
		q.unit = UNIT_SHARE;
		return q;
	}
	for (size_t i = 0; i < sizeof statistic / sizeof *statistic; i++)
		if (strstr(expr, statistic[i].word) != NULL) {
			q.unit = UNIT_STATISTIC;
			q.statistic = statistic[i].name;
			return q;
		}
	if (strstr(expr, "_seconds") != NULL)
		q.unit = UNIT_SECONDS;
	else if (strstr(expr, "_bytes") != NULL)
		q.unit = UNIT_BYTES;
	else if (strstr(expr, "rate(") != NULL)
		q.unit = UNIT_PER_SECOND;
	return q;
}

double
view_ratio(double value, double limit, const char *op)
{
	if (op == NULL || limit == 0 || op[0] == '=' || op[0] == '!')
		return NAN;
	return op[0] == '<' ? limit / value : value / limit;
}
