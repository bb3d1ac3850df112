/*
 * humanize.c -- numbers for people, as Prometheus' template functions write them, and the functions that its table
 * shares with Alertmanager's.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/num.h"
#include "template_private.h"

bool
template_number(const struct tvalue *v, double *out, struct err *e)
{
	switch (v->kind) {
	case T_FLOAT:
		*out = v->f;
		return true;
	case T_INT:
		*out = (double)v->i;
		return true;
	case T_DURATION:
		*out = (double)v->i / 1e9;
		return true;
	case T_STRING:
		if (num_parse(v->s, v->n, out))
			return true;
		err_set(e, ERR_FILE, "strconv.ParseFloat: parsing \"%s\": invalid syntax", v->s);
		return false;
	default:
		err_set(e, ERR_FILE, "can't convert %s to float", tv_type(v));
		return false;
	}
}

static const struct tvalue *
four_digits(struct arena *mem, double v, const char *prefix, const char *unit)
{
	if (isnan(v) || isinf(v))
		return tv_string(mem, isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf");
	return tv_string(mem, arena_printf(mem, "%.4g%s%s", v, prefix, unit));
}

const struct tvalue *
template_humanize(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	static const char *const large[] = {"", "k", "M", "G", "T", "P", "E", "Z", "Y"};
	static const char *const small[] = {"", "m", "u", "n", "p", "f", "a", "z", "y"};
	size_t i = 0;
	double v;

	(void)arg;
	(void)n;
	if (!template_number(args[0], &v, e))
		return NULL;
	if (v == 0 || isnan(v) || isinf(v))
		return four_digits(mem, v, "", "");
	if (fabs(v) >= 1) {
		for (; i < 8 && fabs(v) >= 1000; i++)
			v /= 1000;
		return four_digits(mem, v, large[i], "");
	}
	for (; i < 8 && fabs(v) < 1; i++)
		v *= 1000;
	return four_digits(mem, v, small[i], "");
}

const struct tvalue *
template_humanize_1024(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	static const char *const prefix[] = {"", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
	size_t i = 0;
	double v;

	(void)arg;
	(void)n;
	if (!template_number(args[0], &v, e))
		return NULL;
	if (!isinf(v))
		for (; i < 8 && fabs(v) >= 1024; i++)
			v /= 1024;
	return four_digits(mem, v, prefix[i], "");
}

/* A duration past 2^63 s comes out as Go's conversion to int64 leaves it: the most negative number. */
static const char *
long_duration(struct arena *mem, double v)
{
	const char *sign = v < 0 ? "-" : "";
	double all = fabs(v);
	long long d = all >= 9223372036854775808.0 ? INT64_MIN : (long long)all;
	long long s = d % 60, m = d / 60 % 60, h = d / 3600 % 24, days = d / 86400;

	if (days != 0)
		return arena_printf(mem, "%s%lldd %lldh %lldm %llds", sign, days, h, m, s);
	if (h != 0)
		return arena_printf(mem, "%s%lldh %lldm %llds", sign, h, m, s);
	if (m != 0)
		return arena_printf(mem, "%s%lldm %llds", sign, m, s);
	return arena_printf(mem, "%s%.4gs", sign, all);
}

const struct tvalue *
template_humanize_duration(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	static const char *const small[] = {"", "m", "u", "n", "p", "f", "a", "z", "y"};
	size_t i = 0;
	double v;

	(void)arg;
	(void)n;
	if (!template_number(args[0], &v, e))
		return NULL;
	if (isnan(v) || isinf(v))
		return four_digits(mem, v, "", "");
	if (v == 0)
		return four_digits(mem, v, "", "s");
	if (fabs(v) >= 1)
		return tv_string(mem, long_duration(mem, v));
	for (; i < 8 && fabs(v) < 1; i++)
		v *= 1000;
	return four_digits(mem, v, small[i], "s");
}

const struct tvalue *
template_humanize_percentage(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	double v;

	(void)arg;
	(void)n;
	if (!template_number(args[0], &v, e))
		return NULL;
	v *= 100;
	if (isnan(v) || isinf(v))
		return tv_string(mem, isnan(v) ? "NaN%" : v > 0 ? "+Inf%" : "-Inf%");
	return four_digits(mem, v, "", "%");
}

static bool
time_of(double v, int64_t *ms, struct err *e)
{
	char text[NUM_MAX];

	if (fabs(v * 1e9) > 9223372036854775807.0) {
		num_g(text, v);
		err_set(e, ERR_FILE, "%s cannot be represented as a nanoseconds timestamp since it overflows int64",
			text);
		return false;
	}
	int64_t ns = (int64_t)(v * 1e9);
	*ms = ns / 1000000;
	return true;
}

const struct tvalue *
template_humanize_timestamp(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	struct buf b = BUF_INIT;
	int64_t ms;
	double v;

	(void)arg;
	(void)n;
	if (!template_number(args[0], &v, e))
		return NULL;
	if (isnan(v) || isinf(v))
		return four_digits(mem, v, "", "");
	if (!time_of(v, &ms, e))
		return NULL;
	go_time_string(&b, ms);
	const struct tvalue *r = tv_strn(mem, buf_str(&b), b.len);
	buf_release(&b);
	return r;
}

const struct tvalue *
template_to_time(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	int64_t ms = 0;
	double v;

	(void)arg;
	(void)n;
	return template_number(args[0], &v, e) && time_of(v, &ms, e) ? tv_time(mem, ms) : NULL;
}

const struct tvalue *
template_to_duration(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	double v;

	(void)arg;
	(void)n;
	if (!template_number(args[0], &v, e))
		return NULL;
	if (!(fabs(v) < 9.2e9)) {
		err_set(e, ERR_FILE, "%g cannot be represented as a nanoseconds duration since it overflows int64", v);
		return NULL;
	}
	return tv_duration(mem, (int64_t)(v * 1e9));
}
