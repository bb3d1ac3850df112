/*
 * people.c -- what people do to notification: silences and acknowledgements, checked and put into the store, where the agent finds them.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "conf.h"
#include "message.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/notify.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/xalloc.h"
#include "people.h"

static void
make_uuid(char id[37])
{
	unsigned char b[16];

	if (getrandom(b, sizeof b, 0) != sizeof b)
		memset(b, 7, sizeof b);
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	char *p = id;
	for (size_t i = 0; i < 16; i++)
		p += sprintf(p, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
}

static void
format(struct buf *out, const struct matcher *m, size_t n)
{
	struct matcher_list sorted = {xmemdup(m, n * sizeof *m), n, n};

	matcher_list_sort(&sorted);
	buf_addc(out, '{');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(out, ',');
		matcher_format(out, &sorted.at[i]);
	}
	buf_addc(out, '}');
	free(sorted.at);
}

static int
check(const struct notify_silence *in, int64_t now, struct err *e)
{
	bool some = false;

	for (size_t i = 0; i < in->n_matchers; i++)
		some = some || !matcher_match_value(&in->matchers[i], "");
	if (in->n_matchers == 0)
		return err_set(e, ERR_USAGE, "a silence needs at least one matcher");
	if (!some)
		return err_set(
		    e, ERR_USAGE,
		    "at least one matcher must not match the empty text: this silence would match everything");
	if (in->ends_ms <= in->starts_ms)
		return err_set(e, ERR_USAGE, "a silence must not end before it starts");
	if (in->ends_ms <= now)
		return err_set(e, ERR_USAGE, "the end of a silence must be in the future");
	if (in->comment == NULL || in->comment[0] == '\0')
		return err_set(e, ERR_USAGE, "a silence needs a comment");
	if (in->created_by == NULL || in->created_by[0] == '\0')
		return err_set(e, ERR_USAGE, "a silence needs an author");
	return 0;
}

struct finding {
	const char *id;
	bool found;
	char *matchers, *created_by, *comment;
	int64_t starts, ends;
};

static void
find(void *arg, const struct store_silence *s)
{
	struct finding *f = arg;

	if (f->found || strcmp(s->id, f->id) != 0)
		return;
	f->found = true;
	f->matchers = xstrdup(s->matchers);
	f->created_by = xstrdup(s->created_by);
	f->comment = xstrdup(s->comment);
	f->starts = s->starts_ms;
	f->ends = s->ends_ms;
}

static void
finding_release(struct finding *f)
{
	free(f->matchers);
	free(f->created_by);
	free(f->comment);
}

const char *
notify_author(void)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *pw;

	if (sudo != NULL && sudo[0] != '\0')
		return sudo;
	pw = getpwuid(getuid());
	return pw != NULL ? pw->pw_name : "unknown";
}

int
people_event(struct store *s, const char *by, const char *did, const char *what, const char *ref, int64_t now,
	     struct err *e)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "%s %s %s", by, did, what);
	const struct store_event ev = {.t = now,
				       .kind = "person",
				       .severity = "info",
				       .subject = by,
				       .model = "",
				       .text = buf_str(&text),
				       .ref = ref};
	int rc = store_put_event(s, &ev, e);
	buf_release(&text);
	return rc;
}

/* Ends it now; one that has not begun ends where it begins. */
static int
end_now(struct store *s, const struct finding *f, int64_t now, struct err *e)
{
	const struct store_silence x = {f->id,         f->matchers, f->starts < now ? f->starts : now, now, now,
					f->created_by, f->comment};

	return store_put_silence(s, &x, e);
}

int
notify_silence_put(struct store *s, const struct notify_silence *in, int64_t now, char id[37], struct err *e)
{
	struct finding old = {.id = in->id};
	bool change = in->id != NULL && in->id[0] != '\0';
	struct buf text = BUF_INIT;

	if (check(in, now, e) < 0)
		return -1;
	if (change && store_silences(s, 0, find, &old, e) < 0)
		return -1;
	if (change && !old.found)
		return err_set(e, ERR_USAGE, "no silence has the id '%s'", in->id);
	format(&text, in->matchers, in->n_matchers);
	bool keep = change && old.ends > now && strcmp(old.matchers, buf_str(&text)) == 0 &&
		    (in->starts_ms == old.starts || old.starts > now);
	if (keep)
		snprintf(id, 37, "%s", in->id);
	else
		make_uuid(id);
	/* a new one cannot begin in the past */
	int64_t starts = keep || in->starts_ms > now ? in->starts_ms : now;
	const struct store_silence x = {id, buf_str(&text), starts, in->ends_ms, now, in->created_by, in->comment};
	int rc = store_rows_begin(s, e);
	if (rc == 0) {
		if (change && !keep && old.ends > now)
			rc = end_now(s, &old, now, e);
		if (rc == 0)
			rc = store_put_silence(s, &x, e);
		if (rc == 0)
			rc = people_event(s, in->by != NULL ? in->by : in->created_by,
					  keep ? "changed the silence" : "silenced", buf_str(&text), id, now, e);
		rc = store_rows_end(s, rc, e);
	}
	finding_release(&old);
	buf_release(&text);
	return rc;
}

int
notify_silence_expire(struct store *s, const char *id, const char *by, int64_t now, struct err *e)
{
	struct finding f = {.id = id};
	int rc = store_silences(s, 0, find, &f, e);
	bool over = f.found && f.ends <= now;

	if (rc == 0 && !f.found)
		rc = err_set(e, ERR_USAGE, "no silence has the id '%s'", id);
	if (rc == 0 && !over)
		rc = store_rows_begin(s, e);
	if (rc == 0 && !over) {
		rc = end_now(s, &f, now, e);
		if (rc == 0)
			rc = people_event(s, by, "ended the silence", f.matchers, id, now, e);
		rc = store_rows_end(s, rc, e);
	}
	finding_release(&f);
	return rc < 0 ? -1 : over;
}

/* ---- acknowledgements ---- */

struct named {
	uint64_t fp;
	struct buf name; /* "ErrorRateHigh (fraud)" */
	struct arena *mem;
	struct labels labels;
};

static void
name_alert(void *arg, const struct store_notify_alert *a)
{
	struct named *k = arg;
	const char *model = labels_get(a->labels, "model");

	if (a->fingerprint != k->fp)
		return;
	buf_addf(&k->name, "%s%s%s%s", labels_get(a->labels, "alertname"), model[0] != '\0' ? " (" : "", model,
		 model[0] != '\0' ? ")" : "");
	k->labels = labels_copy(k->mem, a->labels);
}

static void
named_release(struct named *k)
{
	buf_release(&k->name);
	arena_close(k->mem);
}

/* One that nobody knows is named by its fingerprint. */
static int
find_name(struct store *s, const char *fp_text, struct named *k, struct err *e)
{
	char *end;

	*k = (struct named){strtoull(fp_text, &end, 16), BUF_INIT, arena_open(), {0}};
	if (fp_text[0] == '\0' || *end != '\0')
		return err_set(e, ERR_USAGE, "'%s' is no fingerprint", fp_text);
	if (store_notify_alerts(s, name_alert, k, e) < 0)
		return -1;
	if (k->name.len == 0)
		buf_addstr(&k->name, fp_text);
	return 0;
}

int
notify_ack(struct store *s, const char *fp_text, int64_t starts_ms, const char *by, const char *comment, int64_t now,
	   struct err *e)
{
	struct named k;
	int rc = find_name(s, fp_text, &k, e);

	if (rc == 0)
		rc = store_rows_begin(s, e);
	if (rc == 0) {
		const struct store_ack a = {k.fp, starts_ms, now, by, comment};

		if (comment[0] != '\0')
			buf_addf(&k.name, ": %s", comment);
		rc = store_put_ack(s, &a, e);
		if (rc == 0)
			rc = people_event(s, by, "acknowledged", buf_str(&k.name), fp_text, now, e);
		rc = store_rows_end(s, rc, e);
	}
	named_release(&k);
	return rc;
}

struct ack_there {
	uint64_t fp;
	int64_t at_ms;
	bool found;
};

static void
find_ack(void *arg, const struct store_ack *a)
{
	struct ack_there *x = arg;

	if (a->fingerprint != x->fp)
		return;
	x->found = true;
	x->at_ms = a->at_ms;
}

int
notify_unack(struct store *s, const char *fp_text, const char *by, int64_t now, struct err *e)
{
	struct named k;
	struct ack_there x = {0};
	int rc = find_name(s, fp_text, &k, e);

	x.fp = k.fp;
	if (rc == 0)
		rc = store_rows_begin(s, e);
	if (rc == 0) {
		rc = store_acks(s, find_ack, &x, e);
		if (rc == 0 && x.found)
			rc = store_drop_ack(s, k.fp, e);
		if (rc == 0 && x.found)
			rc = store_forget_ack(s, k.labels, x.at_ms, e);
		if (rc == 0 && x.found)
			rc = people_event(s, by, "took back the acknowledgement of", buf_str(&k.name), fp_text, now, e);
		rc = store_rows_end(s, rc, e);
	}
	named_release(&k);
	return rc < 0 ? -1 : !x.found;
}

/* ---- notes ---- */

int
notify_note(struct store *s, const char *model, const char *text, const char *by, int64_t now, struct err *e)
{
	const struct store_event ev = {
	    .t = now, .kind = "note", .severity = "info", .subject = by, .model = model, .text = text, .ref = ""};

	return store_put_event(s, &ev, e);
}

/* ---- matchers ---- */

int
notify_matchers_parse(struct matcher **out, size_t *n, const char *text, bool bare, struct err *e)
{
	struct matcher_list l = {*out, *n, *n};
	bool word = bare && text[0] != '\0' && text[strcspn(text, "=!{}~,\" ")] == '\0';
	struct matcher m;
	int rc;

	if (word) {
		rc = matcher_init(&m, MATCH_EQ, "alertname", text, e);
		if (rc == 0)
			matcher_list_add(&l, m);
	} else {
		rc = matchers_parse(&l, text, e);
	}
	*out = l.at;
	*n = l.n;
	return rc;
}
