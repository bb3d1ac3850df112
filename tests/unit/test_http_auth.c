/* test_http_auth.c -- http_config of Prometheus and Alertmanager, and mistakes as JSON. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlwatch/http_auth.h"
#include "mlwatch/json_out.h"
#include "mlwatch/labels.h"
#include "mlwatch/num.h"

static struct errlist errors;
static struct http_auth auth;

/* Reads text as an http_config of the file /etc/x/a.yml; how many mistakes it has. */
static size_t
read(const char *text)
{
	struct yaml_file f;
	bool good;

	http_auth_release(&auth);
	errlist_release(&errors);
	yaml_parse(&f, "/etc/x/a.yml", text, strlen(text), false, &errors);
	assert_non_null(f.root);
	good = http_auth_read(&f, f.root, &auth);
	assert_int_equal(good, errors.errors == 0);
	yaml_release(&f);
	return errors.errors;
}

static int
teardown(void **state)
{
	(void)state;
	http_auth_release(&auth);
	errlist_release(&errors);
	return 0;
}

static void
http_auth__reads_every_way_to_say_who_one_is(void **state)
{
	(void)state;
	assert_int_equal(read("basic_auth: {username: u, password_file: p}"), 0);
	assert_string_equal(auth.username, "u");
	assert_string_equal(auth.password_file, "/etc/x/p");
	assert_int_equal(read("authorization: {type: Token, credentials: c}"), 0);
	assert_string_equal(auth.authorization_type, "Token");
	assert_string_equal(auth.credentials, "c");
	assert_int_equal(read("bearer_token_file: /run/t"), 0);
	assert_string_equal(auth.authorization_type, "Bearer");
	assert_string_equal(auth.credentials_file, "/run/t");
	assert_int_equal(
	    read("{bearer_token: t, follow_redirects: false, enable_http2: true, proxy_url: 'http://p:1'}"), 0);
	assert_true(auth.no_follow_redirects);
	assert_string_equal(auth.proxy_url, "http://p:1");
	assert_int_equal(
	    read("tls_config: {ca_file: ca, cert_file: c, key_file: k, server_name: s, insecure_skip_verify: true}"),
	    0);
	assert_string_equal(auth.ca_file, "/etc/x/ca");
	assert_string_equal(auth.server_name, "s");
	assert_true(auth.insecure_skip_verify);
}

static void
http_auth__reads_client_credentials(void **state)
{
	struct http_auth copy;

	(void)state;
	assert_int_equal(
	    read("oauth2: {client_id: me, client_secret_file: s, token_url: 'https://t/token', scopes: [a, b c], "
		 "endpoint_params: {audience: x}, tls_config: {ca_file: ca, min_version: TLS12}, "
		 "proxy_url: 'http://p:1'}"),
	    0);
	http_auth_copy(&copy, &auth);
	http_auth_release(&auth); /* a copy needs nothing of it */
	const struct oauth2 *o = copy.oauth2;
	assert_string_equal(o->client_id, "me");
	assert_string_equal(o->client_secret_file, "/etc/x/s");
	assert_string_equal(o->token_url, "https://t/token");
	assert_int_equal(o->n_scopes, 2);
	assert_string_equal(o->scopes[1], "b c");
	assert_int_equal(o->n_params, 1);
	assert_string_equal(o->params[0].name, "audience");
	assert_string_equal(o->params[0].value, "x");
	assert_string_equal(o->via.ca_file, "/etc/x/ca");
	assert_int_equal(o->via.tls_min, 12);
	assert_string_equal(o->via.proxy_url, "http://p:1");
	http_auth_release(&copy);
}

static void
http_auth__reads_headers_in_the_order_they_are_sent(void **state)
{
	static const char *const names[] = {"X-A", "X-A", "X-A", "x-b"}, *const texts[] = {"1", "2", "s", NULL};
	struct http_auth copy;

	(void)state;
	assert_int_equal(
	    read("{http_headers: {X-A: {values: ['1', '2'], secrets: [s]}, x-b: {files: [f]}, X-C: {}, X-D: }, "
		 "proxy_url: 'http://p:1', proxy_connect_header: {Host: [h]}}"),
	    0);
	http_auth_copy(&copy, &auth);
	http_auth_release(&auth); /* a copy needs nothing of it */
	assert_int_equal(copy.headers.n, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(copy.headers.list[i].name, names[i]);
		assert_int_equal(copy.headers.list[i].secret, i >= 2);
		if (texts[i] != NULL)
			assert_string_equal(copy.headers.list[i].text, texts[i]);
	}
	assert_string_equal(copy.headers.list[3].file, "/etc/x/f");
	assert_int_equal(copy.connect_headers.n, 1);
	assert_string_equal(copy.connect_headers.list[0].text, "h");
	assert_true(copy.connect_headers.list[0].secret);
	http_auth_release(&copy);
}

static void
http_auth__refuses_what_excludes_itself(void **state)
{
	static const char *const bad[] = {
	    "basic_auth: {password: p}",
	    "basic_auth: {username: u, password: p, password_file: f}",
	    "authorization: {credentials: c, credentials_file: f}",
	    "authorization: {type: basic, credentials: c}",
	    "{basic_auth: {username: u}, authorization: {credentials: c}}",
	    "{bearer_token: a, bearer_token_file: b}",
	    "{authorization: {credentials: a}, bearer_token: b}",
	    "{bearer_token: b, authorization: {credentials: a}}",
	    "tls_config: {cert_file: c}",
	    "tls_config: {ca_file: ''}",
	    "basic_auth: {username: u, username_file: f, password: p}",
	    "oauth2: {client_id: x}",
	    "oauth2: {client_id: x, token_url: 'http://t', client_secret: a, client_secret_file: b}",
	    "oauth2: {client_id: x, token_url: 'http://t', scopes: a}",
	    "oauth2: {client_id: x, token_url: 'http://t', endpoint_params: [a]}",
	    "http_headers: [a]",
	    "http_headers: {A: [b]}",
	    "http_headers: {A: {value: [b]}}",
	    "http_headers: {A: {values: b}}",
	    "http_headers: {A: {files: ['env:MLWATCH_IS_NOT_SET']}}",
	    "http_headers: {'A b': {values: [c]}}",
	    "http_headers: {A: {values: [\"b\\nc\"]}}",
	    "http_headers: {content-type: {values: [b]}}", /* Prometheus refuses these, in any case */
	    "http_headers: {Authorization: {secrets: [b]}}",
	    "{proxy_url: 'http://p:1', proxy_connect_header: {A: b}}",
	    "proxy_connect_header: {A: [b]}", /* no proxy */
	    "no_proxy: a",
	    "{proxy_from_environment: true, no_proxy: a}",
	    "{proxy_from_environment: true, proxy_url: 'http://p:1'}",
	    "oauth2: {client_id: x, token_url: 'http://t', proxy_connect_header: {A: [b]}}",
	    "{oauth2: {client_id: x, token_url: 'http://t'}, bearer_token: b}",
	    "{oauth2: {client_id: x, token_url: 'http://t'}, basic_auth: {username: u}}",
	    "tls_config: {min_version: TLS9}",
	    "{proxy_url: 'http://p', proxy_from_environment: true}",
	    "follow_redirects: often",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read(bad[i]) != 1)
			fail_msg("'%s' has %zu mistakes", bad[i], errors.errors);
}

static void
json_out__tells_mistakes_as_the_manual_says(void **state)
{
	struct errlist l = ERRLIST_INIT;
	char *text;
	json_t *doc;

	(void)state;
	mistake_hint(errlist_add(&l, SEVERITY_ERROR, "unknown-key", "a.yml", "x: 1\n", 1, 2, 3, "bad '%s'", "\xff"),
		     "do so");
	errlist_add(&l, SEVERITY_WARNING, "odd", "", NULL, 0, 0, 0, "odd");
	doc = errlist_json(&l);
	text = json_dumps(doc, JSON_COMPACT);
	assert_string_equal(
	    text,
	    "{\"schema\":\"mlwatch.errors/1\",\"errors\":[{\"file\":\"a.yml\",\"line\":1,\"column\":2,"
	    "\"end_column\":3,\"severity\":\"error\",\"code\":\"unknown-key\",\"message\":\"bad '\xef\xbf\xbd'\","
	    "\"hint\":\"do so\"},{\"file\":\"\",\"severity\":\"warning\",\"code\":\"odd\",\"message\":\"odd\"}]}");
	free(text);
	json_decref(doc);
	errlist_release(&l);
}

static void
check_json(json_t *j, const char *expected)
{
	char *text = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
	json_decref(j);
}

static void
json_out__writes_what_json_lacks_as_text(void **state)
{
	(void)state;
	check_json(json_number(NAN), "\"NaN\"");
	check_json(json_number(-INFINITY), "\"-Inf\"");
	check_json(json_number(3), "3");
	check_json(json_number(0.5), "0.5");
	check_json(json_time(0), "null");
	check_json(json_time(1772323200000), "\"2026-03-01T00:00:00.000Z\"");
	check_json(json_seconds(90000), "90");
	check_json(json_seconds(1500), "1.5");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(http_auth__reads_every_way_to_say_who_one_is),
	    cmocka_unit_test(http_auth__reads_client_credentials),
	    cmocka_unit_test(http_auth__reads_headers_in_the_order_they_are_sent),
	    cmocka_unit_test(http_auth__refuses_what_excludes_itself),
	    cmocka_unit_test(json_out__tells_mistakes_as_the_manual_says),
	    cmocka_unit_test(json_out__writes_what_json_lacks_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
