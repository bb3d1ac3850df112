/*
 * agent_private.h -- the parts of the running agent. agent.c owns the struct; each part is a file.
 *
 * Everything here happens on the loop thread, but for what the job functions do with what they were handed. A
 * job that is under way holds nothing of the loop's: it gets its inputs in its own struct and gives a batch back.
 */
#ifndef AGENT_PRIVATE_H
#define AGENT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "batch.h"
#include "mlwatch/agent.h"
#include "mlwatch/config.h"
#include "mlwatch/drift.h"
#include "mlwatch/err.h"
#include "mlwatch/log.h"
#include "mlwatch/notify.h"
#include "mlwatch/rules.h"
#include "mlwatch/scrape.h"
#include "mlwatch/store.h"
#include "pipeline.h"

/* What one loading of the configuration made. Swapped as a whole, only while no job is under way. */
struct epoch {
	struct config *config;
	struct references *references;
	struct rule_set *rules;
	struct pipeline *pipeline;
	char *external_url;
	int64_t loaded_ms;
};

struct agent;
struct group_run;    /* agent_rules.c */
struct scrapes;      /* agent_scrape.c */
struct watcher;      /* agent_watch.c */
struct sd;           /* agent_systemd.c */
struct api;          /* mlwatch/api.h */
struct config_files; /* change_events.c */

struct cycle { /* one reading and committing, in a worker */
	uv_work_t work;
	struct agent *agent;
	struct batch *batches; /* list: what will be committed, oldest first; kept when the commit fails */
	struct batch *last;
	bool running, wanted;
	bool metrics_wanted, metrics; /* samples of what is read are due; in the one under way */
	bool wait_jobs;               /* somebody waits for jobs to end (reload, stop) */
	int64_t now_ms;
	int64_t finished_mono; /* when the last one ended, monotonic */
	struct cycle_result {
		bool stuck; /* batches could not be committed; they go first, nothing is read meanwhile */
		bool moved; /* committed, but into a file that is not at its path any more */
		bool more;  /* to read */
		double seconds;
	} is, made;           /* of the last one that ended, the loop's; what the worker makes of the one under way */
	int64_t give_up_mono; /* the last commit is tried for so long */
	void (*final_done)(struct agent *a);
	struct err err;
};

struct reload { /* agent_reload.c */
	enum { RELOAD_NONE, RELOAD_LOADING, RELOAD_WAITING, RELOAD_SETTLING } phase;
	uv_work_t work;
	struct epoch epoch;
	struct notify_config *routing;
	struct config_files *files;
	struct batch *events; /* that it brings; NULL: none yet */
	struct errlist mistakes;
	struct err err;
	int rc;
	int64_t give_up_mono; /* so long it waits for the store */
	bool again;           /* asked for while one was under way */
	bool stop_wanted;     /* the agent is to stop when it ends */
};

struct agent {
	const struct agent_spec *spec;
	struct log *log;
	uv_loop_t loop;
	struct store *store;
	struct epoch now;
	struct notify *notify;
	struct fetcher *fetcher;
	struct api *api;
	struct cycle cycle;
	struct batch *pending; /* what the loop has for the next commit */
	uv_timer_t tick;       /* the commit interval */
	uv_signal_t signals[6];
	struct group_run **groups;
	size_t n_groups;
	size_t evals_running;
	struct store **readers; /* idle read handles for evaluations */
	size_t n_readers, cap_readers;
	struct scrapes *scrapes;
	struct scrapes *scrapes_before; /* during a reload: what the new ones go on from */
	struct watcher *watcher;
	struct sd *sd;
	struct reload reload;
	struct config_files *files; /* what the configuration was made of, for the next reload's event */
	bool stopping, ready;
	int64_t started_ms, last_commit_ms, last_metrics_ms, last_status_ms;
	struct {
		bool running;
		uint64_t commits; /* when the last one ended */
		uint64_t sent;    /* messages, as counted then */
		int64_t sent_ms, traffic_ms;
	} looks; /* agent_looks.c */
	bool reload_failed;
	char reload_error[512];
	int64_t reload_failed_ms;
	uint64_t commits, failed_commits, missed_evals;
	bool store_moved; /* see cycle.is.moved */
	int64_t dropped_samples;
};

/* epoch.c */
int epoch_load(struct epoch *out, const struct agent_spec *spec, struct errlist *mistakes, struct err *e);
int epoch_open_pipeline(struct epoch *ep, struct store *store, struct err *e);
int epoch_load_rules(struct epoch *ep, struct rule_set *old, struct errlist *mistakes, struct err *e);
int epoch_store_references(const struct epoch *ep, struct store *store, struct err *e);
void epoch_close(struct epoch *ep);

/* agent.c */
void agent_stop(struct agent *a);
void agent_when_idle(struct agent *a); /* calls stop or reload_jobs_idle when no job is under way, and begins none */
int notify_start(struct agent *a, struct notify_config *routing, struct err *e); /* takes routing */
int listen_start(struct agent *a, struct err *e);

/* agent_reload.c */
void agent_reload(struct agent *a);
bool reload_wants_idle(const struct agent *a); /* a loaded configuration waits for jobs to end */
void reload_jobs_idle(struct agent *a);        /* they have */
/* The agent wants to stop. false: not yet, the reload that is under way ends first and then calls agent_stop. */
bool reload_gives_way(struct agent *a);
/* Everything that can be wrong in the files is found out here, before anything is taken down. */
int load_epoch(struct epoch *next, struct notify_config **routing, const struct agent_spec *spec,
	       struct errlist *mistakes, struct err *e);
/* One line each, of that severity; the first one's text into *first (may be NULL). */
void log_mistakes(struct agent *a, const struct errlist *mistakes, enum severity sev, struct buf *first);
/* Its references and logs with the store; what that changes goes into events. Any thread. */
int settle_epoch(struct epoch *ep, struct store *store, struct batch *events, struct err *e);

/* agent_cycle.c */
/* At the end, in a worker: commits what is pending, trying for some seconds while somebody holds the store; no job may be under way. */
void cycle_final(struct agent *a, void (*done)(struct agent *a));
void cycle_want(struct agent *a); /* read and commit soon */
struct batch *agent_pending(struct agent *a);
void agent_add_pending(struct agent *a, struct batch *b); /* behind what waits; takes b */
void agent_event(struct agent *a, const char *kind, const char *severity, const char *subject, const char *text);
void agent_cycle_done(struct agent *a); /* agent.c: a cycle has ended, on the loop */

/* rule_event.c: a change of an alert as an event of the timeline. Returns its text, which lives with b. */
const char *
rule_event(struct batch *b, const struct rule_set *rules, const struct alert *al, enum alert_state is, int64_t t);

/* agent_rules.c */
int rules_start(struct agent *a); /* timers for every group of the epoch */
void rules_stop(struct agent *a); /* no evaluation may be under way */
void rules_after_cycle(struct agent *a);
bool rules_idle(const struct agent *a);
/* A job in a worker that reads the store: a handle for it (NULL: none is idle), in the worker one that is open, its end. Reloads wait
 * for it. */
struct store *rules_job_begin(struct agent *a);
int rules_job_reader(const struct agent *a, struct store **reader, struct err *e);
void rules_job_done(struct agent *a, struct store *reader);
size_t rules_firing(const struct agent *a); /* alerts, as of each group's last evaluation */
int rules_restore(struct rule_set *rules, struct store *store, struct err *e); /* the alerts of an earlier run */

/* change_events.c */
void events_started(struct agent *a);
struct config_files *config_files_read(const struct config *c); /* any thread */
void config_files_close(struct config_files *f);
/* What is other than at the last start or reload; takes `is`. */
void events_reloaded(struct agent *a, struct config_files *is);
/* Before the epoch's references replace what the store has. Any thread. */
void events_references(const struct epoch *ep, struct store *store, struct batch *out);

/* agent_looks.c */
void looks_after_cycle(struct agent *a);

/* agent_scrape.c */
int scrapes_start(struct agent *a, struct err *e);
void scrapes_stop(struct agent *a);
char *
scrapes_status(const struct agent *a); /* the status document "targets"; the caller frees. NULL: they are stopped */

/* agent_watch.c */
void watcher_start(struct agent *a);
void watcher_stop(struct agent *a);

/* agent_metrics.c */
void agent_metrics(struct agent *a, struct batch *b, int64_t now_ms);
void agent_status(struct agent *a, struct batch *b, int64_t now_ms);
void notify_metrics(struct notify *notify, struct batch *b, int64_t now_ms);
/* The status document "rules": what each made when it was evaluated last, and, if timed, how long that took. */
void rules_status(const struct rule_set *rules, bool timed, struct batch *b);

/* agent_systemd.c */
void sd_ready(struct agent *a);
void sd_reloading(struct agent *a);
void sd_tick(struct agent *a);
void sd_stopping(struct agent *a);

#endif
