/*
 * command_help.c -- help and manual pages out of the same tables that parsing uses, so that they cannot disagree.
 */
#include <string.h>

#include "mlwatch/buf.h"

#include "command_private.h"

#define SHORT_LINES 24

static const char EXIT_CODES[] =
    "0    done; for questions: the good answer\n"
    "1    done; the bad answer: problems found, a test failed, drift over the limit\n"
    "2    the command line is wrong, or there is no terminal for top\n"
    "3    a file that the command needs is wrong; nothing was done\n"
    "4    unavailable: no store, no permission, locked, disk full, nobody answers; trying again may help\n"
    "70   a bug in mlwatch\n"
    "130  interrupted; 143: terminated (run ends both with 0)\n";

static const char PURPOSE[] = "mlwatch watches machine-learning services: prediction logs, metrics, drift, alerts";

/* The letter of a common flag that the command uses for a flag of its own is the command's. */
static char
letter_of(const struct command *c, const struct option_spec *o, bool own)
{
	size_t i;

	for (i = 0; !own && i < c->n_options; i++)
		if (o->letter != 0 && c->options[i].letter == o->letter)
			return 0;
	return o->letter;
}

/* Does the command have a flag of its own with this name? */
static bool
hidden(const struct command *c, const struct option_spec *common)
{
	size_t i;

	for (i = 0; i < c->n_options; i++)
		if (strcmp(c->options[i].name, common->name) == 0)
			return true;
	return strcmp(common->name, "help-short") == 0;
}

static void
label(struct buf *b, const struct command *c, const struct option_spec *o, bool own)
{
	char letter = strcmp(o->name, "help") == 0 ? 'h' : letter_of(c, o, own);

	if (letter != 0)
		buf_addf(b, "-%c, ", letter);
	else
		buf_addstr(b, "    ");
	buf_addf(b, "--%s", o->name);
	if (o->arg != NULL)
		buf_addf(b, o->bare != NULL ? "[=%s]" : " %s", o->arg);
}

typedef void option_fn(void *arg, const struct option_spec *o, bool own);

static void
each_option(const struct command *c, option_fn *fn, void *arg)
{
	size_t i;

	for (i = 0; i < c->n_options; i++)
		fn(arg, &c->options[i], true);
	for (i = 0; i < n_common_options; i++)
		if (common_applies(c, i) && !hidden(c, &common_options[i]))
			fn(arg, &common_options[i], false);
}

struct lines {
	FILE *to;
	const struct command *c;
	int left; /* lines; an option over it is not printed */
	size_t width, dropped;
};

static void
measure(void *arg, const struct option_spec *o, bool own)
{
	struct lines *l = arg;
	struct buf b = BUF_INIT;

	label(&b, l->c, o, own);
	if (b.len > l->width && b.len <= 32)
		l->width = b.len;
	buf_release(&b);
}

static void
print_option(void *arg, const struct option_spec *o, bool own)
{
	struct lines *l = arg;
	struct buf b = BUF_INIT;

	if (l->left-- <= 0) {
		l->dropped++;
		return;
	}
	label(&b, l->c, o, own);
	fprintf(l->to, "  %-*s  %s\n", (int)l->width, buf_str(&b), o->help);
	buf_release(&b);
}

static int
count_lines(const char *text)
{
	int n = text[0] != '\0';

	for (; *text != '\0'; text++)
		n += *text == '\n' && text[1] != '\0';
	return n;
}

static int
print_usage(FILE *to, const struct command *c)
{
	const char *p = c->usage;
	size_t len;

	for (; *p != '\0'; p += len + (p[len] == '\n')) {
		len = strcspn(p, "\n");
		fprintf(to, "%s mlwatch %.*s\n", p == c->usage ? "usage:" : "      ", (int)len, p);
	}
	return count_lines(c->usage);
}

/* At most max examples; with comments when max has no end. */
static int
print_examples(FILE *to, const struct command *c, int max)
{
	const char *p = c->examples != NULL ? c->examples : "";
	bool comments = max > 2;
	int n = 0, shown = 0;
	size_t len;

	for (; *p != '\0' && shown < max; p += len + (p[len] == '\n')) {
		len = strcspn(p, "\n");
		if (*p == '#' && !comments)
			continue;
		fprintf(to, *p == '#' ? "  %.*s\n" : "  mlwatch %.*s\n", (int)len, p);
		shown += *p != '#';
		n++;
	}
	return n;
}

void
help_short(FILE *to, const struct command *c)
{
	struct lines l = {to, c, SHORT_LINES - 1, 0, 0};
	size_t i, total = c->n_options;

	fprintf(to, "%s\n\n", c->summary);
	l.left -= 2 + print_usage(to, c) + 1;
	fputc('\n', to);
	if (c->examples != NULL) {
		l.left -= print_examples(to, c, 2) + 1;
		fputc('\n', to);
	}
	for (i = 0; i < n_common_options; i++)
		total += common_applies(c, i) && !hidden(c, &common_options[i]);
	if ((size_t)l.left + 1 >= total)
		l.left++;
	each_option(c, measure, &l);
	each_option(c, print_option, &l);
	if (l.dropped > 0)
		fprintf(to, "  %zu more flags: mlwatch %s --help\n", l.dropped, c->name);
}

void
help_long(FILE *to, const struct command *c)
{
	struct lines l = {to, c, 1000, 0, 0};
	const char *p;
	size_t len;

	fprintf(to, "mlwatch %s -- %s\n\n", c->name, c->summary);
	print_usage(to, c);
	if (c->description != NULL)
		fprintf(to, "\n%s\n", c->description);
	if (c->examples != NULL) {
		fputs("\nexamples:\n", to);
		print_examples(to, c, 1000);
	}
	fputs("\nflags:\n", to);
	each_option(c, measure, &l);
	each_option(c, print_option, &l);
	fputs("\nexit codes:\n", to);
	for (p = EXIT_CODES; *p != '\0'; p += len + 1) {
		len = strcspn(p, "\n");
		fprintf(to, "  %.*s\n", (int)len, p);
	}
}

static void
list_commands(FILE *to)
{
	size_t i;

	for (i = 0; i < n_commands; i++)
		fprintf(to, "  %-14s %s\n", commands[i]->name, commands[i]->summary);
}

void
help_list(FILE *to)
{
	fprintf(to, "%s\n\nusage: mlwatch COMMAND [ARGUMENT...] [FLAG...]\n\n", PURPOSE);
	list_commands(to);
	fputs("\n'mlwatch COMMAND -h' shows a command's flags, 'mlwatch help COMMAND' all about it\n", to);
}

void
help_all(FILE *to)
{
	const char *p;
	size_t len;

	help_list(to);
	fputs("\ndurations are 90s 5m 1h30m 7d, sizes 64KiB 1.5GiB, times RFC 3339, -1h, now, 02:36 or Unix seconds\n"
	      "\nenvironment:\n"
	      "  MLWATCH_CONFIG  the configuration, when there is no --config\n"
	      "  MLWATCH_STORE   the database, when there is no --store\n"
	      "  NO_COLOR        not empty: no colour, as with --color never\n"
	      "\nexit codes:\n",
	      to);
	for (p = EXIT_CODES; *p != '\0'; p += len + 1) {
		len = strcspn(p, "\n");
		fprintf(to, "  %.*s\n", (int)len, p);
	}
}

/* ---- manual pages ---- */

/* Text for roff: backslashes, leading dots and quotes, and dashes that are dashes. */
static void
roff(FILE *to, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if ((i == 0 || p[i - 1] == '\n') && (p[i] == '.' || p[i] == '\''))
			fputs("\\&", to);
		if (p[i] == '\\')
			fputs("\\e", to);
		else if (p[i] == '-')
			fputs("\\-", to);
		else if (p[i] == '\n' && i + 1 < n && p[i + 1] == '\n')
			fputs("\n.PP", to);
		else
			fputc(p[i], to);
	}
}

static void
man_option(void *arg, const struct option_spec *o, bool own)
{
	struct lines *l = arg;
	struct buf b = BUF_INIT;
	const char *p;

	label(&b, l->c, o, own);
	p = b.p + strspn(b.p, " ");
	fputs(".TP\n.B ", l->to);
	roff(l->to, p, strlen(p));
	fputc('\n', l->to);
	roff(l->to, o->help, strlen(o->help));
	fputc('\n', l->to);
	buf_release(&b);
}

static void
man_lines(FILE *to, const char *text, const char *before)
{
	size_t len;

	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		fputs(*text == '#' ? "" : before, to);
		roff(to, text, len);
		fputs("\n", to);
	}
}

static void
man_exit_codes(FILE *to)
{
	const char *p = EXIT_CODES;
	size_t len, number;

	fputs(".SH EXIT STATUS\n", to);
	for (; *p != '\0'; p += len + 1) {
		len = strcspn(p, "\n");
		number = strcspn(p, " ");
		fprintf(to, ".TP\n.B %.*s\n", (int)number, p);
		roff(to, p + 5, len - 5);
		fputc('\n', to);
	}
}

static void
man_command(FILE *to, const struct command *c)
{
	struct lines l = {to, c, 1000, 0, 0};

	fprintf(to, ".SH NAME\nmlwatch\\-%s \\- ", c->name);
	man_lines(to, c->summary, "");
	fputs(".SH SYNOPSIS\n.nf\n", to);
	man_lines(to, c->usage, "mlwatch ");
	fputs(".fi\n", to);
	if (c->description != NULL) {
		fputs(".SH DESCRIPTION\n", to);
		roff(to, c->description, strlen(c->description));
		fputc('\n', to);
	}
	fputs(".SH OPTIONS\n", to);
	each_option(c, man_option, &l);
	if (c->examples != NULL) {
		fputs(".SH EXAMPLES\n.nf\n", to);
		man_lines(to, c->examples, "mlwatch ");
		fputs(".fi\n", to);
	}
	man_exit_codes(to);
	fputs(".SH SEE ALSO\n.BR mlwatch (1),\n.BR mlwatch.yml (5)\n", to);
}

static void
man_program(FILE *to)
{
	size_t i;

	fputs(".SH NAME\nmlwatch \\- monitoring and drift detection for machine\\-learning services\n"
	      ".SH SYNOPSIS\n.B mlwatch\n.I command\n[argument...] [flag...]\n.SH DESCRIPTION\n",
	      to);
	roff(to, PURPOSE, strlen(PURPOSE));
	fputs(".\n.SH COMMANDS\n", to);
	for (i = 0; i < n_commands; i++) {
		fprintf(to, ".TP\n.BR mlwatch\\-%s (1)\n", commands[i]->name);
		roff(to, commands[i]->summary, strlen(commands[i]->summary));
		fputc('\n', to);
	}
	man_exit_codes(to);
	fputs(".SH ENVIRONMENT\n.TP\n.B MLWATCH_CONFIG\nthe configuration, when there is no \\-\\-config\n"
	      ".TP\n.B MLWATCH_STORE\nthe database, when there is no \\-\\-store\n"
	      ".TP\n.B NO_COLOR\nnot empty: no colour\n"
	      ".SH FILES\n.TP\n.I /etc/mlwatch/mlwatch.yml\nthe configuration of the service\n"
	      ".TP\n.I /var/lib/mlwatch/mlwatch.db\nits database\n"
	      ".SH SEE ALSO\n.BR mlwatch.yml (5),\n.BR mlwatch\\-rules (5),\n.BR mlwatch\\-series (7)\n",
	      to);
}

void
help_man(FILE *to, const struct command *c)
{
	if (c != NULL) {
		fprintf(to, ".TH MLWATCH\\-%s 1 \"\" \"mlwatch %s\"\n", c->name, MLWATCH_VERSION);
		man_command(to, c);
	} else {
		fprintf(to, ".TH MLWATCH 1 \"\" \"mlwatch %s\"\n", MLWATCH_VERSION);
		man_program(to);
	}
}
