/*
 * scrape_target.h -- from a scrape configuration to targets, and from an answer to samples: labels of the target, honor_labels,
 * relabelling, limits, `up` and its companions, staleness markers for what vanished. Prometheus' semantics. Also the verdict on a
 * health check. Pure: no clock, no network; what a target showed last time is the only state.
 */
#ifndef MLWATCH_SCRAPE_TARGET_H
#define MLWATCH_SCRAPE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/labels.h"
#include "mlwatch/relabel.h"

struct err;

#define SCRAPE_ACCEPT                                                                                                  \
	"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"                \
	"text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

struct scrape_spec { /* one of scrape_configs; all borrowed */
	const char *job, *scheme, *metrics_path;
	const struct label *params;
	size_t n_params;
	int64_t interval_ms, timeout_ms;
	bool honor_labels, honor_timestamps;
	int64_t sample_limit, label_limit; /* 0: none */
	const struct relabel *relabel, *metric_relabel;
};

struct scrape_target;

/* The target at `address` with the labels of its static_configs group. NULL: relabelling dropped it, or (then e is set) made a target
 * that cannot be: no address, a path in it, an unknown scheme. Borrows spec, copies the rest. */
struct scrape_target *scrape_target_open(const struct scrape_spec *spec, const char *address,
					 const struct label *labels, size_t n_labels, struct err *e);
/* The same target twice: same URL, same labels. Prometheus scrapes it once. */
bool scrape_target_same(const struct scrape_target *a, const struct scrape_target *b);
void scrape_target_close(struct scrape_target *t); /* NULL is fine */
const char *scrape_target_url(const struct scrape_target *t);
struct labels scrape_target_labels(const struct scrape_target *t); /* job, instance and its own */
int64_t scrape_target_interval(const struct scrape_target *t);     /* relabelling may have changed them */
int64_t scrape_target_timeout(const struct scrape_target *t);
/* How far into its interval a target is asked, 0 <= offset < interval: spread by a hash of its labels and url. */
int64_t scrape_target_offset(const struct scrape_target *t);

struct scrape_answer {
	const char *error; /* why there is no body; NULL when it came whole */
	int status;        /* HTTP */
	const char *body;
	size_t n;
	const char *content_type; /* may be NULL */
	double seconds;
};
struct scrape_report {
	bool up;
	char error[256];
	size_t scraped, kept, added,
	    stale; /* samples in the body; left after metric_relabel; series that are new; markers */
};
typedef void scrape_sample_fn(void *arg, struct labels labels, int64_t t, double v);
/* Hands out every sample of the scrape; those without a time of their own get now_ms. Staleness markers and the report series included. */
struct scrape_report scrape_target_take(struct scrape_target *t, const struct scrape_answer *a, int64_t now_ms,
					scrape_sample_fn *fn, void *arg);
/* t stands for the same target as `old` under a new configuration: it goes on with what that one had. */
void scrape_target_adopt(struct scrape_target *t, struct scrape_target *old);
/* The target is gone (reload): staleness markers for all that it had, its report series included. */
void scrape_target_end(struct scrape_target *t, int64_t now_ms, scrape_sample_fn *fn, void *arg);

/* ---- health checks ---- */
struct health_spec {
	const char *job, *url;
	int64_t expect_status;           /* 0: any 2xx */
	const struct label *expect_json; /* dotted path -> value as JSON text */
	size_t n_expect_json;
};
/* True when the answer is what is expected; else why says what is not, for people. */
bool health_judge(const struct health_spec *spec, const struct scrape_answer *a, char why[256]);
/* HOST:PORT of the url, as the label instance. Copies into out. */
void health_instance(const char *url, char *out, size_t size);

#endif
