/*
 * reader.h -- a store opened read-only with all that a query needs: the storage for PromQL and the references that the agent
 * has put there. For commands, the dashboard and the HTTP API.
 */
#ifndef MLWATCH_READER_H
#define MLWATCH_READER_H

#include <stdint.h>

struct err;
struct promql;
struct reader;
struct references;
struct store;

int reader_open(struct reader **out, const char *store_path, struct err *e);
void reader_close(struct reader *r); /* NULL is fine */
struct store *reader_store(struct reader *r);
const struct promql *reader_promql(struct reader *r);         /* borrowed; for one thread at a time */
const struct references *reader_references(struct reader *r); /* reread when they changed: reader_refresh */
/* Memory of those that were looked at goes back; they are read again when they are needed. Nobody may hold one. */
void reader_forget_references(struct reader *r);
/* Notices new references. Cheap; call it when the store's data version changed. */
int reader_refresh(struct reader *r, struct err *e);

#endif
