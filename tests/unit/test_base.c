/* test_base.c -- memory, strings, hashes, suggestions, files, UTF-8. XXH64 values are those of its specification and reference tests. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/hash.h"
#include "mlwatch/log.h"
#include "mlwatch/secret.h"
#include "mlwatch/suggest.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
buf__grows_and_stays_terminated(void **state)
{
	struct buf b = BUF_INIT;
	char *p;
	int i;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	for (i = 0; i < 10000; i++)
		buf_addf(&b, "%d,", i);
	assert_int_equal(b.len, 48890);
	assert_int_equal(strlen(b.p), b.len);
	buf_reset(&b);
	assert_string_equal(b.p, "");
	buf_addf(&b, "%s", "a text that is longer than the sixty-four bytes which a buffer gets when it is first used");
	assert_int_equal(b.len, 89);
	p = buf_steal(&b);
	assert_null(b.p);
	free(p);
	p = buf_steal(&b);
	assert_string_equal(p, "");
	free(p);
}

static void
arena__keeps_allocations_apart(void **state)
{
	struct arena *a = arena_open();
	char *p[2000];
	size_t i, round;

	(void)state;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < COUNT(p); i++) {
			p[i] = arena_alloc(a, i * 7);
			assert_int_equal((uintptr_t)p[i] % 16, 0);
			memset(p[i], (int)(i & 0xff), i * 7);
		}
		for (i = 0; i < COUNT(p); i++)
			assert_true(i == 0 || ((unsigned char)p[i][0] == (i & 0xff) &&
					       (unsigned char)p[i][i * 7 - 1] == (i & 0xff)));
		assert_true(arena_used(a) >= 2000 * 1999 / 2 * 7);
		arena_reset(a);
		assert_int_equal(arena_used(a), 0);
	}
	arena_close(a);
}

static void
arena__grows_the_newest_in_place(void **state)
{
	struct arena *a = arena_open();
	char *p = arena_alloc(a, 16), *q, *r;

	(void)state;
	memcpy(p, "abcdefgh", 9);
	q = arena_realloc(a, p, 16, 64);
	assert_ptr_equal(p, q);
	arena_alloc(a, 1);
	r = arena_realloc(a, q, 64, 1000000);
	assert_ptr_not_equal(q, r);
	assert_string_equal(r, "abcdefgh");
	assert_string_equal(arena_printf(a, "%0300d", 7) + 299, "7");
	assert_int_equal(((char *)arena_calloc(a, 10, 10))[99], 0);
	arena_close(a);
}

static void
hash__is_xxh64(void **state)
{
	static const struct {
		const char *text;
		uint64_t seed, hash;
	} cases[] = {
	    {"", 0, 0xEF46DB3751D8E999u},
	    {"a", 0, 0xD24EC4F1A98C6E5Bu},
	    {"abc", 0, 0x44BC2CF5AD770999u},
	    {"Nobody inspects the spammish repetition", 0, 0xFBCEA83C8A378BF1u},
	    {"xxhash", 20141025, 0xB559B98D844E0635u},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_true(hash_bytes(cases[i].text, strlen(cases[i].text), cases[i].seed) == cases[i].hash);
}

static void
strmap__keeps_the_order_of_insertion(void **state)
{
	struct strmap *m = strmap_open();
	const char *key;
	char name[32];
	void *value;
	size_t i, at = 0;
	int one = 1, two = 2;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "key%zu", i);
		strmap_set(m, name, i % 2 ? &one : &two);
	}
	for (i = 0; i < 1000; i += 3) {
		snprintf(name, sizeof(name), "key%zu", i);
		strmap_set(m, name, NULL);
	}
	assert_int_equal(strmap_len(m), 666);
	assert_null(strmap_get(m, "key3"));
	assert_ptr_equal(strmap_get(m, "key1"), &one);
	strmap_set(m, "key3", &two);
	assert_ptr_equal(strmap_get(m, "key3"), &two);
	for (i = 0; strmap_next(m, &at, &key, &value); i++)
		assert_non_null(value);
	assert_int_equal(i, 667);
	strmap_close(m);
}

static const char *
near(const char *word)
{
	static const char *const words[] = {"labels",
					    "alert",
					    "expr",
					    "for",
					    "annotations",
					    "record",
					    "histogram_quantile",
					    "rate",
					    "irate",
					    NULL,
					    "histogram_fraction"};

	return suggest(word, words, COUNT(words), sizeof(words[0]));
}

static void
suggest__offers_one_clear_winner(void **state)
{
	(void)state;
	assert_string_equal(near("lables"), "labels");
	assert_string_equal(near("histogram_quantil"), "histogram_quantile");
	assert_string_equal(near("anotation"), "annotations");
	assert_string_equal(near("exrp"), "expr");
	assert_string_equal(near("fro"), "for");
	assert_null(near("grate")); /* rate and irate are both one away */
	assert_null(near("xyz"));
	assert_null(near("exprxxx"));
	assert_null(near(""));
}

static void
utf8__tells_good_from_bad(void **state)
{
	static const char *const good[] = {
	    "", "abc", "é", "€", "\xf0\x9f\x98\x80", "aaaaaaaaaaaaaaaaaé", "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"\x80",
					  "\xc3",
					  "\xc0\x80",
					  "\xe0\x80\x80",
					  "\xed\xa0\x80",
					  "\xf0\x80\x80\x80",
					  "\xf4\x90\x80\x80",
					  "\xff",
					  "abcdefgh\xc3(",
					  "\xf0\x9f\x98"};
	struct buf b = BUF_INIT;
	uint32_t cp;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_true(utf8_valid(good[i], strlen(good[i])));
	for (i = 0; i < COUNT(bad); i++) {
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
		buf_reset(&b);
		utf8_repair(&b, bad[i], strlen(bad[i]));
		assert_true(utf8_valid(b.p, b.len));
	}
	assert_int_equal(utf8_decode("\xf0\x9f\x98\x80", 4, &cp), 4);
	assert_int_equal(cp, 0x1F600);
	buf_reset(&b);
	utf8_encode(&b, 0x20AC);
	assert_string_equal(b.p, "€");
	utf8_encode(&b, 0xD800);
	assert_string_equal(b.p, "€\xef\xbf\xbd");
	assert_int_equal(utf8_count("aé€", 6), 3);
	buf_release(&b);
}

static char *
temporary(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "/tmp/mlwatch-test-%d-%s", (int)getpid(), name);
	return path;
}

static void
file__reads_and_writes_whole(void **state)
{
	struct err e = ERR_INIT;
	char *text, *path = temporary("file");
	struct stat st;
	size_t n;

	(void)state;
	assert_int_equal(file_write_atomic(path, "ab\0c", 4, 0640, &e), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(file_read(path, 4, &text, &n, &e), 0);
	assert_int_equal(n, 4);
	assert_memory_equal(text, "ab\0c", 5);
	free(text);
	assert_int_equal(file_read(path, 3, &text, &n, &e), -1);
	assert_int_equal(e.kind, ERR_FILE);
	err_clear(&e);
	unlink(path);
	assert_int_equal(file_read(path, 3, &text, &n, &e), -1);
	assert_int_equal(e.kind, ERR_WORLD);
	err_clear(&e);
	assert_int_equal(file_write_atomic("/no/such/folder/x", "", 0, 0600, &e), -1);
	assert_int_equal(e.kind, ERR_WORLD);
}

/* A root's `-o /dev/null` once left a file there. */
static void
file__a_pipe_is_written_to_and_a_link_stays_one(void **state)
{
	struct err e = ERR_INIT;
	char *text, *pipe = strdup(temporary("pipe")), *file = strdup(temporary("target")), *link = temporary("link");
	struct stat st;
	char got[8];
	int fd;

	(void)state;
	assert_int_equal(mkfifo(pipe, 0600), 0);
	fd = open(pipe, O_RDONLY | O_NONBLOCK);
	assert_int_equal(file_write_atomic(pipe, "abc", 3, 0640, &e), 0);
	assert_int_equal(read(fd, got, sizeof got), 3);
	assert_int_equal(lstat(pipe, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	close(fd);
	assert_int_equal(file_write_atomic(file, "old", 3, 0640, &e), 0);
	assert_int_equal(symlink(file, link), 0);
	assert_int_equal(file_write_atomic(link, "new", 3, 0640, &e), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(file_read(file, 9, &text, NULL, &e), 0);
	assert_string_equal(text, "new");
	free(text);
	unlink(pipe);
	unlink(link);
	unlink(file);
	free(pipe);
	free(file);
}

static void
buf__base64_is_that_of_the_rfc(void **state)
{
	/* RFC 4648, section 10 */
	static const char *const cases[][2] = {{"", ""},
					       {"f", "Zg=="},
					       {"fo", "Zm8="},
					       {"foo", "Zm9v"},
					       {"foob", "Zm9vYg=="},
					       {"fooba", "Zm9vYmE="},
					       {"foobar", "Zm9vYmFy"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b = BUF_INIT;
		buf_base64(&b, cases[i][0], strlen(cases[i][0]));
		assert_string_equal(buf_str(&b), cases[i][1]);
		buf_release(&b);
	}
}

static void
secret__is_a_file_without_its_newline(void **state)
{
	struct err e = ERR_INIT;
	char *secret, *path = temporary("secret");

	(void)state;
	file_write_atomic(path, "s3cret \r\n", 9, 0600, &e);
	assert_int_equal(secret_read(path, &secret, &e), 0);
	assert_string_equal(secret, "s3cret");
	assert_int_equal(secret_look(path), SECRET_GOOD);
	secret_free(secret);
	chmod(path, 0644);
	assert_int_equal(secret_look(path), SECRET_OPEN);
	file_write_atomic(path, "a\0b", 3, 0600, &e);
	assert_int_equal(secret_read(path, &secret, &e), -1);
	err_clear(&e);
	char *large = calloc(1, 65537);
	memset(large, 'x', 65537);
	file_write_atomic(path, large, 65537, 0600, &e);
	assert_int_equal(secret_read(path, &secret, &e), -1);
	err_clear(&e);
	file_write_atomic(path, large, 65536, 0600, &e);
	assert_int_equal(secret_read(path, &secret, &e), 0);
	assert_int_equal(strlen(secret), 65536);
	secret_free(secret);
	free(large);
	unlink(path);
	assert_int_equal(secret_look(path), SECRET_MISSING);
	assert_int_equal(secret_read(path, &secret, &e), -1);
	assert_non_null(strstr(e.text, "cannot read the secret"));
}

static void
secret__is_a_variable(void **state)
{
	struct err e = ERR_INIT;
	char *secret;

	(void)state;
	setenv("MLWATCH_TEST_SECRET", "from env\n", 1);
	unsetenv("MLWATCH_TEST_UNSET");
	assert_string_equal(secret_variable("env:A"), "A");
	assert_null(secret_variable("/run/env:A"));
	secret = secret_beside("/etc/x/a.yml", "env:A");
	assert_string_equal(secret, "env:A");
	free(secret);
	assert_int_equal(secret_read("env:MLWATCH_TEST_SECRET", &secret, &e), 0);
	assert_string_equal(secret, "from env");
	secret_free(secret);
	assert_int_equal(secret_look("env:MLWATCH_TEST_SECRET"), SECRET_GOOD);
	assert_int_equal(secret_look("env:MLWATCH_TEST_UNSET"), SECRET_UNSET);
	assert_int_equal(secret_read("env:MLWATCH_TEST_UNSET", &secret, &e), -1);
	assert_string_equal(e.text, "the environment variable 'MLWATCH_TEST_UNSET' is not set");
}

static void
secret__is_covered_where_a_line_is_shown(void **state)
{
	static const char *const cases[][2] = {
	    {"  - routing_key: abc", "  - routing_key: ***"},
	    {"{api_key: 'a,b', nope: 1}", "{api_key: '***', nope: 1}"},
	    {"{a_token: x y, b: z}", "{a_token: ***, b: z}"},
	    {"{\"password\":\"p\",\"b\":1}", "{\"password\":\"*\",\"b\":1}"},
	    {"slack_api_url: https://h/x # why", "slack_api_url: *********** # why"},
	    {"password_file: p, url: http://h", "password_file: p, url: http://h"},
	    {"url: 'https://h:1/T/s?k=v', x: y", "url: 'https://h:1/*******', x: y"},
	    {"proxy_url: http://u:p@h", "proxy_url: http://***@h"},
	    {"record: job:api_key:rate5m", "record: job:api_key:rate5m"},
	};
	char line[64];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(line, sizeof line, "%s", cases[i][0]);
		secret_mask_line("", 1, line);
		assert_string_equal(line, cases[i][1]);
	}
}

/* Expected by hand, line by line. */
static void
secret__is_masked_over_several_lines(void **state)
{
	static const char *const lines[][2] = {
	    {"http_headers:", NULL},
	    {"  X-A:", NULL},
	    {"    secrets:", NULL},
	    {"    - abc", "    *****"},
	    {"", NULL},
	    {"    - d: e", "    ******"},
	    {"    values: [abc]", NULL},
	    {"  X-B: {secrets: [abc, \"d]\", e], values: [f]}", "  X-B: {secrets: **************, values: [f]}"},
	    {"  X-C: {secrets: [abc,", "  X-C: {secrets: *****"},
	    {"     d]}", "     ***"},
	    {"proxy_connect_header:", NULL},
	    {"  X-D: [abc]", "  **********"},
	    {"proxy_url: http://p:1", NULL},
	    {"password: | # long", "password: * # long"},
	    {"  abc", "  ***"},
	    {"url: x", NULL},
	    {"api_key: \"abc", "api_key: \"***"},
	    {"  def\"", "  ****"},
	    {"name: def", NULL},
	};
	struct secret_mask m = SECRET_MASK_INIT;
	char line[64];

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		snprintf(line, sizeof line, "%s", lines[i][0]);
		secret_mask_next(&m, line);
		assert_string_equal(line, lines[i][1] != NULL ? lines[i][1] : lines[i][0]);
	}
	snprintf(line, sizeof line, "- abc");
	secret_mask_line("a: b\nsecrets:\n- abc\nc: d", 3, line);
	assert_string_equal(line, "*****");
}

/* Expected by hand: the path as a whole, then its parts of more than eight characters. */
static void
secret__is_hidden_in_what_a_server_says(void **state)
{
	static const char *const cases[][3] = {
	    {"no such token abcd, abcdabcd", "abcd", "no such token ****, ********"},
	    {"abc", "abc", "abc"}, /* too short to be one */
	    {"/services/T0/B0/abcdefghij was not found", "https://h/services/T0/B0/abcdefghij",
	     "************************** was not found"},
	    {"{\"token\":\"abcdefghij\",\"services\":1}", "https://h/services/T0/B0/abcdefghij",
	     "{\"token\":\"**********\",\"services\":1}"},
	    {"key abcdefghij", "https://h?key=abcdefghij#x", "key **********"},
	    {"cannot reach h", "https://h", "cannot reach h"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(text, sizeof text, "%s", cases[i][0]);
		if (strstr(cases[i][1], "://") != NULL)
			secret_hide_url(text, strlen(text), cases[i][1]);
		else
			secret_hide(text, strlen(text), cases[i][1]);
		assert_string_equal(text, cases[i][2]);
	}
	secret_hide(text, strlen(text), NULL);
	secret_hide_url(text, strlen(text), NULL);
}

static void
secret__leaves_no_dump(void **state)
{
	int status;

	(void)state;
	if (fork() == 0) {
		bool before = prctl(PR_GET_DUMPABLE) == 1;
		secret_no_dumps();
		_exit(before && prctl(PR_GET_DUMPABLE) == 0 ? 7 : 1);
	}
	wait(&status);
	assert_int_equal(WEXITSTATUS(status), 7);
}

static void
file__paths_are_beside_the_file(void **state)
{
	static const struct {
		const char *file, *path, *expected;
	} cases[] = {{"/etc/mlwatch/mlwatch.yml", "rules/a.yml", "/etc/mlwatch/rules/a.yml"},
		     {"/etc/mlwatch/mlwatch.yml", "/abs", "/abs"},
		     {"mlwatch.yml", "rules/a.yml", "rules/a.yml"},
		     {"conf/mlwatch.yml", "a.yml", "conf/a.yml"},
		     {"/mlwatch.yml", "a.yml", "/a.yml"}};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		char *p = path_beside(cases[i].file, cases[i].path);

		assert_string_equal(p, cases[i].expected);
		free(p);
	}
}

static void
err__keeps_the_first_complaint(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(err_at(&e, 3, 4, 9, "first %d", 1), -1);
	err_set(&e, ERR_WORLD, "second");
	err_hint(&e, "a hint");
	err_hint(&e, "another");
	assert_int_equal(e.kind, ERR_FILE);
	assert_string_equal(e.text, "first 1");
	assert_string_equal(e.hint, "a hint");
	assert_int_equal(e.column, 4);
	assert_int_equal(err_set(NULL, ERR_WORLD, "nobody listens"), -1);
}

/* The form is the one that the manual shows: position, text, line, mark, hint. */
static void
errlist__prints_position_line_mark_and_hint(void **state)
{
	static const char source[] = "groups:\n\t- name: é x\n";
	struct errlist l = ERRLIST_INIT;
	char *out;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	(void)state;
	mistake_hint(errlist_add(&l, SEVERITY_ERROR, "bad", "a.yml", source, 2, 12, 13, "wrong '%s'", "x"),
		     "do it right");
	errlist_add(&l, SEVERITY_WARNING, "odd", "b.yml", NULL, 0, 0, 0, "odd");
	errlist_print(&l, f, false);
	fclose(f);
	assert_string_equal(out, "a.yml:2:12: wrong 'x'\n"
				 "\t- name: é x\n"
				 "\t          ^\n"
				 "        do it right\n"
				 "b.yml: warning: odd\n");
	free(out);
	errlist_release(&l);
}

static void
errlist__keeps_fifty_of_a_file_and_counts_all(void **state)
{
	struct errlist l = ERRLIST_INIT;
	int i;

	(void)state;
	for (i = 0; i < 70; i++)
		mistake_hint(errlist_add(&l, SEVERITY_ERROR, "bad", "a", NULL, i, 1, 1, "x"), "h");
	errlist_add(&l, SEVERITY_ERROR, "bad", "b", NULL, 1, 1, 1, "x");
	assert_int_equal(l.n, 51);
	assert_int_equal(l.errors, 71);
	errlist_release(&l);
}

/* A pipe that nobody reads fills up; the logger must come back each time and say later what was lost. */
static void
log__never_waits_for_its_reader(void **state)
{
	struct log *l;
	static char buffer[200000];
	int fd[2], i;
	ssize_t got, total = 0;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	l = log_open(fd[1], LOG_TEXT, LOG_INFO);
	log_line(l, LOG_DEBUG, "test", "not shown");
	log_line(l, LOG_INFO, "test", "two\nlines \x01 and \xff");
	got = read(fd[0], buffer, sizeof(buffer) - 1);
	assert_true(got > 0);
	buffer[got] = '\0';
	assert_non_null(strstr(buffer, "info  test: two\\nlines \\x01 and \xef\xbf\xbd\n"));
	for (i = 0; i < 3000; i++)
		log_line(l, LOG_INFO, "test", "%01000d", i);
	while (total < 30000 && (got = read(fd[0], buffer, 4096)) > 0)
		total += got;
	log_line(l, LOG_INFO, "test", "the end");
	close(fd[1]);
	for (total = 0; (got = read(fd[0], buffer + total, sizeof(buffer) - 1 - (size_t)total)) > 0;)
		total += got;
	buffer[total] = '\0';
	assert_non_null(strstr(buffer, "lines dropped"));
	assert_non_null(strstr(buffer, "the end"));
	close(fd[0]);
	log_close(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(buf__grows_and_stays_terminated),
	    cmocka_unit_test(arena__keeps_allocations_apart),
	    cmocka_unit_test(arena__grows_the_newest_in_place),
	    cmocka_unit_test(hash__is_xxh64),
	    cmocka_unit_test(strmap__keeps_the_order_of_insertion),
	    cmocka_unit_test(suggest__offers_one_clear_winner),
	    cmocka_unit_test(utf8__tells_good_from_bad),
	    cmocka_unit_test(file__reads_and_writes_whole),
	    cmocka_unit_test(file__a_pipe_is_written_to_and_a_link_stays_one),
	    cmocka_unit_test(buf__base64_is_that_of_the_rfc),
	    cmocka_unit_test(secret__is_a_file_without_its_newline),
	    cmocka_unit_test(secret__is_a_variable),
	    cmocka_unit_test(secret__is_covered_where_a_line_is_shown),
	    cmocka_unit_test(secret__is_masked_over_several_lines),
	    cmocka_unit_test(secret__is_hidden_in_what_a_server_says),
	    cmocka_unit_test(secret__leaves_no_dump),
	    cmocka_unit_test(file__paths_are_beside_the_file),
	    cmocka_unit_test(err__keeps_the_first_complaint),
	    cmocka_unit_test(errlist__prints_position_line_mark_and_hint),
	    cmocka_unit_test(errlist__keeps_fifty_of_a_file_and_counts_all),
	    cmocka_unit_test(log__never_waits_for_its_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
