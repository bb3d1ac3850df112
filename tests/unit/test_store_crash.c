/*
 * test_store_crash.c -- kill -9 at any moment, a disk that fills up, readers and writers at the same time: what was committed is there, once,
 * with the offsets it came from.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/store/store_windows.h"
#include "../store_place.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/matcher.h"
#include "mlwatch/window.h"

#define W       INT64_C(10000)
#define WINDOWS 3000

static struct store *
open_store(const char *path, enum store_mode mode)
{
	struct store_spec spec = {.path = path};
	struct store *s = NULL;
	struct err e = ERR_INIT;

	if (store_open(&s, &spec, mode, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return s;
}

static int
put_count(struct store *s, const char *model, int64_t start, uint64_t n, struct err *e)
{
	struct label at[] = {{"__name__", "ml_errors_total"}, {"model", model}};
	struct buf b = BUF_INIT;

	sketch_count_encode(&b, n);
	struct increment i = {.labels = {at, 2}, .start = start, .kind = SKETCH_COUNT, .blob = b.p, .n = b.len};
	int rc = store_put_increment(s, &i, e);
	buf_release(&b);
	return rc;
}

/* What the n-th commit holds: three increments, a sample, and the offset n. */
static size_t
window_of(uint64_t n, int which)
{
	uint64_t h = (n * 3 + (uint64_t)which) * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)((h >> 33) % WINDOWS);
}

static int
put_commit(struct store *s, const struct place *p, uint64_t n, struct err *e)
{
	static const char *const models[] = {"a", "b", "c"};
	struct tail_offset at = {.path = (char *)"log", .inode = 1, .offset = (int64_t)n};
	struct label labels[] = {{"__name__", "up"}};
	struct store_sample sample = {.labels = {labels, 1}, .t = p->base + (int64_t)n, .v = (double)n};

	if (store_begin(s, e) < 0)
		return -1;
	for (int i = 0; i < 3; i++)
		if (put_count(s, models[i], p->base + (int64_t)window_of(n, i) * W, 1 + n % 3, e) < 0)
			goto fail;
	if (store_put_sample(s, &sample, e) < 0 || store_put_offsets(s, "log", &at, 1, e) < 0)
		goto fail;
	return store_commit(s, p->base + (int64_t)(n * W), e);
fail:
	store_rollback(s);
	return -1;
}

static uint64_t
offset_of(struct store *s)
{
	struct tail_offset *at;
	size_t n;

	assert_int_equal(store_get_offsets(s, "log", &at, &n, NULL), 0);
	uint64_t offset = n > 0 ? (uint64_t)at[0].offset : 0;
	store_offsets_free(at, n);
	return offset;
}

static void
on_problem(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

/* The store holds exactly the commits 1 to its offset. */
static void
check_exact(struct store *s, const struct place *p)
{
	uint64_t n = offset_of(s), want = 0, samples = 0;
	double got = 0;
	struct arena *mem = arena_open();
	struct matcher m;
	struct series_list out = {0};
	struct err e = ERR_INIT;

	for (uint64_t i = 1; i <= n; i++)
		want += 3 * (1 + i % 3);
	matcher_init(&m, MATCH_RE, "__name__", "ml_errors_total|up", NULL);
	struct select q = {.matchers = &m,
			   .n_matchers = 1,
			   .mint = p->base - 1,
			   .maxt = p->base + WINDOWS * W,
			   .range_ms = WINDOWS * W + 1};
	struct storage st = store_storage(s);
	if (st.select(st.self, &q, mem, &out, &e) < 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < out.n; i++)
		for (size_t j = 0; j < out.at[i].n; j++) {
			if (out.at[i].kind == SERIES_WINDOWS)
				got += out.at[i].windows[j].count;
			else
				samples++;
		}
	matcher_release(&m);
	arena_close(mem);
	if (got != (double)want || samples != n)
		fail_msg("after commit %llu: %g counted instead of %llu, %llu samples", (unsigned long long)n, got,
			 (unsigned long long)want, (unsigned long long)samples);
	assert_int_equal(store_check(s, on_problem, NULL, &e), 0);
}

static void
commit_until_killed(const struct place *p)
{
	struct store *s = open_store(p->path, STORE_AGENT);
	struct err e = ERR_INIT;

	for (uint64_t n = offset_of(s) + 1;; n++) {
		if (put_commit(s, p, n, &e) < 0)
			_exit(1);
		if (n % 10 == 0)
			store_housekeep(s, p->base + (int64_t)(n * W), &e);
	}
}

static void
nap(long us)
{
	nanosleep(&(struct timespec){0, us * 1000}, NULL);
}

static void
store__kill_9_loses_nothing_and_counts_nothing_twice(void **state)
{
	struct place *p = *state;
	uint64_t last = 0;

	srand(7);
	for (int i = 0; i < 40; i++) {
		pid_t child = fork();
		if (child == 0)
			commit_until_killed(p);
		nap(3000 + rand() % 25000);
		kill(child, SIGKILL);
		int status;
		waitpid(child, &status, 0);
		assert_true(WIFSIGNALED(status));
		if (access(p->path, F_OK) != 0)
			continue;
		struct store *s = open_store(p->path, i % 2 == 0 ? STORE_AGENT : STORE_READ);
		uint64_t n = offset_of(s);
		assert_true(n >= last);
		last = n;
		if (i % 5 == 4)
			check_exact(s, p);
		store_close(s);
	}
	assert_true(last > 5);
	struct store *s = open_store(p->path, STORE_READ);
	check_exact(s, p);
	store_close(s);
}

static void
store__a_file_that_cannot_grow_is_an_error_that_passes(void **state)
{
	struct place *p = *state;
	pid_t child = fork();

	if (child == 0) { /* the limit is the process's */
		struct store *s = open_store(p->path, STORE_AGENT);
		struct err e = ERR_INIT;
		struct rlimit was, small = {200000, 0};
		uint64_t n = 1, failed = 0;
		signal(SIGXFSZ, SIG_IGN);
		getrlimit(RLIMIT_FSIZE, &was);
		small.rlim_max = was.rlim_max;
		for (; n <= 200; n++) {
			if (n == 20)
				setrlimit(RLIMIT_FSIZE, &small);
			if (n == 120)
				setrlimit(RLIMIT_FSIZE, &was);
			err_clear(&e);
			while (put_commit(s, p, n, &e) < 0) { /* the agent keeps its batch and tries again */
				if (e.kind != ERR_WORLD || n >= 120)
					_exit(2);
				err_clear(&e);
				if (++failed == 10)
					setrlimit(RLIMIT_FSIZE, &was);
			}
		}
		store_close(s);
		_exit(failed > 0 ? 0 : 3);
	}
	int status;
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	struct store *s = open_store(p->path, STORE_READ);
	assert_int_equal(offset_of(s), 200);
	check_exact(s, p);
	store_close(s);
}

/* Every commit adds the same to a and b: a reader who sees them differ has seen half a commit. */
static void
check_pair(struct store *s, const struct place *p, bool *seen)
{
	struct arena *mem = arena_open();
	struct matcher m;
	struct series_list out = {0};
	struct err e = ERR_INIT;
	double sum[2] = {0, 0};

	matcher_init(&m, MATCH_EQ, "__name__", "ml_errors_total", NULL);
	struct select q = {
	    .matchers = &m, .n_matchers = 1, .mint = p->base - 1, .maxt = p->base + MS_HOUR, .range_ms = MS_HOUR + 1};
	struct storage st = store_storage(s);
	if (st.select(st.self, &q, mem, &out, &e) < 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < out.n; i++)
		for (size_t j = 0; j < out.at[i].n; j++)
			sum[strcmp(labels_get(out.at[i].labels, "model"), "a") == 0] += out.at[i].windows[j].count;
	assert_true(sum[0] == sum[1]);
	*seen = *seen || sum[0] > 0;
	matcher_release(&m);
	arena_close(mem);
}

static int
put_pair(struct store *s, const struct place *p, int n)
{
	struct err e = ERR_INIT;
	int64_t start = p->base + n % 300 * W;

	if (store_begin(s, &e) < 0 || put_count(s, "a", start, 1, &e) < 0 || put_count(s, "b", start, 1, &e) < 0 ||
	    store_commit(s, p->base + n * 1000, &e) < 0)
		return -1;
	store_housekeep(s, p->base + n * 1000, &e);
	return err_is_set(&e) ? -1 : 0;
}

static void
store__readers_see_whole_commits_only(void **state)
{
	struct place *p = *state;
	bool seen = false;
	int64_t until = clock_monotonic() + 400;

	store_close(open_store(p->path, STORE_AGENT));
	pid_t child = fork();
	if (child == 0) {
		struct store *s = open_store(p->path, STORE_AGENT);
		for (int n = 0;; n++)
			if (put_pair(s, p, n) < 0)
				_exit(1);
	}
	struct store *r = open_store(p->path, STORE_READ);
	while (clock_monotonic() < until)
		check_pair(r, p, &seen);
	kill(child, SIGKILL);
	int status;
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	check_pair(r, p, &seen);
	assert_true(seen);
	store_close(r);
}

struct busy {
	struct store *s;
	const struct place *p;
	int rc;
};

static void *
write_busily(void *arg)
{
	struct busy *b = arg;

	for (int n = 0; n < 300 && b->rc == 0; n++)
		b->rc = put_pair(b->s, b->p, n);
	return NULL;
}

static void
store__one_handle_serves_several_threads(void **state)
{
	struct place *p = *state;
	struct busy b = {open_store(p->path, STORE_AGENT), p, 0};
	pthread_t writer;
	bool seen = false;

	assert_int_equal(pthread_create(&writer, NULL, write_busily, &b), 0);
	for (int i = 0; i < 300; i++)
		check_pair(b.s, p, &seen);
	pthread_join(writer, NULL);
	assert_int_equal(b.rc, 0);
	check_pair(b.s, p, &seen);
	assert_true(seen);
	store_close(b.s);
}

static void
store__reading_goes_on_while_another_process_holds_the_write_lock(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT), *r = open_store(p->path, STORE_READ);
	struct err e = ERR_INIT;
	sqlite3 *other;

	assert_int_equal(put_commit(s, p, 1, &e), 0);
	assert_int_equal(sqlite3_open(p->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	int64_t t = clock_monotonic();
	check_exact(r, p);
	assert_int_equal(put_commit(s, p, 2, &e), -1);
	assert_in_range(clock_monotonic() - t, 1500, 20000);
	assert_non_null(strstr(e.text, "locked"));
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	assert_int_equal(put_commit(s, p, 2, &e), 0);
	check_exact(r, p);
	store_close(r);
	store_close(s);
}

/* ---- care ---- */

static void
store__a_backup_is_a_store_by_itself(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT), *r = open_store(p->path, STORE_READ);
	struct err e = ERR_INIT;
	char copy[128];

	snprintf(copy, sizeof(copy), "%s/copy.db", p->dir);
	for (uint64_t n = 1; n <= 50; n++)
		assert_int_equal(put_commit(s, p, n, &e), 0);
	assert_int_equal(store_backup(r, copy, &e), 0);
	assert_int_equal(put_commit(s, p, 51, &e), 0);
	struct store *c = open_store(copy, STORE_READ);
	assert_int_equal(offset_of(c), 50);
	check_exact(c, p);
	store_close(c);
	assert_int_equal(store_backup(r, "/nonexistent/x.db", &e), -1);
	store_close(r);
	store_close(s);
}

static void
store__check_finds_what_is_wrong(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	struct err e = ERR_INIT;
	static const char *const harm[] = {
	    "UPDATE window SET sketch=x'010105' WHERE k=(SELECT min(k) FROM window)", /* a wide count: five */
	    "UPDATE window SET sketch=x'07' WHERE k=(SELECT max(k) FROM window)",
	    "UPDATE sample_batch SET samples=x'ff'",
	    "DELETE FROM series WHERE id=2",
	    "UPDATE series SET labels=x'41'",
	};

	for (uint64_t n = 1; n <= 60; n++)
		assert_int_equal(put_commit(s, p, n, &e), 0);
	for (size_t i = 0; i < sizeof(harm) / sizeof(harm[0]); i++) {
		struct store *r = open_store(p->path, STORE_READ);
		assert_int_equal(store_check(r, NULL, NULL, &e), 0);
		store_close(r);
		assert_int_equal(sqlite3_exec(s->db, "SAVEPOINT harm", NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_exec(s->db, harm[i], NULL, NULL, NULL), SQLITE_OK);
		series_forget(s);
		windows_forget(s);
		/* inside the savepoint, so that it can be undone: the same view that a reader would have after a commit */
		s->txn_depth = 1;
		assert_true(store_check(s, NULL, NULL, &e) > 0);
		s->txn_depth = 0;
		assert_int_equal(sqlite3_exec(s->db, "ROLLBACK TO harm; RELEASE harm", NULL, NULL, NULL), SQLITE_OK);
	}
	store_close(s);
}

static void
store__vacuum_gives_back_what_retention_freed(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	struct store_facts before, after;
	struct err e = ERR_INIT;
	char *big = malloc(1 << 20);

	memset(big, 'x', (1 << 20) - 1);
	big[(1 << 20) - 1] = '\0';
	assert_int_equal(store_put_kv(s, "big", big, &e), 0);
	assert_int_equal(put_commit(s, p, 1, &e), 0);
	assert_int_equal(store_put_kv(s, "big", NULL, &e), 0);
	free(big);
	store_close(s);
	s = open_store(p->path, STORE_AGENT);
	assert_int_equal(store_facts(s, &before, &e), 0);
	assert_int_equal(store_vacuum(s, &e), 0);
	assert_int_equal(store_facts(s, &after, &e), 0);
	assert_true(before.file_bytes > (1 << 20) && after.file_bytes < 400000);
	assert_int_equal(after.window_series, 3);
	check_exact(s, p);
	store_close(s);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(store__a_file_that_cannot_grow_is_an_error_that_passes),
	    CASE(store__readers_see_whole_commits_only),
	    CASE(store__one_handle_serves_several_threads),
	    CASE(store__reading_goes_on_while_another_process_holds_the_write_lock),
	    CASE(store__a_backup_is_a_store_by_itself),
	    CASE(store__check_finds_what_is_wrong),
	    CASE(store__vacuum_gives_back_what_retention_freed),
	    CASE(store__kill_9_loses_nothing_and_counts_nothing_twice),
	};
	return cmocka_run_group_tests_name("store_crash", tests, NULL, NULL);
}
