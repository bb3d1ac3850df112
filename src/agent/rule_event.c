/*
 * rule_event.c -- a change of an alert as an event of the timeline: one wording for the running agent and for replay.
 */
#include "agent_private.h"

#include <stdio.h>

#include "mlwatch/buf.h"

static const char *const state_word[] = {"inactive", "pending", "firing", "resolved"};
static const char *const state_severity[] = {"info", "warning", "problem", "good"};

const char *
rule_event(struct batch *b, const struct alert *al, enum alert_state was, enum alert_state is, int64_t t)
{
	const char *model = labels_get(al->labels, "model");
	struct buf text = BUF_INIT;
	char fingerprint[24];
	struct store_event ev = {.t = t,
				 .kind = "alert",
				 .severity = state_severity[is],
				 .subject = model[0] != '\0' ? model : labels_get(al->labels, "job"),
				 .model = model,
				 .ref = fingerprint};

	snprintf(fingerprint, sizeof fingerprint, "%016llx", (unsigned long long)alert_fingerprint(al));
	buf_addf(&text, "%s %s (was %s)", labels_get(al->labels, "alertname"), state_word[is], state_word[was]);
	if (labels_has(al->annotations, "summary"))
		buf_addf(&text, ": %s", labels_get(al->annotations, "summary"));
	ev.text = buf_str(&text);
	batch_event(b, &ev);
	buf_release(&text);
	return b->events[b->n_events - 1].text;
}
