/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/module_origin.h"

#include <stdlib.h>
#include <unistd.h>

void
module_origin_deinit(struct module_origin *o)
{
	if (o->fd >= 0)
		(void)close(o->fd);
	free(o->path);
	*o = (struct module_origin){.fd = -1};
}
