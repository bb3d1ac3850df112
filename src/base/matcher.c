/* matcher.c -- label matchers. An absent label has the value "". */
#include "mlwatch/matcher.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/xalloc.h"

int
matcher_init(struct matcher *m, enum match_op op, const char *name, const char *value, struct err *e)
{
	*m = (struct matcher){.op = op};
	if (op == MATCH_RE || op == MATCH_NRE) {
		m->re = regex_open(value, e);
		if (m->re == NULL)
			return -1;
	}
	m->name = xstrdup(name);
	m->value = xstrdup(value);
	return 0;
}

void
matcher_release(struct matcher *m)
{
	free(m->name);
	free(m->value);
	regex_close(m->re);
	*m = (struct matcher){0};
}

bool
matcher_match_value(const struct matcher *m, const char *value)
{
	switch (m->op) {
	case MATCH_EQ:
		return strcmp(value, m->value) == 0;
	case MATCH_NE:
		return strcmp(value, m->value) != 0;
	case MATCH_RE:
		return regex_match(m->re, value);
	default:
		return !regex_match(m->re, value);
	}
}

bool
matcher_match(const struct matcher *m, struct labels l)
{
	return matcher_match_value(m, labels_get(l, m->name));
}

bool
matchers_match(const struct matcher *m, size_t n, struct labels l)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!matcher_match(&m[i], l))
			return false;
	return true;
}

void
matcher_format(struct buf *out, const struct matcher *m)
{
	static const char *const op[] = {"=", "!=", "=~", "!~"};

	if (label_name_is_legacy(m->name))
		buf_addstr(out, m->name);
	else
		labels_quote(out, m->name);
	buf_addstr(out, op[m->op]);
	labels_quote(out, m->value);
}
