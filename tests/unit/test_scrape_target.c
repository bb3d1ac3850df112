/*
 * test_scrape_target.c -- targets out of configurations, samples out of scrapes. Expected: what Prometheus documents and does
 * (scrape/scrape_test.go and target_test.go describe the same behaviour); targets also against tests/data/relabel/cases.json.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/num.h"
#include "mlwatch/relabel.h"
#include "mlwatch/scrape_target.h"

static char *const one_target[] = {(char *)(uintptr_t) "h:1"};

struct fixture {
	struct scrape_spec spec;
	char **addresses;
	size_t n_addresses;
	const struct label *group;
	size_t n_group;
	struct scrape_target *targets[8];
	struct relabel relabel, metric_relabel;
	struct errlist errors;
	struct yaml_file yaml[2];
	size_t n_yaml;
	size_t n;
	struct buf log; /* "name{labels} value@time\n" of the last scrape, in the order given */
	struct scrape_report out;
};

static void
fixture_open(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	f->addresses = (char **)(uintptr_t)one_target;
	f->n_addresses = 1;
	f->spec = (struct scrape_spec){.job = "j",
				       .metrics_path = "/metrics",
				       .scheme = "http",
				       .interval_ms = 15000,
				       .timeout_ms = 10000,
				       .honor_timestamps = true,

				       .relabel = &f->relabel,
				       .metric_relabel = &f->metric_relabel};
}

static void
rules(struct fixture *f, struct relabel *r, const char *text)
{
	struct yaml_file *y = &f->yaml[f->n_yaml++];

	assert_int_equal(yaml_parse(y, "r.yml", text, strlen(text), false, &f->errors), 0);
	assert_true(relabel_read(y, y->root, r));
}

/* As whoever owns targets does it: one after the other, no target twice. */
static void
expand(struct fixture *f)
{
	for (size_t i = 0; i < f->n_addresses; i++) {
		struct err e = ERR_INIT;
		struct scrape_target *t = scrape_target_open(&f->spec, f->addresses[i], f->group, f->n_group, &e);
		bool again = false;
		for (size_t j = 0; j < f->n && t != NULL; j++)
			again |= scrape_target_same(f->targets[j], t);
		if (again)
			scrape_target_close(t);
		else if (t != NULL)
			f->targets[f->n++] = t;
	}
}

static void
fixture_close(struct fixture *f)
{
	for (size_t i = 0; i < f->n; i++)
		scrape_target_close(f->targets[i]);
	relabel_release(&f->relabel);
	relabel_release(&f->metric_relabel);
	for (size_t i = 0; i < f->n_yaml; i++)
		yaml_release(&f->yaml[i]);
	errlist_release(&f->errors);
	buf_release(&f->log);
}

static void
on_sample(void *arg, struct labels l, int64_t t, double v)
{
	struct fixture *f = arg;
	char value[NUM_MAX];

	labels_format(&f->log, l);
	num_api(value, v);
	buf_addf(&f->log, " %s@%lld\n", num_is_stale(v) ? "stale" : value, (long long)t);
}

/* One scrape of the first target. Report series are left out of the log but for up. */
static const char *
scrape_answer(struct fixture *f, const struct scrape_answer *r, int64_t now)
{
	buf_reset(&f->log);
	f->out = scrape_target_take(f->targets[0], r, now, on_sample, f);
	char *report = strstr(buf_str(&f->log), "scrape_duration_seconds{");
	assert_non_null(report);
	*report = '\0';
	return buf_str(&f->log);
}

static const char *
scrape(struct fixture *f, const char *body, int64_t now)
{
	struct scrape_answer r = {.status = 200, .body = body, .n = strlen(body), .seconds = 0.25};

	return scrape_answer(f, &r, now);
}

/* ---- targets ---- */

static void
target__url_and_labels(void **state)
{
	static const struct label group[] = {{"model", "fraud"}, {"instance", "mine"}, {"__meta_x", "1"}};
	static const struct label params[] = {{"module", "http 2xx"}, {"a[]", "1"}, {"a[]", "2&3"}};
	struct fixture f;
	struct labels l;

	(void)state;
	fixture_open(&f);
	f.group = group;
	f.n_group = 3;
	f.spec.params = params;
	f.spec.n_params = 3;
	f.spec.metrics_path = "probe/äx?y";
	expand(&f);
	assert_int_equal(f.n, 1);
	assert_string_equal(scrape_target_url(f.targets[0]),
			    "http://h:1/probe/%C3%A4x%3Fy?a%5B%5D=1&a%5B%5D=2%263&module=http+2xx");
	l = scrape_target_labels(f.targets[0]);
	assert_int_equal(l.n, 3);
	assert_string_equal(labels_get(l, "job"), "j");
	assert_string_equal(labels_get(l, "instance"), "mine");
	assert_string_equal(labels_get(l, "model"), "fraud");
	assert_int_equal(scrape_target_interval(f.targets[0]), 15000);
	assert_true(scrape_target_offset(f.targets[0]) >= 0 && scrape_target_offset(f.targets[0]) < 15000);
	fixture_close(&f);
}

static void
target__default_ports_and_bad_addresses(void **state)
{
	static const struct {
		const char *address, *scheme, *url; /* NULL: no target */
	} cases[] = {
	    {"h", "http", "http://h:80/metrics"},
	    {"h", "https", "https://h:443/metrics"},
	    {"h:9", "https", "https://h:9/metrics"},
	    {"[::1]", "http", "http://[::1]:80/metrics"},
	    {"[::1]:9", "http", "http://[::1]:9/metrics"},
	    {"h/x", "http", NULL},
	    {"h", "ftp", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;
		char *address = (char *)(uintptr_t)cases[i].address;
		fixture_open(&f);
		f.addresses = &address;
		f.spec.scheme = cases[i].scheme;
		expand(&f);
		assert_int_equal(f.n, cases[i].url != NULL);
		if (f.n != 0)
			assert_string_equal(scrape_target_url(f.targets[0]), cases[i].url);
		fixture_close(&f);
	}
}

static void
target__relabelling_can_set_everything(void **state)
{
	struct fixture f;
	char *list[] = {(char *)(uintptr_t) "a:1", (char *)(uintptr_t) "b:1", (char *)(uintptr_t) "a:1",
			(char *)(uintptr_t) "drop:1"};

	(void)state;
	fixture_open(&f);
	f.addresses = list;
	f.n_addresses = 4;
	rules(&f, &f.relabel,
	      "- {source_labels: [__address__], regex: 'drop:.*', action: drop}\n"
	      "- {source_labels: [__address__], target_label: __param_target}\n"
	      "- {source_labels: [__param_target], target_label: instance}\n"
	      "- {target_label: __address__, replacement: 'blackbox:9115'}\n"
	      "- {target_label: __metrics_path__, replacement: /probe}\n"
	      "- {target_label: __scheme__, replacement: https}\n"
	      "- {target_label: __scrape_interval__, replacement: 1m}\n");
	expand(&f);
	assert_int_equal(f.n, 2); /* a:1 stands twice */
	assert_string_equal(scrape_target_url(f.targets[0]), "https://blackbox:9115/probe?target=a%3A1");
	assert_string_equal(labels_get(scrape_target_labels(f.targets[1]), "instance"), "b:1");
	assert_int_equal(scrape_target_interval(f.targets[0]), 60000);
	fixture_close(&f);
}

/* The URLs and labels that a real Prometheus made of the same rules. */
static void
target__as_prometheus_does_it(void **state)
{
	json_error_t je;
	json_t *cases = json_load_file("tests/data/relabel/cases.json", 0, &je), *c, *value;
	size_t i;
	const char *name;

	(void)state;
	assert_true(json_array_size(cases) > 50);
	json_array_foreach(cases, i, c)
	{
		struct fixture f;
		struct label group[32];
		char *address = (char *)(uintptr_t) "127.0.0.1:1";
		json_t *after = json_object_get(c, "after");
		fixture_open(&f);
		f.addresses = &address;
		json_object_foreach(json_object_get(c, "before"), name,
				    value) if (strncmp(name, "__", 2) != 0 && strcmp(name, "job") != 0)
		    group[f.n_group++] = (struct label){name, json_string_value(value)};
		f.group = group;
		f.spec.job = json_string_value(json_object_get(json_object_get(c, "before"), "job"));
		f.spec.interval_ms = 60000;
		rules(&f, &f.relabel, json_string_value(json_object_get(c, "rules")));
		expand(&f);
		assert_int_equal(f.n, json_is_object(after));
		if (f.n != 0) {
			struct labels l = scrape_target_labels(f.targets[0]);
			assert_string_equal(scrape_target_url(f.targets[0]),
					    json_string_value(json_object_get(c, "url")));
			assert_int_equal(l.n, json_object_size(after));
			json_object_foreach(after, name, value)
			    assert_string_equal(labels_get(l, name), json_string_value(value));
		}
		fixture_close(&f);
	}
	json_decref(cases);
}

/* ---- scrapes ---- */

static void
take__samples_and_report_series(void **state)
{
	struct fixture f;
	const char *rest;

	(void)state;
	fixture_open(&f);
	expand(&f);
	assert_string_equal(scrape(&f, "a 1\nb{x=\"y\"} 2\na 3\n", 1000),
			    "a{instance=\"h:1\",job=\"j\"} 1@1000\n"
			    "b{instance=\"h:1\",job=\"j\",x=\"y\"} 2@1000\n"
			    "up{instance=\"h:1\",job=\"j\"} 1@1000\n");
	rest = buf_str(&f.log) + strlen(buf_str(&f.log)) + 1;
	assert_string_equal(rest, "crape_duration_seconds{instance=\"h:1\",job=\"j\"} 0.25@1000\n"
				  "scrape_samples_scraped{instance=\"h:1\",job=\"j\"} 3@1000\n"
				  "scrape_samples_post_metric_relabeling{instance=\"h:1\",job=\"j\"} 3@1000\n"
				  "scrape_series_added{instance=\"h:1\",job=\"j\"} 2@1000\n");
	assert_true(f.out.up);
	assert_int_equal(f.out.added, 2);
	scrape(&f, "a 1\nb{x=\"y\"} 2\nc 0\n", 2000);
	assert_int_equal(f.out.added, 1);
	fixture_close(&f);
}

static void
take__vanished_series_get_a_staleness_marker(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	expand(&f);
	scrape(&f, "a 1\nb 2\n", 1000);
	assert_string_equal(scrape(&f, "b 3\n", 2000), "b{instance=\"h:1\",job=\"j\"} 3@2000\n"
						       "a{instance=\"h:1\",job=\"j\"} stale@2000\n"
						       "up{instance=\"h:1\",job=\"j\"} 1@2000\n");
	assert_int_equal(f.out.stale, 1);
	assert_string_equal(scrape(&f, "b 4\n", 3000),
			    "b{instance=\"h:1\",job=\"j\"} 4@3000\nup{instance=\"h:1\",job=\"j\"} 1@3000\n");
	scrape(&f, "a 1\nb 4\n", 4000);
	assert_int_equal(f.out.added, 1);
	assert_int_equal(f.out.stale, 0);
	fixture_close(&f);
}

static void
take__a_failed_scrape_ends_all_series_and_stores_nothing(void **state)
{
	static const struct scrape_answer failures[] = {
	    {.status = 0, .error = "connection refused", .body = "", .n = 0},
	    {.status = 404, .body = "a 5\n", .n = 4},
	    {.status = 200, .body = "a 5\nnew 1\nb ?\n", .n = 14},
	    {.status = 200, .error = "body is over the limit of 1 B", .body = "a 5\n", .n = 4},
	};
	static const char *const errors[] = {"connection refused", "status 404", "line 3, column 3: not a number: '?'",
					     "body is over the limit of 1 B"};
	static const size_t scraped[] = {0, 0, 2, 0};

	(void)state;
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
		struct fixture f;
		fixture_open(&f);
		expand(&f);
		scrape(&f, "a 1\n", 1000);
		assert_string_equal(
		    scrape_answer(&f, &failures[i], 2000),
		    "a{instance=\"h:1\",job=\"j\"} stale@2000\nup{instance=\"h:1\",job=\"j\"} 0@2000\n");
		assert_false(f.out.up);
		assert_string_equal(f.out.error, errors[i]);
		assert_int_equal(f.out.scraped, scraped[i]);
		assert_string_equal(scrape_answer(&f, &failures[i], 3000), "up{instance=\"h:1\",job=\"j\"} 0@3000\n");
		assert_string_equal(scrape(&f, "a 6\n", 4000),
				    "a{instance=\"h:1\",job=\"j\"} 6@4000\nup{instance=\"h:1\",job=\"j\"} 1@4000\n");
		assert_int_equal(f.out.added, 0); /* the series was known all along */
		fixture_close(&f);
	}
}

static void
take__labels_of_body_and_target(void **state)
{
	static const struct {
		bool honor;
		const char *exposed, *stored;
	} cases[] = {
	    {false, "a{job=\"theirs\"}", "a{exported_job=\"theirs\",instance=\"h:1\",job=\"j\"}"},
	    {true, "a{job=\"theirs\"}", "a{instance=\"h:1\",job=\"theirs\"}"},
	    {true, "a{instance=\"\"}", "a{job=\"j\"}"}, /* as the Pushgateway has it */
	    {false, "a{instance=\"\"}", "a{instance=\"h:1\",job=\"j\"}"},
	    {false, "a{job=\"x\",exported_job=\"y\"}",
	     "a{exported_exported_job=\"x\",exported_job=\"y\",instance=\"h:1\",job=\"j\"}"},
	    {false, "a{job=\"x\",instance=\"z\"}",
	     "a{exported_instance=\"z\",exported_job=\"x\",instance=\"h:1\",job=\"j\"}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;
		struct buf body = BUF_INIT, want = BUF_INIT;
		fixture_open(&f);
		f.spec.honor_labels = cases[i].honor;
		expand(&f);
		buf_addf(&body, "%s 1\n", cases[i].exposed);
		buf_addf(&want, "%s 1@1000\nup{instance=\"h:1\",job=\"j\"} 1@1000\n", cases[i].stored);
		assert_string_equal(scrape(&f, buf_str(&body), 1000), buf_str(&want));
		buf_release(&body);
		buf_release(&want);
		fixture_close(&f);
	}
}

static void
take__times_in_the_body(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	expand(&f);
	/* honoured; the same series at two times; one too far in the future */
	assert_string_equal(scrape(&f, "a 1 500\na 2 600\nb 3 900000\nc 4\n", 1000),
			    "a{instance=\"h:1\",job=\"j\"} 1@500\na{instance=\"h:1\",job=\"j\"} 2@600\n"
			    "c{instance=\"h:1\",job=\"j\"} 4@1000\nup{instance=\"h:1\",job=\"j\"} 1@1000\n");
	/* what has its own time is not ended, nor written twice */
	assert_string_equal(scrape(&f, "a 2 600\n", 2000),
			    "c{instance=\"h:1\",job=\"j\"} stale@2000\nup{instance=\"h:1\",job=\"j\"} 1@2000\n");
	assert_string_equal(scrape(&f, "", 3000), "up{instance=\"h:1\",job=\"j\"} 1@3000\n");
	fixture_close(&f);

	fixture_open(&f);
	f.spec.honor_timestamps = false;
	expand(&f);
	assert_string_equal(scrape(&f, "a 1 500\na 2 600\n", 1000),
			    "a{instance=\"h:1\",job=\"j\"} 1@1000\nup{instance=\"h:1\",job=\"j\"} 1@1000\n");
	assert_string_equal(scrape(&f, "", 2000),
			    "a{instance=\"h:1\",job=\"j\"} stale@2000\nup{instance=\"h:1\",job=\"j\"} 1@2000\n");
	fixture_close(&f);
}

static void
take__limits_fail_the_whole_scrape(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	f.spec.sample_limit = 1;
	expand(&f);
	scrape(&f, "a 1\n", 1000);
	assert_true(f.out.up);
	assert_string_equal(scrape(&f, "a 1\nb 2\nc 3\nd 4\n", 2000),
			    "a{instance=\"h:1\",job=\"j\"} stale@2000\nup{instance=\"h:1\",job=\"j\"} 0@2000\n");
	assert_string_equal(f.out.error, "sample_limit exceeded: 4 samples, limit is 1");
	assert_int_equal(f.out.scraped, 4);
	fixture_close(&f);

	fixture_open(&f);
	f.spec.label_limit = 4; /* __name__, job, instance and one more */
	expand(&f);
	scrape(&f, "a{x=\"1\"} 1\n", 1000);
	assert_true(f.out.up);
	scrape(&f, "a{x=\"1\",y=\"2\"} 1\n", 2000);
	assert_false(f.out.up);
	fixture_close(&f);
}

static void
take__metric_relabelling(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	rules(&f, &f.metric_relabel,
	      "- {source_labels: [__name__], regex: 'go_.*', action: drop}\n"
	      "- {regex: instance, action: labeldrop}\n"
	      "- {source_labels: [__name__], regex: 'old_(.*)', target_label: __name__, replacement: 'new_$1'}\n"
	      "- {source_labels: [__name__], regex: 'nameless', target_label: __name__, replacement: ''}\n");
	expand(&f);
	assert_string_equal(scrape(&f, "go_x 1\nold_a 2\nb 3\n", 1000),
			    "new_a{job=\"j\"} 2@1000\nb{job=\"j\"} 3@1000\nup{instance=\"h:1\",job=\"j\"} 1@1000\n");
	assert_int_equal(f.out.scraped, 3);
	assert_int_equal(f.out.kept, 2);
	scrape(&f, "nameless 1\n", 2000);
	assert_false(f.out.up);
	fixture_close(&f);
}

static void
take__the_end_of_a_target(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	expand(&f);
	scrape_target_end(f.targets[0], 500, on_sample, &f);
	assert_string_equal(buf_str(&f.log), ""); /* never scraped */
	scrape(&f, "a 1\n", 1000);
	buf_reset(&f.log);
	scrape_target_end(f.targets[0], 2000, on_sample, &f);
	assert_string_equal(buf_str(&f.log),
			    "a{instance=\"h:1\",job=\"j\"} stale@2000\nup{instance=\"h:1\",job=\"j\"} stale@2000\n"
			    "scrape_duration_seconds{instance=\"h:1\",job=\"j\"} stale@2000\n"
			    "scrape_samples_scraped{instance=\"h:1\",job=\"j\"} stale@2000\n"
			    "scrape_samples_post_metric_relabeling{instance=\"h:1\",job=\"j\"} stale@2000\n"
			    "scrape_series_added{instance=\"h:1\",job=\"j\"} stale@2000\n");
	fixture_close(&f);
}

/* Thousands of series that come and go: what is remembered is what there is. */
static void
take__churn(void **state)
{
	struct fixture f;
	struct buf body = BUF_INIT;

	(void)state;
	fixture_open(&f);
	expand(&f);
	for (int round = 0; round < 6; round++) {
		buf_reset(&body);
		for (int i = 0; i < 2000; i++)
			buf_addf(&body, "a{i=\"%d\"} %d\n", i + round * 500, i);
		scrape(&f, buf_str(&body), 1000 * (round + 1));
		assert_int_equal(f.out.added, round == 0 ? 2000 : 500);
		assert_int_equal(f.out.stale, round == 0 ? 0 : 500);
	}
	buf_release(&body);
	fixture_close(&f);
}

/* ---- health checks ---- */

static void
health__judges_status_and_values(void **state)
{
	static const struct {
		int64_t status;
		const char *path, *value, *body, *why; /* why NULL: healthy */
	} cases[] = {
	    {200, NULL, NULL, "", NULL},
	    {0, NULL, NULL, "", NULL},
	    {204, NULL, NULL, "", "status 200, expected 204"},
	    {200, "model_loaded", "true", "{\"model_loaded\": true}", NULL},
	    {200, "model_loaded", "true", "{\"model_loaded\": false}", "model_loaded is false, expected true"},
	    {200, "model_loaded", "true", "{\"model_loaded\": \"true\"}", "model_loaded is \"true\", expected true"},
	    {200, "a.b.c", "1", "{\"a\": {\"b\": {\"c\": 1.0}}}", NULL},
	    {200, "a.1.ok", "\"yes\"", "{\"a\": [{}, {\"ok\": \"yes\"}]}", NULL},
	    {200, "a.2.ok", "\"yes\"", "{\"a\": [{}, {\"ok\": \"yes\"}]}", "a.2.ok is missing, expected \"yes\""},
	    {200, "a.b", "1", "{\"a.b\": 1, \"a\": {\"b\": 2}}", NULL},
	    {200, "x", "null", "{\"x\": null}", NULL},
	    {200, "x", "1", "<html>", "body is not JSON"},
	    {200, "x", "1", "[]", "x is missing, expected 1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct label expect = {cases[i].path, cases[i].value};
		struct health_spec spec = {
		    .expect_status = cases[i].status, .expect_json = &expect, .n_expect_json = cases[i].path != NULL};
		struct scrape_answer a = {.status = 200, .body = cases[i].body, .n = strlen(cases[i].body)};
		char why[256];
		bool good = health_judge(&spec, &a, why);
		assert_string_equal(why, cases[i].why != NULL ? cases[i].why : "");
		assert_int_equal(good, cases[i].why == NULL);
	}
}

static void
health__no_answer_is_not_healthy(void **state)
{
	struct health_spec spec = {.expect_status = 200};
	struct scrape_answer a = {.error = "no answer within 2 s", .body = ""};
	char why[256];

	(void)state;
	assert_false(health_judge(&spec, &a, why));
	assert_string_equal(why, "no answer within 2 s");
}

static void
health__instance_is_host_and_port(void **state)
{
	static const char *const cases[][2] = {
	    {"http://127.0.0.1:8000/health", "127.0.0.1:8000"},
	    {"https://h/health?x=1", "h:443"},
	    {"http://h", "h:80"},
	    {"http://[::1]/x", "[::1]:80"},
	    {"http://[::1]:9/x", "[::1]:9"},
	    {"http://anna:secret@h:1/x", "h:1"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		health_instance(cases[i][0], out, sizeof out);
		assert_string_equal(out, cases[i][1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(target__url_and_labels),
	    cmocka_unit_test(target__default_ports_and_bad_addresses),
	    cmocka_unit_test(target__relabelling_can_set_everything),
	    cmocka_unit_test(target__as_prometheus_does_it),
	    cmocka_unit_test(take__samples_and_report_series),
	    cmocka_unit_test(take__vanished_series_get_a_staleness_marker),
	    cmocka_unit_test(take__a_failed_scrape_ends_all_series_and_stores_nothing),
	    cmocka_unit_test(take__labels_of_body_and_target),
	    cmocka_unit_test(take__times_in_the_body),
	    cmocka_unit_test(take__limits_fail_the_whole_scrape),
	    cmocka_unit_test(take__metric_relabelling),
	    cmocka_unit_test(take__the_end_of_a_target),
	    cmocka_unit_test(take__churn),
	    cmocka_unit_test(health__judges_status_and_values),
	    cmocka_unit_test(health__no_answer_is_not_healthy),
	    cmocka_unit_test(health__instance_is_host_and_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
