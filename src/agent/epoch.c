/*
 * epoch.c -- one loading of the configuration and everything that it names.
 */
#include "agent_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/file.h"
#include "mlwatch/xalloc.h"

#define REFERENCE_FILE_MAX ((size_t)256 << 20)

static int
load_references(struct epoch *ep, struct errlist *mistakes)
{
	int rc = 0;

	ep->references = references_open();
	for (size_t i = 0; i < ep->config->n_references; i++) {
		const struct config_reference *c = &ep->config->references[i];
		struct reference *r = NULL;
		struct err e = ERR_INIT;

		if (reference_load(&r, c->file, &e) < 0) {
			errlist_add_err(mistakes, c->file, NULL, &e);
			rc = -1;
			continue;
		}
		references_add_as(ep->references, r, c->model, c->version != NULL ? c->version : "");
	}
	return rc;
}

int
epoch_load_rules(struct epoch *ep, struct rule_set *old, struct errlist *mistakes, struct err *e)
{
	const struct config *c = ep->config;
	const struct rule_set_spec spec = {.default_interval_ms = c->evaluation_interval_ms,
					   .external_labels = {c->external_labels, c->n_external_labels},
					   .external_url = ep->external_url};
	struct rule_file **files = xcalloc(c->n_rule_files + 1, sizeof *files);
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < c->n_rule_files; i++) {
		files[n] = rule_file_load(c->rule_files[i], mistakes);
		if (files[n] == NULL)
			rc = err_set(e, ERR_FILE, "a rule file is wrong");
		else
			n++;
	}
	if (rc == 0) {
		ep->rules = rule_set_open(&spec);
		rc = rule_set_load(ep->rules, files, n, old, e);
	} else {
		for (size_t i = 0; i < n; i++)
			rule_file_close(files[i]);
	}
	free(files);
	return rc;
}

static char *
external_url(const struct config *c)
{
	char *url = NULL;

	if (c->http.external_url != NULL)
		return xstrdup(c->http.external_url);
	if (asprintf(&url, "http://%s", c->http.listen != NULL ? c->http.listen : "localhost") < 0)
		return xstrdup("http://localhost");
	return url;
}

int
epoch_load(struct epoch *out, const struct agent_spec *spec, struct errlist *mistakes, struct err *e)
{
	struct epoch ep = {.loaded_ms = clock_now()};

	ep.config = config_load(spec->config_path, mistakes);
	if (ep.config == NULL)
		return err_set(e, ERR_FILE, "the configuration is wrong");
	if (spec->store_path != NULL) {
		free(ep.config->store_path);
		ep.config->store_path = xstrdup(spec->store_path);
	}
	ep.external_url = external_url(ep.config);
	if (load_references(&ep, mistakes) < 0) {
		epoch_close(&ep);
		return err_set(e, ERR_FILE, "a reference is wrong");
	}
	*out = ep;
	return 0;
}

int
epoch_open_pipeline(struct epoch *ep, struct store *store, struct err *e)
{
	return pipeline_open(&ep->pipeline, ep->config, ep->references, store, e);
}

/* Readers of the store then need no configuration: references, and what alerts are called outside. */
int
epoch_store_references(const struct epoch *ep, struct store *store, struct err *e)
{
	for (size_t i = 0; i < ep->config->n_references; i++) {
		const struct config_reference *c = &ep->config->references[i];
		char *json;
		size_t n;
		int rc;

		if (file_read(c->file, REFERENCE_FILE_MAX, &json, &n, e) < 0)
			return -1;
		rc = store_put_reference(store, c->model, c->version != NULL ? c->version : "", json, e);
		free(json);
		if (rc < 0)
			return -1;
	}
	return store_put_external_labels(
	    store, (struct labels){ep->config->external_labels, ep->config->n_external_labels}, e);
}

void
epoch_close(struct epoch *ep)
{
	pipeline_close(ep->pipeline);
	rule_set_close(ep->rules);
	references_close(ep->references);
	config_close(ep->config);
	free(ep->external_url);
	*ep = (struct epoch){0};
}
