/*
 * rule_event.c -- a change of an alert as an event of the timeline: one wording for the running agent and for replay.
 */
#include "agent_private.h"

#include <stdio.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/promql.h"
#include "mlwatch/quantity.h"
#include "mlwatch/rules.h"

/* "problem" and "warning" as the rule says; "info" is what may become one. */
static const char *
severity_of(const struct alert *al, enum alert_state is)
{
	if (is == ALERT_FIRING)
		return alert_is_critical(labels_get(al->labels, "severity")) ? "problem" : "warning";
	return is == ALERT_PENDING ? "info" : "good";
}

static const char *
recorded(void *rules, const char *name, size_t n)
{
	return rule_set_recorded(rules, name, n);
}

/* The value and what it is held against, in the words of the dashboard. */
static void
add_value(struct buf *text, const struct rule_set *rules, const struct alert *al)
{
	struct buf expr = BUF_INIT;
	char compared[80];

	expr_spell_out(&expr, al->value_expr != NULL ? al->value_expr : al->expr, recorded, (void *)(uintptr_t)rules);
	quantity_compared(compared, quantity_of(buf_str(&expr), labels_get(al->annotations, "unit"), al->value),
			  al->limit_op, al->limit);
	buf_addf(text, ": %s", compared);
	buf_release(&expr);
}

static void
add_change(struct buf *text, const struct rule_set *rules, const struct alert *al, enum alert_state is)
{
	char length[16];

	switch (is) {
	case ALERT_PENDING:
		buf_addstr(text, " pending");
		add_value(text, rules, al);
		break;
	case ALERT_FIRING:
		buf_addstr(text, " firing");
		add_value(text, rules, al);
		break;
	case ALERT_RESOLVED:
		duration_human(length, al->ends_ms - al->starts_ms);
		buf_addf(text, " resolved after %s", length);
		break;
	case ALERT_INACTIVE:
		buf_addstr(text, " no longer pending");
		break;
	}
}

const char *
rule_event(struct batch *b, const struct rule_set *rules, const struct alert *al, enum alert_state is, int64_t t)
{
	const char *model = labels_get(al->labels, "model");
	struct buf text = BUF_INIT, about = BUF_INIT;
	char fingerprint[24];
	struct store_event ev = {.t = t,
				 .kind = "alert",
				 .severity = severity_of(al, is),
				 .subject = model[0] != '\0' ? model : labels_get(al->labels, "job"),
				 .model = model,
				 .ref = fingerprint};

	snprintf(fingerprint, sizeof fingerprint, "%016llx", (unsigned long long)alert_fingerprint(al));
	alert_about(&about, al->labels);
	buf_addf(&text, "%s%s%s", labels_get(al->labels, "alertname"), about.len > 0 ? " " : "", buf_str(&about));
	add_change(&text, rules, al, is);
	ev.text = buf_str(&text);
	batch_event(b, &ev);
	buf_release(&text);
	buf_release(&about);
	return b->events[b->n_events - 1].text;
}
