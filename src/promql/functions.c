/*
 * functions.c -- the table of PromQL functions: names and types for the parser, callbacks for the evaluator.
 */
#include "functions.h"

#include <math.h>
#include <string.h>

#include "callbacks.h"

#define V VALUE_VECTOR
#define M VALUE_MATRIX
#define S VALUE_SCALAR
#define T VALUE_STRING
#define X FN_EXPERIMENTAL
#define TYPES(...)                                                                                                     \
	{                                                                                                              \
		__VA_ARGS__                                                                                            \
	}

#define MAP(name, f)                 ROW(name, V, 1, 0, TYPES(V), 0, f, NULL, NULL, 0, NULL)
#define DATE(name, f)                ROW(name, V, 1, 1, TYPES(V), FN_TIME_DEFAULT, f, NULL, NULL, 0, NULL)
#define OVER(name, f, flags)         ROW(name, V, 1, 0, TYPES(M), flags, NULL, f, NULL, WINDOW_POINTS, NULL)
#define COUNTER(name, f, flags, use) ROW(name, V, 1, 0, TYPES(M), flags, NULL, f, NULL, use, NULL)

static const struct function functions[] = {
#define ROW(...) {__VA_ARGS__},
#include "functions_table.h"
#undef ROW
};

static const char *const names[] = {
#define ROW(name, ...) name,
#include "functions_table.h"
#undef ROW
    "avg",
    "bottomk",
    "count",
    "count_values",
    "group",
    "limit_ratio",
    "limitk",
    "max",
    "min",
    "quantile",
    "stddev",
    "stdvar",
    "sum",
    "topk",
    "drift_chi2",
    "drift_chi2_pvalue",
    "drift_hellinger",
    "drift_js",
    "drift_ks",
    "drift_ks_pvalue",
    "drift_new_share",
    "drift_psi",
    "drift_psi_pvalue",
    "drift_rows",
    "drift_tvd",
    "drift_wasserstein",
};

const struct function *
function_find(const char *name)
{
	size_t lo = 0, hi = sizeof functions / sizeof *functions;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(name, functions[mid].name);

		if (c == 0)
			return &functions[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const struct drift_function *
drift_function_find(const char *name)
{
	for (size_t i = 0; i < n_drift_functions; i++)
		if (strcmp(drift_functions[i].name, name) == 0)
			return &drift_functions[i];
	return NULL;
}

const char *const *
promql_function_names(size_t *n)
{
	*n = sizeof names / sizeof *names;
	return names;
}
