/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * subject.h - a thread that is being dumped, between the parts of dumper.c
 *
 *	look (dump_look.c)     what it does; its stack too, if it sleeps
 *	stop (dump_stop.c)     its registers and stack, if a stop is needed
 *	name (dump_names.h)    frames to functions
 */
#ifndef SCRAPE_SESSION_SUBJECT_H
#define SCRAPE_SESSION_SUBJECT_H

#include "core/frame.h"
#include "core/snapshot.h"
#include "session/dumper.h"
#include "session/located.h"
#include "session/saver.h"
#include "session/space.h"
#include "session/walker.h"
#include "target/access.h"
#include "target/capture.h"
#include "target/fd_name.h"
#include "target/stopper.h"
#include "target/syscall.h"
#include "target/syscall_table.h"
#include "target/syscall_text.h"
#include "target/target.h"
#include "target/task.h"

enum subject_phase {
	SUBJECT_DONE,	 /* there is nothing more to be had */
	SUBJECT_WAITING, /* to be stopped */
	SUBJECT_ASKED,
	SUBJECT_LATE,	/* asked, but too late for the others; --freeze only */
	SUBJECT_HELD,	/* stopped and copied; --freeze only */
	SUBJECT_COPIED, /* let go; to be walked */
};

struct subject {
	struct task task;
	char comm[TARGET_COMM_SIZE];
	char state;
	/* Of the moment that its stack is of; number -1: in no call. */
	struct syscall_state call;
	bool has_call;

	enum subject_phase phase;
	bool is_gone;	   /* it ended before anything was seen of it */
	bool was_stopped;  /* the copy was made in a stop */
	bool is_late;	   /* its walk read more than the copy */
	struct stop stop;
	uint64_t asked_ns; /* when its stop was asked for */
	uint64_t held_ns;  /* from then to its release */
	struct snapshot snap; /* its stack is in the slab of the same number */
	struct frame *frames; /* NULL: no stack */
	size_t n_frames;
	enum end_reason end;
	char *problem; /* why there is none */
};

struct dumper {
	struct target target;
	struct access_tracer tracer; /* pid 0: it can be stopped */
	const struct dump_opts *opts;
	struct space space;
	struct walker walker;
	struct located located;
	bool no_schedstat;

	/* Of the dump that is being made, by tid. */
	struct subject *subjects;
	size_t n, room;
	struct slabs slabs; /* one each */
	struct fd_names fd_names;
	uint64_t frozen_ns;
	bool is_fresh;	    /* the maps have just been read */
	struct saver saver; /* dir NULL: nothing is saved */
};

/* Walks the subject's snapshot, and keeps the frames. */
void subject_walk(struct dumper *d, struct subject *s);

/*
 * Adds the threads that there are and that are not among the subjects yet, as
 * far as there is room; whether any was added. The order by tid is lost.
 */
bool dump_find_subjects(struct dumper *d);
void dump_look(struct dumper *d, struct subject *s);
/* All that wait to be stopped; returns with every thread let go. */
void dump_stop(struct dumper *d);

#endif
