/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * single_step [-n STEPS] [-e | -b SYMBOL [-i N]] [-D DIR] [-v N] PROGRAM
 * [ARG...]
 *
 * Runs a program one instruction at a time and compares, after each, our walk
 * of its stack with the calls that it has really made (shadow.h): every return
 * address, frame by frame, what a signal interrupted, and that the walk knows
 * the end. From the first instruction of its dynamic linker on, or from its
 * entry point (-e), or from a call of a function, the first or the one after N
 * others (-b); there the frames of the first walk above it are taken as given.
 * Stops after STEPS, when that function returns, or when the program ends. -D
 * names a directory of separate debug files. Only the first thread is followed;
 * others run meanwhile.
 *
 * In the middle of a jump to another frame (longjmp, an exception, a change of
 * coroutines) CFI may tell already where it leads. Such a walk is right if the
 * jump does lead there: "foretold" in the summary, and part of the exact ones.
 * So is "rewritten": see is_rewritten() and is_in_unwinder().
 *
 * Prints one line of numbers, and where walks went wrong; with -v the first N
 * of these in full.
 */
#include "config.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/xalloc.h"
#include "core/frame.h"
#include "object/cfi.h"
#include "object/debug_search.h"
#include "object/module.h"
#include "object/symtab.h"
#include "session/space.h"
#include "shadow.h"
#include "target/access.h"
#include "target/target.h"
#include "unwind/unwind.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAMES_MAX   8192
#define RED_ZONE     256
#define STACK_FIRST  8192
#define STACK_MAX    (1u << 20)
#define PAGE	     4096u
#define CODE_PAGES   256u
#define PENDING_MAX  256
#define CULPRITS_MAX 1000
#define SHOWN_MAX    25
#define WANTED_SHOWN 8

/* A walk that was not what the shadow has; a jump may yet show it right. */
struct pending {
	struct frame *frames;
	struct unwind_result result;
	size_t at; /* the first frame that differs */
	const char *why;
	struct entry wanted[WANTED_SHOWN]; /* innermost first */
	size_t n_wanted;
};

/* Steps that went wrong in one function in one way. */
struct culprit {
	char *name;
	const char *why;
	bool has_cfi;
	uint64_t n, pc;
};

struct code_page {
	uint64_t addr;
	uint8_t bytes[PAGE];
};

struct stepper {
	pid_t pid;
	struct target target;
	struct space space;
	struct shadow shadow;
	bool maps_may_be_old;

	struct user_regs_struct regs;
	struct regs dwarf_regs;
	enum insn insn; /* which stands at regs.rip */
	struct code_page *pages;

	/* Memory as it is at this instruction. */
	uint8_t *stack;
	uint64_t stack_addr;
	size_t stack_len, stack_want;
	uint64_t stack_high;

	struct frame *frames;
	struct unwind_result result;
	struct pending pending[PENDING_MAX];
	size_t n_pending;

	struct debug_search search;
	const char *debug_path;
	uint64_t max_steps;
	uint64_t steps, exact, missed, missed_with_cfi;
	uint64_t foretold, rewritten, guessed; /* of the exact ones */
	struct pending *held; /* misses in libgcc, until it jumps */
	size_t n_held, cap_held;
	struct culprit culprits[CULPRITS_MAX];
	size_t n_culprits;
	unsigned verbose;
	size_t n_given;
};

static void
fail(const char *what)
{
	fprintf(stderr, "single_step: %s%s%s\n", what, errno != 0 ? ": " : "",
	    errno != 0 ? strerror(errno) : "");
	exit(2);
}

/* ---- the memory of the process ------------------------------------------- */

static bool
read_target(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct stepper *s = ctx;

	if (addr >= s->stack_addr && addr - s->stack_addr <= s->stack_len &&
	    len <= s->stack_len - (addr - s->stack_addr)) {
		memcpy(buf, s->stack + (addr - s->stack_addr), len);
		if (addr + len > s->stack_high)
			s->stack_high = addr + len;
		return true;
	}
	return remote_mem_read_some(&s->target.mem, addr, buf, len) == len;
}

/* As much of the stack as the last walk needed, and some more. */
static void
read_stack(struct stepper *s)
{
	uint64_t used =
	    s->stack_high > s->stack_addr ? s->stack_high - s->stack_addr : 0;

	s->stack_want = (used + STACK_FIRST) / PAGE * PAGE;
	if (s->stack_want > STACK_MAX)
		s->stack_want = STACK_MAX;
	s->stack_addr = s->regs.rsp - RED_ZONE;
	s->stack_high = s->stack_addr;
	s->stack_len = remote_mem_read_some(
	    &s->target.mem, s->stack_addr, s->stack, s->stack_want);
}

static void
forget_code(struct stepper *s)
{
	for (size_t i = 0; i < CODE_PAGES; i++)
		s->pages[i].addr = UINT64_MAX;
}

static const uint8_t *
code_page(struct stepper *s, uint64_t addr)
{
	struct code_page *p = &s->pages[addr / PAGE % CODE_PAGES];

	if (p->addr == addr)
		return p->bytes;
	p->addr = UINT64_MAX;
	if (remote_mem_read_some(&s->target.mem, addr, p->bytes, PAGE) != PAGE)
		return NULL;
	p->addr = addr;
	return p->bytes;
}

static enum insn
insn_at(struct stepper *s, uint64_t pc)
{
	uint8_t bytes[INSN_MAX];
	uint64_t off = pc % PAGE;
	size_t n = sizeof(bytes);

	if (off <= PAGE - INSN_MAX) {
		const uint8_t *page = code_page(s, pc - off);

		return page != NULL ? insn_classify(page + off, n) : INSN_OTHER;
	}
	n = remote_mem_read_some(&s->target.mem, pc, bytes, n);
	return insn_classify(bytes, n);
}

/* What a system call may have done to the mappings. */
static bool
changes_maps(const struct user_regs_struct *regs)
{
	switch (regs->orig_rax != UINT64_MAX ? regs->orig_rax : regs->rax) {
	case SYS_mmap:
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_mremap:
	case SYS_brk:
	case SYS_shmat:
	case SYS_shmdt:
		return true;
	default:
		return false;
	}
}

/* ---- registers ----------------------------------------------------------- */

static void
get_regs(struct stepper *s)
{
	struct user_regs_struct *r = &s->regs;

	if (ptrace(PTRACE_GETREGS, s->pid, NULL, r) != 0)
		fail("PTRACE_GETREGS");

	const uint64_t values[] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi,
	    r->rdi, r->rbp, r->rsp, r->r8, r->r9, r->r10, r->r11, r->r12,
	    r->r13, r->r14, r->r15, r->rip};

	s->dwarf_regs.known = 0;
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		regs_set(&s->dwarf_regs, i, values[i]);
}

/* ---- one walk against the shadow ----------------------------------------- */

static void
walk(struct stepper *s)
{
	struct mem mem = {read_target, s};

	s->result =
	    unwind(&s->space.code, &s->dwarf_regs, &mem, s->frames, FRAMES_MAX);
	unwind_drop_stray(&s->space.code, s->frames, &s->result);
}

/*
 * Whether a walk found in an entry's slot what is really there now, another
 * address than the call put there. libgcc does that to its own frames, some
 * instructions before it jumps to a landing pad: what is above them then is in
 * ruins, and no walk can be right or wrong.
 */
static bool
is_rewritten(struct stepper *s, const struct entry *e, uint64_t found)
{
	uint64_t word;

	return e->kind == ENTRY_CALL && found != e->addr &&
	       read_target(s, e->slot, &word, sizeof(word)) && word == found;
}

/* Why not, or NULL: these are the frames above a leaf. */
static const char *
differs(struct stepper *s, const struct frame *frames,
    const struct unwind_result *r, size_t *ret_at)
{
	const struct fiber *f = shadow_fiber(&s->shadow);

	for (size_t i = 1; i <= f->n; i++) {
		const struct entry *e = &f->entries[f->n - i];

		*ret_at = i;
		if (i >= r->n)
			return end_reason_name(r->end);
		if (is_rewritten(s, e, frames[i].pc)) {
			s->rewritten++;
			return NULL;
		}
		if (frames[i].pc != e->addr)
			return "wrong frame";
		if (frames[i].is_return_addr == (e->kind == ENTRY_INTERRUPTED))
			return "wrong kind of frame";
	}
	*ret_at = f->n + 1;
	if (f->is_coroutine && r->n == f->n + 2 &&
	    frames[r->n - 1].pc == f->bottom)
		return NULL;
	if (r->n > f->n + 1)
		return "too long";
	if (r->end != END_ROOT && !f->is_coroutine)
		return end_reason_name(r->end);
	return NULL;
}

struct named {
	const char *function, *file;
	uint64_t off;
	bool has_cfi;
};

static struct named
name_of(struct stepper *s, const struct frame *f)
{
	uint64_t pc = frame_lookup_pc(f);
	const struct mapping *m = mappings_find(&s->space.maps, pc);
	size_t i = m != NULL ? (size_t)(m - s->space.maps.v) : 0;
	struct named n = {.function = "?", .file = "no mapping", .off = pc};
	struct module *module;
	struct symbol sym;
	struct cfi_row row;
	uint64_t vaddr;

	if (m == NULL)
		return n;
	n.file = m->name[0] != '\0' ? m->name : "anonymous";
	n.off = pc - m->start;
	module = s->space.modules[i];
	if (module == NULL)
		return n;
	vaddr = pc - s->space.bias[i];
	n.off = vaddr;
	n.has_cfi = cfi_row_at(module_cfi(module), vaddr, &row) == CFI_FOUND;
	symtab_want(module_symtab(module), &vaddr, 1);
	if (symtab_find(module_symtab(module), vaddr, &sym)) {
		n.function = sym.name;
		n.off = vaddr - sym.vaddr;
	}
	return n;
}

static void
print_frame(struct stepper *s, const struct frame *f)
{
	struct named n = name_of(s, f);

	printf("#     %#" PRIx64 " ", f->pc);
	escape_print(stdout, n.function);
	printf("+%#" PRIx64 " in ", n.off);
	escape_print(stdout, n.file);
	printf("%s%s\n", n.has_cfi ? "" : ", no CFI",
	    f->guessed ? ", guessed" : "");
}

static void
print_miss(struct stepper *s, const struct pending *p)
{
	printf("# %s at frame %zu of %zu, which end with %s:\n", p->why, p->at,
	    p->result.n, end_reason_name(p->result.end));
	for (size_t i = 0; i < p->result.n && i < 2 * WANTED_SHOWN; i++)
		print_frame(s, &p->frames[i]);
	printf("#   not\n");
	for (size_t i = 0; i < p->n_wanted; i++) {
		struct frame f = {.pc = p->wanted[i].addr,
		    .is_return_addr = p->wanted[i].kind != ENTRY_INTERRUPTED};

		print_frame(s, &f);
	}
}

static void
blame(struct stepper *s, const struct pending *p)
{
	const struct frame *f = &p->frames[p->at - 1];
	struct named n = name_of(s, f);
	struct culprit *c;

	s->missed++;
	s->missed_with_cfi += n.has_cfi;
	if (s->verbose > 0) {
		s->verbose--;
		print_miss(s, p);
	}
	for (size_t i = 0; i < s->n_culprits; i++) {
		c = &s->culprits[i];
		if (c->why == p->why && c->has_cfi == n.has_cfi &&
		    strncmp(c->name, n.function, strlen(n.function)) == 0 &&
		    (n.function[0] != '?' || c->pc == f->pc)) {
			c->n++;
			return;
		}
	}
	if (s->n_culprits == CULPRITS_MAX)
		return;
	c = &s->culprits[s->n_culprits++];
	*c = (struct culprit){
	    .why = p->why, .has_cfi = n.has_cfi, .n = 1, .pc = f->pc};
	c->name = xasprintf("%s+%#" PRIx64 " in %s", n.function, n.off, n.file);
}

/*
 * Whether a walk has come through libgcc's unwinder, which writes the values of
 * registers for a landing pad over those that it has saved itself, and then
 * jumps: what hangs on them is in ruins before.
 */
static bool
is_in_unwinder(struct stepper *s, const struct pending *p)
{
	for (size_t i = 0; i < p->at; i++)
		if (strncmp(
			name_of(s, &p->frames[i]).function, "_Unwind_", 8) == 0)
			return true;
	return false;
}

/* What is pending and no jump has shown right is a miss. */
static void
settle(struct stepper *s)
{
	for (size_t i = 0; i < s->n_pending; i++) {
		if (is_in_unwinder(s, &s->pending[i])) {
			GROW(s->held, s->n_held, s->cap_held);
			s->held[s->n_held++] = s->pending[i];
			continue;
		}
		blame(s, &s->pending[i]);
		free(s->pending[i].frames);
	}
	s->n_pending = 0;
}

/* libgcc has jumped, or, if not, that was no excuse. */
static void
settle_held(struct stepper *s, bool has_jumped)
{
	for (size_t i = 0; i < s->n_held; i++) {
		if (has_jumped)
			s->rewritten++, s->exact++;
		else
			blame(s, &s->held[i]);
		free(s->held[i].frames);
	}
	s->n_held = 0;
}

/* A jump has led somewhere: which of the pending walks had said so? */
static void
settle_by_landing(struct stepper *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n_pending; i++) {
		struct pending *p = &s->pending[i];
		struct unwind_result rest = {p->result.n - 1, p->result.end};
		size_t at;

		if (p->result.n > 1 && p->frames[1].pc == s->regs.rip &&
		    differs(s, p->frames + 1, &rest, &at) == NULL) {
			s->foretold++;
			s->exact++;
			free(p->frames);
		} else {
			s->pending[kept++] = *p;
		}
	}
	s->n_pending = kept;
	settle(s);
	settle_held(s, true);
}

static void
keep_pending(struct stepper *s, const char *why, size_t at)
{
	const struct fiber *f = shadow_fiber(&s->shadow);
	size_t size = s->result.n * sizeof(*s->frames);
	struct pending *p;

	if (s->n_pending == PENDING_MAX)
		settle(s);
	p = &s->pending[s->n_pending++];
	*p = (struct pending){
	    .frames = xmalloc(size), .result = s->result, .at = at, .why = why};
	memcpy(p->frames, s->frames, size);
	while (p->n_wanted < WANTED_SHOWN && p->n_wanted < f->n) {
		p->n_wanted++;
		p->wanted[p->n_wanted - 1] = f->entries[f->n - p->n_wanted];
	}
}

static void
compare(struct stepper *s)
{
	const char *why;
	size_t at = 0;

	walk(s);
	why = differs(s, s->frames, &s->result, &at);
	if (why != NULL && s->maps_may_be_old && space_refresh(&s->space)) {
		s->maps_may_be_old = false;
		walk(s);
		why = differs(s, s->frames, &s->result, &at);
	}
	s->steps++;
	if (why == NULL) {
		s->exact++;
		for (size_t i = 1; i < s->result.n; i++)
			if (s->frames[i].guessed) {
				s->guessed++;
				break;
			}
		return;
	}
	keep_pending(s, why, at);
}

/* ---- running ------------------------------------------------------------- */

static pid_t
start(char *argv[])
{
	pid_t pid = fork();
	int null;

	if (pid != 0)
		return pid;
	null = open("/dev/null", O_RDWR);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)dup2(null, STDERR_FILENO);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execvp(argv[0], argv);
	_exit(127);
}

/* Until the next stop; false: the program has ended. */
static bool
resume(struct stepper *s, int request, int sig, int *ret_sig)
{
	int status;

	if (ptrace(request, s->pid, NULL, (void *)(intptr_t)sig) != 0 ||
	    waitpid(s->pid, &status, __WALL) != s->pid || !WIFSTOPPED(status))
		return false;
	*ret_sig = status >> 8;
	return true;
}

static bool
is_caught(const struct stepper *s, int sig)
{
	char path[64], line[256];
	uint64_t caught = 0;
	FILE *fp;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", s->pid);
	fp = fopen(path, "re");
	if (fp == NULL)
		return false;
	while (fgets(line, sizeof(line), fp) != NULL)
		if (strncmp(line, "SigCgt:", 7) == 0)
			caught = strtoull(line + 7, NULL, 16);
	(void)fclose(fp);
	return (caught >> (sig - 1) & 1) != 0;
}

static uint64_t
stack_top(struct stepper *s, uint64_t sp)
{
	const struct mapping *m = mappings_find(&s->space.maps, sp);

	return m != NULL ? m->end : sp;
}

/* The process, which has just called exec, anew. */
static void
open_process(struct stepper *s)
{
	struct access_tracer tracer;
	struct err err;

	if (target_open_traced(s->pid, &s->target, &tracer, &err) < 0) {
		err_print(&err, stderr);
		exit(2);
	}
	if (!space_init(&s->space, &s->target, NULL, &s->search))
		fail("maps");
	forget_code(s);
	get_regs(s);
	shadow_init(&s->shadow, s->regs.rsp, stack_top(s, s->regs.rsp));
	s->insn = insn_at(s, s->regs.rip);
}

static void
close_process(struct stepper *s)
{
	settle(s);
	settle_held(s, false);
	shadow_deinit(&s->shadow);
	space_deinit(&s->space);
	target_close(&s->target);
}

/* The effect of the instruction that was at hand; not of a signal. */
static void
follow_insn(struct stepper *s)
{
	struct where from = {s->regs.rip, s->regs.rsp}, to;
	struct user_regs_struct before = s->regs;
	struct mem mem = {read_target, s};

	get_regs(s);
	read_stack(s);
	to = (struct where){s->regs.rip, s->regs.rsp};
	if (s->insn == INSN_SYSCALL && before.rax == SYS_rt_sigreturn)
		shadow_sigreturn(&s->shadow, to);
	else
		shadow_step(&s->shadow, s->insn, from, to, &mem);
	if (s->insn == INSN_SYSCALL && changes_maps(&before)) {
		s->maps_may_be_old = true;
		forget_code(s);
	}
	if (s->shadow.has_landed)
		settle_by_landing(s);
	else if (s->insn == INSN_CALL)
		settle(s);
}

static void
follow_signal(struct stepper *s)
{
	struct mem mem = {read_target, s};

	get_regs(s);
	read_stack(s);
	shadow_signal(
	    &s->shadow, (struct where){s->regs.rip, s->regs.rsp}, &mem);
}

/* Whether the function that it all began in has returned. */
static bool
has_returned(const struct stepper *s)
{
	const struct fiber *f = shadow_fiber(&s->shadow);

	return !f->is_coroutine && f->n < s->n_given;
}

#define SIG_EXEC (SIGTRAP | PTRACE_EVENT_EXEC << 8)

static void
step_through(struct stepper *s)
{
	int sig = 0;

	while (s->steps < s->max_steps && !has_returned(s)) {
		int sent = sig;

		if (!resume(s, PTRACE_SINGLESTEP, sent, &sig))
			return;
		if (sig == SIG_EXEC) {
			close_process(s);
			open_process(s);
			sig = 0;
			continue;
		}
		if (sent != 0 && sig == SIGTRAP && is_caught(s, sent))
			follow_signal(s);
		else
			follow_insn(s);
		if (sig == SIGTRAP)
			sig = 0;
		if (sig == 0)
			compare(s);
		s->insn = insn_at(s, s->regs.rip);
	}
}

/* ---- where to begin ------------------------------------------------------ */

static uint64_t
entry_point(const struct stepper *s)
{
	Elf64_auxv_t auxv[64];
	size_t n =
	    target_auxv(&s->target, auxv, sizeof(auxv)) / sizeof(auxv[0]);

	for (size_t i = 0; i < n; i++)
		if (auxv[i].a_type == AT_ENTRY)
			return auxv[i].a_un.a_val;
	return 0;
}

/* Executes the instruction whose place a breakpoint had, and puts that back. */
static void
step_over(struct stepper *s, void *at, long trap)
{
	int sig;

	if (!resume(s, PTRACE_SINGLESTEP, 0, &sig) ||
	    ptrace(PTRACE_POKETEXT, s->pid, at, (void *)trap) != 0)
		fail("it ended before that");
}

/* To an instruction, after it has been come to so many times. */
static void
run_to(struct stepper *s, uint64_t pc, unsigned long times)
{
	void *at = (void *)(uintptr_t)pc;
	long word, trap;
	int sig = SIGTRAP;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, s->pid, at, NULL);
	trap = (word & ~0xffl) | 0xcc;
	if (pc == 0 || errno != 0 ||
	    ptrace(PTRACE_POKETEXT, s->pid, at, (void *)trap) != 0)
		fail("cannot begin there");
	for (;;) {
		if (!resume(s, PTRACE_CONT, sig == SIGTRAP ? 0 : sig, &sig))
			fail("it ended before that");
		get_regs(s);
		if (sig != SIGTRAP || s->regs.rip != pc + 1)
			continue;
		(void)ptrace(PTRACE_POKETEXT, s->pid, at, (void *)word);
		s->regs.rip = pc;
		if (ptrace(PTRACE_SETREGS, s->pid, NULL, &s->regs) != 0)
			fail("PTRACE_SETREGS");
		if (times-- == 0)
			break;
		step_over(s, at, trap);
	}
	if (!space_refresh(&s->space))
		fail("maps");
	forget_code(s);
	get_regs(s);
	s->insn = insn_at(s, pc);
	shadow_deinit(&s->shadow);
	shadow_init(&s->shadow, s->regs.rsp, stack_top(s, s->regs.rsp));
}

struct wanted {
	const char *name;
	uint64_t vaddr;
};

static void
is_wanted(void *ctx, const struct symtab_entry *e)
{
	struct wanted *w = ctx;

	if (strcmp(e->sym.name, w->name) == 0)
		w->vaddr = e->sym.vaddr;
}

static uint64_t
find_symbol(struct stepper *s, const char *name)
{
	for (size_t i = 0; i < s->space.maps.n; i++) {
		struct wanted w = {.name = name};

		if (s->space.modules[i] == NULL)
			continue;
		symtab_each(module_symtab(s->space.modules[i]), is_wanted, &w);
		if (w.vaddr != 0)
			return w.vaddr + s->space.bias[i];
	}
	return 0;
}

/* The frames above the function that it begins in are taken as they are. */
static void
take_as_given(struct stepper *s)
{
	read_stack(s);
	walk(s);
	s->n_given = s->result.n - 1;
	for (size_t i = s->result.n - 1; i > 0; i--)
		shadow_give(&s->shadow, s->frames[i].pc,
		    i > 1 ? UINT64_MAX : s->regs.rsp);
}

static void
report(const struct stepper *s, uint64_t ns)
{
	for (size_t i = 0; i < s->n_culprits && i < SHOWN_MAX; i++) {
		const struct culprit *c = &s->culprits[i];

		printf("#   %" PRIu64 " x %s, %s: ", c->n, c->why,
		    c->has_cfi ? "with CFI" : "no CFI");
		escape_print(stdout, c->name);
		putchar('\n');
	}
	if (s->n_culprits > SHOWN_MAX)
		printf(
		    "#   ... and %zu more places\n", s->n_culprits - SHOWN_MAX);
	printf("steps %" PRIu64 " exact %" PRIu64 " missed %" PRIu64
	       " with_cfi %" PRIu64 " foretold %" PRIu64 " rewritten %" PRIu64
	       " guessed %" PRIu64 " seconds %.1f\n",
	    s->steps, s->exact, s->missed, s->missed_with_cfi, s->foretold,
	    s->rewritten, s->guessed, (double)ns / NS_PER_SEC);
}

int
main(int argc, char *argv[])
{
	struct stepper *s = xcalloc(1, sizeof(*s));
	const char *symbol = NULL;
	unsigned long times = 0;
	bool from_entry = false;
	uint64_t begun = now_ns();
	int c, status;

	s->max_steps = 100000;
	while ((c = getopt(argc, argv, "+n:eb:i:D:v:")) != -1) {
		if (c == 'n')
			s->max_steps = strtoull(optarg, NULL, 10);
		else if (c == 'e')
			from_entry = true;
		else if (c == 'b')
			symbol = optarg;
		else if (c == 'i')
			times = strtoul(optarg, NULL, 10);
		else if (c == 'D')
			s->debug_path = optarg;
		else if (c == 'v')
			s->verbose = (unsigned)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (optind == argc)
		return 2;
	s->search = debug_search_default;
	if (s->debug_path != NULL) {
		s->search.paths = &s->debug_path;
		s->search.n_paths = 1;
	}
	s->pages = xcalloc(CODE_PAGES, sizeof(*s->pages));
	s->stack = xmalloc(STACK_MAX);
	s->frames = xcalloc(FRAMES_MAX, sizeof(*s->frames));
	s->pid = start(argv + optind);
	if (s->pid < 0 || waitpid(s->pid, &status, 0) != s->pid ||
	    !WIFSTOPPED(status))
		fail(argv[optind]);
	if (ptrace(PTRACE_SETOPTIONS, s->pid, NULL,
		PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC) != 0)
		fail("PTRACE_SETOPTIONS");
	open_process(s);
	if (from_entry || symbol != NULL)
		run_to(s, entry_point(s), 0);
	if (symbol != NULL) {
		run_to(s, find_symbol(s, symbol), times);
		take_as_given(s);
	}
	step_through(s);
	settle(s);
	settle_held(s, false);
	report(s, now_ns() - begun);
	return 0;
}
