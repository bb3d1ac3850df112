/*
 * view_json.h -- the views as JSON documents: what `mlwatch status --json`, `events --json` and the HTTP API print. All that the text
 * shows, times in RFC 3339, durations in seconds. Each returns text that the caller frees.
 */
#ifndef MLWATCH_VIEW_JSON_H
#define MLWATCH_VIEW_JSON_H

#include <stddef.h>

struct view_alert;
struct view_event;
struct view_feature;
struct view_log_file;
struct view_message;
struct view_overview;
struct view_receiver;
struct view_rule;
struct view_silence;
struct view_target;

char *view_overview_json(const struct view_overview *o); /* mlwatch.status/1 */
char *view_models_json(const struct view_overview *o);   /* mlwatch.models/1 */
char *
view_drift_json(const char *model, const char *version, const struct view_feature *at, size_t n); /* mlwatch.drift/1 */
char *view_events_json(const struct view_event *at, size_t n);                                    /* mlwatch.events/1 */
char *view_messages_json(const struct view_message *at, size_t n); /* mlwatch.notifications/1 */
/* One of them, as in the lists above. */
char *view_alert_json(const struct view_alert *a);
char *view_rule_json(const struct view_rule *r);
char *view_silence_json(const struct view_silence *s);
char *view_target_json(const struct view_target *t);
char *view_file_json(const struct view_log_file *f);
char *view_event_json(const struct view_event *ev);
char *view_receiver_json(const struct view_receiver *r);
char *view_message_json(const struct view_message *m);

#endif
