/*
 * test_tail.c -- every fault on which log shippers lose or repeat lines, with real files and a store that is a struct.
 *
 * A line is a number. The sink puts it into `pending`; commit() makes pending lasting together with the offsets,
 * as the agent does in one transaction; kill_agent() loses whatever was not committed. In the end every number
 * that was written must have been stored exactly once.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/tail.h"

#define MOST 200000

struct world {
	char dir[64];
	char pattern[128];
	char *patterns[2];
	struct tail_spec spec;
	struct tail *t;
	struct tail_offset saved[1024];
	size_t n_saved;
	unsigned short stored[MOST];
	int pending[MOST];
	size_t n_pending;
	int next;                  /* the number of the next line */
	size_t junk, pending_junk; /* lines that are no number */
	size_t too_long, pending_too_long, new_files, resumes;
	char events[4096], texts[4096];
	int64_t now;
};

static void
on_lines(void *arg, const struct tail_offset *file, const char *p, size_t n)
{
	struct world *w = arg;
	const char *end = p + n;
	int64_t lines = 0;

	assert_true(n > 0);
	assert_int_equal(p[n - 1], '\n');
	assert_non_null(file->path);
	for (; p < end; lines++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		char *stop;
		long id = strtol(p, &stop, 10);
		if (stop == p || (*stop != ' ' && *stop != '\n'))
			w->pending_junk++;
		else
			w->pending[w->n_pending++] = (int)id;
		p = nl + 1;
	}
	tail_count(w->t, lines, 0);
}

static void
on_new_file(void *arg, const struct tail_offset *file)
{
	((struct world *)arg)->new_files++;
	(void)file;
}

static void
on_resume(void *arg, const struct tail_offset *file)
{
	((struct world *)arg)->resumes++;
	(void)file;
}

static void
on_too_long(void *arg, const struct tail_offset *file, const char *start, size_t n)
{
	((struct world *)arg)->pending_too_long++;
	(void)file;
	(void)start;
	(void)n;
}

static void
on_event(void *arg, const char *kind, const char *path, const char *text)
{
	struct world *w = arg;

	(void)path;
	if (strlen(w->texts) + strlen(text) + 2 < sizeof w->texts) {
		strcat(w->texts, text);
		strcat(w->texts, "|");
	}
	if (strlen(w->events) + strlen(kind) + 2 < sizeof w->events) {
		strcat(w->events, kind);
		strcat(w->events, " ");
	}
}

static void
start_agent(struct world *w)
{
	struct err e = ERR_INIT;

	w->t = tail_open(&w->spec, w->saved, w->n_saved, &e);
	assert_non_null(w->t);
}

static struct world *
world_open(const char *pattern)
{
	struct world *w = calloc(1, sizeof *w);

	strcpy(w->dir, "/tmp/mlwatch-tail-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->pattern, sizeof w->pattern, "%s/%s", w->dir, pattern);
	w->patterns[0] = w->pattern;
	w->spec = (struct tail_spec){.paths = w->patterns, .n_paths = 1};
	w->now = clock_now();
	start_agent(w);
	return w;
}

static void
forget_saved(struct world *w)
{
	for (size_t i = 0; i < w->n_saved; i++)
		free(w->saved[i].path);
	w->n_saved = 0;
}

static void
world_close(struct world *w)
{
	char cmd[256];

	tail_close(w->t);
	forget_saved(w);
	snprintf(cmd, sizeof cmd, "chmod -R u+rwx %s; rm -rf %s", w->dir, w->dir);
	assert_int_equal(system(cmd), 0);
	free(w);
}

static int64_t
poll_some(struct world *w, size_t max)
{
	struct tail_sink sink = {w, on_lines, on_new_file, on_resume, on_too_long, on_event};
	struct err e = ERR_INIT;

	return tail_poll(w->t, w->now, max, &sink, &e);
}

static void
commit(struct world *w)
{
	const struct tail_offset *at;

	for (size_t i = 0; i < w->n_pending; i++)
		w->stored[w->pending[i]]++;
	w->n_pending = 0;
	w->junk += w->pending_junk;
	w->too_long += w->pending_too_long;
	w->pending_junk = w->pending_too_long = 0;
	forget_saved(w);
	w->n_saved = tail_offsets(w->t, &at);
	assert_true(w->n_saved <= 1024);
	for (size_t i = 0; i < w->n_saved; i++) {
		w->saved[i] = at[i];
		w->saved[i].path = strdup(at[i].path);
	}
	tail_commit(w->t);
}

static void
forget_pending(struct world *w)
{
	w->n_pending = w->pending_junk = w->pending_too_long = 0;
}

static void
poll_all(struct world *w)
{
	while (poll_some(w, 1 << 20) > 0)
		;
	commit(w);
}

static void
kill_agent(struct world *w)
{
	tail_close(w->t);
	w->t = NULL;
	forget_pending(w);
}

/* Real time for as long as rotated files need to be finished. */
static void
wait_ms(struct world *w, int64_t ms)
{
	w->now += ms;
}

static void
settle(struct world *w)
{
	poll_all(w);
	wait_ms(w, 20000);
	poll_all(w);
	poll_all(w);
}

static const char *
in(const struct world *w, const char *name)
{
	static char paths[8][128];
	static unsigned i;
	char *p = paths[i++ % 8];

	snprintf(p, sizeof paths[0], "%s/%s", w->dir, name);
	return p;
}

static int
create(const struct world *w, const char *name)
{
	int fd = open(in(w, name), O_WRONLY | O_CREAT | O_APPEND, 0644);

	assert_true(fd >= 0);
	return fd;
}

static void
put(int fd, const char *bytes, size_t n)
{
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
}

static void
write_lines(struct world *w, int fd, int n)
{
	char line[128];

	while (n-- > 0) {
		int len =
		    snprintf(line, sizeof line, "%07d {\"ts\":1772323200.%03d,\"model\":\"fraud\",\"latency_ms\":%d}\n",
			     w->next, w->next % 1000, w->next % 77);
		w->next++;
		put(fd, line, (size_t)len);
	}
}

static void
append(struct world *w, const char *name, int n)
{
	int fd = create(w, name);

	write_lines(w, fd, n);
	close(fd);
}

static void
move(const struct world *w, const char *from, const char *to)
{
	assert_int_equal(rename(in(w, from), in(w, to)), 0);
}

/* As cp does it: an existing file is overwritten. */
static void
copy_file(const struct world *w, const char *from, const char *to)
{
	int in_fd = open(in(w, from), O_RDONLY), out_fd = open(in(w, to), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	char block[65536];
	ssize_t n;

	assert_true(in_fd >= 0 && out_fd >= 0);
	while ((n = read(in_fd, block, sizeof block)) > 0)
		put(out_fd, block, (size_t)n);
	close(in_fd);
	close(out_fd);
}

static void
assert_exactly_once(const struct world *w)
{
	int lost = 0, repeated = 0, first = -1;

	for (int i = 0; i < w->next; i++) {
		lost += w->stored[i] == 0;
		repeated += w->stored[i] > 1;
		if (w->stored[i] != 1 && first < 0)
			first = i;
	}
	if (lost != 0 || repeated != 0)
		fail_msg("%d lines lost, %d repeated of %d, first %d; events: %s", lost, repeated, w->next, first,
			 w->events);
}

#define FINISH(w)                                                                                                      \
	do {                                                                                                           \
		settle(w);                                                                                             \
		assert_exactly_once(w);                                                                                \
		assert_int_equal((w)->junk, 0);                                                                        \
		world_close(w);                                                                                        \
	} while (0)

/* ---- plain following ---- */

static void
tail__hands_out_only_whole_lines(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");

	(void)state;
	put(fd, "0000000 half", 12);
	poll_all(w);
	assert_int_equal(w->stored[0], 0);
	put(fd, " and whole\n0000001 x", 20);
	poll_all(w);
	assert_int_equal(w->stored[0], 1);
	assert_int_equal(w->stored[1], 0);
	put(fd, "\n", 1);
	poll_all(w);
	assert_int_equal(w->stored[1], 1);
	assert_int_equal(w->junk, 0);
	assert_int_equal(w->new_files, 1);
	close(fd);
	world_close(w);
}

static void
tail__keeps_to_max_bytes_and_goes_on(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	append(w, "p.jsonl", 20000);
	int64_t n = poll_some(w, 1000);
	assert_true(n > 0 && n < 600000);
	FINISH(w);
}

static void
tail__reads_a_directory_that_does_not_exist_yet(void **state)
{
	struct world *w = world_open("later/p*.jsonl");

	(void)state;
	poll_all(w);
	assert_int_equal(mkdir(in(w, "later"), 0755), 0);
	append(w, "later/p1.jsonl", 10);
	append(w, "later/p2.jsonl", 10);
	FINISH(w);
}

static void
tail__from_the_end_only_what_was_there_at_the_first_start(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");

	(void)state;
	tail_close(w->t);
	w->spec.from_end = true;
	put(fd, "old line\nold half", 17);
	start_agent(w);
	poll_all(w);
	put(fd, " rest of it\n", 12);
	write_lines(w, fd, 10);
	close(fd);
	poll_all(w);
	move(w, "p.jsonl", "p.jsonl.1");
	append(w, "p.jsonl", 10); /* a new file is read from its beginning */
	poll_all(w);
	kill_agent(w);
	move(w, "p.jsonl", "p.jsonl.2");
	append(w, "p.jsonl", 10);
	start_agent(w);
	FINISH(w);
}

static void
tail__one_inode_under_two_names_is_read_once(void **state)
{
	struct world *w = world_open("p*.jsonl");

	(void)state;
	append(w, "p1.jsonl", 10);
	assert_int_equal(link(in(w, "p1.jsonl"), in(w, "p2.jsonl")), 0);
	assert_int_equal(symlink(in(w, "p1.jsonl"), in(w, "p3.jsonl")), 0);
	poll_all(w);
	append(w, "p2.jsonl", 10);
	FINISH(w);
}

static void
tail__follows_a_symbolic_link_that_is_moved_on(void **state)
{
	struct world *w = world_open("current");

	(void)state;
	append(w, "day1", 10);
	assert_int_equal(symlink("day1", in(w, "current")), 0);
	poll_all(w);
	append(w, "day1", 10);
	assert_int_equal(unlink(in(w, "current")), 0);
	append(w, "day2", 10);
	assert_int_equal(symlink("day2", in(w, "current")), 0);
	FINISH(w);
}

static void
tail__what_may_not_be_read_is_shown_and_tried_again(void **state)
{
	struct world *w = world_open("p.jsonl");
	struct tail_status *st;

	(void)state;
	if (geteuid() == 0) { /* root may read everything: a directory in the place of the log will do */
		assert_int_equal(mkdir(in(w, "p.jsonl"), 0755), 0);
	} else {
		append(w, "p.jsonl", 10);
		chmod(in(w, "p.jsonl"), 0);
	}
	poll_all(w);
	assert_int_equal(tail_status(w->t, &st), 1);
	assert_non_null(st[0].error);
	free(st);
	if (geteuid() == 0) {
		assert_int_equal(rmdir(in(w, "p.jsonl")), 0);
		append(w, "p.jsonl", 10);
	} else {
		chmod(in(w, "p.jsonl"), 0644);
	}
	FINISH(w);
}

static void
tail__status_shows_lag_and_totals(void **state)
{
	struct world *w = world_open("p.jsonl");
	struct tail_status *st;

	(void)state;
	append(w, "p.jsonl", 10);
	poll_all(w);
	append(w, "p.jsonl", 5000);
	poll_some(w, 1);
	assert_int_equal(tail_status(w->t, &st), 1);
	assert_true(st[0].open);
	assert_true(st[0].lag_bytes > 0);
	assert_int_equal(st[0].size, st[0].offset + st[0].lag_bytes);
	assert_true(st[0].lines > 10 && st[0].lines < 5010);
	free(st);
	FINISH(w);
}

/* ---- restarts ---- */

static void
tail__kill_at_any_moment_and_restart(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	for (int i = 0; i < 50; i++) {
		append(w, "p.jsonl", 400 + i * 7);
		poll_some(w, (size_t)(i * 997));
		if (i % 3 == 0)
			commit(w);
		append(w, "p.jsonl", 30);
		poll_some(w, 5000);
		kill_agent(w);
		append(w, "p.jsonl", 3);
		start_agent(w);
	}
	FINISH(w);
}

static void
tail__kill_in_a_half_line(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");

	(void)state;
	write_lines(w, fd, 5);
	put(fd, "0000005 ha", 10);
	poll_all(w);
	kill_agent(w);
	put(fd, "lf\n", 3);
	w->next = 6;
	close(fd);
	start_agent(w);
	FINISH(w);
}

static void
tail__commit_that_fails_is_read_again(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	append(w, "p.jsonl", 3000);
	poll_all(w);
	for (int i = 0; i < 5; i++) { /* the disk is full */
		append(w, "p.jsonl", 3000);
		if (i == 2) {
			move(w, "p.jsonl", "p.jsonl.1");
			append(w, "p.jsonl", 200);
		}
		while (poll_some(w, 1 << 20) > 0)
			;
		wait_ms(w, 20000);
		poll_some(w, 1 << 20);
		forget_pending(w);
		tail_rewind(w->t);
		if (i == 3)
			assert_int_equal(unlink(in(w, "p.jsonl.1")), 0); /* its descriptor is all that is left */
	}
	FINISH(w);
}

/* ---- rotation by rename ---- */

static void
tail__rename_with_a_writer_that_goes_on(void **state)
{
	struct world *w = world_open("p.jsonl");
	int old = create(w, "p.jsonl");

	(void)state;
	write_lines(w, old, 10);
	poll_all(w);
	move(w, "p.jsonl", "p.jsonl.1");
	append(w, "p.jsonl", 10);
	for (int i = 0; i < 5; i++) {
		write_lines(w, old, 3);
		poll_all(w);
		wait_ms(w, 100);
	}
	write_lines(w, old, 3);
	wait_ms(w, 4000);
	poll_all(w);
	wait_ms(w, 4000);
	write_lines(w, old, 3);
	settle(w);              /* finished and closed by now */
	write_lines(w, old, 3); /* a very late writer: the closed file is looked at again */
	close(old);
	FINISH(w);
}

static void
tail__rename_many_times_with_looks_in_between(void **state)
{
	struct world *w = world_open("p.jsonl");
	char name[32];

	(void)state;
	poll_all(w);
	append(w, "p.jsonl", 1);
	poll_all(w);
	for (int i = 0; i < 40; i++) {
		append(w, "p.jsonl", 50);
		if (i % 2)
			poll_all(w);
		snprintf(name, sizeof name, "p.jsonl.%d", i + 1);
		move(w, "p.jsonl", name);
		append(w, "p.jsonl", 1);
		if (i % 3 == 0)
			poll_some(w, 2000);
		else
			tail_notice(w->t);
		wait_ms(w, 100);
	}
	FINISH(w);
}

static void
tail__rotated_files_that_match_the_glob_are_not_read_again(void **state)
{
	struct world *w = world_open("p*.jsonl");

	(void)state;
	for (int i = 9; i > 0; i--) {
		char name[32];
		append(w, "p.jsonl", 20);
		poll_all(w);
		snprintf(name, sizeof name, "p-%d.jsonl", i);
		move(w, "p.jsonl", name);
		if (i % 4 == 0) {
			kill_agent(w);
			start_agent(w);
		}
	}
	FINISH(w);
}

static void
tail__renamed_while_stopped(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	append(w, "p.jsonl", 100);
	poll_all(w);
	append(w, "p.jsonl", 50);
	kill_agent(w);
	move(w, "p.jsonl", "p.jsonl-20260301");
	append(w, "p.jsonl", 30);
	start_agent(w);
	FINISH(w);
}

static void
tail__renamed_while_stopped_to_another_kind_of_name(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	append(w, "p.jsonl", 100);
	poll_all(w);
	append(w, "p.jsonl", 50);
	kill_agent(w);
	move(w, "p.jsonl", "archive.of.yesterday");
	start_agent(w);
	poll_all(w);
	append(w, "p.jsonl", 30);
	FINISH(w);
}

static void
tail__renamed_twice_while_killed(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	append(w, "p.jsonl.2", 0);
	append(w, "p.jsonl", 100);
	poll_all(w);
	append(w, "p.jsonl", 50);
	kill_agent(w);
	move(w, "p.jsonl", "p.jsonl.1");
	append(w, "p.jsonl", 40); /* a generation that nobody has ever seen */
	move(w, "p.jsonl.1", "p.jsonl.2");
	move(w, "p.jsonl", "p.jsonl.1");
	append(w, "p.jsonl", 30);
	start_agent(w);
	settle(w);
	kill_agent(w);
	start_agent(w);
	FINISH(w);
}

static void
tail__old_generations_are_not_read_at_a_first_start(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl.1");
	struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};

	(void)state;
	put(fd, "not ours\n", 9);
	futimens(fd, old);
	close(fd);
	append(w, "p.jsonl", 10);
	poll_all(w);
	move(w, "p.jsonl.1", "p.jsonl.2");
	move(w, "p.jsonl", "p.jsonl.1");
	append(w, "p.jsonl", 10);
	FINISH(w);
}

static void
tail__stopped_across_two_renames(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	append(w, "p.jsonl", 10);
	poll_all(w);
	append(w, "p.jsonl", 10);
	move(w, "p.jsonl", "p.jsonl.1");
	append(w, "p.jsonl", 10);
	append(w, "p-errors.jsonl", 0);
	move(w, "p.jsonl.1", "p.jsonl.2");
	move(w, "p.jsonl", "p.jsonl.1");
	append(w, "p.jsonl", 10); /* only now the process goes on */
	FINISH(w);
}

static void
tail__noticed_files_survive_deletion(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	append(w, "p.jsonl", 10);
	poll_all(w);
	for (int i = 0; i < 5; i++) {
		append(w, "p.jsonl", 10);
		assert_int_equal(unlink(in(w, "p.jsonl")), 0);
		append(w, "p.jsonl", 10);
		tail_notice(w->t);
		tail_notice(w->t);
	}
	assert_int_equal(unlink(in(w, "p.jsonl")), 0);
	poll_all(w);
	append(w, "p.jsonl", 10);
	FINISH(w);
}

static void
tail__half_last_line_of_a_rotated_file_is_handed_out_when_it_is_finished(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");

	(void)state;
	write_lines(w, fd, 3);
	put(fd, "0000003 no newline", 18);
	poll_all(w);
	move(w, "p.jsonl", "p.jsonl.1");
	poll_all(w);
	wait_ms(w, 20000);
	poll_all(w);
	assert_int_equal(w->stored[3], 0); /* no successor: the writer may well go on */
	put(fd, " yet", 4);
	poll_all(w);
	w->next = 4;
	append(w, "p.jsonl", 3);
	poll_all(w);
	assert_int_equal(w->stored[3], 0);
	close(fd);
	settle(w);
	assert_int_equal(w->stored[3], 1);
	kill_agent(w);
	start_agent(w);
	FINISH(w);
}

static void
tail__closes_finished_files(void **state)
{
	struct world *w = world_open("p.jsonl");
	struct tail_status *st;

	(void)state;
	for (int i = 1; i < 6; i++) {
		char name[32];
		append(w, "p.jsonl", 10);
		poll_all(w);
		snprintf(name, sizeof name, "p.jsonl.%d", i);
		move(w, "p.jsonl", name);
	}
	append(w, "p.jsonl", 10);
	settle(w);
	/* the five rotated ones are still known, by the names that they have now, and closed */
	assert_int_equal(tail_status(w->t, &st), 6);
	for (int i = 0; i < 5; i++) {
		char name[32];
		snprintf(name, sizeof name, "p.jsonl.%d", i + 1);
		assert_string_equal(st[i].path, in(w, name));
		assert_true(st[i].rotated && !st[i].open && !st[i].deleted);
	}
	assert_true(st[5].open && !st[5].rotated);
	free(st);
	wait_ms(w, 3600000);
	poll_all(w);
	assert_int_equal(tail_status(w->t, &st), 1);
	free(st);
	FINISH(w);
}

/* What happened since the last call. */
static const char *
told(struct world *w)
{
	static char texts[sizeof w->texts];

	poll_all(w);
	strcpy(texts, w->texts);
	w->texts[0] = '\0';
	return texts;
}

static void
tail__says_what_happened_to_a_file(void **state)
{
	struct world *w = world_open("p*.jsonl");
	struct tail_status *st;

	(void)state;
	append(w, "p.jsonl", 10);
	assert_string_equal(told(w), "log appeared: p.jsonl, 610 B|");
	append(w, "p.jsonl", 1);
	assert_string_equal(told(w), "");
	/* a rotation is one event, and the next file no other */
	move(w, "p.jsonl", "old.1");
	append(w, "p.jsonl", 1);
	assert_string_equal(told(w), "log rotated: p.jsonl, nothing lost|");
	tail_status(w->t, &st);
	assert_string_equal(st[0].path, in(w, "old.1"));
	assert_true(st[0].open && st[0].rotated);
	free(st);
	settle(w);
	/* to another name that is followed, too */
	move(w, "p.jsonl", "p-1.jsonl");
	append(w, "p.jsonl", 20);
	assert_string_equal(told(w), "log rotated: p.jsonl, nothing lost|");
	/* the next rotation is one event again, although the old one moves on as well */
	settle(w);
	move(w, "p-1.jsonl", "p-2.jsonl");
	move(w, "p.jsonl", "p-1.jsonl");
	append(w, "p.jsonl", 20);
	assert_string_equal(told(w), "log rotated: p.jsonl, nothing lost|");
	/* copytruncate: all of it was read */
	copy_file(w, "p.jsonl", "old.2");
	assert_int_equal(truncate(in(w, "p.jsonl"), 0), 0);
	assert_string_equal(told(w), "log truncated: p.jsonl, read from its start|");
	unlink(in(w, "p.jsonl"));
	assert_string_equal(told(w), "log gone: p.jsonl, deleted and read to its end|");
	/* much later something stands there again */
	wait_ms(w, 120000);
	told(w);
	append(w, "p.jsonl", 1);
	assert_string_equal(told(w), "log appeared: p.jsonl, 62 B|");
	FINISH(w);
}

static void
tail__says_what_cannot_be_read_any_more(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	append(w, "p.jsonl", 5000);
	poll_some(w, 256 * 1024); /* of 305,000 bytes */
	commit(w);
	w->texts[0] = '\0';
	assert_int_equal(truncate(in(w, "p.jsonl"), 0), 0);
	assert_non_null(strstr(told(w), "log lost: p.jsonl was truncated before its last 4"));
	world_close(w);
}

static void
tail__a_reload_loses_nothing_that_was_deleted(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	append(w, "p.jsonl", 100);
	poll_all(w);
	for (int i = 0; i < 4; i++) {
		int fd = create(w, "p.jsonl");
		append(w, "p.jsonl", 10);
		if (i != 1)
			poll_some(w, 1);
		else
			tail_notice(w->t);
		commit(w);
		unlink(in(w, "p.jsonl"));
		write_lines(w, fd, 10); /* can be reached only through the descriptor */
		append(w, "p.jsonl", 10);
		tail_notice(w->t);
		unlink(in(w, "p.jsonl"));
		struct tail *old = w->t;
		start_agent(w);
		tail_inherit(w->t, old);
		tail_close(old);
		write_lines(w, fd, 10);
		close(fd);
		poll_all(w);
	}
	FINISH(w);
}

/* More than there may be descriptors: those that have nothing more to give are not held open. */
static void
tail__many_rotated_files_over_a_restart(void **state)
{
	struct world *w = world_open("p.jsonl");
	struct tail_status *st;
	char name[32];
	size_t open_files = 0, n;

	(void)state;
	for (int i = 0; i < 300; i++) {
		append(w, "p.jsonl", 1);
		poll_all(w);
		snprintf(name, sizeof name, "p.jsonl.%d", i);
		move(w, "p.jsonl", name);
		wait_ms(w, 100);
	}
	append(w, "p.jsonl", 1);
	poll_all(w);
	kill_agent(w);
	append(w, "p.jsonl.77", 1); /* a late writer */
	start_agent(w);
	poll_all(w);
	n = tail_status(w->t, &st);
	for (size_t i = 0; i < n; i++)
		open_files += st[i].open;
	free(st);
	assert_true(open_files <= 2);
	append(w, "p.jsonl.78", 1); /* and one that comes when its file is closed */
	FINISH(w);
}

/* ---- truncation ---- */

static void
tail__copytruncate(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");

	(void)state;
	for (int i = 0; i < 6; i++) {
		write_lines(w, fd, 100);
		poll_all(w);
		write_lines(w, fd, i * 20); /* not read before the copy is made */
		copy_file(w, "p.jsonl", "p.jsonl.1");
		assert_int_equal(ftruncate(fd, 0), 0);
		if (i % 2 == 0)
			poll_all(w);
		write_lines(w, fd, i == 3 ? 300 : 10); /* 300: grown past the old size between two looks */
		poll_all(w);
		wait_ms(w, 60000);
		poll_all(w);
	}
	close(fd);
	FINISH(w);
}

static void
tail__copytruncate_whose_copy_matches_the_glob(void **state)
{
	struct world *w = world_open("p*");
	int fd = create(w, "p.jsonl");

	(void)state;
	for (int i = 1; i < 5; i++) {
		char name[32];
		write_lines(w, fd, 100);
		poll_all(w);
		snprintf(name, sizeof name, "p.jsonl.%d", i);
		write_lines(w, fd, 7);
		if (i == 2)
			poll_all(w);
		copy_file(w, "p.jsonl", name);
		if (i >= 2)
			poll_all(w); /* sees the copy while the log still stands */
		assert_int_equal(ftruncate(fd, 0), 0);
		write_lines(w, fd, 10);
		poll_all(w);
		if (i == 3) {
			kill_agent(w);
			start_agent(w);
		}
	}
	close(fd);
	FINISH(w);
}

static void
tail__copytruncate_while_stopped(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");

	(void)state;
	write_lines(w, fd, 100);
	poll_all(w);
	kill_agent(w);
	write_lines(w, fd, 50);
	copy_file(w, "p.jsonl", "p.jsonl.1");
	assert_int_equal(ftruncate(fd, 0), 0);
	write_lines(w, fd, 400); /* longer than it was */
	close(fd);
	start_agent(w);
	FINISH(w);
}

static void
tail__copytruncate_twice_while_stopped(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");

	(void)state;
	write_lines(w, fd, 100);
	poll_all(w);
	kill_agent(w);
	for (int i = 0; i < 3; i++) { /* two of the three copies hold lines that nobody has ever seen */
		write_lines(w, fd, 50 + i);
		copy_file(w, "p.jsonl", i == 0 ? "p.jsonl.3" : i == 1 ? "p.jsonl.2" : "p.jsonl.1");
		assert_int_equal(ftruncate(fd, 0), 0);
	}
	write_lines(w, fd, 20);
	close(fd);
	start_agent(w);
	poll_some(w, 2000);
	commit(w);
	kill_agent(w);
	start_agent(w);
	FINISH(w);
}

static void
tail__copytruncate_and_then_the_log_is_gone(void **state)
{
	(void)state;
	for (int gone = 0; gone < 2; gone++) {
		struct world *w = world_open("p.jsonl");
		int fd = create(w, "p.jsonl");
		write_lines(w, fd, 100);
		poll_all(w);
		kill_agent(w);
		write_lines(w, fd, 50);
		copy_file(w, "p.jsonl", "p.jsonl.1");
		assert_int_equal(ftruncate(fd, 0), 0);
		close(fd);
		if (gone)
			unlink(in(w, "p.jsonl"));
		else
			move(w, "p.jsonl", "p.jsonl.2");
		append(w, "p.jsonl", 10);
		start_agent(w);
		FINISH(w);
	}
}

static void
tail__truncated_and_regrown_while_stopped(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");

	(void)state;
	write_lines(w, fd, 100);
	poll_all(w);
	kill_agent(w);
	assert_int_equal(ftruncate(fd, 0), 0);
	write_lines(w, fd, 500);
	start_agent(w);
	poll_all(w);
	kill_agent(w);
	assert_int_equal(ftruncate(fd, 0), 0);
	write_lines(w, fd, 5);
	close(fd);
	start_agent(w);
	FINISH(w);
}

static void
tail__truncated_with_the_same_first_bytes(void **state)
{
	struct world *w = world_open("p.csv");
	char header[600];
	int fd = create(w, "p.csv");

	(void)state;
	memset(header, 'h', sizeof header);
	header[sizeof header - 1] = '\n';
	put(fd, header, sizeof header);
	write_lines(w, fd, 100);
	poll_all(w);
	assert_int_equal(w->junk, 1);
	assert_int_equal(ftruncate(fd, 0), 0);
	put(fd, header, sizeof header);
	write_lines(w, fd, 200);
	poll_all(w);
	assert_int_equal(w->junk, 2);
	move(w, "p.csv", "p.csv.1");
	close(fd);
	fd = create(w, "p.csv");
	put(fd, header, sizeof header);
	write_lines(w, fd, 20);
	close(fd);
	settle(w);
	assert_int_equal(w->junk, 3);
	assert_exactly_once(w);
	world_close(w);
}

static void
tail__truncated_under_a_writer_that_does_not_append(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = open(in(w, "p.jsonl"), O_WRONLY | O_CREAT, 0644);

	(void)state;
	write_lines(w, fd, 1000);
	poll_all(w);
	assert_int_equal(ftruncate(fd, 0), 0);
	write_lines(w, fd, 10); /* at its old offset: a hole before it */
	poll_all(w);
	write_lines(w, fd, 10);
	close(fd);
	FINISH(w);
}

static void
tail__rewind_after_a_truncation(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");

	(void)state;
	write_lines(w, fd, 100);
	poll_all(w);
	write_lines(w, fd, 100);
	poll_some(w, 1 << 20); /* read, not committed */
	write_lines(w, fd, 100);
	copy_file(w, "p.jsonl", "p.jsonl.1");
	assert_int_equal(ftruncate(fd, 0), 0);
	write_lines(w, fd, 30);
	poll_some(w, 1 << 20);
	forget_pending(w);
	tail_rewind(w->t);
	write_lines(w, fd, 30);
	close(fd);
	FINISH(w);
}

/* ---- identity ---- */

static void
tail__short_file_that_grows_keeps_its_identity(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	for (int i = 0; i < 12; i++) {
		append(w, "p.jsonl", 1);
		poll_all(w);
		kill_agent(w);
		start_agent(w);
	}
	assert_int_equal(w->n_saved, 1);
	assert_int_equal(w->saved[0].fingerprint_len, TAIL_FINGERPRINT);
	FINISH(w);
}

static void
tail__reused_inode_is_a_new_file(void **state)
{
	struct world *w = world_open("p.jsonl");
	struct stat a, b;

	(void)state;
	append(w, "p.jsonl", 20);
	poll_all(w);
	for (int i = 0; i < 3; i++) {
		kill_agent(w);
		stat(in(w, "p.jsonl"), &a);
		unlink(in(w, "p.jsonl"));
		append(w, "p.jsonl", 30 * (i + 1));
		stat(in(w, "p.jsonl"), &b);
		w->saved[0].inode = b.st_ino; /* where the file system does not use it again, pretend */
		start_agent(w);
		settle(w);
	}
	FINISH(w);
}

static void
tail__deleted_while_stopped_and_created_again(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	append(w, "p.jsonl", 20);
	poll_all(w);
	kill_agent(w);
	unlink(in(w, "p.jsonl"));
	start_agent(w);
	poll_all(w);
	append(w, "p.jsonl", 25);
	FINISH(w);
}

static void
tail__same_content_again_in_a_new_file_counts(void **state)
{
	struct world *w = world_open("p.jsonl");

	(void)state;
	append(w, "p.jsonl", 20);
	poll_all(w);
	move(w, "p.jsonl", "p.jsonl.1");
	w->next = 0;
	append(w, "p.jsonl", 20); /* a generator with a fixed seed, started again */
	settle(w);
	for (int i = 0; i < 20; i++)
		assert_int_equal(w->stored[i], 2);
	world_close(w);
}

/* ---- long lines and junk ---- */

static void
put_many(int fd, char c, size_t n)
{
	char *p = malloc(n);

	memset(p, c, n);
	put(fd, p, n);
	free(p);
}

static void
tail__skips_lines_over_the_limit(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");

	(void)state;
	write_lines(w, fd, 10);
	put_many(fd, 'x', 10 * 1000 * 1000);
	put(fd, "\n", 1);
	write_lines(w, fd, 10);
	put_many(fd, 'y', 1000 * 1000); /* within the limit: 1 MiB */
	put(fd, "\n", 1);
	write_lines(w, fd, 10);
	close(fd);
	settle(w);
	assert_int_equal(w->too_long, 1);
	assert_int_equal(w->junk, 1);
	assert_exactly_once(w);
	world_close(w);
}

static void
tail__skips_a_long_line_over_polls_and_restarts(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");

	(void)state;
	write_lines(w, fd, 3);
	for (int i = 0; i < 10; i++) {
		put_many(fd, 'x', 1000 * 1000);
		poll_all(w);
		if (i % 3 == 0) {
			put_many(fd, 'x', 1000);
			poll_some(w, 1 << 20);
			kill_agent(w);
			start_agent(w);
		}
		if (i % 3 == 1) {
			put_many(fd, 'x', 1000);
			poll_some(w, 1 << 20);
			forget_pending(w);
			tail_rewind(w->t);
		}
	}
	assert_int_equal(w->too_long, 1);
	put(fd, "\n", 1);
	write_lines(w, fd, 3);
	close(fd);
	settle(w);
	assert_int_equal(w->too_long, 1);
	assert_int_equal(w->junk, 0);
	assert_exactly_once(w);
	world_close(w);
}

static void
tail__a_line_of_exactly_the_limit_is_a_line(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");

	(void)state;
	tail_close(w->t);
	w->spec.line_bytes = 100;
	start_agent(w);
	for (int n = 95; n < 106; n++) {
		put_many(fd, 'x', (size_t)n);
		put(fd, "\n", 1);
		if (n % 2)
			poll_all(w);
		write_lines(w, fd, 2);
	}
	settle(w);
	assert_int_equal(w->junk, 6); /* 95 to 100 */
	assert_int_equal(w->too_long, 5);
	assert_exactly_once(w);
	close(fd);
	world_close(w);
}

static void
tail__passes_nul_and_binary_junk_through(void **state)
{
	struct world *w = world_open("p.jsonl");
	int fd = create(w, "p.jsonl");
	char junk[512];

	(void)state;
	put(fd, "\0\0\0\n", 4);
	write_lines(w, fd, 10);
	for (size_t i = 0; i < sizeof junk; i++)
		junk[i] = (char)(i * 151 + 128);
	for (size_t i = 0; i < sizeof junk; i++)
		if (junk[i] == '\n')
			junk[i] = '\r';
	junk[0] = 'j';
	junk[sizeof junk - 1] = '\n';
	put(fd, junk, sizeof junk);
	write_lines(w, fd, 10);
	close(fd);
	settle(w);
	assert_int_equal(w->junk, 2);
	assert_exactly_once(w);
	world_close(w);
}

/* ---- everything at once, with a fixed seed ---- */

static unsigned
dice(unsigned *seed, unsigned n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % n;
}

static void
tail__any_order_of_faults(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++) {
		struct world *w = world_open("p.jsonl");
		unsigned s = seed;
		int fd = create(w, "p.jsonl"), old = -1, generation = 0;
		char name[32];

		poll_all(w);
		for (int step = 0; step < 120; step++) {
			switch (dice(&s, 9)) {
			case 0:
			case 1:
				write_lines(w, fd, (int)dice(&s, 60));
				break;
			case 2:
				poll_some(w, dice(&s, 9000));
				break;
			case 3:
				poll_some(w, 1 << 20);
				commit(w);
				break;
			case 4: /* renamed; the writer holds on to the old file for a while */
				if (old >= 0)
					close(old);
				old = fd;
				snprintf(name, sizeof name, "p.jsonl.%d", ++generation);
				move(w, "p.jsonl", name);
				fd = create(w, "p.jsonl");
				write_lines(w, fd, 1);
				break;
			case 5:
				if (old >= 0)
					write_lines(w, old, 2);
				break;
			case 6:
				forget_pending(w);
				tail_rewind(w->t);
				break;
			case 7:
				kill_agent(w);
				start_agent(w);
				if (w->n_saved == 0)
					poll_all(w); /* it cannot know of what was there before its first commit */
				break;
			case 8: /* copied and truncated */
				snprintf(name, sizeof name, "p.jsonl.%d", ++generation);
				copy_file(w, "p.jsonl", name);
				assert_int_equal(ftruncate(fd, 0), 0);
				write_lines(w, fd, (int)dice(&s, 90));
				break;
			}
			w->now = clock_now();
			if (w->n_saved > 50)
				break;
		}
		close(fd);
		if (old >= 0)
			close(old);
		settle(w);
		assert_exactly_once(w);
		world_close(w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tail__hands_out_only_whole_lines),
	    cmocka_unit_test(tail__keeps_to_max_bytes_and_goes_on),
	    cmocka_unit_test(tail__reads_a_directory_that_does_not_exist_yet),
	    cmocka_unit_test(tail__from_the_end_only_what_was_there_at_the_first_start),
	    cmocka_unit_test(tail__one_inode_under_two_names_is_read_once),
	    cmocka_unit_test(tail__follows_a_symbolic_link_that_is_moved_on),
	    cmocka_unit_test(tail__what_may_not_be_read_is_shown_and_tried_again),
	    cmocka_unit_test(tail__status_shows_lag_and_totals),
	    cmocka_unit_test(tail__kill_at_any_moment_and_restart),
	    cmocka_unit_test(tail__kill_in_a_half_line),
	    cmocka_unit_test(tail__commit_that_fails_is_read_again),
	    cmocka_unit_test(tail__rename_with_a_writer_that_goes_on),
	    cmocka_unit_test(tail__rename_many_times_with_looks_in_between),
	    cmocka_unit_test(tail__rotated_files_that_match_the_glob_are_not_read_again),
	    cmocka_unit_test(tail__renamed_while_stopped),
	    cmocka_unit_test(tail__renamed_while_stopped_to_another_kind_of_name),
	    cmocka_unit_test(tail__renamed_twice_while_killed),
	    cmocka_unit_test(tail__old_generations_are_not_read_at_a_first_start),
	    cmocka_unit_test(tail__stopped_across_two_renames),
	    cmocka_unit_test(tail__noticed_files_survive_deletion),
	    cmocka_unit_test(tail__half_last_line_of_a_rotated_file_is_handed_out_when_it_is_finished),
	    cmocka_unit_test(tail__closes_finished_files),
	    cmocka_unit_test(tail__says_what_happened_to_a_file),
	    cmocka_unit_test(tail__says_what_cannot_be_read_any_more),
	    cmocka_unit_test(tail__a_reload_loses_nothing_that_was_deleted),
	    cmocka_unit_test(tail__many_rotated_files_over_a_restart),
	    cmocka_unit_test(tail__copytruncate),
	    cmocka_unit_test(tail__copytruncate_whose_copy_matches_the_glob),
	    cmocka_unit_test(tail__copytruncate_while_stopped),
	    cmocka_unit_test(tail__copytruncate_twice_while_stopped),
	    cmocka_unit_test(tail__copytruncate_and_then_the_log_is_gone),
	    cmocka_unit_test(tail__truncated_and_regrown_while_stopped),
	    cmocka_unit_test(tail__truncated_with_the_same_first_bytes),
	    cmocka_unit_test(tail__truncated_under_a_writer_that_does_not_append),
	    cmocka_unit_test(tail__rewind_after_a_truncation),
	    cmocka_unit_test(tail__short_file_that_grows_keeps_its_identity),
	    cmocka_unit_test(tail__reused_inode_is_a_new_file),
	    cmocka_unit_test(tail__deleted_while_stopped_and_created_again),
	    cmocka_unit_test(tail__same_content_again_in_a_new_file_counts),
	    cmocka_unit_test(tail__skips_lines_over_the_limit),
	    cmocka_unit_test(tail__skips_a_long_line_over_polls_and_restarts),
	    cmocka_unit_test(tail__a_line_of_exactly_the_limit_is_a_line),
	    cmocka_unit_test(tail__passes_nul_and_binary_junk_through),
	    cmocka_unit_test(tail__any_order_of_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
