/*
 * form.h -- what others will notice is asked for first: acknowledge, silence, take back. A form is values, keys change it, it is drawn over
 * the page. It is carried out by form_commit on a connection of its own, never on the one that reads.
 */
#ifndef UI_FORM_H
#define UI_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct screen;
struct view_alert;

enum form_kind { FORM_NONE, FORM_ACK, FORM_SILENCE, FORM_TAKE_BACK };

#define FORM_MATCHERS 12
struct form_matcher {
	char name[128], value[512];
	bool on;
};
struct form {
	enum form_kind kind;
	char fingerprint[24]; /* of the alert, as in struct view_alert */
	char about[160];      /* "DriftShareHigh on fraud" */
	char silence[40];     /* FORM_TAKE_BACK: its id; "": the acknowledgement */
	int64_t fired_ms;
	struct form_matcher matcher[FORM_MATCHERS];
	int n_matchers, length, focus;
	char other[24], comment[256], yes[8];
	char error[200]; /* of the last try; the contents stay */
	bool due;        /* "do it" was pressed */
};

/* Opens it about the alert; says why not in the hint row. */
void form_open(struct screen *s, enum form_kind kind, const struct view_alert *a);
void form_key(struct screen *s, const char *key);
void form_draw(struct screen *s);
/* Does what the form says, now. The form may be a copy: it is not changed. */
int form_commit(const struct form *f, const char *store_path, int64_t now, int64_t ends_ms, struct err *e);
int64_t form_ends(const struct screen *s); /* when the silence would end; 0: not a time */
/* The answer to what was due: closes the form, or leaves it open with the reason. */
void form_done(struct screen *s, const char *error);

#endif
