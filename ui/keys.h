/*
 * keys.h -- the one key table: bindings, hint row, function bar and help are made of it, and top.yml names its actions.
 */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

struct request;
struct screen;

typedef void act_fn(struct screen *s, const char *key);

enum key_group { KEYS_MOVE, KEYS_FIND, KEYS_TIME, KEYS_ACT, KEYS_TAKE, KEYS_TERMINAL, KEYS_VIEW, N_KEY_GROUPS };
extern const char *const key_group_title[N_KEY_GROUPS];

struct key_row {
	const char *keys; /* names, separated by blanks; the first is the one that is shown */
	act_fn *act;
	const char *name; /* of the action: in top.yml and in hints */
	enum key_group group;
	unsigned pages;    /* 1 << page: only there; 0: everywhere */
	const char *shown; /* in help, "j k  arrows"; NULL: another row says it */
	const char *help;
	const char *brief; /* for narrow screens; NULL: the same */
};
size_t key_count(void);
const struct key_row *key_row(size_t i);
/* Its keys as they are bound now. */
const char *key_bound(const struct screen *s, size_t i);
/* The first key of an action: "j"; for hints. "" when there is no such action. */
void key_of(const struct screen *s, const char *name, char out[16]);
/* "a b C-d": are these all names of keys? */
int keys_valid(const char *keys);

/* act_move.c */
act_fn act_down, act_up, act_first, act_last, act_half, act_page, act_view, act_pane, act_enter, act_back, act_quit,
    act_zoom, act_problem, act_neighbour, act_find_next, act_find_before;
/* act_show.c */
act_fn act_filter, act_find, act_sort, act_reverse, act_problems, act_time, act_range, act_now, act_range_menu,
    act_pause, act_column, act_statistic, act_baseline, act_window, act_theme, act_utc, act_mouse, act_setup,
    act_redraw, act_help, act_command, act_edit;
/* take.c */
act_fn act_copy, act_copy_json, act_copy_link, act_show_link, act_plain;
/* act_people.c */
act_fn act_ack, act_silence, act_renew, act_take_back, act_mark, act_retry, act_give_up;

/* colon.c: the line that is typed after ":", "/" or F3, and the query line */
bool line_typed(struct screen *s, const char *key); /* false: not one of its keys, it may do what it does elsewhere */
void colon_do(struct screen *s, const char *line);
/* page_query.c: the line is asked; one that is wrong stays open, with the cursor at the fault */
void query_enter(struct screen *s);
/* page_notify.c: which message is wanted whole */
void notify_request(const struct screen *s, struct request *q);

#endif
