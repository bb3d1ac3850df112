/* test_baseline_quantiles.c -- the values of a column in bounded memory: exact while they fit, and then as far off as is said. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../src/drift/quantiles.h"
#include "drift_rows.h"
#include "mlwatch/drift.h"

#define N 200000

static void
quantiles__few_distinct_values_are_exact_however_many_rows(void **state)
{
	struct quantiles *q = quantiles_open();
	struct weighted *all;
	double error;
	size_t n;

	(void)state;
	quantiles_limit(q, 4096);
	for (int i = 0; i < N; i++)
		quantiles_add(q, (double)((i * 7919) % 1000) - 500);
	all = quantiles_all(q, &n, &error);
	assert_int_equal(n, 1000);
	assert_true(error == 0);
	for (size_t i = 0; i < n; i++)
		assert_true(all[i].v == (double)i - 500 && all[i].n == N / 1000);
	free(all);
	quantiles_close(q);
}

/* Against the sorted values, for orders that a sample would get wrong: ascending, descending, random, two interleaved runs. */
static void
quantiles__ranks_are_off_by_no_more_than_is_said(void **state)
{
	double *v = malloc(N * sizeof *v);

	(void)state;
	for (int order = 0; order < 4; order++) {
		struct quantiles *q = quantiles_open();
		struct lcg g = {3};
		struct weighted *all;
		double error, rank = 0, worst = 0;
		uint64_t total = 0;
		size_t n, k = 0;

		quantiles_limit(q, 65536);
		for (int i = 0; i < N; i++)
			v[i] = order == 0   ? i
			       : order == 1 ? -i
			       : order == 2 ? lcg_bell(&g)
					    : (i % 2 ? 1e6 + i : lcg_uniform(&g));
		for (int i = 0; i < N; i++)
			quantiles_add(q, v[i]);
		raw_sort(v, N);
		all = quantiles_all(q, &n, &error);
		for (size_t i = 0; i < n; i++) {
			total += all[i].n;
			rank += (double)all[i].n;
			while (k < N && v[k] <= all[i].v)
				k++;
			worst = fmax(worst, fabs((double)k - rank) / N);
			assert_true(i == 0 || all[i].v > all[i - 1].v);
		}
		assert_int_equal(total, N);
		assert_true(error > 0 && error < 0.005);
		assert_true(worst <= error);
		free(all);
		quantiles_close(q);
	}
	free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(quantiles__few_distinct_values_are_exact_however_many_rows),
	    cmocka_unit_test(quantiles__ranks_are_off_by_no_more_than_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
