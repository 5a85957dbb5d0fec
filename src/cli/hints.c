/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/hints.h"

#include "base/clock.h"
#include "base/escape.h"
#include "cli/summary.h"
#include "profile/blame.h"
#include "profile/profile.h"

#include <inttypes.h>

/* Above this share of missed ticks a lower rate gives the better profile. */
#define MISSED_HINT 0.05
/* Above this share of the time at a lower rate than was asked for. */
#define PACED_HINT 0.05
/* Above this share of refused stops the hottest functions are in doubt. */
#define REFUSED_HINT 0.01
/* Children that used more than this part of what the target itself used. */
#define CHILDREN_HINT 10
/* Below this share of whole stacks, what is missing has to be named. */
#define COMPLETE_HINT 0.80
/* Above this share of the time in functions of one file without names. */
#define UNNAMED_HINT 0.10

static double
share(uint64_t part, uint64_t rest)
{
	return part == 0 ? 0.0 : (double)part / (double)(part + rest);
}

void
hints_print_tracer(
    FILE *fp, pid_t pid, pid_t tracer, const char *tracer_comm)
{
	if (tracer == 0)
		return;
	(void)fprintf(fp, "scrape: PID %d is traced by PID %d (", (int)pid,
	    (int)tracer);
	escape_print(fp, tracer_comm);
	(void)fputs("): it is not stopped, so threads that run have no stack, "
		    "and stacks of others may be incomplete\n",
	    fp);
}

static void
hint_late(FILE *fp, const struct summary *sum, const struct stats *s)
{
	double missed = share(s->missed_ticks, s->ticks);

	if (missed > MISSED_HINT && sum->rate > 1)
		(void)fprintf(fp,
		    "scrape: %.0f %% of the ticks came too late: try -r %u\n",
		    100.0 * missed, sum->rate / 2);
}

static void
hint_paced(FILE *fp, const struct stats *s)
{
	if ((double)s->paced_ns / 1e9 > PACED_HINT * s->wall_s)
		(void)fprintf(fp,
		    "scrape: at %.0f Hz instead of %u, so as not to hold a "
		    "thread for too much of its time: see --max-pause\n",
		    stats_mean_rate(s), s->rate);
}

static void
hint_refused(FILE *fp, const struct stats *s)
{
	double refused = share(s->refused, s->stops);

	if (refused > REFUSED_HINT)
		(void)fprintf(fp,
		    "scrape: %.0f %% of the stops were refused: another tracer "
		    "(gdb, strace, a second scrape) had the thread\n",
		    100.0 * refused);
}

/* What the kernel or the bounds on memory have kept from the profile. */
static void
hint_losses(FILE *fp, const struct summary *sum, const struct stats *s)
{
	if (!sum->children &&
	    s->cpu_children_ns > s->cpu_kernel_ns / CHILDREN_HINT)
		(void)fprintf(fp,
		    "scrape: its child processes used %.2f s CPU more, which "
		    "is not recorded: --children records them, too\n",
		    (double)s->cpu_children_ns / (double)NS_PER_SEC);
	if (s->refused_processes > 0)
		(void)fprintf(fp,
		    "scrape: %" PRIu64 " child process%s could not be "
		    "recorded: scrape check PID tells why\n",
		    s->refused_processes,
		    s->refused_processes == 1 ? "" : "es");
	if (s->folded > 0)
		(void)fprintf(fp,
		    "scrape: %" PRIu64 " sample%s went to [other stacks]: "
		    "more different stacks than are kept\n"
		    "  try: --labels none: each thread's count as different\n",
		    s->folded, s->folded == 1 ? "" : "s");
	if (sum->profile->n_labels > PROFILE_MAX_LABELS)
		(void)fprintf(fp,
		    "scrape: only the first %u threads are told apart: try "
		    "--labels none\n",
		    PROFILE_MAX_LABELS);
	if (s->no_schedstat)
		(void)fprintf(fp,
		    "scrape: this kernel has no schedstat: CPU time is counted "
		    "in steps of 10 ms\n");
}

static void
hint_broken(FILE *fp, const struct profile *p)
{
	struct blame b;

	if (p->stats.samples == 0 ||
	    stats_complete_share(&p->stats) >= COMPLETE_HINT)
		return;
	b = blame_broken(p);
	if (b.share == 0 || 2 * p->stats.ends[END_NO_CFI] <
				p->stats.samples - p->stats.ends[END_ROOT])
		return;
	(void)fprintf(fp,
	    "scrape: %.0f %% of the stacks break off in code of ",
	    100.0 * b.share);
	if (b.file[0] != '\0')
		escape_print(fp, b.file);
	else
		(void)fputs("no file (a JIT's)", fp);
	(void)fputs(" without unwind tables\n", fp);
}

static void
hint_unnamed(FILE *fp, const struct summary *sum)
{
	struct blame b = blame_unnamed(sum->profile);

	if (b.share <= UNNAMED_HINT || b.file[0] == '\0')
		return;
	(void)fprintf(fp,
	    "scrape: %.0f %% of the samples are in functions of ",
	    100.0 * b.share);
	escape_print(fp, b.file);
	(void)fputs(" without names", fp);
	if (b.build_id[0] != '\0')
		(void)fprintf(fp, " (build-id %s)", b.build_id);
	(void)fputs(
	    "\n  try: install its debug symbols, or --debug-path", fp);
	if (!sum->has_ended)
		(void)fprintf(fp,
		    "; scrape check %d tells where they are looked for",
		    (int)sum->pid);
	(void)fputc('\n', fp);
}

void
hints_print_idle(FILE *fp, const struct summary *sum)
{
	if (sum->is_stopped) {
		(void)fprintf(fp,
		    "  why: it is stopped, by SIGSTOP or ^Z\n"
		    "  try: kill -CONT %d\n",
		    (int)sum->pid);
		return;
	}
	if (profile_measure(sum->profile) != MEASURE_CPU)
		return;
	(void)fputs("  try: --mode wall shows where it waits", fp);
	if (!sum->has_ended)
		(void)fprintf(fp, "; scrape dump %d shows where it is now",
		    (int)sum->pid);
	(void)fputc('\n', fp);
}

void
hints_print(FILE *fp, const struct summary *sum)
{
	const struct stats *s = &sum->profile->stats;

	hint_late(fp, sum, s);
	hint_paced(fp, s);
	hint_refused(fp, s);
	hint_losses(fp, sum, s);
	hint_broken(fp, sum->profile);
	hint_unnamed(fp, sum);
}
