/*
 * health_check.c -- is the answer of a health check what is expected?
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/scrape_target.h"

/* The value at a dotted path; NULL when there is none. */
static json_t *
at_path(json_t *doc, const char *path)
{
	while (doc != NULL && *path != '\0') {
		const size_t n = strcspn(path, ".");
		char key[256];

		snprintf(key, sizeof key, "%.*s", (int)(n < sizeof key ? n : sizeof key - 1), path);
		doc = json_object_get(doc, key);
		path += n + (path[n] == '.');
	}
	return doc;
}

static bool
value_is(json_t *v, const char *want)
{
	json_t *w = json_loads(want, JSON_DECODE_ANY, NULL);
	const bool both_numbers = json_is_number(v) && json_is_number(w);
	const bool same = both_numbers ? json_number_value(v) == json_number_value(w) : json_equal(v, w) == 1;

	json_decref(w);
	return same;
}

static bool
judge_json(const struct health_spec *spec, const struct scrape_answer *a, char why[256])
{
	json_t *doc = json_loadb(a->body, a->n, 0, NULL);
	bool good = doc != NULL;

	if (!good)
		snprintf(why, 256, "the answer is no JSON");
	for (size_t i = 0; i < spec->n_expect_json && good; i++) {
		const struct label *want = &spec->expect_json[i];
		json_t *v = at_path(doc, want->name);

		if (v != NULL && value_is(v, want->value))
			continue;
		good = false;
		if (v == NULL) {
			snprintf(why, 256, "%.100s is missing, expected %.60s", want->name, want->value);
		} else {
			char *is = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

			snprintf(why, 256, "%.100s is %.60s, expected %.60s", want->name, is != NULL ? is : "?",
				 want->value);
			free(is);
		}
	}
	json_decref(doc);
	return good;
}

bool
health_judge(const struct health_spec *spec, const struct scrape_answer *a, char why[256])
{
	why[0] = '\0';
	if (a->error != NULL) {
		snprintf(why, 256, "%.250s", a->error);
		return false;
	}
	if (spec->expect_status > 0 ? a->status != spec->expect_status : a->status < 200 || a->status > 299) {
		snprintf(why, 256, "status %d, expected %s%lld", a->status, spec->expect_status > 0 ? "" : "2xx ",
			 (long long)spec->expect_status);
		return false;
	}
	return spec->n_expect_json == 0 || judge_json(spec, a, why);
}

void
health_instance(const char *url, char *out, size_t size)
{
	const char *host = strstr(url, "://");

	host = host != NULL ? host + 3 : url;
	snprintf(out, size, "%.*s", (int)strcspn(host, "/?"), host);
}
