/*
 * silence.c -- `mlwatch silence`: list, add, end, change and import silences. They are rows; the agent heeds them within a second.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/file.h"
#include "mlwatch/json_out.h"
#include "people.h"

struct silence_options {
	int64_t duration, start, end;
	const char *comment, *author;
	bool expired;
};

#define AT(f) offsetof(struct silence_options, f)
static const struct option_spec options[] = {
    {"duration", 'd', OPTION_DURATION, "DURATION", "how long (default 1h)", AT(duration), NULL},
    {"comment", 'c', OPTION_STRING, "TEXT", "why; must be given to add", AT(comment), NULL},
    {"author", 'a', OPTION_STRING, "NAME", "who (default: the user)", AT(author), NULL},
    {"start", 0, OPTION_TIME, "TIME", "from when (default now)", AT(start), NULL},
    {"end", 0, OPTION_TIME, "TIME", "until when, instead of --duration", AT(end), NULL},
    {"expired", 0, OPTION_FLAG, NULL, "list those of the last five days that are over, too (default off)", AT(expired),
     NULL},
};
static const struct silence_options defaults = {0, -1, -1, NULL, NULL, false};

static const char *const state_word[] = {"active", "pending", "expired"};

static json_t *
silence_json(const struct notify_view_silence *s)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:I}", "id", s->id, "state", state_word[s->state],
			 "matchers", s->matchers, "starts", json_time(s->starts_ms), "ends", json_time(s->ends_ms),
			 "updated", json_time(s->updated_ms), "created_by", json_text(s->created_by), "comment",
			 json_text(s->comment), "alerts", (json_int_t)s->n_alerts);
}

/* Listed when the given matchers are among its own. */
static bool
wanted(const struct people *p, const struct notify_view_silence *s)
{
	for (size_t i = 0; i < p->n_matchers; i++) {
		bool hit = false;
		for (size_t k = 0; k < s->n; k++)
			hit = hit ||
			      (s->at[k].op == p->matchers[i].op && strcmp(s->at[k].name, p->matchers[i].name) == 0 &&
			       strcmp(s->at[k].value, p->matchers[i].value) == 0);
		if (!hit)
			return false;
	}
	return true;
}

static int
list(struct people *p)
{
	const struct silence_options *o = p->line->options;
	struct table t = {0};
	json_t *out = json_array();
	int code = people_matchers(p, 0);

	for (size_t i = 0; i < p->view.n_silences && code == 0; i++) {
		const struct notify_view_silence *s = &p->view.silences[i];
		if ((s->state == NOTIFY_SILENCE_EXPIRED && !o->expired) || !wanted(p, s))
			continue;
		json_array_append_new(out, silence_json(s));
		if (t.n == 0)
			table_row(
			    &t, (const char *const[]){"ID", "STATE", "ENDS", "ALERTS", "BY", "MATCHERS", "COMMENT"}, 7);
		char n[24];
		snprintf(n, sizeof n, "%zu", s->n_alerts);
		table_row(&t,
			  (const char *const[]){s->id, state_word[s->state],
						s->state == NOTIFY_SILENCE_EXPIRED
						    ? arena_printf(p->mem, "%s ago", people_ago(p, s->ends_ms))
						    : people_ago(p, s->ends_ms),
						n, s->created_by, s->matchers, s->comment},
			  7);
	}
	if (code == 0 && people_for_programs(p)) {
		table_release(&t);
		return people_json(p, "mlwatch.silences/1", "silences", out);
	}
	if (code == 0 && t.n == 0 && !p->line->common->quiet)
		fprintf(stderr, "no silences\n");
	table_print(&t);
	json_decref(out);
	return code;
}

static size_t
matching(const struct people *p, const struct matcher *m, size_t n)
{
	size_t hits = 0;

	for (size_t i = 0; i < p->view.n_alerts; i++)
		hits += p->view.alerts[i].state != NOTIFY_RESOLVED && matchers_match(m, n, p->view.alerts[i].labels);
	return hits;
}

static void
tell_matches(const struct people *p, const struct matcher *m, size_t n)
{
	size_t hits = matching(p, m, n);

	if (hits == 0)
		fprintf(stderr, "it matches no active alert now\n");
	else
		fprintf(stderr, "it matches %zu active alert%s now\n", hits, hits == 1 ? "" : "s");
}

static int
put(struct people *p, struct notify_silence *s)
{
	struct err e = ERR_INIT;
	char id[37];

	if (p->line->common->dry_run) {
		fprintf(stderr, "nothing was changed (--dry-run)\n");
		tell_matches(p, s->matchers, s->n_matchers);
		return 0;
	}
	if (notify_silence_put(p->store, s, p->now, id, &e) < 0)
		return e.kind == ERR_USAGE ? command_usage(p->line, "%s", e.text) : command_fail(p->line, &e);
	if (p->line->common->json)
		json_print(stdout,
			   json_pack("{s:s, s:s, s:I}", "schema", "mlwatch.silence/1", "id", id, "alerts",
				     (json_int_t)matching(p, s->matchers, s->n_matchers)),
			   0);
	else
		printf("%s\n", id);
	if (!p->line->common->quiet && !p->line->common->json)
		tell_matches(p, s->matchers, s->n_matchers);
	return 0;
}

static int
add(struct people *p)
{
	const struct silence_options *o = p->line->options;
	int code = people_matchers(p, 1);

	if (code != 0)
		return code;
	if (p->n_matchers == 0)
		return command_usage(p->line, "what is to be silenced? Give matchers: severity=warning model=fraud");
	if (o->comment == NULL || o->comment[0] == '\0')
		return command_usage(p->line, "why? Give -c TEXT");
	struct notify_silence s = {.matchers = p->matchers,
				   .n_matchers = p->n_matchers,
				   .starts_ms = o->start >= 0 ? o->start : p->now,
				   .created_by = people_author(o->author),
				   .comment = o->comment};
	s.ends_ms = o->end >= 0 ? o->end : s.starts_ms + (o->duration > 0 ? o->duration : MS_HOUR);
	return put(p, &s);
}

static const struct notify_view_silence *
find(const struct people *p, const char *id)
{
	for (size_t i = 0; i < p->view.n_silences; i++)
		if (strcmp(p->view.silences[i].id, id) == 0)
			return &p->view.silences[i];
	return NULL;
}

static int
expire(struct people *p)
{
	const struct silence_options *o = p->line->options;
	struct err e = ERR_INIT;

	if (p->line->n_args < 2)
		return command_usage(p->line, "which one? Give its id");
	for (size_t i = 1; i < p->line->n_args; i++)
		if (find(p, p->line->args[i]) == NULL)
			return command_usage(p->line, "no silence has the id '%s'", p->line->args[i]);
	for (size_t i = 1; i < p->line->n_args && !p->line->common->dry_run; i++) {
		int rc = notify_silence_expire(p->store, p->line->args[i], people_author(o->author), p->now, &e);
		if (rc < 0)
			return e.kind == ERR_USAGE ? command_usage(p->line, "%s", e.text) : command_fail(p->line, &e);
		if (rc == 1)
			return command_usage(p->line, "silence '%s' is over already", p->line->args[i]);
	}
	if (p->line->common->dry_run)
		fprintf(stderr, "nothing was changed (--dry-run)\n");
	return 0;
}

static int
update(struct people *p)
{
	const struct silence_options *o = p->line->options;
	const struct notify_view_silence *old = p->line->n_args > 1 ? find(p, p->line->args[1]) : NULL;
	int code = people_matchers(p, 2);

	if (code != 0)
		return code;
	if (old == NULL)
		return command_usage(p->line,
				     p->line->n_args > 1 ? "no silence has the id '%s'" : "which one? Give its id",
				     p->line->args[1]);
	struct notify_silence s = {
	    .id = old->id,
	    .matchers = p->n_matchers > 0 ? p->matchers : old->at,
	    .n_matchers = p->n_matchers > 0 ? p->n_matchers : old->n,
	    .starts_ms = o->start >= 0 ? o->start : old->starts_ms,
	    .ends_ms = o->end >= 0       ? o->end
		       : o->duration > 0 ? p->now + o->duration
					 : old->ends_ms,
	    .created_by = o->author != NULL ? o->author : old->created_by,
	    .comment = o->comment != NULL ? o->comment : old->comment,
	    .by = people_author(o->author),
	};
	return put(p, &s);
}

/* ---- import: what `amtool silence query -o json` and GET /api/v2/silences write ---- */

static int64_t
when(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	int64_t ms;

	return s != NULL && rfc3339_parse(s, strlen(s), &ms) == 0 ? ms : -1;
}

static int
import_matchers(const json_t *list, struct matcher **out, size_t *n, struct err *e)
{
	const json_t *m;
	size_t i, cap = *n;

	json_array_foreach(list, i, m)
	{
		const char *name = json_string_value(json_object_get(m, "name")),
			   *value = json_string_value(json_object_get(m, "value"));
		bool re = json_is_true(json_object_get(m, "isRegex")),
		     ne = json_is_false(json_object_get(m, "isEqual"));
		struct matcher x;

		if (name == NULL || value == NULL)
			return err_set(e, ERR_FILE, "a matcher without name or value");
		if (matcher_init(&x, re ? (ne ? MATCH_NRE : MATCH_RE) : ne ? MATCH_NE : MATCH_EQ, name, value, e) < 0)
			return -1;
		*out = realloc(*out, (++cap) * sizeof **out);
		(*out)[(*n)++] = x;
	}
	return 0;
}

static int
import_one(struct people *p, const json_t *j, size_t number)
{
	struct err e = ERR_INIT;
	struct matcher *m = NULL;
	size_t n = 0;
	const char *by = json_string_value(json_object_get(j, "createdBy")),
		   *comment = json_string_value(json_object_get(j, "comment"));
	struct notify_silence s = {.starts_ms = when(j, "startsAt"),
				   .ends_ms = when(j, "endsAt"),
				   .created_by = by,
				   .comment = comment,
				   .by = people_author(NULL)};
	int code = 0;

	if (import_matchers(json_object_get(j, "matchers"), &m, &n, &e) < 0 || s.starts_ms < 0 || s.ends_ms < 0) {
		fprintf(stderr, "silence %zu: %s\n", number,
			err_is_set(&e) ? e.text : "startsAt and endsAt are needed");
		code = ERR_FILE;
	} else if (s.ends_ms > p->now) {
		s.matchers = m;
		s.n_matchers = n;
		code = put(p, &s);
	}
	for (size_t i = 0; i < n; i++)
		matcher_release(&m[i]);
	free(m);
	return code;
}

static int
import(struct people *p)
{
	const char *path = p->line->n_args > 1 ? p->line->args[1] : "-";
	json_error_t why;
	json_t *list = strcmp(path, "-") == 0 ? json_loadf(stdin, 0, &why) : json_load_file(path, 0, &why), *one;
	size_t i;
	int code = 0;

	if (!json_is_array(list)) {
		fprintf(stderr, "%s:%d:%d: %s\n", path, list == NULL ? why.line : 1, list == NULL ? why.column : 1,
			list == NULL ? why.text : "a list of silences is expected");
		json_decref(list);
		return ERR_FILE;
	}
	json_array_foreach(list, i, one)
	{
		int one_code = import_one(p, one, i + 1);
		code = one_code != 0 ? one_code : code;
	}
	json_decref(list);
	return code;
}

static const struct verb {
	const char *name;
	int (*run)(struct people *p);
	bool writes;
} verbs[] = {{"list", list, false},
	     {"add", add, true},
	     {"expire", expire, true},
	     {"update", update, true},
	     {"import", import, true}};
static const char *const verb_names[] = {"list", "add", "expire", "update", "import", NULL};

static int
silence_run(const struct command_line *line)
{
	const struct verb *v = NULL;
	struct people p;

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs && line->n_args > 0; i++)
		if (strcmp(verbs[i].name, line->args[0]) == 0)
			v = &verbs[i];
	if (v != NULL && v != &verbs[0] && command_no_list(line) != 0)
		return ERR_USAGE;
	struct command_line rest = *line;
	if (v == &verbs[0]) { /* the word "list" itself */
		rest.args++;
		rest.n_args--;
	}
	int code = people_open(&p, &rest, v != NULL && v->writes && !line->common->dry_run);
	if (code == 0)
		code = v != NULL ? v->run(&p) : list(&p);
	people_release(&p);
	return code;
}

const struct command command_silence = {
    .name = "silence",
    .summary = "keep alerts quiet for a while: list, add, expire, update, import",
    .usage =
	"silence [MATCHER...]\nsilence add MATCHER... -d DURATION -c TEXT\nsilence expire ID...\nsilence update ID "
	"[MATCHER...]\nsilence import FILE",
    .description =
	"A silence keeps alerts that match all of its matchers from being notified, from its start to its end. "
	"Matchers are written as in "
	"Alertmanager: a=b, a!=b, a=~regex, a!~regex; a bare word is alertname=WORD.\n\n"
	"Silences are rows of the store; a running agent heeds them within a second, one that is down when it starts. "
	"`add` prints the id and "
	"says how many alerts it matches now. `update` changes what is given and keeps the rest. `import` reads what "
	"`amtool silence query -o json` writes.",
    .examples = "silence add severity=warning model=fraud -d 2h -c 'retraining'\nsilence expire 6b0e4f1a-...\n",
    .verbs = verb_names,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .defaults = &defaults,
    .options_size = sizeof(struct silence_options),
    .common = COMMON_CONFIG | COMMON_STORE | COMMON_LISTS | COMMON_UTC | COMMON_DRY_RUN | COMMON_PLAIN,
    .run = silence_run,
};
