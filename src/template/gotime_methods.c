/* gotime_methods.c -- the methods of times and durations that templates call. */
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "template_private.h"

#define METHOD(name)                                                                                                   \
	static const struct tvalue *name(struct arena *mem, const struct tvalue *self,                                 \
					 const struct tvalue *const *args, size_t n, struct err *e)

static const struct tvalue *
taken(struct arena *mem, struct buf *b)
{
	const struct tvalue *v = tv_strn(mem, buf_str(b), b->len);

	buf_release(b);
	return v;
}

static bool
want(const struct tvalue *const *args, size_t n, size_t wanted, enum tkind kind, struct err *e)
{
	if (n != wanted)
		err_set(e, ERR_FILE, "wrong number of args: want %zu got %zu", wanted, n);
	else if (wanted > 0 && args[0]->kind != kind && !(kind == T_DURATION && args[0]->kind == T_INT))
		err_set(e, ERR_FILE, "wrong type for value: got %s", tv_type(args[0]));
	else
		return true;
	return false;
}

METHOD(time_format)
{
	struct buf b = BUF_INIT;

	if (!want(args, n, 1, T_STRING, e))
		return NULL;
	go_time_format(&b, self->i, args[0]->s);
	return taken(mem, &b);
}

METHOD(time_string)
{
	struct buf b = BUF_INIT;

	if (!want(args, n, 0, T_NIL, e))
		return NULL;
	go_time_string(&b, self->i);
	return taken(mem, &b);
}

METHOD(time_self)
{
	(void)mem;
	return want(args, n, 0, T_NIL, e) ? self : NULL;
}

METHOD(time_is_zero)
{
	return want(args, n, 0, T_NIL, e) ? tv_bool(mem, self->i == INT64_C(-62135596800000)) : NULL;
}

METHOD(time_unix)
{
	return want(args, n, 0, T_NIL, e) ? tv_int(mem, self->i / 1000 - (self->i % 1000 < 0)) : NULL;
}

METHOD(time_unix_ms)
{
	return want(args, n, 0, T_NIL, e) ? tv_int(mem, self->i) : NULL;
}

METHOD(time_year)
{
	return want(args, n, 0, T_NIL, e) ? tv_int(mem, go_civil(self->i).year) : NULL;
}

METHOD(time_month)
{
	return want(args, n, 0, T_NIL, e) ? tv_string(mem, go_month_names[go_civil(self->i).month - 1]) : NULL;
}

METHOD(time_day)
{
	return want(args, n, 0, T_NIL, e) ? tv_int(mem, go_civil(self->i).day) : NULL;
}

METHOD(time_hour)
{
	return want(args, n, 0, T_NIL, e) ? tv_int(mem, go_civil(self->i).hour) : NULL;
}

METHOD(time_minute)
{
	return want(args, n, 0, T_NIL, e) ? tv_int(mem, go_civil(self->i).minute) : NULL;
}

METHOD(time_second)
{
	return want(args, n, 0, T_NIL, e) ? tv_int(mem, go_civil(self->i).second) : NULL;
}

METHOD(time_weekday)
{
	return want(args, n, 0, T_NIL, e) ? tv_string(mem, go_day_names[go_civil(self->i).weekday]) : NULL;
}

METHOD(time_add)
{
	return want(args, n, 1, T_DURATION, e) ? tv_time(mem, self->i + args[0]->i / 1000000) : NULL;
}

METHOD(time_sub)
{
	int64_t ms, ns;

	if (!want(args, n, 1, T_TIME, e))
		return NULL;
	if (__builtin_sub_overflow(self->i, args[0]->i, &ms) || __builtin_mul_overflow(ms, INT64_C(1000000), &ns))
		ns = self->i < args[0]->i ? INT64_MIN : INT64_MAX;
	return tv_duration(mem, ns);
}

METHOD(time_before)
{
	return want(args, n, 1, T_TIME, e) ? tv_bool(mem, self->i < args[0]->i) : NULL;
}

METHOD(time_after)
{
	return want(args, n, 1, T_TIME, e) ? tv_bool(mem, self->i > args[0]->i) : NULL;
}

METHOD(time_equal)
{
	return want(args, n, 1, T_TIME, e) ? tv_bool(mem, self->i == args[0]->i) : NULL;
}

const struct tmethod go_time_methods[] = {
    {"Add", time_add},           {"After", time_after},     {"Before", time_before}, {"Day", time_day},
    {"Equal", time_equal},       {"Format", time_format},   {"Hour", time_hour},     {"IsZero", time_is_zero},
    {"Local", time_self},        {"Minute", time_minute},   {"Month", time_month},   {"Second", time_second},
    {"String", time_string},     {"Sub", time_sub},         {"UTC", time_self},      {"Unix", time_unix},
    {"UnixMilli", time_unix_ms}, {"Weekday", time_weekday}, {"Year", time_year},
};
const size_t go_n_time_methods = sizeof go_time_methods / sizeof *go_time_methods;

METHOD(duration_seconds)
{
	return want(args, n, 0, T_NIL, e) ? tv_float(mem, (double)self->i / 1e9) : NULL;
}

METHOD(duration_minutes)
{
	return want(args, n, 0, T_NIL, e) ? tv_float(mem, (double)self->i / 60e9) : NULL;
}

METHOD(duration_hours)
{
	return want(args, n, 0, T_NIL, e) ? tv_float(mem, (double)self->i / 3600e9) : NULL;
}

METHOD(duration_ms)
{
	return want(args, n, 0, T_NIL, e) ? tv_int(mem, self->i / 1000000) : NULL;
}

METHOD(duration_string)
{
	struct buf b = BUF_INIT;

	if (!want(args, n, 0, T_NIL, e))
		return NULL;
	go_duration_string(&b, self->i);
	return taken(mem, &b);
}

static const struct tvalue *
rounded(struct arena *mem, const struct tvalue *self, const struct tvalue *const *args, size_t n, bool up,
	struct err *e)
{
	if (!want(args, n, 1, T_DURATION, e))
		return NULL;
	int64_t unit = args[0]->i, rest;
	if (unit <= 0)
		return self;
	rest = self->i % unit;
	int64_t v = self->i - rest, half = rest < 0 ? -rest : rest;
	if (up && half >= unit - half)
		v += rest < 0 ? -unit : unit;
	return tv_duration(mem, v);
}

METHOD(duration_round)
{
	return rounded(mem, self, args, n, true, e);
}

METHOD(duration_truncate)
{
	return rounded(mem, self, args, n, false, e);
}

const struct tmethod go_duration_methods[] = {
    {"Hours", duration_hours},       {"Milliseconds", duration_ms}, {"Minutes", duration_minutes},
    {"Round", duration_round},       {"Seconds", duration_seconds}, {"String", duration_string},
    {"Truncate", duration_truncate},
};
const size_t go_n_duration_methods = sizeof go_duration_methods / sizeof *go_duration_methods;
