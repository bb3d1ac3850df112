/* progress.h -- one line on stderr for work that lasts over 1 s, only on a terminal, at most ten times a second:
 * "replay  ━━━━━━━━━━━━╸━━━━━━━  61 %   412 MB of 675 MB   118 MB/s   1.9 M records/s   3s left" */
#ifndef MLWATCH_PROGRESS_H
#define MLWATCH_PROGRESS_H

#include <stdint.h>

struct progress;
enum progress_mode { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

struct progress *progress_open(const char *title, const char *record_word, int64_t total_bytes /* -1 unknown */,
			       enum progress_mode mode);
void progress_update(struct progress *p, int64_t bytes, int64_t records);
void progress_close(struct progress *p); /* erases the line; NULL is fine */

#endif
