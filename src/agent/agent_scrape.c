/*
 * agent_scrape.c -- when targets and health checks are asked, and what becomes of their answers: samples for the next commit, events
 * when a target goes down, comes back or was restarted.
 */
#include "scrapes_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"

static void
free_probe(struct probe *p)
{
	scrape_target_close(p->target);
	free(p->labels);
	free(p);
}

static void
free_when_done(struct scrapes *s)
{
	if (!s->stopped || s->kept || s->busy > 0)
		return;
	free(s->at);
	free(s->specs);
	free(s);
}

/* ---- what an answer means ---- */

static void
event(struct probe *p, const char *severity, const char *text)
{
	const struct store_event ev = {.t = clock_now(),
				       .kind = "target",
				       .severity = severity,
				       .subject = labels_get(*p->labels, "job"),
				       .model = labels_get(*p->labels, "model"),
				       .text = text,
				       .ref = labels_get(*p->labels, "instance")};

	batch_event(agent_pending(p->owner->agent), &ev);
}

/* host:port/path: no scheme, and no user or parameters, which may be secret. */
static void
short_url(char out[300], const char *url)
{
	const char *host = strstr(url, "://"), *at;
	size_t n;

	host = host != NULL ? host + 3 : url;
	n = strcspn(host, "/?#");
	at = memchr(host, '@', n);
	if (at != NULL)
		host = at + 1;
	snprintf(out, 300, "%.*s", (int)strcspn(host, "?#"), host);
}

static void
note(struct probe *p, const struct scrape_answer *a, const char *why, double samples, int64_t now)
{
	static const char *const severity[] = {
	    [TARGET_DOWN] = "problem", [TARGET_UP] = "good", [TARGET_FLAPS] = "problem", [TARGET_STEADY] = "good"};
	const int64_t since = p->facts.down_since_ms;
	const enum target_change c = target_note(&p->facts, a, why, samples, p->health != NULL, now);
	struct buf text = BUF_INIT;
	char name[300];

	if (c == TARGET_SAME)
		return;
	short_url(name, p->url);
	target_change_words(&text, &p->facts, c, name, since, now);
	event(p, severity[c], buf_str(&text));
	buf_release(&text);
}

struct taking {
	struct probe *probe;
	struct batch *batch;
};

static void
on_sample(void *arg, struct labels l, int64_t t, double v)
{
	struct taking *k = arg;
	struct probe *p = k->probe;

	if (strcmp(labels_get(l, METRIC_NAME), "process_start_time_seconds") == 0 && v > 0) {
		if (p->facts.process_start > 0 && v > p->facts.process_start + 1) {
			char text[512];

			snprintf(text, sizeof text, "%s restarted (process start time changed)",
				 labels_get(l, "instance"));
			event(p, "warning", text);
		}
		p->facts.process_start = v;
	}
	batch_sample(k->batch, l, t, v);
}

static void
scraped(struct probe *p, const struct scrape_answer *a, int64_t now)
{
	struct taking k = {p, agent_pending(p->owner->agent)};
	struct scrape_report r = scrape_target_take(p->target, a, now, on_sample, &k);

	note(p, a, r.error, (double)r.scraped, now);
}

static void
checked(struct probe *p, const struct scrape_answer *a, const struct fetch_result *f, int64_t now)
{
	const struct config_health *c = p->health;
	const struct health_spec spec = {.job = c->job_name,
					 .url = c->url,
					 .expect_status = c->expect_status,
					 .expect_json = c->expect_json,
					 .n_expect_json = c->n_expect_json};
	struct batch *b = agent_pending(p->owner->agent);
	char why[256];
	bool good = health_judge(&spec, a, why);

	batch_sample(b, labels_with(b->mem, *p->labels, METRIC_NAME, "ml_health"), now, good ? 1 : 0);
	batch_sample(b, labels_with(b->mem, *p->labels, METRIC_NAME, "ml_health_seconds"), now, a->seconds);
	fetch_hide(f, why, strlen(why));
	note(p, a, why, 0, now);
	fetch_hide(f, p->facts.last.body, strlen(p->facts.last.body));
	fetch_hide(f, p->facts.good.body, strlen(p->facts.good.body));
}

static void
on_answer(void *arg, const struct fetch_result *f)
{
	struct probe *p = arg;
	struct scrapes *s = p->owner;
	const struct scrape_answer a = {f->error, f->status, f->body, f->n, f->content_type, f->seconds};

	p->busy = false;
	s->busy--;
	if (p->closed && !p->kept)
		free_probe(p);
	if (s->stopped) {
		free_when_done(s);
		return;
	}
	if (p->health != NULL)
		checked(p, &a, f, p->asked_ms);
	else
		scraped(p, &a, p->asked_ms);
}

/* ---- when ---- */

static void schedule(struct probe *p);

static void
on_due(uv_timer_t *t)
{
	struct probe *p = t->data;
	char limit[80];
	const char *headers[] = {limit}; /* for exporters that ask others in turn */
	const struct fetch_spec spec = {.url = (char *)p->url,
					.headers = headers,
					.n_headers = 1,
					.accept = p->health != NULL ? NULL : SCRAPE_ACCEPT,
					.auth = p->health != NULL ? &p->health->auth : &p->scrape->auth,
					.timeout_ms = p->timeout_ms,
					.body_limit = p->scrape != NULL ? (size_t)p->scrape->body_size_limit : 0};

	const bool early = clock_now() < p->slot_ms; /* see on_due in agent_rules.c */

	schedule(p);
	if (p->busy || early)
		return;
	p->busy = true;
	p->asked_ms = clock_now();
	p->owner->busy++;
	snprintf(limit, sizeof limit, "X-Prometheus-Scrape-Timeout-Seconds: %g", (double)p->timeout_ms / 1000);
	fetcher_get(p->owner->agent->fetcher, &spec, on_answer, p);
}

static void
schedule(struct probe *p)
{
	const int64_t now = clock_now();
	const int64_t offset = p->target != NULL ? scrape_target_offset(p->target)
						 : (int64_t)(labels_hash(*p->labels) % (uint64_t)p->interval_ms);
	int64_t next = now - now % p->interval_ms + offset;

	if (next <= now)
		next += p->interval_ms;
	p->slot_ms = next;
	uv_timer_start(&p->timer, on_due, (uint64_t)(next - now), 0);
}

static void
add_probe(struct scrapes *s, struct probe *p)
{
	xgrow(s->at, s->n, s->cap);
	s->at[s->n++] = p;
	p->owner = s;
	uv_timer_init(&s->agent->loop, &p->timer);
	p->timer.data = p;
	/* The first time soon, spread a little, so that a newly started agent knows its targets within seconds. */
	uv_timer_start(&p->timer, on_due, 50 + labels_hash(*p->labels) % 950, 0);
}

static bool
is_repetition(const struct scrapes *s, const struct scrape_target *t)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i]->target != NULL && scrape_target_same(s->at[i]->target, t))
			return true;
	return false;
}

static void
add_scrape(struct scrapes *s, const struct config_scrape *c, struct scrape_spec *spec)
{
	*spec = (struct scrape_spec){.job = c->job_name,
				     .scheme = c->scheme,
				     .metrics_path = c->metrics_path,
				     .params = c->params,
				     .n_params = c->n_params,
				     .interval_ms = c->interval_ms,
				     .timeout_ms = c->timeout_ms,
				     .honor_labels = c->honor_labels,
				     .honor_timestamps = c->honor_timestamps,
				     .sample_limit = c->sample_limit,
				     .label_limit = c->label_limit,
				     .relabel = &c->relabel,
				     .metric_relabel = &c->metric_relabel};
	for (size_t i = 0; i < c->n_statics; i++)
		for (size_t k = 0; k < c->statics[i].n_targets; k++) {
			struct err e = ERR_INIT;
			struct scrape_target *t = scrape_target_open(spec, c->statics[i].targets[k],
								     c->statics[i].labels, c->statics[i].n_labels, &e);
			struct probe *p;

			if (err_is_set(&e))
				log_line(s->agent->log, LOG_ERROR, "scrape", "job '%s': %s", c->job_name, e.text);
			if (t == NULL)
				continue;
			if (is_repetition(s, t)) {
				scrape_target_close(t);
				continue;
			}
			p = xcalloc(1, sizeof *p);
			p->scrape = c;
			p->target = t;
			p->labels = labels_dup(scrape_target_labels(t));
			p->url = scrape_target_url(t);
			p->interval_ms = scrape_target_interval(t);
			p->timeout_ms = scrape_target_timeout(t);
			add_probe(s, p);
		}
}

static void
add_health(struct scrapes *s, const struct config_health *c)
{
	struct arena *mem = arena_open();
	struct probe *p = xcalloc(1, sizeof *p);
	char instance[256];

	health_instance(c->url, instance, sizeof instance);
	const struct label all[] = {{"job", c->job_name}, {"instance", instance}};
	p->health = c;
	p->labels = labels_dup(labels_make(mem, all, 2));
	p->url = c->url;
	p->interval_ms = c->interval_ms;
	p->timeout_ms = c->timeout_ms;
	add_probe(s, p);
	arena_close(mem);
}

/* ---- reload ---- */

/* b is of a configuration that is gone: nothing that it borrowed may be looked at. */
static bool
is_same(const struct probe *a, const struct probe *b)
{
	if (a->target != NULL && b->target != NULL)
		return scrape_target_same(a->target, b->target);
	return a->target == NULL && b->target == NULL && labels_equal(*a->labels, *b->labels);
}

/* A target that stays goes on: its series do not end, and what is known of it is kept. */
static void
go_on(struct probe *p, struct probe *old)
{
	if (p->target != NULL)
		scrape_target_adopt(p->target, old->target);
	p->facts = old->facts;
}

static void
end_probe(struct probe *p)
{
	struct taking k = {p, agent_pending(p->owner->agent)};

	if (p->target != NULL)
		scrape_target_end(p->target, clock_now(), on_sample, &k);
}

static void
release(struct scrapes *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i]->closed && !s->at[i]->busy)
			free_probe(s->at[i]);
		else
			s->at[i]->kept = false;
	s->n = 0;
	s->kept = false;
	free_when_done(s);
}

/* What the configuration no longer has ends; the rest is handed over. */
static void
hand_over(struct scrapes *before, struct scrapes *now)
{
	for (size_t i = 0; i < before->n; i++) {
		size_t j = 0;

		while (j < now->n && !is_same(now->at[j], before->at[i]))
			j++;
		if (j < now->n)
			go_on(now->at[j], before->at[i]);
		else
			end_probe(before->at[i]);
	}
	release(before);
}

int
scrapes_start(struct agent *a, struct err *e)
{
	const struct config *c = a->now.config;
	struct scrapes *s = xcalloc(1, sizeof *s);

	(void)e;
	s->agent = a;
	s->specs = xcalloc(c->n_scrapes + 1, sizeof *s->specs);
	for (size_t i = 0; i < c->n_scrapes; i++)
		add_scrape(s, &c->scrapes[i], &s->specs[i]);
	for (size_t i = 0; i < c->n_health; i++)
		add_health(s, &c->health[i]);
	a->scrapes = s;
	if (a->scrapes_before != NULL)
		hand_over(a->scrapes_before, s);
	else
		scrapes_recall(s);
	a->scrapes_before = NULL;
	return 0;
}

static void
probe_closed(uv_handle_t *h)
{
	struct probe *p = h->data;

	p->closed = true;
	if (!p->busy && !p->kept)
		free_probe(p);
}

/* When the agent stops, series do not end: it may be back in a moment. Otherwise scrapes_start says which of them do. */
void
scrapes_stop(struct agent *a)
{
	struct scrapes *s = a->scrapes;

	if (a->scrapes_before != NULL) /* a reload that did not come as far as the targets */
		release(a->scrapes_before);
	a->scrapes_before = NULL;
	if (s == NULL)
		return;
	a->scrapes = NULL;
	s->kept = !a->stopping;
	for (size_t i = 0; i < s->n; i++) {
		s->at[i]->kept = s->kept;
		uv_close((uv_handle_t *)&s->at[i]->timer, probe_closed);
	}
	s->stopped = true;
	if (s->kept)
		a->scrapes_before = s;
	else
		free_when_done(s);
}
