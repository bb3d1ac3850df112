/*
 * lean.c -- see lean.h.
 */
#include "lean.h"

#include <link.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Only what is never written: it is in the file as it is in memory. */
static int
let_go_of_text(struct dl_phdr_info *object, size_t size, void *arg)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)arg;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &object->dlpi_phdr[i];
		const uintptr_t from = (object->dlpi_addr + h->p_vaddr) / page * page;
		const uintptr_t to = object->dlpi_addr + h->p_vaddr + h->p_memsz;

		if (h->p_type == PT_LOAD && !(h->p_flags & PF_W))
			madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

void
lean_text(void)
{
	dl_iterate_phdr(let_go_of_text, NULL);
}

void
lean_heap(void)
{
	malloc_trim(0);
}
