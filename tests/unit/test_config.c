/*
 * test_config.c -- mlwatch.yml: every mistake where it stands (tests/data/config: input.yml beside the exact expect), and what a
 * right file means.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mlwatch/clock.h"
#include "mlwatch/config.h"
#include "mlwatch/file.h"

static char *
printed(const struct errlist *l)
{
	char *out;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	errlist_print(l, f, false);
	fclose(f);
	return out;
}

/* The cases name their files relative to their own folder. */
static void
check_case(const char *folder)
{
	struct errlist errors = ERRLIST_INIT;
	char *expected, *got, back[4096];
	struct config *c;

	assert_non_null(getcwd(back, sizeof(back)));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(file_read("expect", 1 << 20, &expected, NULL, NULL), 0);
	c = config_load("input.yml", &errors);
	got = printed(&errors);
	assert_int_equal(chdir(back), 0);
	if (strcmp(got, expected) != 0)
		fail_msg("%s:\n%s\n-- expected:\n%s", folder, got, expected);
	assert_int_equal(c == NULL, errors.errors > 0);
	config_close(c);
	errlist_release(&errors);
	free(expected);
	free(got);
}

static void
config__reports_every_mistake_where_it_stands(void **state)
{
	struct dirent *d;
	char path[512];
	int n = 0;
	DIR *dir = opendir("tests/data/config");

	(void)state;
	assert_non_null(dir);
	chmod("tests/data/config/secrets/open-secret", 0644);
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "tests/data/config/%s", d->d_name);
		check_case(path);
		n++;
	}
	closedir(dir);
	assert_true(n >= 20);
}

static char folder[64];

static void
put(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, NULL), 0);
}

static struct config *
load(const char *text)
{
	struct errlist errors = ERRLIST_INIT;
	struct config *c;
	char path[128], *got;

	put("mlwatch.yml", text);
	snprintf(path, sizeof(path), "%s/mlwatch.yml", folder);
	c = config_load(path, &errors);
	got = printed(&errors);
	if (c == NULL || errors.n > 0)
		fail_msg("%s", got);
	free(got);
	errlist_release(&errors);
	return c;
}

static int
setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/mlwatch-config-%d", (int)getpid());
	return mkdir(folder, 0700);
}

static int
teardown(void **state)
{
	static const char *const names[] = {"mlwatch.yml", "a.yml", "b.yml", "ref.json", "alerts.yml", "token"};
	char path[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static void
config__empty_file_has_all_the_defaults(void **state)
{
	struct config *c = load("# nothing\n");

	(void)state;
	assert_int_equal(c->scrape_interval_ms, 60000);
	assert_int_equal(c->scrape_timeout_ms, 10000);
	assert_int_equal(c->evaluation_interval_ms, 60000);
	assert_int_equal(c->n_widths, 4);
	assert_int_equal(c->widths[0].width_ms, 10000);
	assert_int_equal(c->widths[0].keep_ms, 6 * MS_HOUR);
	assert_int_equal(c->widths[3].keep_ms, 400 * MS_DAY);
	assert_int_equal(c->keep_samples_ms, 15 * MS_DAY);
	assert_int_equal(c->alive_ms, MS_HOUR);
	assert_int_equal(c->commit_interval_ms, 1000);
	assert_null(c->http.listen);
	config_close(c);
}

static void
config__prediction_logs_say_where_things_are(void **state)
{
	struct config *c = load("storage: {windows: {1m: 2d, 5s: 1h}}\n"
				"prediction_logs:\n"
				"  - job: fraud\n"
				"    paths: [/var/log/a*.jsonl, b.jsonl]\n"
				"    read_from: end\n"
				"    fields:\n"
				"      timestamp: {field: t.ts, unit: us}\n"
				"      model: {value: fraud}\n"
				"      latency: {field: took, unit: s}\n"
				"      features: f\n"
				"      error: {field: exception, when: \"true\"}\n"
				"    features:\n"
				"      amount: {type: numeric, min: 0, required: true}\n"
				"      country: {type: categorical, allowed: [DE, FR], max_categories: 9}\n"
				"    limits: {line_bytes: 64KiB, categories: 7, series: 8, future: 1h}\n");
	const struct config_log *l = &c->logs[0];
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/b.jsonl", folder);
	assert_int_equal(c->n_logs, 1);
	assert_string_equal(l->job, "fraud");
	assert_int_equal(l->tail.n_paths, 2);
	assert_string_equal(l->tail.paths[0], "/var/log/a*.jsonl");
	assert_string_equal(l->tail.paths[1], path);
	assert_true(l->tail.from_end);
	assert_int_equal(l->tail.line_bytes, 65536);
	assert_int_equal(l->decode.future_ms, 3600000);
	assert_string_equal(l->decode.timestamp.path, "t.ts");
	assert_int_equal(l->decode.timestamp.unit, UNIT_US);
	assert_string_equal(l->decode.model.constant, "fraud");
	assert_null(l->decode.model.path);
	assert_int_equal(l->decode.latency.unit, UNIT_S);
	assert_int_equal(l->decode.error_when, ERROR_TRUE);
	assert_string_equal(l->decode.error.path, "exception");
	assert_int_equal(l->window.width_ms, 5000);
	assert_int_equal(l->window.max_categories, 7);
	assert_int_equal(l->window.n_expect, 2);
	assert_true(l->expect[0].required && l->expect[0].has_min && !l->expect[0].has_max);
	assert_int_equal(l->expect[1].n_allowed, 2);
	assert_string_equal(l->expect[1].allowed[1], "FR");
	config_close(c);
}

static void
config__scrapes_inherit_the_global_intervals(void **state)
{
	struct config *c =
	    load("scrape_configs:\n"
		 "  - job_name: a\n"
		 "    static_configs: [{targets: [\"h:1\", \"h:2\"], labels: {zone: b, area: x}}]\n"
		 "    params: {m: [x, y], k: [z]}\n"
		 "    body_size_limit: 10MB\n"
		 "    follow_redirects: no\n"
		 "    authorization: {credentials: s3cret}\n"
		 "    relabel_configs: [{target_label: t, source_labels: [zone], replacement: \"${1}x\"}]\n"
		 "  - job_name: b\n"
		 "    scrape_interval: 2s\n"
		 "    scheme: https\n"
		 "    metrics_path: /m\n"
		 "global: {scrape_interval: 20s, scrape_timeout: 5s, external_labels: {z: 1, a: true}}\n");

	(void)state;
	assert_int_equal(c->scrapes[0].interval_ms, 20000);
	assert_int_equal(c->scrapes[0].timeout_ms, 5000);
	assert_string_equal(c->scrapes[0].metrics_path, "/metrics");
	assert_string_equal(c->scrapes[0].scheme, "http");
	assert_int_equal(c->scrapes[0].statics[0].n_targets, 2);
	assert_string_equal(c->scrapes[0].statics[0].labels[0].name, "area");
	assert_int_equal(c->scrapes[0].n_params, 3);
	assert_string_equal(c->scrapes[0].params[1].value, "y");
	assert_int_equal(c->scrapes[0].body_size_limit, 10000000);
	assert_true(c->scrapes[0].auth.no_follow_redirects);
	assert_string_equal(c->scrapes[0].auth.authorization_type, "Bearer");
	assert_true(c->scrapes[0].honor_timestamps);
	assert_int_equal(c->scrapes[0].relabel.n, 1);
	assert_int_equal(c->scrapes[1].interval_ms, 2000);
	assert_int_equal(c->scrapes[1].timeout_ms, 2000); /* never longer than the interval */
	assert_string_equal(c->scrapes[1].scheme, "https");
	assert_string_equal(c->external_labels[0].name, "a");
	assert_string_equal(c->external_labels[0].value, "true");
	config_close(c);
}

static void
config__files_are_beside_the_configuration(void **state)
{
	struct config *c;
	char path[128];

	(void)state;
	put("a.yml", "");
	put("b.yml", "");
	put("ref.json", "{}");
	put("alerts.yml", "");
	put("token", "x");
	c = load(
	    "rule_files: [\"?.yml\", a.yml]\n"
	    "references: [{model: m, version: 1.0, file: ref.json}]\n"
	    "alerting: {config_file: alerts.yml}\n"
	    "http: {listen: \"0.0.0.0:9464\", bearer_token_file: token}\n"
	    "storage: {path: x.db}\n"
	    "health_checks:\n"
	    "  - {job_name: h, url: \"http://h/health\", expect: {json: {a.b: true, c: text, d: 1.50, e: null}}}\n");
	snprintf(path, sizeof(path), "%s/a.yml", folder);
	assert_int_equal(c->n_rule_files, 2); /* a.yml matches twice and counts once */
	assert_string_equal(c->rule_files[0], path);
	assert_string_equal(c->references[0].version, "1.0");
	assert_int_equal(c->health[0].expect_status, 200);
	assert_int_equal(c->health[0].n_expect_json, 4);
	assert_string_equal(c->health[0].expect_json[0].value, "true");
	assert_string_equal(c->health[0].expect_json[1].value, "\"text\"");
	assert_string_equal(c->health[0].expect_json[2].value, "1.50");
	assert_string_equal(c->health[0].expect_json[3].value, "null");
	snprintf(path, sizeof(path), "%s/x.db", folder);
	assert_string_equal(c->store_path, path);
	config_close(c);
}

static void
config__variables_are_expanded(void **state)
{
	struct config *c;

	(void)state;
	setenv("MLWATCH_TEST_A", "12", 1);
	setenv("MLWATCH_TEST_B", "", 1);
	c = load("global:\n  scrape_interval: ${MLWATCH_TEST_A}s\n  external_labels:\n"
		 "    a: \"<${MLWATCH_TEST_A}${MLWATCH_TEST_B}>\"\n    b: $${MLWATCH_TEST_A} $X ${1}\n");
	assert_int_equal(c->scrape_interval_ms, 12000);
	assert_string_equal(c->external_labels[0].value, "<12>");
	assert_string_equal(c->external_labels[1].value, "${MLWATCH_TEST_A} $X ${1}");
	config_close(c);
}

static void
config__is_searched_in_the_order_of_the_manual(void **state)
{
	struct err e = ERR_INIT;
	const char *why;
	char *path, user[128];

	(void)state;
	setenv("XDG_CONFIG_HOME", folder, 1);
	unsetenv("MLWATCH_CONFIG");
	if (access("/etc/mlwatch/mlwatch.yml", F_OK) != 0) {
		assert_int_equal(config_find(NULL, &path, &why, &e), -1);
		assert_int_equal(e.kind, ERR_FILE);
	}
	snprintf(user, sizeof(user), "%s/mlwatch", folder);
	mkdir(user, 0700);
	snprintf(user, sizeof(user), "%s/mlwatch/mlwatch.yml", folder);
	assert_int_equal(file_write_atomic(user, "", 0, 0600, NULL), 0);
	assert_int_equal(config_find(NULL, &path, &why, &e), 0);
	assert_string_equal(path, user);
	free(path);
	setenv("MLWATCH_CONFIG", "/env.yml", 1);
	assert_int_equal(config_find(NULL, &path, &why, &e), 0);
	assert_string_equal(path, "/env.yml");
	free(path);
	assert_int_equal(config_find("/flag.yml", &path, &why, &e), 0);
	assert_string_equal(path, "/flag.yml");
	assert_string_equal(why, "--config");
	free(path);
	unlink(user);
	snprintf(user, sizeof(user), "%s/mlwatch", folder);
	rmdir(user);
	setenv("MLWATCH_STORE", "/env.db", 1);
	assert_int_equal(config_find_store(NULL, NULL, &path, &e), 0);
	assert_string_equal(path, "/env.db");
	free(path);
	assert_int_equal(config_find_store("/flag.db", NULL, &path, &e), 0);
	assert_string_equal(path, "/flag.db");
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(config__reports_every_mistake_where_it_stands),
	    cmocka_unit_test(config__empty_file_has_all_the_defaults),
	    cmocka_unit_test(config__prediction_logs_say_where_things_are),
	    cmocka_unit_test(config__scrapes_inherit_the_global_intervals),
	    cmocka_unit_test(config__files_are_beside_the_configuration),
	    cmocka_unit_test(config__variables_are_expanded),
	    cmocka_unit_test(config__is_searched_in_the_order_of_the_manual),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
