/*
 * dispatch.c -- alerts coming in, and the passing of time.
 */
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "message.h"
#include "mlwatch/xalloc.h"

struct span {
	int64_t starts, ends, updated;
	bool timeout;
};

static bool
over(const struct span *s, int64_t now)
{
	return s->ends <= now;
}

/* Two reports of one alert that overlap are one alert. `young` is the later report. */
static struct span
merge(const struct span *old, const struct span *young, int64_t now)
{
	struct span s = *young;

	if (old->starts < s.starts)
		s.starts = old->starts;
	if (over(young, now)) {
		/* both say it is over: the later end holds */
		if (over(old, now) && old->ends > young->ends)
			s.ends = old->ends;
	} else if (old->ends > young->ends && !old->timeout) {
		s.ends = old->ends;
	}
	return s;
}

static struct span
span_of(const struct dispatch *d, const struct alert *a, int64_t now)
{
	struct span s = {a->starts_ms, a->ends_ms, now, false};

	if (s.starts == 0)
		s.starts = s.ends != 0 ? s.ends : now;
	if (s.ends == 0) {
		s.timeout = true;
		s.ends = now + d->config->global.resolve_timeout;
	}
	return s;
}

static void
replace(char **field, const char *text)
{
	if (text == NULL)
		text = "";
	if (*field != NULL && strcmp(*field, text) == 0)
		return;
	free(*field);
	*field = xstrdup(text);
}

static void
update(struct dispatch *d, struct alert_row *a, const struct alert *in, const struct span *s, int64_t now)
{
	bool was_over = a->saved && a->ends <= now, changed = !a->saved || a->starts != s->starts;

	if (a->annotations == NULL || !labels_equal(*a->annotations, in->annotations)) {
		free(a->annotations);
		a->annotations = labels_dup(in->annotations);
		changed = true;
	}
	changed = changed || was_over != over(s, now);
	replace(&a->generator, in->generator_url);
	replace(&a->expr, in->expr);
	a->starts = s->starts;
	a->ends = s->ends;
	a->updated = s->updated;
	a->timeout = s->timeout;
	a->has_value = in->has_value;
	a->value = in->value;
	if (changed)
		mark_alert(d, a);
}

static struct alert_row *
find_or_make(struct dispatch *d, struct labels l)
{
	uint64_t fp = fingerprint(l);
	struct alert_row *a = fpmap_get(&d->alerts, fp);

	if (a != NULL)
		return a;
	a = xcalloc(1, sizeof *a);
	a->fp = fp;
	a->labels = labels_dup(l);
	fpmap_set(&d->alerts, fp, a);
	sources_add(d, a);
	members_route(d, a);
	return a;
}

void
dispatch_alert(struct dispatch *d, const struct alert *in, int64_t now)
{
	struct span s = span_of(d, in, now);
	struct alert_row *a = find_or_make(d, in->labels);

	if (a->updated != 0 &&
	    ((s.ends > a->starts && s.ends < a->ends) || (s.starts > a->starts && s.starts < a->ends))) {
		struct span old = {a->starts, a->ends, a->updated, a->timeout};
		s = merge(&old, &s, now);
	}
	update(d, a, in, &s, now);
	group_insert(d, a, now);
}

/* A firing alert of before the restart gets a full resolve_timeout: its rule must be heard of again before it counts as over. */
void
dispatch_restore_alert(struct dispatch *d, const struct alert *in, int64_t updated, bool timeout, int64_t now)
{
	struct alert_row *a = find_or_make(d, in->labels);
	struct span s = {in->starts_ms, in->ends_ms, updated, timeout};
	int64_t grace = now + d->config->global.resolve_timeout;

	if (s.ends == 0 || (s.ends > updated && s.ends < grace)) {
		s.ends = grace;
		s.timeout = true;
	}
	a->saved = true;
	update(d, a, in, &s, now);
	group_insert(d, a, now);
}

bool
dispatch_step(struct dispatch *d, int64_t now, size_t max)
{
	size_t n = 0;

	if (now >= d->next_cleanup)
		groups_cleanup(d, now);
	while (d->n_heap > 0 && d->heap[0]->next <= now) {
		if (n++ == max)
			return true;
		group_flush(d, d->heap[0], now);
	}
	return false;
}

int64_t
dispatch_next(const struct dispatch *d)
{
	if (d->n_heap == 0)
		return d->alerts.n != 0 ? d->next_cleanup : INT64_MAX;
	return d->heap[0]->next < d->next_cleanup ? d->heap[0]->next : d->next_cleanup;
}
