/* config_private.h -- between the files that read the parts of mlwatch.yml. */
#ifndef CONFIG_PRIVATE_H
#define CONFIG_PRIVATE_H

#include "mlwatch/config.h"
#include "mlwatch/yaml.h"

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

/* All have yaml_key's shape; the field is the whole struct config, unless something else is said. */
bool config_read_logs(struct yaml_file *f, const struct yaml_node *v, void *config);
bool config_read_references(struct yaml_file *f, const struct yaml_node *v, void *config);
bool config_read_scrapes(struct yaml_file *f, const struct yaml_node *v, void *config);
bool config_read_health(struct yaml_file *f, const struct yaml_node *v, void *config);
bool config_read_http(struct yaml_file *f, const struct yaml_node *v, void *http);
/* Intervals that were left out take the global ones, when those are known. */
void config_finish_scrapes(struct yaml_file *f, struct config *c);

void config_log_release(struct config_log *l);
void config_scrape_release(struct config_scrape *s);
void config_health_release(struct config_health *h);
void config_http_release(struct config_http *h);

/* ---- config_common.c: readers that several parts need ---- */

/* One item of a list; i counts from 0. */
typedef bool item_fn(struct yaml_file *f, const struct yaml_node *item, size_t i, void *arg);
/* Calls fn for every item; what: "a list of targets". */
bool config_each(struct yaml_file *f, const struct yaml_node *list, const char *what, item_fn *fn, void *arg);

struct config_strings {
	char **at;
	size_t n;
};
/* field: struct config_strings (as two neighbouring members char **, size_t). */
bool config_read_strings(struct yaml_file *f, const struct yaml_node *v, void *field);
void config_strings_free(char **at, size_t n);

struct config_labels {
	struct label *at;
	size_t n;
};
/* field: struct config_labels (two neighbouring members); sorted by name; names and values owned. */
bool config_read_labels(struct yaml_file *f, const struct yaml_node *v, void *field);
void config_labels_free(struct label *at, size_t n);

bool config_read_positive_duration(struct yaml_file *f, const struct yaml_node *v, void *field);
bool config_read_positive_size(struct yaml_file *f, const struct yaml_node *v, void *field);
bool config_read_limit(struct yaml_file *f, const struct yaml_node *v, void *field); /* int64_t >= 0 */

/* Which of the words; a wrong one is a mistake that lists them. -1: none. */
int config_word(struct yaml_file *f, const struct yaml_node *v, const char *const *words, size_t n, const char *what);

#endif
