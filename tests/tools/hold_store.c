/*
 * hold_store.c -- keeps others from writing a store: opens a transaction, says "held", and ends it after so many seconds.
 *
 *     hold_store STORE immediate|exclusive SECONDS
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	sqlite3 *db;

	if (argc != 4)
		return 2;
	if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return 4;
	sqlite3_busy_timeout(db, 10000);
	if (sqlite3_exec(db, strcmp(argv[2], "exclusive") == 0 ? "BEGIN EXCLUSIVE" : "BEGIN IMMEDIATE", NULL, NULL,
			 NULL) != SQLITE_OK) {
		fprintf(stderr, "%s\n", sqlite3_errmsg(db));
		return 4;
	}
	printf("held\n");
	fflush(stdout);
	usleep((useconds_t)(atof(argv[3]) * 1e6));
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
	return 0;
}
