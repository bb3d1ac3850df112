/* num.h -- numbers as Go and Prometheus write and read them. */
#ifndef MLWATCH_NUM_H
#define MLWATCH_NUM_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define NUM_MAX 400

/* Shortest digits that round-trip. Infinities are +Inf and -Inf. */
void num_g(char out[NUM_MAX], double v);   /* Go %v (templates, PromQL text): exponent form, at least two exponent
                                               digits, when the decimal exponent is below -4 or at least 6: 1e+06, 259205 */
void num_f(char out[NUM_MAX], double v);   /* strconv 'f', -1: never an exponent (HTTP API values, le labels) */
void num_api(char out[NUM_MAX], double v); /* Prometheus' JSON value: 'f' but exponent below 1e-6 and from 1e21 */
/* Go strconv.ParseFloat without hex and underscores unless allowed: Inf, +Inf, NaN in any case. The
 * whole of s must be a number. */
bool num_parse(const char *s, size_t n, double *out);
bool num_is_stale(double v); /* the bits 0x7ff0000000000002 */
double num_stale(void);

#endif
