/*
 * test_ui.c -- the dashboard's grid and screen: what comes from outside becomes harmless, nothing leaves its pane, and no sequence of
 * keys and resizes breaks it (UI_KEYS=100000 for more of them). The store is one that build/tests/make_store fills the same each time.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../ui/screen.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/reader.h"
#include "mlwatch/store.h"

#define NOW INT64_C(1795144462000)

static const char *
row_text(const struct grid *g, int y, struct buf *b)
{
	buf_reset(b);
	grid_row_text(g, y, b);
	return buf_str(b);
}

static void
ui__text_from_outside_is_harmless(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
	    {"a\x1b[31mb", "a·[31mb"},
	    {"\x1b]52;c;eA==\x07z", "·]52;c;eA==·z"},
	    {"x\xc2\x9b"
	     "2Jy",
	     "x·2Jy"}, /* CSI in one character */
	    {"l\xe2\x80\xae"
	     "r",
	     "l·r"}, /* right-to-left override */
	    {"l\xe2\x81\xa6"
	     "r",
	     "l·r"}, /* isolate */
	    {"a\xe2\x80\x8b"
	     "b",
	     "a·b"}, /* zero width space */
	    {"one\ntwo\tthree\r", "one·two·three·"},
	    {"\x7f"
	     "del",
	     "·del"},
	    {"\xe6\xbc\xa2|", "\xe6\xbc\xa2|"}, /* wide: two columns */
	};
	struct grid *g = grid_open(40, 1, GLYPHS_BRAILLE);
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		grid_clear(g);
		put(grid_pane(g), 0, 0, STYLE_TEXT, rows[i].text);
		assert_string_equal(row_text(g, 0, &b), rows[i].shown);
	}
	buf_release(&b);
	grid_close(g);
}

static void
ui__bytes_that_are_no_utf8_are_harmless(void **state)
{
	struct grid *g = grid_open(40, 1, GLYPHS_ASCII);
	struct buf b = BUF_INIT;

	(void)state;
	for (int first = 1; first < 256; first++)
		for (int second = 1; second < 256; second += 3) {
			const char text[] = {(char)first, (char)second, 'x', 0};

			grid_clear(g);
			put(grid_pane(g), 0, 0, STYLE_TEXT, text);
			for (const char *p = row_text(g, 0, &b); *p != '\0'; p++)
				assert_true(*p >= 0x20 && *p < 0x7f);
		}
	buf_release(&b);
	grid_close(g);
}

static void
ui__nothing_leaves_its_pane(void **state)
{
	struct grid *g = grid_open(20, 3, GLYPHS_BRAILLE);
	struct pane p = pane_inside(grid_pane(g), 5, 1, 6, 1);
	struct buf b = BUF_INIT;

	(void)state;
	put(p, -2, 0, STYLE_TEXT, "0123456789ABCDEF");
	put(p, 0, 1, STYLE_TEXT, "below");
	put(p, 0, -1, STYLE_TEXT, "above");
	put(p, 5, 0, STYLE_TEXT, "\xe6\xbc\xa2"); /* its right half would be outside */
	fill(p, -3, 0, 0, STYLE_TEXT, 'x');
	assert_string_equal(row_text(g, 0, &b), "");
	assert_string_equal(row_text(g, 2, &b), "");
	assert_true(text_width(row_text(g, 1, &b)) <= 11);
	for (int x = 0; x < 20; x++)
		if (x < 5 || x >= 11)
			assert_int_equal(g->cell[20 + x].ch, ' ');
	buf_release(&b);
	grid_close(g);
}

/* ---- keys ---- */

struct place {
	char dir[64], path[96];
	struct reader *reader;
};

static struct place *
open_place(void)
{
	struct place *p = calloc(1, sizeof *p);

	snprintf(p->dir, sizeof p->dir, "/tmp/mlwatch-ui-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/m.db", p->dir);
	return p;
}

static int
read_place(struct place *p, void **state)
{
	struct err e = ERR_INIT;

	if (reader_open(&p->reader, p->path, &e) < 0)
		fail_msg("%s", e.text);
	*state = p;
	return 0;
}

static int
set_up(void **state)
{
	struct place *p = open_place();
	char command[256];

	snprintf(command, sizeof command, "build/tests/make_store %s hostile", p->path);
	assert_int_equal(system(command), 0);
	return read_place(p, state);
}

/* A store as an agent makes it on its first start. */
static int
set_up_empty(void **state)
{
	struct place *p = open_place();
	const struct store_spec spec = {.path = p->path};
	struct err e = ERR_INIT;
	struct store *st;

	if (store_open(&st, &spec, STORE_AGENT, &e) < 0)
		fail_msg("%s", e.text);
	store_close(st);
	return read_place(p, state);
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	reader_close(p->reader);
	snprintf(command, sizeof command, "rm -rf %s", p->dir);
	int rc = system(command);
	free(p);
	return rc;
}

static const char *const keys[] = {
    "j",       "k",
    "h",       "l",
    "g",       "G",
    "C-d",     "C-u",
    "PgDn",    "PgUp",
    "1",       "2",
    "3",       "4",
    "5",       "6",
    "7",       "8",
    "9",       "Tab",
    "S-Tab",   "Enter",
    "Esc",     "Backspace",
    "n",       "N",
    "/",       "[",
    "]",       "{",
    "}",       "+",
    "-",       "0",
    ":",       "p",
    "T",       "a",
    "S",       "U",
    "i",       "?",
    "e",       "E",
    "z",       "f",
    "s",       "I",
    "y",       "Y",
    "u",       "o",
    "c",       "t",
    "m",       "v",
    "b",       "r",
    "Space",   "F1",
    "F2",      "F3",
    "F4",      "F5",
    "F6",      "F7",
    "F8",      "F9",
    "q",       "F10",
    "x",       "!",
    "ä",       "\xe6\xbc\xa2",
    "=",       "\"",
    "\\",      "C-l",
    "Home",    "End",
    "Up",      "Down",
    "unknown", "%",
    "L",       "R",
    "w",       "s",
};

/* Words that single keys would not make in years; a key at a time, then Enter. */
static const char *const lines[] = {
    ":range 6h",
    ":range 02:00 03:15",
    ":goto 02:36",
    ":sort ALERT",
    ":note x",
    ":theme mono",
    ":glyphs ascii",
    ":test slack-oncall",
    ":view events",
    "/fraud !x",
    "/[",
    "/a=b /x/",
    "9rate(ml_predictions_total[5m])",
    "9{__name__=~\".+\"}",
    "9ml_predictions_total[1m]",
    "9sum(",
    "9topk(3, rate(ml_latency_seconds[5m]))",
};

/* No cell may hold what the terminal would obey. */
static void
assert_harmless(const struct grid *g)
{
	for (int i = 0; i < g->w * g->h; i++) {
		const uint32_t c = g->cell[i].ch;

		assert_false((c > 0 && c < 0x20) || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
			     (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f));
	}
}

static struct snapshot *
load(struct place *p, struct screen *s)
{
	struct request q;

	screen_request(s, &q);
	if (q.at == 0)
		q.at = NOW;
	q.clock = NOW;
	return snapshot_load(p->reader, &q);
}

static uint64_t
below(uint64_t *x, uint64_t n) /* xorshift64 */
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x % n;
}

static void
type_line(struct screen *s, const char *line)
{
	char key[2] = "";

	for (; *line != '\0'; line++) {
		key[0] = *line;
		screen_key(s, *line == ' ' ? "Space" : key);
	}
	screen_key(s, "Enter");
}

static void
ui__no_keys_and_resizes_break_it(void **state)
{
	struct place *p = *state;
	const char *wish = getenv("UI_KEYS");
	const int rounds = wish != NULL ? atoi(wish) : 20000;
	struct screen s;
	struct snapshot *snap;
	uint64_t random = 88172645463325252u;

	screen_open(&s, grid_open(80, 24, GLYPHS_BRAILLE));
	s.now = NOW;
	s.store_path = p->path;
	snap = load(p, &s);
	screen_take(&s, snap);
	for (int i = 0; i < rounds; i++) {
		if (below(&random, 40) == 0)
			grid_resize(s.grid, 1 + (int)below(&random, 220), 1 + (int)below(&random, 70));
		if (below(&random, 30) == 0)
			screen_mouse(&s, below(&random, 4) == 0 ? 64 + (int)below(&random, 2) : 0,
				     below(&random, 5) == 0, (int)below(&random, 230), (int)below(&random, 80));
		else if (below(&random, 150) == 0)
			type_line(&s, lines[below(&random, sizeof lines / sizeof *lines)]);
		else
			screen_key(&s, keys[below(&random, sizeof keys / sizeof *keys)]);
		s.quit = false;
		s.deed.kind = DEED_NONE; /* nobody carries it out */
		s.form.due = false;
		if (s.line.text[0] != '\0' && below(&random, 20) == 0)
			line_set(&s.line, ""); /* no long file names */
		if (below(&random, 8) == 0)
			screen_draw(&s);
		if (below(&random, 200) == 0) {
			struct snapshot *fresh = load(p, &s);

			s.paused = false;
			screen_take(&s, fresh);
			snapshot_close(snap);
			snap = fresh;
			screen_draw(&s);
			assert_harmless(s.grid);
		}
	}
	screen_close(&s);
	snapshot_close(snap);
	grid_close(s.grid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ui__text_from_outside_is_harmless),
	    cmocka_unit_test(ui__bytes_that_are_no_utf8_are_harmless),
	    cmocka_unit_test(ui__nothing_leaves_its_pane),
	    cmocka_unit_test_setup_teardown(ui__no_keys_and_resizes_break_it, set_up, tear_down),
	    {"ui__no_keys_and_resizes_break_an_empty_store", ui__no_keys_and_resizes_break_it, set_up_empty, tear_down,
	     NULL},
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* widths */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
