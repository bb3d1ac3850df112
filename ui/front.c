/*
 * front.c -- the dashboard on a terminal: a loader thread reads snapshots, this thread draws the newest one and answers keys. Curses
 * only copies the grid, so nothing but the difference is written.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
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

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/reader.h"
#include "mlwatch/store.h"
#include "mlwatch/ui.h"
#include "mlwatch/xalloc.h"
#include "remember.h"
#include "screen.h"
#include "take.h"
#include "terminal.h"

#define POLL_MS  1000 /* how often the loader asks whether somebody committed */
#define ESC_MS   25
#define TICK_MS  200
#define LEAVE_MS 60 /* how long a query that runs may keep us */

struct loader {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	const char *path;
	struct store *store;    /* the one that is read, to interrupt it */
	struct request want;    /* what is to be shown */
	bool changed, stop;     /* want is new */
	struct snapshot *fresh; /* handed over; the screen takes it */
	int tell[2];            /* a byte when fresh is there */
	struct form form;       /* to be carried out: due; by the loader, since the screen never waits for the store */
	int64_t form_ends, form_now;
	bool answered; /* the answer: form_error, "" when it is done */
	char form_error[200];
};

/* ---- the loader ---- */

static bool
wait_for_work(struct loader *l, struct request *q)
{
	struct timespec until;
	bool stop, changed;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += POLL_MS / 1000;
	pthread_mutex_lock(&l->lock);
	while (!l->changed && !l->stop)
		if (pthread_cond_timedwait(&l->wake, &l->lock, &until) == ETIMEDOUT)
			break;
	*q = l->want;
	stop = l->stop;
	changed = l->changed;
	l->changed = false;
	pthread_mutex_unlock(&l->lock);
	(void)changed;
	return !stop;
}

static void
hand_over(struct loader *l, struct snapshot *s)
{
	struct snapshot *old;

	pthread_mutex_lock(&l->lock);
	old = l->fresh;
	l->fresh = s;
	pthread_mutex_unlock(&l->lock);
	snapshot_close(old);
	if (write(l->tell[1], "x", 1) < 0)
		return; /* the pipe is full: the screen has been told */
}

/* A person's action, when there is one. */
static void
carry_out(struct loader *l)
{
	struct form f;
	struct err e = ERR_INIT;
	int64_t ends, now;
	int rc;

	pthread_mutex_lock(&l->lock);
	f = l->form;
	l->form.due = false;
	ends = l->form_ends;
	now = l->form_now;
	pthread_mutex_unlock(&l->lock);
	if (!f.due)
		return;
	rc = form_commit(&f, l->path, now, ends, &e);
	pthread_mutex_lock(&l->lock);
	l->answered = true;
	snprintf(l->form_error, sizeof l->form_error, "%.199s", rc < 0 ? e.text : "");
	pthread_mutex_unlock(&l->lock);
	if (write(l->tell[1], "x", 1) < 0)
		return; /* the pipe is full: the screen has been told */
}

static void *
loader_run(void *arg)
{
	struct loader *l = arg;
	struct reader *rd = NULL;
	struct request q, last;
	int64_t version = -1, loaded = 0;

	memset(&last, 0, sizeof last);
	while (wait_for_work(l, &q)) {
		struct err e = ERR_INIT;
		int64_t now = clock_monotonic(), is;

		carry_out(l);
		if (rd == NULL && reader_open(&rd, l->path, &e) < 0) {
			rd = NULL;
			hand_over(l, snapshot_failed(&q, e.text));
			continue;
		}
		pthread_mutex_lock(&l->lock);
		l->store = reader_store(rd);
		pthread_mutex_unlock(&l->lock);
		is = store_data_version(reader_store(rd));
		/* Nothing committed and nothing else asked for: nothing is read, but for the age of what stands still. */
		if (is == version && memcmp(&q, &last, sizeof q) == 0 && now - loaded < 5 * POLL_MS)
			continue;
		version = is;
		last = q;
		loaded = now;
		hand_over(l, snapshot_load(rd, &q));
	}
	pthread_mutex_lock(&l->lock);
	l->store = NULL;
	pthread_mutex_unlock(&l->lock);
	reader_close(rd);
	return NULL;
}

static int
loader_start(struct loader *l, const char *path, const struct request *q)
{
	if (pipe(l->tell) < 0)
		return -1;
	l->path = path;
	l->want = *q;
	l->changed = true;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->wake, NULL);
	return pthread_create(&l->thread, NULL, loader_run, l) == 0 ? 0 : -1;
}

static void
loader_want(struct loader *l, const struct request *q)
{
	pthread_mutex_lock(&l->lock);
	if (memcmp(&l->want, q, sizeof *q) != 0) {
		l->want = *q;
		l->changed = true;
		pthread_cond_signal(&l->wake);
	}
	pthread_mutex_unlock(&l->lock);
}

/* Hands a form over to be carried out, and takes the answer. */
static void
loader_form(struct loader *l, struct screen *s)
{
	char error[200];
	bool answered;

	pthread_mutex_lock(&l->lock);
	answered = l->answered;
	l->answered = false;
	memcpy(error, l->form_error, sizeof error);
	if (s->form.due && !s->form_sent) {
		l->form = s->form;
		l->form_ends = form_ends(s);
		l->form_now = s->now;
		l->changed = true;
		s->form_sent = true;
		pthread_cond_signal(&l->wake);
	}
	pthread_mutex_unlock(&l->lock);
	if (answered) {
		s->form_sent = false;
		form_done(s, error[0] != '\0' ? error : NULL);
	}
}

static struct snapshot *
loader_take(struct loader *l)
{
	struct snapshot *s;

	pthread_mutex_lock(&l->lock);
	s = l->fresh;
	l->fresh = NULL;
	pthread_mutex_unlock(&l->lock);
	return s;
}

static void
loader_stop(struct loader *l)
{
	struct timespec until;

	pthread_mutex_lock(&l->lock);
	l->stop = true;
	if (l->store != NULL)
		store_interrupt(l->store);
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LEAVE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	if (pthread_timedjoin_np(l->thread, NULL, &until) != 0)
		_exit(0); /* it waits for a store that is locked; it only reads, and nobody waits for it */
	snapshot_close(loader_take(l));
	close(l->tell[0]);
	close(l->tell[1]);
}

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

/* A locale that says UTF-8 but is not installed: C.UTF-8 is. */
static void
choose_locale(void)
{
	const char *names[] = {getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG")};

	if (setlocale(LC_ALL, "") != NULL)
		return;
	for (size_t i = 0; i < 3; i++) {
		const char *dot = names[i] != NULL ? strrchr(names[i], '.') : NULL;

		if (dot != NULL && (strcasecmp(dot, ".UTF-8") == 0 || strcasecmp(dot, ".utf8") == 0)) {
			setlocale(LC_ALL, "C.UTF-8");
			return;
		}
	}
}

static const struct {
	short colour;
	unsigned attr;
} look[STYLES] = {
    [STYLE_TEXT] = {-1, 0},
    [STYLE_DIM] = {-1, A_DIM},
    [STYLE_FRAME] = {-1, A_DIM},
    [STYLE_TITLE] = {-1, A_BOLD},
    [STYLE_HEAD] = {-1, A_DIM},
    [STYLE_GOOD] = {COLOR_GREEN, 0},
    [STYLE_PENDING] = {COLOR_CYAN, 0},
    [STYLE_WARN] = {COLOR_YELLOW, 0},
    [STYLE_BAD] = {COLOR_RED, A_BOLD},
    [STYLE_MUTED] = {COLOR_MAGENTA, 0},
    [STYLE_KEY] = {COLOR_CYAN, 0},
    [STYLE_LIMIT] = {COLOR_RED, A_DIM},
    [STYLE_LINE1] = {COLOR_GREEN, 0},
    [STYLE_LINE2] = {COLOR_YELLOW, 0},
    [STYLE_LINE3] = {COLOR_MAGENTA, 0},
    [STYLE_REFERENCE] = {-1, A_DIM},
    [STYLE_BANNER] = {COLOR_RED, A_BOLD},
};

/* Other colours by theme; -2: as in dark. No blue, no black. */
static short
theme_colour(int theme, enum style style)
{
	static const struct {
		enum style style;
		short light, colourblind;
	} other[] = {{STYLE_GOOD, -2, COLOR_CYAN},
		     {STYLE_PENDING, COLOR_MAGENTA, -1},
		     {STYLE_WARN, COLOR_RED, COLOR_YELLOW},
		     {STYLE_BAD, -2, COLOR_YELLOW},
		     {STYLE_KEY, COLOR_MAGENTA, -2},
		     {STYLE_LINE1, -2, COLOR_CYAN},
		     {STYLE_LINE2, COLOR_RED, -2},
		     {STYLE_LINE3, -2, -1},
		     {STYLE_LIMIT, -2, -1},
		     {STYLE_BANNER, -2, COLOR_YELLOW}};

	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		const short c = theme == 1 ? other[i].light : theme == 2 ? other[i].colourblind : (short)-2;

		if (other[i].style == style && c != -2)
			return c;
	}
	return theme == 3 ? -1 : look[style].colour;
}

static void
set_theme(int theme)
{
	for (short i = 0; i < STYLES; i++)
		init_pair((short)(i + 1), theme_colour(theme, (enum style)i), -1);
	clearok(curscr, TRUE);
}

static bool
start_colours(const struct ui_spec *spec)
{
	const char *no = getenv("NO_COLOR");

	if (!spec->colour && no != NULL && no[0] != '\0')
		return false;
	if (!has_colors())
		return false;
	start_color();
	use_default_colors();
	set_theme(0);
	return true;
}

static attr_t
curses_attr(unsigned attr, bool colours)
{
	const unsigned style = attr & STYLE_MASK;
	attr_t a = look[style].attr;

	if (colours && look[style].colour >= 0)
		a |= (attr_t)COLOR_PAIR(style + 1);
	else if (!colours && (style == STYLE_BAD || style == STYLE_WARN))
		a |= A_BOLD;
	if (attr & ATTR_BOLD)
		a |= A_BOLD;
	if (attr & ATTR_REVERSE)
		a |= A_REVERSE;
	if (attr & ATTR_UNDERLINE)
		a |= A_UNDERLINE;
	return a;
}

static void
show(const struct grid *g, bool colours)
{
	for (int y = 0; y < g->h; y++)
		for (int x = 0; x < g->w; x++) {
			const struct cell *c = &g->cell[y * g->w + x];
			wchar_t text[2] = {(wchar_t)glyph_for(g->glyphs, c->ch), 0};
			cchar_t out;

			if (c->ch == 0)
				continue;
			setcchar(&out, text, curses_attr(c->attr, colours) & ~(attr_t)A_COLOR,
				 colours ? (short)((c->attr & STYLE_MASK) + 1) : 0, NULL);
			mvadd_wch(y, x, &out);
		}
	refresh();
}

static const struct {
	int code;
	const char *name;
} named[] = {
    {KEY_UP, "Up"},
    {KEY_DOWN, "Down"},
    {KEY_LEFT, "Left"},
    {KEY_RIGHT, "Right"},
    {KEY_HOME, "Home"},
    {KEY_END, "End"},
    {KEY_NPAGE, "PgDn"},
    {KEY_PPAGE, "PgUp"},
    {KEY_BTAB, "S-Tab"},
    {KEY_ENTER, "Enter"},
    {KEY_BACKSPACE, "Backspace"},
    {KEY_F(1), "F1"},
    {KEY_F(2), "F2"},
    {KEY_F(3), "F3"},
    {KEY_F(4), "F4"},
    {KEY_F(5), "F5"},
    {KEY_F(6), "F6"},
    {KEY_F(7), "F7"},
    {KEY_F(8), "F8"},
    {KEY_F(9), "F9"},
    {KEY_F(10), "F10"},
};

/* The name that the key table knows; "" for what is no key. */
static void
name_key(bool function, wint_t code, char out[16])
{
	out[0] = '\0';
	if (function) {
		for (size_t i = 0; i < sizeof named / sizeof *named; i++)
			if ((wint_t)named[i].code == code)
				snprintf(out, 16, "%s", named[i].name);
	} else if (code == '\r' || code == '\n') {
		snprintf(out, 16, "Enter");
	} else if (code == '\t') {
		snprintf(out, 16, "Tab");
	} else if (code == 27) {
		snprintf(out, 16, "Esc");
	} else if (code == 127 || code == 8) {
		snprintf(out, 16, "Backspace");
	} else if (code < 32) {
		snprintf(out, 16, "C-%c", (char)(code + 'a' - 1));
	} else if (code < 128) {
		snprintf(out, 16, "%c", (char)code);
	} else {
		snprintf(out, 16, "%lc", code);
	}
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

/* The one sequence that is not curses'. */
static void
to_clipboard(struct screen *s)
{
	struct buf b = BUF_INIT;

	clipboard_sequence(&b, s->copy, getenv("TMUX") != NULL);
	fflush(stdout);
	if (write(STDOUT_FILENO, b.p, b.len) < 0)
		snprintf(s->hint, sizeof s->hint, "the terminal does not take it");
	buf_release(&b);
	screen_close(s);
}

/* Takes what was typed. False: the terminal is gone. */
static bool
read_keys(struct screen *s)
{
	wint_t code;
	int rc;

	while ((rc = get_wch(&code)) != ERR) {
		char name[16];

		if (rc == KEY_CODE_YES && code == KEY_RESIZE) {
			resize(s);
			continue;
		}
		name_key(rc == KEY_CODE_YES, code, name);
		if (strcmp(name, "C-z") == 0) { /* suspended; goes on here */
			def_prog_mode();
			endwin();
			kill(0, SIGTSTP);
			reset_prog_mode();
			clearok(curscr, TRUE);
			continue;
		}
		const int theme = s->theme;
		const enum glyphs glyphs = s->grid->glyphs;
		const int64_t range = s->range_ms;
		const bool utc = s->utc;

		if (name[0] != '\0')
			screen_key(s, name);
		if (s->theme != theme && has_colors())
			set_theme(s->theme);
		if (s->theme != theme || s->grid->glyphs != glyphs || s->range_ms != range || s->utc != utc)
			remembered_save(s);
		if (s->copy != NULL)
			to_clipboard(s);
		if (s->quit)
			return true;
	}
	return true;
}

static void
take_snapshot(struct screen *s, struct loader *l, struct snapshot **current)
{
	struct snapshot *fresh = loader_take(l);

	if (fresh == NULL)
		return;
	if (s->paused && *current != NULL) {
		s->held++;
		snapshot_close(fresh);
		return;
	}
	snapshot_close(*current);
	*current = fresh;
	s->snap = fresh;
}

/* What ends us comes as a readable file, so that the terminal is put back in order first. */
static int
ending_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
loop(struct screen *s, struct loader *l, bool colours, int signals)
{
	struct snapshot *current = NULL;
	char drop[64];
	int64_t drawn = 0;
	bool dirty = true;

	while (!s->quit) {
		struct pollfd p[3] = {{STDIN_FILENO, POLLIN, 0}, {l->tell[0], POLLIN, 0}, {signals, POLLIN, 0}};
		struct request q;

		s->now = clock_now();
		if (dirty || s->now / 1000 != drawn / 1000) {
			s->utc_offset_s = local_offset(s->now);
			screen_draw(s);
			show(s->grid, colours);
			drawn = s->now;
			dirty = false;
		}
		screen_request(s, &q);
		loader_want(l, &q);
		loader_form(l, s);
		if (poll(p, 3, TICK_MS * 5) < 0 && errno != EINTR)
			break;
		if (p[0].revents & (POLLHUP | POLLERR | POLLNVAL) || p[2].revents & POLLIN)
			break;
		if (p[1].revents & POLLIN && read(l->tell[0], drop, sizeof drop) > 0) {
			take_snapshot(s, l, &current);
			loader_form(l, s);
			dirty = true;
		}
		if (p[0].revents & POLLIN) {
			if (!read_keys(s))
				break;
			dirty = true;
		} else if (p[0].revents == 0 && p[1].revents == 0) {
			read_keys(s); /* a resize comes without a byte */
			dirty = dirty || s->grid->w != COLS || s->grid->h != LINES;
		}
	}
	snapshot_close(current);
}

static SCREEN *
open_terminal(bool *substituted)
{
	if (!terminal_known(getenv("TERM"))) {
		*substituted = true;
		return newterm("xterm-256color", stdout, stdin);
	}
	return newterm(NULL, stdout, stdin);
}

int
ui_run(const struct ui_spec *spec, struct err *e)
{
	const char *term = getenv("TERM");
	struct loader l = {0};
	struct screen s;
	struct request q;
	SCREEN *curses;
	int signals;
	bool colours, substituted = false;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || term == NULL || term[0] == '\0' ||
	    strcmp(term, "dumb") == 0) {
		err_set(e, ERR_USAGE,
			"mlwatch top needs a terminal (TERM=%s); mlwatch status prints the same as text, mlwatch "
			"status --watch repeats it",
			term != NULL ? term : "");
		return ERR_USAGE;
	}
	signals = ending_signals();
	choose_locale();
	curses = open_terminal(&substituted);
	if (curses == NULL) {
		err_set(e, ERR_USAGE,
			"mlwatch top cannot use this terminal (TERM=%s); mlwatch status prints the same as text", term);
		return ERR_USAGE;
	}
	set_escdelay(ESC_MS);
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	colours = start_colours(spec);
	screen_open(&s, grid_open(COLS, LINES, choose_glyphs(spec->glyphs)));
	remembered_load(&s);
	if (s.theme != 0 && colours)
		set_theme(s.theme);
	if (spec->glyphs != UI_GLYPHS_AUTO)
		s.grid->glyphs = choose_glyphs(spec->glyphs);
	s.utc = s.utc || spec->utc;
	s.read_only = spec->read_only;
	s.read_only_why = "off: mlwatch top was started with --readonly";
	if (!s.read_only && access(spec->store_path, F_OK) == 0 && access(spec->store_path, W_OK) < 0) {
		s.read_only = true;
		s.read_only_why = "off: you may read this store, not write it (are you in its group?)";
	}
	if (substituted)
		snprintf(s.hint, sizeof s.hint, "TERM=%.40s is not known here, xterm-256color is used", term);
	screen_request(&s, &q);
	if (loader_start(&l, spec->store_path, &q) == 0) {
		loop(&s, &l, colours, signals);
		endwin();
		loader_stop(&l);
	} else {
		endwin();
	}
	if (signals >= 0)
		close(signals);
	delscreen(curses);
	screen_close(&s);
	grid_close(s.grid);
	return 0;
}
