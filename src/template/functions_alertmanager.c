/* functions_alertmanager.c -- Alertmanager's template functions. */
#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "template_private.h"

#define FUNC(name)                                                                                                     \
	static const struct tvalue *name(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n,     \
					 struct err *e)

FUNC(f_title)
{
	struct buf b = BUF_INIT;

	(void)arg;
	(void)n;
	if (tv_want_string(args, 0, e) == NULL)
		return NULL;
	text_title(&b, args[0]->s, args[0]->n, true);
	return template_take(mem, &b);
}

FUNC(f_trim_space)
{
	const char *s = tv_want_string(args, 0, e);

	(void)arg;
	(void)n;
	if (s == NULL)
		return NULL;
	size_t from = 0, to = args[0]->n;
	while (from < to && isspace((unsigned char)s[from]))
		from++;
	while (to > from && isspace((unsigned char)s[to - 1]))
		to--;
	return tv_strn(mem, s + from, to - from);
}

/* join SEPARATOR LIST: the separator first, so that it works in a pipeline */
FUNC(f_join)
{
	const char *between = tv_want_string(args, 0, e);
	struct buf b = BUF_INIT;

	(void)arg;
	(void)n;
	if (between == NULL)
		return NULL;
	if (args[1]->kind != T_LIST && args[1]->kind != T_NIL) {
		err_set(e, ERR_FILE, "wrong type for value; expected []string; got %s", tv_type(args[1]));
		return NULL;
	}
	for (size_t i = 0; i < args[1]->n; i++) {
		if (i > 0)
			buf_addstr(&b, between);
		tv_print(&b, args[1]->items[i]);
	}
	return template_take(mem, &b);
}

FUNC(f_string_slice)
{
	(void)arg;
	(void)e;
	return tv_list(mem, args, n);
}

FUNC(f_url_unescape)
{
	const char *s = tv_want_string(args, 0, e);
	struct buf b = BUF_INIT;

	(void)arg;
	(void)n;
	if (s == NULL)
		return NULL;
	for (size_t i = 0; i < args[0]->n; i++) {
		char hex[3] = "";
		if (s[i] == '%' && i + 2 < args[0]->n + 1 && isxdigit((unsigned char)s[i + 1]) &&
		    isxdigit((unsigned char)s[i + 2])) {
			memcpy(hex, s + i + 1, 2);
			buf_addc(&b, (char)strtol(hex, NULL, 16));
			i += 2;
		} else if (s[i] == '%') {
			err_set(e, ERR_FILE, "invalid URL escape \"%.3s\"", s + i);
			buf_release(&b);
			return NULL;
		} else {
			buf_addc(&b, s[i] == '+' ? ' ' : s[i]);
		}
	}
	return template_take(mem, &b);
}

FUNC(f_date)
{
	const char *layout = tv_want_string(args, 0, e);
	struct buf b = BUF_INIT;

	(void)arg;
	(void)n;
	if (layout == NULL)
		return NULL;
	if (args[1]->kind != T_TIME) {
		err_set(e, ERR_FILE, "wrong type for value; expected time.Time; got %s", tv_type(args[1]));
		return NULL;
	}
	go_time_format(&b, args[1]->i, layout);
	return template_take(mem, &b);
}

/* Only UTC is known here: another zone would need its table. */
FUNC(f_tz)
{
	const char *zone = tv_want_string(args, 0, e);

	(void)arg;
	(void)n;
	(void)mem;
	if (zone == NULL)
		return NULL;
	if (args[1]->kind != T_TIME) {
		err_set(e, ERR_FILE, "wrong type for value; expected time.Time; got %s", tv_type(args[1]));
		return NULL;
	}
	if (strcmp(zone, "UTC") == 0 || *zone == '\0')
		return args[1];
	err_set(e, ERR_FILE, "unknown time zone %s", zone);
	return NULL;
}

FUNC(f_since)
{
	int64_t ns;

	(void)arg;
	(void)n;
	if (args[0]->kind != T_TIME) {
		err_set(e, ERR_FILE, "wrong type for value; expected time.Time; got %s", tv_type(args[0]));
		return NULL;
	}
	if (__builtin_mul_overflow(clock_now() - args[0]->i, INT64_C(1000000), &ns))
		ns = INT64_MAX;
	return tv_duration(mem, ns);
}

#define JSON_DEPTH 50

static json_t *
to_json(const struct tvalue *v, int depth)
{
	struct buf b = BUF_INIT;
	json_t *j;

	if (depth > JSON_DEPTH)
		return json_null();
	switch (v->kind) {
	case T_NIL:
		return json_null();
	case T_BOOL:
		return json_boolean(v->b);
	case T_INT:
	case T_DURATION:
		return json_integer(v->i);
	case T_FLOAT:
		return isfinite(v->f) ? json_real(v->f) : json_null();
	case T_STRING:
		return json_stringn_nocheck(v->s, v->n);
	case T_TIME:
		go_time_format(&b, v->i, "2006-01-02T15:04:05.999999999Z07:00");
		j = json_string(buf_str(&b));
		buf_release(&b);
		return j;
	case T_LIST:
		j = json_array();
		for (size_t i = 0; i < v->n; i++)
			json_array_append_new(j, to_json(v->items[i], depth + 1));
		return j;
	case T_MAP:
		break;
	}
	j = json_object();
	for (size_t i = 0; i < v->n; i++)
		json_object_set_new_nocheck(j, v->pairs[i].key, to_json(v->pairs[i].value, depth + 1));
	return j;
}

FUNC(f_to_json)
{
	(void)arg;
	(void)n;
	json_t *j = to_json(args[0], 0);
	char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(j);
	if (text == NULL) {
		err_set(e, ERR_FILE, "cannot be written as JSON");
		return NULL;
	}
	const struct tvalue *v = tv_string(mem, text);
	free(text);
	return v;
}

const struct tfunc template_alertmanager_functions[] = {
    {"date", 2, 2, f_date},
    {"humanizeDuration", 1, 1, template_humanize_duration},
    {"join", 2, 2, f_join},
    {"match", 2, 2, template_match},
    {"reReplaceAll", 3, 3, template_re_replace_all},
    {"safeHtml", 1, 1, template_safe_html},
    {"safeUrl", 1, 1, template_safe_html},
    {"since", 1, 1, f_since},
    {"stringSlice", 0, -1, f_string_slice},
    {"title", 1, 1, f_title},
    {"toJson", 1, 1, f_to_json},
    {"toLower", 1, 1, template_lower},
    {"toUpper", 1, 1, template_upper},
    {"trimSpace", 1, 1, f_trim_space},
    {"tz", 2, 2, f_tz},
    {"urlUnescape", 1, 1, f_url_unescape},
};
const size_t template_alertmanager_n = sizeof template_alertmanager_functions / sizeof *template_alertmanager_functions;
