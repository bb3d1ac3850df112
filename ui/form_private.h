/* form_private.h -- what the form's files share. */
#ifndef UI_FORM_PRIVATE_H
#define UI_FORM_PRIVATE_H

#include "form.h"

#define FORM_LENGTHS 5
#define FORM_FIELDS  (DEED_MATCHERS + 6)

enum form_field_kind { FIELD_MATCHER, FIELD_LENGTH, FIELD_OTHER, FIELD_COMMENT, FIELD_YES, FIELD_CANCEL, FIELD_COMMIT };
struct form_field {
	enum form_field_kind kind;
	int i; /* FIELD_MATCHER: which */
};

int form_fields(const struct screen *s, struct form_field out[FORM_FIELDS]);
const char *form_length_word(int i);
bool form_hits(const struct form *f, const struct view_alert *a);
int form_hit_count(const struct screen *s);
bool form_needs_yes(const struct screen *s);

#endif
