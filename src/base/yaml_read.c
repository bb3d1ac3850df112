/*
 * yaml_read.c -- values out of a YAML tree; a wrong one is reported where it stands and reading goes on.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mlwatch/clock.h"
#include "mlwatch/num.h"
#include "mlwatch/suggest.h"
#include "mlwatch/xalloc.h"
#include "mlwatch/yaml.h"

static const char *const kind_words[] = {
    [YAML_NULL] = "nothing", [YAML_SCALAR] = "a single value", [YAML_LIST] = "a list", [YAML_MAP] = "a mapping"};

bool
yaml_expect(struct yaml_file *f, const struct yaml_node *n, enum yaml_kind kind, const char *what)
{
	if (n->kind == kind)
		return true;
	yaml_error(f, n, "wrong-kind", "expected %s, found %s", what, kind_words[n->kind]);
	return false;
}

bool
yaml_string(struct yaml_file *f, const struct yaml_node *n, const char **out)
{
	if (n->kind == YAML_NULL) {
		*out = "";
		return true;
	}
	if (!yaml_expect(f, n, YAML_SCALAR, "a text"))
		return false;
	*out = n->text;
	return true;
}

static bool
wrong(struct yaml_file *f, const struct yaml_node *n, const char *what, const char *hint)
{
	struct mistake *m = yaml_error(f, n, "bad-value", "not %s: '%.200s'", what, n->text);

	if (hint != NULL)
		mistake_hint(m, "%s", hint);
	return false;
}

bool
yaml_bool(struct yaml_file *f, const struct yaml_node *n, bool *out)
{
	static const char *const words[] = {"true", "yes", "on", "y", "false", "no", "off", "n"};
	size_t i;

	if (!yaml_expect(f, n, YAML_SCALAR, "true or false"))
		return false;
	for (i = 0; n->style == 0 && i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(n->text, words[i]) == 0) {
			*out = i < 4;
			return true;
		}
	}
	return wrong(f, n, "true or false", n->style != 0 ? "without quotes: true or false" : NULL);
}

/* 10, -3, 1_000, 1e3, 2.0 */
static bool
read_int(const char *text, int64_t *out)
{
	char plain[64];
	size_t n = 0;
	double v;
	char *end;

	for (; *text != '\0' && n + 1 < sizeof(plain); text++)
		if (*text != '_')
			plain[n++] = *text;
	plain[n] = '\0';
	if (n == 0 || *text != '\0')
		return false;
	*out = strtoll(plain, &end, 10);
	if (*end == '\0' && plain[0] != ' ')
		return llabs(*out) < INT64_MAX;
	if (!num_parse(plain, n, &v) || v != floor(v) || !(fabs(v) < 9e15))
		return false;
	*out = (int64_t)v;
	return true;
}

bool
yaml_int(struct yaml_file *f, const struct yaml_node *n, int64_t min, int64_t max, int64_t *out)
{
	int64_t v;

	if (!yaml_expect(f, n, YAML_SCALAR, "a whole number"))
		return false;
	if (n->style != 0 || !read_int(n->text, &v))
		return wrong(f, n, "a whole number", n->style != 0 ? "without quotes" : NULL);
	if (v < min || v > max) {
		if (max == INT64_MAX)
			yaml_error(f, n, "out-of-range", "must be at least %lld: '%s'", (long long)min, n->text);
		else
			yaml_error(f, n, "out-of-range", "must be between %lld and %lld: '%s'", (long long)min,
				   (long long)max, n->text);
		return false;
	}
	*out = v;
	return true;
}

bool
yaml_double(struct yaml_file *f, const struct yaml_node *n, double *out)
{
	const char *text;

	if (!yaml_expect(f, n, YAML_SCALAR, "a number"))
		return false;
	text = n->text;
	if (strcasecmp(text, ".nan") == 0 || strcasecmp(text, ".inf") == 0)
		text++;
	if ((text[0] == '-' || text[0] == '+') && strcasecmp(text + 1, ".inf") == 0) {
		*out = text[0] == '-' ? -INFINITY : INFINITY;
		return true;
	}
	return n->style == 0 && num_parse(text, strlen(text), out) ? true : wrong(f, n, "a number", NULL);
}

bool
yaml_duration(struct yaml_file *f, const struct yaml_node *n, int64_t *ms)
{
	if (!yaml_expect(f, n, YAML_SCALAR, "a duration"))
		return false;
	if (duration_parse(n->text, ms) == 0)
		return true;
	return wrong(f, n, "a duration", "durations are a number and a unit: 30s, 5m, 1h30m, 7d");
}

bool
yaml_size(struct yaml_file *f, const struct yaml_node *n, int64_t *bytes)
{
	if (!yaml_expect(f, n, YAML_SCALAR, "a size"))
		return false;
	if (size_parse(n->text, bytes) == 0)
		return true;
	return wrong(f, n, "a size", "sizes are a number and a unit: 512B, 64KiB, 10MB, 1.5GiB");
}

static void
unknown_key(struct yaml_file *f, const struct yaml_node *key, const struct yaml_key *rows, size_t n_rows,
	    const char *what)
{
	const char *meant = suggest(key->text, &rows->name, n_rows, sizeof(*rows));

	if (meant != NULL)
		yaml_error(f, key, "unknown-key", "unknown key '%s' in %s, did you mean '%s'?", key->text, what, meant);
	else
		yaml_error(f, key, "unknown-key", "unknown key '%s' in %s", key->text, what);
}

static size_t
find_row(const struct yaml_key *rows, size_t n_rows, const char *name)
{
	size_t i = 0;

	while (i < n_rows && strcmp(rows[i].name, name) != 0)
		i++;
	return i;
}

bool
yaml_read_map(struct yaml_file *f, const struct yaml_node *map, const struct yaml_key *rows, size_t n_rows, void *base,
	      const char *what)
{
	bool good = true;
	size_t i, row;

	if (map->kind != YAML_MAP) {
		char text[128];

		snprintf(text, sizeof(text), "a mapping (%s)", what);
		return yaml_expect(f, map, YAML_MAP, text);
	}
	for (i = 0; i < map->n; i++) {
		row = find_row(rows, n_rows, map->keys[i]->text);
		if (row == n_rows) {
			unknown_key(f, map->keys[i], rows, n_rows, what);
			good = false;
		} else if (map->items[i]->kind != YAML_NULL) {
			good = rows[row].read(f, map->items[i], (char *)base + rows[row].offset) && good;
		}
	}
	for (row = 0; row < n_rows; row++) {
		if (rows[row].required && yaml_get(map, rows[row].name) == NULL) {
			yaml_error(f, map, "missing-key", "missing key '%s' in %s", rows[row].name, what);
			good = false;
		}
	}
	return good;
}

bool
yaml_read_str(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	char **out = field;
	const char *text;

	if (!yaml_string(f, v, &text))
		return false;
	free(*out);
	*out = xstrdup(text);
	return true;
}

bool
yaml_read_bool(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return yaml_bool(f, v, field);
}

bool
yaml_read_duration(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return yaml_duration(f, v, field);
}

bool
yaml_read_size(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return yaml_size(f, v, field);
}
