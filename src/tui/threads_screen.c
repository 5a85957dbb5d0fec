/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/ui_private.h"

void
threads_screen_draw(struct ui *ui, const struct ui_data *data)
{
	(void)data;
	(void)ui;
}
