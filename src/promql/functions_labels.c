/*
 * functions_labels.c -- label_replace() and label_join(): they change series, not samples.
 */
#include "callbacks.h"
#include "eval.h"
#include "mlwatch/buf.h"
#include "mlwatch/matcher.h"

static void
relabel(struct eval *ev, struct vseries *s, const char *name, const char *value)
{
	s->labels = labels_with(ev->mem, s->labels, name, arena_strdup(ev->mem, value));
	if (strcmp(name, METRIC_NAME) == 0)
		s->drop_name = false;
}

int
fn_label_replace(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	const char *dst = args[1].string, *replacement = args[2].string, *src = args[3].string,
		   *pattern = args[4].string;
	struct err inner = ERR_INIT;
	struct regex *re = regex_open(pattern, &inner);
	struct buf b = BUF_INIT;

	(void)call;
	if (re == NULL)
		return eval_fail(ev, "invalid regular expression in label_replace(): %s", pattern);
	if (!label_name_is_utf8(dst)) {
		regex_close(re);
		return eval_fail(ev, "invalid destination label name in label_replace(): %s", dst);
	}
	for (size_t i = 0; i < args[0].n; i++) {
		buf_reset(&b);
		if (regex_expand(re, labels_get(args[0].at[i].labels, src), replacement, &b))
			relabel(ev, &args[0].at[i], dst, buf_str(&b));
	}
	buf_release(&b);
	regex_close(re);
	*out = args[0];
	return value_merge_same(ev, out);
}

int
fn_label_join(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	const char *dst = args[1].string, *separator = args[2].string;
	struct buf b = BUF_INIT;

	for (size_t a = 3; a < call->call.n_args; a++)
		if (!label_name_is_utf8(args[a].string))
			return eval_fail(ev, "invalid source label name in label_join(): %s", args[a].string);
	if (!label_name_is_utf8(dst))
		return eval_fail(ev, "invalid destination label name in label_join(): %s", dst);
	for (size_t i = 0; i < args[0].n; i++) {
		buf_reset(&b);
		for (size_t a = 3; a < call->call.n_args; a++) {
			buf_addstr(&b, a > 3 ? separator : "");
			buf_addstr(&b, labels_get(args[0].at[i].labels, args[a].string));
		}
		relabel(ev, &args[0].at[i], dst, buf_str(&b));
	}
	buf_release(&b);
	*out = args[0];
	return value_merge_same(ev, out);
}
