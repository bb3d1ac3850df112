/*
 * page_logs.c -- prediction logs: files, how far they are read, which lines were bad and why.
 */
#include <math.h>
#include <stdio.h>

#include "log_tables.h"
#include "measures.h"
#include "mlwatch/buf.h"
#include "pane_bad_line.h"
#include "mlwatch/xalloc.h"
#include "screen.h"

/* "churn is 1.2 MB behind: 41 lines/s are written, 160 lines/s read; caught up in about 50s", of the one that is farthest behind. */
static bool
say_behind(const struct screen *s, struct buf *out)
{
	const struct view_overview *o = &s->snap->o;
	const struct view_log_file *f = NULL;
	char behind[32], written[16], read[16], soon[24];

	for (size_t i = 0; i < o->n_files; i++)
		if (o->files[i].health == HEALTH_WARNING && (f == NULL || o->files[i].lag_bytes > f->lag_bytes))
			f = &o->files[i];
	if (f == NULL)
		return false;
	quantity_text(behind, (struct quantity){(double)f->lag_bytes, UNIT_BYTES, NULL});
	log_rate_text(written, f->lines_per_s);
	log_rate_text(read, f->read_lines_per_s);
	buf_addf(out,
		 wide(s) ? "%s is %s behind: %s lines/s are written, %s lines/s read; "
			 : "%s is %s behind: %s/s written, %s/s read; ",
		 f->job, behind, written, read);
	if (isnan(f->caught_up_s)) {
		buf_addstr(out, "it does not catch up");
	} else {
		duration_exact(soon, (int64_t)(f->caught_up_s * 1000));
		buf_addf(out, "caught up in about %s", soon);
	}
	return true;
}

static void
draw_files(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	char title[160], right[32];
	struct buf behind = BUF_INIT;
	struct pane in;
	int n = 0;

	for (size_t i = 0; i < o->n_files; i++)
		n += o->files[i].health == HEALTH_WARNING;
	snprintf(title, sizeof title, "Prediction logs: %zu file%s, %d behind", o->n_files, o->n_files == 1 ? "" : "s",
		 n);
	snprintf(right, sizeof right, "%zu job%s", o->n_logs, o->n_logs == 1 ? "" : "s");
	in = table_frame(s, p, TABLE_FILES, title, right, 0);
	if (say_behind(s, &behind) && in.h > (int)o->n_files + 1) {
		put_left(in, wide(s), in.h - 1, in.w - 1, STYLE_WARN, buf_str(&behind));
		in.h--;
	}
	buf_release(&behind);
	table_draw(s, in, TABLE_FILES, NULL);
}

/* Bad lines are counted for a log; when all are of the chosen file, it is named. */
static void
reasons_title(const struct screen *s, const struct view_log *l, struct buf *out)
{
	const struct view_log_file *f = log_file_chosen(s);
	char bad[32], lines[32], share[32];

	count_exact(bad, l->bad_1h);
	count_exact(lines, l->lines_1h);
	buf_addstr(out, l->job);
	if (f->bad_1h == l->bad_1h)
		buf_addf(out, " %s", log_file_name(f->path));
	buf_addf(out, ": %s bad line%s in %s of %s", bad, l->bad_1h == 1 ? "" : "s", wide(s) ? "the last hour" : "1h",
		 lines);
	if (wide(s) && l->bad_1h > 0 && l->lines_1h > 0) {
		quantity_text(share, (struct quantity){(double)l->bad_1h / (double)l->lines_1h, UNIT_SHARE, NULL});
		buf_addf(out, " (%s)", share);
	}
}

static void
draw_reasons(struct screen *s, struct pane p)
{
	const struct view_log *l = log_chosen(s);
	struct buf title = BUF_INIT;

	if (l != NULL)
		reasons_title(s, l, &title);
	table_draw(s, table_frame(s, p, TABLE_REASONS, buf_str(&title), wide(s) ? "by reason" : NULL, 0), TABLE_REASONS,
		   NULL);
	buf_release(&title);
}

static void
draw_line(struct screen *s, struct pane p)
{
	pane_bad_line(s, p, log_file_chosen(s), log_chosen(s), log_reason_chosen(s));
}

static char *
copy_line(const struct screen *s, const char **what)
{
	const struct view_bad_kind *k = log_reason_chosen(s);

	if (k == NULL)
		return NULL;
	*what = "the bad line";
	return xstrdup(k->example.line);
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int edge = frame_rows(s), files = (int)s->snap->o.n_files, reasons = (int)s->cursor[TABLE_REASONS].n;
	const struct stack stack[] = {
	    {edge + 1 + (files < h / 3 ? files : h / 3) + (wide(s) ? 2 : 1), edge + 2, wide(s) ? 1 : 0},
	    {edge + 1 +
		 (reasons < 1       ? 1
		  : reasons < h / 4 ? reasons
				    : h / 4) +
		 1,
	     edge + 2, wide(s) ? 1 : 0},
	    {edge + (wide(s) ? 8 : 6), edge + 3, 1}};
	int rows[3], y = 0;

	stack_rows(h, stack, 3, rows);
	for (int i = 0; i < 3; i++) {
		at[i] = (struct rect){0, y, w, rows[i]};
		y += rows[i];
	}
}

static const struct pane_kind panes[] = {[LOGS_FILES] = {"files", TABLE_FILES, draw_files},
					 [LOGS_REASONS] = {"reasons", TABLE_REASONS, draw_reasons},
					 [LOGS_LINE] = {"line", TABLE_NONE, draw_line}};

const struct page_kind page_logs = {
    .name = "logs",
    .full = "Logs",
    .brief = "Logs",
    .view = PAGE_LOGS,
    .list = TABLE_FILES,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .copy = copy_line,
    .hint = "{open} bad lines   {down}/{up} source   {copy} copy a bad line   {filter} filter",
    .hint_narrow = "{open} bad lines  {down}/{up} source  {copy} copy a bad line  {filter} filter",
};
