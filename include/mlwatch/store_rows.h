/*
 * store_rows.h -- rows that belong to one module each: alert state (rules), the outbox with its groups and log, silences and
 * acknowledgements (notify). Plain values in and out; what they mean is the module's business. Implemented in src/store/alerts.c,
 * outbox.c and silences.c. Inside store_begin/store_commit these verbs join that transaction, else each is one of its own.
 */
#ifndef MLWATCH_STORE_ROWS_H
#define MLWATCH_STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct store;

/* ---- alert state: src/store/alerts.c ---- */

/* ---- the outbox, notification log and groups: src/store/outbox.c ---- */

/* ---- silences and acknowledgements: src/store/silences.c ---- */

#endif
