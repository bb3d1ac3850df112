/* made_fields.h -- where things are in the lines that tests make for the decoder. */
#ifndef TESTS_MADE_FIELDS_H
#define TESTS_MADE_FIELDS_H

#include "mlwatch/decode.h"

static const struct decode_spec made_fields = {.timestamp = {.path = (char *)"t", .unit = UNIT_MS},
					       .model = {.path = (char *)"m"},
					       .version = {.path = (char *)"v"},
					       .latency = {.path = (char *)"l", .unit = UNIT_S},
					       .status = {.path = (char *)"s"},
					       .prediction = {.path = (char *)"p"},
					       .score = {.path = (char *)"c"},
					       .features = (char *)"f"};

#endif
