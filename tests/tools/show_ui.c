/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * show_ui - the screen of top without a target, to be looked at
 *
 *	show_ui [-n STACKS] [-m]
 *
 * Shows a profile that is made up: a server's, with odd names in it, and with
 * -n as many random stacks. Its weights change all the time. -m: several
 * processes. SIGUSR1 makes it crash: what is left of the terminal then is to be
 * looked at too.
 */
#include "config.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "profile/news.h"
#include "profile/window.h"
#include "tui/ui.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct profile p;
static uint32_t exe, lib;
static uint64_t next_addr = 0x400000;
static volatile sig_atomic_t was_resized, was_told;

/* A frame with a name; one name, one frame. */
static uint32_t
frame(const char *name)
{
	static char *names[4096];
	static uint32_t frames[4096];
	static size_t n;
	struct profile_line line = {.line = 0};
	uint32_t mapping = strncmp(name, "lib", 3) == 0 ? lib : exe;

	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return frames[i];
	if (n == 4096)
		return frames[0];
	names[n] = xstrdup(name);
	next_addr += 0x10;
	frames[n] = profile_frame(
	    &p, mapping, next_addr + (mapping == lib ? 0x10000000 : 0));
	line.function = profile_function(
	    &p, name, name, "/usr/src/server/src/http/request.cc", 10);
	line.line = (uint32_t)(100 + n * 7);
	profile_set_lines(&p, frames[n], &line, 1);
	return frames[n++];
}

/* "main/loop/read": root first. */
static void
stack(uint32_t labels, const char *path, uint64_t weight)
{
	uint32_t frames[64], leaf_first[64];
	char *copy = xstrdup(path), *rest = copy, *word;
	size_t n = 0;

	while (n < 64 && (word = strsep(&rest, "/")) != NULL)
		frames[n++] = frame(word);
	for (size_t i = 0; i < n; i++)
		leaf_first[i] = frames[n - 1 - i];
	profile_add(&p, labels, leaf_first, n,
	    cpu_weight(weight, weight * 10000000));
	free(copy);
}

static void
fill(size_t random_stacks, bool several)
{
	uint32_t boss = profile_labels(&p, 4242, 4242, "server");
	uint32_t worker = profile_labels(
	    &p, several ? 4300 : 4242, 4300, "wor\033[31mker");
	uint32_t unsampled = profile_marker(&p, "[not sampled]");

	stack(boss, "_start/libc_start_main/main/loop/libpoll", 10);
	stack(boss, "_start/libc_start_main/main/loop/accept_all", 14);
	stack(boss, "_start/libc_start_main/main/loop/accept_all/log_line", 6);
	stack(boss, "_start/libc_start_main/main/loop/on_signal", 1);
	stack(worker,
	    "clone3/worker_main/std::vector<std::pair<std::string, "
	    "std::map<int, std::string>>, std::allocator<std::pair<"
	    "std::string, std::map<int, std::string>>>>::push_back("
	    "std::pair<std::string, std::map<int, std::string>>&&)",
	    20);
	stack(worker,
	    "clone3/worker_main/<alloc::vec::Vec<T> as core::iter::traits::"
	    "collect::FromIterator<I>>::from_iter::h0123456789abcdef", 8);
	stack(worker, "clone3/worker_main/parse/parse/parse/number", 30);
	stack(worker, "clone3/worker_main/parse/parse/string", 12);
	stack(worker, "clone3/worker_main/parse/odd \033[2Jname \xff!", 3);
	stack(worker, "clone3/worker_main/\xe6\xbc\xa2\xe5\xad\x97\xe3\x81\xae"
		      "\xe5\x90\x8d\xe5\x89\x8d/caf\xc3\xa9", 4);
	profile_add(&p, worker, &unsampled, 1, cpu_weight(1, 20000000));
	for (size_t i = 0; i < random_stacks; i++) {
		char path[256];
		int n = snprintf(path, sizeof(path), "clone3/worker_main");

		for (int d = 0; d < 12; d++)
			n += snprintf(path + n, sizeof(path) - (size_t)n,
			    "/f%ld", random() % (4 + 12 * d));
		stack(worker, path, 1);
	}
}

/* Every stack gets a little; one in four, by turns, more. */
static void
tick(struct window *w, uint64_t now)
{
	struct news news = {.time_ns = now};
	struct news_sample *samples =
	    xreallocarray(NULL, p.trie.n, sizeof(*samples));

	for (uint32_t i = 0; i < p.trie.n; i++) {
		uint64_t n = p.trie.nodes[i].w.count;

		if (n == 0)
			continue;
		if ((i + now / (8 * NS_PER_SEC)) % 4 == 0)
			n *= 3;
		samples[news.n_samples++] =
		    (struct news_sample){i, cpu_weight(n, n * 10000000)};
	}
	news.samples = samples;
	window_add(w, &news);
	free(samples);
}

static void
resized(int signal)
{
	(void)signal;
	was_resized = 1;
}

static void
told(int signal)
{
	was_told = signal;
}

static void
crashed(int number)
{
	ui_emergency();
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static void
set_signals(void)
{
	(void)signal(SIGWINCH, resized);
	(void)signal(SIGTERM, told);
	(void)signal(SIGHUP, told);
	(void)signal(SIGUSR1, told);
	(void)signal(SIGSEGV, crashed);
	(void)signal(SIGABRT, crashed);
}

static void
suspend(struct ui *ui)
{
	ui_leave(ui);
	(void)raise(SIGSTOP);
	ui_enter(ui);
}

static void
show(struct ui *ui, struct window *w, bool several)
{
	struct top_process processes[2] = {
	    {0, 4242, "server", 3 * 86400 + 4 * 3600, false, -1},
	    {1, 4300, "helper", 500, false, -1},
	};
	struct top_thread threads[] = {
	    {4242, 4242, "server", 'S', 0.1, "epoll_wait fd 5"},
	    {4242, 4300, "wor\033[31mker", 'R', 0.93, "running"},
	};
	struct top_head head = {
	    .processes = processes,
	    .n_processes = several ? 2 : 1,
	    .mode = "cpu",
	    .rate = 100,
	    .cpu = 1.873,
	    .cpu_user = 1.501,
	    .cpu_system = 0.372,
	    .attributed = 1.869,
	    .n_threads = 9,
	    .n_running = 3,
	    .missed = 0.001,
	    .complete = 0.992,
	    .held = 0.0004,
	    .own_cpu = 0.013,
	};
	struct viewer *viewer = viewer_new(&p);
	struct ui_data data = {
	    .head = &head,
	    .viewer = viewer,
	    .window = w,
	    .stats = &p.stats,
	    .threads = threads,
	    .n_threads = sizeof(threads) / sizeof(threads[0]),
	};
	uint64_t start = now_ns(), next = start;
	enum ui_event event = UI_NONE;

	while (event != UI_QUIT && was_told != SIGTERM && was_told != SIGHUP) {
		struct pollfd fds[] = {
		    {.fd = STDIN_FILENO, .events = POLLIN},
		    {.fd = ui_fd(ui), .events = POLLOUT},
		};
		const struct ui_settings *settings = ui_settings(ui);
		uint64_t now = now_ns();
		bool must_draw = false;

		if (was_told == SIGUSR1)
			abort();
		if (now >= next) {
			tick(w, now);
			next = now + settings->delay_ns;
			data.is_known = false;
			must_draw = true;
		}
		head.rate = settings->rate;
		head.elapsed_s = (double)(now - start) / NS_PER_SEC;
		head.window_s = (double)settings->window_ns / NS_PER_SEC;
		head.filled_s = (double)window_ns(w) / NS_PER_SEC;
		head.samples = (uint64_t)(head.elapsed_s * 7863);
		if (must_draw)
			ui_draw(ui, &data);
		data.is_known = true;
		(void)poll(fds, 2, (int)((next - now) / 1000000 + 1));
		if (ui_send(ui))
			ui_draw(ui, &data);
		if (was_resized)
			ui_resized(ui);
		was_resized = 0;
		while ((event = ui_key(ui)) != UI_NONE && event != UI_QUIT) {
			if (event == UI_SUSPEND)
				suspend(ui);
			if (event == UI_SETTINGS)
				window_set_span(w, settings->window_ns);
			if (event == UI_RESET)
				window_reset(w);
			if (event == UI_WRITE_WINDOW || event == UI_WRITE_ALL)
				ui_message(ui, "nothing is written here (%s)",
				    event == UI_WRITE_ALL ? "all" : "window");
			data.is_known = event == UI_REDRAW;
			ui_draw(ui, &data);
		}
	}
	viewer_free(viewer);
}

int
main(int argc, char *argv[])
{
	struct ui_opts opts = {
	    .settings = {.window_ns = 5 * NS_PER_SEC, .rate = 100, .delay_ns = NS_PER_SEC},
	    .max_rate = 1000,
	};
	struct window *w = window_new(opts.settings.window_ns, now_ns());
	size_t stacks = 0;
	struct ui *ui;
	struct err err;
	int c;

	while ((c = getopt(argc, argv, "mn:")) != -1) {
		if (c == 'n')
			stacks = strtoul(optarg, NULL, 10);
		else
			opts.several = true;
	}
	profile_init(&p, 0, 0);
	exe = profile_mapping(&p, 0x400000, 0x8000000, 0, "/usr/bin/server", "");
	lib = profile_mapping(
	    &p, 0x10000000, 0x20000000, 0, "/usr/lib/libc.so.6", "");
	fill(stacks, opts.several);
	if (ui_open(&opts, &ui, &err) < 0) {
		err_print(&err, stderr);
		return 1;
	}
	set_signals();
	show(ui, w, opts.several);
	ui_close(ui);
	window_free(w);
	profile_deinit(&p);
	return 0;
}
