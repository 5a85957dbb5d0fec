/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/window.h"

#include "base/xalloc.h"
#include "profile/news.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS   UINT64_C(1000000)
#define SPAN (5000 * MS)

/* A window; its clock starts at 10 s. Each test says what span it has. */
struct open {
	struct window *w;
	struct stats stats; /* what the sampler has counted so far */
};

#define START (10000 * MS)

static int
set_up(void **state)
{
	struct open *o = xcalloc(1, sizeof(*o));

	o->w = window_new(SPAN, START);
	*state = o;
	return 0;
}

static int
tear_down(void **state)
{
	struct open *o = *state;

	window_free(o->w);
	free(o);
	return 0;
}

/* News at ms after the start: "NODE:COUNT NODE:COUNT". */
static void
tell(struct open *o, uint64_t ms, const char *samples)
{
	struct news_sample list[16];
	struct news news = {.time_ns = START + ms * MS, .samples = list};
	unsigned node, count;
	int used;

	for (; sscanf(samples, "%u:%u%n", &node, &count, &used) == 2;
	     samples += used) {
		list[news.n_samples++] =
		    (struct news_sample){node, cpu_weight(count, count * 10)};
		o->stats.samples += count;
	}
	o->stats.wall_s = (double)ms / 1e3;
	news.stats = o->stats;
	window_add(o->w, &news);
}

static void
assert_weights(const struct weight *w, size_t n, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *fp = xopen_memstream(&text, &size);

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(w[i].cpu, w[i].count * 10);
		if (w[i].count != 0)
			(void)fprintf(fp, "%zu:%ju ", i,
			    (uintmax_t)w[i].count);
	}
	xclose_memstream(fp);
	assert_string_equal(text, expected);
	free(text);
}

static void
assert_inside(const struct open *o, const char *expected)
{
	size_t n;
	const struct weight *w = window_weights(o->w, &n);

	assert_weights(w, n, expected);
}

static void
assert_before(const struct open *o, const char *expected)
{
	size_t n;
	const struct weight *w = window_before(o->w, &n);

	assert_weights(w, n, expected);
}

static void
test_counts_add_up(void **state)
{
	struct open *o = *state;

	assert_inside(o, "");
	tell(o, 1000, "1:2 900:1");
	tell(o, 2000, "1:3");
	tell(o, 2010, "1:1 1:1 3:1");
	assert_inside(o, "1:7 3:1 900:1 ");
	assert_before(o, "");
	assert_int_equal(window_ns(o->w), 2010 * MS);
	assert_int_equal(window_before_ns(o->w), 0);
}

/* A second each; what leaves the window is before it, and then is gone. */
static void
test_time_goes_by(void **state)
{
	struct open *o = *state;
	static const char *const each[] = {"0:1", "1:1", "2:1", "3:1", "4:1",
	    "5:1", "6:1", "7:1", "8:1", "9:1", "10:1", "11:1"};

	for (size_t i = 0; i < 12; i++)
		tell(o, (i + 1) * 1000, each[i]);
	assert_inside(o, "7:1 8:1 9:1 10:1 11:1 ");
	assert_before(o, "2:1 3:1 4:1 5:1 6:1 ");
	assert_int_equal(window_ns(o->w), SPAN);
	assert_int_equal(window_before_ns(o->w), SPAN);
}

/* News that come a little early or late do not make it four or six seconds. */
static void
test_jitter(void **state)
{
	struct open *o = *state;

	for (uint64_t i = 1; i <= 40; i++) {
		tell(o, i * 1000 + (i * 7919 % 200), "0:1");
		if (i < 5)
			continue;
		assert_inside(o, "0:5 ");
		assert_true(window_ns(o->w) > 4800 * MS);
		assert_true(window_ns(o->w) < 5200 * MS);
	}
}

/* Many news in a short time share a slot: cost is by stacks, not by news. */
static void
test_short_news_share_slots(void **state)
{
	struct open *o = *state;

	for (uint64_t i = 1; i <= 20000; i++)
		tell(o, i, "3:1 4:2");
	assert_true(window_ns(o->w) >= 4800 * MS);
	assert_true(window_ns(o->w) <= 5200 * MS);
	assert_int_equal(window_stats(o->w).samples,
	    window_ns(o->w) / MS * 3);
}

/* Refreshed every ten seconds, a window of five is one of ten. */
static void
test_the_newest_is_always_inside(void **state)
{
	struct open *o = *state;

	tell(o, 10000, "1:1");
	assert_inside(o, "1:1 ");
	tell(o, 20500, "2:1");
	assert_inside(o, "2:1 ");
	assert_int_equal(window_ns(o->w), 10500 * MS);
}

static void
test_all_since_the_start(void **state)
{
	struct open *o = *state;

	window_set_span(o->w, 0);
	for (uint64_t i = 1; i <= 100; i++)
		tell(o, i * 1000, "1:1");
	assert_inside(o, "1:100 ");
	assert_before(o, "");
	assert_int_equal(window_ns(o->w), 100000 * MS);
	assert_int_equal(window_before_ns(o->w), 0);
	assert_int_equal(window_stats(o->w).samples, 100);
}

/* To all and back, and nothing is lost on the way. */
static void
test_all_and_back(void **state)
{
	struct open *o = *state;

	for (uint64_t i = 1; i <= 8; i++)
		tell(o, i * 1000, i <= 3 ? "1:1" : "2:1");
	assert_inside(o, "2:5 ");
	window_set_span(o->w, 0);
	assert_inside(o, "1:3 2:5 ");
	tell(o, 9000, "2:1");
	window_set_span(o->w, SPAN);
	assert_inside(o, "2:5 ");
	assert_before(o, "1:3 2:1 ");
}

static void
test_other_spans(void **state)
{
	struct open *o = *state;

	for (uint64_t i = 1; i <= 10; i++)
		tell(o, i * 1000, i <= 5 ? "1:1" : "2:1");
	window_set_span(o->w, 2000 * MS);
	assert_inside(o, "2:2 ");
	assert_before(o, "2:2 ");
	/* What a short one had no use for is gone; what it kept is not. */
	window_set_span(o->w, 60000 * MS);
	assert_inside(o, "2:4 ");
	assert_before(o, "");
	assert_int_equal(window_ns(o->w), 4000 * MS);
}

static void
test_reset(void **state)
{
	struct open *o = *state;

	tell(o, 1000, "1:5");
	tell(o, 7000, "2:3");
	window_reset(o->w);
	assert_inside(o, "");
	assert_before(o, "");
	assert_int_equal(window_stats(o->w).samples, 0);
	tell(o, 8000, "3:1");
	assert_inside(o, "3:1 ");
	/* The news are of the time since the last ones, and so is the window. */
	assert_int_equal(window_ns(o->w), 1000 * MS);
	assert_int_equal(window_stats(o->w).samples, 1);
	window_set_span(o->w, 0);
	assert_inside(o, "3:1 ");
	assert_int_equal(window_stats(o->w).samples, 1);
}

static void
test_stats_are_of_the_window(void **state)
{
	struct open *o = *state;
	struct stats s;

	for (uint64_t i = 1; i <= 10; i++) {
		o->stats.ticks = i * 100;
		o->stats.missed_ticks = i <= 5 ? i * 10 : 50;
		o->stats.ends[END_ROOT] = i * 90;
		o->stats.self_cpu_s = (double)i * 0.01;
		o->stats.threads_seen = 7;
		/* A tenth for five seconds, then nothing. */
		o->stats.held_fraction = i <= 5 ? 0.1 : 0.5 / (double)i;
		tell(o, i * 1000, "1:4");
	}
	s = window_stats(o->w);
	assert_int_equal(s.samples, 20);
	assert_int_equal(s.ticks, 500);
	assert_int_equal(s.missed_ticks, 0);
	assert_int_equal(s.ends[END_ROOT], 450);
	assert_int_equal(s.threads_seen, 7);
	assert_true(s.held_fraction >= 0 && s.held_fraction < 1e-9);
	assert_true(s.self_cpu_s > 0.0499 && s.self_cpu_s < 0.0501);
	assert_true(s.wall_s > 4.999 && s.wall_s < 5.001);
	window_set_span(o->w, 0);
	s = window_stats(o->w);
	assert_int_equal(s.samples, 40);
	assert_int_equal(s.missed_ticks, 50);
	assert_true(s.held_fraction > 0.0499 && s.held_fraction < 0.0501);
}

/* A clock that steps back, or news of no time, break nothing. */
/* What somebody knows who looks at changes alone. */
struct follower {
	uint64_t moment;
	uint64_t inside[8], before[8];
	unsigned looked_at_all;
};

static uint64_t
count_at(const struct weight *w, size_t n, uint32_t node)
{
	return node < n ? w[node].count : 0;
}

static void
follow(struct follower *f, const struct window *w)
{
	static const uint32_t all[] = {0, 1, 2, 3, 4, 5, 6, 7};
	const uint32_t *nodes = NULL;
	size_t n = 0, n_inside, n_before;
	const struct weight *inside = window_weights(w, &n_inside);
	const struct weight *before = window_before(w, &n_before);

	if (!window_changes(w, f->moment, &nodes, &n)) {
		f->looked_at_all++;
		nodes = all;
		n = 8;
	}
	for (size_t i = 0; i < n; i++) {
		f->inside[nodes[i]] = count_at(inside, n_inside, nodes[i]);
		f->before[nodes[i]] = count_at(before, n_before, nodes[i]);
	}
	f->moment = window_moment(w);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(f->inside[i], count_at(inside, n_inside, i));
		assert_int_equal(f->before[i], count_at(before, n_before, i));
	}
}

static void
test_changes_are_told(void **state)
{
	struct open *o = *state;
	struct follower f = {0};
	unsigned seed = 3;
	char text[16];

	for (uint64_t ms = 0; ms < 60000; ms += (uint64_t)rand_r(&seed) % 900) {
		(void)snprintf(text, sizeof(text), "%d:%d", rand_r(&seed) % 8,
		    1 + rand_r(&seed) % 5);
		tell(o, ms, text);
		if (rand_r(&seed) % 2 == 0)
			follow(&f, o->w);
	}
	assert_int_equal(f.looked_at_all, 1);
	window_set_span(o->w, 0);
	follow(&f, o->w);
	window_reset(o->w);
	follow(&f, o->w);
	assert_int_equal(f.looked_at_all, 3);
}

/* Back at an earlier moment there is nothing to go on from. */
static void
test_a_copy_shares_its_moments(void **state)
{
	struct open *o = *state;
	struct follower f = {0};
	struct window *copy, *other = window_new(SPAN, START);

	tell(o, 100, "1:1");
	follow(&f, o->w);
	tell(o, 200, "2:1");
	copy = window_copy(o->w);
	follow(&f, copy);
	tell(o, 300, "3:1");
	follow(&f, o->w);
	assert_int_equal(f.looked_at_all, 1);
	follow(&f, copy);
	assert_int_equal(f.looked_at_all, 2);
	follow(&f, other);
	assert_int_equal(f.looked_at_all, 3);
	window_free(copy);
	window_free(other);
}

/* More of them than are kept. */
static void
test_many_changes_are_forgotten(void **state)
{
	struct open *o = *state;
	struct follower f = {0};

	tell(o, 1, "1:1");
	follow(&f, o->w);
	for (unsigned i = 0; i < 70000; i++)
		tell(o, 1, "2:1");
	follow(&f, o->w);
	assert_int_equal(f.looked_at_all, 2);
}

static void
test_time_that_stands_still(void **state)
{
	struct open *o = *state;

	tell(o, 1000, "1:1");
	tell(o, 1000, "1:1");
	tell(o, 500, "2:1");
	assert_inside(o, "1:2 2:1 ");
	assert_int_equal(window_ns(o->w), 1000 * MS);
}

#define with_window(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    with_window(test_counts_add_up),
	    with_window(test_time_goes_by),
	    with_window(test_jitter),
	    with_window(test_short_news_share_slots),
	    with_window(test_the_newest_is_always_inside),
	    with_window(test_all_since_the_start),
	    with_window(test_all_and_back),
	    with_window(test_other_spans),
	    with_window(test_reset),
	    with_window(test_stats_are_of_the_window),
	    with_window(test_changes_are_told),
	    with_window(test_a_copy_shares_its_moments),
	    with_window(test_many_changes_are_forgotten),
	    with_window(test_time_that_stands_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
