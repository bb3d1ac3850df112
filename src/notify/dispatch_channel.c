/*
 * dispatch_channel.c -- one integration of one group: what its receiver was last told, what is on its way to it, and why.
 */
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "kinds.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"

#define LOG_KEEP_MS (5 * MS_DAY)

void
fpset_release(struct fpset *s)
{
	free(s->at);
	*s = (struct fpset){0};
}

bool
fpset_subset(const struct fpset *part, const struct fpset *whole)
{
	size_t k = 0;

	for (size_t i = 0; i < part->n; i++) {
		while (k < whole->n && whole->at[k] < part->at[i])
			k++;
		if (k == whole->n || whole->at[k] != part->at[i])
			return false;
	}
	return true;
}

bool
fpset_equal(const struct fpset *a, const struct fpset *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->at, b->at, a->n * sizeof *a->at) == 0);
}

struct fpset
fpset_copy(const struct fpset *s)
{
	struct fpset out = {xcalloc(s->n + 1, sizeof *s->at), s->n};

	if (s->n != 0)
		memcpy(out.at, s->at, s->n * sizeof *s->at);
	return out;
}

void
channel_told(struct dispatch *d, struct channel *c, const struct fpset *firing, const struct fpset *gone,
	     int64_t repeat, int64_t now)
{
	struct fpset f = fpset_copy(firing), r = fpset_copy(gone);

	fpset_release(&c->log_firing);
	fpset_release(&c->log_resolved);
	c->log_firing = f;
	c->log_resolved = r;
	c->has_log = true;
	c->log_ms = now;
	c->log_expires = now + (2 * repeat < LOG_KEEP_MS ? 2 * repeat : LOG_KEEP_MS);
	mark_channel(d, c);
}

void
channel_explain(struct dispatch *d, struct channel *c, enum reason why, int64_t now)
{
	if (c->reason != why)
		mark_channel(d, c);
	c->reason = why;
	c->reason_ms = now;
}

void
channel_forget(struct dispatch *d, struct channel *c)
{
	if (c->row != 0)
		fpmap_set(&d->rows, (uint64_t)c->row, NULL);
	c->row = 0;
	c->sending = false;
	fpset_release(&c->row_firing);
	fpset_release(&c->row_resolved);
}

void
dispatch_sending(struct dispatch *d, int64_t row)
{
	struct channel *c = fpmap_get(&d->rows, (uint64_t)row);

	if (c != NULL)
		c->sending = true;
}

void
dispatch_done(struct dispatch *d, int64_t row, bool ok, int64_t now)
{
	struct channel *c = fpmap_get(&d->rows, (uint64_t)row);

	if (c == NULL)
		return;
	if (ok)
		channel_told(d, c, &c->row_firing, &c->row_resolved, c->row_repeat, now);
	else
		channel_explain(d, c, QUIET_GIVEN_UP, now);
	channel_forget(d, c);
	struct group *g = c->group;
	if (g == NULL)
		return;
	if (!ok)
		g->failed = true;
	if (c->again)
		group_again(d, g, c, now);
	group_settle(d, g);
}

void
dispatch_waits(struct dispatch *d, int64_t row, int64_t now)
{
	struct channel *c = fpmap_get(&d->rows, (uint64_t)row);

	if (c == NULL)
		return;
	c->sending = false;
	if (c->again && c->group != NULL)
		group_again(d, c->group, c, now);
}

struct channel *
dispatch_channel(struct dispatch *d, const char *key, const char *receiver, const struct kind *kind, size_t index)
{
	struct buf id = BUF_INIT;

	buf_addf(&id, "%s/%s/%zu/%s", receiver, kind->name, index, key);
	struct channel *c = strmap_get(d->channels, buf_str(&id));
	if (c == NULL) {
		c = xcalloc(1, sizeof *c);
		c->key = xstrdup(buf_str(&id));
		c->group_key = xstrdup(key);
		c->receiver = xstrdup(receiver);
		c->kind = kind;
		c->index = index;
		strmap_set(d->channels, c->key, c);
	}
	buf_release(&id);
	return c;
}

void
dispatch_row(struct dispatch *d, struct channel *c, int64_t row, struct fpset firing, struct fpset resolved,
	     int64_t repeat)
{
	channel_forget(d, c);
	c->row = row;
	c->row_firing = firing;
	c->row_resolved = resolved;
	c->row_repeat = repeat;
	fpmap_set(&d->rows, (uint64_t)row, c);
}
