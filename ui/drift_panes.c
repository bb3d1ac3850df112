/*
 * drift_panes.c -- see drift_panes.h.
 */
#include "drift_panes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "screen.h"

void
power_text(char out[16], double v)
{
	const int exponent = (int)floor(log10(fabs(v)) + 1e-9);
	const double digit = round(v / pow(10, exponent));

	snprintf(out, 16, "%.0fe%d", fabs(digit) < 10 ? digit : digit / 10, fabs(digit) < 10 ? exponent : exponent + 1);
}

void
p_text(char out[16], double p)
{
	if (isnan(p))
		snprintf(out, 16, "-");
	else if (p < 1e-99)
		snprintf(out, 16, "<1e-99");
	else if (p < 0.001)
		power_text(out, p);
	else
		snprintf(out, 16, "%.3f", p);
}

void
p_sentence(char out[32], double p)
{
	char text[16];

	out[0] = '\0';
	if (p < 1e-300) {
		snprintf(out, 32, "p < 1e-300");
	} else if (!isnan(p)) {
		if (p < 0.001)
			power_text(text, p);
		else
			snprintf(text, sizeof text, "%.3f", p);
		snprintf(out, 32, "p = %s", text);
	}
}

void
statistic_text(char out[16], double v)
{
	snprintf(out, 16, isnan(v) ? "-" : v < 9.9995 ? "%.3f" : v < 99.995 ? "%.2f" : v < 999.95 ? "%.1f" : "%.0f", v);
}

void
ratio_text(char out[16], double ratio)
{
	out[0] = '\0';
	if (!isnan(ratio))
		snprintf(out, 16, ratio < 9.95 ? "%.1f×" : "%.0f×", ratio);
}

void
share_of(char out[32], double share)
{
	snprintf(out, 32, isnan(share) ? "-" : "%.1f %%", share * 100);
}

int64_t
now_window(const struct screen *s)
{
	const struct part_features *f = s->snap->features;

	return f != NULL ? f->window.to - f->window.from : s->drift_window_ms;
}

void
window_text(char out[32], int64_t ms)
{
	struct buf b = BUF_INIT;

	duration_format(&b, ms);
	snprintf(out, 32, "%s", buf_str(&b));
	buf_release(&b);
}

void
span_words(char out[32], int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *word;
	} units[] = {{MS_DAY, "day"}, {MS_HOUR, "hour"}, {MS_MINUTE, "minute"}, {MS_SECOND, "second"}};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (ms % units[i].ms == 0) {
			const long long n = ms / units[i].ms;

			snprintf(out, 32, "%lld %s%s", n, units[i].word, n == 1 ? "" : "s");
			return;
		}
	snprintf(out, 32, "%lld ms", (long long)ms);
}

/* Rounded up to a digit: what is stated has to hold. */
void
bound_text(char out[32], const struct view_feature *f)
{
	double unit;

	out[0] = '\0';
	if (strcmp(f->statistic, "KS") != 0 || isnan(f->value))
		return;
	if (f->bound <= 0) {
		snprintf(out, 32, " (exact)");
	} else if (f->bound < 0.001) {
		snprintf(out, 32, " (error < 0.001)");
	} else {
		unit = pow(10, floor(log10(f->bound)));
		snprintf(out, 32, " (error < %g)", (floor(f->bound / unit) + 1) * unit);
	}
}

const char *
other_word(const struct screen *s)
{
	static const char *const words[N_BASELINES] = {
	    [BASELINE_REFERENCE] = "reference", [BASELINE_WEEK] = "a week ago", [BASELINE_PREVIOUS] = "before"};

	return words[s->baseline];
}
