/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/naming.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "output/output.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <string.h>
#include <sys/stat.h>

/* The kernel's own names have 15 bytes at most; nothing longer is needed. */
#define COMM_MAX 32

/* Calls fn with each word of a space-separated list until one returns true. */
static bool
any_word(const char *words, bool (*fn)(void *ctx, const char *w, size_t len),
    void *ctx)
{
	while (*words != '\0') {
		size_t len = strcspn(words, " ");

		if (len > 0 && fn(ctx, words, len))
			return true;
		words += len + strspn(words + len, " ");
	}
	return false;
}

struct suffix_search {
	const char *path;
	size_t path_len;
	size_t found; /* length of the longest suffix so far */
};

static bool
keep_longest_suffix(void *ctx, const char *suffix, size_t len)
{
	struct suffix_search *s = ctx;

	if (len > s->found && len < s->path_len &&
	    memcmp(s->path + s->path_len - len, suffix, len) == 0)
		s->found = len;
	return false;
}

/* Where the suffix of a known format begins in path; its end if it has none. */
static size_t
stem_length(const char *path)
{
	struct suffix_search s = {.path = path, .path_len = strlen(path)};

	for (size_t i = 0; outputs[i] != NULL; i++)
		(void)any_word(outputs[i]->suffixes, keep_longest_suffix, &s);
	return s.path_len - s.found;
}

static char *
put_before_suffix(const char *path, char separator, unsigned n)
{
	int stem = (int)stem_length(path);

	return xasprintf("%.*s%c%u%s", stem, path, separator, n, path + stem);
}

static bool
put_word(void *ctx, const char *word, size_t len)
{
	FILE *fp = ctx;

	(void)fprintf(fp, " %.*s", (int)len, word);
	return false;
}

/* What could have been typed: " .pb.gz .pprof .folded" or " pprof folded". */
static char *
known(bool suffixes)
{
	char *text = NULL;
	size_t size;
	FILE *fp = xopen_memstream(&text, &size);

	for (size_t i = 0; outputs[i] != NULL; i++)
		(void)any_word(
		    suffixes ? outputs[i]->suffixes : outputs[i]->name,
		    put_word, fp);
	xclose_memstream(fp);
	return text;
}

int
naming_format(const char *name, const char *path, const struct output_ops **ret,
    struct err *err)
{
	_cleanup_free_ char *list = known(name == NULL);

	if (name != NULL) {
		*ret = output_by_name(name);
		if (*ret == NULL)
			return err_set(err, ERR_USAGE,
			    "unknown format '%s'; known are%s", name, list);
	} else if (path == NULL || strcmp(path, "-") == 0) {
		*ret = outputs[0];
	} else {
		*ret = output_by_suffix(path);
		if (*ret == NULL)
			return err_set(err, ERR_USAGE,
			    "'%s' does not say its format; known endings "
			    "are%s, or use -f",
			    path, list);
	}
	return 0;
}

static void
make_safe(char *safe, size_t size, const char *comm)
{
	size_t n = 0;

	for (; comm[n] != '\0' && n < size - 1; n++) {
		unsigned char c = (unsigned char)comm[n];
		bool keep = c < 0x80 && (isalnum(c) || strchr("._+-", c));

		safe[n] = keep ? (char)c : '_';
	}
	if (n == 0)
		safe[n++] = '_';
	safe[n] = '\0';
}

char *
naming_default(const char *comm, pid_t pid, const char *others, time_t when,
    const struct output_ops *format)
{
	char safe[COMM_MAX], stamp[32] = "";
	struct tm tm;

	make_safe(safe, sizeof(safe), comm);
	if (localtime_r(&when, &tm) != NULL)
		(void)strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	return xasprintf("scrape.%s.%d%s.%s%.*s", safe, (int)pid, others, stamp,
	    (int)strcspn(format->suffixes, " "), format->suffixes);
}

/* False where it is there already; a link counts, wherever it leads. */
static bool
claim(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		return errno != EEXIST;
	(void)close(fd);
	return true;
}

char *
naming_claim(const char *path)
{
	char *name = xstrdup(path);

	for (unsigned n = 2; !claim(name); n++) {
		free(name);
		name = put_before_suffix(path, '-', n);
	}
	return name;
}

void
naming_disclaim(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
		(void)unlink(path);
}

char *
naming_snapshot(const char *path, unsigned n)
{
	return put_before_suffix(path, '.', n);
}
