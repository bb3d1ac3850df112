/*
 * log.h -- the agent's own log. A struct log is made once in a command and handed down; modules
 * below agent/ do not log, they return errors and counts. Thread-safe. Secrets never get here.
 */
#ifndef MLWATCH_LOG_H
#define MLWATCH_LOG_H

struct log;

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON, LOG_JOURNAL };

struct log *log_open(int fd, enum log_format format, enum log_level level);
void log_close(struct log *l);
/* A lost reader of the log never blocks: a line that cannot be written at once is dropped and counted. */
void log_line(struct log *l, enum log_level level, const char *module, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
