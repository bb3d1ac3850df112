/*
 * load.c -- snapshots out of parts: which page needs which, what each depends on, when it is read again. See snapshot.h.
 */
#include "load.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/reader.h"
#include "mlwatch/store.h"
#include "mlwatch/xalloc.h"
#include "view_private.h"

#define LOOK_MS   (3 * MS_SECOND)  /* an agent that hangs commits nothing: how soon that is noticed */
#define STAND_MS  (30 * MS_SECOND) /* nor does time that ends a silence: how soon it is read again all the same */
#define UNSEEN_MS (10 * MS_SECOND) /* how long what is not on the screen is kept */
#define QUERY_MS  (60 * MS_SECOND) /* how long a query may take at all */

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
static const struct part_kind {
	load_fn *load;
	unsigned pages, depends;
	int every_ms; /* after something was committed; 0: at once */
	size_t member;
} kinds[N_PARTS] = {
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

/* ---- boxes: a part and who holds it ---- */

struct part_box {
	atomic_int holders;
	struct arena *mem;
	void *payload; /* NULL: it could not be read */
	uint64_t depends;
	int64_t read_at; /* monotonic */
	int64_t version; /* of the store when it was read */
	bool troubled;   /* to be read again */
};

struct parts {
	struct part_box *box[N_PARTS];
	struct request last;
	bool asked;
	int64_t looked_at;  /* monotonic: when the agent was last seen to be as PART_STATE has it */
	atomic_bool cancel; /* set from another thread; promql looks at it while it evaluates */
};

static struct part_box *
hold(struct part_box *b)
{
	atomic_fetch_add(&b->holders, 1);
	return b;
}

static void
let_go(struct part_box *b)
{
	if (b == NULL || atomic_fetch_sub(&b->holders, 1) > 1)
		return;
	arena_close(b->mem);
	free(b);
}

struct parts *
parts_open(void)
{
	return xcalloc(1, sizeof(struct parts));
}

void
parts_close(struct parts *p)
{
	if (p == NULL)
		return;
	for (int i = 0; i < N_PARTS; i++)
		let_go(p->box[i]);
	free(p);
}

void
parts_cancel(struct parts *p)
{
	p->cancel = true;
}

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

static bool
still_good(enum part part, const struct part_box *b, const struct request *q, int64_t version)
{
	const int64_t age = clock_monotonic() - b->read_at;
	const int64_t step = q->range_ms / CHART_POINTS;

	if (b->troubled)
		return false;
	if (b->version == version)
		return part != PART_STATE || age < STAND_MS;
	return age < (kinds[part].every_ms != EVERY_STEP ? kinds[part].every_ms : step > 2000 ? step : 2000);
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

static struct snapshot *
snapshot_open(const struct request *q)
{
	struct snapshot *s = xcalloc(1, sizeof *s);

	s->mem = arena_open();
	s->clock = q->clock > 0 ? q->clock : clock_now();
	s->t = q->at > 0 ? q->at : s->clock;
	s->from = s->t - q->range_ms;
	s->live = q->at == 0;
	return s;
}

void
snapshot_close(struct snapshot *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < N_PARTS; i++)
		let_go(s->box[i]);
	arena_close(s->mem);
	free(s);
}

/* Models are judged by the alerts of this snapshot, whenever their figures were read. */
static void
take_models(struct snapshot *s, const struct view_overview *models)
{
	s->o.models = arena_alloc(s->mem, (models->n_models + 1) * sizeof *s->o.models);
	if (models->n_models > 0)
		memcpy(s->o.models, models->models, models->n_models * sizeof *s->o.models);
	s->o.n_models = models->n_models;
	s->o.models_window_ms = models->models_window_ms;
	s->has_models = true;
	view_models_judge(&s->o, s->mem);
}

static void
put_in(struct snapshot *s, enum part part, struct part_box *b)
{
	s->box[part] = hold(b);
	if (b->payload == NULL)
		return;
	if (part == PART_STATE)
		s->o = *(struct view_overview *)b->payload;
	else if (part == PART_MODELS)
		take_models(s, b->payload);
	else if (part == PART_CHANGES)
		s->o.changed = *(struct view_changes *)b->payload;
	else
		*(const void **)((char *)s + kinds[part].member) = b->payload;
}

/* The same once more, for whoever shows it while the rest is read. */
static struct snapshot *
snapshot_copy(const struct snapshot *s, const struct request *q)
{
	struct snapshot *copy = snapshot_open(q);

	copy->t = s->t;
	copy->from = s->from;
	copy->clock = s->clock;
	for (int i = 0; i < N_PARTS; i++)
		if (s->box[i] != NULL)
			put_in(copy, (enum part)i, s->box[i]);
	copy->model = s->model != NULL ? arena_strdup(copy->mem, s->model) : NULL;
	copy->version = s->version != NULL ? arena_strdup(copy->mem, s->version) : NULL;
	copy->job = s->job != NULL ? arena_strdup(copy->mem, s->job) : NULL;
	copy->alert = s->alert != NULL ? arena_strdup(copy->mem, s->alert) : NULL;
	copy->feature = s->feature != NULL ? arena_strdup(copy->mem, s->feature) : NULL;
	copy->trouble = s->trouble != NULL ? arena_strdup(copy->mem, s->trouble) : NULL;
	copy->error = s->error != NULL ? arena_strdup(copy->mem, s->error) : NULL;
	return copy;
}

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
	b->payload = kinds[part].load(&l);
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
	const uint64_t depends = depends_now(&kinds[part], r->q, r->s);
	const bool same = old != NULL && old->depends == depends;

	if (r->q->brief && part > PART_MODELS) {
		if (same)
			put_in(r->s, part, old);
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
		let_go(keep ? fresh : old);
		r->news = r->any = true;
	}
	put_in(r->s, part, *slot);
}

/* What stands still is shown as of when it was last alive. */
static void
settle_time(struct snapshot *s, const struct request *q)
{
	const struct view_agent *a = &s->o.agent;

	if (s->live && (a->state != AGENT_OK || s->error != NULL) && a->heartbeat_ms > 0 && a->heartbeat_ms < s->t)
		s->t = a->heartbeat_ms;
	s->from = s->t - q->range_ms;
	s->o.t = s->t;
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

/* ---- what the request comes to ---- */

const struct view_alert *
alert_by_fingerprint(const struct view_overview *o, const char *fingerprint)
{
	for (size_t i = 0; fingerprint != NULL && i < o->n_alerts; i++)
		if (strcmp(o->alerts[i].fingerprint, fingerprint) == 0)
			return &o->alerts[i];
	return NULL;
}

/* NULL or "": any. */
static bool
is_wanted(const char *have, const char *want)
{
	return want == NULL || want[0] == '\0' || strcmp(have, want) == 0;
}

static const struct view_model *
find_model(const struct view_overview *o, const char *model, const char *version, const char *job)
{
	for (size_t i = 0; i < o->n_models; i++)
		if (strcmp(o->models[i].model, model) == 0 && is_wanted(o->models[i].version, version) &&
		    is_wanted(o->models[i].job, job))
			return &o->models[i];
	return NULL;
}

const struct view_model *
snapshot_model(const struct snapshot *s)
{
	return s->model != NULL ? find_model(&s->o, s->model, s->version, s->job) : NULL;
}

static void
resolve(struct snapshot *s, const struct request *q)
{
	const struct view_alert *a = alert_by_fingerprint(&s->o, q->alert);
	const struct view_model *m = NULL;

	if (a == NULL && q->alert[0] == '\0' && s->o.n_alerts > 0)
		a = &s->o.alerts[0];
	if (q->model[0] != '\0') {
		m = find_model(&s->o, q->model, q->version, q->job);
		if (m == NULL) /* its version went, or versions are one row now */
			m = find_model(&s->o, q->model, NULL, q->job);
	} else if (a != NULL && (q->page == PAGE_OVERVIEW || q->page == PAGE_ALERT)) {
		m = find_model(&s->o, a->model, NULL, NULL);
	}
	if (m == NULL && s->o.n_models > 0)
		m = &s->o.models[0];
	s->alert = a != NULL ? a->fingerprint : NULL;
	s->model = m != NULL ? m->model : NULL;
	s->version = m != NULL ? m->version : NULL;
	s->job = m != NULL ? m->job : NULL;
	s->feature = q->feature[0] != '\0' ? arena_strdup(s->mem, q->feature) : NULL;
}

static void
resolve_feature(struct snapshot *s)
{
	if (s->features == NULL)
		return;
	for (size_t i = 0; s->feature != NULL && i < s->features->n; i++)
		if (strcmp(s->features->at[i].name, s->feature) == 0)
			return;
	s->feature = s->features->n > 0 ? s->features->at[0].name : NULL;
}

/* Is the agent as it was when the state was read? */
static bool
agent_as_it_was(struct parts *p, struct reader *reader)
{
	const struct view_overview *o = p->box[PART_STATE]->payload;
	const int64_t now = clock_now();
	enum agent_state state;

	if (clock_monotonic() - p->looked_at < LOOK_MS)
		return true;
	p->looked_at = clock_monotonic();
	return view_agent_state(&(struct view_source){reader_store(reader), NULL, now, now}, &state, NULL) == 0 &&
	       state == o->agent.state;
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

		if (kinds[part].pages & 1u << q->page && (b == NULL || b->payload == NULL || b->version != version ||
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
		if (!(kinds[part].pages & 1u << q->page))
			continue;
		take_part(&r, (enum part)part);
		if (part == PART_STATE && r.s->trouble != NULL && r.s->error == NULL)
			r.s->error = r.s->trouble;
		if (part == PART_STATE) {
			settle_time(r.s, q);
			settle_on_window(r.s, q, reader_store(reader));
		}
		if (part == PART_MODELS)
			resolve(r.s, q);
		if (part == PART_FEATURES)
			resolve_feature(r.s);
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

bool
parts_tidy(struct parts *p)
{
	bool any = false;

	for (int i = 0; i < N_PARTS; i++) {
		struct part_box *b = p->box[i];

		if (b == NULL || kinds[i].pages & 1u << p->last.page || clock_monotonic() - b->read_at < UNSEEN_MS)
			continue;
		p->box[i] = NULL;
		let_go(b);
		any = true;
	}
	return any;
}

void
parts_doubt(struct parts *p)
{
	for (int i = 0; i < N_PARTS; i++)
		if (p->box[i] != NULL)
			p->box[i]->troubled = true;
}

struct snapshot *
snapshot_failed(const struct parts *p, const struct request *q, const struct err *e)
{
	struct snapshot *s = snapshot_open(q);

	s->error = arena_strdup(s->mem, e->text);
	s->error_hint = arena_strdup(s->mem, e->hint);
	s->o.agent = (struct view_agent){.host = "", .version = "", .state = AGENT_NEVER};
	s->o.health = HEALTH_UNKNOWN;
	s->blank = p->box[PART_STATE] == NULL || p->box[PART_STATE]->payload == NULL;
	for (int i = 0; i < N_PARTS && !s->blank; i++)
		if (p->box[i] != NULL)
			put_in(s, (enum part)i, p->box[i]);
	settle_time(s, q);
	resolve(s, q);
	return s;
}

const struct spark *
snapshot_spark(const struct snapshot *s, const char *fingerprint)
{
	for (size_t i = 0; s->sparks != NULL && i < s->sparks->n; i++)
		if (strcmp(s->sparks->at[i].fingerprint, fingerprint) == 0)
			return &s->sparks->at[i];
	return NULL;
}
