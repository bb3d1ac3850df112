/*
 * view_text.c -- quantities, counts and states as words: the same on the screen, in `mlwatch status` and in messages.
 */
#include "mlwatch/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const health_glyph[] = {"✓", "◔", "▲", "✗", "z", "?"};
const char *const health_word[] = {"OK", "pending", "WARNING", "BROKEN", "silenced", "UNKNOWN"};

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

static void
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
		short_number(number, q.v);
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
