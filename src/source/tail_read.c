/*
 * tail_read.c -- blocks into whole lines.
 *
 * Every block is read at the offset of the first byte not handed out, so a half line at a block's end is simply read
 * again with the next block, and nothing has to be kept between polls. The block grows only while one line
 * does not fit into it, at most to the limit of a line. Whether a run of lines holds one over the limit is
 * found by looking backwards for a newline from every limit'th byte: one look per megabyte, not per line.
 */
#include "tail_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/xalloc.h"

#define BLOCK             (256 * 1024)
#define BLOCK_LEAST       512 /* of one reading: a line, usually */
#define HEAD_OF_LONG_LINE 1024

static void
announce(struct tail *t, struct follow *f, const struct tail_sink *sink)
{
	if (f->starting) {
		if (sink->new_file != NULL)
			sink->new_file(sink->arg, &f->at);
	} else if (!f->begun || t->last != f) {
		if (sink->resume != NULL)
			sink->resume(sink->arg, &f->at);
	}
	f->begun = true;
	f->starting = false;
	f->fresh = false;
	t->last = f;
}

/* Lines that all keep the limit: how far they go. */
static size_t
whole_lines(const struct tail *t, const char *p, size_t n)
{
	size_t pos = 0;

	while (pos < n) {
		size_t reach = n - pos <= t->limit ? n - pos : t->limit + 1;
		const char *nl = memrchr(p + pos, '\n', reach);
		if (nl == NULL)
			break;
		pos = (size_t)(nl - p) + 1;
	}
	return pos;
}

static void
emit(struct follow *f, int64_t base, const char *p, size_t from, size_t to, const struct tail_sink *sink)
{
	if (to == from)
		return;
	f->at.offset = base + (int64_t)to;
	sink->lines(sink->arg, &f->at, p + from, to - from);
}

/* Hands out what is whole; returns how many bytes are dealt with. */
static size_t
deal(struct tail *t, struct follow *f, const char *p, size_t n, const struct tail_sink *sink)
{
	int64_t base = f->at.offset;
	size_t pos = 0;

	for (;;) {
		if (f->at.skipping) {
			const char *nl = memchr(p + pos, '\n', n - pos);
			if (nl == NULL)
				return n;
			pos = (size_t)(nl - p) + 1;
			f->at.skipping = false;
		}
		size_t from = pos;
		pos += whole_lines(t, p + pos, n - pos);
		emit(f, base, p, from, pos, sink);
		if (n - pos <= t->limit)
			return pos;
		f->at.skipping = true;
		f->at.offset = base + (int64_t)pos;
		if (sink->too_long != NULL)
			sink->too_long(sink->arg, &f->at, p + pos,
				       n - pos < HEAD_OF_LONG_LINE ? n - pos : HEAD_OF_LONG_LINE);
	}
}

static void
block_fit(struct tail *t, size_t size)
{
	if (size == t->block_size)
		return;
	free(t->block);
	t->block = xmalloc(size + 1); /* one more: read_rest adds a newline */
	t->block_size = size;
}

static bool
block_grow(struct tail *t)
{
	size_t most = t->limit + 2 > BLOCK ? t->limit + 2 : BLOCK;

	if (t->block_size >= most)
		return false;
	block_fit(t, t->block_size * 2 < most ? t->block_size * 2 : most);
	return true;
}

/* want: at most as many as a block has. */
static ssize_t
block_read(struct tail *t, struct follow *f, size_t want)
{
	ssize_t n;

	do
		n = pread(f->fd, t->block, want, f->at.offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		snprintf(f->error, sizeof f->error, "cannot read: %s", strerror(errno));
	else
		f->error[0] = '\0';
	return n;
}

/* A writer that does not append goes on at its old offset after a truncation; before that is a hole. */
static void
skip_hole(struct tail *t, struct follow *f)
{
	off_t data = lseek(f->fd, f->at.offset, SEEK_DATA);
	ssize_t n;

	if (data > f->at.offset)
		f->at.offset = data;
	while ((n = block_read(t, f, t->block_size)) > 0) {
		ssize_t i = 0;
		while (i < n && t->block[i] == '\0')
			i++;
		f->at.offset += i;
		if (i < n) {
			f->cut = false;
			return;
		}
	}
}

/* How much to read when so much is still asked for. */
static size_t
block_share(const struct tail *t, int64_t left)
{
	if (left < BLOCK_LEAST)
		left = BLOCK_LEAST;
	return (size_t)left < t->block_size ? (size_t)left : t->block_size;
}

/* There is no end of a line in it: more of it, while there may be more. */
static bool
block_more(struct tail *t, size_t *want)
{
	if (*want == t->block_size && !block_grow(t))
		return false;
	*want = *want * 2 < t->block_size ? *want * 2 : t->block_size;
	return true;
}

int64_t
read_file(struct tail *t, struct follow *f, int64_t quota, const struct tail_sink *sink)
{
	int64_t handed = 0;
	size_t want;
	ssize_t n;

	t->current = f;
	f->starting |= f->at.offset == 0 && !f->begun;
	if (t->block == NULL || t->block_size > BLOCK)
		block_fit(t, BLOCK);
	if (f->cut)
		skip_hole(t, f);
	want = block_share(t, quota);
	while (handed < quota && (n = block_read(t, f, want)) > 0) {
		int64_t base = f->at.offset;
		announce(t, f, sink);
		size_t used = deal(t, f, t->block, (size_t)n, sink);
		if (used == 0) { /* a half line */
			if ((size_t)n == want && block_more(t, &want))
				continue;
			break;
		}
		f->at.offset = base + (int64_t)used;
		id_recent(&f->at, t->block, used);
		handed += (int64_t)used;
		f->read_ms = t->now;
		if ((size_t)n < want)
			break; /* the end, for now: what is written meanwhile comes with the next poll */
		want = block_share(t, quota - handed);
	}
	t->current = NULL;
	return handed;
}

int64_t
read_rest(struct tail *t, struct follow *f, const struct tail_sink *sink)
{
	ssize_t n;

	t->current = f;
	if (t->block == NULL)
		block_fit(t, BLOCK);
	while ((n = block_read(t, f, t->block_size)) == (ssize_t)t->block_size && block_grow(t))
		;
	if (n > 0) {
		announce(t, f, sink);
		f->at.offset += n;
		id_recent(&f->at, t->block, (size_t)n);
		t->block[n] = '\n';
		if (!f->at.skipping)
			sink->lines(sink->arg, &f->at, t->block, (size_t)n + 1);
	}
	f->at.skipping = false;
	t->current = NULL;
	return n > 0 ? n : 0;
}
