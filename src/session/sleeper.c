/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/sleeper.h"

#include "core/end_reason.h"
#include "profile/profile.h"
#include "session/sample.h"
#include "session/sampler.h"
#include "session/session.h"
#include "target/capture.h"
#include "target/kernel_stack.h"
#include "target/syscall.h"
#include "target/target.h"
#include "unwind/arch.h"

/* How often a thread may wake while it is read before the next tick has it. */
#define LOOKS_MAX 2

/* In how many ticks a thread is back in its sleep that was stopped there. */
#define BACK_TURNS 3

/* Moves when it runs. Without schedstat, only when it sleeps again. */
static bool
read_runs(struct sampler *s, struct thread *th, uint64_t *ret)
{
	if (!threads_look(&s->threads, s->target, th))
		return false;
	*ret = th->task.slices;
	return !th->task.no_schedstat ||
	       task_switches(s->target, th->task.tid, ret);
}

static bool
still_sleeps(struct sampler *s, struct thread *th)
{
	struct syscall_state now;

	return !th->task.no_schedstat ||
	       (syscall_read(s->target, th->task.tid, &now) &&
		   !now.is_running);
}

struct moment {
	char state;
	struct snapshot snap;
	struct stack stack;
};

/*
 * A frame pointer that was true for the same pc and sp is true again if it leads
 * to the very stack that it led to: all return addresses stand where they stood.
 */
static bool
walk_as_before(struct sampler *s, struct thread *th, struct moment *m)
{
	const struct sleeper *sl = &th->sleeper;
	const struct arch *arch = s->space.code.arch;
	struct snapshot with_fp = m->snap;

	if (!sl->has_stop || m->snap.regs.r[arch->pc] != sl->pc ||
	    m->snap.regs.r[arch->sp] != sl->sp)
		return false;
	regs_set(&with_fp.regs, arch->fp, sl->fp);
	m->stack = sample_walk(s, th, &with_fp);
	if (m->stack.end != END_ROOT ||
	    wall_node(s, th, m->state, &m->stack) != sl->node)
		return false;
	m->snap = with_fp;
	return true;
}

/* Named as flame graphs name the kernel's: they have no address for us. */
static void
put_kernel_frames(struct sampler *s, struct thread *th, struct moment *m)
{
	struct kernel_stack k;
	char name[KERNEL_NAME_MAX + 8];

	if (!s->opts->kernel ||
	    !kernel_stack_read(s->target, th->task.tid, &k))
		return;
	m->stack.frames -= k.n;
	m->stack.n += (unsigned)k.n;
	for (size_t i = 0; i < k.n; i++) {
		(void)snprintf(name, sizeof(name), "%s_[k]", k.names[i]);
		m->stack.frames[i] = profile_marker(s->profile, name);
	}
}

/* One try: true when what was read is of one moment. */
static bool
read_once(struct sampler *s, struct thread *th, struct moment *m)
{
	struct syscall_state call;
	uint64_t before, after;

	if (!read_runs(s, th, &before))
		return false;
	m->state = task_state(s->target, th->task.tid);
	if (m->state == 'Z' || m->state == 'X')
		return true;
	if (!syscall_read(s->target, th->task.tid, &call) || call.is_running)
		return false;
	m->snap.stack = slab(&s->shared->slabs, 0);
	capture_unstopped(&s->target->mem, &s->space.maps, call.pc, call.sp,
	    thread_stack_want(th), &m->snap);
	if (call.number >= 0)
		capture_call_args(call.args, &m->snap);
	if (!walk_as_before(s, th, m))
		m->stack = sample_walk(s, th, &m->snap);
	put_kernel_frames(s, th, m);
	return still_sleeps(s, th) && read_runs(s, th, &after) &&
	       before == after;
}

/*
 * A walk that broke off may have wanted a register that only a stop tells. One
 * in uninterruptible sleep would not stop.
 */
static bool
is_enough(const struct sampler *s, const struct moment *m)
{
	return m->stack.end == END_ROOT || m->stack.end == END_DEPTH ||
	       m->state == 'D' || m->state == 't' || s->is_hands_off;
}

/* What it ran since its last sample, when it went where it sleeps now. */
static void
charge_unseen(struct sampler *s, struct thread *th, struct stack stack)
{
	struct weight weight = {0};
	bool is_sample = s->opts->measure == MEASURE_CPU;

	/* There is room for one before the leaf: see sample.h */
	stack.frames--;
	stack.n++;
	stack.frames[0] = profile_marker(s->profile, "[ran unseen]");
	weight.count = is_sample;
	ledger_charge(&s->ledger, th, ledger_labels(&s->ledger, th),
	    stack.frames, stack.n, weight);
	s->profile->stats.samples += is_sample;
	s->profile->stats.ends[stack.end] += is_sample;
}

enum sleeper_look
sleeper_read(struct sampler *s, struct thread *th)
{
	struct moment m = {0};
	bool is_steady = false;

	for (int i = 0; !is_steady && i < LOOKS_MAX; i++)
		is_steady = read_once(s, th, &m);
	if (!is_steady)
		return SLEEPER_AWAKE;
	th->sleeper.is_dead = m.state == 'Z' || m.state == 'X';
	if (th->sleeper.is_dead)
		return SLEEPER_DEAD;
	if (!is_enough(s, &m))
		return SLEEPER_NEEDS_STOP;
	sample_save(s, th, &m.snap, &m.stack, CORE_UNSTOPPED, m.state);
	if (s->is_hands_off && th->task.run_ns != th->charged_ns)
		charge_unseen(s, th, m.stack);
	wall_sleep(s, th, wall_node(s, th, m.state, &m.stack), m.stack.end);
	return SLEEPER_READ;
}

void
sleeper_note_stop(struct sampler *s, struct thread *th,
    const struct snapshot *snap, const struct stack *stack)
{
	const struct arch *arch = s->space.code.arch;
	struct sleeper *sl = &th->sleeper;

	sl->stop_turn = s->looks.turn;
	sl->has_stop = stack->end == END_ROOT;
	sl->pc = snap->regs.r[arch->pc];
	sl->sp = snap->regs.r[arch->sp];
	sl->fp = snap->regs.r[arch->fp];
	sl->node = wall_node(s, th, 'S', stack);
	wall_sleep(s, th, sl->node, stack->end);
}

bool
sleeper_goes_back(struct sampler *s, struct thread *th)
{
	struct sleeper *sl = &th->sleeper;
	struct syscall_state call;

	if (sl->stop_turn == 0 ||
	    s->looks.turn - sl->stop_turn > BACK_TURNS ||
	    !syscall_read(s->target, th->task.tid, &call))
		return false;
	if (call.is_running)
		return true;
	sl->stop_turn = 0;
	return call.pc == sl->pc && call.sp == sl->sp;
}
