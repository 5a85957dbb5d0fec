/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * top.h - what `scrape top` says beside the profile: the head and the threads
 *
 * Made by cli/ and session/, shown by tui/ and output/. Plain data, and as the
 * target gave it: names may hold anything and are escaped where they are shown.
 */
#ifndef SCRAPE_CORE_TOP_H
#define SCRAPE_CORE_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A process that is watched, or was. */
struct top_process {
	uint64_t serial; /* the how-manieth it was: pids come again */
	pid_t pid;
	const char *comm;
	double age_s;	 /* since it was started */
	bool has_exited;
	int wait_status; /* of a command of ours; -1: not ours to know */
};

/*
 * The head. All that is counted is of the window, which is named: shares of it,
 * CPU in cores (1.0 is one core). Before the first second there may be none.
 */
struct top_head {
	const struct top_process *processes; /* the first is the one asked for */
	size_t n_processes;
	const char *mode; /* "cpu", "wall": what shares are of */
	unsigned rate;	  /* that was asked for, Hz */
	unsigned paced_rate; /* what --max-pause leaves of it; 0: all */
	double elapsed_s; /* since scrape looks */
	double window_s;  /* what the window can hold; 0: since the start */
	double filled_s;  /* what it holds */
	double cpu, cpu_user, cpu_system; /* the kernel's count, in cores */
	double attributed;		  /* carried by samples, in cores */
	/*
	 * Of children that nobody watched, in cores; the kernel tells it when
	 * they have ended.
	 */
	double cpu_unseen;
#define UNSEEN_MIN 0.005 /* less is not worth a word */
	size_t n_threads, n_running;
	uint64_t samples;
	double missed, complete, held; /* shares, 0 to 1 */
	double folded; /* share of samples that found no room: [other stacks] */
	double own_cpu;		       /* in cores, with all our processes */
	size_t unnamed; /* frames whose names are still being looked up */
	bool names_are_over; /* who looked them up was killed: no new ones */
};

/* Whether there are fewer samples a second than were asked for. */
static inline bool
top_is_paced(const struct top_head *h)
{
	return h->paced_rate != 0 && h->paced_rate < h->rate;
}

/* A thread, as /proc shows it now and the window knows it. */
struct top_thread {
	pid_t pid, tid;
	const char *name;
	char state;	   /* as in /proc/PID/stat; '?' when it is gone */
	double cpu;	   /* in cores, over the window, by the profile */
	const char *doing; /* "epoll_wait fd 5", "running", a function; "" */
};

#endif
