/* scrapes_private.h -- targets and health checks: agent_scrape.c asks them, scrapes_status.c tells of them. */
#ifndef AGENT_SCRAPES_PRIVATE_H
#define AGENT_SCRAPES_PRIVATE_H

#include "agent_private.h"
#include "mlwatch/scrape_target.h"
#include "target_facts.h"

struct probe { /* one target or health check */
	uv_timer_t timer;
	struct scrapes *owner;
	const struct config_scrape *scrape; /* one of the two */
	const struct config_health *health;
	struct scrape_target *target;
	struct labels *labels;
	const char *url;
	int64_t interval_ms, timeout_ms;
	bool busy, closed;
	bool kept;       /* until the next configuration's targets have taken over */
	int64_t slot_ms; /* what the timer waits for */
	int64_t asked_ms;
	struct target_facts facts;
};

struct scrapes {
	struct agent *agent;
	struct scrape_spec *specs;
	struct probe **at;
	size_t n, cap;
	size_t busy; /* answers under way: the struct lives until the last has come */
	bool stopped, kept;
};

/* scrapes_status.c: what an earlier agent knew of its targets, from the status document. */
void scrapes_recall(struct scrapes *s);

#endif
