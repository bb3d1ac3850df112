/*
 * baseline.c -- mlwatch baseline: training data into a reference file.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/file.h"
#include "mlwatch/json_out.h"
#include "mlwatch/xalloc.h"

#include "baseline_private.h"
#include "command_private.h"

#define WEEK (7 * MS_DAY)

#define AT(f) offsetof(struct baseline_options, f)
static const struct option_spec options[] = {
    {"output", 'o', OPTION_FILE, "REF", "where the reference goes, '-' for stdout (no default)", AT(output), NULL},
    {"model", 0, OPTION_STRING, "MODEL",
     "the model it is for; of JSON lines and columns 'model' only its records (default none)", AT(data.model), NULL},
    {"model-version", 0, OPTION_STRING, "VERSION", "the version it is for, likewise (default: every version)",
     AT(data.version), NULL},
    {"only", 0, OPTION_LIST, "FEATURE", "take this feature, identifiers too (default all; repeatable)", AT(only), NULL},
    {"except", 0, OPTION_LIST, "FEATURE", "leave this feature out, e.g. the target (default none; repeatable)",
     AT(except), NULL},
    {"type", 0, OPTION_LIST, "FEATURE=TYPE",
     "numeric or categorical (default: numeric when 95 % of the first 1000 values are numbers)", AT(types), NULL},
    {"prediction", 0, OPTION_STRING, "COLUMN",
     "what the model answered; of prediction logs a member beside 'features' (default: not in the reference)",
     AT(prediction), NULL},
    {"score", 0, OPTION_STRING, "COLUMN", "how sure it was, likewise (default: not in the reference)", AT(score), NULL},
    {"max-bins", 0, OPTION_INT, "N", "edges per numeric feature (default 1000)", AT(max_bins), NULL},
    {"max-categories", 0, OPTION_INT, "N", "categories per feature; further ones are __other__ (default 1000)",
     AT(max_categories), NULL},
    {"from-store", 0, OPTION_FLAG, NULL, "freeze what the agent has stored of --model (default off)", AT(from_store),
     NULL},
    {"since", 0, OPTION_DURATION, "DURATION", "how far back --from-store reads (default 7d)", AT(since), NULL},
    {"created", 0, OPTION_STRING, "DATE", "the date in the reference (default today, UTC)", AT(created), NULL},
    {"json", 0, OPTION_FLAG, NULL, "show and diff print JSON (default off)", AT(json), NULL},
    DATASET_OPTIONS(struct baseline_options, data),
};
static const struct baseline_options defaults = {.max_bins = 1000, .max_categories = 1000, .since = WEEK};

static int
read_type(const struct command_line *line, const char *text, struct column_override *out)
{
	static const struct {
		const char *word;
		enum column_type type;
	} words[] = {{"numeric", COLUMN_NUMERIC}, {"categorical", COLUMN_CATEGORICAL}};
	const char *equals = strrchr(text, '=');

	for (size_t i = 0; equals != NULL && i < 2; i++)
		if (strcmp(equals + 1, words[i].word) == 0) {
			*out = (struct column_override){xstrndup(text, (size_t)(equals - text)), words[i].type};
			return 0;
		}
	return command_usage(line, "--type is FEATURE=numeric or FEATURE=categorical, not '%s'", text);
}

/* A column that was asked for and is not there: the data set is another one than was meant. */
static int
check_outputs(const struct command_line *line, const struct baseline_spec *spec, const struct reference *r)
{
	struct err e = ERR_INIT;

	for (int i = 0; i < N_REFERENCE_OUTPUTS; i++)
		if (spec->output[i] != NULL && reference_output(r, (enum reference_output)i) == NULL) {
			err_set(&e, ERR_FILE, "no column '%.100s' with values (--%s)", spec->output[i],
				reference_output_word[i]);
			return command_fail(line, &e);
		}
	return 0;
}

static int
from_data(const struct command_line *line, const struct reference_head *head, struct reference **out)
{
	const struct baseline_options *o = line->options;
	struct column_override *types = xcalloc(o->types.n + 1, sizeof *types);
	struct baseline_spec spec = {
	    .head = *head,
	    .max_bins = (size_t)o->max_bins,
	    .max_categories = (size_t)o->max_categories,
	    .only = {o->only.at, o->only.n},
	    .except = {o->except.at, o->except.n},
	    .missing = {o->data.missing.at, o->data.missing.n},
	    .types = types,
	    .n_types = o->types.n,
	    .output = {[REFERENCE_PREDICTION] = o->prediction, [REFERENCE_SCORE] = o->score},
	};
	const char *beside[N_REFERENCE_OUTPUTS];
	size_t n_beside = 0;
	struct table_spec table;
	struct table_sink sink;
	struct baseline *b = baseline_open(&spec);
	struct err e = ERR_INIT;
	int code = 0;

	for (size_t i = 0; i < o->types.n && code == 0; i++)
		code = read_type(line, o->types.at[i], &types[i]);
	if (code == 0 && dataset_spec(&table, &o->data, line->args[0], &e) < 0)
		code = command_fail(line, &e);
	for (int i = 0; i < N_REFERENCE_OUTPUTS; i++)
		if (spec.output[i] != NULL)
			beside[n_beside++] = spec.output[i];
	if (code == 0) {
		table.beside = (struct table_words){beside, n_beside};
		sink = baseline_sink(b);
		code = dataset_read(line, "baseline", &table, &sink, 1);
	}
	if (code == 0) {
		*out = baseline_finish(b, dataset_note, (void *)(uintptr_t)line);
		code = check_outputs(line, &spec, *out);
	}
	baseline_close(b);
	for (size_t i = 0; i < o->types.n; i++)
		free((char *)(uintptr_t)types[i].name);
	free(types);
	return code;
}

static int
write_reference(const struct command_line *line, const struct reference *r)
{
	const struct baseline_options *o = line->options;
	struct buf text = BUF_INIT;
	struct err e = ERR_INIT;
	char size[16];
	int rc = 0;

	if (reference_features(r) == 0) {
		err_set(&e, ERR_FILE, "no feature is left to make a reference of");
		return command_fail(line, &e);
	}
	reference_format(&text, r);
	if (strcmp(o->output, "-") == 0)
		fputs(buf_str(&text), stdout);
	else
		rc = file_write_atomic(o->output, text.p, text.len, 0644, &e);
	size_human(size, (int64_t)text.len);
	if (rc == 0 && !line->common->quiet)
		fprintf(stderr, "%s: %zu features of %llu rows, %s\n", o->output, reference_features(r),
			(unsigned long long)reference_rows(r), size);
	buf_release(&text);
	return rc < 0 ? command_fail(line, &e) : 0;
}

static int
check_options(const struct command_line *line, const struct baseline_options *o)
{
	if (line->n_args != (o->from_store ? 0 : 1))
		return command_usage(line, o->from_store ? "--from-store takes no data set"
							 : "takes a data set, or show or diff");
	if (o->output == NULL)
		return command_usage(line, "where to? give -o REF (or -o - for stdout)");
	if (o->from_store && o->data.model == NULL)
		return command_usage(line, "--from-store needs --model");
	if (o->from_store && (o->prediction != NULL || o->score != NULL))
		return command_usage(line, "--from-store knows what is prediction and score: leave --%s out",
				     o->prediction != NULL ? "prediction" : "score");
	if (o->prediction != NULL && o->score != NULL && strcmp(o->prediction, o->score) == 0)
		return command_usage(line, "--prediction and --score are two columns");
	if (o->max_bins < 10 || o->max_bins > 100000)
		return command_usage(line, "--max-bins is between 10 and 100000");
	if (o->max_categories < 1 || o->max_categories > 100000)
		return command_usage(line, "--max-categories is between 1 and 100000");
	return 0;
}

static int
make(const struct command_line *line)
{
	const struct baseline_options *o = line->options;
	struct reference_head head = {o->data.model, o->data.version, o->created, 0};
	struct reference *r = NULL;
	char today[32];
	int code = check_options(line, o);

	if (code != 0)
		return code;
	rfc3339_format(today, clock_now());
	today[10] = '\0';
	if (head.created == NULL)
		head.created = today;
	code = (o->from_store ? baseline_from_store : from_data)(line, &head, &r);
	if (code == 0)
		code = write_reference(line, r);
	reference_close(r);
	return code;
}

static int
baseline_run(const struct command_line *line)
{
	static const struct {
		const char *verb;
		int (*run)(const struct command_line *);
	} verbs[] = {{"show", baseline_show}, {"diff", baseline_diff}};

	for (size_t i = 0; line->n_args > 0 && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(line->args[0], verbs[i].verb) == 0)
			return verbs[i].run(line);
	return make(line);
}

static const char *const verb_words[] = {"show", "diff", NULL};

const struct command command_baseline = {
    .name = "baseline",
    .summary = "training data into a reference; show and diff references",
    .usage = "baseline DATA -o REF\nbaseline show REF\nbaseline diff A B\nbaseline --from-store --model M -o REF",
    .description =
	"A reference is what the features of a model looked like in training: a JSON file that is "
	"deployed with the model. DATA is CSV (RFC 4180) or JSON lines (of prediction logs the members of "
	"'features'), plain or gzip, '-' for stdin.\n\n"
	"DATA is read once and may be larger than memory. Always exact: rows, missing values, minimum, "
	"maximum, mean, standard deviation. Numeric features: every count is exact up to 8 million "
	"distinct values of all columns together (170,000 each with 47 columns). Beyond, quantiles and "
	"counts come from a merging summary whose largest possible error of ranks is known and written to "
	"the reference as rank_error (0.2 % for a billion rows of 47 columns; -v says it). Categories: "
	"the first --max-categories are exact, the rest counts as __other__. Memory stays under 200 MiB.\n\n"
	"With at most --max-bins distinct values each is an edge, and the KS statistic of any later "
	"window is exact. With more the edges are quantiles, and it is at most 1/max-bins too low.\n\n"
	"Left out, with a notice: columns without values, dates, and identifiers: text of which 90 % of the rows "
	"have their own, whole numbers that only grow, or that hardly repeat in a column called ...id. "
	"--only FEATURE takes them nevertheless.\n\n"
	"--prediction and --score name the columns with the model's answers. They are no features; the dashboard "
	"compares the answers of now with them.",
    .examples =
	"baseline train.csv -o fraud-3.2.0.json --model fraud --model-version 3.2.0 --except is_fraud "
	"--prediction answer --score score\nbaseline show "
	"fraud-3.2.0.json\n"
	"# last week's traffic as the reference\nbaseline --from-store --model fraud --since 7d -o fraud.json\n",
    .verbs = verb_words,
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .defaults = &defaults,
    .options_size = sizeof(struct baseline_options),
    .common = COMMON_CONFIG | COMMON_STORE | COMMON_PROGRESS,
    .run = baseline_run,
};
