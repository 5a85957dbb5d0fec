/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/arch.h"

static const struct arch *const arches[] = {&arch_aarch64, &arch_x86_64};

const struct arch *
arch_by_machine(int elf_machine)
{
	for (size_t i = 0; i < sizeof(arches) / sizeof(arches[0]); i++)
		if (arches[i]->elf_machine == elf_machine)
			return arches[i];
	return NULL;
}
