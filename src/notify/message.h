/*
 * message.h -- one notification as the kinds see it: a group's alerts at one instant, and Alertmanager's template data made of them.
 * Private to notify. Everything is borrowed from the caller or from mem.
 */
#ifndef NOTIFY_MESSAGE_H
#define NOTIFY_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/labels.h"
#include "mlwatch/template.h"

struct arena;

struct message_alert {
	struct labels labels, annotations;
	int64_t starts_ms, ends_ms; /* ends 0 while firing */
	bool resolved, has_value;
	double value;
	const char *generator_url, *expr;
	uint64_t fingerprint;
	const char *ack_by, *ack_comment; /* NULL: nobody acknowledged this firing */
};

struct message {
	const char *receiver, *external_url, *group_key;
	struct labels group_labels, common_labels, common_annotations;
	const struct message_alert *alerts;
	size_t n, n_firing;
	int64_t now_ms, group_interval_ms;
	const struct templates *templates;
	const struct tvalue *data; /* what a template sees as . */
	struct arena *mem;
};

/* Fills common_*, n_firing and data from the rest. */
void message_prepare(struct message *m);
/* The same over the first n alerts only. */
void message_cut(const struct message *m, size_t n, struct message *out);
struct notify_config;
/* A message that says it is a test, with one alert of its own. who: what made it, "Somebody ran 'mlwatch test notify'". */
void test_message(struct message *m, const struct notify_config *c, const char *receiver, const char *external_url,
		  const char *who, int64_t now_ms, struct arena *mem);
/* Expands a template text of the configuration; the text "" costs nothing. */
int message_expand(const struct message *m, const char *text, struct buf *out, struct err *e);
/* The same into mem; NULL with err. */
const char *message_text(const struct message *m, const char *text, struct err *e);
/* At most max characters, the last one an ellipsis when something was cut. Never cuts inside a character. In mem. */
const char *message_shorten(struct arena *mem, const char *s, size_t max);
/* What an alert's expression was compared with: "> 0.25", or "". In mem. */
const char *message_limit(struct arena *mem, const char *expr);

/* The set that every configuration starts from: the functions and Alertmanager's default templates under their names. */
struct templates *message_templates(void);

/* Alertmanager's fingerprint of a label set (FNV-1a 64). */
uint64_t fingerprint(struct labels l);
void fingerprint_text(char out[17], uint64_t fp);
/* Alertmanager's order of alerts in a message: job, instance, then labels. */
int message_order(struct labels a, struct labels b);
/* RFC 3339 as Go writes it: no trailing zeros in the fraction; 0 is year 1. */
void time_text(char out[40], int64_t ms);

#endif
