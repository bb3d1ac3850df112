/*
 * config.h -- mlwatch.yml into structs. Every mistake of the file, and of the files it refers to, is reported with its
 * position. Knows nothing of what is done with the settings. A config is immutable once loaded.
 */
#ifndef MLWATCH_CONFIG_H
#define MLWATCH_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/decode.h"
#include "mlwatch/err.h"
#include "mlwatch/labels.h"
#include "mlwatch/relabel.h"
#include "mlwatch/scrape.h"
#include "mlwatch/store.h"
#include "mlwatch/tail.h"
#include "mlwatch/window.h"

struct config_log { /* one of prediction_logs */
	char *job;
	struct tail_spec tail;
	struct decode_spec decode;
	struct window_spec window; /* expect[] owned by the config */
	struct feature_expect *expect;
	size_t n_expect;
};

struct config_reference {
	char *model, *version, *file /* resolved path */;
	int line;
};

struct config_static {
	char **targets;
	size_t n_targets;
	struct label *labels;
	size_t n_labels;
};
struct config_scrape {
	char *job_name, *metrics_path, *scheme;
	struct label *params;
	size_t n_params; /* in order; a name may repeat */
	int64_t interval_ms, timeout_ms;
	bool honor_labels, honor_timestamps;
	int64_t sample_limit, label_limit, body_size_limit;
	struct http_auth auth;
	struct config_static *statics;
	size_t n_statics;
	struct relabel relabel, metric_relabel;
	int line; /* where it begins in the file */
};
struct config_health {
	char *job_name, *url;
	int64_t interval_ms, timeout_ms;
	int64_t expect_status;
	struct label *expect_json;
	size_t n_expect_json; /* dotted path -> value as JSON text */
	struct http_auth auth;
	int line;
};

struct config {
	char *path, *dir;
	int64_t scrape_interval_ms, scrape_timeout_ms, evaluation_interval_ms;
	struct label *external_labels;
	size_t n_external_labels; /* sorted */
	char *store_path;
	struct store_width *widths;
	size_t n_widths;
	int64_t keep_samples_ms, commit_interval_ms, alive_ms;
	struct config_log *logs;
	size_t n_logs;
	struct config_reference *references;
	size_t n_references;
	struct config_scrape *scrapes;
	size_t n_scrapes;
	struct config_health *health;
	size_t n_health;
	char **rule_files;
	size_t n_rule_files; /* globs resolved to existing files */
	char **rule_globs;
	size_t n_rule_globs; /* as written, absolute */
	char *alerting_file; /* NULL: none */
	struct config_http {
		char *listen; /* NULL: no HTTP */
		char *bearer_token_file, *username, *password_file, *cert_file, *key_file, *external_url;
		bool read_only, enable_reload, cors;
		int64_t max_connections, query_timeout_ms, query_max_samples;
	} http;
};

/* NULL when it has mistakes. Warnings go to errors too. */
struct config *config_load(const char *path, struct errlist *errors);
void config_close(struct config *c);
/* A path, or a text that begins with one, as people say it: below the configuration's folder without that. Borrows. */
const char *config_short_path(const struct config *c, const char *path);
/* --config, $MLWATCH_CONFIG, the user's, /etc. The caller frees *path; *why says which was taken. -1: none exists. */
int config_find(const char *flag, char **path, const char **why, struct err *e);
/* The store: --store, $MLWATCH_STORE, the configuration's, the default place. */
int config_find_store(const char *flag, const struct config *c, char **path, struct err *e);

#endif
