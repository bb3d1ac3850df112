/*
 * big_store.c -- a store of any size, quickly: `big_store FILE [SIZE [END_MS]]`. SIZE 1 (the default) makes about a gigabyte, 0.01 60 MB;
 * below that it is a day of three models, in a second or two.
 *
 * Thirty days of 20 models with 40 features each, three versions one after the other, at all widths; 50 targets scraped for two weeks;
 * 100 rules with their states, history and what two of them recorded; 100,000 events; 10,000 messages. All goes through the store's own verbs. What
 * an agent would have summed up and deleted since is written as wide as it has become: an increment of ten minutes leaves the same wide
 * rows behind as sixty of ten seconds.
 */
#include "big_world.h"

#include "mlwatch/store_rows.h"

#define RULES_FILE "/etc/mlwatch/rules/models.yml"
#define GROUP      10 /* rules of a group */

struct work {
	struct world w;
	struct store *s;
	struct arena *mem;
	int days, rules, events, messages;
};

/* ---- references ---- */

static void
add_feature(struct work *k, struct reference *r, const struct world_feature *f)
{
	static const struct category_count kinds[] = {{"c00", 1200}, {"c01", 700}, {"c02", 600}, {"c03", 500}};
	struct reference_feature x = {
	    .name = f->name, .categorical = f->categorical, .rows = 3000, .categories = {kinds, 4}};
	struct edgehist *h = NULL;

	if (!f->categorical) {
		h = edgehist_open(f->edges);
		for (int i = 0; i < 3000; i++) {
			const double u = lcg_uniform(&k->w.random);

			edgehist_add(h, u * u * f->edges->at[f->edges->n - 1]);
		}
		x.edges = f->edges;
		x.hist = edgehist_histogram(k->mem, h);
		x.categories = (struct category_set){0};
		x.min = x.hist->bins->min;
		x.max = x.hist->bins->max;
		x.mean = f->edges->center; /* edges are told apart by it too */
		x.stddev = histogram_stddev(x.hist);
	}
	reference_add(r, &x);
	edgehist_close(h);
}

static void
put_references(struct work *k)
{
	struct err e = ERR_INIT;

	for (int i = 0; i < k->w.n_models; i++) {
		const struct world_model *m = &k->w.models[i];
		const char *version = labels_get(m->labels[VERSIONS - 1][0], "version");
		const struct reference_head head = {m->name, version, "2026-10-30", 3000};
		struct reference *r = reference_open(&head);
		struct buf json = BUF_INIT;

		for (int f = 0; f < k->w.n_features; f++)
			add_feature(k, r, &m->features[f]);
		reference_format(&json, r);
		must(store_put_reference(k->s, m->name, version, buf_str(&json), &e), &e);
		reference_close(r);
		buf_release(&json);
		arena_reset(k->mem);
	}
}

/* ---- measurements ---- */

static void
commit(struct work *k, int64_t now)
{
	struct err e = ERR_INIT;

	must(store_commit(k->s, now, &e), &e);
	while (store_housekeep(k->s, now, &e))
		;
	must(err_is_set(&e) ? -1 : 0, &e);
	must(store_begin(k->s, &e), &e);
}

/* Every 15 s in the last two days, every minute in the two weeks before. */
static void
put_samples(struct work *k, int64_t from, int64_t to)
{
	const int64_t age = k->w.end - to;

	if (age < 16 * MS_DAY)
		put_scrapes(&k->w, k->s, from, to, (age < 2 * MS_DAY ? TARGET_S : 60) * MS_SECOND);
}

/* What rules recorded of every feature, in the last day every 30 s. */
static void
put_recorded(struct work *k, int64_t from, int64_t to)
{
	static const char *const names[] = {"feature:drift_ks:15m", "feature:drifted:15m"};
	const int64_t t = to / (30 * MS_SECOND) * 30 * MS_SECOND;
	struct err e = ERR_INIT;

	if (k->w.end - to > MS_DAY || t <= from)
		return;
	for (int i = 0; i < k->w.n_models; i++)
		for (int f = 0; f < 2 * k->w.n_features; f += 2) {
			const struct labels l = k->w.models[i].labels[VERSIONS - 1][COMMON + f];

			for (int n = 0; n < 2; n++) {
				const double v = 0.2 * lcg_uniform(&k->w.random);
				const struct store_sample x = {.labels = labels_with(k->mem, l, METRIC_NAME, names[n]),
							       .t = t,
							       .v = n == 0 ? v : v > 0.18};
				must(store_put_sample(k->s, &x, &e), &e);
			}
		}
	arena_reset(k->mem);
}

/* Windows of one size from `from` on, until `to`. */
static void
put_span(struct work *k, int64_t from, int64_t to, int size)
{
	const int64_t width = size_ms[size];

	for (int64_t t = from / width * width; t < to; t += width) {
		put_models(&k->w, k->s, t, size);
		put_samples(k, t, t + width);
		put_recorded(k, t, t + width);
		if (size < 2 || t / width % 10 == 0)
			commit(k, t + width);
	}
}

static void
put_measurements(struct work *k)
{
	const int64_t end = k->w.end, begin = end - k->days * MS_DAY, hour = (end - 6 * MS_HOUR) / MS_HOUR * MS_HOUR;
	const int64_t minutes = hour / MS_DAY * MS_DAY - 2 * MS_DAY;
	struct err e = ERR_INIT;

	must(store_begin(k->s, &e), &e);
	put_span(k, begin, minutes, 3);
	put_span(k, begin > minutes ? begin : minutes, hour, 2);
	put_span(k, hour, end, 1);
	must(store_commit(k->s, end, &e), &e);
}

/* ---- rules and their alerts ---- */

static const struct rule {
	const char *name, *value_expr, *op, *severity;
	double limit;
} rules[] = {
    {"LatencyP95High", "histogram_quantile(0.95, sum by (job, model) (rate(ml_latency_seconds{model=\"%s\"}[5m])))",
     ">", "warning", 0.25},
    {"ErrorRateHigh",
     "sum by (job, model) (increase(ml_errors_total{model=\"%1$s\"}[5m]))"
     " / sum by (job, model) (increase(ml_predictions_total{model=\"%1$s\"}[5m]))",
     ">", "critical", 0.01},
    {"FeatureDrift", "feature:drift_ks:15m{model=\"%s\"}", ">", "warning", 0.1},
    {"DriftShareHigh", "avg by (model) (drift_ks(increase(ml_feature{model=\"%s\"}[15m])) > bool 0.1)", ">", "critical",
     0.3},
    {"NoTraffic", "sum by (job, model) (increase(ml_predictions_total{model=\"%s\"}[10m]))", "==", "critical", 0},
};
#define N_RULES ((int)(sizeof rules / sizeof *rules))

/* Rule i of all: of which kind, about which model. */
static const char *
rule_model(const struct work *k, int i)
{
	return k->w.models[i / N_RULES % k->w.n_models].name;
}

static char *
rule_expr(struct work *k, int i)
{
	char text[400];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof text, rules[i % N_RULES].value_expr, rule_model(k, i));
#pragma GCC diagnostic pop
	return arena_strdup(k->mem, text);
}

static struct store_alert
alert_of(struct work *k, int i, enum store_alert_state state, int64_t fired)
{
	const struct rule *r = &rules[i % N_RULES];
	const struct label labels[] = {{"alertname", r->name},
				       {"severity", r->severity},
				       {"model", rule_model(k, i)},
				       {"feature", i % N_RULES == 2 ? k->w.models[0].features[0].name : ""},
				       {"team", "data-science"}};
	const struct label notes[] = {{"summary", arena_printf(k->mem, "%s of %s", r->name, rule_model(k, i))},
				      {"runbook_url", "https://runbooks.example.com/models"}};
	const char *value_expr = rule_expr(k, i);

	return (struct store_alert){.name = r->name,
				    .file = RULES_FILE,
				    .group = "",
				    .line = 10 + 8 * i,
				    .labels = labels_make(k->mem, labels, sizeof labels / sizeof *labels),
				    .annotations = labels_make(k->mem, notes, 2),
				    .state = state,
				    .active_ms = fired - 5 * MS_MINUTE,
				    .fired_ms = state == STORE_ALERT_PENDING ? 0 : fired,
				    .resolved_ms = state == STORE_ALERT_RESOLVED ? fired + 20 * MS_MINUTE : 0,
				    .for_ms = 5 * MS_MINUTE,
				    .value = r->limit * 1.5,
				    .expr = arena_printf(k->mem, "%s %s %g", value_expr, r->op, r->limit),
				    .limit_op = r->op,
				    .limit = r->limit,
				    .value_expr = value_expr};
}

/* Every rule fired about twice a day; a fifth of them is not at rest now. */
static void
put_alerts(struct work *k)
{
	struct store_alert at[GROUP];
	char group[16];
	struct err e = ERR_INIT;

	for (int round = 60; round >= 0; round--)
		for (int g = 0; g < k->rules / GROUP; g++) {
			size_t n = 0;

			snprintf(group, sizeof group, "group-%02d", g);
			for (int i = 0; i < GROUP; i++)
				if (round > 0 || i % 5 == 0)
					at[n++] = alert_of(k, g * GROUP + i,
							   round > 0 ? STORE_ALERT_RESOLVED
							   : i == 0  ? STORE_ALERT_FIRING
								     : STORE_ALERT_PENDING,
							   k->w.end - round * 12 * MS_HOUR - (g + 1) * MS_MINUTE);
			must(store_put_alerts(k->s, RULES_FILE, group, at, n, &e), &e);
			arena_reset(k->mem);
		}
}

static void
put_rules_document(struct work *k)
{
	struct buf b = BUF_INIT, quoted = BUF_INIT;
	struct err e = ERR_INIT;

	for (int i = 0; i < k->rules; i++) {
		buf_reset(&quoted);
		labels_quote(&quoted, arena_printf(k->mem, "%s %s %g", rule_expr(k, i), rules[i % N_RULES].op,
						   rules[i % N_RULES].limit));
		buf_addf(&b,
			 "%s{\"name\":\"%s\",\"alerting\":true,\"group\":\"group-%02d\",\"file\":\"" RULES_FILE
			 "\",\"line\":%d,\"expr\":%s,\"last_eval_ms\":%lld,\"seconds\":0.002}",
			 i > 0 ? "," : "[", rules[i % N_RULES].name, i / GROUP, 10 + 8 * i, buf_str(&quoted),
			 (long long)k->w.end);
	}
	buf_addc(&b, ']');
	must(store_put_kv(k->s, "rules", buf_str(&b), &e), &e);
	buf_release(&b);
	buf_release(&quoted);
	arena_reset(k->mem);
}

/* ---- the rest ---- */

static void
put_documents(struct work *k)
{
	struct buf targets = BUF_INIT, logs = BUF_INIT;
	struct err e = ERR_INIT;

	for (int i = 0; i < k->w.n_targets; i++) {
		const struct labels l = k->w.scraped[i * SCRAPED];

		buf_addf(
		    &targets,
		    "%s{\"job\":\"%s\",\"instance\":\"%s\",\"url\":\"http://%s/metrics\",\"up\":true,\"last_ms\":%lld,"
		    "\"interval_ms\":15000,\"timeout_ms\":10000,\"seconds\":0.012,\"samples\":%d,\"error\":\"\"}",
		    i > 0 ? "," : "[", labels_get(l, "job"), labels_get(l, "instance"), labels_get(l, "instance"),
		    (long long)k->w.end, SCRAPED);
	}
	buf_addc(&targets, ']');
	for (int i = 0; i < k->w.n_models; i++)
		buf_addf(
		    &logs,
		    "%s{\"path\":\"/var/log/scoring/%s.jsonl\",\"open\":true,\"size\":48211340,\"offset\":48211340,"
		    "\"lag_bytes\":0,\"lines\":402118,\"bad_lines\":0,\"last_read_ms\":%lld,\"lines_per_s\":9.0,"
		    "\"error\":\"\"}",
		    i > 0 ? "," : "[{\"job\":\"scoring\",\"files\":[", k->w.models[i].name, (long long)k->w.end);
	buf_addf(&logs, "],\"bad\":{},\"bad_lines\":[],\"folded_categories\":0,\"newest_ms\":%lld}]",
		 (long long)k->w.end);
	must(store_put_kv(k->s, "agent", "{\"host\":\"scoring-1\"}", &e), &e);
	must(store_put_kv(k->s, "targets", buf_str(&targets), &e), &e);
	must(store_put_kv(k->s, "logs", buf_str(&logs), &e), &e);
	put_rules_document(k);
	buf_release(&targets);
	buf_release(&logs);
}

static void
put_events(struct work *k)
{
	static const char *const kinds[] = {"alert", "feature", "target", "category", "log", "traffic", "model"};
	static const char *const severities[] = {"problem", "warning", "info", "good"};
	struct err e = ERR_INIT;

	for (int i = 0; i < k->events; i++) {
		const char *model = k->w.models[i % k->w.n_models].name;
		const struct store_event ev = {
		    .t = k->w.end - 30 * MS_DAY + (int64_t)((double)i * (double)(30 * MS_DAY) / k->events),
		    .kind = kinds[i % 7],
		    .severity = severities[i % 4],
		    .subject = model,
		    .model = model,
		    .text = arena_printf(k->mem, "what happened to %s for the %d. time, and then went on", model, i),
		    .ref = ""};

		must(store_put_event(k->s, &ev, &e), &e);
		arena_reset(k->mem);
	}
}

static void
put_outbox(struct work *k)
{
	static const char *const receivers[][2] = {
	    {"slack-oncall", "slack"}, {"pager", "pagerduty"}, {"mail-team", "email"}, {"tickets", "webhook"}};
	struct err e = ERR_INIT;
	char payload[1200];

	memset(payload, 'x', sizeof payload - 1);
	payload[sizeof payload - 1] = '\0';
	for (int i = 0; i < k->messages; i++) {
		const bool open = i >= k->messages - 20, given_up = i % 200 == 0;
		const int64_t created = k->w.end - (int64_t)(k->messages - i) * 4 * MS_MINUTE;
		const uint64_t about = labels_hash(alert_of(k, i % k->rules, STORE_ALERT_FIRING, created).labels);
		const struct store_notification n = {.state = open       ? OUTBOX_QUEUED
							      : given_up ? OUTBOX_GIVEN_UP
									 : OUTBOX_SENT,
						     .created_ms = created,
						     .next_ms = open ? k->w.end + 30 * MS_SECOND : 0,
						     .expires_ms = created + MS_DAY,
						     .done_ms = open ? 0 : created + 900,
						     .attempts = open ? 3 : 1,
						     .status = open ? 503 : 200,
						     .receiver = receivers[i % 4][0],
						     .kind = receivers[i % 4][1],
						     .group_key = "{}:{model=\"model-00\"}",
						     .title = "LatencyP95High model-00",
						     .reason = "first",
						     .error = open || given_up ? "HTTP 503 Service Unavailable" : "",
						     .payload = payload,
						     .firing = &about,
						     .firing_n = sizeof about,
						     .resolved = "",
						     .resolved_n = 0};
		int64_t id;

		must(store_put_notification(k->s, &n, &id, &e), &e);
		arena_reset(k->mem);
	}
}

static void
put_people(struct work *k)
{
	struct err e = ERR_INIT;

	for (int i = 0; i < 40; i++) {
		const char *id = arena_printf(k->mem, "a91f0c44-0000-4000-8000-%012d", i);
		const char *matchers = arena_printf(k->mem, "{alertname=\"LatencyP95High\",model=\"%s\"}",
						    k->w.models[i % k->w.n_models].name);
		const int64_t from = k->w.end - (int64_t)i * 12 * MS_HOUR;
		const struct store_silence x = {id, matchers, from, from + 2 * MS_HOUR, from, "ana", "known"};

		must(store_put_silence(k->s, &x, &e), &e);
	}
	for (int i = 0; i < k->rules; i += 5) {
		const struct store_alert a = alert_of(k, i, STORE_ALERT_FIRING, k->w.end - MS_HOUR);
		const struct store_notify_alert known = {.fingerprint = labels_hash(a.labels),
							 .labels = a.labels,
							 .annotations = a.annotations,
							 .generator_url = "",
							 .expr = a.expr,
							 .silenced_by = "",
							 .starts_ms = a.fired_ms,
							 .updated_ms = k->w.end,
							 .has_value = true,
							 .value = a.value};

		must(store_put_notify_alert(k->s, &known, &e), &e);
	}
	arena_reset(k->mem);
}

static void
put_rows(struct work *k)
{
	struct err e = ERR_INIT;

	must(store_begin(k->s, &e), &e);
	put_alerts(k);
	put_documents(k);
	put_events(k);
	put_outbox(k);
	put_people(k);
	must(store_commit(k->s, k->w.end, &e), &e);
}

int
main(int argc, char **argv)
{
	const double size = argc > 2 ? strtod(argv[2], NULL) : 1;
	const int64_t end = argc > 3 ? strtoll(argv[3], NULL, 10) : clock_now();
	const struct store_spec spec = {.path = argc > 1 ? argv[1] : ""};
	struct work k = {.mem = arena_open()};
	struct err e = ERR_INIT;

	if (argc < 2 || !(size > 0 && size <= 10)) {
		fprintf(stderr, "usage: big_store FILE [SIZE [END_MS]]\n");
		return 2;
	}
	world_open(&k.w, size, end);
	k.days = size < 0.01 ? 1 : 30;
	k.rules = size > 0.1 ? (int)(10 * size + 0.5) * GROUP : 2 * GROUP;
	k.events = 5000 + (int)(95000 * size);
	k.messages = 100 + (int)(10000 * size);
	must(store_open(&k.s, &spec, STORE_AGENT, &e), &e);
	put_references(&k);
	put_measurements(&k);
	put_rows(&k);
	store_close(k.s);
	world_close(&k.w);
	arena_close(k.mem);
	return 0;
}
