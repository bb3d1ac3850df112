/* form_private.h -- what the form's files share. */
#ifndef UI_FORM_PRIVATE_H
#define UI_FORM_PRIVATE_H

#include "form.h"

struct buf;
struct view_alert;

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
/* NULL, or why it cannot be opened. */
const char *form_take_subject(struct screen *s);
/* The form's alert; NULL: it is over, or done. */
const struct view_alert *form_alert_at(const struct screen *s, size_t i);
/* Would the silences of the form hit it? */
bool form_hits(const struct screen *s, const struct view_alert *a);
int form_hit_count(const struct screen *s);
/* All there is: that takes more than a button. */
bool form_needs_yes(const struct screen *s);
/* Alerts whose silences are the same one: those that the on matchers cannot tell from the form's alert i. Calls it the same when i is k. */
bool form_same_silence(const struct screen *s, size_t i, size_t k);
int form_silence_count(const struct screen *s);
/* The values that the form's alerts have of a label: "a, b". */
void form_values(const struct screen *s, const char *label, struct buf *out);

/* "A, B on m; C on n" of the alerts that pass; how many these are. */
typedef bool form_pick_fn(const struct screen *s, const struct view_alert *a);
int form_list_alerts(const struct screen *s, form_pick_fn *pick, struct buf *out);

#endif
