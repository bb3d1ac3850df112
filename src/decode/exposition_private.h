/* exposition_private.h -- what the two grammars share: a cursor over the body and the sample that is being read. */
#ifndef EXPOSITION_PRIVATE_H
#define EXPOSITION_PRIVATE_H

#include "mlwatch/exposition.h"

struct strmap;

struct span {
	const char *p, *end;
};

struct pair { /* a label as it stands in the body; the value without its quotes */
	struct span name, value;
	bool escaped; /* holds a backslash */
	bool plain;   /* nothing but ASCII and no NUL */
};

struct expo {
	struct arena *mem;
	struct exposition *out;
	struct err *e;
	const char *body, *p, *end;

	struct span name; /* of the sample being read, then its labels */
	struct pair *pairs;
	size_t n_pairs, cap_pairs;
	const char *last_name; /* the last sample's name, as it is in mem */
	size_t last_len;

	size_t cap_samples, cap_meta;
	struct strmap *families; /* name -> index into out->meta, plus 1 */
};

enum meta_kind { META_HELP, META_TYPE, META_UNIT };

/* ---- exposition.c ---- */
int expo_fail(struct expo *x, const char *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void expo_pair(struct expo *x, const struct pair *pair);
/* The sample with x->name and x->pairs. */
int expo_sample(struct expo *x, double v, bool has_time, int64_t t);
void expo_meta(struct expo *x, enum meta_kind kind, struct span family, const char *text);
/* A metric's name ([a-zA-Z_:][a-zA-Z0-9_:]*) or a label's (without colons) at p; where it ends, p when there is none. */
const char *expo_metric_name(const char *p, const char *end);
const char *expo_label_name(const char *p, const char *end);
/* A word of a comment at p, which may hold NUL bytes; where it and the NULs after it end. NULL: it is another word. */
const char *expo_word(const char *p, const char *end, const char *word);
/* A quoted value at p, which is at its opening quote. NULL when it is not closed. newlines: whether it may hold them. */
const char *expo_quoted(const char *p, const char *end, bool newlines, struct pair *out);
bool expo_utf8(const struct pair *pair);
/* A copy without the escapes \\ \" (with quotes) and \n, and without NUL. */
const char *expo_text(struct expo *x, struct span s, bool quotes);

/* ---- exposition_number.c ---- */
bool expo_number(struct span s, double *v);
bool expo_integer(struct span s, int64_t *v);

/* ---- the grammars ---- */
int expo_read_text(struct expo *x);        /* exposition_text.c */
int expo_read_openmetrics(struct expo *x); /* exposition_om.c */

#endif
