/*
 * test_ui_forms.c -- forms: as they are drawn, what they would hit, which deeds come of them, and that nothing comes of them by accident. The deeds
 * are carried out by nobody here.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../ui_made.h"
#include "mlwatch/clock.h"

static struct made *
at_alerts(int w, int h)
{
	struct made *m = made_open(w, h, GLYPHS_BRAILLE);

	m->screen.page = PAGE_ALERTS;
	screen_take(&m->screen, &m->snap);
	return m;
}

static void
ui_forms__a_silence_is_as_drawn(void **state)
{
	/* of the drawings at 120x36 and 80x24, what stands inside the frame; who it is depends on who runs the test */
	static const char *const wide_rows[] = {
	    "┌ Silence ─────────────────────────────────────────────────────── Esc cancels ─┐",
	    "│ Silences now DriftShareHigh on fraud                            1 alert      │",
	    "│ Not          ErrorRateHigh, LatencyP95High on fraud             stay loud    │",
	    "│ For          [ 1h ]  2h  4h  until 08:00  other              until 04:14     │",
	    "│ Comment      [upstream sends cents, INC-4411_________________]  needed       │",
	    "│ Nobody is notified of it until 04:14. It stays in this view.                 │",
	    "│ A reminder appears here 10m before it ends.                                  │",
	    "│              [ Cancel ]      [ Silence 1 alert ]                             │",
	    "│                 Tab to the button, then Enter; or type  yes                  │"};
	static const char *const narrow_rows[] = {
	    "  ┌ Silence ─────────────────────────────────────────────────── Esc cancels ─┐",
	    "│ Silences now DriftShareHigh on fraud                          1 alert    │",
	    "│ Not          ErrorRateHigh, LatencyP95High on fraud         stay loud    │",
	    "│ For          [ 1h ]  2h  4h  until 08:00  other           until 04:14    │",
	    "│ Comment      [upstream sends cents, INC-4411______________]  needed      │",
	    "│ Nobody is notified of it until 04:14. It stays in this view.             │",
	    "│        [ Cancel ]      [ Silence 1 alert ]      or type  yes             │"};
	struct made *m = at_alerts(120, 36);

	(void)state;
	made_keys(m, "S S-Tab");
	for (const char *c = "upstream sends cents, INC-4411"; *c != '\0'; c++)
		screen_key(&m->screen, *c == ' ' ? "Space" : (char[]){*c, '\0'});
	screen_draw(&m->screen);
	for (size_t i = 0; i < sizeof wide_rows / sizeof *wide_rows; i++)
		assert_true(made_shows(m, wide_rows[i]));
	assert_true(made_shows(m, "= DriftShareHigh"));
	assert_true(made_shows(m, "[ ] team "));
	assert_string_equal(made_row(m, 34), " Silence: Tab next field   Space toggle   Esc cancel");
	assert_non_null(strstr(made_row(m, 8), "│ z  warn     3h  Fe┌ Silence")); /* where it is drawn */
	grid_resize(m->screen.grid, 80, 24);
	screen_draw(&m->screen);
	for (size_t i = 0; i < sizeof narrow_rows / sizeof *narrow_rows; i++)
		assert_true(made_shows(m, narrow_rows[i]));
	assert_non_null(strstr(made_row(m, 3), "  ┌ Silence"));
	made_close(m);
}

/* The focus is on Cancel: whatever is pressed first does no harm. */
static void
ui_forms__the_first_key_does_no_harm(void **state)
{
	static const char *const opens[] = {"a", "S", "L", "U"};
	static const char *const first[] = {"Enter", "Space", "Esc", "y", "n", "q", "S", "a", "e", "s", "F8", "C-c"};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < sizeof first / sizeof *first; k++) {
			struct made *m = at_alerts(120, 36);

			made_keys(m, opens[i]);
			made_keys(m, first[k]);
			assert_int_equal(m->screen.deed.kind, DEED_NONE);
			made_close(m);
		}
}

static void
ui_forms__yes_letter_by_letter(void **state)
{
	static const struct {
		const char *keys;
		bool done;
	} rows[] = {{"y e s", true},
		    {"y y e s", true},
		    {"y e y e s", true},
		    {"y e x s", false},
		    {"Y E S", false},
		    {"y e Tab s", true /* where the focus is does not matter */},
		    {"S-Tab y e s", false /* that is a comment */}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct made *m = at_alerts(120, 36);
		char keys[64];

		snprintf(keys, sizeof keys, "a %s", rows[i].keys);
		made_keys(m, keys);
		assert_int_equal(m->screen.deed.kind, rows[i].done ? DEED_ACK : DEED_NONE);
		made_close(m);
	}
}

static void
ui_forms__what_is_missing_is_said_and_nothing_is_lost(void **state)
{
	struct made *m = at_alerts(120, 36);

	(void)state;
	made_keys(m, "S y e s");
	assert_string_equal(m->screen.form.error, "a silence needs a comment");
	made_keys(m, "S-Tab w h y S-Tab l l l l Tab x Tab Tab y e s");
	assert_non_null(strstr(m->screen.form.error, "for how long?"));
	assert_string_equal(m->screen.form.comment, "why");
	made_keys(m, "S-Tab S-Tab Backspace 9 0 m Tab Tab y e s");
	assert_int_equal(m->screen.deed.kind, DEED_SILENCE);
	assert_true(m->screen.deed.ends_ms == MADE_NOW + 90 * MS_MINUTE);
	assert_string_equal(m->screen.deed.comment, "why");
	/* the store did not take it */
	form_done(&m->screen, "the store is locked");
	screen_draw(&m->screen);
	assert_true(made_shows(m, "the store is locked"));
	assert_string_equal(m->screen.form.comment, "why");
	made_keys(m, "y e s");
	assert_int_equal(m->screen.deed.kind, DEED_SILENCE);
	form_done(&m->screen, NULL);
	assert_int_equal(m->screen.form.kind, FORM_NONE);
	assert_string_equal(m->screen.hint, "silenced: DriftShareHigh on fraud");
	made_close(m);
}

/* 08:00 is the next one of the person's own zone: at 03:14 in +01:00 that is 07:00 UTC of the same day. */
static void
ui_forms__until_eight_is_the_morning_here(void **state)
{
	struct made *m = at_alerts(120, 36);

	(void)state;
	made_keys(m, "S S-Tab S-Tab l l l");
	assert_true(form_ends(&m->screen) == AT(8, 0, 0));
	m->screen.now = AT(8, 0, 0);
	assert_true(form_ends(&m->screen) == AT(32, 0, 0));
	m->screen.set.utc = true; /* 03:14 +01:00 is 02:14 UTC */
	m->screen.now = MADE_NOW;
	assert_true(form_ends(&m->screen) == AT(9, 0, 0));
	made_close(m);
}

/* ---- what is hit ---- */

static const char *
matcher(const struct deed *d, const char *name)
{
	for (size_t i = 0; i < d->n_matchers; i++)
		if (strcmp(d->matcher[i].name, name) == 0)
			return d->matcher[i].value;
	return "-";
}

static void
comment_and_yes(struct made *m)
{
	m->screen.form.comment[0] = 'x';
	made_keys(m, "y e s");
}

static void
ui_forms__a_silence_matches_what_identifies(void **state)
{
	struct made *m = at_alerts(120, 36);

	(void)state;
	made_keys(m, "G S"); /* the feature: that is part of which alert it is */
	comment_and_yes(m);
	assert_int_equal((int)m->screen.deed.n_matchers, 3);
	assert_string_equal(matcher(&m->screen.deed, "alertname"), "FeatureDrift");
	assert_string_equal(matcher(&m->screen.deed, "model"), "fraud");
	assert_string_equal(matcher(&m->screen.deed, "feature"), "device_age");
	made_close(m);
}

static void
ui_forms__alerts_that_share_no_matchers_need_a_silence_each(void **state)
{
	struct made *m = at_alerts(120, 36);
	struct deed *d = &m->screen.deed;

	(void)state;
	made_keys(m, "Space Space j Space S"); /* DriftShareHigh, ErrorRateHigh of fraud; FeatureDrift of churn */
	assert_true(made_shows(m, "DriftShareHigh, ErrorRateHigh on fraud; Feature"));
	assert_true(made_shows(m, "Silence 3 alerts"));
	assert_true(made_shows(m, "3 silences"));
	comment_and_yes(m);
	assert_string_equal(matcher(d, "alertname"), "DriftShareHigh");
	assert_string_equal(matcher(d, "feature"), "-");
	form_done(&m->screen, NULL);
	assert_string_equal(matcher(d, "alertname"), "ErrorRateHigh");
	/* the second fails: the first is not made again, the third is not forgotten */
	form_done(&m->screen, "disk full");
	screen_draw(&m->screen);
	assert_true(made_shows(m, "disk full"));
	assert_true(made_shows(m, "Silence 2 alerts"));
	made_keys(m, "y e s");
	assert_string_equal(matcher(d, "alertname"), "ErrorRateHigh");
	form_done(&m->screen, NULL);
	assert_string_equal(matcher(d, "alertname"), "FeatureDrift");
	assert_string_equal(matcher(d, "model"), "churn");
	assert_string_equal(matcher(d, "feature"), "tenure_months");
	form_done(&m->screen, NULL);
	assert_int_equal(d->kind, DEED_NONE);
	assert_int_equal(m->screen.form.kind, FORM_NONE);
	assert_int_equal((int)m->screen.cursor[TABLE_ALERTS].n_marked, 0);
	made_close(m);
}

static void
ui_forms__alerts_that_share_their_matchers_need_one(void **state)
{
	struct made *m = at_alerts(120, 36);

	(void)state;
	made_keys(m, "Space Space S Tab Tab Space"); /* both of fraud, without alertname */
	assert_false(made_shows(m, "silences. They"));
	assert_true(made_shows(m, "Silence 4 alerts")); /* the silenced one is of fraud too */
	comment_and_yes(m);
	assert_int_equal((int)m->screen.deed.n_matchers, 1);
	assert_string_equal(matcher(&m->screen.deed, "model"), "fraud");
	form_done(&m->screen, NULL);
	assert_int_equal(m->screen.form.kind, FORM_NONE);
	/* four were, not the two that were marked */
	assert_string_equal(m->screen.hint, "silenced: DriftShareHigh, ErrorRateHigh on fraud and 2 more");
	made_close(m);
}

static void
ui_forms__what_hits_everything_takes_more_than_a_button(void **state)
{
	struct made *m = at_alerts(120, 36);

	(void)state;
	/* only team is matched, which all have: alertname, model, host, severity, team */
	made_keys(m, "S Tab Tab Space Tab Space Tab Tab Tab Space");
	assert_true(made_shows(m, "Silence 5 alerts"));
	assert_true(made_shows(m, "the button is not enough"));
	m->screen.form.comment[0] = 'x';
	made_keys(m, "Tab Tab Tab Tab Enter");
	assert_int_equal(m->screen.deed.kind, DEED_NONE);
	assert_string_equal(m->screen.form.error, "it hits everything: type yes");
	made_keys(m, "y e s");
	assert_int_equal(m->screen.deed.kind, DEED_SILENCE);
	made_close(m);
}

/* 511 bytes of a value fit into a deed; a longer one would be cut and silence another alert. */
static void
ui_forms__a_value_is_never_cut(void **state)
{
	struct made *m = at_alerts(120, 36);
	static char value[600];

	(void)state;
	memset(value, 'v', 511);
	m->labels[0][2].value = value; /* model */
	made_keys(m, "S");
	comment_and_yes(m);
	assert_string_equal(matcher(&m->screen.deed, "model"), value);
	form_done(&m->screen, NULL);
	value[511] = 'v';
	made_keys(m, "S");
	comment_and_yes(m);
	assert_int_equal(m->screen.deed.kind, DEED_NONE);
	assert_non_null(strstr(m->screen.form.error, "too long"));
	/* out of the matchers it does not matter; form: alertname, model, ... with the focus on Cancel */
	made_keys(m, "Tab Tab Tab Space y e s");
	assert_int_equal(m->screen.deed.kind, DEED_SILENCE);
	assert_string_equal(matcher(&m->screen.deed, "model"), "-");
	made_close(m);
}

/* An alert that is over while the form is open is not silenced. */
static void
ui_forms__what_is_over_meanwhile_is_left_out(void **state)
{
	struct made *m = at_alerts(120, 36);

	(void)state;
	made_keys(m, "Space Space S");
	m->snap.o.alerts++; /* DriftShareHigh is over */
	m->snap.o.n_alerts--;
	screen_take(&m->screen, &m->snap);
	screen_draw(&m->screen);
	assert_true(made_shows(m, "Silence 1 alert ]"));
	comment_and_yes(m);
	assert_string_equal(matcher(&m->screen.deed, "alertname"), "ErrorRateHigh");
	form_done(&m->screen, NULL);
	assert_int_equal(m->screen.deed.kind, DEED_NONE);
	made_keys(m, "S");
	m->snap.o.n_alerts = 0;
	screen_take(&m->screen, &m->snap);
	comment_and_yes(m);
	assert_int_equal(m->screen.deed.kind, DEED_NONE);
	assert_true(m->screen.form.error[0] != '\0');
	made_close(m);
}

/* ---- the others ---- */

static void
ui_forms__an_acknowledgement_is_for_what_fires(void **state)
{
	struct made *m = at_alerts(120, 36);

	(void)state;
	made_keys(m, "j j j a"); /* it is pending */
	assert_int_equal(m->screen.form.kind, FORM_NONE);
	assert_string_equal(m->screen.hint, "only what fires can be acknowledged");
	made_keys(m, "g Space Space a y e s");
	assert_int_equal(m->screen.deed.kind, DEED_ACK);
	assert_int_equal((int)m->screen.deed.n_alerts, 2); /* in one deed */
	made_close(m);
}

static void
ui_forms__taking_back_ends_the_silence_before_the_acknowledgement(void **state)
{
	struct made *m = at_alerts(120, 36);

	(void)state;
	m->alerts[1].silenced_by = "77c0";
	made_keys(m, "j U");
	assert_true(made_shows(m, "Gets loud    ErrorRateHigh on fraud"));
	made_keys(m, "y e s");
	assert_int_equal(m->screen.deed.kind, DEED_EXPIRE);
	assert_string_equal(m->screen.deed.subject, "77c0");
	form_done(&m->screen, NULL);
	m->alerts[1].silenced_by = NULL;
	made_keys(m, "U y e s");
	assert_int_equal(m->screen.deed.kind, DEED_UNACK);
	assert_string_equal(m->screen.deed.alert[0], "2");
	form_done(&m->screen, NULL);
	/* two alerts under one silence: it is ended once; one with nothing to take back is left alone */
	m->alerts[0].silenced_by = m->alerts[2].silenced_by = "77c0";
	m->alerts[1].ack_by = NULL;
	made_keys(m, "g Space Space Space U y e s");
	assert_string_equal(m->screen.deed.subject, "77c0");
	form_done(&m->screen, NULL);
	assert_int_equal(m->screen.deed.kind, DEED_NONE);
	assert_int_equal(m->screen.form.kind, FORM_NONE);
	made_close(m);
}

static void
ui_forms__leaving_while_it_is_done_asks_for_nothing_more(void **state)
{
	struct made *m = at_alerts(120, 36);

	(void)state;
	made_keys(m, "Space Space S");
	comment_and_yes(m);
	made_keys(m, "Esc");
	form_done(&m->screen, NULL);
	assert_int_equal(m->screen.deed.kind, DEED_NONE);
	assert_string_equal(m->screen.hint, "silenced: DriftShareHigh, ErrorRateHigh on fraud");
	made_close(m);
}

static void
ui_forms__who_may_not_write_is_told(void **state)
{
	struct made *m = at_alerts(120, 36);
	static const char *const keys[] = {"a", "S", "L", "U"};

	(void)state;
	m->screen.read_only = true;
	m->screen.read_only_why = "off: you may read this store, not write it";
	for (size_t i = 0; i < 4; i++) {
		made_keys(m, keys[i]);
		assert_int_equal(m->screen.form.kind, FORM_NONE);
		assert_string_equal(m->screen.hint, "off: you may read this store, not write it");
	}
	made_close(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ui_forms__a_silence_is_as_drawn),
	    cmocka_unit_test(ui_forms__the_first_key_does_no_harm),
	    cmocka_unit_test(ui_forms__yes_letter_by_letter),
	    cmocka_unit_test(ui_forms__what_is_missing_is_said_and_nothing_is_lost),
	    cmocka_unit_test(ui_forms__until_eight_is_the_morning_here),
	    cmocka_unit_test(ui_forms__a_silence_matches_what_identifies),
	    cmocka_unit_test(ui_forms__alerts_that_share_no_matchers_need_a_silence_each),
	    cmocka_unit_test(ui_forms__alerts_that_share_their_matchers_need_one),
	    cmocka_unit_test(ui_forms__what_hits_everything_takes_more_than_a_button),
	    cmocka_unit_test(ui_forms__a_value_is_never_cut),
	    cmocka_unit_test(ui_forms__what_is_over_meanwhile_is_left_out),
	    cmocka_unit_test(ui_forms__an_acknowledgement_is_for_what_fires),
	    cmocka_unit_test(ui_forms__taking_back_ends_the_silence_before_the_acknowledgement),
	    cmocka_unit_test(ui_forms__leaving_while_it_is_done_asks_for_nothing_more),
	    cmocka_unit_test(ui_forms__who_may_not_write_is_told),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* widths */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
