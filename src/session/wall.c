/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/wall.h"

#include "profile/profile.h"
#include "session/sample.h"
#include "session/sampler.h"
#include "session/session.h"

static bool
is_weighed(const struct sampler *s)
{
	return s->opts->measure == MEASURE_WALL;
}

/* The words of the label "state". */
static const char *
state_name(char state)
{
	switch (state) {
	case 'D':
		return "disk";
	case 'T':
	case 't':
		return "stopped";
	default:
		return "sleeping";
	}
}

static uint32_t
labels_in(struct sampler *s, struct thread *th, const char *state)
{
	return profile_labels_in(
	    s->profile, ledger_labels(&s->ledger, th), state);
}

/* What is not put down up to then; from then on a new time begins. */
static uint64_t
take_time(struct thread *th, uint64_t until)
{
	uint64_t since = th->wall.since_ns;

	if (since == 0 || until <= since)
		return 0;
	th->wall.since_ns = until;
	return until - since;
}

void
wall_begin(struct sampler *s, struct thread *th)
{
	th->wall = (struct wall){.since_ns = s->tick_ns,
	    .since_turn = s->looks.turn,
	    .waited_ns = th->task.waited_ns};
}

static void
put_down(struct sampler *s, struct thread *th, uint64_t until, uint64_t turn)
{
	struct wall *w = &th->wall;
	struct weight weight = {.wall = take_time(th, until)};

	if (turn > w->since_turn)
		weight.count = turn - w->since_turn;
	w->since_turn = turn;
	if (!is_weighed(s) || weight_is_none(&weight))
		return;
	profile_weigh(s->profile, w->node, &weight);
	s->profile->stats.samples += weight.count;
	s->profile->stats.ends[w->end] += weight.count;
}

void
wall_settle(struct sampler *s, struct thread *th)
{
	if (th->wall.is_asleep)
		put_down(s, th, s->tick_ns, s->looks.turn);
}

void
wall_wake(struct sampler *s, struct thread *th, uint64_t turn)
{
	if (!th->wall.is_asleep)
		return;
	put_down(s, th, s->last_tick_ns, turn);
	th->wall.is_asleep = false;
}

uint32_t
wall_node(struct sampler *s, struct thread *th, char state,
    const struct stack *stack)
{
	return profile_stack(s->profile, labels_in(s, th, state_name(state)),
	    stack->frames, stack->n, &th->path);
}

void
wall_sleep(struct sampler *s, struct thread *th, uint32_t node,
    enum end_reason end)
{
	th->wall.node = node;
	th->wall.end = end;
	th->wall.is_asleep = true;
	/* It waited for a CPU while it was awake, which nobody saw. */
	th->wall.waited_ns = th->task.waited_ns;
	wall_settle(s, th);
}

uint64_t
wall_run(struct sampler *s, struct thread *th, const struct stack *stack,
    uint32_t *ret_labels)
{
	uint64_t waited = th->task.waited_ns - th->wall.waited_ns, time;

	*ret_labels = ledger_labels(&s->ledger, th);
	if (!is_weighed(s))
		return 0;
	wall_wake(s, th, s->looks.turn - 1);
	*ret_labels = labels_in(s, th, "running");
	time = take_time(th, s->tick_ns);
	th->wall.since_turn = s->looks.turn;
	/* The kernel tells when the wait is over: it may be an earlier one. */
	if (waited > time)
		waited = time;
	th->wall.waited_ns += waited;
	if (waited > 0)
		profile_add(s->profile, labels_in(s, th, "runnable"),
		    stack->frames, stack->n, (struct weight){.wall = waited});
	return time - waited;
}

void
wall_skip(struct sampler *s, struct thread *th)
{
	uint32_t marker = profile_marker(s->profile, "[not sampled]");
	struct weight weight = {0};

	wall_settle(s, th);
	weight.wall = take_time(th, s->tick_ns);
	th->wall.since_turn = s->looks.turn;
	/* What it waited for a CPU is in that. */
	th->wall.waited_ns = th->task.waited_ns;
	/* A main thread that has ended is there as long as the others. */
	if (is_weighed(s) && weight.wall > 0 && !th->sleeper.is_dead)
		profile_add(s->profile, ledger_labels(&s->ledger, th), &marker,
		    1, weight);
}
