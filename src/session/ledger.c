/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/ledger.h"

#include "base/clock.h"
#include "profile/profile.h"
#include "session/session.h"
#include "session/threads.h"
#include "target/target.h"

#include <unistd.h>

/*
 * How old the split into user and system time may get: it is in units of 10 ms,
 * and matters most at the end, when a target that was reaped takes it along.
 */
#define SPLIT_AGE_NS 100000000ull

/* A thread may take another name; it is read again when older than this. */
#define NAME_AGE_NS NS_PER_SEC

static void
read_split(struct ledger *l, uint64_t now)
{
	(void)target_cpu_split(l->target, &l->split);
	l->split_read_ns = now;
}

void
ledger_init(struct ledger *l, const struct target *t, struct profile *p,
    const struct session_opts *opts)
{
	*l = (struct ledger){.target = t, .profile = p, .opts = opts};
	l->is_filtered = opts->tid != 0 || opts->thread_re != NULL;
	(void)ledger_read_clock(l);
	read_split(l, now_ns());
	l->clock_base_ns = l->clock_ns;
	l->split_base = l->split;
}

void
ledger_count_from_start(struct ledger *l)
{
	l->clock_base_ns = 0;
	l->split_base = (struct cpu_split){0};
}

bool
ledger_read_clock(struct ledger *l)
{
	uint64_t clock, now = now_ns();

	if (!target_cpu_ns(l->target, &clock) || clock <= l->clock_ns)
		return false;
	l->clock_ns = clock;
	if (now - l->split_read_ns > SPLIT_AGE_NS)
		read_split(l, now);
	return true;
}

void
ledger_read_last_clock(struct ledger *l)
{
	const struct ledger before = *l;

	/* The number may be another's by now. */
	if (ledger_read_clock(l) && !target_is_there(l->target))
		*l = before;
}

uint32_t
ledger_labels(struct ledger *l, struct thread *th)
{
	bool by_name = l->opts->labels != LABELS_NONE;
	bool by_tid = l->opts->labels == LABELS_THREAD;
	char comm[TARGET_COMM_SIZE] = "";
	uint64_t now = now_ns();

	if (th->labels != UINT32_MAX && now - th->labels_ns < NAME_AGE_NS)
		return th->labels;
	if (by_name)
		task_comm(l->target, th->task.tid, comm, sizeof(comm));
	/* A thread that has just ended keeps the name it had. */
	if (!by_name || comm[0] != '\0' || th->labels == UINT32_MAX)
		th->labels = profile_labels(l->profile,
		    by_name ? l->target->pid : 0, by_tid ? th->task.tid : 0,
		    comm);
	th->labels_ns = now;
	return th->labels;
}

static void
add_row(struct ledger *l, uint32_t labels, const char *name, uint64_t ns)
{
	uint32_t marker = profile_marker(l->profile, name);

	profile_add(l->profile, labels, &marker, 1, cpu_weight(0, ns));
	l->carried_ns += ns;
}

void
ledger_charge(struct ledger *l, struct thread *th, uint32_t labels,
    const uint32_t *frames, unsigned n, struct weight weight)
{
	uint32_t node =
	    profile_stack(l->profile, labels, frames, n, &th->path);
	uint64_t ns = th->task.run_ns - th->charged_ns;
	const struct weight half = {.cpu = th->has_last ? ns / 2 : 0};

	th->charged_ns = th->task.run_ns;
	if (half.cpu > 0)
		profile_weigh(l->profile, th->last_node, &half);
	weight.cpu = ns - half.cpu;
	profile_weigh(l->profile, node, &weight);
	th->last_node = node;
	th->has_last = true;
	l->carried_ns += ns;
	l->sampled_ns += ns;
}

/* What th used since its last sample. */
static void
charge_rest(struct ledger *l, struct thread *th)
{
	uint64_t ns = th->task.run_ns - th->charged_ns;

	th->charged_ns = th->task.run_ns;
	th->has_last = false;
	if (ns > 0)
		add_row(l, ledger_labels(l, th), "[not sampled]", ns);
}

void
ledger_skip(struct ledger *l, struct thread *th)
{
	charge_rest(l, th);
}

void
ledger_settle(struct ledger *l, struct thread *th)
{
	l->gone_ns += th->task.run_ns - th->base_ns;
	/* With a filter there is no row for what nobody is known for. */
	if (th->labels != UINT32_MAX || l->is_filtered)
		charge_rest(l, th);
}

uint64_t
ledger_kernel_ns(const struct ledger *l, const struct threads *ts)
{
	uint64_t ns = l->gone_ns;

	/* Its threads may have been looked at after the process's clock was. */
	if (!l->is_filtered)
		return l->clock_ns - l->clock_base_ns > l->carried_ns
			   ? l->clock_ns - l->clock_base_ns
			   : l->carried_ns;
	for (size_t i = 0; i < ts->n; i++)
		ns += ts->v[i]->task.run_ns - ts->v[i]->base_ns;
	return ns;
}

static void
add_short_lived(struct ledger *l, uint64_t ns)
{
	pid_t pid = l->opts->labels != LABELS_NONE ? l->target->pid : 0;

	add_row(l, profile_labels(l->profile, pid, 0, ""),
	    "[short-lived threads]", ns);
}

/*
 * How far the clock may be ahead of the looks: a thread on each CPU that has run
 * since, and that the kernel has not brought up to date.
 */
static uint64_t
lag_of_looks(const struct ledger *l)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return 2 * NS_PER_SEC / l->opts->rate *
	       (cpus > 0 ? (uint64_t)cpus : 1);
}

uint64_t
ledger_short_lived_ns(const struct ledger *l, const struct threads *ts)
{
	uint64_t known = l->carried_ns + lag_of_looks(l), kernel_ns;

	if (l->is_filtered)
		return 0;
	for (size_t i = 0; i < ts->n; i++)
		known += ts->v[i]->task.run_ns - ts->v[i]->charged_ns;
	kernel_ns = ledger_kernel_ns(l, ts);
	return kernel_ns > known ? kernel_ns - known : 0;
}

void
ledger_show_short_lived(struct ledger *l, const struct threads *ts)
{
	uint64_t ns = ledger_short_lived_ns(l, ts);

	if (ns > 0)
		add_short_lived(l, ns);
}

void
ledger_close(struct ledger *l, const struct threads *ts)
{
	uint64_t kernel_ns;

	read_split(l, now_ns());
	for (size_t i = 0; i < ts->n; i++)
		charge_rest(l, ts->v[i]);
	kernel_ns = ledger_kernel_ns(l, ts);
	if (kernel_ns > l->carried_ns && !l->is_filtered)
		add_short_lived(l, kernel_ns - l->carried_ns);
}
