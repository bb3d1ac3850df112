/*
 * templates.c -- alert template expansions against what a Prometheus made of them. Each one goes the whole way: a rule file
 * with the template as an annotation, series in memory, an evaluation, the alert's annotation.
 *
 * templates [-v] FILE
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/memory_storage.h"
#include "mlwatch/num.h"
#include "mlwatch/rules.h"

#define ERROR_PREFIX "<error expanding template:"
#define NOW          INT64_C(1700000000000)

static void
put(struct memory_storage *m, struct arena *mem, const char *name, const char *k, double v)
{
	const struct label at[] = {{METRIC_NAME, name}, {"k", k}};

	memory_storage_append(m, labels_make(mem, at, 2), NOW, v);
}

static struct memory_storage *
series(struct arena *mem, const json_t *entry)
{
	struct memory_storage *m = memory_storage_open();
	const char *key, *value = json_string_value(json_object_get(entry, "value"));
	struct label at[64] = {{METRIC_NAME, "input"}};
	size_t n = 1;
	json_t *v;
	double number = 0;

	json_object_foreach(json_object_get(entry, "labels"), key, v)
	{
		if (n < 64)
			at[n++] = (struct label){key, json_string_value(v)};
	}
	num_parse(value, strlen(value), &number);
	memory_storage_append(m, labels_make(mem, at, n), NOW, number);
	put(m, mem, "script_metric", "c", 3);
	put(m, mem, "script_metric", "a", 1);
	put(m, mem, "script_metric", "b", 1234);
	return m;
}

static void
take(void *arg, const struct alert_view *v)
{
	buf_addstr(arg, labels_get(v->annotations, "t"));
}

static void
expand(const json_t *entry, struct buf *out)
{
	static const struct label external[] = {{"region", "eu"}};
	const struct rule_set_spec spec = {60000, {external, 1}, "http://prom.example:9090/base"};
	struct arena *mem = arena_open();
	struct memory_storage *m = series(mem, entry);
	const struct promql p = {.storage = memory_storage_view(m)};
	const struct rule_sink sink = {0};
	struct errlist mistakes = ERRLIST_INIT;
	struct err e = ERR_INIT;
	struct buf text = BUF_INIT;
	char *quoted = json_dumps(json_object_get(entry, "template"), JSON_ENCODE_ANY);

	buf_addf(&text, "groups: [{name: g, rules: [{alert: Txt, expr: input + 0, annotations: {t: %s}}]}]\n", quoted);
	struct rule_file *f = rule_file_parse("templates", buf_str(&text), text.len, &mistakes);
	if (f == NULL) {
		buf_addf(out, "%s %s>", ERROR_PREFIX, mistakes.n > 0 ? mistakes.at[0].text : "");
	} else {
		struct rule_set *s = rule_set_open(&spec);
		rule_set_load(s, &f, 1, NULL, &e);
		rule_group_eval(rule_set_group(s, 0), &p, NOW, &sink);
		rule_set_alerts(s, take, out);
		rule_set_close(s);
	}
	errlist_release(&mistakes);
	buf_release(&text);
	free(quoted);
	memory_storage_close(m);
	arena_close(mem);
}

static bool
agrees(const char *got, const char *expected)
{
	size_t n = strlen(ERROR_PREFIX);

	if (strncmp(expected, ERROR_PREFIX, n) == 0)
		return strncmp(got, ERROR_PREFIX, n) == 0;
	return strcmp(got, expected) == 0;
}

int
main(int argc, char **argv)
{
	const char *path = argv[argc - 1];
	size_t passed = 0, failed = 0, i;
	json_error_t why;
	json_t *all = argc > 1 ? json_load_file(path, 0, &why) : NULL, *entry;

	if (!json_is_array(all)) {
		fprintf(stderr, "templates: no golden file: %s\n", argc > 1 ? why.text : "which?");
		return 2;
	}
	json_array_foreach(all, i, entry)
	{
		struct buf got = BUF_INIT;
		const char *expected = json_string_value(json_object_get(entry, "result"));
		expand(entry, &got);
		if (agrees(buf_str(&got), expected)) {
			passed++;
		} else {
			failed++;
			fprintf(stderr, "FAIL %s at %s\n  expected %s\n  got      %s\n",
				json_string_value(json_object_get(entry, "template")),
				json_string_value(json_object_get(entry, "value")), expected, buf_str(&got));
		}
		buf_release(&got);
	}
	json_decref(all);
	printf("templates: %zu passed, %zu failed\n", passed, failed);
	return failed > 0;
}
