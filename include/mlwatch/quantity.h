/*
 * quantity.h -- values with their unit as people read them: "421 ms", "42 %", "KS 0.121", "182 /s". One wording for events, the
 * dashboard, `mlwatch status` and messages.
 *
 * Knows numbers and the names in an expression. Does not know alerts, rules or screens.
 */
#ifndef MLWATCH_QUANTITY_H
#define MLWATCH_QUANTITY_H

#include <stdint.h>

enum unit { UNIT_PLAIN, UNIT_SECONDS, UNIT_BYTES, UNIT_SHARE, UNIT_PER_SECOND, UNIT_STATISTIC };
struct quantity {
	double v;
	enum unit unit;
	const char *statistic; /* "KS", for UNIT_STATISTIC; a constant */
};

/* The value of an expression with the unit that the annotation `unit` names ("" or NULL: none), else the one that the names in the
 * expression tell: a quotient or a _ratio is a share, _seconds a time, _bytes a size, a rate is per second, drift_* a statistic. */
struct quantity quantity_of(const char *expr, const char *unit, double v);
/* What such a value is compared with: without the statistic's name, which the value has; nothing is nothing in any unit. */
struct quantity quantity_limit(struct quantity value, double limit);
void quantity_text(char out[32], struct quantity q); /* "-" for NAN */
void bytes_text(char out[32], double bytes);         /* 610 B, 1.2 MB, 48 MB */
/* "2.8 % > 1 %": a value beside what it is held against; the limit has the value's unit. op NULL or "": the value alone. */
void quantity_compared(char out[80], struct quantity value, const char *op, double limit);

void count_text(char out[16], double n);   /* 182, 1 204, 184k, 1.2M */
void short_number(char out[16], double v); /* three significant digits, blanks between thousands: 84.1, 8 402, 1e6 */
void plain_number(char out[16], double v); /* the same without the blanks, for running text */

/* "×100", "÷60": the factor within 2 % of ratio that smells of a changed unit (a power of ten up to 1e9, 60, 3600, 1024 or the inverse
 * of one). "" when there is none. */
void unit_change(char out[16], double ratio);

#endif
