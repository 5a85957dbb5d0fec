/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/fit_brackets.h"

#include "base/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Brackets that are nested deeper go with those of that depth, all at once. */
#define DEPTH_MAX 32

/* The character of a glyph; 0 for what is not ASCII. */
static char
char_at(const struct glyphs *g, size_t i)
{
	return g->v[i].len == 1 ? g->v[i].bytes[0] : 0;
}

/* Whether the word ends right before i. */
static bool
follows_word(const struct glyphs *g, size_t i, const char *word)
{
	size_t len = strlen(word);

	if (i < len)
		return false;
	for (size_t k = 0; k < len; k++)
		if (char_at(g, i - len + k) != word[k])
			return false;
	return true;
}

/* How many glyphs from i on are an operator's sign, not brackets. */
static size_t
operator_len(const struct glyphs *g, size_t i)
{
	static const char signs[] = "<>=-()";
	size_t n = 0;

	if (!follows_word(g, i, "operator"))
		return 0;
	if (char_at(g, i) == '(')
		return i + 1 < g->n && char_at(g, i + 1) == ')' ? 2 : 0;
	while (n < 3 && i + n < g->n && char_at(g, i + n) != 0 &&
	       strchr(signs, char_at(g, i + n)) != NULL &&
	       char_at(g, i + n) != '(' && char_at(g, i + n) != ')')
		n++;
	/* operator< <int>(): demanglers put a blank between the two. */
	return n;
}

static char
partner_of(char close)
{
	return close == '>' ? '<' : close == ')' ? '(' : 0;
}

/*
 * Takes what the bracket at i closes off the stack. ')' also closes over signs
 * left open, as in (1 < 2); '>' does not.
 */
static bool
close_one(const struct glyphs *g, size_t i, const size_t *stack, size_t *depth,
    size_t *ret_open)
{
	char open = partner_of(char_at(g, i));
	size_t d = *depth;

	while (open == '(' && d > 0 && char_at(g, stack[d - 1]) != '(')
		d--;
	if (d == 0 || char_at(g, stack[d - 1]) != open)
		return false;
	*ret_open = stack[d - 1];
	*depth = d - 1;
	return true;
}

static void
find_pairs(const struct glyphs *g, size_t *partner)
{
	size_t *stack = xreallocarray(NULL, g->n + 1, sizeof(*stack));
	size_t depth = 0, open, skip;

	for (size_t i = 0; i < g->n; i++)
		partner[i] = i;
	for (size_t i = 0; i < g->n; i++) {
		char c = char_at(g, i);

		skip = operator_len(g, i);
		if (skip > 0) {
			i += skip - 1;
		} else if (c == '<' || c == '(') {
			stack[depth++] = i;
		} else if (c == '>' && i > 0 && char_at(g, i - 1) == '-') {
			continue;
		} else if (partner_of(c) != 0 &&
			   close_one(g, i, stack, &depth, &open)) {
			partner[open] = i;
			partner[i] = open;
		}
	}
	free(stack);
}

static unsigned
deepest(const struct glyphs *g, const size_t *partner, char open)
{
	unsigned depth = 0, max = 0;

	for (size_t i = 0; i < g->n; i++) {
		if (partner[i] == i || (char_at(g, i) != open &&
					   char_at(g, partner[i]) != open))
			continue;
		depth += partner[i] > i ? 1 : 0;
		max = depth > max ? depth : max;
		depth -= partner[i] < i ? 1 : 0;
	}
	return max;
}

static int
width_between(const struct glyphs *g, size_t from, size_t to)
{
	int width = 0;

	for (size_t i = from; i < to; i++)
		width += g->v[i].width;
	return width;
}

/*
 * Puts into ret, if it is not NULL, a copy where brackets of the kind at that
 * depth hold dots, if that saves cells. Returns how wide that is.
 */
static int
empty_at(const struct glyphs *g, const size_t *partner, char open, unsigned at,
    struct glyph dots, struct glyphs *ret)
{
	int width = g->width;
	unsigned depth = 0;

	for (size_t i = 0; i < g->n; i++) {
		size_t end = partner[i];
		bool opens = end > i && char_at(g, i) == open;
		int saved;

		if (ret != NULL)
			glyphs_add(ret, g->v[i]);
		if (end < i && char_at(g, end) == open)
			depth--;
		depth += opens ? 1 : 0;
		if (!opens || depth != at)
			continue;
		saved = width_between(g, i + 1, end) - dots.width;
		if (saved <= 0)
			continue;
		if (ret != NULL)
			glyphs_add(ret, dots);
		width -= saved;
		i = end - 1;
	}
	return width;
}

/* The deepest that is enough, and no less than 1: what is outermost. */
static unsigned
depth_for(const struct glyphs *g, const size_t *partner, char open,
    unsigned deep, int width, struct glyph dots)
{
	unsigned depth = deep < DEPTH_MAX ? deep : DEPTH_MAX;

	/* That nothing is enough is seen at once: names in narrow boxes. */
	if (empty_at(g, partner, open, 1, dots, NULL) > width)
		return 1;
	while (depth > 1 &&
	       empty_at(g, partner, open, depth, dots, NULL) > width)
		depth--;
	return depth;
}

void
brackets_empty(struct glyphs *g, char open, int width, struct glyph dots)
{
	/* For each glyph where its partner is, or itself. */
	size_t *partner;
	unsigned deep;

	if (g->width <= width)
		return;
	partner = xreallocarray(NULL, g->n, sizeof(*partner));
	find_pairs(g, partner);
	deep = deepest(g, partner, open);
	if (deep > 0) {
		unsigned at = depth_for(g, partner, open, deep, width, dots);
		struct glyphs ret = {0};

		(void)empty_at(g, partner, open, at, dots, &ret);
		glyphs_deinit(g);
		*g = ret;
	}
	free(partner);
}
