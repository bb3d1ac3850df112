/*
 * table_private.h -- the parts of the data-set reader: bytes (table_source.c), records of a chunk (table_csv.c, table_json.c) and
 * who gets which chunk (table_read.c). Private to this folder.
 */
#ifndef MLWATCH_TABLE_PRIVATE_H
#define MLWATCH_TABLE_PRIVATE_H

#include "mlwatch/arena.h"
#include "mlwatch/baseline.h"

/* ---- bytes, decompressed ---- */

struct source;
int source_open(struct source **out, const char *path, struct err *e);
void source_close(struct source *s);
/* As read(2): 0 at the end, -1 with err. */
long source_read(struct source *s, char *to, size_t n, struct err *e);
int64_t source_taken(const struct source *s); /* bytes of the file itself */

/* ---- one worker's way through its chunks ---- */

struct worker {
	const struct table_spec *spec;
	const struct table_sink *sink;
	char separator;
	const char *const *header; /* CSV */
	size_t n_header;
	size_t model, version; /* CSV columns to filter by, SIZE_MAX: none */
	struct cell *cells;
	size_t n_cells, cap_cells;
	struct arena *scratch; /* unescaped texts of the current row */
	bool scratch_used;
	struct json_columns *columns; /* JSON: names to numbers */
	int64_t rows, bad_rows, skipped_rows, first_bad_line;
	int64_t lines;   /* of the current chunk */
	int64_t records; /* JSON: lines of all chunks */
};

/* Where the last whole record of [p, p+n) ends; 0 when there is none. */
size_t csv_last_record(const char *p, size_t n);
size_t json_last_record(const char *p, size_t n);
/* Whole records only; the last one may lack its newline. */
void csv_feed(struct worker *w, const char *p, size_t n);
void json_feed(struct worker *w, const char *p, size_t n);
void json_columns_close(struct json_columns *c);
/* The names of the first record; *used says how many bytes it took. */
char **csv_header(const char *p, size_t n, char *separator, bool no_header, size_t *n_names, size_t *used);

/* Adds a cell to the current row. */
void worker_cell(struct worker *w, size_t column, const char *p, size_t n, enum cell_kind kind);
void worker_row(struct worker *w); /* hands the row over, or drops it when it is of another model */
void worker_bad(struct worker *w); /* counts the row and drops it */

#endif
