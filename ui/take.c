/*
 * take.c -- what can be taken away from the screen: a row as text or JSON, the runbook's link, a view as a file. All of it is text that the
 * grid has made harmless; the terminal's clipboard is written by whoever shows the grid.
 */
#include "take.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/view_json.h"
#include "mlwatch/xalloc.h"
#include "screen.h"

static void
take(struct screen *s, char *text, const char *what)
{
	const size_t n = text != NULL ? strlen(text) : 0;

	if (n == 0 || n > COPY_MAX) {
		snprintf(s->hint, sizeof s->hint, n == 0 ? "nothing to copy here" : "%s is too long to copy", what);
		free(text);
		return;
	}
	free(s->copy);
	s->copy = text;
	snprintf(s->hint, sizeof s->hint, "copied: %s, %zu bytes", what, n);
}

static bool
has_cursor(const struct grid *g, int y)
{
	for (int x = 0; x < g->w && x < 4; x++)
		if (g->cell[y * g->w + x].ch == 0x25b8) /* ▸ */
			return true;
	return false;
}

static void
page_text(const struct screen *s, struct buf *out)
{
	for (int y = 2; y < s->grid->h - 2; y++) {
		grid_row_text(s->grid, y, out);
		buf_addc(out, '\n');
	}
}

/* The row of the cursor; where there is none, the page. */
static char *
row_as_text(const struct screen *s)
{
	struct buf b = BUF_INIT;
	char *text;

	for (int y = 2; y < s->grid->h - 2 && b.len == 0; y++)
		if (has_cursor(s->grid, y))
			grid_row_text(s->grid, y, &b);
	if (b.len == 0)
		page_text(s, &b);
	text = xstrdup(buf_str(&b));
	buf_release(&b);
	return text;
}

static char *
row_as_json(const struct screen *s)
{
	const struct snapshot *n = s->snap;
	const int i = s->sel[s->page == PAGE_FEATURE ? PAGE_DRIFT : s->page];
	const struct view_alert *a = selected_alert(s);
	struct view_overview one;

	if ((s->page == PAGE_DRIFT || s->page == PAGE_FEATURE) && i < (int)n->n_features && n->model != NULL)
		return view_drift_json(n->model, n->version, &n->features[i], 1);
	if (s->page == PAGE_EVENTS && i < (int)n->n_events)
		return view_events_json(&n->events[i], 1);
	if (s->page == PAGE_MODELS)
		return view_models_json(&n->o);
	if (s->page == PAGE_NOTIFY)
		return view_messages_json(n->waiting, n->n_waiting);
	if (a == NULL || (s->page != PAGE_OVERVIEW && s->page != PAGE_ALERTS && s->page != PAGE_ALERT))
		return view_overview_json(&n->o);
	one = (struct view_overview){.t = n->o.t, .agent = n->o.agent, .health = n->o.health};
	one.alerts = &n->o.alerts[a - n->o.alerts];
	one.n_alerts = 1;
	return view_overview_json(&one);
}

void
screen_take_row(struct screen *s, bool json)
{
	if (s->snap == NULL)
		return;
	take(s, json ? row_as_json(s) : row_as_text(s), json ? "JSON" : "text");
}

void
screen_take_link(struct screen *s, bool copy)
{
	const struct view_alert *a = selected_alert(s);

	if (a == NULL || a->runbook[0] == '\0')
		snprintf(s->hint, sizeof s->hint, "no runbook");
	else if (copy)
		take(s, xstrdup(a->runbook), "runbook");
	else
		snprintf(s->hint, sizeof s->hint, "%.250s", a->runbook);
}

void
screen_take_file(struct screen *s, const char *path)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;

	screen_draw(s);
	for (int y = 0; y < s->grid->h; y++) {
		grid_row_text(s->grid, y, &b);
		buf_addc(&b, '\n');
	}
	if (access(path, F_OK) == 0)
		snprintf(s->hint, sizeof s->hint, "%.100s is there already", path);
	else if (file_write_atomic(path, b.p, b.len, 0640, &e) < 0)
		snprintf(s->hint, sizeof s->hint, "%.200s", e.text);
	else
		snprintf(s->hint, sizeof s->hint, "written: %.100s", path);
	buf_release(&b);
}

static void
base64(struct buf *out, const unsigned char *p, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		const unsigned v = (unsigned)p[i] << 16 | (i + 1 < n ? (unsigned)p[i + 1] << 8 : 0) |
				   (i + 2 < n ? (unsigned)p[i + 2] : 0);

		buf_addc(out, digit[v >> 18]);
		buf_addc(out, digit[v >> 12 & 63]);
		buf_addc(out, i + 1 < n ? digit[v >> 6 & 63] : '=');
		buf_addc(out, i + 2 < n ? digit[v & 63] : '=');
	}
}

void
clipboard_sequence(struct buf *out, const char *text, bool tmux)
{
	buf_addstr(out, tmux ? "\033Ptmux;\033\033]52;c;" : "\033]52;c;");
	base64(out, (const unsigned char *)text, strlen(text));
	buf_addstr(out, tmux ? "\a\033\\" : "\a");
}
