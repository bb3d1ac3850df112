/* version.c -- mlwatch version: what this is, what it is made of, and with --paths where it looks for its files and why. */
#include <curl/curl.h>
#include <gsl/gsl_version.h>
#include <microhttpd.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <uv.h>

#include "mlwatch/config.h"
#include "mlwatch/json_out.h"

#include "command_private.h"

struct version_options {
	bool paths;
};

struct paths {
	char *config, *store;
	const char *config_why;
	struct err config_err, store_err;
};

static void
find_paths(const struct command_line *line, struct paths *p)
{
	struct errlist errors = ERRLIST_INIT;
	struct config *c = NULL;

	if (config_find(line->common->config, &p->config, &p->config_why, &p->config_err) == 0)
		c = config_load(p->config, &errors);
	config_find_store(line->common->store, c, &p->store, &p->store_err);
	config_close(c);
	errlist_release(&errors);
}

static json_t *
libraries(void)
{
	return json_pack("{ss ss ss ss ss ss}", "libuv", uv_version_string(), "libcurl",
			 curl_version_info(CURLVERSION_NOW)->version, "sqlite", sqlite3_libversion(), "gsl",
			 gsl_version, "jansson", JANSSON_VERSION, "libmicrohttpd", MHD_get_version());
}

static void
print_json(const struct paths *p)
{
	json_t *doc = json_pack("{ss ss so}", "schema", "mlwatch.version/1", "version", MLWATCH_VERSION, "libraries",
				libraries());

	if (p != NULL)
		json_object_set_new(doc, "paths", json_pack("{ss? ss?}", "config", p->config, "store", p->store));
	json_print(stdout, doc, 0);
}

static void
print_text(const struct command_line *line, const struct paths *p)
{
	json_t *libs = libraries(), *value;
	const char *name;

	printf("mlwatch %s\n", MLWATCH_VERSION);
	if (line->common->verbose > 0)
		json_object_foreach(libs, name, value) printf("  %-14s %s\n", name, json_string_value(value));
	json_decref(libs);
	if (p == NULL)
		return;
	if (p->config != NULL)
		printf("config  %s  (%s)\n", p->config, p->config_why);
	else
		printf("config  none: %s\n", p->config_err.text);
	if (p->store != NULL)
		printf("store   %s\n", p->store);
	else
		printf("store   none: %s\n", p->store_err.text);
}

static int
version_run(const struct command_line *line)
{
	const struct version_options *o = line->options;
	struct paths p = {0};

	if (line->n_args > 0)
		return command_usage(line, "takes no arguments");
	if (o->paths)
		find_paths(line, &p);
	if (line->common->output == OUTPUT_TEXT)
		print_text(line, o->paths ? &p : NULL);
	else
		print_json(o->paths ? &p : NULL);
	free(p.config);
	free(p.store);
	return 0;
}

static const struct option_spec options[] = {
    {"paths", 0, OPTION_FLAG, NULL, "which configuration and store are used, and why (default off)",
     offsetof(struct version_options, paths), NULL},
};

const struct command command_version = {
    .name = "version",
    .summary = "the version; with -v its libraries, with --paths its files",
    .usage = "version [--paths]",
    .examples = "version -v\nversion --paths\n",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .options_size = sizeof(struct version_options),
    .common = COMMON_CONFIG | COMMON_STORE | COMMON_OUTPUT,
    .run = version_run,
};
