/* config_scrape.c -- scrape_configs (as in prometheus.yml) and health_checks. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/num.h"
#include "mlwatch/xalloc.h"

#include "config_private.h"

static bool
read_scheme(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const char *const words[] = {"http", "https"};
	int i = config_word(f, v, words, 2, "a scheme");

	return i >= 0 && yaml_read_str(f, v, field);
}

static void
add_param(struct config_scrape *s, const char *name, const char *value)
{
	s->params = xreallocarray(s->params, s->n_params + 1, sizeof(*s->params));
	s->params[s->n_params++] = (struct label){xstrdup(name), xstrdup(value)};
}

/* params: {name: [value, ...]} */
static bool
read_params(struct yaml_file *f, const struct yaml_node *v, void *scrape)
{
	const char *text;
	bool good = true;
	size_t i, k;

	if (!yaml_expect(f, v, YAML_MAP, "a mapping of parameters"))
		return false;
	for (i = 0; i < v->n; i++) {
		const struct yaml_node *values = v->items[i];

		if (!yaml_expect(f, values, YAML_LIST, "a list of values")) {
			good = false;
			continue;
		}
		for (k = 0; k < values->n; k++) {
			if (yaml_string(f, values->items[k], &text))
				add_param(scrape, v->keys[i]->text, text);
			else
				good = false;
		}
	}
	return good;
}

static bool
add_target(struct yaml_file *f, const struct yaml_node *item, size_t i, void *arg)
{
	struct config_static *s = arg;
	const char *text;

	(void)i;
	if (!yaml_string(f, item, &text))
		return false;
	if (text[0] == '\0' || strchr(text, '/') != NULL) {
		mistake_hint(yaml_error(f, item, "bad-target", "not a target: '%s'", text),
			     "a target is host:port; the path is metrics_path, https is scheme");
		return false;
	}
	s->targets = xreallocarray(s->targets, s->n_targets + 1, sizeof(*s->targets));
	s->targets[s->n_targets++] = xstrdup(text);
	return true;
}

static bool
read_targets(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return config_each(f, v, "a list of targets", add_target, field);
}

static bool
add_static(struct yaml_file *f, const struct yaml_node *item, size_t i, void *arg)
{
	static const struct yaml_key rows[] = {
	    {"targets", read_targets, 0, false},
	    {"labels", config_read_labels, offsetof(struct config_static, labels), false},
	};
	struct config_scrape *s = arg;

	(void)i;
	s->statics = xreallocarray(s->statics, s->n_statics + 1, sizeof(*s->statics));
	memset(&s->statics[s->n_statics], 0, sizeof(*s->statics));
	return yaml_read_map(f, item, ROWS(rows), &s->statics[s->n_statics++], "a static config");
}

static bool
read_statics(struct yaml_file *f, const struct yaml_node *v, void *scrape)
{
	return config_each(f, v, "a list of static configs", add_static, scrape);
}

static bool
name_twice(struct yaml_file *f, const struct yaml_node *item, const char *const *names, size_t n, size_t stride)
{
	const char *name, *other;
	size_t i;

	memcpy(&name, (const char *)names + n * stride, sizeof(name));
	for (i = 0; name != NULL && i < n; i++) {
		memcpy(&other, (const char *)names + i * stride, sizeof(other));
		if (other != NULL && strcmp(name, other) == 0) {
			yaml_error(f, yaml_get(item, "job_name"), "duplicate-name", "two jobs are called '%s'", name);
			return true;
		}
	}
	return false;
}

#define AT(f) offsetof(struct config_scrape, f)
static const struct yaml_key scrape_rows[] = {
    {"job_name", yaml_read_str, AT(job_name), true},
    {"metrics_path", yaml_read_str, AT(metrics_path), false},
    {"scheme", read_scheme, AT(scheme), false},
    {"params", read_params, 0, false},
    {"scrape_interval", config_read_positive_duration, AT(interval_ms), false},
    {"scrape_timeout", config_read_positive_duration, AT(timeout_ms), false},
    {"honor_labels", yaml_read_bool, AT(honor_labels), false},
    {"honor_timestamps", yaml_read_bool, AT(honor_timestamps), false},
    {"sample_limit", config_read_limit, AT(sample_limit), false},
    {"label_limit", config_read_limit, AT(label_limit), false},
    {"body_size_limit", yaml_read_size, AT(body_size_limit), false},
    HTTP_AUTH_ROWS(AT(auth)),
    {"static_configs", read_statics, 0, false},
    {"relabel_configs", relabel_read, AT(relabel), false},
    {"metric_relabel_configs", relabel_read, AT(metric_relabel), false},
};
#undef AT

bool
config_read_scrapes(struct yaml_file *f, const struct yaml_node *v, void *config)
{
	struct config *c = config;
	bool good = true;
	size_t i;

	if (!yaml_expect(f, v, YAML_LIST, "a list of scrape configs"))
		return false;
	c->scrapes = xcalloc(v->n, sizeof(*c->scrapes));
	for (i = 0; i < v->n; i++) {
		struct config_scrape *s = &c->scrapes[c->n_scrapes++];

		s->line = v->items[i]->line;
		s->honor_timestamps = true;
		good = yaml_read_map(f, v->items[i], ROWS(scrape_rows), s, "a scrape config") && good;
		good = http_auth_check(f, v->items[i], &s->auth) && good;
		good = !name_twice(f, v->items[i], (const char *const *)&c->scrapes->job_name, i, sizeof(*s)) && good;
		if (s->metrics_path == NULL)
			s->metrics_path = xstrdup("/metrics");
		if (s->scheme == NULL)
			s->scheme = xstrdup("http");
	}
	return good;
}

/* Node i of a list in the root, to report on when the whole file is known. */
static const struct yaml_node *
item_of(const struct yaml_file *f, const char *list, size_t i)
{
	return yaml_get(f->root, list)->items[i];
}

void
config_finish_scrapes(struct yaml_file *f, struct config *c)
{
	size_t i;

	for (i = 0; i < c->n_scrapes; i++) {
		struct config_scrape *s = &c->scrapes[i];
		bool given = s->timeout_ms != 0;

		if (s->interval_ms == 0)
			s->interval_ms = c->scrape_interval_ms;
		if (!given)
			s->timeout_ms = c->scrape_timeout_ms < s->interval_ms ? c->scrape_timeout_ms : s->interval_ms;
		if (given && s->timeout_ms > s->interval_ms)
			yaml_error(f, yaml_get(item_of(f, "scrape_configs", i), "scrape_timeout"), "out-of-range",
				   "the timeout is longer than the interval");
	}
	for (i = 0; i < c->n_health; i++) {
		struct config_health *h = &c->health[i];

		if (h->interval_ms == 0)
			h->interval_ms = c->scrape_interval_ms;
		if (h->timeout_ms == 0)
			h->timeout_ms = c->scrape_timeout_ms < h->interval_ms ? c->scrape_timeout_ms : h->interval_ms;
		else if (h->timeout_ms > h->interval_ms)
			yaml_error(f, yaml_get(item_of(f, "health_checks", i), "timeout"), "out-of-range",
				   "the timeout is longer than the interval");
	}
}

void
config_scrape_release(struct config_scrape *s)
{
	size_t i;

	free(s->job_name);
	free(s->metrics_path);
	free(s->scheme);
	config_labels_free(s->params, s->n_params);
	http_auth_release(&s->auth);
	for (i = 0; i < s->n_statics; i++) {
		config_strings_free(s->statics[i].targets, s->statics[i].n_targets);
		config_labels_free(s->statics[i].labels, s->statics[i].n_labels);
	}
	free(s->statics);
	relabel_release(&s->relabel);
	relabel_release(&s->metric_relabel);
}

/* ---- health checks ---- */

static bool
read_url(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	const char *text;

	if (!yaml_string(f, v, &text))
		return false;
	if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0) {
		yaml_error(f, v, "bad-value", "not an HTTP address: '%s'", text);
		return false;
	}
	return yaml_read_str(f, v, field);
}

static bool
read_status(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return yaml_int(f, v, 100, 599, field);
}

/* The JSON text that a YAML value stands for. */
static char *
json_of(const struct yaml_node *n)
{
	json_t *j;
	double d;
	char *text;

	if (n->kind == YAML_NULL)
		j = json_null();
	else if (n->style == 0 && (strcmp(n->text, "true") == 0 || strcmp(n->text, "false") == 0))
		j = json_boolean(n->text[0] == 't');
	else if (n->style == 0 && num_parse(n->text, strlen(n->text), &d))
		return xstrdup(n->text);
	else
		j = json_string(n->text);
	text = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT);
	json_decref(j);
	return text;
}

static bool
read_expect_json(struct yaml_file *f, const struct yaml_node *v, void *health)
{
	struct config_health *h = health;
	bool good = true;
	size_t i;

	if (!yaml_expect(f, v, YAML_MAP, "a mapping of paths and values"))
		return false;
	h->expect_json = xcalloc(v->n, sizeof(*h->expect_json));
	for (i = 0; i < v->n; i++) {
		if (v->items[i]->kind != YAML_NULL && v->items[i]->kind != YAML_SCALAR) {
			good = yaml_expect(f, v->items[i], YAML_SCALAR, "a single value");
			continue;
		}
		h->expect_json[h->n_expect_json++] = (struct label){xstrdup(v->keys[i]->text), json_of(v->items[i])};
	}
	return good;
}

static bool
read_expect(struct yaml_file *f, const struct yaml_node *v, void *health)
{
	static const struct yaml_key rows[] = {
	    {"status", read_status, offsetof(struct config_health, expect_status), false},
	    {"json", read_expect_json, 0, false},
	};

	return yaml_read_map(f, v, ROWS(rows), health, "expect");
}

#define AT(f) offsetof(struct config_health, f)
static const struct yaml_key health_rows[] = {
    {"job_name", yaml_read_str, AT(job_name), true},
    {"url", read_url, AT(url), true},
    {"interval", config_read_positive_duration, AT(interval_ms), false},
    {"timeout", config_read_positive_duration, AT(timeout_ms), false},
    {"expect", read_expect, 0, false},
    HTTP_AUTH_ROWS(AT(auth)),
};
#undef AT

bool
config_read_health(struct yaml_file *f, const struct yaml_node *v, void *config)
{
	struct config *c = config;
	bool good = true;
	size_t i;

	if (!yaml_expect(f, v, YAML_LIST, "a list of health checks"))
		return false;
	c->health = xcalloc(v->n, sizeof(*c->health));
	for (i = 0; i < v->n; i++) {
		struct config_health *h = &c->health[c->n_health++];

		h->line = v->items[i]->line;
		h->expect_status = 200;
		good = yaml_read_map(f, v->items[i], ROWS(health_rows), h, "a health check") && good;
		good = http_auth_check(f, v->items[i], &h->auth) && good;
		good = !name_twice(f, v->items[i], (const char *const *)&c->health->job_name, i, sizeof(*h)) && good;
	}
	return good;
}

void
config_health_release(struct config_health *h)
{
	free(h->job_name);
	free(h->url);
	config_labels_free(h->expect_json, h->n_expect_json);
	http_auth_release(&h->auth);
}
