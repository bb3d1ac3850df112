/*
 * test_notify_messages.c -- what goes over the wire: limits, escaping, secrets, what answers mean.
 *
 * Expected values: the limits that Slack and PagerDuty document, their fields as Alertmanager 0.25 fills them (its sources
 * and what it sent, tests/data/timelines), mail by the RFCs, digests by Python's hashlib.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>

#include "../../src/notify/kinds.h"
#include "../../src/notify/message.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/utf8.h"
#include "notify_config.h"

static size_t
characters(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	assert_non_null(s);
	return utf8_count(s, strlen(s));
}

static const char *
text_at(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "(none)";
}

/* n copies of a character of two bytes: what is cut inside one is no JSON. */
static char *
repeat(const char *s, size_t n)
{
	struct buf b = BUF_INIT;

	while (n-- > 0)
		buf_addstr(&b, s);
	return buf_steal(&b);
}

static json_t *
render(const char *yaml, struct message_alert *alerts, size_t n, struct request *r)
{
	struct notify_config *c = config(yaml);
	const struct integration *in = &c->root->receiver->at[0];
	struct arena *mem = arena_open();
	const struct label group[] = {{"alertname", labels_get(alerts[0].labels, "alertname")}};
	struct message m = {.receiver = c->root->receiver->name,
			    .external_url = "http://w",
			    .group_key = "{}:{alertname=\"A\"}",
			    .group_labels = {group, 1},
			    .alerts = alerts,
			    .n = n,
			    .now_ms = T0,
			    .group_interval_ms = MS_MINUTE,
			    .templates = c->templates,
			    .mem = mem};
	struct buf payload = BUF_INIT;
	struct err e = ERR_INIT;

	message_prepare(&m);
	if (in->kind->render(in, &m, &payload, &e) < 0)
		fail_msg("%s", e.text);
	assert_null(strstr(buf_str(&payload), "s3cret"));
	assert_int_equal(in->kind->request(in, buf_str(&payload), r, &e), 0);
	json_t *j = json_loads(r->body.p != NULL ? buf_str(&r->body) : buf_str(&payload), 0, NULL);
	buf_release(&payload);
	arena_close(mem);
	notify_config_close(c);
	return j;
}

static struct message_alert
nasty(const struct label *l, size_t n)
{
	return (struct message_alert){.labels = {l, n}, .starts_ms = T0, .generator_url = "http://g", .expr = "x > 1"};
}

/* ---- Slack ---- */

/* docs.slack.dev: footer 300; fields' text 2000; button 75, its value 2000, its URL 3000; a dialog's title 100, text 300, buttons 30. */
static void
slack__limits_are_kept_between_characters(void **state)
{
	char *longer = repeat("\xc3\xa4", 20000);
	const struct label l[] = {{"a_long", longer}, {"alertname", "A"}};
	struct message_alert a = nasty(l, 2);
	struct request r = {0};

	(void)state;
	json_t *j = render(
	    "route: {receiver: s}\n"
	    "receivers: [{name: s, slack_configs: [{api_url: 'http://h/s3cret',\n"
	    " username: &x '{{ .CommonLabels.a_long }}', title: *x, pretext: *x, text: *x, footer: *x, fallback: *x,\n"
	    " fields: [{title: *x, value: *x}],\n"
	    " actions: [{type: button, text: *x, name: n, value: *x, confirm: {title: *x, text: *x, ok_text: *x,"
	    " dismiss_text: *x}},\n"
	    " {type: button, text: b, url: *x}, {type: button, text: b, url: u}, {type: button, text: b, url: u},\n"
	    " {type: button, text: b, url: u}, {type: button, text: b, url: u}]}]}]\n",
	    &a, 1, &r);
	json_t *att = json_array_get(json_object_get(j, "attachments"), 0);
	json_t *field = json_array_get(json_object_get(att, "fields"), 0);
	json_t *action = json_array_get(json_object_get(att, "actions"), 0);
	const struct {
		const json_t *o;
		const char *key;
		size_t max;
	} limits[] = {
	    {j, "username", 80},
	    {att, "title", 1024},
	    {att, "pretext", 8000},
	    {att, "text", 8000},
	    {att, "footer", 300},
	    {att, "fallback", 4000},
	    {field, "title", 2000},
	    {field, "value", 2000},
	    {action, "text", 75},
	    {action, "value", 2000},
	    {json_object_get(action, "confirm"), "title", 100},
	    {json_object_get(action, "confirm"), "text", 300},
	    {json_object_get(action, "confirm"), "ok_text", 30},
	    {json_object_get(action, "confirm"), "dismiss_text", 30},
	    {json_array_get(json_object_get(att, "actions"), 1), "url", 3000},
	};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		const char *s = text_at(limits[i].o, limits[i].key);
		if (characters(limits[i].o, limits[i].key) != limits[i].max)
			fail_msg("%s has %zu characters", limits[i].key, characters(limits[i].o, limits[i].key));
		assert_string_equal(s + strlen(s) - 5, "\xc3\xa4\xe2\x80\xa6"); /* a whole one, then the ellipsis */
	}
	assert_int_equal(json_array_size(json_object_get(att, "actions")), 5);
	assert_string_equal(r.url, "http://h/s3cret");
	json_decref(j);
	request_release(&r);
	free(longer);
}

static void
slack__what_labels_say_is_text(void **state)
{
	const struct label l[] = {{"alertname", "A"},
				  {"b", "<!channel> <script> a < b \"q\"\n\xc3\xa9 <@U1>"},
				  {"c", "p99 > 1 & x < y @here"}};
	const struct label notes[] = {{"n", "<!here> <http://r|runbook> <@U1>"}};
	struct message_alert a = nasty(l, 3);
	struct request r = {0};

	(void)state;
	a.annotations = (struct labels){notes, 1};
	json_t *j = render("route: {receiver: s}\nreceivers: [{name: s, slack_configs: [{api_url: 'http://h/s3cret', "
			   "pretext: '<!channel>', text: '{{ .CommonLabels.b }}', footer: '{{ .CommonLabels.c }}', "
			   "fallback: '{{ .CommonAnnotations.n }}'}]}]\n",
			   &a, 1, &r);
	json_t *att = json_array_get(json_object_get(j, "attachments"), 0);
	assert_string_equal(text_at(att, "text"), "&lt;!channel> &lt;script> a &lt; b \"q\"\n\xc3\xa9 &lt;@U1>");
	assert_string_equal(text_at(att, "footer"), "p99 > 1 & x < y @here");
	assert_string_equal(text_at(att, "fallback"), "&lt;!here> <http://r|runbook> <@U1>");
	assert_string_equal(text_at(att, "pretext"), "<!channel>"); /* the configuration may */
	json_decref(j);
	request_release(&r);
	/* with link_names Slack reads names without brackets, too */
	j = render("route: {receiver: s}\nreceivers: [{name: s, slack_configs: [{api_url: 'http://h/s3cret', "
		   "link_names: true, footer: '{{ .CommonLabels.c }}'}]}]\n",
		   &a, 1, &r);
	att = json_array_get(json_object_get(j, "attachments"), 0);
	assert_string_equal(text_at(att, "footer"), "p99 > 1 & x < y @\xe2\x80\x8bhere");
	json_decref(j);
	request_release(&r);
}

/* json_string() gives NULL for what is no UTF-8; a member was missing then. */
static void
slack__bad_bytes_are_repaired(void **state)
{
	const struct label l[] = {{"alertname", "A\xff"}};
	struct message_alert a = nasty(l, 1);
	struct request r = {0};

	(void)state;
	json_t *j = render("route: {receiver: s}\nreceivers: [{name: s, slack_configs: [{api_url: 'http://h/s3cret', "
			   "text: '{{ .CommonLabels.alertname }}'}]}]\n",
			   &a, 1, &r);
	assert_string_equal(text_at(json_array_get(json_object_get(j, "attachments"), 0), "text"), "A\xef\xbf\xbd");
	json_decref(j);
	request_release(&r);
}

static void
slack__a_bot_token_is_a_header(void **state)
{
	const struct label l[] = {{"alertname", "A"}};
	struct message_alert a = nasty(l, 1);
	struct request r = {0};

	(void)state;
	json_t *j = render(
	    "route: {receiver: s}\nreceivers: [{name: s, slack_configs: [{app_token: s3cret, channel: '#c'}]}]\n", &a,
	    1, &r);
	assert_string_equal(json_string_value(json_object_get(j, "channel")), "#c");
	assert_string_equal(r.url, "https://slack.com/api/chat.postMessage");
	assert_string_equal(r.headers[0], "Authorization: Bearer s3cret");
	json_decref(j);
	request_release(&r);
	/* it answers 200 to everything */
	char why[256];
	struct fetch_result f = {
	    .status = 200, .body = "{\"ok\":false,\"error\":\"channel_not_found\"}", .n = 40, .retry_after_ms = -1};
	assert_int_equal(kind_slack.judge(NULL, &f, why, sizeof why), VERDICT_GIVE_UP);
	assert_non_null(strstr(why, "channel_not_found"));
	f = (struct fetch_result){.status = 200, .body = "{\"ok\":true}", .n = 11, .retry_after_ms = -1};
	assert_int_equal(kind_slack.judge(NULL, &f, why, sizeof why), VERDICT_SENT);
}

static void
pagerduty__the_key_is_only_in_the_request(void **state)
{
	char *longer = malloc(600001);
	memset(longer, 'x', 600000);
	longer[600000] = '\0';
	const struct label l[] = {{"alertname", "A"}, {"note", longer}};
	struct message_alert a = nasty(l, 2);
	struct request r = {0};

	(void)state;
	json_t *j = render("route: {receiver: p}\nreceivers: [{name: p, pagerduty_configs: [{routing_key: s3cret}]}]\n",
			   &a, 1, &r);
	assert_string_equal(json_string_value(json_object_get(j, "routing_key")), "s3cret");
	assert_string_equal(json_string_value(json_object_get(j, "event_action")), "trigger");
	assert_string_equal(json_string_value(json_object_get(j, "dedup_key")),
			    "ad4b39d3af6c5f089ddb8504a474cd124febe3ef322f263d58074fb0c51dc572");
	json_t *p = json_object_get(j, "payload");
	const char *summary = json_string_value(json_object_get(p, "summary"));
	assert_int_equal(utf8_count(summary, strlen(summary)), 1024);
	assert_non_null(json_object_get(json_object_get(p, "custom_details"), "error")); /* too long for an event */
	assert_true(r.body.len < 512000);
	json_decref(j);
	request_release(&r);
	free(longer);
}

/* As Alertmanager's notifyV1 makes it: another key, other names, the client only when it fires, always the same address. */
static void
pagerduty__a_service_key_is_version_1(void **state)
{
	static const char yaml[] = "route: {receiver: p}\nreceivers: [{name: p, pagerduty_configs: [{service_key: "
				   "s3cret\\\"x, url: 'http://h/', client: c, details: {a: 'b {{ .Status }}'}}]}]\n";
	const struct label l[] = {{"alertname", "A"}};
	struct message_alert a = nasty(l, 1);
	struct request r = {0};

	(void)state;
	for (int end = 0; end < 2; end++) {
		a.resolved = end == 1;
		a.ends_ms = end == 1 ? T0 + 1000 : 0;
		json_t *j = render(yaml, &a, 1, &r);
		assert_string_equal(r.url, "https://events.pagerduty.com/generic/2010-04-15/create_event.json");
		assert_string_equal(text_at(j, "service_key"), "s3cret\\\"x");
		assert_string_equal(text_at(j, "event_type"), end == 1 ? "resolve" : "trigger");
		assert_string_equal(text_at(j, "incident_key"),
				    "ad4b39d3af6c5f089ddb8504a474cd124febe3ef322f263d58074fb0c51dc572");
		assert_string_equal(text_at(j, "description"), end == 1 ? "[RESOLVED] A " : "[FIRING:1] A ");
		assert_string_equal(text_at(j, "client"), end == 1 ? "(none)" : "c");
		assert_string_equal(text_at(json_object_get(j, "details"), "a"), end == 1 ? "b resolved" : "b firing");
		assert_string_equal(text_at(json_object_get(j, "details"), "num_firing"), end == 1 ? "0" : "1");
		assert_null(json_object_get(j, "payload"));
		json_decref(j);
		request_release(&r);
	}
	/* 403 asks to slow down */
	struct notify_config *c = config(yaml);
	struct fetch_result f = {.status = 403, .retry_after_ms = -1};
	char why[64];
	assert_int_equal(kind_judge(&c->root->receiver->at[0], &r, &f, why, sizeof why), VERDICT_LIMITED);
	f.status = 400;
	assert_int_equal(kind_judge(&c->root->receiver->at[0], &r, &f, why, sizeof why), VERDICT_GIVE_UP);
	notify_config_close(c);
}

/* PagerDuty refuses any other than critical, error, warning, info. */
static void
pagerduty__severities_are_ones_it_knows(void **state)
{
	static const char *const cases[][2] = {{"critical", "critical"}, {"error", "error"},   {"Warning", "warning"},
					       {"info", "info"},         {"page", "critical"}, {"notice", "info"},
					       {"whatever", "error"},    {"", "error"}};
	struct request r = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct label l[] = {{"alertname", "A"}, {"severity", cases[i][0]}};
		struct message_alert a = nasty(l, 2);
		json_t *j =
		    render("route: {receiver: p}\nreceivers: [{name: p, pagerduty_configs: [{routing_key: s3cret, "
			   "severity: '{{ .CommonLabels.severity }}'}]}]\n",
			   &a, 1, &r);
		assert_string_equal(text_at(json_object_get(j, "payload"), "severity"), cases[i][1]);
		json_decref(j);
		request_release(&r);
	}
}

static void
alertmanager__alerts_are_kept_alive(void **state)
{
	const struct label l[] = {{"alertname", "A"}};
	struct message_alert a = nasty(l, 1);
	struct request r = {0};

	(void)state;
	json_t *j =
	    render("route: {receiver: m}\nreceivers: [{name: m, alertmanager_configs: [{url: 'http://am:9093/'}]}]\n",
		   &a, 1, &r);
	assert_string_equal(r.url, "http://am:9093/api/v2/alerts");
	/* three group intervals of a minute and a minute after 2026-02-25T06:13:20Z */
	assert_string_equal(json_string_value(json_object_get(json_array_get(j, 0), "endsAt")), "2026-02-25T06:17:20Z");
	json_decref(j);
	request_release(&r);
}

/* ---- mail ---- */

/* The text of a mail; what SMTP is told goes to envelope, when it is not NULL. */
static char *
mail(const char *settings, const struct label *l, size_t n, json_t **envelope)
{
	struct buf yaml = BUF_INIT;
	struct message_alert a = nasty(l, n);
	struct request r = {0};

	buf_addf(&yaml, "route: {receiver: m}\nreceivers: [{name: m, email_configs: [{smarthost: 'h:25', %s}]}]\n",
		 settings);
	json_t *j = render(buf_str(&yaml), &a, 1, &r);
	char *text = strdup(text_at(j, "mail"));
	request_release(&r);
	buf_release(&yaml);
	if (envelope != NULL)
		*envelope = j;
	else
		json_decref(j);
	return text;
}

static void
mail__no_value_makes_a_header_or_a_part(void **state)
{
	const struct label l[] = {{"alertname", "A\r\nBcc: x@evil"},
				  {"b", "x\n--mlwatch-part\nContent-Type: text/html\n\n.\n"}};
	char *text =
	    mail("to: a@b, from: c@d, headers: {Subject: '{{ .CommonLabels.alertname }}'}, html: '', text: '{{ "
		 ".CommonLabels.b }}'",
		 l, 2, NULL);

	(void)state;
	assert_null(strstr(text, "\nBcc:"));
	assert_non_null(strstr(text, "Subject: =?utf-8?q?A=0D=0ABcc=3A_x=40evil?=\r\n"));
	/* one part: its border and the last */
	const char *first = strstr(text, "\n--mlwatch-part"), *last = strstr(first + 1, "\n--mlwatch-part");
	assert_int_equal(strncmp(last, "\n--mlwatch-part--\r\n", 19), 0);
	assert_non_null(strstr(text, "\n=2D-mlwatch-part\r\n"));
	assert_null(strstr(text, "\n.\r\n"));
	free(text);
}

static void
mail__lines_and_names_are_as_the_rfcs_say(void **state)
{
	char *longer = repeat("word ", 600);
	const struct label l[] = {{"alertname", "A"}, {"b", longer}};
	json_t *envelope;
	char *text =
	    mail("to: '\"J\xc3\xb6rg, X\" <j@x>, plain@y, \xc3\xa4 <>', from: 'Ops <o@z>', headers: {Subject: '{{ "
		 ".CommonLabels.b }}'}, text: '{{ .CommonLabels.b }}'",
		 l, 2, &envelope);

	(void)state;
	for (const char *p = text; *p != '\0';) {
		size_t n = strcspn(p, "\r");
		assert_true(n <= 998); /* RFC 5322, 2.1.1 */
		assert_int_equal(strncmp(p + n, "\r\n", 2), 0);
		p += n + 2;
	}
	assert_non_null(strstr(text, "To: =?utf-8?q?J=C3=B6rg=2C_X?= <j@x>,\r\n plain@y\r\n"));
	assert_non_null(strstr(text, "From: Ops <o@z>\r\n"));
	char *to = json_dumps(json_object_get(envelope, "to"), JSON_COMPACT);
	assert_string_equal(to, "[\"j@x\",\"plain@y\"]");
	assert_string_equal(text_at(envelope, "from"), "o@z");
	free(to);
	free(text);
	free(longer);
	json_decref(envelope);
}

static void
mail__html_shows_values_as_text(void **state)
{
	const struct label l[] = {{"alertname", "<script>alert(1)</script>"}};
	char *text = mail("to: a@b, from: c@d", l, 1, NULL);

	(void)state;
	const char *html = strstr(text, "text/html");
	assert_non_null(html);
	assert_null(strstr(html, "<script>"));
	assert_non_null(strstr(html, "&lt;script&gt;"));
	free(text);
}

/* ---- what people see of it ---- */

static void
payload__is_shown_in_lines(void **state)
{
	static const struct {
		const char *kind, *payload, *text;
	} cases[] = {
	    {"email",
	     "{\"from\":\"m@x\",\"to\":[\"a@x\",\"b@x\"],\"mail\":\"...\",\"subject\":\"It "
	     "fires\",\"text\":\"One\\ntwo\\n\"}",
	     "From: m@x\nTo: a@x\nTo: b@x\nSubject: It fires\n\nOne\ntwo\n"},
	    {"slack",
	     "{\"channel\":\"#c\",\"username\":\"mlwatch\",\"attachments\":[{\"title\":\"T\",\"text\":\"a\\nb\","
	     "\"fields\":[{\"title\":\"F\",\"value\":\"v\",\"short\":true}],\"actions\":[{\"type\":\"button\",\"text\":"
	     "\"Runbook\","
	     "\"url\":\"http://r\"}],\"footer\":\"\",\"color\":\"danger\"}]}",
	     "Channel: #c\nFrom: mlwatch\nTitle: T\n\na\nb\n\nF: v\n[Runbook] http://r\nColour: danger\n"},
	    {"pagerduty",
	     "{\"dedup_key\":\"k\",\"event_action\":\"trigger\",\"payload\":{\"summary\":\"S\",\"source\":\"s\","
	     "\"severity\":"
	     "\"error\",\"custom_details\":{\"firing\":\"a\\n b\\n\",\"num\":\"1\"}},\"links\":[{\"href\":\"http://l\","
	     "\"text\":\"L\"}]}",
	     "Action: trigger\nSeverity: error\nSummary: S\nSource: s\nIncident: k\nLink: L http://l\n\nfiring: a\n   "
	     "b\nnum: 1\n"},
	    {"webhook",
	     "{\"receiver\":\"r\",\"status\":\"firing\",\"groupKey\":\"g\",\"truncatedAlerts\":2,\"alerts\":[{"
	     "\"status\":\"firing\","
	     "\"labels\":{\"alertname\":\"A\"},\"annotations\":{},\"startsAt\":\"2026-03-01T00:00:00Z\",\"endsAt\":"
	     "\"0001-01-01T00:00:00Z\"}]}",
	     "Status: firing\nReceiver: r\nGroup: g\n\nfiring since 2026-03-01T00:00:00Z\n  alertname: A\n\nand 2 more "
	     "alerts that "
	     "were left out\n"},
	    {"alertmanager",
	     "[{\"labels\":{\"alertname\":\"A\"},\"annotations\":{\"summary\":\"s\"},\"startsAt\":\"2026-03-01T00:00:"
	     "00Z\","
	     "\"endsAt\":\"2026-03-01T00:05:00Z\"}]",
	     "\nalert since 2026-03-01T00:00:00Z until 2026-03-01T00:05:00Z\n  alertname: A\n  summary: s\n"},
	    {"email", "no JSON", "no JSON\n"},
	    {"gone", "{\"a\":1}", "{\"a\":1}\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b = BUF_INIT;
		notify_message_text(&b, cases[i].kind, cases[i].payload);
		assert_string_equal(buf_str(&b), cases[i].text);
		buf_release(&b);
	}
}

/* A mail that is only HTML is read without its tags. */
static void
payload__of_html_is_text(void **state)
{
	const struct label l[] = {{"alertname", "A<B"}};
	struct buf b = BUF_INIT;
	struct message_alert a = nasty(l, 1);
	struct request r = {0};
	json_t *j = render(
	    "route: {receiver: m}\nreceivers: [{name: m, email_configs: [{smarthost: 'h:25', to: a@b, from: c@d, "
	    "headers: {Subject: S}, html: '<html><style>p {}</style><p>x  {{ .CommonLabels.alertname "
	    "}}</p>\n<br>y &amp; z</html>'}]}]\n",
	    &a, 1, &r);
	char *text = json_dumps(j, JSON_COMPACT);

	(void)state;
	notify_message_text(&b, "email", text);
	assert_string_equal(buf_str(&b), "From: c@d\nTo: a@b\nSubject: S\n\nx A<B\ny & z\n");
	buf_release(&b);
	free(text);
	json_decref(j);
	request_release(&r);
}

static void
answers__mean_what_they_should(void **state)
{
	static const struct {
		int status;
		int64_t retry_after;
		enum verdict verdict;
	} cases[] = {{200, -1, VERDICT_SENT},    {204, -1, VERDICT_SENT},      {400, -1, VERDICT_GIVE_UP},
		     {401, -1, VERDICT_GIVE_UP}, {403, -1, VERDICT_GIVE_UP},   {404, -1, VERDICT_GIVE_UP},
		     {408, -1, VERDICT_RETRY},   {429, -1, VERDICT_LIMITED},   {500, -1, VERDICT_RETRY},
		     {503, -1, VERDICT_RETRY},   {503, 5000, VERDICT_LIMITED}, {0, -1, VERDICT_RETRY}};
	char why[64];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fetch_result r = {.status = cases[i].status,
					 .retry_after_ms = cases[i].retry_after,
					 .error = cases[i].status == 0 ? "x" : NULL};
		assert_int_equal(verdict_http(&r, why, sizeof why), cases[i].verdict);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slack__limits_are_kept_between_characters),
	    cmocka_unit_test(slack__what_labels_say_is_text),
	    cmocka_unit_test(slack__bad_bytes_are_repaired),
	    cmocka_unit_test(slack__a_bot_token_is_a_header),
	    cmocka_unit_test(pagerduty__the_key_is_only_in_the_request),
	    cmocka_unit_test(pagerduty__a_service_key_is_version_1),
	    cmocka_unit_test(pagerduty__severities_are_ones_it_knows),
	    cmocka_unit_test(alertmanager__alerts_are_kept_alive),
	    cmocka_unit_test(mail__no_value_makes_a_header_or_a_part),
	    cmocka_unit_test(mail__lines_and_names_are_as_the_rfcs_say),
	    cmocka_unit_test(mail__html_shows_values_as_text),
	    cmocka_unit_test(payload__is_shown_in_lines),
	    cmocka_unit_test(payload__of_html_is_text),
	    cmocka_unit_test(answers__mean_what_they_should),
	};

	return cmocka_run_group_tests_name("notify_messages", tests, NULL, NULL);
}
