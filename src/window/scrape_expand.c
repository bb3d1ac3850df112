/*
 * scrape_expand.c -- a scrape configuration into targets.
 *
 * Every address of static_configs becomes a label set (__address__, __scheme__, __metrics_path__, __param_*, job and its
 * labels), which relabel_configs may change or drop; what is left says where to scrape and which labels the samples
 * get. As Prometheus 2.42 does it, default ports included.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/relabel.h"
#include "mlwatch/xalloc.h"

#include "scrape_private.h"

#define PARAM "__param_"

static const char *
duration_text(struct arena *mem, int64_t ms)
{
	struct buf b = BUF_INIT;
	const char *text;

	duration_format(&b, ms);
	text = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return text;
}

/* The labels before relabelling: an address's own win over the configuration's. */
static struct labels
first_labels(struct arena *mem, const struct scrape_spec *spec, const char *address, const struct label *own, size_t n)
{
	const struct label defaults[] = {{"job", spec->job},
					 {"__scrape_interval__", duration_text(mem, spec->interval_ms)},
					 {"__scrape_timeout__", duration_text(mem, spec->timeout_ms)},
					 {"__metrics_path__", spec->metrics_path},
					 {"__scheme__", spec->scheme}};
	struct labels l = labels_make(mem, own, n);

	l = labels_with(mem, l, "__address__", address);
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		if (!labels_has(l, defaults[i].name))
			l = labels_with(mem, l, defaults[i].name, defaults[i].value);
	for (size_t i = spec->n_params; i-- > 0;) /* the first of a name counts */
		l = labels_with(mem, l, arena_printf(mem, PARAM "%s", spec->params[i].name), spec->params[i].value);
	return l;
}

/* host without a port; [::1] has none, [::1]:80 has one, ::1 is no address. */
static bool
lacks_port(const char *address)
{
	const char *bracket = strrchr(address, ']'), *colon = strchr(bracket != NULL ? bracket : address, ':');

	return colon == NULL;
}

/* As Go's url.QueryEscape and the path escaping of url.URL. */
static void
add_escaped(struct buf *b, const char *s, const char *plain, bool plus)
{
	for (; *s != '\0'; s++) {
		if (isalnum((unsigned char)*s) || strchr(plain, *s) != NULL)
			buf_addc(b, *s);
		else if (*s == ' ' && plus)
			buf_addc(b, '+');
		else
			buf_addf(b, "%%%02X", (unsigned)(unsigned char)*s);
	}
}

static void
add_param(struct buf *b, const char *name, const char *value)
{
	buf_addc(b, strchr(buf_str(b), '?') == NULL ? '?' : '&');
	add_escaped(b, name, "-_.~", true);
	buf_addc(b, '=');
	add_escaped(b, value, "-_.~", true);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The parameter's values: the first is the label's, should there be one; then the configuration's further ones. */
static void
add_params_named(struct buf *b, const struct scrape_spec *spec, struct labels l, const char *name)
{
	struct buf label = BUF_INIT;
	bool first = true;
	const char *value;

	buf_addf(&label, PARAM "%s", name);
	value = labels_get(l, buf_str(&label));
	buf_release(&label);
	for (size_t i = 0; i < spec->n_params; i++) {
		if (strcmp(spec->params[i].name, name) != 0)
			continue;
		add_param(b, name, first && value[0] != '\0' ? value : spec->params[i].value);
		first = false;
	}
	if (first)
		add_param(b, name, value);
}

static const char *
make_url(struct arena *mem, const struct scrape_spec *spec, struct labels l)
{
	const char *path = labels_get(l, "__metrics_path__"), **names, *url;
	struct buf b = BUF_INIT;
	size_t n = 0;

	buf_addf(&b, "%s://%s%s", labels_get(l, "__scheme__"), labels_get(l, "__address__"),
		 path[0] != '\0' && path[0] != '/' ? "/" : "");
	add_escaped(&b, path, "-_.~$&+,/:;=@", false);
	names = arena_alloc(mem, (spec->n_params + l.n + 1) * sizeof *names);
	for (size_t i = 0; i < spec->n_params; i++)
		names[n++] = spec->params[i].name;
	for (size_t i = 0; i < l.n; i++)
		if (strncmp(l.at[i].name, PARAM, sizeof PARAM - 1) == 0)
			names[n++] = l.at[i].name + sizeof PARAM - 1;
	qsort(names, n, sizeof *names, by_text);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(names[i - 1], names[i]) != 0)
			add_params_named(&b, spec, l, names[i]);
	url = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return url;
}

static struct labels
public_labels(struct arena *mem, struct labels l)
{
	struct label *at = arena_alloc(mem, (l.n + 1) * sizeof *at);
	size_t n = 0;

	for (size_t i = 0; i < l.n; i++)
		if (strncmp(l.at[i].name, "__", 2) != 0)
			at[n++] = l.at[i];
	return labels_copy(mem, (struct labels){at, n});
}

static int
check_address(struct arena *mem, struct labels *l, struct err *e)
{
	const char *address = labels_get(*l, "__address__"), *scheme = labels_get(*l, "__scheme__");

	if (address[0] == '\0')
		return err_set(e, ERR_FILE, "a target has no address after relabelling");
	if (strchr(address, '/') != NULL)
		return err_set(e, ERR_FILE, "not a target address: '%s'", address);
	if (scheme[0] == '\0')
		*l = labels_with(mem, *l, "__scheme__", scheme = "http");
	if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		return err_set(e, ERR_FILE, "not a scheme: '%s'", scheme);
	if (lacks_port(address))
		*l = labels_with(mem, *l, "__address__",
				 arena_printf(mem, "%s:%s", address, strcmp(scheme, "https") == 0 ? "443" : "80"));
	return 0;
}

static int
take_times(struct scrape_target *t, struct labels l, struct err *e)
{
	const char *interval = labels_get(l, "__scrape_interval__"), *timeout = labels_get(l, "__scrape_timeout__");

	if (duration_parse(interval, &t->interval_ms) < 0 || t->interval_ms <= 0)
		return err_set(e, ERR_FILE, "not an interval after relabelling: '%s'", interval);
	if (duration_parse(timeout, &t->timeout_ms) < 0 || t->timeout_ms <= 0)
		return err_set(e, ERR_FILE, "not a timeout after relabelling: '%s'", timeout);
	if (t->timeout_ms > t->interval_ms)
		return err_set(e, ERR_FILE, "the timeout %s is longer than the interval %s", timeout, interval);
	return 0;
}

static struct scrape_target *
target_new(const struct scrape_spec *spec, struct labels l, struct arena *mem, struct err *e)
{
	struct scrape_target *t = xcalloc(1, sizeof *t);

	t->spec = spec;
	if (check_address(mem, &l, e) < 0 || take_times(t, l, e) < 0) {
		free(t);
		return NULL;
	}
	if (!labels_has(l, "instance"))
		l = labels_with(mem, l, "instance", labels_get(l, "__address__"));
	t->own = arena_open();
	t->mem = arena_open();
	t->labels = public_labels(t->own, l);
	t->url = arena_strdup(t->own, make_url(mem, spec, l));
	t->offset_ms = (int64_t)(hash_mix(labels_hash(t->labels), hash_str(t->url)) % (uint64_t)t->interval_ms);
	return t;
}

struct scrape_target *
scrape_target_open(const struct scrape_spec *spec, const char *address, const struct label *labels, size_t n_labels,
		   struct err *e)
{
	struct arena *mem = arena_open();
	struct labels l = first_labels(mem, spec, address, labels, n_labels);
	struct scrape_target *t = NULL;

	if (spec->relabel == NULL || relabel_apply(spec->relabel, mem, &l))
		t = target_new(spec, l, mem, e);
	arena_close(mem);
	return t;
}

bool
scrape_target_same(const struct scrape_target *a, const struct scrape_target *b)
{
	return strcmp(a->url, b->url) == 0 && labels_equal(a->labels, b->labels);
}

void
scrape_target_close(struct scrape_target *t)
{
	if (t == NULL)
		return;
	known_release(&t->known);
	arena_close(t->own);
	arena_close(t->mem);
	free(t);
}

const char *
scrape_target_url(const struct scrape_target *t)
{
	return t->url;
}

struct labels
scrape_target_labels(const struct scrape_target *t)
{
	return t->labels;
}

int64_t
scrape_target_interval(const struct scrape_target *t)
{
	return t->interval_ms;
}

int64_t
scrape_target_timeout(const struct scrape_target *t)
{
	return t->timeout_ms;
}

int64_t
scrape_target_offset(const struct scrape_target *t)
{
	return t->offset_ms;
}
