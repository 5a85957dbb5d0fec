/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * threads.h - the threads of a target and the CPU time each is owed
 *
 * What a thread used from one sample to the next they carry together, so that
 * the samples of a thread add up to what the kernel counted. What no
 * sample has carried in the end goes to "[not sampled]" of that thread; what
 * threads used that nobody ever saw, or used after they were last seen, to
 * "[short-lived threads]".
 */
#ifndef SCRAPE_SESSION_THREADS_H
#define SCRAPE_SESSION_THREADS_H

#include "profile/trie.h"
#include "session/sleeper.h"
#include "session/wall.h"
#include "target/task.h"
#include "unwind/trail.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct target;

#define STACK_NEEDS 8

struct thread {
	struct task task;
	uint64_t base_ns;    /* its run_ns when the recording began */
	uint64_t charged_ns; /* its run_ns up to its last sample */
	bool has_last;	     /* sample since which all that it used counts: */
	uint32_t last_node;  /* its node of the profile */
	bool is_new;	     /* not looked at yet */
	bool was_running;    /* at the last look that asked */
	bool is_lively;	     /* in threads.lively */
	unsigned quiet;	     /* looks since it last ran */
	uint64_t turn;	     /* when it was last looked at: looks.turn */
	bool is_asked;	     /* interrupted, has not stopped yet */
	uint64_t asked_ns;
	uint64_t alone_until_ns; /* it is not stopped before; 0: it may be */
	uint32_t labels;     /* of the profile; UINT32_MAX: not yet */
	uint64_t labels_ns;  /* when its name was last read */
	size_t stack_needs[STACK_NEEDS]; /* bytes, of its last samples */
	unsigned next_need;
	struct trail trail; /* of its last walk */
	struct trie_path path; /* of its last stack in the profile */
	struct wall wall;
	struct sleeper sleeper;
};

struct threads {
	struct thread **v; /* sorted by tid */
	size_t n, cap;
	/*
	 * Of them those that may have run since, in no order: new ones, and all
	 * that were seen to run not long ago; and all that are asked to stop.
	 */
	struct thread **lively;
	size_t n_lively, cap_lively;
	/* What all that ever were had used when they were last looked at. */
	uint64_t run_ns;
	bool no_schedstat;
	bool from_start;  /* what they used before the first scan counts too */
	uint64_t hint;	  /* task_count_hint() at the last scan */
	uint64_t scan_ns; /* when that was */
	uint64_t seen;	  /* threads ever */
	pid_t only_tid;	  /* or 0 */
	const regex_t *only_re; /* or NULL */
	/* Called with a thread that is gone, before it is freed. */
	void (*on_gone)(void *ctx, struct thread *th);
	void *ctx;
};

/* Scans for the first time: what these threads used before now is not ours. */
bool threads_init(struct threads *ts, const struct target *t);
void threads_deinit(struct threads *ts);
/* Scans again if a thread may have come or gone. */
void threads_refresh(
    struct threads *ts, const struct target *t, uint64_t now);
/* Whether one has been taken out since the last scan. */
bool threads_have_gone(const struct threads *ts);
/* NULL: none of this id is known. */
struct thread *threads_find(const struct threads *ts, pid_t tid);
/* task_look(), with the sum kept. */
bool threads_look(
    struct threads *ts, const struct target *t, struct thread *th);
void threads_set_lively(struct threads *ts, struct thread *th, bool is_lively);
/* Takes it out, frees it: it is gone. */
void threads_remove(struct threads *ts, struct thread *th);

/* How many bytes of stack its next sample will probably need. */
size_t thread_stack_want(const struct thread *th);
void thread_note_need(struct thread *th, size_t need);

#endif
