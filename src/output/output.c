/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/output.h"

#include <stddef.h>
#include <string.h>

const struct output_ops *const outputs[] = {
    &output_pprof,
    &output_folded,
    NULL,
};

const struct output_ops *
output_by_name(const char *name)
{
	for (size_t i = 0; outputs[i] != NULL; i++)
		if (strcmp(outputs[i]->name, name) == 0)
			return outputs[i];
	return NULL;
}

/* Does path end in one of the words of list? */
static bool
ends_in_any(const char *path, const char *list)
{
	size_t path_len = strlen(path);

	while (*list != '\0') {
		size_t len = strcspn(list, " ");

		if (len <= path_len &&
		    memcmp(path + path_len - len, list, len) == 0)
			return true;
		list += len;
		list += strspn(list, " ");
	}
	return false;
}

const struct output_ops *
output_by_suffix(const char *path)
{
	for (size_t i = 0; outputs[i] != NULL; i++)
		if (ends_in_any(path, outputs[i]->suffixes))
			return outputs[i];
	return NULL;
}
