/*
 * query_http.c -- see query_http.h. libcurl asks, jansson reads.
 */
#include "query_http.h"
#include "query_print.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/command.h"

#define ANSWER_MAX ((size_t)256 << 20)
#define TIMEOUT_MS 120000L

struct question {
	CURL *curl;
	struct buf url;
	bool has_param;
};

static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct buf *body = arg;

	if (body->len + size * n > ANSWER_MAX)
		return 0;
	buf_add(body, p, size * n);
	return size * n;
}

static void
param(struct question *q, const char *name, const char *value)
{
	char *escaped = curl_easy_escape(q->curl, value, 0);

	buf_addf(&q->url, "%c%s=%s", q->has_param ? '&' : '?', name, escaped != NULL ? escaped : "");
	q->has_param = true;
	curl_free(escaped);
}

static void
time_param(struct question *q, const char *name, int64_t ms)
{
	char text[40];

	snprintf(text, sizeof text, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
	param(q, name, text);
}

static int
ask(struct question *q, struct buf *body, struct err *e)
{
	CURLcode rc;

	curl_easy_setopt(q->curl, CURLOPT_URL, buf_str(&q->url));
	curl_easy_setopt(q->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(q->curl, CURLOPT_WRITEDATA, body);
	curl_easy_setopt(q->curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
	curl_easy_setopt(q->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(q->curl, CURLOPT_ACCEPT_ENCODING, "");
	rc = curl_easy_perform(q->curl);
	if (rc != CURLE_OK)
		return err_set(e, ERR_WORLD, "cannot ask '%s': %s", buf_str(&q->url), curl_easy_strerror(rc));
	return 0;
}

static void
print_metric(json_t *metric)
{
	const char *name = json_string_value(json_object_get(metric, "__name__")), *key;
	bool any = false;
	json_t *value;

	printf("%s", name != NULL ? name : "");
	json_object_foreach(metric, key, value)
	{
		if (strcmp(key, "__name__") == 0)
			continue;
		printf("%s%s=\"%s\"", any ? "," : "{", key, json_string_value(value));
		any = true;
	}
	printf("%s", any ? "}" : name == NULL ? "{}" : "");
}

static void
print_point(json_t *pair)
{
	json_t *v = json_array_get(pair, 1);
	char t[32], *text = json_is_string(v) ? NULL : json_dumps(v, JSON_COMPACT);

	rfc3339_format(t, (int64_t)(json_number_value(json_array_get(pair, 0)) * 1000 + 0.5));
	printf("%s @[%s]\n", text != NULL ? text : json_string_value(v), t);
	free(text);
}

static void
print_sample(json_t *sample)
{
	json_t *values = json_object_get(sample, "values"), *one = json_object_get(sample, "value"), *pair;
	size_t i;

	print_metric(json_object_get(sample, "metric"));
	if (one == NULL)
		one = json_object_get(sample, "histogram");
	if (values == NULL)
		values = json_object_get(sample, "histograms");
	printf(" =>%s", one != NULL ? " " : "\n");
	if (one != NULL)
		print_point(one);
	json_array_foreach(values, i, pair) print_point(pair);
}

static void
print_data(json_t *data)
{
	json_t *result = json_is_array(data) ? data : json_object_get(data, "result"), *item;
	const char *type = json_string_value(json_object_get(data, "resultType"));
	size_t i;

	if (type != NULL && (strcmp(type, "scalar") == 0 || strcmp(type, "string") == 0)) {
		print_point(result);
		return;
	}
	json_array_foreach(result, i, item)
	{
		if (json_is_string(item)) {
			printf("%s\n", json_string_value(item));
		} else if (json_is_array(data)) {
			print_metric(item);
			printf("\n");
		} else {
			print_sample(item);
		}
	}
}

static int
show(const struct command_line *line, const struct buf *body, struct err *e)
{
	json_t *doc = json_loadb(buf_str(body), body->len, 0, NULL);
	const char *error = json_string_value(json_object_get(doc, "error"));
	int rc = 0;

	if (doc == NULL)
		rc = err_set(e, ERR_WORLD, "the server's answer is no JSON");
	else if (error != NULL && !line->common->json)
		rc = err_set(e, ERR_USAGE, "the server says: %s", error);
	else if (line->common->json && buf_str(body)[0] == '{')
		printf("{" QUERY_SCHEMA "%s\n", buf_str(body) + 1);
	else
		print_data(json_object_get(doc, "data"));
	json_decref(doc);
	return rc;
}

static int
compose(struct question *q, const struct command_line *line, int64_t time, int64_t start, int64_t end, int64_t step)
{
	const char *verb = line->args[0];
	char text[32];

	if (strcmp(verb, "series") == 0 || (strcmp(verb, "labels") == 0 && line->n_args < 2)) {
		buf_addf(&q->url, "/api/v1/%s", verb);
		for (size_t i = 1; i < line->n_args; i++)
			param(q, "match[]", line->args[i]);
	} else if (strcmp(verb, "labels") == 0) {
		buf_addf(&q->url, "/api/v1/label/%s/values", line->args[1]);
	} else if (strcmp(verb, "range") == 0) {
		int64_t to = end >= 0 ? end : clock_now(), from = start >= 0 ? start : to - MS_HOUR;

		if (line->n_args != 2)
			return -1;
		snprintf(text, sizeof text, "%.3f", (double)(step > 0 ? step : (to - from) / 250 + 1) / 1000);
		buf_addstr(&q->url, "/api/v1/query_range");
		param(q, "query", line->args[1]);
		time_param(q, "start", from);
		time_param(q, "end", to);
		param(q, "step", text);
	} else {
		buf_addstr(&q->url, "/api/v1/query");
		param(q, "query", line->args[strcmp(verb, "instant") == 0 && line->n_args > 1 ? 1 : 0]);
		time_param(q, "time", time >= 0 ? time : clock_now());
	}
	return 0;
}

int
query_over_http(const struct command_line *line, const char *url, int64_t time, int64_t start, int64_t end,
		int64_t step)
{
	struct question q = {.curl = curl_easy_init()};
	struct buf body = BUF_INIT;
	struct err e = ERR_INIT;
	size_t n = strlen(url);
	int rc;

	while (n > 0 && url[n - 1] == '/')
		n--;
	buf_add(&q.url, url, n);
	if (line->common->output == OUTPUT_JSONL || line->common->output == OUTPUT_CSV)
		rc = command_usage(line, "--url answers in text or json");
	else if (compose(&q, line, time, start, end, step) < 0)
		rc = command_usage(line, "which expression?");
	else if (ask(&q, &body, &e) < 0 || show(line, &body, &e) < 0)
		rc = command_fail(line, &e);
	else
		rc = 0;
	curl_easy_cleanup(q.curl);
	buf_release(&q.url);
	buf_release(&body);
	return rc;
}
