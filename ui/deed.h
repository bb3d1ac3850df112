/*
 * deed.h -- what a person does that others notice: acknowledge, silence, take back, retry, give up, a note, a test message. A deed is a plain
 * value; it is done on a short read-write connection of its own, never on the one that reads.
 */
#ifndef UI_DEED_H
#define UI_DEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define DEED_MATCHERS 12
#define DEED_ALERTS   32

enum deed_kind {
	DEED_NONE,
	DEED_ACK,
	DEED_SILENCE,
	DEED_RENEW,
	DEED_EXPIRE,
	DEED_UNACK,
	DEED_RETRY,
	DEED_GIVE_UP,
	DEED_NOTE,
	DEED_TEST,
	N_DEEDS
};

struct deed_matcher {
	char name[128], value[512];
};
struct deed {
	enum deed_kind kind;
	int64_t now, ends_ms;        /* ends: of the silence, SILENCE, RENEW */
	char alert[DEED_ALERTS][24]; /* fingerprints as in struct view_alert; ACK, UNACK */
	size_t n_alerts;
	struct deed_matcher matcher[DEED_MATCHERS]; /* SILENCE */
	size_t n_matchers;
	char subject
	    [160]; /* EXPIRE, RENEW: the silence's id; RETRY, GIVE_UP: the message's; TEST: the receiver; NOTE: the model, or "" */
	char about[160];   /* in words, for the hint row: "DriftShareHigh on fraud" */
	char comment[256]; /* NOTE: its text */
};

int deed_do(const struct deed *d, const char *store_path, struct err *e);
/* "acknowledged", "silenced", ...: what is said when it is done. */
extern const char *const deed_done_word[N_DEEDS];

#endif
