/* test_matcher.c -- matchers and the regular expressions under them. What RE2 accepts and refuses is from its syntax page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/matcher.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
regex__matches_whole_values_only(void **state)
{
	static const struct {
		const char *pattern, *value;
		bool match;
	} cases[] = {
	    {"foo", "foo", true},
	    {"foo", "foobar", false},
	    {"foo", "xfoo", false},
	    {"foo|bar", "bar", true},
	    {"foo|bar", "foobar", false},
	    {"(foo|bar)", "foo", true},
	    {"(?:foo|bar)x", "barx", true},
	    {"(?:foo|bar)x", "bar", false},
	    {"foo.*", "foo", true},
	    {"foo.*", "foo\nbar", true},
	    {".*bar", "foo\nbar", true},
	    {".*oba.*", "foobar", true},
	    {".+", "", false},
	    {".*", "", true},
	    {"", "", true},
	    {"", "x", false},
	    {"a|", "", true},
	    {"a.c", "a\nc", true},
	    {"a\\.c", "a.c", true},
	    {"a\\.c", "abc", false},
	    {"a\\.*", "a...", true},
	    {"\\.*", "", true},
	    {"5..", "503", true},
	    {"5..", "403", false},
	    {"[45].*", "404", true},
	    {"^a$", "a", true},
	    {"a$", "a\n", false},
	    {"(?i)POST", "post", true},
	    {"(?i:p)OST", "post", false},
	    {"\\d+", "12", true},
	    {"\\d+", "١٢", false},
	    {".", "é", true},
	    {"..", "é", false},
	    {"é+", "éé", true},
	    {"\\pL+", "éa", true},
	    {"[^a]", "é", true},
	    {"\\Qa.b\\E", "a.b", true},
	    {"\\Qa.b\\E", "axb", false},
	    {"a{2,3}", "aaa", true},
	    {"a{2,3}", "a", false},
	    {"a{,3}", "a{,3}", true},
	    {"x*?", "xx", true},
	    {"\\x41", "A", true},
	    {"\\x{e9}", "é", true},
	    {"(?P<n>a)b", "ab", true},
	    {"(?s).", "\n", true},
	    {"(a|b)*c|d", "ababc", true},
	    {"[[:alpha:]]+", "ab", true},
	    {"a\\-b", "a-b", true},
	    {"a\\_b", "a_b", true},
	    {"\\", "x", false},
	};
	struct regex *r;
	size_t i;

	(void)state;
	for (i = 0; i + 1 < COUNT(cases); i++) {
		struct err e = ERR_INIT;

		r = regex_open(cases[i].pattern, &e);
		if (r == NULL)
			fail_msg("'%s': %s", cases[i].pattern, e.text);
		if (regex_match(r, cases[i].value) != cases[i].match)
			fail_msg("'%s' on '%s'", cases[i].pattern, cases[i].value);
		regex_close(r);
	}
}

static void
regex__refuses_what_re2_refuses(void **state)
{
	static const char *const bad[] = {"a(?=b)",  "a(?!b)", "(?<=a)b", "(?<!a)b",  "(a)\\1", "(?P<n>a)(?P=n)",
					  "(?>a)",   "a++",    "a*+",     "a**",      "(?x)a",  "(?R)",
					  "(*FAIL)", "\\Za",   "\\Ka",    "\\X",      "\\ga",   "a{1001}",
					  "[",       "(",      "*a",      "a)",       "\\",     "(?P<n",
					  "[z-a]",   "(?#c)a", "\\C",     "a{2,1001}"};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		err_clear(&e);
		if (regex_open(bad[i], &e) != NULL)
			fail_msg("'%s' was accepted", bad[i]);
		assert_int_equal(e.kind, ERR_FILE);
		assert_true(strlen(e.text) > 0);
	}
}

/* A constructed pattern must not hang the caller: 30 x's against (x+x+)+y need 2^30 steps without a limit. */
static void
regex__gives_up_instead_of_hanging(void **state)
{
	struct regex *r = regex_open("(x+x+)+y|(a?){30}a{30}z", NULL);
	int64_t start = clock_monotonic();
	char value[5000];

	(void)state;
	assert_non_null(r);
	memset(value, 'x', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	assert_false(regex_match(r, value));
	assert_true(clock_monotonic() - start < 3000);
	regex_close(r);
}

static void
regex__reads_bad_utf8_as_bytes(void **state)
{
	struct regex *r = regex_open("a.b[0-9]+", NULL);

	(void)state;
	assert_true(regex_match(r, "a\xff"
				   "b12"));
	assert_false(regex_match(r, "a\xff\xff"
				    "b12"));
	assert_true(regex_match(r, "a\xc3\xa9"
				   "b1"));
	regex_close(r);
	r = regex_open(".*\xc3\xa9.*", NULL);
	assert_true(regex_match(r, "x\xffx\xc3\xa9"));
	regex_close(r);
}

static void
regex__matches_long_values(void **state)
{
	static char value[10001];
	struct regex *r = regex_open("(a|b)*", NULL);

	(void)state;
	memset(value, 'a', sizeof(value) - 1);
	assert_true(regex_match(r, value));
	regex_close(r);
}

static void
replace(const char *pattern, const char *s, const char *with, const char *expected)
{
	struct regex *r = regex_open_search(pattern, NULL);
	struct buf b = BUF_INIT;

	assert_non_null(r);
	regex_replace_all(r, s, with, &b);
	assert_string_equal(buf_str(&b), expected);
	buf_release(&b);
	regex_close(r);
}

/* The expected texts are those in the documentation and tests of Go's package regexp. */
static void
regex__replaces_as_go_does(void **state)
{
	(void)state;
	replace("a(x*)b", "-ab-axxb-", "T", "-T-T-");
	replace("a(x*)b", "-ab-axxb-", "$1", "--xx-");
	replace("a(x*)b", "-ab-axxb-", "$1W", "---");
	replace("a(x*)b", "-ab-axxb-", "${1}W", "-W-xxW-");
	replace("a*", "baaac", "x", "xbxcx");
	replace("", "abc", "-", "-a-b-c-");
	replace("[a-c]*", "def", "x", "xdxexfx");
	replace("^", "abc", "x", "xabc");
	replace("(?P<first>[a-z]+)", "ab cd", "<${first}>", "<ab> <cd>");
	replace("x", "axb", "$$", "a$b");
	replace("x", "axb", "$", "a$b");
	replace("x", "axb", "${", "a${b");
	replace("é", "éaé", "e", "eae");
	replace("", "é", "-", "-é-");
}

static void
regex__expands_groups_of_an_anchored_match(void **state)
{
	struct regex *r = regex_open("(.*):([0-9]+)", NULL);
	struct buf b = BUF_INIT;

	(void)state;
	assert_true(regex_expand(r, "host:9100", "${2}-$1", &b));
	assert_string_equal(buf_str(&b), "9100-host");
	assert_false(regex_expand(r, "host", "$1", &b));
	buf_release(&b);
	regex_close(r);
}

static void
matcher__treats_an_absent_label_as_empty(void **state)
{
	static const struct label at[] = {{"__name__", "up"}, {"job", "a"}};
	static const struct {
		enum match_op op;
		const char *name, *value;
		bool match;
	} cases[] = {
	    {MATCH_EQ, "job", "a", true},    {MATCH_EQ, "job", "b", false},   {MATCH_EQ, "none", "", true},
	    {MATCH_NE, "none", "x", true},   {MATCH_NE, "none", "", false},   {MATCH_RE, "none", "a|", true},
	    {MATCH_RE, "none", ".+", false}, {MATCH_NRE, "none", ".+", true}, {MATCH_RE, "__name__", "u.", true},
	    {MATCH_NRE, "job", "b|c", true}, {MATCH_RE, "job", "b|a", true},
	};
	struct labels l = {at, 2};
	struct matcher m;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(matcher_init(&m, cases[i].op, cases[i].name, cases[i].value, NULL), 0);
		assert_int_equal(matcher_match(&m, l), cases[i].match);
		assert_int_equal(matchers_match(&m, 1, l), cases[i].match);
		matcher_release(&m);
	}
}

static void
matcher__prints_as_promql_reads(void **state)
{
	struct buf b = BUF_INIT;
	struct matcher m;

	(void)state;
	matcher_init(&m, MATCH_NRE, "job", "a\"b\\d\n", NULL);
	matcher_format(&b, &m);
	assert_string_equal(b.p, "job!~\"a\\\"b\\\\d\\n\"");
	matcher_release(&m);
	buf_reset(&b);
	matcher_init(&m, MATCH_EQ, "with.dot", "é", NULL);
	matcher_format(&b, &m);
	assert_string_equal(b.p, "\"with.dot\"=\"é\"");
	matcher_release(&m);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(regex__matches_whole_values_only),
	    cmocka_unit_test(regex__refuses_what_re2_refuses),
	    cmocka_unit_test(regex__gives_up_instead_of_hanging),
	    cmocka_unit_test(regex__reads_bad_utf8_as_bytes),
	    cmocka_unit_test(regex__matches_long_values),
	    cmocka_unit_test(regex__replaces_as_go_does),
	    cmocka_unit_test(regex__expands_groups_of_an_anchored_match),
	    cmocka_unit_test(matcher__treats_an_absent_label_as_empty),
	    cmocka_unit_test(matcher__prints_as_promql_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
