/*
 * regex_line.c -- lines by a regular expression (PCRE2) whose named groups are fields. It need not match the whole
 * line. A group that took no part in the match is absent. Matching has limits, so that no line can hang the reader: one
 * that reaches them counts as not matching.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "decode_private.h"

#include "mlwatch/err.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

struct group {
	uint32_t number;
	struct node *node;
};

struct regex_line {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
	struct group *group;
	size_t n;
};

static void
groups_find(struct decoder *d, struct regex_line *r)
{
	uint32_t n = 0, size = 0;
	PCRE2_SPTR table = NULL;

	pcre2_pattern_info(r->code, PCRE2_INFO_NAMECOUNT, &n);
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMETABLE, &table);
	r->group = xcalloc(n + 1, sizeof *r->group);
	for (; r->n < n; r->n++, table += size) {
		const char *name = (const char *)table + 2;

		r->group[r->n].number = (uint32_t)table[0] << 8 | table[1];
		r->group[r->n].node = node_find(d, d->nodes[0], name, strlen(name));
	}
}

int
regex_line_open(struct decoder *d, struct err *e)
{
	const char *pattern = d->spec->regex != NULL ? d->spec->regex : "";
	struct regex_line *r = d->regex = xcalloc(1, sizeof *r);
	PCRE2_SIZE at;
	PCRE2_UCHAR why[200];
	int code;

	r->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code, &at, NULL);
	if (r->code == NULL) {
		pcre2_get_error_message(code, why, sizeof why);
		return err_set(e, ERR_FILE, "bad regular expression '%s': %s at character %zu", pattern, (char *)why,
			       at + 1);
	}
	pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
	r->match = pcre2_match_data_create_from_pattern(r->code, NULL);
	r->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(r->limits, 100000);
	groups_find(d, r);
	if (r->n == 0)
		return err_set(e, ERR_FILE, "the regular expression '%s' has no named groups", pattern);
	return 0;
}

void
regex_line_close(struct decoder *d)
{
	struct regex_line *r = d->regex;

	if (r == NULL)
		return;
	pcre2_match_context_free(r->limits);
	pcre2_match_data_free(r->match);
	pcre2_code_free(r->code);
	free(r->group);
	free(r);
}

void
regex_line_decode(struct decoder *d, const char *p, size_t n, const struct decode_sink *sink)
{
	struct regex_line *r = d->regex;
	const PCRE2_SIZE *at;

	build_begin(d);
	d->line++;
	if (memchr(p, '\0', n) != NULL || !utf8_valid(p, n) ||
	    pcre2_match(r->code, (PCRE2_SPTR)p, n, 0, PCRE2_NO_UTF_CHECK, r->match, r->limits) < 0) {
		line_bad(d, sink, BAD_SYNTAX, p, n, p, NULL);
		return;
	}
	at = pcre2_get_ovector_pointer(r->match);
	for (size_t i = 0; i < r->n; i++) {
		const PCRE2_SIZE *span = &at[2 * r->group[i].number];

		if (r->group[i].node != NULL && span[0] != PCRE2_UNSET)
			build_text(d, r->group[i].node, p + span[0], span[1] - span[0], false);
	}
	build_finish(d, sink, p, n);
}
