/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/err.h"

#include "base/escape.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

static char own_command[32] = "scrape";

void
err_set_command(const char *command)
{
	(void)snprintf(own_command, sizeof(own_command), "%s", command);
}

const char *
err_command(void)
{
	return own_command;
}

int
err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	err->kind = kind;
	va_start(ap, fmt);
	(void)vsnprintf(err->what, sizeof(err->what), fmt, ap);
	va_end(ap);
	err->why[0] = '\0';
	err->try[0] = '\0';
	return -(int)kind;
}

void
err_why(struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(err->why, sizeof(err->why), fmt, ap);
	va_end(ap);
}

void
err_try(struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(err->try, sizeof(err->try), fmt, ap);
	va_end(ap);
}

int
err_wrap(struct err *err, const char *fmt, ...)
{
	char context[128];
	size_t len, kept;
	va_list ap;

	assert(err->kind > 0);
	va_start(ap, fmt);
	(void)vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	len = strlen(context);
	kept = sizeof(err->what) - len - 2;
	memmove(err->what + len + 2, err->what, kept);
	memcpy(err->what, context, len);
	memcpy(err->what + len, ": ", 2);
	err->what[sizeof(err->what) - 1] = '\0';
	return -(int)err->kind;
}

static void
print_line(FILE *fp, const char *head, const char *text)
{
	if (text[0] == '\0')
		return;
	(void)fputs(head, fp);
	escape_print(fp, text);
	(void)fputc('\n', fp);
}

int
err_beside_command(struct err *err)
{
	if (err->kind != ERR_CANNOT_EXEC && err->kind != ERR_NOT_FOUND)
		err->kind = ERR_OWN;
	return -(int)err->kind;
}

void
err_print(const struct err *err, FILE *fp)
{
	print_line(fp, "scrape: ", err->what);
	print_line(fp, "  why: ", err->why);
	print_line(fp, "  try: ", err->try);
}
