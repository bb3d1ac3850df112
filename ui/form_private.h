/* form_private.h -- what the form's files share. */
#ifndef UI_FORM_PRIVATE_H
#define UI_FORM_PRIVATE_H

#include <stddef.h>

#include "form.h"

struct buf;
struct view_alert;
struct view_overview;

#define FORM_LENGTHS 5
#define FORM_FIELDS  (DEED_MATCHERS + 5)

enum form_field_kind { FIELD_MATCHER, FIELD_LENGTH, FIELD_OTHER, FIELD_COMMENT, FIELD_CANCEL, FIELD_COMMIT };
struct form_field {
	enum form_field_kind kind;
	int i; /* FIELD_MATCHER: which */
};

/* ---- form.c ---- */
int form_fields(const struct form *f, struct form_field out[FORM_FIELDS]);
const char *form_length_word(int i);

/* ---- form_subject.c: what it is about, what it hits ---- */

/* The form's alerts as the snapshot has them: looked up once for a picture or a deed. */
struct subject {
	const struct form *form;
	const struct view_overview *o;
	const struct view_alert *at[DEED_ALERTS]; /* as in form->alert; NULL: it is over, or its deed is done */
	size_t n;
};
struct subject form_subject(const struct screen *s);

/* NULL, or why it cannot be opened. */
const char *form_take_subject(struct screen *s);
/* Would the silences of the form hit it? */
bool form_hits(const struct subject *of, const struct view_alert *a);
int form_hit_count(const struct subject *of);
/* All there is: that takes more than a button. */
bool form_needs_yes(const struct subject *of);
/* Do the matchers that are in tell these two of its alerts apart? */
bool form_same_silence(const struct subject *of, size_t i, size_t k);
int form_silence_count(const struct subject *of);
/* The values that its alerts have of a label: "a, b". */
void form_values(const struct subject *of, const char *label, struct buf *out);

/* "A, B on m; C on n" of the alerts that pass, as far as that fits a row; how many pass. */
typedef bool form_pick_fn(const struct subject *of, const struct view_alert *a);
int form_list_alerts(const struct subject *of, form_pick_fn *pick, struct buf *out);

#endif
