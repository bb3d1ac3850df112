/*
 * front.c -- the dashboard on a terminal: a loader thread reads snapshots, this thread draws the newest one and answers keys. Curses only
 * copies the grid, so nothing but the difference is written.
 */
#include <errno.h>
#include <langinfo.h>
#include <ncurses.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "crash.h"
#include "input.h"
#include "lean.h"
#include "leave.h"
#include "loader.h"
#include "look.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/ui.h"
#include "mlwatch/utf8.h"
#include "remember.h"
#include "screen.h"
#include "take.h"
#include "terminal.h"

#define ESC_MS    25
#define TICK_MS   1000  /* how often what has an age is drawn anew */
#define STILL_MS  20000 /* ... when nothing has one of seconds; a part of a minute */
#define DOUBLE_MS 400   /* between the clicks of a double one */

struct front {
	struct screen s;
	struct loader *loader;
	struct look look;
	struct snapshot *shown, *live; /* the same, but while the picture is frozen */
	int signals;
	sigset_t waiting;  /* what is held back while the loop waits */
	bool mouse, plain; /* what the terminal was asked for; something is shown alone */
	int64_t clicked;
	int click_x, click_y;
};

/* ---- the terminal ---- */

static enum glyphs
choose_glyphs(enum ui_glyphs wish)
{
	const char *term = getenv("TERM");
	const bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;

	if (wish != UI_GLYPHS_AUTO)
		return wish == UI_GLYPHS_BRAILLE ? GLYPHS_BRAILLE
		       : wish == UI_GLYPHS_BLOCK ? GLYPHS_BLOCK
						 : GLYPHS_ASCII;
	if (!utf8 || term == NULL || strcmp(term, "linux") == 0 || strncmp(term, "vt", 2) == 0)
		return GLYPHS_ASCII;
	return GLYPHS_BRAILLE;
}

static void
resize(struct screen *s)
{
	struct winsize w;

	/* resizeterm would send us another KEY_RESIZE, for ever */
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 && w.ws_col > 0 &&
	    is_term_resized(w.ws_row, w.ws_col))
		resize_term(w.ws_row, w.ws_col);
	grid_resize(s->grid, COLS, LINES);
}

static int
local_offset(int64_t now)
{
	time_t t = (time_t)(now / 1000);
	struct tm tm;

	localtime_r(&t, &tm);
	return (int)tm.tm_gmtoff;
}

/* ---- what the screen wishes ---- */

static void
out(const struct buf *b)
{
	fflush(stdout);
	for (size_t at = 0; at < b->len;) {
		const ssize_t n = write(STDOUT_FILENO, b->p + at, b->len - at);

		if (n <= 0)
			return; /* the terminal is gone or does not take it; the loop will see it */
		at += (size_t)n;
	}
}

static void
to_clipboard(struct front *f)
{
	struct buf b = BUF_INIT;

	clipboard_sequence(&b, f->s.wish.copy, getenv("TMUX") != NULL);
	out(&b);
	buf_release(&b);
	free(f->s.wish.copy);
	f->s.wish.copy = NULL;
}

/* On an empty screen, so that the terminal itself breaks lines and a whole link can be marked; until a key is pressed. */
static void
show_plain(struct front *f)
{
	struct buf b = BUF_INIT;

	erase();
	look_forget(&f->look);
	clearok(curscr, TRUE);
	refresh();
	if (f->s.wish.plain_is_link) {
		link_sequence(&b, f->s.wish.plain, getenv("TMUX") != NULL);
		buf_addstr(&b, "\r\n");
	} else {
		for (const char *p = f->s.wish.plain; *p != '\0'; p++) {
			if (*p == '\n')
				buf_addc(&b, '\r');
			buf_addc(&b, *p);
		}
	}
	buf_addstr(&b, "\r\nany key goes back");
	out(&b);
	buf_release(&b);
	if (f->mouse)
		input_mouse(false);
	f->mouse = false;
	free(f->s.wish.plain);
	f->s.wish.plain = NULL;
	f->plain = true;
}

static void
grant(struct front *f)
{
	struct wishes *w = &f->s.wish;

	if (f->s.set.theme != f->look.theme)
		look_theme(&f->look, f->s.set.theme);
	if (f->s.set.mouse != f->mouse && !f->plain) {
		f->mouse = f->s.set.mouse;
		input_mouse(f->mouse);
	}
	if (w->remember)
		remembered_save(&f->s);
	if (w->copy != NULL)
		to_clipboard(f);
	if (w->bell)
		beep();
	if (w->redraw)
		clearok(curscr, TRUE);
	if (w->read_again)
		loader_again(f->loader);
	if (w->interrupt)
		loader_drop(f->loader);
	if (w->plain != NULL)
		show_plain(f);
	*w = (struct wishes){.copy = NULL};
}

/* ---- keys and mouse ---- */

/* The mouse is not curses': who gets the terminal meanwhile shall not get its reports. */
static void
suspend(struct front *f)
{
	if (f->mouse)
		input_mouse(false);
	f->mouse = false; /* grant() puts it on again */
	def_prog_mode();
	endwin();
	kill(0, SIGTSTP); /* goes on here */
	reset_prog_mode();
	clearok(curscr, TRUE);
}

static void
click(struct front *f, const struct input_got *g)
{
	const int64_t now = clock_monotonic();
	const bool twice = g->button == 0 && now - f->clicked < DOUBLE_MS && g->x == f->click_x && g->y == f->click_y;

	f->clicked = twice ? 0 : now;
	f->click_x = g->x;
	f->click_y = g->y;
	screen_mouse(&f->s, g->button, twice, g->x, g->y);
}

/* Was there any? */
static bool
read_input(struct front *f)
{
	struct input_got g;
	bool any = false;

	while (!f->s.quit && input_next(&g)) {
		any = true;
		if (g.what == EVENT_RESIZE) {
			resize(&f->s);
			look_forget(&f->look);
		} else if (f->plain) { /* it was shown until a key came */
			f->plain = false;
			f->s.quit = strcmp(g.key, "C-c") == 0;
			clearok(curscr, TRUE);
		} else if (g.what == EVENT_SUSPEND) {
			suspend(f);
		} else if (g.what == EVENT_MOUSE) {
			click(f, &g);
		} else {
			screen_key(&f->s, g.key);
		}
		grant(f);
	}
	return any;
}

/* ---- snapshots and deeds ---- */

/* What is no longer shown goes; a frozen picture is another than the newest. */
static void
keep_shown(struct front *f)
{
	if (f->s.snap != f->shown) {
		if (f->shown != f->live)
			snapshot_close(f->shown);
		f->shown = f->s.snap == f->live ? f->live : NULL;
	}
}

static void
take_snapshot(struct front *f)
{
	struct snapshot *fresh = loader_take(f->loader), *old = f->live;

	if (fresh == NULL)
		return;
	f->live = fresh;
	screen_take(&f->s, fresh);
	if (f->s.snap == fresh) {
		if (f->shown != old)
			snapshot_close(f->shown);
		f->shown = fresh;
		snapshot_close(old);
	} else if (old != f->shown) {
		snapshot_close(old);
	}
}

static void
exchange(struct front *f)
{
	struct request q;
	char error[200];

	screen_request(&f->s, &q);
	loader_want(f->loader, &q);
	if (f->s.deed.kind != DEED_NONE && !f->s.deed_sent) {
		f->s.deed_sent = true;
		loader_deed(f->loader, &f->s.deed);
	}
	if (loader_answer(f->loader, error)) {
		form_done(&f->s, error[0] != '\0' ? error : NULL);
		loader_again(f->loader); /* what was done is seen at once */
	}
}

/* ---- the loop ---- */

static void
draw(struct front *f)
{
	const int64_t since = loader_waits_since(f->loader);

	f->s.asked_ms = since > 0 ? f->s.now - (clock_monotonic() - since) : 0;
	f->s.utc_offset_s = local_offset(f->s.now);
	if (f->plain)
		return;
	screen_draw(&f->s);
	look_show(&f->look, f->s.grid);
}

/* While there is no agent, there is no clock with seconds, and ages count minutes. */
static int64_t
tick(const struct front *f)
{
	const bool runs = f->live == NULL || view_agent_runs(f->live->o.agent.state);

	return runs || loader_waits_since(f->loader) != 0 ? TICK_MS : STILL_MS;
}

static void
loop(struct front *f)
{
	int64_t drawn = 0;
	bool dirty = true;

	while (!f->s.quit) {
		struct pollfd p[3] = {
		    {STDIN_FILENO, POLLIN, 0}, {loader_fd(f->loader), POLLIN, 0}, {f->signals, POLLIN, 0}};

		f->s.now = clock_now();
		if (dirty || f->s.now / tick(f) != drawn / tick(f)) {
			draw(f);
			drawn = f->s.now;
			dirty = false;
		}
		exchange(f); /* what is asked for now is waited for with the shorter tick */
		grant(f);
		const int64_t wait = tick(f) - f->s.now % tick(f);
		const struct timespec until = {wait / 1000, wait % 1000 * 1000000};
		if (ppoll(p, 3, &until, &f->waiting) < 0 && errno != EINTR)
			break;
		if (p[0].revents & (POLLHUP | POLLERR | POLLNVAL) || p[2].revents & POLLIN)
			break;
		if (p[1].revents & POLLIN) {
			take_snapshot(f);
			dirty = true;
		}
		/* a resize comes without a byte */
		f->s.now = clock_now();
		dirty = read_input(f) || dirty;
		keep_shown(f);
	}
	if (f->shown != f->live)
		snapshot_close(f->shown);
	snapshot_close(f->live);
}

/* ---- beginning and end ---- */

/*
 * What ends us comes as a readable file, so that the terminal is put back in order first. A resize is let in only while the loop waits:
 * one that comes just before would not end the wait.
 */
static void
open_signals(struct front *f)
{
	sigset_t ending, held;

	sigemptyset(&ending);
	sigaddset(&ending, SIGHUP);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	held = ending;
	sigaddset(&held, SIGWINCH);
	pthread_sigmask(SIG_BLOCK, &held, NULL);
	pthread_sigmask(SIG_BLOCK, NULL, &f->waiting);
	sigdelset(&f->waiting, SIGWINCH);
	f->signals = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
}

static SCREEN *
open_terminal(bool *substituted)
{
	SCREEN *screen;

	crash_guard(STDOUT_FILENO);
	*substituted = !terminal_known(getenv("TERM"));
	screen = newterm(*substituted ? "xterm-256color" : NULL, stdout, stdin);
	if (screen == NULL)
		return NULL;
	set_escdelay(ESC_MS);
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	input_open();
	return screen;
}

static void
open_screen(struct front *f, const struct ui_spec *spec)
{
	struct screen *s = &f->s;

	screen_open(s, grid_open(COLS, LINES, choose_glyphs(spec->glyphs)));
	remembered_load(s);
	if (spec->glyphs != UI_GLYPHS_AUTO)
		s->grid->glyphs = choose_glyphs(spec->glyphs);
	s->set.utc = s->set.utc || spec->utc;
	look_open(&f->look, spec->colour, s->set.theme);
	s->store_path = spec->store_path;
	s->read_only = spec->read_only;
	s->read_only_why = "off: mlwatch top was started with --readonly";
	if (!s->read_only && access(spec->store_path, F_OK) == 0 && access(spec->store_path, W_OK) < 0) {
		s->read_only = true;
		s->read_only_why = access(spec->store_path, R_OK) == 0
				       ? "off: you may read this store, not write it (are you in its group?)"
				       : "off: you may neither read nor write this store (are you in its group?)";
	}
}

static int
refuse(struct err *e, const char *why, const char *term)
{
	err_set(e, ERR_USAGE,
		"mlwatch top %s (TERM=%s); mlwatch status prints the same as text, mlwatch status --watch repeats it",
		why, term != NULL ? term : "");
	return ERR_USAGE;
}

int
ui_run(const struct ui_spec *spec, struct err *e)
{
	const char *term = getenv("TERM");
	struct front f = {.signals = -1};
	struct leave *leave;
	SCREEN *curses;
	bool substituted = false;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || term == NULL || term[0] == '\0' ||
	    strcmp(term, "dumb") == 0)
		return refuse(e, "needs a terminal", term);
	open_signals(&f);
	utf8_locale();
	curses = open_terminal(&substituted);
	if (curses == NULL)
		return refuse(e, "cannot use this terminal", term);
	leave = leave_open(f.signals, STDOUT_FILENO);
	open_screen(&f, spec);
	if (substituted)
		say(&f.s, "TERM=%.40s is not known here, xterm-256color is used", term);
	lean_text(); /* what it took to start is not there when most is read */
	if (loader_start(&f.loader, spec->store_path) == 0) {
		loop(&f);
		leave_loop_ended(leave);
		if (f.mouse)
			input_mouse(false);
		endwin();
		leave_close(leave);
		loader_stop(f.loader);
	} else {
		endwin();
		leave_close(leave);
	}
	crash_unguard();
	close(f.signals);
	delscreen(curses);
	look_close(&f.look);
	screen_close(&f.s);
	grid_close(f.s.grid);
	return 0;
}
