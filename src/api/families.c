/*
 * families.c -- what mlwatch itself counts, with the words for # HELP and /api/v1/metadata; metadata of what it scrapes is not kept.
 */
#include <string.h>

#include "api_private.h"

const struct api_family api_families[] = {
    {"ml_predictions_total", "counter", "Prediction records by predicted class, failed ones included."},
    {"ml_errors_total", "counter", "Failed predictions."},
    {"ml_responses_total", "counter", "Records by status."},
    {"ml_latency_seconds", "histogram", "Latency of predictions."},
    {"ml_score", "histogram", "Score or confidence of predictions."},
    {"ml_feature", "histogram", "Values of a numeric feature."},
    {"ml_feature_category_total", "counter", "Values of a categorical feature."},
    {"ml_feature_missing_total", "counter", "Nulls and absences of a feature."},
    {"ml_feature_invalid_total", "counter", "Values of a feature that its reference or its expectations rule out."},
    {"ml_health", "gauge", "1 when the health check got what it expects."},
    {"ml_health_seconds", "gauge", "How long the health check took."},
    {"mlwatch_log_lines_total", "counter", "Lines read from prediction logs."},
    {"mlwatch_log_file_lines_total", "counter", "Lines read from one file of a prediction log."},
    {"mlwatch_log_bad_lines_total", "counter", "Lines that could not be counted, by reason."},
    {"mlwatch_log_lag_bytes", "gauge", "Bytes of a log that are not read yet."},
    {"mlwatch_notifications_queued", "gauge", "Notifications that wait to be sent."},
    {"mlwatch_notifications_sent_total", "counter", "Notifications that a receiver took."},
    {"mlwatch_notifications_failed_total", "counter", "Attempts to notify that failed."},
    {"mlwatch_notifications_given_up_total", "counter", "Notifications that were given up."},
    {"mlwatch_rule_evaluation_seconds", "gauge", "How long the last evaluation of the rule took."},
    {"mlwatch_rule_evaluations_missed_total", "counter", "Evaluations of rule groups that came too late to be made."},
    {"mlwatch_config_last_reload_successful", "gauge", "0 when the configuration on disk was refused."},
    {"mlwatch_commit_seconds", "gauge", "How long the last commit took."},
    {"mlwatch_commits_total", "counter", "Commits to the store."},
    {"mlwatch_dropped_samples_total", "counter", "Samples that could not be kept."},
    {"process_resident_memory_bytes", "gauge", "Resident memory size in bytes."},
    {"process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds."},
    {"process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds."},
};
const size_t api_n_families = sizeof api_families / sizeof *api_families;

const char *
api_help(const char *name)
{
	for (size_t i = 0; i < api_n_families; i++)
		if (strcmp(api_families[i].name, name) == 0)
			return api_families[i].help;
	return "Derived by mlwatch.";
}

bool
api_makes(const char *name)
{
	static const char *const of_scrapes[] = {"up", "scrape_duration_seconds", "scrape_samples_scraped",
						 "scrape_samples_post_metric_relabeling", "scrape_series_added"};

	for (size_t i = 0; i < api_n_families; i++)
		if (strcmp(api_families[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < sizeof of_scrapes / sizeof *of_scrapes; i++)
		if (strcmp(of_scrapes[i], name) == 0)
			return true;
	return false;
}
