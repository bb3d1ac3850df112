/*
 * completion.c -- shell completions out of the command table.
 *
 * The scripts are plain lists: first word the commands, later words the flags of the command, its verbs, and files.
 */
#include <string.h>

#include "mlwatch/buf.h"

#include "command_private.h"

typedef void flag_fn(void *arg, const struct option_spec *o);

static void
each_flag(const struct command *c, flag_fn *fn, void *arg)
{
	size_t i;

	for (i = 0; i < c->n_options; i++)
		fn(arg, &c->options[i]);
	for (i = 0; i < n_common_options; i++)
		if (common_applies(c, i) && strcmp(common_options[i].name, "help-short") != 0)
			fn(arg, &common_options[i]);
}

static void
words_of(const struct command *c, flag_fn *add, struct buf *b)
{
	size_t i;

	for (i = 0; c->verbs != NULL && c->verbs[i] != NULL; i++)
		buf_addf(b, "%s ", c->verbs[i]);
	each_flag(c, add, b);
}

static void
add_flag(void *arg, const struct option_spec *o)
{
	buf_addf(arg, "--%s ", o->name);
}

static void
command_names(struct buf *b)
{
	size_t i;

	for (i = 0; i < n_commands; i++)
		buf_addf(b, "%s%s", i > 0 ? " " : "", commands[i]->name);
}

static void
print_bash(void)
{
	struct buf b = BUF_INIT;
	size_t i;

	command_names(&b);
	printf("# bash completion of mlwatch; made by 'mlwatch completion bash'\n"
	       "_mlwatch()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"%s --help --version\" -- \"$cur\"))\n\t\treturn\n\tfi\n"
	       "\tcase ${COMP_WORDS[1]} in\n",
	       buf_str(&b));
	for (i = 0; i < n_commands; i++) {
		buf_reset(&b);
		words_of(commands[i], add_flag, &b);
		printf("\t%s) words=\"%s\" ;;\n", commands[i]->name, buf_str(&b));
	}
	printf("\tesac\n"
	       "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	       "\tcase $cur in -*) ;; *) COMPREPLY+=($(compgen -f -- \"$cur\")) ;; esac\n"
	       "}\n"
	       "complete -o filenames -F _mlwatch mlwatch\n");
	buf_release(&b);
}

/* Text inside '...' of zsh's _arguments or fish: no quotes, brackets or colons that they would read. */
static void
add_plain(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++)
		buf_addc(b, strchr("'[]:\\", *text) != NULL ? ' ' : *text);
}

static void
zsh_flag(void *arg, const struct option_spec *o)
{
	struct buf *b = arg;

	buf_addf(b, " '--%s%s[", o->name, o->arg != NULL && o->bare == NULL ? "=" : "");
	add_plain(b, o->help);
	buf_addc(b, ']');
	if (o->type == OPTION_CHOICE) {
		buf_addstr(b, ":value:(");
		for (const char *p = o->arg; *p != '\0'; p++)
			buf_addc(b, *p == '|' ? ' ' : *p);
		buf_addc(b, ')');
	} else if (o->arg != NULL && o->bare == NULL) {
		buf_addf(b, ":%s:%s", o->arg, o->type == OPTION_FILE ? "_files" : "");
	}
	buf_addc(b, '\'');
}

static void
zsh_verbs(struct buf *b, const struct command *c)
{
	size_t i;

	if (c->verbs == NULL)
		return;
	buf_addstr(b, " '1:verb:(");
	for (i = 0; c->verbs[i] != NULL; i++)
		buf_addf(b, "%s ", c->verbs[i]);
	buf_addstr(b, ")'");
}

static void
print_zsh(void)
{
	struct buf b = BUF_INIT;
	size_t i;

	printf("#compdef mlwatch\n# made by 'mlwatch completion zsh'\n_mlwatch() {\n\tlocal -a names=(\n");
	for (i = 0; i < n_commands; i++) {
		buf_reset(&b);
		add_plain(&b, commands[i]->summary);
		printf("\t\t'%s:%s'\n", commands[i]->name, buf_str(&b));
	}
	printf("\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command names\n\t\treturn\n\tfi\n"
	       "\tlocal name=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n\tcase $name in\n");
	for (i = 0; i < n_commands; i++) {
		buf_reset(&b);
		each_flag(commands[i], zsh_flag, &b);
		zsh_verbs(&b, commands[i]);
		printf("\t%s) _arguments%s '*:file:_files' ;;\n", commands[i]->name, buf_str(&b));
	}
	printf("\tesac\n}\n_mlwatch \"$@\"\n");
	buf_release(&b);
}

struct fish {
	const char *name;
};

static void
fish_flag(void *arg, const struct option_spec *o)
{
	const struct fish *f = arg;
	struct buf b = BUF_INIT;

	buf_addf(&b, "complete -c mlwatch -n '__fish_seen_subcommand_from %s' -l %s", f->name, o->name);
	if (o->letter != 0)
		buf_addf(&b, " -s %c", o->letter);
	if (o->type == OPTION_CHOICE) {
		buf_addstr(&b, " -x -a '");
		for (const char *p = o->arg; *p != '\0'; p++)
			buf_addc(&b, *p == '|' ? ' ' : *p);
		buf_addc(&b, '\'');
	} else if (o->arg != NULL && o->bare == NULL) {
		buf_addstr(&b, o->type == OPTION_FILE ? " -r -F" : " -x");
	}
	buf_addstr(&b, " -d '");
	add_plain(&b, o->help);
	buf_addc(&b, '\'');
	puts(b.p);
	buf_release(&b);
}

static void
print_fish(void)
{
	struct buf b = BUF_INIT;
	size_t i, k;

	puts("# made by 'mlwatch completion fish'");
	for (i = 0; i < n_commands; i++) {
		struct fish f = {commands[i]->name};

		buf_reset(&b);
		add_plain(&b, commands[i]->summary);
		printf("complete -c mlwatch -n __fish_use_subcommand -f -a %s -d '%s'\n", f.name, buf_str(&b));
		for (k = 0; commands[i]->verbs != NULL && commands[i]->verbs[k] != NULL; k++)
			printf("complete -c mlwatch -n '__fish_seen_subcommand_from %s' -a %s\n", f.name,
			       commands[i]->verbs[k]);
		each_flag(commands[i], fish_flag, &f);
	}
	buf_release(&b);
}

static const struct shell {
	const char *name;
	void (*print)(void);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

static int
completion_run(const struct command_line *line)
{
	size_t i;

	if (line->n_args != 1)
		return command_usage(line, "which shell? bash, zsh or fish");
	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(line->args[0], shells[i].name) == 0) {
			shells[i].print();
			return 0;
		}
	}
	return command_usage(line, "no completions for '%s': bash, zsh or fish", line->args[0]);
}

static const char *const verbs[] = {"bash", "zsh", "fish", NULL};

const struct command command_completion = {
    .name = "completion",
    .summary = "completions for a shell: bash, zsh or fish",
    .usage = "completion bash|zsh|fish",
    .description = "Prints a script for the shell to read. The package installs them.",
    .examples = "completion bash > ~/.local/share/bash-completion/completions/mlwatch\ncompletion fish | source\n",
    .verbs = verbs,
    .run = completion_run,
};
