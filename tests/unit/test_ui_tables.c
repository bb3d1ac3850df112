/*
 * test_ui_tables.c -- moving in lists: the cursor stays on its thing when rows come, go and change places; filter, sorting, marks, focus,
 * the mouse, keys that were bound anew. The snapshots are made by hand.
 */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../ui/keys.h"
#include "../../ui/screen.h"
#include "mlwatch/buf.h"
#include "mlwatch/xalloc.h"

#define NOW INT64_C(1795144462000)

struct made {
	struct snapshot snap;
	struct view_alert alerts[8];
	struct label labels[8][2];
};

/* "a:crit b:warn": names and severities, in the order in which the snapshot has them. */
static void
make(struct made *m, const char *text)
{
	char copy[256], *rest = copy, *word;
	static char kept[64][64];
	static int used;

	memset(m, 0, sizeof *m);
	strcpy(copy, text);
	while ((word = strsep(&rest, " ")) != NULL) {
		char *name = kept[used++ % 64];
		const size_t i = m->snap.o.n_alerts++;
		struct view_alert *a = &m->alerts[i];

		snprintf(name, 64, "%s", word);
		char *severity = strchr(name, ':');
		*severity++ = '\0';
		m->labels[i][0] = (struct label){"alertname", name};
		m->labels[i][1] = (struct label){"severity", severity};
		*a = (struct view_alert){.fingerprint = name,
					 .name = name,
					 .severity = severity,
					 .on = "",
					 .model = "",
					 .value_expr = "",
					 .summary = "",
					 .runbook = "",
					 .state_text = "FIRING",
					 .state = VIEW_FIRING,
					 .labels = {m->labels[i], 2},
					 .fired_ms = NOW - 60000,
					 .ratio = NAN,
					 .value = {1, UNIT_PLAIN, NULL},
					 .health = strcmp(severity, "crit") == 0 ? HEALTH_BROKEN : HEALTH_OK};
	}
	m->snap.o.alerts = m->alerts;
	m->snap.o.agent.host = "here";
	m->snap.o.agent.config_error = "";
	m->snap.t = m->snap.clock = NOW;
	m->snap.from = NOW - 3600000;
}

struct place {
	struct screen s;
	struct made m[8]; /* a frozen one is kept */
	int now;
};

static void
show(struct place *p, const char *alerts)
{
	p->now = (p->now + 1) % 8;
	make(&p->m[p->now], alerts);
	screen_take(&p->s, &p->m[p->now].snap);
}

static int
set_up(void **state)
{
	struct place *p = xcalloc(1, sizeof *p);

	screen_open(&p->s, grid_open(120, 36, GLYPHS_BRAILLE));
	p->s.now = NOW;
	p->s.page = PAGE_ALERTS;
	show(p, "a:crit b:warn c:crit d:warn");
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	screen_close(&p->s);
	grid_close(p->s.grid);
	free(p);
	return 0;
}

static const char *
at(const struct place *p)
{
	const struct view_alert *a = selected_alert(&p->s);

	return a != NULL ? a->name : "-";
}

/* The rows in the order in which they are shown. */
static const char *
order(const struct place *p)
{
	static char out[64];
	const struct cursor *c = &p->s.cursor[TABLE_ALERTS];

	out[0] = '\0';
	for (size_t i = 0; i < c->n; i++)
		strcat(out, p->s.snap->o.alerts[c->order[i]].name);
	return out;
}

static void
keys(struct place *p, const char *text)
{
	char copy[256], *rest = copy, *key;

	strcpy(copy, text);
	while ((key = strsep(&rest, " ")) != NULL)
		screen_key(&p->s, key);
}

static void
table__the_cursor_stays_on_its_thing(void **state)
{
	struct place *p = *state;

	keys(p, "j j");
	assert_string_equal(at(p), "c");
	show(p, "e:crit c:crit a:crit b:warn d:warn"); /* others came and changed places */
	assert_string_equal(at(p), "c");
	show(p, "a:crit b:warn d:warn"); /* it is over: its neighbour, not the first */
	assert_string_equal(at(p), "b");
	show(p, "c:crit a:crit b:warn d:warn");
	assert_string_equal(at(p), "b");
}

static void
table__until_somebody_moves_the_worst_is_meant(void **state)
{
	struct place *p = *state;

	assert_string_equal(at(p), "a");
	show(p, "e:crit a:crit");
	assert_string_equal(at(p), "e");
	keys(p, "j k"); /* now one is chosen */
	show(p, "f:crit e:crit a:crit");
	assert_string_equal(at(p), "e");
}

static void
table__a_filter_hides_rows_from_the_cursor_too(void **state)
{
	struct place *p = *state;

	keys(p, "/ s e v e r i t y = w a r n Enter");
	assert_string_equal(order(p), "bd");
	assert_string_equal(at(p), "b");
	keys(p, "j j j");
	assert_string_equal(at(p), "d");
	keys(p, "Esc");
	assert_string_equal(order(p), "abcd");
	assert_string_equal(at(p), "d");
	keys(p, "/ n o w h e r e Enter");
	assert_string_equal(at(p), "-");
}

static void
table__problems_only(void **state)
{
	struct place *p = *state;

	keys(p, "f");
	assert_string_equal(order(p), "ac");
	keys(p, "f e");
	assert_string_equal(at(p), "c");
	keys(p, "e");
	assert_string_equal(at(p), "c");
	assert_non_null(strstr(p->s.hint, "no further problem"));
}

static void
table__sorting_by_a_column_and_back(void **state)
{
	struct place *p = *state;

	show(p, "c:crit a:warn d:crit b:warn");
	keys(p, ": s o r t Space a l e r t Enter");
	assert_string_equal(order(p), "abcd");
	keys(p, "I");
	assert_string_equal(order(p), "dcba");
	keys(p, "I s g");
	assert_int_equal(p->s.menu.kind, MENU_NONE); /* "g" left the menu */
	keys(p, "s k k k k k k k k Enter");          /* round to the first row: as they come */
	keys(p, ": s o r t Enter");
	assert_string_equal(order(p), "cadb");
}

static void
table__marks_stay_on_their_things(void **state)
{
	struct place *p = *state;

	keys(p, "Space Space");
	assert_string_equal(at(p), "c");
	show(p, "c:crit b:warn a:crit");
	assert_int_equal(p->s.cursor[TABLE_ALERTS].n_marked, 2);
	assert_true(table_is_marked(&p->s, TABLE_ALERTS, table_alerts.id(p->s.snap, 1)));
	assert_true(table_is_marked(&p->s, TABLE_ALERTS, table_alerts.id(p->s.snap, 2)));
	assert_false(table_is_marked(&p->s, TABLE_ALERTS, table_alerts.id(p->s.snap, 0)));
	keys(p, "Esc");
	assert_int_equal(p->s.cursor[TABLE_ALERTS].n_marked, 0);
	assert_int_equal(p->s.page, PAGE_ALERTS); /* Esc did one thing */
}

static void
table__finding_goes_round(void **state)
{
	struct place *p = *state;

	keys(p, "F3 w a r n Enter");
	assert_string_equal(at(p), "b");
	keys(p, "n");
	assert_string_equal(at(p), "d");
	keys(p, "n");
	assert_string_equal(at(p), "b");
	keys(p, "N");
	assert_string_equal(at(p), "d");
	assert_string_equal(order(p), "abcd");
}

static void
table__a_frozen_picture_does_not_move(void **state)
{
	struct place *p = *state;

	keys(p, "p");
	show(p, "x:crit");
	show(p, "y:crit");
	assert_string_equal(order(p), "abcd");
	assert_int_equal(p->s.held, 2);
	assert_string_equal(p->s.live->o.alerts[0].name, "y"); /* row 0 goes on */
	keys(p, "p");
	assert_string_equal(order(p), "y");
}

static void
mouse__clicks_select_and_double_clicks_open(void **state)
{
	struct place *p = *state;
	const struct cursor *c = &p->s.cursor[TABLE_ALERTS];

	screen_draw(&p->s);
	screen_mouse(&p->s, 0, false, c->pane.x + 20, c->pane.y + c->head + 2);
	assert_string_equal(at(p), "c");
	assert_int_equal(p->s.page, PAGE_ALERTS);
	screen_mouse(&p->s, 65, false, c->pane.x + 20, c->pane.y + 3); /* the wheel */
	assert_string_equal(at(p), "d");
	screen_mouse(&p->s, 0, true, c->pane.x + 20, c->pane.y + c->head);
	assert_int_equal(p->s.page, PAGE_ALERT);
	assert_string_equal(at(p), "a");
	screen_draw(&p->s);
	screen_mouse(&p->s, 0, false, 4, 1); /* "1 Overview" */
	assert_int_equal(p->s.page, PAGE_OVERVIEW);
	screen_draw(&p->s);
	screen_mouse(&p->s, 0, false, 1, 35); /* "F1 Help" */
	assert_int_equal(p->s.page, PAGE_HELP);
}

static void
mouse__a_click_on_a_title_sorts(void **state)
{
	struct place *p = *state;
	const struct cursor *c = &p->s.cursor[TABLE_ALERTS];

	show(p, "c:crit a:warn b:crit");
	screen_draw(&p->s);
	screen_mouse(&p->s, 0, false, c->pane.x + 18, c->pane.y); /* ALERT */
	assert_string_equal(order(p), "abc");
	screen_mouse(&p->s, 0, false, c->pane.x + 18, c->pane.y);
	assert_string_equal(order(p), "cba");
}

static void
keys__tab_goes_from_pane_to_pane_and_zoom_keeps_one(void **state)
{
	struct place *p = *state;
	struct buf row = BUF_INIT;

	screen_draw(&p->s);
	assert_int_equal(page_table(&p->s), TABLE_ALERTS);
	keys(p, "Tab");
	assert_int_equal(page_table(&p->s), TABLE_RULES);
	keys(p, "S-Tab S-Tab");
	assert_int_equal(page_table(&p->s), TABLE_RESOLVED);
	keys(p, "z");
	screen_draw(&p->s);
	grid_row_text(p->s.grid, 2, &row);
	assert_non_null(strstr(buf_str(&row), "Recently resolved"));
	keys(p, "z Tab");
	screen_draw(&p->s);
	buf_reset(&row);
	grid_row_text(p->s.grid, 2, &row);
	assert_non_null(strstr(buf_str(&row), "Active"));
	buf_release(&row);
}

static void
keys__a_binding_of_top_yml_takes_the_place_of_the_built_in_one(void **state)
{
	struct place *p = *state;
	struct buf row = BUF_INIT;

	for (size_t i = 0; i < key_count(); i++) {
		if (strcmp(key_row(i)->name, "silence") == 0)
			p->s.set.keys[i] = xstrdup("X");
		if (strcmp(key_row(i)->name, "down") == 0)
			p->s.set.keys[i] = xstrdup("n Down");
	}
	keys(p, "n");
	assert_string_equal(at(p), "b");
	keys(p, "j");
	assert_string_equal(at(p), "b");
	assert_non_null(strstr(p->s.hint, "unknown key 'j'"));
	screen_key(&p->s, "S");
	assert_non_null(strstr(p->s.hint, "unknown key 'S'"));
	p->s.hint[0] = '\0';
	screen_draw(&p->s);
	grid_row_text(p->s.grid, 34, &row);
	assert_non_null(strstr(buf_str(&row), "X silence")); /* the hint row says so */
	buf_release(&row);
	assert_true(keys_valid("n Down C-x F10 ä"));
	assert_false(keys_valid("n down"));
}

static void
keys__each_action_has_its_own_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < key_count(); i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(key_row(i)->name, key_row(k)->name);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(table__the_cursor_stays_on_its_thing),
	    TEST(table__until_somebody_moves_the_worst_is_meant),
	    TEST(table__a_filter_hides_rows_from_the_cursor_too),
	    TEST(table__problems_only),
	    TEST(table__sorting_by_a_column_and_back),
	    TEST(table__marks_stay_on_their_things),
	    TEST(table__finding_goes_round),
	    TEST(table__a_frozen_picture_does_not_move),
	    TEST(mouse__clicks_select_and_double_clicks_open),
	    TEST(mouse__a_click_on_a_title_sorts),
	    TEST(keys__tab_goes_from_pane_to_pane_and_zoom_keeps_one),
	    TEST(keys__a_binding_of_top_yml_takes_the_place_of_the_built_in_one),
	    TEST(keys__each_action_has_its_own_name),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* widths */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
