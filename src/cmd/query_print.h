/* query_print.h -- answers of `mlwatch query` for programs: json, jsonl, csv; and lists of series and words in any format. */
#ifndef CMD_QUERY_PRINT_H
#define CMD_QUERY_PRINT_H

#include "mlwatch/buf.h"
#include "mlwatch/command.h"
#include "mlwatch/labels.h"

struct promql_result;

/* Every JSON document of `query`, the bodies of servers too, opens with this. */
#define QUERY_SCHEMA "\"schema\":\"mlwatch.query/1\","

void query_print(const struct command_line *line, const struct promql_result *r);

struct query_list {
	struct buf out;
	int format; /* enum output_format */
	size_t n;
};

/* column: the header of csv. */
struct query_list query_list_begin(const struct command_line *line, const char *column);
void query_list_labels(struct query_list *l, struct labels labels);
void query_list_word(struct query_list *l, const char *word);
void query_list_end(struct query_list *l); /* prints it */

#endif
