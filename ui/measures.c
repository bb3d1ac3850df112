/*
 * measures.c -- see measures.h.
 */
#include "measures.h"

#include <stdio.h>
#include <string.h>

#include "mlwatch/clock.h"

void
duration_exact(char out[24], int64_t ms)
{
	const int64_t s = ms > 0 ? ms / 1000 : 0;

	if (s < 60)
		snprintf(out, 24, "%llds", (long long)s);
	else if (s < 3600)
		snprintf(out, 24, "%lldm %llds", (long long)(s / 60), (long long)(s % 60));
	else if (s < 86400)
		snprintf(out, 24, "%lldh %lldm", (long long)(s / 3600), (long long)(s / 60 % 60));
	else
		snprintf(out, 24, "%lldd %lldh", (long long)(s / 86400), (long long)(s / 3600 % 24));
}

void
size_words(char out[16], int64_t bytes)
{
	char *zero;

	size_human(out, bytes);
	zero = strstr(out, ".0 ");
	if (zero != NULL)
		memmove(zero, zero + 2, strlen(zero + 2) + 1);
}

void
count_exact(char out[32], int64_t n)
{
	char digits[24];
	const int len = snprintf(digits, sizeof digits, "%lld", (long long)(n > 0 ? n : 0));
	int used = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[used++] = ' ';
		out[used++] = digits[i];
	}
	out[used] = '\0';
}
