/* reference_private.h -- what reader and writer of reference files agree on. */
#ifndef MLWATCH_REFERENCE_PRIVATE_H
#define MLWATCH_REFERENCE_PRIVATE_H

#define REFERENCE_FORMAT "mlwatch.reference/1"

#endif
