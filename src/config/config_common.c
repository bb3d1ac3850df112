/* config_common.c -- readers that several parts of mlwatch.yml need. */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/suggest.h"
#include "mlwatch/xalloc.h"

#include "config_private.h"

bool
config_each(struct yaml_file *f, const struct yaml_node *list, const char *what, item_fn *fn, void *arg)
{
	bool good = true;
	size_t i;

	if (!yaml_expect(f, list, YAML_LIST, what))
		return false;
	for (i = 0; i < list->n; i++)
		good = fn(f, list->items[i], i, arg) && good;
	return good;
}

static bool
add_string(struct yaml_file *f, const struct yaml_node *item, size_t i, void *arg)
{
	struct config_strings *s = arg;
	const char *text;

	(void)i;
	if (!yaml_string(f, item, &text))
		return false;
	s->at = xreallocarray(s->at, s->n + 1, sizeof(*s->at));
	s->at[s->n++] = xstrdup(text);
	return true;
}

bool
config_read_strings(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return config_each(f, v, "a list of texts", add_string, field);
}

void
config_strings_free(char **at, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(at[i]);
	free(at);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

bool
config_read_labels(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct config_labels *l = field;
	const char *text;
	bool good = true;
	size_t i;

	if (!yaml_expect(f, v, YAML_MAP, "a mapping of labels"))
		return false;
	l->at = xcalloc(v->n, sizeof(*l->at));
	for (i = 0; i < v->n; i++) {
		if (!label_name_is_legacy(v->keys[i]->text)) {
			mistake_hint(yaml_error(f, v->keys[i], "bad-label", "not a label name: '%s'", v->keys[i]->text),
				     "label names are letters, digits and '_', and do not begin with a digit");
			good = false;
		} else if (yaml_string(f, v->items[i], &text)) {
			l->at[l->n++] = (struct label){xstrdup(v->keys[i]->text), xstrdup(text)};
		} else {
			good = false;
		}
	}
	qsort(l->at, l->n, sizeof(*l->at), by_name);
	return good;
}

void
config_labels_free(struct label *at, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free((void *)(uintptr_t)at[i].name);
		free((void *)(uintptr_t)at[i].value);
	}
	free(at);
}

bool
config_read_positive_duration(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	int64_t ms;

	if (!yaml_duration(f, v, &ms))
		return false;
	if (ms == 0) {
		yaml_error(f, v, "out-of-range", "a duration above zero is needed: '%s'", v->text);
		return false;
	}
	*(int64_t *)field = ms;
	return true;
}

bool
config_read_positive_size(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	int64_t bytes;

	if (!yaml_size(f, v, &bytes))
		return false;
	if (bytes == 0) {
		yaml_error(f, v, "out-of-range", "a size above zero is needed: '%s'", v->text);
		return false;
	}
	*(int64_t *)field = bytes;
	return true;
}

bool
config_read_limit(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return yaml_int(f, v, 0, INT64_MAX, field);
}

int
config_word(struct yaml_file *f, const struct yaml_node *v, const char *const *words, size_t n, const char *what)
{
	struct buf list = BUF_INIT;
	const char *text, *meant;
	struct mistake *m;
	size_t i;

	if (!yaml_expect(f, v, YAML_SCALAR, what) || !yaml_string(f, v, &text))
		return -1;
	for (i = 0; i < n; i++)
		if (strcmp(text, words[i]) == 0)
			return (int)i;
	for (i = 0; i < n; i++)
		buf_addf(&list, "%s%s", i == 0 ? "" : ", ", words[i]);
	meant = suggest(text, words, n, sizeof(words[0]));
	if (meant != NULL)
		m = yaml_error(f, v, "bad-value", "not %s: '%s', did you mean '%s'?", what, text, meant);
	else
		m = yaml_error(f, v, "bad-value", "not %s: '%s'", what, text);
	mistake_hint(m, "one of: %s", buf_str(&list));
	buf_release(&list);
	return -1;
}
