/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * profile.h - what a recording knows: stacks, weights, names, losses
 *
 * Numbers and ids only; no process, no file, no terminal. A stack is a list of
 * frame ids, leaf first. A frame is an address in a mapping, or a marker, which
 * is a row that stands for something that is not code: "[not sampled]",
 * "[truncated: no-cfi]". Names come later, by profile_set_lines().
 */
#ifndef SCRAPE_PROFILE_PROFILE_H
#define SCRAPE_PROFILE_PROFILE_H

#include "base/intern.h"
#include "profile/stats.h"
#include "profile/trie.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Ids count from 0 in each table; these stand for "none". */
#define PROFILE_NO_MAPPING UINT32_MAX
#define PROFILE_NO_FRAME   UINT32_MAX /* max_frames is reached */

/* More than any target should need; what comes after is not told apart. */
#define PROFILE_MAX_MAPPINGS 65536
#define PROFILE_MAX_LABELS   65536

/*
 * A mapping as the target had it. Equal ones are one. Mapping 0 is that of the
 * main binary: readers take the title and the build-id of a profile from the
 * first, so who fills a profile adds the executable's mapping before any other.
 */
struct profile_mapping {
	uint64_t start, limit, off;
	uint32_t file;	   /* string: as the target's root sees it */
	uint32_t build_id; /* string: lower-case hex, or "" */
	bool looked_up;	   /* symbolization has asked about its frames */
	bool unresolved;   /* ... and at least one stayed without a real name */
	bool has_files, has_lines, has_inlines; /* ... and found these */
};

struct profile_function {
	uint32_t name, system_name, file; /* strings; file may be "" */
	uint32_t start_line;		  /* 0: unknown */
};

struct profile_line {
	uint32_t function;
	uint32_t line, column; /* 0: unknown */
};

struct profile_frame {
	uint64_t addr;	  /* looked-up address: return address - 1; always
			     inside the mapping, if there is one */
	uint32_t mapping; /* PROFILE_NO_MAPPING: a marker, or outside all */
	uint32_t marker;  /* string; 0: not a marker */
	uint32_t first_line, n_lines; /* in lines[]; innermost first */
	bool unnamed; /* its module has no name for the function */
};

/* The labels that a stack's samples share. Unused ones are 0 / "". */
struct profile_labels {
	pid_t pid, tid;
	uint32_t thread_name; /* string */
	uint32_t state; /* string: what the thread did, where wall is weighed */
};

struct journal;

struct profile {
	struct interner strings;
	struct profile_mapping *mappings;
	size_t n_mappings, cap_mappings;
	struct profile_frame *frames;
	size_t n_frames, cap_frames;
	struct profile_function *functions;
	size_t n_functions, cap_functions;
	struct profile_line *lines;
	size_t n_lines, cap_lines;
	struct profile_labels *labels;
	size_t n_labels, cap_labels;
	struct trie trie; /* roots: frame = index into labels[] */

	uint64_t time_ns;     /* CLOCK_REALTIME at the start */
	uint64_t duration_ns; /* what was really sampled */
	uint64_t period_ns;
	bool has_wall; /* elapsed time is weighed, too */
	uint32_t *comments; /* strings */
	size_t n_comments, cap_comments;
	struct stats stats;
	struct journal *journal; /* borrowed; NULL: nobody wants news */

	uint32_t other_stacks; /* the frame; PROFILE_NO_FRAME: not needed yet */
	struct hash frame_index, mapping_index, function_index, label_index;
	size_t max_frames;
};

/* Bounds on memory; 0 takes the default named in the .c. */
void profile_init(struct profile *p, size_t max_nodes, size_t max_frames);
void profile_deinit(struct profile *p);

/*
 * The kernel's " (deleted)" is taken off the file's name. PROFILE_NO_MAPPING
 * past PROFILE_MAX_MAPPINGS.
 */
uint32_t profile_mapping(struct profile *p, uint64_t start, uint64_t limit,
    uint64_t off, const char *file, const char *build_id);
/*
 * Both give PROFILE_NO_FRAME when max_frames is reached. An address that is not
 * inside the mapping becomes a frame outside all.
 */
uint32_t profile_frame(struct profile *p, uint32_t mapping, uint64_t addr);
uint32_t profile_marker(struct profile *p, const char *name);
/* Past PROFILE_MAX_LABELS: the set without any label. */
uint32_t profile_labels(
    struct profile *p, pid_t pid, pid_t tid, const char *thread_name);
/* The same set with another state: "running", "sleeping", ... */
uint32_t profile_labels_in(
    struct profile *p, uint32_t labels, const char *state);

/* What shares of it are of. */
enum measure profile_measure(const struct profile *p);

/*
 * The node of a stack, leaf first, n >= 1; for profile_weigh(), once or more
 * often, as nodes stay what they are. When a table is full, or a frame is
 * PROFILE_NO_FRAME, it is the row "[other stacks]" of the same labels, and
 * stats.folded counts what is counted there; likewise for a stack without
 * frames, which no reader could show. path is of who samples the same thread
 * again and again, or NULL.
 */
uint32_t profile_stack(struct profile *p, uint32_t labels,
    const uint32_t *frames, size_t n, struct trie_path *path);
void profile_weigh(struct profile *p, uint32_t node, const struct weight *w);
/* Both at once. */
void profile_add(struct profile *p, uint32_t labels, const uint32_t *frames,
    size_t n, struct weight w);

/* No name is system_name, and without that "[unknown]". */
uint32_t profile_function(struct profile *p, const char *name,
    const char *system_name, const char *file, uint32_t start_line);
/* The functions that stand at a frame; replaces what was set before. */
void profile_set_lines(struct profile *p, uint32_t frame,
    const struct profile_line *lines, size_t n);
void profile_comment(struct profile *p, const char *text);

/* The base name of the file that a frame lies in, or "". */
const char *profile_object_name(const struct profile *p, uint32_t frame);
/*
 * What a frame is called where no lines are known: its marker, or "file+0xoff",
 * or "[anon]" in memory without a file, or "[unknown]" outside all mappings.
 * Writes into buf, returns buf.
 */
const char *profile_frame_name(
    const struct profile *p, uint32_t frame, char *buf, size_t size);

#endif
