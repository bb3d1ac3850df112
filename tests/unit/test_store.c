/*
 * test_store.c -- the file itself: who may open it, what is refused, offsets, events, documents, transactions.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/store/store_private.h"
#include "../store_place.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"

static struct store *
open_store(const char *path, enum store_mode mode)
{
	struct store_spec spec = {.path = path};
	struct store *s = NULL;
	struct err e = ERR_INIT;

	if (store_open(&s, &spec, mode, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static struct err
refused(const char *path, enum store_mode mode)
{
	struct store_spec spec = {.path = path};
	struct store *s = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(store_open(&s, &spec, mode, &e), -1);
	assert_null(s);
	return e;
}

static void
write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static void
run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* ---- the file ---- */

static void
store__a_new_file_is_group_writable_and_named(void **state)
{
	struct place *p = *state;
	struct stat st;
	mode_t mask = umask(0007);
	struct store *s = open_store(p->path, STORE_AGENT);

	umask(mask);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	char *wal = sqlite3_mprintf("%s-wal", p->path);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	sqlite3_free(wal);
	store_close(s);
	char head[100];
	FILE *f = fopen(p->path, "r");
	assert_int_equal(fread(head, 1, sizeof(head), f), sizeof(head));
	fclose(f);
	assert_memory_equal(head + 68, "mlw1", 4); /* application_id in SQLite's file format */
	assert_int_equal(head[63], 2);             /* user_version */
}

static void
store__umask_is_respected(void **state)
{
	struct place *p = *state;
	struct stat st;
	mode_t mask = umask(0077);

	store_close(open_store(p->path, STORE_AGENT));
	umask(mask);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
store__what_is_not_ours_is_refused_and_left_alone(void **state)
{
	struct place *p = *state;
	static const char text[] = "this is somebody's diary, longer than a header\n";
	struct stat before, after;

	write_file(p->path, text, sizeof(text));
	assert_int_equal(stat(p->path, &before), 0);
	for (int mode = STORE_AGENT; mode <= STORE_READ; mode++) {
		struct err e = refused(p->path, (enum store_mode)mode);
		assert_int_equal(e.kind, ERR_FILE);
		assert_non_null(strstr(e.text, "is not an mlwatch store"));
	}
	assert_int_equal(stat(p->path, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	unlink(p->path);

	run_sql(p->path, "CREATE TABLE recipes(name TEXT); INSERT INTO recipes VALUES('soup')");
	char *was, *is;
	size_t n, m;
	assert_int_equal(file_read(p->path, 1 << 20, &was, &n, NULL), 0);
	for (int mode = STORE_AGENT; mode <= STORE_READ; mode++) {
		struct err e = refused(p->path, (enum store_mode)mode);
		assert_int_equal(e.kind, ERR_FILE);
		assert_non_null(strstr(e.text, "database of another program"));
	}
	assert_int_equal(file_read(p->path, 1 << 20, &is, &m, NULL), 0);
	assert_int_equal(n, m);
	assert_memory_equal(was, is, n);
	free(was);
	free(is);
}

static void
store__a_newer_version_is_refused(void **state)
{
	struct place *p = *state;

	store_close(open_store(p->path, STORE_AGENT));
	run_sql(p->path, "PRAGMA user_version=99");
	for (int mode = STORE_AGENT; mode <= STORE_READ; mode++) {
		struct err e = refused(p->path, (enum store_mode)mode);
		assert_int_equal(e.kind, ERR_FILE);
		assert_non_null(strstr(e.text, "newer mlwatch"));
		assert_non_null(strstr(e.text, "99"));
	}
}

static void
store__a_damaged_file_is_refused_and_left_alone(void **state)
{
	struct place *p = *state;
	char *was, *is;
	size_t n, m;

	store_close(open_store(p->path, STORE_AGENT));
	assert_int_equal(file_read(p->path, 1 << 22, &was, &n, NULL), 0);
	memset(was + 100, 0x5a, 4096 - 100); /* the schema's page but for the header */
	write_file(p->path, was, n);
	struct err e = refused(p->path, STORE_AGENT);
	assert_int_equal(e.kind, ERR_FILE);
	assert_non_null(strstr(e.text, "damaged"));
	assert_int_equal(file_read(p->path, 1 << 22, &is, &m, NULL), 0);
	assert_int_equal(n, m);
	assert_memory_equal(was, is, n);
	free(was);
	free(is);
}

static void
store__a_missing_file_is_created_only_by_the_agent(void **state)
{
	struct place *p = *state;

	struct err e = refused(p->path, STORE_READ);
	assert_int_equal(e.kind, ERR_WORLD);
	assert_non_null(strstr(e.text, "there is no store at"));
	e = refused(p->path, STORE_WRITE);
	assert_int_equal(e.kind, ERR_WORLD);
	assert_int_equal(access(p->path, F_OK), -1);
	e = refused("/nonexistent/dir/m.db", STORE_AGENT);
	assert_int_equal(e.kind, ERR_WORLD);
	e = refused("/", STORE_AGENT);
	assert_int_equal(e.kind, ERR_FILE);
}

/* ---- migration ---- */

static void
schema__an_older_file_is_copied_and_brought_forward(void **state)
{
	struct place *p = *state;
	static const struct store_migration first[] = {{1, "CREATE TABLE t(a); INSERT INTO t VALUES(7);"}};
	static const struct store_migration both[] = {{1, "CREATE TABLE t(a); INSERT INTO t VALUES(7);"},
						      {2, "ALTER TABLE t ADD COLUMN b DEFAULT 5;"},
						      {3, "UPDATE t SET a=a+b;"}};
	static const char *const no_sql[] = {""};
	const struct store_part old = STORE_PART("t", first, no_sql), new = STORE_PART("t", both, no_sql);
	const struct store_part *parts[] = {&old};
	sqlite3 *db;
	struct err e = ERR_INIT;

	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	assert_int_equal(schema_apply(db, p->path, parts, 1, &e), 0);
	parts[0] = &new;
	assert_int_equal(schema_version(parts, 1), 3);
	assert_int_equal(schema_apply(db, p->path, parts, 1, &e), 0);
	sqlite3_close(db);
	run_sql(p->path, "CREATE TABLE ok AS SELECT 1/(a=12 AND b=5) FROM t; DROP TABLE ok");
	char *kept = sqlite3_mprintf("%s.v1", p->path);
	assert_int_equal(sqlite3_open(kept, &db), SQLITE_OK);
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT * FROM t", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_count(st), 1);
	assert_int_equal(sqlite3_column_int(st, 0), 7);
	sqlite3_finalize(st);
	sqlite3_close(db);
	sqlite3_free(kept);
}

static void
schema__a_failed_migration_changes_nothing(void **state)
{
	struct place *p = *state;
	static const struct store_migration first[] = {{1, "CREATE TABLE t(a);"}};
	static const struct store_migration broken[] = {{1, "CREATE TABLE t(a);"},
							{2, "CREATE TABLE u(a); SELECT nonsense FROM t;"}};
	static const char *const no_sql[] = {""};
	const struct store_part old = STORE_PART("t", first, no_sql), new = STORE_PART("t", broken, no_sql);
	const struct store_part *parts[] = {&old};
	sqlite3 *db;
	int version;
	struct err e = ERR_INIT;

	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	assert_int_equal(schema_apply(db, p->path, parts, 1, NULL), 0);
	parts[0] = &new;
	assert_int_equal(schema_apply(db, p->path, parts, 1, &e), -1);
	assert_non_null(strstr(e.text, "schema version 2"));
	assert_int_equal(schema_check(db, p->path, 2, &version, NULL), 0);
	assert_int_equal(version, 1);
	assert_int_not_equal(sqlite3_exec(db, "SELECT * FROM u", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* ---- the lock ---- */

static void
store__a_second_agent_is_refused_with_the_pid_of_the_first(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	char pid[32];

	snprintf(pid, sizeof(pid), "pid %d", (int)getpid());
	struct err e = refused(p->path, STORE_AGENT); /* also in the same process */
	assert_int_equal(e.kind, ERR_WORLD);
	assert_non_null(strstr(e.text, pid));
	pid_t child = fork();
	if (child == 0)
		_exit(strstr(refused(p->path, STORE_AGENT).text, pid) != NULL ? 0 : 1);
	int status;
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	/* a reader that asks who runs does not take the lock away by closing the file */
	struct store *r = open_store(p->path, STORE_READ);
	struct store_agent a;
	assert_int_equal(store_agent(r, &a, NULL), 0);
	assert_true(a.running);
	assert_int_equal(a.pid, getpid());
	store_close(r);
	refused(p->path, STORE_AGENT);
	store_close(s);
	s = open_store(p->path, STORE_AGENT);
	store_close(s);
	r = open_store(p->path, STORE_READ);
	assert_int_equal(store_agent(r, &a, NULL), 0);
	assert_false(a.running);
	store_close(r);
}

static void
store__the_lock_of_a_killed_agent_is_free(void **state)
{
	struct place *p = *state;
	int ready[2];

	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		open_store(p->path, STORE_AGENT);
		(void)!write(ready[1], "x", 1);
		pause();
	}
	char c;
	assert_int_equal(read(ready[0], &c, 1), 1);
	refused(p->path, STORE_AGENT);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(ready[0]);
	close(ready[1]);
	store_close(open_store(p->path, STORE_AGENT));
}

/* ---- rows ---- */

static void
put_offsets(struct store *s, int64_t offset, const char *more)
{
	struct tail_offset at[] = {
	    {.device = 1,
	     .inode = UINT64_MAX,
	     .fingerprint = 0xfedcba9876543210u,
	     .fingerprint_len = 256,
	     .recent = UINT64_MAX - 1,
	     .recent_len = 200,
	     .offset = offset,
	     .path = (char *)"/var/log/a.jsonl",
	     .seen_ms = 5,
	     .lines = 10,
	     .bad_lines = 1,
	     .skipping = true},
	    {.device = 2, .inode = 7, .offset = 3, .path = (char *)more},
	};
	struct err e = ERR_INIT;

	assert_int_equal(store_begin(s, &e), 0);
	assert_int_equal(store_put_offsets(s, "fraud", at, more != NULL ? 2 : 1, &e), 0);
	assert_int_equal(store_commit(s, 1000, &e), 0);
}

static void
store__offsets_come_back_as_they_were_put(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	struct tail_offset *at;
	size_t n;

	put_offsets(s, 100, "/var/log/b.jsonl");
	put_offsets(s, 200, "/var/log/b.jsonl");
	assert_int_equal(store_get_offsets(s, "fraud", &at, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(at[0].offset, 200);
	assert_true(at[0].inode == UINT64_MAX && at[0].fingerprint == 0xfedcba9876543210u && at[0].skipping);
	assert_int_equal(at[0].lines, 10);
	assert_true(at[0].recent == UINT64_MAX - 1 && at[0].recent_len == 200);
	assert_string_equal(at[1].path, "/var/log/b.jsonl");
	store_offsets_free(at, n);
	put_offsets(s, 300, NULL); /* the second file is no longer known */
	store_close(s);
	s = open_store(p->path, STORE_AGENT);
	assert_int_equal(store_get_offsets(s, "fraud", &at, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(at[0].offset, 300);
	store_offsets_free(at, n);
	assert_int_equal(store_get_offsets(s, "other", &at, &n, NULL), 0);
	assert_int_equal(n, 0);
	store_close(s);
}

static void
store__a_rollback_leaves_nothing_and_the_same_can_be_put_again(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	struct tail_offset one = {.offset = 42, .path = (char *)"x"}, *at;
	size_t n;

	assert_int_equal(store_begin(s, NULL), 0);
	assert_int_equal(store_put_offsets(s, "l", &one, 1, NULL), 0);
	assert_int_equal(store_put_kv(s, "k", "v", NULL), 0);
	store_rollback(s);
	assert_null(store_get_kv(s, "k"));
	assert_int_equal(store_get_offsets(s, "l", &at, &n, NULL), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_begin(s, NULL), 0);
	assert_int_equal(store_put_offsets(s, "l", &one, 1, NULL), 0);
	assert_int_equal(store_put_kv(s, "k", "v", NULL), 0);
	assert_int_equal(store_commit(s, 1, NULL), 0);
	char *v = store_get_kv(s, "k");
	assert_string_equal(v, "v");
	free(v);
	assert_int_equal(store_get_offsets(s, "l", &at, &n, NULL), 0);
	assert_int_equal(n, 1);
	store_offsets_free(at, n);
	store_close(s);
}

struct seen_events {
	size_t n;
	char text[64];
};

static void
see_event(void *arg, const struct store_event *ev)
{
	struct seen_events *seen = arg;

	seen->n++;
	snprintf(seen->text + strlen(seen->text), sizeof(seen->text) - strlen(seen->text), "%s@%d ", ev->text,
		 (int)ev->t);
}

static void
store__events_come_newest_first_within_a_span(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	struct seen_events seen = {0};
	static const struct {
		int64_t t;
		const char *text;
	} at[] = {{10, "a"}, {30, "c"}, {20, "b"}, {30, "d"}, {99, "late"}};

	assert_int_equal(store_begin(s, NULL), 0);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		assert_int_equal(
		    store_put_event(
			s, &(struct store_event){.t = at[i].t, .kind = "note", .severity = "info", .text = at[i].text},
			NULL),
		    0);
	assert_int_equal(store_commit(s, 100, NULL), 0);
	struct store *r = open_store(p->path, STORE_READ);
	assert_int_equal(store_events(r, 10, 50, 3, see_event, &seen, NULL), 0);
	assert_string_equal(seen.text, "d@30 c@30 b@20 ");
	store_close(r);
	store_close(s);
}

static void
see_reference(void *arg, const char *model, const char *version, const char *json)
{
	snprintf((char *)arg + strlen(arg), 100 - strlen(arg), "%s/%s=%s;", model, version, json);
}

static void
store__references_are_kept_by_model_and_version(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	char seen[100] = "";

	assert_int_equal(store_put_reference(s, "fraud", "2", "{}", NULL), 0);
	assert_int_equal(store_put_reference(s, "fraud", NULL, "{1}", NULL), 0);
	assert_int_equal(store_put_reference(s, "fraud", "2", "{2}", NULL), 0);
	assert_int_equal(store_references(s, see_reference, seen, NULL), 0);
	assert_string_equal(seen, "fraud/={1};fraud/2={2};");
	seen[0] = '\0';
	assert_int_equal(store_reference_names(s, see_reference, seen, NULL), 0);
	assert_string_equal(seen, "fraud/=;fraud/2=;");
	char *json = store_get_reference(s, "fraud", "2");
	assert_string_equal(json, "{2}");
	free(json);
	assert_null(store_get_reference(s, "fraud", "3"));
	store_close(s);
}

/* A reader of a hundred references must not read them after every commit. */
static void
store__only_a_change_of_references_changes_their_version(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT), *r = open_store(p->path, STORE_READ);
	static const struct {
		const char *version, *json;
		bool changes;
	} puts[] = {{"2", "{}", true},   {"2", "{}", false}, {"2", "{1}", true}, {"3", "{1}", true},
		    {"3", "{1}", false}, {"3", NULL, true},  {"3", NULL, false}, {"2", "{}", true}};

	assert_int_equal(store_references_version(r), 0);
	for (size_t i = 0; i < sizeof(puts) / sizeof(puts[0]); i++) {
		int64_t before = store_references_version(r);
		assert_int_equal(store_put_reference(s, "fraud", puts[i].version, puts[i].json, NULL), 0);
		assert_int_equal(store_references_version(r) != before, puts[i].changes);
	}
	store_close(r);
	store_close(s);
}

static void
store__the_heartbeat_and_data_version_move_with_every_commit(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT), *r = open_store(p->path, STORE_READ);
	struct store_agent a;

	for (int64_t now = 1000; now < 5000; now += 1000) {
		int64_t before = store_data_version(r), own = store_data_version(s);
		assert_int_equal(store_begin(s, NULL), 0);
		assert_int_equal(store_commit(s, now, NULL), 0);
		assert_int_not_equal(store_data_version(r), before);
		assert_int_not_equal(store_data_version(s), own);
		assert_int_equal(store_agent(r, &a, NULL), 0);
		assert_int_equal(a.heartbeat_ms, now);
	}
	assert_int_equal(store_data_version(r), store_data_version(r));
	assert_int_equal(a.commit_interval_ms, 1000);
	store_close(r);
	store_close(s);
}

/* A connection that was opened anew counts from the beginning, and would come by the number of the last one again. */
static void
store__a_reader_opened_anew_has_another_data_version(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT), *r = open_store(p->path, STORE_READ);
	struct store_agent a;
	const int64_t before = store_data_version(r);
	char back[40];

	run_sql(p->path, "PRAGMA user_version=9999");
	store_data_version(r); /* a newer agent brought it up to date: the connection is let go */
	assert_int_equal(store_agent(r, &a, NULL), -1);
	snprintf(back, sizeof back, "PRAGMA user_version=%d", schema_version(store_parts, N_PARTS));
	run_sql(p->path, back);
	for (int i = 0; i < 4; i++) {
		assert_int_not_equal(store_data_version(r), before);
		assert_int_equal(store_begin(s, NULL), 0);
		assert_int_equal(store_commit(s, 1000 + i, NULL), 0);
	}
	assert_int_equal(store_agent(r, &a, NULL), 0);
	store_close(r);
	store_close(s);
}

/* ---- locked, full, read-only ---- */

static void
store__a_lock_by_another_process_is_an_error_that_passes(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	sqlite3 *other;
	struct err e = ERR_INIT;

	sqlite3_busy_timeout(s->db, 50);
	assert_int_equal(sqlite3_open(p->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_begin(s, &e), -1);
	assert_int_equal(e.kind, ERR_WORLD);
	assert_non_null(strstr(e.text, "locked"));
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	assert_int_equal(store_begin(s, NULL), 0);
	assert_int_equal(store_commit(s, 1, NULL), 0);
	store_close(s);
}

static void
store__a_full_disk_is_an_error_that_passes(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	struct err e = ERR_INIT;
	char *big = malloc(200001);

	memset(big, 'x', 200000);
	big[200000] = '\0';
	assert_int_equal(sqlite3_exec(s->db, "PRAGMA max_page_count=1", NULL, NULL, NULL),
			 SQLITE_OK); /* SQLITE_FULL from now on */
	assert_int_equal(store_begin(s, NULL), 0);
	int rc = store_put_kv(s, "big", big, &e);
	rc = store_commit(s, 1, &e);
	assert_int_equal(rc, -1);
	assert_int_equal(e.kind, ERR_WORLD);
	assert_non_null(strstr(e.text, "disk is full"));
	assert_int_equal(sqlite3_exec(s->db, "PRAGMA max_page_count=1000000", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_begin(s, NULL), 0);
	assert_int_equal(store_put_kv(s, "big", big, NULL), 0);
	assert_int_equal(store_commit(s, 2, NULL), 0);
	char *v = store_get_kv(s, "big");
	assert_string_equal(v, big);
	free(v);
	free(big);
	store_close(s);
}

static void
store__a_reader_may_not_write(void **state)
{
	struct place *p = *state;
	struct err e = ERR_INIT;

	store_close(open_store(p->path, STORE_AGENT));
	struct store *r = open_store(p->path, STORE_READ);
	assert_int_equal(store_put_kv(r, "a", "b", &e), -1);
	assert_non_null(strstr(e.text, "opened for reading"));
	store_close(r);
}

static int
in_file(const char *path, const char *what)
{
	char name[160];

	snprintf(name, sizeof(name), "%s%s", path, what);
	return access(name, F_OK) == 0;
}

/* As one who may only read, if we are root; the exit status says what was wrong. */
static int
read_as_nobody(const char *path, const char *want)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct store_spec spec = {.path = path};
		struct store *s;
		struct err e = ERR_INIT;
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(9);
		if (store_open(&s, &spec, STORE_READ, &e) < 0) {
			fprintf(stderr, "%s\n", e.text);
			_exit(1);
		}
		char *v = store_get_kv(s, "k");
		int rc = v != NULL && strcmp(v, want) == 0 ? 0 : 2;
		free(v);
		store_close(s);
		_exit(rc);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
put_and_commit(struct store *s, const char *value)
{
	assert_int_equal(store_begin(s, NULL), 0);
	assert_int_equal(store_put_kv(s, "k", value, NULL), 0);
	assert_int_equal(store_commit(s, 1, NULL), 0);
}

static void
store__one_who_may_only_read_reads_with_the_agent_up_killed_or_stopped(void **state)
{
	struct place *p = *state;
	mode_t mask = umask(0022);
	struct store *s = open_store(p->path, STORE_AGENT);

	umask(mask);
	assert_int_equal(chmod(p->dir, 0755), 0);
	assert_int_equal(chmod(p->path, 0644), 0);
	char *side[] = {sqlite3_mprintf("%s-wal", p->path), sqlite3_mprintf("%s-shm", p->path)};
	for (int i = 0; i < 2; i++)
		assert_int_equal(chmod(side[i], 0644), 0);
	put_and_commit(s, "running");
	assert_int_equal(read_as_nobody(p->path, "running"), 0);
	/* killed: -wal with content, nobody alive */
	pid_t child = fork();
	if (child == 0)
		pause();
	store_close(s);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(read_as_nobody(p->path, "running"), 0);
	assert_true(in_file(p->path, "-wal"));
	child = fork();
	if (child == 0) {
		struct store *t = open_store(p->path, STORE_AGENT);
		put_and_commit(t, "killed");
		kill(getpid(), SIGKILL);
	}
	waitpid(child, NULL, 0);
	struct stat st;
	assert_true(stat(side[0], &st) == 0 && st.st_size > 0);
	assert_int_equal(read_as_nobody(p->path, "killed"), 0);
	/* stopped, and -wal and -shm gone, the folder read-only: as after a restore from a backup */
	store_close(open_store(p->path, STORE_AGENT));
	assert_true(stat(side[0], &st) == 0 && st.st_size == 0);
	for (int i = 0; i < 2; i++) {
		unlink(side[i]);
		sqlite3_free(side[i]);
	}
	assert_int_equal(chmod(p->dir, 0555), 0);
	assert_int_equal(read_as_nobody(p->path, "killed"), 0);
	assert_int_equal(chmod(p->dir, 0755), 0);
}

/* Opening a second handle looked at the file through a descriptor of its own, and closing that dropped the locks of the first: a short-lived
 * writer (a silence from the command line) then took itself for the last one and cut off the -wal, with commits in it that were nowhere else. */
static void
store__another_process_that_closes_does_not_cut_off_the_wal(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	char *wal = sqlite3_mprintf("%s-wal", p->path);
	struct stat before, after;
	const enum store_mode more[] = {STORE_READ, STORE_WRITE};

	for (int i = 0; i < 2; i++) {
		struct store *other = open_store(p->path, more[i]);
		int status = 0;

		put_and_commit(s, "in the wal");
		assert_int_equal(stat(wal, &before), 0);
		assert_true(before.st_size > 0);
		pid_t child = fork();
		if (child == 0) /* a program of its own: handles of this one mean nothing there */
			execl("/proc/self/exe", "test_store", "--write-and-close", p->path, NULL);
		waitpid(child, &status, 0);
		assert_int_equal(status, 0);
		assert_int_equal(stat(wal, &after), 0);
		assert_true(after.st_size >= before.st_size);
		put_and_commit(s, "after");
		char *v = store_get_kv(other, "k");
		assert_string_equal(v, "after");
		free(v);
		store_close(other);
	}
	sqlite3_free(wal);
	store_close(s);
}

static int
write_and_close(const char *path)
{
	struct store_spec spec = {.path = path};
	struct store *s;

	if (store_open(&s, &spec, STORE_WRITE, NULL) < 0 || store_put_kv(s, "other", "x", NULL) < 0)
		return 1;
	store_close(s);
	return 0;
}

static void
store__a_reader_without_wal_notices_when_the_agent_comes_back(void **state)
{
	struct place *p = *state;

	struct store *s = open_store(p->path, STORE_AGENT);
	put_and_commit(s, "before");
	store_close(s);
	struct store *r = open_store(p->path, STORE_READ);
	/* as if it had been opened without leave to make -wal: what root can always do is done by hand here */
	sqlite3 *immutable;
	char *uri = sqlite3_mprintf("file:%s?immutable=1", p->path);
	assert_int_equal(sqlite3_open_v2(uri, &immutable, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL), SQLITE_OK);
	sqlite3_free(uri);
	for (size_t i = 0; i < N_PARTS; i++)
		assert_true(r->statements[i] == NULL || store_parts[i] != NULL);
	store_close(r);
	r = open_store(p->path, STORE_READ);
	sqlite3_close(r->db == NULL ? NULL : immutable);
	r->immutable = true; /* as open_reader leaves it in a read-only folder */
	char *v = store_get_kv(r, "k");
	assert_string_equal(v, "before");
	free(v);
	s = open_store(p->path, STORE_AGENT);
	put_and_commit(s, "after");
	v = store_get_kv(r, "k");
	assert_string_equal(v, "after");
	free(v);
	assert_false(r->immutable);
	store_close(r);
	store_close(s);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--write-and-close") == 0)
		return write_and_close(argv[2]);
#define CASE(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(store__a_new_file_is_group_writable_and_named),
	    CASE(store__umask_is_respected),
	    CASE(store__what_is_not_ours_is_refused_and_left_alone),
	    CASE(store__a_newer_version_is_refused),
	    CASE(store__a_damaged_file_is_refused_and_left_alone),
	    CASE(store__a_missing_file_is_created_only_by_the_agent),
	    CASE(schema__an_older_file_is_copied_and_brought_forward),
	    CASE(schema__a_failed_migration_changes_nothing),
	    CASE(store__a_second_agent_is_refused_with_the_pid_of_the_first),
	    CASE(store__the_lock_of_a_killed_agent_is_free),
	    CASE(store__offsets_come_back_as_they_were_put),
	    CASE(store__a_rollback_leaves_nothing_and_the_same_can_be_put_again),
	    CASE(store__events_come_newest_first_within_a_span),
	    CASE(store__references_are_kept_by_model_and_version),
	    CASE(store__only_a_change_of_references_changes_their_version),
	    CASE(store__the_heartbeat_and_data_version_move_with_every_commit),
	    CASE(store__a_lock_by_another_process_is_an_error_that_passes),
	    CASE(store__a_reader_opened_anew_has_another_data_version),
	    CASE(store__a_full_disk_is_an_error_that_passes),
	    CASE(store__a_reader_may_not_write),
	    CASE(store__one_who_may_only_read_reads_with_the_agent_up_killed_or_stopped),
	    CASE(store__another_process_that_closes_does_not_cut_off_the_wal),
	    CASE(store__a_reader_without_wal_notices_when_the_agent_comes_back),
	};
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
