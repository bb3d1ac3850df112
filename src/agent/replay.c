/*
 * replay.c -- past logs through the whole pipeline into a store: the same stages as the running agent, one after the other, with
 * rules evaluated at event time. "Would these rules have paged me?"
 *
 * The log is read in pieces until it has come to where something is due. What was read is committed, then everything that the agent does by
 * the clock runs at each of its times (replay_rules.c). Pieces are a small part of the shortest interval of the rules, so that an evaluation
 * sees next to nothing of what comes after it, and may be a line or two. What fires goes through routing at event time; nobody is notified unless that is
 * asked for. What is left is what an agent would have left that stopped at the end of the log; nothing in it tells when the replay was.
 */
#include "replay_private.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/progress.h"
#include "mlwatch/xalloc.h"

#define PIECE_MAX    ((size_t)1 << 20)
#define PIECE_MIN    ((size_t)512)
#define PIECES       8 /* of the interval */
#define INTERVAL_MIN MS_SECOND
#define INTERVAL_MAX (10 * MS_SECOND) /* one window */

struct batch *
replay_pending(struct replay *r)
{
	if (r->pending == NULL)
		r->pending = batch_open();
	return r->pending;
}

int
replay_commit(struct replay *r, struct err *e)
{
	int rc = batch_commit(replay_pending(r), r->store, r->now_ms, e);

	batch_close(r->pending);
	r->pending = NULL;
	if (rc == 0)
		pipeline_committed(r->ep.pipeline);
	return rc;
}

/* ---- reading ---- */

/* How long a piece should be. */
static int64_t
piece_ms(const struct replay *r)
{
	int64_t least = INTERVAL_MAX;

	for (size_t i = 0; i < rule_set_groups(r->ep.rules); i++) {
		const int64_t ms = rule_group_interval(rule_set_group(r->ep.rules, i));

		least = ms < least ? ms : least;
	}
	return (least > INTERVAL_MIN ? least : INTERVAL_MIN) / PIECES;
}

/* The last one had so many bytes, which were so long a time. */
static size_t
next_piece(const struct replay *r, int64_t bytes, int64_t span_ms)
{
	const size_t most = r->piece < PIECE_MAX / 2 ? r->piece * 2 : PIECE_MAX;
	const double want = span_ms > 0 ? (double)bytes * (double)piece_ms(r) / (double)span_ms : (double)most;

	return want > (double)most ? most : want < (double)PIECE_MIN ? PIECE_MIN : (size_t)want;
}

/* --speed: event time may run this many times as fast as the clock. */
static void
pace(const struct replay *r, int64_t event_ms)
{
	double due, is;

	if (r->spec->speed <= 0)
		return;
	due = (double)(event_ms - r->out->first_ms) / r->spec->speed;
	is = (double)(clock_monotonic() - r->started_mono);
	if (due > is)
		usleep((useconds_t)((due - is < 1000 ? due - is : 1000) * 1000));
}

static void
event(struct replay *r, const char *severity, const char *text)
{
	const struct store_event ev = {
	    .t = r->now_ms, .kind = "agent", .severity = severity, .subject = "mlwatch", .text = text};

	batch_event(replay_pending(r), &ev);
}

/* The host is where it ran; what is shown of this store ran nowhere. */
void
replay_status(struct replay *r, bool ended)
{
	json_t *doc = json_pack("{s:s, s:s, s:b, s:I, s:I, s:b, s:s, s:b}", "version", MLWATCH_VERSION, "host",
				"replay", "replay", 1, "started_ms", (json_int_t)r->out->first_ms, "config_loaded_ms",
				(json_int_t)r->ep.loaded_ms, "config_refused", 0, "config", r->spec->config_path,
				"stopped", ended);

	batch_document(replay_pending(r), "agent", doc);
	rules_status(r->ep.rules, false, replay_pending(r));
}

/* The first piece that there is. */
static int
begin(struct replay *r, struct err *e)
{
	r->out->first_ms = r->ep.loaded_ms = r->now_ms;
	events_references(&r->ep, r->store, replay_pending(r));
	if (epoch_store_references(&r->ep, r->store, e) < 0)
		return -1;
	event(r, "info", "replay started");
	replay_first_times(r);
	replay_status(r, false);
	return 0;
}

static int
end(struct replay *r, struct err *e)
{
	pipeline_end(r->ep.pipeline, r->now_ms, replay_pending(r));
	event(r, "info", r->out->interrupted ? "replay interrupted" : "replay ended");
	replay_status(r, true);
	r->out->last_ms = r->now_ms;
	return replay_commit(r, e);
}

/* What was read goes into the store, what is due by now is done. */
static int
catch_up(struct replay *r, int64_t whole_ms, struct err *e)
{
	r->uncommitted = 0;
	if (replay_commit(r, e) < 0 || replay_rules(r, whole_ms > r->now_ms ? whole_ms : r->now_ms, e) < 0)
		return -1;
	while (store_housekeep(r->store, r->now_ms, e))
		;
	pace(r, r->now_ms);
	return 0;
}

static int
read_piece(struct replay *r, bool *more, struct err *e)
{
	const int64_t had = r->out->bytes;
	struct pipeline_totals t;

	*more = pipeline_read(r->ep.pipeline, clock_now(), r->piece, MS_MINUTE, replay_pending(r));
	t = pipeline_totals(r->ep.pipeline);
	if (t.bytes == 0) { /* nothing new: the store stays as it is */
		batch_close(r->pending);
		r->pending = NULL;
		return 0;
	}
	if (had == 0 && begin(r, e) < 0)
		return -1;
	r->out->lines = t.lines;
	r->out->bad_lines = t.bad_lines;
	r->out->bytes = t.bytes;
	r->uncommitted += t.bytes - had;
	r->piece = next_piece(r, t.bytes - had, t.newest_ms - r->newest_ms);
	r->newest_ms = t.newest_ms;
	progress_update(r->progress, t.bytes, t.lines);
	if (!*more || r->uncommitted > (int64_t)PIECE_MAX || t.whole_ms >= replay_due(r))
		return catch_up(r, t.whole_ms, e);
	return 0;
}

static int
run(struct replay *r, struct err *e)
{
	bool more = true;

	r->piece = PIECE_MIN;
	r->newest_ms = r->now_ms;
	while (more && !r->out->interrupted) {
		if (read_piece(r, &more, e) < 0)
			return -1;
		r->out->interrupted = more && r->spec->stop != NULL && *r->spec->stop;
	}
	return r->out->bytes > 0 ? end(r, e) : 0;
}

/* ---- when it begins ---- */

static void
on_record(void *arg, const struct record *rec)
{
	int64_t *first = arg;

	if (*first == 0 || rec->time_ms < *first)
		*first = rec->time_ms;
}

static void
ignore_bad(void *arg, const struct bad_line *b)
{
	(void)arg;
	(void)b;
}

/* The time of the first record of a file; 0: it has none. */
static int64_t
first_time(const struct decode_spec *spec, const char *path, struct err *e)
{
	int64_t first = 0;
	const struct decode_sink sink = {&first, on_record, ignore_bad};
	struct decoder *d = decoder_open(spec, e);
	FILE *f = fopen(path, "r");
	size_t cap = 0;
	char *line = NULL;
	ssize_t n;

	if (d != NULL && f != NULL) {
		decoder_clock(d, clock_now());
		decoder_new_file(d);
		while (first == 0 && (n = getline(&line, &cap, f)) > 0)
			if (line[n - 1] == '\n')
				decoder_feed(d, line, (size_t)n, &sink);
	}
	free(line);
	if (f != NULL)
		fclose(f);
	if (d != NULL)
		decoder_close(d);
	return first;
}

/* Where the files begin, or where an earlier replay into this store ended. */
static int
find_begin(struct replay *r, struct err *e)
{
	const struct decode_spec *spec = &r->ep.config->logs[0].decode;
	struct store_agent before;

	for (size_t i = 0; i < r->spec->n_files; i++) {
		const int64_t t = first_time(spec, r->spec->files[i], e);

		if (t > 0 && (r->now_ms == 0 || t < r->now_ms))
			r->now_ms = t;
	}
	if (r->now_ms == 0)
		r->now_ms = clock_now(); /* no record at all */
	if (err_is_set(e) || store_agent(r->store, &before, e) < 0)
		return -1;
	if (before.heartbeat_ms > r->now_ms)
		r->now_ms = before.heartbeat_ms;
	return 0;
}

/* The chosen log becomes the only one and follows the given files. */
static int
choose_log(struct config *c, const struct replay_spec *spec, struct err *e)
{
	size_t at = c->n_logs;

	for (size_t i = 0; i < c->n_logs; i++)
		if (spec->job == NULL || strcmp(c->logs[i].job, spec->job) == 0)
			at = at == c->n_logs ? i : at;
	if (at == c->n_logs)
		return err_set(e, ERR_USAGE, "the configuration has no prediction log '%s'",
			       spec->job != NULL ? spec->job : "");
	if (spec->job == NULL && c->n_logs > 1)
		return err_set(e, ERR_USAGE, "the configuration has %zu prediction logs, choose one with --job",
			       c->n_logs);
	if (at != 0) {
		struct config_log chosen = c->logs[at];

		c->logs[at] = c->logs[0];
		c->logs[0] = chosen;
	}
	return 0;
}

static int
open_all(struct replay *r, struct errlist *mistakes, struct err *e)
{
	const struct agent_spec spec = {.config_path = r->spec->config_path, .store_path = r->spec->store_path};
	struct store_spec store;
	struct config *c;

	if (epoch_load(&r->ep, &spec, mistakes, e) < 0 || epoch_load_rules(&r->ep, NULL, mistakes, e) < 0)
		return -1;
	c = r->ep.config;
	if (choose_log(c, r->spec, e) < 0)
		return -1;
	store = (struct store_spec){.path = c->store_path,
				    .widths = c->widths,
				    .n_widths = c->n_widths,
				    .keep_samples_ms = c->keep_samples_ms,
				    .alive_ms = c->alive_ms};
	if (store_open(&r->store, &store, STORE_AGENT, e) < 0)
		return -1;
	return rules_restore(r->ep.rules, r->store, e);
}

static int
open_pipeline(struct replay *r, struct err *e)
{
	struct config *c = r->ep.config;
	struct tail_spec was = c->logs[0].tail;
	const size_t n_logs = c->n_logs;
	int rc;

	c->logs[0].tail.paths = (char **)r->spec->files;
	c->logs[0].tail.n_paths = r->spec->n_files;
	c->logs[0].tail.from_end = false;
	c->n_logs = 1;
	rc = find_begin(r, e);
	if (rc == 0)
		rc = epoch_open_pipeline(&r->ep, r->store, e);
	if (rc == 0) {
		pipeline_of_past(r->ep.pipeline, r->now_ms);
		rc = run(r, e);
	}
	pipeline_close(r->ep.pipeline);
	r->ep.pipeline = NULL;
	c->logs[0].tail = was;
	c->n_logs = n_logs;
	return rc;
}

/* ---- routing ---- */

static int
notify_start_replay(struct replay *r, struct errlist *mistakes, struct err *e)
{
	const struct notify_spec spec = {
	    .external_url = r->ep.external_url, .loop = &r->loop, .store = r->store, .log = r->spec->log};
	const char *file = r->ep.config->alerting_file;
	struct notify_config *routing;

	if (file == NULL && r->spec->notify)
		return err_set(e, ERR_USAGE, "--notify: the configuration has no alerting section");
	if (file == NULL)
		return 0;
	if (notify_config_load(&routing, file, mistakes) < 0)
		return err_set(e, ERR_FILE, "the alerting configuration is wrong");
	r->out->routed = true;
	return notify_replay_open(&r->notify, &spec, routing, r->spec->notify, e);
}

static void
notify_gone(void *arg)
{
	*(struct notify **)arg = NULL;
}

static void
notify_end_replay(struct replay *r)
{
	if (r->notify != NULL) {
		struct notify_counts c = notify_counts(r->notify);
		r->out->notifications = (int64_t)c.sent;
		r->out->given_up = (int64_t)c.given_up;
		notify_close(r->notify, notify_gone, &r->notify);
	}
	uv_run(&r->loop, UV_RUN_DEFAULT);
	uv_loop_close(&r->loop);
}

int
agent_replay(const struct replay_spec *spec, struct replay_result *out, struct errlist *mistakes, struct err *e)
{
	struct replay r = {.spec = spec, .out = out, .started_mono = clock_monotonic()};
	int rc;

	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < spec->n_files; i++) {
		struct stat st;

		if (stat(spec->files[i], &st) < 0)
			return err_set(e, ERR_WORLD, "cannot read '%s'", spec->files[i]);
		r.total_bytes += st.st_size;
	}
	r.progress = progress_open("replay", "records", r.total_bytes, (enum progress_mode)spec->progress);
	uv_loop_init(&r.loop);
	r.alerts_mem = arena_open();
	rc = open_all(&r, mistakes, e);
	if (rc == 0)
		rc = notify_start_replay(&r, mistakes, e);
	if (rc == 0)
		rc = open_pipeline(&r, e);
	progress_close(r.progress);
	batch_close(r.pending);
	notify_end_replay(&r);
	arena_close(r.alerts_mem);
	free(r.alerts);
	out->seconds = (double)(clock_monotonic() - r.started_mono) / 1000;
	free(r.next);
	epoch_close(&r.ep);
	if (r.store != NULL)
		store_close(r.store);
	return rc;
}
