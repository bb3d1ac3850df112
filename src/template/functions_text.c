/* functions_text.c -- text functions that Prometheus' and Alertmanager's tables share. */
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/matcher.h"
#include "template_private.h"

const struct tvalue *
template_take(struct arena *mem, struct buf *b)
{
	const struct tvalue *v = tv_strn(mem, buf_str(b), b->len);

	buf_release(b);
	return v;
}

const struct tvalue *
template_upper(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	struct buf b = BUF_INIT;

	(void)arg;
	(void)n;
	if (tv_want_string(args, 0, e) == NULL)
		return NULL;
	text_upper(&b, args[0]->s, args[0]->n);
	return template_take(mem, &b);
}

const struct tvalue *
template_lower(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	struct buf b = BUF_INIT;

	(void)arg;
	(void)n;
	if (tv_want_string(args, 0, e) == NULL)
		return NULL;
	text_lower(&b, args[0]->s, args[0]->n);
	return template_take(mem, &b);
}

static struct regex *
compile(const char *pattern, struct err *e)
{
	struct err own = ERR_INIT;
	struct regex *re = regex_open_search(pattern, &own);

	if (re == NULL)
		err_set(e, ERR_FILE, "error parsing regexp: %s", own.text);
	return re;
}

/* reReplaceAll PATTERN REPLACEMENT TEXT */
const struct tvalue *
template_re_replace_all(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	const char *pattern = tv_want_string(args, 0, e), *by = tv_want_string(args, 1, e),
		   *s = tv_want_string(args, 2, e);
	struct buf b = BUF_INIT;

	(void)arg;
	(void)n;
	struct regex *re = pattern == NULL || by == NULL || s == NULL ? NULL : compile(pattern, e);
	if (re == NULL)
		return NULL;
	regex_replace_all(re, s, by, &b);
	regex_close(re);
	return template_take(mem, &b);
}

/* match PATTERN TEXT: somewhere in it */
const struct tvalue *
template_match(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	const char *pattern = tv_want_string(args, 0, e), *s = tv_want_string(args, 1, e);

	(void)arg;
	(void)n;
	struct regex *re = pattern == NULL || s == NULL ? NULL : compile(pattern, e);
	if (re == NULL)
		return NULL;
	bool yes = regex_match(re, s);
	regex_close(re);
	return tv_bool(mem, yes);
}

const struct tvalue *
template_safe_html(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	(void)arg;
	(void)n;
	return tv_want_string(args, 0, e) == NULL ? NULL : tv_safe_html(mem, args[0]->s);
}
