/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/summary.h"

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/escape.h"
#include "cli/hints.h"
#include "output/output.h"
#include "profile/hot.h"
#include "profile/profile.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define HOT_FUNCTIONS 5
/* Names of templates fill screens; what tells them apart comes first. */
#define NAME_MAX_BYTES 100
/* One less than a terminal has columns, so that nothing wraps. */
#define PROGRESS_WIDTH 79
#define SHORT_RUN_S 1.0
/* What part of the rest is worth a word. */
#define UNSEEN_MIN 1000

static double
seconds(uint64_t ns)
{
	return (double)ns / (double)NS_PER_SEC;
}

static double
percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0.0 : 100.0 * (double)part / (double)whole;
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ", 3 processes" where there was more than one. */
static void
print_processes(FILE *fp, const struct stats *s)
{
	if (s->processes > 1)
		(void)fprintf(fp, ", %" PRIu64 " processes", s->processes);
}

/* "out of", for ticks: those that were taken and those that were not. */
static uint64_t
due_ticks(const struct stats *s)
{
	return s->ticks + s->missed_ticks;
}

/* Of a target that was filtered, only the threads that were asked for. */
static void
print_idle(FILE *fp, const struct summary *sum)
{
	const struct stats *s = &sum->profile->stats;
	const char *who = "", *what = "used no CPU";

	if (sum->filtered && s->threads_seen == 0) {
		who = "no thread of ";
		what = "had such a name";
	} else if (sum->filtered) {
		who = "the threads asked for of ";
	}
	(void)fprintf(fp, "scrape: %sPID %d (", who, (int)sum->pid);
	escape_print(fp, sum->comm);
	(void)fputc(')', fp);
	if (s->processes > 1)
		(void)fprintf(fp, " and %" PRIu64 " more", s->processes - 1);
	(void)fprintf(
	    fp, " %s in %.*f s\n", what, s->wall_s < 10 ? 1 : 0, s->wall_s);
	hints_print_idle(fp, sum);
}

/* What all stacks weigh, by what the profile is of. */
static uint64_t
weigh_all(const struct profile *p)
{
	uint64_t all = 0;

	for (size_t i = 0; i < p->trie.n; i++)
		all += weight_by(&p->trie.nodes[i].w, profile_measure(p));
	return all;
}

static void
print_time(FILE *fp, const struct summary *sum)
{
	const struct stats *s = &sum->profile->stats;

	if (s->cpu_kernel_ns == 0 && s->samples == 0) {
		print_idle(fp, sum);
		return;
	}
	(void)fprintf(fp, "scrape: %.1f s", s->wall_s);
	print_processes(fp, s);
	(void)fprintf(fp,
	    ", %" PRIu64 " thread%s, %" PRIu64 " sample%s: ",
	    s->threads_seen, plural(s->threads_seen), s->samples,
	    plural(s->samples));
	if (profile_measure(sum->profile) == MEASURE_WALL)
		(void)fprintf(fp, "%.2f s of threads' time; ",
		    seconds(weigh_all(sum->profile)));
	(void)fprintf(fp,
	    "%.2f s of %.2f s CPU (%.1f %%; user %.2f s, system %.2f s)",
	    seconds(s->cpu_attributed_ns), seconds(s->cpu_kernel_ns),
	    percent(s->cpu_attributed_ns, s->cpu_kernel_ns),
	    seconds(s->cpu_user_ns), seconds(s->cpu_system_ns));
	if (sum->children && s->cpu_children_ns > s->cpu_kernel_ns / UNSEEN_MIN)
		(void)fprintf(fp, ", children unseen %.2f s",
		    seconds(s->cpu_children_ns));
	(void)fputc('\n', fp);
}

static void
print_quality(FILE *fp, const struct stats *s)
{
	(void)fprintf(fp, "scrape: ");
	if (s->samples > 0)
		(void)fprintf(fp, "%.1f %% of stacks complete, ",
		    100.0 * stats_complete_share(s));
	(void)fprintf(fp,
	    "%" PRIu64 " of %" PRIu64
	    " ticks missed; target held %.2f %% of the time, ",
	    s->missed_ticks, due_ticks(s), 100.0 * s->held_fraction);
	/* Beside a short run, what it takes to start is most of it. */
	if (s->wall_s < SHORT_RUN_S)
		(void)fprintf(fp, "scrape used %.2f s CPU\n", s->self_cpu_s);
	else
		(void)fprintf(fp, "scrape used %.1f %% of a core\n",
		    100.0 * s->self_cpu_s / s->wall_s);
}

static void
print_rules(FILE *fp, const struct stats *s)
{
	const struct rule_counts *r = &s->rules;

	(void)fprintf(fp,
	    "  frames reused: %" PRIu64 "; rules of the others: cached %" PRIu64
	    ", new %" PRIu64 ", displaced %" PRIu64 ", stale %" PRIu64
	    "; slow %" PRIu64 "\n",
	    s->reused_frames, r->hits, r->empty, r->other, r->stale, r->slow);
}

static void
print_details(FILE *fp, const struct stats *s)
{
	(void)fprintf(fp, "  stacks end:");
	for (int i = 0; i < END_NR; i++)
		if (s->ends[i] > 0 || i == END_ROOT)
			(void)fprintf(fp, " %s %" PRIu64,
			    end_reason_name((enum end_reason)i), s->ends[i]);
	(void)fprintf(fp,
	    "\n  frames: %" PRIu64 ", guessed %" PRIu64 ", %.0f ns each; "
	    "stacks read late %" PRIu64 "\n",
	    s->frames, s->guessed_frames, s->unwind_ns_per_frame,
	    s->late_reads);
	print_rules(fp, s);
	(void)fprintf(fp,
	    "  stops: %" PRIu64 ", late %" PRIu64 ", refused %" PRIu64
	    "; us p50 %.0f, p90 %.0f, p99 %.0f, max %.0f\n",
	    s->stops, s->late, s->refused, s->stop_us.p50, s->stop_us.p90,
	    s->stop_us.p99, s->stop_us.max);
	(void)fprintf(fp,
	    "  EINTR repaired: %" PRIu64 "; scrape itself: %.2f s CPU, "
	    "%" PRIu64 " MB\n",
	    s->eintr_repaired, s->self_cpu_s, s->max_rss_kb / 1000);
}

/* At most max bytes of s, cut between characters. */
static void
print_cut(FILE *fp, const char *s, size_t max)
{
	_cleanup_free_ char *text = escape_dup(s);
	size_t n = 0;

	while (text[n] != '\0' && n + utf8_char_len(text + n) <= max)
		n += utf8_char_len(text + n);
	(void)fprintf(fp, "%.*s%s", (int)n, text, text[n] != '\0' ? "..." : "");
}

static void
print_hot(FILE *fp, const struct profile *p)
{
	struct hot_function hot[HOT_FUNCTIONS];
	size_t n = hot_functions(p, hot, HOT_FUNCTIONS);
	uint64_t all = weigh_all(p);

	for (size_t i = 0; i < n && hot[i].self > 0; i++) {
		(void)fprintf(fp, "  %5.1f %%  ", percent(hot[i].self, all));
		print_cut(fp, hot[i].name, NAME_MAX_BYTES);
		if (hot[i].object[0] != '\0') {
			(void)fputs("  ", fp);
			print_cut(fp, hot[i].object, NAME_MAX_BYTES);
		}
		(void)fputc('\n', fp);
	}
	hot_functions_deinit(hot, n);
}

void
summary_print(FILE *fp, const struct summary *s)
{
	print_time(fp, s);
	print_quality(fp, &s->profile->stats);
	hints_print(fp, s);
	if (s->verbose)
		print_details(fp, &s->profile->stats);
	print_hot(fp, s->profile);
}

static void
print_size(FILE *fp, off_t size)
{
	if (size < 1000)
		(void)fprintf(fp, "%d bytes", (int)size);
	else if (size < 1000 * 1000)
		(void)fprintf(fp, "%.0f kB", (double)size / 1e3);
	else
		(void)fprintf(fp, "%.1f MB", (double)size / 1e6);
}

/* path as a shell takes it back, also when it looks like an option. */
static char *
shell_word(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._+-/=,:@%";
	const char *here = path[0] == '-' ? "./" : "";
	char *word = NULL;
	size_t size;
	FILE *fp = open_memstream(&word, &size);

	if (fp == NULL)
		return NULL;
	if (path[0] != '\0' && path[strspn(path, plain)] == '\0') {
		(void)fprintf(fp, "%s%s", here, path);
	} else {
		(void)fprintf(fp, "'%s", here);
		for (; *path != '\0'; path++)
			(void)fputs(
			    *path == '\'' ? "'\\''" : (char[]){*path, '\0'},
			    fp);
		(void)fputc('\'', fp);
	}
	(void)fclose(fp);
	return word;
}

/* Whether there is something to look at: not in /dev/null, nor in a fifo. */
static bool
stays_readable(const char *path, off_t size)
{
	struct stat st;

	return size > 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void
print_look(FILE *fp, const char *head, const char *command, const char *file,
    const char *tail)
{
	(void)fprintf(fp, "%s%s ", head, command);
	escape_print(fp, file);
	(void)fprintf(fp, "%s\n", tail);
}

void
summary_wrote(
    FILE *fp, const char *path, off_t size, const struct output_ops *format)
{
	_cleanup_free_ char *file = shell_word(path);
	bool to_stdout = strcmp(path, "-") == 0;

	(void)fputs("scrape: wrote ", fp);
	escape_print(fp, to_stdout ? "to standard output" : path);
	(void)fputs(" (", fp);
	print_size(fp, size);
	(void)fputs(")\n", fp);
	if (to_stdout || file == NULL || !stays_readable(path, size))
		return;
	if (format == &output_pprof) {
		print_look(fp, "  look: ", "go tool pprof -top", file, "");
		print_look(fp, "    or: ", "go tool pprof -http=:", file, "");
	} else {
		print_look(
		    fp, "  look: ", "flamegraph.pl", file, " > flame.svg");
	}
}

static int
progress_width(FILE *fp)
{
	struct winsize ws;

	if (ioctl(fileno(fp), TIOCGWINSZ, &ws) < 0 || ws.ws_col == 0 ||
	    ws.ws_col > PROGRESS_WIDTH)
		return PROGRESS_WIDTH;
	return ws.ws_col - 1;
}

void
summary_progress_text(FILE *fp, const char *text)
{
	int width = progress_width(fp);

	(void)fprintf(fp, "\r%-*.*s", width, width, text);
	(void)fflush(fp);
}

void
summary_progress(FILE *fp, const struct stats *s)
{
	char line[PROGRESS_WIDTH + 1];

	(void)snprintf(line, sizeof(line),
	    "scrape: %.0f s, %" PRIu64 " thread%s, %" PRIu64
	    " sample%s, %.2f s CPU, missed %" PRIu64,
	    s->wall_s, s->threads_seen, plural(s->threads_seen), s->samples,
	    plural(s->samples), seconds(s->cpu_kernel_ns), s->missed_ticks);
	summary_progress_text(fp, line);
}

void
summary_progress_clear(FILE *fp)
{
	(void)fprintf(fp, "\r%*s\r", progress_width(fp), "");
	(void)fflush(fp);
}
