/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/dwarf_split.h"

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/open_in_root.h"
#include "base/xalloc.h"
#include "object/debug_file.h"
#include "object/debug_search.h"
#include "object/dwp_index.h"
#include "object/module.h"
#include "object/module_private.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct dwarf_split {
	int memory; /* a memfd that is the .dwo file */
	struct dwarf_image *skeleton;
	Dwarf *dwarf; /* reads skeleton, and through it memory */
	Dwarf_Die tree;
};

/* What a skeleton says. */
struct skeleton {
	struct module *m;
	const struct elf_source *from;
	const char *debug_path;
	const char *name, *comp_dir; /* name: of the .dwo; comp_dir may be NULL */
	uint64_t id;
	uint16_t version;
	uint64_t low_pc, addr_base, ranges_base;
	struct debug_file *file; /* .dwo or .dwp */
	struct dwp_slice slices[DWP_PARTS];
};

static uint64_t
number(Dwarf_Die *die, unsigned name, unsigned gnu_name)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;

	if (dwarf_formudata(dwarf_attr(die, name, &attr), &v) == 0 ||
	    dwarf_formudata(dwarf_attr(die, gnu_name, &attr), &v) == 0)
		return v;
	return 0;
}

static const char *
string(Dwarf_Die *die, unsigned name, unsigned gnu_name)
{
	Dwarf_Attribute attr;
	const char *s = dwarf_formstring(dwarf_attr(die, name, &attr));

	return s != NULL ? s
			 : dwarf_formstring(dwarf_attr(die, gnu_name, &attr));
}

static bool
read_skeleton(struct skeleton *sk, Dwarf_Die *die)
{
	Dwarf_Half version;
	uint8_t type;
	Dwarf_Addr low_pc;

	if (dwarf_cu_info(die->cu, &version, &type, NULL, NULL, &sk->id, NULL,
		NULL) != 0 ||
	    type != DW_UT_skeleton || version < 4 || version > 5)
		return false;
	sk->version = version;
	sk->name = string(die, DW_AT_dwo_name, DW_AT_GNU_dwo_name);
	sk->comp_dir = string(die, DW_AT_comp_dir, DW_AT_comp_dir);
	if (dwarf_lowpc(die, &low_pc) == 0)
		sk->low_pc = low_pc;
	sk->addr_base = number(die, DW_AT_addr_base, DW_AT_GNU_addr_base);
	sk->ranges_base =
	    number(die, DW_AT_GNU_ranges_base, DW_AT_GNU_ranges_base);
	return sk->name != NULL && sk->name[0] != '\0';
}

/* Whether a .dwp has the unit, and where. */
static bool
read_index(struct skeleton *sk, struct debug_file *dwp)
{
	struct dwarf_piece piece = {
	    .from = {debug_file_elf(dwp), debug_file_bytes(dwp)},
	    .section = ".debug_cu_index",
	    .as = ".debug_cu_index"};
	struct dwarf_image *image = dwarf_image_new(&piece, 1);
	const void *table;
	size_t size;
	bool found;

	if (image == NULL)
		return false;
	table = dwarf_image_section(image, 1, &size);
	found = dwp_index_find(table, size, sk->id, sk->slices);
	dwarf_image_free(image);
	return found;
}

/* Takes path over. */
static bool
try_dwp(struct skeleton *sk, int root, char *path)
{
	struct debug_file *df =
	    debug_file_new(open_in_root(root, path), path, DEBUG_PATH);

	if (df != NULL && read_index(sk, df))
		sk->file = df;
	else
		debug_file_free(df);
	free(path);
	return sk->file != NULL;
}

static bool
try_dwo(struct skeleton *sk, int root, char *path)
{
	sk->file = debug_file_new(open_in_root(root, path), path, DEBUG_PATH);
	free(path);
	return sk->file != NULL;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static bool
find_dwp(struct skeleton *sk)
{
	const struct debug_search *s = module_search(sk->m);
	const char *path = module_path(sk->m);

	for (size_t i = 0; i < s->n_paths; i++)
		if (try_dwp(sk, -1,
			xasprintf("%s/%s.dwp", s->paths[i], base_name(path))))
			return true;
	for (int ours = s->root_fd < 0; ours < 2; ours++) {
		int root = ours ? -1 : s->root_fd;

		if (path[0] == '/' &&
		    try_dwp(sk, root, xasprintf("%s.dwp", path)))
			return true;
		if (sk->debug_path != NULL &&
		    try_dwp(sk, root, xasprintf("%s.dwp", sk->debug_path)))
			return true;
	}
	return false;
}

/* As libdw looks for it: beside the file, then where it was compiled. */
static bool
find_dwo(struct skeleton *sk)
{
	const struct debug_search *s = module_search(sk->m);
	const char *path =
	    sk->debug_path != NULL ? sk->debug_path : module_path(sk->m);
	int dir = (int)(base_name(path) - path);

	for (size_t i = 0; i < s->n_paths; i++)
		if (try_dwo(sk, -1, xasprintf("%s/%s", s->paths[i],
					base_name(sk->name))))
			return true;
	for (int ours = s->root_fd < 0; ours < 2; ours++) {
		int root = ours ? -1 : s->root_fd;

		if (sk->name[0] == '/') {
			if (try_dwo(sk, root, xstrdup(sk->name)))
				return true;
			continue;
		}
		if (dir > 0 && try_dwo(sk, root, xasprintf("%.*s%s", dir,
							 path, sk->name)))
			return true;
		if (sk->comp_dir != NULL && sk->comp_dir[0] == '/' &&
		    try_dwo(sk, root,
			xasprintf("%s/%s", sk->comp_dir, sk->name)))
			return true;
	}
	return false;
}

/* The .dwo file: of a .dwp, the slices of this unit, and all strings. */
static struct dwarf_image *
dwo_image(const struct skeleton *sk)
{
	static const struct {
		const char *name;
		enum dwp_part part;
	} sections[] = {
	    {".debug_info.dwo", DWP_INFO},
	    {".debug_abbrev.dwo", DWP_ABBREV},
	    {".debug_line.dwo", DWP_LINE},
	    {".debug_str_offsets.dwo", DWP_STR_OFFSETS},
	    {".debug_rnglists.dwo", DWP_RNGLISTS},
	    {".debug_str.dwo", DWP_PARTS},
	};
	struct dwarf_piece pieces[ARRAY_SIZE(sections)];
	bool is_dwp = sk->slices[DWP_INFO].len != 0;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		enum dwp_part part = sections[i].part;
		struct dwp_slice slice = {0};

		if (is_dwp && part != DWP_PARTS) {
			slice = sk->slices[part];
			if (slice.len == 0)
				continue;
		}
		pieces[n++] = (struct dwarf_piece){
		    .from = {debug_file_elf(sk->file),
			debug_file_bytes(sk->file)},
		    .section = sections[i].name,
		    .as = sections[i].name,
		    .off = slice.off,
		    .len = slice.len};
	}
	return dwarf_image_new(pieces, n);
}

/* Bytes of a unit and of its abbreviations, while they are written. */
struct writer {
	uint8_t bytes[256];
	size_t n;
};

static void
put(struct writer *w, uint64_t v, size_t size)
{
	for (size_t i = 0; i < size; i++)
		w->bytes[w->n++] = (uint8_t)(v >> (8 * i));
}

/* An attribute of this form and value; both numbers may need two bytes. */
static void
put_spec(struct writer *w, unsigned name, unsigned form)
{
	for (; name >= 0x80; name >>= 7)
		put(w, (name & 0x7f) | 0x80, 1);
	put(w, name, 1);
	put(w, form, 1);
}

/*
 * One DIE without children, in a unit of the skeleton's version and id, that
 * says what libdw takes from a skeleton. DWARF 5, 3.1.2 and 7.5.1.2; for
 * version 4 https://gcc.gnu.org/wiki/DebugFission.
 */
static void
write_skeleton(const struct skeleton *sk, const char *dwo_path,
    struct writer *info, struct writer *abbrev)
{
	bool v5 = sk->version == 5;

	put(info, 0, 4);
	put(info, sk->version, 2);
	if (v5) {
		put(info, DW_UT_skeleton, 1);
		put(info, 8, 1);
		put(info, 0, 4);
		put(info, sk->id, 8);
	} else {
		put(info, 0, 4);
		put(info, 8, 1);
	}
	put(info, 1, 1);
	put(abbrev, 1, 1);
	put(abbrev, v5 ? DW_TAG_skeleton_unit : DW_TAG_compile_unit, 1);
	put(abbrev, DW_CHILDREN_no, 1);

	put_spec(abbrev, v5 ? DW_AT_dwo_name : DW_AT_GNU_dwo_name,
	    DW_FORM_string);
	for (const char *p = dwo_path; *p != '\0'; p++)
		put(info, (uint8_t)*p, 1);
	put(info, 0, 1);
	put_spec(abbrev, DW_AT_low_pc, DW_FORM_addr);
	put(info, sk->low_pc, 8);
	put_spec(abbrev, v5 ? DW_AT_addr_base : DW_AT_GNU_addr_base,
	    DW_FORM_sec_offset);
	put(info, sk->addr_base, 4);
	if (!v5) {
		put_spec(abbrev, DW_AT_GNU_dwo_id, DW_FORM_data8);
		put(info, sk->id, 8);
		put_spec(abbrev, DW_AT_GNU_ranges_base, DW_FORM_sec_offset);
		put(info, sk->ranges_base, 4);
	}
	put(abbrev, 0, 3);
	for (int i = 0; i < 4; i++)
		info->bytes[i] = (uint8_t)((info->n - 4) >> (8 * i));
}

/* The addresses and ranges it speaks of are in the program. */
static struct dwarf_image *
skeleton_image(const struct skeleton *sk, const char *dwo_path)
{
	struct writer info = {.n = 0}, abbrev = {.n = 0};
	struct dwarf_piece pieces[4] = {
	    {.section = NULL, .as = ".debug_info"},
	    {.section = NULL, .as = ".debug_abbrev"},
	    {.from = *sk->from, .section = ".debug_addr", .as = ".debug_addr"},
	    {.from = *sk->from,
		.section = ".debug_ranges",
		.as = ".debug_ranges"},
	};

	write_skeleton(sk, dwo_path, &info, &abbrev);
	pieces[0].from.bytes = (struct file_bytes){
	    .fd = -1, .image = info.bytes, .image_size = info.n};
	pieces[1].from.bytes = (struct file_bytes){
	    .fd = -1, .image = abbrev.bytes, .image_size = abbrev.n};
	return dwarf_image_new(pieces, sk->version == 5 ? 3 : 4);
}

/* Fills ds; false where anything is not as it should be. */
static bool
link_up(struct dwarf_split *ds, const struct skeleton *sk)
{
	struct dwarf_image *dwo = dwo_image(sk);
	char dwo_path[64];
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	ds->memory = dwo != NULL ? dwarf_image_memfd(dwo) : -1;
	dwarf_image_free(dwo);
	if (ds->memory < 0)
		return false;
	(void)snprintf(dwo_path, sizeof(dwo_path), "/proc/self/fd/%d",
	    ds->memory);
	ds->skeleton = skeleton_image(sk, dwo_path);
	if (ds->skeleton == NULL)
		return false;
	ds->dwarf = dwarf_begin_elf(
	    dwarf_image_elf(ds->skeleton), DWARF_C_READ, NULL);
	return ds->dwarf != NULL &&
	       dwarf_get_units(ds->dwarf, cu, &cu, NULL, &type, &die, NULL) ==
		   0 &&
	       dwarf_cu_info(cu, NULL, NULL, NULL, &ds->tree, NULL, NULL,
		   NULL) == 0 &&
	       ds->tree.addr != NULL &&
	       dwarf_tag(&ds->tree) == DW_TAG_compile_unit;
}

struct dwarf_split *
dwarf_split_open(struct module *m, const struct elf_source *from,
    const char *debug_path, Dwarf_Die *skeleton)
{
	struct skeleton sk = {
	    .m = m, .from = from, .debug_path = debug_path};
	struct dwarf_split *ds;
	bool whole;

	if (!read_skeleton(&sk, skeleton) || (!find_dwp(&sk) && !find_dwo(&sk)))
		return NULL;
	ds = xcalloc(1, sizeof(*ds));
	whole = link_up(ds, &sk);
	debug_file_free(sk.file);
	if (whole)
		return ds;
	dwarf_split_free(ds);
	return NULL;
}

void
dwarf_split_free(struct dwarf_split *ds)
{
	if (ds == NULL)
		return;
	(void)dwarf_end(ds->dwarf);
	dwarf_image_free(ds->skeleton);
	cleanup_close(&ds->memory);
	free(ds);
}

Dwarf_Die
dwarf_split_tree(const struct dwarf_split *ds)
{
	return ds->tree;
}
