/*
 * message_defaults.c -- the templates that are there before a configuration brings its own: under Alertmanager's names, with
 * Alertmanager's output, so that a file written for it says the same here. "email.default.html" is our own page.
 */
#include "message.h"
#include "mlwatch/err.h"

static const char text_parts[] =
    "{{ define \"__alertmanager\" }}Alertmanager{{ end }}"
    "{{ define \"__alertmanagerURL\" }}{{ .ExternalURL }}/#/alerts?receiver={{ urlquery .Receiver }}{{ end }}"
    "{{ define \"__subject\" -}}"
    "{{ if eq .Status \"firing\" }}[FIRING:{{ len .Alerts.Firing }}]{{ else }}[{{ toUpper .Status }}]{{ end }}"
    " {{ join \" \" .GroupLabels.SortedPairs.Values }} "
    "{{ if lt (len .GroupLabels) (len .CommonLabels) }}({{ $rest := .CommonLabels.Remove .GroupLabels.Names }}{{ join "
    "\" \" $rest.Values }})"
    "{{ end }}{{ end }}"
    "{{ define \"__description\" }}{{ end }}"
    "{{ define \"__pairs\" }}{{ range .SortedPairs }} - {{ .Name }} = {{ .Value }}\n{{ end }}{{ end }}"
    "{{ define \"__text_alert_list\" }}{{ range $alert := . }}Labels:\n{{ template \"__pairs\" $alert.Labels }}"
    "Annotations:\n{{ template \"__pairs\" $alert.Annotations }}Source: {{ $alert.GeneratorURL }}\n{{ end }}{{ end }}"
    "{{ define \"slack.default.title\" }}{{ template \"__subject\" . }}{{ end }}"
    "{{ define \"slack.default.username\" }}{{ template \"__alertmanager\" . }}{{ end }}"
    "{{ define \"slack.default.fallback\" }}{{ template \"slack.default.title\" . }} | {{ template "
    "\"slack.default.titlelink\" . }}{{ end }}"
    "{{ define \"slack.default.titlelink\" }}{{ template \"__alertmanagerURL\" . }}{{ end }}"
    "{{ define \"slack.default.callbackid\" }}{{ end }}{{ define \"slack.default.pretext\" }}{{ end }}"
    "{{ define \"slack.default.iconemoji\" }}{{ end }}{{ define \"slack.default.iconurl\" }}{{ end }}"
    "{{ define \"slack.default.text\" }}{{ end }}{{ define \"slack.default.footer\" }}{{ end }}"
    "{{ define \"pagerduty.default.description\" }}{{ template \"__subject\" . }}{{ end }}"
    "{{ define \"pagerduty.default.client\" }}{{ template \"__alertmanager\" . }}{{ end }}"
    "{{ define \"pagerduty.default.clientURL\" }}{{ template \"__alertmanagerURL\" . }}{{ end }}"
    "{{ define \"pagerduty.default.instances\" }}{{ template \"__text_alert_list\" . }}{{ end }}"
    "{{ define \"email.default.subject\" }}{{ template \"__subject\" . }}{{ end }}";

static const char html_parts[] =
    "{{ define \"__html_alert\" -}}"
    "<tr><td style=\"padding:8px 0;border-top:1px solid #ddd\"><b>Labels</b><br>"
    "{{ range .Labels.SortedPairs }}{{ .Name }} = {{ .Value }}<br>{{ end }}"
    "{{ if gt (len .Annotations) 0 }}<b>Annotations</b><br>{{ range .Annotations.SortedPairs }}{{ .Name }} = {{ .Value "
    "}}<br>{{ end }}{{ end }}"
    "{{ if .GeneratorURL }}<a href=\"{{ .GeneratorURL }}\">Source</a>{{ end }}</td></tr>\n{{ end }}"
    "{{ define \"email.default.html\" -}}"
    "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{{ template \"__subject\" . }}</title></head>\n"
    "<body style=\"font-family:sans-serif;font-size:14px;color:#222\"><table style=\"max-width:640px;width:100%\">\n"
    "<tr><td style=\"padding:12px;color:#fff;background:{{ if eq .Status \"firing\" }}#b3261e{{ else }}#2e7d32{{ end "
    "}}\">"
    "{{ len .Alerts }} alert{{ if gt (len .Alerts) 1 }}s{{ end }} for "
    "{{ range .GroupLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}</td></tr>\n"
    "{{ if gt (len .Alerts.Firing) 0 }}<tr><td><h3>[{{ len .Alerts.Firing }}] firing</h3></td></tr>\n"
    "{{ range .Alerts.Firing }}{{ template \"__html_alert\" . }}{{ end }}{{ end }}"
    "{{ if gt (len .Alerts.Resolved) 0 }}<tr><td><h3>[{{ len .Alerts.Resolved }}] resolved</h3></td></tr>\n"
    "{{ range .Alerts.Resolved }}{{ template \"__html_alert\" . }}{{ end }}{{ end }}"
    "<tr><td style=\"padding:12px 0\"><a href=\"{{ template \"__alertmanagerURL\" . }}\">View in {{ template "
    "\"__alertmanager\" . }}</a>"
    "</td></tr>\n</table></body></html>\n{{ end }}";

struct templates *
message_templates(void)
{
	struct templates *t = templates_open();
	struct err e = ERR_INIT;

	templates_functions(t, template_alertmanager_functions, template_alertmanager_n, NULL);
	/* Ours: a mistake in them is found by the tests. */
	templates_parse(t, "default.text", text_parts, &e);
	templates_parse(t, "default.html", html_parts, &e);
	return t;
}
