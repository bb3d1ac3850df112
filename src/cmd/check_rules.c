/* check_rules.c -- `mlwatch check rules`: is a rule file right, and what in it is seldom meant? */
#include "mlwatch/rules.h"

#include "check_private.h"

void
check_rule_file(struct check *k, const char *path)
{
	const struct rule_lint how = {0};
	struct rule_file *f = rule_file_load(path, &k->errors);

	k->files++;
	if (f == NULL)
		return;
	k->rules += rule_file_rules(f);
	rule_file_lint(f, &how, &k->errors);
	rule_file_close(f);
}
