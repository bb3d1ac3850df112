/*
 * alertmanager_timeline.c -- plays timelines against the dispatcher and the message builders, in virtual time, and compares what is
 * sent with what a real Alertmanager sent.
 *
 *     alertmanager_timeline [-v] FOLDER...
 *
 * A folder holds config.yml (@CATCHER@: the catcher's URL, @DIR@: the folder), scenario.yml (what happens when) and golden.json (what
 * came). A notification agrees when the same one (receiver, group, status, labels, alerts, text) comes within 1.5 s, in the same order
 * within its group. A request takes 3 ms here; an answer that is no 2xx is retried or given up as the sender does, with the mean of its
 * waiting times. Nothing is lost in a restart of ours, so "restart" does nothing here: a timeline with one shows whether that matters.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/notify/dispatch.h"
#include "../../src/notify/kinds.h"
#include "../../src/notify/message.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/file.h"
#include "mlwatch/notify.h"
#include "mlwatch/xalloc.h"

#define T0         INT64_C(1772000000000)
#define REQUEST_MS 3
#define TOLERANCE  1.5
#define MAX_ACTIVE 20000

struct active { /* an alert that the scenario has posted */
	struct labels labels, annotations;
	int64_t starts, ends; /* ends 0: fires */
	bool no_end;
};

struct in_flight {
	int64_t row, at;
	int attempts;
	char path[256];
	json_t *body;
	bool going, dropped;
};

struct play {
	const char *dir;
	struct notify_config *config;
	struct dispatch *dispatch;
	struct yaml_file scenario;
	struct arena *mem;
	struct active *active;
	size_t n_active;
	struct silence_row *silences; /* as the dispatcher gets them, rebuilt at each change */
	struct {
		char id[64];
		struct matcher_list matchers;
		const struct yaml_node *given;
		int64_t starts, ends;
	} silenced[64];
	size_t n_silenced;
	const struct yaml_node *responses;
	size_t answered[64];
	char answered_path[64][256];
	size_t n_answered;
	struct in_flight *flights;
	size_t n_flights, cap_flights;
	json_t *sent;
	int64_t now, rows;
};

/* ---- the scenario ---- */

static int64_t
ms_of(const struct yaml_node *map, const char *key, double dflt)
{
	const struct yaml_node *v = yaml_get(map, key);
	return (int64_t)llround(1000 * (v != NULL ? strtod(v->text, NULL) : dflt));
}

static struct labels
read_labels(struct play *p, const struct yaml_node *map, const char *without)
{
	struct label *l = arena_alloc(p->mem, (map->n + 1) * sizeof *l);
	size_t n = 0;

	for (size_t i = 0; i < map->n; i++)
		if (map->items[i]->kind == YAML_SCALAR && (without == NULL || strcmp(map->keys[i]->text, without) != 0))
			l[n++] = (struct label){map->keys[i]->text, map->items[i]->text};
	return labels_make(p->mem, l, n);
}

static struct active *
find_active(struct play *p, struct labels l)
{
	for (size_t i = 0; i < p->n_active; i++)
		if (labels_equal(p->active[i].labels, l))
			return &p->active[i];
	return NULL;
}

static void
post(struct play *p, const struct active *a)
{
	char *url = arena_printf(p->mem, "http://prom.example/graph?g0.expr=%s", labels_get(a->labels, "alertname"));
	const struct alert in = {
	    .labels = a->labels,
	    .annotations = a->annotations,
	    .starts_ms = a->starts,
	    .ends_ms = a->no_end      ? 0
		       : a->ends != 0 ? a->ends
				      : p->now + 30000,
	    .generator_url = url,
	};
	dispatch_alert(p->dispatch, &in, p->now);
}

static void
fire(struct play *p, const struct yaml_node *list, int64_t started, bool no_end)
{
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		struct labels l = read_labels(p, list->items[i], "annotations");
		struct active *a = find_active(p, l);
		const struct yaml_node *notes = yaml_get(list->items[i], "annotations");
		if (a == NULL && p->n_active < MAX_ACTIVE) {
			a = &p->active[p->n_active++];
			*a = (struct active){.labels = l};
		}
		if (a->ends != 0 || a->starts == 0)
			a->starts = started;
		a->ends = 0;
		a->no_end = no_end;
		if (notes != NULL)
			a->annotations = read_labels(p, notes, NULL);
		post(p, a);
	}
}

static void
resolve(struct play *p, const struct yaml_node *list)
{
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		struct active *a = find_active(p, read_labels(p, list->items[i], "annotations"));
		if (a == NULL)
			continue;
		a->ends = p->now;
		a->no_end = false;
		post(p, a);
	}
}

static void
give_silences(struct play *p)
{
	struct silence_row *at = xcalloc(p->n_silenced + 1, sizeof *at);

	for (size_t i = 0; i < p->n_silenced; i++) {
		at[i].id = xstrdup(p->silenced[i].id);
		at[i].starts = p->silenced[i].starts;
		at[i].ends = p->silenced[i].ends;
		const struct yaml_node *m = p->silenced[i].given;
		for (size_t k = 0; k < m->n; k++) {
			struct err e = ERR_INIT;
			const struct yaml_node *one = m->items[k];
			if (m->kind == YAML_LIST && one->kind == YAML_MAP) { /* as the API takes them */
				const struct yaml_node *re = yaml_get(one, "isRegex"), *eq = yaml_get(one, "isEqual");
				bool is_re = re != NULL && strcmp(re->text, "true") == 0,
				     not = eq != NULL && strcmp(eq->text, "false") == 0;
				struct matcher x;
				if (matcher_init(&x,
						 is_re ? (not ? MATCH_NRE : MATCH_RE)
						 : not ? MATCH_NE
						       : MATCH_EQ,
						 yaml_get(one, "name")->text, yaml_get(one, "value")->text, &e) == 0)
					matcher_list_add(&at[i].matchers, x);
			} else if (m->kind == YAML_LIST) {
				matchers_parse(&at[i].matchers, one->text, &e);
			} else {
				struct matcher x;
				if (matcher_init(&x, MATCH_EQ, m->keys[k]->text, one->text, &e) == 0)
					matcher_list_add(&at[i].matchers, x);
			}
			if (err_is_set(&e))
				fprintf(stderr, "%s: silence: %s\n", p->dir, e.text);
		}
	}
	dispatch_silences(p->dispatch, at, p->n_silenced);
}

/* One silence, or a list of them. */
static void
silence(struct play *p, const struct yaml_node *v)
{
	if (v->kind == YAML_LIST) {
		for (size_t i = 0; i < v->n; i++)
			silence(p, v->items[i]);
		return;
	}
	const char *id = yaml_get(v, "id") != NULL ? yaml_get(v, "id")->text : "s";
	size_t i = p->n_silenced < 63 ? p->n_silenced++ : 63;
	snprintf(p->silenced[i].id, sizeof p->silenced[i].id, "%s", id);
	p->silenced[i].given = yaml_get(v, "matchers");
	p->silenced[i].starts = p->now + ms_of(v, "start", 0);
	p->silenced[i].ends = p->now + ms_of(v, "end", 3600);
	give_silences(p);
}

static void
expire(struct play *p, const struct yaml_node *v)
{
	for (size_t k = 0; k < (v->kind == YAML_LIST ? v->n : 1); k++) {
		const char *id = v->kind == YAML_LIST ? v->items[k]->text : v->text;
		for (size_t i = 0; i < p->n_silenced; i++)
			if (strcmp(p->silenced[i].id, id) == 0 && p->silenced[i].ends > p->now)
				p->silenced[i].ends = p->now;
	}
	give_silences(p);
}

static void
happen(struct play *p, const struct yaml_node *ev)
{
	fire(p, yaml_get(ev, "fire"), p->now, false);
	fire(p, yaml_get(ev, "fire_old"), p->now - MS_HOUR, false);
	fire(p, yaml_get(ev, "fire_noend"), p->now, true);
	resolve(p, yaml_get(ev, "resolve"));
	if (yaml_get(ev, "silence") != NULL)
		silence(p, yaml_get(ev, "silence"));
	if (yaml_get(ev, "expire") != NULL)
		expire(p, yaml_get(ev, "expire"));
	if (yaml_get(ev, "responses") != NULL)
		p->responses = yaml_get(ev, "responses");
}

/* ---- the catcher ---- */

static int
answer(struct play *p, const char *path)
{
	const struct yaml_node *list = p->responses != NULL ? yaml_get(p->responses, path) : NULL;
	size_t i = 0;

	if (list == NULL && p->responses != NULL) /* with or without the first slash */
		list = yaml_get(p->responses, path + 1);
	while (i < p->n_answered && strcmp(p->answered_path[i], path) != 0)
		i++;
	if (i == p->n_answered && i < 64)
		snprintf(p->answered_path[p->n_answered++], 256, "%s", path);
	size_t k = p->answered[i < 64 ? i : 63]++;
	if (list == NULL)
		return 200;
	if (list->kind == YAML_LIST)
		return k < list->n ? atoi(list->items[k]->text) : 200;
	return k == 0 ? atoi(list->text) : 200;
}

static void
record(struct play *p, const struct in_flight *f, int code)
{
	char kind[64] = "", to[128] = "";

	sscanf(f->path, "/%63[^/]/%127s", kind, to);
	json_array_append_new(p->sent, json_pack("{s:f, s:s, s:s, s:i, s:O}", "t", (double)(p->now - T0) / 1000, "kind",
						 kind, "to", to, "code", code, "body", f->body));
}

static void
deliver(struct play *p, struct in_flight *f)
{
	int code = answer(p, f->path);
	struct fetch_result r = {.status = code, .retry_after_ms = -1};
	char why[256];

	record(p, f, code);
	f->attempts++;
	switch (verdict_http(&r, why, sizeof why)) {
	case VERDICT_SENT:
		dispatch_done(p->dispatch, f->row, true, p->now);
		f->row = 0;
		break;
	case VERDICT_GIVE_UP:
		dispatch_done(p->dispatch, f->row, false, p->now);
		f->row = 0;
		break;
	default:
		f->at = p->now + (int64_t)(500 * pow(1.5, f->attempts - 1));
		f->going = false;
	}
}

static void
fly(struct play *p)
{
	for (size_t i = 0; i < p->n_flights; i++) {
		struct in_flight *f = &p->flights[i];
		if (f->row == 0 || f->at > p->now)
			continue;
		if (f->dropped) {
			f->row = 0;
		} else if (!f->going) {
			f->going = true;
			f->at = p->now + REQUEST_MS;
			dispatch_sending(p->dispatch, f->row);
		} else {
			deliver(p, f);
		}
	}
	size_t kept = 0;
	for (size_t i = 0; i < p->n_flights; i++) {
		if (p->flights[i].row != 0)
			p->flights[kept++] = p->flights[i];
		else
			json_decref(p->flights[i].body);
	}
	p->n_flights = kept;
}

static int64_t
emit(void *arg, const struct due *d)
{
	struct play *p = arg;

	for (size_t i = 0; i < p->n_flights; i++)
		if (d->replaces != 0 && p->flights[i].row == d->replaces)
			p->flights[i].dropped = true;
	if (d->n == 0)
		return 0;
	struct arena *mem = arena_open();
	struct message_alert *alerts = arena_alloc(mem, d->n * sizeof *alerts);
	struct message m = {
	    .receiver = d->group->route->receiver->name,
	    .external_url = "http://am.example:9093",
	    .group_key = d->group->key,
	    .group_labels = *d->group->labels,
	    .alerts = alerts,
	    .now_ms = d->now,
	    .group_interval_ms = d->group->route->group_interval,
	    .templates = p->config->templates,
	    .mem = mem,
	};
	for (size_t i = 0; i < d->n; i++) {
		const struct alert_row *a = d->alerts[i];
		if (!d->resolved[i] || d->integration->conf->send_resolved)
			alerts[m.n++] = (struct message_alert){.labels = *a->labels,
							       .annotations = *a->annotations,
							       .starts_ms = a->starts,
							       .ends_ms = d->resolved[i] ? a->ends : 0,
							       .resolved = d->resolved[i],
							       .generator_url = a->generator,
							       .fingerprint = a->fp};
	}
	message_prepare(&m);
	struct buf payload = BUF_INIT;
	struct request r = {0};
	struct err e = ERR_INIT;
	int64_t row = -1;
	if (d->integration->kind->render(d->integration, &m, &payload, &e) == 0 &&
	    d->integration->kind->request(d->integration, buf_str(&payload), &r, &e) == 0) {
		xgrow(p->flights, p->n_flights, p->cap_flights);
		struct in_flight *f = &p->flights[p->n_flights++];
		*f = (struct in_flight){
		    .row = row = ++p->rows, .at = p->now, .body = json_loads(buf_str(&r.body), 0, NULL)};
		const char *path = strstr(r.url, "catcher.test");
		snprintf(f->path, sizeof f->path, "%s", path != NULL ? path + strlen("catcher.test") : r.url);
	} else {
		fprintf(stderr, "%s: %s\n", p->dir, e.text);
	}
	request_release(&r);
	buf_release(&payload);
	arena_close(mem);
	return row;
}

/* ---- comparing ---- */

/* "2026-02-25T06:13:20.5Z" into seconds from the start, "zero" for year 1. */
static json_t *
relative(const char *text)
{
	int64_t ms;

	if (strncmp(text, "0001-", 5) == 0 || rfc3339_parse(text, strlen(text), &ms) < 0)
		return json_string("zero");
	return json_real((double)(ms - T0) / 1000);
}

static int
by_labels(const void *a, const void *b)
{
	char *x = json_dumps(json_object_get(*(json_t *const *)a, "labels"), JSON_SORT_KEYS | JSON_COMPACT);
	char *y = json_dumps(json_object_get(*(json_t *const *)b, "labels"), JSON_SORT_KEYS | JSON_COMPACT);
	int c = strcmp(x, y);

	free(x);
	free(y);
	return c;
}

static void
sort_alerts(json_t *body)
{
	json_t *alerts = json_object_get(body, "alerts");
	size_t n = json_array_size(alerts), i;
	json_t **at = xcalloc(n + 1, sizeof *at);

	for (i = 0; i < n; i++)
		at[i] = json_incref(json_array_get(alerts, i));
	qsort(at, n, sizeof *at, by_labels);
	json_array_clear(alerts);
	for (i = 0; i < n; i++)
		json_array_append_new(alerts, at[i]);
	free(at);
}

static void
normalize(json_t *note, bool ours)
{
	json_t *body = json_object_get(note, "body"), *alerts = json_object_get(body, "alerts"), *a;
	static const char *const times[] = {"startsAt", "endsAt"};
	size_t i;

	json_array_foreach(alerts, i, a)
	{
		for (size_t k = 0; k < 2 && ours; k++) {
			const char *text = json_string_value(json_object_get(a, times[k]));
			if (text != NULL)
				json_object_set_new(a, times[k], relative(text));
		}
	}
	json_object_del(body, "notification_reason");
	json_object_del(body, "routeLabels");
	sort_alerts(body);
}

/* Equal but for numbers, which may be off by the tolerance. */
static bool
same(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return fabs(json_number_value(a) - json_number_value(b)) <= TOLERANCE;
	if (json_typeof(a) != json_typeof(b))
		return false;
	if (json_is_array(a)) {
		if (json_array_size(a) != json_array_size(b))
			return false;
		for (size_t i = 0; i < json_array_size(a); i++)
			if (!same(json_array_get(a, i), json_array_get(b, i)))
				return false;
		return true;
	}
	if (!json_is_object(a))
		return json_equal(a, b);
	if (json_object_size(a) != json_object_size(b))
		return false;
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)(uintptr_t)a, key, v)
	{
		const json_t *w = json_object_get(b, key);
		if (w == NULL || !same(v, w))
			return false;
	}
	return true;
}

static bool
agrees(const json_t *want, const json_t *got)
{
	static const char *const keys[] = {"kind", "to", "code", "t", "body"};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!same(json_object_get(want, keys[i]), json_object_get(got, keys[i])))
			return false;
	return true;
}

static void
tell(const char *dir, const char *what, const json_t *note)
{
	char *text = json_dumps(note, JSON_COMPACT | JSON_REAL_PRECISION(6));

	fprintf(stderr, "%s: %s: %.900s\n", dir, what, text);
	free(text);
}

/* In the order of the golden ones each takes the first of ours that agrees; what is left over on either side is wrong. */
static void
compare(struct play *p, json_t *golden, size_t counts[2])
{
	json_t *want, *got;
	size_t i, k;

	json_array_foreach(golden, i, want)
	{
		bool hit = false;
		normalize(want, false);
		json_array_foreach(p->sent, k, got)
		{
			if (agrees(want, got)) {
				hit = true;
				json_array_remove(p->sent, k);
				break;
			}
		}
		counts[hit ? 0 : 1]++;
		if (!hit)
			tell(p->dir, "missing", want);
	}
	json_array_foreach(p->sent, k, got)
	{
		counts[1]++;
		tell(p->dir, "not expected", got);
	}
}

/* ---- one folder ---- */

static char *
in_dir(const char *dir, const char *name)
{
	char *path = xmalloc(strlen(dir) + strlen(name) + 2);

	sprintf(path, "%s%s%s", dir, dir[0] != '\0' && dir[strlen(dir) - 1] == '/' ? "" : "/", name);
	return path;
}

static void
put_replaced(struct buf *out, const char *text, const char *dir)
{
	while (*text != '\0') {
		if (strncmp(text, "@CATCHER@", 9) == 0) {
			buf_addstr(out, "http://catcher.test");
			text += 9;
		} else if (strncmp(text, "@DIR@", 5) == 0) {
			buf_addstr(out, dir);
			text += 5;
		} else {
			buf_addc(out, *text++);
		}
	}
}

static int
load(struct play *p, struct errlist *mistakes, struct err *e)
{
	char *dir = realpath(p->dir, NULL), *path = in_dir(p->dir, "config.yml"), *text = NULL,
	     name[] = "/tmp/timelineXXXXXX";
	struct buf replaced = BUF_INIT;
	size_t n;
	int fd = mkstemp(name), rc = file_read(path, 1 << 20, &text, &n, e);

	if (rc == 0) {
		put_replaced(&replaced, text, dir);
		rc = fd >= 0 && write(fd, buf_str(&replaced), replaced.len) == (ssize_t)replaced.len ? 0 : -1;
	}
	if (rc == 0)
		rc = notify_config_load(&p->config, name, mistakes);
	close(fd);
	unlink(name);
	buf_release(&replaced);
	free(text);
	free(path);
	free(dir);
	path = in_dir(p->dir, "scenario.yml");
	int loaded = yaml_load(&p->scenario, path, false, mistakes);
	free(path);
	return rc == 0 ? loaded : -1;
}

static void
play(struct play *p)
{
	const struct yaml_node *line = yaml_get(p->scenario.root, "timeline");
	int64_t end = T0 + ms_of(p->scenario.root, "duration", 30), next_post = T0 + 1000;
	size_t done = 0;

	p->responses = yaml_get(p->scenario.root, "responses");
	p->dispatch = dispatch_open(p->config, emit, p, T0 - 1000);
	for (p->now = T0; p->now <= end; p->now++) {
		while (done < line->n && T0 + ms_of(line->items[done], "at", 0) <= p->now)
			happen(p, line->items[done++]);
		if (p->now >= next_post) {
			for (size_t i = 0; i < p->n_active; i++)
				if (!p->active[i].no_end)
					post(p, &p->active[i]);
			next_post += 1000;
		}
		dispatch_step(p->dispatch, p->now, SIZE_MAX);
		fly(p);
	}
	dispatch_close(p->dispatch);
}

static void
run(const char *dir, bool verbose, size_t counts[2])
{
	struct play p = {.dir = dir,
			 .mem = arena_open(),
			 .sent = json_array(),
			 .active = xcalloc(MAX_ACTIVE, sizeof(struct active))};
	struct errlist mistakes = ERRLIST_INIT;
	struct err e = ERR_INIT;
	char *path = in_dir(dir, "golden.json");
	json_t *golden = json_load_file(path, 0, NULL);
	size_t i, before[2] = {counts[0], counts[1]};

	if (load(&p, &mistakes, &e) < 0 || golden == NULL) {
		errlist_print(&mistakes, stderr, false);
		fprintf(stderr, "%s: cannot be played: %s\n", dir, e.text);
		counts[1]++;
	} else {
		play(&p);
		for (i = 0; i < json_array_size(p.sent); i++)
			normalize(json_array_get(p.sent, i), true);
		compare(&p, json_object_get(golden, "notifications"), counts);
	}
	if (verbose)
		printf("%s: %zu agree, %zu do not\n", dir, counts[0] - before[0], counts[1] - before[1]);
	free(path);
	for (i = 0; i < p.n_flights; i++)
		json_decref(p.flights[i].body);
	free(p.flights);
	free(p.active);
	json_decref(p.sent);
	json_decref(golden);
	yaml_release(&p.scenario);
	errlist_release(&mistakes);
	notify_config_close(p.config);
	arena_close(p.mem);
}

int
main(int argc, char **argv)
{
	size_t counts[2] = {0};
	bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;

	for (int i = verbose ? 2 : 1; i < argc; i++)
		run(argv[i], verbose, counts);
	printf("alertmanager_timeline: %zu passed, %zu failed\n", counts[0], counts[1]);
	return counts[1] != 0 || counts[0] == 0;
}
