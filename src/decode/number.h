/*
 * number.h -- JSON numbers into doubles, exactly. Knows digits; not lines or fields.
 *
 * Scanning needs no end: whatever follows a number in a line (its newline at the latest) stops it.
 * The value is exact: up to 2^53 and 10^22 one IEEE operation is (Clinger 1990); up to 19 digits and 10^27 one operation
 * in the 64-bit mantissa of long double is, unless its result lies just between two doubles; the rest goes to strtod.
 */
#ifndef MLWATCH_DECODE_NUMBER_H
#define MLWATCH_DECODE_NUMBER_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct number {
	const char *p; /* as written */
	uint32_t n;
	uint64_t digits; /* the significant ones, the first 19 */
	int32_t exp10;   /* value = digits * 10^exp10, when nothing was cut */
	bool negative, integer /* neither point nor exponent */, cut /* more than 19 digits */;
};

/* Reads one number of the JSON grammar at p. Returns what follows it, or NULL when there is none. */
const char *number_scan(const char *p, struct number *out);
/* False when it is out of range: an integer beyond int64, a real beyond the largest double. c: the C locale. */
bool number_value(const struct number *n, locale_t c, double *out);
/* The whole of a text as a number, more generously: "+1", ".5", "5." too. Not "NaN" or "inf". */
bool number_text(const char *p, size_t n, locale_t c, struct number *scanned, double *out);
/* floor(value * 10^shift) as an integer. False when it does not fit or digits were cut. */
bool number_scaled(const struct number *n, int shift, int64_t *out);

/* digits * 10^exp10, exactly rounded; false when that takes more than one operation (then ask number_value). digits <= 10^19. */
bool number_exact(uint64_t digits, int32_t exp10, double *out);

extern const double number_pow10[23];
extern const uint64_t number_tens[20];

#endif
