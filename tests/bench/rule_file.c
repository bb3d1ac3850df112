/* rule_file.c -- how long it takes to read and check a rule file of 1 MB: YAML, PromQL, templates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/rules.h"

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(void)
{
	struct errlist mistakes = ERRLIST_INIT;
	struct buf b = BUF_INIT;
	double best = 1e9;
	size_t rules = 0;

	buf_addstr(&b, "groups:\n");
	for (int g = 0; b.len < 1000000; g++) {
		buf_addf(&b, "  - name: group-%d\n    rules:\n", g);
		for (int r = 0; r < 20; r++)
			buf_addf(&b,
				 "      - alert: ErrorRateHigh%d\n        expr: |\n"
				 "          sum by (job, model) (rate(ml_errors_total{job=~\"api|web\", "
				 "model!=\"test\"}[5m]))\n"
				 "            / sum by (job, model) (rate(ml_predictions_total[5m])) > 0.0%d\n"
				 "        for: 5m\n        labels: {severity: warning, team: team-%d}\n        "
				 "annotations:\n"
				 "          summary: '{{ $value | humanizePercentage }} of {{ $labels.model }} "
				 "predictions fail'\n"
				 "          runbook_url: https://runbooks.example.com/errors\n",
				 r, r + 1, r);
	}
	for (int i = 0; i < 3; i++) {
		double t0 = seconds(), t;
		struct rule_file *f = rule_file_parse("bench.yml", buf_str(&b), b.len, &mistakes);
		t = seconds() - t0;
		if (f == NULL) {
			errlist_print(&mistakes, stderr, false);
			return 1;
		}
		rules = rule_file_rules(f);
		rule_file_close(f);
		best = t < best ? t : best;
	}
	printf("rule file: %.2f MB, %zu rules read and checked in %.0f ms (%.1f MB/s)\n", (double)b.len / 1e6, rules,
	       best * 1000, (double)b.len / 1e6 / best);
	buf_release(&b);
	errlist_release(&mistakes);
	return 0;
}
