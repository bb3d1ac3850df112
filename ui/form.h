/*
 * form.h -- what others will notice is asked for first. A form is values, keys change it, it is drawn over the page with the focus on Cancel;
 * its button, or typing yes, makes deeds: one after another when it takes several (a silence each for alerts that share no matchers).
 */
#ifndef UI_FORM_H
#define UI_FORM_H

#include "deed.h"

struct screen;

enum form_kind { FORM_NONE, FORM_ACK, FORM_SILENCE, FORM_RENEW, FORM_TAKE_BACK, FORM_RETRY, FORM_GIVE_UP, N_FORMS };

struct form_matcher {
	char name[128]; /* of a label that one of the alerts has; each alert is matched by its own value */
	bool on;
};
struct form_alert {
	char fingerprint[24]; /* as in struct view_alert */
	bool under_way, done; /* its deed is */
};
struct form {
	enum form_kind kind;
	/* what it is about: the marked alerts or that under the cursor; or a silence or message by its id */
	struct form_alert alert[DEED_ALERTS];
	size_t n_alerts;
	char about[160];   /* in words */
	char subject[160]; /* the id; "": it is about alerts */
	struct form_matcher matcher[DEED_MATCHERS];
	int n_matchers, length, focus;
	char other[24], comment[256], yes[4];
	char error[200]; /* of the last try; the contents stay */
	bool due;        /* "do it" was pressed: a deed is under way */
};

/* Opens it about what is marked or under the cursor; says why not in the hint row. */
void form_open(struct screen *s, enum form_kind kind);
void form_key(struct screen *s, const char *key);
void form_draw(struct screen *s);
const char *form_title(const struct screen *s); /* "Silence" */
int64_t form_ends(const struct screen *s);      /* when the silence would end; 0: not a time */
/* The answer to what was due: goes on to the next deed, closes the form, or leaves it open with the reason. Of deeds without a form too. */
void form_done(struct screen *s, const char *error);

#endif
