/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/fit_brackets.h"

#include "base/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Deeper ones go with those of that depth, all at once. */
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

/* Where it saves cells, brackets of the kind at that depth now hold dots. */
static void
empty_at(struct glyphs *g, const size_t *partner, char open, unsigned at,
    struct glyph dots)
{
	struct glyphs ret = {0};
	unsigned depth = 0;

	for (size_t i = 0; i < g->n; i++) {
		size_t end = partner[i];
		bool opens = char_at(g, i) == open && end > i;

		glyphs_add(&ret, g->v[i]);
		if (end < i && char_at(g, end) == open)
			depth--;
		depth += opens ? 1 : 0;
		if (opens && depth == at &&
		    width_between(g, i + 1, end) > dots.width) {
			glyphs_add(&ret, dots);
			i = end - 1;
		}
	}
	glyphs_deinit(g);
	*g = ret;
}

void
brackets_empty(struct glyphs *g, char open, int width, struct glyph dots)
{
	/* For each glyph where its partner is, or itself. */
	size_t *partner = NULL;
	unsigned depth = DEPTH_MAX;

	while (g->width > width && depth > 0) {
		unsigned deep;

		partner = xreallocarray(partner, g->n + 1, sizeof(*partner));
		find_pairs(g, partner);
		deep = deepest(g, partner, open);
		depth = deep < depth ? deep : depth;
		if (depth > 0)
			empty_at(g, partner, open, depth--, dots);
	}
	free(partner);
}
