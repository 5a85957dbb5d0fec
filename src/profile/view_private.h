/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_private.h - what the parts of a viewer share
 *
 *	profile's frames ---- keys ----> keys of each frame, by grain
 *	profile's nodes ----- calls ---> a tree of keys: the trie, as the grain
 *					 and inlined calls have it
 *	window's weights ---- weigh ---> loads of the calls, self and total
 *	loads -- flat, tree, callers --> rows
 *
 * The first two change slowly and are kept up to date; of the third so is what
 * weighs something else than it did; rows are made for each view, and of a tree
 * only the roots, until somebody asks for what hangs on a row. So a refresh
 * costs what has changed and what is looked at, not what there is.
 */
#ifndef SCRAPE_PROFILE_VIEW_PRIVATE_H
#define SCRAPE_PROFILE_VIEW_PRIVATE_H

#include "base/hash.h"
#include "base/intern.h"
#include "profile/view.h"

/* --- keys: view_keys.c */

/* A kind of key beyond the grains: the processes that are a tree's roots. */
#define GRAIN_PROCESS GRAIN_NR

struct key {
	uint8_t grain;
	bool is_marker;
	uint32_t n_frames; /* that it stands at */
	uint32_t became;   /* the key there now, when there is none */
	/* Strings of the viewer. Function: what it is found again by. */
	uint32_t name, object, function, system_name, file;
	uint32_t line;
};

/* The keys at a frame: members[first...], innermost call first, n >= 1. */
struct frame_keys {
	uint32_t first, n;
};

/* All frames' keys of one grain. */
struct keying {
	struct frame_keys *frames;
	size_t n_frames, cap_frames;
	uint32_t *members;
	size_t n_members, cap_members;
	uint32_t seen; /* generation of names */
};

/* --- calls: view_calls.c */

/* What rows of the flat view are told apart by. */
struct cell {
	uint32_t key;
	pid_t pid; /* 0: not by process */
};

struct call_list {
	uint32_t *v;
	size_t n, cap;
};

/* Of a cell: those that none of it is above, and those within such a one. */
struct cell_calls {
	struct call_list outermost, inner;
};

struct call {
	uint64_t id;	 /* of its row */
	uint32_t parent; /* VIEW_NONE */
	uint32_t cell : 31;
	uint32_t is_outermost : 1; /* none above has the same cell */
	uint32_t first_child, next; /* calls, or VIEW_NONE; in no order */
};

/* Bounded: what was open or chosen matters to somebody, and is not so much. */
#define MOVES_MAX 65536

struct moves {
	struct view_move *list;
	size_t n, cap;
	bool are_told;
};

struct calls {
	struct call *calls;
	size_t n, cap;
	uint32_t first_root;
	struct hash index; /* of calls, by parent and cell */
	struct cell *cells;
	struct cell_calls *of_cell;
	size_t n_cells, cap_cells, cap_of_cell;
	struct hash cell_index;
	uint32_t *of_node; /* the call a node's innermost key is; VIEW_NONE */
	size_t n_nodes, cap_nodes;
	uint32_t seen;	/* generation of names */
	size_t n_moved; /* nodes that got another call: calls left behind */
	struct moves moves;
	uint32_t version; /* another one when it is begun anew */
	/* How often each cell is between call `at` and the root. */
	uint32_t *on_path;
	size_t cap_on_path;
	uint32_t at;
};

/* --- loads: view_weigh.c */

/* Of a row. What was before the window is no longer than it: 32 bits will do.
 */
struct load {
	uint64_t self, total;
	uint64_t self_n, total_n;
	uint32_t self_before, total_before; /* samples */
};

/* Of a call. What few have is elsewhere: samples that end in the call itself. */
struct subtree {
	uint64_t total, total_n;
	uint32_t total_before;
	uint32_t own; /* its number and one; 0: none */
};

struct own {
	uint64_t value, n;
	uint32_t before;
};

/* What a node weighed when it was last looked at. */
struct seen {
	uint64_t value, n;
	uint32_t before;
};

/*
 * What was added up, of which question: as long as that is the same, only the
 * nodes that weigh something else than last time have to be looked at.
 */
struct weighed {
	const struct calls *calls; /* NULL: nothing */
	uint32_t version;	   /* theirs */
	enum measure measure;
	bool is_filtered;
	struct seen *seen; /* by node */
	size_t n_seen, cap_seen;
	uint64_t moment; /* of the window; 0: all is to be looked at */
	struct seen all, shown;
};

/* What a filter said of a string. */
enum answer { NOT_ASKED, YES, NO };

struct filter_memory {
	unsigned serial;
	uint8_t *answers; /* enum answer, by string of the viewer */
	size_t n;
};

/* Of which nodes it is known whether they pass, and what. */
struct judged {
	bool has_filter;
	unsigned serial;
	enum view_field field;
	pid_t only_pid, only_tid;
	uint32_t generation; /* of names */
	size_t n;	     /* nodes */
	bool is_new;	     /* another question than before */
};

/* --- rows: view_rows.c, view_tree.c, view_callers.c */

/* Where the chosen key is called, and how far that has climbed. */
struct origin {
	uint32_t at; /* a call; VIEW_NONE: nothing is above */
	struct load load;
};

/* A part of the order of origins. */
struct range {
	size_t start, end;
};

struct group {
	uint32_t cell;
	size_t n, end;
	struct load load;
};

struct climb {
	struct origin *origins;
	size_t n_origins, cap_origins;
	uint32_t *order, *scratch;
	size_t cap_order, cap_scratch;
	struct range *ranges; /* by row: its origins */
	size_t cap_ranges;
	/* Those of the row at hand; and by cell where it is in them, or not. */
	struct group *groups;
	size_t n_groups, cap_groups;
	uint32_t *group_of;
	size_t n_group_of;
};

/* --- all */

struct viewer {
	const struct profile *p;
	struct interner strings;
	uint32_t *local; /* by string of the profile: ours + 1; 0: not yet */
	size_t cap_local;
	struct key *keys;
	size_t n_keys, cap_keys;
	struct hash key_index;
	/* By frame: a hash of its lines, and when it last changed. */
	uint64_t *prints;
	uint32_t *changed;
	size_t n_prints, cap_prints;
	uint32_t generation; /* counts when names changed */
	bool names_are_stale;
	struct keying keyings[GRAIN_NR];
	struct calls *calls[GRAIN_NR][2]; /* [1]: by process */
	uint32_t n_versions;

	struct filter_memory filter;
	struct judged judged;
	uint8_t *passes; /* by node of the profile */
	size_t cap_passes;
	struct subtree *subtrees; /* by call */
	size_t n_subtrees, cap_subtrees;
	struct own *owns;
	size_t n_owns, cap_owns;
	struct load *sums; /* by cell */
	size_t cap_sums;
	size_t n_sums;
	uint64_t before_all; /* samples before the window */
	struct weighed weighed;

	struct view_row *rows, *sorted;
	size_t n_rows, cap_rows, cap_sorted;
	enum view_sort sort; /* of the view */
	bool inverted;
	struct sort_item *items;
	size_t cap_items;
	/* What rows are made of when they are asked for. */
	enum view_kind kind;
	struct calls *source;
	uint64_t least, least_n; /* what hangs on less has no rows */
	uint32_t *call_of;	 /* tree: by row */
	size_t cap_call_of;
	uint32_t found; /* the call that was last looked for by its id */
	uint32_t *origin_of; /* callers: by call, of outermost ones */
	size_t cap_origin_of;
	struct climb climb;
	struct view view;
};

/* Room for n elements; what was there is lost. Never leaves a NULL. */
#define ROOM(ptr, n, cap)                                                   \
	do {                                                                \
		if ((n) >= (cap)) {                                         \
			(cap) = (n) + (n) / 4 + 64;                         \
			free(ptr);                                          \
			(ptr) = xreallocarray(NULL, (cap), sizeof(*(ptr))); \
		}                                                           \
	} while (0)

/* The same, and what was there stays. */
#define KEEP_ROOM(ptr, n, cap)                                              \
	do {                                                                \
		if ((n) >= (cap)) {                                         \
			(cap) = (n) + (n) / 4 + 64;                         \
			(ptr) = xreallocarray((ptr), (cap), sizeof(*(ptr))); \
		}                                                           \
	} while (0)

/* Brings a grain's keys up to date with the profile. */
void keys_sync(struct viewer *v, enum view_grain grain);
/* The key that stands where it stood. */
uint32_t key_now(const struct viewer *v, uint32_t key);
/* comm NULL: as it was called last. */
uint32_t keys_process(struct viewer *v, pid_t pid, const char *comm);
void keys_deinit(struct viewer *v);

/* The tree of calls, up to date, as opts want it. */
struct calls *calls_sync(struct viewer *v, const struct view_opts *opts);
void calls_free(struct calls *c);
void moves_add(struct moves *m, uint64_t from, uint64_t to);

/* Judges all nodes that are new to it; filter_passes() is for after that. */
void filter_nodes(struct viewer *v, const struct view_opts *opts);
bool filter_is_on(const struct view_opts *opts);
bool filter_passes(
    const struct viewer *v, const struct view_opts *opts, uint32_t node);

/*
 * Fills subtrees and owns, sums, and what the view adds up to.
 */
void weigh(struct viewer *v, const struct calls *c,
    const struct view_opts *opts, const struct window *window);
/* Takes off a call what a node weighed, before the node gets another one. */
void weigh_leave(struct viewer *v, const struct calls *c, uint32_t node);
struct load call_load(const struct viewer *v, uint32_t call);
bool load_shows(const struct load *l);

/* Whether it has a load to speak of: one that fell out of the window has not. */
bool call_shows(const struct viewer *v, uint32_t call);

/* Of the row of a cell below another one's; of a root above is 0. */
uint64_t row_id(uint64_t above, struct cell cell);
/*
 * A new row, the first among its parent's children or the roots so far, which
 * are put in order later. Its children are made when they are asked for.
 */
uint32_t row_add(struct viewer *v, uint32_t parent, struct cell cell,
    const struct load *load, bool has_children);
void rows_sort_roots(struct viewer *v);
/* Roots alone, in whose order the rows themselves are put. */
void rows_sort_flat(struct viewer *v);

void view_flat(struct viewer *v, const struct calls *c);
void view_tree(struct viewer *v, const struct calls *c);
void tree_add_children(struct viewer *v, uint32_t row);
void view_callers(
    struct viewer *v, const struct calls *c, const struct view_opts *opts);
void callers_add_children(struct viewer *v, uint32_t row);
/* Before the rows of callers that were made last are gone. */
void callers_note_moves(struct viewer *v, struct moves *m);
void climb_deinit(struct climb *k);

#endif
