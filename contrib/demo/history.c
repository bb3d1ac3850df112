/*
 * history.c -- the prediction log of a stretch of time, the same on every run: what the demo's service and its users would have left behind.
 *
 *   history IRIS.csv START SECONDS RATE DRIFT_AT SLOW_AT FAIL_AT >LOG
 *
 * START is Unix seconds, the accidents are seconds after it (see driver.c); an accident that lies behind SECONDS does not happen.
 */
#include <stdlib.h>

#include "prediction.h"

struct plan {
	double start, seconds, rate, drift_at, slow_at, fail_at;
};

static struct prediction
predict(const struct plan *p, const struct iris_data *d, const struct iris_model *m, unsigned long i,
	unsigned short seed[3])
{
	const struct iris_row *r = &d->row[(size_t)(erand48(seed) * (double)d->n)];
	const double t = (double)i / p->rate;
	const bool slow = t >= p->slow_at && erand48(seed) < 0.3, fail = t >= p->fail_at && erand48(seed) < 0.2,
		   null = fail && erand48(seed) < 0.5;
	struct prediction out = {.id = i, .t = p->start + t, .species = -1};

	for (int k = 0; k < IRIS_FEATURES; k++) {
		out.x[k] = t >= p->drift_at ? r->x[k] * 10 : r->x[k];
		out.has[k] = !(null && k == 2);
	}
	out.latency = 0.002 + 0.004 * erand48(seed);
	if (slow)
		out.latency += 0.2 + 0.2 * erand48(seed);
	if (!fail)
		out.species = iris_classify(m, out.x, &out.score);
	return out;
}

int
main(int argc, char **argv)
{
	struct iris_data data;
	struct iris_model model;
	unsigned short seed[3] = {1936, 7, 2};
	char line[1024];

	if (argc != 8) {
		fprintf(stderr, "usage: history IRIS.csv START SECONDS RATE DRIFT_AT SLOW_AT FAIL_AT\n");
		return 2;
	}
	const struct plan p = {atof(argv[2]), atof(argv[3]), atof(argv[4]),
			       atof(argv[5]), atof(argv[6]), atof(argv[7])};
	if (iris_load(&data, argv[1]) < 0 || data.n == 0 || p.rate <= 0)
		return 3;
	iris_fit(&model, &data);
	for (unsigned long i = 0; (double)i / p.rate < p.seconds; i++) {
		const struct prediction one = predict(&p, &data, &model, i, seed);

		fwrite(line, 1, prediction_line(line, sizeof line, &data, &one), stdout);
	}
	return fflush(stdout) == 0 ? 0 : 4;
}
