/* notify_tables.h -- the three lists of the notify page: receivers, the outbox, what was sent. */
#ifndef UI_NOTIFY_TABLES_H
#define UI_NOTIFY_TABLES_H

#include "mlwatch/view.h"

struct screen;
struct snapshot;

enum { NOTIFY_RECEIVERS, NOTIFY_OUTBOX, NOTIFY_SENT, NOTIFY_MESSAGE }; /* the panes of the page */

const struct view_outbox *outbox_of(const struct snapshot *n); /* an empty one while it is not read */
/* The message under the cursor: of what was sent when the person is there, else of what waits. NULL when there is none. */
const struct view_message *message_chosen(const struct screen *s);

#endif
