/*
 * log.c -- the agent's own log: one write per line, never blocking.
 *
 * The descriptor is set non-blocking only while it is a pipe or socket of its own; a shared one (a terminal) must not
 * be changed under its other users, so every line is preceded by a poll with no wait: a reader that is gone or stuck
 * costs the line, never the agent.
 */
#include "mlwatch/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

struct log {
	int fd;
	enum log_format format;
	enum log_level level;
	pthread_mutex_t lock;
	uint64_t dropped;
};

static const struct {
	const char *word;
	char priority; /* what journald reads from <N> */
} levels[] = {{"error", '3'}, {"warn", '4'}, {"info", '6'}, {"debug", '7'}};

struct log *
log_open(int fd, enum log_format format, enum log_level level)
{
	struct log *l = xcalloc(1, sizeof(*l));

	l->fd = fd;
	l->format = format;
	l->level = level;
	pthread_mutex_init(&l->lock, NULL);
	return l;
}

void
log_close(struct log *l)
{
	if (l == NULL)
		return;
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* A line stays a line whatever a path or message brings along. */
static void
add_text(struct buf *out, const char *s)
{
	struct buf clean = BUF_INIT;
	size_t i;

	utf8_repair(&clean, s, strlen(s));
	for (i = 0; i < clean.len; i++) {
		unsigned char c = (unsigned char)clean.p[i];

		if (c == '\n')
			buf_addstr(out, "\\n");
		else if (c < 0x20 || c == 0x7F)
			buf_addf(out, "\\x%02x", c);
		else
			buf_addc(out, (char)c);
	}
	buf_release(&clean);
}

static void
add_json(struct buf *out, const char *s)
{
	struct buf clean = BUF_INIT;
	size_t i;

	utf8_repair(&clean, s, strlen(s));
	buf_addc(out, '"');
	for (i = 0; i < clean.len; i++) {
		unsigned char c = (unsigned char)clean.p[i];

		if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", c);
		else if (c < 0x20)
			buf_addf(out, "\\u%04x", c);
		else
			buf_addc(out, (char)c);
	}
	buf_addc(out, '"');
	buf_release(&clean);
}

static void
format_line(struct buf *out, const struct log *l, enum log_level level, const char *module, const char *text)
{
	char now[32];

	rfc3339_format(now, clock_now());
	switch (l->format) {
	case LOG_JSON:
		buf_addf(out, "{\"ts\":\"%s\",\"level\":\"%s\",\"module\":", now, levels[level].word);
		add_json(out, module);
		buf_addstr(out, ",\"msg\":");
		add_json(out, text);
		buf_addc(out, '}');
		break;
	case LOG_JOURNAL:
		buf_addf(out, "<%c>%s: ", levels[level].priority, module);
		add_text(out, text);
		break;
	default:
		buf_addf(out, "%s %-5s %s: ", now, levels[level].word, module);
		add_text(out, text);
	}
	buf_addc(out, '\n');
}

static void
put(struct log *l, const struct buf *line)
{
	struct pollfd p = {.fd = l->fd, .events = POLLOUT};

	if (poll(&p, 1, 0) != 1 || (p.revents & POLLOUT) == 0 || write(l->fd, line->p, line->len) < 0)
		l->dropped++;
}

void
log_line(struct log *l, enum log_level level, const char *module, const char *fmt, ...)
{
	struct buf line = BUF_INIT, text = BUF_INIT;
	va_list ap;

	if (l == NULL || level > l->level)
		return;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	format_line(&line, l, level, module, buf_str(&text));
	pthread_mutex_lock(&l->lock);
	if (l->dropped > 0 && level != LOG_DEBUG) {
		struct buf note = BUF_INIT;
		uint64_t was = l->dropped;
		char count[64];

		snprintf(count, sizeof(count), "%llu lines dropped: nobody read them", (unsigned long long)was);
		format_line(&note, l, LOG_WARN, "log", count);
		l->dropped = 0;
		put(l, &note);
		if (l->dropped > 0)
			l->dropped = was;
		buf_release(&note);
	}
	put(l, &line);
	pthread_mutex_unlock(&l->lock);
	buf_release(&line);
	buf_release(&text);
}
