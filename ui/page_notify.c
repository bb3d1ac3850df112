/*
 * page_notify.c -- receivers, the outbox, what was sent, and one message as it went out.
 */
#include <stdio.h>

#include "keys.h"
#include "measures.h"
#include "mlwatch/buf.h"
#include "notify_tables.h"
#include "screen.h"
#include "wrap.h"

static void
draw_receivers(struct screen *s, struct pane p)
{
	char title[96];

	snprintf(title, sizeof title, "Receivers: %zu", outbox_of(s->snap)->n_receivers);
	table_draw(s, table_frame(s, p, TABLE_RECEIVERS, title, "last 24h", 0), TABLE_RECEIVERS, NULL);
}

/* "Outbox: 2 waiting, 1 given up"; when the list is shorter than that, how long it is. */
static void
outbox_title(const struct view_outbox *box, char *out, size_t size)
{
	char open[32], given_up[32];

	count_exact(open, box->open);
	count_exact(given_up, box->given_up);
	if ((int64_t)box->n_waiting < box->open + box->given_up)
		snprintf(out, size, "Outbox: %s waiting, %s given up, the newest %zu", open, given_up, box->n_waiting);
	else
		snprintf(out, size, "Outbox: %s waiting, %s given up", open, given_up);
}

static void
draw_outbox(struct screen *s, struct pane p)
{
	const struct view_outbox *box = outbox_of(s->snap);
	char title[128];
	struct pane in;

	outbox_title(box, title, sizeof title);
	in = table_frame(s, p, TABLE_OUTBOX, title, NULL, 0);
	if (box->given_up > 0 && in.h > (int)box->n_waiting + 1) {
		put_left(in, wide(s), in.h - 1, in.w - 1, STYLE_DIM,
			 "given up means an error that trying again cannot heal. Correct the receiver, then R sends it "
			 "again.");
		in.h--;
	}
	table_draw(s, in, TABLE_OUTBOX, NULL);
}

static void
draw_sent(struct screen *s, struct pane p)
{
	const struct view_outbox *box = outbox_of(s->snap);
	char title[96], sent[16], dropped[16];

	count_text(sent, (double)box->sent);
	count_text(dropped, (double)box->dropped);
	if (box->dropped > 0)
		snprintf(title, sizeof title, "Sent: %s in 24h, %s not sent", sent, dropped);
	else
		snprintf(title, sizeof title, "Sent: %s in 24h", sent);
	table_draw(s, table_frame(s, p, TABLE_SENT, title, NULL, 0), TABLE_SENT, NULL);
}

void
notify_request(const struct screen *s, struct request *q)
{
	const struct view_message *m = s->snap != NULL ? message_chosen(s) : NULL;

	if (m != NULL)
		snprintf(q->message, sizeof q->message, "%s", m->id);
}

/* As many of its lines as there is room for, long ones in several rows; then how many are left. */
static void
draw_lines(const struct screen *s, struct pane in, const struct part_notify *n)
{
	const int x = wide(s), w = in.w - 2 * x;
	int y = 0;

	for (size_t i = 0; i < n->n_message; i++) {
		const size_t left = n->n_message - i;

		if (y >= in.h - (left > 1)) {
			putf(in, x, in.h - 1, STYLE_DIM, "%zu more lines: %s%s", left,
			     s->zoom ? "mlwatch notifications show " : "Enter", s->zoom ? n->message_id : "");
			return;
		}
		y += put_wrapped(in, x, y, w, in.h - y - (left > 1), STYLE_TEXT, n->message[i]);
	}
}

static void
draw_message(struct screen *s, struct pane p)
{
	const struct part_notify *n = s->snap->notify;
	char title[96] = "message";
	struct pane in;

	if (n != NULL && n->message_to != NULL)
		snprintf(title, sizeof title, "message to %.80s", n->message_to);
	in = pane_open(s, p, title, "secrets are never shown");
	if (n != NULL && n->message_id != NULL)
		draw_lines(s, in, n);
	else if (n != NULL)
		put_left(in, wide(s), 0, in.w - wide(s), STYLE_DIM, "no message");
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int edge = frame_rows(s), receivers = (int)outbox_of(s->snap)->n_receivers,
		  waiting = (int)outbox_of(s->snap)->n_waiting;
	const int least = edge + 2;
	const struct stack stack[] = {
	    {edge + 1 + (receivers > 3 ? receivers < h / 4 ? receivers : h / 4 : 3) + (wide(s) ? 1 : 0), least, 0},
	    {edge + 1 + (waiting > 2 ? waiting < h / 4 ? waiting : h / 4 : 2) + (wide(s) ? 2 : 0), least, 0},
	    {edge + 4, least, wide(s) ? 3 : 1},
	    {edge + (wide(s) ? 6 : 5), edge + (wide(s) ? 4 : 1), 1}};
	int rows[4], y = 0;

	stack_rows(h, stack, 4, rows);
	for (int i = 0; i < 4; i++) {
		at[i] = (struct rect){0, y, w, rows[i]};
		y += rows[i];
	}
}

/* Why the message under the cursor was not sent, where the list has no room for it. */
static void
hint_now(const struct screen *s, struct buf *out)
{
	const struct view_message *m = message_chosen(s);

	if (m != NULL && m->dropped && !wide(s))
		buf_addf(out, "%s: %s", m->receiver, m->state);
}

static const struct pane_kind panes[] = {[NOTIFY_RECEIVERS] = {"receivers", TABLE_RECEIVERS, draw_receivers},
					 [NOTIFY_OUTBOX] = {"outbox", TABLE_OUTBOX, draw_outbox},
					 [NOTIFY_SENT] = {"sent", TABLE_SENT, draw_sent},
					 [NOTIFY_MESSAGE] = {"message", TABLE_NONE, draw_message}};

const struct page_kind page_notify = {
    .name = "notify",
    .full = "Notify",
    .brief = "Notif",
    .view = PAGE_NOTIFY,
    .list = TABLE_OUTBOX,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint_now = hint_now,
    .hint = "{open} the message as sent   {retry} retry now   {give-up} give up   :test RECEIVER sends a test   {pane} "
	    "next pane",
    .hint_narrow = "{open} message  {retry} retry now  {give-up} give up  :test RECEIVER",
};
