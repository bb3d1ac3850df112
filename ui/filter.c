/*
 * filter.c -- see filter.h. Parsed once when the line is typed, asked for every row.
 */
#include "filter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mlwatch/buf.h"
#include "mlwatch/matcher.h"
#include "mlwatch/xalloc.h"

struct term {
	bool not ;
	char *name; /* NULL: any field */
	char *word; /* looked for in it; with a name: what it is */
	struct regex *re;
};

struct filter {
	char *text;
	struct term at[FILTER_TERMS];
	size_t n;
};

/* "/text/" as a regular expression that is found anywhere, without regard to case; NULL when it is none. */
static struct regex *
searching(const char *word)
{
	const size_t n = strlen(word);
	struct buf b = BUF_INIT;
	struct regex *re;

	if (n < 3 || word[0] != '/' || word[n - 1] != '/')
		return NULL;
	buf_addf(&b, "(?is).*(?:%.*s).*", (int)(n - 2), word + 1);
	re = regex_open(buf_str(&b), NULL);
	buf_release(&b);
	return re;
}

static void
take_term(struct filter *f, char *word)
{
	struct term *t = &f->at[f->n];
	char *equals;

	*t = (struct term){0};
	if (word[0] == '!' && word[1] != '\0') {
		t->not = true;
		word++;
	}
	equals = word[0] != '/' ? strchr(word, '=') : NULL;
	if (equals != NULL && equals > word) {
		if (equals[-1] == '!') {
			t->not = !t->not ;
			equals[-1] = '\0';
		}
		*equals++ = '\0';
		equals += *equals == '~';
		t->name = xstrdup(word);
		word = equals;
	}
	t->re = searching(word);
	t->word = xstrdup(word);
	f->n++;
}

struct filter *
filter_open(const char *text)
{
	struct filter *f = xcalloc(1, sizeof *f);
	char *copy = xstrdup(text), *rest = copy, *word;

	f->text = xstrdup(text);
	while (f->n < FILTER_TERMS && (word = strsep(&rest, " ")) != NULL)
		if (word[0] != '\0')
			take_term(f, word);
	free(copy);
	return f;
}

void
filter_close(struct filter *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->n; i++) {
		free(f->at[i].name);
		free(f->at[i].word);
		regex_close(f->at[i].re);
	}
	free(f->text);
	free(f);
}

const char *
filter_text(const struct filter *f)
{
	return f != NULL ? f->text : "";
}

bool
filter_is_empty(const struct filter *f)
{
	return f == NULL || f->n == 0;
}

static bool
term_matches(const struct term *t, const struct filter_field *field)
{
	if (t->name != NULL && strcasecmp(t->name, field->name) != 0)
		return false;
	if (t->re != NULL)
		return regex_match(t->re, field->value);
	return t->name != NULL ? strcasecmp(field->value, t->word) == 0 : strcasestr(field->value, t->word) != NULL;
}

bool
filter_passes(const struct filter *f, const struct filter_field *at, size_t n)
{
	for (size_t i = 0; f != NULL && i < f->n; i++) {
		bool found = false;

		for (size_t k = 0; k < n && !found; k++)
			found = term_matches(&f->at[i], &at[k]);
		if (found == f->at[i].not )
			return false;
	}
	return true;
}
