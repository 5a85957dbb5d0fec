/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A watch without a session: a profile of two stacks, the first of which has
 * left the window, is written and read back.
 */
#include "config.h"

#include "cli/watch.h"

#include "base/attr.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "output/profile.pb-c.h"
#include "profile/news.h"
#include "temp_tree.h"

#include <stdint.h>
#include <zlib.h>

#define START	  (100 * NS_PER_SEC)
#define SPAN	  (5 * NS_PER_SEC)
#define STARTED   (1000000 * NS_PER_SEC) /* by the clock on the wall */
#define FILE_SIZE 65536

typedef Perftools__Profiles__Profile Profile;

struct fixture {
	struct watch w;
	struct top_process process;
	char tree[TEMP_TREE_MAX];
	char *path;
	Profile *read;
};

static struct news_frame frames[] = {
    {0, PROFILE_NO_MAPPING, "[early]"}, {0, PROFILE_NO_MAPPING, "[late]"}};
static struct news_labels labels[] = {{7, 7, "prog", ""}};
static struct news_node nodes[] = {{TRIE_NO_NODE, 0}, {0, 0}, {0, 1}};

/* Three samples of a second's CPU at that second, of that node. */
static void
tell(struct watch *w, unsigned second, uint32_t node)
{
	struct news_sample sample = {node, {3, NS_PER_SEC, 0}};
	struct news news = {.time_ns = START + second * NS_PER_SEC,
	    .samples = &sample,
	    .n_samples = 1};

	if (w->mirror.trie.n == 0) {
		news.frames = frames;
		news.n_frames = ARRAY_SIZE(frames);
		news.labels = labels;
		news.n_labels = ARRAY_SIZE(labels);
		news.nodes = nodes;
		news.n_nodes = ARRAY_SIZE(nodes);
	}
	mirror_apply(&w->mirror, &news);
	window_add(w->window, &news);
}

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct watch *w = &f->w;

	temp_tree_make(f->tree);
	assert_int_equal(chdir(f->tree), 0);
	f->process = (struct top_process){.pid = 7, .comm = "pr/og"};
	w->opts.rate = 100;
	w->namer = namer_new(&(struct namer_opts){0});
	profile_init(&w->mirror, 0, 0);
	w->mirror.time_ns = STARTED;
	w->mirror.period_ns = NS_PER_SEC / 100;
	w->window = window_new(SPAN, START);
	w->viewer = viewer_new(&w->mirror);
	w->start_ns = START;
	w->end_ns = START + 20 * NS_PER_SEC;
	tell(w, 1, 1);
	for (unsigned second = 2; second <= 10; second++)
		tell(w, second, 2);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	namer_free(f->w.namer);
	viewer_free(f->w.viewer);
	window_free(f->w.window);
	window_free(f->w.frozen);
	profile_deinit(&f->w.mirror);
	if (f->read != NULL)
		perftools__profiles__profile__free_unpacked(f->read, NULL);
	assert_int_equal(chdir("/"), 0);
	temp_tree_remove(f->tree);
	free(f->path);
	free(f);
	return 0;
}

static void
write_and_read(struct fixture *f, bool all)
{
	static uint8_t bytes[FILE_SIZE];
	struct err err;
	gzFile gz;
	int n;

	f->w.processes = &f->process;
	f->w.n_processes = 1;
	assert_int_equal(watch_write(&f->w, all, &f->path, &err), 0);
	gz = gzopen(f->path, "rb");
	assert_non_null(gz);
	n = gzread(gz, bytes, sizeof(bytes));
	assert_true(n > 0);
	(void)gzclose(gz);
	f->read = perftools__profiles__profile__unpack(NULL, (size_t)n, bytes);
	assert_non_null(f->read);
}

static void
assert_says(const Profile *p, const char *text)
{
	for (size_t i = 0; i < p->n_comment; i++)
		if (strstr(p->string_table[p->comment[i]], text) != NULL)
			return;
	fail_msg("no comment has \"%s\"", text);
}

static void
assert_samples(const Profile *p, size_t n, int64_t cpu_s)
{
	int64_t ns = 0;

	assert_int_equal(p->n_sample, n);
	for (size_t i = 0; i < n; i++)
		ns += p->sample[i]->value[1];
	assert_int_equal(ns, cpu_s * (int64_t)NS_PER_SEC);
}

static void
test_window_alone(void **state)
{
	struct fixture *f = *state;

	write_and_read(f, false);
	assert_samples(f->read, 1, 5);
	assert_int_equal(f->read->duration_nanos, SPAN);
	assert_int_equal(f->read->time_nanos, STARTED + 5 * NS_PER_SEC);
	assert_says(f->read, "the last 5.0 s");
}

static void
test_all(void **state)
{
	struct fixture *f = *state;

	write_and_read(f, true);
	assert_samples(f->read, 2, 10);
	assert_int_equal(f->read->duration_nanos, 20 * NS_PER_SEC);
	assert_int_equal(f->read->time_nanos, STARTED);
	assert_says(f->read, "since its start");
}

/* What is held was then, however much has come since. */
static void
test_held_window(void **state)
{
	struct fixture *f = *state;

	watch_freeze(&f->w, true);
	for (unsigned second = 11; second <= 20; second++)
		tell(&f->w, second, 1);
	write_and_read(f, false);
	assert_samples(f->read, 1, 5);
	assert_int_equal(f->read->time_nanos, STARTED + 5 * NS_PER_SEC);
}

/* The name is the target's choice, but for where it leads. */
static void
test_name_is_in_this_directory(void **state)
{
	struct fixture *f = *state;

	write_and_read(f, true);
	assert_null(strchr(f->path, '/'));
	assert_int_equal(strncmp(f->path, "scrape.", 7), 0);
}

static void
test_nothing_seen_is_nothing_written(void **state)
{
	struct fixture *f = *state;
	struct err err;

	assert_true(watch_write(&f->w, true, &f->path, &err) < 0);
	assert_null(f->path);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_window_alone),
	    TEST(test_all),
	    TEST(test_held_window),
	    TEST(test_name_is_in_this_directory),
	    TEST(test_nothing_seen_is_nothing_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
