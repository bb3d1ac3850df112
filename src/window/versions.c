/*
 * versions.c -- which versions of a model answer: one that was not seen before, one that is seen again, one that has not been seen for an hour.
 *
 * By event time, judged at a drain: "now" is the newest record of any version of the model, so a log that is read late tells
 * the same story, and silence of the whole model says nothing about its versions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "window_private.h"

#include "mlwatch/clock.h"
#include "mlwatch/xalloc.h"

#define GONE_MS MS_HOUR

static struct version *
find(const struct windows *w, const char *model, const char *version)
{
	for (size_t i = 0; i < w->n_versions; i++)
		if (strcmp(w->versions[i]->model, model) == 0 && strcmp(w->versions[i]->version, version) == 0)
			return w->versions[i];
	return NULL;
}

static struct version *
add(struct windows *w, const char *model, const char *version)
{
	struct version *v = xcalloc(1, sizeof *v);

	v->model = xstrdup(model);
	v->version = xstrdup(version);
	xgrow(w->versions, w->n_versions, w->cap_versions);
	return w->versions[w->n_versions++] = v;
}

/* The newest record of any version of the model. */
static int64_t
newest_of(const struct windows *w, const char *model)
{
	int64_t t = 0;

	for (size_t i = 0; i < w->n_versions; i++)
		if (strcmp(w->versions[i]->model, model) == 0 && w->versions[i]->last_ms > t)
			t = w->versions[i]->last_ms;
	return t;
}

void
windows_version_known(struct windows *w, const char *model, const char *version, int64_t last_ms)
{
	struct version *v = find(w, model, version);

	if (v == NULL)
		v = add(w, model, version);
	v->known = true;
	if (last_ms > v->last_ms)
		v->last_ms = last_ms;
	for (size_t i = 0; i < w->n_versions; i++)
		if (strcmp(w->versions[i]->model, model) == 0)
			w->versions[i]->active =
			    w->versions[i]->last_ms > 0 && w->versions[i]->last_ms > newest_of(w, model) - GONE_MS;
}

size_t
windows_versions(const struct windows *w)
{
	return w->n_versions;
}

struct window_version
windows_version(const struct windows *w, size_t i)
{
	const struct version *v = w->versions[i];

	return (struct window_version){v->model, v->version, v->last_ms};
}

/* ---- words ---- */

static const char *
name_of(const struct version *v)
{
	return v->version[0] != '\0' ? v->version : "(none)";
}

static void
ago_words(char out[32], int64_t ms)
{
	char length[16];

	duration_human(length, ms);
	if (ms >= 2 * MS_DAY)
		snprintf(out, 32, "%lld days ago", (long long)(ms / MS_DAY));
	else
		snprintf(out, 32, "%s ago", length);
}

static void
tell(struct windows *w, const struct version *v, const char *kind, int64_t t, const char *text)
{
	const struct happened h = {kind, "info", v->model, v->version, NULL, t, NULL};

	event_add(w, &h, "%s", text);
}

/* The other versions of the model: those seen within an hour before t by name, and the one seen last of the rest. */
struct others {
	struct buf active;
	size_t n_active, n;
	const struct version *last;
};

static struct others
others_of(const struct windows *w, const struct version *v, int64_t t)
{
	struct others o = {BUF_INIT, 0, 0, NULL};

	for (size_t i = 0; i < w->n_versions; i++) {
		const struct version *other = w->versions[i];

		if (other == v || strcmp(other->model, v->model) != 0)
			continue;
		o.n++;
		if (other->last_ms > 0 && other->last_ms > t - GONE_MS) {
			buf_addf(&o.active, "%s%s", o.n_active > 0 ? ", " : "", name_of(other));
			o.n_active++;
		} else if (o.last == NULL || other->last_ms > o.last->last_ms) {
			o.last = other;
		}
	}
	return o;
}

/* ---- judging ---- */

/* That these have gone is told with v's coming. */
static void
others_have_gone(struct windows *w, const struct version *v)
{
	for (size_t i = 0; i < w->n_versions; i++)
		if (w->versions[i] != v && strcmp(w->versions[i]->model, v->model) == 0)
			w->versions[i]->active = false;
}

static void
comes(struct windows *w, const struct version *v, int64_t t)
{
	struct others o = others_of(w, v, t);
	struct buf text = BUF_INIT;
	char ago[32];

	if (o.n == 0 && !v->known) {
		if (v->version[0] != '\0')
			buf_addf(&text, "first seen, version %s", v->version);
		else
			buf_addstr(&text, "first seen");
		tell(w, v, "model", t, buf_str(&text));
	} else if (o.n_active > 0) {
		buf_addf(&text, "version %s %s, beside %s", name_of(v), v->known ? "again" : "first seen",
			 buf_str(&o.active));
		tell(w, v, "version", t, buf_str(&text));
	} else if (o.n > 0) {
		ago_words(ago, t - o.last->last_ms);
		buf_addf(&text, "version %s only (%s ", name_of(v), name_of(o.last));
		if (o.last->last_ms > 0)
			buf_addf(&text, "last seen %s)", ago);
		else
			buf_addstr(&text, "before)");
		tell(w, v, "version", t, buf_str(&text));
		others_have_gone(w, v);
	} /* the only one there is, after a silence: no news of versions */
	buf_release(&text);
	buf_release(&o.active);
}

static void
goes(struct windows *w, const struct version *v)
{
	const int64_t t = v->last_ms + GONE_MS;
	struct others o = others_of(w, v, t);
	struct buf text = BUF_INIT;

	if (o.n_active == 1)
		buf_addf(&text, "version %s only (%s last seen 1h ago)", buf_str(&o.active), name_of(v));
	else
		buf_addf(&text, "version %s last seen 1h ago, there are %s", name_of(v), buf_str(&o.active));
	tell(w, v, "version", t, buf_str(&text));
	buf_release(&text);
	buf_release(&o.active);
}

static struct version *
version_of(struct windows *w, struct model *m)
{
	if (m->version_seen == NULL)
		m->version_seen = find(w, m->name, m->version);
	if (m->version_seen == NULL)
		m->version_seen = add(w, m->name, m->version);
	return m->version_seen;
}

void
versions_judge(struct windows *w)
{
	for (size_t i = 1; i < w->n_models; i++) { /* models[0] is what does not fit */
		struct model *m = w->models[i];
		struct version *v = version_of(w, m);

		if (m->last_ms <= v->last_ms)
			continue;
		if (!v->active)
			comes(w, v, v->known ? m->last_ms : m->first_ms);
		v->active = v->known = true;
		v->last_ms = m->last_ms;
	}
	for (size_t i = 0; i < w->n_versions; i++) {
		struct version *v = w->versions[i];

		if (!v->active || v->last_ms > newest_of(w, v->model) - GONE_MS)
			continue;
		v->active = false;
		goes(w, v);
	}
}

void
versions_close(struct windows *w)
{
	for (size_t i = 0; i < w->n_versions; i++) {
		free(w->versions[i]->model);
		free(w->versions[i]->version);
		free(w->versions[i]);
	}
	free(w->versions);
}
