/* measures.h -- lengths, sizes and numbers as more than one page words them; the rest: quantity.h, clock.h. */
#ifndef UI_MEASURES_H
#define UI_MEASURES_H

#include <stdint.h>

void duration_exact(char out[24], int64_t ms); /* two units: "6m 8s", "3h 12m" */
void size_words(char out[16], int64_t bytes);  /* "10 MiB", "1.5 KiB" */
void count_exact(char out[32], int64_t n);     /* every digit: "4 102 331 870" */

#endif
