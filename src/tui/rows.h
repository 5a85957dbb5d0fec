/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rows.h - which rows of a view can be seen: what is folded, where one is
 *
 * Pure, no terminal. Rows are known by their ids, so that what is open stays
 * open and what is chosen stays chosen while the numbers change.
 */
#ifndef SCRAPE_TUI_ROWS_H
#define SCRAPE_TUI_ROWS_H

#include "base/hash.h"
#include "profile/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- what is open and what is closed */

struct fold_row {
	uint64_t id;
	bool is_open;
};

/* All zero is valid: all is closed. */
struct fold {
	bool are_open; /* those not in rows[] */
	struct fold_row *rows;
	size_t n, cap;
	struct hash index;
	unsigned changes; /* another number: other rows may be open */
	bool is_by_hand;  /* nothing opens by itself any more */
};

void fold_deinit(struct fold *f); /* leaves it all zero */
bool fold_is_open(const struct fold *f, uint64_t id);
void fold_set(struct fold *f, uint64_t id, bool is_open);
void fold_all(struct fold *f, bool are_open);
/* What is known of a row holds for another one as well: it goes by that id. */
void fold_carry(struct fold *f, uint64_t from, uint64_t to);
/* Opens a row and, from it, the child that has most of its parent, and so on */
void fold_open_hot(struct fold *f, const struct view *v, uint32_t row);
/*
 * Does that for the heaviest root, whichever that comes to be: the first samples
 * do not tell. What was opened before, and what was closed by hand, stays so.
 */
void fold_follow_hot(struct fold *f, const struct view *v);
/* Opens all that a row stands below. */
void fold_reveal(struct fold *f, const struct view *v, uint32_t row);

/* --- the rows that are left, as lines */

/*
 * A line of the list. An only child stands right below its caller, as deep as
 * it: deep stacks would run out of the screen else. guides: bit i is set where
 * a branch of depth i goes on below this line.
 */
struct line {
	uint32_t row;
	unsigned indent;
	bool is_branch; /* one of several children */
	uint64_t guides;
};
#define LINE_MAX_GUIDES 64

/*
 * All zero is valid, and empty. Lines are listed as far as somebody looks: all
 * that is open can be very long, and comes anew with each refresh.
 */
struct lines {
	struct line *lines;
	uint64_t *ids; /* of their rows */
	size_t n, cap;
	/* Where it goes on: the next row (VIEW_NONE: none); lines above it. */
	uint32_t next;
	size_t *path;
	size_t n_path, cap_path;
};

/* Begins a list; what was in it is gone. */
void lines_begin(struct lines *l, const struct view *v);
/* Goes on to n lines, or to the end. f NULL: nothing is folded. */
void lines_reach(struct lines *l, const struct view *v, const struct fold *f,
    size_t n);
/* All of them. */
void lines_list(struct lines *l, const struct view *v, const struct fold *f);
void lines_deinit(struct lines *l);

/* --- where one is in a list */

struct place {
	uint64_t id;	 /* of the chosen row, if it was chosen by hand */
	bool is_chosen;	 /* else it is the first, whichever that is */
	size_t at, top;	 /* the chosen line, and the first on the screen */
};

/* After the list changed: finds the row again, keeps it on the page. */
void place_settle(struct place *p, const uint64_t *ids, size_t n, size_t page);
/* By lines; stops at the ends. */
void place_move(struct place *p, const uint64_t *ids, size_t n, size_t page,
    long lines);
/* The first line is no choice: what comes to be the first is shown then. */
void place_first(struct place *p);
void place_choose(struct place *p, const uint64_t *ids, size_t n, size_t at);
/* The page, and the chosen line only where it would leave it. */
void place_scroll(struct place *p, const uint64_t *ids, size_t n, size_t page,
    long lines);

#endif
