/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * facts.h - what decides whether one process may look into another
 *
 * Read once, from /proc and a few files beside it, and by system calls that
 * change nothing; judged in gate.c, which asks nobody. Files are read below a
 * root given as a descriptor, so that a test can bring a tree of its own: of a
 * kernel with Yama, of a container, of a /proc with hidepid.
 */
#ifndef SCRAPE_TARGET_FACTS_H
#define SCRAPE_TARGET_FACTS_H

#include "target/proc_file.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define FACTS_NAME_SIZE 64  /* a comm; the kernel's 16, and what may come */
#define FACTS_LABEL_SIZE 160 /* of a security module; cut beyond */

enum answer {
	ANSWER_UNKNOWN,
	ANSWER_NO,
	ANSWER_YES,
};

/* Who a process is in the kernel's eyes: from /proc/PID/status. */
struct identity {
	uint32_t uid[3], gid[3]; /* real, effective, saved */
	uint64_t cap_permitted, cap_effective, cap_bounding;
	int seccomp; /* 0 none, 1 strict, 2 filters */
};

/* What stands in /proc/PID/status, stat and comm of the target. */
struct suspect {
	char comm[FACTS_NAME_SIZE];
	struct proc_stat stat;
	struct identity id;
	uint64_t threads;
	bool is_kernel_thread;
	pid_t tracer; /* one that stays, or 0 */
	char tracer_comm[FACTS_NAME_SIZE];
	bool has_hidden_tracer; /* stopped by one that has no number here */
	char parent_comm[FACTS_NAME_SIZE];
};

/*
 * Each an errno, 0 for "granted". PROBE_NOT_MADE where something else stood in
 * the way before.
 */
#define PROBE_NOT_MADE (-1)
struct probes {
	int vm_readv; /* process_vm_readv() at all: of ourselves */
	int ptrace;   /* ptrace(PTRACE_SEIZE) at all */
	int read;     /* reading the target's memory */
	int seize;    /* attaching to the target; on request only */
};

/* The sandbox that scrape itself is in, by what it leaves lying about. */
struct container {
	bool docker, podman, kubernetes, other;
};

struct facts {
	pid_t pid;   /* the process */
	pid_t asked; /* what was asked for: the process or a thread of it */

	/* Ourselves */
	pid_t own_pid;
	pid_t own_tracer;
	pid_t proc_self; /* own_pid as /proc has it, or 0: cannot be read */
	struct identity own;

	/* Is it there */
	int kill_errno; /* what kill(pid, 0) said: 0, EPERM or ESRCH */
	bool has_proc_dir;
	int status_errno; /* why suspect could not be filled; 0: it is */
	char hidepid[32]; /* /proc's mount option, "" for none */
	bool in_own_pid_ns; /* not in the machine's first PID namespace */
	pid_t outer_pid; /* a process that is "pid" in a namespace of its own */
	char outer_comm[FACTS_NAME_SIZE];

	struct suspect suspect;

	/* May it be looked at */
	bool has_maps_owner;
	uint32_t maps_owner; /* the kernel shows an undumpable one as root's */
	int yama;	     /* 0 to 3; -1: this kernel has none */
	bool is_descendant;  /* of ours */
	enum answer same_user_ns;
	bool in_first_user_ns;
	char lsm[FACTS_LABEL_SIZE]; /* "capability,yama,apparmor" */
	bool selinux_enforcing;
	bool selinux_deny_ptrace;
	char own_label[FACTS_LABEL_SIZE], label[FACTS_LABEL_SIZE];
	struct container container;
	bool has_schedstat; /* the kernel counts the time of each thread */
	bool has_debug_dir; /* where distributions put debug files */
	bool has_elf_head;
	uint8_t elf_head[20]; /* of its program, up to e_machine */

	struct probes probes;
};

/*
 * Fills all but the probes. pid's files are read through proc_fd, which is
 * /proc/PID below root_fd, or -1 where it could not be opened. kill_errno and
 * asked are left to the caller.
 */
void facts_read(int root_fd, int proc_fd, pid_t pid, struct facts *ret);
/* Only what concerns ourselves and the machine. */
void facts_read_own(int root_fd, struct facts *ret);

/* Harmless; what /proc cannot tell. */
void facts_probe_own(struct facts *f);
void facts_probe_read(int proc_fd, struct facts *f);
/*
 * Whether attaching is granted, by doing it in a child that ends at once: the
 * target is seized and let go without a stop.
 */
void facts_probe_seize(int proc_fd, struct facts *f);
/* Fills probes.read and probes.seize by a child of ours, made for that. */
void facts_probe_child(struct facts *f);

/* PID in pid's own namespace for each outer one: fills outer_pid, if any. */
void facts_find_outer(int root_fd, struct facts *f);

/* The status file's text into ret; false when a line is missing. */
bool identity_parse(const char *status, struct identity *ret);

#define CAPABILITY_PTRACE	      19 /* linux/capability.h */
#define CAPABILITY_ADMIN	      21
#define CAPABILITY_CHECKPOINT_RESTORE 40
bool has_capability(uint64_t set, unsigned capability);

#endif
