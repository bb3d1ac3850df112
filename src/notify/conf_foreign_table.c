/*
 * conf_foreign_table.c -- one row per kind of receiver that mlwatch has no sender for: its keys with their types, and the rules that tie
 * keys together, as Alertmanager has them.
 */
#include <string.h>
#include <strings.h>

#include "conf_foreign.h"

bool
foreign_is_set(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *v = key != NULL && map != NULL && map->kind == YAML_MAP ? yaml_get(map, key) : NULL;

	if (v == NULL || (v->kind == YAML_SCALAR && v->text[0] == '\0'))
		return false;
	return !(v->kind == YAML_SCALAR && v->style == 0 && strcmp(v->text, "0") == 0);
}

static bool
among(const struct yaml_node *v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (v->kind == YAML_SCALAR && strcasecmp(v->text, *words) == 0)
			return true;
	return false;
}

static const char *
check_opsgenie(const struct yaml_node *map)
{
	static const char *const types[] = {"team", "teams", "user", "escalation", "schedule", NULL};
	const struct yaml_node *list = yaml_get(map, "responders");

	for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->n; i++) {
		const struct yaml_node *r = list->items[i], *type = r->kind == YAML_MAP ? yaml_get(r, "type") : NULL;
		if (!foreign_is_set(r, "id") && !foreign_is_set(r, "name") && !foreign_is_set(r, "username"))
			return "an opsgenie responder has to have at least one of id, username or name";
		if (type == NULL || (strstr(type->text != NULL ? type->text : "", "{{") == NULL && !among(type, types)))
			return "an opsgenie responder's type is one of team, teams, user, escalation, schedule";
	}
	return NULL;
}

static const char *
check_victorops(const struct yaml_node *map)
{
	static const char *const fixed[] = {"routing_key",     "message_type", "state_message", "entity_display_name",
					    "monitoring_tool", "entity_id",    "entity_state"};
	const struct yaml_node *custom = yaml_get(map, "custom_fields");

	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		if (custom != NULL && custom->kind == YAML_MAP && yaml_get(custom, fixed[i]) != NULL)
			return "a custom field has the name of one of VictorOps' own";
	return NULL;
}

static const char *
check_wechat(const struct yaml_node *map)
{
	static const char *const types[] = {"text", "markdown", NULL};
	const struct yaml_node *type = yaml_get(map, "message_type");

	return type != NULL && foreign_is_set(map, "message_type") && !among(type, types)
		   ? "message_type is text or markdown"
		   : NULL;
}

/* As Alertmanager asks it: (target == "") != (topic == "") != (phone == ""). */
static const char *
check_sns(const struct yaml_node *map)
{
	bool target = !foreign_is_set(map, "target_arn"), topic = !foreign_is_set(map, "topic_arn"),
	     phone = !foreign_is_set(map, "phone_number");
	const struct yaml_node *sig = yaml_get(map, "sigv4");

	if (sig != NULL && sig->kind == YAML_MAP &&
	    foreign_is_set(sig, "access_key") != foreign_is_set(sig, "secret_key"))
		return "sigv4 needs both access_key and secret_key, or neither";
	return ((target != topic) != phone)
		   ? "must provide either a Target ARN, Topic ARN, or Phone Number for SNS config"
		   : NULL;
}

static const char *
check_telegram(const struct yaml_node *map)
{
	static const char *const modes[] = {"Markdown", "MarkdownV2", "HTML", "", NULL};
	const struct yaml_node *mode = yaml_get(map, "parse_mode");

	return mode != NULL && !among(mode, modes) ? "parse_mode is Markdown, MarkdownV2 or HTML" : NULL;
}

static const char *
check_webex(const struct yaml_node *map)
{
	const struct yaml_node *http = yaml_get(map, "http_config");

	return http == NULL || http->kind != YAML_MAP || yaml_get(http, "authorization") == NULL
		   ? "missing webex_configs.http_config.authorization"
		   : NULL;
}

#define COMMON                                                                                                         \
	{"send_resolved", BOOL},                                                                                       \
	{                                                                                                              \
		"http_config", HTTP                                                                                    \
	}
#define BOTH(x, y)                                                                                                     \
	{                                                                                                              \
		NOT_BOTH, x, y, NULL, NULL, "at most one of " x " & " y " must be configured"                          \
	}

const struct foreign foreign_table[] = {
    {"opsgenie_configs",
     "OpsGenie",
     {COMMON,
      {"api_key", TEXT},
      {"api_key_file", TEXT},
      {"api_url", URL},
      {"message", TEXT},
      {"description", TEXT},
      {"source", TEXT},
      {"details", PAIRS},
      {"entity", TEXT},
      {"responders", ANY},
      {"actions", TEXT},
      {"tags", TEXT},
      {"note", TEXT},
      {"priority", TEXT},
      {"update_alerts", BOOL}},
     {BOTH("api_key", "api_key_file"),
      {ONE_OF, "api_key", "api_key_file", "opsgenie_api_key", "opsgenie_api_key_file",
       "no global OpsGenie API Key set either inline or in a file"}},
     check_opsgenie},
    {"victorops_configs",
     "VictorOps",
     {COMMON,
      {"api_key", TEXT},
      {"api_key_file", TEXT},
      {"api_url", URL},
      {"routing_key", TEXT},
      {"message_type", TEXT},
      {"state_message", TEXT},
      {"entity_display_name", TEXT},
      {"monitoring_tool", TEXT},
      {"custom_fields", PAIRS}},
     {BOTH("api_key", "api_key_file"),
      {ONE_OF, "routing_key", NULL, NULL, NULL, "missing Routing key in VictorOps config"},
      {ONE_OF, "api_key", "api_key_file", "victorops_api_key", "victorops_api_key_file",
       "no global VictorOps API Key set"}},
     check_victorops},
    {"pushover_configs",
     "Pushover",
     {COMMON,
      {"user_key", TEXT},
      {"user_key_file", TEXT},
      {"token", TEXT},
      {"token_file", TEXT},
      {"title", TEXT},
      {"message", TEXT},
      {"url", TEXT},
      {"url_title", TEXT},
      {"device", TEXT},
      {"sound", TEXT},
      {"priority", TEXT},
      {"retry", GO_TIME},
      {"expire", GO_TIME},
      {"ttl", GO_TIME},
      {"html", BOOL},
      {"monospace", BOOL}},
     {{ONE_OF, "user_key", "user_key_file", NULL, NULL, "missing user key in Pushover config"},
      {ONE_OF, "token", "token_file", NULL, NULL, "missing token in Pushover config"},
      BOTH("user_key", "user_key_file"),
      BOTH("token", "token_file")}},
    {"wechat_configs",
     "WeChat",
     {COMMON,
      {"api_secret", TEXT},
      {"api_secret_file", TEXT},
      {"corp_id", TEXT},
      {"message", TEXT},
      {"api_url", URL},
      {"to_user", TEXT},
      {"to_party", TEXT},
      {"to_tag", TEXT},
      {"agent_id", TEXT},
      {"message_type", TEXT}},
     {{ONE_OF, "api_secret", "api_secret_file", "wechat_api_secret", "wechat_api_secret_file",
       "no global Wechat ApiSecret set"},
      {ONE_OF, "corp_id", NULL, "wechat_api_corp_id", NULL, "no global Wechat CorpID set"}},
     check_wechat},
    {"sns_configs",
     "SNS",
     {COMMON,
      {"api_url", TEXT},
      {"sigv4", ANY},
      {"topic_arn", TEXT},
      {"phone_number", TEXT},
      {"target_arn", TEXT},
      {"subject", TEXT},
      {"message", TEXT},
      {"attributes", PAIRS}},
     {{0}},
     check_sns},
    {"telegram_configs",
     "Telegram",
     {COMMON,
      {"api_url", URL},
      {"bot_token", TEXT},
      {"bot_token_file", TEXT},
      {"chat_id", INT},
      {"chat_id_file", TEXT},
      {"message_thread_id", INT},
      {"message", TEXT},
      {"disable_notifications", BOOL},
      {"parse_mode", TEXT}},
     {{ONE_OF, "bot_token", "bot_token_file", "telegram_bot_token", "telegram_bot_token_file",
       "missing bot_token or bot_token_file on telegram_config"},
      BOTH("bot_token", "bot_token_file"),
      {ONE_OF, "chat_id", "chat_id_file", NULL, NULL, "missing chat_id on telegram_config"}},
     check_telegram},
    {"discord_configs",
     "Discord",
     {COMMON,
      {"webhook_url", SECRET_URL},
      {"webhook_url_file", TEXT},
      {"content", TEXT},
      {"title", TEXT},
      {"message", TEXT},
      {"username", TEXT},
      {"avatar_url", TEXT}},
     {{ONE_OF, "webhook_url", "webhook_url_file", NULL, NULL, "no discord webhook URL provided"},
      BOTH("webhook_url", "webhook_url_file")}},
    {"webex_configs",
     "Webex",
     {COMMON, {"api_url", URL}, {"message", TEXT}, {"room_id", TEXT}},
     {{ONE_OF, "room_id", NULL, NULL, NULL, "missing room_id on webex_config"},
      {ONE_OF, "http_config", NULL, NULL, NULL, "missing webex_configs.http_config.authorization"}},
     check_webex},
    {"msteams_configs",
     "Microsoft Teams",
     {COMMON,
      {"webhook_url", SECRET_URL},
      {"webhook_url_file", TEXT},
      {"title", TEXT},
      {"summary", TEXT},
      {"text", TEXT}},
     {{ONE_OF, "webhook_url", "webhook_url_file", NULL, NULL,
       "one of webhook_url or webhook_url_file must be configured"},
      BOTH("webhook_url", "webhook_url_file")}},
    {"msteamsv2_configs",
     "Microsoft Teams",
     {COMMON, {"webhook_url", SECRET_URL}, {"webhook_url_file", TEXT}, {"title", TEXT}, {"text", TEXT}},
     {{ONE_OF, "webhook_url", "webhook_url_file", NULL, NULL,
       "one of webhook_url or webhook_url_file must be configured"},
      BOTH("webhook_url", "webhook_url_file")}},
    {"jira_configs",
     "Jira",
     {COMMON,
      {"api_url", URL},
      {"api_type", TEXT},
      {"project", TEXT},
      {"summary", ANY},
      {"description", ANY},
      {"labels", LIST},
      {"priority", TEXT},
      {"issue_type", TEXT},
      {"reopen_transition", TEXT},
      {"resolve_transition", TEXT},
      {"wont_fix_resolution", TEXT},
      {"reopen_duration", TIME},
      {"fields", ANY},
      {"custom_fields", ANY}},
     {{ONE_OF, "project", NULL, NULL, NULL, "missing project in jira_config"},
      {ONE_OF, "issue_type", NULL, NULL, NULL, "missing issue_type in jira_config"},
      {ONE_OF, "api_url", NULL, "jira_api_url", NULL, "no global Jira Cloud URL set"}}},
    {"rocketchat_configs",
     "Rocket.Chat",
     {COMMON,
      {"api_url", URL},
      {"token_id", TEXT},
      {"token_id_file", TEXT},
      {"token", TEXT},
      {"token_file", TEXT},
      {"channel", TEXT},
      {"color", TEXT},
      {"title", TEXT},
      {"title_link", TEXT},
      {"text", TEXT},
      {"fields", ANY},
      {"short_fields", BOOL},
      {"emoji", TEXT},
      {"icon_url", TEXT},
      {"image_url", TEXT},
      {"thumb_url", TEXT},
      {"link_names", BOOL},
      {"actions", ANY}},
     {BOTH("token", "token_file"),
      BOTH("token_id", "token_id_file"),
      {ONE_OF, "token_id", "token_id_file", "rocketchat_token_id", "rocketchat_token_id_file",
       "no global Rocketchat TokenID set either inline or in a file"},
      {ONE_OF, "token", "token_file", "rocketchat_token", "rocketchat_token_file",
       "no global Rocketchat Token set either inline or in a file"}}},
    {"incidentio_configs",
     "incident.io",
     {COMMON,
      {"url", URL},
      {"url_file", TEXT},
      {"alert_source_token", TEXT},
      {"alert_source_token_file", TEXT},
      {"max_alerts", INT},
      {"timeout", TIME},
      {"metadata", PAIRS}},
     {{ONE_OF, "url", "url_file", NULL, NULL, "one of url or url_file must be configured"}, BOTH("url", "url_file")}},
    {"mattermost_configs",
     "Mattermost",
     {COMMON,
      {"webhook_url", SECRET_URL},
      {"webhook_url_file", TEXT},
      {"channel", TEXT},
      {"username", TEXT},
      {"icon_url", TEXT},
      {"icon_emoji", TEXT},
      {"text", TEXT},
      {"fallback", TEXT},
      {"color", TEXT},
      {"pretext", TEXT},
      {"author_name", TEXT},
      {"author_link", TEXT},
      {"author_icon", TEXT},
      {"title", TEXT},
      {"title_link", TEXT},
      {"thumb_url", TEXT},
      {"footer", TEXT},
      {"footer_icon", TEXT},
      {"image_url", TEXT},
      {"fields", ANY},
      {"attachments", ANY},
      {"props", ANY},
      {"priority", ANY}},
     {BOTH("webhook_url", "webhook_url_file")}},
};

const struct field foreign_globals[] = {
    {"opsgenie_api_url", URL},
    {"opsgenie_api_key", TEXT},
    {"opsgenie_api_key_file", TEXT},
    {"wechat_api_url", URL},
    {"wechat_api_secret", TEXT},
    {"wechat_api_secret_file", TEXT},
    {"wechat_api_corp_id", TEXT},
    {"victorops_api_url", URL},
    {"victorops_api_key", TEXT},
    {"victorops_api_key_file", TEXT},
    {"telegram_api_url", URL},
    {"telegram_bot_token", TEXT},
    {"telegram_bot_token_file", TEXT},
    {"webex_api_url", URL},
    {"jira_api_url", URL},
    {"rocketchat_api_url", URL},
    {"rocketchat_token", TEXT},
    {"rocketchat_token_file", TEXT},
    {"rocketchat_token_id", TEXT},
    {"rocketchat_token_id_file", TEXT},
    {"mattermost_webhook_url", SECRET_URL},
    {"mattermost_webhook_url_file", TEXT},
};

const struct rule foreign_rules[] = {
    BOTH("opsgenie_api_key", "opsgenie_api_key_file"),       BOTH("victorops_api_key", "victorops_api_key_file"),
    BOTH("telegram_bot_token", "telegram_bot_token_file"),   BOTH("rocketchat_token", "rocketchat_token_file"),
    BOTH("rocketchat_token_id", "rocketchat_token_id_file"),
};
const size_t foreign_n = sizeof foreign_table / sizeof *foreign_table;
const size_t foreign_n_globals = sizeof foreign_globals / sizeof *foreign_globals;
const size_t foreign_n_rules = sizeof foreign_rules / sizeof *foreign_rules;
