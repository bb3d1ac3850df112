/* drift_rows.c -- a CSV data set of nearly normal columns: drift_rows ROWS COLUMNS SEED SHIFT; the first five columns are shifted. */
#include <stdio.h>
#include <stdlib.h>

#include "drift_rows.h"

int
main(int argc, char **argv)
{
	long rows = argc > 1 ? atol(argv[1]) : 1000, columns = argc > 2 ? atol(argv[2]) : 10;
	struct lcg g = {argc > 3 ? strtoull(argv[3], NULL, 10) : 1};
	double shift = argc > 4 ? atof(argv[4]) : 0;

	for (long c = 0; c < columns; c++)
		printf("f%02ld%c", c, c + 1 < columns ? ',' : '\n');
	for (long r = 0; r < rows; r++)
		for (long c = 0; c < columns; c++)
			printf("%.17g%c", lcg_bell(&g) + (c < 5 ? shift : 0), c + 1 < columns ? ',' : '\n');
	return 0;
}
