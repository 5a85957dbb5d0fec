/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/mem_image.h"

#include "base/xalloc.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Larger than any program. It is address space, not memory: a page costs
 * something once it is needed.
 */
#define IMAGE_MAX (4ull << 30)
/* Linkers write about a dozen. */
#define PHDRS_MAX 256
/* x86_64's, and of a size to read at once elsewhere too. */
#define PAGE 4096u
/* How many pages are read at once. */
#define RUN_MAX 64u

/* The part of a PT_LOAD that comes from the file. Nothing in it wraps. */
struct loaded {
	uint64_t off, vaddr, size;
};

enum page_state { UNREAD, READ, UNREADABLE };

struct mem_image {
	struct mem mem;
	uint64_t bias;
	struct loaded loaded[PHDRS_MAX];
	size_t n_loaded;
	uint8_t *bytes; /* mapped */
	size_t size;
	uint8_t *pages; /* enum page_state of each */
};

static bool
read_header(const struct mem *mem, uint64_t start, Elf64_Ehdr *eh)
{
	return mem_read(mem, start, eh, sizeof(*eh)) &&
	       memcmp(eh->e_ident, ELFMAG, SELFMAG) == 0 &&
	       eh->e_ident[EI_CLASS] == ELFCLASS64 &&
	       eh->e_ident[EI_DATA] == ELFDATA2LSB &&
	       eh->e_phentsize == sizeof(Elf64_Phdr) && eh->e_phnum > 0 &&
	       eh->e_phnum <= PHDRS_MAX && eh->e_phoff < IMAGE_MAX;
}

static void
add_loaded(struct mem_image *img, const Elf64_Phdr *ph)
{
	if (ph->p_type != PT_LOAD || ph->p_filesz == 0 ||
	    ph->p_offset > IMAGE_MAX || ph->p_filesz > IMAGE_MAX ||
	    ph->p_vaddr + ph->p_filesz < ph->p_vaddr)
		return;
	img->loaded[img->n_loaded++] = (struct loaded){
	    .off = ph->p_offset, .vaddr = ph->p_vaddr, .size = ph->p_filesz};
	if (ph->p_offset + ph->p_filesz > img->size)
		img->size = (size_t)(ph->p_offset + ph->p_filesz);
}

/* The segment that begins the file says at which vaddr the header stands. */
static bool
find_bias(struct mem_image *img, uint64_t start)
{
	for (size_t i = 0; i < img->n_loaded; i++) {
		const struct loaded *l = &img->loaded[i];

		if (l->off < PAGE) {
			img->bias = start - (l->vaddr - l->off);
			return true;
		}
	}
	return false;
}

static bool
make_room(struct mem_image *img)
{
	void *p;

	if (img->size > IMAGE_MAX)
		return false;
	p = mmap(NULL, img->size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return false;
	img->bytes = p;
	img->pages = xcalloc(img->size / PAGE + 1, 1);
	return true;
}

/*
 * The headers as they were read first, whatever the memory holds by now: what
 * is believed of them was checked then.
 */
static void
put_headers(struct mem_image *img, Elf64_Ehdr *eh, const Elf64_Phdr *ph)
{
	size_t size = eh->e_phnum * sizeof(*ph);

	(void)mem_image_need(img, 0, sizeof(*eh));
	(void)mem_image_need(img, eh->e_phoff, size);
	eh->e_shoff = 0;
	eh->e_shnum = eh->e_shstrndx = 0;
	memcpy(img->bytes, eh, sizeof(*eh));
	memcpy(img->bytes + eh->e_phoff, ph, size);
}

static bool
read_headers(struct mem_image *img, uint64_t start)
{
	Elf64_Phdr ph[PHDRS_MAX];
	Elf64_Ehdr eh;
	size_t size;

	if (!read_header(&img->mem, start, &eh))
		return false;
	size = eh.e_phnum * sizeof(ph[0]);
	if (!mem_read(&img->mem, start + eh.e_phoff, ph, size))
		return false;
	img->size = (size_t)eh.e_phoff + size;
	if (img->size < sizeof(eh))
		img->size = sizeof(eh);
	for (size_t i = 0; i < eh.e_phnum; i++)
		add_loaded(img, &ph[i]);
	if (!find_bias(img, start) || !make_room(img))
		return false;
	put_headers(img, &eh, ph);
	return true;
}

int
mem_image_open(const struct mem *mem, uint64_t start, const char *path,
    struct mem_image **ret, struct err *err)
{
	struct mem_image *img = xcalloc(1, sizeof(*img));

	img->mem = *mem;
	if (!read_headers(img, start)) {
		mem_image_free(img);
		return err_set(err, ERR_RUNTIME,
		    "%s: no 64-bit ELF file in the memory of the target",
		    path);
	}
	*ret = img;
	return 0;
}

void
mem_image_free(struct mem_image *img)
{
	if (img == NULL)
		return;
	if (img->bytes != NULL)
		(void)munmap(img->bytes, img->size);
	free(img->pages);
	free(img);
}

const uint8_t *
mem_image_bytes(const struct mem_image *img)
{
	return img->bytes;
}

size_t
mem_image_size(const struct mem_image *img)
{
	return img->size;
}

uint64_t
mem_image_bias(const struct mem_image *img)
{
	return img->bias;
}

/* What segments load of [off, end); false when any of it cannot be read. */
static bool
read_range(struct mem_image *img, uint64_t off, uint64_t end)
{
	for (size_t i = 0; i < img->n_loaded; i++) {
		const struct loaded *l = &img->loaded[i];
		uint64_t from = l->off > off ? l->off : off;
		uint64_t to = l->off + l->size < end ? l->off + l->size : end;

		if (from < to &&
		    !mem_read(&img->mem,
			img->bias + l->vaddr + (from - l->off),
			img->bytes + from, (size_t)(to - from)))
			return false;
	}
	return true;
}

/* Pages [first, first + n) at once, or, where that fails, one by one. */
static void
read_pages(struct mem_image *img, size_t first, size_t n)
{
	uint64_t end = (uint64_t)(first + n) * PAGE;

	if (end > img->size)
		end = img->size;
	if (read_range(img, (uint64_t)first * PAGE, end))
		memset(img->pages + first, READ, n);
	else if (n == 1)
		img->pages[first] = UNREADABLE;
	else
		for (size_t i = 0; i < n; i++)
			read_pages(img, first + i, 1);
}

static size_t
unread_run(const struct mem_image *img, size_t first, size_t last)
{
	size_t n = 0;

	while (n < RUN_MAX && first + n <= last &&
	       img->pages[first + n] == UNREAD)
		n++;
	return n;
}

bool
mem_image_need(struct mem_image *img, uint64_t off, uint64_t len)
{
	size_t last;

	if (off > img->size || len > img->size - off)
		return false;
	if (len == 0)
		return true;
	last = (size_t)((off + len - 1) / PAGE);
	for (size_t i = (size_t)(off / PAGE); i <= last; i++) {
		size_t n = unread_run(img, i, last);

		if (n > 0)
			read_pages(img, i, n);
		if (img->pages[i] == UNREADABLE)
			return false;
	}
	return true;
}
