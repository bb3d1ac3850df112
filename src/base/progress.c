/*
 * progress.c -- one rewritten line on stderr for work that lasts.
 *
 * Asks the clock on every update, so callers update per chunk, not per record.
 */
#include "mlwatch/progress.h"

#include <langinfo.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/xalloc.h"

#define BAR         20
#define START_AFTER MS_SECOND
#define EVERY       100

struct progress {
	char *title, *record_word;
	int64_t total, started, drawn;
	bool wanted, shown, unicode;
};

struct progress *
progress_open(const char *title, const char *record_word, int64_t total_bytes, enum progress_mode mode)
{
	struct progress *p = xcalloc(1, sizeof(*p));
	const char *term = getenv("TERM");
	bool terminal = isatty(STDERR_FILENO) && (term == NULL || strcmp(term, "dumb") != 0);

	p->title = xstrdup(title);
	p->record_word = xstrdup(record_word);
	p->total = total_bytes;
	p->started = p->drawn = clock_monotonic();
	p->wanted = mode == PROGRESS_ALWAYS || (mode == PROGRESS_AUTO && terminal);
	p->unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	return p;
}

static void
add_bar(struct buf *b, const struct progress *p, double share)
{
	int half = (int)(share * BAR * 2), i;

	for (i = 0; i < BAR; i++) {
		if (i * 2 + 1 < half)
			buf_addstr(b, p->unicode ? "━" : "=");
		else if (i * 2 < half)
			buf_addstr(b, p->unicode ? "╸" : ">");
		else
			buf_addstr(b, p->unicode ? "─" : "-");
	}
}

static void
add_size(struct buf *b, double bytes)
{
	static const char *const unit[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	size_t i = 0;

	for (; bytes >= 999.5 && i + 1 < sizeof(unit) / sizeof(unit[0]); i++)
		bytes /= 1000;
	buf_addf(b, bytes < 9.95 && i > 0 ? "%.1f %s" : "%.0f %s", bytes, unit[i]);
}

static void
add_count(struct buf *b, double v)
{
	if (v >= 1e6)
		buf_addf(b, "%.1f M", v / 1e6);
	else if (v >= 1e4)
		buf_addf(b, "%.0f k", v / 1e3);
	else
		buf_addf(b, "%.0f", v);
}

static void
draw(struct progress *p, int64_t bytes, int64_t records, int64_t now)
{
	double seconds = (double)(now - p->started) / 1000, rate = (double)bytes / seconds, share;
	struct buf b = BUF_INIT;
	char left[16];

	buf_addf(&b, "\r%s  ", p->title);
	if (p->total > 0) {
		share = fmin(1, (double)bytes / (double)p->total);
		add_bar(&b, p, share);
		buf_addf(&b, "  %.0f %%   ", floor(share * 100));
	}
	add_size(&b, (double)bytes);
	if (p->total > 0) {
		buf_addstr(&b, " of ");
		add_size(&b, (double)p->total);
	}
	buf_addstr(&b, "   ");
	add_size(&b, rate);
	buf_addstr(&b, "/s");
	if (records > 0) {
		buf_addstr(&b, "   ");
		add_count(&b, (double)records / seconds);
		buf_addf(&b, " %s/s", p->record_word);
	}
	if (p->total > bytes && rate > 0) {
		duration_human(left, (int64_t)((double)(p->total - bytes) / rate * 1000));
		buf_addf(&b, "   %s left", left);
	}
	buf_addstr(&b, "\033[K");
	fputs(b.p, stderr);
	fflush(stderr);
	buf_release(&b);
}

void
progress_update(struct progress *p, int64_t bytes, int64_t records)
{
	int64_t now;

	if (p == NULL || !p->wanted)
		return;
	now = clock_monotonic();
	if (now - p->started < START_AFTER || now - p->drawn < EVERY)
		return;
	draw(p, bytes, records, now);
	p->drawn = now;
	p->shown = true;
}

void
progress_close(struct progress *p)
{
	if (p == NULL)
		return;
	if (p->shown)
		fputs("\r\033[K", stderr);
	free(p->title);
	free(p->record_word);
	free(p);
}
