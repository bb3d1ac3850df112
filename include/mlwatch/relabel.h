/* relabel.h -- relabel_configs: replace, keep, drop, labelmap, labeldrop, labelkeep, hashmod, lowercase, uppercase, keepequal, dropequal. */
#ifndef MLWATCH_RELABEL_H
#define MLWATCH_RELABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/labels.h"
#include "mlwatch/yaml.h"

struct arena;
struct regex;

struct relabel_rule {
	enum relabel_action {
		RELABEL_REPLACE,
		RELABEL_KEEP,
		RELABEL_DROP,
		RELABEL_LABELMAP,
		RELABEL_LABELDROP,
		RELABEL_LABELKEEP,
		RELABEL_HASHMOD,
		RELABEL_LOWERCASE,
		RELABEL_UPPERCASE,
		RELABEL_KEEPEQUAL,
		RELABEL_DROPEQUAL
	} action;
	char **source_labels;
	size_t n_source;
	char *separator, *target_label, *replacement;
	struct regex *re;
	uint64_t modulus;
};
struct relabel {
	struct relabel_rule *rules;
	size_t n;
};

bool relabel_read(struct yaml_file *f, const struct yaml_node *list, void *field /* struct relabel */);
void relabel_release(struct relabel *r);
/* false: dropped. *l is replaced by a set in mem. */
bool relabel_apply(const struct relabel *r, struct arena *mem, struct labels *l);

#endif
