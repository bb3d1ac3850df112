/*
 * functions_drift.c -- the drift functions of PromQL: what src/drift computes, over vectors of histograms and
 * category counts. See functions.h for how a row works.
 */
#include "functions.h"

const struct drift_function drift_functions[] = {
    {0},
};
const size_t n_drift_functions = 0;
