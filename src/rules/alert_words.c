/* alert_words.c -- how an alert is named and ranked wherever people see it. */
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/rules.h"

static bool
is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

void
alert_about(struct buf *out, struct labels l)
{
	static const char *const said[] = {"alertname", "severity", "model",    "team", "job",
					   "version",   "host",     "instance", NULL};
	const char *blank = "";

	if (!labels_has(l, "model") && labels_has(l, "instance")) {
		buf_addstr(out, labels_get(l, "instance"));
		blank = " ";
	}
	for (size_t i = 0; i < l.n; i++) {
		if (is_one_of(l.at[i].name, said))
			continue;
		buf_addf(out, "%s%s", blank, l.at[i].value);
		blank = " ";
	}
}

bool
alert_is_critical(const char *severity)
{
	static const char *const critical[] = {"critical", "crit", "page", "error", "emergency", NULL};

	return is_one_of(severity, critical);
}
