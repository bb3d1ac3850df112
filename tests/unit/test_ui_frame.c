/*
 * test_ui_frame.c -- what is around every page: state, views, banners, small screens, help. The rows that are expected are those of the
 * dashboard's drawings.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../ui/keys.h"
#include "../ui_made.h"
#include "mlwatch/clock.h"
#include "mlwatch/xalloc.h"

static void
ui_frame__the_head_is_as_drawn(void **state)
{
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);

	(void)state;
	screen_draw(&m->screen);
	assert_string_equal(
	    made_row(m, 0),
	    " mlwatch  scoring-1      ✗ BROKEN  2 critical  1 warning  1 pending  1 silenced     agent ok · "
	    "1s old · 03:14:22 +01:00");
	assert_string_equal(
	    made_row(m, 1),
	    " [1 Overview] 2 Alerts 4!  3 Models  4 Drift 5!  5 Targets 1!  6 Logs  7 Notify 1!  8 Events  9 "
	    "Query     last 1h, live");
	assert_string_equal(
	    made_row(m, 35),
	    "F1 Help     F2 Setup    F3 Find     F4 Filter   F5 Range    F6 Sort     F7 Ack      F8 Silence  F9 "
	    "Pause    F10 Quit");
	made_close(m);
	m = made_open(80, 24, GLYPHS_BRAILLE);
	screen_draw(&m->screen);
	assert_string_equal(made_row(m, 0),
			    "scoring-1 ✗ BROKEN 2 crit 1 warn 1 pend 1 sil       agent ok 1s  03:14:22 +01:00");
	assert_string_equal(made_row(m, 1),
			    "[1Over] 2Alert4! 3Model 4Drift5! 5Targ1! 6Logs 7Notif1! 8Event 9Query    1h live");
	assert_string_equal(made_row(m, 23),
			    "F1Help F2Setup F3Find F4Filter F5Range F6Sort F7Ack F8Silence F9Pause F10Quit");
	made_close(m);
}

/* Whatever the widths: counts whole or not at all, nothing over another, and what is not live says so. */
static void
ui_frame__the_head_gives_way_by_whole_words(void **state)
{
	(void)state;
	for (int w = 60; w <= 130; w++) {
		struct made *m = made_open(w, 36, GLYPHS_ASCII);
		const char *row;

		m->screen.end_ms = MADE_NOW - MS_HOUR;
		screen_draw(&m->screen);
		row = made_row(m, 0);
		assert_non_null(strstr(row, "X BROKEN "));
		assert_non_null(strstr(row, " 2 crit"));
		assert_true(strstr(row, " pend") == NULL || strstr(row, " pend ") != NULL ||
			    strstr(row, "pending ") != NULL);
		assert_non_null(strstr(row, "03:14:22 +01:00"));
		assert_non_null(strstr(made_row(m, 1), "01:14-02:14, not live"));
		assert_non_null(strstr(made_row(m, 1), "4!"));
		row = made_row(m, 35);
		assert_true(strcmp(row + strlen(row) - 4, "Quit") == 0 || strstr(row, "F10") == NULL);
		made_close(m);
	}
}

static void
ui_frame__a_click_meets_the_view_and_the_key_that_stand_there(void **state)
{
	(void)state;
	static const struct {
		int w;
		const char *drift; /* as it is named there */
	} rows[] = {{60, "4:5!"}, {80, "4Drift5!"}, {120, "4 Drift 5!"}};

	for (size_t i = 0; i < 3; i++) {
		struct made *m = made_open(rows[i].w, 36, GLYPHS_ASCII);
		const char *row, *found;

		screen_draw(&m->screen);
		row = made_row(m, 1);
		found = strstr(row, rows[i].drift);
		assert_non_null(found);
		screen_mouse(&m->screen, 0, false, (int)(found - row), 1);
		assert_int_equal(m->screen.page, PAGE_DRIFT);
		screen_draw(&m->screen);
		screen_mouse(&m->screen, 0, false, 1, 35);
		assert_int_equal(m->screen.page, PAGE_HELP);
		made_close(m);
	}
}

/* ---- banners ---- */

static void
ui_frame__an_agent_that_stopped_is_told_as_drawn(void **state)
{
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);

	(void)state;
	m->snap.o.agent.state = AGENT_STOPPED;
	m->snap.o.agent.heartbeat_ms = AT(3, 14, 21);
	m->snap.t = AT(3, 14, 21);
	m->screen.now = AT(3, 37, 22);
	screen_draw(&m->screen);
	assert_non_null(
	    strstr(made_row(m, 0), " mlwatch  scoring-1    ? UNKNOWN   last known at 03:14:21: 2 critical  1 warning"));
	assert_non_null(strstr(made_row(m, 0), "AGENT DOWN 23m"));
	assert_non_null(strstr(made_row(m, 2), "AGENT NOT RUNNING since 03:14:21 (23m ago): "));
	assert_non_null(strstr(made_row(m, 2), "nobody is notified."));
	assert_non_null(strstr(made_row(m, 2), "systemctl status mlwatch"));
	/* ages are of when it was alive */
	assert_non_null(strstr(made_row(m, 5), "crit    28m  DriftShareHigh"));
	made_close(m);
	m = made_open(80, 24, GLYPHS_BRAILLE);
	m->snap.o.agent.state = AGENT_STOPPED;
	m->snap.o.agent.heartbeat_ms = AT(3, 14, 21);
	m->screen.now = AT(3, 37, 22);
	screen_draw(&m->screen);
	assert_non_null(strstr(made_row(m, 0), "scoring-1 ? UNKNOWN   last known: 2 crit 1 warn"));
	assert_non_null(strstr(made_row(m, 0), "AGENT DOWN"));
	assert_string_equal(made_row(m, 2),
			    "AGENT NOT RUNNING since 03:14:21, 23m ago: all below is old.   systemctl status");
	made_close(m);
}

/* A clock alone says nothing after midnight. AT is of 2026-11-20. */
static void
ui_frame__what_is_not_of_today_has_its_date(void **state)
{
	static const struct {
		int width;
		const char *banner;
	} cases[] = {
	    {120, "AGENT NOT RUNNING since 2026-11-20 03:14 (2d ago): all is that old and nobody is notified."},
	    {80, "AGENT NOT RUNNING since 2026-11-20 03:14 (2d): all is old."},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made *m = made_open(cases[i].width, 36, GLYPHS_BRAILLE);

		m->snap.o.agent.state = AGENT_STOPPED;
		m->snap.o.agent.heartbeat_ms = AT(3, 14, 21);
		m->snap.o.agent.config_refused = true;
		m->snap.o.agent.config_refused_ms = AT(3, 10, 0);
		m->snap.o.agent.config_error = "x";
		m->screen.now = AT(3, 37, 22) + 2 * MS_DAY;
		screen_draw(&m->screen);
		assert_non_null(strstr(made_row(m, 2), cases[i].banner));
		assert_non_null(strstr(made_row(m, 2), "systemctl status"));
		assert_non_null(strstr(made_row(m, 3), "configuration refused 2026-11-20 03:10, the old one"));
		if (cases[i].width == 120)
			assert_non_null(strstr(made_row(m, 0), "last known 2026-11-20 03:14: 2 critical"));
		/* midnight is enough */
		m->screen.now = AT(23, 59, 59) + 2 * MS_SECOND;
		m->snap.o.agent.heartbeat_ms = AT(23, 59, 0);
		screen_draw(&m->screen);
		assert_non_null(strstr(made_row(m, 2), "since 2026-11-20 23:59 ("));
		made_close(m);
	}
}

static void
ui_frame__other_banners_keep_what_helps(void **state)
{
	struct made *m = made_open(80, 24, GLYPHS_BRAILLE);
	struct view_agent *a = &m->snap.o.agent;
	static const char longest[] =
	    "rules/fraud.yml:6:15: unknown function 'histogram_quantil', did you mean 'histogram_quantile'?";

	(void)state;
	a->state = AGENT_STALLED;
	a->heartbeat_ms = AT(3, 4, 20);
	screen_draw(&m->screen);
	assert_non_null(strstr(made_row(m, 2), "AGENT STALLED: no commit for 10m"));
	assert_non_null(strstr(made_row(m, 2), "journalctl -u mlwatch"));
	assert_non_null(strstr(made_row(m, 0), "? UNKNOWN"));

	/* why, where that can be seen from here */
	a->disk_full = true;
	screen_draw(&m->screen);
	assert_non_null(strstr(made_row(m, 2), "AGENT STALLED: no commit for 10m, the disk is full: all below is old"));
	assert_non_null(strstr(made_row(m, 2), "df -h"));

	*a = (struct view_agent){.host = "", .config_error = "", .state = AGENT_NEVER};
	screen_draw(&m->screen);
	assert_non_null(strstr(made_row(m, 2), "NO AGENT HAS RUN"));
	assert_non_null(strstr(made_row(m, 2), "mlwatch run"));

	*a = (struct view_agent){.host = "scoring-1",
				 .heartbeat_ms = MADE_NOW,
				 .config_refused = true,
				 .config_refused_ms = AT(3, 14, 0),
				 .config_error = longest};
	screen_draw(&m->screen);
	assert_non_null(strstr(made_row(m, 2), "configuration refused 03:14"));
	assert_non_null(strstr(made_row(m, 2), "mlwatch check"));
	made_close(m);
	m = made_open(120, 36, GLYPHS_BRAILLE);
	m->snap.o.agent.config_refused = true;
	m->snap.o.agent.config_refused_ms = AT(3, 14, 0);
	m->snap.o.agent.config_error = longest;
	m->snap.o.critical = m->snap.o.pending = m->snap.o.silenced = 0;
	screen_draw(&m->screen);
	assert_non_null(strstr(made_row(m, 0), "1 warning  configuration refused 03:14"));
	made_close(m);
}

static void
ui_frame__a_store_that_cannot_be_read_is_no_good_news(void **state)
{
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);

	(void)state;
	m->snap.error = "'/m.db' was written by a newer mlwatch: it has schema version 9, this one knows 5";
	m->snap.error_hint = "upgrade this mlwatch";
	screen_draw(&m->screen);
	assert_non_null(strstr(made_row(m, 0), "? UNKNOWN   last known at 03:14:21: 2 critical"));
	assert_non_null(strstr(made_row(m, 2), "STORE UNREADABLE: '/m.db' was written by a newer mlwatch"));
	assert_non_null(strstr(made_row(m, 2), "upgrade this mlwatch"));
	assert_true(made_shows(m, "DriftShareHigh")); /* what is known stays */

	m->snap.blank = true;
	m->snap.o = (struct view_overview){.agent = {.host = "", .state = AGENT_NEVER}, .health = HEALTH_UNKNOWN};
	m->snap.error = "there is no store at '/var/lib/mlwatch/mlwatch.db'";
	m->snap.error_hint = "'mlwatch run' creates it";
	screen_take(&m->screen, &m->snap);
	for (int w = 20; w <= 120; w += 20) {
		grid_resize(m->screen.grid, w, w < 60 ? 10 : 24);
		screen_draw(&m->screen);
		assert_non_null(strstr(made_row(m, 0), "? UNKNOWN"));
		assert_true(made_shows(m, "there is no store"));
		assert_false(made_shows(m, "nothing is pending"));
	}
	assert_true(made_shows(m, "mlwatch run -c FILE"));
	assert_true(made_shows(m, "as soon as it can be read"));
	made_close(m);
}

static void
ui_frame__a_silence_that_ends_says_so_on_every_page(void **state)
{
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);
	struct view_silence ending = {.id = "a91f0c44",
				      .by = "carol",
				      .comment = "DS-811",
				      .matchers = "{}",
				      .what = "FeatureDrift model=fraud feature=device_age",
				      .end_ms = AT(3, 22, 23),
				      .matches = 1,
				      .active = true};
	static const char *const views = "1 2 3 5 7 8";

	(void)state;
	m->alerts[4].silenced_until_ms = ending.end_ms;
	m->snap.o.ending = &ending;
	m->snap.o.n_ending = 1;
	for (const char *v = views; *v != '\0'; v++) {
		if (*v == ' ')
			continue;
		made_keys(m, (char[]){*v, '\0'});
		assert_non_null(strstr(made_row(m, 2), "silence a91f ends in 8m, at 03:22: "
						       "FeatureDrift on fraud device_age gets loud  "));
		assert_non_null(strstr(made_row(m, 2), "  L renews it"));
	}
	/* another silence that lasts longer keeps it quiet */
	m->alerts[4].silenced_until_ms = AT(5, 0, 0);
	screen_draw(&m->screen);
	assert_non_null(strstr(made_row(m, 2), "nothing that it silences fires now"));
	/* L opens the form about it, whatever the page */
	made_keys(m, "8 L");
	assert_int_equal(m->screen.form.kind, FORM_RENEW);
	assert_string_equal(m->screen.form.subject, "a91f0c44");
	assert_string_equal(m->screen.form.comment, "DS-811");
	/* over: it says nothing more */
	made_keys(m, "Esc");
	m->screen.now = ending.end_ms;
	screen_draw(&m->screen);
	assert_null(strstr(made_row(m, 2), "silence"));
	made_close(m);
}

/* ---- small screens ---- */

static void
ui_frame__forty_by_ten_is_as_drawn(void **state)
{
	struct made *m = made_open(40, 10, GLYPHS_BRAILLE);

	(void)state;
	screen_draw(&m->screen);
	/* the drawing leaves out what is pending, for which there is room */
	assert_string_equal(made_row(m, 0), "✗ BROKEN 2 crit 1 warn 1 pend   03:14 1s");
	assert_string_equal(made_row(m, 1), "✗  28m DriftShareHigh fraud         42 %");
	assert_string_equal(made_row(m, 2), "✗   8m ErrorRateHigh  fraud        3.1 %");
	assert_string_equal(made_row(m, 3), "▲  21m LatencyP95High fraud       421 ms");
	assert_string_equal(made_row(m, 4), "◔   2m FeatureDrift   churn t…  KS 0.121");
	assert_string_equal(made_row(m, 9), "for all of it 80×24 is needed, q quits");
	made_close(m);
}

static void
ui_frame__every_size_keeps_the_state_and_old_says_so(void **state)
{
	struct made *m = made_open(20, 3, GLYPHS_ASCII);

	(void)state;
	for (int w = 20; w < 60; w += 3)
		for (int h = 3; h < 20; h += 4)
			for (const char *page = "123456789"; *page != '\0'; page++) {
				grid_resize(m->screen.grid, w, h);
				made_keys(m, (char[]){*page, '\0'});
				assert_non_null(strstr(made_row(m, 0), "X BROKEN 2 crit"));
			}
	m->snap.o.agent.state = AGENT_STOPPED;
	m->snap.o.agent.heartbeat_ms = AT(2, 50, 0);
	grid_resize(m->screen.grid, 20, 3);
	screen_draw(&m->screen);
	assert_string_equal(made_row(m, 0), "? UNKNOWN 24m old");
	grid_resize(m->screen.grid, 50, 8);
	screen_draw(&m->screen);
	assert_non_null(strstr(made_row(m, 0), "24m old 03:14"));
	made_close(m);
}

/* One list, and one can move in it, leave it for another and type. */
static void
ui_frame__a_small_screen_has_a_cursor(void **state)
{
	struct made *m = made_open(40, 5, GLYPHS_ASCII);

	(void)state;
	made_keys(m, "j j j j");
	assert_non_null(strstr(made_row(m, 4), "fraud d")); /* the fifth has scrolled in */
	made_keys(m, "3");
	assert_true(made_shows(m, "1 pending"));
	made_keys(m, "2 / c h u");
	assert_non_null(strstr(made_row(m, 4), "/chu"));
	assert_true(made_shows(m, "churn"));
	assert_false(made_shows(m, "ErrorRate"));
	made_close(m);
}

/* Five alerts, four rows; whichever are shown, the others are counted. */
static void
ui_frame__rows_that_are_not_shown_are_counted(void **state)
{
	struct made *m = made_open(80, 24, GLYPHS_BRAILLE);

	(void)state;
	screen_draw(&m->screen);
	assert_string_equal(made_row(m, 2),
			    "─ Alerts: 4 active, 1 silenced ─────────────────────────── 1 more, worst first ─");
	made_keys(m, "G");
	assert_string_equal(made_row(m, 2),
			    "─ Alerts: 4 active, 1 silenced ────────────────────────── 1 above, worst first ─");
	grid_resize(m->screen.grid, 120, 36);
	screen_draw(&m->screen);
	assert_null(strstr(made_row(m, 2), "above"));
	made_close(m);
}

static void
ui_frame__nothing_known_is_not_announced(void **state)
{
	struct made *m = made_open(80, 24, GLYPHS_BRAILLE);

	(void)state;
	m->snap.o.agent.state = AGENT_STOPPED;
	m->snap.o.agent.heartbeat_ms = AT(2, 50, 0);
	m->snap.o.critical = m->snap.o.warning = m->snap.o.pending = m->snap.o.silenced = 0;
	screen_draw(&m->screen);
	assert_non_null(strstr(made_row(m, 0), "? UNKNOWN"));
	assert_null(strstr(made_row(m, 0), "last known"));
	made_close(m);
}

/* One pane that says what to do, at every size; below it no empty one. */
static void
ui_frame__without_targets_the_view_says_what_makes_some(void **state)
{
	static const struct {
		int w, h;
	} sizes[] = {{120, 36}, {80, 24}, {60, 16}, {40, 10}, {20, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct made *m = made_open(sizes[i].w, sizes[i].h, GLYPHS_ASCII);

		m->snap.o.n_targets = 0;
		made_keys(m, "5");
		assert_true(made_shows(m, "no targets"));
		for (int y = 4; y < sizes[i].h && sizes[i].w < 120; y++) /* else it ends in its own frame */
			assert_null(strstr(made_row(m, y), "-------"));
		made_close(m);
	}
}

/* ---- help ---- */

static void
ui_frame__help_is_as_drawn(void **state)
{
	/* drawn at 120x36, left and right column */
	static const char *const rows[] = {
	    "  MOVE                                                       TIME",
	    "    j k  arrows       row                                      [ ]               half a window back, "
	    "forward",
	    "    h l  arrows       column, or the time cursor               { }               a whole window",
	    "    g G  Home End     first, last                              + -               shorter, longer (5m to "
	    "30d)",
	    "    Ctrl-D Ctrl-U     half a page                              0                 back to now",
	    "    PgDn PgUp         a page                                   F5  :range 6h     choose a window or two "
	    "times",
	    "    Tab  Shift-Tab    next, previous pane                      p  F9             pause, go on",
	    "    1 to 9            view                                     T                 local time or UTC",
	    "    Esc  Backspace    back                                   ACT (ALWAYS ASKS FIRST)",
	    "    z                 this pane alone, and back                a  F7             acknowledge: I am on it",
	    "    ✗ critical   ▲ warning   ◔ pending",
	    "    z silenced   a acknowledged   ✓ ok   ? no data",
	    "c                 copy mode: plain text, no frames",
	    "t                 theme: dark, light, colourblind, mono",
	    "q  F10            back or quit   Ctrl-C quits"};
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);

	(void)state;
	made_keys(m, "?");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_true(made_shows(m, rows[i]));
	assert_string_equal(made_row(m, 34), " any key goes back");
	made_keys(m, "x");
	assert_int_equal(m->screen.page, PAGE_OVERVIEW);
	made_close(m);
}

static void
ui_frame__help_begins_with_the_view(void **state)
{
	struct made *m = made_open(80, 24, GLYPHS_BRAILLE);
	int pages;

	(void)state;
	made_keys(m, "4 ?");
	assert_true(made_shows(m, "which features drift"));
	assert_true(made_shows(m, "KS, PSI, JS, Wasserstein"));
	assert_false(made_shows(m, "half a window back"));
	pages = m->screen.help_pages;
	assert_non_null(strstr(made_row(m, 22), "page 1 of "));
	/* every key of the table is on one of the pages */
	static const char *const some[] = {"first, last", "half a window back", "take back an ack", "copy mode",
					   "back or quit"};
	bool seen[5] = {false};
	for (int i = 1; i < pages; i++) {
		made_keys(m, "j");
		for (size_t k = 0; k < 5; k++)
			seen[k] = seen[k] || made_shows(m, some[k]);
	}
	for (size_t k = 0; k < 5; k++)
		assert_true(seen[k]);
	made_keys(m, "j"); /* the last one stays */
	assert_int_equal(m->screen.help_top, pages - 1);
	made_keys(m, "k k k k k k k k x");
	assert_int_equal(m->screen.page, PAGE_DRIFT);
	made_close(m);
}

/* Its own keys, at every width, and no word is cut off. */
static void
ui_frame__help_of_every_view_lists_its_keys(void **state)
{
	static const struct {
		const char *keys, *says[3];
	} views[] = {{"2 ?", {"acknowledge", "make a silence last longer", "sort by a column"}},
		     {"2 Enter ?", {"next, previous alert", "silence it", "runbook"}},
		     {"3 ?", {"versions apart", "a day or a week ago", "its features, in Drift"}},
		     {"4 ?", {"KS, PSI, JS, Wasserstein", "what NOW is", "the time cursor"}},
		     {"5 ?", {"last answer and error", "problems only", "sort by a column"}},
		     {"6 ?", {"its bad lines", "copy the bad line", "problems only"}},
		     {"7 ?", {"send it again now", "give it up", ":test RECEIVER"}},
		     {"8 ?", {"to what it is about", ":note TEXT", "next problem"}},
		     {"9 Esc ?", {"edit the query", "draws this series", "Tab completes"}}};

	(void)state;
	for (int w = 40; w <= 130; w += 10)
		for (size_t v = 0; v < sizeof views / sizeof *views; v++) {
			struct made *m = made_open(w, 36, GLYPHS_BRAILLE);
			bool seen[3] = {false};

			made_keys(m, views[v].keys);
			assert_int_equal(m->screen.page, PAGE_HELP);
			for (int i = 0; i < m->screen.help_pages; i++) {
				for (int k = 0; k < 3; k++)
					seen[k] = seen[k] || made_shows(m, views[v].says[k]);
				assert_false(made_shows(m, "…"));
				made_keys(m, "j");
			}
			for (int k = 0; k < 3; k++)
				assert_true(seen[k] || w < 60); /* below, words stand in two rows */
			made_close(m);
		}
}

static void
ui_frame__help_shows_keys_as_they_are_bound(void **state)
{
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);

	(void)state;
	for (size_t i = 0; i < key_count(); i++)
		if (strcmp(key_row(i)->name, "utc") == 0)
			m->screen.set.keys[i] = xstrdup("Q");
	made_keys(m, "?");
	assert_true(made_shows(m, "Q                 local time or UTC"));
	made_close(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ui_frame__the_head_is_as_drawn),
	    cmocka_unit_test(ui_frame__the_head_gives_way_by_whole_words),
	    cmocka_unit_test(ui_frame__a_click_meets_the_view_and_the_key_that_stand_there),
	    cmocka_unit_test(ui_frame__an_agent_that_stopped_is_told_as_drawn),
	    cmocka_unit_test(ui_frame__what_is_not_of_today_has_its_date),
	    cmocka_unit_test(ui_frame__other_banners_keep_what_helps),
	    cmocka_unit_test(ui_frame__a_store_that_cannot_be_read_is_no_good_news),
	    cmocka_unit_test(ui_frame__a_silence_that_ends_says_so_on_every_page),
	    cmocka_unit_test(ui_frame__forty_by_ten_is_as_drawn),
	    cmocka_unit_test(ui_frame__every_size_keeps_the_state_and_old_says_so),
	    cmocka_unit_test(ui_frame__a_small_screen_has_a_cursor),
	    cmocka_unit_test(ui_frame__help_is_as_drawn),
	    cmocka_unit_test(ui_frame__help_begins_with_the_view),
	    cmocka_unit_test(ui_frame__rows_that_are_not_shown_are_counted),
	    cmocka_unit_test(ui_frame__nothing_known_is_not_announced),
	    cmocka_unit_test(ui_frame__without_targets_the_view_says_what_makes_some),
	    cmocka_unit_test(ui_frame__help_of_every_view_lists_its_keys),
	    cmocka_unit_test(ui_frame__help_shows_keys_as_they_are_bound),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* widths */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
