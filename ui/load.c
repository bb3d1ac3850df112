/*
 * load.c -- snapshots out of parts: which page needs which, what each depends on, when it is read again. See snapshot.h.
 */
#include "load.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/reader.h"
#include "mlwatch/store.h"
#include "mlwatch/xalloc.h"
#include "parts.h"
#include "view_private.h"

#define LOOK_MS  (3 * MS_SECOND)  /* an agent that hangs commits nothing: how soon that is noticed */
#define START_MS (15 * MS_SECOND) /* one that starts commits, unless it cannot */
#define STAND_MS (30 * MS_SECOND) /* nor does time that ends a silence: how soon it is read again all the same, */
#define DOWN_MS  (2 * MS_MINUTE)  /* and when there is no agent that would heed one */
#define QUERY_MS (60 * MS_SECOND) /* how long a query may take at all */

/* What a part depends on: when it is another one, the part is. */
enum depends {
	ON_RANGE = 1 << 0,
	ON_MODEL = 1 << 1,
	ON_ALERTS = 1 << 2,
	ON_ALERT = 1 << 3,
	ON_FEATURE = 1 << 4,
	ON_CELL = 1 << 5,
	ON_DRIFT = 1 << 6, /* statistic, baseline, window */
	ON_QUERY = 1 << 7,
	ON_COMPLETION = 1 << 8,
	ON_MESSAGE = 1 << 9,
	ON_VERSIONS = 1 << 10,
	ON_TARGETS = 1 << 11,
	ON_WIDTH = 1 << 12,
	ON_DETAIL = 1 << 13, /* is it a page that says all of drift, or the overview? */
};
#define P(page)      (1u << PAGE_##page)
#define EVERYWHERE   (~0u)
#define EVERY_STEP   (-1) /* of a chart over the range */
#define PART(member) offsetof(struct snapshot, member)
#define NO_MEMBER    SIZE_MAX

static load_fn load_state;
const struct part_kind part_kinds[N_PARTS] = {
    [PART_STATE] = {load_state, EVERYWHERE, 0, 0, NO_MEMBER},
    [PART_MODELS] = {load_models, EVERYWHERE, ON_VERSIONS, 2000, NO_MEMBER},
    [PART_CHANGES] = {load_changes, P(OVERVIEW), ON_RANGE, 2000, NO_MEMBER},
    [PART_SPARKS] = {load_sparks, P(OVERVIEW) | P(ALERTS), ON_ALERTS, 10000, PART(sparks)},
    [PART_RULES] = {load_rules, P(ALERTS), ON_ALERTS, 10000, PART(rules)},
    [PART_CHARTS] = {load_charts, P(OVERVIEW) | P(MODELS), ON_RANGE | ON_MODEL | ON_VERSIONS, EVERY_STEP, PART(charts)},
    [PART_FEATURES] = {load_features, P(OVERVIEW) | P(ALERT) | P(DRIFT) | P(FEATURE), ON_MODEL | ON_DRIFT | ON_DETAIL,
		       5000, PART(features)},
    [PART_HEAT] = {load_heat, P(DRIFT), ON_MODEL | ON_RANGE | ON_DRIFT | ON_WIDTH, 10000, PART(heat)},
    [PART_CELL] = {load_cell, P(DRIFT), ON_MODEL | ON_RANGE | ON_DRIFT | ON_WIDTH | ON_FEATURE | ON_CELL, 10000,
		   PART(cell)},
    [PART_FEATURE] = {load_feature, P(FEATURE), ON_MODEL | ON_RANGE | ON_DRIFT | ON_FEATURE, 5000, PART(detail)},
    [PART_ALERT] = {load_alert, P(ALERT), ON_ALERT | ON_RANGE, 3000, PART(about)},
    [PART_MODEL] = {load_model, P(MODELS), ON_MODEL | ON_VERSIONS, 5000, PART(of_model)},
    [PART_TARGETS] = {load_targets, P(TARGETS), ON_TARGETS, 10000, PART(targets)},
    [PART_LOGS] = {load_logs, P(LOGS), ON_TARGETS, 10000, PART(logs)},
    [PART_NOTIFY] = {load_notify, P(NOTIFY), ON_MESSAGE, 0, PART(notify)},
    [PART_EVENTS] = {load_events, P(EVENTS), ON_RANGE, 0, PART(events)},
    [PART_QUERY] = {load_query, P(QUERY), ON_RANGE | ON_QUERY, EVERY_STEP, PART(query)},
    [PART_NAMES] = {load_names, P(QUERY), ON_COMPLETION, 30000, PART(names)},
};

/* ---- the state ---- */

/* What was pending when the agent stopped is not pending for days. */
static void *
load_state(struct loading *l)
{
	struct view_overview *o = arena_calloc(l->mem, 1, sizeof *o);

	if (l->s->live)
		view_source_settle(&l->src);
	return view_state(&l->src, l->mem, o, &l->err) == 0 ? o : NULL;
}

/* ---- what a part depends on ---- */

static uint64_t
mix_text(uint64_t h, const char *text)
{
	return hash_mix(h, text != NULL ? hash_str(text) : 0);
}

static uint64_t
mix_alerts(uint64_t h, const struct view_overview *o)
{
	for (size_t i = 0; i < o->n_alerts; i++)
		h = mix_text(h, o->alerts[i].fingerprint);
	return h;
}

static uint64_t
mix_targets(uint64_t h, const struct view_overview *o)
{
	for (size_t i = 0; i < o->n_targets; i++)
		h = mix_text(mix_text(h, o->targets[i].job), o->targets[i].instance);
	for (size_t i = 0; i < o->n_files; i++)
		h = mix_text(h, o->files[i].path);
	return h;
}

/* Time that passes is no dependence while the range ends now. */
static uint64_t
depends_now(const struct part_kind *k, const struct request *q, const struct snapshot *s)
{
	uint64_t h = hash_mix((uint64_t)q->at, (uint64_t)q->clock);

	if (k->depends & ON_RANGE)
		h = hash_mix(h, (uint64_t)q->range_ms);
	if (k->depends & ON_MODEL)
		h = mix_text(mix_text(mix_text(h, s->model), s->version), s->job);
	if (k->depends & ON_ALERTS)
		h = mix_alerts(h, &s->o);
	if (k->depends & ON_ALERT)
		h = mix_text(h, s->alert);
	if (k->depends & ON_FEATURE)
		h = mix_text(h, s->feature);
	if (k->depends & ON_CELL)
		h = hash_mix(h, (uint64_t)q->cursor_ms);
	if (k->depends & ON_DRIFT)
		h = hash_mix(hash_mix(hash_mix(h, q->statistic), q->baseline), (uint64_t)q->drift_window_ms);
	if (k->depends & ON_QUERY)
		h = mix_text(h, q->query);
	if (k->depends & ON_COMPLETION)
		h = mix_text(h, q->complete);
	if (k->depends & ON_MESSAGE)
		h = mix_text(h, q->message);
	if (k->depends & ON_VERSIONS)
		h = hash_mix(hash_mix(h, q->versions_apart), q->behind_week);
	if (k->depends & ON_WIDTH)
		h = hash_mix(h, (uint64_t)q->heat_columns);
	if (k->depends & ON_DETAIL)
		h = hash_mix(h, q->page != PAGE_OVERVIEW);
	if (k->depends & ON_TARGETS)
		h = mix_targets(h, &s->o);
	return h;
}

static int64_t
stands_for(const struct view_overview *o)
{
	return o != NULL && !view_agent_runs(o->agent.state) ? DOWN_MS : STAND_MS;
}

static bool
still_good(enum part part, const struct part_box *b, const struct request *q, int64_t version)
{
	const int64_t age = clock_monotonic() - b->read_at;
	const int64_t step = q->range_ms / CHART_POINTS;

	if (b->troubled)
		return false;
	if (b->version == version)
		return part != PART_STATE || age < stands_for(b->payload);
	return age < (part_kinds[part].every_ms != EVERY_STEP ? part_kinds[part].every_ms : step > 2000 ? step : 2000);
}

/* ---- a snapshot ---- */

struct reading {
	struct parts *parts;
	struct reader *reader;
	const struct request *q;
	int64_t version;
	bool news, any; /* read since it was handed over; at all */
	snapshot_fn *hand;
	void *arg;
	struct snapshot *s;
};

static struct part_box *
read_part(struct reading *r, enum part part, uint64_t depends, const struct part_box *old)
{
	struct part_box *b = xcalloc(1, sizeof *b);
	struct promql promql = *reader_promql(r->reader);
	struct loading l = {.q = r->q,
			    .s = r->s,
			    .src = {reader_store(r->reader), &promql, r->s->t, r->s->clock},
			    .reader = r->reader,
			    .mem = arena_open(),
			    .before = old != NULL ? old->payload : NULL};

	promql.limits.cancel = &r->parts->cancel;
	promql.limits.timeout_ms = QUERY_MS;
	atomic_init(&b->holders, 1);
	b->mem = l.mem;
	b->depends = depends;
	b->version = r->version;
	b->payload = part_kinds[part].load(&l);
	b->read_at = clock_monotonic();
	b->troubled = err_is_set(&l.err);
	if (b->troubled && r->s->trouble == NULL)
		r->s->trouble = arena_strdup(r->s->mem, l.err.text);
	return b;
}

static void
take_part(struct reading *r, enum part part)
{
	struct part_box **slot = &r->parts->box[part], *old = *slot;
	const uint64_t depends = depends_now(&part_kinds[part], r->q, r->s);
	const bool same = old != NULL && old->depends == depends;

	if (r->q->brief && part > PART_MODELS) {
		if (same)
			snapshot_put(r->s, part, old);
		return;
	}
	if (!same || !still_good(part, old, r->q, r->version)) {
		if (r->news && (old == NULL || (!same && part > PART_MODELS))) {
			r->hand(r->arg, snapshot_copy(r->s, r->q));
			r->news = false;
		}
		struct part_box *fresh = read_part(r, part, depends, same ? old : NULL);
		/* what cannot be read leaves what was there before, and is tried again the next time */
		const bool keep = fresh->troubled && same && old->payload != NULL;
		*slot = keep ? old : fresh;
		part_let_go(keep ? fresh : old);
		r->news = r->any = true;
	}
	snapshot_put(r->s, part, *slot);
}

/* A time whose windows are wide by now as of the end of one: in the middle of it, it would count in full. */
static void
settle_on_window(struct snapshot *s, const struct request *q, struct store *store)
{
	const int64_t width = store_resolution(store, s->t, NULL);

	if (width <= store_resolution(store, INT64_MAX, NULL))
		return;
	s->t = s->o.t = s->t / width * width;
	s->from = s->t - q->range_ms;
}

/* Is the agent as it was when the state was read? */
static bool
agent_as_it_was(struct parts *p, struct reader *reader)
{
	const struct view_overview *o = p->box[PART_STATE]->payload;
	const int64_t now = clock_now();
	const bool ran = view_agent_runs(o->agent.state);
	enum agent_state state;

	if (clock_monotonic() - p->looked_at < (ran ? LOOK_MS : START_MS))
		return true;
	p->looked_at = clock_monotonic();
	return view_agent_state(&(struct view_source){reader_store(reader), NULL, now, now}, &state, NULL) == 0 &&
	       (ran ? state == o->agent.state : !view_agent_runs(state));
}

/* The same was asked of the same store, and nothing of the answer is due again. */
static bool
stands_still(struct parts *p, struct reader *reader, const struct request *q, int64_t version)
{
	const struct part_box *const state = p->box[PART_STATE];

	if (!p->asked || memcmp(&p->last, q, sizeof *q) != 0)
		return false;
	/* first: after the last commit some part is due again for a while, and the agent's death must not wait for that */
	if (q->at == 0 && state != NULL && state->payload != NULL && !agent_as_it_was(p, reader)) {
		p->box[PART_STATE]->troubled = true;
		return false;
	}
	for (int part = 0; part < N_PARTS; part++) {
		const struct part_box *b = p->box[part];

		if (part_kinds[part].pages & 1u << q->page &&
		    (b == NULL || b->payload == NULL || b->version != version ||
		     !still_good((enum part)part, b, q, version)))
			return false;
	}
	return true;
}

static void
read_all(struct parts *p, struct reader *reader, const struct request *q, int64_t version, snapshot_fn *hand, void *arg)
{
	struct reading r = {.parts = p,
			    .reader = reader,
			    .q = q,
			    .version = version,
			    .any = !p->asked || memcmp(&p->last, q, sizeof *q) != 0,
			    .hand = hand,
			    .arg = arg,
			    .s = snapshot_open(q)};
	struct err e = ERR_INIT;

	p->last = *q;
	p->asked = true;
	p->cancel = false;

	if (reader_refresh(reader, &e) < 0)
		r.s->error = arena_strdup(r.s->mem, e.text);
	for (int part = 0; part < N_PARTS && !p->cancel; part++) {
		if (!(part_kinds[part].pages & 1u << q->page))
			continue;
		take_part(&r, (enum part)part);
		if (part == PART_STATE && r.s->trouble != NULL && r.s->error == NULL)
			r.s->error = r.s->trouble;
		if (part == PART_STATE) {
			snapshot_settle(r.s, q);
			settle_on_window(r.s, q, reader_store(reader));
		}
		if (part == PART_MODELS)
			snapshot_resolve(r.s, q);
		if (part == PART_FEATURES)
			snapshot_resolve_feature(r.s);
	}
	if (p->cancel) {
		snapshot_close(r.s);
		return;
	}
	r.s->blank = r.s->box[PART_STATE]->payload == NULL;
	if (r.any)
		hand(arg, r.s);
	else
		snapshot_close(r.s);
}

void
snapshot_read(struct parts *p, struct reader *reader, const struct request *q, snapshot_fn *hand, void *arg)
{
	const int64_t version = store_data_version(reader_store(reader));

	if (!stands_still(p, reader, q, version))
		read_all(p, reader, q, version, hand, arg);
}

/* ---- in one go ---- */

static void
keep_it(void *arg, struct snapshot *s)
{
	struct snapshot **slot = arg;

	snapshot_close(*slot);
	*slot = s;
}

struct snapshot *
snapshot_load(struct reader *reader, const struct request *q)
{
	struct parts *p = parts_open();
	struct snapshot *s = NULL;

	snapshot_read(p, reader, q, keep_it, &s);
	parts_close(p);
	return s;
}
