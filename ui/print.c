/*
 * print.c -- a view as text: `mlwatch top --snapshot`. Keys can be played before, so whole walks are testable without a terminal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/reader.h"
#include "mlwatch/ui.h"
#include "screen.h"

static void
print_grid(const struct grid *g, bool attrs)
{
	struct buf row = BUF_INIT;

	for (int y = 0; y < g->h; y++) {
		buf_reset(&row);
		if (attrs)
			grid_row_attrs(g, y, &row);
		else
			grid_row_text(g, y, &row);
		printf("%s\n", buf_str(&row));
	}
	buf_release(&row);
}

struct player {
	struct screen screen;
	struct snapshot *snap, *held; /* shown; newer, while the picture is frozen */
	struct reader *reader;
	const struct ui_spec *spec;
	int64_t now;
};

static void
take(struct player *p, struct snapshot *fresh)
{
	screen_take(&p->screen, fresh);
	if (p->screen.snap == fresh) { /* a frozen picture stays */
		snapshot_close(p->snap);
		p->snap = fresh;
	} else {
		snapshot_close(p->held);
		p->held = fresh;
	}
}

/* What the loader would have handed over after this key: what is there makes known what is selected, which is then asked for. */
static void
reload(struct player *p)
{
	struct request q, last = {.page = N_PAGES};

	for (int i = 0; i < 3; i++) {
		screen_request(&p->screen, &q);
		if (p->spec->at > 0) { /* as it was then; otherwise live, as on a terminal */
			q.at = q.at == 0 ? p->now : q.at;
			q.clock = p->now;
		}
		if (memcmp(&q, &last, sizeof q) == 0)
			return;
		take(p, snapshot_load(p->reader, &q));
		last = q;
	}
}

static void
carry_out(struct player *p)
{
	struct err e = ERR_INIT;
	const int rc = deed_do(&p->screen.deed, p->spec->store_path, &e);

	form_done(&p->screen, rc < 0 ? e.text : NULL);
}

/* What is shown alone until a key comes is printed alone. */
static void
print_plain(struct player *p)
{
	printf("%s%s", p->screen.wish.plain, p->screen.wish.plain_is_link ? "\n" : "");
	free(p->screen.wish.plain);
	p->screen.wish.plain = NULL;
}

/* Is it a line of its own that prints? ":snapshot NAME" the screen, ":copied" what is in the clipboard. */
static bool
prints(struct player *p, const char *line)
{
	if (p->screen.input != INPUT_NONE)
		return false;
	if (strncmp(line, ":snapshot", 9) == 0) {
		screen_draw(&p->screen);
		print_grid(p->screen.grid, p->spec->attrs);
		return true;
	}
	if (strncmp(line, ":copied", 7) == 0) {
		printf("%s\n", p->screen.wish.copy != NULL ? p->screen.wish.copy : "");
		return true;
	}
	return false;
}

/* The name of the next key: in <>, or a character. Returns what follows it. */
static const char *
next_key(const char *keys, char name[32])
{
	const char *end = keys[0] == '<' ? strchr(keys, '>') : NULL;
	size_t n = 1;

	if (end != NULL && end - keys < 32) {
		snprintf(name, 32, "%.*s", (int)(end - keys - 1), keys + 1);
		return end + 1;
	}
	while (((unsigned char)keys[n] & 0xc0) == 0x80)
		n++;
	snprintf(name, 32, "%.*s", (int)n, keys);
	return keys + n;
}

/* Keys as in "j<Enter>/fraud<Enter>"; lines are one after another. */
static void
play(struct player *p, const char *keys)
{
	char name[32];

	while (*keys != '\0') {
		if (*keys == '\n') {
			keys++;
			continue;
		}
		if (prints(p, keys)) {
			keys += strcspn(keys, "\n");
			continue;
		}
		keys = next_key(keys, name);
		screen_draw(&p->screen); /* what is taken away is what is shown */
		screen_key(&p->screen, strcmp(name, " ") == 0 ? "Space" : name);
		while (p->screen.deed.kind != DEED_NONE) /* a form may ask for several */
			carry_out(p);
		if (p->screen.wish.plain != NULL)
			print_plain(p);
		reload(p);
	}
}

int
ui_print_snapshot(const struct ui_spec *spec, struct err *e)
{
	struct player p = {.spec = spec, .now = spec->at > 0 ? spec->at : clock_now()};
	struct grid *g;
	char *keys = NULL;
	enum page page = PAGE_OVERVIEW;
	size_t n;

	if (!page_by_name(spec->view, &page))
		return err_set(e, ERR_USAGE,
			       "no view '%s': overview, alerts, models, drift, targets, logs, notify, events, query, "
			       "alert, "
			       "feature, help",
			       spec->view),
		       ERR_USAGE;
	if (spec->keys != NULL && file_read(spec->keys, 1 << 20, &keys, &n, e) < 0)
		return e->kind;
	if (reader_open(&p.reader, spec->store_path, e) < 0) {
		free(keys);
		return e->kind;
	}
	g = grid_open(spec->width, spec->height,
		      spec->glyphs == UI_GLYPHS_ASCII   ? GLYPHS_ASCII
		      : spec->glyphs == UI_GLYPHS_BLOCK ? GLYPHS_BLOCK
							: GLYPHS_BRAILLE);
	screen_open(&p.screen, g);
	p.screen.set.utc = true;
	p.screen.store_path = spec->store_path;
	p.screen.read_only = spec->read_only;
	p.screen.now = p.now;
	p.screen.page = page < N_VIEWS ? page : page == PAGE_HELP ? PAGE_OVERVIEW : page_kind(page)->view;
	if (page >= N_VIEWS)
		page_open(&p.screen, page);
	reload(&p);
	if (keys != NULL)
		play(&p, keys);
	if (keys == NULL || (strstr(keys, ":snapshot") == NULL && strstr(keys, ":copied") == NULL)) {
		screen_draw(&p.screen);
		print_grid(g, spec->attrs);
	}
	snapshot_close(p.snap);
	snapshot_close(p.held);
	reader_close(p.reader);
	screen_close(&p.screen);
	grid_close(g);
	free(keys);
	return 0;
}
