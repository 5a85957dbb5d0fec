/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/check_text.h"

#include "base/escape.h"
#include "core/check.h"

#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define RED    "\033[1;31m"
#define FAINT  "\033[2m"
#define PLAIN  "\033[0m"

/* What stands below a line begins where the line's own words do. */
#define INDENT "      "

static const struct {
	const char *word, *colour;
} marks[VERDICT_NR] = {
    [VERDICT_PASS] = {"ok", GREEN},
    [VERDICT_WARN] = {"warn", YELLOW},
    [VERDICT_FAIL] = {"FAIL", RED},
    [VERDICT_UNKNOWN] = {"?", FAINT},
};

static void
print_mark(enum verdict v, bool colours, FILE *fp)
{
	if (colours)
		(void)fprintf(
		    fp, "%s%-4s%s  ", marks[v].colour, marks[v].word, PLAIN);
	else
		(void)fprintf(fp, "%-4s  ", marks[v].word);
}

static void
print_below(const char *head, const char *text, FILE *fp)
{
	if (text == NULL || text[0] == '\0')
		return;
	(void)fprintf(fp, INDENT "%s", head);
	escape_print(fp, text);
	(void)fputc('\n', fp);
}

static void
print_finding(const struct finding *f, bool colours, FILE *fp)
{
	if (f->what[0] == '\0')
		return;
	print_mark(f->verdict, colours, fp);
	(void)fprintf(fp, "%-16s  ", f->name);
	escape_print(fp, f->what);
	(void)fputc('\n', fp);
	print_below("why: ", f->why, fp);
	print_below("try: ", f->try, fp);
}

static void
print_properties(const struct check_module *m, FILE *fp)
{
	static const char *const symbols[SYMBOLS_NR] = {
	    [SYMBOLS_NONE] = "no symbols",
	    [SYMBOLS_DYNAMIC] = "exported names only",
	    [SYMBOLS_FULL] = "all symbols",
	};

	if (!m->is_opened) {
		(void)fputs("cannot be opened: addresses only", fp);
		return;
	}
	(void)fprintf(fp, "%s, %s, %s", symbols[m->symbols],
	    m->unwind != NULL ? m->unwind : "no unwind tables",
	    m->has_lines ? "lines" : "no lines");
	if (m->debug_file != NULL) {
		(void)fputs(" in ", fp);
		escape_print(fp, m->debug_file);
	}
	if (m->build_id[0] != '\0')
		(void)fprintf(fp, " (build-id %s)", m->build_id);
	else
		(void)fputs(" (no build-id)", fp);
}

static void
print_module(const struct check_module *m, bool colours, FILE *fp)
{
	print_mark(check_module_verdict(m), colours, fp);
	escape_print(fp, m->path);
	(void)fputs(m->is_deleted ? " (deleted): " : ": ", fp);
	print_properties(m, fp);
	(void)fputc('\n', fp);
	if (!m->has_lines && m->path[0] != '[')
		print_below("debug file would be: ", m->debug_expected, fp);
}

void
check_text_write(const struct check *c, bool colours, FILE *fp)
{
	for (size_t i = 0; i < c->n_findings; i++)
		print_finding(&c->findings[i], colours, fp);
	for (size_t i = 0; i < c->n_modules; i++)
		print_module(&c->modules[i], colours, fp);
	print_below("try: ", c->advice, fp);
	escape_print(fp, c->summary);
	(void)fputc('\n', fp);
}
