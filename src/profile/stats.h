/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stats.h - how true a recording is: what was counted, missed and paid for
 *
 * The object of --stats FILE, the comments in the profile, the summary and the
 * header of top all print from this one struct (design section 7).
 */
#ifndef SCRAPE_PROFILE_STATS_H
#define SCRAPE_PROFILE_STATS_H

#include "core/end_reason.h"

#include <stdbool.h>
#include <stdint.h>

struct stop_times {
	double p50, p90, p99, max; /* microseconds */
};

/* Frames' unwind rules, by where they were found, or why not in the cache. */
struct rule_counts {
	uint64_t hits;
	uint64_t empty; /* the address was met for the first time */
	uint64_t other; /* another address had its place */
	uint64_t stale; /* mappings had changed */
	uint64_t slow;	/* of all these: by a whole row, or without any */
};

struct stats {
	double wall_s;
	uint64_t ticks;	       /* that came */
	uint64_t missed_ticks; /* that came too late to be taken */
	unsigned rate;	       /* ticks per second that were asked for */
	unsigned paced_rate;   /* ... what --max-pause leaves of that now */
	uint64_t paced_ns;     /* for how long it left less */
	uint64_t samples;
	uint64_t stops;		/* threads stopped, with or without a sample */
	uint64_t late;		/* stops that came after the deadline */
	uint64_t refused;	/* stops refused: another tracer came */
	uint64_t threads_seen;
	uint64_t processes;	    /* that were sampled */
	uint64_t refused_processes; /* children that could not be */
	uint64_t cpu_kernel_ns; /* the kernel's count for the same time */
	uint64_t cpu_user_ns, cpu_system_ns; /* 10 ms units: utime, stime */
	uint64_t cpu_children_ns;   /* of ended children: not recorded */
	uint64_t cpu_attributed_ns; /* carried by samples */
	uint64_t ends[END_NR];		     /* samples by how their walk ended */
	uint64_t eintr_repaired;
	struct stop_times stop_us;
	double held_fraction; /* thread time held / (wall time x 1 thread) */
	double self_cpu_s;
	uint64_t frames;
	uint64_t guessed_frames;
	uint64_t reused_frames; /* taken over from the thread's last sample */
	struct rule_counts rules; /* of the other frames */
	double unwind_ns_per_frame;
	uint64_t late_reads; /* walks that read stack after the resume */
	uint64_t folded;     /* samples put into [other stacks]: table full */
	uint64_t max_rss_kb;
	bool no_schedstat; /* CPU time came from utime + stime, 10 ms units */
};

/* Ticks per second that were due, on average; 0 before there were any. */
double stats_mean_rate(const struct stats *s);
/* Samples whose walk reached the root, as a share of all; 1 for no samples. */
double stats_complete_share(const struct stats *s);

#endif
