/*
 * events.c -- what is worth telling people about windows, until it is asked for. What that is: versions.c, feature_events.c.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "window_private.h"

#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

#define EVENTS_MAX 1000
#define TEXT_CHARS 400

/* Names come from logs: what is told of them is harmless. */
void
event_add(struct windows *w, const struct happened *h, const char *fmt, ...)
{
	struct buf raw = BUF_INIT, text = BUF_INIT;
	va_list ap;

	if (w->n_events >= EVENTS_MAX)
		return;
	va_start(ap, fmt);
	buf_vaddf(&raw, fmt, ap);
	va_end(ap);
	utf8_plain(&text, raw.p, raw.len, TEXT_CHARS);
	xgrow(w->events, w->n_events, w->cap_events);
	w->events[w->n_events] = *h;
	w->events[w->n_events++].text = buf_steal(&text);
	buf_release(&raw);
}

static void
told_free(struct windows *w)
{
	for (size_t i = 0; i < w->n_told; i++)
		free(w->told[i].text);
	free(w->told);
	w->told = NULL;
	w->n_told = 0;
}

size_t
windows_events(struct windows *w, int64_t now_ms, const struct window_event **out)
{
	gathered_events(w, now_ms);
	told_free(w);
	w->told = w->events;
	w->n_told = w->n_events;
	w->events = NULL;
	w->n_events = w->cap_events = 0;
	w->answer = xreallocarray(w->answer, w->n_told + 1, sizeof *w->answer);
	for (size_t i = 0; i < w->n_told; i++) {
		const struct happened *h = &w->told[i];

		w->answer[i] = (struct window_event){.kind = h->kind,
						     .severity = h->severity,
						     .model = h->model,
						     .version = h->version,
						     .feature = h->feature != NULL ? h->feature : "",
						     .t = h->t,
						     .text = h->text};
	}
	*out = w->answer;
	return w->n_told;
}

void
events_close(struct windows *w)
{
	told_free(w);
	for (size_t i = 0; i < w->n_events; i++)
		free(w->events[i].text);
	free(w->events);
	free(w->answer);
	while (w->n_gatherings > 0)
		gathering_close(w, w->n_gatherings - 1);
	free(w->gatherings);
}
