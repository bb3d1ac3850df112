/*
 * alert_state.c -- the life of an alert, as Prometheus has it: inactive, pending, firing, resolved.
 *
 * Pure: reads no clock, writes nothing. An alert is pending from the first breach, fires when it was breached at every
 * evaluation for `for`, goes on firing for keep_firing_for after the last breach, and is remembered as resolved for 15
 * minutes so that everybody who missed the message gets it again.
 */
#include "rules_private.h"

static struct alert_phase
next_breached(struct alert_phase p, int64_t t, const struct alert_policy *policy)
{
	if (p.state == ALERT_INACTIVE || p.state == ALERT_RESOLVED)
		p = (struct alert_phase){.state = ALERT_PENDING, .active_ms = t};
	p.keep_since_ms = 0;
	if (p.state == ALERT_PENDING && t - p.active_ms >= policy->for_ms) {
		p.state = ALERT_FIRING;
		p.fired_ms = t;
	}
	return p;
}

struct alert_phase
alert_next(struct alert_phase was, bool breached, int64_t t, const struct alert_policy *policy)
{
	if (breached)
		return next_breached(was, t, policy);
	switch (was.state) {
	case ALERT_FIRING:
		if (policy->keep_firing_for_ms > 0) {
			if (was.keep_since_ms == 0)
				was.keep_since_ms = t;
			if (t - was.keep_since_ms < policy->keep_firing_for_ms)
				return was;
		}
		was.state = ALERT_RESOLVED;
		was.resolved_ms = t;
		return was;
	case ALERT_RESOLVED:
		if (t - was.resolved_ms <= RESOLVED_RETENTION_MS)
			return was;
		break;
	case ALERT_PENDING:
	case ALERT_INACTIVE:
		break;
	}
	return (struct alert_phase){.state = ALERT_INACTIVE};
}

bool
alert_needs_sending(const struct alert_phase *p, int64_t last_sent_ms, int64_t t)
{
	if (p->state != ALERT_FIRING && p->state != ALERT_RESOLVED)
		return false;
	if (p->state == ALERT_RESOLVED && p->resolved_ms > last_sent_ms)
		return true;
	return last_sent_ms == 0 || last_sent_ms + RESEND_DELAY_MS < t;
}
