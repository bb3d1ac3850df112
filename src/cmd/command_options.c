/*
 * command_options.c -- flags as GNU has them, out of a table: --flag VALUE, --flag=VALUE, -f VALUE, -fVALUE, -qv, anywhere
 * among the arguments, and "--" ends them. Prefixes are not accepted; a near miss is answered with the name.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/num.h"
#include "mlwatch/suggest.h"
#include "mlwatch/xalloc.h"

#include "command_private.h"

#define AT(f) offsetof(struct command_common, f)
const struct option_spec common_options[] = {
    {"config", 'c', OPTION_FILE, "FILE",
     "configuration (default $MLWATCH_CONFIG, the user's, /etc/mlwatch/mlwatch.yml)", AT(config), NULL},
    {"store", 0, OPTION_FILE, "FILE", "database (default $MLWATCH_STORE, the configuration's)", AT(store), NULL},
    {"output", 'o', OPTION_CHOICE, "text|json", "how results are written (default text)", AT(output), NULL},
    {"output", 'o', OPTION_CHOICE, "text|json|jsonl|csv", "how results are written (default text)", AT(output), NULL},
    {"json", 0, OPTION_FLAG, NULL, "the same as -o json (default off)", AT(json), NULL},
    {"progress", 0, OPTION_CHOICE, "auto|always|never", "progress on stderr (default auto: on a terminal)",
     AT(progress), NULL},
    {"utc", 0, OPTION_FLAG, NULL, "times in UTC (default off: local time)", AT(utc), NULL},
    {"dry-run", 'n', OPTION_FLAG, NULL, "say what would be done and change nothing (default off)", AT(dry_run), NULL},
    {"yes", 'y', OPTION_FLAG, NULL, "do not ask (default off)", AT(yes), NULL},
    {"color", 0, OPTION_CHOICE, "auto|always|never", "colour (default auto: on a terminal)", AT(color), NULL},
    {"quiet", 'q', OPTION_FLAG, NULL, "only errors (default off)", AT(quiet), NULL},
    {"verbose", 'v', OPTION_COUNT, NULL, "say more; repeat for still more (default off)", AT(verbose), NULL},
    {"help", 0, OPTION_FLAG, NULL, "all of the help; -h: in short", AT(help), NULL},
    {"help-short", 'h', OPTION_FLAG, NULL, "help in at most 24 lines", AT(help_short), NULL},
    {"version", 'V', OPTION_FLAG, NULL, "print the version", AT(version), NULL},
};
const size_t n_common_options = sizeof(common_options) / sizeof(common_options[0]);

bool
common_applies(const struct command *c, size_t i)
{
	static const unsigned char bit[] = {
	    COMMON_CONFIG,   COMMON_STORE, COMMON_OUTPUT,  COMMON_LISTS, COMMON_OUTPUT | COMMON_LISTS,
	    COMMON_PROGRESS, COMMON_UTC,   COMMON_DRY_RUN, COMMON_YES};

	return i >= sizeof(bit) || (c->common & bit[i]) != 0;
}

/* A flag that was found: its row and where its fields are. */
struct found {
	const struct option_spec *row;
	void *base;
};

static struct found
find_option(const struct command *c, struct parsed *p, const char *name, size_t n, char letter)
{
	size_t i;

	for (i = 0; i < c->n_options; i++) {
		const struct option_spec *o = &c->options[i];

		if (letter != 0 ? o->letter == letter : strlen(o->name) == n && strncmp(o->name, name, n) == 0)
			return (struct found){o, p->options};
	}
	for (i = 0; i < n_common_options; i++) {
		const struct option_spec *o = &common_options[i];

		if (!common_applies(c, i))
			continue;
		if (letter != 0 ? o->letter == letter : strlen(o->name) == n && strncmp(o->name, name, n) == 0)
			return (struct found){o, &p->common};
	}
	return (struct found){NULL, NULL};
}

static int
unknown_flag(const struct command *c, const char *name, size_t n, struct err *e)
{
	const char *names[256], *meant;
	char *word = xstrndup(name, n);
	size_t i, k = 0;

	for (i = 0; i < c->n_options && k < 200; i++)
		names[k++] = c->options[i].name;
	for (i = 0; i < n_common_options; i++)
		if (common_applies(c, i))
			names[k++] = common_options[i].name;
	meant = suggest(word, names, k, sizeof(names[0]));
	if (meant != NULL)
		err_set(e, ERR_USAGE, "unknown flag '--%s', did you mean '--%s'?", word, meant);
	else
		err_set(e, ERR_USAGE, "unknown flag '--%s'", word);
	free(word);
	return -1;
}

static int
bad_value(const struct option_spec *o, const char *value, const char *what, const char *hint, struct err *e)
{
	err_set(e, ERR_USAGE, "--%s needs %s, not '%s'", o->name, what, value);
	return hint != NULL ? err_hint(e, "%s", hint) : -1;
}

static int
set_choice(const struct option_spec *o, int *field, const char *value, struct err *e)
{
	const char *p = o->arg;
	size_t n = strlen(value), len;
	int i;

	for (i = 0;; i++, p += len + 1) {
		len = strcspn(p, "|");
		if (len == n && strncmp(p, value, n) == 0) {
			*field = i;
			return 0;
		}
		if (p[len] == '\0')
			break;
	}
	return bad_value(o, value, "one of its words", o->arg, e);
}

static int
set_number(const struct option_spec *o, void *field, const char *value, int64_t now, struct err *e)
{
	struct err why = ERR_INIT;
	double v;
	char *end;

	switch (o->type) {
	case OPTION_INT:
		*(int64_t *)field = strtoll(value, &end, 10);
		return *value >= '0' && *value <= '9' && *end == '\0' ? 0
								      : bad_value(o, value, "a whole number", NULL, e);
	case OPTION_DOUBLE:
		if (!num_parse(value, strlen(value), &v))
			return bad_value(o, value, "a number", NULL, e);
		*(double *)field = v;
		return 0;
	case OPTION_DURATION:
		return duration_parse(value, field) == 0
			   ? 0
			   : bad_value(o, value, "a duration", "durations are a number and a unit: 30s, 5m, 1h30m, 7d",
				       e);
	case OPTION_SIZE:
		return size_parse(value, field) == 0
			   ? 0
			   : bad_value(o, value, "a size", "sizes are a number and a unit: 512B, 64KiB, 10MB, 1.5GiB",
				       e);
	default:
		return time_parse(value, now, field, &why) == 0 ? 0 : bad_value(o, value, "a time", why.hint, e);
	}
}

static int
set_value(const struct found *f, const char *value, int64_t now, struct err *e)
{
	void *field = (char *)f->base + f->row->offset;
	struct option_list *list = field;

	switch (f->row->type) {
	case OPTION_FLAG:
		*(bool *)field = value == NULL;
		return 0;
	case OPTION_COUNT:
		++*(int *)field;
		return 0;
	case OPTION_STRING:
	case OPTION_FILE:
		*(const char **)field = value;
		return 0;
	case OPTION_LIST:
		list->at = xreallocarray(list->at, list->n + 1, sizeof(*list->at));
		list->at[list->n++] = value;
		return 0;
	case OPTION_CHOICE:
		return set_choice(f->row, field, value, e);
	default:
		return set_number(f->row, field, value, now, e);
	}
}

struct words {
	char **at;
	int n, i;
	int64_t now;
};

static bool
takes_value(const struct option_spec *o)
{
	return o->type != OPTION_FLAG && o->type != OPTION_COUNT;
}

static int
parse_long(const struct command *c, struct parsed *p, struct words *w, const char *text, struct err *e)
{
	size_t n = strcspn(text, "=");
	const char *value = text[n] == '=' ? text + n + 1 : NULL;
	struct found f = find_option(c, p, text, n, 0);

	if (f.row == NULL && strncmp(text, "no-", 3) == 0 && value == NULL) {
		f = find_option(c, p, text + 3, n - 3, 0);
		if (f.row != NULL && f.row->type == OPTION_FLAG)
			return set_value(&f, "no", w->now, e);
		f.row = NULL;
	}
	if (f.row == NULL)
		return unknown_flag(c, text, n, e);
	if (!takes_value(f.row)) {
		if (value != NULL)
			return err_set(e, ERR_USAGE, "--%s takes no value", f.row->name);
		return set_value(&f, NULL, w->now, e);
	}
	if (value == NULL && f.row->bare != NULL)
		value = f.row->bare;
	else if (value == NULL && w->i < w->n)
		value = w->at[w->i++];
	if (value == NULL)
		return err_set(e, ERR_USAGE, "--%s needs a value: %s", f.row->name, f.row->arg);
	return set_value(&f, value, w->now, e);
}

/* -q, -qv, -o json, -ojson */
static int
parse_short(const struct command *c, struct parsed *p, struct words *w, const char *text, struct err *e)
{
	const char *value;

	for (; *text != '\0'; text++) {
		struct found f = find_option(c, p, "", 0, *text);

		if (f.row == NULL)
			return err_set(e, ERR_USAGE, "unknown flag '-%c'", *text);
		if (!takes_value(f.row)) {
			if (set_value(&f, NULL, w->now, e) < 0)
				return -1;
			continue;
		}
		value = text[1] != '\0' ? text + 1 : f.row->bare;
		if (value == NULL && w->i < w->n)
			value = w->at[w->i++];
		if (value == NULL)
			return err_set(e, ERR_USAGE, "-%c needs a value: %s", *text, f.row->arg);
		return set_value(&f, value, w->now, e);
	}
	return 0;
}

static void
start(const struct command *c, int argc, struct parsed *p)
{
	memset(p, 0, sizeof(*p));
	p->args = xcalloc((size_t)argc + 1, sizeof(*p->args));
	if (c->options_size == 0)
		return;
	p->options = xcalloc(1, c->options_size);
	if (c->defaults != NULL)
		memcpy(p->options, c->defaults, c->options_size);
}

/* --json and -o json are one thing; jsonl is JSON too. */
static void
settle_output(struct command_common *c)
{
	if (c->json && c->output == OUTPUT_TEXT)
		c->output = OUTPUT_JSON;
	c->json = c->output == OUTPUT_JSON || c->output == OUTPUT_JSONL;
}

static int
parse_words(const struct command *c, struct parsed *p, struct words *w, struct err *e)
{
	bool flags = true;

	while (w->i < w->n) {
		const char *word = w->at[w->i++];
		int r = 0;

		if (!flags || word[0] != '-' || word[1] == '\0')
			p->args[p->n_args++] = word;
		else if (strcmp(word, "--") == 0)
			flags = false;
		else
			r = word[1] == '-' ? parse_long(c, p, w, word + 2, e) : parse_short(c, p, w, word + 1, e);
		if (r < 0)
			return -1;
	}
	return 0;
}

int
options_parse(const struct command *c, int argc, char **argv, int64_t now, struct parsed *p, struct err *e)
{
	struct words w = {argv, argc, 0, now};
	int r;

	start(c, argc, p);
	r = parse_words(c, p, &w, e);
	/* who asked for JSON gets it for what is wrong before it, too */
	while (r < 0 && w.i < argc && (c->common & (COMMON_OUTPUT | COMMON_LISTS)) != 0)
		p->common.json |= strcmp(argv[w.i++], "--json") == 0;
	settle_output(&p->common);
	return r;
}

void
parsed_release(const struct command *c, struct parsed *p)
{
	size_t i;

	for (i = 0; i < c->n_options; i++) {
		struct option_list *list = (struct option_list *)(void *)((char *)p->options + c->options[i].offset);

		if (c->options[i].type == OPTION_LIST)
			free(list->at);
	}
	free(p->options);
	free(p->args);
}
