/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view.h - the rows that a profile is shown as
 *
 * One profile, one set of weights (a window's, or all), several ways to see it:
 *
 *	flat	 each function once: self and total, recursion counted once
 *	tree	 from the threads' roots down to the leaves, equal callees of
 *		 equal callers as one row
 *	callers	 a chosen function, below it who called it, below those ...
 *
 * "Function" is what the grain says: a name in an object, a line, an object,
 * an address. Inlined calls are functions. Rows have keys that stay the same as
 * long as the view, so that a cursor and what is unfolded survive a refresh.
 */
#ifndef SCRAPE_PROFILE_VIEW_H
#define SCRAPE_PROFILE_VIEW_H

#include "profile/profile.h"
#include "profile/trend.h"
#include "profile/window.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum view_kind { VIEW_FLAT, VIEW_TREE, VIEW_CALLERS };
enum view_grain {
	GRAIN_FUNCTION,
	GRAIN_LINE,
	GRAIN_OBJECT,
	GRAIN_ADDRESS,
	GRAIN_NR,
};
enum view_field { FIELD_FUNCTION, FIELD_FILE, FIELD_OBJECT, FIELD_THREAD };
enum view_sort {
	SORT_SELF,
	SORT_TOTAL,
	SORT_NAME,
	SORT_FILE,
	SORT_OBJECT,
	SORT_TREND,
	SORT_PROCESS,
};

/*
 * What hangs on a row that stands for less has no rows: a tree of all that ever
 * ran is longer than anybody reads. Of what is shown (so that a filter brings
 * out the rest), or of the function whose callers are asked for.
 */
#define TREE_MIN_SHARE	  0.00005
#define CALLERS_MIN_SHARE 0.0005

/* Stands for no key and for no row. */
#define VIEW_NONE UINT32_MAX
/* As a row's first child: there are some, which nobody has asked for yet. */
#define VIEW_LATER (UINT32_MAX - 1)

struct view_opts {
	enum view_kind kind;
	enum view_grain grain;
	enum view_sort sort;
	enum measure measure; /* what self and total are */
	bool inverted; /* the other way round */
	/*
	 * Only stacks that hold a frame, or are of a thread, that matches: the
	 * shares of what is left are still of the whole. NULL: all.
	 */
	const regex_t *filter;
	enum view_field filter_field;
	/*
	 * Another number for another filter, and what it said of each name is
	 * remembered; 0: is asked anew for every view.
	 */
	unsigned filter_serial;
	pid_t only_pid, only_tid; /* 0: all */
	/* A key of the same grain; VIEW_CALLERS alone. */
	uint32_t callers_of;
	bool by_process; /* flat: a row for each function and process; trees:
			    processes are the first level */
};

struct view_row {
	uint32_t key;
	/*
	 * Rows, or VIEW_NONE. first_child says no more than whether there is
	 * one: view_first_child() makes them, and puts them in order.
	 */
	uint32_t parent, first_child, next;
	uint32_t depth;		    /* 0: a root; flat: always 0 */
	uint64_t id; /* of the row: key and, in a tree, all above it */
	uint64_t self, total;	    /* as measured: nanoseconds */
	uint64_t self_n, total_n;   /* samples */
	/* Of self where that is sorted by, else of total. */
	enum view_trend trend;
	pid_t pid;		    /* by_process, else 0 */
};

/* What a key stands for; strings live as long as the viewer. */
struct view_key {
	const char *name;   /* never NULL; raw */
	const char *file;   /* or "" */
	uint32_t line;	    /* 0: unknown, or more than one */
	const char *object; /* base name, or "" */
	const char *system_name; /* mangled; "" where it is the same */
	bool is_marker;	    /* "[not sampled]", ..., a process: not code */
};

struct view {
	/*
	 * Those that were made so far; trees: each before its children. They
	 * move when there are more.
	 */
	struct view_row *rows;
	size_t n_rows;
	uint32_t first_root; /* of rows; VIEW_NONE */
	uint64_t all;	  /* the value of everything, shares are of that */
	uint64_t shown;	  /* ... that passed the filter */
	uint64_t all_n, shown_n;
	/* Who makes children; NULL: they are there, and in order. */
	struct viewer *viewer;
};

/*
 * Keeps what is costly and changes slowly: keys by frame, and whether a node is
 * the outermost one of its function on its stack. Looks at what is new in the
 * profile at every view_build(); after names came, view_names_changed() has to
 * be told, of the frames that got some.
 */
struct viewer;
struct viewer *viewer_new(const struct profile *p);
void viewer_free(struct viewer *v); /* NULL is fine */
void viewer_names_changed(struct viewer *v);

/*
 * Valid until the next call. No window (NULL): all that the profile counted.
 *
 * In the callers view, total is what the chosen function's time came by this
 * way, self that of its own code. Of calls inside each other the outermost is
 * looked at, so that recursion counts once here, too.
 */
const struct view *view_build(struct viewer *v, const struct view_opts *opts,
    const struct window *window);
/*
 * The children of a row by way of next, in sorted order: made when it is asked
 * for, as of most rows of a tree nobody sees the children. VIEW_NONE, the row:
 * the roots.
 */
uint32_t view_first_child(const struct view *view, uint32_t row);
/*
 * The row with an id, made if it has to be; VIEW_NONE: there is none. Of the
 * callers, only one that was made.
 */
uint32_t view_row_of_id(const struct view *view, uint64_t id);
struct view_key view_key(const struct viewer *v, uint32_t key);
/*
 * A row that has another id since its name, or that of one above it, has
 * changed. It may be several rows now, the outermost first, when inlined calls
 * have come to light; and of several rows one may have come to be.
 */
struct view_move {
	uint64_t from, to;
};

/*
 * The moves that nobody has been told of yet, in their order; valid until the
 * next view_build(). Of rows of the flat view and the tree, as of the opts of
 * the last view, and of callers that were on it.
 */
const struct view_move *view_take_moves(struct viewer *v, size_t *ret_n);
/*
 * The key of a row found again in another grain's view, by its function and
 * object; by object alone where that is the grain. What was called so once, and
 * is no more, is found too. VIEW_NONE: there is none.
 */
uint32_t view_find(struct viewer *v, enum view_grain grain, const char *name,
    const char *object);

#endif
