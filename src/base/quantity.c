/*
 * quantity.c -- see quantity.h.
 */
#include "mlwatch/quantity.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---- numbers ---- */

/* Digits of an integer in groups of three, with blanks between: 8 402. */
static void
grouped(char *out, size_t size, double v)
{
	char digits[40];
	size_t n, used = 0;
	int len = snprintf(digits, sizeof digits, "%.0f", fabs(v));

	if (v < 0 && used + 1 < size)
		out[used++] = '-';
	n = (size_t)len;
	for (size_t i = 0; i < n && used + 2 < size; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			out[used++] = ' ';
		out[used++] = digits[i];
	}
	out[used] = '\0';
}

void
short_number(char out[16], double v)
{
	const double a = fabs(v);

	if (isnan(v))
		snprintf(out, 16, "-");
	else if (isinf(v))
		snprintf(out, 16, v > 0 ? "inf" : "-inf");
	else if (a == 0)
		snprintf(out, 16, "0");
	else if (a >= 1e6 || a < 1e-3)
		snprintf(out, 16, "%.3g", v);
	else if (a < 999.5 && a == floor(a))
		snprintf(out, 16, "%.0f", v);
	else if (a >= 999.5)
		grouped(out, 16, v);
	else if (a >= 99.95)
		snprintf(out, 16, "%.0f", v);
	else if (a >= 9.995)
		snprintf(out, 16, "%.1f", v);
	else
		snprintf(out, 16, "%.2f", v);
}

void
count_text(char out[16], double n)
{
	if (isnan(n))
		snprintf(out, 16, "-");
	else if (n < 9999.5)
		grouped(out, 16, n);
	else if (n < 999500)
		snprintf(out, 16, "%.0fk", n / 1e3);
	else if (n < 999.5e6)
		snprintf(out, 16, n < 9.95e6 ? "%.1fM" : "%.0fM", n / 1e6);
	else
		snprintf(out, 16, "%.1fG", n / 1e9);
}

void
plain_number(char out[16], double v)
{
	char *to = out;

	short_number(out, v);
	for (const char *p = out; *p != '\0'; p++)
		if (*p != ' ')
			*to++ = *p;
	*to = '\0';
}

void
unit_change(char out[16], double ratio)
{
	static const double factors[] = {1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 60, 3600, 1024};
	double nearest = 0.02;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
		const double more = fabs(ratio / factors[i] - 1), less = fabs(ratio * factors[i] - 1);

		if (!(fmin(more, less) <= nearest)) /* NaN, too */
			continue;
		nearest = fmin(more, less);
		snprintf(out, 16, more < less ? "×%.0f" : "÷%.0f", factors[i]);
	}
}

/* ---- with a unit ---- */

static void
seconds_text(char out[32], double s)
{
	const double a = fabs(s);

	if (a == 0)
		snprintf(out, 32, "0 s");
	else if (a < 1e-3)
		snprintf(out, 32, "%.0f µs", s * 1e6);
	else if (a < 0.9995)
		snprintf(out, 32, a < 9.95e-3 ? "%.1f ms" : "%.0f ms", s * 1e3);
	else if (a < 99.5)
		snprintf(out, 32, "%.3g s", s);
	else if (a < 5400)
		snprintf(out, 32, "%.0f min", s / 60);
	else if (a < 48 * 3600)
		snprintf(out, 32, "%.3g h", s / 3600);
	else
		snprintf(out, 32, "%.3g d", s / 86400);
}

void
bytes_text(char out[32], double v)
{
	static const char *const unit[] = {"B", "KB", "MB", "GB", "TB", "PB"};
	size_t i = 0;

	for (; fabs(v) >= 999.5 && i + 1 < sizeof unit / sizeof *unit; i++)
		v /= 1000;
	snprintf(out, 32, i > 0 && fabs(v) < 9.95 ? "%.1f %s" : "%.0f %s", v, unit[i]);
}

static void
share_text(char out[32], double v)
{
	const double p = v * 100;

	snprintf(out, 32, fabs(p) >= 9.95 || p == floor(p) ? "%.0f %%" : fabs(p) >= 0.095 ? "%.1f %%" : "%.2f %%", p);
}

void
quantity_text(char out[32], struct quantity q)
{
	char number[16];

	if (isnan(q.v)) {
		snprintf(out, 32, "-");
		return;
	}
	switch (q.unit) {
	case UNIT_SECONDS:
		seconds_text(out, q.v);
		break;
	case UNIT_BYTES:
		bytes_text(out, q.v);
		break;
	case UNIT_SHARE:
		share_text(out, q.v);
		break;
	case UNIT_PER_SECOND:
		short_number(number, fabs(q.v) >= 9.95 ? round(q.v) : q.v); /* tenths of a request say nothing */
		snprintf(out, 32, "%s /s", number);
		break;
	case UNIT_STATISTIC:
		snprintf(out, 32, "%s%s%.3f", q.statistic != NULL ? q.statistic : "", q.statistic != NULL ? " " : "",
			 q.v);
		break;
	default:
		short_number(number, q.v);
		snprintf(out, 32, "%s", number);
		break;
	}
}

struct quantity
quantity_limit(struct quantity value, double limit)
{
	return (struct quantity){limit, limit == 0 ? UNIT_PLAIN : value.unit, NULL};
}

void
quantity_compared(char out[80], struct quantity value, const char *op, double limit)
{
	const struct quantity l = quantity_limit(value, limit);
	char a[32], b[32];

	quantity_text(a, value);
	quantity_text(b, l);
	if (op == NULL || op[0] == '\0')
		snprintf(out, 80, "%s", a);
	else
		snprintf(out, 80, "%s %s %s", a, op, b);
}

/* ---- which unit an expression has ---- */

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

/* The last "/" of the outermost level; NULL: it is no quotient. times_100: it is turned into per cent already. */
static const char *
outer_quotient(const char *expr, size_t n, bool *times_100)
{
	const char *found = NULL;
	int depth = 0;

	*times_100 = false;
	for (const char *p = expr; p < expr + n; p++) {
		if (*p == '(' || *p == '[' || *p == '{')
			depth++;
		else if (*p == ')' || *p == ']' || *p == '}')
			depth--;
		else if (*p == '/' && depth == 0)
			found = p;
		else if (depth == 0 && (strncmp(p, "100 *", 5) == 0 || strncmp(p, "* 100", 5) == 0))
			*times_100 = true;
	}
	return found;
}

/* By its name, or the mean of yes and no. */
static bool
is_share(const char *expr)
{
	return strstr(expr, "_ratio") != NULL || strstr(expr, ":ratio") != NULL || strstr(expr, "_share") != NULL ||
	       (strncmp(expr, "avg", 3) == 0 && (strstr(expr, "> bool") != NULL || strstr(expr, ">bool") != NULL));
}

/* Is the word in it as a name or at the end of one? What goes on after it is another thing: drift_ks_pvalue, x_seconds_count. */
static bool
has_name(const char *expr, const char *word, const char *but)
{
	const size_t n = strlen(word);

	for (const char *p = expr; (p = strstr(p, word)) != NULL; p += n)
		if (but == NULL ? p[n] != '_' && !isalnum((unsigned char)p[n]) : strncmp(p + n, but, strlen(but)) != 0)
			return true;
	return false;
}

/* The statistic of drift: its name, "" of several, NULL of none. */
static const char *
statistic_in(const char *expr)
{
	static const struct {
		const char *word, *name;
	} statistic[] = {{"drift_ks", "KS"},
			 {"drift_tvd", "TVD"},
			 {"drift_psi", "PSI"},
			 {"drift_js", "JS"},
			 {"drift_hellinger", "Hellinger"},
			 {"drift_wasserstein", "W1"},
			 {"drift_chi2", "chi2"}};
	const char *found = NULL;

	for (size_t i = 0; i < sizeof statistic / sizeof *statistic; i++)
		if (has_name(expr, statistic[i].word, NULL))
			found = found == NULL ? statistic[i].name : "";
	return found;
}

static enum unit
plain_unit(const char *expr)
{
	if (strncmp(expr, "absent", 6) == 0 || strncmp(expr, "count", 5) == 0)
		return UNIT_PLAIN;
	return has_name(expr, "_seconds", "_count") ? UNIT_SECONDS
	       : has_name(expr, "_bytes", "_count") ? UNIT_BYTES
	       : strstr(expr, "rate(") != NULL      ? UNIT_PER_SECOND
						    : UNIT_PLAIN;
}

/* Of the same unit: a share. A sum by a number of times is a mean, in the sum's unit; by a constant it is in none that is known. */
static enum unit
unit_of_quotient(const char *expr, const char *at, size_t n)
{
	char left[1024], right[1024];
	enum unit l, r;

	snprintf(left, sizeof left, "%.*s", (int)(at - expr), expr);
	snprintf(right, sizeof right, "%.*s", (int)(expr + n - at - 1), at + 1);
	if (strpbrk(right, "abcdefghijklmnopqrstuvwxyz") == NULL)
		return UNIT_PLAIN;
	l = plain_unit(left);
	r = plain_unit(right);
	return (l == UNIT_SECONDS || l == UNIT_BYTES) && r != l ? l : UNIT_SHARE;
}

struct quantity
quantity_of(const char *expr, const char *unit, double v)
{
	static const struct {
		const char *word;
		enum unit unit;
	} annotated[] = {{"s", UNIT_SECONDS}, {"seconds", UNIT_SECONDS}, {"bytes", UNIT_BYTES},
			 {"%", UNIT_SHARE},   {"ratio", UNIT_SHARE},     {"/s", UNIT_PER_SECOND}};
	struct quantity q = {v, UNIT_PLAIN, NULL};
	const char *inside = expr, *quotient, *statistic;
	size_t n = strlen(expr);
	bool times_100;

	for (size_t i = 0; unit != NULL && i < sizeof annotated / sizeof *annotated; i++)
		if (strcmp(unit, annotated[i].word) == 0)
			q.unit = annotated[i].unit;
	if (unit != NULL && unit[0] != '\0')
		return q;
	unwrap(&inside, &n);
	if ((quotient = outer_quotient(inside, n, &times_100)) != NULL) {
		q.unit = times_100 ? UNIT_PLAIN : unit_of_quotient(inside, quotient, n);
	} else if (is_share(expr)) {
		q.unit = UNIT_SHARE;
	} else if ((statistic = statistic_in(expr)) != NULL) {
		q.unit = UNIT_STATISTIC;
		q.statistic = statistic[0] != '\0' ? statistic : NULL;
	} else {
		q.unit = plain_unit(expr);
	}
	return q;
}
