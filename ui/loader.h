/*
 * loader.h -- the thread that reads: the screen never waits for the store. It is told what is to be shown and hands over snapshots; deeds are
 * carried out by it too. One byte on a pipe says that something is there to be taken.
 */
#ifndef UI_LOADER_H
#define UI_LOADER_H

#include <stdbool.h>

#include "deed.h"
#include "snapshot.h"

struct loader;
int loader_start(struct loader **out, const char *store_path); /* -1: no thread to be had */
/* Ends the query that runs, and the thread. Never waits long: a thread that hangs in a locked store is left to the end of the process. */
void loader_stop(struct loader *l);
int loader_fd(const struct loader *l); /* readable: take */
void loader_want(struct loader *l, const struct request *q);
void loader_again(struct loader *l);            /* everything is read anew */
void loader_drop(struct loader *l);             /* the query that runs now ends */
struct snapshot *loader_take(struct loader *l); /* the newest; NULL: none since */
/* Since when (monotonic ms) the answer to the last wish is waited for; 0: it is there. */
int64_t loader_waits_since(struct loader *l);
void loader_deed(struct loader *l, const struct deed *d);
bool loader_answer(struct loader *l, char error[200]); /* true: the deed is done, "" or why not */

#endif
