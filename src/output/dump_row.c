/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/dump_row.h"

#include "base/xalloc.h"
#include "core/dump.h"
#include "output/text_line.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names up to this width stand in a column. */
#define NAME_COLUMN 40
/* What a narrow terminal leaves of a name. */
#define MIN_NAME    16
/* ".../" before the last part of a path */
#define CUT_PATH    4

#define SIGNAL_NAME "<signal handler called>"
#define NO_NAME	    "??"

/* A frame as it is printed. Texts are the target's, buffers ours. */
struct row {
	uint64_t pc;
	const char *name; /* "" when it is in name_end */
	size_t name_width;
	char name_end[24];   /* "+0x5e", or the address of what has no name */
	const char *file;    /* "": unknown */
	char file_end[24];   /* ":800" or ":800:12" */
	const char *module;  /* "": not said */
	char module_end[24]; /* "+0x1234" */
	const char *mark;    /* "": none */
};

/* The columns that each part may take, and of spaces after the name. */
struct fit {
	size_t name, padding, file;
	char *brief_name; /* instead of the row's; or NULL */
	bool module;
};

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static void
name_row(struct row *r, const struct dump_frame *f, bool verbose)
{
	bool has_place = f->file != NULL && !verbose;

	r->name = f->function != NULL ? f->function : "";
	if (f->signal_frame)
		r->name = SIGNAL_NAME;
	else if (f->function == NULL && verbose)
		r->name = NO_NAME;
	else if (f->function == NULL)
		(void)snprintf(
		    r->name_end, sizeof(r->name_end), "0x%016" PRIx64, f->pc);
	else if (f->has_function_offset && !has_place && !f->inlined)
		(void)snprintf(r->name_end, sizeof(r->name_end), "+0x%" PRIx64,
		    f->function_offset);
	r->name_width = text_width(r->name);
}

static void
place_row(struct row *r, const struct dump_frame *f, bool verbose)
{
	r->file = f->file != NULL ? f->file : "";
	if (f->file == NULL || f->line == 0)
		return;
	if (verbose && f->column != 0)
		(void)snprintf(r->file_end, sizeof(r->file_end),
		    ":%" PRIu32 ":%" PRIu32, f->line, f->column);
	else
		(void)snprintf(
		    r->file_end, sizeof(r->file_end), ":%" PRIu32, f->line);
}

/* An inlined call is in the module of its caller below. */
static void
module_row(struct row *r, const struct dump_frame *f, bool verbose)
{
	bool is_said = f->module != NULL && !f->inlined;

	r->module = "";
	if (!is_said || (f->signal_frame && !verbose))
		return;
	r->module = verbose ? f->module : last_part(f->module);
	if (verbose || f->function == NULL)
		(void)snprintf(r->module_end, sizeof(r->module_end),
		    "+0x%" PRIx64, f->module_offset);
}

static void
make_row(struct row *r, const struct dump_frame *f, bool verbose)
{
	*r = (struct row){.pc = f->pc, .mark = ""};
	name_row(r, f, verbose);
	place_row(r, f, verbose);
	module_row(r, f, verbose);
	if (f->inlined)
		r->mark = "[inlined]";
	else if (f->guessed)
		r->mark = "[guessed]";
}

/* Of a part with the two spaces before it; nothing takes nothing. */
static size_t
part_width(const char *text, const char *end)
{
	return text[0] != '\0' ? 2 + text_width(text) + strlen(end) : 0;
}

/* Takes up to what can be spared from *part, and from what is too much. */
static void
spare(size_t *over, size_t *part, size_t least)
{
	size_t n = *part > least ? *part - least : 0;

	if (n > *over)
		n = *over;
	*part -= n;
	*over -= n;
}

static size_t
padding(const struct row *r, size_t name_column)
{
	size_t width = r->name_width + strlen(r->name_end);

	return width < name_column ? name_column - width : 0;
}

/*
 * "f(...) const" for "f(int, long) const", to be freed; NULL where there is
 * nothing to take away. Only the last pair of parentheses: those before it are
 * part of a name, as in "f(int)::{lambda()#1}::operator()(int)".
 */
static char *
without_arguments(const char *name)
{
	const char *end = strrchr(name, ')'), *begin = end;
	size_t depth = 1;

	if (end == NULL)
		return NULL;
	while (depth > 0 && begin > name) {
		begin--;
		if (*begin == ')')
			depth++;
		else if (*begin == '(')
			depth--;
	}
	if (depth > 0 || end - begin <= (ptrdiff_t)strlen("(..."))
		return NULL;
	return xasprintf("%.*s(...%s", (int)(begin - name), name, end);
}

static void
spare_arguments(size_t *over, const struct row *r, struct fit *fit)
{
	char *brief = *over > 0 ? without_arguments(r->name) : NULL;
	size_t width = brief != NULL ? text_width(brief) : SIZE_MAX;

	if (width >= fit->name) { /* a few wide bytes may be narrower yet */
		free(brief);
		return;
	}
	*over -= fit->name - width < *over ? fit->name - width : *over;
	fit->brief_name = brief;
	fit->name = width;
}

/* See the head of dump_row.h for the order. */
static struct fit
fit_row(const struct text_line *l, const struct row *r, size_t name_column)
{
	struct fit fit = {
	    .name = r->name_width,
	    .padding = padding(r, name_column),
	    .file = SIZE_MAX,
	    .module = true,
	};
	size_t room = text_room(l), module, all, over;

	if (room == SIZE_MAX)
		return fit;
	fit.file = text_width(r->file);
	module = part_width(r->module, r->module_end);
	all = fit.name + strlen(r->name_end) + fit.padding + module +
	      part_width(r->file, r->file_end) + part_width(r->mark, "");
	over = all > room ? all - room : 0;
	spare(&over, &fit.padding, 0);
	spare(&over, &fit.file, text_width(last_part(r->file)) + CUT_PATH);
	spare_arguments(&over, r, &fit);
	if (over > 0 && r->file[0] != '\0') {
		fit.module = false;
		spare(&over, &module, 0);
	}
	spare(&over, &fit.name, MIN_NAME);
	return fit;
}

static void
print_row(struct text_line *l, const struct row *r, size_t name_column)
{
	struct fit fit = fit_row(l, r, name_column);

	text_put_middle(l, TEXT_PLAIN,
	    fit.brief_name != NULL ? fit.brief_name : r->name, fit.name);
	free(fit.brief_name);
	text_put(l, TEXT_PLAIN, r->name_end);
	if (r->file[0] != '\0') {
		text_spaces(l, fit.padding + 2);
		text_put_tail(l, TEXT_CYAN, r->file, fit.file);
		text_put(l, TEXT_CYAN, r->file_end);
		fit.padding = 0;
	}
	if (r->module[0] != '\0' && fit.module) {
		text_spaces(l, fit.padding + 2);
		text_put(l, TEXT_DIM, r->module);
		text_put(l, TEXT_DIM, r->module_end);
		fit.padding = 0;
	}
	if (r->mark[0] != '\0') {
		text_spaces(l, fit.padding + 2);
		text_put(l, TEXT_YELLOW, r->mark);
	}
	text_end(l);
}

/* The rows of all frames that are shown; returns how many. */
static size_t
make_rows(
    struct row *rows, const struct dump_thread *th, bool inlines, bool verbose)
{
	size_t n = 0;

	for (size_t i = 0; i < th->n_frames; i++)
		if (inlines || !th->frames[i].inlined)
			make_row(&rows[n++], &th->frames[i], verbose);
	return n;
}

/* The widest of the names that are not too long for a column. */
static size_t
find_name_column(const struct row *rows, size_t n)
{
	size_t column = 0;

	for (size_t i = 0; i < n; i++) {
		size_t width = rows[i].name_width + strlen(rows[i].name_end);

		if (width > column && width <= NAME_COLUMN)
			column = width;
	}
	return column;
}

void
dump_rows_print(struct text_line *l, const struct dump_thread *th, bool inlines,
    bool verbose)
{
	struct row *rows = xcalloc(th->n_frames + 1, sizeof(*rows));
	size_t n = make_rows(rows, th, inlines, verbose);
	size_t column = find_name_column(rows, n);

	for (size_t i = 0; i < n; i++) {
		text_printf(l, TEXT_DIM, "%4zu", i);
		text_spaces(l, 2);
		if (verbose) {
			text_printf(l, TEXT_DIM, "0x%016" PRIx64, rows[i].pc);
			text_spaces(l, 2);
		}
		print_row(l, &rows[i], column);
	}
	free(rows);
}
