/*
 * The Go template subset. Expected texts are what the documentation of Go's text/template and fmt says, or were taken from a
 * Prometheus 2.42 and an Alertmanager 0.25.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/template.h"

struct fixture {
	struct arena *mem;
	struct templates *set;
	const struct tvalue *dot;
};

static const struct tvalue *
greet(struct arena *mem, const struct tvalue *self, const struct tvalue *const *args, size_t n, struct err *e)
{
	const char *who = n == 1 ? tv_want_string(args, 0, e) : "you";

	(void)self;
	return who == NULL ? NULL : tv_string(mem, arena_printf(mem, "hello %s", who));
}

static const struct tmethod methods[] = {{"Greet", greet}};

static const struct tvalue *
make_dot(struct arena *m)
{
	const struct tvalue *numbers[] = {tv_int(m, 1), tv_int(m, 2), tv_int(m, 3)};
	struct tpair labels[] = {{"job", tv_string(m, "api")}, {"env", tv_string(m, "prod")}};
	struct tpair fields[] = {
	    {"Name", tv_string(m, "Ada")},
	    {"Nums", tv_list(m, numbers, 3)},
	    {"Labels", tv_string_map(m, labels, 2)},
	    {"F", tv_float(m, 1.5)},
	    {"Big", tv_float(m, 1e6)},
	    {"None", tv_list(m, NULL, 0)},
	    {"When", tv_time(m, 1136214245006)},
	    {"Yes", tv_bool(m, true)},
	    {"Html", tv_safe_html(m, "<b>ok</b>")},
	    {"Bad", tv_string(m, "<a href=\"x\">O'Neil & co+</a>")},
	};

	return tv_object(m, fields, sizeof fields / sizeof *fields, methods, 1);
}

static int
setup(void **state)
{
	struct fixture *f = test_malloc(sizeof *f);

	f->mem = arena_open();
	f->set = templates_open();
	templates_functions(f->set, template_prometheus_functions, template_prometheus_n, NULL);
	f->dot = make_dot(f->mem);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	templates_close(f->set);
	arena_close(f->mem);
	test_free(f);
	return 0;
}

static void
check(struct fixture *f, const char *text, const char *expected)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;

	if (templates_expand(f->set, "t", text, f->dot, f->mem, &b, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	if (strcmp(buf_str(&b), expected) != 0)
		fail_msg("%s: got '%s', expected '%s'", text, buf_str(&b), expected);
	buf_release(&b);
}

static void
check_error(struct fixture *f, const char *text, const char *expected)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;

	if (templates_expand(f->set, "t", text, f->dot, f->mem, &b, &e) == 0)
		fail_msg("%s: no error but '%s'", text, buf_str(&b));
	if (strcmp(e.text, expected) != 0)
		fail_msg("%s: got '%s', expected '%s'", text, e.text, expected);
	buf_release(&b);
}

struct pair {
	const char *text, *expected;
};

static void
check_all(void **state, const struct pair *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(*state, t[i].text, t[i].expected);
}
#define CHECK_ALL(t) check_all(state, t, sizeof(t) / sizeof *(t))

static void
template__pipelines_as_documented(void **state)
{
	/* all of these are in the documentation of text/template, with this one result */
	const char *same[] = {
	    "{{`\"output\"`}}",
	    "{{printf \"%q\" \"output\"}}",
	    "{{\"output\" | printf \"%q\"}}",
	    "{{printf \"%q\" (print \"out\" \"put\")}}",
	    "{{\"put\" | printf \"%s%s\" \"out\" | printf \"%q\"}}",
	    "{{\"output\" | printf \"%s\" | printf \"%q\"}}",
	    "{{with \"output\"}}{{printf \"%q\" .}}{{end}}",
	    "{{with $x := \"output\" | printf \"%q\"}}{{$x}}{{end}}",
	    "{{with $x := \"output\"}}{{printf \"%q\" $x}}{{end}}",
	    "{{with $x := \"output\"}}{{$x | printf \"%q\"}}{{end}}",
	};

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		check(*state, same[i], "\"output\"");
}

static void
template__text_and_trimming(void **state)
{
	const struct pair t[] = {
	    {"", ""},
	    {"a { b } c", "a { b } c"},
	    {"{{23 -}} < {{- 45}}", "23<45"},
	    {"a\n  {{- /* note */ -}}  \n b", "ab"},
	    {"x {{/* note */}} y", "x  y"},
	    {"{{- 1}}{{2 -}}\n", "12"},
	    {"{{-3}}", "-3"},
	};
	CHECK_ALL(t);
}

static void
template__control_structures(void **state)
{
	const struct pair t[] = {
	    {"{{if .Yes}}a{{else}}b{{end}}", "a"},
	    {"{{if .None}}a{{else if eq .Name \"Ada\"}}b{{else}}c{{end}}", "b"},
	    {"{{with .None}}a{{else}}b{{end}}", "b"},
	    {"{{with .None}}a{{else with .Name}}{{.}}{{else}}c{{end}}", "Ada"},
	    {"{{range .Nums}}<{{.}}>{{end}}", "<1><2><3>"},
	    {"{{range $i, $n := .Nums}}{{$i}}={{$n}};{{end}}", "0=1;1=2;2=3;"},
	    {"{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}", "env=prod;job=api;"},
	    {"{{range .None}}x{{else}}none{{end}}", "none"},
	    {"{{range 3}}{{.}}{{end}}", "012"},
	    {"{{range .Nums}}{{if eq . 2}}{{continue}}{{end}}{{.}}{{end}}", "13"},
	    {"{{range .Nums}}{{if eq . 2}}{{break}}{{end}}{{.}}{{end}}", "1"},
	    {"{{$x := 1}}{{range .Nums}}{{$x = .}}{{end}}{{$x}}", "3"},
	    {"{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"},
	    {"{{define \"t1\"}}[{{.}}]{{end}}{{template \"t1\" .Name}}{{template \"t1\" 3}}", "[Ada][3]"},
	    {"{{block \"b\" .Name}}({{.}}){{end}}", "(Ada)"},
	    {"{{template \"later\"}}{{define \"later\"}}x{{end}}", "x"},
	    {"{{with .Labels}}{{$.Name}}{{.job}}{{end}}", "Adaapi"},
	};
	CHECK_ALL(t);
}

static void
template__values_and_fields(void **state)
{
	const struct pair t[] = {
	    {"{{.Name}} {{.F}} {{.Big}} {{.Yes}} {{.Nums}} {{.Labels}}",
	     "Ada 1.5 1e+06 true [1 2 3] map[env:prod job:api]"},
	    {"{{.Labels.nope}}|{{index .Labels \"job\"}}|{{(index .Nums 1)}}", "|api|2"},
	    {"{{.Greet}} {{.Greet \"me\"}} {{\"pipe\" | .Greet}}", "hello you hello me hello pipe"},
	    {"{{1_000}} {{0x1F}} {{0b11}} {{0o17}} {{017}} {{'a'}} {{1e3}} {{-2}}", "1000 31 3 15 15 97 1000 -2"},
	    {"{{\"\\u00e9\\x41\\101\\n\"}}", "\xc3\xa9"
					     "AA\n"},
	    {"{{.When.Format \"2006-01-02T15:04:05.000Z07:00\"}} {{.When.Unix}}",
	     "2006-01-02T15:04:05.006Z 1136214245"},
	    {"{{.When.Format \"Mon, 02 Jan 2006 3:04PM -0700 MST\"}}", "Mon, 02 Jan 2006 3:04PM +0000 UTC"},
	    {"{{.When}}", "2006-01-02 15:04:05.006 +0000 UTC"},
	    {"{{(toDuration 5430.5)}}", "1h30m30.5s"},
	};
	CHECK_ALL(t);
}

static void
template__standard_functions(void **state)
{
	const struct pair t[] = {
	    {"{{and 1 0}} {{and 1 2}} {{or 0 \"x\"}} {{not 0}}", "0 2 x true"},
	    {"{{and false (index .Nums 9)}}{{or true (index .Nums 9)}}", "falsetrue"},
	    {"{{eq 1 2 3 1}} {{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{gt \"b\" \"a\"}} {{ge 1.5 2.5}}",
	     "true true true true true false"},
	    {"{{len \"h\xc3\xa9\"}} {{len .Nums}} {{len .Labels}}", "3 3 2"},
	    {"{{slice \"abcdef\" 1 3}} {{slice .Nums 1}}", "bc [2 3]"},
	    {"{{print 1 2 \"a\" \"b\" 3}} {{println 1 \"a\"}}", "1 2ab3 1 a\n"},
	    {"{{html \"<'&\\\">\"}} {{js \"a'b\\\"\\n=\"}} {{urlquery \"a b\" \"&\"}}",
	     "&lt;&#39;&amp;&#34;&gt; a\\'b\\\"\\u000A\\u003D a+b%26"},
	};
	CHECK_ALL(t);
}

static void
template__printf_is_gos(void **state)
{
	const struct pair t[] = {
	    {"{{printf \"%5d|%-5d|%05d|%+d|%x|%X|%#x|%o|%b|%c|%U\" 42 42 42 42 255 255 255 8 5 65 8364}}",
	     "   42|42   |00042|+42|ff|FF|0xff|10|101|A|U+20AC"},
	    {"{{printf \"%6.2f|%-8.3e|%g|%G|%08.3f|%+.1f\" 3.14159 1234.5 1e21 1e-7 -3.14159 2.0}}",
	     "  3.14|1.234e+03|1e+21|1E-07|-003.142|+2.0"},
	    {"{{printf \"%s|%10s|%-10s|%.2s|%q|%x|%v\" \"abc\" \"abc\" \"abc\" \"abc\" \"a\\\"b\" \"hi\" \"v\"}}",
	     "abc|       abc|abc       |ab|\"a\\\"b\"|6869|v"},
	    {"{{printf \"%t %v %T %T %T\" true nil 1 1.5 \"s\"}}", "true <nil> int float64 string"},
	    {"{{printf \"%d %s\" 1}}", "1 %!s(MISSING)"},
	    {"{{printf \"%d\" 1 \"x\"}}", "1%!(EXTRA string=x)"},
	    {"{{printf \"%z %\" 1}}", "%!z(int=1) %!(NOVERB)"},
	    {"{{printf \"%d\" \"x\"}} {{printf \"%s\" 5}}", "%!d(string=x) %!s(int=5)"},
	    {"{{printf \"%*d|%-*d|\" 5 42 4 7}}", "   42|7   |"},
	    {"{{printf \"%[2]d %[1]d\" 1 2}}", "2 1"},
	    {"{{printf \"%d%%\" 50}}", "50%"},
	    {"{{printf \"%v %d %s\" .Nums .Nums .Nums}}", "[1 2 3] [1 2 3] [%!s(int=1) %!s(int=2) %!s(int=3)]"},
	};
	CHECK_ALL(t);
}

static void
template__humanized_numbers(void **state)
{
	/* from a Prometheus 2.42 */
	const struct pair t[] = {
	    {"{{humanize 0.0}} {{humanize 1234567.0}} {{humanize .00012}} {{humanize -999.94}}",
	     "0 1.235M 120u -999.9"},
	    {"{{humanize1024 2048.0}} {{humanize1024 1048576.0}} {{humanize1024 0.5}}", "2ki 1Mi 0.5"},
	    {"{{humanizeDuration 59.5}} {{humanizeDuration 60}} {{humanizeDuration 3661}} {{humanizeDuration 90061}}",
	     "59.5s 1m 0s 1h 1m 1s 1d 1h 1m 1s"},
	    {"{{humanizeDuration 0.012}} {{humanizeDuration -90}}", "12ms -1m 30s"},
	    {"{{humanizePercentage 0.12345}} {{humanizeTimestamp 1435065584.128}}",
	     "12.35% 2015-06-23 13:19:44.128 +0000 UTC"},
	    {"{{title \"some words\"}} {{toUpper \"\xc3\xa9x\"}} {{toLower \"\xc3\x89X\"}}",
	     "Some Words \xc3\x89X \xc3\xa9x"},
	    {"{{stripPort \"a:9\"}} {{stripPort \"[::1]:9\"}} {{stripPort \"a\"}} {{stripDomain \"db.x.org:9\"}}",
	     "a ::1 a db:9"},
	    {"{{reReplaceAll \"(.*)-.*\" \"$1\" \"db-7\"}} {{match \"^d\" \"db\"}} {{parseDuration \"1h30m\"}}",
	     "db true 5400"},
	    {"{{with args 1 \"b\"}}{{.arg0}}{{.arg1}}{{end}} {{graphLink \"a b\"}}", "1b /graph?g0.expr=a+b&g0.tab=0"},
	};
	CHECK_ALL(t);
}

static void
template__parse_errors_name_line_and_reason(void **state)
{
	const struct pair t[] = {
	    {"{{if .Yes}}x", "template: t:1: unexpected EOF"},
	    {"a\nb{{end}}", "template: t:2: unexpected {{end}}"},
	    {"{{nope 1}}", "template: t:1: function \"nope\" not defined"},
	    {"{{$x}}", "template: t:1: undefined variable \"$x\""},
	    {"{{\"abc}}", "template: t:1: unterminated quoted string"},
	    {"{{ 1", "template: t:1: unclosed action"},
	    {"{{/* x", "template: t:1: unclosed comment"},
	    {"{{(1}}", "template: t:1: unclosed left paren"},
	    {"{{break}}", "template: t:1: {{break}} outside {{range}}"},
	    {"{{1 | 2}}", "template: t:1: non executable command in pipeline stage 2"},
	    {"{{if}}x{{end}}", "template: t:1: missing value for if"},
	    {"{{range $a, $b, $c := .Nums}}{{end}}", "template: t:1: too many declarations in range"},
	    {"{{1a}}", "template: t:1: bad number syntax: \"1a\""},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		check_error(*state, t[i].text, t[i].expected);
}

static void
template__parse_errors_have_a_position(void **state)
{
	struct fixture *f = *state;
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(templates_expand(f->set, "t", "one\n\xc3\xa9 {{ nope }}", f->dot, f->mem, &b, &e), -1);
	assert_int_equal(e.line, 2);
	assert_int_equal(e.column, 6);
	buf_release(&b);
}

static void
template__run_errors_say_where(void **state)
{
	const struct pair t[] = {
	    {"{{.Nope}}", "template: t:1:2: executing \"t\" at <.Nope>: can't evaluate field Nope in type struct"},
	    {"{{index .Nums 9}}",
	     "template: t:1:2: executing \"t\" at <index .Nums 9>: error calling index: index out of range: 9"},
	    {"{{lt 1 1.5}}",
	     "template: t:1:2: executing \"t\" at <lt 1 1.5>: error calling lt: incompatible types for comparison"},
	    {"{{nil}}", "template: t:1:2: executing \"t\" at <nil>: nil is not a command"},
	    {"{{len 3}}", "template: t:1:2: executing \"t\" at <len 3>: error calling len: len of type int"},
	    {"{{.Name.x}}", "template: t:1:7: executing \"t\" at <.Name.x>: can't evaluate field x in type string"},
	    {"{{template \"none\"}}",
	     "template: t:1:2: executing \"t\" at <template \"none\">: template \"none\" not defined"},
	    {"{{not 1 2}}",
	     "template: t:1:2: executing \"t\" at <not 1 2>: wrong number of args for not: want 1 got 2"},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		check_error(*state, t[i].text, t[i].expected);
}

static void
template__evaluation_is_bounded(void **state)
{
	const char *endless[] = {
	    "{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}",
	    "{{range 2000000000}}{{end}}",
	    "{{range 100000}}{{range 100000}}x{{end}}{{end}}",
	    "{{$s := \"xxxxxxxxxxxxxxxx\"}}{{range 60}}{{$s = print $s $s}}{{end}}",
	    "{{range 100000}}{{printf \"%999999d\" 1}}{{end}}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
		struct buf b = BUF_INIT;
		struct err e = ERR_INIT;
		assert_int_equal(templates_expand(f->set, "t", endless[i], f->dot, f->mem, &b, &e), -1);
		assert_true(err_is_set(&e));
		assert_true(b.len < 16 << 20);
		buf_release(&b);
	}
	struct buf deep = BUF_INIT;
	buf_addstr(&deep, "{{");
	for (int i = 0; i < 100000; i++)
		buf_addc(&deep, '(');
	check_error(f, buf_str(&deep), "template: t:1: nested too deeply");
	buf_release(&deep);
}

static void
html_check(struct fixture *f, const char *text, const char *expected)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(templates_parse(f->set, "page", text, &e), 0);
	assert_int_equal(templates_run(f->set, "page", f->dot, true, f->mem, &b, &e), 0);
	assert_string_equal(buf_str(&b), expected);
	buf_release(&b);
}

static void
template__html_is_escaped_by_place(void **state)
{
	html_check(*state, "<p title=\"{{.Bad}}\">{{.Bad}}</p>{{.Html}}<!-- {{.Name}} -->",
		   "<p title=\"&lt;a href=&#34;x&#34;&gt;O&#39;Neil &amp; co&#43;&lt;/a&gt;\">"
		   "&lt;a href=&#34;x&#34;&gt;O&#39;Neil &amp; co&#43;&lt;/a&gt;</p><b>ok</b>");
	html_check(*state, "<a href=\"{{\"http://x/a b?q='1'\"}}\">", "<a href=\"http://x/a%20b?q=%271%27\">");
	html_check(*state, "<a href=\"{{\"javascript:alert(1)\"}}\">", "<a href=\"#ZgotmplZ\">");
	html_check(*state, "<a href=\"http://h/{{\"x:y\"}}\">", "<a href=\"http://h/x:y\">");
	/* from an Alertmanager 0.25 */
	html_check(*state, "<a href=\"/x?q={{ \"a b&c=d/\xc3\xa9\" }}\">", "<a href=\"/x?q=a%20b%26c%3dd%2f%c3%a9\">");
	html_check(*state, "<p title=\"{{ .Html }}\">{{ \"<\" | html }}</p>", "<p title=\"ok\">&lt;</p>");
}

static void
template__sets_keep_definitions(void **state)
{
	struct fixture *f = *state;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;

	assert_int_equal(
	    templates_parse(f->set, "file", "{{define \"a\"}}1{{end}}{{define \"b\"}}b{{template \"a\"}}{{end}}", &e),
	    0);
	assert_int_equal(templates_parse(f->set, "later", "{{define \"a\"}}2{{end}}", &e), 0);
	assert_int_equal(templates_run(f->set, "b", f->dot, false, f->mem, &b, &e), 0);
	assert_string_equal(buf_str(&b), "b2");
	check(f, "{{template \"b\"}}{{define \"a\"}}3{{end}}", "b3");
	check(f, "{{template \"b\"}}", "b2");
	assert_int_equal(templates_run(f->set, "none", f->dot, false, f->mem, &b, &e), -1);
	buf_release(&b);
}

static void
template__alertmanager_functions(void **state)
{
	struct fixture *f = *state;
	struct templates *own = f->set;
	const struct pair t[] = {
	    {"{{join \", \" (stringSlice \"a\" \"b\")}} {{title \"hELLO world\"}} {{trimSpace \"  x \"}}",
	     "a, b Hello World x"},
	    {"{{toJson .Nums}} {{toJson .Labels}} {{date \"2006\" .When}}",
	     "[1,2,3] {\"env\":\"prod\",\"job\":\"api\"} 2006"},
	    {"{{urlUnescape \"a%20b+c\"}} {{(tz \"UTC\" .When).Hour}} {{safeHtml \"<b>\"}}", "a b c 15 <b>"},
	};

	f->set = templates_open();
	templates_functions(f->set, template_alertmanager_functions, template_alertmanager_n, NULL);
	CHECK_ALL(t);
	templates_close(f->set);
	f->set = own;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(template__pipelines_as_documented),
	    T(template__text_and_trimming),
	    T(template__control_structures),
	    T(template__values_and_fields),
	    T(template__standard_functions),
	    T(template__printf_is_gos),
	    T(template__humanized_numbers),
	    T(template__parse_errors_name_line_and_reason),
	    T(template__parse_errors_have_a_position),
	    T(template__run_errors_say_where),
	    T(template__evaluation_is_bounded),
	    T(template__html_is_escaped_by_place),
	    T(template__sets_keep_definitions),
	    T(template__alertmanager_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
