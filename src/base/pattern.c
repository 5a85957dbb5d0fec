/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/pattern.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More groups inside each other are refused: nobody types that. */
#define MAX_NESTED 64

/* What has been read: in each open group, letters so far and in the last item. */
struct count {
	uint64_t letters[MAX_NESTED], last[MAX_NESTED];
	size_t depth;
};

static uint64_t
bounded(uint64_t n)
{
	return n > PATTERN_MAX_LETTERS ? PATTERN_MAX_LETTERS + 1 : n;
}

static void
add_item(struct count *c, uint64_t n)
{
	c->letters[c->depth] = bounded(c->letters[c->depth] + n);
	c->last[c->depth] = n;
}

/* The item before is there so many times instead of once. */
static void
repeat(struct count *c, uint64_t times)
{
	uint64_t *last = &c->last[c->depth];
	uint64_t more = times > 1 ? bounded(*last * (times - 1)) : 0;

	c->letters[c->depth] = bounded(c->letters[c->depth] + more);
	*last = bounded(*last + more);
}

/* Behind a "[": a "]" that is the first is one of the letters. */
static const char *
skip_brackets(const char *s)
{
	if (*s == '^')
		s++;
	if (*s == ']')
		s++;
	while (*s != '\0' && *s != ']') {
		/* [:alpha:], [=a=], [.-.] */
		char kind = s[0] == '[' ? s[1] : '\0';

		s++;
		if (kind != ':' && kind != '=' && kind != '.')
			continue;
		for (s++; *s != '\0' && !(s[0] == kind && s[1] == ']'); s++)
			;
		s += *s != '\0' ? 2 : 0;
	}
	return *s != '\0' ? s + 1 : s;
}

/* Behind a "{": as often as it says, at most. */
static const char *
read_times(const char *s, uint64_t *ret)
{
	uint64_t n = 0;

	*ret = 0;
	for (; isdigit((unsigned char)*s) || *s == ','; s++) {
		n = *s == ',' ? 0 : bounded(n * 10 + (uint64_t)(*s - '0'));
		if (n > *ret)
			*ret = n;
	}
	return *s == '}' ? s + 1 : s;
}

static bool
open_group(struct count *c)
{
	if (c->depth + 1 == MAX_NESTED)
		return false;
	c->depth++;
	c->letters[c->depth] = c->last[c->depth] = 0;
	return true;
}

/* A ")" without a "(" is a letter, or a mistake that regcomp() tells. */
static void
close_group(struct count *c)
{
	if (c->depth == 0) {
		add_item(c, 1);
		return;
	}
	c->depth--;
	add_item(c, c->letters[c->depth + 1] + 1);
}

/* More than the bound is the bound and one. */
static uint64_t
count_letters(const char *s)
{
	struct count c = {.depth = 0};
	uint64_t times;

	while (*s != '\0') {
		char letter = *s++;

		switch (letter) {
		case '\\':
			s += *s != '\0';
			add_item(&c, 1);
			break;
		case '[':
			s = skip_brackets(s);
			add_item(&c, 1);
			break;
		case '(':
			if (!open_group(&c))
				return PATTERN_MAX_LETTERS + 1;
			break;
		case ')':
			close_group(&c);
			break;
		case '{':
			s = read_times(s, &times);
			repeat(&c, times);
			break;
		default:
			add_item(&c, 1);
		}
	}
	/* What is not closed is refused by regcomp(), not read by it. */
	return c.letters[c.depth];
}

bool
pattern_compile(
    regex_t *ret, const char *text, int flags, char *why, size_t why_size)
{
	int r;

	if (count_letters(text) > PATTERN_MAX_LETTERS) {
		(void)snprintf(why, why_size,
		    "it repeats too much: at most %d letters in all",
		    PATTERN_MAX_LETTERS);
		return false;
	}
	r = regcomp(ret, text, REG_EXTENDED | REG_NOSUB | flags);
	if (r != 0)
		(void)regerror(r, ret, why, why_size);
	return r == 0;
}
