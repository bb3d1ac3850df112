/* config_logs.c -- prediction_logs and references of mlwatch.yml. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/clock.h"
#include "mlwatch/file.h"
#include "mlwatch/matcher.h"
#include "mlwatch/xalloc.h"

#include "config_private.h"

#define DEFAULT_LINE_BYTES ((size_t)1 << 20)
#define DEFAULT_CATEGORIES 1000
#define DEFAULT_SERIES     20000
#define DEFAULT_FEATURES   1000
#define DEFAULT_MODELS     100
#define DEFAULT_FUTURE_MS  (10 * MS_MINUTE)
#define MOST_LINE_BYTES    ((int64_t)64 << 20)

/* ---- fields ---- */

static const char *const unit_words[] = {"s", "ms", "us", "ns"};
static const enum time_unit units[] = {UNIT_S, UNIT_MS, UNIT_US, UNIT_NS};

static bool
read_unit(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	int i = config_word(f, v, unit_words, 4, "a unit of time");

	if (i >= 0)
		((struct field_spec *)field)->unit = units[i];
	return i >= 0;
}

/* A path, or {field: path, unit: ms}, or {value: constant}. */
static bool
read_field(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const struct yaml_key rows[] = {
	    {"field", yaml_read_str, offsetof(struct field_spec, path), false},
	    {"value", yaml_read_str, offsetof(struct field_spec, constant), false},
	    {"unit", read_unit, 0, false},
	};
	struct field_spec *spec = field;

	if (v->kind != YAML_MAP)
		return yaml_read_str(f, v, &spec->path);
	if (!yaml_read_map(f, v, ROWS(rows), spec, "a field"))
		return false;
	if ((spec->path != NULL) == (spec->constant != NULL)) {
		yaml_error(f, v, "conflict", "a field has either 'field' or 'value'");
		return false;
	}
	return true;
}

static bool
read_when(struct yaml_file *f, const struct yaml_node *v, void *decode)
{
	static const char *const words[] = {"present", "true"};
	int i = config_word(f, v, words, 2, "when there is an error");

	if (i >= 0)
		((struct decode_spec *)decode)->error_when = i == 0 ? ERROR_PRESENT : ERROR_TRUE;
	return i >= 0;
}

static bool
read_error_path(struct yaml_file *f, const struct yaml_node *v, void *decode)
{
	return yaml_read_str(f, v, &((struct decode_spec *)decode)->error.path);
}

/* error: path, or {field: path, when: present|true} */
static bool
read_error(struct yaml_file *f, const struct yaml_node *v, void *decode)
{
	static const struct yaml_key rows[] = {
	    {"field", read_error_path, 0, true},
	    {"when", read_when, 0, false},
	};
	struct decode_spec *d = decode;

	d->error_when = ERROR_PRESENT;
	if (v->kind != YAML_MAP)
		return yaml_read_str(f, v, &d->error.path);
	return yaml_read_map(f, v, ROWS(rows), d, "error");
}

static bool
read_fields(struct yaml_file *f, const struct yaml_node *v, void *decode)
{
#define AT(f) offsetof(struct decode_spec, f)
	static const struct yaml_key rows[] = {
	    {"timestamp", read_field, AT(timestamp), true},    {"model", read_field, AT(model), true},
	    {"version", read_field, AT(version), false},       {"request_id", read_field, AT(request_id), false},
	    {"latency", read_field, AT(latency), false},       {"status", read_field, AT(status), false},
	    {"prediction", read_field, AT(prediction), false}, {"score", read_field, AT(score), false},
	    {"features", yaml_read_str, AT(features), false},  {"error", read_error, 0, false},
	};
#undef AT
	struct decode_spec *d = decode;
	const struct yaml_node *latency = yaml_get(v, "latency");

	bool good = yaml_read_map(f, v, ROWS(rows), d, "fields");

	d->needs_model = d->model.path != NULL;
	if (d->timestamp.constant != NULL) {
		yaml_error(f, yaml_get(v, "timestamp"), "bad-value", "a timestamp cannot be a constant");
		good = false;
	}
	if (latency != NULL && latency->kind != YAML_MAP) {
		mistake_hint(yaml_error(f, latency, "missing-unit", "the latency needs a unit"),
			     "latency: {field: %s, unit: ms}", latency->text);
		return false;
	}
	if (latency != NULL && d->latency.path != NULL && yaml_get(latency, "unit") == NULL) {
		yaml_error(f, latency, "missing-unit", "missing key 'unit' in latency");
		return false;
	}
	return good;
}

/* ---- features ---- */

static bool
read_type(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const char *const words[] = {"numeric", "categorical", "bool"};
	static const enum expect_type types[] = {EXPECT_NUMERIC, EXPECT_CATEGORICAL, EXPECT_BOOL};
	int i = config_word(f, v, words, 3, "a type of feature");

	if (i >= 0)
		*(enum expect_type *)field = types[i];
	return i >= 0;
}

static bool
read_min(struct yaml_file *f, const struct yaml_node *v, void *expect)
{
	struct feature_expect *e = expect;

	e->has_min = true;
	return yaml_double(f, v, &e->min);
}

static bool
read_max(struct yaml_file *f, const struct yaml_node *v, void *expect)
{
	struct feature_expect *e = expect;

	e->has_max = true;
	return yaml_double(f, v, &e->max);
}

static bool
read_allowed(struct yaml_file *f, const struct yaml_node *v, void *expect)
{
	struct feature_expect *e = expect;
	struct config_strings s = {0};
	bool good = config_read_strings(f, v, &s);

	e->allowed = s.at;
	e->n_allowed = s.n;
	return good;
}

static bool
read_pattern(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	char **pattern = field;
	struct err e = ERR_INIT;
	struct regex *r;

	if (!yaml_read_str(f, v, pattern))
		return false;
	r = regex_open(*pattern, &e);
	if (r == NULL)
		mistake_hint(yaml_error(f, v, "bad-regex", "%s", e.text), "%s", e.hint);
	regex_close(r);
	return r != NULL;
}

static bool
read_max_categories(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	int64_t n;

	if (!yaml_int(f, v, 1, 1000000, &n))
		return false;
	*(size_t *)field = (size_t)n;
	return true;
}

static bool
read_feature(struct yaml_file *f, const struct yaml_node *v, struct feature_expect *e)
{
	static const struct yaml_key rows[] = {
	    {"type", read_type, offsetof(struct feature_expect, type), false},
	    {"min", read_min, 0, false},
	    {"max", read_max, 0, false},
	    {"required", yaml_read_bool, offsetof(struct feature_expect, required), false},
	    {"allowed", read_allowed, 0, false},
	    {"pattern", read_pattern, offsetof(struct feature_expect, pattern), false},
	    {"max_categories", read_max_categories, offsetof(struct feature_expect, max_categories), false},
	};

	bool good;

	if (v->kind == YAML_NULL)
		return true;
	good = yaml_read_map(f, v, ROWS(rows), e, "a feature");
	if (e->has_min && e->has_max && e->min > e->max) {
		yaml_error(f, v, "out-of-range", "'min' is above 'max'");
		return false;
	}
	if (e->type == EXPECT_CATEGORICAL && (e->has_min || e->has_max)) {
		yaml_error(f, v, "conflict", "a categorical feature has no 'min' or 'max'");
		return false;
	}
	return good;
}

static bool
read_features(struct yaml_file *f, const struct yaml_node *v, void *log)
{
	struct config_log *l = log;
	bool good = true;
	size_t i;

	if (!yaml_expect(f, v, YAML_MAP, "a mapping of features"))
		return false;
	l->expect = xcalloc(v->n, sizeof(*l->expect));
	for (i = 0; i < v->n; i++) {
		l->expect[l->n_expect].name = xstrdup(v->keys[i]->text);
		good = read_feature(f, v->items[i], &l->expect[l->n_expect++]) && good;
	}
	return good;
}

/* ---- one log ---- */

struct limits {
	int64_t line_bytes, categories, series, features, models, future_ms;
};

static bool
read_limits(struct yaml_file *f, const struct yaml_node *v, void *log)
{
#define AT(f) offsetof(struct limits, f)
	static const struct yaml_key rows[] = {
	    {"line_bytes", config_read_positive_size, AT(line_bytes), false},
	    {"categories", config_read_limit, AT(categories), false},
	    {"series", config_read_limit, AT(series), false},
	    {"features", config_read_limit, AT(features), false},
	    {"models", config_read_limit, AT(models), false},
	    {"future", config_read_positive_duration, AT(future_ms), false},
	};
#undef AT
	struct config_log *l = log;
	struct limits m = {(int64_t)l->decode.line_bytes, (int64_t)l->window.max_categories,
			   (int64_t)l->window.max_series, (int64_t)l->window.max_features,
			   (int64_t)l->window.max_models, l->decode.future_ms};

	if (!yaml_read_map(f, v, ROWS(rows), &m, "limits"))
		return false;
	if (m.line_bytes > MOST_LINE_BYTES) {
		yaml_error(f, yaml_get(v, "line_bytes"), "out-of-range", "lines of more than 64MiB are not read");
		return false;
	}
	l->decode.line_bytes = l->tail.line_bytes = (size_t)m.line_bytes;
	l->decode.future_ms = m.future_ms;
	l->window.max_categories = (size_t)m.categories;
	l->window.max_series = (size_t)m.series;
	l->window.max_features = (size_t)m.features;
	l->window.max_models = (size_t)m.models;
	return true;
}

static bool
add_path(struct yaml_file *f, const struct yaml_node *item, size_t i, void *arg)
{
	struct config_log *l = arg;
	const char *text;

	(void)i;
	if (!yaml_string(f, item, &text))
		return false;
	if (text[0] == '\0') {
		yaml_error(f, item, "bad-value", "a path must not be empty");
		return false;
	}
	l->tail.paths = xreallocarray(l->tail.paths, l->tail.n_paths + 1, sizeof(*l->tail.paths));
	l->tail.paths[l->tail.n_paths++] = path_beside(f->path, text);
	return true;
}

static bool
read_paths(struct yaml_file *f, const struct yaml_node *v, void *log)
{
	if (v->kind == YAML_LIST && v->n == 0) {
		yaml_error(f, v, "bad-value", "at least one path is needed");
		return false;
	}
	return config_each(f, v, "a list of paths", add_path, log);
}

static bool
read_format(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const char *const words[] = {"json", "logfmt", "csv", "regex"};
	int i = config_word(f, v, words, 4, "a log format");

	if (i >= 0)
		*(enum log_format_kind *)field = (enum log_format_kind)i;
	return i >= 0;
}

static bool
read_from(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const char *const words[] = {"beginning", "end"};
	int i = config_word(f, v, words, 2, "where to begin");

	if (i >= 0)
		*(bool *)field = i == 1;
	return i >= 0;
}

static bool
check_log(struct yaml_file *f, const struct yaml_node *v, const struct config_log *l)
{
	bool regex = l->decode.format == FORMAT_REGEX;

	if (regex && l->decode.regex == NULL)
		yaml_error(f, v, "missing-key", "missing key 'regex' in a prediction log of format regex");
	else if (!regex && l->decode.regex != NULL)
		yaml_error(f, yaml_get(v, "regex"), "conflict", "'regex' is only for format: regex");
	else
		return true;
	return false;
}

static bool
read_search_regex(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	char **pattern = field;
	struct err e = ERR_INIT;
	struct regex *r;

	if (!yaml_read_str(f, v, pattern))
		return false;
	r = regex_open_search(*pattern, &e);
	if (r == NULL)
		mistake_hint(yaml_error(f, v, "bad-regex", "%s", e.text), "%s", e.hint);
	regex_close(r);
	return r != NULL;
}

static bool
read_log(struct yaml_file *f, const struct yaml_node *v, struct config_log *l)
{
	static const struct yaml_key rows[] = {
	    {"job", yaml_read_str, offsetof(struct config_log, job), true},
	    {"paths", read_paths, 0, true},
	    {"format", read_format, offsetof(struct config_log, decode.format), false},
	    {"regex", read_search_regex, offsetof(struct config_log, decode.regex), false},
	    {"read_from", read_from, offsetof(struct config_log, tail.from_end), false},
	    {"fields", read_fields, offsetof(struct config_log, decode), true},
	    {"features", read_features, 0, false},
	    {"limits", read_limits, 0, false},
	};
	bool good;

	l->decode.line_bytes = l->tail.line_bytes = DEFAULT_LINE_BYTES;
	l->decode.future_ms = DEFAULT_FUTURE_MS;
	l->window.max_categories = DEFAULT_CATEGORIES;
	l->window.max_series = DEFAULT_SERIES;
	l->window.max_features = DEFAULT_FEATURES;
	l->window.max_models = DEFAULT_MODELS;
	good = yaml_read_map(f, v, ROWS(rows), l, "a prediction log");
	good = (v->kind != YAML_MAP || check_log(f, v, l)) && good;
	l->window.job = l->job;
	l->window.expect = l->expect;
	l->window.n_expect = l->n_expect;
	return good;
}

static bool
job_twice(struct yaml_file *f, const struct yaml_node *item, const struct config_log *at, size_t n)
{
	size_t i;

	for (i = 0; at[n].job != NULL && i < n; i++) {
		if (at[i].job == NULL || strcmp(at[i].job, at[n].job) != 0)
			continue;
		yaml_error(f, yaml_get(item, "job"), "duplicate-name", "two prediction logs of job '%s'", at[n].job);
		return true;
	}
	return false;
}

bool
config_read_logs(struct yaml_file *f, const struct yaml_node *v, void *config)
{
	struct config *c = config;
	bool good = true;
	size_t i;

	if (!yaml_expect(f, v, YAML_LIST, "a list of prediction logs"))
		return false;
	c->logs = xcalloc(v->n, sizeof(*c->logs));
	for (i = 0; i < v->n; i++) {
		c->n_logs++;
		good = read_log(f, v->items[i], &c->logs[i]) && good;
		good = !job_twice(f, v->items[i], c->logs, i) && good;
	}
	return good;
}

static void
field_release(struct field_spec *s)
{
	free(s->path);
	free(s->constant);
}

void
config_log_release(struct config_log *l)
{
	struct decode_spec *d = &l->decode;
	struct field_spec *fields[] = {&d->timestamp, &d->model,      &d->version, &d->request_id, &d->latency,
				       &d->status,    &d->prediction, &d->score,   &d->error};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		field_release(fields[i]);
	free(d->regex);
	free(d->features);
	for (i = 0; i < l->n_expect; i++) {
		free(l->expect[i].name);
		free(l->expect[i].pattern);
		config_strings_free(l->expect[i].allowed, l->expect[i].n_allowed);
	}
	free(l->expect);
	config_strings_free(l->tail.paths, l->tail.n_paths);
	free(l->job);
}

/* ---- references ---- */

static bool
read_reference_file(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	char **path = field;

	if (!yaml_read_path(f, v, path))
		return false;
	if (access(*path, F_OK) == 0)
		return true;
	mistake_hint(yaml_error(f, v, "missing-file", "no such file: '%s'", *path),
		     "make it with: mlwatch baseline DATA -o %s", *path);
	return false;
}

static bool
reference_twice(struct yaml_file *f, const struct yaml_node *item, const struct config_reference *at, size_t n)
{
	size_t i;

	for (i = 0; at[n].model != NULL && i < n; i++) {
		const char *a = at[i].version != NULL ? at[i].version : "",
			   *b = at[n].version != NULL ? at[n].version : "";

		if (at[i].model == NULL || strcmp(at[i].model, at[n].model) != 0 || strcmp(a, b) != 0)
			continue;
		yaml_error(f, item, "duplicate-name", "two references of model '%s' version '%s'", at[n].model,
			   b[0] != '\0' ? b : "(every)");
		return true;
	}
	return false;
}

bool
config_read_references(struct yaml_file *f, const struct yaml_node *v, void *config)
{
#define AT(f) offsetof(struct config_reference, f)
	static const struct yaml_key rows[] = {
	    {"model", yaml_read_str, AT(model), true},
	    {"version", yaml_read_str, AT(version), false},
	    {"file", read_reference_file, AT(file), true},
	};
#undef AT
	struct config *c = config;
	bool good = true;
	size_t i;

	if (!yaml_expect(f, v, YAML_LIST, "a list of references"))
		return false;
	c->references = xcalloc(v->n, sizeof(*c->references));
	for (i = 0; i < v->n; i++) {
		c->n_references++;
		c->references[i].line = v->items[i]->line;
		good = yaml_read_map(f, v->items[i], ROWS(rows), &c->references[i], "a reference") && good;
		good = !reference_twice(f, v->items[i], c->references, i) && good;
	}
	return good;
}
