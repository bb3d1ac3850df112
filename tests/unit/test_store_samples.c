/*
 * test_store_samples.c -- samples: bits kept, order mended, the first of two kept, compaction and retention without a trace.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/store/store_samples.h"
#include "../../src/store/store_windows.h"
#include "../store_place.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/matcher.h"
#include "mlwatch/num.h"

static struct store *
open_store(const char *path, enum store_mode mode)
{
	struct store_spec spec = {.path = path, .keep_samples_ms = 2 * MS_DAY};
	struct store *s = NULL;
	struct err e = ERR_INIT;

	if (store_open(&s, &spec, mode, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static void
put(struct store *s, const char *instance, int64_t t, double v)
{
	struct label at[] = {{"__name__", "up"}, {"instance", instance}};
	struct store_sample x = {.labels = {at, 2}, .t = t, .v = v};
	struct err e = ERR_INIT;

	if (store_put_sample(s, &x, &e) < 0)
		fail_msg("%s", e.text);
}

static void
begin(struct store *s)
{
	assert_int_equal(store_begin(s, NULL), 0);
}

static void
commit(struct store *s, int64_t now)
{
	struct err e = ERR_INIT;

	if (store_commit(s, now, &e) < 0)
		fail_msg("%s", e.text);
}

static void
housekeep(struct store *s, int64_t now)
{
	struct err e = ERR_INIT;

	while (store_housekeep(s, now, &e))
		;
	if (err_is_set(&e))
		fail_msg("%s", e.text);
}

static struct series_list
ask(struct store *s, struct arena *mem, const char *instance, int64_t mint, int64_t maxt, unsigned flags)
{
	struct matcher m[2];
	struct series_list out = {0};
	struct err e = ERR_INIT;

	matcher_init(&m[0], MATCH_EQ, "__name__", "up", NULL);
	matcher_init(&m[1], MATCH_EQ, "instance", instance != NULL ? instance : "", NULL);
	struct select q = {
	    .matchers = m, .n_matchers = instance != NULL ? 2 : 1, .mint = mint, .maxt = maxt, .flags = flags};
	struct storage st = store_storage(s);
	if (st.select(st.self, &q, mem, &out, &e) < 0)
		fail_msg("%s", e.text);
	matcher_release(&m[0]);
	matcher_release(&m[1]);
	return out;
}

static bool
same_bits(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* ---- chunks ---- */

static void
round_trip(const struct sample *at, size_t n)
{
	struct buf b = BUF_INIT;
	struct sample_list l = {0};

	chunk_encode(&b, at, n);
	assert_int_equal(chunk_decode(b.p, b.len, &l), 0);
	assert_int_equal(l.n, n);
	for (size_t i = 0; i < n; i++) {
		assert_true(l.at[i].t == at[i].t);
		assert_true(same_bits(l.at[i].v, at[i].v));
	}
	/* cut short it is damaged, never more than it says, never read past its end (on the heap, so that ASan sees) */
	for (size_t cut = 0; cut < b.len; cut += 1 + b.len / 50) {
		void *p = malloc(cut + 1);
		memcpy(p, b.p, cut);
		l.n = 0;
		assert_int_equal(chunk_decode(p, cut, &l), -1);
		free(p);
	}
	free(l.at);
	buf_release(&b);
}

static void
chunk__gives_back_every_bit(void **state)
{
	struct place *p = *state;
	struct sample at[500];
	static const double odd[] = {0.0, -0.0, 1, -1, 1e308, 5e-324, INFINITY, -INFINITY, NAN, 0.1, 1.0 / 3};

	for (size_t i = 0; i < 500; i++)
		at[i] = (struct sample){.t = (int64_t)i * 15000 + 1700000000000, .v = (double)i};
	round_trip(at, 500);
	round_trip(at, 1);
	for (size_t i = 0; i < 500; i++)
		at[i].v = odd[place_random(p) % 11];
	at[7].v = num_stale();
	round_trip(at, 500);
	int64_t t = -5000000000000;
	for (size_t i = 0; i < 500; i++) { /* any bits, any distances */
		uint64_t bits = place_random(p);
		t += 1 + (int64_t)(place_random(p) >> (20 + place_random(p) % 43));
		at[i].t = t;
		memcpy(&at[i].v, &bits, sizeof(bits));
	}
	round_trip(at, 500);
}

static void
chunk__a_regular_gauge_is_small(void **state)
{
	(void)state;
	struct sample at[240];
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < 240; i++)
		at[i] = (struct sample){.t = 1700000000000 + (int64_t)i * 15000, .v = 1};
	chunk_encode(&b, at, 240);
	assert_true(b.len < 100); /* two bits a sample, and a head */
	buf_release(&b);
}

static void
chunk__nonsense_is_damage(void **state)
{
	struct place *p = *state;
	struct sample_list l = {0};

	for (int i = 0; i < 2000; i++) {
		size_t n = place_random(p) % 64;
		uint8_t *bytes = malloc(n + 1);
		for (size_t j = 0; j < n; j++)
			bytes[j] = (uint8_t)place_random(p);
		l.n = 0;
		chunk_decode(bytes, n, &l); /* whatever it says, it ends and stays in its bytes */
		assert_true(l.n <= 8 * n + 1);
		free(bytes);
	}
	free(l.at);
}

/* ---- samples ---- */

static void
samples__keep_their_bits_in_memory_and_after_compaction(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT), *r = open_store(p->path, STORE_READ);
	struct arena *mem = arena_open();
	int64_t t = floor_to(clock_now(), MS_HOUR) - MS_HOUR;
	static const double v[] = {1, -0.0, NAN, INFINITY, 0.1};

	begin(s);
	for (int i = 0; i < 5; i++)
		put(s, "a", t + i * 15000, v[i]);
	put(s, "a", t + 5 * 15000, num_stale());
	commit(s, t);
	for (int compacted = 0; compacted < 2; compacted++) {
		struct series_list out = ask(r, mem, "a", t - 1, t + MS_HOUR, 0);
		assert_int_equal(out.n, 1);
		assert_int_equal(out.at[0].n, 6);
		for (int i = 0; i < 5; i++) {
			assert_true(out.at[0].points[i].t == t + i * 15000);
			assert_true(same_bits(out.at[0].points[i].v, v[i]));
		}
		assert_true(num_is_stale(out.at[0].points[5].v));
		/* left-open: mint itself is not in */
		out = ask(r, mem, "a", t, t + 30000, 0);
		assert_int_equal(out.at[0].n, 2);
		housekeep(s, t + MS_HOUR);
	}
	assert_true(samples_newest_chunked(r) == INT64_MIN || samples_newest_chunked(r) == t + 75000);
	arena_close(mem);
	store_close(r);
	store_close(s);
}

static void
samples__of_two_at_one_time_the_first_stays(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	struct arena *mem = arena_open();
	int64_t t = floor_to(clock_now(), MS_HOUR) - 2 * MS_HOUR;

	begin(s);
	put(s, "a", t, 1);
	put(s, "a", t, 2);
	put(s, "a", t + 2000, 3);
	put(s, "a", t + 1000, 4); /* out of order */
	commit(s, t);
	struct series_list out = ask(s, mem, "a", t - 1, t + 5000, 0);
	assert_int_equal(out.at[0].n, 3);
	assert_true(out.at[0].points[0].v == 1 && out.at[0].points[1].v == 4 && out.at[0].points[2].v == 3);
	housekeep(s, t + MS_HOUR);
	begin(s);
	put(s, "a", t, 9);       /* against a chunk */
	put(s, "a", t + 500, 5); /* between what is in a chunk */
	commit(s, t + MS_HOUR);
	for (int i = 0; i < 2; i++) {
		out = ask(s, mem, "a", t - 1, t + 5000, 0);
		assert_int_equal(out.at[0].n, 4);
		assert_true(out.at[0].points[0].v == 1 && out.at[0].points[1].v == 5);
		housekeep(s, t + 2 * MS_HOUR);
	}
	arena_close(mem);
	store_close(s);
}

static void
samples__random_order_gives_what_a_sorted_array_holds(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT), *r = open_store(p->path, STORE_READ);
	struct arena *mem = arena_open();
	enum { N = 6 * 240 };
	static double model[3][N];
	static const char *const names[] = {"a", "b", "c"};
	int64_t base = floor_to(clock_now(), MS_HOUR) - 8 * MS_HOUR, now = base;

	for (int i = 0; i < 3; i++)
		for (int j = 0; j < N; j++)
			model[i][j] = NAN;
	for (int j = 0; j < N; j++) {
		now = base + j * 15000;
		begin(s);
		for (int i = 0; i < 3; i++) {
			int at =
			    /* c is late and repeats itself */
			    i == 2 && j > 100 ? j - (int)(place_random(p) % 100) : j;
			if (i == 1 && j % 7 == 0)
				continue;
			double v = (double)(place_random(p) % 1000) / 8;
			put(s, names[i], base + at * 15000, v);
			if (isnan(model[i][at]))
				model[i][at] = v;
		}
		commit(s, now);
		if (j % 50 == 0)
			housekeep(s, now);
		if (j == N / 2) {
			store_close(s);
			s = open_store(p->path, STORE_AGENT);
		}
		if (j % 60 != 59)
			continue;
		int64_t from = base + (int64_t)(place_random(p) % (uint64_t)(j + 1)) * 15000 - 1,
			to = now - (int64_t)(place_random(p) % 600000);
		struct series_list out = ask(j % 120 == 59 ? r : s, mem, NULL, from, to, 0);
		size_t want = 0, got = 0;
		for (int i = 0; i < 3; i++)
			for (int k = 0; k < N; k++)
				want += !isnan(model[i][k]) && base + k * 15000 > from && base + k * 15000 <= to;
		for (size_t i = 0; i < out.n; i++) {
			int which = labels_get(out.at[i].labels, "instance")[0] - 'a';
			got += out.at[i].n;
			for (size_t k = 0; k < out.at[i].n; k++)
				assert_true(out.at[i].points[k].v ==
					    model[which][(out.at[i].points[k].t - base) / 15000]);
		}
		assert_int_equal(got, want);
	}
	arena_close(mem);
	store_close(r);
	store_close(s);
}

static void
samples__past_their_retention_they_go_with_their_series(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT), *r = open_store(p->path, STORE_READ);
	struct arena *mem = arena_open();
	int64_t t = clock_now();

	begin(s);
	put(s, "old", t, 1);
	commit(s, t);
	assert_int_equal(ask(r, mem, "old", t - 1, t, 0).n, 1);
	housekeep(s, t + MS_HOUR);
	assert_int_equal(ask(r, mem, "old", INT64_MIN, INT64_MAX, SELECT_LABELS_ONLY).n, 1);
	for (int64_t now = t; now < t + 5 * MS_DAY; now += MS_HOUR) {
		begin(s);
		put(s, "new", now, 2);
		commit(s, now);
		housekeep(s, now);
	}
	assert_int_equal(ask(r, mem, "old", INT64_MIN, INT64_MAX, 0).n, 0);
	struct series_list out = ask(r, mem, "new", INT64_MIN, INT64_MAX, 0);
	assert_int_equal(out.n, 1);
	assert_in_range(out.at[0].n, 48, 50);
	assert_int_equal(series_count(s), 1);
	/* an old one that comes back is a series again, with an id of its own */
	begin(s);
	put(s, "old", t + 5 * MS_DAY, 3);
	commit(s, t + 5 * MS_DAY);
	out = ask(r, mem, "old", INT64_MIN, INT64_MAX, 0);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.at[0].n, 1);
	arena_close(mem);
	store_close(r);
	store_close(s);
}

static void
samples__a_limit_is_an_error(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	struct arena *mem = arena_open();
	struct matcher m;
	struct err e = ERR_INIT;
	struct series_list out = {0};

	begin(s);
	for (int i = 0; i < 100; i++)
		put(s, "a", 1700000000000 + i, i);
	commit(s, clock_now());
	matcher_init(&m, MATCH_EQ, "__name__", "up", NULL);
	struct select q = {.matchers = &m, .n_matchers = 1, .mint = 0, .maxt = INT64_MAX, .max_samples = 50};
	struct storage st = store_storage(s);
	assert_int_equal(st.select(st.self, &q, mem, &out, &e), -1);
	assert_non_null(strstr(e.text, "too many samples"));
	q.max_samples = 100;
	assert_int_equal(st.select(st.self, &q, mem, &out, NULL), 0);
	matcher_release(&m);
	arena_close(mem);
	store_close(s);
}

/* ---- histograms ---- */

static void
put_histogram(struct store *s, const char *instance, int64_t t, const struct histogram *h)
{
	struct label at[] = {{"__name__", "up"}, {"instance", instance}};
	struct store_sample x = {.labels = {at, 2}, .t = t, .h = h};
	struct err e = ERR_INIT;

	if (store_put_sample(s, &x, &e) < 0)
		fail_msg("%s", e.text);
}

static void
samples__histograms_come_back_as_they_were(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT), *r = open_store(p->path, STORE_READ);
	struct arena *mem = arena_open();
	static const char *const texts[] = {
	    "{{}}",
	    "{{schema:3 count:4 sum:5.5 z_bucket:1 z_bucket_w:0.001 buckets:[1 0 2.5] offset:-7 n_buckets:[1 1]}}",
	    "{{schema:-4 sum:-0.1 count:3 buckets:[3] counter_reset_hint:gauge}}",
	    "{{schema:-53 sum:7 count:6 custom_values:[0.5 1 10] buckets:[1 2 3]}}",
	};
	int64_t t = floor_to(clock_now(), MS_HOUR) - MS_HOUR;
	size_t n = sizeof(texts) / sizeof(texts[0]);
	struct histogram *h[4];

	begin(s);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(histogram_parse_test(mem, texts[i], strlen(texts[i]), &h[i], NULL), 0);
		put_histogram(s, "a", t + (int64_t)i * 1000, h[i]);
	}
	put(s, "a", t + 500, 7);        /* a series may change its kind */
	put(s, "a", t + 1000, 8);       /* and of both at one time the number stays */
	put_histogram(s, "a", t, h[1]); /* of two the first */
	commit(s, t);
	for (int compacted = 0; compacted < 2; compacted++) {
		struct series_list out = ask(r, mem, "a", t - 1, t + MS_MINUTE, 0);
		assert_int_equal(out.n, 1);
		assert_int_equal(out.at[0].n, n + 1);
		assert_true(out.at[0].points[1].h == NULL && out.at[0].points[1].v == 7);
		assert_true(out.at[0].points[2].h == NULL && out.at[0].points[2].v == 8);
		assert_true(histogram_equal(out.at[0].points[0].h, h[0]));
		assert_true(histogram_equal(out.at[0].points[3].h, h[2]));
		assert_true(histogram_equal(out.at[0].points[4].h, h[3]));
		assert_true(out.at[0].points[3].h->hint == RESET_GAUGE);
		housekeep(s, t + MS_HOUR);
	}
	for (int64_t now = t; now < t + 4 * MS_DAY; now += MS_HOUR) {
		begin(s);
		put(s, "b", now, 2);
		commit(s, now);
		housekeep(s, now);
	}
	assert_int_equal(ask(r, mem, "a", INT64_MIN, INT64_MAX, 0).n, 0);
	arena_close(mem);
	store_close(r);
	store_close(s);
}

static void
samples__damaged_histograms_are_damage(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path, STORE_AGENT);
	struct arena *mem = arena_open();
	static const char text[] = "{{schema:3 count:4 sum:5.5 buckets:[1 0 2.5] offset:-7 n_buckets:[1 1]}}";
	struct histogram *h;
	struct buf b = BUF_INIT;

	assert_int_equal(histogram_parse_test(mem, text, strlen(text), &h, NULL), 0);
	histogram_pack(&b, h);
	for (size_t cut = 0; cut < b.len; cut++) {
		void *bytes = malloc(cut + 1);
		memcpy(bytes, b.p, cut);
		assert_null(histogram_unpack(s, mem, bytes, cut));
		free(bytes);
	}
	for (int i = 0; i < 3000; i++) { /* any byte wrong: it ends, and what it gives can be used */
		void *bytes = malloc(b.len);
		memcpy(bytes, b.p, b.len);
		((uint8_t *)bytes)[place_random(p) % b.len] = (uint8_t)place_random(p);
		const struct histogram *x = histogram_unpack(s, mem, bytes, b.len);
		if (x != NULL)
			histogram_copy(mem, x);
		free(bytes);
	}
	buf_release(&b);
	arena_close(mem);
	store_close(s);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(chunk__gives_back_every_bit),
	    CASE(chunk__a_regular_gauge_is_small),
	    CASE(chunk__nonsense_is_damage),
	    CASE(samples__keep_their_bits_in_memory_and_after_compaction),
	    CASE(samples__of_two_at_one_time_the_first_stays),
	    CASE(samples__random_order_gives_what_a_sorted_array_holds),
	    CASE(samples__past_their_retention_they_go_with_their_series),
	    CASE(samples__a_limit_is_an_error),
	    CASE(samples__histograms_come_back_as_they_were),
	    CASE(samples__damaged_histograms_are_damage),
	};
	return cmocka_run_group_tests_name("store_samples", tests, NULL, NULL);
}
