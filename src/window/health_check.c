/*
 * health_check.c -- the answer of a health endpoint against what the configuration expects of it.
 *
 * The first thing that is not as expected is the reason. A path goes through members and, by number, through array items. Numbers
 * are equal when their values are (1 and 1.0).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "mlwatch/scrape_target.h"

static json_t *
member(json_t *in, const char *key)
{
	char *end;
	unsigned long i;

	if (json_is_object(in))
		return json_object_get(in, key);
	i = strtoul(key, &end, 10);
	return json_is_array(in) && end != key && *end == '\0' ? json_array_get(in, i) : NULL;
}

/* A member whose name holds dots wins over the way through them. */
static json_t *
follow(json_t *in, const char *path)
{
	json_t *whole = member(in, path);
	const char *dot = path;
	char key[256];

	while (whole == NULL && (dot = strchr(dot, '.')) != NULL) {
		size_t n = (size_t)(dot - path);
		if (n < sizeof key) {
			json_t *next;
			memcpy(key, path, n);
			key[n] = '\0';
			next = member(in, key);
			whole = next != NULL ? follow(next, dot + 1) : NULL;
		}
		dot++;
	}
	return whole;
}

static bool
same_value(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	return json_equal(a, b);
}

static bool
check_value(json_t *body, const struct label *expect, char why[256])
{
	json_t *found = follow(body, expect->name), *want = json_loads(expect->value, JSON_DECODE_ANY, NULL);
	bool same = found != NULL && want != NULL && same_value(found, want);
	char *text;

	if (!same && found == NULL) {
		snprintf(why, 256, "%.100s is missing, expected %.60s", expect->name, expect->value);
	} else if (!same) {
		text = json_dumps(found, JSON_ENCODE_ANY | JSON_COMPACT);
		snprintf(why, 256, "%.100s is %.60s, expected %.60s", expect->name, text != NULL ? text : "?",
			 expect->value);
		free(text);
	}
	json_decref(want);
	return same;
}

static bool
check_body(const struct health_spec *spec, const struct scrape_answer *a, char why[256])
{
	json_t *body = json_loadb(a->body, a->n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	bool good = body != NULL;

	if (!good)
		snprintf(why, 256, "body is not JSON");
	for (size_t i = 0; i < spec->n_expect_json && good; i++)
		good = check_value(body, &spec->expect_json[i], why);
	json_decref(body);
	return good;
}

bool
health_judge(const struct health_spec *spec, const struct scrape_answer *a, char why[256])
{
	bool expected = spec->expect_status > 0 ? a->status == spec->expect_status : a->status / 100 == 2;

	why[0] = '\0';
	if (a->error != NULL) {
		snprintf(why, 256, "%.250s", a->error);
		return false;
	}
	if (!expected) {
		if (a->status >= 400) /* says enough */
			snprintf(why, 256, "status %d", a->status);
		else if (spec->expect_status > 0)
			snprintf(why, 256, "status %d, expected %lld", a->status, (long long)spec->expect_status);
		else
			snprintf(why, 256, "status %d, expected 2xx", a->status);
		return false;
	}
	return spec->n_expect_json == 0 || check_body(spec, a, why);
}

void
health_instance(const char *url, char *out, size_t size)
{
	const char *host = strstr(url, "://"), *at, *bracket;
	size_t n;

	host = host != NULL ? host + 3 : url;
	n = strcspn(host, "/?#");
	at = memchr(host, '@', n);
	if (at != NULL) { /* a user's name is nobody's business */
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	bracket = memrchr(host, ']', n);
	if (memchr(bracket != NULL ? bracket : host, ':', n - (bracket != NULL ? (size_t)(bracket - host) : 0)) != NULL)
		snprintf(out, size, "%.*s", (int)n, host);
	else
		snprintf(out, size, "%.*s:%s", (int)n, host, strncmp(url, "https:", 6) == 0 ? "443" : "80");
}
