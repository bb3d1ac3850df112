/*
 * iris.h -- Fisher's Iris measurements (1936) and a small classifier for them: linear discriminant analysis with a
 * pooled covariance (Fisher's own method), fitted at start with GSL. What the demo's model service serves.
 */
#ifndef DEMO_IRIS_H
#define DEMO_IRIS_H

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define IRIS_FEATURES 4
#define IRIS_CLASSES  3
#define IRIS_ROWS_MAX 1000

static const char *const iris_feature_name[IRIS_FEATURES] = {"sepal_length", "sepal_width", "petal_length",
							     "petal_width"};

struct iris_row {
	double x[IRIS_FEATURES];
	int species;
};
struct iris_data {
	struct iris_row row[IRIS_ROWS_MAX];
	size_t n;
	char species[IRIS_CLASSES][32];
	int n_species;
};
struct iris_model { /* log density of class k up to a constant: weight[k]·x + bias[k] - x'·inverse·x / 2 */
	double weight[IRIS_CLASSES][IRIS_FEATURES], bias[IRIS_CLASSES];
	double inverse[IRIS_FEATURES][IRIS_FEATURES];
};

/* "None of these": a flower 7 standard deviations away from every species is as likely to be something else. */
#define IRIS_UNKNOWN (-49.0 / 2)

static inline int
iris_species(struct iris_data *d, const char *name)
{
	for (int k = 0; k < d->n_species; k++)
		if (strcmp(d->species[k], name) == 0)
			return k;
	if (d->n_species == IRIS_CLASSES)
		return -1;
	snprintf(d->species[d->n_species], sizeof d->species[0], "%s", name);
	return d->n_species++;
}

/* 0, or -1 with a line on stderr. */
static inline int
iris_load(struct iris_data *d, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[256], name[32];

	if (f == NULL || fgets(line, sizeof line, f) == NULL) { /* the first line names the columns */
		fprintf(stderr, "cannot read '%s'\n", path);
		if (f != NULL)
			fclose(f);
		return -1;
	}
	memset(d, 0, sizeof *d);
	while (fgets(line, sizeof line, f) != NULL && d->n < IRIS_ROWS_MAX) {
		struct iris_row *r = &d->row[d->n];

		if (sscanf(line, "%lf,%lf,%lf,%lf,%31[^\r\n]", &r->x[0], &r->x[1], &r->x[2], &r->x[3], name) != 5)
			continue;
		r->species = iris_species(d, name);
		if (r->species >= 0)
			d->n++;
	}
	fclose(f);
	return 0;
}

static inline void
iris_fit(struct iris_model *m, const struct iris_data *d)
{
	double mean[IRIS_CLASSES][IRIS_FEATURES] = {{0}};
	size_t count[IRIS_CLASSES] = {0};
	gsl_matrix *cov = gsl_matrix_calloc(IRIS_FEATURES, IRIS_FEATURES);

	for (size_t i = 0; i < d->n; i++) {
		count[d->row[i].species]++;
		for (int j = 0; j < IRIS_FEATURES; j++)
			mean[d->row[i].species][j] += d->row[i].x[j];
	}
	for (int k = 0; k < IRIS_CLASSES; k++)
		for (int j = 0; j < IRIS_FEATURES; j++)
			mean[k][j] /= count[k] > 0 ? (double)count[k] : 1;
	for (size_t i = 0; i < d->n; i++) {
		double c[IRIS_FEATURES];
		gsl_vector_view v = gsl_vector_view_array(c, IRIS_FEATURES);

		for (int j = 0; j < IRIS_FEATURES; j++)
			c[j] = d->row[i].x[j] - mean[d->row[i].species][j];
		gsl_blas_dger(1.0 / (double)(d->n - IRIS_CLASSES), &v.vector, &v.vector, cov);
	}
	gsl_linalg_cholesky_decomp1(cov);
	for (int k = 0; k < IRIS_CLASSES; k++) {
		gsl_vector_view mu = gsl_vector_view_array(mean[k], IRIS_FEATURES);
		gsl_vector_view w = gsl_vector_view_array(m->weight[k], IRIS_FEATURES);

		gsl_linalg_cholesky_solve(cov, &mu.vector, &w.vector);
		gsl_blas_ddot(&mu.vector, &w.vector, &m->bias[k]);
		m->bias[k] = -m->bias[k] / 2 + log((double)(count[k] > 0 ? count[k] : 1) / (double)d->n);
	}
	gsl_linalg_cholesky_invert(cov);
	for (size_t i = 0; i < IRIS_FEATURES; i++)
		for (size_t j = 0; j < IRIS_FEATURES; j++)
			m->inverse[i][j] = gsl_matrix_get(cov, i, j);
	gsl_matrix_free(cov);
}

/* The most probable class; *score is how sure the model is, low for what is no Iris at all. */
static inline int
iris_classify(const struct iris_model *m, const double x[IRIS_FEATURES], double *score)
{
	double s[IRIS_CLASSES], square = 0, sum;
	int best = 0;

	for (int i = 0; i < IRIS_FEATURES; i++)
		for (int j = 0; j < IRIS_FEATURES; j++)
			square += x[i] * m->inverse[i][j] * x[j];
	for (int k = 0; k < IRIS_CLASSES; k++) {
		s[k] = m->bias[k] - square / 2;
		for (int j = 0; j < IRIS_FEATURES; j++)
			s[k] += m->weight[k][j] * x[j];
		if (s[k] > s[best])
			best = k;
	}
	sum = exp(IRIS_UNKNOWN - s[best]);
	for (int k = 0; k < IRIS_CLASSES; k++)
		sum += exp(s[k] - s[best]);
	*score = 1 / sum;
	return best;
}

#endif
