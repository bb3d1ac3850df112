/*
 * form.h -- what others will notice is asked for first. A form is values, keys change it, it is drawn over the page with the focus on Cancel;
 * its button makes a deed.
 */
#ifndef UI_FORM_H
#define UI_FORM_H

#include "deed.h"

struct screen;
struct view_alert;

enum form_kind { FORM_NONE, FORM_ACK, FORM_SILENCE, FORM_TAKE_BACK, FORM_RETRY, FORM_GIVE_UP, N_FORMS };

struct form_matcher {
	struct deed_matcher is;
	bool on;
};
struct form {
	enum form_kind kind;
	/* the alerts that it is about: the marked ones, or that under the cursor; as in struct view_alert */
	char alert[DEED_ALERTS][24];
	size_t n_alerts;
	char about[160];
	char subject[160]; /* TAKE_BACK: a silence's id, "": the acknowledgement; RETRY, GIVE_UP: the message's id */
	struct form_matcher matcher[DEED_MATCHERS];
	int n_matchers, length, focus;
	char other[24], comment[256], yes[8];
	char error[200]; /* of the last try; the contents stay */
	bool due;        /* "do it" was pressed: the deed is under way */
};

/* Opens it about the marked alerts or the one under the cursor, or the message under it; says why not in the hint row. */
void form_open(struct screen *s, enum form_kind kind);
void form_key(struct screen *s, const char *key);
void form_draw(struct screen *s);
const char *form_title(const struct screen *s); /* "Silence" */
int64_t form_ends(const struct screen *s);      /* when the silence would end; 0: not a time */
/* The answer to what was due: closes the form, or leaves it open with the reason. Of deeds without a form too. */
void form_done(struct screen *s, const char *error);

#endif
